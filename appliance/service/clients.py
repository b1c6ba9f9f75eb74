"""Customers at the till: found, put on the ticket, created, changed, deleted.

A customer is looked up in the store (`directory`), decided about by the core, and written in the transaction of the
fact that tells of it. Searching runs on the database's thread: among 100,000 customers it may take longer than a frame.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from appliance.domain import customer as people
from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.crediting import check_erasable
from appliance.domain.customer import COUNTER_ID, Customer, code_key
from appliance.domain.errors import Refusal
from appliance.domain.meaning import may_be_card
from appliance.domain.ticket import Ticket, price
from appliance.protocol import command as c
from appliance.protocol import view as v
from appliance.service import client_form as forms
from appliance.service import selling
from appliance.service.client_form import Form
from appliance.service.desk import UNDO_S
from appliance.service.directory import look
from appliance.service.ledger import StoreFault, stamp
from appliance.service.people import land, require_session
from appliance.service.text import clean
from appliance.store import customers as store
from appliance.store import journal as store_journal
from appliance.store.database import DatabaseError
from appliance.store.erasure import is_erasure_pending

if TYPE_CHECKING:
    from appliance.service.till import Till

log = logging.getLogger(__name__)

ERASE_AGAIN_S: Final = 6.0
AWAY_NS: Final = 30_000_000_000
QUIET_NS: Final = 600_000_000_000
"""So long nothing was touched at a till that is taken to be idle: with nobody signed in, and with somebody."""
WAYS_OUT: Final[dict[str, c.WalletAction]] = {"refund_balance": "refund", "transfer_balance": "transfer"}
"""What a message offers that refuses to delete somebody with a balance."""
HISTORY: Final = 200
"""Sales of Historique."""


# --- looking --------------------------------------------------------------------------------------------------------


def looks_first(command: c.AnyCommand) -> bool:
    """Whether the store is asked before this is decided."""
    if isinstance(command, c.OpenSheet):
        return command.sheet == "client_picker"
    return isinstance(command, c.SearchCustomers | c.ShowTab | c.ShowHistory)


async def look_up(till: Till, command: c.AnyCommand) -> None:
    """Ask the store off the loop; the handler then shows what was found."""
    if isinstance(command, c.ShowHistory):
        if command.on:
            await read_history(till)
        return
    text, kind = "", "person" if isinstance(command, c.OpenSheet) else ""
    if isinstance(command, c.SearchCustomers):
        text, kind = clean(command.text, 64), command.kind or _kind(till)
    till.desk.client_looked = await till.ledger.read(lambda conn: look(conn, text, kind))


def _kind(till: Till) -> str:
    """The picker lists persons or companies, the tab both."""
    return till.desk.client_kind if till.desk.sheet == "client_picker" else ""


def _search(till: Till, command: c.SearchCustomers) -> None:
    desk = till.desk
    if command.kind and desk.sheet == "client_picker":
        desk.client_kind = command.kind
    if desk.client_looked is not None:
        desk.client_found = msgspec.structs.replace(desk.client_looked, text=command.text)


def show_all(till: Till) -> None:
    """The list as it is before anything is typed; read a moment later when it was not asked for before."""
    desk, kind = till.desk, _kind(till)
    looked, desk.client_looked = desk.client_looked, None
    is_it = looked is not None and (looked.text, looked.kind) == ("", kind)
    desk.client_found = looked if is_it else None
    if not is_it:
        till.chore(_fill_list(till, kind))


async def _fill_list(till: Till, kind: str) -> None:
    """With what was decided just before, such as a customer who was created."""
    with suppress(StoreFault):  # told to whoever decided it; the list is what the disk has
        await till.ledger.settle()
    found = await till.ledger.read(lambda conn: look(conn, "", kind))
    shown = till.desk.client_found
    if (shown is None or (shown.text, shown.kind) == ("", kind)) and _kind(till) == kind:
        till.desk.client_found = found
        till.changed()


def open_picker(till: Till, purpose: Literal["", "wallet", "link"] = "") -> None:
    """Choix du client, over the tiles. `purpose` "wallet": asked by a tender that needs one. "link": whose card the
    unknown code is."""
    desk = till.desk
    if desk.screen not in ("payment", "split"):
        selling.ensure_ticket(till)
    desk.close_sheet()
    desk.sheet, desk.client_kind, desk.client_purpose = "client_picker", "person", purpose
    show_all(till)


def open_menu(till: Till) -> None:
    """The menu of the client on the ticket; where there is none, the picker."""
    ticket = till.ticket
    if ticket is None or till.directory.get(ticket.customer) is None or ticket.customer in ("", COUNTER_ID):
        open_picker(till)
        return
    till.desk.close_sheet()
    till.desk.sheet = "client_menu"


def _show_tab(till: Till, command: c.ShowTab) -> None:
    require_session(till)
    desk = till.desk
    if command.tab == "sale":
        desk.close_sheet()
        land(till)
    elif command.tab == "clients":
        desk.close_sheet()
        desk.screen, desk.shows_result, desk.client, desk.client_sales = "clients", False, "", None
        show_all(till)
    elif command.tab == "masters":
        masters.open_tab(till, command)


def _show_customer(till: Till, command: c.ShowCustomer) -> None:
    show_card(till, command.customer)


def show_card(till: Till, customer_id: str) -> None:
    """The customer's card, in the tab Clients; the ticket in hand stays."""
    require_session(till)
    _known(till, customer_id)
    desk = till.desk
    desk.close_sheet()
    if desk.screen != "clients":
        desk.screen, desk.shows_result = "clients", False
        show_all(till)
    desk.client, desk.client_sales, desk.client_form = customer_id, None, None
    if till.office is not None:
        till.office.identified(customer_id)
    rules = till.shop.wallet_rules_in(till.config.profile)
    if not rules.enabled and not till.state.holding(customer_id).balance_minor:  # where the movements would stand
        till.chore(_show_sales(till))


