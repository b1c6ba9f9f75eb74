"""A real till with the demo shop in a folder of its own, without devices; hides orders, badges and the float.

    async with a_till(folder) as till:
        await till.sells("2 croissant, 1 coffee | cash 10.00")
        assert till.sealed() == "6.60 = 6.60 at 2.6% (vat 0.17) | Espèces 6.60, received 10.00, change 3.40"

A sale is written as goods, a bar, and tenders; what came of it is read from the newest document in the journal.
Everything is the product's own: daemon, core, store, files. Only the clock stands still until it is moved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from appliance.clock import ManualClock
from appliance.config import Config
from appliance.daemon.lifecycle import Daemon
from appliance.demo.shop import FOLDER
from appliance.domain.journal import AnyFact, Entry, SettlementReversed, TicketClosed
from appliance.domain.ticket import Ticket
from appliance.protocol import command as c
from appliance.protocol.command import AnyCommand
from appliance.protocol.message import Answer, Order
from appliance.service.display import Display
from appliance.store import journal as store

MORNING = datetime(2026, 11, 21, 7, 42, tzinfo=UTC)
"""08:42 in Vevey, a Saturday."""
CAMILLE, NADIA, LUCA = "2900000000018", "2900000000025", "2900000000032"
"""Badges: a seller, the manager, another seller."""
RAM = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where tests that run hundreds of times keep their files: as durable as they need, and quick."""
PINS = {"camille": "1234", "nadia": "4321", "luca": "2345"}
JAM = "7610807072341"
UNKNOWN = "7612345678900"
GOODS = {
    "ballon": 102, "loaf": 103, "croissant": 201, "coffee": 501, "bag": 754, "deposit": 757, "paper": 749,
    "candles": 751, "beer": 619, "kirsch": 623, "water": 601, "strawberry": 307, "cake": 320, "pralines": 324,
}  # fmt: skip
"""Short names of demo articles: food, then standard rate, exempt, press, alcohol, and the special ones."""


