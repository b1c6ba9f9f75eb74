"""A list that realises only the rows one can see, and touches only the rows that changed.

Hides scrolling and the reuse of widgets. Kivy's RecycleView refreshes every visible row when its data changes (4.9 ms,
reference/performance.md section 4.3); here a row whose model is equal is left alone, which is what a scan needs.
"""

from typing import Any, Protocol

from kivy.clock import Clock
from kivy.properties import ListProperty, NumericProperty

from appliance.kiosk.theme import theme
from appliance.kiosk.widgets.layer import Layer

DRAG = 14  # logical pixels a finger moves before a touch becomes a scroll


class RowModel(Protocol):
    """What a row shows. Rows with the same key are the same row in a later list."""

    @property
    def key(self) -> str:
        """Identity of the row."""

    @property
    def kind(self) -> str:
        """Which row class draws it."""


class Rows(Layer):
    """rows: RowModels from top to bottom. kinds: row class by kind; each has `model` and `height_for(model, width)`."""

    rows = ListProperty([])
    offset = NumericProperty(0)
    kinds: dict[str, Any] = {}

    def __init__(self, **kwargs: Any) -> None:
        self._live: dict[tuple[str, str], Any] = {}
        self._spare: dict[str, list[Any]] = {}
        self._heights: list[float] = []
        self._measured: dict[Any, float] = {}  # by row model; most rows are those of the list before
        self._measured_for: Any = None
        self._from: tuple[float, float] | None = None
        super().__init__(**kwargs)
        self._refresh = Clock.create_trigger(self.refresh, -1)
        for name in ("rows", "offset", "pos", "size"):
            self.fbind(name, self._refresh)

    def do_layout(self, *_: Any) -> None:
        """Rows place themselves in `refresh`."""

    def content_height(self) -> float:
        """Height of all rows together."""
        return sum(self._heights)

    def reveal(self, key: str) -> None:
        """Scrolls as little as needed to show a row whole."""
        self._measure()
        top = 0.0
        for row, height in zip(self.rows, self._heights, strict=True):
            if row.key == key:
                self.offset = max(min(self.offset, top), top + height - self.height, 0)
                break
            top += height
        self._clamp()

    def _measure(self) -> None:
        if self._measured_for != (self.width, theme.m):
            self._measured_for, self._measured = (self.width, theme.m), {}
        known = self._measured
        self._measured = {
            row: known[row] if row in known else self.kinds[row.kind].height_for(row, self.width) for row in self.rows
        }
        self._heights = [self._measured[row] for row in self.rows]

    def _clamp(self) -> None:
        self.offset = max(0, min(self.offset, self.content_height() - self.height))

    def refresh(self, *_: Any) -> None:
        """Places the visible rows; called before the next frame when something changed."""
        self._measure()
        self._clamp()
        seen = []
        top = self.top + self.offset
        for row, height in zip(self.rows, self._heights, strict=True):
            if top > self.y and top - height < self.top:
                seen.append((row, top - height, height))
            top -= height
        wanted = {(row.kind, row.key) for row, _y, _h in seen}
        for name in [name for name in self._live if name not in wanted]:
            widget = self._live.pop(name)
            self.remove_widget(widget)
            self._spare.setdefault(name[0], []).append(widget)
        for row, y, height in seen:
            self._show(row, y, height)

    def _show(self, row: Any, y: float, height: float) -> None:
        name = (row.kind, row.key)
        widget = self._live.get(name)
        if widget is None:
            spare = self._spare.get(row.kind)
            widget = spare.pop() if spare else self.kinds[row.kind]()
            widget.owner = self
            widget.size_hint = (None, None)
            self._live[name] = widget
            self.add_widget(widget)
        if tuple(widget.size) != (self.width, height):
            widget.size = (self.width, height)
        if tuple(widget.pos) != (self.x, y):
            widget.pos = (self.x, y)
        if widget.model != row:
            widget.model = row

    def on_touch_down(self, touch: Any) -> bool:
        """Watches for a scroll while the rows get their taps."""
        if not self.collide_point(*touch.pos):
            return False
        self._from = (touch.y, self.offset)
        touch.grab(self)
        super().on_touch_down(touch)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Scrolls once the finger has clearly moved, and takes the tap back from the row."""
        if touch.grab_current is not self or self._from is None:
            return bool(super().on_touch_move(touch))
        start, offset = self._from
        if abs(touch.y - start) > DRAG and self.content_height() > self.height:
            for grabbed in list(touch.grab_list):
                widget = grabbed()
                if widget is not None and widget is not self:
                    touch.ungrab(widget)
                    widget.pressed = False
            self.offset = offset + touch.y - start
            self._clamp()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Ends the scroll."""
        if touch.grab_current is self:
            touch.ungrab(self)
            self._from = None
            return True
        return bool(super().on_touch_up(touch))
