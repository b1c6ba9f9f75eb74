"""In-store codes: a table of patterns that says which digits are the article and which its weight, price or count.

GS1 leaves the numbers 02 and 20 to 29 (and EAN-8 beginning with 2) to each country and each shop (General
Specifications, section 2.1.12). So they are data: every shop has its table, in order; the first rule that fits wins.

A pattern is written digit by digit:

    21.....{NNDDD}      21 as it stands, five digits of the article, then kilograms: two digits and three decimals
    0 to 9              this digit
    .                   a digit of the article number
    {NNDDD}             the value: N before, D after the decimal point
    C                   check digit of the value (GenSpecs section 7.9.3 and 7.9.4), proved
    ?                   a digit that says nothing here

A pattern of 12 (or 7) digits is followed by the check digit of an EAN-13 (EAN-8), which is proved; any other length is
the whole code.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from appliance.domain.gtin import check_digit, is_digits, is_gtin, price_check_digit
from appliance.domain.money import half_away

RuleKind = Literal["weight", "price", "count", "article"]
RULES_MAX: Final = 200
LENGTH_MIN: Final = 4
LENGTH_MAX: Final = 48
_DIGITS: Final = frozenset("0123456789")


class CodeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One row of the table. ValueError when the pattern makes no sense."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    """What the merchant calls it, such as "Balance fromage, poids"."""
    pattern: str
    kind: RuleKind
    verify: bool = False
    """Nobody has yet compared this rule with the labels of the scale that prints them."""

    def __post_init__(self) -> None:
        if not self.name.isprintable():  # it is shown in terminals, which obey control characters
            raise ValueError("the name of a code rule has a control character in it")
        parse_pattern(self.pattern, self.kind)

    def match(self, code: str) -> Match | None:
        """What the rule reads in a code; None when the code has another form or a wrong check digit of its own."""
        form = parse_pattern(self.pattern, self.kind)
        if len(code) != len(form.places) or not is_digits(code):
            return None
        if any(place != digit for place, digit in zip(form.places, code, strict=True) if place in _DIGITS):
            return None
        if form.has_check_digit and not is_gtin(code):
            return None
        article, value, inner = (_at(form.places, code, place) for place in ".VC")
        return Match(
            article=article,
            value=value,
            milli=_scaled(value, form.decimals, 1000),
            minor=_scaled(value, form.decimals, 100),
            is_proved=not inner or inner == price_check_digit(value),
            zeroed=_zeroed(form, code) if value else "",
        )


class Match(msgspec.Struct, frozen=True, gc=False):
    """What a rule found in a code."""

    article: str
    """Article number, with its leading zeros."""
    value: str
    """The digits of the value; "" for a rule without one."""
    milli: int
    """The value in thousandths: grams of a weight, a count of pieces times 1000."""
    minor: int
    """The value in hundredths: minor units of a price."""
    is_proved: bool
    """False when the check digit of the value is wrong."""
    zeroed: str
    """The code with its value 0 and its check digits made anew; "" without a value."""


class Form(msgspec.Struct, frozen=True, gc=False):
    """A pattern, place by place."""

    places: str
    """One letter a digit: itself, `.`, `V` for the value, `C`, `?`, and `K` for the check digit of the whole."""
    decimals: int

    @property
    def has_check_digit(self) -> bool:
        return self.places.endswith("K")


def _at(places: str, code: str, wanted: str) -> str:
    """The digits of a code that stand at one kind of place."""
    return "".join(digit for place, digit in zip(places, code, strict=True) if place == wanted)


def _zeroed(form: Form, code: str) -> str:
    """The same label for nothing: some shops keep it in their catalogue as the article's code."""
    inner = price_check_digit("0" * form.places.count("V")) if "C" in form.places else ""
    swap = {"V": "0", "C": inner, "K": ""}
    body = "".join(swap.get(place, digit) for place, digit in zip(form.places, code, strict=True))
    return body + check_digit(body) if form.has_check_digit else body


def _scaled(value: str, decimals: int, unit: int) -> int:
    """Digits with so many decimals, in whole parts of `unit`; what is finer is rounded half up."""
    return half_away(int(value) * unit, 10**decimals) if value else 0


@lru_cache(RULES_MAX)
def parse_pattern(pattern: str, kind: RuleKind) -> Form:
    """A pattern, place by place. ValueError says what is wrong with it."""
    head, opened, rest = pattern.partition("{")
    value, closed, tail = rest.partition("}")
    if bool(opened) != bool(closed) or set(head + tail) - _DIGITS - set(".C?"):
        raise ValueError(f"pattern {pattern!r}: digits, points, one {{NNDDD}}, C and ? are allowed")
    decimals = value.count("D")
    if value != "N" * (len(value) - decimals) + "D" * decimals or bool(value) != bool(opened):
        raise ValueError(f"pattern {pattern!r}: a value is written {{NNDDD}}, N before and D after the point")
    if bool(value) != (kind != "article"):
        raise ValueError(f"pattern {pattern!r}: a rule of kind {kind} has {0 if kind == 'article' else 1} value")
    if kind == "count" and decimals:
        raise ValueError(f"pattern {pattern!r}: pieces have no decimals")
    places = head + "V" * len(value) + tail
    if not LENGTH_MIN <= len(places) <= LENGTH_MAX or len(value) > 12:
        raise ValueError(f"pattern {pattern!r}: {LENGTH_MIN} to {LENGTH_MAX} digits, at most 12 of them the value")
    if "." not in places:
        raise ValueError(f"pattern {pattern!r} has no digit of the article")
    if places.count("C") > 1 or ("C" in places and len(value) not in (4, 5)):
        raise ValueError(f"pattern {pattern!r}: C is the check digit of a value of four or five digits")
    return Form(places + "K" if len(places) in (7, 12) else places, decimals)


def check_table(rules: Iterable[CodeRule]) -> None:
    """ValueError when the table is too long or two rules have one name."""
    names = [rule.name for rule in rules]
    if len(names) > RULES_MAX:
        raise ValueError(f"more than {RULES_MAX} code rules")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two code rules are called {min(twice)!r}")
