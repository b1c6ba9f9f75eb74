"""Textures of text and rounded corners, made once and kept.

Hides the rasterising. A shape is one textured draw call with exact edges on whole pixels, which Kivy's smooth
rectangles (fill plus a blended outline) are not; a line of text is one white texture that is tinted when drawn, so a
new colour or theme costs nothing.
"""

import itertools
import math
from collections import OrderedDict
from functools import lru_cache

from kivy.core.text import Label as CoreLabel
from kivy.graphics.texture import Texture

from appliance.kiosk.theme import FONTS, theme

_TEXTURES_KEPT = 1500
_WIDTHS_KEPT = 8192
_CLITIC = 3  # letters of the longest word that never begins a line: "la", "les", "moi"
_LETTERS = "abcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûœABCDEFGHIJKLMNOPQRSTUVWXYZÀÂÇÉÈÊËÎÏÔÙÛŒ"
_texts: "OrderedDict[tuple[str, int, int | str], Texture | None]" = OrderedDict()
_widths: dict[tuple[str, int, int | str], int] = {}

Corners = tuple[bool, bool, bool, bool]  # top left, top right, bottom right, bottom left
ALL: Corners = (True, True, True, True)


@lru_cache(maxsize=64)
def _label(size: int, weight: int | str) -> CoreLabel:
    """Draws all texts of one font and size; making one costs as much as drawing a word with it."""
    label = CoreLabel(font_size=size, font_name=FONTS[weight], color=(1, 1, 1, 1), font_hinting=None)
    label.resolve_font_name()
    return label


def _raster(text: str, size: int, weight: int | str) -> Texture:
    """One line of text. Kivy's own way lays it out twice, once to measure and once to draw: double the time."""
    label = _label(size, weight)
    width, height = label.get_extents(text)
    label._size = (max(width, 2), height)
    label._render_begin()
    label._render_text(text, 0, 0)
    texture = Texture.create(size=label._size)
    texture.flip_vertical()
    texture.blit_data(label._render_end())
    return texture


def text_texture(text: str, px: float, weight: int | str) -> Texture | None:
    """One line of white text at `px` device-independent pixels, or None for nothing to draw."""
    size = max(1, round(px * theme.density))
    key = (text, size, weight)
    if key in _texts:
        _texts.move_to_end(key)
        return _texts[key]
    texture = None
    if text.strip():
        texture = _raster(text, size, weight)
        texture.mag_filter = texture.min_filter = "linear" if theme.density != 1 else "nearest"
    _texts[key] = texture
    if len(_texts) > _TEXTURES_KEPT:
        _texts.popitem(last=False)
    return texture


def text_width(text: str, px: float, weight: int | str) -> float:
    """Width of one line of text in logical pixels."""
    key = (text, max(1, round(px * theme.density)), weight)
    if key not in _widths:
        if len(_widths) >= _WIDTHS_KEPT:
            _widths.clear()
        _widths[key] = int(_label(key[1], weight).get_extents(text)[0])
    return _widths[key] / theme.density


@lru_cache(maxsize=64)
def _ascent(size: int, weight: int | str) -> int:
    label = _label(size, weight)
    label.get_extents("H")
    return int(label.get_ascent())


def rise(px: float, line_height: float, weight: int | str) -> float:
    """How far below the top of its line box a text's texture begins, so that its baseline stands where CSS puts it.

    Inter's ascent is 0.96875 em and its descent 0.2415 em; a browser rounds both and halves what is left of the line.
    """
    if isinstance(weight, str):
        return (line_height - px) / 2
    up, down = round(px * 0.96875), round(px * 0.2415)
    baseline = up + (line_height - up - down) // 2
    return baseline - _ascent(max(1, round(px * theme.density)), weight) / theme.density


def wrap(text: str, px: float, weight: int | str, width: float, max_lines: int = 0) -> list[str]:
    """Breaks text at spaces, soft hyphens and after hyphens so that each line fits; words are never cut, but for the
    last of `max_lines`, which ends in "…" where text is left out."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            shown = (line + piece).replace("\u00ad", "").rstrip(" ")
            if line and text_width(shown, px, weight) > width + 0.5:
                lines.append(_close(line))
                line = piece.lstrip(" ")
            else:
                line += piece
        lines.append(_close(line, last=True))
    return _cut(lines, px, weight, width, max_lines) if max_lines else lines


def _cut(lines: list[str], px: float, weight: int | str, width: float, max_lines: int) -> list[str]:
    """At most so many lines; the last says that something is missing."""
    kept = lines[:max_lines]
    if len(lines) > max_lines:
        last, more = kept[-1], lines[max_lines]
        kept[-1] = shorten(f"{last} {more}", px, weight, width)
        if not kept[-1].endswith("…"):  # the rest of a paragraph below this one
            kept[-1] = shorten(f"{last} {more}…", px, weight, width)
    elif max_lines == 1:
        kept[-1] = shorten(kept[-1], px, weight, width)
    return kept


def shorten(name: str, px: float, weight: int | str, width: float) -> str:
    """A product's name that fits, ended by "…" when it is cut; at least its first letter."""
    short = name
    while len(short) > 1 and text_width(short + ("" if short == name else "…"), px, weight) > width:
        short = short[:-1]
    return name if short == name else short.rstrip(" ,-·") + "…"


