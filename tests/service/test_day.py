"""Opening, X, closing, Z: features Z-01, Z-02, Z-05, Z-06, Z-11, N-01."""

from datetime import timedelta

from appliance.domain import journal as j
from appliance.protocol import command as c
from tests.support.till import CAMILLE, NADIA, PINS, a_till


def test_z01_opened_twice_the_same_day_is_service_1_then_2_each_with_its_own_totals(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 coffee | card")
            await till.closes_the_day()
            await till.waits(timedelta(hours=3))
            await till.opens()
            await till.sells("2 coffee | card")
            await till.closes_the_day()
            await till.waits(timedelta(days=1))
            await till.opens()
            opened = [(o.session, o.service, o.business_date) for o in await till.facts(j.SessionOpened)]
            assert opened == [(1, 1, "2026-11-21"), (2, 2, "2026-11-21"), (3, 1, "2026-11-22")]
            closed = [(z.number, z.session, z.totals.turnover_minor) for z in await till.facts(j.SessionClosed)]
            assert closed == [(1, 1, 420), (2, 2, 840)]

    run(day())


def test_z01_the_date_never_goes_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.closes_the_day()
            till.clock.set_wall(till.clock.now() - timedelta(days=2))
            await till.opens()
            opened = (await till.facts(j.SessionOpened))[-1]
            assert (opened.business_date, opened.service) == ("2026-11-21", 2), "a clock put back is not believed"

    run(day())


def test_z02_the_float_is_carried_over_and_a_difference_asks_for_its_reason(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.do(c.StartClosing())
            await till.counts(20_000)
            await till.do(c.SetLeave(15_000), c.SetStep("confirm"), c.CloseDay(), c.CloseDay(confirmed=True))
            await till.scan(CAMILLE)
            assert till.view.opening.expected_minor == 15_000
            await till.counts(14_800)
            await till.do(c.OpenSession())
            assert (till.screen, till.view.sheet.purpose) == ("opening/reasons", "float_difference")
            assert await till.refused(c.OpenSession("whatever")) == "reason.unknown"
            await till.do(c.OpenSession("float.miscounted"))
            opened = (await till.facts(j.SessionOpened))[-1]
            assert (opened.float_minor, opened.expected_minor, opened.reason) == (14_800, 15_000, "float.miscounted")
            assert till.state.session.totals.expected_minor == 14_800

    run(day())


def test_z02_the_first_day_expects_the_float_that_the_shop_has_set(run, tmp_path):
    async def day():
        async with a_till(tmp_path, opened=False) as till:
            await till.scan(CAMILLE)
            assert till.view.opening.expected_minor == 20_000
            await till.do(c.SetCount(2000, 3), c.FocusCount(5))
            assert till.view.opening.counted_minor == 6000
            assert await till.refused(c.SetCount(7, 1)) == "count.no_such_coin"

    run(day())


def test_z05_two_x_in_a_row_are_equal_unless_a_sale_came_between(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 coffee, 1 candles | cash 20.00")
            await till.scan(NADIA)
            await till.do(c.ReadX(), c.ReadX())
            first, second = await till.facts(j.XRead)
            assert (first.number, second.number) == (1, 2)
            assert (first.totals, first.expected_minor) == (second.totals, second.expected_minor)
            await till.sells("1 coffee | card")
            await till.do(c.ReadX())
            third = (await till.facts(j.XRead))[-1]
            assert third.totals.turnover_minor == second.totals.turnover_minor + 420
            assert till.view.report.turnover_minor == third.totals.turnover_minor

    run(day())


def test_z05_an_x_without_a_sale_is_all_zeros_and_the_float(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.do(c.ReadX())
            report = till.view.report
            assert (report.turnover_minor, report.tickets, report.rates, report.tenders) == (0, 0, (), ())
            (x,) = await till.facts(j.XRead)
            assert x.expected_minor == 20_000

    run(day())


def test_z06_closing_counts_the_drawer_and_asks_why_it_differs(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 coffee | cash 10.00")
            await till.do(c.StartClosing(), c.Approve("4321"))
            await till.do(c.CloseDay())
            assert await till.refused(c.CloseDay(confirmed=True)) == "closing.difference", "nothing was counted yet"
            await till.do(c.CloseSheet())
            await till.counts(20_640)
            answer = await till.order(c.SetStep("confirm"))
            assert (answer.code, answer.params) == ("closing.difference", {"amount_minor": -200})
            assert await till.refused(c.SetStep("check", "no.reason")) == "reason.unknown"
            assert await till.refused(c.SetLeave(30_000)) == "closing.leave_too_much"
            labels = [reason.label for reason in till.view.closing.reasons]
            assert labels == ["Erreur de rendu", "Erreur de comptage", "Sortie non notée", "Autre"]
            await till.do(c.SetStep("check", "closing.wrong-change"), c.SetStep("confirm"), c.CloseDay())
            assert till.screen == "closing/confirm_close"
            await till.do(c.CloseDay(confirmed=True))
            (z,) = await till.facts(j.SessionClosed)
            assert (z.by, z.approved_by) == ("Camille", "Nadia")
            assert (z.expected_minor, z.counted_minor, z.reason, z.leave_minor) == (
                20_840,
                20_640,
                "closing.wrong-change",
                20_000,
            )
            assert (till.screen, till.state.session, till.state.seller) == ("lock", None, "")

    run(day())


def test_a_note_of_1000_is_counted_where_the_drawer_may_hold_one(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.sells("2 coffee | cash")
            await till.do(c.StartClosing())
            assert till.view.closing.notes[0].value_minor == 20_000
            await till.do(c.GoBack())
            for _ in range(10):
                await till.sells("99 candles | cash")
            assert till.state.session.totals.expected_minor >= 100_000
            await till.do(c.StartClosing(), c.SetCount(100_000, 2))
            assert (till.view.closing.notes[0].value_minor, till.view.closing.counted_minor) == (100_000, 200_000)

    run(day())


def test_z06_a_day_is_not_closed_while_a_ticket_is_being_paid(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await till.pays("card 1.00")
            await till.scan(NADIA)
            await till.do(c.StartClosing())
            answer = await till.order(c.Approve("4321"))
            assert (answer.code, answer.params) == ("closing.being_paid", {"number": 1})

    run(day())


def test_z06_notes_that_wait_go_over_to_the_next_day_or_are_cancelled_one_by_one(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await till.do(c.HoldTicket(), c.NewTicket())
            await till.adds("1 candles")
            await till.do(c.HoldTicket())
            await till.scan(NADIA)
            await till.do(c.StartClosing(), c.SetStep("check"), c.VoidHeld(1))
            assert (till.screen, till.view.sheet.purpose, till.view.sheet.number) == ("closing/reasons", "void_held", 1)
            assert 1 in till.state.tickets, "one touch cancels nothing"
            await till.do(c.VoidHeld(1, "void.customer-left"))
            assert await till.refused(c.VoidHeld(1, "void.other")) == "note.gone"
            await till.do(c.Undo(till.view.undo.id))
            assert (till.screen, [card.number for card in till.view.closing.held]) == ("closing", [1, 2])
            await till.do(c.VoidHeld(1, "void.customer-left"))
            assert (await till.facts(j.TicketVoided))[-1].reason == "void.customer-left"
            await till.counts(20_000)
            await till.do(c.SetStep("confirm"), c.CloseDay(), c.CloseDay(confirmed=True))
            (z,) = await till.facts(j.SessionClosed)
            assert (z.held, z.totals.voids.count, z.totals.voids.amount_minor) == ((2,), 1, -420)
            await till.waits(timedelta(days=1))
            await till.opens()
            assert [card.number for card in till.view.home.cards] == [2]
            await till.do(c.RecallTicket(2), c.AddTender("card"))
            assert till.state.session.totals.turnover_minor == 350

    run(day())


def test_z06_the_papers_of_x_and_z_are_ordered_with_their_entries(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.do(c.ReadX(), c.PrintReport(), c.GoBack())
            await till.closes_the_day()
            jobs = await till.books(lambda conn: conn.execute("SELECT purpose, subject FROM print_job").fetchall())
            assert jobs == [("x", 1), ("z", 1)]

    run(day())


def test_z11_the_z_says_everything_about_a_day(run, tmp_path):
    """A fixed day, every figure worked out by hand."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 coffee, 1 croissant | cash 20.00")  # 10.00 at 2.6 %
            await till.sells("2 candles, 1 paper | card 5.00, cash 10.00")  # 7.00 at 8.1 %, 4.20 at 2.6 %
            await till.do(c.NewTicket("eat-in"))
            await till.adds("3 coffee")  # 12.60 at 8.1 %, less 1.26
            await till.do(c.DiscountTicket(rate_bp=1000))
            await till.pays("twint")
            await till.do(c.NewTicket())
            await till.adds("1 candles, 1 deposit")
            await till.do(c.OfferLine(1, "offer.staff"))  # 0.50 at 0 %
            await till.pays("gift-voucher 5.00")
            await till.do(c.PrintReceipt(), c.PrintReceipt(), c.CorrectPayment(), c.AddTender("cash"))
            await till.do(c.NewTicket())
            await till.adds("2 bag")
            await till.do(c.RemoveLine(1))
            await till.adds("1 bag")
            await till.scan(NADIA)
            await till.do(c.VoidTicket("void.test"), c.OpenDrawer("drawer.check"))
            await till.closes_the_day(difference_minor=-5)
            (z,) = await till.facts(j.SessionClosed)
            t = z.totals
            assert (t.tickets, t.turnover_minor, t.refunds_minor) == (4, 3304, 50)
            rates = {rate: (row.gross_minor, row.vat_minor) for rate, row in t.rates.items()}
            assert rates == {0: (50, 0), 260: (1420, 36), 810: (1834, 137)}
            tenders = {mode: (row.count, row.amount_minor) for mode, row in t.tenders.items()}
            assert tenders == {"cash": (3, 1670), "card": (1, 500), "twint": (1, 1134), "gift-voucher": (0, 0)}
            assert {mode: row.amount_minor for mode, row in t.modes.items()} == {"take-away": 2170, "eat-in": 1134}
            assert {who: (row.count, row.amount_minor) for who, row in t.sellers.items()} == {"camille": (4, 3304)}
            assert (t.discounts.count, t.discounts.amount_minor) == (1, -126)
            assert {why: (row.count, row.amount_minor) for why, row in t.offers.items()} == {"offer.staff": (1, -350)}
            assert (t.voids.count, t.voids.amount_minor) == (1, -20)
            assert (t.removed.count, t.removed.amount_minor) == (1, -40)
            assert (t.corrections.count, t.corrections.amount_minor) == (1, -50)
            assert (t.drawer_openings, t.copies, t.rounding_minor) == (1, 1, 0)
            assert (t.float_minor, t.cash_minor, z.expected_minor, z.counted_minor) == (20_000, 1670, 21_670, 21_665)
            assert (t.first_document, t.last_document) == (1, 6)
            assert (z.perpetual_minor, z.perpetual_absolute_minor, z.by) == (3304, 3404, "Nadia")

    run(day())


def test_n01_a_till_sells_for_days_without_any_network(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            for n in range(3):
                for _ in range(10):
                    await till.sells("1 coffee | cash 5.00")
                await till.closes_the_day()
                await till.waits(timedelta(days=1))
                await till.opens()
                assert till.state.session.number == n + 2
            closed = await till.facts(j.SessionClosed)
            assert [z.totals.turnover_minor for z in closed] == [4200] * 3
            assert closed[-1].perpetual_minor == 12_600
            assert [z.leave_minor for z in closed] == [20_000] * 3

    run(day())


# --- a clock that was ahead -----------------------------------------------------------------------------------------


def test_after_a_clock_was_ahead_a_manager_opens_on_todays_date_again(run, tmp_path):
    async def work():
        async with a_till(tmp_path) as till:
            today = till.clock.now()
            await till.closes_the_day()
            till.clock.set_wall(today + timedelta(days=3650))
            await till.scan(NADIA)
            await till.do(c.KeepFloat(), c.OpenSession())
            ahead = till.state.session.business_date
            await till.closes_the_day()
            till.clock.set_wall(today + timedelta(hours=1))
            await till.scan(CAMILLE)
            assert (till.screen, till.message) == ("opening", "session.date_ahead")
            await till.do(c.KeepFloat(), c.ActOnMessage("date_today"))
            assert till.screen.endswith("approval")
            await till.do(c.Approve(PINS["nadia"]))
            assert till.message == "session.dated_today"
            await till.do(c.KeepFloat(), c.OpenSession())
            assert till.state.session.business_date == today.date().isoformat() < ahead
            await till.closes_the_day()
            await till.scan(NADIA)
            assert till.message != "session.date_ahead"

    run(work())
