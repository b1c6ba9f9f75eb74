"""The closing of the day in three steps: count the drawer, check the difference, close (Z)."""

from dataclasses import dataclass, field

from appliance.i18n import amount, signed, t
from appliance.kiosk.viewmodel.bar import BarModel, back_bar
from appliance.kiosk.viewmodel.counting import CountCardModel, count_card, focus_caption
from appliance.kiosk.viewmodel.figures import CardModel, Rows, TableModel
from appliance.kiosk.viewmodel.note import name_of, since
from appliance.kiosk.viewmodel.words import DOT, number
from appliance.kiosk.viewmodel.x_report import (
    seller_card,
    tender_card,
    tender_rows,
    vat_card,
    wallet_summary,
    watch_rows,
)
from appliance.protocol.view import ClosingView, NoteCard, TillView

STEPS = ("count", "check", "confirm")


@dataclass(frozen=True)
class StepModel:
    """One of the three steps above the screen."""

    number: str
    text: str
    is_now: bool = False
    is_done: bool = False


@dataclass(frozen=True)
class HeldModel:
    """A held note: it stays for tomorrow, or is cancelled here."""

    key: str
    kind: str
    number: int
    name: str
    detail: str
    amount: str
    cancel: str


@dataclass(frozen=True)
class ReasonModel:
    """One reason for a difference."""

    id: str
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class ClosingModel:
    """Everything the closing shows."""

    step: str = "count"
    steps: tuple[StepModel, ...] = ()
    open_drawer: str = ""
    notes: CountCardModel = field(default_factory=CountCardModel)
    coins: CountCardModel = field(default_factory=CountCardModel)
    leave_label: str = ""
    leave: str = ""
    leave_minor: int = 0
    safe_label: str = ""
    safe: str = ""
    caption: str = ""
    locale: str = "fr-CH"
    done: str = ""
    # what is known of the drawer
    cash_title: str = ""
    cash: Rows = ()
    expected_label: str = ""
    expected: str = ""
    counted_label: str = ""
    counted: str = ""
    difference_label: str = ""
    difference: str = ""
    difference_fill: str = "pay-soft"
    difference_icon: str = "check-circle"
    others_title: str = ""
    others: tuple[tuple[str, str, str], ...] = ()
    held_note: str = ""
    # step 2
    gap_title: str = ""
    gap_hint: str = ""
    reasons: tuple[ReasonModel, ...] = ()
    others_card: CardModel = field(default_factory=CardModel)
    held_title: str = ""
    held_hint: str = ""
    held: tuple[HeldModel, ...] = ()
    # step 3
    vat: CardModel = field(default_factory=CardModel)
    tenders: CardModel = field(default_factory=CardModel)
    sellers: CardModel = field(default_factory=CardModel)
    wallets_title: str = ""
    """ "" where cagnottes are off."""
    wallets_note: str = ""
    wallets: Rows = ()
    watch_title: str = ""
    watch: Rows = ()
    turnover_label: str = ""
    currency: str = ""
    turnover: str = ""
    waiting: str = ""
    # foot
    side: str = ""
    main: str = ""
    can_go_on: bool = True


def _steps(view: TillView, closing: ClosingView) -> tuple[StepModel, ...]:
    now = STEPS.index(closing.step)
    return tuple(
        StepModel(str(i + 1), t(f"screen.closing.step.{step}", view.language), i == now, i < now)
        for i, step in enumerate(STEPS)
    )


def _cash(view: TillView, closing: ClosingView) -> Rows:
    cash, locale = closing.cash, view.shop.locale
    rows = [("float", amount(cash.float_minor, locale)), ("sales", signed(cash.sales_minor, locale))]
    if cash.wallet_credits_minor:
        rows.append(("wallet_credits", signed(cash.wallet_credits_minor, locale)))
    if cash.wallet_refunds_minor:
        rows.append(("wallet_refunds", amount(-cash.wallet_refunds_minor, locale)))
    if cash.pay_ins_minor:
        rows.append(("pay_ins", signed(cash.pay_ins_minor, locale)))
    rows.append(("cash_outs", amount(-cash.pay_outs_minor, locale)))
    return tuple((t(f"screen.cash.{code}", view.language), value) for code, value in rows)


def _held(view: TillView, card: NoteCard) -> HeldModel:
    lang = view.language
    name = name_of(view, card)
    detail = DOT.join([since(view, card), card.mode.name])
    total = amount(card.total_minor, view.shop.locale)
    return HeldModel(str(card.number), "held", card.number, name, detail, total, t("screen.closing.cancel_note", lang))


def _others_card(view: TillView, closing: ClosingView, height: int) -> CardModel:
    lang = view.language
    heads = tuple(t(f"screen.report.{code}", lang) for code in ("tender", "count", "amount"))
    rows = (*tender_rows(view, closing.tenders, closing.by_hand), *_unsure(view, closing))
    return CardModel("credit-card", t("screen.closing.others", lang), "", TableModel(heads, (44, 104), rows, height))


