"""Scanners that read what they are told: one on a serial line, one that types like a keyboard, one that sends HID-POS
reports. Each can be told to fail: to cut a code short, to lose a part of it, to be pulled out."""

import asyncio
import unicodedata
from pathlib import Path

from appliance.clock import Clock, SystemClock
from appliance.hal.scanner.hidpos import card, record
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
HID_DESCRIPTOR = bytes.fromhex(
    "058C0902A1010912A1028502150026FF00750895010501093B810295"
    "01058C09FB09FC09FD95038102953809FE82020195020666FF09040900"
    "8102058C7501950109FF8102750795018103C0C0"
)
"""Report descriptor of a HID-POS scanner as the Access-IS LSR118 has it: id 2, length, AIM, 56 bytes, 2 vendor bytes,
continued (devices.md, appendix A)."""
_HID_REPORT_ID, _HID_DATA_BYTES = 2, 56


class SimulatedSerialScanner:
    """A scanner on a pty behind a stable path."""

    def __init__(self, path: Path, *, aim: bool = False, suffix: str = "\r", baud: int = 0) -> None:
        """`aim`: send the AIM identifier when `scan` is told the symbology. `baud`: of a real serial line; read at
        another speed, nothing of it can be meant. 0: USB-CDC, which has none."""
        self.baud = baud
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

    def scan_cut(self, code: str) -> None:
        """Begin a label and never end it."""
        self.send(code.encode())

    def send(self, raw: bytes) -> None:
        """Any bytes at all, for hostile labels."""
        if self.baud and self.baud != self._cable.baud:
            raw = bytes(byte ^ 0xC5 | 0x80 for byte in raw[::2])
        self._cable.send(raw)


class _ScannerSocket:
    """A Unix socket on which the scanner speaks to whoever reads it; before that its words go nowhere."""

    def __init__(self, path: Path, greeting: bytes = b"") -> None:
        self._path = path
        self._greeting = greeting
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()
        self._attached = asyncio.Event()

    @property
    def is_plugged(self) -> bool:
        return self._server is not None

    async def plug(self) -> None:
        if self._server is None:
            self._path.unlink(missing_ok=True)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(lambda: _Session(self), self._path)

    async def attached(self) -> None:
        """Wait until a till reads; before that a scan goes nowhere, as with a real scanner."""
        await self._attached.wait()

    def unplug(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)
        for session in tuple(self._sessions):
            session.transport.abort()

    def send(self, raw: bytes) -> None:
        """Any bytes at all."""
        for session in tuple(self._sessions):
            session.transport.write(raw)

    def attach(self, session: "_Session") -> None:
        session.transport.write(self._greeting)
        self._sessions.add(session)
        self._attached.set()

    def detach(self, session: "_Session") -> None:
        self._sessions.discard(session)
        if not self._sessions:
            self._attached.clear()


class _Session(asyncio.Protocol):
    def __init__(self, scanner: _ScannerSocket) -> None:
        self._scanner = scanner
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._scanner.attach(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._scanner.detach(self)


class SimulatedWedgeScanner(_ScannerSocket):
    """A keyboard-wedge scanner: `struct input_event` records over a Unix socket."""

    def __init__(
        self,
        path: Path,
        *,
        layout: str = "us",
        clock: Clock | None = None,
        alt: bool = False,
        end: int | None = KEY_ENTER,
        prefix: str = "",
        aim: bool = False,
    ) -> None:
        """`alt`: type every character as Alt and digits; `end`: key after a code, None for none; `aim`: send the AIM
        identifier when `scan` is told the symbology."""
        super().__init__(path)
        self._configured = layout
        self._alt = alt
        self._end = end
        self._prefix = prefix
        self._aim = aim
        self._clock = clock or SystemClock()
        self._typed_until_us = 0
        self.program(layout)

    @property
    def url(self) -> str:
        """Its address with the layout it had when it was made."""
        return f"evstream://{self._path}?layout={self._configured}"

    def program(self, layout: str) -> None:
        """Set the scanner to a keyboard, as its manual's bar codes do; the till is not told. KeyError."""
        self._keys = keys_of(layout)

    def scan(self, code: str, symbology: str | None = None) -> None:
        """Type one label and its end."""
        identifier = f"]{symbology}" if self._aim and symbology else ""
        self.type_keys(self._prefix + identifier + code)
        if self._end is not None:
            self._type([(self._end, 1), (self._end, 0)])

    def scan_cut(self, code: str) -> None:
        """Begin a label and never end it."""
        self.type_keys(code)

    def scan_losing(self, code: str, lost: int) -> None:
        """Read a label of which the kernel's buffer lost the character at this place and what follows it, up to the
        end key."""
        self.type_keys(code[:lost])
        self.lose_events()
        self._type([(KEY_ENTER, 1), (KEY_ENTER, 0)])

    def type_keys(self, code: str) -> None:
        """Type without an end. Raises ValueError for what no keyboard can type."""
        keys = {} if self._alt else self._keys
        self._type([stroke for char in code for stroke in strokes_of(char, keys)])

    def lose_events(self) -> None:
        """As when the kernel's buffer overflowed."""
        self.send(EVENT.pack(0, 0, EV_SYN, SYN_DROPPED, 0))

    def _type(self, strokes: list[tuple[int, int]]) -> None:
        at_us = max(self._clock.monotonic_ns() // 1_000, self._typed_until_us)
        self._typed_until_us = at_us + _KEY_GAP_US * len(strokes)
        self.send(events_of(strokes, at_us))


class SimulatedHidScanner(_ScannerSocket):
    """A HID-POS scanner: its card, then 64-byte reports, over a Unix socket."""

    def __init__(self, path: Path, *, aim: bool = True, vendor: int = 0x0DB5, product: int = 0x0136) -> None:
        """`aim`: fill in the AIM identifier when `scan` is told the symbology."""
        super().__init__(path, card(vendor, product, HID_DESCRIPTOR))
        self._aim = aim

    @property
    def url(self) -> str:
        return f"hidstream://{self._path}"

    def scan(self, code: str, symbology: str | None = None) -> None:
        """Read one label."""
        for report in hid_reports(code.encode(), symbology if self._aim else None):
            self.send(record(report))

    def scan_cut(self, code: str) -> None:
        """Begin a label and never end it: all reports but the last, or a first one that says more will come."""
        reports = hid_reports(code.encode() + bytes(_HID_DATA_BYTES), None)
        for report in reports[:-1]:
            self.send(record(report))

    def scan_losing(self, code: str, lost: int) -> None:
        """Read a label whose report with this number the bus cut short."""
        for number, report in enumerate(hid_reports(code.encode(), None)):
            self.send(record(report[:7] if number == lost else report))


def hid_reports(code: bytes, symbology: str | None) -> list[bytes]:
    """The reports of one label, each with the AIM identifier, all but the last with the continued bit."""
    aim = f"]{symbology}".encode() if symbology else bytes(3)
    pieces = [code[at : at + _HID_DATA_BYTES] for at in range(0, len(code), _HID_DATA_BYTES)] or [b""]
    reports = []
    for number, piece in enumerate(pieces):
        more = number < len(pieces) - 1
        head = bytes((_HID_REPORT_ID, len(piece))) + aim
        reports.append(head + piece.ljust(_HID_DATA_BYTES, b"\0") + bytes((0, 0, more)))
    return reports


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
