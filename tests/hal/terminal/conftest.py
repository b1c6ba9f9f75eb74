"""A terminal on a table: the real driver, a real wire, and a simulated terminal whose ledger tells the truth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.clock import SystemClock
from appliance.hal.address import parse_address
from appliance.hal.device import (
    DeviceEvent,
    DeviceKind,
    DeviceState,
    Health,
    PaymentKind,
    PaymentRequest,
    PaymentResult,
    PaymentStep,
)
from appliance.hal.simulated.terminal import Play, SimulatedTerminal
from appliance.hal.simulated.terminal_caisse_ap import CaisseApServer
from appliance.hal.simulated.terminal_nexo import NexoServer, NexoTerminal
from appliance.hal.terminal.driver import TerminalDriver, TerminalSlot
from appliance.hal.terminal.machine import Limits
from appliance.hal.terminal.nexo_crypto import Passphrase
from appliance.hal.terminal.opening import open_terminal

SECRET = Passphrase("till-key", 1, "a pass phrase of a test bench")
HASTY = Limits(
    answer_s=0.4, ask_every_s=0.05, ask_again_s=0.02, ask_answer_s=0.3, connect_s=1.0, scan_grace_s=0.5,
    probe_every_s=0.05, look_every_s=0.02, look_again_s=0.02,
)  # fmt: skip
WIRES = ("nexo", "sealed nexo", "clear nexo", "caisse-ap")


class Events(list[DeviceEvent]):
    """What a slot emits; a test waits for what it needs."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()

    def append(self, event: DeviceEvent) -> None:
        super().append(event)
        self._news.set()

    async def until(self, state: DeviceState) -> Health:
        while not (isinstance(last := self[-1] if self else None, Health) and last.state is state):
            self._news.clear()
            await self._news.wait()
        return last


@dataclass
class Table:
    """Driver here, terminal there."""

    terminal: SimulatedTerminal
    server: NexoServer | CaisseApServer
    slot: TerminalSlot
    driver: TerminalDriver
    limits: Limits
    events: Events
    steps: list[PaymentStep] = field(default_factory=list)

    def request(self, number: int = 1, amount_minor: int = 1230, **rest) -> PaymentRequest:
        return PaymentRequest(f"req-{number}", PaymentKind.DEBIT, amount_minor, "CHF", "T-0427", **rest)

    async def pays(self, request: PaymentRequest | None = None, *plays: Play) -> PaymentResult:
        self.terminal.plays.extend(plays)
        return await self.driver.pay(request or self.request(), self.steps.append)

    def another_driver(self) -> TerminalDriver:
        """The till after a restart: it knows nothing but what was stored."""
        return a_driver(self.server.url, self.limits, self.events)[0]

    def moved(self, request: PaymentRequest) -> int:
        return sum(entry.ticket in (request.ticket, request.id) for entry in self.terminal.ledger)


def a_driver(url: str, limits: Limits, events: list[DeviceEvent]) -> tuple[TerminalDriver, TerminalSlot]:
    slot = TerminalSlot("terminal.main", DeviceKind.TERMINAL, SystemClock(), events.append, 250)
    driver = open_terminal(parse_address(url, DeviceKind.TERMINAL), SystemClock(), slot, limits)
    return driver, slot


def a_server(wire: str, terminal: SimulatedTerminal, folder: Path) -> NexoServer | CaisseApServer:
    if wire == "caisse-ap":
        return CaisseApServer(terminal)
    secret = SECRET if wire == "sealed nexo" else None
    nexo = NexoTerminal(terminal, SystemClock(), secret=secret)
    return NexoServer(nexo, None if wire == "clear nexo" else folder)


@asynccontextmanager
async def a_table(
    wire: str, folder: Path, otherwise: Play | None = None, limits: Limits = HASTY, patience_s: float = 5.0
) -> AsyncIterator[Table]:
    terminal = SimulatedTerminal(otherwise, patience_s)
    server = a_server(wire, terminal, folder)
    await server.plug()
    events = Events()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.unplug)
        driver, slot = a_driver(server.url, limits, events)
        stack.push_async_callback(driver.close)
        yield Table(terminal, server, slot, driver, limits, events)


@pytest.fixture
def table(tmp_path):
    """`async with table("nexo") as t`"""

    def laid(wire: str = "clear nexo", otherwise: Play | None = None, **rest):
        return a_table(wire, tmp_path, otherwise, **rest)

    return laid
