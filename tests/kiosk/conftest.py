"""A stand-in for the daemon's end of the socket, and a kiosk process on a virtual display."""

import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageGrab

from appliance.protocol import message
from appliance.protocol.view import TillView

PATIENCE_S = 20.0


class DaemonEnd:
    """Listens like the daemon: welcomes, pushes the view it is given, keeps what it is told, answers yes."""

    def __init__(self, path: Path, view: TillView) -> None:
        self.orders: queue.Queue[message.Order] = queue.Queue()
        self.answers = True
        self._path, self._view = path, view
        self._lines: list[socket.socket] = []
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._threads = [threading.Thread(target=self._accept, name="daemon-end")]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                line, _address = self._server.accept()
            except OSError:
                return
            self._lines.append(line)
            thread = threading.Thread(target=self._serve, args=(line,), name="daemon-end-line")
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line, line.makefile("rb") as frames:
                for frame in frames:
                    said = message.read_from_client(frame)
                    if isinstance(said, message.Hello):
                        line.sendall(message.encode(message.Welcome(1, "till-1")))
                        line.sendall(message.encode(message.Shown(self._view)))
                    elif isinstance(said, message.Order):
                        self.orders.put(said)
                        if self.answers:
                            line.sendall(message.encode(message.Answer(said.id, True, 1)))
        except OSError:
            return

    def push(self, view: TillView) -> None:
        """Sends a view to everybody who listens."""
        self._view = view
        for line in self._lines:
            line.sendall(message.encode(message.Shown(view)))

    def wait_for(self, kind: type[Any]) -> message.Order:
        """The next order whose command is of a kind; fails with what was ordered instead."""
        others: list[Any] = []
        while True:
            try:
                order = self.orders.get(timeout=PATIENCE_S)
            except queue.Empty:
                pytest.fail(f"no {kind.__name__} within {PATIENCE_S:.0f} s; only {others}")
            if isinstance(order.command, kind):
                return order
            others.append(order.command)

    def close(self) -> None:
        """Goes away like a killed daemon."""
        for end in (self._server, *self._lines):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self._path.unlink(missing_ok=True)


@pytest.fixture
def daemon_end(tmp_path: Path) -> Iterator[Callable[[TillView], DaemonEnd]]:
    """`daemon_end(view)` listens on `tmp_path / "s"`; called again after `close` it is the daemon come back."""
    ends: list[DaemonEnd] = []

    def start(view: TillView) -> DaemonEnd:
        ends.append(DaemonEnd(tmp_path / "s", view))
        return ends[-1]

    yield start
    for end in ends:
        end.close()


class Panel:
    """A running kiosk and what one sees of it."""

    def __init__(self, process: "subprocess.Popen[bytes]", display: str, size: tuple[int, int]) -> None:
        self.process, self._display, self._size = process, display, size

    def picture(self) -> Image.Image:
        """What the panel shows now."""
        return ImageGrab.grab(xdisplay=self._display).crop((0, 0, *self._size)).convert("RGB")

    def colour(self, x: int, y: int) -> str:
        """The colour of one pixel as the tokens write it."""
        return "#" + self.picture().crop((x, y, x + 1, y + 1)).tobytes().hex().upper()

    def wait_for(self, x: int, y: int, colour: str) -> None:
        """Until a pixel has a colour; fails with the colour that it has instead."""
        waiting = threading.Event()
        for _ in range(int(PATIENCE_S * 20)):
            if self.colour(x, y) == colour:
                return
            assert self.process.poll() is None, "the kiosk ended"
            waiting.wait(0.05)
        assert self.colour(x, y) == colour


@pytest.fixture
def kiosk(tmp_path: Path, display: str) -> Callable[..., Any]:
    """`with kiosk() as panel:` runs the real kiosk against `tmp_path / "s"`."""

    @contextmanager
    def run(size: tuple[int, int] = (1280, 800)) -> Iterator[Panel]:
        command = [sys.executable, "-m", "appliance.kiosk", "--socket", str(tmp_path / "s")]
        command += ["--size", f"{size[0]}x{size[1]}", "--log", str(tmp_path / "kiosk.log")]
        environment = {**os.environ, "DISPLAY": display, "HOME": str(tmp_path)}
        with subprocess.Popen(command, env=environment) as process:
            try:
                yield Panel(process, display, size)
            finally:
                process.kill()

    return run
