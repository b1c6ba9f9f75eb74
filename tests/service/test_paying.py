"""Taking money as a cashier sees it: features S-14, S-15, P-01 to P-05, P-09, P-17, P-19, U-05 and the correction."""

from datetime import timedelta

import msgspec
import pytest

from appliance.demo.shop import load_demo_shop
from appliance.domain import effect as e
from appliance.domain import journal as j
from appliance.domain.catalog import TenderMode
from appliance.protocol import command as c
from appliance.service.till import Till
from tests.support.till import JAM, a_till


def set_up_tender(till: Till, mode: TenderMode) -> None:
    """What a manager saves in "Modes de règlement": a new mode, or another version of one."""
    others = tuple(row for row in till.shop.tenders if row.id != mode.id)
    till.shop = msgspec.structs.replace(till.shop, tenders=(*others, mode))


HOLIDAY = TenderMode(
    "holiday", "Chèque-vacances", "ticket", "voucher", 9, overpayment="refuse", face_values_minor=(1000, 2000, 2500)
)


def test_s14_a_cash_key_closes_the_sale_with_its_change(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            pulses = []

            def perform(effect):
                pulses.append((effect, till.daemon.ledger.is_settled))

            till.till._perform = perform
            await till.do(c.NewTicket())
            await till.adds("1 coffee, 2 croissant, 1 bag")
            assert [key.amount_minor for key in till.view.ticket.cash_keys] == [760, 1000, 2000, 5000]
            await till.do(c.TakeCash(1000))
            assert till.sealed() == (
                "7.60 = 7.40 at 2.6% (vat 0.19) + 0.20 at 8.1% (vat 0.01) | Espèces 7.60, received 10.00, change 2.40"
            )
            result = till.view.result
            assert (result.change_minor, [(k.value_minor, k.count) for k in result.coins]) == (240, [(200, 1), (20, 2)])
            assert pulses == [(e.KickDrawer("sale", 1), True)], "one pulse, and only after the commit"

    run(day())


def test_s14_the_change_stays_on_the_screen_until_the_next_touch(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash 5.00")
            await till.waits(timedelta(minutes=2))
            assert till.view.result.change_minor == 180
            await till.do(c.AddProduct(201))
            assert till.view.result is None and till.basket() == "1 Croissant au beurre 1.60"

    run(day())


def test_a_key_that_was_touched_for_another_total_takes_nothing(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            seen = till.view.ticket.total_minor
            await till.scan(JAM)
            for key in (c.TakeCash(2000, seen), c.TakeCash(0, seen), c.TakeCard(seen)):
                assert await till.refused(key) == "tender.total_changed"
            assert till.view.message.params == {"amount_minor": till.view.ticket.total_minor}
            await till.do(c.TakeCash(2000, till.view.ticket.total_minor))
            assert till.view.result is not None

    run(day())


def test_s15_several_means_sum_to_the_total_and_make_one_document(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("2 candles, 5 coffee, 12 bag")
            await till.pays("gift-voucher 10.00, cheque 5.00")
            assert till.view.ticket.remaining_minor == 1540
            await till.do(c.AddTender("card"))
            documents = await till.documents()
            assert len(documents) == 1
            assert documents[0].endswith("| Bon cadeau 10.00, Chèque 5.00, Carte 15.40")

    run(day())


def test_s15_a_tender_may_be_taken_back_until_the_end(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("5 coffee")
            await till.pays("card 10.00, cheque 5.00")
            await till.do(c.RemoveTender(1))
            assert (till.view.ticket.remaining_minor, [t.name for t in till.view.ticket.tenders]) == (1600, ["Chèque"])
            (removed,) = await till.facts(j.TenderRemoved)
            assert removed.amount_minor == -1000
            assert await till.refused(c.RemoveTender(1)) == "tender.gone"
            assert await till.refused(c.GoHome()) == "ticket.being_paid"
            await till.do(c.VoidTicket("void.test"))
            assert (await till.order(c.Approve("4321"))).code == "ticket.being_paid"

    run(day())


def test_p01_the_means_stand_in_the_merchants_order_and_those_switched_off_are_refused(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await till.do(c.StartPayment())
            names = [key.id for key in till.view.payment.tenders]
            assert names == ["cash", "card", "twint", "gift-voucher", "credit-note", "cheque", "other"]
            assert await till.refused(c.AddTender("invoice")) == "tender.unknown"
            set_up_tender(till.till, HOLIDAY)
            assert [key.faces for key in till.view.payment.tenders][-1] == (1000, 2000, 2500)

    run(day())


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        ("refuse", "tender.too_much"),
        ("keep", "22.00 = 22.00 at 2.6% (vat 0.56) | Chèque-vacances 22.00, received 25.00, kept 3.00"),
        ("change", "22.00 = 22.00 at 2.6% (vat 0.56) | Chèque-vacances 22.00, received 25.00, change 3.00"),
    ],
)
def test_p02_a_voucher_of_25_on_a_ticket_of_22_follows_its_policy(run, tmp_path, policy, outcome):
    async def day():
        async with a_till(tmp_path) as till:
            set_up_tender(till.till, msgspec.structs.replace(HOLIDAY, overpayment=policy))
            await till.do(c.NewTicket())
            await till.adds("20 ballon")
            if policy == "refuse":
                await till.do(c.StartPayment())
                answer = await till.order(c.AddTender("holiday", 2500))
                assert (answer.code, answer.params) == (outcome, {"amount_minor": 2200})
                assert till.ticket.tenders == []
            else:
                await till.pays("holiday 25.00")
                assert till.sealed() == outcome

    run(day())


def test_p03_a_means_that_is_gone_keeps_its_name_and_sum_in_the_day(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            set_up_tender(till.till, HOLIDAY)
            await till.sells("20 ballon | holiday")
            till.till.shop = load_demo_shop().shop
            await till.closes_the_day()
            (z,) = await till.facts(j.SessionClosed)
            tally = z.totals.tenders["holiday"]
            assert (tally.name, tally.count, tally.amount_minor) == ("Chèque-vacances", 1, 2200)

    run(day())


def test_p04_change_comes_from_cash_and_from_others_only_when_allowed(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("4 coffee, 5 croissant, 1 bag")
            await till.do(c.StartPayment())
            assert await till.refused(c.AddTender("cheque", 3000)) == "tender.too_much"
            cheque = till.till.shop.tender("cheque")
            set_up_tender(till.till, msgspec.structs.replace(cheque, overpayment="change"))
            await till.do(c.AddTender("cheque", 3000))
            totals = till.state.session.totals
            assert till.view.result.change_minor == 500
            assert (totals.tenders["cheque"].amount_minor, totals.cash_out_minor, totals.cash_minor) == (
                3000,
                500,
                -500,
            )
            assert totals.expected_minor == 19_500
            assert totals.collected_minor == totals.turnover_minor == 2500

    run(day())


def test_p05_only_the_cash_part_is_rounded_once_and_on_a_line_of_its_own(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("7 croissant, 1 candles")
            await till.do(c.DiscountTicket(amount_minor=1))
            await till.pays("card 10.00")
            view = till.view.ticket
            assert (view.remaining_minor, view.cash_due_minor, view.cash_rounding_minor) == (469, 470, 1)
            await till.do(c.AddTender("cash"))
            assert till.sealed().endswith("| Carte 10.00, Espèces 4.69, rounding 0.01")
            await till.sells("1 croissant | card")
            totals = till.state.session.totals
            assert (totals.rounding_minor, totals.cash_minor, totals.turnover_minor) == (1, 470, 1629)

    run(day())


def test_p05_an_amount_that_no_coin_makes_is_refused(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await till.do(c.StartPayment())
            assert await till.refused(c.AddTender("cash", 1003)) == "tender.no_such_coin"
            assert await till.refused(c.AddTender("card", 0)) == "tender.amount"
            assert await till.refused(c.TakeCash(400)) == "tender.not_enough"

    run(day())


def test_p09_as_many_sales_as_double_taps(run, tmp_path):
    """Every tap arrives twice, 30 ms apart: with the same order id, as a resent one, or as a second finger."""
    sales = 250

    async def day():
        async with a_till(tmp_path, receipt_policy="never") as till:
            for n in range(sales):
                await till.do(c.NewTicket(), c.AddProduct(201))
                first = await till.order(c.TakeCash(200), f"pay-{n}")
                await till.waits(timedelta(milliseconds=30))
                if n % 2:
                    assert await till.order(c.TakeCash(200), f"pay-{n}") == first
                else:
                    second = await till.order(c.TakeCash(200))
                    assert (second.ok, second.code) == (False, "ticket.none")
            closed = await till.facts(j.TicketClosed)
            assert len(closed) == sales and {len(sale.tenders) for sale in closed} == {1}
            assert till.state.session.totals.cash_minor == sales * 160

    run(day())


def test_p09_two_taps_at_the_very_same_time_are_one_sale(run, tmp_path):
    import asyncio

    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket(), c.AddProduct(201))
            answers = await asyncio.gather(*[till.order(c.TakeCash(200), "same") for _ in range(5)])
            assert {answer.ok for answer in answers} == {True}
            others = await asyncio.gather(*[till.order(c.TakeCash(200)) for _ in range(5)])
            assert {answer.code for answer in others} == {"ticket.none"}
            assert len(await till.documents()) == 1

    run(day())


def test_p17_each_tender_survives_the_plug_by_itself(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("5 coffee, 2 candles, 10 bag")
            await till.pays("card 15.00")
            await till.pull_the_plug()
            assert till.screen == "payment"
            assert (till.ticket.paid_minor, till.view.ticket.remaining_minor) == (1500, 1500)
            assert till.message == "ticket.recovered"
            await till.do(c.AddTender("cash", 2000))
            assert till.sealed().endswith("| Carte 15.00, Espèces 15.00, received 20.00, change 5.00")

    run(day())


def test_p19_a_total_of_zero_closes_without_tender_and_drawer(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 candles")
            await till.do(c.OfferLine(1, "offer.goodwill"), c.StartPayment())
            assert till.view.payment.can_close
            assert await till.refused(c.AddTender("cash")) == "tender.nothing_due"
            await till.do(c.CloseTicket())
            (closed,) = await till.facts(j.TicketClosed)
            assert (till.sealed(), closed.drawer) == ("0.00 = nothing | nothing", False)
            assert till.state.session.totals.offers["offer.goodwill"].amount_minor == -350

    run(day())


def test_an_empty_ticket_or_one_not_paid_is_never_closed(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            assert await till.refused(c.StartPayment()) == "ticket.none"
            await till.do(c.NewTicket())
            assert await till.refused(c.StartPayment()) == "ticket.empty"
            assert await till.refused(c.TakeCard()) == "ticket.empty"
            await till.adds("1 coffee")
            assert await till.refused(c.CloseTicket()) == "tender.still_due"

    run(day())


def test_a_ticket_of_two_centimes_costs_nothing_in_cash(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 bag")
            await till.do(c.DiscountLine(1, amount_minor=4), c.DiscountTicket(rate_bp=2000))
            await till.scan("2900000000025")
            await till.do(c.DiscountLine(1, amount_minor=18), c.DiscountTicket())
            assert till.view.ticket.cash_due_minor == 0
            await till.do(c.TakeCash(0))
            assert till.sealed() == "0.02 = 0.02 at 8.1% (vat 0.00) | Espèces 0.02, rounding -0.02"

    run(day())


def test_correcting_a_payment_is_a_plus_and_a_minus_and_the_z_is_right(run, tmp_path):
    """The card was meant, cash was pressed: the first settlement is reversed whole, the same basket paid again."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant, 1 candles | cash 10.00")
            await till.do(c.CorrectPayment())
            assert [notice.code for notice in till.till.desk.notices] == ["payment.give_cash", "payment.corrected"]
            assert till.view.message.params == {"number": 1, "amount_minor": 670}
            assert (till.screen, till.ticket.corrects) == ("payment", 1)
            await till.do(c.AddTender("card"))
            sold = "6.70 = 3.20 at 2.6% (vat 0.08) + 3.50 at 8.1% (vat 0.26)"
            assert await till.documents() == [
                f"{sold} | Espèces 6.70, received 10.00, change 3.30",
                f"minus {sold} | Espèces 6.70, received 10.00, change 3.30",
                f"{sold} | Carte 6.70",
            ]
            (reversal,) = await till.facts(j.SettlementReversed)
            assert reversal.document == 2
            assert [fact.reason for fact in await till.facts(j.DrawerOpened)] == ["count", "correction"]
            await till.closes_the_day()
            (z,) = await till.facts(j.SessionClosed)
            totals = z.totals
            assert (totals.tickets, totals.turnover_minor, totals.refunds_minor, totals.cash_minor) == (1, 670, 670, 0)
            assert {mode: tally.amount_minor for mode, tally in totals.tenders.items()} == {"cash": 0, "card": 670}
            assert (totals.corrections.count, totals.corrections.amount_minor) == (1, -670)
            assert (z.perpetual_minor, z.perpetual_absolute_minor) == (670, 2010)

    run(day())


def test_somebody_elses_sale_is_corrected_with_a_manager_only(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.scan("2900000000032")
            await till.do(c.CorrectPayment())
            assert till.screen == "sale/approval"
            await till.scan("2900000000025")
            assert till.screen == "payment"
            assert [(a.right, a.seller, a.manager) for a in await till.facts(j.ActionApproved)] == [
                ("correct_payment", "luca", "nadia")
            ]
            await till.do(c.VoidTicket("void.test"))
            assert (await till.order(c.Approve("4321"))).code == "ticket.corrects"

    run(day())


def test_there_is_nothing_to_correct_before_a_sale(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            assert await till.refused(c.CorrectPayment()) == "correct.none"
            assert await till.refused(c.PrintReceipt()) == "receipt.none"
            assert await till.refused(c.CancelReceipt()) == "receipt.none_waiting"

    run(day())


def test_the_drawer_opens_without_a_sale_for_a_manager_with_a_reason(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            assert await till.refused(c.OpenDrawer("curiosity")) == "reason.unknown"
            await till.do(c.OpenDrawer("drawer.change"))
            assert till.screen == "home/approval"
            await till.do(c.Approve("4321"))
            assert [(o.reason, o.ticket) for o in await till.facts(j.DrawerOpened)] == [
                ("count", 0),
                ("drawer.change", 0),
            ]
            assert till.state.session.totals.drawer_openings == 1

    run(day())


def test_a_receipt_is_printed_once_and_then_only_as_a_copy(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt(), c.PrintReceipt(), c.PrintReceipt())
            assert [(fact.copy, fact.number) for fact in await till.facts(j.CopyIssued)] == [(0, 1), (1, 2), (2, 3)]
            assert till.state.session.totals.copies == 2

    run(day())


def test_a_receipt_declined_while_it_waits_is_the_original_still(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt(), c.CancelReceipt())
            assert till.view.result.receipt == "none"
            await till.do(c.PrintReceipt())
            assert [fact.copy for fact in await till.facts(j.CopyIssued)] == [0, 0]
            rows = await till.books(lambda conn: conn.execute("SELECT copy, state FROM print_job").fetchall())
            assert rows == [(0, "dropped"), (0, "queued")]

    run(day())


def test_each_paper_that_is_declined_is_on_record_and_the_customer_gets_the_original(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt(), c.PrintReceipt(), c.CancelReceipt())
            assert [(fact.of_document, fact.copy) for fact in await till.facts(j.ReceiptDeclined)] == [(1, 1), (1, 0)]
            assert await till.refused(c.CancelReceipt()) == "receipt.none_waiting"
            await till.do(c.PrintReceipt())
            rows = await till.books(lambda conn: conn.execute("SELECT copy, state FROM print_job").fetchall())
            assert rows == [(0, "dropped"), (1, "dropped"), (0, "queued")]

    run(day())


def test_a_receipt_that_waits_can_be_declined_after_a_restart(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            await till.pull_the_plug()
            await till.do(c.CancelReceipt(), c.PrintReceipt())
            assert [fact.copy for fact in await till.facts(j.CopyIssued)] == [0, 0]

    run(day())


def test_a_shop_that_always_prints_orders_its_paper_with_the_sale(run, tmp_path):
    async def day():
        async with a_till(tmp_path, receipt_policy="always") as till:
            await till.sells("2 croissant | cash")
            rows = await till.books(
                lambda conn: conn.execute("SELECT purpose, subject, state FROM print_job").fetchall()
            )
            assert rows == [("ticket", 1, "queued")]

    run(day())
