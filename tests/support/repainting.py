"""`python -m tests.support.repainting SEED COUNT [blind|still]`: shows random views, painted in two ways.

Each view is first painted as the kiosk does, over the last frame, then the whole window is painted anew: both pictures
must be the same, and the screen must come to show it. Prints as JSON how many were compared, how many were painted
over, which ones differ and which were not seen on the screen. `blind` is the negative control: changed regions are not
seen; with `still` nothing is brought to the screen.
"""

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from appliance.kiosk.setup import configure
from appliance.protocol.view import TillView
from bench.measure import now_ns
from bench.x11 import Watcher

SIZE = (1280, 800)
GALLERY = Path(__file__).resolve().parents[2] / "appliance" / "kiosk" / "gallery"
SETTLING = 3
"""Turns of the loop in which widgets find their places."""


class Recorded(msgspec.Struct):
    view: TillView


def views() -> list[TillView]:
    recorded = [msgspec.json.decode(file.read_bytes(), type=Recorded).view for file in sorted(GALLERY.glob("*.json"))]
    return [msgspec.structs.replace(view, profile="auto") for view in recorded]


def counted(view: TillView, count: int) -> TillView:
    """The same view with another quantity on its last line."""
    if view.ticket is None or not view.ticket.lines:
        return view
    *before, last = view.ticket.lines
    more = msgspec.structs.replace(last, quantity_milli=1000 * count, amount_minor=count * 115)
    ticket = msgspec.structs.replace(view.ticket, lines=(*before, more), total_minor=count * 115)
    return msgspec.structs.replace(view, ticket=ticket)


def main() -> None:
    seed, count, blind = int(sys.argv[1]), int(sys.argv[2]), "blind" in sys.argv
    configure(*SIZE, fps=0)
    from kivy.base import EventLoop
    from kivy.core.window import Window
    from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels

    from appliance.kiosk.shell import Shell
    from appliance.kiosk.widgets import Stage
    from appliance.kiosk.widgets.frame import painter

    def picture() -> bytes:
        return bytes(glReadPixels(0, 0, *SIZE, GL_RGBA, GL_UNSIGNED_BYTE))

    def is_on_the_panel(painted: bytes) -> bool:
        """Whether the screen comes to show, within a second, what was painted."""
        wanted = Image.frombytes("RGBA", SIZE, painted).transpose(Image.Transpose.FLIP_TOP_BOTTOM).convert("RGB")
        end = now_ns() + 1_000_000_000
        while now_ns() < end:
            seen = Image.frombytes("RGB", SIZE, panel.pixels(0, 0, *SIZE), "raw", "BGRX")
            if seen.tobytes() == wanted.tobytes():
                return True
        return False

    over: list[Any] = []
    draw_over, changed = painter._draw_over, painter._changed

    def counting() -> None:
        over.append(None)
        draw_over()

    vars(painter)["_draw_over"] = counting
    if blind:
        vars(painter)["_changed"] = lambda: [piece for piece in changed() if piece.is_layer]
    if "still" in sys.argv:
        vars(painter)["_show_drawn"] = lambda: None
    shell, stage = Shell(SIZE, lambda _command: None), Stage(size=SIZE)
    stage.add_widget(shell)
    Window.add_widget(stage)
    EventLoop.start()
    chance, all_views, differing, unseen = random.Random(seed), views(), [], []
    panel = Watcher(os.environ["DISPLAY"])
    selling = [view for view in all_views if view.ticket and view.ticket.lines and view.sheet is None]
    view = selling[0]
    for number in range(count):
        if number % 4 == 0:
            view = chance.choice(selling if chance.random() < 0.7 else all_views)
        view = counted(view, chance.randint(1, 99))
        shell.show(view)
        for _ in range(SETTLING):
            EventLoop.idle()
            painter.paint()
        painted = picture()
        if not is_on_the_panel(painted):
            unseen.append(number)
        Window.dispatch("on_draw")
        if picture() != painted:
            differing.append(number)
        Window.dispatch("on_flip")
    sys.stdout.write(
        json.dumps({"compared": count, "painted_over": len(over), "differing": differing, "unseen": unseen}) + "\n"
    )


if __name__ == "__main__":
    main()
