"""The core by itself: mixed tenders over all cents, and that a refusal changes nothing. Features P-04, P-05, S-15."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import intent as i
from appliance.domain.catalog import TenderMode
from appliance.domain.closing import Totals
from appliance.domain.errors import Refusal
from appliance.domain.journal import DrawerFailed, DrawerForced, DrawerLeftOpen, DrawerShut, TicketClosed
from appliance.domain.state import LastDay, Session, TillState, apply
from appliance.domain.ticket import Line, Ticket
from appliance.domain.till import Moment, due_in_cash, step

NOW = Moment("2026-11-21T07:42:00.000Z", "2026-11-21T08:42:00", "camille")
CASH = TenderMode("cash", "Espèces", "", "cash", 1, opens_drawer=True, rounding_minor=5, overpayment="change")
CARD = TenderMode("card", "Carte", "", "card", 2)
VOUCHER = TenderMode("bon", "Bon", "", "voucher", 3, overpayment="keep")
CHEQUE = TenderMode("cheque", "Chèque", "", "cheque", 4, overpayment="change")


def a_ticket(total_minor: int) -> Any:
    state: Any = TillState(session=Session(1, 1, "2026-11-21", NOW.at, "Camille", Totals()), seller="camille")
    state.tickets[1] = Ticket(1, "take-away", NOW.at, "camille", lines=[Line(1, "article", total_minor, 260)])
    state.current, state.next_ticket = 1, 2
    return state


def tend(state: Any, mode: TenderMode, amount: int | None) -> None:
    for fact in step(state, i.Tend(mode, amount), NOW).facts:
        apply(state, fact, NOW.at, NOW.actor)


def test_p05_every_cent_paid_in_cash_is_rounded_once():
    for total in range(1, 200):
        state = a_ticket(total)
        tend(state, CASH, None)
        (tender,) = state.last_closed.tenders
        assert tender.amount_minor == total
        assert (tender.received_minor, tender.rounding_minor) == due_in_cash(total, 5)
        assert state.session.totals.cash_minor == tender.received_minor


def test_p05_every_cent_left_after_a_card_is_rounded_and_the_card_is_exact():
    for card in range(1, 100):
        state = a_ticket(1000)
        tend(state, CARD, card)
        tend(state, CASH, None)
        first, last = state.last_closed.tenders
        assert (first.amount_minor, first.rounding_minor) == (card, 0)
        assert (last.amount_minor, last.received_minor) == (1000 - card, due_in_cash(1000 - card, 5)[0])
        assert state.session.totals.rounding_minor == last.rounding_minor


@given(
    st.integers(1, 50_000),
    st.lists(st.tuples(st.sampled_from([CASH, CARD, VOUCHER, CHEQUE]), st.integers(1, 30_000)), max_size=6),
)
def test_s15_any_mix_of_tenders_pays_exactly_the_total(total, tries):
    state = a_ticket(total)
    for mode, amount in tries:
        if state.ticket is None:
            break
        before = msgspec.msgpack.encode(state)
        try:
            tend(state, mode, amount // 5 * 5 if mode is CASH else amount)
        except Refusal:
            assert msgspec.msgpack.encode(state) == before, "a refusal changed the state"
    if state.ticket is not None:
        tend(state, CARD, None)
    closed = state.last_closed
    totals = state.session.totals
    assert sum(tender.amount_minor for tender in closed.tenders) == total == totals.turnover_minor
    kept = sum(tender.kept_minor for tender in closed.tenders)
    assert totals.collected_minor == total + totals.rounding_minor + kept
    received = sum(t.received_minor for t in closed.tenders if t.kind == "cash")
    assert totals.cash_minor == received - sum(tender.change_minor for tender in closed.tenders)


@pytest.mark.parametrize(("mode", "outcome"), [(CARD, "tender.too_much"), (CASH, ""), (VOUCHER, ""), (CHEQUE, "")])
def test_p04_more_than_due_follows_the_means(mode, outcome):
    state = a_ticket(2500)
    if outcome:
        with pytest.raises(Refusal) as refusal:
            tend(state, mode, 3000)
        assert (refusal.value.code, refusal.value.params) == (outcome, {"amount_minor": 2500})
    else:
        tend(state, mode, 3000)
        (tender,) = state.last_closed.tenders
        assert tender.change_minor + tender.kept_minor == 500
        assert tender.opens_drawer == (mode is CASH or mode is CHEQUE)


def test_a_step_reads_the_state_and_changes_nothing():
    state = a_ticket(500)
    before = msgspec.msgpack.encode(state)
    outcome = step(state, i.Tend(CASH), NOW)
    assert msgspec.msgpack.encode(state) == before
    assert isinstance(outcome.facts[0], TicketClosed)


def test_a_tender_is_decided_alike_at_any_moment_so_that_it_can_be_decided_ahead():
    later = Moment("2026-11-21T07:43:01.000Z", "2026-11-21T08:43:01", "camille")
    for mode in (CASH, CARD, VOUCHER, CHEQUE):
        for amount in (None, 100):
            intent = i.Tend(mode, amount)
            assert step(a_ticket(500), intent, NOW) == step(a_ticket(500), intent, later)


def test_every_intent_has_its_rule():
    from appliance.domain.till import _STEP

    intents = {kind for kind in vars(i).values() if isinstance(kind, type) and issubclass(kind, i.Intent)} - {i.Intent}
    assert set(_STEP) == intents


def test_z01_a_day_before_the_last_one_is_never_opened():
    state = TillState(last_day=LastDay(1, "2026-11-21", 1, 20_000, "Nadia"))
    with pytest.raises(Refusal) as refusal:
        step(state, i.OpenSession("2026-11-20", 20_000, 20_000), NOW)
    assert (refusal.value.code, refusal.value.params) == ("session.date_back", {"date": "2026-11-21"})


def test_z02_a_float_that_differs_needs_its_reason():
    with pytest.raises(Refusal) as refusal:
        step(TillState(), i.OpenSession("2026-11-20", 14_800, 15_000), NOW)
    assert (refusal.value.code, refusal.value.params) == ("float.difference", {"amount_minor": -200})


def do(state: Any, intent: i.Intent) -> None:
    for fact in step(state, intent, NOW).facts:
        apply(state, fact, NOW.at, NOW.actor)


def test_h11_what_the_drawer_did_is_counted_where_it_belongs():
    state = a_ticket(1000)
    for reason in ("drawer.change", "drawer.check"):
        do(state, i.OpenDrawer(reason))
    for fact in (DrawerForced(), DrawerLeftOpen("sale", 30, 1), DrawerShut("sale", 31_000, 1), DrawerFailed("sale", 1)):
        do(state, i.NoteDrawer(fact))
    totals = state.session.totals
    assert (totals.drawer_openings, totals.drawer_openings_by) == (2, {"camille": 2})
    assert (totals.drawer_forced, totals.drawer_left_open) == (1, 1)


def test_h21_a_scales_weight_is_removed_and_never_changed():
    state = a_ticket(1000)
    state.tickets[1].lines.clear()
    weight = i.AddGoods(7, "Tomates", 845, 590, "food", 260, unit="kg", weighed="scale", tare_milli=12)
    do(state, weight)
    do(state, weight)
    first, second = state.tickets[1].lines
    assert (first.quantity_milli, first.amount_minor, first.weighed, first.tare_milli) == (845, 499, "scale", 12)
    assert second.id != first.id, "two weighings are two lines"
    with pytest.raises(Refusal, match=r"weight\.again"):
        step(state, i.ChangeQuantity(first.id, 700), NOW)
    do(state, i.ChangeQuantity(first.id, 0))
    assert [line.id for line in state.tickets[1].lines] == [second.id]


def test_a_typed_weight_may_be_corrected():
    state = a_ticket(1000)
    state.tickets[1].lines.clear()
    do(state, i.AddGoods(7, "Tomates", 845, 590, "food", 260, unit="kg", weighed="hand"))
    do(state, i.ChangeQuantity(1, 854))
    assert state.tickets[1].lines[0].quantity_milli == 854
