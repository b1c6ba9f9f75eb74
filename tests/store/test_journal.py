"""The journal on the disk: append-only, chained, found out when somebody edits it, and replayed to the live state."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import journal as j
from appliance.domain.errors import BrokenJournal
from appliance.domain.state import TillState
from appliance.domain.ticket import Line
from appliance.domain.wallet import Purse
from appliance.protocol import command as c
from appliance.store import journal as store
from appliance.store.database import Connection, DatabaseError, connect, migrate
from tests.support.core import ROCHAT, Core
from tests.support.till import RAM, a_till

AT = "2026-11-21T07:42:00.000Z"
COLUMNS = ("seq", "epoch", "kind", "at", "actor", "origin", "body", "prev_hash", "hash")


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    yield connection
    connection.close()


def some_entries(count: int = 5, seq: int = 0, prev: bytes = j.GENESIS, epoch: str = "e1") -> list[j.Entry]:
    facts: list[j.AnyFact] = [j.TicketOpened(n, "take-away") for n in range(1, count + 1)]
    return j.chain(facts, seq=seq, prev_hash=prev, epoch=epoch, at=AT, actor="camille", origin=f"o{seq}")


def test_what_was_appended_is_read_back_and_the_chain_holds(conn):
    entries = some_entries()
    store.append(conn, entries[:1])
    store.append(conn, entries[1:])
    assert list(store.read_entries(conn)) == entries
    assert list(store.read_entries(conn, 2, 4)) == entries[2:4]
    assert store.verify(conn) == 5
    head = store.read_head(conn, "e1")
    assert (head.seq, head.hash, head.at) == (5, entries[-1].hash, AT)


@given(st.lists(st.integers(0, 6), max_size=40))
def test_a_document_is_found_by_its_number_wherever_it_lies(gaps):
    """Between the documents lie as many other facts as the list says."""
    with tempfile.TemporaryDirectory(dir=RAM) as folder:
        conn = connect(Path(folder) / "till.db")
        migrate(conn)
        facts: list[j.AnyFact] = []
        for document, gap in enumerate(gaps, 1):
            facts += [j.TicketOpened(document, "take-away")] * gap
            facts.append(j.TicketClosed(document, document, 1, "take-away", "camille", (), (), (), (), 0, 0))
        entries = j.chain(facts, seq=0, prev_hash=j.GENESIS, epoch="e1", at=AT, actor="camille")
        store.append(conn, entries)
        for document in range(1, len(gaps) + 1):
            found = store.find_document(conn, document)
            assert found is not None and found in entries and found.fact.document == document
        assert store.find_document(conn, 0) is store.find_document(conn, len(gaps) + 1) is None
        conn.close()


def test_papers_are_counted_by_the_journal_alone(conn):
    """Way: a receipt with three copies of which two were declined, an X and a Z of the same number, years of others."""
    facts: list[j.AnyFact] = [j.CopyIssued(7, 0, 1), j.CopyIssued(7, 1, 2), j.CopyIssued(8, 0, 3)]
    facts += [j.CopyIssued(7, 0, 4, paper="x"), j.CopyIssued(7, 1, 5, paper="z"), j.CopyIssued(7, 2, 6, paper="z")]
    facts += [j.CopyIssued(7, 2, 7), j.CopyIssued(7, 3, 8), j.ReceiptDeclined(7, 3), j.ReceiptDeclined(7, 2)]
    facts += [j.CopyIssued(9, 0, 9), j.CopyIssued(9, 1, 10), j.ReceiptDeclined(9)]  # as entries once said it
    store.append(conn, j.chain(facts, seq=0, prev_hash=j.GENESIS, epoch="e1", at=AT, actor="camille"))
    assert [store.papers_issued(conn, number) for number in (7, 8, 9, 10)] == [2, 1, 1, 0]
    assert (store.papers_issued(conn, 7, "x"), store.papers_issued(conn, 7, "z")) == (1, 3)
    asked: list[str] = []
    conn.set_trace_callback(asked.append)
    store.papers_issued(conn, 7)
    conn.set_trace_callback(None)
    plan = conn.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    assert "journal_copies" in plan[0][-1], plan


def test_an_empty_journal_takes_its_epoch_once(conn):
    assert store.read_head(conn, "first") == store.Head("first", 0, j.GENESIS, "")
    store.append(conn, some_entries(1, epoch="first"))
    assert store.read_head(conn, "second").epoch == "first"
    assert store.verify(conn) == 1


@pytest.mark.parametrize(
    "trace",
    [
        "INSERT INTO snapshot VALUES (6, x'00')",
        "INSERT INTO office_cursor VALUES ('up', 6)",
        "INSERT INTO print_job (role, purpose, subject, copy, at, state, paper)"
        " VALUES ('receipt', 'ticket', 1, 0, '', 'queued', x'00')",
        "INSERT INTO wallet_entry VALUES ('c', 6, '', 'credit', 5, 0, 5, 0, 1, 0, 0, '', '', '', '', '')",
    ],
    ids=["snapshot", "office", "paper", "movement"],
)
def test_an_end_that_was_cut_off_is_missed_by_what_names_it(conn, trace):
    store.append(conn, some_entries(5))
    store.load_state(conn)
    conn.execute(trace)
    with pytest.raises(BrokenJournal) as error:
        store.load_state(conn)
    assert error.value.reason in ("cut", "gap")


def test_an_epoch_without_entries_is_a_journal_that_was_taken_away(conn):
    store.append(conn, some_entries(5))
    conn.execute("DROP TRIGGER journal_is_append_only_delete")
    conn.execute("DELETE FROM journal")
    with pytest.raises(BrokenJournal) as error:
        store.load_state(conn)
    assert (error.value.seq, error.value.reason) == (1, "cut")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET at = 'x'",
        "UPDATE journal SET body = x'00' WHERE seq = 2",
        "DELETE FROM journal WHERE seq = 3",
    ],
)
def test_rows_are_never_changed_or_deleted(conn, statement):
    store.append(conn, some_entries())
    with pytest.raises(DatabaseError, match=r"journal\.append_only"):
        conn.execute(statement)
    assert store.verify(conn) == 5


def test_a_hole_and_a_second_row_of_the_same_number_are_refused(conn):
    entries = some_entries()
    store.append(conn, entries[:2])
    with pytest.raises(DatabaseError, match=r"journal\.hole"):
        store.append(conn, entries[3:4])
    with pytest.raises(DatabaseError):
        store.append(conn, entries[1:2])
    with pytest.raises(DatabaseError):
        store.append(conn, entries[2:3] + entries[4:])
    assert store.verify(conn) == 2, "a transaction that fails leaves nothing"


@pytest.mark.parametrize("bad", [0, 3, 4, 5, 8])
def test_a_long_chain_is_verified_in_two_halves_and_a_bad_entry_found_in_either(bad):
    def edit(conn):
        conn.execute("UPDATE journal SET at = 'x' WHERE seq = ?", (bad,))

    assert tampered(edit, shared_from=8) == bad


def test_a_half_that_cannot_be_read_is_not_taken_for_good(tmp_path):
    from appliance.store.half import main

    assert main(str(tmp_path / "none.db"), "1", "00" * 32, "e1", "2", "00" * 32) == 1
    conn = connect(tmp_path / "till.db")
    migrate(conn)
    entries = some_entries()
    store.append(conn, entries)
    ends = (entries[1].hash.hex(), "e1", "5", entries[4].hash.hex())
    assert main(str(tmp_path / "till.db"), "2", *ends) == 0
    assert main(str(tmp_path / "till.db"), "1", *ends) == 1
    assert main(str(tmp_path / "till.db"), "2", *ends[:2], "6", ends[3]) == 1
    conn.close()


def tampered(edit, shared_from: int = store.SHARED_MIN) -> int:
    """Write a journal of 8 entries, let `edit(conn)` loose on it with the triggers gone; the first bad entry, or 0."""
    with tempfile.TemporaryDirectory(dir=RAM) as folder:
        conn = connect(Path(folder) / "till.db")
        migrate(conn)
        store.append(conn, some_entries(8))
        for trigger in ("journal_is_append_only_update", "journal_is_append_only_delete", "journal_has_no_hole"):
            conn.execute(f"DROP TRIGGER {trigger}")
        edit(conn)
        try:
            store.verify(conn, shared_from)
        except BrokenJournal as broken:
            return broken.seq
        else:
            return 0
        finally:
            conn.close()


@given(st.integers(1, 8), st.sampled_from(COLUMNS[1:]), st.binary(min_size=1, max_size=3))
def test_any_edit_is_found_at_its_entry(seq, column, salt):
    def edit(conn):
        if column in ("prev_hash", "hash", "body"):
            (old,) = conn.execute(f"SELECT {column} FROM journal WHERE seq = ?", (seq,)).fetchone()
            place = salt[0] % len(old)
            new = old[:place] + bytes([old[place] ^ (salt[-1] or 1)]) + old[place + 1 :]
        else:
            new = f"{column}{salt.hex()}"
        conn.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (new, seq))

    found = tampered(edit)
    assert found == seq or (seq == 1 and column == "epoch" and found in (1, 2))


@given(st.integers(1, 7))
def test_a_deleted_entry_is_found_at_the_next_one(seq):
    assert tampered(lambda conn: conn.execute("DELETE FROM journal WHERE seq = ?", (seq,))) == seq + 1


@given(st.integers(1, 7))
def test_a_deleted_entry_is_found_also_when_the_others_are_renumbered(seq):
    def edit(conn):
        conn.execute("DELETE FROM journal WHERE seq = ?", (seq,))
        for later in range(seq + 1, 9):
            conn.execute("UPDATE journal SET seq = ? WHERE seq = ?", (later - 1, later))

    assert tampered(edit) == seq


@given(st.integers(1, 8), st.integers(1, 8))
def test_two_swapped_entries_are_found_at_the_first(one, other):
    def edit(conn):
        conn.execute("UPDATE journal SET seq = 100 WHERE seq = ?", (one,))
        conn.execute("UPDATE journal SET seq = ? WHERE seq = ?", (one, other))
        conn.execute("UPDATE journal SET seq = ? WHERE seq = 100", (other,))

    assert tampered(edit) == (min(one, other) if one != other else 0)


@given(st.integers(1, 8))
def test_an_entry_put_in_between_is_found(seq):
    def edit(conn):
        for later in range(8, seq - 1, -1):
            conn.execute("UPDATE journal SET seq = ? WHERE seq = ?", (later + 1, later))
        rows = conn.execute("SELECT * FROM journal WHERE seq = ?", (seq - 1,)).fetchall()
        prev = rows[0][8] if rows else j.GENESIS
        entry = j.chain([j.TicketOpened(99, "m")], seq=seq - 1, prev_hash=prev, epoch="e1", at=AT, actor="x")[0]
        store.insert(conn, [entry])

    assert tampered(edit) == (seq + 1)


def test_an_entry_of_another_till_is_found():
    def edit(conn):
        stranger = some_entries(1, seq=8, epoch="e2")[0]
        store.insert(conn, [stranger])

    assert tampered(edit) == 9


def test_an_entry_that_nobody_can_read_stops_the_till(conn):
    broken = j.Entry(1, "e1", "Nonsense", AT, "", "", b'{"kind":"Nonsense"}', j.GENESIS, b"")
    link = j.entry_hash(j.GENESIS, 1, "e1", "Nonsense", AT, "", "", broken.body)
    store.insert(conn, [j.Entry(1, "e1", "Nonsense", AT, "", "", broken.body, j.GENESIS, link)])
    with pytest.raises(BrokenJournal) as error:
        store.load_state(conn)
    assert (error.value.seq, error.value.reason) == (1, "unreadable")


def test_a_snapshot_saves_time_and_changes_nothing(conn):
    entries = some_entries(6)
    store.append(conn, entries[:4])
    store.save_snapshot(conn, 4, store.encode_state(store.load_state(conn)))
    store.append(conn, entries[4:])
    assert store.load_state(conn) == store.rebuild_state(conn)
    store.save_snapshot(conn, 6, store.encode_state(store.load_state(conn)))
    assert conn.execute("SELECT COUNT(*) FROM snapshot").fetchone() == (1,)
    assert store.load_state(conn) == store.rebuild_state(conn)


def test_a_snapshot_with_more_money_than_the_movements_left_is_not_believed(conn, caplog):
    core = Core()
    core.credits(1000)
    store.append(conn, j.chain(core.facts, seq=0, prev_hash=j.GENESIS, epoch="e1", at=AT, actor=""))
    right = store.load_state(conn)
    seq = store.read_head(conn, "").seq
    forged = store.decode_state(store.encode_state(right))
    forged.wallets[ROCHAT].holding = forged.wallets[ROCHAT].holding.plus(Purse(100_000))
    store.save_snapshot(conn, seq, store.encode_state(forged))
    assert store.load_state(conn) == right
    assert "holds other money" in caplog.text
    assert not store.is_snapshot_right(conn)
    store.save_snapshot(conn, seq, store.encode_state(right))
    assert store.is_snapshot_right(conn)


@pytest.mark.parametrize("damaged", [b"\xc1 not a state", b"\x81\xa4till\xa2\xff\xff"])
def test_a_damaged_snapshot_costs_time_only(conn, damaged):
    store.append(conn, some_entries())
    store.save_snapshot(conn, 5, damaged)
    assert store.load_state(conn) == store.rebuild_state(conn)


def test_the_newest_orders_are_remembered_oldest_first(conn):
    entries: list[j.Entry] = []
    for n in range(4):
        facts: list[j.AnyFact] = [j.LineAdded(1, Line(n + 1, "x", 100, 260)), j.TicketNamed(1, str(n))]
        prev = entries[-1].hash if entries else j.GENESIS
        entries += j.chain(facts, seq=len(entries), prev_hash=prev, epoch="e", at=AT, actor="", origin=f"order-{n}")
    store.append(conn, entries)
    assert store.recent_origins(conn) == ["order-0", "order-1", "order-2", "order-3"]


def test_an_empty_journal_is_an_empty_state(conn):
    assert store.load_state(conn) == TillState()


def test_the_same_day_read_back_is_the_live_state_to_the_last_field(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant, 1 candles | cash 10.00")
            await till.do(c.CorrectPayment(), c.AddTender("card"), c.PrintReceipt())
            await till.do(c.NewTicket())
            await till.adds("5 coffee")
            await till.do(c.StartSplit(), c.MoveToPart(1, 2000))
            assert await till.books(store.rebuild_state) == till.state
            await till.pull_the_plug()
            assert await till.books(store.rebuild_state) == till.state
            await till.stop()
            await till.start()
            assert await till.books(store.rebuild_state) == till.state

    run(day())


def test_s08_the_clock_put_back_never_puts_an_entry_before_another(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 coffee | card")
            till.clock.set_wall(till.clock.now() - timedelta(hours=2))
            await till.sells("1 coffee | card")
            times = [entry.at for entry in await till.entries()]
            assert times == sorted(times)
            corrected = await till.facts(j.ClockCorrected)
            assert corrected and corrected[0].seconds_back == 7200

    run(day())


def test_a_resent_order_is_answered_also_after_a_restart(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            first = await till.order(c.TakeCash(200), "the-payment")
            await asyncio.sleep(0)
            await till.pull_the_plug()
            again = await till.order(c.TakeCash(200), "the-payment")
            assert first.ok and again.ok
            assert len(await till.documents()) == 1

    run(day())
