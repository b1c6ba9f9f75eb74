"""Wallets under a million operations: several customers, tickets that wait and are divided, corrections, cards that
answer, late, wrongly or never, change, blocks, transfers, nights and restarts; each fact read by the auditor.

The quick form lets Hypothesis search and shrink; `--full` plays 1,000,000 operations and prints seed and counts:

    python -m pytest tests/domain/test_wallet_world.py --full -s
"""

import os
import secrets
import sys
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from appliance.clock import SystemClock
from appliance.domain import intent as i
from tests.support.core import ROCHAT, Core, credit
from tests.support.wallet_world import World

OPERATIONS = 1_000_000
STEPS = 100
ROUND = 250
"""Days of one seed: Hypothesis remembers each of them, so that none comes twice."""
NUMBERS = st.integers(0, 65_535)
PLAYS = sorted(World().plays)
COMMON = ["credit", "sell", "sell", "cancel", "pay_wallet", "pay_rest", "unblock", "card_answer", "sell_for_change"]
"""Drawn more often, so that there is money on the wallets and somebody may spend it."""


class Shop(RuleBasedStateMachine):
    """One world; every step is an operation, and everything is checked after it."""

    played: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(name=st.sampled_from(PLAYS + COMMON), a=NUMBERS, b=NUMBERS, who=st.integers(0, 3))
    def play(self, name: str, a: int, b: int, who: int) -> None:
        self.world.play(name, a, b, who)
        self.world.check()

    def teardown(self) -> None:
        self.world.end()
        Shop.played.update(self.world.counts)


def test_whatever_is_done_the_books_and_the_auditor_agree(pytestconfig: pytest.Config) -> None:
    is_full = pytestconfig.getoption("--full")
    operations = OPERATIONS if is_full else 6_000
    first = chosen = int(os.environ.get("WALLET_SEED", secrets.randbelow(2**32)))
    Shop.played, played, began = Counter(), 0, SystemClock().monotonic_ns()
    while played < operations:
        examples = max(1, min(ROUND, (operations - played) // STEPS))
        run_state_machine_as_test(
            seed(chosen)(Shop),
            settings=settings(
                max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None, print_blob=True,
                phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        chosen += 1
        played = sum(Shop.played[name] for name in PLAYS)
    took_s = (SystemClock().monotonic_ns() - began) // 10**9
    sys.stdout.write(f"\nseeds {first} to {chosen - 1}: {played} operations in {took_s} s\n")
    for name, count in Shop.played.most_common() if is_full else ():
        sys.stdout.write(f"{count:>9} {name}\n")
    assert not set(PLAYS) - set(Shop.played), "every operation was drawn"


# --- found by it ----------------------------------------------------------------------------------------------------


def doubted(core: Core, request: i.Intent, name: str, *, accepted: bool) -> None:
    """A person says one thing of a request."""
    core.do(request)
    core.do(i.LoseCard(name, "no_answer"))
    core.do(i.AnswerCard(name, "accepted" if accepted else "refused", by="person"))


def test_a_card_that_never_paid_takes_off_only_what_is_left_of_its_share():
    core = Core()
    order = credit(10_000, ("cash", 6000), ("card", None))
    doubted(core, i.RequestCardCredit("r1", order), "r1", accepted=True)
    core.do(i.CancelCredit(ROCHAT, core.facts[-1].document, 5000))  # 30.00 in cash, 20.00 by card
    core.do(i.AnswerCard("r1", "refused"))
    core.do(i.ReopenCard("r1"))
    assert [row.amount_minor for row in core.facts[-1].tenders] == [-2000]
    assert (core.balance(), core.state.doubts) == ((3000, 0), {})


def test_a_cancellation_that_went_through_is_not_booked_on_shares_that_are_gone():
    core = Core()
    core.do(i.RequestCardCredit("r1", credit(10_000, ("cash", 6000), ("card", None))))
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    document = core.facts[-1].document
    cancel = i.CancelCredit(ROCHAT, document, 6000)  # 36.00 in cash, 24.00 by card
    doubted(core, i.RequestCardCancel("r2", cancel), "r2", accepted=False)
    core.do(i.CancelCredit(ROCHAT, document, 10_000))
    core.credits(50_000)
    core.do(i.AnswerCard("r2", "accepted"))
    assert core.refused(i.ReopenCard("r2")).code == "card.too_late"
    assert core.balance() == (50_000, 0)
