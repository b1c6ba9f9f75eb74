"""What to do with a code that nobody knows: four choices beside the ticket, and the list of articles of one of them."""

from typing import Any

from kivy.properties import (
    ListProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.screens.search import SearchAsTyped
from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.unknown_code import (
    ChoiceModel,
    ProductPickerModel,
    ProductRowModel,
    UnknownModel,
    picker_model,
    unknown_model,
)
from appliance.kiosk.widgets import Cells, Col, Press, Row, load_kv
from appliance.kiosk.widgets.rows import Rows
from appliance.protocol import command as cmd
from appliance.protocol.view import ProductPickerSheet, TillView, UnknownCodeSheet

KEYBOARD = 274


class CodeChoice(Press, Col):
    """One of the four choices: solid where the form of the code speaks for it."""

    model = ObjectProperty(ChoiceModel(), rebind=True)
    tone = StringProperty("ink")


class CodeChoices(Cells):
    """The four, two by two. `on_choose(id)`."""

    models = ListProperty([])
    __events__ = ("on_choose",)

    def on_choose(self, choice: str) -> None:
        """A choice was touched."""

    def on_models(self, *_: Any) -> None:
        """One key a choice; they stay while what they say stays."""
        self.clear_widgets()
        for model in self.models:
            key = CodeChoice(model=model, enabled=model.enabled)
            key.bind(on_tap=lambda touched: self.dispatch("on_choose", touched.model.id))
            self.add_widget(key)


class UnknownCode(SheetView):
    """Shows an UnknownModel."""

    model = ObjectProperty(UnknownModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])

    def show(self, view: TillView, sheet: UnknownCodeSheet) -> None:
        """Draws the sheet."""
        self.model = unknown_model(view, sheet)

    def choose(self, choice: str) -> None:
        """A choice was touched: its form or its list opens."""
        self.send(cmd.AssignCode(self.model.code, choice))  # type: ignore[arg-type]

    def sell(self) -> None:
        """Vendre à prix libre."""
        self.send(cmd.OpenSheet("free_price"))


class ProductLine(Press, Row):
    """One article of the list."""

    model = ObjectProperty(ProductRowModel(), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: ProductRowModel, _width: float) -> float:
        """One height."""
        return 64 if theme.m.height > 700 else 56

    def on_tap(self) -> None:
        """The row was touched."""
        self.owner.dispatch("on_product", self.model.id)


class ProductRows(Rows):
    """The articles that were found; scrolls. `on_product(id)`."""

    kinds = {"product": ProductLine}
    __events__ = ("on_product",)

    def on_product(self, product: int) -> None:
        """A row was touched."""


class ProductPicker(SearchAsTyped, SheetView):
    """Shows a ProductPickerModel."""

    model = ObjectProperty(ProductPickerModel(), rebind=True)
    place = OptionProperty("pane", options=["pane", "menu", "modal"])
    room = NumericProperty(400)
    """Height that the rows may take."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("height", "typing"):
            self.fbind(name, self._share)

    def _share(self, *_: Any) -> None:
        pad = theme.m.pad
        beside = 76 + 60 + 24 + 5 * pad + (KEYBOARD if self.typing else 0)
        self.room = max(56, self.height - beside)

    def opened(self) -> None:
        """Nothing typed yet, the keyboard away."""
        self.forget_search()

    def show(self, view: TillView, sheet: ProductPickerSheet) -> None:
        """Draws the sheet."""
        self.model = picker_model(view, sheet)
        self.looked(sheet.search)

    def seek(self, text: str) -> None:
        """Articles with these letters."""
        self.send(cmd.SearchProducts(text))

    def choose(self, product: int) -> None:
        """A row was touched: the article gets the code."""
        self.send(cmd.LinkCode(product))

    def key(self, name: str) -> bool:
        """Enter takes the only one there is, Backspace shortens the search, Esc closes keyboard, then sheet."""
        if self.search_key(name):
            return True
        if name == "enter" and len(self.model.rows) == 1:
            self.choose(self.model.rows[0].id)
        else:
            return super().key(name)
        return True


load_kv(__file__)
