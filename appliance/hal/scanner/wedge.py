"""Keyboard-wedge scanner: Linux input events to scans. Pure; time is taken from the events themselves.

The codec keeps its own Shift, AltGr, Ctrl and CapsLock: the device is grabbed and nobody else types on it. NumLock
may be typed and changes nothing: no scanner means an arrow by a keypad key. A code ends with Enter, keypad Enter or
Tab, or by silence where the scanner is configured so: otherwise what stops without an end is damaged, never delivered.
After lost events (SYN_DROPPED) or a forbidden key everything up to the next end belongs to the damaged code. Silence
lets all keys go: a release that was lost spoils one code, not the next.
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator

from appliance.hal.device import SCAN_CHARS_MAX
from appliance.hal.scanner.framing import Damaged, Read, accept
from appliance.hal.scanner.layouts import LAYOUTS

EVENT = struct.Struct("llHHi")
"""`struct input_event` of this machine (linux/input.h): seconds, microseconds, type, code, value."""
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
KEY_ENTER, KEY_TAB, KEY_KPENTER = 28, 15, 96
KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTALT, KEY_RIGHTALT = 42, 54, 29, 97, 56, 100
KEY_CAPSLOCK, KEY_NUMLOCK, KEY_RIGHTBRACE = 58, 69, 27
KEYPAD = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
_KEYPAD_SIGNS = {55: "*", 74: "-", 78: "+", 83: ".", 98: "/", 117: "="}
_ENDS = frozenset({KEY_ENTER, KEY_KPENTER, KEY_TAB})
_MODIFIERS = frozenset({KEY_LEFTSHIFT, KEY_RIGHTSHIFT, KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTALT, KEY_RIGHTALT})
_SPACING = {"\u0302": "^", "\u0300": "`", "\u0303": "~", "\u0301": "\u00b4", "\u0308": "\u00a8"}
_KEYS_MAX = SCAN_CHARS_MAX + 16
_JOINED_LATE_US = 100_000
"""A key so soon after the node was opened belongs to a code whose beginning nobody saw."""


class WedgeCodec:
    """Input events in, reads out. One per device, for the life of the link."""

    def __init__(
        self,
        layout: str = "us",
        strip_aim: bool = True,
        timeout_ms: int = 300,
        *,
        prefix: str = "",
        silence_ends: bool = False,
        caps: bool = False,
        opened_us: int | None = None,
    ) -> None:
        """`layout` is a key of `layouts.LAYOUTS` (KeyError otherwise); `timeout_ms` is the longest gap in a code;
        `silence_ends`: such a gap ends a code well; `caps`: the scanner counts on CapsLock being on; `opened_us`: when
        the node was opened, on the clock of its events."""
        self._layout = LAYOUTS[layout]
        self._strip_aim = strip_aim
        self._timeout_us = timeout_ms * 1_000
        self._prefix = prefix
        self._silence_ends = silence_ends
        self._caps_at_rest = caps
        self._bytes = b""
        self._held: set[int] = set()
        self._caps = caps
        self._alt_digits: str | None = None
        self._dead = ""
        self._text: list[str] = []
        self._spoiled = False
        self._last_us = 0
        self._opened_us = opened_us

    @property
    def pending(self) -> bool:
        """True while a code has begun and not ended."""
        return bool(self._text) or self._spoiled

    def feed(self, received: bytes) -> list[Read | Damaged]:
        """Raw `struct input_event` bytes, split anywhere."""
        self._bytes += received
        whole = len(self._bytes) - len(self._bytes) % EVENT.size
        events, self._bytes = self._bytes[:whole], self._bytes[whole:]
        return list(self._read(EVENT.iter_unpack(events)))

    def expire(self, reason: str = "timeout") -> list[Read | Damaged]:
        """Drop what has begun; a code already reported as damaged is not reported twice."""
        found: list[Read | Damaged] = []
        if self._text and not self._spoiled:
            found = list(self._end()) if self._silence_ends and reason == "timeout" else [Damaged(reason)]
        if self.pending:  # cut off between CapsLock on and CapsLock off
            self._caps = self._caps_at_rest
        self._forget()
        self._held.clear()
        self._alt_digits = None
        return found

    def _read(self, events: Iterable[tuple[int, ...]]) -> Iterator[Read | Damaged]:
        for seconds, micros, kind, code, value in events:
            if kind == EV_SYN and code == SYN_DROPPED:
                self._held.clear()
                self._alt_digits = None
                self._caps = self._caps_at_rest
                yield from self._spoil("lost_events")
            elif kind == EV_KEY and value != 2:  # autorepeat is the kernel's, no scanner means it
                yield from self._after_gap(seconds * 1_000_000 + micros)
                yield from self._key(code, value)

    def _after_gap(self, at_us: int) -> Iterator[Read | Damaged]:
        gap_us, self._last_us = at_us - self._last_us, at_us
        if gap_us > self._timeout_us:
            yield from self.expire()
        opened_us, self._opened_us = self._opened_us, None
        if opened_us is not None and at_us - opened_us < _JOINED_LATE_US:  # even before: the grab is older than we are
            yield from self._spoil("lost_events")

    def _key(self, code: int, value: int) -> Iterator[Read | Damaged]:
        if code in _MODIFIERS:
            self._hold(code, value)
            if code == KEY_LEFTALT and value == 0 and self._alt_digits:
                yield from self._type(_alt_character(self._alt_digits))
            if code == KEY_LEFTALT:
                self._alt_digits = "" if value else None
        elif value != 1:
            return
        elif code == KEY_CAPSLOCK:
            self._caps = not self._caps
        elif code == KEY_NUMLOCK:
            return
        elif code in _ENDS:
            yield from self._end()
        elif self._alt_digits is not None:
            yield from self._alt_key(code)
        else:
            yield from self._type(self._character(code))

    def _hold(self, code: int, value: int) -> None:
        if value:
            self._held.add(code)
        else:
            self._held.discard(code)

    def _alt_key(self, code: int) -> Iterator[Read | Damaged]:
        digit = KEYPAD.get(code)
        if digit is None or self._alt_digits is None or len(self._alt_digits) >= 5:
            yield from self._spoil("control_character")
        else:
            self._alt_digits += digit

    def _character(self, code: int) -> str:
        """The character this key means now; empty for a dead key that waits, NUL for keys that mean none."""
        if code in KEYPAD or code in _KEYPAD_SIGNS:
            return KEYPAD.get(code) or _KEYPAD_SIGNS[code]
        levels = self._layout.get(code)
        if levels is None:
            return "\0"
        shift = not self._held.isdisjoint((KEY_LEFTSHIFT, KEY_RIGHTSHIFT))
        char = levels[shift + 2 * (KEY_RIGHTALT in self._held)]
        if self._caps and len(char.swapcase()) == 1:
            char = char.swapcase()
        if not self._held.isdisjoint((KEY_LEFTCTRL, KEY_RIGHTCTRL)):  # Ctrl+] is the GS1 separator, Ctrl+M an Enter
            return "\x1d" if code == KEY_RIGHTBRACE else chr(ord(char) & 0x1F)
        return self._compose(char)

    def _compose(self, char: str) -> str:
        if unicodedata.combining(char):
            waiting, self._dead = self._dead, char
            return _SPACING.get(waiting, waiting)
        dead, self._dead = self._dead, ""
        if not dead:
            return char
        if char == " ":
            return _SPACING.get(dead, "\0")
        composed = unicodedata.normalize("NFC", char + dead)
        return composed if len(composed) == 1 else _SPACING.get(dead, "\0") + char

    def _type(self, characters: str) -> Iterator[Read | Damaged]:
        if characters in ("\r", "\n"):
            yield from self._end()
            return
        if len(self._text) >= _KEYS_MAX:
            yield from self._spoil("too_long")
        elif not characters.replace("\x1d", "").isprintable():
            yield from self._spoil("control_character")
        elif characters and not self._spoiled:
            self._text.append(characters)

    def _spoil(self, reason: str) -> Iterator[Read | Damaged]:
        if not self._spoiled:
            yield Damaged(reason)
        self._spoiled = True
        self._text.clear()

    def _end(self) -> Iterator[Read | Damaged]:
        if not self._spoiled:
            self._text.append(_SPACING.get(self._dead, ""))
            judged = accept("".join(self._text).removeprefix(self._prefix), self._strip_aim)
            if judged is not None:
                yield judged
        self._forget()

    def _forget(self) -> None:
        self._text.clear()
        self._spoiled = False
        self._dead = ""


def _alt_character(digits: str) -> str:
    """Alt + keypad digits, as Windows reads them: with a leading zero CP1252, without CP850. NUL when impossible."""
    number = int(digits) & 0xFF
    try:
        return bytes((number,)).decode("cp1252" if digits.startswith("0") else "cp850") if int(digits) < 256 else "\0"
    except UnicodeDecodeError:
        return "\0"
