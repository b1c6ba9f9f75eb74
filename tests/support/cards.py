"""A till with a card terminal beside it: the real driver, a real wire, and a terminal whose ledger tells the truth.

    async with a_counter(folder) as counter:
        await counter.rings("2 croissant")
        counter.terminal.plays.append(Play(fault=Fault.LOST_ANSWER))
        await counter.do(c.TakeCard())
        await counter.until(lambda: counter.state.card is None)

What the customer's bank saw is `counter.debited()`; what the books say is `counter.booked()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from appliance.clock import Clock, ManualClock
from appliance.hal.address import parse_address
from appliance.hal.device import DeviceEvent, DeviceKind, Health, Terminal
from appliance.hal.hotplug import Ports
from appliance.hal.simulated.terminal import Play, SimulatedTerminal
from appliance.hal.simulated.terminal_caisse_ap import CaisseApServer
from appliance.hal.simulated.terminal_nexo import NexoServer, NexoTerminal
from appliance.hal.terminal.driver import TerminalDriver, TerminalSlot
from appliance.hal.terminal.machine import Limits
from appliance.hal.terminal.opening import open_terminal
from appliance.protocol import command as c
from tests.support.till import MORNING, RealTill, settings

HASTY = Limits(
    answer_s=0.4, ask_every_s=0.02, ask_again_s=0.02, ask_answer_s=0.2, connect_s=0.5, scan_grace_s=0.3,
    probe_every_s=0.05, look_every_s=0.02, look_again_s=0.02,
)  # fmt: skip
"""A terminal's times, thirty times shorter."""
PATIENCE_S = 10.0


class _Table:
    """The one device there is."""

    def __init__(self, driver: TerminalDriver) -> None:
        self._driver = driver

    def terminal(self, role: str) -> Terminal:
        return self._driver

    def health(self) -> tuple[Health, ...]:
        return (self._driver.health,)


class Counter(RealTill):
    """A till, its terminal, and the wire between them."""

    def __init__(self, config: Any, clock: ManualClock, server: Any, terminal: SimulatedTerminal, limits: Limits):
        super().__init__(config, clock)
        self.server, self.terminal, self._limits = server, terminal, limits
        self._talk: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def start(self) -> None:
        await super().start()
        self.till.terminal.expect()
        self.till.terminal.ask_s = 0.05
        self.till.on_change = self._changed.set
        self._talk = asyncio.get_running_loop().create_task(self._speak(), name="counter")

    async def _speak(self) -> None:
        clock: Clock = self.clock
        slot = TerminalSlot("terminal.main", DeviceKind.TERMINAL, clock, self._emit, 250)
        address = parse_address(self.server.url, DeviceKind.TERMINAL)
        self.driver = driver = open_terminal(address, clock, slot, self._limits, Path(self.config.data_dir))
        table: Any = _Table(driver)
        ports = Ports()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(slot.run(address, driver, ports), name="slot")
                group.create_task(self.till.terminal.run(self.till, table), name="card terminal")
        finally:
            await driver.close()

    def _emit(self, event: DeviceEvent) -> None:
        if isinstance(event, Health):
            self.daemon.equipment.notice(self.till, event)
            self.till.changed()

    async def hang_up(self) -> None:
        """The till's side of the conversation ends in the middle of it."""
        if self._talk is not None:
            self._talk.cancel()
            await asyncio.gather(self._talk, return_exceptions=True)
            self._talk = None

    async def pull_the_plug(self) -> None:
        await self.hang_up()
        await super().pull_the_plug()

    async def stop(self) -> None:
        await self.hang_up()
        await super().stop()

    # --- waiting ------------------------------------------------------------------------------------------------

    async def until(self, condition: Callable[[], Any]) -> None:
        """Until the till shows it."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                if self._talk is not None and self._talk.done():
                    self._talk.result()
                self._changed.clear()
                try:
                    async with asyncio.timeout(0.02):  # the terminal's own state tells nobody when it changes
                        await self._changed.wait()
                except TimeoutError:
                    continue

    async def ready(self) -> None:
        await self.until(lambda: self.till.terminal.is_ready)

    async def answered(self) -> None:
        await self.until(lambda: self.state.card is None)

    async def unknown(self) -> None:
        await self.until(lambda: self.state.card is not None and self.state.card.unknown_at)

    async def asked(self) -> None:
        """The terminal has the request, and the customer is at it."""
        await self.until(lambda: self.terminal.working is not None)

    # --- hands --------------------------------------------------------------------------------------------------

    async def rings(self, goods: str) -> None:
        await self.do(c.NewTicket())
        await self.adds(goods)

    async def pays_by_card(self, *plays: Play) -> None:
        self.terminal.plays.extend(plays)
        await self.do(c.TakeCard())
        await self.answered()

    # --- truth --------------------------------------------------------------------------------------------------

    def debited(self) -> int:
        """What left the customers' accounts, less what came back."""
        return sum(row.amount_minor * (-1 if row.kind == "refund" else 1) for row in self.terminal.ledger)

    def booked(self) -> int:
        """What the books say that the terminal took: in sealed sales of the session, and on open tickets."""
        totals = self.state.session.totals.tenders
        sealed = sum(row.amount_minor for row in totals.values() if row.kind == "card")
        open_ = sum(row.amount_minor for ticket in self.state.tickets.values() for row in ticket.tenders if row.request)
        return int(sealed + open_)


async def _hung_up() -> None:
    """The terminal's own handlers have noticed that nobody is there any more."""
    me = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not me and "RequestHandler" in repr(task.get_coro())]
    if others:
        await asyncio.wait(others, timeout=PATIENCE_S)


@asynccontextmanager
async def a_counter(
    folder: Path,
    wire: str = "nexo",
    otherwise: Play | None = None,
    *,
    attended: bool = False,
    opened: bool = True,
    limits: Limits = HASTY,
    **changes: Any,
) -> AsyncIterator[Counter]:
    """`attended`: nobody decides by itself, the test does."""
    clock = ManualClock(MORNING)
    terminal = SimulatedTerminal(None if attended else otherwise or Play(), PATIENCE_S)
    server: Any = CaisseApServer(terminal) if wire == "caisse-ap" else NexoServer(NexoTerminal(terminal, clock), None)
    await server.plug()
    counter = Counter(settings(folder, **changes), clock, server, terminal, limits)
    await counter.start()
    try:
        await counter.ready()
        if opened:
            await counter.opens()
        yield counter
    finally:
        await counter.stop()
        await server.unplug()
        await _hung_up()
