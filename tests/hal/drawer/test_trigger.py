"""A drawer with a trigger of its own: opened once, watched, and never touched by a question it cannot take."""

from contextlib import asynccontextmanager

import pytest

from appliance.hal.address import BadAddress, parse_address
from appliance.hal.device import DeviceKind, DeviceState, DrawerChanged, DrawerPosition, FaultReason, Opened
from appliance.hal.simulated.trigger import SimulatedTrigger

ROLE = "drawer.main"
OPEN, CLOSED, UNKNOWN = DrawerPosition.OPEN, DrawerPosition.CLOSED, DrawerPosition.UNKNOWN


@asynccontextmanager
async def with_trigger(bench, folder, options="", **wiring):
    trigger = SimulatedTrigger(folder / "trigger", **wiring)
    trigger.plug()
    async with bench({ROLE: trigger.url + options}) as table:
        try:
            await table.state(ROLE, DeviceState.READY)
            yield trigger, table, table.devices.drawer()
        finally:
            trigger.unplug()


def test_one_order_one_pulse(run, bench, tmp_path):
    async def main():
        async with with_trigger(bench, tmp_path) as (trigger, table, drawer):
            await table.until(lambda: drawer.position is CLOSED)
            for count in range(1, 4):
                result = await drawer.open()
                assert (result.pulse_sent, result.opened, result.fault) == (True, Opened.YES, None)
                assert trigger.drawer.pulse_count == count
                trigger.drawer.close()
                await table.until(lambda: drawer.position is CLOSED)
            assert all(event.commanded for event in table.of(DrawerChanged))

    run(main())


def test_watching_opens_nothing(run, bench, tmp_path):
    async def main():
        async with with_trigger(bench, tmp_path) as (trigger, table, drawer):
            await table.until(lambda: drawer.position is CLOSED)
            trigger.drawer.open_with_key()
            await table.until(lambda: drawer.position is OPEN)
            assert trigger.question_count > 1
            assert trigger.drawer.pulse_count == 0
            assert table.of(DrawerChanged)[-1] == DrawerChanged(ROLE, OPEN, commanded=False)

    run(main())


def test_stuck_after_one_more_try(run, bench, tmp_path):
    async def main():
        async with with_trigger(bench, tmp_path) as (trigger, table, drawer):
            await table.until(lambda: drawer.position is CLOSED)
            trigger.drawer.is_stuck = True
            result = await drawer.open()
            assert (result.opened, result.fault) == (Opened.NO, FaultReason.DRAWER_STUCK)
            assert trigger.drawer.pulse_count == 2

    run(main())


def test_a_trigger_that_tells_nothing_still_opens(run, bench, tmp_path):
    async def main():
        async with with_trigger(bench, tmp_path, has_sensor=False) as (trigger, table, drawer):
            result = await drawer.open()
            assert (result.pulse_sent, result.opened) == (True, Opened.UNKNOWN)
            await table.until(
                lambda: trigger.drawer.pulse_count == 1 or None
            ) if not trigger.drawer.pulse_count else None
            assert drawer.position is UNKNOWN
            health = await table.state(ROLE, DeviceState.DEGRADED)
            assert health.fault is FaultReason.NO_ANSWER
            assert trigger.drawer.pulse_count == 1

    run(main())


def test_a_trigger_that_knows_no_question_is_asked_none(run, bench, tmp_path):
    async def main():
        trigger = SimulatedTrigger(tmp_path / "trigger")
        trigger.plug()
        async with bench({ROLE: trigger.url.replace("glancetron", "any")}) as table:
            await table.state(ROLE, DeviceState.READY)
            assert (await table.devices.drawer().open()).opened is Opened.UNKNOWN
            assert trigger.question_count == 0
        trigger.unplug()

    run(main())


def test_the_other_polarity_is_learnt(run, bench, tmp_path):
    async def main():
        async with with_trigger(bench, tmp_path, is_inverted=True) as (trigger, table, drawer):
            await table.until(lambda: drawer.level is not None)
            assert drawer.position is OPEN  # wrong: it is shut
            await table.devices.calibrate_drawer(ROLE, open_level=False)
            drawer = table.devices.drawer()
            await table.until(lambda: drawer.position is CLOSED)
            assert (await drawer.open()).opened is Opened.YES
            assert trigger.drawer.pulse_count == 1

    run(main())


def test_unplugged_it_says_so(run, bench, tmp_path):
    async def main():
        async with with_trigger(bench, tmp_path) as (trigger, table, drawer):
            trigger.unplug()
            await table.state(ROLE, DeviceState.ABSENT)
            result = await drawer.open()
            assert (result.pulse_sent, result.opened) == (False, Opened.UNKNOWN)
            assert result.fault is FaultReason.UNPLUGGED

    run(main())


@pytest.mark.parametrize("kind", [DeviceKind.DRAWER, DeviceKind.DISPLAY, DeviceKind.SCALE])
def test_no_port_is_taken_that_was_not_named(kind):
    for url in ("udev:serial", "auto:"):
        with pytest.raises(BadAddress):
            parse_address(url, kind)
    assert parse_address("udev:serial?ID_VENDOR_ID=0557", kind).path == "serial"


def test_no_printer_greets_a_serial_line_that_may_be_a_drawer():
    with pytest.raises(BadAddress):
        parse_address("udev:serial?baud=9600", DeviceKind.PRINTER)
    assert parse_address("auto:", DeviceKind.PRINTER).path == "usblp"
    assert parse_address("udev:serial?ID_VENDOR_ID=0557", DeviceKind.PRINTER).path == "serial"
