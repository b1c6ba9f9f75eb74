"""The kiosk's end of the Unix socket. The only place in the kiosk that knows threads.

Hides the road from socket to screen: a reader thread decodes, keeps the newest view and wakes Kivy's clock, which
with the interrupt clock reaches the pixel without waiting for a frame (reference/performance.md section 4.2).
Views that were overtaken are never drawn. It connects again for ever; an order that was not answered when the line
broke is sent again under its own id, and the daemon answers it once.
"""

import queue
import socket
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

import msgspec
from kivy.clock import Clock
from kivy.logger import Logger

from appliance.protocol import message
from appliance.protocol.command import AnyCommand
from appliance.protocol.view import TillView

RETRY_S = 0.2
RESEND_S = 10.0
"""An unanswered order older than this is not sent again: the person has seen that nothing happened."""
CHUNK = 1 << 18


class Client:
    """Calls back on Kivy's thread: on_view(view), on_answer(answer), on_link(is_up)."""

    def __init__(
        self,
        path: Path,
        on_view: Callable[[TillView], None],
        on_answer: Callable[[message.Answer], None],
        on_link: Callable[[bool], None],
    ) -> None:
        self._path = path
        self._on_view, self._on_answer, self._on_link = on_view, on_answer, on_link
        self._lock = threading.Lock()
        self._latest: TillView | None = None
        self._said: list[message.Answer | bool] = []
        self._woken = False
        self._orders: dict[str, tuple[float, message.Order]] = {}
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Begins to connect; returns at once."""
        threading.Thread(target=self._run, name="kiosk-client", daemon=True).start()

    def stop(self) -> None:
        """Ends the line and its threads."""
        self._closing.set()
        if self._socket is not None:
            self._shut(self._socket)

    def send(self, command: AnyCommand) -> str:
        """Queues an order under a new id, and returns the id. While the line is down nothing is sent or kept."""
        order = message.Order(uuid.uuid4().hex, command)
        with self._lock:
            if self._socket is None:
                return order.id
            self._orders[order.id] = (Clock.time(), order)
        self._outbox.put(message.encode(order))
        return order.id

    # ------------------------------------------------------------ on the reader's thread

    def _run(self) -> None:
        while not self._closing.is_set():
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                line.connect(str(self._path))
                self._talk(line)
            except (OSError, msgspec.DecodeError) as error:
                Logger.info("Client: no line to the daemon (%s)", error)
            finally:
                line.close()
            self._closing.wait(RETRY_S)

    def _talk(self, line: socket.socket) -> None:
        outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        outbox.put(message.encode(message.Hello(message.VERSION)))
        with self._lock:
            self._outbox, self._socket = outbox, line
            oldest = Clock.time() - RESEND_S
            self._orders = {key: kept for key, kept in self._orders.items() if kept[0] > oldest}
            for _at, order in self._orders.values():
                outbox.put(message.encode(order))
        writer = threading.Thread(target=self._write, args=(line, outbox), name="kiosk-writer", daemon=True)
        writer.start()
        try:
            self._read(line)
        finally:
            with self._lock:
                self._socket = None
            outbox.put(None)
            self._tell(False)

    def _write(self, line: socket.socket, outbox: "queue.SimpleQueue[bytes | None]") -> None:
        while (frame := outbox.get()) is not None:
            try:
                line.sendall(frame)
            except OSError:
                self._shut(line)
                return

    @staticmethod
    def _shut(line: socket.socket) -> None:
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:
            Logger.debug("Client: the line was already down")

    def _read(self, line: socket.socket) -> None:
        pending = bytearray()
        while chunk := line.recv(CHUNK):
            pending += chunk
            *frames, rest = pending.split(b"\n")
            pending = bytearray(rest)
            for frame in frames:
                self._take(message.read_from_daemon(bytes(frame)))

    def _take(self, said: message.FromDaemon) -> None:
        if isinstance(said, message.Shown):
            with self._lock:
                self._latest = said.view
                self._wake()
        elif isinstance(said, message.Answer):
            with self._lock:
                self._orders.pop(said.id, None)
            self._tell(said)
        elif isinstance(said, message.Welcome):
            self._tell(True)
        elif isinstance(said, message.Fault):
            Logger.error("Client: the daemon could not read us: %s %s", said.code, said.detail)

    def _tell(self, said: "message.Answer | bool") -> None:
        with self._lock:
            self._said.append(said)
            self._wake()

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            Clock.schedule_once(self._deliver, -1)

    # ------------------------------------------------------------ on Kivy's thread

    def _deliver(self, _dt: float) -> None:
        with self._lock:
            view, self._latest = self._latest, None
            said, self._said = self._said, []
            self._woken = False
        for each in said:
            if isinstance(each, bool):
                self._on_link(each)
        if view is not None:
            self._on_view(view)
        for each in said:
            if not isinstance(each, bool):
                self._on_answer(each)
