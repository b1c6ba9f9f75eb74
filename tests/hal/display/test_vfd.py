"""The display's bytes: two lines of twenty, whatever the text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.display.vfd import PROFILES, redraw, set_up
from appliance.hal.simulated.display import Panel


def shown(upper, lower, profile="epson"):
    panel = Panel()
    panel.feed(set_up(PROFILES[profile]) + redraw(upper, lower, PROFILES[profile]))
    return panel.lines


@pytest.mark.parametrize("profile", PROFILES)
def test_accents_are_right_on_every_profile(profile):
    assert shown("Pâté à l'échalote ç", "Total          21.05", profile) == (
        "Pâté à l'échalote ç ",
        "Total          21.05",
    )


def test_what_the_page_lacks_gets_its_nearest_letters():
    assert shown("Œuf, 2 €", "l’été", "pc850") == ("OEuf, 2 EUR         ", "l'été               ")


def test_too_long_is_cut():
    assert shown("x" * 50, "") == ("x" * 20, " " * 20)


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(sorted(PROFILES)))
def test_no_text_carries_a_command(upper, lower, profile):
    payload = redraw(upper, lower, PROFILES[profile])
    assert len(payload) == 48
    assert payload[:4] == b"\x1f$\x01\x01"
    assert payload[24:28] == b"\x1f$\x01\x02"
    texts = payload[4:24] + payload[28:]
    assert not set(texts) & {*range(0x20), 0x7F}


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30)), max_size=4), st.data())
def test_bytes_may_break_anywhere(pictures, draw):
    profile = PROFILES["epson"]
    stream = set_up(profile) + b"".join(redraw(upper, lower, profile) for upper, lower in pictures)
    cuts = sorted({0, len(stream), *draw.draw(st.lists(st.integers(0, len(stream))))})
    whole, parts = Panel(), Panel()
    whole.feed(stream)
    for begin, end in pairwise(cuts):
        parts.feed(stream[begin:end])
    assert parts.lines == whole.lines
    assert whole.redraws == len(pictures)
