"""Every interleaving of two tills, head office and a hostile network: `python -m proof.escrow [--grid NAME | --all]`.

Breadth-first, so that the first thing found wrong comes with a shortest story of how it came about. Without a flag the
quick grids run. Hides how a state is written as one number.

A state is till A with all it sent, till B with all it sent, and head office with all it sent. Each of the three is
interned as a small number, and three of them make one integer. What may happen to a part depends on that part and on
what the other side has sent, so the rules are asked once per such pair, not once per state; the answer is kept as the
differences that lead to the next states.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from proof.rules import Rules
from proof.truth import wrong
from proof.world import Grid, Heard, Lease, Office, OfficeWorld, Till, TillWorld, first_office

BITS = 21
"""Of one part of a state."""
MASK = (1 << BITS) - 1
PROGRESS_EVERY = 100_000
"""States between two words about how far it is."""

Part = TypeVar("Part", bound=Hashable)
Steps = tuple[tuple[int, ...], tuple[str, ...]]
"""What each step adds to the number of the state, and what happened."""
Face = tuple[Heard, int, Lease]
"""What head office may come to know of a till: all it sent, how many epochs it began, its lease."""


@dataclass(frozen=True)
class Scope:
    """A grid with a name."""

    name: str
    covers: str
    grid: Grid
    is_quick: bool = True
    limit: int | None = None
    """States after which the search is cut."""


@dataclass(frozen=True)
class Result:
    """What a search found: nothing wrong, or the shortest story that ends in something wrong."""

    scope: Scope
    states: int
    steps: int
    seconds: float
    is_complete: bool
    wrong: str | None = None
    story: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        if self.wrong:
            return f"WRONG after {len(self.story)} steps: {self.wrong}"
        return "complete, no violation" if self.is_complete else "cut at the limit, no violation"


KNOWN = Grid(write_offs=1, leases=True, closes_as_known=True)
SCOPES = (
    Scope("rights", "top-up, spend, grant, recall", Grid(top_ups=(1, 1))),
    Scope("re-grants", "and granting again", Grid(target=2, returns=2)),
    Scope("float", "and the shop's float", Grid(float_minor=1)),
    Scope("reserve", "and open tickets", Grid(target=2, returns=2, reserves=True)),
    Scope("cancel", "and top-ups paid out again", Grid(top_ups=(1, 1), cancels=1)),
    Scope("credit", "and credits at head office, with claims", Grid(later_credits=1, float_minor=1)),
    Scope("hasty", "and a healthy till is given up", Grid(write_offs=1)),
    Scope("known", "and closed with what is known, and back", Grid(credit=0, write_offs=1, closes_as_known=True)),
    Scope("re-grants-both", "top-ups at both tills, re-grants", Grid(top_ups=(1, 1), target=2, returns=2), False),
    Scope("float-both", "top-ups at both tills, float", Grid(top_ups=(1, 1), float_minor=1), False),
    Scope("float-re-grants", "float and re-grants", Grid(target=2, returns=2, float_minor=1), False),
    Scope("write-off", "death, lapse, write-off", Grid(write_offs=1, leases=True), False),
    Scope("write-off-both", "and top-ups at both tills", Grid(top_ups=(1, 1), write_offs=1, leases=True), False),
    Scope(
        "write-off-float",
        "death, lapse, write-off, float, no top-up",
        Grid(top_ups=(0, 0), float_minor=1, write_offs=1, leases=True),
        False,
    ),
    Scope(
        "two-units",
        "two units, re-grants, death, lapse, write-off",
        Grid(credit=2, top_ups=(0, 0), target=2, returns=2, write_offs=1, leases=True),
        False,
    ),
    Scope(
        "two-units-hasty",
        "two units, re-grants, a healthy till is given up",
        Grid(credit=2, top_ups=(0, 0), target=2, returns=2, write_offs=1),
        False,
    ),
    Scope("hasty-twice", "two write-offs of healthy tills", Grid(write_offs=2), False),
    Scope("known-destroyed", "a destroyed till is closed with what is known", KNOWN, False),
    Scope("known-float", "and float, no top-up", replace(KNOWN, top_ups=(0, 0), float_minor=1), False),
    Scope("known-hasty", "a till that was closed with what is known comes back", replace(KNOWN, leases=False), False),
)


class Interned(Generic[Part]):
    """Parts by number, in the order in which they were met."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._numbers: dict[Part, int] = {}

    def number(self, part: Part) -> int:
        found = self._numbers.get(part)
        if found is None:
            found = self._numbers[part] = len(self.parts)
            self.parts.append(part)
            if found > MASK:
                raise OverflowError("the grid has more parts than a state's number has room for")
        return found


