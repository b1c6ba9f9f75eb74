"""A change of devices that meets a defect: it is the asker's, and the other devices go on."""

from typing import Any

import pytest

from appliance.clock import SystemClock
from appliance.hal.registry import DevicesConfig, open_devices


def test_a_defect_in_a_change_ends_no_other_device(run, tmp_path, monkeypatch):
    async def broken(*settings):
        raise RuntimeError("a defect in a change")

    async def main():
        config = DevicesConfig({"scanner.front": f"evstream:{tmp_path}/none"}, hot_plug=False)
        async with open_devices(config, SystemClock(), lambda event: None) as devices:
            registry: Any = devices
            with monkeypatch.context() as patch:
                patch.setattr(registry._bindings, "keep", broken)
                with pytest.raises(RuntimeError, match="a defect"):
                    await devices.assign("scanner.two", f"evstream:{tmp_path}/two")
            await devices.assign("scanner.two", f"evstream:{tmp_path}/two")
            assert {row.role for row in devices.health()} >= {"scanner.front", "scanner.two"}

    run(main())
