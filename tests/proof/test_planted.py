"""Each guard of the core is taken out once: the checker must say why it stands there.

Where it says nothing, the guard is not needed for money, and the test says so.
"""

import pytest
from msgspec.structs import replace

from appliance.domain import wallet
from appliance.domain.wallet import Pool
from proof.escrow import Scope, search
from proof.rules import Rules
from proof.world import Grid


def opened(pool: Pool, epoch: str, **changes: bool) -> Pool:
    return replace(pool, epochs={**pool.epochs, epoch: replace(pool.epoch(epoch), **changes)})


class GrantsWhatIsNotThere(Rules):
    def answer_need(self, pool, epoch, target, float_minor):
        known = pool.epoch(epoch)
        if known.is_fenced:
            return pool
        seen = wallet.grant(known.seen, target, float_minor)
        more = seen.granted_minor - known.seen.granted_minor
        moved = replace(pool, pool_minor=pool.pool_minor - more)
        return replace(moved, epochs={**pool.epochs, epoch: replace(known, seen=seen)})


class GrantsToTheFenced(Rules):
    def answer_need(self, pool, epoch, target, float_minor):
        was = pool.epoch(epoch).is_fenced
        after = wallet.answer_need(opened(pool, epoch, is_fenced=False), epoch, target, float_minor)
        return opened(after, epoch, is_fenced=was)


class WritesOffTwice(Rules):
    def write_off(self, pool, epoch):
        return wallet.write_off(opened(pool, epoch, is_fenced=False), epoch)


class ClosesTwice(Rules):
    def close_epoch(self, pool, epoch, closing):
        return wallet.close_epoch(opened(pool, epoch, is_closed=False), epoch, closing)


class ClosesWhatLives(Rules):
    """A closing report is believed as it stands, and not what had been seen before."""

    def close_epoch(self, pool, epoch, closing):
        known = pool.epoch(epoch)
        if not known.is_fenced or known.is_closed:
            return pool
        seen = replace(known.seen, granted_minor=closing.granted_minor)
        bare = replace(pool, epochs={**pool.epochs, epoch: replace(known, seen=seen)})
        return wallet.close_epoch(bare, epoch, closing)


class ForgetsToZero(Rules):
    def fence(self, rights):
        return rights, rights


class ClaimsWithoutEnd(Rules):
    def claim(self, rights, amount):
        return replace(rights, claims_minor=rights.claims_minor + amount)


class ClaimsAreNotCovered(Rules):
    def report(self, pool, epoch, rights):
        after = wallet.report(pool, epoch, rights)
        return replace(after, claims_minor=pool.claims_minor, covered_minor=pool.covered_minor)


class ReturnsReserved(Rules):
    def recall(self, rights, target, reserved=0):
        return wallet.recall(rights, target)


class SpendsReserved(Rules):
    def debit(self, rights, amount, reserved=0):
        return wallet.debit(rights, amount)


class ReturnsMoreThanIsFree(Rules):
    def recall(self, rights, target, reserved=0):
        return replace(rights, returned_minor=max(rights.returned_minor, target))


class ForgetsSuspense(Rules):
    def close_epoch(self, pool, epoch, closing):
        after = wallet.close_epoch(pool, epoch, closing)
        return replace(after, suspense_minor=pool.suspense_minor)


class ForgivesLoss(Rules):
    def close_epoch(self, pool, epoch, closing):
        return replace(wallet.close_epoch(pool, epoch, closing), loss_minor=pool.loss_minor)


PLANTED = {
    GrantsWhatIsNotThere: Grid(credit=0),
    GrantsToTheFenced: Grid(top_ups=(0, 0), write_offs=1),
    WritesOffTwice: Grid(top_ups=(0, 0), write_offs=2),
    ClosesTwice: Grid(write_offs=1),
    ClosesWhatLives: Grid(top_ups=(0, 0), write_offs=1),
    ForgetsToZero: Grid(top_ups=(0, 0), write_offs=1),
    ClaimsWithoutEnd: Grid(top_ups=(0, 0), float_minor=1),
    ClaimsAreNotCovered: Grid(float_minor=1),
    ReturnsReserved: Grid(reserves=True),
    SpendsReserved: Grid(reserves=True),
    ReturnsMoreThanIsFree: Grid(),
    ForgetsSuspense: Grid(write_offs=1),
    ForgivesLoss: Grid(write_offs=1),
}


@pytest.mark.parametrize("rules", PLANTED, ids=lambda rules: rules.__name__)
def test_a_guard_that_is_taken_out_is_missed(rules):
    found = search(Scope(rules.__name__, "", PLANTED[rules]), rules())
    assert found.wrong, f"nothing was found in {found.states} states"
    assert found.story
