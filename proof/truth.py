"""What must be true in every state of a world: of the books, and of what really happened. Hides nothing.

The books are head office's `Pool` and the tills' `Rights`. What really happened is what customers paid in and what they
left with, which no broken disk can change. In a sound world both say the same:

    credited + paid in + suspense + loss
        = paid out + covered + pool + what each open epoch holds + what nobody will ever know

An epoch holds `granted - returned` as head office knows it and `topped up - spent` as the till knows it: what is under
way in either direction is still somewhere. Once an epoch is closed it holds nothing. *What nobody will ever know* is
nought, except of an epoch that is closed with what was known: late top-ups less late spending. When its till comes
back after all, that is nought again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from appliance.domain.wallet import Pool, Rights
from proof.world import Office, Till, epoch_name, letter


def wrong(tills: Sequence[Till], office: Office) -> str | None:
    """The first thing that is not true, as a sentence; None in a sound state."""
    pool = office.pool
    found = chain(_signs(tills, pool), _bounds(tills, office, pool), _sums(tills, office, pool))
    return next(found, None)


def _signs(tills: Sequence[Till], pool: Pool) -> Iterator[str]:
    if min(pool.pool_minor, pool.claims_minor, pool.suspense_minor, pool.loss_minor, pool.covered_minor) < 0:
        yield f"a number at head office is below zero: pool {pool.pool_minor}, suspense {pool.suspense_minor}"
    for index, till in enumerate(tills):
        if till.rights.free_minor < 0:
            yield f"till {letter(index)} has spent more than its rights: {till.rights.free_minor}"
        if till.reserved > till.rights.free_minor:
            yield f"till {letter(index)} no longer has the {till.reserved} that its open tickets reserved"
        if till.rights.claims_minor > till.rights.float_minor:
            yield f"till {letter(index)} has claimed more than its float"


def _bounds(tills: Sequence[Till], office: Office, pool: Pool) -> Iterator[str]:
    written = late = given_up = 0
    spent = {name: rights.spent_minor for name, rights in each_epoch(tills)}
    for name, amount, known_spent in office.decided:
        is_closed = pool.epoch(name).is_closed
        if is_closed:
            written += amount
            late += spent[name] - known_spent
        else:
            given_up += amount
    if pool.loss_minor > written:
        yield f"the loss of {pool.loss_minor} is more than the {written} that was written off"
    if pool.loss_minor > late:
        yield f"the loss of {pool.loss_minor} is more than the {late} that was spent unknown to head office"
    gone = sum(till.paid_out for till in tills) + pool.covered_minor
    there = pool.credited_minor + sum(till.paid_in for till in tills)
    if gone > there + pool.loss_minor + given_up:
        yield f"overdrawn: {gone} went out of a wallet that was given {there}"


def _sums(tills: Sequence[Till], office: Office, pool: Pool) -> Iterator[str]:
    held = unknown = claims_seen = 0
    for name, rights in each_epoch(tills):
        epoch = pool.epoch(name)
        seen = epoch.seen
        claims_seen += seen.claims_minor
        late = rights.topped_up_minor - seen.topped_up_minor - rights.spent_minor + seen.spent_minor
        if not epoch.is_closed and epoch.is_closed_as_known:
            unknown += late
        elif not epoch.is_closed:
            held += seen.granted_minor - seen.returned_minor + rights.topped_up_minor - rights.spent_minor
        elif late or rights.claims_minor != seen.claims_minor:
            yield f"epoch {name} was closed, and not all of it was netted"
    given = pool.credited_minor + sum(till.paid_in for till in tills) + pool.suspense_minor + pool.loss_minor
    found = sum(till.paid_out for till in tills) + pool.covered_minor + pool.pool_minor + held + unknown
    if given != found:
        yield f"value is not conserved: {given} was given and {found} is accounted for"
    if claims_seen != pool.claims_minor + pool.covered_minor:
        yield f"claims are not conserved: {claims_seen} were seen"


def each_epoch(tills: Sequence[Till]) -> Iterator[tuple[str, Rights]]:
    """Each epoch's name and what its till knows of it."""
    for index, till in enumerate(tills):
        for number, rights in enumerate(till.epochs):
            yield epoch_name(index, number), rights
