"""Rules of customers on tickets and of the money on their wallets.

1. A credit is no sale: no line, no tax, no discount, no rounding of the wallet; a wallet never pays it.
2. Only what is neither spent nor reserved by an open ticket is given back, by the means that had paid it, and only the
   paid part.
3. Given credit goes back in proportion with the credit it came with.
4. Whatever is on the ticket in hand stays as it is, and in the other direction a customer comes and goes without
   touching the wallet.
5. A limit of the shop or of the law has a refusal of its own, which names the limit.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec.structs import replace

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.account import Credit, Wallet, in_cash
from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.errors import Refusal
from appliance.domain.money import allocate, half_away
from appliance.domain.settlement import Moment, Outcome, make_tender, open_wallet, session_of
from appliance.domain.state import TillState
from appliance.domain.ticket import Tender, Ticket
from appliance.domain.wallet import Purse

# --- customers ------------------------------------------------------------------------------------------------------


def attach_customer(state: TillState, intent: i.AttachCustomer, moment: Moment) -> Outcome:
    """The ticket is this customer's; on a divided note, whose amounts are fixed, without the group's discount."""
    session_of(state)
    ticket = _named(state, intent.ticket)
    if not intent.customer:
        raise Refusal("wallet.no_customer")
    if intent.customer != ticket.customer:
        _check_unreserved(ticket)
    whole = {line.id for line in ticket.lines if line.fixed_minor is None and not ticket.is_divided}
    rates = {line: rate_bp for line, rate_bp in intent.rates.items() if line in whole and rate_bp}
    group = "" if ticket.is_divided else intent.group
    _check_price_stays(ticket, rates)
    if (ticket.customer, ticket.group, _rates(ticket)) == (intent.customer, group, rates):
        return Outcome([])
    return Outcome([j.CustomerAttached(ticket.number, intent.customer, group, rates)])


def detach_customer(state: TillState, intent: i.DetachCustomer, moment: Moment) -> Outcome:
    ticket = _named(state, intent.ticket)
    if not ticket.customer:
        return Outcome([])
    _check_unreserved(ticket)
    _check_price_stays(ticket, {})
    return Outcome([j.CustomerDetached(ticket.number)])


def note_customer(state: TillState, intent: i.NoteCustomer, moment: Moment) -> Outcome:
    """Put on record what happened to a customer's own record. Who has money, or may get some back, is not erased."""
    if isinstance(intent.fact, j.CustomerErased):
        check_erasable(state, intent.fact.customer)
    return Outcome([intent.fact])


def check_erasable(state: TillState, customer: str) -> None:
    """Raises Refusal while the customer has money or a ticket, and while money can still come back to the wallet: by
    the last sale, taken back, or by what a card terminal has not proven yet."""
    balance = state.holding(customer).balance_minor
    if balance:
        raise Refusal("wallet.not_empty", amount_minor=balance)
    for ticket in state.tickets.values():
        if ticket.customer == customer:
            raise Refusal("customer.on_ticket", number=ticket.number)
    closed = state.last_closed
    if closed is not None and state.session is not None and any(row.wallet == customer for row in closed.tenders):
        raise Refusal("customer.on_last_sale", number=closed.ticket)
    requests = [doubt.request for doubt in state.doubts.values()]
    if state.card is not None:
        requests.append(state.card.request)
    for request in requests:
        if request.credit is not None and request.credit.customer == customer:
            raise Refusal("customer.card_open", amount_minor=request.amount_minor)


def _named(state: TillState, number: int) -> Ticket:
    ticket = state.tickets.get(number) if number else state.ticket
    if ticket is None:
        raise Refusal("ticket.none")
    return ticket


def _rates(ticket: Ticket) -> dict[int, int]:
    return {line.id: line.group_bp for line in ticket.lines if line.group_bp}


def _check_unreserved(ticket: Ticket) -> None:
    """A tender of the customer's wallet is taken back first (feature C-07)."""
    reserved = sum(tender.amount_minor for tender in ticket.tenders if tender.wallet)
    if reserved:
        raise Refusal("wallet.reserved", amount_minor=reserved)


