"""Batches into the books: duplicated, missing, forged, poisoned, interrupted at every step; on both databases."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from appliance.domain.journal import GENESIS, Entry, SellerSignedIn, SessionOpened, canonical, chain, entry_hash
from appliance.protocol import wire
from appliance.protocol.envelope import SealingKey
from headoffice import lists, places
from headoffice.database import DatabaseTrouble
from headoffice.ingest import journal
from tests.support.books import WHEN, a_shop, books
from tests.support.till import a_till

KEY = SealingKey.from_bytes(b"\1" * 32).public
TABLES = (
    "journal",
    "entry",
    "document",
    "line",
    "vat",
    "tender",
    "movement",
    "closing",
    "session",
    "wallet",
    "holding",
)


def on(url, scenario):
    async def run():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": KEY, "caisse-2": KEY})
            await scenario(database)

    asyncio.run(run())


async def takes(database, batch, till="caisse-1", careful=False):
    async with database.transaction() as tx:
        return await journal.take(tx, journal.Post(till, batch, b"payload", WHEN), careful=careful)


async def asks(database, sql, *values):
    async with database.transaction() as tx:
        return [tuple(row) for row in await tx.rows(sql, *values)]


async def everything(database):
    return {table: sorted(map(repr, await asks(database, f"SELECT * FROM {table}"))) for table in TABLES}


def signed_in(count, epoch="e1", at=WHEN):
    facts: list[Any] = [SellerSignedIn(f"s{number}", "Camille") for number in range(count)]
    return chain(facts, seq=0, prev_hash=GENESIS, epoch=epoch, at=at, actor="camille")


def rechained(entries, **changed):
    """The same journal with other entries at some numbers: `e7=(kind, body)`."""
    made: list[Entry] = []
    prev = GENESIS
    for entry in entries:
        kind, body = changed.get(f"e{entry.seq}", (entry.kind, entry.body))
        link = entry_hash(prev, entry.seq, entry.epoch, kind, entry.at, entry.actor, entry.origin, body)
        made.append(Entry(entry.seq, entry.epoch, kind, entry.at, entry.actor, entry.origin, body, prev, link))
        prev = link
    return made


def batches(entries, size=50):
    return [wire.pack(run) for run in wire.cut(entries, size)]


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    """A real morning: sales, a reversal, a customer's credit spent."""
    return asyncio.run(_sell(tmp_path_factory.mktemp("till")))


async def _sell(folder):
    async with a_till(folder) as till:
        for number in range(8):
            await till.sells(f"{1 + number % 3} croissant, 1 coffee | cash 50.00")
        await till.closes_the_day()
        return await till.entries()


def test_one_poisoned_entry_among_a_thousand_stops_nothing(url):
    poison = msgspec.json.encode({"kind": "SellerSignedIn", "seller": 7})
    entries = rechained(signed_in(1000), e500=("SellerSignedIn", poison))

    async def scenario(database):
        asides = []
        for batch in batches(entries):
            taken = await takes(database, batch)
            assert isinstance(taken.reply, wire.Ack)
            asides += taken.aside
        assert taken.reply.seq == 1000
        assert asides == [wire.SetAside("e1", 500, "body", "SellerSignedIn")]
        assert await asks(database, "SELECT COUNT(*) FROM entry") == [(1000,)]
        async with database.transaction() as tx:
            (row,) = await lists.quarantine(tx)
            assert (row["seq"], row["code"], row["state"]) == (500, "body", "open")
            assert not await lists.read_again(tx, "caisse-1", 500, WHEN)
            await lists.clear(tx, "caisse-1", 500, "nadia", "vu", WHEN)
            assert await lists.quarantine(tx, "open") == []
        (kept,) = await asks(database, "SELECT body FROM entry WHERE seq = 500")
        assert bytes(kept[0]) == poison

    on(url, scenario)


