"""Customer display of two lines. Write-only: it is alive while its link is.

One slot holds the newest lines; nothing is queued, so whoever gives lines never waits and the display never lags.
"""

import asyncio
from typing import Final

from appliance.hal.address import Address, one_of
from appliance.hal.device import DeviceState, FaultReason, Health
from appliance.hal.display import vfd
from appliance.hal.supervisor import Slot
from appliance.hal.transport import LinkLost, Transport

_REDRAW_S: Final = 0.1
"""At most ten pictures a second: 40 characters at 9600 baud take 46 ms."""
_WRITE_S: Final = 5.0


class LineDisplayDriver:
    """One display role. Implements `device.LineDisplay` and `supervisor.Driver`."""

    def __init__(self, address: Address, slot: Slot) -> None:
        """Raises BadAddress for an unknown profile."""
        name = address.options.get("profile", "epson")
        if name not in vfd.PROFILES:
            raise one_of("profile", vfd.PROFILES, f"display profile {name[:40]!r}")
        self._profile = vfd.PROFILES[name]
        self._slot = slot
        self._wanted = ("", "")
        self._changed = asyncio.Event()

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def columns(self) -> int:
        return vfd.COLUMNS

    def show(self, upper: str, lower: str) -> None:
        if (upper, lower) != self._wanted:
            self._wanted = (upper, lower)
            self._changed.set()

    async def run(self, link: Transport) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._drain(link), name="display link")
                await self._draw(link)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _drain(self, link: Transport) -> None:
        """It says nothing; reading is how the loss of its link is noticed."""
        while True:
            await link.read()

    async def _draw(self, link: Transport) -> None:
        await self._write(link, vfd.set_up(self._profile))
        self._slot.report(DeviceState.READY)
        self._changed.set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._write(link, vfd.redraw(*self._wanted, self._profile))
            self._slot.count("redraws")
            await asyncio.sleep(_REDRAW_S)

    async def _write(self, link: Transport, payload: bytes) -> None:
        try:
            async with asyncio.timeout(_WRITE_S):
                await link.write(payload)
        except TimeoutError:
            raise LinkLost(FaultReason.NO_ANSWER, "takes no bytes") from None
