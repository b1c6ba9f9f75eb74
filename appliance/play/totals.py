"""What a played day came to: per session as its Z says it, and summed up. Amounts are minor units of the currency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from appliance.domain.closing import Totals, WalletTotals, sum_up
from appliance.domain.journal import SessionClosed
from appliance.domain.state import TillState


class Counted(msgspec.Struct):
    count: int
    amount_minor: int


class RateSums(msgspec.Struct):
    gross_minor: int
    net_minor: int
    vat_minor: int


class TenderSums(msgspec.Struct):
    name: str
    kind: str
    count: int
    amount_minor: int


class WalletSums(msgspec.Struct):
    """What wallets did, none of it turnover: money in, money out, and what it came to."""

    credited: Counted
    gifted: Counted
    cancelled: Counted
    refunded: Counted
    spent: Counted
    adjusted: Counted
    taken_back_minor: int
    """Given credit that went with a cancellation or a refund."""
    cash_minor: int
    """Put in the drawer less what was paid out of it."""
    movement_minor: int
    """By how much all balances together changed."""


class DrawerBook(msgspec.Struct):
    """The drawer, line by line; what was counted is None while the session is open."""

    float_minor: int
    cash_sales_minor: int
    wallet_cash_minor: int
    expected_minor: int
    counted_minor: int | None = None
    difference_minor: int | None = None
    leave_minor: int | None = None
    safe_minor: int | None = None


class Sums(msgspec.Struct):
    """The figures of one session, or of several together."""

    tickets: int
    turnover_minor: int
    rates: dict[str, RateSums]
    """By rate in percent, such as "2.6"."""
    tenders: dict[str, TenderSums]
    sellers: dict[str, Counted]
    modes: dict[str, Counted]
    rounding_minor: int
    collected_minor: int
    discounts: Counted
    offers: dict[str, Counted]
    voids: Counted
    corrections: Counted
    removed: Counted
    drawer_openings: int
    """Without a sale."""
    copies: int
    wallets: WalletSums


class SessionSums(Sums, kw_only=True):
    session: int
    service: int
    business_date: str
    is_closed: bool
    drawer: DrawerBook


class Refused(msgspec.Struct):
    line: int
    code: str
    is_expected: bool = False


class JournalCheck(msgspec.Struct):
    entries: int
    verified: bool
    """The chain holds from its first entry."""
    rebuilt: bool
    """The state rebuilt from the first entry is the state the till has."""
    broken_at: int = 0


class DayTotals(Sums, kw_only=True):
    session: int
    """Number of the last session of the day."""
    business_date: str
    currency: str
    sessions: tuple[SessionSums, ...]
    drawer: DrawerBook | None
    """Of the last session."""
    drawer_pulses: int
    receipts: int
    reports: int
    held: Counted
    """Notes that wait when the day ends."""
    acts: int
    kills: int
    refused: tuple[Refused, ...]
    journal: JournalCheck
    liability_minor: int
    """What the shop owes on all wallets together when the day ends."""
    perpetual_minor: int
    perpetual_absolute_minor: int


def rate_name(rate_bp: int) -> str:
    """260 as "2.6", 810 as "8.1", 0 as "0"."""
    return f"{rate_bp // 100}.{rate_bp % 100:02d}".rstrip("0").rstrip(".")


def sums(parts: Iterable[Totals]) -> dict[str, Any]:
    """The fields of `Sums` for these sessions together."""
    parts = tuple(parts)
    return {
        "tickets": sum(part.tickets for part in parts),
        "turnover_minor": sum(part.turnover_minor for part in parts),
        "rates": _rates(parts),
        "tenders": _tenders(parts),
        "sellers": _counted([part.sellers for part in parts]),
        "modes": _counted([part.modes for part in parts]),
        "rounding_minor": sum(part.rounding_minor for part in parts),
        "collected_minor": sum(part.collected_minor for part in parts),
        "discounts": _count(part.discounts for part in parts),
        "offers": _counted([part.offers for part in parts]),
        "voids": _count(part.voids for part in parts),
        "corrections": _count(part.corrections for part in parts),
        "removed": _count(part.removed for part in parts),
        "drawer_openings": sum(part.drawer_openings for part in parts),
        "copies": sum(part.copies for part in parts),
        "wallets": _wallets(tuple(part.wallets for part in parts)),
    }


def _wallets(parts: tuple[WalletTotals, ...]) -> WalletSums:
    return WalletSums(
        credited=_count(part.credited for part in parts),
        gifted=_count(part.gifted for part in parts),
        cancelled=_count(part.cancelled for part in parts),
        refunded=_count(part.refunded for part in parts),
        spent=_count(part.spent for part in parts),
        adjusted=_count(part.adjusted for part in parts),
        taken_back_minor=sum(part.taken_back_minor for part in parts),
        cash_minor=sum(part.cash_minor for part in parts),
        movement_minor=sum(part.movement_minor for part in parts),
    )


def _rates(parts: tuple[Totals, ...]) -> dict[str, RateSums]:
    found: dict[int, RateSums] = {}
    for part in parts:
        for rate_bp, total in part.rates.items():
            row = found.setdefault(rate_bp, RateSums(0, 0, 0))
            row.gross_minor += total.gross_minor
            row.vat_minor += total.vat_minor
            row.net_minor += total.gross_minor - total.vat_minor
    return {rate_name(rate_bp): found[rate_bp] for rate_bp in sorted(found)}


def _tenders(parts: tuple[Totals, ...]) -> dict[str, TenderSums]:
    found: dict[str, TenderSums] = {}
    for part in parts:
        for tender, tally in part.tenders.items():
            row = found.setdefault(tender, TenderSums(tally.name, tally.kind, 0, 0))
            row.count += tally.count
            row.amount_minor += tally.amount_minor
    return found


def _counted(tables: list[dict[str, Any]]) -> dict[str, Counted]:
    keys = dict.fromkeys(key for table in tables for key in table)
    return {key: _count(table[key] for table in tables if key in table) for key in keys}


def _count(tallies: Iterable[Any]) -> Counted:
    total = sum_up(tallies)
    return Counted(total.count, total.amount_minor)


def closed_session(z: SessionClosed, service: int) -> SessionSums:
    """A session as its Z sealed it."""
    drawer = DrawerBook(
        z.totals.float_minor, z.totals.cash_minor, z.totals.wallets.cash_minor, z.expected_minor,
        z.counted_minor, z.counted_minor - z.expected_minor, z.leave_minor, z.counted_minor - z.leave_minor,
    )  # fmt: skip
    return SessionSums(
        **sums([z.totals]),
        session=z.session,
        service=service,
        business_date=z.business_date,
        is_closed=True,
        drawer=drawer,
    )


def open_session(state: TillState) -> SessionSums:
    """The session that is still open."""
    session = state.session
    assert session is not None
    totals = session.totals
    return SessionSums(
        **sums([totals]),
        session=session.number,
        service=session.service,
        business_date=session.business_date,
        is_closed=False,
        drawer=DrawerBook(totals.float_minor, totals.cash_minor, totals.wallets.cash_minor, totals.expected_minor),
    )
