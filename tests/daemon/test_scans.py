"""A scanner on its wire, the daemon's inbox, the ticket: what counts, and what is the same label once more."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from appliance.clock import ManualClock
from appliance.daemon.lifecycle import Daemon
from appliance.hal.device import Scan
from appliance.hal.simulated.scanner import SimulatedHidScanner, SimulatedSerialScanner
from tests.support.till import JAM, MORNING, NADIA, RealTill, settings

WATER = "7613337001140"


@asynccontextmanager
async def a_till_with_a_scanner(folder, scanner, **changes):
    """An open till whose daemon serves this scanner, and a way to wait for what it makes of a scan."""
    await scanner.plug()
    till = RealTill(settings(folder, devices={"scanner.front": scanner.url}, **changes), ManualClock(MORNING))
    await till.start()
    try:
        await till.opens()
        changed = asyncio.Event()
        till.till.on_change = changed.set
        serving = asyncio.get_running_loop().create_task(till.daemon._serve(till.till), name="devices")

        async def until(condition):
            while not condition():
                if serving.done():
                    serving.result()
                changed.clear()
                await changed.wait()

        await until(lambda: till.view.status[0].level == "ok")
        try:
            yield till, until
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
    finally:
        scanner.unplug()
        await till.stop()


def quantities(till) -> list[int]:
    return [] if till.till.ticket is None else [line.quantity_milli // 1000 for line in till.ticket.lines]


@pytest.mark.parametrize(
    ("make", "changes", "expected"),
    [
        (SimulatedSerialScanner, {}, [1]),
        (SimulatedSerialScanner, {"scan_repeat_ms": {"scanner.front": 0}}, [3]),
        (SimulatedHidScanner, {}, [3]),
        (SimulatedHidScanner, {"scan_repeat_ms": {"scanner.front": 300}}, [1]),
    ],
    ids=["serial", "serial, every read", "HID-POS", "HID-POS, once"],
)
def test_a_label_in_the_beam_counts_once_unless_the_scanner_minds_it_itself(run, tmp_path, make, changes, expected):
    async def day():
        scanner = make(tmp_path / "scanner")
        async with a_till_with_a_scanner(tmp_path, scanner, **changes) as (till, until):
            for code in (JAM, JAM, JAM, WATER):
                scanner.scan(code)
            await until(lambda: len(quantities(till)) == 2)
            assert quantities(till) == [*expected, 1]

    run(day())


def test_shown_again_after_a_moment_it_counts_again(run, tmp_path):
    async def day():
        scanner = SimulatedSerialScanner(tmp_path / "scanner")
        async with a_till_with_a_scanner(tmp_path, scanner) as (till, until):
            scanner.scan(JAM)
            await until(lambda: quantities(till) == [1])
            till.clock.advance(timedelta(milliseconds=301))
            scanner.scan(JAM)
            await until(lambda: quantities(till) == [2])

    run(day())


def test_a_full_inbox_does_not_tell_what_was_scanned(tmp_path, caplog):
    daemon = Daemon(settings(tmp_path), ManualClock(MORNING))
    for _ in range(daemon._events.maxsize + 1):
        daemon._emit(Scan(NADIA, "E0", "scanner.front", 0))
    assert "dropped a Scan" in caplog.text and NADIA not in caplog.text
