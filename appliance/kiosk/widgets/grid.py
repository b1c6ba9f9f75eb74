"""The product grid and the category rail.

Hides that the tiles are a picture: they are painted once a category page into a layer; badges and the pressed tile are
drawn above it. Touches are resolved to a slot by arithmetic.
"""

from typing import Any

from kivy.properties import NumericProperty, ObjectProperty

from appliance.kiosk.theme import theme
from appliance.kiosk.viewmodel.grid import GridModel, TileModel
from appliance.kiosk.widgets.base import AWAY, Box, Cells, Layer
from appliance.kiosk.widgets.tile import Badge, CategoryKey, PageKey, Tile


class TileGrid(Box):
    """cols x rows tiles. Events: on_tile(product) on touch down, on_page(page)."""

    model = ObjectProperty(GridModel(), rebind=True)
    cols = NumericProperty(4)
    rows = NumericProperty(6)
    __events__ = ("on_tile", "on_page")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("direction", "stack")
        super().__init__(**kwargs)
        self._page = Layer()
        self._cells = Cells()
        self._page.add_widget(self._cells)
        self.add_widget(self._page)
        self._tiles: list[Any] = []
        self._shown: tuple[TileModel, ...] = ()
        self._badges: dict[int, Badge] = {}
        self._spare: list[Badge] = []
        self._held = Tile(look="pressed", shown=False, size_hint=(None, None))
        self._held.pos = (AWAY, AWAY)
        for name in ("model", "cols", "rows", "size", "pos"):
            self.fbind(name, self._show)
        self._rebuild()

    def on_tile(self, product: int) -> None:
        """A product was touched."""

    def on_page(self, page: int) -> None:
        """The page key was touched."""

    def retheme(self) -> None:
        """Another profile has another number of tiles."""
        super().retheme()
        if (self.cols, self.rows, self._cells.gap) != (theme.m.cols, theme.m.rows, theme.m.gap):
            self._rebuild()

    def do_layout(self, *_: Any) -> None:
        """The layer fills the grid; badges and the pressed tile place themselves."""
        self._page.pos, self._page.size = self.pos, self.size
        self._cells.do_layout()
        self._place_badges()
        self._trigger_layout.cancel()

    def _rebuild(self, *_: Any) -> None:
        self.cols, self.rows = theme.m.cols, theme.m.rows
        self._cells.gap = theme.m.gap
        self._shown = ()
        self._cells.clear_widgets()
        self._tiles = []
        self._show()

    def _show(self, *_: Any) -> None:
        self._cells.cols, self._cells.rows = self.cols, self.rows
        if self.model.tiles != self._shown:
            self._show_tiles(self.model.tiles)
        self._place_badges()

    def _show_tiles(self, tiles: tuple[TileModel, ...]) -> None:
        kinds = [PageKey if tile.look == "page" else Tile for tile in tiles]
        if [type(tile) for tile in self._tiles] != kinds:
            self._cells.clear_widgets()
            self._tiles = [kind() for kind in kinds]
            for tile in self._tiles:
                self._cells.add_widget(tile)
        for widget, tile in zip(self._tiles, tiles, strict=True):
            if tile.look == "page":
                widget.text = tile.name
            else:
                widget.name, widget.price, widget.hue, widget.look = tile.name, tile.price, tile.hue, tile.look
        self._shown = tiles

    def _slot(self, index: int) -> tuple[float, float, float, float]:
        gap = theme.m.gap
        width = (self.width - gap * (self.cols - 1)) / self.cols
        height = (self.height - gap * (self.rows - 1)) / self.rows
        row, col = divmod(index, int(self.cols))
        return self.x + col * (width + gap), self.top - row * (height + gap) - height, width, height

    def _place_badges(self) -> None:
        for index, word in enumerate(self.model.badges):
            badge = self._badges.get(index)
            if not word:
                if badge is not None:
                    self._spare.append(self._badges.pop(index))
                    self.remove_widget(badge)
                continue
            if badge is None:
                badge = self._badges[index] = self._spare.pop() if self._spare else Badge()
                self.add_widget(badge)
            x, y, width, _height = self._slot(index)
            badge.text, badge.hue = word, self.model.tiles[index].hue
            badge.right_edge, badge.bottom_edge = round(x + width) - theme.m.tile_pad[2], round(y) + theme.m.tile_pad[3]

    def _hit(self, touch: Any) -> int | None:
        if not self.collide_point(*touch.pos):
            return None
        col = int((touch.x - self.x) * self.cols / max(1, self.width))
        row = int((self.top - touch.y) * self.rows / max(1, self.height))
        index = int(row * self.cols + col)
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
            self._hold(index, tile)
            self.dispatch("on_tile", tile.product)
        return True

    def _hold(self, index: int, tile: TileModel) -> None:
        x, y, width, height = self._slot(index)
        held = self._held
        held.name, held.price, held.hue = tile.name, tile.price, tile.hue
        held.size = (round(x + width) - round(x), round(y + height) - round(y))
        held.pos = (round(x), round(y))
        if held.parent is None:
            self.add_widget(held)

    def on_touch_up(self, touch: Any) -> bool:
        """Ends the press."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.remove_widget(self._held)
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
