"""A network between a client and its broker that does what networks do: a proxy that can be told to fail.

    async with Chaos(("127.0.0.1", broker_port), seed=7) as net:
        line = Line(brokers=(("127.0.0.1", net.port),), ...)
        net.pull()            the cable: connections cut, new ones refused; `plug` ends it
        net.cut()             connections cut once, new ones welcome
        net.freeze()          half-open: connections stay, nothing comes through; new ones hang; `thaw` lets it flow
        net.lose()            the same, and what is sent meanwhile is gone; `thaw` does not bring it back
        net.trickle(40)       bytes a second, each way; `trickle(0)` ends it
        net.doubles = 0.2     share of letters that come twice (plain MQTT only)
        net.swaps = 0.2       share of letters that come after the next packet (plain MQTT only)

Letters are MQTT's PUBLISH packets; everything else passes as it is. `net.doubled` and `net.swapped` count.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

PUBLISH: Final = 3
HELD_S: Final = 0.05
"""A letter that waits for the next packet waits no longer than that."""


class Chaos:
    def __init__(self, target: tuple[str, int], seed: int = 0) -> None:
        self._target = target
        self._rng = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._met = asyncio.Event()
        self._losing = False
        self._pulled = False
        self._rate = 0.0
        self.doubles = 0.0
        self.swaps = 0.0
        self.doubled = 0
        self.swapped = 0
        self.connections = 0
        """How many were made since the start."""

    async def __aenter__(self) -> Chaos:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        self.pull()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    # --- what happens to the network

    def pull(self) -> None:
        self._pulled = True
        self.cut()

    def plug(self) -> None:
        self._pulled = False

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        self._flows.clear()

    def lose(self) -> None:
        self._losing = True
        self._flows.clear()

    def thaw(self) -> None:
        self._losing = False
        self._flows.set()

    def trickle(self, bytes_s: float) -> None:
        self._rate = bytes_s

    async def met(self, connections: int) -> None:
        """Wait until so many connections were made since the start."""
        while self.connections < connections:
            self._met.clear()
            await self._met.wait()

    # --- one connection

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._pulled:
            writer.transport.abort()
            return
        self.connections += 1
        self._met.set()
        self._writers.add(writer)
        with suppress(OSError, asyncio.CancelledError):
            await self._carry(reader, writer)
        self._writers.discard(writer)
        writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers.add(far_writer)
        try:
            pumps = {self._pump(reader, far_writer), self._pump(far_reader, writer)}
            tasks = [asyncio.get_running_loop().create_task(pump, name="chaos pump") for pump in pumps]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: list[bytes] = []
        timer: asyncio.TimerHandle | None = None

        def release() -> None:
            while held and not writer.transport.is_closing():
                writer.write(held.pop(0))

        try:
            async for piece in self._pieces(reader):
                await self._passes()
                if self._losing:
                    continue
                letter = piece[0] >> 4 == PUBLISH
                if letter and self._rng.random() < self.swaps and not held:
                    held.append(piece)
                    self.swapped += 1
                    timer = asyncio.get_running_loop().call_later(HELD_S, release)
                    continue
                await self._write(writer, piece)
                if letter and self._rng.random() < self.doubles:
                    self.doubled += 1
                    await self._write(writer, piece)
                release()
        finally:
            if timer is not None:
                timer.cancel()

    async def _passes(self) -> None:
        """Wait while nothing flows; a network that loses takes what comes."""
        if not self._losing:
            await self._flows.wait()

    async def _write(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        while self._rate and piece and not writer.transport.is_closing():
            writer.write(piece[:1])
            piece = piece[1:]
            with suppress(TimeoutError):
                async with asyncio.timeout(1 / self._rate):
                    await asyncio.Event().wait()
        if not writer.transport.is_closing():
            writer.write(piece)
            await writer.drain()

    async def _pieces(self, reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
        """Whole MQTT packets where letters are to be told apart, else bytes as they come."""
        while True:
            if not (self.doubles or self.swaps):
                piece = await reader.read(65_536)
                if not piece:
                    return
                yield piece
                continue
            with suppress(asyncio.IncompleteReadError):
                yield await _packet(reader)
                continue
            return


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """Fixed header: a byte of kind, then the length in groups of seven bits (MQTT 5, 2.1)."""
    head = await reader.readexactly(1)
    length = shift = 0
    while True:
        digit = await reader.readexactly(1)
        head += digit
        length |= (digit[0] & 127) << shift
        shift += 7
        if not digit[0] & 128:
            return head + await reader.readexactly(length)
