"""Séparer la note: what is left to share out, the parts, the open part in place of the ticket."""

from dataclasses import dataclass, field, replace

from appliance.i18n import amount, quantity, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.ticket import LineModel, TicketModel, ticket_model, ticket_rows
from appliance.kiosk.viewmodel.words import DOT, number, price_of_one
from appliance.protocol.view import LineView, SplitPart, SplitView, TillView


@dataclass(frozen=True)
class RestModel:
    """One line still to share out."""

    key: str
    kind: str
    id: int
    quantity: str
    quantity_milli: int
    name: str
    detail: str
    amount: str


@dataclass(frozen=True)
class PartModel:
    """One part's tab."""

    number: int
    text: str
    is_open: bool
    is_paid: bool


@dataclass(frozen=True)
class HintModel:
    """The sentence below the open part's lines."""

    key: str
    kind: str
    text: str


@dataclass(frozen=True)
class SplitModel:
    """Everything the split screen shows."""

    title: str = ""
    hint: str = ""
    currency: str = ""
    rest: str = ""
    rows: tuple[RestModel, ...] = ()
    done: str = ""
    people: str = ""
    people_note: str = ""
    persons: int = 2
    shares: tuple[str, ...] = ()
    divide: str = ""
    can_divide: bool = False
    parts: tuple[PartModel, ...] = ()
    next_part: int = 2
    part_rows: tuple[LineModel | HintModel, ...] = ()
    ticket: TicketModel = field(default_factory=TicketModel)
    cash_caption: str = ""


def _rest(view: TillView, line: LineView) -> RestModel:
    lang, locale = view.language, view.shop.locale
    several = line.quantity_milli > 1000
    return RestModel(
        key=str(line.id),
        kind="rest",
        id=line.id,
        quantity=quantity(line.quantity_milli, locale),
        quantity_milli=line.quantity_milli,
        name=line.name,
        detail=price_of_one(line, lang, locale) if several else "",
        amount=amount(line.amount_minor, locale),
    )


def _part(view: TillView, part: SplitPart) -> PartModel:
    return PartModel(part.number, t("screen.split.part", view.language, part=part.number), part.is_open, part.is_paid)


def _part_rows(view: TillView, is_paid: bool, compact: bool) -> tuple[LineModel | HintModel, ...]:
    lang = view.language
    rows: list[LineModel | HintModel] = []
    for row in ticket_rows(view, view.ticket, False) if view.ticket else ():
        if isinstance(row, LineModel):
            moved = row.kind == "selected" and not is_paid
            detail = row.detail or t("screen.split.moved", lang) if moved else row.detail
            rows.append(replace(row, kind="moved" if moved else "line", detail=detail))
    if compact and rows and not is_paid:
        return tuple(rows)
    hint = "screen.split.paid" if is_paid else "screen.split.give_back" if rows else "screen.split.empty"
    return (*rows, HintModel("hint", "hint", t(hint, lang)))


def _ticket(view: TillView, split: SplitView, part: str) -> TicketModel:
    lang, locale = view.language, view.shop.locale
    figures = (("whole", split.whole_minor), ("others", split.others_minor), ("rest", split.rest_minor))
    rows = tuple((t(f"screen.split.{code}", lang), amount(value, locale)) for code, value in figures)
    return replace(ticket_model(view), sums=rows, total_label=part)


def split_model(view: TillView, compact: bool = False) -> SplitModel:
    """The split screen of a view; `view.ticket` is the open part."""
    split = view.split or SplitView(0)
    lang, locale = view.language, view.shop.locale
    open_part = next((part for part in split.parts if part.number == split.open_part), None)
    name = t("screen.split.part", lang, part=split.open_part)
    return SplitModel(
        title=t("screen.split.rest", lang),
        hint=t("screen.split.touch", lang),
        currency=view.shop.currency,
        rest=amount(split.rest_minor, locale),
        rows=tuple(_rest(view, line) for line in split.rest),
        done=t("screen.split.all_shared", lang),
        people=t("screen.split.people", lang),
        people_note=t("screen.split.cent", lang),
        persons=split.persons,
        shares=tuple(amount(share, locale) for share in split.shares),
        divide=t("screen.split.divide", lang, count=split.persons),
        can_divide=bool(split.rest),
        parts=tuple(_part(view, part) for part in split.parts),
        next_part=max((part.number for part in split.parts), default=0) + 1,
        part_rows=_part_rows(view, open_part.is_paid if open_part else False, compact),
        ticket=_ticket(view, split, name),
        cash_caption=t("screen.split.cash_received", lang, part=split.open_part),
    )


def split_bar(view: TillView) -> BarModel:
    """Back, title, ticket and table, mode, seller."""
    split = view.split or SplitView(0)
    words = [t("screen.bar.ticket", view.language, number=number(split.number)), split.name]
    return back_bar(
        view, t("screen.split.title", view.language), DOT.join(word for word in words if word), with_seller=True
    )
