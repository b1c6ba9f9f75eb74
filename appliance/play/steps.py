"""What an act may ask besides a command of the kiosk: a scan, the clock, a fault."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Literal, NamedTuple

from appliance.protocol.command import AnyCommand


class Scan(NamedTuple):
    code: str


class StartDate(NamedTuple):
    """The clock goes to midnight of this date, where the day begins."""

    day: date


class Wait(NamedTuple):
    span: timedelta


class SetClock(NamedTuple):
    """A technician sets the wall clock; the time that has gone by stays what it is."""

    at: time


class Kill(NamedTuple):
    """The plug is pulled; `at_once` before the basket's last changes are on the disk."""

    at_once: bool


class RefuseWrites(NamedTuple):
    """The disk refuses every new entry from now on, or takes them again."""

    why: Literal["disk-full", "read-only"]
    on: bool


class Terminal(NamedTuple):
    """The card terminal: "ready", "away", or what it does with the next card; see `play.terminal`."""

    what: str
    reason: str = ""


class SendAgain(NamedTuple):
    """The last order arrives a second time, under its own id."""


Step = AnyCommand | Scan | StartDate | Wait | SetClock | Kill | RefuseWrites | SendAgain | Terminal
