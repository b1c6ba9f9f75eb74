"""The wallet's sheets in words: a credit and its giving back, a wallet that is short, the rarer deeds."""

from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from appliance.i18n import MINUS, amount, round_amount, short_date, signed, t
from appliance.kiosk.viewmodel.choice import ItemModel
from appliance.kiosk.viewmodel.client import RowModel, card_number, row_models
from appliance.kiosk.viewmodel.payment import PaidModel, paid_model
from appliance.kiosk.viewmodel.words import DOT, sentence
from appliance.protocol import view as v

ACTION_ICONS = {
    "block": "lock",
    "unblock": "lock-key-open",
    "replace_card": "identification-card",
    "transfer": "swap",
    "refund": "hand-coins",
    "adjust": "plus-circle",
}
"""By `WalletAction`, in the order of the list."""

NOTHING = "–"
UNFINISHED = ("tender.no_such_coin", "wallet.min_credit")
"""What speaks against an amount whose next digit may already mend it: said once typing rests."""


@dataclass(frozen=True)
class PresetModel:
    """A key with an amount."""

    value: int
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class CreditModel:
    """A credit that may be given back."""

    key: str
    document: int
    title: str
    detail: str
    chosen: bool
    kind: str = "credit"


@dataclass(frozen=True)
class CreditSheetModel:
    """Créditer la cagnotte, or with `cancels` Annuler un crédit de cagnotte."""

    title: str = ""
    cancels: bool = False
    currency: str = ""
    amount_label: str = ""
    amount: str = ""
    in_amount: bool = True
    received_label: str = ""
    """ "" while nothing is asked of what was received."""
    received: str = ""
    presets: tuple[PresetModel, ...] = ()
    presets_label: str = ""
    """What the keys above the keypad set; "" while there is only the amount."""
    says_fault: bool = False
    """The note says why the main key does not work."""
    side_label: str = ""
    modes: tuple[ItemModel, ...] = ()
    credits: tuple[CreditModel, ...] = ()
    paid: tuple[PaidModel, ...] = ()
    note: str = ""
    note_icon: str = "printer"
    note_tone: str = "ink-2"
    balance: tuple[str, str] = ("", "")
    change: tuple[str, str] = ("", "")
    """What is credited or taken back."""
    new_balance: tuple[str, str] = ("", "")
    """"–" where what was typed cannot be."""
    gives_back: tuple[str, str] = ("", "")
    """What remains to be paid, or the change; ("", "") for neither."""
    quantity_label: str = ""
    quantities: tuple[str, ...] = ()
    """Empty when credits cannot be given back here."""
    main: str = ""
    main_amount: str = ""
    can_collect: bool = False


@dataclass(frozen=True)
class ShortModel:
    """La cagnotte ne suffit pas."""

    title: str = ""
    total: tuple[str, str] = ("", "")
    balance: tuple[str, str] = ("", "")
    missing: tuple[str, str] = ("", "")
    use: str = ""
    """ "" when the wallet is empty."""
    use_detail: str = ""
    recharge: str = ""
    presets: tuple[PresetModel, ...] = ()
    other: str = ""
    note: str = ""
    warning: str = ""
    """Where the rest is (mock-up 39); "" for a wallet that is here whole."""
    again: str = ""
    """Redemander; "" where there is nobody to ask."""
    is_asking: bool = False
    elsewhere: str = ""
    """Who has the rest."""
    asked: str = ""


@dataclass(frozen=True)
class ActionModel:
    """The rarer deeds: the list, or what one of them needs."""

    title: str = ""
    action: str = ""
    hint: str = ""
    items: tuple[ItemModel, ...] = ()
    amount_label: str = ""
    """ "" where no amount is typed."""
    amount: str = ""
    signs: tuple[str, ...] = ()
    choice_label: str = ""
    choices: tuple[ItemModel, ...] = ()
    """Reasons, or means to refund by."""
    search: str = ""
    search_hint: str = ""
    rows: tuple[RowModel, ...] = ()
    empty: str = ""
    card: str = ""
    old_cards: str = ""
    sums: tuple[tuple[str, str], ...] = ()
    warning: str = ""
    """What speaks against it and does not prevent it."""
    main: str = ""
    main_amount: str = ""
    can_do: bool = False


