"""A stand-in for udev, on real file descriptors: what is plugged, and monitors that tell of it or overflow."""

import asyncio
import os
from contextlib import asynccontextmanager

from appliance.clock import SystemClock
from appliance.hal.address import DevicesConfig
from appliance.hal.hotplug import Port, Ports
from appliance.hal.registry import Registry
from appliance.hal.scanner.wedge import KEY_ENTER
from appliance.hal.simulated.scanner import events_of, keys_of, strokes_of
from tests.hal.conftest import Bench


class Device:
    def __init__(self, port, action=None):
        self.device_path, self.device_node, self.subsystem = port.device_path, port.node, port.subsystem
        self.properties, self.action = port.properties, action
        self.sys_path = "/sys" + port.device_path

    def find_parent(self, subsystem, kind=None):
        return None


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

    def plug(self, port):
        self.plugged.append(port)
        self.monitors[-1].say(Device(port, "add"))

    def unplug(self, port):
        self.plugged.remove(port)
        self.monitors[-1].say(Device(port, "remove"))

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

    def filter_by_tag(self, tag): ...

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


class Keys:
    """An input node that can be opened before it is typed on: a FIFO whose name is an event node's."""

    def __init__(self, folder, number, serial, place):
        self.path = folder / f"event{number}"
        os.mkfifo(self.path)
        self._far = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        properties = {"ID_BUS": "usb", "ID_INPUT_KEYBOARD": "1", "ID_SERIAL": serial, "ID_MODEL": serial}
        properties["ID_PATH"] = f"pci-0-usb-0:{place}:1.0"
        self.port = Port(f"/devices/usb1/1-{place}/event{number}", str(self.path), "input", properties)

    def type(self, text, layout="us"):
        strokes = [stroke for char in text for stroke in strokes_of(char, keys_of(layout))]
        at_us = SystemClock().monotonic_ns() // 1_000 + 200_000  # some time after the node was opened
        os.write(self._far, events_of([*strokes, (KEY_ENTER, 1), (KEY_ENTER, 0)], at_us))

    def close(self):
        os.close(self._far)


@asynccontextmanager
async def table_with(roles, udev=None, bindings=""):
    """The registry with a stand-in for udev, which shows nothing when there is none."""
    table = Bench()
    registry = Registry(DevicesConfig(roles, 250, bindings, hot_plug=udev is not None), SystemClock(), table.emit)
    table.devices = registry
    if udev is not None:
        registry.ports = Ports(lambda: udev)
    async with asyncio.TaskGroup() as group:
        registry.start(group)
        yield table
        registry.stop()
    if udev is not None:
        udev.close()
