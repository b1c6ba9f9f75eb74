"""Peser: what lies on the scale, what it costs, and whether it may be sold now."""

from dataclasses import dataclass

from appliance.i18n import amount, quantity, t
from appliance.kiosk.viewmodel.entry import Entry
from appliance.protocol.view import TillView, WeighSheet

ICONS = {
    "stable": "check-circle",
    "empty": "scales",
    "moving": "hourglass-medium",
    "over_capacity": "warning",
    "under_zero": "warning",
    "fault": "warning",
    "by_hand": "info",
}
TONES = {"stable": "pay", "empty": "ink-2", "moving": "ink-2", "by_hand": "ink-2"}
"""Colour of the icon beside the sentence; what is not here warns."""


@dataclass(frozen=True)
class WeighModel:
    """Everything the pane shows."""

    title: str = ""
    detail: str = ""
    weight_label: str = ""
    weight: str = ""
    weight_tone: str = "ink"
    state: str = ""
    state_icon: str = "info"
    state_tone: str = "ink-2"
    amount_label: str = ""
    currency: str = ""
    amount: str = ""
    tare: str = ""
    can_tare: bool = False
    weigh: str = ""
    is_ready: bool = False
    by_hand: bool = False


def weigh_model(view: TillView, sheet: WeighSheet, entry: Entry) -> WeighModel:
    """The pane of a view, with the weight being typed where no scale works."""
    lang, locale = view.language, view.shop.locale
    by_hand = sheet.state == "by_hand"
    stable = sheet.state == "stable"
    typed = "" if entry.is_empty else entry.keys
    shown = typed if by_hand else kilos(sheet.quantity_milli, locale) if stable else "–"
    tare = kilos(sheet.tare_milli, locale)
    return WeighModel(
        title=sheet.name,
        detail=t("screen.line.unit_kg", lang, price=amount(sheet.price_minor, locale)),
        weight_label=t("screen.weigh.net" if sheet.tare_milli or sheet.is_net else "screen.weigh.weight", lang),
        weight=shown,
        weight_tone="ink" if stable or by_hand else "ink-3",
        state=t(f"screen.weigh.{sheet.state}", lang),
        state_icon=ICONS[sheet.state],
        state_tone=TONES.get(sheet.state, "warn"),
        amount_label=t("screen.weigh.amount", lang),
        currency=view.shop.currency,
        amount=amount(amount_of(sheet, entry), locale) if stable or (by_hand and entry.value) else "–",
        tare=t("screen.weigh.tare_off", lang, weight=tare) if sheet.tare_milli else t("screen.weigh.tare", lang),
        can_tare=sheet.can_tare,
        weigh=t("screen.weigh.type" if by_hand else "screen.weigh.weigh", lang),
        is_ready=bool(entry.value) if by_hand else stable,
        by_hand=by_hand,
    )


def amount_of(sheet: WeighSheet, entry: Entry) -> int:
    """What the weight comes to, as the ticket will say: of a typed one, half a centime goes up."""
    if sheet.state != "by_hand":
        return sheet.amount_minor
    return (sheet.price_minor * entry.value + 500) // 1000


def kilos(milli: int, locale: str) -> str:
    """A weight as a scale shows it: always three decimals."""
    whole = quantity(milli // 1000 * 1000, locale)
    return f"{whole}.{milli % 1000:03d}"
