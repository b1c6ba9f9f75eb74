"""Papers that were ordered: a row before the first byte, its state after what the printer said.

    queued ──> sending ──> sent ──> confirmed          proof: the printer, assumed, or a person
      │           └──────────┴────> uncertain          nobody knows; a person says, or a copy is made of it
      └──> dropped

The row says `sending`, with the very bytes, before the first of them leaves, so what was printed as an original is
never printed as one again. Only `queued` rows are ever sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec

JobState = Literal["queued", "sending", "sent", "confirmed", "uncertain", "dropped"]
Proof = Literal["", "printer", "assumed", "person", "copied"]
BODIES_KEPT = 1_000
"""Of so many newest papers the bytes are kept; of all others their hash."""


class Job(msgspec.Struct, frozen=True):
    id: int
    role: str
    purpose: str
    """"ticket", "x", "z" or "test"."""
    subject: int
    """Document or report number."""
    copy: int
    state: JobState
    paper: bytes
    """The ordered blocks as JSON."""
    proof: Proof = ""
    """How it is known that it came out; `copied`: it is not, and a copy was made of it."""
    attempts: int = 0
    sent_at: str = ""
    sent_to: str = ""
    """Role of the printer; another one than `role` when the paper was redirected."""
    device: str = ""
    """Maker, model and serial number of the printer, as far as it told them."""
    profile: str = ""
    digest: bytes | None = None
    """SHA-256 of the bytes that were sent."""


_COLUMNS = "id, role, purpose, subject, copy, state, paper, proof, attempts, sent_at, sent_to, device, profile, digest"

_OPEN = "state IN ('queued', 'sending', 'sent', 'uncertain')"
"""As the index says it, or it is not used."""


def add_job(
    conn: Any, role: str, purpose: str, subject: int, copy: int, at: str, paper: bytes, customer: str = ""
) -> None:
    """Order a paper as a part of the caller's transaction.

    `customer` is the id of whose name may be on it; a further paper of a document takes it from the one before.
    """
    if copy and not customer:
        sql = "SELECT customer FROM print_job WHERE purpose = ? AND subject = ? ORDER BY id DESC LIMIT 1"
        before = conn.execute(sql, (purpose, subject)).fetchone()
        customer = before[0] if before else ""
    conn.execute(
        "INSERT INTO print_job (role, purpose, subject, copy, at, state, paper, customer)"
        " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)",
        (role, purpose, subject, copy, at, paper, customer),
    )


def papers_of(conn: Any, customer: str) -> list[dict[str, object]]:
    """Which papers bear a customer's name: document, copy and when, oldest first."""
    rows = conn.execute(
        "SELECT purpose, subject, copy, at FROM print_job WHERE customer = ? AND customer <> '' ORDER BY id",
        (customer,),
    )
    return [{"purpose": purpose, "document": subject, "copy": copy, "at": at} for purpose, subject, copy, at in rows]


def scrub_papers(conn: Any, customer: str, strike: Callable[[str], str]) -> int:
    """Strike a customer's name out of every paper that bears it, in the caller's transaction. Returns how many.

    The paper stays, for a DUPLICATA; the bytes that were sent go, their digest stays.
    """
    rows = conn.execute("SELECT id, paper FROM print_job WHERE customer = ? AND customer <> ''", (customer,)).fetchall()
    for job_id, paper in rows:
        struck = msgspec.json.encode(_strike(msgspec.json.decode(bytes(paper)), strike))
        conn.execute("UPDATE print_job SET paper = ?, body = NULL WHERE id = ?", (bytearray(struck), job_id))
    return len(rows)


def _strike(part: Any, strike: Callable[[str], str]) -> Any:
    """Every text inside, at any depth."""
    if isinstance(part, str):
        return strike(part)
    if isinstance(part, list):
        return [_strike(inner, strike) for inner in part]
    if isinstance(part, dict):
        return {key: _strike(inner, strike) for key, inner in part.items()}
    return part


