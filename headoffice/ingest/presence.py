"""Who is there: the newest word of each till about itself. A will that is older than the birth that was seen says
nothing."""

from __future__ import annotations

from typing import Final

import msgspec

from appliance.protocol.wire import TillState
from headoffice.database import Transaction

FRESH_S: Final = 120
"""A till counts as there while its last word is not older than that."""


async def take_state(tx: Transaction, till: str, state: TillState, at: str) -> bool:
    """Whether it counted."""
    row = await tx.row("SELECT conn, online, since, body FROM presence WHERE till = $1", till, lock=True)
    if row is not None and (state.conn < row[0] or (state.conn == row[0] and state.online and not row[1])):
        return False
    since = row[2] if row is not None and bool(row[1]) == state.online else at
    body = msgspec.json.encode(state)
    if not state.online and row is not None:
        body = bytes(row[3])  # the will knows nothing: what it last said stays
    await tx.run(
        "INSERT INTO presence VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (till) DO UPDATE SET"
        " conn = $2, online = $3, seen_at = $4, since = $5, body = $6",
        till, state.conn, int(state.online), at, since, body,
    )  # fmt: skip
    return True


async def seen(tx: Transaction, till: str, at: str) -> None:
    """Something else came of it: it is there."""
    await tx.run("UPDATE presence SET seen_at = $2 WHERE till = $1 AND online = 1", till, at)
