"""What wallets rest on, proven: the chain, the images, the snapshot and the table of movements against each other.

    verify      the first thing that does not follow, by its entry and in its own words; or what all of it comes to
    rebuild     the table of movements anew, from the journal
    liability   what the shop owes its customers at a moment, and how it came to that (Encours des cagnottes)

The journal is believed as far as its chain holds and each of its images follows from the movements before it. Whatever
else is stored must be what the journal gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from appliance.domain.errors import BrokenJournal
from appliance.domain.journal import AnyFact, CardLinked, CardReplaced, Entry
from appliance.domain.movement import movements as movements_of
from appliance.domain.state import TillState, apply
from appliance.domain.wallet import Purse
from appliance.store import journal, movements
from appliance.store.database import DatabaseError
from appliance.store.movements import IMAGE, MOVING, SALES, WalletEntry

BATCH: Final = 5_000
_IN_MOVING: Final = ", ".join(f"'{kind}'" for kind in sorted(MOVING))
_IN_SALES: Final = ", ".join(f"'{kind}'" for kind in sorted(SALES))
_MOVING: Final = (
    "SELECT seq, epoch, kind, at, actor, origin, body, prev_hash, hash FROM journal"
    f" WHERE kind IN ({_IN_MOVING}) OR (kind IN ({_IN_SALES}) AND instr(body, ?)) ORDER BY seq"
)
_NAMES: Final = WalletEntry.__struct_fields__
_NUMBERS: Final = frozenset(
    name for name in _NAMES if name.endswith(("_minor", "document")) or name in ("seq", "ticket")
)
_STORED: Final = ", ".join(name if name in _NUMBERS else f"CAST({name} AS BLOB)" for name in _NAMES)
"""As bytes, so that text which a damaged disk made unreadable is still compared."""


class WalletFault(Exception):
    """The first entry at which something does not follow.

    Codes: `chain` (an entry was changed, added or taken out), `damaged` (the file cannot be read there), `image` (an
    entry says something else of a wallet than what came before gives), `balance`, `snapshot`, `row_missing`,
    `row_extra`, `row_differs`, `card` (it stands for another customer than the journal gave it to).
    """

    def __init__(self, code: str, seq: int, **params: str | int) -> None:
        super().__init__(code, seq, params)
        self.code, self.seq, self.params = code, seq, params


class Proof(msgspec.Struct, frozen=True):
    """What was found in order."""

    entries: int
    movements: int
    wallets: int
    paid_minor: int
    gifted_minor: int


# --- rebuilding -----------------------------------------------------------------------------------------------------


def fill(conn: Any) -> int:
    """Write the movements of the whole journal, as a part of the caller's transaction; how many."""
    cursor = conn.execute(_MOVING, (IMAGE,))
    while rows := cursor.fetchmany(BATCH):
        movements.insert(conn, [_entry(row) for row in rows])
    (count,) = conn.execute("SELECT COUNT(*) FROM wallet_entry").fetchone()
    return int(count)


def rebuild(conn: Any) -> tuple[int, int]:
    """Make the table anew in one transaction: (rows now, rows that were missing, wrong or too many)."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute("CREATE TEMP TABLE former AS SELECT * FROM wallet_entry")
        conn.execute("DELETE FROM wallet_entry")
        count = fill(conn)
        wrong = "SELECT COUNT(*) FROM (SELECT * FROM {} EXCEPT SELECT * FROM {})"
        (added,) = conn.execute(wrong.format("wallet_entry", "temp.former")).fetchone()
        (gone,) = conn.execute(wrong.format("temp.former", "wallet_entry")).fetchone()
        conn.execute("DROP TABLE temp.former")
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return count, max(added, gone)


def drop_wrong_snapshot(conn: Any) -> bool:
    """Take away a snapshot that is not what the journal gives: the next start reads the journal. Raises BrokenJournal.

    Whether there was such a one.
    """
    snapshot = _snapshot(conn)
    if snapshot is None:
        return False
    try:
        _check_snapshot(snapshot, journal.rebuild_state(conn, snapshot[0]))
    except WalletFault:
        conn.execute("DELETE FROM snapshot")
        return True
    return False


def _entry(row: tuple[Any, ...]) -> Entry:
    seq, epoch, kind, at, actor, origin, body, prev_hash, link = row
    return Entry(seq, epoch, kind, at, actor, origin, bytes(body), bytes(prev_hash), bytes(link))


# --- verifying ------------------------------------------------------------------------------------------------------


def verify(conn: Any) -> Proof:
    """Raises WalletFault at the first entry that is not as it must be. Only reads, within the caller's transaction."""
    try:
        entries = journal.verify(conn)
        return _prove(conn, entries)
    except BrokenJournal as broken:
        raise WalletFault("chain", broken.seq, reason=broken.reason) from broken
    except (*DatabaseError, UnicodeDecodeError) as error:
        raise WalletFault("damaged", _first_unreadable(conn)) from error


