"""The wallet at the till: credited and taken back, taken as a tender, recharged on the spot; its papers.

The core decides (`domain.crediting`); this keeps what is being typed until then, asks the card terminal or a manager,
and says what came of it. A credit leaves the ticket in hand as it is. Parts that are in hand before the last one are
in no book yet: who leaves the sheet is told to give them back.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import uuid4

from msgspec.structs import replace

from appliance.domain import crediting
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.account import Credit, in_cash
from appliance.domain.card import CardRequest
from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.customer import Customer
from appliance.domain.errors import Refusal
from appliance.domain.settlement import make_tender, open_wallet
from appliance.domain.ticket import Tender, Ticket, unpaid_minor
from appliance.domain.till import Outcome
from appliance.domain.wallet import Purse
from appliance.protocol import command as c
from appliance.service import card, clients, papers, paying, people, selling, wallet_parts
from appliance.service.desk import FailedCard, Notice
from appliance.service.printing import ROLE as PRINTER
from appliance.service.wallet_draft import CreditDraft, HandOut
from appliance.store import journal, movements

if TYPE_CHECKING:
    from appliance.service.office import Question
    from appliance.service.till import Till

CREDIT, SHORT, ACTION, MOVEMENT = "wallet_credit", "wallet_short", "wallet_action", "wallet_movement"
GIVEN = "wallet_given"
"""The sheets."""


def rules_of(till: Till) -> WalletRules:
    return till.shop.wallet_rules_in(till.config.profile)


def funding_modes(till: Till) -> list[TenderMode]:
    """Means that may credit a wallet, in the merchant's order."""
    found = [mode for mode in till.shop.tenders if mode.enabled and mode.funds_wallet and mode.kind != "wallet"]
    return sorted(found, key=lambda mode: mode.order)


def funding_mode(till: Till, mode_id: str) -> TenderMode:
    found = next((mode for mode in funding_modes(till) if mode.id == mode_id), None)
    if found is None:
        raise Refusal("wallet.choose_mode")
    return found


def _coin_minor(till: Till) -> int:
    """The smallest coin; 0 where everything can be paid."""
    return next((mode.rounding_minor for mode in till.shop.tenders if mode.kind == "cash"), 0)


# --- the sheet ------------------------------------------------------------------------------------------------------


def _open(till: Till, command: c.OpenCredit) -> None:
    if command.document:
        open_cancel(till, command.customer, command.document)
    else:
        open_credit(till, command.customer)


def open_cancel(till: Till, customer: str, document: int) -> None:
    """Annuler un crédit, at this credit. Raises Refusal: nothing of it can be given back."""
    if not any(row.document == document for row in cancellable(till, customer)):
        raise Refusal("wallet.nothing_to_cancel")
    open_credit(till, customer)
    _set_quantity(till, c.SetCreditQuantity(-1))
    _choose_credit(till, c.ChooseCredit(document))


def open_credit(till: Till, customer_id: str, amount_minor: int = 0, ticket: int = 0) -> None:
    """Créditer la cagnotte, by either route; the ticket in hand stays as it is. Raises Refusal."""
    people.require_session(till)
    customer = owner_of(till, customer_id)
    if not rules_of(till).enabled:
        raise Refusal("client.wallets_off")
    _open_wallet(till, customer.id)
    desk, modes = till.desk, funding_modes(till)
    cash = next((mode.id for mode in modes if mode.kind == "cash"), "")
    back = desk.credit.back if desk.screen == "card" and desk.credit is not None else desk.screen
    desk.close_sheet()
    desk.shows_result = False
    desk.sheet = CREDIT
    desk.credit = CreditDraft(customer.id, amount_minor=amount_minor, mode=cash, ticket=ticket, back=back)


def owner_of(till: Till, customer_id: str) -> Customer:
    customer = till.directory.get(customer_id)
    if customer is None or till.directory.is_leaving(customer_id):
        raise Refusal("client.gone")
    if not customer.can_own_wallet:
        raise Refusal("client.counter")
    return customer


def _open_wallet(till: Till, customer_id: str) -> None:
    try:
        open_wallet(till.state, customer_id)
    except Refusal as refusal:
        till.desk.sound("scan_refused")
        raise refusal


