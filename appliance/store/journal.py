"""Reading and writing the journal: whole-transaction functions over a connection.

Nothing here waits or knows a thread. `append` is the only writer of the journal table.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.domain.errors import BrokenJournal
from appliance.domain.journal import (
    GENESIS,
    CopyIssued,
    Entry,
    PaperKind,
    ReceiptDeclined,
    SettlementReversed,
    TicketClosed,
    WalletCreditCancelled,
    WalletCredited,
    WalletRefunded,
    entry_hash,
)
from appliance.domain.state import TillState, apply
from appliance.domain.wallet import Purse
from appliance.store import movements
from appliance.store.database import DatabaseError

if TYPE_CHECKING:
    from subprocess import Popen

_INSERT: Final = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS: Final = "seq, epoch, kind, at, actor, origin, body, prev_hash, hash"
_HASHED: Final = (
    "SELECT CAST(prev_hash || (seq || char(31) || epoch || char(31) || kind || char(31) || at || char(31) || actor"
    " || char(31) || origin || char(31)) || body AS BLOB), hash FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq"
)
"""What each link was made of, put together by the database as `entry_hash` does, and the link itself."""
SHARED_MIN: Final = 100_000
"""From so many entries on, the newer half of a chain is checked by a process of its own."""
END: Final = 2**62
RECENT_ORIGINS: Final = 5_000
"""How many of the newest entries are searched for order ids at start-up."""

SEALED: Final = (TicketClosed, SettlementReversed, WalletCredited, WalletCreditCancelled, WalletRefunded)
"""Kinds that share the numbers of documents."""
_SEALED: Final = ", ".join(f"'{kind.__name__}'" for kind in SEALED)

log = logging.getLogger(__name__)

_state_encoder = msgspec.msgpack.Encoder()
_state_decoder = msgspec.msgpack.Decoder(TillState)


class Head(msgspec.Struct, frozen=True):
    """The end of the chain."""

    epoch: str
    seq: int
    hash: bytes
    at: str
    """UTC time of the newest entry; "" for an empty journal."""


def append(conn: Any, entries: list[Entry]) -> None:
    """Add entries in one transaction. On return they are durable; when it raises, whether they are is unknown."""
    if len(entries) == 1 and entries[0].seq > 1 and not movements.moves(entries[0]):
        conn.execute(_INSERT, _row(entries[0]))
        return
    conn.execute("BEGIN IMMEDIATE")
    try:
        insert(conn, entries)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def insert(conn: Any, entries: list[Entry]) -> None:
    """Add entries, and the movements of wallets that they are, as a part of the caller's transaction."""
    if entries and entries[0].seq == 1:  # together: an epoch without entries is a journal that was taken away
        conn.execute("INSERT INTO meta VALUES ('epoch', ?) ON CONFLICT (key) DO NOTHING", (entries[0].epoch,))
    conn.executemany(_INSERT, [_row(entry) for entry in entries])
    moved = [entry for entry in entries if movements.moves(entry)]
    if moved:
        movements.insert(conn, moved)


def _row(entry: Entry) -> tuple[Any, ...]:
    """As bytearrays: for `bytes` the driver first asks for an adapter, three times as long as the insert itself."""
    return (
        entry.seq, entry.epoch, entry.kind, entry.at, entry.actor, entry.origin,
        bytearray(entry.body), bytearray(entry.prev_hash), bytearray(entry.hash),
    )  # fmt: skip


