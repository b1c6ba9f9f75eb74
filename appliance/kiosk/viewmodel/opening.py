"""The opening of the till: the float counted, or taken over as it was left."""

from dataclasses import dataclass, field

from appliance.i18n import amount, signed, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.counting import CountCardModel, count_card, focus_caption
from appliance.kiosk.viewmodel.words import DOT
from appliance.protocol.view import OpeningView, TillView


@dataclass(frozen=True)
class OpeningModel:
    """Everything the opening screen shows."""

    title: str = ""
    hint: str = ""
    is_plain: bool = False
    """The till runs without a float: one button is all."""
    notes: CountCardModel = field(default_factory=CountCardModel)
    coins: CountCardModel = field(default_factory=CountCardModel)
    left_label: str = ""
    left: str = ""
    keep: str = ""
    counted_label: str = ""
    currency: str = ""
    counted: str = ""
    expected: str = ""
    difference: str = ""
    difference_kind: str = "g"
    difference_icon: str = "check-circle"
    caption: str = ""
    main: str = ""


def opening_model(view: TillView) -> OpeningModel:
    """The opening screen of a view."""
    opening = view.opening or OpeningView((), ())
    lang, locale = view.language, view.shop.locale
    left = amount(opening.left_minor, locale)
    off = opening.difference_minor
    return OpeningModel(
        title=t("screen.opening.float", lang),
        hint=t("screen.opening.hint" if opening.left_by else "screen.opening.hint_first", lang),
        is_plain=not opening.notes and not opening.coins,
        notes=count_card(view, "notes", opening.notes, opening.notes_minor, opening.focus_minor),
        coins=count_card(view, "coins", opening.coins, opening.coins_minor, opening.focus_minor),
        left_label=t("screen.opening.left_by", lang, name=opening.left_by) if opening.left_by else "",
        left=left,
        keep=t("screen.opening.keep", lang, amount=left),
        counted_label=t("screen.opening.counted", lang),
        currency=view.shop.currency,
        counted=amount(opening.counted_minor, locale),
        expected=t("screen.opening.expected", lang, amount=amount(opening.expected_minor, locale)),
        difference=t("screen.counting.difference", lang, amount=signed(off, locale))
        if off
        else t("screen.counting.even", lang),
        difference_kind="w" if off else "g",
        difference_icon="warning" if off else "check-circle",
        caption=focus_caption(view, opening.focus_minor, opening.coins),
        main=t("screen.opening.open", lang),
    )


def opening_bar(view: TillView) -> BarModel:
    """Back, title, who opens which till."""
    who = [view.seller.name] if view.seller else []
    return back_bar(view, t("screen.opening.title", view.language), DOT.join([*who, view.shop.till_name]))
