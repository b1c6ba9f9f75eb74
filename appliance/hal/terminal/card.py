"""Keeps card numbers out of everything that is stored, shown or logged. Pure."""

import re

from appliance.hal.device import RECEIPT_LINES_MAX

_LINE_CHARS_MAX = 64
_RUN = re.compile(r"(?<![0-9])[0-9](?:[ \-.]?[0-9]){11,18}(?![0-9])")
_MASKED = re.compile(r"[*xX#•.\-]\s*([0-9]{1,4})$")


def last_digits_of(number: str | None) -> str | None:
    """The visible end of a number that the terminal masked; None when it is not masked: then we do not want it."""
    found = _MASKED.search(number.strip()) if number else None
    digits = re.sub("[^0-9]", "", number or "")
    if found is None or len(digits) > 10:  # first six and last four are the most a masked number may show (PCI DSS 3.4)
        return None
    return found.group(1)


def is_card_number(digits: str) -> bool:
    """12 to 19 digits with a right check digit (ISO/IEC 7812-1, Luhn)."""
    if not 12 <= len(digits) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def without_card_numbers(text: str) -> str:
    """Stars instead of every digit but the last four of what may be a card number."""
    return _RUN.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    run = found.group()
    digits = re.sub("[^0-9]", "", run)
    return f"{'*' * (len(digits) - 4)}{digits[-4:]}" if is_card_number(digits) else run


def plain(text: str | None, chars_max: int = _LINE_CHARS_MAX) -> str | None:
    """A word of the terminal fit to be stored: printable, short, no card number; None when nothing is left."""
    if not text:
        return None
    shown = "".join(character for character in text[: 4 * chars_max] if character.isprintable()).strip()
    return without_card_numbers(shown)[:chars_max] or None


def receipt_lines(lines: list[str]) -> tuple[str, ...]:
    """The terminal's receipt fit to be printed and stored."""
    return tuple(plain(line) or "" for line in lines[:RECEIPT_LINES_MAX])
