"""The exhaustive checker: the quick grids are without violation, and the checker is worth believing."""

from dataclasses import replace

import pytest

from appliance.domain.wallet import Rights
from proof import escrow
from proof.escrow import SCOPES, Scope, search
from proof.mutants import CachedBalance
from proof.rules import Rules
from proof.truth import wrong
from proof.world import Grid, Till, first_office

QUICK = [scope for scope in SCOPES if scope.is_quick]
LONG = [scope for scope in SCOPES if not scope.is_quick]

STATES = {
    "rights": (10_681, 32_934),
    "re-grants": (7_303, 14_367),
    "float": (12_284, 37_742),
    "reserve": (10_051, 25_919),
    "cancel": (26_184, 85_552),
    "credit": (54_193, 209_484),
    "hasty": (49_318, 116_308),
    "known": (8_660, 17_862),
}
"""States and steps of the quick grids: a change of the rules, or of what is looked at, changes them, and is meant."""


@pytest.mark.parametrize("scope", QUICK, ids=lambda scope: scope.name)
def test_a_quick_grid_is_complete_and_without_violation(scope):
    found = search(scope)
    assert found.verdict == "complete, no violation", "\n".join(found.story)
    assert (found.states, found.steps) == STATES[scope.name]


@pytest.mark.full
@pytest.mark.parametrize("scope", LONG, ids=lambda scope: scope.name)
def test_a_long_grid_is_without_violation(scope):
    found = search(scope)
    assert found.wrong is None, "\n".join(found.story)


def test_a_search_that_is_cut_says_so():
    found = search(replace(QUICK[0], limit=100))
    assert not found.is_complete
    assert found.verdict == "cut at the limit, no violation"


def test_what_is_wrong_in_the_first_state_is_found_without_a_step():
    grid = Grid()
    office = first_office(Rules(), grid)
    spent = Rights(spent_minor=1)
    assert wrong([Till(rights=spent, kept=spent, paid_out=1), Till()], office) == (
        "till A has spent more than its rights: -1"
    )


def test_a_till_that_forgets_what_was_paid_is_seen_even_when_its_numbers_agree():
    """The world's own record is what the books are compared with."""
    office = first_office(Rules(), Grid())
    assert "not conserved" in str(wrong([Till(paid_out=1), Till()], office))


def test_the_command_prints_a_table_and_the_story(capsys, monkeypatch):
    assert escrow.main(["--grid", "re-grants"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["grid", "states", "steps", "seconds", "result"]
    assert table[1].split()[:5] == ["re-grants", "7", "303", "14", "367"]
    monkeypatch.setattr(escrow, "Rules", CachedBalance)
    assert escrow.main(["--grid", "rights"]) == 1
    told = capsys.readouterr().out
    assert "WRONG after 1 steps: till A has spent more than its rights: -1" in told
    assert "  1. till A spends 1" in told


def test_the_worlds_are_the_same_from_either_till():
    """A and B differ by nothing but their names: as many states with the top-up at one as at the other."""
    one, other = (search(Scope("", "", Grid(top_ups=top_ups))) for top_ups in ((1, 0), (0, 1)))
    assert (one.states, one.steps) == (other.states, other.steps)
