"""Mes Données: sections, means of payment, groups of customers, and their editors."""

from dataclasses import dataclass
from datetime import date

from appliance.i18n import amount, rate, short_date, t
from appliance.kiosk.viewmodel.bar import BarModel, home_bar
from appliance.kiosk.viewmodel.choice import ItemModel, ListModel, QuestionModel
from appliance.kiosk.viewmodel.home import TabModel, tab_models
from appliance.kiosk.viewmodel.undo import UndoModel, undo_model
from appliance.kiosk.viewmodel.words import DOT, sentence
from appliance.protocol import view as v

SECTION_ICONS = {"modes": "credit-card", "groups": "users-three"}
TAGS = (("opens_drawer", "drawer"), ("quick_key", "quick"), ("needs_customer", "customer"))
SWITCHES: tuple[str, ...] = ("opens_drawer", "quick_key", "needs_customer", "funds_wallet")
OVERPAID: tuple[str, ...] = ("change", "refuse", "keep")
ROOMY_ROWS = 7
"""As many rows as the mock-up has; with more, they are a little lower."""


@dataclass(frozen=True)
class SectionModel:
    """One section of the rail."""

    id: str
    text: str
    icon: str
    chosen: bool = False


@dataclass(frozen=True)
class ModeModel:
    """One means of payment in the list."""

    key: str = ""
    kind: str = "mode"
    id: str = ""
    name: str = ""
    does: str = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    is_on: bool = False
    is_wallet: bool = False
    is_tight: bool = False
    is_lifted: bool = False
    """Follows the finger."""
    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class GroupModel:
    """One group of customers in the list."""

    key: str = ""
    kind: str = "group"
    id: str = ""
    name: str = ""
    detail: str = ""
    members: str = ""
    first: bool = False
    last: bool = False


@dataclass(frozen=True)
class MastersModel:
    """Everything the screen shows."""

    tabs: tuple[TabModel, ...] = ()
    lock: str = ""
    sections: tuple[SectionModel, ...] = ()
    section: str = ""
    title: str = ""
    hint: str = ""
    add: str = ""
    modes: tuple[ModeModel, ...] = ()
    groups: tuple[GroupModel, ...] = ()
    empty: str = ""
    undo: UndoModel | None = None


@dataclass(frozen=True)
class SwitchModel:
    """A yes or no of the editor."""

    field: str
    text: str
    is_on: bool


@dataclass(frozen=True)
class EditorModel:
    """The editor of a means of payment."""

    title: str = ""
    icon: str = ""
    name_label: str = ""
    name: str = ""
    name_error: str = ""
    account_label: str = ""
    account: str = ""
    account_hint: str = ""
    account_error: str = ""
    kind_label: str = ""
    kinds: tuple[str, ...] = ()
    kind: int = 0
    place_label: str = ""
    place: str = ""
    place_before: int = -1
    """Place one step up or down, -1 where there is none."""
    place_after: int = -1
    switches: tuple[SwitchModel, ...] = ()
    choice_label: str = ""
    choice_field: str = ""
    choices: tuple[str, ...] = ()
    choice: int = 0
    values: tuple[str, ...] = ()
    """What each choice stands for."""
    kind_values: tuple[str, ...] = ()
    save: str = ""
    cancel: str = ""


@dataclass(frozen=True)
class RateModel:
    """One automatic discount in the editor of a group."""

    key: str = ""
    kind: str = "rate"
    row: int = 0
    category: str = ""
    rate: str = ""
    first: str = ""
    last: str = ""
    error: str = ""
    rate_text: str = ""
    first_text: str = ""
    last_text: str = ""
    """As they are typed anew."""


@dataclass(frozen=True)
class GroupFormModel:
    """The editor of a group."""

    title: str = ""
    group: str = ""
    label_label: str = ""
    label: str = ""
    label_hint: str = ""
    label_error: str = ""
    rates_label: str = ""
    rates: tuple[RateModel, ...] = ()
    rates_empty: str = ""
    category_word: str = ""
    rate_word: str = ""
    from_word: str = ""
    to_word: str = ""
    from_label: str = ""
    to_label: str = ""
    add: str = ""
    pick: str = ""
    """ "Quelle rubrique ?" while one is being chosen."""
    picking: int = 0
    categories: tuple[ItemModel, ...] = ()
    delete: str = ""
    save: str = ""
    cancel: str = ""


# --- the screen -----------------------------------------------------------------------------------------------------


def masters_bar(view: v.TillView) -> BarModel:
    """The shop, the till, the seller."""
    return home_bar(view)


