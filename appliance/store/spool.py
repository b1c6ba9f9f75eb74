"""Papers that were ordered: a row before the first byte, its state after what the printer said."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

JobState = Literal["queued", "sending", "printed", "uncertain", "dropped"]


class Job(msgspec.Struct, frozen=True):
    id: int
    role: str
    purpose: str
    """"ticket", "x" or "z"."""
    subject: int
    """Document or report number."""
    copy: int
    state: JobState
    paper: bytes
    """The rendered blocks as JSON: what is printed later is what was ordered."""


_COLUMNS = "id, role, purpose, subject, copy, state, paper"


def add_job(conn: Any, role: str, purpose: str, subject: int, copy: int, at: str, paper: bytes) -> None:
    """Order a paper as a part of the caller's transaction."""
    conn.execute(
        "INSERT INTO print_job (role, purpose, subject, copy, at, state, paper) VALUES (?, ?, ?, ?, ?, 'queued', ?)",
        (role, purpose, subject, copy, at, paper),
    )


def set_state(conn: Any, job_id: int, state: JobState) -> None:
    conn.execute("UPDATE print_job SET state = ? WHERE id = ?", (state, job_id))


def waiting_jobs(conn: Any) -> list[Job]:
    """Jobs that are to be printed, oldest first."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM print_job WHERE state = 'queued' ORDER BY id")
    return [_job(row) for row in rows]


def last_job(conn: Any, purpose: str, subject: int) -> Job | None:
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM print_job WHERE purpose = ? AND subject = ? ORDER BY id DESC LIMIT 1",
        (purpose, subject),
    ).fetchone()
    return None if row is None else _job(row)


def _job(row: Any) -> Job:
    job_id, role, purpose, subject, copy, state, paper = row
    return Job(job_id, role, purpose, subject, copy, state, bytes(paper))


def recover_jobs(conn: Any) -> int:
    """After a restart: what was being sent may or may not be on paper; only a person knows. Returns how many."""
    return int(conn.execute("UPDATE print_job SET state = 'uncertain' WHERE state = 'sending'").rowcount)


def drop_waiting(conn: Any, subject: int) -> int:
    """ "Sans reçu": takes the receipts of a document out of the queue. Returns how many."""
    cursor = conn.execute(
        "UPDATE print_job SET state = 'dropped' WHERE state = 'queued' AND purpose = 'ticket' AND subject = ?",
        (subject,),
    )
    return int(cursor.rowcount)
