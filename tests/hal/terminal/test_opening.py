"""From an address to a terminal: what is refused, whom it trusts, and how its health comes and goes."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from appliance.clock import SystemClock
from appliance.hal.address import BadAddress, DevicesConfig, parse_address
from appliance.hal.device import (
    DeviceKind,
    DeviceState,
    FaultReason,
    PaymentKind,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    ScanMissed,
)
from appliance.hal.hotplug import Ports
from appliance.hal.registry import open_devices
from appliance.hal.simulated.terminal import Decision, Play, SimulatedTerminal
from appliance.hal.simulated.terminal_nexo import NexoServer, NexoTerminal, make_certificates
from appliance.hal.terminal.channel import context_for
from appliance.hal.terminal.driver import TerminalSlot
from appliance.hal.terminal.machine import Limits
from appliance.hal.terminal.opening import open_terminal, read_key
from appliance.hal.terminal.tenure import FILE
from tests.hal.terminal.conftest import HASTY, SECRET, Events, a_driver

REQUEST = PaymentRequest("req-1", PaymentKind.DEBIT, 1230, "CHF", "T-0427")


@pytest.mark.parametrize(
    "url",
    [
        "nexo://",
        "nexo://host",
        "nexo://host?poiid=S1F2L-1",
        "nexo://host?poiid=S1F2L-1&root=relative.pem",
        "nexo://host?poiid=S1F2L 1&tls=off",
        "nexo://host?poiid=.*&tls=maybe",
        "nexo://host/path?poiid=S1F2L-1&tls=off",
        "nexo://host?poiid=S1F2L-1&tls=off&register=01",
        "nexo://host?poiid=S1F2L-1&tls=off&key=/does/not/exist",
        "nexo://host?poiid=S1F2L-1&tls=off&passphrase=secret",
        "caisse-ap://",
        "caisse-ap://host?register=1",
        "caisse-ap://host?integrator=abc",
        "caisse-ap://host?poiid=S1F2L-1",
        "tcp://host:8443",
    ],
)
def test_what_cannot_be_meant(url):
    with pytest.raises(BadAddress):
        a_driver(url, Limits(), [])


@pytest.mark.parametrize(
    ("url", "port"), [("nexo://10.0.0.9?poiid=S1F2L-1&tls=off", 8443), ("caisse-ap://10.0.0.9", 8888)]
)
def test_usual_ports(url, port):
    assert parse_address(url, DeviceKind.TERMINAL).port == port


@pytest.mark.parametrize(
    "text", ["", "identifier = 1", "not toml [", 'identifier = "a"\nversion = 1\n', "x" * 5_000, "x = " + "[" * 4_000]
)
def test_a_bad_key_file_is_refused_and_not_quoted(tmp_path, text):
    path = tmp_path / "terminal.key"
    path.write_text(text)
    with pytest.raises(BadAddress) as refused:
        read_key(str(path))
    assert "x" * 20 not in str(refused.value)


@pytest.fixture
def a_pipe(tmp_path):
    """Nobody ever writes into it."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return str(path)


@pytest.mark.parametrize("path", ["/dev/zero", "/proc/self/mem", "/", "nul\0", "pipe"])
def test_what_is_no_plain_file_is_not_waited_for(path, tmp_path, a_pipe):
    path = a_pipe if path == "pipe" else path
    with pytest.raises(BadAddress):
        read_key(path)
    with pytest.raises(BadAddress):
        a_driver(f"nexo://host?poiid=S1F2L-1&tls=off&key={path}".replace("\0", "%00"), Limits(), [])
    with pytest.raises(OSError):
        context_for(path, "S1F2L-1")


def test_a_root_that_is_a_pipe_is_refused(run, a_pipe):
    async def main():
        with pytest.raises(BadAddress, match="root"):
            a_driver(f"nexo://127.0.0.1:1?poiid=S1F2L-1&root={a_pipe}", HASTY, [])

    run(main())


def test_a_key_file(tmp_path):
    path = tmp_path / "terminal.key"
    path.write_text(f'identifier = "till-key"\nversion = 1\npassphrase = "{SECRET.passphrase}"\n')
    assert read_key(str(path)) == SECRET


