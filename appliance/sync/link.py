"""A till's one link to its head office: what arrives is opened and handed on, what leaves is sealed.

    up     Uplink (journal), WalletRights (closing report)
    rpc    WalletRights (need), Downlink (feed), the time
    state  Telemetry

Nothing here decides anything: `Side` is the till. It runs beside the till for as long as that does; whatever goes wrong
here costs the link, never a sale.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from datetime import datetime
from typing import Final, Protocol

from appliance.clock import Clock
from appliance.protocol import wire
from appliance.protocol.envelope import Address, EnvelopeError, PublicKey, SealingKey, Unknown, opened, sealed
from appliance.store.cursor import Cursor
from appliance.sync.connection import Arrived, Connection, Letter, Line, LinkLost
from appliance.sync.downlink import JITTER_S, Downlink, Mirror
from appliance.sync.enrolment import Keys, Membership
from appliance.sync.session import Session
from appliance.sync.telemetry import Telemetry
from appliance.sync.uplink import Outbox, Uplink
from appliance.sync.wallet_rights import WalletRights, Wallets

TIME_S: Final = 20.0
"""So often head office is asked for the time while it has nothing else to say: an answer is a sign of life."""

log = logging.getLogger(__name__)


class Side(Outbox, Wallets, Mirror, Protocol):
    """The till, as the link needs it."""

    def linked(self, is_linked: bool, reason: str) -> None:
        """There is a link to the broker, or none any more."""
        ...

    def office(self, is_there: bool) -> None:
        """Head office is behind the broker, or not."""
        ...

    def heard(self) -> None:
        """Head office said something just now."""
        ...

    def timed(self, offset_ms: int, round_trip_ms: int) -> None:
        """Head office's clock minus ours."""
        ...

    def acked(self, cursor: Cursor) -> None: ...

    def lease(self, lease_s: int) -> None: ...

    def wanted_config(self, version: int) -> None: ...

    def stopped(self, code: str) -> None: ...

    async def set_aside(self, message: wire.SetAside) -> None: ...

    def report(self) -> wire.TillState: ...

    def count_connection(self) -> int: ...

    async def config(self, document: bytes) -> None: ...

    async def command(self, command: wire.Command) -> wire.CommandDone: ...

    def warned(self, code: str) -> None: ...


