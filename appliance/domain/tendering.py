"""Means of payment as a manager sets them up: their order, and what each kind leaves to decide.

Hides the rules of a kind: cash always gives change, a wallet is never rounded, never funded by itself and never without
its customer, and only cash and card have a key on the sale screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from appliance.domain.catalog import TenderKind, TenderMode, fold, words_of
from appliance.domain.errors import Refusal

NAME_MAX: Final = 24
LEDGER_FORM: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,19}")
ROUNDINGS_MINOR: Final = (0, 5, 10, 20, 50, 100)
"""Smallest steps of cash to choose from; 0 is exact."""
NEW_KINDS: Final[tuple[TenderKind, ...]] = ("other", "voucher", "cheque", "card")
"""What can be added; a shop has one cash and at most one *Cagnotte client*."""
ICONS: Final[dict[TenderKind, str]] = {
    "other": "dots-three-circle",
    "voucher": "gift",
    "cheque": "file-text",
    "card": "credit-card",
    "cash": "money",
    "wallet": "wallet",
}
QUESTIONS: Final[dict[TenderKind, frozenset[str]]] = {
    "cash": frozenset({"opens_drawer", "quick_key", "rounding_minor", "funds_wallet", "needs_customer"}),
    "card": frozenset({"opens_drawer", "quick_key", "funds_wallet", "needs_customer"}),
    "wallet": frozenset(),
}
"""Fields that are the merchant's to decide, by kind; `OPEN_QUESTIONS` for the others."""
OPEN_QUESTIONS: Final = frozenset({"opens_drawer", "overpayment", "funds_wallet", "needs_customer"})


def questions_of(kind: TenderKind) -> frozenset[str]:
    """Fields of a means of payment that a manager decides."""
    return QUESTIONS.get(kind, OPEN_QUESTIONS)


def ordered(modes: Iterable[TenderMode]) -> tuple[TenderMode, ...]:
    """In the merchant's order, as at Encaissement."""
    return tuple(sorted(modes, key=lambda mode: (mode.order, mode.id)))


def with_wallet(modes: Iterable[TenderMode]) -> tuple[TenderMode, ...]:
    """The modes, and *Cagnotte client* switched off where the shop has none: every shop can switch it on."""
    known = ordered(modes)
    if any(mode.kind == "wallet" for mode in known):
        return known
    last = max((mode.order for mode in known), default=0)
    return (*known, tidy(TenderMode("wallet", "Cagnotte client", "wallet", "wallet", last + 1, enabled=False)))


def tidy(mode: TenderMode) -> TenderMode:
    """The mode as its kind allows it."""
    mode = replace(mode, name=" ".join(mode.name.split()), account=mode.account.strip())
    if mode.kind == "wallet":
        return replace(
            mode, opens_drawer=False, quick_key=False, rounding_minor=0, overpayment="refuse", needs_customer=True,
            funds_wallet=False,
        )  # fmt: skip
    if mode.kind == "cash":
        return replace(mode, overpayment="change")
    if mode.kind == "card":
        return replace(mode, overpayment="refuse", rounding_minor=0)
    return replace(mode, quick_key=False, rounding_minor=0)


def faults(mode: TenderMode, others: Iterable[TenderMode]) -> dict[str, str]:
    """What is wrong with a mode as it was filled in: field to code of the sentence."""
    found = {}
    if not mode.name:
        found["name"] = "tender.name_missing"
    elif len(mode.name) > NAME_MAX:
        found["name"] = "tender.name_too_long"
    elif any(other.id != mode.id and fold(other.name) == fold(mode.name) for other in others):
        found["name"] = "tender.name_taken"
    if mode.account and not LEDGER_FORM.fullmatch(mode.account):
        found["account"] = "tender.account_form"
    return found


def new_id(name: str, others: Iterable[TenderMode]) -> str:
    """An id made of the name: *Chèque Reka* is `cheque-reka`, the second one `cheque-reka-2`."""
    base = "-".join(words_of(name))[:28] or "mode"
    taken, count, made = {mode.id for mode in others}, 1, base
    while made in taken:
        count += 1
        made = f"{base}-{count}"
    return made


def placed(modes: Iterable[TenderMode], mode_id: str, place: int) -> tuple[TenderMode, ...]:
    """The modes with one of them at another place, 0 being the first; numbered 1, 2, ... Raises Refusal."""
    known = list(ordered(modes))
    mode = next((mode for mode in known if mode.id == mode_id), None)
    if mode is None:
        raise Refusal("tender.unknown")
    known.remove(mode)
    known.insert(max(0, min(place, len(known))), mode)
    return tuple(replace(mode, order=order) for order, mode in enumerate(known, 1))
