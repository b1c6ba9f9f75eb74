"""Accueil: tabs, held notes, the session, the last ticket, the sale modes."""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.home import HomeModel, LastModel, ModeModel, TabModel, accueil_bar, home_model
from appliance.kiosk.viewmodel.undo import undo_model
from appliance.kiosk.widgets import Box, Cells, Col, Press, Row, load_kv, panel  # noqa: F401  named in home.kv
from appliance.kiosk.widgets.controls import Dashed
from appliance.kiosk.widgets.figures import FigureRows  # noqa: F401
from appliance.kiosk.widgets.note import NoteCardBox
from appliance.kiosk.widgets.toast import Toast  # noqa: F401
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView

SLOTS = 6


class HomeTab(Press, Col):
    """One tab of the rail: icon above its name."""

    text = StringProperty("")
    icon = StringProperty("")
    chosen = BooleanProperty(False)


class HomeBadge(Box):
    """How many are to be handled."""

    text = StringProperty("")


class HomeTabPlace(Box):
    """A tab with its badge. `on_tap`."""

    text = StringProperty("")
    icon = StringProperty("")
    chosen = BooleanProperty(False)
    badge = StringProperty("")
    __events__ = ("on_tap",)

    def on_tap(self) -> None:
        """The tab was touched."""


class HomeRail(Col):
    """Tabs from the top, Verrouiller at the foot. `on_tab(id)`, `on_lock`."""

    tabs = ListProperty([])
    lock_text = StringProperty("")
    __events__ = ("on_tab", "on_lock")

    def on_tab(self, tab: str) -> None:
        """A tab was touched."""

    def on_lock(self) -> None:
        """Verrouiller was touched."""

    def on_tabs(self, *_: Any) -> None:
        """One key a tab."""
        box = self.ids.tabs
        box.clear_widgets()
        for tab in self.tabs:
            model: TabModel = tab
            key = HomeTabPlace(text=model.text, icon=model.icon, chosen=model.chosen, badge=model.badge)
            key.bind(on_tap=lambda _key, name=model.id: self.dispatch("on_tab", name))
            box.add_widget(key)


class HomeNotes(Cells):
    """Six slots: the notes, then the hint. `on_note(number)`."""

    model = ObjectProperty(HomeModel(), rebind=True)
    __events__ = ("on_note",)

    def on_note(self, number: int) -> None:
        """A note was touched."""

    def on_model(self, *_: Any) -> None:
        """Cards are rebuilt only when the notes changed."""
        shown = (self.model.notes, self.model.hint)
        if shown == getattr(self, "_shown", None):
            return
        self._shown = shown
        self.clear_widgets()
        for note in self.model.notes[:SLOTS]:
            card = NoteCardBox(model=note)
            card.bind(on_tap=lambda touched: self.dispatch("on_note", touched.model.number))
            self.add_widget(card)
        if self.model.notes and len(self.model.notes) < SLOTS:
            self.add_widget(Dashed(icon="barcode", text=self.model.hint, fill_pressed=""))


class ModeKey(Press, Row):
    """One sale mode to start in."""

    model = ObjectProperty(ModeModel("", "", "", "", False), rebind=True)


class ModeKeys(Cells):
    """The sale modes side by side. `on_mode(id)`."""

    modes = ListProperty([])
    __events__ = ("on_mode",)

    def on_mode(self, mode: str) -> None:
        """A mode was touched."""

    def on_modes(self, *_: Any) -> None:
        """One key a mode."""
        self.cols = max(1, len(self.modes))
        self.clear_widgets()
        for mode in self.modes:
            key = ModeKey(model=mode)
            key.bind(on_tap=lambda touched: self.dispatch("on_mode", touched.model.id))
            self.add_widget(key)


class LastTicketCard(Col):
    """The last ticket, with Imprimer and Corriger."""

    model = ObjectProperty(HomeModel(), rebind=True)
    last = ObjectProperty(LastModel(), rebind=True)
    key_height = NumericProperty(56)
    send = ObjectProperty(None)


class HomeScreen(Screen):
    """Shows a HomeModel."""

    model = ObjectProperty(HomeModel(), rebind=True)
    undo = ObjectProperty(None, allownone=True, rebind=True)

    def show(self, view: TillView) -> None:
        """Draws a view."""
        self.model = home_model(view)
        self.undo = undo_model(view)

    def take_back(self) -> None:
        """Annuler on the toast."""
        if self.undo is not None:
            self.send(cmd.Undo(self.undo.id))

    def bar(self, view: TillView) -> BarModel:
        """The shop, the till, the seller."""
        return accueil_bar(view)

    def go_left(self) -> None:
        """Accueil is the house itself."""

    def go_right(self) -> None:
        """The gear: Paramètres."""
        self.send(cmd.ShowSettings())

    def key(self, name: str) -> bool:
        """Enter starts a sale in the default mode."""
        if name == "enter":
            self.send(cmd.NewTicket())
            return True
        return False


load_kv(__file__)
