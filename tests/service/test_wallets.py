"""The wallet at the till: features W-02 to W-05, W-08 to W-10, W-17, W-18, W-26, W-32, W-35, touch by touch."""

import asyncio
from contextlib import asynccontextmanager
from datetime import date, timedelta

import msgspec
import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.catalog import WalletRules
from appliance.domain.customer import Customer, CustomerCode
from appliance.domain.errors import Refusal
from appliance.domain.meaning import receipt_code
from appliance.hal.simulated.terminal import Decision, Fault, Play
from appliance.protocol import command as c
from tests.support.cards import a_counter
from tests.support.customers import save
from tests.support.till import JAM, NADIA, PINS, a_till

ANNE, CLAIRE = "c-anne00000001", "c-claire000002"
ANNES_CARD, CLAIRES_CARD, NEW_CARD = "2100 0042", "2100 0107", "2100 0555"
AT = "2026-11-01T08:00:00.000Z"
FOLK = (
    Customer(ANNE, civility="madam", last_name="Rochat", first_name="Anne", codes=(CustomerCode(ANNES_CARD),)),
    Customer(CLAIRE, last_name="Rochaix", first_name="Claire", codes=(CustomerCode(CLAIRES_CARD),)),
)


@asynccontextmanager
async def a_shop(folder, rules=None, **changes):
    """A till with wallets switched on, and two customers."""
    async with a_till(folder, **changes) as till:
        await furnish(till, rules)
        yield till


async def furnish(till, rules=None):
    for customer in FOLK:
        await till.books(lambda conn, person=customer: save(conn, person, AT))
    till.till.directory.forget_all()
    shop = till.till.shop
    tenders = tuple(msgspec.structs.replace(row, enabled=True) for row in shop.tenders)
    till.till.shop = msgspec.structs.replace(shop, tenders=tenders, wallet=rules or WalletRules())


def in_a_shop(work, folder, **changes):
    async def run():
        async with a_shop(folder, **changes) as till:
            await work(till)

    asyncio.run(run())


async def gives(till, paid, gifted=0, customer=ANNE):
    """Put this on a wallet, by the core."""
    modes = {mode.id: mode for mode in till.till.shop.tenders}
    rules = till.till.shop.wallet_rules_in("CH")
    payments = (i.Payment(modes["cash"]),)
    if paid:
        till.till.do(i.CreditWallet(customer, paid, payments, rules, gifted))
    elif gifted:
        till.till.do(i.AdjustWallet(customer, gifted, "goodwill"))


async def credits(till, amount, mode="", customer=ANNE):
    await till.do(c.OpenCredit(customer), c.TypeCredit(amount))
    await till.do(*([c.ChooseCreditMode(mode)] if mode else []), c.CollectCredit())


def balance(till, customer=ANNE):
    return till.state.holding(customer).balance_minor


async def with_a_ticket(till, amount):
    """A ticket of this much in hand, with Anne on it, at Encaissement."""
    await till.do(c.NewTicket(), c.AddFreePrice(amount, "food"))
    await till.do(c.AttachCustomer(ANNE), c.StartPayment())


# --- credit ---------------------------------------------------------------------------------------------------------


def test_w02_a_credit_from_a_ticket_leaves_its_lines_and_shows_the_balance(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("2 croissant")
        await till.scan(ANNES_CARD)
        before = till.basket()
        await till.do(c.OpenSheet("client_menu"), c.OpenCredit(ANNE))
        sheet = till.view.sheet
        assert (sheet.mode, sheet.amount_minor, sheet.error) == ("cash", 0, "wallet.no_amount")
        assert "wallet" not in {key.id for key in sheet.modes}
        await till.do(c.TypeCredit(5000))
        assert (till.view.sheet.new_balance_minor, till.view.sheet.error) == (5000, "")
        await till.do(c.CollectCredit())
        assert (till.screen, till.basket(), till.message) == ("sale", before, "wallet.credited")
        assert till.till.desk.notices[0].params["balance_minor"] == 5000
        assert till.view.ticket.client.wallet_minor == 5000
        (fact,) = await till.facts(j.WalletCredited)
        assert (fact.ticket, fact.tenders[0].mode, fact.drawer) == (till.ticket.number, "cash", True)

    in_a_shop(work, tmp_path)


def test_w03_a_credit_from_clients_with_change_and_the_paper_by_itself(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE), c.OpenCredit(ANNE), c.TypeCredit(5000))
        await till.do(c.ChooseCreditMode("cash"), c.TypeCredit(10_000))
        sheet = till.view.sheet
        assert (sheet.field, sheet.received_minor, sheet.change_minor) == ("received", 10_000, 5000)
        await till.do(c.CollectCredit())
        assert (till.screen, till.message) == ("clients/wallet_given", "wallet.credited_change")
        assert till.view.clients.client.wallet_minor == 5000
        (fact,) = await till.facts(j.WalletCredited)
        assert [copy.of_document for copy in await till.facts(j.CopyIssued)] == [fact.document]

    in_a_shop(work, tmp_path)


