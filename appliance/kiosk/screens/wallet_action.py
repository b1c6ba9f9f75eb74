"""The rarer deeds on a wallet: block, unblock, another card, transfer, refund, adjust.

Hides that one sheet serves them all: each needs some of reasons, means, an amount, a customer or a scanned card.
"""

from dataclasses import replace
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty

from appliance.kiosk.screens.base import SheetView
from appliance.kiosk.screens.choice import ChoiceKeys
from appliance.kiosk.screens.client_list import ClientSearch, NarrowRows  # noqa: F401  rows named in wallet_action.kv
from appliance.kiosk.screens.wallet_credit import SheetFigure  # noqa: F401
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.wallet import ActionModel, Deed, action_model, moved_minor
from appliance.kiosk.widgets import load_kv
from appliance.protocol import command as cmd
from appliance.protocol.view import TillView, WalletActionSheet

TALL, MIDDLE, LOW = 640, 480, 360
"""Heights of the sheet, by what the deed needs."""


class DeedChoices(ChoiceKeys):
    """Reasons or means, beside the rest of the sheet."""


class WalletAction(ClientSearch, SheetView):
    """Shows an ActionModel; what is typed and chosen lives here until the deed is done."""

    model = ObjectProperty(ActionModel(), rebind=True)
    sign = NumericProperty(0)
    has_pad = BooleanProperty(False)
    """An amount is typed or a customer searched: the sheet is tall."""
    tall = NumericProperty(640)

    def __init__(self, **kwargs: Any) -> None:
        self._view: TillView | None = None
        self._sheet: WalletActionSheet | None = None
        self._at: tuple[str, str] = ("", "")
        self._deed = Deed()
        self._entry = Entry()
        super().__init__(**kwargs)

    def opened(self) -> None:
        """Nothing chosen yet."""
        self._at = ("", "")
        self._forget()

    def _forget(self) -> None:
        self._deed, self._entry, self.sign = Deed(), Entry(), 0
        self._awaited, self.search = None, ""

    def show(self, view: TillView, sheet: WalletActionSheet) -> None:
        """Draws the sheet; another deed begins with nothing chosen but what leaves no choice."""
        if (sheet.customer, sheet.action) != self._at:
            self._at = (sheet.customer, sheet.action)
            self._forget()
            only = sheet.modes if sheet.action == "refund" else ()
            if len(only) == 1:
                self._deed = Deed(choice=only[0].id)
        self._view, self._sheet = view, sheet
        self.looked(sheet.search)
        if self._deed.customer not in {row.id for row in sheet.rows}:
            self._deed = replace(self._deed, customer="")
        self._draw()

    def _draw(self) -> None:
        if self._view is not None and self._sheet is not None:
            self.model = action_model(self._view, self._sheet, self._deed, self.search)
            self.has_pad = bool(self.model.amount_label or self.model.search_hint)
            is_much = len(self.model.choices) > 2 or bool(self.model.warning)
            self.tall = TALL if self.has_pad else MIDDLE if is_much else LOW

    def _change(self, **fields: Any) -> None:
        self._deed = replace(self._deed, **fields)
        self._draw()

    def open(self, action: str) -> None:
        """A deed of the list."""
        self.send(cmd.OpenWalletAction(self._at[0], action))  # type: ignore[arg-type]

    def choose(self, choice: str) -> None:
        """A reason or a means."""
        self._change(choice=choice)

    def pick(self, customer: str) -> None:
        """Who gets the balance."""
        self._change(customer=customer)

    def turn(self, index: int) -> None:
        """The adjustment adds or takes away."""
        self.sign = index
        self._change(takes=index == 1)

    def press(self, key: str) -> None:
        """A key of the pad."""
        self._entry = self._entry.press(key)
        self._change(amount_minor=self._entry.value)

    def look(self) -> None:
        """Types the name to search on the on-screen keyboard."""
        self.ask(self.model.search_hint, self.search, self.search_for)

    def search_for(self, text: str) -> None:
        """Searches and draws what was typed."""
        self.look_for(text)
        self._draw()

    def do(self) -> None:
        """Carries the deed out."""
        sheet, deed = self._sheet, self._deed
        if sheet is None or not self.model.can_do:
            return
        is_refund = sheet.action == "refund"
        self.send(
            cmd.DoWalletAction(
                reason="" if is_refund else deed.choice,
                amount_minor=moved_minor(sheet, deed),
                mode=deed.choice if is_refund else "",
                customer=deed.customer,
                code=sheet.scanned if sheet.action == "replace_card" else "",
            )
        )

    def typed(self, text: str) -> bool:
        """Digits go to the amount, letters to the search."""
        if self.model.amount_label and text.isdigit():
            self.press(text)
        elif self.model.search_hint:
            self.search_for(self.search + text)
        return True

    def key(self, name: str) -> bool:
        """Enter carries out, backspace takes one back."""
        if name == "enter":
            self.do()
        elif name == "backspace" and self.model.amount_label:
            self.press("back")
        elif name == "backspace" and self.model.search_hint:
            self.search_for(self.search[:-1])
        else:
            return super().key(name)
        return True


load_kv(__file__)
