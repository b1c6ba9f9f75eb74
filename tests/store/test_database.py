"""Opening, migrating, and where a transaction runs."""

import asyncio
from datetime import timedelta

import pytest

from appliance.clock import ManualClock
from appliance.store.database import (
    RETRY_EVERY,
    Database,
    DatabaseError,
    NewerDatabase,
    connect,
    connect_reader,
    migrate,
)
from tests.support.till import MORNING


def schema(conn):
    return conn.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_a_database_opened_twice_is_migrated_once(tmp_path):
    path = tmp_path / "till.db"
    first = connect(path)
    newest = migrate(first)
    before = schema(first)
    assert migrate(first) == newest
    first.close()
    second = connect(path)
    assert migrate(second) == newest
    assert schema(second) == before
    second.close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "till.db"
    conn = connect(path)
    newest = migrate(conn)
    conn.execute(f"PRAGMA user_version={newest + 1}")
    with pytest.raises(NewerDatabase):
        migrate(conn)
    conn.close()
    with pytest.raises(NewerDatabase):
        connect_reader(path)


def test_a_till_does_not_open_a_newer_database(run, tmp_path):
    async def day():
        database = Database(tmp_path / "till.db", ManualClock(MORNING))
        await database.open()
        await database.run(lambda conn: conn.execute("PRAGMA user_version=99"))
        await database.close()
        with pytest.raises(NewerDatabase):
            await database.open()

    run(day())


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path, monkeypatch):
    from appliance.store import database as module

    steps = tmp_path / "migrations"
    steps.mkdir()
    (steps / "0001_one.sql").write_text("CREATE TABLE one (a INTEGER);")
    monkeypatch.setattr(module, "MIGRATIONS", steps)
    conn = connect(tmp_path / "till.db")
    assert migrate(conn) == 1
    (steps / "0002_two.sql").write_text("CREATE TABLE two (a INTEGER); CREATE TABLE one (b INTEGER);")
    with pytest.raises(DatabaseError):
        migrate(conn)
    if conn.in_transaction:
        conn.execute("ROLLBACK")
    assert [row[1] for row in schema(conn)] == ["one"]
    assert conn.execute("PRAGMA user_version").fetchone() == (1,)
    conn.close()


def test_commits_are_durable_by_their_settings(tmp_path):
    conn = connect(tmp_path / "till.db")
    settings = [
        conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    assert settings == ["wal", 2, 1]
    conn.close()


def test_a_file_that_is_no_database_is_refused(run, tmp_path):
    (tmp_path / "till.db").write_bytes(b"this is a shopping list, " * 100)

    async def day():
        with pytest.raises(DatabaseError):
            await Database(tmp_path / "till.db", ManualClock(MORNING)).open()

    run(day())


def test_a_slow_disk_moves_the_commits_to_the_thread_and_is_tried_again_later(run, tmp_path):
    async def day():
        clock = ManualClock(MORNING)
        database = Database(tmp_path / "till.db", clock)
        await database.open()
        in_place = [database.may_run_in_place]
        for _ in range(25):
            database.run_in_place(lambda conn: clock.advance(timedelta(milliseconds=4)))
        in_place.append(database.may_run_in_place)
        for _ in range(RETRY_EVERY):
            await database.run(lambda conn: None)
        assert [*in_place, database.may_run_in_place] == [True, False, True]
        await database.close()

    run(day())


def test_three_stalls_are_enough_to_move_to_the_thread(run, tmp_path):
    async def day():
        clock = ManualClock(MORNING)
        database = Database(tmp_path / "till.db", clock)
        await database.open()
        for _ in range(3):
            assert database.may_run_in_place
            database.run_in_place(lambda conn: clock.advance(timedelta(milliseconds=300)))
        assert not database.may_run_in_place
        await database.close()

    run(day())


def test_a_cancelled_caller_does_not_stop_the_transaction(run, tmp_path):
    async def day():
        database = Database(tmp_path / "till.db", ManualClock(MORNING))
        await database.open()
        await database.run(lambda conn: conn.execute("CREATE TABLE t (a INTEGER)"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(database.run(lambda conn: conn.execute("INSERT INTO t VALUES (1)")))
            await asyncio.sleep(0)
            task.cancel()
        found = await database.run(lambda conn: conn.execute("SELECT COUNT(*) FROM t").fetchone())
        assert found == (1,)
        await database.close()

    run(day())


def test_a_fault_in_a_job_reaches_its_caller_and_the_next_one_works(run, tmp_path):
    async def day():
        database = Database(tmp_path / "till.db", ManualClock(MORNING))
        await database.open()
        with pytest.raises(DatabaseError):
            await database.run(lambda conn: conn.execute("SELECT * FROM nowhere"))
        with pytest.raises(DatabaseError):
            database.run_in_place(lambda conn: conn.execute("SELECT * FROM nowhere"))
        assert await database.run(lambda conn: conn.execute("SELECT 1").fetchone()) == (1,)
        await database.close()

    run(day())


def test_a_reader_sees_what_was_committed_and_cannot_write(run, tmp_path):
    path = tmp_path / "till.db"

    async def day():
        database = Database(path, ManualClock(MORNING))
        await database.open()
        await database.run(lambda conn: conn.execute("INSERT INTO meta VALUES ('k', 'v')"))
        await database.close()

    run(day())
    reader = connect_reader(path)
    assert reader.execute("SELECT value FROM meta WHERE key = 'k'").fetchone() == ("v",)
    with pytest.raises(DatabaseError):
        reader.execute("DELETE FROM meta")
    reader.close()
    with pytest.raises(FileNotFoundError):
        connect_reader(tmp_path / "none.db")
