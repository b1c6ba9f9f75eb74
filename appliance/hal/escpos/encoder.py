"""Paper to ESC/POS bytes. Hides the command language; refers to Epson's *ESC/POS Command Reference* by command name.

Rules this module keeps:
1. No text carries a command. Every byte of a text is printable: C0, C1, DEL, direction marks and zero-width characters
   are dropped before encoding, whatever a product or a customer is called.
2. One code page per job, chosen by the profile; what it lacks is written with its nearest letters.
3. A job begins and ends in the normal style, left-aligned, so jobs can follow each other without ESC @.
4. A block that cannot be printed as meant (bad check digit, too wide) is printed as text: a receipt is never lost.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from appliance.hal.device import (
    TEXT_CHARS_MAX,
    Align,
    Barcode,
    BarcodeKind,
    Block,
    Columns,
    Cut,
    Feed,
    Paper,
    Qr,
    Row,
    Rule,
    Text,
)
from appliance.hal.escpos.profile import Profile

_BOLD, _TALL, _WIDE = 0x08, 0x10, 0x20  # ESC !
_ALIGN = {Align.LEFT: b"\x1ba\x00", Align.CENTER: b"\x1ba\x01", Align.RIGHT: b"\x1ba\x02"}
_STYLE = [bytes((0x1B, 0x21, n)) for n in range(0x40)]
_QR_BYTES_MAX = 1_000  # keeps pH below 4, so a length never reads as DLE EOT
_BARCODE_SET_UP = b"\x1dh\x50\x1dH\x02"  # 80 dots high, text below
_NEAREST = {
    "’": "'", "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-",
    "…": "...", "•": "*", "‹": "<", "›": ">", "€": "EUR", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ı": "i", "ẞ": "SS", "™": "TM", "×": "x", "⁄": "/", "′": "'", "″": '"', "ſ": "s", "ħ": "h", "Ħ": "H",
    "ŧ": "t", "Ŧ": "T",
}  # fmt: skip


def to_page(text: str, codec: str) -> bytes:
    """Text as printable bytes of the code page, at most 1,000 characters; one byte is one column."""
    if text.isprintable() and len(text) <= TEXT_CHARS_MAX:
        try:
            return text.encode(codec)
        except UnicodeEncodeError:
            pass
    return _to_page_slowly(text[:TEXT_CHARS_MAX], codec)


@lru_cache(maxsize=2_048)
def _to_page_slowly(text: str, codec: str) -> bytes:
    return b"".join(_character(char, codec) for char in unicodedata.normalize("NFC", text))


def _character(char: str, codec: str) -> bytes:
    if unicodedata.category(char) in ("Zs", "Zl", "Zp") or char in "\t\n\r":
        return b" "
    if not char.isprintable():
        return b""
    try:
        return char.encode(codec)
    except UnicodeEncodeError:
        pass
    if (nearest := _NEAREST.get(char)) is not None:
        return nearest.encode(codec, "ignore")
    plain = unicodedata.normalize("NFKD", char).encode("ascii", "ignore")
    if plain and plain.decode().isprintable():
        return plain
    return b"" if unicodedata.category(char).startswith("M") else b"?"


def wrap(line: bytes, width: int) -> list[bytes]:
    """Lines of at most `width` bytes, broken at spaces where there are any."""
    lines = []
    while len(line) > width:
        at = line.rfind(b" ", 0, width + 1)
        if at <= 0:
            lines.append(line[:width])
            line = line[width:]
        else:
            lines.append(line[:at])
            line = line[at + 1 :]
    lines.append(line)
    return lines


def check_digit_ok(code: str) -> bool:
    """EAN-13 with the right check digit (GS1 General Specifications 7.9)."""
    if len(code) != 13 or not (code.isascii() and code.isdecimal()):
        return False
    digits = [int(char) for char in code]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def code128_payload(text: str) -> bytes | None:
    """Data of GS k 73 in code set B, None when it cannot be one."""
    if not 1 <= len(text) <= 40 or not text.isascii() or not text.isprintable():
        return None
    return b"{B" + text.replace("{", "{{").encode("ascii")


class Encoder:
    """Encodes for one profile. Keeps nothing between jobs."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._preamble = b"\x1b!\x00\x1ba\x00\x1bt" + bytes((profile.page,))

    def encode(self, paper: Paper) -> bytes:
        """The job's bytes, without the completion barrier that the driver appends. Never raises."""
        job = _Job(self._profile, self._preamble)
        for block in paper.blocks:
            _ENCODE[type(block)](job, block)
        job.set_style(0)
        job.set_align(Align.LEFT)
        return b"".join(job.parts)


class _Job:
    """Bytes so far and the state the printer is in after them."""

    __slots__ = ("align", "codec", "columns", "dots", "parts", "style")

    def __init__(self, profile: Profile, preamble: bytes) -> None:
        self.parts = [preamble]
        self.style = 0
        self.align = Align.LEFT
        self.columns = profile.columns
        self.codec = profile.codec
        self.dots = profile.dots

    def set_style(self, style: int) -> None:
        if style != self.style:
            self.style = style
            self.parts.append(_STYLE[style])

    def set_align(self, align: Align) -> None:
        if align is not self.align:
            self.align = align
            self.parts.append(_ALIGN[align])

    def add_line(self, line: bytes) -> None:
        self.parts.append(line)
        self.parts.append(b"\n")


def _style_of(block: Text | Columns) -> int:
    return _BOLD * block.bold | _TALL * block.tall | _WIDE * block.wide


def _text(job: _Job, block: Text) -> None:
    job.set_style(_style_of(block))
    job.set_align(block.align)
    line = to_page(block.line, job.codec)
    for piece in wrap(line, job.columns >> block.wide):
        job.add_line(piece)


