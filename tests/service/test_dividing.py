"""Séparer la note: feature S-16. Parts sum to the whole to the centime, in amounts and in VAT."""

from appliance.domain import journal as j
from appliance.domain.ticket import price
from appliance.protocol import command as c
from tests.support.till import a_till


async def note_to_divide(till, goods: str, *before: c.Command) -> int:
    await till.do(c.NewTicket())
    await till.adds(goods)
    await till.do(*before)
    number: int = till.ticket.number
    await till.do(c.StartSplit())
    return number


def test_s16_ten_francs_in_three(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await note_to_divide(till, "1 coffee, 1 candles, 1 ballon, 6 bag")
            assert till.view.split.rest_minor == 1000
            await till.do(c.SetPersons(3))
            assert till.view.split.shares == (334, 333, 333)
            await till.do(c.SplitEqually())
            for part in (1, 2, 3):
                await till.do(c.ShowPart(part), c.AddTender("card"))
            closed = await till.facts(j.TicketClosed)
            assert [sale.total_minor for sale in closed] == [334, 333, 333]
            assert sum(row.vat_minor for sale in closed for row in sale.vat) == 13 + 35
            assert till.state.tickets == {}
            assert till.state.session.totals.rates[260].vat_minor == 13

    run(day())


def test_s16_by_items_units_move_there_and_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            note = await note_to_divide(till, "5 croissant, 2 coffee")
            await till.do(c.MoveToPart(1, 3000), c.MoveToPart(2, 1000), c.MoveBack(1))
            assert till.basket() == "2 Croissant au beurre 3.20, 1 Café 4.20"
            assert [line.quantity_milli for line in till.state.tickets[note].lines] == [3000, 1000]
            view = till.view.split
            assert (view.rest_minor, view.whole_minor) == (480 + 420, 1640)
            await till.do(c.StartPayment(), c.AddTender("cash", 1000))
            assert (till.view.result.part, till.view.result.rest_minor) == (1, 900)
            assert till.message == "split.part_paid"
            await till.do(c.ShowPart(0))
            assert till.view.split.open_part == 2
            answer = await till.order(c.ShowPart(1))
            assert (answer.code, answer.params) == ("split.paid", {"part": 1})

    run(day())


def test_s16_an_empty_part_cannot_be_paid(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await note_to_divide(till, "2 coffee")
            assert await till.refused(c.StartPayment()) == "ticket.empty"
            assert await till.refused(c.MoveToPart(9, 1000)) == "line.gone"

    run(day())


def test_s16_a_discount_on_the_whole_is_shared_by_amount(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            note = await note_to_divide(till, "5 croissant, 1 candles", c.DiscountTicket(rate_bp=1000))
            whole = 1150 - 115
            assert till.view.split.whole_minor == whole
            await till.do(c.MoveToPart(1, 2000))
            parts = [price(ticket).total_minor for ticket in till.state.tickets.values()]
            assert sum(parts) == whole
            await till.do(c.AddTender("card"), c.ShowPart(0))
            for line in list(till.state.tickets[note].lines):
                await till.do(c.MoveToPart(line.id, line.quantity_milli))
            await till.do(c.AddTender("card"))
            assert till.state.session.totals.turnover_minor == whole
            assert till.state.session.totals.discounts.amount_minor == -115

    run(day())


def test_s16_what_is_changed_in_a_share_is_taxed_by_itself(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await note_to_divide(till, "2 candles, 1 croissant")
            await till.do(c.SplitEqually())
            await till.do(c.MoveBack(1))
            part = till.ticket
            rows = price(part).vat
            assert [(row.rate_bp, row.gross_minor, row.vat_minor) for row in rows] == [(260, 80, 2)]
            await till.do(c.OfferLine(2, "offer.tasting"))
            assert price(till.ticket).vat == ()

    run(day())


def test_s16_a_divided_line_is_not_edited(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await note_to_divide(till, "2 candles")
            await till.do(c.SplitEqually())
            assert await till.refused(c.SetQuantity(1, 2000)) == "line.divided"
            assert await till.refused(c.RemoveLine(1)) == "line.divided"

    run(day())


def test_s16_back_leaves_the_parts_as_notes_of_the_same_table(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            note = await note_to_divide(till, "4 coffee", c.NameTicket(1, "Table 6"))
            await till.do(c.MoveToPart(1, 1000), c.GoBack())
            cards = till.view.home.cards
            assert sorted((card.name, card.part, card.total_minor) for card in cards) == [
                ("Table 6", 0, 1260),
                ("Table 6", 1, 420),
            ]
            await till.pull_the_plug()
            await till.do(c.RecallTicket(note), c.StartSplit())
            assert till.view.split.whole_minor == 1680

    run(day())


def test_s16_a_split_survives_the_plug(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await note_to_divide(till, "4 coffee")
            await till.do(c.MoveToPart(1, 1000), c.AddTender("card"), c.ShowPart(0), c.MoveToPart(1, 1000))
            await till.do(c.AddTender("cash", 200))
            await till.pull_the_plug()
            assert (till.screen, till.view.ticket.remaining_minor) == ("payment", 220)
            await till.do(c.AddTender("card"), c.ShowPart(0), c.SetPersons(2), c.SplitEqually())
            await till.do(c.AddTender("card"), c.ShowPart(0), c.AddTender("card"))
            assert till.state.session.totals.turnover_minor == 1680
            assert till.state.tickets == {}

    run(day())


def test_s16_a_scan_goes_to_what_is_left_of_the_note(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            note = await note_to_divide(till, "2 coffee")
            await till.scan("7610807072341")
            assert len(till.state.tickets[note].lines) == 2
            assert till.ticket.lines == []
            assert till.screen == "split"

    run(day())


def test_s16_a_note_is_divided_among_two_to_twenty(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await note_to_divide(till, "1 bag")
            await till.do(c.SetPersons(20), c.SplitEqually())
            totals = [price(ticket).total_minor for ticket in till.state.tickets.values() if ticket.part_of]
            assert totals == [1] * 20
            assert await till.refused(c.SplitEqually()) == "split.nothing_left"

    run(day())


def test_s16_a_note_that_is_being_paid_is_not_divided_but_can_be_left(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            note = await note_to_divide(till, "4 coffee")
            await till.do(c.MoveToPart(1, 1000), c.GoBack(), c.RecallTicket(note), c.AddTender("card", 100))
            assert await till.refused(c.SplitEqually()) == "split.being_paid"
            await till.do(c.RecallTicket(2), c.GoHome())
            assert sorted(card.number for card in till.view.home.cards) == [1, 2]
            await till.do(c.RecallTicket(note))
            assert (till.screen, till.ticket.paid_minor) == ("payment", 100)

    run(day())
