"""The till's state, and `apply`: the only code that changes it.

`apply(state, fact)` is total over the facts of the journal and asks nothing of the outside, so the state after a
restart is the snapshot plus the facts since, and the state rebuilt from the first fact is the same (a test compares
them).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from appliance.domain import journal as j
from appliance.domain.account import Credit, Wallet, in_cash
from appliance.domain.card import CardDoubt, OpenCard
from appliance.domain.closing import Tally, Totals
from appliance.domain.errors import Refusal
from appliance.domain.ticket import Line, Ticket
from appliance.domain.wallet import Holding, Purse, grant, recall


class Session(msgspec.Struct):
    number: int
    service: int
    business_date: str
    opened_at: str
    by: str
    totals: Totals


class LastDay(msgspec.Struct):
    """What the next opening must know of the last closing."""

    session: int
    business_date: str
    service: int
    leave_minor: int
    by: str
    counts: dict[int, int] = {}


class TillState(msgspec.Struct):
    """Everything the core knows. Mutable, and changed by `apply` alone."""

    till: str = ""
    currency: str = "CHF"
    profile: str = "CH"
    session: Session | None = None
    last_day: LastDay | None = None
    tickets: dict[int, Ticket] = {}
    """Open tickets by number: the one in hand and the notes that wait."""
    current: int = 0
    """Number of the ticket in hand; 0 for none."""
    last_closed: j.TicketClosed | None = None
    """The newest sealed ticket of this session that was not reversed."""
    last_closed_at: str = ""
    last_copies: int = 0
    """Papers issued for it."""
    seller: str = ""
    """Who is signed in; "" when the till is locked."""
    next_ticket: int = 1
    next_document: int = 1
    next_session: int = 1
    next_x: int = 1
    next_z: int = 1
    next_copy: int = 1
    perpetual_minor: int = 0
    perpetual_absolute_minor: int = 0
    copies: dict[int, int] = {}
    """Papers issued by document, this session only; also of documents of earlier ones."""
    report_copies: dict[str, int] = {}
    """The same of the readings and closings: by `x7`, `z12`."""
    card: OpenCard | None = None
    """What the terminal was asked and has not answered: until then no money moves, no ticket changes."""
    doubts: dict[str, CardDoubt] = {}
    """Requests that a person answered for the terminal, by id."""
    wallets: dict[str, Wallet] = {}
    """By customer; only those that ever moved."""
    change_credit: tuple[str, int] | None = None
    """(customer, document of the credit) when the change of the last sale was put on a wallet."""
    adjusted_between: Tally = msgspec.field(default_factory=Tally)
    """Corrections of wallets since the last closing: the next session's Z says them."""
    last_movement: j.WalletPaper | None = None
    """The newest sealed document of a wallet in this session."""
    last_movement_at: str = ""
    fenced: str = ""
    """Why head office ended this till's epoch; "" while it goes on."""

    @property
    def ticket(self) -> Ticket | None:
        """The ticket in hand."""
        return self.tickets.get(self.current)

    def holding(self, customer: str) -> Holding:
        """What this till holds of a customer's wallet."""
        wallet = self.wallets.get(customer)
        return Holding() if wallet is None else wallet.holding

    def reserved(self, customer: str) -> Purse:
        """What open tickets have of it. Follows from the tickets: nothing to count, nothing to repair."""
        tenders = [row for ticket in self.tickets.values() if ticket.tenders for row in ticket.tenders]
        return sum([row.purse for row in tenders if row.wallet == customer], Purse())

    def available(self, customer: str) -> Purse:
        """What can be spent, paid out or cancelled now."""
        return self.holding(customer).purse - self.reserved(customer)

    def papers_of(self, closed: j.SealedPaper, remembered: int = 0) -> int:
        """Papers of a sealed ticket, so the count of the next: 0 is the original, n the n-th DUPLICATA.

        `remembered`: what others know where this session has nothing on record. Of another session's ticket the
        original may have left the shop whatever is known, so it is never printed as one again.
        """
        known = self.copies.get(closed.document, remembered)
        return known if closed.session == self.next_session - 1 else max(1, known)

    def papers_of_report(self, paper: j.PaperKind, number: int) -> int:
        """The same of an X or a Z, as far as this session knows."""
        return self.report_copies.get(f"{paper}{number}", 0)

    def parts_of(self, note: int) -> list[Ticket]:
        """Open parts of a split note, in order of their numbers."""
        parts = [ticket for ticket in self.tickets.values() if ticket.part_of == note]
        return sorted(parts, key=lambda ticket: ticket.part)


