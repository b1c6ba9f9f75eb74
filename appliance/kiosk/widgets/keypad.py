"""The keypad of every screen, and the rule by which digits fill a value.

Hides where a key stands. `on_key(key)` gives "0".."9", "00", ".", "C", "back" or a key of the money column as it is
written in `keys`.
"""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Cells, Press, load_kv

DIGITS = ["7", "8", "9", "4", "5", "6", "1", "2", "3"]
PIN = ["1", "2", "3", "4", "5", "6", "7", "8", "9"]


class Key(Press, Box):
    """One key; kind "" digit, "f" function, "q" money, "go" pressed-in."""

    text = StringProperty("")
    icon = StringProperty("")
    kind = StringProperty("")
    sunken = BooleanProperty(False)
    locked = BooleanProperty(False)
    rest_tone = StringProperty("ink")
    face_tone = StringProperty("ink")


class Keypad(Cells):
    """Keys in columns. keys: the words in reading order, "back" for the backspace; money: words that are money keys.

    sunken: keys on a surface card are sunken, on the page they are surface.
    """

    keys = ListProperty([*DIGITS, "00", "0", "back"])
    money = ListProperty([])
    sunken = BooleanProperty(True)
    enabled = BooleanProperty(True)
    cols = NumericProperty(3)
    __events__ = ("on_key",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("keys", "money", "sunken"):
            self.fbind(name, self._fill)
        self.fbind("enabled", self._lock)
        self._fill()

    def on_key(self, key: str) -> None:
        """A key was touched."""

    def _fill(self, *_: Any) -> None:
        if len(self.children) != len(self.keys):
            self.clear_widgets()
            for _ in self.keys:
                key = Key(fires="down")
                key.bind(on_tap=self._tapped)
                self.add_widget(key)
        for widget, word in zip(reversed(self.children), self.keys, strict=False):
            widget.word = word
            widget.icon = "backspace" if word == "back" else ""
            widget.text = "" if word == "back" else word
            widget.kind = "q" if word in self.money else "" if word.isdigit() and word != "00" else "f"
            widget.sunken = self.sunken
        self._lock()

    def _lock(self, *_: Any) -> None:
        for key in self.children:
            key.locked = not self.enabled

    def _tapped(self, key: Any) -> None:
        if self.enabled:
            self.dispatch("on_key", key.word)


load_kv(__file__)
