"""Rows 21 and 22: head office. A batch with all its projections, beside a bare insert of the same rows; a question
about a wallet, beside a bare round trip through the same broker."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from appliance.clock import SystemClock
from appliance.domain.journal import GENESIS, Entry, TicketClosed, chain
from appliance.domain.ticket import Line, Tender, VatRow
from appliance.domain.wallet import Purse
from appliance.protocol import wire
from appliance.protocol.envelope import Address, SealingKey, opened, sealed
from appliance.sync.session import Connection, Letter, Session
from appliance.sync.session import Line as Wire
from bench.measure import Block, Series, in_turn, now_ns
from bench.plan import Plan
from bench.registry import Unmeasured
from bench.result import Result, figures
from bench.shop import folder
from headoffice import broker
from headoffice.cluster import Cluster, NoPostgresql
from headoffice.database import Database, open_database
from headoffice.ingest import journal
from headoffice.ingest.projection import project
from headoffice.ingest.wallets import Pools
from headoffice.ingest.worker import Worker
from headoffice.settings import Office, Settings

CHAIN, TILL, WALLET = "bench", "caisse-1", "c-bench"
AT = "2026-11-22T09:00:00.000Z"
BATCHES = 40
QUESTIONS = 200
ECHO = wire.Topics(CHAIN, TILL, 999).up
"""Where the till may write and the worker does not listen."""
KEY, OFFICE_KEY = SealingKey.from_bytes(b"\1" * 32), SealingKey.from_bytes(b"\2" * 32)


def sale(number: int) -> TicketClosed:
    """Four lines, two means of payment."""
    lines = tuple(Line(at, f"Article {at}", 250 * at, 260, product=100 + at) for at in range(1, 5))
    card = Tender(1, "card", "Carte", "card", 1_000)
    cash = Tender(2, "cash", "Espèces", "cash", 1_500, received_minor=2_000, change_minor=500)
    amounts = tuple(line.amount_minor for line in lines)
    vat = (VatRow(260, 2_500, 63),)
    return TicketClosed(number, number, 1, "take-away", "camille", lines, amounts, vat, (card, cash), 2_500, 2_500)


class Backlog:
    """A journal without an end, and where it stands."""

    def __init__(self) -> None:
        self.seq, self.link, self.number = 0, GENESIS, 0

    def batch(self) -> list[Entry]:
        facts: list[Any] = [sale(self.number + at) for at in range(wire.BATCH_ENTRIES)]
        self.number += len(facts)
        entries = chain(facts, seq=self.seq, prev_hash=self.link, epoch="e1", at=AT, actor="camille")
        self.seq, self.link = entries[-1].seq, entries[-1].hash
        return entries


async def furnished(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.insert("establishment", [("bench", "Bench")])
        await tx.insert("point_of_sale", [("bench", "bench", "Bench")])
        await tx.insert("till", [(TILL, "bench", TILL, 0, KEY.public.hex, "active", "", 0, 0, AT)])
        await tx.run("UPDATE counter SET value = 1 WHERE name = 'journal'")
        await tx.insert("journal", [(1, TILL, "e1", 0, GENESIS, "", AT, "open", "", AT)])
        pools = Pools(tx)
        (await pools.get(WALLET)).credit(Purse(10**12))
        await pools.save()


def taken_in(runner: asyncio.Runner, database: Database, count: int) -> Block:
    """From the bytes off the wire to the commit, each batch on its own."""
    backlog, address = Backlog(), Address(CHAIN, TILL, wire.OFFICE)

    async def one(payload: bytes) -> int:
        began = now_ns()
        batch = opened([KEY.public], payload, address).message
        assert isinstance(batch, wire.Batch)
        async with database.transaction() as tx:
            taken = await journal.take(tx, journal.Post(TILL, batch, payload, AT))
        took = now_ns() - began
        assert taken.fresh == wire.BATCH_ENTRIES
        return took

    def block() -> Sequence[int]:
        payloads = [sealed(KEY, address, wire.pack(backlog.batch())) for _ in range(count)]
        return [runner.run(one(payload)) for payload in payloads]

    return block


def bare(runner: asyncio.Runner, database: Database, count: int) -> Block:
    """The same rows, made before, inserted and committed in transactions of the same size."""
    backlog = Backlog()

    async def one(rows: dict[str, list[Any]]) -> int:
        began = now_ns()
        async with database.transaction() as tx:
            for table, made in rows.items():
                await tx.insert(table, made)
        return now_ns() - began

    def block() -> Sequence[int]:
        return [runner.run(one(rows_of(backlog.batch()))) for _ in range(count)]

    return block


def rows_of(entries: list[Entry]) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {
        "entry": [(1, each.seq, each.kind, each.at, each.actor, each.origin, each.body, each.hash) for each in entries]
    }
    for entry in entries:
        for table, row in project(1, entry).rows:
            rows.setdefault(table, []).append(row)
    return rows


def ingest(plan: Plan) -> list[Result]:
    """Row 21."""
    with ExitStack() as stack:
        where = stack.enter_context(folder())
        results = [_ingested("SQLite", 0.5, plan, lambda: f"sqlite:{where / f'{now_ns()}.db'}")]
        shared = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillbox-bench-", dir="/var/tmp")))
        shared.chmod(0o711)
        try:
            cluster = stack.enter_context(Cluster(shared / "cluster"))
        except NoPostgresql as missing:
            results.append(Result(21, "head office takes in, PostgreSQL", "", note=str(missing)))
        else:
            results.append(_ingested("PostgreSQL", 0.4, plan, cluster.new_url))
        return results


def _ingested(name: str, goal: float, plan: Plan, new_url: Callable[[], str]) -> Result:
    limit, ours = "bare insert of a batch", "taken in"
    with asyncio.Runner() as runner:
        databases = [runner.run(open_database(new_url())) for _ in range(2)]
        for database in databases:
            runner.run(furnished(database))
        count = plan.count(BATCHES)
        found = in_turn(
            {limit: bare(runner, databases[0], count), ours: taken_in(runner, databases[1], count)}, plan.rounds
        )
        for database in databases:
            runner.run(database.close())
    ratio = 1 / found[ours].ratio(found[limit])
    rate = wire.BATCH_ENTRIES * 1e9 / found[ours].p50
    shown = figures(found, limit)
    return Result(
        21, f"head office takes in, {name}", f"≥ {goal}x", ratio, None, plan.rounds, ratio >= goal, shown,
        f"{rate:,.0f} tickets/s",
    )  # fmt: skip


# --- row 22 -----------------------------------------------------------------------------------------------------------


def question(plan: Plan) -> list[Result]:
    """Row 22: both roads use the same broker, the same client and one process for both ends."""
    try:
        broker.find()
    except broker.NoBroker as missing:
        raise Unmeasured(str(missing)) from missing
    with folder() as where:
        port = broker.free_port()
        with broker.Broker(where / "broker", CHAIN, [broker.Listener(port)], (wire.OFFICE, "ho-echo")):
            found = asyncio.run(_questions(port, f"sqlite:{where / 'office.db'}", plan))
    limit, ours = "bare round trip", "wallet question"
    ratio, p99 = found[ours].ratio(found[limit]), found[ours].p99_ratio(found[limit])
    met = ratio <= 2 and p99 <= 4
    return [Result(22, "wallet question", "≤ 2x, p99 ≤ 4x", ratio, p99, plan.rounds, met, figures(found, limit))]


async def _questions(port: int, url: str, plan: Plan) -> dict[str, Series]:
    database = await open_database(url)
    await furnished(database)
    settings = Settings(Office(CHAIN, partitions=(0,), plain=True))
    async with asyncio.TaskGroup() as group:
        worker = Worker(settings, database, OFFICE_KEY, SystemClock(), line=_line(port, wire.OFFICE))
        ends = [
            group.create_task(worker.run(), name="worker"),
            group.create_task(Session(_line(port, "ho-echo"), (ECHO,)).run(_echo), name="echo"),
        ]
        async with _linked(port, group) as till:
            found = await _rounds(till, plan)
        for end in ends:
            end.cancel()
    await database.close()
    return found


def _line(port: int, name: str) -> Wire:
    return Wire(brokers=(("127.0.0.1", port),), name=name)


async def _echo(connection: Connection) -> None:
    async for arrived in connection.messages():
        await connection.publish(Letter(wire.Topics(CHAIN, TILL).down, arrived.payload))


@asynccontextmanager
async def _linked(port: int, group: asyncio.TaskGroup) -> AsyncIterator[Connection]:
    """The till's end, which may also write to the echo."""
    there: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def serve(connection: Connection) -> None:
        there.set_result(connection)
        await done.wait()

    topics = wire.Topics(CHAIN, TILL)
    running = group.create_task(Session(_line(port, TILL), (topics.res, topics.down)).run(serve), name="till")
    yield await there
    done.set()
    await running


