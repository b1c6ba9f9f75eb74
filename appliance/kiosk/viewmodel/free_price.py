"""Prix libre: an amount, a VAT group, a name on the ticket."""

from dataclasses import dataclass

from appliance.i18n import amount, rate, t
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.words import DOT
from appliance.protocol.view import FreePriceSheet, TillView


@dataclass(frozen=True)
class GroupModel:
    """One VAT group as a key."""

    id: str
    icon: str
    text: str
    detail: str
    last_used: bool = False


@dataclass(frozen=True)
class FreePriceModel:
    """Everything the pane shows."""

    title: str = ""
    detail: str = ""
    amount_label: str = ""
    currency: str = ""
    amount: str = ""
    group_label: str = ""
    groups: tuple[GroupModel, ...] = ()
    name_label: str = ""
    names: tuple[str, ...] = ()
    add: str = ""
    only_amount: bool = False


def free_price_model(view: TillView, sheet: FreePriceSheet, entry: Entry) -> FreePriceModel:
    """The pane of a view, with the amount being typed."""
    lang, locale = view.language, view.shop.locale
    only_amount = sheet.product is not None
    limits = {"low": amount(sheet.min_minor, locale), "high": amount(sheet.max_minor, locale)}
    groups = tuple(
        GroupModel(
            group.id,
            group.icon,
            DOT.join((group.name, rate(group.rate_bp, locale))),
            t("screen.free.last_used", lang) if i == 0 else group.hint,
            i == 0,
        )
        for i, group in enumerate(sheet.groups)
    )
    return FreePriceModel(
        title=sheet.product_name if only_amount else t("screen.free.title", lang),
        detail=t("screen.free.product_hint" if only_amount else "screen.free.hint", lang, **limits),
        amount_label=t("screen.free.amount", lang),
        currency=view.shop.currency,
        amount="" if entry.is_empty else amount(entry.value, locale),
        group_label=t("screen.free.group", lang),
        groups=() if only_amount else groups,
        name_label=t("screen.free.name", lang),
        names=() if only_amount else sheet.names,
        add=t("screen.free.add", lang),
        only_amount=only_amount,
    )
