"""One connection to a broker, from its first byte to its last; hides the MQTT library.

It is clean each time: nothing of an older one is resumed. Whoever sends keeps a cursor of its own, for a publish that
returns proves nothing.
"""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from aiomqtt import Client, Message, MqttError, ProtocolVersion, Will
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

MAX_PAYLOAD: Final = 240_000
"""Bytes; the broker takes no packet above 262,144."""
_NODELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Without it a round trip takes 88 ms instead of 1.2."""


class LinkLost(Exception):
    """The connection is gone, or carries nothing. Ends `serve`; `run` makes the next one."""


class Tls(msgspec.Struct, frozen=True):
    """Files in PEM. Read at each connection, so a renewed certificate is used by the next one."""

    authority: Path
    certificate: Path
    key: Path

    def context(self) -> _Context:
        """Raises OSError (also ssl.SSLError) when a file is missing or is no certificate."""
        context = _Context(ssl.PROTOCOL_TLS_CLIENT)  # asks for a certificate, and for the name that was dialled
        context.load_verify_locations(self.authority)
        context.load_cert_chain(self.certificate, self.key)
        return context


class _Context(ssl.SSLContext):
    """Remembers the socket that it wrapped: the library forgets the one whose handshake failed."""

    wrapped: ssl.SSLSocket | None = None

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        self.wrapped = super().wrap_socket(*arguments, **options)
        return self.wrapped


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Where the broker is and how patient to be."""

    brokers: tuple[tuple[str, int], ...]
    """Host and port of each; after a failure the next one is tried."""
    name: str
    """Id of the till or the worker, as in its certificate."""
    tls: Tls | None = None
    """None: plain, for development on one machine only."""
    heartbeat_s: float = 20.0
    answer_s: float = 10.0
    keepalive_s: int = 60
    """After one and a half of it without a word the broker publishes the will."""
    will_delay_s: int = 30
    """A cut shorter than that is not told to anybody."""
    pause_min_s: float = 0.5
    pause_max_s: float = 60.0


