"""Mistakes that shops have paid for, each one override of the rules. The proofs must fail on every one of them.

CachedBalance        a balance remembered from head office is spent as if it were held here
GrantAsDelta         a grant is added, so a repeated answer is money
ReturnAsDelta        a return is added at head office, so a repeated report is money
LastWriterWins       the report that arrives last counts, not the highest
RestoredBackup       a till starts from an older image of its disk
ReturnBeforeDurable  the return is told before it is committed
LateReturn           what a written-off till gives back is counted, although the write-off had counted it
LateTopUp            reports of a written-off till are netted as they come, not at its closing report
    ClosedForGood        a till that was closed with what was known comes back, and nobody listens

The first eight are those of the protocol page; the proofs themselves found the ninth.
"""

from __future__ import annotations

from msgspec.structs import replace

from appliance.domain import wallet
from appliance.domain.errors import Refusal
from appliance.domain.wallet import Epoch, Pool, Rights
from proof.rules import Rules, TillMove


class CachedBalance(Rules):
    balance_minor = 1
    """What head office said once."""

    def debit(self, rights: Rights, amount: int, reserved: int = 0) -> Rights:
        if rights.spent_minor + amount > self.balance_minor + rights.topped_up_minor:
            raise Refusal("wallet.insufficient")
        return replace(rights, spent_minor=rights.spent_minor + amount)


class GrantAsDelta(Rules):
    def grant(self, rights: Rights, granted: int, float_minor: int) -> Rights:
        return wallet.grant(rights, rights.granted_minor + granted, float_minor)


class ReturnAsDelta(Rules):
    def report(self, pool: Pool, epoch: str, rights: Rights) -> Pool:
        known = pool.epoch(epoch)
        if known.is_fenced:
            return pool
        again = min(rights.returned_minor, known.seen.returned_minor)
        return wallet.report(replace(pool, pool_minor=pool.pool_minor + again), epoch, rights)


class LastWriterWins(Rules):
    def report(self, pool: Pool, epoch: str, rights: Rights) -> Pool:
        known = pool.epoch(epoch)
        if known.is_fenced:
            return pool
        back = rights.returned_minor - known.seen.returned_minor
        claims = rights.claims_minor - known.seen.claims_minor
        told = replace(rights, granted_minor=known.seen.granted_minor, float_minor=known.seen.float_minor)
        return replace(
            pool,
            pool_minor=pool.pool_minor + back,
            claims_minor=pool.claims_minor + claims,
            epochs={**pool.epochs, epoch: replace(known, seen=told)},
        )


class RestoredBackup(Rules):
    def kept(self, move: TillMove, before: Rights, after: Rights) -> Rights:
        return before if move == "debit" else after


class ReturnBeforeDurable(Rules):
    def kept(self, move: TillMove, before: Rights, after: Rights) -> Rights:
        return before if move == "recall" else after


class LateReturn(Rules):
    def report(self, pool: Pool, epoch: str, rights: Rights) -> Pool:
        known = pool.epoch(epoch)
        if not known.is_fenced or known.is_closed:
            return wallet.report(pool, epoch, rights)
        told = wallet.report(_put(pool, epoch, replace(known, is_fenced=False)), epoch, rights)
        return _put(told, epoch, replace(told.epoch(epoch), is_fenced=True))


class LateTopUp(Rules):
    def report(self, pool: Pool, epoch: str, rights: Rights) -> Pool:
        known = pool.epoch(epoch)
        if not known.is_fenced or known.is_closed:
            return wallet.report(pool, epoch, rights)
        late = max(0, rights.topped_up_minor - known.seen.topped_up_minor)
        seen = replace(known.seen, topped_up_minor=known.seen.topped_up_minor + late)
        noted = replace(known, seen=seen, written_off_minor=known.written_off_minor + late)
        released = replace(pool, pool_minor=pool.pool_minor + late, suspense_minor=pool.suspense_minor + late)
        return _put(released, epoch, noted)


class ClosedForGood(Rules):
    def close_as_known(self, pool: Pool, epoch: str) -> Pool:
        return wallet.close_epoch(pool, epoch, pool.epoch(epoch).seen)


def _put(pool: Pool, name: str, epoch: Epoch) -> Pool:
    return replace(pool, epochs={**pool.epochs, name: epoch})


MUTANTS: dict[str, type[Rules]] = {
    mutant.__name__: mutant
    for mutant in (
        CachedBalance,
        GrantAsDelta,
        ReturnAsDelta,
        LastWriterWins,
        RestoredBackup,
        ReturnBeforeDurable,
        LateReturn,
        LateTopUp,
        ClosedForGood,
    )
}