def _difference(view: TillView, closing: ClosingView) -> dict[str, str]:
    off = closing.difference_minor
    if off is None:
        return {}
    lang, locale = view.language, view.shop.locale
    even = off == 0
    return {
        "difference_label": t("screen.counting.even" if even else "screen.closing.difference", lang),
        "difference": "" if even else signed(off, locale),
        "difference_fill": "pay-soft" if even else "warn-soft",
        "difference_icon": "check-circle" if even else "warning",
    }


def _summary(view: TillView, closing: ClosingView, compact: bool) -> dict[str, object]:
    report = closing.report
    if report is None:
        return {}
    height, lang = 30 if compact else 36, view.language
    wallets = wallet_summary(view, report)
    return {
        "wallets_title": t("screen.report.wallets", lang) if wallets else "",
        "wallets_note": t("screen.report.not_turnover", lang) if wallets else "",
        "wallets": wallets,
        "vat": vat_card(view, report, height, compact),
        "tenders": tender_card(view, report, height),
        "sellers": seller_card(view, report, height),
        "watch": watch_rows(view, report, only_some=bool(wallets)),
        "turnover": amount(report.turnover_minor, view.shop.locale),
    }


def _gap_hint(view: TillView, closing: ClosingView) -> str:
    if closing.reasons:
        return t("screen.closing.gap_reason", view.language)
    return t("screen.closing.gap_even" if not closing.difference_minor else "screen.closing.gap_small", view.language)


def _unsure(view: TillView, closing: ClosingView) -> tuple[tuple[str, str, str], ...]:
    """Card payments that only a person called accepted."""
    if closing.unsure is None:
        return ()
    given = amount(closing.unsure.amount_minor, view.shop.locale)
    return ((t("screen.report.card.to_check", view.language), str(closing.unsure.count), given),)


def closing_model(view: TillView, compact: bool = False) -> ClosingModel:
    """The closing of a view; empty when there is none."""
    closing = view.closing
    if closing is None:
        return ClosingModel()
    lang, locale = view.language, view.shop.locale
    expected = closing.cash.expected_minor
    held = t("screen.closing.held", lang, count=closing.held_count) if closing.held_count else ""
    waiting = closing.waiting_receipts
    return ClosingModel(
        step=closing.step,
        steps=_steps(view, closing),
        open_drawer=t("screen.payment.drawer", lang),
        notes=count_card(view, "notes", closing.notes, closing.notes_minor, closing.focus_minor),
        coins=count_card(view, "coins", closing.coins, closing.coins_minor, closing.focus_minor),
        leave_label=t("screen.closing.leave", lang),
        leave=amount(closing.leave_minor, locale),
        leave_minor=closing.leave_minor,
        safe_label=t("screen.closing.safe", lang),
        safe=amount(closing.safe_minor, locale),
        caption=focus_caption(view, closing.focus_minor, closing.coins),
        locale=locale,
        done=t("screen.action.done", lang),
        cash_title=t("screen.closing.cash", lang),
        cash=_cash(view, closing),
        expected_label=t("screen.cash.expected", lang),
        expected=amount(expected, locale) if expected is not None else "",
        counted_label=t("screen.closing.counted", lang),
        counted=amount(closing.counted_minor, locale),
        others_title=t("screen.closing.others", lang),
        others=(*tender_rows(view, closing.tenders, closing.by_hand), *_unsure(view, closing)),
        held_note=held,
        gap_title=t("screen.closing.gap", lang),
        gap_hint=_gap_hint(view, closing),
        reasons=tuple(ReasonModel(reason.id, reason.label, reason.id == closing.reason) for reason in closing.reasons),
        others_card=_others_card(view, closing, 32 if compact else 46),
        held_title=t("screen.home.notes", lang),
        held_hint=t("screen.closing.held_hint" if closing.held else "screen.closing.held_none", lang),
        held=tuple(_held(view, card) for card in closing.held),
        watch_title=t("screen.report.to_watch", lang),
        turnover_label=t("screen.report.turnover", lang),
        currency=view.shop.currency,
        waiting=t("screen.closing.waiting", lang, count=waiting) if waiting else "",
        side=t("screen.closing.x_ticket" if closing.step == "count" else "screen.payment.back", lang),
        main=t("screen.home.close_day" if closing.step == "confirm" else "screen.closing.go_on", lang),
        can_go_on=closing.step != "check" or not closing.reasons or bool(closing.reason),
        **_difference(view, closing),  # type: ignore[arg-type]
        **_summary(view, closing, compact),  # type: ignore[arg-type]
    )


def closing_bar(view: TillView) -> BarModel:
    """Back, title, session and when it opened."""
    closing = view.closing
    if closing is None:
        return back_bar(view, "")
    lang = view.language
    words = [
        t("screen.report.session", lang, number=number(closing.session)),
        t("screen.closing.opened", lang, time=closing.opened_at),
    ]
    return back_bar(view, t("screen.closing.title", lang), DOT.join(words))
