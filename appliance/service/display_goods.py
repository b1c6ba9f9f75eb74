"""The unknown code's lists and form as the kiosk draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain.catalog import Product
from appliance.protocol import view as v
from appliance.service import unknown_code

if TYPE_CHECKING:
    from appliance.service.till import Till


def picker(till: Till) -> v.ProductPickerSheet | None:
    """Associer à un article existant."""
    unknown = till.desk.unknown
    if unknown is None:
        return None
    found = unknown_code.found(till)
    is_search = bool(till.desk.goods_search.strip())
    return v.ProductPickerSheet(
        code=unknown.shown,
        rows=tuple(_row(till, product) for product in found[: unknown_code.LISTED]),
        search=till.desk.goods_search,
        hits=len(found) if is_search else len(till.catalog),
        has_more=is_search and len(found) >= unknown_code.SEARCH_MAX,
        total=len(till.catalog),
    )


def _row(till: Till, product: Product) -> v.ProductRow:
    category = next((row for row in till.catalog.categories if row.id == product.category), None)
    return v.ProductRow(
        product.id, product.name, product.price_minor, product.unit,
        "" if category is None else category.name, product.codes[0] if product.codes else "",
        "neutre" if category is None else category.hue,
    )  # fmt: skip


def choice(till: Till, field: str) -> v.ProductChoiceSheet | None:
    """Groupes de TVA or rubriques to choose from."""
    form = till.desk.product_form
    if form is None:
        return None
    if field == "tax":
        mode = till.shop.default_sale_mode().id
        taxes = tuple(v.ProductChoiceKey(row.id, row.name, till.rate_bp(mode, row.id)) for row in till.shop.tax_classes)
        return v.ProductChoiceSheet("tax", taxes, form.tax)
    keys = tuple(v.ProductChoiceKey(str(row.id), row.name, hue=row.hue) for row in unknown_code.rubriques(till))
    return v.ProductChoiceSheet("category", keys, "" if form.category is None else str(form.category))


def form_view(till: Till) -> v.ProductFormView | None:
    """Créer un article."""
    form, unknown = till.desk.product_form, till.desk.unknown
    if form is None or unknown is None:
        return None
    tax = next((row.name for row in till.shop.tax_classes if row.id == form.tax), "")
    category = next((row.name for row in till.catalog.categories if row.id == form.category), "")
    ticket = till.ticket
    return v.ProductFormView(
        serial=form.serial,
        code=unknown.product_code or unknown.shown,
        lines=(
            v.FormLine("name", form.name, 0, form.errors.get("name", "")),
            v.FormLine("price", form.price, 0, form.errors.get("price", "")),
        ),
        tax=tax,
        tax_bp=till.rate_bp(till.shop.default_sale_mode().id, form.tax),
        category=category,
        unit="kg" if unknown.is_by_weight else "piece",
        ticket=0 if ticket is None else ticket.number,
    )
