"""What an entry of a till's journal means for head office's tables; pure: entries in, rows out.

An entry that cannot be read, or whose wallets cannot be, raises `Unreadable`: it is kept as it came, set aside
and acknowledged, and nothing behind it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from appliance.domain import journal as j
from appliance.domain.journal import KINDS, Entry
from appliance.domain.movement import movements
from appliance.domain.wallet import Holding, Rights

TABLES: Final = ("session", "document", "line", "vat", "tender", "movement", "closing")
MINOR_MAX: Final = 2**53
_ZERO: Final = b"\\u0000"

Row = tuple[Any, ...]


class Unreadable(Exception):
    """An entry that nobody can make sense of. `code`: `unknown_kind`, `body`, `text`, `number`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail[:300]


class Image(msgspec.Struct, frozen=True):
    """A wallet at the till after an entry."""

    wallet: str
    holding: Holding


class Projected(msgspec.Struct, frozen=True):
    """What one entry adds."""

    rows: tuple[tuple[str, Row], ...] = ()
    """Table and row, its first two columns (journal and entry) included."""
    images: tuple[Image, ...] = ()
    blocked: tuple[tuple[str, str], ...] = ()
    """Wallets and why they are blocked from here on, "" for not any more."""
    fenced: dict[str, Holding] | None = None
    """The closing report of an epoch."""


NOTHING: Final = Projected()


def project(journal: int, entry: Entry) -> Projected:
    """Raises Unreadable."""
    for text in (entry.kind, entry.at, entry.actor, entry.origin):
        if "\0" in text:
            raise Unreadable("text", "a zero in a column")
    if entry.kind not in KINDS:
        raise Unreadable("unknown_kind", entry.kind)
    make = _PROJECT.get(entry.kind)
    if make is None:
        _read(entry)
        return NOTHING
    fact = _read(entry)
    rows = tuple(make(fact, journal, entry))
    if _ZERO in entry.body and any("\0" in value for _, row in rows for value in row if isinstance(value, str)):
        raise Unreadable("text", "a zero in a text")
    found, fenced = tuple(images(fact)), _fenced(fact)
    for holding in (*(image.holding for image in found), *(fenced or {}).values()):
        _check(holding)
    return Projected(rows, found, tuple(_blocked(fact)), fenced)


def _read(entry: Entry) -> Any:
    try:
        fact = entry.fact
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("body", str(error)) from error
    if type(fact).__name__ != entry.kind:
        raise Unreadable("body", f"says it is {type(fact).__name__}")
    return fact


def _check(holding: Holding) -> None:
    """Numbers that add up: a row that no table takes is found by the database, a wallet's must not get so far."""
    rights: Rights = holding.rights
    for number in (*msgspec.structs.astuple(rights), *msgspec.structs.astuple(holding.purse)):
        if not -MINOR_MAX <= number <= MINOR_MAX:
            raise Unreadable("number", str(number))


def images(fact: Any) -> Iterator[Image]:
    """Every wallet that a fact shows as it stood after it."""
    if isinstance(fact, j.TicketClosed):
        if fact.wallet is not None:
            yield Image(fact.customer, fact.wallet)
    elif isinstance(fact, j.SettlementReversed):
        if fact.wallet is not None:
            yield Image(fact.of.customer, fact.wallet)
    elif isinstance(fact, j.WalletTransferred):
        yield Image(fact.source, fact.source_after)
        yield Image(fact.target, fact.target_after)
    else:
        after, wallet = getattr(fact, "after", None), getattr(fact, "customer", None)
        if isinstance(after, Holding) and isinstance(wallet, str):
            yield Image(wallet, after)


def _blocked(fact: Any) -> Iterator[tuple[str, str]]:
    if isinstance(fact, j.WalletBlocked):
        yield fact.customer, fact.reason or "blocked"
    elif isinstance(fact, j.WalletUnblocked):
        yield fact.customer, ""


def _fenced(fact: Any) -> dict[str, Holding] | None:
    return dict(fact.wallets) if isinstance(fact, j.WalletsFenced) else None


Made = Iterator[tuple[str, Row]]


