"""Taking money: cash keys, tenders, the end of a ticket, its receipt and the drawer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from appliance.domain import intent as i
from appliance.domain.catalog import TenderMode
from appliance.domain.errors import Refusal
from appliance.domain.journal import TicketClosed
from appliance.domain.settlement import change_credit, correctable, due_in_cash
from appliance.domain.ticket import price, unpaid_minor
from appliance.domain.till import Outcome
from appliance.protocol import command as c
from appliance.service import card, papers, past_sale, selling

if TYPE_CHECKING:
    from appliance.service.till import Till


def tender_of(till: Till, mode_id: str) -> TenderMode:
    """A means of payment that is switched on. Raises Refusal."""
    for mode in till.shop.tenders:
        if mode.id == mode_id and mode.enabled:
            return mode
    raise Refusal("tender.unknown")


def tender_of_kind(till: Till, kind: str) -> TenderMode:
    """The first enabled means of a kind, in the merchant's order. Raises Refusal."""
    found = [mode for mode in till.shop.tenders if mode.kind == kind and mode.enabled]
    if not found:
        raise Refusal("tender.unknown")
    return min(found, key=lambda mode: mode.order)


def tend(till: Till, mode: TenderMode, amount_minor: int | None) -> None:
    if mode.kind == "wallet":
        wallets.tend(till, mode, amount_minor)
        return
    if mode.needs_customer and (till.ticket is None or not till.ticket.customer):
        raise Refusal("tender.needs_customer")
    till.check_room(lately=mode.kind == "cash")
    if mode.kind == "card" and till.ticket is not None and card.is_debited(till, till.ticket):
        return
    if card.by_terminal(till, mode):
        card.debit(till, mode, amount_minor)
        return
    outcome = till.do(i.Tend(mode, amount_minor))
    if till.ticket is None:
        finish(till, outcome)
    else:
        till.desk.screen = "payment"


def get_ready(till: Till) -> None:
    """Nobody waits, and a basket lies there: decide ahead what *Juste* will seal, so that the customer does not wait
    for it."""
    ticket = till.ticket
    if ticket is None or not ticket.lines or ticket.tenders:
        return
    if till.shop.cash_mode() is not None:
        till.ledger.look_at_disk()
        till.ledger.rehearse(i.Tend(tender_of_kind(till, "cash")))


def finish(till: Till, outcome: Outcome) -> None:
    """The ticket is closed: the panel with the change, the receipt when it always prints, the next part of a split."""
    desk = till.desk
    desk.close_sheet()
    desk.sound("sale_closed")
    desk.hush("refusal")
    desk.hush("payment")
    desk.hush("cash back")
    desk.hush("split")
    desk.screen, desk.shows_result, desk.selected, desk.armed = "sale", True, 0, 1
    till.forget_undo()
    closed = till.state.last_closed
    assert closed is not None
    if till.config.receipt_policy == "always":
        till.do(i.IssueCopy(closed.document))
    if closed.part_of:
        desk.split_note = closed.part_of
        rest = rest_of_note(till, closed.part_of)
        if rest:
            desk.say("split.part_paid", source="split", part=closed.part, rest_minor=rest)
            till.fold_messages()


def rest_of_note(till: Till, note: int) -> int:
    """What is still to pay of a split note: its undivided lines and its open parts."""
    open_tickets = till.state.parts_of(note)
    if note in till.state.tickets:
        open_tickets.append(till.state.tickets[note])
    return sum(price(ticket).total_minor for ticket in open_tickets)


def _take_cash(till: Till, command: c.TakeCash) -> None:
    """A one-touch key: this much received in cash closes the sale; 0 is "Juste"."""
    _check_seen(till, command.total_minor)
    if selling.may_pay(till, command):
        _must_close(till, tender_of_kind(till, "cash"), command.amount_minor)


def _check_seen(till: Till, total_minor: int | None) -> None:
    """A scan may change the keys under the finger: money is taken for the total that was looked at, or not at all."""
    ticket = till.ticket
    if total_minor is None or ticket is None:
        return
    now_minor = price(ticket).total_minor
    if now_minor != total_minor:
        raise Refusal("tender.total_changed", amount_minor=now_minor)


def _take_card(till: Till, command: c.TakeCard) -> None:
    _check_seen(till, command.total_minor)
    if selling.may_pay(till, command):
        tend(till, tender_of_kind(till, "card"), None)


def _must_close(till: Till, mode: TenderMode, amount_minor: int) -> None:
    ticket = till.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    if amount_minor:
        due, _ = due_in_cash(unpaid_minor(ticket), mode.rounding_minor)
        if amount_minor < due:
            raise Refusal("tender.not_enough", amount_minor=due)
    tend(till, mode, amount_minor or None)


def _start_payment(till: Till, command: c.StartPayment) -> None:
    ticket = till.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    if not ticket.lines:
        raise Refusal("ticket.empty")
    till.check_room()
    if not selling.may_pay(till, command):
        return
    till.desk.close_sheet()
    till.desk.screen = "payment"


def _add_tender(till: Till, command: c.AddTender) -> None:
    if selling.may_pay(till, command):
        tend(till, tender_of(till, command.mode), command.amount_minor)


def _remove_tender(till: Till, command: c.RemoveTender) -> None:
    """✕ on a tender; money that a card terminal moved goes back to the card first."""
    ticket = till.ticket
    taken = tuple(row for row in ticket.tenders if row.id == command.tender) if ticket is not None else ()
    paid = card.refundable(till, taken)
    if paid is not None and ticket is not None:
        till.check_room()
        card.refund(till, paid, 0, ticket.number)
        return
    till.do(i.RemoveTender(command.tender))
    if taken and taken[0].request:
        till.desk.say("payment.refund_card", source="payment", amount_minor=taken[0].amount_minor)
        till.fold_messages()