def _draft(till: Till) -> CreditDraft:
    """What stands on the sheet, which comes back after a manager's word. Raises Refusal when it is left."""
    desk = till.desk
    if desk.credit is None or (desk.sheet != CREDIT and not till.approved):
        raise Refusal("wallet.left")
    desk.sheet = CREDIT
    return desk.credit


def _set_quantity(till: Till, command: c.SetCreditQuantity) -> None:
    draft = _draft(till)
    if draft.quantity == command.quantity:
        return
    if draft.payments:
        raise Refusal("wallet.payments_taken", amount_minor=taken_minor(draft))
    fresh = CreditDraft(
        draft.customer, command.quantity, mode=draft.mode, is_mode_chosen=draft.is_mode_chosen, ticket=draft.ticket,
        back=draft.back,
    )  # fmt: skip
    found = None if command.quantity == 1 else _credit_meant(till, draft)
    till.desk.credit = fresh if found is None else _with_credit(till, fresh, found)


def _credit_meant(till: Till, draft: CreditDraft) -> Credit | None:
    """The newest one that the means chosen before had paid (seed 000: the same means first, then the quantity); where
    none was, the newest."""
    credits = cancellable(till, draft.customer)
    by_mode = [row for row in credits if draft.is_mode_chosen and draft.mode in {each.mode for each in row.tenders}]
    return next(iter((*by_mode, *credits)), None)


def cancellable(till: Till, customer: str) -> list[Credit]:
    """Credits of which something can be given back, newest first."""
    wallet = till.state.wallets.get(customer)
    rows = [] if wallet is None else wallet.credits
    return [row for row in reversed(rows) if crediting.cancellable_minor(till.state, customer, row)]


def _with_credit(till: Till, draft: CreditDraft, credit: Credit) -> CreditDraft:
    """As much as can go back, by the means that paid it."""
    most = crediting.cancellable_minor(till.state, draft.customer, credit)
    mode = credit.tenders[0].mode if credit.tenders else draft.mode
    return replace(draft, document=credit.document, amount_minor=most, mode=mode, asks_amount=False)


def _choose_credit(till: Till, command: c.ChooseCredit) -> None:
    draft = _draft(till)
    found = [row for row in cancellable(till, draft.customer) if row.document == command.document]
    if draft.quantity == 1 or not found:
        raise Refusal("wallet.nothing_to_cancel")
    till.desk.credit = _with_credit(till, draft, found[0])


def _focus(till: Till, command: c.FocusCredit) -> None:
    draft = _draft(till)
    field = command.field if draft.quantity == 1 else "amount"
    till.desk.credit = replace(draft, field=field)


def _type(till: Till, command: c.TypeCredit) -> None:
    draft = _draft(till)
    if draft.field == "received":
        till.desk.credit = replace(draft, received_minor=command.amount_minor)
    else:
        till.desk.credit = replace(draft, amount_minor=command.amount_minor, asks_amount=False)


def _choose_mode(till: Till, command: c.ChooseCreditMode) -> None:
    """Before or after the amount; once that is there, digits are what was received."""
    draft = _draft(till)
    if draft.quantity == -1:
        raise Refusal("wallet.same_mode")
    mode = funding_mode(till, command.mode)
    if mode.id != draft.mode:
        draft = _with_part(till, draft)
    field = "received" if draft.amount_minor else "amount"
    till.desk.credit = replace(
        draft, mode=mode.id, is_mode_chosen=True, received_minor=0, field=field, asks_amount=False
    )


def _with_part(till: Till, draft: CreditDraft) -> CreditDraft:
    """20.00 received of 50.00, then other means: the 20.00 is in hand, and the rest is paid by those."""
    if not 0 < draft.received_minor < remaining_minor(draft):
        return draft
    if card.by_terminal(till, funding_mode(till, draft.mode)):
        return draft  # nothing was taken yet: the terminal comes last
    payment, tender = next_payment(till, draft)
    part = replace(payment, amount_minor=tender.amount_minor)
    return replace(draft, payments=(*draft.payments, part), received_minor=0)


def _remove_payment(till: Till, command: c.RemoveCreditPayment) -> None:
    draft = _draft(till)
    if not 1 <= command.payment <= len(draft.payments):
        raise Refusal("tender.gone")
    kept = tuple(row for n, row in enumerate(draft.payments, 1) if n != command.payment)
    till.desk.credit = replace(draft, payments=kept, received_minor=0)


