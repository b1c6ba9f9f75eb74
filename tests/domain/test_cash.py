"""Coins and notes: one-touch keys (design system, section 11), change, counting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.cash import COINS, NOTES, cash_keys, coins_to_give, count_total
from appliance.domain.money import round_cash

due_in_chf = st.integers(1, 2_000_000).map(lambda amount: round_cash(amount, 5)).filter(bool)


@pytest.mark.parametrize(
    ("due", "keys"),
    [
        (2105, (2105, 2500, 3000, 5000)),
        (740, (740, 1000, 2000, 5000)),
        (4820, (4820, 5000, 10_000, 20_000)),
        (1920, (1920, 2000, 5000, 10_000)),
    ],
)
def test_the_keys_of_the_design(due, keys):
    assert cash_keys(due, "CHF") == keys


@given(due_in_chf, st.sampled_from(["CHF", "EUR"]))
def test_the_first_key_is_exact_and_the_others_climb(due, currency):
    keys = cash_keys(due, currency)
    assert keys[0] == due
    assert list(keys) == sorted(set(keys))
    assert len(keys) == 4 or sum(note > due for note in NOTES[currency]) < 3, "short only where notes run out"


def test_nothing_due_has_no_key():
    assert cash_keys(0, "CHF") == cash_keys(-5, "CHF") == ()


@given(st.integers(0, 500_000).map(lambda amount: amount * 5))
def test_the_change_is_given_whole_and_largest_first(change):
    coins = coins_to_give(change, "CHF")
    assert sum(value * count for value, count in coins) == change
    values = [value for value, _ in coins]
    assert values == sorted(values, reverse=True)
    assert set(values) <= {*NOTES["CHF"], *COINS["CHF"]}


def test_what_no_coin_can_give_is_not_given():
    assert coins_to_give(7, "CHF") == ((5, 1),)


def test_a_counted_drawer():
    assert count_total({2000: 3, 5: 5}) == 6025
    assert count_total({}) == 0
