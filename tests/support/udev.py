"""A stand-in for udev, on real file descriptors: what is plugged, and monitors that tell of it or overflow."""

import os

from appliance.hal.hotplug import Port


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
