"""What a scan does, wherever it comes: screens.md section 3, line by line.

The router (`domain.meaning`) says what the code stands for, before any field gets it; here stands what that does at the
place where the cashier is. A place is a row of the table, a kind of code its column; `_DOES` has the columns. Vouchers
will be one more column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from appliance.domain.code import GS, SYMBOLOGIES
from appliance.domain.errors import Refusal
from appliance.domain.gtin import is_digits, is_gtin
from appliance.domain.meaning import (
    HIDDEN,
    Meaning,
    Words,
    badge_owner,
    explain,
    interpret,
    may_be_card,
    shelf_minor,
)
from appliance.domain.meaning import receipt_code as receipt_code
from appliance.domain.ticket import Line
from appliance.protocol import command as c
from appliance.protocol import view as v
from appliance.service import card, clients, past_sale, people, selling, unknown_code, wallet_deeds, wallets

if TYPE_CHECKING:
    from appliance.service.till import Till

REPEAT_MS: Final = 300
"""A label that is still in the beam is read again and again; longer apart, it was shown again."""
SHOWN_MAX: Final = 40
_OTHER_DIGITS: Final = frozenset("!@#$%^&*()" + '!"§$%&/()=' + '+"*ç%&/()=' + "&é\"'(-è_çà" + "&é\"'(§è!çà")
"""What stands on the keys of the digits, with or without Shift: US, DE, CH, FR, BE."""
_SIGNS_MIN: Final = 6

Place = Literal[
    "lock",
    "opening",
    "approval",
    "report",
    "card",
    "payment",
    "code_sheet",
    "sheet",
    "form",
    "goods_form",
    "credit",
    "tab",
    "selling",
]
"""Rows of the table. `tab` is Accueil and its tabs, `selling` Vente, the result and the divided note, `sheet` what lies
over them, `form` a customer's, `goods_form` an article's, `credit` a wallet's."""


class Beam:
    """The same code from the same scanner counts once while it stays in the beam.

    Each repeat begins the wait anew, so a label that lies before a fixed scanner counts once however long it lies.
    HID-POS scanners watch their beam themselves and are left alone unless the settings name them.
    """

    def __init__(self, windows_ms: Mapping[str, int] | None = None) -> None:
        """`windows_ms`: by role of the scanner; 0 takes every read."""
        self._windows_ms = windows_ms or {}
        self.default_ms = REPEAT_MS
        """Of a scanner that has no window of its own."""
        self._minds_itself: set[str] = set()
        self._last: dict[str, tuple[str, int]] = {}

    def met(self, source: str, port: str | None) -> None:
        """A scanner is there, at this address (`Health.port`): whether it watches its beam itself."""
        if port is not None and port.startswith(("hidraw:", "hidstream:")):
            self._minds_itself.add(source)
        else:
            self._minds_itself.discard(source)

    def is_repeat(self, source: str, text: str, at_ns: int) -> bool:
        """Whether this read is the label that was read just before. `at_ns`: monotonic, when it was read."""
        before = self._last.get(source)
        self._last[source] = text, at_ns
        window_ms = self._windows_ms.get(source, 0 if source in self._minds_itself else self.default_ms)
        return before is not None and before[0] == text and at_ns - before[1] < window_ms * 1_000_000


# --- the table ------------------------------------------------------------------------------------------------------


def words_of(till: Till) -> Words:
    """What codes are looked up in."""
    return Words(till.shop, till.catalog, till.business_date(), till.directory.holder_of)


def route(till: Till, text: str, symbology: str | None = None, *, is_typed: bool = False) -> None:
    """Let a code that was read do its work. Raises Refusal with its sentence when it cannot."""
    if till.desk.is_testing:
        _test(till, text, symbology)
        return
    meaning = interpret(words_of(till), text, symbology)
    if meaning.kind == "unknown" and not is_typed and is_of_another_keyboard(text):
        raise Refusal("scan.wrong_layout")
    if meaning.fault == "scan.unreadable":
        raise Refusal("scan.unreadable")
    people.idle_again(till)
    if wallets.is_handing_out(till):
        till.desk.close_sheet()
    place = place_of(till)
    if place == "lock" and meaning.kind != "badge":
        raise Refusal("scan.badge_unknown" if meaning.kind == "unknown" else "scan.sign_in_first")
    if place == "card":
        _leave_out(till, meaning)
        raise Refusal("scan.card_unknown" if card.open_code(till) == "card.to_check" else "scan.card_running")
    asked, asked_on_bar = selling.asked_about(till), selling.asked_on_bar(till)
    if meaning.kind == "article":
        till.desk.scanned = "" if is_typed else again(meaning)
    _DOES[meaning.kind](till, meaning, place)
    if asked and (meaning.kind == "article" or not selling.asked_about(till)):
        selling.say_left_out(till, asked)
    if asked_on_bar:
        selling.say_left_out(till, asked_on_bar)


