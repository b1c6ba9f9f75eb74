"""The lock screen: the clock, the sellers, four digits."""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, ObjectProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.lock import LockModel, SellerModel, lock_bar, lock_model
from appliance.kiosk.widgets import Cells, Press, Row, load_kv, panel, pin  # noqa: F401  named in lock.kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView

LOW_ROWS = 3  # with more rows of sellers the cards are lower


class SellerCard(Press, Row):
    """One seller."""

    model = ObjectProperty(SellerModel("", "", "", ""), rebind=True)


class Sellers(Cells):
    """The sellers of this till, three a row. `on_seller(id)`."""

    sellers = ListProperty([])
    __events__ = ("on_seller",)

    def on_seller(self, seller: str) -> None:
        """A seller was touched."""

    def on_sellers(self, *_: Any) -> None:
        """One card a seller."""
        if len(self.children) != len(self.sellers):
            self.clear_widgets()
            for _ in self.sellers:
                card = SellerCard()
                card.bind(on_tap=lambda touched: self.dispatch("on_seller", touched.model.id))
                self.add_widget(card)
        for card, seller in zip(reversed(self.children), self.sellers, strict=True):
            card.model = seller


class LockScreen(Screen):
    """Shows a LockModel; the digits typed live here until they are four."""

    model = ObjectProperty(LockModel(), rebind=True)
    forgot = BooleanProperty(False)

    def opened(self) -> None:
        """Nothing is typed yet."""
        self.forgot = False
        self.ids.pin.clear()

    def show(self, view: TillView) -> None:
        """Draws a view."""
        model = lock_model(view)
        if model.selected != self.model.selected:
            self.opened()
        self.model = model
        self.ids.pin.answered()

    def bar(self, view: TillView) -> BarModel:
        """The shop and its devices."""
        return lock_bar(view)

    def choose(self, seller: str) -> None:
        """A seller was touched."""
        self.ids.pin.clear()
        self.send(cmd.SelectSeller(seller))

    def enter(self, code: str) -> None:
        """The fourth digit signs in."""
        self.send(cmd.SignIn(self.model.selected, code))

    def typed(self, text: str) -> bool:
        """Digits go to the dots."""
        return bool(self.ids.pin.press(text))

    def key(self, name: str) -> bool:
        """Backspace takes a digit, Esc all of them."""
        if name == "backspace":
            return bool(self.ids.pin.press("back"))
        if name == "escape":
            self.opened()
            return True
        return False


load_kv(__file__)
