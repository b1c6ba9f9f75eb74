"""The daemon as a process: killed with SIGKILL in the middle of its sending, it goes on where head office is."""

import asyncio
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.demo.shop import FOLDER
from appliance.store import journal
from appliance.store.database import connect_reader
from appliance.sync import enrolment
from tests.support.books import CHAIN, a_shop, books
from tests.support.office_till import KEYS, OFFICE_KEY, PUBLIC, an_office, linked_till, quick
from tests.sync.test_till_office import journal_of

ROOT = Path(__file__).parents[2]
DAY = 300


@pytest.fixture
def port(own_broker):
    return own_broker[1]


def settings(folder: Path, port: int) -> Path:
    """Of the till that `linked_till` made in that folder."""
    keys = folder / "keys"
    enrolment.write_secret(keys / enrolment.SEAL, KEYS["caisse-1"].to_bytes().hex().encode())
    rows = {"till": "caisse-1", "data_dir": "data", "socket": str(folder / "s"), "shop": str(FOLDER), "hot_plug": False}
    office = {
        "chain": CHAIN, "brokers": [f"127.0.0.1:{port}"], "office_keys": [OFFICE_KEY.public.hex], "plain": True,
        "keys": str(keys),
    }  # fmt: skip
    path = folder / "till.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in rows.items()]
    lines += ["[office]", *(f"{key} = {json.dumps(value)}" for key, value in office.items())]
    path.write_text("\n".join(lines) + "\n")
    return path


async def started(path: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "appliance.daemon", "--config", str(path), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def has(database, least):
    """Head office has at least so many entries of this till."""
    async with asyncio.timeout(30):
        while True:
            found = await journal_of(database, "caisse-1")
            if len(found) >= least:
                return found
            with suppress(TimeoutError):  # the worker has its turn
                async with asyncio.timeout(0.02):
                    await asyncio.Event().wait()


def test_a_killed_daemon_goes_on_where_head_office_is(run, tmp_path, port, monkeypatch):
    monkeypatch.setattr("appliance.sync.enrolment.line", quick)

    async def main():
        async with linked_till(tmp_path, "caisse-1", port) as till:
            await till.unlink()
            await till.opens()
            for _ in range(DAY):
                await till.sells("1 croissant, 1 coffee | cash 20.00")
        path = settings(tmp_path, port)
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, PUBLIC)
            async with an_office(database, port):
                for least in (100, 400, 800):
                    daemon = await started(path)
                    await has(database, least)
                    daemon.send_signal(signal.SIGKILL)
                    await daemon.wait()
                daemon = await started(path)
                found = await has(database, 1 + DAY * 4)
                daemon.send_signal(signal.SIGTERM)
                assert await daemon.wait() == 0
            conn = connect_reader(tmp_path / "data" / "till.db")
            entries = [(e.seq, e.kind, e.body, e.hash) for e in journal.read_entries(conn)]
            conn.close()
            found = await journal_of(database, "caisse-1")
            assert found == entries[: len(found)]
            assert len(found) > DAY * 4

    run(main())
