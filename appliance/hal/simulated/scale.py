"""A counter scale by the 8217 protocol: `Platter` weighs and answers, `SimulatedScale` hangs it on a pty.

What lies on it and what is wrong with it are methods, so that a test, a trainer and the bench's page put the same
tomatoes on it.
"""

from pathlib import Path
from typing import Final

from appliance.hal.simulated.pty import PtyCable

CAPACITY_MILLI: Final = 15_000
MOTION, OVER_CAPACITY, UNDER_ZERO, BAD_COMMAND = 0x01, 0x02, 0x04, 0x40


class Platter:
    """The scale without a cable: bytes in, bytes out."""

    def __init__(self) -> None:
        self.gross_milli = 0
        """What lies on it, in thousandths of a kilogram; below zero when it was switched on loaded."""
        self.tare_milli = 0
        """What its own tare key took off."""
        self.is_moving = False
        self.is_silent = False
        self.is_garbled = False
        """Answers what nobody can mean."""
        self.decimals = 3
        """How many it shows of a kilogram."""
        self.asked = 0
        self._is_echoing = False

    @property
    def net_milli(self) -> int:
        return self.gross_milli - self.tare_milli

    def put(self, milli: int) -> None:
        """Lay something on it; it comes to rest at once."""
        self.gross_milli, self.is_moving = milli, False

    def shake(self) -> None:
        self.is_moving = True

    def tare(self) -> None:
        """Its own tare key: what lies there is a container."""
        self.tare_milli = 0 if self.tare_milli else max(0, self.gross_milli)

    def answer(self, received: bytes) -> bytes:
        """What it says to these bytes."""
        return b"".join(self._answer(bytes((byte,))) for byte in received) if not self.is_silent else b""

    def _answer(self, char: bytes) -> bytes:
        if char == b"F":
            self._is_echoing = False
            return b"\x02F\r"
        if self._is_echoing:
            return char
        if char == b"E":
            self._is_echoing = True
            return b"\x02E\r"
        if char != b"W":
            return self._status(BAD_COMMAND)
        self.asked += 1
        return b"\x02\x7f~}\r" if self.is_garbled else self._weigh()

    def _weigh(self) -> bytes:
        if self.gross_milli > CAPACITY_MILLI:
            return self._status(OVER_CAPACITY)
        if self.is_moving:
            return self._status(MOTION)
        if self.net_milli < 0:
            return self._status(UNDER_ZERO)
        net = b"N" if self.tare_milli else b""
        places = b"%03d" % (self.net_milli % 1000)
        return b"\x02%02d.%s%s\r" % (self.net_milli // 1000, places[: self.decimals].ljust(self.decimals, b"0"), net)

    def _status(self, bits: int) -> bytes:
        return b"\x02?" + bytes((bits,)) + b"\r"


class SimulatedScale:
    """A platter behind a pty."""

    def __init__(self, path: Path) -> None:
        self._cable = PtyCable(path, self._receive)
        self.platter = Platter()

    @property
    def url(self) -> str:
        return f"serial://{self._cable.path}"

    @property
    def is_plugged(self) -> bool:
        return self._cable.is_plugged

    def plug(self) -> None:
        self._cable.plug()

    def unplug(self) -> None:
        self._cable.unplug()

    def send(self, raw: bytes) -> None:
        """Any bytes at all."""
        self._cable.send(raw)

    def _receive(self, received: bytes) -> None:
        """Seven bits and even parity: what breaks it is not heard."""
        heard = bytes(byte & 0x7F for byte in received if byte.bit_count() % 2 == 0)
        answer = self.platter.answer(heard)
        self._cable.send(bytes(byte | 0x80 * (byte.bit_count() % 2) for byte in answer))
