"""A PostgreSQL of ours: in a folder, on a socket in it, nobody else's; for the tests and the bench, which kill it.

Root runs it as Debian's `postgres`, who must be allowed to pass to the folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Final, Literal

ANSWER_S: Final = 60


class NoPostgresql(RuntimeError):
    """PostgreSQL is not installed, or did not do as it was told."""


def find() -> Path:
    """The folder of its programs. Raises NoPostgresql."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise NoPostgresql("PostgreSQL is not installed (requirements/apt.txt)")
    return found[-1].parent


class Cluster:
    """Runs while the block lasts. Raises NoPostgresql."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._programs = folder, find()
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def __enter__(self) -> Cluster:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._as:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("initdb", "-D", self._place, "-A", "trust", "-U", "office", "--no-sync", "--locale=C.UTF-8")
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop("immediate")

    @property
    def _place(self) -> str:
        return str(self._folder / "data")

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} -c max_connections=60"
        self._run("pg_ctl", "-D", self._place, "-w", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """`immediate`: as when the power goes."""
        self._run("pg_ctl", "-D", self._place, "-w", "-m", mode, "stop")

    def new_url(self) -> str:
        """A database of its own."""
        name = f"office_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", str(self._folder), "-U", "office", name)
        return f"postgresql://office@/{name}?host={self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        """What it starts keeps no pipe of ours."""
        done = subprocess.run(
            [*self._as, str(self._programs / program), *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=ANSWER_S, check=False,
        )  # fmt: skip
        if done.returncode:
            raise NoPostgresql(f"{program} ended with {done.returncode}")
