"""Running totals: what is counted is uncounted by its exact reversal (features Z-05, Z-11, Z-18)."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.closing import Totals, all_offers
from appliance.domain.journal import TicketClosed
from appliance.domain.ticket import Line, Tender, Ticket, price

tenders = st.lists(
    st.builds(
        Tender,
        st.just(1),
        st.sampled_from(["cash", "card", "bon"]),
        st.just("name"),
        st.sampled_from(["cash", "card", "voucher"]),
        st.integers(1, 5000),
        change_minor=st.integers(0, 500),
        rounding_minor=st.integers(-2, 2),
        kept_minor=st.integers(0, 100),
    ),
    max_size=3,
)
lines = st.lists(
    st.builds(
        Line,
        st.just(1),
        st.just("article"),
        st.integers(1, 5000),
        st.sampled_from([0, 260, 810]),
        discount_bp=st.sampled_from([0, 500]),
        offered=st.sampled_from(["", "staff", "tasting"]),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def closed_tickets(draw) -> TicketClosed:
    ticket = Ticket(
        1, draw(st.sampled_from(["a", "b"])), "", "", lines=draw(lines), discount_bp=draw(st.sampled_from([0, 700]))
    )
    priced = price(ticket)
    return TicketClosed(
        1, 1, 1, ticket.mode, draw(st.sampled_from(["x", "y"])), tuple(ticket.lines), priced.amounts, priced.vat,
        tuple(draw(tenders)), priced.full_minor, priced.total_minor, priced.shares, priced.discount_minor,
    )  # fmt: skip


@given(st.lists(closed_tickets(), max_size=6))
def test_sums_by_rate_mode_and_seller_are_the_turnover(sales):
    totals = Totals(float_minor=20_000)
    for sale in sales:
        totals.add_ticket(sale, 1)
    assert totals.turnover_minor == sum(sale.total_minor for sale in sales)
    assert sum(rate.gross_minor for rate in totals.rates.values()) == totals.turnover_minor
    for table in (totals.modes, totals.sellers):
        assert sum(tally.amount_minor for tally in table.values()) == totals.turnover_minor
        assert sum(tally.count for tally in table.values()) == len(sales) == totals.tickets
    assert sum(rate.vat_minor for rate in totals.rates.values()) == sum(r.vat_minor for s in sales for r in s.vat)
    assert totals.expected_minor == 20_000 + totals.cash_minor
    full = sum(sale.full_minor for sale in sales)
    assert full + totals.discounts.amount_minor + all_offers(totals).amount_minor == totals.turnover_minor


@given(st.lists(closed_tickets(), max_size=4), closed_tickets())
def test_a_reversal_takes_away_exactly_what_its_sale_brought(sales, reversed_sale):
    totals = Totals()
    for sale in sales:
        totals.add_ticket(sale, 1)
    before = msgspec.to_builtins(totals)
    totals.add_ticket(reversed_sale, 1)
    totals.add_ticket(reversed_sale, -1)
    after = msgspec.to_builtins(totals)
    assert after.pop("refunds_minor", 0) == before.pop("refunds_minor", 0) + reversed_sale.total_minor
    for table in ("rates", "modes", "tenders", "sellers", "offers"):
        old = before.pop(table, {})
        for key, row in after.pop(table, {}).items():
            if key in old:
                assert row == old[key]
            else:
                assert not any(value for value in row.values() if isinstance(value, int)), (
                    "a row of zeros is all that is left"
                )
    assert after == before
