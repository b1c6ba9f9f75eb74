"""Buttons, tags, choices and the other small controls.

Hides which colours a kind of button has when it is at rest, pressed or disabled.
"""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Mesh
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)

from appliance.kiosk.theme import theme
from appliance.kiosk.widgets.base import Box, Col, Painted, Press, Row, load_kv
from appliance.kiosk.widgets.layer import Region
from appliance.kiosk.widgets.paint import dashes, text_width

# kind: fill, tone, pressed fill, border, border width
KINDS = {
    "": ("sunken", "ink", "line", "none", 0),
    "surface": ("surface", "ink", "sunken", "none", 0),
    "pri": ("primary", "on-primary", "primary-pressed", "none", 0),
    "pay": ("pay", "on-pay", "pay-pressed", "none", 0),
    "dan": ("danger", "on-danger", "danger-pressed", "none", 0),
    "wal": ("wallet", "on-wallet", "wallet-pressed", "none", 0),
    "soft": ("primary-soft", "on-primary-soft", "sunken", "none", 0),
    "paysoft": ("pay-soft", "on-pay-soft", "sunken", "none", 0),
    "out": ("surface", "ink", "sunken", "line-strong", 2),
    "outp": ("surface", "primary", "primary-soft", "primary", 2),
    "outd": ("surface", "danger", "danger-soft", "danger", 2),
    "plain": ("none", "primary", "sunken", "none", 0),
    "dis": ("disabled", "on-disabled", "", "none", 0),
}


_CAPTION = 14
_EDGE = 6  # beside a word that fills its key


class ButtonAmount(Row, Region):
    """The amount at the right of a button, which changes without the button."""


class PushButton(Press, Box):
    """A button: icon, text and optionally an amount at its right. `stack: True` puts the icon above the text."""

    kind = OptionProperty("", options=list(KINDS))
    text = StringProperty("")
    icon = StringProperty("")
    filled = BooleanProperty(False)
    amount = StringProperty("")
    px = NumericProperty(18)
    lh = NumericProperty(22)
    wt = NumericProperty(600)
    icon_px = NumericProperty(24)
    stack = BooleanProperty(False)
    wraps = BooleanProperty(False)
    tone = StringProperty("ink")
    own_tone = StringProperty("")
    own_fill = StringProperty("")
    shown_px = NumericProperty(18)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("text", "px", "width"):
            self.fbind(name, self._fit_text)
        self._fit_text()
        for name in ("kind", "enabled", "own_tone", "own_fill"):
            self.fbind(name, self._dress)
        self._dress()

    def _fit_text(self, *_: Any) -> None:
        """A word too wide for its key steps down, never below the caption (design system, section 10)."""
        px = self.px
        if not (self.wraps or self.amount or self.stack or "w" in self.fit):
            room = self.width - 2 * _EDGE - (self.icon_px + self.gap if self.icon else 0)
            while px > _CAPTION and text_width(self.text, px, self.wt) > room:
                px -= 1
        self.shown_px = px

    def _dress(self, *_: Any) -> None:
        fill, tone, pressed, line, width = KINDS[self.kind if self.enabled else "dis"]
        self.fill, self.fill_pressed, self.line, self.line_width = fill, pressed, line, width
        self.tone = tone
        if self.enabled:
            self.tone = self.own_tone or tone
            self.fill = self.own_fill or fill


class SquareButton(PushButton):
    """A 56 x 56 button with an icon only (close, plus, minus, pencil)."""


class Tag(Row):
    """A 30 high pill: kind "", "p" (petrol), "g" (green), "w" (amber), "d" (red) or "v" (cagnotte)."""

    FILLS = {
        "": ("sunken", "ink"),
        "p": ("primary-soft", "on-primary-soft"),
        "g": ("pay-soft", "on-pay-soft"),
        "w": ("warn-soft", "on-warn-soft"),
        "d": ("danger-soft", "on-danger-soft"),
        "v": ("wallet-soft", "on-wallet-soft"),
    }
    text = StringProperty("")
    icon = StringProperty("")
    kind = OptionProperty("", options=list(FILLS))
    tone = StringProperty("ink")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.on_kind()

    def on_kind(self, *_: Any) -> None:
        """Takes the colours of the kind."""
        self.fill, self.tone = self.FILLS[self.kind]


class Avatar(Box):
    """Initials or an icon in a disc of side `side`."""

    initials = StringProperty("")
    icon = StringProperty("")
    side = NumericProperty(44)
    px = NumericProperty(17)
    icon_px = NumericProperty(24)
    tone = StringProperty("ink")


class Led(Painted):
    """A 14 px dot: "pay" (fine), "warn", "danger" or "line-strong" (off) as `fill`."""