# --- paying a credit ------------------------------------------------------------------------------------------------


def taken_minor(draft: CreditDraft) -> int:
    """What is in hand already."""
    return sum(payment.amount_minor or 0 for payment in draft.payments)


def remaining_minor(draft: CreditDraft) -> int:
    """What is not in hand yet; below zero when the amount was lowered since."""
    return draft.amount_minor - taken_minor(draft)


def next_payment(till: Till, draft: CreditDraft, *, by_hand: bool = False) -> tuple[i.Payment, Tender]:
    """What Encaisser takes now, by the chosen means. Raises Refusal."""
    if draft.amount_minor <= 0:
        raise Refusal("wallet.no_amount")
    remaining = remaining_minor(draft)
    if remaining <= 0:
        raise Refusal("wallet.payments_taken", amount_minor=taken_minor(draft))
    mode = funding_mode(till, draft.mode)
    if draft.received_minor > remaining and mode.overpayment != "change":
        raise Refusal("tender.too_much", amount_minor=remaining)
    tender = make_tender(len(draft.payments) + 1, mode, draft.received_minor or None, remaining)
    if tender.rounding_minor:
        raise Refusal("tender.no_such_coin", step_minor=mode.rounding_minor)
    if tender.amount_minor < remaining and card.by_terminal(till, mode):
        raise Refusal("wallet.card_last")
    return i.Payment(mode, draft.received_minor or None, by_hand), tender


def fault_of(till: Till, draft: CreditDraft) -> Refusal | None:
    """What keeps Encaisser, or Rembourser, from working now."""
    try:
        if draft.quantity == -1:
            coins_back(till, draft)
            return None
        _, tender = next_payment(till, draft)
        tenders = tuple(make_tender(n, row.mode, row.amount_minor, 10**9) for n, row in enumerate(draft.payments, 1))
        part = Purse(draft.amount_minor)
        crediting.check_credit(till.state, draft.customer, part, (*tenders, tender), rules_of(till))
    except Refusal as refusal:
        return refusal
    return None


def _collect(till: Till, command: c.CollectCredit) -> None:
    """Encaisser, Rembourser. Without an amount, Encaisser asks for it."""
    draft = _draft(till)
    if draft.quantity == -1:
        fault = fault_of(till, draft)
        if fault is not None:
            raise fault
        if till.require("cancel_credit", command):
            give_back(till, draft)
        return
    if not draft.amount_minor and not draft.asks_amount:
        till.desk.credit = replace(draft, asks_amount=True, field="amount")
        return
    collect(till, draft)


def collect(till: Till, draft: CreditDraft, *, by_hand: bool = False) -> None:
    """Take the next part; the last one credits. Raises Refusal."""
    fault = fault_of(till, draft)
    if fault is not None:
        raise fault
    payment, tender = next_payment(till, draft, by_hand=by_hand)
    if tender.amount_minor < remaining_minor(draft):
        part = replace(payment, amount_minor=tender.amount_minor)
        till.desk.credit = replace(draft, payments=(*draft.payments, part), received_minor=0, field="received")
        till.desk.sound("scan_ok")
        return
    till.check_room(lately=payment.mode.kind == "cash")
    intent = i.CreditWallet(draft.customer, draft.amount_minor, (*draft.payments, payment), rules_of(till))
    if not by_hand and card.by_terminal(till, payment.mode):
        asked = failed_card(till, draft, tender)
        card.ask_for_credit(till, asked, i.RequestCardCredit(uuid4().hex, intent))
        return
    credited(till, till.do(intent), draft)


def failed_card(till: Till, draft: CreditDraft, tender: Tender) -> FailedCard:
    """How the card is asked for, so that it can be asked again."""
    purpose: Any = "debit" if draft.quantity == 1 else "refund"
    amount_minor = abs(tender.received_minor or tender.amount_minor)
    return FailedCard("away", purpose, 0, amount_minor, tender.mode, till.state.current, credit=draft)


