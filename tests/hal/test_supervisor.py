"""Slots: a device comes back for ever, a crashing driver is left alone, changes are told once."""

import asyncio
from datetime import UTC, datetime

import pytest

from appliance.clock import ManualClock, SystemClock
from appliance.hal.address import parse_address
from appliance.hal.device import DeviceKind, DeviceState, FaultReason, Health
from appliance.hal.hotplug import Port, Ports
from appliance.hal.simulated.pty import PtyCable
from appliance.hal.supervisor import Slot
from appliance.hal.transport import LinkLost


class Crashing:
    """A driver with a bug."""

    def __init__(self):
        self.runs = 0
        self.ran = asyncio.Event()

    async def run(self, link):
        self.runs += 1
        self.ran.set()
        raise KeyError("bug")


class Listening:
    """A driver that reads until the link is lost."""

    def __init__(self, slot):
        self.slot = slot
        self.ready = asyncio.Event()

    async def run(self, link):
        self.slot.report(DeviceState.READY)
        self.ready.set()
        while True:
            await link.read()


class Vain:
    """A driver that finds a line and nobody who answers on it."""

    def __init__(self, slot):
        self.slot = slot
        self.runs = asyncio.Semaphore(0)

    async def run(self, link):
        self.slot.report(DeviceState.STARTING)
        self.runs.release()
        raise LinkLost(FaultReason.NO_ANSWER, "mute")


def slot_with(events, clock=None):
    return Slot("scanner.front", DeviceKind.SCANNER, clock or SystemClock(), events.append, pause_ms_max=250)


def test_three_crashes_in_a_minute_quarantine_until_asked(run, tmp_path, caplog):
    async def main():
        cable = PtyCable(tmp_path / "line")
        cable.plug()
        events = []
        quarantined = asyncio.Event()

        def emit(event):
            events.append(event)
            if event.state is DeviceState.QUARANTINED:
                quarantined.set()

        slot = Slot("scanner.front", DeviceKind.SCANNER, SystemClock(), emit, pause_ms_max=250)
        driver = Crashing()
        async with asyncio.TaskGroup() as group:
            address = parse_address(f"serial://{cable.path}", DeviceKind.SCANNER)
            task = group.create_task(slot.run(address, driver, Ports()), name="slot")
            await quarantined.wait()
            assert driver.runs == 3
            assert slot.health.fault is FaultReason.CRASHED
            driver.ran.clear()
            slot.nudge()
            await driver.ran.wait()
            task.cancel()
        cable.unplug()

    run(main())
    assert "bug" in caplog.text


def test_a_line_that_leads_to_nobody_is_told_of_and_then_left_in_peace(run, tmp_path):
    """It was told anew every second: beginning, and mute again."""

    async def main():
        cable = PtyCable(tmp_path / "line")
        cable.plug()
        events: list[Health] = []
        slot = slot_with(events)
        driver = Vain(slot)
        async with asyncio.TaskGroup() as group:
            address = parse_address(f"serial://{cable.path}", DeviceKind.SCANNER)
            task = group.create_task(slot.run(address, driver, Ports()), name="slot")
            for _ in range(8):
                await driver.runs.acquire()
                slot.nudge()
            task.cancel()
        assert slot.health.fault is FaultReason.NO_ANSWER
        assert len(events) <= 2
        cable.unplug()

    run(main())


def test_a_device_comes_back_and_is_told_once_each_way(run, tmp_path):
    async def main():
        cable = PtyCable(tmp_path / "line")
        events: list[Health] = []
        absent = asyncio.Event()

        def emit(event):
            events.append(event)
            absent.set() if event.state is DeviceState.ABSENT else absent.clear()

        slot = Slot("scanner.front", DeviceKind.SCANNER, SystemClock(), emit, pause_ms_max=250)
        driver = Listening(slot)
        async with asyncio.TaskGroup() as group:
            address = parse_address(f"serial://{cable.path}", DeviceKind.SCANNER)
            task = group.create_task(slot.run(address, driver, Ports()), name="slot")
            for _ in range(2):
                driver.ready.clear()
                cable.plug()
                await driver.ready.wait()
                cable.unplug()
                await absent.wait()
            await absent.wait()
            task.cancel()
        states = [event.state for event in events]
        assert states in (
            [DeviceState.READY, DeviceState.ABSENT] * 2,
            [DeviceState.ABSENT, *[DeviceState.READY, DeviceState.ABSENT] * 2],
        )

    run(main())


