"""A line of text typed on the on-screen keyboard, over whatever is on the screen; local until it is done."""

from collections.abc import Callable
from typing import Any

from kivy.properties import NumericProperty, StringProperty

from appliance.kiosk.widgets import Box, load_kv

LONGEST = 80


class TextEntry(Box):
    """Field and keyboard at the foot of the screen. `done(text)` is called once with what was typed."""

    label = StringProperty("")
    text = StringProperty("")
    next_text = StringProperty("")
    longest = NumericProperty(LONGEST)
    layer = StringProperty("")
    """Layer of the keyboard that is shown first."""

    def __init__(self, label: str, text: str, next_text: str, done: Callable[[str], None], **kwargs: Any) -> None:
        self._done = done
        super().__init__(**kwargs)
        self.label, self.text, self.next_text = label, text, next_text

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below gets a touch; one beside the keys leaves the text as it is."""
        super().on_touch_down(touch)
        return True

    def typed(self, text: str) -> bool:
        """A character from either keyboard."""
        self.text = (self.text + text)[: int(self.longest)]
        return True

    def key(self, name: str) -> bool:
        """Backspace, Enter and Esc from either keyboard."""
        if name == "backspace":
            self.text = self.text[:-1]
        elif name in ("enter", "next"):
            self.finish()
        elif name == "escape":
            self.leave()
        return True

    def finish(self) -> None:
        """Hands the text over and goes."""
        self.leave()
        self._done(self.text.strip())

    def leave(self) -> None:
        """Goes without changing anything."""
        if self.parent is not None:
            self.parent.remove_widget(self)


load_kv(__file__)
