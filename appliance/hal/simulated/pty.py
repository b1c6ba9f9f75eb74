"""The far end of a serial cable: a pty whose near end a driver opens by a path that stays the same."""

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path

_SPEEDS = (4_800, 9_600, 19_200, 38_400, 57_600, 115_200)


class PtyCable:
    """Plugged in, `path` is a link to the serial node; pulled out, the node is gone and its reader gets a hang-up."""

    def __init__(self, path: Path, receive: Callable[[bytes], None] = lambda received: None) -> None:
        self.path = path
        self._receive = receive
        self._far = self._near = -1

    @property
    def is_plugged(self) -> bool:
        return self._far >= 0

    @property
    def baud(self) -> int:
        """The speed that the near end reads and writes at; 0 while the cable is out."""
        if not self.is_plugged:
            return 0
        speed = termios.tcgetattr(self._near)[5]
        return next((baud for baud in _SPEEDS if getattr(termios, f"B{baud}") == speed), 0)

    def plug(self) -> None:
        if self.is_plugged:
            return
        self._far, self._near = os.openpty()  # ours stays open too: a pty nobody has open polls as hung up
        tty.setraw(self._near, termios.TCSANOW)
        os.set_blocking(self._far, False)
        asyncio.get_running_loop().add_reader(self._far, self._on_readable)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(self._near))

    def unplug(self) -> None:
        if not self.is_plugged:
            return
        asyncio.get_running_loop().remove_reader(self._far)
        self.path.unlink(missing_ok=True)
        os.close(self._far)
        os.close(self._near)
        self._far = self._near = -1

    def send(self, payload: bytes) -> None:
        """Bytes towards the till; lost when the cable is out or nobody has read for a long time, as on a real line."""
        if self.is_plugged:
            try:
                os.write(self._far, payload)
            except BlockingIOError:
                return

    def _on_readable(self) -> None:
        try:
            received = os.read(self._far, 4_096)
        except OSError:
            return
        self._receive(received)
