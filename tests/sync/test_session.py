"""The link: letters go both ways, a lost or deaf one is noticed and made again, and its end leaves nothing behind.

Way: a real mosquitto, killed and frozen; between it and the client a network that cuts, swallows, trickles, doubles and
swaps. The clock is the loop's; nothing is awaited but what must come.
"""

import asyncio
import random

import pytest

from appliance.protocol.wire import Topics, office_reads
from appliance.sync.session import MAX_PAYLOAD, Letter, LinkLost, Session, Tls
from headoffice import broker as brokers
from tests.support.wire_chaos import Chaos
from tests.support.wire_peer import linked
from tests.sync.conftest import quick_line

ONE = Topics("fournil", "caisse-1")
OFFICE = office_reads("fournil")


@pytest.mark.parametrize("door", ["plain", "safe"])
def test_letters_go_both_ways(run, wire, door):
    line = getattr(wire, door)

    async def main():
        async with linked(line("caisse-1"), ONE.read) as till, linked(line("ho"), OFFICE) as office:
            await till.publish(Letter(ONE.up, b"batch"))
            await till.publish(Letter(ONE.state, b"state", retain=True))
            assert [(await office.next()).topic for _ in range(2)] == [ONE.up, ONE.state]
            await office.publish(Letter(ONE.ack, b"42", qos=0))
            arrived = await till.next()
            assert (arrived.topic, arrived.payload, arrived.retained) == (ONE.ack, b"42", False)
        async with linked(line("ho"), OFFICE) as office:
            again = await office.next()
            assert (again.payload, again.retained) == (b"state", True)
            await office.publish(Letter(ONE.state, b"", retain=True))

    run(main())


def test_many_letters_keep_their_order(run, wire):
    async def main():
        async with linked(wire.safe("caisse-1"), ONE.read) as till, linked(wire.safe("ho"), OFFICE) as office:
            async with asyncio.TaskGroup() as group:
                for number in range(300):
                    group.create_task(till.publish(Letter(ONE.up, b"%d" % number)), name=f"publish {number}")
            assert [(await office.next()).payload for _ in range(300)] == [b"%d" % number for number in range(300)]

    run(main())


def test_a_payload_that_is_too_big_is_not_sent(run, wire):
    async def main():
        async with linked(wire.plain("caisse-1"), ONE.read) as till:
            with pytest.raises(ValueError, match="bytes for"):
                await till.publish(Letter(ONE.up, bytes(MAX_PAYLOAD + 1)))
            await till.publish(Letter(ONE.up, bytes(MAX_PAYLOAD)))

    run(main())


def test_a_killed_broker_is_found_again_on_the_same_port(run, own_broker):
    broker, port = own_broker

    async def main():
        async with linked(quick_line(port, "caisse-1"), ONE.read) as till:
            for number in range(1, 4):
                broker.kill()
                await till.until(False)
                broker.start()
                await till.until(True, number + 1)
            await till.publish(Letter(ONE.up, b"after"))
            broker.stop()

    run(main())


def test_a_publish_that_waits_is_cancelled_with_its_connection(run, own_broker):
    """The library would wait out its own time limit, ten seconds."""
    broker, port = own_broker

    async def main():
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        async def serve(connection):
            broker.freeze()
            loop.call_later(0.1, broker.kill)
            try:
                await connection.publish(Letter(ONE.up, b"never answered"))
            finally:
                ended.set()

        session = Session(quick_line(port, "caisse-1", answer_s=10.0, heartbeat_s=9.0), ONE.read)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(session.run(serve), name="session")
            async with asyncio.timeout(3.0):
                await ended.wait()
            running.cancel()

    run(main())


def test_a_frozen_broker_is_let_go_and_met_again(run, own_broker):
    broker, port = own_broker

    async def main():
        async with linked(quick_line(port, "caisse-1", answer_s=0.3), ONE.read) as till:
            broker.freeze()
            await till.until(False)
            broker.thaw()
            await till.until(True, 2)
            await till.publish(Letter(ONE.up, b"after"))

    run(main())


def test_a_broker_that_never_answers_at_all_costs_nothing(run, own_broker):
    """Frozen before the first connection: its kernel answers, nobody else does. Cancelled, it ends at once."""
    broker, port = own_broker
    broker.freeze()

    async def main():
        told = asyncio.Event()
        line = quick_line(port, "caisse-1", answer_s=0.2)
        session = Session(line, ONE.read, watch=lambda linked, fault: told.set())
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            running = group.create_task(session.run(lambda connection: asyncio.sleep(0)), name="session")
            await told.wait()
            assert not session.linked
            assert session.fault
            asked = loop.time()
            running.cancel()
        assert loop.time() - asked < 1.0
        broker.thaw()

    run(main())


