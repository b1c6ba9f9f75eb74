"""Two drawers behind one printer, on pins 2 and 5: each is there as soon as the printer is."""

from typing import Any

from appliance.clock import SystemClock
from appliance.hal.device import DeviceState
from appliance.hal.registry import DevicesConfig, Registry


def test_both_drawers_of_a_printer_are_told_of_its_pin(run):
    async def main():
        urls = {
            "printer.receipt": "tcp://127.0.0.1:9",
            "drawer.main": "via:printer.receipt?pin=2",
            "drawer.second": "via:printer.receipt?pin=5",
        }
        registry = Registry(DevicesConfig(urls), SystemClock(), lambda event: None)
        printer: Any = registry._printers["printer.receipt"]
        printer._tell_pin(True)
        states = {role: registry.drawer(role).health.state for role in ("drawer.main", "drawer.second")}
        assert states == dict.fromkeys(states, DeviceState.READY)
        printer._tell_pin(None)
        assert {registry.drawer(role).health.state for role in states} == {DeviceState.ABSENT}

    run(main())
