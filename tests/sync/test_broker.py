"""The broker's rules: what a till must not read never arrives there, what it must not write never arrives anywhere.

Way: a real mosquitto with certificates; a stranger, a neighbour and a thief try, and the answer is what arrives at head
office and at the other till, never what the broker says about it.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.protocol.wire import Topics, office_reads, office_topic
from appliance.sync.session import Letter, Session, Tls
from headoffice import broker as brokers
from headoffice import keys
from tests.support.wire_chaos import Chaos
from tests.support.wire_peer import linked
from tests.sync.conftest import CHAIN, NOW, quick_line

ONE, TWO = (Topics(CHAIN, till) for till in ("caisse-1", "caisse-2"))
ALL = (f"{CHAIN}/#",)
OF_TWO = (TWO.up, TWO.ack, TWO.rpc, TWO.res, TWO.down, TWO.state)
FOREIGN = (
    *OF_TWO, ONE.ack, ONE.res, ONE.down, office_topic(CHAIN), f"{CHAIN}/p/0/t/caisse-2/up", f"{CHAIN}/t/caisse-1/other",
    f"{CHAIN}/t/caisse-1/state/x", "autre/t/caisse-1/state", "autre/p/0/t/caisse-1/up", "caisse-1",
    "$SYS/broker/uptime",
)  # fmt: skip
"""What caisse-1 must not write."""
END = b"end"


async def refused(line):
    """Whether the broker takes nobody on that line; the reason that is shown."""
    told: asyncio.Queue[tuple[bool, str]] = asyncio.Queue()
    session = Session(line, ONE.read, watch=lambda linked, fault: told.put_nowait((linked, fault)))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run(lambda connection: asyncio.Event().wait()), name="refused")
        linked, fault = await told.get()
        running.cancel()
    return not linked, fault


@pytest.mark.parametrize("door", ["safe", "plain"])
def test_a_till_writes_nowhere_but_on_its_own_topics(run, wire, door):
    line = getattr(wire, door)

    async def main():
        async with (
            linked(line("caisse-1"), ONE.read) as thief,
            linked(line("caisse-2"), TWO.read) as neighbour,
            linked(line("ho"), ALL) as office,
        ):
            for topic in FOREIGN:
                for qos, retain in ((0, False), (1, False), (1, True)):
                    await thief.publish(Letter(topic, b"forged", qos, retain))
            own = (ONE.up, ONE.rpc, ONE.state)
            for topic in own:
                await thief.publish(Letter(topic, b"mine"))
            await thief.publish(Letter(ONE.up, END))
            assert [got.topic for got in (await office.upto(END))[:-1]] == list(own)
            await office.publish(Letter(TWO.ack, END))
            assert len(await neighbour.upto(END)) == 1
        async with linked(line("ho"), ALL) as office:  # nothing forged stays behind either
            await office.publish(Letter(TWO.ack, END))
            assert len(await office.upto(END)) == 1

    run(main())


@pytest.mark.parametrize("wish", [
    ("#",), ("+/+/+/+",), (f"{CHAIN}/#",), (f"{CHAIN}/t/+/down", f"{CHAIN}/t/+/ack", f"{CHAIN}/t/+/res"),
    (f"{CHAIN}/p/+/t/+/up",), OF_TWO, ("$SYS/#",),
    (f"$share/x/{CHAIN}/t/+/down", f"$share/x/{CHAIN}/p/+/t/+/up", "$share/x/#"),
])  # fmt: skip
def test_a_till_reads_nothing_but_its_own(run, wire, wish):
    async def main():
        async with (
            linked(wire.safe("caisse-1"), (ONE.ack, *wish)) as thief,
            linked(wire.safe("caisse-2"), TWO.read) as neighbour,
            linked(wire.safe("ho"), office_reads(CHAIN)) as office,
        ):
            for topic in (TWO.up, TWO.rpc, TWO.state):
                await neighbour.publish(Letter(topic, b"secret"))
                await office.next()
            for topic in (*OF_TWO, f"{CHAIN}/t/caisse-10/ack"):
                await office.publish(Letter(topic, b"secret"))
            await office.publish(Letter(ONE.ack, END))
            arrived = await thief.upto(END)
            assert {got.topic for got in arrived} == {ONE.ack}

    run(main())


def test_what_was_kept_for_others_is_not_read_later(run, wire):
    async def main():
        async with linked(wire.safe("ho"), office_reads(CHAIN)) as office:
            await office.publish(Letter(TWO.state, b"secret", retain=True))
            await office.publish(Letter(office_topic(CHAIN), b"open to all", retain=True))
            async with linked(wire.safe("caisse-1"), ("#",)) as thief:
                assert (await thief.next()).payload == b"open to all"
                await office.publish(Letter(ONE.down, END))
                assert len(await thief.upto(END)) == 1
            for topic in (TWO.state, office_topic(CHAIN)):
                await office.publish(Letter(topic, b"", retain=True))

    run(main())


def test_a_will_obeys_the_rules_too(run, wire):
    async def main():
        async with linked(wire.safe("ho"), ALL) as office:
            async with Chaos(("127.0.0.1", wire.tls_port)) as net:
                line = quick_line(net.port, "caisse-1", tls=wire.keys.tills["caisse-1"])
                async with linked(line, ONE.read, will=lambda: Letter(TWO.state, b"forged", retain=True)) as thief:
                    net.cut()
                    await thief.until(True, 2)
            await office.publish(Letter(ONE.ack, END))
            assert len(await office.upto(END)) == 1

    run(main())


def test_nobody_takes_anothers_place_by_its_name(run, wire):
    """The client id is the certificate's name, whatever a client says: it can neither push off nor become another."""

    async def main():
        async with linked(wire.safe("caisse-2"), TWO.read) as victim, linked(wire.safe("ho"), ALL) as office:
            liar = wire.safe("caisse-2", files=wire.keys.tills["caisse-1"])
            async with linked(liar, ONE.read) as thief:
                await thief.publish(Letter(TWO.state, b"forged"))
                await thief.publish(Letter(ONE.state, END))
                assert [got.topic for got in await office.upto(END)] == [ONE.state]
                await victim.publish(Letter(TWO.state, b"still here"))
                assert (await office.next()).payload == b"still here"
            assert victim.connections == 1

    run(main())


