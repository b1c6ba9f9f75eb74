"""A till and its head office over a real broker: sales arrive whole and once, and the till says how it stands.

Way: the product's own daemon, link and worker in one loop; only the network is the test's.
"""

import pytest

from appliance.protocol import command as c
from tests.support.books import a_shop, books
from tests.support.office_till import PUBLIC, an_office, linked_till, quick
from tests.support.wire_chaos import Chaos


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr("appliance.sync.enrolment.line", quick)


@pytest.fixture
def port(own_broker):
    return own_broker[1]


async def journal_of(database, till):
    async with database.transaction() as tx:
        rows = await tx.rows(
            "SELECT e.seq, e.kind, e.body, e.hash FROM entry e JOIN journal j ON j.number = e.journal"
            " WHERE j.till = $1 ORDER BY e.seq",
            till,
        )
        return [(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows]


async def is_there(database, till):
    entries = [(e.seq, e.kind, e.body, e.hash) for e in await till.entries()]
    return await journal_of(database, till.config.till) == entries


def test_sales_go_up_and_are_acknowledged(run, tmp_path, port):
    async def main():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, PUBLIC)
            async with an_office(database, port), linked_till(tmp_path, "caisse-1", port) as till:
                await till.opens()
                for _ in range(5):
                    await till.sells("2 croissant, 1 coffee | cash 20.00")
                await till.sent()
                assert await is_there(database, till)
                assert till.office.is_online and not till.office.waiting
                await till.order(c.ShowSync())
                sync = till.view.sync
                assert sync.is_online and not sync.waiting and sync.heard_at
                assert {light.device: light.level for light in till.view.status}["network"] == "ok"

    run(main())


def test_a_cut_cable_is_told_and_nothing_is_lost(run, tmp_path, port):
    async def main():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database, Chaos(("127.0.0.1", port)) as net:
            await a_shop(database, PUBLIC)
            async with an_office(database, port), linked_till(tmp_path, "caisse-1", net.port) as till:
                await till.opens()
                await till.sells("1 croissant | cash 5.00")
                await till.sent()
                net.pull()
                await till.until(lambda: not till.office.is_online, 5.0)
                for _ in range(3):
                    await till.sells("1 croissant | cash 5.00")
                await till.order(c.ShowSync())
                sync = till.view.sync
                assert (sync.is_online, sync.waiting, sync.last - sync.first) == (False, 3, 2)
                lights = {light.device: light for light in till.view.status}
                assert (lights["network"].code, lights["sync"].count) == ("status.offline", 3)
                net.plug()
                await till.sent()
                await till.until(lambda: till.message == "offline.sent")
                assert await is_there(database, till)

    run(main())


def test_a_restart_goes_on_where_head_office_is(run, tmp_path, port):
    async def main():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, PUBLIC)
            async with linked_till(tmp_path, "caisse-1", port) as till:
                await till.opens()
                async with an_office(database, port):
                    await till.sells("1 croissant | cash 5.00")
                    await till.sent()
                await till.sells("1 coffee | cash 5.00")
                await till.pull_the_plug()
                assert till.office.waiting
                async with an_office(database, port):
                    await till.sent()
                    assert await is_there(database, till)

    run(main())
