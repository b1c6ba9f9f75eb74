"""Aim: a child that is killed comes back at once, one that cannot start is said, and none outlives the block.

Way: real processes, small shell scripts.
"""

import asyncio
import os
import select
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from appliance.clock import SystemClock
from appliance.demo.child import Child, supervised
from appliance.demo.fault import DemoFailed

SERVES = "echo ready; exec sleep 1000"


def make(folder: Path, script: str) -> Child:
    return Child("till", ["/bin/sh", "-c", script], folder / "till.log", SystemClock(), env={}, says_ready=True)


def test_a_killed_child_is_back_within_half_a_second(run, tmp_path):
    async def story():
        child = make(tmp_path, SERVES)
        async with supervised(child):
            await child.ready(5)
            first = child.state.pid
            assert child.kill()
            assert not child.state.ready
            await child.ready(0.5)
            assert child.state.pid != first
            assert child.state.restarts == 1
        assert child.state.pid is None

    run(story())


def test_it_ends_by_sigterm_and_has_time_for_it(run, tmp_path):
    async def story():
        child = make(tmp_path, "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done")
        async with supervised(child):
            await child.ready(5)
        assert "bye" in (tmp_path / "till.log").read_text()

    run(story())


def test_its_own_children_end_with_it(run, tmp_path):
    """The grandchild holds the writing end of a pipe: when that is closed, it is gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    async def story():
        child = make(tmp_path, f"exec 9>{pipe}; sleep 1000 & echo ready; wait")
        async with supervised(child):
            await child.ready(5)

    try:
        run(story())
        assert select.select([reading], [], [], 5)[0]
        assert os.read(reading, 1) == b""
    finally:
        os.close(reading)


def test_a_child_that_never_starts_is_said_with_its_log(run, tmp_path):
    async def story():
        child = make(tmp_path, "echo no journal here >&2; exit 3")
        async with supervised(child):
            await child.ready(10)

    with pytest.raises(ExceptionGroup) as caught:
        run(story())
    (failure,) = caught.value.exceptions
    assert isinstance(failure, DemoFailed)
    assert "no journal here" in str(failure)
    assert "status 3" in str(failure)


def test_a_child_that_hangs_at_its_start_is_given_up(run, tmp_path):
    async def story():
        child = make(tmp_path, "exec sleep 1000")
        async with supervised(child):
            await child.ready(0.2)

    with pytest.raises(ExceptionGroup, match="unhandled"):
        run(story())


def test_nobody_is_left_when_the_block_is_cancelled(run, tmp_path):
    async def live(child: Child):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(supervised(child))
            await asyncio.Event().wait()

    async def story():
        child = make(tmp_path, SERVES)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(live(child), name="demo")
            await child.ready(5)
            pid = child.state.pid
            task.cancel()
        return pid

    with pytest.raises(ProcessLookupError):
        os.kill(run(story()), 0)
