"""Wallets as the kiosk draws them: the credit sheet, the wallet that does not suffice, the rarer deeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain import crediting
from appliance.domain.cash import coins_to_give
from appliance.domain.catalog import TenderMode
from appliance.domain.customer import Customer
from appliance.domain.ticket import unpaid_minor
from appliance.protocol import view as v
from appliance.service import display_clients, display_office, wallet_deeds, wallets
from appliance.service.wallet_draft import CreditDraft

if TYPE_CHECKING:
    from appliance.service.till import Till

SHORT_PRESETS = (1000, 2000, 5000, 10_000)
"""Keys of Recharger (mock-up 17)."""


def credit_sheet(till: Till) -> v.WalletCreditSheet | None:
    """Créditer la cagnotte, Annuler un crédit."""
    draft = till.desk.credit
    customer = till.directory.get(draft.customer) if draft is not None else None
    if draft is None or customer is None:
        return None
    balance = till.state.available(customer.id).total_minor
    fault = wallets.fault_of(till, draft)
    remaining = max(0, wallets.remaining_minor(draft)) if draft.quantity == 1 else 0
    rules = wallets.rules_of(till)
    return v.WalletCreditSheet(
        customer=customer.id,
        name=display_clients.addressed(till, customer),
        quantity=draft.quantity,
        field=draft.field,
        amount_minor=draft.amount_minor,
        received_minor=draft.received_minor,
        presets=rules.presets_minor,
        modes=_modes(till),
        mode=draft.mode,
        payments=_payments(draft),
        balance_minor=balance,
        new_balance_minor=max(0, balance + draft.quantity * draft.amount_minor),
        remaining_minor=remaining,
        change_minor=max(0, draft.received_minor - remaining) if draft.amount_minor and draft.quantity == 1 else 0,
        credits=_credits(till, customer),
        credit=draft.document,
        prints=rules.receipt == "auto",
        asks_amount=draft.asks_amount,
        for_ticket_minor=_ticket_minor(till, draft),
        too_old_days=wallets.too_old_days(till, draft),
        drawer_minor=None if fault is not None or draft.quantity == 1 else _drawer(till, draft),
        repaid_minor=0 if fault is not None or draft.quantity == 1 else wallets.repaid_minor(till, draft),
        coins_minor=0 if fault is not None or draft.quantity == 1 else wallets.coins_back(till, draft),
        error="" if fault is None else fault.code,
        params={} if fault is None else dict(fault.params),
    )


def _modes(till: Till) -> tuple[v.TenderKey, ...]:
    return tuple(_key(till, mode) for mode in wallets.funding_modes(till))


def _key(till: Till, mode: TenderMode) -> v.TenderKey:
    return v.TenderKey(mode.id, mode.name, mode.icon, mode.kind, detail(till, mode))


def detail(till: Till, mode: TenderMode) -> str:
    """The second line of a means of payment: the merchant's, or how the terminal is."""
    terminal = till.terminal
    if mode.kind != "card" or not terminal.is_configured:
        return mode.note
    return "tender.detail.terminal_away" if terminal.is_away else "tender.detail.terminal_ready"


def _payments(draft: CreditDraft) -> tuple[v.TenderView, ...]:
    return tuple(
        v.TenderView(n, row.mode.name, row.mode.icon, row.mode.kind, row.amount_minor or 0)
        for n, row in enumerate(draft.payments, 1)
    )


def _credits(till: Till, customer: Customer) -> tuple[v.CreditRow, ...]:
    return tuple(
        v.CreditRow(
            document=row.document,
            at=till.local_time(row.at),
            modes=", ".join(tender.name for tender in row.tenders),
            amount_minor=row.part.total_minor,
            left_minor=crediting.cancellable_minor(till.state, customer.id, row),
        )
        for row in wallets.cancellable(till, customer.id)
    )


def _drawer(till: Till, draft: CreditDraft) -> int | None:
    return wallets.drawer_below(till, wallets.coins_back(till, draft))


