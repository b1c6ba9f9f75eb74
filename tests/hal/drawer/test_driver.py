"""The drawer: pulse, sensor, stuck, opened by key, and never behind a receipt that waits for paper."""

import asyncio

import pytest

from appliance.hal.device import (
    Cut,
    DeviceState,
    DrawerChanged,
    DrawerPosition,
    FaultReason,
    Opened,
    Paper,
    PrintOutcome,
    Remedy,
    Text,
)
from appliance.hal.inventory import remedy_for
from appliance.hal.simulated.printer import SimulatedPrinter

ROLE = "drawer.main"
OPEN, CLOSED, UNKNOWN = DrawerPosition.OPEN, DrawerPosition.CLOSED, DrawerPosition.UNKNOWN


def with_drawer(test, bench, options="", **printer_options):
    async def main():
        printer = SimulatedPrinter(**printer_options)
        await printer.plug()
        async with bench({"printer.receipt": printer.url, ROLE: f"via:printer.receipt{options}"}) as table:
            await table.state(ROLE, DeviceState.READY)
            await test(printer, table, table.devices.drawer())
        printer.unplug()

    return main()


def test_opens_and_tells(run, bench):
    async def test(printer, table, drawer):
        assert drawer.position is CLOSED
        result = await drawer.open()
        assert (result.pulse_sent, result.opened, result.fault) == (True, Opened.YES, None)
        assert result.duration_ms < 500
        printer.drawer.close()
        await table.until(lambda: drawer.position is CLOSED)
        moves = [(event.position, event.commanded) for event in table.of(DrawerChanged)]
        assert moves == [(CLOSED, True), (OPEN, True), (CLOSED, True)]
        assert printer.drawer.pulse_count == 1
        assert drawer.health.counters == {"pulses": 1, "openings": 1}

    run(with_drawer(test, bench))


def test_a_stuck_drawer_gets_a_second_pulse_and_is_told(run, bench):
    async def test(printer, table, drawer):
        printer.drawer.is_stuck = True
        result = await drawer.open()
        assert (result.opened, result.fault) == (Opened.NO, FaultReason.DRAWER_STUCK)
        assert result.duration_ms < 1_500
        assert printer.drawer.pulse_count == 2
        assert drawer.health.fault is FaultReason.DRAWER_STUCK
        printer.drawer.is_stuck = False
        assert (await drawer.open()).opened is Opened.YES
        assert drawer.health.state is DeviceState.READY

    run(with_drawer(test, bench))


def test_a_key_is_not_a_command(run, bench):
    async def test(printer, table, drawer):
        printer.drawer.open_with_key()
        await table.until(lambda: drawer.position is OPEN)
        assert table.of(DrawerChanged)[-1] == DrawerChanged(ROLE, OPEN, commanded=False)

    run(with_drawer(test, bench))


def test_the_pulse_does_not_wait_for_paper(run, bench):
    async def test(printer, table, drawer):
        printer.run_out_after(1)
        async with asyncio.TaskGroup() as group:
            receipt = Paper((Text("a"), Text("b"), Cut()))
            job = group.create_task(table.devices.printer().print(receipt, 1), name="job")
            await table.state("printer.receipt", DeviceState.DEGRADED)
            assert (await drawer.open()).opened is Opened.YES
            assert not job.done()
            printer.load_paper()
            assert (await job).outcome is PrintOutcome.CONFIRMED

    run(with_drawer(test, bench))


LONG = Paper((*(Text(f"line {number}") for number in range(40)), Cut()))


def test_no_pulse_waits_in_a_printer_that_reads_no_more(run, bench):
    """Its buffer is full of a receipt that waits for paper: a pulse would open the drawer minutes later."""

    async def test(printer, table, drawer):
        printer.run_out_after(1)
        async with asyncio.TaskGroup() as group:
            job = group.create_task(table.devices.printer().print(LONG, 1), name="job")
            await table.state("printer.receipt", DeviceState.DEGRADED)
            await table.until(lambda: printer.held_count > 64)
            for _ in range(2):
                result = await drawer.open()
                assert (result.pulse_sent, result.opened, result.fault) == (
                    False, Opened.UNKNOWN, FaultReason.PAPER_OUT,
                )  # fmt: skip
            printer.load_paper()
            assert (await job).outcome is PrintOutcome.CONFIRMED
        assert printer.drawer.pulse_count == 0
        assert (await drawer.open()).opened is Opened.YES
        assert printer.drawer.pulse_count == 1
        assert all(event.commanded for event in table.of(DrawerChanged))

    run(with_drawer(test, bench, buffer_bytes=64))


