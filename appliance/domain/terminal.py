"""Rules of money that a card terminal moves: asked once, booked once, never forgotten.

1. A request is on record before its first byte leaves; while it is open nothing else happens to money or tickets.
2. Only an outcome that does not change ends it: the terminal's, or a person's word when the answer is lost.
3. A person's word is compared with the terminal's when it comes. Where they differ, the books say so until somebody
   has put it right.
4. An answer that comes twice, or to a request that is over, changes nothing.
5. Nobody is debited twice for one basket: while the shop holds its money without a sale, no card pays it, whatever
   ticket it is on by now (a part of the note, or the settlement that was opened again).
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.account import Credit
from appliance.domain.card import CardDoubt, CardRequest, CreditOrder
from appliance.domain.crediting import (
    book_cancel,
    book_credit,
    cancellable_minor,
    check_credit,
    credit_to_cancel,
    going_out,
    pay_credit,
    shares_back,
)
from appliance.domain.errors import Refusal
from appliance.domain.settlement import Moment, Outcome, correctable, next_tender, reverse, session_of, take, ticket_of
from appliance.domain.state import TillState
from appliance.domain.ticket import Tender, Ticket, unpaid_minor
from appliance.domain.wallet import Purse

WHILE_OPEN: Final = (i.SignIn, i.Lock, i.NoteApproval, i.NoteDrawer, i.LoseCard, i.AnswerCard, i.ReadX)
"""What is taken while a card payment is open. What a drawer did has happened: it is recorded whatever else goes on."""


def check_idle(state: TillState, intent: i.Intent) -> None:
    """Rule 1. Raises Refusal while the terminal has not answered."""
    card = state.card
    if card is None or isinstance(intent, WHILE_OPEN):
        return
    params = {"number": card.request.ticket, "amount_minor": card.request.amount_minor}
    if isinstance(intent, i.CloseDay):
        raise Refusal("closing.card_open", **params)
    raise Refusal("card.to_check" if card.unknown_at else "card.in_progress", **params)


def request_card(state: TillState, intent: i.RequestCard, moment: Moment) -> Outcome:
    ticket, tender = next_tender(state, intent.mode, intent.amount_minor)
    check_undebited(state, ticket)
    return _ask(CardRequest(intent.id, "debit", ticket.number, replace(tender, request=intent.id)))


def request_card_credit(state: TillState, intent: i.RequestCardCredit, moment: Moment) -> Outcome:
    order = intent.credit
    part = Purse(order.amount_minor, order.gifted_minor)
    tenders = pay_credit(order)
    check_credit(state, order.customer, part, tenders, order.rules)
    card = tenders[-1]
    if card.kind != "card" or card.by_hand:
        raise Refusal("tender.gone")
    doubt = _credited_before(state, order.customer)
    if doubt is not None:
        raise Refusal("card.says_accepted", number=0, amount_minor=doubt.request.amount_minor)
    card = replace(card, request=intent.id)
    return _ask(CardRequest(intent.id, "debit", 0, card, credit=CreditOrder(order.customer, part, tenders)))


def request_card_cancel(state: TillState, intent: i.RequestCardCancel, moment: Moment) -> Outcome:
    order = intent.cancel
    credit = credit_to_cancel(state, order.customer, order.document, order.amount_minor)
    tenders = shares_back(state, credit, order)
    paid = {row.id: row for row in credit.tenders if row.request and row.kind in {each.kind for each in tenders}}
    out = next((row for row in tenders if row.id in paid), None)
    if out is None:
        raise Refusal("tender.gone")
    card = replace(paid[out.id], amount_minor=-out.amount_minor, received_minor=0)
    what = CreditOrder(order.customer, Purse(order.amount_minor), tenders, credit.document, order.reason)
    return _ask(CardRequest(intent.id, "refund", 0, card, 0, card.reference, credit=what))


def request_refund(state: TillState, intent: i.RequestRefund, moment: Moment) -> Outcome:
    if intent.document:
        closed = correctable(state)
        if closed.document != intent.document:
            raise Refusal("correct.none")
        tenders, ticket = list(closed.tenders), closed.ticket
    else:
        session_of(state)
        tenders, ticket = ticket_of(state).tenders, ticket_of(state).number
    tender = next((row for row in tenders if row.id == intent.tender and row.request), None)
    if tender is None:
        raise Refusal("tender.gone")
    return _ask(CardRequest(intent.id, "refund", ticket, tender, intent.document, tender.reference))


def return_debit(state: TillState, intent: i.ReturnDebit, moment: Moment) -> Outcome:
    """Money that moved without a sale, or whose refund did not come through, goes back to the card."""
    session_of(state)
    doubt = _contradicted(state, intent.request)
    if doubt.accepted == (doubt.request.kind == "debit"):
        raise Refusal("card.nothing_to_return")
    tender = doubt.request.tender
    original = doubt.request.original or doubt.reference or tender.reference
    return _ask(CardRequest(intent.id, "refund", doubt.request.ticket, tender, 0, original, doubt.request.id))


def _ask(request: CardRequest) -> Outcome:
    return Outcome([j.CardRequested(request)], [e.Authorize(request)])


def debited_before(state: TillState, ticket: Ticket) -> CardDoubt | None:
    """Money of this ticket's family that the terminal says it took, and that the books do not have."""
    found = [row for row in state.doubts.values() if row.says and row.is_owed and row.family == ticket.family]
    return found[0] if found else None


