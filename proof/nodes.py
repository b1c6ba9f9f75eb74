"""What stands in a simulated shop: tills and head office, with memory and disk apart. Hides nothing, decides nothing.

`proof.fleet` moves them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from appliance.domain.wallet import Pool, Rights
from proof.rules import Rules, TillMove
from proof.world import Office, Till

LEASE_MS = 600_000
"""How long a till may spend rights after the last contact."""


class Step(NamedTuple):
    """One operation: what, at which till, on which wallet, how much, and how long after the one before."""

    kind: str
    till: int
    wallet: int
    amount: int
    wait_ms: int


class Mail(NamedTuple):
    kind: str
    till: int
    epoch: int
    wallet: int
    number: int = 0
    rights: Rights = Rights()


@dataclass(frozen=True)
class Plan:
    """The size of a life."""

    tills: int = 5
    wallets: int = 3
    credit: int = 5_000
    float_minor: int = 2_000
    loss_percent: int = 10
    repeat_percent: int = 10
    check_every: int = 1


@dataclass
class TillNode:
    """A till: what it thinks, what is committed, what its disk would say, and what happened at its counter."""

    index: int
    wallets: int
    epoch: int = 0
    boot: int = 0
    is_on: bool = True
    is_cut: bool = False
    is_destroyed: bool = False
    is_committing: bool = False
    is_failing: bool = False
    """The power fails before the next commit."""
    lease_until: int = LEASE_MS
    rights: list[Rights] = field(default_factory=list)
    committed: list[Rights] = field(default_factory=list)
    disk: list[Rights] = field(default_factory=list)
    dirty: list[tuple[TillMove, int, Rights]] = field(default_factory=list)
    reserved: list[int] = field(default_factory=list)
    ended: list[tuple[Rights, ...]] = field(default_factory=list)
    closings: list[Mail] = field(default_factory=list)
    paid_in: list[int] = field(default_factory=list)
    paid_out: list[int] = field(default_factory=list)
    claimed: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rights, self.committed, self.disk = ([Rights()] * self.wallets for _ in range(3))
        self.reserved, self.paid_in, self.paid_out, self.claimed = ([0] * self.wallets for _ in range(4))
        self.ended = [()] * self.wallets

    def seen(self, wallet: int) -> Till:
        """As the truth looks at it."""
        return Till(
            rights=self.committed[wallet],
            paid_in=self.paid_in[wallet],
            paid_out=self.paid_out[wallet],
            claimed=self.claimed[wallet],
            ended=self.ended[wallet],
        )


@dataclass
class OfficeNode:
    """Head office: pools in memory and on its disk, and what leaves after the commit."""

    pools: list[Pool]
    disk: list[Pool]
    epochs: list[int]
    leases: list[int]
    decided: list[list[tuple[str, int, int]]]
    wanted: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)
    """Targets that the pool could not meet yet and until when somebody waits, by till, epoch and wallet."""
    leaving: list[Mail] = field(default_factory=list)
    boot: int = 0
    is_committing: bool = False
    is_failing: bool = False
    """The power fails before the next commit."""

    @classmethod
    def of(cls, plan: Plan, rules: Rules) -> OfficeNode:
        pools = [rules.credit_pool(Pool(), plan.credit) for _ in range(plan.wallets)]
        decided: list[list[tuple[str, int, int]]] = [[] for _ in pools]
        return cls(pools, list(pools), [0] * plan.tills, [LEASE_MS] * plan.tills, decided)

    def seen(self, wallet: int) -> Office:
        """As the truth looks at it."""
        bare = Office((0, 0, 0, 0, 0, 0), decided=tuple(self.decided[wallet]))
        return bare.holding(self.pools[wallet])
