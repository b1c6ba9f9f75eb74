"""Mes Données: the sections at the left, means of payment or groups of customers at the right; their editors.

A row is dragged by its handle: the list reorders under the finger, and the till is told once, when it is let go.
"""

from dataclasses import replace
from typing import Any

from kivy.properties import ListProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen, SheetView
from appliance.kiosk.screens.choice import ChoiceKeys, ListSheet, QuestionSheet  # noqa: F401  named in masters.kv
from appliance.kiosk.screens.home import HomeRail  # noqa: F401
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel import masters as models
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.masters import (
    EditorModel,
    GroupFormModel,
    GroupModel,
    MastersModel,
    ModeModel,
    RateModel,
    SectionModel,
    SwitchModel,
)
from appliance.kiosk.widgets import Cells, Col, Press, Row, load_kv
from appliance.kiosk.widgets.controls import Tag
from appliance.kiosk.widgets.rows import Rows
from appliance.kiosk.widgets.toast import Toast  # noqa: F401
from appliance.protocol import command as cmd
from appliance.protocol import view as v

HANDLE = 64
"""Width of the place where a row is held, in logical pixels."""
EDGE, PULL = 28, 14
"""A row held so near the list's end scrolls it, by so much a move."""


class MasterSection(Press, Row):
    """One section of the rail."""

    model = ObjectProperty(SectionModel("", "", ""), rebind=True)


class MasterSections(Col):
    """The sections. `on_section(id)`."""

    sections = ListProperty([])
    __events__ = ("on_section",)

    def on_section(self, section: str) -> None:
        """A section was touched."""

    def on_sections(self, *_: Any) -> None:
        """One key a section."""
        self.clear_widgets()
        for section in self.sections:
            key = MasterSection(model=section)
            key.bind(on_tap=lambda touched: self.dispatch("on_section", touched.model.id))
            self.add_widget(key)


class ModeTags(Row):
    """What is special about a means of payment."""

    tags = ListProperty([])

    def on_tags(self, *_: Any) -> None:
        """One pill a word."""
        self.clear_widgets()
        for text in self.tags:
            self.add_widget(Tag(text=text))


class ModeLine(Press, Row):
    """One means of payment."""

    model = ObjectProperty(ModeModel(), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, model: ModeModel, _width: float) -> float:
        """One height for all rows of a list."""
        if theme.m.height < 700:
            return 56
        return 70 if model.is_tight and theme.m.height < 900 else 80

    def on_tap(self) -> None:
        """The row was touched: its editor."""
        self.owner.dispatch("on_mode", self.model.id)


