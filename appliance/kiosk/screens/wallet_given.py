"""What to hand out after money moved on a wallet: as big as the change of a sale, until the next touch or scan."""

from kivy.properties import NumericProperty, ObjectProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.screens.result import Coins  # noqa: F401  named in wallet_given.kv
from appliance.kiosk.viewmodel.wallet_given import GivenModel, given_model
from appliance.kiosk.widgets import load_kv
from appliance.protocol.view import TillView, WalletGivenSheet


class WalletGiven(SheetView):
    """Shows a GivenModel."""

    model = ObjectProperty(GivenModel(), rebind=True)
    document = NumericProperty(0)

    def show(self, view: TillView, sheet: WalletGivenSheet) -> None:
        """Draws what is to be given."""
        self.document, self.model = sheet.document, given_model(view, sheet)

    def key(self, name: str) -> bool:
        """Enter goes on."""
        if name == "enter":
            self.close()
            return True
        return super().key(name)


load_kv(__file__)
