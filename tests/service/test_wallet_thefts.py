"""What a dishonest seller tried with cagnottes, step by step: each needs a manager's word, or cannot be done."""

import msgspec
import pytest

from appliance.domain import journal as j
from appliance.domain.customer import Customer, CustomerCode, Group, GroupRate
from appliance.hal.simulated.terminal import Decision, Fault, Play
from appliance.protocol import command as c
from appliance.service import clients
from appliance.store import customers as store
from tests.service.test_wallets import (
    ANNE,
    AT,
    CLAIRE,
    at_a_counter,
    balance,
    credits,
    furnish,
    gives,
    in_a_shop,
    with_a_ticket,
)
from tests.support.customers import save
from tests.support.till import NADIA, PINS

VIP = Group("g-vip000000001", "VIP", (GroupRate(2000),))
OWN = "c-camille0000"


async def is_stopped_for(till, right):
    """A manager is asked, for this right; nobody comes."""
    assert (till.screen.partition("/")[2], till.till.desk.approval_right) == ("approval", right)
    await till.do(c.CloseSheet())


async def with_a_vip(till):
    """Camille's own card is in a group with 20 %."""
    own = Customer(OWN, last_name="Camille", first_name="C", codes=(CustomerCode("2100 0900"),), group=VIP.id)
    await till.books(lambda conn: store.write_group(conn, VIP))
    await till.books(lambda conn: save(conn, own, AT))
    till.till.directory.forget_all()


async def sells_in_cash(till, amount, customer=""):
    await till.do(c.NewTicket(), c.AddFreePrice(amount, "food"))
    if customer:
        await till.do(c.AttachCustomer(customer))
    await till.do(c.StartPayment(), c.AddTender("cash"))


# --- 1: change that stands on a wallet ------------------------------------------------------------------------------


def test_change_on_a_wallet_comes_off_again_with_a_managers_word_only(tmp_path):
    async def work(till):
        await with_a_ticket(till, 1740)
        await till.do(c.AddTender("cash", 10_000), c.PutChangeOnWallet())
        assert balance(till) == 8260
        await till.do(c.CorrectPayment())
        await is_stopped_for(till, "cancel_credit")
        assert balance(till) == 8260
        assert not await till.facts(j.SettlementReversed, j.WalletCreditCancelled)
        await till.do(c.CorrectPayment(), c.Approve(PINS["nadia"]))
        assert (balance(till), till.screen) == (0, "payment")
        assert [fact.right for fact in await till.facts(j.ActionApproved)] == ["cancel_credit"]

    in_a_shop(work, tmp_path)


def test_change_that_was_given_in_coins_leaves_the_own_sale_to_its_seller(tmp_path):
    async def work(till):
        await with_a_ticket(till, 1740)
        await till.do(c.AddTender("cash", 10_000), c.CorrectPayment(), c.AddTender("cash"))
        assert not await till.facts(j.ActionApproved)

    in_a_shop(work, tmp_path)


# --- 6: the wallet of somebody who had not paid ---------------------------------------------------------------------


@pytest.mark.parametrize("was_on_the_sale", [False, True])
def test_cash_is_not_taken_out_again_by_paying_from_a_wallet(tmp_path, was_on_the_sale):
    async def work(till):
        await gives(till, 5000)
        await sells_in_cash(till, 2000, ANNE if was_on_the_sale else "")
        await till.do(c.CorrectPayment(), c.AttachCustomer(ANNE), c.AddTender("wallet"))
        await is_stopped_for(till, "correct_payment")
        assert (balance(till), till.state.reserved(ANNE).total_minor) == (5000, 0)
        await till.do(c.AddTender("wallet", 500))
        await is_stopped_for(till, "correct_payment")
        await till.do(c.AddTender("wallet"), c.Approve(PINS["nadia"]))
        assert (balance(till), till.state.last_closed.customer) == (3000, ANNE)

    in_a_shop(work, tmp_path)


def test_what_a_wallet_had_paid_it_pays_again_without_a_manager(tmp_path):
    async def work(till):
        await gives(till, 5000)
        await with_a_ticket(till, 2000)
        await till.do(c.AddTender("wallet", 1500), c.AddTender("card"), c.CorrectPayment())
        await till.do(c.AddTender("wallet", 1000), c.AddTender("wallet", 500))
        assert not await till.facts(j.ActionApproved)
        await till.do(c.AddTender("wallet", 100))
        await is_stopped_for(till, "correct_payment")
        await till.do(c.AddTender("cash"))
        assert balance(till) == 3500

    in_a_shop(work, tmp_path)


# --- 5: cheaper by a customer's group -------------------------------------------------------------------------------


