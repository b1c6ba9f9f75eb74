"""One batch of a till's journal into the books, in one transaction with the cursor; hides how much of it is new.

    known already     passed over; when it is not the same as what is there, somebody copied a disk: `fork`
    the next          inbox, projections, wallets, cursor
    further on        nothing taken; where the till has to go on from is the answer: `Gap`

The caller answers after the commit, never before. An entry that makes no sense is kept raw, set aside and acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from appliance.domain.journal import GENESIS, Entry
from appliance.domain.wallet import Holding
from appliance.protocol.wire import Ack, Batch, BrokenBatch, Closing, Gap, Message, Refused, SetAside, unpack
from headoffice.database import BadRow, Transaction
from headoffice.ingest.projection import NOTHING, TABLES, Projected, Unreadable, project
from headoffice.ingest.wallets import Pools, key_of, take_images

KEPT_BYTES: Final = 300_000
"""Of a batch that was not taken, so much is kept to be looked at."""


class Cursor(msgspec.Struct):
    """How far an epoch's journal was taken. `number` 0: it is not there yet."""

    number: int
    seq: int
    hash: bytes
    state: str
    code: str


class Taken(msgspec.Struct):
    """What became of a batch."""

    reply: Message
    fresh: int = 0
    """Entries that were not known."""
    aside: list[SetAside] = []
    wallets: set[str] = msgspec.field(default_factory=set)
    """Wallets that moved: somebody may be waiting for what came back."""
    fence: str = ""
    """Why the till must end its epoch; "" when it need not."""
    problem: str = ""
    """For the log of the worker."""


class Post(msgspec.Struct, frozen=True):
    """A letter with a batch, as it was opened."""

    till: str
    batch: Batch
    payload: bytes
    at: str
    """When it came."""
    lease_s: int = 0
    config: int = 0


async def take(tx: Transaction, post: Post, *, careful: bool = False) -> Taken:
    """`careful`: after BadRow, so that only the entry at fault is set aside. Raises DatabaseTrouble, BadRow."""
    batch = post.batch
    cursor = await _cursor(tx, post)
    if cursor is None:
        return await _second_box(tx, post)
    if cursor.state == "refused":
        return Taken(Refused(batch.epoch, cursor.code, cursor.seq, post.at))
    try:
        entries = unpack(batch)
    except BrokenBatch as broken:
        return await _refuse(tx, post, cursor, "chain", str(broken), stop=False)
    if batch.first > cursor.seq + 1:
        await _note_gap(tx, post, cursor)
        return Taken(Gap(batch.epoch, cursor.seq, post.at), problem="gap")
    if await _is_other(tx, cursor, batch, entries):
        return await _refuse(tx, post, cursor, "fork", "another history", stop=True)
    fresh = entries[cursor.seq + 1 - batch.first :]
    taken = Taken(Ack(batch.epoch, cursor.seq, post.at), len(fresh))
    if fresh:
        await _write(tx, post, cursor, fresh, taken, careful)
    taken.reply = Ack(batch.epoch, cursor.seq, post.at, cursor.hash.hex(), post.config, post.lease_s)
    if cursor.state == "fenced":
        taken.fence = cursor.code
    return taken


# --- the cursor -------------------------------------------------------------------------------------------------------


async def _cursor(tx: Transaction, post: Post) -> Cursor | None:
    """The cursor, locked. None: this till has another epoch that is not over."""
    row = await tx.row(
        "SELECT number, seq, hash, state, code FROM journal WHERE till = $1 AND epoch = $2",
        post.till, post.batch.epoch, lock=True,
    )  # fmt: skip
    if row is not None:
        return Cursor(row[0], row[1], bytes(row[2]), row[3], row[4])
    older = await tx.rows("SELECT state, seq, hash FROM journal WHERE till = $1 ORDER BY number", post.till, lock=True)
    if any(state in ("open", "refused") for state, *_ in older):
        return None
    seq, link = 0, GENESIS
    if older and post.batch.first > 1 and bytes(older[-1][2]).hex() == post.batch.prev:
        seq, link = older[-1][1], bytes(older[-1][2])  # a new epoch that goes on in the same chain
    number = await tx.count("journal")
    await tx.insert("journal", [(number, post.till, post.batch.epoch, seq, link, "", post.at, "open", "", post.at)])
    return Cursor(number, seq, link, "open", "")


