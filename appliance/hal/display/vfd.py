"""Two lines of text to the bytes of a 2x20 display. Hides the command language; refers to Epson's *DM-D110
Specification* by command name.

No text carries a command: what is shown is cleaned as the printer's text is, to printable bytes of one code page.
"""

from typing import Final

from msgspec import Struct

from appliance.hal.escpos.encoder import to_nearest

COLUMNS: Final = 20
_INITIALISE: Final = b"\x1b@"
_OVERWRITE: Final = b"\x1f\x01"
_NO_CURSOR: Final = b"\x1fC\x00"
_UPPER: Final = b"\x1f$\x01\x01"
_LOWER: Final = b"\x1f$\x01\x02"
_CONTROLS: Final = bytes(range(0x20)) + b"\x7f"


class Profile(Struct, frozen=True):
    page: int
    """Number that ESC t knows the code page by."""
    codec: str
    """The same code page in Python."""


PROFILES: Final = {
    "epson": Profile(16, "cp1252"),
    "pc858": Profile(19, "cp858"),
    "pc850": Profile(2, "cp850"),
}
"""`pc850` for displays that know only the pages 0 to 5."""


def set_up(profile: Profile) -> bytes:
    """Cleared, writing over what stands there, without a cursor, in the profile's code page."""
    return _INITIALISE + _OVERWRITE + _NO_CURSOR + b"\x1bt" + bytes((profile.page,))


def redraw(upper: str, lower: str, profile: Profile) -> bytes:
    """Both lines whole: 40 columns and two moves of the cursor."""
    return _UPPER + _line(upper, profile) + _LOWER + _line(lower, profile)


def _line(text: str, profile: Profile) -> bytes:
    shown = to_nearest(text, profile.codec).translate(None, _CONTROLS)
    return shown[:COLUMNS].ljust(COLUMNS)
