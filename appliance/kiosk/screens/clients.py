"""Tab Clients: the list at the left, the chosen customer's card at the right."""

from typing import Any

from kivy.properties import ListProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.client_picker import NarrowRows, SearchAsTyped  # noqa: F401  named in clients.kv
from appliance.kiosk.screens.home import HomeRail  # noqa: F401
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.client import CardModel, ClientsModel, MovementModel, clients_bar, clients_model
from appliance.kiosk.widgets import Cells, Col, Row, load_kv
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


class MovementLine(Row):
    """One movement of the wallet, or one sale."""

    model = ObjectProperty(MovementModel("", "", "", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: MovementModel, _width: float) -> float:
        """One height."""
        return 52 if theme.m.height > 700 else 40


class MovementRows(Rows):
    """The movements, newest first; scrolls."""

    kinds = {"movement": MovementLine}


class ClientFact(Col):
    """A word and what it is for this client."""

    text = StringProperty("")
    fact = StringProperty("")


class ClientFacts(Cells):
    """Four facts in two columns."""

    facts = ListProperty([])

    def on_facts(self, *_: Any) -> None:
        """One cell a fact."""
        self.clear_widgets()
        for text, fact in self.facts:
            self.add_widget(ClientFact(text=text, fact=fact))


class ClientsScreen(SearchAsTyped, Screen):
    """Shows a ClientsModel."""

    model = ObjectProperty(ClientsModel(), rebind=True)
    card = ObjectProperty(CardModel(), rebind=True)

    def opened(self) -> None:
        """The keyboard is away."""
        self._awaited, self.typing = None, False
        self.ids.rows.offset = 0

    def show(self, view: TillView) -> None:
        """Draws a view."""
        before = self.model.rows
        self.model = clients_model(view)
        self.card = self.model.card or CardModel()
        self.looked(self.model.search)
        if self.model.rows != before and self.card.id:
            self.ids.rows.rows = self.model.rows
            self.ids.rows.reveal(self.card.id)

    def bar(self, view: TillView) -> BarModel:
        """The shop, the till, the seller."""
        return clients_bar(view)

    def go_left(self) -> None:
        """The shop's name is no key."""

    def go_right(self) -> None:
        """The gear."""
        self.send(cmd.ShowDevices())

    def statement(self) -> None:
        """Relevé."""
        self.send(cmd.PrintStatement(self.card.id))

    def create(self) -> None:
        """Nouveau client, with the name that was searched in vain."""
        self.send(cmd.NewCustomer(self.search if self.model.empty else ""))

    def typed(self, text: str) -> bool:
        """Letters search."""
        self.look_for(self.search + text)
        return True

    def key(self, name: str) -> bool:
        """↑ ↓ walk the list, Backspace shortens the search, Esc ends it."""
        rows = self.model.rows
        if name == "backspace":
            self.look_for(self.search[:-1])
        elif name in ("escape", "next") and self.typing:
            self.typing = False
        elif name == "escape" and self.search:
            self.look_for("")
        elif name in ("up", "down", "enter") and rows:
            self._walk({"up": -1, "down": 1, "enter": 0}[name])
        else:
            return False
        return True

    def _walk(self, by: int) -> None:
        """The customer above or below the one shown; the first one when none is."""
        rows = self.model.rows
        now = next((i for i, row in enumerate(rows) if row.id == self.card.id), None)
        wanted = 0 if now is None else max(0, min(len(rows) - 1, now + by))
        if rows[wanted].id != self.card.id:
            self.send(cmd.ShowCustomer(rows[wanted].id))


load_kv(__file__)
