"""Money in hand for a credit that is in no book yet: one row of `meta`, so that a restart knows of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

KEY: Final = "credit_parts"


class Parts(msgspec.Struct, frozen=True):
    """What a customer has handed over for a credit whose last part is still to come."""

    customer: str
    amount_minor: int


def read(conn: Any) -> Parts | None:
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=Parts)


def keep(conn: Any, parts: Parts | None) -> None:
    """In place of what was kept before; None: nothing is in hand."""
    conn.execute("DELETE FROM meta WHERE key = ?", (KEY,))
    if parts is not None:
        conn.execute("INSERT INTO meta VALUES (?, ?)", (KEY, msgspec.json.encode(parts).decode()))
