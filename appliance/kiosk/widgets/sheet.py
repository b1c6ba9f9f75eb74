"""Sheets over the screen: the scrim, the modal card with its title, the menu under its button.

Hides that a touch beside the sheet closes it. `on_close` is fired by the scrim and by the ✕.
"""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, OptionProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Col, Painted, load_kv
from appliance.kiosk.widgets.frame import painter


class Scrim(Painted):
    """Darkens what lies below and swallows touches; a touch on it fires `on_close`."""

    __events__ = ("on_close",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        painter.cover(self)

    def on_close(self) -> None:
        """The space beside the sheet was touched."""

    def on_touch_down(self, touch: Any) -> bool:
        """Takes every touch that nothing above the scrim took."""
        if not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Closes when the touch began on the scrim too: one that began on the card above never closes it."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if self.collide_point(*touch.pos):
            self.dispatch("on_close")
        return True


class Sheet(Col):
    """A modal card with a 72 px head: icon, title, ✕. Its children stand below the head. `on_close`."""

    title = StringProperty("")
    icon = StringProperty("")
    icon_tone = StringProperty("primary")
    __events__ = ("on_close",)

    def on_close(self) -> None:
        """The ✕ was touched."""

    def on_touch_down(self, touch: Any) -> bool:
        """Keeps every touch on the card, also between its keys."""
        return bool(super().on_touch_down(touch)) or self.collide_point(*touch.pos)


class SheetHead(Box):
    """Head of a sheet or of a pane."""

    title = StringProperty("")
    icon = StringProperty("")
    icon_tone = StringProperty("primary")
    __events__ = ("on_close",)

    def on_close(self) -> None:
        """The ✕ was touched."""


class PaneHead(Box):
    """The 76 px head of a pane over the tiles: icon, title, detail, ✕, rule below."""

    title = StringProperty("")
    detail = StringProperty("")
    icon = StringProperty("")
    icon_tone = StringProperty("primary")
    closable = BooleanProperty(True)
    __events__ = ("on_close",)

    def on_close(self) -> None:
        """The ✕ was touched."""


class Modal(Box):
    """A sheet in the middle of the screen on a scrim. Give it one Sheet; `on_close` for scrim and ✕."""

    over_ticket = BooleanProperty(True)
    direction = OptionProperty("stack", options=["row", "col", "stack"])
    justify = OptionProperty("center", options=["start", "center", "end", "between"])
    __events__ = ("on_close",)

    def on_close(self) -> None:
        """The sheet wants to close."""

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below a modal gets a touch."""
        super().on_touch_down(touch)
        return True


_MENU_RADIUS = 12


class Menu(Col):
    """A list under its button. items: MenuItems; `on_choose(id)`."""

    items = ListProperty([])
    row_height = NumericProperty(72)
    __events__ = ("on_choose",)

    def on_choose(self, item: str) -> None:
        """A row was touched."""

    def on_touch_down(self, touch: Any) -> bool:
        """Keeps every touch on the list."""
        return bool(super().on_touch_down(touch)) or self.collide_point(*touch.pos)

    def on_items(self, *_: Any) -> None:
        """Builds one row an item."""
        from appliance.kiosk.widgets.controls import ListRow

        self.clear_widgets()
        for i, item in enumerate(self.items):
            row = ListRow(
                icon=item.icon,
                title=item.title,
                detail=item.detail,
                tone=item.tone,
                chosen=item.chosen,
                enabled=item.enabled,
                last=i == len(self.items) - 1,
                height=self.row_height,
                radius=_MENU_RADIUS - 2,
            )
            first, last = i == 0, row.last
            row.corners = [first, first, last, last]
            row.bind(on_tap=lambda _row, key=item.id: self.dispatch("on_choose", key))
            self.add_widget(row)


load_kv(__file__)
