"""Créditer la cagnotte and, with quantity -1, Annuler un crédit: one sheet, by whatever way it was reached.

Hides that a digit is on the screen before the till has heard of it: what was typed last stands until a view says the
same, or for a second, after which the till's word counts (it may have lowered the figure).
"""

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty
from msgspec.structs import replace

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.screens.payment import PaidRows  # noqa: F401  named in wallet_credit.kv
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.wallet import UNFINISHED, CreditModel, CreditSheetModel, credit_model, typed_into
from appliance.kiosk.widgets import Cells, Press, Row, load_kv
from appliance.kiosk.widgets.controls import PushButton, Segmented
from appliance.kiosk.widgets.rows import Rows
from appliance.kiosk.widgets.tender import TenderButton
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView, WalletCreditSheet

AWAITS_S = 1.0
RESTS_S = 1.5
"""Typing rests: what its next digit might have mended is said now."""
IMPATIENT_S = 1.0
"""A second touch on the main key within this time was for what it said at the first: never for the rest of a part."""


class WalletPresets(Row):
    """Keys with amounts. `on_value(minor)`. outlined: on a white card."""

    presets = ListProperty([])
    outlined = BooleanProperty(False)
    is_money = BooleanProperty(False)
    """The keys say what was received and not what is credited."""
    __events__ = ("on_value",)

    def on_value(self, value: int) -> None:
        """A key was touched."""

    def on_is_money(self, *_: Any) -> None:
        """They are dressed as money."""
        self.on_presets()

    def on_presets(self, *_: Any) -> None:
        """One key a preset."""
        if len(self.children) != len(self.presets):
            self.clear_widgets()
            for _ in self.presets:
                key = PushButton(size_hint_y=1, px=24 if theme.m.height > 700 else 20, lh=28, wt=700)
                key.padding = (0, 0, 0, 0)
                key.bind(on_tap=lambda touched: self.dispatch("on_value", touched.value))
                self.add_widget(key)
        for key, preset in zip(reversed(self.children), self.presets, strict=True):
            key.value, key.text = preset.value, preset.text
            self._dress(key, preset.chosen)

    def _dress(self, key: Any, chosen: bool) -> None:
        if self.outlined:
            key.kind, key.own_tone = "out", "wallet"
            key.line = "wallet"
        elif self.is_money:
            key.kind, key.own_fill, key.own_tone = "pay" if chosen else "", "", ""
        else:
            key.kind = "wal" if chosen else ""
            key.own_fill = "" if chosen else "wallet-soft"
            key.own_tone = "" if chosen else "on-wallet-soft"


class CreditModes(Cells):
    """The means that may fund a wallet. `on_mode(id)`."""

    modes = ListProperty([])
    __events__ = ("on_mode",)

    def on_mode(self, mode: str) -> None:
        """A means was touched."""

    def on_modes(self, *_: Any) -> None:
        """One key a means."""
        if len(self.children) != len(self.modes):
            self.clear_widgets()
            for _ in self.modes:
                key = TenderButton(icon_px=28, px=19)
                key.bind(on_tap=lambda touched: self.dispatch("on_mode", touched.mode))
                key.bind(on_refused=lambda touched: self.dispatch("on_mode", touched.mode))
                self.add_widget(key)
        narrow = len(self.modes) > 3
        for key, model in zip(reversed(self.children), self.modes, strict=True):
            key.mode, key.text, key.icon, key.enabled = model.id, model.title, model.icon, model.enabled
            key.look, key.trail = "pri" if model.chosen else "", "check" if model.chosen and not narrow else ""
            key.px, key.icon_px, key.gap = (16, 24, 10) if narrow else (19, 28, 14)


class CreditLine(Press, Row):
    """One credit with its round mark."""

    model = ObjectProperty(CreditModel("", 0, "", "", False), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: CreditModel, _width: float) -> float:
        """One height, with the gap below."""
        return 78 if theme.m.height > 700 else 64

    def on_tap(self) -> None:
        """The row was touched."""
        self.owner.dispatch("on_credit", self.model.document)


class CreditLines(Rows):
    """The credits to choose from; scrolls. `on_credit(document)`."""

    kinds = {"credit": CreditLine}
    __events__ = ("on_credit",)

    def on_credit(self, document: int) -> None:
        """A row was touched."""


class QuantityChoice(Segmented):
    """1 or -1; -1 is red."""

    def _mark(self, *_: Any) -> None:
        super()._mark()
        for i, choice in enumerate(reversed(self.children)):
            choice.danger = i == 1