def is_of_another_keyboard(text: str) -> bool:
    """Digits that a scanner typed for one country's keyboard, taken for keys of another's: `/&+(` and not one digit.
    An AIM identifier before them may be anything."""
    signs = sum(char in _OTHER_DIGITS for char in text)
    return signs >= _SIGNS_MIN and signs >= len(text) - 3 and not any(char in "0123456789" for char in text)


def _leave_out(till: Till, meaning: Meaning) -> None:
    """An article that a payment keeps off the ticket: said beside the refusal, and longer."""
    if meaning.kind == "article" and meaning.product is not None:
        selling.say_left_out(till, meaning.product.name)


def place_of(till: Till) -> Place:
    """Where the cashier is, as the table knows it."""
    desk = till.desk
    if desk.sheet == "approval":
        return "approval"
    if desk.screen in ("lock", "starting"):
        return "lock"
    if till.state.session is None or desk.screen == "opening":
        return "opening"
    if till.state.card is not None:
        return "card"
    if desk.screen in ("closing", "x_report", "settings", "sync"):
        return "report"
    if desk.screen == "client_form":
        return "form"
    if desk.screen == "product_form":
        return "goods_form"
    if desk.sheet.startswith("wallet_"):
        return "credit"
    if desk.screen in ("payment", "card"):
        return "payment"
    if desk.sheet == "code_entry":
        return "code_sheet"
    if desk.sheet:
        return "sheet"
    return "tab" if desk.screen in ("home", "clients", "masters", "devices") else "selling"


def _only_where_goods_are_sold(place: Place) -> None:
    """Articles and receipts have nothing to say elsewhere."""
    if place == "opening":
        raise Refusal("scan.open_first")
    if place == "approval":
        raise Refusal("scan.approval")
    if place in ("report", "credit"):
        raise Refusal("scan.not_here")


# --- article --------------------------------------------------------------------------------------------------------


def _article(till: Till, meaning: Meaning, place: Place) -> None:
    """Adds; closes what lies over the ticket, except the Code Barre sheet. A scan never becomes an amount (S-21)."""
    _only_where_goods_are_sold(place)
    if place == "form":
        _into_form(till, meaning)
        return
    if place == "goods_form":
        unknown_code.check_free(till, meaning)
    if place == "payment":
        _back_to_the_sale(till, meaning)
    assert meaning.product is not None
    till.desk.sound("scan_ok")
    before = till.ledger.seq
    selling.add_product(till, meaning.product, goods=meaning.goods, code=again(meaning))
    is_added = till.ledger.seq != before and till.desk.sheet == "code_entry"
    if is_added and not any(notice.source == "scan" for notice in till.desk.notices):
        till.desk.say("scan.added", source="scan", name=meaning.product.name)  # the sheet hides the ticket
        till.fold_messages()


def again(meaning: Meaning) -> str:
    """The code as it must be read again when the till first asks something (age, sold out)."""
    aim = meaning.reading.symbology
    return f"]{aim}{meaning.reading.text}" if aim else meaning.reading.text


def _back_to_the_sale(till: Till, meaning: Meaning) -> None:
    """While nothing was paid; else the payment must be ended first."""
    ticket = till.ticket
    if ticket is not None and ticket.tenders:
        _leave_out(till, meaning)
        raise Refusal("scan.finish_payment")
    till.desk.screen = "sale"


# --- badge ----------------------------------------------------------------------------------------------------------


def _badge(till: Till, meaning: Meaning, place: Place) -> None:
    """Signs in, changes the seller, or is a manager's word where one is asked for."""
    seller = meaning.seller
    assert seller is not None
    desk = till.desk
    if place == "approval":
        _approve(till, seller)
        return
    if place in ("report", "code_sheet", "sheet", "form", "goods_form", "credit"):
        raise Refusal("scan.not_here")
    if place == "payment" or (place in ("tab", "selling") and till.ticket is not None and till.ticket.tenders):
        raise Refusal("scan.finish_payment", code=seller.name)
    if place in ("lock", "opening"):
        people.enter(till, seller, by_badge=True)
    elif till.state.seller != seller.id:
        screen = desk.screen
        people.enter(till, seller, by_badge=True)
        desk.screen = screen
    desk.sound("scan_ok")