def _first_unreadable(conn: Any) -> int:
    """The first entry that the file does not give back; 0 when all of them can be read one by one."""
    seq = 0
    try:
        while conn.execute("SELECT * FROM journal WHERE seq = ?", (seq + 1,)).fetchone() is not None:
            seq += 1
    except (*DatabaseError, UnicodeDecodeError):
        return seq + 1
    return 0


def _prove(conn: Any, entries: int) -> Proof:
    """What a sound chain of so many entries gives, against everything else that is stored."""
    table, sums, cards = _Table(conn), _Sums(), _Cards()
    state, snapshot = TillState(), _snapshot(conn)
    till = movements.till_of(conn)
    for entry in journal.read_entries(conn):
        try:
            fact = entry.fact
            apply(state, fact, entry.at, entry.actor)
        except msgspec.DecodeError as error:
            raise WalletFault("chain", entry.seq, reason="unreadable") from error
        except (LookupError, AssertionError, ValueError, TypeError) as error:
            raise WalletFault("image", entry.seq, kind=entry.kind) from error
        cards.add(entry.seq, fact)
        if movements.moves(entry):
            sums.add(entry.seq, fact)
            table.follow(entry.seq, movements.rows_of(entry, till, fact))
        if snapshot is not None and snapshot[0] == entry.seq:
            _check_snapshot(snapshot, state)
            snapshot = None
    table.end()
    if snapshot is not None:
        raise WalletFault("snapshot", snapshot[0], reason="gap")
    sums.check(state, entries)
    journal.check_end(conn, state)
    cards.check(conn)
    purses = [wallet.purse for wallet in state.wallets.values()]
    total = sum(purses, Purse())
    return Proof(entries, table.rows, len(purses), total.paid_minor, total.gifted_minor)


def _snapshot(conn: Any) -> tuple[int, bytes] | None:
    row = conn.execute("SELECT seq, state FROM snapshot ORDER BY seq DESC LIMIT 1").fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def _check_snapshot(snapshot: tuple[int, bytes], state: TillState) -> None:
    """A snapshot that cannot be read costs time only, and is named all the same."""
    try:
        kept = journal.decode_state(snapshot[1])
    except msgspec.DecodeError as error:
        raise WalletFault("snapshot", snapshot[0], reason="unreadable") from error
    if kept != state:
        raise WalletFault("snapshot", snapshot[0], reason="differs")


class _Sums:
    """Movements added up one by one, without the till's own rules."""

    def __init__(self) -> None:
        self._purses: dict[str, Purse] = {}

    def add(self, seq: int, fact: AnyFact) -> None:
        for move in movements_of(fact):
            purse = self._purses.get(move.wallet, Purse()) + move.part
            if purse != move.after or min(purse.paid_minor, purse.gifted_minor) < 0:
                raise WalletFault("balance", seq, wallet=move.wallet)
            self._purses[move.wallet] = purse

    def check(self, state: TillState, seq: int) -> None:
        kept = {name: wallet.purse for name, wallet in state.wallets.items() if wallet.purse.total_minor}
        for name, purse in self._purses.items():
            if kept.pop(name, Purse()) != purse:
                raise WalletFault("balance", seq, wallet=name)
        for name in kept:
            raise WalletFault("balance", seq, wallet=name)


class _Cards:
    """Whose each card became, by the last four characters that the journal keeps of it: a card that its customer has
    no more in any state, and another has whom no entry gave it, was moved by hand. Cards that came with a file of
    customers have no such entry."""

    def __init__(self) -> None:
        self._given: dict[str, dict[str, int]] = {}

    def add(self, seq: int, fact: AnyFact) -> None:
        if isinstance(fact, CardLinked | CardReplaced):
            self._given.setdefault(fact.card, {})[fact.customer] = seq

    def check(self, conn: Any) -> None:
        """Raises WalletFault."""
        if not self._given:
            return
        held: dict[str, set[str]] = {}
        rows = conn.execute(
            "SELECT substr(key, -4), id FROM customer_code JOIN customer ON number = customer_code.customer"
        )
        for ending, owner in rows:
            if ending in self._given:
                held.setdefault(ending, set()).add(owner)
        for ending, owners in held.items():
            strangers = owners - self._given[ending].keys()
            for customer, seq in self._given[ending].items():
                if strangers and customer not in owners and _is_there(conn, customer):
                    raise WalletFault("card", seq, card=ending, wallet=customer, other=min(strangers))


