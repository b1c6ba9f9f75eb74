"""AIM identifiers (ISO/IEC 15424): `]`, a letter for the kind of code, a modifier. Pure."""

import re

KINDS = {
    "A": "Code 39",
    "B": "Telepen",
    "C": "Code 128",
    "D": "Code One",
    "E": "EAN/UPC",
    "F": "Codabar",
    "G": "Code 93",
    "H": "Code 11",
    "I": "ITF",
    "K": "Code 16K",
    "L": "PDF417",
    "M": "MSI",
    "N": "Anker",
    "O": "Codablock",
    "P": "Plessey",
    "Q": "QR",
    "R": "2 of 5",
    "S": "2 of 5",
    "T": "Code 49",
    "U": "MaxiCode",
    "X": "other",
    "Z": "no bar code",
    "c": "Channel Code",
    "d": "Data Matrix",
    "e": "GS1 DataBar",
    "g": "Grid Matrix",
    "h": "Han Xin",
    "o": "OCR",
    "p": "PosiCode",
    "s": "SuperCode",
    "z": "Aztec",
}
"""Code letter to the kind's name, as printed on the scanner's box."""
_NAMES = {
    "C1": "GS1-128",
    "E0": "EAN-13",
    "E3": "EAN-13 + 2/5",
    "E4": "EAN-8",
    "Q3": "GS1 QR",
    "d2": "GS1 Data Matrix",
    "z3": "GS1 Aztec",
}
_IDENTIFIER = re.compile(rf"\]([{''.join(KINDS)}][0-9A-Za-z])")


def split_aim(text: str) -> tuple[str | None, str]:
    """Identifier without `]`, such as `E0`, and what follows it; None when the text begins with none. Taken off once:
    a second one belongs to the code."""
    found = _IDENTIFIER.match(text)
    return (found[1], text[3:]) if found else (None, text)


def name_of(symbology: str | None) -> str | None:
    """What a technician calls it: `EAN-13` for `E0`; None for what is not known."""
    return None if symbology is None else _NAMES.get(symbology) or KINDS.get(symbology[:1])