def _nothing(fact: Any, journal: int, entry: Entry) -> Made:
    return iter(())


def _opened(fact: j.SessionOpened, journal: int, entry: Entry) -> Made:
    yield "session", (journal, fact.session, fact.business_date, entry.at, fact.float_minor)


def _closed(fact: j.SessionClosed, journal: int, entry: Entry) -> Made:
    yield "closing", (
        journal, entry.seq, fact.number, fact.session, fact.business_date, entry.at, fact.expected_minor,
        fact.counted_minor, fact.perpetual_minor,
    )  # fmt: skip


def _sale(fact: j.TicketClosed, journal: int, entry: Entry) -> Made:
    yield from _sold(fact, journal, entry, 1, fact.document, 0, "sale")
    yield from _moved(fact, journal, entry)


def _reversal(fact: j.SettlementReversed, journal: int, entry: Entry) -> Made:
    yield from _sold(fact.of, journal, entry, -1, fact.document, fact.of.document, "reversal")
    yield from _moved(fact, journal, entry)


def _sold(of: j.TicketClosed, journal: int, entry: Entry, sign: int, number: int, back: int, kind: str) -> Made:
    seq = entry.seq
    yield "document", (
        journal, seq, number, kind, entry.at, of.session, of.ticket, back or of.corrects, of.mode, of.seller,
        of.customer, sign * of.full_minor, sign * of.total_minor, sign * of.discount_minor, sign * of.group_minor,
        sign * of.rounding_minor,
    )  # fmt: skip
    for at, (line, amount) in enumerate(zip(of.lines, of.amounts, strict=False), 1):
        yield "line", (
            journal, seq, at, line.product or 0, line.name, sign * line.quantity_milli, line.unit_price_minor,
            line.rate_bp, sign * amount,
        )  # fmt: skip
    for at, row in enumerate(of.vat, 1):
        yield "vat", (journal, seq, at, row.rate_bp, sign * row.gross_minor, sign * row.vat_minor)
    yield from _paid(of.tenders, journal, seq, sign)


def _paid(tenders: tuple[Any, ...], journal: int, seq: int, sign: int) -> Made:
    for at, tender in enumerate(tenders, 1):
        yield "tender", (
            journal, seq, at, tender.mode, tender.name, tender.kind, sign * tender.amount_minor,
            sign * tender.rounding_minor, tender.wallet, sign * tender.gifted_minor, tender.reference,
        )  # fmt: skip


def _paper(kind: str) -> Callable[[Any, int, Entry], Made]:
    """A sealed document of a wallet: no turnover."""

    def make(fact: Any, journal: int, entry: Entry) -> Made:
        of = getattr(fact, "of", 0) or getattr(fact, "change_of", 0)
        yield "document", (
            journal, entry.seq, fact.document, kind, entry.at, fact.session, fact.ticket, of, "", fact.seller,
            fact.customer, 0, 0, 0, 0, sum(tender.rounding_minor for tender in fact.tenders),
        )  # fmt: skip
        yield from _paid(fact.tenders, journal, entry.seq, 1)
        yield from _moved(fact, journal, entry)

    return make


def _moved(fact: Any, journal: int, entry: Entry) -> Made:
    for at, move in enumerate(movements(fact), 1):
        yield "movement", (
            journal, entry.seq, at, move.wallet, move.kind, entry.at, move.part.paid_minor, move.part.gifted_minor,
            move.document, move.of_document, move.seller, move.modes, move.other, move.reason,
        )  # fmt: skip


_PROJECT: Final[dict[str, Callable[[Any, int, Entry], Made]]] = {
    "SessionOpened": _opened,
    "SessionClosed": _closed,
    "TicketClosed": _sale,
    "SettlementReversed": _reversal,
    "WalletCredited": _paper("credit"),
    "WalletCreditCancelled": _paper("credit_cancelled"),
    "WalletRefunded": _paper("refund"),
    "WalletAdjusted": _moved,
    "WalletTransferred": _moved,
    "WalletBlocked": _nothing,
    "WalletUnblocked": _nothing,
    "RightsGranted": _moved,
    "RightsReturned": _moved,
    "WalletsFenced": _moved,
}
