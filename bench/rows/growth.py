"""Rows 4 to 6: a journal of a million tickets: commits into it, bytes worn off the disk, and its chain verified."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.intent import (
    AdjustWallet,
    CloseDay,
    CreateRegister,
    CreditWallet,
    Intent,
    OpenSession,
    Payment,
)
from appliance.domain.journal import GENESIS, Entry, TicketClosed, canonical, entry_hash
from appliance.domain.journal import chain as link
from appliance.domain.state import TillState, apply
from appliance.domain.ticket import Line, Tender, VatRow
from appliance.domain.till import Moment, step
from appliance.store import journal as store
from appliance.store import movements
from appliance.store.database import BLOCK, connect, migrate
from bench.measure import Series, in_turn, now_ns
from bench.plan import Plan
from bench.result import Figure, Result, figures
from bench.shop import folder

EPOCH = "0123456789abcdef"
AT = "2025-11-21T07:42:00.000Z"
BATCH = 20_000
MOVEMENTS = 10_000
WHO = "c-rochatrochat"
CASH = TenderMode("cash", "Espèces", "money", "cash", 1, rounding_minor=5, overpayment="change", opens_drawer=True)
MARK = b'"document":0,'


def ticket(lines: int) -> bytes:
    """The canonical body of a sealed ticket."""
    goods = tuple(Line(n, f"Croissant au beurre {n}", 160, 260, 100 + n, tax_class="food") for n in range(1, lines + 1))
    total = 160 * lines
    closed = TicketClosed(
        document=0, ticket=1, session=1, mode="take-away", seller="camille", lines=goods, amounts=(160,) * lines,
        vat=(VatRow(260, total, total * 260 // 10_260),), full_minor=total, total_minor=total, drawer=True,
        tenders=(Tender(1, "cash", "Espèces", "cash", total, total),),
    )  # fmt: skip
    return canonical(closed)


def entries(body: bytes, after: int, prev: bytes, count: int) -> Iterator[Entry]:
    """Sealed tickets that follow an entry, each with its own number and its own link."""
    head, _, tail = body.partition(MARK)
    for seq in range(after + 1, after + count + 1):
        own = head + b'"document":%d,' % seq + tail
        link = entry_hash(prev, seq, EPOCH, "TicketClosed", AT, "camille", "", own)
        yield Entry(seq, EPOCH, "TicketClosed", AT, "camille", "", own, prev, link)
        prev = link


@cache
def library(tickets: int) -> Path:
    """A database with that many tickets of three lines, written in bulk, once a run."""
    where = Path(tempfile.mkdtemp(prefix="tillbox-bench-", dir="/var/tmp"))
    atexit.register(shutil.rmtree, where, ignore_errors=True)
    conn = connect(where / "till.db")
    migrate(conn)
    store.read_head(conn, EPOCH)
    conn.execute("PRAGMA synchronous=OFF")
    body, prev, seq = ticket(3), GENESIS, 0
    while seq < tickets:
        batch = list(entries(body, seq, prev, min(BATCH, tickets - seq)))
        conn.execute("BEGIN IMMEDIATE")
        store.insert(conn, batch)
        conn.execute("COMMIT")
        seq, prev = batch[-1].seq, batch[-1].hash
    conn.close()
    return where


class Book:
    """A journal that is appended to, one sealed ticket a commit."""

    def __init__(self, database: Path) -> None:
        self.conn = connect(database)
        migrate(self.conn)
        head = store.read_head(self.conn, EPOCH)
        self._seq, self._prev, self._body = head.seq, head.hash, ticket(12)
        self._write_ahead(database)

    def _write_ahead(self, database: Path) -> None:
        """The log at its full size, as the running till has it."""
        with open(f"{database}-wal", "ab", buffering=0) as log:
            while log.tell() < 2_000 * 4_120:
                log.write(bytes(BLOCK - log.tell() % BLOCK))
            os.fsync(log.fileno())

    def next(self, count: int = 1) -> list[Entry]:
        made = list(entries(self._body, self._seq, self._prev, count))
        self._seq, self._prev = made[-1].seq, made[-1].hash
        return made

    def commit(self, count: int = 1) -> int:
        """Nanoseconds of one transaction."""
        made = self.next(count)
        began = now_ns()
        store.append(self.conn, made)
        return now_ns() - began


def growth(plan: Plan) -> list[Result]:
    """Row 4: the same commit into an empty journal and into a full one; a wallet's balance likewise."""
    with folder() as where:
        full_at = where / "full.db"
        shutil.copyfile(library(plan.tickets) / "till.db", full_at)
        empty, full = Book(where / "empty.db"), Book(full_at)
        name = f"{plan.tickets:,} tickets stored"
        found = in_turn(
            {"empty": lambda: [empty.commit()], name: lambda: [full.commit()]}, plan.rounds, plan.count(300)
        )
        for book in (empty, full):
            book.conn.close()
    ratio, p99 = found[name].ratio(found["empty"]), found[name].p99_ratio(found["empty"])
    met = ratio <= 1.10 and p99 <= 1.3
    return [
        Result(
            4, f"commit with {name}", "p50 ≤ 1.10x, p99 ≤ 1.3x", ratio, p99, plan.rounds, met, figures(found, "empty")
        ),
        *balance(plan),
    ]


