"""What stands in the editors of Mes Données before it is saved; hides how typed words become rates and days."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import msgspec
from msgspec.structs import replace

from appliance.domain.catalog import TenderMode
from appliance.domain.customer import Group, GroupRate
from appliance.domain.tendering import ICONS, NEW_KINDS, ROUNDINGS_MINOR, questions_of
from appliance.protocol.command import FillGroup, FillTenderMode
from appliance.service.text import clean

RATES_MAX: Final = 12
"""Discounts of one group."""
CENTURY: Final = 2000
_DAY: Final = re.compile(r"([0-9]{1,2})[./ -]([0-9]{1,2})[./ -]([0-9]{4}|[0-9]{2})")
_RATE: Final = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?")
_FLAGS: Final = ("opens_drawer", "quick_key", "needs_customer", "funds_wallet")


class ModeDraft(msgspec.Struct, frozen=True):
    """A means of payment in its editor; `mode.id` "" for a new one."""

    serial: int
    mode: TenderMode
    place: int
    """In the list, 0 being the first."""
    places: int
    errors: dict[str, str] = {}


class GroupDraft(msgspec.Struct, frozen=True):
    """A group in its editor; `group.id` "" for a new one."""

    serial: int
    group: Group
    picking: int | None = None
    """The discount whose category is being chosen."""
    errors: dict[str, str] = {}
    """Field (`label`, `rates.0`) to code of the sentence."""


def fill_mode(draft: ModeDraft, command: FillTenderMode) -> ModeDraft:
    """The draft with one field filled in; a field that this kind does not have stays as it is."""
    field, value, mode = command.field, command.value, draft.mode
    errors = {name: code for name, code in draft.errors.items() if name != field}
    draft = replace(draft, errors=errors)
    if field == "place":
        wanted = int(value) if value.isascii() and value.isdigit() else draft.place
        return replace(draft, place=max(0, min(wanted, draft.places - 1)))
    if field in ("name", "account"):
        return replace(draft, mode=replace(mode, **{field: clean(value, 80)}))
    if field == "kind":
        kind = next((kind for kind in NEW_KINDS if kind == value and not mode.id), mode.kind)
        return replace(draft, mode=replace(mode, kind=kind, icon=mode.icon if mode.id else ICONS[kind]))
    if field not in questions_of(mode.kind):
        return draft
    if field in _FLAGS:
        return replace(draft, mode=replace(mode, **{field: value == "1"}))
    if field == "overpayment" and value in ("change", "refuse", "keep"):
        return replace(draft, mode=replace(mode, overpayment=value))
    if field == "rounding_minor" and value in map(str, ROUNDINGS_MINOR):
        return replace(draft, mode=replace(mode, rounding_minor=int(value)))
    return draft


def fill_group(draft: GroupDraft, command: FillGroup, categories: frozenset[int]) -> GroupDraft:
    """The draft with one field filled in."""
    field, row, rates = command.field, command.row, list(draft.group.rates)
    errors = dict(draft.errors)
    errors.pop("label" if field == "label" else f"rates.{row}", None)
    draft = replace(draft, errors=errors, picking=None)
    if field == "label":
        return replace(draft, group=replace(draft.group, label=clean(command.value, 80)))
    if field == "add":
        made = (*rates, GroupRate(0)) if len(rates) < RATES_MAX else tuple(rates)
        return replace(draft, group=replace(draft.group, rates=made))
    if row >= len(rates):
        return draft
    if field == "pick":
        return replace(draft, picking=row)
    if field == "remove":
        del rates[row]
        return replace(draft, group=replace(draft.group, rates=tuple(rates)), errors=_kept(errors))
    try:
        rates[row] = _rate_with(rates[row], command, categories)
    except ValueError:
        code = "group.rate_form" if field == "rate" else "group.date_form"
        return replace(draft, errors={**errors, f"rates.{row}": code})
    return replace(draft, group=replace(draft.group, rates=tuple(rates)))


def _kept(errors: dict[str, str]) -> dict[str, str]:
    """Rows have moved up: what was said of them is over."""
    return {field: code for field, code in errors.items() if field == "label"}


def _rate_with(rate: GroupRate, command: FillGroup, categories: frozenset[int]) -> GroupRate:
    if command.field == "rate":
        return replace(rate, rate_bp=rate_of(command.value))
    if command.field == "category":
        wanted = int(command.value) if command.value.isdigit() else None
        return replace(rate, category=wanted if wanted in categories else None)
    if command.field == "from":
        return replace(rate, effective_from=day_of(command.value))
    return replace(rate, effective_to=day_of(command.value))


def rate_of(text: str) -> int:
    """Basis points of a typed rate. ValueError when it is none.

    >>> rate_of("7,5 %"), rate_of("10")
    (750, 1000)
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    whole, part = match.group(1), match.group(2) or ""
    rate_bp = int(whole) * 100 + int(part.ljust(2, "0"))
    if rate_bp > 10_000:
        raise ValueError(text)
    return rate_bp


def day_of(text: str) -> str:
    """ISO day of a typed date; "" for none. ValueError when there is no such day.

    >>> day_of("1.12.2026"), day_of("31/12/26"), day_of("")
    ('2026-12-01', '2026-12-31', '')
    """
    text = text.strip()
    if not text:
        return ""
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, month, year = (int(part) for part in match.groups())
    return date(year if year > 99 else CENTURY + year, month, day).isoformat()
