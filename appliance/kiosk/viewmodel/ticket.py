"""The ticket at the right of the selling screens: client, lines, totals, cash keys."""

from dataclasses import dataclass
from functools import lru_cache

from appliance.i18n import MINUS, amount, quantity, rate, round_amount, t
from appliance.kiosk.viewmodel.words import DOT, counted_name, may, price_of_one
from appliance.protocol.view import ClientChip, ClientPickerSheet, GhostLine, LineView, TicketView, TillView


@dataclass(frozen=True)
class LineModel:
    """One line of the basket."""

    key: str
    kind: str
    id: int
    quantity: str
    name: str
    detail: str
    amount: str
    struck: str = ""
    may_edit: bool = True


@dataclass(frozen=True)
class GhostModel:
    """The place of a removed line."""

    key: str
    kind: str
    text: str
    undo: int
    undo_text: str
    name: str = ""
    """The product's name in `text`; only it is shortened. `bare` is the text without it."""
    bare: str = ""


@dataclass(frozen=True)
class ClientModel:
    """The client's place on top of the ticket."""

    text: str = ""
    caption: str = ""
    initials: str = ""
    icon: str = ""
    present: bool = False
    chosen: bool = False
    """The client is being chosen: the picker is open."""
    warns: bool = False
    """The caption is a warning: the wallet is blocked."""


@dataclass(frozen=True)
class CashKeyModel:
    """One one-touch cash key."""

    text: str = "\N{EN DASH}"
    small: str = ""
    amount_minor: int = 0


@dataclass(frozen=True)
class TicketModel:
    """Everything the ticket panel shows."""

    number: int = 0
    name: str = ""
    name_label: str = ""
    has_clients: bool = False
    client: ClientModel = ClientModel()
    hold_text: str = ""
    hold_icon: str = "pause"
    rows: tuple[LineModel | GhostModel, ...] = ()
    selected: str = ""
    is_empty: bool = True
    empty_title: str = ""
    empty_hint: str = ""
    sums: tuple[tuple[str, str], ...] = ()
    total_label: str = ""
    currency: str = "CHF"
    total: str = ""
    total_minor: int = 0
    scan: int = 0
    """Which scan was the newest: the total that came with another one is not of the finger's making."""
    note: str = ""
    cash_caption: str = ""
    cash_keys: tuple[CashKeyModel, ...] = (CashKeyModel(),) * 4
    can_cash: bool = False
    card: str = ""
    can_card: bool = False
    pay: str = ""
    pay_amount: str = ""
    can_pay: bool = False


def line_detail(lang: str, locale: str, line: LineView, compact: bool = False) -> str:
    """The small text under a line's name: unit price, discount or offer, code, comment."""
    parts = []
    if line.offered:
        parts.append(t("screen.line.offered", lang, reason=line.offered.lower()))
    else:
        if line.shelf_minor is not None:
            parts.append(t("screen.line.label", lang, price=amount(line.shelf_minor, locale)))
        elif line.quantity_milli != 1000 or line.unit == "kg":
            parts.append(price_of_one(line, lang, locale))
        if line.discount_bp:
            parts.append(t("screen.line.discount", lang, value=rate(line.discount_bp, locale)))
        elif line.discount_minor:
            parts.append(t("screen.line.discount", lang, value=amount(abs(line.discount_minor), locale)))
    if line.comment:
        parts.append(line.comment)
    if not parts and line.is_scanned and line.is_selected and line.code and not compact:
        parts.append(t("screen.line.code", lang, code=line.code))
    text = DOT.join(parts)
    return text[:1].upper() + text[1:]


def line_model(view: TillView, line: LineView, compact: bool = False, key: str = "line") -> LineModel:
    """A line in words."""
    return _line_model(line, view.language, view.shop.locale, compact, key)


@lru_cache(maxsize=512)  # a scan changes one line of many
def _line_model(line: LineView, lang: str, locale: str, compact: bool, key: str) -> LineModel:
    share = f"1/{line.share_of}" if line.share_of > 1 else quantity(line.quantity_milli, locale)
    return LineModel(
        key=f"{key}{line.id}",
        kind="selected" if line.is_selected else "line",
        id=line.id,
        quantity=share,
        name=line.name,
        detail=line_detail(lang, locale, line, compact),
        amount=amount(line.amount_minor, locale),
        struck=amount(line.full_minor, locale) if line.full_minor != line.amount_minor else "",
    )


def _ghost(view: TillView, ghost: GhostLine) -> GhostModel:
    count = ghost.quantity_milli // 1000
    name = counted_name(ghost.name, ghost.quantity_milli, view.language)
    words = {"count": count, "quantity": quantity(ghost.quantity_milli)}
    whole, bare = (t("screen.line.removed", view.language, name=word, **words) for word in (name, ""))
    undo = t("screen.action.undo", view.language)
    return GhostModel(f"ghost{ghost.undo_id}", "ghost", whole, ghost.undo_id, undo, name, bare)


def ticket_rows(view: TillView, ticket: TicketView, compact: bool = False) -> tuple[LineModel | GhostModel, ...]:
    """The lines, with the ghost of a removed one at its old place."""
    rows: list[LineModel | GhostModel] = [line_model(view, line, compact) for line in ticket.lines]
    if ticket.ghost is not None:
        rows.insert(min(ticket.ghost.index, len(rows)), _ghost(view, ticket.ghost))
    return tuple(rows)


def _is_choosing(view: TillView) -> bool:
    return isinstance(view.sheet, ClientPickerSheet)


