"""« Scannez ce code »: listens to everything that may be a scanner until one of them reads the setup code.

Hides who is listened to: the free ports, opened without taking a keyboard's keys from anybody, also those plugged in
meanwhile; and the scanners in service, through their drivers. Nothing is written to any device.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import Struct

from appliance.hal.address import Address
from appliance.hal.device import Learning
from appliance.hal.hotplug import Port, Ports, class_of, rule_of
from appliance.hal.scanner.driver import ScannerDriver
from appliance.hal.scanner.framing import Damaged, Read
from appliance.hal.scanner.hidpos import HidPosCodec
from appliance.hal.scanner.setup import GAP_MS, LEARNED, Ear, LineEar, ear_for
from appliance.hal.transport import DeviceFault, LinkLost, Transport, open_transport

log = logging.getLogger(__name__)

_OPEN_TIMEOUT_S = 5.0
_SPEEDS = (9_600, 115_200, 19_200, 38_400, 57_600, 4_800)
"""Of a serial line, the usual first. USB-CDC has none: any of them is right."""
_LINKS = frozenset({"evdev", "serial", "hidraw"})


class Learned(Struct, frozen=True):
    """Who read the setup code: a free port, or the scanner that serves a role already."""

    port: Port | None
    role: str | None
    options: dict[str, str]
    """How it must be read, as options of an address."""


def address_for(learned: Learned, port: Port | None, plugged: Iterable[Port], old: Address) -> Address:
    """Where this scanner is found from now on: by its serial, and by its port too where another bears the same.

    `port`: where udev shows it; None for a node or a socket, which stays what it is. `old`: the address it had.
    """
    kept = {name: option for name, option in old.options.items() if name not in LEARNED}
    options = kept | learned.options
    if port is None or old.scheme not in ("", "udev"):
        return msgspec.structs.replace(old, options=options)
    others = [other for other in plugged if other.device_path != port.device_path]
    return Address("udev", path=class_of(port) or "", options=options, match=rule_of(port, others))


class Search:
    """One search. Ends with the first device that reads the setup code."""

    def __init__(
        self,
        ports: Ports,
        served: Mapping[str, ScannerDriver],
        is_spoken_for: Callable[[str], bool],
        tell: Callable[[Learning], None],
    ) -> None:
        """`served`: the scanners in service; `is_spoken_for`: true for nodes that some role names by their path."""
        self._ports = ports
        self._served = served
        self._is_spoken_for = is_spoken_for
        self._tell = tell
        self._labels: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._ears: dict[str, Ear] = {}
        self._listening: dict[str, asyncio.Task[None]] = {}
        self._found: asyncio.Future[Learned]
        self._told: Learning | None = None

    async def run(self) -> Learned:
        """Until found, or cancelled."""
        self._found = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as group:
                for role, driver in self._served.items():
                    self._tap(role, driver)
                watching = group.create_task(self._watch(group), name="learn: ports")
                try:
                    return await self._found
                finally:
                    for task in (watching, *self._listening.values()):
                        task.cancel()
        finally:
            for driver in self._served.values():
                driver.tap = None

    def _tap(self, role: str, driver: ScannerDriver) -> None:
        def hear(address: Address, received: bytes, found: list[Read | Damaged]) -> None:
            ear = self._ears.setdefault(f"{role} {address}", ear_for(address.scheme))
            options = ear.hear(received, found) if received else ear.silence()
            self._judge(ear, role, None, role, options)

        driver.tap = hear
        self._labels[role] = role

    async def _watch(self, group: asyncio.TaskGroup) -> None:
        while True:
            for place in [place for place in self._refused if not self._ports.has(place)]:
                del self._refused[place], self._listening[place]
            for port in self._ports.unwanted():
                place = port.device_path
                if class_of(port) in _LINKS and place not in self._listening and not self._is_spoken_for(port.node):
                    self._listening[place] = group.create_task(self._listen(port), name=f"learn: {port.node}")
            self._say()
            await self._ports.change()

    async def _listen(self, port: Port) -> None:
        guest = _Guest()
        address = self._ports.take(guest, port, Address("udev"))
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                guest.link = await open_transport(address, shared=True)
            self._refused.pop(port.device_path, None)
            self._labels[port.device_path] = port.label
            self._say()
            await self._hear(port, guest.link, address.scheme)
        except LinkLost:
            log.debug("%s was pulled out", port.node)
        except (DeviceFault, TimeoutError) as fault:
            log.warning("%s cannot be listened to: %s", port.node, fault)
            self._refused[port.device_path] = port.label
        finally:
            self._labels.pop(port.device_path, None)
            try:
                if guest.link is not None:
                    guest.link.abort()
                    await guest.link.closed()
            finally:
                self._ports.release(guest)
                if port.device_path not in self._refused:
                    self._listening.pop(port.device_path, None)
                if not self._found.done():
                    self._say()

    async def _hear(self, port: Port, link: Transport, scheme: str) -> None:
        ear, codec, heard, speed = ear_for(scheme), HidPosCodec(), False, 0
        while True:
            received = await link.read(GAP_MS / 1_000 if heard else None)
            heard = bool(received)
            found = codec.feed(received) if scheme == "hidraw" else []
            options = ear.hear(received, found) if received else ear.silence()
            if options is not None and speed:
                options |= {"baud": str(_SPEEDS[speed])}
            self._judge(ear, port.label, port, None, options)
            if isinstance(ear, LineEar) and ear.is_garbled:  # a real serial line, and another speed than ours
                ear.is_garbled, speed = False, (speed + 1) % len(_SPEEDS)
                link.set_speed(_SPEEDS[speed])

    def _judge(self, ear: Ear, label: str, port: Port | None, role: str | None, options: dict[str, str] | None) -> None:
        if options is not None:
            if not self._found.done():
                self._found.set_result(Learned(port, role, options))
        elif ear.other:
            ear.other = False
            self._say(label)

    def _say(self, heard: str | None = None) -> None:
        now = Learning(tuple(self._labels.values()), tuple(self._refused.values()), heard)
        if now != self._told:
            self._told = now
            self._tell(now)


class _Guest:
    """Holds a port while it is listened to."""

    def __init__(self) -> None:
        self.link: Transport | None = None

    def unplugged(self) -> None:
        if self.link is not None:
            self.link.abort()