class ModeRows(Rows):
    """The means of payment. `on_mode(id)`, `on_switch(id, on)`, `on_place(id, place)`."""

    kinds = {"mode": ModeLine}
    __events__ = ("on_mode", "on_switch", "on_place")

    def __init__(self, **kwargs: Any) -> None:
        self._held = ""
        self._start = 0
        super().__init__(**kwargs)

    def on_mode(self, mode: str) -> None:
        """A row was touched."""

    def on_switch(self, mode: str, on: bool) -> None:
        """A switch was touched."""

    def on_place(self, mode: str, place: int) -> None:
        """A row was dragged to another place."""

    @property
    def is_held(self) -> bool:
        """Whether a row is under a finger: a list that comes now waits until it is let go."""
        return bool(self._held)

    def _row_at(self, y: float) -> int:
        """Number of the row at this height, the nearest one where there is none."""
        top = self.top + self.offset
        for at, height in enumerate(self._heights):
            top -= height
            if y >= top:
                return at
        return len(self._heights) - 1

    def on_touch_down(self, touch: Any) -> bool:
        """On the handle a row is taken; elsewhere the list scrolls and its keys are touched."""
        if not (self.collide_point(*touch.pos) and self.rows and touch.x < self.x + HANDLE):
            return super().on_touch_down(touch)
        if touch.y < self.top + self.offset - sum(self._heights):
            return True
        self._start = self._row_at(touch.y)
        self._held = self.rows[self._start].key
        self._lift(True)
        touch.grab(self)
        return True

    def _lift(self, is_lifted: bool) -> None:
        self.rows = [replace(row, is_lifted=is_lifted and row.key == self._held) for row in self.rows]

    def on_touch_move(self, touch: Any) -> bool:
        """The held row goes where the finger is."""
        if not self._held or touch.grab_current is not self:
            return super().on_touch_move(touch)
        if touch.y > self.top - EDGE:
            self.offset -= PULL
        elif touch.y < self.y + EDGE:
            self.offset += PULL
        self._clamp()
        now = next(at for at, row in enumerate(self.rows) if row.key == self._held)
        wanted = self._row_at(touch.y)
        if wanted != now:
            rows = list(self.rows)
            rows.insert(wanted, rows.pop(now))
            self.rows = [replace(row, first=at == 1, last=at == len(rows)) for at, row in enumerate(rows, 1)]
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Let go: this is its place."""
        if not self._held or touch.grab_current is not self:
            return super().on_touch_up(touch)
        touch.ungrab(self)
        place = next(at for at, row in enumerate(self.rows) if row.key == self._held)
        key, self._held = self._held, ""
        self._lift(False)
        if place != self._start:
            self.dispatch("on_place", key, place)
        return True


class GroupLine(Press, Row):
    """One group of customers."""

    model = ObjectProperty(GroupModel(), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: GroupModel, _width: float) -> float:
        """One height."""
        return 80 if theme.m.height > 700 else 60

    def on_tap(self) -> None:
        """The row was touched: its editor."""
        self.owner.dispatch("on_group", self.model.id)


class MasterGroupRows(Rows):
    """The groups. `on_group(id)`."""

    kinds = {"group": GroupLine}
    __events__ = ("on_group",)

    def on_group(self, group: str) -> None:
        """A row was touched."""


class MastersScreen(Screen):
    """Shows a MastersModel."""

    model = ObjectProperty(MastersModel(), rebind=True)
    undo = ObjectProperty(None, allownone=True, rebind=True)

    def show(self, view: v.TillView) -> None:
        """Draws a view; a row under a finger stays there."""
        self.model = models.masters_model(view, is_short=self.compact)
        self.undo = self.model.undo
        if not self.ids.modes.is_held:
            self.ids.modes.rows = self.model.modes

    def bar(self, view: v.TillView) -> BarModel:
        """The shop, the till, the seller."""
        return models.masters_bar(view)

    def go_left(self) -> None:
        """The shop's name is no key."""

    def go_right(self) -> None:
        """The gear."""
        self.send(cmd.ShowSettings())

    def take_back(self) -> None:
        """Annuler on the toast."""
        if self.undo is not None:
            self.send(cmd.Undo(self.undo.id))

    def add(self) -> None:
        """Ajouter, Nouveau groupe."""
        self.send(cmd.EditTenderMode() if self.model.section == "modes" else cmd.EditGroup())

    def key(self, name: str) -> bool:
        """Esc goes back to the sale."""
        if name == "escape":
            self.send(cmd.GoBack())
            return True
        return False


# --- editors --------------------------------------------------------------------------------------------------------


class SwitchLine(Press, Row):
    """A word and its switch."""

    model = ObjectProperty(SwitchModel("", "", False), rebind=True)


class SwitchLines(Cells):
    """The yes and no of an editor in two columns. `on_switch(field, on)`."""

    switches = ListProperty([])
    __events__ = ("on_switch",)

    def on_switch(self, field: str, on: bool) -> None:
        """A switch was touched."""

    def on_switches(self, *_: Any) -> None:
        """One line a question; the lines stay where they are when only an answer changed."""
        lines = list(reversed(self.children))
        if [line.model.field for line in lines] != [model.field for model in self.switches]:
            self.clear_widgets()
            lines = [SwitchLine() for _ in self.switches]
            for line in lines:
                line.bind(
                    on_tap=lambda touched: self.dispatch("on_switch", touched.model.field, not touched.model.is_on)
                )
                self.add_widget(line)
        for line, model in zip(lines, self.switches, strict=True):
            line.model = model


