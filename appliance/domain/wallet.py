"""Rights to spend a wallet's money: who holds them, and the few moves that never overdraw it.

A wallet's money is always in exactly one place: head office's *pool*, or *rights* that one till holds. A till spends
only rights it holds, so paying needs no message; a top-up makes rights where it was paid. Every number is a cumulative
sum of minor units since the till's epoch, every request an absolute target, every report a snapshot that is taken by
componentwise maximum: lost, repeated and reordered messages change nothing (escrow, O'Neil 1986; bounded counter,
Balegas et al. 2015).

    Rights     what one till knows of one wallet, and `top_up`, `debit`, `claim`, `grant`, `recall`
    Pool       what head office knows of it, and `report`, `answer_need`, `write_off`, `close_epoch`, `close_as_known`
    Purse      money that was paid and money that was given: only the first is ever paid out
    Holding    rights and purse of a till together: the image that every movement in the journal carries

Never overdrawn: at a till `spent <= granted seen + topped up - returned`; at head office the pool is never below zero;
added up, all that was spent is at most what was credited. No assumption about time, order or delivery. A till that
belongs to no head office is its own pool: its rights are all there is.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from appliance.domain.errors import Refusal

SpendFirst = Literal["gifted", "paid"]


class Rights(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One wallet at one till, since the till's epoch began; minor units, all cumulative."""

    granted_minor: int = 0
    """G: given by head office, the highest seen."""
    topped_up_minor: int = 0
    """T: credited here, spending that was taken back included."""
    spent_minor: int = 0
    """S: debited here: sales, cancelled credits, refunds, corrections."""
    returned_minor: int = 0
    """B: given back to head office."""
    claims_minor: int = 0
    """K: spent here without rights, from the shop's own float: the wallet owes it."""
    float_minor: int = 0
    """F: how much of that head office allows."""

    @property
    def free_minor(self) -> int:
        """What can still be spent here."""
        return self.granted_minor + self.topped_up_minor - self.spent_minor - self.returned_minor


def top_up(rights: Rights, amount_minor: int) -> Rights:
    _positive(amount_minor)
    return replace(rights, topped_up_minor=rights.topped_up_minor + amount_minor)


def debit(rights: Rights, amount_minor: int, reserved_minor: int = 0) -> Rights:
    """Spend rights that no open ticket has reserved. Refusal `wallet.insufficient`."""
    _positive(amount_minor)
    if rights.free_minor - reserved_minor < amount_minor:
        raise Refusal("wallet.insufficient", amount_minor=rights.free_minor - reserved_minor)
    return replace(rights, spent_minor=rights.spent_minor + amount_minor)


def claim(rights: Rights, amount_minor: int) -> Rights:
    """Spend the shop's float for a wallet whose rights are elsewhere. Refusal `wallet.insufficient`."""
    _positive(amount_minor)
    if rights.claims_minor + amount_minor > rights.float_minor:
        raise Refusal("wallet.insufficient", amount_minor=rights.float_minor - rights.claims_minor)
    return replace(rights, claims_minor=rights.claims_minor + amount_minor)


def grant(rights: Rights, granted_minor: int, float_minor: int = 0) -> Rights:
    """Head office's answer, an absolute number."""
    return replace(
        rights,
        granted_minor=max(rights.granted_minor, granted_minor),
        float_minor=max(rights.float_minor, float_minor),
    )


def recall(rights: Rights, returned_minor: int, reserved_minor: int = 0) -> Rights:
    """Give back up to the target that head office names, never what an open ticket has reserved."""
    back = max(0, min(rights.free_minor - reserved_minor, returned_minor - rights.returned_minor))
    return replace(rights, returned_minor=rights.returned_minor + back)


def fence(rights: Rights) -> tuple[Rights, Rights]:
    """(the closing report of the epoch that ends, the rights of the new one): the till zeroes itself."""
    return rights, Rights()


