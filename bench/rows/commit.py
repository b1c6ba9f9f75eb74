"""Rows 1 to 3: a sale that is durable, in the process, over the socket, and many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from appliance.domain import intent as i
from appliance.protocol import command as c
from appliance.service.paying import tender_of_kind
from appliance.store.database import connect
from bench.measure import Series, in_turn, now_ns
from bench.plan import Plan
from bench.result import Result, figures
from bench.shop import MANAGER, PIN, LimitFile, Line, daemon, folder, goods_in, in_process

ROW_SQL = "SELECT * FROM journal WHERE kind = 'TicketClosed' ORDER BY seq DESC LIMIT 1"


def bytes_of_sale(database: Path) -> bytes:
    """What the newest sealed ticket is as a row: every column, written one after another."""
    conn = connect(database)
    try:
        row = conn.execute(ROW_SQL).fetchone()
        return b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    finally:
        conn.close()


def durable_sale(plan: Plan) -> list[Result]:
    """Row 1: *Juste* on a ticket of twelve lines, from the order to its answer, beside the bare write of its bytes."""
    with folder() as where, in_process(where) as till:
        limit = LimitFile(where / "limit")

        async def sell() -> int:
            await till.fill()
            await asyncio.sleep(0.001)  # the basket's own commit is over: nobody pays within a millisecond of it
            began = now_ns()
            await till.ask(c.TakeCash(0))
            return now_ns() - began

        till.run(sell())
        body = bytes_of_sale(where / "till.db")

        def bare() -> Sequence[int]:
            till.run(asyncio.sleep(0.001))  # both begin after the same pause
            began = now_ns()
            limit.write(body)
            return [now_ns() - began]

        found = in_turn(
            {"pwrite + fdatasync": bare, "TakeCash": lambda: [till.run(sell())]}, plan.rounds, plan.count(150)
        )
        limit.close()
    mine, its = found["TakeCash"], found["pwrite + fdatasync"]
    note = f"{len(body)} bytes"
    return [_sale_result(1, "sale durable, in process", mine, its, 1.6, 2.0, plan.rounds, found, note)]


def _sale_result(
    row: int, name: str, mine: Series, its: Series, goal: float, p99: float | None, rounds: int, found: Any, note: str
) -> Result:
    ratio, p99_ratio = mine.ratio(its), mine.p99_ratio(its)
    words = f"≤ {goal}x" + (f", p99 ≤ {p99}x" if p99 else "")
    met = ratio <= goal and (p99 is None or p99_ratio <= p99)
    return Result(row, name, words, ratio, p99_ratio, rounds, met, figures(found, "pwrite + fdatasync"), note)


def sale_over_socket(plan: Plan) -> list[Result]:
    """Row 2: the same order sent by a kiosk that also gets every view, until its answer has come."""
    with folder() as where, daemon(where) as path:
        limit = LimitFile(where / "limit")
        line = Line(path)
        for command in (c.SignIn(MANAGER, PIN), c.KeepFloat(), c.OpenSession(), c.NewTicket()):
            line.ask(command)
        goods = goods_in(where / "till.db")

        def sell() -> Sequence[int]:
            line.ask(c.NewTicket())
            for product in goods:
                line.ask(c.AddProduct(product))
            line.wait_view(line.ask(c.OpenDrawer("drawer.check")).rev)  # its commit takes the basket along
            began = now_ns()
            answer = line.ask(c.TakeCash(0))
            took = now_ns() - began
            line.wait_view(answer.rev)
            return [took]

        sell()
        body = bytes_of_sale(where / "till.db")

        def bare() -> Sequence[int]:
            began = now_ns()
            limit.write(body)
            return [now_ns() - began]

        found = in_turn({"pwrite + fdatasync": bare, "TakeCash": sell}, plan.rounds, plan.count(100))
        line.close()
        limit.close()
    mine, its = found["TakeCash"], found["pwrite + fdatasync"]
    return [_sale_result(2, "sale durable, over the socket", mine, its, 2.2, None, plan.rounds, found, "")]


CROWD = 64


def crowd(plan: Plan) -> list[Result]:
    """Row 3: 64 writers wait for the disk beside one; entries already decided, and whole orders."""
    with folder() as where, in_process(where) as till:
        ledger = till.daemon.ledger
        cash = tender_of_kind(till.till, "cash")

        async def entry() -> int:
            began = now_ns()
            ledger.do(i.OpenDrawer("drawer.check"))
            await ledger.settle()
            return now_ns() - began

        async def sale() -> int:
            began = now_ns()
            ledger.do(i.OpenTicket("take-away"))
            ledger.do(i.AddGoods(1, "Croissant au beurre", 1000, 160, "food", 260))
            ledger.do(i.Tend(cash))
            await ledger.settle()
            return now_ns() - began

        async def writer(work: Any, count: int) -> Sequence[int]:
            return [await work() for _ in range(count)]

        async def many(work: Any, count: int) -> Sequence[int]:
            """All writers are there from the beginning; each waits for its commit before it decides again."""
            blocks = await asyncio.gather(*(writer(work, count) for _ in range(CROWD)))
            return [each for block in blocks for each in block]

        count = plan.count(10)
        variants: dict[str, Callable[[], tuple[int, Sequence[int]]]] = {
            "entries, one writer": lambda: till.run(_spent(writer(entry, CROWD * count))),
            "entries, 64 waiting": lambda: till.run(_spent(many(entry, count))),
            "sales, one writer": lambda: till.run(_spent(writer(sale, CROWD * count))),
            "sales, 64 waiting": lambda: till.run(_spent(many(sale, count))),
        }
        walls = {name: Series() for name in variants}
        found = {name: Series() for name in variants}
        for index in range(plan.rounds + 1):
            for name, work in variants.items():
                wall, block = work()
                if index:
                    walls[name].rounds.append([wall])
                    found[name].rounds.append(list(block))
    return [_crowd_result("entries", walls, found, plan), _crowd_result("sales", walls, found, plan)]


async def _spent(work: Any) -> tuple[int, Sequence[int]]:
    began = now_ns()
    block = await work
    return now_ns() - began, block


def _crowd_result(what: str, walls: dict[str, Series], found: dict[str, Series], plan: Plan) -> Result:
    single, many = f"{what}, one writer", f"{what}, 64 waiting"
    gain = walls[single].ratio(walls[many])
    tail = found[many].p99 / found[single].p50
    shown = figures({name: found[name] for name in (single, many)}, single)
    name = f"64 {what} waiting, throughput against one writer"
    return Result(3, name, "≥ 12x, p99 ≤ 8x p50 of one", gain, tail, plan.rounds, gain >= 12 and tail <= 8, shown)
