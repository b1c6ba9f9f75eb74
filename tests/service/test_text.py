"""Text from outside, made safe."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from appliance.service.text import clean


@given(st.text(max_size=200), st.integers(0, 80))
def test_nothing_is_left_that_could_command_a_printer_or_hide_a_word(text, length):
    cleaned = clean(text, length)
    assert len(cleaned) <= length
    assert not any(unicodedata.category(char).startswith("C") for char in cleaned)
    assert "  " not in cleaned and cleaned == cleaned.lstrip()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert clean(cleaned, length) == cleaned.rstrip() or clean(cleaned, length) == cleaned


def test_what_people_write_stays():
    assert clean("  Mme  Müller-Péclard,\ttable 4 ", 40) == "Mme Müller-Péclard, table 4"
    assert clean("\x1b@\x1bm", 40) == "@ m"
    assert clean("e\u0301te\u0301", 40) == "été"
