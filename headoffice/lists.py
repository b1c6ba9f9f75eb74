"""What a person at head office looks at: how tills are, what is missing, what was not taken, what was set aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from appliance.domain.errors import Refusal
from appliance.domain.journal import Entry
from appliance.protocol.wire import SetAside, TillState
from headoffice import moment
from headoffice.database import Row, Transaction
from headoffice.ingest import down
from headoffice.ingest.presence import FRESH_S
from headoffice.ingest.projection import Unreadable, project
from headoffice.ingest.wallets import Pools, key_of, take_images


async def health(tx: Transaction, now: datetime) -> list[dict[str, Any]]:
    """Every till: there or away since when, how far behind, its clock, disk, version, devices, configuration."""
    fresh = moment.stamp(now - timedelta(seconds=FRESH_S))
    rows = await tx.rows(
        "SELECT t.id, t.name, t.state, p.online, p.seen_at, p.since, p.body, j.seq, j.taken_at,"
        " (SELECT MAX(version) FROM config WHERE till = t.id)"
        " FROM till t LEFT JOIN presence p ON p.till = t.id"
        " LEFT JOIN journal j ON j.number = (SELECT MAX(number) FROM journal WHERE till = t.id) ORDER BY t.id"
    )
    return [_healthy(row, fresh) for row in rows]


def _healthy(row: Row, fresh: str) -> dict[str, Any]:
    till, name, state, online, seen_at, since, body, taken, taken_at, wanted = row
    told = TillState(0, False) if body is None else msgspec.json.decode(bytes(body), type=TillState)
    last = max(seen_at or "", taken_at or "")
    return {
        "till": till, "name": name, "state": state, "online": bool(online) and last >= fresh, "since": since or "",
        "last": last, "taken": taken or 0, "backlog": max(0, told.journal - (taken or 0)),
        "version": told.version, "config": told.config, "config_wanted": wanted or 0,
        "config_state": told.config_state, "config_reason": told.config_reason, "disk_free_mb": told.disk_free_mb,
        "clock_offset_ms": told.clock_offset_ms, "round_trip_ms": told.round_trip_ms, "devices": told.devices,
        "warnings": told.warnings, "certificate_ends": told.certificate_ends,
    }  # fmt: skip


async def gaps(tx: Transaction) -> list[dict[str, Any]]:
    """Where batches came that did not follow, and whether it was made up since."""
    rows = await tx.rows(
        "SELECT g.till, g.epoch, g.seq, g.first, g.times, g.at, g.last_at, j.seq FROM gap g"
        " JOIN journal j ON j.till = g.till AND j.epoch = g.epoch ORDER BY g.last_at, g.till"
    )
    names = ("till", "epoch", "after", "came", "times", "at", "last_at", "taken")
    return [{**dict(zip(names, row, strict=True)), "closed": row[7] >= row[3]} for row in rows]


async def forks(tx: Transaction) -> list[dict[str, Any]]:
    rows = await tx.rows(
        "SELECT till, epoch, seq, code, ours, theirs, at, last_at, times, state, cleared_by, reason FROM fork"
        " ORDER BY at, till"
    )
    names = (
        "till", "epoch", "seq", "code", "ours", "theirs", "at", "last_at", "times", "state", "cleared_by", "reason",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]


async def unopened(tx: Transaction) -> list[dict[str, Any]]:
    rows = await tx.rows("SELECT till, code, times, at, last_at, detail FROM unopened ORDER BY last_at, till")
    return [dict(zip(("till", "code", "times", "at", "last_at", "detail"), row, strict=True)) for row in rows]


async def quarantine(tx: Transaction, state: str = "") -> list[dict[str, Any]]:
    rows = await tx.rows(
        "SELECT j.till, j.epoch, q.seq, q.kind, q.code, q.detail, q.at, q.state, q.cleared_by, q.reason"
        " FROM quarantine q JOIN journal j ON j.number = q.journal WHERE ($1 = '' OR q.state = $1)"
        " ORDER BY q.at, j.till, q.seq",
        state,
    )
    names = ("till", "epoch", "seq", "kind", "code", "detail", "at", "state", "cleared_by", "reason")
    return [dict(zip(names, row, strict=True)) for row in rows]


async def read_again(tx: Transaction, till: str, seq: int, at: str) -> bool:
    """Try an entry that was set aside once more, with what this version knows. Whether it could be read."""
    number, epoch, entry = await _entry(tx, till, seq)
    try:
        projected = project(number, entry)
    except Unreadable:
        return False
    for table, row in projected.rows:
        await tx.insert(table, [row])
    pools = Pools(tx)
    key = key_of(till, epoch)
    await pools.load(image.wallet for image in projected.images)
    if await take_images(pools, key, projected.images):
        raise Refusal("headoffice.still_wrong", name=till, seq=seq)
    await pools.save()
    await _cleared(tx, till, epoch, number, entry, "read", "", "", at)
    return True


async def clear(tx: Transaction, till: str, seq: int, by: str, reason: str, at: str) -> None:
    """A person looked at it: it stays as it came, and is listed no more."""
    if not reason.strip():
        raise Refusal("headoffice.reason")
    number, epoch, entry = await _entry(tx, till, seq)
    await _cleared(tx, till, epoch, number, entry, "cleared", by, reason, at)


async def _cleared(
    tx: Transaction, till: str, epoch: str, journal: int, entry: Entry, state: str, by: str, reason: str, at: str
) -> None:
    await tx.run(
        "UPDATE quarantine SET state = $1, cleared_by = $2, reason = $3 WHERE journal = $4 AND seq = $5",
        state, by, reason, journal, entry.seq,
    )  # fmt: skip
    await down.post_message(tx, till, SetAside(epoch, entry.seq, state, entry.kind, True), at)


async def _entry(tx: Transaction, till: str, seq: int) -> tuple[int, str, Entry]:
    """The newest entry of a till that is set aside under that number. Refusal `headoffice.not_aside`."""
    row = await tx.row(
        "SELECT j.number, j.epoch, e.kind, e.at, e.actor, e.origin, e.body, e.hash FROM quarantine q"
        " JOIN journal j ON j.number = q.journal JOIN entry e ON e.journal = q.journal AND e.seq = q.seq"
        " WHERE j.till = $1 AND q.seq = $2 AND q.state = 'open' ORDER BY j.number DESC LIMIT 1",
        till, seq,
    )  # fmt: skip
    if row is None:
        raise Refusal("headoffice.not_aside", name=till, seq=seq)
    number, epoch, kind, at, actor, origin, body, link = row
    return number, epoch, Entry(seq, epoch, kind, at, actor, origin, bytes(body), b"", bytes(link))
