"""Storms: the cable, the broker, head office's worker and its database fail at random while 1,200 tickets go up.

Nothing may be lost, doubled or changed, and when the sky is clear all of it is there within half a minute.
"""

import asyncio
import random
from contextlib import suppress
from itertools import islice

import pytest

from appliance.clock import SystemClock
from appliance.domain.journal import GENESIS, TicketClosed, chain
from appliance.domain.ticket import Line, Tender, VatRow
from appliance.protocol import wire
from appliance.protocol.envelope import EnvelopeError
from appliance.protocol.wire import OFFICE
from appliance.sync.session import Letter, Session
from headoffice import broker
from headoffice.audit import audit
from headoffice.database import DatabaseTrouble
from headoffice.ingest.worker import Worker
from headoffice.settings import Office, Settings
from tests.headoffice.test_worker import OFFICE_KEY, TILL_KEY, in_books, is_byte_for_byte
from tests.support.books import CHAIN, WHEN, a_shop, books
from tests.support.counter_till import Sender
from tests.support.wire_chaos import Chaos
from tests.support.wire_storm import storm
from tests.sync.conftest import need_mosquitto, quick_line

TICKETS = 1_200
CAUGHT_UP_S = 30.0
BATCH = 5
"""Small, so that the storm finds them under way."""


def tickets(count, epoch="e1"):
    line = Line(1, "Pain", 250, 260, product=1)
    cash = Tender(1, "cash", "Espèces", "cash", 250)
    facts = [
        TicketClosed(n, n, 1, "take-away", "camille", (line,), (250,), (VatRow(260, 250, 6),), (cash,), 250, 250)
        for n in range(1, count + 1)
    ]
    return chain(list(facts), seq=0, prev_hash=GENESIS, epoch=epoch, at=WHEN, actor="camille")


class Persistent(Sender):
    """Sends over whatever connection there is until the last entry is acknowledged."""

    sent = 0

    async def serve(self, connection):
        while self.cursor < self.entries[-1].seq:
            fresh = islice((entry for entry in self.entries if entry.seq > self.cursor), wire.WINDOW * BATCH)
            for run in wire.cut(fresh, BATCH):
                self.sent += 1
                await connection.publish(Letter(self.topics.up, self.seal(wire.pack(run))))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self._hear(connection)

    async def _hear(self, connection):
        heard = 0
        async for arrived in connection.messages():
            with suppress(EnvelopeError):
                reply = self.read(arrived.payload)
                if isinstance(reply, wire.Ack):
                    self.cursor = max(self.cursor, reply.seq)
                    heard += 1
                assert not isinstance(reply, wire.Refused)
            if heard == wire.WINDOW or self.cursor >= self.entries[-1].seq:
                return


async def failing_worker(database, port, seed):
    """A worker that is thrown away in the middle of its work again and again."""
    chance = random.Random(seed)
    settings = Settings(Office(CHAIN, plain=True))
    while True:
        worker = Worker(settings, database, OFFICE_KEY, SystemClock(), line=quick_line(port, OFFICE))
        with suppress(TimeoutError, DatabaseTrouble):
            async with asyncio.timeout(chance.uniform(0.2, 1.5)):
                await worker.run()
        await asyncio.sleep(0)  # where the database is not there, it is not asked without end


@pytest.mark.parametrize("seed", range(5))
def test_everything_arrives_once_through_a_storm(tmp_path, request, seed):
    need_mosquitto()
    cluster = request.getfixturevalue("cluster") if seed % 2 else None
    url = cluster.new_url() if cluster is not None else f"sqlite:{tmp_path / 'office.db'}"
    entries = tickets(TICKETS)

    async def scenario():
        port = broker.free_port()
        with broker.Broker(tmp_path / "broker", CHAIN, [broker.Listener(port)]) as running:
            async with books(url) as database, Chaos(("127.0.0.1", port), seed) as net, asyncio.TaskGroup() as group:
                await a_shop(database, {"caisse-1": TILL_KEY.public})
                net.doubles, net.swaps = 0.05, 0.05
                sender = Persistent(entries, TILL_KEY, office=OFFICE_KEY.public)
                working = group.create_task(failing_worker(database, port, seed), name="worker")
                sending = group.create_task(
                    Session(quick_line(net.port, "caisse-1"), sender.topics.read).run(sender.serve), name="till"
                )
                async with storm(net, running, seed=seed) as weather:
                    await weather.had(5)
                    if cluster is not None:
                        await asyncio.to_thread(cluster.stop, "immediate")
                        await asyncio.to_thread(cluster.start)
                    await weather.had(8)
                async with asyncio.timeout(CAUGHT_UP_S):
                    await sending
                working.cancel()
                assert sender.sent > TICKETS // BATCH + 10, "the storm met nobody"
                assert await is_byte_for_byte(database, entries)
                rows = await in_books(database, "SELECT COUNT(*), SUM(total_minor) FROM document")
                assert [tuple(map(int, row)) for row in rows] == [(TICKETS, 250 * TICKETS)]
                async with database.transaction() as tx:
                    assert await audit(tx) == []
                    assert await tx.rows("SELECT * FROM fork") == []

    asyncio.run(scenario())
