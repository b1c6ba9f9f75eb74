"""A till in a folder: the real daemon as a process of its own, a client on its socket, and a look at its books.

The books are read from a copy of the database files by plain SQL, so nothing of the daemon's own code judges them.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from appliance.clock import SystemClock
from appliance.demo.shop import FOLDER as SHOP
from appliance.hal.simulated.printer import SimulatedPrinter
from appliance.protocol import command as c
from appliance.protocol.message import VERSION, Answer, Fault, Hello, Order, Shown, encode, read_from_daemon
from appliance.protocol.view import TillView
from appliance.store import database

sqlite: Any = vars(database)["sqlite"]
"""The SQLite that the daemon uses."""
ROOT = Path(__file__).parents[2]
SEALED = ("TicketClosed", "SettlementReversed", "WalletCredited", "WalletCreditCancelled", "WalletRefunded")
RESTART_S = 3.0
"""Longest time from starting the process to a view (architecture.md, promises)."""
BACKGROUND_MS = 150
"""Changes of a basket may become durable so long after their answer (architecture.md, section 4: 100 ms), and a bit."""
PIN = "1234"
LINE_MAX = 8 * 1024 * 1024

clock = SystemClock()


def now_ms() -> float:
    return clock.monotonic_ns() / 1e6


class Books:
    """What the disk holds, read without the daemon's code."""

    def __init__(self, folder: Path, keep: bool = True) -> None:
        """`keep`: of a copy, since opening a database after a crash changes it."""
        if not keep:
            self._read(folder / "till.db")
            return
        with tempfile.TemporaryDirectory() as copy:
            for file in folder.glob("till.db*"):
                if not file.name.endswith("-shm"):
                    shutil.copy(file, copy)
            self._read(Path(copy) / "till.db")

    def _read(self, path: Path) -> None:
        conn = sqlite.connect(str(path))
        self.integrity = conn.execute("PRAGMA integrity_check").fetchone()[0]
        columns = "seq, epoch, kind, at, actor, origin, body, prev_hash, hash"
        self.rows = conn.execute(f"SELECT {columns} FROM journal ORDER BY seq").fetchall()
        self.jobs = conn.execute("SELECT purpose, subject, copy, state FROM print_job ORDER BY id").fetchall()
        conn.close()

    @property
    def origins(self) -> set[str]:
        return {row[5] for row in self.rows if row[5]}

    def facts(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(row[6]) for row in self.rows if row[2] == kind]

    def check(self) -> None:
        """Integrity, numbers without a hole, every link of the chain, every order at most once."""
        assert self.integrity == "ok"
        prev = bytes(32)
        for number, row in enumerate(self.rows, 1):
            seq, epoch, kind, at, actor, origin, body, prev_hash, link = row
            assert seq == number, f"hole before {seq}"
            head = "".join(f"{field}\x1f" for field in (seq, epoch, kind, at, actor, origin))
            assert prev_hash == prev and link == sha256(prev + head.encode() + body).digest(), f"chain at {seq}"
            prev = link
        documents = [json.loads(row[6])["document"] for row in self.rows if row[2] in SEALED]
        assert documents == list(range(1, len(documents) + 1)), "documents without a hole"


class Refused(Exception):
    """The daemon closed the connection, with this fault when it gave one."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(fault)
        self.fault = fault


async def until(condition: Callable[[], object]) -> None:
    """Until something that another process does, and that nobody tells us, is the case."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.003)


def tell(measured: str) -> None:
    """A measured number, for `pytest -s`."""
    sys.stdout.write(measured + "\n")


class Ended(Exception):
    """The daemon's process ended before it answered; its log says why."""


class Client:
    """One connection: orders and their answers, and the newest view."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._view: TillView | None = None
        self._answers: dict[str, Answer] = {}
        self._number = 0

    @property
    def view(self) -> TillView:
        assert self._view is not None
        return self._view

    def send(self, line: bytes) -> None:
        self._writer.write(line)

    async def take(self) -> Any:
        """The next message. Raises Refused at the end of the connection."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            line = b""
        if not line.endswith(b"\n"):
            raise Refused(None)
        message = read_from_daemon(line)
        if isinstance(message, Fault):
            raise Refused(message)
        if isinstance(message, Shown):
            self._view = message.view
        elif isinstance(message, Answer):
            self._answers[message.id] = message
        return message

    async def until(self, condition: Callable[[TillView], object]) -> TillView:
        """The first view, from the one we have on, for which the condition holds."""
        while self._view is None or not condition(self._view):
            await self.take()
        return self._view

    async def devices_are_there(self) -> None:
        await self.until(lambda view: ("drawer", "ok") in [(light.device, light.level) for light in view.status])

    async def order(self, command: c.AnyCommand, order_id: str = "") -> Answer:
        """Send an order; wait for its answer, and for the first view that shows it."""
        self._number += 1
        order_id = order_id or f"{id(self):x}-{self._number}"
        self.send(encode(Order(order_id, command)))
        while order_id not in self._answers:
            await self.take()
        answer = self._answers.pop(order_id)
        if self._view is not None:
            await self.until(lambda view: view.rev >= answer.rev)
        return answer

    async def ok(self, command: c.AnyCommand, order_id: str = "") -> Answer:
        answer = await self.order(command, order_id)
        assert answer.ok, (command, answer)
        return answer

    def close(self) -> None:
        self._writer.transport.abort()