def test_what_a_credit_leaves_to_give_stays_until_something_else_is_done(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE), c.OpenCredit(ANNE), c.TypeCredit(5000))
        await till.do(c.ChooseCreditMode("cash"), c.TypeCredit(10_000), c.CollectCredit())
        sheet = till.view.sheet
        assert (sheet.kind, sheet.name, sheet.document) == ("credited", "Mme Anne Rochat", 1)
        assert (sheet.out_minor, sheet.received_minor, sheet.moved_minor) == (5000, 10_000, 5000)
        assert [(coin.value_minor, coin.count) for coin in sheet.coins] == [(5000, 1)]
        till.till.desk.notices.clear()  # the bar's ten seconds are over
        assert till.view.sheet.balance_minor == 5000
        await till.do(c.PrintMovement(sheet.document))
        assert till.screen == "clients/wallet_given"
        await till.scan(CLAIRES_CARD)
        assert (till.screen, till.till.desk.client) == ("clients", CLAIRE)

    in_a_shop(work, tmp_path)


def test_a_receipt_that_waits_for_paper_is_said_and_not_copied(tmp_path):
    async def work(till):
        till.till.desk.say("printer.paper_out", "error", source="printer.receipt")
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await credits(till, 5000)
        assert [notice.code for notice in till.till.desk.notices] == ["printer.paper_out", "wallet.credited"]
        assert not till.till.desk.notices[1].actions
        assert await till.refused(c.PrintMovement(1)) == "wallet.paper_waits"

    in_a_shop(work, tmp_path)


