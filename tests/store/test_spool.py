"""Papers that were ordered: kept in order, taken out before they are sent, unknown after a crash."""

from collections.abc import Iterator
from hashlib import sha256

import pytest

from appliance.store import database, spool
from appliance.store.database import Connection, DatabaseError, connect, migrate


@pytest.fixture
def conn(tmp_path) -> Iterator[Connection]:
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    yield connection
    connection.close()


def order(conn: Connection, subject: int, copy: int = 0, purpose: str = "ticket") -> None:
    spool.add_job(conn, "printer.receipt", purpose, subject, copy, "2026-11-21T07:42:00.000Z", b"{}")


def test_papers_wait_in_the_order_they_were_asked_for(conn):
    order(conn, 7)
    order(conn, 3)
    order(conn, 7, copy=1)
    assert [(job.subject, job.copy, job.state, job.paper) for job in spool.waiting_jobs(conn)] == [
        (7, 0, "queued", b"{}"),
        (3, 0, "queued", b"{}"),
        (7, 1, "queued", b"{}"),
    ]
    newest = spool.last_job(conn, "ticket", 7)
    assert newest is not None and newest.copy == 1
    assert spool.last_job(conn, "z", 7) is None


def test_only_what_waits_is_dropped(conn):
    order(conn, 1)
    order(conn, 1, copy=1)
    order(conn, 1, copy=2)
    order(conn, 1, purpose="z")
    first, _, third, _ = spool.waiting_jobs(conn)
    spool.set_state(conn, first.id, "confirmed")
    assert spool.drop_waiting(conn, 1, (0, 1, 2), kept={third.id}) == 1
    assert [(job.purpose, job.copy) for job in spool.waiting_jobs(conn)] == [("ticket", 2), ("z", 0)]


def test_after_a_crash_what_was_being_sent_is_unknown_and_not_sent_again(conn):
    order(conn, 1)
    order(conn, 2)
    sending, waiting = spool.waiting_jobs(conn)
    spool.set_state(conn, sending.id, "sending")
    assert spool.recover_jobs(conn) == 1
    assert spool.recover_jobs(conn) == 0
    assert [job.id for job in spool.waiting_jobs(conn)] == [waiting.id]
    unknown = spool.last_job(conn, "ticket", 1)
    assert unknown is not None and unknown.state == "uncertain"


def test_a_state_that_does_not_exist_is_refused(conn):
    order(conn, 1)
    with pytest.raises(DatabaseError):
        spool.set_state(conn, 1, "lost")  # type: ignore[arg-type]


def claim(conn: Connection, job_id: int, body: bytes = b"\x1b@Merci\n") -> bool:
    return spool.claim_job(conn, job_id, "2026-11-21T07:43:00.000Z", "printer.receipt", "EPSON TM 1", "epson-80", body)


def test_the_bytes_and_their_hash_are_in_the_row_before_the_first_leaves(conn):
    order(conn, 1)
    assert claim(conn, 1)
    job = spool.last_job(conn, "ticket", 1)
    assert job is not None
    assert (job.state, job.attempts, job.sent_to, job.device) == ("sending", 1, "printer.receipt", "EPSON TM 1")
    assert spool.body_of(conn, 1) == b"\x1b@Merci\n"
    assert job.digest == sha256(b"\x1b@Merci\n").digest()


@pytest.mark.parametrize("state", ["sending", "sent", "confirmed", "uncertain", "dropped"])
def test_only_a_queued_job_is_ever_sent(conn, state):
    order(conn, 1)
    spool.set_state(conn, 1, state)
    assert not claim(conn, 1)
    assert spool.body_of(conn, 1) is None


def test_doubt_lasts_until_somebody_speaks(conn):
    for subject in (1, 2, 3):
        order(conn, subject)
        claim(conn, subject)
    assert spool.recover_jobs(conn) == 3
    spool.set_state(conn, 1, "confirmed", "person")
    spool.set_state(conn, 2, "uncertain", "copied")
    assert [job.subject for job in spool.doubtful_jobs(conn)] == [3]


def test_only_the_newest_bytes_are_kept_and_every_hash(conn, monkeypatch):
    monkeypatch.setattr(spool, "BODIES_KEPT", 2)
    for subject in (1, 2, 3, 4):
        order(conn, subject)
        claim(conn, subject)
        spool.set_state(conn, subject, "confirmed", "printer")
    assert [spool.body_of(conn, job_id) is None for job_id in (1, 2, 3, 4)] == [True, True, False, False]
    oldest = spool.last_job(conn, "ticket", 1)
    assert oldest is not None and oldest.digest


def test_the_queue_is_read_by_its_index(conn):
    """A till of ten years has a hundred thousand papers and a handful that wait."""
    seen: list[str] = []
    conn.set_trace_callback(seen.append)
    spool.waiting_jobs(conn)
    spool.doubtful_jobs(conn)
    conn.set_trace_callback(None)
    for query in seen:
        plan = conn.execute("EXPLAIN QUERY PLAN " + query).fetchall()
        assert all("print_job_open" in step[3] for step in plan), query


def test_papers_of_the_first_version_are_taken_over(tmp_path, monkeypatch):
    """Way: a database with the first two steps only, a paper in each state, then the third step."""
    steps = tmp_path / "steps"
    steps.mkdir()
    for step in sorted(database.MIGRATIONS.glob("000[12]_*.sql")):
        (steps / step.name).write_text(step.read_text(encoding="utf-8"))
    connection = connect(tmp_path / "old.db")
    with monkeypatch.context() as patched:
        patched.setattr(database, "MIGRATIONS", steps)
        migrate(connection)
    for state in ("queued", "sending", "printed", "uncertain", "dropped"):
        connection.execute(
            "INSERT INTO print_job (role, purpose, subject, copy, at, state, paper) VALUES ('r', 'x', 1, 0, '', ?, ?)",
            (state, b"{}"),
        )
    migrate(connection)
    states = [row[0] for row in connection.execute("SELECT state FROM print_job ORDER BY id")]
    assert states == ["queued", "sending", "confirmed", "uncertain", "dropped"]
    connection.close()
