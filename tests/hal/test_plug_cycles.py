"""Ten thousand times in and out: nothing leaks, nothing is slow, nothing is lost.

Way: a serial scanner on a pty and a keyboard scanner on a FIFO come and go under ever other node names, as a stand-in
for udev tells. Handles, tasks and the loop's readers are counted at the beginning and at the end.
"""

import asyncio
import os

import pytest

from appliance.clock import SystemClock
from appliance.hal.device import DeviceState, Health, Scan
from appliance.hal.hotplug import Port
from appliance.hal.simulated.scanner import SimulatedSerialScanner
from tests.support.udev import FakeUdev, Keys, table_with

ROLES = {"scanner.line": "udev:serial?ID_SERIAL=Line_1", "scanner.keys": "udev:evdev?ID_SERIAL=Keys_1&layout=fr"}
USABLE_NS_MAX = 1_000_000_000


def open_handles():
    return len(os.listdir("/proc/self/fd"))


def readers():
    return len(asyncio.get_running_loop()._selector.get_map())  # type: ignore[attr-defined]


class Cycle:
    """One device in, one scan, and out again; every third time in the middle of a code."""

    def __init__(self, table, udev, folder):
        self.table, self.udev, self.folder = table, udev, folder
        self.clock = SystemClock()
        self.usable_ns = []
        self.scans = 0

    async def line(self, number):
        scanner = SimulatedSerialScanner(self.folder / f"ttyACM{number % 7}")
        await scanner.plug()
        properties = {"ID_BUS": "usb", "ID_SERIAL": "Line_1", "ID_PATH": f"port-{number % 3}"}
        port = Port(f"/devices/{number % 3}/tty", str(self.folder / f"ttyACM{number % 7}"), "tty", properties)
        await self.turn(port, "scanner.line", lambda: scanner.scan(f"{number}"), number)
        if number % 3 == 0:
            scanner.scan_cut("761")
        self.udev.unplug(port)
        scanner.unplug()
        await self.table.state("scanner.line", DeviceState.ABSENT)

    async def keys(self, number):
        scanner = Keys(self.folder, number % 7, "Keys_1", number % 3)
        await self.turn(scanner.port, "scanner.keys", lambda: scanner.type(f"{number}", "fr"), number)
        if number % 2:  # the read notices first, or udev does
            scanner.close()
            self.udev.unplug(scanner.port)
        else:
            self.udev.unplug(scanner.port)
            scanner.close()
        await self.table.state("scanner.keys", DeviceState.ABSENT)
        scanner.path.unlink()

    async def turn(self, port, role, scan, number):
        plugged_ns = self.clock.monotonic_ns()
        self.udev.plug(port)
        await self.table.state(role, DeviceState.READY)
        self.usable_ns.append(self.clock.monotonic_ns() - plugged_ns)
        scan()
        self.scans += 1
        await self.table.until(lambda: self.table.of(Scan))
        assert [(found.source, found.text) for found in self.table.of(Scan)] == [(role, f"{number}")]
        self.table.events.clear()


def plug_in_and_out(run, folder, cycles, timeout_s):
    async def main():
        udev = FakeUdev()
        async with table_with(ROLES, udev) as table:
            cycle = Cycle(table, udev, folder)
            await table.state("scanner.keys", DeviceState.ABSENT)
            while not udev.monitors:
                await asyncio.to_thread(lambda: None)
            for number in range(20):  # the threads of the pool are there now
                await cycle.line(number)
                await cycle.keys(number)
            before = (open_handles(), len(asyncio.all_tasks()), readers())
            for number in range(20, cycles // 2):
                await cycle.line(number)
                await cycle.keys(number)
            assert (open_handles(), len(asyncio.all_tasks()), readers()) == before
            slow = [usable_ns for usable_ns in cycle.usable_ns if usable_ns > USABLE_NS_MAX]
            assert len(slow) <= cycles // 1_000  # a busy machine stalls now and then, whatever we do
            counters = {health.role: health.counters for health in table.devices.health()}
            assert {role: found["connects"] for role, found in counters.items()} == dict.fromkeys(ROLES, cycles // 2)
            assert cycle.scans == cycles // 2 * 2 == sum(found["scans"] for found in counters.values())
            assert not [event for event in table.of(Health) if event.state is DeviceState.FAULT]

    run(main(), timeout_s)


def test_a_thousand_plugs_leak_nothing(run, tmp_path, grabbed, caplog):
    plug_in_and_out(run, tmp_path, 1_000, 60.0)


@pytest.mark.full
def test_ten_thousand_plugs_leak_nothing(run, tmp_path, grabbed, caplog):
    plug_in_and_out(run, tmp_path, 10_000, 600.0)
