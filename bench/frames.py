"""`python -m bench.frames ROUNDS FRAMES`: draws as fast as it can and prints nanoseconds per frame as JSON.

A process of its own, since Kivy opens one window for good. Variants take turns: a window with one rectangle, the full
till with one colour changed, the till with forty lines of which one changed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from appliance.kiosk.setup import configure
from appliance.protocol.view import TillView
from bench.measure import in_turn, now_ns
from bench.x11 import SIZE

GALLERY = Path(__file__).resolve().parent.parent / "appliance" / "kiosk" / "gallery"


class Recorded(msgspec.Struct):
    """The part of a recorded picture that matters here."""

    view: TillView


def recorded(name: str) -> TillView:
    return msgspec.json.decode((GALLERY / f"{name}.json").read_bytes(), type=Recorded).view


def counted(view: TillView, count: int) -> TillView:
    """The same view one scan later: its last line counts up, the total with it."""
    assert view.ticket is not None
    *before, last = view.ticket.lines
    more = msgspec.structs.replace(last, quantity_milli=1000 * count, amount_minor=last.unit_price_minor * count)
    ticket = msgspec.structs.replace(
        view.ticket, lines=(*before, more), total_minor=view.ticket.total_minor + last.unit_price_minor * count
    )
    return msgspec.structs.replace(view, ticket=ticket, rev=view.rev + count)


def frame(loop: Any) -> int:
    """One turn as the kiosk takes it: events, layouts, the window, then what changed inside layers."""
    from appliance.kiosk.widgets.frame import painter

    began = now_ns()
    loop.idle()
    painter.paint()
    return now_ns() - began


def main() -> None:
    """Open one window and swap what is in it."""
    configure(*SIZE, fps=0)
    from kivy.base import EventLoop
    from kivy.core.window import Window
    from kivy.graphics import Color, Rectangle
    from kivy.uix.widget import Widget

    from appliance.kiosk.shell import Shell
    from appliance.kiosk.widgets import Stage

    rounds, frames = int(sys.argv[1]), int(sys.argv[2])
    empty = Widget()
    with empty.canvas:
        colour = Color(1, 0, 0, 1)
        Rectangle(size=(50, 50))
    stages = {}
    for name in ("05-vente", "05d-quarante-lignes"):
        shell = Shell(SIZE, lambda _command: None)
        stages[name] = Stage(size=SIZE)
        stages[name].add_widget(shell)
        with stages[name].canvas.after:
            tint = Color(1, 0, 0, 1)
            Rectangle(size=(4, 4))
        stages[name].bench = (shell, tint, recorded(name))
    Window.add_widget(empty)
    EventLoop.start()
    state = {"on": empty, "count": 1}

    def put(widget: Any) -> None:
        if state["on"] is not widget:
            Window.remove_widget(state["on"])
            Window.add_widget(widget)
            state["on"] = widget
            if hasattr(widget, "bench"):
                widget.bench[0].show(widget.bench[2])
            for _ in range(5):
                EventLoop.idle()

    def blink(widget: Any, what: Any) -> list[int]:
        put(widget)
        taken = []
        for number in range(frames):
            what.rgba = (number % 2, 0, 0, 1)
            taken.append(frame(EventLoop))
        return taken

    def scans(widget: Any) -> list[int]:
        put(widget)
        shell, _, view = widget.bench
        taken = []
        for _ in range(frames):
            state["count"] += 1
            began = now_ns()
            shell.show(counted(view, state["count"]))
            frame(EventLoop)
            taken.append(now_ns() - began)
        return taken

    full, forty = stages["05-vente"], stages["05d-quarante-lignes"]
    found = in_turn(
        {
            "empty window": lambda: blink(empty, colour),
            "full till, one colour changed": lambda: blink(full, full.bench[1]),
            "full till, one line changed": lambda: scans(full),
            "40 lines, one changed": lambda: scans(forty),
        },
        rounds,
    )
    sys.stdout.write(msgspec.json.encode({what: series.rounds for what, series in found.items()}).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
