"""The result panel in the ticket's place: what to give back, the receipt, the next ticket."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import ListProperty, ObjectProperty

from appliance.kiosk.viewmodel.result import ResultModel
from appliance.kiosk.widgets import Row, load_kv
from appliance.kiosk.widgets.base import Box
from appliance.protocol import command as cmd

IMPATIENT_S = 1.0
"""A second touch on the receipt's key within this time was for what the key said at the first."""


class Coin(Box):
    """One coin or note to give."""

    def __init__(self, text: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.children[0].text = text


class Coins(Row):
    """The coins to give, largest first."""

    coins = ListProperty([])

    def on_coins(self, *_: Any) -> None:
        """One disc a coin."""
        self.clear_widgets()
        for coin in self.coins:
            self.add_widget(Coin(coin))


class ResultPanel(Box):
    """Shows a ResultModel."""

    model = ObjectProperty(ResultModel(), rebind=True)
    send = ObjectProperty(None)

    def __init__(self, **kwargs: Any) -> None:
        self._touched_at = -IMPATIENT_S
        super().__init__(**kwargs)

    def first(self) -> None:
        """Imprimer, Duplicata, or Sans reçu while the receipt waits."""
        now = Clock.get_boottime()
        if now - self._touched_at < IMPATIENT_S:
            return
        self._touched_at = now
        self.send(cmd.CancelReceipt() if self.model.first_action == "cancel" else cmd.PrintReceipt())

    def go_on(self) -> None:
        """The next part that is not paid yet, else a new ticket."""
        self.send(cmd.ShowPart(0) if self.model.goes_on else cmd.NewTicket())


load_kv(__file__)
