"""What a frame has to repaint.

Hides which part of the window is out of date. Layers and regions (layer.py) are not part of the window's instructions,
so a change inside one does not repaint the window. On a software renderer, where shading a full window costs more
than everything else together, what changed is drawn over the last frame, which its back buffer keeps; on a graphics
chip, or while something covers the screen, the textures of changed layers and then the whole window are repainted.
"""

import os
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod, WeakSet

from kivy.graphics import Callback, PopMatrix, PushMatrix, RenderContext, Scale
from kivy.graphics.opengl import (
    GL_BLEND,
    GL_COLOR_BUFFER_BIT,
    GL_RENDERER,
    GL_SCISSOR_TEST,
    glClear,
    glClearColor,
    glDisable,
    glEnable,
    glGetString,
    glScissor,
)

from appliance.kiosk.theme import theme
from appliance.kiosk.widgets.front import Copy, find_copy

SOFTWARE = (b"llvmpipe", b"softpipe", b"swrast", b"Software Rasterizer")
FAR = -10000  # what lies left of this is not shown


def blend_off(_instruction: Any = None) -> None:
    """What follows is opaque: copying is cheaper than blending."""
    glDisable(GL_BLEND)


def blend_on(_instruction: Any = None) -> None:
    """Kivy's usual state."""
    glEnable(GL_BLEND)


class Piece:
    """A layer or region that is in the window, with the layers around it from the inside out."""

    def __init__(self, part: Any, around: list[Any], depth: int) -> None:
        self.part, self.around, self.depth = part, around, depth
        self.content = part.content
        self.is_layer = hasattr(part, "outdate")


def clear(box: tuple[int, int, int, int], rgba: Any) -> None:
    """Fills left, bottom, right, top of the active buffer, and lets nothing be drawn outside of it."""
    left, bottom, right, top = box
    glScissor(left, bottom, max(0, right - left), max(0, top - bottom))
    glClearColor(*rgba)
    glClear(GL_COLOR_BUFFER_BIT)


def box_of(widget: Any) -> tuple[int, int, int, int]:
    """Left, bottom, right, top in pixels of the window."""
    d = theme.density
    return round(widget.x * d), round(widget.y * d), round(widget.right * d), round(widget.top * d)


