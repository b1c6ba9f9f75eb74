"""Paying by card through the terminal: what the seller asks, and what an answer does to the screen.

The conversation itself is in `service.terminal`, the rules are in `domain.terminal`. While a request is open the till
takes nothing that touches money; that is looked at before any handler runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.card import CardDoubt, CardRequest, OpenCard, charged_minor
from appliance.domain.catalog import TenderMode
from appliance.domain.errors import Refusal
from appliance.domain.settlement import next_tender
from appliance.domain.state import TillState
from appliance.domain.terminal import can_reopen, debited_before, place_of
from appliance.domain.ticket import Tender, Ticket
from appliance.domain.till import Outcome
from appliance.hal.device import PaymentOutcome, PaymentReason, PaymentResult
from appliance.protocol import command as c
from appliance.service import people
from appliance.service.desk import FailedCard
from appliance.service.wallet_draft import CreditDraft

if TYPE_CHECKING:
    from appliance.service.till import Till

WHILE_OPEN: Final = frozenset({
    c.AbortCard, c.AskCard, c.ConfirmCard, c.Lock, c.SelectSeller, c.SignIn, c.SetProfile, c.DismissMessage,
    c.NextMessage, c.CloseSheet, c.ShowPage, c.RetryPrinting,
})  # fmt: skip
"""Commands that are taken while a card payment is open."""
AWAY: Final = (PaymentReason.UNREACHABLE, PaymentReason.UNTRUSTED, PaymentReason.NOT_CONFIGURED)


def check_idle(till: Till, kind: type) -> None:
    """Raises Refusal for an order that cannot be taken while a card payment is open."""
    card = till.state.card
    if card is None or kind in WHILE_OPEN:
        return
    params = {"number": card.request.ticket, "amount_minor": card.request.amount_minor}
    if kind in (c.StartClosing, c.SetStep, c.CloseDay) and card.request.credit is not None:
        raise Refusal("closing.credit_open", amount_minor=card.request.amount_minor)
    if kind in (c.StartClosing, c.SetStep, c.CloseDay):
        raise Refusal("closing.card_open", **params)
    raise Refusal(open_code(till), **params)


def open_code(till: Till) -> str:
    """ "Paiement en cours." or "Paiement à vérifier."."""
    card = till.state.card
    is_lost = card is not None and card.unknown_at and not till.terminal.is_at_work(card.request.id)
    return "card.to_check" if is_lost else "card.in_progress"


def by_terminal(till: Till, mode: TenderMode) -> bool:
    """Whether this means goes through a terminal that the till drives."""
    return mode.kind == "card" and till.terminal.is_configured


# --- asking ---------------------------------------------------------------------------------------------------------


def debit(till: Till, mode: TenderMode, amount_minor: int | None) -> None:
    """The terminal is asked for what remains, or for a part. Raises Refusal."""
    ticket, tender = next_tender(till.state, mode, amount_minor)
    failed = FailedCard("away", "debit", ticket.number, charged_minor(tender), mode.id, ticket.number, amount_minor)
    if _is_away(till, failed):
        return
    till.do(i.RequestCard(uuid4().hex, mode, amount_minor))
    _show(till, failed)


def is_debited(till: Till, ticket: Ticket) -> bool:
    """The customer was debited already, the terminal says: instead of a second time, the question is asked."""
    doubt = debited_before(till.state, ticket)
    if doubt is None:
        return False
    ask_person(till, doubt)
    till.desk.sound("needs_you")
    return True


def refund(till: Till, tender: Tender, document: int, number: int) -> None:
    """The terminal is asked to give a tender back. Raises Refusal."""
    for doubt in till.state.doubts.values():
        if (
            doubt.says == "accepted"
            and doubt.request.kind == "refund"
            and doubt.request.tender.request == tender.request
        ):
            ask_person(till, doubt)
            raise Refusal("card.says_refunded", amount_minor=doubt.request.amount_minor)
    failed = FailedCard(
        "away", "refund", number, charged_minor(tender), tender.mode, till.state.current,
        tender=tender.id, document=document,
    )  # fmt: skip
    if _is_away(till, failed):
        return
    till.do(i.RequestRefund(uuid4().hex, tender.id, document))
    _show(till, failed)


def ask_for_credit(till: Till, asked: FailedCard, intent: i.RequestCardCredit | i.RequestCardCancel) -> None:
    """The terminal is asked for the card's part of a wallet's credit, or of its cancellation. Raises Refusal."""
    if _is_away(till, asked):
        return
    till.do(intent)
    _show(till, asked)


def _is_away(till: Till, failed: FailedCard) -> bool:
    if not till.terminal.is_away:
        return False
    till.desk.close_sheet()
    till.desk.card, till.desk.screen = failed, "card"
    _say_doubt(till)
    till.desk.sound("needs_you")
    return True


def _show(till: Till, asked: FailedCard) -> None:
    """The screen of a request under way; should it fail, it is repeated as it was asked."""
    till.desk.close_sheet()
    till.desk.hush("payment")
    till.desk.asked = asked
    till.desk.card, till.desk.screen, till.desk.shows_result = None, "card", False


def refundable(till: Till, tenders: tuple[Tender, ...]) -> Tender | None:
    """The first card tender that the terminal itself can give back; one that nobody is sure of is a person's."""
    if not till.terminal.is_configured:
        return None
    return next((row for row in tenders if row.request and row.request not in till.state.doubts), None)


