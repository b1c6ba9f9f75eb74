"""Sellers, PINs, badges, a manager's word: features U-01, U-02, U-05; and moving between screens."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from appliance.clock import ManualClock
from appliance.domain import journal as j
from appliance.protocol import command as c
from appliance.service.operators import RIGHTS, Operators
from tests.support.till import CAMILLE, LUCA, MORNING, NADIA, PINS, UNKNOWN, a_till


def test_u02_a_pin_signs_in_and_only_its_own(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            await till.do(c.SelectSeller("camille"))
            answer = await till.order(c.SignIn("camille", PINS["nadia"]))
            assert (answer.code, answer.params) == ("pin.wrong", {"count": 4})
            assert (till.view.lock.is_wrong, till.view.lock.tries_left) == (True, 4)
            assert await till.refused(c.SignIn("ghost", "1234")) == "pin.unknown_seller"
            await till.do(c.SignIn("camille", PINS["camille"]))
            assert (till.state.seller, till.screen) == ("camille", "opening")

    run(day())


def test_u02_five_wrong_pins_wait_a_minute_and_a_badge_still_opens(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            codes = [(await till.order(c.SignIn("camille", "0000"))).code for _ in range(5)]
            assert codes == ["pin.wrong"] * 4 + ["pin.locked"]
            answer = await till.order(c.SignIn("camille", PINS["camille"]))
            assert (answer.code, answer.params) == ("pin.locked", {"seconds": 60})
            await till.waits(timedelta(seconds=45))
            assert (await till.order(c.SignIn("camille", PINS["camille"]))).params == {"seconds": 15}
            await till.scan(CAMILLE)
            assert till.state.seller == "camille"
            await till.do(c.Lock())
            await till.waits(timedelta(seconds=16))
            await till.do(c.SignIn("camille", PINS["camille"]))

    run(day())


def test_u02_a_right_pin_forgets_the_wrong_ones_and_each_seller_counts_alone(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            for _ in range(4):
                await till.order(c.SignIn("camille", "0000"))
            assert (await till.order(c.SignIn("luca", "0000"))).params == {"count": 4}
            await till.do(c.SignIn("camille", PINS["camille"]), c.Lock())
            assert (await till.order(c.SignIn("camille", "0000"))).params == {"count": 4}

    run(day())


def test_u01_every_right_is_denied_without_a_manager_and_allowed_with_one(run, tmp_path):
    """Each right by its command: the seller is asked for a manager, the manager just does it."""
    uses: dict[str, c.AnyCommand] = {
        "price_change": c.SetPrice(1, 150),
        "discount_over_limit": c.DiscountLine(1, rate_bp=2100),
        "void_ticket": c.VoidTicket("void.test"),
        "open_drawer": c.OpenDrawer("drawer.check"),
        "close_day": c.StartClosing(),
        "read_x": c.ReadX(),
        "masters": c.ShowTab("masters"),
        "catalog": c.AssignCode(UNKNOWN, "product"),
    }
    elsewhere = {"correct_payment", "settings"}  # test_paying.py, test_devices.py
    elsewhere |= {
        "cancel_credit",
        "refund_balance",
        "adjust_wallet",
        "transfer_wallet",
        "block_wallet",
    }  # test_wallets.py
    assert uses.keys() | elsewhere == RIGHTS, "a right without a test"

    async def day():
        async with a_till(tmp_path) as till:
            for right, command in uses.items():
                await till.scan(CAMILLE)
                await till.do(c.NewTicket())
                await till.adds("2 croissant")
                await till.scan(UNKNOWN)
                before = till.daemon.ledger.seq
                await till.do(command)
                assert (till.view.sheet.right, till.daemon.ledger.seq) == (right, before)
                await till.do(c.CloseSheet())
                await till.scan(NADIA)
                await till.do(command)
                assert till.view.sheet is None or right == "catalog"
                assert not [a for a in await till.facts(j.ActionApproved) if a.right == right]
                till.till.desk.screen = "home"

    run(day())


def test_approval_by_pin_and_by_badge_records_both_names(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.SetPrice(1, 150))
            assert (await till.order(c.Approve(PINS["luca"]))).code == "pin.wrong"
            assert till.view.sheet.tries_left == 4
            await till.do(c.Approve(PINS["nadia"]))
            assert till.basket() == "2 Croissant au beurre 3.00"
            await till.do(c.SetPrice(1, 140))
            assert await till.scan(LUCA) == "approval.not_manager"
            assert await till.scan("7610807072341") == "scan.approval"
            await till.scan(NADIA)
            assert till.basket() == "2 Croissant au beurre 2.80"
            approvals = [(a.right, a.seller, a.manager) for a in await till.facts(j.ActionApproved)]
            assert approvals == [("price_change", "camille", "nadia")] * 2
            assert till.state.seller == "camille"

    run(day())


def test_an_approval_is_good_for_one_action(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.SetPrice(1, 150), c.Approve(PINS["nadia"]), c.SetPrice(1, 130))
            assert till.screen == "sale/approval"
            await till.do(c.CloseSheet())
            assert await till.refused(c.Approve(PINS["nadia"])) == "approval.none"
            assert till.basket() == "2 Croissant au beurre 3.00"

    run(day())


def test_a_till_without_sellers_asks_nobody(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            shop = msgspec.structs.replace(till.till.shop, sellers=())
            operators = Operators(shop, ManualClock(MORNING))
            assert operators.is_open_to_all
            assert all(operators.may("", right) for right in RIGHTS)

    run(day())


def test_after_signing_in_the_ticket_is_where_it_was(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.Lock())
            assert (till.screen, till.state.seller) == ("lock", "")
            await till.scan(CAMILLE)
            assert (till.screen, till.basket()) == ("sale", "2 Croissant au beurre 3.20")
            await till.do(c.AddTender("card", 100), c.Lock())
            await till.scan(CAMILLE)
            assert till.screen == "payment"

    run(day())


@pytest.mark.parametrize(
    ("there", "back"),
    [
        ((c.NewTicket(),), "home"),
        ((c.NewTicket(), c.Search("pain")), "sale"),
        ((c.NewTicket(), c.OpenSheet("menu")), "sale"),
        ((c.NewTicket(), c.AddProduct(201), c.StartPayment()), "sale"),
        ((c.NewTicket(), c.AddProduct(201), c.StartSplit(), c.MoveToPart(1, 1000), c.StartPayment()), "split"),
        ((c.NewTicket(), c.AddProduct(201), c.StartSplit()), "home"),
        ((c.ReadX(),), "home"),
        ((c.StartClosing(),), "home"),
        ((c.StartClosing(), c.SetStep("check")), "closing"),
    ],
)
def test_back_goes_to_the_screen_before(run, tmp_path, there, back):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.do(*there, c.GoBack())
            assert till.screen == back

    run(day())


def test_without_a_session_there_is_no_way_into_the_sale(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            await till.scan(CAMILLE)
            for command in (c.NewTicket(), c.AddProduct(201), c.GoHome(), c.ReadX(), c.StartClosing()):
                assert await till.refused(command) == "session.closed"

    run(day())


def test_u02_tries_at_the_same_moment_are_five_too(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            pins = [f"{n:04d}" for n in range(12)]
            answers = await asyncio.gather(*[till.order(c.SignIn("camille", pin)) for pin in pins])
            codes = [answer.code for answer in answers]
            assert codes.count("pin.wrong") <= 4 and codes.count("pin.locked") >= 8
            assert (await till.order(c.SignIn("camille", PINS["camille"]))).code == "pin.locked"

    run(day())


@pytest.mark.parametrize("meanwhile", [c.CloseSheet(), c.Lock(), c.DiscountLine(1, rate_bp=9000)])
def test_an_approval_is_for_what_was_asked_when_the_code_was_typed(run, tmp_path, meanwhile):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.SetPrice(1, 150))
            async with asyncio.TaskGroup() as group:
                approving = group.create_task(till.order(c.Approve(PINS["nadia"])))
                for _ in range(3):  # the code is being checked on its thread by now
                    await asyncio.sleep(0)
                await till.order(meanwhile)
            assert approving.result().code == "approval.none"
            assert till.ticket.lines[0].unit_price_minor == 160 and not till.ticket.lines[0].discount_bp
            assert await till.facts(j.ActionApproved) == []

    run(day())
