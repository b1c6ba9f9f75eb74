"""Boxes, text, touch: the five classes every other widget is made of.

Hides Kivy's canvases. A Box lays out its children like a CSS flex box and paints a rounded fill and border; Text draws
lines of text in line boxes of a given height, so that a mock-up's "600 18px/22px" is `wt: 600; px: 18; lh: 22`. Colours
are role names of the theme.
"""

from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.graphics import (
    BorderImage,
    Color,
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    Rectangle,
    Scale,
)
from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
    VariableListProperty,
)
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from appliance.kiosk.icons import glyph
from appliance.kiosk.theme import theme
from appliance.kiosk.widgets.paint import ALL, rise, rounded_texture, text_texture, text_width, wrap

AWAY = -20000  # where a widget that is not shown waits


def load_kv(module_file: str) -> None:
    """Loads the .kv file that stands beside a module."""
    Builder.load_file(str(Path(module_file).with_suffix(".kv")))


def snap(value: float) -> float:
    """The nearest whole pixel of the panel, in logical pixels."""
    d = theme.density
    return float(round(value)) if d == 1 else round(value * d) / d


PASSES_MAX = 4
"""Placing children may change their sizes; this many times at most."""


class Painted(Widget):
    """A widget with a rounded fill and an optional border, in theme roles."""

    fill = StringProperty("none")
    fill_pressed = StringProperty("")
    radius = NumericProperty(0)
    corners = ListProperty(ALL)
    line = StringProperty("none")
    line_width = NumericProperty(0)
    pressed = BooleanProperty(False)
    shown = BooleanProperty(True)

    def __init__(self, **kwargs: Any) -> None:
        self._shapes: list[tuple[Color, Any, float]] = []
        self._paint = InstructionGroup()
        super().__init__(**kwargs)
        self.canvas.before.insert(0, self._paint)
        for name in ("radius", "corners", "line_width"):
            self.fbind(name, self._paint_rebuild)
        for name in ("pos", "size"):
            self.fbind(name, self._paint_place)
        for name in ("fill", "fill_pressed", "line", "pressed"):
            self.fbind(name, self._paint_tint)
        theme.watch(self)
        self._paint_rebuild()

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Adds a child; a region (layer.py) is drawn through its proxy."""
        inner, widget.canvas = widget.canvas, getattr(widget, "proxy", widget.canvas)
        super().add_widget(widget, *args, **kwargs)
        widget.canvas = inner

    def remove_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Removes a child."""
        inner, widget.canvas = widget.canvas, getattr(widget, "proxy", widget.canvas)
        super().remove_widget(widget, *args, **kwargs)
        widget.canvas = inner

    def on_shown(self, *_: Any) -> None:
        """Leaves or takes its place in the parent's layout."""
        if isinstance(self.parent, Layout):
            self.parent._trigger_layout()
        elif not self.shown:
            self.pos = (AWAY, AWAY)

    def retheme(self) -> None:
        """The theme has changed."""
        self._paint_rebuild()
        if isinstance(self, Layout):
            self._trigger_layout()

    def _paint_face(self) -> str:
        return self.fill_pressed if self.pressed and self.fill_pressed else self.fill

    def _paint_rebuild(self, *_: Any) -> None:
        self._paint.clear()
        self._shapes = []
        self._paint_tint()

    def _paint_build(self) -> None:
        group = self._paint
        if self.line_width and self.line != "none":
            self._paint_add(group, 0)
        if self._paint_face() not in ("none", ""):
            self._paint_add(group, snap(self.line_width) if self.line != "none" else 0)

    def _paint_add(self, group: Any, inset: float) -> None:
        colour = Color(1, 1, 1, 1)
        group.add(colour)
        radius = max(0, self.radius - inset)
        if radius:
            border = round(radius * theme.density)
            shape: Any = BorderImage(
                texture=rounded_texture(border, tuple(self.corners)),
                border=(border,) * 4,
                display_border=(border / theme.density,) * 4,
            )
        else:
            shape = Rectangle()
        group.add(shape)
        self._shapes.append((colour, shape, inset))

    def _paint_wanted(self) -> int:
        return int(bool(self.line_width and self.line != "none")) + int(self._paint_face() not in ("none", ""))

    def _paint_tint(self, *_: Any) -> None:
        if len(self._shapes) != self._paint_wanted():
            self._paint.clear()
            self._shapes = []
            self._paint_build()
            self._paint_place()
        roles = [self.line] if self.line_width and self.line != "none" else []
        for (colour, _shape, _inset), role in zip(self._shapes, [*roles, self._paint_face()], strict=False):
            colour.rgba = theme.rgba[role]

    def _paint_place(self, *_: Any) -> None:
        left, low, width, high = self.x, self.y, self.width, self.height
        if theme.density != 1:  # whole pixels, so that a border is as thick on each side
            right, top = snap(left + width), snap(low + high)  # `top` itself may still be that of the place before
            left, low = snap(left), snap(low)
            width, high = right - left, top - low
        for _colour, shape, inset in self._shapes:
            shape.pos = (left + inset, low + inset)
            shape.size = (max(0, width - 2 * inset), max(0, high - 2 * inset))


