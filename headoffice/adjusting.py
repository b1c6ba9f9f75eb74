"""Wallets moved at head office itself: adjusted by right and with a reason, blocked, opened again (feature W-31).

What is added counts as given unless somebody says that it was paid for. What is taken off must be in the pool: where
tills hold it, it is called back first.
"""

from __future__ import annotations

import msgspec

from appliance.domain.errors import Refusal
from appliance.domain.wallet import Purse
from appliance.protocol.wire import Recall
from headoffice.database import Transaction
from headoffice.ingest import down
from headoffice.ingest.wallets import OFFICE_TILL, Pools, Wallet


class CalledBack(msgspec.Struct, frozen=True):
    """Nothing was changed: tills were asked to give back, and it has to be said again when they have."""

    missing_minor: int
    tills: tuple[str, ...]


async def adjust(
    tx: Transaction, wallet_id: str, amount_minor: int, reason: str, by: str, at: str, *, as_paid: bool = False
) -> int | CalledBack:
    """The balance after it, or who was asked to give back. Raises Refusal."""
    if not reason.strip():
        raise Refusal("headoffice.reason")
    if not amount_minor:
        raise Refusal("tender.amount")
    pools = Pools(tx)
    wallet = await pools.get(wallet_id)
    if not wallet.known and not await _is_customer(tx, wallet_id):
        raise Refusal("headoffice.wallet_unknown")
    if amount_minor < 0:
        missing = -amount_minor - wallet.pool.pool_minor
        if wallet.balance_minor < -amount_minor:
            raise Refusal("wallet.insufficient", amount_minor=wallet.balance_minor)
        if missing > 0:
            return await _call_back(tx, wallet, missing, at)
        part = -wallet.debit(-amount_minor)
    else:
        part = Purse(amount_minor) if as_paid else Purse(0, amount_minor)
        wallet.credit(part)
    await pools.save()
    number = await tx.count("deed")
    deed = (number, wallet_id, "adjustment", at, part.paid_minor, part.gifted_minor, 0, "", "", reason, by, "")
    await tx.insert("deed", [deed])
    await tell(tx, wallet_id, at)
    return wallet.balance_minor


async def _is_customer(tx: Transaction, wallet_id: str) -> bool:
    found = await tx.value("SELECT 1 FROM feed WHERE name = 'customer' AND key = $1 AND gone = 0", wallet_id)
    return found is not None


async def _call_back(tx: Transaction, wallet: Wallet, missing: int, at: str) -> CalledBack:
    tills: list[str] = []
    left = missing
    for free, key in wallet.elsewhere(""):
        till, _, epoch = key.partition("/")
        if left <= 0 or till == OFFICE_TILL:
            continue
        back = wallet.pool.epoch(key).seen.returned_minor + min(free, left)
        await down.post_message(tx, till, Recall(epoch, wallet.id, back), at)
        tills.append(till)
        left -= free
    return CalledBack(missing, tuple(tills))


async def block(tx: Transaction, wallet_id: str, reason: str, at: str) -> None:
    """`reason` "" opens it again. Tills ask, and are told at once."""
    pools = Pools(tx)
    wallet = await pools.get(wallet_id)
    if not wallet.known:
        raise Refusal("headoffice.wallet_unknown")
    wallet.blocked = reason
    await pools.save()
    await tell(tx, wallet_id, at)


async def tell(tx: Transaction, wallet_id: str, at: str) -> None:
    """Every till that had to do with a wallet hears of it when it is there; who holds most of it first."""
    rows = await tx.rows(
        "SELECT h.till, SUM(h.granted_minor + h.topped_up_minor - h.spent_minor - h.returned_minor)"
        " FROM holding h JOIN journal j ON j.till = h.till AND j.epoch = h.epoch"
        " WHERE h.wallet = $1 AND h.till <> $2 AND j.state = 'open' GROUP BY h.till",
        wallet_id, OFFICE_TILL,
    )  # fmt: skip
    for till, _ in sorted(rows, key=lambda row: (-int(row[1]), row[0])):
        await down.post(tx, till, "wallet", wallet_id.encode(), at)