def apply(state: TillState, fact: j.AnyFact, at: str, actor: str) -> None:
    """Let one fact become part of the state. `at` and `actor` are those of its journal entry."""
    _APPLY[type(fact)](state, fact, at, actor)


Apply = Callable[[TillState, Any, str, str], None]


def _nothing(state: TillState, fact: j.AnyFact, at: str, actor: str) -> None:
    """Kept on record only."""


def _register_created(state: TillState, fact: j.RegisterCreated, at: str, actor: str) -> None:
    state.till, state.currency, state.profile = fact.till, fact.currency, fact.profile


def _signed_in(state: TillState, fact: j.SellerSignedIn, at: str, actor: str) -> None:
    state.seller = fact.seller


def _locked(state: TillState, fact: j.SellerLocked, at: str, actor: str) -> None:
    state.seller = ""


def _session_opened(state: TillState, fact: j.SessionOpened, at: str, actor: str) -> None:
    totals = Totals(float_minor=fact.float_minor)
    totals.wallets.adjusted, state.adjusted_between = state.adjusted_between, Tally()
    state.session = Session(fact.session, fact.service, fact.business_date, at, fact.by, totals)
    state.next_session = fact.session + 1
    state.last_closed, state.last_copies, state.copies, state.report_copies = None, 0, {}, {}
    state.change_credit = state.last_movement = None
    for doubt in state.doubts.values():
        if doubt.says:
            doubt.session = fact.session
            totals.unsure.add(doubt.request.amount_minor)


def _session_closed(state: TillState, fact: j.SessionClosed, at: str, actor: str) -> None:
    session = state.session
    assert session is not None and session.number == fact.session
    state.last_day = LastDay(
        fact.session, fact.business_date, session.service, fact.leave_minor, fact.by, dict(fact.counts)
    )
    state.next_z = fact.number + 1
    families = {ticket.family for ticket in state.tickets.values()}  # a note that waits for tomorrow may still be paid
    state.doubts = {key: row for key, row in state.doubts.items() if not row.says or row.family in families}
    for wallet in state.wallets.values():
        wallet.forget_used()
    state.session = None
    state.current = 0
    state.seller = ""


def _x_read(state: TillState, fact: j.XRead, at: str, actor: str) -> None:
    state.next_x = fact.number + 1


def _ticket_opened(state: TillState, fact: j.TicketOpened, at: str, actor: str) -> None:
    state.tickets[fact.ticket] = Ticket(fact.ticket, fact.mode, at, actor)
    state.current = fact.ticket
    state.next_ticket = fact.ticket + 1


