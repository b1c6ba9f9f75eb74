"""What is plugged in: one udev monitor on the loop, bound before the devices are listed.

Hides udev. An event is a hint, the list is the truth: after an overflow the monitor is thrown away and the list read
again (pyudev issue 194: a monitor that overflowed once never works again), and once a minute anyway. Without udev
(container, other system) nothing is ever plugged in and nothing fails.

Each port has one holder, and goes to the role that names it most closely: where one role wants any scanner and another
this very one, this very one stays free for the other.
"""

import asyncio
import logging
import os
import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from msgspec import Struct

from appliance.hal.address import Address
from appliance.hal.scanner.hidpos import is_scanner

log = logging.getLogger(__name__)

TAG = "till"
"""Our devices carry this tag where `70-tillbox.rules` is installed."""
_RULES_PLACES = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
_RULES_FILE = "70-tillbox.rules"
_SUBSYSTEMS = ("tty", "input", "usbmisc", "hidraw")
_RECONCILE_S = 60.0
_AGAIN_S = 5.0
_EVENTS_AT_ONCE = 64
"""After so many the loop gets its turn: a storm of events must not hold up a sale."""


class Port(Struct, frozen=True):
    """One device node with what udev knows of it."""

    device_path: str
    """Place in sysfs: the identity while it is plugged."""
    node: str
    subsystem: str
    properties: dict[str, str]
    descriptor: bytes = b""
    """HID report descriptor, read from sysfs without opening the node; empty for what is not hidraw."""

    @property
    def identity(self) -> str:
        """The same however often it is plugged in and whatever its node is called: serial, port, interface."""
        names = ("ID_SERIAL", "ID_PATH", "ID_USB_INTERFACE_NUM")
        return "|".join(self.properties.get(name, "") for name in names)

    @property
    def label(self) -> str:
        """What a technician would call it."""
        vendor, model = self.properties.get("ID_VENDOR", ""), self.properties.get("ID_MODEL", "")
        return f"{vendor} {model}".strip().replace("_", " ") or self.node


class Holder(Protocol):
    """Who took a port."""

    def unplugged(self) -> None: ...


def class_of(port: Port) -> str | None:
    """What kind of link this port offers: `hidraw`, `serial`, `evdev`, `usblp`, or None for what is not ours."""
    properties = port.properties
    if port.subsystem == "usbmisc" and port.node.startswith("/dev/usb/lp"):
        return "usblp"
    if port.subsystem == "hidraw":  # told by the descriptor, not by a list of makers
        return "hidraw" if is_scanner(port.descriptor) else None
    if properties.get("ID_BUS") != "usb":
        return None
    if port.subsystem == "tty":
        return "serial"
    is_keyboard = "1" in (properties.get("ID_INPUT_KEYBOARD"), properties.get("ID_INPUT_KEY"))
    if port.subsystem == "input" and is_keyboard and os.path.basename(port.node).startswith("event"):
        return "evdev"
    return None


def matches(address: Address, port: Port) -> bool:
    """True when a udev address means this port."""
    found = class_of(port)
    if found is None or found not in address.path.split(","):
        return False
    return all(port.properties.get(name) == value for name, value in address.match.items())


def rule_of(port: Port, others: Iterable[Port] = ()) -> dict[str, str]:
    """The properties that name this device and no other: its serial and interface, wherever it is plugged in.

    Where another device bears the same serial (two of a kind, or scanners without any), the port is named too.
    """
    wanted = ["ID_SERIAL", "ID_USB_INTERFACE_NUM", "ID_INPUT_KEYBOARD"]
    serial = port.properties.get("ID_SERIAL")
    places = {_place_of(other) for other in (port, *others) if other.properties.get("ID_SERIAL") == serial}
    if not serial or len(places) > 1:
        wanted.append("ID_PATH")
    return {name: port.properties[name] for name in wanted if port.properties.get(name)}


def _place_of(port: Port) -> str:
    """The socket of the USB device: ID_PATH without the interface at its end."""
    return re.sub(r":\d+\.\d+$", "", port.properties.get("ID_PATH", ""))


