"""What was just done, with Annuler; at the bottom right of a screen that sells nothing (design system, section 6)."""

from typing import Any

from kivy.properties import StringProperty

from appliance.kiosk.widgets.base import Row, load_kv
from appliance.kiosk.widgets.frame import painter


class Toast(Row):
    """A sentence on ink and one key. `on_undo`. It swallows the touches on it."""

    text = StringProperty("")
    action = StringProperty("")
    __events__ = ("on_undo",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        painter.cover(self)

    def on_undo(self) -> None:
        """The key was touched."""

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below the toast gets a touch."""
        return bool(super().on_touch_down(touch)) or self.collide_point(*touch.pos)


load_kv(__file__)
