"""Modal sheets that are one list or one question: modes, reasons, age, closing, a manager's code."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.viewmodel import choice
from appliance.kiosk.viewmodel.choice import ApprovalModel, ListModel, QuestionModel
from appliance.kiosk.widgets import Cells, Row, load_kv
from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.tender import TenderButton
from appliance.protocol import command as cmd
from appliance.protocol import view as v

PIN_LENGTH = 4


class ChoiceKeys(Cells):
    """Big keys to choose from. `on_choose(id)`."""

    items = ListProperty([])
    __events__ = ("on_choose",)

    def on_choose(self, item: str) -> None:
        """A key was touched."""

    def on_items(self, *_: Any) -> None:
        """One key an item."""
        self.clear_widgets()
        for item in self.items:
            key = TenderButton(icon=item.icon, text=item.title, detail=item.detail, look="pri" if item.chosen else "")
            key.bind(on_tap=lambda _key, name=item.id: self.dispatch("on_choose", name))
            self.add_widget(key)


class AnswerKeys(Row):
    """The answers of a question. `on_answer(id)`."""

    answers = ListProperty([])
    __events__ = ("on_answer",)

    def on_answer(self, answer: str) -> None:
        """An answer was touched."""

    def on_answers(self, *_: Any) -> None:
        """One key an answer."""
        self.clear_widgets()
        for name, text, kind in self.answers:
            key = PushButton(text=text, kind=kind, height=72, px=20, wt=700, radius=12)
            key.bind(on_tap=lambda _key, answer=name: self.dispatch("on_answer", answer))
            self.add_widget(key)


class ListSheet(SheetView):
    """A list to choose from."""

    model = ObjectProperty(ListModel(), rebind=True)

    def choose(self, item: str) -> None:
        """A key was touched."""
        raise NotImplementedError


class Modes(ListSheet):
    """Changer de mode de vente."""

    def show(self, view: v.TillView, sheet: v.ModeSheet) -> None:
        """Draws the sale modes."""
        self.model = choice.modes_model(view, sheet)

    def choose(self, item: str) -> None:
        """The chosen mode re-rates the ticket."""
        self.send(cmd.ChangeMode(item))


class Reasons(ListSheet):
    """Why: voiding, opening the drawer, a difference in the drawer."""

    def show(self, view: v.TillView, sheet: v.ReasonSheet) -> None:
        """Draws the reasons."""
        self._purpose, self._note = sheet.purpose, sheet.number
        self.model = choice.reasons_model(view, sheet)

    def choose(self, item: str) -> None:
        """The reason goes with the command that asked for it."""
        commands: dict[str, cmd.Command] = {
            "void": cmd.VoidTicket(item),
            "void_held": cmd.VoidHeld(self._note, item),
            "open_drawer": cmd.OpenDrawer(item),
            "float_difference": cmd.OpenSession(item),
            "closing_difference": cmd.SetStep("confirm", item),
        }
        self.send(commands[self._purpose])


class QuestionSheet(SheetView):
    """One question."""

    model = ObjectProperty(QuestionModel(), rebind=True)

    def answer(self, answer: str) -> None:
        """An answer was touched."""
        raise NotImplementedError


class Age(QuestionSheet):
    """Is the customer old enough?"""

    def show(self, view: v.TillView, sheet: v.AgeSheet) -> None:
        """Draws the question."""
        self.model = choice.age_model(view, sheet)

    def answer(self, answer: str) -> None:
        """Yes adds the article, no takes it away."""
        self.send(cmd.ConfirmAge(answer == "yes"))

    def close(self) -> None:
        """Leaving the question is a no."""
        self.send(cmd.ConfirmAge(False))


class ConfirmClose(QuestionSheet):
    """The one question of the closing."""

    def show(self, view: v.TillView, sheet: v.ConfirmCloseSheet) -> None:
        """Draws the question."""
        self.model = choice.close_model(view, sheet)

    def answer(self, answer: str) -> None:
        """Yes closes the day."""
        self.send(cmd.CloseDay(confirmed=True)) if answer == "yes" else self.close()


class Dots(Row):
    """Four dots, as many solid as digits were typed."""

    typed = NumericProperty(0)
    wrong = NumericProperty(0)


class Approval(SheetView):
    """Code d’un responsable; the fourth digit validates."""

    model = ObjectProperty(ApprovalModel(), rebind=True)
    typed_count = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._pin = ""
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing typed yet."""
        self._set("")

    def _set(self, pin: str) -> None:
        self._pin, self.typed_count = pin, len(pin)

    def show(self, view: v.TillView, sheet: v.ApprovalSheet) -> None:
        """Draws the sheet."""
        self.model = choice.approval_model(view, sheet)

    def press(self, key: str) -> None:
        """A key of the pad."""
        if not self.model.can_type:
            return
        if key == "back":
            self._set(self._pin[:-1])
        elif key == "C":
            self._set("")
        else:
            self._set(self._pin + key)
        if len(self._pin) == PIN_LENGTH:
            self.send(cmd.Approve(self._pin))
            self._set("")

    def typed(self, text: str) -> bool:
        """Digits go to the code."""
        if text.isdigit():
            self.press(text)
        return True

    def key(self, name: str) -> bool:
        """Backspace takes one digit back."""
        if name == "backspace":
            self.press("back")
            return True
        return super().key(name)


load_kv(__file__)