# --- answers --------------------------------------------------------------------------------------------------------


def answered(till: Till, request_id: str, result: PaymentResult) -> None:
    """A certain outcome of the terminal becomes true."""
    from appliance.service.terminal import answer_of

    request = _open_request(till, request_id)
    outcome = till.do(answer_of(request_id, result))
    if request is None:
        _verified(till, request_id, outcome)
    elif result.outcome is PaymentOutcome.ACCEPTED:
        accepted(till, request, outcome)
    else:
        _failed(till, request, result)


def withdrawn(till: Till, request: CardRequest, doubt: CardDoubt) -> None:
    """The customer was debited for this ticket already: the new request never leaves, and the question is asked."""
    till.do(i.AnswerCard(request.id, "not_started", reason="debited_before"))
    _leave(till, request)
    ask_person(till, doubt)


def lost(till: Till, request_id: str, result: PaymentResult) -> None:
    """No answer: the only question that blocks the till (screen 35)."""
    if till.do(i.LoseCard(request_id, result.reason.value if result.reason is not None else "")).facts:
        till.desk.sound("needs_you")


def _open_request(till: Till, request_id: str) -> CardRequest | None:
    card = till.state.card
    return card.request if card is not None and card.request.id == request_id else None


def accepted(till: Till, request: CardRequest, outcome: Outcome) -> None:
    """Money moved: the sale is over, or the payment goes on."""
    from appliance.service.paying import finish, say_cash_back

    desk = till.desk
    locked = desk.screen == "lock"
    draft = desk.asked.credit if desk.asked is not None else None
    desk.card = desk.asked = None
    amount = request.amount_minor
    if any(isinstance(fact, j.TicketClosed) for fact in outcome.facts):
        finish(till, outcome)
    elif request.doubt:
        desk.hush(f"card {request.doubt}")
        people.land(till)
        desk.say("card.returned", source="payment", amount_minor=amount)
    elif request.credit is not None:
        _to_wallet(till, draft)
        desk.sheet = ""
        wallets.credited(till, outcome, draft)
    elif request.kind == "refund":
        desk.screen, desk.shows_result = "payment", False
        desk.say("card.refunded", source="payment", amount_minor=amount, number=request.ticket)
        for fact in outcome.facts:
            if isinstance(fact, j.SettlementReversed):
                say_cash_back(till, fact.of)
    else:
        desk.screen = "payment"
        desk.sound("scan_ok")
    till.fold_messages()
    if locked:
        desk.screen = "lock"