def claim_job(conn: Any, job_id: int, at: str, sent_to: str, device: str, profile: str, body: bytes) -> bool:
    """Sending, with the bytes that are about to leave; False when somebody took the job out of the queue meanwhile."""
    cursor = conn.execute(
        "UPDATE print_job SET state = 'sending', attempts = attempts + 1, sent_at = ?, sent_to = ?, device = ?,"
        " profile = ?, body = ?, digest = ? WHERE id = ? AND state = 'queued'",
        (at, sent_to, device, profile, body, hashlib.sha256(body).digest(), job_id),
    )
    return bool(cursor.rowcount)


def set_state(conn: Any, job_id: int, state: JobState, proof: Proof = "") -> None:
    conn.execute("UPDATE print_job SET state = ?, proof = ? WHERE id = ?", (state, proof, job_id))
    if state == "confirmed":
        conn.execute(
            "UPDATE print_job SET body = NULL WHERE id = ? AND state IN ('confirmed', 'dropped')",
            (job_id - BODIES_KEPT,),
        )


def waiting_jobs(conn: Any) -> list[Job]:
    """Jobs that are to be printed, oldest first."""
    rows = conn.execute(f"SELECT {_COLUMNS} FROM print_job WHERE {_OPEN} AND state = 'queued' ORDER BY id")
    return [_job(row) for row in rows]


def doubtful_jobs(conn: Any) -> list[Job]:
    """Jobs of which nobody has said whether they came out, oldest first."""
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM print_job WHERE {_OPEN} AND state = 'uncertain' AND proof = '' ORDER BY id"
    )
    return [_job(row) for row in rows]


def last_job(conn: Any, purpose: str, subject: int) -> Job | None:
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM print_job WHERE purpose = ? AND subject = ? ORDER BY id DESC LIMIT 1",
        (purpose, subject),
    ).fetchone()
    return None if row is None else _job(row)


def last_test(conn: Any, role: str) -> Job | None:
    """The newest test page that was ordered for a printer: its state and proof are the result, `sent_at` the date."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM print_job WHERE purpose = 'test' AND role = ? ORDER BY id DESC LIMIT 1", (role,)
    ).fetchone()
    return None if row is None else _job(row)


def body_of(conn: Any, job_id: int) -> bytes | None:
    """The bytes that were sent; None when none were, or they are too old."""
    row = conn.execute("SELECT body FROM print_job WHERE id = ?", (job_id,)).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])


def _job(row: Any) -> Job:
    job_id, role, purpose, subject, copy, state, paper, proof, attempts, sent_at, sent_to, device, profile, digest = row
    return Job(
        job_id, role, purpose, subject, copy, state, bytes(paper), proof, attempts, sent_at, sent_to, device, profile,
        None if digest is None else bytes(digest),
    )  # fmt: skip


def recover_jobs(conn: Any) -> int:
    """After a restart: what was being sent may or may not be on paper; only a person knows. Returns how many."""
    return int(
        conn.execute(
            f"UPDATE print_job SET state = 'uncertain' WHERE {_OPEN} AND state IN ('sending', 'sent')"
        ).rowcount
    )


def drop_queued(conn: Any, ids: Iterable[int]) -> None:
    """Takes papers out of the queue that are of no sale: tests, an X, copies of reports."""
    conn.executemany(
        "UPDATE print_job SET state = 'dropped' WHERE state = 'queued' AND id = ?", [(job_id,) for job_id in ids]
    )


def drop_waiting(conn: Any, subject: int, copies: Iterable[int], kept: Iterable[int] = ()) -> int:
    """ "Sans reçu": takes these papers of a document out of the queue, but for the jobs `kept`. Returns how many."""
    dropped = 0
    for copy in copies:
        rows = conn.execute(
            "SELECT id FROM print_job WHERE state = 'queued' AND purpose = 'ticket' AND subject = ? AND copy = ?",
            (subject, copy),
        )
        for (job_id,) in rows.fetchall():
            if job_id not in kept:
                set_state(conn, job_id, "dropped")
                dropped += 1
    return dropped
