"""A scanner on its wire, the daemon's inbox, the ticket: what counts, and what is the same label once more."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from appliance.clock import ManualClock
from appliance.daemon.lifecycle import SCANS_MAX
from appliance.hal.device import DrawerChanged, DrawerPosition, Scan
from appliance.hal.simulated.scanner import SimulatedHidScanner, SimulatedSerialScanner
from tests.support.till import JAM, MORNING, NADIA, RealTill, a_till, settings

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


@pytest.mark.parametrize("count", [120, 250])
def test_codes_that_come_all_at_once_are_all_sold(run, tmp_path, count):
    async def day():
        scanner = SimulatedSerialScanner(tmp_path / "scanner")
        async with a_till_with_a_scanner(tmp_path, scanner) as (till, until):
            scanner.send(f"{JAM}\r{WATER}\r".encode() * (count // 2))
            await until(lambda: sum(quantities(till)) == count)
            assert not till.daemon._scans_refused

    run(day())


def test_a_code_too_many_is_told_and_not_what_it_was(run, tmp_path, caplog):
    """A drawer that moves meanwhile is not left out for it."""

    async def day():
        async with a_till(tmp_path) as till:
            daemon = till.daemon
            for _ in range(SCANS_MAX + 3):
                daemon._emit(Scan(NADIA, "E0", "scanner.front", 0))
            daemon._emit(DrawerChanged("drawer.main", DrawerPosition.OPEN, commanded=True))
            assert daemon._events.qsize() == SCANS_MAX + 1
            assert not daemon._has_room.is_set()
            while not daemon._events.empty():
                daemon._events.get_nowait()
                daemon._made_room(till.till)
            assert daemon._has_room.is_set()
            assert (till.message, till.till.desk.notices[0].params) == ("scan.too_many", {"count": 3})
            assert till.sound == "scan_refused"

    run(day())
    assert NADIA not in caplog.text
