"""What a day expects of the till: each compares one figure as the till has it now.

A ticket's figures are those of the ticket in hand, or of the last one closed when none is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.domain.closing import Totals
from appliance.domain.journal import TicketClosed
from appliance.domain.ticket import Line, VatRow, unpaid_minor
from appliance.domain.ticket import price as price_of
from appliance.play.acts import NOTATION, line_of, tender_of
from appliance.play.notation import LineRef, Unfit

if TYPE_CHECKING:
    from appliance.play.player import Player

form = NOTATION.form


class ExpectFailed(Exception):
    """The till says otherwise: line, what was expected and what was found."""

    def __init__(self, line: int, subject: str, expected: str, found: str) -> None:
        super().__init__(f"line {line}: {subject}: expected {expected}, found {found}")
        self.line, self.subject, self.expected, self.found = line, subject, expected, found


def amount(minor: int) -> str:
    """-1234 as -12.34."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def same(p: Player, subject: str, expected: object, found: object, show: Callable[..., str] = str) -> None:
    """Raises ExpectFailed unless both are equal; `show` says how they are written."""
    if expected != found:
        raise ExpectFailed(p.line, subject, show(expected), show(found))


def _closed(p: Player, subject: str) -> TicketClosed:
    closed = p.till.state.last_closed
    if closed is None:
        raise ExpectFailed(p.line, subject, "a closed ticket", "none")
    return closed


def session_totals(p: Player, subject: str) -> Totals:
    """Totals of the open session, or of the last one closed."""
    session = p.till.state.session
    if session is not None:
        return session.totals
    if p.last_z is None:
        raise ExpectFailed(p.line, subject, "a session", "none")
    return p.last_z.totals


# --- the ticket -----------------------------------------------------------------------------------------------------


@form("expect total AMOUNT")
def total(p: Player, amount: int) -> None:
    ticket = p.till.ticket
    found = price_of(ticket).total_minor if ticket is not None else _closed(p, "total").total_minor
    same(p, "total", amount, found, _amount)


_amount = amount


@form("expect remaining AMOUNT")
def remaining(p: Player, amount: int) -> None:
    ticket = p.till.ticket
    same(p, "remaining", amount, unpaid_minor(ticket) if ticket is not None else 0, _amount)


@form("expect vat RATE AMOUNT")
def vat(p: Player, rate: int, amount: int) -> None:
    ticket = p.till.ticket
    rows: tuple[VatRow, ...] = price_of(ticket).vat if ticket is not None else _closed(p, "vat").vat
    same(p, "vat", amount, sum(row.vat_minor for row in rows if row.rate_bp == rate), _amount)


@form("expect lines NUMBER")
def lines(p: Player, number: int) -> None:
    ticket = p.till.ticket
    same(p, "lines", number, len(ticket.lines) if ticket is not None else 0)


@form("expect line LINE AMOUNT")
def line_amount(p: Player, line: LineRef, amount: int) -> None:
    same(p, "line", amount, _meant(p, line).amount_minor, _amount)


@form("expect quantity LINE QUANTITY")
def quantity(p: Player, line: LineRef, quantity: int) -> None:
    same(p, "quantity", quantity, _meant(p, line).quantity_milli)


def _meant(p: Player, ref: LineRef) -> Line:
    """The line of the ticket in hand. Raises Unfit when there is none."""
    ticket = p.till.ticket
    found = ticket.line(line_of(ticket, ref)) if ticket is not None else None
    if found is None:
        raise Unfit("day.no_line", "no ticket is in hand")
    return found


@form("expect change AMOUNT")
def change(p: Player, amount: int) -> None:
    same(p, "change", amount, _closed(p, "change").change_minor, _amount)


@form("expect rounding SIGNED")
def rounding(p: Player, signed: int) -> None:
    same(p, "rounding", signed, _closed(p, "rounding").rounding_minor, _amount)


@form("expect document NUMBER")
def document(p: Player, number: int) -> None:
    same(p, "document", number, _closed(p, "document").document)


# --- the session ----------------------------------------------------------------------------------------------------


@form("expect tickets NUMBER")
def tickets(p: Player, number: int) -> None:
    same(p, "tickets", number, session_totals(p, "tickets").tickets)


@form("expect turnover AMOUNT")
def turnover(p: Player, amount: int) -> None:
    same(p, "turnover", amount, session_totals(p, "turnover").turnover_minor, _amount)


@form("expect day vat RATE AMOUNT")
def day_vat(p: Player, rate: int, amount: int) -> None:
    found = session_totals(p, "day vat").rates.get(rate)
    same(p, "day vat", amount, found.vat_minor if found is not None else 0, _amount)


@form("expect tender TENDER AMOUNT")
def tender(p: Player, tender: str, amount: int) -> None:
    found = session_totals(p, "tender").tenders.get(tender_of(p, tender))
    same(p, f"tender {tender}", amount, found.amount_minor if found is not None else 0, _amount)


@form("expect drawer AMOUNT")
def drawer(p: Player, amount: int) -> None:
    """What should lie in the drawer."""
    same(p, "drawer", amount, session_totals(p, "drawer").expected_minor, _amount)


@form("expect difference SIGNED")
def difference(p: Player, signed: int) -> None:
    z = p.last_z
    if z is None:
        raise ExpectFailed(p.line, "difference", amount(signed), "no day was closed")
    same(p, "difference", signed, z.counted_minor - z.expected_minor, amount)


# --- the till -------------------------------------------------------------------------------------------------------


@form("expect refused CODE")
def refused(p: Player, code: str) -> None:
    same(p, "refused", code, p.refused, lambda value: value or "nothing refused")


@form("expect screen WORD")
def screen(p: Player, word: str) -> None:
    same(p, "screen", word, p.till.desk.screen)


@form("expect asks WORD")
def asks(p: Player, word: str) -> None:
    """The sheet that is open: approval, reasons, age, free_price, ..."""
    same(p, "asks", word, p.till.desk.sheet, lambda value: value or "nothing")


@form("expect debits NUMBER")
def debits(p: Player, number: int) -> None:
    """How often the terminal moved money, refunds too."""
    same(p, "debits", number, len(p.terminal.debits) if p.terminal is not None else 0)


@form("expect debited AMOUNT")
def debited(p: Player, amount: int) -> None:
    """What the terminal took from cards, less what it gave back."""
    same(p, "debited", amount, sum(p.terminal.debits) if p.terminal is not None else 0, _amount)


@form("expect unsure NUMBER")
def unsure(p: Player, number: int) -> None:
    """Card payments to be compared with the terminal's list."""
    same(p, "unsure", number, session_totals(p, "unsure").unsure.count)


@form("expect held NUMBER")
def held(p: Player, number: int) -> None:
    same(p, "held", number, len(p.till.held_tickets()))


@form("expect pulses NUMBER")
def pulses(p: Player, number: int) -> None:
    """How often the drawer was opened by the till since the day began."""
    same(p, "pulses", number, p.deeds.drawer_pulses)


@form("expect receipts NUMBER")
def receipts(p: Player, number: int) -> None:
    same(p, "receipts", number, p.deeds.receipts)


@form("expect perpetual AMOUNT")
def perpetual(p: Player, amount: int) -> None:
    same(p, "perpetual", amount, p.till.state.perpetual_minor, _amount)
