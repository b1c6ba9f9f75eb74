"""Devices set up on the screen while the disk does not take it: it works, and the seller is told."""

from appliance.protocol import command as c
from tests.service.test_drawer import first_opening
from tests.support.counter import a_counter
from tests.support.till import NADIA


def test_a_drawer_that_was_set_up_and_not_kept_is_said(run, tmp_path):
    (tmp_path / "devices.json.new").mkdir()  # no file can be written there

    async def main():
        async with a_counter(tmp_path) as counter:
            till = counter.till
            await first_opening(counter)
            await till.do(c.Lock())
            await till.till.scan(NADIA)
            await till.do(c.CalibrateDrawer(), c.CalibrateDrawer("open"), c.CalibrateDrawer("shut"))
            await counter.until(lambda: till.message == "device.not_kept")
            assert not counter.devices.is_kept
            (tmp_path / "devices.json.new").rmdir()
            await till.daemon._tidy(till.till)
            assert "drawer.main" in (tmp_path / "devices.json").read_text()

    run(main())
