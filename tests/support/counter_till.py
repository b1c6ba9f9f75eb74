"""A till's end of the wire in a test: a journal that was really sold, sent up in batches and followed by its cursor.

sender = Sender(entries, key, "caisse-1")
await sender.drain(peer)          # until head office has acknowledged the last entry
"""

from __future__ import annotations

import asyncio
from typing import Any

from appliance.domain.journal import Entry
from appliance.protocol import wire
from appliance.protocol.envelope import Address, PublicKey, SealingKey, opened, sealed
from appliance.protocol.wire import OFFICE, Topics
from appliance.sync.session import Letter
from tests.support.books import CHAIN


class Sender:
    """Sends from a cursor on, goes back on a gap or when it hears nothing."""

    def __init__(self, entries: list[Entry], key: SealingKey, till: str = "caisse-1", office: PublicKey | None = None):
        self.entries, self.key, self.till, self.office = entries, key, till, office
        self.topics = Topics(CHAIN, till)
        self.cursor = 0
        self.replies: list[Any] = []
        self.others: list[Any] = []

    def seal(self, message: Any) -> bytes:
        return sealed(self.key, Address(CHAIN, self.till, OFFICE), message)

    def letters(self, after: int = 0, most: int = wire.BATCH_ENTRIES) -> list[Letter]:
        runs = wire.cut([entry for entry in self.entries if entry.seq > after], most)
        return [Letter(self.topics.up, self.seal(wire.pack(run))) for run in runs]

    async def ask(self, peer: Any, message: Any) -> Any:
        """A question, and what comes on `res` with its id."""
        await peer.publish(Letter(self.topics.rpc, self.seal(message)))
        return await self.until(peer, lambda told: getattr(told, "id", None) == message.id)

    async def say(self, peer: Any, state: wire.TillState) -> None:
        await peer.publish(Letter(self.topics.state, self.seal(state), retain=True))

    async def until(self, peer: Any, wanted: Any) -> Any:
        """What arrives, up to the first that is wanted."""
        for told in self.others:
            if wanted(told):
                self.others.remove(told)
                return told
        while True:
            told = self.read((await peer.next()).payload)
            if wanted(told):
                return told
            self.others.append(told)

    def read(self, payload: bytes) -> Any:
        assert self.office is not None
        return opened([self.office], payload, Address(CHAIN, OFFICE, self.till)).message

    async def drain(self, peer: Any, upto: int = 0) -> None:
        """Send, and send again, until the last entry is acknowledged."""
        upto = upto or self.entries[-1].seq
        async with asyncio.timeout(60):
            while self.cursor < upto:
                for letter in self.letters(self.cursor)[: wire.WINDOW]:
                    await peer.publish(letter)
                await self.follow(peer)

    async def follow(self, peer: Any) -> None:
        """Answers, until the window is through or nothing more comes."""
        try:
            async with asyncio.timeout(1.0):
                for _ in range(wire.WINDOW):
                    reply = await self.until(peer, lambda told: isinstance(told, wire.Ack | wire.Gap | wire.Refused))
                    self.replies.append(reply)
                    if isinstance(reply, wire.Ack):
                        self.cursor = max(self.cursor, reply.seq)
                    if self.cursor >= self.entries[-1].seq:
                        return
        except TimeoutError:
            return
