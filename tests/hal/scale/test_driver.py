"""The scale over a pty: greeted, asked, and never a weight that it did not say."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from appliance.hal.device import DeviceState, FaultReason, Remedy, Weight, WeightState
from appliance.hal.inventory import remedy_for
from appliance.hal.simulated.scale import SimulatedScale

ROLE = "scale.counter"


@asynccontextmanager
async def weighing(bench, folder, prepare=lambda scale: None):
    simulated = SimulatedScale(folder / "scale")
    prepare(simulated)
    simulated.plug()
    async with bench({ROLE: simulated.url}) as table:
        try:
            yield simulated, table, table.devices.scale()
        finally:
            simulated.unplug()


async def reads(table, scale, state, milli=None, *, net=False):
    wanted = Weight(ROLE, state, milli, net)
    await table.until(lambda: wanted in table.of(Weight) and scale.weight == wanted)


def test_says_what_lies_on_it_and_nothing_while_it_moves(run, bench, tmp_path):
    async def main():
        async with weighing(bench, tmp_path) as (simulated, table, scale):
            await table.state(ROLE, DeviceState.READY)
            scale.watch(True)
            await reads(table, scale, WeightState.STABLE, 0)
            simulated.platter.shake()
            await reads(table, scale, WeightState.MOVING)
            simulated.platter.put(345)
            await reads(table, scale, WeightState.STABLE, 345)
            simulated.platter.put(15_001)
            await reads(table, scale, WeightState.OVER_CAPACITY)
            simulated.platter.put(-20)
            await reads(table, scale, WeightState.UNDER_ZERO)
            simulated.platter.is_garbled = True
            await reads(table, scale, WeightState.UNKNOWN)

    run(main())


def test_its_own_tare_is_told(run, bench, tmp_path):
    async def main():
        async with weighing(bench, tmp_path) as (simulated, table, scale):
            simulated.platter.put(120)
            simulated.platter.tare()
            simulated.platter.put(620)
            scale.watch(True)
            await reads(table, scale, WeightState.STABLE, 500, net=True)

    run(main())


def test_nobody_watches_nobody_is_told(run, bench, tmp_path):
    async def main():
        async with weighing(bench, tmp_path) as (simulated, table, scale):
            await table.state(ROLE, DeviceState.READY)
            scale.watch(True)
            await reads(table, scale, WeightState.STABLE, 0)
            scale.watch(False)
            told = len(table.of(Weight))
            simulated.platter.put(345)
            simulated.unplug()
            await table.state(ROLE, DeviceState.ABSENT)
            assert len(table.of(Weight)) == told
            assert scale.weight.state is WeightState.UNKNOWN

    run(main())


def test_a_scale_that_falls_silent_weighs_nothing(run, bench, tmp_path):
    async def main():
        async with weighing(bench, tmp_path) as (simulated, table, scale):
            scale.watch(True)
            simulated.platter.put(345)
            await reads(table, scale, WeightState.STABLE, 345)
            simulated.platter.is_silent = True
            health = await table.state(ROLE, DeviceState.DEGRADED)
            assert health.fault is FaultReason.NO_ANSWER
            assert scale.weight == Weight(ROLE, WeightState.UNKNOWN)
            simulated.platter.is_silent = False
            await reads(table, scale, WeightState.STABLE, 345)
            await table.state(ROLE, DeviceState.READY)

    run(main())


def test_a_scale_that_falls_silent_is_missed_within_two_seconds_while_nobody_weighs(run, bench, tmp_path):
    """Feature H-23."""

    async def main():
        async with weighing(bench, tmp_path) as (simulated, table, _scale):
            while not simulated.platter.asked:  # noqa: ASYNC110  it has just answered: the longest way to go
                await asyncio.sleep(0)
            now = asyncio.get_running_loop().time
            silent_at, simulated.platter.is_silent = now(), True
            health = await table.state(ROLE, DeviceState.DEGRADED)
            assert health.fault is FaultReason.NO_ANSWER
            assert now() - silent_at < 2.0

    run(main())


def test_something_else_on_the_line_is_no_scale(run, bench, tmp_path):
    async def main():
        def mute(simulated):
            simulated.platter.is_silent = True

        async with weighing(bench, tmp_path, mute) as (simulated, table, _scale):
            health = await table.state(ROLE, DeviceState.FAULT)
            assert health.fault is FaultReason.NO_ANSWER
            assert simulated.platter.asked == 0
            simulated.platter.is_silent = False
            await table.state(ROLE, DeviceState.READY)

    run(main())


def test_a_scale_with_other_decimals_is_named_as_what_it_is(run, bench, tmp_path, caplog):
    """None of its weights is believed: 1.23 may be pounds. Said once, also while it moves now and then."""

    async def main():
        def pounds(simulated):
            simulated.platter.decimals = 2

        async with weighing(bench, tmp_path, pounds) as (simulated, table, scale):
            simulated.platter.put(1230)
            scale.watch(True)
            health = await table.state(ROLE, DeviceState.DEGRADED)
            assert health.fault is FaultReason.WRONG_DECIMALS
            assert remedy_for(health) is Remedy.CHECK_DECIMALS
            simulated.platter.shake()
            await reads(table, scale, WeightState.MOVING)
            assert table.devices.scale().health.fault is FaultReason.WRONG_DECIMALS
            simulated.platter.put(1230)
            await reads(table, scale, WeightState.UNKNOWN)
            simulated.platter.decimals = 3
            await reads(table, scale, WeightState.STABLE, 1230)
            await table.state(ROLE, DeviceState.READY)

    run(main())
    assert caplog.text.count("it weighs with 2 decimals, the settings say 3 (decimals)") == 1


@pytest.mark.parametrize("options", ["?parity=none", "?baud=4800"])
def test_a_scale_on_another_line_setting_is_silent_and_the_remedy_names_the_line(run, bench, tmp_path, options):
    async def main():
        simulated = SimulatedScale(tmp_path / "scale")
        simulated.platter.is_silent = "baud" in options  # a pty has no speed
        simulated.plug()
        async with bench({ROLE: simulated.url + options}) as table:
            health = await table.state(ROLE, DeviceState.FAULT)
            assert health.fault is FaultReason.NO_ANSWER
            assert [row.remedy for row in table.devices.plugged()] == [Remedy.CHECK_LINE]
        simulated.unplug()

    run(main())


def test_pulled_out_and_put_back(run, bench, tmp_path):
    async def main():
        async with weighing(bench, tmp_path) as (simulated, table, scale):
            scale.watch(True)
            simulated.platter.put(200)
            await reads(table, scale, WeightState.STABLE, 200)
            simulated.unplug()
            await table.state(ROLE, DeviceState.ABSENT)
            assert scale.weight.state is WeightState.UNKNOWN
            simulated.platter.put(300)
            simulated.plug()
            await reads(table, scale, WeightState.STABLE, 300)

    run(main())
