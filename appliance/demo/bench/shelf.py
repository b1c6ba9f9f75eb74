"""What the bench shows of the shop: product tiles and badges, ready for the page; hides the catalogue's shape."""

import random
from typing import Final

import msgspec

from appliance.demo.shop import DemoShop
from appliance.domain.catalog import Product
from appliance.domain.gtin import check_digit

LABEL_GRAMS: Final = 350


class Tile(msgspec.Struct, frozen=True, omit_defaults=True):
    id: int
    name: str
    code: str
    price: str
    """As on a label, `1.60`; `libre` for a free price, empty when it is missing."""
    category: str
    hue: str
    pack: str = ""
    """Code of its carton."""
    sold_out: bool = False
    age_limit: int = 0


class Badge(msgspec.Struct, frozen=True):
    name: str
    title: str
    initials: str
    hue: str
    code: str


class Shelf(msgspec.Struct, frozen=True):
    shop: str
    tiles: tuple[Tile, ...]
    badges: tuple[Badge, ...]

    def random_codes(self, count: int) -> list[str]:
        """Codes of products anybody may buy at once, at random; never the same twice in a row, which a scanner would
        read as one label that stays in its beam."""
        plain = [tile.code for tile in self.tiles if not (tile.sold_out or tile.age_limit) and tile.price[:1].isdigit()]
        codes: list[str] = []
        while len(codes) < count:
            code = random.choice(plain)
            if codes[-1:] != [code]:
                codes.append(code)
        return codes


def fill_shelf(demo: DemoShop) -> Shelf:
    """Everything with a code, in the order of the catalogue's categories."""
    categories = {category.id: category for category in demo.categories}
    tiles = []
    for product in demo.products:
        category = categories.get(product.category) if product.category is not None else None
        if not product.codes:
            continue
        tiles.append(
            Tile(
                id=product.id,
                name=product.name,
                code=product.codes[0] if product.unit == "piece" else label_of(product.codes[0]),
                price=_price(product),
                category=category.name if category else "Sans rubrique",
                hue=category.hue if category else "neutre",
                pack=product.packs[0].code if product.packs else "",
                sold_out=product.sold_out,
                age_limit=product.age_limit,
            )
        )
    badges = [
        Badge(seller.name, seller.title, seller.initials, seller.hue, seller.badge)
        for seller in demo.shop.sellers
        if seller.badge
    ]
    return Shelf(demo.shop.name, tuple(tiles), tuple(badges))


def label_of(article: str, grams: int = LABEL_GRAMS) -> str:
    """What the scale in the cheese corner prints for an article (codes.toml of the demo shop)."""
    body = f"21{article.zfill(5)}{grams:05d}"
    return body + check_digit(body)


def _price(product: Product) -> str:
    if product.price_kind == "free":
        return "libre"
    if product.price_minor is None:
        return ""
    return f"{product.price_minor // 100}.{product.price_minor % 100:02d}" + (" / kg" if product.unit == "kg" else "")