def read_head(conn: Any, new_epoch: str) -> Head:
    """The end of the chain; the first entry of an empty database makes `new_epoch` its own for good."""
    known = conn.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    epoch = new_epoch if known is None else known[0]
    row = conn.execute("SELECT seq, hash, at, epoch FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    if row is None:
        return Head(epoch, 0, GENESIS, "")
    if row[3] != epoch:
        raise BrokenJournal(row[0], "epoch")
    return Head(epoch, row[0], bytes(row[1]), row[2])


def holds(conn: Any, entry: Entry) -> bool:
    """Whether this very entry is on the disk."""
    row = conn.execute("SELECT hash FROM journal WHERE seq = ?", (entry.seq,)).fetchone()
    return row is not None and bytes(row[0]) == entry.hash


def write_through(conn: Any) -> None:
    """Copy the write-ahead log into the database file and sync both. Raises a DatabaseError when that does not work."""
    conn.execute("PRAGMA wal_checkpoint(FULL)").fetchone()


def try_write(conn: Any) -> None:
    """A durable write that means nothing. Raises what the disk says."""
    conn.execute("INSERT INTO meta VALUES ('probe', '1') ON CONFLICT (key) DO UPDATE SET value = 1 - value")


def read_entries(conn: Any, after: int = 0, upto: int | None = None) -> Iterator[Entry]:
    """Entries in order, `after` exclusive, `upto` inclusive."""
    cursor = conn.execute(
        f"SELECT {_COLUMNS} FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq", (after, upto or 2**62)
    )
    while rows := cursor.fetchmany(1000):
        for row in rows:
            seq, epoch, kind, at, actor, origin, body, prev_hash, link = row
            yield Entry(seq, epoch, kind, at, actor, origin, bytes(body), bytes(prev_hash), bytes(link))


def find_document(conn: Any, number: int) -> Entry | None:
    """The sealed ticket, reversal or movement of a wallet with this number; None when there is none.

    Documents are numbered in the order of their entries, so the place is found by halving: some twenty looks in a
    million entries.
    """
    low, high = 1, conn.execute("SELECT COALESCE(MAX(seq), 0) FROM journal").fetchone()[0]
    while low <= high:
        middle = (low + high) // 2
        row = conn.execute(
            f"SELECT seq FROM journal WHERE seq BETWEEN ? AND ? AND kind IN ({_SEALED}) ORDER BY seq LIMIT 1",
            (middle, high),
        ).fetchone()
        if row is None:
            high = middle - 1
            continue
        entry = next(read_entries(conn, row[0] - 1, row[0]))
        found = entry.fact
        assert isinstance(found, SEALED)
        if found.document == number:
            return entry
        if found.document < number:
            low = entry.seq + 1
        else:
            high = middle - 1
    return None


_BUYER: Final = (
    "CASE WHEN json_valid(CAST(body AS TEXT))"
    " THEN COALESCE(CAST(body AS TEXT) ->> 'customer', CAST(body AS TEXT) -> 'of' ->> 'customer') END"
)
"""As the index `sale_of_customer` has it, word for word."""


def sales_of(conn: Any, customer: str, limit: int) -> list[tuple[str, TicketClosed]]:
    """What was sold to a customer and not taken back: UTC time and sale, the newest first."""
    rows = conn.execute(
        f"SELECT seq FROM journal WHERE kind IN ('TicketClosed', 'SettlementReversed') AND {_BUYER} = ?"
        " ORDER BY seq DESC",
        (customer,),
    )
    found: list[tuple[str, TicketClosed]] = []
    reversed_: set[int] = set()
    for (seq,) in rows:
        entry = next(read_entries(conn, seq - 1, seq))
        fact = entry.fact
        if isinstance(fact, SettlementReversed):
            reversed_.add(fact.of.document)
        elif isinstance(fact, TicketClosed) and fact.document not in reversed_:
            found.append((entry.at, fact))
            if len(found) == limit:
                break
    return found


def papers_issued(conn: Any, number: int, paper: PaperKind = "ticket") -> int:
    """How many papers of a sealed ticket, an X or a Z were asked for and not declined: the count of the next one.

    As `domain.state` counts them, over all sessions. A Z whose original alone was printed has 0 here: see `CopyIssued`.
    """
    rows = conn.execute(
        "SELECT seq FROM journal WHERE kind IN ('CopyIssued', 'ReceiptDeclined')"
        " AND CASE WHEN json_valid(CAST(body AS TEXT)) THEN CAST(body AS TEXT) ->> 'of_document' END = ? ORDER BY seq",
        (number,),
    )
    issued = 0
    for (seq,) in rows.fetchall():
        fact = next(read_entries(conn, seq - 1, seq)).fact
        if isinstance(fact, CopyIssued) and fact.paper == paper:
            issued = fact.copy + 1
        elif isinstance(fact, ReceiptDeclined) and paper == "ticket":
            issued = max(0, issued - 1) if fact.copy is None else fact.copy
    return issued


def recent_origins(conn: Any) -> list[str]:
    """Ids of the newest orders that changed something, oldest first: a resent one is answered, not done again."""
    rows = conn.execute(
        "SELECT origin FROM (SELECT seq, origin FROM journal ORDER BY seq DESC LIMIT ?)"
        " WHERE origin <> '' ORDER BY seq",
        (RECENT_ORIGINS,),
    )
    return [row[0] for row in rows]


def load_state(conn: Any) -> TillState:
    """The state after the newest entry: the newest snapshot plus every fact since. Raises BrokenJournal.

    A snapshot that holds other money than the movements up to there is put aside, and said: the facts are the truth.
    """
    row = conn.execute("SELECT seq, state FROM snapshot ORDER BY seq DESC LIMIT 1").fetchone()
    anchor = None if row is None else conn.execute("SELECT hash FROM journal WHERE seq = ?", (row[0],)).fetchone()
    if row is not None and anchor is None:
        raise BrokenJournal(row[0], "gap")
    try:
        known = None if row is None else decode_state(row[1])
    except msgspec.DecodeError:  # a cache of another version, or damaged
        known = None
    if known is not None and (wallet := wallet_at_odds(conn, known, row[0])):
        log.error("the snapshot after entry %d holds other money on wallet %s than its movements; not used: tillbox"
                  " wallet verify", row[0], wallet)  # fmt: skip
        known = None
    if known is None or anchor is None:
        state = replay(conn, TillState(), 0)
    else:
        state = replay(conn, known, row[0], bytes(anchor[0]))
    check_end(conn, state, with_movements=known is None)
    return state


_IMAGES: Final = (
    "SELECT value, COALESCE(paid_after_minor, 0), COALESCE(gifted_after_minor, 0) FROM json_each(?)"
    " LEFT JOIN wallet_entry ON wallet = value"
    " AND seq = (SELECT MAX(seq) FROM wallet_entry WHERE wallet = value AND seq <= ?)"
)


def wallet_at_odds(conn: Any, state: TillState, seq: int) -> str:
    """The first wallet that holds something else in a state than its last movement up to `seq` left; "" for none.

    One look for each wallet that holds something: a start may not take longer the more movements there ever were.
    """
    purses = {name: wallet.purse for name, wallet in state.wallets.items() if wallet.purse != Purse()}
    if not purses:
        return ""
    names = msgspec.json.encode(list(purses)).decode()
    for name, paid_minor, gifted_minor in conn.execute(_IMAGES, (names, seq)):
        if purses[name] != Purse(paid_minor, gifted_minor):
            return str(name)
    return ""


def is_snapshot_right(conn: Any) -> bool:
    """Whether the snapshot, where one can be read, holds the money that the movements up to there left."""
    row = conn.execute("SELECT seq, state FROM snapshot ORDER BY seq DESC LIMIT 1").fetchone()
    try:
        return row is None or not wallet_at_odds(conn, decode_state(row[1]), row[0])
    except msgspec.DecodeError:
        return True


def check_end(conn: Any, state: TillState, *, with_movements: bool = True) -> None:
    """Whether something stored beside the journal names entries or documents that it lacks, or it lacks all of them.

    Raises BrokenJournal "cut". Who cuts off the end and everything that names it is not found here: the last Z on
    paper, a backup and head office are the witnesses of that (docs/wallets.md). `with_movements`: takes a look at each.
    """
    (last,) = conn.execute("SELECT COALESCE(MAX(seq), 0) FROM journal").fetchone()
    asked = [
        ("SELECT 1 FROM meta WHERE key = 'epoch' AND ? = 0", last),
        ("SELECT 1 FROM print_job WHERE purpose = 'ticket' AND subject >= ? LIMIT 1", state.next_document),
        ("SELECT 1 FROM snapshot WHERE seq > ?", last),
        ("SELECT 1 FROM office_cursor WHERE name = 'up' AND value > ?", last),
        ("SELECT 1 FROM wallet_entry WHERE seq > ? LIMIT 1", last),
    ]
    tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for sql, number in asked:
        table = sql.split()[3]
        if table not in tables or (table == "wallet_entry" and not with_movements):
            continue
        if conn.execute(sql, (number,)).fetchone() is not None:
            raise BrokenJournal(last + 1, "cut")


def rebuild_state(conn: Any, upto: int | None = None) -> TillState:
    """The state from the very first fact, snapshots ignored: must equal `load_state`. Or as it was after an entry."""
    return replay(conn, TillState(), 0, upto=upto)


def replay(conn: Any, state: TillState, after: int, prev: bytes = GENESIS, upto: int | None = None) -> TillState:
    """Apply everything after an entry whose hash is `prev`. Raises BrokenJournal at the first bad one."""
    for entry in read_entries(conn, after, upto):
        if entry.seq != after + 1 or entry.prev_hash != prev:
            raise BrokenJournal(entry.seq, "gap" if entry.seq != after + 1 else "prev_hash")
        head = (prev, entry.seq, entry.epoch, entry.kind, entry.at, entry.actor, entry.origin)
        if entry_hash(*head, entry.body) != entry.hash:
            raise BrokenJournal(entry.seq, "hash")
        try:
            fact = entry.fact
        except msgspec.DecodeError as error:
            raise BrokenJournal(entry.seq, "unreadable") from error
        try:
            apply(state, fact, entry.at, entry.actor)
        except (LookupError, AssertionError, ValueError, TypeError) as error:
            raise BrokenJournal(entry.seq, "impossible") from error
        after, prev = entry.seq, entry.hash
    return state


def save_snapshot(conn: Any, seq: int, encoded: bytes) -> None:
    """Keep the state after entry `seq`; older snapshots go. A snapshot is a cache: losing it costs time only."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute("DELETE FROM snapshot")
        conn.execute("INSERT INTO snapshot VALUES (?, ?)", (seq, encoded))
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def encode_state(state: TillState) -> bytes:
    return _state_encoder.encode(state)


def decode_state(encoded: bytes) -> TillState:
    """Raises msgspec.DecodeError, also where a text is no UTF-8."""
    try:
        return _state_decoder.decode(encoded)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from error


def verify(conn: Any, shared_from: int = SHARED_MIN) -> int:
    """Recompute the whole chain from the first entry; the number of entries. Raises BrokenJournal at the first bad one.

    The hash covers every column, so a changed, missing, added or swapped row is found at its place.
    """
    known = conn.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    row = conn.execute("SELECT epoch FROM journal ORDER BY seq LIMIT 1").fetchone()
    if row is not None and known is not None and row != known:
        raise BrokenJournal(1, "epoch")
    if row is None:
        return 0
    with NewerHalf(conn, row[0], shared_from) as newer:
        seq, prev = verify_stretch(conn, 0, GENESIS, row[0], newer.after or END)
        if (seq, prev) == (newer.after, newer.continues) and newer.holds():
            seq, prev = newer.upto, newer.link
    return verify_stretch(conn, seq, prev, row[0], END)[0]


def verify_stretch(conn: Any, seq: int, prev: bytes, epoch: str, upto: int) -> tuple[int, bytes]:
    """Recompute what follows entry `seq`, whose link is `prev`, up to an entry; the last one and its link.

    Raises BrokenJournal at the first bad one.
    """
    end = b"\x1f%b\x1f" % epoch.encode()
    for hashed, link in conn.execute(_HASHED, (seq, upto)):
        if hashed.startswith(b"%b%d%b" % (prev, seq + 1, end)) and sha256(hashed).digest() == link:
            seq, prev = seq + 1, link
        else:
            _explain(conn, seq, prev, epoch)
    return seq, prev


class NewerHalf:
    """The newer half of a long chain, checked meanwhile by a process of its own.

    A link follows from what is stored beside it and from the link before, so a chain holds when both halves hold and
    the newer one begins with the link that ends the older. Its word is taken only when it says that all is well: who
    verifies looks for the place of a fault itself.
    """

    def __init__(self, conn: Any, epoch: str, shared_from: int) -> None:
        self._process: Popen[bytes] | None = None
        self.after = self.upto = 0
        """Entry that it continues, and its last one; 0 when the chain is short or cannot be shared."""
        self.continues = self.link = b""
        (upto,) = conn.execute("SELECT MAX(seq) FROM journal").fetchone()
        path = str(conn.execute("PRAGMA database_list").fetchone()[2])
        ends = [conn.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone() for seq in (upto // 2, upto)]
        links = [end[0] for end in ends if end is not None and isinstance(end[0], bytes)]
        if upto < shared_from or not path or len(links) < 2:
            return
        from subprocess import DEVNULL, Popen

        self.continues, self.link = links
        self.after, self.upto = upto // 2, upto
        what = [str(Path(path).absolute()), str(self.after), self.continues.hex(), epoch, str(upto), self.link.hex()]
        self._process = Popen(
            [sys.executable, "-m", "appliance.store.half", *what],
            cwd=Path(__file__).parents[2], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
        )  # fmt: skip

    def __enter__(self) -> NewerHalf:
        return self

    def holds(self) -> bool:
        """Wait for its end; whether every link was right."""
        return self._process is not None and self._process.wait() == 0

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _explain(conn: Any, after: int, prev: bytes, epoch: str) -> None:
    """Say what is wrong with the first entry that does not follow. Raises BrokenJournal."""
    try:
        row = conn.execute(f"SELECT {_COLUMNS} FROM journal WHERE seq > ? ORDER BY seq LIMIT 1", (after,)).fetchone()
    except DatabaseError as error:  # bytes that are no text where text belongs
        raise BrokenJournal(after + 1, "unreadable") from error
    _check_link(row, after, prev, epoch)
    raise BrokenJournal(row[0], "hash")


def _check_link(row: tuple[Any, ...], seq: int, prev: bytes, epoch: str | None) -> None:
    if row[0] != seq + 1:
        raise BrokenJournal(row[0], "gap")
    if row[7] != prev:
        raise BrokenJournal(row[0], "prev_hash")
    if epoch is not None and row[1] != epoch:
        raise BrokenJournal(row[0], "epoch")
    if entry_hash(row[7], row[0], row[1], row[2], row[3], row[4], row[5], row[6]) != row[8]:
        raise BrokenJournal(row[0], "hash")
