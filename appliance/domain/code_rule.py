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

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from appliance.domain.gtin import check_digit, is_gtin, price_check_digit
from appliance.domain.money import half_away

RuleKind = Literal["weight", "price", "count", "article"]
RULES_MAX: Final = 200
_PATTERN: Final = re.compile(r"(?:[0-9.C?]|\{N{0,6}D{0,6}\}){4,48}")


class CodeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One row of the table. ValueError when the pattern makes no sense."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    """What the merchant calls it, such as "Balance fromage, poids"."""
    pattern: str
    kind: RuleKind
    verify: bool = False
    """Nobody has yet compared this rule with the labels of the scale that prints them."""

    def __post_init__(self) -> None:
        compile_pattern(self.pattern, self.kind)

    def match(self, code: str) -> Match | None:
        """What the rule reads in a code; None when the code has another form or a wrong check digit of its own."""
        found = compile_pattern(self.pattern, self.kind).fullmatch(code)
        if found is None or (_body_length(self.pattern) in (7, 12) and not is_gtin(code)):
            return None
        groups = found.groupdict()
        value = groups.get("value") or ""
        inner = groups.get("inner")
        decimals = self.pattern.count("D")
        return Match(
            article="".join(groups[name] for name in sorted(groups) if name.startswith("article")),
            value=value,
            milli=_scaled(value, decimals, 1000),
            minor=_scaled(value, decimals, 100),
            is_proved=inner is None or inner == price_check_digit(value),
            zeroed=self._zeroed(code, found) if value else "",
        )

    def _zeroed(self, code: str, found: re.Match[str]) -> str:
        """The same code for nothing: some shops keep it in their catalogue as the article's code."""
        digits = list(code)
        start, end = found.span("value")
        digits[start:end] = "0" * (end - start)
        if "inner" in found.re.groupindex:
            digits[found.start("inner")] = price_check_digit("0" * (end - start))
        if _body_length(self.pattern) in (7, 12):
            digits[-1] = check_digit("".join(digits[:-1]))
        return "".join(digits)


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


def _scaled(value: str, decimals: int, unit: int) -> int:
    """Digits with so many decimals, in whole parts of `unit`; what is finer is rounded half up."""
    return half_away(int(value) * unit, 10**decimals) if value else 0


def _body_length(pattern: str) -> int:
    return len(pattern.replace("{", "").replace("}", ""))


@lru_cache(RULES_MAX)
def compile_pattern(pattern: str, kind: RuleKind) -> re.Pattern[str]:
    """A pattern as a regular expression. ValueError says what is wrong with it."""
    if _PATTERN.fullmatch(pattern) is None:
        raise ValueError(f"pattern {pattern!r}: digits, points, one {{NNDDD}}, C and ? are allowed")
    value = re.findall(r"\{(N*D*)\}", pattern)
    if len(value) != (0 if kind == "article" else 1) or "" in value:
        raise ValueError(f"pattern {pattern!r}: a rule of kind {kind} has {0 if kind == 'article' else 1} value")
    if "." not in pattern:
        raise ValueError(f"pattern {pattern!r} has no digit of the article")
    if pattern.count("C") > 1 or ("C" in pattern and len(value[0] if value else "") not in (4, 5)):
        raise ValueError(f"pattern {pattern!r}: C is the check digit of a value of four or five digits")
    if kind == "count" and "D" in value[0]:
        raise ValueError(f"pattern {pattern!r}: pieces have no decimals")
    parts: list[str] = []
    for number, piece in enumerate(re.findall(r"[0-9]+|\.+|\{N*D*\}|C|\?+", pattern)):
        parts.append(_expression(piece, number))
    return re.compile("".join(parts) + ("[0-9]" if _body_length(pattern) in (7, 12) else ""))


def _expression(piece: str, number: int) -> str:
    if piece[0] == ".":
        return f"(?P<article{number:02d}>[0-9]{{{len(piece)}}})"
    if piece[0] == "{":
        return f"(?P<value>[0-9]{{{len(piece) - 2}}})"
    if piece == "C":
        return "(?P<inner>[0-9])"
    return f"[0-9]{{{len(piece)}}}" if piece[0] == "?" else piece


def check_table(rules: Iterable[CodeRule]) -> None:
    """ValueError when the table is too long or two rules have one name."""
    names = [rule.name for rule in rules]
    if len(names) > RULES_MAX:
        raise ValueError(f"more than {RULES_MAX} code rules")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two code rules are called {min(twice)!r}")
