"""The panel after a sale: change due, coins, receipt."""

from dataclasses import dataclass
from datetime import datetime

from appliance.i18n import amount, round_amount, short_date, t
from appliance.kiosk.viewmodel.words import may, number
from appliance.protocol.view import CoinCount, ResultView, TenderView, TillView

TAGS = {
    "on_demand": ("", ""),
    "queued": ("p", "printer"),
    "printing": ("p", "printer"),
    "printed": ("g", "check-circle"),
    "waiting_paper": ("d", "printer"),
    "waiting_printer": ("d", "printer"),
    "uncertain": ("w", "printer"),
    "none": ("", ""),
}
"""Tag colour and icon of the receipt's state."""
WAITING = ("queued", "waiting_paper", "waiting_printer")


@dataclass(frozen=True)
class ResultModel:
    """Everything the result panel shows. Empty strings leave their part out."""

    title: str = ""
    change_label: str = ""
    currency: str = ""
    change: str = ""
    paid: str = ""
    coins: tuple[str, ...] = ()
    sums: tuple[tuple[str, str], ...] = ()
    receipt: str = ""
    receipt_tag: str = ""
    receipt_kind: str = ""
    receipt_icon: str = ""
    first_text: str = ""
    first_icon: str = ""
    first_action: str = ""
    can_first: bool = False
    email: str = ""
    can_email: bool = False
    correct: str = ""
    can_correct: bool = False
    put_change: str = ""
    """ "Mettre le reste sur la cagnotte"; "" when it cannot be."""
    hint: str = ""
    main: str = ""
    goes_on: bool = False
    """The main key goes on with the next part of a split note, not with a new ticket."""


def coin_words(coins: tuple[CoinCount, ...], locale: str) -> tuple[str, ...]:
    """5.–, 2 × 0.20: the coins and notes to give."""
    nnb = "\N{NARROW NO-BREAK SPACE}"
    words = []
    for coin in coins:
        value = round_amount(coin.value_minor, locale)
        words.append(value if coin.count == 1 else f"{coin.count}{nnb}×{nnb}{value}")
    return tuple(words)


def _sums(view: TillView, result: ResultView) -> tuple[tuple[str, str], ...]:
    lang, locale = view.language, view.shop.locale
    rows = [(t("screen.result.total", lang), amount(result.total_minor, locale))]
    rows += [
        (_tender_name(view, tender), amount(tender.amount_minor, locale))
        for tender in result.tenders
        if tender.kind != "cash"
    ]
    if result.rounding_minor:
        rows.append((t("screen.result.rounding", lang), amount(result.rounding_minor, locale)))
    if result.received_minor:
        rows.append((t("screen.result.received", lang), amount(result.received_minor, locale)))
    wallet = {
        "credited": result.wallet_credited_minor,
        "kept": result.wallet_kept_minor,
        "balance": result.wallet_balance_minor,
    }
    rows += [
        (t(f"screen.result.wallet.{word}", lang), amount(minor, locale))
        for word, minor in wallet.items()
        if minor or (word == "balance" and minor is not None)
    ]
    return tuple(rows)


def _tender_name(view: TillView, tender: TenderView) -> str:
    """Carte; Carte, à la main."""
    return t("screen.result.by_hand", view.language, tender=tender.name) if tender.is_by_hand else tender.name


def _paid_by(view: TillView, result: ResultView) -> str:
    """par carte; en espèces et par carte: nothing when nothing was paid."""
    ways = list(dict.fromkeys(_way(view, tender) for tender in result.tenders))
    if len(ways) < 2:
        return "".join(ways)
    return t("screen.result.joined", view.language, first=", ".join(ways[:-1]), last=ways[-1])


def _way(view: TillView, tender: TenderView) -> str:
    """en espèces; par carte; par carte, à la main."""
    if tender.kind == "cash":
        return t("screen.result.in_cash", view.language)
    name = _tender_name(view, tender)
    return t("screen.result.by", view.language, tender=name if tender.name.isupper() else name[:1].lower() + name[1:])


def _title(view: TillView, result: ResultView) -> str:
    """Encaissé · ticket 0042; a sale of the past says its day and hour."""
    if not result.past_at:
        return t("screen.result.closed", view.language, number=number(result.number))
    closed = datetime.fromisoformat(result.past_at)
    day = short_date(closed.date(), view.shop.locale)
    when = f"{day[:5] if result.past_at[:4] == view.at[:4] else day} {closed:%H:%M}"
    return t("screen.result.past", view.language, number=number(result.number), date=when)


def result_model(view: TillView) -> ResultModel:
    """The result panel of a view; empty when there is none."""
    result = view.result
    if result is None:
        return ResultModel()
    lang, locale = view.language, view.shop.locale
    gives_back = result.change_minor > 0
    waiting = result.receipt in WAITING
    kind, icon = TAGS[result.receipt]
    trouble = result.receipt in ("waiting_paper", "waiting_printer")
    main = "screen.result.next_part" if result.rest_minor else "screen.result.new_ticket"
    first = "cancel" if waiting else "print"
    printed = "screen.result.duplicate" if result.copies else "screen.result.print"
    return ResultModel(
        title=_title(view, result),
        change_label=t("screen.result.change", lang) if gives_back else t("screen.result.paid", lang),
        currency=view.shop.currency,
        change=amount(result.change_minor if gives_back else result.total_minor, locale),
        paid="" if gives_back else _paid_by(view, result),
        coins=coin_words(result.coins, locale),
        sums=_sums(view, result),
        receipt=t("screen.result.receipt", lang),
        receipt_tag=t(f"screen.result.state.{result.receipt}", lang),
        receipt_kind=kind,
        receipt_icon=icon,
        first_text=t("screen.result.without" if waiting else printed, lang),
        first_icon="x" if waiting else "printer",
        first_action=first,
        can_first=may(view, "CancelReceipt" if waiting else "PrintReceipt"),
        email=t("screen.result.email", lang) if result.can_email else "",
        can_email=result.can_email,
        correct=t("screen.result.correct", lang),
        can_correct=result.can_correct and may(view, "CorrectPayment"),
        put_change=t("screen.wallet.put_change", lang) if result.wallet_change_minor else "",
        hint=t("screen.result.keep_selling" if trouble else "screen.result.scan_next", lang),
        main=t(main, lang, amount=amount(result.rest_minor, locale)),
        goes_on=bool(result.rest_minor),
    )
