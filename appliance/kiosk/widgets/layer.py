"""Parts of the window that are repainted by themselves.

Hides when a texture is drawn and when the window itself is (frame.py decides). A `Layer` is an opaque rectangle with a
texture of its own; a `Region` is a part of a layer that may be repainted without the rest of it.
"""

from typing import Any

from kivy.graphics import (
    Callback,
    Canvas,
    ClearBuffers,
    ClearColor,
    Color,
    Fbo,
    PopMatrix,
    PushMatrix,
    Rectangle,
    Scale,
    Translate,
)
from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from appliance.kiosk.theme import theme
from appliance.kiosk.widgets.base import Box
from appliance.kiosk.widgets.frame import blend_off, blend_on, box_of, painter


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


class Layer(Box):
    """A box with its own texture: it costs one rectangle in a repaint of the window until something inside changes."""

    ground = StringProperty("bg")
    in_opaque_group = False
    """True for layers whose parent has switched blending off for all of them."""

    def __init__(self, **kwargs: Any) -> None:
        self._fbo = Fbo(size=(8, 8))
        self._is_stale = False  # drawn into the window since it was drawn into its texture
        self.canvas = Canvas()
        with self.canvas:
            Color(1, 1, 1, 1)
            if not self.in_opaque_group:
                Callback(blend_off)  # a layer is opaque: copying is a quarter cheaper than blending
            self._sheet = Rectangle()
            if not self.in_opaque_group:
                Callback(blend_on)
        self._inner = Canvas()
        with self._fbo:
            self._clear = ClearColor(0, 0, 0, 1)
            ClearBuffers()
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

    def outdate(self) -> None:
        """Something inside was drawn into the window and not into the texture."""
        self._is_stale = True

    def paint(self) -> None:
        """Draws it in the active context, in the window's place."""
        self._is_stale = True
        self._inner.draw()

    def draw(self) -> bool:
        """Brings the texture up to date. False when it was."""
        if not (self._is_stale or self._inner.needs_redraw or self._fbo.needs_redraw):
            return False
        self._is_stale = False
        self._fbo.ask_update()
        self._fbo.draw()
        return True

    def _draw_inner(self, _instruction: Any) -> None:
        self._inner.draw()

    def _reground(self, *_: Any) -> None:
        self._clear.rgba = theme.rgba[self.ground]
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