def masters_model(view: v.TillView, *, is_short: bool = False) -> MastersModel:
    """Mes Données of a view. `is_short`: the small panel."""
    masters, lang = view.masters, view.language
    if masters is None:
        return MastersModel()
    on_modes = masters.section == "modes"
    hint = "modes_hint_short" if on_modes and is_short else f"{masters.section}_hint"
    return MastersModel(
        tabs=tab_models(view, masters.tabs, "masters", masters.orders_waiting),
        lock=t("screen.home.lock", lang),
        sections=tuple(
            SectionModel(name, t(f"screen.masters.section.{name}", lang), SECTION_ICONS[name], name == masters.section)
            for name in masters.sections
        ),
        section=masters.section,
        title=t(f"screen.masters.section.{masters.section}", lang),
        hint=t(f"screen.masters.{hint}", lang),
        add=t("screen.masters.add" if on_modes else "screen.masters.groups_new", lang),
        modes=_modes(view, masters),
        groups=_groups(view, masters),
        empty=t("screen.masters.groups_empty", lang) if not on_modes and not masters.groups else "",
        undo=undo_model(view),
    )


def _modes(view: v.TillView, masters: v.MastersView) -> tuple[ModeModel, ...]:
    return tuple(
        ModeModel(
            key=row.id,
            id=row.id,
            name=row.name,
            does=sentence(row.does, row.params, view),
            icon=row.icon,
            tags=tuple(t(f"screen.masters.tag.{word}", view.language) for field, word in TAGS if getattr(row, field)),
            is_on=row.is_on,
            is_wallet=row.kind == "wallet" and row.is_on,
            is_tight=len(masters.modes) > ROOMY_ROWS,
            first=at == 1,
            last=at == len(masters.modes),
        )
        for at, row in enumerate(masters.modes, 1)
    )


def _groups(view: v.TillView, masters: v.MastersView) -> tuple[GroupModel, ...]:
    return tuple(
        GroupModel(
            key=row.id,
            id=row.id,
            name=row.label,
            detail=DOT.join(discount(view, each) for each in row.rates) or t("screen.masters.group.no_discount"),
            members=members(view, row.customers),
            first=at == 1,
            last=at == len(masters.groups),
        )
        for at, row in enumerate(masters.groups, 1)
    )


def members(view: v.TillView, count: int) -> str:
    """12 clients."""
    word = {0: "members_none", 1: "members_one"}.get(count, "members")
    return t(f"screen.masters.{word}", view.language, count=count)


def discount(view: v.TillView, row: v.GroupRateRow) -> str:
    """10 % partout, 5 % Boissons froides du 01.12.2026 au 31.12.2026."""
    lang = view.language
    what = row.category or t("screen.masters.group.everywhere", lang)
    said = t("screen.masters.group.discount", lang, rate=rate(row.rate_bp, view.shop.locale), what=what)
    first, last = day(view, row.effective_from), day(view, row.effective_to)
    if first and last:
        return f"{said} {t('screen.masters.group.span', lang, first=first, last=last)}"
    if first or last:
        word = "since" if first else "until"
        return f"{said} {t(f'screen.masters.group.{word}', lang, day=first or last)}"
    return said


def day(view: v.TillView, iso: str) -> str:
    """An ISO day as the shop's country writes it; "" for none."""
    return short_date(date.fromisoformat(iso), view.shop.locale) if iso else ""


# --- means of payment -----------------------------------------------------------------------------------------------


def editor_model(view: v.TillView, sheet: v.TenderModeSheet) -> EditorModel:
    """The editor of a means of payment."""
    lang = view.language

    def say(word: str, **params: object) -> str:
        return t(f"screen.masters.mode.{word}", lang, **params)

    field, values, choice = _choice(sheet)
    texts = (
        tuple(say(f"overpaid.{value}") for value in values)
        if field == "overpayment"
        else tuple(amount(int(value), view.shop.locale) if value != "0" else say("exact") for value in values)
    )
    return EditorModel(
        title=sheet.name if sheet.mode else say("new"),
        icon="wallet" if sheet.kind == "wallet" else "credit-card",
        name_label=say("name"),
        name=sheet.name,
        name_error=_error(view, sheet.errors, "name"),
        account_label=say("account"),
        account=sheet.account,
        account_hint=say("account_hint"),
        account_error=_error(view, sheet.errors, "account"),
        kind_label=say("kind") if sheet.kinds else "",
        kinds=tuple(say(f"kinds.{kind}") for kind in sheet.kinds),
        kind=sheet.kinds.index(sheet.kind) if sheet.kind in sheet.kinds else 0,
        kind_values=sheet.kinds,
        place_label=say("place"),
        place=say("place_of", place=sheet.place, count=sheet.places),
        place_before=sheet.place - 2,
        place_after=sheet.place if sheet.place < sheet.places else -1,
        switches=tuple(
            SwitchModel(name, say(name), bool(getattr(sheet, name)))
            for name in SWITCHES
            if getattr(sheet, name) is not None
        ),
        choice_label=say(field) if field else "",
        choice_field=field,
        choices=texts,
        choice=choice,
        values=values,
        save=say("save"),
        cancel=say("cancel"),
    )


