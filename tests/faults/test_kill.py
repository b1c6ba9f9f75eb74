"""kill -9 of the daemon, at every step of a sale and at random moments: what was answered is there, once."""

import asyncio
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from appliance.protocol import command as c
from tests.faults.box import (
    BACKGROUND_MS,
    RESTART_S,
    Box,
    Client,
    Ended,
    Refused,
    basket,
    box,
    now_ms,
    open_day,
    tell,
    until,
)

SALE: list[c.AnyCommand] = [
    c.NewTicket(),
    c.AddProduct(101),
    c.AddProduct(102),
    c.SetQuantity(2, 3000),
    c.AddProduct(104),
    c.CommentLine(1, "sans sel"),
    c.RemoveLine(3),
    c.StartPayment(),
    c.AddTender("card", 100),
    c.AddTender("cash", 5000),
    c.PrintReceipt(),
    c.NewTicket(),
    c.AddProduct(103),
    c.TakeCash(500),
    c.PrintReceipt(),
    c.NewTicket(),
    c.AddProduct(102),
    c.HoldTicket(),
]
"""Two sales in cash, each with its receipt, and a note that waits."""
MONEY = (c.AddTender, c.TakeCash, c.PrintReceipt, c.HoldTicket)
"""Answered only after their own commit; no such answer may be lost."""
SILENT = (c.StartPayment,)
"""Leave no fact."""
DURABLE_STEPS = [step for step, command in enumerate(SALE) if not isinstance(command, SILENT)]
CASH = (c.AddTender("cash", 5000), c.TakeCash(500))
PULSES = PAPERS = 2
TOTALS = [460, 360]
"""1 x 1.30 and 3 x 1.10; then 3.60."""


class Cashier:
    """Goes through the sale again and again, remembers what was answered and when, and never gives up."""

    def __init__(self, till: Box) -> None:
        self.till = till
        self.sale = 0
        self.answered_ms: dict[int, float] = {}
        self.client: Client

    async def begin(self) -> None:
        self.client = await self.till.start()
        await open_day(self.client)

    def order_id(self, step: int) -> str:
        return f"sale-{self.sale}-{step}"

    async def sell(self, upto: int | None = None) -> None:
        """Every order that has no answer yet, in turn. Raises Refused when the daemon goes."""
        for step, command in enumerate(SALE[:upto]):
            if step not in self.answered_ms:
                await self.client.ok(command, self.order_id(step))
                self.answered_ms[step] = now_ms()

    async def is_durable(self, upto: int) -> None:
        await self.till.settled(*(self.order_id(step) for step in DURABLE_STEPS if step < upto))

    async def come_back(self) -> None:
        """The daemon was killed: judge the disk before anybody repairs it, then start again."""
        killed_ms = now_ms()
        await self.till.gone()
        self.judge_disk(killed_ms)
        self.client = await self.till.start()

    def judge_disk(self, killed_ms: float) -> None:
        """No answered order is lost but the youngest of a basket; those are given again under the same id."""
        books = self.till.books()
        books.check()
        lost = [s for s in self.answered_ms if s in DURABLE_STEPS and self.order_id(s) not in books.origins]
        for step in lost:
            late_ms = killed_ms - self.answered_ms[step]
            assert not isinstance(SALE[step], MONEY), f"answered and lost: {SALE[step]}"
            assert late_ms < BACKGROUND_MS, f"answered {late_ms:.0f} ms before the kill and lost: {SALE[step]}"
        for step in range(min(lost, default=len(SALE)), len(SALE)):
            self.answered_ms.pop(step, None)

    async def end_sale(self) -> None:
        await self.sell()
        await self.is_durable(len(SALE))
        self.sale += 1
        self.answered_ms.clear()

    async def judge_end(self) -> None:
        """The same tickets as without any kill; pulses and papers at most once each."""
        books, till = self.till.books(), self.till
        books.check()
        orders = [row[5] for row in books.rows if row[5].startswith("sale-")]
        assert len(orders) == len(set(orders)) == self.sale * len(DURABLE_STEPS), "each order exactly once"
        totals = [sum(tender["amount_minor"] for tender in fact["tenders"]) for fact in books.facts("TicketClosed")]
        assert totals == TOTALS * self.sale
        assert len(books.facts("CopyIssued")) == len(books.jobs) == PAPERS * self.sale
        await until(lambda: {job[3] for job in till.books().jobs} <= {"confirmed", "uncertain"})  # none waits for ever
        assert till.printer.drawer.pulse_count <= 1 + PULSES * self.sale
        assert till.printer.cut_count <= PAPERS * self.sale
        assert max(till.restart_s) < RESTART_S
        assert await till.stop() == 0

    def report(self) -> None:
        times, printer = sorted(self.till.restart_s[1:]), self.till.printer
        uncertain = [job[3] for job in self.till.books().jobs].count("uncertain")
        tell(
            f"{len(times)} kills: back in {times[len(times) // 2]:.2f} s (median), {times[-1]:.2f} s (longest); "
            f"{self.sale} sales, {printer.drawer.pulse_count} pulses, {printer.cut_count} papers, {uncertain} uncertain"
        )


