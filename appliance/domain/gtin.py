"""Trade item numbers: lengths, check digits, and the one spelling behind EAN-8, UPC-E, UPC-A, EAN-13 and GTIN-14.

GS1 General Specifications, section 7.9 (check digits) and 3.3.2 (a GTIN is right-justified in 14 digits).
"""

from __future__ import annotations

from typing import Final

GTIN_LENGTHS: Final = frozenset((8, 12, 13, 14))


def is_digits(text: str) -> bool:
    """Nothing but 0 to 9: `str.isdigit` alone takes digits of every script."""
    return text.isascii() and text.isdigit()


def canonical_code(code: str) -> str:
    """One spelling for all spellings of a GTIN; any other code as it is.

    >>> canonical_code("0036000291452") == canonical_code("036000291452")
    True
    >>> canonical_code("0101")
    '0101'
    """
    if len(code) in GTIN_LENGTHS and code.isascii() and code.isdigit():
        return code.lstrip("0").zfill(8)
    return code


def check_digit(body: str) -> str:
    """Check digit of a GTIN without it (GS1 General Specifications, section 7.9): weights 3, 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def is_gtin(code: str) -> bool:
    """Whether the code has the length and the check digit of an EAN-8, UPC-A, EAN-13 or GTIN-14."""
    return len(code) in GTIN_LENGTHS and is_digits(code) and check_digit(code[:-1]) == code[-1]


def expand_upc_e(code: str) -> str:
    """The UPC-A that eight digits of a UPC-E stand for; "" when they are none (GenSpecs section 5.2.2.4.2).

    >>> expand_upc_e("04252614")
    '042100005264'
    """
    if len(code) != 8 or not is_digits(code) or code[0] not in "01":
        return ""
    system, body, check = code[0], code[1:7], code[7]
    last = body[5]
    if last in "012":
        middle = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        middle = body[:3] + "00000" + body[3:5]
    elif last == "4":
        middle = body[:4] + "00000" + body[4]
    else:
        middle = body[:5] + "0000" + last
    full = system + middle
    return full + check if check_digit(full) == check else ""


_TWO_MINUS: Final = "0246891357"
_THREE: Final = "0369258147"
_FIVE_PLUS: Final = "0516273849"
_FIVE_MINUS: Final = "0594837261"
"""Weighted products of a digit, GenSpecs figure 7.9.2-1: for example 2- of 6 is 12 - 1 = 11, written 1."""


def price_check_digit(value: str) -> str:
    """Check digit inside a price or weight field of four or five digits (GenSpecs sections 7.9.3 and 7.9.4).

    ValueError for any other length.

    >>> price_check_digit("2875"), price_check_digit("14685")
    ('9', '6')
    """
    if len(value) == 4:
        weights = (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS)
        return str(sum(int(row[int(digit)]) for row, digit in zip(weights, value, strict=True)) * 3 % 10)
    if len(value) == 5:
        rows = (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS)
        total = sum(int(row[int(digit)]) for row, digit in zip(rows, value, strict=True))
        return str(_FIVE_MINUS.index(str(-total % 10)))
    raise ValueError("a price check digit stands for four or five digits")
