"""The till's core: `step(state, intent, moment)` says which facts follow, changing nothing.

Rules of the house, each obeyed in one place here:

1. A ticket can be paid only in an open session, with lines, and by means that sum to what is due.
2. What was paid is never more than what is due, unless the means gives change (cash) or its mode allows it.
3. Cash rounding touches only the cash part that closes the ticket; its amount is a line of its own, without VAT.
4. A ticket with tenders takes no more goods, discounts or another sale mode: finish or take the tenders back.
5. A sealed document is never touched again; a correction is its exact negative and a new ticket.
6. While a card payment is open nothing else happens to money or tickets (`domain.terminal`).
7. Every limit has a refusal: lines, quantities, totals, open notes.

Facts come back in the order in which they are to be applied; the caller appends them to the journal, applies them, and
performs the effects after their commit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.crediting import (
    adjust_wallet,
    attach_customer,
    block_wallet,
    cancel_credit,
    credit_change,
    credit_wallet,
    detach_customer,
    note_customer,
    refund_balance,
    transfer_wallet,
    unblock_wallet,
)
from appliance.domain.errors import Refusal
from appliance.domain.money import rate_part
from appliance.domain.rights import fence_wallets, note_enrolment, return_rights, take_grant
from appliance.domain.settlement import (
    Moment,
    Outcome,
    check_reserved,
    close,
    correctable,
    due_in_cash,
    next_tender,
    reverse,
    session_of,
    take,
    ticket_of,
)
from appliance.domain.split import divide_note, end_split, leave_split, move_units, open_part, put_aside, start_split
from appliance.domain.state import TillState
from appliance.domain.terminal import (
    answer_card,
    check_idle,
    check_undebited,
    lose_card,
    reopen_card,
    request_card,
    request_card_cancel,
    request_card_credit,
    request_refund,
    return_debit,
)
from appliance.domain.ticket import (
    LINES_MAX,
    OPEN_NOTES_MAX,
    QUANTITY_MAX_MILLI,
    TOTAL_MAX_MINOR,
    Line,
    Ticket,
    price,
    unpaid_minor,
)

__all__ = ["Moment", "Outcome", "check_settled", "due_in_cash", "step"]


def step(state: TillState, intent: i.Intent, moment: Moment) -> Outcome:
    """What happens when somebody asks for this now. Raises Refusal when it cannot be done; the state is only read."""
    if state.card is not None:
        check_idle(state, intent)
    return _STEP[type(intent)](state, intent, moment)


Step = Callable[[TillState, Any, Moment], Outcome]


# --- shared questions -----------------------------------------------------------------------------------------------


def _basket(state: TillState, number: int = 0) -> Ticket:
    """The ticket in hand, or the one named, still free to change (rule 4)."""
    ticket = state.tickets.get(number) if number else state.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    if ticket.tenders:
        raise Refusal("ticket.being_paid", amount_minor=ticket.paid_minor)
    return ticket


def _line(ticket: Ticket, line_id: int) -> Line:
    line = ticket.line(line_id)
    if line is None:
        raise Refusal("line.gone")
    return line


def _whole(line: Line) -> Line:
    """A line whose amount follows from quantity and price; one that a split has fixed changes no more."""
    if line.share_of or line.fixed_minor is not None:
        raise Refusal("line.divided")
    return line


# --- people and register --------------------------------------------------------------------------------------------


def _create_register(state: TillState, intent: i.CreateRegister, moment: Moment) -> Outcome:
    if state.till:
        raise Refusal("register.exists", till=state.till)
    return Outcome([j.RegisterCreated(intent.till, intent.currency, intent.profile, intent.software)])


def _sign_in(state: TillState, intent: i.SignIn, moment: Moment) -> Outcome:
    facts: list[j.AnyFact] = []
    if state.seller != intent.seller:
        facts.append(j.SellerSignedIn(intent.seller, intent.name, intent.by_badge))
    if not intent.to_count:
        return Outcome(facts)
    return Outcome([*facts, j.DrawerOpened("count")], [e.KickDrawer("count")])


def _lock(state: TillState, intent: i.Lock, moment: Moment) -> Outcome:
    return Outcome([j.SellerLocked(state.seller)] if state.seller else [])


def _note_approval(state: TillState, intent: i.NoteApproval, moment: Moment) -> Outcome:
    return Outcome([j.ActionApproved(intent.right, state.seller, intent.manager)])


# --- session --------------------------------------------------------------------------------------------------------


def _open_session(state: TillState, intent: i.OpenSession, moment: Moment) -> Outcome:
    if state.session is not None:
        raise Refusal("session.open", session=state.session.number)
    last = state.last_day
    if last is not None and intent.business_date < last.business_date and not intent.goes_back:
        raise Refusal("session.date_back", date=last.business_date)
    if intent.float_minor != intent.expected_minor and not intent.reason:
        raise Refusal("float.difference", amount_minor=intent.float_minor - intent.expected_minor)
    service = last.service + 1 if last is not None and last.business_date == intent.business_date else 1
    return Outcome(
        [
            j.SessionOpened(
                session=state.next_session,
                service=service,
                business_date=intent.business_date,
                float_minor=intent.float_minor,
                expected_minor=intent.expected_minor,
                counts=intent.counts,
                reason=intent.reason,
                by=intent.by,
            )
        ]
    )


def _read_x(state: TillState, intent: i.ReadX, moment: Moment) -> Outcome:
    session = session_of(state)
    read = j.XRead(state.next_x, session.number, _copy(session.totals), session.totals.expected_minor)
    return Outcome([read])


def _close_day(state: TillState, intent: i.CloseDay, moment: Moment) -> Outcome:
    """The Z. A ticket in hand with lines is held first; notes go over to the next session."""
    session = session_of(state)
    paying = [ticket.number for ticket in state.tickets.values() if ticket.tenders]
    if paying:
        raise Refusal("closing.being_paid", number=paying[0])
    check_settled(state)
    expected = session.totals.expected_minor
    if intent.counted_minor != expected and not intent.reason:
        raise Refusal("closing.difference", amount_minor=intent.counted_minor - expected)
    if intent.leave_minor > intent.counted_minor:
        raise Refusal("closing.leave_too_much", amount_minor=intent.counted_minor)
    facts = put_aside(state, moment.local)
    emptied = {fact.ticket for fact in facts if isinstance(fact, j.TicketEmptied)}
    closed = j.SessionClosed(
        number=state.next_z,
        session=session.number,
        business_date=session.business_date,
        totals=_copy(session.totals),
        expected_minor=expected,
        counted_minor=intent.counted_minor,
        counts=intent.counts,
        leave_minor=intent.leave_minor,
        perpetual_minor=state.perpetual_minor,
        perpetual_absolute_minor=state.perpetual_absolute_minor,
        reason=intent.reason,
        held=tuple(sorted(set(state.tickets) - emptied)),
        by=intent.by,
        approved_by=intent.approved_by,
    )
    return Outcome([*facts, closed], [e.PrintReport(closed, session.opened_at, moment.at)])


def check_settled(state: TillState) -> None:
    """A day does not end on a sale that was taken back and not settled again: its money is somewhere. Raises Refusal
    `closing.corrected`."""
    for ticket in state.tickets.values():
        if ticket.corrects and ticket.lines:
            raise Refusal("closing.corrected", number=ticket.number)


def _copy(totals: Any) -> Any:
    """Totals as they are now, independent of what comes."""
    return msgspec.convert(msgspec.to_builtins(totals, str_keys=False), type(totals))


# --- basket ---------------------------------------------------------------------------------------------------------


def _open_ticket(state: TillState, intent: i.OpenTicket, moment: Moment) -> Outcome:
    session_of(state)
    facts = put_aside(state, moment.local)
    if len(state.tickets) >= OPEN_NOTES_MAX:
        raise Refusal("notes.too_many", limit=OPEN_NOTES_MAX)
    return Outcome([*facts, j.TicketOpened(state.next_ticket, intent.mode)])


def _add_goods(state: TillState, intent: i.AddGoods, moment: Moment) -> Outcome:
    session_of(state)
    ticket = _basket(state, intent.ticket)
    if not 0 < intent.quantity_milli <= QUANTITY_MAX_MILLI:
        raise Refusal("quantity.limit", limit=QUANTITY_MAX_MILLI // 1000)
    if intent.join:
        for line in reversed(ticket.lines):
            if _joins(line, intent):
                if line.quantity_milli + intent.quantity_milli > QUANTITY_MAX_MILLI:
                    raise Refusal("quantity.limit", limit=QUANTITY_MAX_MILLI // 1000)
                _check_total(ticket, _line_added(ticket, intent).full_minor)
                return Outcome([j.QuantityChanged(ticket.number, line.id, intent.quantity_milli)])
    if len(ticket.lines) >= LINES_MAX:
        raise Refusal("ticket.too_long", limit=LINES_MAX)
    line = _line_added(ticket, intent)
    _check_total(ticket, line.full_minor)
    if line.group_bp and ticket.is_divided:  # amounts of a divided note are fixed line by line
        full = line.full_minor
        line = msgspec.structs.replace(line, group_bp=0, fixed_minor=full - rate_part(full, intent.group_bp))
    return Outcome([j.LineAdded(ticket.number, line)])


def _line_added(ticket: Ticket, intent: i.AddGoods) -> Line:
    return Line(
        id=ticket.next_line,
        product=intent.product,
        name=intent.name,
        quantity_milli=intent.quantity_milli,
        unit_price_minor=intent.price_minor,
        tax_class=intent.tax_class,
        rate_bp=intent.rate_bp,
        unit="kg" if intent.unit == "kg" else "piece",
        code=intent.code,
        age_checked=intent.age_checked,
        weighed=intent.weighed,
        tare_milli=intent.tare_milli,
        lot=intent.lot,
        batch=intent.batch,
        group_bp=intent.group_bp if ticket.customer else 0,
    )


def _joins(line: Line, intent: i.AddGoods) -> bool:
    """Whether one more of the same article may be counted on this line (feature S-07)."""
    same = line.product is not None and line.product == intent.product
    alike = (line.lot, line.batch, line.unit, intent.unit) == (intent.lot, intent.batch, "piece", "piece")
    alike = alike and line.group_bp == intent.group_bp
    return same and line.is_plain and line.unit_price_minor == intent.price_minor and alike


def _check_total(ticket: Ticket, more_minor: int) -> None:
    if sum([line.full_minor for line in ticket.lines]) + more_minor > TOTAL_MAX_MINOR:
        raise Refusal("ticket.too_dear", limit_minor=TOTAL_MAX_MINOR)


def _change_quantity(state: TillState, intent: i.ChangeQuantity, moment: Moment) -> Outcome:
    ticket = _basket(state)
    line = _whole(_line(ticket, intent.line))
    if intent.quantity_milli <= 0:
        return _remove_line(state, i.RemoveLine(intent.line), moment)
    if intent.quantity_milli > QUANTITY_MAX_MILLI:
        raise Refusal("quantity.limit", limit=QUANTITY_MAX_MILLI // 1000)
    if line.unit == "piece" and intent.quantity_milli % 1000:
        raise Refusal("quantity.whole")
    if line.weighed == "scale":  # what a scale said is not a person's to change
        raise Refusal("weight.again")
    delta = intent.quantity_milli - line.quantity_milli
    changed = msgspec.structs.replace(line, quantity_milli=intent.quantity_milli)
    _check_total(ticket, changed.full_minor - line.full_minor)
    return Outcome([j.QuantityChanged(ticket.number, line.id, delta)] if delta else [])


def _change_price(state: TillState, intent: i.ChangePrice, moment: Moment) -> Outcome:
    ticket = _basket(state)
    line = _whole(_line(ticket, intent.line))
    if intent.price_minor <= 0:
        raise Refusal("price.positive")
    _check_total(ticket, intent.price_minor * line.quantity_milli // 1000 - line.full_minor)
    if intent.price_minor == line.unit_price_minor and line.lot is None:
        return Outcome([])
    return Outcome([j.PriceChanged(ticket.number, line.id, line.unit_price_minor, intent.price_minor)])


def _discount_line(state: TillState, intent: i.DiscountLine, moment: Moment) -> Outcome:
    ticket = _basket(state)
    line = _whole(_line(ticket, intent.line))
    if intent.rate_bp and intent.amount_minor:
        raise Refusal("discount.both")
    if intent.rate_bp > 10_000:
        raise Refusal("discount.rate")
    if intent.amount_minor > line.full_minor:
        raise Refusal("discount.too_much", amount_minor=line.full_minor)
    if (line.discount_bp, line.discount_minor) == (intent.rate_bp, intent.amount_minor):
        return Outcome([])
    return Outcome([j.LineDiscounted(ticket.number, line.id, intent.rate_bp, intent.amount_minor)])


def _discount_ticket(state: TillState, intent: i.DiscountTicket, moment: Moment) -> Outcome:
    ticket = _basket(state)
    if ticket.parts:
        raise Refusal("discount.split")
    subtotal = price(ticket).base_minor
    if intent.rate_bp and intent.amount_minor:
        raise Refusal("discount.both")
    if intent.rate_bp > 10_000:
        raise Refusal("discount.rate")
    if intent.amount_minor > subtotal:
        raise Refusal("discount.too_much", amount_minor=subtotal)
    if (ticket.discount_bp, ticket.discount_minor) == (intent.rate_bp, intent.amount_minor):
        return Outcome([])
    return Outcome([j.TicketDiscounted(ticket.number, intent.rate_bp, intent.amount_minor)])


def _offer_line(state: TillState, intent: i.OfferLine, moment: Moment) -> Outcome:
    ticket = _basket(state)
    line = _line(ticket, intent.line)
    if line.offered == intent.reason:
        return Outcome([])
    return Outcome([j.LineOffered(ticket.number, line.id, intent.reason, line.full_minor)])


def _comment_line(state: TillState, intent: i.CommentLine, moment: Moment) -> Outcome:
    ticket = _basket(state)
    line = _line(ticket, intent.line)
    if line.comment == intent.comment:
        return Outcome([])
    return Outcome([j.LineCommented(ticket.number, line.id, intent.comment)])


def _remove_line(state: TillState, intent: i.RemoveLine, moment: Moment) -> Outcome:
    ticket = _basket(state)
    line = _line(ticket, intent.line)
    if line.share_of:
        raise Refusal("line.divided")
    return Outcome([j.LineRemoved(ticket.number, line.id, -line.quantity_milli, -line.amount_minor)])


def _restore_line(state: TillState, intent: i.RestoreLine, moment: Moment) -> Outcome:
    ticket = _basket(state)
    if ticket.number != intent.ticket or ticket.line(intent.line.id) is not None:
        raise Refusal("undo.too_late")
    line = intent.line if ticket.customer else msgspec.structs.replace(intent.line, group_bp=0)
    return Outcome([j.LineRestored(ticket.number, line, min(intent.index, len(ticket.lines)))])


def _change_mode(state: TillState, intent: i.ChangeMode, moment: Moment) -> Outcome:
    ticket = _basket(state)
    if ticket.part_of or ticket.parts:
        raise Refusal("mode.split")
    if ticket.mode == intent.mode:
        return Outcome([])
    return Outcome([j.ModeChanged(ticket.number, intent.mode, intent.rates, intent.prices)])


# --- notes ----------------------------------------------------------------------------------------------------------


def _name_ticket(state: TillState, intent: i.NameTicket, moment: Moment) -> Outcome:
    ticket = state.tickets.get(intent.ticket)
    if ticket is None:
        raise Refusal("ticket.none")
    return Outcome([j.TicketNamed(ticket.number, intent.name)] if ticket.name != intent.name else [])


def _hold_ticket(state: TillState, intent: i.HoldTicket, moment: Moment) -> Outcome:
    ticket = ticket_of(state)
    if not ticket.lines:
        raise Refusal("ticket.empty")
    if ticket.tenders:
        raise Refusal("ticket.being_paid", amount_minor=ticket.paid_minor)
    return Outcome([j.TicketHeld(ticket.number, moment.local)])


def _put_aside_ticket(state: TillState, intent: i.PutAside, moment: Moment) -> Outcome:
    return Outcome(put_aside(state, moment.local))


def _recall_ticket(state: TillState, intent: i.RecallTicket, moment: Moment) -> Outcome:
    session_of(state)
    if intent.ticket == state.current:
        return Outcome([])
    if intent.ticket not in state.tickets:
        raise Refusal("note.gone")
    facts = put_aside(state, moment.local)
    return Outcome([*facts, j.TicketRecalled(intent.ticket)])


def _void_ticket(state: TillState, intent: i.VoidTicket, moment: Moment) -> Outcome:
    ticket = state.tickets.get(intent.ticket or state.current)
    if ticket is None:
        raise Refusal("ticket.none")
    if ticket.tenders:
        raise Refusal("ticket.being_paid", amount_minor=ticket.paid_minor)
    if ticket.corrects:
        raise Refusal("ticket.corrects", number=ticket.corrects)
    voided = j.TicketVoided(ticket.number, intent.reason, price(ticket).total_minor, len(ticket.lines))
    return Outcome([voided, *end_split(state, ticket)])


def _restore_ticket(state: TillState, intent: i.RestoreTicket, moment: Moment) -> Outcome:
    session_of(state)
    if intent.ticket.number in state.tickets:
        raise Refusal("undo.too_late")
    facts = put_aside(state, moment.local)
    return Outcome([*facts, j.TicketRestored(intent.ticket)])


# --- payment --------------------------------------------------------------------------------------------------------


def _tend(state: TillState, intent: i.Tend, moment: Moment) -> Outcome:
    ticket, tender = next_tender(state, intent.mode, intent.amount_minor, intent.spend_first)
    if tender.kind == "card":
        check_undebited(state, ticket)
    return take(state, ticket, msgspec.structs.replace(tender, by_hand=True) if intent.by_hand else tender)


def _remove_tender(state: TillState, intent: i.RemoveTender, moment: Moment) -> Outcome:
    ticket = ticket_of(state)
    for tender in ticket.tenders:
        if tender.id == intent.tender:
            return Outcome([j.TenderRemoved(ticket.number, tender.id, -tender.amount_minor)])
    raise Refusal("tender.gone")


def _close_ticket(state: TillState, intent: i.CloseTicket, moment: Moment) -> Outcome:
    """A ticket of 0.00 closes without a tender and without the drawer (feature P-19)."""
    session_of(state)
    ticket = ticket_of(state)
    if not ticket.lines:
        raise Refusal("ticket.empty")
    priced = price(ticket)
    remaining = unpaid_minor(ticket)
    if remaining > 0:
        raise Refusal("tender.still_due", amount_minor=remaining)
    check_reserved(state, ticket)
    return close(state, ticket, priced, tuple(ticket.tenders))


def _correct_payment(state: TillState, intent: i.CorrectPayment, moment: Moment) -> Outcome:
    return reverse(state, correctable(state), moment)


# --- paper and drawer -----------------------------------------------------------------------------------------------


def _issue_copy(state: TillState, intent: i.IssueCopy, moment: Moment) -> Outcome:
    closed, at = (intent.past, intent.at) if intent.past is not None else _newest_paper(state, intent.document)
    if closed is None or closed.document != intent.document:
        raise Refusal("receipt.none")
    copy = state.papers_of(closed, intent.printed)
    if isinstance(closed, j.TicketClosed):
        fact = j.CopyIssued(closed.document, copy, state.next_copy)
        return Outcome([fact], [e.PrintTicket(closed, at, copy)])
    for_shop = 0 if copy else intent.shop_papers
    fact = j.CopyIssued(closed.document, copy, state.next_copy, shop_papers=for_shop)
    return Outcome([fact], [e.PrintWallet(closed, at, copy, for_shop)])


def _newest_paper(state: TillState, document: int) -> tuple[j.SealedPaper | None, str]:
    movement = state.last_movement
    if movement is not None and movement.document == document:
        return movement, state.last_movement_at
    return state.last_closed, state.last_closed_at


def _copy_paper(state: TillState, intent: i.CopyPaper, moment: Moment) -> Outcome:
    """Also of an earlier day, whose count the state has forgotten and the journal has not."""
    if intent.printed < 1:
        raise Refusal("receipt.none")
    number, paper = intent.document, intent.paper
    known = state.copies.get(number, 0) if paper == "ticket" else state.papers_of_report(paper, number)
    copy = max(intent.printed, known)
    fact = j.CopyIssued(number, copy, state.next_copy, paper=paper)
    return Outcome([fact], [e.PrintCopy(number, copy, paper)])


def _print_x(state: TillState, intent: i.PrintX, moment: Moment) -> Outcome:
    number = intent.report.number
    copy = state.papers_of_report("x", number)
    effect = e.PrintCopy(number, copy, "x") if copy else e.PrintReport(intent.report, intent.opened_at, intent.at)
    return Outcome([j.CopyIssued(number, copy, state.next_copy, paper="x")], [effect])


def _decline_receipt(state: TillState, intent: i.DeclineReceipt, moment: Moment) -> Outcome:
    """The newest first, so that the count goes down to the oldest that never left."""
    if not intent.copies:
        raise Refusal("receipt.none_waiting")
    return Outcome([j.ReceiptDeclined(intent.document, copy) for copy in sorted(intent.copies, reverse=True)])


def _open_drawer(state: TillState, intent: i.OpenDrawer, moment: Moment) -> Outcome:
    if not intent.reason:
        raise Refusal("drawer.reason")
    return Outcome([j.DrawerOpened(intent.reason)], [e.KickDrawer(intent.reason)])


def _note_drawer(state: TillState, intent: i.NoteDrawer, moment: Moment) -> Outcome:
    return Outcome([intent.fact])


def _note_shop(state: TillState, intent: i.NoteShop, moment: Moment) -> Outcome:
    """Put on record what a manager set up. Raises Refusal `tender.cash_needed`: an open drawer needs its cash."""
    fact = intent.fact
    if isinstance(fact, j.TenderModeChanged) and _ends_cash(fact) and state.session is not None:
        raise Refusal("tender.cash_needed")
    return Outcome([fact])


def _ends_cash(fact: j.TenderModeChanged) -> bool:
    was_on = fact.before is not None and fact.before.enabled
    return fact.mode.kind == "cash" and was_on and not fact.mode.enabled


def _split(function: Callable[[TillState, Any, str], list[j.AnyFact]]) -> Step:
    """A rule of `domain.split` in the form of a step."""

    def run(state: TillState, intent: Any, moment: Moment) -> Outcome:
        return Outcome(function(state, intent, moment.local))

    return run


_STEP: dict[type, Step] = {
    i.CreateRegister: _create_register,
    i.SignIn: _sign_in,
    i.Lock: _lock,
    i.NoteApproval: _note_approval,
    i.OpenSession: _open_session,
    i.ReadX: _read_x,
    i.CloseDay: _close_day,
    i.OpenTicket: _open_ticket,
    i.AddGoods: _add_goods,
    i.ChangeQuantity: _change_quantity,
    i.ChangePrice: _change_price,
    i.DiscountLine: _discount_line,
    i.DiscountTicket: _discount_ticket,
    i.OfferLine: _offer_line,
    i.CommentLine: _comment_line,
    i.RemoveLine: _remove_line,
    i.RestoreLine: _restore_line,
    i.ChangeMode: _change_mode,
    i.NameTicket: _name_ticket,
    i.HoldTicket: _hold_ticket,
    i.PutAside: _put_aside_ticket,
    i.RecallTicket: _recall_ticket,
    i.VoidTicket: _void_ticket,
    i.RestoreTicket: _restore_ticket,
    i.Tend: _tend,
    i.RemoveTender: _remove_tender,
    i.CloseTicket: _close_ticket,
    i.CorrectPayment: _correct_payment,
    i.AttachCustomer: attach_customer,
    i.DetachCustomer: detach_customer,
    i.NoteCustomer: note_customer,
    i.NoteShop: _note_shop,
    i.CreditWallet: credit_wallet,
    i.CancelCredit: cancel_credit,
    i.CreditChange: credit_change,
    i.RefundBalance: refund_balance,
    i.AdjustWallet: adjust_wallet,
    i.TransferWallet: transfer_wallet,
    i.BlockWallet: block_wallet,
    i.UnblockWallet: unblock_wallet,
    i.TakeGrant: take_grant,
    i.ReturnRights: return_rights,
    i.FenceWallets: fence_wallets,
    i.NoteEnrolment: note_enrolment,
    i.RequestCard: request_card,
    i.RequestCardCredit: request_card_credit,
    i.RequestCardCancel: request_card_cancel,
    i.RequestRefund: request_refund,
    i.ReturnDebit: return_debit,
    i.LoseCard: lose_card,
    i.AnswerCard: answer_card,
    i.ReopenCard: reopen_card,
    i.StartSplit: _split(start_split),
    i.OpenPart: _split(open_part),
    i.MoveUnits: _split(move_units),
    i.DivideNote: _split(divide_note),
    i.LeaveSplit: _split(leave_split),
    i.IssueCopy: _issue_copy,
    i.CopyPaper: _copy_paper,
    i.PrintX: _print_x,
    i.DeclineReceipt: _decline_receipt,
    i.OpenDrawer: _open_drawer,
    i.NoteDrawer: _note_drawer,
}