def _failed(till: Till, request: CardRequest, result: PaymentResult) -> None:
    """Nothing moved: say why, and offer what can be done."""
    reason = result.reason.value if result.reason is not None else ""
    if result.outcome is PaymentOutcome.ABORTED:
        _leave(till, request)
        till.desk.say("card.aborted", source="payment")
    elif result.reason is PaymentReason.NEVER_ARRIVED:
        _leave(till, request)
        till.desk.say("card.never_arrived", "warn", source="payment", amount_minor=request.amount_minor)
    else:
        phase = "away" if result.reason in AWAY else "refused"
        _show_failed(till, request, phase, reason)
        _say_doubt(till)
        till.desk.sound("needs_you")
    till.fold_messages()


def _say_doubt(till: Till) -> None:
    """Why a terminal that is away is not paid at by hand."""
    failed = till.desk.card
    doubt = unproven_before(till, failed) if failed is not None and failed.phase == "away" else None
    if doubt is not None and till.config.card_by_hand:
        till.desk.say("card.doubt_by_hand", "warn", source="payment", amount_minor=doubt.request.amount_minor)


def _show_failed(till: Till, request: CardRequest, phase: Any, reason: str) -> None:
    desk, tender = till.desk, request.tender
    asked = desk.asked
    desk.card = FailedCard(
        phase, request.kind, request.ticket, request.amount_minor, tender.mode, till.state.current,
        asked.typed_minor if asked is not None else request.amount_minor,
        tender=tender.id, document=request.document, doubt=request.doubt, reason=reason,
        steps=dict(till.terminal.steps), credit=_draft(till, request),
    )  # fmt: skip
    desk.asked = None
    if desk.credit is None:
        desk.credit = desk.card.credit
    if desk.screen != "lock":
        desk.screen = "card"


def _draft(till: Till, request: CardRequest) -> CreditDraft | None:
    """What stood on the wallet's sheet when this was asked for; None for a sale."""
    if request.credit is None:
        return None
    asked = till.desk.asked
    return asked.credit if asked is not None and asked.credit is not None else wallets.draft_of(till, request)


def _to_wallet(till: Till, draft: CreditDraft | None) -> None:
    """The screen on which a wallet's sheet was open, and the sheet as it stood."""
    desk = till.desk
    if draft is None:
        people.land(till)
        return
    if desk.screen != "lock":
        people.land(till)
        if draft.back in ("clients", "home") or (
            till.ticket is not None and draft.back in ("sale", "payment", "split")
        ):
            desk.screen = draft.back  # type: ignore[assignment]
        desk.sheet, desk.credit = "wallet_credit", draft


def _leave(till: Till, request: CardRequest) -> None:
    """Back to where the request came from, with nothing changed."""
    desk = till.desk
    draft = _draft(till, request)
    desk.card = desk.asked = None
    if desk.screen == "lock":
        desk.credit = desk.credit or draft
        return
    if draft is not None:
        _to_wallet(till, draft)
        return
    if request.kind == "debit" or (till.ticket is not None and not request.document):
        desk.screen = "payment" if till.ticket is not None else "home"
    elif request.document:
        desk.screen, desk.shows_result = "sale", True
    else:
        people.land(till)


# --- a person's word ------------------------------------------------------------------------------------------------


def _verified(till: Till, request_id: str, outcome: Outcome) -> None:
    """The terminal told late: where it says the contrary, somebody is asked."""
    doubt = till.state.doubts.get(request_id)
    if doubt is not None and doubt.says and outcome.facts:
        ask_person(till, doubt)
        till.desk.sound("needs_you")