def _check_price_stays(ticket: Ticket, rates: dict[int, int]) -> None:
    if ticket.tenders and rates != _rates(ticket):
        raise Refusal("ticket.being_paid", amount_minor=ticket.paid_minor)


# --- credit ---------------------------------------------------------------------------------------------------------


def credit_wallet(state: TillState, intent: i.CreditWallet, moment: Moment) -> Outcome:
    part = Purse(intent.amount_minor, intent.gifted_minor)
    tenders = pay_credit(intent)
    check_credit(state, intent.customer, part, tenders, intent.rules)
    return book_credit(state, intent.customer, part, tenders)


def pay_credit(intent: i.CreditWallet) -> tuple[Tender, ...]:
    """The tenders that pay a credit exactly. Change may be given; nothing is rounded and nothing is kept."""
    remaining = intent.amount_minor
    if remaining <= 0 or intent.gifted_minor < 0:
        raise Refusal("tender.amount")
    tenders: list[Tender] = []
    for payment in intent.payments:
        mode = payment.mode
        if mode.kind == "wallet":
            raise Refusal("wallet.not_by_wallet")
        if not mode.funds_wallet:
            raise Refusal("wallet.mode", mode=mode.name)
        if remaining <= 0:
            raise Refusal("tender.nothing_due")
        tender = make_tender(len(tenders) + 1, mode, payment.amount_minor, remaining)
        if tender.rounding_minor:
            raise Refusal("tender.no_such_coin", step_minor=mode.rounding_minor)
        if tender.kept_minor:
            raise Refusal("tender.too_much", amount_minor=remaining)
        tenders.append(replace(tender, by_hand=payment.by_hand))
        remaining -= tender.amount_minor
    if remaining:
        raise Refusal("tender.still_due", amount_minor=remaining)
    return tuple(tenders)


def check_credit(
    state: TillState, customer: str, part: Purse, tenders: tuple[Tender, ...], rules: WalletRules, least: bool = True
) -> None:
    """Rule 5 (features W-18, W-20, W-22)."""
    session = session_of(state)
    if not rules.enabled:
        raise Refusal("wallet.off")
    if not customer:
        raise Refusal("wallet.no_customer")
    wallet = open_wallet(state, customer) or Wallet()
    today, cash_today, _ = wallet.on(session.business_date)
    if least and part.paid_minor < rules.min_minor:
        raise Refusal("wallet.min_credit", limit_minor=rules.min_minor)
    for code, limit_minor, reached_minor in (
        ("wallet.max_credit", rules.max_credit_minor, part.paid_minor),
        ("wallet.cash_ceiling", rules.cash_ceiling_minor or 0, cash_today + in_cash(tenders)),
        ("wallet.max_day", rules.max_day_minor, today + part.paid_minor),
        ("wallet.max_balance", rules.max_balance_minor, wallet.balance_minor + part.total_minor),
    ):
        if limit_minor and reached_minor > limit_minor and (code != "wallet.cash_ceiling" or in_cash(tenders)):
            raise Refusal(code, limit_minor=limit_minor)


def book_credit(
    state: TillState, customer: str, part: Purse, tenders: tuple[Tender, ...], change_of: int = 0
) -> Outcome:
    return _sealed(state, j.WalletCredited, customer, part, tenders, change_of=change_of)


def _sealed(
    state: TillState, kind: type[j.WalletPaper], customer: str, part: Purse, tenders: tuple[Tender, ...], **more: Any
) -> Outcome:
    """The one way in which a movement becomes a numbered document, with its image and its drawer."""
    before, drawer = state.holding(customer), any(tender.opens_drawer for tender in tenders)
    paper = kind(
        document=state.next_document,
        session=session_of(state).number,
        customer=customer,
        part=part,
        tenders=tenders,
        before_minor=before.balance_minor,
        after=before.plus(part) if kind is j.WalletCredited else before.minus(part),
        ticket=state.current,
        drawer=drawer,
        seller=state.seller,
        **more,
    )
    return Outcome([paper], [e.KickDrawer("wallet", state.current)] if drawer else [])


