"""Category keys and product tiles."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Painted, Press, load_kv
from appliance.kiosk.widgets.layer import Region
from appliance.kiosk.widgets.paint import text_width, wrap

_NAME_LINES, _STEPS_DOWN = 2, 2


def name_px(name: str, width: float, px: int) -> int:
    """Size of a name: up to two steps down where it would lose a word or stand over the edge."""
    for size in range(px, px - _STEPS_DOWN, -1):
        lines = wrap(name, size, 600, width)
        if len(lines) <= _NAME_LINES and all(text_width(line, size, 600) <= width for line in lines):
            return size
    return px - _STEPS_DOWN


class HueBox(Painted):
    """A tint with an 8 px band on its leading edge: the band rounded at the left, the tint at the right."""

    band = StringProperty("line-strong")
    tint = StringProperty("surface")


class CategoryKey(Press, HueBox):
    """One key of the category rail; solid band colour when chosen."""

    text = StringProperty("")
    chosen = BooleanProperty(False)


class Tile(Region):
    """One product: name on two lines, price (or "Épuisé"), how many are on the ticket.

    A scan or a touch repaints one tile. look: "", "out" (sold out) or "empty"; `pressed` shows the band.
    """

    name = StringProperty("")
    price = StringProperty("")
    look = StringProperty("")
    hue = StringProperty("neutre")
    badge = StringProperty("")
    ground = StringProperty("bg")

    name_px = staticmethod(name_px)

    def do_layout(self, *_: Any) -> None:
        """The parts place themselves in tile.kv."""


class PageKey(Box):
    """The last slot of a page: goes on to the next one, or back to the first."""

    text = StringProperty("")
    is_back = BooleanProperty(False)


class Badge(Box):
    """How many of the product are on the ticket."""

    text = StringProperty("")
    hue = StringProperty("neutre")
    right_edge = NumericProperty(0)
    bottom_edge = NumericProperty(0)


load_kv(__file__)
