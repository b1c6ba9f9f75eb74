"""The mark that the file may still hold customers who were erased; light, since every start looks for it."""

from typing import Any, Final

PENDING: Final = "erasure"
"""Key in `meta`; its value names the tables that are still to be written anew (`customers.finish_erasure`)."""


def is_erasure_pending(conn: Any) -> bool:
    """Whether the file may still hold what was erased."""
    return conn.execute("SELECT 1 FROM meta WHERE key = ?", (PENDING,)).fetchone() is not None
