"""Customers as the kiosk draws them: the chip on the ticket, rows, the card, the form, the sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from appliance.domain.account import Wallet
from appliance.domain.customer import COUNTER_ID, Customer, Group, initials_of
from appliance.domain.ticket import Price, Ticket
from appliance.i18n import t
from appliance.protocol import view as v
from appliance.service.client_form import CONSENTS, FIELDS
from appliance.service.clients import row_of
from appliance.store.customers import CustomerRow
from appliance.store.movements import WalletEntry

if TYPE_CHECKING:
    from appliance.service.till import Till


HAS_RECEIPT: Final = ("credit", "change", "credit_cancelled", "refund")
"""Kinds of movements that are documents of a wallet."""


def has_wallets(till: Till) -> bool:
    """Whether cagnottes are switched on."""
    return till.shop.wallet_rules_in(till.config.profile).enabled


def tabs(till: Till) -> tuple[str, ...]:
    """The tabs of Accueil. Every till has them; what a seller may not do there asks for a manager."""
    return ("sale", "clients", "masters")


def name_of(till: Till, customer_id: str) -> str:
    """As one says it; "" for nobody, Client comptoir and who was erased."""
    customer = till.directory.get(customer_id) if customer_id else None
    return "" if customer is None else customer.name


def addressed(till: Till, customer: Customer) -> str:
    """Mme Anne Rochat"""
    return customer.name if customer.kind == "company" else _with_title(till, customer, customer.name)


def _with_title(till: Till, customer: Customer, name: str) -> str:
    if not (customer.civility and name):
        return name
    return t(f"client.addressed.{customer.civility}", till.config.language, name=name)


def wallet_minor(till: Till, customer_id: str) -> int | None:
    """What the customer can spend; None where the wallet never moved, or cagnottes are off."""
    if customer_id not in till.state.wallets or not has_wallets(till):
        return None
    return till.state.available(customer_id).total_minor


def kept_minor(till: Till, customer_id: str) -> int:
    """What is on a wallet while cagnottes are off: it is read and, by right, refunded (feature W-01)."""
    return 0 if has_wallets(till) else till.state.holding(customer_id).balance_minor


def chip(till: Till, ticket: Ticket) -> v.ClientChip | None:
    """The client on the ticket."""
    return chip_of(till, ticket.customer)


def chip_of(till: Till, customer_id: str) -> v.ClientChip | None:
    """A client as the ticket's head shows it; None for nobody and for the counter's."""
    customer = till.directory.get(customer_id) if customer_id else None
    if customer is None or customer.id == COUNTER_ID:
        return None
    group = till.directory.group_of(customer.id)
    return v.ClientChip(
        name=addressed(till, customer),
        initials=initials(customer),
        wallet_minor=(wallet_minor(till, customer.id) or 0) if has_wallets(till) else None,
        group="" if group is None else group.label,
        group_discount_bp=_rate(till, group),
        is_blocked=has_wallets(till) and is_blocked(till, customer.id),
    )


def is_blocked(till: Till, customer_id: str) -> bool:
    """Whether the wallet pays nothing for now (feature W-22)."""
    wallet = till.state.wallets.get(customer_id)
    return wallet is not None and bool(wallet.blocked)


def initials(customer: Customer) -> str:
    """Of the name as one says it, which stands beside them; a list has them of its own order."""
    return initials_of(customer.name)


def _rate(till: Till, group: Group | None) -> int:
    return 0 if group is None else group.default_rate_bp(till.business_date())


def group_of_ticket(ticket: Ticket, priced: Price) -> tuple[int, int, str]:
    """(discount of the client's group, not positive; its rate when it is one; its label)."""
    if not priced.group_minor:
        return 0, 0, ""
    rates = {
        line.group_bp for line, amount in zip(ticket.lines, priced.amounts, strict=True) if amount and line.group_bp
    }
    return -priced.group_minor, rates.pop() if len(rates) == 1 else 0, ticket.group


# --- lists ----------------------------------------------------------------------------------------------------------


def row(till: Till, found: CustomerRow) -> v.ClientRow:
    """One customer of a list."""
    group = till.directory.group(found.group)
    return v.ClientRow(
        id=found.id,
        name=found.listed_name,
        initials=found.initials,
        phone=found.phone,
        code=found.code,
        place=found.place,
        group="" if group is None else group.label,
        group_bp=_rate(till, group),
        wallet_minor=wallet_minor(till, found.id),
        is_company=found.kind == "company",
    )


def rows(till: Till) -> tuple[v.ClientRow, ...]:
    """What was found, but for who is being deleted."""
    found = till.desk.client_found
    if found is None:
        return ()
    return tuple(row(till, each) for each in found.rows if each.id != till.desk.client_leaving)


def _list(till: Till) -> dict[str, Any]:
    """What every list of customers shows: who was found by which letters, and among how many."""
    found = till.desk.client_found
    if found is None:
        return {}
    listed = rows(till)
    gone = len(found.rows) - len(listed)
    return {
        "rows": listed, "search": found.text, "hits": found.hits - gone, "has_more": found.has_more,
        "total": found.total - gone,
    }  # fmt: skip


def picker(till: Till) -> v.ClientPickerSheet:
    """Choix du client."""
    desk, listed = till.desk, _list(till)
    is_search = bool(listed and listed["search"] and listed["rows"])
    return v.ClientPickerSheet(
        **listed,
        kind=desk.client_kind,
        chosen=listed["rows"][0].id if is_search else "",
        purpose=desk.client_purpose,
        code=desk.unknown.shown if desk.unknown is not None and desk.client_purpose == "link" else "",
    )


def menu(till: Till, ticket: Ticket | None) -> v.ClientMenuSheet | None:
    """What can be done with the client on the ticket."""
    customer = till.directory.get(ticket.customer) if ticket is not None and ticket.customer else None
    if customer is None:
        return None
    return v.ClientMenuSheet(row(till, row_of(customer)), has_wallets(till) and customer.can_own_wallet, customer.name)


def delete_sheet(till: Till) -> v.ClientDeleteSheet | None:
    """Confirmer la suppression."""
    customer = till.directory.get(till.desk.client_doomed)
    return None if customer is None else v.ClientDeleteSheet(customer.id, addressed(till, customer))


def groups(till: Till) -> v.ClientGroupsSheet:
    """The groups to choose from in the form."""
    form = till.desk.client_form
    keys = tuple(v.ClientGroupKey(group.id, group.label, _rate(till, group)) for group in till.directory.groups())
    return v.ClientGroupsSheet(keys, form.group if form is not None else "")


def consents(till: Till) -> v.ClientConsentsSheet | None:
    """What the client in the form agrees to."""
    form = till.desk.client_form
    if form is None:
        return None
    rows = []
    for name in CONSENTS:
        said = form.consent(name)
        day = till.local_time(said.at)[:10] if said.at else ""
        rows.append(v.ConsentRow(name, said.given, day, bool(said.at) or name in form.answers))  # type: ignore[arg-type]
    return v.ClientConsentsSheet(tuple(rows))


# --- the tab --------------------------------------------------------------------------------------------------------


def clients_view(till: Till) -> v.ClientsView:
    """Tab Clients."""
    return v.ClientsView(
        **_list(till),
        tabs=tabs(till),
        client=_card(till),
        has_wallets=has_wallets(till),
        has_statement=till.desk.client in till.state.wallets,
    )


def _card(till: Till) -> v.ClientCard | None:
    desk = till.desk
    customer = till.directory.get(desk.client) if desk.client else None
    if customer is None:
        return None
    group = till.directory.group_of(customer.id)
    wallet = till.state.wallets.get(customer.id)
    kept = [] if wallet is None else [row for row in wallet.credits if row.cancelled != row.part]
    credit = kept[-1] if kept else None
    address = customer.default_address
    lines = () if address is None else (address.street, f"{address.postcode} {address.place}".strip())
    return v.ClientCard(
        id=customer.id,
        name=addressed(till, customer),
        initials=initials(customer),
        is_company=customer.kind == "company",
        is_feminine=customer.civility == "madam",
        since=till.local_time(customer.created_at)[:10] if customer.created_at else "",
        phone=customer.phones[0] if customer.phones else "",
        email=customer.email,
        codes=customer.active_codes,
        group="" if group is None else group.label,
        group_bp=_rate(till, group),
        account=customer.account,
        address=tuple(line for line in lines if line),
        contact=_contact(till, customer) if customer.kind == "company" else "",
        business=customer.uid or customer.siret or customer.siren,
        vat=customer.vat_number,
        wallet_minor=wallet_minor(till, customer.id) or 0,
        kept_minor=kept_minor(till, customer.id),
        gifted_minor=_gifted(till, wallet, customer.id),
        is_blocked=is_blocked(till, customer.id),
        blocked_for="" if wallet is None else wallet.blocked,
        last_credit_minor=0 if credit is None else credit.part.total_minor,
        last_credit_at="" if credit is None else till.local_time(credit.at),
        movements=movements(till, customer.id),
        sales=_sales(till),
        is_counter=customer.id == COUNTER_ID,
    )


def _contact(till: Till, company: Customer) -> str:
    """Mme Zoé Martin, who speaks for a company."""
    return _with_title(till, company, f"{company.first_name} {company.last_name}".strip())


def _gifted(till: Till, wallet: Wallet | None, customer_id: str) -> int:
    return 0 if wallet is None else till.state.available(customer_id).gifted_minor


def movements(till: Till, customer_id: str) -> tuple[v.WalletMovement, ...]:
    """The movements of the wallet, newest first."""
    if till.desk.client_moves_of[0] != customer_id:
        return ()
    return tuple(
        v.WalletMovement(
            at=till.local_time(row.at),
            kind=row.kind,
            amount_minor=row.amount_minor,
            balance_minor=row.balance_minor,
            number=row.ticket,
            where=_where(till, row),
            document=row.document if row.kind in HAS_RECEIPT else 0,
        )
        for row in till.desk.client_moves
    )


def _where(till: Till, row: WalletEntry) -> str:
    """By which means, why, or at which till."""
    if row.kind in ("credit", "credit_cancelled", "refund"):
        return row.modes
    return row.reason or (till.shop.register_name if row.till == till.state.till else row.till)


def _sales(till: Till) -> tuple[v.ClientSale, ...] | None:
    found = till.desk.client_sales
    if found is None:
        return None
    return tuple(
        v.ClientSale(
            at=till.local_time(at),
            number=closed.ticket,
            document=f"{closed.document:06d}",
            articles=sum(line.quantity_milli // 1000 if line.unit == "piece" else 1 for line in closed.lines),
            tenders=", ".join(tender.name for tender in closed.tenders),
            total_minor=closed.total_minor,
        )
        for at, closed in found
    )


# --- the form -------------------------------------------------------------------------------------------------------


def form_view(till: Till) -> v.ClientFormView | None:
    """Nouveau client, Modifier."""
    form = till.desk.client_form
    if form is None:
        return None
    group = till.directory.group(form.group)
    lines = []
    for field in (*FIELDS, "group"):
        error, params = form.errors.get(field, ("", {}))
        text, edition = form.texts.get(field, ""), form.editions.get(field, 0)
        if text or edition or error:
            lines.append(v.FormLine(field, text, edition, error, params))
    return v.ClientFormView(
        serial=form.serial,
        kind=form.kind,
        title=form.title,
        lines=tuple(lines),
        customer=form.customer,
        ticket=form.ticket,
        group="" if group is None else group.label,
        group_bp=_rate(till, group),
        consents=sum(form.consent(name).given for name in CONSENTS),
        note=form.note,
    )
