"""Boulangerie-Épicerie du Bourg, Vevey: the shop that `make run` opens; hides that it is plain files.

The products are read by the same CSV import a merchant uses, so a fault in the file is found by the same checks.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.domain.catalog import Catalog, Category, Grid, Product, Shop, build_catalog
from appliance.domain.customer import Group
from appliance.store.customer_files import ImportReport, import_customers
from appliance.store.customers import save_group
from appliance.store.shop_files import read_shop_files, read_toml

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


class _Groups(msgspec.Struct, forbid_unknown_fields=True):
    groups: tuple[Group, ...]


def put_customers(conn: Any, at: str) -> ImportReport:
    """Put the demo's groups and customers into a store, as `tillbox customers import` would; their opening balances are
    in the report. `at` is the UTC time of now. ValueError when a file is wrong."""
    for group in msgspec.convert(read_toml(FOLDER / "customer_groups.toml"), _Groups).groups:
        save_group(conn, group)
    report = import_customers(conn, (FOLDER / "customers.csv").read_bytes(), at)
    if report.faults:
        raise ValueError(f"customers.csv:{report.faults[0].line}: {report.faults[0].code} {report.faults[0].params}")
    return report


class _Notes(msgspec.Struct, forbid_unknown_fields=True):
    notes: tuple[WaitingNote, ...]


def load_demo_shop() -> DemoShop:
    """Read the files of this folder. Refusal or msgspec's ValidationError when a file is wrong."""
    files = read_shop_files(FOLDER)
    notes = msgspec.convert(read_toml(FOLDER / "notes.toml"), _Notes).notes
    return DemoShop(files.shop, files.categories, files.products, files.grids, notes)
