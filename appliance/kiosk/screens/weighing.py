"""Peser over the tiles: the live weight, its price, and a key that waits until nothing moves."""

from typing import Any

from kivy.properties import ObjectProperty, OptionProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.weighing import WeighModel, weigh_model
from appliance.kiosk.widgets import load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView, WeighSheet


class Weighing(SheetView):
    """Shows a WeighModel."""

    model = ObjectProperty(WeighModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])

    def __init__(self, **kwargs: Any) -> None:
        self._entry = Entry("quantity")
        self._view: TillView | None = None
        self._sheet: WeighSheet | None = None
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing typed yet."""
        self._entry = Entry("quantity")

    def show(self, view: TillView, sheet: WeighSheet) -> None:
        """Draws the pane; several times a second while something moves."""
        self._view, self._sheet = view, sheet
        self.model = weigh_model(view, sheet, self._entry)

    def press(self, key: str) -> None:
        """A key of the pad, where no scale works."""
        self._entry = self._entry.press(key)
        if self._view is not None and self._sheet is not None:
            self.model = weigh_model(self._view, self._sheet, self._entry)

    def weigh(self) -> None:
        """The weight that is on the screen goes to the daemon, which sells that one or none."""
        if self._sheet is None or not self.model.is_ready:
            return
        if self.model.by_hand:
            self.send(cmd.TypeWeight(self._entry.value))
        else:
            self.send(cmd.Weigh(self._sheet.quantity_milli))

    def tare(self) -> None:
        """The container on the scale is taken off, or put back."""
        self.send(cmd.Tare())

    def typed(self, text: str) -> bool:
        """Digits go to the weight."""
        text = "." if text == "," else text
        if self.model.by_hand and (text.isdigit() or text == "."):
            self.press(text)
        return text.isdigit() or text == "."

    def key(self, name: str) -> bool:
        """Enter weighs."""
        if name == "enter":
            self.weigh()
        elif name == "backspace":
            self.press("back")
        else:
            return super().key(name)
        return True


load_kv(__file__)
