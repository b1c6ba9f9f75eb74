"""A sale that never happens: what a till would do with other settings, tried before they hold.

Hides the golden basket: its goods, what it must come to, and its receipt. Settings that change what goods cost, or with
which no receipt can be made, are refused here and never reach a customer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.domain.errors import Refusal
from appliance.domain.journal import TicketClosed
from appliance.domain.settlement import due_in_cash
from appliance.domain.ticket import Line, Tender, Ticket, price
from appliance.service.receipt_text import Letterhead, receipt

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.domain.catalog import Shop
    from appliance.service.till import Till

AT: Final = "2026-11-21T07:42:00.000+00:00"
GOODS: Final = (
    Line(1, "Miche", 640, 260),
    Line(2, "Croissant", 170, 260, quantity_milli=4_000),
    Line(3, "Bougie", 890, 810, discount_bp=1_000),
    Line(4, "Sac", 30, 810),
)
TOTAL_MINOR: Final = 2_151
"""6.40 + 4 x 1.70 + 8.90 less 10 % + 0.30."""
VAT_MINOR: Final = ((260, 33), (810, 62))


def rehearse(till: Till, config: Config, shop: Shop) -> None:
    """Sell the golden basket under other settings. Raises Refusal `settings.rehearsal` with what went wrong."""
    try:
        _sell(till, config, shop)
    except (ArithmeticError, LookupError, TypeError, ValueError, AssertionError) as error:
        raise Refusal("settings.rehearsal", step=str(error)[:80] or type(error).__name__) from error


def _sell(till: Till, config: Config, shop: Shop) -> None:
    mode = shop.default_sale_mode()
    ticket = Ticket(1, mode.id, AT, "", lines=list(GOODS), next_line=len(GOODS) + 1)
    priced = price(ticket)
    vat = tuple((row.rate_bp, row.vat_minor) for row in priced.vat)
    if priced.total_minor != TOTAL_MINOR or vat != VAT_MINOR:
        raise ValueError("total")
    cash = next((tender for tender in shop.tenders if tender.kind == "cash"), None)
    step = cash.rounding_minor if cash is not None else 1
    due, rounding = due_in_cash(priced.total_minor, step)
    if due != priced.total_minor + rounding or abs(rounding) * 2 > max(step, 1):
        raise ValueError("rounding")
    low, high = shop.free_price_min_minor, shop.free_price_max_minor
    if low > high:
        raise ValueError("free_price")
    tender = Tender(1, "cash", "Cash", "cash", priced.total_minor, due, 0, rounding)
    closed = TicketClosed(
        1, 1, 1, mode.id, "", GOODS, priced.amounts, priced.vat, (tender,), priced.full_minor, priced.total_minor
    )
    head = Letterhead(shop, till.operators, till.zone, config.locale, config.language, config.till)
    head.client = config.receipt_client
    paper = receipt(head, closed, AT, 0, AT)
    if head.amount(TOTAL_MINOR) not in str(paper):
        raise ValueError("receipt")
