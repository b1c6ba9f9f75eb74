"""Four dots and their keypad: a code that sends itself at the fourth digit.

Hides the digits: they are kept only until the code is whole, then handed to `on_pin` and forgotten.
"""

from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.viewmodel.lock import PinModel
from appliance.kiosk.widgets.base import Col, Painted, Row, load_kv

LENGTH = 4


class PinDot(Painted):
    """One digit: an empty ring, or full."""


class PinDots(Row):
    """entered: how many are full. Red while the last code was wrong."""

    entered = NumericProperty(0)
    tone = StringProperty("primary")


class PinPanel(Col):
    """Title, hint or trouble, dots, keypad. model: PinModel; `on_pin(pin)` at the fourth digit."""

    model = ObjectProperty(PinModel(), rebind=True)
    entered = NumericProperty(0)
    keypad_gap = NumericProperty(10)
    __events__ = ("on_pin",)

    def __init__(self, **kwargs: Any) -> None:
        self._digits = ""
        super().__init__(**kwargs)

    def on_pin(self, pin: str) -> None:
        """Four digits were typed."""

    def clear(self) -> None:
        """Forgets what was typed; also the answer to a code that was sent."""
        self._digits = ""
        self.entered = 0

    def answered(self) -> None:
        """A view came: the dots of a code that was sent empty themselves."""
        self.entered = len(self._digits)

    def press(self, key: str) -> bool:
        """A key of the keypad or of a physical keyboard; True when it was used."""
        if not self.model.enabled:
            return False
        if key == "back":
            self._digits = self._digits[:-1]
        elif key == self.model.clear:
            self._digits = ""
        elif len(key) == 1 and key.isdigit():
            self._digits += key
        else:
            return False
        self.entered = len(self._digits)
        if len(self._digits) == LENGTH:
            pin, self._digits = self._digits, ""
            self.dispatch("on_pin", pin)
        return True


load_kv(__file__)
