"""Rows 18 and 19: scans in quick succession, and a whole sale of twelve lines."""

from __future__ import annotations

import os
import termios
import threading
import time
import tty
from collections.abc import Sequence
from pathlib import Path

from appliance.protocol import command as c
from appliance.store.catalog import load_catalog
from appliance.store.database import connect
from bench.measure import Series, in_turn, now_ns, percentile
from bench.plan import Plan
from bench.result import Result, figure, figures, unit_of
from bench.rows.commit import bytes_of_sale
from bench.shop import MANAGER, PIN, LimitFile, Line, daemon, folder, goods_of, in_process

PER_SECOND = 20
SECONDS = 60
FRAME_NS = 33_000_000


def whole_sale(plan: Plan) -> list[Result]:
    """Row 19: a new ticket, twelve lines, *Juste*: each an order of its own, beside the bare durable ticket."""
    with folder() as where, in_process(where) as till:
        limit = LimitFile(where / "limit")

        async def sell() -> int:
            began = now_ns()
            await till.ask(c.NewTicket())
            for product in till.goods:
                await till.ask(c.AddProduct(product))
            await till.ask(c.TakeCash(0))
            return now_ns() - began

        till.run(sell())
        body = bytes_of_sale(where / "till.db")

        def bare() -> Sequence[int]:
            began = now_ns()
            limit.write(body)
            return [now_ns() - began]

        found = in_turn({"bare ticket": bare, "12-line sale": lambda: [till.run(sell())]}, plan.rounds, plan.count(100))
        limit.close()
    mine, its = found["12-line sale"], found["bare ticket"]
    ratio = mine.ratio(its)
    shown = figures(found, "bare ticket")
    name = "whole 12-line sale, in process"
    return [Result(19, name, "≤ 40x the bare ticket", ratio, mine.p99_ratio(its), plan.rounds, ratio <= 40, shown)]


def scans(plan: Plan) -> list[Result]:
    """Row 18: a scanner on a pty reads twenty codes a second; every one must be on the ticket, in order."""
    seconds = 3 if plan.is_quick else SECONDS
    far, near = os.openpty()
    tty.setraw(near, termios.TCSANOW)
    try:
        with folder() as where, daemon(where, {"scanner.counter": f"serial://{os.ttyname(near)}"}) as path:
            line = Line(path)
            for command in (c.SignIn(MANAGER, PIN), c.KeepFloat(), c.OpenSession(), c.NewTicket()):
                line.ask(command)
            line.wait_for(lambda view: any(x.device == "scanner" and x.level == "ok" for x in view.status))
            run = ScanRun(line, far, _codes(where / "till.db"), seconds * PER_SECOND)
            run.go()
            line.close()
    finally:
        os.close(far)
        os.close(near)
    p99 = percentile(run.taken, 0.99) if run.taken else float("inf")
    lost = run.count - len(run.taken)
    met = lost == 0 and run.wrong == 0 and p99 < FRAME_NS and not plan.is_quick
    note = f"{run.count} scans, {lost} lost, {run.wrong} out of order; scan to view p99 {unit_of(p99)}"
    shown = [figure("scan to view", Series([run.taken]))] if run.taken else []
    return [Result(18, "scans without loss", "20/s for 60 s, 0 lost; p99 < 33 ms", None, None, 1, met, shown, note)]


def _codes(database: Path) -> list[str]:
    conn = connect(database)
    try:
        catalog = load_catalog(conn)
        rows = [catalog.product(product) for product in goods_of(catalog)]
        return [row.codes[0] for row in rows if row is not None and row.codes]
    finally:
        conn.close()


class ScanRun:
    """Codes go in by the clock, whether the till keeps up or not; views come out and are counted."""

    def __init__(self, line: Line, far: int, codes: list[str], count: int) -> None:
        self._line, self._far, self._codes = line, far, codes
        self.count = count
        self.taken: list[int] = []
        self.wrong = 0
        """Views whose newest article was not the one that was scanned."""
        self._sent: list[int] = []

    def go(self) -> None:
        """Scan them all; ends two seconds after the last one at the latest."""
        sender = threading.Thread(target=self._send)
        sender.start()
        last = now_ns() + (self.count // PER_SECOND + 3) * 10**9
        before: dict[str, int] = {}
        while len(self.taken) < self.count and now_ns() < last:
            view = self._line.next_view(1.0)
            if view is not None and view.ticket is not None:
                before = self._count_in({row.code: row.quantity_milli // 1000 for row in view.ticket.lines}, before)
        sender.join()

    def _send(self) -> None:
        began = now_ns()
        for number in range(self.count):
            wait = began + number * 10**9 // PER_SECOND - now_ns()
            if wait > 0:
                time.sleep(wait / 1e9)
            self._sent.append(now_ns())
            os.write(self._far, self._codes[number % len(self._codes)].encode() + b"\r")

    def _count_in(self, now: dict[str, int], before: dict[str, int]) -> dict[str, int]:
        for code in now:
            for _ in range(now[code] - before.get(code, 0)):
                number = len(self.taken)
                self.wrong += self._codes[number % len(self._codes)] != code
                self.taken.append(now_ns() - self._sent[number])
        return now
