"""How far head office has taken the journal and this till its feed, and what it said: small tables, small functions.

All of it can be lost without harm but for time: a cursor that is behind sends again what head office passes over, or
asks again for rows that are the same. No cursor is ever ahead of the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

UP: Final = "up"
UP_DOCUMENT: Final = "up.document"
"""Newest document up to there."""
CONNECTIONS: Final = "conn"
FEED: Final = "feed."
COUNTED: Final = ("TicketClosed", "SettlementReversed", "WalletCredited", "WalletCreditCancelled", "WalletRefunded")
"""Entries that the screen counts as sales."""
_COUNTED: Final = ", ".join(f"'{kind}'" for kind in COUNTED)


class Cursor(msgspec.Struct, frozen=True):
    """What of the journal is on head office's disk."""

    seq: int = 0
    document: int = 0
    """Newest sealed document up to there."""


class SetAside(msgspec.Struct, frozen=True):
    """An entry that head office took and could make no sense of."""

    seq: int
    code: str
    kind: str
    at: str


class KnownWallet(msgspec.Struct, frozen=True):
    """What head office said last of a customer's money."""

    known_minor: int
    elsewhere_minor: int = 0
    elsewhere: str = ""
    """Till that holds most of that."""
    since: str = ""
    """UTC; it is away since then, "" when it is there."""
    at: str = ""
    """UTC, when we were told."""


def value(conn: Any, name: str) -> int:
    row = conn.execute("SELECT value FROM office_cursor WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def taken(conn: Any) -> Cursor:
    return Cursor(value(conn, UP), value(conn, UP_DOCUMENT))


def keep_taken(conn: Any, cursor: Cursor) -> None:
    """As a part of the caller's transaction."""
    move(conn, UP, cursor.seq)
    move(conn, UP_DOCUMENT, cursor.document)


def move(conn: Any, name: str, value: int) -> None:
    """Put a cursor there, as a part of the caller's transaction."""
    conn.execute(
        "INSERT INTO office_cursor VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )


def feeds(conn: Any) -> dict[str, int]:
    """How far each table of the feed is applied."""
    rows = conn.execute("SELECT name, value FROM office_cursor WHERE name LIKE 'feed.%'")
    return {name.removeprefix(FEED): int(value) for name, value in rows}


def reserve_connections(conn: Any, count: int, least: int = 0) -> int:
    """The number before the next `count` connections, which are nobody else's: they only ever grow."""
    number = max(value(conn, CONNECTIONS), least)
    move(conn, CONNECTIONS, number + count)
    return number


def _document(conn: Any, seq: int) -> int:
    row = conn.execute("SELECT CAST(body AS TEXT) ->> 'document' FROM journal WHERE seq = ?", (seq,)).fetchone()
    return int(row[0] or 0)


def last_document(conn: Any, upto: int) -> int:
    """Number of the newest document up to an entry; 0 for none."""
    row = conn.execute(
        f"SELECT seq FROM journal WHERE seq <= ? AND kind IN ({_COUNTED}) ORDER BY seq DESC LIMIT 1", (upto,)
    ).fetchone()
    return 0 if row is None else _document(conn, row[0])


# --- what head office said ------------------------------------------------------------------------------------------


def set_aside(conn: Any) -> list[SetAside]:
    rows = conn.execute("SELECT seq, code, kind, at FROM office_set_aside ORDER BY seq")
    return [SetAside(*row) for row in rows.fetchall()]


def put_aside(conn: Any, row: SetAside) -> None:
    conn.execute(
        "INSERT INTO office_set_aside VALUES (?, ?, ?, ?) ON CONFLICT (seq) DO UPDATE SET code = excluded.code",
        (row.seq, row.code, row.kind, row.at),
    )


def clear_aside(conn: Any, seq: int) -> None:
    conn.execute("DELETE FROM office_set_aside WHERE seq = ?", (seq,))


def known_wallet(conn: Any, customer: str) -> KnownWallet | None:
    row = conn.execute(
        "SELECT known_minor, elsewhere_minor, elsewhere, since, at FROM office_wallet WHERE customer = ?", (customer,)
    ).fetchone()
    return None if row is None else KnownWallet(*row)


def keep_wallet(conn: Any, customer: str, known: KnownWallet) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO office_wallet VALUES (?, ?, ?, ?, ?, ?)",
        (customer, known.known_minor, known.elsewhere_minor, known.elsewhere, known.since, known.at),
    )


def note(conn: Any, name: str) -> str:
    """A text kept under a name; "" for none."""
    row = conn.execute("SELECT text FROM office_note WHERE name = ?", (name,)).fetchone()
    return "" if row is None else str(row[0])


def keep_note(conn: Any, name: str, text: str) -> None:
    conn.execute(
        "INSERT INTO office_note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text", (name, text)
    )


def command_done(conn: Any, command: str) -> tuple[bool, str] | None:
    """What became of a command of head office; None when it was not done yet."""
    row = conn.execute("SELECT ok, code FROM office_command WHERE id = ?", (command,)).fetchone()
    return None if row is None else (bool(row[0]), str(row[1]))


def keep_command(conn: Any, command: str, at: str, ok: bool, code: str) -> None:
    conn.execute("INSERT OR IGNORE INTO office_command VALUES (?, ?, ?, ?)", (command, at, int(ok), code))


def forget_feeds(conn: Any) -> None:
    """Begin every table of the feed anew, as a part of the caller's transaction."""
    conn.execute("DELETE FROM office_cursor WHERE name LIKE 'feed.%'")


def link(conn: Any, seq: int) -> str:
    """Hash of an entry; "" when there is none."""
    row = conn.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
    return "" if row is None else bytes(row[0]).hex()


def fence(conn: Any) -> tuple[int, bytes] | None:
    """(entry, body) of the end of this epoch; None while it goes on."""
    row = conn.execute(
        "SELECT seq, body FROM journal WHERE kind = 'WalletsFenced' ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


# --- the mirror of the shelves --------------------------------------------------------------------------------------


def mirror(conn: Any, table: str, rows: Iterable[tuple[str, str, bytes]]) -> None:
    """Rows as they are now, or from a time on: (key, valid from, JSON); `null` is a row that is gone. As a part of the
    caller's transaction."""
    for key, valid_from, body in rows:
        if not valid_from:
            conn.execute("DELETE FROM office_row WHERE tbl = ? AND key = ?", (table, key))
        conn.execute("INSERT OR REPLACE INTO office_row VALUES (?, ?, ?, ?)", (table, key, valid_from, body.decode()))


def mirrored(conn: Any, table: str, now: str) -> list[bytes]:
    """What holds of a table at a moment."""
    rows = conn.execute(
        "SELECT body FROM (SELECT key, body, MAX(valid_from) FROM office_row WHERE tbl = ? AND valid_from <= ?"
        " GROUP BY key) WHERE body <> 'null'",
        (table, now),
    )
    return [row[0].encode() for row in rows]


def next_valid(conn: Any, after: str) -> str:
    """When the next row begins to hold; "" when none waits."""
    row = conn.execute("SELECT MIN(valid_from) FROM office_row WHERE valid_from > ?", (after,)).fetchone()
    return str(row[0] or "")


def currency(conn: Any) -> str:
    """What the till sells in, as the first entry of its journal says; "" before it."""
    row = conn.execute("SELECT CAST(body AS TEXT) ->> 'currency' FROM journal WHERE seq = 1").fetchone()
    return "" if row is None or row[0] is None else str(row[0])
