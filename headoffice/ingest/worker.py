"""A worker of head office on the wire: takes what tills send, answers after the commit, hands down what is due.

    up      journals, one batch after the other         -> ack
    rpc     questions: rights, feed, time, certificate  -> res
    state   who is there
    tick    what the command line left in the books: letters, configurations, fences, new heads of the feed -> down

Everything that matters is in the database before it is answered. What a till sent while the database was away is not
answered, and comes again. Several workers share the tills by partition; `ho` alone says that head office is there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec

from appliance.clock import Clock
from appliance.protocol import wire
from appliance.protocol.envelope import (
    Address,
    EnvelopeError,
    Opened,
    PublicKey,
    SealingKey,
    TooBig,
    Unknown,
    opened,
    sealed,
)
from appliance.protocol.wire import OFFICE, Topics, office_reads, office_topic, till_of
from appliance.sync.session import Arrived, Connection, Letter, Line, Session, Tls
from headoffice import moment
from headoffice.database import BadRow, Database, DatabaseTrouble, Transaction
from headoffice.ingest import down, feed, journal, presence
from headoffice.ingest.certificates import Certificates
from headoffice.ingest.questions import Desk, Mail
from headoffice.settings import Settings

log = logging.getLogger(__name__)

TICK_S: Final = 0.5
"""How long what the command line decided takes to be noticed."""
AGAIN_S: Final = 0.5
"""Pause after the database did not answer."""
CONNECTIONS: Final = 1_000_000
"""Numbers of connections that one start of a worker takes for itself."""


class Till(msgspec.Struct, frozen=True):
    """What a worker knows by heart of a till."""

    key: PublicKey | None
    partition: int
    config: int = 0
    """Version of the configuration that it should have."""


class Worker:
    """One worker. `run` ends when it is cancelled."""

    def __init__(
        self, settings: Settings, database: Database, seal: SealingKey, clock: Clock, *,
        tls: Tls | None = None, certificates: Certificates | None = None, line: Line | None = None,
    ) -> None:  # fmt: skip
        office = settings.office
        self._chain, self._name, self._lease_s = office.chain, office.name, office.lease_s
        self._partitions = office.partitions
        self._database, self._seal, self._clock = database, seal, clock
        self._certificates = certificates
        self._line = line or Line(brokers=settings.addresses, name=office.name, tls=None if office.plain else tls)
        self._tills: dict[str, Till] = {}
        self._desk = Desk()
        self._conn = 0
        self._rev = -1
        """Newest change of a master that the tills were told of."""
        self._done = down.Done()
        self._ups: asyncio.Queue[Arrived] = asyncio.Queue()
        self._rest: asyncio.Queue[Arrived] = asyncio.Queue()
        self.taken = 0
        """Entries written since the start."""
        self.session: Session

    async def run(self) -> None:
        """Serve until cancelled. Raises DatabaseTrouble when the database is not there at the start."""
        await self._database.make_room()
        async with self._database.transaction() as tx:
            self._conn = await tx.count("conn", CONNECTIONS) - CONNECTIONS
        topics = office_reads(self._chain, self._partitions)
        will = self._farewell if self._name == OFFICE else None
        self.session = Session(self._line, topics, will=will)
        await self.session.run(self._serve)

    async def _serve(self, connection: Connection) -> None:
        self._ups, self._rest = asyncio.Queue(), asyncio.Queue()
        self._rev, self._done = -1, down.Done()
        await self._with_books(self._reload)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sort(connection), name="office letters")
            group.create_task(self._take_ups(connection), name="office journals")
            group.create_task(self._take_rest(connection), name="office questions")
            group.create_task(self._tick(connection), name="office tick")

    async def _sort(self, connection: Connection) -> None:
        """Questions never stand behind a backlog of journals."""
        async for arrived in connection.messages():
            queue = self._ups if arrived.topic.endswith("/up") else self._rest
            queue.put_nowait(arrived)

    # --- opening --------------------------------------------------------------------------------------------------

    async def _open(self, arrived: Arrived) -> tuple[str, Opened] | None:
        """The till and its message; None for what cannot be believed, which is noted."""
        name = till_of(arrived.topic)
        till = self._tills.get(name)
        if till is None or till.key is None:
            await self._with_books(self._reload)
            till = self._tills.get(name)
        code, detail = "stranger", ""
        if till is not None and till.key is not None:
            try:
                return name, opened([till.key], arrived.payload, Address(self._chain, name, OFFICE))
            except EnvelopeError as error:
                code, detail = type(error).__name__, str(error)
        log.warning("%s: %s %s", arrived.topic, code, detail)
        await self._with_books(lambda tx: down.note_unopened(tx, name, code, detail, moment.now(self._clock)))
        return None

    async def _with_books(self, job: Callable[[Transaction], Awaitable[Any]]) -> Any:
        """A transaction; None when the database is away, which whoever asked will do again."""
        try:
            async with self._database.transaction() as tx:
                return await job(tx)
        except DatabaseTrouble as trouble:
            log.error("database: %s", trouble)
            await asyncio.sleep(AGAIN_S)
            return None

    async def _reload(self, tx: Transaction) -> None:
        found: dict[str, Till] = {}
        for name, seal, partition, version in await tx.rows(
            "SELECT t.id, t.seal, t.partition_number, COALESCE((SELECT MAX(version) FROM config WHERE till = t.id), 0)"
            " FROM till t"
        ):
            known = self._tills.get(name)
            if known is None or known.key is None or known.key.hex != seal:
                known = Till(PublicKey.from_hex(seal) if seal else None, partition, version)
            found[name] = msgspec.structs.replace(known, partition=partition, config=version)
        self._tills = found

    def _is_mine(self, till: str) -> bool:
        return not self._partitions or (till in self._tills and self._tills[till].partition in self._partitions)

    # --- journals -------------------------------------------------------------------------------------------------

    async def _take_ups(self, connection: Connection) -> None:
        while True:
            arrived = await self._ups.get()
            found = await self._open(arrived)
            if found is not None:
                await self._take_up(connection, found[0], found[1].message, arrived.payload)
            await asyncio.sleep(0)  # questions in between

    async def _take_up(self, connection: Connection, till: str, message: Any, payload: bytes) -> None:
        at = moment.now(self._clock)
        if isinstance(message, wire.Batch):
            known = self._tills[till]
            post = journal.Post(till, message, payload, at, self._lease_s, known.config)
            taken = await self._take_batch(post)
            if taken is not None:
                await self._answer(connection, till, message.epoch, taken)
        elif isinstance(message, wire.Closing):
            await self._with_books(lambda tx: journal.take_closing(tx, till, message, at))
        else:
            kind = message.kind if isinstance(message, Unknown) else type(message).__name__
            await self._with_books(lambda tx: down.note_unopened(tx, till, "unknown", kind, at))

    async def _take_batch(self, post: journal.Post) -> journal.Taken | None:
        """Committed on return; None when the database was away."""
        for careful in (False, True):
            try:
                async with self._database.transaction() as tx:
                    taken = await journal.take(tx, post, careful=careful)
            except BadRow as error:
                log.warning("%s: a row that the database does not take: %s", post.till, error)
                continue
            except DatabaseTrouble as trouble:
                log.error("database: %s", trouble)
                await asyncio.sleep(AGAIN_S)
                return None
            self.taken += taken.fresh
            if taken.problem:
                log.warning("%s from %d: %s", post.till, post.batch.first, taken.problem)
            return taken
        return None

    async def _answer(self, connection: Connection, till: str, epoch: str, taken: journal.Taken) -> None:
        await self._send(connection, [Mail(till, "ack", taken.reply)])
        await self._send(connection, [Mail(till, "down", aside) for aside in taken.aside])
        if taken.fence:
            await self._send(connection, [Mail(till, "down", wire.Fence(epoch, taken.fence))])
        if taken.wallets & self._desk.waiting.keys():
            mails = await self._with_books(
                lambda tx: self._desk.returned(tx, taken.wallets, self._clock.monotonic_ns())
            )
            await self._send(connection, mails or [])

    # --- questions and states -------------------------------------------------------------------------------------

    async def _take_rest(self, connection: Connection) -> None:
        while True:
            arrived = await self._rest.get()
            if not self._is_mine(till_of(arrived.topic)) and till_of(arrived.topic) in self._tills:
                continue
            if found := await self._open(arrived):
                await self._take_one(connection, found[0], found[1].message)

    async def _take_one(self, connection: Connection, till: str, message: Any) -> None:
        if isinstance(message, wire.TillState):
            await self._with_books(lambda tx: presence.take_state(tx, till, message, moment.now(self._clock)))
            return
        try:
            async with self._database.transaction() as tx:
                mails = await self._ask(tx, till, message)
        except (DatabaseTrouble, BadRow) as trouble:
            log.error("database: %s", trouble)
            mails = [Mail(till, "res", wire.Busy(getattr(message, "id", ""), "later"))]
        await self._send(connection, mails)

    async def _ask(self, tx: Transaction, till: str, message: Any) -> list[Mail]:
        now = moment.now(self._clock)
        match message:
            case wire.Need():
                return await self._desk.need(tx, till, message, self._clock.monotonic_ns())
            case wire.FeedAsk():
                return [Mail(till, "res", await feed.page(tx, message))]
            case wire.TimeAsk():
                return [Mail(till, "res", wire.TimeTold(message.id, now))]
            case wire.Renew() if self._certificates is not None:
                return [Mail(till, "res", await self._certificates.renew(tx, till, message, self._clock.now()))]
            case wire.CommandDone():
                await down.note_done(tx, till, message, now)
                return []
        return [Mail(till, "res", wire.Busy(getattr(message, "id", ""), "unknown"))]

    # --- downwards ------------------------------------------------------------------------------------------------

    async def _tick(self, connection: Connection) -> None:
        while True:
            rev = await self._with_books(feed.newest)
            if rev is not None and self._name == OFFICE and rev != self._rev:
                heads = await self._with_books(feed.heads)
                if heads is not None:
                    self._rev = rev
                    await connection.publish(self._here(heads))
            await self._with_books(self._reload)
            mails = await self._with_books(self._due)
            await self._send(connection, mails or [])
            await asyncio.sleep(TICK_S)

    async def _due(self, tx: Transaction) -> list[Mail]:
        mine = {name for name in self._tills if self._is_mine(name)}
        return await down.due(tx, self._done, mine, moment.now(self._clock))

    async def _send(self, connection: Connection, mails: Iterable[Mail]) -> None:
        for mail in mails:
            topics = Topics(self._chain, mail.till)
            payload = self._sealed(mail)
            if mail.topic == "ack":
                letter = Letter(topics.ack, payload, qos=0)
            elif mail.topic == "res":
                letter = Letter(topics.res, payload, expiry_s=wire.RPC_EXPIRY_S)
            else:
                letter = Letter(topics.down, payload)
            await connection.publish(letter)

    def _sealed(self, mail: Mail) -> bytes:
        """A page of the feed that is too big goes in halves; the till asks for the rest."""
        address, message = Address(self._chain, OFFICE, mail.till), mail.message
        while True:
            try:
                return sealed(self._seal, address, message)
            except TooBig:
                half = feed.halved(message) if isinstance(message, wire.FeedPage) else None
                log.warning("%s for %s is too big", type(message).__name__, mail.till)
                message = half or wire.Busy(getattr(message, "id", ""), "forbidden")

    def _here(self, heads: dict[str, int]) -> Letter:
        state = wire.OfficeState(self._conn, True, moment.now(self._clock), heads, self._name)
        return self._told(state)

    def _farewell(self) -> Letter:
        self._conn += 1
        return self._told(wire.OfficeState(self._conn, False, worker=self._name))

    def _told(self, state: wire.OfficeState) -> Letter:
        payload = sealed(self._seal, Address(self._chain, OFFICE, wire.EVERYBODY), state)
        return Letter(office_topic(self._chain), payload, retain=True)
