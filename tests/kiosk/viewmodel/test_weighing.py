"""Peser: grey while the weight moves, and never a number that the scale did not say."""

from typing import get_args

import pytest

from appliance.domain.money import line_amount
from appliance.i18n import has_sentence
from appliance.kiosk.gallery.record import view
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.weighing import amount_of, kilos, weigh_model
from appliance.protocol.view import ScaleWord, WeighSheet

NOTHING = Entry("quantity")


@pytest.mark.parametrize("state", get_args(ScaleWord))
def test_only_a_weight_at_rest_may_be_sold(state):
    shown = weigh_model(view(), WeighSheet("Tomates", 590, state, 845, 499), NOTHING)
    assert shown.is_ready == (state == "stable")
    assert (shown.weight == "0.845") == (state == "stable")
    assert (shown.amount == "4.99") == (state == "stable")
    assert has_sentence(f"screen.weigh.{state}")


def test_by_hand_it_is_typed():
    entry = NOTHING
    for key in "1.25":
        entry = entry.press(key)
    shown = weigh_model(view(), WeighSheet("Tomates", 590, "by_hand"), entry)
    assert (shown.weight, shown.is_ready, shown.by_hand) == ("1.25", True, True)
    assert entry.value == 1250
    assert shown.amount == "7.38", "590 a kilogram, 7.375"
    assert weigh_model(view(), WeighSheet("Tomates", 590, "by_hand"), NOTHING).amount == "–"


def test_a_typed_weight_comes_to_what_the_ticket_will_say():
    for price_minor, milli in ((590, 1250), (333, 1), (333, 2), (1999, 845), (1, 500), (1, 499)):
        entry = NOTHING
        for key in f"{milli / 1000:.3f}":
            entry = entry.press(key)
        assert amount_of(WeighSheet("Tomates", price_minor, "by_hand"), entry) == line_amount(price_minor, milli)


def test_a_tare_is_named():
    shown = weigh_model(view(), WeighSheet("Tomates", 590, "stable", 725, 428, tare_milli=120, can_tare=True), NOTHING)
    assert "0.120" in shown.tare
    assert shown.weight_label == "Poids net, tare déduite"


def test_three_decimals_always():
    assert [kilos(milli, "fr-CH") for milli in (0, 5, 250, 12_000)] == ["0.000", "0.005", "0.250", "12.000"]
