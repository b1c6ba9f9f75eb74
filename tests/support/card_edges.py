"""`python -m tests.support.card_edges WIDTH HEIGHT [long]`: what sticks out of a card of Périphériques.

Shows every recorded view of the screen for this panel and prints as JSON a list of [picture, widget, text] for each
child that is not wholly within its card, and each text that is wider than its place. `long` is the negative control:
a key's word is made too long.
"""

import json
import sys
from typing import Any

import msgspec

from appliance.kiosk.gallery.__main__ import recorded
from appliance.kiosk.setup import configure
from appliance.protocol.view import TillView

SLACK = 1.0
"""A pixel by rounding."""


def outside(name: str, card: Any, widget: Any) -> list[tuple[str, str, str]]:
    """The faults of everything below a widget of the card."""
    found = []
    for child in widget.children:
        text, block = getattr(child, "text", ""), getattr(child, "_block", (0, 0))
        sticks_out = (
            child.x < card.x - SLACK
            or child.right > card.right + SLACK
            or child.y < card.y - SLACK
            or child.top > card.top + SLACK
        )
        is_drawn = child.opacity and (text or child.children) and getattr(child, "shown", True)
        if is_drawn and (sticks_out or block[0] > child.width + SLACK):
            found.append((name, type(child).__name__, str(text)))
        found += outside(name, card, child)
    return found


def main() -> None:
    panel = (int(sys.argv[1]), int(sys.argv[2]))
    configure(*panel)
    from kivy.base import EventLoop
    from kivy.core.window import Window

    from appliance.kiosk.gallery.draw import settle
    from appliance.kiosk.screens.devices import DeviceBox, DeviceTests
    from appliance.kiosk.shell import Shell
    from appliance.kiosk.widgets import Stage

    stage = Stage(size=panel)
    Window.add_widget(stage)
    EventLoop.start()
    found, cards = [], 0
    for name, item in recorded("25"):
        if item.panel != panel:
            continue
        stage.clear_widgets()
        shell = Shell(panel, lambda _command: None)
        stage.add_widget(shell)
        shell.show(msgspec.json.decode(item.view, type=TillView))
        settle(EventLoop, Window)
        boxes = [widget for widget in shell.walk() if isinstance(widget, DeviceBox)]
        if "long" in sys.argv:
            keys = next(widget for widget in boxes[0].walk() if isinstance(widget, DeviceTests))
            for key in keys.children[:1]:  # beside the search seven cards have none
                key.text = "Donaudampfschifffahrtsgesellschaftskapitän"
            settle(EventLoop, Window)
        cards += len(boxes)
        for box in boxes:
            found += outside(name, box, box)
    sys.stdout.write(json.dumps({"cards": cards, "outside": found}) + "\n")


main()