# --- 14, 15 ---------------------------------------------------------------------------------------------------------


def typed_into(sheet: v.WalletCreditSheet, field: str, minor: int) -> v.WalletCreditSheet:
    """The sheet as the till will show it once it has heard of the figure that was just typed."""
    if field == "received":
        return replace(sheet, received_minor=minor, change_minor=max(0, minor - sheet.remaining_minor))
    more = minor - sheet.amount_minor
    return replace(
        sheet,
        coins_minor=0,
        repaid_minor=0,
        amount_minor=minor,
        new_balance_minor=sheet.new_balance_minor + more * sheet.quantity,
        remaining_minor=max(0, sheet.remaining_minor + more),
    )


def _moment(view: v.TillView, at: str) -> str:
    """aujourd’hui 08:39; 15.11.2025 09:04"""
    if at[:10] == view.at[:10]:
        day = t("screen.wallet.today", view.language)
    else:
        day = short_date(date.fromisoformat(at[:10]), view.shop.locale)
    return f"{day} {at[11:16]}"


def credit_rows(view: v.TillView, sheet: v.WalletCreditSheet) -> tuple[CreditModel, ...]:
    """The credits to choose from; one that was partly spent says what is left of it."""
    lang, locale = view.language, view.shop.locale
    rows = []
    for row in sheet.credits:
        words = [t("screen.wallet.credit_of", lang, amount=amount(row.amount_minor, locale))]
        if row.left_minor < row.amount_minor:
            words.append(t("screen.wallet.left", lang, amount=amount(row.left_minor, locale)))
        detail = DOT.join((_moment(view, row.at), row.modes))
        chosen = row.document == sheet.credit
        rows.append(CreditModel(str(row.document), row.document, DOT.join(words), detail, chosen))
    return tuple(rows)


def _is_fault_said(sheet: v.WalletCreditSheet) -> bool:
    """Whether something speaks against what was typed; nothing typed, nothing to say."""
    is_begun = sheet.amount_minor > 0 and (sheet.quantity > 0 or sheet.credit > 0)
    return bool(sheet.error) and is_begun


def _note(view: v.TillView, sheet: v.WalletCreditSheet) -> tuple[str, str, str]:
    """The sentence beside the keypad, its icon and tone: first of all what keeps the main key from working."""
    lang = view.language
    if sheet.asks_amount and not sheet.amount_minor:
        return t("screen.wallet.choose_amount", lang), "warning-circle", "danger"
    if _is_fault_said(sheet):
        return sentence(sheet.error, sheet.params, view), "warning-circle", "danger"
    if sheet.quantity < 0:
        return _cancel_note(view, sheet)
    if len(sheet.payments) > 1:
        return "", "info", "ink-2"
    if sheet.for_ticket_minor:
        words = {"amount": amount(sheet.for_ticket_minor, view.shop.locale)}
        return t("screen.wallet.for_ticket", lang, **words), "info", "ink-2"
    return (t("screen.wallet.prints", lang) if sheet.prints else "", "printer", "ink-2")


def _cancel_note(view: v.TillView, sheet: v.WalletCreditSheet) -> tuple[str, str, str]:
    lang = view.language
    chosen = next((row for row in sheet.credits if row.document == sheet.credit), None)
    if chosen is None:
        word = "pick_credit" if sheet.credits else "no_credit"
        return t(f"screen.wallet.{word}", lang), "info", "ink-2"
    low = _drawer_low(view, sheet.drawer_minor)
    if sheet.too_old_days:
        return t("screen.wallet.too_old", lang, count=sheet.too_old_days), "warning-circle", "danger"
    if low:
        return low, "warning-circle", "danger"
    mode = chosen.modes if chosen.modes.isupper() else chosen.modes[:1].lower() + chosen.modes[1:]
    words = [t("screen.wallet.same_mode", lang, mode=mode)]
    if sheet.prints:
        words.append(t("screen.wallet.receipt_too", lang))
    return " ".join(words), "info", "ink-2"


def _drawer_low(view: v.TillView, drawer_minor: int | None) -> str:
    if drawer_minor is None:
        return ""
    return t("screen.wallet.drawer_low", view.language, amount=amount(drawer_minor, view.shop.locale))


