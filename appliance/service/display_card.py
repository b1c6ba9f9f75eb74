"""The view of a card payment: what is known of it, step by step, and what may be answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from appliance.domain.card import CreditOrder, OpenCard
from appliance.domain.ticket import Tender, Ticket
from appliance.hal.device import PaymentStep
from appliance.protocol import view as v
from appliance.service import display_clients

if TYPE_CHECKING:
    from appliance.service.desk import FailedCard
    from appliance.service.till import Till


def card_view(till: Till) -> v.CardView | None:
    """The request under way, or the one that came to nothing."""
    card, failed = till.state.card, till.desk.card
    if card is not None:
        return _open(till, card)
    return None if failed is None else _failed(till, failed)


def _open(till: Till, card: OpenCard) -> v.CardView:
    request, terminal = card.request, till.terminal
    unknown = bool(card.unknown_at) and not terminal.is_at_work(request.id)
    sent_at = till.local_time(card.at)[11:19]
    in_hand = _in_hand(till, request.credit, request.tender)
    return v.CardView(
        phase="unknown" if unknown else "waiting",
        purpose=request.kind,
        number=request.ticket,
        amount_minor=request.amount_minor,
        client=None if request.credit is None else display_clients.chip_of(till, request.credit.customer),
        credit_minor=0 if not in_hand or request.credit is None else request.credit.part.paid_minor,
        credit_paid=in_hand,
        steps=_unknown_steps(terminal.steps, sent_at) if unknown else _steps(terminal.steps, sent_at),
        reason=card.reason if unknown else "",
        can_abort=not unknown and terminal.can_abort and not terminal.aborting,
        is_aborting=terminal.aborting and not unknown,
        is_asking=terminal.asking,
        unknown_s=_seconds_since(till, card.unknown_at) if unknown else 0,
        asks_in_s=terminal.asks_in_s if unknown else 0,
    )


def _in_hand(till: Till, order: CreditOrder | None, card: Tender) -> tuple[v.TenderView, ...]:
    """The parts of a credit that somebody holds while its card is asked."""
    rows = () if order is None or order.of else order.tenders
    icons = {mode.id: mode.icon for mode in till.shop.tenders}
    return tuple(
        v.TenderView(row.id, row.name, icons.get(row.mode, ""), row.kind, row.amount_minor, False)
        for row in rows
        if row.id != card.id
    )


def _seconds_since(till: Till, at: str) -> int:
    now = datetime.fromisoformat(till.ledger.moment().at)
    return max(0, int((now - datetime.fromisoformat(at)).total_seconds()))


def _steps(known: dict[PaymentStep, str], sent_at: str) -> tuple[v.CardStep, ...]:
    """Amount sent, the customer pays, the bank confirms: what is done, what goes on, what comes."""
    has_it = PaymentStep.CUSTOMER in known or PaymentStep.BANK in known
    at_bank = PaymentStep.BANK in known
    lost = PaymentStep.ASKING in known
    return (
        v.CardStep("sent", "done" if PaymentStep.SENT in known or has_it else "now", sent_at),
        v.CardStep("read", "done", known.get(PaymentStep.BANK, ""))
        if at_bank
        else v.CardStep("paying", "now" if PaymentStep.SENT in known or has_it else "todo"),
        v.CardStep("asking" if lost else "bank", "now" if at_bank or lost else "todo"),
    )


def _unknown_steps(known: dict[PaymentStep, str], sent_at: str) -> tuple[v.CardStep, ...]:
    steps = [v.CardStep("sent", "done", sent_at)]
    if PaymentStep.BANK in known:
        steps.append(v.CardStep("read", "done", known[PaymentStep.BANK]))
    return (*steps, v.CardStep("no_answer", "lost"))


def _failed(till: Till, failed: FailedCard) -> v.CardView:
    """Refused, or a terminal that was never reached."""
    known = failed.steps
    in_hand = () if failed.credit is None else tuple(
        v.TenderView(n, row.mode.name, row.mode.icon, row.mode.kind, row.amount_minor or 0, False)
        for n, row in enumerate(failed.credit.payments, 1)
    )  # fmt: skip
    steps: list[v.CardStep] = []
    if failed.phase == "refused":
        steps.append(v.CardStep("sent", "done", known.get(PaymentStep.SENT, "")))
        if PaymentStep.BANK in known or failed.reason in FROM_THE_BANK:
            steps.append(v.CardStep("read", "done", known.get(PaymentStep.BANK, "")))
        steps.append(v.CardStep("refused", "failed"))
    else:
        steps.append(v.CardStep("away", "failed"))
    return v.CardView(
        phase=failed.phase,
        purpose=failed.purpose,
        number=failed.number,
        amount_minor=failed.amount_minor,
        client=None if failed.credit is None else display_clients.chip_of(till, failed.credit.customer),
        credit_minor=failed.credit.amount_minor if in_hand and failed.credit is not None else 0,
        credit_paid=in_hand,
        steps=tuple(steps),
        reason=failed.reason,
        can_by_hand=_can_by_hand(till, failed),
        is_by_hand=failed.is_by_hand,
    )


def _can_by_hand(till: Till, failed: FailedCard) -> bool:
    from appliance.service.card import unproven_before

    is_open = failed.phase == "away" and till.config.card_by_hand and not failed.doubt
    return is_open and unproven_before(till, failed) is None


FROM_THE_BANK = frozenset({"declined", "insufficient_funds", "card_expired", "wrong_pin", "card_blocked"})
"""Refusals that can only come after the card was read."""


def card_ticket(till: Till) -> Ticket | None:
    """The ticket beside it: the one in hand, or the sealed sale whose money goes back."""
    card, failed, closed = till.state.card, till.desk.card, till.state.last_closed
    document = card.request.document if card is not None else failed.document if failed is not None else 0
    if not document or closed is None or closed.document != document:
        return till.ticket
    return Ticket(
        number=closed.ticket,
        mode=closed.mode,
        opened_at="",
        seller=closed.seller,
        lines=list(closed.lines),
        discount_bp=closed.discount_bp,
        discount_minor=0 if closed.discount_bp else closed.discount_minor,
        name=closed.name,
        tenders=list(closed.tenders),
    )