def credit_change(state: TillState, intent: i.CreditChange, moment: Moment) -> Outcome:
    """*Mettre le reste sur la cagnotte*, once a sale: its coins stay in the drawer, or what a voucher was worth above
    it is no longer the shop's (feature W-26)."""
    session = session_of(state)
    closed = state.last_closed
    most = 0 if closed is None or closed.session != session.number else _left_over(closed, intent.mode)
    if closed is None or not most:
        raise Refusal("wallet.no_change")
    if state.change_credit is not None:
        raise Refusal("wallet.change_done")
    mode = intent.mode
    vouchers = any(tender.kind == "voucher" and tender.change_minor for tender in closed.tenders)
    if mode.kind not in ("cash", "voucher") or not mode.funds_wallet or (mode.kind == "cash" and vouchers):
        raise Refusal("wallet.mode", mode=mode.name)
    amount = most if intent.amount_minor is None else intent.amount_minor
    if not 0 < amount <= most:
        raise Refusal("tender.amount")
    tender = replace(make_tender(1, mode, amount, amount), opens_drawer=False)
    if tender.rounding_minor:
        raise Refusal("tender.no_such_coin", step_minor=mode.rounding_minor)
    if mode.kind == "voucher":
        tender = replace(tender, kept_minor=-amount)
    customer, part = intent.customer or closed.customer, Purse(amount)
    check_credit(state, customer, part, (tender,), intent.rules, least=False)
    return book_credit(state, customer, part, (tender,), closed.document)


def _left_over(closed: j.TicketClosed, mode: TenderMode) -> int:
    """Coins to give back; of a voucher without change, what it was worth above the ticket."""
    if mode.kind == "voucher":
        return sum(tender.kept_minor for tender in closed.tenders if tender.mode == mode.id)
    return closed.change_minor


# --- money that goes back -------------------------------------------------------------------------------------------


def cancellable_minor(state: TillState, customer: str, credit: Credit) -> int:
    """The most of a credit that can be given back now (feature W-08)."""
    return max(0, min(credit.left.paid_minor, state.available(customer).paid_minor))


def cancel_credit(state: TillState, intent: i.CancelCredit, moment: Moment) -> Outcome:
    credit = credit_to_cancel(state, intent.customer, intent.document, intent.amount_minor)
    tenders = shares_back(state, credit, intent)
    return book_cancel(state, intent.customer, credit, intent.amount_minor, tenders, intent.reason)


def shares_back(state: TillState, credit: Credit, order: i.CancelCredit) -> tuple[Tender, ...]:
    """What goes back by which means; coins for what a card had paid too long ago. Raises Refusal."""
    is_all = order.amount_minor == cancellable_minor(state, order.customer, credit)
    cash = None
    if is_card_too_old(state, credit, order.card_days):
        if order.cash is None:
            raise Refusal("wallet.card_too_old", count=order.card_days)
        cash = order.cash
    return tenders_back(credit, order.amount_minor, order.rounding_minor, cash, is_all=is_all)


def is_card_too_old(state: TillState, credit: Credit, days: int) -> bool:
    """Whether a card paid a part of it that is still there, and takes nothing back any more."""
    if not days or not any(row.kind == "card" and credit.left_of(row.id) for row in credit.tenders):
        return False
    today = date.fromisoformat(session_of(state).business_date)
    return (today - date.fromisoformat(credit.day or credit.at[:10])).days > days


def credit_to_cancel(state: TillState, customer: str, document: int, amount_minor: int) -> Credit:
    """Rule 2. Also while wallets are switched off: what was paid can always come back."""
    session_of(state)
    wallet = open_wallet(state, customer)
    credit = None if wallet is None else wallet.credit(document)
    most = 0 if credit is None else cancellable_minor(state, customer, credit)
    if credit is None or not most:
        raise Refusal("wallet.nothing_to_cancel")
    if amount_minor <= 0:
        raise Refusal("tender.amount")
    if amount_minor > most:
        raise Refusal("wallet.spent_already", amount_minor=most)
    return credit


