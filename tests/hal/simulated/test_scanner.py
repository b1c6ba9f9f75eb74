"""Simulated scanners type what keyboards can."""

import pytest

from appliance.hal.scanner.layouts import LAYOUTS
from appliance.hal.simulated.scanner import keys_of, strokes_of


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_printable_ascii_character_can_be_typed(layout):
    keys = keys_of(layout)
    for number in range(0x20, 0x7F):
        strokes = strokes_of(chr(number), keys)
        assert sum(1 if value else -1 for _, value in strokes) == 0  # every key is let go


def test_what_no_keyboard_types_is_refused():
    with pytest.raises(ValueError, match="no keyboard"):
        strokes_of("漢", keys_of("us"))
