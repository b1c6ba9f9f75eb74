"""A customer's wallet as this till keeps it: what is in it, and which credits can still be cancelled.

Hides how spending uses up credits (the oldest first) and how spending that is taken back restores them (what was used
last comes back first). What is left on credits is, in each part, never more than what is in the purse and what ever
went back to head office together: money that goes back uses no credit up, since it may come again. So a credit can be
cancelled for what is left on it, and for no more than is in the purse (`crediting.cancellable_minor`).
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from appliance.domain.ticket import Tender
from appliance.domain.wallet import Holding, Purse


class Credit(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One top-up, while something of it can be cancelled or its session lasts."""

    document: int
    at: str
    part: Purse
    """What was credited."""
    left: Purse
    """Neither spent nor cancelled."""
    tenders: tuple[Tender, ...] = ()
    given_back: tuple[int, ...] = ()
    """How much of each tender was given back."""
    cancelled: Purse = Purse()
    change_of: int = 0
    day: str = ""
    """Business date."""

    def cancel(self, part: Purse, tenders: tuple[Tender, ...]) -> Credit:
        """After a part was given back by these tenders, whose amounts are negative."""
        back = {tender.id: tender.amount_minor for tender in tenders}
        rows = zip(self.tenders, self.given_back, strict=True)
        given = tuple(before - back.get(tender.id, 0) for tender, before in rows)
        taken = Purse(part.paid_minor, min(part.gifted_minor, self.left.gifted_minor))
        return replace(self, left=self.left - taken, cancelled=self.cancelled + taken, given_back=given)

    def left_of(self, tender: int) -> int:
        """How much of what this tender paid was not given back."""
        rows = zip(self.tenders, self.given_back, strict=True)
        return next((row.amount_minor - back for row, back in rows if row.id == tender), 0)

    def undone(self) -> list[str]:
        """Card requests of which all was given back."""
        rows = zip(self.tenders, self.given_back, strict=True)
        return [row.request for row, back in rows if row.request and row.amount_minor == back]

    @property
    def used(self) -> Purse:
        """Spent, in one way or another."""
        return self.part - self.left - self.cancelled


class Wallet(msgspec.Struct):
    """One wallet that ever moved at this till. Changed by `domain.state` alone."""

    holding: Holding = Holding()
    currency: str = ""
    credits: list[Credit] = []
    """Oldest first."""
    blocked: str = ""
    """Why nothing may be spent or credited; "" when it may."""
    day: str = ""
    """Business date of the three sums that follow."""
    credited_minor: int = 0
    """Paid in on that day, cancellations taken off."""
    credited_cash_minor: int = 0
    """The same, by means of cash."""
    spent_minor: int = 0
    gifted_granted_minor: int = 0
    """Part of what head office ever granted here that was given, not paid."""

    @property
    def purse(self) -> Purse:
        return self.holding.purse

    @property
    def balance_minor(self) -> int:
        return self.holding.balance_minor

    def credit(self, document: int) -> Credit | None:
        return next((row for row in self.credits if row.document == document), None)

    def on(self, day: str) -> tuple[int, int, int]:
        """(credited, credited in cash, spent) on a business date."""
        return (self.credited_minor, self.credited_cash_minor, self.spent_minor) if day == self.day else (0, 0, 0)

    def turn_to(self, day: str) -> None:
        """The sums of the day begin again on another day."""
        if day != self.day:
            self.day, self.credited_minor, self.credited_cash_minor, self.spent_minor = day, 0, 0, 0

    def use_up(self, part: Purse) -> None:
        """Spending uses the oldest credits first."""
        for n, row in enumerate(self.credits):
            if not part.total_minor:
                return
            taken = Purse(min(part.paid_minor, row.left.paid_minor), min(part.gifted_minor, row.left.gifted_minor))
            if taken.total_minor:
                part = part - taken
                self.credits[n] = replace(row, left=row.left - taken)

    def restore(self, part: Purse) -> None:
        """Spending that is taken back restores the newest first."""
        for n in range(len(self.credits) - 1, -1, -1):
            row = self.credits[n]
            if not part.total_minor:
                return
            back = Purse(min(part.paid_minor, row.used.paid_minor), min(part.gifted_minor, row.used.gifted_minor))
            if back.total_minor:
                part = part - back
                self.credits[n] = replace(row, left=row.left + back)

    def forget_used(self) -> None:
        """Credits of whose paid part nothing is left, at the end of a session: what a sale gives back to the wallet
        later restores others, or is in the purse alone, where no cancellation finds it."""
        self.credits = [row for row in self.credits if row.left.paid_minor]


def in_cash(tenders: tuple[Tender, ...]) -> int:
    """What these put into the drawer, or took out of it when negative, the rounding of coins included."""
    return sum(tender.amount_minor + tender.rounding_minor for tender in tenders if tender.kind == "cash")
