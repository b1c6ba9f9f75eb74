"""The link to a broker, kept up for ever; hides the MQTT library. Tills and head office use the same one.

`Session.run(serve)` connects, subscribes, and runs `serve` for as long as the connection holds. When it is lost, all
that belongs to it is cancelled at once and another one is made after a pause (full jitter: 0.5 s doubling to 60 s). A
connection is clean each time: nothing of an older one is resumed, what was under way is the caller's to send again,
for only head office's `Ack` says that something arrived. A publish that returns proves nothing.

A link that is up and carries nothing (a frozen peer, a lost route, a byte a second) is found by a heartbeat of its own:
a question that the broker itself answers, asked every `heartbeat_s`, torn down after `answer_s` without an answer.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from aiomqtt import Client, Message, MqttError, ProtocolVersion, Will
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

log = logging.getLogger(__name__)

MAX_PAYLOAD: Final = 240_000
"""Bytes; the broker takes no packet above 262,144."""
HELD_S: Final = 5.0
"""A connection that lived so long ends the row of failures that the pauses grow with."""
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
        try:
            await self._pipe.publish(
                letter.topic, letter.payload, letter.qos, letter.retain, properties, timeout=self._line.answer_s
            )
        except MqttError as error:
            raise LinkLost(str(error)) from error

    async def subscribe(self, topics: tuple[str, ...], *, again: bool = False) -> None:
        """Ask for topics; retained letters come at once, unless `again`. Raises LinkLost."""
        retained = SubscribeOptions.RETAIN_DO_NOT_SEND if again else SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        options = SubscribeOptions(qos=1, retainHandling=retained)
        try:
            await self._pipe.subscribe([(topic, options) for topic in topics], timeout=self._line.answer_s)
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
        self._attempt = 0
        self.linked = False
        self.fault = ""
        """Why there is no link; "" while there is one."""

    async def run(self, serve: Callable[[Connection], Awaitable[object]]) -> None:
        """Run `serve` over one connection after the other, until it returns or is cancelled.

        `serve` is cancelled when its connection is lost. What it raises itself, other than LinkLost, ends the session
        (in an ExceptionGroup). The watch is told (True, "") and (False, reason) at each change.
        """
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            try:
                async with self._connected() as connection, asyncio.TaskGroup() as group:
                    began = loop.time()
                    self._changed(True, "")
                    receiving = group.create_task(connection.receive(), name="wire receive")
                    beating = group.create_task(connection.beat(self._topics[0]), name="wire heartbeat")
                    await serve(connection)
                    receiving.cancel()
                    beating.cancel()
                self._changed(False, "ended")
                return
            except* (LinkLost, MqttError, OSError) as lost:
                reason = str(_first(lost)) or type(_first(lost)).__name__
            failures = 1 if self.linked and loop.time() - began > HELD_S else failures + 1
            self._changed(False, reason)
            await self._pause(failures)

    def hurry(self) -> None:
        """Do not wait for the end of the pause: somebody asks for it, or the network is back."""
        self._hurry.set()

    async def _pause(self, failures: int) -> None:
        longest = min(self._line.pause_max_s, self._line.pause_min_s * 2 ** min(failures - 1, 20))
        self._hurry.clear()
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

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        """A connection that has subscribed; at the end our own farewell, or none where there is nobody to hear it."""
        will = self._will() if self._will is not None else None
        host, port = self._line.brokers[self._attempt % len(self._line.brokers)]
        self._attempt += 1
        pipe = _Pipe(self._line, host, port, will)
        async with asyncio.timeout(2 * self._line.answer_s):
            await pipe.open()
        try:
            connection = Connection(pipe, self._line)
            await connection.subscribe(self._topics)
            self._attempt -= 1  # this one answers: begin with it next time
            yield connection
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
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
    all. `drop` lets go at once. (aiomqtt 2.5.1, pinned.)
    """

    def __init__(self, line: Line, host: str, port: int, will: Letter | None) -> None:
        session_s = line.will_delay_s + 30  # a session that ends brings its will at once
        self._context = line.tls.context() if line.tls else None
        super().__init__(
            host, port, identifier=line.name, username=None if line.tls else line.name, protocol=ProtocolVersion.V5,
            will=_last_will(will, line.will_delay_s), clean_start=True, keepalive=line.keepalive_s,
            timeout=line.answer_s, properties=_properties(PacketTypes.CONNECT, SessionExpiryInterval=session_s),
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


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
