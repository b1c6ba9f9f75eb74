"""A real till with what stands on its counter, each at the far end of its own wire: drawer, scale, customer display.

async with a_counter(folder) as counter:
    await counter.till.sells("2 croissant | cash 10.00")
    await counter.until(lambda: counter.drawer.is_open)
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from appliance.hal.device import DeviceState
from appliance.hal.simulated.display import SimulatedDisplay
from appliance.hal.simulated.printer import SimulatedDrawer, SimulatedPrinter
from appliance.hal.simulated.scale import SimulatedScale
from appliance.hal.simulated.trigger import SimulatedTrigger
from tests.support.till import RealTill, a_till

WAIT_S = 10.0


class Counter:
    """The till and the far ends."""

    def __init__(self, folder: Path, has_trigger: bool) -> None:
        self.till: RealTill
        self.printer = SimulatedPrinter()
        self.trigger = SimulatedTrigger(folder / "drawer") if has_trigger else None
        self.drawer: SimulatedDrawer = self.printer.drawer if self.trigger is None else self.trigger.drawer
        self.scale = SimulatedScale(folder / "scale")
        self.display = SimulatedDisplay(folder / "display")

    async def plug_in(self) -> dict[str, str]:
        """Role to address of everything."""
        await self.printer.plug()
        self.scale.plug()
        self.display.plug()
        if self.trigger is not None:
            self.trigger.plug()
        return {
            "printer.receipt": self.printer.url,
            "drawer.main": "via:printer.receipt" if self.trigger is None else self.trigger.url,
            "scale.counter": self.scale.url,
            "display.customer": self.display.url,
        }

    def unplug_all(self) -> None:
        self.printer.unplug()
        self.scale.unplug()
        self.display.unplug()
        if self.trigger is not None:
            self.trigger.unplug()

    @property
    def devices(self) -> Any:
        """The till's drivers."""
        devices = self.till.till.devices
        assert devices is not None
        return devices

    async def until(self, condition: Callable[[], Any]) -> None:
        """What the far end does takes a few turns of the loop."""
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110  a wire tells nobody
                await asyncio.sleep(0.002)

    async def shows(self, upper: str, lower: str) -> None:
        """Wait until the customer reads this."""
        async with asyncio.timeout(WAIT_S):
            await self.display.shows(upper, lower)


THERE = (DeviceState.READY, DeviceState.DEGRADED)
"""A Caisse-AP terminal is an open port until it has answered a payment."""


@asynccontextmanager
async def a_counter(
    folder: Path, *, has_trigger: bool = False, beside: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[Counter]:
    """Camille has opened the day, and all devices are ready. `beside`: role to address of further ones."""
    counter = Counter(folder, has_trigger)
    devices = await counter.plug_in() | dict(beside or {})
    try:
        async with a_till(folder, devices=devices, **settings) as till, asyncio.TaskGroup() as group:
            counter.till = till
            serving = group.create_task(till.daemon._serve(till.till), name="devices")
            try:
                await counter.until(lambda: till.till.devices is not None)
                healths = counter.devices.health
                await counter.until(lambda: all(health.state in THERE for health in healths()))
                yield counter
            finally:
                serving.cancel()
    finally:
        counter.unplug_all()
