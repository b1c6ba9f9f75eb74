"""Money that nobody had the right to give away: each road that was found once stays closed."""

import pytest

from appliance.domain.ticket import price
from appliance.i18n import has_sentence
from appliance.protocol import command as c
from appliance.service.operators import RIGHTS
from tests.support.till import PINS, a_till

CROISSANT, CHOCOLATE = 201, 202


def worth(till) -> int:
    return sum(price(ticket).total_minor for ticket in till.state.tickets.values())


def test_a_split_line_takes_no_more_quantity(run, tmp_path):
    """Four croissants, 10 % off, split: the amounts are fixed, so the quantity is too."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("4 croissant")
            await till.do(c.DiscountTicket(1000), c.StartSplit(), c.MoveToPart(1, 1000))
            assert await till.refused(c.SetQuantity(1, 9000)) == "line.divided"
            await till.do(c.CloseSheet(), c.GoBack(), c.RecallTicket(1))
            assert await till.refused(c.ChangeQuantity(1, 1)) == "line.divided"

    run(day())


def test_an_offer_taken_back_after_a_split_is_paid_again(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant, 1 coffee")
            await till.do(
                c.OfferLine(2, "offer.goodwill"), c.DiscountTicket(1000), c.StartSplit(), c.MoveToPart(2, 1000)
            )
            await till.do(c.OfferLine(1, ""))
            assert till.ticket.lines[0].amount_minor == till.ticket.lines[0].full_minor > 0

    run(day())


def test_a_corrected_sale_is_neither_split_nor_lowered_without_a_manager(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("5 croissant | cash 20.00")
            await till.do(c.CorrectPayment(), c.GoBack())
            assert await till.refused(c.StartSplit()) == "ticket.corrects"
            for lower in (
                c.RemoveLine(1),
                c.ChangeQuantity(1, -1),
                c.OfferLine(1, "offer.goodwill"),
                c.DiscountTicket(500),
            ):
                await till.do(lower)
                assert till.till.desk.sheet == "approval", lower
                assert price(till.ticket).total_minor == 800
                await till.do(c.CloseSheet())

    run(day())


@pytest.mark.parametrize(
    ("given", "after", "pay"),
    [
        ((c.DiscountLine(1, 0, 160),), c.SetQuantity(1, 1000), c.CloseTicket()),
        ((c.DiscountTicket(0, 160),), c.SetQuantity(1, 1000), c.CloseTicket()),
        ((c.DiscountLine(1, 2000), c.DiscountTicket(2000)), c.SelectLine(1), c.TakeCash(0)),
    ],
)
def test_d04_the_limit_holds_for_all_discounts_together_when_it_is_paid(run, tmp_path, given, after, pay):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("5 croissant")
            await till.do(*given, after, pay)
            assert till.till.desk.sheet == "approval" and till.till.desk.approval_right == "discount_over_limit"
            assert till.ticket is not None, "nothing was sold"
            await till.do(c.Approve(PINS["nadia"]))
            assert till.state.last_closed is not None, "the sale goes on by itself"

    run(day())


def test_what_a_manager_allowed_is_not_asked_again(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("5 croissant")
            await till.do(c.DiscountTicket(5000), c.Approve(PINS["nadia"]), c.TakeCard())
            assert till.state.last_closed.total_minor == 400

    run(day())


def test_a_fixed_price_is_not_free(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            assert await till.refused(c.AddFreePrice(5, "food", "", CROISSANT)) == "free_price.fixed"

    run(day())


def test_s16_discounted_lines_are_worth_the_same_in_parts(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant, 1 croissant")
            await till.do(c.CommentLine(1, "a"))
            await till.adds("1 croissant")
            for line in till.ticket.lines:
                await till.do(c.DiscountLine(line.id, 0, 20))
            before = worth(till)
            ids = [line.id for line in till.ticket.lines]
            await till.do(c.StartSplit(), *[c.MoveToPart(line_id, 1000) for line_id in ids])
            assert worth(till) == before

    run(day())


def test_s16_a_piece_is_not_cut_by_moving(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.StartSplit())
            assert await till.refused(c.MoveToPart(1, 10)) == "quantity.whole"

    run(day())


def test_a_note_that_is_being_paid_is_not_divided(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("3 croissant")
            await till.do(c.StartSplit(), c.MoveToPart(1, 1000), c.RecallTicket(1), c.AddTender("card", 100))
            assert await till.refused(c.SplitEqually()) == "split.being_paid"

    run(day())


def test_every_part_has_a_number_of_its_own(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("6 croissant")
            await till.do(c.StartSplit(), c.ShowPart(2), c.MoveToPart(1, 1000), c.SetPersons(3), c.SplitEqually())
            numbers = [ticket.part for ticket in till.state.tickets.values() if ticket.part]
            assert len(numbers) == len(set(numbers)) and worth(till) == 960

    run(day())


def test_u03_a_manager_approves_what_stands_on_the_screen(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(c.DiscountTicket(9000), c.SetQuantity(1, 99_000))
            assert await till.refused(c.Approve(PINS["nadia"])) == "approval.none"

    run(day())


def test_u02_a_badge_is_scanned_never_typed(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            assert await till.refused(c.EnterCode("2900000000025")) == "scan.unknown"
            assert till.state.seller == "camille"

    run(day())


def test_a_held_note_is_cancelled_only_on_the_closing_screen(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(c.HoldTicket())
            assert await till.refused(c.VoidHeld(1)) == "closing.count_first"

    run(day())


def test_an_amount_nobody_hands_over_is_asked_again(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            assert await till.refused(c.TakeCash(99_999_995)) == "tender.implausible"
            await till.do(c.TakeCash(100_000))

    run(day())


def test_u03_the_managers_sheet_says_what_it_is_for():
    for right in RIGHTS:
        assert has_sentence(f"screen.approval.right.{right}"), right