@pytest.mark.parametrize("trouble", ["freeze", "trickle"])
def test_a_handshake_that_does_not_end_is_given_up(run, wire, trouble):
    """The broker accepts and says nothing, or a byte at a time; cancelled meanwhile, we end at once."""

    async def main():
        async with Chaos(("127.0.0.1", wire.tls_port)) as net:
            net.freeze() if trouble == "freeze" else net.trickle(20)
            line = quick_line(net.port, "caisse-1", tls=wire.keys.tills["caisse-1"], answer_s=0.2)
            async with linked(line, ONE.read, wait=False) as till:
                await net.met(2)
                assert not till.session.linked
                assert till.session.fault
                net.thaw()
                net.trickle(0)
                await till.until(True)
                net.freeze()
                await till.until(False)
                await net.met(net.connections + 1)
            net.thaw()

    run(main())


@pytest.mark.parametrize("trouble", ["cut", "freeze", "lose", "pull", "trickle"])
@pytest.mark.parametrize("door", ["plain", "safe"])
def test_every_trouble_of_the_network_is_noticed_and_passes(run, wire, trouble, door):
    port = wire.plain_port if door == "plain" else wire.tls_port
    files = None if door == "plain" else wire.keys.tills["caisse-1"]

    async def main():
        async with Chaos(("127.0.0.1", port)) as net:
            line = quick_line(net.port, "caisse-1", tls=files, answer_s=0.4)
            async with linked(line, ONE.read) as till:
                if trouble == "trickle":
                    net.trickle(5)
                else:
                    getattr(net, trouble)()
                await till.until(False)
                net.trickle(0)
                net.thaw()
                net.plug()
                await till.until(True, 2)
                await till.publish(Letter(ONE.up, b"after"))

    run(main())


def test_doubled_and_swapped_letters_arrive_as_such(run, wire):
    """The wire promises nothing about order and number: what stands above it must not care."""

    async def main():
        async with (
            Chaos(("127.0.0.1", wire.plain_port), seed=3) as net,
            linked(wire.plain("ho"), OFFICE) as office,
        ):
            net.doubles, net.swaps = 0.3, 0.3
            async with linked(quick_line(net.port, "caisse-1", heartbeat_s=9.0), ONE.read) as till:
                for number in range(60):
                    await till.publish(Letter(ONE.up, b"%d" % number))
                await till.publish(Letter(ONE.state, b"end"))
                got = [arrived.payload for arrived in await office.upto(b"end")]
            assert net.doubled > 3
            assert net.swapped > 3
            assert set(got) >= {b"%d" % number for number in range(60)}
            assert len(got) > 61

    run(main())


def test_pauses_grow_with_full_jitter_up_to_a_limit(run):
    class Remembering(random.Random):
        def __init__(self):
            super().__init__()
            self.asked = []
            self.enough = asyncio.Event()

        def uniform(self, a, b):
            self.asked.append((a, b))
            if len(self.asked) == 10:
                self.enough.set()
            return 0.0

    async def main():
        line = quick_line(brokers.free_port(), "caisse-1", pause_min_s=0.5, pause_max_s=60.0)
        rng = Remembering()
        session = Session(line, ONE.read, rng=rng)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(session.run(lambda connection: asyncio.Event().wait()), name="session")
            await rng.enough.wait()
            running.cancel()
        assert rng.asked[:10] == [(0, longest) for longest in (0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60)]

    run(main())


def test_a_pause_is_cut_short_by_who_cannot_wait(run, tmp_path):
    class Longest(random.Random):
        def uniform(self, a, b):
            return b

    port = brokers.free_port()

    async def main():
        line = quick_line(port, "caisse-1", pause_min_s=600.0, pause_max_s=600.0)
        told: asyncio.Queue[bool] = asyncio.Queue()
        session = Session(line, ONE.read, watch=lambda linked, fault: told.put_nowait(linked), rng=Longest())
        async with asyncio.TaskGroup() as group:
            running = group.create_task(session.run(lambda connection: asyncio.Event().wait()), name="session")
            assert await told.get() is False
            with brokers.Broker(tmp_path, "fournil", [brokers.Listener(port)]):
                session.hurry()
                assert await told.get() is True
                running.cancel()

    run(main())


