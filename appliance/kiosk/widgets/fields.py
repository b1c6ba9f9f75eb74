"""Fields one types into: search, form field, the big value field of a keypad.

Hides the caret. Fields hold no text of their own logic: the screen gives `text` and gets key strokes from the kiosk's
keyboard router or the on-screen keyboard.
"""

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Col, Painted, Press, Row, load_kv


class Caret(Painted):
    """The blue bar where the next letter comes."""


class SearchField(Press, Row):
    """Magnifier, text or hint, ✕ while there is text (`on_clear`)."""

    text = StringProperty("")
    hint = StringProperty("")
    focused = BooleanProperty(False)
    px = NumericProperty(17)
    icon_only = BooleanProperty(False)
    __events__ = ("on_clear",)

    def on_clear(self) -> None:
        """The ✕ was touched."""


class FormField(Press, Col):
    """Label above, 52 high field, error sentence below."""

    label = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")
    icon = StringProperty("")
    error = StringProperty("")
    focused = BooleanProperty(False)
    locked = BooleanProperty(False)
    field_height = NumericProperty(52)
    px = NumericProperty(19)
    wt = NumericProperty(500)


class ValueField(Box):
    """The 84 px field above a keypad: a caption at left, the value at right."""

    caption = StringProperty("")
    text = StringProperty("")
    unit = StringProperty("")
    tone = StringProperty("ink")
    focused = BooleanProperty(True)


load_kv(__file__)
