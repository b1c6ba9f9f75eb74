"""Paper that came out of a simulated printer, and its picture.

Holds what was printed as elements, so tests read text and people look at a picture, drawn dot for dot: 203 dpi, font A
in cells of 12 x 24 dots, lines 30 dots apart.
"""

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

CELL_WIDTH, CELL_HEIGHT, LINE_PITCH = 12, 24, 30
_FONTS = Path(__file__).parent / "fonts"
_BASELINE = 20
_MARGIN = 24
_SIDE = 32
_WHITE, _BLACK = 255, 0


class Run(Struct, frozen=True):
    """Characters in one style."""

    text: str
    bold: bool = False
    tall: bool = False
    wide: bool = False


class Line(Struct, frozen=True):
    runs: tuple[Run, ...]
    align: int = 0
    """0 left, 1 centre, 2 right, as in ESC a."""


class Gap(Struct, frozen=True):
    dots: int


class Bars(Struct, frozen=True):
    """A bar code with its text below."""

    kind: str
    text: str
    dot: int
    height: int
    align: int


class QrCode(Struct, frozen=True):
    text: str
    dot: int
    align: int


class Raster(Struct, frozen=True):
    """A picture of one bit per dot, rows padded to bytes (GS v 0)."""

    width: int
    rows: bytes
    align: int


Element: TypeAlias = Line | Gap | Bars | QrCode | Raster


class Strip(Struct, frozen=True):
    """A piece of paper, cut off or still in the printer."""

    elements: tuple[Element, ...]
    width: int = 576

    @property
    def lines(self) -> tuple[str, ...]:
        """The printed text, line by line; bar codes and QR codes as their content."""
        found = []
        for element in self.elements:
            if isinstance(element, Line):
                found.append("".join(run.text for run in element.runs))
            elif isinstance(element, Bars | QrCode):
                found.append(element.text)
        return tuple(found)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def image(self) -> "Image":
        """The paper as a picture in grey levels, with the white margin of 4 mm that no printer reaches."""
        from PIL import Image  # late: a running till never draws

        pictures = [_draw(element, self.width) for element in self.elements]
        height = sum(picture.height for picture in pictures) + 2 * _MARGIN
        paper = Image.new("L", (self.width + 2 * _SIDE, height), _WHITE)
        top = _MARGIN
        for picture in pictures:
            paper.paste(picture, (_SIDE, top))
            top += picture.height
        return paper

    def png(self) -> bytes:
        """The picture as a PNG file. Takes milliseconds: call it off the loop for long papers."""
        target = io.BytesIO()
        self.image().save(target, "png")
        return target.getvalue()


def _draw(element: Element, width: int) -> "Image":
    from PIL import Image

    match element:
        case Line():
            return _draw_line(element, width)
        case Gap(dots):
            return Image.new("L", (width, max(1, dots)), _WHITE)
        case Bars():
            return _draw_bars(element, width)
        case QrCode():
            return _draw_qr(element, width)
        case Raster():
            height = len(element.rows) // ((element.width + 7) // 8)
            picture = Image.frombytes("1", (element.width, height), bytes(byte ^ 0xFF for byte in element.rows))
            return _placed(picture.convert("L"), width, element.align, 0)


def _draw_line(line: Line, width: int) -> "Image":
    from PIL import Image

    pictures = [_draw_run(run) for run in line.runs if run.text]
    tallest = max((picture.height for picture in pictures), default=CELL_HEIGHT)
    joined = Image.new("L", (max(1, sum(picture.width for picture in pictures)), tallest), _WHITE)
    left = 0
    for picture in pictures:
        joined.paste(picture, (left, tallest - picture.height))
        left += picture.width
    return _placed(joined, width, line.align, LINE_PITCH - CELL_HEIGHT)


def _draw_run(run: Run) -> "Image":
    from PIL import Image, ImageDraw

    picture = Image.new("L", (CELL_WIDTH * len(run.text), CELL_HEIGHT), _WHITE)
    pen = ImageDraw.Draw(picture)
    font = _font(run.bold)
    for index, char in enumerate(run.text):
        pen.text((index * CELL_WIDTH, _BASELINE), char, fill=_BLACK, font=font, anchor="ls")
    size = (picture.width << run.wide, picture.height << run.tall)
    return picture.resize(size, Image.Resampling.BICUBIC) if size != picture.size else picture


def _draw_bars(bars: Bars, width: int) -> "Image":
    import barcode
    from PIL import Image, ImageDraw

    modules = barcode.get_barcode_class(bars.kind)(bars.text).build()[0]
    picture = Image.new("L", (len(modules) * bars.dot, bars.height), _WHITE)
    pen = ImageDraw.Draw(picture)
    for index, module in enumerate(modules):
        if module != "0":
            left = index * bars.dot
            pen.rectangle((left, 0, left + bars.dot - 1, bars.height), fill=_BLACK)
    below = _draw_line(Line((Run(bars.text),), bars.align), width)
    whole = Image.new("L", (width, bars.height + 4 + below.height), _WHITE)
    whole.paste(_placed(picture, width, bars.align, 0), (0, 0))
    whole.paste(below, (0, bars.height + 4))
    return whole


def _draw_qr(code: QrCode, width: int) -> "Image":
    import qrcode
    from PIL import Image

    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    symbol.add_data(code.text.encode("utf-8"))
    rows = symbol.get_matrix()
    picture = Image.new("L", (len(rows), len(rows)), _WHITE)
    picture.putdata([_BLACK if dark else _WHITE for row in rows for dark in row])
    size = len(rows) * code.dot
    return _placed(picture.resize((size, size), Image.Resampling.NEAREST), width, code.align, 6)


def _placed(picture: "Image", width: int, align: int, below: int) -> "Image":
    """The picture on a band of the paper's width; what is too wide is lost at the right, as on paper."""
    from PIL import Image

    band = Image.new("L", (width, picture.height + below), _WHITE)
    left = max(0, (0, (width - picture.width) // 2, width - picture.width)[align])
    band.paste(picture, (left, 0))
    return band


@lru_cache(maxsize=2)
def _font(bold: bool) -> "FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(_FONTS / ("DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf")), 20)