def test_a_reopened_sale_becomes_cheaper_by_a_customer_with_a_managers_word_only(tmp_path):
    async def work(till):
        await with_a_vip(till)
        await sells_in_cash(till, 2000)
        await till.do(c.CorrectPayment(), c.AttachCustomer(OWN))
        await is_stopped_for(till, "void_ticket")
        assert till.ticket.customer == ""
        await till.scan("2100 0900")
        await is_stopped_for(till, "void_ticket")
        await till.do(c.AttachCustomer(ANNE))
        assert till.ticket.customer == ANNE
        await till.do(c.AttachCustomer(OWN), c.Approve(PINS["nadia"]))
        assert (till.ticket.customer, till.view.ticket.total_minor) == (OWN, 1600)

    in_a_shop(work, tmp_path)


def test_a_group_that_gives_something_is_given_by_who_may_set_groups_up(tmp_path):
    async def work(till):
        await with_a_vip(till)
        await till.do(c.ShowTab("clients"), c.EditCustomer(ANNE), c.FillCustomer("group", VIP.id), c.SaveCustomer())
        await is_stopped_for(till, "masters")
        assert till.till.directory.get(ANNE).group == ""
        await till.do(c.SaveCustomer(), c.Approve(PINS["nadia"]))
        assert till.till.directory.get(ANNE).group == VIP.id
        await till.do(c.EditCustomer(ANNE), c.FillCustomer("phone", "079 555 44 12"), c.SaveCustomer())
        assert till.till.directory.get(ANNE).phones == ("079 555 44 12",)
        await till.do(c.EditCustomer(ANNE), c.FillCustomer("group", ""), c.SaveCustomer())
        assert len(await till.facts(j.ActionApproved)) == 1

    in_a_shop(work, tmp_path)


def test_a_reopened_sale_keeps_its_price_when_its_customer_gets_a_group(tmp_path):
    async def work(till):
        await with_a_vip(till)
        await sells_in_cash(till, 2000, ANNE)
        await till.do(c.CorrectPayment(), c.EditCustomer(ANNE), c.FillCustomer("group", VIP.id), c.SaveCustomer())
        await till.do(c.Approve(PINS["nadia"]))
        assert (till.till.directory.get(ANNE).group, till.ticket.group) == (VIP.id, "")
        assert sum(line.amount_minor for line in till.ticket.lines) == 2000

    in_a_shop(work, tmp_path)


# --- 7: a sale that is taken back and left ---------------------------------------------------------------------------


def test_the_day_does_not_end_on_a_sale_that_was_taken_back_and_left(tmp_path):
    async def work(till):
        await sells_in_cash(till, 2000)
        await till.do(c.CorrectPayment(), c.GoBack(), c.HoldTicket(), c.Lock())
        await till.scan(NADIA)
        assert await till.refused(c.StartClosing()) == "closing.corrected"
        (left,) = till.till.held_tickets()
        await till.do(c.RecallTicket(left.number), c.StartPayment(), c.AddTender("cash"))
        await till.closes_the_day()
        assert await till.facts(j.SessionClosed)

    in_a_shop(work, tmp_path)


def test_a_manager_takes_the_goods_off_it_and_the_day_ends(tmp_path):
    async def work(till):
        await sells_in_cash(till, 2000)
        await till.do(c.CorrectPayment(), c.GoBack(), c.RemoveLine(1))
        await is_stopped_for(till, "void_ticket")
        await till.do(c.RemoveLine(1), c.Approve(PINS["nadia"]))
        await till.closes_the_day(-2000)
        (closed,) = await till.facts(j.SessionClosed)
        assert (closed.held, closed.totals.removed.amount_minor) == ((), -2000)

    in_a_shop(work, tmp_path)


# --- 3: erased while money can still come back ----------------------------------------------------------------------


def test_who_paid_the_last_sale_by_wallet_is_not_erased_before_the_next_one(tmp_path):
    async def work(till):
        await gives(till, 2000)
        await with_a_ticket(till, 2000)
        await till.do(c.AddTender("wallet"), c.ShowTab("clients"))
        assert await till.refused(c.DeleteCustomer(ANNE, True)) == "customer.on_last_sale"
        await till.do(c.ShowTab("sale"))
        await sells_in_cash(till, 500)
        await till.do(c.ShowTab("clients"), c.DeleteCustomer(ANNE, True))
        clients._erase_one(till.till, ANNE)
        assert till.till.directory.get(ANNE) is None

    in_a_shop(work, tmp_path)


def test_a_sale_that_no_wallet_paid_keeps_nobody(tmp_path):
    async def work(till):
        await sells_in_cash(till, 2000, ANNE)
        await till.do(c.ShowTab("clients"), c.DeleteCustomer(ANNE, True))
        clients._erase_one(till.till, ANNE)
        assert till.till.directory.get(ANNE) is None

    in_a_shop(work, tmp_path)


