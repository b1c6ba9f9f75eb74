"""Pages of head office's feed, applied: each in one transaction with its cursor, between two tickets.

Hides where a table lives: customers and groups in the store, users, means of payment and reasons in the shop's set-up,
articles and categories in a mirror that is put on the shelves as a whole once it is complete. A row that does not read,
or that contradicts what this till has, is left out and counted; it never stops the feed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from appliance.domain import customer as people
from appliance.domain import tendering
from appliance.domain.catalog import Category, Product, Shop
from appliance.domain.customer import COUNTER_ID, Customer, Group
from appliance.protocol import feed, wire
from appliance.service import settings
from appliance.service.ledger import stamp
from appliance.store import cursor as store
from appliance.store import customers
from appliance.store.catalog import import_catalog, load_catalog

if TYPE_CHECKING:
    from appliance.service.till import Till

LOOK_S: Final = 0.2
SHELVES: Final = ("category", "product")
SHELVED: Final = "shelved"
"""Cursor: how far the mirror was when the catalogue was last made of it."""
SET_UP: Final = ("user", "payment_mode", "reason")

log = logging.getLogger(__name__)


async def apply(till: Till, page: wire.FeedPage) -> None:
    """One page and its cursor. Returns when both are on the disk."""
    await _between_tickets(till)
    if page.table in SHELVES:
        await _write(till, lambda conn: _mirror(till, conn, page))
    elif page.table in SET_UP:
        _set_up(till, page)
        till.ledger.also(lambda conn: _move(conn, page))
        await till.ledger.settle()
        till.changed()
    elif page.table == "message":
        await _write(till, lambda conn: _move(conn, page))
        _say(till, page)
    else:
        now, busy = stamp(till.clock.now()), _holders(till)
        await _write(till, lambda conn: _people(till, conn, page, now, busy))
        till.directory.forget_all()
        till.changed()


async def complete(till: Till, table: str) -> None:
    """The table is as new as head office's: articles go on the shelves."""
    if table == SHELVES[-1]:
        await put_on_shelves(till)


async def finish(till: Till) -> None:
    """What was applied when the power went is put on the shelves now."""
    if await till.ledger.read(lambda conn: store.value(conn, SHELVED) < _reached(conn)):
        await put_on_shelves(till)


def _reached(conn: Any) -> int:
    """How far the mirror of articles is; a sum, since each of its tables only goes on."""
    found = store.feeds(conn)
    return sum(found.get(table, 0) for table in SHELVES)


async def put_on_shelves(till: Till) -> None:
    """The catalogue from what the mirror holds now; what this till added itself stays."""
    await _between_tickets(till)
    now = stamp(till.clock.now())
    before = till.catalog
    reached = await till.ledger.read(_reached)
    rows = await till.ledger.read(lambda conn: _shelves(conn, now))
    categories, products = rows
    if not products:
        return
    grids = [grid for grid in before.grids.values() if grid.category in {row.id for row in categories} or not rows[0]]
    shelved = categories or before.categories
    ids = {row.id for row in products}
    known = tuple(_only(grid, ids) for grid in grids)
    await till.ledger.rewrite(lambda conn: import_catalog(conn, products, shelved, known))
    await _write(till, lambda conn: store.move(conn, SHELVED, reached))
    till.take_catalog(await till.ledger.read(load_catalog))
    till.changed()


def _only(grid: Any, ids: set[int]) -> Any:
    return replace(grid, slots=tuple(slot if slot in ids else None for slot in grid.slots))


def _shelves(conn: Any, now: str) -> tuple[tuple[Category, ...], list[Product]]:
    categories = [msgspec.json.decode(body, type=Category) for body in store.mirrored(conn, "category", now)]
    products = [msgspec.json.decode(body, type=feed.ProductRow) for body in store.mirrored(conn, "product", now)]
    places = {row.id for row in categories} if categories else None
    shelved = [row.product() for row in products]
    if places is not None:
        shelved = [row if row.category in places else replace(row, category=None) for row in shelved]
    return tuple(sorted(categories, key=lambda row: row.order)), shelved


async def _between_tickets(till: Till) -> None:
    while not settings.is_between_tickets(till):  # noqa: ASYNC110  a ticket's end has no event, and nothing hurries
        await asyncio.sleep(LOOK_S)


async def _write(till: Till, job: Callable[[Any], None]) -> None:
    await till.ledger.settle()
    await till.ledger.read(lambda conn: _in_transaction(conn, job))


