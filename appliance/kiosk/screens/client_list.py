"""Rows of customers, wide in the picker and narrow in the tab Clients, and what searching them sends."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from appliance.kiosk.screens.search import SearchAsTyped
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.client import RowModel
from appliance.kiosk.widgets import Press, Row, load_kv
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import command as cmd


class ClientSearch(SearchAsTyped):
    """A list of customers: searched as typed, and who is not in it is created. Mixed into a Shown with a `model`."""

    def seek(self: Any, text: str) -> None:
        """Customers with these letters."""
        self.send(cmd.SearchCustomers(text))

    def create(self: Any) -> None:
        """Nouveau client, with the name that was searched in vain."""
        self.send(cmd.NewCustomer(self.search if self.model.empty else ""))


class ClientLine(Press, Row):
    """One customer of a list."""

    model = ObjectProperty(RowModel(), rebind=True)
    owner = ObjectProperty(None)
    tight = BooleanProperty(False)

    @classmethod
    def height_for(cls, _model: RowModel, _width: float) -> float:
        """One height."""
        return 72 if theme.m.height > 700 else 56

    def on_tap(self) -> None:
        """The row was touched."""
        self.owner.dispatch("on_client", self.model.id)


class NarrowLine(ClientLine):
    """The same in the narrow list of the tab Clients: without its group's tag."""

    @classmethod
    def height_for(cls, _model: RowModel, _width: float) -> float:
        """One height."""
        return 68 if theme.m.height > 700 else 56


class ClientRows(Rows):
    """The customers that were found; scrolls. `on_client(id)`."""

    kinds = {"client": ClientLine}
    row = NumericProperty(72)
    __events__ = ("on_client",)

    def on_client(self, customer: str) -> None:
        """A row was touched."""


class NarrowRows(ClientRows):
    """The list of the tab Clients."""

    kinds = {"client": NarrowLine}


load_kv(__file__)
