"""kill -9 of the daemon while a card is being paid: at every step, and at random moments. One debit, one tender."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.clock import SystemClock
from appliance.hal.simulated.terminal import Decision, Play, SimulatedTerminal
from appliance.hal.simulated.terminal_nexo import NexoServer, NexoTerminal
from appliance.protocol import command as c
from tests.faults.box import Box, Client, box, now_ms, open_day, until

CROISSANT = 201


@asynccontextmanager
async def a_shop(folder: Path, terminal: SimulatedTerminal, **settings: str) -> AsyncIterator[Box]:
    server = NexoServer(NexoTerminal(terminal, SystemClock()), None)
    await server.plug()
    try:
        async with box(folder, **settings) as till:
            till.more_devices = {"terminal.main": server.url}
            yield till
    finally:
        await server.unplug()


async def rings(client: Client) -> None:
    await client.ok(c.NewTicket())
    await client.ok(c.AddProduct(CROISSANT))


async def terminal_is_there(client: Client) -> None:
    await client.until(lambda view: ("terminal", "ok") in [(light.device, light.level) for light in view.status])


async def passes(milliseconds: float) -> None:
    ends = now_ms() + milliseconds
    await until(lambda: now_ms() >= ends)


def judge(till: Box, terminal: SimulatedTerminal, sales: int) -> None:
    """The books have each debit once, and nothing else by card."""
    books = till.books()
    books.check()
    tenders = [tender for fact in books.facts("TicketClosed") for tender in fact["tenders"]]
    assert len(tenders) == sales
    assert sum(tender["amount_minor"] for tender in tenders if tender.get("request")) == 160 * len(terminal.ledger)
    requests = [fact["request"]["id"] for fact in books.facts("CardRequested")]
    answers = [fact["request"] for fact in books.facts("CardAnswered")]
    assert sorted(requests) == sorted(answers), "every request has one outcome"


@pytest.mark.parametrize("moment", ["at the terminal", "just debited", "booked"])
def test_killed_at_a_step_of_a_card_payment(run, tmp_path, moment):
    async def day():
        terminal = SimulatedTerminal(None)
        async with a_shop(tmp_path, terminal) as till:
            client = await till.start()
            await open_day(client)
            await terminal_is_there(client)
            await rings(client)
            await client.ok(c.TakeCard())
            await until(lambda: terminal.is_attended and terminal.working is not None)
            if moment == "at the terminal":
                till.kill_now()
                await till.gone()
                terminal.decide(Decision.APPROVE)
            else:
                terminal.decide(Decision.APPROVE)
                await until(lambda: terminal.ledger)
                if moment == "booked":
                    await client.until(lambda view: view.result is not None)
                till.kill_now()
                await till.gone()
            assert len(till.books().facts("CardRequested")) == 1
            client = await till.start()
            assert client.view.screen in ("card", "home", "sale")
            await client.until(lambda view: view.screen != "card")
            await client.until(lambda view: view.screen in ("sale", "home"))
            judge(till, terminal, 1)
            assert len(terminal.ledger) == 1

    run(day(), timeout_s=60)


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.full) if seed else 0 for seed in range(8)])
def test_killed_at_random_moments_of_card_payments(run, tmp_path, seed):
    """Ten payments, each with a kill somewhere between the touch and the receipt."""

    async def day():
        rng = random.Random(seed)
        terminal = SimulatedTerminal(Play())
        async with a_shop(tmp_path, terminal) as till:
            client = await till.start()
            await open_day(client)
            for number in range(1, 11):
                await client.until(lambda view: view.screen != "card")
                await terminal_is_there(client)
                await rings(client)
                terminal.plays.append(Play(seconds=rng.choice((0.0, 0.01, 0.05))))
                asked = await client.order(c.TakeCard())
                assert asked.ok
                await passes(rng.random() * 60)
                till.kill_now()
                await till.gone()
                client = await till.start()
                await client.until(lambda view: view.screen != "card")
                if client.view.screen == "payment":  # the request had not left: nothing was debited
                    await terminal_is_there(client)
                    await client.ok(c.AddTender("cash"))
                judge(till, terminal, number)

    run(day(), timeout_s=300)
