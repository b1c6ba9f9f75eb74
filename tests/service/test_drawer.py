"""The drawer: one pulse a cash sale, every opening on record, and told when it opens by itself or stays open."""

import asyncio
import random
from datetime import timedelta

import pytest

from appliance.domain import journal as j
from appliance.domain.effect import KickDrawer
from appliance.hal.device import DeviceState, DrawerChanged, DrawerPosition, DrawerResult, FaultReason, Opened
from appliance.protocol import command as c
from tests.support.counter import a_counter
from tests.support.till import NADIA, a_till

ROLE = "drawer.main"
CLOSED, OPEN = DrawerPosition.CLOSED, DrawerPosition.OPEN
KINDS = (j.DrawerOpened, j.DrawerFailed, j.DrawerForced, j.DrawerLeftOpen, j.DrawerShut)


async def at_rest(counter):
    """Whatever was ordered has happened, and the till knows that the drawer is shut."""
    await counter.until(lambda: counter.drawer.is_open)
    await counter.until(lambda: counter.devices.drawer().position is OPEN)
    counter.drawer.close()
    await counter.until(lambda: counter.devices.drawer().position is CLOSED)
    await counter.until(lambda: counter.till.till.drawer._opened_ns is None)


async def first_opening(counter):
    """Camille's sign-in opened it to count the float."""
    await at_rest(counter)
    await counter.till.waits(timedelta(seconds=5))  # what opens from here on was not ordered then
    return counter.drawer.pulse_count


@pytest.mark.parametrize("has_trigger", [False, True])
def test_a_hundred_mixed_sales_have_as_many_pulses_as_cash_sales(run, tmp_path, has_trigger):
    """Feature H-11: pulses are cash sales and ordered openings, and the journal says the same."""

    async def main():
        dice, cash, ordered = random.Random(11), 0, 0
        async with a_counter(tmp_path, has_trigger=has_trigger) as counter:
            till = counter.till
            before = await first_opening(counter)
            await till.do(c.Lock())
            await till.till.scan(NADIA)  # may open it without a sale
            for number in range(100):
                tender = dice.choice(["cash", "cash 50.00", "twint"])
                await till.sells(f"{dice.randint(1, 3)} croissant | {tender}")
                if tender.startswith("cash"):
                    cash += 1
                    await at_rest(counter)
                if number % 20 == 7:
                    ordered += 1
                    await till.do(c.OpenDrawer("drawer.check"))
                    await at_rest(counter)
                assert counter.drawer.pulse_count - before == cash + ordered
            facts = await till.facts()
            sold = [fact for fact in facts if isinstance(fact, j.TicketClosed) and fact.drawer]
            opened = [fact for fact in facts if isinstance(fact, j.DrawerOpened)]
            assert (len(sold), len(opened) - 1) == (cash, ordered)
            assert len(sold) + len(opened) == counter.drawer.pulse_count
            assert not [fact for fact in facts if isinstance(fact, j.DrawerForced | j.DrawerFailed)]
            shut = [fact for fact in facts if isinstance(fact, j.DrawerShut)]
            assert [fact.reason for fact in shut].count("sale") == cash
            assert {fact.ticket for fact in shut if fact.reason == "sale"} == {fact.ticket for fact in sold}
            totals = till.state.session.totals
            assert (totals.drawer_openings, totals.drawer_openings_by) == (ordered, {"nadia": ordered})

    run(main())