class Box(Painted, Layout):
    """A flex box. Children with a size_hint share the free space; others keep their size.

    direction: "row", "col" or "stack" (all on top of each other). padding: left, top, right, bottom.
    justify and align as in CSS. fit: "w", "h" or "wh" takes the size of the content in that direction.
    mirrors: the order of the children is reversed in the left-handed layout.
    """

    direction = OptionProperty("row", options=["row", "col", "stack"])
    gap = NumericProperty(0)
    padding = VariableListProperty([0, 0, 0, 0])
    justify = OptionProperty("start", options=["start", "center", "end", "between"])
    align = OptionProperty("center", options=["start", "center", "end"])
    fit = StringProperty("")
    mirrors = BooleanProperty(False)
    self_align = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._fitted: set[str] = set()
        super().__init__(**kwargs)
        for name in ("pos", "size", "gap", "padding", "justify", "align", "direction", "fit", "children", "mirrors"):
            self.fbind(name, self._trigger_layout)

    def on_fit(self, _box: Any, fit: str) -> None:
        """A fitted side is not shared by the parent; one that is no longer fitted is shared again."""
        for letter, hint in (("w", "size_hint_x"), ("h", "size_hint_y")):
            if letter in fit:
                setattr(self, hint, None)
                self._fitted.add(letter)
            elif letter in self._fitted:
                setattr(self, hint, 1)
                self._fitted.discard(letter)

    def do_layout(self, *_: Any) -> None:
        """Places the children; called before the next frame when something changed."""
        inside = [child for child in reversed(self.children) if getattr(child, "shown", True)]
        for child in self.children:
            if not getattr(child, "shown", True):
                child.pos = (AWAY, AWAY)
        if self.mirrors and theme.hand == "left":
            inside.reverse()
        for _pass in range(PASSES_MAX):
            taken = [tuple(child.size) for child in inside]
            if self.fit:
                self._fit(inside)
            if self.direction == "stack":
                for child in inside:
                    self._stack(child)
            else:
                self._flow(inside, 0 if self.direction == "row" else 1)
            if taken == [tuple(child.size) for child in inside]:
                break  # a text that wraps takes its height while it is placed: what was shared must be shared again
        self._trigger_layout.cancel()

    def _fit(self, inside: list[Any]) -> None:
        left, top, right, bottom = self.padding
        for letter, axis, lead, trail in (("w", 0, left, right), ("h", 1, top, bottom)):
            if letter not in self.fit:
                continue
            sizes = [child.size[axis] for child in inside if child.size_hint[axis] is None]
            along = (self.direction == "row") == (axis == 0) and self.direction != "stack"
            need = (sum(sizes) + self.gap * max(0, len(inside) - 1)) if along else max(sizes, default=0)
            if axis == 0:
                self.width = need + lead + trail
            else:
                self.height = need + lead + trail

    def _stack(self, child: Any) -> None:
        left, top, right, bottom = self.padding
        wide, high = self.width - left - right, self.height - top - bottom
        hint_x, hint_y = child.size_hint
        width = wide * hint_x if hint_x is not None else child.width
        height = high * hint_y if hint_y is not None else child.height
        across = {"start": 0.0, "center": 0.5, "end": 1.0}
        x = self.x + left + (wide - width) * across["start" if self.justify == "between" else self.justify]
        y = self.y + bottom + (high - height) * (1 - across[self.align])
        hint = child.pos_hint
        if "right" in hint:
            x = self.right - right - width
        if "top" in hint:
            y = self.top - top - height
        if "bottom" in hint:
            y = self.y + bottom
        self._put(child, x, y, width, height)

    def _flow(self, inside: list[Any], axis: int) -> None:
        left, top, right, bottom = self.padding
        wide, high = self.width - left - right, self.height - top - bottom
        main, cross = (wide, high) if axis == 0 else (high, wide)
        sizes = [_side(child, axis) for child in inside]
        free = main - self.gap * max(0, len(inside) - 1)
        shares = 0.0
        for length, hint, _across, _hint in sizes:
            free -= length if hint is None else 0
            shares += hint or 0
        unit = max(0.0, free) / shares if shares else 0.0
        start, step = self._spread(free, len(inside)) if not shares else (0.0, float(self.gap))
        for child, (length, hint, across, hint_across) in zip(inside, sizes, strict=True):
            length = length if hint is None else unit * hint
            across = across if hint_across is None else cross * hint_across
            align = getattr(child, "self_align", "") or self.align
            lead = 0.0 if align == "start" else (cross - across) / 2 if align == "center" else cross - across
            if axis == 0:
                self._put(child, self.x + left + start, self.top - top - lead - across, length, across)
            else:
                self._put(child, self.x + left + lead, self.top - top - start - length, across, length)
            start += length + step

    def _spread(self, free: float, count: int) -> tuple[float, float]:
        """Where the first child begins, and how far the next ones are apart, when nobody takes the free space."""
        gap = float(self.gap)
        if self.justify == "center":
            return free / 2, gap  # too much content spills evenly into the padding
        if free <= 0 or self.justify == "start":
            return 0.0, gap
        if self.justify == "between":
            return 0.0, gap + (free / (count - 1) if count > 1 else 0)
        return free, gap

    @staticmethod
    def _put(child: Any, x: float, y: float, width: float, height: float) -> None:
        x0, y0, x1, y1 = snap(x), snap(y), snap(x + width), snap(y + height)
        wide = child.width if child.size_hint_x is None else x1 - x0
        high = child.height if child.size_hint_y is None else y1 - y0
        if child.width != wide or child.height != high:
            child.size = (wide, high)
        if child.x != x0 or child.y != y0:
            child.pos = (x0, y0)


