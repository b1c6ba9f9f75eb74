"""Séparer la note: what is left at the left, the open part in the ticket's place."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.split import HintModel, RestModel, SplitModel, split_bar, split_model
from appliance.kiosk.widgets import Press, Row, load_kv, panel  # noqa: F401  named in split.kv
from appliance.kiosk.widgets.controls import PushButton, Tag
from appliance.kiosk.widgets.rows import Rows
from appliance.kiosk.widgets.ticket import BasketLine, BasketList
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView

ONE = 1000


class RestLine(Press, Row):
    """One line still to share out: touched, one unit goes to the open part."""

    model = ObjectProperty(RestModel("", "", 0, "", ONE, "", "", ""), rebind=True)
    owner = ObjectProperty(None)
    row_height = NumericProperty(81)

    @classmethod
    def height_for(cls, _model: RestModel, _width: float) -> float:
        """One height, that of six lines on the base panel."""
        return 81 if theme.m.height > 700 else 60

    def move(self, quantity_milli: int) -> None:
        """Asks for some of the line."""
        self.owner.dispatch("on_move", self.model.id, quantity_milli)

    def on_tap(self) -> None:
        """The line was touched: one unit, or all of a weighed line."""
        self.move(min(ONE, self.model.quantity_milli))


class RestList(Rows):
    """The lines still to share out. `on_move(line, quantity_milli)`."""

    kinds = {"rest": RestLine}
    __events__ = ("on_move",)

    def on_move(self, line: int, quantity_milli: int) -> None:
        """Some of a line goes to the open part."""


class MovedLine(BasketLine):
    """The line that was moved last."""


class PartHint(Row):
    """The sentence below the part's lines."""

    model = ObjectProperty(HintModel("", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: HintModel, _width: float) -> float:
        """Room for two lines."""
        return 54


class PartLines(BasketList):
    """The open part's lines."""

    kinds = {**BasketList.kinds, "moved": MovedLine, "hint": PartHint}


class PartTabs(Row):
    """Part 1, Part 2, +. `on_part(number)`."""

    parts = ListProperty([])
    next_part = NumericProperty(2)
    __events__ = ("on_part",)

    def on_part(self, number: int) -> None:
        """A part's tab, or + with the number after the last."""

    def on_parts(self, *_: Any) -> None:
        """One tab a part."""
        tabs = self.ids.tabs
        tabs.clear_widgets()
        for part in self.parts:
            text = part.text if len(self.parts) < 4 else str(part.number)
            tab = PushButton(text=text, kind="pri" if part.is_open else "")
            tab.padding, tab.gap = (0, 0, 0, 0), 6
            tab.icon = "check" if part.is_paid else ""
            tab.bind(on_tap=lambda _tab, number=part.number: self.dispatch("on_part", number))
            tabs.add_widget(tab)


class Shares(Row):
    """The equal amounts, worked out."""

    shares = ListProperty([])
    word = StringProperty("")

    def on_shares(self, *_: Any) -> None:
        """One tag a share, as many as there is room for."""
        self.clear_widgets()
        for share in self.shares[:3]:
            self.add_widget(Tag(text=share, kind="p"))
        if len(self.shares) > 3:
            self.add_widget(Tag(text="…", kind="p"))


class SplitScreen(Screen):
    """Shows a SplitModel."""

    model = ObjectProperty(SplitModel(), rebind=True)

    def show(self, view: TillView) -> None:
        """Draws a view."""
        self.model = split_model(view, self.compact)

    def bar(self, view: TillView) -> BarModel:
        """Back, title, ticket and table."""
        return split_bar(view)

    def step(self, by: int) -> None:
        """One person more or less, at least two."""
        persons = min(20, max(2, self.model.persons + by))
        if persons != self.model.persons:
            self.send(cmd.SetPersons(persons))

    def refused(self, what: str) -> None:
        """A disabled key: the daemon answers why not."""
        self.send({"cash": cmd.TakeCash(0), "card": cmd.TakeCard(), "pay": cmd.StartPayment()}[what])

    def key(self, name: str) -> bool:
        """Enter is Facturer, Esc goes back."""
        if name == "escape":
            self.go_left()
        elif name == "enter":
            self.send(cmd.StartPayment())
        else:
            return False
        return True


load_kv(__file__)