def clipped(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """What of a box lies in the window; its right may then be left of its left."""
    left, bottom, right, top = box
    return max(left, 0), max(bottom, 0), min(right, size[0]), min(top, size[1])


class Painter:
    """One for the window. `paint` runs after each turn of the event loop."""

    def __init__(self) -> None:
        self._layers: WeakSet[Any] = WeakSet()
        self._regions: WeakSet[Any] = WeakSet()
        self._covers: WeakSet[Any] = WeakSet()
        self._shown_layers: list[Piece] = []  # those in the window, the innermost first
        self._shown_regions: list[Piece] = []
        self._shown_covers: list[Any] = []
        self._is_known = False
        self._window: Any = None
        self._keeps_back_buffer = False
        self._context: Any = None
        self._scale: Any = None
        self._todo: list[Piece] = []
        self._copy: Copy | None = None
        self._drawn: list[tuple[int, int, int, int]] = []
        """What was drawn over the last frame, in pixels: left, bottom, right, top."""
        self._watchers: list[WeakMethod[Callable[[], None]]] = []

    def add(self, layer: Any) -> None:
        """Takes care of a layer for as long as it lives."""
        if self._window is None:
            self._begin()
        self._layers.add(layer)
        self._is_known = False

    def add_region(self, region: Any) -> None:
        """Takes care of a region for as long as it lives."""
        self._regions.add(region)
        self._is_known = False

    def cover(self, widget: Any) -> None:
        """Names a widget that stands above others while it is shown: then nothing is drawn over the last frame."""
        self._covers.add(widget)

    def when_shown(self, watcher: Callable[[], None]) -> None:
        """Calls it, as long as its owner lives, whenever a frame or a part of one has come to the panel."""
        if self._window is None:
            self._begin()
        self._watchers.append(WeakMethod(watcher))

    def _shown(self, *_: Any) -> None:
        for kept in self._watchers:
            if (watcher := kept()) is not None:
                watcher()

    def forget(self) -> None:
        """Widgets have come or gone inside a layer."""
        self._is_known = False

    def _begin(self) -> None:
        from kivy.core.window import Window

        self._window = Window
        Window.bind(on_draw=self._before_draw, on_flip=self._shown)
        renderer = glGetString(GL_RENDERER) or b""
        is_software = any(name in renderer for name in SOFTWARE)
        self._keeps_back_buffer = is_software and bool(os.environ.get("DISPLAY"))
        self._copy = find_copy() if self._keeps_back_buffer else None
        self._context = RenderContext()
        with self._context:
            PushMatrix()
            self._scale = Scale(1, 1, 1)
            Callback(self._draw_pieces)
            PopMatrix()

    def paint(self) -> bool:
        """Repaints what changed since the last frame, if the window itself was not repainted. False: nothing did."""
        self._todo = self._changed()
        if not self._todo:
            return False
        if self._keeps_back_buffer and not self._is_covered():
            self._draw_over()
            self._show_drawn()
        else:
            self._window.dispatch("on_draw")
            self._window.dispatch("on_flip")
        if any(piece.is_layer for piece in self._todo):
            self._is_known = False  # a layer that changed may have other parts now
            self._look()
        return True

    def _changed(self) -> list[Piece]:
        """What must be repainted, each thing once: no region of a layer that is repainted itself."""
        self._look()
        changed = [piece for piece in self._shown_layers if piece.content.needs_redraw]
        dirty = {piece.part for piece in changed}
        for piece in self._shown_regions:
            if piece.content.needs_redraw and not dirty.intersection(piece.around):
                if piece.part.has_moved and not piece.around:
                    self._window.canvas.ask_update()  # it stands in no layer: the window is painted next
                elif piece.part.has_moved:
                    changed.append(next(each for each in self._shown_layers if each.part is piece.around[0]))
                    dirty.add(piece.around[0])
                else:
                    changed.append(piece)
        return [piece for piece in changed if not dirty.intersection(piece.around)]

    def _draw_over(self) -> None:
        context, window = self._context, self._window.render_context
        context["projection_mat"] = window["projection_mat"]
        context["modelview_mat"] = window["modelview_mat"]
        d = theme.density
        self._scale.xyz = (d, d, 1)
        for piece in self._todo:
            self._freshen(piece.part)
        context.ask_update()
        self._drawn = []
        context.draw()

    def _show_drawn(self) -> None:
        """The smallest rectangle around what was drawn, or the whole window."""
        if self._copy is None:
            self._window.dispatch("on_flip")
        elif self._drawn:
            lefts, bottoms, rights, tops = zip(*self._drawn, strict=True)
            left, bottom = min(lefts), min(bottoms)
            self._copy(left, bottom, max(rights) - left, max(tops) - bottom)
            self._shown()

    def _freshen(self, part: Any) -> None:
        """Brings the textures of the layers inside a part up to date: it is drawn with them."""
        for inner in self._shown_layers:
            if part in inner.around:
                inner.part.draw()

    def _draw_pieces(self, _instruction: Any) -> None:
        glEnable(GL_SCISSOR_TEST)
        for piece in self._todo:
            left, bottom, right, top = clipped(box_of(piece.part), self._window.system_size)
            inner = piece.part
            for layer in piece.around:
                layer.outdate(inner)
                inner = layer
                a, b, c, e = box_of(layer)
                left, bottom, right, top = max(left, a), max(bottom, b), min(right, c), min(top, e)
            if right > left and top > bottom:
                self._drawn.append((left, bottom, right, top))
                clear((left, bottom, right, top), theme.rgba[piece.part.ground])
                piece.part.paint()
        glDisable(GL_SCISSOR_TEST)

    def _is_covered(self) -> bool:
        return any(widget.x > FAR for widget in self._shown_covers)

    def _before_draw(self, *_: Any) -> None:
        self._is_known = False  # widgets that come and go change the window's instructions
        self._look()
        for piece in self._shown_regions:
            if piece.around and piece.part.has_moved:
                piece.around[0].outdate(piece.around[0])
            elif piece.content.needs_redraw:
                for layer in piece.around[:1]:
                    layer.outdate(piece.part)
        for piece in self._shown_layers:
            if piece.part.draw():
                for layer in piece.around[:1]:
                    layer.outdate(piece.part)

    def _look(self) -> None:
        """Finds the layers and regions that stand in the window."""
        if self._is_known:
            return
        self._is_known = True
        self._shown_layers = self._pieces(self._layers)
        self._shown_regions = self._pieces(self._regions)
        self._shown_covers = [widget for widget in self._covers if self._place(widget)[1]]

    def _pieces(self, parts: Any) -> list[Piece]:
        found = []
        for part in parts:
            around, depth = self._place(part)
            if depth:
                found.append(Piece(part, around, depth))
        return sorted(found, key=lambda piece: -piece.depth)

    def _place(self, widget: Any) -> tuple[list[Any], int]:
        """The layers around a widget from the inside out, and how deep it stands; 0 when it is not in the window."""
        around: list[Any] = []
        depth, parent = 1, widget.parent
        while parent is not None:
            if parent is self._window:
                return around, depth
            if hasattr(parent, "outdate"):
                around.append(parent)
            depth, parent = depth + 1, parent.parent
        return [], 0


painter = Painter()
