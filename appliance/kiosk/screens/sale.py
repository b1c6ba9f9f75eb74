"""The sale screen: categories, tiles, tool row at the left, the ticket or the result at the right."""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.result import ResultPanel  # noqa: F401  named in sale.kv
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.grid import GridModel
from appliance.kiosk.viewmodel.sale import SaleModel, sale_model
from appliance.kiosk.widgets import Layer, Press, load_kv
from appliance.kiosk.widgets.base import Bound, Box
from appliance.kiosk.widgets.grid import CategoryRail, TileGrid  # noqa: F401  named in sale.kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView

NAME_LENGTH = 40


class QuantityKey(Press, Box):
    """× n: one touch arms the next tile or scan."""

    text = StringProperty("")
    armed = ObjectProperty(False)


class QuantityStrip(Box):
    """The × n keys. `on_arm(count)`."""

    strip = ListProperty([])
    __events__ = ("on_arm",)

    def on_arm(self, count: int) -> None:
        """A key was touched."""

    def on_strip(self, *_: Any) -> None:
        """One key a quantity."""
        if len(self.children) != len(self.strip):
            self.clear_widgets()
            for _ in self.strip:
                key = QuantityKey()
                key.bind(on_tap=lambda touched: self.dispatch("on_arm", touched.count))
                self.add_widget(key)
        for key, model in zip(reversed(self.children), self.strip, strict=True):
            key.count, key.text, key.armed = model.count, model.text, model.armed


class Tools(Layer):
    """Search, × n strip, Prix libre."""

    model = ObjectProperty(GridModel(), rebind=True)
    owner = ObjectProperty(None, rebind=True)
    send = ObjectProperty(None)


class SaleScreen(Bound, Screen):
    """Shows a SaleModel."""

    model = ObjectProperty(SaleModel())
    search = StringProperty("")
    searching = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        self._awaited: str | None = None
        self._grid: GridModel | None = None
        super().__init__(**kwargs)

    def show(self, view: TillView) -> None:
        """Draws a view."""
        m = theme.m
        self.model = sale_model(view, m.cols * m.rows, self.compact, m.name == "large")
        grid = self.model.grid
        if self._awaited is None or not grid.searching or grid.search == self._awaited:
            self._awaited = None
            self.search, self.searching = grid.search, grid.searching

    def show_model(self, model: SaleModel) -> None:
        """Grid, ticket or result. Most views show the grid of the view before."""
        ids, grid = self.ids, model.grid
        if grid is not self._grid:
            self._grid = grid
            ids.rail.model = ids.tools.model = ids.tiles.model = grid
            ids.no_hit.title, ids.no_hit.shown, ids.tiles.shown = grid.no_hit, bool(grid.no_hit), not grid.no_hit
            ids.keyboard.next_text = grid.search_done
        ids.ticket.model, ids.ticket.shown = model.ticket, not model.has_result
        ids.result.model, ids.result.shown = model.result, model.has_result

    def look_for(self, text: str | None) -> None:
        """Searches as typed: the field shows the letters at once, older results do not take them back."""
        text = text if text is None else text.lstrip()  # spaces alone are no query
        self._awaited = text if self.searching else None
        self.search, self.searching = text or "", text is not None
        self.send(cmd.Search(text if text is None else text[:64]))

    def go_left(self) -> None:
        """The house: to Accueil, the ticket stays."""
        self.send(cmd.GoHome())

    def go_right(self) -> None:
        """The ⋮ menu."""
        self.send(cmd.OpenSheet("menu"))

    def sheet_pane(self) -> Any:
        """Panes stand over rail and tiles."""
        return self.ids.left

    def act(self, act: str, line: int) -> None:
        """An action of the selected line."""
        if act in ("minus", "plus"):
            self.send(cmd.ChangeQuantity(line, -1 if act == "minus" else 1))
        elif act == "remove":
            self.send(cmd.RemoveLine(line))
        else:
            self.send(cmd.EditLine(line, "price" if act == "price" else "discount_rate"))

    def client(self) -> None:
        """The client's place: choose one, or what to do with the one there; without customers it names the note."""
        ticket = self.model.ticket
        if ticket.has_clients:
            self.send(cmd.OpenSheet("client_menu" if ticket.client.present else "client_picker"))
        else:
            self.ask(
                ticket.name_label,
                ticket.name,
                lambda text: self.send(cmd.NameTicket(ticket.number, text[:NAME_LENGTH])),
            )

    def hold(self) -> None:
        """Attente; on an empty ticket the list of notes."""
        if self.model.ticket.is_empty:
            self.send(cmd.OpenSheet("notes"))
        else:
            self.send(cmd.HoldTicket())

    def refused(self, what: str) -> None:
        """A disabled cash, card or pay key: the command is sent all the same, the daemon answers why not."""
        self.send({"cash": cmd.TakeCash(0), "card": cmd.TakeCard(), "pay": cmd.StartPayment()}[what])

    def typed(self, text: str) -> bool:
        """Letters and digits start and go on with the search."""
        if not text.strip() and not self.searching:
            return False
        self.look_for(self.search + text)
        return True

    def key(self, name: str) -> bool:
        """Backspace and Esc work on the search; Enter takes digits as a code, else pays."""
        if self.searching and name == "backspace":
            self.look_for(self.search[:-1] or None)
        elif self.searching and name == "escape":
            self.look_for(None)
        elif self.searching and name in ("enter", "next"):
            code = self.search
            self.look_for(None)
            if code.isdigit():
                self.send(cmd.EnterCode(code))
        elif name == "enter":
            self.send(cmd.StartPayment())
        else:
            return False
        return True


load_kv(__file__)
