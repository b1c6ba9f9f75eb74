"""Bad weather for a link: one trouble after the other, drawn from a seed, until it is told to end.

    async with storm(net, broker, seed=3) as weather:
        ...                       what must survive
    weather.told                  what happened, in order

`net` is a `Chaos`; `broker` may be None when it is to be left alone. At the end of the block the sky is clear: the
cable is in, everything flows, the broker runs.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from headoffice.broker import Broker
from tests.support.wire_chaos import Chaos

NETWORK = ("cut", "pull", "freeze", "lose", "trickle")
BROKER = ("kill", "stop_the_clock")


class Storm:
    def __init__(self, net: Chaos, broker: Broker | None, seed: int, calm_s: float, trouble_s: float) -> None:
        self._net = net
        self._broker = broker
        self._rng = random.Random(seed)
        self._calm_s = calm_s
        self._trouble_s = trouble_s
        self._passed = asyncio.Event()
        self.told: list[str] = []

    async def blow(self) -> None:
        """For ever."""
        while True:
            await self._while(self._rng.uniform(0, self._calm_s))
            trouble = self._rng.choice(NETWORK + (BROKER if self._broker is not None else ()))
            self.told.append(trouble)
            self._passed.set()
            self._begin(trouble)
            await self._while(self._rng.uniform(0, self._trouble_s))
            self.clear()

    async def had(self, troubles: int) -> None:
        """Wait until so many have passed."""
        while len(self.told) <= troubles:
            self._passed.clear()
            await self._passed.wait()

    def _begin(self, trouble: str) -> None:
        if trouble == "trickle":
            self._net.trickle(200)
        elif trouble in NETWORK:
            getattr(self._net, trouble)()
        elif self._broker is not None:
            self._broker.kill() if trouble == "kill" else self._broker.freeze()

    def clear(self) -> None:
        self._net.trickle(0)
        self._net.thaw()
        self._net.plug()
        if self._broker is not None:
            self._broker.thaw()
            self._broker.start()

    async def _while(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.Event().wait()


@asynccontextmanager
async def storm(
    net: Chaos, broker: Broker | None = None, *, seed: int, calm_s: float = 0.3, trouble_s: float = 0.5
) -> AsyncIterator[Storm]:
    """Each calm and each trouble lasts a random part of the given seconds."""
    weather = Storm(net, broker, seed, calm_s, trouble_s)
    async with asyncio.TaskGroup() as group:
        blowing = group.create_task(weather.blow(), name="storm")
        try:
            yield weather
        finally:
            blowing.cancel()
            weather.clear()
