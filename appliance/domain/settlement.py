"""How a ticket is settled and unsettled: tenders, the sealed sale, its reversal. Shared by the rules of the till.

Hides what a means of payment makes of an amount (change, rounding, what a voucher keeps) and what a reversal opens
again. Nothing here changes the state.
"""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.domain import effect as e
from appliance.domain import journal as j
from appliance.domain.account import Wallet
from appliance.domain.catalog import TenderMode
from appliance.domain.errors import Refusal
from appliance.domain.money import round_cash
from appliance.domain.split import end_split, put_aside
from appliance.domain.state import Session, TillState
from appliance.domain.ticket import Price, Tender, Ticket, price, unpaid_minor
from appliance.domain.wallet import Holding, Purse, SpendFirst

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


def next_tender(
    state: TillState, mode: TenderMode, amount_minor: int | None, spend_first: SpendFirst = "gifted"
) -> tuple[Ticket, Tender]:
    """What this means would pay of the ticket in hand. Raises Refusal when it cannot be paid so."""
    session_of(state)
    ticket = ticket_of(state)
    if not ticket.lines:
        raise Refusal("ticket.empty")
    remaining = unpaid_minor(ticket)
    if remaining <= 0:
        raise Refusal("tender.nothing_due")
    check_reserved(state, ticket)
    if mode.kind == "wallet":
        return ticket, _from_wallet(state, ticket, mode, amount_minor, remaining, spend_first)
    if mode.needs_customer and not ticket.customer:
        raise Refusal("tender.no_customer")
    return ticket, make_tender(ticket.next_tender, mode, amount_minor, remaining)


def _from_wallet(
    state: TillState, ticket: Ticket, mode: TenderMode, amount_minor: int | None, remaining: int, first: SpendFirst
) -> Tender:
    """A part of the customer's wallet, to the centime: no coins, so no rounding and no change (feature W-32)."""
    if not mode.enabled:
        raise Refusal("wallet.off")
    if not ticket.customer:
        raise Refusal("wallet.no_customer")
    wallet = open_wallet(state, ticket.customer)
    free = state.available(ticket.customer)
    amount = min(free.total_minor, remaining) if amount_minor is None else amount_minor
    if amount_minor is not None and amount <= 0:
        raise Refusal("tender.amount")
    if amount > remaining:
        raise Refusal("tender.too_much", amount_minor=remaining)
    if wallet is None or amount > free.total_minor or amount <= 0:
        raise Refusal("wallet.insufficient", amount_minor=free.total_minor)
    return Tender(
        id=ticket.next_tender,
        mode=mode.id,
        name=mode.name,
        kind=mode.kind,
        amount_minor=amount,
        opens_drawer=mode.opens_drawer,
        wallet=ticket.customer,
        gifted_minor=free.take(amount, first).gifted_minor,
        spend_first=first,
        balance_minor=free.total_minor - amount,
    )


def check_reserved(state: TillState, ticket: Ticket) -> None:
    """Before any further money: what was reserved of a wallet can still be spent. Raises Refusal when it was blocked
    meanwhile."""
    if any(tender.wallet for tender in ticket.tenders):
        open_wallet(state, ticket.customer)


def open_wallet(state: TillState, customer: str) -> Wallet | None:
    """The wallet, if anything ever moved on it. Raises Refusal when it is blocked or in another currency."""
    if state.fenced:
        raise Refusal("wallet.fenced")
    wallet = state.wallets.get(customer)
    if wallet is None:
        return None
    if wallet.blocked:
        raise Refusal("wallet.blocked", reason=wallet.blocked)
    if wallet.currency and wallet.currency != state.currency:
        raise Refusal("wallet.currency", currency=wallet.currency)
    return wallet


def take(state: TillState, ticket: Ticket, tender: Tender) -> Outcome:
    """The tender is money: it closes the ticket when nothing remains."""
    priced = price(ticket)
    if tender.amount_minor < unpaid_minor(ticket):
        return Outcome([j.TenderTaken(ticket.number, tender)])
    return close(state, ticket, priced, (*ticket.tenders, tender))


def make_tender(tender_id: int, mode: TenderMode, amount_minor: int | None, remaining: int) -> Tender:
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
        id=tender_id,
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
    tenders, holding = _posted(state, ticket, tenders)
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
        customer=ticket.customer,
        group=ticket.group,
        group_minor=priced.group_minor,
        group_shares=priced.group_shares,
        wallet=holding,
    )
    facts: list[j.AnyFact] = [closed, *end_split(state, ticket)]
    return Outcome(facts, [e.KickDrawer("sale", ticket.number)] if drawer else [])


def _posted(state: TillState, ticket: Ticket, tenders: tuple[Tender, ...]) -> tuple[tuple[Tender, ...], Holding | None]:
    """What the wallet reserved becomes spent: each tender with the balance after it, and the wallet's image.

    Whatever became of the wallet since, also blocked: the reserved money is this sale's, and what a terminal has taken
    for the rest must be booked.
    """
    if not any(tender.wallet for tender in tenders):
        return tenders, None
    wallet = state.wallets.get(ticket.customer)
    holding = Holding() if wallet is None else wallet.holding
    posted: list[Tender] = []
    for tender in tenders:
        if tender.wallet:
            holding = holding.minus(tender.purse)
            tender = msgspec.structs.replace(tender, balance_minor=holding.balance_minor)
        posted.append(tender)
    return tuple(posted), holding


def _returned(state: TillState, closed: j.TicketClosed, change: j.WalletCreditCancelled | None) -> Holding | None:
    """Image of the wallet after a sale that it paid was taken back, and its change before that; None when it paid
    nothing."""
    parts = [tender.purse for tender in closed.tenders if tender.wallet]
    if not parts:
        return None
    own = change is not None and change.customer == closed.customer
    holding = change.after if change is not None and own else state.holding(closed.customer)
    return holding.plus(sum(parts, Purse()))


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
        customer=closed.customer,
        group=closed.group,
    )
    change = change_credit(state)
    if change is not None:
        facts.append(change)
    document = state.next_document + (change is not None)
    facts.append(j.SettlementReversed(document, closed, reopened, _returned(state, closed, change)))
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
    change_credit(state)
    return closed


def change_credit(state: TillState) -> j.WalletCreditCancelled | None:
    """The change of the last sale went on a wallet: it comes off again when the sale is taken back. None when there is
    none. Raises Refusal `wallet.spent_already` when some of it was spent."""
    closed = state.last_closed
    if closed is None or not state.change_credit:
        return None
    customer, document = state.change_credit
    wallet = state.wallets[customer]
    credit = wallet.credit(document)
    left = Purse() if credit is None else credit.left
    if credit is None or credit.used.total_minor or state.available(customer).paid_minor < left.paid_minor:
        raise Refusal("wallet.spent_already", amount_minor=0 if credit is None else credit.used.paid_minor)
    if not left.total_minor:
        return None  # cancelled by itself before
    (tender,) = credit.tenders
    kept = left.paid_minor if tender.kept_minor else 0
    out = msgspec.structs.replace(tender, amount_minor=-left.paid_minor, received_minor=0, kept_minor=kept)
    return j.WalletCreditCancelled(
        document=state.next_document,
        session=session_of(state).number,
        customer=customer,
        of=document,
        part=left,
        tenders=(out,),
        before_minor=wallet.balance_minor,
        after=wallet.holding.minus(left),
        seller=state.seller,
        reason="correction",
    )