def ask_person(till: Till, doubt: CardDoubt) -> None:
    """ "Le terminal dit accepté. Rouvrir le règlement ?", or the like."""
    request = doubt.request
    may_reopen = can_reopen(till.state, doubt)
    action = "reopen" if may_reopen else "refund" if doubt.is_owed else ""
    what = request.kind if request.credit is None else f"credit_{request.kind}"
    code = f"card.{what}_says_{doubt.says}{'' if may_reopen else '_late'}"
    till.desk.say(
        code, "error", actions=(action,) if action else (), source=f"card {request.id}",
        number=request.ticket, amount_minor=request.amount_minor,
    )  # fmt: skip
    till.desk.notices[0].retry = c.ReopenCard(request.id)


def open_questions(state: TillState) -> list[CardDoubt]:
    return [doubt for doubt in state.doubts.values() if doubt.says]


def ask_again(till: Till) -> None:
    """Questions that still stand, after a restart or a new seller."""
    for doubt in open_questions(till.state):
        ask_person(till, doubt)


def _reopen(till: Till, command: c.ReopenCard) -> None:
    """The books are made to say what the terminal says, or the money goes back."""
    doubt = till.state.doubts.get(command.request)
    if doubt is None or not doubt.says:
        raise Refusal("card.no_question")
    if not till.require("correct_payment", command):
        return
    request = doubt.request
    if not can_reopen(till.state, doubt):
        _give_back(till, doubt)
        return
    place = place_of(till.state, doubt)
    if place is not None:
        till.do(i.RecallTicket(place.number))
    outcome = till.do(i.ReopenCard(request.id))
    till.desk.hush(f"card {request.id}")
    _reopened(till, request, outcome)


def _reopened(till: Till, request: CardRequest, outcome: Outcome) -> None:
    from appliance.service.paying import finish

    desk = till.desk
    if any(isinstance(fact, j.TicketClosed) for fact in outcome.facts):
        finish(till, outcome)
        return
    if request.credit is not None:
        people.land(till)
        wallets.credited(till, outcome)
        return
    desk.close_sheet()
    for fact in outcome.facts:
        if isinstance(fact, j.CardDoubtEnded):
            desk.hush(f"card {fact.request}")
    if all(isinstance(fact, j.CardDoubtEnded) for fact in outcome.facts):
        people.land(till)
        return
    desk.shows_result, desk.screen = False, "payment"
    desk.say("payment.corrected", source="payment", number=request.ticket)
    till.fold_messages()


def _give_back(till: Till, doubt: CardDoubt) -> None:
    if not doubt.is_owed and doubt.request.credit is not None:
        raise Refusal("card.credit_too_late")
    if not doubt.is_owed:
        raise Refusal("card.too_late", number=doubt.request.ticket)
    request = doubt.request
    failed = FailedCard(
        "away", "refund", request.ticket, request.amount_minor, request.tender.mode, till.state.current,
        doubt=request.id,
    )  # fmt: skip
    if _is_away(till, failed):
        return
    till.do(i.ReturnDebit(uuid4().hex, request.id))
    _show(till, failed)


# --- commands -------------------------------------------------------------------------------------------------------


def _open(till: Till) -> OpenCard:
    card = till.state.card
    if card is None:
        raise Refusal("card.none")
    return card


def _abort(till: Till, command: c.AbortCard) -> None:
    """ "Annuler sur le terminal": a wish; the customer may be quicker."""
    card = _open(till)
    till.terminal.abort(till, card.request, card.at)


def _ask(till: Till, command: c.AskCard) -> None:
    """ "Redemander au terminal": never debits."""
    _open(till)
    till.terminal.ask_now()


