"""A worker of head office behind a real mosquitto: what a till sold arrives, once, whatever is lost on the way."""

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from appliance.clock import SystemClock
from appliance.protocol import wire
from appliance.protocol.envelope import SealingKey
from appliance.protocol.wire import OFFICE
from headoffice import broker
from headoffice.ingest.worker import Worker
from headoffice.settings import Office, Settings
from tests.support.books import CHAIN, a_shop, books
from tests.support.counter_till import Sender
from tests.support.till import a_till
from tests.support.wire_peer import linked
from tests.sync.conftest import need_mosquitto, quick_line

OFFICE_KEY, TILL_KEY, OTHER_KEY = (SealingKey.from_bytes(bytes([n]) * 32) for n in (1, 2, 3))


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    need_mosquitto()
    port = broker.free_port()
    listeners = [broker.Listener(port)]
    with broker.Broker(tmp_path_factory.mktemp("broker"), CHAIN, listeners, (OFFICE, "ho-2")) as started:
        yield started, port


@pytest.fixture(scope="module")
def sold(tmp_path_factory):
    """The journal of a real day: 60 sales."""
    return asyncio.run(_sell(tmp_path_factory.mktemp("till")))


async def _sell(folder):
    async with a_till(folder) as till:
        for number in range(60):
            await till.sells(f"{1 + number % 3} croissant, 1 coffee | cash 50.00")
        await till.closes_the_day()
        return await till.entries()


@asynccontextmanager
async def a_worker(database, port, name=OFFICE, partitions=()):
    settings = Settings(Office(CHAIN, name=name, partitions=partitions, plain=True))
    worker = Worker(settings, database, OFFICE_KEY, SystemClock(), line=quick_line(port, name))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.run(), name=name)
        try:
            yield worker
        finally:
            task.cancel()


def a_peer(port, sender):
    return linked(quick_line(port, sender.till), sender.topics.read)


async def in_books(database, sql, *values):
    async with database.transaction() as tx:
        return [tuple(row) for row in await tx.rows(sql, *values)]


async def is_byte_for_byte(database, entries, till="caisse-1"):
    rows = await in_books(
        database,
        "SELECT e.seq, e.kind, e.body, e.hash FROM entry e JOIN journal j ON j.number = e.journal"
        " WHERE j.till = $1 ORDER BY e.seq",
        till,
    )
    return [(seq, kind, bytes(body), bytes(link)) for seq, kind, body, link in rows] == [
        (entry.seq, entry.kind, entry.body, entry.hash) for entry in entries
    ]


def test_a_journal_arrives_and_is_acknowledged(running, url, sold):
    async def scenario():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                await sender.drain(peer)
            assert await is_byte_for_byte(database, sold)
            (total,) = await in_books(database, "SELECT COUNT(*), SUM(total_minor) FROM document")
            (paid,) = await in_books(database, "SELECT SUM(amount_minor) FROM tender")
            (lines,) = await in_books(database, "SELECT COUNT(*), SUM(amount_minor) FROM line")
            assert total[0] == 60
            assert total[1] == paid[0] == lines[1]
            assert lines[0] == 120
            assert sender.replies[-1].hash == sold[-1].hash.hex()

    asyncio.run(scenario())


def test_lost_repeated_and_shuffled_batches_arrive_once(running, url, sold):
    async def scenario():
        chance = random.Random(7)
        async with books(url) as database:
            await a_shop(database, {"caisse-1": TILL_KEY.public})
            sender = Sender(sold, TILL_KEY, office=OFFICE_KEY.public)
            async with a_worker(database, running[1]), a_peer(running[1], sender) as peer:
                await sender.until(peer, lambda told: isinstance(told, wire.OfficeState) and told.online)
                storm = [letter for size in (3, 7, 20) for letter in sender.letters(0, size) if chance.random() < 0.7]
                chance.shuffle(storm)
                for letter in storm:
                    await peer.publish(letter)
                await sender.drain(peer)
            assert await is_byte_for_byte(database, sold)
            assert await in_books(database, "SELECT COUNT(*) FROM gap") != [(0,)]

    asyncio.run(scenario())
