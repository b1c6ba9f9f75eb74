"""The plug is pulled after any write: each answered sale is there byte for byte, the chain whole, the file sound.

The real daemon is recorded while it sells, is stopped and started again; then the disk is cut after chosen operations
in four ways and judged by `Books`, which knows nothing of the store's code. Daemons that are known to be wrong must be
caught.
"""

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from appliance.protocol import command as c
from appliance.store.database import DatabaseError
from tests.faults import recording
from tests.faults.box import Books, Box, Client, box, open_day, tell
from tests.faults.recording import Disk, Operation

WEAK = """
import sys
from appliance.store import database
connect = database.connect
def weaker(path):
    conn = connect(path)
    conn.execute("PRAGMA synchronous={level}")
    return conn
database.connect = weaker
from appliance.daemon.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


class Record:
    """What a daemon wrote and answered, and the books as they were at the end."""

    def __init__(self, before: dict[str, bytes], operations: list[Operation], rows: list[Any]) -> None:
        self.before, self.operations, self.rows = before, operations, rows

    def is_lost(self, folder: Path, answered: list[str]) -> str:
        """What is wrong with a disk after a cut; "" for nothing."""
        try:
            books = Books(folder, keep=False)
            books.check()
        except (AssertionError, *DatabaseError) as error:
            return f"unsound: {error!r}"
        if books.rows != self.rows[: len(books.rows)]:
            return "an entry is not as it was written"
        lost = {order for order in answered if order.startswith("money-")} - books.origins
        return f"answered and lost: {sorted(lost)}" if lost else ""

    def cuts(self, count: int, seed: int) -> list[str]:
        """Cut after every answer and at other points, in all modes, about `count` times; what was found wrong."""
        chance = random.Random(seed)
        points = [point for point, operation in enumerate(self.operations) if operation.kind == "answer"]
        points = chance.sample(points, min(len(points), count // len(recording.MODES) // 2))
        points += chance.choices(range(len(self.operations)), k=count // len(recording.MODES) - len(points))
        points.sort()
        disk, wrong, done = Disk(self.before), [], 0
        with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
            for point in points:
                while done <= point:
                    disk.take(self.operations[done])
                    done += 1
                for mode in recording.MODES:
                    disk.cut(Path(name), chance, mode)
                    if fault := self.is_lost(Path(name), disk.answered):
                        wrong.append(f"after operation {point} ({mode}, seed {seed}): {fault}")
        return wrong


async def sell(client: Client, number: int) -> None:
    """A sale in cash with its receipt, a part-paid one, a held one: in turn."""
    await client.ok(c.NewTicket())
    await client.ok(c.AddProduct(101 + number % 4))
    if number % 3 == 0:
        await client.ok(c.TakeCash(2000), f"money-{number}")
        await client.ok(c.PrintReceipt(), f"money-{number}-receipt")
    elif number % 3 == 1:
        await client.ok(c.AddTender("card", 50), f"money-{number}-card")
        await client.ok(c.AddTender("cash"), f"money-{number}")
    else:
        await client.ok(c.HoldTicket(), f"money-{number}")


async def record(folder: Path, sales: int, level: str = "") -> Record:
    """Two starts of the daemon, the second on what the first one left."""
    async with box(folder) as till:
        client = await till.start()
        await open_day(client)
        assert await till.stop() == 0
        before = {file.name: file.read_bytes() for file in till.data.glob("till.db*")}
        operations: list[Operation] = []
        for part in range(2):
            operations += await _record_part(till, range(part * sales // 2, (part + 1) * sales // 2), level)
        return Record(before, operations, till.books().rows)


async def _record_part(till: Box, numbers: range, level: str) -> list[Operation]:
    output = till.folder / f"trace-{numbers.start}"
    words = recording.strace(output)
    if level:
        words += [sys.executable, "-c", WEAK.format(level=level)]
    client = await till.start(*words)
    for number in numbers:
        await sell(client, number)
    assert await till.stop() == 0
    operations = recording.read(output, till.data)
    output.unlink()
    return operations


def test_no_answered_sale_is_lost(run: Any, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    is_full = pytestconfig.getoption("--full")
    recorded: Record = run(record(tmp_path, 60 if is_full else 16), 60)
    kinds = [operation.kind for operation in recorded.operations]
    assert kinds.count("answer") >= 16 and kinds.count("sync") >= 16
    wrong = recorded.cuts(10_000 if is_full else 320, seed=1)
    tell(f"{len(kinds)} operations, {kinds.count('sync')} of them syncs: {len(wrong)} bad cuts")
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_store_that_does_not_sync_is_caught(run: Any, tmp_path: Path, level: str) -> None:
    recorded: Record = run(record(tmp_path, 8, level), 60)
    assert any("answered and lost" in fault for fault in recorded.cuts(120, seed=2))


def test_an_answer_before_the_commit_is_caught(run: Any, tmp_path: Path) -> None:
    recorded: Record = run(record(tmp_path, 8), 60)
    recorded.operations = recording.answers_before_their_sync(recorded.operations)
    assert any("answered and lost" in fault for fault in recorded.cuts(160, seed=3))
