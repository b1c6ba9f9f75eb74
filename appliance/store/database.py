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
import os
import sqlite3 as stdlib_sqlite
from collections.abc import Callable, Coroutine
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

try:
    import pysqlite3.dbapi2 as sqlite
except ImportError:  # no wheel for this machine: the standard library serves, with one single connection
    sqlite = stdlib_sqlite

from appliance.clock import Clock

if TYPE_CHECKING:
    import aiosqlite

MIGRATIONS: Final = Path(__file__).parent / "migrations"
MOVEMENTS: Final = "0006_wallet_entry.sql"
"""A till that has a journal already takes its movements from there."""
SAFE_VERSION: Final = (3, 51, 3)
"""First SQLite without the WAL-reset race, which needs two connections."""
IN_PLACE_NS_MAX: Final = 1_000_000
"""A disk that usually takes longer than this for a commit is left to the thread."""
STEP_NS: Final = 50_000
STALL_NS: Final = 50_000_000
"""A commit this long keeps a screen waiting: three of them are enough to leave the rest to the thread."""
RETRY_EVERY: Final = 256
"""After this many commits on the thread, one is tried in place again."""
WAL_PAGES: Final = 2_000
"""A commit that finds this many pages in the log brings them home itself; an idle till does it long before."""
WAL_CHUNK: Final = 256 * 1024
"""How much of the log is written ahead at a time: a sale never waits for more than this."""
BLOCK: Final = 4096
WAL_ROOM_MIN: Final = 64 * 1024 * 1024
"""With less room than this on the disk nothing is written ahead."""

Connection = Any
Result = TypeVar("Result")
DatabaseError: Final = (sqlite.DatabaseError, stdlib_sqlite.DatabaseError)


class NewerDatabase(Exception):
    """The file was written by a newer version; opening it would lose what this version does not know."""


def is_damaged(error: Exception) -> bool:
    """Whether the file itself is broken (SQLITE_CORRUPT, SQLITE_NOTADB): trying again will not help."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (11, 26)


class OldSqlite(Exception):
    """This SQLite can lose commits when a second connection has the file open (the WAL-reset race)."""


def connect(path: Path) -> Connection:
    """A connection set up for durable commits. The file is made when it is missing. Raises a DatabaseError."""
    conn = sqlite.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=64)
    try:
        conn.execute("PRAGMA journal_mode=WAL")
    except UnicodeDecodeError as error:  # what SQLite says of a damaged schema holds its bytes
        conn.close()
        damaged = sqlite.DatabaseError("malformed database schema")
        damaged.sqlite_errorcode = 11
        raise damaged from error
    conn.execute("PRAGMA synchronous=FULL")
    conn.execute("PRAGMA mmap_size=0")
    conn.execute("PRAGMA foreign_keys=ON")
    conn.execute("PRAGMA secure_delete=ON")  # a name that is erased is gone from the file (docs/customers.md)
    conn.execute("PRAGMA temp_store=MEMORY")
    conn.execute("PRAGMA journal_size_limit=-1")
    conn.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    return conn


def connect_reader(path: Path) -> Connection:
    """A second connection that only reads, beside a running daemon or without one.

    Raises FileNotFoundError, a DatabaseError when the file is none, NewerDatabase, and OldSqlite when somebody may have
    the file open and this SQLite is not safe with two connections.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    if sqlite.sqlite_version_info < SAFE_VERSION and Path(f"{path}-shm").exists():
        raise OldSqlite(f"SQLite {sqlite.sqlite_version} is older than {'.'.join(map(str, SAFE_VERSION))}")
    conn = sqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        have = int(conn.execute("PRAGMA user_version").fetchone()[0])
        newest = max(int(step.name[:4]) for step in MIGRATIONS.glob("*.sql"))
        if have > newest:
            raise NewerDatabase(f"database has schema {have}, this version knows {newest}")
    except BaseException:
        conn.close()
        raise
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
        pending = [step for step in steps if int(step.name[:4]) > have]
        try:
            conn.executescript("BEGIN IMMEDIATE;\n" + "\n".join(step.read_text(encoding="utf-8") for step in pending))
            if have and any(step.name == MOVEMENTS for step in pending):
                from appliance.store.wallet_proof import fill

                fill(conn)
            conn.execute(f"PRAGMA user_version={newest}")
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
    return newest


