"""The frame around every screen: top bar, body, sheets.

Hides which widget is on the screen. All screens are built once and kept; changing screen swaps one child, without a
transition. It is drawn by `show(view)` and speaks through `send(command)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import ObjectProperty, StringProperty

from appliance.i18n import t
from appliance.kiosk.screens import SCREENS, SHEETS, screen_for
from appliance.kiosk.screens.base import Screen, SheetView
from appliance.kiosk.screens.text_entry import TextEntry
from appliance.kiosk.theme import profile_for, theme
from appliance.kiosk.viewmodel.bar import MessageModel
from appliance.kiosk.viewmodel.undo import UndoModel, undo_message, undo_model
from appliance.kiosk.viewmodel.words import sentence
from appliance.kiosk.widgets import load_kv
from appliance.kiosk.widgets.base import Box
from appliance.kiosk.widgets.frame import painter
from appliance.protocol import command as cmd
from appliance.protocol.view import ApprovalSheet, TillView

REFUSAL_S = 6
NO_UNDO = ("home", "masters", "settings", "lock", "starting")
"""Screens whose bar offers no undo: Accueil, Mes Données and Paramètres have a toast, the others nobody who may."""
FIRST_FRAMES = 3
GUARD_S = 0.35
"""After a new screen was drawn, a touch was for this long still meant for the one before (design, section 7)."""
GONE_S = 1.0
"""A message folds away by itself while the finger is on its way to the ✕."""


def _is_modal(sheet: SheetView | None) -> bool:
    return sheet is not None and sheet.place == "modal"


class Shell(Box):
    """Root of the screen, in logical pixels."""

    send = ObjectProperty(None)
    current = StringProperty("")

    def __init__(self, panel: tuple[int, int], send: Any, **kwargs: Any) -> None:
        self.panel = panel
        self._screens: dict[str, Screen] = {}
        self._sheets: dict[type[Any], SheetView] = {}
        self._sheet: SheetView | None = None
        self._shown: TillView | None = None
        self._entry: TextEntry | None = None
        self._refusal: MessageModel | None = None
        self._undo: UndoModel | None = None
        self._undo_closed = 0
        self._unseen = False  # the screen has changed and was not drawn yet
        self._drawn_at = -GUARD_S
        self._message_gone_at = -GONE_S
        self._refusal_end = Clock.create_trigger(self._forget_refusal, REFUSAL_S)
        super().__init__(**kwargs)
        self.send = send
        painter.when_shown(self._flipped)

    def build_ahead(self) -> bool:
        """Builds one screen or sheet that was not needed yet, so that none is slow the first time. False: all are."""
        for name in SCREENS:
            if name not in self._screens:
                self._screen(name)
                return True
        for kind in SHEETS:
            if kind not in self._sheets:
                self._sheet_view(kind)
                return True
        return False

    def _screen(self, name: str) -> Screen:
        if name not in self._screens:
            self._screens[name] = SCREENS[name](send=self._post, ask=self.ask)
        return self._screens[name]

    def _sheet_view(self, kind: type[Any]) -> SheetView:
        if kind not in self._sheets:
            self._sheets[kind] = SHEETS[kind](send=self._post, ask=self.ask)
        return self._sheets[kind]

    def _post(self, command: cmd.Command) -> None:
        self.send(command)

    def ask(self, label: str, text: str, done: Callable[[str], None], *, digits: bool = False) -> None:
        """Types a line of text over whatever is on the screen."""
        self._entry = TextEntry(label, text, t("screen.text.next"), done, layer="digits" if digits else "")
        self.ids.over.add_widget(self._entry)

    def _typing(self) -> Any:
        """Who gets what is typed: the text being asked for, the sheet, the screen."""
        if self._entry is not None and self._entry.parent is not None:
            return self._entry
        return self._sheet or self.screen

    @property
    def screen(self) -> Screen | None:
        """The screen being shown."""
        return self._screens.get(self.current)

    def show(self, view: TillView) -> None:
        """Draws a view; the only door for what the daemon says."""
        self._dress(view)
        name = screen_for(view)
        if name not in SCREENS:
            return
        screen = self._screen(name)
        if name != self.current:
            self._unseen = bool(self.current)
            if self.screen is not None:
                self.screen.closed()
            self.ids.body.clear_widgets()
            self.current = name
            screen.opened()
            self.ids.body.add_widget(screen)
        screen.show(view)
        self._shown = view
        self._show_bar()
        self._show_sheet(view, screen)

    def _flipped(self) -> None:
        """A frame is on the panel; the first ones of a screen are slow, and touches wait meanwhile."""
        if self._unseen:
            self._unseen = False
            self._seen(FIRST_FRAMES)

    def _seen(self, frames: int) -> None:
        self._drawn_at = Clock.get_boottime()
        if frames:
            Clock.schedule_once(lambda _dt: self._seen(frames - 1), 0)

    def on_touch_down(self, touch: Any) -> bool:
        """Drops a touch that was meant for the screen before: nobody has seen the new one yet."""
        if self._unseen or Clock.get_boottime() - self._drawn_at < GUARD_S:
            return True
        return bool(super().on_touch_down(touch))

    def _dress(self, view: TillView) -> None:
        profile = profile_for(*self.panel) if view.profile == "auto" else view.profile
        theme.use_profile(profile, view.tile_columns, view.tile_rows)
        theme.mode = view.theme
        Window.clearcolor = theme.rgba["bg"]
        theme.hand = "left" if view.left_handed else "right"

    def _show_sheet(self, view: TillView, screen: Screen) -> None:
        kind = type(view.sheet)
        wanted = self._sheet_view(kind) if view.sheet is not None and kind in SHEETS else None
        place: Any = None
        if wanted is not None:
            place = {"pane": screen.sheet_pane(), "menu": self.ids.below_bar, "modal": self.ids.over}[wanted.place]
            place = self.ids.over if place is None else place
        self._unseen = self._unseen or _is_modal(wanted) != _is_modal(self._sheet)
        if self._sheet is not None and (wanted is not self._sheet or self._sheet.parent is not place):
            if self._sheet.parent is not None:
                self._sheet.parent.remove_widget(self._sheet)
            if wanted is not self._sheet:
                self._sheet.closed()
        if wanted is not None and wanted.parent is None:
            if wanted is not self._sheet:
                wanted.opened()
            place.add_widget(wanted)
        self._sheet = wanted
        if wanted is not None:
            wanted.show(view, view.sheet)

    def refuse(self, code: str, params: Mapping[str, Any]) -> None:
        """Says for a while why an order was refused, unless the view itself already says so."""
        view = self._shown
        says_so_itself = self.current == "lock" or isinstance(view and view.sheet, ApprovalSheet)
        if view is None or view.message is not None or not code or says_so_itself:
            return
        self._refusal = MessageModel(sentence(code, params, view), "warn", "warning")
        self._show_bar()
        self._refusal_end.cancel()
        self._refusal_end()

    def _forget_refusal(self, *_: Any) -> None:
        self._refusal = None
        self._show_bar()

    def _show_bar(self) -> None:
        if self.screen is None or self._shown is None:
            return
        model = self.screen.bar(self._shown)
        if model.message is None and self._refusal is not None:
            model = replace(model, message=self._refusal)
        self._undo = undo_model(self._shown) if model.message is None and self.current not in NO_UNDO else None
        if self._undo is not None and self._undo.id != self._undo_closed:
            model = replace(model, message=undo_message(self._undo))
        if model.message is None and self.ids.bar.model.message is not None:
            self._message_gone_at = Clock.get_boottime()
        self.ids.bar.model = model

    def act(self, action: str) -> None:
        """A button of the message in the bar."""
        self.send(cmd.Undo(self._undo.id) if self._undo is not None else cmd.ActOnMessage(action))

    def close_message(self) -> None:
        """✕ on the message."""
        if self._refusal is not None:
            self._forget_refusal()
        elif self._undo is not None:
            self._undo_closed = self._undo.id
            self._show_bar()
        else:
            self.send(cmd.DismissMessage())

    # what the bar asks
    def bar_left(self) -> None:
        """Home or back."""
        if self.screen is not None:
            self.screen.go_left()

    def bar_right(self) -> None:
        """Menu or gear; touched again while the menu is open, it closes."""
        if self._sheet is not None and self._sheet.place == "menu":
            self._sheet.close()
        elif self.screen is not None:
            self.screen.go_right()

    def bar_mode(self) -> None:
        """The sale mode's chip: change it. Of a closed sale it only says how that was sold."""
        if self._shown is not None and self._shown.ticket is not None:
            self.send(cmd.OpenSheet("modes"))

    def bar_seller(self) -> None:
        """The seller: change seller or lock."""
        self.send(cmd.Lock())

    def bar_devices(self, device: str) -> None:
        """The status strip: Périphériques, on the card of the light that was touched.

        Not just after a message has gone, whose ✕ stood beside the lights.
        """
        if Clock.get_boottime() - self._message_gone_at < GONE_S:
            return
        self.send(cmd.ShowDevices(device))  # type: ignore[arg-type]

    # physical keyboard
    def typed(self, text: str) -> bool:
        """A character from a physical keyboard goes to the sheet, else to the screen."""
        owner = self._typing()
        return owner is not None and owner.typed(text)

    def key(self, name: str) -> bool:
        """An editing key from a physical keyboard goes to the sheet, else to the screen."""
        owner = self._typing()
        return owner is not None and owner.key(name)

    def function_key(self, number: int) -> bool:
        """F2 quantity, F3 discount, F4 hold, F8 card, F9 exact cash, F12 Facturer (design system, section 9)."""
        view = self._shown
        ticket = view.ticket if view else None
        if ticket is None or view is None:
            return False
        total = ticket.total_minor
        line = next((line.id for line in ticket.lines if line.is_selected), None)
        exact = next((key.amount_minor for key in ticket.cash_keys if key.is_exact), None)
        commands: dict[int, cmd.Command] = {4: cmd.HoldTicket(), 8: cmd.TakeCard(total), 12: cmd.StartPayment()}
        if line is not None:
            commands[2] = cmd.EditLine(line, "quantity")
            commands[3] = cmd.EditLine(line, "discount_rate")
        if exact is not None:
            commands[9] = cmd.TakeCash(exact, total)
        if number not in commands or self.current not in ("sale", "payment"):
            return False
        self.send(commands[number])
        return True


load_kv(__file__)
