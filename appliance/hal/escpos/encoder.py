"""Paper to the printer's bytes: layout, code page, and what must be drawn because no code page says it.

Rules this module keeps:
1. No text carries a command. Every byte of a text is printable: C0, C1, DEL, direction marks and zero-width characters
   are dropped before encoding, whatever a product or a customer is called.
2. One code page per job, pinned by the profile. Of what it lacks, typography alone (’ – … thin spaces) is written with
   the nearest sign; a line with any other such character (Œ on PC858, Greek, Chinese) is drawn. Never a `?`.
3. A job begins in the normal style, left-aligned, on the page, so jobs can follow each other without a reset.
4. A block that cannot be printed as meant (bad check digit) is printed as text: a receipt is never lost. Bars that are
   too wide are drawn in the fewest modules, else their content is a QR code with the text below.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Struct

from appliance.hal.device import (
    TEXT_CHARS_MAX,
    Align,
    Barcode,
    BarcodeKind,
    Block,
    Columns,
    Cut,
    Feed,
    Logo,
    Paper,
    Qr,
    Row,
    Rule,
    Text,
)
from appliance.hal.escpos.epson import Epson
from appliance.hal.escpos.picture import Picture, bar_dot, cells_of, draw_bars, draw_line, draw_qr, width_of
from appliance.hal.escpos.profile import Profile
from appliance.hal.escpos.star import Star

_BOLD, _TALL, _WIDE = 0x08, 0x10, 0x20
_QR_BYTES_MAX = 1_000  # keeps the length's high byte below 4: it never reads as DLE EOT
_TYPOGRAPHY = {
    "’": "'", "‘": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "―": "-", "−": "-",
    "‐": "-", "‑": "-", "‒": "-", "…": "...", "•": "*", "‹": "<", "›": ">", "′": "'", "″": '"', "⁄": "/",
}  # fmt: skip

_LETTERS = {
    "€": "EUR", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ẞ": "SS", "™": "TM", "×": "x",
    "ſ": "s", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T",
}  # fmt: skip

_QR_FOR_BARS = 5
"""Dots of a module: large enough for a scanner held in the hand."""

Language = Epson | Star


def language_of(profile: Profile) -> Language:
    return Epson(profile) if profile.dialect == "escpos" else Star(profile)


class MustDraw(Exception):
    """There is something to draw, and the caller has no time for it."""


def to_page(text: str, codec: str) -> bytes | None:
    """Text as printable bytes of the code page, at most 1,000 characters; one byte is one column.
    None: it must be drawn."""
    if text.isprintable() and len(text) <= TEXT_CHARS_MAX:
        try:
            return text.encode(codec)
        except UnicodeEncodeError:
            pass
    return _to_page_slowly(text[:TEXT_CHARS_MAX], codec)


@lru_cache(maxsize=2_048)
def _to_page_slowly(text: str, codec: str) -> bytes | None:
    try:
        return clean(text, codec).encode(codec)
    except UnicodeEncodeError:
        return None


@lru_cache(maxsize=512)
def clean(text: str, codec: str) -> str:
    """Only what can be printed, at most 1,000 characters; typography that the page lacks by its nearest sign."""
    return "".join(_character(char, codec) for char in unicodedata.normalize("NFC", text[:TEXT_CHARS_MAX]))


def _character(char: str, codec: str) -> str:
    if unicodedata.category(char) in ("Zs", "Zl", "Zp") or char in "\t\n\r":
        return " "
    if not char.isprintable():
        return ""
    if char in _TYPOGRAPHY:
        try:
            char.encode(codec)
        except UnicodeEncodeError:
            return _TYPOGRAPHY[char]
    return char


def to_nearest(text: str, codec: str) -> bytes:
    """For devices that cannot draw (line displays): every character as the page has it, or its nearest letters."""
    return b"".join(_nearest(char, codec) for char in clean(text, codec))


def _nearest(char: str, codec: str) -> bytes:
    try:
        return char.encode(codec)
    except UnicodeEncodeError:
        pass
    if (letters := _LETTERS.get(char)) is not None:
        return letters.encode(codec, "ignore")
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


def wrap_cells(line: str, width: int) -> list[str]:
    """The same for text that is drawn: lines of at most `width` columns."""
    lines = []
    while (end := _fitting(line, width)) < len(line):
        at = line.rfind(" ", 0, end + 1)
        if at <= 0:
            lines.append(line[:end])
            line = line[end:]
        else:
            lines.append(line[:at])
            line = line[at + 1 :]
    lines.append(line)
    return lines


def _fitting(line: str, width: int) -> int:
    """How many characters stand on `width` columns; at least one, with the marks on it."""
    taken = 0
    for index, char in enumerate(line):
        taken += cells_of(char)
        if taken > width and index:
            return index
    return len(line)


def check_digit_ok(code: str) -> bool:
    """EAN-13 with the right check digit (GS1 General Specifications 7.9)."""
    if len(code) != 13 or not (code.isascii() and code.isdecimal()):
        return False
    digits = [int(char) for char in code]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def is_code128(text: str) -> bool:
    """Whether code set B can say it; long enough for a receipt of the till with the longest name."""
    return 1 <= len(text) <= 60 and text.isascii() and text.isprintable()


class KeptLogo(Struct, frozen=True):
    """The shop's logo for one printer."""

    picture: Picture
    key: bytes
    """Two characters made of its content, by which the printer keeps it."""
    is_kept: bool = False
    """The printer has it in its memory."""


