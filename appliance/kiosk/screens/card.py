"""A card at the terminal: under way, refused, away, or without an answer (mock-ups 18, 19 and 35)."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens import payment  # noqa: F401  its PaymentSide is named in card.kv
from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.card import CardModel, StepModel, card_bar, card_model
from appliance.kiosk.widgets import Col, Row, load_kv
from appliance.kiosk.widgets.base import Press
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


class StepRow(Row):
    """One sentence of the progress, with its time at the right."""

    model = ObjectProperty(StepModel(), rebind=True)
    icon_px = NumericProperty(30)
    px = NumericProperty(19)


class StepRows(Col):
    """The progress, one row a sentence."""

    steps = ListProperty([])
    row_height = NumericProperty(52)
    icon_px = NumericProperty(30)
    px = NumericProperty(19)

    def on_steps(self, *_: Any) -> None:
        """One row a step."""
        if len(self.children) != len(self.steps):
            self.clear_widgets()
            for _ in self.steps:
                row = StepRow(height=self.row_height, icon_px=self.icon_px, px=self.px)
                for name in ("icon_px", "px"):
                    self.fbind(name, row.setter(name))
                self.fbind("row_height", row.setter("height"))
                self.add_widget(row)
        for row, model in zip(reversed(self.children), self.steps, strict=True):
            row.model = model


class AnswerKey(Press, Col):
    """One of the three answers to the question: icon, words, what follows."""

    icon = StringProperty("circle")
    filled = True
    text = StringProperty("")
    hint = StringProperty("")
    tone = StringProperty("ink")


class CardScreen(Screen):
    """Shows a CardModel. Oui and Non are only touched, never typed."""

    model = ObjectProperty(CardModel(), rebind=True)

    def show(self, view: TillView) -> None:
        """Draws a view."""
        self.model = card_model(view, self.compact)

    def bar(self, view: TillView) -> BarModel:
        """Back, title, ticket, mode, seller."""
        return card_bar(view, self.compact)

    def main(self) -> None:
        """Try again; or, by hand, the amount was taken on the terminal."""
        self.send(cmd.CardByHand(confirmed=True) if self.model.is_by_hand else cmd.RetryCard())

    def key(self, name: str) -> bool:
        """Enter asks the terminal again, or tries again, and never says that money came; Esc is Retour."""
        if name == "enter" and self.model.is_by_hand:
            return True
        if name == "enter":
            self.send(cmd.RetryCard() if self.model.can_leave else cmd.AskCard())
        elif name == "escape":
            self.go_left()
        else:
            return False
        return True


load_kv(__file__)