async def _is_other(tx: Transaction, cursor: Cursor, batch: Batch, entries: list[Entry]) -> bool:
    """Whether the batch belongs to another history than the one that is here. One link vouches for all before it."""
    if batch.first == cursor.seq + 1:
        return batch.prev != cursor.hash.hex()
    seq = min(batch.upto, cursor.seq)
    link = await tx.value("SELECT hash FROM entry WHERE journal = $1 AND seq = $2", cursor.number, seq)
    return link is not None and bytes(link) != entries[seq - batch.first].hash


# --- what is not taken ------------------------------------------------------------------------------------------------


async def _refuse(tx: Transaction, post: Post, cursor: Cursor, code: str, detail: str, *, stop: bool) -> Taken:
    """`stop`: a person must decide before anything more of this till is taken."""
    if stop:
        await tx.run("UPDATE journal SET state = 'refused', code = $1 WHERE number = $2", code, cursor.number)
        await tx.run("UPDATE till SET state = 'quarantined' WHERE id = $1", post.till)
    await _note_fork(tx, post, code, cursor.hash.hex())
    return Taken(Refused(post.batch.epoch, code, cursor.seq, post.at), problem=f"{code}: {detail}")


async def _second_box(tx: Transaction, post: Post) -> Taken:
    """Another epoch under one identity: both are stopped, nothing is merged."""
    await tx.run("UPDATE journal SET state = 'refused', code = 'epoch' WHERE till = $1 AND state = 'open'", post.till)
    await tx.run("UPDATE till SET state = 'quarantined' WHERE id = $1", post.till)
    await _note_fork(tx, post, "epoch", "")
    return Taken(Refused(post.batch.epoch, "epoch", 0, post.at), problem="epoch: a second box, or a new disk")


async def _note_fork(tx: Transaction, post: Post, code: str, ours: str) -> None:
    batch = post.batch
    await tx.run(
        "INSERT INTO fork VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1, 'open', '', '', $8)"
        " ON CONFLICT (till, epoch, code, seq) DO UPDATE SET last_at = $7, times = fork.times + 1",
        post.till, batch.epoch, batch.first, code, ours, batch.last, post.at, post.payload[:KEPT_BYTES],
    )  # fmt: skip


async def _note_gap(tx: Transaction, post: Post, cursor: Cursor) -> None:
    await tx.run(
        "INSERT INTO gap VALUES ($1, $2, $3, $4, 1, $5, $5)"
        " ON CONFLICT (till, epoch, seq) DO UPDATE SET last_at = $5, times = gap.times + 1",
        post.till, post.batch.epoch, cursor.seq, post.batch.first, post.at,
    )  # fmt: skip


# --- what is taken ----------------------------------------------------------------------------------------------------


async def _write(tx: Transaction, post: Post, cursor: Cursor, fresh: list[Entry], taken: Taken, careful: bool) -> None:
    read = [_read(cursor.number, entry) for entry in fresh]
    await tx.insert("entry", [_inbox(cursor.number, entry) for entry in fresh])
    bad = await _project(tx, fresh, read, careful)
    pools = Pools(tx)
    await pools.load(_wallets(read))
    key = key_of(post.till, post.batch.epoch)
    for entry, (projected, fault) in zip(fresh, read, strict=True):
        fault = fault or bad.get(entry.seq)
        if fault is None and (codes := await take_images(pools, key, projected.images)):
            fault = Unreadable(codes[0], "numbers that do not follow")
            taken.fence = "restored" if "wallet.back" in codes else taken.fence
        for wallet, why in projected.blocked:
            pools.loaded(wallet).blocked = why
        if projected.fenced is not None:
            await close_epoch(tx, pools, post.till, post.batch.epoch, projected.fenced, post.at)
            cursor.state = "closed"
        taken.wallets.update(image.wallet for image in projected.images)
        if fault is not None:
            await _set_aside(tx, post, cursor, entry, fault, taken)
    await pools.save()
    await _move_cursor(tx, post, cursor, fresh[-1], taken)


def _read(journal: int, entry: Entry) -> tuple[Projected, Unreadable | None]:
    try:
        return project(journal, entry), None
    except Unreadable as fault:
        return NOTHING, fault


def _wallets(read: Iterable[tuple[Projected, Any]]) -> Iterator[str]:
    for projected, _ in read:
        yield from (image.wallet for image in projected.images)
        yield from (wallet for wallet, _ in projected.blocked)
        yield from projected.fenced or ()


def _inbox(journal: int, entry: Entry) -> tuple[Any, ...]:
    """As it came. No text column holds a zero; the link over it is what was sent."""
    kind, at, actor, origin = (
        text.replace("\0", "\ufffd") for text in (entry.kind, entry.at, entry.actor, entry.origin)
    )
    return journal, entry.seq, kind, at, actor, origin, entry.body, entry.hash


