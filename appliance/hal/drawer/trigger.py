"""Cash drawer with a trigger of its own on a serial line.

    trigger=glancetron    Glancetron 8005 and alike: opens on BEL, the sensor is asked four times a second
    trigger=any           opens on any character and tells nothing: no byte is ever written but the pulse

Such a port must be named by the settings. Nothing here, and nothing else in the till, writes to a port to find out what
stands behind it: the question itself would open the drawer.
"""

import asyncio
from typing import Final

from appliance.clock import Clock
from appliance.hal.address import Address, one_of
from appliance.hal.device import DeviceState, DrawerPosition, DrawerResult, FaultReason, Health
from appliance.hal.drawer import glancetron
from appliance.hal.drawer.box import Box, open_level_of
from appliance.hal.supervisor import Slot
from appliance.hal.transport import LinkLost, Transport

TRIGGERS: Final = ("glancetron", "any")
_PAUSE_S: Final = 0.25
_HURRY_S: Final = 0.05
"""Between questions while an opening is awaited."""
_ANSWER_S: Final = 0.5
_SILENCES_MAX: Final = 4
_WRITE_S: Final = 1.0


class TriggerDrawer:
    """One drawer role. Implements `device.Drawer` and `supervisor.Driver`."""

    def __init__(self, address: Address, clock: Clock, slot: Slot) -> None:
        """Raises BadAddress when the options make no sense."""
        trigger = address.options.get("trigger")
        if trigger not in TRIGGERS:
            raise one_of("trigger", TRIGGERS)
        level = open_level_of(address)
        self._asks = trigger == "glancetron"
        self._box = Box(level if self._asks else None, clock, slot, self._send_pulse)
        self._slot = slot
        self._link: Transport | None = None
        self._turn = asyncio.Lock()  # a question must not land inside a pulse
        self._hurry = asyncio.Event()

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def position(self) -> DrawerPosition:
        return self._box.position

    @property
    def level(self) -> bool | None:
        return self._box.level

    async def open(self) -> DrawerResult:
        self._hurry.set()
        try:
            return await self._box.open()
        finally:
            self._hurry.clear()

    async def run(self, link: Transport) -> None:
        self._link = link
        try:
            self._box.level_is(None)
            if self._asks:
                await self._ask_on(link)
            while True:
                await link.read()
        finally:
            self._link = None
            self._box.lost()

    async def _send_pulse(self) -> FaultReason | None:
        if self._link is None or self._link.lost:
            return self._slot.health.fault or FaultReason.UNPLUGGED
        try:
            await self._write(self._link, glancetron.OPEN)
        except LinkLost as lost:
            return lost.reason
        except TimeoutError:
            return FaultReason.NO_ANSWER
        return None

    async def _write(self, link: Transport, payload: bytes) -> None:
        async with asyncio.timeout(_WRITE_S), self._turn:
            await link.write(payload)

    async def _ask_on(self, link: Transport) -> None:
        """Ask for ever. A trigger that falls silent may still open: only what the sensor says is not known then."""
        listener, silences = glancetron.Listener(), 0
        while True:
            try:
                await self._write(link, glancetron.ASK)
            except TimeoutError:
                raise LinkLost(FaultReason.NO_ANSWER, "takes no bytes") from None
            levels = listener.feed(await link.read(_ANSWER_S))
            silences = 0 if levels else silences + 1
            for level in levels:
                self._box.level_is(level)
            if silences >= _SILENCES_MAX:
                self._box.lost()
                self._slot.report(DeviceState.DEGRADED, FaultReason.NO_ANSWER)
            await self._pause()

    async def _pause(self) -> None:
        if self._hurry.is_set():
            await asyncio.sleep(_HURRY_S)
            return
        try:
            async with asyncio.timeout(_PAUSE_S):
                await self._hurry.wait()
        except TimeoutError:
            pass
