"""200 sales while the cable is cut, the broker killed and the till loses its power, at random: all arrive, once.

Way: the product's own till, link and worker; seeds are printed. The worker is cancelled in between as well.
"""

import random
from contextlib import AsyncExitStack

import pytest

from headoffice import broker as brokers
from tests.support.books import a_shop, books
from tests.support.office_till import PUBLIC, an_office, linked_till, quick
from tests.support.wire_chaos import Chaos
from tests.sync.test_till_office import is_there

SALES = 200


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr("appliance.sync.enrolment.line", quick)
    monkeypatch.setattr("appliance.sync.uplink.SILENCE_S", 0.2)


def trouble(chance: random.Random, net: Chaos, broker: brokers.Broker) -> None:
    """Something happens to the network."""
    kind = chance.choice(["cut", "pull", "plug", "plug", "freeze", "thaw", "thaw", "lose", "kill"])
    if kind == "kill":
        broker.kill()
        broker.start()
    else:
        getattr(net, kind)()


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_lost_and_nothing_comes_twice(run, tmp_path, own_broker, seed):
    broker, port = own_broker
    chance = random.Random(seed)

    async def main():
        async with (
            books(f"sqlite:{tmp_path / 'office.db'}") as database,
            Chaos(("127.0.0.1", port), seed) as net,
            AsyncExitStack() as offices,
        ):
            await a_shop(database, PUBLIC)
            net.doubles, net.swaps = 0.1, 0.1
            await offices.enter_async_context(an_office(database, port))
            async with linked_till(tmp_path, "caisse-1", net.port) as till:
                await till.opens()
                for number in range(SALES):
                    await till.sells("1 croissant, 1 coffee | cash 20.00")
                    if chance.random() < 0.08:
                        trouble(chance, net, broker)
                        await till.lets(0.3 * chance.random())
                    if chance.random() < 0.02:
                        await till.pull_the_plug()
                    if number == SALES // 2:
                        await offices.aclose()
                        await offices.enter_async_context(an_office(database, port))
                net.thaw()
                net.plug()
                await till.sent()
                assert await is_there(database, till)
                async with database.transaction() as tx:
                    assert await tx.value("SELECT COUNT(*) FROM document") == SALES
                assert not till.office.refused
                assert not till.office.waiting

    run(main())