def _gives_back(view: v.TillView, sheet: v.WalletCreditSheet) -> tuple[str, str]:
    lang, locale = view.language, view.shop.locale
    if sheet.quantity < 0 and sheet.coins_minor:
        return t("screen.wallet.coins_back", lang), amount(sheet.coins_minor, locale)
    if sheet.quantity > 0 and sheet.change_minor and not _is_fault_said(sheet):
        return t("screen.wallet.change", lang), amount(sheet.change_minor, locale)
    if sheet.payments and sheet.remaining_minor:
        return t("screen.wallet.rest", lang), amount(sheet.remaining_minor, locale)
    return "", ""


def _collected(sheet: v.WalletCreditSheet) -> int:
    """What the main key takes now."""
    if sheet.quantity < 0:
        return sheet.repaid_minor or sheet.amount_minor
    rest = sheet.remaining_minor if sheet.payments else sheet.amount_minor
    return min(rest, sheet.received_minor) if sheet.received_minor else rest


def _presets(view: v.TillView, values: tuple[int, ...], chosen: int = 0) -> tuple[PresetModel, ...]:
    locale = view.shop.locale
    return tuple(PresetModel(value, round_amount(value, locale), value == chosen) for value in values)


def _main(sheet: v.WalletCreditSheet) -> str:
    if sheet.quantity > 0:
        return "collect"
    return "refund_cash" if sheet.too_old_days else "refund"


def credit_model(view: v.TillView, sheet: v.WalletCreditSheet) -> CreditSheetModel:
    """The sheet of a view, with what was typed already in it (`typed_into`)."""
    lang, locale, cancels = view.language, view.shop.locale, sheet.quantity < 0
    word = "cancel" if cancels else "credit"
    in_received = sheet.field == "received"
    has_received = not cancels and (in_received or sheet.received_minor > 0)
    note, icon, tone = _note(view, sheet)
    moved = amount(-sheet.amount_minor, locale) if cancels else signed(sheet.amount_minor, locale)
    new_balance = NOTHING if cancels and _is_fault_said(sheet) else amount(sheet.new_balance_minor, locale)
    figure = f"{MINUS}{amount(sheet.amount_minor, locale)}" if cancels else amount(sheet.amount_minor, locale)
    collected = _collected(sheet)
    return CreditSheetModel(
        title=t(f"screen.wallet.{word}_title", lang, name=sheet.name),
        cancels=cancels,
        currency="" if cancels or has_received else view.shop.currency,
        amount_label=t(f"screen.wallet.{word}_short" if has_received else f"screen.wallet.{word}_amount", lang),
        amount=figure if sheet.amount_minor else "",
        in_amount=not in_received,
        received_label=t("screen.wallet.received", lang) if has_received else "",
        received=amount(sheet.received_minor, locale) if sheet.received_minor else "",
        presets=() if cancels else _presets(
            view, sheet.presets, sheet.received_minor if in_received else sheet.amount_minor
        ),
        presets_label=t(f"screen.wallet.keys_{sheet.field}", lang) if has_received else "",
        says_fault=_is_fault_said(sheet),
        side_label=t("screen.wallet.which" if cancels else "screen.wallet.modes", lang),
        modes=() if cancels else tuple(
            ItemModel(key.id, key.name, icon=key.icon, chosen=key.id == sheet.mode, enabled=key.is_enabled)
            for key in sheet.modes
        ),
        credits=credit_rows(view, sheet) if cancels else (),
        paid=tuple(paid_model(view, payment) for payment in sheet.payments),
        note=note, note_icon=icon, note_tone=tone,
        balance=(t("screen.wallet.balance", lang), amount(sheet.balance_minor, locale)),
        change=(t(f"screen.wallet.{word}_row", lang), moved),
        new_balance=(t("screen.wallet.new_balance", lang), new_balance),
        gives_back=_gives_back(view, sheet),
        quantity_label=t("screen.wallet.quantity", lang),
        quantities=tuple(t(f"screen.wallet.{way}", lang) for way in ("one", "minus_one"))
        if not sheet.for_ticket_minor
        else (),
        main=t(f"screen.wallet.{_main(sheet)}", lang),
        main_amount=amount(collected, locale) if collected else "",
        can_collect=bool(sheet.amount_minor) and not sheet.error and not (cancels and not sheet.credit),
    )  # fmt: skip


