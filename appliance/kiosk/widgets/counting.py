"""Counting a drawer: a card of notes or of coins, each with − quantity +."""

from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.viewmodel.counting import CountCardModel, CountRowModel
from appliance.kiosk.widgets.base import Box, Col, Press, Row, load_kv


class CountBox(Press, Box):
    """The quantity: a touch gives it the keypad."""


class CountLine(Row):
    """One note or coin. `on_count(value_minor, count)`, `on_focus_count(value_minor)`."""

    model = ObjectProperty(CountRowModel(0, "", 0, ""), rebind=True)
    key_height = NumericProperty(56)
    __events__ = ("on_count", "on_focus_count")

    def on_count(self, value_minor: int, count: int) -> None:
        """− or + was touched."""

    def on_focus_count(self, value_minor: int) -> None:
        """The quantity was touched."""

    def step(self, by: int) -> None:
        """One more or one less; never below none."""
        wanted = max(0, self.model.count + by)
        if wanted != self.model.count:
            self.dispatch("on_count", self.model.value_minor, wanted)


class CountCard(Col):
    """Billets or Pièces. model: CountCardModel; events as CountLine."""

    model = ObjectProperty(CountCardModel(), rebind=True)
    title = StringProperty("")
    __events__ = ("on_count", "on_focus_count")

    def on_count(self, value_minor: int, count: int) -> None:
        """− or + was touched."""

    def on_focus_count(self, value_minor: int) -> None:
        """The quantity was touched."""

    def on_model(self, *_: Any) -> None:
        """One line a value."""
        lines = self.ids.lines
        if len(lines.children) != len(self.model.rows):
            lines.clear_widgets()
            for _ in self.model.rows:
                line = CountLine()
                line.bind(on_count=lambda _l, value, count: self.dispatch("on_count", value, count))
                line.bind(on_focus_count=lambda _l, value: self.dispatch("on_focus_count", value))
                lines.add_widget(line)
        for line, row in zip(reversed(lines.children), self.model.rows, strict=True):
            line.model = row


load_kv(__file__)
