"""The real driver over real HTTPS, HTTP and TCP against every script of the simulated terminal."""

import asyncio
import logging

import pytest

from appliance.hal.device import PaymentKind, PaymentOutcome, PaymentReason, PaymentRequest, PaymentStep
from appliance.hal.simulated.terminal import CARD_NUMBER, Decision, Fault, Play
from tests.hal.terminal.conftest import WIRES

ACCEPTED, REFUSED, ABORTED = PaymentOutcome.ACCEPTED, PaymentOutcome.REFUSED, PaymentOutcome.ABORTED
NOT_STARTED, UNKNOWN, IN_PROGRESS = PaymentOutcome.NOT_STARTED, PaymentOutcome.UNKNOWN, PaymentOutcome.IN_PROGRESS
NEXO = ("nexo", "sealed nexo", "clear nexo")


@pytest.mark.parametrize("wire", WIRES)
def test_a_payment_is_accepted_and_told_whole(run, table, wire):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play())
            assert (result.outcome, result.amount_minor, result.currency) == (ACCEPTED, 1230, "CHF")
            assert (result.authorisation, result.card, result.last_digits) == ("000001", "Visa", "1111")
            assert t.moved(t.request()) == 1
            assert t.steps == [PaymentStep.SENT, PaymentStep.CUSTOMER]
            if wire != "caisse-ap":
                assert "TOTAL  CHF 12.30" in result.receipt
                assert result.reference

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("decision", "outcome", "reason"),
    [
        (Decision.DECLINE, REFUSED, PaymentReason.DECLINED),
        (Decision.INSUFFICIENT, REFUSED, PaymentReason.INSUFFICIENT_FUNDS),
        (Decision.EXPIRED, REFUSED, PaymentReason.CARD_EXPIRED),
        (Decision.WRONG_PIN, REFUSED, PaymentReason.WRONG_PIN),
        (Decision.BLOCKED, REFUSED, PaymentReason.CARD_BLOCKED),
        (Decision.NO_LINE, REFUSED, PaymentReason.BANK_UNREACHABLE),
        (Decision.CANCEL, ABORTED, PaymentReason.BY_CUSTOMER),
        (Decision.NO_CARD, ABORTED, PaymentReason.CARD_WAIT_OVER),
    ],
)
def test_a_refusal_has_its_reason_and_moves_nothing(run, table, wire, decision, outcome, reason):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play(decision))
            assert result.outcome is outcome
            if wire != "caisse-ap":  # that one has few words
                assert result.reason is reason
            assert t.terminal.ledger == []

    run(sale())


LOSSES = (Fault.LOST_ANSWER, Fault.CUT_WORKING, Fault.HALF_ANSWER, Fault.SILENCE, Fault.GARBAGE, Fault.DOUBLED)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", LOSSES)
def test_an_answer_lost_after_the_debit_is_found_by_asking(run, table, wire, fault):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play(fault=fault, seconds=0.02))
            assert result.outcome is ACCEPTED, (fault, result)
            assert t.moved(t.request()) == 1
            assert len(t.terminal.seen) == 1

    run(sale())


@pytest.mark.parametrize("fault", [Fault.NOT_HTTP_200, Fault.BAD_HMAC, Fault.WRONG_REQUEST, Fault.WRONG_TICKET])
@pytest.mark.parametrize("wire", NEXO)
def test_a_false_answer_is_rejected_and_the_truth_is_asked(run, table, caplog, wire, fault):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play(fault=fault))
            assert (result.outcome, t.moved(t.request())) == (ACCEPTED, 1)
            if fault in (Fault.BAD_HMAC, Fault.WRONG_REQUEST) and (
                wire == "sealed nexo" or fault is not Fault.BAD_HMAC
            ):
                assert "rejected" in caplog.text

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
def test_the_previous_requests_answer_is_rejected(run, table, wire, caplog):
    """P-08: the terminal answers the second sale with what it said to the first."""

    async def sale():
        async with table(wire) as t:
            await t.pays(t.request(1), Play())
            declined = t.request(2)
            result = await t.pays(declined, Play(Decision.DECLINE, Fault.PREVIOUS))
            assert len(t.terminal.ledger) == 1
            if wire == "caisse-ap":  # it cannot be asked: nobody knows, and nobody says accepted
                assert (result.outcome, result.reason) == (UNKNOWN, PaymentReason.WRONG_ANSWER)
            else:
                assert result.outcome is REFUSED
                assert "rejected: answer with another service_id" in caplog.text

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", [Fault.WRONG_AMOUNT, Fault.WRONG_CURRENCY])
def test_another_amount_is_never_accepted(run, table, wire, fault):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play(fault=fault))
            assert (result.outcome, result.reason) == (UNKNOWN, PaymentReason.WRONG_AMOUNT)
            if fault is Fault.WRONG_AMOUNT:
                assert result.amount_minor == 1330

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
def test_nobody_there_is_not_started(run, table, wire):
    async def sale():
        async with table(wire) as t:
            await t.server.unplug()
            result = await t.pays()
            assert (result.outcome, result.reason) == (NOT_STARTED, PaymentReason.UNREACHABLE)
            await t.server.plug()
            assert (await t.pays(t.request(2), Play())).outcome is ACCEPTED

    run(sale())


