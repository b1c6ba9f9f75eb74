"""Which scanner reads the setup code, and how it must be read. Pure: an `Ear` for each kind of link.

A keyboard scanner is heard in all layouts at once, with CapsLock off and on; the one that makes the setup code of its
keys is the layout it is programmed for. A scanner in ALT mode is right in all of them and stays `us`. What the scanner
puts before and after the code becomes its prefix and its suffix; nothing after it means that silence ends its codes.

A person at a real keyboard is not mistaken for a scanner: it takes the exact 18 characters, with no pause of more than
`GAP_MS` between two keys.
"""

import re
from typing import Protocol
from urllib.parse import quote

from appliance.hal.device import SETUP_CODE
from appliance.hal.scanner.aim import split_aim
from appliance.hal.scanner.framing import Damaged, Read
from appliance.hal.scanner.layouts import LAYOUTS
from appliance.hal.scanner.wedge import WedgeCodec

GAP_MS = 150
"""Silence that ends what was read, for any kind of scanner."""
LEARNED = frozenset({"layout", "caps", "prefix", "suffix", "end"})
"""Options of an address that the setup code tells; all others stay as they were."""
_CODE = SETUP_CODE.encode("ascii")
_PREFIX_MAX = 16
_SUFFIX_MAX = 4
_HEARD_BYTES_MAX = 4_096
_TEXT = re.compile(rb"[\x01-\x1f]{0,4}[\x1d\x20-\x7e]+[\x01-\x1f]{0,4}")
"""A code as a scanner sends it, between control characters of its own."""


class Ear(Protocol):
    """Listens to one device. Both answer the options of its address once it was the setup code, else None."""

    other: bool
    """Something else was read since the last look."""

    def hear(self, received: bytes, found: list[Read | Damaged]) -> dict[str, str] | None:
        """Bytes of the link, and what its own codec made of them."""
        ...

    def silence(self) -> dict[str, str] | None:
        """Nothing came for `GAP_MS`."""
        ...


def ear_for(scheme: str) -> Ear:
    """The ear for a link of this scheme."""
    if scheme in ("evdev", "evstream"):
        return WedgeEar()
    if scheme in ("hidraw", "hidstream"):
        return ReadEar()
    return LineEar()


class WedgeEar:
    """Hears keys, in every layout."""

    def __init__(self) -> None:
        self.other = False
        self._codecs = [
            ({"layout": layout} | ({"caps": "1"} if caps else {}), WedgeCodec(layout, True, GAP_MS, caps=caps))
            for caps in (False, True)
            for layout in LAYOUTS
        ]
        self._silent = [
            (options, WedgeCodec(options["layout"], True, GAP_MS, silence_ends=True, caps="caps" in options))
            for options, _ in self._codecs
        ]

    def hear(self, received: bytes, found: list[Read | Damaged]) -> dict[str, str] | None:
        for _, codec in self._silent:
            codec.feed(received)
        for options, codec in self._codecs:
            if (learned := self._judge(codec.feed(received), options)) is not None:
                return learned
        return None

    def silence(self) -> dict[str, str] | None:
        for options, codec in self._silent:
            if (learned := self._judge(codec.expire(), options | {"end": "silence"})) is not None:
                return learned
        for _, codec in self._codecs:
            codec.expire()
        return None

    def _judge(self, found: list[Read | Damaged], options: dict[str, str]) -> dict[str, str] | None:
        for read in found:
            self.other = True
            if isinstance(read, Read) and (before := _prefix_of(read.text)) is not None:
                self.other = False
                return options | before
        return None


class ReadEar:
    """Hears whole codes, as a HID-POS scanner's own codec gives them."""

    def __init__(self) -> None:
        self.other = False

    def hear(self, received: bytes, found: list[Read | Damaged]) -> dict[str, str] | None:
        for read in found:
            if isinstance(read, Read) and (before := _prefix_of(read.text)) is not None:
                return before
            self.other = True
        return None

    def silence(self) -> dict[str, str] | None:
        return None


class LineEar:
    """Hears a serial line: prefix and suffix are known when it falls silent."""

    def __init__(self) -> None:
        self.other = False
        self.is_garbled = False
        """What was read last is no text: the line may have another speed."""
        self._heard = b""

    def hear(self, received: bytes, found: list[Read | Damaged]) -> dict[str, str] | None:
        self._heard = (self._heard + received)[-_HEARD_BYTES_MAX:]
        return None

    def silence(self) -> dict[str, str] | None:
        heard, self._heard = self._heard, b""
        self.is_garbled = bool(heard) and _TEXT.fullmatch(heard) is None
        before, code, after = heard.rpartition(_CODE)
        if not code or after != _controls(after):
            self.other = self.other or bool(heard)
            return None
        prefix = _without_aim(before.rpartition(b"\r")[2].rpartition(b"\n")[2].decode("latin-1"))
        if len(prefix) > _PREFIX_MAX:
            return None
        learned = {"prefix": quote(prefix, encoding="latin-1")} if prefix else {}
        if not after:
            return learned | {"end": "silence"}
        if after.strip(b"\r\n"):
            return learned | {"suffix": quote(after)}
        return learned


def _prefix_of(text: str) -> dict[str, str] | None:
    before, code, after = text.rpartition(SETUP_CODE)
    before = _without_aim(before)
    if not code or after or len(before) > _PREFIX_MAX:
        return None
    return {"prefix": before} if before else {}


def _controls(after: bytes) -> bytes:
    """What may stand after a code: control characters, as many as a suffix has."""
    return bytes(byte for byte in after if byte < 0x20)[:_SUFFIX_MAX]


def _without_aim(before: str) -> str:
    """A scanner sends its prefix, the AIM identifier, the code."""
    return before[:-3] if split_aim(before[-3:])[0] is not None else before
