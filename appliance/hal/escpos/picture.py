"""What no code page can say, drawn dot for dot: lines of text, bar codes, QR codes and the shop's logo.

Hides Pillow, which is imported at the first picture only and works in the caller's thread: call from a worker thread.
Drawn lines keep to the printer's own grid (font A: 12 x 24 dots, lines 30 dots apart), so that a drawn line stands in
its columns between printed ones.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

CELL_WIDTH, CELL_HEIGHT, LINE_PITCH = 12, 24, 30
LOGO_HEIGHT_MAX = 400
LOGO_BYTES_MAX = 2_000_000
_FONTS = Path(__file__).parent / "fonts"
_BASELINE = 20
_INK_AT = 110
"""Grey level, 0 to 255 of ink, from which on a dot is printed."""
_CACHED_LINES = 512
_MARGIN_DOTS = 32
"""White that no printer reaches, 4 mm at either side."""
_QR_QUIET = 4
"""Modules of white above and below (ISO/IEC 18004); at the sides there is paper enough."""


class Picture(Struct, frozen=True):
    """One bit per dot, 1 is ink; each row is padded to whole bytes."""

    row_bytes: int
    rows: bytes

    @property
    def height(self) -> int:
        return len(self.rows) // self.row_bytes


def cells_of(char: str) -> int:
    """Columns that a character takes: 2 for East Asian wide ones, 0 for marks that stand on the one before."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width_of(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(map(cells_of, text))


@lru_cache(maxsize=_CACHED_LINES)
def draw_line(text: str, dots: int, bold: bool = False, tall: bool = False, wide: bool = False) -> Picture:
    """A line of text from the left edge, cut at the right one."""
    from PIL import Image, ImageDraw

    ink = Image.new("L", (dots >> wide, CELL_HEIGHT), 0)
    pen = ImageDraw.Draw(ink)
    name, left = "mono-bold" if bold else "mono", 0
    for piece in _pieces(text):
        if _runs_right_to_left(piece, name):
            pen.text((left, _BASELINE), piece, fill=255, font=_font(name), anchor="ls", direction="rtl")
        else:
            _draw_cells(ink, left, piece, bold)
        left += CELL_WIDTH * width_of(piece)
    if tall or wide:
        ink = ink.resize((ink.width << wide, CELL_HEIGHT << tall), Image.Resampling.BICUBIC)
    return _trimmed(ink, (LINE_PITCH - CELL_HEIGHT) << tall)


def _pieces(text: str) -> list[str]:
    """Split where the direction of writing changes; spaces and figures between two such words belong to them."""
    turned = [index for index, char in enumerate(text) if unicodedata.bidirectional(char) in ("R", "AL")]
    if not turned:
        return [text]
    return [text[: turned[0]], text[turned[0] : turned[-1] + 1], text[turned[-1] + 1 :]]


def _runs_right_to_left(piece: str, name: str) -> bool:
    """Whether there is something for the layout engine: letters that join and run the other way."""
    turned = [char for char in piece if unicodedata.bidirectional(char) in ("R", "AL")]
    return bool(turned) and _can_turn() and all(_has(name, char) for char in turned)


@lru_cache(maxsize=1)
def _can_turn() -> bool:
    from PIL import features

    return bool(features.check("raqm"))


def _draw_cells(ink: Image, left: int, text: str, bold: bool) -> None:
    """Each character in the cell where a printer would put it, its marks on top."""
    at = 0
    while at < len(text) and left < ink.width:
        end = at + 1
        while end < len(text) and cells_of(text[end]) == 0:
            end += 1
        cells = max(1, cells_of(text[at]))
        if text[at] != " ":
            cell = _cell(text[at : min(end, at + 8)], cells, bold)
            ink.paste(255, (left, 0), cell)
        left += CELL_WIDTH * cells
        at = end


