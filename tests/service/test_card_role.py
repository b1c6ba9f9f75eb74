"""Who asks the terminal for money follows what is served: the role is given and taken away while the till runs."""

from contextlib import asynccontextmanager

from appliance.hal.simulated.terminal import Decision, Play, SimulatedTerminal
from appliance.hal.simulated.terminal_caisse_ap import CaisseApServer
from appliance.protocol import command as c
from appliance.protocol.message import AskDevices
from tests.support.counter import THERE, WAIT_S, a_counter

ROLE = "terminal.main"


@asynccontextmanager
async def a_terminal():
    terminal = SimulatedTerminal(Play(), WAIT_S)
    server = CaisseApServer(terminal)
    await server.plug()
    try:
        yield terminal, server
    finally:
        await server.unplug()


def health(counter):
    return next((row for row in counter.devices.health() if row.role == ROLE), None)


async def asks(counter, work, address=""):
    answer = await counter.till.daemon.technician.answer(AskDevices(work, work, ROLE, address))
    assert answer.ok, answer


async def is_ready(counter):
    await counter.until(lambda: health(counter) is not None and health(counter).state in THERE)


async def pays_by_card(counter):
    """The tender of the sealed sale."""
    till = counter.till
    documents = till.state.next_document
    await till.do(c.NewTicket())
    await till.adds("2 croissant")
    await till.do(c.TakeCard())
    await counter.until(lambda: till.state.next_document > documents)
    [tender] = till.state.last_closed.tenders
    return tender


def test_a_terminal_that_is_assigned_while_the_till_runs_takes_the_next_card(run, tmp_path):
    async def day():
        async with a_terminal() as (terminal, server):
            async with a_counter(tmp_path) as counter:
                assert not (await pays_by_card(counter)).request
                await asks(counter, "assign", server.url)
                await is_ready(counter)
                assert (await pays_by_card(counter)).request
                assert [row.amount_minor for row in terminal.ledger] == [320]
            async with a_counter(tmp_path) as counter:
                counter.till.orders = 100  # names of the first life are known, and would be answered from memory
                assert counter.till.till.terminal.is_configured
                await is_ready(counter)
                assert (await pays_by_card(counter)).request
                assert len(terminal.ledger) == 2

    run(day())


def test_before_the_devices_are_met_an_assigned_terminal_is_known(run, tmp_path):
    async def day():
        async with a_terminal() as (terminal, server):
            async with a_counter(tmp_path) as counter:
                await asks(counter, "assign", server.url)
                await is_ready(counter)
                await counter.till.pull_the_plug()
                assert counter.till.till.devices is None
                await counter.till.do(c.NewTicket())
                await counter.till.adds("2 croissant")
                await counter.till.do(c.TakeCard())
                assert counter.till.state.card is not None
            assert not terminal.ledger

    run(day())


def test_a_terminal_that_is_taken_away_is_asked_for_nothing(run, tmp_path):
    async def day():
        async with a_terminal() as (terminal, server), a_counter(tmp_path) as counter:
            await asks(counter, "assign", server.url)
            await is_ready(counter)
            await asks(counter, "unassign")
            assert not counter.till.till.terminal.is_configured
            assert not (await pays_by_card(counter)).request
            assert not terminal.ledger
            await asks(counter, "assign", server.url)
            await is_ready(counter)
            assert (await pays_by_card(counter)).request

    run(day())


def test_a_card_that_is_at_the_terminal_is_settled_there_when_the_role_is_taken_away(run, tmp_path):
    async def day():
        async with a_terminal() as (terminal, server), a_counter(tmp_path) as counter:
            await asks(counter, "assign", server.url)
            await is_ready(counter)
            terminal.otherwise = None
            till = counter.till
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.TakeCard())
            await counter.until(lambda: terminal.is_attended and terminal.working is not None)
            await asks(counter, "unassign")
            assert till.state.card is not None
            terminal.decide(Decision.APPROVE)
            await counter.until(lambda: till.state.card is None)
            [tender] = till.state.last_closed.tenders
            assert (tender.amount_minor, bool(tender.request)) == (320, True)
            assert len(terminal.ledger) == 1

    run(day())
