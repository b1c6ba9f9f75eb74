"""What a command answers, and how it is said: a table for a person, JSON for a script; hides rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from appliance.i18n import amount, has_sentence, t

RIGHT = frozenset((
    "partition", "taken", "backlog", "config", "config_wanted", "disk_free_mb", "clock_offset_ms", "round_trip_ms",
    "after", "came", "times", "seq", "number", "version", "wallets", "count", "rev",
))  # fmt: skip


class Answer(msgspec.Struct, frozen=True):
    """`rows` is a list to look at, `text` a sentence; `told` what a script gets besides them."""

    rows: Sequence[dict[str, Any]] | None = None
    text: str = ""
    told: dict[str, Any] = {}
    columns: tuple[str, ...] = ()
    """Columns of the table; () for all."""
    status: int = 0


def say(answer: Answer, as_json: bool) -> int:
    """The exit status."""
    if as_json:
        told = {"ok": answer.status == 0, **answer.told}
        if answer.rows is not None:
            told["rows"] = list(answer.rows)
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
        return answer.status
    if answer.rows is not None:
        _table(answer.rows, answer.columns)
    if answer.text:
        sys.stdout.write(answer.text + "\n")
    return answer.status


def _table(rows: Sequence[dict[str, Any]], columns: tuple[str, ...]) -> None:
    names = columns or tuple(rows[0] if rows else ())
    cells = [[cell(name, row.get(name)) for name in names] for row in rows]
    if not sys.stdout.isatty():
        for line in cells:
            sys.stdout.write("\t".join(line) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        right = name in RIGHT or name.endswith("_minor")
        table.add_column(head(name), justify="right" if right else "left", overflow="fold")
    for line in cells:
        table.add_row(*line)
    Console(highlight=False).print(table)


def head(name: str) -> str:
    return t(f"headoffice.head.{name}")


def cell(name: str, value: Any) -> str:
    """As a person reads it."""
    if name.endswith("_minor") and isinstance(value, int):
        return amount(value)
    if isinstance(value, bool):
        return t("headoffice.yes") if value else t("headoffice.no")
    if name in ("state", "code", "kind", "journal") and has_sentence(f"headoffice.word.{str(value).replace('.', '_')}"):
        return t(f"headoffice.word.{str(value).replace('.', '_')}")
    if isinstance(value, dict):
        return ", ".join(f"{key} {cell('', held)}" for key, held in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(cell("", held) for held in value)
    if name in ("at", "last_at", "since", "last", "asked_at", "second_at"):
        return str(value)[:16].replace("T", " ")
    return "" if value is None else str(value).replace("\t", " ").replace("\n", " ")
