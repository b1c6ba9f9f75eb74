"""What two persons must say: the first asks with a reason, another one confirms, and only then it is done.

write_off        what a lost till held goes back to its wallets, from the shop's suspense account
close_as_known   a till that was written off will never report: nothing is in suspense for it any longer
float            how much of the shop's own money a till may claim while it is cut off
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from appliance.domain.errors import Refusal
from appliance.domain.wallet import Purse
from headoffice import places
from headoffice.database import Transaction
from headoffice.ingest.wallets import Pools, key_of

KINDS: Final = ("write_off", "close_as_known", "float")


async def ask(
    tx: Transaction, kind: str, till: str, by: str, reason: str, at: str, **numbers: int
) -> tuple[int, dict[str, Any]]:
    """The number of the request, and what it would do now."""
    await places.known(tx, "till", till)
    if not reason.strip():
        raise Refusal("headoffice.reason")
    body = dict(numbers)
    would = await _would(tx, kind, till, body)
    number = await tx.count("request")
    await tx.insert("request", [(number, kind, till, msgspec.json.encode(body), reason, by, at, "open", "", "")])
    return number, would


async def _would(tx: Transaction, kind: str, till: str, body: dict[str, int]) -> dict[str, Any]:
    if kind == "float":
        return dict(body)
    fenced = "AND h.is_fenced = 1 AND h.is_closed = 0" if kind == "close_as_known" else "AND h.is_fenced = 0"
    row = await tx.row(
        "SELECT COUNT(*), COALESCE(SUM(h.granted_minor + h.topped_up_minor - h.spent_minor - h.returned_minor), 0)"
        f" FROM holding h WHERE h.till = $1 {fenced}",
        till,
    )
    assert row is not None
    if not row[0]:
        raise Refusal("headoffice.nothing_held", name=till)
    return {"wallets": int(row[0]), "amount_minor": int(row[1])}


async def confirm(tx: Transaction, number: int, by: str, at: str) -> dict[str, Any]:
    """Another person says yes: done at once, in this transaction."""
    row = await tx.row("SELECT kind, subject, body, reason, asked_by, state FROM request WHERE number = $1", number)
    if row is None:
        raise Refusal("headoffice.request_unknown", number=number)
    kind, till, body, reason, first, state = row
    if state != "open":
        raise Refusal("headoffice.request_done", number=number)
    if by.strip().casefold() == first.strip().casefold():
        raise Refusal("headoffice.second_person", name=first)
    numbers = msgspec.json.decode(bytes(body), type=dict[str, int])
    if kind == "write_off":
        done = await _write_off(tx, till, reason, first, by, at)
    elif kind == "close_as_known":
        done = await _close_as_known(tx, till)
    else:
        done = await _float(tx, till, numbers)
    await tx.run("UPDATE request SET state = 'done', second = $1, second_at = $2 WHERE number = $3", by, at, number)
    return {"number": number, "kind": kind, "till": till, **done}


async def refuse(tx: Transaction, number: int, by: str, at: str) -> None:
    """Anybody says no."""
    if not await tx.run(
        "UPDATE request SET state = 'refused', second = $1, second_at = $2 WHERE number = $3 AND state = 'open'",
        by, at, number,
    ):  # fmt: skip
        raise Refusal("headoffice.request_unknown", number=number)


async def _write_off(tx: Transaction, till: str, reason: str, first: str, second: str, at: str) -> dict[str, Any]:
    if await tx.value("SELECT 1 FROM journal WHERE till = $1 AND state IN ('open', 'refused')", till):
        await places.fence(tx, till, "lost")
    rows = await tx.rows(
        "SELECT wallet, epoch FROM holding WHERE till = $1 AND is_fenced = 0 ORDER BY wallet, epoch", till
    )
    pools = Pools(tx)
    await pools.load(row[0] for row in rows)
    total = Purse()
    for wallet, epoch in rows:
        part = pools.loaded(wallet).write_off(key_of(till, epoch))
        total += part
        number = await tx.count("deed")
        await tx.insert("deed", [(number, wallet, "write_off", at, 0, 0, 0, till, epoch, reason, first, second)])
    await pools.save()
    return {"wallets": len(rows), "amount_minor": total.total_minor}


async def _close_as_known(tx: Transaction, till: str) -> dict[str, Any]:
    rows = await tx.rows(
        "SELECT wallet, epoch FROM holding WHERE till = $1 AND is_fenced = 1 AND is_closed = 0 ORDER BY wallet", till
    )
    pools = Pools(tx)
    await pools.load(row[0] for row in rows)
    for wallet, epoch in rows:
        pools.loaded(wallet).close_as_known(key_of(till, epoch))
    await pools.save()
    return {"wallets": len(rows)}


async def _float(tx: Transaction, till: str, numbers: dict[str, int]) -> dict[str, Any]:
    await tx.run(
        "UPDATE till SET float_minor = $1, float_wallet_minor = $2 WHERE id = $3",
        numbers["total_minor"], numbers["wallet_minor"], till,
    )  # fmt: skip
    return dict(numbers)


async def listed(tx: Transaction, state: str = "") -> list[dict[str, Any]]:
    rows = await tx.rows(
        "SELECT number, kind, subject, reason, asked_by, asked_at, state, second, second_at FROM request"
        " WHERE ($1 = '' OR state = $1) ORDER BY number",
        state,
    )
    names = ("number", "kind", "till", "reason", "asked_by", "asked_at", "state", "second", "second_at")
    return [dict(zip(names, row, strict=True)) for row in rows]
