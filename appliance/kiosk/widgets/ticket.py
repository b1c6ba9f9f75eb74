"""The ticket panel: client, basket lines, totals, cash keys, main action.

Hides how little is redrawn: lines, totals and keys are separate layers, so a scan repaints one of each. Events carry
what was meant: on_client, on_hold, on_line(id), on_quantity(id), on_act(act, id), on_undo(undo),
on_cash(amount_minor, total_minor), on_card(total_minor), on_pay, on_refused(what).
"""

from typing import Any

from kivy.clock import Clock
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)

from appliance.i18n import t
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.ticket import CashKeyModel, ClientModel, GhostModel, LineModel, TicketModel
from appliance.kiosk.widgets.base import Bound, Box, Cells, Col, Press, Row, load_kv
from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.layer import Layer, Region
from appliance.kiosk.widgets.paint import shorten, text_width, wrap
from appliance.kiosk.widgets.rows import Rows

GUARD_S = 0.35  # after a cash key the area ignores touches (design system, section 7)
ACTS = (
    ("minus", "minus"),
    ("plus", "plus"),
    ("discount", "percent"),
    ("offer", "gift"),
    ("price", "tag"),
    ("remove", "trash"),
)
GHOST_PX = 17
EMPTY_LINE = LineModel("", "line", 0, "", "", "", "")


class ClientBox(Press, Row):
    """The client, or the place to choose one."""

    model = ObjectProperty(ClientModel(), rebind=True)


class LineAct(Press, Col):
    """One action of the selected line."""

    icon = StringProperty("")
    text = StringProperty("")
    tone = StringProperty("ink")


