"""Choix du client over the tiles, and the menu of the client on the ticket."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, OptionProperty, StringProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.client import KINDS, MenuModel, PickerModel, RowModel, menu_model, picker_model
from appliance.kiosk.widgets import Press, Row, load_kv
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import command as cmd
from appliance.protocol.view import ClientMenuSheet, ClientPickerSheet, TillView

SEARCH_MAX = 64
KEYBOARD = 274


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


class SearchAsTyped:
    """Search letters that are on the screen at once; older results do not take them back. Mixed into a Shown.

    Hides which answer belongs to which letters: `looked` takes what a view says, `look_for` sends what is typed.
    """

    search = StringProperty("")
    typing = BooleanProperty(False)
    _awaited: Any = None

    def looked(self: Any, search: str) -> None:
        """A view with this search came."""
        if self._awaited is None or search == self._awaited:
            self._awaited = None
            self.search = search

    def look_for(self: Any, text: str) -> None:
        """Searches as typed."""
        text = text.lstrip()[:SEARCH_MAX]
        self._awaited = self.search = text
        self.send(cmd.SearchCustomers(text))


class CreditRow(Press, Row):
    """Créditer cagnotte, the first of the menu."""

    text = StringProperty("")
    detail = StringProperty("")


class ClientPicker(SearchAsTyped, SheetView):
    """Shows a PickerModel."""

    model = ObjectProperty(PickerModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])
    room = NumericProperty(456)
    """Height that the rows may take."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("height", "typing"):
            self.fbind(name, self._share)

    def _share(self, *_: Any) -> None:
        pad = theme.m.pad
        if theme.m.name == "compact":
            beside = 56 + KEYBOARD + 3 * pad if self.typing else 56 + 56 + 20 + 64 + 6 * pad
        else:
            beside = 56 + 60 + 20 + 5 * pad + (KEYBOARD if self.typing else 52 + 76 + 2 * pad)
        self.room = max(56, self.height - beside)

    def opened(self) -> None:
        """Nothing typed yet, the keyboard away."""
        self._awaited, self.search, self.typing = None, "", False
        self.ids.rows.offset = 0

    def show(self, view: TillView, sheet: ClientPickerSheet) -> None:
        """Draws the sheet."""
        self.model = picker_model(view, sheet)
        self.looked(sheet.search)

    def kind(self, index: int) -> None:
        """Personnes physiques or morales."""
        self.send(cmd.SearchCustomers(self.search, KINDS[index]))  # type: ignore[arg-type]

    def choose(self, customer: str) -> None:
        """A row was touched: on the ticket."""
        self.send(cmd.AttachCustomer(customer))

    def create(self) -> None:
        """Nouveau client, with the name that was searched in vain."""
        self.send(cmd.NewCustomer(self.search if self.model.empty else ""))

    def typed(self, text: str) -> bool:
        """Letters search."""
        self.look_for(self.search + text)
        return True

    def key(self, name: str) -> bool:
        """↑ ↓ and Enter choose, Backspace shortens the search, Esc closes the keyboard and then the sheet."""
        rows = self.model.rows
        if name == "backspace":
            self.look_for(self.search[:-1])
        elif (name == "escape" and self.typing) or (name == "next" and self.typing):
            self.typing = False
        elif name in ("up", "down") and rows:
            self._mark(1 if name == "down" else -1)
        elif name == "enter" and rows:
            self.choose(next((row.id for row in rows if row.chosen), rows[0].id))
        else:
            return super().key(name)
        return True

    def _mark(self, by: int) -> None:
        """The next row up or down is the one that Enter takes."""
        from dataclasses import replace

        rows = self.model.rows
        now = next((i for i, row in enumerate(rows) if row.chosen), -1 if by > 0 else len(rows))
        wanted = max(0, min(len(rows) - 1, now + by))
        marked = tuple(replace(row, chosen=i == wanted) for i, row in enumerate(rows))
        self.model = replace(self.model, rows=marked)
        self.ids.rows.reveal(marked[wanted].key)


class ClientMenu(SheetView):
    """What can be done with the client on the ticket, below the client."""

    model = ObjectProperty(MenuModel(), rebind=True)
    place = OptionProperty("menu", options=["pane", "menu", "modal"])

    def show(self, view: TillView, sheet: ClientMenuSheet) -> None:
        """Draws the menu."""
        self.model = menu_model(view, sheet)

    def credit(self) -> None:
        """Créditer cagnotte."""
        self.send(cmd.OpenCredit(self.model.customer))

    def choose(self, item: str) -> None:
        """Fiche client, Changer de client, Retirer du ticket."""
        commands: dict[str, cmd.Command] = {
            "card": cmd.ShowCustomer(self.model.customer),
            "change": cmd.OpenSheet("client_picker"),
            "remove": cmd.DetachCustomer(),
        }
        self.send(commands[item])


load_kv(__file__)
