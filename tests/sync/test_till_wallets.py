"""One customer's money at two tills of the same shop: found where it is, never spent twice, clear when it is away."""

from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest

from appliance.protocol import command as c
from headoffice import places
from tests.service.test_wallets import ANNE, balance, credits, furnish
from tests.support.books import a_shop, books
from tests.support.office_till import PUBLIC, an_office, linked_till, quick
from tests.support.wire_chaos import Chaos


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr("appliance.sync.enrolment.line", quick)


@pytest.fixture
def port(own_broker):
    return own_broker[1]


@asynccontextmanager
async def two_tills(folder, port):
    """Both open, with Anne in their directories; (first, second, first one's cable, head office's books)."""
    async with books(f"sqlite:{folder / 'office.db'}") as database, Chaos(("127.0.0.1", port)) as net:
        await a_shop(database, PUBLIC)
        async with (
            an_office(database, port),
            linked_till(folder / "1", "caisse-1", net.port) as first,
            linked_till(folder / "2", "caisse-2", port) as second,
        ):
            for till in (first, second):
                await furnish(till)
                await till.opens()
                await till.until(partial(is_online, till))
            yield first, second, net, database


def is_online(till):
    return till.office.is_online


async def puts_on_ticket(till, amount):
    await till.do(c.NewTicket(), c.AddFreePrice(amount, "food"), c.AttachCustomer(ANNE))


def test_money_credited_at_one_till_is_spent_at_the_other(run, tmp_path, port):
    async def main():
        async with two_tills(tmp_path, port) as (first, second, _, database):
            await credits(first, 5000)
            await first.sent()
            await puts_on_ticket(second, 2000)
            await second.until(lambda: balance(second) == 5000)
            assert balance(first) == 0
            await second.do(c.StartPayment(), c.AddTender("wallet"))
            assert second.state.last_closed.total_minor == 2000
            assert balance(second) == 3000
            await first.sent()
            await second.sent()
            async with database.transaction() as tx:
                (row,) = await tx.rows("SELECT * FROM wallet WHERE id = $1", ANNE)
            assert row is not None

    run(main())


def test_what_is_not_here_is_asked_for_at_payment_and_the_ticket_goes_on(run, tmp_path, port):
    async def main():
        async with two_tills(tmp_path, port) as (first, second, net, _):
            await credits(first, 5000)
            await first.sent()
            net.freeze()  # the question at identification finds nobody
            await puts_on_ticket(second, 2000)
            await second.do(c.StartPayment(), c.AddTender("wallet"))
            assert second.till.desk.sheet == "wallet_short" and second.view.sheet.is_asking
            net.thaw()
            await second.until(lambda: second.till.ticket is None)
            assert balance(second) == 3000
            assert second.message == "wallet.came_back" or second.till.desk.shows_result

    run(main())


def test_a_part_that_is_at_a_till_that_is_away_is_named(run, tmp_path, port):
    async def main():
        async with two_tills(tmp_path, port) as (first, second, net, _):
            await credits(first, 1200)
            await credits(second, 800)
            await first.sent()
            await second.sent()
            net.pull()
            await first.until(lambda: not first.office.is_online)
            await puts_on_ticket(second, 2000)
            await second.do(c.StartPayment(), c.AddTender("wallet"))
            await second.until(lambda: not second.office.is_asking(ANNE))
            sheet = second.view.sheet
            assert (sheet.balance_minor, sheet.elsewhere_minor, sheet.elsewhere) == (800, 1200, "caisse-1")
            await second.do(c.UseWallet())
            assert second.ticket.paid_minor == 800
            await second.do(c.AddTender("cash", 2000))
            net.plug()
            await first.sells("1 croissant | cash 5.00")
            await first.sent()
            await puts_on_ticket(second, 1200)
            await second.until(lambda: balance(second) == 1200)

    run(main())


def test_offline_a_till_spends_what_it_holds_and_no_more(run, tmp_path, port):
    async def main():
        async with two_tills(tmp_path, port) as (first, second, net, _):
            await credits(first, 1000)
            await first.sent()
            net.pull()
            await first.until(lambda: not first.office.is_online)
            await puts_on_ticket(first, 600)
            await first.do(c.StartPayment(), c.AddTender("wallet"))
            assert balance(first) == 400
            await puts_on_ticket(second, 900)
            await second.do(c.StartPayment(), c.AddTender("wallet"))
            await second.until(lambda: not second.office.is_asking(ANNE))
            assert second.view.sheet.balance_minor == 0
            assert await second.refused(c.UseWallet())
            net.plug()
            await first.sent()
            await second.do(c.AskWalletAgain())
            await second.until(lambda: balance(second) == 400)
            assert balance(first) == 0

    run(main())


def test_a_lease_that_ended_suspends_wallets_and_nothing_else(run, tmp_path, port):
    async def main():
        async with two_tills(tmp_path, port) as (first, _, net, _):
            await credits(first, 1000)
            await first.sent()
            net.pull()
            await first.until(lambda: not first.office.is_online)
            first.office.lease(60)
            await puts_on_ticket(first, 600)
            await first.do(c.StartPayment())
            first.clock.advance(timedelta(minutes=2))
            assert await first.refused(c.AddTender("wallet")) == "wallet.suspended"
            await first.do(c.AddTender("cash", 1000))

    run(main())


def test_a_fenced_till_reports_once_and_spends_nothing_more(run, tmp_path, port):
    async def main():
        async with two_tills(tmp_path, port) as (first, _, net, database):
            await credits(first, 1000)
            await first.sent()
            net.pull()
            await first.until(lambda: not first.office.is_online)
            async with database.transaction() as tx:
                await places.fence(tx, "caisse-1", "lost")
            net.plug()
            await first.until(lambda: first.state.fenced)
            assert balance(first) == 0
            assert first.view.sync is None and first.office.refused == "fenced"
            await puts_on_ticket(first, 300)
            await first.do(c.StartPayment())
            assert await first.refused(c.AddTender("wallet")) == "wallet.fenced"
            await first.do(c.AddTender("cash", 500))

    run(main())
