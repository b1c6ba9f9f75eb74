"""The on-screen keyboard: AZERTY for France, QWERTZ with é è à for Switzerland.

Hides layers and capitals. `on_text(character)` and `on_key(name)` with "backspace", "left", "right" or "next".
"""

from typing import Any

from kivy.properties import NumericProperty, OptionProperty, StringProperty

from appliance.kiosk.widgets.base import Box, Col, Press, Row, load_kv
from appliance.kiosk.widgets.frame import painter

LAYOUTS = {
    "qwertz-ch": ("qwertzuiopè", "asdfghjkléà", "yxcvbnm’-."),
    "azerty": ("azertyuiopé", "qsdfghjklmè", "wxcvbn’-.à"),
    "digits": ("1234567890+", '-/:;()€&@"°', ".,?!’#%=*_"),
    "accents": ("àâäæçéèêëîï", "ôöœùûüÿñßáí", "óúìòãõåø¿¡"),
}


class KeyCap(Press, Box):
    """One key; `share` is its width against a letter."""

    text = StringProperty("")
    icon = StringProperty("")
    look = OptionProperty("", options=["", "f", "go"])
    px = NumericProperty(22)


class OnScreenKeyboard(Col):
    """274 high. layout: "qwertz-ch" or "azerty"; next_text: the word of the last key."""

    layout = OptionProperty("qwertz-ch", options=["qwertz-ch", "azerty"])
    next_text = StringProperty("")
    layer = StringProperty("")
    capital = NumericProperty(1)
    __events__ = ("on_text", "on_key")

    def __init__(self, **kwargs: Any) -> None:
        self._letters: list[tuple[KeyCap, str]] = []
        super().__init__(**kwargs)
        for name in ("layout", "layer", "next_text"):
            self.fbind(name, self._build)
        self.fbind("capital", self._spell)
        painter.cover(self)
        self._build()

    def on_text(self, text: str) -> None:
        """A character was typed; the capital of a name's first letter is used up."""

    def on_key(self, key: str) -> None:
        """An editing key was touched."""

    def on_touch_down(self, touch: Any) -> bool:
        """Keeps every touch on the keyboard: between two keys it would reach a tile below."""
        return bool(super().on_touch_down(touch)) or (self.shown and self.collide_point(*touch.pos))

    def _spell(self, *_: Any) -> None:
        """Capitals or not: the keys stay where they are, a touch may be under way."""
        for cap, letter in self._letters:
            cap.text = letter.upper() if self.capital and not self.layer else letter

    def _build(self, *_: Any) -> None:
        self.clear_widgets()
        self._letters = []
        rows = LAYOUTS[self.layer or self.layout]
        for i, letters in enumerate(rows):
            row = Row(gap=6)
            if i == 2:
                self._cap(row, "", "arrow-fat-up", "f", 1.5, self._shift)
            for letter in letters:
                self._letters.append((self._cap(row, letter, "", "", 1, self._typed), letter))
            if i == 2:
                self._cap(row, "", "backspace", "f", 1.5, lambda _c: self.dispatch("on_key", "backspace"))
            self.add_widget(row)
        self.add_widget(self._last_row())
        self._spell()
        self.do_layout()  # not in the next frame: the next touch may come before it
        for row in self.children:
            row.do_layout()

    def _last_row(self) -> Row:
        row = Row(gap=6)
        self._cap(row, "abc" if self.layer == "digits" else "123", "", "f", 1.5, lambda _c: self._flip("digits"))
        self._cap(row, "@", "", "f", 1, self._typed)
        self._cap(row, "abc" if self.layer == "accents" else "ç ü ö", "", "f", 1.2, lambda _c: self._flip("accents"))
        self._cap(row, "espace", "", "", 5, lambda _c: self.dispatch("on_text", " "), 17)
        self._cap(row, "", "caret-left", "f", 1, lambda _c: self.dispatch("on_key", "left"))
        self._cap(row, "", "caret-right", "f", 1, lambda _c: self.dispatch("on_key", "right"))
        self._cap(row, self.next_text, "", "go", 2.2, lambda _c: self.dispatch("on_key", "next"), 18)
        return row

    def _cap(self, row: Row, text: str, icon: str, look: str, share: float, act: Any, px: int = 0) -> KeyCap:
        cap = KeyCap(text=text, icon=icon, look=look, size_hint=(share, 1), fires="down")
        cap.px = px or (17 if look == "f" else 22)
        cap.bind(on_tap=act)
        row.add_widget(cap)
        return cap

    def _typed(self, cap: KeyCap) -> None:
        self.dispatch("on_text", cap.text)
        if self.capital == 1:
            self.capital = 0

    def _shift(self, _cap: KeyCap) -> None:
        self.capital = 0 if self.capital else 1

    def _flip(self, layer: str) -> None:
        self.layer = "" if self.layer == layer else layer


load_kv(__file__)
