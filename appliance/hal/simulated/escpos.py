"""The printer's side of ESC/POS: bytes to commands. Pure; written from the command reference, not from our encoder."""

import re
from collections.abc import Iterator

from msgspec import Struct

ESC, GS, FS, DLE = 0x1B, 0x1D, 0x1C, 0x10
_ESC_ARGS = dict.fromkeys("!atdJEG-M R3r{V".replace(" ", "").encode(), 1) | {
    0x40: 0,
    0x32: 0,
    0x70: 3,
    0x24: 2,
    0x5C: 2,
}
_GS_ARGS = dict.fromkeys(b"!arIhwHfBb", 1) | dict.fromkeys(b"LWP", 2)
_NOW = re.compile(rb"\x10\x04[\x01-\x04]|\x10\x14\x01[\x00\x01][\x01-\x08]|\x10\x05[\x01\x02]", re.DOTALL)
_NOW_PARTIAL = re.compile(rb"\x10(\x04|\x05|\x14(\x01[\x00\x01]?)?)?\Z", re.DOTALL)


class Command(Struct, frozen=True):
    name: str
    """`text`, a control character's name, or prefix and letter: `ESC !`, `GS k`, `GS ( H`."""
    args: bytes


class CommandParser:
    """Commands in their turn. Unknown commands are skipped with their prefix, as printers do."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def __len__(self) -> int:
        return len(self._rest)

    def feed(self, received: bytes) -> None:
        self._rest += received

    def clear(self) -> None:
        self._rest.clear()

    def commands(self) -> Iterator[Command]:
        """Take complete commands one by one; stops before an incomplete one. What is not taken stays."""
        while (found := _parse(self._rest)) is not None:
            command, size = found
            del self._rest[:size]
            yield command


class RealTimeScanner:
    """Real-time commands as they arrive, even inside other data: that is how printers see them."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, received: bytes) -> list[bytes]:
        window = self._tail + received
        found = list(_NOW.finditer(window))
        rest = window[found[-1].end() if found else 0 :]
        partial = _NOW_PARTIAL.search(rest)
        self._tail = partial.group() if partial else b""
        return [match.group() for match in found]


def _parse(data: bytearray) -> tuple[Command, int] | None:
    if not data:
        return None
    first = data[0]
    if first >= 0x20 and first != 0x7F:
        size = next((i for i, byte in enumerate(data) if byte < 0x20 or byte == 0x7F), len(data))
        return Command("text", bytes(data[:size])), size
    if first not in (ESC, GS, FS, DLE):
        return Command({0x0A: "LF", 0x0D: "CR", 0x09: "HT", 0x0C: "FF"}.get(first, "control"), bytes(data[:1])), 1
    if len(data) < 2:
        return None
    if first == ESC:
        return _fixed("ESC", data, _ESC_ARGS.get(data[1], 0))
    if first == DLE:
        return _fixed("DLE", data, {0x04: 1, 0x05: 1, 0x14: 3}.get(data[1], 0))
    return _parse_gs(data) if first == GS else _fixed("FS", data, 0)


def _fixed(prefix: str, data: bytearray, count: int) -> tuple[Command, int] | None:
    size = 2 + count
    letter = chr(data[1]) if 0x20 < data[1] < 0x7F else f"{data[1]:02X}"
    return (Command(f"{prefix} {letter}", bytes(data[2:size])), size) if len(data) >= size else None


def _parse_gs(data: bytearray) -> tuple[Command, int] | None:
    letter = data[1]
    if letter == 0x56:  # V m [n]
        return _fixed("GS", data, 1 if len(data) < 3 or data[2] < 65 else 2)
    if letter == 0x6B:
        return _parse_barcode(data)
    if letter == 0x28:  # ( fn pL pH data
        size = 5 + int.from_bytes(data[3:5], "little")
        return (Command(f"GS ( {chr(data[2])}", bytes(data[5:size])), size) if 5 <= len(data) >= size else None
    if letter == 0x76:  # v 0 m xL xH yL yH data
        size = 8 + int.from_bytes(data[4:6], "little") * int.from_bytes(data[6:8], "little")
        return (Command("GS v", bytes(data[3:size])), size) if 8 <= len(data) >= size else None
    return _fixed("GS", data, _GS_ARGS.get(letter, 0))


def _parse_barcode(data: bytearray) -> tuple[Command, int] | None:
    if len(data) < 4:
        return None
    if data[2] < 65:
        end = data.find(0, 3)
        return (Command("GS k", bytes((data[2] + 65,)) + bytes(data[3:end])), end + 1) if end >= 0 else None
    size = 4 + data[3]
    return (Command("GS k", bytes((data[2],)) + bytes(data[4:size])), size) if len(data) >= size else None
