"""Paying by card through the terminal: the real till, driver and wire, and a terminal whose ledger tells the truth."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain import journal as j
from appliance.hal.simulated.terminal import CARD_NUMBER, Decision, Fault, Play
from appliance.protocol import command as c
from appliance.store.database import connect
from tests.support.cards import a_counter
from tests.support.till import CAMILLE, JAM, LUCA, NADIA

REFUSED = Play(Decision.INSUFFICIENT)
LOST = Play(fault=Fault.SILENCE)
CROISSANT = 201


def on_disk(till, kind):
    """How many entries of a kind another program finds in the file at this moment."""
    conn = connect(Path(till.config.data_dir) / "till.db")
    try:
        return conn.execute("SELECT count(*) FROM journal WHERE kind = ?", (kind,)).fetchone()[0]
    finally:
        conn.close()


async def loses(till, goods="2 croissant"):
    """A card is debited, and the cable is out when the terminal says so."""
    await till.rings(goods)
    till.terminal.plays.append(LOST)
    await till.do(c.TakeCard())
    await till.until(lambda: till.terminal.ledger)
    await till.server.unplug()
    await till.unknown()


# --- the usual --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", ["nexo", "caisse-ap"])
def test_the_terminal_gets_the_amount_and_its_answer_is_the_tender(run, tmp_path, wire):
    async def day():
        async with a_counter(tmp_path, wire) as till:
            await till.rings("2 croissant, 1 coffee")
            await till.pays_by_card()
            [asked] = till.terminal.ledger
            assert (asked.kind, asked.amount_minor) == ("debit", 740)
            [tender] = till.state.last_closed.tenders
            assert tender.amount_minor == 740
            assert tender.request
            assert bool(tender.reference) is (wire == "nexo")
            assert till.screen == "sale"
            assert till.view.result is not None
            assert till.sound == "sale_closed"
            facts = await till.facts(j.CardRequested, j.CardAnswered, j.TicketClosed)
            assert [type(fact) for fact in facts] == [j.CardRequested, j.CardAnswered, j.TicketClosed]
            assert facts[1].outcome == "accepted"

    run(day())


def test_the_request_is_on_the_disk_before_the_terminal_has_heard_of_it(run, tmp_path, monkeypatch):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("1 croissant")
            seen = []
            answer = till.terminal.perform

            async def look(*args):
                seen.append(on_disk(till, "CardRequested"))
                return await answer(*args)

            monkeypatch.setattr(till.terminal, "perform", look)
            await till.do(c.TakeCard())
            await till.asked()
            assert seen == [1]
            till.terminal.decide(Decision.APPROVE)
            await till.answered()

    run(day())


def test_no_card_number_is_kept_anywhere(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("1 croissant")
            await till.pays_by_card()
            await till.books(lambda conn: None)
            for file in tmp_path.rglob("*"):
                if file.is_file():
                    assert CARD_NUMBER.encode() not in file.read_bytes()

    run(day())


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (Decision.DECLINE, "declined"),
        (Decision.INSUFFICIENT, "insufficient_funds"),
        (Decision.EXPIRED, "card_expired"),
        (Decision.WRONG_PIN, "wrong_pin"),
        (Decision.BLOCKED, "card_blocked"),
    ],
)
def test_a_refusal_says_why_and_leaves_the_ticket_as_it_is(run, tmp_path, decision, reason):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            before = till.basket()
            await till.pays_by_card(Play(decision))
            view = till.view.card
            assert (view.phase, view.reason, view.amount_minor) == ("refused", reason, 320)
            assert [step.state for step in view.steps] == ["done", "done", "failed"]
            assert till.screen == "card"
            assert till.basket() == before
            assert not till.terminal.ledger
            await till.do(c.RetryCard())
            await till.answered()
            assert till.booked() == till.debited() == 320
            first, second = await till.facts(j.CardRequested)
            assert first.request.id != second.request.id

    run(day())


def test_after_a_refusal_another_means_pays(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card(REFUSED)
            await till.do(c.GoBack())
            assert till.screen == "payment"
            await till.do(c.AddTender("cash"))
            assert till.state.session.totals.tickets == 1
            assert till.debited() == till.booked() == 0

    run(day())


def test_a_scan_after_a_refusal_goes_back_to_the_sale_for_good(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card(REFUSED)
            await till.scan(JAM)
            assert till.screen == "sale"
            await till.do(c.Lock())
            await till.till.scan(CAMILLE)
            assert till.screen == "sale"
            assert len(till.ticket.lines) == 2

    run(day())


def test_a_refusal_is_still_there_after_the_lock(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card(REFUSED)
            await till.do(c.Lock())
            await till.till.scan(CAMILLE)
            assert till.view.card.phase == "refused"

    run(day())


def test_a_part_by_card_stays_on_the_ticket_and_goes_back_to_the_card_when_taken_back(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.do(c.StartPayment(), c.AddTender("card", 200))
            await till.answered()
            assert till.screen == "payment"
            assert till.ticket.paid_minor == 200
            await till.pull_the_plug()
            await till.ready()
            assert till.ticket.paid_minor == 200
            assert await till.refused(c.GoBack()) == "ticket.being_paid"
            await till.do(c.RemoveTender(till.ticket.tenders[0].id))
            await till.answered()
            assert not till.ticket.tenders
            assert till.debited() == till.booked() == 0
            assert [row.kind for row in till.terminal.ledger] == ["debit", "refund"]
            assert till.message == "card.refunded"

    run(day())


# --- giving up --------------------------------------------------------------------------------------------------------


def test_giving_up_on_the_terminal(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("1 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            assert till.view.card.can_abort
            assert await till.refused(c.GoBack()) == "card.in_progress"
            await till.do(c.AbortCard())
            await till.answered()
            assert (till.screen, till.message) == ("payment", "card.aborted")
            assert not till.terminal.ledger

    run(day())


def test_a_customer_who_is_quicker_than_annuler_has_paid(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("1 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            till.terminal.decide(Decision.APPROVE)
            await till.do(c.AbortCard())
            await till.answered()
            assert till.debited() == till.booked() == 160

    run(day())


# --- the customer is at the terminal, and nobody at the till knew --------------------------------------------------


async def left_alone(till, how):
    """The customer stands before the terminal; the till was restarted, or did not hear it for a while."""
    await till.rings("2 croissant")
    await till.do(c.TakeCard())
    await till.asked()
    if how == "restart":
        await till.pull_the_plug()
        await till.ready()
    else:
        await till.server.unplug()
        await till.unknown()
        await till.server.plug()
    await till.until(lambda: till.view.card is not None and till.view.card.phase == "waiting")


@pytest.mark.parametrize("how", ["restart", "silence"])
def test_a_terminal_that_says_it_is_at_work_is_waited_for_and_can_be_stopped(run, tmp_path, how):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await left_alone(till, how)
            assert (till.screen, till.view.card.can_abort) == ("card", True)
            assert await till.refused(c.ConfirmCard(False)) == "card.at_work"
            assert await till.refused(c.ConfirmCard(True)) == "card.at_work"
            assert await till.refused(c.TakeCash(0)) == "card.in_progress"
            await till.do(c.AbortCard())
            await till.answered()
            assert till.terminal.working is None
            assert (till.screen, till.message) == ("payment", "card.aborted")
            assert not till.terminal.decide(Decision.APPROVE)
            await till.do(c.TakeCash(0))
            assert (till.debited(), till.booked(), till.state.doubts) == (0, 0, {})

    run(day())


@pytest.mark.parametrize("how", ["restart", "silence"])
def test_a_customer_who_goes_on_after_all_has_paid_once(run, tmp_path, how):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await left_alone(till, how)
            assert till.terminal.decide(Decision.APPROVE)
            await till.answered()
            assert till.debited() == till.booked() == 320

    run(day())


async def denied_while_it_waits(till):
    """The line is cut while the customer is at the terminal, and the cashier says that no money moved."""
    await till.rings("2 croissant")
    await till.do(c.TakeCard())
    await till.asked()
    await till.server.unplug()
    await till.unknown()
    await till.do(c.ConfirmCard(False))


def test_a_no_stops_the_terminal_as_soon_as_it_is_heard_again(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await denied_while_it_waits(till)
            await till.do(c.TakeCash(0))
            assert till.terminal.working is not None
            await till.server.plug()
            await till.until(lambda: till.terminal.working is None)
            await till.until(lambda: not till.state.doubts)
            assert not till.terminal.decide(Decision.APPROVE)
            assert (till.terminal.ledger, till.booked()) == ([], 0)

    run(day())


def test_a_no_stops_the_terminal_before_the_card_is_asked_for_again(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            till.till.terminal.ask_s = 60
            await denied_while_it_waits(till)
            await till.server.plug()
            await till.ready()
            first = till.terminal.working
            await till.order(c.TakeCard())
            await till.until(lambda: till.terminal.working is not first)
            assert not till.terminal.ledger

    run(day())


def test_a_wish_to_stop_that_was_lost_is_said_again(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("2 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            await till.server.unplug()
            await till.unknown()
            await till.do(c.AbortCard())
            await till.server.plug()
            await till.until(lambda: till.view.card is None or till.view.card.phase == "waiting")
            await till.do(*([c.AbortCard()] if till.view.card is not None and till.view.card.can_abort else []))
            await till.answered()
            assert (till.terminal.ledger, till.message) == ([], "card.aborted")

    run(day())


# --- while it goes on -------------------------------------------------------------------------------------------------


def test_nothing_touches_money_or_the_ticket_while_the_card_is_read(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("2 croissant")
            line = till.ticket.lines[0].id
            await till.do(c.TakeCard())
            await till.asked()
            for command in (
                c.TakeCash(0), c.TakeCard(), c.AddTender("cash"), c.AddProduct(201), c.ChangeQuantity(line, 1),
                c.RemoveLine(line), c.DiscountTicket(1000), c.VoidTicket("void.customer-left"), c.HoldTicket(),
                c.NewTicket(), c.GoHome(), c.GoBack(), c.CloseTicket(), c.StartSplit(), c.ChangeMode("eat-in"),
                c.CorrectPayment(), c.ConfirmCard(True), c.ConfirmCard(False), c.OpenDrawer("drawer.change"),
            ):  # fmt: skip
                assert await till.refused(command) == "card.in_progress", command
            assert await till.refused(c.StartClosing()) == "closing.card_open"
            assert await till.refused(c.CloseDay(confirmed=True)) == "closing.card_open"
            assert await till.scan(JAM) in ("card.in_progress", "scan.card_running")
            assert till.sound == "scan_refused"
            assert await till.scan(NADIA) in ("card.in_progress", "scan.card_running")
            assert "GoBack" not in till.view.allowed
            till.terminal.decide(Decision.APPROVE)
            await till.answered()
            assert till.sealed().startswith("3.20")

    run(day())


def test_the_till_may_be_locked_meanwhile_and_comes_back_to_the_card(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("1 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            await till.do(c.Lock())
            await till.till.scan(CAMILLE)
            assert till.screen == "card"
            await till.do(c.Lock())
            till.terminal.decide(Decision.APPROVE)
            await till.answered()
            assert till.screen == "lock"
            assert till.booked() == 160

    run(day())


def test_double_taps_on_the_card_key_debit_once(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            for _ in range(20):
                await till.rings("1 croissant")
                first, second = await asyncio.gather(till.order(c.TakeCard()), till.order(c.TakeCard()))
                assert first.ok
                assert second.code == "card.in_progress"
                await till.answered()
                assert not (await till.order(c.TakeCard())).ok
            assert len(till.terminal.ledger) == till.state.session.totals.tickets == 20

    run(day())


# --- no answer --------------------------------------------------------------------------------------------------------


def test_a_lost_answer_is_asked_for_and_the_card_is_debited_once(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card(Play(fault=Fault.LOST_ANSWER))
            assert till.booked() == till.debited() == 320
            assert len(till.terminal.ledger) == 1

    run(day())


def test_without_an_answer_the_till_asks_the_only_question_and_resolves_it_when_the_cable_is_back(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            view = till.view
            assert (till.screen, view.card.phase) == ("card", "unknown")
            light = next(light for light in view.status if light.device == "terminal")
            assert (light.level, light.code) == ("warn", "status.terminal_no_answer")
            assert till.sound == "needs_you"
            for command in (c.TakeCash(0), c.TakeCard(), c.GoBack(), c.AddProduct(201), c.RetryCard()):
                assert await till.refused(command) == "card.to_check"
            assert await till.refused(c.StartClosing()) == "closing.card_open"
            await till.scan(JAM)
            assert till.sound == "scan_refused"
            await till.server.plug()
            await till.answered()
            assert till.booked() == till.debited() == 320
            assert till.screen == "sale"
            assert not till.state.doubts

    run(day())


def test_after_a_power_cut_the_question_is_the_first_screen(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.pull_the_plug()
            assert (till.screen, till.view.card.phase) == ("card", "unknown")
            await till.pull_the_plug()
            await till.server.plug()
            await till.answered()
            assert till.booked() == till.debited() == 320
            assert len(till.terminal.ledger) == 1
            assert len(await till.facts(j.CardUnknown)) == 1

    run(day())


def test_a_request_that_never_left_is_known_to_have_debited_nothing(run, tmp_path):
    """Cut between the commit and the first byte: the terminal is asked, and believed once nothing can be on its way."""

    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("1 croissant")
            await till.hang_up()
            await till.do(c.TakeCard())
            await till.pull_the_plug()
            await till.ready()
            await till.until(lambda: till.till.terminal.at_rest)
            assert till.state.card is not None, "ten seconds have not gone by"
            await till.waits(timedelta(seconds=11))
            await till.answered()
            assert (till.screen, till.message) == ("payment", "card.never_arrived")
            assert not till.terminal.ledger
            await till.pays_by_card()
            assert till.booked() == till.debited() == 160

    run(day())


def test_the_customer_is_still_at_it_after_the_power_cut(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("1 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            await till.pull_the_plug()
            await till.ready()
            assert till.screen == "card"
            till.terminal.decide(Decision.APPROVE)
            await till.answered()
            assert till.booked() == till.debited() == 160

    run(day())


# --- a person's word --------------------------------------------------------------------------------------------------


def test_yes_closes_the_sale_marked_to_check_until_the_terminal_says_the_same(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(True))
            assert (till.screen, till.message) == ("sale", "card.unsure")
            assert till.state.last_closed.tenders[0].is_unsure
            totals = till.state.session.totals
            assert (totals.unsure.count, totals.unsure.amount_minor) == (1, 320)
            await till.server.plug()
            await till.until(lambda: not till.state.doubts)
            assert till.state.session.totals.unsure.count == 0
            assert till.booked() == till.debited() == 320

    run(day())


def test_a_sale_that_is_to_check_is_corrected_once_the_terminal_has_told(run, tmp_path):
    """Nobody knows before whether there is anything to give back, and a second card payment would be a second debit."""

    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(True))
            assert await till.refused(c.CorrectPayment()) == "correct.unsure"
            await till.server.plug()
            await till.until(lambda: not till.state.doubts)
            await till.do(c.CorrectPayment())
            await till.answered()
            assert (till.screen, till.debited()) == ("payment", 0)

    run(day())


def test_an_x_shows_what_is_to_check(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(True))
            await till.scan(NADIA)
            await till.do(c.ReadX())
            assert (till.view.report.unsure.count, till.view.report.unsure.amount_minor) == (1, 320)

    run(day())


def test_no_then_the_terminal_says_accepted_the_ticket_gets_its_payment(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False))
            assert (till.screen, till.message) == ("payment", "card.denied")
            await till.server.plug()
            await till.until(lambda: till.message == "card.debit_says_accepted")
            assert till.state.session.totals.unsure.count == 1
            await till.do(c.ActOnMessage("reopen"))
            await till.scan(NADIA)
            assert till.state.session.totals.tickets == 1
            assert till.booked() == till.debited() == 320
            assert till.state.session.totals.unsure.count == 0
            assert not till.state.doubts

    run(day())


def test_no_is_never_followed_by_a_second_debit(run, tmp_path):
    """The cashier says no, plugs the cable in and taps the card key at once: the terminal is asked before."""

    async def day():
        async with a_counter(tmp_path) as till:
            till.till.terminal.ask_s = 60
            await loses(till)
            await till.do(c.ConfirmCard(False))
            await till.server.plug()
            await till.ready()
            await till.do(c.StartPayment())
            await till.order(c.AddTender("card"))
            await till.until(lambda: till.state.card is None and any(d.says for d in till.state.doubts.values()))
            assert len(till.terminal.ledger) == 1
            await till.do(c.DismissMessage(), c.AddTender("card"))
            assert (till.message, till.sound) == ("card.debit_says_accepted", "needs_you")
            assert (till.state.card, len(till.terminal.ledger)) == (None, 1)

    run(day())


async def after_cash(till):
    """Paid in cash; the terminal has told when the settlement is opened again."""
    await till.do(c.AddTender("cash"))
    await hears(till)
    await till.do(c.CorrectPayment())


async def before_it_was_asked(till):
    """Paid in cash and opened again while the cable is still out."""
    await till.do(c.AddTender("cash"), c.CorrectPayment())
    await till.server.plug()
    till.till.retry_devices()
    await till.ready()


async def on_a_part(till):
    """All of the note is on its first part."""
    await till.do(c.GoBack(), c.StartSplit())
    await hears(till)
    await till.do(c.MoveToPart(1, 1000), c.MoveToPart(1, 1000), c.StartPayment())


async def the_next_day(till):
    """The note waits over the Z."""
    await till.do(c.GoBack(), c.HoldTicket())
    await hears(till)
    await till.closes_the_day()
    await till.pull_the_plug()
    await till.ready()
    await till.scan(NADIA)
    await till.do(c.KeepFloat(), c.OpenSession())
    assert till.message == "card.debit_says_accepted"
    await till.do(c.RecallTicket(1))


async def hears(till):
    """The cable is in again, and the terminal has said what became of everything."""
    await till.server.plug()
    await till.ready()
    await till.until(lambda: all(doubt.says for doubt in till.state.doubts.values()))


@pytest.mark.parametrize("goes_on", [after_cash, before_it_was_asked, on_a_part, the_next_day])
def test_a_debit_that_was_called_refused_follows_its_basket(run, tmp_path, goes_on):
    """Another number, another ticket or another day: the card is not debited again, and the button puts it right."""

    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False))
            await goes_on(till)
            await till.do(c.AddTender("card"))
            await till.until(lambda: till.state.card is None and any(d.says for d in till.state.doubts.values()))
            assert [row.amount_minor for row in till.terminal.ledger] == [320]
            assert till.message == "card.debit_says_accepted"
            await till.do(c.ActOnMessage("reopen"))
            await till.scan(NADIA)
            assert till.booked() == till.debited() == 320
            assert not till.state.doubts
            assert till.state.session.totals.unsure.count == 0
            assert till.state.last_closed.total_minor == 320

    run(day())


def test_a_debit_that_fits_no_part_goes_back_before_a_part_is_paid(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False), c.GoBack(), c.StartSplit(), c.SetPersons(2), c.SplitEqually())
            await hears(till)
            await till.do(c.ShowPart(1), c.AddTender("card"))
            assert (till.message, till.debited()) == ("card.debit_says_accepted_late", 320)
            await till.do(c.ActOnMessage("refund"))
            await till.scan(NADIA)
            await till.answered()
            assert till.debited() == till.booked() == 0
            await till.do(c.ShowPart(1), c.AddTender("card"))
            await till.answered()
            assert till.debited() == till.booked() == 160

    run(day())


def test_no_then_cash_then_the_terminal_says_accepted_the_settlement_is_opened_again(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False), c.AddTender("cash"))
            await till.server.plug()
            await till.until(lambda: till.message == "card.debit_says_accepted")
            await till.scan(NADIA)
            await till.do(c.ActOnMessage("reopen"))
            assert till.screen == "payment"
            assert till.ticket.paid_minor == 320
            await till.do(c.CloseTicket())
            assert till.booked() == till.debited() == 320
            assert till.state.session.totals.cash_minor == 0

    run(day())


def test_too_late_to_reopen_the_money_goes_back(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False), c.AddTender("cash"))
            await till.sells("1 coffee | cash")
            await till.server.plug()
            await till.until(lambda: till.message == "card.debit_says_accepted_late")
            await till.ready()
            await till.scan(NADIA)
            await till.do(c.ActOnMessage("refund"))
            await till.answered()
            assert till.debited() == till.booked() == 0
            assert not till.state.doubts
            assert till.message == "card.returned"

    run(day())


def test_yes_and_the_terminal_knows_of_nothing_the_settlement_is_opened_again(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.hang_up()
            await till.do(c.TakeCard())
            await till.pull_the_plug()
            await till.do(c.ConfirmCard(True))
            assert till.booked() == 320
            await till.waits(timedelta(seconds=11))
            await till.until(lambda: till.message == "card.debit_says_refused")
            await till.scan(NADIA)
            await till.do(c.ActOnMessage("reopen"))
            assert till.screen == "payment"
            assert till.booked() == till.debited() == 0
            assert till.state.session.totals.unsure.count == 0

    run(day())


def test_a_question_is_asked_again_after_a_restart(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False))
            await till.server.plug()
            await till.until(lambda: till.message == "card.debit_says_accepted")
            await till.pull_the_plug()
            assert till.message in ("card.debit_says_accepted", "ticket.recovered")
            assert any(notice.code == "card.debit_says_accepted" for notice in till.till.desk.notices)

    run(day())


# --- giving money back ------------------------------------------------------------------------------------------------


def test_correcting_a_card_sale_sends_the_money_back_first(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card()
            await till.do(c.CorrectPayment())
            await till.answered()
            refund = till.terminal.ledger[1]
            assert (refund.kind, refund.amount_minor) == ("refund", 320)
            assert till.screen == "payment"
            assert till.debited() == till.booked() == 0
            await till.do(c.AddTender("cash"))
            assert [type(fact) for fact in await till.facts(j.CardAnswered, j.SettlementReversed)] == [
                j.CardAnswered, j.CardAnswered, j.SettlementReversed,
            ]  # fmt: skip

    run(day())


def test_a_refund_that_is_refused_leaves_the_settlement(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card()
            till.terminal.plays.append(Play(Decision.DECLINE))
            await till.do(c.CorrectPayment())
            await till.answered()
            assert (till.view.card.phase, till.view.card.purpose) == ("refused", "refund")
            assert till.view.ticket.number == till.state.last_closed.ticket
            await till.do(c.GoBack())
            assert till.view.result is not None
            assert till.debited() == till.booked() == 320

    run(day())


def test_two_cards_on_one_sale_go_back_one_after_the_other(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.do(c.StartPayment(), c.AddTender("card", 100))
            await till.answered()
            await till.do(c.AddTender("card"))
            await till.answered()
            assert till.debited() == till.booked() == 320
            await till.do(c.CorrectPayment())
            await till.answered()
            assert till.debited() == till.booked() == 220
            await till.do(c.RemoveTender(till.ticket.tenders[0].id))
            await till.answered()
            assert till.debited() == till.booked() == 0
            await till.do(c.AddTender("cash"))

    run(day())


@pytest.mark.parametrize("answer", [None, True, False])
def test_a_refund_whose_answer_is_lost(run, tmp_path, answer):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card()
            till.terminal.plays.append(LOST)
            await till.do(c.CorrectPayment())
            await till.until(lambda: len(till.terminal.ledger) == 2)
            await till.server.unplug()
            await till.unknown()
            assert till.view.card.purpose == "refund"
            if answer is not None:
                await till.do(c.ConfirmCard(answer))
            await till.server.plug()
            await till.answered()
            await till.until(lambda: not [d for d in till.state.doubts.values() if not d.says])
            if answer is False:
                assert till.message == "card.refund_says_accepted"
                await till.scan(NADIA)
                await till.do(c.ActOnMessage("reopen"))
            assert till.screen == "payment"
            assert till.debited() == till.booked() == 0
            assert not till.state.doubts

    run(day())


# --- a terminal that is away ------------------------------------------------------------------------------------------


def test_a_terminal_that_is_away_is_told_before_anything_is_asked(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.server.unplug()
            await till.until(lambda: till.till.terminal.is_away)
            await till.rings("2 croissant")
            await till.do(c.TakeCard())
            assert (till.screen, till.view.card.phase) == ("card", "away")
            assert not await till.facts(j.CardRequested)
            assert till.view.card.can_by_hand
            await till.do(c.CardByHand(confirmed=True))
            assert till.state.last_closed.tenders[0].by_hand
            await till.rings("1 croissant")
            await till.do(c.TakeCard())
            await till.server.plug()
            await till.ready()
            await till.do(c.RetryCard())
            await till.answered()
            assert till.debited() == 160
            assert till.booked() == 480

    run(day())


def test_a_terminal_that_is_away_is_not_said_to_be_unable_to_read(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"))
            assert till.view.sheet.terminal == "ready"
            await is_away(till)
            assert till.view.sheet.terminal == "away"

    run(day())


def test_by_hand_the_till_first_says_what_to_do_and_the_books_say_it_was(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await is_away(till)
            await till.rings("2 croissant")
            await till.do(c.TakeCard(), c.CardByHand())
            assert (till.view.card.is_by_hand, till.view.card.amount_minor) == (True, 320)
            assert till.ticket.lines, "one touch takes no money"
            await till.do(c.GoBack())
            assert (till.screen, till.view.card.is_by_hand) == ("card", False)
            await till.do(c.CardByHand(), c.CardByHand(confirmed=True))
            assert [(paid.kind, paid.is_by_hand) for paid in till.view.result.tenders] == [("card", True)]
            await till.till.scan(NADIA)
            await till.do(c.ReadX())
            assert (till.view.report.by_hand.count, till.view.report.by_hand.amount_minor) == (1, 320)
            await till.do(c.StartClosing())
            assert till.view.closing.by_hand.amount_minor == 320

    run(day())


async def is_away(till):
    await till.server.unplug()
    await till.until(lambda: till.till.terminal.is_away)


LEAVES = {
    "a note is recalled": [c.RecallTicket(1)],
    "home": [c.GoHome()],
    "home, and the other note": [c.GoHome(), c.RecallTicket(1)],
    "another ticket": [c.NewTicket(), c.AddProduct(CROISSANT)],
    "cash pays it": [c.AddTender("cash"), c.NewTicket(), c.AddProduct(CROISSANT)],
    "back and forth": [c.RecallTicket(1), c.RecallTicket(2)],
}


@pytest.mark.parametrize("leaves", LEAVES.values(), ids=LEAVES)
@pytest.mark.parametrize("away", [True, False])
def test_a_card_that_came_to_nothing_is_never_paid_on_another_ticket(run, tmp_path, leaves, away):
    """Whichever way its ticket is left, the keys of the card screen are for nobody, also after the lock."""

    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("5 croissant")
            await till.do(c.HoldTicket())
            await till.rings("1 coffee")
            if away:
                await is_away(till)
            else:
                till.terminal.plays.append(REFUSED)
            await till.do(c.AddTender("card", 100))
            await till.until(lambda: till.till.desk.card is not None)
            await till.do(*leaves)
            assert till.till.desk.card is None
            await till.do(c.Lock())
            await till.till.scan(CAMILLE)
            assert till.screen != "card"
            for key in (c.CardByHand(), c.RetryCard()):
                assert await till.refused(key) == "card.none"
            assert not till.debited()

    run(day())


def test_a_question_that_is_answered_meanwhile_leaves_the_card_of_another_ticket(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False), c.GoBack(), c.HoldTicket())
            await till.rings("3 croissant")
            await till.until(lambda: till.till.terminal.is_away)
            await till.do(c.TakeCard())
            assert (till.screen, till.view.card.number) == ("card", 2)
            await hears(till)
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            assert (till.screen, till.view.card.number) == ("card", 2)
            await till.do(c.ActOnMessage("reopen"))
            assert till.state.last_closed.ticket == 1
            assert till.screen != "card"
            assert await till.refused(c.RetryCard()) == "card.none"
            assert till.booked() == till.debited() == 320

    run(day())


def test_another_seller_asks_a_manager_before_a_refund_is_tried_again(run, tmp_path):
    """As for the first time: a sale that is not his own is corrected with a manager's word only."""

    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            await till.pays_by_card()
            await is_away(till)
            await till.do(c.CorrectPayment())
            assert till.screen == "card"
            await till.do(c.Lock())
            await till.till.scan(LUCA)
            assert till.screen == "card"
            for key in (c.CardByHand(), c.RetryCard()):
                await till.do(key)
                assert till.till.desk.sheet == "approval"
                assert (till.booked(), till.state.card) == (320, None)
            await till.server.plug()
            await till.ready()
            await till.scan(NADIA)
            await till.answered()
            assert till.debited() == till.booked() == 0
            assert till.ticket.corrects

    run(day())


