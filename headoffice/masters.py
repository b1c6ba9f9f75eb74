"""Masters into the change feed: articles, customers and a shop's own lists, from the files that a till reads too.

A file is read and checked by the very readers of the till (`store/`), against what the feed holds; all of it is
written, or nothing. Rows that did not change keep their `rev`, so a file that is imported again sends only what is new.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.domain.catalog import Category, Product, TaxClass, build_catalog
from appliance.domain.customer import Customer, Group
from appliance.domain.errors import Refusal
from appliance.domain.wallet import Purse
from appliance.protocol import feed as rows
from appliance.store import customer_files, customers, shop_files
from appliance.store.catalog import RowFault, read_csv
from appliance.store.database import connect, migrate
from headoffice.database import Transaction
from headoffice.ingest import feed
from headoffice.ingest.feed import Change
from headoffice.ingest.wallets import Pools

TAX_CLASSES: Final = "tax_class"
"""Table of the feed's rows that head office keeps for itself: what an article's tax may be called."""
GROUPS: Final = "customer_groups.toml"
Progress = Callable[[int, int], None]


class Imported(msgspec.Struct, frozen=True):
    """What an import did, or on a dry run would do."""

    rows: int
    changed: int = 0
    gone: int = 0
    faults: tuple[RowFault, ...] = ()
    warnings: tuple[RowFault, ...] = ()
    written: bool = False


def _change(key: object, row: Any) -> Change:
    return Change(str(key), bytes(rows.body(row)))


async def import_products(tx: Transaction, body: bytes, *, dry_run: bool = False) -> Imported:
    """The whole catalogue: articles that the file does not name are gone."""
    categories = await _read(tx, "category", Category)
    taxes = [row.id for row in await _read(tx, TAX_CLASSES, TaxClass)]
    if not taxes:
        raise Refusal("headoffice.no_shop")
    old = [row.product() for row in await _read(tx, "product", rows.ProductRow)]
    by_name = {category.name: category.id for category in categories}
    reading = read_csv(body, by_name, taxes, build_catalog(old, categories))
    if dry_run or reading.faults:
        changed = _changed({str(row.id): row for row in old}, reading.products)
        return Imported(len(reading.products), changed, faults=reading.faults)
    changed, gone = await feed.replace_all(
        tx, "product", (_change(row.id, rows.ProductRow.of(row)) for row in reading.products)
    )
    return Imported(len(reading.products), changed, gone, written=True)


def _changed(old: dict[str, Product], new: Iterable[Product]) -> int:
    return sum(old.get(str(row.id)) != row for row in new)


async def import_customers(
    tx: Transaction, body: bytes, at: str, *, dry_run: bool = False, progress: Progress = lambda done, total: None
) -> Imported:
    """Create and change customers; nobody goes. A balance from before is credited once: to whoever has no wallet."""
    there = await _read(tx, "customer", Customer)
    groups = await _read(tx, "group", Group)
    with closing(connect(Path(":memory:"))) as scratch:
        migrate(scratch)
        for group in groups:
            customers.write_group(scratch, group)
        customers.save_all(scratch, there, at)
        reading = customer_files.read_customers(scratch, body, at, progress)
    known = {row.id: row for row in there}
    changed = sum(known.get(row.id) != row for row in reading.customers)
    if not (dry_run or reading.faults):
        changed = await feed.put(tx, "customer", (_change(row.id, row) for row in reading.customers))
        for opening in reading.openings:
            await _open_wallet(tx, opening, at)
    written = not (dry_run or reading.faults)
    return Imported(len(reading.customers), changed, 0, reading.faults, reading.warnings, written)


async def _open_wallet(tx: Transaction, opening: customer_files.Opening, at: str) -> None:
    part = Purse(opening.paid_minor, opening.gifted_minor)
    wallet = await (pools := Pools(tx)).get(opening.customer)
    if wallet.known or part.total_minor <= 0:
        return
    wallet.credit(part)
    await pools.save()
    number = await tx.count("deed")
    row = (number, opening.customer, "opening", at, part.paid_minor, part.gifted_minor, 0, "", "", opening.date, "", "")
    await tx.insert("deed", [row])


async def import_shop(tx: Transaction, folder: Path) -> dict[str, int]:
    """What a shop's folder says (docs/settings.md): categories, articles, users, means of payment, reasons; how many
    rows are other than before, by table. Raises Refusal."""
    files = shop_files.read_shop_files(folder)
    shop = files.shop
    tables: dict[str, Iterable[Change]] = {
        TAX_CLASSES: [_change(row.id, row) for row in shop.tax_classes],
        "category": [_change(row.id, row) for row in files.categories],
        "product": [_change(row.id, rows.ProductRow.of(row)) for row in files.products],
        "payment_mode": [_change(row.id, row) for row in shop.tenders],
        "reason": [_change(row.id, row) for row in shop.reasons],
        "user": [_change(row.id, row) for row in shop.sellers],
    }
    if (folder / GROUPS).exists():
        tables["group"] = [_change(row.id, row) for row in _groups(folder / GROUPS)]
    return {name: sum(await feed.replace_all(tx, name, changes)) for name, changes in tables.items()}


def _groups(path: Path) -> list[Group]:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(said.get("groups", []), list[Group])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Refusal("headoffice.groups", path=str(path), reason=str(error)) from error


async def put_group(tx: Transaction, group: Group) -> None:
    await feed.put(tx, "group", [_change(group.id, group)])


async def put_message(tx: Transaction, key: str, text: str, until: str = "") -> None:
    """A sentence for whoever stands at the tills; "" takes it back."""
    if not text:
        await feed.put(tx, "message", [Change(key, gone=True)])
        return
    try:
        row = msgspec.convert({"id": key, "text": text, "until": until}, rows.MessageRow)
    except msgspec.ValidationError as error:
        raise Refusal("headoffice.message") from error
    await feed.put(tx, "message", [_change(key, row)])


async def _read(tx: Transaction, table: str, kind: type[Any]) -> list[Any]:
    decoder = msgspec.json.Decoder(kind)
    return [decoder.decode(body) for body in (await feed.rows_of(tx, table)).values()]
