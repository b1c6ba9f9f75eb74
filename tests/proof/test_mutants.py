"""A proof that never fails proves nothing: each known mistake is found, by its shortest story and by a seed."""

import pytest

from appliance.domain.errors import Refusal
from appliance.domain.wallet import Rights
from proof.escrow import Scope, search
from proof.fleet import Wrong, life
from proof.mutants import MUTANTS
from proof.rules import Rules
from proof.world import Grid

DRY = Grid(top_ups=(0, 0))
GIVEN_UP = Grid(top_ups=(0, 0), write_offs=1, leases=True)
LATE = Grid(credit=0, write_offs=1, leases=True)
KNOWN = Grid(credit=0, write_offs=1, closes_as_known=True)

FOUND = {
    "CachedBalance": (Grid(), 1, "till A has spent more than its rights: -1"),
    "GrantAsDelta": (DRY, 5, "overdrawn: 2 went out of a wallet that was given 1"),
    "ReturnAsDelta": (DRY, 5, "value is not conserved: 1 was given and 2 is accounted for"),
    "LastWriterWins": (Grid(), 6, "a number at head office is below zero: pool -1, suspense 0"),
    "RestoredBackup": (Grid(), 3, "value is not conserved: 2 was given and 3 is accounted for"),
    "ReturnBeforeDurable": (DRY, 9, "overdrawn: 2 went out of a wallet that was given 1"),
    "LateReturn": (GIVEN_UP, 10, "the loss of 1 is more than the 0 that was spent unknown to head office"),
    "LateTopUp": (LATE, 8, "the loss of 1 is more than the 0 that was written off"),
    "ClosedForGood": (KNOWN, 3, "epoch A was closed, and not all of it was netted"),
}
"""In which world, after how many steps, and what is wrong then."""

LAST_STEP = {
    "CachedBalance": "till A spends 1",
    "GrantAsDelta": "till A spends 1",
    "ReturnAsDelta": "head office reads the report of A: G 1 B 1",
    "RestoredBackup": "till A starts again and reads its disk",
    "LateReturn": "head office reads the closing report of A: G 1 B 1",
    "LateTopUp": "head office reads the closing report of A: T 1 S 1",
}
"""Where every shortest story ends in the same step."""

SEEDS = {
    "CachedBalance": 0,
    "GrantAsDelta": 0,
    "ReturnAsDelta": 0,
    "LastWriterWins": 0,
    "RestoredBackup": 1,
    "ReturnBeforeDurable": 1,
    "LateReturn": 7,
    "LateTopUp": 97,
    "ClosedForGood": 0,
}
"""The first life that goes wrong."""


def test_each_of_the_eight_known_mistakes_and_the_ninth_is_here():
    assert list(FOUND) == list(SEEDS) == list(MUTANTS)
    assert len(MUTANTS) == 9


@pytest.mark.parametrize("name", MUTANTS)
def test_the_checker_finds_it_by_a_shortest_story(name):
    grid, steps, why = FOUND[name]
    found = search(Scope(name, "", grid), MUTANTS[name]())
    assert (len(found.story), found.wrong) == (steps, why), "\n".join(found.story)
    if name in LAST_STEP:
        assert found.story[-1] == LAST_STEP[name]


@pytest.mark.parametrize("name", MUTANTS)
def test_the_true_rules_are_sound_where_it_was_found(name):
    assert search(Scope(name, "", FOUND[name][0])).verdict == "complete, no violation"


@pytest.mark.parametrize("name", MUTANTS)
def test_it_breaks_one_rule_only(name):
    changed = [rule for rule in vars(MUTANTS[name]) if callable(getattr(Rules, rule, None)) and rule[0] != "_"]
    assert len(changed) == 1


@pytest.mark.parametrize("name", SEEDS)
def test_the_fleet_finds_it_by_a_seed(name):
    with pytest.raises(Wrong):
        life(SEEDS[name], MUTANTS[name]())


@pytest.mark.parametrize("name", SEEDS)
def test_the_same_life_is_sound_under_the_true_rules(name):
    assert life(SEEDS[name])["debit"] > 0


def test_a_cached_balance_refuses_something_too():
    """The mistake is not that it never refuses."""
    with pytest.raises(Refusal):
        MUTANTS["CachedBalance"]().debit(Rights(spent_minor=1), 1)