def check_undebited(state: TillState, ticket: Ticket) -> None:
    """Rule 5. Raises Refusal when a card was debited for this ticket already."""
    doubt = debited_before(state, ticket)
    if doubt is not None:
        raise Refusal("card.says_accepted", number=ticket.number, amount_minor=doubt.request.amount_minor)


def stands_before(state: TillState, doubt: CardDoubt, request: CardRequest) -> bool:
    """Whether the request would move money a second time, if the person was wrong."""
    asked = doubt.request
    if request.credit is not None or asked.credit is not None:
        if request.credit is None or asked.credit is None or asked.kind != request.kind:
            return False
        owed = doubt.is_owed if request.kind == "debit" else not doubt.accepted
        return owed and (asked.credit.customer, asked.credit.of) == (request.credit.customer, request.credit.of)
    if request.kind == "debit":
        return doubt.is_owed and doubt.family == state.tickets[request.ticket].family
    same = asked.kind == "refund" and asked.tender.request == request.tender.request
    return same and not doubt.accepted


def lose_card(state: TillState, intent: i.LoseCard, moment: Moment) -> Outcome:
    card = state.card
    if card is None or card.request.id != intent.request or card.unknown_at:
        return Outcome([])
    return Outcome([j.CardUnknown(intent.request, intent.reason)])


def answer_card(state: TillState, intent: i.AnswerCard, moment: Moment) -> Outcome:
    card = state.card
    if card is None or card.request.id != intent.request:
        return _late_answer(state, intent)
    if intent.by == "person" and not card.unknown_at:
        raise Refusal("card.in_progress", number=card.request.ticket, amount_minor=card.request.amount_minor)
    answered = j.CardAnswered(
        intent.request, intent.outcome, intent.by, intent.reason, intent.authorisation, intent.card, intent.reference
    )
    if intent.outcome != "accepted":
        return Outcome([answered])
    tender = replace(card.request.tender, reference=intent.reference, is_unsure=intent.by == "person", slip=intent.slip)
    booked = _booked(state, card.request, tender, moment)
    return Outcome([answered, *booked.facts], booked.effects)


def _booked(state: TillState, request: CardRequest, tender: Tender, moment: Moment) -> Outcome:
    """What follows in the books from money that moved."""
    if request.doubt:
        return Outcome([j.CardDoubtEnded(request.doubt)] if request.doubt in state.doubts else [])
    if request.credit is not None:
        return _credit_booked(state, request, request.credit, tender)
    if request.kind == "debit":
        ticket = state.tickets[request.ticket]
        return take(state, ticket, replace(tender, id=ticket.next_tender))
    return _given_back(state, request, moment)


