"""The only reader of time. All else is handed a `Clock`, so tests and the shop-day player move time themselves."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Two times: the wall clock for people and books, the monotonic one for intervals."""

    def now(self) -> datetime:
        """Wall clock, aware, UTC. May jump when the machine's clock is set."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start. Never goes back; says nothing about the date."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class ManualClock:
    """A clock that stands still until it is moved: for tests and for playing a shop day at full speed."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("the clock needs an aware datetime")
        self._now = start.astimezone(UTC)
        self._monotonic_ns = 0

    def now(self) -> datetime:
        return self._now

    def monotonic_ns(self) -> int:
        return self._monotonic_ns

    def advance(self, step: timedelta) -> None:
        """Move both clocks forward by `step` (never back: raises ValueError)."""
        if step < timedelta(0):
            raise ValueError("time does not go back; use set_wall to correct the wall clock")
        self._now += step
        self._monotonic_ns += (step // timedelta(microseconds=1)) * 1_000

    def set_wall(self, now: datetime) -> None:
        """Put the wall clock to `now`, as a technician would; the monotonic clock does not move."""
        if now.tzinfo is None:
            raise ValueError("the clock needs an aware datetime")
        self._now = now.astimezone(UTC)
