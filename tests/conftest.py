"""What holds for every test: nothing is left behind, warnings are errors, and slow tests say that they were skipped.

Fixtures to use: `run` (a coroutine, in a loop of its own), `display` (a virtual screen), pytest's own `tmp_path`.
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest

JOIN_S = 2.0  # how long a thread that is already on its way out may take

hypothesis.settings.register_profile("quick", max_examples=50, deadline=None, print_blob=True)
hypothesis.settings.register_profile("full", max_examples=2_000, deadline=None, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the tests that take minutes, with many more examples")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("--full") else "quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test is skipped for one reason only, and the closing summary names it."""
    if config.getoption("--full"):
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with --full"))


def child_processes() -> set[int]:
    """Process ids of our living children (and of those that nobody waited for)."""
    found: set[int] = set()
    for children in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended meanwhile
            found.update(int(pid) for pid in children.read_text().split())
    return found


@pytest.fixture(autouse=True)
def leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a task, a timer, a thread or a child process behind.

    `asyncio.run` quietly cancels what is still there when the main coroutine ends; we look just before it does.
    """
    left: list[str] = []
    cancel_all_tasks = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]

    def look_then_cancel(loop: asyncio.AbstractEventLoop) -> None:
        closing = {task for task in asyncio.all_tasks(loop) if "_call_connection_lost" in str(task.get_coro())}
        if closing:  # the serial library closes a port on a thread, and for a moment after its driver was cancelled
            loop.run_until_complete(asyncio.wait(closing, timeout=JOIN_S))
        left.extend(f"task {task.get_name()}: {task.get_coro()}" for task in asyncio.all_tasks(loop))
        left.extend(f"timer {timer}" for timer in getattr(loop, "_scheduled", ()) if not timer.cancelled())
        cancel_all_tasks(loop)

    monkeypatch.setattr(asyncio.runners, "_cancel_all_tasks", look_then_cancel)
    threads, children = set(threading.enumerate()), child_processes()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(JOIN_S)
        if thread.is_alive():
            left.append(f"thread {thread.name}")
    left.extend(f"process {pid}" for pid in child_processes() - children)
    if left:
        pytest.fail("the test left behind: " + "; ".join(left), pytrace=False)


@pytest.fixture
def run() -> Callable[..., Any]:
    """`run(coroutine, timeout_s=30)` gives the coroutine's result; a test that hangs fails with TimeoutError."""

    def run_to_end(main: Coroutine[Any, Any, Any], timeout_s: float = 30.0) -> Any:
        async def within_time() -> Any:
            async with asyncio.timeout(timeout_s):
                return await main

        return asyncio.run(within_time())

    return run_to_end


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual screen of 1920 × 1080 for child processes: the value of their DISPLAY, e.g. ":4"."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"]
    with subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL) as server:
        os.close(theirs)
        with open(ours) as answer:
            number = answer.readline().strip()
        try:
            yield f":{number}"
        finally:
            server.terminate()
