"""A card at the terminal: how far it is, what the bank said, and the one question when nobody said anything."""

from dataclasses import dataclass, field, replace

from appliance.i18n import amount, has_sentence, t
from appliance.kiosk.viewmodel.bar import BarModel
from appliance.kiosk.viewmodel.payment import PaymentModel, paid_model, payment_bar, payment_model
from appliance.kiosk.viewmodel.ticket import ClientModel, chip_model
from appliance.protocol.view import CardStep, CardView, TillView

BANK_REASONS = frozenset({"declined", "insufficient_funds", "card_expired", "wrong_pin", "card_blocked"})
REASONS = BANK_REASONS | {"amount_not_allowed", "busy", "card_not_accepted", "not_possible", "original_not_found"}

STEP_LOOKS = {
    "done": ("check-circle", True, "pay", "ink"),
    "now": ("hourglass-medium", True, "primary", "ink"),
    "todo": ("circle", False, "ink-3", "ink-3"),
    "failed": ("x-circle", True, "danger", "ink"),
    "lost": ("warning", True, "on-warn-soft", "ink"),
}
"""Icon, whether it is filled, its tone and the tone of the words."""

HEADS = {
    "waiting": ("contactless-payment", True, "primary", "none"),
    "refused": ("x-circle", True, "danger", "none"),
    "away": ("contactless-payment", False, "on-warn-soft", "warn-soft"),
    "unknown": ("question", False, "on-warn-soft", "warn-soft"),
}
"""Icon above the title, whether it is filled, its tone and the disc behind it."""


@dataclass(frozen=True)
class StepModel:
    """One sentence of the progress."""

    icon: str = "circle"
    filled: bool = False
    tone: str = "ink"
    text: str = ""
    text_tone: str = "ink"
    right: str = ""


@dataclass(frozen=True)
class CardModel:
    """Everything the screen of a card shows."""

    phase: str = "waiting"
    icon: str = "circle"
    filled: bool = False
    tone: str = "primary"
    disc: str = "none"
    title: str = ""
    question: str = ""
    currency: str = ""
    amount: str = ""
    steps: tuple[StepModel, ...] = ()
    note: str = ""
    abort: str = ""
    can_abort: bool = False
    other: str = ""
    by_hand: str = ""
    is_by_hand: bool = False
    retry: str = ""
    main_icon: str = "arrows-clockwise"
    main_kind: str = "pri"
    accepted: str = ""
    accepted_hint: str = ""
    no: str = ""
    no_hint: str = ""
    ask: str = ""
    ask_hint: str = ""
    can_ask: bool = True
    can_leave: bool = False
    side: PaymentModel = field(default_factory=PaymentModel)


def _words(card: CardView, lang: str, locale: str) -> dict[str, str]:
    """Sentences that differ for a refund, or for a wallet's credit: those with a variant of their own."""

    def word(key: str, **words: object) -> str:
        code = f"screen.card.{key}"
        of_credit = f"{code}_credit"
        is_credit = not card.number and has_sentence(of_credit, lang)
        return t(of_credit if is_credit else code, lang, **words)

    def say(key: str, **words: object) -> str:
        return word(f"{key}{'_refund' if card.purpose == 'refund' else ''}", **words)

    if card.phase == "waiting":
        return {
            "title": say("present"),
            "note": word("reverses_itself" if card.purpose == "refund" else "closes_itself"),
            "abort": t("screen.card.aborting" if card.is_aborting else "screen.card.abort", lang),
        }
    if card.phase == "unknown":
        asking = t("screen.card.asking", lang)
        return {
            "title": t("screen.card.unknown", lang),
            "question": say("question"),
            "note": asking if card.is_asking else t("screen.card.doubt", lang, seconds=card.asks_in_s),
            "accepted": t("screen.card.accepted", lang),
            "accepted_hint": say("accepted_hint"),
            "no": t("screen.card.no", lang),
            "no_hint": say("no_hint"),
            "ask": t("screen.card.ask", lang),
            "ask_hint": say("ask_hint"),
        }
    stays = word("settlement_stays" if card.purpose == "refund" else "ticket_stays")
    buttons = {"other": say("other"), "retry": say("retry"), "note": stays}
    if card.phase == "refused":
        by_bank = card.purpose == "debit" and card.reason in BANK_REASONS
        return {**buttons, "title": t("screen.card.refused_by_bank", lang) if by_bank else say("refused")}
    if card.is_by_hand:
        return {
            "other": t("screen.card.back", lang),
            "retry": say("confirm_hand"),
            "main_icon": "check",
            "main_kind": "pay",
            "note": say("by_hand_note"),
            "title": say("by_hand_title"),
            "question": say("by_hand_question", amount=amount(card.amount_minor, locale)),
        }
    hand = say("by_hand") if card.can_by_hand else ""
    question = t("screen.card.away_question" if hand else "screen.card.away_question_no_hand", lang)
    if hand and card.purpose == "debit":
        buttons["other"] = t("screen.card.other_short", lang)
    return {**buttons, "title": t("screen.card.away", lang), "question": question, "by_hand": hand}


