"""The top bar: where one is, who sells, the message in the middle, the state of the devices, the clock.

Hides that a message takes the place of mode, ticket and seller without moving anything else.
"""

from typing import Any

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty

from appliance.kiosk.viewmodel.bar import BarModel, LightModel
from appliance.kiosk.widgets.base import Box, Press, Row, load_kv
from appliance.kiosk.widgets.layer import Layer
from appliance.kiosk.widgets.paint import wrap


class BarButton(Press, Box):
    """A full-height icon at the edge of the bar."""

    icon = StringProperty("")
    filled = BooleanProperty(False)
    lit = BooleanProperty(False)
    tone = StringProperty("on-bar")


class BarChip(Press, Row):
    """The sale mode: a pill in the bar."""

    icon = StringProperty("")
    text = StringProperty("")


class BarSeller(Press, Row):
    """Initials and name of the seller."""

    initials = StringProperty("")
    text = StringProperty("")


class StatusLight(Row):
    """One device: outline icon when fine, else a pill with a word, round while a message is shown."""

    device = StringProperty("")
    icon = StringProperty("")
    text = StringProperty("")
    level = StringProperty("ok")
    tone = StringProperty("on-bar-2")
    minimum = NumericProperty(36)


class StatusStrip(Press, Row):
    """All devices, in the design's order."""

    lights = ListProperty([])
    round_pills = BooleanProperty(False)
    touched = StringProperty("")

    def on_touch_down(self, touch: Any) -> bool:
        """Remembers whose light it was."""
        for light in self.children:
            if light.x <= touch.x <= light.right:
                self.touched = light.device
        return bool(super().on_touch_down(touch))

    def on_lights(self, *_: Any) -> None:
        """Shows one light a device."""
        self._fill()

    def on_round_pills(self, *_: Any) -> None:
        """Words give way to the message."""
        self._fill()

    def _fill(self) -> None:
        while len(self.children) < len(self.lights):
            self.add_widget(StatusLight())
        while len(self.children) > len(self.lights):
            self.remove_widget(self.children[0])
        for widget, light in zip(reversed(self.children), self.lights, strict=True):
            model: LightModel = light
            widget.device, widget.icon, widget.level = model.device, model.icon, model.level
            widget.text = "" if self.round_pills else model.word


_SENTENCE_PX, _CAPTION_PX = 17, 14


class MessageCounter(Press, Row):
    """1/2: a touch shows the next one."""

    text = StringProperty("")
    tone = StringProperty("on-warn-soft")


class MessageSentence(Press, Row):
    """The sentence; a touch on it leads on where it has an answer of its own."""


class MessageBar(Box):
    """One sentence, at most two buttons and ✕. `on_action(action)`, `on_close`, `on_next`."""

    model = ObjectProperty(None, allownone=True, rebind=True)
    tone = StringProperty("on-warn-soft")
    __events__ = ("on_action", "on_close", "on_next")

    def touch(self) -> None:
        """The sentence was touched."""
        if self.model is not None and self.model.touch:
            self.dispatch("on_action", self.model.touch)

    def on_next(self) -> None:
        """The counter was touched: the message behind this one."""

    def on_action(self, action: str) -> None:
        """A button of the message was touched."""

    def on_close(self) -> None:
        """The ✕ was touched."""

    @staticmethod
    def text_px(sentence: str, width: float) -> int:
        """Size at which the whole sentence stands on two lines, not below a caption."""
        for px in range(_SENTENCE_PX, _CAPTION_PX, -1):
            if len(wrap(sentence, px, 600, width)) <= 2:
                return px
        return _CAPTION_PX


class TopBar(Layer):
    """The whole bar. Events: on_leading, on_trailing, on_mode, on_seller, on_devices; on_action(action), on_close and
    on_next of the message."""

    model = ObjectProperty(BarModel(), rebind=True)
    bar_height = NumericProperty(56)
    __events__ = (
        "on_leading", "on_trailing", "on_mode", "on_seller", "on_devices", "on_action", "on_close", "on_next",
    )  # fmt: skip

    def on_leading(self) -> None:
        """Home or back was touched."""

    def on_trailing(self) -> None:
        """The menu or the gear was touched."""

    def on_mode(self) -> None:
        """The sale mode was touched."""

    def on_seller(self) -> None:
        """The seller was touched."""

    def on_devices(self, device: str) -> None:
        """The status strip was touched, at this device's light."""

    def on_action(self, action: str) -> None:
        """A button of the message was touched."""

    def on_close(self) -> None:
        """The message's ✕ was touched."""

    def on_next(self) -> None:
        """The message's counter was touched."""


load_kv(__file__)