def _known(till: Till, customer_id: str) -> Customer:
    customer = till.directory.get(customer_id)
    if customer is None or till.directory.is_leaving(customer_id):
        raise Refusal("client.gone")
    return customer


# --- history --------------------------------------------------------------------------------------------------------


async def read_history(till: Till) -> None:
    """The customer's newest sales at this till, off the loop."""
    customer = till.desk.client
    await till.ledger.settle()
    found = await till.ledger.read(lambda conn: store_journal.sales_of(conn, customer, HISTORY))
    if till.desk.client == customer:
        till.desk.client_sales = tuple(found)


async def _show_sales(till: Till) -> None:
    await read_history(till)
    till.changed()


def _show_history(till: Till, command: c.ShowHistory) -> None:
    if not command.on:
        till.desk.client_sales = None


# --- on the ticket --------------------------------------------------------------------------------------------------


def attach(till: Till, customer_id: str) -> bool:
    """The ticket in hand is this customer's; the discount of the group is on its lines. Who buys again is not deleted
    after all. False when a manager is asked first: the ticket replaces a sealed sale and would become cheaper."""
    _take_back_deletion(till, customer_id)
    _known(till, customer_id)
    ticket = selling.ensure_ticket(till) if till.desk.screen not in ("payment", "split") else selling.in_hand(till)
    if customer_id == COUNTER_ID:
        till.do(i.DetachCustomer())
        return True
    group = till.directory.group_of(customer_id)
    attachment = _attachment(till, ticket, customer_id, group)
    if _lowers(ticket, attachment) and not selling.may_lower(till, c.AttachCustomer(customer_id)):
        return False
    till.do(attachment)
    if till.office is not None:
        till.office.identified(customer_id)
    desk, rate_bp = till.desk, 0 if group is None else group.default_rate_bp(till.business_date())
    for source in ("scan", "refusal", "client"):
        desk.hush(source)
    if group is not None and rate_bp and till.state.tickets[ticket.number].group:
        desk.say("client.group", source="client", group=group.label, rate_bp=rate_bp)
        till.fold_messages()
    _warn_of_block(till, customer_id)
    return True


def _warn_of_block(till: Till, customer_id: str) -> None:
    """Whose wallet pays nothing is told when the customer is there, not at the payment (feature W-22)."""
    wallet = till.state.wallets.get(customer_id)
    if wallet is not None and wallet.blocked and till.shop.wallet_rules_in(till.config.profile).enabled:
        till.desk.say("client.wallet_blocked", "warn", source="client", reason=wallet.blocked)
        till.fold_messages()


