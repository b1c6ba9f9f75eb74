"""The till's journal on its way to head office: it is the outbox, and head office's `Ack` the one cursor.

Batches go in order, `WINDOW` of them under way at most. What was published proves nothing; when no word comes for
`SILENCE_S`, or head office says that something is missing, everything after the cursor is sent again. Duplicates cost
nothing there, so a cursor that is lost or behind costs time only: it is put on the disk now and then.

The journal is read and sealed off the loop, a batch at a time, and only while nobody at the till waits for the disk.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from appliance.domain.journal import Entry
from appliance.protocol import wire
from appliance.store.cursor import COUNTED, Cursor
from appliance.sync.session import Connection, Letter

SILENCE_S: Final = 1.0
SILENCE_MAX_S: Final = 30.0
"""Where head office stays silent, each time is twice as long."""
GATHER_S: Final = 0.1
"""New entries are let gather for so long: a sale has its answer first."""

log = logging.getLogger(__name__)


class Outbox(Protocol):
    """The journal, as far as it is on the disk."""

    @property
    def epoch(self) -> str: ...

    @property
    def durable_seq(self) -> int: ...

    async def entries(self, after: int, limit: int) -> list[Entry]:
        """The next ones that are durable, read while nobody at the till waits for the disk."""
        ...

    async def link(self, seq: int) -> str:
        """Hash of an entry; "" when there is none."""
        ...

    async def document_upto(self, seq: int) -> int:
        """Number of the newest sealed document up to an entry."""
        ...


class _Document(msgspec.Struct):
    document: int = 0


_documents = msgspec.json.Decoder(_Document)


class Uplink:
    """Sends, and follows the answers. One connection at a time; the cursor outlives them."""

    def __init__(
        self,
        outbox: Outbox,
        cursor: Cursor,
        seal: Callable[[wire.Message], bytes],
        topic: str,
        moved: Callable[[Cursor], None],
        stopped: Callable[[str], None],
    ) -> None:
        self._outbox = outbox
        self.cursor = cursor
        self._seal = seal
        self._topic = topic
        self._moved = moved
        self._stopped = stopped
        self._sent = cursor.seq
        self._flight: deque[Cursor] = deque()
        self._wake = asyncio.Event()
        self._silence_s = SILENCE_S
        self._heard_at = 0.0
        """When something moved last while batches were under way, by the loop's clock."""
        self._connection: Connection | None = None
        self.refused = ""
        """Why head office takes nothing more of this epoch; "" while it does."""
        self.rewinds = 0

    def more(self) -> None:
        """There are entries on the disk that were not there before."""
        self._wake.set()

    def begin_again(self) -> None:
        """Head office has just come: what was sent before met nobody."""
        self._silence_s = SILENCE_S
        self._wake.set()

    async def resend(self, seq: int) -> bool:
        """One entry once more, beside the rest; whether it left."""
        connection = self._connection
        found = await self._outbox.entries(seq - 1, 1)
        if connection is None or not found:
            return False
        await connection.publish(Letter(self._topic, self._sealed(found)))
        return True

    async def run(self, connection: Connection) -> None:
        """Send over a connection until it is lost."""
        self._connection = connection
        self._rewind(self.cursor.seq)
        self._silence_s, self.refused = SILENCE_S, ""
        try:
            await self._send(connection)
        finally:
            self._connection = None

    async def _send(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            await self._fill(connection)
            try:
                async with asyncio.timeout_at(self._heard_at + self._silence_s if self._flight else None):
                    await self._wake.wait()
            except TimeoutError:
                pass
            if self._flight and loop.time() - self._heard_at >= self._silence_s:
                self.rewinds += 1
                self._silence_s = min(2 * self._silence_s, SILENCE_MAX_S)
                self._rewind(self.cursor.seq)
            elif self._sent >= self._outbox.durable_seq - wire.BATCH_ENTRIES:
                await asyncio.sleep(GATHER_S)

    async def _fill(self, connection: Connection) -> None:
        while not self.refused and len(self._flight) < wire.WINDOW and self._sent < self._outbox.durable_seq:
            sent = self._sent
            found = await self._outbox.entries(sent, wire.BATCH_ENTRIES)
            if not found:
                return
            run = next(wire.cut(found))
            payload = await asyncio.to_thread(self._sealed, run)
            if sent != self._sent:
                continue  # rewound meanwhile
            self._sent = run[-1].seq
            if not self._flight:
                self._heard_at = asyncio.get_running_loop().time()
            self._flight.append(Cursor(self._sent, _newest_document(run)))
            await connection.publish(Letter(self._topic, payload))

    def _sealed(self, run: list[Entry]) -> bytes:
        return self._seal(wire.pack(run))

    # --- answers ------------------------------------------------------------------------------------------------

    async def acknowledged(self, ack: wire.Ack) -> None:
        """Head office has everything up to there on its disk."""
        if ack.epoch != self._outbox.epoch:
            return
        if ack.seq > self._outbox.durable_seq or (ack.hash and ack.hash != await self._outbox.link(ack.seq)):
            self._stop("fork")  # it has what we have not: this disk was copied, or put back
            return
        if ack.seq > self.cursor.seq:
            self._silence_s, self._heard_at = SILENCE_S, asyncio.get_running_loop().time()
            await self._advance(ack.seq)
        self._wake.set()

    async def _advance(self, seq: int) -> None:
        document = self.cursor.document
        exact = False
        while self._flight and self._flight[0].seq <= seq:
            passed = self._flight.popleft()
            document, exact = max(document, passed.document), passed.seq == seq
        if not exact:
            document = await self._outbox.document_upto(seq)
        self.cursor = Cursor(seq, document)
        self._sent = max(self._sent, seq)
        self._moved(self.cursor)

    async def gap(self, gap: wire.Gap) -> None:
        """Head office misses what follows an entry; also one that we took for done, when its disk is an older one."""
        if gap.epoch != self._outbox.epoch:
            return
        if gap.seq > self._outbox.durable_seq:
            self._stop("fork")
            return
        self.rewinds += 1
        if gap.seq != self.cursor.seq:
            self.cursor = Cursor(gap.seq, await self._outbox.document_upto(gap.seq))
            self._moved(self.cursor)
        self._rewind(gap.seq)
        self._wake.set()

    def refuse(self, refused: wire.Refused) -> None:
        """Nothing more is taken of this epoch until a person has decided."""
        if refused.epoch == self._outbox.epoch:
            self._stop(refused.code)

    def _stop(self, code: str) -> None:
        if self.refused != code:
            log.error("head office takes nothing more of this journal: %s", code)
        self.refused = code
        self._flight.clear()
        self._stopped(code)

    def _rewind(self, seq: int) -> None:
        self._sent = seq
        self._flight.clear()


def _newest_document(run: list[Entry]) -> int:
    for entry in reversed(run):
        if entry.kind in COUNTED:
            return _documents.decode(entry.body).document
    return 0
