"""A price in a code: believed when a scale printed it, a manager's matter when somebody typed it."""

import pytest

from appliance.protocol import command as c
from appliance.service.scanning import place_of
from tests.domain.test_meaning import label
from tests.support.till import NADIA, a_till

JAM_MESSAGE = "0107610807072341"
PLATE, GRUYERE = 12350, 12345
"""18.50 a piece; 24.00 a kilogram."""


@pytest.mark.parametrize(
    "code", [f"{JAM_MESSAGE}39220000000001", f"{JAM_MESSAGE}39221", "https://a.b/01/07610807072341?3922=1"]
)
def test_a_gs1_price_on_an_article_with_a_fixed_price_does_not_count(run, tmp_path, code):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"), c.EnterCode(code))
            assert till.basket() == "1 Confiture d’abricots 370 g 8.90"
            await till.scan(code)
            assert till.basket() == "2 Confiture d’abricots 370 g 17.80"

    run(day())


@pytest.mark.parametrize("how", ["typed", "scanned"])
@pytest.mark.parametrize("price_minor", [1, 1479, 2221])
def test_a_label_by_the_piece_far_from_the_shelf_is_a_managers_matter(run, tmp_path, how, price_minor):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            code = label(22, PLATE, price_minor)
            await (till.scan(code) if how == "scanned" else till.do(c.EnterCode(code)))
            assert (till.screen, place_of(till.till), till.ticket.lines) == ("sale/approval", "approval", [])
            await till.scan(NADIA)
            assert [line.amount_minor for line in till.ticket.lines] == [price_minor]

    run(day())


@pytest.mark.parametrize("how", ["typed", "scanned"])
@pytest.mark.parametrize("price_minor", [1480, 1850, 2220])
def test_a_label_by_the_piece_near_the_shelf_is_taken(run, tmp_path, how, price_minor):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            code = label(22, PLATE, price_minor)
            await (till.scan(code) if how == "scanned" else till.do(c.EnterCode(code)))
            assert [line.amount_minor for line in till.ticket.lines] == [price_minor]

    run(day())


def test_what_the_scale_printed_is_scanned_at_any_price_and_typed_only_by_its_weight(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.scan(label(22, GRUYERE, 1))
            await till.do(c.EnterCode(label(21, GRUYERE, 500)))
            assert [line.amount_minor for line in till.ticket.lines] == [1, 1200]
            await till.do(c.EnterCode(label(22, GRUYERE, 1234)))
            assert (till.screen, len(till.ticket.lines)) == ("sale/approval", 2)
            await till.do(c.CloseSheet())
            assert len(till.ticket.lines) == 2

    run(day())


def test_a_code_sent_with_the_article_is_a_typed_one(run, tmp_path):
    """The answer to "sold out, sell anyway" carries the code: it is believed only when a scanner read that one."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            found = till.till.catalog.product_by_code(str(GRUYERE))
            assert found is not None
            gruyere = found[0].id
            await till.do(c.AddProduct(gruyere, "sold_out", label(22, GRUYERE, 1)))
            assert (till.screen, till.ticket.lines) == ("sale/approval", [])

    run(day())


def test_a_manager_types_what_he_likes(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.scan(NADIA)
            await till.do(c.EnterCode(label(22, PLATE, 1)))
            assert [line.amount_minor for line in till.ticket.lines] == [1]

    run(day())
