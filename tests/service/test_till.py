"""Orders: one at a time, answered once, also when they are resent, wrong or late. Features N-02, P-09."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain import journal as j
from appliance.protocol import command as c
from appliance.protocol.message import Order
from appliance.service import people, selling
from appliance.service import till as module
from appliance.service.ledger import BASKET_DELAY_S
from tests.protocol.test_message import every_command
from tests.service.test_shop_days import check_reachable, on_a_new_till
from tests.support.till import a_till


def test_an_order_resent_gets_its_first_answer_and_does_nothing_more(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            first = await till.order(c.AddProduct(201), "one")
            assert await till.order(c.AddProduct(201), "one") == first
            assert await till.order(c.AddProduct(501), "one") == first, "the id decides, not the content"
            assert till.basket() == "1 Croissant au beurre 1.60"

    run(day())


def test_a_refusal_resent_is_the_same_refusal(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            first = await till.order(c.TakeCash(500), "pay")
            await till.adds("1 coffee")
            assert await till.order(c.TakeCash(500), "pay") == first
            assert first.code == "ticket.empty"

    run(day())


def test_orders_done_before_the_plug_was_pulled_are_answered_not_done_again(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.order(c.AddProduct(201), "line")
            await till.order(c.AddTender("card", 100), "tender")
            await till.pull_the_plug()
            assert (await till.order(c.AddProduct(201), "line")).ok
            assert (await till.order(c.AddTender("card", 100), "tender")).ok
            assert (till.ticket.paid_minor, till.ticket.lines[0].quantity_milli) == (100, 1000)

    run(day())


def test_n02_what_was_answered_is_on_the_disk(run, tmp_path):
    """After each order the plug is pulled: everything that moves money or was asked to wait is still there."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201), c.AddProduct(501))
            for command in (
                c.AddTender("card", 100),
                c.AddTender("twint", 50),
                c.RemoveTender(1),
                c.AddTender("cash", 1000),
                c.PrintReceipt(),
                c.CorrectPayment(),
                c.AddTender("card"),
            ):
                await till.do(command)
                before = till.state
                await till.pull_the_plug()
                assert till.state == before, command
            assert [fact.document for fact in await till.facts(j.TicketClosed)] == [1, 3]

    run(day())


def test_n02_a_basket_is_on_the_disk_a_moment_later_by_itself(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            assert till.daemon.ledger._pending, "no commit of its own for each touch"
            await asyncio.sleep(2 * BASKET_DELAY_S)
            assert till.daemon.ledger.is_settled
            before = till.state
            await till.pull_the_plug()
            assert till.state == before

    run(day())


def test_orders_of_many_clients_at_once_are_done_one_by_one_and_share_commits(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            answers = await asyncio.gather(*[till.order(c.AddProduct(201), f"n{n}") for n in range(200)])
            assert all(answer.ok for answer in answers)
            assert till.basket() == "200 Croissant au beurre 320.00"

    run(day())


def test_a_caller_that_went_away_leaves_the_till_whole(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            async with asyncio.TaskGroup() as group:
                task = group.create_task(till.order(c.TakeCash(200), "gone"))
                await asyncio.sleep(0)
                task.cancel()
            await till.do(c.NewTicket(), c.AddProduct(501), c.TakeCash(500))
            total = sum(fact.total_minor for fact in await till.facts(j.TicketClosed))
            assert till.state.session.totals.turnover_minor == total

    run(day())


WHILES = {"undo": (module, "UNDO_S"), "announce": (module, "ANNOUNCE_S"), "armed": (selling, "ARMED_S")}


@pytest.mark.parametrize(("name", "seconds"), [("undo", 6), ("announce", 10), ("armed", 10)])
def test_what_is_offered_for_a_while_ends_by_itself(run, tmp_path, monkeypatch, name, seconds):
    """The timers stand for the seconds of the design; here they run out at once."""
    assert getattr(*WHILES[name]) == seconds
    for owner, constant in WHILES.values():
        monkeypatch.setattr(owner, constant, 0.01)

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201), c.RemoveLine(1))
            await till.scan("7612345678900")
            await till.do(c.Arm(5))
            assert till.view.undo is not None and till.view.message is not None and till.view.grid.armed == 5
            rev = till.till.rev
            await asyncio.sleep(0.05)
            assert (till.view.undo, till.view.message, till.view.grid.armed) == (None, None, 1)
            assert till.till.rev > rev, "the screen was told"

    run(day())


def test_the_till_locks_when_nobody_touched_it_for_a_while(run, tmp_path):
    async def day():
        async with a_till(tmp_path, lock_after_s=180) as till:
            await till.waits(timedelta(seconds=179))
            await till.do(c.NewTicket(), c.AddProduct(201))
            await till.waits(timedelta(seconds=179))
            people._lock_idle(till.till)
            assert till.screen == "sale", "a touch begins the time anew"
            await till.waits(timedelta(seconds=1))
            people._lock_idle(till.till)
            assert till.screen == "lock"
            assert till.state.tickets[1].lines, "the ticket stays"

    run(day())


@given(st.lists(every_command, min_size=1, max_size=40), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_order_that_a_client_may_send_breaks_the_till(commands, opened):
    """Any command the protocol allows, in any order, on any screen: an answer, never an error; the view can be sent."""

    async def act(till):
        for n, command in enumerate(commands):
            answer = await till.till.submit(Order(f"any-{n}", command))
            assert answer.ok or answer.code
            assert till.view.rev == till.till.rev
        check_reachable(till)

    on_a_new_till(act, opened=opened)


@given(st.lists(st.text(max_size=40), max_size=20))
def test_no_scan_breaks_the_till(codes):
    async def act(till):
        for code in codes:
            await till.scan(code)
            await till.waits(timedelta(seconds=1))
        assert till.view is not None

    on_a_new_till(act)
