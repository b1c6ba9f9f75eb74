"""What differs between ESC/POS printers, as facts. Named in the address: `tcp://...?profile=epson-80`."""

from msgspec import Struct


class Profile(Struct, frozen=True):
    columns: int
    """Characters on a line in font A."""
    dots: int
    """Printable width at 203 dpi."""
    page: int
    """Number that ESC t knows the code page by."""
    codec: str
    """The same code page in Python."""
    answers: bool = True
    """False for printers that never send a byte: what was sent is then assumed printed."""


PROFILES = {
    "epson-80": Profile(48, 576, 16, "cp1252"),
    "epson-58": Profile(32, 384, 16, "cp1252"),
    "pc858-80": Profile(48, 576, 19, "cp858"),
    "pc858-58": Profile(32, 384, 19, "cp858"),
    "silent-80": Profile(48, 576, 16, "cp1252", answers=False),
    "silent-58": Profile(32, 384, 16, "cp1252", answers=False),
}