def _approve(till: Till, seller: Any) -> None:
    if seller.role != "manager":
        raise Refusal("approval.not_manager")
    command = people.approved_by(till, seller)
    try:
        till.run(command)
    finally:
        till.approved = False


# --- receipt --------------------------------------------------------------------------------------------------------


def _receipt(till: Till, meaning: Meaning, place: Place) -> None:
    """Opens the sale again, to be looked at and printed; taking goods back comes with the returns. A credit's receipt
    opens what can be cancelled of it."""
    _only_where_goods_are_sold(place)
    if place in ("payment", "form", "goods_form"):
        raise Refusal("scan.not_here")
    code = meaning.reading.text
    closed = till.state.last_closed
    is_last = closed is not None and code == receipt_code(till.state.till, closed.document)
    found = None if is_last else past_sale.find(till, code)
    if found is not None and not isinstance(found, past_sale.PastSale):
        wallets.show_paper(till, found)
        till.desk.sound("scan_ok")
        return
    till.desk.past = found
    till.desk.close_sheet()
    till.desk.screen, till.desk.shows_result = "sale", True
    till.desk.sound("scan_ok")


# --- customer card --------------------------------------------------------------------------------------------------


def _customer(till: Till, meaning: Meaning, place: Place) -> None:
    """On the ticket; where there is none, the customer's card. In the form of a customer it becomes the Référence."""
    holder = meaning.holder
    assert holder is not None
    desk = till.desk
    if place == "form":
        _into_form(till, meaning)
        return
    if place == "goods_form":
        unknown_code.check_free(till, meaning)
    if wallet_deeds.reads_card(till):
        wallet_deeds.read_card(till, meaning.reading.text)
        return
    if place == "credit":
        wallets.switch_to(till, holder.customer)
        return
    _only_where_goods_are_sold(place)
    if place == "tab":
        if desk.screen == "devices":
            raise Refusal("scan.not_here")
        clients.show_card(till, holder.customer)
    else:
        _set_client(till, holder.customer)
    desk.sound("scan_ok")


def _into_form(till: Till, meaning: Meaning) -> None:
    """The code becomes the Référence of the customer whose form is open."""
    if not may_be_card(words_of(till), meaning.reading.text, meaning.reading.symbology or None):
        raise Refusal("client.is_article")
    clients.read_card(till, meaning.reading.text)


def _set_client(till: Till, customer: str) -> None:
    ticket = till.ticket
    if ticket is not None and ticket.tenders and not clients.is_for_wallet(till):
        raise Refusal("scan.finish_payment")
    clients.choose(till, customer)


# --- unknown, refused -----------------------------------------------------------------------------------------------


def _unknown(till: Till, meaning: Meaning, place: Place) -> None:
    """Two low tones and a sentence; nothing was added (mock-up 09)."""
    if place == "form":
        _into_form(till, meaning)
        return
    if place == "goods_form":
        unknown_code.read_in_form(till, meaning)
        return
    if wallet_deeds.reads_card(till):
        wallet_deeds.read_card(till, meaning.reading.text)
        return
    _only_where_goods_are_sold(place)
    _say_unknown(till, "scan.unknown", meaning, place)


def _refused(till: Till, meaning: Meaning, place: Place) -> None:
    """The code is understood and must not be sold by: past its day, wrong check digit, label of an empty scale."""
    if place == "form" and meaning.holder is None:
        _into_form(till, meaning)
        return
    _only_where_goods_are_sold(place)
    if meaning.fault == "scan.check_digit" and place != "goods_form":
        _say_unknown(till, meaning.fault, meaning, place)
        return
    raise Refusal(meaning.fault, **meaning.params)


def _say_unknown(till: Till, code_word: str, meaning: Meaning, place: Place) -> None:
    desk = till.desk
    shown = meaning.reading.text.replace(GS, " ")[:SHOWN_MAX]
    if place == "payment":
        refusal = Refusal(code_word, code=shown)
        refusal.ways_out = unknown_code.ways_out(till, meaning)
        raise refusal
    if desk.screen == "home":
        selling.ensure_ticket(till)
    is_asked = unknown_code.is_asked(till)
    unknown_code.meet(till, meaning)
    if place == "sheet":
        desk.close_sheet()
    desk.sound("scan_refused")
    if is_asked or (till.config.unknown_code == "sheet" and place != "tab"):
        unknown_code.open_sheet(till)
        return
    is_new_card = desk.screen == "clients" and unknown_code.form_of(meaning.reading) == "card"
    actions = ("new_customer", "unknown_code") if is_new_card else ("free_price", "search", "unknown_code")
    desk.say(code_word, "warn", actions=actions, source="scan", code=shown)
    desk.notices[0].retry = c.OpenSheet("unknown_code")
    till.fold_messages()


