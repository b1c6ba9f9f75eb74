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
VALUE_MAX: Final = 12
SHOWN_MAX: Final = 60
"""So much of a pattern is shown."""
UPC_LENGTH: Final = 12
IN_STORE: Final = ("02", "04", *(f"2{digit}" for digit in "0123456789.?"))
"""What numbers of 13 digits begin with that GS1 gives to nobody's goods (General Specifications, section 1.4.3)."""
_DIGITS: Final = frozenset("0123456789")


class BadRule(ValueError):
    """A rule or a table that cannot be meant. The text is for the log; `code` and `params` say it for a
    person; `field` is the one to blame."""

    def __init__(self, text: str, code: str, **params: str | int) -> None:
        super().__init__(text)
        self.code, self.params = code, params
        self.field = "name" if code in ("code_rule.name_form", "code_rule.name_twice") else "pattern"


class CodeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One row of the table. BadRule when the pattern makes no sense."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    """What the merchant calls it, such as "Balance fromage, poids"."""
    pattern: str
    kind: RuleKind
    verify: bool = False
    """Nobody has yet compared this rule with the labels of the scale that prints them."""

    def __post_init__(self) -> None:
        if not self.name.isprintable():  # it is shown in terminals, which obey control characters
            raise BadRule("the name of a code rule has a control character in it", "code_rule.name_form")
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
    """A pattern, place by place. BadRule says what is wrong with it."""

    def wrong(code: str, text: str, **params: str | int) -> BadRule:
        return BadRule(f"pattern {pattern!r}: {text}", f"code_rule.{code}", pattern=pattern[:SHOWN_MAX], **params)

    head, opened, rest = pattern.partition("{")
    value, closed, tail = rest.partition("}")
    if bool(opened) != bool(closed) or set(head + tail) - _DIGITS - set(".C?"):
        raise wrong("letters", "digits, points, one {NNDDD}, C and ? are allowed")
    decimals = value.count("D")
    if value != "N" * (len(value) - decimals) + "D" * decimals or bool(value) != bool(opened):
        raise wrong("value_form", "a value is written {NNDDD}, N before and D after the point")
    if bool(value) != (kind != "article"):
        has_none = kind == "article"
        code = "value_too_many" if has_none else "value_missing"
        raise wrong(code, f"a rule of kind {kind} has {0 if has_none else 1} value", kind=kind)
    if kind == "count" and decimals:
        raise wrong("count_decimals", "pieces have no decimals")
    places = head + "V" * len(value) + tail
    if not LENGTH_MIN <= len(places) <= LENGTH_MAX or len(value) > VALUE_MAX:
        low, high = LENGTH_MIN, LENGTH_MAX
        text = f"{low} to {high} digits, at most {VALUE_MAX} of them the value"
        raise wrong("length", text, low=low, high=high, value=VALUE_MAX)
    if "." not in places:
        raise wrong("article_missing", "no digit of the article")
    if places.count("C") > 1 or ("C" in places and len(value) not in (4, 5)):
        raise wrong("value_check", "C is the check digit of a value of four or five digits")
    return Form(places + "K" if len(places) in (7, 12) else places, decimals)


def check_table(rules: Iterable[CodeRule]) -> None:
    """BadRule when the table is too long or two rules have one name."""
    names = [rule.name for rule in rules]
    if len(names) > RULES_MAX:
        raise BadRule(f"more than {RULES_MAX} code rules", "code_rule.too_many", limit=RULES_MAX)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadRule(f"two code rules are called {min(twice)!r}", "code_rule.name_twice", name=min(twice))


def check_reach(rule: CodeRule, earlier: Iterable[CodeRule] = ()) -> None:
    """BadRule for a rule that takes the numbers of other people's goods, or that never gets a code.

    A merchant's table is asked so when it is read; a table that the store holds already goes on as it is.
    """
    places = parse_pattern(rule.pattern, rule.kind).places
    length, is_in_store = len(places), places.startswith(IN_STORE)
    params: dict[str, str | int] = {"pattern": rule.pattern[:SHOWN_MAX], "length": length - places.endswith("K")}
    if length == 13 and not is_in_store:
        raise BadRule(f"pattern {rule.pattern!r} takes the EAN-13 of goods", "code_rule.takes_ean13", **params)
    if length == 8 and places[0] not in "02":
        raise BadRule(f"pattern {rule.pattern!r} takes the EAN-8 of goods", "code_rule.takes_ean8", **params)
    if length == 14:
        raise BadRule(f"pattern {rule.pattern!r} takes the GTIN-14 of packs", "code_rule.takes_gtin14", **params)
    if length not in (8, 13) and length <= UPC_LENGTH and is_in_store:
        raise BadRule(f"pattern {rule.pattern!r} has no label's length", "code_rule.label_length", **params)
    if length not in (8, 13) and not set(places[:2]) <= _DIGITS:
        raise BadRule(f"pattern {rule.pattern!r} takes every code of its length", "code_rule.takes_all", **params)
    for other in earlier:
        if _covers(parse_pattern(other.pattern, other.kind).places, places):
            text = f"rule {rule.name!r} never gets a code: {other.name!r} takes them all"
            raise BadRule(text, "code_rule.never", name=rule.name, other=other.name)


def _covers(places: str, others: str) -> bool:
    """Every code of the second form has the first as well."""
    return len(places) == len(others) and all(
        place == other if place in _DIGITS or place == "K" else True
        for place, other in zip(places, others, strict=True)
    )
