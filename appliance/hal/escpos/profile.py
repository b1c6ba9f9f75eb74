"""What differs between receipt printers, as facts from `profiles.toml`. Named in the address: `...?profile=epson-80`.

Hides where the facts are kept; a new printer model is a new table there and no line of code.
"""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

_FILE = Path(__file__).with_name("profiles.toml")


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of printer. The head of `profiles.toml` says what each word means."""

    name: str
    dialect: Literal["escpos", "starprnt", "starline"]
    width_mm: int
    dots: int
    """Printable width, a multiple of 8."""
    columns: int
    """Characters on a line in font A."""
    page: int
    """Number that the printer knows the code page by."""
    codec: str
    """The same code page in Python."""
    status: Literal["asb", "poll", "none"]
    confirm: Literal["id", "in_order", "count", "none"]
    cutter: Literal["partial", "full", "none"]
    logo: Literal["nv", "picture"]
    qr: bool
    bars: bool
    band_rows: int
    """Rows of dots that one picture command may carry."""

    @property
    def answers(self) -> bool:
        """False for printers that never send a byte: what was sent is then assumed printed."""
        return self.status != "none"


def read_profiles(text: str) -> dict[str, Profile]:
    """Profiles by name. Raises msgspec.ValidationError for a fact that cannot be meant."""
    tables = tomllib.loads(text)
    defaults = tables.pop("defaults")
    return {name: msgspec.convert({**defaults, **table, "name": name}, Profile) for name, table in tables.items()}


PROFILES = read_profiles(_FILE.read_text(encoding="utf-8"))
