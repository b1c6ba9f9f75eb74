"""Running totals of a session, and what an X or a Z says.

`Totals` is added to by every sealed document as it is applied; a report is a copy of it, never a sum over tickets, so a
closing takes as long after five thousand tickets as after fifty (feature Z-18). VAT of the day is the sum of the
tickets' VAT, never computed again from the day's total.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from appliance.domain.journal import TicketClosed


class RateTotal(msgspec.Struct):
    gross_minor: int = 0
    vat_minor: int = 0


class Tally(msgspec.Struct):
    """How many, and how much."""

    count: int = 0
    amount_minor: int = 0

    def add(self, amount_minor: int, count: int = 1) -> None:
        self.count += count
        self.amount_minor += amount_minor


class TenderTally(msgspec.Struct):
    name: str
    kind: str
    count: int = 0
    amount_minor: int = 0
    """What the means brought in: for cash, received less change, rounding included."""


class Totals(msgspec.Struct, omit_defaults=True):
    """What happened in one session so far."""

    tickets: int = 0
    turnover_minor: int = 0
    refunds_minor: int = 0
    """Absolute sum of what was reversed, for the second perpetual total."""
    rates: dict[int, RateTotal] = {}
    modes: dict[str, Tally] = {}
    tenders: dict[str, TenderTally] = {}
    sellers: dict[str, Tally] = {}
    rounding_minor: int = 0
    kept_minor: int = 0
    """What vouchers without change were worth above their tickets."""
    discounts: Tally = msgspec.field(default_factory=Tally)
    offers: dict[str, Tally] = {}
    voids: Tally = msgspec.field(default_factory=Tally)
    removed: Tally = msgspec.field(default_factory=Tally)
    corrections: Tally = msgspec.field(default_factory=Tally)
    drawer_openings: int = 0
    """Without a sale."""
    drawer_openings_by: dict[str, int] = {}
    """The same by seller."""
    drawer_forced: int = 0
    """By key or by force, without an order of the till."""
    drawer_left_open: int = 0
    """Openings that lasted until somebody had to be told."""
    copies: int = 0
    """DUPLICATA issued."""
    unsure: Tally = msgspec.field(default_factory=Tally)
    """Card payments to be compared with the terminal's own list ("à vérifier")."""
    float_minor: int = 0
    cash_minor: int = 0
    """What sales put into the drawer."""
    cash_out_minor: int = 0
    """Part of it: coins given back on means other than cash (feature P-04)."""
    first_document: int = 0
    last_document: int = 0

    @property
    def expected_minor(self) -> int:
        """What should lie in the drawer."""
        return self.float_minor + self.cash_minor

    @property
    def collected_minor(self) -> int:
        """All tenders, cash given as change on other means taken off: turnover, cash rounding and what was kept."""
        return sum(tender.amount_minor for tender in self.tenders.values()) - self.cash_out_minor

    def add_ticket(self, closed: TicketClosed, sign: int) -> None:
        """Count a sealed ticket (`sign` 1) or its exact reversal (`sign` -1)."""
        self.tickets += sign
        self.turnover_minor += sign * closed.total_minor
        for row in closed.vat:
            rate = self.rates.get(row.rate_bp)
            if rate is None:
                rate = self.rates[row.rate_bp] = RateTotal()
            rate.gross_minor += sign * row.gross_minor
            rate.vat_minor += sign * row.vat_minor
        _tally(self.modes, closed.mode).add(sign * closed.total_minor, sign)
        _tally(self.sellers, closed.seller).add(sign * closed.total_minor, sign)
        for tender in closed.tenders:
            taken = tender.amount_minor + tender.rounding_minor + tender.kept_minor
            tally = self.tenders.get(tender.mode)
            if tally is None:
                tally = self.tenders[tender.mode] = TenderTally(tender.name, tender.kind)
            tally.count += sign
            tally.amount_minor += sign * taken
            self.rounding_minor += sign * tender.rounding_minor
            self.kept_minor += sign * tender.kept_minor
            if tender.kind == "cash":
                self.cash_minor += sign * taken
            else:
                self.cash_minor -= sign * tender.change_minor
                self.cash_out_minor += sign * tender.change_minor
                tally.amount_minor += sign * tender.change_minor
        self._add_discounts(closed, sign)
        if sign < 0:
            self.refunds_minor += closed.total_minor

    def _add_discounts(self, closed: TicketClosed, sign: int) -> None:
        if closed.full_minor == closed.total_minor:
            return
        for line, amount_minor in zip(closed.lines, closed.amounts, strict=True):
            if line.offered:
                self.offers.setdefault(line.offered, Tally()).add(-sign * line.full_minor, sign)
            elif line.full_minor != amount_minor:
                self.discounts.add(sign * (amount_minor - line.full_minor), sign)
        if closed.discount_minor:
            self.discounts.add(-sign * closed.discount_minor, sign)


def _tally(tallies: dict[str, Tally], key: str) -> Tally:
    found = tallies.get(key)
    if found is None:
        found = tallies[key] = Tally()
    return found


def all_offers(totals: Totals) -> Tally:
    """Offers of every reason together."""
    return sum_up(totals.offers.values())


def sum_up(tallies: Iterable[Tally]) -> Tally:
    result = Tally()
    for tally in tallies:
        result.add(tally.amount_minor, tally.count)
    return result
