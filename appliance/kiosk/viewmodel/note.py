"""Held notes: the cards of Accueil and of the sheet over the sale."""

from dataclasses import dataclass
from typing import Literal

from appliance.i18n import amount, t
from appliance.kiosk.viewmodel.words import DOT, counted_name, number
from appliance.protocol.view import NoteCard, NotesSheet, TillView

Order = Literal["time", "table", "amount"]
ORDERS: tuple[Order, ...] = ("time", "table", "amount")


@dataclass(frozen=True)
class NoteModel:
    """One card."""

    number: int = 0
    name: str = ""
    time: str = ""
    late: bool = False
    contents: str = ""
    mode: str = ""
    mode_icon: str = ""
    amount: str = ""
    elsewhere: str = ""
    can_rename: bool = False


@dataclass(frozen=True)
class NotesModel:
    """The sheet of notes over the sale."""

    title: str = ""
    count: str = ""
    orders: tuple[str, ...] = ()
    order: int = 0
    close: str = ""
    search: str = ""
    search_hint: str = ""
    hint: str = ""
    cards: tuple[NoteModel, ...] = ()
    new: str = ""
    next_page: int = 0
    empty: str = ""


def contents(view: TillView, card: NoteCard) -> str:
    """2 Renversés, Thé; without a name the ticket's number comes first."""
    words = []
    for milli, name in card.contents:
        count = milli // 1000
        words.append(name if count <= 1 else f"{count} {counted_name(name, milli, view.language)}")
    told = ", ".join(words)
    return told if card.name or card.client else DOT.join((number(card.number), told))


def name_of(view: TillView, card: NoteCard) -> str:
    """The note's name, its client, or "Sans nom" with the ticket's number."""
    unnamed = DOT.join((t("screen.note.unnamed", view.language), number(card.number)))
    return card.name or card.client or unnamed


def since(view: TillView, card: NoteCard) -> str:
    """14:05; hier; 3 jours: the name beside it needs the room."""
    if not card.days:
        return card.since
    return t("screen.note.yesterday" if card.days == 1 else "screen.note.days", view.language, count=card.days)


def note_model(view: TillView, card: NoteCard, can_rename: bool = False) -> NoteModel:
    """A card in words."""
    lang = view.language
    return NoteModel(
        number=card.number,
        name=card.name or card.client or t("screen.note.unnamed", lang),
        time=since(view, card),
        late=card.is_late,
        contents=contents(view, card),
        mode=card.mode.name,
        mode_icon=card.mode.icon,
        amount=amount(card.total_minor, view.shop.locale),
        elsewhere=t("screen.note.elsewhere", lang, till=card.open_elsewhere) if card.open_elsewhere else "",
        can_rename=can_rename and not card.open_elsewhere,
    )


def notes_model(view: TillView, sheet: NotesSheet) -> NotesModel:
    """The sheet of a view."""
    lang = view.language
    ticket = view.ticket
    held = number(ticket.number) if ticket is not None and ticket.lines else ""
    return NotesModel(
        title=t("screen.note.title", lang),
        count=str(sheet.count),
        orders=tuple(t(f"screen.note.order.{order}", lang) for order in ORDERS),
        order=ORDERS.index(sheet.order),
        close=t("screen.action.close", lang),
        search=sheet.search,
        search_hint=t("screen.note.search", lang),
        hint=t("screen.note.swap", lang, number=held) if held else t("screen.note.open", lang),
        cards=tuple(note_model(view, card, can_rename=True) for card in sheet.cards),
        new=t("screen.note.hold_current", lang, number=held) if held else "",
        next_page=sheet.page % sheet.pages + 1 if sheet.pages > 1 else 0,
        empty="" if sheet.cards else t("screen.note.empty", lang),
    )
