"""The bench runs and keeps its results; how fast the till is, is for `make bench` to say."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.measure import Series, in_turn, percentile
from bench.registry import ROWS
from bench.result import Kept, Result, kept, unit_of

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("escpos", "PIL", "yaml", "aiomqtt", "paho", "pyudev", "evdev", "serial", "aiohttp", "aiosqlite", "argon2")


def bench(*arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False)


def test_a_quick_run_keeps_its_results(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    done = bench("--only", "1,3,5,7,9,15,19", "--quick", "--json", "--out", str(out))
    assert done.returncode == 0, done.stderr
    rows = msgspec.json.decode(out.read_bytes(), type=list[Kept])
    assert done.stdout.encode() == out.read_bytes()
    assert {row.row for row in rows} == {1, 3, 5, 7, 9, 15, 19}
    assert all(row.met is not None and row.ratio is not None and row.ratio > 0 and row.goal for row in rows)
    raw = msgspec.json.decode(out.read_bytes())
    assert set(raw[0]) == {"row", "name", "ratio", "p99_ratio", "goal", "rounds", "met"}


def test_the_table_names_every_row_that_was_asked_for(tmp_path: Path) -> None:
    done = bench("--only", "15", "--quick", "--out", str(tmp_path / "bench.json"))
    assert done.returncode == 0, done.stderr
    assert "receipt bytes" in done.stdout and "met" in done.stdout


def test_a_row_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = bench("--only", "99", "--out", str(tmp_path / "bench.json"))
    assert done.returncode == 2
    assert "no row 99" in done.stderr
    assert not (tmp_path / "bench.json").exists()


def test_every_row_of_this_issue_is_there() -> None:
    assert set(ROWS) == {*range(1, 20), 21, 22}


def test_a_row_without_its_tools_says_so_and_is_never_guessed() -> None:
    row = msgspec.json.decode(kept([Result(10, "scan to the pixel", "", note="no Chromium")]), type=list[Kept])[0]
    assert (row.ratio, row.met, row.rounds) == (None, None, 0)


def test_ratios_are_taken_round_by_round() -> None:
    slow, fast = Series([[20, 20], [200, 200], [30, 30]]), Series([[10, 10], [100, 100], [10, 10]])
    assert slow.ratio(fast) == 2
    assert slow.p50 == 30


def test_variants_take_turns() -> None:
    order: list[str] = []

    def variant(name: str) -> list[int]:
        order.append(name)
        return [1]

    in_turn({"a": lambda: variant("a"), "b": lambda: variant("b")}, rounds=2, blocks=2)
    assert order == ["a", "b", "a", "b", "b", "a", "a", "b", "b", "a"]


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


def test_times_are_written_with_their_unit() -> None:
    assert [unit_of(n) for n in (5, 1_500, 94_500, 8_200_000, 2e9)] == ["5 ns", "1.5 µs", "94.5 µs", "8.2 ms", "2 s"]


def test_nothing_heavy_is_loaded_before_the_till_is_ready(tmp_path: Path) -> None:
    """performance.md, row 13: whatever is not needed to sell is loaded after "ready"."""
    code = f"""
import asyncio, sys
from appliance.clock import SystemClock
from appliance.config import Config
from appliance.daemon import __main__, server
from appliance.daemon.lifecycle import Daemon
from appliance.demo.shop import FOLDER

async def main():
    config = Config(data_dir={str(tmp_path)!r}, socket={str(tmp_path / "s")!r}, shop=str(FOLDER))
    daemon = Daemon(config, SystemClock())
    till = await daemon.start()
    print([name for name in {HEAVY!r} if name in sys.modules])
    till.close()
    await daemon.ledger.close()

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "[]\n", done.stderr
