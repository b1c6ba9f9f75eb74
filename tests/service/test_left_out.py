"""An article that somebody scanned and that is not on the ticket is always told by its name."""

import pytest

from appliance.protocol import command as c
from tests.support.till import GOODS, JAM, UNKNOWN, a_till

BEER, TOMATOES = "7610155330018", 830


async def _age(till):
    await till.scan(BEER)
    assert till.screen == "sale/age"
    return till.view.sheet.name


async def _weight(till):
    await till.do(c.AddProduct(TOMATOES))
    assert till.screen == "sale/weigh"
    return till.view.sheet.name


async def _price(till):
    await till.do(c.AddProduct(GOODS["pralines"]))
    assert till.screen == "sale/free_price"
    return till.view.sheet.product_name


async def _sold_out(till):
    await till.do(c.AddProduct(GOODS["strawberry"]))
    assert till.message == "product.sold_out"
    return till.view.message.params["name"]


QUESTIONS = {"age": _age, "weight": _weight, "price": _price, "sold out": _sold_out}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_next_scan_is_added_and_what_waited_is_told(run, tmp_path, question):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            name = await QUESTIONS[question](till)
            assert await till.scan(JAM) == "scan.left_out"
            assert (till.view.message.params, till.sound) == ({"name": name}, "scan_refused")
            assert len(till.ticket.lines) == 1 and name not in till.basket()
            till.till._fold()
            assert till.message == "scan.left_out", "it stays until somebody has seen it"
            await till.scan(JAM)
            assert (till.message, till.sound) == ("scan.left_out", "scan_ok")
            await till.do(c.DismissMessage())
            assert till.message == ""

    run(day())


def test_two_that_were_left_out_are_both_told(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            cake = await _price(till)
            beer = await _age(till)
            await till.scan(JAM)
            assert [notice.params for notice in till.till.desk.notices] == [{"name": beer}, {"name": cake}]

    run(day())


def test_the_same_article_scanned_twice_waits_once(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            beer = await _age(till)
            assert await till.scan(BEER) == "scan.left_out"
            assert till.screen == "sale/age"
            await till.do(c.ConfirmAge(True))
            assert [line.name for line in till.ticket.lines] == [beer]

    run(day())


def test_a_question_on_the_bar_stays_before_it(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            beer = await _age(till)
            fruit = await _sold_out(till)
            assert await till.scan(UNKNOWN) == "scan.unknown"
            assert [notice.params.get("name") for notice in till.till.desk.notices] == [None, fruit, beer]

    run(day())


def test_added_after_all_it_is_not_left_out(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await _age(till)
            await till.scan(JAM)
            await till.scan(BEER)
            assert till.message == "scan.left_out"
            await till.do(c.ConfirmAge(True))
            assert (till.message, len(till.ticket.lines)) == ("", 2)

    run(day())


def test_what_a_payment_keeps_out_is_told_also_when_the_payment_is_over(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.pays("twint 1.00")
            assert await till.scan(JAM) == "scan.finish_payment"
            await till.do(c.AddTender("cash"))
            assert till.view.result is not None
            assert (till.message, till.view.message.params) == (
                "scan.left_out",
                {"name": "Confiture d’abricots 370\u00a0g"},
            )
            await till.scan(JAM)
            assert till.message == "", "on the next ticket it is"

    run(day())