def _lowers(ticket: Ticket, attachment: i.AttachCustomer) -> bool:
    """Whether the ticket would cost less with these rates of the group."""
    replace = msgspec.structs.replace
    lines = [replace(line, group_bp=attachment.rates.get(line.id, 0)) for line in ticket.lines]
    after = replace(ticket, lines=lines, customer=attachment.customer, group=attachment.group)
    return price(after).total_minor < price(ticket).total_minor


def _attachment(till: Till, ticket: Ticket, customer_id: str, group: people.Group | None) -> i.AttachCustomer:
    """The ticket is this customer's, with what the group takes off."""
    rates = {} if group is None else _rates(till, ticket, group)
    rate_bp = 0 if group is None else group.default_rate_bp(till.business_date())
    label = "" if group is None or not (rates or rate_bp) else group.label
    return i.AttachCustomer(customer_id, label, rates, ticket.number)


def _rates(till: Till, ticket: Ticket, group: people.Group) -> dict[int, int]:
    rates = {}
    for line in ticket.lines:
        product = till.catalog.product(line.product) if line.product is not None else None
        rates[line.id] = group.rate_bp(None if product is None else product.category, till.business_date())
    return {line: rate for line, rate in rates.items() if rate}


def tickets_of_group(till: Till, group_id: str) -> list[Ticket]:
    """Tickets of this group's customers whose payment has not begun, nor was once sealed."""
    found = []
    for ticket in till.state.tickets.values():
        group = till.directory.group_of(ticket.customer)
        if group is not None and group.id == group_id and not (ticket.tenders or ticket.corrects):
            found.append(ticket)
    return found


def rate_tickets(till: Till, tickets: list[Ticket]) -> None:
    """Their customers' groups give other discounts now."""
    for ticket in tickets:
        till.do(_attachment(till, ticket, ticket.customer, till.directory.group_of(ticket.customer)))


def _attach(till: Till, command: c.AttachCustomer) -> None:
    require_session(till)
    _known(till, command.customer)
    if _is_linking(till):
        unknown_code.link_card(till, command.customer)
        return
    if command.is_new_sale:
        till.run(c.NewTicket())
    desk = till.desk
    leave_form(till)
    if desk.screen == "clients":
        desk.screen = "sale"
    choose(till, command.customer)


def choose(till: Till, customer_id: str) -> None:
    """On the ticket, and the picker is done; where a wallet's tender had asked for the client, it goes on."""
    goes_on = is_for_wallet(till)
    if not attach(till, customer_id):
        return
    till.desk.close_sheet()
    if goes_on:
        wallets.tend_for_chosen(till)


def is_for_wallet(till: Till) -> bool:
    """ "Pour quel client ?" is asked."""
    return till.desk.sheet == "client_picker" and till.desk.client_purpose == "wallet"


def leave_form(till: Till) -> None:
    """Somebody who is there already is taken instead of a new one: back to the ticket."""
    desk = till.desk
    if desk.screen == "client_form":
        form = desk.client_form
        desk.screen = form.back if form is not None and form.back in ("split", "payment") else "sale"
        desk.client_form = None


def _is_linking(till: Till) -> bool:
    """The picker asks whose card the unknown code is, or the form with that code proposes who is there already."""
    desk = till.desk
    if desk.screen == "client_form":
        form, unknown = desk.client_form, desk.unknown
        return form is not None and unknown is not None and form.texts.get("code", "").strip() == unknown.text
    return desk.sheet == "client_picker" and desk.client_purpose == "link"


def _detach(till: Till, command: c.DetachCustomer) -> None:
    if not selling.in_hand(till).customer:
        raise Refusal("client.none")
    till.do(i.DetachCustomer())
    till.desk.close_sheet()
    till.desk.hush("client")


# --- the form -------------------------------------------------------------------------------------------------------


def _new(till: Till, command: c.NewCustomer) -> None:
    require_session(till)
    desk = till.desk
    kind = desk.client_kind if desk.sheet == "client_picker" else "person"
    code = desk.unknown.text if desk.unknown is not None and _is_linking(till) else command.code
    form = forms.blank(desk.next_form, kind, _ticket_of(till), desk.screen)
    form = msgspec.structs.replace(forms.with_name(form, clean(command.name, 80)), for_wallet=is_for_wallet(till))
    _open_form(till, form)
    if code:
        read_card(till, code)


def _ticket_of(till: Till) -> int:
    """The ticket that a new client goes on: the one in hand, when the form is opened from it."""
    return till.ticket.number if till.ticket is not None and till.desk.screen not in ("home", "clients") else 0