def test_no_card_by_hand_before_the_terminal_has_confirmed_a_no(run, tmp_path):
    """The answer was lost, the cashier says no, and the line stays cut: a second debit typed by hand would be one."""

    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.ConfirmCard(False), c.TakeCard())
            await till.until(lambda: till.view.card is not None and till.view.card.phase == "away")
            assert (till.message, till.view.card.can_by_hand) == ("card.doubt_by_hand", False)
            assert await till.refused(c.CardByHand()) == "card.doubt_by_hand"
            assert await till.refused(c.CardByHand(confirmed=True)) == "card.doubt_by_hand"
            await hears(till)
            await till.do(c.ActOnMessage("reopen"))
            await till.scan(NADIA)
            assert till.booked() == till.debited() == 320

    run(day())


def test_by_hand_after_a_no_on_a_terminal_that_cannot_be_asked(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, "caisse-ap") as till:
            await loses(till)
            await till.do(c.ConfirmCard(False), c.TakeCard())
            await till.until(lambda: till.view.card is not None and till.view.card.phase == "away")
            assert till.view.card.can_by_hand
            await till.do(c.CardByHand(confirmed=True))
            assert till.state.last_closed.tenders[0].by_hand

    run(day())


def test_by_hand_only_where_the_settings_allow_it(run, tmp_path):
    async def day():
        async with a_counter(tmp_path, card_by_hand=False) as till:
            await till.server.unplug()
            await till.until(lambda: till.till.terminal.is_away)
            await till.rings("2 croissant")
            await till.do(c.TakeCard())
            assert not till.view.card.can_by_hand
            assert await till.refused(c.CardByHand()) == "card.not_by_hand"

    run(day())


