"""What a keypad makes of its keys."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.kiosk.viewmodel.entry import Entry


def typed(kind: str, *keys: str) -> Entry:
    entry = Entry(kind)
    for key in keys:
        entry = entry.press(key)
    return entry


def test_money_fills_from_the_right_in_cents():
    assert typed("money", "1", "2", "5", "0").value == 1250
    assert typed("money", "5", "00").value == 500
    assert typed("money", "0", "0", "7").keys == "7"


def test_money_needs_no_point():
    assert typed("money", "5", ".", "0").value == 50


def test_a_quantity_and_a_rate_are_read_as_typed():
    assert typed("quantity", "3").value == 3000
    assert typed("quantity", "1", ".", "2", "3", "4").value == 1234
    assert typed("quantity", ".", "5").value == 500
    assert typed("rate", "7", ".", "5").value == 750


def test_decimals_beyond_the_unit_are_not_taken():
    assert typed("rate", "7", ".", "5", "5", "5").value == 755
    assert typed("quantity", "1", ".", "2", ".", "3").value == 1230


def test_backspace_and_clear():
    assert typed("money", "1", "2", "back").value == 1
    assert typed("money", "1", "2", "C").is_empty
    assert typed("money", "back").is_empty


def test_a_code_keeps_its_leading_zeros():
    assert typed("code", "0", "0", "7").keys == "007"


KEYS = st.sampled_from(["0", "1", "5", "9", "00", ".", "C", "back"])


@given(st.sampled_from(["money", "quantity", "rate"]), st.lists(KEYS, max_size=40))
def test_no_key_sequence_breaks_an_entry(kind: str, keys: list[str]):
    assert 0 <= typed(kind, *keys).value <= 10**12
