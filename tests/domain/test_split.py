"""Whatever moves between a note and its parts, together they are worth what the note was (feature S-16)."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import intent as i
from appliance.domain.closing import Totals
from appliance.domain.errors import Refusal
from appliance.domain.state import Session, TillState, apply
from appliance.domain.ticket import Line, Lot, Ticket, price
from appliance.domain.till import Moment, step

NOW = Moment("2026-11-21T07:42:00.000Z", "2026-11-21T08:42:00", "camille")

lines: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        unit_price_minor=st.integers(1, 2000),
        rate_bp=st.sampled_from([0, 260, 810]),
        quantity_milli=st.integers(1, 9).map(lambda n: n * 1000),
        discount_bp=st.sampled_from([0, 0, 333]),
        offered=st.sampled_from(["", "", "", "staff"]),
        lot=st.sampled_from([None, None, Lot(3000, 2500), Lot(2000, 333), Lot(1000, 77, is_label=True)]),
    ),
    min_size=1,
    max_size=5,
)
moves = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6), st.integers(1, 4)), max_size=25)


def a_note(rows, discount_bp) -> TillState:
    state = TillState(session=Session(1, 1, "2026-11-21", NOW.at, "Camille", Totals()), seller="camille")
    note = Ticket(1, "take-away", NOW.at, "camille", discount_bp=discount_bp, next_line=len(rows) + 1)
    note.lines = [Line(id=n, name=f"article {n}", product=n, **row) for n, row in enumerate(rows, 1)]
    state.tickets[1], state.current, state.next_ticket = note, 1, 2
    return state


def do(state: TillState, intent: i.Intent) -> bool:
    try:
        outcome = step(state, intent, NOW)
    except Refusal:
        return False
    for fact in outcome.facts:
        apply(state, fact, NOW.at, NOW.actor)
    return True


def worth(state: TillState) -> tuple[int, int]:
    """Amount to pay and amount before discounts, of the note and all its parts."""
    priced = [price(ticket) for ticket in state.tickets.values()]
    return sum(p.total_minor for p in priced), sum(p.full_minor for p in priced)


@given(lines, st.sampled_from([0, 0, 1000]), moves, st.integers(2, 7))
def test_s16_nothing_is_gained_or_lost_by_moving_and_dividing(rows, discount_bp, moved, persons):
    state = a_note(rows, discount_bp)
    before = worth(state)
    quantity = sum(line.quantity_milli for line in state.tickets[1].lines)
    assert do(state, i.StartSplit())
    assert worth(state) == before
    do(state, i.OpenPart(1, 2))
    for source, target, line, units in moved:
        tickets = list(state.tickets.values())
        here, there = tickets[source % len(tickets)], tickets[target % len(tickets)]
        if here.lines:
            do(state, i.MoveUnits(here.number, here.lines[line % len(here.lines)].id, units * 1000, there.number))
        assert worth(state) == before
    do(state, i.DivideNote(1, persons))
    assert worth(state) == before
    assert sum(line.quantity_milli for ticket in state.tickets.values() for line in ticket.lines) == quantity


@given(lines, st.integers(2, 20))
def test_s16_the_shares_of_a_note_hold_its_vat(rows, persons):
    state = a_note(rows, 0)
    vat = price(state.tickets[1]).vat_minor
    assert do(state, i.StartSplit()) and do(state, i.DivideNote(1, persons))
    assert sum(price(ticket).vat_minor for ticket in state.tickets.values()) == vat


def test_two_broken_packs_do_not_become_a_whole_one_in_a_part():
    """4 and 5 jars, three for 25.00: one pack and one jar, one pack and two jars; nine jars on one line would be
    three packs."""
    row = {"unit_price_minor": 890, "rate_bp": 260, "lot": Lot(3000, 2500)}
    state = a_note([{**row, "quantity_milli": 4000}, {**row, "quantity_milli": 5000}], 0)
    state.tickets[1].lines = [msgspec.structs.replace(line, name="jar", product=1) for line in state.tickets[1].lines]
    before = worth(state)
    assert do(state, i.StartSplit())
    for line in (1, 2):
        assert do(state, i.MoveUnits(1, line, 9000, 2))
        assert worth(state) == before
