"""How numbers and parameters of a view become words; shared by all view-models."""

import re
from collections.abc import Mapping
from datetime import date

from appliance.i18n import amount, quantity, rate, short_date, t
from appliance.protocol.view import LineView, TillView

DOT = "\N{NO-BREAK SPACE}\N{MIDDLE DOT} "


def number(ticket: int) -> str:
    """0427: a ticket or session number as it is shown."""
    return f"{ticket:04d}"


def may(view: TillView, command: str) -> bool:
    """Whether the daemon would take this command now."""
    return command in view.allowed


def sentence(code: str, params: Mapping[str, str | int], view: TillView) -> str:
    """The sentence of a code. `x_minor`, `x_bp`, `x_milli` are also given formatted, as `x`; `date` is an ISO day."""
    words: dict[str, object] = dict(params)
    for key, value in params.items():
        if key == "date" and isinstance(value, str):
            words[key] = short_date(date.fromisoformat(value), view.shop.locale)
        if not isinstance(value, int):
            continue
        if key.endswith("_minor"):
            words[key.removesuffix("_minor")] = amount(value, view.shop.locale)
        elif key.endswith("_bp"):
            words[key.removesuffix("_bp")] = rate(value, view.shop.locale)
        elif key.endswith("_milli"):
            words[key.removesuffix("_milli")] = quantity(value, view.shop.locale)
    if "number" in words and isinstance(words["number"], int):
        words["number"] = number(words["number"])
    return t(code, view.language, **words)


def price_of_one(line: LineView, lang: str, locale: str) -> str:
    """ "1.60 / pièce", "24.00 / kg"; for a pack "6 pour 17.40"; what a label asks instead of the shelf."""
    if line.lot_milli > 1000 and line.unit == "piece":
        return t("screen.line.lot", lang, count=line.lot_milli // 1000, price=amount(line.lot_minor, locale))
    each_minor = line.lot_minor if line.lot_milli == 1000 else line.unit_price_minor
    return t(f"screen.line.unit_{line.unit}", lang, price=amount(each_minor, locale))


_MEASURE = re.compile(r"(\d) (k?g|[cdm]?l|cm|pièces?|pces|%)(?=$|[ ,)])")


def short_name(parts: tuple[str, ...]) -> str:
    """The key label of a tile; the tile breaks it at spaces itself, but never between a number and its unit."""
    return _MEASURE.sub("\\1\N{NO-BREAK SPACE}\\2", " ".join(part.strip() for part in parts))


_LEADING = frozenset({"petit", "petite", "grand", "grande", "gros", "grosse", "bon", "bonne", "demi"})


def counted_name(name: str, quantity_milli: int, language: str) -> str:
    """A product's name in the plural when there are several: "Petits pains au lait" (French only; else unchanged)."""
    if quantity_milli < 2000 or language != "fr":
        return name
    words = name.split(" ")
    reach = 2 if words[0].lower() in _LEADING else 1
    return " ".join([*(_plural(word) for word in words[:reach]), *words[reach:]])


def _plural(word: str) -> str:
    if not word or word[-1].lower() in "sxz" or not word[-1].isalpha():
        return word
    return word + ("x" if word.lower().endswith(("eau", "au", "eu")) else "s")
