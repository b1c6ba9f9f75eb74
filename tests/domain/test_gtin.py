"""Check digits and the spellings of one number, each against biip, which was written by somebody else."""

import pytest
from biip import ParseError
from biip.checksums import gs1_price_weight_check_digit, gs1_standard_check_digit
from biip.upc import Upc
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.gtin import canonical_code, check_digit, expand_upc_e, is_digits, is_gtin, price_check_digit

digits = st.text("0123456789", min_size=1, max_size=20)


@given(digits)
def test_a_check_digit_is_the_one_of_the_standard(body):
    assert check_digit(body) == str(gs1_standard_check_digit(body))


@given(st.integers(0, 99_999), st.sampled_from([4, 5]))
def test_the_check_digit_inside_a_label_is_the_one_of_the_standard(value, length):
    text = f"{value % 10**length:0{length}d}"
    assert price_check_digit(text) == str(gs1_price_weight_check_digit(text))


def test_only_four_and_five_digits_have_one():
    for text in ("123", "123456"):
        with pytest.raises(ValueError):
            price_check_digit(text)


@given(st.text("0123456789", min_size=8, max_size=8))
def test_a_upc_e_is_the_upc_a_of_the_standard(code):
    try:
        expected = Upc.parse(code).as_upc_a()
    except ParseError:
        expected = ""
    assert expand_upc_e(code) == expected


@given(st.text("0123456789", min_size=11, max_size=11))
def test_upc_a_ean_13_and_gtin_14_are_one_number(body):
    upc_a = body + check_digit(body)
    assert is_gtin(upc_a) and is_gtin("0" + upc_a) and is_gtin("00" + upc_a)
    assert len({canonical_code(code) for code in (upc_a, "0" + upc_a, "00" + upc_a)}) == 1


@pytest.mark.parametrize("text", ["", "٧٦١٠٨٠٧٠٧٢٣٤١", "7610807072342", "761080707234", "²²²²²²²²"])
def test_what_is_no_gtin(text):
    assert not is_gtin(text)
    assert is_digits(text) == (text.isascii() and text.isdecimal())