def test_after_every_step_the_same_ticket_and_the_same_tenders(run: Any, tmp_path: Path) -> None:
    async def main() -> None:
        async with box(tmp_path) as till:
            cashier = Cashier(till)
            await cashier.begin()
            for step in range(len(SALE)):
                await cashier.sell(step + 1)
                await cashier.is_durable(step + 1)
                await till.printed(sum(isinstance(command, c.PrintReceipt) for command in SALE[: step + 1]))
                await till.pulsed(1 + sum(command in CASH for command in SALE[: step + 1]))
                before = basket(cashier.client.view)
                till.kill_now()
                await cashier.come_back()
                assert basket(cashier.client.view) == before
                await cashier.client.ok(SALE[step], cashier.order_id(step))  # the first answer, and nothing done
                if SALE[step] not in (c.StartPayment(),):
                    assert basket(cashier.client.view) == before
            await cashier.end_sale()
            await cashier.judge_end()
            assert till.printer.drawer.pulse_count == 1 + PULSES and till.printer.cut_count == PAPERS
            cashier.report()

    run(main(), 90)


def test_at_random_moments(run: Any, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    kills = 400 if pytestconfig.getoption("--full") else 12
    chance = random.Random(20261121)

    async def main() -> None:
        async with box(tmp_path) as till:
            cashier = Cashier(till)
            await cashier.begin()
            while len(till.restart_s) <= kills:
                done = max(cashier.answered_ms, default=-1)
                await cashier.sell(done + chance.randrange(1, 5))
                asyncio.get_running_loop().call_later(chance.random() * 0.004, till.kill_now)
                with suppress(Refused):
                    await cashier.end_sale()
                    await cashier.client.until(lambda view: False)
                await cashier.come_back()
            await cashier.end_sale()
            await cashier.judge_end()
            cashier.report()

    run(main(), 1200)


def test_at_system_calls(run: Any, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Killed as it enters its k-th write, sync or send, start-up's own recovery among them."""
    kills = 300 if pytestconfig.getoption("--full") else 9
    chance = random.Random(2)

    async def main() -> None:
        async with box(tmp_path) as till:
            cashier = Cashier(till)
            await cashier.begin()
            till.kill_now()
            await cashier.come_back()
            for _ in range(kills):
                assert await till.stop() == 0
                call, number = chance.choice([("pwrite64", 60), ("fsync", 20), ("sendto", 60), ("ftruncate", 2)])
                inject = f"inject={call}:signal=SIGKILL:when={chance.randrange(1, number)}"
                with suppress(Ended, Refused):
                    cashier.client = await till.start("strace", "-f", "-qq", "-o", "/dev/null", "-e", inject)
                    for _ in range(8):
                        await cashier.end_sale()
                    till.kill_now()
                await cashier.come_back()
            await cashier.end_sale()
            await cashier.judge_end()
            cashier.report()

    run(main(), 1200)
