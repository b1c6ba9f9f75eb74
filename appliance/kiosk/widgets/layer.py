"""Parts of the window that are repainted by themselves.

Hides when a texture is drawn and when the window itself is (frame.py decides). A `Layer` is an opaque rectangle with a
texture of its own; a `Region` is a part of a layer that may be repainted without the rest of it.
"""

from typing import Any

from kivy.graphics import (
    Callback,
    Canvas,
    Color,
    Fbo,
    PopMatrix,
    PushMatrix,
    Rectangle,
    Scale,
    Translate,
)
from kivy.graphics.opengl import GL_SCISSOR_TEST, glDisable, glEnable
from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from appliance.kiosk.theme import theme
from appliance.kiosk.widgets.base import Box
from appliance.kiosk.widgets.frame import blend_off, blend_on, box_of, clear, painter


class Region(Box):
    """A box that changes by itself within a layer: its change is no change of the layer.

    ground: the colour role of what is behind it. Its parent draws it through a proxy, so that Kivy does not carry the
    news of a change further up than here.
    """

    ground = StringProperty("surface")

    def __init__(self, **kwargs: Any) -> None:
        self.proxy = Canvas()
        with self.proxy:
            Callback(self.paint)
        self._drawn_at = (0, 0, 0, 0)
        super().__init__(**kwargs)
        painter.add_region(self)

    @property
    def content(self) -> Canvas:
        """What is drawn; it needs a redraw when something inside has changed."""
        return self.canvas

    @property
    def has_moved(self) -> bool:
        """Whether it was drawn elsewhere or in another size: what it left is its layer's to repaint."""
        return self._drawn_at != box_of(self)

    def paint(self, _instruction: Any = None) -> None:
        """Draws it in the active context."""
        self._drawn_at = box_of(self)
        self.canvas.draw()

    show = paint


class Layer(Box):
    """A box with its own texture: it costs one rectangle in a repaint of the window until something inside changes."""

    ground = StringProperty("bg")

    def __init__(self, **kwargs: Any) -> None:
        self._fbo = Fbo(size=(8, 8))
        self._is_stale = False  # drawn into the window since it was drawn into its texture
        self._stale_parts: set[Any] = set()  # what inside was, when it was not all of it
        self.canvas = Canvas()
        with self.canvas:
            Color(1, 1, 1, 1)
            Callback(blend_off)  # a layer is opaque: copying is a quarter cheaper than blending
            self._sheet = Rectangle()
            Callback(blend_on)
        self._inner = Canvas()
        with self._fbo:
            PushMatrix()
            self._scale = Scale(1, 1, 1)
            self._shift = Translate(0, 0)
            Callback(self._draw_inner)
            PopMatrix()
        super().__init__(**kwargs)
        for name in ("pos", "size"):
            self.fbind(name, self._frame)
        self.fbind("ground", self._reground)
        painter.add(self)
        self._reground()

    def retheme(self) -> None:
        """The theme has changed."""
        super().retheme()
        self._reground()
        self._frame()

    @property
    def content(self) -> Canvas:
        """What is drawn; it needs a redraw when something inside, outside of the regions, has changed."""
        return self._inner

    def outdate(self, part: Any) -> None:
        """A layer or region inside, or the layer itself, is not in the texture as it should be."""
        if part is self:
            self._is_stale = True
        else:
            self._stale_parts.add(part)

    def paint(self) -> None:
        """Draws what is inside in the active context."""
        self._is_stale = True
        self._inner.draw()

    def show(self) -> None:
        """Draws its texture in the active context."""
        self.canvas.draw()

    def draw(self) -> bool:
        """Brings the texture up to date. False when it was."""
        self._is_stale = self._is_stale or self._inner.needs_redraw or self._fbo.needs_redraw
        if not (self._is_stale or self._stale_parts):
            return False
        self._fbo.ask_update()
        self._fbo.draw()
        self._is_stale = False
        self._stale_parts.clear()
        return True

    def _draw_inner(self, _instruction: Any) -> None:
        left, bottom, right, top = box_of(self)
        glEnable(GL_SCISSOR_TEST)
        if self._is_stale:
            clear((0, 0, right - left, top - bottom), theme.rgba[self.ground])
            self._inner.draw()
        else:
            for part in self._stale_parts:
                a, b, c, d = box_of(part)
                clear((a - left, b - bottom, c - left, d - bottom), theme.rgba[part.ground])
                part.show()
        glDisable(GL_SCISSOR_TEST)

    def _reground(self, *_: Any) -> None:
        self._inner.ask_update()

    def _frame(self, *_: Any) -> None:
        d = theme.density
        size = (max(1, round(self.width * d)), max(1, round(self.height * d)))
        if tuple(self._fbo.size) != size:
            self._fbo.size = size
        self._scale.xyz = (d, d, 1)
        self._shift.xy = (-self.x, -self.y)
        self._sheet.texture = self._fbo.texture
        self._sheet.texture.mag_filter = self._sheet.texture.min_filter = "nearest"
        self._sheet.pos = self.pos
        self._sheet.size = (size[0] / d, size[1] / d)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Adds a child that is drawn into the texture."""
        outer, self.canvas = self.canvas, self._inner
        super().add_widget(widget, *args, **kwargs)
        self.canvas = outer

    def remove_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Removes a child from the texture."""
        outer, self.canvas = self.canvas, self._inner
        super().remove_widget(widget, *args, **kwargs)
        self.canvas = outer