def _confirm(till: Till, command: c.ConfirmCard) -> None:
    """A person has read the terminal: "Oui, accepté" or "Non". Not while the terminal says that it is at work: then
    nobody can have read anything, and who is let off pays twice. After a "Non" it is told to give up."""
    card = _open(till)
    request = card.request
    if till.terminal.is_at_work(request.id):
        raise Refusal("card.at_work", amount_minor=request.amount_minor)
    outcome = till.do(i.AnswerCard(request.id, "accepted" if command.is_accepted else "refused", by="person"))
    if command.is_accepted:
        accepted(till, request, outcome)
        if request.credit is not None:
            till.desk.say("card.credit_unsure", "warn", source="payment", amount_minor=request.amount_minor)
        else:
            _say_unsure(till, request)
    else:
        till.terminal.abort(till, request, card.at)
        _leave(till, request)
        till.desk.say("card.denied", source="payment", amount_minor=request.amount_minor)
    till.terminal.ask_now()
    till.fold_messages()


def _say_unsure(till: Till, request: CardRequest) -> None:
    amount = request.amount_minor
    till.desk.say("card.unsure", "warn", source="payment", number=request.ticket, amount_minor=amount)


def failed_now(till: Till) -> FailedCard | None:
    """The card that came to nothing, as long as the till still has in hand what it was asked for."""
    failed, state = till.desk.card, till.state
    if failed is None or failed.in_hand != state.current or not till.terminal.is_configured:
        return None
    if failed.doubt:
        doubt = state.doubts.get(failed.doubt)
        return failed if doubt is not None and doubt.says else None
    if failed.credit is not None:
        return failed
    if failed.purpose == "debit":
        return failed if failed.number == state.current else None
    return failed if any(row.id == failed.tender for row in _tenders(till, failed)) else None


def _tenders(till: Till, failed: FailedCard) -> tuple[Tender, ...]:
    """Of the sealed sale, or of the ticket in hand, that the refund is for."""
    closed, ticket = till.state.last_closed, till.ticket
    if failed.document:
        return closed.tenders if closed is not None and closed.document == failed.document else ()
    return tuple(ticket.tenders) if ticket is not None and ticket.number == failed.number else ()


def look_away(till: Till) -> None:
    """A card that came to nothing is over when its screen or its ticket is left."""
    desk = till.desk
    if desk.card is None or (desk.screen in ("card", "lock") and failed_now(till) is not None):
        return
    desk.card = None
    if desk.screen == "card" and till.state.card is None:
        people.land(till)


def _failed_card(till: Till) -> FailedCard:
    failed = failed_now(till)
    if failed is None:
        raise Refusal("card.none")
    return failed


def _may_again(till: Till, failed: FailedCard, command: c.Command) -> bool:
    """What was asked for the first time is asked for again: the till may stand before somebody else by now."""
    from appliance.service.paying import may_correct
    from appliance.service.selling import may_pay

    if failed.doubt:
        return till.require("correct_payment", command)
    if failed.credit is not None:
        return failed.purpose == "debit" or till.require("cancel_credit", command)
    if failed.purpose == "debit":
        return may_pay(till, command)
    return not failed.document or may_correct(till, command)


def _retry(till: Till, command: c.RetryCard) -> None:
    """ "Réessayer par carte": a new request for the same money."""
    from appliance.service.paying import tend, tender_of

    failed = _failed_card(till)
    if not _may_again(till, failed, command):
        return
    till.check_room()
    till.retry_devices()
    if failed.doubt:
        _give_back(till, till.state.doubts[failed.doubt])
    elif failed.credit is not None:
        wallets.collect_again(till, failed.credit)
    elif failed.purpose == "debit":
        tend(till, tender_of(till, failed.mode), failed.typed_minor)
    else:
        tender = next(row for row in _tenders(till, failed) if row.id == failed.tender)
        refund(till, tender, failed.document, failed.number)


