"""What a defect of ours costs in an outermost loop: one event, one turn, one timer, and never the till.

Hides that a broad `except` is right there and nowhere else. Nothing is hidden from whoever looks after the till: the
log has the defect with its trace.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

_met = 0


def how_many() -> int:
    """Defects that were met since the start: a change of settings is watched by it."""
    return _met


@contextmanager
def contained(what: str) -> Iterator[None]:
    """The block ends at its first defect, and what comes after the block goes on. `what` names it in the log."""
    global _met
    try:
        yield
    except Exception:
        _met += 1
        log.exception("%s met a defect", what)
