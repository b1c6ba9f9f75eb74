"""What a code stands for in this shop: a seller's badge, a receipt, an article, or nothing that is known.

One router for every scan and every typed code. The order decides, and is the same everywhere:

    1. badge of a seller
    2. receipt of a till (`TB`, till, document)
    3. a code of the catalogue exactly as it was read (the usual article: one look into a table)
    4. card of a customer, before any part of a number is looked at: a card that begins like a scale's label is a card
    5. what `domain.code.read` finds in it: GTIN family, the shop's in-store rules, GS1 fields

`interpret` changes nothing and asks no clock; `explain` is the same with every step written down, for the tester.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from appliance.domain.catalog import Catalog, Product, Seller, Shop
from appliance.domain.code import CODE_MAX, GS, GS1_CARRIERS, Reading, read, split_aim
from appliance.domain.customer import code_key
from appliance.domain.gtin import is_digits
from appliance.domain.money import line_amount
from appliance.domain.ticket import Lot, Weighed

RECEIPT_MARK: Final = "TB"
"""First letters of the bar code on a receipt: TB, till, document."""
HIDDEN: Final = "•••"
"""What is shown and kept of a badge's code: who has its number can sign in."""
CURRENCIES: Final = {"756": "CHF", "978": "EUR"}
"""ISO 4217 numbers as AI 393n writes them."""

