"""Two tills, head office and a hostile network, small enough to be looked at whole. Hides who may do what, and when.

Every message ever sent may arrive at any time, any number of times, or never. What is asked is an absolute target:
`need` of a till, `recall` of head office. Each could have been sent before anything else happened, so these two are
not kept as messages: every target up to the grid's limit may arrive at any time, which gives the same set of worlds.
Grants, fences, reports and closing reports say what was true when they were sent, and are kept for ever.

Steps that change nothing are not steps. Nothing here decides about money: the rules are called, `proof.truth` judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import NamedTuple

from appliance.domain.errors import Refusal
from appliance.domain.wallet import Epoch, Pool, Rights
from proof.rules import Rules, TillMove


@dataclass(frozen=True)
class Grid:
    """How large the world is, for one wallet; amounts are in units of 1."""

    credit: int = 1
    """In the pool at the start, credited at head office."""
    later_credits: int = 0
    top_ups: tuple[int, int] = (1, 0)
    """At each till."""
    cancels: int = 0
    """Top-ups paid out again, at each till."""
    target: int = 1
    """The highest total that is granted to an epoch; above one, a till is granted to again."""
    returns: int = 1
    """The highest total that is recalled from an epoch."""
    float_minor: int = 0
    reserves: bool = False
    """Open tickets hold rights back."""
    write_offs: int = 0
    """How many tills are given up in all."""
    leases: bool = False
    """Leases end and tills are destroyed; a till is given up only then. Without it, at any time: the harder case."""
    closes_as_known: bool = False
    """What was given up may be closed with what is known: of a destroyed till, or of any when there are no leases."""


class Lease(IntEnum):
    VALID = 0
    ENDED = 1
    DESTROYED = 2


class Message(NamedTuple):
    """What head office or a till has said. `epoch` is the number of the till's epoch."""

    kind: str  # grant, fence, report, closing
    till: int
    epoch: int
    rights: Rights


Heard = frozenset[Message]


class Till(NamedTuple):
    """A till, and what really happened there: who paid in, who left with goods, whatever the disk says."""

    rights: Rights = Rights()
    kept: Rights = Rights()
    """What its disk says."""
    epoch: int = 0
    lease: Lease = Lease.VALID
    reserved: int = 0
    paid_in: int = 0
    paid_out: int = 0
    claimed: int = 0
    cancelled: int = 0
    ended: tuple[Rights, ...] = ()
    """Of each epoch that a fence has ended."""
    sent: Heard = frozenset()

    @property
    def epochs(self) -> tuple[Rights, ...]:
        return (*self.ended, self.rights)


class Office(NamedTuple):
    """Head office: a `Pool` that can be hashed."""

    numbers: tuple[int, int, int, int, int, int]
    epochs: tuple[tuple[str, Epoch], ...] = ()
    decided: tuple[tuple[str, int, int], ...] = ()
    """Epoch, what was written off of it when a person decided it, and what was known then to be spent."""
    credits: int = 0
    sent: Heard = frozenset()

    @property
    def pool(self) -> Pool:
        return Pool(*self.numbers, epochs=dict(self.epochs))

    def holding(self, pool: Pool, *told: Message) -> Office:
        numbers = (pool.pool_minor, pool.credited_minor, pool.claims_minor)
        return self._replace(
            numbers=(*numbers, pool.covered_minor, pool.suspense_minor, pool.loss_minor),
            epochs=tuple(sorted(pool.epochs.items(), key=lambda pair: pair[0])),
            sent=self.sent.union(told),
        )


TillStep = tuple[str, Till]
OfficeStep = tuple[str, Office]


def letter(till: int) -> str:
    return chr(ord("A") + till)


def epoch_name(till: int, number: int) -> str:
    """A, and after its first fence A2."""
    return f"{letter(till)}{number + 1 if number else ''}"


def first_office(rules: Rules, grid: Grid) -> Office:
    pool = rules.credit_pool(Pool(), grid.credit) if grid.credit else Pool()
    return Office((0, 0, 0, 0, 0, 0)).holding(pool)


# --- a till -----------------------------------------------------------------------------------------------------------


