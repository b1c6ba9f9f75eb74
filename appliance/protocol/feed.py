"""Rows of head office's change feed: what `FeedRow.body` holds, table by table; read and written here alone.

    table          key           body
    category       id as text    domain.catalog.Category
    product        id as text    ProductRow
    customer       id            domain.customer.Customer
    group          id            domain.customer.Group
    user           id            domain.catalog.Seller
    payment_mode   id            domain.catalog.TenderMode
    reason         id            domain.catalog.Reason
    message        id            MessageRow

A body is a JSON object with those fields by name; fields that are not known are passed over. A row of an unknown table,
or a body that does not read, is left out by the till and counted as a warning; it never stops the feed.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from appliance.domain.catalog import Category, PackCode, PriceKind, Product, Reason, Seller, TenderMode, Unit
from appliance.domain.customer import Customer, Group
from appliance.protocol.wire import FeedRow


class PackRow(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    units: int
    price_minor: int | None = None


class ProductRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An article as head office keeps it; see `domain.catalog.Product`."""

    id: int
    name: str
    tax_class: str
    price_minor: int | None = None
    category: int | None = None
    codes: tuple[str, ...] = ()
    key_label: str = ""
    """"": made of the name."""
    unit: Unit = "piece"
    price_kind: PriceKind = "fixed"
    free_min_minor: int = 0
    free_max_minor: int = 0
    sold_out: bool = False
    favourite: int | None = None
    popularity: int = 0
    age_limit: int = 0
    packs: tuple[PackRow, ...] = ()
    name_plural: str = ""
    list_prices: dict[str, int] = {}

    @classmethod
    def of(cls, product: Product) -> ProductRow:
        return cls(
            product.id, product.name, product.tax_class, product.price_minor, product.category, product.codes,
            product.key_label, product.unit, product.price_kind, product.free_min_minor, product.free_max_minor,
            product.sold_out, product.favourite, product.popularity, product.age_limit,
            tuple(PackRow(pack.code, pack.units, pack.price_minor) for pack in product.packs),
            product.name_plural, dict(product.list_prices),
        )  # fmt: skip

    def product(self) -> Product:
        return Product(
            id=self.id, name=self.name, key_label=self.key_label or self.name[:16], category=self.category,
            codes=self.codes, price_minor=self.price_minor, tax_class=self.tax_class, unit=self.unit,
            price_kind=self.price_kind, free_min_minor=self.free_min_minor, free_max_minor=self.free_max_minor,
            sold_out=self.sold_out, favourite=self.favourite, popularity=self.popularity, age_limit=self.age_limit,
            packs=tuple(PackCode(pack.code, pack.units, pack.price_minor) for pack in self.packs),
            name_plural=self.name_plural, list_prices=tuple(self.list_prices.items()),
        )  # fmt: skip


class MessageRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence of head office for whoever stands at the till."""

    id: str
    text: Annotated[str, Meta(max_length=200)]
    until: str = ""
    """Not shown from then on, UTC; "" until somebody closes it."""


ROWS: Final[dict[str, type[Any]]] = {
    "category": Category,
    "product": ProductRow,
    "group": Group,
    "customer": Customer,
    "payment_mode": TenderMode,
    "reason": Reason,
    "user": Seller,
    "message": MessageRow,
}
"""In the order in which they are asked for: what others refer to comes first."""


@cache
def _decoder(table: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(ROWS[table])


def body(row: Any) -> msgspec.Raw:
    """What a feed row holds of one of `ROWS`."""
    return msgspec.Raw(msgspec.json.encode(row))


def read(table: str, row: FeedRow) -> Any:
    """The row of a table; None for one that is gone. Raises ValueError for what does not read."""
    if row.gone:
        return None
    try:
        return _decoder(table).decode(row.body)
    except KeyError as error:
        raise ValueError(f"no table {table}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{table} {row.key}: {error}") from error
