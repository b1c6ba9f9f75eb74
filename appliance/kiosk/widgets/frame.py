"""What a frame has to repaint.

Hides which part of the window is out of date. Layers draw into textures of their own and are not part of the window's
instructions, so a change inside one does not repaint the window. On a software renderer, where shading a full window
costs more than everything else together, the textures of changed layers are copied over the last frame, which its back
buffer keeps; on a graphics chip, or while something covers the screen, the whole window is repainted.
"""

import os
from typing import Any
from weakref import WeakSet

from kivy.graphics import Callback, Rectangle, RenderContext
from kivy.graphics.opengl import GL_BLEND, GL_RENDERER, glDisable, glEnable, glGetString

from appliance.kiosk.theme import theme

SOFTWARE = (b"llvmpipe", b"softpipe", b"swrast", b"Software Rasterizer")
FEW = 12  # more changed layers than this repaint the window
FAR = -10000  # what lies left of this is not shown


def blend_off(_instruction: Any = None) -> None:
    """What follows is opaque: copying is cheaper than blending."""
    glDisable(GL_BLEND)


def blend_on(_instruction: Any = None) -> None:
    """Kivy's usual state."""
    glEnable(GL_BLEND)


class Painter:
    """One for the window. `paint` runs after each turn of the event loop."""

    def __init__(self) -> None:
        self._layers: WeakSet[Any] = WeakSet()
        self._covers: WeakSet[Any] = WeakSet()
        self._present: list[tuple[int, Any]] = []  # depth and layer of those in the window, the innermost first
        self._window: Any = None
        self._keeps_back_buffer = False
        self._copy: Any = None
        self._sheets: list[Rectangle] = []

    def add(self, layer: Any) -> None:
        """Takes care of a layer for as long as it lives."""
        if self._window is None:
            self._begin()
        self._layers.add(layer)
        self._present = []

    def cover(self, widget: Any) -> None:
        """Names a widget that stands above others while it is shown: then layers are not copied over it."""
        self._covers.add(widget)

    def _begin(self) -> None:
        from kivy.core.window import Window

        self._window = Window
        Window.bind(on_draw=self._before_draw)
        renderer = glGetString(GL_RENDERER) or b""
        is_software = any(name in renderer for name in SOFTWARE)
        self._keeps_back_buffer = is_software and bool(os.environ.get("DISPLAY"))
        self._copy = RenderContext()
        self._sheets = [Rectangle(size=(0, 0)) for _ in range(FEW)]
        self._copy.add(Callback(blend_off))
        for sheet in self._sheets:
            self._copy.add(sheet)
        self._copy.add(Callback(blend_on))

    def paint(self) -> bool:
        """Repaints what changed since the last frame, if the window itself was not repainted. False: nothing did."""
        drawn = self._draw_layers()
        if not drawn:
            return False
        if self._keeps_back_buffer and len(drawn) <= FEW and not self._is_covered():
            self._copy_layers(drawn)
        else:
            self._window.dispatch("on_draw")
        self._window.dispatch("on_flip")
        return True

    def _copy_layers(self, drawn: list[Any]) -> None:
        context = self._window.render_context
        self._copy["projection_mat"] = context["projection_mat"]
        self._copy["modelview_mat"] = context["modelview_mat"]
        d = theme.density
        for sheet in self._sheets[len(drawn) :]:
            sheet.size = (0, 0)
        for sheet, layer in zip(self._sheets, drawn, strict=False):
            sheet.texture = layer.texture
            sheet.pos = (round(layer.x * d), round(layer.y * d))
            sheet.size = layer.texture.size
        self._copy.draw()

    def _is_covered(self) -> bool:
        return any(widget.x > FAR and self._depth(widget) for widget in self._covers)

    def _before_draw(self, *_: Any) -> None:
        self._present = []  # widgets that come and go change the window's instructions
        self._draw_layers()

    def _draw_layers(self) -> list[Any]:
        """Draws the layers that changed, the innermost first, and gives those that stand directly in the window."""
        if not self._present:
            found = [(self._depth(layer), layer) for layer in self._layers]
            self._present = sorted((pair for pair in found if pair[0]), key=lambda pair: -pair[0])
        drawn = []
        for _depth, layer in self._present:
            if layer.is_dirty and layer.draw() and layer.x > FAR:
                drawn.append(layer)
        return drawn

    def _depth(self, widget: Any) -> int:
        """How deep in the window a widget stands; 0 when it is not in the window."""
        depth, parent = 1, widget.parent
        while parent is not None:
            if parent is self._window:
                return depth
            depth, parent = depth + 1, parent.parent
        return 0


painter = Painter()