def _edit(till: Till, command: c.EditCustomer) -> None:
    require_session(till)
    if command.customer == COUNTER_ID:
        raise Refusal("client.counter")
    customer = _known(till, command.customer)
    _open_form(till, forms.filled(till.desk.next_form, customer, till.desk.screen))


def _open_form(till: Till, form: Form) -> None:
    desk = till.desk
    desk.close_sheet()
    desk.screen, desk.shows_result, desk.search = "client_form", False, None
    desk.client_form, desk.next_form = form, desk.next_form + 1


def _form(till: Till) -> Form | None:
    """The form on the screen; None once it is left: letters and second touches that come late mean nothing."""
    return till.desk.client_form if till.desk.screen == "client_form" else None


def _fill(till: Till, command: c.FillCustomer) -> None:
    form = _form(till)
    if form is None:
        return
    text = command.text if command.field in ("kind", "title", "group", *forms.CONSENTS) else clean(command.text, 80)
    if command.field == "group" and text and till.directory.group(text) is None:
        raise Refusal("client.gone")
    grown = len(text) > len(form.texts.get("place", ""))
    form = forms.fill(form, command.field, text)
    if command.field == "place" and grown and text.isascii() and text.isdigit() and len(text) in (4, 5):
        place = till.ledger.read_now(lambda conn: store.place_of(conn, text, forms.country_of(text)))
        if place:
            form = forms.write(form, "place", f"{text} {place}")
    till.desk.client_form = form
    if command.field == "group":
        till.desk.close_sheet()


def read_card(till: Till, code: str) -> None:
    """A scanned code in the form: it becomes the Référence."""
    form = _form(till)
    if form is None:
        return
    form = forms.write(form, "code", code)
    holder = till.directory.holder_of(code)
    if holder is not None and holder.customer != form.customer:
        form = forms.with_holder(form, holder)
    else:
        form = forms.with_note(form, v.FormNote("client.card_read", {"code": code}))
    till.desk.client_form = form
    till.desk.sound("scan_ok" if holder is None else "scan_refused")


def _save(till: Till, command: c.SaveCustomer) -> None:
    """Creates or changes; what is wrong is said under its field, and a possible twin is proposed first."""
    form = _form(till)
    if form is None:
        return
    known = _known(till, form.customer) if form.customer else None
    made = forms.customer_of(form, now(till))
    faults = till.ledger.read_now(lambda conn: store.check(conn, made))
    faults += _article_faults(till, made)
    if faults:
        till.desk.client_form = forms.with_faults(form, faults)
        till.desk.sound("scan_refused")
        return
    if not _may_have_group(till, form, made) and not till.require(masters.RIGHT, command):
        return
    if not form.customer and not command.is_another and (twin := _twin(till, made)) is not None:
        till.desk.client_form = forms.with_twin(form, twin)
        return
    if known is not None and forms.ends_card(known, made) and not till.require("block_wallet", command):
        return
    in_hand = till.ticket if form.ticket and till.ticket is not None and till.ticket.number == form.ticket else None
    is_new = not form.customer
    if is_new:
        made = msgspec.structs.replace(made, id=till.ledger.read_now(store.new_id), created_at=now(till))
    if in_hand is not None:
        till.ledger.check(_attachment(till, in_hand, made.id, till.directory.group(made.group)))
    write(till, people.tidy(made), form.original)
    unknown_code.customer_made(till, made.active_codes)
    desk = till.desk
    desk.client_form = None
    if in_hand is not None:
        desk.screen = form.back if form.back in ("split", "payment") else "sale"
        if attach(till, made.id) and form.for_wallet:
            wallets.tend_for_chosen(till)
    else:
        show_card(till, made.id)
        desk.say("client.created" if is_new else "client.saved", source="client", name=made.name)
        till.fold_messages()
    if not is_new:
        _rate_again(till, made.id)


def _article_faults(till: Till, made: Customer) -> tuple[people.FieldFault, ...]:
    words = scanning.words_of(till)
    return tuple(
        people.FieldFault(f"codes.{n}", "client.is_article")
        for n, code in enumerate(made.codes)
        if code.state == "active" and not may_be_card(words, code.code)
    )


