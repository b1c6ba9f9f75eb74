"""The single writer when SQLite itself refuses: nothing is half done, and the next order finds the truth of the disk.

Full and read-only disks, real ones, are in tests/faults; here the database is told to refuse.
"""

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta

import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.effect import Effect
from appliance.domain.till import step
from appliance.protocol import command as c
from appliance.service.ledger import ROOM_NS, SNAPSHOT_EVERY, StoreFault, StoreLost, fault_code, stamp
from appliance.service.paying import tender_of_kind
from appliance.store import journal as store
from appliance.store.database import DatabaseError
from tests.support.till import MORNING, a_till


async def refuse_writes(till, pragma="PRAGMA query_only=ON"):
    """The connection takes no more writes until it is opened again."""
    await till.daemon.ledger.settle()
    till.daemon.ledger.read_now(lambda conn: conn.execute(pragma).fetchall())


def test_a_commit_that_is_refused_leaves_the_sale_unpaid_on_the_screen_and_on_the_disk(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            pulses: list[Effect] = []
            till.till._perform = pulses.append
            await refuse_writes(till)
            answer = await till.order(c.TakeCash(200), "pay")
            assert (answer.ok, answer.code) == (False, "store.read_only")
            assert pulses == [], "no drawer and no paper for what is not on the disk"
            assert till.view.result is None
            assert till.basket() == "1 Croissant au beurre 1.60"
            assert await till.books(store.rebuild_state) == till.state
            assert await till.facts(j.TicketClosed) == []

    run(day())


def test_a_refused_order_may_be_tried_again_and_then_counts_once(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            await refuse_writes(till)
            assert not (await till.order(c.TakeCash(200))).ok
            till.daemon.ledger._well_again()
            await till.do(c.TakeCash(200))
            assert till.daemon.ledger.fault == "" and not till.message.startswith("store.")
            assert len(await till.documents()) == 1
            assert await till.books(store.verify) == till.daemon.ledger.seq

    run(day())


def test_a_basket_on_a_disk_that_refuses_falls_back_to_what_the_disk_holds(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            await refuse_writes(till)
            await till.do(c.AddProduct(501))
            with pytest.raises(StoreFault):
                await till.daemon.ledger.settle()
            assert till.basket() == "1 Croissant au beurre 1.60"
            assert till.daemon.ledger.fault == "store.read_only"

    run(day())


def test_who_asks_in_the_turn_in_which_a_commit_ends_is_served_in_the_next(run, tmp_path):
    """The commit on the thread is done and its end not yet noticed: it does not have what was just decided.

    Way: the thread's answer is held back until the second order has begun to wait; a loop that got no turn any more
    would never end, so a bell rings.
    """

    def ring(*_):
        raise AssertionError("the loop gets no turn any more")

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            ledger, loop = till.daemon.ledger, asyncio.get_running_loop()
            await ledger.settle()
            database, answered = ledger._database, loop.create_future()

            async def held_back(job):
                await answered
                return database.run_in_place(job)

            database.run = held_back  # type: ignore[method-assign]
            database._slow_left = 1_000
            till.till.do(i.CommentLine(1, "bien cuit"))
            first = loop.create_task(ledger.settle())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            till.till.do(i.CommentLine(1, "pas trop"))
            loop.call_soon(answered.set_result, None)
            second = loop.create_task(ledger.settle())
            await asyncio.gather(first, second)
            assert ledger.is_settled
            del database.run

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(20)
    try:
        run(day())
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def test_entries_and_papers_are_one_transaction(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            await ledger.settle()
            before = ledger.seq

            def companion(conn):
                conn.execute("INSERT INTO meta VALUES ('half', 'done')")
                conn.execute("INSERT INTO nowhere VALUES (1)")

            ledger.do(i.OpenTicket("take-away"))
            ledger.also(companion)
            with suppress(StoreFault, *DatabaseError):
                await ledger.settle()
            half = await ledger.read(lambda conn: conn.execute("SELECT * FROM meta WHERE key = 'half'").fetchall())
            rows = await ledger.read(lambda conn: conn.execute("SELECT MAX(seq) FROM journal").fetchone()[0])
            assert (half, rows) == ([], before)

    run(day())


def test_what_was_made_ready_is_what_is_sealed_and_only_for_the_basket_it_was_made_for(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            await till.do(c.NewTicket(), c.AddProduct(201))
            await ledger.settle()
            await asyncio.sleep(0)
            ready = ledger._rehearsal
            assert ready is not None and ready.outcome == step(till.state, ready.intent, ledger.moment())
            await till.do(c.TakeCash(0))
            (sealed,) = await till.facts(j.TicketClosed)
            assert [sealed] == ready.outcome.facts
            await till.do(c.NewTicket(), c.AddProduct(201))
            await ledger.settle()
            await asyncio.sleep(0)
            assert ledger._rehearsal is not ready
            await till.do(c.AddProduct(501), c.TakeCash(0))
            assert [len(fact.lines) for fact in await till.facts(j.TicketClosed)] == [1, 2]
            assert await till.books(store.verify) == ledger.seq
            assert await till.books(store.rebuild_state) == till.state

    run(day())


def test_a_basket_that_settles_by_itself_is_made_ready_to_be_paid(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            ready = asyncio.Event()
            get_ready = ledger.on_idle

            def note() -> None:
                get_ready()
                ready.set()

            ledger.on_idle = note
            await till.do(c.NewTicket(), c.AddProduct(201))
            await ready.wait()
            assert ledger._knows(i.Tend(tender_of_kind(till.till, "cash"))) is not None

    run(day())


def test_room_seen_lately_is_enough_for_cash_and_forgotten_when_a_commit_fails(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            await till.do(c.NewTicket(), c.AddProduct(201))
            await ledger.settle()
            await asyncio.sleep(0)
            seen_ns = ledger._room_seen_ns
            till.clock.advance(timedelta(seconds=1))
            ledger.check_room(lately=True)
            assert ledger._room_seen_ns == seen_ns
            till.clock.advance(timedelta(seconds=ROOM_NS // 10**9))
            ledger.check_room(lately=True)
            assert ledger._room_seen_ns == till.clock.monotonic_ns()
            till.clock.advance(timedelta(seconds=1))
            ledger.check_room()
            assert ledger._room_seen_ns == till.clock.monotonic_ns()
            await refuse_writes(till)
            assert not (await till.order(c.TakeCash(0))).ok
            assert ledger._room_seen_ns is None

    run(day())


def test_a_crowd_shares_its_commits_however_often_it_comes_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            await ledger.settle()
            commits, first = ledger._commits, ledger.seq

            async def writer() -> None:
                for _ in range(5):
                    ledger.do(i.OpenDrawer("drawer.check"))
                    await ledger.settle()

            await asyncio.gather(*(writer() for _ in range(16)))
            assert ledger.seq == first + 80
            assert ledger._commits - commits <= 20, "one commit for each turn, and a few for those who fell behind"

    run(day())


def test_a_companion_without_an_entry_is_waited_for(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            await ledger.settle()

            async def note(key: str) -> None:
                ledger.also(lambda conn: conn.execute("INSERT INTO meta VALUES (?, 'done')", (key,)))
                await ledger.settle()
                assert ledger.read_now(
                    lambda conn: conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
                )

            await asyncio.gather(*(note(f"note {n}") for n in range(4)))
            ledger._database._slow_left = 99  # as on a slow card: on the thread
            await asyncio.gather(*(note(f"late {n}") for n in range(4)))

    run(day())


def test_a_snapshot_is_kept_from_time_to_time_and_is_the_state(run, tmp_path):
    async def day():
        async with a_till(tmp_path, cumulate=False) as till:
            await till.do(c.NewTicket())
            for _ in range(SNAPSHOT_EVERY // 10):
                await till.adds("1 croissant, 1 coffee, 1 bag, 1 candles, 1 deposit")
                await till.adds("1 croissant, 1 coffee, 1 bag, 1 candles, 1 deposit")
                await till.do(c.HoldTicket(), c.NewTicket())
            await till.daemon.ledger.settle()
            await till.daemon.ledger.snapshot_if_due()
            kept = await till.books(lambda conn: conn.execute("SELECT seq FROM snapshot").fetchall())
            assert kept == [(till.daemon.ledger.seq,)]
            before = till.state
            await till.pull_the_plug()
            assert till.state == before

    run(day())


def test_the_room_for_the_closing_is_set_aside_and_given_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.daemon.ledger
            ledger.keep_reserve()
            assert ledger.reserve().stat().st_size == 4 * 1024 * 1024
            await till.closes_the_day()
            assert not ledger.reserve().exists()

    run(day())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("database or disk is full", "store.full"),
        ("attempt to write a readonly database", "store.read_only"),
        ("disk I/O error", "store.failed"),
    ],
)
def test_what_the_database_says_is_told_in_the_tills_words(text, code):
    assert fault_code(OSError(text)) == code


def test_times_are_written_so_that_they_sort():
    assert stamp(MORNING) == "2026-11-21T07:42:00.000Z"


def test_when_the_disk_is_gone_every_waiting_order_ends_and_so_does_the_till(run, tmp_path):
    """One commit fails, the database cannot be opened again: nobody waits for ever for facts that no commit holds."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            ledger = till.daemon.ledger
            ended: list[str] = []
            ledger.on_lost = lambda: ended.append("lost")
            await refuse_writes(till)
            (tmp_path / "till.db").rename(tmp_path / "gone.db")
            (tmp_path / "till.db").mkdir()
            ledger.do(i.OpenDrawer("drawer.check"))
            outcomes = await asyncio.gather(*[ledger.settle() for _ in range(3)], return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [StoreLost] * 3
            assert ended[0] == "lost"
            (tmp_path / "till.db").rmdir()
            (tmp_path / "gone.db").rename(tmp_path / "till.db")

    run(day())


@pytest.mark.parametrize("in_place", [True, False])
def test_a_defect_of_what_is_written_along_costs_the_order_and_nothing_else(run, tmp_path, in_place):
    """The facts went with the failed transaction: the state is the disk's again, and the next order is carried out."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            ledger = till.daemon.ledger
            await ledger.settle()
            before = ledger.seq
            if not in_place:
                ledger._database._slow_left = 1_000
            ledger.do(i.OpenDrawer("drawer.check"))
            ledger.also(lambda conn: [].pop())
            for outcome in await asyncio.gather(ledger.settle(), ledger.settle(), return_exceptions=True):
                assert isinstance(outcome, StoreFault)
            assert ledger.seq == before
            ledger._well_again()
            await till.do(c.TakeCash(200))
            assert await till.books(store.verify) == ledger.seq

    run(day())