class RealTill:
    """A running till and the hands of the person in front of it."""

    def __init__(self, config: Config, clock: ManualClock) -> None:
        self.config = config
        self.clock = clock
        self.orders = 0

    async def start(self) -> None:
        self.daemon = Daemon(self.config, self.clock)
        self.till = await self.daemon.start()
        self.display = Display(self.till, self.daemon.equipment, self.daemon.printing)

    async def stop(self) -> None:
        """The orderly end."""
        self.till.close()
        await self.daemon.ledger.close()

    async def pull_the_plug(self) -> None:
        """Everything in memory is gone; what was committed stays. Then the till starts again."""
        self.till.close()
        ledger = self.daemon.ledger
        if ledger._timer is not None:
            ledger._timer.cancel()
        await ledger._database.close()
        await self.start()

    # --- hands --------------------------------------------------------------------------------------------------

    async def order(self, command: AnyCommand, order_id: str = "") -> Answer:
        self.orders += 1
        return await self.till.submit(Order(order_id or f"order-{self.orders}", command))

    async def do(self, *commands: AnyCommand) -> None:
        """Each must be carried out."""
        for command in commands:
            answer = await self.order(command)
            assert answer.ok, (command, answer.code, answer.params)

    async def refused(self, command: AnyCommand) -> str:
        """The order must be refused without a trace in the books: its code."""
        before = self.till.ledger.seq
        answer = await self.order(command)
        assert not answer.ok, f"{command} was carried out"
        assert self.till.ledger.seq == before, "a refusal left entries in the journal"
        return answer.code

    async def scan(self, *codes: str) -> str:
        """Scan them all; the code of the message on the bar after the last one, "" for none."""
        for code in codes:
            await self.till.scan(code)
        return self.message

    async def opens(self, badge: str = CAMILLE) -> None:
        """Sign in by badge, take the float over, open the day."""
        await self.till.scan(badge)
        await self.do(c.KeepFloat(), c.OpenSession())

    async def adds(self, goods: str) -> None:
        """ "2 croissant, 1 bag": touch the tiles; a number is × n."""
        for item in goods.split(","):
            count, name = item.split()
            if count != "1":
                await self.do(c.Arm(int(count)))
            await self.do(c.AddProduct(GOODS[name]))

    async def sells(self, sale: str) -> TicketClosed:
        """ "2 croissant, 1 bag | card 1.00, cash 20.00": a whole sale; a tender without an amount takes the rest."""
        goods, _, tenders = sale.partition("|")
        await self.do(c.NewTicket())
        await self.adds(goods)
        await self.pays(tenders)
        closed: TicketClosed = self.state.last_closed
        return closed

    async def pays(self, tenders: str) -> None:
        await self.do(c.StartPayment())
        for item in tenders.split(","):
            mode, *amount = item.split()
            await self.do(c.AddTender(mode, minor(amount[0]) if amount else None))

    async def closes_the_day(self, difference_minor: int = 0, reason: str = "closing.other") -> None:
        """Nadia counts what is expected plus a difference, and closes."""
        if self.state.seller != "nadia":
            await self.do(c.Lock())
            await self.till.scan(NADIA)
        await self.do(c.StartClosing())
        session = self.state.session
        assert session is not None
        await self.counts(session.totals.expected_minor + difference_minor)
        if difference_minor:
            await self.do(c.SetStep("check", reason))
        await self.do(c.SetStep("confirm"), c.CloseDay(), c.CloseDay(confirmed=True))

    async def counts(self, amount_minor: int) -> None:
        """Put this much into the counting of the drawer, biggest coins first."""
        for value in (20_000, 10_000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5):
            count, amount_minor = divmod(amount_minor, value)
            await self.do(c.SetCount(value, count))

    async def waits(self, step: timedelta) -> None:
        self.clock.advance(step)

    # --- what is seen -------------------------------------------------------------------------------------------

    @property
    def state(self) -> Any:
        """The `TillState`; loosely typed, as a test that meets None where it expects something fails anyway."""
        return self.till.state

    @property
    def ticket(self) -> Ticket:
        ticket = self.till.ticket
        assert ticket is not None, "no ticket in hand"
        return ticket

    @property
    def view(self) -> Any:
        """The `TillView` that the kiosk is sent; proves on the way that it can be encoded."""
        view = self.display.view()
        msgspec.json.encode(view)
        return view

    @property
    def screen(self) -> str:
        desk = self.till.desk
        return f"{desk.screen}/{desk.sheet}" if desk.sheet else desk.screen

    @property
    def message(self) -> str:
        return self.till.desk.notices[0].code if self.till.desk.notices else ""

    @property
    def sound(self) -> str:
        return self.till.desk.cue.sound if self.till.desk.cue is not None else ""

    def basket(self) -> str:
        """ "2 Croissant au beurre 3.20, 1 Sac en papier 0.20"."""
        text = ", ".join(
            f"{line.quantity_milli // 1000} {line.name} {francs(line.amount_minor)}" for line in self.ticket.lines
        )
        return text.replace("\N{NO-BREAK SPACE}", " ")

    # --- the books ----------------------------------------------------------------------------------------------

    async def books(self, job: Any) -> Any:
        """Ask the database, once everything is in it."""
        await self.daemon.ledger.settle()
        return await self.daemon.ledger.read(job)

    async def entries(self, after: int = 0) -> list[Entry]:
        found: list[Entry] = await self.books(lambda conn: list(store.read_entries(conn, after)))
        return found

    async def facts(self, *kinds: type[Any], after: int = 0) -> list[Any]:
        """Facts of these kinds as they stand on the disk, in order."""
        facts: list[AnyFact] = [entry.fact for entry in await self.entries(after)]
        return [fact for fact in facts if not kinds or isinstance(fact, kinds)]

    async def documents(self) -> list[str]:
        """Sealed tickets and reversals, one line each."""
        return [written(fact) for fact in await self.facts(TicketClosed, SettlementReversed)]

    def sealed(self) -> str:
        """The newest sale as an accountant reads it."""
        closed = self.state.last_closed
        assert closed is not None
        return written(closed)


def written(document: TicketClosed | SettlementReversed) -> str:
    """A document in one line: total = amounts by rate | tenders."""
    if isinstance(document, SettlementReversed):
        return f"minus {written(document.of)}"
    rates = " + ".join(
        f"{francs(row.gross_minor)} at {row.rate_bp / 100:g}% (vat {francs(row.vat_minor)})" for row in document.vat
    )
    tenders = ", ".join(_tender(tender) for tender in document.tenders)
    return f"{francs(document.total_minor)} = {rates or 'nothing'} | {tenders or 'nothing'}"


def _tender(tender: Any) -> str:
    parts = [f"{tender.name} {francs(tender.amount_minor)}"]
    for word in ("rounding", "received", "change", "kept"):
        value = getattr(tender, f"{word}_minor")
        if value and not (word == "received" and value == tender.amount_minor + tender.rounding_minor):
            parts.append(f"{word} {francs(value)}")
    return ", ".join(parts)


def minor(text: str) -> int:
    """ "12.30" is 1230."""
    francs_part, _, rest = text.partition(".")
    return int(francs_part) * 100 + int(rest.ljust(2, "0") or 0)


def francs(amount_minor: int) -> str:
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{abs(amount_minor) // 100}.{abs(amount_minor) % 100:02d}"


def settings(folder: Path, **changes: Any) -> Config:
    """Settings of a till in this folder."""
    return Config(data_dir=str(folder), socket=str(folder / "s"), shop=str(FOLDER), hot_plug=False, **changes)


@asynccontextmanager
async def a_till(folder: Path, *, opened: bool = True, **changes: Any) -> AsyncIterator[RealTill]:
    """A till; by default Camille has opened the day with a float of 200.00 and stands on the home screen."""
    till = RealTill(settings(folder, **changes), ManualClock(MORNING))
    await till.start()
    try:
        if opened:
            await till.opens()
        yield till
    finally:
        await till.stop()