def _choice(sheet: v.TenderModeSheet) -> tuple[str, tuple[str, ...], int]:
    """The one field with several answers: its name, its answers, which one holds."""
    if sheet.overpayment is not None:
        return "overpayment", OVERPAID, OVERPAID.index(sheet.overpayment)
    if sheet.rounding_minor is None:
        return "", (), 0
    values = sheet.roundings_minor
    held = sheet.rounding_minor if sheet.rounding_minor in values else 0
    return "rounding_minor", tuple(map(str, values)), values.index(held) if values else 0


def _error(view: v.TillView, errors: dict[str, str], field: str) -> str:
    code = errors.get(field, "")
    return sentence(code, {}, view) if code else ""


def off_model(view: v.TillView, sheet: v.ModeOffSheet) -> QuestionModel:
    """12 clients ont un solde (1'043.20)."""
    lang = view.language
    word = "text_one" if sheet.count == 1 else "text"
    total = amount(sheet.amount_minor, view.shop.locale)
    return QuestionModel(
        title=t("screen.masters.off.title", lang, name=sheet.name),
        icon="wallet",
        text=t(f"screen.masters.off.{word}", lang, count=sheet.count, amount=total),
        answers=(
            ("no", t("screen.masters.off.no", lang), ""),
            ("yes", t("screen.masters.off.yes", lang), "dan"),
        ),
    )


# --- groups ---------------------------------------------------------------------------------------------------------


def group_form_model(view: v.TillView, sheet: v.GroupSheet) -> GroupFormModel:
    """The editor of a group."""
    lang = view.language

    def say(word: str) -> str:
        return t(f"screen.masters.group.{word}", lang)

    held = sheet.rates[sheet.picking].category if sheet.picking is not None else ""
    everything = ItemModel("", say("all"), chosen=not held)
    listed = tuple(ItemModel(str(row.id), row.name, chosen=row.name == held) for row in sheet.categories)
    return GroupFormModel(
        title=sheet.label if sheet.group else say("new"),
        group=sheet.group,
        label_label=say("label"),
        label=sheet.label,
        label_hint=say("label_hint"),
        label_error=sentence(sheet.error, {}, view) if sheet.error else "",
        rates_label=say("rates"),
        rates=tuple(_rate(view, sheet, at) for at in range(len(sheet.rates))),
        rates_empty="" if sheet.rates else say("rates_empty"),
        category_word=say("category"),
        rate_word=say("rate"),
        from_word=say("from"),
        to_word=say("to"),
        from_label=say("from_label"),
        to_label=say("to_label"),
        add=say("add") if sheet.can_add else "",
        pick=say("pick") if sheet.picking is not None else "",
        picking=sheet.picking or 0,
        categories=(everything, *listed),
        delete=say("delete") if sheet.group else "",
        save=say("save"),
        cancel=say("cancel"),
    )


def _rate(view: v.TillView, sheet: v.GroupSheet, at: int) -> RateModel:
    row, lang, locale = sheet.rates[at], view.language, view.shop.locale
    nothing = t("screen.masters.group.open", lang)
    first, last = day(view, row.effective_from), day(view, row.effective_to)
    return RateModel(
        key=str(at),
        row=at,
        category=row.category or t("screen.masters.group.all", lang),
        rate=rate(row.rate_bp, locale),
        first=first or nothing,
        last=last or nothing,
        error=sentence(row.error, {}, view) if row.error else "",
        rate_text=f"{row.rate_bp / 100:g}" if row.rate_bp else "",
        first_text=first,
        last_text=last,
    )


def delete_model(view: v.TillView, sheet: v.GroupDeleteSheet) -> ListModel:
    """« Déplacer vers… »: the other groups, or none."""
    lang = view.language

    def say(word: str, **params: object) -> str:
        return t(f"screen.masters.delete.{word}", lang, **params)

    word = {0: "text_none", 1: "text_one"}.get(sheet.customers, "text")
    others = tuple(
        ItemModel(row.id, row.name, rate(row.rate_bp, view.shop.locale) if row.rate_bp else "", "users-three")
        for row in sheet.others
    )
    items = (*others, ItemModel("", say("nowhere"), "", "user"))
    if not sheet.customers:
        items = (ItemModel("", say("yes"), "", "trash"),)
    return ListModel(
        title=say("title", label=sheet.label), icon="users-three", hint=say(word, count=sheet.customers), items=items
    )
