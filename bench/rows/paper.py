"""Rows 15 to 17: the bytes of a receipt, the time to make them, and the time until the first one leaves."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from appliance.domain.journal import TicketClosed
from appliance.hal.escpos.encoder import Encoder
from appliance.hal.escpos.profile import PROFILES
from appliance.hal.simulated.printer import SimulatedPrinter
from appliance.protocol import command as c
from appliance.service.receipt_text import Letterhead, receipt
from appliance.service.scanning import receipt_code
from bench.measure import Block, Series, in_turn, now_ns
from bench.plan import Plan
from bench.result import Figure, Result, figure, figures
from bench.rows.wire import forked
from bench.shop import MANAGER, PIN, InProcess, LimitFile, Line, daemon, folder, goods_in, in_process

PROFILE = PROFILES["epson-80"]
LINES = 40
MIXED = ("Καφές ελληνικός", "Chléb žitný", "Żurek śląski", "Хлеб ржаной", "Crème brûlée", "Œufs à la coque")
SALE_BYTES = 2_000
"""About what a sealed ticket of twelve lines has."""
QUESTION_MAX = 16
"""Bytes of the longest status question."""
STEP_NS_MAX = 2_000_000


def by_hand(head: Letterhead, closed: TicketClosed, at: str, codec: str) -> bytes:
    """The same receipt as a programmer in a hurry would write it for one printer: the limit of bytes and of time."""
    width = PROFILE.columns
    shop = head.shop
    lines = [b"\x1b!\x00\x1ba\x01\x1bt\x10\x1b!\x18" + shop.name.upper().encode(codec, "replace"), b"\x1b!\x00"]
    lines += [row.encode(codec, "replace") for row in (*shop.address, shop.phone, shop.vat_number)]
    lines += [b"\x1ba\x00" + b"-" * width, _pair(f"Ticket {closed.ticket:04d}", head.when(at), width).encode(codec)]
    lines += [
        _pair(f"{shop.register_name}, {closed.seller}", "À emporter", width).encode(codec, "replace"),
        b"-" * width,
    ]
    for line, amount in zip(closed.lines, closed.amounts, strict=True):
        left, right = f" {line.quantity_milli // 1000} {line.name}", f"{amount // 100}.{amount % 100:02d} B"
        lines.append(_pair(left, right, width).encode(codec, "replace"))
        if line.quantity_milli != 1000:
            each = line.unit_price_minor
            lines.append(f"   {line.quantity_milli // 1000} x {each // 100}.{each % 100:02d}".encode(codec))
    total = f"{closed.total_minor // 100}.{closed.total_minor % 100:02d}"
    lines += [b"-" * width, b"\x1b!\x18" + _pair("TOTAL CHF", total, width).encode(codec), b"\x1b!\x00"]
    lines += [_pair(tender.name, total, width).encode(codec) for tender in closed.tenders]
    lines += [b"-" * width, b"TVA       Taux       Net      TVA     TTC"]
    for row in closed.vat:
        cells = f"B      {row.rate_bp / 100:6.2f} % {row.net_minor / 100:9.2f} {row.vat_minor / 100:8.2f}"
        lines.append(f"{cells} {row.gross_minor / 100:8.2f}".encode())
    lines += [b"-" * width, _pair(f"{len(closed.lines)} articles", f"Document {closed.document:06d}", width).encode()]
    lines += [b"\x1ba\x01" + row.encode(codec, "replace") for row in shop.footer]
    code = b"{B" + receipt_code(head.till, closed.document).encode()
    lines += [b"\x1dh\x50\x1dH\x02\x1dw\x02\x1dkI" + bytes((len(code),)) + code, b"\x1ba\x00\x1dVB\x00"]
    return b"\n".join(lines)


def _pair(left: str, right: str, width: int) -> str:
    return left.ljust(width - len(right)) + right


def _closed(till: InProcess, names: Sequence[str] = ()) -> tuple[Letterhead, TicketClosed, str]:
    """A sealed ticket of forty lines, with names put in their place when given."""
    from msgspec.structs import replace

    products = [p.id for category in till.till.catalog.categories for p in till.till.catalog.products_in(category.id)]
    plain = [p for p in map(till.till.catalog.product, dict.fromkeys(products)) if p and p.price_kind == "fixed"]
    till.goods = [p.id for p in plain if p.price_minor and not p.sold_out and not p.age_limit][:LINES]
    till.run(till.fill(LINES))
    till.run(till.ask(c.TakeCash(0)))
    closed = till.till.state.last_closed
    assert closed is not None
    if names:
        lines = tuple(replace(line, name=names[n % len(names)]) for n, line in enumerate(closed.lines))
        closed = replace(closed, lines=lines)
    return till.daemon.printing._head, closed, till.till.state.last_closed_at


def receipt_bytes(plan: Plan) -> list[Result]:
    """Row 15: how many bytes go to the printer; at 115,200 baud they are the time a customer waits."""
    with folder() as where, in_process(where) as till:
        head, closed, at = _closed(till)
    ours = Encoder(PROFILE).encode(receipt(head, closed, at, 0, at))
    hand = by_hand(head, closed, at, PROFILE.codec)
    ratio = len(ours) / len(hand)
    shown = [
        Figure(name, f"{len(body):,} B", f"{len(body) * 10 / 115.2:.0f} ms at 115,200 baud")
        for name, body in (("by hand", hand), ("the till", ours))
    ]
    note = f"{LINES} lines, text and bar code; the receipt has no logo or QR yet"
    return [Result(15, "receipt bytes", "≤ 1.10x", ratio, None, 1, ratio <= 1.10, shown, note)]


def rendering(plan: Plan) -> list[Result]:
    """Row 16: from the sealed ticket to bytes, and the longest that the event loop stands still meanwhile."""
    with folder() as where, in_process(where) as till:
        latin, mixed = _closed(till), _closed(till, MIXED)
        encoder = Encoder(PROFILE)

        def ours(what: Any) -> Block:
            head, closed, at = what
            return lambda: _timed(lambda: encoder.encode(receipt(head, closed, at, 0, at)), plan.count(60))

        def hand(what: Any) -> Block:
            head, closed, at = what
            return lambda: _timed(lambda: by_hand(head, closed, at, PROFILE.codec), plan.count(60))

        found = in_turn(
            {"by hand": hand(latin), "Latin": ours(latin), "by hand, mixed": hand(mixed), "mixed": ours(mixed)},
            plan.rounds,
        )
    latin_ratio, mixed_ratio = found["Latin"].ratio(found["by hand"]), found["mixed"].ratio(found["by hand, mixed"])
    steps = longest_steps(plan)
    shown = figures({name: found[name] for name in ("by hand", "Latin")}, "by hand")
    shown_mixed = figures({name: found[name] for name in ("by hand, mixed", "mixed")}, "by hand, mixed")
    return [
        Result(16, "receipt rendering, Latin", "≤ 4x", latin_ratio, None, plan.rounds, latin_ratio <= 4, shown),
        Result(16, "receipt rendering, mixed", "≤ 10x", mixed_ratio, None, plan.rounds, mixed_ratio <= 10, shown_mixed),
        Result(
            16, "longest step on the event loop", "≤ 2 ms", steps.p50 / STEP_NS_MAX, None, plan.rounds,
            steps.p50 <= STEP_NS_MAX, [figure("longest of a sale with its receipt", steps)],
        ),
    ]  # fmt: skip


def _timed(work: Any, count: int) -> list[int]:
    taken = []
    for _ in range(count):
        began = now_ns()
        work()
        taken.append(now_ns() - began)
    return taken


@contextmanager
def printer_apart() -> Iterator[str]:
    """A simulated printer in a process of its own, as a real one is none of the till's work; its address."""
    told, tell = os.pipe()

    def serve() -> None:
        async def main() -> None:
            printer = SimulatedPrinter()
            await printer.plug()
            os.write(tell, printer.url.encode())
            await asyncio.Event().wait()

        asyncio.run(main())

    try:
        with forked(serve):
            yield os.read(told, 200).decode()
    finally:
        os.close(told)
        os.close(tell)


