"""The line editor: quantity, price, discount, offer, comment."""

from dataclasses import dataclass
from typing import Literal

from appliance.i18n import amount, quantity, rate, t
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.words import DOT, price_of_one
from appliance.protocol import command as cmd
from appliance.protocol.view import LineEditorSheet, LineView, TillView

Field = Literal["quantity", "price", "discount_rate", "discount_amount"]
FIELDS: tuple[Field, ...] = ("quantity", "price", "discount_rate", "discount_amount")
KINDS = {"quantity": "quantity", "price": "money", "discount_rate": "rate", "discount_amount": "money"}
PRESETS = (500, 1000, 2000, 3000, 5000)
QUANTITY_MAX = 999_000
COUNTS = (2000, 3000, 4000, 6000, 12000)


@dataclass(frozen=True)
class PresetModel:
    """One preset: its value in the field's unit."""

    value: int
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class ReasonModel:
    """One reason to offer the line."""

    id: str
    text: str


@dataclass(frozen=True)
class LineEditorModel:
    """Everything the editor shows."""

    line: int = 0
    field: str = "quantity"
    title: str = ""
    detail: str = ""
    tabs: tuple[str, ...] = ()
    tab: int = 0
    caption: str = ""
    value: str = ""
    presets: tuple[PresetModel, ...] = ()
    left_key: str = "."
    scope_label: str = ""
    scopes: tuple[str, ...] = ()
    scope: int = 0
    has_scope: bool = False
    offer_label: str = ""
    offers: tuple[ReasonModel, ...] = ()
    comment_label: str = ""
    comment: str = ""
    comment_hint: str = ""
    done: str = ""


def shown_value(view: TillView, field: str, value: int | None) -> str:
    """The field's value in words; nothing when unset."""
    if value is None:
        return ""
    if field == "quantity":
        return quantity(value, view.shop.locale)
    if field == "discount_rate":
        return rate(value, view.shop.locale)
    return amount(value, view.shop.locale)


def edited_line(view: TillView, sheet: LineEditorSheet) -> LineView | None:
    """The line being edited."""
    lines = view.ticket.lines if view.ticket else ()
    return next((line for line in lines if line.id == sheet.line), None)


def line_editor_model(view: TillView, sheet: LineEditorSheet, entry: Entry) -> LineEditorModel:
    """The editor of a view, with what is being typed."""
    line = edited_line(view, sheet)
    if line is None:
        return LineEditorModel()
    lang, locale = view.language, view.shop.locale
    value = sheet.value if entry.is_empty else entry.value
    each = price_of_one(line, lang, locale)
    count = t(
        f"screen.editor.count_{line.unit}",
        lang,
        quantity=quantity(line.quantity_milli, locale),
        count=line.quantity_milli // 1000,
    )
    presets = PRESETS if sheet.field == "discount_rate" else COUNTS if sheet.field == "quantity" else ()
    return LineEditorModel(
        line=line.id,
        field=sheet.field,
        title=line.name,
        detail=DOT.join((each, count)),
        tabs=tuple(t(f"screen.editor.tab.{field}", lang, currency=view.shop.currency) for field in FIELDS),
        tab=FIELDS.index(sheet.field),
        caption=t(f"screen.editor.caption.{sheet.field}", lang),
        value=shown_value(view, sheet.field, value),
        presets=tuple(PresetModel(each, shown_value(view, sheet.field, each), each == value) for each in presets),
        left_key="." if KINDS[sheet.field] != "money" else "00",
        scope_label=t("screen.editor.scope", lang),
        scopes=(t("screen.editor.this_line", lang), t("screen.editor.whole_ticket", lang)),
        scope=1 if sheet.scope == "ticket" else 0,
        has_scope=sheet.field.startswith("discount"),
        offer_label=t("screen.editor.offer", lang),
        offers=tuple(ReasonModel(reason.id, reason.label) for reason in sheet.offers),
        comment_label=t("screen.editor.comment", lang),
        comment=line.comment,
        comment_hint=t("screen.editor.comment_hint", lang),
        done=t("screen.action.done", lang),
    )


def command_for(sheet: LineEditorSheet, value: int) -> cmd.Command | None:
    """What a value typed in the editor asks of the daemon; None while it cannot be meant (a quantity of 0)."""
    if sheet.field == "quantity":
        return cmd.SetQuantity(sheet.line, min(value, QUANTITY_MAX)) if value else None
    if sheet.field == "price":
        return cmd.SetPrice(sheet.line, value) if value else None
    if sheet.field == "discount_rate":
        value = min(value, 10_000)
        return (
            cmd.DiscountTicket(rate_bp=value)
            if sheet.scope == "ticket"
            else cmd.DiscountLine(sheet.line, rate_bp=value)
        )
    if sheet.scope == "ticket":
        return cmd.DiscountTicket(amount_minor=value)
    return cmd.DiscountLine(sheet.line, amount_minor=value)
