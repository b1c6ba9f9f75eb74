"""The words of Star's two languages, by the names of the *StarPRNT* and *Star Line Mode command manuals*.

Both share everything here but the pictures: StarPRNT sends them whole (ESC GS S), Star Line Mode in slices of 24 rows
(ESC k). A Star printer counts the ETB bytes it has printed past, and tells the count with each status: that is the
completion barrier.
"""

from appliance.hal.device import Align, BarcodeKind
from appliance.hal.escpos.picture import Picture
from appliance.hal.escpos.profile import Profile
from appliance.hal.escpos.status import Answer, Changed, Counted, Status

_BOLD, _TALL, _WIDE = 0x08, 0x10, 0x20
_STYLES = [
    (b"\x1bE" if style & _BOLD else b"\x1bF") + bytes((0x1B, 0x69, bool(style & _TALL), bool(style & _WIDE)))
    for style in range(0x40)
]
_ALIGN = {Align.LEFT: b"\x1b\x1da\x00", Align.CENTER: b"\x1b\x1da\x01", Align.RIGHT: b"\x1b\x1da\x02"}
_SLICE_ROWS = 24


class Star:
    """StarPRNT or Star Line Mode for one profile. Keeps nothing."""

    questions = (1,)

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.page = b"\x1b\x1dt" + bytes((profile.page,))
        self.begin = _STYLES[0] + _ALIGN[Align.LEFT] + self.page

    # --- paper --------------------------------------------------------------------------------------------------

    def style(self, style: int) -> bytes:
        """ESC E or ESC F, and ESC i with height and width."""
        return _STYLES[style]

    def align(self, align: Align) -> bytes:
        return _ALIGN[align]

    def bars(self, kind: BarcodeKind, text: str, dot: int) -> bytes:
        """ESC b, ended by RS: text below, modules of 2 or 3 dots, 80 dots high."""
        symbology = b"3" if kind is BarcodeKind.EAN13 else b"6"
        content = text.replace("%", "%0").encode("ascii")
        return b"\x1bb" + symbology + b"2" + (b"2" if dot > 2 else b"1") + b"\x50" + content + b"\x1e"

    def code128_modules(self, text: str) -> int:
        """How wide the bars are when the printer takes code set B throughout."""
        return 11 * len(text) + 35

    def qr(self, content: bytes, dot: int) -> bytes:
        """ESC GS y: model 2, level M, cell size, store, print."""
        size, length = bytes((min(8, dot),)), len(content).to_bytes(2, "little")
        head = b"\x1b\x1dyS0\x02\x1b\x1dyS1\x01\x1b\x1dyS2" + size
        return head + b"\x1b\x1dyD1\x00" + length + content + b"\x1b\x1dyP\n"

    def picture(self, picture: Picture) -> bytes:
        return self._slices(picture) if self._profile.dialect == "starline" else self._whole(picture)

    def _whole(self, picture: Picture) -> bytes:
        """ESC GS S 1: one bit per dot."""
        rows, wide, step = picture.rows, picture.row_bytes, self._profile.band_rows
        parts = []
        for top in range(0, picture.height, step):
            band = rows[top * wide : (top + step) * wide]
            height = len(band) // wide
            parts.append(b"\x1b\x1dS\x01" + wide.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\x00" + band)
        return b"".join(parts)

    def _slices(self, picture: Picture) -> bytes:
        """ESC k: 24 rows at a time, lines 24 dots apart (ESC 0), after the last one 32 again (ESC z 1)."""
        wide = picture.row_bytes
        size = wide * _SLICE_ROWS
        rows = picture.rows.rstrip(b"\0") or b"\0"
        parts = [b"\x1b0"]
        for at in range(0, len(rows), size):
            if at + size >= len(rows):
                parts.append(b"\x1bz\x01")
            parts.append(b"\x1bk" + wide.to_bytes(2, "little") + rows[at : at + size].ljust(size, b"\0") + b"\n")
        return b"".join(parts)

    def feed(self, lines: int) -> bytes:
        return bytes((0x1B, 0x61, min(127, lines)))  # ESC a

    def cut(self) -> bytes:
        """ESC d: feed to the knife and cut."""
        return {"partial": b"\x1bd\x03", "full": b"\x1bd\x02", "none": b"\x1ba\x05"}[self._profile.cutter]

    # --- talk ---------------------------------------------------------------------------------------------------

    def flush(self, count: int) -> bytes:
        """Ends a command that a lost link cut short: zeros for its data, RS for a bar code."""
        return bytes(count) + b"\x1e" if count else b""

    def initialise(self) -> bytes:
        return b"\x1b@" + self.page

    def report_changes(self) -> bytes:
        """ESC RS a 1: automatic status; ESC ACK SOH: and once now."""
        return b"\x1b\x1ea\x01\x1b\x06\x01"

    def ask_names(self) -> bytes:
        return b""

    def ask_now(self, number: int) -> bytes:
        """ESC ACK SOH: real-time status."""
        return b"\x1b\x06\x01"

    def probe(self, base: int) -> bytes:
        """ESC RS E 0 and ETB: set the count to a number of our own, so that an older session's is not taken for it."""
        return b"\x1b\x1eE\x00" + b"\x17" * base

    def barrier(self, token: bytes) -> bytes:
        """ETB: counted when all before it is printed."""
        return b"\x17"

    def pulse(self, pin: int, on_ms: int) -> bytes:
        """ESC BEL sets the time of the first drawer, in 10 ms units; BEL opens it, SUB the second one."""
        on = min(127, max(1, on_ms // 10))
        return b"\x1a" if pin == 5 else bytes((0x1B, 0x07, on, min(127, 2 * on), 0x07))

    def pulse_now(self, pin: int, on_ms: int) -> bytes:
        """FS and EM: at once, past whatever waits."""
        return b"\x19" if pin == 5 else b"\x1c"

    def parser(self) -> "StarParser":
        return StarParser()


class StarParser:
    """Automatic status, bytes split anywhere in, answers out; garbage never raises.

    First byte 0xx0xxx1 with the length in bits 1-3 and 5-6, then bytes with bits 0 and 4 clear; the second says the
    version (bit 7 set), the others are state.
    """

    def __init__(self) -> None:
        self._block = bytearray()

    def feed(self, received: bytes) -> list[Answer]:
        answers: list[Answer] = []
        for byte in received:
            if byte & 0x91 == 0x01:
                self._block = bytearray((byte,))
            elif self._block and byte & 0x11 == 0:
                self._block.append(byte)
                if len(self._block) == _length(self._block[0]):
                    answers += _answers(bytes(self._block))
                    self._block.clear()
            else:
                self._block.clear()
        return answers


def _length(first: int) -> int:
    return (first >> 2 & 0x18) | (first >> 1 & 0x07)


def _answers(block: bytes) -> list[Answer]:
    if len(block) < 7:
        return []
    state, error, other, sensor = block[2], block[3], block[4], block[5]
    status = Status(
        offline=bool(state & 0x08),
        cover_open=bool(state & 0x20),
        pin_high=bool(state & 0x04),
        recovering=bool(error & 0x40),
        broken=bool(error & 0x20),
        cutter=bool(error & 0x08) or bool(other & 0x08),
        paper_out=bool(sensor & 0x08),
        paper_low=bool(sensor & 0x06),
    )
    count = block[7] if len(block) > 7 else 0
    return [Changed(status), Counted((count >> 2 & 0x18) | (count >> 1 & 0x07))]
