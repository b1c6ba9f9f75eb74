"""What a technician reads of a running till and of a tested code, in French: rows of a name and what is known.

Hides which words stand for which codes. Programs ask for `--json` and get the codes.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from appliance.i18n import amount, has_sentence, quantity, t

SPACES: Final = "\u00a0\u202f"
"""No-break spaces of French sentences."""
UNSEEN: Final = "\N{REPLACEMENT CHARACTER}"
NAME_CHARS: Final = 20
"""Width of the names in front."""


def say_rows(rows: list[tuple[str, str]]) -> None:
    """One line a row."""
    for name, text in rows:
        sys.stdout.write(f"{_plain(name):<{NAME_CHARS}} {_plain(text) or '–'}\n")


def _plain(text: str) -> str:
    """What a code or a name carries is shown, never obeyed by the terminal."""
    return "".join(
        letter if letter.isprintable() or letter in SPACES else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def status_rows(till: str, view: Any) -> list[tuple[str, str]]:
    """A till as its view tells it: who, what day, what is on the screen, and each device."""
    session, ticket = view.session, view.ticket
    known = {
        "till": till,
        "shop": view.shop.name,
        "at": view.at.replace("T", " "),
        "screen": t(f"technician.screen.{view.screen}"),
        "seller": view.seller.name if view.seller else "",
        "session": str(session.number) if session else "",
        "business_date": session.business_date if session else "",
        "ticket": str(ticket.number) if ticket else "",
        "total": amount(ticket.total_minor) if ticket else "",
        "message": _sentence(view.message.code, view.message.params) if view.message else "",
    }
    rows = [(t(f"technician.status.{name}"), text) for name, text in known.items()]
    return rows + [(t(f"technician.status.{light.device}"), _light(light)) for light in view.status]


def _light(light: Any) -> str:
    return t(light.code) if light.code else t(f"technician.light.{light.level}")


def _sentence(code: str, params: Any) -> str:
    """The sentence of a code; its parameters where a program knows more of them than the sentence."""
    try:
        return t(code, **params) if has_sentence(code) else code
    except KeyError:
        return ", ".join([code, *(f"{name} {value}" for name, value in params.items())])


def code_rows(tested: Any) -> list[tuple[str, str]]:
    """What a code says here, then the steps on the way to it."""
    said: list[tuple[str, str]] = [
        ("read", f"{tested.text}  {tested.symbology} {tested.symbology_name}".strip()),
        ("is", f"{t(f'technician.code_kind.{tested.kind}')} {tested.name}".strip()),
    ]
    if tested.rule:
        said.append(("rule", tested.rule + (t("technician.code.unproved") if tested.is_rule_unproved else "")))
    if tested.quantity_milli:
        said.append(("quantity", f"{quantity(tested.quantity_milli)} {_unit(tested)}"))
    amounts = (("unit_price", tested.unit_price_minor), ("amount", tested.amount_minor), ("shelf", tested.shelf_minor))
    said += [(name, amount(minor)) for name, minor in amounts if minor is not None]
    said += [(name, text) for name, text in (("batch", tested.batch), ("expires", tested.expires)) if text]
    rows = [(t(f"technician.code.{name}"), text) for name, text in said]
    rows += [(f"AI {ai}", value) for ai, value in tested.elements]
    if tested.fault:
        rows.append((t("technician.code.fault"), _sentence(tested.fault, tested.params)))
    steps = enumerate(tested.steps, 1)
    return rows + [
        (f"{number}. {t(f'technician.step.{asked}')}", t(f"technician.form.{found}") if asked == "form" else found)
        for number, (asked, found) in steps
    ]


def _unit(tested: Any) -> str:
    return t(f"technician.unit.{tested.unit}") if has_sentence(f"technician.unit.{tested.unit}") else str(tested.unit)
