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
    from appliance.domain.ticket import Tender
    from appliance.domain.wallet import Purse


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


class WalletTotals(msgspec.Struct, omit_defaults=True):
    """Wallets in one session: never turnover, never tax; their cash lies in the drawer all the same."""

    credited: Tally = msgspec.field(default_factory=Tally)
    """Paid in."""
    gifted: Tally = msgspec.field(default_factory=Tally)
    """Given on top of credits."""
    cancelled: Tally = msgspec.field(default_factory=Tally)
    """Credits given back: positive amounts, given credit not counted."""
    refunded: Tally = msgspec.field(default_factory=Tally)
    """Balances paid out."""
    spent: Tally = msgspec.field(default_factory=Tally)
    """Tenders on sales, both parts."""
    taken_back_minor: int = 0
    """Given credit that went with a cancellation or a refund."""
    tenders: dict[str, TenderTally] = {}
    """How credits were paid."""
    out: dict[str, TenderTally] = {}
    """How they were given back: negative amounts."""
    adjusted: Tally = msgspec.field(default_factory=Tally)
    """Corrections by right, plus and minus; also those made between the closing before and the opening."""
    cash_in_minor: int = 0
    cash_out_minor: int = 0
    """Positive."""
    rounding_minor: int = 0
    """Of coins, on what was paid out in cash."""

    @property
    def cash_minor(self) -> int:
        return self.cash_in_minor - self.cash_out_minor

    @property
    def movement_minor(self) -> int:
        """By how much all balances together changed."""
        more = self.credited.amount_minor + self.gifted.amount_minor + self.adjusted.amount_minor
        less = self.cancelled.amount_minor + self.refunded.amount_minor + self.spent.amount_minor
        return more - less - self.taken_back_minor

    def credit(self, part: Purse, tenders: tuple[Tender, ...]) -> None:
        self.credited.add(part.paid_minor)
        if part.gifted_minor:
            self.gifted.add(part.gifted_minor)
        self.cash_in_minor += self._count(self.tenders, tenders)

    def cancel(self, part: Purse, tenders: tuple[Tender, ...]) -> None:
        self._pay_out(self.cancelled, part, tenders)

    def refund(self, part: Purse, tenders: tuple[Tender, ...]) -> None:
        self._pay_out(self.refunded, part, tenders)

    def _pay_out(self, tally: Tally, part: Purse, tenders: tuple[Tender, ...]) -> None:
        tally.add(part.paid_minor)
        self.taken_back_minor += part.gifted_minor
        self.cash_out_minor -= self._count(self.out, tenders)

    def _count(self, tallies: dict[str, TenderTally], tenders: tuple[Tender, ...]) -> int:
        """Tally the tenders; the cash that they moved."""
        cash = 0
        for tender in tenders:
            moved = tender.amount_minor + tender.rounding_minor
            tally = tallies.get(tender.mode)
            if tally is None:
                tally = tallies[tender.mode] = TenderTally(tender.name, tender.kind)
            tally.count += 1
            tally.amount_minor += moved
            self.rounding_minor += tender.rounding_minor
            if tender.kind == "cash":
                cash += moved
            else:  # coins given back on a cheque or a voucher
                cash -= tender.change_minor
        return cash


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
    by_hand: Tally = msgspec.field(default_factory=Tally)
    """Card payments that were typed into a terminal that did not answer the till."""
    float_minor: int = 0
    cash_minor: int = 0
    """What sales put into the drawer."""
    cash_out_minor: int = 0
    """Part of it: coins given back on means other than cash (feature P-04)."""
    first_document: int = 0
    last_document: int = 0
    wallets: WalletTotals = msgspec.field(default_factory=WalletTotals)

    @property
    def expected_minor(self) -> int:
        """What should lie in the drawer."""
        return self.float_minor + self.cash_minor + self.wallets.cash_minor

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
            if tender.wallet:
                self.wallets.spent.add(sign * tender.amount_minor, sign)
            if tender.by_hand:
                self.by_hand.add(sign * taken, sign)
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

    def move_rest(self, tenders: tuple[Tender, ...]) -> None:
        """A voucher's rest goes from the shop to a wallet, or back again."""
        for tender in tenders:
            if tender.kept_minor:
                self.kept_minor += tender.kept_minor
                self.tenders[tender.mode].amount_minor += tender.kept_minor

    def _add_discounts(self, closed: TicketClosed, sign: int) -> None:
        if closed.full_minor == closed.total_minor:
            return
        for line, amount_minor in zip(closed.lines, closed.amounts, strict=True):
            if line.offered:
                self.offers.setdefault(line.offered, Tally()).add(-sign * line.full_minor, sign)
            elif line.full_minor != amount_minor:
                self.discounts.add(sign * (amount_minor - line.full_minor), sign)
        if closed.group_minor:
            self.discounts.add(-sign * closed.group_minor, sign)
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


def wallet_rows(wallets: WalletTotals) -> list[tuple[str, int, int]]:
    """(code, count, amount) of what wallets did in a session, for X and Z; their sum is the last row, `balance`.

    The means of the credits have no count: a credit may be paid by several.
    """
    paid = wallets.credited
    rows = [("credited", paid.count, paid.amount_minor)]
    kinds: dict[str, int] = {}
    for tally in wallets.tenders.values():
        kind = tally.kind if tally.kind in ("cash", "card") else "other"
        kinds[kind] = kinds.get(kind, 0) + tally.amount_minor
    rows += [(f"credited_{kind}", 0, minor) for kind, minor in kinds.items()]
    for code, tally_, sign in (
        ("gifted", wallets.gifted, 1),
        ("cancelled", wallets.cancelled, -1),
        ("refunded", wallets.refunded, -1),
    ):
        if tally_.count or code == "cancelled":
            rows.append((code, tally_.count, sign * tally_.amount_minor))
    if wallets.taken_back_minor:
        rows.append(("taken_back", 0, -wallets.taken_back_minor))
    rows.append(("used", wallets.spent.count, -wallets.spent.amount_minor))
    if wallets.adjusted.count:
        rows.append(("adjusted", wallets.adjusted.count, wallets.adjusted.amount_minor))
    rows.append(("balance", 0, wallets.movement_minor))
    return rows
