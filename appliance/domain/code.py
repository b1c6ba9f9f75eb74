"""What a code says by itself: AIM identifier, GTIN family, in-store labels, GS1 element strings, GS1 Digital Link.

`read` is pure and never raises, whatever was scanned. It asks no catalogue: it answers with keys to look up, best one
first, and with the weight, price, count, lot and date that the code carries. What the code stands for in this shop is
decided in `domain.meaning`.

The form is decided by the symbology when the scanner tells it, else by the form of the text, in this order: a web
address; a text with separators, or one that begins with 01 and a right GTIN-14 and goes on; digits with a right check
digit; the shop's patterns; anything else as it stands. So a number of 8 to 14 digits is never read as a GS1 message
unless its symbology says that it is one: 96385074 is an EAN-8 and not "AI 96".

GS1 texts are taken apart by biip, which is imported when the first one comes: a till that never meets one never loads
it (100 ms and some megabytes).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from appliance.domain.code_rule import CodeRule, Match
from appliance.domain.gtin import check_digit, expand_upc_e, is_digits, is_gtin
from appliance.domain.money import half_away

GS: Final = "\x1d"
"""Separator of GS1 fields: how scanners send FNC1."""
CODE_MAX: Final = 512
BATCH_MAX: Final = 20

Form = Literal["plain", "gtin", "in_store", "gs1", "link"]

GS1_CARRIERS: Final = frozenset(("C1", "e0", "e1", "e2", "e3", "d2", "Q3", "J1"))
"""AIM identifiers of symbols whose text is a GS1 message by definition (ISO/IEC 15424)."""
EAN_CARRIERS: Final = frozenset(("E0", "E1", "E2", "E3", "E4"))
SYMBOLOGIES: Final[dict[str, str]] = {
    "E0": "EAN-13, UPC", "E3": "EAN-13 + 2/5", "E4": "EAN-8", "C0": "Code 128", "C1": "GS1-128", "I0": "ITF",
    "I1": "ITF-14", "A0": "Code 39", "d1": "DataMatrix", "d2": "GS1 DataMatrix", "Q1": "QR", "Q3": "GS1 QR",
    "e0": "GS1 DataBar", "J1": "GS1 DotCode",
}  # fmt: skip
"""Names for people; an identifier that is not here is shown as it is."""
_BOOKLAND: Final = ("977", "978", "979")
"""Newspapers and books (ISSN, ISBN): only these have digits beside their code in a shop."""
_AIM: Final = re.compile(r"\]([A-Za-z][0-9A-Za-z])")


class Reading(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a code says."""

    text: str
    """Without its AIM identifier and without separators at its ends."""
    symbology: str = ""
    """AIM identifier without `]`; "" when nobody told."""
    form: Form = "plain"
    keys: tuple[str, ...] = ()
    """What to look up in the catalogue, in this order."""
    rule: str = ""
    """Name of the in-store rule that won."""
    is_rule_unproved: bool = False
    """That rule is still to be compared with the scale's labels."""
    weight_milli: int | None = None
    """Grams."""
    count: int | None = None
    """Pieces."""
    price_minor: int | None = None
    """What the label asks for all of it."""
    currency: str = ""
    """ISO 4217 number of that price; "" for the shop's own."""
    batch: str = ""
    expires: str = ""
    """Last day of use, ISO 8601 (AI 17)."""
    elements: tuple[tuple[str, str], ...] = ()
    """GS1 fields: application identifier and its digits, in order."""
    fault: str = ""
    """Message id of what forbids to sell by this code; "" when nothing does."""


def split_aim(text: str, symbology: str | None = None) -> tuple[str, str]:
    """Text and AIM identifier, the identifier taken off exactly once: a scanner's driver may have done it already.

    >>> split_aim("]E07610807072341"), split_aim("]C1", "Q1")
    (('7610807072341', 'E0'), (']C1', 'Q1'))
    """
    if symbology:
        return text, symbology
    found = _AIM.match(text)
    return (text[3:], found[1]) if found else (text, "")


def read(text: str, symbology: str | None = None, rules: Sequence[CodeRule] = (), today: str = "") -> Reading:
    """What a code says. `today`: the shop's business day, ISO 8601, which gives a two-digit year its century."""
    text, aim = split_aim(text, symbology)
    text = text.strip().strip(GS)
    if aim in GS1_CARRIERS:
        return _gs1(text, aim, today)
    if text[:8].lower().startswith(("http://", "https://")):
        return _link(text, aim, today)
    if GS in text or text.startswith("(01)") or (aim not in EAN_CARRIERS and _begins_with_gtin(text)):
        return _gs1(text, aim, today)
    text = _without_issue(text, aim)
    for rule in rules:
        found = rule.match(text) or (rule.match("0" + text) if len(text) == 12 else None)
        if found is not None:
            return _in_store(text, aim, rule, found)
    return _number(text, aim)


def _begins_with_gtin(text: str) -> bool:
    """AI 01 with a right check digit, and as much as a GS1 message has: no other number of a till looks like this."""
    return len(text) >= 16 and text.startswith("01") and is_gtin(text[2:16])


def _without_issue(text: str, aim: str) -> str:
    """A newspaper's or a book's number without the two or five digits of its issue or price that stand beside it."""
    if len(text) not in (15, 18) or not is_digits(text) or not is_gtin(text[:13]):
        return text
    return text[:13] if aim in EAN_CARRIERS or text.startswith(_BOOKLAND) else text


# --- numbers --------------------------------------------------------------------------------------------------------


