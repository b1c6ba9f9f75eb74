"""The clock that tests move."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.clock import ManualClock, SystemClock


def test_system_clock_is_aware_and_forward():
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic_ns() <= clock.monotonic_ns()


def test_manual_clock_moves_only_when_told():
    clock = ManualClock(datetime(2026, 11, 21, 8, 0, tzinfo=UTC))
    clock.advance(timedelta(minutes=1, microseconds=5))
    assert clock.now() == datetime(2026, 11, 21, 8, 1, 0, 5, tzinfo=UTC)
    assert clock.monotonic_ns() == 60_000_005_000
    clock.set_wall(datetime(2026, 11, 20, tzinfo=UTC))
    assert clock.monotonic_ns() == 60_000_005_000


def test_time_does_not_go_back():
    clock = ManualClock(datetime(2026, 11, 21, tzinfo=UTC))
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 11, 21))  # noqa: DTZ001