class World:
    """The states of a grid under some rules, as numbers; what follows each, and what is wrong in it."""

    def __init__(self, rules: Rules, grid: Grid) -> None:
        self.tills = (Interned[Till](), Interned[Till]())
        self.offices = Interned[Office]()
        self._heard = (Interned[Heard](), Interned[Heard]())
        self._faces = (Interned[Face](), Interned[Face]())
        self._judged = (Interned[Till](), Interned[Till](), Interned[Office]())
        self._till_worlds = (TillWorld(rules, grid, 0), TillWorld(rules, grid, 1))
        self._office_world = OfficeWorld(rules, grid)
        self._till_steps: tuple[dict[int, Steps], dict[int, Steps]] = ({}, {})
        self._office_steps: tuple[dict[int, Steps], dict[int, Steps]] = ({}, {})
        self._credits: dict[int, Steps] = {}
        self._views: tuple[dict[int, int], dict[int, int]] = ({}, {})
        """Of an office's number: the number of what this till has heard of it."""
        self._shown: tuple[dict[int, int], dict[int, int]] = ({}, {})
        """Of a till's number: the number of its face."""
        for tills in self.tills:
            tills.number(Till())
        self.offices.number(first_office(rules, grid))

    def parts(self, state: int) -> tuple[Till, Till, Office]:
        a, b = self.tills
        return a.parts[state & MASK], b.parts[state >> BITS & MASK], self.offices.parts[state >> 2 * BITS]

    def steps(self, state: int) -> tuple[Steps, ...]:
        """Of each till, of head office about each till, and of head office by itself."""
        numbers = (state & MASK, state >> BITS & MASK)
        office = state >> 2 * BITS
        found = []
        for index, number in enumerate(numbers):
            found.append(self._of_till(index, number, office))
            found.append(self._of_office(index, number, office))
        credits = self._credits.get(office)
        if credits is None:
            credits = self._credits[office] = self._to_offices(
                office, list(self._office_world.credits(self.offices.parts[office]))
            )
        found.append(credits)
        return tuple(found)

    def _of_till(self, index: int, number: int, office: int) -> Steps:
        view = self._views[index].get(office)
        if view is None:
            heard = frozenset(message for message in self.offices.parts[office].sent if message.till == index)
            view = self._views[index][office] = self._heard[index].number(heard)
        known = self._till_steps[index].get(number << BITS | view)
        if known is None:
            world, tills = self._till_worlds[index], self.tills[index]
            after = list(world.steps(tills.parts[number], self._heard[index].parts[view]))
            shift = BITS * index
            known = (
                tuple((tills.number(till) - number) << shift for _, till in after),
                tuple(what for what, _ in after),
            )
            self._till_steps[index][number << BITS | view] = known
        return known

    def _of_office(self, index: int, number: int, office: int) -> Steps:
        face = self._shown[index].get(number)
        if face is None:
            till = self.tills[index].parts[number]
            face = self._shown[index][number] = self._faces[index].number((till.sent, till.epoch + 1, till.lease))
        known = self._office_steps[index].get(office << BITS | face)
        if known is None:
            sent, epochs, lease = self._faces[index].parts[face]
            after = list(self._office_world.steps(self.offices.parts[office], index, sent, epochs, lease))
            known = self._office_steps[index][office << BITS | face] = self._to_offices(office, after)
        return known

    def _to_offices(self, office: int, after: list[tuple[str, Office]]) -> Steps:
        return (
            tuple((self.offices.number(next_office) - office) << 2 * BITS for _, next_office in after),
            tuple(what for what, _ in after),
        )


