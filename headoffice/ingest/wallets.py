"""Wallets at head office: rows in, `domain/wallet.py` for every decision, rows out. Hides how a pool is stored.

`Pools` holds the wallets that one transaction is about, their rows locked in the order of their ids. Which part of a
pool was given and not paid is kept beside it; the core knows totals only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec.structs import replace

from appliance.domain import wallet as core
from appliance.domain.errors import Refusal
from appliance.domain.wallet import Epoch, Holding, Pool, Purse, Rights
from headoffice.database import Transaction
from headoffice.ingest.projection import Image

OFFICE_TILL: Final = "ho"
"""Head office as a holder of rights: what an adjustment takes off a wallet was spent there."""
_HOLDING: Final = (
    "granted_minor, topped_up_minor, spent_minor, returned_minor, claims_minor, float_minor, written_off_minor,"
    " is_fenced, is_closed, granted_gifted_minor, paid_minor, gifted_minor"
)
_POOL: Final = "pool_minor, gifted_minor, credited_minor, claims_minor, covered_minor, suspense_minor, loss_minor"
IS_CLOSED, AS_KNOWN = 1, 2


class Held(msgspec.Struct, frozen=True):
    """What goes with an epoch of the core."""

    granted_gifted_minor: int = 0
    purse: Purse = Purse()
    """Of the newest image."""


class Wallet(msgspec.Struct):
    """One wallet while a transaction is about it."""

    id: str
    pool: Pool = Pool()
    gifted_minor: int = 0
    """Part of the pool that was given."""
    blocked: str = ""
    held: dict[str, Held] = {}
    known: bool = False
    """It has a row."""
    touched: set[str] = msgspec.field(default_factory=set)

    @property
    def purse(self) -> Purse:
        """The pool in its two parts."""
        gifted = min(self.gifted_minor, self.pool.pool_minor)
        return Purse(self.pool.pool_minor - gifted, gifted)

    @property
    def balance_minor(self) -> int:
        """As far as head office knows: the pool, the rights of every till, less what is claimed and not covered."""
        return self.pool.pool_minor + sum(self.free(key) for key in self.pool.epochs) - self.pool.claims_minor

    def free(self, key: str) -> int:
        """What an epoch still holds; nothing once it was written off."""
        epoch = self.pool.epoch(key)
        return 0 if epoch.is_fenced else epoch.seen.free_minor

    def elsewhere(self, key: str) -> list[tuple[int, str]]:
        """(what it holds, epoch) of all others, the richest first."""
        return sorted(
            ((self.free(name), name) for name in self.pool.epochs if name != key and self.free(name)), reverse=True
        )

    # --- moves ----------------------------------------------------------------------------------------------------

    def take(self, key: str, holding: Holding) -> str:
        """A till's image of this wallet. Answers "" or why it cannot be: `wallet.sum`, `wallet.granted`, `wallet.back`.

        What cannot be is kept as the newest image all the same, so that one wrong entry is named once.
        """
        known = self.pool.epoch(key)
        before = self.held.get(key, Held())
        rights, purse = holding.rights, holding.purse
        self.held[key] = replace(before, purse=purse)
        self.touched.add(key)
        if rights.free_minor != purse.total_minor or min(purse.paid_minor, purse.gifted_minor) < 0:
            return "wallet.sum"
        if rights.granted_minor > known.seen.granted_minor or rights.float_minor > known.seen.float_minor:
            return "wallet.granted"
        grown = (rights.topped_up_minor, rights.spent_minor, rights.returned_minor, rights.claims_minor)
        seen = (known.seen.topped_up_minor, known.seen.spent_minor, known.seen.returned_minor, known.seen.claims_minor)
        if not known.is_fenced and any(new < old for new, old in zip(grown, seen, strict=True)):
            return "wallet.back"
        back = rights.returned_minor - known.seen.returned_minor
        gifted_back = max(0, min(back, before.purse.gifted_minor - purse.gifted_minor)) if back > 0 else 0
        self._move(core.report(self.pool, key, rights), 0 if known.is_fenced else gifted_back)
        return ""

    def grant(self, key: str, target_minor: int, float_minor: int = 0) -> int:
        """Answer a question: how much more was granted."""
        before = self.pool.epoch(key).seen.granted_minor
        purse = self.purse
        self.pool = core.answer_need(self.pool, key, target_minor, float_minor)
        more = self.pool.epoch(key).seen.granted_minor - before
        part = purse.take(more)
        self.gifted_minor = purse.gifted_minor - part.gifted_minor
        held = self.held.get(key, Held())
        self.held[key] = replace(held, granted_gifted_minor=held.granted_gifted_minor + part.gifted_minor)
        self.touched.add(key)
        return more

    def credit(self, part: Purse) -> None:
        self._move(core.credit_pool(self.pool, part.total_minor), part.gifted_minor)

    def debit(self, amount_minor: int) -> Purse:
        """Take off what the pool has: head office spends it as a till would. Refusal `wallet.insufficient`."""
        if self.pool.pool_minor < amount_minor:
            raise Refusal("wallet.insufficient", amount_minor=self.pool.pool_minor)
        key = key_of(OFFICE_TILL, OFFICE_TILL)
        part = self.purse.take(amount_minor)
        self.grant(key, self.pool.epoch(key).seen.granted_minor + amount_minor)
        seen = self.pool.epoch(key).seen
        self.pool = core.report(self.pool, key, core.debit(seen, amount_minor))
        return part

    def write_off(self, key: str) -> Purse:
        """What the epoch held as far as known goes back to the pool, from suspense."""
        held = self.pool.epoch(key).seen.free_minor
        purse = self.held.get(key, Held()).purse
        before = self.pool
        gifted = max(0, min(held, purse.gifted_minor)) if not before.epoch(key).is_fenced else 0
        self._move(core.write_off(self.pool, key), gifted)
        self.touched.add(key)
        return Purse(held - gifted, gifted) if self.pool is not before else Purse()

    def close(self, key: str, closing: Rights) -> int:
        """The closing report; what is lost by it."""
        lost = self.pool.loss_minor
        if not self.pool.epoch(key).is_fenced:
            self.write_off(key)
        self._move(core.close_epoch(self.pool, key, closing), 0)
        self.touched.add(key)
        return self.pool.loss_minor - lost

    def close_as_known(self, key: str) -> None:
        self.pool = core.close_as_known(self.pool, key)
        self.touched.add(key)

    def _move(self, after: Pool, gifted_in: int) -> None:
        """Claims are covered by given credit first, as it is spent."""
        covered = after.covered_minor - self.pool.covered_minor
        self.pool = after
        self.gifted_minor = max(0, min(after.pool_minor, self.gifted_minor + gifted_in - covered))


def key_of(till: str, epoch: str) -> str:
    """Name of a till's epoch in the core."""
    return f"{till}/{epoch}"


