"""The link to a broker, kept up for ever. Tills and head office use the same one.

`Session.run(serve)` connects, subscribes, and runs `serve` for as long as the connection holds. When it is lost, all
that belongs to it is cancelled at once and another one is made after a pause (full jitter: 0.5 s doubling to 60 s).
What was under way is the caller's to send again: only head office's `Ack` says that something arrived.

A link that is up and carries nothing (a frozen peer, a lost route, a byte a second) is found by a heartbeat of its own:
a question that the broker itself answers, asked every `heartbeat_s`, torn down after `answer_s` without an answer.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from appliance.sync.connection import MAX_PAYLOAD, Arrived, Connection, Letter, Line, LinkLost, Tls, connected

__all__ = ["MAX_PAYLOAD", "Arrived", "Connection", "Letter", "Line", "LinkLost", "Session", "Tls"]

log = logging.getLogger(__name__)

HELD_S: Final = 5.0
"""A connection that lived so long ends the row of failures that the pauses grow with."""


class Session:
    """The link of one name. `topics` are subscribed at each connection; `will` makes the letter that says we are gone,
    anew for each connection: the broker publishes it when we are lost, we publish it ourselves when we leave."""

    def __init__(
        self,
        line: Line,
        topics: tuple[str, ...],
        *,
        will: Callable[[], Letter] | None = None,
        watch: Callable[[bool, str], None] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._line = line
        self._topics = topics
        self._will = will
        self._watch = watch
        self._rng = rng or random.Random()
        self._hurry = asyncio.Event()
        self._turn = 0
        """Which of the brokers: the next one after each that did not answer."""
        self.linked = False
        self.fault = ""
        """Why there is no link; "" while there is one."""

    async def run(self, serve: Callable[[Connection], Awaitable[object]]) -> None:
        """Run `serve` over one connection after the other, until it returns or is cancelled.

        `serve` is cancelled when its connection is lost. What it raises itself, other than LinkLost, ends the session
        (in an ExceptionGroup). The watch is told (True, "") and (False, reason) at each change.
        """
        failures = 0
        try:
            while True:
                async with asyncio.TaskGroup() as group:
                    # A task of its own: a group that is ending already forgets that its task was cancelled, until 3.13.
                    holding = group.create_task(self._hold(serve), name="wire connection")
                held = holding.result()
                if held is None:
                    return
                failures = 1 if held > HELD_S else failures + 1
                await self._pause(failures)
        finally:
            self._changed(False, "ended")

    async def _hold(self, serve: Callable[[Connection], Awaitable[object]]) -> float | None:
        """One connection: how many seconds it held, or None when `serve` returned."""
        self._hurry.clear()
        loop, began = asyncio.get_running_loop(), math.inf
        broker = self._line.brokers[self._turn % len(self._line.brokers)]
        will = self._will() if self._will is not None else None
        try:
            async with connected(self._line, broker, self._topics, will) as connection, asyncio.TaskGroup() as group:
                began = loop.time()
                self._changed(True, "")
                receiving = group.create_task(connection.receive(), name="wire receive")
                beating = group.create_task(connection.beat(self._topics[0]), name="wire heartbeat")
                await serve(connection)
                receiving.cancel()
                beating.cancel()
            return None
        except* LinkLost as lost:
            self._changed(False, _reason(lost))
        if began == math.inf:
            self._turn += 1
        return max(0.0, loop.time() - began)

    def hurry(self) -> None:
        """Do not wait for the end of the pause: somebody asks for it, or the network is back."""
        self._hurry.set()

    async def _pause(self, failures: int) -> None:
        longest = min(self._line.pause_max_s, self._line.pause_min_s * 2 ** min(failures - 1, 20))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._rng.uniform(0, longest)):
                await self._hurry.wait()

    def _changed(self, linked: bool, fault: str) -> None:
        if linked != self.linked:
            log.info("wire %s", "linked" if linked else f"lost: {fault}")
        elif fault != self.fault:
            log.info("wire not linked: %s", fault)
        told = linked != self.linked or fault != self.fault
        self.linked, self.fault = linked, fault
        if told and self._watch is not None:
            self._watch(linked, fault)


def _reason(lost: BaseException) -> str:
    while isinstance(lost, BaseExceptionGroup):
        lost = lost.exceptions[0]
    return str(lost)
