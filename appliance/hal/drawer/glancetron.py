"""Bytes of the Glancetron 8005 drawer trigger (9600 8N1; its manual, chapter "Commands").

Any character opens the drawer, ESC 3Ah asks the sensor, which answers ESC "4" "A" (closed) or ESC "4" "B" (open). So
nothing at all may be written to such a port but these two.
"""

from typing import Final

OPEN: Final = b"\x07"
"""BEL: on a terminal that was plugged in by mistake it only beeps."""
ASK: Final = b"\x1b\x3a"
_ANSWER: Final = b"\x1b4"
_LEVEL_OF: Final = {ord("A"): False, ord("B"): True}


class Listener:
    """Answers out of a stream that may break anywhere and may hold anything."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, received: bytes) -> list[bool]:
        """Levels in the order in which they were told; True is what the manual calls open."""
        stream = self._rest + received
        levels: list[bool] = []
        at = stream.find(_ANSWER)
        while at >= 0 and at + 2 < len(stream):
            if (level := _LEVEL_OF.get(stream[at + 2])) is not None:
                levels.append(level)
            stream = stream[at + 2 :]
            at = stream.find(_ANSWER)
        if at >= 0:
            self._rest = stream[at:]
        else:
            self._rest = b"\x1b" if stream.endswith(b"\x1b") else b""
        return levels
