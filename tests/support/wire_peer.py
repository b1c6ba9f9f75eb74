"""One end of the wire in a test: connected while the block lasts, and nothing that arrives is missed.

async with linked(line, topics) as peer:
    await peer.publish(Letter("fournil/t/caisse-1/state", b"..."))
    letter = await peer.next()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from appliance.sync.session import Arrived, Connection, Letter, Line, Session

ARRIVES_S = 5.0


class Peer:
    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.connections = 0
        self.changed = asyncio.Event()
        self._ended = asyncio.Event()
        self.session: Session

    async def serve(self, connection: Connection) -> None:
        self.connection = connection
        self.connections += 1
        self.changed.set()
        try:
            await self._ended.wait()
        finally:
            self.connection = None
            self.changed.set()

    def end(self) -> None:
        self._ended.set()

    async def until(self, there: bool, connections: int = 0) -> None:
        """Wait until it is linked, or not any more; or linked for the n-th time."""
        async with asyncio.timeout(3 * ARRIVES_S):
            while (self.connection is not None) is not there or self.connections < connections:
                self.changed.clear()
                await self.changed.wait()

    async def publish(self, letter: Letter) -> None:
        assert self.connection is not None
        await self.connection.publish(letter)

    async def next(self) -> Arrived:
        """What arrives next."""
        assert self.connection is not None
        async with asyncio.timeout(ARRIVES_S):
            async for arrived in self.connection.messages():
                return arrived
        raise AssertionError("never")

    async def upto(self, payload: bytes) -> list[Arrived]:
        """What arrives before a letter with that payload, and that one."""
        found: list[Arrived] = []
        while not found or found[-1].payload != payload:
            found.append(await self.next())
        return found


@asynccontextmanager
async def linked(
    line: Line, topics: tuple[str, ...], *, will: Callable[[], Letter] | None = None, wait: bool = True
) -> AsyncIterator[Peer]:
    """A peer; `wait`: it is connected."""
    peer = Peer()
    peer.session = Session(line, topics, will=will)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(peer.session.run(peer.serve), name=f"peer {line.name}")
        try:
            if wait:
                await peer.until(True)
            yield peer
        finally:
            peer.end()
            if peer.connection is None:
                running.cancel()
