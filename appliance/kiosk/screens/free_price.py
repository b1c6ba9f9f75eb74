"""Prix libre over the tiles: an amount, then a VAT group adds the line."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty, OptionProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.free_price import FreePriceModel, free_price_model
from appliance.kiosk.widgets import Col, Row, load_kv
from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.paint import text_width
from appliance.kiosk.widgets.tender import TenderButton
from appliance.protocol import command as cmd
from appliance.protocol.view import FreePriceSheet, TillView


class VatGroups(Col):
    """One key a VAT group. `on_group(id)`."""

    groups = ListProperty([])
    __events__ = ("on_group",)

    def on_group(self, group: str) -> None:
        """A group was touched."""

    def on_groups(self, *_: Any) -> None:
        """One key a group; the last used is solid."""
        self.clear_widgets()
        for group in self.groups:
            key = TenderButton(icon=group.icon, text=group.text, detail=group.detail, trail="plus", icon_px=30)
            key.look = "pri" if group.last_used else "soft"
            if theme.m.width > 1100:
                key.padding, key.gap = (18, 0, 18, 0), 16
            else:
                key.padding, key.gap, key.icon_px, key.px = (12, 0, 10, 0), 10, 26, 16
            key.bind(on_tap=lambda _key, name=group.id: self.dispatch("on_group", name))
            self.add_widget(key)


class NameKeys(Row):
    """The name on the ticket. `on_choose(index)`."""

    names = ListProperty([])
    chosen = NumericProperty(0)
    __events__ = ("on_choose",)

    def on_choose(self, index: int) -> None:
        """A name was touched."""

    def on_names(self, *_: Any) -> None:
        """One key a name, as wide as its word asks."""
        self.clear_widgets()
        for i, name in enumerate(self.names):
            key = PushButton(text=name, px=16, size_hint=(text_width(name, 16, 600) + 22, 1))
            key.padding = (6, 0, 6, 0)
            key.bind(on_tap=lambda _key, index=i: self.dispatch("on_choose", index))
            self.add_widget(key)
        self.on_chosen()

    def on_chosen(self, *_: Any) -> None:
        """Marks the chosen name."""
        for i, key in enumerate(reversed(self.children)):
            key.kind = "pri" if i == self.chosen else ""


class FreePrice(SheetView):
    """Shows a FreePriceModel."""

    model = ObjectProperty(FreePriceModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])
    chosen = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._entry = Entry("money")
        self._view: TillView | None = None
        self._sheet: FreePriceSheet | None = None
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing typed yet, the first name."""
        self._entry, self.chosen = Entry("money"), 0

    def show(self, view: TillView, sheet: FreePriceSheet) -> None:
        """Draws the pane with the amount being typed."""
        self._view, self._sheet = view, sheet
        self.model = free_price_model(view, sheet, self._entry)

    def press(self, key: str) -> None:
        """A key of the pad."""
        self._entry = self._entry.press(key)
        if self._view is not None and self._sheet is not None:
            self.model = free_price_model(self._view, self._sheet, self._entry)

    def add(self, group: str) -> None:
        """A group adds the line; the daemon says what is wrong with the amount."""
        sheet = self._sheet
        if sheet is None:
            return
        name = sheet.names[self.chosen] if sheet.names and sheet.product is None else ""
        self.send(cmd.AddFreePrice(self._entry.value, group, name, sheet.product))

    def typed(self, text: str) -> bool:
        """Digits go to the amount."""
        if text.isdigit():
            self.press(text)
        return text.isdigit() or text in ".,"

    def key(self, name: str) -> bool:
        """Enter takes the first group."""
        if name == "enter" and self._sheet is not None:
            self.add(self._sheet.groups[0].id if self._sheet.groups else "")
        elif name == "backspace":
            self.press("back")
        else:
            return super().key(name)
        return True


load_kv(__file__)