def _may_have_group(till: Till, form: Form, made: Customer) -> bool:
    """A group is a discount on every sale to come: giving one is a right, as the groups themselves are."""
    group = till.directory.group(made.group) if made.group else None
    is_given = form.original is None or form.original.group != made.group
    return group is None or not is_given or not any(rate.rate_bp for rate in group.rates)


def _twin(till: Till, made: Customer) -> store.Duplicate | None:
    twins = till.ledger.read_now(lambda conn: store.duplicates(conn, made))
    return twins[0] if twins else None


def now(till: Till) -> str:
    return stamp(till.clock.now())


def write(till: Till, made: Customer, old: Customer | None) -> None:
    """The customer's row in the transaction of the facts that tell of it; those have no personal data."""
    at = now(till)
    made = msgspec.structs.replace(made, created_at=made.created_at or at, changed_at=at)
    till.ledger.also(lambda conn: _store(conn, made, at))
    fact = j.CustomerCreated(made.id) if old is None else j.CustomerChanged(made.id)
    till.do(i.NoteCustomer(fact))
    before = {code_key(code.code) for code in (old.codes if old else ()) if code.state == "active"}
    after = {code_key(code.code) for code in made.codes if code.state == "active"}
    gone = sorted(before - after)
    for key in sorted(after - before):
        card: j.CustomerNote
        card = j.CardReplaced(made.id, key[-4:], gone.pop(0)[-4:]) if gone else j.CardLinked(made.id, key[-4:])
        till.do(i.NoteCustomer(card))
    for key in gone:
        till.do(i.NoteCustomer(j.CardBlocked(made.id, key[-4:])))
    till.directory.put(made)


def _store(conn: Any, made: Customer, at: str) -> None:
    store.save_all(conn, [made], at)


def _rate_again(till: Till, customer_id: str) -> None:
    """The group may be another one: the ticket in hand follows, unless its payment has begun or was once sealed."""
    ticket = till.ticket
    if ticket is not None and ticket.customer == customer_id and not (ticket.tenders or ticket.corrects):
        screen = till.desk.screen
        attach(till, customer_id)
        till.desk.screen = screen


def list_again(till: Till, customer_id: str) -> None:
    """The row of a customer who changed while the list stands."""
    found, customer = till.desk.client_found, till.directory.get(customer_id)
    if found is not None and customer is not None:
        rows = tuple(row_of(customer) if row.id == customer_id else row for row in found.rows)
        till.desk.client_found = msgspec.structs.replace(found, rows=rows)


def row_of(customer: Customer) -> store.CustomerRow:
    """A customer as lists show them."""
    address = customer.default_address
    return store.CustomerRow(
        customer.id, customer.kind, customer.civility, customer.last_name, customer.first_name, customer.company,
        customer.phones[0] if customer.phones else "", customer.active_codes[0] if customer.active_codes else "",
        address.place if address is not None else "", customer.group,
    )  # fmt: skip


# --- deleting -------------------------------------------------------------------------------------------------------


def _delete(till: Till, command: c.DeleteCustomer) -> None:
    """Asks; then gone from the lists at once, and erased from the disk when it can no longer be taken back."""
    desk = till.desk
    if command.customer == COUNTER_ID:
        raise Refusal("client.counter")
    customer = _known(till, command.customer)
    balance = till.state.holding(customer.id).balance_minor
    if balance:
        refusal = Refusal("client.has_balance", amount_minor=balance)
        refusal.ways_out = tuple(way for way, deed in WAYS_OUT.items() if deed in wallet_deeds.possible(till, customer))
        raise refusal
    for ticket in till.state.tickets.values():
        if ticket.customer == customer.id:
            raise Refusal("client.is_on_ticket", number=ticket.number)
    check_erasable(till.state, customer.id)
    desk.close_sheet()
    if not command.confirmed:
        desk.sheet, desk.client_doomed = "client_delete", customer.id
        return
    if desk.client_leaving:
        erase_now(till)
    desk.client_leaving = customer.id
    if desk.client == customer.id:
        desk.client, desk.client_sales = "", None
    if desk.client_found is not None and desk.client_found.text:  # whom was searched is found no more
        show_all(till)
    till.offer_undo("undo.client_deleted", c.RestoreCustomer(customer.id), name=customer.name)
    till.later("erase", UNDO_S, lambda: erase_now(till))


