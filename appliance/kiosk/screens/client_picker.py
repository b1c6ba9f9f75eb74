"""Choix du client over the tiles, and the menu of the client on the ticket."""

from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, OptionProperty, StringProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.screens.client_list import ClientRows, ClientSearch  # noqa: F401  rows named in client_picker.kv
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.client import KINDS, MenuModel, PickerModel, menu_model, picker_model
from appliance.kiosk.widgets import Press, Row, load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import ClientMenuSheet, ClientPickerSheet, TillView

KEYBOARD = 274


class CreditRow(Press, Row):
    """Créditer cagnotte, the first of the menu."""

    text = StringProperty("")
    detail = StringProperty("")


class ClientPicker(ClientSearch, SheetView):
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
        self.forget_search()

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

    def key(self, name: str) -> bool:
        """↑ ↓ and Enter choose, Backspace shortens the search, Esc closes the keyboard and then the sheet."""
        rows = self.model.rows
        if self.search_key(name):
            return True
        if name in ("up", "down") and rows:
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
