"""Paramètres as the kiosk draws it: the settings of a section, or those that a search finds."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from appliance.domain import configuration as rules
from appliance.domain import settings as s
from appliance.domain.catalog import fold
from appliance.i18n import catalogue, t
from appliance.protocol import view as v
from appliance.service import settings_typing

if TYPE_CHECKING:
    from appliance.service.till import Till

HINT: Final = "reçu"
"""What to search for when nothing that was typed comes near a word."""


def settings_view(till: Till) -> v.SettingsView:
    """Screen 36."""
    desk, held = till.desk, till.settings.resolved
    search = " ".join(fold(desk.settings_search).split())
    language = till.config.language
    if search:
        found = [one for one in held.values() if search in _words_of(till, one, language)]
    else:
        found = [one for one in held.values() if s.GROUP_OF[one.key] == desk.settings_section]
    here = [one for one in found if one.origin == "local"]
    locked = [one for one in found if one.locked_by is not None]
    listed = {"all": found, "here": here, "locked": locked}[desk.settings_only]
    adoption = till.settings.adoption
    next_at, next_count = _next(till, adoption)
    return v.SettingsView(
        sections=s.GROUPS,
        section=desk.settings_section,
        only=desk.settings_only,
        counts=(len(found), len(here), len(locked)),
        search=desk.settings_search,
        rows=tuple(_row(till, one) for one in listed),
        hint="" if found else _hint(search, language),
        version=0 if adoption.current is None else adoption.current.version,
        received_at=till.local_time(adoption.applied_at) if adoption.current and adoption.applied_at else "",
        next_at=next_at,
        next_count=next_count,
        is_waiting=adoption.staged is not None,
        fault=adoption.reason if adoption.state in ("refused", "rolled_back") else "",
    )


def _next(till: Till, adoption: rules.Adoption) -> tuple[str, int]:
    """(local time, number of settings) of the next change to come."""
    staged = adoption.staged
    if staged is not None and staged.not_before:
        values = [change for name in s.OFFICE for change in staged.body.of(name).values]
        return till.local_time(staged.not_before), len(set(values))
    come = s.to_come(rules.levels_of(adoption), adoption.moment)
    return (come[0][0], len(set(come[0][1]))) if come else ("", 0)


def _words_of(till: Till, one: s.Setting, language: str) -> str:
    """Everything of a setting that a search looks into."""
    words = [t(f"screen.setting.{one.key}.label", language), t(f"screen.setting.{one.key}.help", language)]
    words += [t(f"screen.setting.{one.key}.{choice}", language) for choice in s.choices_of(one.key) if _is_word(choice)]
    return fold(" ".join(words))


def _is_word(choice: s.Value) -> bool:
    return isinstance(choice, str)


def _hint(search: str, language: str) -> str:
    """A word near the one that found nothing."""
    words = {
        word
        for key in s.KEYS
        for word in fold(str(catalogue(language).get(f"screen.setting.{key}.label", ""))).split()
        if len(word) > 3
    }
    near = difflib.get_close_matches(search, sorted(words), 1, 0.6)
    return near[0] if near else HINT


def _row(till: Till, one: s.Setting) -> v.SettingRow:
    key = one.key
    default, value, words = settings_typing.write(key, one.default), settings_typing.write(key, one.value), {}
    if s.kind_of(key) == "mode":
        words = modes(till)
        default = default or own_mode(till)
        value = value or own_mode(till)
    return v.SettingRow(
        key,
        s.kind_of(key),
        s.GROUP_OF[key],
        value,
        default,
        one.origin,
        s.unit_of(key),  # type: ignore[arg-type]
        one.locked_by is not None,
        one.origin == "local",
        words,
    )


def modes(till: Till) -> dict[str, str]:
    """Names of the sale modes."""
    return {mode.id: mode.name for mode in till.shop.sale_modes}


def own_mode(till: Till) -> str:
    """The mode that the shop's set-up begins with."""
    return till.own_shop.default_sale_mode().id


def sheet(till: Till) -> v.SettingSheet | None:
    """The choices of the setting that was touched."""
    held = till.settings.resolved.get(till.desk.setting)
    if held is None:
        return None
    row = _row(till, held)
    choices = tuple(row.words) or tuple(settings_typing.write(held.key, choice) for choice in s.choices_of(held.key))
    return v.SettingSheet(held.key, row.value, choices, row.words)
