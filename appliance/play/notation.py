"""Reads a day: one act a line, in trade words, checked before anything is played; hides the matching of words.

A line is `[HH:MM[:SS]] words... [# remark]`. The words match one of the registered forms, such as `scan CODE x COUNT`:
words in small letters stand for themselves, words in capitals take a value of the kind that `SLOTS` names. A form whose
last word ends in `...` takes all the words that are left. Of several forms that fit, the one with more fixed words is
taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from typing import Any, Final, NamedTuple

FILE_BYTES_MAX: Final = 8 * 1024 * 1024
LINES_MAX: Final = 200_000
LINE_CHARS_MAX: Final = 500
AMOUNT_MAX_MINOR: Final = 99_999_999
COUNT_MAX: Final = 99
QUANTITY_MAX_MILLI: Final = 999_000

_WORD = re.compile(r'"([^"]*)"|(#.*)|([^\s"#][^\s"]*)|(")')
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
_AMOUNT = re.compile(r"\d+(?:['’]\d{3})*(?:\.\d{2})?", re.ASCII)
_QUANTITY = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?", re.ASCII)
_RATE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%?", re.ASCII)
_COIN = re.compile(r"(\d{1,5})x(.+)", re.ASCII)
_SPAN = re.compile(r"(\d{1,5})(s|min|h)", re.ASCII)
_SPANS: Final = {"s": 1, "min": 60, "h": 3600}


class DayFault(Exception):
    """The day cannot be played as it is written: line, code, and what is wrong in words."""

    def __init__(self, line: int, code: str, detail: str) -> None:
        super().__init__(f"line {line}: {code}: {detail}")
        self.line, self.code, self.detail = line, code, detail


class Unfit(Exception):
    """A word is not of the kind that its place asks for."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


class Word(NamedTuple):
    text: str
    quoted: bool = False


class LineRef(NamedTuple):
    """A line of the ticket: by place counting from 1, by name, or the last one (place 0)."""

    place: int = 0
    name: str = ""


Handler = Callable[..., Any]


class Form(NamedTuple):
    """One way to write an act."""

    pattern: str
    parts: tuple[str, ...]
    takes_rest: bool
    handler: Handler

    @property
    def fixed(self) -> int:
        return sum(part.islower() for part in self.parts)


class Act(NamedTuple):
    """One line of a day, understood."""

    line: int
    text: str
    at: time | None
    handler: Handler | None
    """None for a line that only moves the clock."""
    arguments: dict[str, Any]


# --- values ---------------------------------------------------------------------------------------------------------


def amount(text: str) -> int:
    """Minor units: "7.50", "1'200.00" or whole units, "20". Raises Unfit."""
    if not _AMOUNT.fullmatch(text):
        raise Unfit("day.amount", f"{text!r} is not an amount such as 7.50")
    whole, _, cents = text.replace("'", "").replace("’", "").partition(".")
    minor = int(whole[:12]) * 100 + int(cents or 0)
    if minor > AMOUNT_MAX_MINOR:
        raise Unfit("day.amount", f"{text} is more than {AMOUNT_MAX_MINOR // 100}")
    return minor


def _signed(text: str) -> int:
    if text[:1] in "-−":
        return -amount(text[1:])
    return amount(text.removeprefix("+"))


def _quantity(text: str) -> int:
    found = _QUANTITY.fullmatch(text)
    milli = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0")) if found else 0
    if not 0 < milli <= QUANTITY_MAX_MILLI:
        raise Unfit("day.quantity", f"{text!r} is not a quantity such as 3 or 0.350")
    return milli


def _rate(text: str) -> int:
    """Basis points of "2.6" or "2.6%"."""
    found = _RATE.fullmatch(text)
    rate_bp = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 10_001
    if rate_bp > 10_000:
        raise Unfit("day.rate", f"{text!r} is not a rate such as 2.6")
    return rate_bp


def _percent(text: str) -> int:
    if not text.endswith("%"):
        raise Unfit("day.rate", f"{text!r} is not a rate such as 20%")
    return _rate(text)


def _number(text: str, most: int = 999_999_999) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > most:
        raise Unfit("day.number", f"{text!r} is not a number up to {most}")
    return int(text)


def _count(text: str) -> int:
    count = _number(text, COUNT_MAX)
    if not count:
        raise Unfit("day.number", "0 times is not an act")
    return count


def _pin(text: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) > 8:
        raise Unfit("day.pin", "a code is one to eight digits")
    return text


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfit("day.date", f"{text!r} is not a date such as 2025-11-21") from None