def _columns(job: _Job, block: Columns) -> None:
    job.set_style(_style_of(block))
    job.set_align(Align.LEFT)
    width = job.columns >> block.wide
    left, right = to_page(block.left, job.codec), to_page(block.right, job.codec)[:width]
    room = width - len(right)
    if len(left) >= room:
        *above, left = wrap(left, room - 1 if room > width // 3 else width)
        for piece in above:
            job.add_line(piece)
        if len(left) >= room:
            job.add_line(left)
            left = b""
    job.add_line(left.ljust(room) + right)


def _row(job: _Job, block: Row) -> None:
    job.set_style(_BOLD * block.bold)
    job.set_align(Align.LEFT)
    count = len(block.cells)
    shares = block.shares if len(block.shares) == count and min(block.shares, default=0) > 0 else (1,) * count
    total, at, cells = sum(shares), 0, []
    for index, (cell, end) in enumerate(zip(block.cells, _ends(shares, job.columns, total), strict=True)):
        text = to_page(cell, job.codec)[: max(0, end - at - (index < count - 1))]
        cells.append(text.ljust(end - at) if index == 0 else text.rjust(end - at))
        at = end
    job.add_line(b"".join(cells).rstrip())


def _ends(shares: tuple[int, ...], width: int, total: int) -> list[int]:
    passed, ends = 0, []
    for share in shares:
        passed += share
        ends.append(width * passed // total)
    return ends


def _rule(job: _Job, block: Rule) -> None:
    job.set_style(0)
    job.set_align(Align.LEFT)
    job.add_line((to_page(block.char, job.codec)[:1] or b"-") * job.columns)


def _barcode(job: _Job, block: Barcode) -> None:
    if block.kind is BarcodeKind.EAN13 and check_digit_ok(block.text):
        command, payload, modules = 67, block.text.encode("ascii"), 95 + 18
    elif block.kind is BarcodeKind.CODE128 and (found := code128_payload(block.text)) is not None:
        command, payload, modules = 73, found, 11 * len(block.text) + 35 + 20
    else:
        _text(job, Text(block.text, align=Align.CENTER))
        return
    width = min(3, job.dots // modules)
    if width < 2:  # one dot per module is not read reliably
        _text(job, Text(block.text, align=Align.CENTER))
        return
    job.set_style(0)
    job.set_align(Align.CENTER)
    job.parts.append(_BARCODE_SET_UP + bytes((0x1D, 0x77, width, 0x1D, 0x6B, command, len(payload))) + payload)
    job.parts.append(b"\n")


def _qr(job: _Job, block: Qr) -> None:
    text = block.text[:_QR_BYTES_MAX]
    payload = "".join(filter(str.isprintable, text)).encode("utf-8", "ignore")
    if not 1 <= len(payload) <= _QR_BYTES_MAX:
        _text(job, Text(block.text, align=Align.CENTER))
        return
    job.set_style(0)
    job.set_align(Align.CENTER)
    length = (len(payload) + 3).to_bytes(2, "little")
    dot = min(16, max(1, block.dot))
    # GS ( k: model 2 (165), module size (167), level M (169), store (180), print (181)
    job.parts.append(
        b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C" + bytes((dot,)) + b"\x1d(k\x03\x001E1"
        b"\x1d(k" + length + b"1P0" + payload + b"\x1d(k\x03\x001Q0"
    )
    job.parts.append(b"\n")


def _feed(job: _Job, block: Feed) -> None:
    if block.lines > 0:
        job.parts.append(bytes((0x1B, 0x64, min(255, block.lines))))  # ESC d


def _cut(job: _Job, block: Cut) -> None:
    job.parts.append(b"\x1dV\x42\x00")  # GS V 66: feed to the knife, cut partially


_ENCODE: dict[type[Block], Callable[[_Job, Any], None]] = {  # each function takes the type it stands under
    Text: _text, Columns: _columns, Row: _row, Rule: _rule, Barcode: _barcode, Qr: _qr, Feed: _feed, Cut: _cut,
}  # fmt: skip


def initialise(profile: Profile) -> bytes:
    """ESC @ and the code page: after every reset and on every new link."""
    return b"\x1b@\x1bt" + bytes((profile.page,))


def pulse(pin: int, on_ms: int) -> bytes:
    """ESC p: open the drawer in order with the print data. `pin` 2 or 5; off time twice the on time, 2 ms units."""
    on = min(255, max(1, on_ms // 2))
    return bytes((0x1B, 0x70, pin == 5, on, min(255, on * 2)))


def pulse_now(pin: int, on_ms: int) -> bytes:
    """DLE DC4 1: open the drawer at once, past whatever waits. Units of 100 ms, 1 to 8."""
    return bytes((0x10, 0x14, 1, pin == 5, min(8, max(1, on_ms // 100))))


def process_id(token: bytes) -> bytes:
    """GS ( H function 48: the printer sends the four characters back when all before them is printed."""
    if len(token) != 4 or not token.isalnum():
        raise ValueError("a process id is four letters or digits")
    return b"\x1d(H\x06\x0000" + token


def token_of(job_id: int) -> bytes:
    """Four characters for a job: unique among 1.6 million neighbours."""
    digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return bytes(digits[job_id // 36**place % 36] for place in (3, 2, 1, 0))


ASK_PAPER = b"\x1dr\x01"
"""GS r 1: answered in its turn, after all before it."""
REPORT_CHANGES = b"\x1da\xff"
"""GS a 255: automatic status back on every change, and once now."""
ASK_MAKER = b"\x1dI\x42"
ASK_MODEL = b"\x1dI\x43"


def ask_now(number: int) -> bytes:
    """DLE EOT n: real-time status, 1 to 4."""
    return bytes((0x10, 0x04, number))
