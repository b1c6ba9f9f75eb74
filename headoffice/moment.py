"""Times as the books write them: UTC, ISO 8601 with milliseconds, so that they compare as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from appliance.clock import Clock


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat("T", "milliseconds").replace("+00:00", "Z")


def now(clock: Clock, plus: timedelta = timedelta(0)) -> str:
    return stamp(clock.now() + plus)
