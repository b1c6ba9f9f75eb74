"""A real till whose devices are those of the demo: everything that `make run` plugs in, at the far end of its wire.

async with a_bench(folder) as bench:
    await bench.devices.handle_printer("paper-out")
    await bench.until(lambda: bench.light("printer") == "error")
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from appliance.clock import SystemClock
from appliance.demo.devices import Devices, open_devices
from appliance.hal.device import DeviceState
from tests.support.till import RealTill, a_till

WAIT_S = 10.0


class Bench:
    """The till, its devices, and what they show."""

    def __init__(self, till: RealTill, devices: Devices) -> None:
        self.till = till
        self.devices = devices

    @property
    def served(self) -> Any:
        """The till's drivers."""
        served = self.till.till.devices
        assert served is not None
        return served

    def light(self, word: str) -> str:
        """Level of a light in the status strip; "" when it has none."""
        lights = {light.device: light.level for light in self.till.daemon.equipment.lights()}
        return lights.get(word, "")  # type: ignore[call-overload, no-any-return]

    def card(self, word: str) -> Any:
        """A card of Périphériques as the kiosk is sent it."""
        view = self.till.view.devices
        assert view is not None, "another screen is shown"
        return next(card for card in view.cards if card.device == word)

    def fact(self, word: str, label: str) -> Any:
        """The value of one line of a card."""
        fact = next(fact for fact in self.card(word).facts if fact.label == f"devices.fact.{label}")
        return fact.count if fact.count is not None else fact.word or fact.at or fact.text

    async def until(self, condition: Callable[[], Any], within_s: float = WAIT_S) -> None:
        """What the far end does takes a few turns of the loop."""
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110  a wire tells nobody
                await asyncio.sleep(0.002)


@asynccontextmanager
async def a_bench(folder: Path, *, opened: bool = True, **settings: Any) -> AsyncIterator[Bench]:
    """Camille has opened the day, all devices are ready, the drawer is shut, and the till's socket listens."""
    async with (
        open_devices(folder, SystemClock(), 0) as devices,
        a_till(folder, devices=devices.addresses, opened=opened, **settings) as till,
        asyncio.TaskGroup() as group,
    ):
        await till.daemon.server.open(group)
        serving = group.create_task(till.daemon._serve(till.till), name="devices")
        bench = Bench(till, devices)
        try:
            await bench.until(lambda: till.till.devices is not None)
            healths = bench.served.health
            await bench.until(lambda: all(health.state is DeviceState.READY for health in healths()))
            if opened:
                await bench.until(lambda: devices.drawer.is_open)
                devices.handle_drawer("close")
            yield bench
        finally:
            serving.cancel()
            await till.daemon.server.close()
