"""The code that nobody knows: its sheet, the list of articles, the form of a new one, in words."""

from dataclasses import dataclass

from appliance.i18n import amount, rate, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.choice import ItemModel, ListModel
from appliance.kiosk.viewmodel.client import FieldModel
from appliance.kiosk.viewmodel.words import DOT, number, sentence
from appliance.protocol import view as v

CHOICES: tuple[v.CodeChoice, ...] = ("new_product", "product", "new_customer", "customer")
ICONS = {"new_product": "package", "product": "link", "new_customer": "user-plus", "customer": "identification-card"}


@dataclass(frozen=True)
class ChoiceModel:
    """One of the four choices."""

    id: str = ""
    title: str = ""
    hint: str = ""
    icon: str = ""
    lock: str = ""
    """ "Responsable" where the right is asked for first."""
    is_main: bool = False
    enabled: bool = True


@dataclass(frozen=True)
class UnknownModel:
    """Que faire de ce code ?"""

    code: str = ""
    title: str = ""
    detail: str = ""
    question: str = ""
    form: str = ""
    choices: tuple[ChoiceModel, ...] = ()
    ignore: str = ""
    free_price: str = ""
    foot: str = ""


@dataclass(frozen=True)
class ProductRowModel:
    """One article of the list."""

    key: str = ""
    kind: str = "product"
    id: int = 0
    name: str = ""
    detail: str = ""
    price: str = ""
    hue: str = "neutre"
    last: bool = False


@dataclass(frozen=True)
class ProductPickerModel:
    """Associer à un article existant."""

    title: str = ""
    hint: str = ""
    close: str = ""
    search: str = ""
    search_hint: str = ""
    search_done: str = ""
    keyboard: str = ""
    rows: tuple[ProductRowModel, ...] = ()
    count: str = ""
    empty: str = ""


@dataclass(frozen=True)
class ProductFormModel:
    """Créer un article."""

    serial: int = 0
    fields: tuple[FieldModel, ...] = ()
    note: str = ""
    cancel: str = ""
    save: str = ""
    next: str = ""


def unknown_model(view: v.TillView, sheet: v.UnknownCodeSheet) -> UnknownModel:
    """The sheet of a view."""
    lang = view.language
    return UnknownModel(
        code=sheet.code,
        title=t("screen.unknown_code.title", lang, code=sheet.code),
        detail=t("screen.unknown_code.detail", lang, at=sheet.read_at),
        question=t("screen.unknown_code.question", lang),
        form=t(f"screen.unknown_code.form.{sheet.form}", lang),
        choices=tuple(_choice(view, sheet, name) for name in CHOICES),
        ignore=t("screen.unknown_code.ignore", lang),
        free_price=t("screen.unknown_code.free_price", lang),
        foot=t("screen.unknown_code.foot", lang),
    )


def _choice(view: v.TillView, sheet: v.UnknownCodeSheet, name: v.CodeChoice) -> ChoiceModel:
    lang, is_product = view.language, name in ("new_product", "product")
    return ChoiceModel(
        id=name,
        title=t(f"screen.unknown_code.choice.{name}", lang),
        hint=t(f"screen.unknown_code.hint.{name}", lang),
        icon=ICONS[name],
        lock=t("screen.unknown_code.manager", lang) if is_product and sheet.needs_manager else "",
        is_main=sheet.suggested == name,
        enabled=sheet.can_be_product if is_product else sheet.can_be_card,
    )


def picker_model(view: v.TillView, sheet: v.ProductPickerSheet) -> ProductPickerModel:
    """The list of a view."""
    lang = view.language
    found, total = (amount(count * 100, view.shop.locale)[:-3] for count in (sheet.hits, sheet.total))
    word = "count_more" if sheet.has_more else "count_one" if sheet.hits == 1 else "count"
    is_nothing = bool(sheet.search.strip()) and not sheet.rows
    return ProductPickerModel(
        title=t("screen.product.pick_title", lang, code=sheet.code),
        hint=t("screen.product.pick_hint", lang),
        close=t("screen.action.close", lang),
        search=sheet.search,
        search_hint=t("screen.product.search", lang),
        search_done=t("screen.clients.search_done", lang),
        keyboard=t("screen.clients.keyboard", lang),
        rows=tuple(_row(view, row, i == len(sheet.rows) - 1) for i, row in enumerate(sheet.rows)),
        count=t(f"screen.product.{word}", lang, found=found, total=total),
        empty=t("screen.product.nothing", lang, text=sheet.search) if is_nothing else "",
    )


def _row(view: v.TillView, row: v.ProductRow, last: bool) -> ProductRowModel:
    lang, locale = view.language, view.shop.locale
    price = t("screen.product.no_price", lang)
    if row.price_minor is not None:
        price = amount(row.price_minor, locale)
        price = t("screen.product.per_kg", lang, amount=price) if row.unit == "kg" else price
    return ProductRowModel(
        key=str(row.id), id=row.id, name=row.name, detail=DOT.join(word for word in (row.category, row.code) if word),
        price=price, hue=row.hue or "neutre", last=last,
    )  # fmt: skip


def form_model(view: v.TillView) -> ProductFormModel:
    """The form of a view."""
    form, lang = view.product_form, view.language
    if form is None:
        return ProductFormModel()
    lines = {line.field: line for line in form.lines}
    return ProductFormModel(
        serial=form.serial,
        fields=(
            _field(view, "name", "name", lines["name"]),
            _field(view, "price", "price_kg" if form.unit == "kg" else "price", lines["price"]),
            FieldModel(
                "tax", t("screen.product.field.tax", lang), f"{form.tax}{DOT}{rate(form.tax_bp, view.shop.locale)}",
                is_choice=True,
            ),
            FieldModel(
                "category", t("screen.product.field.category", lang),
                form.category or t("screen.product.no_category", lang), is_choice=True,
            ),
        ),
        note=t("screen.product.code_note", lang, code=form.code),
        cancel=t("screen.action.cancel", lang),
        save=t("screen.product.create_add", lang),
        next=t("screen.clients.next", lang),
    )  # fmt: skip


def _field(view: v.TillView, name: str, label: str, line: v.FormLine) -> FieldModel:
    lang = view.language
    return FieldModel(
        field=name,
        label=t(f"screen.product.field.{label}", lang),
        text=line.text,
        hint=t(f"screen.product.hint.{name}", lang),
        error=sentence(line.error, line.params, view) if line.error else "",
        edition=line.edition,
    )


def form_bar(view: v.TillView) -> BarModel:
    """Back, and for which ticket."""
    form = view.product_form
    ticket = t("screen.bar.ticket", view.language, number=number(form.ticket)) if form and form.ticket else ""
    return back_bar(view, t("screen.product.title", view.language), ticket)


def choice_model(view: v.TillView, sheet: v.ProductChoiceSheet) -> ListModel:
    """Groupes de TVA or rubriques."""
    lang = view.language
    items = tuple(
        ItemModel(
            key.id, key.name, rate(key.rate_bp, view.shop.locale) if key.rate_bp is not None else "",
            chosen=key.id == sheet.chosen,
        )
        for key in sheet.keys
    )  # fmt: skip
    if sheet.field == "category":
        items = (ItemModel("", t("screen.product.no_category", lang), chosen=not sheet.chosen), *items)
    return ListModel(t(f"screen.product.field.{sheet.field}", lang), "squares-four", "", items)
