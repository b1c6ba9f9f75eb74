"""Twenty thousand operations of a simulated fleet by seed, and lives that Hypothesis makes up and shortens."""

from collections import Counter

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proof import fleet
from proof.fleet import KINDS, STEPS, Fleet, Wrong, life
from proof.mutants import GrantAsDelta
from proof.nodes import Plan, Step

LIVES = 50
ALL = 2_500
"""Lives; a million operations."""

STEP = st.builds(
    Step,
    kind=st.sampled_from(KINDS),
    till=st.integers(0, 2),
    wallet=st.just(0),
    amount=st.integers(1, 3),
    wait_ms=st.sampled_from((0, 1, 400, 2_000, 700_000)),
)
LIFE = st.lists(STEP, max_size=40)
SEED = st.integers(0, 20)
SMALL = Plan(tills=3, wallets=1, credit=2, float_minor=2, loss_percent=20, repeat_percent=20)


def live(steps: list[Step], seed: int, rules=None) -> None:
    shop = Fleet(SMALL, seed, rules)
    for step in steps:
        shop.play(step)
    shop.settle()


def test_twenty_thousand_operations_end_with_the_exact_balances():
    counts = Counter[str]()
    for seed in range(LIVES):
        counts.update(life(seed, check_every=4))
    assert LIVES * STEPS == 20_000
    happened = (
        "top up",
        "debit",
        "claim",
        "grant",
        "recall",
        "written off",
        "fences read",
        "closed with what was known",
    )
    assert all(counts[what] for what in happened), counts
    assert all(counts[what] for what in ("messages lost", "messages repeated", "moves lost with the power")), counts


@pytest.mark.full
def test_a_million_operations_end_with_the_exact_balances():
    for seed in range(ALL):
        life(seed, check_every=4)


def test_a_seed_is_one_life():
    assert life(3) == life(3)
    assert life(3) != life(4)


@given(steps=LIFE, seed=SEED)
def test_any_life_ends_with_the_exact_balances(steps, seed):
    live(steps, seed)


def test_hypothesis_shortens_what_goes_wrong():
    """A mistake comes back as a life of a few steps."""
    search = settings(max_examples=2_000, database=None, derandomize=True, deadline=None)

    def is_wrong(example: tuple[list[Step], int]) -> bool:
        try:
            live(*example, rules=GrantAsDelta())
        except Wrong:
            return True
        return False

    steps, _ = hypothesis.find(st.tuples(LIFE, SEED), is_wrong, settings=search)
    assert [step.kind for step in steps] == ["pay"], "one question about rights is enough: its answer came twice"


def test_the_command_prints_its_seeds(capsys, monkeypatch):
    assert fleet.main(["--operations", "800", "--seed", "5"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("seeds 5 to 6: 800 operations in ")
    monkeypatch.setattr(fleet, "Rules", GrantAsDelta)
    assert fleet.main(["--seed", "0"]) == 1
    assert capsys.readouterr().out.startswith("seed 0: wallet ")