def _in_transaction(conn: Any, job: Callable[[Any], None]) -> None:
    conn.execute("BEGIN IMMEDIATE")
    try:
        job(conn)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def _move(conn: Any, page: wire.FeedPage) -> None:
    store.move(conn, store.FEED + page.table, page.next)


def _rows(till: Till, page: wire.FeedPage) -> list[tuple[wire.FeedRow, Any]]:
    """Each row with what it reads as; None for one that is gone."""
    found = []
    for row in page.rows:
        try:
            found.append((row, feed.read(page.table, row)))
        except ValueError as error:
            _left_out(till, page.table, str(error))
    return found


def _left_out(till: Till, table: str, reason: str) -> None:
    log.warning("a row of the feed was left out: %s", reason)
    if till.office is not None:
        till.office.warned(f"feed.{table}")


def _mirror(till: Till, conn: Any, page: wire.FeedPage) -> None:
    rows = []
    for row, made in _rows(till, page):
        if isinstance(made, feed.ProductRow) and not _is_sellable(till, made):
            continue
        rows.append((row.key, row.valid_from, b"null" if made is None else msgspec.json.encode(made)))
    store.mirror(conn, page.table, rows)
    _move(conn, page)


def _is_sellable(till: Till, row: feed.ProductRow) -> bool:
    if row.tax_class in {each.id for each in till.shop.tax_classes}:
        return True
    _left_out(till, "product", f"product {row.id}: no tax class {row.tax_class}")
    return False


# --- the shop's set-up ----------------------------------------------------------------------------------------------


def _set_up(till: Till, page: wire.FeedPage) -> None:
    shop: Shop = till.shop
    field = {"user": "sellers", "payment_mode": "tenders", "reason": "reasons"}[page.table]
    known: dict[str, Any] = {each.id: each for each in getattr(shop, field)}
    for row, made in _rows(till, page):
        if made is None:
            known.pop(row.key, None)
        else:
            known[made.id] = made
    rows = tuple(known.values())
    if page.table == "payment_mode":
        rows = tendering.with_wallet(tendering.ordered(rows))
    if page.table == "user" and not any(seller.role == "manager" for seller in rows):
        _left_out(till, "user", "no manager would be left")
        return
    till.take_shop(replace(shop, **{field: rows}))


def _say(till: Till, page: wire.FeedPage) -> None:
    now = stamp(till.clock.now())
    for row, made in _rows(till, page):
        source = f"office.message.{row.key}"
        till.desk.hush(source)
        if made is not None and not (made.until and made.until <= now):
            till.desk.say("sync.message", "warn", source=source, text=made.text)
            till.desk.notices[0].sticky = True
    till.changed()


# --- customers ------------------------------------------------------------------------------------------------------


def _holders(till: Till) -> frozenset[str]:
    """Customers with money here, or on an open ticket: they are not erased."""
    held = {name for name, wallet in till.state.wallets.items() if wallet.balance_minor}
    return frozenset(held | {ticket.customer for ticket in till.state.tickets.values() if ticket.customer})


def _people(till: Till, conn: Any, page: wire.FeedPage, now: str, busy: frozenset[str]) -> None:
    if page.table == "group":
        for row, made in _rows(till, page):
            _group(conn, row.key, made)
    elif page.table == "customer":
        for row, made in _rows(till, page):
            _customer(till, conn, row.key, made, now, busy)
    else:
        log.warning("no table %s here", page.table)
    _move(conn, page)


def _group(conn: Any, key: str, made: Group | None) -> None:
    if made is None:
        customers.drop_group(conn, key, "")
    elif not people.validate_group(made):
        customers.write_group(conn, made)


def _customer(till: Till, conn: Any, key: str, made: Customer | None, now: str, busy: frozenset[str]) -> None:
    if key == COUNTER_ID:
        return
    if made is None or made.is_erased:
        if customers.get(conn, key) is not None and key not in busy:
            customers.erase(conn, key, now)
        return
    old = customers.get(conn, made.id)
    if old is not None and old.is_erased:
        return
    made = people.tidy(made)
    faults = customers.check(conn, made)
    if any(fault.code == "customer.code_taken" for fault in faults):
        taken = {int(fault.field.removeprefix("codes.")) for fault in faults if fault.code == "customer.code_taken"}
        made = replace(made, codes=tuple(code for at, code in enumerate(made.codes) if at not in taken))
        _left_out(till, "customer", f"customer {key}: a card that somebody else has")
    if made.group and customers.group(conn, made.group) is None:
        made = replace(made, group="")
    customers.save_all(conn, [made], now)