@pytest.mark.parametrize("bounces", ["shut at once", "twice"])
def test_a_sensor_that_bounces_costs_no_second_pulse(run, bench, monkeypatch, bounces):
    async def test(printer, table, drawer):
        pulse = printer.drawer.pulse

        def bounce():
            pulse()
            printer.drawer.close()
            if bounces == "twice":
                pulse()
                printer.drawer.pulse_count -= 1

        monkeypatch.setattr(printer.drawer, "pulse", bounce)
        result = await drawer.open()
        assert (result.pulse_sent, result.opened, result.fault) == (True, Opened.YES, None)
        assert printer.drawer.pulse_count == 1
        assert drawer.health.counters["pulses"] == 1
        assert drawer.health.state is DeviceState.READY

    run(with_drawer(test, bench))


def test_a_drawer_without_a_sensor_is_unknown(run, bench):
    async def test(printer, table, drawer):
        result = await drawer.open()
        assert (result.pulse_sent, result.opened) == (True, Opened.UNKNOWN)
        await table.devices.printer().print(Paper((Cut(),)), 1)  # the pulse came before it
        assert printer.drawer.pulse_count == 1
        assert drawer.position is UNKNOWN
        assert not table.of(DrawerChanged)

    async def main():
        printer = SimulatedPrinter()
        await printer.plug()
        async with bench({"printer.receipt": printer.url, ROLE: "via:printer.receipt?open=none"}) as table:
            await table.devices.printer().ready()
            await test(printer, table, table.devices.drawer())
        printer.unplug()

    run(main())


def test_a_sensor_the_other_way_round(run, bench):
    async def test(printer, table, drawer):
        assert drawer.position is OPEN
        printer.drawer.open_with_key()  # raises the pin: closed, for this wiring
        await table.until(lambda: drawer.position is CLOSED)

    run(with_drawer(test, bench, "?open=low&pin=5&on_ms=200"))


def test_without_its_printer_no_pulse_is_sent(run, bench):
    async def test(printer, table, drawer):
        printer.unplug()
        await table.state(ROLE, DeviceState.ABSENT)
        result = await drawer.open()
        assert (result.pulse_sent, result.opened, result.fault) == (False, Opened.UNKNOWN, FaultReason.UNREACHABLE)
        assert drawer.position is UNKNOWN
        await printer.plug()
        await table.state(ROLE, DeviceState.READY)
        assert (await drawer.open()).opened is Opened.YES

    run(with_drawer(test, bench))


def test_a_drawer_behind_a_printer_that_is_away_says_so(run, bench):
    """Its own cable is not what somebody has to look for."""

    async def test(printer, table, drawer):
        printer.unplug()
        health = await table.state(ROLE, DeviceState.ABSENT)
        assert (health.fault, remedy_for(health)) == (FaultReason.PRINTER_AWAY, Remedy.SEE_PRINTER)
        await printer.plug()
        await table.state(ROLE, DeviceState.READY)
        await table.devices.unassign("printer.receipt")
        health = await table.state(ROLE, DeviceState.ABSENT)
        assert health.fault is FaultReason.PRINTER_AWAY
        result = await table.devices.drawer().open()
        assert (result.pulse_sent, result.fault) == (False, FaultReason.PRINTER_AWAY)
        await table.devices.assign("printer.receipt", printer.url)
        await table.state(ROLE, DeviceState.READY)
        assert (await table.devices.drawer().open()).opened is Opened.YES

    run(with_drawer(test, bench))


def test_a_drawer_behind_a_printer_with_a_wrong_address_says_so(run, bench):
    async def main():
        async with bench({"printer.receipt": "tcp://?nonsense", ROLE: "via:printer.receipt"}) as table:
            faults = {row.role: row.fault for row in table.devices.health()}
            assert faults == {"printer.receipt": FaultReason.MISCONFIGURED, ROLE: FaultReason.PRINTER_AWAY}

    run(main())


def test_behind_a_printer_that_never_tells_anything_it_opens_all_the_same(run, bench):
    async def main():
        printer = SimulatedPrinter(answers=False)
        await printer.plug()
        async with bench({"printer.receipt": printer.url, ROLE: "via:printer.receipt"}) as table:
            await table.state(ROLE, DeviceState.READY)
            assert table.devices.drawer().level is None
            result = await table.devices.drawer().open()
            assert (result.pulse_sent, result.opened, result.fault) == (True, Opened.UNKNOWN, None)
            await table.devices.assign(ROLE, "via:printer.receipt?pin=5")
            await table.state(ROLE, DeviceState.READY)
            printer.unplug()
            assert (await table.state(ROLE, DeviceState.ABSENT)).fault is FaultReason.PRINTER_AWAY

    run(main())
