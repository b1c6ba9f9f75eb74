"""Créer un article: name, price, groupe de TVA and rubrique, the keyboard below.

The letters stand on the screen at once and go to the till one field at a time.
"""

from typing import Any

from kivy.properties import ObjectProperty, StringProperty

from appliance.kiosk.screens.base import Screen
from appliance.kiosk.screens.choice import ListSheet
from appliance.kiosk.screens.client_form import FormRows as FormRows  # its layout is in client_form.kv
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.unknown_code import ProductFormModel, choice_model, form_bar, form_model
from appliance.kiosk.widgets import load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import ProductChoiceSheet, TillView

LONGEST = {"name": 80, "price": 12}
TYPED = ("name", "price")


class ProductForm(Screen):
    """Shows a ProductFormModel."""

    model = ObjectProperty(ProductFormModel(), rebind=True)
    texts = ObjectProperty({})
    focus = StringProperty("name")

    def __init__(self, **kwargs: Any) -> None:
        self._serial = -1
        super().__init__(**kwargs)
        self.fbind("focus", self._turn)

    def show(self, view: TillView) -> None:
        """Draws a view; the letters of this kiosk stay."""
        model = form_model(view)
        if model.serial != self._serial:
            self._serial = model.serial
            self.texts = {field.field: field.text for field in model.fields if not field.is_choice}
            self.focus = "name"
        wrong = next((field.field for field in model.fields if field.error), "")
        if wrong and not any(field.error for field in self.model.fields):
            self.focus = wrong
        self.model = model
        self._turn()

    def closed(self) -> None:
        """The next opening begins anew."""
        self._serial, self.focus, self.texts = -1, "name", {}
        self.model = ProductFormModel()

    def bar(self, view: TillView) -> BarModel:
        """Back, and for which ticket."""
        return form_bar(view)

    def _turn(self, *_: Any) -> None:
        """Letters for the name, digits for the price."""
        layer = "digits" if self.focus == "price" else ""
        if self.ids.keyboard.layer != layer:
            self.ids.keyboard.layer = layer
        self._capital()

    def _capital(self) -> None:
        self.ids.keyboard.capital = 1 if self.focus == "name" and not self.texts.get("name") else 0

    def touch_field(self, field: str) -> None:
        """A field was touched: it gets the keyboard; groupe de TVA and rubrique have their lists."""
        if field == "tax":
            self.send(cmd.OpenSheet("product_tax"))
        elif field == "category":
            self.send(cmd.OpenSheet("product_category"))
        else:
            self.focus = field

    def save(self) -> None:
        """Créer et ajouter au ticket."""
        self.send(cmd.SaveProduct())

    def _write(self, text: str) -> None:
        self.texts = {**self.texts, self.focus: text}
        self.send(cmd.FillProduct(self.focus, text))  # type: ignore[arg-type]

    def typed(self, text: str) -> bool:
        """A character goes to the field that has the keyboard."""
        before = self.texts.get(self.focus, "")
        if text.strip() or before:
            self._write((before + text)[: LONGEST[self.focus]])
            self._capital()
        return True

    def key(self, name: str) -> bool:
        """Enter and the arrows walk the two fields, Backspace takes a letter back, Esc leaves."""
        if name == "backspace":
            self._write(self.texts.get(self.focus, "")[:-1])
            self._capital()
        elif name in ("next", "enter", "right", "down", "left", "up"):
            self.focus = TYPED[1 - TYPED.index(self.focus)]
        elif name == "escape":
            self.go_left()
        else:
            return False
        return True


class ProductChoice(ListSheet):
    """The groupe de TVA or the rubrique of the article."""

    def show(self, view: TillView, sheet: ProductChoiceSheet) -> None:
        """Draws the list."""
        self._field = sheet.field
        self.model = choice_model(view, sheet)

    def choose(self, item: str) -> None:
        """One was touched."""
        self.send(cmd.FillProduct(self._field, item))


load_kv(__file__)
