"""The till's one database: opening, migrating, and where a transaction runs; hides the thread.

Store functions are plain and synchronous: they take a connection and are one whole transaction, with no await inside.
This module runs them. There are two places to run: the thread of aiosqlite, and the loop itself. A commit on a disk
that answers within a millisecond costs less than waking another thread twice, so it runs in place; as soon as the disk
is slower the thread takes over and the loop stays free (docs/adr/0003-commit-in-place.md). Never both at once.

Durability: WAL with synchronous=FULL, so a commit that returned is on the disk (SQLite, "PRAGMA synchronous"). A commit
that raised is *unknown*: the caller reopens and looks whether its entries are there.
"""

from __future__ import annotations

import asyncio
import sqlite3 as stdlib_sqlite
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

try:
    import pysqlite3.dbapi2 as sqlite
except ImportError:  # no wheel for this machine: the standard library serves, with one single connection
    sqlite = stdlib_sqlite

from appliance.clock import Clock

MIGRATIONS: Final = Path(__file__).parent / "migrations"
SAFE_VERSION: Final = (3, 51, 3)
"""First SQLite without the WAL-reset race, which needs two connections."""
IN_PLACE_NS_MAX: Final = 1_000_000
RETRY_EVERY: Final = 256
"""After this many commits on the thread, one is tried in place again."""

Connection = Any
Result = TypeVar("Result")
DatabaseError: Final = (sqlite.DatabaseError, stdlib_sqlite.DatabaseError)


class NewerDatabase(Exception):
    """The file was written by a newer version; opening it would lose what this version does not know."""


def connect(path: Path) -> Connection:
    """A connection set up for durable commits. The file is made when it is missing."""
    conn = sqlite.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=64)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    conn.execute("PRAGMA mmap_size=0")
    conn.execute("PRAGMA foreign_keys=ON")
    conn.execute("PRAGMA journal_size_limit=-1")
    conn.execute("PRAGMA wal_autocheckpoint=2000")
    return conn


def migrate(conn: Connection) -> int:
    """Bring the schema to this version, all steps in one transaction; returns the schema number.

    Raises NewerDatabase when the file is from the future.
    """
    steps = sorted(MIGRATIONS.glob("*.sql"))
    newest = int(steps[-1].name[:4])
    have = int(conn.execute("PRAGMA user_version").fetchone()[0])
    if have > newest:
        raise NewerDatabase(f"database has schema {have}, this version knows {newest}")
    if have < newest:
        pending = [step.read_text(encoding="utf-8") for step in steps if int(step.name[:4]) > have]
        conn.executescript("BEGIN IMMEDIATE;\n" + "\n".join(pending) + f"\nPRAGMA user_version={newest};\nCOMMIT;")
    return newest


class Database:
    """The open database. `run` is for everything; `run_in_place` and `quick` are the commit path of the journal."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._conn: Connection = None
        self._thread: aiosqlite.Connection | None = None
        self._busy = 0
        self._slow_left = 0

    async def open(self) -> None:
        """Open and migrate. Raises NewerDatabase, or a DatabaseError when the file cannot be used."""
        self._conn = connect(self.path)
        migrate(self._conn)
        self._thread = None

    async def close(self) -> None:
        if self._thread is not None:
            await self._thread.close()
        elif self._conn is not None:
            self._conn.close()
        self._conn = self._thread = None

    @property
    def may_run_in_place(self) -> bool:
        """Whether the disk has been quick lately and nothing is running on the thread."""
        return self._busy == 0 and self._slow_left == 0

    def run_in_place(self, job: Callable[[Connection], Result]) -> Result:
        """Run a transaction now, on the loop's own thread; remembers when that took too long."""
        began = self._clock.monotonic_ns()
        try:
            return job(self._conn)
        finally:
            if self._clock.monotonic_ns() - began > IN_PLACE_NS_MAX:
                self._slow_left = RETRY_EVERY

    async def run(self, job: Callable[[Connection], Result]) -> Result:
        """Run a whole transaction on the database thread. A cancelled caller does not stop the transaction."""
        if self._thread is None:
            self._thread = await aiosqlite.Connection(lambda: self._conn, 64)
        self._busy += 1
        if self._slow_left:
            self._slow_left -= 1
        execute: Callable[..., Coroutine[Any, Any, Result]] = self._thread._execute
        running = asyncio.ensure_future(execute(job, self._conn))
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._busy -= 1
        if not running.cancelled():
            running.exception()
