"""Counting a drawer: notes and coins with their quantities, and what a key does to a quantity."""

from dataclasses import dataclass

from appliance.i18n import amount, round_amount, t
from appliance.protocol.view import CountRow, TillView

COUNT_MAX = 9_999


@dataclass(frozen=True)
class CountRowModel:
    """One note or coin."""

    value_minor: int
    label: str
    count: int
    amount: str
    focused: bool = False


@dataclass(frozen=True)
class CountCardModel:
    """Billets, or Pièces."""

    title: str = ""
    icon: str = "money"
    total: str = ""
    rows: tuple[CountRowModel, ...] = ()


def count_card(
    view: TillView, kind: str, rows: tuple[CountRow, ...], total_minor: int, focus_minor: int
) -> CountCardModel:
    """The card of the "notes" or of the "coins"."""
    locale = view.shop.locale
    return CountCardModel(
        title=t(f"screen.counting.{kind}", view.language),
        icon={"notes": "money", "coins": "coins"}[kind],
        total=amount(total_minor, locale),
        rows=tuple(
            CountRowModel(
                row.value_minor,
                round_amount(row.value_minor, locale),
                row.count,
                amount(row.amount_minor, locale),
                row.value_minor == focus_minor,
            )
            for row in rows
        ),
    )


def focus_caption(view: TillView, focus_minor: int, coins: tuple[CountRow, ...]) -> str:
    """Quantité · pièces de 0.20"""
    if not focus_minor:
        return ""
    kind = "coins_of" if any(row.value_minor == focus_minor for row in coins) else "notes_of"
    return t(f"screen.counting.{kind}", view.language, value=round_amount(focus_minor, view.shop.locale))


def next_value(rows: tuple[CountRow, ...], focus_minor: int) -> int:
    """The value counted after this one, 0 after the last."""
    values = [row.value_minor for row in rows]
    if focus_minor not in values:
        return values[0] if values else 0
    place = values.index(focus_minor) + 1
    return values[place] if place < len(values) else 0


def count_of(rows: tuple[CountRow, ...], value_minor: int) -> int:
    """How many of one note or coin were counted."""
    return next((row.count for row in rows if row.value_minor == value_minor), 0)


def typed_count(now: int, key: str, fresh: bool) -> int:
    """A quantity after a key: the first digit replaces what stood there, "C" clears, "back" takes the last digit."""
    if key == "C":
        return 0
    if key == "back":
        return now // 10
    if not key.isdigit():
        return now
    wanted = int(key) if fresh else int(f"{now}{key}")
    return wanted if wanted <= COUNT_MAX else now
