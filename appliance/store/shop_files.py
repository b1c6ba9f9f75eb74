"""A shop as a folder of plain files: `shop.toml`, `categories.toml`, `products.csv`; what a first start imports.

`codes.toml`, when it is there, is the table of in-store codes: the shop's own rules, then those of a preset.

Read by the same checks as a merchant's import. A fault names its file, its line and what is allowed, and nothing is
written.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import msgspec

from appliance.domain.catalog import Category, Grid, Product, Shop
from appliance.domain.code_rule import RULES_MAX, BadRule, CodeRule, check_reach, check_table
from appliance.domain.errors import Refusal
from appliance.store.catalog import RowFault, csv_grids, import_catalog, read_csv, save_shop

if TYPE_CHECKING:
    from appliance.toml_file import Fault

T = TypeVar("T")

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
    return _parse(path, _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _parse(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> Refusal:
    from appliance.toml_file import unreadable  # late: of use to what is wrong only

    return Refusal("shop.unreadable", **unreadable(path, error).placed(path.name))


def _read(path: Path, kind: type[T]) -> T:
    """A TOML file as this struct. Raises Refusal `shop.unreadable`, `shop.value`."""
    text = _text(path)
    table = _parse(path, text)
    try:
        return msgspec.convert(table, kind)
    except ValueError as error:
        from appliance.toml_file import faults_of

        raise Refusal("shop.value", **faults_of(text, table, kind)[0].placed(path.name)) from error


def read_shop_files(folder: Path) -> ShopFiles:
    """Read and check the whole folder. Raises Refusal: shop.unreadable, shop.value, shop.product."""
    shop = _read(folder / "shop.toml", Shop)
    categories = _read(folder / "categories.toml", _Categories).categories
    if (folder / "codes.toml").exists():
        shop = msgspec.structs.replace(shop, code_rules=read_code_rules(folder / "codes.toml"))
    by_name = {category.name: category.id for category in categories}
    try:
        body = (folder / "products.csv").read_bytes()
    except OSError as error:
        raise _unreadable(folder / "products.csv", error) from error
    reading = read_csv(body, by_name, [tax_class.id for tax_class in shop.tax_classes])
    if reading.faults:
        raise Refusal("shop.product", **_placed(reading.faults[0], folder / "products.csv"))
    return ShopFiles(shop, categories, reading.products, tuple(csv_grids(reading)))


def check_size(path: Path) -> None:
    """Raises Refusal `shop.unreadable` for what is no file, or none that a person wrote: a device never ends."""
    try:
        found = path.stat()
    except OSError:
        return  # who reads it says why
    if not stat.S_ISREG(found.st_mode) or found.st_size > TABLE_BYTES_MAX:
        raise Refusal("shop.unreadable", **_placed(RowFault(0, "file.too_big", {"limit": str(TABLE_BYTES_MAX)}), path))


class CodesReading(msgspec.Struct, frozen=True):
    """What a table of in-store codes says, and everything that is wrong with it."""

    rules: tuple[CodeRule, ...]
    """The shop's own, then those of the preset; () when anything is wrong."""
    faults: tuple[RowFault, ...]


def read_code_rules(path: Path) -> tuple[CodeRule, ...]:
    """The table of in-store codes in a file. Raises Refusal `shop.unreadable`, and `shop.value` for a rule that is
    wrong or that cannot work."""
    reading = read_codes(path)
    if reading.faults:
        raise Refusal("shop.value", **_placed(reading.faults[0], path))
    return reading.rules


def read_codes(path: Path) -> CodesReading:
    """The same, with every fault by its line. Raises Refusal `shop.unreadable`."""
    from appliance.domain.code_preset import PRESETS
    from appliance.toml_file import faults_of, line_of

    check_size(path)
    text = _text(path)
    table = _parse(path, text)
    try:
        codes = msgspec.convert(table, _Codes)
    except ValueError:
        return CodesReading((), tuple(map(_row_fault, faults_of(text, table, _Codes))))
    preset = PRESETS.get(codes.preset, ())
    faults = []
    for at, rule in enumerate(codes.rules):
        try:
            check_reach(rule, codes.rules[:at])
            check_table((rule, *(other for other in (*codes.rules[:at], *preset) if other.name == rule.name)))
        except BadRule as bad:
            faults.append(RowFault(line_of(text, ("rules", at, bad.field)), bad.code, _texts(bad.params)))
    rules = (*codes.rules, *preset)
    if len(rules) > RULES_MAX:
        faults.append(RowFault(0, "code_rule.too_many", {"limit": str(RULES_MAX)}))
    return CodesReading(() if faults else rules, tuple(faults))


def _placed(fault: RowFault, path: Path) -> dict[str, str | int]:
    from appliance.toml_file import Fault

    return Fault(fault.line, fault.code, {**fault.params}).placed(path.name)


def _row_fault(fault: Fault) -> RowFault:
    return RowFault(fault.line, fault.code, _texts(fault.params))


def _texts(params: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


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
