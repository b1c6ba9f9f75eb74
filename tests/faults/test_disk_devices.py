"""Devices assigned while the disk takes nothing: they serve at once, and it is said that they are not kept."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import NO, OK, main
from appliance.daemon.lifecycle import Daemon
from tests.faults.box import box
from tests.faults.disks import Ballast, remount
from tests.support.till import a_till
from tests.support.udev import table_with

ROLE, OTHER = "scanner.front", "scanner.back"


def test_a_full_disk_is_said_and_the_next_change_keeps_both(
    run: Any, tmp_path: Path, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def main_() -> None:
        async with box(tmp_path, data_dir=disk / "data") as till:
            await till.start()

            async def tillbox(*words: str) -> tuple[int, str]:
                arguments = ["devices", *words, "--config", str(tmp_path / "till.toml")]
                status = await asyncio.to_thread(main, arguments)
                return status, capsys.readouterr().err

            ballast = Ballast(disk)
            ballast.fill()
            for words in (["assign", ROLE, "serial:///dev/one"], ["unassign", "drawer.main"]):
                status, said = await tillbox(*words)
                assert status == NO
                assert "pas enregistré" in said and words[1] in said
            assert not list(till.data.glob("devices.json*"))
            ballast.remove()
            assert (await tillbox("assign", OTHER, "serial:///dev/two"))[0] == OK
            kept = json.loads((till.data / "devices.json").read_text())["roles"]
            assert kept == {ROLE: "serial:///dev/one", OTHER: "serial:///dev/two", "drawer.main": None}

    run(main_())


def test_without_the_till_it_is_said_too(tmp_path: Path, disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "till.toml"
    config.write_text(f'data_dir = "{disk}/data"\nsocket = "s"\nhot_plug = false\n[devices]\n')
    (disk / "data").mkdir()
    remount(disk, "ro")
    assert main(["devices", "assign", ROLE, "serial:///dev/one", "--config", str(config)]) == NO
    assert "pas enregistré" in capsys.readouterr().err


def test_what_was_not_kept_is_kept_by_itself_when_there_is_room(run: Any, tmp_path: Path) -> None:
    """The chore of every minute writes it; a file in the place of the folder plays the disk."""
    folder = tmp_path / "data"
    folder.write_text("")

    async def main_() -> None:
        async with a_till(tmp_path / "till") as till, table_with({}, bindings=str(folder / "devices.json")) as table:
            daemon: Daemon = till.daemon
            daemon._devices = table.devices
            await table.devices.assign(ROLE, "serial:///dev/one")
            assert not table.devices.is_kept
            await daemon._tidy(till.till)
            assert not table.devices.is_kept
            folder.unlink()
            await daemon._tidy(till.till)
            assert table.devices.is_kept
            assert json.loads((folder / "devices.json").read_text())["roles"] == {ROLE: "serial:///dev/one"}

    run(main_())