class Ports:
    """The ports that are there, who holds them, and who is meant to."""

    def __init__(self, load_udev: Callable[[], Any] | None = None) -> None:
        """`load_udev` gives the pyudev module, on another thread; it may raise ImportError."""
        self._load_udev = load_udev or _load_pyudev
        self._ports: dict[str, Port] = {}
        self._holders: dict[str, Holder] = {}
        self._expected: dict[str, tuple[Address, Callable[[], None]]] = {}
        self._changed = asyncio.Event()
        self._touched: set[str] = set()
        self._pyudev: Any = None  # pyudev has no types
        self._monitor: Any = None
        self._overflow = asyncio.Event()
        self._is_deaf = False

    def expect(self, role: str, address: Address, appeared: Callable[[], None]) -> None:
        """From now on this role has a claim to what the address means; `appeared` is called when such a port comes."""
        self._expected[role] = (address, appeared)

    def expect_no_more(self, role: str) -> None:
        if self._expected.pop(role, None) is not None:
            self._tell()

    def plugged(self) -> tuple[Port, ...]:
        """All ports of ours, held or not, in the order of their places."""
        return tuple(self._ports[path] for path in sorted(self._ports))

    def has(self, device_path: str) -> bool:
        return device_path in self._ports

    def holder(self, port: Port) -> Holder | None:
        return self._holders.get(port.device_path)

    def held_by(self, holder: Holder) -> Port | None:
        paths = (path for path, other in self._holders.items() if other is holder)
        return next((self._ports[path] for path in paths if path in self._ports), None)

    def unwanted(self) -> tuple[Port, ...]:
        """Ports that nobody holds and no role asks for."""
        asked = [address for address, _ in self._expected.values()]
        return tuple(
            port
            for port in self.plugged()
            if port.device_path not in self._holders and not any(matches(address, port) for address in asked)
        )

    async def change(self) -> None:
        """Wait until something was plugged in, pulled out or given back."""
        await self._changed.wait()

    def offers(self, address: Address) -> bool:
        """True when a port that nobody holds answers to the address."""
        return self._free(address) is not None

    async def claim(self, holder: Holder, address: Address) -> Address:
        """Wait for a port and take it; returns its node's address. Each port has one holder."""
        while (port := self._free(address)) is None:
            await self._changed.wait()
        return self.take(holder, port, address)

    def take(self, holder: Holder, port: Port, address: Address) -> Address:
        """Take this free port; returns its node's address with the options of `address`."""
        self._holders[port.device_path] = holder
        self._tell()
        return Address(class_of(port) or "", path=port.node, options=address.options)

    def release(self, holder: Holder) -> None:
        """Give back whatever the holder took; nothing when it took nothing."""
        for path in [path for path, other in self._holders.items() if other is holder]:
            del self._holders[path]
            self._tell()

    def appeared(self, port: Port) -> None:
        """A device is there; seen twice it is the same one."""
        self._touched.add(port.device_path)
        known = self._ports.get(port.device_path)
        if known == port:
            return
        if known is not None and (known.node != port.node or class_of(port) is None):
            self.disappeared(port.device_path)  # its end was lost on the way
        if class_of(port) is not None:
            self._ports[port.device_path] = port
            self._tell()
            for address, appeared in tuple(self._expected.values()):
                if matches(address, port):
                    appeared()

    def disappeared(self, device_path: str) -> None:
        """A device went; looked up by its place, since a removed device has lost its serial number."""
        self._touched.add(device_path)
        gone = self._ports.pop(device_path, None)
        if (holder := self._holders.pop(device_path, None)) is not None:
            holder.unplugged()
        if gone is not None:
            self._tell()

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
                await self._follow()
        finally:
            self._unbind()

    async def _follow(self) -> None:
        """One reading of the list, then events until a minute is over or some were lost."""
        try:
            if self._monitor is None:
                self._bind()
            await self._reconcile()
        except OSError as error:  # udev is being restarted, or no descriptor is left just now
            if not self._is_deaf:
                log.warning("udev does not answer: %s", error)
            self._is_deaf = True
            self._unbind()
            await asyncio.sleep(_AGAIN_S)
            return
        self._is_deaf = False
        try:
            async with asyncio.timeout(_RECONCILE_S):
                await self._overflow.wait()
        except TimeoutError:
            return
        log.warning("udev events were lost; binding again")
        self._unbind()

    def _free(self, address: Address) -> Port | None:
        """The port to take: never one that another role names more closely; a keyboard rather than its media keys."""
        free = [
            port
            for path, port in self._ports.items()
            if path not in self._holders and matches(address, port) and not self._is_reserved(port, address)
        ]
        free.sort(key=lambda port: (port.properties.get("ID_INPUT_KEYBOARD") != "1", port.device_path))
        return free[0] if free else None

    def _is_reserved(self, port: Port, address: Address) -> bool:
        """True when another role's rule is closer; of two that are equally close the narrower class wins."""

        def closeness(rule: Address) -> tuple[int, int]:
            return len(rule.match), -len(rule.path.split(","))

        rules = (rule for rule, _ in self._expected.values())
        return any(closeness(rule) > closeness(address) and matches(rule, port) for rule in rules)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _bind(self) -> None:
        self._overflow.clear()
        monitor = self._pyudev.Monitor.from_netlink(self._pyudev.Context(), source="udev")
        for subsystem in _SUBSYSTEMS:
            monitor.filter_by(subsystem)
        if _rules_are_installed():  # the kernel drops what is not ours: a storm elsewhere never reaches us
            monitor.filter_by_tag(TAG)
        monitor.start()
        self._monitor = monitor
        asyncio.get_running_loop().add_reader(monitor.fileno(), self._on_event)

    def _unbind(self) -> None:
        if self._monitor is not None:
            asyncio.get_running_loop().remove_reader(self._monitor.fileno())
            self._monitor = None

    def _on_event(self) -> None:
        try:
            for _ in range(_EVENTS_AT_ONCE):
                if (device := self._monitor.poll(timeout=0)) is None:
                    return
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


def _rules_are_installed() -> bool:
    return any(os.path.exists(f"{place}/{_RULES_FILE}") for place in _RULES_PLACES)


def _load_pyudev() -> Any:
    import pyudev  # late: 30 ms that a till with network devices never spends

    return pyudev


def _port_of(device: Any) -> Port | None:
    try:
        node = device.device_node
        if not node:
            return None
        properties, descriptor = dict(device.properties), b""
        if device.subsystem == "hidraw":
            descriptor = _descriptor_of(device)
            properties = _identity_of(device) | properties
        return Port(device.device_path, node, device.subsystem, properties, descriptor)
    except (OSError, KeyError, UnicodeDecodeError):  # the device went while we looked at it
        return None


def _descriptor_of(device: Any) -> bytes:
    with open(f"{device.sys_path}/device/report_descriptor", "rb") as file:
        return file.read(4_096)


def _identity_of(device: Any) -> dict[str, str]:
    """udev gives hidraw nodes no identity unless our rules are installed; the USB device above has it."""
    usb = device.find_parent("usb", "usb_device")
    found = {} if usb is None else {name: value for name, value in usb.properties.items() if name.startswith("ID_")}
    interface = device.find_parent("usb", "usb_interface")
    if interface is not None:
        found["ID_USB_INTERFACE_NUM"] = interface.attributes.asstring("bInterfaceNumber")
    return found
