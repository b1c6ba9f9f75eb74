"""What every drawer has in common, however its pulse travels: a pulse, a sensor, and who opened it.

Which level of the sensor means open depends on the drawer, so it is configured (`open=high|low|none`) or calibrated.
"""

import asyncio
from collections.abc import Awaitable, Callable

from appliance.clock import Clock
from appliance.hal.address import Address, one_of
from appliance.hal.device import (
    DeviceState,
    DrawerChanged,
    DrawerPosition,
    DrawerResult,
    FaultReason,
    Health,
    Opened,
)
from appliance.hal.supervisor import Slot

_SENSOR_WAIT_S = 0.5
_PULSES_MAX = 2
_COMMANDED_NS = 2_000_000_000


def open_level_of(address: Address) -> bool | None:
    """The level that means open, by the address; raises BadAddress."""
    level = address.options.get("open", "high")
    if level not in ("high", "low", "none"):
        raise one_of("open", ("high", "low", "none"))
    return None if level == "none" else level == "high"


class Box:
    """A drawer's memory. Its driver feeds it with levels, and gives it a way to send one pulse."""

    def __init__(
        self,
        open_level: bool | None,
        clock: Clock,
        slot: Slot,
        pulse: Callable[[], Awaitable[FaultReason | None]],
        away: FaultReason = FaultReason.UNPLUGGED,
    ) -> None:
        """`pulse` sends one and says why it could not; `away`: why it is not there while nobody can tell."""
        self._away = away
        self._open_level = open_level
        self._clock = clock
        self._slot = slot
        self._pulse = pulse
        self._turn = asyncio.Lock()
        self._level: bool | None = None
        self._position = DrawerPosition.UNKNOWN
        self._told = DrawerPosition.UNKNOWN
        self._moved = asyncio.Event()
        self._pulsed_at_ns: int | None = None
        self._openings = 0
        """Seen in all; a sensor that bounces, or a drawer shut at once, was open all the same."""
        slot.report(DeviceState.ABSENT, away)

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def position(self) -> DrawerPosition:
        return self._position

    @property
    def level(self) -> bool | None:
        return self._level

    async def open(self) -> DrawerResult:
        started_ns = self._clock.monotonic_ns()
        async with self._turn:
            opened, fault, sent = await self._open()
        duration_ms = (self._clock.monotonic_ns() - started_ns) // 1_000_000
        return DrawerResult(sent, opened, fault, duration_ms)

    def level_is(self, high: bool | None) -> None:
        """From the driver: the sensor's level. None: the link is alive and the level is not known (any more)."""
        position = self._read(high)
        moved = position is not self._position
        self._level, self._position = high, position
        if moved or self._slot.health.fault is not FaultReason.DRAWER_STUCK:
            self._slot.report(DeviceState.READY)
        if position is not self._told:
            self._tell_moved()

    def lost(self) -> None:
        """From the driver: nobody can tell any more."""
        self._level, self._position = None, DrawerPosition.UNKNOWN
        self._moved.set()

    def _read(self, high: bool | None) -> DrawerPosition:
        if high is None or self._open_level is None:
            return DrawerPosition.UNKNOWN
        return DrawerPosition.OPEN if high == self._open_level else DrawerPosition.CLOSED

    async def _open(self) -> tuple[Opened, FaultReason | None, bool]:
        for attempt in range(_PULSES_MAX):
            if self._position is DrawerPosition.CLOSED:
                self._moved.clear()
            before = self._openings
            self._pulsed_at_ns = self._clock.monotonic_ns()
            fault = await self._pulse()
            if fault is not None:
                return Opened.UNKNOWN, fault, attempt > 0
            self._slot.count("pulses")
            if self._position is DrawerPosition.UNKNOWN:
                return Opened.UNKNOWN, None, True
            if await self._is_open_soon(before):
                return Opened.YES, None, True
        if self._position is DrawerPosition.UNKNOWN:  # the link went while we waited
            return Opened.UNKNOWN, self._away, True
        self._slot.report(DeviceState.DEGRADED, FaultReason.DRAWER_STUCK)
        return Opened.NO, FaultReason.DRAWER_STUCK, True

    async def _is_open_soon(self, before: int) -> bool:
        """Whether it is open, or was since: `before` openings were seen until the pulse."""
        try:
            async with asyncio.timeout(_SENSOR_WAIT_S if self._position is DrawerPosition.CLOSED else 0):
                await self._moved.wait()
        except TimeoutError:
            pass
        return self._openings > before or self.position is DrawerPosition.OPEN

    def _tell_moved(self) -> None:
        before, self._told = self._told, self._position
        self._moved.set()
        commanded = True
        if self._position is DrawerPosition.OPEN:
            self._openings += 1
            self._slot.count("openings")
            now_ns = self._clock.monotonic_ns()
            pulsed = self._pulsed_at_ns is not None and now_ns - self._pulsed_at_ns <= _COMMANDED_NS
            commanded = pulsed or before is DrawerPosition.UNKNOWN
        self._slot.emit(DrawerChanged(self._slot.role, self._position, commanded))