class Letter(msgspec.Struct, frozen=True):
    """Something to publish."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int = 0
    """The broker drops it after so long; 0: never."""


class Arrived(msgspec.Struct, frozen=True):
    topic: str
    payload: bytes
    retained: bool
    """It was published before we subscribed."""


class Connection:
    """One connection, while it holds."""

    def __init__(self, pipe: _Pipe, line: Line) -> None:
        self._pipe = pipe
        self._line = line
        self._arrived: asyncio.Queue[Arrived] = asyncio.Queue()

    async def publish(self, letter: Letter) -> None:
        """Hand a letter to the broker. Raises LinkLost, and ValueError for a payload above MAX_PAYLOAD."""
        if len(letter.payload) > MAX_PAYLOAD:
            raise ValueError(f"{len(letter.payload)} bytes for {letter.topic}")
        properties = (
            _properties(PacketTypes.PUBLISH, MessageExpiryInterval=letter.expiry_s) if letter.expiry_s else None
        )
        async with self._answered():
            await self._pipe.publish(letter.topic, letter.payload, letter.qos, letter.retain, properties)

    async def subscribe(self, topics: tuple[str, ...], *, again: bool = False) -> None:
        """Ask for topics; retained letters come at once, unless `again`. Raises LinkLost."""
        retained = SubscribeOptions.RETAIN_DO_NOT_SEND if again else SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        options = SubscribeOptions(qos=1, retainHandling=retained)
        async with self._answered():
            await self._pipe.subscribe([(topic, options) for topic in topics])

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._line.answer_s):
                yield
        except TimeoutError as error:
            raise LinkLost("no answer") from error
        except MqttError as error:
            raise LinkLost(str(error)) from error

    async def messages(self) -> AsyncIterator[Arrived]:
        """What arrives, in order, for ever. Nothing is dropped: whoever sends keeps to a window."""
        while True:
            yield await self._arrived.get()

    def waiting(self) -> int:
        """How many have arrived and were not taken yet."""
        return self._arrived.qsize()

    async def receive(self) -> None:
        """Take letters off the wire until it is lost."""
        try:
            async for message in self._pipe.messages:
                self._arrived.put_nowait(_arrived(message))
        except MqttError as error:
            raise LinkLost(str(error.__cause__ or error)) from error

    async def beat(self, topic: str) -> None:
        """Ask the broker something it answers itself, again and again. Raises LinkLost when it does not."""
        while True:
            await asyncio.sleep(self._line.heartbeat_s)
            await self.subscribe((topic,), again=True)


@asynccontextmanager
async def connected(
    line: Line, broker: tuple[str, int], topics: tuple[str, ...], will: Letter | None = None
) -> AsyncIterator[Connection]:
    """A connection that has subscribed. At the end of the block, or when it is cancelled, the will is published by
    ourselves; after an error nobody is there to hear it. Raises LinkLost."""
    try:
        pipe = _Pipe(line, *broker, will)
        async with asyncio.timeout(line.answer_s):
            await pipe.open()
    except (MqttError, OSError) as error:  # a certificate that is missing or refused too
        raise LinkLost(str(error) or "no answer") from error
    connection = Connection(pipe, line)
    try:
        await connection.subscribe(topics)
        yield connection
    except asyncio.CancelledError:
        await _leave(connection, pipe, will)
        raise
    else:
        await _leave(connection, pipe, will)
    finally:
        await pipe.drop()


async def _leave(connection: Connection, pipe: _Pipe, will: Letter | None) -> None:
    """An orderly end; when the broker does not answer, it is none, and the will tells."""
    with suppress(LinkLost, MqttError, TimeoutError):
        async with asyncio.timeout(1.0):
            if will is not None:
                await connection.publish(will)
            await pipe.__aexit__(None, None, None)


class _Pipe(Client):
    """The library's client, of which we touch what is not public: how it dials, its inner client, its house-keeping.

    It waits for an answer before it lets go of a dead connection, and keeps the socket of one that was not answered at
    all. `drop` lets go at once. Its own time limits are switched off: they stand on `asyncio.wait_for`, which until
    Python 3.12 forgets a cancellation that meets an answer, and a task that was cancelled would go on for ever.
    (aiomqtt 2.5.1, pinned.)
    """

    def __init__(self, line: Line, host: str, port: int, will: Letter | None) -> None:
        session_s = line.will_delay_s + 30  # a session that ends brings its will at once
        self._context = line.tls.context() if line.tls else None
        super().__init__(
            host, port, identifier=line.name, username=None if line.tls else line.name, protocol=ProtocolVersion.V5,
            will=_last_will(will, line.will_delay_s), clean_start=True, keepalive=line.keepalive_s,
            timeout=math.inf, properties=_properties(PacketTypes.CONNECT, SessionExpiryInterval=session_s),
            tls_context=self._context, socket_options=_NODELAY,
        )  # fmt: skip
        self.pending_calls_threshold = 1_000
        self._dialled = threading.Event()

    async def open(self) -> None:
        """Connect. Raises MqttError, OSError; whatever happens, no socket and no thread is left behind."""
        try:
            await self.__aenter__()
        except BaseException:
            if not self._dialled.is_set():  # cancelled while a thread dials; a handshake can be stopped, the rest ends
                if self._context is not None and self._context.wrapped is not None:
                    _shut(self._context.wrapped)
                await asyncio.get_running_loop().run_in_executor(None, self._dialled.wait)
                await asyncio.sleep(0)  # what that thread left for the loop to do
            await self.drop()
            raise

    def _client_connect(self) -> None:
        try:
            super()._client_connect()
        except BaseException:
            if self._context is not None and self._context.wrapped is not None:
                self._context.wrapped.close()
            raise
        finally:
            self._dialled.set()

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        """Closed before it answered, as for a certificate that it does not take: the library would wait on."""
        if self._connected.cancelled():
            return
        if not self._connected.done():
            self._connected.set_exception(MqttError("closed by the broker before it answered"))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    async def drop(self) -> None:
        """Cut the connection without a word, so that the broker publishes the will. Does nothing to one that ended."""
        paho = self._client
        wire = paho.socket()
        if isinstance(wire, socket.socket):
            _shut(wire)
            while paho.loop_read() == 0:  # what had still arrived; behind it the end of the stream, which closes it
                pass
        for outcome in (self._connected, self._disconnected):
            if outcome.done() and not outcome.cancelled():
                outcome.exception()  # it was meant: nobody else asks
        if self._misc_task is not None:  # cancelled by the end of the stream
            await asyncio.wait({self._misc_task})


def _shut(wire: socket.socket) -> None:
    """Below TLS, so that what had arrived is still deciphered."""
    with suppress(OSError):
        socket.socket.shutdown(wire, socket.SHUT_RDWR)


def _properties(packet: int, **fields: int) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]
    for name, value in fields.items():
        setattr(properties, name, value)
    return properties


def _last_will(letter: Letter | None, delay_s: int) -> Will | None:
    if letter is None:
        return None
    properties = _properties(PacketTypes.WILLMESSAGE, WillDelayInterval=delay_s)
    return Will(letter.topic, letter.payload, letter.qos, letter.retain, properties)


def _arrived(message: Message) -> Arrived:
    return Arrived(str(message.topic), message.payload, bool(message.retain))
