"""The terminal as a reader of bar codes, and both faces at once: money goes before codes."""

import asyncio

import pytest

from appliance.hal.device import PaymentOutcome, Scan, ScanMissed
from appliance.hal.simulated.terminal import Play, ScanPlay
from tests.hal.terminal.conftest import WIRES

NEXO = WIRES[:3]


@pytest.mark.parametrize("wire", NEXO)
def test_a_card_code_is_read(run, table, wire):
    async def scan():
        async with table(wire) as t, asyncio.TaskGroup() as group:
            scanning = group.create_task(t.driver.scan_once(5, "Présentez la carte"), name="scan")
            await t.terminal.shows("scan")
            assert t.terminal.show_code("2990000000017")
            scan = await scanning
            assert isinstance(scan, Scan)
            assert (scan.text, scan.symbology, scan.source) == ("2990000000017", "E0", "terminal.main")
            assert t.events == []  # who asked gets it, nobody else

    run(scan())


@pytest.mark.parametrize(
    ("play", "missed"), [(ScanPlay(), ScanMissed.TIMEOUT), (ScanPlay(cancelled=True), ScanMissed.CANCELLED)]
)
def test_no_code_comes(run, table, play, missed):
    async def scan():
        async with table() as t:
            t.terminal.scan_plays.append(play)
            assert await t.driver.scan_once(5) is missed

    run(scan())


def test_the_terminals_own_time_is_up(run, table):
    async def scan():
        async with table() as t:
            assert await t.driver.scan_once(1) is ScanMissed.TIMEOUT
            assert t.terminal.scan_session is None

    run(scan())


@pytest.mark.parametrize("wire", NEXO)
def test_stop_switches_the_reader_off(run, table, wire):
    async def scan():
        async with table(wire) as t, asyncio.TaskGroup() as group:
            await t.driver.stop()  # nothing to stop is fine
            scanning = group.create_task(t.driver.scan_once(20), name="scan")
            await t.terminal.shows("scan")
            await t.driver.stop()
            assert await scanning is ScanMissed.CANCELLED
            assert t.terminal.scan_session is None

    run(scan())


def test_cancelling_the_caller_switches_the_reader_off_too(run, table):
    async def scan():
        async with table() as t, asyncio.TaskGroup() as group:
            scanning = group.create_task(t.driver.scan_once(20), name="scan")
            await t.terminal.shows("scan")
            scanning.cancel()
            await asyncio.wait((scanning,))
            assert t.terminal.scan_session is None
            assert (await t.pays(None, Play())).outcome is PaymentOutcome.ACCEPTED

    run(scan())


@pytest.mark.parametrize("wire", NEXO)
def test_a_payment_stops_a_scan_and_waits_for_its_end(run, table, wire):
    async def scan():
        async with table(wire) as t, asyncio.TaskGroup() as group:
            scanning = group.create_task(t.driver.scan_once(20), name="scan")
            await t.terminal.shows("scan")
            result = await t.pays(None, Play())
            assert await scanning is ScanMissed.CANCELLED
            assert result.outcome is PaymentOutcome.ACCEPTED
            assert t.moved(t.request()) == 1

    run(scan())


def test_while_money_is_under_way_a_scan_is_busy(run, table):
    async def scan():
        async with table() as t, asyncio.TaskGroup() as group:
            paying = group.create_task(t.pays(None, Play(seconds=0.05)), name="pay")
            await t.terminal.shows("debit")
            assert await t.driver.scan_once(5) is ScanMissed.BUSY
            assert (await paying).outcome is PaymentOutcome.ACCEPTED

    run(scan())


def test_one_scan_at_a_time(run, table):
    async def scan():
        async with table() as t, asyncio.TaskGroup() as group:
            scanning = group.create_task(t.driver.scan_once(20), name="scan")
            await t.terminal.shows("scan")
            assert await t.driver.scan_once(5) is ScanMissed.BUSY
            t.terminal.show_code("1")
            assert isinstance(await scanning, Scan)

    run(scan())


def test_a_terminal_without_a_reader_is_known_from_then_on(run, table):
    async def scan():
        async with table() as t:
            t.terminal.has_reader = False
            assert t.driver.abilities.can_scan
            assert await t.driver.scan_once(5) is ScanMissed.NOT_ABLE
            assert not t.driver.abilities.can_scan

    run(scan())


def test_caisse_ap_reads_no_codes(run, table):
    async def scan():
        async with table("caisse-ap") as t:
            assert not t.driver.abilities.can_scan
            assert await t.driver.scan_once(5) is ScanMissed.NOT_ABLE

    run(scan())


def test_nobody_there_reads_nothing(run, table):
    async def scan():
        async with table() as t:
            await t.server.unplug()
            assert await t.driver.scan_once(5) is ScanMissed.NO_ANSWER
            await t.server.plug()

    run(scan())


def test_the_cable_is_pulled_while_reading(run, table):
    async def scan():
        async with table() as t, asyncio.TaskGroup() as group:
            scanning = group.create_task(t.driver.scan_once(20), name="scan")
            await t.terminal.shows("scan")
            await t.server.unplug()
            assert await scanning is ScanMissed.NO_ANSWER
            t.terminal.end_scan(t.terminal.scan_session)
            await t.server.plug()

    run(scan())