def _time(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None:
        raise Unfit("day.time", f"{text!r} is not a time such as 08:42")
    return time(int(found[1]), int(found[2]), int(found[3] or 0))


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Unfit("day.span", f"{text!r} is not a time to wait such as 5s, 10min or 2h")
    return timedelta(seconds=int(found[1]) * _SPANS[found[2]])


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise Unfit("day.switch", f"{text!r} is neither on nor off")
    return text == "on"


def _coins(words: Iterable[Word]) -> dict[int, int]:
    """{value: count} of "2x100.00 3x50.00"."""
    counts: dict[int, int] = {}
    for word in words:
        found = _COIN.fullmatch(word.text)
        if found is None:
            raise Unfit("day.coins", f"{word.text!r} is not a number of coins or notes such as 3x50.00")
        counts[amount(found[2])] = int(found[1])
    return counts


def _line(word: Word) -> LineRef:
    if word.text == "last" and not word.quoted:
        return LineRef()
    if word.text.isdigit() and not word.quoted:
        return LineRef(_number(word.text, 500))
    return LineRef(0, word.text)


def _plain(convert: Callable[[str], Any]) -> Callable[[Word], Any]:
    return lambda word: convert(word.text)


_PLAIN_WORDS: Final = (
    "CODE", "WORD", "TEXT", "PRODUCT", "SELLER", "MODE", "REASON", "TENDER", "GROUP", "NOTE", "CUSTOMER", "TARGET",
    "NAME", "FIRST", "FIELD",
)  # fmt: skip
SLOTS: Final[dict[str, Callable[[Word], Any]]] = {
    "AMOUNT": _plain(amount),
    "SIGNED": _plain(_signed),
    "QUANTITY": _plain(_quantity),
    "RATE": _plain(_rate),
    "PERCENT": _plain(_percent),
    "COUNT": _plain(_count),
    "NUMBER": _plain(_number),
    "DOCUMENT": _plain(_number),
    "PIN": _plain(_pin),
    "DATE": _plain(_date),
    "TIME": _plain(_time),
    "SPAN": _plain(_span),
    "SWITCH": _plain(_switch),
    "LINE": _line,
} | {name: _plain(str) for name in _PLAIN_WORDS}


# --- forms ----------------------------------------------------------------------------------------------------------


class Notation:
    """All the forms of a day."""

    def __init__(self) -> None:
        self.forms: list[Form] = []
        self._by_verb: dict[str, list[Form]] = {}

    def form(self, *patterns: str) -> Callable[[Handler], Handler]:
        """Says how an act is written; its values come as arguments named as in the pattern, in small letters."""

        def register(handler: Handler) -> Handler:
            for pattern in patterns:
                words = tuple(pattern.split())
                rest = words[-1].endswith("...")
                form = Form(pattern, (*words[:-1], words[-1].removesuffix("...")), rest, handler)
                self.forms.append(form)
                forms = self._by_verb.setdefault(words[0], [])
                forms.append(form)
                forms.sort(key=lambda form: -form.fixed)
            return handler

        return register

    def read(self, text: str) -> tuple[Act, ...]:
        """The acts of a day. Raises DayFault at the first line that cannot be understood."""
        if len(text) > FILE_BYTES_MAX:
            raise DayFault(0, "day.too_long", f"more than {FILE_BYTES_MAX} characters")
        lines = text.splitlines()
        if len(lines) > LINES_MAX:
            raise DayFault(LINES_MAX, "day.too_long", f"more than {LINES_MAX} lines")
        acts = [act for number, line in enumerate(lines, 1) if (act := self._act(number, line)) is not None]
        if not acts or acts[0].text.split()[0] != "day":
            raise DayFault(acts[0].line if acts else 1, "day.no_date", "the first act says the date: day 2025-11-21")
        return tuple(acts)

    def _act(self, number: int, line: str) -> Act | None:
        try:
            words = _words(line)
            at = None
            if words and not words[0].quoted and _TIME.fullmatch(words[0].text):
                at = _time(words.pop(0).text)
            if not words:
                return None if at is None else Act(number, line.strip(), at, None, {})
            form, arguments = self._match(words)
        except Unfit as unfit:
            raise DayFault(number, unfit.code, unfit.detail) from None
        return Act(number, " ".join(word.text for word in words), at, form.handler, arguments)

    def _match(self, words: list[Word]) -> tuple[Form, dict[str, Any]]:
        forms = () if words[0].quoted else self._by_verb.get(words[0].text, ())
        unfit: Unfit | None = None
        for form in forms:
            if _fits(form, words):
                try:
                    return form, _arguments(form, words)
                except Unfit as error:
                    unfit = unfit or error
        if unfit is not None:
            raise unfit
        if forms:
            raise Unfit("day.form", "one writes: " + "; ".join(form.pattern for form in forms))
        raise Unfit("day.unknown_act", f"{words[0].text!r} is not an act of this notation")


def _words(line: str) -> list[Word]:
    """Words and "quoted words" up to the remark. Raises Unfit."""
    if len(line) > LINE_CHARS_MAX:
        raise Unfit("day.too_long", f"a line has at most {LINE_CHARS_MAX} characters")
    words: list[Word] = []
    for found in _WORD.finditer(line):
        quoted, remark, plain, open_quote = found.groups()
        if remark is not None:
            break
        if open_quote is not None:
            raise Unfit("day.quote", "a quotation mark is missing")
        words.append(Word(quoted, True) if plain is None else Word(plain))
    return words


def _fits(form: Form, words: list[Word]) -> bool:
    if len(words) < len(form.parts) or (len(words) > len(form.parts) and not form.takes_rest):
        return False
    return all(
        part == word.text and not word.quoted for part, word in zip(form.parts, words, strict=False) if part.islower()
    )


def _arguments(form: Form, words: list[Word]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for i, part in enumerate(form.parts):
        if part.islower():
            continue
        if part == "COINS":
            arguments["coins"] = _coins(words[i:])
        else:
            arguments[part.lower()] = SLOTS[part](words[i])
    return arguments