def tenders_back(
    credit: Credit, amount_minor: int, coin_minor: int, cash: TenderMode | None = None, *, is_all: bool = True
) -> tuple[Tender, ...]:
    """The same means in the shares that are left of them; `cash` stands in for cards. What no coin pays goes back by
    another means; where there is none it stays on the wallet, unless it `is_all` that can go back. Raises Refusal."""
    left = [row.amount_minor - back for row, back in zip(credit.tenders, credit.given_back, strict=True)]
    rows = [row if cash is None or row.kind != "card" else _in_coins(row, cash) for row in credit.tenders]
    parts = allocate(amount_minor, left)
    odd_minor = _level(parts, left, [row.kind == "cash" for row in rows], max(1, coin_minor))
    if odd_minor and not is_all:
        raise Refusal("tender.no_such_coin", step_minor=coin_minor)
    return tuple(going_out(row, part, coin_minor) for row, part in zip(rows, parts, strict=True) if part)


def _level(parts: list[int], left: list[int], in_coins: list[bool], coin_minor: int) -> int:
    """Make the parts in coins such that coins pay them, by what other parts can take or give; what still no coin pays,
    which is then in the first part that has room. 4.02 and 6.03 by card become 4.00 and 6.05."""
    coins = [n for n, is_coins in enumerate(in_coins) if is_coins]
    others = [n for n, is_coins in enumerate(in_coins) if not is_coins]
    odd = sum(parts[n] % coin_minor for n in coins)
    for n in coins:
        parts[n] -= parts[n] % coin_minor
    odd -= _shift(parts, left, coins, odd - odd % coin_minor, coin_minor)
    odd -= _shift(parts, left, others, odd)
    missing = -odd % coin_minor
    room = next((n for n in coins if left[n] - parts[n] >= odd + missing), None)
    lender = next((n for n in others if parts[n] >= missing), None)
    if odd and room is not None and lender is not None:
        parts[room] += odd + missing
        parts[lender] -= missing
        return 0
    _shift(parts, left, coins, odd)
    return odd


def _shift(parts: list[int], left: list[int], places: list[int], amount_minor: int, step_minor: int = 1) -> int:
    """Add as much of an amount as there is room for in these places, in whole steps; how much that was."""
    moved = 0
    for n in places:
        more = min(left[n] - parts[n], amount_minor - moved) // step_minor * step_minor
        parts[n] += more
        moved += more
    return moved


def _in_coins(tender: Tender, cash: TenderMode) -> Tender:
    return replace(tender, mode=cash.id, name=cash.name, kind="cash", reference="", request="")


def going_out(tender: Tender, amount_minor: int, coin_minor: int) -> Tender:
    """Money that leaves by the means of this tender: negative. What no coin pays stays in the drawer: rounded upwards,
    a wallet emptied in cents would make money."""
    rounding = amount_minor % coin_minor if tender.kind == "cash" and coin_minor > 1 else 0
    return Tender(
        id=tender.id,
        mode=tender.mode,
        name=tender.name,
        kind=tender.kind,
        amount_minor=-amount_minor,
        rounding_minor=rounding,
        opens_drawer=tender.opens_drawer or tender.kind == "cash",
        reference=tender.reference,
        by_hand=bool(tender.request),
    )


def book_cancel(
    state: TillState, customer: str, credit: Credit, amount_minor: int, tenders: tuple[Tender, ...], reason: str = ""
) -> Outcome:
    part = Purse(amount_minor, _gift_back(state, customer, credit, amount_minor))
    return _sealed(state, j.WalletCreditCancelled, customer, part, tenders, of=credit.document, reason=reason)


def _gift_back(state: TillState, customer: str, credit: Credit, amount_minor: int) -> int:
    """Rule 3: in proportion to all that was cancelled so far, as far as it is there."""
    part, cancelled = credit.part, credit.cancelled
    owed = half_away(part.gifted_minor * (cancelled.paid_minor + amount_minor), part.paid_minor)
    there = min(credit.left.gifted_minor, state.available(customer).gifted_minor)
    return max(0, min(owed - cancelled.gifted_minor, there))


