"""What the shop owes to the holders of wallets: from the books of movements at a date, and from the pools now.

The two are counted apart and must be equal once every till has reported: `at` adds up what customers paid in, were
given and spent, as the journals say; `now` is where the money stands, pool and rights.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from appliance.domain.wallet import Purse
from headoffice.database import Transaction
from headoffice.moment import stamp

INSIDE = "('granted', 'returned', 'fenced')"
"""Movements between head office and a till: nobody's balance changes."""


class Standing(msgspec.Struct, frozen=True):
    """One wallet now."""

    wallet: str
    balance_minor: int
    gifted_minor: int
    pool_minor: int
    at_tills_minor: int
    claims_minor: int
    suspense_minor: int
    loss_minor: int
    blocked: str


async def at(tx: Transaction, until: str) -> Purse:
    """All wallets together, at a moment (UTC, inclusive)."""
    moved = await tx.row(
        "SELECT COALESCE(SUM(paid_minor), 0), COALESCE(SUM(gifted_minor), 0) FROM movement"
        f" WHERE at <= $1 AND kind NOT IN {INSIDE}",
        until,
    )
    done = await tx.row(
        "SELECT COALESCE(SUM(paid_minor), 0), COALESCE(SUM(gifted_minor), 0) FROM deed WHERE at <= $1", until
    )
    assert moved is not None and done is not None
    return Purse(int(moved[0] + done[0]), int(moved[1] + done[1]))


async def by_kind(tx: Transaction, until: str) -> list[tuple[str, int, int, int]]:
    """(kind, how many, paid, given) of everything that made it."""
    rows = await tx.rows(
        "SELECT kind, COUNT(*), SUM(paid_minor), SUM(gifted_minor) FROM movement"
        f" WHERE at <= $1 AND kind NOT IN {INSIDE} GROUP BY kind ORDER BY kind",
        until,
    )
    rows += await tx.rows(
        "SELECT kind, COUNT(*), SUM(paid_minor), SUM(gifted_minor) FROM deed WHERE at <= $1 GROUP BY kind", until
    )
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in rows]


async def now(tx: Transaction) -> Purse:
    """All wallets together, where their money stands."""
    found = await standings(tx)
    gifted = sum(wallet.gifted_minor for wallet in found)
    return Purse(sum(wallet.balance_minor for wallet in found) - gifted, gifted)


async def standings(tx: Transaction, wallet: str = "") -> list[Standing]:
    """Every wallet, or one."""
    rows = await tx.rows(
        "SELECT w.id, w.pool_minor, w.gifted_minor, w.claims_minor, w.suspense_minor, w.loss_minor, w.blocked,"
        " COALESCE(SUM(h.granted_minor + h.topped_up_minor - h.spent_minor - h.returned_minor), 0),"
        " COALESCE(SUM(h.gifted_minor), 0)"
        " FROM wallet w LEFT JOIN holding h ON h.wallet = w.id AND h.is_fenced = 0"
        " WHERE ($1 = '' OR w.id = $1)"
        " GROUP BY w.id, w.pool_minor, w.gifted_minor, w.claims_minor, w.suspense_minor, w.loss_minor, w.blocked"
        " ORDER BY w.id",
        wallet,
    )
    return [
        Standing(
            row[0], row[1] + int(row[7]) - row[3], row[2] + int(row[8]), row[1], int(row[7]), row[3], row[4], row[5],
            row[6],
        )
        for row in rows
    ]  # fmt: skip


def end_of(day: date, zone: str) -> str:
    """The last moment of a day where the shops are."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return stamp(midnight - timedelta(milliseconds=1))
