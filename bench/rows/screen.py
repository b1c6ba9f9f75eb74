"""Rows 10 to 12: from a scan to the pixel, redraws, and the kiosk's memory and start, beside a browser kiosk."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from appliance.protocol import command as c
from bench.measure import Series, in_turn, now_ns, percentile
from bench.page import page
from bench.plan import Plan
from bench.registry import Unmeasured
from bench.result import Figure, Result, figure, figures, unit_of
from bench.rows.start import pss_kb, ticks
from bench.shop import MANAGER, PIN, ROOT, Line, daemon, folder, goods_in
from bench.x11 import SIZE, Watcher, screen

TOTAL = (1130, 536, 136, 48)
"""Where both show the total."""
TILE = (300, 180, 4, 4)
FRAME_NS = 16_700_000
KIOSK = [sys.executable, "-O", "-m", "appliance.kiosk", "--size", f"{SIZE[0]}x{SIZE[1]}", "--socket"]
ROWS_SHOWN = 7


def browser() -> str:
    """The browser's command; installed from Debian when we may. Raises Unmeasured."""
    found = shutil.which("chromium")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], capture_output=True, check=False)
        found = shutil.which("chromium")
    if found is None:
        raise Unmeasured("no Chromium to compare with: apt-get install chromium")
    return found


def browser_command(where: Path, html: Path) -> list[str]:
    width, height = SIZE
    return [
        browser(), "--kiosk", "--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-sync",
        "--disable-extensions", "--disable-background-networking", "--disable-component-update",
        "--password-store=basic", "--force-device-scale-factor=1", f"--user-data-dir={where / 'browser'}",
        f"--window-size={width},{height}", "--window-position=0,0", html.as_uri(),
    ]  # fmt: skip