@pytest.mark.parametrize("wire", NEXO)
@pytest.mark.parametrize("fault", [Fault.RESET_ON_CONNECT, Fault.RESET_IN_REQUEST])
def test_a_request_that_never_arrived_is_not_started(run, table, wire, fault):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play(fault=fault))
            assert (result.outcome, result.reason) == (NOT_STARTED, PaymentReason.NEVER_ARRIVED)
            assert t.terminal.ledger == []

    run(sale())


@pytest.mark.parametrize("fault", [Fault.RESET_ON_CONNECT, Fault.RESET_IN_REQUEST])
def test_without_a_question_a_lost_request_is_unknown(run, table, fault):
    async def sale():
        async with table("caisse-ap") as t:
            result = await t.pays(None, Play(fault=fault))
            assert result.outcome is UNKNOWN

    run(sale())


@pytest.mark.parametrize("wire", NEXO)
def test_a_request_that_arrives_late_is_waited_for(run, table, wire):
    async def sale():
        async with table(wire) as t:
            result = await t.pays(None, Play(fault=Fault.LATE_REQUEST, seconds=0.03))
            assert (result.outcome, t.moved(t.request())) == (ACCEPTED, 1)

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
def test_a_slow_drip_is_an_answer_like_another(run, table, wire):
    async def sale():
        async with table(wire) as t:
            assert (await t.pays(None, Play(fault=Fault.DRIP))).outcome is ACCEPTED

    run(sale())


@pytest.mark.parametrize("wire", NEXO)
def test_a_terminal_that_is_lost_for_good_leaves_unknown_and_a_restart_finds_it(run, table, wire):
    """P-07: the cable is cut after the card is read; on reconnection the result is found, by a till that restarted."""

    async def sale():
        async with table(wire) as t:
            async with asyncio.TaskGroup() as group:
                paying = group.create_task(t.pays(None, Play(seconds=0.1)), name="pay")
                await t.terminal.shows("debit")
                await t.server.unplug()
            assert paying.result().outcome is UNKNOWN
            assert (await t.driver.ask(t.request())).outcome is UNKNOWN
            await t.server.plug()
            restarted = t.another_driver()
            result = await restarted.ask(t.request())
            await restarted.close()
            assert (result.outcome, t.moved(t.request())) == (ACCEPTED, 1)

    run(sale())


def test_a_request_is_never_sent_twice(run, table):
    async def sale():
        async with table(otherwise=Play()) as t:
            for _ in range(3):
                assert (await t.pays()).outcome is ACCEPTED
            assert len(t.terminal.seen) == 1
            restarted = t.another_driver()  # a till that forgot the rule: the terminal knows the name of the request
            assert (await restarted.pay(t.request())).outcome is ACCEPTED
            await restarted.close()
            assert t.moved(t.request()) == 1

    run(sale())


def test_a_second_request_is_busy_and_the_same_one_waits(run, table):
    async def sale():
        async with table() as t, asyncio.TaskGroup() as group:
            first = group.create_task(t.pays(None, Play(seconds=0.05)), name="first")
            await t.terminal.shows("debit")
            assert (await t.driver.ask(t.request())).outcome is IN_PROGRESS
            other = await t.driver.pay(t.request(2))
            assert (other.outcome, other.reason) == (NOT_STARTED, PaymentReason.BUSY)
            assert await t.driver.pay(t.request()) == await first
            assert len(t.terminal.ledger) == 1

    run(sale())


def test_a_terminal_that_serves_another_till_is_busy(run, table):
    async def sale():
        async with table() as t, asyncio.TaskGroup() as group:
            t.terminal.plays.append(Play(seconds=0.1))
            other_till = t.another_driver()
            theirs = group.create_task(other_till.pay(t.request(9)), name="theirs")
            await t.terminal.shows("debit")
            ours = await t.driver.pay(t.request())
            assert (ours.outcome, ours.reason) == (NOT_STARTED, PaymentReason.BUSY)
            assert (await theirs).outcome is ACCEPTED
            await other_till.close()

    run(sale())


