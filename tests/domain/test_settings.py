"""Which level decides, what is refused, and that no setting is without its words and its place."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import settings as s
from appliance.domain.errors import Refusal
from appliance.i18n import catalogue
from appliance.kiosk.viewmodel.settings import SECTION_ICONS

LEVELS = (*s.OFFICE, "local")


def levels(**said):
    """chain={"theme": "dark"}, ...; a key of `locked` locks it there."""
    made = {}
    for name, values in said.items():
        locked = tuple(values.pop("locked", ()))
        made[name] = s.Level(values, locked)
    return s.Levels(**made)


def held(key, document=s.NOTHING, local=None, box=None, profile="CH", at="2026-11-22T08:00"):
    one = s.resolve(document, local or {}, box or {}, profile, at)[key]
    return one.value, one.origin


def refused(work, *args):
    with pytest.raises(Refusal) as caught:
        work(*args)
    return caught.value.code


# --- R-01, R-07 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", s.KEYS)
def test_every_setting_has_a_label_a_help_and_a_section(key):
    words = catalogue("fr")
    assert words[f"screen.setting.{key}.label"] and words[f"screen.setting.{key}.help"]
    assert s.GROUP_OF[key] in s.GROUPS
    for choice in s.choices_of(key):
        assert words[f"screen.setting.{key}.{choice}"]


def test_every_section_has_a_word_an_icon_and_settings():
    for group in s.GROUPS:
        assert catalogue("fr")[f"screen.settings.section.{group}"] and SECTION_ICONS[group]
        assert group in s.GROUP_OF.values()
    assert list(s.GROUP_OF) and set(s.GROUP_OF) == set(s.KEYS)


def test_nothing_is_said_of_a_setting_that_is_not_there():
    said = {key.split(".")[2] for key in catalogue("fr") if key.startswith("screen.setting.")}
    assert said == set(s.KEYS)


@pytest.mark.parametrize("profile", s.PROFILES)
@pytest.mark.parametrize("key", s.KEYS)
def test_every_default_is_within_its_own_bounds(key, profile):
    assert s.checked(key, s.default_of(key, profile)) == s.default_of(key, profile)


def test_profiles_differ_only_where_the_law_does():
    differing = {key for key in s.KEYS for other in s.PROFILES if s.default_of(key, other) != s.default_of(key, "CH")}
    assert differing == {"cash_rounding_minor", "wallet_cash_ceiling_minor", "wallet_receipt"}


def test_no_setting_needs_a_new_start():
    assert not s.REBOOT


# --- levels ---------------------------------------------------------------------------------------------------------


def test_the_most_precise_level_wins():
    document = levels(chain={"theme": "dark"}, establishment={"theme": "light"})
    assert held("theme", document) == ("light", "establishment")
    assert held("theme", levels(chain={"theme": "dark"})) == ("dark", "chain")
    assert held("theme", document, {"theme": "dark"}) == ("dark", "local")
    assert held("theme", box={"theme": "dark"}) == ("dark", "box")
    assert held("theme", box={"theme": "light"}) == ("light", "default")


@given(st.sets(st.sampled_from(LEVELS)), st.one_of(st.none(), st.sampled_from(s.OFFICE)))
def test_a_lock_stops_everything_more_precise(speaking, lock):
    document = levels(
        **{
            name: ({"lock_after_s": at + 1} if name in speaking else {})
            | ({"locked": ["lock_after_s"]} if name == lock else {})
            for at, name in enumerate(s.OFFICE)
        }
    )
    one = s.resolve(document, {"lock_after_s": 99} if "local" in speaking else {}, {}, "CH", "")["lock_after_s"]
    reach = LEVELS if lock is None else LEVELS[: LEVELS.index(lock) + 1]
    heard = [name for name in reach if name in speaking]
    assert one.origin == (heard[-1] if heard else "default")
    assert one.locked_by == lock


def test_what_a_till_would_have_without_its_own_change_is_known():
    one = s.resolve(levels(chain={"theme": "dark"}), {"theme": "light"}, {}, "CH", "")["theme"]
    assert (one.value, one.inherited, one.inherited_from) == ("light", "dark", "chain")


def test_a_change_to_come_holds_from_its_minute_on():
    level = s.Level({"theme": "light"}, (), (s.Change("2026-11-22T00:00", {"theme": "dark"}),))
    document = s.Levels(chain=level)
    assert held("theme", document, at="2026-11-21T23:59") == ("light", "chain")
    assert held("theme", document, at="2026-11-22T00:00") == ("dark", "chain")
    assert s.to_come(document, "2026-11-21T23:59") == [("2026-11-22T00:00", ("theme",))]
    assert s.to_come(document, "2026-11-22T00:00") == []


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("nothing", 1, "settings.unknown_key"),
        ("theme", "pink", "settings.value"),
        ("cumulate", 1, "settings.value"),
        ("lock_after_s", True, "settings.value"),
        ("lock_after_s", 3_601, "settings.bounds"),
        ("free_price_max_minor", 0, "settings.bounds_amount"),
        ("discount_limit_bp", 10_001, "settings.bounds_rate"),
        ("lock_after_s", 1.5, "settings.value"),
        ("display_text", "x" * 41, "settings.value"),
        ("display_text", "a\x1b[2J", "settings.value"),
        ("wallet_presets_minor", (500, 500), "settings.value"),
        ("wallet_presets_minor", (), "settings.value"),
        ("wallet_presets_minor", (0,), "settings.value"),
        ("theme", None, "settings.value"),
    ],
)
def test_what_a_setting_cannot_hold_is_refused(key, value, code):
    assert refused(s.checked, key, value) == code


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.sampled_from(s.KEYS), st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_value_is_taken_or_refused(key, value):
    try:
        assert s.checked(key, s.checked(key, value)) is not None
    except Refusal as refusal:
        assert refusal.code.startswith("settings.")


def test_two_settings_must_go_together_at_every_time():
    late = s.Level({}, (), (s.Change("2027-01-01T00:00", {"free_price_min_minor": 30_000}),))
    assert refused(s.check_levels, s.Levels(till=late), "CH") == "settings.together"
    assert refused(s.check_levels, levels(chain={"wallet_min_minor": 900, "wallet_max_day_minor": 800}), "CH") == (
        "settings.together"
    )
    assert refused(s.check_levels, s.Levels(till=s.Level({}, ("nothing",))), "CH") == "settings.unknown_key"
    wrong = s.Level({}, (), (s.Change("2026-13-01T00:00", {}),))
    assert refused(s.check_levels, s.Levels(till=wrong), "CH") == "settings.value"
    s.check_levels(levels(chain={"free_price_min_minor": 100}), "CH")


def as_json(value):
    return msgspec.json.decode(msgspec.json.encode(value))


def test_the_page_has_every_setting_with_its_defaults():
    """R-07: the table of defaults equals the document."""
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = {row[1]: row for row in re.findall(r"^\| ([^|`]+) \| `(\w+)` \| `(.+?)` \| (?:`(.+?)`)? \|", page, re.M)}
    assert set(rows) == set(s.KEYS)
    for key, (label, _, default, french) in rows.items():
        assert label == catalogue("fr")[f"screen.setting.{key}.label"]
        assert msgspec.json.decode(default) == as_json(s.default_of(key, "CH"))
        assert msgspec.json.decode(french or default) == as_json(s.default_of(key, "FR"))
