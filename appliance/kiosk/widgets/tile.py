"""Category keys and product tiles.

A tile is painted once into its page's layer; what changes while selling (the badge, the pressed look) is drawn by the
grid above the layer, so that a scan does not repaint the page.
"""

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Painted, Press, load_kv


class HueBox(Painted):
    """A tint with an 8 px band on its leading edge: the band rounded at the left, the tint at the right."""

    band = StringProperty("line-strong")
    tint = StringProperty("surface")


class CategoryKey(Press, HueBox):
    """One key of the category rail; solid band colour when chosen."""

    text = StringProperty("")
    chosen = BooleanProperty(False)


class Tile(HueBox):
    """One product: name on two lines, price (or "Épuisé"). look: "", "out" (sold out), "pressed" or "empty"."""

    name = StringProperty("")
    price = StringProperty("")
    look = StringProperty("")
    hue = StringProperty("neutre")


class PageKey(Box):
    """The last slot of a page: goes on to the next one."""

    text = StringProperty("")


class Badge(Box):
    """How many of the product are on the ticket."""

    text = StringProperty("")
    hue = StringProperty("neutre")
    right_edge = NumericProperty(0)
    bottom_edge = NumericProperty(0)


load_kv(__file__)
