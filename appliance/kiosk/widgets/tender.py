"""One way to pay, as a big button: icon, name, one detail line."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty

from appliance.kiosk.widgets.base import Press, Row, load_kv

TONES = {
    "": ("surface", "ink"),
    "on": ("pay", "on-pay"),
    "wal": ("wallet-soft", "on-wallet-soft"),
    "soft": ("primary-soft", "on-primary-soft"),
    "pri": ("primary", "on-primary"),
    "dis": ("disabled", "on-disabled"),
}


class TenderButton(Press, Row):
    """look: "", "on" (selected), "wal" (cagnotte), "soft", "pri" or "dis". `trail`: an icon at the right."""

    icon = StringProperty("")
    text = StringProperty("")
    detail = StringProperty("")
    trail = StringProperty("")
    icon_px = NumericProperty(32)
    px = NumericProperty(19)
    look = OptionProperty("", options=list(TONES))
    tone = StringProperty("ink")
    dims = BooleanProperty(True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fbind("look", self._dress)
        self.fbind("enabled", self._dress)
        self._dress()

    def _dress(self, *_: Any) -> None:
        self.fill, self.tone = TONES["dis" if not self.enabled else self.look]


load_kv(__file__)