@pytest.mark.parametrize(
    ("kind", "body", "code", "told"),
    [
        ("HologramShown", b'{"kind":"HologramShown","colour":"blue"}', "unknown_kind", False),
        ("SellerSignedIn", b'{"kind":"TicketClosed"}', "body", True),
        ("SessionOpened", b'{"kind":"SessionOpened","session":1,"service":1,"business_date":"2026-11-21",'
         b'"float_minor":99999999999999999999,"expected_minor":0}', "row", True),
        ("SessionOpened", b'{"kind":"SessionOpened","session":1,"service":1,"business_date":"a\\u0000b",'
         b'"float_minor":0,"expected_minor":0}', "text", True),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_and_acknowledged(url, kind, body, code, told):
    async def scenario(database):
        (batch,) = batches(rechained(signed_in(5), e3=(kind, body)))
        taken = await takes(database, batch, careful=code == "row")
        assert isinstance(taken.reply, wire.Ack)
        assert taken.reply.seq == 5
        assert [aside.code for aside in taken.aside] == ([code] if told else [])
        assert await asks(database, "SELECT seq, code FROM quarantine") == [(3, code)]

    on(url, scenario)


def test_a_row_that_the_database_refuses_costs_its_entry_only(url):
    """Two sessions under one number: the second one's row is there already."""
    opened = canonical(SessionOpened(1, 1, "2026-11-21", 0, 0))

    async def scenario(database):
        (batch,) = batches(rechained(signed_in(5), e2=("SessionOpened", opened), e4=("SessionOpened", opened)))
        from headoffice.database import BadRow

        with pytest.raises(BadRow):
            await takes(database, batch)
        assert await asks(database, "SELECT COUNT(*) FROM entry") == [(0,)]
        taken = await takes(database, batch, careful=True)
        assert taken.reply.seq == 5
        assert await asks(database, "SELECT seq, code FROM quarantine") == [(4, "row")]

    on(url, scenario)


def test_repeated_and_overlapping_batches_change_nothing(url, sold):
    async def scenario(database):
        for batch in batches(sold, 10):
            await takes(database, batch)
        before = await everything(database)
        for size in (50, 7, 3):
            for batch in batches(sold, size):
                taken = await takes(database, batch)
                assert (taken.fresh, taken.reply.seq) == (0, sold[-1].seq)
        assert await everything(database) == before

    on(url, scenario)


def test_a_gap_is_answered_with_the_place_to_go_on_from(url, sold):
    async def scenario(database):
        first, second, third = batches(sold, 10)[:3]
        await takes(database, first)
        taken = await takes(database, third)
        assert taken.reply == wire.Gap(sold[0].epoch, 10, WHEN)
        assert await asks(database, "SELECT COUNT(*) FROM entry") == [(10,)]
        await takes(database, second)
        assert (await takes(database, third)).reply.seq == 30
        async with database.transaction() as tx:
            (row,) = await lists.gaps(tx)
        assert (row["after"], row["came"], row["closed"]) == (10, 21, True)

    on(url, scenario)


@pytest.mark.parametrize("first", [1, 11, 21])
def test_another_history_stops_the_till_and_merges_nothing(url, first):
    ours = signed_in(30)
    theirs = rechained(signed_in(30), e9=("SellerSignedIn", msgspec.json.encode(SellerSignedIn("x", "X"))))

    async def scenario(database):
        for batch in batches(ours[:20], 10):
            await takes(database, batch)
        before = await asks(database, "SELECT * FROM entry ORDER BY seq")
        taken = await takes(database, wire.pack(theirs[first - 1 : first + 9]))
        assert isinstance(taken.reply, wire.Refused)
        assert taken.reply.code == "fork"
        assert await asks(database, "SELECT state FROM till WHERE id = 'caisse-1'") == [("quarantined",)]
        honest = await takes(database, wire.pack(ours[20:]))
        assert isinstance(honest.reply, wire.Refused)
        assert await asks(database, "SELECT * FROM entry ORDER BY seq") == before
        async with database.transaction() as tx:
            assert [row["code"] for row in await lists.forks(tx)] == ["fork"]
            await places.accept(tx, "caisse-1", "e1", "nadia", "clone détruit", WHEN)
        assert (await takes(database, wire.pack(ours[20:]))).reply.seq == 30
        assert isinstance((await takes(database, batches(theirs, 10)[1])).reply, wire.Refused)

    on(url, scenario)


def test_two_boxes_with_one_identity_are_both_stopped(url):
    one, two = signed_in(10, "e1"), signed_in(10, "e2")

    async def scenario(database):
        await takes(database, wire.pack(one[:5]))
        assert (await takes(database, wire.pack(two))).reply.code == "epoch"
        assert (await takes(database, wire.pack(one[5:]))).reply.code == "epoch"
        assert await asks(database, "SELECT COUNT(*) FROM entry") == [(5,)]
        async with database.transaction() as tx:
            await places.accept(tx, "caisse-1", "e2", "nadia", "disque neuf", WHEN)
        assert (await takes(database, wire.pack(two))).reply.seq == 10
        late = await takes(database, wire.pack(one[5:]))
        assert (late.reply.seq, late.fence) == (10, "fork")

    on(url, scenario)


def test_links_that_do_not_follow_are_refused_and_the_till_may_mend_it(url):
    async def scenario(database):
        good = wire.pack(signed_in(10))
        bad = msgspec.structs.replace(good, last="0" * 64)
        assert (await takes(database, bad)).reply.code == "chain"
        assert (await takes(database, good)).reply.seq == 10

    on(url, scenario)


class Failing:
    """A database that goes away at the n-th thing that is asked of it."""

    def __init__(self, database: Any, after: int) -> None:
        self._database, self._left = database, after

    @asynccontextmanager
    async def transaction(self):
        async with self._database.transaction() as tx:
            yield _FailingTransaction(tx, self)

    def step(self):
        self._left -= 1
        if self._left < 0:
            raise DatabaseTrouble("gone")


class _FailingTransaction:
    def __init__(self, tx: Any, owner: Failing) -> None:
        self._tx, self._owner = tx, owner

    def __getattr__(self, name: str) -> Any:
        if name in ("run", "rows", "row", "value", "insert", "many", "count"):
            self._owner.step()
        return getattr(self._tx, name)


def test_interrupted_at_every_step_nothing_is_half_there(url, sold):
    async def scenario(database):
        batch, empty = batches(sold, 1000)[0], await everything(database)
        steps = 0
        while True:
            try:
                await takes(Failing(database, steps), batch)
                break
            except DatabaseTrouble:
                assert await everything(database) == empty, f"step {steps}"
                steps += 1
        assert steps > 8
        assert (await takes(database, batch)).fresh == 0
        assert await asks(database, "SELECT COUNT(*) FROM entry") == [(len(sold),)]

    on(url, scenario)


def test_two_journals_side_by_side_keep_apart(url, sold):
    async def scenario(database):
        for batch in batches(sold, 20):
            await takes(database, batch, "caisse-1")
            await takes(database, batch, "caisse-2")
        rows = await asks(database, "SELECT journal, COUNT(*), SUM(total_minor) FROM document GROUP BY journal")
        assert len(rows) == 2
        assert rows[0][1:] == rows[1][1:]

    on(url, scenario)
