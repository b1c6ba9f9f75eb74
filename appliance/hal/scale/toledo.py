"""Bytes of Mettler-Toledo's 8217 protocol (9600 7E1; *8217 Standard Protocol*). Pure.

    W           STX 00.345 CR      a weight, stable; with N before CR when the scale has tared itself
                STX ? status CR    no weight to give, and why
    Ehello      STX E CR hello     echo: whoever answers so speaks this protocol; F ends it

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
_WEIGHT: Final = re.compile(rb" *(\d{1,3})\.(\d{1,4})(N?)")
_STATUS: Final = re.compile(rb"\?([ -\x7f])")
MOTION, OVER_CAPACITY, UNDER_ZERO, OUTSIDE_ZERO, CENTRE_OF_ZERO, NET, BAD_COMMAND = (1 << bit for bit in range(7))


class Reading(Struct, frozen=True):
    """One answer of the scale."""

    state: WeightState
    quantity_milli: int | None = None
    """Thousandths of a kilogram; None unless STABLE."""
    is_net: bool = False


UNKNOWN: Final = Reading(WeightState.UNKNOWN)


class Listener:
    """Answers out of a stream that may break anywhere and may hold anything."""

    def __init__(self, decimals: int = 3) -> None:
        """`decimals` of a weight in kilograms: a scale that shows pounds shows two, and is refused by it."""
        self._decimals = decimals
        self._rest = b""

    def forget(self) -> None:
        """What came so far answers an older question."""
        self._rest = b""

    def feed(self, received: bytes) -> list[Reading]:
        """Readings in the order in which they came. The parity bit is taken off, whoever left it there."""
        stream = self._rest + bytes([byte & 0x7F for byte in received])
        readings: list[Reading] = []
        start = stream.find(b"\x02")
        while start >= 0:
            end = stream.find(b"\r", start)
            if end < 0:
                break
            inside = stream[stream.rfind(b"\x02", start, end) + 1 : end]  # a frame that broke off is not this one
            if inside not in (b"E", b"F"):  # echo mode began or ended
                readings.append(self._read(inside))
            stream = stream[end + 1 :]
            start = stream.find(b"\x02")
        self._rest = b"" if start < 0 else stream[start:]
        if len(self._rest) > FRAME_BYTES_MAX:
            self._rest = b""
            readings.append(UNKNOWN)
        return readings

    def _read(self, inside: bytes) -> Reading:
        if (weight := _WEIGHT.fullmatch(inside)) is not None:
            whole, part, net = weight.groups()
            if len(part) != self._decimals:
                return UNKNOWN
            milli = (int(whole) * 10_000 + int(part.ljust(4, b"0"))) // 10
            return Reading(WeightState.STABLE, milli, net == b"N")
        if (status := _STATUS.fullmatch(inside)) is not None:
            return _why(status[1][0])
        return UNKNOWN


def _why(status: int) -> Reading:
    """The state behind a status byte, the gravest bit first."""
    if status & OVER_CAPACITY:
        return Reading(WeightState.OVER_CAPACITY)
    if status & UNDER_ZERO:
        return Reading(WeightState.UNDER_ZERO)
    if status & MOTION:
        return Reading(WeightState.MOVING)
    return UNKNOWN