# --- 17 -------------------------------------------------------------------------------------------------------------


def short_model(view: v.TillView, sheet: v.WalletShortSheet) -> ShortModel:
    """The sheet of a view."""
    lang, locale = view.language, view.shop.locale
    words = {
        "total": amount(sheet.total_minor, locale),
        "balance": amount(sheet.balance_minor, locale),
        "missing": amount(sheet.missing_minor, locale),
    }
    may_use, may_recharge = sheet.balance_minor > 0, sheet.can_recharge
    parts: dict[str, object] = {
        "title": t("screen.wallet.short.title", lang),
        "total": (t("screen.wallet.short.total", lang), words["total"]),
        "balance": (t("screen.wallet.short.balance", lang), words["balance"]),
        "missing": (t("screen.wallet.short.missing", lang), words["missing"]),
        "use": t("screen.wallet.short.use", lang, **words) if may_use else "",
        "use_detail": t("screen.wallet.short.rest", lang, **words),
        "recharge": t("screen.wallet.short.recharge", lang) if may_recharge else "",
        "presets": _presets(view, sheet.presets),
        "other": t("screen.wallet.short.other", lang),
        "note": t("screen.wallet.short.then", lang, **words),
    }
    return ShortModel(**(parts | _elsewhere(view, sheet, words)))  # type: ignore[arg-type]


def _elsewhere(view: v.TillView, sheet: v.WalletShortSheet, words: dict[str, str]) -> dict[str, object]:
    """What another till has of this wallet, and whether it can be asked (screens.md, 39)."""
    lang = view.language
    if not sheet.is_shared:
        return {}
    asked = t("screen.wallet.short.asked", lang, time=sheet.asked_at[11:19]) if sheet.asked_at else ""
    if sheet.is_asking:
        return {"warning": t("wallet.asking", lang), "is_asking": True, "asked": asked}
    if not sheet.elsewhere_minor:
        if not sheet.is_offline:
            return {"asked": asked}
        code = "wallet.offline_part" if sheet.balance_minor else "wallet.offline"
        return {"warning": t(code, lang, free=words["balance"]), "asked": asked}
    away = {"till": sheet.elsewhere, "elsewhere": amount(sheet.elsewhere_minor, view.shop.locale)}
    since = sheet.away_since[11:16]
    code = "wallet.elsewhere_away" if since else "wallet.elsewhere"
    known = ""
    if sheet.known_minor is not None:
        known_amount = amount(sheet.known_minor, view.shop.locale)
        known = t("screen.wallet.short.known", lang, amount=known_amount, time=sheet.known_at[11:16])
    return {
        "title": t("screen.wallet.short.partly", lang),
        "balance": (t("screen.wallet.short.here", lang), words["balance"]),
        "missing": (t("screen.wallet.short.blocked", lang, till=sheet.elsewhere), away["elsewhere"]),
        "warning": t(code, lang, free=words["balance"], time=since, **away),
        "again": "" if sheet.is_offline else t("screen.wallet.short.again", lang),
        "elsewhere": sheet.elsewhere,
        "asked": asked,
        "note": " ".join(filter(None, (known, t("screen.wallet.short.comes_back", lang, **away)))),
    }


# --- the rarer deeds ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """What was chosen and typed for the open deed; local to the kiosk until it is carried out."""

    amount_minor: int = 0
    takes: bool = False
    """The adjustment takes away."""
    choice: str = ""
    """Reason or means."""
    customer: str = ""


def _actions(view: v.TillView, sheet: v.WalletActionSheet) -> tuple[ItemModel, ...]:
    lang = view.language
    return tuple(
        ItemModel(
            action, t(f"screen.wallet.action.{action}", lang), t(f"screen.wallet.action.{action}_hint", lang), icon
        )
        for action, icon in ACTION_ICONS.items()
        if action in sheet.actions
    )


