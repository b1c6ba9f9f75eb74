"""What goes down to tills without being asked: letters of the command line, configurations, fences; hides when.

A letter waits in the books until its till is there, is sent in order, once. What holds until it is obeyed (a fence, a
configuration) is no letter: it follows from the books and is said again at each connection of the till.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from appliance.protocol import wire
from appliance.protocol.wire import CommandDone, ConfigOffer, Fence, TillState
from headoffice.database import Transaction
from headoffice.ingest.questions import Mail, elsewhere, granted
from headoffice.ingest.wallets import Pools, key_of

AT_ONCE: Final = 200
"""Letters of one tick."""


class Done(msgspec.Struct):
    """What was said already, by till and connection."""

    offered: set[tuple[str, int, int]] = msgspec.field(default_factory=set)
    fenced: set[tuple[str, int, str]] = msgspec.field(default_factory=set)


async def due(tx: Transaction, done: Done, mine: set[str], at: str) -> list[Mail]:
    """What has to go now, to tills that are there; letters count as sent when this commits."""
    online = {
        row[0]: (row[1], msgspec.json.decode(bytes(row[2]), type=TillState))
        for row in await tx.rows("SELECT till, conn, body FROM presence WHERE online = 1")
        if row[0] in mine
    }
    if not online:
        return []
    mails = await _fences(tx, done, online)
    mails += await _offers(tx, done, online)
    return mails + await _letters(tx, online, at)


async def _fences(tx: Transaction, done: Done, online: dict[str, Any]) -> list[Mail]:
    mails: list[Mail] = []
    for till, epoch, code in await tx.rows("SELECT till, epoch, code FROM journal WHERE state = 'fenced'"):
        if till in online and (till, online[till][0], epoch) not in done.fenced:
            done.fenced.add((till, online[till][0], epoch))
            mails.append(Mail(till, "down", Fence(epoch, code)))
    return mails


async def _offers(tx: Transaction, done: Done, online: dict[str, Any]) -> list[Mail]:
    mails: list[Mail] = []
    newest = await tx.rows("SELECT till, MAX(version) FROM config GROUP BY till")
    for till, version in newest:
        if till not in online:
            continue
        conn, state = online[till]
        mark = (till, conn, version)
        if max(state.config, state.config_next) >= version or mark in done.offered:
            continue
        done.offered.add(mark)
        sealed = await tx.value("SELECT sealed FROM config WHERE till = $1 AND version = $2", till, version)
        mails.append(Mail(till, "down", ConfigOffer(version, bytes(sealed))))
    return mails


async def _letters(tx: Transaction, online: dict[str, Any], at: str) -> list[Mail]:
    mails: list[Mail] = []
    rows = await tx.rows(
        "SELECT number, till, kind, body, ends_at FROM letter WHERE sent_at = '' ORDER BY number LIMIT $1", AT_ONCE * 50
    )
    for number, till, kind, body, ends_at in rows:
        if till not in online or len(mails) >= AT_ONCE:
            continue
        await tx.run("UPDATE letter SET sent_at = $1 WHERE number = $2", at, number)
        if ends_at and ends_at < at:
            continue
        mails += await _message(tx, till, kind, bytes(body))
    return mails


async def _message(tx: Transaction, till: str, kind: str, body: bytes) -> list[Mail]:
    if kind == "wallet":
        return await _tell_wallet(tx, till, body.decode())
    return [Mail(till, "down", msgspec.json.decode(body, type=wire.KINDS[kind]))]


async def _tell_wallet(tx: Transaction, till: str, wallet_id: str) -> list[Mail]:
    """What a wallet is worth now. The till that holds most of it gets what the pool has: the customer pays there."""
    epoch = await tx.value(
        "SELECT epoch FROM journal WHERE till = $1 AND state = 'open' ORDER BY number DESC LIMIT 1", till
    )
    if epoch is None:
        return []
    pools = Pools(tx)
    wallet = await pools.get(wallet_id)
    key = key_of(till, epoch)
    others = wallet.elsewhere(key)
    if not wallet.blocked and (not others or wallet.free(key) >= others[0][0]):
        wallet.grant(key, wallet.pool.epoch(key).seen.granted_minor + wallet.pool.pool_minor)
    await pools.save()
    return [Mail(till, "down", granted(wallet, key, "", await elsewhere(tx, wallet, key)))]


async def post(tx: Transaction, till: str, kind: str, body: bytes, at: str, ends_at: str = "") -> int:
    """Leave a letter for a till; its number."""
    number = await tx.count("letter")
    await tx.insert("letter", [(number, till, kind, body, at, ends_at, "", b"", "")])
    return number


async def post_message(tx: Transaction, till: str, message: wire.Message, at: str, ends_at: str = "") -> int:
    return await post(tx, till, type(message).__name__, msgspec.json.encode(message), at, ends_at)


async def note_done(tx: Transaction, till: str, told: CommandDone, at: str) -> None:
    """A till tells what became of a command, which is named by the number of its letter."""
    if told.id.isdigit() and len(told.id) < 18:
        await tx.run(
            "UPDATE letter SET answer = $1, answered_at = $2 WHERE number = $3 AND till = $4",
            msgspec.json.encode(told), at, int(told.id), till,
        )  # fmt: skip


async def note_unopened(tx: Transaction, till: str, code: str, detail: str, at: str) -> None:
    """Something came under a till's name and could not be opened."""
    await tx.run(
        "INSERT INTO unopened VALUES ($1, $2, 1, $3, $3, $4) ON CONFLICT (till, code) DO UPDATE SET"
        " times = unopened.times + 1, last_at = $3, detail = $4",
        till[:64], code, at, detail[:300].replace("\0", ""),
    )  # fmt: skip
