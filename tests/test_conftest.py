"""What conftest.py promises, seen by breaking it: each of these tests would pass if nobody looked after it."""

from pathlib import Path

import pytest

LEAKS = """
import asyncio, logging, subprocess, threading, warnings
import pytest

async def wait_for_ever():
    await asyncio.Event().wait()

def test_task(run):
    async def main():
        main.task = asyncio.get_running_loop().create_task(wait_for_ever(), name="left")
    run(main())

def test_timer():
    async def main():
        asyncio.get_running_loop().call_later(3600, print)
    asyncio.run(main())

def test_process():
    test_process.child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)

def test_thread(monkeypatch):
    threading.Thread(target=threading.Event().wait, name="stuck", daemon=True).start()

def test_warning():
    warnings.warn("old")

def test_log_call():
    logging.getLogger("x").warning("%d", "not a number")

def test_hang(run):
    run(wait_for_ever(), timeout_s=0.01)

@pytest.mark.full
def test_slow():
    pass

def test_clean(run):
    async def main():
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0), name="ends")
        return await asyncio.to_thread(int, "3")
    assert run(main()) == 3
"""


def test_what_is_left_behind_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = full\nfilterwarnings = error\naddopts = -rs -p no:cacheprovider")
    pytester.makepyfile(LEAKS)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=5, failed=3, errors=4, skipped=1)  # left behind: the test passed, its tear-down fails
    result.stdout.fnmatch_lines_random(
        [
            "*left behind: task left*",
            "*left behind: timer*",
            "*left behind: process*",
            "*left behind: thread stuck*",
            "SKIPPED*run with --full*",
        ]
    )