_DOES: Final[dict[str, Callable[[Any, Meaning, Place], None]]] = {
    "article": _article,
    "badge": _badge,
    "receipt": _receipt,
    "customer": _customer,
    "unknown": _unknown,
    "refused": _refused,
}

# --- the tester -----------------------------------------------------------------------------------------------------


def _test(till: Till, text: str, symbology: str | None, *, is_typed: bool = False) -> None:
    """A badge that is typed is a badge, and nobody learns whose: its numbers could be tried one by one."""
    meaning = explain(words_of(till), text, symbology)
    if meaning.kind == "unknown" and not is_typed and is_of_another_keyboard(text):
        meaning = msgspec.structs.replace(meaning, kind="refused", fault="scan.wrong_layout")
    if is_typed and meaning.kind == "badge":
        steps = tuple((asked, HIDDEN if asked == "badge" else found) for asked, found in meaning.steps)
        meaning = msgspec.structs.replace(meaning, seller=None, steps=steps)
    till.desk.tested = meaning
    people.idle_again(till)
    till.desk.sound("scan_ok" if meaning.kind in ("article", "badge", "receipt", "customer") else "scan_refused")
    till.desk.say("scan.test", source="scan", code=meaning.reading.text.replace(GS, " ")[:SHOWN_MAX])
    till.fold_messages()


def _test_scan(till: Till, command: c.TestScan) -> None:
    """ "Tester un scan": the next codes only say what they are. With a code, that one does at once."""
    desk = till.desk
    desk.test_on = desk.screen if command.on else ""
    if not command.on:
        desk.tested = None
    elif command.code:
        _test(till, command.code, command.symbology or None, is_typed=True)


def _name_of(meaning: Meaning) -> str:
    if meaning.product is not None:
        return meaning.product.name
    if meaning.seller is not None:
        return meaning.seller.name
    return "" if meaning.holder is None else meaning.holder.name


def tested_view(meaning: Meaning, price_list: str) -> v.TestedCode:
    """A tested code for the screen and for `tillbox codes test`: which rule won, and what it gives."""
    reading, product, goods = meaning.reading, meaning.product, meaning.goods
    tested = v.TestedCode(
        text=reading.text.replace(GS, "␝"),
        symbology=reading.symbology,
        symbology_name=SYMBOLOGIES.get(reading.symbology, ""),
        form=reading.form,
        kind=meaning.kind,
        fault=meaning.fault,
        params=meaning.params,
        rule=reading.rule,
        is_rule_unproved=reading.is_rule_unproved,
        name=_name_of(meaning),
        batch=reading.batch,
        expires=reading.expires,
        elements=reading.elements,
        steps=meaning.steps,
    )
    if product is None or goods is None:
        return tested
    each = goods.price_minor if goods.price_minor is not None else product.price_in(price_list)
    if each is None:
        return msgspec.structs.replace(tested, quantity_milli=goods.quantity_milli, unit=goods.unit)
    line = Line(0, "", each, 0, quantity_milli=goods.quantity_milli, unit=goods.unit, lot=goods.lot)
    return msgspec.structs.replace(
        tested,
        quantity_milli=goods.quantity_milli,
        unit=goods.unit,
        unit_price_minor=each,
        amount_minor=line.full_minor,
        shelf_minor=None if goods.lot is None else shelf_minor(goods.lot, each),
    )


# --- typed ----------------------------------------------------------------------------------------------------------


def _enter_code(till: Till, command: c.EnterCode) -> None:
    """Typed by hand: the same road; the sheet stays with its verdict (feature S-06). A badge is never typed."""
    code = command.code.strip()
    if badge_owner(till.shop, code) is not None:
        raise Refusal("scan.unknown", code=HIDDEN)
    is_mistyped = len(code) == 13 and is_digits(code) and not is_gtin(code)
    if is_mistyped and till.directory.holder_of(code) is None:
        till.desk.sound("scan_refused")
        raise Refusal("scan.check_digit", code=code)
    route(till, code, is_typed=True)


def _type_code(till: Till, command: c.TypeCode) -> None:
    till.desk.typed_code = command.text


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.EnterCode: _enter_code,
    c.TypeCode: _type_code,
    c.TestScan: _test_scan,
}
