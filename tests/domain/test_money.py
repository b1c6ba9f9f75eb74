"""Every rounding of the till, over all cents and at random."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.money import (
    allocate,
    equal_shares,
    half_away,
    line_amount,
    rate_part,
    round_cash,
    vat_in_gross,
)

amounts = st.integers(-99_999_999, 99_999_999)
rates = st.integers(0, 10_000)


def exact(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_half_goes_away_from_zero(numerator, denominator):
    assert half_away(numerator, denominator) == exact(Fraction(numerator, denominator))
    assert half_away(-numerator, denominator) == -half_away(numerator, denominator)


@pytest.mark.parametrize("francs", [0, 1, 7, 1234])
def test_p05_all_cents_round_to_the_five_centime_coin(francs):
    """0.01-0.02 down, 0.03-0.07 to 0.05, 0.08-0.09 up; a refund mirrors its sale."""
    coin = {0: 0, 1: 0, 2: 0, 3: 5, 4: 5, 5: 5, 6: 5, 7: 5, 8: 10, 9: 10}
    for cents in range(100):
        amount = francs * 100 + cents
        assert round_cash(amount, 5) == amount - cents % 10 + coin[cents % 10]
        assert round_cash(-amount, 5) == -round_cash(amount, 5)


@given(amounts, st.sampled_from([0, 1]))
def test_p05_without_a_step_nothing_is_rounded(amount, step):
    assert round_cash(amount, step) == amount


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_d01_allocated_parts_sum_to_the_amount_and_are_nearly_in_proportion(amount, weights):
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if total:
            assert abs(part - Fraction(amount * weight, total)) < 1
            assert weight or not part
            assert part * amount >= 0, "no part has the other sign"


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=20))
def test_d01_a_discount_never_takes_more_of_a_line_than_the_line(size, weights):
    parts = allocate(min(size, sum(weights)), weights)
    if sum(weights):
        assert all(part <= weight for part, weight in zip(parts, weights, strict=True))


@given(st.integers(0, 10**8), st.integers(1, 20))
def test_s16_equal_shares_differ_by_a_centime_at_most_the_first_ones_pay_it(amount, count):
    shares = equal_shares(amount, count)
    assert sum(shares) == amount and shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


@given(amounts, rates)
def test_vat_is_a_part_of_the_price_and_a_refund_holds_the_same(gross, rate):
    vat = vat_in_gross(gross, rate)
    assert vat == exact(Fraction(gross * rate, 10_000 + rate))
    assert vat_in_gross(-gross, rate) == -vat
    assert abs(vat) <= abs(gross)


@given(st.integers(0, 10**6), st.integers(1, 999_000))
def test_a_line_is_rounded_once(price, quantity):
    assert line_amount(price, quantity) == exact(Fraction(price * quantity, 1000))
    assert line_amount(price, 1000) == price


@given(st.integers(0, 10**8), rates)
def test_a_rate_of_an_amount_is_never_more_than_the_amount(amount, rate):
    assert 0 <= rate_part(amount, rate) <= amount
    assert rate_part(amount, 10_000) == amount
