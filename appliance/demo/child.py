"""One child process kept alive as systemd would; hides starting, logging, restarting and ending it.

A child that ends is started again at once, with growing pauses when it ends again and again right after its start.
It has a session of its own, so that Ctrl-C in the terminal reaches the demo alone, which then ends everything in
order. When the demo itself is killed, the kernel ends its children (PR_SET_PDEATHSIG through setpriv).
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from appliance.clock import Clock
from appliance.demo.fault import DemoFailed

PAUSE_MS: Final = 100
PAUSE_MS_MAX: Final = 5_000
STEADY_NS: Final = 3_000_000_000
"""A child that ran this long did not crash at its start: the next pause is the shortest again."""
ENDING_S: Final = 5.0
LOG_BYTES_MAX: Final = 5_000_000
FAILED_STARTS: Final = 3
READY: Final = b"ready"


class ChildState(msgspec.Struct, frozen=True):
    """How a child is, for the bench."""

    name: str
    pid: int | None
    """None: not running now."""
    ready: bool
    """It serves; for a child that does not say so: it runs."""
    started_at: datetime | None
    """Wall clock of the last start."""
    restarts: int
    """Starts after the first one."""


class Child:
    """A command, its log and its life. `supervised` runs it."""

    def __init__(
        self, name: str, argv: Sequence[str], log: Path, clock: Clock, *, env: Mapping[str, str], says_ready: bool
    ) -> None:
        """`env` is added to our own environment. `says_ready`: the command prints a line `ready` when it serves."""
        self.name = name
        self._argv = (*ended_with_us(), *argv)
        self._log = log
        self._clock = clock
        self._env = dict(env)
        self._says_ready = says_ready
        self._process: asyncio.subprocess.Process | None = None
        self._starts = 0
        self._quick_ends = 0
        self._started_at: datetime | None = None
        self._ready = asyncio.Event()
        self._was_ready = False
        self._hopeless = asyncio.Event()

    @property
    def state(self) -> ChildState:
        pid = self._process.pid if self._process is not None else None
        return ChildState(self.name, pid, self._ready.is_set(), self._started_at, max(0, self._starts - 1))

    def kill(self) -> bool:
        """Pull its plug: SIGKILL. False when it is not running just now."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._ready.clear()
        _signal_all(self._process.pid, signal.SIGKILL)
        return True

    async def ready(self, timeout_s: float) -> None:
        """Wait until it serves. DemoFailed, with the end of its log, when it does not come up."""
        async with asyncio.TaskGroup() as group:
            waits = {group.create_task(event.wait(), name=self.name) for event in (self._ready, self._hopeless)}
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        if not self._ready.is_set():
            raise DemoFailed(f"the {self.name} does not start; the end of {self._log}:\n{self._log_end()}")

    async def run(self) -> None:
        """Keep it running until cancelled; then end it: SIGTERM, and SIGKILL after five seconds."""
        try:
            while True:
                started_ns = self._clock.monotonic_ns()
                await self._run_once()
                steady = self._clock.monotonic_ns() - started_ns > STEADY_NS
                self._quick_ends = 0 if steady else self._quick_ends + 1
                if self._quick_ends >= FAILED_STARTS and not self._was_ready:
                    self._hopeless.set()
                pause_ms = min(PAUSE_MS_MAX, PAUSE_MS << max(0, self._quick_ends - 2))
                await asyncio.sleep(pause_ms / 1_000)
        finally:
            await self._end()

    async def _run_once(self) -> None:
        with self._log.open("ab") as log:
            process = self._process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self._says_ready else log,
                stderr=log,
                env=os.environ | self._env,
                start_new_session=True,
            )
            self._starts += 1
            self._started_at = self._clock.now()
            if process.stdout is None:
                self._serves()
            else:
                await self._listen(process.stdout, log)
            status = await process.wait()
            log.write(f"-- {self.name} ended with status {status}\n".encode())
        self._ready.clear()
        self._process = None

    async def _listen(self, output: asyncio.StreamReader, log: BinaryIO) -> None:
        while line := await output.readline():
            log.write(line)
            log.flush()
            if line.strip() == READY:
                self._serves()

    def _serves(self) -> None:
        self._was_ready = True
        self._ready.set()

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            _signal_all(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(ENDING_S):
                await process.wait()  # also waits for everybody who holds its output
        except TimeoutError:
            _signal_all(process.pid, signal.SIGKILL)
            await process.wait()
        if process.stdout is not None:
            with self._log.open("ab") as log:
                log.write(await process.stdout.read())
        self._process = None

    def _log_end(self) -> str:
        with self._log.open(encoding="utf-8", errors="replace") as lines:
            return "".join(deque(lines, maxlen=15)).rstrip()


@asynccontextmanager
async def supervised(child: Child) -> AsyncIterator[Child]:
    """The child lives as long as the block."""
    child_log = child._log
    if child_log.exists() and child_log.stat().st_size > LOG_BYTES_MAX:
        child_log.replace(child_log.with_suffix(".log.1"))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(child.run(), name=f"child {child.name}")
        try:
            yield child
        finally:
            task.cancel()


def _signal_all(leader: int, number: signal.Signals) -> None:
    """Signal a child and all it started: they are a process group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def ended_with_us() -> tuple[str, ...]:
    """The command before a command, so that it dies with us even when we are killed; empty where setpriv is missing."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
