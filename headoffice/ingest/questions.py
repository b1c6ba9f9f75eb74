"""What tills ask and what they are answered: rights to wallets, pages of the feed, the time, certificates.

Rights that lie elsewhere are called back from who holds them; the question stays open here until they arrive, or until
nobody waits for the answer any more. What is kept in memory may be lost: the till asks again, with absolute numbers.
"""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.protocol.wire import Deny, Grant, Message, Need, Recall
from headoffice.database import Transaction
from headoffice.ingest.wallets import OFFICE_TILL, Pools, Wallet, key_of

WAIT_NS: Final = 10_000_000_000
"""How long a question waits for rights that come back."""


class Mail(msgspec.Struct, frozen=True):
    """Something for a till. `topic`: `ack`, `res` or `down`."""

    till: str
    topic: str
    message: Message


class Waiting(msgspec.Struct, frozen=True):
    """A question that was not answered in full."""

    till: str
    need: Need
    until_ns: int


class Elsewhere(msgspec.Struct, frozen=True):
    """Where most of the rest is."""

    minor: int = 0
    till: str = ""
    name: str = ""
    since: str = ""
    """Away since then; "" when it is there."""


class Desk:
    """Answers about wallets. `waiting` is by wallet."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Waiting]] = {}

    async def need(self, tx: Transaction, till: str, need: Need, now_ns: int) -> list[Mail]:
        """Grant what is there, call back what is not."""
        code = await refusal(tx, till, need)
        if code:
            return [Mail(till, "res", Deny(need.id, need.epoch, need.wallet, code))]
        pools = Pools(tx)
        wallet = await pools.get(need.wallet)
        if wallet.blocked:
            return [Mail(till, "res", Deny(need.id, need.epoch, need.wallet, "wallet.blocked", wallet.balance_minor))]
        key = key_of(till, need.epoch)
        more = wallet.grant(key, need.target_minor, await claimable(tx, till, need.epoch, wallet))
        await pools.save()
        missing = need.target_minor - wallet.pool.epoch(key).seen.granted_minor
        other = await elsewhere(tx, wallet, key)
        mails: list[Mail] = []
        if missing > 0 and other.minor:
            mails = await recalls(tx, wallet, key, missing)
        if not more and missing > 0 and other.minor and not mails:
            return [_denied(till, need, wallet, other)]
        if mails:
            self.waiting.setdefault(need.wallet, []).append(Waiting(till, need, now_ns + WAIT_NS))
        return [Mail(till, "res", granted(wallet, key, need.id, other)), *mails]

    async def returned(self, tx: Transaction, wallets: set[str], now_ns: int) -> list[Mail]:
        """Something came back to these wallets: whoever waits for it gets it."""
        mails: list[Mail] = []
        for name in sorted(wallets & self.waiting.keys()):
            waiting = [one for one in self.waiting.pop(name) if one.until_ns > now_ns]
            pools = Pools(tx)
            wallet = await pools.get(name)
            for one in waiting:
                key = key_of(one.till, one.need.epoch)
                if wallet.grant(key, one.need.target_minor, wallet.pool.epoch(key).seen.float_minor):
                    other = await elsewhere(tx, wallet, key)
                    mails.append(Mail(one.till, "res", granted(wallet, key, one.need.id, other)))
                if wallet.pool.epoch(key).seen.granted_minor < one.need.target_minor:
                    self.waiting.setdefault(name, []).append(one)
            await pools.save()
        return mails


async def refusal(tx: Transaction, till: str, need: Need) -> str:
    """Why nothing at all is granted; "" when it may be."""
    row = await tx.row(
        "SELECT t.state, j.state FROM till t LEFT JOIN journal j ON j.till = t.id AND j.epoch = $2 WHERE t.id = $1",
        till, need.epoch,
    )  # fmt: skip
    if row is None or row[0] != "active" or row[1] not in (None, "open"):
        return "wallet.fenced"
    if row[1] is None and await tx.value(
        "SELECT 1 FROM journal WHERE till = $1 AND state IN ('open', 'refused')", till
    ):
        return "wallet.fenced"
    known = await tx.value("SELECT 1 FROM wallet WHERE id = $1", need.wallet) or await tx.value(
        "SELECT 1 FROM feed WHERE name = 'customer' AND key = $1 AND gone = 0", need.wallet
    )
    return "" if known else "wallet.unknown"


async def claimable(tx: Transaction, till: str, epoch: str, wallet: Wallet) -> int:
    """How much of the shop's own float this epoch may claim for a wallet, in all.

    What is claimed and not covered yet, and what may still be claimed, is at most the till's float over all wallets,
    and its cap for this one.
    """
    row = await tx.row("SELECT float_minor, float_wallet_minor FROM till WHERE id = $1", till)
    seen = wallet.pool.epoch(key_of(till, epoch)).seen
    if row is None or not row[0]:
        return seen.float_minor
    out = await tx.value(
        "SELECT COALESCE(SUM(h.float_minor - h.claims_minor + CASE WHEN h.claims_minor < w.claims_minor"
        " THEN h.claims_minor ELSE w.claims_minor END), 0)"
        " FROM holding h JOIN wallet w ON w.id = h.wallet WHERE h.till = $1 AND h.is_closed = 0",
        till,
    )
    covered = seen.claims_minor - min(seen.claims_minor, wallet.pool.claims_minor)
    total_minor, each_minor = int(row[0]), int(row[1])
    return max(seen.float_minor, min(covered + each_minor, seen.float_minor + max(0, total_minor - int(out))))


async def elsewhere(tx: Transaction, wallet: Wallet, key: str) -> Elsewhere:
    """What others hold of a wallet, and who holds most."""
    others = [(free, name) for free, name in wallet.elsewhere(key) if not name.startswith(f"{OFFICE_TILL}/")]
    if not others:
        return Elsewhere()
    till = others[0][1].partition("/")[0]
    row = await tx.row(
        "SELECT t.name, p.online, p.since FROM till t LEFT JOIN presence p ON p.till = t.id WHERE t.id = $1", till
    )
    name, online, since = row if row is not None else (till, 0, "")
    return Elsewhere(sum(free for free, _ in others), till, name[:64], "" if online else since or "")


async def recalls(tx: Transaction, wallet: Wallet, key: str, missing: int) -> list[Mail]:
    """Ask those who are there to give back as much as is missing, the richest first."""
    mails: list[Mail] = []
    for free, name in wallet.elsewhere(key):
        till, _, epoch = name.partition("/")
        if missing <= 0:
            break
        if not await tx.value("SELECT online FROM presence WHERE till = $1", till):
            continue
        wanted = min(free, missing)
        back = wallet.pool.epoch(name).seen.returned_minor + wanted
        mails.append(Mail(till, "down", Recall(epoch, wallet.id, back)))
        missing -= wanted
    return mails


def granted(wallet: Wallet, key: str, question: str, other: Elsewhere) -> Grant:
    """All that was ever granted to an epoch, as its till is told."""
    seen = wallet.pool.epoch(key).seen
    held = wallet.held.get(key)
    return Grant(
        epoch=key.partition("/")[2],
        wallet=wallet.id,
        granted_minor=seen.granted_minor,
        float_minor=seen.float_minor,
        gifted_minor=0 if held is None else held.granted_gifted_minor,
        id=question,
        known_minor=wallet.balance_minor,
        elsewhere_minor=other.minor,
        elsewhere=other.name,
        since=other.since,
    )


def _denied(till: str, need: Need, wallet: Wallet, other: Elsewhere) -> Mail:
    return Mail(till, "res", Deny(
        need.id, need.epoch, need.wallet, "wallet.elsewhere", wallet.balance_minor, other.minor, other.name,
        other.since,
    ))  # fmt: skip