def _number(text: str, aim: str) -> Reading:
    """EAN-8, UPC-E, UPC-A, EAN-13, GTIN-14, or any other text as it is."""
    if not is_digits(text):
        return Reading(text, aim, keys=(text,) if text else ())
    upc = expand_upc_e(text)
    is_upc_e_only = bool(upc) and aim in EAN_CARRIERS and aim != "E4"
    keys = [text] if is_gtin(text) and not is_upc_e_only else []
    if upc and aim != "E4":
        keys.append(upc)
    if len(text) == 14 and keys and text[0] == "9":
        keys.append(_content(text))
    if keys:
        return Reading(text, aim, "gtin", tuple(keys))
    if len(text) == 13 and aim in ("", *EAN_CARRIERS):
        return Reading(text, aim, "gtin", (text,), fault="scan.check_digit")
    return Reading(text, aim, keys=(text,))


def _content(gtin14: str) -> str:
    """The EAN-13 inside a GTIN-14, its check digit made anew: goods of varying measure carry indicator 9 before it."""
    return gtin14[1:13] + check_digit(gtin14[1:13])


def _in_store(text: str, aim: str, rule: CodeRule, found: Match) -> Reading:
    keys = dict.fromkeys((found.article, found.article.lstrip("0"), found.zeroed, text))
    reading = Reading(
        text=text,
        symbology=aim,
        form="in_store",
        keys=tuple(key for key in keys if key),
        rule=rule.name,
        is_rule_unproved=rule.verify,
        weight_milli=found.milli if rule.kind == "weight" else None,
        count=found.milli // 1000 if rule.kind == "count" else None,
        price_minor=found.minor if rule.kind == "price" else None,
    )
    return _doubt(reading, "" if found.is_proved else "scan.value_check_digit")


def _doubt(reading: Reading, fault: str = "") -> Reading:
    """Nothing is sold at nothing: a label that says 0 was made before the goods lay on the scale."""
    if not fault and 0 in (reading.weight_milli, reading.count, reading.price_minor):
        fault = "scan.value_zero"
    return msgspec.structs.replace(reading, fault=fault) if fault else reading


# --- GS1 ------------------------------------------------------------------------------------------------------------


def _gs1(text: str, aim: str, today: str) -> Reading:
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    try:
        if text.startswith("("):
            message = GS1Message.parse_hri(text)
        else:
            message = GS1Message.parse(text)
        found = tuple((element.ai.ai, element.value) for element in message.element_strings)
    except (ParseError, ValueError):
        if is_gtin(text):  # a DataBar or a code 128 with a bare number, sent without its AI 01
            return _number(text, aim)
        return Reading(text, aim, "gs1", fault="scan.gs1_unreadable")
    return _elements(text, aim, "gs1", found, today)


def _link(text: str, aim: str, today: str) -> Reading:
    """A web address that names an article (GS1 Digital Link, URI syntax 1.5); any other address is unknown."""
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        link = GS1DigitalLinkURI.parse(text)
        found = tuple((element.ai.ai, element.value) for element in link.element_strings)
    except (ParseError, ValueError):
        return Reading(text, aim, keys=(text,))
    return _elements(text, aim, "link", found, today)


def _elements(text: str, aim: str, form: Form, found: tuple[tuple[str, str], ...], today: str) -> Reading:
    fields = dict(reversed(found))
    reading = Reading(text, aim, form, elements=found, batch=fields.get("10", "")[:BATCH_MAX])
    gtin = fields.get("01", "")
    if not gtin:
        return msgspec.structs.replace(reading, fault="scan.gs1_no_article")
    if not is_gtin(gtin):
        return msgspec.structs.replace(reading, fault="scan.check_digit")
    expires = _day(fields["17"], today) if "17" in fields else ""
    if expires is None:
        return msgspec.structs.replace(reading, fault="scan.gs1_unreadable")
    price_minor, currency = _price(fields)
    reading = msgspec.structs.replace(
        reading,
        keys=(gtin, _content(gtin)) if gtin[0] == "9" else (gtin,),
        weight_milli=_measure(fields, "310", 1000),
        count=int(fields["30"] or 0) if "30" in fields else None,
        price_minor=price_minor,
        currency=currency,
        expires=expires,
    )
    return _doubt(reading)


def _measure(fields: dict[str, str], ai: str, unit: int) -> int | None:
    """AI 310n and the like: the last digit of the identifier says how many decimals the value has."""
    for name, value in fields.items():
        if len(name) == 4 and name.startswith(ai):
            return half_away(int(value or 0) * unit, 10 ** int(name[3]))
    return None


def _price(fields: dict[str, str]) -> tuple[int | None, str]:
    """AI 392n, amount payable; AI 393n, the same with three digits of the currency before it."""
    price_minor = _measure(fields, "392", 100)
    if price_minor is not None:
        return price_minor, ""
    for name, value in fields.items():
        if len(name) == 4 and name.startswith("393"):
            return half_away(int(value[3:] or 0) * 100, 10 ** int(name[3])), value[:3]
    return None, ""


def _day(digits: str, today: str) -> str | None:
    """YYMMDD as an ISO day; day 00 is the last of its month (GenSpecs section 3.4.7). None when there is no such day.

    The century: 51 years ahead is the one before, 50 years back the next one (GenSpecs section 7.12).
    """
    from calendar import monthrange

    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    now = int(today[:4]) if today else 2000 + year
    year += now - now % 100
    year += -100 if year - now >= 51 else 100 if year - now <= -50 else 0
    if not 1 <= month <= 12 or day > monthrange(year, month)[1]:
        return None
    return f"{year:04d}-{month:02d}-{day or monthrange(year, month)[1]:02d}"