def longest_steps(plan: Plan) -> Series:
    """The longest single callback while a ticket of forty lines is sold and printed, once a sale.

    Each order is a step of its own, as the socket brings them.
    """
    steps: list[int] = []
    plain_run = asyncio.events.Handle._run

    def timed_run(handle: asyncio.events.Handle) -> None:
        began = now_ns()
        plain_run(handle)
        steps.append(now_ns() - began)

    async def sell(till: InProcess) -> int:
        await till.fill(LINES)
        await asyncio.sleep(0)
        steps.clear()
        await till.ask(c.TakeCash(0))
        await asyncio.sleep(0)
        await till.ask(c.PrintReceipt())
        closed = till.till.state.last_closed
        assert closed is not None
        async with asyncio.timeout(10):
            while till.daemon.printing.state_of("ticket", closed.document) != "confirmed":  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return max(steps)

    async def main(till: InProcess, printer: str) -> list[list[int]]:
        till.daemon.config = msgspec_replace(till.daemon.config, {"printer.receipt": printer})
        serving = asyncio.get_running_loop().create_task(till.daemon._serve(till.till), name="devices")
        try:
            return [[await sell(till) for _ in range(plan.count(5))] for _ in range(plan.rounds)]
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    with printer_apart() as printer, folder() as where, in_process(where) as till:
        _closed(till)
        asyncio.events.Handle._run = timed_run  # type: ignore[method-assign, assignment]
        try:
            return Series(till.run(main(till, printer)))
        finally:
            asyncio.events.Handle._run = plain_run  # type: ignore[method-assign]


