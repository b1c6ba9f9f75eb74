"""One table for all kinds of scanner: serial, keyboard and HID-POS give the same results, and none is skipped.

Way: each simulator on its own wire, the same labels, the same mishaps.
"""

import asyncio
from typing import Any

import pytest

from appliance.hal.device import DeviceState, Scan, ScanDamaged
from appliance.hal.scanner.wedge import KEY_KPENTER, KEY_TAB
from appliance.hal.simulated.scanner import SimulatedHidScanner, SimulatedSerialScanner, SimulatedWedgeScanner

KINDS: dict[str, Any] = {
    "serial CR": lambda path: (SimulatedSerialScanner(path, aim=True), "?timeout_ms=100"),
    "serial CR LF": lambda path: (SimulatedSerialScanner(path, aim=True, suffix="\r\n"), "?timeout_ms=100"),
    "serial ETX": lambda path: (SimulatedSerialScanner(path, aim=True, suffix="\x03"), "?suffix=%2503&timeout_ms=100"),
    "serial silence": lambda path: (SimulatedSerialScanner(path, aim=True, suffix=""), "?end=silence"),
    "hid": lambda path: (SimulatedHidScanner(path), "?timeout_ms=100"),
    "alt": lambda path: (SimulatedWedgeScanner(path, aim=True, alt=True, layout="be"), "&timeout_ms=100"),
    "us Tab": lambda path: (SimulatedWedgeScanner(path, aim=True, end=KEY_TAB), "&timeout_ms=100"),
    "fr keypad": lambda path: (SimulatedWedgeScanner(path, aim=True, layout="fr", end=KEY_KPENTER), "&timeout_ms=100"),
    "fr silence": lambda path: (SimulatedWedgeScanner(path, aim=True, layout="fr", end=None), "&end=silence"),
    **{
        layout: lambda path, layout=layout: (SimulatedWedgeScanner(path, aim=True, layout=layout), "&timeout_ms=100")
        for layout in ("us", "fr", "ch", "de", "be")
    },
}
LABELS = [
    ("7610000000019", "E0"),
    ("96385074", "E4"),
    ("0107610000000019\x1d10AB-1", "C1"),
    ("https://id.gs1.org/01/07610000000019?a=1_2&b=@#" + "x" * 60, "Q3"),
    ("]:/@_-AZQWM09", "Q1"),
    ("z" * 512, "d2"),
    ("42", None),
]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_labels_give_the_same_scans(run, bench, tmp_path, caplog, kind):
    async def main():
        scanner, options = KINDS[kind](tmp_path / "s")
        await scanner.plug()
        async with bench({"scanner.front": scanner.url + options}) as table:
            await table.state("scanner.front", DeviceState.READY)
            await reached(scanner)
            for count, (text, symbology) in enumerate(LABELS, 1):
                scanner.scan(text, symbology)
                await table.until(lambda count=count: len(table.of(Scan)) == count)
            assert [(scan.text, scan.symbology) for scan in table.of(Scan)] == LABELS
            assert table.of(ScanDamaged) == []
        scanner.unplug()

    run(main())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "silence" not in kind])
def test_a_code_that_breaks_off_never_begins_the_next(run, bench, tmp_path, caplog, kind):
    """Cut short, then pulled out in the middle and put back: two damages, and the next code is whole."""

    async def main():
        scanner, options = KINDS[kind](tmp_path / "s")
        await scanner.plug()
        async with bench({"scanner.front": scanner.url + options}) as table:
            await table.state("scanner.front", DeviceState.READY)
            await reached(scanner)
            scanner.scan_cut("761000")
            await table.until(lambda: table.of(ScanDamaged))
            scanner.scan("42", "E0")
            await table.until(lambda: table.of(Scan))
            scanner.scan_cut("761000")
            scanner.unplug() if not isinstance(scanner, SimulatedSerialScanner) else None
            await table.until(lambda: len(table.of(ScanDamaged)) == 2)
            scanner.unplug()
            await table.state("scanner.front", DeviceState.ABSENT)
            await scanner.plug()
            await table.state("scanner.front", DeviceState.READY)
            await reached(scanner)
            scanner.scan("43", "E0")
            await table.until(lambda: len(table.of(Scan)) == 2)
            assert [scan.text for scan in table.of(Scan)] == ["42", "43"]
            assert {damaged.reason for damaged in table.of(ScanDamaged)} <= {"timeout", "unplugged"}
        scanner.unplug()

    run(main())
    assert "761000" not in caplog.text


async def reached(scanner):
    if not isinstance(scanner, SimulatedSerialScanner):
        await scanner.attached()
    await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["us", "hid"])
def test_what_was_lost_on_the_way_is_told(run, bench, tmp_path, caplog, kind):
    async def main():
        scanner, options = KINDS[kind](tmp_path / "s")
        await scanner.plug()
        async with bench({"scanner.front": scanner.url + options}) as table:
            await table.state("scanner.front", DeviceState.READY)
            await scanner.attached()
            scanner.scan_losing("x" * 100, 0)
            await table.until(lambda: table.of(ScanDamaged))
            await table.until(lambda: table.devices.health()[0].counters.get("damaged"))
            scanner.scan("42")
            await table.until(lambda: table.of(Scan))
            assert [scan.text for scan in table.of(Scan)] == ["42"]
            assert len(table.of(ScanDamaged)) == 1
        scanner.unplug()

    run(main())