def give_back(till: Till, draft: CreditDraft, *, by_hand: bool = False) -> None:
    """Part of a credit, by the means that paid it: what a terminal moved goes back through it."""
    till.check_room()
    cancel = _cancel(till, draft)
    credit = crediting.credit_to_cancel(till.state, draft.customer, draft.document, draft.amount_minor)
    if not by_hand and till.terminal.is_configured:
        shares = crediting.shares_back(till.state, credit, cancel)
        moved = {row.id for row in credit.tenders if row.request}
        share = next((row for row in shares if row.id in moved and row.kind == "card"), None)
        if share is not None:
            asked = failed_card(till, draft, share)
            card.ask_for_credit(till, asked, i.RequestCardCancel(uuid4().hex, cancel))
            return
    credited(till, till.do(cancel), draft)


def _cancel(till: Till, draft: CreditDraft) -> i.CancelCredit:
    cash = till.shop.cash_mode()
    return i.CancelCredit(
        draft.customer, draft.document, draft.amount_minor, _coin_minor(till), card_days=rules_of(till).card_days,
        cash=cash,
    )  # fmt: skip


def coins_back(till: Till, draft: CreditDraft) -> int:
    """How much of a cancellation is given in coins. Raises Refusal."""
    return -in_cash(_shares(till, draft))


def repaid_minor(till: Till, draft: CreditDraft) -> int:
    """What a cancellation gives back by all means, the rounding of coins included. Raises Refusal."""
    return -sum(row.amount_minor + row.rounding_minor for row in _shares(till, draft))


def _shares(till: Till, draft: CreditDraft) -> tuple[Tender, ...]:
    credit = crediting.credit_to_cancel(till.state, draft.customer, draft.document, draft.amount_minor)
    return crediting.shares_back(till.state, credit, _cancel(till, draft))


def too_old_days(till: Till, draft: CreditDraft) -> int:
    """The limit of days that the chosen credit is beyond; 0 when its means take it back."""
    wallet = till.state.wallets.get(draft.customer)
    credit = wallet.credit(draft.document) if wallet is not None and draft.document else None
    days = rules_of(till).card_days
    return days if credit is not None and crediting.is_card_too_old(till.state, credit, days) else 0


def drawer_below(till: Till, coins_minor: int) -> int | None:
    """What should lie in the drawer, where it is less than these coins."""
    session = till.state.session
    there = session.totals.expected_minor if session is not None else 0
    return there if there < coins_minor else None


def collect_again(till: Till, draft: CreditDraft, *, by_hand: bool = False) -> None:
    """Réessayer, or Encaisser à la main, for what the terminal did not do. Raises Refusal."""
    if draft.quantity == 1:
        collect(till, draft, by_hand=by_hand)
    else:
        give_back(till, draft, by_hand=by_hand)


def draft_of(till: Till, request: CardRequest) -> CreditDraft:
    """What was on the sheet when the terminal was asked, after a restart: with the parts that were in hand."""
    order = request.credit
    assert order is not None
    if order.of:
        return CreditDraft(order.customer, -1, amount_minor=order.part.paid_minor, document=order.of)
    modes = {mode.id: mode for mode in till.shop.tenders}
    in_hand = tuple(
        i.Payment(modes[row.mode], row.amount_minor) for row in order.tenders if row.id != request.tender.id
    )
    return CreditDraft(order.customer, amount_minor=order.part.paid_minor, mode=request.tender.mode, payments=in_hand)


# --- what came of it ------------------------------------------------------------------------------------------------


def credited(till: Till, outcome: Outcome, draft: CreditDraft | None = None) -> None:
    """Money moved on a wallet: said, with its paper; a ticket that waited for it is taken on the wallet."""
    desk = till.desk
    moved = [
        row for row in outcome.facts if isinstance(row, j.WalletCredited | j.WalletCreditCancelled | j.WalletRefunded)
    ]
    for fact in moved:
        _print(till, fact.document)
        wallet_parts.booked(till, fact.customer)
        _say_moved(till, fact)
    desk.close_sheet()
    desk.credit = desk.deed = None
    desk.given = _handed_out(moved)
    desk.hush("refusal")
    desk.sound("sale_closed")
    ticket = till.ticket
    if draft is not None and draft.ticket and ticket is not None and ticket.number == draft.ticket:
        desk.screen = "payment"
        mode = till.shop.wallet_mode()
        if mode is not None:
            with suppress(Refusal):  # the credit is true whatever becomes of the ticket
                tend(till, mode, None)
        _say_paid(till, draft, moved)
    if desk.given is not None and not desk.given.sale:
        desk.sheet = GIVEN