def test_no_change_goes_on_the_wallet_of_who_is_gone(tmp_path):
    async def work(till):
        await with_a_ticket(till, 1740)
        await till.do(c.AddTender("cash", 10_000))
        await till.books(lambda conn: store.erase(conn, ANNE, AT))
        till.till.directory.forget_all()
        assert await till.refused(c.PutChangeOnWallet()) == "client.gone"

    in_a_shop(work, tmp_path)


# --- 13: the first part of a credit ---------------------------------------------------------------------------------


async def hands_over_20_of_50(till):
    await till.do(c.OpenCredit(ANNE), c.TypeCredit(5000), c.ChooseCreditMode("cash"), c.TypeCredit(2000))
    await till.do(c.CollectCredit())


def said(till):
    return [
        (row.code, row.params.get("amount_minor")) for row in till.till.desk.notices if row.source == "wallet parts"
    ]


def test_a_part_that_was_in_hand_when_the_power_went_is_said_until_somebody_closes_it(tmp_path):
    async def work(till):
        await hands_over_20_of_50(till)
        for _ in range(2):
            await till.pull_the_plug()
            assert said(till) == [("wallet.were_received", 2000)]
            await till.do(c.Lock())
            await till.scan(NADIA)
            assert till.till.desk.notices[0].params["name"] == "Anne Rochat"
        await till.do(c.DismissMessage())
        await till.pull_the_plug()
        assert said(till) == []

    in_a_shop(work, tmp_path)


def test_a_credit_that_was_left_is_still_owed_after_a_restart(tmp_path):
    async def work(till):
        await hands_over_20_of_50(till)
        await till.do(c.CloseSheet())
        assert said(till) == [("wallet.give_back", 2000)]
        await till.pull_the_plug()
        assert said(till) == [("wallet.were_received", 2000)]

    in_a_shop(work, tmp_path)


def test_a_credit_that_is_booked_leaves_nothing_to_say(tmp_path):
    async def work(till):
        await hands_over_20_of_50(till)
        await till.pull_the_plug()
        await furnish(till)
        await credits(till, 5000)
        assert (balance(till), said(till)) == (5000, [])
        await hands_over_20_of_50(till)
        await till.do(c.CollectCredit())
        assert balance(till) == 10_000
        await till.pull_the_plug()
        assert (balance(till), said(till)) == (10_000, [])

    in_a_shop(work, tmp_path)


def test_the_part_in_coins_outlives_a_card_whose_answer_the_power_took(tmp_path):
    async def work(till):
        await hands_over_20_of_50(till)
        till.terminal.plays.append(Play(Decision.APPROVE, fault=Fault.LOST_ANSWER))
        await till.do(c.ChooseCreditMode("card"), c.CollectCredit())
        await till.pull_the_plug()
        await furnish(till)
        assert (said(till), till.till.desk.parts.amount_minor) == ([], 2000)
        await till.unknown()
        await till.do(c.ConfirmCard(False))
        assert till.till.desk.credit.payments[0].amount_minor == 2000
        await till.do(c.GoBack(), c.GoBack(), c.CloseSheet())
        assert (said(till), balance(till)) == ([("wallet.give_back", 2000)], 0)

    at_a_counter(work, tmp_path)


# --- 14: reasons ----------------------------------------------------------------------------------------------------


def test_a_reason_that_outlives_the_customer_is_one_of_those_offered(tmp_path):
    async def work(till):
        await till.do(c.Lock())
        await till.scan(NADIA)
        await gives(till, 2000)
        await till.do(c.OpenWalletAction(ANNE, "block"))
        assert await till.refused(c.DoWalletAction(reason="Anne Rochat a volé")) == "wallet.reason"
        await till.do(c.DoWalletAction(reason="other"), c.OpenWalletAction(ANNE, "unblock"))
        await till.do(c.DoWalletAction(reason="Anne Rochat"), c.OpenWalletAction(ANNE, "transfer"))
        await till.do(c.DoWalletAction(customer=CLAIRE, reason="pour Anne Rochat"))
        await till.do(c.OpenWalletAction(CLAIRE, "refund"), c.DoWalletAction(mode="cash", reason="Anne Rochat"))
        await till.do(c.OpenWalletAction(ANNE, "adjust"))
        assert await till.refused(c.DoWalletAction(reason="Rochat", amount_minor=5)) == "wallet.reason"
        found = await till.facts(j.WalletBlocked, j.WalletUnblocked, j.WalletTransferred, j.WalletRefunded)
        assert [fact.reason for fact in found[1:]] == ["", "", ""]
        assert not any(b"Rochat" in msgspec.json.encode(fact) for fact in found)

    in_a_shop(work, tmp_path)
