"""Text that came from outside, made safe to keep, show and print."""

from __future__ import annotations

import unicodedata


def clean(text: str, length_max: int) -> str:
    """The text without control, format, private and unassigned characters (Unicode categories C*), spaces single,
    composed (NFC), at most `length_max` characters."""
    kept = "".join(char if not unicodedata.category(char).startswith("C") else " " for char in text)
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:length_max]
