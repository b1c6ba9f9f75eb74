"""Scanners that read what they are told: one on a serial line, one that types like a keyboard."""

import asyncio
import unicodedata
from pathlib import Path

from appliance.clock import Clock, SystemClock
from appliance.hal.scanner.layouts import LAYOUTS
from appliance.hal.scanner.wedge import (
    EV_KEY,
    EV_SYN,
    EVENT,
    KEY_ENTER,
    KEY_LEFTALT,
    KEY_LEFTCTRL,
    KEY_LEFTSHIFT,
    KEY_RIGHTALT,
    KEY_RIGHTBRACE,
    KEYPAD,
    SYN_DROPPED,
)
from appliance.hal.simulated.pty import PtyCable

_KEY_GAP_US = 4_000
_KEYPAD_OF = {digit: code for code, digit in KEYPAD.items()}


class SimulatedSerialScanner:
    """A scanner on a pty behind a stable path."""

    def __init__(self, path: Path, *, aim: bool = False, suffix: str = "\r") -> None:
        """`aim`: send the AIM identifier when `scan` is told the symbology."""
        self._cable = PtyCable(path)
        self._aim = aim
        self._suffix = suffix

    @property
    def url(self) -> str:
        return f"serial://{self._cable.path}"

    @property
    def is_plugged(self) -> bool:
        return self._cable.is_plugged

    async def plug(self) -> None:
        self._cable.plug()

    def unplug(self) -> None:
        self._cable.unplug()

    def scan(self, code: str, symbology: str | None = None) -> None:
        """Read one label, e.g. `scan("7610000000011", "E0")`; nothing arrives while unplugged."""
        identifier = f"]{symbology}" if self._aim and symbology else ""
        self.send(f"{identifier}{code}{self._suffix}".encode())

    def send(self, raw: bytes) -> None:
        """Any bytes at all, for hostile labels."""
        self._cable.send(raw)


class SimulatedWedgeScanner:
    """A keyboard-wedge scanner: `struct input_event` records over a Unix socket."""

    def __init__(self, path: Path, *, layout: str = "us", clock: Clock | None = None) -> None:
        self._path = path
        self._layout = layout
        self._keys = keys_of(layout)
        self._clock = clock or SystemClock()
        self._server: asyncio.Server | None = None
        self._sessions: set[_WedgeSession] = set()
        self._attached = asyncio.Event()
        self._typed_until_us = 0

    @property
    def url(self) -> str:
        return f"evstream://{self._path}?layout={self._layout}"

    @property
    def is_plugged(self) -> bool:
        return self._server is not None

    async def plug(self) -> None:
        if self._server is None:
            self._path.unlink(missing_ok=True)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(lambda: _WedgeSession(self), self._path)

    async def attached(self) -> None:
        """Wait until a till reads the keys; before that they go nowhere, as with a real keyboard."""
        await self._attached.wait()

    def attach(self, session: "_WedgeSession") -> None:
        self._sessions.add(session)
        self._attached.set()

    def detach(self, session: "_WedgeSession") -> None:
        self._sessions.discard(session)
        if not self._sessions:
            self._attached.clear()

    def unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)
        for session in tuple(self._sessions):
            session.transport.abort()

    def scan(self, code: str) -> None:
        """Type one label and Enter."""
        self.type_keys(code)
        self._send([(KEY_ENTER, 1), (KEY_ENTER, 0)])

    def type_keys(self, code: str) -> None:
        """Type without an end. Raises ValueError for what no keyboard can type."""
        strokes: list[tuple[int, int]] = []
        for char in code:
            strokes += strokes_of(char, self._keys)
        self._send(strokes)

    def lose_events(self) -> None:
        """As when the kernel's buffer overflowed."""
        self.send(EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0))

    def send(self, raw: bytes) -> None:
        """Any bytes at all."""
        for session in tuple(self._sessions):
            session.transport.write(raw)

    def _send(self, strokes: list[tuple[int, int]]) -> None:
        at_us = max(self._clock.monotonic_ns() // 1_000, self._typed_until_us)
        self._typed_until_us = at_us + _KEY_GAP_US * len(strokes)
        self.send(events_of(strokes, at_us))


class _WedgeSession(asyncio.Protocol):
    def __init__(self, scanner: SimulatedWedgeScanner) -> None:
        self._scanner = scanner
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._scanner.attach(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._scanner.detach(self)


def keys_of(layout: str) -> dict[str, tuple[int, int]]:
    """Character to key code and level (0 plain, 1 Shift, 2 AltGr, 3 both), the easiest way first."""
    keys: dict[str, tuple[int, int]] = {}
    for level in (3, 2, 1, 0):
        keys |= {levels[level]: (code, level) for code, levels in LAYOUTS[layout].items()}
    return {char: key for char, key in keys.items() if not unicodedata.combining(char)}


def strokes_of(char: str, keys: dict[str, tuple[int, int]]) -> list[tuple[int, int]]:
    """Key presses (1) and releases (0) for one character; Alt and keypad digits where the layout has no key."""
    if char == "\x1d":
        return [(KEY_LEFTCTRL, 1), (KEY_RIGHTBRACE, 1), (KEY_RIGHTBRACE, 0), (KEY_LEFTCTRL, 0)]
    if char in keys:
        code, level = keys[char]
        held = [KEY_LEFTSHIFT] * (level & 1) + [KEY_RIGHTALT] * (level >> 1)
        return [(key, 1) for key in held] + [(code, 1), (code, 0)] + [(key, 0) for key in reversed(held)]
    try:
        number = char.encode("cp1252")[0]
    except UnicodeEncodeError:
        raise ValueError(f"no keyboard types {char!r}") from None
    digits = [_KEYPAD_OF[digit] for digit in f"0{number}"]
    pressed = [(code, value) for code in digits for value in (1, 0)]
    return [(KEY_LEFTALT, 1), *pressed, (KEY_LEFTALT, 0)]


def events_of(strokes: list[tuple[int, int]], at_us: int) -> bytes:
    """The kernel's records for these strokes, each followed by SYN_REPORT, 4 ms apart."""
    records = bytearray()
    for code, value in strokes:
        seconds, micros = divmod(at_us, 1_000_000)
        records += EVENT.pack(seconds, micros, EV_KEY, code, value) + EVENT.pack(seconds, micros, EV_SYN, 0, 0)
        at_us += _KEY_GAP_US
    return bytes(records)
