"""All devices together: what is not configured answers too, and a bad line costs one role."""

from appliance.hal.device import (
    Cut,
    DeviceState,
    DrawerPosition,
    FaultReason,
    Health,
    Opened,
    Paper,
    PrintOutcome,
)


def test_roles_nobody_configured_answer_as_absent(run, bench):
    async def main():
        async with bench({}) as table:
            printer, drawer = table.devices.printer(), table.devices.drawer()
            assert (printer.health.state, printer.health.fault) == (DeviceState.ABSENT, FaultReason.NOT_CONFIGURED)
            result = await printer.print(Paper((Cut(),)), 1)
            assert (result.outcome, result.fault) == (PrintOutcome.NOTHING_SENT, FaultReason.NOT_CONFIGURED)
            opened = await drawer.open()
            assert (opened.pulse_sent, opened.opened) == (False, Opened.UNKNOWN)
            assert drawer.position is DrawerPosition.UNKNOWN
            assert table.devices.health() == ()
            table.devices.retry("scanner.nowhere")

    run(main())


def test_a_bad_line_costs_one_role_and_is_told(run, bench, caplog):
    bad = {
        "toaster.a": "tcp://h:1",
        "printer.a": "tcp://h:1?profile=nonesuch",
        "scanner.a": "serial://",
        "drawer.a": "via:printer.none",
        "drawer.b": "via:printer.a?pin=3",
        "scanner.b": "evstream:///nowhere/wedge",
    }

    async def main():
        async with bench(bad) as table:
            await table.state("scanner.b", DeviceState.ABSENT)
            faults = {health.role: health.fault for health in table.devices.health()}
            assert list(faults) == list(bad)
            wrong = [role for role, fault in faults.items() if fault is FaultReason.MISCONFIGURED]
            assert wrong == ["toaster.a", "printer.a", "scanner.a", "drawer.b"]
            assert faults["drawer.a"] is FaultReason.PRINTER_AWAY
            assert sum(health.fault is FaultReason.MISCONFIGURED for health in table.of(Health)) == 4
            result = await table.devices.printer("printer.a").print(Paper((Cut(),)), 1)
            assert result.fault is FaultReason.MISCONFIGURED

    run(main())


def test_roles_found_by_udev_wait_without_harm(run, bench, caplog):
    async def main():
        async with bench({"scanner.usb": "udev:serial?ID_SERIAL=none_such"}) as table:
            health = await table.state("scanner.usb", DeviceState.ABSENT)
            assert health.fault is FaultReason.UNPLUGGED

    run(main())
