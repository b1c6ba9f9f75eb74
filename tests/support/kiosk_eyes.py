"""The kiosk with eyes: the real program, and a socket that tells what stands where on its screen.

`python -m tests.support.kiosk_eyes EYES --socket TILL ...`: whoever connects to EYES and sends a line gets a JSON list
of [text, left, top, right, bottom] in pixels of the panel, of every text that is shown, none while it would
not feel a touch. Nothing of the kiosk is replaced; its widgets are asked between two frames. `Eyes` is the other end.
"""

import gc
import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_S = 20.0
POLL_S = 0.05


class Label(NamedTuple):
    """A text on the screen; pixels from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[int, int]:
        return round((self.left + self.right) / 2), round((self.top + self.bottom) / 2)


def plain(text: str) -> str:
    """As somebody types it: plain spaces, no soft hyphens, plain quotes."""
    return " ".join(text.replace("\u00ad", "").replace("’", "'").split())


class Eyes:
    """Reads a kiosk's screen from outside."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Label]:
        """What is shown now; nothing while the kiosk is not there yet."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE_S)
            try:
                line.connect(str(self._path))
                line.sendall(b"?\n")
                with line.makefile("rb") as answer:
                    return [Label(*row) for row in json.loads(answer.readline() or b"[]")]
            except (FileNotFoundError, ConnectionError):
                return []

    def find(self, text: str, within: tuple[int, int, int, int] = (0, 0, 9999, 9999)) -> list[Label]:
        """The labels with this text, or beginning with it when it ends in "…", whose middle is within a rectangle."""
        found = []
        for label in self.read():
            words, (x, y) = plain(label.text), label.centre
            fits = words.startswith(text[:-1]) if text.endswith("…") else words == text
            if fits and within[0] <= x <= within[2] and within[1] <= y <= within[3]:
                found.append(label)
        return found

    def wait_for(self, text: str, within: tuple[int, int, int, int] = (0, 0, 9999, 9999)) -> Label:
        """The one label with this text; fails with what stands there instead."""
        waiting = threading.Event()
        for _ in range(int(PATIENCE_S / POLL_S)):
            found = self.find(text, within)
            if len(found) == 1:
                return found[0]
            waiting.wait(POLL_S)
        shown = sorted((round(row.top), round(row.left), plain(row.text)) for row in self.read())
        raise AssertionError(f"{text!r} stands {len(self.find(text, within))} times within {within}; there is {shown}")


# --- the kiosk's side -----------------------------------------------------------------------------------------------


def serve(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        while True:
            line, _address = server.accept()
            with line, line.makefile("rb") as asked:
                asked.readline()  # one line, one answer
                line.sendall(json.dumps(look()).encode() + b"\n")


def look() -> list[tuple[str, float, float, float, float]]:
    """What is shown, read by the kiosk's own thread between two frames; nothing before there are any."""
    window = getattr(sys.modules.get("kivy.core.window"), "Window", None)
    if window is None or not window.children:  # to import Kivy is the kiosk's
        return []
    from kivy.clock import Clock

    seen: list[tuple[str, float, float, float, float]] = []
    done = threading.Event()

    def read(_dt: float) -> None:
        from kivy.core.window import Window

        if gc.isenabled() and all(map(feels, Window.children)):  # until then screens are built ahead
            for child in Window.children:
                seen.extend(texts_of(child, Window.height))
        done.set()

    Clock.schedule_once(read, -1)
    done.wait(PATIENCE_S)
    return seen


def feels(widget: Any) -> bool:
    """Not while touches still count for the screen before."""
    from kivy.clock import Clock

    from appliance.kiosk.shell import GUARD_S, Shell

    shells = [child for child in widget.children if isinstance(child, Shell)]
    return all(not shell._unseen and Clock.get_boottime() - shell._drawn_at > GUARD_S for shell in shells)


def texts_of(widget: Any, height: float) -> Iterator[tuple[str, float, float, float, float]]:
    if not getattr(widget, "shown", True) or not widget.opacity or widget.disabled:
        return
    content = getattr(widget, "content", None)
    if callable(content) and content() and widget.width > 0 and widget.height > 0:
        left, low = widget.to_window(widget.x, widget.y)
        right, high = widget.to_window(widget.right, widget.top)
        if right > 0 and high > 0 and low < height:
            yield content(), left, height - high, right, height - low
    for child in widget.children:
        yield from texts_of(child, height)


def main() -> None:
    threading.Thread(target=serve, args=(Path(sys.argv.pop(1)),), name="eyes", daemon=True).start()
    from appliance.kiosk.__main__ import main as kiosk

    kiosk()


if __name__ == "__main__":
    main()