class Pools:
    """The wallets of one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._wallets: dict[str, Wallet] = {}

    async def load(self, ids: Iterable[str]) -> None:
        wanted = sorted(set(ids) - self._wallets.keys())
        for start in range(0, len(wanted), 200):
            await self._load(wanted[start : start + 200])

    async def _load(self, ids: list[str]) -> None:
        places = ",".join(f"${number}" for number in range(1, len(ids) + 1))
        for wallet_id in ids:
            self._wallets[wallet_id] = Wallet(wallet_id)
        rows = await self._tx.rows(
            f"SELECT id, {_POOL}, blocked FROM wallet WHERE id IN ({places}) ORDER BY id", *ids, lock=True
        )
        for name, pool, gifted, credited, claims, covered, suspense, loss, blocked in rows:
            self._wallets[name] = Wallet(
                name, Pool(pool, credited, claims, covered, suspense, loss), gifted, blocked, {}, True
            )
        if not rows:
            return
        held = await self._tx.rows(
            f"SELECT wallet, till, epoch, {_HOLDING} FROM holding WHERE wallet IN ({places})", *ids
        )
        for name, till, epoch, *numbers in held:
            wallet, key = self._wallets[name], key_of(till, epoch)
            written_off, fenced, closed, granted_gifted, paid, gifted = numbers[6:]
            state = Epoch(Rights(*numbers[:6]), written_off, bool(fenced), closed == IS_CLOSED, closed == AS_KNOWN)
            wallet.pool.epochs[key] = state
            wallet.held[key] = Held(granted_gifted, Purse(paid, gifted))

    async def get(self, wallet_id: str) -> Wallet:
        await self.load([wallet_id])
        return self._wallets[wallet_id]

    def loaded(self, wallet_id: str) -> Wallet:
        return self._wallets[wallet_id]

    async def save(self) -> None:
        """Write all of them back."""
        for wallet in sorted(self._wallets.values(), key=lambda wallet: wallet.id):
            await self._save(wallet)

    async def _save(self, wallet: Wallet) -> None:
        pool = wallet.pool
        await self._tx.run(
            f"INSERT INTO wallet (id, {_POOL}, blocked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT (id) DO UPDATE SET pool_minor = $2, gifted_minor = $3, credited_minor = $4,"
            " claims_minor = $5, covered_minor = $6, suspense_minor = $7, loss_minor = $8, blocked = $9",
            wallet.id, pool.pool_minor, wallet.gifted_minor, pool.credited_minor, pool.claims_minor,
            pool.covered_minor, pool.suspense_minor, pool.loss_minor, wallet.blocked,
        )  # fmt: skip
        for key in sorted(wallet.touched):
            await self._save_epoch(wallet, key)

    async def _save_epoch(self, wallet: Wallet, key: str) -> None:
        till, _, epoch = key.partition("/")
        state, held = wallet.pool.epoch(key), wallet.held.get(key, Held())
        closed = IS_CLOSED if state.is_closed else AS_KNOWN if state.is_closed_as_known else 0
        seen = state.seen
        await self._tx.run(
            f"INSERT INTO holding (wallet, till, epoch, {_HOLDING})"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
            " ON CONFLICT (wallet, till, epoch) DO UPDATE SET granted_minor = $4, topped_up_minor = $5,"
            " spent_minor = $6, returned_minor = $7, claims_minor = $8, float_minor = $9, written_off_minor = $10,"
            " is_fenced = $11, is_closed = $12, granted_gifted_minor = $13, paid_minor = $14, gifted_minor = $15",
            wallet.id, till, epoch, seen.granted_minor, seen.topped_up_minor, seen.spent_minor, seen.returned_minor,
            seen.claims_minor, seen.float_minor, state.written_off_minor, int(state.is_fenced), closed,
            held.granted_gifted_minor, held.purse.paid_minor, held.purse.gifted_minor,
        )  # fmt: skip


async def take_images(pools: Pools, key: str, images: Iterable[Image]) -> list[str]:
    """Images of one entry; the codes of what cannot be."""
    found: list[str] = []
    for image in images:
        if code := (await pools.get(image.wallet)).take(key, image.holding):
            found.append(code)
    return found
