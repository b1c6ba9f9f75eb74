"""Slots: one role, one driver, brought back for ever.

A slot opens the role's link, lets the driver run until the link is lost, waits and tries again. Nothing a device or a
driver does leaves its slot. People hear of changes only: one log line and one `Health` when the state changes.
"""

import asyncio
import logging
import os
import random
from collections import deque
from typing import Protocol

from appliance.clock import Clock
from appliance.hal.address import Address
from appliance.hal.device import DeviceEvent, DeviceKind, DeviceState, Emit, FaultReason, Health
from appliance.hal.hotplug import Ports
from appliance.hal.transport import DeviceFault, Transport, open_transport

log = logging.getLogger(__name__)

_FIRST_PAUSE_MS = 250
_GRACE_PAUSE_MS = 100
_OPEN_TIMEOUT_S = 5.0
_HEALTHY_NS = 30_000_000_000
_GRACE_NS = 2_000_000_000
_CRASH_WINDOW_NS = 60_000_000_000
_CRASHES_MAX = 3
_LOOK_EVERY_S = 0.25
_VAIN_MAX = 2
_AWAY = frozenset({FaultReason.UNPLUGGED, FaultReason.UNREACHABLE, FaultReason.NOT_CONFIGURED})
_SET_WRONG = frozenset(
    {FaultReason.MISCONFIGURED, FaultReason.WRONG_KEY, FaultReason.WRONG_ROOT, FaultReason.WRONG_POIID,
     FaultReason.ROOT_FILE}
)  # fmt: skip
"""What somebody has set, and the log says which part of it."""
_SETTLING = frozenset({FaultReason.NO_PERMISSION, FaultReason.BUSY})


class Driver(Protocol):
    """What a slot runs."""

    async def run(self, link: Transport) -> None:
        """Pump an open link until it raises LinkLost. Called again with a new link each time."""
        ...