def _step(card: CardView, step: CardStep, lang: str) -> StepModel:
    icon, filled, tone, text_tone = STEP_LOOKS[step.state]
    code = step.code
    if code == "no_answer" and card.reason == "wrong_amount":
        code = "wrong_amount"
    if card.purpose == "refund" and code in ("paying", "refused", "away"):
        code = f"{code}_refund"
    reason = card.reason if card.reason in REASONS else "unknown"
    text = t(f"screen.card.step.{code}", lang, reason=t(f"screen.card.reason.{reason}", lang))
    right = ""
    if card.phase == "unknown":
        right = _since(card.unknown_s, lang) if step.state == "lost" else step.at
    return StepModel(icon, filled, tone, text, text_tone, right)


def _since(seconds: int, lang: str) -> str:
    if seconds < 120:
        return t("screen.card.since", lang, seconds=seconds)
    return t("screen.card.since_minutes", lang, minutes=seconds // 60)


def _side(view: TillView, card: CardView, compact: bool) -> PaymentModel:
    """The ticket beside it, or whose wallet it is for; Retour and Encaisser rest while money may move."""
    lang = view.language
    model = _credit_side(view, card, compact) if not card.number else payment_model(view, compact)
    main = {"waiting": "screen.card.going", "unknown": "screen.card.waiting"}.get(card.phase, "screen.payment.close")
    if card.purpose == "refund":
        given = amount(card.amount_minor, view.shop.locale)
        return replace(
            model, rest_label=t("screen.card.refund", lang), due=given, main=t(main, lang), main_amount="",
            can_close=False, paid=(),
        )  # fmt: skip
    if not card.number:
        return replace(model, main=t(main, lang))
    paid = tuple(replace(row, removable=False) for row in model.paid)
    return replace(model, main=t(main, lang), can_close=False, paid=paid)


def _credit_side(view: TillView, card: CardView, compact: bool) -> PaymentModel:
    """No ticket: the client, and what is credited."""
    lang = view.language
    is_part = bool(card.credit_paid)
    return PaymentModel(
        currency=view.shop.currency,
        client=chip_model(view, card.client, compact) if card.client else ClientModel(),
        total_label=t("screen.wallet.credit_row", lang) if is_part else "",
        total=amount(card.credit_minor, view.shop.locale) if is_part else "",
        paid=tuple(paid_model(view, tender) for tender in card.credit_paid),
        rest_label=t("screen.payment.rest" if is_part else "screen.wallet.credit_row", lang),
        due=amount(card.amount_minor, view.shop.locale),
        back=t("screen.payment.back", lang),
    )


def card_model(view: TillView, compact: bool = False) -> CardModel:
    """The card screen of a view."""
    card = view.card
    if card is None:
        return CardModel()
    icon, filled, tone, disc = HEADS[card.phase]
    return CardModel(
        phase=card.phase,
        icon=icon,
        filled=filled,
        tone=tone,
        disc=disc,
        currency=view.shop.currency,
        amount=amount(card.amount_minor, view.shop.locale),
        steps=tuple(_step(card, step, view.language) for step in card.steps),
        can_abort=card.can_abort,
        can_ask=not card.is_asking,
        can_leave=card.phase in ("refused", "away"),
        side=_side(view, card, compact),
        is_by_hand=card.is_by_hand,
        **_words(card, view.language, view.shop.locale),
    )


def card_bar(view: TillView, compact: bool = False) -> BarModel:
    """As on Encaissement; the way back is dimmed while money may move."""
    bar = payment_bar(view, compact)
    open_ = view.card is not None and view.card.phase in ("waiting", "unknown")
    return replace(bar, left_dim=open_)