def test_a_disk_that_is_full_asks_the_terminal_for_nothing(run, tmp_path, monkeypatch):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            monkeypatch.setattr("appliance.service.ledger.FREE_BYTES_MIN", 10**18)
            assert await till.refused(c.TakeCard()) == "store.full"
            monkeypatch.undo()
            assert not till.terminal.seen

    run(day())


def test_another_seller_may_answer_the_question(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await loses(till)
            await till.do(c.Lock())
            await till.till.scan(LUCA)
            assert till.view.card.phase == "unknown"
            await till.do(c.ConfirmCard(True))
            assert till.state.last_closed.seller == "luca"

    run(day())


# --- reading codes ----------------------------------------------------------------------------------------------------


def test_the_terminal_reads_a_code_for_the_ticket(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"))
            assert till.view.sheet.terminal == "ready"
            await till.do(c.StartScan())
            await till.until(lambda: till.terminal.scan_session is not None)
            assert till.view.sheet.terminal == "reading"
            till.terminal.show_code(JAM)
            await till.until(lambda: till.ticket.lines)
            assert till.ticket.lines[0].code.endswith(JAM)
            assert till.screen == "sale/code_entry"
            assert till.view.sheet.terminal == "ready"

    run(day())


def test_reading_is_stopped_by_hand_by_leaving_and_by_a_payment(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.rings("1 croissant")
            for leaving in (c.StopScan(), c.CloseSheet(), c.TakeCard()):
                await till.do(c.OpenSheet("code_entry"), c.StartScan())
                await till.until(lambda: till.terminal.scan_session is not None)
                await till.do(leaving)
                await till.until(lambda: till.terminal.scan_session is None and not till.till.terminal.reading)
            await till.answered()
            assert till.booked() == till.debited() == 160

    run(day())


def test_a_terminal_that_reads_nothing_says_so(run, tmp_path):
    async def day():
        async with a_counter(tmp_path) as till:
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"), c.StartScan())
            await till.until(lambda: till.terminal.scan_session is not None)
            session = till.terminal.scan_session or 0
            await till.server.unplug()
            await till.until(lambda: not till.till.terminal.reading)
            assert till.till.desk.code_note == "code.not_read"
            till.terminal.end_scan(session)
            await till.until(lambda: till.terminal.scan_session is None)

    run(day())


@pytest.mark.parametrize("wire", ["nexo", "caisse-ap"])
def test_a_terminal_without_a_reader_is_not_asked(run, tmp_path, wire):
    async def day():
        async with a_counter(tmp_path, wire) as till:
            till.terminal.has_reader = False
            await till.do(c.NewTicket(), c.OpenSheet("code_entry"))
            if wire == "nexo":
                await till.do(c.StartScan())
                await till.until(lambda: till.till.desk.code_note)
            assert till.view.sheet.terminal == "unable"
            assert await till.refused(c.StartScan()) == "code.terminal_unable"

    run(day())


@pytest.mark.parametrize("wire", ["nexo", "caisse-ap"])
def test_a_request_that_is_being_committed_is_not_asked_about(run, tmp_path, wire):
    """Between the decision and the disk the terminal's cable is plugged in: it was asked about what was never sent."""

    async def day():
        async with a_counter(tmp_path, wire) as till:
            await till.rings("2 croissant")
            till.till.ledger._database._slow_left = 100  # this disk takes its time
            taking = asyncio.get_running_loop().create_task(till.do(c.TakeCard()))
            while till.state.card is None:  # noqa: ASYNC110  a decision tells nobody
                await asyncio.sleep(0)
            till.till.terminal.ask_now()
            await taking
            await till.answered()
            assert till.debited() == till.booked() == 320
            assert not await till.facts(j.CardUnknown)

    run(day())


def asked_again(terminal):
    before = terminal._asks_at
    return lambda: terminal._asks_at > before


@pytest.mark.parametrize("answered", [True, False])
def test_what_nobody_settles_is_in_the_log_once(run, tmp_path, caplog, answered):
    """It was there every few seconds, six thousand times a day."""
    caplog.set_level("INFO")

    async def day():
        async with a_counter(tmp_path, attended=True) as till:
            await till.rings("2 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            await till.server.unplug()
            await till.unknown()
            if answered:
                await till.do(c.ConfirmCard(False))
            caplog.clear()
            for _ in range(5):
                await till.until(asked_again(till.till.terminal))
            lines = [line for line in caplog.messages if "unknown" in line or "nobody answers" in line]
            assert len(lines) <= 2, lines
            till.terminal.decide(Decision.CANCEL)

    run(day())