def _handed_out(moved: list[Any]) -> HandOut | None:
    """The coins that a movement leaves to give; None for none."""
    kinds: dict[type, Any] = {j.WalletCredited: "credited", j.WalletCreditCancelled: "cancelled"}
    for fact in moved:
        is_credit = isinstance(fact, j.WalletCredited)
        out_minor = sum(row.change_minor for row in fact.tenders) if is_credit else -in_cash(fact.tenders)
        if out_minor > 0:
            received = sum(row.received_minor for row in fact.tenders if row.kind == "cash") if is_credit else 0
            kind = kinds.get(type(fact), "refunded")
            return HandOut(kind, fact.customer, fact.document, fact.part.total_minor, out_minor, received)
    return None


def is_handing_out(till: Till) -> bool:
    """Whether the screen says what to hand out: whatever is done next ends that."""
    return till.desk.sheet == GIVEN


def _say_moved(till: Till, fact: j.WalletCredited | j.WalletCreditCancelled | j.WalletRefunded) -> None:
    word = {j.WalletCredited: "wallet.credited", j.WalletCreditCancelled: "wallet.cancelled"}
    if isinstance(fact, j.WalletRefunded):
        till.desk.say(
            "wallet.refunded", source="wallet", amount_minor=fact.part.paid_minor, gifted_minor=fact.part.gifted_minor,
            name=_name_of(till, fact.customer),
        )  # fmt: skip
    else:
        change = sum(row.change_minor for row in fact.tenders)
        code = "wallet.credited_change" if change else word[type(fact)]
        till.desk.say(
            code, source="wallet", amount_minor=fact.part.total_minor, change_minor=change,
            balance_minor=till.state.available(fact.customer).total_minor, name=_name_of(till, fact.customer),
        )  # fmt: skip
    _offer_paper(till, fact.document)
    till.fold_messages()


def _name_of(till: Till, customer_id: str) -> str:
    customer = till.directory.get(customer_id)
    return "" if customer is None else customer.name


def _offer_paper(till: Till, document: int) -> None:
    """The paper beside what was just said: on demand its original, else a DUPLICATA. What ails the printer comes first,
    and an original that waits for it has no DUPLICATA yet."""
    desk, is_auto = till.desk, rules_of(till).receipt == "auto"
    notice = desk.notices[0]
    trouble = _trouble(till)
    if is_auto and trouble:
        desk.notices = [*trouble, *(row for row in desk.notices if row not in trouble)]
        return
    notice.actions = ("copy_movement" if is_auto else "print_movement",)
    notice.retry = c.PrintMovement(document)


def _trouble(till: Till) -> list[Notice]:
    """What ails the printer."""
    return [row for row in till.desk.notices if row.source == PRINTER and row.level == "error"]


def paper_of(till: Till, document: int) -> Literal["on_demand", "waiting", "out"]:
    """How far the receipt of a movement is."""
    if _trouble(till) and 0 in till.printing.waiting_copies(document):
        return "waiting"
    return "out" if till.printing.state_of("ticket", document) else "on_demand"


def _print_movement(till: Till, command: c.PrintMovement) -> None:
    """Of this session or of an older one, whose original may have left the shop: then a DUPLICATA."""
    document = command.document
    if paper_of(till, document) == "waiting":
        raise Refusal("wallet.paper_waits", number=f"{document:06d}")
    intent = i.IssueCopy(document, shop_papers=max(1, rules_of(till).copies) - 1)
    last = till.state.last_movement
    if last is None or last.document != document:
        entry = till.ledger.read_now(lambda conn: journal.find_document(conn, document))
        if entry is None or not isinstance(entry.fact, j.WalletPaper):
            raise Refusal("receipt.none")
        printed = till.ledger.read_now(lambda conn: journal.papers_issued(conn, document))
        intent = i.IssueCopy(document, entry.fact, entry.at, printed)
    issued = till.do(intent).facts[-1]
    assert isinstance(issued, j.CopyIssued)
    papers.resolve_by_copy(till, document)
    if till.desk.sheet == MOVEMENT:
        till.desk.close_sheet()
    till.desk.say("wallet.copy_ordered" if issued.copy else "wallet.ordered", source="wallet", number=f"{document:06d}")
    till.fold_messages()


