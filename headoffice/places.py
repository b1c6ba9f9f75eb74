"""Chain, establishments, points of sale and tills; a till's life: enrolled, fenced, replaced, accepted again, revoked.

Every function is a part of the caller's transaction and raises Refusal for what cannot be.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from appliance.domain.errors import Refusal
from appliance.protocol.wire import Id
from headoffice.database import Transaction
from headoffice.keys import KeyFault, check_name

FENCES: Final = ("lost", "replaced", "fork", "restored")


def checked_id(text: str) -> str:
    """Refusal `headoffice.id` for what cannot stand in topics and certificates."""
    try:
        return str(msgspec.convert(text, Id))
    except msgspec.ValidationError as error:
        raise Refusal("headoffice.id", value=text[:60]) from error


async def create_chain(tx: Transaction, chain: str, name: str, currency: str, profile: str, zone: str) -> None:
    if await tx.value("SELECT id FROM chain") is not None:
        raise Refusal("headoffice.chain_there")
    await tx.insert("chain", [(checked_id(chain), name, currency, profile, zone)])


async def add_establishment(tx: Transaction, place: str, name: str) -> None:
    await _new(tx, "establishment", place)
    await tx.insert("establishment", [(place, name)])


async def add_point(tx: Transaction, place: str, establishment: str, name: str) -> None:
    await _new(tx, "point_of_sale", place)
    await known(tx, "establishment", establishment)
    await tx.insert("point_of_sale", [(place, establishment, name)])


async def add_till(tx: Transaction, till: str, point: str, name: str, partition: int, at: str) -> None:
    """Not enrolled yet: it has no key."""
    await _new(tx, "till", till)
    try:
        check_name(till, "till")
    except KeyFault as error:
        raise Refusal("headoffice.id", value=till) from error
    await known(tx, "point_of_sale", point)
    await tx.insert("till", [(till, point, name, partition, "", "new", "", 0, 0, at)])


async def _new(tx: Transaction, table: str, place: str) -> None:
    checked_id(place)
    if await tx.value(f"SELECT id FROM {table} WHERE id = $1", place) is not None:
        raise Refusal("headoffice.there", name=place)


async def known(tx: Transaction, table: str, place: str) -> None:
    """Refusal `headoffice.unknown` for what is not there."""
    if await tx.value(f"SELECT id FROM {table} WHERE id = $1", place) is None:
        raise Refusal("headoffice.unknown", name=place)


async def fence(tx: Transaction, till: str, code: str) -> list[str]:
    """End every epoch of a till that is not over; which. It reports what it had, and begins another one.

    Its wallets stay as they are known until the closing report comes, or two persons write them off.
    """
    await known(tx, "till", till)
    rows = await tx.rows(
        "SELECT epoch FROM journal WHERE till = $1 AND state IN ('open', 'refused') ORDER BY number", till
    )
    if not rows:
        raise Refusal("headoffice.nothing_to_fence", name=till)
    await tx.run(
        "UPDATE journal SET state = 'fenced', code = $1 WHERE till = $2 AND state IN ('open', 'refused')", code, till
    )
    return [row[0] for row in rows]


async def replace(tx: Transaction, till: str, new: str, at: str) -> None:
    """Another box takes the place of one: same point of sale, own id, own epoch; the old one is fenced."""
    row = await tx.row("SELECT point_of_sale, name, partition_number, state FROM till WHERE id = $1", till)
    if row is None:
        raise Refusal("headoffice.unknown", name=till)
    if row[3] == "replaced":
        raise Refusal("headoffice.replaced", name=till)
    await add_till(tx, new, row[0], row[1], row[2], at)
    if await tx.value("SELECT 1 FROM journal WHERE till = $1 AND state IN ('open', 'refused')", till):
        await fence(tx, till, "replaced")
    await tx.run("UPDATE till SET state = 'replaced', replaced_by = $1 WHERE id = $2", new, till)


async def accept(tx: Transaction, till: str, epoch: str, by: str, reason: str, at: str) -> None:
    """After a fork or a second box: this one epoch goes on; every other one of the till is over."""
    await known(tx, "till", till)
    row = await tx.row("SELECT number, state FROM journal WHERE till = $1 AND epoch = $2", till, epoch)
    seen = await tx.value("SELECT 1 FROM fork WHERE till = $1 AND epoch = $2", till, epoch)
    if row is None and not seen:
        raise Refusal("headoffice.epoch_unknown", name=till, epoch=epoch)
    await tx.run(
        "UPDATE journal SET state = 'fenced', code = 'fork' WHERE till = $1 AND epoch <> $2"
        " AND state IN ('open', 'refused')",
        till, epoch,
    )  # fmt: skip
    if row is not None and row[1] == "refused":
        await tx.run("UPDATE journal SET state = 'open', code = '' WHERE number = $1", row[0])
    await tx.run("UPDATE till SET state = 'active' WHERE id = $1 AND state = 'quarantined'", till)
    await tx.run(
        "UPDATE fork SET state = 'cleared', cleared_by = $1, reason = $2, last_at = $3 WHERE till = $4"
        " AND state = 'open'",
        by, reason, at, till,
    )  # fmt: skip


async def tills(tx: Transaction) -> list[dict[str, Any]]:
    """Every till with its place and its newest epoch."""
    rows = await tx.rows(
        "SELECT t.id, t.name, p.name, e.name, t.partition_number, t.state, t.seal, t.replaced_by, j.epoch,"
        " j.seq, j.state"
        " FROM till t JOIN point_of_sale p ON p.id = t.point_of_sale JOIN establishment e ON e.id = p.establishment"
        " LEFT JOIN journal j ON j.number = (SELECT MAX(number) FROM journal WHERE till = t.id)"
        " ORDER BY e.name, p.name, t.id"
    )
    names = (
        "till", "name", "point", "establishment", "partition", "state", "key", "replaced_by", "epoch", "taken",
        "journal",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]
