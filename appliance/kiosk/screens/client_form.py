"""Nouveau client and Modifier: the fields, the keyboard below; and the groups to choose from.

The letters stand on the screen at once and go to the till one field at a time; what the till writes itself (a scanned
card, the place of a postcode) comes back with another edition and replaces them.
"""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.choice import ListSheet
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.client import (
    KINDS,
    TITLES,
    FieldModel,
    FormModel,
    card_number,
    consents_model,
    form_bar,
    form_model,
    groups_model,
)
from appliance.kiosk.widgets import Box, Col, Press, Row, load_kv
from appliance.kiosk.widgets.paint import text_width
from appliance.protocol import command as cmd
from appliance.protocol.view import ClientConsentsSheet, ClientGroupsSheet, TillView

LONGEST = 80
CAPITALS = ("name", "first_name", "company", "contact", "street")
"""Fields whose first letter is a capital."""
FIGURES = ("phone", "code", "place", "account")
"""Fields that begin with a digit."""


class FormEntry(Press, Col):
    """One field: its label, what stands in it, what is wrong with it. The end of a long text stays in sight."""

    model = ObjectProperty(FieldModel(), rebind=True)
    text = StringProperty("")
    focused = BooleanProperty(False)

    def shown_text(self, text: str, width: float) -> str:
        """As much of the end of the text as fits."""
        text = card_number(text) if self.model.field == "code" else text
        room = width - 34 - (34 if self.model.icon or self.model.is_choice else 0)
        if text_width(text, 19, 500) <= room:
            return text
        while text and text_width("…" + text, 19, 500) > room:
            text = text[1:]
        return "…" + text


class FormRows(Col):
    """The fields in rows. `on_field(field)`."""

    fields = ListProperty([])
    columns = NumericProperty(3)
    texts = ObjectProperty({})
    focus = StringProperty("")
    first = NumericProperty(0)
    """First row that is shown, and how many are."""
    rows = NumericProperty(9)
    __events__ = ("on_field",)

    def __init__(self, **kwargs: Any) -> None:
        self._entries: dict[str, FormEntry] = {}
        self._built: Any = None
        super().__init__(**kwargs)
        for name in ("fields", "columns", "texts", "focus", "first", "rows"):
            self.fbind(name, self._show)

    def on_field(self, field: str) -> None:
        """A field was touched."""

    def _show(self, *_: Any) -> None:
        wanted = (tuple(model.field for model in self.fields), int(self.columns))
        if wanted != self._built:
            self._built = wanted
            self._build()
        for model in self.fields:
            entry = self._entries[model.field]
            entry.model = model
            entry.text = model.text if model.is_choice else self.texts.get(model.field, model.text)
            entry.focused = model.field == self.focus
        for i, row in enumerate(reversed(self.children)):
            row.shown = self.first <= i < self.first + self.rows

    def _build(self) -> None:
        self.clear_widgets()
        self._entries = {}
        for start in range(0, len(self.fields), int(self.columns)):
            row = Row(gap=14 if theme.m.width > 1100 else 8, align="start", size_hint_y=None, fit="h")
            for model in self.fields[start : start + int(self.columns)]:
                entry = FormEntry()
                entry.bind(on_tap=lambda touched: self.dispatch("on_field", touched.model.field))
                self._entries[model.field] = entry
                row.add_widget(entry)
            for _ in range(int(self.columns) - len(row.children)):
                row.add_widget(Box(size_hint=(1, None), height=10))
            self.add_widget(row)