class Box:
    """One till: its folder, its printer, its process."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.data = Path(settings.pop("data_dir", folder / "data"))
        self.socket = folder / "s"
        self.printer = SimulatedPrinter()
        self.settings = settings
        self.more_devices: dict[str, str] = {}
        """Role to address, beside the printer and the drawer."""
        self.restart_s: list[float] = []
        self.process: asyncio.subprocess.Process | None = None
        self.log = folder / "log"
        self._clients: list[Client] = []

    def write_settings(self) -> Path:
        rows = {"data_dir": str(self.data), "socket": str(self.socket), "shop": str(SHOP), "hot_plug": False,
                "lock_after_s": 0, **self.settings}  # fmt: skip
        devices = {"printer.receipt": self.printer.url, "drawer.main": "via:printer.receipt?open=high"}
        devices |= self.more_devices
        lines = [f"{key} = {json.dumps(value)}" for key, value in rows.items()]
        lines += ["[devices]", *(f"{json.dumps(role)} = {json.dumps(url)}" for role, url in devices.items())]
        path = self.folder / "till.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    async def start(self, *wrapper: str) -> Client:
        """Start the daemon and connect; measures the time to the first view."""
        await self.printer.plug()
        began = now_ms()
        await self.spawn(*wrapper)
        client = await self.connect()
        await client.until(lambda view: view)
        self.restart_s.append((now_ms() - began) / 1e3)
        return client

    async def spawn(self, *wrapper: str) -> None:
        config = self.write_settings()
        program = [] if "-c" in wrapper else [sys.executable, "-m", "appliance.daemon"]
        command = [*wrapper, *program, "--config", str(config)]
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log, start_new_session=True
            )

    async def connect(self, views: bool = True) -> Client:
        """Connect as soon as the socket is there. Raises Ended."""
        while True:
            assert self.process is not None
            if self.process.returncode is not None:
                raise Ended(self.log.read_text()[-3000:])
            try:
                reader, writer = await asyncio.open_unix_connection(str(self.socket), limit=LINE_MAX)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                await asyncio.sleep(0.002)
        client = Client(reader, writer)
        self._clients.append(client)
        client.send(encode(Hello(VERSION, "test", views)))
        return client

    def kill_now(self) -> None:
        """kill -9 of the daemon, and of what it runs under."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def gone(self) -> int:
        assert self.process is not None
        code = await self.process.wait()
        self.process = None
        for client in self._clients:
            client.close()
        self._clients.clear()
        await asyncio.sleep(0)
        return code

    async def kill(self) -> None:
        self.kill_now()
        await self.gone()

    async def stop(self) -> int:
        """An orderly end; the exit status."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGTERM)
        return await self.gone()

    def books(self) -> Books:
        return Books(self.data)

    async def settled(self, *orders: str) -> Books:
        """The books once these orders are on the disk."""
        await until(lambda: set(orders) <= self.books().origins)
        return self.books()

    async def printed(self, papers: int) -> None:
        """Until so many papers were cut off."""
        await until(lambda: self.printer.cut_count >= papers)

    async def pulsed(self, pulses: int) -> None:
        """Until the drawer was opened so many times."""
        await until(lambda: self.printer.drawer.pulse_count >= pulses)


@asynccontextmanager
async def box(folder: Path, **settings: Any) -> AsyncIterator[Box]:
    """A till that is gone, with its printer, at the end of the block."""
    till = Box(folder, **settings)
    till.folder.mkdir(parents=True, exist_ok=True)
    try:
        yield till
    finally:
        if till.process is not None:
            await till.kill()
        till.printer.unplug()


async def open_day(client: Client) -> None:
    """Camille signs in and opens the day with the float as it is."""
    await client.ok(c.SignIn("camille", PIN))
    await client.ok(c.KeepFloat())
    await client.ok(c.OpenSession())


def basket(view: TillView) -> bytes:
    """What a person sees of a ticket that matters: lines, tenders, sums."""
    ticket = view.ticket
    if ticket is None:
        return b""
    lines = [(line.id, line.name, line.quantity_milli, line.amount_minor, line.comment) for line in ticket.lines]
    tenders = [(tender.id, tender.kind, tender.amount_minor) for tender in ticket.tenders]
    return msgspec.json.encode([ticket.number, lines, tenders, ticket.total_minor, ticket.remaining_minor])
