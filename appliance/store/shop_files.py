"""A shop as a folder of plain files: `shop.toml`, `categories.toml`, `products.csv`; what a first start imports.

`codes.toml`, when it is there, is the table of in-store codes: the shop's own rules, then those of a preset.

Read by the same checks as a merchant's import. A fault names its file and line, and nothing is written.
"""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from appliance.domain.catalog import Category, Grid, Product, Shop
from appliance.domain.code_rule import CodeRule, check_table
from appliance.domain.errors import Refusal
from appliance.store.catalog import csv_grids, import_catalog, read_csv, save_shop

TABLE_BYTES_MAX: Final = 1_000_000
"""A table of 200 rules is a hundredth of it."""


class ShopFiles(msgspec.Struct, frozen=True):
    """Everything that the folder says."""

    shop: Shop
    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    grids: tuple[Grid, ...]


class _Categories(msgspec.Struct, forbid_unknown_fields=True):
    categories: tuple[Category, ...]


class _Codes(msgspec.Struct, forbid_unknown_fields=True):
    preset: Literal["", "CH", "DE", "FR"] = ""
    rules: tuple[CodeRule, ...] = ()


def read_toml(path: Path) -> dict[str, object]:
    """A TOML file as builtins. Raises Refusal `shop.unreadable`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refusal("shop.unreadable", file=path.name, reason=str(error)) from error


def read_shop_files(folder: Path) -> ShopFiles:
    """Read and check the whole folder. Raises Refusal: shop.unreadable, shop.value, shop.product."""
    try:
        shop = msgspec.convert(read_toml(folder / "shop.toml"), Shop)
        categories = msgspec.convert(read_toml(folder / "categories.toml"), _Categories).categories
        if (folder / "codes.toml").exists():
            shop = msgspec.structs.replace(shop, code_rules=read_code_rules(folder / "codes.toml"))
    except ValueError as error:
        raise Refusal("shop.value", reason=str(error)) from error
    by_name = {category.name: category.id for category in categories}
    try:
        body = (folder / "products.csv").read_bytes()
    except OSError as error:
        raise Refusal("shop.unreadable", file="products.csv", reason=str(error)) from error
    reading = read_csv(body, by_name, [tax_class.id for tax_class in shop.tax_classes])
    if reading.faults:
        fault = reading.faults[0]
        raise Refusal("shop.product", file="products.csv", line=fault.line, reason=fault.code)
    return ShopFiles(shop, categories, reading.products, tuple(csv_grids(reading)))


def check_size(path: Path) -> None:
    """Raises Refusal `shop.unreadable` for what is no file, or none that a person wrote: a device never ends."""
    try:
        found = path.stat()
    except OSError:
        return  # who reads it says why
    if not stat.S_ISREG(found.st_mode) or found.st_size > TABLE_BYTES_MAX:
        raise Refusal("shop.unreadable", file=path.name, reason=f"no file of at most {TABLE_BYTES_MAX} bytes")


def read_code_rules(path: Path) -> tuple[CodeRule, ...]:
    """The table of in-store codes in a file. Raises Refusal `shop.unreadable`, ValueError for a rule that is wrong."""
    from appliance.domain.code_preset import PRESETS

    check_size(path)
    codes = msgspec.convert(read_toml(path), _Codes)
    rules = (*codes.rules, *PRESETS.get(codes.preset, ()))
    check_table(rules)
    return rules


def import_shop(conn: Any, files: ShopFiles) -> int:
    """Put a shop into the store, in one transaction; the number of products."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        save_shop(conn, files.shop)
        count = import_catalog(conn, files.products, files.categories, files.grids)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return count
