"""La cagnotte ne suffit pas: use what is there, or recharge now."""

from typing import Any

from kivy.properties import ObjectProperty, StringProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.screens.wallet_credit import WalletPresets  # noqa: F401  named in wallet_short.kv
from appliance.kiosk.viewmodel.wallet import ShortModel, short_model
from appliance.kiosk.widgets import Col, Press, Row, load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView, WalletShortSheet


class ShortCard(Col):
    """A word and an amount on a soft card."""

    words: Any = ObjectProperty(("", ""))
    tone = StringProperty("ink")
    soft_tone = StringProperty("ink-2")


class UseKey(Press, Row):
    """Utiliser 15.40 de la cagnotte."""

    text = StringProperty("")
    detail = StringProperty("")


class WalletShort(SheetView):
    """Shows a ShortModel."""

    model = ObjectProperty(ShortModel(), rebind=True)

    def show(self, view: TillView, sheet: WalletShortSheet) -> None:
        """Draws the sheet."""
        self.model = short_model(view, sheet)

    def key(self, name: str) -> bool:
        """Enter uses what is there."""
        if name == "enter" and self.model.use:
            self.send(cmd.UseWallet())
            return True
        return super().key(name)


load_kv(__file__)
