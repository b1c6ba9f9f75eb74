"""A printer role changes hands while papers wait: they come out where the role is served by then.

Way: a real till and real links; only the clock of the till stands still.
"""

import asyncio
from contextlib import asynccontextmanager

import pytest

from appliance.hal.device import DeviceState
from appliance.hal.simulated.printer import SimulatedPrinter
from appliance.protocol import command as c
from appliance.store import spool
from tests.support.till import a_till
from tests.support.udev import table_with

ROLE, KITCHEN = "printer.receipt", "printer.kitchen"
NOBODY = "tcp://127.0.0.1:1"
PATIENCE_S = 10.0


@asynccontextmanager
async def a_waiting_paper(folder, roles, **settings):
    """One receipt is ordered and its queue waits for the printer of `roles`, which nobody can reach."""
    async with a_till(folder, **settings) as till, table_with(roles) as table, asyncio.TaskGroup() as group:
        printing = till.daemon.printing
        queue = group.create_task(printing.run(table.devices))
        for role in roles:
            await table.state(role, DeviceState.ABSENT)
        await till.sells("1 croissant | cash")
        await till.do(c.PrintReceipt())
        while ROLE not in printing._working:
            await till.books(lambda conn: None)
        yield till, table
        queue.cancel()


async def comes_out(till, printer):
    async with asyncio.timeout(PATIENCE_S):
        while (await till.books(lambda conn: spool.last_job(conn, "ticket", 1))).state != "confirmed":
            pass  # a row tells nobody when it changes
    assert len(printer.receipts) == 1


async def assigned(table, printer):
    await table.devices.assign(ROLE, printer.url)


async def unassigned_first(table, printer):
    await table.devices.unassign(ROLE)
    await assigned(table, printer)


async def through_other_hands(table, printer):
    for _ in range(3):
        await table.devices.assign(ROLE, NOBODY)
    await unassigned_first(table, printer)


@pytest.mark.parametrize("road", [assigned, unassigned_first, through_other_hands])
def test_what_waits_comes_out_of_the_printer_that_gets_the_role(run, tmp_path, road):
    async def day():
        printer = SimulatedPrinter()
        await printer.plug()
        async with a_waiting_paper(tmp_path, {ROLE: NOBODY}) as (till, table):
            await road(table, printer)
            await comes_out(till, printer)
        printer.unplug()

    run(day())


def test_the_same_address_given_again_keeps_the_queue_alive(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        await printer.plug()
        url = printer.url
        printer.unplug()
        async with a_waiting_paper(tmp_path, {ROLE: url}) as (till, table):
            await table.devices.assign(ROLE, url)
            await printer.plug()
            table.devices.retry(ROLE)
            await comes_out(till, printer)
        printer.unplug()

    run(day())


def test_a_role_that_nobody_had_is_followed_too(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        await printer.plug()
        async with a_waiting_paper(tmp_path, {}) as (till, table):
            await assigned(table, printer)
            await comes_out(till, printer)
        printer.unplug()

    run(day())


@pytest.mark.parametrize("role", [ROLE, KITCHEN])
def test_papers_that_wait_for_two_printers_follow_both_roles(run, tmp_path, role, caplog):
    async def day():
        printer = SimulatedPrinter()
        await printer.plug()
        roles = {ROLE: NOBODY, KITCHEN: NOBODY}
        rule = {"printer_fallback": {ROLE: KITCHEN}, "printer_fallback_after_s": 1}
        async with a_waiting_paper(tmp_path, roles, **rule) as (till, table):
            async with asyncio.timeout(PATIENCE_S):
                while "its papers go to" not in caplog.text:
                    await till.books(lambda conn: None)
            await table.devices.assign(role, NOBODY)
            await table.devices.assign(role, printer.url)
            await comes_out(till, printer)
        printer.unplug()

    run(day())


def test_the_list_can_be_read_while_a_role_changes_hands(run):
    async def main():
        async with table_with({ROLE: NOBODY}) as table, asyncio.TaskGroup() as group:
            change = group.create_task(table.devices.assign(ROLE, NOBODY))
            while not change.done():
                assert [health.role for health in table.devices.health()] == [ROLE]
                assert [device.role for device in table.devices.plugged()] == [ROLE]
                await asyncio.sleep(0)

    run(main())
