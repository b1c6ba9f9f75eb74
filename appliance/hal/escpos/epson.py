"""The words of ESC/POS, by the names of Epson's *ESC/POS Command Reference*.

Hides every byte value of the language; what to say with them is `encoder` (paper) and `driver` (talk).
"""

import re

from appliance.hal.device import Align, BarcodeKind
from appliance.hal.escpos.picture import Picture
from appliance.hal.escpos.profile import Profile
from appliance.hal.escpos.status import StatusParser

BOLD, TALL, WIDE = 0x08, 0x10, 0x20
_STYLES = [bytes((0x1B, 0x21, style)) for style in range(0x40)]  # ESC !
_ALIGN = {Align.LEFT: b"\x1ba\x00", Align.CENTER: b"\x1ba\x01", Align.RIGHT: b"\x1ba\x02"}
_BARS_SET_UP = b"\x1dh\x50\x1dH\x02"  # 80 dots high, text below
_NOW = re.compile(rb"\x10(?=[\x04\x05\x14])")
TOKEN_DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Epson:
    """ESC/POS for one profile. Keeps nothing."""

    questions = (1, 2, 3, 4)
    """Numbers of the real-time questions that make a whole status."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.page = b"\x1bt" + bytes((profile.page,))
        self.begin = _STYLES[0] + _ALIGN[Align.LEFT] + self.page
        """Before each job: the normal style at the left edge, on the pinned page, whatever came before."""

    # --- paper --------------------------------------------------------------------------------------------------

    def style(self, style: int) -> bytes:
        return _STYLES[style]

    def align(self, align: Align) -> bytes:
        return _ALIGN[align]

    def bars(self, kind: BarcodeKind, text: str, dot: int) -> bytes:
        if kind is BarcodeKind.EAN13:
            command, content = 67, text.encode("ascii")
        else:
            command, content = 73, self._code128(text)
        return _BARS_SET_UP + bytes((0x1D, 0x77, dot, 0x1D, 0x6B, command, len(content))) + content + b"\n"

    def code128_modules(self, text: str) -> int:
        """How wide the bars are: start, check and stop, and 11 for each symbol."""
        head, digits = self._split128(text)
        return 11 * (len(head) + len(digits) // 2 + (1 if digits else 0)) + 35

    def _split128(self, text: str) -> tuple[str, str]:
        """What is said in code set B, and the digits at the end that code set C says in half the width.

        Only where B alone is too wide: a code cut short in B ends in characters that no code has, in C in zeros.
        """
        digits = text[len(text.rstrip("0123456789")) :]
        digits = digits[len(digits) % 2 :]
        fits = 2 * (11 * len(text) + 35) <= self._profile.dots
        if fits or len(digits) < 4 or _NOW.search(_pairs(digits)):
            digits = ""
        return text[: len(text) - len(digits)], digits

    def _code128(self, text: str) -> bytes:
        head, digits = self._split128(text)
        said = b"{B" + head.replace("{", "{{").encode("ascii") if head else b""
        return said + (b"{C" + _pairs(digits) if digits else b"")

    def qr(self, content: bytes, dot: int) -> bytes:
        """GS ( k: model 2 (165), module size (167), level M (169), store (180), print (181)."""
        length = (len(content) + 3).to_bytes(2, "little")
        return (
            b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C" + bytes((dot,)) + b"\x1d(k\x03\x001E1"
            b"\x1d(k" + length + b"1P0" + content + b"\x1d(k\x03\x001Q0\n"
        )

    def picture(self, picture: Picture) -> bytes:
        """GS v 0, in bands that the printer's buffer takes."""
        rows, wide, step = without_real_time(picture.rows), picture.row_bytes, self._profile.band_rows
        parts = []
        for top in range(0, picture.height, step):
            band = rows[top * wide : (top + step) * wide]
            height = len(band) // wide
            parts.append(b"\x1dv0\x00" + wide.to_bytes(2, "little") + height.to_bytes(2, "little") + band)
        return b"".join(parts)

    def feed(self, lines: int) -> bytes:
        return bytes((0x1B, 0x64, lines))  # ESC d

    def cut(self) -> bytes:
        """GS V: feed to the knife and cut; where there is no knife, feed past the edge for tearing."""
        return {"partial": b"\x1dV\x42\x00", "full": b"\x1dV\x41\x00", "none": b"\x1bd\x05"}[self._profile.cutter]

    # --- a logo kept in the printer (GS ( L) ------------------------------------------------------------------------

    def store_logo(self, key: bytes, picture: Picture) -> bytes:
        """Function 67: into the printer's memory under two characters. Wears it out: only when it is not there."""
        rows = picture.rows
        while (length := len(rows) + 11) & 0xFFFF in (0x0410, 0x0510, 0x1410):
            rows += bytes(picture.row_bytes)
        width, height = picture.row_bytes * 8, len(rows) // picture.row_bytes
        size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
        head = b"\x1d(L" + length.to_bytes(2, "little") + b"0C0" + key + b"\x01" + size + b"1"
        return head + without_real_time(rows)

    def print_logo(self, key: bytes) -> bytes:
        """Function 69: what is kept under a key, in its own size."""
        return b"\x1d(L\x06\x000E" + key + b"\x01\x01"

    ask_logos = b"\x1d(L\x04\x000@KC"
    """Function 64: which keys are taken?"""

    # --- talk ---------------------------------------------------------------------------------------------------

    def flush(self, count: int) -> bytes:
        """Ends a command that a lost link cut short: zeros for the data it still waits for. Alone they do nothing."""
        return bytes(count)

    def initialise(self) -> bytes:
        """ESC @ and the code page: after every reset and on every new link."""
        return b"\x1b@" + self.page

    def report_changes(self) -> bytes:
        """GS a 255: the status on every change, and once now."""
        return b"\x1da\xff"

    def ask_names(self) -> bytes:
        """GS I 66, 67, 68: maker, model, serial number."""
        return b"\x1dI\x42\x1dI\x43\x1dI\x44"

    def ask_now(self, number: int) -> bytes:
        """DLE EOT n: real-time status, 1 to 4."""
        return bytes((0x10, 0x04, number))

    def probe(self, base: int) -> bytes:
        """Something that only a printer with process ids answers."""
        return process_id(b"HELO")

    def barrier(self, token: bytes) -> bytes:
        """What is answered when all before it is printed; without a token GS r 1, answered in its turn."""
        return process_id(token) if token else b"\x1dr\x01"

    def pulse(self, pin: int, on_ms: int) -> bytes:
        """ESC p: open the drawer in order with the print data. Off time twice the on time, 2 ms units."""
        on = min(255, max(1, on_ms // 2))
        return bytes((0x1B, 0x70, pin == 5, on, min(255, on * 2)))

    def pulse_now(self, pin: int, on_ms: int) -> bytes:
        """DLE DC4 1: open the drawer at once, past whatever waits. Units of 100 ms, 1 to 8."""
        return bytes((0x10, 0x14, 1, pin == 5, min(8, max(1, on_ms // 100))))

    def parser(self) -> StatusParser:
        return StatusParser()


def _pairs(digits: str) -> bytes:
    return bytes(int(digits[at : at + 2]) for at in range(0, len(digits), 2))


def without_real_time(rows: bytes) -> bytes:
    """Printers look for real-time commands (DLE EOT, DLE ENQ, DLE DC4) in pictures too, and one of them opens the
    drawer. Where the dots would spell one, a single dot more is printed."""
    return _NOW.sub(b"\x18", rows)


def process_id(token: bytes) -> bytes:
    """GS ( H function 48: the printer sends the four characters back when all before them is printed."""
    if len(token) != 4 or not token.isalnum():
        raise ValueError("a process id is four letters or digits")
    return b"\x1d(H\x06\x0000" + token


def token_of(job_id: int) -> bytes:
    """Four characters for a job: unique among 1.6 million neighbours."""
    return bytes(TOKEN_DIGITS[job_id // 36**place % 36] for place in (3, 2, 1, 0))