class Choice(Press, Row):
    """One segment of a Segmented choice."""

    text = StringProperty("")
    icon = StringProperty("")
    chosen = BooleanProperty(False)
    danger = BooleanProperty(False)
    share = BooleanProperty(False)
    px = NumericProperty(17)


class Segmented(Row):
    """A tray of choices. choices: texts, chosen: index; `on_choose(index)`. share: segments share the width."""

    choices = ListProperty([])
    icons = ListProperty([])
    chosen = NumericProperty(0)
    share = BooleanProperty(False)
    side_padding = NumericProperty(20)
    px = NumericProperty(17)
    __events__ = ("on_choose",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("choices", "icons", "share", "side_padding", "px"):
            self.fbind(name, self._fill)
        self.fbind("chosen", self._mark)
        self._fill()

    def on_choose(self, index: int) -> None:
        """A segment was touched."""

    def _fill(self, *_: Any) -> None:
        while len(self.children) > len(self.choices):
            self.remove_widget(self.children[0])
        while len(self.children) < len(self.choices):
            index = len(self.children)
            choice = Choice()
            choice.bind(on_tap=lambda _c, i=index: self.dispatch("on_choose", i))
            self.add_widget(choice)
        icons = list(self.icons) + [""] * len(self.choices)
        for choice, text, icon in zip(reversed(self.children), self.choices, icons, strict=False):
            choice.text, choice.icon, choice.px = text, icon, self.px
            choice.padding = (self.side_padding, 0, self.side_padding, 0)
            if self.share:
                choice.fit = ""
                choice.size_hint_x = 1 if len(self.choices) == 2 else text_width(text, 17, 600) + 36
        self._mark()

    def _mark(self, *_: Any) -> None:
        for i, choice in enumerate(reversed(self.children)):
            choice.chosen = i == self.chosen


class Toggle(Press, Painted):
    """A 72 x 40 switch; the owner changes `active` when its command was accepted."""

    active = BooleanProperty(False)


class Stepper(Press, Row):
    """- value +, 56 each; holding repeats 8 times a second after 400 ms. `on_step(by)` with by -1 or 1."""

    text = StringProperty("")
    value_width = NumericProperty(68)
    value_px = NumericProperty(20)
    focused = BooleanProperty(False)
    __events__ = ("on_step",)

    def __init__(self, **kwargs: Any) -> None:
        self._repeat: Any = None
        super().__init__(**kwargs)

    def on_step(self, by: int) -> None:
        """One more or one less was asked for."""

    def hold(self, by: int, down: bool) -> None:
        """Starts or ends the repetition of a held button."""
        if self._repeat is not None:
            self._repeat.cancel()
            self._repeat = None
        if down:
            self.dispatch("on_step", by)
            self._repeat = Clock.schedule_once(lambda _dt: self._again(by), 0.4)

    def _again(self, by: int) -> None:
        self._repeat = Clock.schedule_interval(lambda _dt: self.dispatch("on_step", by), 1 / 8)


class EmptyState(Col):
    """Icon, one sentence, one hint: what to do when there is nothing to show."""

    icon = StringProperty("")
    title = StringProperty("")
    hint = StringProperty("")
    icon_px = NumericProperty(72)


class Dashed(Press, Col):
    """A place for something new: dashed border, icon, sentence."""

    icon = StringProperty("")
    text = StringProperty("")
    icon_px = NumericProperty(40)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas.after:
            self._tint = Color()
            self._border = Mesh(mode="triangles")
        for name in ("pos", "size"):
            self.fbind(name, self._outline)
        self._outline()

    def retheme(self) -> None:
        """The theme has changed."""
        super().retheme()
        self._outline()

    def _outline(self, *_: Any) -> None:
        self._tint.rgba = theme.rgba["line-strong"]
        self._border.vertices, self._border.indices = dashes(self.x, self.y, self.width, self.height)


class ListRow(Press, Row):
    """A row of a list: icon or avatar, name, detail, and at right a tag and an amount. `last`: no rule below."""

    icon = StringProperty("")
    icon_filled = BooleanProperty(False)
    icon_px = NumericProperty(28)
    title = StringProperty("")
    detail = StringProperty("")
    amount = StringProperty("")
    tag = StringProperty("")
    tag_kind = StringProperty("")
    tone = StringProperty("ink")
    detail_tone = StringProperty("ink-3")
    chosen = BooleanProperty(False)
    last = BooleanProperty(False)


class PillField(Row):
    """A soft full-width strip with an icon and a sentence (hints, warnings). kind as Tag."""

    text = StringProperty("")
    icon = StringProperty("")
    filled = BooleanProperty(True)
    tone = StringProperty("on-primary-soft")
    px = NumericProperty(17)


load_kv(__file__)
