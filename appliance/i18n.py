"""Words, money and dates at the edges: the only place that knows a language.

Message ids are dotted (`scan.unknown`); their sentences live in `locale/<language>/*.toml`, one table per subject.
Parameters stand in braces. A sentence that counts has a twin with the suffix `_one` for the singular. A missing id is a
defect: it is shown as itself so that the person still sees something, and a test finds it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

_LOCALE_DIR = Path(__file__).parent / "locale"
_NUMBERS = {"fr-CH": "de_CH", "de-CH": "de_CH", "it-CH": "de_CH", "fr-FR": "fr_FR", "de-DE": "de_DE", "it-IT": "it_IT"}
"""Whose separators a shop's locale writes amounts with: Switzerland groups with ’ in every language."""
MINUS = "\N{MINUS SIGN}"


@lru_cache(maxsize=8)
def catalogue(language: str) -> Mapping[str, str]:
    """All sentences of a language by message id. Raises FileNotFoundError for a language that is not shipped."""
    folder = _LOCALE_DIR / language
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise FileNotFoundError(folder)
    sentences: dict[str, str] = {}
    for file in files:
        for key, sentence in _flatten("", tomllib.loads(file.read_text(encoding="utf-8"))):
            if key in sentences:
                raise ValueError(f"{file.name}: message id {key} is defined twice")
            sentences[key] = sentence
    return sentences


def _flatten(prefix: str, table: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flatten(f"{prefix}{key}.", value)
        else:
            found.append((prefix + key, str(value)))
    return found


def t(code: str, /, language: str = "fr", **params: object) -> str:
    """The sentence of a message id, its parameters filled in; `count=1` prefers the id's `_one` form."""
    sentences = catalogue(language)
    template = sentences.get(code)
    if params.get("count") in (1, "1"):
        template = sentences.get(code + "_one", template)
    if template is None:
        return code
    return template.format_map(params) if params else template


def has_sentence(code: str, language: str = "fr") -> bool:
    return code in catalogue(language)


def explain(code: str, params: Mapping[str, object], language: str = "fr") -> str:
    """A refusal or fault in words. A parameter that is a message id itself, such as a reason, is said by its sentence,
    which the same parameters fill. What lacks words, or parameters for them, is shown as it is: nobody may see less."""
    try:
        words = {
            name: t(value, language, **params) if isinstance(value, str) and has_sentence(value, language) else value
            for name, value in params.items()
        }
        if has_sentence(code, language):
            return t(code, language, **words)
    except KeyError:
        pass
    return ", ".join([code, *(f"{name} {value}" for name, value in params.items())])


@lru_cache(maxsize=16)
def _separators(locale: str) -> tuple[str, str]:
    """How a locale groups thousands and marks decimals, by Babel."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    name = _NUMBERS.get(locale, "en_GB")
    return get_group_symbol(name), get_decimal_symbol(name)


@lru_cache(maxsize=8192)
def amount(minor: int, locale: str = "fr-CH") -> str:
    """1’234.50: an amount in minor units as lists show it, without currency; the minus is U+2212."""
    group, decimal = _separators(locale)
    units, cents = divmod(abs(minor), 100)
    text = f"{units:,}".replace(",", group) if units >= 1000 else str(units)
    return f"{MINUS if minor < 0 else ''}{text}{decimal}{cents:02d}"


def money(minor: int, currency: str = "CHF", locale: str = "fr-CH") -> str:
    """The amount with its currency: "CHF 1’234.50", "1 234,50 €"."""
    if locale.endswith("-CH") or currency == "CHF":
        return f"{currency}\N{NO-BREAK SPACE}{amount(minor, locale)}"
    sign = "€" if currency == "EUR" else currency
    return f"{amount(minor, locale)}\N{NO-BREAK SPACE}{sign}"


def signed(minor: int, locale: str = "fr-CH") -> str:
    """As `amount`, with + before what is above zero."""
    return "+" + amount(minor, locale) if minor > 0 else amount(minor, locale)


def round_amount(minor: int, locale: str = "fr-CH") -> str:
    """A note or coin as its key shows it: "20.–", "0.50"."""
    if minor % 100 or not locale.endswith("-CH"):
        return amount(minor, locale)
    return f"{amount(minor, locale)[:-3]}.\N{EN DASH}"


@lru_cache(maxsize=256)
def rate(basis_points: int, locale: str = "fr-CH") -> str:
    """8.1 %: a rate, with the narrow no-break space before the sign."""
    from babel.numbers import format_decimal

    text = format_decimal(Decimal(basis_points) / 100, format="0.##", locale=_NUMBERS.get(locale, "en_GB"))
    return f"{text}\N{NARROW NO-BREAK SPACE}%"


def quantity(milli: int, locale: str = "fr-CH") -> str:
    """3, or 1.234 for a weight."""
    if milli % 1000 == 0:
        return str(milli // 1000)
    from babel.numbers import format_decimal

    return str(format_decimal(Decimal(milli) / 1000, format="0.000", locale=_NUMBERS.get(locale, "en_GB")))


def long_date(day: date, language: str = "fr") -> str:
    """vendredi 21 novembre"""
    from babel.dates import format_date

    return str(format_date(day, "EEEE d MMMM", locale=language))


def month(day: date, language: str = "fr") -> str:
    """mars 2023"""
    from babel.dates import format_date

    return str(format_date(day, "MMMM y", locale=language))


def short_date(day: date, locale: str = "fr-CH") -> str:
    """21.11.2025 (Switzerland, Germany) or 21/11/2025."""
    return day.strftime("%d.%m.%Y" if locale.endswith(("-CH", "-DE")) else "%d/%m/%Y")