def _is_there(conn: Any, customer: str) -> bool:
    row = conn.execute("SELECT erased_at FROM customer WHERE id = ?", (customer,)).fetchone()
    return row is not None and not row[0]


class _Table:
    """The table of movements, followed entry by entry."""

    def __init__(self, conn: Any) -> None:
        self._cursor: Iterator[tuple[Any, ...]] = conn.execute(
            f"SELECT {_STORED} FROM wallet_entry ORDER BY seq, wallet"
        )
        self._head = self._next()
        self.rows = 0

    def _next(self) -> tuple[Any, ...] | None:
        return next(self._cursor, None)

    def follow(self, seq: int, rows: list[WalletEntry]) -> None:
        """Raises WalletFault when the next rows are others than these."""
        for row in sorted(rows, key=lambda row: row.wallet.encode()):
            head = self._head
            if head is None or (head[1], head[0]) > (seq, row.wallet.encode()):
                raise WalletFault("row_missing", seq, wallet=row.wallet)
            if (head[1], head[0]) < (seq, row.wallet.encode()):
                raise WalletFault("row_extra", head[1], wallet=_text(head[0]))
            for name, found, expected in zip(_NAMES, head, msgspec.structs.astuple(row), strict=True):
                if found != (expected if name in _NUMBERS else expected.encode()):
                    raise WalletFault("row_differs", seq, wallet=row.wallet, column=name)
            self._head = self._next()
            self.rows += 1

    def end(self) -> None:
        if self._head is not None:
            raise WalletFault("row_extra", self._head[1], wallet=_text(self._head[0]))


def _text(name: bytes) -> str:
    return name.decode(errors="replace")


# --- liability ------------------------------------------------------------------------------------------------------


class Liability(msgspec.Struct, frozen=True):
    """What is owed to customers at a moment, paid and given apart, and how it came to that since another."""

    opening: Purse
    moved: dict[str, Purse]
    """By `domain.movement.Kind`, signed."""
    counts: dict[str, int]
    closing: Purse
    """Sum of the wallets' last images, not of the movements."""
    wallets: int
    """That held something at the end."""

    @property
    def adds_up(self) -> bool:
        """Opening and movements give the closing; transfers move nothing in all."""
        return sum(self.moved.values(), self.opening) == self.closing


def liability(conn: Any, after: str, until: str) -> Liability:
    """From what was held at `after` to what is held at `until`: UTC moments, both inclusive at their end."""
    moved, counts = {}, {}
    for kind, count, paid, gifted in conn.execute(
        "SELECT kind, COUNT(*), SUM(paid_minor), SUM(gifted_minor) FROM wallet_entry WHERE at > ? AND at <= ?"
        " GROUP BY kind ORDER BY kind",
        (after, until),
    ):
        moved[kind], counts[kind] = Purse(paid, gifted), count
    opening, _ = held(conn, after)
    closing, wallets = held(conn, until)
    return Liability(opening, moved, counts, closing, wallets)


def ahead(conn: Any, now: str) -> tuple[int, str]:
    """How many movements bear a time after this UTC moment, and the last of these times: a clock was ahead, and the
    journal, which never goes back, has kept its time since."""
    count, last = conn.execute(
        "SELECT COUNT(*), COALESCE(MAX(at), '') FROM wallet_entry WHERE at > ?", (now,)
    ).fetchone()
    return int(count), str(last)


def held(conn: Any, until: str) -> tuple[Purse, int]:
    """What all wallets held at a moment, by their last images, and how many held something."""
    paid, gifted, wallets = conn.execute(
        "SELECT COALESCE(SUM(paid_after_minor), 0), COALESCE(SUM(gifted_after_minor), 0),"
        " COALESCE(SUM(paid_after_minor + gifted_after_minor > 0), 0) FROM wallet_entry JOIN"
        " (SELECT wallet AS name, MAX(seq) AS last FROM wallet_entry WHERE at <= ? GROUP BY wallet)"
        " ON wallet = name AND seq = last",
        (until,),
    ).fetchone()
    return Purse(paid, gifted), wallets


def balances(conn: Any) -> list[WalletEntry]:
    """The newest movement of each wallet, the fullest wallet first."""
    rows = conn.execute(
        f"SELECT {movements.COLUMNS} FROM wallet_entry JOIN"
        " (SELECT wallet AS name, MAX(seq) AS last FROM wallet_entry GROUP BY wallet) ON wallet = name AND seq = last"
        " ORDER BY paid_after_minor + gifted_after_minor DESC, wallet"
    )
    return [WalletEntry(*row) for row in rows.fetchall()]
