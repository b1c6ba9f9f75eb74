"""Rounds, medians and ratios. Hides the order in which variants take turns.

A variant is a function that does one block of work and returns how long each operation took, in nanoseconds. Within a
round every variant runs its blocks in turn with the others; the order turns round from block to block, so that none
always runs first on a cold cache or right after a busy neighbour.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median

Block = Callable[[], Sequence[int]]
"""One block of work; nanoseconds of each operation."""

now_ns = time.perf_counter_ns


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed (nearest rank). ValueError when there are none."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered) - 1e-9) - 1)]


@dataclass
class Series:
    """What one variant took, round by round, in nanoseconds."""

    rounds: list[list[int]] = field(default_factory=list)

    def p50s(self) -> list[float]:
        return [median(block) for block in self.rounds]

    def p99s(self) -> list[float]:
        return [percentile(block, 0.99) for block in self.rounds]

    @property
    def p50(self) -> float:
        """Median over rounds of each round's median."""
        return median(self.p50s())

    @property
    def p99(self) -> float:
        """Median over rounds of each round's 99th percentile."""
        return median(self.p99s())

    def ratio(self, limit: Series) -> float:
        """Median over rounds of p50 against the limit's p50 of the same round."""
        return median(mine / its for mine, its in zip(self.p50s(), limit.p50s(), strict=True))

    def p99_ratio(self, limit: Series) -> float:
        """The same for the 99th percentile."""
        return median(mine / its for mine, its in zip(self.p99s(), limit.p99s(), strict=True))


def in_turn(variants: dict[str, Block], rounds: int, blocks: int = 1) -> dict[str, Series]:
    """Run every variant `blocks` times a round, in turn. One block of each is run before, unmeasured, to warm up."""
    found = {name: Series() for name in variants}
    order = list(variants)
    for name in order:
        variants[name]()
    for _ in range(rounds):
        gc.collect()
        taken: dict[str, list[int]] = {name: [] for name in order}
        for _ in range(blocks):
            for name in order:
                taken[name] += variants[name]()
            order.reverse()
        for name, series in found.items():
            series.rounds.append(taken[name])
    return found


def timed(work: Callable[[], object], count: int = 1) -> list[int]:
    """Nanoseconds of `count` calls, each measured on its own."""
    taken = []
    for _ in range(count):
        began = now_ns()
        work()
        taken.append(now_ns() - began)
    return taken