def need(rights: Rights, amount_minor: int, reserved_minor: int = 0) -> int:
    """The target to ask head office for, so that the amount can be spent here."""
    return rights.granted_minor + max(0, amount_minor - (rights.free_minor - reserved_minor))


class Epoch(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What head office knows of a till's rights: the highest it granted or saw."""

    seen: Rights = Rights()
    written_off_minor: int = 0
    """Rights credited back to the pool before the till's closing report; from the shop's suspense account."""
    is_fenced: bool = False
    is_closed: bool = False
    """Its closing report has come."""
    is_closed_as_known: bool = False
    """A person decided that no closing report will come."""


class Pool(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One wallet at head office."""

    pool_minor: int = 0
    credited_minor: int = 0
    """Put in at head office itself."""
    claims_minor: int = 0
    """Spent from the shop's float and not covered yet ("avance à régulariser")."""
    covered_minor: int = 0
    suspense_minor: int = 0
    """Written off, until the epoch's closing report."""
    loss_minor: int = 0
    """What a till had spent of rights that were written off meanwhile; at most what was written off."""
    epochs: dict[str, Epoch] = {}

    def epoch(self, name: str) -> Epoch:
        return self.epochs.get(name, Epoch())


def credit_pool(pool: Pool, amount_minor: int) -> Pool:
    _positive(amount_minor)
    moved = replace(pool, pool_minor=pool.pool_minor + amount_minor, credited_minor=pool.credited_minor + amount_minor)
    return _cover(moved)


def answer_need(pool: Pool, epoch: str, target_minor: int, float_minor: int = 0) -> Pool:
    """Grant up to the target. A fenced epoch gets nothing more."""
    known = pool.epoch(epoch)
    if known.is_fenced:
        return pool
    more = max(0, min(pool.pool_minor, target_minor - known.seen.granted_minor))
    return _put(replace(pool, pool_minor=pool.pool_minor - more), epoch, replace(known, seen=grant(
        known.seen, known.seen.granted_minor + more, float_minor)))  # fmt: skip


def report(pool: Pool, epoch: str, rights: Rights) -> Pool:
    """A till's snapshot: componentwise maximum. Of a fenced epoch only `close_epoch` counts."""
    known = pool.epoch(epoch)
    if known.is_fenced:
        return pool
    seen = highest(known.seen, rights)
    back = seen.returned_minor - known.seen.returned_minor
    claims = seen.claims_minor - known.seen.claims_minor
    moved = replace(pool, pool_minor=pool.pool_minor + back, claims_minor=pool.claims_minor + claims)
    return _cover(_put(moved, epoch, replace(known, seen=seen)))


def write_off(pool: Pool, epoch: str) -> Pool:
    """A person decides that a till is lost: what it held, as far as known, goes back to the wallet from suspense."""
    known = pool.epoch(epoch)
    if known.is_fenced:
        return pool
    held = known.seen.free_minor
    moved = replace(pool, pool_minor=pool.pool_minor + held, suspense_minor=pool.suspense_minor + held)
    return _cover(_put(moved, epoch, replace(known, is_fenced=True, written_off_minor=held)))


def close_as_known(pool: Pool, epoch: str) -> Pool:
    """A second decision of a person, about a till that will not come back: nothing is in suspense for it any longer.

    Never `close_epoch` with what was seen: a till that comes back after all could not be netted any more, and what
    was paid in there would be nobody's.
    """
    known = pool.epoch(epoch)
    if not known.is_fenced or known.is_closed or known.is_closed_as_known:
        return pool
    moved = replace(pool, suspense_minor=pool.suspense_minor - known.written_off_minor)
    return _put(moved, epoch, replace(known, is_closed_as_known=True))


def close_epoch(pool: Pool, epoch: str, closing: Rights) -> Pool:
    """The one closing report of a fenced epoch. Only here late top-ups and late debits are netted: what the wallet
    cannot cover is loss, at most what was written off. It counts after `close_as_known` too."""
    known = pool.epoch(epoch)
    if not known.is_fenced or known.is_closed:
        return pool
    seen = highest(known.seen, closing)
    back = seen.returned_minor - known.seen.returned_minor
    gone = known.written_off_minor - seen.free_minor - back  # spent after the last report, top-ups taken off
    in_pool = pool.pool_minor - gone
    moved = replace(
        pool,
        pool_minor=max(0, in_pool),
        loss_minor=pool.loss_minor + max(0, -in_pool),
        suspense_minor=pool.suspense_minor - (0 if known.is_closed_as_known else known.written_off_minor),
        claims_minor=pool.claims_minor + seen.claims_minor - known.seen.claims_minor,
    )
    return _cover(_put(moved, epoch, replace(known, seen=seen, is_closed=True)))


def highest(a: Rights, b: Rights) -> Rights:
    """Componentwise maximum: cumulative numbers only grow."""
    pairs = zip(msgspec.structs.astuple(a), msgspec.structs.astuple(b), strict=True)
    return Rights(*(max(pair) for pair in pairs))


def _put(pool: Pool, name: str, epoch: Epoch) -> Pool:
    return replace(pool, epochs={**pool.epochs, name: epoch})


def _cover(pool: Pool) -> Pool:
    """Claims are taken first from whatever the pool has."""
    paid = min(pool.pool_minor, pool.claims_minor)
    if not paid:
        return pool
    return replace(
        pool,
        pool_minor=pool.pool_minor - paid,
        claims_minor=pool.claims_minor - paid,
        covered_minor=pool.covered_minor + paid,
    )


def _positive(amount_minor: int) -> None:
    if amount_minor <= 0:
        raise Refusal("tender.amount")


# --- paid and given apart -------------------------------------------------------------------------------------------


class Purse(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An amount in its two parts. Only what was paid is ever paid out again."""

    paid_minor: int = 0
    gifted_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.paid_minor + self.gifted_minor

    def __add__(self, other: Purse) -> Purse:
        return Purse(self.paid_minor + other.paid_minor, self.gifted_minor + other.gifted_minor)

    def __sub__(self, other: Purse) -> Purse:
        return Purse(self.paid_minor - other.paid_minor, self.gifted_minor - other.gifted_minor)

    def __neg__(self) -> Purse:
        return Purse(-self.paid_minor, -self.gifted_minor)

    def take(self, amount_minor: int, first: SpendFirst = "gifted") -> Purse:
        """Which parts an amount is spent from: 20.00 of 50.00 paid and 5.00 given is 15.00 and 5.00."""
        if first == "gifted":
            gifted = min(amount_minor, self.gifted_minor)
            return Purse(amount_minor - gifted, gifted)
        paid = min(amount_minor, self.paid_minor)
        return Purse(paid, amount_minor - paid)

    def give_back(self, amount_minor: int, first: SpendFirst = "gifted") -> Purse:
        """Which parts of spent money come back first: what was used last. 10.00 of 15.00 paid and 5.00 given, given
        first, is 10.00 paid (feature W-17)."""
        return self.take(amount_minor, "paid" if first == "gifted" else "gifted")


class Holding(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One wallet at this till: the rights and what they are made of. `rights.free_minor == purse.total_minor`."""

    rights: Rights = Rights()
    purse: Purse = Purse()

    @property
    def balance_minor(self) -> int:
        return self.purse.total_minor

    def plus(self, part: Purse) -> Holding:
        """After a credit, or after spending came back. Nothing stays nothing."""
        if not part.total_minor:
            return self
        return Holding(top_up(self.rights, part.total_minor), self.purse + part)

    def minus(self, part: Purse) -> Holding:
        """After a debit. Refusal `wallet.insufficient` when either part is not there."""
        left = self.purse - part
        if left.paid_minor < 0 or left.gifted_minor < 0:
            raise Refusal("wallet.insufficient", amount_minor=self.balance_minor)
        return Holding(debit(self.rights, part.total_minor), left) if part.total_minor else self
