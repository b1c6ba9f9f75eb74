"""Serial scanner bytes to scans. Pure: no clock, no I/O; split anywhere, never raises on what a device may send.

A code ends with CR, LF or CR LF (or one configured byte). What is too long or carries control characters is refused
as damaged: it may be noise, a wrong baud rate or a hostile label.
"""

import re

from msgspec import Struct

from appliance.hal.device import SCAN_CHARS_MAX
from appliance.hal.scanner.aim import split_aim

GS = "\x1d"
_BYTES_MAX = SCAN_CHARS_MAX + 16


class Read(Struct, frozen=True):
    """A complete code."""

    text: str
    symbology: str | None


class Damaged(Struct, frozen=True):
    """A code that was lost, and why."""

    reason: str


def accept(text: str, strip_aim: bool = True) -> Read | Damaged | None:
    """Judge one framed text; None when there is nothing in it.

    The AIM identifier (ISO/IEC 15424: `]`, letter, modifier) is taken off exactly once.
    """
    symbology, text = split_aim(text) if strip_aim else (None, text)
    if not text:
        return None
    if len(text) > SCAN_CHARS_MAX:
        return Damaged("too_long")
    if not text.replace(GS, "").isprintable() or text.strip(GS) == "":
        return Damaged("control_character")
    return Read(text, symbology)


def decode(raw: bytes) -> str:
    """Text of a code: UTF-8, or Latin-1 for scanners that send old QR codes as they are."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class SerialFraming:
    """Bytes in, reads out. `prefix` is taken off when it is there; `ends` are the bytes that end a code."""

    def __init__(
        self, prefix: bytes = b"", ends: bytes = b"\r\n", strip_aim: bool = True, silence_ends: bool = False
    ) -> None:
        """`silence_ends`: for scanners without a suffix, the driver's time-out ends a code too."""
        if not ends:
            raise ValueError("a scanner must end its codes with something")
        self._silence_ends = silence_ends
        self._prefix = prefix
        self._ends = re.compile(b"[" + re.escape(ends) + b"]")
        self._strip_aim = strip_aim
        self._partial = bytearray()
        self._overlong = False

    @property
    def pending(self) -> bool:
        """True while a code has begun and not ended."""
        return bool(self._partial) or self._overlong

    def feed(self, received: bytes) -> list[Read | Damaged]:
        found: list[Read | Damaged] = []
        *complete, rest = self._ends.split(received)
        for piece in complete:
            self._grow(piece)
            if (read := self._end()) is not None:
                found.append(read)
        self._grow(rest)
        return found

    def expire(self, reason: str = "timeout") -> list[Read | Damaged]:
        """Drop what has begun: silence for too long, or the cable is out. It is never delivered."""
        if not self.pending:
            return []
        if self._silence_ends and reason == "timeout":
            judged = self._end()
            return [] if judged is None else [judged]
        self._partial.clear()
        self._overlong = False
        return [Damaged(reason)]

    def _grow(self, piece: bytes) -> None:
        room = _BYTES_MAX * 4 - len(self._partial)  # a character has up to four bytes
        self._overlong = self._overlong or len(piece) > room
        self._partial += piece[:room]

    def _end(self) -> Read | Damaged | None:
        raw, overlong = bytes(self._partial), self._overlong
        self._partial.clear()
        self._overlong = False
        if overlong:
            return Damaged("too_long")
        return accept(decode(raw.removeprefix(self._prefix)), self._strip_aim)
