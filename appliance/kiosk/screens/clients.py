"""Tab Clients: the list at the left, the chosen customer's card at the right."""

from typing import Any

from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.choice import QuestionSheet
from appliance.kiosk.screens.client_list import ClientSearch, NarrowRows  # noqa: F401  rows named in clients.kv
from appliance.kiosk.screens.home import HomeRail  # noqa: F401
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.client import (
    CardModel,
    ClientsModel,
    MovementModel,
    clients_bar,
    clients_model,
    delete_model,
    movement_question,
)
from appliance.kiosk.widgets import Cells, Col, Press, Row, load_kv
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import command as cmd
from appliance.protocol.view import ClientDeleteSheet, TillView, WalletMovementSheet


class MovementLine(Press, Row):
    """One movement of the wallet, or one sale; a touch shows its receipt where it has one."""

    model = ObjectProperty(MovementModel("", "", "", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: MovementModel, _width: float) -> float:
        """One height."""
        return 52 if theme.m.height > 700 else 40

    def on_tap(self) -> None:
        """The row was touched."""
        if self.model.document:
            self.owner.dispatch("on_movement", self.model.document)


class MovementRows(Rows):
    """The movements, newest first; scrolls. `on_movement(document)`."""

    kinds = {"movement": MovementLine}
    __events__ = ("on_movement",)

    def on_movement(self, document: int) -> None:
        """A row with a receipt was touched."""


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


class ClientsScreen(ClientSearch, Screen):
    """Shows a ClientsModel."""

    model = ObjectProperty(ClientsModel(), rebind=True)
    card = ObjectProperty(CardModel(), rebind=True)

    def opened(self) -> None:
        """Nothing typed yet, the keyboard is away."""
        self.forget_search()

    def show(self, view: TillView) -> None:
        """Draws a view."""
        before = self.model.rows
        self.model = clients_model(view, is_short=self.compact)
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
        self.send(cmd.ShowSettings())

    def pick(self, customer: str) -> None:
        """A row was touched: the card, with its keys in sight."""
        self.typing = False
        self.send(cmd.ShowCustomer(customer))

    def statement(self) -> None:
        """Relevé."""
        self.send(cmd.PrintStatement(self.card.id))

    def section(self, index: int) -> None:
        """Répertoire, from its top; Groupes de clients, which stand in Mes Données."""
        if index:
            self.send(cmd.ShowTab("masters", "groups"))
            return
        self.forget_search()
        self.send(cmd.ShowTab("clients"))

    def key(self, name: str) -> bool:
        """↑ ↓ walk the list, Backspace shortens the search, Esc ends it."""
        rows = self.model.rows
        if self.search_key(name):
            return True
        if name == "escape" and self.search:
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


class Movement(QuestionSheet):
    """A movement of the wallet and its receipt."""

    customer = StringProperty("")
    document = NumericProperty(0)

    def show(self, view: TillView, sheet: WalletMovementSheet) -> None:
        """Draws the movement."""
        self.customer, self.document = sheet.customer, sheet.movement.document
        self.model = movement_question(view, sheet)

    def answer(self, answer: str) -> None:
        """Imprimer, or Annuler ce crédit."""
        if answer == "cancel":
            self.send(cmd.OpenCredit(self.customer, self.document))
        else:
            self.send(cmd.PrintMovement(self.document))


class ClientDelete(QuestionSheet):
    """Confirmer la suppression ?"""

    customer = StringProperty("")

    def show(self, view: TillView, sheet: ClientDeleteSheet) -> None:
        """Draws the question."""
        self.customer, self.model = sheet.customer, delete_model(view, sheet)

    def answer(self, answer: str) -> None:
        """Supprimer, or Annuler."""
        if answer == "yes":
            self.send(cmd.DeleteCustomer(self.customer, confirmed=True))
        else:
            self.close()


load_kv(__file__)
