"""The product grid and the category rail.

Hides that tiles are rebound, not rebuilt, when the page changes, and that touches are resolved to a slot by arithmetic.
"""

from typing import Any

from kivy.properties import ObjectProperty

from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.grid import GridModel
from appliance.kiosk.widgets.base import Cells
from appliance.kiosk.widgets.layer import Layer
from appliance.kiosk.widgets.tile import CategoryKey, PageKey, Tile


class TileGrid(Layer):
    """cols x rows tiles. Events: on_tile(product) on touch down, on_page(page)."""

    model = ObjectProperty(GridModel(), rebind=True)
    __events__ = ("on_tile", "on_page")

    def __init__(self, **kwargs: Any) -> None:
        self._tiles: list[Any] = []
        self._held: Any = None
        super().__init__(**kwargs)
        self._cells = Cells()
        self.add_widget(self._cells)
        self.fbind("model", self._show)
        self._reshape()

    def on_tile(self, product: int) -> None:
        """A product was touched."""

    def on_page(self, page: int) -> None:
        """The page key was touched."""

    def retheme(self) -> None:
        """Another profile has another number of tiles."""
        super().retheme()
        self._reshape()

    def _reshape(self) -> None:
        self._cells.cols, self._cells.rows, self._cells.gap = theme.m.cols, theme.m.rows, theme.m.gap

    def _show(self, *_: Any) -> None:
        tiles = self.model.tiles
        kinds = [PageKey if tile.look == "page" else Tile for tile in tiles]
        if [type(tile) for tile in self._tiles] != kinds:
            self._cells.clear_widgets()
            self._tiles = [kind() for kind in kinds]
            for tile in self._tiles:
                self._cells.add_widget(tile)
        for widget, tile, badge in zip(self._tiles, tiles, self.model.badges, strict=True):
            if tile.look == "page":
                widget.text, widget.is_back = tile.name, self.model.next_page == 1
            else:
                widget.name, widget.price, widget.hue, widget.look = tile.name, tile.price, tile.hue, tile.look
                widget.badge = badge

    def _hit(self, touch: Any) -> int | None:
        if not self.collide_point(*touch.pos):
            return None
        cols, rows = self._cells.cols, self._cells.rows
        col = int((touch.x - self.x) * cols / max(1, self.width))
        row = int((self.top - touch.y) * rows / max(1, self.height))
        index = int(row * cols + col)
        return index if 0 <= index < len(self.model.tiles) else None

    def on_touch_down(self, touch: Any) -> bool:
        """Shows the press and fires at once."""
        index = self._hit(touch)
        if index is None:
            return False
        tile = self.model.tiles[index]
        if tile.look == "page":
            self.dispatch("on_page", self.model.next_page)
        elif tile.look != "empty":
            touch.grab(self)
            self._release()
            self._held = self._tiles[index]
            self._held.pressed = True
            self.dispatch("on_tile", tile.product)
        return True

    def _release(self) -> None:
        if self._held is not None:
            self._held.pressed = False
            self._held = None

    def on_touch_up(self, touch: Any) -> bool:
        """Ends the press."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._release()
        return True


class CategoryRail(Layer):
    """The categories under each other. `on_category(id)`."""

    model = ObjectProperty(GridModel(), rebind=True)
    __events__ = ("on_category",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._cells = Cells(cols=1)
        self.add_widget(self._cells)
        self._ids: tuple[int, ...] = ()
        self.fbind("model", self._show)
        self._space()

    def on_category(self, category: int) -> None:
        """A category was touched."""

    def retheme(self) -> None:
        """Another profile has another gap."""
        super().retheme()
        self._space()

    def _space(self, *_: Any) -> None:
        self._cells.gap = theme.m.gap

    def _show(self, *_: Any) -> None:
        categories = self.model.categories
        if len(self._cells.children) != len(categories):
            self._cells.clear_widgets()
            for _ in categories:
                key = CategoryKey()
                key.bind(on_tap=lambda touched: self.dispatch("on_category", touched.category))
                self._cells.add_widget(key)
        for key, category in zip(reversed(self._cells.children), categories, strict=True):
            key.category, key.text = category.id, category.text
            key.band, key.chosen = f"band-{category.hue}", category.chosen
