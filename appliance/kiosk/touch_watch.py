"""Wakes the kiosk when somebody touches the screen or a key.

Hides that Kivy only looks for touches once a frame: looking 25 times a second costs a till that stands idle several
per cent of a core. A thread sleeps on what SDL itself reads from (the display server's line, or the input devices
where there is no server) and wakes Kivy's clock; where neither is found, the kiosk goes on looking.
"""

import os
import select
import socket
import threading
from collections.abc import Callable

DISPLAY_SOCKETS = ("/tmp/.X11-unix/", "/run/user/")
INPUT_NODES = "/dev/input/event"


class TouchWatch:
    """Calls `wake` from a thread of its own, once for each time that there is something to read."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._read = threading.Event()

    def start(self) -> bool:
        """Begins to watch; False when there is nothing that could be watched. After the window was opened."""
        sources = _sources()
        if sources:
            threading.Thread(target=self._run, args=(sources,), name="kiosk-touch", daemon=True).start()
        return bool(sources)

    def taken(self) -> None:
        """The kiosk has read all there was."""
        self._read.set()

    def _run(self, sources: list[int]) -> None:
        waiting = select.poll()
        for source in sources:
            waiting.register(source, select.POLLIN)
        while True:
            if any(state & ~select.POLLIN for _source, state in waiting.poll()):
                return  # the display has gone, and the kiosk with it
            self._read.clear()
            self._wake()
            self._read.wait()


def _sources() -> list[int]:
    """The open files that touches arrive on."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
            if target.startswith(INPUT_NODES) or (target.startswith("socket:") and _is_display(int(name))):
                found.append(int(name))
        except OSError:
            continue  # the listing's own file, or one that was closed meanwhile
    return found


def _is_display(file: int) -> bool:
    with socket.socket(fileno=os.dup(file)) as line:
        if line.family != socket.AF_UNIX:
            return False
        peer = line.getpeername()
    name = peer.decode(errors="replace") if isinstance(peer, bytes) else str(peer)
    return name.lstrip("\0").startswith(DISPLAY_SOCKETS)