class ClientForm(Screen):
    """Shows a FormModel."""

    model = ObjectProperty(FormModel(), rebind=True)
    texts = ObjectProperty({})
    focus = StringProperty("")
    typing = BooleanProperty(True)
    first = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._serial = -1
        self._editions: dict[str, int] = {}
        super().__init__(**kwargs)
        self.fbind("focus", self._turn)
        self.fbind("typing", self._share)

    def show(self, view: TillView) -> None:
        """Draws a view; the letters of this kiosk stay where the till has written nothing itself."""
        model = form_model(view)
        texts = dict(self.texts)
        if model.serial != self._serial:
            self._serial, self._editions, texts = model.serial, {}, {}
            self.typing = True
        for field in model.fields:
            if self._editions.get(field.field) != field.edition:
                self._editions[field.field] = field.edition
                texts[field.field] = field.text
        self.texts = texts
        names = [field.field for field in model.fields if not field.is_choice]
        if self.focus not in names or not self.model.fields:
            self.focus = next((name for name in names if not texts.get(name)), names[0] if names else "")
        wrong = next((field.field for field in model.fields if field.error), "")
        if wrong and not any(field.error for field in self.model.fields):
            self.focus = wrong
        self.model = model
        self._share()

    def closed(self) -> None:
        """The next opening begins anew."""
        self._serial, self.focus, self.texts = -1, "", {}
        self.model = FormModel()

    def bar(self, view: TillView) -> BarModel:
        """Back, and for which ticket."""
        return form_bar(view)

    def _turn(self, *_: Any) -> None:
        """Another field has the keyboard: letters or digits, as it begins."""
        is_figure = self.focus in FIGURES and (self.texts.get(self.focus) or "0")[-1].isdigit()
        self.ids.keyboard.layer = "digits" if is_figure else ""
        self._share()

    def _share(self, *_: Any) -> None:
        """On the small panel the keyboard leaves room for two rows: the one that is typed in and the next, or above the
        first of them Personnes physiques, morales and the civilité."""
        names = [field.field for field in self.model.fields]
        is_short = self.compact and self.typing
        row = names.index(self.focus) // self.model.columns if self.focus in names else 0
        rows = -(-len(names) // self.model.columns) if names else 0
        self.first = min(row, max(0, rows - 2)) if is_short else 0
        self.ids.kinds.shown = not is_short or row == 0
        self.ids.rows.rows = 9 if not is_short else 1 if row == 0 else 2
        self.ids.keyboard.shown = self.typing
        self._capital()

    def _capital(self) -> None:
        starts = not self.texts.get(self.focus, "")
        self.ids.keyboard.capital = 1 if starts and self.focus in CAPITALS else 0

    def touch_field(self, field: str) -> None:
        """A field was touched: it gets the keyboard; the group has its list."""
        if field == "group":
            self.send(cmd.OpenSheet("client_groups"))
        else:
            self.focus, self.typing = field, True
            self._share()

    def kind(self, index: int) -> None:
        """Personne physique or morale."""
        self.send(cmd.FillCustomer("kind", KINDS[index]))

    def title(self, index: int) -> None:
        """Madame, Monsieur, Sans."""
        self.send(cmd.FillCustomer("title", TITLES[index]))

    def answer(self) -> None:
        """The answer of the note: open the card of who has it, or choose who is there already."""
        customer = self.model.customer
        choose = self.model.note_kind == "choose"
        for_ticket = choose and self.model.for_ticket
        self.send(cmd.AttachCustomer(customer) if for_ticket else cmd.ShowCustomer(customer))

    def save(self) -> None:
        """Créer, Enregistrer; once more after a duplicate was shown: somebody else."""
        self.send(cmd.SaveCustomer(is_another=self.model.note_kind == "choose"))

    def walk(self, by: int) -> None:
        """The next field, or the one before."""
        names = [field.field for field in self.model.fields if not field.is_choice]
        if names:
            now = names.index(self.focus) if self.focus in names else -1
            self.focus = names[(now + by) % len(names)]
            self._share()

    def _is_last(self) -> bool:
        return bool(self.model.fields) and self.focus == self.model.fields[-1].field

    def _write(self, text: str) -> None:
        self.texts = {**self.texts, self.focus: text}
        self.send(cmd.FillCustomer(self.focus, text))  # type: ignore[arg-type]

    def typed(self, text: str) -> bool:
        """A character goes to the field that has the keyboard."""
        if not self.focus:
            return False
        before = self.texts.get(self.focus, "")
        if text.strip() or before:
            self._write((before + text)[:LONGEST])
            self._capital()
        return True

    def key(self, name: str) -> bool:
        """Enter and the arrows walk the fields, Backspace takes a letter back, Esc puts the keyboard away."""
        if name == "backspace":
            self._write(self.texts.get(self.focus, "")[:-1])
            self._capital()
        elif name == "next" and self.compact and self.typing and self._is_last():
            self.typing = False
        elif name in ("next", "enter", "right", "down"):
            self.walk(1)
        elif name in ("left", "up"):
            self.walk(-1)
        elif name == "escape" and self.compact and self.typing:
            self.typing = False
        elif name == "escape":
            self.go_left()
        else:
            return False
        return True


class Groups(ListSheet):
    """The group of the client."""

    def show(self, view: TillView, sheet: ClientGroupsSheet) -> None:
        """Draws the groups."""
        self.model = groups_model(view, sheet)

    def choose(self, item: str) -> None:
        """A group was touched."""
        self.send(cmd.FillCustomer("group", item))


class Agreements(ListSheet):
    """What the client agrees to; a touch changes the answer."""

    def show(self, view: TillView, sheet: ClientConsentsSheet) -> None:
        """Draws the answers."""
        self._given = {row.id for row in sheet.rows if row.given}
        self.model = consents_model(view, sheet)

    def choose(self, item: str) -> None:
        """A purpose was touched."""
        self.send(cmd.FillCustomer(item, "" if item in self._given else "yes"))  # type: ignore[arg-type]


load_kv(__file__)