async def _rounds(till: Connection, plan: Plan) -> dict[str, Series]:
    """In turn, as `in_turn` does for what does not wait."""
    roads: dict[str, Callable[[], Coroutine[Any, Any, int]]] = {
        "bare round trip": lambda: _bare(till), "wallet question": Asking(till).ask,
    }  # fmt: skip
    count = plan.count(QUESTIONS)
    found = {name: Series() for name in roads}
    for road in roads.values():
        for _ in range(count // 4):
            await road()
    for _ in range(plan.rounds):
        taken: dict[str, list[int]] = {name: [] for name in roads}
        for _ in range(count):
            for name, road in roads.items():
                taken[name].append(await road())
        for name, series in found.items():
            series.rounds.append(taken[name])
    return found


async def _arrives(till: Connection) -> bytes:
    async for arrived in till.messages():
        return arrived.payload
    raise ConnectionError


async def _bare(till: Connection) -> int:
    began = now_ns()
    await till.publish(Letter(ECHO, b"x" * 300))
    await _arrives(till)
    return now_ns() - began


class Asking:
    """Asks for one centime more each time, so that every answer is a commit."""

    def __init__(self, till: Connection) -> None:
        self._till, self._target = till, 0
        self._topics, self._address = wire.Topics(CHAIN, TILL), Address(CHAIN, TILL, wire.OFFICE)

    async def ask(self) -> int:
        self._target += 1
        began = now_ns()
        need = wire.Need(f"q{self._target}", "e1", WALLET, self._target)
        await self._till.publish(Letter(self._topics.rpc, sealed(KEY, self._address, need)))
        payload = await _arrives(self._till)
        told = opened([OFFICE_KEY.public], payload, Address(CHAIN, wire.OFFICE, TILL)).message
        assert isinstance(told, wire.Grant)
        assert told.granted_minor == self._target
        return now_ns() - began
