"""An order whose caller goes away at any await: it is done whole or not at all, and the next order works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.clock import ManualClock, SystemClock
from appliance.config import Config
from appliance.daemon.lifecycle import Daemon
from appliance.demo.shop import FOLDER as SHOP
from appliance.domain import effect as e
from appliance.protocol import command as c
from appliance.protocol.message import Order
from appliance.service.till import Till
from appliance.store import journal
from tests.faults.box import PIN

STEPS_MAX = 40


class CountingTill:
    """The daemon's core on a real database, without devices; what would have gone to them is kept."""

    def __init__(self, folder: Path, clock: Any) -> None:
        self.daemon = Daemon(Config(data_dir=str(folder), socket=str(folder / "s"), shop=str(SHOP)), clock)
        self.kicks: list[e.KickDrawer] = self.daemon._early  # the drawer's orders wait there for the devices
        self.till: Till
        self._number = 0

    async def do(self, command: c.AnyCommand, order_id: str = "") -> Any:
        self._number += 1
        return await self.till.submit(Order(order_id or f"{id(self)}-{self._number}", command))

    async def ok(self, command: c.AnyCommand, order_id: str = "") -> None:
        answer = await self.do(command, order_id)
        assert answer.ok, (command, answer)

    async def facts(self, kind: str) -> list[Any]:
        await self.daemon.ledger.settle()
        entries = await self.daemon.ledger.read(lambda conn: list(journal.read_entries(conn)))
        return [entry for entry in entries if entry.kind == kind]


@asynccontextmanager
async def core(folder: Path, clock: Any = None) -> AsyncIterator[CountingTill]:
    bench = CountingTill(folder, clock or SystemClock())
    bench.till = await bench.daemon.start()
    try:
        yield bench
    finally:
        bench.till.close()
        await bench.daemon.ledger.close()


async def open_day(bench: CountingTill) -> None:
    await bench.ok(c.SignIn("camille", PIN))
    await bench.ok(c.KeepFloat())
    await bench.ok(c.OpenSession())


async def cancel_after(bench: CountingTill, order: Order, turns: int) -> bool:
    """Submit, let the loop turn so often, cancel; whether the order was still going on."""
    task = asyncio.get_running_loop().create_task(bench.till.submit(order), name="cancelled")
    for _ in range(turns):
        await asyncio.sleep(0)
    was_running = not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return was_running


@pytest.mark.parametrize("slow", [False, True], ids=["in place", "on the thread"])
def test_a_payment_cancelled_at_every_await(run: Any, tmp_path: Path, slow: bool) -> None:
    """Sent again under its id it is one sale with one pulse, wherever it was cancelled; then the next one works."""

    async def main() -> None:
        async with core(tmp_path) as bench:
            await open_day(bench)
            for turns in range(STEPS_MAX):
                if slow:
                    bench.daemon._database._slow_left = 1_000
                await bench.ok(c.NewTicket())
                await bench.ok(c.AddProduct(103))
                was_running = await cancel_after(bench, Order(f"pay-{turns}", c.TakeCash(500)), turns)
                await bench.ok(c.TakeCash(500), f"pay-{turns}")
                assert (
                    len(await bench.facts("TicketClosed"))
                    == len([kick for kick in bench.kicks if kick.reason == "sale"])
                    == turns + 1
                )
                if not was_running:
                    break
            assert slow or not was_running, "every await was reached"
            assert await bench.daemon.ledger.read(journal.verify) == bench.daemon.ledger.seq

    run(main())


def test_a_sign_in_cancelled_at_every_await(run: Any, tmp_path: Path) -> None:
    async def main() -> None:
        async with core(tmp_path) as bench:
            for turns in range(STEPS_MAX):
                await cancel_after(bench, Order(f"in-{turns}", c.SignIn("camille", PIN)), turns)
                await bench.ok(c.SignIn("camille", PIN), f"in-{turns}")
                assert bench.till.state.seller == "camille"
                await bench.ok(c.Lock())
            await open_day(bench)

    run(main())


def test_many_orders_at_once_and_half_of_them_cancelled(run: Any, tmp_path: Path) -> None:
    async def main() -> None:
        async with core(tmp_path) as bench:
            await open_day(bench)
            await bench.ok(c.NewTicket())
            loop = asyncio.get_running_loop()
            tasks = [loop.create_task(bench.do(c.AddProduct(103), f"add-{i}"), name=f"{i}") for i in range(100)]
            tasks += [loop.create_task(bench.do(c.HoldTicket(), "hold"), name="hold")]
            for task in tasks[::2]:
                loop.call_soon(task.cancel)
            await asyncio.gather(*tasks, return_exceptions=True)
            for i in range(100):
                answer = await bench.do(c.AddProduct(103), f"add-{i}")
                assert answer.ok or answer.code == "ticket.none", answer
            entries = await bench.daemon.ledger.read(lambda conn: list(journal.read_entries(conn)))
            origins = [entry.origin for entry in entries if entry.origin]
            assert len(origins) == len(set(origins)), "no order was done twice"
            await bench.ok(c.NewTicket())
            await bench.ok(c.AddProduct(103))
            await bench.ok(c.TakeCash(500))

    run(main())


def test_the_clock_goes_back(run: Any, tmp_path: Path) -> None:
    """Numbers and times in the books go on, the correction is on record, and a restart finds a whole chain."""
    clock = ManualClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))

    async def main() -> None:
        async with core(tmp_path, clock) as bench:
            await open_day(bench)
            for step in (timedelta(hours=1), timedelta(days=-400), timedelta(minutes=5), timedelta(days=-3650)):
                clock.set_wall(clock.now() + step)
                await bench.ok(c.NewTicket())
                await bench.ok(c.AddProduct(103))
                await bench.ok(c.TakeCash(500))
            corrected = await bench.facts("ClockCorrected")
            assert corrected and corrected[0].fact.seconds_back == 400 * 86_400
            entries = await bench.daemon.ledger.read(lambda conn: list(journal.read_entries(conn)))
            assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
            assert [entry.fact.document for entry in entries if entry.kind == "TicketClosed"] == [1, 2, 3, 4]
            await close_day(bench)
        async with core(tmp_path, clock) as bench:
            await open_day(bench)
            days = [entry.fact.business_date for entry in await bench.facts("SessionOpened")]
            assert days == ["2026-11-21", "2026-11-21"], "a business date never goes back"
            assert await bench.daemon.ledger.read(journal.verify) == bench.daemon.ledger.seq

    run(main())


async def close_day(bench: CountingTill) -> None:
    reason = bench.till.shop.reasons_for("closing")[0].id
    for command in (
        c.StartClosing(), c.Approve("4321"), c.SetCount(10000, 2), c.SetStep("check", reason), c.CloseDay(True),
    ):  # fmt: skip
        await bench.do(command)
    assert bench.till.state.session is None
