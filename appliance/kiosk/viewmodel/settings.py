"""Paramètres: sections, what each setting is, where it comes from, and the sheet of its choices."""

from dataclasses import dataclass
from datetime import date

from appliance.i18n import amount, catalogue, rate, short_date, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.choice import ItemModel, ListModel
from appliance.kiosk.viewmodel.undo import UndoModel, undo_model
from appliance.kiosk.viewmodel.words import DOT
from appliance.protocol import view as v

SECTION_ICONS = {
    "general": "sliders-horizontal", "notes": "list-bullets", "payment": "money", "wallet": "wallet",
    "printing": "receipt", "devices": "plugs-connected", "screen": "speaker-high", "users": "users-three",
    "sync": "cloud-check",
}  # fmt: skip
ORIGIN_ICONS = {
    "chain": "globe-simple", "establishment": "buildings", "point_of_sale": "storefront", "till": "cloud-check",
    "local": "monitor", "box": "wrench",
}  # fmt: skip
FILTERS = ("all", "here", "locked")
TYPED = ("amount", "rate", "number", "text", "amounts")
"""Kinds whose value is typed; the others are touched."""


@dataclass(frozen=True)
class SectionModel:
    """One section of the rail."""

    id: str
    text: str
    icon: str
    chosen: bool = False


@dataclass(frozen=True)
class SettingModel:
    """One row of the table. `kind` is the row class, `how` the way it is set."""

    key: str = ""
    kind: str = "setting"
    how: str = "choice"
    label: str = ""
    help: str = ""
    value: str = ""
    raw: str = ""
    """As it is typed."""
    is_on: bool = False
    origin: str = ""
    origin_icon: str = ""
    default: str = ""
    is_locked: bool = False
    is_here: bool = False
    digits: bool = False
    last: bool = False


@dataclass(frozen=True)
class SettingsModel:
    """The screen."""

    sections: tuple[SectionModel, ...] = ()
    title: str = ""
    section: str = ""
    search: str = ""
    search_hint: str = ""
    filters: tuple[str, ...] = ()
    only: int = 0
    rule: str = ""
    heads: tuple[str, str, str, str] = ("", "", "", "")
    rows: tuple[SettingModel, ...] = ()
    empty: str = ""
    devices: str = ""
    """Words of the key that leads to Périphériques; "" elsewhere."""
    foot: str = ""
    foot_icon: str = ""
    is_ill: bool = False
    coming: str = ""
    undo: UndoModel | None = None


def shown_value(row: v.SettingRow, value: str, view: v.TillView) -> str:
    """A value in words: "Oui", "Feuille de choix", "200.00", "20 %", "30 s"."""
    lang, locale = view.language, view.shop.locale
    if row.kind == "switch":
        return t("screen.settings.yes" if value == "1" else "screen.settings.no", lang)
    if row.kind == "mode":
        return row.words.get(value, value)
    if row.kind == "amounts":
        return DOT.join(amount(hundredths(part), locale) for part in value.split())
    if row.kind == "amount":
        return amount(hundredths(value), locale)
    if row.kind == "rate":
        return rate(hundredths(value), locale)
    if row.kind == "number" and row.unit:
        return t(f"screen.settings.unit.{row.unit}", lang, value=value)
    word = f"screen.setting.{row.key}.{value}"
    return t(word, lang) if row.kind == "choice" and word in catalogue(lang) else value