def _sums(view: v.TillView, sheet: v.WalletActionSheet, deed: Deed) -> tuple[tuple[str, str], ...]:
    """Balance, its paid and gifted parts, and what it will be."""
    lang, locale = view.language, view.shop.locale
    rows = [("balance", amount(sheet.balance_minor, locale))]
    if sheet.gifted_minor:
        rows += [("paid", amount(sheet.paid_minor, locale)), ("gifted", amount(sheet.gifted_minor, locale))]
    after = {"refund": 0, "transfer": 0, "adjust": sheet.balance_minor + _adjustment(deed)}
    if sheet.action in after:
        rows.append(("new_balance", amount(after[sheet.action], locale)))
    return tuple((t(f"screen.wallet.{word}", lang), value) for word, value in rows)


def _adjustment(deed: Deed) -> int:
    return -deed.amount_minor if deed.takes else deed.amount_minor


def moved_minor(sheet: v.WalletActionSheet, deed: Deed) -> int:
    """The amount of the open deed: signed for an adjustment, 0 for one without an amount."""
    return {"adjust": _adjustment(deed), "refund": sheet.paid_minor, "transfer": sheet.balance_minor}.get(
        sheet.action, 0
    )


def can_do(sheet: v.WalletActionSheet, deed: Deed) -> bool:
    """Whether the deed has all that it needs; the till judges it again."""
    has_choice = bool(deed.choice) or not (sheet.modes if sheet.action == "refund" else sheet.reasons)
    if sheet.action == "adjust":
        return has_choice and deed.amount_minor > 0 and sheet.balance_minor + _adjustment(deed) >= 0
    if sheet.action == "replace_card":
        return bool(sheet.scanned)
    if sheet.action == "transfer":
        return bool(deed.customer)
    return has_choice


def _in_coins(sheet: v.WalletActionSheet, deed: Deed) -> bool:
    return any(key.id == deed.choice and key.kind == "cash" for key in sheet.modes)


def _choices(sheet: v.WalletActionSheet, deed: Deed) -> tuple[ItemModel, ...]:
    if sheet.action == "refund":
        return tuple(
            ItemModel(key.id, key.name, icon=key.icon, chosen=key.id == deed.choice, enabled=key.is_enabled)
            for key in sheet.modes
        )
    return tuple(ItemModel(key.id, key.label, chosen=key.id == deed.choice) for key in sheet.reasons)


def action_model(view: v.TillView, sheet: v.WalletActionSheet, deed: Deed, search: str = "") -> ActionModel:
    """The sheet of a view, with what was typed and chosen so far."""
    lang, locale, action = view.language, view.shop.locale, sheet.action
    if not action:
        title = t("screen.wallet.action.title", lang, name=sheet.name)
        return ActionModel(title=title, items=_actions(view, sheet), sums=_sums(view, sheet, deed))
    moved = moved_minor(sheet, deed)
    typed = _adjustment(deed)
    choices = _choices(sheet, deed)
    card = t("screen.clients.card", lang, code=card_number(sheet.scanned)) if sheet.scanned else ""
    old = ", ".join(card_number(code) for code in sheet.cards)
    transfers = action == "transfer"
    return ActionModel(
        title=f"{t(f'screen.wallet.action.{action}', lang)}{DOT}{sheet.name}",
        action=action,
        hint=t(f"screen.wallet.action.{action}_more", lang),
        amount_label=t("screen.wallet.adjust_amount", lang) if action == "adjust" else "",
        amount=(signed(typed, locale) if typed else "") if action == "adjust" else "",
        signs=tuple(t(f"screen.wallet.{sign}", lang) for sign in ("add", "take")) if action == "adjust" else (),
        choice_label=t("screen.wallet.modes" if action == "refund" else "screen.wallet.motive", lang)
        if choices
        else "",
        choices=choices,
        search=search,
        search_hint=t("screen.clients.search_short", lang) if transfers else "",
        rows=row_models(view, sheet.rows, deed.customer) if transfers else (),
        empty=t("screen.wallet.nobody", lang) if transfers and sheet.search and not sheet.rows else "",
        card=(card or t("screen.wallet.scan_card", lang)) if action == "replace_card" else "",
        old_cards=t("screen.wallet.old_cards", lang, codes=old) if action == "replace_card" and old else "",
        sums=_sums(view, sheet, deed),
        warning=_drawer_low(view, sheet.drawer_minor) if _in_coins(sheet, deed) else "",
        main=t(f"screen.wallet.action.{action}_do", lang),
        main_amount=amount(abs(moved), locale) if moved else "",
        can_do=can_do(sheet, deed),
    )
