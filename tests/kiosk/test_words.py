"""Every word that the kiosk draws is in the catalogue."""

import re
from pathlib import Path

import pytest

import appliance.kiosk
from appliance.i18n import catalogue, has_sentence
from appliance.kiosk.icons import CODES, glyph
from appliance.kiosk.sound import TONES, tone
from appliance.kiosk.viewmodel import bar, choice
from appliance.kiosk.viewmodel.words import counted_name, short_name

SOURCES = sorted(Path(appliance.kiosk.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_message_ids_named_in_the_code_have_a_sentence(source: Path):
    ids = re.findall(r'\bt\(\s*"(screen\.[a-z0-9_.]+)"', source.read_text(encoding="utf-8"))
    assert [name for name in ids if not has_sentence(name)] == []


def test_sentences_keep_french_spacing():
    for name, sentence in catalogue("fr").items():
        if name.startswith("screen."):
            assert not re.search(r" [:;!?%»]|« ", sentence), name


def test_every_icon_named_in_a_table_is_in_the_fonts():
    names = [icon for pair in bar.DEVICES.values() for icon in pair]
    names += [*bar.MESSAGE_ICONS.values(), *bar.ACTION_ICONS.values(), *choice.MENU_ICONS.values()]
    assert all(glyph(name, True)[0] for name in names)
    assert set(names) <= set(CODES)


@pytest.mark.parametrize(
    "source", sorted(Path(appliance.kiosk.__file__).parent.rglob("*.kv")), ids=lambda path: path.stem
)
def test_every_icon_named_in_a_layout_is_in_the_fonts(source: Path):
    names = re.findall(r"^\s+(?:icon|name): '([a-z-]+)'$", source.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in names if name not in CODES] == []


def test_several_are_in_the_plural():
    assert counted_name("Petit pain au lait", 2000, "fr") == "Petits pains au lait"
    assert counted_name("Eau gazeuse", 3000, "fr") == "Eaux gazeuse"
    assert counted_name("Ballon", 1000, "fr") == "Ballon"
    assert counted_name("Roll", 2000, "en") == "Roll"


def test_a_number_stays_with_its_unit():
    assert short_name(("Eau gazeuse 50 cl",)) == "Eau gazeuse 50\u00a0cl"
    assert short_name(("Pain", "500 g")) == "Pain 500\u00a0g"


def test_every_sound_is_a_short_wave():
    for sound in TONES:
        wave = tone(sound)
        assert wave[:4] == b"RIFF" and 1_000 < len(wave) < 60_000