def _credit_booked(state: TillState, request: CardRequest, order: CreditOrder, tender: Tender) -> Outcome:
    """The card's part came through, so all of the credit, or of its cancellation, is true."""
    if request.kind == "debit":
        return book_credit(state, order.customer, order.part, order.with_card(tender))
    credit = state.wallets[order.customer].credit(order.of)
    assert credit is not None
    out = next(row for row in order.tenders if row.id == tender.id)
    out = replace(out, by_hand=False, reference=tender.reference, is_unsure=tender.is_unsure, slip=tender.slip)
    return book_cancel(state, order.customer, credit, order.part.paid_minor, order.with_card(out), order.reason)


def _credited_before(state: TillState, customer: str) -> CardDoubt | None:
    """Money for this wallet that the terminal says it took, and that the books do not have."""
    for doubt in state.doubts.values():
        order = doubt.request.credit
        if order is not None and order.customer == customer and doubt.says and doubt.is_owed:
            return doubt
    return None


def _credit_reopens(state: TillState, doubt: CardDoubt, order: CreditOrder) -> bool:
    """Whether the wallet can still be made to say what the terminal says."""
    request = doubt.request
    if not doubt.says or state.session is None or (request.kind == "refund" and doubt.accepted):
        return False
    if request.kind == "debit" and not doubt.accepted:
        return True
    credit = _credit_of(state, doubt, order)
    if credit is None:
        return False
    if request.kind == "debit":
        return credit.left_of(request.tender.id) <= cancellable_minor(state, order.customer, credit)
    shares_left = all(-row.amount_minor <= credit.left_of(row.id) for row in order.tenders)
    return shares_left and order.part.paid_minor <= cancellable_minor(state, order.customer, credit)


def _credit_of(state: TillState, doubt: CardDoubt, order: CreditOrder) -> Credit | None:
    wallet = state.wallets.get(order.customer)
    if wallet is None:
        return None
    if doubt.request.kind == "refund":
        return wallet.credit(order.of)
    paid = doubt.request.tender.request
    return next((row for row in wallet.credits if any(tender.request == paid for tender in row.tenders)), None)


def _reopen_credit(state: TillState, doubt: CardDoubt, order: CreditOrder) -> Outcome:
    """The credit that was paid after all; the card's share that never was; the cancellation that went through."""
    request = doubt.request
    if request.kind == "refund" or not doubt.accepted:
        return _credit_booked(state, request, order, replace(request.tender, reference=doubt.reference))
    credit = _credit_of(state, doubt, order)
    assert credit is not None
    amount = credit.left_of(request.tender.id)
    out = replace(going_out(request.tender, amount, 0), by_hand=False)
    return book_cancel(state, order.customer, credit, amount, (out,), "card")


def holder(state: TillState, request: str) -> Ticket | None:
    """The open ticket that a card request has paid a part of."""
    for ticket in state.tickets.values():
        if any(row.request == request for row in ticket.tenders):
            return ticket
    return None


def _given_back(state: TillState, request: CardRequest, moment: Moment) -> Outcome:
    """A tender is off: the open ticket lacks it, or the sealed sale is reversed and its other card tenders stay."""
    paid = request.tender.request
    ticket = holder(state, paid)
    if ticket is not None:
        row = next(row for row in ticket.tenders if row.request == paid)
        return Outcome([j.TenderRemoved(ticket.number, row.id, -row.amount_minor)])
    closed = correctable(state)
    return reverse(state, closed, moment, _others(closed, paid))


def _late_answer(state: TillState, intent: i.AnswerCard) -> Outcome:
    """The terminal tells at last what a person has told before (rule 3); anything else is over (rule 4)."""
    doubt = state.doubts.get(intent.request)
    if doubt is None or doubt.says or intent.by == "person":
        return Outcome([])
    accepted = intent.outcome == "accepted"
    return Outcome([j.CardVerified(intent.request, accepted, accepted != doubt.accepted, intent.reference)])