@contextmanager
def running(command: list[str], name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program on a screen; it and its children are ended."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, env={**os.environ, "DISPLAY": name}, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Stage:
    """A till with a full ticket, and the page that shows the same."""

    where: Path
    socket: Path
    line: Line
    goods: list[int]
    html: Path
    codes: list[str] = field(default_factory=list)


@contextmanager
def stage() -> Iterator[Stage]:
    with folder() as where, daemon(where) as path:
        line = Line(path)
        for command in (c.SignIn(MANAGER, PIN), c.KeepFloat(), c.OpenSession(), c.NewTicket()):
            line.ask(command)
        goods = goods_in(where / "till.db")
        for product in goods:
            answer = line.ask(c.AddProduct(product))
        html = where / "till.html"
        html.write_text(page(line.wait_view(answer.rev), ROWS_SHOWN), encoding="utf-8")
        try:
            yield Stage(where, path, line, goods, html)
        finally:
            line.close()


def road_to_pixel(plan: Plan) -> list[Result]:
    """Row 10: an article reaches the daemon, the kiosk shows the new total; a key reaches Chromium, its page does."""
    with ExitStack() as stack:
        till = stack.enter_context(stage())
        ours, theirs = stack.enter_context(screen()), stack.enter_context(screen())
        stack.enter_context(running([*KIOSK, str(till.socket)], ours))
        stack.enter_context(running(browser_command(till.where, till.html), theirs))
        kiosk, web = Watcher(ours), Watcher(theirs)
        kiosk.settle(TOTAL, 2.0)
        web.focus()
        web.settle(TOTAL, 2.0)
        web.focus()  # its own window may have come since
        sender = Line(till.socket, views=False)
        code = _code(till)
        chance = random.Random(1)

        def scan() -> Sequence[int]:
            before = kiosk.settle(TOTAL, 0.03 + chance.random() / 30)
            began = now_ns()
            sender.tell(c.EnterCode(code))
            return [kiosk.change(TOTAL, before) - began]

        def key() -> Sequence[int]:
            before = web.settle(TOTAL, 0.03 + chance.random() / 30)
            began = now_ns()
            web.key("a")
            return [web.change(TOTAL, before) - began]

        found = in_turn({"Chromium, key": key, "kiosk, scan at the daemon": scan}, plan.rounds, plan.count(30))
        for each in (kiosk, web, sender):
            each.close()
    mine, its = found["kiosk, scan at the daemon"], found["Chromium, key"]
    ratio, p99 = mine.ratio(its), percentile([each for block in mine.rounds for each in block], 0.99)
    met = ratio <= 1.0 and p99 <= FRAME_NS
    note = f"p99 of all {unit_of(p99)}"
    shown = figures(found, "Chromium, key")
    goal = "≤ 1.0x, p99 ≤ 16.7 ms"
    return [
        Result(10, "scan at the daemon to the pixel", goal, ratio, mine.p99_ratio(its), plan.rounds, met, shown, note)
    ]


def _code(till: Stage) -> str:
    """A bar code of an article that is on the ticket already: the line counts up."""
    from appliance.store.catalog import load_catalog
    from appliance.store.database import connect

    conn = connect(till.where / "till.db")
    try:
        catalog = load_catalog(conn)
        rows = [catalog.product(product) for product in reversed(till.goods)]
        return next(row.codes[0] for row in rows if row is not None and row.codes)
    finally:
        conn.close()


def redraw(plan: Plan) -> list[Result]:
    """Row 11: frames inside Kivy without a frame limit, drawn by a process of its own."""
    with screen() as name:
        command = [sys.executable, "-m", "bench.frames", str(plan.rounds), str(plan.count(100))]
        done = subprocess.run(
            command, env={**os.environ, "DISPLAY": name}, cwd=ROOT, capture_output=True, timeout=300, check=False
        )
    if done.returncode:
        raise Unmeasured(f"the kiosk did not draw: {done.stderr.decode()[-200:]}")
    frames = msgspec.json.decode(done.stdout.splitlines()[-1], type=dict[str, list[list[int]]])
    found = {what: Series(rounds) for what, rounds in frames.items()}
    empty, plain, lines = found["empty window"], found["full till, one colour changed"], found["40 lines, one changed"]
    ratio, more = plain.ratio(empty), lines.ratio(plain)
    shown = figures(found, "empty window")
    return [
        Result(11, "redraw of the full till", "≤ 4x", ratio, plain.p99_ratio(empty), plan.rounds, ratio <= 4, shown),
        Result(
            11, "40 lines beside a plain redraw", "≤ 1.3x", more, lines.p99_ratio(plain), plan.rounds, more <= 1.3,
            [figure("40 lines, one changed", lines, plain)],
        ),
    ]  # fmt: skip


def children(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += children(int(child))
    return found


def memory_and_start(plan: Plan) -> list[Result]:
    """Row 12: from the start of the program to the till on the screen, and what it then holds in memory."""
    with stage() as till:
        commands: dict[str, Callable[[], list[str]]] = {
            "Chromium": lambda: browser_command(till.where, till.html),
            "kiosk": lambda: [*KIOSK, str(till.socket)],
        }
        starts = {what: Series() for what in commands}
        sizes: dict[str, list[int]] = {what: [] for what in commands}
        idle = 0.0
        for _ in range(plan.rounds):
            for what, command in commands.items():
                with screen() as name:
                    watcher = Watcher(name)
                    empty = watcher.pixels(*TILE)
                    began = now_ns()
                    with running(command(), name) as process:
                        starts[what].rounds.append([_picture(watcher, empty) - began])
                        watcher.settle(TOTAL, 1.0)
                        sizes[what].append(sum(pss_kb(pid) for pid in children(process.pid)))
                        if what == "kiosk" and not plan.is_quick:
                            idle = max(idle, _idle_percent(process.pid))
                    watcher.close()
    memory = sorted(a / b for a, b in zip(sizes["kiosk"], sizes["Chromium"], strict=True))[plan.rounds // 2]
    ratio = starts["kiosk"].ratio(starts["Chromium"])
    shown = [
        Figure(what, f"{sorted(kb)[len(kb) // 2] / 1024:.0f} MB", f"{min(kb) / 1024:.0f} .. {max(kb) / 1024:.0f} MB")
        for what, kb in sizes.items()
    ]
    note = f"idle {idle:.1f} % of a core"
    return [
        Result(12, "kiosk memory, PSS", "≤ 0.35x", memory, None, plan.rounds, memory <= 0.35, shown, note),
        Result(
            12, "kiosk start to first picture", "≤ 0.8x", ratio, None, plan.rounds, ratio <= 0.8,
            figures(starts, "Chromium"),
        ),
    ]  # fmt: skip


def _picture(watcher: Watcher, empty: bytes) -> int:
    """When the place of a tile shows a colour of its own, not the empty screen's, white, or the window's ground."""
    ground = {empty, b"\xff" * len(empty), bytes((0xEC, 0xF1, 0xF3, 0)) * 16, bytes((0xEC, 0xF1, 0xF3, 0xFF)) * 16}
    end = now_ns() + 30 * 10**9
    while now_ns() < end:
        seen = watcher.pixels(*TILE)
        if seen not in ground and len(set(zip(*[iter(seen)] * 4, strict=True))) == 1:
            return now_ns()
        time.sleep(0.002)
    raise TimeoutError("no picture within 30 s")


def _idle_percent(pid: int, seconds: float = 3.0) -> float:
    before = ticks(pid)
    time.sleep(seconds)
    return (ticks(pid) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100
