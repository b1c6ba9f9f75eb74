"""Settings on the disk: the adoption of head office's documents in one row, and what was changed on this till.

Hides that a row which no longer reads is no reason to stand still: it counts as none, and the till sells by what it was
installed with.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from appliance.domain.configuration import Adoption, Identity
    from appliance.domain.settings import Value

log = logging.getLogger(__name__)


def is_any(conn: Any) -> bool:
    """Whether anything but the box's own settings holds here."""
    sql = "SELECT EXISTS (SELECT 1 FROM settings_adoption) OR EXISTS (SELECT 1 FROM setting_here)"
    return bool(conn.execute(sql).fetchone()[0])


def load_adoption(conn: Any) -> Adoption:
    """As it was kept; one that does not read is empty but for the newest version it had seen."""
    from appliance.domain.configuration import Adoption

    row = conn.execute("SELECT highest, body FROM settings_adoption").fetchone()
    if row is None:
        return Adoption()
    highest, body = row
    try:
        found = msgspec.json.decode(body, type=Adoption)
    except (msgspec.DecodeError, RecursionError) as error:
        log.error("the settings of head office do not read, those before them hold: %s", error)
        return Adoption(highest=highest, identity=_identity(body))
    return msgspec.structs.replace(found, highest=max(found.highest, highest))


def _identity(body: bytes) -> Identity:
    """Whose documents are taken, as far as that still reads: without it nothing new could ever be received."""
    from appliance.domain.configuration import Identity

    try:
        return msgspec.convert(msgspec.json.decode(body)["identity"], Identity)
    except (msgspec.DecodeError, RecursionError, LookupError, TypeError):
        return Identity()


def keep_adoption(conn: Any, adoption: Adoption) -> None:
    """This is it from now on; part of the caller's transaction."""
    conn.execute(
        "INSERT INTO settings_adoption VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " highest = max(highest, excluded.highest), body = excluded.body",
        (adoption.highest, msgspec.json.encode(adoption)),
    )


def forget_adoption(conn: Any) -> None:
    """The till moves to another chain, whose documents have numbers of their own."""
    conn.execute("DELETE FROM settings_adoption")


def load_here(conn: Any) -> dict[str, Value]:
    """What was changed on this till, by key. A row that no setting of this version can hold is left out."""
    from appliance.domain.errors import Refusal
    from appliance.domain.settings import checked

    found: dict[str, Value] = {}
    for key, text in conn.execute("SELECT key, value FROM setting_here ORDER BY key"):
        try:
            found[key] = checked(key, msgspec.json.decode(text))
        except (Refusal, msgspec.DecodeError) as error:
            log.error("the setting %s of this till does not read: %s", key, error)
    return found


def keep_here(conn: Any, key: str, value: Value | None, at: str, by: str) -> None:
    """The till's own value of a setting; None: what it inherits. Part of the caller's transaction."""
    if value is None:
        conn.execute("DELETE FROM setting_here WHERE key = ?", (key,))
        return
    conn.execute(
        "INSERT INTO setting_here VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
        " value = excluded.value, at = excluded.at, by = excluded.by",
        (key, msgspec.json.encode(value).decode(), at, by),
    )
