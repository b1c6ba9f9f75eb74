"""Accueil: held notes, the open session, the last ticket, the sale modes."""

from dataclasses import dataclass

from appliance.i18n import amount, rate, t
from appliance.kiosk.viewmodel.bar import BarModel, home_bar
from appliance.kiosk.viewmodel.note import NoteModel, note_model
from appliance.kiosk.viewmodel.words import DOT, may, number
from appliance.protocol.view import HomeView, LastTicket, SaleModeKey, TillView

TAB_ICONS = {"sale": "storefront", "orders": "clipboard-text", "clients": "users", "masters": "database"}
NOTES_A_PAGE = 6


@dataclass(frozen=True)
class TabModel:
    """One tab of the rail."""

    id: str
    text: str
    icon: str
    chosen: bool = False
    badge: str = ""


@dataclass(frozen=True)
class ModeModel:
    """One sale mode to start a sale in."""

    id: str
    name: str
    icon: str
    detail: str
    is_default: bool


@dataclass(frozen=True)
class LastModel:
    """The last ticket's card."""

    number: str = ""
    how: str = ""
    total: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    can_print: bool = False
    can_correct: bool = False


@dataclass(frozen=True)
class HomeModel:
    """Everything Accueil shows."""

    tabs: tuple[TabModel, ...] = ()
    lock: str = ""
    notes_title: str = ""
    note_count: str = ""
    order: str = ""
    notes: tuple[NoteModel, ...] = ()
    page: str = ""
    next_page: int = 1
    hint: str = ""
    empty: str = ""
    session_title: str = ""
    session_rows: tuple[tuple[str, str], ...] = ()
    close_day: str = ""
    last_title: str = ""
    last: LastModel | None = None
    last_empty: str = ""
    print: str = ""
    correct: str = ""
    new_sale: str = ""
    modes: tuple[ModeModel, ...] = ()


def mode_detail(view: TillView, mode: SaleModeKey) -> str:
    """Par défaut · TVA 2.6 %, or the mode's own note."""
    lang = view.language
    if mode.rate_bp is None:
        return t(mode.note, lang) if mode.note else ""
    words = [t("screen.home.by_default", lang)] if mode.is_default else []
    return DOT.join([*words, t("screen.home.vat", lang, rate=rate(mode.rate_bp, view.shop.locale))])


def _last(view: TillView, last: LastTicket | None) -> LastModel | None:
    if last is None:
        return None
    locale = view.shop.locale
    return LastModel(
        number=number(last.number),
        how=DOT.join(word for word in (last.at, last.tender) if word),
        total=amount(last.total_minor, locale),
        lines=tuple((name, amount(minor, locale)) for name, minor in last.lines[:5]),
        can_print=may(view, "PrintReceipt"),
        can_correct=last.can_correct and may(view, "CorrectPayment"),
    )


def _session_rows(view: TillView) -> tuple[tuple[str, str], ...]:
    session = view.session
    if session is None:
        return ()
    lang, locale = view.language, view.shop.locale
    rows = [("since", session.opened_at), ("by", session.opened_by), ("float", amount(session.float_minor, locale))]
    return tuple((t(f"screen.home.{code}", lang), value) for code, value in rows)


def tab_models(view: TillView, tabs: tuple[str, ...], chosen: str, orders_waiting: int = 0) -> tuple[TabModel, ...]:
    """The rail of Accueil: the tabs of this till, one of them chosen."""
    return tuple(
        TabModel(
            tab,
            t(f"screen.home.tab.{tab}", view.language),
            TAB_ICONS[tab],
            tab == chosen,
            str(orders_waiting) if tab == "orders" and orders_waiting else "",
        )
        for tab in tabs
    )


def home_model(view: TillView) -> HomeModel:
    """Accueil of a view."""
    home = view.home or HomeView(("sale",))
    lang = view.language
    default = next((mode.name for mode in home.modes if mode.is_default), "")
    start = (
        t("screen.home.scan_hint", lang, mode=default.lower()) if default else t("screen.home.scan_hint_plain", lang)
    )
    return HomeModel(
        tabs=tab_models(view, home.tabs, "sale", home.orders_waiting),
        lock=t("screen.home.lock", lang),
        notes_title=t("screen.home.notes", lang),
        note_count=str(home.note_count) if home.note_count else "",
        order=t(f"screen.home.order.{home.order}", lang) if home.note_count > 1 else "",
        notes=tuple(note_model(view, card) for card in home.cards[:NOTES_A_PAGE]),
        page=t("screen.tile.page", lang, page=home.page % home.pages + 1) if home.pages > 1 else "",
        next_page=home.page % home.pages + 1,
        hint=start,
        empty=t("screen.home.empty", lang),
        session_title=t("screen.home.open", lang),
        session_rows=_session_rows(view),
        close_day=t("screen.home.close_day", lang) if may(view, "StartClosing") else "",
        last_title=t("screen.home.last", lang),
        last=_last(view, home.last),
        last_empty=t("screen.home.last_empty", lang),
        print=t("screen.home.print", lang),
        correct=t("screen.home.correct", lang),
        new_sale=t("screen.home.new_sale", lang),
        modes=tuple(
            ModeModel(mode.id, mode.name, mode.icon, mode_detail(view, mode), mode.is_default)
            for mode in home.modes[:5]
        ),
    )


def accueil_bar(view: TillView) -> BarModel:
    """The shop, the till, the seller; the gear only where there are settings to open."""
    return home_bar(view, right_icon="gear" if view.home and view.home.has_settings else "")
