"""Orders that wait for one commit, which then fails: what stands on the screen, and what was counted on it."""

import asyncio

import msgspec

from appliance.protocol import command as c
from appliance.protocol.message import Answer, Order
from appliance.service import clients
from tests.service.test_clients import ANNE, in_a_shop
from tests.support.till import a_till


def leave_to_the_thread(till, *, refusing=True):
    """From now on commits run on the database's thread, and the disk refuses to be written."""
    till.daemon.ledger._database._slow_left = 10_000
    if refusing:
        till.daemon.ledger.read_now(lambda conn: conn.execute("PRAGMA query_only=ON").fetchall())


def begin(till, order):
    """An order whose commit is under way."""
    answer = till.till.begin(order)
    assert not isinstance(answer, Answer)
    return answer


def test_two_orders_lost_with_one_commit_leave_the_screen_from_before_the_first(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.sells("1 coffee | cash 5.00")
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.till.ledger.settle()
            leave_to_the_thread(till)
            paid = begin(till, Order("pay", c.TakeCash(0)))
            printed = begin(till, Order("print", c.PrintReceipt()))
            answers = await asyncio.gather(paid, printed)
            assert [answer.code for answer in answers] == ["store.read_only"] * 2
            assert (till.screen, till.basket()) == ("sale", "1 Croissant au beurre 1.60")
            assert not till.till.desk.shows_result and till.view.result is None

    run(main())


def test_an_order_that_reached_the_disk_is_not_taken_back_with_a_later_one(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 croissant")
            await till.till.ledger.settle()
            leave_to_the_thread(till, refusing=False)
            assert (await begin(till, Order("pay", c.TakeCash(0)))).ok
            leave_to_the_thread(till)
            answer = await begin(till, Order("print", c.PrintReceipt()))
            assert answer.code == "store.read_only"
            assert till.till.desk.shows_result and till.view.result is not None

    run(main())


def test_what_happens_outside_and_is_lost_leaves_the_names_and_the_shop_of_the_disk(tmp_path):
    async def work(till):
        inside = till.till
        anne, shop = inside.directory.get(ANNE), inside.shop

        def change():
            clients.write(inside, msgspec.structs.replace(anne, last_name="Autre"), anne)
            inside.take_shop(msgspec.structs.replace(shop, name="Autre"))

        await inside.ledger.settle()
        leave_to_the_thread(till)
        await inside.happen(change)
        assert till.message == "store.read_only"
        assert inside.directory.get(ANNE) == anne
        assert (inside.shop, inside.own_shop) == (shop, shop)

    in_a_shop(work, tmp_path)