def hundredths(text: str) -> int:
    """ "200.00" as 20000."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def _row(row: v.SettingRow, view: v.TillView, section: str, last: bool) -> SettingModel:
    lang = view.language
    explanation = t(f"screen.setting.{row.key}.help", lang)
    if row.section != section:
        explanation = DOT.join((t(f"screen.settings.section.{row.section}", lang), explanation))
    return SettingModel(
        key=row.key,
        how=row.kind,
        label=t(f"screen.setting.{row.key}.label", lang),
        help=t("screen.settings.locked", lang) if row.is_locked else explanation,
        value=shown_value(row, row.value, view),
        raw=row.value,
        is_on=row.value == "1",
        origin=t(f"screen.settings.origin.{row.origin}", lang),
        origin_icon=ORIGIN_ICONS.get(row.origin, ""),
        default=shown_value(row, row.default, view),
        is_locked=row.is_locked,
        is_here=row.is_here,
        digits=row.kind not in ("text",),
        last=last,
    )


def section_models(sections: tuple[str, ...], chosen: str, lang: str) -> tuple[SectionModel, ...]:
    """The rail of Paramètres, also beside Périphériques; Synchronisation is its last key."""
    return tuple(
        SectionModel(name, t(f"screen.settings.section.{name}", lang), SECTION_ICONS[name], name == chosen)
        for name in dict.fromkeys((*sections, "sync"))
    )


def settings_model(view: v.TillView) -> SettingsModel:
    """The screen of a view."""
    content, lang = view.settings, view.language
    if content is None:
        return SettingsModel()
    section = "" if content.search else content.section
    words = ("all", "here", "locked_only")
    filters = tuple(
        f"{t(f'screen.settings.{word}', lang)} {count}" for word, count in zip(words, content.counts, strict=True)
    )
    count = len(content.rows)
    return SettingsModel(
        sections=section_models(content.sections, section, lang),
        title=t(f"screen.settings.section.{section}", lang) if section else t("screen.settings.found", lang),
        section=section,
        search=content.search,
        search_hint=t("screen.settings.search", lang),
        filters=filters,
        only=FILTERS.index(content.only),
        rule=t("screen.settings.rule", lang),
        heads=tuple(t(f"screen.settings.{word}", lang) for word in ("setting", "value", "from", "default")),  # type: ignore[arg-type]
        rows=tuple(_row(row, view, section, at == count) for at, row in enumerate(content.rows, 1)),
        empty=_empty(content, lang),
        devices=t("screen.settings.devices", lang) if section == "devices" else "",
        undo=undo_model(view),
        **_foot(content, view),  # type: ignore[arg-type]
    )


def _empty(content: v.SettingsView, lang: str) -> str:
    """Why the table is empty."""
    if content.rows:
        return ""
    if content.counts[0] == 0 and content.search:
        return t("screen.settings.none_found", lang, text=content.search, hint=content.hint)
    return t(f"screen.settings.none_{content.only}" if content.only != "all" else "screen.settings.none_here", lang)


def _foot(content: v.SettingsView, view: v.TillView) -> dict[str, object]:
    """Version and signature, or what went wrong; and the change to come."""
    lang, locale = view.language, view.shop.locale
    coming = ""
    if content.next_at:
        day, time = _when(content.next_at, locale)
        coming = t("screen.settings.coming", lang, count=content.next_count, date=day[:6].rstrip("."), time=time)
    if content.fault:
        return {"foot": t("screen.settings.fault", lang), "foot_icon": "warning", "is_ill": True, "coming": coming}
    if content.is_waiting and not content.next_at:
        return {"foot": t("screen.settings.waiting", lang), "foot_icon": "hourglass-medium", "coming": coming}
    if content.version:
        day, time = _when(content.received_at, locale)
        foot = t("screen.settings.version", lang, version=content.version, date=day, time=time)
        return {"foot": foot, "foot_icon": "seal-check", "coming": coming}
    return {"foot": t("screen.settings.alone", lang), "foot_icon": "monitor", "coming": coming}


def _when(local: str, locale: str) -> tuple[str, str]:
    """(day, time) of a local time."""
    if not local:
        return "", ""
    return short_date(date.fromisoformat(local[:10]), locale), local[11:16]


def settings_bar(view: v.TillView) -> BarModel:
    """Back, Paramètres, and whose."""
    subtitle = DOT.join((view.shop.till_name, view.shop.name))
    return back_bar(view, t("screen.settings.title", view.language), subtitle)


def choices_model(view: v.TillView, sheet: v.SettingSheet) -> ListModel:
    """The sheet of a setting's choices."""
    lang = view.language
    items = tuple(
        ItemModel(choice, sheet.words.get(choice) or _word(sheet.key, choice, lang), chosen=choice == sheet.value)
        for choice in sheet.choices
    )
    help_ = t(f"screen.setting.{sheet.key}.help", lang)
    return ListModel(t(f"screen.setting.{sheet.key}.label", lang), "sliders-horizontal", help_, items)


def _word(key: str, choice: str, lang: str) -> str:
    code = f"screen.setting.{key}.{choice}"
    return t(code, lang) if code in catalogue(lang) else choice
