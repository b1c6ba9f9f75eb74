"""What a scan does, wherever it comes: screens.md section 3, line by line.

The router reads the code before any field. A code is an article (EAN, UPC or the shop's own), a seller's badge, a
receipt of this till, or unknown; customer cards and vouchers have no meaning before the till knows customers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from appliance.domain.catalog import is_gtin
from appliance.domain.errors import Refusal
from appliance.protocol import command as c
from appliance.service import people, selling

if TYPE_CHECKING:
    from appliance.service.till import Till

CODE_MAX: Final = 512
RECEIPT_MARK: Final = "TB"
"""First letters of the bar code on a receipt: TB, till, document."""


def route(till: Till, text: str, symbology: str | None = None) -> None:
    """Let a code that was read do its work. Raises Refusal with its sentence when it cannot."""
    code = text.strip()
    if not code or len(code) > CODE_MAX or not code.isprintable():
        raise Refusal("scan.unreadable")
    people.idle_again(till)
    seller = till.shop.seller_by_badge(code)
    if seller is not None:
        _badge(till, seller)
        return
    screen = till.desk.screen
    if screen in ("lock", "starting"):
        raise Refusal("scan.sign_in_first")
    if till.state.session is None or screen == "opening":
        raise Refusal("scan.open_first")
    if screen in ("closing", "x_report"):
        raise Refusal("scan.not_here")
    if till.desk.sheet == "approval":
        raise Refusal("scan.approval")
    if code.startswith(RECEIPT_MARK):
        _receipt(till, code)
        return
    found = till.catalog.product_by_code(code)
    if screen == "payment":
        _during_payment(till, code, found)
    if found is None:
        _unknown(till, code)
        return
    product, units = found
    till.desk.sound("scan_ok")
    selling.add_product(till, product, code=code, units=units, pack_minor=till.catalog.pack_price_minor(code))


def _during_payment(till: Till, code: str, found: object) -> None:
    """A scan never becomes an amount (feature S-21): back to the sale while nothing was paid, else refused aloud."""
    ticket = till.ticket
    if ticket is not None and ticket.tenders:
        raise Refusal("scan.finish_payment" if found is not None else "scan.unknown", code=code)
    if found is None:
        raise Refusal("scan.unknown", code=code)
    till.desk.screen = "sale"


def _badge(till: Till, seller: Any) -> None:
    desk = till.desk
    if desk.sheet == "approval":
        if seller.role != "manager":
            raise Refusal("approval.not_manager")
        command = people.approved_by(till, seller)
        try:
            till.run(command)
        finally:
            till.approved = False
        return
    if desk.screen != "lock" and (desk.screen == "payment" or (till.ticket is not None and till.ticket.tenders)):
        raise Refusal("scan.finish_payment", code=seller.name)
    if desk.screen == "lock" or till.state.session is None:
        people.enter(till, seller, by_badge=True)
    elif till.state.seller != seller.id:
        screen = desk.screen
        people.enter(till, seller, by_badge=True)
        if screen not in ("closing", "x_report") or till.operators.may(seller.id, "close_day"):
            desk.screen = screen
    desk.sound("scan_ok")


def _receipt(till: Till, code: str) -> None:
    """The last receipt can be asked for again; older ones are for the returns to come."""
    closed = till.state.last_closed
    if closed is not None and code == receipt_code(till.state.till, closed.document):
        till.desk.screen, till.desk.shows_result = "sale", True
        till.desk.sound("scan_ok")
        return
    raise Refusal("scan.receipt_elsewhere", code=code)


def receipt_code(till_id: str, document: int) -> str:
    """The bar code of a receipt (CODE128): mark, till, document."""
    return f"{RECEIPT_MARK}{till_id}-{document:06d}"


def _unknown(till: Till, code: str) -> None:
    """Two low tones and a sentence; nothing was added (mock-up 09)."""
    desk = till.desk
    if desk.screen == "home":
        selling.ensure_ticket(till)
    if desk.sheet != "code_entry":
        desk.close_sheet()
    desk.sound("scan_refused")
    code_word = "scan.check_digit" if _is_bad_gtin(code) else "scan.unknown"
    desk.say(code_word, "warn", actions=("free_price", "search"), source="scan", code=code[:40])
    till.fold_messages()


def _is_bad_gtin(code: str) -> bool:
    """An EAN-13 by its length whose check digit is wrong: misread or mistyped."""
    return len(code) == 13 and code.isascii() and code.isdigit() and not is_gtin(code)


def _enter_code(till: Till, command: c.EnterCode) -> None:
    """Typed by hand: the same road; the sheet stays with its verdict (feature S-06)."""
    code = command.code.strip()
    if _is_bad_gtin(code):
        till.desk.sound("scan_refused")
        raise Refusal("scan.check_digit", code=code)
    if till.shop.seller_by_badge(code) is not None:
        raise Refusal("scan.unknown", code="•••")
    route(till, code)


def _type_code(till: Till, command: c.TypeCode) -> None:
    till.desk.typed_code = command.text


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {c.EnterCode: _enter_code, c.TypeCode: _type_code}