def test_a_credit_paid_exactly_leaves_nothing_to_give(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await credits(till, 5000)
        assert till.screen == "clients"

    in_a_shop(work, tmp_path)


def test_a_ticket_recharged_for_says_the_change_of_the_credit_and_the_balance(tmp_path):
    async def work(till):
        await with_a_ticket(till, 1740)
        await till.do(c.RechargeWallet(2000), c.ChooseCreditMode("cash"), c.TypeCredit(10_000), c.CollectCredit())
        result = till.view.result
        assert (till.screen, result.change_minor, result.received_minor) == ("sale", 8000, 10_000)
        assert (result.wallet_credited_minor, result.wallet_balance_minor) == (2000, 260)
        await till.do(c.NewTicket(), c.AddFreePrice(500, "food"))
        await till.do(c.TakeCash(1000, 500))
        result = till.view.result
        assert (result.change_minor, result.wallet_credited_minor, result.wallet_balance_minor) == (500, 0, None)

    in_a_shop(work, tmp_path)


def test_what_was_received_stays_in_hand_when_the_rest_is_paid_otherwise(tmp_path):
    async def work(till):
        await till.do(c.OpenCredit(ANNE), c.TypeCredit(5000), c.ChooseCreditMode("cash"), c.TypeCredit(2000))
        await till.do(c.ChooseCreditMode("card"))
        sheet = till.view.sheet
        assert [(row.name, row.amount_minor) for row in sheet.payments] == [("Espèces", 2000)]
        assert (sheet.mode, sheet.remaining_minor, sheet.received_minor) == ("card", 3000, 0)
        await till.do(c.CollectCredit())
        (fact,) = await till.facts(j.WalletCredited)
        assert [(row.mode, row.amount_minor) for row in fact.tenders] == [("cash", 2000), ("card", 3000)]

    in_a_shop(work, tmp_path)


def test_the_mode_may_come_first_and_encaisser_then_asks_for_the_amount(tmp_path):
    async def work(till):
        await till.do(c.OpenCredit(ANNE), c.ChooseCreditMode("twint"), c.CollectCredit())
        assert till.view.sheet.asks_amount
        assert await till.refused(c.CollectCredit()) == "wallet.no_amount"
        await till.do(c.TypeCredit(2000), c.CollectCredit())
        (fact,) = await till.facts(j.WalletCredited)
        assert [tender.mode for tender in fact.tenders] == ["twint"]

    in_a_shop(work, tmp_path)


def test_w04_several_means_are_one_document_and_one_drawer(tmp_path):
    async def work(till):
        await till.do(c.OpenCredit(ANNE), c.TypeCredit(5000), c.ChooseCreditMode("cash"), c.TypeCredit(2000))
        await till.do(c.CollectCredit())
        sheet = till.view.sheet
        assert ([row.amount_minor for row in sheet.payments], sheet.remaining_minor) == ([2000], 3000)
        assert balance(till) == 0
        await till.do(c.ChooseCreditMode("card"), c.CollectCredit())
        (fact,) = await till.facts(j.WalletCredited)
        assert [(row.mode, row.amount_minor) for row in fact.tenders] == [("cash", 2000), ("card", 3000)]
        assert (fact.drawer, balance(till)) == (True, 5000)

    in_a_shop(work, tmp_path)


def test_who_leaves_the_sheet_gives_back_what_was_in_hand(tmp_path):
    async def work(till):
        await till.do(c.OpenCredit(ANNE), c.TypeCredit(5000), c.ChooseCreditMode("cash"), c.TypeCredit(2000))
        await till.do(c.CollectCredit(), c.RemoveCreditPayment(1))
        assert till.view.sheet.payments == ()
        await till.do(c.TypeCredit(2000), c.CollectCredit(), c.CloseSheet())
        assert (till.message, till.till.desk.credit) == ("wallet.give_back", None)
        assert await till.facts(j.WalletCredited) == []
        assert await till.refused(c.CollectCredit()) == "wallet.left"

    in_a_shop(work, tmp_path)


def test_w18_w20_what_a_credit_refuses(tmp_path):
    async def work(till):
        await till.do(c.OpenCredit(ANNE))
        assert await till.refused(c.ChooseCreditMode("wallet")) == "wallet.choose_mode"
        await till.do(c.TypeCredit(60_000))
        sheet = till.view.sheet
        assert (sheet.error, sheet.params) == ("wallet.max_credit", {"limit_minor": 50_000})
        assert await till.refused(c.CollectCredit()) == "wallet.max_credit"
        await till.do(c.TypeCredit(5003))
        assert await till.refused(c.CollectCredit()) == "tender.no_such_coin"
        await till.do(c.ChooseCreditMode("twint"), c.TypeCredit(6000))
        assert await till.refused(c.CollectCredit()) == "tender.too_much"
        await till.do(c.TypeCredit(0), c.CollectCredit())
        assert balance(till) == 5003

    in_a_shop(work, tmp_path, rules=WalletRules(max_credit_minor=50_000))


def test_switched_off_nothing_is_credited(tmp_path):
    async def work(till):
        shop = till.till.shop
        tenders = tuple(msgspec.structs.replace(row, enabled=row.kind != "wallet") for row in shop.tenders)
        till.till.shop = msgspec.structs.replace(shop, tenders=tenders)
        assert await till.refused(c.OpenCredit(ANNE)) == "client.wallets_off"

    in_a_shop(work, tmp_path)


def test_w01_switched_off_a_balance_is_still_read_and_given_back_by_right(tmp_path):
    async def work(till):
        await gives(till, 5000, 500)
        shop = till.till.shop
        tenders = tuple(msgspec.structs.replace(row, enabled=row.kind != "wallet") for row in shop.tenders)
        till.till.shop = msgspec.structs.replace(shop, tenders=tenders)
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await asyncio.gather(*till.till._chores)
        card = till.view.clients.client
        assert (card.wallet_minor, card.kept_minor, card.sales, len(card.movements)) == (0, 5500, None, 1)
        assert {row.id: row.wallet_minor for row in till.view.clients.rows}[ANNE] is None
        assert await till.refused(c.OpenWalletAction(ANNE, "adjust")) == "wallet.not_now"
        await till.do(c.OpenWalletAction(ANNE))
        assert till.view.sheet.actions == ("refund",)
        await till.do(c.OpenWalletAction(ANNE, "refund"), c.DoWalletAction(mode="cash"), c.Approve(PINS["nadia"]))
        assert (balance(till), till.message) == (0, "wallet.refunded")
        assert till.view.clients.client.kept_minor == 0

    in_a_shop(work, tmp_path)


# --- cancelled ------------------------------------------------------------------------------------------------------


def test_w08_what_is_not_spent_goes_back_the_way_it_came_with_a_managers_word(tmp_path):
    async def work(till):
        await credits(till, 5000)
        await with_a_ticket(till, 3000)
        await till.do(c.AddTender("wallet"), c.OpenCredit(ANNE), c.SetCreditQuantity(-1))
        sheet = till.view.sheet
        assert (sheet.quantity, sheet.amount_minor, [row.left_minor for row in sheet.credits]) == (-1, 2000, [2000])
        await till.do(c.TypeCredit(5000))
        assert (till.view.sheet.error, till.view.sheet.params) == ("wallet.spent_already", {"amount_minor": 2000})
        assert await till.refused(c.CollectCredit()) == "wallet.spent_already"
        await till.do(c.TypeCredit(2000), c.CollectCredit())
        assert till.screen == "sale/approval"
        await till.scan(NADIA)
        assert (till.message, balance(till), till.screen) == ("wallet.cancelled", 0, "sale/wallet_given")
        assert till.view.sheet.out_minor == 2000
        (fact,) = await till.facts(j.WalletCreditCancelled)
        assert [(row.mode, row.amount_minor) for row in fact.tenders] == [("cash", -2000)]
        await till.do(c.OpenCredit(ANNE), c.SetCreditQuantity(-1))
        assert (till.view.sheet.credits, till.view.sheet.error) == ((), "wallet.nothing_to_cancel")

    in_a_shop(work, tmp_path)


def test_seed_000_the_means_chosen_first_says_which_credit_goes_back(tmp_path):
    async def work(till):
        await credits(till, 5000, "card")
        await credits(till, 2000)
        await till.do(c.OpenCredit(ANNE), c.SetCreditQuantity(-1))
        assert (till.view.sheet.amount_minor, till.view.sheet.mode) == (2000, "cash")
        await till.do(c.SetCreditQuantity(1), c.ChooseCreditMode("card"), c.SetCreditQuantity(-1))
        sheet = till.view.sheet
        by_card = next(row.document for row in sheet.credits if row.amount_minor == 5000)
        assert (sheet.amount_minor, sheet.mode, sheet.credit) == (5000, "card", by_card)
        await till.do(c.SetCreditQuantity(1), c.ChooseCreditMode("twint"), c.SetCreditQuantity(-1))
        assert till.view.sheet.amount_minor == 2000

    in_a_shop(work, tmp_path)


def days_later(till, days):
    """The session that is open belongs to a later day."""
    session = till.state.session
    session.business_date = (date.fromisoformat(session.business_date) + timedelta(days)).isoformat()


def test_a_card_that_is_too_old_gets_nothing_back_and_a_manager_gives_coins(tmp_path):
    async def work(till):
        await credits(till, 5000, "card")
        days_later(till, 30)
        await till.do(c.OpenCredit(ANNE), c.SetCreditQuantity(-1))
        assert (till.view.sheet.too_old_days, till.view.sheet.drawer_minor) == (0, None)
        days_later(till, 1)
        await till.do(c.TypeCredit(2000))
        assert (till.view.sheet.too_old_days, till.view.sheet.error) == (30, "")
        await till.do(c.CollectCredit(), c.Approve(PINS["nadia"]))
        (fact,) = await till.facts(j.WalletCreditCancelled)
        assert [(row.mode, row.kind, row.amount_minor) for row in fact.tenders] == [("cash", "cash", -2000)]
        assert balance(till) == 3000
        with pytest.raises(Refusal, match="card_too_old"):
            till.till.do(i.CancelCredit(ANNE, fact.of, 1000, 5, card_days=30))

    in_a_shop(work, tmp_path)


def test_more_coins_than_should_be_in_the_drawer_are_warned_of(tmp_path):
    async def work(till):
        there = till.state.session.totals.expected_minor
        await credits(till, there + 10_000, "card")
        days_later(till, 31)
        await till.do(c.OpenCredit(ANNE), c.SetCreditQuantity(-1))
        assert (till.view.sheet.drawer_minor, till.view.sheet.error) == (there, "")
        await till.do(c.TypeCredit(there))
        assert till.view.sheet.drawer_minor is None
        await till.do(c.OpenWalletAction(ANNE, "refund"))
        assert till.view.sheet.drawer_minor == there

    in_a_shop(work, tmp_path)


# --- spent ----------------------------------------------------------------------------------------------------------


def test_w09_a_ticket_is_taken_on_the_wallet_to_the_centime(tmp_path):
    async def work(till):
        await gives(till, 4000)
        await with_a_ticket(till, 3333)
        key = next(key for key in till.view.payment.tenders if key.kind == "wallet")
        assert (key.detail, key.detail_minor, key.is_enabled) == ("tender.detail.balance", 4000, True)
        await till.do(c.AddTender("wallet"))
        assert (balance(till), till.screen) == (667, "sale")
        assert [(row.kind, row.amount_minor) for row in till.state.last_closed.tenders] == [("wallet", 3333)]

    in_a_shop(work, tmp_path)


def test_w05_given_credit_is_spent_first(tmp_path):
    async def work(till):
        await gives(till, 5000, 500)
        await with_a_ticket(till, 2000)
        await till.do(c.AddTender("wallet"))
        assert till.state.last_closed.tenders[0].gifted_minor == 500
        await till.do(c.OpenCredit(ANNE), c.SetCreditQuantity(-1))
        assert till.view.sheet.amount_minor == 3500

    in_a_shop(work, tmp_path)


def test_w10_a_short_wallet_is_used_up_or_recharged_on_the_spot(tmp_path):
    async def work(till):
        await gives(till, 1200)
        await with_a_ticket(till, 3000)
        await till.do(c.AddTender("wallet"))
        sheet = till.view.sheet
        assert (till.screen, sheet.total_minor, sheet.balance_minor, sheet.missing_minor) == (
            "payment/wallet_short", 3000, 1200, 1800,
        )  # fmt: skip
        assert sheet.presets == (2000, 5000, 10_000)
        await till.do(c.RechargeWallet())
        sheet = till.view.sheet
        assert (sheet.amount_minor, sheet.for_ticket_minor) == (1800, 3000)
        await till.do(c.ChooseCreditMode("cash"), c.CollectCredit())
        assert (till.screen, balance(till)) == ("sale", 0)
        assert [(row.kind, row.amount_minor) for row in till.state.last_closed.tenders] == [("wallet", 3000)]
        assert till.message == "wallet.credited_and_paid"
        assert till.till.desk.notices[0].params["balance_minor"] == 0

    in_a_shop(work, tmp_path)


def test_w10_the_rest_is_paid_otherwise(tmp_path):
    async def work(till):
        await gives(till, 1540)
        await with_a_ticket(till, 2106)
        await till.do(c.AddTender("wallet"), c.UseWallet())
        assert (till.screen, till.view.ticket.remaining_minor) == ("payment", 566)
        assert till.view.ticket.client.wallet_minor == 0
        await till.do(c.AddTender("card"))
        assert [row.amount_minor for row in till.state.last_closed.tenders] == [1540, 566]

    in_a_shop(work, tmp_path)


def test_an_empty_wallet_offers_to_recharge_and_no_client_asks_for_one(tmp_path):
    async def work(till):
        await till.do(c.NewTicket())
        await till.adds("2 croissant")
        await till.do(c.StartPayment(), c.AddTender("wallet"))
        assert (till.screen, till.view.sheet.purpose) == ("payment/client_picker", "wallet")
        await till.do(c.AttachCustomer(ANNE))
        assert (till.screen, till.message, till.view.sheet.balance_minor) == (
            "payment/wallet_short", "wallet.empty", 0,
        )  # fmt: skip
        assert await till.refused(c.UseWallet()) == "wallet.insufficient"
        await till.do(c.RechargeWallet(2000), c.CollectCredit())
        assert (till.screen, balance(till)) == ("sale", 2000 - 320)

    in_a_shop(work, tmp_path)


def test_pour_quel_client_goes_on_with_what_was_touched_before(tmp_path):
    async def work(till):
        await gives(till, 5000)
        await till.do(c.NewTicket(), c.AddFreePrice(2000, "food"), c.StartPayment(), c.AddTender("wallet", 500))
        await till.do(c.AttachCustomer(ANNE))
        assert (till.screen, till.view.ticket.remaining_minor) == ("payment", 1500)
        await till.do(c.AddTender("cash"), c.NewTicket(), c.AddFreePrice(2000, "food"))
        await till.do(c.StartPayment(), c.AddTender("card", 500))
        await till.do(c.AddTender("wallet"))
        await till.scan(ANNES_CARD)
        assert (till.screen, balance(till)) == ("sale", 3000)
        assert [row.kind for row in till.state.last_closed.tenders] == ["card", "wallet"]

    in_a_shop(work, tmp_path)


def test_a_blocked_wallet_is_said_once_its_client_is_chosen(tmp_path):
    async def work(till):
        till.till.do(i.BlockWallet(ANNE, "lost"))
        await till.do(c.NewTicket(), c.AddFreePrice(2000, "food"), c.StartPayment(), c.AddTender("wallet"))
        await till.do(c.AttachCustomer(ANNE))
        assert (till.screen, till.message, till.ticket.customer) == ("payment", "wallet.blocked", ANNE)

    in_a_shop(work, tmp_path)


def test_a_client_who_is_created_for_the_wallet_is_asked_to_recharge(tmp_path):
    async def work(till):
        await till.do(c.NewTicket(), c.AddFreePrice(2000, "food"), c.StartPayment(), c.AddTender("wallet"))
        await till.do(c.NewCustomer(), c.FillCustomer("name", "Favre"), c.FillCustomer("first_name", "Zoé"))
        await till.do(c.SaveCustomer())
        assert (till.screen, till.message) == ("payment/wallet_short", "wallet.empty")

    in_a_shop(work, tmp_path)


def test_w32_only_the_cash_part_is_rounded(tmp_path):
    async def work(till):
        await gives(till, 5000)
        for part, rounding in ((1002, 0), (1000, -2)):
            await with_a_ticket(till, 1237)
            await till.do(c.AddTender("wallet", part), c.AddTender("cash"))
            assert till.state.last_closed.rounding_minor == rounding

    in_a_shop(work, tmp_path)


def test_w17_a_corrected_sale_gives_the_wallet_its_part_back(tmp_path):
    async def work(till):
        await gives(till, 1500, 500)
        await with_a_ticket(till, 2000)
        await till.do(c.AddTender("wallet"), c.CorrectPayment())
        purse = till.state.holding(ANNE).purse
        assert (purse.paid_minor, purse.gifted_minor, till.screen) == (1500, 500, "payment")

    in_a_shop(work, tmp_path)


def test_w26_change_is_put_on_the_wallet_once(tmp_path):
    async def work(till):
        await with_a_ticket(till, 1740)
        await till.do(c.AddTender("cash", 2000))
        result = till.view.result
        assert (result.change_minor, result.wallet_change_minor, result.client) == (260, 260, "Anne Rochat")
        expected = till.state.session.totals.expected_minor
        await till.do(c.PutChangeOnWallet())
        assert (balance(till), till.message) == (260, "wallet.credited")
        assert till.state.session.totals.expected_minor == expected + 260
        result = till.view.result
        assert (result.change_minor, result.wallet_change_minor) == (0, 0)
        assert (result.wallet_kept_minor, result.wallet_balance_minor) == (260, 260)
        assert await till.refused(c.PutChangeOnWallet()) == "wallet.change_done"

    in_a_shop(work, tmp_path)


# --- rarer deeds ----------------------------------------------------------------------------------------------------


def test_w35_the_paid_part_is_given_back_and_given_credit_is_cancelled(tmp_path):
    async def work(till):
        await gives(till, 1200, 300)
        await till.do(c.OpenWalletAction(ANNE))
        assert till.view.sheet.actions == ("block", "replace_card", "transfer", "refund", "adjust")
        await till.do(c.OpenWalletAction(ANNE, "refund"), c.DoWalletAction(mode="cash"))
        assert till.screen.endswith("approval")
        await till.do(c.Approve(PINS["nadia"]))
        (fact,) = await till.facts(j.WalletRefunded)
        assert (fact.part.paid_minor, fact.part.gifted_minor, fact.tenders[0].amount_minor) == (1200, 300, -1200)
        assert (balance(till), till.message) == (0, "wallet.refunded")

    in_a_shop(work, tmp_path)


def test_w22_no_seller_ends_a_card_or_gives_a_dead_one_back_in_the_form(tmp_path):
    async def work(till):
        async def writes(code):
            await till.do(c.EditCustomer(ANNE), c.FillCustomer("code", code), c.SaveCustomer())

        def codes():
            return [(row.code, row.state) for row in till.till.directory.get(ANNE).codes]

        whole = codes()
        for code in (NEW_CARD, ""):
            await writes(code)
            assert till.screen.endswith("approval") and codes() == whole
            await till.do(c.CloseSheet())
        await writes("")
        await till.do(c.Approve(PINS["nadia"]))
        assert codes() == [(ANNES_CARD, "blocked")], "it stays, so that nobody else gets it"
        (blocked,) = await till.facts(j.CardBlocked)
        assert (blocked.customer, blocked.card) == (ANNE, ANNES_CARD.replace(" ", "")[-4:])
        await till.do(c.EditCustomer(CLAIRE), c.FillCustomer("code", ANNES_CARD), c.SaveCustomer())
        assert till.screen == "client_form"
        await writes(ANNES_CARD)
        assert till.screen.endswith("approval")
        await till.do(c.CloseSheet())
        await writes(NEW_CARD)
        assert codes() == [(NEW_CARD, "active"), (ANNES_CARD, "blocked")], "a first card needs nobody's word"

    in_a_shop(work, tmp_path)


def test_w22_blocked_replaced_and_transferred(tmp_path):
    async def work(till):
        await till.do(c.Lock())
        await till.scan(NADIA)
        await gives(till, 1000)
        await till.do(c.OpenWalletAction(ANNE, "block"))
        assert await till.refused(c.DoWalletAction()) == "wallet.reason"
        await till.do(c.DoWalletAction(reason="lost"))
        assert till.message == "wallet.is_blocked"
        assert await till.refused(c.OpenCredit(ANNE)) == "wallet.blocked"
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        assert till.view.clients.client.blocked_for == "Carte perdue"
        await till.do(c.NewTicket(), c.AddFreePrice(500, "food"), c.AttachCustomer(ANNE))
        assert (till.message, till.view.ticket.client.is_blocked) == ("client.wallet_blocked", True)
        assert await till.refused(c.AddTender("wallet")) == "wallet.blocked"
        await till.do(c.StartPayment())
        assert till.message == ""
        key = next(key for key in till.view.payment.tenders if key.kind == "wallet")
        assert (key.detail, key.is_enabled) == ("tender.detail.blocked", False)
        await till.do(c.GoBack(), c.OpenWalletAction(ANNE, "unblock"), c.DoWalletAction())
        await till.do(c.OpenWalletAction(ANNE, "replace_card"))
        assert await till.refused(c.DoWalletAction()) == "wallet.scan_card"
        await till.scan(NEW_CARD)
        assert till.view.sheet.scanned == NEW_CARD
        await till.do(c.DoWalletAction())
        assert till.till.directory.get(ANNE).active_codes == (NEW_CARD,)
        assert await till.scan(ANNES_CARD) == "scan.card_replaced"
        await till.do(c.OpenWalletAction(ANNE, "transfer"), c.DoWalletAction(customer=CLAIRE))
        assert (balance(till), balance(till, CLAIRE)) == (0, 1000)
        await till.do(c.OpenWalletAction(CLAIRE, "adjust"), c.DoWalletAction(reason="goodwill", amount_minor=500))
        assert till.state.holding(CLAIRE).purse.gifted_minor == 500
        assert await till.refused(c.DoWalletAction(reason="goodwill", amount_minor=500)) == "wallet.left"

    in_a_shop(work, tmp_path)


RIGHTS = (
    (c.DoWalletAction(reason="lost"), "block", "block_wallet"),
    (c.DoWalletAction(customer=CLAIRE), "transfer", "transfer_wallet"),
    (c.DoWalletAction(mode="cash"), "refund", "refund_balance"),
    (c.DoWalletAction(reason="goodwill", amount_minor=100), "adjust", "adjust_wallet"),
)


@pytest.mark.parametrize(("command", "action", "right"), RIGHTS)
def test_a_seller_is_asked_for_a_manager(tmp_path, command, action, right):
    async def work(till):
        await gives(till, 1000)
        await till.do(c.OpenWalletAction(ANNE, action), command)
        assert till.view.sheet.right == right
        await till.do(c.CloseSheet())
        assert (balance(till), till.till.desk.deed) == (1000, None)

    in_a_shop(work, tmp_path)


def test_the_card_of_a_client_lists_what_moved(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await credits(till, 5000)
        await with_a_ticket(till, 2000)
        await till.do(c.AddTender("wallet"), c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await asyncio.gather(*till.till._chores)
        rows = till.view.clients.client.movements
        assert [(row.kind, row.where, row.amount_minor, row.balance_minor) for row in rows] == [
            ("purchase", "Caisse 1", -2000, 3000), ("credit", "Espèces", 5000, 5000),
        ]  # fmt: skip
        assert till.view.clients.client.initials == "AR"

    in_a_shop(work, tmp_path)


def test_a_movement_shows_its_receipt_which_is_printed_again_or_whose_credit_goes_back(tmp_path):
    async def work(till):
        await credits(till, 5000)
        await with_a_ticket(till, 2000)
        await till.do(c.AddTender("wallet"), c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await asyncio.gather(*till.till._chores)
        bought, credited = till.view.clients.client.movements
        assert bought.document == 0
        await till.do(c.ShowMovement(credited.document))
        sheet = till.view.sheet
        assert (sheet.movement, sheet.customer, sheet.can_cancel) == (credited, ANNE, True)
        await till.do(c.PrintMovement(credited.document))
        assert (till.view.sheet, till.message) == (None, "wallet.copy_ordered")
        await till.do(c.ShowMovement(credited.document), c.OpenCredit(ANNE, credited.document))
        assert (till.view.sheet.quantity, till.view.sheet.credit, till.view.sheet.amount_minor) == (
            -1, credited.document, 3000,
        )  # fmt: skip
        assert await till.refused(c.ShowMovement(999)) == "receipt.none"

    in_a_shop(work, tmp_path)


# --- scans ----------------------------------------------------------------------------------------------------------


def test_scans_over_the_open_sheet(tmp_path):
    async def work(till):
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE), c.OpenCredit(ANNE))
        assert await till.scan(JAM) == "scan.not_here"
        assert till.sound == "scan_refused"
        await till.scan(CLAIRES_CARD)
        assert till.view.sheet.customer == CLAIRE
        await till.do(c.TypeCredit(2000))
        assert await till.scan(ANNES_CARD) == "scan.not_here"
        assert (till.view.sheet.customer, till.view.sheet.amount_minor) == (CLAIRE, 2000)

    in_a_shop(work, tmp_path)


# --- by card --------------------------------------------------------------------------------------------------------


def at_a_counter(work, folder, **changes):
    async def run():
        async with a_counter(folder, **changes) as till:
            await furnish(till)
            await work(till)

    asyncio.run(run())


def test_a_card_pays_a_credit_through_the_terminal_and_gets_it_back(tmp_path):
    async def work(till):
        await till.rings("2 croissant")
        before = till.basket()
        await till.do(c.AttachCustomer(ANNE))
        await credits(till, 5000, "card")
        await till.answered()
        assert (till.screen, till.message, till.basket()) == ("sale", "wallet.credited", before)
        assert (balance(till), till.debited()) == (5000, 5000)
        await till.do(c.Lock())
        await till.scan(NADIA)
        await till.do(c.OpenCredit(ANNE), c.SetCreditQuantity(-1), c.TypeCredit(2000), c.CollectCredit())
        assert till.view.card.purpose == "refund"
        await till.answered()
        assert (balance(till), till.debited(), till.message) == (3000, 3000, "wallet.cancelled")

    at_a_counter(work, tmp_path)


def test_a_refused_card_credits_nothing_and_the_sheet_comes_back(tmp_path):
    async def work(till):
        till.terminal.plays.append(Play(Decision.INSUFFICIENT))
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await credits(till, 5000, "card")
        await till.answered()
        view = till.view.card
        assert (till.screen, view.phase, view.number, view.amount_minor) == ("card", "refused", 0, 5000)
        await till.do(c.GoBack())
        assert (till.screen, till.view.sheet.amount_minor, balance(till)) == ("clients/wallet_credit", 5000, 0)
        till.terminal.plays.append(Play(Decision.DECLINE))
        await till.do(c.CollectCredit())
        await till.answered()
        await till.do(c.RetryCard())
        await till.answered()
        assert (till.screen, balance(till), till.debited()) == ("clients", 5000, 5000)

    at_a_counter(work, tmp_path)


def test_cash_in_hand_and_the_card_for_the_rest(tmp_path):
    async def work(till):
        await till.do(c.OpenCredit(ANNE), c.TypeCredit(5000), c.ChooseCreditMode("card"), c.TypeCredit(2000))
        assert await till.refused(c.CollectCredit()) == "wallet.card_last"
        till.terminal.plays.append(Play(Decision.DECLINE))
        await till.do(c.ChooseCreditMode("cash"), c.TypeCredit(2000), c.CollectCredit())
        await till.do(c.ChooseCreditMode("card"), c.CollectCredit())
        shown = till.view.card
        assert (shown.amount_minor, shown.credit_minor) == (3000, 5000)
        assert [(row.name, row.amount_minor) for row in shown.credit_paid] == [("Espèces", 2000)]
        await till.answered()
        shown = till.view.card
        assert (shown.credit_minor, [row.amount_minor for row in shown.credit_paid]) == (5000, [2000])
        await till.do(c.GoBack())
        assert [row.amount_minor for row in till.view.sheet.payments] == [2000]
        await till.do(c.CollectCredit())
        await till.answered()
        (fact,) = await till.facts(j.WalletCredited)
        assert [(row.mode, row.amount_minor) for row in fact.tenders] == [("cash", 2000), ("card", 3000)]
        assert till.debited() == 3000

    at_a_counter(work, tmp_path)


@pytest.mark.parametrize("is_accepted", [True, False])
def test_a_lost_answer_about_a_credit_is_a_persons_to_tell(tmp_path, is_accepted):
    async def work(till):
        till.terminal.plays.append(Play(fault=Fault.SILENCE))
        await credits(till, 5000, "card")
        await till.until(lambda: till.terminal.ledger)
        await till.server.unplug()
        await till.unknown()
        assert till.view.card.phase == "unknown"
        assert await till.refused(c.OpenCredit(ANNE)) == "card.to_check"
        await till.do(c.ConfirmCard(is_accepted))
        assert balance(till) == (5000 if is_accepted else 0)
        assert till.message == ("card.credit_unsure" if is_accepted else "card.denied")
        await till.server.plug()
        if is_accepted:
            await till.until(lambda: not till.state.doubts)
            return
        await till.do(c.CloseSheet())
        await till.until(lambda: any(row.says for row in till.state.doubts.values()))
        (doubt,) = till.state.doubts.values()
        await till.do(c.Lock())
        await till.scan(NADIA)
        await till.do(c.ReopenCard(doubt.request.id))
        assert (balance(till), till.debited(), till.message) == (5000, 5000, "wallet.credited")

    at_a_counter(work, tmp_path)


def test_after_a_power_cut_the_credit_the_card_paid_is_there(tmp_path):
    async def work(till):
        till.terminal.plays.append(Play(fault=Fault.SILENCE))
        await credits(till, 5000, "card")
        await till.until(lambda: till.terminal.ledger)
        await till.pull_the_plug()
        await till.answered()
        assert (balance(till), till.debited()) == (5000, 5000)

    at_a_counter(work, tmp_path)


def test_recharged_by_card_the_ticket_is_taken_on_the_wallet(tmp_path):
    async def work(till):
        await with_a_ticket(till, 3000)
        await till.do(c.AddTender("wallet"), c.RechargeWallet(5000), c.ChooseCreditMode("card"), c.CollectCredit())
        await till.answered()
        assert (till.screen, balance(till), till.debited()) == ("sale", 2000, 5000)
        assert till.view.result.tenders[0].kind == "wallet"

    at_a_counter(work, tmp_path)


def test_a_terminal_that_is_away_is_paid_at_by_hand(tmp_path):
    async def work(till):
        await till.server.unplug()
        await till.until(lambda: till.till.terminal.is_away)
        await till.do(c.ShowTab("clients"), c.ShowCustomer(ANNE))
        await credits(till, 5000, "card")
        assert (till.screen, till.view.card.phase, till.view.card.can_by_hand) == ("card", "away", True)
        await till.do(c.CardByHand(), c.CardByHand(confirmed=True))
        (fact,) = await till.facts(j.WalletCredited)
        assert (fact.tenders[0].by_hand, till.screen, balance(till)) == (True, "clients", 5000)
        await till.server.plug()

    at_a_counter(work, tmp_path)


# --- paper ----------------------------------------------------------------------------------------------------------


def test_w07_in_france_the_receipt_comes_when_it_is_asked_for(tmp_path):
    async def work(till):
        await credits(till, 5000)
        assert not await till.facts(j.CopyIssued)
        assert till.view.message.actions == ("print_movement",)
        await till.do(c.ActOnMessage("print_movement"))
        (copy,) = await till.facts(j.CopyIssued)
        assert (copy.of_document, copy.copy) == (till.state.last_movement.document, 0)
        await till.do(c.PrintMovement(copy.of_document))
        assert [each.copy for each in await till.facts(j.CopyIssued)] == [0, 1]

    in_a_shop(work, tmp_path, rules=WalletRules(receipt="on_demand"))


def test_a_receipt_that_came_by_itself_is_printed_again_as_a_duplicata(tmp_path):
    async def work(till):
        await credits(till, 5000)
        document = till.state.last_movement.document
        await credits(till, 1000)
        assert till.view.message.actions == ("copy_movement",)
        await till.do(c.PrintMovement(document))
        copies = await till.facts(j.CopyIssued)
        assert [(each.of_document, each.copy) for each in copies] == [(document, 0), (document + 1, 0), (document, 1)]
        assert await till.refused(c.PrintMovement(999)) == "receipt.none"

    in_a_shop(work, tmp_path)


def test_w08_the_receipt_of_a_credit_opens_what_can_be_cancelled_of_it(tmp_path):
    async def work(till):
        await credits(till, 5000)
        document = till.state.last_movement.document
        await credits(till, 2000)
        code = receipt_code(till.state.till, document)
        await till.do(c.CloseSheet())
        await till.scan(code)
        sheet = till.view.sheet
        assert (sheet.quantity, sheet.credit, sheet.amount_minor, sheet.customer) == (-1, document, 5000, ANNE)
        await till.do(c.SignIn("nadia", "4321"))
        await till.scan(code)
        await till.do(c.CollectCredit())
        assert balance(till) == 2000
        await till.scan(code)
        assert till.message == "wallet.nothing_to_cancel"
        assert till.view.sheet is None
        await till.scan(receipt_code(till.state.till, till.state.last_movement.document))
        assert till.screen == "clients"

    in_a_shop(work, tmp_path)


def test_a_corrected_sale_is_known_behind_the_movements_that_came_between(tmp_path):
    async def work(till):
        await till.do(c.NewTicket(), c.AddFreePrice(1000, "food"))
        await till.pays("cash 10.00")
        code = receipt_code(till.state.till, till.state.last_closed.document)
        await credits(till, 5000)
        await till.do(c.SignIn("nadia", "4321"), c.CorrectPayment())
        await till.pays("cash 10.00")
        await till.scan(code)
        assert till.message == "scan.receipt_corrected"

    in_a_shop(work, tmp_path)
