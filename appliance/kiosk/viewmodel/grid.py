"""Categories, tiles, the tool row above them."""

from dataclasses import dataclass
from functools import lru_cache

from appliance.i18n import amount, quantity, t
from appliance.kiosk.viewmodel.words import short_name
from appliance.protocol.view import GridView, TileView, TillView

STRIP = (2, 3, 4, 5, 6, 12)
LONG_STRIP = (2, 3, 4, 5, 6, 8, 10, 12)


@dataclass(frozen=True)
class CategoryModel:
    """One key of the rail."""

    id: int
    text: str
    hue: str
    chosen: bool = False


@dataclass(frozen=True)
class TileModel:
    """One slot of the grid. look: "", "out", "empty" or "page"."""

    product: int = 0
    name: str = ""
    price: str = ""
    hue: str = "neutre"
    look: str = "empty"


@dataclass(frozen=True)
class QuantityModel:
    """One key of the quantity strip."""

    count: int
    text: str
    armed: bool = False


@dataclass(frozen=True)
class GridModel:
    """The left side of the sale screen. Badges are apart from the tiles: they change with every scan."""

    categories: tuple[CategoryModel, ...] = ()
    tiles: tuple[TileModel, ...] = ()
    badges: tuple[str, ...] = ()
    next_page: int = 0
    strip: tuple[QuantityModel, ...] = ()
    search: str = ""
    searching: bool = False
    search_hint: str = ""
    free_price: str = ""
    no_hit: str = ""
    search_done: str = ""


def tile_model(lang: str, locale: str, tile: TileView) -> TileModel:
    """A product's tile in words."""
    price = "" if tile.price_minor is None else amount(tile.price_minor, locale)
    if tile.is_sold_out:
        price = t("screen.tile.sold_out", lang)
    elif tile.is_free_price:
        price = t("screen.tile.free_price", lang)
    elif tile.price_minor is None:
        price = t("screen.tile.no_price", lang)
    return TileModel(
        tile.product, short_name(tile.label), price, tile.hue or "neutre", "out" if tile.is_sold_out else ""
    )


def grid_model(view: TillView, slots: int, long_strip: bool = False) -> GridModel:
    """Rail, tiles and tool row; `slots` is how many tiles the profile shows."""
    if view.grid is None:
        return GridModel(tiles=(TileModel(),) * slots, badges=("",) * slots)
    return _grid_model(view.grid, view.language, view.shop.locale, slots, long_strip)


@lru_cache(maxsize=8)  # most views show the grid of the view before
def _grid_model(grid: GridView, lang: str, locale: str, slots: int, long_strip: bool) -> GridModel:
    more = grid.pages > 1
    shown = grid.tiles[: slots - 1 if more else slots]
    tiles = [tile_model(lang, locale, tile) if tile else TileModel() for tile in shown]
    badges = [quantity(tile.badge_milli, locale) if tile and tile.badge_milli else "" for tile in shown]
    tiles += [TileModel()] * (slots - len(tiles))
    badges += [""] * (slots - len(badges))
    next_page = grid.page % grid.pages + 1 if more else 0
    if more:
        tiles[-1] = TileModel(name=t("screen.tile.page", lang, page=next_page), look="page")
    searching = grid.search is not None
    looks = bool(grid.search and grid.search.strip())
    return GridModel(
        categories=tuple(
            CategoryModel(key.id, key.name, key.hue or "neutre", key.id == grid.category and not looks)
            for key in grid.categories
        ),
        tiles=tuple(tiles),
        badges=tuple(badges),
        next_page=next_page,
        strip=tuple(
            QuantityModel(n, f"×\N{NARROW NO-BREAK SPACE}{n}", n == grid.armed)
            for n in (LONG_STRIP if long_strip else STRIP)
        ),
        search=grid.search or "",
        searching=searching,
        search_hint=t("screen.sale.search", lang),
        free_price=t("screen.sale.free_price", lang),
        search_done=t("screen.action.done", lang),
        no_hit=t("screen.sale.no_hit", lang, text=grid.search) if looks and not any(grid.tiles) else "",
    )