def unproven_before(till: Till, failed: FailedCard) -> CardDoubt | None:
    """The "Non" about the same money that the terminal has not confirmed yet, and still can (ADR 0022)."""
    if not till.terminal.can_tell:
        return None
    given_back = {row.request for row in _tenders(till, failed) if row.id == failed.tender}
    for doubt in till.state.doubts.values():
        asked = doubt.request
        if doubt.says or (asked.credit is None) != (failed.credit is None):
            continue
        if failed.credit is not None:
            is_theirs = asked.credit is not None and asked.credit.customer == failed.credit.customer
            if is_theirs and asked.kind == failed.purpose and not doubt.accepted:
                return doubt
            continue
        if failed.purpose == "refund":
            if asked.kind == "refund" and not doubt.accepted and asked.tender.request in given_back:
                return doubt
        elif doubt.is_owed and till.ticket is not None and doubt.family == till.ticket.family:
            return doubt
    return None


def _check_proven(till: Till, failed: FailedCard) -> None:
    """By hand nobody asks the terminal before: the card would be debited, or paid back, a second time."""
    doubt = unproven_before(till, failed)
    if doubt is not None:
        till.terminal.ask_now()
        raise Refusal("card.doubt_by_hand", amount_minor=doubt.request.amount_minor)


def _by_hand(till: Till, command: c.CardByHand) -> None:
    """ "Encaisser à la main": on a terminal that does not answer the till; the tender says so."""
    from appliance.service.paying import correct_by_hand, finish, tender_of

    failed = _failed_card(till)
    if failed.phase != "away" or not till.config.card_by_hand or failed.doubt:
        raise Refusal("card.not_by_hand")
    _check_proven(till, failed)
    if not _may_again(till, failed, command):
        return
    till.check_room()
    if not command.confirmed:
        till.desk.card = msgspec.structs.replace(failed, is_by_hand=True)
        return
    if failed.credit is not None:
        till.desk.card = None
        _to_wallet(till, failed.credit)
        wallets.collect_again(till, failed.credit, by_hand=True)
        return
    if failed.purpose == "refund":
        has_more = any(row.kind == "card" and row.id != failed.tender for row in _tenders(till, failed))
        till.desk.card = None
        if failed.document:
            correct_by_hand(till)
            if has_more:
                return
        else:
            till.do(i.RemoveTender(failed.tender))
            till.desk.screen = "payment"
        till.desk.say("card.refunded", source="payment", amount_minor=failed.amount_minor, number=failed.number)
        till.fold_messages()
        return
    if till.ticket is not None and is_debited(till, till.ticket):
        return
    outcome = till.do(i.Tend(tender_of(till, failed.mode), failed.typed_minor, by_hand=True))
    till.desk.card = None
    if till.ticket is None:
        finish(till, outcome)
    else:
        till.desk.screen = "payment"


def leave(till: Till) -> None:
    """Retour from a refusal: "Autre mode de règlement". Raises Refusal while money may move."""
    failed = till.desk.card
    if failed is not None and failed.is_by_hand:
        till.desk.card = msgspec.structs.replace(failed, is_by_hand=False)
        return
    till.desk.card = None
    if failed is not None and failed.credit is not None:
        _to_wallet(till, failed.credit)
    elif failed is not None and failed.purpose == "refund" and (failed.document or till.ticket is None):
        people.land(till)
        if till.ticket is None and failed.document:
            till.desk.screen, till.desk.shows_result = "sale", True
    else:
        till.desk.screen = "payment" if till.ticket is not None else "home"


def _start_scan(till: Till, command: c.StartScan) -> None:
    """SCAN in the Code Barre sheet: the terminal reads one code."""
    if till.desk.sheet != "code_entry":
        raise Refusal("code.terminal_unable")
    till.desk.code_note = ""
    till.terminal.start_scan(till)


def _stop_scan(till: Till, command: c.StopScan) -> None:
    till.terminal.stop_scan()


from appliance.service import wallets  # noqa: E402  (a card may pay a credit)

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.AbortCard: _abort,
    c.AskCard: _ask,
    c.ConfirmCard: _confirm,
    c.RetryCard: _retry,
    c.CardByHand: _by_hand,
    c.ReopenCard: _reopen,
    c.StartScan: _start_scan,
    c.StopScan: _stop_scan,
}