def test_opened_with_the_key_is_told_and_recorded(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await first_opening(counter)
            counter.drawer.open_with_key()
            await counter.until(lambda: till.message == "drawer.opened_by_itself")
            assert till.sound == "needs_you"
            await till.waits(timedelta(seconds=4))
            counter.drawer.close()
            await counter.until(lambda: counter.devices.drawer().position is CLOSED)
            assert (await till.facts(*KINDS))[-2:] == [j.DrawerForced(), j.DrawerShut("forced", 4_000)]
            assert till.state.session.totals.drawer_forced == 1

    run(main())


def test_a_sensor_the_wrong_way_round_is_suspected(run, tmp_path):
    """ "Shut" at the very moment of the pulse, "open" by itself when somebody shuts it: no burglar, a polarity."""

    async def main():
        async with a_till(tmp_path) as till:
            watch = till.till.drawer
            watch.ordered(KickDrawer("sale", 1))
            watch.moved(DrawerChanged(ROLE, CLOSED, commanded=True))
            await till.waits(timedelta(seconds=5))
            watch.moved(DrawerChanged(ROLE, OPEN, commanded=False))
            assert till.message == "drawer.reversed"
            watch.moved(DrawerChanged(ROLE, CLOSED, commanded=True))
            watch.moved(DrawerChanged(ROLE, OPEN, commanded=False))
            assert till.message == "drawer.opened_by_itself"  # nothing was ordered in between

    run(main())


def test_left_open_it_beeps_until_it_is_shut(run, tmp_path):
    """Feature H-12."""

    async def main():
        async with a_counter(tmp_path, drawer_open_s=1) as counter:
            till = counter.till
            await first_opening(counter)
            await till.sells("1 croissant | cash 2.00")
            await counter.until(lambda: counter.devices.drawer().position is OPEN)
            await till.waits(timedelta(seconds=30))
            await counter.until(lambda: till.message == "drawer.left_open")
            beeps = till.till.desk.cue.serial
            await counter.until(lambda: till.till.desk.cue.serial > beeps)
            counter.drawer.close()
            await counter.until(lambda: till.message != "drawer.left_open")
            sale = till.state.last_closed.ticket
            assert await till.facts(j.DrawerLeftOpen) == [j.DrawerLeftOpen("sale", 30, sale)]
            assert (await till.facts(*KINDS))[-1] == j.DrawerShut("sale", 30_000, sale)
            assert till.state.session.totals.drawer_left_open == 1

    run(main())


def test_while_it_is_counted_it_may_stand_open(run, tmp_path):
    async def main():
        async with a_counter(tmp_path, drawer_open_s=1) as counter:
            till = counter.till
            await first_opening(counter)
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            await till.do(c.StartClosing())
            counter.drawer.open_with_key()
            await counter.until(lambda: till.message == "drawer.opened_by_itself")
            await asyncio.sleep(1.2)  # longer than the drawer may stand open while selling
            assert not await till.facts(j.DrawerLeftOpen)

    run(main())


def test_stuck_is_one_more_pulse_a_sentence_and_a_fact(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            before = await first_opening(counter)
            counter.drawer.is_stuck = True
            await till.sells("1 croissant | cash 2.00")
            await counter.until(lambda: till.message == "drawer.stuck")
            assert counter.drawer.pulse_count == before + 2
            await counter.until(lambda: till.till.ledger.seq and not till.till.ledger.is_urgent)
            assert await till.facts(j.DrawerFailed) == [j.DrawerFailed("sale", till.state.last_closed.ticket)]

    run(main())


@pytest.mark.parametrize(("minutes", "is_forced"), [(4, False), (6, True)])
def test_the_key_after_a_failure_is_what_the_till_asked_for(run, tmp_path, minutes, is_forced):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await first_opening(counter)
            counter.drawer.is_stuck = True
            await till.sells("1 croissant | cash 2.00")
            await counter.until(lambda: till.message == "drawer.stuck")
            await till.waits(timedelta(minutes=minutes))
            counter.drawer.is_stuck = False
            counter.drawer.open_with_key()
            await counter.until(lambda: counter.devices.drawer().position is OPEN)
            assert till.message == ("drawer.opened_by_itself" if is_forced else "")
            counter.drawer.close()
            await counter.until(lambda: counter.devices.drawer().position is CLOSED)
            assert bool(await till.facts(j.DrawerForced)) == is_forced
            ticket = till.state.last_closed.ticket
            (shut,) = (await till.facts(j.DrawerShut))[-1:]
            assert (shut.reason, shut.ticket) == (("forced", 0) if is_forced else ("sale", ticket))

    run(main())


def test_no_pulse_could_be_sent(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await first_opening(counter)
            counter.printer.unplug()
            await counter.until(lambda: counter.devices.drawer().position is DrawerPosition.UNKNOWN)
            await till.sells("1 croissant | cash 2.00")
            ticket = till.state.last_closed.ticket
            expected = [j.DrawerFailed("sale", ticket, pulsed=False)]
            await counter.until(lambda: till.till.drawer._order is not None)
            for _ in range(50):
                if await till.facts(j.DrawerFailed) == expected:
                    break
            assert await till.facts(j.DrawerFailed) == expected
            assert (till.message, till.sound) == ("drawer.stuck", "needs_you"), "the money is in the hand"

    run(main())


def test_a_shop_without_a_drawer_writes_nothing_about_it(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            kick = KickDrawer("sale", 1)
            till.till.drawer.ordered(kick)
            till.till.drawer.answered(kick, DrawerResult(False, Opened.UNKNOWN, FaultReason.NOT_CONFIGURED))
            assert not await till.facts(j.DrawerFailed)

    run(main())


def test_it_learns_which_level_is_open(run, tmp_path):
    """ "Ouvrez-le… fermez-le": a switch wired the other way round is understood, and still after a restart."""

    async def main():
        async with a_counter(tmp_path, has_trigger=True) as counter:
            till = counter.till
            await first_opening(counter)
            counter.trigger.is_inverted = True
            await counter.until(lambda: counter.devices.drawer().position is OPEN)  # it is shut
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            forced = await till.facts(j.DrawerForced)
            await till.do(c.CalibrateDrawer())
            assert till.message == "drawer.calibrate_open"
            await counter.until(lambda: counter.drawer.is_open)
            await counter.until(lambda: counter.devices.drawer().level is False)
            await till.do(c.ActOnMessage("drawer_is_open"))
            assert till.message == "drawer.calibrate_shut"
            counter.drawer.close()
            await counter.until(lambda: counter.devices.drawer().level is True)
            await till.do(c.ActOnMessage("drawer_is_shut"))
            assert till.message == "drawer.calibrated"
            await counter.until(lambda: counter.devices.drawer().position is CLOSED)
            kept = tmp_path / "devices.json"
            await counter.until(lambda: kept.exists() and "open=low" in kept.read_text())
            assert await till.facts(j.DrawerForced) == forced
            assert (await till.facts(j.DrawerOpened))[-1] == j.DrawerOpened("calibration")

    run(main())


def test_a_drawer_whose_level_never_moves_has_no_sensor(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await first_opening(counter)
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            await till.do(c.CalibrateDrawer(), c.CalibrateDrawer("open"), c.CalibrateDrawer("shut"))
            assert till.message == "drawer.calibrated_without"
            await counter.until(lambda: counter.devices.drawer().position is DrawerPosition.UNKNOWN)

    run(main())


def test_a_drawer_behind_its_printer_is_ready_at_once_when_learnt(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await first_opening(counter)
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            await till.do(c.CalibrateDrawer())
            await counter.until(lambda: counter.devices.drawer().level is True)
            await till.do(c.ActOnMessage("drawer_is_open"))
            counter.drawer.close()
            await counter.until(lambda: counter.devices.drawer().level is False)
            before = counter.devices.drawer()
            await till.do(c.ActOnMessage("drawer_is_shut"))
            await counter.until(lambda: counter.devices.drawer() is not before)
            await counter.until(lambda: counter.devices.drawer().position is CLOSED)
            assert counter.devices.drawer().health.state is DeviceState.READY

    run(main())


def test_calibrating_needs_the_right_to_open(run, tmp_path):
    async def main():
        async with a_counter(tmp_path) as counter:
            await first_opening(counter)
            await counter.till.order(c.CalibrateDrawer())
            assert counter.till.screen.endswith("approval")
            assert await counter.till.refused(c.CalibrateDrawer("shut")) == "drawer.calibrate_first"
            await counter.till.order(c.CalibrateDrawer())
            await counter.till.do(c.Approve("4321"), c.CalibrateDrawer("open"))  # asked for once
            assert counter.till.message == "drawer.calibrate_shut"
            await counter.till.waits(timedelta(seconds=61))
            assert await counter.till.refused(c.CalibrateDrawer("shut")) == "drawer.calibrate_first"

    run(main())
