"""A customer display of two lines of twenty: `Panel` obeys the bytes, `SimulatedDisplay` hangs it on a pty.

Knows the commands of Epson's *DM-D110 Specification* that position, clear and choose a code page, and shows everything
else as the real one would: where a command is not known, its letters stand on the glass.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from appliance.hal.simulated.pty import PtyCable

COLUMNS: Final = 20
_PAGES: Final = {0: "cp437", 2: "cp850", 16: "cp1252", 19: "cp858"}
_LENGTH: Final = {
    b"\x1b@": 2, b"\x1bt": 3, b"\x1bR": 3, b"\x1b=": 3,
    b"\x1f$": 4, b"\x1f\x01": 2, b"\x1f\x02": 2, b"\x1f\x03": 2, b"\x1fC": 3, b"\x1fX": 3, b"\x1fE": 3,
}  # fmt: skip


class Panel:
    """The glass: 40 characters, a cursor, a code page."""

    def __init__(self) -> None:
        self._rest = b""
        self.redraws = 0
        """How often the cursor was sent to the first place."""
        self._restart()

    def _restart(self) -> None:
        self._cells = [" "] * (2 * COLUMNS)
        self._at = 0
        self._codec = "cp437"

    @property
    def lines(self) -> tuple[str, str]:
        """What the customer reads."""
        glass = "".join(self._cells)
        return glass[:COLUMNS], glass[COLUMNS:]

    def feed(self, received: bytes) -> None:
        """Bytes of the line, broken anywhere."""
        stream = self._rest + received
        while stream:
            if stream[0] in (0x1B, 0x1F):
                length = _LENGTH.get(stream[:2], 2)
                if len(stream) < max(2, length):
                    break
                self._obey(stream[:length])
            else:
                length = 1
                self._write(stream[0])
            stream = stream[length:]
        self._rest = stream

    def _obey(self, command: bytes) -> None:
        if command == b"\x1b@":
            self._restart()
        elif command[:2] == b"\x1bt":
            self._codec = _PAGES.get(command[2], "cp437")
        elif command[:2] == b"\x1f$" and 1 <= command[2] <= COLUMNS and command[3] in (1, 2):
            self._at = command[2] - 1 + COLUMNS * (command[3] - 1)
            self.redraws += self._at == 0

    def _write(self, byte: int) -> None:
        if byte == 0x0C:
            self._cells, self._at = [" "] * (2 * COLUMNS), 0
        elif byte == 0x0B:
            self._at = 0
        elif byte >= 0x20:
            self._cells[self._at] = bytes((byte,)).decode(self._codec, "replace")
            self._at = (self._at + 1) % (2 * COLUMNS)


class SimulatedDisplay:
    """A panel behind a pty. `on_change` is called after each change of what is shown."""

    def __init__(self, path: Path) -> None:
        self._cable = PtyCable(path, self._receive)
        self.panel = Panel()
        self.on_change: Callable[[], None] = lambda: None
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return f"serial://{self._cable.path}"

    @property
    def is_plugged(self) -> bool:
        return self._cable.is_plugged

    def plug(self) -> None:
        self._cable.plug()

    def unplug(self) -> None:
        """The cable is pulled, with the current in it: the glass is dark and forgets."""
        self._cable.unplug()
        self.panel = Panel()

    async def shows(self, upper: str, lower: str) -> None:
        """Wait until the two lines are these, spaces at their ends aside."""
        while tuple(line.rstrip() for line in self.panel.lines) != (upper, lower):
            self._changed.clear()
            await self._changed.wait()

    def _receive(self, received: bytes) -> None:
        before = self.panel.lines
        self.panel.feed(received)
        if self.panel.lines != before:
            self._changed.set()
            self.on_change()