class Encoder:
    """Encodes for one profile. Keeps nothing between jobs."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.language = language_of(profile)
        self.logo: KeptLogo | None = None

    def encode(self, paper: Paper, may_draw: bool = True) -> bytes:
        """The job's bytes, without the completion barrier that the driver appends.

        Raises MustDraw when something must be drawn and `may_draw` is False, nothing else. Drawing takes up to some
        milliseconds a line: off the loop.
        """
        job = _Job(self._profile, self.language, self.logo, may_draw)
        for block in paper.blocks:
            _ENCODE[type(block)](job, block)
        job.set_style(0)
        job.set_align(Align.LEFT)
        return b"".join(job.parts)


class _Job:
    """Bytes so far and the state the printer is in after them."""

    __slots__ = ("align", "codec", "columns", "dots", "language", "logo", "may_draw", "parts", "profile", "style")

    def __init__(self, profile: Profile, language: Language, logo: KeptLogo | None, may_draw: bool) -> None:
        self.parts = [language.begin]
        self.style = 0
        self.align = Align.LEFT
        self.profile = profile
        self.language = language
        self.columns = profile.columns
        self.codec = profile.codec
        self.dots = profile.dots
        self.logo = logo
        self.may_draw = may_draw

    def set_style(self, style: int) -> None:
        if style != self.style:
            self.style = style
            self.parts.append(self.language.style(style))

    def set_align(self, align: Align) -> None:
        if align is not self.align:
            self.align = align
            self.parts.append(self.language.align(align))

    def add_line(self, line: bytes) -> None:
        self.parts.append(line)
        self.parts.append(b"\n")

    def add_text(self, line: str, style: int, align: Align = Align.LEFT) -> None:
        """One line that may have to be drawn, in its columns."""
        encoded = to_page(line, self.codec)
        if encoded is not None:
            self.set_style(style)
            self.set_align(align)
            self.add_line(encoded)
            return
        wide = bool(style & _WIDE)
        if align is not Align.LEFT:
            room = (self.columns >> wide) - width_of(line)
            line = " " * (room // 2 if align is Align.CENTER else room) + line
        self.check_may_draw()
        self.set_align(Align.LEFT)
        picture = draw_line(line, self.dots, bool(style & _BOLD), bool(style & _TALL), wide)
        self.parts.append(self.language.picture(picture))

    def check_may_draw(self) -> None:
        if not self.may_draw:
            raise MustDraw

    def add_picture(self, picture: Picture) -> None:
        self.set_style(0)
        self.set_align(Align.CENTER)
        self.parts.append(self.language.picture(picture))


def _style_of(block: Text | Columns) -> int:
    return _BOLD * block.bold | _TALL * block.tall | _WIDE * block.wide


def _text(job: _Job, block: Text) -> None:
    style, width = _style_of(block), job.columns >> block.wide
    line = to_page(block.line, job.codec)
    if line is None:
        for drawn in _wrapped_cells(clean(block.line, job.codec), width, block.indent):
            job.add_text(drawn, style, block.align)
        return
    job.set_style(style)
    job.set_align(block.align)
    for piece in _wrapped(line, width, block.indent):
        job.add_line(piece)


def _columns(job: _Job, block: Columns) -> None:
    left, right = to_page(block.left, job.codec), to_page(block.right, job.codec)
    if left is None or right is None:
        _columns_drawn(job, block)
        return
    job.set_style(_style_of(block))
    job.set_align(Align.LEFT)
    width = job.columns >> block.wide
    right = right[:width]
    room = width - len(right)
    if len(left) >= room:
        *above, left = _wrapped(left, room - 1 if room > width // 3 else width, block.indent)
        for piece in above:
            job.add_line(piece)
        if len(left) >= room:
            job.add_line(left)
            left = b""
    job.add_line(left.ljust(room) + right)


def _wrapped(left: bytes, width: int, indent: int) -> list[bytes]:
    """Like `wrap`, the lines after the first set in."""
    first, *rest = wrap(left, width)
    gap = b" " * min(8, max(0, indent))
    if not rest or not gap:
        return [first, *rest]
    return [first, *(gap + piece for piece in wrap(left[len(first) :].lstrip(b" "), max(1, width - len(gap))))]


def _wrapped_cells(left: str, width: int, indent: int) -> list[str]:
    """The same for text that is drawn."""
    first, *rest = wrap_cells(left, width)
    gap = " " * min(8, max(0, indent))
    if not rest or not gap:
        return [first, *rest]
    return [first, *(gap + piece for piece in wrap_cells(left[len(first) :].lstrip(" "), max(2, width - len(gap))))]


def _columns_drawn(job: _Job, block: Columns) -> None:
    """The same layout, counted in columns."""
    style, width = _style_of(block), job.columns >> block.wide
    left, right = clean(block.left, job.codec), clean(block.right, job.codec)
    right = _cut_to(right, width)
    room = width - width_of(right)
    if width_of(left) >= room:
        *above, left = _wrapped_cells(left, room - 1 if room > width // 3 else width, block.indent)
        for piece in above:
            job.add_text(piece, style)
        if width_of(left) >= room:
            job.add_text(left, style)
            left = ""
    job.add_text(left + " " * (room - width_of(left)) + right, style)


def _cut_to(text: str, width: int) -> str:
    """At most `width` columns; never a wide character that would stand across the edge."""
    if width <= 0:
        return ""
    cut = text[: _fitting(text, width)]
    return cut if width_of(cut) <= width else ""


def _row(job: _Job, block: Row) -> None:
    cells = [to_page(cell, job.codec) for cell in block.cells]
    ends = _ends(block, job.columns)
    line, at = [], 0
    for index, (cell, end) in enumerate(zip(cells, ends, strict=True)):
        if cell is None or len(cell) > end - at - (index > 0):
            _row_freely(job, block, ends)
            return
        line.append(cell.ljust(end - at) if index == 0 else cell.rjust(end - at))
        at = end
    job.set_style(_BOLD * block.bold)
    job.set_align(Align.LEFT)
    job.add_line(b"".join(line).rstrip())


def _row_freely(job: _Job, block: Row, ends: list[int]) -> None:
    """A row with drawn cells or with one too long for its share: from the right, each cell ends at its place or just
    before its neighbour; the first cells take lines of their own when there is no room left."""
    style = _BOLD * block.bold
    cells = [clean(cell, job.codec).strip() for cell in block.cells]
    if cells and not cells[-1]:
        cells, ends = cells[:-1], ends[:-1]
    while len(cells) > 1 and sum(map(width_of, cells)) + len(cells) - 1 > job.columns:
        for piece in wrap_cells(cells[0], job.columns):
            job.add_text(piece, style)
        cells, ends = cells[1:], ends[1:]
    if len(cells) == 1 and width_of(cells[0]) > job.columns:
        for piece in wrap_cells(cells[0], job.columns):
            job.add_text(piece, style)
        return
    is_whole = ends[:1] == _ends(block, job.columns)[:1]
    starts, edge = [0] * len(cells), job.columns + 1
    for index in range(len(cells) - 1, -1, -1):
        starts[index] = edge = min(ends[index], edge - 1) - width_of(cells[index])
    if is_whole and cells:
        starts[0] = 0
    line, floor = "", 0
    for cell, start in zip(cells, starts, strict=True):
        line += " " * (max(start, floor) - width_of(line)) + cell
        floor = width_of(line) + 1
    job.add_text(line.rstrip(), style)


def _ends(block: Row, width: int) -> list[int]:
    """Where each cell ends, in columns."""
    count = len(block.cells)
    shares = block.shares if len(block.shares) == count and min(block.shares, default=0) > 0 else (1,) * count
    total, passed, ends = sum(shares), 0, []
    for share in shares:
        passed += share
        ends.append(width * passed // total)
    return ends


def _rule(job: _Job, block: Rule) -> None:
    job.set_style(0)
    job.set_align(Align.LEFT)
    job.add_line(((to_page(block.char, job.codec) or b"")[:1] or b"-") * job.columns)


def _barcode(job: _Job, block: Barcode) -> None:
    if block.kind is BarcodeKind.EAN13 and check_digit_ok(block.text):
        modules, most = 95, 3
    elif block.kind is BarcodeKind.CODE128 and is_code128(block.text):
        modules, most = job.language.code128_modules(block.text), 2
    else:
        _text(job, Text(block.text, align=Align.CENTER))
        return
    dot = min(most, bar_dot(modules, job.dots))
    if dot < 2 or not job.profile.bars:
        _barcode_drawn(job, block)
        return
    job.set_style(0)
    job.set_align(Align.CENTER)
    job.parts.append(job.language.bars(block.kind, block.text, dot))


def _barcode_drawn(job: _Job, block: Barcode) -> None:
    """Where the printer makes no bars, or wider ones than they need be; as a QR code when they are too wide anyhow."""
    job.check_may_draw()
    picture = draw_bars(block.kind.value, block.text, job.dots)
    if picture is not None:
        job.add_picture(picture)
        return
    _qr(job, Qr(block.text, _QR_FOR_BARS))
    _text(job, Text(block.text, align=Align.CENTER))


def _qr(job: _Job, block: Qr) -> None:
    text = block.text[:_QR_BYTES_MAX]
    content = "".join(filter(str.isprintable, text)).encode("utf-8", "ignore")
    if not 1 <= len(content) <= _QR_BYTES_MAX:
        _text(job, Text(block.text, align=Align.CENTER))
        return
    dot = min(16, max(1, block.dot))
    if not job.profile.qr:
        job.check_may_draw()
        job.add_picture(draw_qr(content, dot, job.dots))
        return
    job.set_style(0)
    job.set_align(Align.CENTER)
    job.parts.append(job.language.qr(content, dot))


def _logo(job: _Job, block: Logo) -> None:
    if job.logo is None:
        return
    if job.logo.is_kept and isinstance(job.language, Epson):
        job.set_align(Align.CENTER)
        job.parts.append(job.language.print_logo(job.logo.key))
    else:
        job.add_picture(job.logo.picture)


def _feed(job: _Job, block: Feed) -> None:
    if block.lines > 0:
        job.parts.append(job.language.feed(min(255, block.lines)))


def _cut(job: _Job, block: Cut) -> None:
    job.parts.append(job.language.cut())


_ENCODE: dict[type[Block], Callable[[_Job, Any], None]] = {  # each function takes the type it stands under
    Text: _text, Columns: _columns, Row: _row, Rule: _rule, Barcode: _barcode, Qr: _qr, Feed: _feed, Cut: _cut,
    Logo: _logo,
}  # fmt: skip