def _ticket_minor(till: Till, draft: CreditDraft) -> int:
    ticket = till.ticket
    if not draft.ticket or ticket is None or ticket.number != draft.ticket:
        return 0
    return unpaid_minor(ticket)


def short_sheet(till: Till) -> v.WalletShortSheet | None:
    """La cagnotte ne suffit pas."""
    ticket = till.ticket
    if ticket is None or not ticket.customer:
        return None
    missing = wallets.missing_minor(till)
    sheet = v.WalletShortSheet(
        total_minor=unpaid_minor(ticket),
        balance_minor=till.state.available(ticket.customer).total_minor,
        missing_minor=missing,
        presets=tuple(each for each in SHORT_PRESETS if each >= missing),
        can_recharge=bool(wallets.funding_modes(till)),
    )
    return sheet if till.office is None else display_office.shared(till, sheet, ticket.customer)


def movement_sheet(till: Till) -> v.WalletMovementSheet | None:
    """A movement of the client on the card."""
    desk = till.desk
    rows = display_clients.movements(till, desk.client)
    row = next((row for row in rows if row.document and row.document == desk.movement), None)
    if row is None:
        return None
    can_cancel = wallets.rules_of(till).enabled and any(
        credit.document == row.document for credit in wallets.cancellable(till, desk.client)
    )
    return v.WalletMovementSheet(row, desk.client, can_cancel)


def given_sheet(till: Till) -> v.WalletGivenSheet | None:
    """What to hand out now."""
    given = till.desk.given
    if given is None:
        return None
    customer = till.directory.get(given.customer)
    return v.WalletGivenSheet(
        kind=given.kind,
        name="" if customer is None else display_clients.addressed(till, customer),
        document=given.document,
        moved_minor=given.moved_minor,
        out_minor=given.out_minor,
        coins=coins_out(till, given.out_minor),
        received_minor=given.received_minor,
        balance_minor=till.state.available(given.customer).total_minor,
        paper=wallets.paper_of(till, given.document),
    )


def coins_out(till: Till, minor: int) -> tuple[v.CoinCount, ...]:
    """The coins and notes to give, largest first."""
    return tuple(v.CoinCount(value, count) for value, count in coins_to_give(minor, till.shop.currency))


def action_sheet(till: Till) -> v.WalletActionSheet | None:
    """The rarer deeds."""
    deed = till.desk.deed
    customer = till.directory.get(deed.customer) if deed is not None else None
    if deed is None or customer is None:
        return None
    purse = till.state.holding(customer.id).purse
    is_transfer, found = deed.action == "transfer", till.desk.client_found
    rows = display_clients.rows(till) if is_transfer else ()
    return v.WalletActionSheet(
        customer=customer.id,
        name=display_clients.addressed(till, customer),
        actions=wallet_deeds.possible(till, customer),
        action=deed.action,
        balance_minor=purse.total_minor,
        paid_minor=purse.paid_minor,
        gifted_minor=purse.gifted_minor,
        reasons=tuple(v.ReasonKey(each, words) for each, words in wallet_deeds.reasons_of(till, deed.action)),
        modes=_modes(till) if deed.action == "refund" else (),
        cards=customer.active_codes,
        scanned=deed.scanned,
        rows=tuple(row for row in rows if row.id != customer.id),
        search=found.text if is_transfer and found is not None else "",
        drawer_minor=wallets.drawer_below(till, purse.paid_minor) if deed.action == "refund" else None,
    )


def wallet_key(till: Till, mode: TenderMode, customer: str, remaining: int) -> v.TenderKey:
    """Cagnotte client at Encaissement, with what is on it; without a client it asks for one."""
    if not customer:
        return v.TenderKey(mode.id, mode.name, mode.icon, mode.kind, mode.note, is_enabled=remaining > 0)
    if display_clients.is_blocked(till, customer):
        return v.TenderKey(mode.id, mode.name, mode.icon, mode.kind, "tender.detail.blocked", is_enabled=False)
    balance = till.state.available(customer).total_minor
    return v.TenderKey(
        mode.id, mode.name, mode.icon, mode.kind, "tender.detail.balance", balance, is_enabled=remaining > 0
    )
