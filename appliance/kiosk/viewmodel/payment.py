"""Encaissement: what remains, the ways to pay it, what was already taken."""

from dataclasses import dataclass, field, replace

from appliance.i18n import amount, round_amount, signed, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.ticket import ClientModel, LineModel, client_model, sums, ticket_rows
from appliance.kiosk.viewmodel.words import DOT, may, number
from appliance.protocol.view import PaymentView, TenderKey, TenderView, TicketView, TillView

PAID_FILLS = {"wallet": "wallet-soft", "card": "primary-soft", "cash": "pay-soft"}


@dataclass(frozen=True)
class TenderModel:
    """One way to pay."""

    id: str
    text: str
    icon: str
    detail: str
    enabled: bool


@dataclass(frozen=True)
class PaidModel:
    """One tender already taken."""

    id: int
    text: str
    icon: str
    amount: str
    fill: str
    tone: str
    removable: bool


@dataclass(frozen=True)
class DiscountModel:
    """The ticket's own discount below its lines."""

    key: str
    kind: str
    text: str
    amount: str


@dataclass(frozen=True)
class PaymentModel:
    """Everything Encaissement shows."""

    currency: str = ""
    due_label: str = ""
    due: str = ""
    cash_label: str = ""
    cash_due: str = ""
    rounding: str = ""
    tenders_label: str = ""
    tenders: tuple[TenderModel, ...] = ()
    split: str = ""
    can_split: bool = False
    drawer: str = ""
    can_open_drawer: bool = False
    amount_label: str = ""
    amount_hint: str = ""
    keys: tuple[str, ...] = ()
    money: tuple[str, ...] = ()
    money_amounts: tuple[int | None, ...] = ()
    """What each money key takes in cash; None is exactly what remains."""
    cash_mode: str = ""
    """Id of the cash tender, "" when cash is not taken."""
    locale: str = "fr-CH"
    client: ClientModel = field(default_factory=ClientModel)
    rows: tuple[LineModel | DiscountModel, ...] = ()
    total_label: str = ""
    total: str = ""
    paid: tuple[PaidModel, ...] = ()
    rest_label: str = ""
    back: str = ""
    main: str = ""
    main_amount: str = ""
    can_close: bool = False


def _tender(view: TillView, key: TenderKey) -> TenderModel:
    detail = ""
    if key.detail:
        words = {} if key.detail_minor is None else {"amount": amount(key.detail_minor, view.shop.locale)}
        detail = t(key.detail, view.language, **words)
    return TenderModel(key.id, key.name, key.icon, detail, key.is_enabled)


def paid_model(view: TillView, tender: TenderView) -> PaidModel:
    """A tender that was taken, in words."""
    fill = PAID_FILLS.get(tender.kind, "sunken")
    tone = f"on-{fill}" if fill != "sunken" else "ink"
    taken = amount(-tender.amount_minor, view.shop.locale)
    return PaidModel(tender.id, tender.name, tender.icon, taken, fill, tone, tender.is_removable)


def plain_rows(view: TillView, ticket: TicketView, compact: bool) -> tuple[LineModel | DiscountModel, ...]:
    """The ticket's lines without a selected one, then the discounts of the client's group and of the ticket."""
    lines = [replace(row, kind="line") for row in ticket_rows(view, ticket, compact) if isinstance(row, LineModel)]
    count = bool(ticket.group_minor) + bool(ticket.discount_minor)
    given = sums(view, ticket, True)[-count:] if count else ()
    return (*lines, *(DiscountModel(f"discount {i}", "discount", *words) for i, words in enumerate(given)))


def _keys(notes: tuple[str, ...], exact: str) -> tuple[str, ...]:
    a, b, c = (*notes, "", "", "")[:3]
    return ("7", "8", "9", a, "4", "5", "6", b, "1", "2", "3", c, "00", "0", "back", exact)


def payment_model(view: TillView, compact: bool = False) -> PaymentModel:
    """Encaissement of a view."""
    payment, ticket = view.payment or PaymentView(()), view.ticket
    if ticket is None:
        return PaymentModel()
    lang, locale = view.language, view.shop.locale
    exact = t("screen.ticket.exact", lang)
    notes = tuple(round_amount(note, locale) for note in payment.quick_notes[:3])
    rounding = ticket.cash_rounding_minor
    return PaymentModel(
        currency=view.shop.currency,
        due_label=t("screen.payment.due", lang),
        due=amount(ticket.remaining_minor, locale),
        cash_label=t("screen.payment.in_cash", lang),
        cash_due=amount(ticket.cash_due_minor, locale),
        rounding=t("screen.payment.rounding", lang, amount=signed(rounding, locale)) if rounding else "",
        tenders_label=t("screen.payment.tenders", lang),
        tenders=tuple(_tender(view, key) for key in payment.tenders),
        split=t("screen.payment.split", lang),
        can_split=payment.can_split,
        drawer=t("screen.payment.drawer", lang),
        can_open_drawer=payment.can_open_drawer,
        amount_label=t("screen.payment.received", lang),
        amount_hint=t("screen.payment.received_hint", lang),
        keys=_keys(notes, exact),
        money=(*notes, exact),
        money_amounts=(*payment.quick_notes[:3], None),
        cash_mode=next((key.id for key in payment.tenders if key.kind == "cash" and key.is_enabled), ""),
        locale=locale,
        client=client_model(view, ticket, compact),
        rows=plain_rows(view, ticket, compact),
        total_label=t("screen.ticket.total", lang),
        total=amount(ticket.total_minor, locale),
        paid=tuple(paid_model(view, tender) for tender in ticket.tenders),
        rest_label=t("screen.payment.rest", lang),
        back=t("screen.payment.back", lang),
        main=t("screen.payment.close", lang),
        main_amount=amount(max(0, ticket.remaining_minor), locale) if abs(ticket.remaining_minor) < 100_000 else "",
        can_close=payment.can_close and may(view, "CloseTicket"),
    )


def payment_bar(view: TillView, compact: bool = False) -> BarModel:
    """Back, title, ticket and part, mode, seller."""
    lang = view.language
    shown = number(view.ticket.number) if view.ticket else ""
    words = [shown if compact else t("screen.bar.ticket", lang, number=shown)] if shown else []
    if view.payment and view.payment.part:
        words.append(t("screen.split.part", lang, part=view.payment.part))
    return back_bar(view, t("screen.payment.title", lang), DOT.join(words), with_seller=True)
