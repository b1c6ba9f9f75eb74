"""The tree of what can be refused.

    Refusal             what a person asked cannot be done: a code and parameters, shown as a sentence, nothing changed
    BrokenJournal       an entry that cannot follow the one before it: selling stops
    StoreLost           the database cannot be read any more: the process ends and starts again from the disk

Everything else that is raised is a defect and is logged with its trace.
"""

from __future__ import annotations


class Refusal(Exception):
    """Shown to the cashier: `code` is a message id, `params` fill its sentence. Nothing was changed."""

    ways_out: tuple[str, ...] = ()
    """Actions that the message offers."""

    def __init__(self, code: str, /, **params: str | int) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


class BrokenJournal(Exception):
    """The chain does not hold at `seq`: `reason` says how (gap, prev_hash, hash, epoch, unreadable, cut)."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"journal entry {seq}: {reason}")
        self.seq = seq
        self.reason = reason


class StoreLost(Exception):
    """The database could not be read again after a fault: the process ends, the next starts from the disk."""