class Link:
    def __init__(
        self, membership: Membership, line: Line, key: SealingKey, side: Side, clock: Clock, cursor: Cursor,
        *, keys: Keys | None = None, time_s: float = TIME_S, jitter_s: float = JITTER_S,
    ) -> None:  # fmt: skip
        self._topics = wire.Topics(membership.chain, membership.till, membership.partition)
        self._out = Address(membership.chain, membership.till, wire.OFFICE)
        self._in = Address(membership.chain, wire.OFFICE, membership.till)
        self._keys = [PublicKey.from_hex(each) for each in membership.office_keys]
        self._key = key
        self._side = side
        self._clock = clock
        self._time_s = time_s
        self._own_keys = keys
        """Where the certificate is that has to be renewed; None: without certificates."""
        self._connection: Connection | None = None
        self._asked: tuple[str, int] = ("", 0)
        self.uplink = Uplink(side, cursor, self._seal, self._topics.up, side.acked, side.stopped)
        self.telemetry = Telemetry(side.report, side.count_connection, self._seal, self._topics.state)
        self.rights = WalletRights(side, self._send_rpc, self._send_up)
        self.downlink = Downlink(side, self._send_rpc, jitter_s=jitter_s)
        self.session = Session(line, self._topics.read, will=self.telemetry.will, watch=side.linked)

    def _seal(self, message: wire.Message) -> bytes:
        return sealed(self._key, self._out, message)

    async def run(self) -> None:
        """For ever."""
        await self.session.run(self._serve)

    def hurry(self) -> None:
        """Synchroniser maintenant."""
        self.session.hurry()
        self.uplink.more()
        self.telemetry.changed()

    # --- sending ------------------------------------------------------------------------------------------------

    async def _send_rpc(self, message: wire.Message) -> bool:
        return await self._send(Letter(self._topics.rpc, self._seal(message), expiry_s=wire.RPC_EXPIRY_S))

    async def _send_up(self, message: wire.Message) -> bool:
        return await self._send(Letter(self._topics.up, self._seal(message)))

    async def _send(self, letter: Letter) -> bool:
        if self._connection is None:
            return False
        try:
            await self._connection.publish(letter)
        except LinkLost:
            return False
        return True

    # --- one connection -----------------------------------------------------------------------------------------

    async def _serve(self, connection: Connection) -> None:
        self._connection = connection
        self.downlink.heads = {}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.uplink.run(connection), name="office uplink")
                group.create_task(self.telemetry.run(connection), name="office telemetry")
                group.create_task(self.downlink.run(), name="office feed")
                group.create_task(self._ask_time(), name="office time")
                async for arrived in connection.messages():
                    await self._arrived(arrived)
        finally:
            self._connection = None

    async def ask_time(self) -> None:
        """Somebody wants to know whether head office answers."""
        now = self._clock.now()
        self._asked = (secrets.token_hex(8), self._clock.monotonic_ns())
        await self._send_rpc(wire.TimeAsk(self._asked[0], _stamp(now)))

    async def _ask_time(self) -> None:
        while True:
            await self.ask_time()
            await self.rights.look()
            await self._renew()
            await asyncio.sleep(self._time_s)

    async def _arrived(self, arrived: Arrived) -> None:
        """One letter. What nobody vouched for, or nobody here knows, is left alone."""
        try:
            message = opened(self._keys, arrived.payload, self._in).message
        except EnvelopeError as error:
            log.warning("a letter on %s was left alone: %s %s", arrived.topic, type(error).__name__, error)
            self._side.warned(f"wire.{type(error).__name__.lower()}")
            return
        if isinstance(message, Unknown):
            log.info("a message of a kind that came after this version: %s v%d", message.kind, message.v)
            return
        if not isinstance(message, wire.OfficeState):
            self._side.heard()
        await self._take(message)

    async def _take(self, message: wire.AnyMessage) -> None:
        side = self._side
        if isinstance(message, wire.Ack):
            await self.uplink.acknowledged(message)
            side.lease(message.lease_s)
            side.wanted_config(message.config)
        elif isinstance(message, wire.Gap):
            await self.uplink.gap(message)
        elif isinstance(message, wire.Refused):
            self.uplink.refuse(message)
        elif isinstance(message, wire.SetAside):
            await side.set_aside(message)
        elif isinstance(message, wire.OfficeState):
            side.office(message.online)
            self.downlink.moved(message.feeds)
            if message.online:
                self.uplink.begin_again()
        elif isinstance(message, wire.FeedMoved):
            self.downlink.moved(message.feeds)
        elif isinstance(message, wire.FeedPage | wire.Busy):
            self.downlink.answered(message)
        elif isinstance(message, wire.TimeTold):
            self._told_time(message)
        elif isinstance(message, wire.Renewed):
            self._renewed(message)
        elif isinstance(message, wire.ConfigOffer):
            await side.config(message.document)
        elif isinstance(message, wire.Command):
            await self._send_rpc(await side.command(message))
        else:
            await self.rights.take(message)

    async def _renew(self) -> None:
        """Another certificate, once two thirds of this one's life have gone."""
        keys = self._own_keys
        if keys is not None and keys.renewal_due(self._clock.now()):
            await self._send_rpc(wire.Renew(secrets.token_hex(8), keys.request(self._topics.till)))

    def _renewed(self, message: wire.Renewed) -> None:
        """Used by the next connection."""
        if self._own_keys is not None and message.certificate:
            self._own_keys.renew(message.certificate)
        elif message.code:
            log.error("the certificate is not renewed: %s", message.code)
            self._side.warned("wire.renew")

    def _told_time(self, message: wire.TimeTold) -> None:
        asked, began_ns = self._asked
        if message.id != asked:
            return
        trip_ms = (self._clock.monotonic_ns() - began_ns) // 1_000_000
        try:
            there = datetime.fromisoformat(message.now)
            offset = there - self._clock.now()
        except (ValueError, TypeError):
            return
        self._side.timed(round(offset.total_seconds() * 1000) + trip_ms // 2, trip_ms)


def _stamp(now: datetime) -> str:
    return now.isoformat("T", "milliseconds").replace("+00:00", "Z")