@pytest.mark.parametrize("wire", NEXO)
def test_abort_goes_past_the_waiting_payment(run, table, wire):
    async def sale():
        async with table(wire) as t, asyncio.TaskGroup() as group:
            paying = group.create_task(t.pays(), name="pay")  # a person decides, and does not
            await t.terminal.shows("debit")
            await t.driver.abort(t.request(2))
            assert t.terminal.working is not None
            await t.driver.abort(t.request())
            result = await paying
            assert (result.outcome, result.reason) == (ABORTED, PaymentReason.BY_TILL)
            assert t.terminal.ledger == []

    run(sale())


@pytest.mark.parametrize("wire", NEXO)
def test_a_till_that_was_restarted_stops_what_it_began_before(run, table, wire):
    async def sale():
        async with table(wire) as t, asyncio.TaskGroup() as group:
            paying = group.create_task(t.pays(), name="pay")
            await t.terminal.shows("debit")
            after = t.another_driver()
            assert (await after.ask(t.request())).outcome is IN_PROGRESS
            await after.abort(t.request())
            assert (await paying).outcome is ABORTED
            assert (await after.ask(t.request())).outcome is ABORTED
            assert t.terminal.ledger == []
            await after.close()

    run(sale())


def test_while_the_customer_takes_his_time_the_till_keeps_asking(run, table):
    async def sale():
        async with table() as t:
            result = await t.pays(None, Play(fault=Fault.CUT_WORKING, seconds=0.3))
            assert result.outcome is ACCEPTED
            assert PaymentStep.ASKING in t.steps
            assert t.slot.health.counters["questions"] >= 3

    run(sale())


@pytest.mark.parametrize("wire", NEXO)
def test_a_refund_of_a_payment_names_it(run, table, wire):
    async def sale():
        async with table(wire, otherwise=Play()) as t:
            paid = await t.pays()
            back = PaymentRequest("back-1", PaymentKind.REFUND, 500, "CHF", "T-0427", paid.reference)
            result = await t.driver.refund(back)
            assert (result.outcome, result.amount_minor) == (ACCEPTED, 500)
            entry = t.terminal.ledger[-1]
            assert (entry.kind, entry.amount_minor, entry.currency) == ("refund", 500, "CHF")
            unknown = PaymentRequest("back-2", PaymentKind.REFUND, 500, "CHF", "T-0427", "never|2026-01-01T00:00:00Z")
            result = await t.driver.refund(unknown)
            assert (result.outcome, result.reason) == (REFUSED, PaymentReason.ORIGINAL_NOT_FOUND)

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
def test_a_refund_on_whatever_card_is_shown(run, table, wire):
    async def sale():
        async with table(wire, otherwise=Play()) as t:
            back = PaymentRequest("back-1", PaymentKind.REFUND, 500, "CHF", "T-0427")
            assert (await t.driver.refund(back)).outcome is ACCEPTED
            assert [entry.kind for entry in t.terminal.ledger] == ["refund"]
            with pytest.raises(ValueError, match="not a debit"):
                await t.driver.pay(back)

    run(sale())


def test_a_reference_of_another_terminal_is_not_even_sent(run, table):
    async def sale():
        async with table(otherwise=Play()) as t:
            back = PaymentRequest("back-1", PaymentKind.REFUND, 500, "CHF", "T-0427", "whatever")
            assert (await t.driver.refund(back)).outcome is NOT_STARTED
            assert t.terminal.seen == []

    run(sale())


def test_a_caisse_ap_that_does_not_send_our_reference_back_is_not_believed(run, table):
    async def sale():
        async with table("caisse-ap", otherwise=Play()) as t:
            t.server.echoes = False
            assert (await t.pays()).outcome is UNKNOWN

    run(sale())


@pytest.mark.parametrize("wire", WIRES)
def test_no_card_number_is_logged_or_told(run, table, wire, caplog):
    caplog.set_level(logging.DEBUG)

    async def sale():
        async with table(wire) as t:
            told = []
            for number, fault in enumerate([*LOSSES, Fault.WRONG_AMOUNT, Fault.PREVIOUS, Fault.BAD_HMAC]):
                told.append(await t.pays(t.request(number), Play(fault=fault)))
            return repr(told)

    told = run(sale())
    for text in (told, caplog.text):
        assert CARD_NUMBER not in text
        assert CARD_NUMBER[:6] not in text
    assert len(caplog.text) > 500
