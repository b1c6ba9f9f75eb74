"""The figures of an X or a Z reading, as cards."""

from dataclasses import dataclass, field
from datetime import date

from appliance.i18n import amount, long_date, rate, short_date, signed, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.figures import CardModel, Rows, TableModel, cash_rows
from appliance.kiosk.viewmodel.words import DOT, may, number
from appliance.protocol.view import ReasonTotal, ReportView, TenderTotal, TillView


@dataclass(frozen=True)
class ReportModel:
    """Everything the reading shows."""

    title: str = ""
    tag: str = ""
    subtitle: str = ""
    turnover_label: str = ""
    currency: str = ""
    turnover: str = ""
    vat: CardModel = field(default_factory=CardModel)
    tenders: CardModel = field(default_factory=CardModel)
    sellers: CardModel = field(default_factory=CardModel)
    wallets: CardModel = field(default_factory=CardModel)
    drawer_title: str = ""
    drawer: Rows = ()
    expected_label: str = ""
    expected: str = ""
    watch_title: str = ""
    watch: Rows = ()
    journal: str = ""
    close: str = ""
    can_close: bool = False
    print: str = ""
    can_print: bool = False


def vat_card(view: TillView, report: ReportView, height: int = 40, compact: bool = False) -> CardModel:
    """Net, tax and gross by rate."""
    lang, locale = view.language, view.shop.locale
    rows: list[tuple[str, ...]] = [
        (
            rate(note.rate_bp, locale),
            amount(note.net_minor, locale),
            amount(note.vat_minor, locale),
            amount(note.gross_minor, locale),
        )
        for note in report.rates
    ]
    whole = (report.net_minor, report.vat_minor, report.turnover_minor)
    rows.append((t("screen.report.total", lang), *(amount(value, locale) for value in whole)))
    heads = tuple(t(f"screen.report.{code}", lang) for code in ("rate", "net", "vat", "gross"))
    widths = (88, 66, 88) if compact else (0, 80, 0)
    return CardModel(
        "percent", t("screen.report.by_rate", lang), "", TableModel(heads, widths, tuple(rows), height, True)
    )


def tender_card(view: TillView, report: ReportView, height: int = 46) -> CardModel:
    """Count and amount by tender; the rounding of cash is named."""
    lang, locale = view.language, view.shop.locale
    rows = tender_rows(view, report.tenders, report.by_hand)
    rows.append((t("screen.report.collected", lang), str(report.tender_count), amount(report.collected_minor, locale)))
    heads = tuple(t(f"screen.report.{code}", lang) for code in ("tender", "count", "amount"))
    note = (
        (t("screen.report.rounding", lang), signed(report.rounding_minor, locale))
        if report.rounding_minor
        else ("", "")
    )
    table = TableModel(heads, (44, 104), tuple(rows), height, True, note)
    return CardModel("credit-card", t("screen.report.by_tender", lang), "", table)


def seller_card(view: TillView, report: ReportView, height: int = 40) -> CardModel:
    """Tickets and amount by seller."""
    lang, locale = view.language, view.shop.locale
    rows = [(seller.name, str(seller.count), amount(seller.amount_minor, locale)) for seller in report.sellers]
    rows.append((t("screen.report.total", lang), str(report.tickets), amount(report.turnover_minor, locale)))
    heads = tuple(t(f"screen.report.{code}", lang) for code in ("seller", "tickets", "amount"))
    basket = t("screen.report.basket", lang, amount=amount(report.basket_minor, locale))
    return CardModel(
        "users-three",
        t("screen.report.by_seller", lang),
        basket,
        TableModel(heads, (72, 104), tuple(rows), height, True),
    )


def wallet_card(view: TillView, report: ReportView, height: int = 46) -> CardModel:
    """Cagnottes, out of turnover; without rows where they are off."""
    lang, locale = view.language, view.shop.locale
    rows = tuple(
        (
            t(f"screen.report.wallet.{code}", lang),
            "" if code == "balance" or code.startswith("credited_") else str(count),
            _wallet_amount(code, minor, locale),
        )
        for code, count, minor in report.wallet_rows
    )
    heads = ("", t("screen.report.count", lang), t("screen.report.amount", lang))
    has_total = bool(report.wallet_rows) and report.wallet_rows[-1][0] == "balance"
    rounding = report.wallet_rounding_minor
    note = (t("screen.report.wallet_rounding", lang), signed(rounding, locale)) if rounding else ("", "")
    table = TableModel(heads, (44, 104), rows, height, has_total, note)
    return CardModel("wallet", t("screen.report.wallets", lang), t("screen.report.not_turnover", lang), table)


def wallet_summary(view: TillView, report: ReportView) -> Rows:
    """Credits, what of them was given back, and uses: one row each; nothing where cagnottes are off."""
    lang = view.language
    return tuple(
        (t(f"screen.report.wallet_sum.{code}", lang, count=count), signed(minor, view.shop.locale))
        for code, count, minor in report.wallet_rows
        if code in ("credited", "used") or (code in ("cancelled", "refunded") and count)
    )


def _wallet_amount(code: str, minor: int, locale: str) -> str:
    return signed(minor, locale) if code in ("credited", "balance") else amount(minor, locale)


