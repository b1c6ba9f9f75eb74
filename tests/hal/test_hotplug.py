"""Ports: what udev says is a hint. The stand-in below plays pyudev, on a real file descriptor."""

import asyncio
import os

import pytest

from appliance.hal.address import parse_address
from appliance.hal.device import DeviceKind
from appliance.hal.hotplug import Port, Ports, class_of, matches

SCANNER, PRINTER = DeviceKind.SCANNER, DeviceKind.PRINTER
ACM = Port("/devices/1/tty/ttyACM0", "/dev/ttyACM0", "tty", {"ID_BUS": "usb", "ID_SERIAL": "Datalogic_7"})
KEYS = Port(
    "/devices/2/event4", "/dev/input/event4", "input", {"ID_BUS": "usb", "ID_INPUT_KEYBOARD": "1", "ID_SERIAL": "Z"}
)
LP = Port("/devices/3/lp1", "/dev/usb/lp1", "usbmisc", {})
CONSOLE = Port("/devices/4/tty1", "/dev/tty1", "tty", {})


class Device:
    def __init__(self, port, action=None):
        self.device_path, self.device_node, self.subsystem = port.device_path, port.node, port.subsystem
        self.properties, self.action = port.properties, action


class FakeUdev:
    """pyudev's face: `list_devices` tells the truth, monitors tell what `say` puts in, or overflow."""

    def __init__(self):
        self.plugged: list[Port] = []
        self.monitors: list[FakeMonitor] = []
        self.on_list = lambda: None
        self.Monitor = self

    def Context(self):
        return self

    def list_devices(self, subsystem):
        self.on_list()
        return [Device(port) for port in self.plugged if port.subsystem == subsystem]

    def from_netlink(self, context, source):
        self.monitors.append(FakeMonitor())
        return self.monitors[-1]

    def close(self):
        for monitor in self.monitors:
            os.close(monitor.read)
            os.close(monitor.write)


class FakeMonitor:
    def __init__(self):
        self.read, self.write = os.pipe()
        self.queue = []
        self.overflowed = False

    def filter_by(self, subsystem): ...

    def start(self): ...

    def fileno(self):
        return self.read

    def say(self, device):
        self.queue.append(device)
        os.write(self.write, b".")

    def overflow(self):
        self.overflowed = True
        os.write(self.write, b".")

    def poll(self, timeout):
        if self.overflowed:
            raise OSError(105, "No buffer space available")
        if not self.queue:
            return None
        os.read(self.read, 1)
        return self.queue.pop(0)


class Holder:
    def __init__(self):
        self.gone = asyncio.Event()

    def unplugged(self):
        self.gone.set()


@pytest.mark.parametrize(("port", "expected"), [(ACM, "serial"), (KEYS, "evdev"), (LP, "usblp"), (CONSOLE, None)])
def test_class_of_a_port(port, expected):
    assert class_of(port) == expected


def test_a_keyboard_is_taken_only_by_name():
    assert not matches(parse_address("auto:", SCANNER), KEYS)
    assert matches(parse_address("udev:evdev?ID_SERIAL=Z", SCANNER), KEYS)
    assert not matches(parse_address("udev:evdev?ID_SERIAL=Y", SCANNER), KEYS)


def test_each_port_has_one_holder(run):
    async def main():
        ports, address = Ports(), parse_address("auto:", SCANNER)
        first, second = Holder(), Holder()
        ports.appeared(ACM)
        ports.appeared(ACM)
        taken = await ports.claim(first, address)
        assert (taken.scheme, taken.path) == ("serial", "/dev/ttyACM0")
        assert not ports.offers(address)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(ports.claim(second, address), name="second")
            ports.disappeared(ACM.device_path)
            await first.gone.wait()
            ports.appeared(ACM)
            assert (await waiting).path == "/dev/ttyACM0"

    run(main())


async def follow(udev, test):
    """Run `test(ports)` while ports follow the stand-in."""
    ports = Ports(lambda: udev)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(ports.run(), name="hotplug")
        await test(ports)
        following.cancel()
    udev.close()


def test_what_is_plugged_between_binding_and_listing_is_seen_once(run):
    udev = FakeUdev()

    def plug_meanwhile():
        udev.on_list = lambda: None
        udev.plugged = [ACM]
        udev.monitors[0].say(Device(ACM, "add"))

    async def main():
        udev.on_list = plug_meanwhile

        async def test(ports):
            await ports.claim(Holder(), parse_address("auto:", SCANNER))
            assert list(ports._ports) == [ACM.device_path]

        await follow(udev, test)

    run(main())


def test_overflow_binds_a_new_monitor_and_repairs_what_was_lost(run):
    udev = FakeUdev()
    udev.plugged = [ACM]

    async def main():
        async def test(ports):
            holder = Holder()
            await ports.claim(holder, parse_address("auto:", SCANNER))
            udev.plugged = [LP]  # both events were lost
            udev.monitors[0].overflow()
            assert (await ports.claim(Holder(), parse_address("auto:", PRINTER))).path == "/dev/usb/lp1"
            await holder.gone.wait()
            assert len(udev.monitors) == 2

        await follow(udev, test)

    run(main())


def test_without_udev_nothing_is_plugged_in_and_nothing_fails(run):
    class NoUdev(FakeUdev):
        def from_netlink(self, context, source):
            raise OSError(93, "Protocol not supported")

    run(Ports(NoUdev).run())


def test_the_real_udev_library_starts_and_stops(run):
    async def main():
        ports = Ports()
        async with asyncio.TaskGroup() as group:
            following = group.create_task(ports.run(), name="hotplug")
            await asyncio.sleep(0)
            await asyncio.to_thread(lambda: None)
            following.cancel()

    run(main())
