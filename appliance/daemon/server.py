"""The kiosk's socket: one JSON object a line over a Unix socket, mode 0660, same user or root only.

Everything that arrives is checked and bounded: a line too long, unreadable, or too many orders at once gets a `Fault`
and the connection is closed; the daemon lives. Views are pushed whole and the newest wins: a client that reads slowly
skips some.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.domain.errors import StoreLost
from appliance.protocol.message import (
    MAX_LINE,
    VERSION,
    Answer,
    AskDevices,
    DeviceList,
    Fault,
    FromDaemon,
    Hello,
    Order,
    Shown,
    Welcome,
    encode,
    read_from_client,
)

if TYPE_CHECKING:
    from appliance.protocol.view import TillView

ORDERS_MAX: Final = 256
"""Orders of one connection that may wait for their answers."""
CLIENTS_MAX: Final = 16
HELLO_S: Final = 2.0
"""A client says Hello within this time."""
READ_BYTES: Final = 64 * 1024
"""How much is read at a time."""
UNREAD_BYTES_MAX: Final = 256 * 1024

log = logging.getLogger(__name__)


class Server:
    """Listens; hands orders to `submit` and views to everybody who asked for them."""

    def __init__(self, path: Path, till_id: str) -> None:
        self._path = path
        self._till_id = till_id
        self._server: asyncio.AbstractServer | None = None
        self._clients: set[Client] = set()
        self._group: asyncio.TaskGroup | None = None
        self._push_due = False
        self.submit: Callable[[Order], Answer | Awaitable[Answer]] | None = None
        """Carries out orders; None while the till is still starting."""
        self.view: Callable[[], TillView] | None = None
        self.may_show: Callable[[], bool] = lambda: True
        """False while something that must be durable first would be seen."""
        self.waiting: list[tuple[Client, Order]] = []
        self.technician: Callable[[AskDevices], Awaitable[Answer | DeviceList]] | None = None
        """Answers questions about the devices; None while the till is still starting."""

    async def open(self, group: asyncio.TaskGroup) -> None:
        """Listen, unless it does already. Answers that must wait for their commits become tasks of `group`."""
        self._group = group
        if self._server is None:
            await self.listen()

    async def listen(self) -> None:
        """Welcome whoever connects; orders wait for `ready`. A socket file left over by a killed daemon is replaced."""
        self._path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        old = os.umask(0o117)
        try:
            self._server = await loop.create_unix_server(lambda: Client(self), str(self._path), backlog=CLIENTS_MAX)
        finally:
            os.umask(old)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for client in list(self._clients):
            client.close()
        with suppress(OSError):  # a disk that has become read-only: the next start replaces it
            self._path.unlink(missing_ok=True)

    def ready(self, submit: Callable[[Order], Answer | Awaitable[Answer]], view: Callable[[], TillView]) -> None:
        """The till has its state: orders that came early are carried out now, and everybody sees the first view."""
        self.submit, self.view = submit, view
        waiting, self.waiting = self.waiting, []
        for client, order in waiting:
            self.take(client, order)
        self.changed()

    # --- clients ------------------------------------------------------------------------------------------------

    def joined(self, client: Client) -> bool:
        if len(self._clients) >= CLIENTS_MAX:
            return False
        self._clients.add(client)
        return True

    def left(self, client: Client) -> None:
        self._clients.discard(client)

    def welcome(self, client: Client) -> None:
        client.send(Welcome(VERSION, self._till_id))
        if client.wants_views and self.view is not None and self.may_show():
            client.send(Shown(self.view()))

    def take(self, client: Client, order: Order) -> None:
        """Carry out one order; its answer goes back to its client, at once or when its commit is done."""
        if self.submit is None:
            self.waiting.append((client, order))
            return
        try:
            begun = self.submit(order)
        except Exception:  # the outermost loop of orders: a defect costs one order, not the till
            log.exception("order %s: a defect in %s", order.id, type(order.command).__name__)
            client.answered(Answer(order.id, False, 0, "defect"))
            return
        if isinstance(begun, Answer):
            client.answered(begun)
            return
        assert self._group is not None
        self._group.create_task(self._answer(client, order, begun), name=f"answer {order.id}")

    async def _answer(self, client: Client, order: Order, begun: Awaitable[Answer]) -> None:
        try:
            answer = await asyncio.shield(begun)
        except StoreLost:
            return  # unknown; whoever sends it again after the restart is told
        except Exception:  # as above
            log.exception("order %s: a defect in %s", order.id, type(order.command).__name__)
            answer = Answer(order.id, False, 0, "defect")
        client.answered(answer)

    def ask(self, client: Client, question: AskDevices) -> asyncio.Task[None] | None:
        """Answer a technician, in a task of its own: it may wait for something to be plugged in."""
        if self.technician is None or self._group is None:
            client.answered(Answer(question.id, False, 0, "technician.starting"))
            return None
        return self._group.create_task(self._tell(client, question, self.technician), name=f"devices {question.id}")

    async def _tell(
        self, client: Client, question: AskDevices, technician: Callable[[AskDevices], Awaitable[Answer | DeviceList]]
    ) -> None:
        answer: Answer | DeviceList
        try:
            answer = await technician(question)
        except StoreLost:
            return
        except Exception:  # as for orders: a defect costs one question, not the till
            log.exception("question %s: a defect in %s", question.id, question.work)
            answer = Answer(question.id, False, 0, "defect")
        client.answered(answer)

    # --- views --------------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """The view changed: push it once this turn of the loop is over."""
        if not self._push_due and self._clients:
            self._push_due = True
            asyncio.get_running_loop().call_soon(self._push)

    def _push(self) -> None:
        self._push_due = False
        if self.view is None or not self.may_show():
            return
        readers = [client for client in self._clients if client.wants_views]
        if not readers:
            return
        line = encode(Shown(self.view()))
        for client in readers:
            client.show(line)


class Client(asyncio.BufferedProtocol):
    """One connection. It is read into one buffer of its own: asking for a fresh one costs more than most lines do."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        """The beginning of a line whose end has not come yet."""
        self._room = memoryview(bytearray(READ_BYTES))
        self._orders = 0
        self._questions: set[asyncio.Task[None]] = set()
        self._greeted = False
        self._silence: asyncio.TimerHandle | None = None
        self._skipped = False
        self._blocked = False
        self.wants_views = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not _is_ours(transport.get_extra_info("socket")) or not self._server.joined(self):
            log.warning("a client of another user, or one too many, was turned away")
            transport.abort()
            return
        transport.set_write_buffer_limits(high=UNREAD_BYTES_MAX)
        self._silence = asyncio.get_running_loop().call_later(HELLO_S, self._too_silent)

    def _too_silent(self) -> None:
        """A client that never says who it is makes room for one that does."""
        if not self._greeted and self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._silence is not None:
            self._silence.cancel()
        for question in self._questions:
            question.cancel()
        self._transport = None
        self._server.left(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """The client does not read: nothing more is read from it either, so what waits for it stays bounded."""
        self._blocked = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._blocked = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        if self._skipped:
            self._skipped = False
            self._server.changed()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        *lines, self._buffer = (self._buffer + self._room[:nbytes]).split(b"\n")
        for line in lines:
            if len(line) > MAX_LINE:
                self._fault("frame.too_long", f"{len(line)} bytes, at most {MAX_LINE}")
                return
            if line and not line.isspace() and not self._line(line):
                return
        if len(self._buffer) > MAX_LINE:
            self._fault("frame.too_long", f"more than {MAX_LINE} bytes without an end")

    def _line(self, line: bytes) -> bool:
        """Take one line; False when the connection is over."""
        try:
            message = read_from_client(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._fault("frame.unreadable", str(error))
        if not isinstance(message, Hello):
            if not self._greeted:
                return self._fault("frame.unreadable", "Hello comes first")
            if self._orders >= ORDERS_MAX:
                return self._fault("frame.flood", f"more than {ORDERS_MAX} orders without an answer")
            self._orders += 1
            if isinstance(message, Order):
                self._server.take(self, message)
            elif (question := self._server.ask(self, message)) is not None:
                self._questions.add(question)
                question.add_done_callback(self._questions.discard)
            return True
        if message.version != VERSION:
            return self._fault("frame.version", f"version {VERSION} is spoken here")
        self._greeted = True
        self.wants_views = message.views
        self._server.welcome(self)
        return True

    def _fault(self, code: Any, detail: str) -> bool:
        log.warning("client dropped: %s: %s", code, detail[:200])
        self.send(Fault(code, detail[:200]))
        self._buffer = b""
        if self._blocked and self._transport is not None:
            self._transport.abort()
        self.close()
        return False

    def answered(self, answer: Answer | DeviceList) -> None:
        self._orders -= 1
        self.send(answer)

    def send(self, message: FromDaemon) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode(message))

    def show(self, line: bytes) -> None:
        """A view; skipped while the client is behind, the newest follows when it has caught up."""
        if self._blocked:
            self._skipped = True
        elif self._transport is not None and not self._transport.is_closing():
            self._transport.write(line)


def _is_ours(sock: Any) -> bool:
    """The other end runs as our user, as root, or as one who may open the socket by its group."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, gid = struct.unpack("3i", credentials)
    return uid in (0, os.geteuid()) or gid == os.getegid()
