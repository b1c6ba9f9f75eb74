"""A defect costs one event, one timer or one turn of a conversation; the till goes on, and the log tells of it."""

import asyncio
import types
from datetime import timedelta

import pytest

from appliance.domain import journal as j
from appliance.domain.effect import KickDrawer
from appliance.hal.device import DrawerResult, Opened
from appliance.hal.simulated.terminal import Decision, SimulatedTerminal
from appliance.hal.simulated.terminal_caisse_ap import CaisseApServer
from appliance.protocol import command as c
from tests.support import cards
from tests.support.counter import a_counter
from tests.support.till import a_till

KNOWN: dict[str, None] = {}


# --- while a card payment is open -----------------------------------------------------------------------------------


def test_what_the_drawer_does_during_a_card_payment_is_recorded(run, tmp_path):
    async def main():
        terminal = SimulatedTerminal(None, 10.0)
        server = CaisseApServer(terminal)
        await server.plug()
        async with a_counter(tmp_path, drawer_open_s=1, beside={"terminal.main": server.url}) as counter:
            till = counter.till
            await till.sells("2 croissant | cash 10.00")
            await counter.until(lambda: counter.drawer.is_open and till.till.drawer._opened_ns is not None)
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            await till.do(c.TakeCard())
            await counter.until(lambda: terminal.working is not None)
            await counter.until(lambda: till.message == "drawer.left_open")
            await till.waits(timedelta(seconds=1))  # nobody shuts it at the very moment of the pulse
            counter.drawer.close()
            await counter.until(lambda: till.till.drawer._opened_ns is None)
            await till.waits(timedelta(seconds=5))  # what opens from here on was not ordered
            counter.drawer.open_with_key()
            await counter.until(lambda: till.message == "drawer.opened_by_itself")
            till.till.drawer.answered(KickDrawer("sale", 1), DrawerResult(True, Opened.NO))
            assert till.state.card is not None
            found = await till.facts(j.DrawerShut, j.DrawerLeftOpen, j.DrawerForced, j.DrawerFailed)
            kinds = [type(fact) for fact in found]
            assert kinds == [j.DrawerLeftOpen, j.DrawerShut, j.DrawerForced, j.DrawerFailed]
            terminal.decide(Decision.APPROVE)
            await counter.until(lambda: till.state.card is None)
        await server.unplug()

    run(main())


# --- devices and timers ---------------------------------------------------------------------------------------------


def test_an_event_that_nobody_understands_costs_itself(run, tmp_path, caplog):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await counter.until(lambda: counter.drawer.is_open)
            counter.drawer.close()
            await counter.until(lambda: till.till.drawer._opened_ns is None)
            till.daemon._emit(object())
            counter.drawer.open_with_key()
            await counter.until(lambda: till.till.drawer._opened_ns is not None)
            await till.sells("2 croissant | cash 10.00")

    run(main())
    assert "met a defect" in caplog.text
    assert "AssertionError" in caplog.text


def test_a_drawer_that_is_none_costs_its_pulse(run, tmp_path, caplog):
    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await till.daemon._open_drawer(None, KickDrawer("sale", 1))
            await till.sells("2 croissant | cash 10.00")

    run(main())
    assert "opening the drawer for sale met a defect" in caplog.text


def test_a_timer_that_fails_is_told_and_the_screen_drawn(run, tmp_path, caplog):
    async def main():
        async with a_till(tmp_path) as till:
            before, drawn = till.till.rev, asyncio.Event()
            till.till.on_change = drawn.set
            till.till.later("of a test", 0, lambda: KNOWN["nothing"])
            await drawn.wait()
            assert till.till.rev > before

    run(main())
    assert "timer of a test met a defect" in caplog.text
    assert "KeyError" in caplog.text


# --- the conversation with the card terminal ------------------------------------------------------------------------


class Defect(Exception):
    """What nobody has foreseen."""


def breaks(driver, name, *, after):
    """From now on this method of the driver ends in a defect, with the money moved when `after`."""
    whole = getattr(type(driver), name)

    async def broken(self, *args):
        if after:
            await whole(self, *args)
        raise Defect(name)

    setattr(driver, name, types.MethodType(broken, driver))


@pytest.mark.parametrize("after", [False, True])
def test_a_driver_that_fails_while_paying_leaves_a_question_and_one_debit(run, tmp_path, caplog, after):
    async def main():
        async with cards.a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            breaks(till.driver, "ask", after=False)
            breaks(till.driver, "pay", after=after)
            await till.do(c.TakeCard())
            await till.unknown()
            assert (till.screen, till.sound) == ("card", "needs_you")
            asked = till.till.terminal._asks_at
            await till.until(lambda: till.till.terminal._asks_at > asked)  # asked again, by a driver still broken
            assert len(await till.facts(j.CardUnknown)) == 1
            del till.driver.pay, till.driver.ask
            if after:
                await till.answered()
                assert till.debited() == till.booked() == 320
            else:
                await till.do(c.ConfirmCard(False))
                assert till.debited() == till.booked() == 0

    run(main())
    assert "the conversation with the terminal met a defect" in caplog.text


def test_a_driver_that_fails_when_asked_idly_is_asked_again(run, tmp_path, caplog):
    async def main():
        async with cards.a_counter(tmp_path) as till:
            await till.rings("2 croissant")
            breaks(till.driver, "ask", after=False)
            breaks(till.driver, "pay", after=True)
            await till.do(c.TakeCard())
            await till.unknown()
            await till.do(c.ConfirmCard(True))
            asked = till.till.terminal._asks_at
            await till.until(lambda: till.till.terminal._asks_at > asked)
            assert till.till.state.doubts
            del till.driver.pay, till.driver.ask
            await till.until(lambda: not till.till.state.doubts)
            assert till.debited() == till.booked() == 320

    run(main())
    assert "Defect: ask" in caplog.text


def test_a_scan_or_an_abort_that_fails_does_not_end_the_conversation(run, tmp_path, caplog):
    async def main():
        async with cards.a_counter(tmp_path, attended=True) as till:
            breaks(till.driver, "scan_once", after=False)
            breaks(till.driver, "abort", after=False)
            till.till.terminal.start_scan(till.till)
            await till.until(lambda: till.till.desk.code_note == "code.not_read")
            await till.rings("2 croissant")
            await till.do(c.TakeCard())
            await till.asked()
            await till.do(c.AbortCard())
            await till.until(lambda: "Defect: abort" in caplog.text)
            till.terminal.decide(Decision.APPROVE)
            await till.answered()
            assert till.debited() == till.booked() == 320

    run(main())
    assert "Defect: scan_once" in caplog.text