class TillWorld:
    """What one till may do next."""

    def __init__(self, rules: Rules, grid: Grid, index: int) -> None:
        self.rules, self.grid, self.index = rules, grid, index

    def steps(self, till: Till, heard: Heard) -> Iterator[TillStep]:
        """Each thing that may happen to it now. `heard` is all that head office has ever sent to this till."""
        if till.lease is Lease.DESTROYED:
            return
        for what, after in (*self._sells(till), *self._reserves(till), *self._fails(till)):
            if after != till:
                yield f"till {letter(self.index)} {what}", after
        for what, after in (*self._recalls(till), *self._reads(till, heard)):
            if after != till:
                yield f"till {letter(self.index)} {what}", after

    def _sells(self, till: Till) -> Iterator[TillStep]:
        if till.paid_in < self.grid.top_ups[self.index]:
            after = self.moved(till, "top up", lambda: self.rules.top_up(till.rights, 1))
            yield "takes 1 for a top-up", after._replace(paid_in=till.paid_in + 1)
        if till.lease is not Lease.VALID:
            return
        spent = self.moved(till, "debit", lambda: self.rules.debit(till.rights, 1, till.reserved))
        if spent is not till:
            yield "spends 1", spent._replace(paid_out=till.paid_out + 1)
        if spent is not till and till.cancelled < min(self.grid.cancels, till.paid_in):
            yield "pays a top-up of 1 out", spent._replace(paid_out=till.paid_out + 1, cancelled=till.cancelled + 1)
        claimed = self.moved(till, "claim", lambda: self.rules.claim(till.rights, 1))
        if claimed is not till:
            yield "spends 1 of the shop's float", claimed._replace(claimed=till.claimed + 1)

    def _reserves(self, till: Till) -> Iterator[TillStep]:
        if not self.grid.reserves or till.lease is not Lease.VALID:
            return
        if till.rights.free_minor - till.reserved >= 1:
            yield "opens a ticket that reserves 1", till._replace(reserved=till.reserved + 1)
        if till.reserved:
            yield "leaves a ticket of 1", till._replace(reserved=till.reserved - 1)
            paid = self.moved(till, "debit", lambda: self.rules.debit(till.rights, 1, till.reserved - 1))
            if paid is till:
                raise AssertionError("a ticket's reserved rights were refused when it closed")
            yield "closes a ticket of 1", paid._replace(reserved=till.reserved - 1, paid_out=till.paid_out + 1)

    def _fails(self, till: Till) -> Iterator[TillStep]:
        if till.kept != till.rights:
            yield "starts again and reads its disk", till._replace(rights=till.kept)
        if self.grid.leases:
            if till.lease is Lease.VALID:
                yield "has no contact until its lease ends", till._replace(lease=Lease.ENDED)
            yield "is destroyed", till._replace(lease=Lease.DESTROYED)

    def _recalls(self, till: Till) -> Iterator[TillStep]:
        for target in range(1, self.grid.returns + 1):
            back = self.moved(till, "recall", partial(self.rules.recall, till.rights, target, till.reserved))
            yield f"is recalled to {target}, and has returned {back.rights.returned_minor}", back

    def _reads(self, till: Till, heard: Heard) -> Iterator[TillStep]:
        for message in heard:
            if message.epoch != till.epoch:
                continue
            if message.kind == "fence":
                yield "reads the fence, and sends its closing report", self._fenced(till)
            elif message.kind == "grant":
                granted, allowed = message.rights.granted_minor, message.rights.float_minor
                after = self.rules.grant(till.rights, granted, allowed)
                kept = self.rules.kept("grant", till.kept, after)
                what = f"reads the grant of {granted}" + (f" and a float of {allowed}" if allowed else "")
                yield what, till._replace(rights=after, kept=kept)

    def _fenced(self, till: Till) -> Till:
        """An open ticket at the old epoch does not survive it: its rights are in the closing report."""
        closing, fresh = self.rules.fence(till.rights)
        return till._replace(
            rights=fresh,
            kept=self.rules.kept("fence", till.kept, fresh),
            epoch=till.epoch + 1,
            lease=Lease.VALID,
            reserved=0,
            ended=(*till.ended, till.rights),
            sent=till.sent | {Message("closing", self.index, till.epoch, closing)},
        )

    def moved(self, till: Till, move: TillMove, rule: Callable[[], Rights]) -> Till:
        """After a move that the journal carries, and so a report; the same till when the move is refused."""
        try:
            after = rule()
        except Refusal:
            return till
        if after == till.rights:
            return till
        return till._replace(
            rights=after,
            kept=self.rules.kept(move, till.kept, after),
            sent=till.sent | {Message("report", self.index, till.epoch, after)},
        )


