"""What the customer reads, from the rule to the glass."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.ticket import Line, Tender, Ticket
from appliance.protocol import command as c
from appliance.service import customer_display
from appliance.service.customer_display import Words, lines
from tests.support.counter import a_counter

WORDS = Words("Bienvenue", "fr-CH", "fr")


def ticket(*items, tenders=()):
    return Ticket(number=1, mode="take-away", opened_at="", seller="camille", lines=list(items), tenders=list(tenders))


def line(name, minor, milli=1000, **more):
    return Line(more.pop("id", 1), name, minor, 260, quantity_milli=milli, **more)


def closed(total, change=0, rounding=0):
    return SimpleNamespace(total_minor=total, change_minor=change, rounding_minor=rounding)


@pytest.mark.parametrize(
    ("shown", "upper", "lower"),
    [
        (lines(WORDS, None, 0, None), "     Bienvenue", ""),
        (lines(WORDS, ticket(), 0, None), "     Bienvenue", ""),
        (
            lines(WORDS, ticket(line("Croissant au beurre", 160)), 0, None),
            "Croissant au be 1.60",
            "Total           1.60",
        ),
        (
            lines(WORDS, ticket(line("Café", 420, 2000), line("Thé", 450, id=2)), 1, None),
            "2 x Café        8.40",
            "Total          12.90",
        ),
        (
            lines(WORDS, ticket(line("Tomates grappe", 590, 845, unit="kg")), 0, None),
            "0.845 kg Tomate 4.99",
            "Total           4.99",
        ),
        (
            lines(WORDS, ticket(line("Café", 420), tenders=[Tender(1, "card", "Carte", "card", 300)]), 0, None),
            "Total           4.20",
            "Reste           1.20",
        ),
        (lines(WORDS, None, 0, closed(2106, 895, -1)), "Total          21.05", "Rendu           8.95"),
        (lines(WORDS, None, 0, closed(2106)), "Total          21.06", "  Merci, à bientôt"),
        (
            lines(Words("Bienvenue à la boulangerie", "fr-CH", "fr"), None, 0, None),
            "   Bienvenue à la",
            "    boulangerie",
        ),
    ],
)
def test_two_lines(shown, upper, lower):
    assert shown == (upper, lower)


@given(
    st.text(max_size=60),
    st.text(min_size=1, max_size=60),
    st.integers(0, 99_999_999),
    st.integers(1, 999_000),
)
def test_never_more_than_twenty_columns(greeting, name, minor, milli):
    words = Words(greeting, "fr-CH", "fr")
    for shown in (lines(words, None, 0, None), lines(words, ticket(line(name, minor, milli)), 0, None)):
        assert all(len(row) <= 20 for row in shown)


def test_the_glass_follows_the_sale(run, tmp_path, monkeypatch):
    """Feature H-20: the greeting, the last line and the total, the change, and the greeting again."""
    monkeypatch.setattr(customer_display, "RESULT_S", 0.3)

    async def main():
        async with a_counter(tmp_path, display_text="Bienvenue au Bourg") as counter:
            till = counter.till
            await counter.shows(" Bienvenue au Bourg", "")
            await till.adds("2 croissant")
            await counter.shows("2 x Croissant a 3.20", "Total           3.20")
            await till.adds("1 coffee")
            await counter.shows("Café            4.20", "Total           7.40")
            await till.do(c.TakeCash(1_000))
            await counter.shows("Total           7.40", "Rendu           2.60")
            await till.waits(timedelta(seconds=1))
            await counter.shows(" Bienvenue au Bourg", "")

    run(main())


def test_the_next_customer_comes_before_the_change_is_over(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.sells("1 croissant | cash 2.00")
            await counter.shows("Total           1.60", "Rendu           0.40")
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await counter.shows("Café            4.20", "Total           4.20")

    run(main())


def test_a_dead_display_costs_no_sale_anything(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            counter.display.unplug()
            for _ in range(5):
                await counter.till.sells("1 croissant | twint")
            counter.display.plug()
            await counter.shows("Total           1.60", "  Merci, à bientôt")
            assert not [light for light in counter.till.view.status if light.device == "display"]

    run(main())
