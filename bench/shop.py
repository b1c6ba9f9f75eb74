"""A till to measure: the demo shop in a folder of its own, inside this process or as the real daemon.

Hides how a till is opened and how a 12-line sale is put together. The folder lies on the disk that `/var/tmp` is on,
never in memory, and goes away with the bench.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from appliance.clock import SystemClock
from appliance.config import Config
from appliance.daemon.lifecycle import Daemon
from appliance.demo.shop import FOLDER
from appliance.domain.catalog import Catalog
from appliance.protocol import command as c
from appliance.protocol import message as m
from appliance.store.catalog import load_catalog
from appliance.store.database import connect

LINES = 12
MANAGER, PIN = "nadia", "4321"
ROOT = Path(__file__).resolve().parent.parent

T = TypeVar("T")


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder on a real disk."""
    path = Path(tempfile.mkdtemp(prefix="tillbox-bench-", dir="/var/tmp"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class LimitFile:
    """The physical limit of a commit: the same bytes written into a file that already has its size, and flushed."""

    SIZE = 16 * 1024 * 1024

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT)
        os.pwrite(self._fd, bytes(self.SIZE), 0)
        os.fsync(self._fd)
        self._at = 0

    def write(self, body: bytes) -> None:
        """One durable write after the one before."""
        if self._at + len(body) > self.SIZE:
            self._at = 0
        os.pwrite(self._fd, body, self._at)
        os.fdatasync(self._fd)
        self._at += len(body)

    def close(self) -> None:
        os.close(self._fd)


class InProcess:
    """The whole till in this process, without devices and without a kiosk."""

    def __init__(self, where: Path, shop: Path = FOLDER) -> None:
        config = Config(data_dir=str(where), socket=str(where / "s"), shop=str(shop))
        logging.getLogger("appliance").setLevel(logging.ERROR)
        self._runner = asyncio.Runner()
        self._ids = count(1)
        self.daemon = self.run(_build(config))
        self.till = self.run(self.daemon.start())
        self.goods: list[int] = []

    def open(self) -> None:
        """Open the day."""
        self.goods = goods_of(self.till.catalog)
        self.run(self.daemon.ledger.write_ahead())
        for command in opening(self.till.shop):
            self.run(self.ask(command))
        gc.collect()
        gc.freeze()  # as the daemon does once it is ready
        gc.set_threshold(10_000, 20, 20)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the till's loop."""
        return self._runner.run(work)

    async def ask(self, command: c.AnyCommand) -> m.Answer:
        """One order, durable when this returns. Raises RuntimeError when the till refused it."""
        answer: m.Answer = await self.till.submit(m.Order(f"o{next(self._ids)}", command))
        if not answer.ok:
            raise RuntimeError(f"{type(command).__name__}: {answer.code}")
        return answer

    async def fill(self, lines: int = LINES) -> None:
        """A new ticket with that many lines, all on the disk."""
        await self.ask(c.NewTicket())
        for product in self.goods[:lines]:
            await self.ask(c.AddProduct(product))
        await self.daemon.ledger.settle()

    def close(self) -> None:
        self.run(self._close())
        self._runner.close()

    async def _close(self) -> None:
        self.till.close()
        await self.daemon.ledger.close()


@contextmanager
def in_process(where: Path, shop: Path = FOLDER) -> Iterator[InProcess]:
    """A till in this process whose day is open."""
    till = InProcess(where, shop)
    try:
        till.open()
        yield till
    finally:
        till.close()


def goods_of(catalog: Catalog) -> list[int]:
    """Twelve products that go on a ticket without a question."""
    found = [product for category in catalog.categories for product in catalog.products_in(category.id)]
    plain = [p.id for p in found if p.price_kind == "fixed" and p.price_minor and not (p.sold_out or p.age_limit)]
    return plain[:LINES]


def goods_in(database: Path) -> list[int]:
    """The same, from the database of a running till."""
    conn = connect(database)
    try:
        return goods_of(load_catalog(conn))
    finally:
        conn.close()


async def _build(config: Config) -> Daemon:
    return Daemon(config, SystemClock())


def opening(shop: Any) -> list[c.AnyCommand]:
    """What brings a fresh till to its first sale."""
    manager = next(seller for seller in shop.sellers if seller.role == "manager")
    return [c.SignIn(manager.id, PIN), c.KeepFloat(), c.OpenSession()]


class Line:
    """A client of the daemon's socket, blocking, as the kiosk is one."""

    def __init__(self, path: Path, views: bool = True) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._pending = b""
        self._ids = count(1)
        self._socket.sendall(m.encode(m.Hello(m.VERSION, "bench", views)))
        self.view: Any = None
        """Newest view, when views are asked for."""

    def lines(self) -> Iterator[bytes]:
        """Every further line, as it comes. Raises ConnectionError when the daemon hangs up."""
        while True:
            *whole, self._pending = self._pending.split(b"\n")
            yield from whole
            chunk = self._socket.recv(1 << 18)
            if not chunk:
                raise ConnectionError("the daemon hung up")
            self._pending += chunk

    def read(self) -> m.FromDaemon:
        while b"\n" not in self._pending:
            chunk = self._socket.recv(1 << 18)
            if not chunk:
                raise ConnectionError("the daemon hung up")
            self._pending += chunk
        line, self._pending = self._pending.split(b"\n", 1)
        return m.read_from_daemon(line)

    def ask(self, command: c.AnyCommand) -> m.Answer:
        """Send an order, wait for its answer. Raises RuntimeError when it was refused."""
        order = m.Order(f"{os.getpid()}-{id(self)}-{next(self._ids)}", command)
        self._socket.sendall(m.encode(order))
        while True:
            said = self.read()
            if isinstance(said, m.Shown):
                self.view = said.view
            elif isinstance(said, m.Answer) and said.id == order.id:
                if not said.ok:
                    raise RuntimeError(f"{type(command).__name__}: {said.code}")
                return said

    def wait_for(self, is_so: Callable[[Any], bool], limit_s: float = 10.0) -> Any:
        """The first view of which something is true. Raises TimeoutError."""
        end = time.perf_counter() + limit_s
        while self.view is None or not is_so(self.view):
            if time.perf_counter() > end:
                raise TimeoutError("the till never came so far")
            self.next_view(limit_s)
        return self.view

    def next_view(self, limit_s: float) -> Any:
        """The next view, or None when none came in time."""
        while b"\n" in self._pending or select.select([self._socket], [], [], limit_s)[0]:
            said = self.read()
            if isinstance(said, m.Shown):
                self.view = said.view
                return said.view
        return None

    def tell(self, command: c.AnyCommand) -> None:
        """Send an order and wait for nothing; what was answered before is thrown away."""
        self._drain()
        self._socket.sendall(m.encode(m.Order(f"{os.getpid()}-{id(self)}-{next(self._ids)}", command)))

    def _drain(self) -> None:
        while select.select([self._socket], [], [], 0)[0]:
            self._pending = (self._pending + self._socket.recv(1 << 18)).rpartition(b"\n")[2]

    def wait_view(self, rev: int) -> Any:
        """The first view that shows a revision."""
        while self.view is None or self.view.rev < rev:
            said = self.read()
            if isinstance(said, m.Shown):
                self.view = said.view
        return self.view

    def close(self) -> None:
        self._socket.close()


def write_config(where: Path, devices: dict[str, str] | None = None, **more: str) -> Path:
    """The settings file of a daemon in a folder."""
    path = where / "till.toml"
    settings = {"data_dir": str(where), "socket": "s", "shop": str(FOLDER), **more}
    lines = [f'{key} = "{value}"' for key, value in settings.items()]
    lines += ["[devices]", *(f'"{role}" = "{url}"' for role, url in (devices or {}).items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def spawn(module: list[str], env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """`python -m ...` from the repository, its words kept away from the table."""
    return subprocess.Popen(
        [sys.executable, "-m", *module], cwd=ROOT, env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def daemon(where: Path, devices: dict[str, str] | None = None, **more: str) -> Iterator[Path]:
    """The real daemon as its own process; its socket. Stopped as systemd stops it."""
    process = spawn(["appliance.daemon", "--config", str(write_config(where, devices, **more))])
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            raise RuntimeError("the daemon did not start")
        yield where / "s"
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