class SheetFigure(Press, Row):
    """A figure that digits go to while it has the focus."""

    caption = StringProperty("")
    unit = StringProperty("")
    text = StringProperty("")
    tone = StringProperty("ink")
    focused = BooleanProperty(True)


class WalletCredit(SheetView):
    """Shows a CreditSheetModel; the figure being typed lives here."""

    model = ObjectProperty(CreditSheetModel(), rebind=True)

    def __init__(self, **kwargs: Any) -> None:
        self._view: TillView | None = None
        self._sheet: WalletCreditSheet | None = None
        self._at: tuple[object, ...] = ()
        self._entry: Entry | None = None  # None: the next digit begins a new figure
        self._awaited: int | None = None
        self._touched_at = -IMPATIENT_S
        self._is_typing = False
        super().__init__(**kwargs)
        self._rest = Clock.create_trigger(self._rested, RESTS_S)
        self._give_up = Clock.create_trigger(self._listen, AWAITS_S)

    def opened(self) -> None:
        """Nothing typed yet."""
        self._at, self._entry, self._awaited = (), None, None
        self._touched_at, self._is_typing = -IMPATIENT_S, False

    def show(self, view: TillView, sheet: WalletCreditSheet) -> None:
        """Draws the sheet; another field, quantity, credit or payment begins a new figure."""
        at = (sheet.customer, sheet.quantity, sheet.field, sheet.credit, len(sheet.payments), sheet.mode)
        if at != self._at:
            self._at, self._entry, self._awaited = at, None, None
        self._view, self._sheet = view, sheet
        if self._awaited is not None and self._awaited == self._value(sheet):
            self._awaited = None
        self._draw()

    def _listen(self, *_: Any) -> None:
        """The till had its time: what it shows counts again."""
        if self._awaited is not None:
            self._awaited = self._entry = None
            self._draw()

    def _rested(self, *_: Any) -> None:
        """No digit came for a while."""
        self._is_typing = False
        self._draw()

    def _value(self, sheet: WalletCreditSheet) -> int:
        return sheet.received_minor if sheet.field == "received" else sheet.amount_minor

    def _draw(self) -> None:
        view, sheet = self._view, self._sheet
        if view is None or sheet is None:
            return
        if self._awaited is not None:
            typed = typed_into(sheet, sheet.field, self._awaited)
            sheet = replace(typed, error="", asks_amount=False) if self._awaited else typed
        if self._is_typing and sheet.error in UNFINISHED:
            sheet = replace(sheet, error="")
        self.model = credit_model(view, sheet)

    def _say(self, value: int) -> None:
        """The figure now: drawn at once, and told."""
        self._awaited, self._touched_at = value, -IMPATIENT_S
        self._give_up.cancel()
        self._give_up()
        self._draw()
        self.send(cmd.TypeCredit(value))

    def press(self, key: str) -> None:
        """A key of the pad."""
        if self._sheet is None:
            return
        entry = self._entry
        if entry is None:
            value = self._value(self._sheet) if self._awaited is None else self._awaited
            entry = Entry(keys=str(value) if key == "back" and value else "")
        self._entry = entry.press(key)
        self._is_typing = True
        self._rest.cancel()
        self._rest()
        self._say(self._entry.value)

    def preset(self, value: int) -> None:
        """A likely amount; a digit after it begins anew."""
        self._entry = None
        self._say(value)

    def focus_on(self, field: str) -> None:
        """The amount, or what was received, was touched."""
        if self._sheet is not None and self._sheet.field != field:
            self.send(cmd.FocusCredit(field))  # type: ignore[arg-type]

    def quantity(self, index: int) -> None:
        """1 or -1."""
        self.send(cmd.SetCreditQuantity(-1 if index else 1))

    def collect(self) -> None:
        """Encaisser or Rembourser; what the sheet already says against it is not said twice."""
        if self.model.says_fault:
            return
        now = Clock.get_boottime()
        if now - self._touched_at >= IMPATIENT_S:
            self._touched_at = now
            self.send(cmd.CollectCredit())

    def typed(self, text: str) -> bool:
        """Digits go to the figure."""
        if text.isdigit():
            self.press(text)
        return True

    def key(self, name: str) -> bool:
        """Enter is the main key."""
        if name == "enter":
            self.collect()
        elif name == "backspace":
            self.press("back")
        else:
            return super().key(name)
        return True


load_kv(__file__)