def msgspec_replace(config: Any, devices: dict[str, str]) -> Any:
    from msgspec.structs import replace

    return replace(config, devices=devices, hot_plug=False)


class TimedPrinter(SimulatedPrinter):
    """A network printer in a thread of its own that notes when a receipt's first bytes arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._is_open = False

    def receive(self, received: bytes) -> None:
        """Questions are short; a receipt is not."""
        if len(received) > QUESTION_MAX and not self._is_open:
            self._is_open = True
            self.heard.put(now_ns())
        papers = self.cut_count
        super().receive(received)
        if self.cut_count > papers:
            self._is_open = False
            self.done.put(now_ns())

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.plug(), self._loop).result(5)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.unplug)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def first_byte(plan: Plan) -> list[Result]:
    """Row 17: from *Encaisser* to the receipt's first byte at the printer, whose own end it reports."""
    printer = TimedPrinter()
    printer.start()
    with folder() as where, in_process(where / "model") as model:
        head, closed, at = _closed(model)
        with daemon(where, {"printer.receipt": printer.url}, receipt_policy="always") as path:
            limit = LimitFile(where / "limit")
            line = Line(path)
            for command in (c.SignIn(MANAGER, PIN), c.KeepFloat(), c.OpenSession()):
                line.ask(command)
            line.wait_for(lambda view: any(x.device == "printer" and x.level == "ok" for x in view.status))
            goods = goods_in(where / "till.db")
            body = bytes(SALE_BYTES)

            def sell() -> Sequence[int]:
                line.ask(c.NewTicket())
                for product in goods:
                    line.ask(c.AddProduct(product))
                line.wait_view(line.ask(c.OpenDrawer("drawer.check")).rev)
                began = now_ns()
                line.tell(c.TakeCash(0))
                took = printer.heard.get(timeout=10) - began
                printer.done.get(timeout=10)
                line.wait_for(lambda view: view.result is None or view.result.receipt != "printing", 2)
                return [took]

            def bare() -> Sequence[int]:
                began = now_ns()
                limit.write(body)
                by_hand(head, closed, at, PROFILE.codec)
                return [now_ns() - began]

            found = in_turn({"flush + hand render": bare, "Encaisser": sell}, plan.rounds, plan.count(20))
            line.close()
            limit.close()
    printer.stop()
    mine, its = found["Encaisser"], found["flush + hand render"]
    ratio = mine.ratio(its)
    shown = figures(found, "flush + hand render")
    name = "Encaisser to the first byte at the printer"
    return [Result(17, name, "≤ 4x", ratio, mine.p99_ratio(its), plan.rounds, ratio <= 4, shown)]
