"""Scanners end to end: over a pty and over an event stream, plugged in and out."""

import pytest

from appliance.clock import SystemClock
from appliance.hal.address import BadAddress, parse_address
from appliance.hal.device import DeviceKind, DeviceState, Scan, ScanDamaged
from appliance.hal.scanner.driver import ScannerDriver
from appliance.hal.simulated.scanner import SimulatedSerialScanner, SimulatedWedgeScanner
from appliance.hal.supervisor import Slot


def test_serial_scanner_sells_through_a_flapping_plug(run, bench, tmp_path, caplog):
    async def main():
        scanner = SimulatedSerialScanner(tmp_path / "scanner", aim=True)
        await scanner.plug()
        async with bench({"scanner.front": scanner.url}) as table:
            for turn in range(3):
                await table.state("scanner.front", DeviceState.READY)
                scanner.scan(f"76100000000{turn}", "E0")
                await table.until(lambda turn=turn: len(table.of(Scan)) == turn + 1)
                scanner.send(b"half a co")
                scanner.unplug()
                await table.state("scanner.front", DeviceState.ABSENT)
                await scanner.plug()
            assert [(scan.text, scan.symbology, scan.source) for scan in table.of(Scan)] == [
                (f"76100000000{turn}", "E0", "scanner.front") for turn in range(3)
            ]
        scanner.unplug()

    run(main())


def test_wedge_scanner_reads_and_reports_damage(run, bench, tmp_path, caplog):
    async def main():
        scanner = SimulatedWedgeScanner(tmp_path / "wedge", layout="ch")
        await scanner.plug()
        async with bench({"scanner.hand": scanner.url}) as table:
            await table.state("scanner.hand", DeviceState.READY)
            await scanner.attached()
            scanner.scan("https://ex.ch/?a=é€")
            await table.until(lambda: table.of(Scan))
            scanner.type_keys("761000")  # and silence
            await table.until(lambda: table.of(ScanDamaged))
            assert table.of(ScanDamaged) == [ScanDamaged("scanner.hand", "timeout")]
            scanner.unplug()
            await table.state("scanner.hand", DeviceState.ABSENT)
            await scanner.plug()
            await table.state("scanner.hand", DeviceState.READY)
            await scanner.attached()
            scanner.scan("42")
            await table.until(lambda: len(table.of(Scan)) == 2)
            assert [scan.text for scan in table.of(Scan)] == ["https://ex.ch/?a=é€", "42"]
            assert table.devices.health()[0].counters == {"connects": 2, "scans": 2, "damaged": 1}
        scanner.unplug()

    run(main())
    assert "761000" not in caplog.text  # codes may be loyalty cards: never in a log


def test_a_thousand_scans_keep_their_order(run, bench, tmp_path):
    async def main():
        scanner = SimulatedSerialScanner(tmp_path / "scanner")
        await scanner.plug()
        async with bench({"scanner.front": scanner.url}) as table:
            await table.state("scanner.front", DeviceState.READY)
            for start in range(0, 1_000, 50):
                for number in range(start, start + 50):
                    scanner.scan(f"{number:06d}")
                await table.until(lambda start=start: len(table.of(Scan)) >= start + 50)
            assert [int(scan.text) for scan in table.of(Scan)] == list(range(1_000))
        scanner.unplug()

    run(main())


@pytest.mark.parametrize(
    "url",
    ["evstream:///x?layout=bepo", "serial:///x?timeout_ms=1", "serial:///x?suffix=", "serial:///x?aim=2"],
)
def test_options_that_make_no_sense_are_refused(url):
    clock = SystemClock()
    slot = Slot("scanner.x", DeviceKind.SCANNER, clock, lambda event: None)
    with pytest.raises(BadAddress):
        ScannerDriver(parse_address(url, DeviceKind.SCANNER), clock, slot)
