"""What a ticket costs: discounts per rate, VAT, and what dividing keeps whole. Features D-01, D-11, S-16."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.money import vat_in_gross
from appliance.domain.ticket import (
    Line,
    Lot,
    Tender,
    Ticket,
    VatRow,
    discount_per_rate,
    divide,
    divide_vat,
    price,
    unpaid_minor,
)

RATES = [0, 260, 380, 810]


@st.composite
def tickets(draw) -> Ticket:
    """Any ticket with lines: pieces, weights, discounts, offers, a discount of its own."""
    lines = [
        Line(
            id=n + 1,
            name=f"article {n}",
            unit_price_minor=draw(st.integers(1, 20_000)),
            rate_bp=draw(st.sampled_from(RATES)),
            quantity_milli=draw(st.integers(1, 9000)),
            **draw(
                st.sampled_from(
                    [
                        {},
                        {"lot": Lot(3000, 2500)},
                        {"lot": Lot(514, 1234, is_label=True), "discount_bp": 1234},
                        {"discount_bp": 1234},
                        {"discount_minor": 77},
                        {"offered": "why"},
                        {"discount_bp": 10_000},
                    ]
                )
            ),
        )
        for n in range(draw(st.integers(1, 12)))
    ]
    own = draw(st.sampled_from([{}, {"discount_bp": 1000}, {"discount_minor": 333}, {"discount_minor": 10**7}]))
    return Ticket(1, "take-away", "", "", lines=lines, **own)


@given(tickets())
def test_the_total_is_its_lines_less_its_discount_and_its_rates_sum_to_it(ticket):
    priced = price(ticket)
    assert priced.amounts == tuple(line.amount_minor for line in ticket.lines)
    assert priced.subtotal_minor == sum(priced.amounts)
    assert priced.total_minor == priced.subtotal_minor - priced.discount_minor >= 0
    assert sum(row.gross_minor for row in priced.vat) == priced.total_minor
    assert all(row.vat_minor == vat_in_gross(row.gross_minor, row.rate_bp) for row in priced.vat)
    assert [row.rate_bp for row in priced.vat] == sorted({row.rate_bp for row in priced.vat})


@given(tickets())
def test_d01_a_ticket_discount_is_split_per_rate_and_sums_to_the_cent(ticket):
    priced = price(ticket)
    per_rate = discount_per_rate(ticket.lines, priced.shares)
    assert sum(per_rate.values()) == priced.discount_minor
    gross = Counter[int]()
    for line, amount in zip(ticket.lines, priced.amounts, strict=True):
        gross[line.rate_bp] += amount
    rows = {row.rate_bp: row.gross_minor for row in priced.vat}
    for rate in gross:
        assert gross[rate] - per_rate.get(rate, 0) == rows.get(rate, 0)


@given(tickets(), st.integers(2, 20))
def test_s16_equal_shares_sum_to_each_line_and_to_the_whole_also_in_vat(ticket, count):
    ticket.discount_bp = ticket.discount_minor = 0
    whole = price(ticket)
    shares = divide(ticket, count)
    assert [sum(column) for column in zip(*shares, strict=True)] == list(whole.amounts)
    totals = [sum(share) for share in shares]
    assert max(totals) - min(totals) <= 1 and all(amount >= 0 for share in shares for amount in share)
    grosses = []
    for share in shares:
        gross: dict[int, int] = {}
        for line, amount in zip(ticket.lines, share, strict=True):
            gross[line.rate_bp] = gross.get(line.rate_bp, 0) + amount
        grosses.append(gross)
    vats = divide_vat(whole.vat, grosses)
    together = Counter[int]()
    for rows in vats:
        for row in rows:
            together[row.rate_bp] += row.vat_minor
            assert abs(row.vat_minor - vat_in_gross(row.gross_minor, row.rate_bp)) <= 1
    assert {row.rate_bp: row.vat_minor for row in whole.vat if row.vat_minor} == {
        k: v for k, v in together.items() if v
    }


def test_the_example_of_the_design():
    """6.40 + 6.80 + 1.30 + 8.90 at 2.6 %, ticket discount 10 %."""
    lines = [Line(n, "x", amount, 260) for n, amount in enumerate((640, 680, 130, 890), 1)]
    priced = price(Ticket(1, "take-away", "", "", lines=lines, discount_bp=1000))
    assert (priced.subtotal_minor, priced.discount_minor, priced.total_minor) == (2340, 234, 2106)
    assert priced.shares == (64, 68, 13, 89) and priced.vat_minor == 53


def test_an_allotted_vat_counts_only_for_the_share_it_was_allotted_to():
    ticket = Ticket(1, "m", "", "", lines=[Line(1, "x", 100, 810)], vat_fixed=(VatRow(810, 100, 8),))
    assert price(ticket).vat == (VatRow(810, 100, 8),)
    ticket.lines.append(Line(2, "y", 100, 810))
    assert price(ticket).vat == (VatRow(810, 200, vat_in_gross(200, 810)),)


def test_d02_an_offered_line_costs_nothing_and_keeps_its_worth():
    line = Line(1, "x", 640, 260, quantity_milli=2000, offered="staff", discount_bp=5000)
    assert (line.full_minor, line.amount_minor) == (1280, 0)
    assert price(Ticket(1, "m", "", "", lines=[line])).vat == ()


def test_an_empty_ticket_costs_nothing():
    priced = price(Ticket(1, "m", "", ""))
    assert (priced.total_minor, priced.vat, priced.amounts) == (0, (), ())


@given(st.integers(1, 5), st.integers(1, 30_000), st.integers(1, 3000), st.integers(0, 40))
def test_s12_a_pack_costs_its_price_and_what_is_left_its_pieces(units, pack_minor, each_minor, pieces):
    line = Line(1, "x", each_minor, 260, quantity_milli=pieces * 1000, lot=Lot(units * 1000, pack_minor))
    assert line.full_minor == pieces // units * pack_minor + pieces % units * each_minor


def test_s12_three_jars_for_twenty_five_francs_are_not_rounded_per_jar():
    line = Line(1, "jar", 890, 260, quantity_milli=9000, lot=Lot(3000, 2500))
    assert line.full_minor == price(Ticket(1, "m", "", "", lines=[line])).total_minor == 7500


def test_what_is_unpaid_is_the_total_less_what_was_tendered():
    goods, paid = [Line(1, "x", 640, 260), Line(2, "y", 130, 810)], Tender(1, "cash", "Espèces", "cash", 500)
    assert unpaid_minor(Ticket(1, "m", "", "", lines=goods, tenders=[paid], discount_minor=70)) == 200
