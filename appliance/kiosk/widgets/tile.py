"""Category keys and product tiles.

Hides how a tile is painted: each is a layer of its own, so that a scan repaints one of them and no other.
"""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Painted, Press, load_kv
from appliance.kiosk.widgets.layer import Layer


class HueBox(Painted):
    """A tint with an 8 px band on its leading edge: the band rounded at the left, the tint at the right."""

    band = StringProperty("line-strong")
    tint = StringProperty("surface")


class CategoryKey(Press, HueBox):
    """One key of the category rail; solid band colour when chosen."""

    text = StringProperty("")
    chosen = BooleanProperty(False)


class Tile(Layer):
    """One product: name on two lines, price (or "Épuisé"), how many are on the ticket.

    A layer of its own: a scan repaints one tile. look: "", "out" (sold out) or "empty"; `pressed` shows the band.
    """

    name = StringProperty("")
    price = StringProperty("")
    look = StringProperty("")
    hue = StringProperty("neutre")
    badge = StringProperty("")
    in_opaque_group = True

    def do_layout(self, *_: Any) -> None:
        """The parts place themselves in tile.kv."""


class PageKey(Layer):
    """The last slot of a page: goes on to the next one."""

    text = StringProperty("")
    in_opaque_group = True


class Badge(Box):
    """How many of the product are on the ticket."""

    text = StringProperty("")
    hue = StringProperty("neutre")
    right_edge = NumericProperty(0)
    bottom_edge = NumericProperty(0)


load_kv(__file__)
