"""Encaissement: what remains, the tenders, the amount received, the ticket with what was already taken."""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.i18n import amount
from appliance.kiosk.screens.base import Screen
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.payment import DiscountModel, PaidModel, PaymentModel, payment_bar, payment_model
from appliance.kiosk.widgets import Cells, Col, Row, load_kv, panel, tender
from appliance.kiosk.widgets.ticket import BasketList
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView


class DiscountRow(Row):
    """The ticket's own discount below its lines."""

    model = ObjectProperty(DiscountModel("", "", "", ""), rebind=True)
    owner = ObjectProperty(None)

    @classmethod
    def height_for(cls, _model: DiscountModel, _width: float) -> float:
        """Always 48."""
        return 48


class PaymentLines(BasketList):
    """The ticket's lines to read, and its discount."""

    kinds = {**BasketList.kinds, "discount": DiscountRow}


class TenderCells(Cells):
    """The ways to pay, two a row. `on_tender(id)`, `on_refused(id)`."""

    tenders = ListProperty([])
    __events__ = ("on_tender", "on_refused")

    def on_tender(self, mode: str) -> None:
        """A tender was touched."""

    def on_refused(self, mode: str) -> None:
        """A disabled tender was touched."""

    def on_tenders(self, *_: Any) -> None:
        """One button a tender."""
        if len(self.children) != len(self.tenders):
            self.clear_widgets()
            for _ in self.tenders:
                button = tender.TenderButton()
                button.bind(on_tap=lambda touched: self.dispatch("on_tender", touched.mode))
                button.bind(on_refused=lambda touched: self.dispatch("on_refused", touched.mode))
                self.add_widget(button)
        for button, model in zip(reversed(self.children), self.tenders, strict=True):
            button.mode, button.text, button.icon = model.id, model.text, model.icon
            button.detail, button.enabled = model.detail, model.enabled


class PaidRow(Row):
    """One tender already taken, with its ✕. `on_remove`."""

    model = ObjectProperty(PaidModel(0, "", "", "", "sunken", "ink", False), rebind=True)
    __events__ = ("on_remove",)

    def on_remove(self) -> None:
        """✕ was touched."""


class PaidRows(Col):
    """The tenders already taken. `on_remove(id)`."""

    paid = ListProperty([])
    row_height = NumericProperty(56)
    __events__ = ("on_remove",)

    def on_remove(self, tender_id: int) -> None:
        """A tender's ✕ was touched."""

    def on_paid(self, *_: Any) -> None:
        """One row a tender."""
        if len(self.children) != len(self.paid):
            self.clear_widgets()
            for _ in self.paid:
                row = PaidRow(height=self.row_height)
                row.bind(on_remove=lambda touched: self.dispatch("on_remove", touched.model.id))
                self.add_widget(row)
        for row, model in zip(reversed(self.children), self.paid, strict=True):
            row.model = model


class PaymentSide(panel.SidePanel):
    """The ticket beside its payment: lines, what was taken, what remains. `on_remove(id)`, `on_left`, `on_main`."""

    model = ObjectProperty(PaymentModel(), rebind=True)
    can_leave = BooleanProperty(True)
    __events__ = ("on_remove", "on_left", "on_main")

    def on_remove(self, tender_id: int) -> None:
        """A tender's ✕ was touched."""

    def on_left(self) -> None:
        """Retour was touched."""

    def on_main(self) -> None:
        """Encaisser was touched."""


class PaymentScreen(Screen):
    """Shows a PaymentModel; the amount being typed lives here."""

    model = ObjectProperty(PaymentModel(), rebind=True)
    amount = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._entry = Entry()
        self._shown: tuple[object, ...] = ()
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing is typed yet."""
        self._type(Entry())

    def show(self, view: TillView) -> None:
        """Draws a view; a tender that was taken empties the amount."""
        ticket = view.ticket
        shown = (ticket.number, ticket.tenders, view.payment.part if view.payment else 0) if ticket else ()
        if shown != self._shown:
            self._type(Entry())
        self._shown = shown
        self.model = payment_model(view, self.compact)

    def bar(self, view: TillView) -> BarModel:
        """Back, title, ticket, mode, seller."""
        return payment_bar(view, self.compact)

    def sheet_pane(self) -> Any:
        """Panes stand over the tenders and the keypad."""
        return self.ids.left

    def _type(self, entry: Entry) -> None:
        self._entry = entry
        self.amount = "" if entry.is_empty else amount(entry.value, self.model.locale)

    def press(self, key: str) -> bool:
        """A key of the keypad: a digit of the amount, or a note in the cash column."""
        model = self.model
        if key in model.money:
            note = model.money_amounts[model.money.index(key)]
            self.send(cmd.AddTender(model.cash_mode, note))
            return True
        if key != "back" and not key.isdigit():
            return False
        self._type(self._entry.press(key))
        return True

    def take(self, mode: str) -> None:
        """A tender takes the typed amount, or all that remains."""
        self.send(cmd.AddTender(mode, None if self._entry.is_empty else self._entry.value))

    def typed(self, text: str) -> bool:
        """Digits go to the amount."""
        return text.isdigit() and self.press(text)

    def key(self, name: str) -> bool:
        """Enter is Encaisser, Esc is Retour."""
        if name == "backspace":
            return self.press("back")
        if name == "escape":
            self.go_left()
        elif name == "enter":
            self.send(cmd.CloseTicket())
        else:
            return False
        return True


load_kv(__file__)