def _show_movement(till: Till, command: c.ShowMovement) -> None:
    desk = till.desk
    if desk.screen != "clients" or command.document not in {row.document for row in desk.client_moves}:
        raise Refusal("receipt.none")
    desk.close_sheet()
    desk.sheet, desk.movement = MOVEMENT, command.document


def show_paper(till: Till, paper: j.WalletPaper) -> None:
    """A wallet's receipt was scanned: of a credit, what can still be cancelled of it (feature W-08); else the card."""
    if not isinstance(paper, j.WalletCredited):
        clients.show_card(till, paper.customer)
        return
    open_cancel(till, paper.customer, paper.document)


def _say_paid(till: Till, draft: CreditDraft, moved: list[Any]) -> None:
    """Recharged, and the ticket taken on the wallet at once: both, with the balance that is left."""
    closed = till.state.last_closed
    if till.ticket is not None or closed is None or closed.ticket != draft.ticket:
        return
    if till.desk.given is not None:
        till.desk.given = replace(till.desk.given, sale=closed.document)
    change = sum(row.change_minor for fact in moved for row in fact.tenders)
    till.desk.say(
        "wallet.credited_and_paid_change" if change else "wallet.credited_and_paid", source="wallet",
        amount_minor=sum(fact.part.total_minor for fact in moved), total_minor=closed.total_minor,
        balance_minor=till.state.available(draft.customer).total_minor, change_minor=change,
        name=_name_of(till, draft.customer),
    )  # fmt: skip
    _offer_paper(till, moved[-1].document)
    till.fold_messages()


def _print(till: Till, document: int) -> None:
    """The receipt comes out by itself where the shop, or its country, wants it so."""
    rules = rules_of(till)
    if rules.receipt == "auto":
        till.do(i.IssueCopy(document, shop_papers=max(1, rules.copies) - 1))


def look_away(till: Till) -> None:
    """A sheet that is left is over; parts that were in hand are the customer's."""
    _look_at_moves(till)
    desk, running = till.desk, till.state.card
    if desk.deed is not None and desk.sheet not in (ACTION, "approval"):
        desk.deed = None
    draft = desk.credit
    if draft is not None and not (desk.sheet in (CREDIT, "approval") or running is not None or desk.card is not None):
        desk.credit = None
        if draft.payments:
            wallet_parts.give_back(till, taken_minor(draft))
    wallet_parts.keep(till)


def _look_at_moves(till: Till) -> None:
    """The movements on a customer's card are read when the card is opened, and again when the wallet has moved."""
    desk = till.desk
    if desk.screen != "clients" or not desk.client:
        return
    key = (desk.client, till.state.holding(desk.client))
    if desk.client_moves_of != key:
        if desk.client_moves_of[0] != desk.client:
            desk.client_moves = ()
        desk.client_moves_of = key
        till.chore(_read_moves(till, desk.client))


async def _read_moves(till: Till, customer: str) -> None:
    await till.ledger.settle()
    found = await till.ledger.read(lambda conn: movements.movements(conn, customer))
    if till.desk.client_moves_of[0] == customer:
        till.desk.client_moves = tuple(found)
        till.changed()


# --- the wallet as a tender -----------------------------------------------------------------------------------------


def tend(till: Till, mode: TenderMode, amount_minor: int | None) -> None:
    """Cagnotte client: all that remains, a typed part, or the question what to do when it does not suffice."""
    ticket = till.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    if not ticket.customer:
        clients.open_picker(till, "wallet")
        till.desk.wallet_wanted_minor = amount_minor
        return
    _open_wallet(till, ticket.customer)
    remaining = unpaid_minor(ticket)
    free = till.state.available(ticket.customer).total_minor
    wanted = remaining if amount_minor is None else amount_minor
    if remaining > 0 and free < wanted <= remaining:
        desk = till.desk
        desk.close_sheet()
        desk.screen, desk.sheet = "payment", SHORT
        if till.office is not None:
            till.office.question_for(ticket.customer, ticket.number, amount_minor, wanted)
        if not free and (till.office is None or not till.office.is_asking(ticket.customer)):
            desk.say("wallet.empty", source="payment")
            till.fold_messages()
        return
    _take(till, mode, amount_minor)


