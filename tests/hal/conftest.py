"""A till's devices on a table: what they emit is kept, and a test waits for what it needs."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from appliance.clock import SystemClock
from appliance.hal.address import DevicesConfig
from appliance.hal.device import DeviceEvent, Devices, DeviceState, Health
from appliance.hal.registry import open_devices

T = TypeVar("T")
EVIOCGRAB = 0x40044590


class Bench:
    """Collects events; `until` waits for a condition, looked at after every event."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []
        self.devices: Devices
        self._news = asyncio.Event()

    def emit(self, event: DeviceEvent) -> None:
        self.events.append(event)
        self.wake()

    def wake(self) -> None:
        """Something else changed that a condition may look at."""
        self._news.set()

    async def until(self, condition: Callable[[], T | None]) -> T:
        while not (found := condition()):
            self._news.clear()
            await self._news.wait()
        return found

    async def state(self, role: str, state: DeviceState) -> Health:
        return await self.until(
            lambda: next((h for h in self.devices.health() if (h.role, h.state) == (role, state)), None)
        )

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def bench_with(roles: dict[str, str], backoff_ms_max: int = 250, logo: str = "") -> AsyncIterator[Bench]:
    bench = Bench()
    async with open_devices(DevicesConfig(roles, backoff_ms_max, logo=logo), SystemClock(), bench.emit) as devices:
        bench.devices = devices
        yield bench


@pytest.fixture
def bench():
    return bench_with


@pytest.fixture
def grabbed(monkeypatch):
    """What was grabbed, by name; the kernel's ioctl is played, since a FIFO has none."""
    names = []

    def ioctl(fd, request, argument):
        if request == EVIOCGRAB:
            names.append(os.path.basename(os.readlink(f"/proc/self/fd/{fd}")))
        return 0

    monkeypatch.setattr("appliance.hal.transport.fcntl.ioctl", ioctl)
    return names