def test_a_report_without_change_is_silent():
    events: list[Health] = []
    clock = ManualClock(datetime(2026, 11, 21, 8, 0, tzinfo=UTC))

    async def main():
        slot = slot_with(events, clock)
        slot.report(DeviceState.READY)
        slot.report(DeviceState.READY)
        slot.report(DeviceState.READY, model="X")
        slot.report(DeviceState.READY)
        assert [event.model for event in events] == [None, "X"]
        assert events[-1].since == clock.now()

    asyncio.run(main())


@pytest.mark.parametrize("reason", [FaultReason.NO_PERMISSION, FaultReason.BUSY])
def test_two_seconds_of_grace_for_rights_that_are_being_set(reason):
    clock = ManualClock(datetime(2026, 11, 21, 8, 0, tzinfo=UTC))

    async def main():
        from datetime import timedelta

        slot = slot_with([], clock)
        clock.advance(timedelta(seconds=1))
        slot._after_fault(reason)
        assert slot.health.state is DeviceState.STARTING
        clock.advance(timedelta(seconds=2))
        slot._after_fault(reason)
        assert (slot.health.state, slot.health.fault) == (DeviceState.FAULT, reason)

    asyncio.run(main())


def test_a_plug_ends_the_pause_and_not_the_quarantine(run, tmp_path, caplog):
    """The pause is an hour here: only the plug can end it. A driver that crashes three times stays alone even so."""
    pause_ms = 3_600_000

    async def main():
        cable = PtyCable(tmp_path / "line")
        properties = {"ID_BUS": "usb", "ID_SERIAL": "Line_1"}
        port = Port("/devices/1", str(cable.path), "tty", properties)
        address = parse_address("udev:serial?ID_SERIAL=Line_1", DeviceKind.SCANNER)
        news = asyncio.Event()
        slot = Slot("scanner.front", DeviceKind.SCANNER, SystemClock(), lambda event: news.set(), pause_ms)
        slot._attempts = 10
        ports, driver = Ports(), Crashing()
        ports.expect("scanner.front", address, slot.plugged)
        cable.plug()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(slot.run(address, driver, ports), name="slot")
            for turn in range(1, 4):
                driver.ran.clear()
                slot._attempts = 12
                ports.appeared(port)
                await driver.ran.wait()
                while slot.health.counters.get("connects") != turn or slot.health.state is DeviceState.STARTING:
                    news.clear()
                    await news.wait()
                ports.disappeared(port.device_path)
            while slot.health.state is not DeviceState.QUARANTINED:
                news.clear()
                await news.wait()
            ports.appeared(port)
            for _ in range(20):
                await asyncio.sleep(0)
            assert (driver.runs, slot.health.state) == (3, DeviceState.QUARANTINED)
            driver.ran.clear()
            slot.nudge()
            await driver.ran.wait()
            task.cancel()
        cable.unplug()

    run(main())


def test_a_file_made_anew_ends_the_pause(run, tmp_path):
    """The device named by its path went and came back between two looks: its file is another one."""

    async def main():
        path = tmp_path / "line"
        address = parse_address(f"serial://{path}", DeviceKind.SCANNER)
        path.write_text("")
        slot = Slot("scanner.front", DeviceKind.SCANNER, SystemClock(), lambda event: None, 3_600_000)
        slot._attempts = 12
        async with asyncio.TaskGroup() as group:
            pausing = group.create_task(slot._pause(address), name="pause")
            await asyncio.sleep(0)
            (tmp_path / "new").write_text("")
            (tmp_path / "new").replace(path)
            await pausing

    run(main())


def test_rights_that_come_late_cost_a_tenth_of_a_second(run, tmp_path):
    """udev makes the node first and hands it to us after; what was refused is tried ten times a second."""

    async def main():
        path = tmp_path / "line"
        path.write_text("")
        clock = SystemClock()
        slot = Slot("scanner.front", DeviceKind.SCANNER, clock, lambda event: None, 3_600_000)
        slot._attempts = 12
        slot._after_fault(FaultReason.NO_PERMISSION)
        assert slot.health.state is DeviceState.STARTING
        before_ns = clock.monotonic_ns()
        await slot._pause(parse_address(f"serial://{path}", DeviceKind.SCANNER))
        assert clock.monotonic_ns() - before_ns < 1_000_000_000

    run(main())