def go_on(till: Till, question: Question) -> bool:
    """Head office answered: what waited for it on the screen goes on where the wallet suffices now. Whether it does."""
    ticket, desk, mode = till.ticket, till.desk, till.shop.wallet_mode()
    if ticket is None or ticket.number != question.ticket or desk.sheet != SHORT or mode is None or not mode.enabled:
        return False
    remaining = unpaid_minor(ticket)
    free = till.state.available(ticket.customer).total_minor
    wanted = remaining if question.amount_minor is None else question.amount_minor
    if free > question.free_before_minor:
        desk.say(
            "wallet.came_back", source="payment", amount_minor=free - question.free_before_minor, balance_minor=free
        )
        till.fold_messages()
    if not (remaining > 0 and wanted <= free):
        return False
    if question.is_open:
        till.chore(till.happen(lambda: _take(till, mode, question.amount_minor)))
    return True


def _ask_again(till: Till, command: c.AskWalletAgain) -> None:
    """Redemander; the ticket goes on by itself when the rest is back."""
    ticket, office = till.ticket, till.office
    if ticket is None or not ticket.customer or office is None or till.desk.sheet != SHORT:
        raise Refusal("wallet.left")
    if not office.is_online:
        raise Refusal("wallet.offline")
    before = office.question
    amount_minor = before.amount_minor if before is not None and before.ticket == ticket.number else None
    remaining = unpaid_minor(ticket)
    office.question_for(ticket.customer, ticket.number, amount_minor, amount_minor or remaining)


def tend_for_chosen(till: Till) -> None:
    """ "Pour quel client ?" was answered: what was touched before goes on. The client stays whatever comes of it."""
    ticket, mode, wanted = till.ticket, till.shop.wallet_mode(), till.desk.wallet_wanted_minor
    till.desk.wallet_wanted_minor = None
    if ticket is None or not ticket.customer or mode is None or not mode.enabled:
        return
    remaining = unpaid_minor(ticket)
    try:
        tend(till, mode, None if wanted is None or wanted >= remaining else wanted)
    except Refusal as refusal:
        params: dict[str, Any] = dict(refusal.params)
        till.desk.say(refusal.code, "warn", source="refusal", **params)


def _take(till: Till, mode: TenderMode, amount_minor: int | None, command: c.AnyCommand | None = None) -> None:
    """`command` is what runs again with a manager's word."""
    till.check_room()
    if not _may_take(till, amount_minor, command or c.AddTender(mode.id, amount_minor)):
        return
    outcome = till.do(i.Tend(mode, amount_minor, spend_first=rules_of(till).spend_first))
    till.desk.close_sheet()
    if till.ticket is None:
        paying.finish(till, outcome)
    else:
        till.desk.screen = "payment"


def _use(till: Till, command: c.UseWallet) -> None:
    """What is on the wallet; the rest is paid otherwise."""
    if selling.may_pay(till, command):
        _take(till, _wallet_mode(till), None, command)


def _may_take(till: Till, amount_minor: int | None, command: c.AnyCommand) -> bool:
    """Whether the wallet may pay: on a ticket that settles a sealed sale again no more than it had paid there, else
    money that was taken for that sale would be free. A manager may."""
    ticket = selling.in_hand(till)
    if not ticket.corrects:
        return True
    taken = sum(row.amount_minor for row in ticket.tenders if row.wallet)
    remaining = unpaid_minor(ticket)
    wanted = min(till.state.available(ticket.customer).total_minor, remaining) if amount_minor is None else amount_minor
    return taken + wanted <= _paid_before(till, ticket) or till.require("correct_payment", command)


def _paid_before(till: Till, ticket: Ticket) -> int:
    """What the ticket's customer had paid by wallet on the sale that it settles again."""
    entry = till.ledger.read_now(lambda conn: journal.find_document(conn, ticket.corrects))
    sealed = entry.fact if entry is not None else None
    rows = sealed.tenders if isinstance(sealed, j.TicketClosed) else ()
    return sum(row.amount_minor for row in rows if row.wallet == ticket.customer)


