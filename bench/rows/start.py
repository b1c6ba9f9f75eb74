"""Rows 13 and 14: how long the daemon takes to its first answer, and what it holds in memory while it waits."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance.protocol import message as m
from bench.goods import fill_shop
from bench.measure import Series, in_turn, now_ns
from bench.plan import Plan
from bench.result import Figure, Result, figures
from bench.shop import InProcess, folder, write_config

BARE = """
import socket, sqlite3, sys
conn = sqlite3.connect(sys.argv[1]); conn.execute("PRAGMA journal_mode=WAL")
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[2]); server.listen()
client, _ = server.accept()
client.recv(4096); client.sendall(b"{}\\n"); client.recv(1)
"""
IDLE_S = 5


def first_answer(command: list[str], path: Path, until: bytes) -> int:
    """Nanoseconds from the start of a process to the line of its socket that holds `until`. The process is ended."""
    path.unlink(missing_ok=True)
    began = now_ns()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        with _connect(path, process) as line:
            line.sendall(m.encode(m.Hello(m.VERSION)))
            heard = b""
            while until not in heard:
                chunk = line.recv(1 << 18)
                if not chunk:
                    raise ConnectionError(command)
                heard += chunk
            return now_ns() - began
    finally:
        process.terminate()
        process.wait()


def _connect(path: Path, process: subprocess.Popen[bytes]) -> socket.socket:
    while process.poll() is None:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(path))
            return line
        except OSError:
            line.close()
            time.sleep(0.0005)
    raise RuntimeError(f"{process.args!r} ended with {process.returncode}")


def _shop_in(where: Path, products: int) -> Path:
    """A folder with a till that has been used; its settings file."""
    where.mkdir()
    if products:
        fill_shop(where / "till.db", products)
    InProcess(where).close()
    return write_config(where)


def start(plan: Plan) -> list[Result]:
    """Row 13: until the socket answers, and until the whole till is there with all products."""
    with folder() as where:
        demo, big = _shop_in(where / "demo", 0), _shop_in(where / "big", plan.products)

        def bare() -> Sequence[int]:
            command = [sys.executable, "-c", BARE, str(where / "bare.db"), str(where / "b")]
            return [first_answer(command, where / "b", b"\n")]

        def daemon(config: Path, until: bytes) -> Callable[[], Sequence[int]]:
            command = [sys.executable, "-m", "appliance.daemon", "--config", str(config)]
            return lambda: [first_answer(command, config.parent / "s", until)]

        found = in_turn(
            {
                "bare Python, socket, sqlite3": bare,
                "daemon, first answer": daemon(demo, b"Welcome"),
                "daemon, first view, demo shop": daemon(demo, b"Shown"),
                f"daemon, first view, {plan.products:,} products": daemon(big, b"Shown"),
            },
            plan.rounds,
            blocks=3,
        )
    limit, first, _, full = found.values()
    shown = figures(found, "bare Python, socket, sqlite3")
    return [
        _start_result("daemon start to first answer", first, limit, 3.5, plan, shown),
        _start_result(f"daemon ready with {plan.products:,} products", full, limit, 9.0, plan, []),
    ]


def _start_result(name: str, mine: Series, limit: Series, goal: float, plan: Plan, shown: list[Figure]) -> Result:
    ratio = mine.ratio(limit)
    return Result(13, name, f"≤ {goal}x", ratio, mine.p99_ratio(limit), plan.rounds, ratio <= goal, shown)


def pss_kb(pid: int) -> int:
    """Proportional memory of a process, in kB (`smaps_rollup`)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))


def ticks(pid: int) -> int:
    """Clock ticks of processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def memory(plan: Plan) -> list[Result]:
    """Row 14: memory of the daemon with a kiosk connected and its devices opened; processor time while idle."""
    with folder() as where:
        demo, big = _shop_in(where / "demo", 0), _shop_in(where / "big", plan.products)
        sizes: dict[str, list[int]] = {"bare Python": [], "daemon": [], f"daemon, {plan.products:,} products": []}
        idle = 0
        for _ in range(plan.rounds):
            with tempfile.TemporaryFile() as nothing:
                bare = subprocess.Popen([sys.executable, "-c", "input('x')"], stdin=subprocess.PIPE, stdout=nothing)
                while nothing.seek(0, os.SEEK_END) == 0 and bare.poll() is None:
                    time.sleep(0.01)
                time.sleep(0.05)
                sizes["bare Python"].append(pss_kb(bare.pid))
                bare.communicate(b"\n")
            sizes["daemon"].append(_settled(demo)[0])
            size, used = _settled(big, 0.5 if plan.is_quick or idle else IDLE_S)
            sizes[f"daemon, {plan.products:,} products"].append(size)
            idle = max(idle, used)
    base, plain, full = sizes.values()
    plain_ratio, full_ratio = _ratio(plain, base), _ratio(full, base)
    shown = [
        Figure(name, f"{sorted(kb)[len(kb) // 2] / 1024:.1f} MB", f"{min(kb) / 1024:.1f} .. {max(kb) / 1024:.1f} MB")
        for name, kb in sizes.items()
    ]
    note = f"idle: {idle} ticks in {IDLE_S} s"
    return [
        Result(14, "daemon memory, PSS", "≤ 5x", plain_ratio, None, plan.rounds, plain_ratio <= 5, shown),
        Result(
            14, f"daemon memory, {plan.products:,} products; idle", "≤ 10x; 0 ticks/s", full_ratio, None, plan.rounds,
            full_ratio <= 10 and idle == 0, [], note,
        ),
    ]  # fmt: skip


def _ratio(mine: list[int], base: list[int]) -> float:
    ratios = sorted(a / b for a, b in zip(mine, base, strict=True))
    return ratios[len(ratios) // 2]


def _settled(config: Path, idle_s: float = 0.0) -> tuple[int, int]:
    """Memory of a daemon that has opened its devices, and the ticks it used while nothing happened."""
    path = config.parent / "s"
    path.unlink(missing_ok=True)
    command = [sys.executable, "-m", "appliance.daemon", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with _connect(path, process) as line:
            line.sendall(m.encode(m.Hello(m.VERSION)))
            _quiet(process.pid)
            size, before = pss_kb(process.pid), ticks(process.pid)
            time.sleep(idle_s)
            return size, ticks(process.pid) - before
    finally:
        process.terminate()
        process.wait()


def _quiet(pid: int) -> None:
    """Return when a process has used no processor time for half a second."""
    while True:
        before = ticks(pid)
        time.sleep(0.5)
        if ticks(pid) == before:
            return
