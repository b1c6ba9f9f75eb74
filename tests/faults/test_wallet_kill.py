"""kill -9 at every step of what moves a wallet: before or after, never between; and each order once.

Every order is given twice, and the last one that was answered once more after each restart. After every kill the disk
is judged before anybody repairs it: the orders on it are the first ones of the day, all that were answered among them,
each once; and chain, images, snapshot and the table of movements agree (`store.wallet_proof`).
"""

import asyncio
import os
import random
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.state import TillState, apply
from appliance.domain.till import step
from appliance.domain.wallet import Purse
from appliance.store import wallet_proof
from appliance.store.database import connect
from tests.faults.box import ROOT, Books, sqlite, tell
from tests.faults.wallet_shop import orders
from tests.support.core import LEFEVRE, NOW, ROCHAT
from tests.support.customers import left_on

ORDERS = len(orders(TillState()))
CALLS = ("pwrite64", "fdatasync", "fsync", "write")


def expected() -> list[dict[str, Purse]]:
    """Both wallets before the day and after each of its orders."""
    state, found = TillState(), [{ROCHAT: Purse(), LEFEVRE: Purse()}]
    for place in range(ORDERS):
        for fact in step(state, orders(state)[place], NOW).facts:
            apply(state, fact, NOW.at, NOW.actor)
        found.append({name: state.holding(name).purse for name in (ROCHAT, LEFEVRE)})
    return found


WALLETS = expected()


class Shop:
    """The process, and what it has answered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answered = 0
        self.kills = 0
        self.process: Any = None
        folder.mkdir()

    async def start(self, *wrapper: str) -> bool:
        self.process = await asyncio.create_subprocess_exec(
            *wrapper, sys.executable, "-m", "tests.faults.wallet_shop", str(self.folder), cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return bool(await self.process.stdout.readline() == b"ready\n")

    async def give(self, place: int) -> bool:
        """Order it with one double tap; whether both were answered."""
        name = f"order-{place}\n".encode()
        with suppress(ConnectionError):
            self.process.stdin.write(name + name)
            await self.process.stdin.drain()
        for _ in range(2):
            if await self.process.stdout.readline() != name:
                return False
            self.answered = max(self.answered, place + 1)
        return True

    async def run(self) -> bool:
        """The rest of the day, the last answered order first, once more; whether all of it was answered."""
        for place in range(max(0, self.answered - 1), ORDERS):
            if not await self.give(place):
                return False
        return True

    async def killed(self) -> None:
        """kill -9, if it is not dead yet; then the disk is judged."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        self.process._transport.close()
        self.kills += 1
        self.judge()

    async def ends(self) -> None:
        self.process.stdin.close()
        assert await self.process.wait() == 0
        self.process._transport.close()

    def judge(self) -> None:
        if not (self.folder / "till.db").exists():
            assert not self.answered
            return
        try:
            books = Books(self.folder)
        except sqlite.OperationalError as error:  # the tables are not there yet
            assert "no such table" in str(error) and not self.answered
            return
        books.check()
        done = [row[5] for row in books.rows if row[5]]
        assert done == [f"order-{place}" for place in range(len(done))], "each order once, in order"
        assert self.answered <= len(done) <= self.answered + 1, "what was answered is there"
        copy = self.folder.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.folder, copy)
        conn = connect(copy / "till.db")
        try:
            wallet_proof.verify(conn)
            kept = {name: left_on(conn, name) for name in (ROCHAT, LEFEVRE)}
        finally:
            conn.close()
        assert kept == WALLETS[len(done)], "before or after, never between"


def test_after_every_order(run: Any, tmp_path: Path) -> None:
    async def day() -> None:
        shop = Shop(tmp_path / "data")
        for place in range(ORDERS):
            assert await shop.start()
            if place:
                assert await shop.give(place - 1), "the first answer again"
            assert await shop.give(place)
            await shop.killed()
        assert await shop.start() and await shop.run()
        await shop.ends()
        shop.judge()
        assert WALLETS[-1] == {ROCHAT: Purse(8000), LEFEVRE: Purse()}
        tell(f"{shop.kills} kills, {ORDERS} orders")

    run(day(), 120)


def test_at_system_calls(run: Any, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Killed as it enters its k-th write or sync, wherever that falls in a day."""
    chance = random.Random(33)
    kills = 400 if pytestconfig.getoption("--full") else 8

    async def day() -> None:
        total = days = 0
        while total < kills:
            shop = Shop(tmp_path / f"day-{days}")
            days += 1
            while True:
                call = chance.choice(CALLS)
                inject = f"inject={call}:signal=SIGKILL:when={chance.randrange(1, 40)}"
                started = await shop.start("strace", "-f", "-qq", "-o", "/dev/null", "-e", inject)
                if started and await shop.run():
                    break
                await shop.killed()
                total += 1
                if shop.kills > 20:  # it never gets anywhere: on without
                    assert await shop.start() and await shop.run()
                    break
            with suppress(AssertionError):
                await shop.ends()
            shop.judge()
            assert shop.answered == ORDERS
        tell(f"{total} kills at system calls in {days} days of {ORDERS} orders")

    run(day(), 1200)


def test_at_random_moments(run: Any, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    chance = random.Random(7)
    kills = 300 if pytestconfig.getoption("--full") else 6

    async def day() -> None:
        total = days = 0
        while total < kills:
            shop = Shop(tmp_path / f"day-{days}")
            days += 1
            while shop.answered < ORDERS:
                assert await shop.start()
                loop = asyncio.get_running_loop()
                process = shop.process
                timer = loop.call_later(chance.random() * 0.02, process.kill)
                await shop.run()
                timer.cancel()
                await shop.killed()
                total += 1
        tell(f"{total} kills at random moments in {days} days")

    run(day(), 1200)
