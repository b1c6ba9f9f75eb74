"""The table of the wallets' movements: written with the journal, read for statements.

Hides which entries have a movement without reading the others: a sale that no wallet pays costs one look into its
bytes. The table is a projection; `store.wallet_proof` compares it with the journal and makes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from appliance.domain.journal import Entry
from appliance.domain.movement import movements as movements_of
from appliance.domain.wallet import Purse

MOVING: Final = frozenset((
    "WalletCredited", "WalletCreditCancelled", "WalletRefunded", "WalletAdjusted", "WalletTransferred",
    "RightsGranted", "RightsReturned", "WalletsFenced",
))  # fmt: skip
SALES: Final = frozenset(("TicketClosed", "SettlementReversed"))
IMAGE: Final = b'"wallet":{'
"""Where a sale that a wallet pays has its image. No text in JSON can hold these bytes: its quotes are escaped."""
END: Final = 2**62
NEWEST: Final = 50


class WalletEntry(msgspec.Struct, frozen=True, gc=False):
    """One movement as it is stored."""

    wallet: str
    seq: int
    """Of the journal entry."""
    at: str
    """UTC."""
    kind: str
    """See `domain.movement.Kind`."""
    paid_minor: int
    gifted_minor: int
    """Signed."""
    paid_after_minor: int
    gifted_after_minor: int
    document: int
    of_document: int
    ticket: int
    till: str
    seller: str
    modes: str
    other: str
    reason: str

    @property
    def part(self) -> Purse:
        return Purse(self.paid_minor, self.gifted_minor)

    @property
    def after(self) -> Purse:
        return Purse(self.paid_after_minor, self.gifted_after_minor)

    @property
    def amount_minor(self) -> int:
        return self.paid_minor + self.gifted_minor

    @property
    def balance_minor(self) -> int:
        return self.paid_after_minor + self.gifted_after_minor


COLUMNS: Final = ", ".join(WalletEntry.__struct_fields__)
_INSERT: Final = (
    f"INSERT OR REPLACE INTO wallet_entry ({COLUMNS}) VALUES ({', '.join('?' * len(WalletEntry.__struct_fields__))})"
)
"""A row that should not be there never keeps money from being booked."""


def moves(entry: Entry) -> bool:
    """Whether an entry moves a wallet."""
    kind = entry.kind
    return IMAGE in entry.body if kind in SALES else kind in MOVING


def rows_of(entry: Entry, till: str, fact: Any = None) -> list[WalletEntry]:
    """What an entry leaves in the table; `fact` is the entry's, where it was read before."""
    seller = entry.actor
    return [
        WalletEntry(
            move.wallet, entry.seq, entry.at, move.kind,
            move.part.paid_minor, move.part.gifted_minor, move.after.paid_minor, move.after.gifted_minor,
            move.document, move.of_document, move.ticket, till, move.seller or seller, move.modes, move.other,
            move.reason,
        )
        for move in movements_of(entry.fact if fact is None else fact)
    ]  # fmt: skip


def insert(conn: Any, entries: Iterable[Entry]) -> None:
    """Add the movements of entries that have some, as a part of the caller's transaction."""
    till = till_of(conn)
    rows = [msgspec.structs.astuple(row) for entry in entries for row in rows_of(entry, till)]
    conn.executemany(_INSERT, rows)


def till_of(conn: Any) -> str:
    """The till whose journal this is: its first entry says so; "" before it."""
    row = conn.execute(
        "SELECT CAST(body AS TEXT) ->> 'till' FROM journal WHERE seq = 1 AND json_valid(CAST(body AS TEXT))"
    ).fetchone()
    return "" if row is None or row[0] is None else str(row[0])


# --- reading --------------------------------------------------------------------------------------------------------


def movements(conn: Any, customer: str, limit: int = NEWEST, before: int | None = None) -> list[WalletEntry]:
    """A wallet's movements, the newest first; `before` is the `seq` of the last row of the page before."""
    rows = conn.execute(
        f"SELECT {COLUMNS} FROM wallet_entry WHERE wallet = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        (customer, END if before is None else before, limit),
    )
    return [WalletEntry(*row) for row in rows.fetchall()]


def statement(conn: Any, customer: str) -> Iterator[WalletEntry]:
    """All movements of a wallet, the oldest first."""
    for row in conn.execute(f"SELECT {COLUMNS} FROM wallet_entry WHERE wallet = ? ORDER BY seq", (customer,)):
        yield WalletEntry(*row)