class Shelf:
    """A till with one customer whose wallet has moved so often, and two ways to ask for its balance."""

    def __init__(self, database: Path, moves: int) -> None:
        self.state = TillState()
        self.conn = connect(database)
        migrate(self.conn)
        self.conn.execute("PRAGMA synchronous=OFF")
        self._head = store.read_head(self.conn, EPOCH)
        self._do(CreateRegister("till-1", "CHF", "CH", "0"))
        for count in range(moves):
            if count % 200 == 0:  # a night now and then, as in a shop
                self._night(count // 200)
            paid = (Payment(CASH),) if count % 2 == 0 else ()
            self._do(CreditWallet(WHO, 300, paid, WalletRules()) if paid else AdjustWallet(WHO, -250, "bench"))

    def _night(self, day: int) -> None:
        if self.state.session is not None:
            expected = self.state.session.totals.expected_minor
            self._do(CloseDay(expected, {1: expected}, 0))
        self._do(OpenSession(f"2026-{day // 28 + 1:02d}-{day % 28 + 1:02d}", 0, 0))

    def _do(self, intent: Intent) -> None:
        head, facts = self._head, step(self.state, intent, Moment(AT, AT[:19], "camille")).facts
        made = link(facts, seq=head.seq, prev_hash=head.hash, epoch=EPOCH, at=AT, actor="camille")
        for fact in facts:
            apply(self.state, fact, AT, "camille")
        store.append(self.conn, made)
        self._head = store.Head(EPOCH, made[-1].seq, made[-1].hash, AT)

    def at_the_till(self) -> list[int]:
        """Nanoseconds of a hundred looks at what can be spent, each."""
        began = now_ns()
        for _ in range(100):
            self.state.available(WHO)
        return [(now_ns() - began) // 100]

    def in_the_store(self) -> list[int]:
        """Nanoseconds of ten looks at the newest movement, each."""
        began = now_ns()
        for _ in range(10):
            movements.movements(self.conn, WHO, 1)
        return [(now_ns() - began) // 10]


def balance(plan: Plan) -> list[Result]:
    """Row 4's second half: what is on a wallet that moved 10,000 times, beside one that moved once."""
    moves = plan.count(MOVEMENTS)
    results: list[Result] = []
    with folder() as where:
        one, full = Shelf(where / "one.db", 1), Shelf(where / "moved.db", moves)
        for what, ask in (("at the till", Shelf.at_the_till), ("from the store", Shelf.in_the_store)):
            name = f"{moves:,} movements"
            found = in_turn({"one movement": partial(ask, one), name: partial(ask, full)}, plan.rounds, plan.count(300))
            ratio, p99 = found[name].ratio(found["one movement"]), found[name].p99_ratio(found["one movement"])
            shown = figures(found, "one movement")
            results.append(
                Result(4, f"wallet balance {what}, {name}", "≤ 1.5x", ratio, p99, plan.rounds, ratio <= 1.5, shown)
            )
        for shelf in (one, full):
            shelf.conn.close()
    return results


def dirtied() -> int:
    """Bytes of pages that this process has made dirty (`write_bytes` in /proc/self/io)."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("write_bytes")))


def wear(plan: Plan) -> list[Result]:
    """Row 5: pages dirtied by the log, its checkpoint and the database, for each byte of a ticket's body."""
    count = plan.count(2_000)
    with folder() as where:
        ratios: dict[str, list[float]] = {"raw append": [], "one ticket a commit": [], "ten tickets a commit": []}
        body = ticket(12)
        for number in range(plan.rounds):
            ratios["raw append"].append(_append(where / f"raw{number}", body, count) / (count * len(body)))
            for name, size in (("one ticket a commit", 1), ("ten tickets a commit", 10)):
                book = Book(where / f"{size}-{number}.db")
                before = dirtied()
                for _ in range(count // size):
                    book.commit(size)
                book.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                ratios[name].append((dirtied() - before) / (count * len(body)))
                book.conn.close()
    middle = {name: sorted(each)[len(each) // 2] for name, each in ratios.items()}
    shown = [
        Figure(name, f"{middle[name]:.1f}x", f"{min(each):.1f}x .. {max(each):.1f}x") for name, each in ratios.items()
    ]
    single, burst = middle["one ticket a commit"], middle["ten tickets a commit"]
    note = f"tickets of {len(body)} B; write_bytes in /proc/self/io, checkpoints included"
    return [
        Result(5, "bytes dirtied per ticket byte", "≤ 12x", single, None, plan.rounds, single <= 12, shown, note),
        Result(5, "the same in a burst of ten", "≤ 7x", burst, None, plan.rounds, burst <= 7),
    ]


def _append(path: Path, body: bytes, count: int) -> int:
    before = dirtied()
    with path.open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(body)
            os.fdatasync(file.fileno())
    return dirtied() - before


def chain(plan: Plan) -> list[Result]:
    """Row 6: every link recomputed from disk, beside the same bytes hashed in memory."""
    database = library(plan.tickets) / "till.db"
    conn = connect(database)
    bodies = [bytes(row[0]) for row in conn.execute("SELECT body FROM journal ORDER BY seq")]

    def hashed() -> Sequence[int]:
        began = now_ns()
        prev = GENESIS
        for body in bodies:
            prev = sha256(prev + body).digest()
        return [now_ns() - began]

    def verified() -> Sequence[int]:
        began = now_ns()
        if store.verify(conn) != plan.tickets:
            raise RuntimeError("the chain is shorter than it was written")
        return [now_ns() - began]

    found: dict[str, Series] = in_turn({"sha256 in memory": hashed, "verify, from disk": verified}, plan.rounds)
    conn.close()
    limit, mine = found.values()
    ratio = mine.ratio(limit)
    name = f"chain of {plan.tickets:,} verified"
    return [Result(6, name, "≤ 2.0x", ratio, None, plan.rounds, ratio <= 2.0, figures(found, "sha256 in memory"))]
