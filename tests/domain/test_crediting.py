"""Wallets of customers: what is credited, spent, given back and refused. Features W-*; the rules that peers break."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.card import CardDoubt, CardRequest, CreditOrder
from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.errors import Refusal
from appliance.domain.state import apply
from appliance.domain.terminal import can_reopen, stands_before, twin
from appliance.domain.ticket import Tender, price
from appliance.domain.till import step
from appliance.domain.wallet import Holding, Purse
from tests.support.auditor import audit
from tests.support.core import CARD, CASH, FREE, LEFEVRE, MEAL, NOW, ROCHAT, WALLET, Core, credit


@pytest.fixture
def core() -> Core:
    return Core()


# --- crediting ------------------------------------------------------------------------------------------------------


def test_w02_a_credit_leaves_the_open_ticket_as_it_is(core):
    core.rings(640, 1000)
    before = core.state.ticket.lines[:], price(core.state.ticket)
    credited = core.credits(5000)
    assert (core.state.ticket.lines, price(core.state.ticket)) == before
    assert (credited.ticket, credited.before_minor, credited.after.balance_minor) == (1, 0, 5000)
    assert core.balance() == (5000, 0)


def test_w04_two_means_are_one_document_and_one_opening_of_the_drawer(core):
    credited = core.credits(5000, ("cash", 2000), ("card", None))
    assert [(row.mode, row.amount_minor) for row in credited.tenders] == [("cash", 2000), ("card", 3000)]
    assert core.effects == [e.KickDrawer("wallet", 0)]
    assert credited.document == 1
    assert core.expected() == 22_000


def test_a_credit_is_no_turnover_and_no_tax(core):
    core.credits(5000)
    totals = core.state.session.totals
    assert (totals.turnover_minor, totals.rates, totals.tickets, totals.tenders) == (0, {}, 0, {})
    assert (core.state.perpetual_minor, core.state.perpetual_absolute_minor) == (0, 0)
    assert (totals.wallets.credited.count, totals.wallets.credited.amount_minor) == (1, 5000)
    assert core.expected() == 25_000


def test_change_is_given_on_a_credit_and_it_is_never_rounded(core):
    credited = core.credits(5000, ("cash", 10_000))
    assert (credited.tenders[0].change_minor, credited.tenders[0].rounding_minor) == (5000, 0)
    assert core.expected() == 25_000
    refusal = core.refused(credit(3333))
    assert (refusal.code, refusal.params) == ("tender.no_such_coin", {"step_minor": 5})
    assert core.credits(3333, ("card", None)).part == Purse(3333)


def test_w18_a_wallet_never_pays_a_credit(core):
    core.credits(5000)
    assert core.refused(credit(1000, ("wallet", None))).code == "wallet.not_by_wallet"
    assert core.refused(credit(1000, ("cash", 500), ("wallet", 500))).code == "wallet.not_by_wallet"


def test_a_means_that_may_not_fund_a_wallet_does_not(core):
    assert core.refused(credit(1000, ("meal", None))).code == "wallet.mode"


@pytest.mark.parametrize(
    ("payments", "code"),
    [
        ((("cash", 2000),), "tender.still_due"),
        ((("cash", 5000), ("card", None)), "tender.nothing_due"),
        ((("card", 6000),), "tender.too_much"),
        ((("cash", 0),), "tender.amount"),
    ],
)
def test_the_payments_of_a_credit_sum_to_it(core, payments, code):
    assert core.refused(credit(5000, *payments)).code == code


def test_nothing_is_credited_for_nothing_or_to_nobody(core):
    assert core.refused(credit(0)).code == "tender.amount"
    assert core.refused(credit(-100)).code == "tender.amount"
    assert core.refused(credit(100, gifted=-1)).code == "tender.amount"
    assert core.refused(credit(100, customer="")).code == "wallet.no_customer"


def test_no_credit_without_an_open_day(core):
    core.closes()
    assert core.refused(credit(1000)).code == "session.closed"


@pytest.mark.parametrize(
    ("rules", "code", "limit"),
    [
        (WalletRules(max_credit_minor=119_999), "wallet.max_credit", 119_999),
        (WalletRules(max_balance_minor=119_999), "wallet.max_balance", 119_999),
        (WalletRules(max_day_minor=119_999), "wallet.max_day", 119_999),
        (WalletRules(cash_ceiling_minor=100_000), "wallet.cash_ceiling", 100_000),
        (WalletRules(min_minor=120_005), "wallet.min_credit", 120_005),
    ],
)
def test_w20_each_limit_has_a_refusal_that_names_it(core, rules, code, limit):
    refusal = core.refused(credit(120_000, rules=rules))
    assert (refusal.code, refusal.params) == (code, {"limit_minor": limit})


def test_w20_the_ceiling_of_cash_is_the_laws_in_france_and_no_bar_to_a_card():
    core = Core("FR")
    rules = WalletRules(cash_ceiling_minor=100_000)
    core.credits(120_000, ("card", None), rules=rules)
    core.credits(100_000, rules=rules)
    assert core.refused(credit(5, rules=rules)).code == "wallet.cash_ceiling", "in parts it is the same cash"
    core.credits(5, ("card", None), rules=rules)


def test_w20_the_limits_of_a_day_end_with_it(core):
    rules = WalletRules(max_day_minor=10_000, cash_ceiling_minor=10_000)
    core.credits(10_000, rules=rules)
    assert core.refused(credit(5, rules=rules)).code == "wallet.cash_ceiling"
    assert core.refused(credit(5, ("card", None), rules=rules)).code == "wallet.max_day"
    core.closes()
    core.opens("2026-11-22")
    core.credits(10_000, rules=rules)


def test_what_was_cancelled_does_not_count_against_the_day(core):
    rules = WalletRules(max_day_minor=10_000)
    document = core.credits(10_000, rules=rules).document
    core.do(i.CancelCredit(ROCHAT, document, 4000))
    core.credits(4000, rules=rules)
    assert core.refused(credit(5, rules=rules)).code == "wallet.max_day"


def test_w01_switched_off_nothing_is_credited_or_spent_and_what_was_paid_can_come_back(core):
    document = core.credits(5000).document
    off = WalletRules(enabled=False)
    assert core.refused(credit(1000, rules=off)).code == "wallet.off"
    core.rings(1000)
    hidden = TenderMode("wallet", "Cagnotte client", "wallet", "wallet", 4, enabled=False)
    assert core.refused(i.Tend(hidden)).code == "wallet.off"
    core.do(i.CancelCredit(ROCHAT, document, 1000))
    core.do(i.RefundBalance(ROCHAT, CASH))
    assert core.balance() == (0, 0)


def test_w20_a_limit_that_was_lowered_counts_what_is_there_already(core):
    core.credits(9000, ("card", None))
    refusal = core.refused(credit(1005, rules=WalletRules(max_balance_minor=10_000)))
    assert (refusal.code, refusal.params) == ("wallet.max_balance", {"limit_minor": 10_000})
    core.credits(1000)
    core.credits(500, ("card", None), rules=WalletRules(cash_ceiling_minor=500))


def test_coins_given_back_on_a_cheque_leave_the_drawer(core):
    cheque = TenderMode("cheque", "Chèque", "", "cheque", 4, overpayment="change")
    core.do(i.CreditWallet(ROCHAT, 5000, (i.Payment(cheque, 6000),), FREE))
    assert (core.balance(), core.expected()) == ((5000, 0), 19_000)


# --- spending -------------------------------------------------------------------------------------------------------


def test_w09_33_33_paid_by_wallet_leaves_exactly_33_33_less(core):
    core.credits(4000)
    by_wallet = core.sells(3333, "wallet")
    by_cash = core.sells(3333, "cash", 3335)
    assert core.balance() == (667, 0)
    (tender,) = by_wallet.tenders
    assert (tender.amount_minor, tender.rounding_minor, tender.balance_minor) == (3333, 0, 667)
    assert by_wallet.vat == by_cash.vat
    assert (by_wallet.wallet.balance_minor, by_wallet.customer) == (667, ROCHAT)


def test_spending_is_turnover_with_tax_and_no_cash(core):
    core.credits(5000, ("card", None))
    core.sells(2000)
    totals = core.state.session.totals
    assert (totals.turnover_minor, totals.rates[260].gross_minor) == (2000, 2000)
    assert totals.collected_minor == 2000
    assert (totals.wallets.spent.count, totals.wallets.spent.amount_minor) == (1, 2000)
    assert (core.expected(), totals.wallets.movement_minor) == (20_000, 3000)


def test_a_wallet_is_never_a_negative_line(core):
    core.credits(4000)
    closed = core.sells(3333)
    assert closed.total_minor == 3333
    assert all(line.amount_minor > 0 for line in closed.lines)
    assert (closed.discount_minor, closed.full_minor, len(closed.lines)) == (0, 3333, 1)


def test_w05_given_credit_goes_first_and_only_the_paid_part_is_refunded(core):
    core.credits(5000, gifted=500)
    core.sells(2000)
    assert core.balance() == (3500, 0)
    refunded = core.do(i.RefundBalance(ROCHAT, CASH)).facts[-1]
    assert isinstance(refunded, j.WalletRefunded)
    assert (refunded.part, refunded.tenders[0].amount_minor) == (Purse(3500, 0), -3500)


def test_w05_the_order_of_spending_is_the_shops(core):
    core.credits(5000, gifted=500)
    core.rings(2000)
    core.do(i.Tend(WALLET, spend_first="paid"))
    assert core.balance() == (3000, 500)


def test_w10_a_short_wallet_is_refused_then_filled_up_on_the_spot(core):
    core.credits(1200, ("card", None))
    core.rings(3000)
    refusal = core.refused(i.Tend(WALLET, 3000))
    assert (refusal.code, refusal.params) == ("wallet.insufficient", {"amount_minor": 1200})
    core.credits(1800)
    core.pays("wallet")
    assert core.state.last_closed.tenders[0].amount_minor == 3000
    assert core.balance() == (0, 0)


def test_w10_the_rest_is_paid_by_another_means(core):
    core.credits(1200, ("card", None))
    core.rings(3000)
    core.pays("wallet")
    assert core.state.ticket.tenders[0].amount_minor == 1200
    core.pays("card")
    assert [row.kind for row in core.state.last_closed.tenders] == ["wallet", "card"]


def test_w32_only_the_cash_rest_is_rounded(core):
    core.credits(2002, ("card", None))
    core.rings(1237)
    core.pays("wallet", 1002)
    core.pays("cash")
    assert core.state.last_closed.rounding_minor == 0
    core.rings(1237)
    core.pays("wallet", 1000)
    core.pays("cash")
    wallet, cash = core.state.last_closed.tenders
    assert (wallet.rounding_minor, cash.rounding_minor, cash.received_minor) == (0, -2, 235)
    assert core.balance() == (0, 0)


def test_money_on_an_open_ticket_is_reserved_and_free_again_when_it_is_taken_back(core):
    document = core.credits(5000, gifted=500).document
    core.rings(4000)
    core.pays("wallet", 3000)
    assert core.balance() == (5000, 500)
    assert core.state.available(ROCHAT) == Purse(2500, 0)
    assert core.refused(i.CancelCredit(ROCHAT, document, 2505)).params == {"amount_minor": 2500}
    assert core.refused(i.RefundBalance(ROCHAT, CASH)).code == "wallet.reserved"
    assert core.refused(i.AdjustWallet(ROCHAT, -2501, "error")).code == "wallet.insufficient"
    core.do(i.PutAside())
    core.rings(4000)
    assert core.refused(i.Tend(WALLET, 2505)).params == {"amount_minor": 2500}, "a held note keeps its money"
    core.do(i.RecallTicket(1))
    core.do(i.RemoveTender(1))
    assert core.state.available(ROCHAT) == Purse(5000, 500)


def test_a_top_up_between_reserving_and_closing_stands_on_the_receipt(core):
    core.credits(1000)
    core.rings(1500)
    core.pays("wallet")
    core.credits(5000)
    core.pays("cash")
    assert core.state.last_closed.tenders[0].balance_minor == 5000


@pytest.mark.parametrize(
    ("customer", "code"), [("", "wallet.no_customer"), (LEFEVRE, "wallet.insufficient")], ids=["nobody", "no wallet"]
)
def test_nobody_spends_what_is_not_theirs(core, customer, code):
    core.credits(5000)
    core.rings(1000, customer=customer)
    assert core.refused(i.Tend(WALLET)).code == code


def test_more_than_is_due_is_never_taken_off_a_wallet(core):
    core.credits(5000)
    core.rings(1000)
    assert core.refused(i.Tend(WALLET, 1001)).code == "tender.too_much"
    assert core.refused(i.Tend(WALLET, 0)).code == "tender.amount"


def test_w28_a_wallet_in_another_currency_pays_nothing_here(core):
    core.credits(5000)
    core.state.wallets[ROCHAT].currency = "EUR"
    core.rings(1000)
    refusal = core.refused(i.Tend(WALLET))
    assert (refusal.code, refusal.params) == ("wallet.currency", {"currency": "EUR"})


def test_a_means_that_needs_a_customer_has_one(core):
    account = TenderMode("account", "En compte", "user", "other", 5, needs_customer=True)
    core.rings(1000, customer="")
    assert core.refused(i.Tend(account)).code == "tender.no_customer"
    core.do(i.AttachCustomer(LEFEVRE))
    core.do(i.Tend(account))


# --- taking back ----------------------------------------------------------------------------------------------------


def test_w17_a_corrected_sale_gives_the_wallet_back_what_it_had_paid(core):
    core.credits(5000, gifted=500)
    document = core.facts[-1].document
    core.sells(2000)
    core.do(i.CorrectPayment())
    assert core.balance() == (5000, 500)
    assert core.state.ticket.customer == ROCHAT
    assert core.state.wallets[ROCHAT].credit(document).left == Purse(5000, 500)
    assert core.state.session.totals.wallets.spent.amount_minor == 0
    rights = core.state.holding(ROCHAT).rights
    assert (rights.topped_up_minor, rights.spent_minor) == (7500, 2000), "both only grow"
    core.pays("card")
    assert core.balance() == (5000, 500)


def test_w08_a_credit_is_cancelled_up_to_what_is_left_of_it(core):
    document = core.credits(5000).document
    core.sells(3000)
    refusal = core.refused(i.CancelCredit(ROCHAT, document, 5000))
    assert (refusal.code, refusal.params) == ("wallet.spent_already", {"amount_minor": 2000})
    cancelled = core.do(i.CancelCredit(ROCHAT, document, 2000)).facts[-1]
    assert isinstance(cancelled, j.WalletCreditCancelled)
    assert (cancelled.part, cancelled.of, cancelled.document) == (Purse(2000), document, 3)
    assert [row.amount_minor for row in cancelled.tenders] == [-2000]
    assert core.refused(i.CancelCredit(ROCHAT, document, 1)).code == "wallet.nothing_to_cancel"
    assert (core.balance(), core.expected()) == ((0, 0), 23_000)


def test_w08_the_same_means_in_the_same_shares(core):
    document = core.credits(5000, ("cash", 2000), ("card", None)).document
    for amount, shares in ((2000, [-800, -1200]), (1000, [-400, -600]), (2000, [-800, -1200])):
        cancelled = core.do(i.CancelCredit(ROCHAT, document, amount)).facts[-1]
        assert [row.amount_minor for row in cancelled.tenders] == shares
    assert core.expected() == 20_000


def test_w08_given_credit_goes_back_in_proportion(core):
    document = core.credits(5000, gifted=500).document
    core.do(i.CancelCredit(ROCHAT, document, 2000))
    assert core.balance() == (3000, 300)
    core.do(i.CancelCredit(ROCHAT, document, 3000))
    assert core.balance() == (0, 0)


def test_w08_given_credit_that_was_spent_cannot_go_back(core):
    document = core.credits(5000, gifted=500).document
    core.sells(400)
    core.do(i.CancelCredit(ROCHAT, document, 5000))
    assert core.balance() == (0, 0)
    assert core.state.session.totals.wallets.taken_back_minor == 100


def test_the_oldest_credit_is_spent_first(core):
    first, second = core.credits(2000).document, core.credits(3000).document
    core.sells(2500)
    wallet = core.state.wallets[ROCHAT]
    assert [row.left.paid_minor for row in wallet.credits] == [0, 2500]
    assert core.refused(i.CancelCredit(ROCHAT, first, 5)).code == "wallet.nothing_to_cancel"
    core.do(i.CorrectPayment())
    assert [row.left.paid_minor for row in core.state.wallets[ROCHAT].credits] == [2000, 3000]
    core.do(i.CancelCredit(ROCHAT, second, 3000))


def test_what_is_taken_back_restores_the_newest_credit_first(core):
    core.credits(2000)
    core.credits(3000)
    core.sells(2500)
    core.sells(1000)
    core.do(i.CorrectPayment())
    wallet = core.state.wallets[ROCHAT]
    assert [row.left.paid_minor for row in wallet.credits] == [0, 2500]
    assert wallet.on("2026-11-21") == (5000, 5000, 2500)
    assert wallet.on("2026-11-22") == (0, 0, 0)


def test_w08_what_a_means_gave_back_is_gone_from_its_share(core):
    document = core.credits(1000, ("card", 500), ("cash", None)).document
    modes = [core.do(i.CancelCredit(ROCHAT, document, 1)).facts[-1].tenders[0].mode for _ in range(4)]
    assert modes == ["card", "cash", "card", "cash"]


def test_w08_given_credit_goes_back_in_proportion_each_time(core):
    document = core.credits(5000, gifted=500).document
    for _ in range(2):
        assert core.do(i.CancelCredit(ROCHAT, document, 1000)).facts[-1].part == Purse(1000, 100)


def test_a_credit_of_yesterday_makes_no_room_for_todays_limit(core):
    rules = WalletRules(max_day_minor=5000)
    document = core.credits(5000, rules=rules).document
    core.closes()
    core.opens("2026-11-22")
    core.credits(5000, rules=rules)
    core.do(i.CancelCredit(ROCHAT, document, 3000))
    assert core.refused(credit(5, rules=rules)).code == "wallet.max_day"


def test_a_credit_of_another_day_can_be_cancelled_and_one_that_is_used_up_is_forgotten(core):
    used = core.credits(2000).document
    core.sells(2000)
    kept = core.credits(3000).document
    core.closes()
    core.opens("2026-11-22")
    wallet = core.state.wallets[ROCHAT]
    assert (wallet.credit(used), wallet.credit(kept).left) == (None, Purse(3000))
    core.do(i.CancelCredit(ROCHAT, kept, 3000))
    assert core.expected() == 17_000


def test_coins_round_the_cash_that_goes_out_and_not_the_wallet(core):
    document = core.credits(5000).document
    core.sells(3798)
    cancelled = core.do(i.CancelCredit(ROCHAT, document, 1202, rounding_minor=5)).facts[-1]
    assert (cancelled.tenders[0].amount_minor, cancelled.tenders[0].rounding_minor) == (-1202, 2)
    assert (core.balance(), core.expected()) == ((0, 0), 20_000 + 5000 - 1200)
    assert core.state.session.totals.wallets.rounding_minor == 2
    assert core.state.session.totals.rounding_minor == 0


def test_a_credit_taken_back_in_cents_makes_no_coins(core):
    document = core.credits(1000).document
    for amount in (3, 8, 333):
        assert core.refused(i.CancelCredit(ROCHAT, document, amount, 5)).code == "tender.no_such_coin"
    core.sells(997, "wallet")
    (tender,) = core.do(i.CancelCredit(ROCHAT, document, 3, 5)).facts[-1].tenders
    assert (tender.amount_minor, tender.rounding_minor, core.balance()) == (-3, 3, (0, 0)), "all that was left"
    core.credits(3, ("card", None))
    (tender,) = core.do(i.RefundBalance(ROCHAT, CASH)).facts[-1].tenders
    assert tender.amount_minor + tender.rounding_minor == 0


def test_cents_that_no_coin_pays_go_back_by_the_other_means(core):
    document = core.credits(5000, ("cash", 2000), ("card", None)).document
    taken = core.do(i.CancelCredit(ROCHAT, document, 1005, 5)).facts[-1].tenders
    assert [(row.kind, row.amount_minor, row.rounding_minor) for row in taken] == [("cash", -400, 0), ("card", -605, 0)]
    taken = core.do(i.CancelCredit(ROCHAT, document, 3993, 5)).facts[-1].tenders
    assert [(row.kind, row.amount_minor, row.rounding_minor) for row in taken] == [
        ("cash", -1600, 0), ("card", -2393, 0)
    ]  # fmt: skip


@given(st.lists(st.integers(1, 900), max_size=6), st.integers(0, 1000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_never_more_coins_go_out_than_the_wallet_loses(amounts, spent, is_mixed):
    core = Core()
    payments = (("cash", 700), ("card", None)) if is_mixed else (("cash", None),)
    document = core.credits(2000, *payments).document
    if spent:
        core.sells(spent, "wallet")
    drawer = core.expected()
    for amount in (*amounts, 2000 - spent):
        before = core.balance()[0]
        try:
            (paper,) = core.do(i.CancelCredit(ROCHAT, document, amount, 5)).facts
        except Refusal:
            continue
        assert isinstance(paper, j.WalletCreditCancelled)
        out = -sum(int(row.amount_minor + row.rounding_minor) for row in paper.tenders)
        assert out <= before - core.balance()[0]
        assert (drawer - core.expected()) % 5 == 0


def test_w35_the_balance_is_refunded_without_what_was_given(core):
    core.credits(1200, gifted=300)
    refunded = core.do(i.RefundBalance(ROCHAT, CASH, "closing")).facts[-1]
    assert (refunded.part, refunded.tenders[0].amount_minor) == (Purse(1200, 300), -1200)
    assert (refunded.before_minor, refunded.after.balance_minor, refunded.drawer) == (1500, 0, True)
    assert core.balance() == (0, 0)
    assert core.expected() == 20_000
    assert core.refused(i.RefundBalance(ROCHAT, CASH)).code == "wallet.nothing_to_cancel"
    wallets = core.state.session.totals.wallets
    assert (wallets.refunded.amount_minor, wallets.taken_back_minor, wallets.movement_minor) == (1200, 300, 0)


def test_a_wallet_with_given_credit_only_is_closed_without_money(core):
    core.do(i.AdjustWallet(ROCHAT, 500, "gesture", "nadia"))
    refunded = core.do(i.RefundBalance(ROCHAT, CASH)).facts[-1]
    assert (refunded.tenders, refunded.drawer, refunded.part) == ((), False, Purse(0, 500))


# --- change on the wallet -------------------------------------------------------------------------------------------


def change(amount: int | None = None, customer: str = "") -> i.CreditChange:
    return i.CreditChange(CASH, FREE, customer, amount)


def test_w26_the_rest_goes_on_the_wallet_and_the_note_stays_in_the_drawer(core):
    closed = core.sells(1740, "cash", 2000)
    assert closed.change_minor == 260
    credited = core.do(change()).facts[-1]
    assert (credited.part, credited.change_of) == (Purse(260), closed.document)
    assert (core.balance(), core.expected()) == ((260, 0), 22_000)
    assert e.KickDrawer("wallet", 0) not in core.effects, "it is open for the sale"
    assert core.refused(change()).code == "wallet.change_done"


def test_w26_nothing_to_put_aside_and_nobody_to_have_it(core):
    assert core.refused(change()).code == "wallet.no_change"
    core.sells(1740, "cash", 1740)
    assert core.refused(change()).code == "wallet.no_change"
    core.sells(1740, "cash", 2000, customer="")
    assert core.refused(change()).code == "wallet.no_customer"
    assert core.refused(change(300, LEFEVRE)).code == "tender.amount"
    assert core.refused(change(3, LEFEVRE)).code == "tender.no_such_coin"
    core.do(change(customer=LEFEVRE))
    assert core.balance(LEFEVRE) == (260, 0)


def test_w26_change_of_a_voucher_stays_off_the_wallet(core):
    voucher = TenderMode("bon", "Bon", "ticket", "voucher", 3, overpayment="change")
    core.rings(1740)
    core.do(i.Tend(voucher, 2000))
    assert core.refused(change()).code == "wallet.mode"


def test_w26_a_vouchers_rest_goes_from_the_shop_to_the_customer(core):
    gift = TenderMode("gift", "Bon cadeau", "gift", "voucher", 3, overpayment="keep")
    core.rings(1740)
    core.do(i.Tend(gift, 2000))
    totals = core.state.session.totals
    assert (totals.kept_minor, totals.tenders["gift"].amount_minor) == (260, 2000)
    assert core.refused(change()).code == "wallet.no_change"
    core.do(i.CreditChange(gift, FREE))
    assert (totals.kept_minor, totals.tenders["gift"].amount_minor, totals.wallets.tenders["gift"].amount_minor) == (
        0, 1740, 260
    )  # fmt: skip
    assert (core.balance(), core.expected(), totals.collected_minor) == ((260, 0), 20_000, 1740)
    core.do(i.CorrectPayment())
    assert (totals.kept_minor, totals.tenders["gift"].amount_minor, totals.collected_minor) == (0, 0, 0)
    assert core.balance() == (0, 0)
    core.pays("card")
    core.closes()
    audit((type(fact).__name__, j.canonical(fact)) for fact in core.facts)


def test_w26_a_meal_vouchers_rest_stays_with_the_shop(core):
    core.rings(1740)
    core.do(i.Tend(MEAL, 2000))
    assert core.refused(i.CreditChange(MEAL, FREE)).code == "wallet.mode"


def test_w26_it_comes_off_again_with_the_sale(core):
    core.sells(1740, "cash", 2000)
    core.do(change())
    outcome = core.do(i.CorrectPayment())
    assert [type(fact) for fact in outcome.facts][:2] == [j.WalletCreditCancelled, j.SettlementReversed]
    assert [fact.document for fact in outcome.facts[:2]] == [3, 4]
    assert (core.balance(), core.expected()) == ((0, 0), 20_000)
    core.pays("cash", 2000)
    core.do(change())
    assert core.balance() == (260, 0)


def test_w26_once_spent_the_sale_stands(core):
    core.sells(1740, "cash", 2000)
    core.do(change())
    core.rings(500)
    core.pays("wallet", 100)
    assert core.refused(i.CorrectPayment()).code == "wallet.spent_already"
    core.do(i.RemoveTender(1))
    core.do(i.CorrectPayment())
    assert core.balance() == (0, 0)


def test_w26_once_cancelled_by_itself_only_the_sale_is_taken_back(core):
    core.sells(1740, "cash", 2000)
    document = core.do(change()).facts[-1].document
    core.do(i.CancelCredit(ROCHAT, document, 260))
    assert core.refused(change()).code == "wallet.change_done"
    core.do(i.CorrectPayment())
    assert (core.balance(), core.expected()) == ((0, 0), 20_000)


def test_w26_a_sale_paid_in_part_by_the_same_wallet_is_taken_back_whole(core):
    core.credits(1000, ("card", None))
    core.rings(1740)
    core.pays("wallet", 1000)
    core.pays("cash", 2000)
    core.do(change())
    assert core.balance() == (1260, 0)
    core.do(i.CorrectPayment())
    assert (core.balance(), core.expected()) == ((1000, 0), 20_000)


def test_w26_change_on_another_customers_wallet_is_taken_back_from_there(core):
    core.credits(1000, ("card", None))
    core.rings(1740)
    core.pays("wallet", 1000)
    core.pays("cash", 2000)
    core.do(change(customer=LEFEVRE))
    core.do(i.CorrectPayment())
    assert (core.balance(ROCHAT), core.balance(LEFEVRE)) == ((1000, 0), (0, 0))


def test_w26_once_spent_no_card_of_the_sale_is_refunded_either(core):
    core.rings(1740)
    core.do(i.RequestCard("r1", CARD, 1000))
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    core.pays("cash", 1000)
    document = core.state.last_closed.document
    core.do(change())
    core.rings(500)
    core.pays("wallet", 100)
    assert core.refused(i.RequestRefund("r2", 1, document)).code == "wallet.spent_already"


def test_w26_the_next_day_nothing_is_left_of_it(core):
    core.sells(1740, "cash", 2000)
    core.do(change())
    core.closes()
    core.opens("2026-11-22")
    assert (core.state.change_credit, core.state.last_movement) == (None, None)
    assert core.refused(change()).code == "wallet.no_change"


# --- by right -------------------------------------------------------------------------------------------------------


def test_w31_a_correction_counts_as_given_and_never_goes_below_zero(core):
    core.credits(1000)
    core.do(i.AdjustWallet(ROCHAT, 500, "Geste commercial", "nadia"))
    assert core.balance() == (1000, 500)
    core.do(i.AdjustWallet(ROCHAT, -700, "error", "nadia"))
    assert core.balance() == (800, 0)
    assert core.refused(i.AdjustWallet(ROCHAT, -801, "error")).params == {"amount_minor": 800}
    assert core.refused(i.AdjustWallet(ROCHAT, 100, "")).code == "wallet.reason"
    core.do(i.AdjustWallet(ROCHAT, 250, "opening balance", "import", as_paid=True))
    assert core.balance() == (1050, 0)
    assert core.state.session.totals.wallets.movement_minor == 1050


def test_a_correction_needs_no_open_day_and_stands_on_the_next_z(core):
    core.closes()
    core.do(i.AdjustWallet(ROCHAT, 500, "Geste commercial", "nadia"))
    assert core.balance() == (0, 500)
    core.opens()
    core.do(i.AdjustWallet(ROCHAT, -200, "error", "nadia"))
    adjusted = core.closes().totals.wallets.adjusted
    assert (adjusted.count, adjusted.amount_minor) == (2, 300)
    core.opens()
    assert core.closes().totals.wallets.adjusted.count == 0


def test_w20_what_is_corrected_or_moved_has_its_limits_too(core):
    rules = WalletRules(max_credit_minor=10_000, max_balance_minor=12_000)
    for amount in (10_005, -10_005):
        refusal = core.refused(i.AdjustWallet(ROCHAT, amount, "goodwill", rules=rules))
        assert refusal.code in ("wallet.max_adjust", "wallet.insufficient")
    core.do(i.AdjustWallet(ROCHAT, 10_000, "goodwill", rules=rules))
    refusal = core.refused(i.AdjustWallet(ROCHAT, 2005, "goodwill", rules=rules))
    assert (refusal.code, refusal.params) == ("wallet.max_balance", {"limit_minor": 12_000})
    own = WalletRules(max_adjust_minor=500)
    assert core.refused(i.AdjustWallet(ROCHAT, -501, "goodwill", rules=own)).code == "wallet.max_adjust"
    core.credits(5000, customer=LEFEVRE)
    assert core.refused(i.TransferWallet(ROCHAT, LEFEVRE, rules=rules)).code == "wallet.max_balance"
    core.do(i.TransferWallet(ROCHAT, LEFEVRE, amount_minor=7000, rules=rules))


def test_w22_a_blocked_wallet_is_left_alone_until_its_money_is_on_another(core):
    document = core.credits(5000, gifted=500).document
    core.do(i.BlockWallet(ROCHAT, "lost"))
    core.rings(1000)
    for intent in (i.Tend(WALLET), credit(1000), i.CancelCredit(ROCHAT, document, 5), i.RefundBalance(ROCHAT, CASH)):
        assert core.refused(intent).code == "wallet.blocked"
    core.do(i.TransferWallet(ROCHAT, LEFEVRE, "lost"))
    assert (core.balance(ROCHAT), core.balance(LEFEVRE)) == ((0, 0), (5000, 500))
    assert core.refused(i.TransferWallet(LEFEVRE, ROCHAT)).code == "wallet.blocked"
    core.do(i.UnblockWallet(ROCHAT))
    core.do(i.TransferWallet(LEFEVRE, ROCHAT, amount_minor=1000))
    assert core.balance(ROCHAT) == (500, 500)


def test_w22_a_wallet_blocked_meanwhile_pays_nothing_that_it_had_reserved(core):
    core.credits(5000)
    core.rings(2000)
    core.pays("wallet", 1000)
    core.do(i.BlockWallet(ROCHAT, "stolen"))
    assert core.refused(i.Tend(CASH)).code == "wallet.blocked"
    core.do(i.RemoveTender(1))
    core.pays("cash")
    assert core.balance() == (5000, 0)


def test_what_happens_twice_is_put_on_record_once(core):
    core.credits(1000)
    core.do(i.BlockWallet(ROCHAT, "lost"))
    assert not core.do(i.BlockWallet(ROCHAT, "lost")).facts
    core.do(i.UnblockWallet(ROCHAT))
    assert not core.do(i.UnblockWallet(ROCHAT)).facts
    assert core.refused(i.BlockWallet(ROCHAT, "")).code == "wallet.reason"
    assert core.refused(i.TransferWallet(ROCHAT, ROCHAT)).code == "wallet.no_customer"
    assert core.refused(i.TransferWallet(LEFEVRE, ROCHAT)).code == "wallet.insufficient"


def test_c11_a_customer_with_money_or_a_ticket_is_not_erased(core):
    core.credits(420)
    erase = i.NoteCustomer(j.CustomerErased(ROCHAT))
    refusal = core.refused(erase)
    assert (refusal.code, refusal.params) == ("wallet.not_empty", {"amount_minor": 420})
    core.do(i.RefundBalance(ROCHAT, CASH))
    core.rings(500)
    assert core.refused(erase).code == "customer.on_ticket"
    core.do(i.DetachCustomer())
    assert core.do(erase).facts == [j.CustomerErased(ROCHAT)]


# --- paper ----------------------------------------------------------------------------------------------------------


def test_the_receipt_of_a_credit_is_an_original_once_and_then_a_duplicata(core):
    credited = core.credits(5000)
    assert core.do(i.IssueCopy(credited.document)).effects == [e.PrintWallet(credited, NOW.at, 0)]
    assert core.do(i.IssueCopy(credited.document)).effects == [e.PrintWallet(credited, NOW.at, 1)]
    closed = core.sells(500)
    assert core.do(i.IssueCopy(closed.document)).effects == [e.PrintTicket(closed, NOW.at, 0)]
    assert core.do(i.IssueCopy(credited.document, past=credited, at=NOW.at)).effects == [
        e.PrintWallet(credited, NOW.at, 2)
    ]


# --- through the terminal -------------------------------------------------------------------------------------------


def asked(core: Core, *payments: i.Payment, amount: int = 5000) -> None:
    core.do(i.RequestCardCredit("r1", i.CreditWallet(ROCHAT, amount, payments or (i.Payment(CARD),), FREE)))


def test_a_credit_by_card_is_on_record_before_the_terminal_is_asked_and_booked_when_it_accepts(core):
    core.rings(500)
    asked(core, i.Payment(CASH, 2000), i.Payment(CARD))
    assert core.state.card.request.amount_minor == 3000
    assert core.balance() == (0, 0)
    assert core.refused(credit(1000)).code == "card.in_progress"
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    credited = core.facts[-1]
    assert [(row.mode, row.amount_minor, row.reference) for row in credited.tenders] == [
        ("cash", 2000, ""), ("card", 3000, "poi-1")
    ]  # fmt: skip
    assert core.balance() == (5000, 0)
    assert len(core.state.ticket.lines) == 1


def test_a_refused_card_credits_nothing_and_cash_in_hand_goes_back(core):
    asked(core, i.Payment(CASH, 2000), i.Payment(CARD))
    core.do(i.AnswerCard("r1", "refused"))
    assert (core.balance(), core.expected(), core.state.card) == ((0, 0), 20_000, None)


def test_only_the_last_payment_goes_through_the_terminal(core):
    with pytest.raises(Refusal, match=r"tender\.gone"):
        asked(core, i.Payment(CARD, 3000), i.Payment(CASH))
    with pytest.raises(Refusal, match=r"wallet\.not_by_wallet"):
        asked(core, i.Payment(WALLET))


def test_an_answer_that_is_lost_blocks_until_somebody_tells(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    assert core.refused(credit(1000)).code == "card.to_check"
    core.do(i.AnswerCard("r1", "accepted", by="person"))
    assert core.balance() == (5000, 0)
    assert core.facts[-1].tenders[0].is_unsure
    core.do(i.AnswerCard("r1", "accepted"))
    assert not core.state.doubts


def test_a_person_who_said_accepted_wrongly_has_the_credit_taken_back(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "accepted", by="person"))
    core.do(i.AnswerCard("r1", "refused"))
    core.do(i.ReopenCard("r1"))
    assert (core.balance(), core.state.doubts) == ((0, 0), {})
    assert core.state.session.totals.unsure.amount_minor == 0


def test_what_was_spent_of_a_credit_that_no_card_paid_is_too_late(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "accepted", by="person"))
    core.sells(100)
    core.do(i.AnswerCard("r1", "refused"))
    assert core.refused(i.ReopenCard("r1")).code == "card.too_late"


def test_a_person_who_said_refused_wrongly_has_the_credit_booked_or_the_money_returned(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "refused", by="person"))
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    assert core.refused(i.RequestCardCredit("r2", credit(1000, ("card", None)))).code == "card.says_accepted"
    core.do(i.ReopenCard("r1"))
    assert (core.balance(), core.state.doubts) == ((5000, 0), {})


def test_a_debit_that_is_returned_credits_nothing(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "refused", by="person"))
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    core.do(i.ReturnDebit("r2", "r1"))
    core.do(i.AnswerCard("r2", "accepted"))
    assert (core.balance(), core.state.doubts) == ((0, 0), {})


def test_a_card_gets_its_share_of_a_cancelled_credit_through_the_terminal(core):
    asked(core, i.Payment(CASH, 2000), i.Payment(CARD))
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    document = core.facts[-1].document
    core.do(i.RequestCardCancel("r2", i.CancelCredit(ROCHAT, document, 2000, 5)))
    request = core.state.card.request
    assert (request.kind, request.amount_minor, request.original) == ("refund", 1200, "poi-1")
    assert core.balance() == (5000, 0)
    core.do(i.AnswerCard("r2", "accepted"))
    assert [(row.mode, row.amount_minor, row.by_hand) for row in core.facts[-1].tenders] == [
        ("cash", -800, False), ("card", -1200, False)
    ]  # fmt: skip
    assert core.balance() == (3000, 0)
    core.do(i.RequestCardCancel("r3", i.CancelCredit(ROCHAT, document, 3000, 5)))
    core.do(i.AnswerCard("r3", "refused"))
    assert core.balance() == (3000, 0)
    core.do(i.CancelCredit(ROCHAT, document, 3000, 5))
    assert (core.balance(), core.facts[-1].tenders[1].by_hand) == ((0, 0), True)


def test_only_a_card_that_the_terminal_debited_is_refunded_by_it(core):
    document = core.credits(5000).document
    assert core.refused(i.RequestCardCancel("r1", i.CancelCredit(ROCHAT, document, 100))).code == "tender.gone"


def test_a_card_credit_in_doubt_has_nothing_to_do_with_the_ticket_in_hand(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "refused", by="person"))
    core.do(i.AnswerCard("r1", "accepted"))
    core.rings(500)
    core.do(i.RequestCard("r2", CARD))
    core.do(i.AnswerCard("r2", "accepted"))
    assert core.state.last_closed.total_minor == 500
    core.closes()


def test_a_card_that_is_too_old_gets_nothing_back_through_the_terminal(core):
    asked(core)
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    document = core.facts[-1].document
    core.closes()
    core.opens("2026-12-22")
    old = i.CancelCredit(ROCHAT, document, 2000, 5, card_days=30)
    assert (core.refused(old).code, core.refused(old).params) == ("wallet.card_too_old", {"count": 30})
    assert core.refused(i.RequestCardCancel("r2", old)).code == "wallet.card_too_old"
    coins = msgspec.structs.replace(old, cash=CASH)
    assert core.refused(i.RequestCardCancel("r2", coins)).code == "tender.gone"
    cancelled = core.do(coins).facts[-1]
    assert [(row.mode, row.amount_minor, row.by_hand, row.request) for row in cancelled.tenders] == [
        ("cash", -2000, False, "")
    ]
    assert core.do(i.CancelCredit(ROCHAT, document, 1000, 5, card_days=31)).facts[-1].tenders[0].mode == "card"


def test_a_credit_paid_in_coins_is_never_too_old(core):
    document = core.credits(5000).document
    core.closes()
    core.opens("2027-11-21")
    assert core.do(i.CancelCredit(ROCHAT, document, 2000, 5, card_days=30)).facts[-1].tenders[0].kind == "cash"


def test_a_doubt_lasts_until_all_of_its_money_is_back(core):
    asked(core)
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "accepted", by="person"))
    document = core.facts[-1].document
    core.do(i.CancelCredit(ROCHAT, document, 1000))
    assert set(core.state.doubts) == {"r1"}
    core.do(i.CancelCredit(ROCHAT, document, 4000))
    assert not core.state.doubts


def told_wrongly(core: Core, request: i.Intent, name: str, *, accepted: bool) -> CardDoubt:
    """A person says one thing of this request, the terminal later the contrary."""
    core.do(request)
    core.do(i.LoseCard(name, "no_answer"))
    core.do(i.AnswerCard(name, "accepted" if accepted else "refused", by="person"))
    core.do(i.AnswerCard(name, "refused" if accepted else "accepted"))
    doubt: CardDoubt = core.state.doubts[name]
    return doubt


def test_the_terminal_is_asked_first_before_the_same_wallet_is_credited_again(core):
    doubt = told_wrongly(core, i.RequestCardCredit("r1", credit(1000, ("card", None))), "r1", accepted=False)
    for customer, stands in ((ROCHAT, True), (LEFEVRE, False)):
        order = CreditOrder(customer, Purse(500), ())
        request = CardRequest("r2", "debit", 0, Tender(1, "card", "Carte", "card", 500), credit=order)
        assert stands_before(core.state, doubt, request) is stands
    core.rings(500)
    request = CardRequest("r3", "debit", 1, Tender(1, "card", "Carte", "card", 500))
    assert not stands_before(core.state, doubt, request)
    other = told_wrongly(
        core, i.RequestCardCredit("r4", credit(700, ("card", None), customer=LEFEVRE)), "r4", accepted=True
    )
    assert not stands_before(
        core.state, other, msgspec.structs.replace(request, ticket=0, credit=CreditOrder(LEFEVRE, Purse(7), ()))
    )


def test_two_shares_of_one_credit_that_went_back_are_no_twins(core):
    asked(core)
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    document = core.facts[-1].document
    one = told_wrongly(core, i.RequestCardCancel("r2", i.CancelCredit(ROCHAT, document, 1000)), "r2", accepted=False)
    two = told_wrongly(core, i.RequestCardCancel("r3", i.CancelCredit(ROCHAT, document, 2000)), "r3", accepted=True)
    assert (twin(core.state, one), twin(core.state, two)) == (None, None)
    assert core.balance() == (3000, 0)
    core.do(i.ReopenCard("r2"))
    assert core.balance() == (2000, 0), "the terminal had given the first share back"
    assert not can_reopen(core.state, two)
    core.do(i.ReturnDebit("r4", "r3"))
    core.do(i.AnswerCard("r4", "accepted"))
    assert (core.balance(), core.state.doubts) == ((2000, 0), {})


# --- the books ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact",
    [
        j.WalletCredited(2, 1, ROCHAT, Purse(100), (), 5000, Holding()),
        j.WalletCreditCancelled(2, 1, ROCHAT, 1, Purse(6000), (), 5000, Holding()),
        j.WalletRefunded(2, 1, ROCHAT, Purse(5000), (), 4999, Holding()),
        j.WalletAdjusted(ROCHAT, Purse(0, 5), 5000, Holding(), "x"),
        j.WalletTransferred(ROCHAT, LEFEVRE, Purse(1), Holding(), Holding()),
        j.WalletTransferred(ROCHAT, LEFEVRE, Purse(9000), Holding(), Holding()),
    ],
)
def test_a_fact_whose_image_does_not_follow_is_not_replayed(core, fact):
    core.credits(5000)
    with pytest.raises(ValueError, match=r"follow|more than"):
        apply(core.state, fact, NOW.at, NOW.actor)


def test_a_credit_that_its_tenders_do_not_pay_is_not_replayed(core):
    credited = core.credits(5000)
    again = Core()
    with pytest.raises(ValueError, match="follow"):
        apply(again.state, msgspec.structs.replace(credited, tenders=()), NOW.at, NOW.actor)


def test_a_tender_whose_balance_does_not_follow_is_not_replayed(core):
    core.credits(5000)
    core.rings(1000)
    (closed,) = step(core.state, i.Tend(WALLET), NOW).facts
    wrong = msgspec.structs.replace(closed.tenders[0], balance_minor=3999)
    with pytest.raises(ValueError, match="follow"):
        apply(core.state, msgspec.structs.replace(closed, tenders=(wrong,)), NOW.at, NOW.actor)


def test_a_sale_whose_balance_does_not_follow_is_not_replayed(core):
    core.credits(5000)
    core.rings(1000)
    (closed,) = core.do(i.Tend(WALLET)).facts
    assert closed.wallet == core.state.holding(ROCHAT)
    again = Core()
    again.credits(4000)
    again.rings(1000)
    with pytest.raises(ValueError, match="follow"):
        apply(again.state, closed, NOW.at, NOW.actor)


def test_a_credit_has_a_number_in_the_row_of_the_tickets(core):
    numbers = [core.credits(100).document, core.sells(100, "cash").document, core.credits(100).document]
    assert numbers == [1, 2, 3]
    totals = core.state.session.totals
    assert (totals.first_document, totals.last_document) == (1, 3)


AMOUNTS = st.integers(1, 400).map(lambda steps: steps * 5)
MOVES = st.one_of(
    st.tuples(st.just("credit"), AMOUNTS, st.integers(0, 300)),
    st.tuples(st.just("sell"), st.integers(1, 3000), st.integers(0, 3000)),
    st.tuples(st.just("reserve"), st.integers(1, 3000), st.integers(1, 3000)),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.integers(1, 3000)),
    st.tuples(st.sampled_from(["correct", "refund", "change", "release", "transfer", "night"]), st.none(), st.none()),
    st.tuples(st.just("adjust"), st.integers(-500, 500), st.none()),
)


def _move(core: Core, kind: str, a: int, b: int, customer: str) -> None:
    if kind == "credit":
        core.credits(a, gifted=b, customer=customer)
    elif kind == "sell":
        core.rings(a, customer=customer)
        if b:
            core.pays("wallet", b)
        if core.state.ticket is not None:
            core.pays("cash", (a + 5004) // 5 * 5)
    elif kind == "reserve":
        core.rings(a, customer=customer)
        core.pays("wallet", min(b, max(1, a - 1)))
    elif kind == "cancel":
        wallet = core.state.wallets.get(customer)
        credits = [] if wallet is None else wallet.credits
        core.do(i.CancelCredit(customer, credits[a % len(credits)].document if credits else 0, b, 5))
    elif kind == "correct":
        core.do(i.CorrectPayment())
    elif kind == "refund":
        core.do(i.RefundBalance(customer, CASH))
    elif kind == "change":
        core.do(change(customer=customer))
    elif kind == "release":
        for ticket in [row for row in core.state.tickets.values() if row.tenders]:
            core.do(i.RecallTicket(ticket.number))
            core.do(i.RemoveTender(ticket.tenders[0].id))
    elif kind == "transfer":
        core.do(i.TransferWallet(customer, LEFEVRE if customer == ROCHAT else ROCHAT))
    elif kind == "night":
        core.closes()
        core.opens(f"2026-12-{core.state.next_session:02d}")
    else:
        core.do(i.AdjustWallet(customer, a, "test"))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(MOVES, st.sampled_from([ROCHAT, LEFEVRE])), max_size=25))
def test_whatever_happens_the_balance_is_the_sum_of_the_journal(moves):
    core = Core()
    for (kind, a, b), customer in moves:
        try:
            _move(core, kind, a, b, customer)
        except Refusal:
            continue
        for name in (ROCHAT, LEFEVRE):
            core.balance(name)
            holding, free = core.state.holding(name), core.state.available(name)
            assert holding.rights.free_minor == holding.balance_minor >= 0
            assert min(free.paid_minor, free.gifted_minor) >= 0
            rows = core.state.wallets[name].credits if name in core.state.wallets else []
            left = sum((row.left for row in rows), Purse())
            assert left.paid_minor <= holding.purse.paid_minor
            assert left.gifted_minor <= holding.purse.gifted_minor
            assert all(min(row.left.paid_minor, row.used.paid_minor, row.used.gifted_minor) >= 0 for row in rows)
    assert core.rebuilt() == core.state
    if not any(ticket.tenders or ticket.corrects for ticket in core.state.tickets.values()):
        core.closes()
    audit((type(fact).__name__, j.canonical(fact)) for fact in core.facts)


def test_meal_vouchers_fund_no_wallet_by_themselves():
    assert not MEAL.funds_wallet