def tender_rows(
    view: TillView, tenders: tuple[TenderTotal, ...], by_hand: ReasonTotal | None
) -> list[tuple[str, str, str]]:
    """Name, count and amount; below the card those that were typed into a terminal that did not answer the till."""
    locale = view.shop.locale
    last_card = max((n for n, tender in enumerate(tenders, 1) if tender.kind == "card"), default=len(tenders))
    rows: list[tuple[str, str, str]] = []
    for n, tender in enumerate(tenders, 1):
        rows.append((tender.name, str(tender.count), amount(tender.amount_minor, locale)))
        if tender.wallet_minor:
            credited = amount(tender.wallet_minor, locale)
            rows.append((t("screen.report.of_wallets", view.language), "", credited))
        if by_hand is not None and n == last_card:
            rows.append(_by_hand_row(view, by_hand))
    return rows if tenders or by_hand is None else [_by_hand_row(view, by_hand)]


def _by_hand_row(view: TillView, by_hand: ReasonTotal) -> tuple[str, str, str]:
    given = amount(by_hand.amount_minor, view.shop.locale)
    return t("screen.report.card.by_hand", view.language), str(by_hand.count), given


def unsure_row(view: TillView, unsure: ReasonTotal) -> tuple[str, str]:
    """Card payments to compare with the terminal's own list."""
    return (
        t("screen.report.card.unsure", view.language, count=unsure.count),
        amount(unsure.amount_minor, view.shop.locale),
    )


def watch_rows(view: TillView, report: ReportView, *, only_some: bool = False) -> Rows:
    """Discounts, offers, voids, corrections, openings and held notes; `only_some` leaves out what did not happen."""
    lang, locale = view.language, view.shop.locale
    totals: list[tuple[str, ReasonTotal | None]] = [
        ("discounts", report.discounts),
        ("offers", report.offers),
        ("voids", report.voids),
        ("corrections", report.corrections),
    ]
    rows = [
        (t(f"screen.report.watch.{code}", lang, count=total.count), amount(total.amount_minor, locale))
        for code, total in totals
        if total is not None and (total.count or not only_some)
    ]
    if report.unsure is not None:
        rows.insert(0, unsure_row(view, report.unsure))
    rows.append((t("screen.report.watch.drawer", lang), str(report.drawer_openings)))
    if report.drawer_forced:
        rows.append((t("screen.report.watch.drawer_forced", lang), str(report.drawer_forced)))
    if report.drawer_left_open:
        rows.append((t("screen.report.watch.drawer_left_open", lang), str(report.drawer_left_open)))
    if report.copies:
        rows.append((t("screen.report.watch.copies", lang), str(report.copies)))
    if report.held is not None:
        rows.append(
            (t("screen.report.watch.held", lang, count=report.held.count), amount(report.held.amount_minor, locale))
        )
    return tuple(rows)


def period(view: TillView, report: ReportView) -> str:
    """De 06:32 à 14:05, vendredi 21.11.2025 · 124 tickets"""
    lang, day = view.language, date.fromisoformat(report.business_date)
    weekday = long_date(day, lang).split(" ")[0].rstrip(",")
    when = f"{weekday} {short_date(day, view.shop.locale)}"
    return DOT.join(
        [
            t("screen.report.period", lang, start=report.opened_at, end=report.at, day=when),
            t("screen.report.ticket_count", lang, count=report.tickets),
        ]
    )


def report_model(view: TillView, compact: bool = False) -> ReportModel:
    """The reading of a view; empty when there is none."""
    report = view.report
    if report is None:
        return ReportModel()
    lang, locale = view.language, view.shop.locale
    expected = report.cash.expected_minor
    return ReportModel(
        title=t(f"screen.report.title_{report.kind.lower()}", lang, number=number(report.number)),
        tag=t("screen.report.no_reset", lang) if report.kind == "X" else "",
        subtitle=period(view, report),
        turnover_label=t("screen.report.turnover", lang),
        currency=view.shop.currency,
        turnover=amount(report.turnover_minor, locale),
        vat=vat_card(view, report, 32 if compact else 40, compact),
        tenders=tender_card(view, report, 32 if compact else 46),
        sellers=seller_card(view, report, 32 if compact else 40),
        wallets=wallet_card(view, report, 32 if compact else 46),
        drawer_title=t("screen.report.drawer", lang) if expected is not None else "",
        drawer=cash_rows(view, report.cash, bool(report.wallet_rows)) if expected is not None else (),
        expected_label=t("screen.cash.expected", lang),
        expected=amount(expected, locale) if expected is not None else "",
        watch_title=t("screen.report.to_watch", lang),
        watch=watch_rows(view, report),
        journal=t("screen.report.journal", lang),
        close=t("screen.report.close", lang),
        can_close=may(view, "StartClosing"),
        print=t("screen.report.print", lang),
        can_print=may(view, "PrintReport"),
    )


def report_bar(view: TillView) -> BarModel:
    """Back, title, session and who reads."""
    report = view.report
    if report is None:
        return back_bar(view, "")
    who = report.seller or (view.seller.name if view.seller else "")
    words = [t("screen.report.session", view.language, number=number(report.session)), who]
    return back_bar(
        view, t(f"screen.report.bar_{report.kind.lower()}", view.language), DOT.join(word for word in words if word)
    )
