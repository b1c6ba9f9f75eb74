"""What is plugged in: one udev monitor on the loop, bound before the devices are listed.

Hides udev. An event is a hint, the list is the truth: after an overflow the monitor is thrown away and the list read
again (pyudev issue 194: a monitor that overflowed once never works again), and once a minute anyway. Without udev
(container, other system) nothing is ever plugged in and nothing fails.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from appliance.hal.address import Address

log = logging.getLogger(__name__)

_SUBSYSTEMS = ("tty", "input", "usbmisc")
_RECONCILE_S = 60.0


class Port(Struct, frozen=True):
    """One device node with what udev knows of it."""

    device_path: str
    """Place in sysfs: the identity while it is plugged."""
    node: str
    subsystem: str
    properties: dict[str, str]


class Holder(Protocol):
    """Who took a port."""

    def unplugged(self) -> None: ...


def class_of(port: Port) -> str | None:
    """What kind of link this port offers: `serial`, `evdev`, `usblp`, or None for what is not ours."""
    properties = port.properties
    if port.subsystem == "usbmisc" and port.node.startswith("/dev/usb/lp"):
        return "usblp"
    if properties.get("ID_BUS") != "usb":
        return None
    if port.subsystem == "tty":
        return "serial"
    is_keyboard = "1" in (properties.get("ID_INPUT_KEYBOARD"), properties.get("ID_INPUT_KEY"))
    if port.subsystem == "input" and is_keyboard and port.node.startswith("/dev/input/event"):
        return "evdev"
    return None


def matches(address: Address, port: Port) -> bool:
    """True when a udev address means this port."""
    if class_of(port) != address.path:
        return False
    return all(port.properties.get(name) == value for name, value in address.match.items())


class Ports:
    """The ports that are there and who holds them."""

    def __init__(self, load_udev: Callable[[], Any] | None = None) -> None:
        """`load_udev` gives the pyudev module, on another thread; it may raise ImportError."""
        self._load_udev = load_udev or _load_pyudev
        self._ports: dict[str, Port] = {}
        self._holders: dict[str, Holder] = {}
        self._changed = asyncio.Event()
        self._touched: set[str] = set()
        self._pyudev: Any = None  # pyudev has no types
        self._monitor: Any = None
        self._overflow = asyncio.Event()

    def offers(self, address: Address) -> bool:
        """True when a port that nobody holds answers to the address."""
        return self._free(address) is not None

    async def claim(self, holder: Holder, address: Address) -> Address:
        """Wait for a port and take it; returns its node's address. Each port has one holder."""
        while (port := self._free(address)) is None:
            await self._changed.wait()
        self._holders[port.device_path] = holder
        return Address(address.path, path=port.node, options=address.options, frame=address.frame)

    def release(self, holder: Holder) -> None:
        """Give back whatever the holder took; nothing when it took nothing."""
        for path in [path for path, other in self._holders.items() if other is holder]:
            del self._holders[path]

    def appeared(self, port: Port) -> None:
        """A device is there; seen twice it is the same one."""
        self._touched.add(port.device_path)
        if class_of(port) is not None and self._ports.get(port.device_path) != port:
            self._ports[port.device_path] = port
            self._tell()

    def disappeared(self, device_path: str) -> None:
        """A device went; looked up by its place, since a removed device has lost its serial number."""
        self._touched.add(device_path)
        self._ports.pop(device_path, None)
        if (holder := self._holders.pop(device_path, None)) is not None:
            holder.unplugged()

    async def run(self) -> None:
        """Follow udev until cancelled; returns at once where there is none."""
        try:
            self._pyudev = await asyncio.to_thread(self._load_udev)
            self._bind()
        except (ImportError, OSError) as error:
            log.info("no hot plug here: %s", error)
            return
        try:
            while True:
                await self._reconcile()
                try:
                    async with asyncio.timeout(_RECONCILE_S):
                        await self._overflow.wait()
                except TimeoutError:
                    continue
                log.warning("udev events were lost; binding again")
                self._unbind()
                self._bind()
        finally:
            self._unbind()

    def _free(self, address: Address) -> Port | None:
        ports = (self._ports[path] for path in sorted(self._ports) if path not in self._holders)
        return next((port for port in ports if matches(address, port)), None)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _bind(self) -> None:
        self._overflow.clear()
        monitor = self._pyudev.Monitor.from_netlink(self._pyudev.Context(), source="udev")
        for subsystem in _SUBSYSTEMS:
            monitor.filter_by(subsystem)
        monitor.start()
        self._monitor = monitor
        asyncio.get_running_loop().add_reader(monitor.fileno(), self._on_event)

    def _unbind(self) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor = None

    def _on_event(self) -> None:
        try:
            while (device := self._monitor.poll(timeout=0)) is not None:
                if device.action == "remove":
                    self.disappeared(device.device_path)
                elif (port := _port_of(device)) is not None:
                    self.appeared(port)
        except OSError:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._overflow.set()

    async def _reconcile(self) -> None:
        """Make our list equal to udev's. What an event changed meanwhile is newer than the list."""
        self._touched.clear()
        listed = await asyncio.to_thread(self._list)
        newer = set(self._touched)
        for port in listed.values():
            if port.device_path not in newer:
                self.appeared(port)
        for gone in set(self._ports) - set(listed) - newer:
            self.disappeared(gone)

    def _list(self) -> dict[str, Port]:
        found = {}
        for subsystem in _SUBSYSTEMS:
            for device in self._pyudev.Context().list_devices(subsystem=subsystem):
                if (port := _port_of(device)) is not None and class_of(port) is not None:
                    found[port.device_path] = port
        return found


def _load_pyudev() -> Any:
    import pyudev  # late: 30 ms that a till with network devices never spends

    return pyudev


def _port_of(device: Any) -> Port | None:
    try:
        node = device.device_node
        return Port(device.device_path, node, device.subsystem, dict(device.properties)) if node else None
    except (OSError, KeyError, UnicodeDecodeError):  # the device went while we looked at it
        return None