def refund_balance(state: TillState, intent: i.RefundBalance, moment: Moment) -> Outcome:
    """The paid part is given back, given credit is cancelled: the wallet is empty (feature W-35)."""
    session_of(state)
    if intent.mode.kind == "wallet":
        raise Refusal("wallet.not_by_wallet")
    open_wallet(state, intent.customer)
    reserved = state.reserved(intent.customer).total_minor
    if reserved:
        raise Refusal("wallet.reserved", amount_minor=reserved)
    part = state.holding(intent.customer).purse
    if not part.total_minor:
        raise Refusal("wallet.nothing_to_cancel")
    mode, paid = intent.mode, part.paid_minor
    asked = Tender(1, mode.id, mode.name, mode.kind, paid, opens_drawer=mode.opens_drawer, by_hand=intent.by_hand)
    tenders = (replace(going_out(asked, paid, mode.rounding_minor), by_hand=intent.by_hand),) if paid else ()
    return _sealed(state, j.WalletRefunded, intent.customer, part, tenders, reason=intent.reason)


# --- by right -------------------------------------------------------------------------------------------------------


def adjust_wallet(state: TillState, intent: i.AdjustWallet, moment: Moment) -> Outcome:
    """Plus is given credit, minus takes given credit first; never below what is free (feature W-31)."""
    if not intent.reason:
        raise Refusal("wallet.reason")
    if not intent.customer:
        raise Refusal("wallet.no_customer")
    amount, free = intent.amount_minor, state.available(intent.customer)
    if not amount:
        raise Refusal("tender.amount")
    _check_adjust(state, intent)
    before = state.holding(intent.customer)
    if amount > 0:
        part = Purse(amount, 0) if intent.as_paid else Purse(0, amount)
        after = before.plus(part)
    elif free.total_minor < -amount:
        raise Refusal("wallet.insufficient", amount_minor=free.total_minor)
    else:
        part = -free.take(-amount)
        after = before.minus(-part)
    adjusted = j.WalletAdjusted(intent.customer, part, before.balance_minor, after, intent.reason, intent.by)
    return Outcome([adjusted])


def _check_adjust(state: TillState, intent: i.AdjustWallet) -> None:
    """Rule 5, of one correction and of what it makes of the balance."""
    rules, amount = intent.rules, intent.amount_minor
    if rules is None:
        return
    most = rules.max_adjust_minor or rules.max_credit_minor
    if most and abs(amount) > most:
        raise Refusal("wallet.max_adjust", limit_minor=most)
    if amount > 0:
        _check_balance(state, intent.customer, amount, rules)


def _check_balance(state: TillState, customer: str, more_minor: int, rules: WalletRules) -> None:
    most = rules.max_balance_minor
    if most and state.holding(customer).balance_minor + more_minor > most:
        raise Refusal("wallet.max_balance", limit_minor=most)


def transfer_wallet(state: TillState, intent: i.TransferWallet, moment: Moment) -> Outcome:
    """Paid stays paid and given stays given. A blocked wallet can be left, not entered (feature W-22)."""
    if not intent.source or not intent.target or intent.source == intent.target:
        raise Refusal("wallet.no_customer")
    open_wallet(state, intent.target)
    free = state.available(intent.source)
    amount = free.total_minor if intent.amount_minor is None else intent.amount_minor
    if amount <= 0 or amount > free.total_minor:
        raise Refusal("wallet.insufficient", amount_minor=free.total_minor)
    if intent.rules is not None:
        _check_balance(state, intent.target, amount, intent.rules)
    part = free.take(amount)
    source, target = state.holding(intent.source).minus(part), state.holding(intent.target).plus(part)
    return Outcome([j.WalletTransferred(intent.source, intent.target, part, source, target, intent.reason)])


def block_wallet(state: TillState, intent: i.BlockWallet, moment: Moment) -> Outcome:
    if not intent.reason:
        raise Refusal("wallet.reason")
    wallet = state.wallets.get(intent.customer)
    if wallet is not None and wallet.blocked == intent.reason:
        return Outcome([])
    return Outcome([j.WalletBlocked(intent.customer, intent.reason)])


def unblock_wallet(state: TillState, intent: i.UnblockWallet, moment: Moment) -> Outcome:
    wallet = state.wallets.get(intent.customer)
    if wallet is None or not wallet.blocked:
        return Outcome([])
    return Outcome([j.WalletUnblocked(intent.customer, intent.reason)])
