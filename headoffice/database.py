"""Head office's database: SQLite or PostgreSQL by one URL; hides the dialects, the drivers and their errors.

    sqlite:PATH                         one file, WAL, synchronous=FULL: for one machine
    postgresql://USER@HOST/DATABASE     several workers, several machines

SQL is written once, with `$1`, `$2` for values. `Transaction` is the whole interface: a block that ends commits, one
that raises leaves nothing. SQLite runs in place, on the loop's own thread: its transactions are short, and whoever
waits has nothing to do before they are done; PostgreSQL runs over a few connections, with row locks where `lock=True`.
"""

from __future__ import annotations

import asyncio
import os
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

try:
    import pysqlite3.dbapi2 as sqlite
except ImportError:  # no wheel for this machine
    import sqlite3 as sqlite

SCHEMA: Final = Path(__file__).parent / "schema"
BUSY_MS: Final = 10_000
"""How long SQLite waits for another process that is writing."""
WAL_PAGES: Final = 4_000
WAL_BYTES: Final = 32 + WAL_PAGES * (24 + 4096)
CONNECTIONS: Final = 4
ANSWER_S: Final = 30.0
"""How long PostgreSQL may take for one statement."""
MIGRATING: Final = 7_203_115
"""Number of PostgreSQL's advisory lock: two workers that start together take turns."""
COPY_MIN: Final = 8
"""From so many rows on PostgreSQL is given them by COPY."""

Row = Sequence[Any]


class DatabaseTrouble(Exception):
    """The database cannot be reached, is full, or ended the transaction: nothing was written, try again later."""


class BadRow(Exception):
    """The database does not take this value or this row: trying again will not help."""


class NewerSchema(Exception):
    """The database was written by a newer version."""


class Transaction(ABC):
    """What can be asked within a transaction. Everything raises DatabaseTrouble, writing also BadRow."""

    is_postgresql = False

    @abstractmethod
    async def run(self, sql: str, *values: Any) -> int:
        """How many rows it concerned."""

    @abstractmethod
    async def rows(self, sql: str, *values: Any, lock: bool = False) -> list[Row]:
        """`lock`: nobody else changes them before this transaction ends."""

    @abstractmethod
    async def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Whole rows, in the order of the table's columns."""

    @abstractmethod
    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """The same statement for each."""

    @abstractmethod
    def part(self) -> AbstractAsyncContextManager[None]:
        """A block within the transaction that can fail alone."""

    async def row(self, sql: str, *values: Any, lock: bool = False) -> Row | None:
        found = await self.rows(sql, *values, lock=lock)
        return found[0] if found else None

    async def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row; None for no row."""
        found = await self.rows(sql, *values)
        return found[0][0] if found else None

    async def count(self, name: str, by: int = 1) -> int:
        """The next number of a counter, the last one of `by`. Whoever counts on it commits in its order."""
        return int(await self.value("UPDATE counter SET value = value + $1 WHERE name = $2 RETURNING value", by, name))


class Database(ABC):
    """An open database."""

    url: str

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that may write. Raises DatabaseTrouble."""

    @abstractmethod
    async def close(self) -> None: ...

    async def make_room(self) -> None:  # noqa: B027
        """For a process that stays: whatever makes later commits cheaper."""


async def open_database(url: str) -> Database:
    """Open and bring to this version's schema. Raises DatabaseTrouble, NewerSchema, and ValueError for another URL."""
    database: Database
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:").removeprefix("//"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with _sqlite_told():
            database = _SqliteDatabase(url, _connect_sqlite(path))
    elif url.startswith(("postgresql:", "postgres:")):
        database = await _PostgresDatabase.open(url)
    else:
        raise ValueError(f"{url}: neither sqlite: nor postgresql:")
    try:
        await _migrate(database)
    except BaseException:
        await database.close()
        raise
    return database


async def _migrate(database: Database) -> None:
    steps = sorted(SCHEMA.glob("*.sql"))
    newest = int(steps[-1].name[:4])
    async with database.transaction() as tx:
        if tx.is_postgresql:
            await tx.run("SELECT pg_advisory_xact_lock($1)", MIGRATING)
        await tx.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)")
        have = int(await tx.value("SELECT COALESCE(MAX(version), 0) FROM schema_version"))
        if have > newest:
            raise NewerSchema(f"the database has schema {have}, this version knows {newest}")
        for step in steps:
            if int(step.name[:4]) > have:
                for statement in statements(step.read_text(encoding="utf-8"), tx.is_postgresql):
                    await tx.run(statement)
                await tx.run("INSERT INTO schema_version VALUES ($1)", int(step.name[:4]))


def statements(script: str, for_postgresql: bool) -> Iterator[str]:
    """The statements of a schema file in a dialect's own words."""
    script = re.sub(r"--[^\n]*", "", script)
    if for_postgresql:
        script = re.sub(r"\bINTEGER\b", "BIGINT", script)
        script = re.sub(r"\bBLOB\b", "BYTEA", script)
        script = re.sub(r"\) STRICT(, WITHOUT ROWID)?", ")", script)
    for statement in script.split(";"):
        if statement.strip():
            yield statement.strip()


# --- SQLite -----------------------------------------------------------------------------------------------------------


