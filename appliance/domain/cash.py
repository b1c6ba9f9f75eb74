"""Coins and notes: what a customer is likely to hand over, what to give back, what lies in the drawer."""

from __future__ import annotations

from typing import Final

NOTES: Final = {"CHF": (1000, 2000, 5000, 10_000, 20_000, 100_000), "EUR": (500, 1000, 2000, 5000, 10_000, 20_000)}
"""Notes in minor units, ascending. CHF: Swiss National Bank, ninth series; EUR: without the 500, no longer issued."""
COINS: Final = {"CHF": (5, 10, 20, 50, 100, 200, 500), "EUR": (1, 2, 5, 10, 20, 50, 100, 200)}
COUNTED_NOTES: Final = {"CHF": (20_000, 10_000, 5000, 2000, 1000), "EUR": (20_000, 10_000, 5000, 2000, 1000, 500)}
"""Notes with a row of their own when the drawer is counted, descending."""
BIG_NOTE: Final = {"CHF": 100_000, "EUR": 50_000}
"""The note that rarely lies in a drawer: counted when there is enough money for one."""


def cash_keys(due_minor: int, currency: str) -> tuple[int, ...]:
    """The four one-touch keys for an amount due in cash: exact first, then three likely notes.

    The three smallest distinct values above the due among: the due up to a multiple of 5 and of 10 (in units), and the
    smallest single note above; filled up with the next single notes.

    >>> cash_keys(2105, "CHF"), cash_keys(740, "CHF"), cash_keys(4820, "CHF"), cash_keys(1920, "CHF")
    ((2105, 2500, 3000, 5000), (740, 1000, 2000, 5000), (4820, 5000, 10000, 20000), (1920, 2000, 5000, 10000))
    """
    if due_minor <= 0:
        return ()
    notes = [note for note in NOTES[currency] if note > due_minor]
    likely = {-(-due_minor // step) * step for step in (500, 1000)} | set(notes[:1])
    chosen = sorted(value for value in likely if value > due_minor)[:3]
    for note in notes:
        if len(chosen) == 3:
            break
        if note not in chosen and (not chosen or note > chosen[-1]):
            chosen.append(note)
    return (due_minor, *chosen)


def coins_to_give(change_minor: int, currency: str) -> tuple[tuple[int, int], ...]:
    """Change due as (value, count), greedy, largest first; what is smaller than the smallest coin is not given.

    >>> coins_to_give(895, "CHF")
    ((500, 1), (200, 1), (100, 1), (50, 1), (20, 2), (5, 1))
    """
    given: list[tuple[int, int]] = []
    for value in sorted({*NOTES[currency], *COINS[currency]}, reverse=True):
        count, change_minor = divmod(change_minor, value)
        if count:
            given.append((value, count))
    return tuple(given)


def count_total(counts: dict[int, int]) -> int:
    """Sum of counted coins and notes: {2000: 3, 5: 5} is 60.25."""
    return sum(value * count for value, count in counts.items())