def client_model(view: TillView, ticket: TicketView, compact: bool = False) -> ClientModel:
    """The client, or what stands in the client's place."""
    chip: ClientChip | None = ticket.client
    lang = view.language
    if chip is None:
        if ticket.clients_enabled:
            return ClientModel(t("screen.ticket.client", lang), icon="user-plus", chosen=_is_choosing(view))
        return ClientModel(ticket.name or t("screen.ticket.name", lang), icon="pencil-simple")
    return chip_model(view, chip, compact)


def chip_model(view: TillView, chip: ClientChip, compact: bool = False) -> ClientModel:
    """A client with the balance and the group."""
    lang, locale = view.language, view.shop.locale
    parts = []
    if chip.is_blocked:
        parts.append(t("screen.ticket.wallet_blocked", lang))
    elif chip.wallet_minor is not None:
        parts.append(t("screen.ticket.wallet", lang, amount=amount(chip.wallet_minor, locale)))
    if chip.group and not compact and not chip.is_blocked:
        discount = f" {MINUS}{rate(chip.group_discount_bp, locale)}" if chip.group_discount_bp else ""
        parts.append(chip.group + discount)
    return ClientModel(chip.name, DOT.join(parts), chip.initials, present=True, warns=chip.is_blocked)


def sums(view: TillView, ticket: TicketView, compact: bool = False) -> tuple[tuple[str, str], ...]:
    """The rows above the total: subtotal and discounts, only when there is a discount."""
    lang, locale = view.language, view.shop.locale
    rows = []
    if ticket.line_discounts_minor:
        rows.append((t("screen.ticket.discounts", lang), amount(ticket.line_discounts_minor, locale)))
    if ticket.group_minor:
        value = rate(ticket.group_bp, locale) if ticket.group_bp else ""
        label = " ".join(word for word in (t("screen.ticket.discount", lang), ticket.group_label, value) if word)
        rows.append((label, amount(ticket.group_minor, locale)))
    if ticket.discount_minor:
        value = rate(ticket.discount_bp, locale) if ticket.discount_bp else ""
        label = " ".join(word for word in (t("screen.ticket.discount", lang), ticket.discount_label, value) if word)
        rows.append((label, amount(ticket.discount_minor, locale)))
    if rows and not compact:
        rows.insert(0, (t("screen.ticket.subtotal", lang), amount(ticket.subtotal_minor, locale)))
    return tuple(rows)


def vat_note(view: TillView, ticket: TicketView, compact: bool = False) -> str:
    """7 articles · dont TVA 2.6 % 0.53"""
    lang, locale = view.language, view.shop.locale
    if not ticket.lines:
        return t("screen.ticket.no_article", lang)
    if compact:
        return ""
    articles = t("screen.ticket.articles", lang, count=ticket.article_count)
    taxes = [f"{rate(vat.rate_bp, locale)} {amount(vat.vat_minor, locale)}" for vat in ticket.vat if vat.rate_bp]
    return DOT.join([articles, t("screen.ticket.vat", lang, taxes=", ".join(taxes))]) if taxes else articles


def cash_key_models(view: TillView, ticket: TicketView) -> tuple[CashKeyModel, ...]:
    """Exact first, then the likely notes; dashes while the ticket is empty."""
    exact = t("screen.ticket.exact", view.language)
    locale = view.shop.locale
    keys = [
        CashKeyModel(amount(key.amount_minor, locale), exact, key.amount_minor)
        if key.is_exact
        else CashKeyModel(round_amount(key.amount_minor, locale), "", key.amount_minor)
        for key in ticket.cash_keys[:4]
    ]
    if not keys:
        keys = [CashKeyModel(small=exact)]
    return tuple(keys + [CashKeyModel()] * (4 - len(keys)))


def ticket_model(view: TillView, compact: bool = False) -> TicketModel:
    """The ticket panel of a view; an empty panel when there is no ticket."""
    ticket = view.ticket
    if ticket is None:
        return TicketModel()
    lang, locale = view.language, view.shop.locale
    held = ticket.held_count
    is_empty = not ticket.lines
    hold = t("screen.ticket.notes", lang, count=held) if is_empty and held else t("screen.ticket.hold", lang)
    rows = ticket_rows(view, ticket, compact)
    selected = next((row.key for row in rows if row.kind == "selected"), "")
    return TicketModel(
        number=ticket.number,
        name=ticket.name,
        name_label=t("screen.ticket.name", lang),
        has_clients=ticket.clients_enabled,
        client=client_model(view, ticket, compact),
        hold_text=hold,
        hold_icon="tray" if is_empty and held else "pause",
        rows=rows,
        selected=selected,
        is_empty=not rows,
        empty_title=t("screen.ticket.empty_title", lang),
        empty_hint=t(f"screen.ticket.empty_hint{'_client' if ticket.clients_enabled else ''}", lang),
        sums=sums(view, ticket, compact),
        total_label=t("screen.ticket.total", lang),
        currency=view.shop.currency,
        total=amount(ticket.total_minor, locale),
        total_minor=ticket.total_minor,
        scan=view.cue.serial if view.cue is not None and view.cue.sound in ("scan_ok", "scan_refused") else 0,
        note=vat_note(view, ticket, compact),
        cash_caption="" if compact else t("screen.ticket.cash_received", lang),
        cash_keys=cash_key_models(view, ticket),
        can_cash=may(view, "TakeCash") and not is_empty,
        card=t("screen.ticket.card", lang),
        can_card=may(view, "TakeCard") and not is_empty,
        pay=t("screen.ticket.pay", lang),
        pay_amount=amount(ticket.total_minor, locale) if abs(ticket.total_minor) < 100_000 else "",
        can_pay=may(view, "StartPayment") and not is_empty,
    )
