"""The protocol's promise, with nothing but the wire: each entry arrives once, in order and unchanged, in any weather.

Way: the smallest till and the smallest head office that keep to the rules (a window, a cursor moved by
acknowledgement, back to the cursor on a gap or on silence; no repeat, no hole, every seal and link checked) talk
through a real mosquitto that is killed and frozen, over a network that cuts, swallows, trickles, doubles and swaps.
"""

import asyncio

import pytest

from appliance.domain.journal import GENESIS, AnyFact, TicketNamed, chain
from appliance.protocol import wire
from appliance.protocol.envelope import Address, SealingKey, opened, sealed
from appliance.sync.session import Letter, Session
from tests.support.wire_chaos import Chaos
from tests.support.wire_storm import storm
from tests.sync.conftest import CHAIN, quick_line

TOPICS = wire.Topics(CHAIN, "caisse-1")
TILL, OFFICE = SealingKey.from_bytes(b"t" * 32), SealingKey.from_bytes(b"o" * 32)
UP, DOWN = Address(CHAIN, "caisse-1", wire.OFFICE), Address(CHAIN, wire.OFFICE, "caisse-1")
SILENCE_S = 0.4
TROUBLES = 5
"""Each draws from seven kinds; head office has troubles of its own meanwhile."""


class Till:
    def __init__(self, entries):
        self.entries = entries
        self.cursor = 0
        self.rewinds = 0
        self.done = asyncio.Event()
        self._sent = 0
        self._moved = asyncio.Event()

    async def serve(self, connection):
        self._sent = self.cursor
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(connection), name="hear")
            group.create_task(self._pump(connection), name="pump")

    async def _pump(self, connection):
        while not self.done.is_set():
            self._moved.clear()
            ahead = self._sent < min(len(self.entries), self.cursor + wire.WINDOW * wire.BATCH_ENTRIES)
            if ahead:
                run = self.entries[self._sent : self._sent + wire.BATCH_ENTRIES]
                self._sent += len(run)
                await connection.publish(Letter(TOPICS.up, sealed(TILL, UP, wire.pack(run))))
                continue
            try:
                async with asyncio.timeout(SILENCE_S):
                    await self._moved.wait()
            except TimeoutError:
                self.rewinds += 1
                self._sent = self.cursor

    async def _hear(self, connection):
        async for arrived in connection.messages():
            told = opened([OFFICE.public], arrived.payload, DOWN).message
            if isinstance(told, wire.Ack) and told.seq > self.cursor:
                assert told.hash == self.entries[told.seq - 1].hash.hex()
                self.cursor = told.seq
                self._sent = max(self._sent, self.cursor)
                self._moved.set()
            elif isinstance(told, wire.Gap):
                self._sent = self.cursor
            if self.cursor == len(self.entries):
                self.done.set()
                self._moved.set()
                return


class Office:
    def __init__(self):
        self.entries = []
        self.repeats = self.gaps = 0

    async def serve(self, connection):
        async for arrived in connection.messages():
            batch = opened([TILL.public], arrived.payload, UP).message
            assert isinstance(batch, wire.Batch)
            await connection.publish(Letter(TOPICS.ack, sealed(OFFICE, DOWN, self.take(batch)), qos=0))

    def take(self, batch):
        cursor = len(self.entries)
        if batch.first > cursor + 1:
            self.gaps += 1
            return wire.Gap(batch.epoch, cursor, "")
        known = wire.unpack(batch)
        fresh = [entry for entry in known if entry.seq > cursor]
        self.repeats += len(known) - len(fresh)
        if fresh and cursor:
            assert fresh[0].prev_hash == self.entries[-1].hash
        self.entries += fresh
        return wire.Ack(batch.epoch, len(self.entries), "", self.entries[-1].hash.hex())


def journal(count):
    facts: list[AnyFact] = [TicketNamed(ticket=number, name=f"Table {number}") for number in range(count)]
    return chain(facts, seq=0, prev_hash=GENESIS, epoch="e1", at="2026-03-02T07:15:00.000Z", actor="camille")


@pytest.mark.parametrize("seed", range(5))
def test_every_entry_arrives_once_in_any_weather(run, own_broker, seed, request):
    broker, port = own_broker
    entries = journal(100_000 if request.config.getoption("--full") else 10_000)

    async def main():
        till, office = Till(entries), Office()
        patience = {"answer_s": 0.4, "heartbeat_s": 0.1}
        async with Chaos(("127.0.0.1", port), seed) as net, Chaos(("127.0.0.1", port), seed + 100) as far:
            net.doubles = net.swaps = far.doubles = far.swaps = 0.1
            at_till = Session(quick_line(net.port, "caisse-1", **patience), TOPICS.read)
            at_office = Session(quick_line(far.port, "ho", **patience), wire.office_reads(CHAIN))
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(at_till.run(till.serve), name="till"),
                    group.create_task(at_office.run(office.serve), name="office"),
                ]
                async with storm(net, broker, seed=seed) as weather, storm(far, seed=seed + 100, calm_s=1.0):
                    await weather.had(TROUBLES)
                await till.done.wait()
                for task in tasks:
                    task.cancel()
        broker.stop()
        return office

    office = run(main(), timeout_s=300)
    assert office.entries == entries