def _wallet_mode(till: Till) -> TenderMode:
    mode = till.shop.wallet_mode()
    if mode is None or not mode.enabled:
        raise Refusal("client.wallets_off")
    return mode


def missing_minor(till: Till) -> int:
    """What the wallet lacks for the ticket in hand."""
    ticket = till.ticket
    return 0 if ticket is None else max(0, unpaid_minor(ticket) - till.state.available(ticket.customer).total_minor)


def _least_credit_minor(till: Till) -> int:
    """What a credit must bring for the ticket in hand: what is missing, rounded up to what coins can pay."""
    coin = max(1, _coin_minor(till))
    return -(-missing_minor(till) // coin) * coin


def _recharge(till: Till, command: c.RechargeWallet) -> None:
    """The credit with the missing amount or a preset; paid, the whole ticket is taken on the wallet."""
    ticket = till.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    if not ticket.customer:
        raise Refusal("wallet.no_customer")
    if not selling.may_pay(till, command):
        return
    open_credit(till, ticket.customer, command.amount_minor or _least_credit_minor(till), ticket.number)


# --- change ---------------------------------------------------------------------------------------------------------


def change_of(till: Till, closed: j.TicketClosed) -> i.CreditChange | None:
    """How the change of the last sale, or the rest of its voucher, can go on the wallet of its customer."""
    rules = rules_of(till)
    if not rules.enabled or not closed.customer or closed is not till.state.last_closed:
        return None
    for mode in funding_modes(till):
        if mode.kind in ("cash", "voucher"):
            intent = i.CreditChange(mode, rules)
            try:
                crediting.credit_change(till.state, intent, till.ledger.moment())
            except Refusal:
                continue
            return intent
    return None


def change_minor(till: Till, closed: j.TicketClosed) -> int:
    """What "Mettre le reste sur la cagnotte" would credit now; 0 for nothing."""
    intent = change_of(till, closed)
    if intent is None:
        return 0
    if intent.mode.kind == "cash":
        return closed.change_minor
    return sum(row.kept_minor for row in closed.tenders if row.mode == intent.mode.id)


def _put_change(till: Till, command: c.PutChangeOnWallet) -> None:
    closed = till.state.last_closed
    if closed is None:
        raise Refusal("wallet.no_change")
    if till.state.change_credit is not None:
        raise Refusal("wallet.change_done")
    if not closed.customer:
        raise Refusal("wallet.no_customer")
    owner_of(till, closed.customer)
    intent = change_of(till, closed)
    if intent is None:  # the core says why, of the means that gave the change
        cash = next((mode for mode in till.shop.tenders if mode.kind == "cash"), None)
        if cash is None:
            raise Refusal("wallet.no_change")
        intent = i.CreditChange(cash, rules_of(till))
    screen = till.desk.screen, till.desk.shows_result
    credited(till, till.do(intent))
    till.desk.screen, till.desk.shows_result = screen


# --- scans ----------------------------------------------------------------------------------------------------------


def switch_to(till: Till, customer_id: str) -> None:
    """A card over the open sheet: that customer's credit, if nothing was typed (screens.md, section 3)."""
    draft = till.desk.credit
    if till.desk.sheet != CREDIT or draft is None or draft.ticket or not draft.is_untouched:
        raise Refusal("scan.not_here")
    if draft.back != "clients":
        raise Refusal("scan.not_here")
    open_credit(till, customer_id)
    till.desk.client, till.desk.client_sales = customer_id, None
    till.desk.sound("scan_ok")


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.OpenCredit: _open,
    c.SetCreditQuantity: _set_quantity,
    c.FocusCredit: _focus,
    c.TypeCredit: _type,
    c.ChooseCreditMode: _choose_mode,
    c.ChooseCredit: _choose_credit,
    c.RemoveCreditPayment: _remove_payment,
    c.CollectCredit: _collect,
    c.UseWallet: _use,
    c.AskWalletAgain: _ask_again,
    c.RechargeWallet: _recharge,
    c.PutChangeOnWallet: _put_change,
    c.PrintMovement: _print_movement,
    c.ShowMovement: _show_movement,
}
