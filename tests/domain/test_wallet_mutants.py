"""The eight ways in which such a core was broken on purpose: the hostile network must find each of them.

A check that never fails proves nothing. Each variant is the true core with one rule taken out, as peers have built it.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from appliance.domain import wallet as w
from appliance.domain.errors import Refusal
from tests.domain.test_wallet import AMOUNT, TILLS, HostileNetwork

report = w.report
SEARCH = settings(
    max_examples=20_000, stateful_step_count=40, deadline=None, database=None, derandomize=True,
    phases=(Phase.generate,), suppress_health_check=list(HealthCheck), print_blob=False,
)  # fmt: skip


class Network(HostileNetwork):
    """The same, with `debit` looked up where it is used."""

    @rule(till=st.sampled_from(TILLS), amount=AMOUNT, kind=st.sampled_from(["debit", "claim"]))
    def spend(self, till: str, amount: int, kind: str) -> None:
        if till in self.closed:
            return
        try:
            self.says(till, getattr(w, kind)(self.tills[till], amount))
        except Refusal:
            self.needs.append((till, w.need(self.tills[till], amount)))


class RestoredBackup(Network):
    """A till comes back from a backup and goes on in the epoch that it was in."""

    @precondition(lambda self: self.up)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        till, rights = data.draw(st.sampled_from(self.up))
        if till not in self.closed:
            self.tills[till] = rights


def cached_balance(rights: w.Rights, amount_minor: int, reserved_minor: int = 0) -> w.Rights:
    """Spends what some balance said, without holding it."""
    return replace(rights, spent_minor=rights.spent_minor + amount_minor)


def grant_as_delta(rights: w.Rights, granted_minor: int, float_minor: int = 0) -> w.Rights:
    return replace(rights, granted_minor=rights.granted_minor + granted_minor)


def return_as_delta(pool: w.Pool, epoch: str, rights: w.Rights) -> w.Pool:
    """What a report returns comes to the pool each time that the report does."""
    again = 0 if pool.epoch(epoch).is_fenced else min(pool.epoch(epoch).seen.returned_minor, rights.returned_minor)
    heard = report(pool, epoch, rights)
    return replace(heard, pool_minor=heard.pool_minor + again)


def last_writer_wins(a: w.Rights, b: w.Rights) -> w.Rights:
    return b


def late_return_counts_again(pool: w.Pool, epoch: str, rights: w.Rights) -> w.Pool:
    """A report of a till that was written off still brings its returns to the pool."""
    known = pool.epoch(epoch)
    if not known.is_fenced:
        return report(pool, epoch, rights)
    back = max(0, rights.returned_minor - known.seen.returned_minor)
    return replace(pool, pool_minor=pool.pool_minor + back)


def late_top_up_released_early(pool: w.Pool, epoch: str, rights: w.Rights) -> w.Pool:
    """A late top-up of a till that was written off is spendable at once, before the late debits are known."""
    known = pool.epoch(epoch)
    if not known.is_fenced or known.is_closed:
        return report(pool, epoch, rights)
    late = max(0, rights.topped_up_minor - known.seen.topped_up_minor)
    seen = replace(known.seen, topped_up_minor=known.seen.topped_up_minor + late)
    return replace(pool, pool_minor=pool.pool_minor + late, epochs={**pool.epochs, epoch: replace(known, seen=seen)})


BROKEN: dict[str, tuple[str, Callable[..., object]]] = {
    "cached balance": ("debit", cached_balance),
    "grant as delta": ("grant", grant_as_delta),
    "return as delta": ("report", return_as_delta),
    "last writer wins": ("highest", last_writer_wins),
    "late return of a written-off till counted again": ("report", late_return_counts_again),
    "late top-up released before the closing report": ("report", late_top_up_released_early),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_core_without_this_rule_is_found_out(monkeypatch, name):
    monkeypatch.setattr(w, *BROKEN[name])
    with pytest.raises((AssertionError, Refusal)):
        run_state_machine_as_test(Network, settings=SEARCH)


def test_a_till_that_forgets_is_found_out():
    with pytest.raises((AssertionError, Refusal)):
        run_state_machine_as_test(RestoredBackup, settings=SEARCH)


def test_a_return_that_was_sent_before_it_was_durable_is_found_out():
    """The till says that it gave 500 back, loses its power before that is on its disk, and still has them."""
    network = Network()
    cut, other = TILLS
    network.top_up(cut, 500)
    network.pool = w.report(network.pool, cut, w.recall(network.tills[cut], 500))
    network.spend(cut, 500, "debit")
    network.pool = w.answer_need(network.pool, other, 500)
    network.tills[other] = w.grant(network.tills[other], network.pool.epoch(other).seen.granted_minor)
    network.never_overdrawn()
    network.spend(other, 500, "debit")
    with pytest.raises(AssertionError):
        network.never_overdrawn()


def test_the_same_network_finds_nothing_in_the_true_core():
    run_state_machine_as_test(Network, settings=settings(SEARCH, max_examples=150))
