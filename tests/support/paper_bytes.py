"""Reads a printer's byte stream without knowing our encoder: every byte is text, or a command that a receipt may hold.

Written from Epson's *ESC/POS Command Reference* and Star's *StarPRNT* and *Star Line Mode command manuals*. Anything
else, and any real-time command wherever it stands (printers act on those inside pictures too), is an injection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

REAL_TIME = re.compile(rb"\x10\x04[\x01-\x08\x12]|\x10\x05[\x01\x02]|\x10\x14[\x01-\x03\x07\x08]", re.DOTALL)
"""DLE EOT (status), DLE ENQ (recover, clear the buffer), DLE DC4 (drawer, power, buzzer, clear)."""


class Injected(AssertionError):
    """A byte that has no business in a receipt."""


@dataclass
class Job:
    commands: list[str] = field(default_factory=list)
    """Names in their order, without text and line feeds."""
    lines: list[bytes] = field(default_factory=list)
    """Printed text lines."""
    pictures: list[tuple[int, int]] = field(default_factory=list)
    """Width and height of each picture, in dots."""


def read_epson(stream: bytes) -> Job:
    """Raises Injected."""
    if found := REAL_TIME.search(stream):
        raise Injected(f"real-time command {found.group()!r} at {found.start()}")
    job, at, line = Job(), 0, bytearray()
    while at < len(stream):
        byte = stream[at]
        if 0x20 <= byte != 0x7F:
            end = at + 1
            while end < len(stream) and 0x20 <= stream[end] != 0x7F:
                end += 1
            line += stream[at:end]
            at = end
        elif byte == 0x0A:
            job.lines.append(bytes(line))
            line.clear()
            at += 1
        else:
            at += _epson_command(job, stream[at : at + 4096] if stream[at : at + 2] != b"\x1dv" else stream[at:])
    if line:
        raise Injected("the last line was not ended")
    return job


def _epson_command(job: Job, rest: bytes) -> int:
    """Take one command; its size."""
    head = rest[:2]
    most = {b"\x1b!": 0x38, b"\x1ba": 2, b"\x1bt": 255, b"\x1bd": 255, b"\x1dh": 255, b"\x1dw": 6, b"\x1dH": 3}
    if head in most and len(rest) > 2 and rest[2] <= most[head]:
        job.commands.append({0x1B: "ESC ", 0x1D: "GS "}[rest[0]] + chr(rest[1]))
        return 3
    if head == b"\x1dV" and rest[2:4] in (b"A\x00", b"B\x00"):
        job.commands.append("GS V")
        return 4
    if head == b"\x1dk" and rest[2] in (67, 73) and _is_bars(rest[4 : 4 + rest[3]], rest[3]):
        job.commands.append("GS k")
        return 4 + rest[3]
    if rest[:3] == b"\x1d(k":
        size = int.from_bytes(rest[3:5], "little")
        body = rest[5 : 5 + size]
        if len(body) == size and body[:1] == b"1" and all(0x20 <= byte != 0x7F for byte in body[3:] if body[1] == 0x50):
            job.commands.append("GS ( k")
            return 5 + size
    if rest[:4] == b"\x1dv0\x00":
        width, height = int.from_bytes(rest[4:6], "little"), int.from_bytes(rest[6:8], "little")
        if 0 < width <= 72 and 0 < height <= 255 and len(rest) >= 8 + width * height:
            job.commands.append("GS v")
            job.pictures.append((width * 8, height))
            return 8 + width * height
    if rest[:7] == b"\x1d(L\x06\x000E":
        job.commands.append("GS ( L")
        return 11
    raise Injected(f"{rest[:12]!r}")


def read_star(stream: bytes) -> Job:
    """Raises Injected."""
    job, at, line = Job(), 0, bytearray()
    while at < len(stream):
        byte = stream[at]
        if 0x20 <= byte != 0x7F:
            line.append(byte)
            at += 1
        elif byte == 0x0A:
            job.lines.append(bytes(line))
            line.clear()
            at += 1
        elif byte == 0x1B:
            at += _star_command(job, stream[at:])
        else:
            raise Injected(f"{stream[at : at + 12]!r}")
    if line:
        raise Injected("the last line was not ended")
    return job


def _star_command(job: Job, rest: bytes) -> int:
    fixed = {b"\x1bE": 2, b"\x1bF": 2, b"\x1bi": 4, b"\x1bd": 3, b"\x1ba": 3, b"\x1b0": 2, b"\x1bz": 3}
    if (size := fixed.get(rest[:2])) is not None:
        job.commands.append("ESC " + chr(rest[1]))
        return size
    if rest[:2] == b"\x1bb":
        end = rest.index(b"\x1e")
        if rest[2:4] in (b"32", b"62") and _is_plain(rest[6:end], end - 6):
            job.commands.append("ESC b")
            return end + 1
    if rest[:2] == b"\x1bk":
        size = 24 * int.from_bytes(rest[2:4], "little")
        if 0 < size <= 24 * 72 and rest[4 + size : 5 + size] == b"\n":
            job.commands.append("ESC k")
            job.pictures.append((size // 24 * 8, 24))
            return 5 + size
    if rest[:3] == b"\x1b\x1dS":
        width, height = int.from_bytes(rest[4:6], "little"), int.from_bytes(rest[6:8], "little")
        if 0 < width <= 72 and 0 < height <= 255 and len(rest) >= 9 + width * height:
            job.commands.append("ESC GS S")
            job.pictures.append((width * 8, height))
            return 9 + width * height
    if rest[:3] in (b"\x1b\x1da", b"\x1b\x1dt"):
        job.commands.append("ESC GS " + chr(rest[2]))
        return 4
    if rest[:4] == b"\x1b\x1dyD":
        size = int.from_bytes(rest[6:8], "little")
        if all(0x20 <= byte != 0x7F for byte in rest[8 : 8 + size]):
            job.commands.append("ESC GS y")
            return 8 + size
    if rest[:3] == b"\x1b\x1dy" and rest[3:4] in (b"S", b"P"):
        job.commands.append("ESC GS y")
        return 6 if rest[3:4] == b"S" else 4
    raise Injected(f"{rest[:12]!r}")


def _is_bars(content: bytes, size: int) -> bool:
    """Plain letters, then pairs of digits in code set C, each a byte of 0 to 99."""
    head, _, pairs = content.partition(b"{C")
    return len(content) == size and _is_plain(head, len(head)) and all(byte < 100 for byte in pairs)


def _is_plain(content: bytes, size: int) -> bool:
    return len(content) == size and all(0x20 <= byte < 0x7F for byte in content)
