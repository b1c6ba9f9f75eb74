"""How much of a row is run: `make bench` measures, `--quick` only shows that the row works."""

from __future__ import annotations

from dataclasses import dataclass

TICKETS = 1_000_000
PRODUCTS = 100_000


@dataclass(frozen=True)
class Plan:
    """Rounds and sizes."""

    rounds: int = 7
    tickets: int = TICKETS
    products: int = PRODUCTS
    is_quick: bool = False

    def count(self, full: int) -> int:
        """How often to do something: `full` times, or a tenth of it when quick."""
        return max(3, full // 10) if self.is_quick else full


QUICK = Plan(rounds=2, tickets=2_000, products=2_000, is_quick=True)