# --- head office ------------------------------------------------------------------------------------------------------


class OfficeWorld:
    """What head office may do next."""

    def __init__(self, rules: Rules, grid: Grid) -> None:
        self.rules, self.grid = rules, grid

    def credits(self, office: Office) -> Iterator[OfficeStep]:
        if office.credits < self.grid.later_credits:
            after = office.holding(self.rules.credit_pool(office.pool, 1))
            yield "head office credits 1", after._replace(credits=office.credits + 1)

    def steps(self, office: Office, index: int, heard: Heard, epochs: int, lease: Lease) -> Iterator[OfficeStep]:
        """What it may do about one till that has begun `epochs` epochs, and what it may read of all that it sent."""
        found = [
            step for number in range(epochs) for step in (*self._needs(office, index, number),)
        ]  # a need of an ended epoch may still be under way
        found.extend(self._reads(office, heard))
        found.extend(self._gives_up(office, index, epochs - 1, lease))
        yield from (step for step in found if step[1] != office)

    def _needs(self, office: Office, index: int, number: int) -> Iterator[OfficeStep]:
        name = epoch_name(index, number)
        pool = office.pool
        for target in range(1, self.grid.target + 1):
            after = self.rules.answer_need(pool, name, target, self.grid.float_minor)
            seen = after.epoch(name)
            if seen.is_fenced and after == pool:
                continue
            granted = Rights(granted_minor=seen.seen.granted_minor, float_minor=seen.seen.float_minor)
            what = f"head office reads that {name} needs {target}, and grants {granted.granted_minor}"
            yield what, office.holding(after, Message("grant", index, number, granted))

    def _reads(self, office: Office, heard: Heard) -> Iterator[OfficeStep]:
        for message in heard:
            name = epoch_name(message.till, message.epoch)
            rule = self.rules.report if message.kind == "report" else self.rules.close_epoch
            after = rule(office.pool, name, message.rights)
            what = "report" if message.kind == "report" else "closing report"
            yield f"head office reads the {what} of {name}: {said(message.rights)}", office.holding(after)

    def _gives_up(self, office: Office, index: int, number: int, lease: Lease) -> Iterator[OfficeStep]:
        name = epoch_name(index, number)
        known = office.pool.epoch(name)
        is_lost = lease is not Lease.VALID or not self.grid.leases
        after = self.rules.write_off(office.pool, name)
        if is_lost and after != office.pool and len(office.decided) < self.grid.write_offs:
            lost = after.epoch(name).written_off_minor
            written = office.holding(after, Message("fence", index, number, Rights()))
            yield (
                f"head office gives {name} up, and writes {lost} off",
                written._replace(decided=(*office.decided, (name, lost, known.seen.spent_minor))),
            )
        is_gone = lease is Lease.DESTROYED or not self.grid.leases
        for past in range(number + 1):
            name = epoch_name(index, past)
            after = self.rules.close_as_known(office.pool, name)
            if self.grid.closes_as_known and is_gone:
                yield f"head office closes {name} with what it knows", office.holding(after)


def said(rights: Rights) -> str:
    """G 1 T 1 S 2, without the zeros."""
    letters = zip("GTSBKF", _numbers(rights), strict=True)
    return " ".join(f"{letter} {number}" for letter, number in letters if number) or "nothing"


def _numbers(rights: Rights) -> tuple[int, int, int, int, int, int]:
    return (
        rights.granted_minor,
        rights.topped_up_minor,
        rights.spent_minor,
        rights.returned_minor,
        rights.claims_minor,
        rights.float_minor,
    )
