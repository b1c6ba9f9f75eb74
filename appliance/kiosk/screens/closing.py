"""The closing of the day: count, check, close."""

from typing import Any

from kivy.properties import ListProperty, ObjectProperty, StringProperty

from appliance.i18n import amount
from appliance.kiosk.screens.base import Screen
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.closing import STEPS, ClosingModel, HeldModel, StepModel, closing_bar, closing_model
from appliance.kiosk.viewmodel.counting import count_of, next_value, typed_count
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.widgets import Cells, Col, Row, counting, figures, load_kv, panel  # noqa: F401  named in closing.kv
from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


class StepMark(Row):
    """One step: its number in a disc, its name."""

    model = ObjectProperty(StepModel("", ""), rebind=True)


class Steps(Row):
    """The three steps in a row."""

    steps = ListProperty([])

    def on_steps(self, *_: Any) -> None:
        """Marks with arrows between."""
        for mark, model in zip((self.ids.first, self.ids.second, self.ids.third), self.steps, strict=False):
            mark.model = model


class OtherRow(Row):
    """One tender other than cash: name, count, amount."""

    text = StringProperty("")
    count = StringProperty("")
    amount = StringProperty("")


class OtherRows(Col):
    """The other tenders under each other."""

    rows = ListProperty([])

    def on_rows(self, *_: Any) -> None:
        """One row a tender."""
        self.clear_widgets()
        for text, count, total in self.rows:
            self.add_widget(OtherRow(text=text, count=count, amount=total))


class ReasonChips(Cells):
    """The reasons for a difference. `on_reason(id)`."""

    reasons = ListProperty([])
    __events__ = ("on_reason",)

    def on_reason(self, reason: str) -> None:
        """A reason was touched."""

    def on_reasons(self, *_: Any) -> None:
        """One chip a reason."""
        self.clear_widgets()
        for reason in self.reasons:
            px, lh = (17, 20) if theme.m.width > 1100 else (15, 18)
            chip = PushButton(text=reason.text, kind="pri" if reason.chosen else "", px=px, lh=lh, wraps=True)
            chip.padding, chip.size_hint_y = (8, 0, 8, 0), 1
            chip.bind(on_tap=lambda _chip, name=reason.id: self.dispatch("on_reason", name))
            self.add_widget(chip)


class HeldRow(Row):
    """A held note that may be cancelled."""

    model = ObjectProperty(HeldModel("", "", 0, "", "", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: HeldModel, _width: float) -> float:
        """Always 68."""
        return 68


class HeldRows(Rows):
    """The held notes. `on_cancel(number)`."""

    kinds = {"held": HeldRow}
    __events__ = ("on_cancel",)

    def on_cancel(self, number: int) -> None:
        """Annuler was touched."""


class DrawerPanel(Col):
    """What is known of the drawer: cash line by line, expected, counted, difference."""

    model = ObjectProperty(ClosingModel(), rebind=True)


class ClosingScreen(Screen):
    """Shows a ClosingModel. typing: "" figures at the right, "count" or "leave" the keypad in their place."""

    model = ObjectProperty(ClosingModel(), rebind=True)
    typing = StringProperty("")
    leave = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._view: TillView | None = None
        self._fresh = True
        self._entry = Entry()
        super().__init__(**kwargs)

    def opened(self) -> None:
        """The figures stand at the right."""
        self.typing = ""
        self._fresh = True

    def show(self, view: TillView) -> None:
        """Draws a view."""
        before = self._view.closing if self._view else None
        now = view.closing
        if now and (before is None or before.focus_minor != now.focus_minor):
            self._fresh = True
        if now and (before is None or before.step != now.step):
            self.typing = ""
        self._view = view
        self.model = closing_model(view, self.compact)

    def bar(self, view: TillView) -> BarModel:
        """Back, title, session."""
        return closing_bar(view)

    def go_left(self) -> None:
        """Back one step; from the first one leaves."""
        place = STEPS.index(self.model.step)
        if self.typing:
            self.typing = ""
        elif place:
            self.send(cmd.SetStep(STEPS[place - 1]))  # type: ignore[arg-type]
        else:
            self.send(cmd.GoBack())

    def focus_on(self, value_minor: int) -> None:
        """A quantity was touched: the keypad comes."""
        self._fresh, self.typing = True, "count"
        self.send(cmd.FocusCount(value_minor))

    def step_count(self, value_minor: int, count: int) -> None:
        """− or + was touched."""
        self._fresh = True
        self.send(cmd.SetCount(value_minor, count))

    def edit_leave(self) -> None:
        """The pencil: the amount left for tomorrow is typed anew."""
        self._entry = Entry()
        self.leave, self.typing = self.model.leave, "leave"

    def press(self, key: str) -> bool:
        """A key of the keypad."""
        if self.typing == "leave":
            self._entry = self._entry.press(key)
            self.leave = amount(self._entry.value, self.model.locale)
            return True
        closing = self._view.closing if self._view else None
        if closing is None or closing.step != "count" or not closing.focus_minor:
            return False
        now = count_of(closing.notes + closing.coins, closing.focus_minor)
        wanted = typed_count(now, key, self._fresh)
        self._fresh = False
        if wanted != now:
            self.send(cmd.SetCount(closing.focus_minor, wanted))
        return True

    def done_typing(self) -> None:
        """Terminé on the keypad."""
        if self.typing == "leave" and not self._entry.is_empty:
            self.send(cmd.SetLeave(self._entry.value))
        self.typing = ""

    def go_on(self) -> None:
        """The main action of the step."""
        if self.model.step == "count":
            self.send(cmd.SetStep("check"))
        elif self.model.step == "check":
            self.send(cmd.SetStep("confirm", self._reason()))
        else:
            self.send(cmd.CloseDay())

    def _reason(self) -> str:
        return next((reason.id for reason in self.model.reasons if reason.chosen), "")

    def side(self) -> None:
        """Ticket X in the first step, Retour in the others."""
        if self.model.step == "count":
            self.send(cmd.ReadX())
        else:
            self.go_left()

    def typed(self, text: str) -> bool:
        """Digits go to the quantity, or to the amount left."""
        return text.isdigit() and self.press(text)

    def key(self, name: str) -> bool:
        """Enter goes to the next value, then on; Esc goes back."""
        closing = self._view.closing if self._view else None
        if name == "backspace":
            return self.press("back")
        if name == "escape":
            self.go_left()
        elif name == "enter" and self.typing == "leave":
            self.done_typing()
        elif name == "enter" and closing is not None:
            following = next_value(closing.notes + closing.coins, closing.focus_minor)
            if closing.step == "count" and closing.focus_minor and following:
                self.send(cmd.FocusCount(following))
            else:
                self.go_on()
        else:
            return False
        return True


load_kv(__file__)
