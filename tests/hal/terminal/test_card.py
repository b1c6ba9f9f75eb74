"""No card number gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.terminal.card import is_card_number, last_digits_of, plain, without_card_numbers


def luhn_number(digits: str) -> str:
    return next(digits + check for check in "0123456789" if is_card_number(digits + check))


card_numbers = st.text("0123456789", min_size=11, max_size=18).map(luhn_number)


@pytest.mark.parametrize(
    ("masked", "seen"),
    [
        ("411111 **** 1111", "1111"),
        ("############1234", "1234"),
        ("541333XXXXXX9999", "9999"),
        ("**** 12", "12"),
        ("4111111111111111", None),
        ("4111 1111 1111 1111", None),
        ("4111-1111-1111-1111", None),
        ("", None),
        (None, None),
        ("no digits", None),
    ],
)
def test_only_what_stands_behind_stars_is_seen(masked, seen):
    assert last_digits_of(masked) == seen


@given(card_numbers, st.sampled_from(["", " ", "-", "."]), st.text(max_size=20), st.text(max_size=20))
def test_a_card_number_in_any_text_is_masked(number, separator, before, after):
    written = separator.join(number[place : place + 4] for place in range(0, len(number), 4))
    text = without_card_numbers(f"{before} {written} {after}".replace("\0", ""))
    if not (before[-1:].isdigit() or after[:1].isdigit()):
        assert written not in text


@given(card_numbers)
def test_a_stored_word_holds_no_card_number(number):
    assert number not in (plain(f"carte {number} ok") or "")


def test_other_numbers_stay():
    assert without_card_numbers("AID A0000000031010 AUTO 123456 1234567890123456") == (
        "AID A0000000031010 AUTO 123456 1234567890123456"
    )