def _breaks(text: str, hyphen: int) -> bool:
    """Whether a line may end at this hyphen: "Jambon-" may, "mettez-" without its "la" may not."""
    rest = text[hyphen + 1 :]
    return len(rest) - len(rest.lstrip(_LETTERS)) > _CLITIC


def _pieces(text: str) -> list[str]:
    pieces, start = [], 0
    for i, char in enumerate(text):
        if char == "\u00ad" or (char == "-" and _breaks(text, i)) or (char == " " and i > start):
            end = i + 1 if char != " " else i
            pieces.append(text[start:end])
            start = end
    pieces.append(text[start:])
    return [piece for piece in pieces if piece]


def _close(line: str, last: bool = False) -> str:
    end = "-" if line.endswith("\u00ad") and not last else ""
    return line.rstrip(" ").replace("\u00ad", "") + end


@lru_cache(maxsize=256)
def _coverage(radius: int) -> tuple[bytes, ...]:
    """Rows (from the corner inwards) of the share of each pixel inside a quarter disc, 4 x 4 samples a pixel."""
    rows = []
    steps = 4
    for y in range(radius):
        row = bytearray()
        for x in range(radius):
            inside = sum(
                (radius - x - (i + 0.5) / steps) ** 2 + (radius - y - (j + 0.5) / steps) ** 2 <= radius * radius
                for i in range(steps)
                for j in range(steps)
            )
            row.append(round(255 * inside / (steps * steps)))
        rows.append(bytes(row))
    return tuple(rows)


@lru_cache(maxsize=256)
def rounded_texture(radius: int, corners: Corners = ALL) -> Texture:
    """A white square of side 2 x radius + 2 with the asked corners rounded, to be stretched by its middle."""
    side = 2 * radius + 2
    quarter = _coverage(radius)
    alpha = [bytearray(b"\xff" * side) for _ in range(side)]  # row 0 is the top
    top_left, top_right, bottom_right, bottom_left = corners
    for y, row in enumerate(quarter):
        if top_left:
            alpha[y][:radius] = row
        if top_right:
            alpha[y][side - radius :] = row[::-1]
        if bottom_left:
            alpha[side - 1 - y][:radius] = row
        if bottom_right:
            alpha[side - 1 - y][side - radius :] = row[::-1]
    pixels = bytearray()
    for line in reversed(alpha):  # texture rows go upwards
        for a in line:
            pixels += bytes((255, 255, 255, a))
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
    texture.mag_filter = texture.min_filter = "nearest"  # corners stand on whole pixels; a quarter of the shading
    return texture


_DASH, _DASH_GAP, _DASH_WIDTH, _DASH_RADIUS = 6, 4, 2, 12  # px
_CORNER_STEPS = 6


def dashes(x: float, y: float, width: float, height: float) -> tuple[list[float], list[int]]:
    """Vertices (x, y, u, v) and indices of a dashed border just inside a rounded rectangle, as triangles."""
    path = _border_path(x, y, max(width, 2 * _DASH_RADIUS + 1), max(height, 2 * _DASH_RADIUS + 1))
    sides = list(itertools.pairwise(path))
    lengths = [math.dist(a, b) for a, b in sides]
    total = sum(lengths)
    count = max(1, round(total / (_DASH + _DASH_GAP)))
    vertices: list[float] = []
    indices: list[int] = []
    at = 0.0
    for ((ax, ay), (bx, by)), length in zip(sides, lengths, strict=True):
        across = (by - ay) / length * _DASH_WIDTH / 2, (ax - bx) / length * _DASH_WIDTH / 2
        for begin, end in _dashed_parts(at, at + length, total / count):
            corner = len(vertices) // 4
            for place in ((begin - at) / length, (end - at) / length):
                px, py = ax + (bx - ax) * place, ay + (by - ay) * place
                vertices += [px + across[0], py + across[1], 0, 0, px - across[0], py - across[1], 0, 0]
            indices += [corner, corner + 1, corner + 2, corner + 1, corner + 2, corner + 3]
        at += length
    return vertices, indices


def _dashed_parts(begin: float, end: float, period: float) -> list[tuple[float, float]]:
    """The stretches of a path from `begin` to `end` that a dash covers."""
    parts = []
    for i in range(int(begin // period), int(end // period) + 1):
        low, high = max(begin, i * period), min(end, i * period + _DASH)
        if high > low:
            parts.append((low, high))
    return parts


def _border_path(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    """The middle of the border as a closed line, from the lower left corner anticlockwise."""
    inset = _DASH_WIDTH / 2
    radius = _DASH_RADIUS - inset
    corners = ((x, y, 180), (x + width, y, 270), (x + width, y + height, 0), (x, y + height, 90))
    path = []
    for cx, cy, angle in corners:
        mx = cx + (inset + radius) * (1 if cx == x else -1)
        my = cy + (inset + radius) * (1 if cy == y else -1)
        for step in range(_CORNER_STEPS + 1):
            turn = math.radians(angle + 90 * step / _CORNER_STEPS)
            path.append((mx + radius * math.cos(turn), my + radius * math.sin(turn)))
    return [*path, path[0]]