@pytest.mark.parametrize(
    "name",
    [
        "S1F2L-000158213301235.test.terminal.adyen.com",
        "S1F2L-000158213301234.test.terminal.adyen.com.example.org",
        "S1F2L-000158213301234.fake.terminal.adyen.com",
        "localhost",
    ],
)
def test_another_terminals_certificate_is_not_trusted(run, tmp_path, name):
    """A thief's terminal with a good certificate of the same house gets not one byte."""

    async def sale():
        terminal = SimulatedTerminal(Play())
        server = NexoServer(NexoTerminal(terminal, SystemClock()), tmp_path)
        await server.plug()
        await server.unplug()
        server.use(make_certificates(tmp_path, name))
        await server.plug()
        driver, _ = a_driver(server.url, HASTY, [])
        result = await driver.pay(REQUEST)
        assert (result.outcome, result.reason) == (PaymentOutcome.NOT_STARTED, PaymentReason.UNTRUSTED)
        assert terminal.seen == []
        await driver.close()
        await server.unplug()

    run(sale())


def test_another_root_is_not_trusted(run, tmp_path):
    async def sale():
        terminal = SimulatedTerminal(Play())
        server = NexoServer(NexoTerminal(terminal, SystemClock()), tmp_path)
        await server.plug()
        make_certificates(tmp_path, "whoever")  # the till is given another root than the terminal's
        driver, _ = a_driver(server.url, HASTY, [])
        result = await driver.pay(REQUEST)
        assert (result.outcome, result.reason) == (PaymentOutcome.NOT_STARTED, PaymentReason.UNTRUSTED)
        assert terminal.seen == []
        await driver.close()
        await server.unplug()

    run(sale())


