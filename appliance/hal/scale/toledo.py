"""Bytes of Mettler-Toledo's 8217 protocol (*8217 Standard Protocol*). Pure.

    W           STX 00.345 CR      a weight, stable; with N before CR when the scale has tared itself
                STX ? status CR    no weight to give, and why
    Ehello      STX E CR hello     echo: whoever answers so speaks this protocol; F ends it

The line is 9600 7E1. Seven bits with a parity bit are eight bits on the wire, so the parity is made and checked here
and the line is opened as 8N1: the same everywhere, also where the system cannot set parity.

A weight is given only by a frame that is right in every character. Everything else is UNKNOWN, never zero.
"""

import re
from typing import Final

from msgspec import Struct

from appliance.hal.device import WeightState

ASK: Final = b"W"
HELLO: Final = b"Ehello"
HELLO_ANSWER: Final = b"\x02E\rhello"
END_HELLO: Final = b"F"
FRAME_BYTES_MAX: Final = 16
_STX, _CR = 0x02, 0x0D
_WEIGHT: Final = re.compile(rb" *(\d{1,3})\.(\d{1,4})(N?)")
_STATUS: Final = re.compile(rb"\?([ -\x7f])")
MOTION, OVER_CAPACITY, UNDER_ZERO, OUTSIDE_ZERO, CENTRE_OF_ZERO, NET, BAD_COMMAND = (1 << bit for bit in range(7))


def with_parity(command: bytes) -> bytes:
    """The command as a 7E1 line carries it: bit 7 makes the number of ones even."""
    return bytes(byte | 0x80 * (byte.bit_count() % 2) for byte in command)


class Reading(Struct, frozen=True):
    """One answer of the scale."""

    state: WeightState
    quantity_milli: int | None = None
    """Thousandths of a kilogram; None unless STABLE."""
    is_net: bool = False
    other_decimals: int = 0
    """Of a weight that is not believed: the decimals that it has instead of those of the settings."""


UNKNOWN: Final = Reading(WeightState.UNKNOWN)


class Listener:
    """Answers out of a stream that may break anywhere and may hold anything."""

    def __init__(self, decimals: int = 3) -> None:
        """`decimals` of a weight in kilograms: a scale that shows pounds shows two, and is refused by it."""
        self._decimals = decimals
        self._has_parity = False
        self._rest = b""

    def forget(self) -> None:
        """What came so far answers an older question."""
        self._rest = b""

    def feed(self, received: bytes) -> list[Reading]:
        """Readings in the order in which they came. A byte that the line has spoilt spoils its frame."""
        readings: list[Reading] = []
        for byte in received:
            self._has_parity = self._has_parity or byte > 0x7F  # else a converter took it off
            spoilt = self._has_parity and byte.bit_count() % 2
            self._rest += b"\0" if spoilt else bytes((byte & 0x7F,))
            if self._rest[0] != _STX:
                self._rest = b""
            elif _is_whole(self._rest):
                readings += self._read(self._rest[1:-1])
                self._rest = b""
            elif len(self._rest) >= FRAME_BYTES_MAX:
                readings.append(UNKNOWN)
                self._rest = b""
        return readings

    def _read(self, inside: bytes) -> list[Reading]:
        if inside in (b"E", b"F"):  # echo mode began or ended
            return []
        if len(inside) == 2 and inside[:1] == b"?":
            return [_why(inside[1])]
        inside = inside[inside.rfind(b"\x02") + 1 :]  # a frame that broke off is not this one
        weight = _WEIGHT.fullmatch(inside)
        if weight is None:
            return [UNKNOWN]
        if len(weight[2]) != self._decimals:
            return [Reading(WeightState.UNKNOWN, other_decimals=len(weight[2]))]
        milli = (int(weight[1]) * 10_000 + int(weight[2].ljust(4, b"0"))) // 10
        return [Reading(WeightState.STABLE, milli, weight[3] == b"N")]


def _is_whole(frame: bytes) -> bool:
    """Whether a frame ends here. A status is one byte that may look like STX or CR itself: it is counted."""
    return frame[-1] == _CR and not (len(frame) == 3 and frame[1:2] == b"?")


def _why(status: int) -> Reading:
    """The state behind a status byte, the gravest bit first."""
    if status & OVER_CAPACITY:
        return Reading(WeightState.OVER_CAPACITY)
    if status & UNDER_ZERO:
        return Reading(WeightState.UNDER_ZERO)
    if status & MOTION:
        return Reading(WeightState.MOVING)
    return UNKNOWN
