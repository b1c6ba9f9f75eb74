"""How a ticket is settled and unsettled: tenders, the sealed sale, its reversal. Shared by the rules of the till.

Hides what a means of payment makes of an amount (change, rounding, what a voucher keeps) and what a reversal opens
again. Nothing here changes the state.
"""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.domain import effect as e
from appliance.domain import journal as j
from appliance.domain.catalog import TenderMode
from appliance.domain.errors import Refusal
from appliance.domain.money import round_cash
from appliance.domain.split import end_split, put_aside
from appliance.domain.state import Session, TillState
from appliance.domain.ticket import Price, Tender, Ticket, price

RECEIVED_OVER_MAX_MINOR: Final = 100_000
"""Nobody hands over more than one big note above what is due: a typing error is refused, not booked."""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When and by whom: the core reads no clock."""

    at: str
    """UTC, ISO 8601 with milliseconds."""
    local: str
    """The shop's wall clock, ISO 8601 to the second."""
    actor: str
    """Id of the seller signed in, "" before anybody is."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    facts: list[j.AnyFact]
    effects: list[e.Effect] = []


def session_of(state: TillState) -> Session:
    if state.session is None:
        raise Refusal("session.closed")
    return state.session


def ticket_of(state: TillState) -> Ticket:
    ticket = state.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    return ticket


def due_in_cash(remaining_minor: int, step_minor: int) -> tuple[int, int]:
    """(what is due in cash, the rounding) when cash closes the ticket (rule 3)."""
    due = round_cash(remaining_minor, step_minor)
    return due, due - remaining_minor


def next_tender(state: TillState, mode: TenderMode, amount_minor: int | None) -> tuple[Ticket, Tender]:
    """What this means would pay of the ticket in hand. Raises Refusal when it cannot be paid so."""
    session_of(state)
    ticket = ticket_of(state)
    if not ticket.lines:
        raise Refusal("ticket.empty")
    remaining = price(ticket).total_minor - ticket.paid_minor
    if remaining <= 0:
        raise Refusal("tender.nothing_due")
    return ticket, make_tender(ticket, mode, amount_minor, remaining)


def take(state: TillState, ticket: Ticket, tender: Tender) -> Outcome:
    """The tender is money: it closes the ticket when nothing remains."""
    priced = price(ticket)
    if tender.amount_minor < priced.total_minor - ticket.paid_minor:
        return Outcome([j.TenderTaken(ticket.number, tender)])
    return close(state, ticket, priced, (*ticket.tenders, tender))


def make_tender(ticket: Ticket, mode: TenderMode, amount_minor: int | None, remaining: int) -> Tender:
    """The tender that this intention makes (rules 2 and 3)."""
    due, rounding = due_in_cash(remaining, mode.rounding_minor)
    given = due if amount_minor is None else amount_minor
    if amount_minor is not None and given <= 0:
        raise Refusal("tender.amount")
    if given - due > RECEIVED_OVER_MAX_MINOR:
        raise Refusal("tender.implausible", amount_minor=given)
    if mode.rounding_minor > 1 and given % mode.rounding_minor:
        raise Refusal("tender.no_such_coin", step_minor=mode.rounding_minor)
    received = change = 0
    if given < due:
        paid, rounding = given, 0
    elif given == due:
        paid = remaining
    elif mode.overpayment == "refuse":
        raise Refusal("tender.too_much", amount_minor=due)
    else:
        paid, received = remaining, given
        change = given - due if mode.overpayment == "change" else 0
    if mode.kind == "cash":
        received = received or given
    kept = received - due if received > due and not change else 0
    return Tender(
        id=ticket.next_tender,
        mode=mode.id,
        name=mode.name,
        kind=mode.kind,
        amount_minor=paid,
        received_minor=received,
        change_minor=change,
        rounding_minor=rounding,
        kept_minor=kept,
        opens_drawer=mode.opens_drawer or change > 0,
    )


def close(state: TillState, ticket: Ticket, priced: Price, tenders: tuple[Tender, ...]) -> Outcome:
    """Seal the ticket: its document, the drawer if a means asks for it, and the end of an emptied split."""
    drawer = any(tender.opens_drawer for tender in tenders)
    closed = j.TicketClosed(
        document=state.next_document,
        ticket=ticket.number,
        session=session_of(state).number,
        mode=ticket.mode,
        seller=state.seller or ticket.seller,
        lines=tuple(ticket.lines),
        amounts=priced.amounts,
        vat=priced.vat,
        tenders=tenders,
        full_minor=priced.full_minor,
        total_minor=priced.total_minor,
        shares=priced.shares,
        discount_minor=priced.discount_minor,
        discount_bp=ticket.discount_bp,
        name=ticket.name,
        part_of=ticket.part_of,
        part=ticket.part,
        corrects=ticket.corrects,
        drawer=drawer,
    )
    facts: list[j.AnyFact] = [closed, *end_split(state, ticket)]
    return Outcome(facts, [e.KickDrawer("sale", ticket.number)] if drawer else [])


def reverse(state: TillState, closed: j.TicketClosed, moment: Moment, tenders: tuple[Tender, ...] = ()) -> Outcome:
    """The exact negative of a sealed sale, and its basket open again; `tenders` are money that stays on it."""
    facts = put_aside(state, moment.local)
    reopened = Ticket(
        number=state.next_ticket,
        mode=closed.mode,
        opened_at=moment.at,
        seller=closed.seller,
        lines=list(closed.lines),
        next_line=max([line.id for line in closed.lines]) + 1,
        discount_bp=closed.discount_bp,
        discount_minor=0 if closed.discount_bp else closed.discount_minor,
        name=closed.name,
        tenders=list(tenders),
        next_tender=max([tender.id for tender in tenders], default=0) + 1,
        corrects=closed.document,
    )
    facts = [*facts, j.SettlementReversed(state.next_document, closed, reopened)]
    effects: list[e.Effect] = []
    if any(tender.kind == "cash" for tender in closed.tenders):
        facts.append(j.DrawerOpened("correction", closed.ticket))
        effects.append(e.KickDrawer("correction", closed.ticket))
    return Outcome(facts, effects)


def correctable(state: TillState) -> j.TicketClosed:
    """The sealed sale whose settlement may be reversed. Raises Refusal when there is none."""
    session = session_of(state)
    closed = state.last_closed
    if closed is None or closed.session != session.number:
        raise Refusal("correct.none")
    if closed.part_of:
        raise Refusal("correct.part")
    return closed
