"""Starts on a disk or a folder that cannot serve: money is refused, or one line names what to mend."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from appliance.protocol import command as c
from appliance.protocol.message import Answer
from tests.faults.box import Box, Client, box, open_day
from tests.faults.disks import Ballast, remount


async def refuses_to_start(till: Box, *words: str) -> None:
    """Status 2 and one line on standard error that says all of these."""
    till.log.unlink(missing_ok=True)
    await till.spawn()
    assert await till.gone() == 2
    lines = till.log.read_text().splitlines()
    refusals = [line for line in lines if "CRITICAL" in line]
    assert len(refusals) == 1 and lines[-1] == refusals[0], lines
    assert "Traceback" not in till.log.read_text()
    for word in words:
        assert word in refusals[0]


async def sell_bread(client: Client) -> Answer:
    await client.ok(c.NewTicket())
    await client.ok(c.AddProduct(103))
    return await client.order(c.TakeCash(500))


def test_a_full_disk_lets_the_till_start_on_its_reserve(run: Any, tmp_path: Path, disk: Path) -> None:
    """After an orderly end there is no log and no room for one."""

    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await open_day(client)
            assert await till.stop() == 0
            assert (till.data / "reserve").exists()
            assert not (till.data / "till.db-wal").exists()
            ballast = Ballast(disk)
            ballast.fill()
            client = await till.start()
            answer = await sell_bread(client)
            assert (answer.ok, answer.code) == (False, "store.full")
            ballast.remove()
            await till.stop()
            client = await till.start()
            assert (await sell_bread(client)).ok

    run(main())


def test_a_full_disk_without_a_reserve_is_named(run: Any, tmp_path: Path, disk: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            await till.start()
            assert await till.stop() == 0
            (till.data / "reserve").unlink(missing_ok=True)
            Ballast(disk).fill()
            await refuses_to_start(till, "daemon.disk_full", str(till.data), "plein")

    run(main())


def test_a_read_only_disk_is_named(run: Any, tmp_path: Path, disk: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            till.socket = till.data / "s"
            await till.start()
            assert await till.stop() == 0
            remount(disk, "ro")
            await refuses_to_start(till, "daemon.disk_read_only", str(till.data), "lecture seule")

    run(main())


def test_a_disk_that_became_read_only_lets_the_till_end(run: Any, tmp_path: Path, disk: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            till.socket = till.data / "s"
            await till.start()
            remount(disk, "abort")
            await till.stop()
            assert "Traceback" not in till.log.read_text()

    run(main())


def _a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file"


def _below_a_file(folder: Path) -> Path:
    return _a_file(folder) / "data"


def _in_proc(folder: Path) -> Path:
    return Path("/proc/x")


def _without_rights(folder: Path) -> Path:
    """Root may do all but this: files in /proc/self/fd are nobody's to make."""
    return Path("/proc/self/fd")


@pytest.mark.parametrize("place", [_a_file, _below_a_file, _in_proc, _without_rights])
def test_a_folder_that_cannot_be_is_named(run: Any, tmp_path: Path, place: Callable[[Path], Path]) -> None:
    async def main() -> None:
        async with box(tmp_path, data_dir=place(tmp_path)) as till:
            till.socket = till.data / "s"
            await refuses_to_start(till, "data_dir", os.path.basename(till.data))

    run(main())
