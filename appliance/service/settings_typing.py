"""Settings as a person types them: from text to a value and back.

>>> read("free_price_max_minor", "1’000.5"), write("free_price_max_minor", 100050)
(100050, '1000.50')
>>> read("wallet_presets_minor", "20 50.00 100"), read("discount_limit_bp", "12,5 %")
((2000, 5000, 10000), 1250)
"""

from __future__ import annotations

import re
from typing import Final

from appliance.domain import settings as s
from appliance.domain.errors import Refusal
from appliance.service.text import clean

_DECIMAL: Final = re.compile(r"(\d{1,8})(?:[.,](\d{1,2}))?")
_BLANKS: Final = str.maketrans("", "", "’'\u00a0\u202f %")


def read(key: str, text: str) -> s.Value:
    """The value of a typed or touched setting. Raises Refusal `settings.value` or `settings.bounds`."""
    kind = s.kind_of(key)
    if kind == "switch":
        return s.checked(key, {"1": True, "0": False}.get(text))
    if kind == "choice":
        return s.checked(key, next((value for value in s.choices_of(key) if _word(value) == text), None))
    if kind in ("text", "mode"):
        return s.checked(key, clean(text, 120))
    if kind == "amounts":
        return s.checked(key, tuple(sorted({_hundredths(key, part) for part in re.split(r"[ ;/]+", text) if part})))
    if kind in ("amount", "rate"):
        return s.checked(key, _hundredths(key, text))
    bare = text.translate(_BLANKS)
    return s.checked(key, int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 10 else None)


def write(key: str, value: s.Value) -> str:
    """The value as `read` takes it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return " ".join(_decimal(item) for item in value)
    return _decimal(int(value)) if s.kind_of(key) in ("amount", "rate") else _word(value)


def _word(value: s.Value) -> str:
    return str(value)


def _decimal(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _hundredths(key: str, text: str) -> int:
    match = _DECIMAL.fullmatch(text.translate(_BLANKS))
    if match is None:
        raise Refusal("settings.value", key=key)
    return int(match.group(1)) * 100 + int((match.group(2) or "").ljust(2, "0"))