def test_two_with_one_certificate_push_each_other_off(run, wire):
    """A copied till is not hidden: only one of the two is ever linked."""

    async def main():
        async with linked(wire.safe("caisse-1"), ONE.read) as first:
            slow = wire.safe("caisse-1", heartbeat_s=9.0)
            async with linked(slow, ONE.read):
                await first.until(True, 2)

    run(main())


def test_who_has_no_certificate_is_not_heard(run, wire):
    async def main():
        stranger = quick_line(wire.tls_port, "caisse-1")
        assert (await refused(stranger))[0]

    run(main())


def test_a_certificate_of_somebody_else_is_not_believed(run, wire, tmp_path):
    other = keys.development(tmp_path, CHAIN, ("caisse-1",), NOW)
    mine = wire.keys.tills["caisse-1"]
    forged = Tls(mine.authority, other.tills["caisse-1"].certificate, other.tills["caisse-1"].key)

    async def main():
        there, fault = await refused(wire.safe("caisse-1", files=forged))
        assert there
        assert fault
        trusting = await refused(wire.safe("caisse-1", files=other.tills["caisse-1"]))  # and we do not believe it
        assert trusting[0]
        assert "certificate verify failed" in trusting[1]

    run(main())


def test_a_till_cannot_pose_as_the_broker(run, tmp_path, development):
    port = brokers.free_port()
    listener = brokers.Listener(port, development.tills["caisse-1"])
    with brokers.Broker(tmp_path, CHAIN, [listener]):
        there, fault = run(refused(quick_line(port, "caisse-2", tls=development.tills["caisse-2"])))
    assert there
    assert "certificate verify failed" in fault


def test_certificates_end_and_can_be_taken_back(run, tmp_path):
    made = keys.development(tmp_path / "keys", CHAIN, ("caisse-1", "caisse-2"), NOW)
    authority = made.authority
    late = authority.issue("caisse-3", "till", NOW - timedelta(days=30), days=29)
    port = brokers.free_port()
    listener = brokers.Listener(port, made.broker, authority.revoked_path)

    def line(name, files=None):
        return quick_line(port, name, tls=files or made.tills[name])

    async def main(broker):
        assert (await refused(line("caisse-3", late)))[0]
        async with linked(line("caisse-1"), ONE.read) as till:
            authority.revoke(made.tills["caisse-1"].certificate.read_text(), NOW)
            authority.revoke(made.tills["caisse-1"].certificate.read_text(), NOW)
            broker.reload()
            till.session.hurry()
            async with linked(line("caisse-2"), TWO.read):  # the others stay welcome
                pass
        assert (await refused(line("caisse-1")))[0]
        renewed = authority.issue("caisse-1-new", "till", NOW)
        async with linked(line("caisse-1-new", renewed), Topics(CHAIN, "caisse-1-new").read):
            pass

    with brokers.Broker(tmp_path / "broker", CHAIN, [listener]) as broker:
        run(main(broker))


def test_a_packet_that_is_too_big_arrives_nowhere_and_harms_nobody(run, wire):
    async def main():
        async with linked(wire.safe("ho"), ALL) as office, linked(wire.safe("caisse-2"), TWO.read) as neighbour:
            async with linked(wire.safe("caisse-1"), ONE.read) as till:
                client = till.connection._pipe._client
                client._maximum_packet_size = None
                client.publish(ONE.up, bytes(brokers.MAX_PACKET + 1), 1)
                await till.until(True, 2)
                await till.publish(Letter(ONE.up, END))
                assert len(await office.upto(END)) == 1
            assert (neighbour.connections, office.connections) == (1, 1)

    run(main())


def test_bytes_that_are_no_mqtt_harm_nobody(run, wire):
    async def main():
        async with linked(wire.plain("ho"), ALL) as office:
            for noise in (b"GET / HTTP/1.1\r\n\r\n", bytes(1_000), b"\x10\xff\xff\xff\xff\xff", b"\x30\x02\x00\x00"):
                reader, writer = await asyncio.open_connection("127.0.0.1", wire.plain_port)
                writer.write(noise)
                with suppress(OSError):
                    writer.write_eof()
                    await reader.read()
                writer.transport.abort()
            await office.publish(Letter(ONE.ack, END))
            assert (await office.next()).payload == END

    run(main())


def test_the_plain_door_is_on_the_loopback_only():
    conf = brokers.configuration([brokers.Listener(1883)], Path("rules"))
    assert "listener 1883 127.0.0.1\n" in conf


@pytest.mark.parametrize("chain", ["a/#", "A", "+", ""])
def test_rules_are_not_written_for_names_that_would_change_them(chain):
    with pytest.raises(ValueError, match=r".+"):
        brokers.access_rules(chain)


def test_a_broker_that_cannot_start_says_why(tmp_path, wire):
    taken = brokers.Broker(tmp_path, CHAIN, [brokers.Listener(70_000)])
    with pytest.raises(brokers.NoBroker, match="did not start"):
        taken.start()