@lru_cache(maxsize=1_024)
def _cell(cluster: str, cells: int, bold: bool) -> Image:
    from PIL import Image, ImageDraw

    cell = Image.new("L", (CELL_WIDTH * cells, CELL_HEIGHT), 0)
    pen = ImageDraw.Draw(cell)
    name = next((name for name in _names(bold) if _has(name, cluster[0])), "")
    if not name:
        _draw_unknown(cell, cluster[0])
    else:
        left = 0 if name.startswith("mono") else max(0, (cell.width - round(_font(name).getlength(cluster))) // 2)
        pen.text((left, _BASELINE), cluster, fill=255, font=_font(name), anchor="ls")
    return cell


def _draw_unknown(cell: Image, char: str) -> None:
    """A character that none of the fonts has: a frame with its number in it, so that it is at least no other one."""
    from PIL import ImageDraw, ImageFont

    pen = ImageDraw.Draw(cell)
    pen.rectangle((1, 1, cell.width - 2, CELL_HEIGHT - 3), outline=255)
    number = f"{ord(char):04X}"[-4:]
    font = ImageFont.truetype(str(_FONTS / "DejaVuSansMono.ttf"), 7)
    pen.text((2, 3), number[:2], fill=255, font=font)
    pen.text((2, 12), number[2:], fill=255, font=font)


def _names(bold: bool) -> Sequence[str]:
    return ("mono-bold", "mono", "wide") if bold else ("mono", "wide")


@lru_cache(maxsize=3)
def _font(name: str) -> FreeTypeFont:
    from PIL import ImageFont

    file, size = {
        "mono": ("DejaVuSansMono.ttf", 20),
        "mono-bold": ("DejaVuSansMono-Bold.ttf", 20),
        "wide": ("DroidSansFallback.ttf", 22),
    }[name]
    return ImageFont.truetype(str(_FONTS / file), size)


@lru_cache(maxsize=3)
def _missing(name: str) -> bytes:
    """How the font draws what it lacks."""
    return bytes(_font(name).getmask("\U0010fffd"))


@lru_cache(maxsize=4_096)
def _has(name: str, char: str) -> bool:
    return bytes(_font(name).getmask(char)) != _missing(name)


def _trimmed(ink: Image, below: int) -> Picture:
    """The picture without the white at its right, and so many white rows below."""
    box = ink.getbbox()
    width = 8 if box is None else (box[2] + 7) // 8 * 8
    whole = ink.crop((0, 0, width, ink.height + below))
    dots = whole.point(lambda grey: 255 if grey >= _INK_AT else 0, mode="1")
    return Picture(width // 8, dots.tobytes())


def bar_dot(modules: int, dots: int) -> int:
    """The widest module of a bar code in dots; below 2 it is not read reliably.

    Its quiet zone of ten modules may reach into the paper's white margin.
    """
    return min(dots // modules, (dots + 2 * _MARGIN_DOTS) // (modules + 20))


@lru_cache(maxsize=64)
def draw_bars(kind: str, text: str, dots: int, height: int = 80) -> Picture | None:
    """A bar code (`ean13`, `code128`) with its text below; None when it does not fit."""
    import barcode
    from PIL import Image, ImageDraw

    modules = barcode.get_barcode_class(kind)(text).build()[0]
    dot = min(3, bar_dot(len(modules), dots))
    if dot < 2:
        return None
    ink = Image.new("L", (len(modules) * dot, height + LINE_PITCH), 0)
    pen = ImageDraw.Draw(ink)
    for index, module in enumerate(modules):
        if module != "0":
            pen.rectangle((index * dot, 0, index * dot + dot - 1, height - 1), fill=255)
    left = max(0, (ink.width - CELL_WIDTH * len(text)) // 2)
    pen.text((left, height + 4 + _BASELINE), text, fill=255, font=_font("mono"), anchor="ls")
    return _trimmed(ink, 0)


@lru_cache(maxsize=64)
def draw_qr(content: bytes, dot: int, dots: int) -> Picture:
    """A QR code of level M with white above and below; smaller dots where it would not fit."""
    import qrcode
    from PIL import Image

    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    symbol.add_data(content)
    matrix = symbol.get_matrix()
    size = len(matrix)
    ink = Image.new("L", (size, size), 0)
    ink.putdata([255 if dark else 0 for row in matrix for dark in row])
    dot = max(1, min(dot, dots // size))
    whole = Image.new("L", (size * dot, (size + 2 * _QR_QUIET) * dot), 0)
    whole.paste(ink.resize((size * dot, size * dot), Image.Resampling.NEAREST), (0, _QR_QUIET * dot))
    return _trimmed(whole, 0)


def draw_logo(file: Path, dots: int) -> Picture:
    """The shop's picture, at most as wide as the paper and 400 dots high, in black and white by error diffusion.

    Raises OSError or ValueError for a file that is no picture or is too large.
    """
    from PIL import Image

    if file.stat().st_size > LOGO_BYTES_MAX:
        raise ValueError("larger than 2 MB")
    with Image.open(file) as opened:
        opened.thumbnail((dots, LOGO_HEIGHT_MAX))
        shaded = opened.convert("RGBA")
    paper = Image.new("RGBA", shaded.size, "white")
    paper.alpha_composite(shaded)
    width = (paper.width + 7) // 8 * 8
    grey = Image.new("L", (width, paper.height), 255)
    grey.paste(paper.convert("L"), ((width - paper.width) // 2, 0))
    printed = grey.convert("1")  # Floyd and Steinberg
    return Picture(width // 8, bytes(byte ^ 0xFF for byte in printed.tobytes()))