@contextmanager
def _sqlite_told() -> Iterator[None]:
    """The driver's errors in our own words."""
    try:
        yield
    except (sqlite.IntegrityError, sqlite.DataError, OverflowError) as error:
        raise BadRow(str(error)) from error
    except sqlite.Error as error:
        raise DatabaseTrouble(str(error)) from error


def _lengthen(log_path: Path) -> None:
    with log_path.open("r+b") as log_file:
        size = log_file.seek(0, os.SEEK_END)
        log_file.write(bytes(WAL_BYTES - size))
        log_file.flush()
        os.fsync(log_file.fileno())


def _connect_sqlite(path: Path) -> Any:
    """Durable commits; several processes may have the file open (SQLite >= 3.51.3)."""
    conn = sqlite.connect(str(path), isolation_level=None, cached_statements=256)
    conn.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    conn.execute("PRAGMA foreign_keys=ON")
    conn.execute("PRAGMA cache_size=-32000")
    conn.execute("PRAGMA temp_store=MEMORY")
    conn.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    return conn


@cache
def _numbered(sql: str) -> str:
    return re.sub(r"\$(\d+)", r"?\1", sql)


class _SqliteTransaction(Transaction):
    def __init__(self, conn: Any) -> None:
        self._conn = conn

    async def run(self, sql: str, *values: Any) -> int:
        with _sqlite_told():
            return int(self._conn.execute(_numbered(sql), values).rowcount)

    async def rows(self, sql: str, *values: Any, lock: bool = False) -> list[Row]:
        with _sqlite_told():
            found: list[Row] = self._conn.execute(_numbered(sql), values).fetchall()
            return found

    async def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            with _sqlite_told():
                self._conn.executemany(_insert(table, len(rows[0])), rows)

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with _sqlite_told():
            self._conn.executemany(_numbered(sql), rows)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        await self.run("SAVEPOINT part")
        try:
            yield
        except BaseException:
            await self.run("ROLLBACK TO part")
            await self.run("RELEASE part")
            raise
        await self.run("RELEASE part")


@cache
def _insert(table: str, columns: int) -> str:
    return f"INSERT INTO {table} VALUES ({','.join('?' * columns)})"


class _SqliteDatabase(Database):
    def __init__(self, url: str, conn: Any) -> None:
        self.url = url
        self._conn = conn
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self._turn:
            with _sqlite_told():
                self._conn.execute("BEGIN IMMEDIATE")
            try:
                yield _SqliteTransaction(self._conn)
                with _sqlite_told():
                    self._conn.execute("COMMIT")
            except BaseException:
                if self._conn.in_transaction:
                    with _sqlite_told():
                        self._conn.execute("ROLLBACK")
                raise

    async def close(self) -> None:
        async with self._turn:
            self._conn.close()

    async def make_room(self) -> None:
        """Give the log its full size: a commit into a file that does not grow needs no new blocks.

        Zero bytes after the last frame, which SQLite takes for the end (docs/adr/0004-preallocated-wal.md). Written
        under the write lock: another process may be about to append there.
        """
        async with self.transaction():
            log_path = Path(str(self._conn.execute("PRAGMA database_list").fetchone()[2]) + "-wal")
            if log_path.exists() and log_path.stat().st_size < WAL_BYTES:
                _lengthen(log_path)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@contextmanager
def _postgres_told() -> Iterator[None]:
    import asyncpg

    try:
        yield
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        raise BadRow(str(error)) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError) as error:
        raise DatabaseTrouble(f"{type(error).__name__}: {error}") from error


class _PostgresTransaction(Transaction):
    is_postgresql = True

    def __init__(self, conn: Any) -> None:
        self._conn = conn

    async def run(self, sql: str, *values: Any) -> int:
        with _postgres_told():
            told: str = await self._conn.execute(sql, *values)
        count = told.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def rows(self, sql: str, *values: Any, lock: bool = False) -> list[Row]:
        with _postgres_told():
            found: list[Row] = await self._conn.fetch(f"{sql} FOR UPDATE" if lock else sql, *values)
            return found

    async def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        if not rows:
            return
        with _postgres_told():
            if len(rows) >= COPY_MIN:
                await self._conn.copy_records_to_table(table, records=rows)
            else:
                places = ",".join(f"${number}" for number in range(1, len(rows[0]) + 1))
                await self._conn.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    async def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with _postgres_told():
            await self._conn.executemany(sql, rows)

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        with _postgres_told():
            async with self._conn.transaction():
                yield


class _PostgresDatabase(Database):
    def __init__(self, url: str, pool: Any) -> None:
        self.url = url
        self._pool = pool

    @classmethod
    async def open(cls, url: str) -> _PostgresDatabase:
        import asyncpg

        with _postgres_told():
            pool = await asyncpg.create_pool(url, min_size=1, max_size=CONNECTIONS, command_timeout=ANSWER_S)
        return cls(url, pool)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        with _postgres_told():
            conn = await self._pool.acquire()
        try:
            begun = conn.transaction()
            with _postgres_told():
                await begun.start()
            try:
                yield _PostgresTransaction(conn)
            except BaseException:
                with _postgres_told():
                    await begun.rollback()
                raise
            with _postgres_told():
                await begun.commit()
        finally:
            with _postgres_told():
                await self._pool.release(conn)

    async def close(self) -> None:
        await self._pool.close()


def values_of(rows: Iterable[Row]) -> list[Any]:
    """The first column."""
    return [row[0] for row in rows]