async def _project(
    tx: Transaction, fresh: list[Entry], read: list[tuple[Projected, Unreadable | None]], careful: bool
) -> dict[int, Unreadable]:
    """The rows of all; when careful, of each entry apart, with what went wrong by its number."""
    bad: dict[int, Unreadable] = {}
    if not careful:
        await _insert(tx, [row for projected, _ in read for row in projected.rows])
        return bad
    for entry, (projected, _) in zip(fresh, read, strict=True):
        try:
            async with tx.part():
                await _insert(tx, projected.rows)
        except BadRow as error:
            bad[entry.seq] = Unreadable("row", str(error))
    return bad


async def _insert(tx: Transaction, rows: Iterable[tuple[str, Any]]) -> None:
    by_table: dict[str, list[Any]] = {}
    for table, row in rows:
        by_table.setdefault(table, []).append(row)
    for table in TABLES:
        if table in by_table:
            await tx.insert(table, by_table[table])


async def _set_aside(
    tx: Transaction, post: Post, cursor: Cursor, entry: Entry, fault: Unreadable, taken: Taken
) -> None:
    kind = entry.kind.replace("\0", "\ufffd")
    detail = fault.detail.replace("\0", "\ufffd")
    await tx.insert("quarantine", [(cursor.number, entry.seq, kind, fault.code, detail, post.at, "open", "", "")])
    if fault.code != "unknown_kind":  # a newer till's word: for a newer head office, nobody has to look at it
        taken.aside.append(SetAside(post.batch.epoch, entry.seq, fault.code, kind))


async def _move_cursor(tx: Transaction, post: Post, cursor: Cursor, last: Entry, taken: Taken) -> None:
    cursor.seq, cursor.hash = last.seq, last.hash
    if taken.fence and cursor.state == "open":
        cursor.state, cursor.code = "fenced", taken.fence
    await tx.run(
        "UPDATE journal SET seq = $1, hash = $2, last_at = $3, taken_at = $4, state = $5, code = $6 WHERE number = $7",
        cursor.seq, cursor.hash, last.at.replace("\0", ""), post.at, cursor.state, cursor.code, cursor.number,
    )  # fmt: skip


# --- the end of an epoch ----------------------------------------------------------------------------------------------


async def close_epoch(tx: Transaction, pools: Pools, till: str, epoch: str, closing: dict[str, Any], at: str) -> int:
    """The closing report of an epoch: every wallet as it stood. What is lost by it, minor units.

    A wallet that the till does not name keeps what is known of it.
    """
    key = key_of(till, epoch)
    held = await tx.rows("SELECT wallet FROM holding WHERE till = $1 AND epoch = $2", till, epoch)
    await pools.load([*(row[0] for row in held), *closing])
    lost = 0
    for name in sorted({*(row[0] for row in held), *closing}):
        wallet = pools.loaded(name)
        rights = closing[name].rights if name in closing else wallet.pool.epoch(key).seen
        loss = wallet.close(key, rights)
        lost += loss
        if loss:  # the shop's own money from here on: the customer keeps it
            number = await tx.count("deed")
            await tx.insert("deed", [(number, name, "closing", at, loss, 0, loss, till, epoch, "", "", "")])
    await tx.run("UPDATE journal SET state = 'closed' WHERE till = $1 AND epoch = $2", till, epoch)
    return lost


async def take_closing(tx: Transaction, till: str, closing: Closing, at: str) -> str:
    """One part of a closing report that came by itself. "" when it is done, else why not: `part`, `unknown`."""
    row = await tx.row("SELECT state FROM journal WHERE till = $1 AND epoch = $2", till, closing.epoch, lock=True)
    if row is None:
        return "unknown"
    if row[0] not in ("fenced", "refused"):
        return ""
    await tx.run(
        "INSERT INTO closing_part VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (till, epoch, part) DO NOTHING",
        till, closing.epoch, closing.part, closing.parts, closing.seq, msgspec.json.encode(closing.wallets),
    )  # fmt: skip
    parts = await tx.rows("SELECT body FROM closing_part WHERE till = $1 AND epoch = $2", till, closing.epoch)
    if len(parts) < closing.parts:
        return "part"
    wallets: dict[str, Any] = {}
    for (body,) in parts:
        wallets.update(msgspec.json.decode(bytes(body), type=dict[str, Holding]))
    pools = Pools(tx)
    await close_epoch(tx, pools, till, closing.epoch, wallets, at)
    await pools.save()
    return ""
