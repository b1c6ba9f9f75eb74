"""Boulangerie-Épicerie du Bourg, Vevey: the shop that `make run` opens; hides that it is plain files.

The products are read by the same CSV import a merchant uses, so a fault in the file is found by the same checks.
"""

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from appliance.domain.catalog import Catalog, Category, Grid, Product, Shop, build_catalog
from appliance.store.catalog import csv_grids, read_csv

FOLDER: Final = Path(__file__).parent


class NoteLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One article on a waiting note."""

    product: int
    quantity_milli: int


class WaitingNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note that waits when the demo opens."""

    number: int
    name: str
    """Table or person; empty: no name was given."""
    sale_mode: str
    age_minutes: int
    """How long before the opening of the demo it was put aside."""
    lines: tuple[NoteLine, ...]


class DemoShop(msgspec.Struct, frozen=True):
    """Everything the demo puts into an empty till."""

    shop: Shop
    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    grids: tuple[Grid, ...]
    notes: tuple[WaitingNote, ...]

    def catalog(self) -> Catalog:
        """The shelves in memory, for tests and the day player."""
        return build_catalog(self.products, self.categories, self.grids)


class _Categories(msgspec.Struct, forbid_unknown_fields=True):
    categories: tuple[Category, ...]


class _Notes(msgspec.Struct, forbid_unknown_fields=True):
    notes: tuple[WaitingNote, ...]


def load_demo_shop() -> DemoShop:
    """Read the files of this folder. ValueError (msgspec's or our own) when a file is wrong."""
    shop = msgspec.convert(_read_toml("shop.toml"), Shop)
    categories = msgspec.convert(_read_toml("categories.toml"), _Categories).categories
    by_name = {category.name: category.id for category in categories}
    tax_classes = [tax_class.id for tax_class in shop.tax_classes]
    reading = read_csv((FOLDER / "products.csv").read_bytes(), by_name, tax_classes)
    if reading.faults:
        raise ValueError(f"products.csv: {reading.faults[:5]}")
    notes = msgspec.convert(_read_toml("notes.toml"), _Notes).notes
    return DemoShop(shop, categories, reading.products, tuple(csv_grids(reading)), notes)


def _read_toml(name: str) -> dict[str, object]:
    with (FOLDER / name).open("rb") as file:
        return tomllib.load(file)
