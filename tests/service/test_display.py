"""The view says what is so: figures of the books, pages that hold everything once, buttons that would be taken."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from appliance.domain.ticket import price
from appliance.protocol import command as c
from tests.service.test_shop_days import on_a_new_till
from tests.support.days import days, play
from tests.support.till import NADIA, a_till


@given(days)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_ticket_on_the_screen_is_the_ticket_of_the_books(day):
    async def act(till):
        await play(till, day)
        view, ticket = till.view, till.till.ticket
        assert (view.ticket is None) == (ticket is None)
        if ticket is not None:
            priced = price(ticket)
            shown = view.ticket
            assert shown.total_minor == priced.total_minor
            assert shown.subtotal_minor + shown.line_discounts_minor + shown.discount_minor == shown.total_minor
            assert sum(row.gross_minor for row in shown.vat) == shown.total_minor
            assert shown.remaining_minor == priced.total_minor - ticket.paid_minor
            assert [line.id for line in shown.lines] == [line.id for line in ticket.lines]
        if view.result is not None:
            assert sum(coin.value_minor * coin.count for coin in view.result.coins) == view.result.change_minor
        for field, screen in (("lock", "lock"), ("home", "home"), ("payment", "payment"), ("grid", "sale")):
            assert (getattr(view, field) is not None) == (view.screen == screen), "a screen has what it draws"

    on_a_new_till(act)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 13])
def test_every_note_is_on_exactly_one_page(run, tmp_path, count):
    async def day():
        async with a_till(tmp_path) as till:
            for _ in range(count):
                await till.do(c.NewTicket())
                await till.adds("1 croissant")
                await till.do(c.HoldTicket())
            seen = []
            for page in range(1, till.view.home.pages + 1):
                await till.do(c.ShowPage(page))
                seen += [card.number for card in till.view.home.cards]
            assert seen == list(range(1, count + 1))
            await till.do(c.NewTicket(), c.OpenSheet("notes"))
            seen = []
            for page in range(1, till.view.sheet.pages + 1):
                await till.do(c.ShowPage(page))
                seen += [card.number for card in till.view.sheet.cards]
            assert seen == list(range(1, count + 1))

    run(day())


def test_the_result_says_how_it_was_sold(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket("eat-in"))
            await till.adds("1 coffee")
            mode = till.view.ticket.mode
            await till.do(c.TakeCash(0))
            assert till.view.ticket is None and till.view.result.mode == mode and mode.id == "eat-in"

    run(day())


def test_notes_in_the_order_that_was_chosen(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            for goods, name in (("1 coffee", "Table 9"), ("3 candles", "Table 2"), ("1 bag", "")):
                await till.do(c.NewTicket())
                await till.adds(goods)
                await till.do(c.NameTicket(till.ticket.number, name), c.HoldTicket())
                await till.waits(timedelta(minutes=1))
            await till.do(c.NewTicket(), c.OpenSheet("notes"))

            async def shown(order, search=""):
                await till.do(c.OrderNotes(order, search))
                return [card.name for card in till.view.sheet.cards]

            assert await shown("time") == ["Table 9", "Table 2", ""]
            assert await shown("table") == ["Table 2", "Table 9", ""]
            assert await shown("amount") == ["Table 2", "Table 9", ""]
            assert await shown("time", "table 2") == ["Table 2"]
            assert await shown("time", "10.50") == ["Table 2"]

    run(day())


def test_every_tile_of_a_category_is_on_exactly_one_page_of_any_size(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            for columns, rows in ((2, 2), (4, 5), (8, 10)):
                await till.do(c.SetProfile(columns, rows))
                for category in till.view.grid.categories:
                    await till.do(c.ShowCategory(category.id))
                    seen = []
                    for page in range(1, till.view.grid.pages + 1):
                        await till.do(c.ShowPage(page))
                        tiles = till.view.grid.tiles
                        assert len(tiles) <= columns * rows
                        seen += [tile.product for tile in tiles if tile is not None]
                    assert seen == [slot for slot in till.till.catalog.grid(category.id).slots if slot is not None]

    run(day())


def test_buttons_are_allowed_when_their_command_would_be_taken(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            assert not {"StartPayment", "TakeCash", "HoldTicket"} & set(till.view.allowed)
            await till.adds("1 coffee")
            assert {"StartPayment", "TakeCash", "TakeCard", "HoldTicket", "StartSplit"} <= set(till.view.allowed)
            assert "CorrectPayment" not in till.view.allowed
            await till.do(c.TakeCash(500))
            assert {"PrintReceipt", "CorrectPayment"} <= set(till.view.allowed)
            await till.do(c.Lock())
            assert "TakeCash" not in till.view.allowed

    run(day())


def test_the_menu_has_what_there_is_to_do(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("menu"))
            assert not {"reprint", "split"} & set(till.view.sheet.items)
            await till.sells("1 coffee | card")
            await till.scan(NADIA)
            await till.do(c.OpenSheet("menu"))
            assert {"x_report", "reprint"} <= set(till.view.sheet.items)

    run(day())


def test_the_turnover_is_never_on_the_home_screen(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("3 coffee | card")
            await till.sells("1 coffee | card")
            await till.do(c.GoHome())
            assert till.view.home.last.total_minor == 420
            assert "1680" not in str(till.view)

    run(day())
