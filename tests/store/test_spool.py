"""Papers that were ordered: kept in order, taken out before they are sent, unknown after a crash."""

from collections.abc import Iterator

import pytest

from appliance.store import spool
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
    order(conn, 1, purpose="z")
    first = spool.waiting_jobs(conn)[0]
    spool.set_state(conn, first.id, "confirmed")
    assert spool.drop_waiting(conn, 1) == 1
    assert [job.purpose for job in spool.waiting_jobs(conn)] == ["z"]


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
