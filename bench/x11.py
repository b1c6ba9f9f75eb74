"""A virtual screen, keys pressed on it, and the moment at which a pixel changes: the till seen from outside.

Hides python-xlib. Works for any program that draws into a window: the kiosk and its rivals are measured by one ruler.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from bench.measure import now_ns
from bench.registry import Unmeasured

SIZE = (1280, 800)


@contextmanager
def screen() -> Iterator[str]:
    """A virtual screen of 1280 x 800; its DISPLAY."""
    if shutil.which("Xvfb") is None:
        raise Unmeasured("Xvfb is not installed: apt-get install xvfb")
    ours, theirs = os.pipe()
    width, height = SIZE
    command = [
        "Xvfb",
        "-displayfd",
        str(theirs),
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    with subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        with open(ours) as answer:
            number = answer.readline().strip()
        try:
            yield f":{number}"
        finally:
            server.terminate()


class Watcher:
    """Looks at small places of the screen, and types."""

    def __init__(self, name: str) -> None:
        self._display = Display(name)
        self._root = self._display.screen().root

    def close(self) -> None:
        self._display.close()

    def pixels(self, x: int, y: int, width: int, height: int) -> bytes:
        """What stands in a rectangle, as the server's own bytes."""
        image: Any = self._root.get_image(x, y, width, height, X.ZPixmap, 0xFFFFFFFF)
        data: bytes = image.data
        return data

    def focus(self, limit_s: float = 30.0) -> None:
        """Give the keyboard to the biggest window as soon as there is one: there is no window manager here."""
        end = now_ns() + int(limit_s * 1e9)
        while not (windows := self._root.query_tree().children):
            if now_ns() > end:
                raise TimeoutError(f"no window within {limit_s} s")
            select.select([], [], [], 0.05)
        biggest = max(windows, key=lambda window: window.get_geometry().width)
        biggest.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def key(self, name: str) -> None:
        """Press and let go a key by its X name."""
        code = self._display.keysym_to_keycode(XK.string_to_keysym(name))
        xtest.fake_input(self._display, X.KeyPress, code)
        xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.flush()

    def change(self, where: tuple[int, int, int, int], before: bytes, limit_s: float = 5.0) -> int:
        """When a rectangle stopped showing `before`, in nanoseconds. Raises TimeoutError."""
        end = now_ns() + int(limit_s * 1e9)
        while (now := now_ns()) < end:
            if self.pixels(*where) != before:
                return now_ns()
            if now_ns() - now < 200_000:
                select.select([], [], [], 0.0002)
        raise TimeoutError(f"nothing changed at {where} within {limit_s} s")

    def settle(self, where: tuple[int, int, int, int], calm_s: float = 0.15, limit_s: float = 20.0) -> bytes:
        """What a rectangle shows once it has not changed for a while."""
        end, since, last = now_ns() + int(limit_s * 1e9), now_ns(), self.pixels(*where)
        while now_ns() - since < calm_s * 1e9:
            if now_ns() > end:
                raise TimeoutError(f"{where} never came to rest")
            select.select([], [], [], 0.01)
            seen = self.pixels(*where)
            if seen != last:
                since, last = now_ns(), seen
        return last