def _close_ticket(till: Till, command: c.CloseTicket) -> None:
    """ "Encaisser": a total of 0.00 closes; whatever is still due is refused."""
    ticket = till.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    remaining = unpaid_minor(ticket)
    if remaining > 0:
        raise Refusal("tender.still_due", amount_minor=remaining)
    if not selling.may_pay(till, command):
        return
    finish(till, till.do(i.CloseTicket()))


def _correct(till: Till, command: c.CorrectPayment) -> None:
    """Own sale or a manager: the settlement is reversed and the same basket paid again.

    What the card terminal took goes back to the card first; the reversal follows when the terminal has accepted.
    """
    closed = till.state.last_closed
    if past_sale.opened(till) is not None:
        raise Refusal("correct.not_last")
    if closed is None:
        raise Refusal("correct.none")
    if not may_correct(till, command):
        return
    requests = {tender.request for tender in closed.tenders}
    if till.terminal.can_tell and any(
        doubt.request.id in requests and not doubt.says for doubt in till.state.doubts.values()
    ):
        till.terminal.ask_now()  # nobody knows yet whether there is anything to give back
        raise Refusal("correct.unsure", number=closed.ticket)
    paid = card.refundable(till, closed.tenders)
    if paid is None:
        correct_by_hand(till)
        return
    correctable(till.state)
    till.check_room()
    card.refund(till, paid, closed.document, closed.ticket)


def may_correct(till: Till, command: c.Command) -> bool:
    """Whether the seller may reverse the last sale: it is his own, or a manager agrees.

    Change that it had put on a wallet comes off again with it: a credit taken back, a manager's whoever sold.
    """
    closed = till.state.last_closed
    is_own = closed is not None and closed.seller == till.state.seller
    if not (is_own or till.require("correct_payment", command)):
        return False
    return change_credit(till.state) is None or till.require("cancel_credit", command)


def correct_by_hand(till: Till) -> None:
    """The settlement is reversed; what cards paid is the seller's to give back."""
    closed = till.state.last_closed
    till.do(i.CorrectPayment())
    assert closed is not None
    till.desk.close_sheet()
    till.desk.shows_result, till.desk.screen = False, "payment"
    card_minor = sum(tender.amount_minor for tender in closed.tenders if tender.kind == "card")
    if card_minor:
        till.desk.say("payment.refund_card", source="payment", amount_minor=card_minor)
    else:
        till.desk.say("payment.corrected", source="payment", number=closed.ticket)
    say_cash_back(till, closed)
    till.fold_messages()


def say_cash_back(till: Till, closed: TicketClosed) -> None:
    """What a reversed sale left in the drawer is the customer's: said until it is closed or paid anew."""
    cash_minor = sum(row.amount_minor + row.rounding_minor for row in closed.tenders if row.kind == "cash")
    if cash_minor:
        till.desk.say("payment.give_cash", source="cash back", number=closed.ticket, amount_minor=cash_minor)
        till.desk.notices[0].sticky = True


def _print_receipt(till: Till, command: c.PrintReceipt) -> None:
    sale, past = past_sale.shown(till), past_sale.opened(till)
    if sale is None:
        raise Refusal("receipt.none")
    if till.config.receipt_policy == "never":
        raise Refusal("receipt.never")
    closed, at, printed = sale
    if not till.desk.shows_result:
        said = "receipt.copy_ordered" if printed else "receipt.ordered"
        till.desk.say(said, source="receipt", number=closed.ticket)
        till.fold_messages()
    till.do(i.IssueCopy(closed.document) if past is None else i.IssueCopy(closed.document, closed, at, printed))
    papers.resolve_by_copy(till, closed.document)
    till.desk.close_sheet()


def _cancel_receipt(till: Till, command: c.CancelReceipt) -> None:
    """ "Sans reçu": a receipt that still waits is taken out of the queue; asked for later it is the original still."""
    sale = past_sale.shown(till)
    if sale is None:
        raise Refusal("receipt.none_waiting")
    papers.drop(till, sale[0].document)


def _retry_printing(till: Till, command: c.RetryPrinting) -> None:
    till.retry_devices()


def _open_drawer(till: Till, command: c.OpenDrawer) -> None:
    """Without a sale: a right and a reason, on record (feature H-11)."""
    if command.reason not in {reason.id for reason in till.shop.reasons_for("drawer")}:
        raise Refusal("reason.unknown")
    if till.require("open_drawer", command):
        till.do(i.OpenDrawer(command.reason))
        till.desk.close_sheet()


def _calibrate_drawer(till: Till, command: c.CalibrateDrawer) -> None:
    till.drawer.calibrate(command)


from appliance.service import wallets  # noqa: E402  (a wallet's tender ends the ticket too)

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.CalibrateDrawer: _calibrate_drawer,
    c.StartPayment: _start_payment,
    c.TakeCash: _take_cash,
    c.TakeCard: _take_card,
    c.AddTender: _add_tender,
    c.RemoveTender: _remove_tender,
    c.CloseTicket: _close_ticket,
    c.CorrectPayment: _correct,
    c.PrintReceipt: _print_receipt,
    c.CancelReceipt: _cancel_receipt,
    c.RetryPrinting: _retry_printing,
    c.OpenDrawer: _open_drawer,
}
