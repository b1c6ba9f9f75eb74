"""Head office's database in a test: SQLite in a folder, or PostgreSQL in a cluster of its own; and a shop in it.

async with books(url) as database: ...
await a_shop(database, {"caisse-1": key.public})
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from appliance.protocol.envelope import PublicKey
from headoffice.database import Database, open_database

CHAIN = "fournil"
WHEN = "2026-11-21T07:00:00.000Z"


@asynccontextmanager
async def books(url: str) -> AsyncIterator[Database]:
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def a_shop(database: Database, tills: Mapping[str, PublicKey], float_minor: int = 0) -> None:
    """A chain with one shop, and its tills, enrolled."""
    async with database.transaction() as tx:
        await tx.insert("chain", [(CHAIN, "Au Fournil", "CHF", "CH", "Europe/Zurich")])
        await tx.insert("establishment", [("vevey", "Vevey")])
        await tx.insert("point_of_sale", [("vevey-1", "vevey", "Comptoir")])
        for at, (name, key) in enumerate(tills.items()):
            await tx.insert(
                "till",
                [(name, "vevey-1", name, at, key.hex, "active", "", float_minor, float_minor, WHEN)],
            )


class Cluster:
    """A PostgreSQL of ours: in a folder, on a socket, nobody else's."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder, self._bin = folder, binaries
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def start(self) -> None:
        self._run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            self._options,
            "start",
        )

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    @property
    def _options(self) -> str:
        return f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=40"

    def create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-A", "trust", "-U", "office", "--no-sync", "--locale=C.UTF-8"
        )

    def new_url(self) -> str:
        """A database of its own."""
        name = f"office_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", str(self.folder), "-U", "office", name)
        return f"postgresql://office@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as, str(self._bin / program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd="/", timeout=60, check=False,
        ) if program != "pg_ctl" else subprocess.run(
            [*self._as, str(self._bin / program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/", timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (program, done.stdout)


def postgresql_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def a_cluster(folder: Path, binaries: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder, binaries)
    cluster.create()
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop("immediate")