def _side(child: Any, axis: int) -> tuple[float, float | None, float, float | None]:
    """Length and hint of a child along an axis, then across it."""
    if axis == 0:
        return child.width, child.size_hint_x, child.height, child.size_hint_y
    return child.height, child.size_hint_y, child.width, child.size_hint_x


class Row(Box):
    """Children side by side, centred on the cross axis."""


class Col(Box):
    """Children under each other, at the left."""

    direction = OptionProperty("col", options=["row", "col", "stack"])
    align = OptionProperty("start", options=["start", "center", "end"])


class Bound:
    """Shows its model by `show_model`, all at once.

    A rule of .kv binds every expression on `root.model` by itself, which for the forty of a ticket takes longer than
    drawing it. Parts that change with every scan set their children here instead.
    """

    def on_kv_post(self: Any, _base: Any) -> None:
        """The rules have built the children."""
        self.fbind("model", self._model_changed)
        self.show_model(self.model)

    def _model_changed(self: Any, _widget: Any, model: Any) -> None:
        self.show_model(model)


class Cells(Painted, Layout):
    """Equal cells in columns, filled row by row; `row_height` 0 shares the height among `rows` (0: as needed)."""

    cols = NumericProperty(2)
    rows = NumericProperty(0)
    gap = NumericProperty(8)
    row_height = NumericProperty(0)
    padding = VariableListProperty([0, 0, 0, 0])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("pos", "size", "cols", "rows", "gap", "row_height", "padding", "children"):
            self.fbind(name, self._trigger_layout)

    def do_layout(self, *_: Any) -> None:
        """Places the cells; called before the next frame when something changed."""
        inside = [child for child in reversed(self.children) if getattr(child, "shown", True)]
        for child in self.children:
            if not getattr(child, "shown", True):
                child.pos = (AWAY, AWAY)
        left, top, right, bottom = self.padding
        rows = self.rows or max(1, -(-len(inside) // self.cols))
        width = (self.width - left - right - self.gap * (self.cols - 1)) / self.cols
        high = self.row_height or (self.height - top - bottom - self.gap * (rows - 1)) / rows
        if self.row_height and self.size_hint_y is None:
            self.height = rows * high + (rows - 1) * self.gap + top + bottom
        for i, child in enumerate(inside):
            row, col = divmod(i, self.cols)
            x = self.x + left + col * (width + self.gap)
            y = self.top - top - row * (high + self.gap) - high
            Box._put(child, x, y, width, high)
        self._trigger_layout.cancel()


class Space(Widget):
    """Takes the free space of its row or column."""

    shown = BooleanProperty(True)


class Rule(Painted):
    """A horizontal rule, one pixel unless told otherwise."""


class Text(Widget):
    """Text in line boxes. px: size, lh: line height, wt: weight 500, 600 or 700, tone: colour role.

    fit: "w", "h", "wh" takes the size of the text in that direction. em: letter spacing in em (digits only).
    wraps: breaks at spaces within the width, at most max_lines (0: no limit).
    """

    text = StringProperty("")
    px = NumericProperty(18)
    lh = NumericProperty(0)
    wt = NumericProperty(600)
    tone = StringProperty("ink")
    halign = OptionProperty("left", options=["left", "center", "right"])
    valign = OptionProperty("middle", options=["top", "middle", "bottom"])
    wraps = BooleanProperty(False)
    max_lines = NumericProperty(0)
    strike = BooleanProperty(False)
    em = NumericProperty(0)
    fit = StringProperty("")
    shown = BooleanProperty(True)
    self_align = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._colour = Color(1, 1, 1, 1)
        self._runs: list[tuple[Rectangle, float, float]] = []  # shape, x from the block's left, y from its top
        self._drawn: tuple[Any, ...] = ()
        self._block = (0.0, 0.0)
        super().__init__(**kwargs)
        self._redraw = Clock.create_trigger(self._draw, -1)
        self.canvas.add(self._colour)
        for name in ("text", "px", "lh", "wt", "wraps", "max_lines", "strike", "em", "fit", "halign"):
            self.fbind(name, self._redraw)
        for name in ("pos", "size", "valign"):
            self.fbind(name, self._moved)
        self.fbind("tone", self._tint)
        theme.watch(self)
        self._tint()
        self._draw()

    on_shown = Painted.on_shown

    def retheme(self) -> None:
        """The theme has changed."""
        self._tint()
        self._redraw()

    def on_fit(self, _text: Any, fit: str) -> None:
        """A fitted side is no longer shared by the parent."""
        if "w" in fit:
            self.size_hint_x = None
        if "h" in fit:
            self.size_hint_y = None

    def weight(self) -> int | str:
        """The font file to draw with."""
        return int(self.wt)

    def content(self) -> str:
        """The characters to draw."""
        return str(self.text)

    def line_height(self) -> float:
        """Height of one line box."""
        return float(self.lh or round(self.px * 1.25))

    def _tint(self, *_: Any) -> None:
        self._colour.rgba = theme.rgba[self.tone]

    def _moved(self, *_: Any) -> None:
        if self.wraps and self._drawn and self._drawn[-1] != self.width:
            self._redraw()
        self._place()

    def _lines(self) -> list[str]:
        content = self.content()
        if self.wraps:
            return wrap(content, self.px, self.weight(), self.width, int(self.max_lines))
        return content.replace("\u00ad", "").split("\n")

    def _draw(self, *_: Any) -> None:
        key = (
            self.content(), self.px, self.lh, self.wt, self.wraps, self.max_lines, self.strike, self.em, self.halign,
            theme.density, self.fit, self.width if self.wraps else 0,
        )  # fmt: skip
        if key == self._drawn:
            return
        self._drawn = key
        spare = [shape for shape, _x, _y in self._runs]
        self._runs = []
        widths = []
        for i, line in enumerate(self._lines()):
            widths.append(self._draw_line(line, i, spare))
        for shape in spare:
            self.canvas.remove(shape)
        width = max(widths, default=0.0)
        self._block = (width, self.line_height() * len(widths))
        if self.halign != "left" and len(widths) > 1:
            self._align_lines(widths, width)
        if "w" in self.fit:
            self.width = -(-width // 1)
        if "h" in self.fit:
            self.height = self._block[1]
        self._place()

    def _align_lines(self, widths: list[float], width: float) -> None:
        """Moves the lines within the block."""
        for i, (shape, x, y) in enumerate(self._runs):
            row = min(len(widths) - 1, max(0, int((y + self.line_height() / 2) // self.line_height())))
            slack = width - widths[row]
            self._runs[i] = (shape, x + (slack / 2 if self.halign == "center" else slack), y)

    def _draw_line(self, line: str, row: int, spare: list[Rectangle]) -> float:
        weight, lead = self.weight(), self.line_height()
        pieces = list(line) if self.em else [line]
        x = 0.0
        for piece in pieces:
            texture = text_texture(piece, self.px, weight)
            wide = text_width(piece, self.px, weight) + self.em * self.px
            if texture is not None:
                size = (texture.width / theme.density, texture.height / theme.density)
                shape = self._shape(spare, texture, size)
                self._runs.append((shape, x, row * lead + rise(self.px, lead, weight)))
            x += wide
        if self.strike and line:
            bar = self._shape(spare, None, (x, max(1, round(self.px / 15))))
            self._runs.append((bar, 0.0, row * lead + lead / 2 + self.px * 0.06))
        return x

    def _shape(self, spare: list[Rectangle], texture: Any, size: tuple[float, float]) -> Rectangle:
        """A rectangle on the canvas, one of the text before where there is one."""
        if not spare:
            shape = Rectangle(texture=texture, size=size)
            self.canvas.add(shape)
            return shape
        shape = spare.pop(0)
        shape.texture, shape.size = texture, size
        return shape

    def _place(self, *_: Any) -> None:
        wide, high = self._block
        left = {"left": 0.0, "center": (self.width - wide) / 2, "right": self.width - wide}[self.halign]
        down = {"top": 0.0, "middle": (self.height - high) / 2, "bottom": self.height - high}[self.valign]
        for shape, x, y in self._runs:
            shape.pos = (snap(self.x + left + x), snap(self.top - down - y - shape.size[1]))


class Icon(Text):
    """One Phosphor icon by name; square, `px` wide. filled: the Fill weight, for identity and selected states."""

    name = StringProperty("")
    filled = BooleanProperty(False)
    px = NumericProperty(24)
    halign = OptionProperty("center", options=["left", "center", "right"])

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("size_hint", (None, None))
        super().__init__(**kwargs)
        self.fbind("name", self._redraw)
        self.fbind("filled", self._redraw)
        self.fbind("px", self._square)
        self._square()
        self._draw()

    def _square(self, *_: Any) -> None:
        self.lh = self.px
        self.size = (self.px, self.px)

    def content(self) -> str:
        """The character of the icon, nothing while it has no name."""
        return glyph(self.name, self.filled)[0] if self.name else ""

    def weight(self) -> int | str:
        """The icon font that has it."""
        return glyph(self.name, self.filled)[1] if self.name else "bold"


class Press:
    """Touch behaviour: `on_tap` fires on up inside the target, or on down with `fires: "down"` (keys, tiles, + and -).

    A disabled target fires `on_refused` instead, so that the screen can say why. The active area reaches 4 px beyond
    the edge, to the middle of the gap.
    """

    enabled = BooleanProperty(True)
    fires = OptionProperty("up", options=["up", "down"])
    slop = NumericProperty(4)
    __events__: tuple[str, ...] = ("on_tap", "on_refused")

    def on_tap(self) -> None:
        """The target was touched."""

    def on_refused(self) -> None:
        """The target was touched while disabled."""

    def _within(self: Any, touch: Any) -> bool:
        s = self.slop
        return bool(self.x - s <= touch.x <= self.right + s and self.y - s <= touch.y <= self.top + s)

    def on_touch_down(self: Any, touch: Any) -> bool:
        """Draws the press at once and takes the touch."""
        if super().on_touch_down(touch):  # type: ignore[misc]
            return True
        if not self.shown or not self._within(touch):
            return False
        if not self.enabled:
            self.dispatch("on_refused")
            return True
        touch.grab(self)
        self.pressed = True
        if self.fires == "down":
            self.dispatch("on_tap")
        return True

    def on_touch_up(self: Any, touch: Any) -> bool:
        """Lets go, and fires when still inside."""
        if touch.grab_current is not self:
            return bool(super().on_touch_up(touch))  # type: ignore[misc]
        touch.ungrab(self)
        self.pressed = False
        if self.fires == "up" and self._within(touch):
            self.dispatch("on_tap")
        return True


class Stage(Widget):
    """The root: its children live in logical pixels, drawn at the profile's density."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas.before:
            PushMatrix()
            self._scale = Scale(1, 1, 1)
        with self.canvas.after:
            PopMatrix()
        theme.watch(self)
        self.fbind("size", self._fill)
        self.fbind("children", self._fill)

    def _fill(self, *_: Any) -> None:
        d = theme.density
        self._scale.xyz = (d, d, 1)
        for child in self.children:
            child.pos = (0, 0)
            child.size = (self.width / d, self.height / d)

    def retheme(self) -> None:
        """The density may have changed."""
        self._fill()

    def to_local(self, x: float, y: float, relative: bool = False) -> tuple[float, float]:
        """Window pixels to logical pixels."""
        return x / theme.density, y / theme.density

    def to_parent(self, x: float, y: float, relative: bool = False) -> tuple[float, float]:
        """Logical pixels to window pixels."""
        return x * theme.density, y * theme.density

    def _inside(self, touch: Any, handler: Any) -> bool:
        touch.push()
        touch.apply_transform_2d(self.to_local)
        taken = handler(touch)
        touch.pop()
        return bool(taken)

    def on_touch_down(self, touch: Any) -> bool:
        """Hands the touch down in logical pixels."""
        return self._inside(touch, super().on_touch_down)

    def on_touch_move(self, touch: Any) -> bool:
        """Hands the touch down in logical pixels."""
        return self._inside(touch, super().on_touch_move)

    def on_touch_up(self, touch: Any) -> bool:
        """Hands the touch down in logical pixels."""
        return self._inside(touch, super().on_touch_up)