class LineActs(Cells):
    """Moins, Plus, Remise, Offrir, Prix, Retirer. `on_act(act)`."""

    __events__ = ("on_act",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._built: Any = None
        self.build()

    def on_act(self, act: str) -> None:
        """An action was touched."""

    def retheme(self) -> None:
        """Another profile has other actions."""
        super().retheme()
        if self._built != theme.m.action_count:
            self.build()

    def build(self) -> None:
        """One key an action; the compact profile leaves Prix to the editor."""
        self._built = theme.m.action_count
        self.clear_widgets()
        acts = [act for act in ACTS if act[0] != "price" or theme.m.action_count == 6]
        self.cols = len(acts)
        for act, icon in acts:
            key = LineAct(icon=icon, text=t(f"screen.act.{act}"), tone="danger" if act == "remove" else "ink")
            key.fires = "down" if act in ("minus", "plus") else "up"
            key.bind(on_tap=lambda _key, name=act: self.dispatch("on_act", name))
            self.add_widget(key)


QUANTITY_PX = {1: 19, 2: 19, 3: 19, 4: 16, 5: 15}
"""Size of a quantity by its characters: a weight such as 0.845 stays inside its box, which is wider for it."""


def quantity_width(quantity: str) -> int:
    """Width of the box, so that no quantity is smaller than a caption."""
    return 44 if len(quantity) < 5 else 58


class QuantityBox(Press, Box):
    """The quantity at the head of a line."""


class LineHead(Row, Region):
    """What a line says; the part that a further scan of the same article changes."""


class BasketLine(Bound, Press, Col):
    """One line: quantity box, name, detail, amount."""

    model = ObjectProperty(EMPTY_LINE)
    owner = ObjectProperty(None)
    soft = BooleanProperty(False)
    head_height = NumericProperty(40)

    @classmethod
    def head(cls, model: LineModel, width: float) -> float:
        """Height of name, detail and amount."""
        left, _top, right, _bottom = theme.m.line_pad
        room = width - left - right - 20 - quantity_width(model.quantity) - max(48, 12 * len(model.amount))
        lines = len(wrap(model.name, 18, 600, room))
        return max(40, lines * 22 + (18 if model.detail else 0), 42 if model.struck else 0)

    @classmethod
    def height_for(cls, model: LineModel, width: float) -> float:
        """Height of the row for what it shows."""
        _left, top, _right, bottom = theme.m.line_pad
        return max(theme.m.line, cls.head(model, width) + top + bottom + 1)

    def show_model(self, model: LineModel) -> None:
        """Takes the height of its head and says what the line says."""
        ids = self.ids
        self.head_height = self.head(model, self.width)
        ids.quantity.px = QUANTITY_PX.get(len(model.quantity), 14)
        ids.box.width = quantity_width(model.quantity)
        ids.quantity.text, ids.name.text = model.quantity, model.name
        ids.detail.text, ids.struck.text, ids.amount.text = model.detail, model.struck, model.amount

    def quantity_tapped(self) -> None:
        """The quantity box was touched: the first touch selects, the second opens the editor."""
        self.owner.dispatch("on_quantity" if self.soft else "on_line", self.model.id)

    def on_tap(self) -> None:
        """The line was touched."""
        self.owner.dispatch("on_line", self.model.id)


class SelectedLine(BasketLine):
    """The selected line with its actions."""

    @classmethod
    def height_for(cls, model: LineModel, width: float) -> float:
        """Height of the row with the actions."""
        _left, top, _right, bottom = theme.m.line_pad
        return cls.head(model, width) + top + bottom + 1 + 12 + theme.m.action_height


class GhostRow(Row):
    """The place of a removed line, with its undo."""

    model = ObjectProperty(GhostModel("", "ghost", "", 0, ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: GhostModel, _width: float) -> float:
        """Always 60 high, so that nothing moves when it goes."""
        return 60

    def words(self, model: GhostModel, width: float) -> str:
        """The sentence on one line; the product's name gives way, the rest is whole."""
        room = width - text_width(model.bare, GHOST_PX, 600)
        return model.text.replace(model.name, shorten(model.name, GHOST_PX, 600, room)) if model.name else model.text


class BasketList(Rows):
    """The lines of the ticket; keeps the selected one in sight."""

    selected = StringProperty("")
    kinds = {"line": BasketLine, "selected": SelectedLine, "ghost": GhostRow}
    __events__ = ("on_line", "on_quantity", "on_act", "on_undo")

    def on_line(self, line: int) -> None:
        """A line was touched."""

    def on_quantity(self, line: int) -> None:
        """The quantity box of the selected line was touched."""

    def on_act(self, act: str, line: int) -> None:
        """An action of the selected line was touched."""

    def on_undo(self, undo: int) -> None:
        """The undo of a removed line was touched."""

    def refresh(self, *_: Any) -> None:
        """Shows the selected line when it is another one, or the list has changed."""
        mark = (self.selected, len(self.rows), self.height)
        if mark != getattr(self, "_mark", None):
            self._mark = mark
            if self.selected:
                self.reveal(self.selected)
        super().refresh()


class SumRow(Row):
    """A label and an amount."""

    text = StringProperty("")
    amount = StringProperty("")
    px = NumericProperty(16)
    lh = NumericProperty(22)
    wt = NumericProperty(500)
    tone = StringProperty("ink-2")


class SumRows(Col):
    """Rows of (label, amount) above a total."""

    sums = ListProperty([])
    px = NumericProperty(16)
    lh = NumericProperty(22)

    def on_sums(self, *_: Any) -> None:
        """One row a sum."""
        while len(self.children) > len(self.sums):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.sums):
            self.add_widget(SumRow(px=self.px, lh=self.lh))
        for row, (text, amount) in zip(reversed(self.children), self.sums, strict=True):
            row.text, row.amount = text, amount


class KeyFigure(Row, Region):
    """The amount on a key: it changes with every scan, the key around it does not."""


class CashKey(Press, Region):
    """One cash key: the amount, and "Juste" above the exact one."""

    direction = OptionProperty("col", options=["row", "col", "stack"])
    text = StringProperty("")
    small = StringProperty("")


class CashKeys(Cells):
    """The four cash keys. models: CashKeyModels; `on_cash(place)`, from 0 on."""

    models = ListProperty([CashKeyModel()] * 4)
    enabled = BooleanProperty(False)
    cols = NumericProperty(4)
    __events__ = ("on_cash", "on_refused")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for place in range(4):
            key = CashKey()
            key.place = place
            key.bind(on_tap=self._tapped, on_refused=lambda _k: self.dispatch("on_refused"))
            self.add_widget(key)
        self.fbind("models", self._show)
        self.fbind("enabled", self._show)
        self._show()

    def on_cash(self, place: int) -> None:
        """A key was touched."""

    def on_refused(self) -> None:
        """A disabled key was touched."""

    def _show(self, *_: Any) -> None:
        for key, model in zip(reversed(self.children), self.models, strict=True):
            key.text, key.small = model.text, model.small
            key.enabled = self.enabled and bool(model.amount_minor)

    def _tapped(self, key: Any) -> None:
        self.dispatch("on_cash", key.place)


class FootButton(PushButton, Region):
    """Carte and Facturer: the amount on the second changes with every scan."""


class TotalRow(Row, Region):
    """The word, the currency and the amount."""


class TotalNote(Row, Region):
    """How many articles, and the VAT in the total."""


class Totals(Bound, Layer):
    """Sums, the total, the VAT note."""

    model = ObjectProperty(TicketModel())

    def show_model(self, model: TicketModel) -> None:
        """Says what the ticket comes to."""
        ids = self.ids
        ids.sums.sums = model.sums
        ids.label.text, ids.currency.text, ids.total.text = model.total_label, model.currency, model.total
        ids.note.text, ids.note_row.shown = model.note, bool(model.note)


class TicketFoot(Bound, Layer):
    """Cash keys, Carte and Facturer.

    A scan changes the amounts on the keys, maybe under a finger on its way: a touch within 350 ms means what stood
    there before, and the daemon, whose total is another one by then, takes nothing and says so.
    """

    model = ObjectProperty(TicketModel())
    caption = StringProperty("")
    __events__ = ("on_cash", "on_card", "on_pay", "on_refused")

    def __init__(self, **kwargs: Any) -> None:
        self._closed_at = self._changed_at = -1.0
        self._shown = self._seen = self._aim = TicketModel()
        super().__init__(**kwargs)

    def _follow(self, model: TicketModel) -> None:
        """Remembers what was seen before a scan changed it."""
        shown, self._shown = self._shown, model
        if model.total_minor != shown.total_minor and model.scan and model.scan != shown.scan:
            now = Clock.get_boottime()
            if now - self._changed_at >= GUARD_S:
                self._seen = shown
            self._changed_at = now
            Clock.schedule_once(self._drawn, 0)

    def _drawn(self, _dt: float) -> None:
        """The new amounts are on the panel: from now on they can be seen."""
        self._changed_at = Clock.get_boottime()

    def take_cash(self, place: int) -> None:
        """A cash key was let go: what it said when it was touched."""
        self.dispatch("on_cash", self._aim.cash_keys[place].amount_minor, self._aim.total_minor)

    def take_card(self) -> None:
        """Carte was let go."""
        self.dispatch("on_card", self._aim.total_minor)

    def show_model(self, model: TicketModel) -> None:
        """Offers what the ticket may be paid with."""
        self._follow(model)
        ids = self.ids
        ids.caption.text = self.caption or model.cash_caption
        ids.caption_row.shown = bool(ids.caption.text)
        ids.cash.models, ids.cash.enabled = model.cash_keys, model.can_cash
        ids.card.text, ids.card.enabled = model.card, model.can_card
        ids.pay.text, ids.pay.amount, ids.pay.enabled = model.pay, model.pay_amount, model.can_pay

    def on_caption(self, *_: Any) -> None:
        """Another caption than the ticket's."""
        if self.ids:
            self.show_model(self.model)

    def on_cash(self, amount_minor: int, total_minor: int) -> None:
        """A cash key was touched: the sale of this total closes with this amount received."""
        self._closed_at = Clock.get_boottime()

    def on_card(self, total_minor: int) -> None:
        """Carte was touched: this much is to be paid."""

    def on_pay(self) -> None:
        """Facturer was touched."""

    def on_refused(self, what: str) -> None:
        """A disabled key was touched."""

    def on_touch_down(self, touch: Any) -> bool:
        """Ignores touches for 350 ms after a cash key; else notes what was seen."""
        now = Clock.get_boottime()
        if self.collide_point(*touch.pos):
            if now - self._closed_at < GUARD_S:
                return True
            self._aim = self._seen if now - self._changed_at < GUARD_S else self._shown
        return bool(super().on_touch_down(touch))


class TicketPanel(Bound, Box):
    """The whole ticket. `model` is a TicketModel."""

    model = ObjectProperty(TicketModel())
    __events__ = (
        "on_client", "on_hold", "on_line", "on_quantity", "on_act", "on_undo", "on_cash", "on_card", "on_pay",
        "on_refused",
    )  # fmt: skip

    def show_model(self, model: TicketModel) -> None:
        """Client, lines or the empty state, totals and keys."""
        ids = self.ids
        ids.client.model = model.client
        ids.hold.text, ids.hold.icon = model.hold_text, model.hold_icon
        ids.empty.title, ids.empty.hint = model.empty_title, model.empty_hint
        ids.empty_layer.shown, ids.lines.shown = model.is_empty, not model.is_empty
        ids.lines.rows, ids.lines.selected = model.rows, model.selected
        ids.totals.model = ids.foot.model = model

    def on_client(self) -> None:
        """The client's place was touched."""

    def on_hold(self) -> None:
        """Attente, or Notes, was touched."""

    def on_line(self, line: int) -> None:
        """A line was touched."""

    def on_quantity(self, line: int) -> None:
        """The quantity box of the selected line was touched."""

    def on_act(self, act: str, line: int) -> None:
        """An action of the selected line was touched."""

    def on_undo(self, undo: int) -> None:
        """An undo was touched."""

    def on_cash(self, amount_minor: int, total_minor: int) -> None:
        """A cash key was touched."""

    def on_card(self, total_minor: int) -> None:
        """Carte was touched."""

    def on_pay(self) -> None:
        """Facturer was touched."""

    def on_refused(self, what: str) -> None:
        """A disabled key was touched."""


load_kv(__file__)
