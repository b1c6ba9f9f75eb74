"""The change feed: masters as tills mirror them, each row with a `rev` from one sequence; hides how they are numbered.

A row that is written again with the same content keeps its `rev`: nothing is sent twice for nothing. A row that is
gone stays as a tombstone. The counter of `rev` is taken under a lock until the commit, so that a reader never sees a
number before a lower one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from appliance.protocol.wire import FEED_LIMIT, FeedAsk, FeedPage, FeedRow
from headoffice.database import Transaction

TABLES: Final = (
    "category", "product", "tile", "group", "customer", "user", "payment_mode", "reason", "message", "wallet",
)  # fmt: skip
PAGE_BYTES: Final = 600_000
"""JSON of a page at most, for what a broker carries when it is compressed. A page ends earlier for that."""


class Change(msgspec.Struct, frozen=True):
    """A row as it is to be."""

    key: str
    body: bytes = b"null"
    gone: bool = False
    valid_from: str = ""


async def put(tx: Transaction, name: str, changes: Iterable[Change]) -> int:
    """Write rows; how many are other than before. The last one of a key counts."""
    latest = {change.key: change for change in changes}
    return await _write(tx, name, [change for change in latest.values() if not await _is_known(tx, name, change)])


async def _write(tx: Transaction, name: str, fresh: list[Change]) -> int:
    if not fresh:
        return 0
    last = await tx.count("rev", len(fresh))
    rows = [
        (name, change.key, rev, change.body, int(change.gone), change.valid_from)
        for rev, change in enumerate(fresh, last - len(fresh) + 1)
    ]
    await tx.many(
        "INSERT INTO feed VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name, key) DO UPDATE SET"
        " rev = $3, body = $4, gone = $5, valid_from = $6",
        rows,
    )
    return len(fresh)


async def _is_known(tx: Transaction, name: str, change: Change) -> bool:
    row = await tx.row("SELECT body, gone, valid_from FROM feed WHERE name = $1 AND key = $2", name, change.key)
    if row is None:
        return change.gone
    return (bytes(row[0]), bool(row[1]), row[2]) == (change.body, change.gone, change.valid_from)


async def replace_all(tx: Transaction, name: str, changes: Iterable[Change]) -> tuple[int, int]:
    """These rows and no others: (changed, gone)."""
    wanted = {change.key: change for change in changes}
    there = await rows_of(tx, name)
    fresh = [change for key, change in wanted.items() if there.get(key) != change.body]
    gone = [Change(key, gone=True) for key in there if key not in wanted]
    return await _write(tx, name, fresh), await _write(tx, name, gone)


async def rows_of(tx: Transaction, name: str) -> dict[str, bytes]:
    """Every row that is there, by key."""
    rows = await tx.rows("SELECT key, body FROM feed WHERE name = $1 AND gone = 0 ORDER BY key", name)
    return {row[0]: bytes(row[1]) for row in rows}


async def body_of(tx: Transaction, name: str, key: str) -> dict[str, Any] | None:
    body = await tx.value("SELECT body FROM feed WHERE name = $1 AND key = $2 AND gone = 0", name, key)
    return None if body is None else msgspec.json.decode(bytes(body), type=dict[str, Any])


async def newest(tx: Transaction) -> int:
    """The newest `rev` of all."""
    return int(await tx.value("SELECT value FROM counter WHERE name = 'rev'"))


async def heads(tx: Transaction) -> dict[str, int]:
    """Newest `rev` of every table that has rows."""
    return {row[0]: row[1] for row in await tx.rows("SELECT name, MAX(rev) FROM feed GROUP BY name ORDER BY name")}


async def page(tx: Transaction, ask: FeedAsk) -> FeedPage:
    """What changed after `since`, by rising `rev`."""
    head = await tx.value("SELECT MAX(rev) FROM feed WHERE name = $1", ask.table) or 0
    rows = await tx.rows(
        "SELECT rev, key, body, gone, valid_from FROM feed WHERE name = $1 AND rev > $2 ORDER BY rev LIMIT $3",
        ask.table, ask.since, min(ask.limit, FEED_LIMIT),
    )  # fmt: skip
    found: list[FeedRow] = []
    size = 0
    for rev, key, body, gone, valid_from in rows:
        size += len(body) + 100
        if found and size > PAGE_BYTES:
            break
        found.append(FeedRow(rev, key, msgspec.Raw(bytes(body)), bool(gone), valid_from))
    reached = found[-1].rev if found else max(ask.since, head)
    return FeedPage(ask.id, ask.table, ask.since, reached, head, tuple(found))


def halved(whole: FeedPage) -> FeedPage | None:
    """The first half of a page that was too big to be sent; None for one row that is."""
    if len(whole.rows) < 2:
        return None
    rows = whole.rows[: len(whole.rows) // 2]
    return msgspec.structs.replace(whole, rows=rows, next=rows[-1].rev)
