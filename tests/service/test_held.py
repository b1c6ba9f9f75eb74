"""Told although it happens out of sight: notes that are put aside, papers that are asked for."""

from datetime import timedelta

from appliance.protocol import command as c
from tests.support.till import NADIA, a_till


async def holds(till, count):
    for _ in range(count):
        await till.do(c.NewTicket())
        await till.adds("1 coffee")
        await till.do(c.HoldTicket())
        await till.waits(timedelta(minutes=1))


def test_accueil_in_mid_ticket_says_that_the_ticket_waits_and_gives_it_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            number = till.ticket.number
            await till.do(c.GoHome())
            undo = till.view.undo
            assert (undo.code, undo.params) == ("undo.held", {"number": number})
            await till.do(c.Undo(undo.id))
            assert (till.screen, till.ticket.number) == ("sale", number)

    run(day())


def test_what_was_asked_of_the_printer_out_of_sight_is_said(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.OpenSheet("menu"))
            assert not till.view.sheet.is_last_printed
            await till.do(c.GoHome(), c.PrintReceipt())
            assert till.message == "receipt.ordered"
            await till.do(c.NewTicket(), c.OpenSheet("menu"))
            assert till.view.sheet.is_last_printed
            await till.do(c.GoHome())
            await till.do(c.PrintReceipt())
            assert till.message == "receipt.copy_ordered"
            await till.till.scan(NADIA)
            await till.do(c.ReadX(), c.PrintReport())
            assert (till.message, till.view.message.params) == ("report.ordered", {"number": 1})

    run(day())


def test_a_message_behind_another_one_is_reached(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            till.till.desk.say("printer.paper_out", "error", source="printer.main")
            till.till.desk.say("drawer.stuck", "error", source="drawer.main")
            assert (till.message, till.view.message.count) == ("drawer.stuck", 2)
            await till.do(c.NextMessage())
            assert till.message == "printer.paper_out"
            await till.do(c.NextMessage(), c.Lock(), c.NextMessage())
            assert till.message == "printer.paper_out"

    run(day())


def test_an_empty_ticket_is_left_without_a_word(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.GoHome())
            assert till.view.undo is None

    run(day())


def test_the_note_put_aside_last_is_on_the_page_that_accueil_shows(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await holds(till, 7)
            home = till.view.home
            assert (home.page, home.pages, home.cards[-1].number) == (2, 2, 7)
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.do(c.GoHome())
            assert till.view.home.cards[-1].number == 8
            await till.do(c.NewTicket(), c.GoHome())
            assert till.view.home.page == 1

    run(day())


def test_a_note_knows_how_many_days_ago_it_was_put_aside(run, tmp_path):
    async def day():
        async with a_till(tmp_path, lock_after_s=0) as till:
            await holds(till, 1)
            for days in range(3):
                card = till.view.home.cards[0]
                assert (card.since, card.days) == ("08:42", days)
                await till.waits(timedelta(days=1))

    run(day())