def _line_added(state: TillState, fact: j.LineAdded, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.lines.append(fact.line)
    ticket.next_line = fact.line.id + 1


def _replace(state: TillState, number: int, line_id: int, **changes: Any) -> Line:
    """Put the changed line in the place of the old one and return the new one."""
    lines = state.tickets[number].lines
    for i, line in enumerate(lines):
        if line.id == line_id:
            lines[i] = msgspec.structs.replace(line, **changes)
            return lines[i]
    raise KeyError(number, line_id)


def _quantity_changed(state: TillState, fact: j.QuantityChanged, at: str, actor: str) -> None:
    lines = state.tickets[fact.ticket].lines
    for i, line in enumerate(lines):
        if line.id == fact.line:
            quantity = line.quantity_milli + fact.delta_milli
            lines[i] = msgspec.structs.replace(line, quantity_milli=quantity)
            return
    raise KeyError(fact.ticket, fact.line)


def _price_changed(state: TillState, fact: j.PriceChanged, at: str, actor: str) -> None:
    line = state.tickets[fact.ticket].line(fact.line)
    assert line is not None
    listed = line.list_price_minor if line.list_price_minor is not None else line.unit_price_minor
    _replace(
        state, fact.ticket, fact.line,
        unit_price_minor=fact.new_minor, list_price_minor=None if fact.new_minor == listed else listed, lot=None,
    )  # fmt: skip


def _line_discounted(state: TillState, fact: j.LineDiscounted, at: str, actor: str) -> None:
    _replace(state, fact.ticket, fact.line, discount_bp=fact.rate_bp, discount_minor=fact.amount_minor)


def _line_offered(state: TillState, fact: j.LineOffered, at: str, actor: str) -> None:
    _replace(state, fact.ticket, fact.line, offered=fact.reason)


def _line_commented(state: TillState, fact: j.LineCommented, at: str, actor: str) -> None:
    _replace(state, fact.ticket, fact.line, comment=fact.comment)


def _line_removed(state: TillState, fact: j.LineRemoved, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    line = ticket.line(fact.line)
    assert line is not None
    ticket.lines.remove(line)
    if state.session is not None:
        state.session.totals.removed.add(-line.amount_minor)


def _line_restored(state: TillState, fact: j.LineRestored, at: str, actor: str) -> None:
    state.tickets[fact.ticket].lines.insert(fact.index, fact.line)
    if state.session is not None:
        state.session.totals.removed.add(fact.line.amount_minor, -1)


def _ticket_discounted(state: TillState, fact: j.TicketDiscounted, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.discount_bp, ticket.discount_minor = fact.rate_bp, fact.amount_minor


def _mode_changed(state: TillState, fact: j.ModeChanged, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.mode = fact.mode
    for i, line in enumerate(ticket.lines):
        price = fact.prices.get(line.id)
        prices = {} if price is None else {"unit_price_minor": price, "list_price_minor": None}
        ticket.lines[i] = msgspec.structs.replace(line, rate_bp=fact.rates.get(line.id, line.rate_bp), **prices)


def _ticket_named(state: TillState, fact: j.TicketNamed, at: str, actor: str) -> None:
    state.tickets[fact.ticket].name = fact.name


def _ticket_held(state: TillState, fact: j.TicketHeld, at: str, actor: str) -> None:
    state.tickets[fact.ticket].held_at = fact.at
    if state.current == fact.ticket:
        state.current = 0


def _ticket_recalled(state: TillState, fact: j.TicketRecalled, at: str, actor: str) -> None:
    state.tickets[fact.ticket].held_at = ""
    state.current = fact.ticket


def _ticket_voided(state: TillState, fact: j.TicketVoided, at: str, actor: str) -> None:
    _forget(state, fact.ticket)
    if state.session is not None:
        state.session.totals.voids.add(-fact.total_minor)


def _ticket_restored(state: TillState, fact: j.TicketRestored, at: str, actor: str) -> None:
    from appliance.domain.ticket import price

    ticket = fact.ticket
    state.tickets[ticket.number] = _own(ticket)
    state.current = ticket.number
    if state.session is not None:
        state.session.totals.voids.add(price(ticket).total_minor, -1)


def _own(ticket: Ticket) -> Ticket:
    """A copy whose lists belong to the state: the fact's own must stay as they were written."""
    copy = msgspec.structs.replace(ticket)
    copy.lines, copy.tenders = list(ticket.lines), list(ticket.tenders)
    return copy


def _split_started(state: TillState, fact: j.SplitStarted, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.discount_bp = ticket.discount_minor = 0
    ticket.group = ""
    _set_rates(ticket, {})
    for line_id, amount_minor in fact.amounts.items():
        _replace(state, fact.ticket, line_id, fixed_minor=amount_minor)
    state.current = 0


def _part_opened(state: TillState, fact: j.PartOpened, at: str, actor: str) -> None:
    note = state.tickets[fact.of]
    note.parts = max(note.parts, fact.part)
    part = Ticket(
        fact.ticket, note.mode, at, actor, name=note.name, part_of=fact.of, part=fact.part, customer=note.customer
    )
    state.tickets[fact.ticket] = part
    state.current = fact.ticket
    state.next_ticket = fact.ticket + 1


def _units_moved(state: TillState, fact: j.UnitsMoved, at: str, actor: str) -> None:
    source, target = state.tickets[fact.source], state.tickets[fact.target]
    line = source.line(fact.line)
    assert line is not None
    if line.quantity_milli == fact.quantity_milli:
        source.lines.remove(line)
    else:
        left = line.quantity_milli - fact.quantity_milli
        _replace(
            state, fact.source, fact.line,
            quantity_milli=left, fixed_minor=fact.left_fixed_minor, full_fixed_minor=fact.left_full_minor,
        )  # fmt: skip
    if not fact.joined:
        target.lines.append(fact.arrived)
        target.next_line = max(target.next_line, fact.arrived.id + 1)
        return
    there = target.line(fact.joined)
    assert there is not None
    _replace(
        state, fact.target, fact.joined,
        quantity_milli=there.quantity_milli + fact.arrived.quantity_milli,
        fixed_minor=_sum(there.fixed_minor, fact.arrived.fixed_minor),
        full_fixed_minor=_sum(there.full_fixed_minor, fact.arrived.full_fixed_minor),
    )  # fmt: skip


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def _note_divided(state: TillState, fact: j.NoteDivided, at: str, actor: str) -> None:
    note = state.tickets[fact.ticket]
    note.lines.clear()
    for share in fact.shares:
        state.tickets[share.number] = _own(share)
        note.parts = max(note.parts, share.part)
        state.next_ticket = max(state.next_ticket, share.number + 1)
    state.current = fact.shares[0].number


def _forget(state: TillState, number: int) -> None:
    state.tickets.pop(number, None)
    if state.current == number:
        state.current = 0


def _ticket_emptied(state: TillState, fact: j.TicketEmptied, at: str, actor: str) -> None:
    _forget(state, fact.ticket)


def _tender_taken(state: TillState, fact: j.TenderTaken, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.tenders.append(fact.tender)
    ticket.next_tender = fact.tender.id + 1


def _tender_removed(state: TillState, fact: j.TenderRemoved, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    for tender in ticket.tenders:
        if tender.id == fact.tender:
            _end_doubt(state, tender.request)
    ticket.tenders[:] = [tender for tender in ticket.tenders if tender.id != fact.tender]


def _ticket_closed(state: TillState, fact: j.TicketClosed, at: str, actor: str) -> None:
    session = state.session
    assert session is not None and session.number == fact.session
    totals = session.totals
    totals.add_ticket(fact, 1)
    totals.first_document = totals.first_document or fact.document
    totals.last_document = fact.document
    state.perpetual_minor += fact.total_minor
    state.perpetual_absolute_minor += fact.total_minor
    state.next_document = fact.document + 1
    if fact.wallet is not None:
        wallet, holding = _turned(state, fact.customer), state.holding(fact.customer)
        for tender in fact.tenders:
            if tender.wallet:
                _same(tender.wallet == fact.customer)
                holding = _minus(holding, tender.purse)
                _same(holding.balance_minor == tender.balance_minor)
                wallet.use_up(tender.purse)
                wallet.spent_minor += tender.amount_minor
        _image(wallet, holding, fact.wallet)
    _forget(state, fact.ticket)
    state.last_closed, state.last_closed_at, state.last_copies, state.change_credit = fact, at, 0, None


def _settlement_reversed(state: TillState, fact: j.SettlementReversed, at: str, actor: str) -> None:
    assert state.session is not None
    totals = state.session.totals
    totals.add_ticket(fact.of, -1)
    totals.corrections.add(-fact.of.total_minor)
    totals.last_document = fact.document
    state.perpetual_minor -= fact.of.total_minor
    state.perpetual_absolute_minor += fact.of.total_minor
    state.next_document = fact.document + 1
    if fact.wallet is not None:
        wallet, holding = _turned(state, fact.of.customer), state.holding(fact.of.customer)
        for tender in reversed(fact.of.tenders):
            if tender.wallet:
                holding = holding.plus(tender.purse)
                wallet.restore(tender.purse)
                wallet.spent_minor -= tender.amount_minor
        _image(wallet, holding, fact.wallet)
    kept = {tender.request for tender in fact.reopened.tenders}
    for tender in fact.of.tenders:
        if tender.request not in kept:
            _end_doubt(state, tender.request)
    reopened = _own(fact.reopened)
    for doubt in state.doubts.values():
        if doubt.family == (fact.of.part_of or fact.of.ticket):
            doubt.family = reopened.family
    state.tickets[reopened.number] = reopened
    state.current = reopened.number
    state.next_ticket = reopened.number + 1
    state.last_closed, state.last_copies, state.change_credit = None, 0, None


def _copy_issued(state: TillState, fact: j.CopyIssued, at: str, actor: str) -> None:
    state.next_copy = fact.number + 1
    if fact.copy and state.session is not None:
        state.session.totals.copies += 1
    if fact.paper != "ticket":
        state.report_copies[f"{fact.paper}{fact.of_document}"] = fact.copy + 1
        return
    state.copies[fact.of_document] = fact.copy + 1
    if state.last_closed is not None and state.last_closed.document == fact.of_document:
        state.last_copies = fact.copy + 1


def _receipt_declined(state: TillState, fact: j.ReceiptDeclined, at: str, actor: str) -> None:
    """That paper never left the queue: asked for again, it has the same count, 0 being the original."""
    issued = fact.copy
    if issued is None:
        if fact.of_document not in state.copies:
            return
        issued = state.copies[fact.of_document] - 1
    state.copies[fact.of_document] = issued
    if state.last_closed is not None and state.last_closed.document == fact.of_document:
        state.last_copies = issued


def _drawer_opened(state: TillState, fact: j.DrawerOpened, at: str, actor: str) -> None:
    if not fact.ticket and fact.reason != "count" and state.session is not None:
        totals = state.session.totals
        totals.drawer_openings += 1
        totals.drawer_openings_by[actor] = totals.drawer_openings_by.get(actor, 0) + 1


def _drawer_forced(state: TillState, fact: j.DrawerForced, at: str, actor: str) -> None:
    if state.session is not None:
        state.session.totals.drawer_forced += 1


def _drawer_left_open(state: TillState, fact: j.DrawerLeftOpen, at: str, actor: str) -> None:
    if state.session is not None:
        state.session.totals.drawer_left_open += 1


# --- customers and wallets ------------------------------------------------------------------------------------------


def _customer_attached(state: TillState, fact: j.CustomerAttached, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.customer, ticket.group = fact.customer, fact.group
    _set_rates(ticket, fact.rates)


def _customer_detached(state: TillState, fact: j.CustomerDetached, at: str, actor: str) -> None:
    ticket = state.tickets[fact.ticket]
    ticket.customer = ticket.group = ""
    _set_rates(ticket, {})


def _set_rates(ticket: Ticket, rates: dict[int, int]) -> None:
    for n, line in enumerate(ticket.lines):
        if line.group_bp != rates.get(line.id, 0):
            ticket.lines[n] = msgspec.structs.replace(line, group_bp=rates.get(line.id, 0))


def _same(is_same: bool) -> None:
    """What the fact says must follow from what was before it."""
    if not is_same:
        raise ValueError("the fact does not follow")


def _minus(holding: Holding, part: Purse) -> Holding:
    try:
        return holding.minus(part)
    except Refusal as error:
        raise ValueError("more than there is") from error


def _image(wallet: Wallet, holding: Holding, after: Holding) -> None:
    _same(holding == after)
    wallet.holding = after


def _turned(state: TillState, customer: str) -> Wallet:
    """The wallet, with the sums of today."""
    wallet = state.wallets.get(customer)
    if wallet is None:
        wallet = state.wallets[customer] = Wallet(currency=state.currency)
    if state.session is not None:
        wallet.turn_to(state.session.business_date)
    return wallet


def _sealed_movement(state: TillState, fact: j.WalletPaper, at: str) -> Totals:
    assert state.session is not None and state.session.number == fact.session
    totals = state.session.totals
    totals.first_document = totals.first_document or fact.document
    totals.last_document = fact.document
    state.next_document = fact.document + 1
    state.last_movement, state.last_movement_at = fact, at
    _same(fact.before_minor == state.holding(fact.customer).balance_minor)
    return totals


def _wallet_credited(state: TillState, fact: j.WalletCredited, at: str, actor: str) -> None:
    totals = _sealed_movement(state, fact, at)
    wallet = _turned(state, fact.customer)
    _same(sum(tender.amount_minor for tender in fact.tenders) == fact.part.paid_minor)
    _image(wallet, wallet.holding.plus(fact.part), fact.after)
    back = (0,) * len(fact.tenders)
    wallet.credits.append(
        Credit(fact.document, at, fact.part, fact.part, fact.tenders, back, change_of=fact.change_of, day=wallet.day)
    )
    wallet.credited_minor += fact.part.paid_minor
    wallet.credited_cash_minor += in_cash(fact.tenders)
    totals.wallets.credit(fact.part, fact.tenders)
    totals.move_rest(fact.tenders)
    if fact.change_of:
        state.change_credit = (fact.customer, fact.document)


def _wallet_credit_cancelled(state: TillState, fact: j.WalletCreditCancelled, at: str, actor: str) -> None:
    totals = _sealed_movement(state, fact, at)
    wallet = _turned(state, fact.customer)
    _image(wallet, _minus(wallet.holding, fact.part), fact.after)
    for n, row in enumerate(wallet.credits):
        if row.document == fact.of:
            wallet.credits[n] = changed = row.cancel(fact.part, fact.tenders)
            for request in changed.undone():
                _end_doubt(state, request)
            if row.day == wallet.day:
                wallet.credited_minor -= fact.part.paid_minor
                wallet.credited_cash_minor += in_cash(fact.tenders)
    totals.wallets.cancel(fact.part, fact.tenders)
    totals.move_rest(fact.tenders)


def _wallet_refunded(state: TillState, fact: j.WalletRefunded, at: str, actor: str) -> None:
    totals = _sealed_movement(state, fact, at)
    wallet = _turned(state, fact.customer)
    _image(wallet, _minus(wallet.holding, fact.part), fact.after)
    wallet.use_up(fact.part)
    totals.wallets.refund(fact.part, fact.tenders)


def _wallet_adjusted(state: TillState, fact: j.WalletAdjusted, at: str, actor: str) -> None:
    wallet = _turned(state, fact.customer)
    _same(fact.before_minor == wallet.balance_minor)
    if fact.part.total_minor > 0:
        _image(wallet, wallet.holding.plus(fact.part), fact.after)
    else:
        _image(wallet, _minus(wallet.holding, -fact.part), fact.after)
        wallet.use_up(-fact.part)
    session = state.session
    adjusted = state.adjusted_between if session is None else session.totals.wallets.adjusted
    adjusted.add(fact.part.total_minor)


def _wallet_transferred(state: TillState, fact: j.WalletTransferred, at: str, actor: str) -> None:
    source, target = _turned(state, fact.source), _turned(state, fact.target)
    _image(source, _minus(source.holding, fact.part), fact.source_after)
    source.use_up(fact.part)
    _image(target, target.holding.plus(fact.part), fact.target_after)


def _rights_granted(state: TillState, fact: j.RightsGranted, at: str, actor: str) -> None:
    wallet = _turned(state, fact.customer)
    before, after = wallet.holding, fact.after
    rights = grant(before.rights, before.rights.granted_minor + fact.part.total_minor, after.rights.float_minor)
    _image(wallet, Holding(rights, before.purse + fact.part), after)
    wallet.gifted_granted_minor += fact.part.gifted_minor


def _rights_returned(state: TillState, fact: j.RightsReturned, at: str, actor: str) -> None:
    wallet = _turned(state, fact.customer)
    before = wallet.holding
    left = before.purse - fact.part
    _same(min(left.paid_minor, left.gifted_minor) >= 0)
    target_minor = before.rights.returned_minor + fact.part.total_minor
    _image(wallet, Holding(recall(before.rights, target_minor), left), fact.after)


def _wallets_fenced(state: TillState, fact: j.WalletsFenced, at: str, actor: str) -> None:
    _same(fact.wallets == {name: wallet.holding for name, wallet in state.wallets.items()})
    for wallet in state.wallets.values():
        wallet.holding, wallet.credits, wallet.gifted_granted_minor = Holding(), [], 0
    state.fenced = fact.code


def _wallet_blocked(state: TillState, fact: j.WalletBlocked, at: str, actor: str) -> None:
    _turned(state, fact.customer).blocked = fact.reason


def _wallet_unblocked(state: TillState, fact: j.WalletUnblocked, at: str, actor: str) -> None:
    _turned(state, fact.customer).blocked = ""


# --- card terminal --------------------------------------------------------------------------------------------------


def _card_requested(state: TillState, fact: j.CardRequested, at: str, actor: str) -> None:
    state.card = OpenCard(fact.request, at)


def _card_unknown(state: TillState, fact: j.CardUnknown, at: str, actor: str) -> None:
    card = state.card
    assert card is not None and card.request.id == fact.request
    card.unknown_at, card.reason = at, fact.reason


def _card_answered(state: TillState, fact: j.CardAnswered, at: str, actor: str) -> None:
    card, session = state.card, state.session
    assert card is not None and card.request.id == fact.request
    state.card = None
    request = card.request
    accepted = fact.outcome == "accepted"
    if fact.by == "person":
        number = session.number if session is not None else 0
        ticket = state.tickets.get(request.ticket)
        family = request.ticket if ticket is None else ticket.family
        state.doubts[request.id] = CardDoubt(request, accepted, number, card.at, family=family)
        if accepted and session is not None:
            session.totals.unsure.add(request.amount_minor)


def _card_verified(state: TillState, fact: j.CardVerified, at: str, actor: str) -> None:
    doubt = state.doubts[fact.request]
    if not fact.contradicts:
        _end_doubt(state, fact.request)
        return
    doubt.says, doubt.reference = "accepted" if fact.accepted else "refused", fact.reference
    if fact.accepted and state.session is not None:
        doubt.session = state.session.number
        state.session.totals.unsure.add(doubt.request.amount_minor)


def _card_doubt_ended(state: TillState, fact: j.CardDoubtEnded, at: str, actor: str) -> None:
    _end_doubt(state, fact.request)


def _end_doubt(state: TillState, request: str) -> None:
    """The terminal and the books agree on this request; what the session counted as unsure is sure."""
    doubt = state.doubts.pop(request, None)
    if doubt is None or not (doubt.accepted or doubt.says):
        return
    session = state.session
    if session is not None and session.number == doubt.session:
        session.totals.unsure.add(-doubt.request.amount_minor, -1)


_APPLY: dict[type, Apply] = {
    j.RegisterCreated: _register_created,
    j.SellerSignedIn: _signed_in,
    j.SellerLocked: _locked,
    j.ActionApproved: _nothing,
    j.ClockCorrected: _nothing,
    j.SessionOpened: _session_opened,
    j.SessionClosed: _session_closed,
    j.XRead: _x_read,
    j.TicketOpened: _ticket_opened,
    j.LineAdded: _line_added,
    j.QuantityChanged: _quantity_changed,
    j.PriceChanged: _price_changed,
    j.LineDiscounted: _line_discounted,
    j.LineOffered: _line_offered,
    j.LineCommented: _line_commented,
    j.LineRemoved: _line_removed,
    j.LineRestored: _line_restored,
    j.TicketDiscounted: _ticket_discounted,
    j.ModeChanged: _mode_changed,
    j.TicketNamed: _ticket_named,
    j.TicketHeld: _ticket_held,
    j.TicketRecalled: _ticket_recalled,
    j.TicketVoided: _ticket_voided,
    j.TicketRestored: _ticket_restored,
    j.SplitStarted: _split_started,
    j.PartOpened: _part_opened,
    j.UnitsMoved: _units_moved,
    j.NoteDivided: _note_divided,
    j.TicketEmptied: _ticket_emptied,
    j.TenderTaken: _tender_taken,
    j.TenderRemoved: _tender_removed,
    j.TicketClosed: _ticket_closed,
    j.SettlementReversed: _settlement_reversed,
    j.CustomerCreated: _nothing,
    j.CustomerChanged: _nothing,
    j.CustomerErased: _nothing,
    j.CardLinked: _nothing,
    j.CardBlocked: _nothing,
    j.CardReplaced: _nothing,
    j.CustomerAttached: _customer_attached,
    j.CustomerDetached: _customer_detached,
    j.WalletCredited: _wallet_credited,
    j.WalletCreditCancelled: _wallet_credit_cancelled,
    j.WalletRefunded: _wallet_refunded,
    j.WalletAdjusted: _wallet_adjusted,
    j.WalletTransferred: _wallet_transferred,
    j.WalletBlocked: _wallet_blocked,
    j.WalletUnblocked: _wallet_unblocked,
    j.RightsGranted: _rights_granted,
    j.RightsReturned: _rights_returned,
    j.WalletsFenced: _wallets_fenced,
    j.TillEnrolled: _nothing,
    j.TenderModeChanged: _nothing,
    j.TenderModesOrdered: _nothing,
    j.GroupChanged: _nothing,
    j.GroupDeleted: _nothing,
    j.ProductCreated: _nothing,
    j.CodeLinked: _nothing,
    j.SettingChanged: _nothing,
    j.SettingsAdopted: _nothing,
    j.SettingsRolledBack: _nothing,
    j.CardRequested: _card_requested,
    j.CardUnknown: _card_unknown,
    j.CardAnswered: _card_answered,
    j.CardVerified: _card_verified,
    j.CardDoubtEnded: _card_doubt_ended,
    j.CopyIssued: _copy_issued,
    j.ReceiptDeclined: _receipt_declined,
    j.DrawerOpened: _drawer_opened,
    j.DrawerFailed: _nothing,
    j.DrawerForced: _drawer_forced,
    j.DrawerLeftOpen: _drawer_left_open,
    j.DrawerShut: _nothing,
}