def _restore(till: Till, command: c.RestoreCustomer) -> None:
    if till.desk.client_leaving != command.customer:
        raise Refusal("undo.too_late")
    _take_back_deletion(till, command.customer)
    show_card(till, command.customer)


def _take_back_deletion(till: Till, customer_id: str) -> None:
    if till.desk.client_leaving == customer_id:
        till.desk.client_leaving = ""
        till.cancel("erase")
        till.forget_undo()


def erase_now(till: Till) -> None:
    """The deletion that was still to be taken back becomes final; while a card payment is open or the disk refuses, it
    waits on. Nobody waits for it."""
    customer_id = till.desk.client_leaving
    till.cancel("erase")
    if not customer_id:
        return
    if till.state.card is not None or till.ledger.fault:
        till.later("erase", ERASE_AGAIN_S, lambda: erase_now(till))
        return
    till.chore(_erase(till, customer_id))


def erase_at_the_end(till: Till) -> None:
    """The till is being stopped: whoever is being deleted is erased with its last commit."""
    customer_id = till.desk.client_leaving
    if customer_id and not till.ledger.fault:
        with suppress(Refusal):
            _erase_one(till, customer_id)


async def _erase(till: Till, customer_id: str) -> None:
    """What the disk holds of it goes later, once the till is idle (`finish_erasure`)."""
    await till.happen(lambda: _erase_one(till, customer_id))
    till.directory.forget_all()
    if till.ledger.fault:  # not erased
        till.desk.client_leaving = till.desk.client_leaving or customer_id
        till.later("erase", ERASE_AGAIN_S, lambda: erase_now(till))


def _erase_one(till: Till, customer_id: str) -> None:
    if till.desk.client_leaving == customer_id:
        till.desk.client_leaving = ""
    if till.directory.get(customer_id) is None:
        return
    at = now(till)
    till.do(i.NoteCustomer(j.CustomerErased(customer_id)))
    till.ledger.also(lambda conn: store.erase(conn, customer_id, at))
    till.directory.drop(customer_id)
    found = till.desk.client_found
    if found is not None and any(row.id == customer_id for row in found.rows):
        rows = tuple(row for row in found.rows if row.id != customer_id)
        till.desk.client_found = msgspec.structs.replace(found, rows=rows, hits=found.hits - 1, total=found.total - 1)


async def finish_erasure(till: Till) -> None:
    """Called from time to time: a till at which nobody works makes its file forget who was erased.

    The tables of customers are written anew, which takes seconds where there are many: one after the other, as long as
    nobody comes.
    """
    try:
        if not (is_quiet(till) and till.ledger.read_now(is_erasure_pending)):
            return
        for _ in range(store.ERASURE_PARTS):
            if not is_quiet(till) or await till.ledger.rewrite(store.finish_erasure_in_part):
                break
    except (StoreFault, *DatabaseError) as error:
        log.error("what was erased stays in the file for now: %s", error)
    till.directory.forget_all()


def is_quiet(till: Till) -> bool:
    """Nobody is signed in, or nobody has touched anything for long, and nothing is under way."""
    quiet_ns = till.clock.monotonic_ns() - till.touched_ns
    wanted_ns = QUIET_NS if till.state.seller and till.state.session is not None else AWAY_NS
    return quiet_ns >= wanted_ns and till.state.card is None and till.ledger.is_settled


# --- wallets --------------------------------------------------------------------------------------------------------


def _print_statement(till: Till, command: c.PrintStatement) -> None:
    """Relevé: also where cagnottes are switched off, whose balances stay."""
    if command.customer not in till.state.wallets:
        raise Refusal("client.never_moved")
    till.effect(e.PrintStatement(command.customer))


from appliance.service import (  # noqa: E402  (a scan puts customers on tickets, a card asks what it is)
    masters,
    scanning,
    unknown_code,
    wallet_deeds,
    wallets,
)

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.ShowTab: _show_tab,
    c.SearchCustomers: _search,
    c.ShowCustomer: _show_customer,
    c.ShowHistory: _show_history,
    c.AttachCustomer: _attach,
    c.DetachCustomer: _detach,
    c.NewCustomer: _new,
    c.EditCustomer: _edit,
    c.FillCustomer: _fill,
    c.SaveCustomer: _save,
    c.DeleteCustomer: _delete,
    c.RestoreCustomer: _restore,
    c.PrintStatement: _print_statement,
}
