"""Cash drawer behind a receipt printer (RJ12): pulse out, sensor on pin 3 back.

Which level of the pin means open depends on the drawer, so it is configured (`open=high|low|none`).
"""

import asyncio

from appliance.clock import Clock
from appliance.hal.address import Address, BadAddress
from appliance.hal.device import (
    DeviceState,
    DrawerChanged,
    DrawerPosition,
    DrawerResult,
    FaultReason,
    Health,
    Opened,
)
from appliance.hal.escpos.driver import EscposPrinter
from appliance.hal.supervisor import Slot

_SENSOR_WAIT_S = 0.5
_PULSES_MAX = 2
_COMMANDED_NS = 2_000_000_000


class PrinterDrawer:
    """One drawer role. Implements `device.Drawer`; lives as long as its printer's link."""

    def __init__(self, address: Address, printer: EscposPrinter, clock: Clock, slot: Slot) -> None:
        """Raises BadAddress when the options make no sense."""
        self._pin = address.number("pin", 2, 2, 5)
        if self._pin not in (2, 5):
            raise BadAddress("pin must be 2 or 5")
        self._on_ms = address.number("on_ms", 100, 20, 500)
        level = address.options.get("open", "high")
        if level not in ("high", "low", "none"):
            raise BadAddress("open must be high, low or none")
        self._open_level = None if level == "none" else level == "high"
        self._printer = printer
        self._clock = clock
        self._slot = slot
        self._turn = asyncio.Lock()
        self._position = DrawerPosition.UNKNOWN
        self._told = DrawerPosition.UNKNOWN
        self._moved = asyncio.Event()
        self._pulsed_at_ns: int | None = None
        printer.on_pin = self._pin_is
        self._slot.report(DeviceState.ABSENT, FaultReason.UNPLUGGED)

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def position(self) -> DrawerPosition:
        return self._position

    async def open(self) -> DrawerResult:
        started_ns = self._clock.monotonic_ns()
        async with self._turn:
            opened, fault, sent = await self._open()
        duration_ms = (self._clock.monotonic_ns() - started_ns) // 1_000_000
        return DrawerResult(sent, opened, fault, duration_ms)

    async def _open(self) -> tuple[Opened, FaultReason | None, bool]:
        for attempt in range(_PULSES_MAX):
            if self._position is DrawerPosition.CLOSED:
                self._moved.clear()
            self._pulsed_at_ns = self._clock.monotonic_ns()
            fault = await self._printer.pulse(self._pin, self._on_ms)
            if fault is not None:
                return Opened.UNKNOWN, fault, attempt > 0
            self._slot.count("pulses")
            if self._position is DrawerPosition.UNKNOWN:
                return Opened.UNKNOWN, None, True
            if await self._is_open_soon():
                return Opened.YES, None, True
        if self._position is DrawerPosition.UNKNOWN:  # the link went while we waited
            return Opened.UNKNOWN, FaultReason.UNPLUGGED, True
        self._slot.report(DeviceState.DEGRADED, FaultReason.DRAWER_STUCK)
        return Opened.NO, FaultReason.DRAWER_STUCK, True

    async def _is_open_soon(self) -> bool:
        try:
            async with asyncio.timeout(_SENSOR_WAIT_S if self._position is DrawerPosition.CLOSED else 0):
                await self._moved.wait()
        except TimeoutError:
            pass
        return self.position is DrawerPosition.OPEN

    def _pin_is(self, high: bool | None) -> None:
        """From the printer: the pin's level, or None when nobody can tell any more."""
        if high is None:
            self._position = DrawerPosition.UNKNOWN
            self._moved.set()
            self._slot.report(DeviceState.ABSENT, FaultReason.UNPLUGGED)
            return
        moved = False
        if self._open_level is not None:
            position = DrawerPosition.OPEN if high == self._open_level else DrawerPosition.CLOSED
            moved, self._position = position is not self._position, position
        if moved or self._slot.health.fault is not FaultReason.DRAWER_STUCK:
            self._slot.report(DeviceState.READY)
        if self._position is not self._told:
            self._tell_moved()

    def _tell_moved(self) -> None:
        before, self._told = self._told, self._position
        self._moved.set()
        commanded = True
        if self._position is DrawerPosition.OPEN:
            self._slot.count("openings")
            now_ns = self._clock.monotonic_ns()
            pulsed = self._pulsed_at_ns is not None and now_ns - self._pulsed_at_ns <= _COMMANDED_NS
            commanded = pulsed or before is DrawerPosition.UNKNOWN
        self._slot.emit(DrawerChanged(self._slot.role, self._position, commanded))