Kind = Literal["article", "badge", "receipt", "customer", "unknown", "refused"]


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Whose card a code is, and whether it still counts."""

    customer: str
    """Opaque id."""
    name: str
    state: Literal["active", "blocked", "replaced"] = "active"


def nobody(_code: str) -> Holder | None:
    """Where there are no customers."""
    return None


class Goods(msgspec.Struct, frozen=True, gc=False):
    """How an article that was read goes on the ticket."""

    quantity_milli: int = 1000
    unit: Literal["piece", "kg"] = "piece"
    lot: Lot | None = None
    """A pack, or what the label asks for this quantity."""
    price_minor: int | None = None
    """Unit price that replaces the catalogue's: an article that has none, or is sold by weight and labelled with a
    price alone."""
    batch: str = ""
    code: str = ""
    """The code as the ticket keeps it: printable, without GS1 fields."""
    weighed: Weighed = ""
    """Where the weight comes from; "" for goods in kilograms that must be weighed yet."""
    tare_milli: int = 0

    @property
    def needs_weight(self) -> bool:
        """Sold by weight, and nobody has said yet how much it is or what it costs as a whole."""
        return self.unit == "kg" and not self.weighed and self.lot is None


class Meaning(msgspec.Struct, frozen=True, gc=False):
    """What a code stands for. Of a badge it says whose it is and never its code."""

    kind: Kind
    reading: Reading
    product: Product | None = None
    goods: Goods | None = None
    seller: Seller | None = None
    holder: Holder | None = None
    """Whose card it is."""
    fault: str = ""
    """Message id of why it is not sold, when `kind` is refused."""
    params: dict[str, str | int] = {}
    """What the sentence of `fault` needs."""
    steps: tuple[tuple[str, str], ...] = ()
    """What was asked and what came of it, in order; only from `explain`."""


class Words(msgspec.Struct, frozen=True):
    """What a code is looked up in."""

    shop: Shop
    catalog: Catalog
    today: str
    """Business day, ISO 8601."""
    holder_of: Callable[[str], Holder | None] = nobody
    """Whose card a code is."""


def is_possible(text: str) -> bool:
    """Whether this can be a code at all: not empty, not endless, nothing unprintable but GS1 separators."""
    return 0 < len(text) <= CODE_MAX and text.replace(GS, "").isprintable() and bool(text.strip(GS + " "))


def interpret(words: Words, text: str, symbology: str | None = None) -> Meaning:
    """What a code stands for here. Never raises."""
    return _interpret(words, text, symbology, None)


def explain(words: Words, text: str, symbology: str | None = None) -> Meaning:
    """The same answer as `interpret`, with its steps: which rule won, and what was asked before."""
    steps: list[tuple[str, str]] = []
    meaning = _interpret(words, text, symbology, steps)
    return msgspec.structs.replace(meaning, steps=tuple(steps))


def may_be_card(words: Words, text: str, symbology: str | None = None) -> bool:
    """Whether a customer's card may have this code: what a badge, a receipt or an article has never becomes one,
    however it is spelled, and not even while that article cannot be sold."""
    meanings = (interpret(words, each, symbology) for each in {text, code_key(text)})
    return not any(found.kind in ("badge", "receipt") or found.product is not None for found in meanings)


def badge_owner(shop: Shop, text: str, symbology: str | None = None) -> Seller | None:
    """Whose badge a code is, read as `interpret` reads it; None for any other code."""
    return shop.seller_by_badge(split_aim(text.strip(), symbology)[0].strip())


Steps = list[tuple[str, str]] | None


def _note(steps: Steps, asked: str, found: str) -> None:
    if steps is not None:
        steps.append((asked, found))


def _interpret(words: Words, raw: str, symbology: str | None, steps: Steps) -> Meaning:
    text, aim = split_aim(raw.strip(), symbology)
    text = text.strip()
    _note(steps, "aim", aim)
    if not is_possible(text):
        return Meaning("refused", Reading(text[:CODE_MAX], aim), fault="scan.unreadable")
    seller = badge_owner(words.shop, text, aim)
    _note(steps, "badge", "" if seller is None else seller.id)
    if seller is not None:
        return Meaning("badge", Reading(HIDDEN, aim), seller=seller)
    is_receipt = is_receipt_code(text)
    _note(steps, "receipt", text if is_receipt else "")
    if is_receipt:
        return Meaning("receipt", Reading(text, aim))
    if aim not in GS1_CARRIERS:
        exact = _look_up(words, text)
        _note(steps, "catalogue", "" if exact is None else exact[1].code)
        if exact is not None:
            return _article(words, Reading(text, aim, keys=(text,)), *exact)
    holder = words.holder_of(text)
    _note(steps, "card", "" if holder is None else holder.customer)
    if holder is not None:
        return _card(Reading(text, aim), holder)
    return _by_content(words, read(text, aim, words.shop.code_rules, words.today), steps)


def _card(reading: Reading, holder: Holder) -> Meaning:
    """A card that was lost or replaced attaches nobody (feature W-22)."""
    if holder.state == "active":
        return Meaning("customer", reading, holder=holder)
    return Meaning("refused", reading, holder=holder, fault=f"scan.card_{holder.state}")


def _by_content(words: Words, reading: Reading, steps: Steps) -> Meaning:
    _note(steps, "form", reading.form)
    if reading.form == "in_store":
        _note(steps, "rule", reading.rule)
    if reading.fault:
        return Meaning("refused", reading, fault=reading.fault, params=_params(reading))
    for key in reading.keys:
        found = _look_up(words, key)
        _note(steps, "key", key if found is None else f"{key} = {found[0].id}")
        if found is not None:
            return _article(words, reading, *found)
    return Meaning("unknown", reading)


def _params(reading: Reading) -> dict[str, str | int]:
    return {"code": reading.text[:40].replace(GS, " ")}


def _look_up(words: Words, key: str) -> tuple[Product, Goods] | None:
    found = words.catalog.product_by_code(key)
    if found is None:
        return None
    product, units = found
    pack_minor = words.catalog.pack_price_minor(key) if units != 1 or product.packs else None
    lot = None if pack_minor is None else Lot(units * 1000, pack_minor)
    return product, Goods(quantity_milli=units * 1000, unit=product.unit, lot=lot, code=key)


# --- articles -------------------------------------------------------------------------------------------------------


def _article(words: Words, reading: Reading, product: Product, goods: Goods) -> Meaning:
    """The article with what the code says about this one: weight, count, price, lot, last day."""
    if reading.expires and reading.expires < words.today:
        params: dict[str, str | int] = {"name": product.name, "date": reading.expires}
        return Meaning("refused", reading, product, fault="scan.expired", params=params)
    asks_price = reading.price_minor is not None and _may_carry_price(reading, product)
    if reading.currency and CURRENCIES.get(reading.currency) != words.shop.currency:
        return Meaning("refused", reading, product, fault="scan.currency", params={"name": product.name})
    goods = msgspec.structs.replace(goods, batch=reading.batch)
    if reading.form == "in_store":
        goods = msgspec.structs.replace(goods, code=reading.text)
    if reading.weight_milli is not None and product.unit != "kg" and reading.form == "in_store":
        return Meaning("refused", reading, product, fault="scan.not_by_weight", params={"name": product.name})
    if reading.count is not None:
        if product.unit == "kg":
            return Meaning("refused", reading, product, fault="scan.not_by_piece", params={"name": product.name})
        goods = msgspec.structs.replace(goods, quantity_milli=goods.quantity_milli * reading.count)
    elif reading.weight_milli is not None and product.unit == "kg":
        goods = msgspec.structs.replace(goods, quantity_milli=reading.weight_milli, weighed="label")
    if asks_price and reading.price_minor is not None:
        goods = _labelled(product, goods, reading.price_minor, reading.weight_milli is not None)
    return Meaning("article", reading, product, goods)


def _may_carry_price(reading: Reading, product: Product) -> bool:
    """In a GS1 message the price is that of a varying measure (GS1 General Specifications: AI 392n and 393n belong to
    such trade items alone): indicator 9, or an article sold by weight or without a price of its own."""
    if reading.form not in ("gs1", "link"):
        return True
    is_varying = bool(reading.keys) and len(reading.keys[0]) == 14 and reading.keys[0].startswith("9")
    return is_varying or product.unit == "kg" or product.price_minor is None or product.price_kind == "free"


def _labelled(product: Product, goods: Goods, price_minor: int, is_weighed: bool) -> Goods:
    """The label's price is what the customer pays (it was on the goods when they were taken from the shelf).

    The catalogue's price stays beside it as the line's unit price, where the two speak of the same quantity.
    """
    if product.price_minor is None or product.price_kind == "free":
        return msgspec.structs.replace(goods, quantity_milli=1000, unit="piece", price_minor=price_minor)
    if product.unit == "kg" and not is_weighed:
        return msgspec.structs.replace(goods, quantity_milli=1000, unit="piece", price_minor=price_minor)
    return msgspec.structs.replace(goods, lot=Lot(goods.quantity_milli, price_minor, is_label=True))


def shelf_minor(lot: Lot, unit_price_minor: int) -> int | None:
    """What the catalogue asks for a labelled quantity when that differs from the label; None when all is well."""
    if not lot.is_label:
        return None
    shelf = line_amount(unit_price_minor, lot.quantity_milli)
    return None if shelf == lot.price_minor else shelf


# --- receipts -------------------------------------------------------------------------------------------------------


def receipt_code(till_id: str, document: int) -> str:
    """The bar code of a receipt (CODE128): mark, till, document."""
    return f"{RECEIPT_MARK}{till_id}-{document:06d}"


def is_receipt_code(text: str) -> bool:
    """Whether a code has the form of a receipt's, of this till or of another one."""
    till_id, _, document = text.removeprefix(RECEIPT_MARK).rpartition("-")
    return text.startswith(RECEIPT_MARK) and bool(till_id) and len(document) >= 6 and is_digits(document)