class Judge:
    """Looks at states, at each once: what was sent does not matter, so many states are one to it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._till_numbers: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._office_numbers: dict[int, int] = {}
        self._tills = Interned[Till]()
        self._offices = Interned[Office]()
        self._sound: set[int] = set()

    def wrong(self, state: int) -> str | None:
        a, b, office = state & MASK, state >> BITS & MASK, state >> 2 * BITS
        numbers = self._till_numbers
        if a not in numbers[0]:
            numbers[0][a] = self._tills.number(self._world.tills[0].parts[a]._replace(sent=frozenset()))
        if b not in numbers[1]:
            numbers[1][b] = self._tills.number(self._world.tills[1].parts[b]._replace(sent=frozenset()))
        if office not in self._office_numbers:
            bare = self._world.offices.parts[office]._replace(sent=frozenset())
            self._office_numbers[office] = self._offices.number(bare)
        seen = numbers[0][a] | numbers[1][b] << BITS | self._office_numbers[office] << 2 * BITS
        if seen in self._sound:
            return None
        till_a, till_b, bare = self._world.parts(state)
        why = wrong((till_a, till_b), bare)
        if why is None:
            self._sound.add(seen)
        return why


Progress = Callable[[int, int], None]
"""States met, and steps to the farthest."""


def search(scope: Scope, rules: Rules | None = None, progress: Progress | None = None) -> Result:
    """All that can happen, or the shortest way to something wrong."""
    world = World(rules or Rules(), scope.grid)
    judge = Judge(world)
    began = time.perf_counter()
    came: dict[int, int] = {0: -1}
    steps = depth = 0
    layer = [0]

    def ended(is_complete: bool, why: str | None = None, last: int = -1) -> Result:
        story = _story(world, came, last) if why else ()
        return Result(scope, len(came), steps, time.perf_counter() - began, is_complete, why, story)

    if why := judge.wrong(0):
        return ended(False, why, 0)
    while layer:
        following: list[int] = []
        depth += 1
        for state in layer:
            for differences, _ in world.steps(state):
                steps += len(differences)
                for difference in differences:
                    after = state + difference
                    if after in came:
                        continue
                    came[after] = state
                    following.append(after)
                    if why := judge.wrong(after):
                        return ended(False, why, after)
                    if progress and len(came) % PROGRESS_EVERY == 0:
                        progress(len(came), depth)
            if scope.limit and len(came) >= scope.limit:
                return ended(False)
        layer = following
    return ended(True)


def _story(world: World, came: dict[int, int], last: int) -> tuple[str, ...]:
    """What happened, from the first state to this one."""
    told: list[str] = []
    state = last
    while (before := came[state]) >= 0:
        happened = (
            what
            for differences, names in world.steps(before)
            for difference, what in zip(differences, names, strict=True)
            if before + difference == state
        )
        told.append(next(happened))
        state = before
    return tuple(reversed(told))


# --- the command ------------------------------------------------------------------------------------------------------


def _row(name: str, states: str, steps: str, seconds: str, verdict: str) -> str:
    return f"{name:<18}{states:>12}{steps:>13}{seconds:>9}  {verdict}"


def _numbers(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.escrow", description=__doc__.split("\n\n")[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--grid", choices=[scope.name for scope in SCOPES], help="this one only")
    which.add_argument("--all", action="store_true", help="the long ones too")
    parser.add_argument("--limit", type=int, help="cut every search after so many states")
    options = parser.parse_args(arguments)
    print(_row("grid", "states", "steps", "seconds", "result"))
    bad = 0
    for scope in SCOPES:
        if options.grid not in (None, scope.name) or not (options.grid or options.all or scope.is_quick):
            continue
        scope = replace(scope, limit=options.limit or scope.limit)
        found = search(scope, progress=_progress if sys.stderr.isatty() else None)
        print(
            _row(scope.name, _numbers(found.states), _numbers(found.steps), f"{found.seconds:.1f}", found.verdict),
            flush=True,
        )
        for number, what in enumerate(found.story, 1):
            print(f"    {number:>3}. {what}")
        bad += found.wrong is not None
    return 1 if bad else 0


def _progress(states: int, depth: int) -> None:
    print(f"\r{_numbers(states)} states, {depth} steps deep ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