class Database:
    """The open database. `run` is for everything; `run_in_place` is the commit path of the journal on a quick disk."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._conn: Connection = None
        self._thread: aiosqlite.Connection | None = None
        self._starting = asyncio.Lock()
        self._opened = asyncio.Event()
        self._running: set[asyncio.Future[Any]] = set()
        self._slow_left = 0
        self._usual_ns = 0
        self._rewriting = False
        """A long job runs on the thread: whoever asks now reads beside it."""

    async def open(self) -> None:
        """Open and migrate. Raises NewerDatabase, or a DatabaseError when the file cannot be used."""
        conn = connect(self.path)
        try:
            migrate(conn)
        except BaseException:
            conn.close()
            raise
        self._conn = conn
        self._opened.set()

    async def close(self) -> None:
        """Close when what was asked is done. Whoever asks meanwhile waits until it is open again."""
        thread, conn = self._thread, self._conn
        self._thread = self._conn = None
        self._opened.clear()
        if self._running:
            await asyncio.wait(self._running)
        if thread is not None:
            await thread.close()
        elif conn is not None:
            conn.close()

    @property
    def may_run_in_place(self) -> bool:
        """Whether the disk has been quick lately and nothing is running on the thread."""
        return not self._running and self._slow_left == 0 and self._conn is not None

    def ask(self, job: Callable[[Connection], Result]) -> Result:
        """Run something now, however long it takes.

        While the database is opened again, and during `rewrite`, it reads what is on the disk through a connection of
        its own. Raises FileNotFoundError, OldSqlite or a DatabaseError when that cannot be.
        """
        if self._conn is None or (self._rewriting and sqlite.sqlite_version_info >= SAFE_VERSION):
            with closing(connect_reader(self.path)) as beside:
                return job(beside)
        return job(self._conn)

    async def rewrite(self, job: Callable[[Connection], Result]) -> Result:
        """Run a long transaction on the thread; `ask` is answered meanwhile as if it had not begun."""
        self._rewriting = True
        try:
            return await self.run(job)
        finally:
            self._rewriting = False

    def run_in_place(self, job: Callable[[Connection], Result]) -> Result:
        """Run a commit now, on the loop's own thread; a disk that is usually too slow for this is remembered."""
        began = self._clock.monotonic_ns()
        try:
            return job(self._conn)
        finally:
            took_ns = self._clock.monotonic_ns() - began
            step_ns = IN_PLACE_NS_MAX // 2 if took_ns > STALL_NS else STEP_NS
            slower = took_ns > self._usual_ns
            self._usual_ns = max(0, self._usual_ns + (step_ns if slower else -STEP_NS))  # follows the median
            if self._usual_ns > IN_PLACE_NS_MAX:
                self._slow_left, self._usual_ns = RETRY_EVERY, IN_PLACE_NS_MAX

    async def run(self, job: Callable[[Connection], Result]) -> Result:
        """Run a whole transaction on the database thread. A cancelled caller does not stop the transaction."""
        thread, conn = await self._worker()
        if self._slow_left:
            self._slow_left -= 1
        execute: Callable[..., Coroutine[Any, Any, Result]] = thread._execute
        running = asyncio.ensure_future(execute(job, conn))
        self._running.add(running)
        running.add_done_callback(self._done)
        return await asyncio.shield(running)

    async def _worker(self) -> tuple[aiosqlite.Connection, Connection]:
        """The thread, started at its first use: a till that has just started does without (performance.md, row 13)."""
        while True:
            await self._opened.wait()
            async with self._starting:
                conn = self._conn
                if conn is not None and self._thread is None:
                    import aiosqlite

                    thread = await aiosqlite.Connection(partial(_itself, conn), 64)
                    if conn is not self._conn:  # closed meanwhile
                        await thread.close()
                        continue
                    self._thread = thread
                if self._thread is not None:
                    return self._thread, conn

    # --- the log ------------------------------------------------------------------------------------------------

    async def write_ahead(self) -> None:
        """Give the log its full size before it is needed: a commit into a file that does not grow costs a third less.

        Zero bytes after the last frame; SQLite takes no frame whose salts are not the log's own, so a power cut in the
        middle leaves a log that reads as before (docs/adr/0004-preallocated-wal.md). One short job at a time.
        """
        while await self.run(self._grow_log):
            pass

    def _grow_log(self, conn: Connection) -> bool:
        """One chunk; whether there is more to do. Runs as a job, so no transaction can be writing at the log's end."""
        try:
            space = os.statvfs(self.path.parent)
            log_file = os.open(f"{self.path}-wal", os.O_WRONLY)
        except OSError:
            return False
        try:
            page = int(conn.execute("PRAGMA page_size").fetchone()[0])
            whole = 32 + WAL_PAGES * (24 + page)
            size = os.fstat(log_file).st_size
            if size >= whole or space.f_bavail * space.f_frsize < WAL_ROOM_MIN:
                return False
            end = min(size + WAL_CHUNK, whole)
            for at in range(size - size % BLOCK, end, BLOCK):  # block by block: the kernel then writes them so
                os.pwrite(log_file, bytes(BLOCK - max(0, size - at)), max(at, size))
            os.fsync(log_file)
        except OSError:
            return False
        finally:
            os.close(log_file)
        return size + WAL_CHUNK < whole

    async def bring_home(self) -> None:
        """Move what stands in the log into the database, so that no sale has to. For an idle till."""
        await self.run(_checkpoint)

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()


def _checkpoint(conn: Connection) -> None:
    """Needs no lock that a commit waits for; says nothing when another connection is reading old pages."""
    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _itself(conn: Connection) -> Connection:
    """What aiosqlite calls to connect: the connection is there already."""
    return conn
