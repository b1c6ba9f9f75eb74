"""Head office's change feed, page by page: asked for, never pushed; applied with its cursor in one transaction.

What is asked for, and when, is here; what a page means is the till's. A page that does not come is asked for again, one
that comes twice or late is passed over, and after a lost connection it goes on where the disk says.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from appliance.protocol import feed, wire
from appliance.sync.connection import LinkLost

ANSWER_S: Final = 4.0
JITTER_S: Final = 3.0
"""Tills that are told of something new do not all ask at once."""
RETRY_S: Final = 1.0
RETRY_S_MAX: Final = 15.0
"""Pauses after a page that did not come: each is twice as long as the one before."""

log = logging.getLogger(__name__)


class Mirror(Protocol):
    """Where pages go."""

    async def feeds(self) -> dict[str, int]:
        """How far each table is applied, as the disk says."""
        ...

    async def apply(self, page: wire.FeedPage) -> None:
        """Apply a page and move its cursor, in one transaction, between two tickets."""
        ...

    async def complete(self, table: str) -> None:
        """A table is as new as head office's."""
        ...


class Downlink:
    def __init__(
        self, mirror: Mirror, send_rpc: Callable[[wire.Message], Awaitable[bool]], rng: random.Random | None = None,
        jitter_s: float = JITTER_S,
    ) -> None:  # fmt: skip
        self._mirror = mirror
        self._send = send_rpc
        self._rng = rng or random.Random()
        self._jitter_s = jitter_s
        self._wake = asyncio.Event()
        self._question = ""
        self._answer: asyncio.Future[wire.FeedPage | wire.Busy] | None = None
        self.heads: dict[str, int] = {}
        """Newest `rev` of each table at head office, as it was told last."""

    def moved(self, heads: dict[str, int]) -> None:
        """Head office's tables go that far now."""
        known = {table: head for table, head in heads.items() if table in feed.ROWS}
        if any(head > self.heads.get(table, 0) for table, head in known.items()):
            self.heads |= {table: max(head, self.heads.get(table, 0)) for table, head in known.items()}
            self._wake.set()

    def answered(self, message: wire.FeedPage | wire.Busy) -> None:
        """A page came, or word that there is none now."""
        if self._answer is not None and not self._answer.done() and message.id == self._question:
            self._answer.set_result(message)

    async def resync(self) -> None:
        """Ask for what may be new, at once."""
        self._wake.set()

    async def run(self) -> None:
        """Ask while there is something to ask for, as long as the connection holds."""
        is_first, pause_s = True, RETRY_S
        while True:
            self._wake.clear()
            if not is_first:
                await asyncio.sleep(self._rng.uniform(0, self._jitter_s))
            is_first = False
            if not await self._catch_up():
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, RETRY_S_MAX)
                continue
            pause_s = RETRY_S
            await self._wake.wait()

    async def _catch_up(self) -> bool:
        """Every table up to its head; False when head office did not answer."""
        cursors = await self._mirror.feeds()
        for table in feed.ROWS:
            since = cursors.get(table, 0)
            if since >= self.heads.get(table, 0):
                continue
            while since < self.heads.get(table, 0):
                page = await self._ask(table, since)
                if page is None:
                    return False
                await self._mirror.apply(page)
                self.heads[table] = max(page.head, self.heads.get(table, 0))
                if page.next <= since:  # no more than that, whatever the head says
                    self.heads[table] = since
                since = max(since, page.next)
            await self._mirror.complete(table)
        return True

    async def _ask(self, table: str, since: int) -> wire.FeedPage | None:
        self._question = secrets.token_hex(8)
        self._answer = asyncio.get_running_loop().create_future()
        try:
            if not await self._send(wire.FeedAsk(self._question, table, since)):
                raise LinkLost("no link")
            async with asyncio.timeout(ANSWER_S):
                answer = await self._answer
        except TimeoutError:
            log.info("no page of %s after %d", table, since)
            return None
        finally:
            self._answer = None
        if isinstance(answer, wire.Busy) or answer.table != table or answer.since != since:
            return None
        return answer
