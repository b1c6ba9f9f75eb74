"""The lock screen and the opening: words, flags, what a key does to a quantity."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.kiosk.gallery import record_day as day
from appliance.kiosk.viewmodel.counting import COUNT_MAX, next_value, typed_count
from appliance.kiosk.viewmodel.lock import lock_bar, lock_model
from appliance.kiosk.viewmodel.opening import opening_model
from appliance.protocol import view as v


def locked(**changes):
    return lock_model(day.view("lock", seller=None, lock=day.lock(**changes)))


def test_the_lock_screen_reads_as_on_the_mock_up():
    shown = locked()
    assert (shown.clock, shown.day, shown.session) == ("08:42", "vendredi 21 novembre", "Caisse ouverte depuis 06:32")
    assert (shown.pin.title, shown.pin.trouble) == ("Code de Camille", "")
    assert [seller.chosen for seller in shown.sellers] == [True, *[False] * 5]
    assert lock_bar(day.view("lock")).clock == ""


def test_a_wrong_code_says_how_many_tries_are_left():
    assert locked(is_wrong=True, tries_left=4).pin.trouble == "Code incorrect. Encore 4 essais."
    assert locked(is_wrong=True, tries_left=1).pin.trouble == "Code incorrect. Encore 1 essai."


def test_too_many_tries_close_the_keypad_for_a_while():
    pin = locked(locked_seconds=61).pin
    assert pin.trouble.startswith("Trop d’essais. Réessayez dans 2 minutes")
    assert not pin.enabled


def test_without_sellers_the_till_has_a_code_of_its_own_and_without_a_choice_nobody_can_type():
    assert (locked(sellers=(), selected=None).pin.title, locked(sellers=(), selected=None).pin.enabled) == (
        "Code de la caisse",
        True,
    )
    assert not locked(selected=None).pin.enabled


def test_the_opening_names_the_difference():
    even = opening_model(day.view("opening", opening=day.opening()))
    assert (even.difference, even.difference_kind, even.left) == ("Aucun écart", "g", "200.00")
    assert even.coins.rows[4].focused and even.caption == "Quantité · pièces de 0.20"
    less = opening_model(day.view("opening", opening=day.opening(counted_minor=19500)))
    assert (less.difference, less.difference_kind) == ("Écart −5.00", "w")


def test_a_till_without_a_float_only_opens():
    assert opening_model(day.view("opening", opening=v.OpeningView((), ()))).is_plain


def test_the_first_digit_replaces_and_the_next_ones_follow():
    assert typed_count(5, "1", fresh=True) == 1
    assert typed_count(1, "2", fresh=False) == 12
    assert typed_count(12, "back", fresh=False) == 1
    assert typed_count(12, "C", fresh=False) == 0


@given(st.integers(0, COUNT_MAX), st.sampled_from([*"0123456789", "C", "back"]), st.booleans())
def test_a_quantity_stays_within_its_limits(now, key, fresh):
    assert 0 <= typed_count(now, key, fresh) <= COUNT_MAX


def test_enter_walks_through_the_values_and_ends():
    rows = day.counts(day.COINS_OPEN)
    walked, value = [], rows[0].value_minor
    while value:
        walked.append(value)
        value = next_value(rows, value)
    assert walked == [row.value_minor for row in rows]
