"""The display over a pty: the newest lines, never a queue, and never in anybody's way."""

import asyncio
from contextlib import asynccontextmanager

from appliance.hal.device import DeviceState
from appliance.hal.simulated.display import SimulatedDisplay

ROLE = "display.customer"


@asynccontextmanager
async def with_display(bench, folder, *, plugged=True):
    simulated = SimulatedDisplay(folder / "display")
    if plugged:
        simulated.plug()
    async with bench({ROLE: simulated.url}) as table:
        try:
            yield simulated, table, table.devices.display()
        finally:
            simulated.unplug()


def test_shows_the_newest_and_forgets_the_rest(run, bench, tmp_path):
    async def main():
        async with with_display(bench, tmp_path) as (simulated, table, display):
            await table.state(ROLE, DeviceState.READY)
            loop = asyncio.get_running_loop()
            began = loop.time()
            for number in range(1_000):
                display.show(f"Article {number}", "")
            assert loop.time() - began < 0.5
            await simulated.shows("Article 999", "")
            assert simulated.panel.redraws <= 3

    run(main())


def test_at_most_ten_pictures_a_second(run, bench, tmp_path):
    async def main():
        async with with_display(bench, tmp_path) as (simulated, table, display):
            await table.state(ROLE, DeviceState.READY)
            loop = asyncio.get_running_loop()
            began = loop.time()
            for number in range(6):
                display.show(str(number), "")
                await simulated.shows(str(number), "")
            assert loop.time() - began >= 0.45

    run(main())


def test_plugged_in_later_it_shows_what_holds_now(run, bench, tmp_path):
    async def main():
        async with with_display(bench, tmp_path, plugged=False) as (simulated, table, display):
            await table.state(ROLE, DeviceState.ABSENT)
            display.show("Bienvenue", "")
            simulated.plug()
            await simulated.shows("Bienvenue", "")
            simulated.unplug()
            await table.state(ROLE, DeviceState.ABSENT)
            display.show("Total", "4.20")
            simulated.plug()
            await simulated.shows("Total", "4.20")

    run(main())