def _contradicted(state: TillState, request: str) -> CardDoubt:
    doubt = state.doubts.get(request)
    if doubt is None or not doubt.says:
        raise Refusal("card.no_question")
    return doubt


def can_reopen(state: TillState, doubt: CardDoubt) -> bool:
    """Whether the books can still be made to say what the terminal says; else only the money can be given back."""
    request = doubt.request
    if twin(state, doubt) is not None:
        return True
    if request.credit is not None:
        return _credit_reopens(state, doubt, request.credit)
    if not doubt.says or request.doubt or (request.kind == "refund" and doubt.accepted):
        return False
    if place_of(state, doubt) is not None:
        return True
    has_it = request.kind == "refund" or doubt.accepted
    closed = _may_reverse(state)
    if closed is None:
        return False
    if has_it:
        return any(row.request == request.tender.request for row in closed.tenders)
    left = closed.total_minor - sum(row.amount_minor for row in _others(closed, request.id))
    return (closed.part_of or closed.ticket) == doubt.family and request.tender.amount_minor <= left


def place_of(state: TillState, doubt: CardDoubt) -> Ticket | None:
    """The open ticket that has the tender, or that takes it: its own, the one in hand, or another of the family."""
    request = doubt.request
    if request.kind == "refund" or doubt.accepted:
        return holder(state, request.tender.request)
    found = [row for row in state.tickets.values() if row.family == doubt.family and _fits(row, request)]
    return min(found, key=lambda row: (row.number != request.ticket, row.number != state.current), default=None)


def twin(state: TillState, doubt: CardDoubt) -> CardDoubt | None:
    """Two refunds of one payment, told wrongly in opposite ways: together the books are right."""
    asked = doubt.request
    for other in state.doubts.values():
        if asked.credit is not None or other.request.credit is not None:
            continue
        same = asked.kind == other.request.kind == "refund" and other.request.tender.request == asked.tender.request
        if same and other.accepted != doubt.accepted and doubt.says and other.says and other.says != doubt.says:
            return other
    return None


def _may_reverse(state: TillState) -> j.TicketClosed | None:
    """The last sealed sale, while its settlement may be reversed."""
    try:
        return correctable(state)
    except Refusal:
        return None


def _others(closed: j.TicketClosed, request: str) -> tuple[Tender, ...]:
    """What other card requests paid of a sealed sale."""
    return tuple(row for row in closed.tenders if row.request and row.request != request)


def _fits(ticket: Ticket, request: CardRequest) -> bool:
    return request.tender.amount_minor <= unpaid_minor(ticket)


def reopen_card(state: TillState, intent: i.ReopenCard, moment: Moment) -> Outcome:
    """Make the books say what the terminal says."""
    doubt = _contradicted(state, intent.request)
    if not can_reopen(state, doubt):
        raise Refusal("card.too_late", number=doubt.request.ticket)
    request = doubt.request
    ended = j.CardDoubtEnded(request.id)
    other = twin(state, doubt)
    if other is not None:
        return Outcome([ended, j.CardDoubtEnded(other.request.id)])
    if request.credit is not None:
        booked = _reopen_credit(state, doubt, request.credit)
        return Outcome([ended, *booked.facts], booked.effects)
    ticket = place_of(state, doubt)
    if request.kind == "refund" or doubt.accepted:
        booked = _given_back(state, request, moment)
    elif ticket is not None:
        booked = take(state, ticket, replace(request.tender, id=ticket.next_tender, reference=doubt.reference))
    else:
        booked = _into_sealed(state, correctable(state), doubt, moment)
    return Outcome([ended, *booked.facts], booked.effects)


def _into_sealed(state: TillState, closed: j.TicketClosed, doubt: CardDoubt, moment: Moment) -> Outcome:
    """The sale is reversed: the money of cards stays on the basket, with the one in question."""
    request = doubt.request
    number = max([row.id for row in closed.tenders], default=0) + 1
    found = replace(request.tender, id=number, reference=doubt.reference)
    return reverse(state, closed, moment, (*_others(closed, request.id), found))