def test_the_next_broker_is_tried_when_one_is_away(run, wire):
    async def main():
        away = ("127.0.0.1", brokers.free_port())
        line = wire.plain("caisse-1")
        both = type(line)(brokers=(away, *line.brokers), name="caisse-1", pause_min_s=0.01, pause_max_s=0.01)
        async with linked(both, ONE.read) as till:
            await till.publish(Letter(ONE.up, b"there"))

    run(main())


def test_who_is_lost_leaves_a_will_and_who_leaves_says_so(run, wire):
    births = iter(range(1, 9))

    def will():
        return Letter(ONE.state, b"gone %d" % next(births), retain=True)

    async def main():
        async with Chaos(("127.0.0.1", wire.plain_port)) as net, linked(wire.plain("ho"), OFFICE) as office:
            async with linked(quick_line(net.port, "caisse-1"), ONE.read, will=will) as till:
                net.cut()
                assert (await office.next()).payload == b"gone 1"
                await till.until(True, 2)
            assert (await office.next()).payload == b"gone 2"
            await office.publish(Letter(ONE.state, b"", retain=True))

    run(main())


def test_who_is_cancelled_says_goodbye_too(run, wire):
    async def main():
        async with linked(wire.plain("ho"), OFFICE) as office:
            session = Session(wire.plain("caisse-1"), ONE.read, will=lambda: Letter(ONE.state, b"gone", retain=True))
            there = asyncio.Event()

            async def serve(connection):
                there.set()
                await asyncio.Event().wait()

            async with asyncio.TaskGroup() as group:
                running = group.create_task(session.run(serve), name="session")
                await there.wait()
                running.cancel()
            assert (await office.next()).payload == b"gone"
            await office.publish(Letter(ONE.state, b"", retain=True))

    run(main())


def test_the_watch_is_told_of_changes_only(run, own_broker):
    broker, port = own_broker
    told: list[tuple[bool, bool]] = []

    async def main():
        seen = asyncio.Event()

        def watch(linked, fault):
            told.append((linked, bool(fault)))
            seen.set()

        session = Session(quick_line(port, "caisse-1"), ONE.read, watch=watch)
        killed = False

        async def serve(connection):
            nonlocal killed
            if not killed:
                killed = True
                broker.kill()
                broker.start()
                await asyncio.Event().wait()

        await session.run(serve)
        broker.stop()

    run(main())
    assert told[0] == (True, False)
    assert (told[1], told[-2:]) == ((False, True), [(True, False), (False, True)])


@pytest.mark.parametrize("kind", [LookupError, OSError, TimeoutError])
def test_an_error_of_our_own_is_not_taken_for_a_lost_link(run, wire, kind):
    async def serve(connection):
        raise kind("a full disk, or a bug")

    async def main():
        session = Session(wire.plain("caisse-1"), ONE.read)
        with pytest.raises(ExceptionGroup) as raised:
            await session.run(serve)
        assert raised.group_contains(kind)
        assert not session.linked

    run(main())


def test_a_missing_certificate_is_a_reason_and_not_the_end(run, wire, tmp_path):
    async def main():
        told: asyncio.Queue[str] = asyncio.Queue()
        line = wire.safe("caisse-1", files=Tls(tmp_path / "a", tmp_path / "b", tmp_path / "c"))
        session = Session(line, ONE.read, watch=lambda linked, fault: told.put_nowait(fault))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(session.run(lambda connection: asyncio.sleep(0)), name="session")
            assert "No such file" in await told.get()
            running.cancel()

    run(main())


def test_a_letter_that_nobody_answers_is_a_lost_link(run, own_broker):
    broker, port = own_broker
    lost: list[str] = []

    async def main():
        async def serve(connection):
            if lost:
                return
            broker.freeze()
            try:
                await connection.publish(Letter(ONE.up, b"x"))
            except LinkLost as error:
                lost.append(str(error))
                broker.thaw()
                raise

        await Session(quick_line(port, "caisse-1", answer_s=0.2, heartbeat_s=9.0), ONE.read).run(serve)

    run(main())
    assert lost == ["no answer"]


def test_a_cancellation_that_meets_the_answer_is_not_forgotten(run, wire):
    """`asyncio.wait_for` of Python 3.11, on which the library's time limits stand, would return and go on."""

    async def serve(connection):
        pipe = connection._pipe
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(connection.publish(Letter(ONE.up, b"x")), name="publish")
            await asyncio.sleep(0)
            assert pipe._pending_publishes
            for answer in pipe._pending_publishes.values():
                answer.set()
            waiting.cancel()
            await asyncio.wait({waiting})
            assert waiting.cancelled()

    run(Session(wire.plain("caisse-1"), ONE.read).run(serve))
