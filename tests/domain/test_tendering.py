"""Means of payment as they are set up: what a kind allows, their order, their names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import journal as j
from appliance.domain import tendering
from appliance.domain.catalog import TenderMode
from appliance.domain.errors import Refusal

MODES = (
    TenderMode("cash", "Espèces", "money", "cash", 1, overpayment="change", rounding_minor=5),
    TenderMode("card", "Carte", "credit-card", "card", 2),
    TenderMode("meal", "Ticket restaurant", "ticket", "voucher", 3, overpayment="keep"),
)
KINDS = ("cash", "card", "cheque", "voucher", "wallet", "other")


@given(
    st.sampled_from(KINDS), st.booleans(), st.sampled_from((0, 5, 100)), st.sampled_from(("change", "refuse", "keep")),
    st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_no_setting_breaks_the_rules_of_a_kind(kind, drawer, rounding, overpaid, quick, customer, funds):
    made = tendering.tidy(TenderMode("x", " A  b ", "x", kind, 1, "", drawer, rounding, overpaid, (), True, "", quick,
                                     customer, funds))  # fmt: skip
    assert made.name == "A b"
    assert made.rounding_minor == (rounding if kind == "cash" else 0), "only cash is rounded"
    assert (made.overpayment == "change") or kind != "cash"
    if kind == "wallet":
        assert (made.needs_customer, made.funds_wallet, made.overpayment) == (True, False, "refuse")
    assert not made.quick_key or kind in ("cash", "card")
    assert tendering.tidy(made) == made


def test_every_shop_has_a_wallet_to_switch_on():
    *_, wallet = tendering.with_wallet(MODES)
    assert (wallet.kind, wallet.enabled, wallet.order, wallet.needs_customer) == ("wallet", False, 4, True)
    assert tendering.with_wallet((*MODES, wallet)) == (*MODES, wallet)


@given(st.integers(0, 2), st.integers(-3, 9))
def test_a_mode_goes_to_its_place_and_nobody_is_lost(at, place):
    placed = tendering.placed(MODES, MODES[at].id, place)
    assert [mode.order for mode in placed] == [1, 2, 3]
    assert {mode.id for mode in placed} == {mode.id for mode in MODES}
    assert placed[max(0, min(place, 2))].id == MODES[at].id


def test_who_is_not_there_cannot_be_placed():
    with pytest.raises(Refusal, match=r"tender\.unknown"):
        tendering.placed(MODES, "nobody", 0)


def test_ids_are_made_of_names_and_are_new():
    assert tendering.new_id("Chèque Reka", MODES) == "cheque-reka"
    assert tendering.new_id("Card", MODES) == "card-2"
    assert tendering.new_id("…", MODES) == "mode"
    assert len(tendering.new_id("très long " * 9, MODES)) <= 32


def test_the_facts_can_be_read_back():
    for fact in (
        j.TenderModeChanged(MODES[0], MODES[0], "nadia"),
        j.TenderModesOrdered(("card", "cash")),
        j.TenderModeChanged(MODES[2]),
    ):
        (entry,) = j.chain([fact], seq=0, prev_hash=j.GENESIS, epoch="e", at="2026-11-22T08:00:00.000Z", actor="")
        assert entry.fact == fact