class Slot:
    """State, counters and life of one role."""

    def __init__(self, role: str, kind: DeviceKind, clock: Clock, emit: Emit, pause_ms_max: int = 10_000) -> None:
        self.role = role
        self._kind = kind
        self._clock = clock
        self._emit = emit
        self._pause_ms_max = pause_ms_max
        self._state = DeviceState.STARTING
        self._fault: FaultReason | None = None
        self._since = clock.now()
        self._model: str | None = None
        self._port: str | None = None
        self.serial: str | None = None
        """What the driver was told at the last link."""
        self._counters: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._asked = False
        self._link: Transport | None = None
        self._attempts = 0
        self._vain = 0
        """Links in a row that opened and ended before the device was known to work."""
        self._refused_at_ns: int | None = None
        self._crashes: deque[int] = deque(maxlen=_CRASHES_MAX)

    @property
    def health(self) -> Health:
        counters = dict(self._counters)
        return Health(
            self.role, self._kind, self._state, self._fault, self._since, self._model, self._port, counters, self.serial
        )

    def emit(self, event: DeviceEvent) -> None:
        self._emit(event)

    def count(self, name: str, by: int = 1) -> None:
        self._counters[name] = self._counters.get(name, 0) + by

    def report(self, state: DeviceState, fault: FaultReason | None = None, model: str | None = None) -> None:
        """Say how the device is; only a change is logged and emitted. `model` None keeps what is known."""
        model = model or self._model
        if state is DeviceState.STARTING and self._vain >= _VAIN_MAX:
            return  # it was found so before, and nothing came of it
        if state in (DeviceState.READY, DeviceState.DEGRADED):
            self._vain = 0
        if (state, fault, model) == (self._state, self._fault, self._model):
            return
        if (state, fault) != (self._state, self._fault):
            self._since = self._clock.now()
            calm = state in (DeviceState.READY, DeviceState.STARTING)
            log.log(logging.INFO if calm else logging.WARNING, "%s: %s %s", self.role, state, fault or "")
        self._state, self._fault, self._model = state, fault, model
        self._emit(self.health)

    def nudge(self) -> None:
        """An operator asked: try again now, after a quarantine too."""
        self._asked = True
        self._wake.set()

    def plugged(self) -> None:
        """A device for this role was plugged in: the pause is over. A crashing driver stays alone all the same."""
        self._attempts = self._vain = 0
        self._refused_at_ns = None
        self._wake.set()

    def retire(self) -> None:
        """The role is another's from now on: nothing more is told."""
        self._emit = lambda event: None

    def unplugged(self) -> None:
        """udev saw the device go: end the link if the read has not noticed yet."""
        if self._link is not None:
            self._link.abort()

    async def run(self, address: Address, driver: Driver, ports: Ports) -> None:
        """Serve the role until cancelled. The outermost loop of a device: nothing gets past it."""
        while True:
            try:
                await self._serve(address, driver, ports)
            except DeviceFault as fault:
                if fault.reason in _SET_WRONG and self._fault is not fault.reason:
                    log.error("%s: configuration refused, %s", self.role, fault.detail)
                self._after_fault(fault.reason)
            except Exception:  # a bug in a driver must cost one device, not the till
                log.exception("%s: driver crashed", self.role)
                if self._crashed_too_often():
                    self.report(DeviceState.QUARANTINED, FaultReason.CRASHED)
                    await self._until_asked()
                    continue
                self.report(DeviceState.FAULT, FaultReason.CRASHED)
            await self._pause(address)

    async def _until_asked(self) -> None:
        self._asked = False
        while not self._asked:
            self._wake.clear()
            await self._wake.wait()
        self._crashes.clear()

    async def _serve(self, address: Address, driver: Driver, ports: Ports) -> None:
        if address.scheme == "udev":
            if not ports.offers(address):
                self.report(DeviceState.ABSENT, FaultReason.UNPLUGGED)
            address = await ports.claim(self, address)
        self._wake.clear()  # what was plugged in until here is what we open now
        self._port = str(address)
        opened_at_ns = None
        try:
            self._link = await self._open(address)
            opened_at_ns = self._clock.monotonic_ns()
            self._refused_at_ns = None
            self._vain += 1  # until the driver says that it works
            self.count("connects")
            await driver.run(self._link)
        finally:
            link, self._link = self._link, None
            try:
                if link is not None:
                    link.abort()
                    await link.closed()
            finally:
                ports.release(self)  # only now: the next holder would find it busy
            if opened_at_ns is not None and self._clock.monotonic_ns() - opened_at_ns > _HEALTHY_NS:
                self._attempts = 0

    async def _open(self, address: Address) -> Transport:
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                return await open_transport(address)
        except TimeoutError:
            reason = FaultReason.UNREACHABLE if address.scheme == "tcp" else FaultReason.NO_ANSWER
            raise DeviceFault(reason, "opening took too long") from None

    def _after_fault(self, reason: FaultReason) -> None:
        now_ns = self._clock.monotonic_ns()
        if reason in _SETTLING:  # udev may still be handing out rights: two seconds of grace
            self._refused_at_ns = self._refused_at_ns or now_ns
            if now_ns - self._refused_at_ns < _GRACE_NS and self._fault != reason:
                return
        self.report(DeviceState.ABSENT if reason in _AWAY else DeviceState.FAULT, reason)

    def _crashed_too_often(self) -> bool:
        self._crashes.append(self._clock.monotonic_ns())
        full = len(self._crashes) == _CRASHES_MAX
        return full and self._crashes[-1] - self._crashes[0] < _CRASH_WINDOW_NS

    async def _pause(self, address: Address) -> None:
        """Wait 0.25, 0.5, ... seconds with jitter, cut short by a nudge, by a plug that udev saw, or by the device's
        file appearing or being another one than before. Rights that are being set are looked at ten times a second."""
        pause_ms = min(self._pause_ms_max, _FIRST_PAUSE_MS << min(self._attempts, 10))
        if self._refused_at_ns is not None and self._clock.monotonic_ns() - self._refused_at_ns < _GRACE_NS:
            pause_ms = _GRACE_PAUSE_MS
        else:
            self._attempts += 1
        left_s = pause_ms / 1_000 * random.uniform(0.8, 1.2)
        path = address.path if address.path.startswith("/") else ""
        before = _file_at(path)
        while left_s > 0 and not self._wake.is_set():
            step_s = min(left_s, _LOOK_EVERY_S) if path else left_s
            left_s -= step_s
            try:
                async with asyncio.timeout(step_s):
                    await self._wake.wait()
            except TimeoutError:
                if (now := _file_at(path)) is not None and now != before:
                    self._refused_at_ns = None
                    return
                before = now if now is None else before


def _file_at(path: str) -> tuple[int, int, int] | None:
    """Which file stands there: None for none, another answer when it was made anew."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_rdev