class ModeEditor(SheetView):
    """The editor of a means of payment."""

    model = ObjectProperty(EditorModel(), rebind=True)

    def show(self, view: v.TillView, sheet: v.TenderModeSheet) -> None:
        """Draws the editor."""
        self.model = models.editor_model(view, sheet)

    def put(self, field: str, value: str) -> None:
        """A field has another value."""
        self.send(cmd.FillTenderMode(field, value))  # type: ignore[arg-type]

    def type_in(self, field: str) -> None:
        """Libellé or Compte comptable, on the keyboard."""
        label, text = getattr(self.model, f"{field}_label"), getattr(self.model, field)
        self.ask(label, text, lambda typed: self.put(field, typed), digits=field == "account")

    def move(self, place: int) -> None:
        """▲ or ▼."""
        if place >= 0:
            self.put("place", str(place))

    def key(self, name: str) -> bool:
        """Enter saves, ↑ ↓ change the place, Esc leaves."""
        if name == "enter":
            self.send(cmd.SaveTenderMode())
        elif name == "up":
            self.move(self.model.place_before)
        elif name == "down":
            self.move(self.model.place_after)
        else:
            return super().key(name)
        return True


class ModeOff(QuestionSheet):
    """Balances are there: switch wallets off all the same?"""

    def show(self, view: v.TillView, sheet: v.ModeOffSheet) -> None:
        """Draws the question."""
        self._mode = sheet.mode
        self.model = models.off_model(view, sheet)

    def answer(self, answer: str) -> None:
        """Yes switches it off, no leaves it."""
        if answer == "yes":
            self.send(cmd.SwitchTenderMode(self._mode, on=False, confirmed=True))
        else:
            self.close()


class RateLine(Row):
    """One automatic discount."""

    model = ObjectProperty(RateModel(), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, model: RateModel, _width: float) -> float:
        """A sentence below makes it higher."""
        return (64 if theme.m.height > 700 else 56) + (24 if model.error else 0)


class RateRows(Rows):
    """The discounts of a group. `on_field(row, field)`."""

    kinds = {"rate": RateLine}
    __events__ = ("on_field",)

    def on_field(self, row: int, field: str) -> None:
        """A field was touched."""

    def height_of(self, rates: Any) -> float:
        """Height of these discounts together."""
        return sum(RateLine.height_for(rate, 0) for rate in rates)


class GroupForm(SheetView):
    """The editor of a group."""

    model = ObjectProperty(GroupFormModel(), rebind=True)

    def show(self, view: v.TillView, sheet: v.GroupSheet) -> None:
        """Draws the editor; a discount with something wrong is in sight."""
        wrong = [rate.key for rate in self.model.rates if rate.error]
        self.model = models.group_form_model(view, sheet)
        now = [rate.key for rate in self.model.rates if rate.error]
        if now and now != wrong:
            self.ids.rates.reveal(now[0])

    def put(self, field: str, value: str = "", row: int = 0) -> None:
        """A field has another value."""
        self.send(cmd.FillGroup(field, value, row))  # type: ignore[arg-type]

    def type_label(self) -> None:
        """Nom du groupe, on the keyboard."""
        self.ask(self.model.label_label, self.model.label, lambda typed: self.put("label", typed))

    def touch_rate(self, row: int, field: str) -> None:
        """A field of a discount: its list, its keyboard, or away with it."""
        model = self.model.rates[row]
        if field in ("pick", "remove"):
            self.put(field, row=row)
            return
        label, text = {
            "rate": (self.model.rate_word, model.rate_text),
            "from": (self.model.from_label, model.first_text),
            "to": (self.model.to_label, model.last_text),
        }[field]
        self.ask(label, text, lambda typed: self.put(field, typed, row), digits=True)

    def key(self, name: str) -> bool:
        """Enter saves, Esc leaves."""
        if name == "enter" and not self.model.pick:
            self.send(cmd.SaveGroup())
            return True
        return super().key(name)


class GroupDelete(ListSheet):
    """« Déplacer vers… »."""

    group = StringProperty("")

    def show(self, view: v.TillView, sheet: v.GroupDeleteSheet) -> None:
        """Draws the groups to choose from."""
        self.group = sheet.group
        self.model = models.delete_model(view, sheet)

    def choose(self, item: str) -> None:
        """Where the customers go; the group goes with it."""
        self.send(cmd.DeleteGroup(self.group, item))


load_kv(__file__)