@pytest.mark.parametrize("text", [None, "", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"])
def test_a_root_that_is_missing_or_is_none_is_refused(tmp_path, text):
    root = tmp_path / "root.pem"
    if text is not None:
        root.write_text(text)
    with pytest.raises(BadAddress, match="root: the file is no certificate") as refused:
        a_driver(f"nexo://127.0.0.1:9?poiid=S1F2L-1&root={root}", HASTY, [])
    assert refused.value.code == "root_file"


async def fault_of(url, spoil=lambda: None):
    """How the slot finds what answers there."""
    events = Events()
    driver, slot = a_driver(url, HASTY, events)
    spoil()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(slot.run(parse_address(url, DeviceKind.TERMINAL), driver, Ports()), name="slot")
        health = await events.until(DeviceState.FAULT)
        serving.cancel()
    return health.fault


@pytest.mark.parametrize("fault", ["wrong_root", "wrong_poiid", "root_file", "wrong_key", "no_key"])
def test_each_fault_of_trust_is_named_and_logged_once(run, tmp_path, caplog, fault):
    async def day():
        server = NexoServer(NexoTerminal(SimulatedTerminal(), SystemClock(), secret=SECRET), tmp_path)
        await server.plug()
        url, spoil = server.url, (lambda: None)
        key = tmp_path / "terminal.key"
        if fault == "wrong_root":
            make_certificates(tmp_path, "x.test.terminal.adyen.com")  # a new root in the place of the right one
        elif fault == "wrong_poiid":
            url = url.replace("poiid=S1F2L", "poiid=V400m")
        elif fault == "root_file":
            spoil = (tmp_path / "terminal-root.pem").unlink
        elif fault == "wrong_key":
            key.write_text(key.read_text().replace(SECRET.passphrase, "another one"))
        else:
            url = url.partition("&key=")[0]
        found = await fault_of(url, spoil)
        assert found is FaultReason(fault.replace("no_", "wrong_"))
        await server.unplug()
        part = {"wrong_root": "root: it", "wrong_poiid": "poiid:", "root_file": "root: the file"}.get(fault, "key:")
        refused = [message for message in caplog.messages if "configuration refused" in message]
        assert len(refused) == 1
        assert part in refused[0]

    run(day())


def test_an_open_port_is_no_terminal_until_it_answers_as_one(run, table):
    async def day():
        async with table("caisse-ap", Play()) as t:
            address = parse_address(t.server.url, DeviceKind.TERMINAL)
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(t.slot.run(address, t.driver, Ports()), name="slot")
                assert (await t.events.until(DeviceState.DEGRADED)).fault is FaultReason.UNVERIFIED
                assert (await t.pays()).outcome is PaymentOutcome.ACCEPTED
                await t.events.until(DeviceState.READY)
                serving.cancel()

    run(day())


def test_that_it_answered_as_a_terminal_is_known_after_a_restart_and_nowhere_else(run, table, tmp_path):
    async def day():
        async with table("caisse-ap", Play()) as t:
            for expected in (DeviceState.DEGRADED, DeviceState.READY):
                async with a_life(t.server.url, tmp_path) as (driver, events):
                    await events.until(expected)
                    assert (await driver.pay(t.request())).outcome is PaymentOutcome.ACCEPTED
                    while t.server.url.rpartition("/")[2] not in kept(tmp_path):  # noqa: ASYNC110  a disk tells nobody
                        await asyncio.sleep(0.01)
            await t.server.unplug()
        async with table("caisse-ap", Play()) as t, a_life(t.server.url, tmp_path) as (_, events):
            await events.until(DeviceState.DEGRADED)

    run(day())


@asynccontextmanager
async def a_life(url, folder):
    """From one start of the till to its end."""
    events, address = Events(), parse_address(url, DeviceKind.TERMINAL)
    slot = TerminalSlot("terminal.main", DeviceKind.TERMINAL, SystemClock(), events.append, 250)
    driver = open_terminal(address, SystemClock(), slot, HASTY, folder)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(slot.run(address, driver, Ports()), name="slot")
        yield driver, events
        serving.cancel()


def kept(folder):
    return (folder / FILE).read_text() if (folder / FILE).exists() else ""


def test_the_log_of_a_request_that_nobody_settles_says_only_what_is_new(run, table, caplog):
    caplog.set_level("INFO")

    async def day():
        async with table() as t:
            await t.server.unplug()
            for _ in range(3):
                assert (await t.driver.ask(t.request())).outcome is PaymentOutcome.UNKNOWN
            assert sum("req-1 unknown" in message for message in caplog.messages) == 1
            assert sum("nobody answers" in message for message in caplog.messages) == 1

    run(day())


def test_a_terminal_with_another_passphrase_is_unknown_and_books_nothing(run, tmp_path):
    async def sale():
        terminal = SimulatedTerminal(Play())
        server = NexoServer(NexoTerminal(terminal, SystemClock(), secret=SECRET), tmp_path)
        await server.plug()
        key = tmp_path / "terminal.key"
        key.write_text(key.read_text().replace(SECRET.passphrase, "another one"))
        driver, _ = a_driver(server.url, HASTY, [])
        result = await driver.pay(REQUEST)
        assert (result.outcome, result.reason) == (PaymentOutcome.UNKNOWN, PaymentReason.WRONG_ANSWER)
        assert terminal.ledger == []
        await driver.close()
        await server.unplug()

    run(sale())


@pytest.mark.parametrize("wire", ["nexo", "caisse-ap"])
def test_health_comes_and_goes_with_the_cable(run, table, wire):
    async def day():
        async with table(wire, otherwise=Play()) as t:
            address = parse_address(t.server.url, DeviceKind.TERMINAL)
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(t.slot.run(address, t.driver, Ports()), name="slot")
                for _ in range(2):
                    await t.events.until(there(t))
                    await t.server.unplug()
                    await t.events.until(DeviceState.ABSENT)
                    assert t.slot.health.fault is FaultReason.UNREACHABLE
                    await t.server.plug()
                    t.slot.nudge()
                await t.events.until(there(t))
                serving.cancel()
            assert t.terminal.ledger == []  # looking whether it is there costs nobody anything

    run(day())


def there(t):
    """The state of a terminal that is there and has not answered a payment."""
    return DeviceState.READY if t.driver.abilities.can_query else DeviceState.DEGRADED


def test_a_payment_that_finds_nobody_tells_the_health(run, table):
    async def day():
        async with table(limits=Limits(probe_every_s=1_000, look_every_s=0)) as t:
            address = parse_address(t.server.url, DeviceKind.TERMINAL)
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(t.slot.run(address, t.driver, Ports()), name="slot")
                await t.events.until(there(t))
                await t.server.unplug()
                assert (await t.driver.pay(REQUEST)).outcome is PaymentOutcome.NOT_STARTED
                await t.events.until(DeviceState.ABSENT)
                serving.cancel()

    run(day())


async def missed_after_s(t, slot, pull_out):
    """How long the slot believes in a terminal that nobody uses."""
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(
            slot.run(parse_address(t.server.url, DeviceKind.TERMINAL), t.driver, Ports()), name="slot"
        )
        await t.events.until(there(t))
        pulled_at = asyncio.get_running_loop().time()
        await pull_out()
        await t.events.until(DeviceState.ABSENT)
        serving.cancel()
        return asyncio.get_running_loop().time() - pulled_at


@pytest.mark.parametrize("wire", ["nexo", "caisse-ap"])
def test_an_idle_terminal_that_is_pulled_out_is_missed_within_two_seconds(run, table, wire):
    """Feature H-23, with the times of a shop."""

    async def day():
        async with table(wire, limits=Limits()) as t:
            assert await missed_after_s(t, t.slot, t.server.unplug) < 2.0

    run(day())


@pytest.mark.parametrize("wire", ["nexo", "caisse-ap"])
def test_an_idle_terminal_that_answers_nothing_any_more_is_missed_within_two_seconds(run, table, wire):
    """The cable is out: no connection is refused, none is made. A listener whose queue is full is as mute."""

    async def day():
        async with table(wire, limits=Limits()) as t, AsyncExitStack() as stack:

            async def pull_out():
                port = parse_address(t.server.url, DeviceKind.TERMINAL).port
                await t.server.unplug()
                mute = stack.enter_context(socket.create_server(("127.0.0.1", port), backlog=0))
                for _ in range(2):
                    filler = stack.enter_context(socket.socket())
                    filler.setblocking(False)
                    filler.connect_ex(mute.getsockname())

            assert await missed_after_s(t, t.slot, pull_out) < 2.0

    run(day())


def test_looking_stands_in_nobodys_way_and_costs_nothing(run, table):
    """A Caisse-AP terminal serves one connection at a time: payments among looks all come through."""

    async def day():
        async with table("caisse-ap", Play()) as t:
            address = parse_address(t.server.url, DeviceKind.TERMINAL)
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(t.slot.run(address, t.driver, Ports()), name="slot")
                await t.events.until(there(t))
                for number in range(20):
                    assert (await t.pays(t.request(number))).outcome is PaymentOutcome.ACCEPTED
                serving.cancel()
            assert len(t.terminal.ledger) == 20

    run(day())


def test_a_terminal_is_looked_at_unless_its_address_forbids_it():
    for option, watched in (("", True), ("?look=on", True), ("?look=off", False)):
        driver, _ = a_driver(f"caisse-ap://127.0.0.1:9{option}", Limits(), [])
        assert (driver.limits.look_every_s > 0) is watched
    with pytest.raises(BadAddress):
        a_driver("caisse-ap://127.0.0.1:9?look=rarely", Limits(), [])


def test_through_the_registry(run, tmp_path, bench):
    async def day():
        server = NexoServer(NexoTerminal(SimulatedTerminal(Play()), SystemClock(), secret=SECRET), tmp_path)
        await server.plug()
        async with bench({"terminal.main": server.url}) as devices:
            health = await devices.state("terminal.main", DeviceState.READY)
            assert (health.kind, health.model) == (DeviceKind.TERMINAL, "S1F2L-000158213301234")
            assert SECRET.passphrase not in repr(health)
            assert (await devices.devices.terminal().pay(REQUEST)).outcome is PaymentOutcome.ACCEPTED
        await server.unplug()

    run(day())


def test_a_terminal_that_is_not_configured(run):
    async def day():
        async with open_devices(DevicesConfig({"terminal.main": "nexo://h"}), SystemClock(), lambda _: None) as devices:
            for role, fault in (
                ("terminal.main", FaultReason.MISCONFIGURED),
                ("terminal.x", FaultReason.NOT_CONFIGURED),
            ):
                terminal = devices.terminal(role)
                assert terminal.health.fault is fault
                assert (await terminal.pay(REQUEST)).outcome is PaymentOutcome.NOT_STARTED
                assert (await terminal.ask(REQUEST)).outcome is PaymentOutcome.UNKNOWN
                assert await terminal.scan_once(5) is ScanMissed.NOT_ABLE
                await terminal.abort(REQUEST)
                await terminal.stop()

    run(day())


def test_opening_opens_nothing(tmp_path):
    address = parse_address("caisse-ap://127.0.0.1:9", DeviceKind.TERMINAL)
    assert open_terminal(address, SystemClock(), a_driver("caisse-ap://h", Limits(), [])[1]).abilities.can_refund


def test_the_role_gets_another_terminal_while_a_customer_pays_on_the_old_one(run, tmp_path, bench):
    """The payment that is under way is settled on the terminal it went to; the next one goes to the new terminal."""

    async def day():
        servers = []
        for name in ("old", "new"):
            (tmp_path / name).mkdir()
            terminal = SimulatedTerminal()
            servers.append((terminal, NexoServer(NexoTerminal(terminal, SystemClock()), tmp_path / name)))
            await servers[-1][1].plug()
        (old, old_server), (new, new_server) = servers
        async with bench({"terminal.main": old_server.url}) as till:
            async with asyncio.TaskGroup() as group:
                paying = group.create_task(till.devices.terminal().pay(REQUEST), name="pay")
                await old.shows("debit")
                await till.devices.assign("terminal.main", new_server.url)
                old.decide(Decision.APPROVE)
            assert paying.result().outcome is PaymentOutcome.ACCEPTED
            new.plays.append(Play())
            second = PaymentRequest("req-2", PaymentKind.DEBIT, 1230, "CHF", "T-0428")
            assert (await till.devices.terminal().pay(second)).outcome is PaymentOutcome.ACCEPTED
            assert [len(old.ledger), len(new.ledger)] == [1, 1]
        for _, server in servers:
            await server.unplug()

    run(day())
