"""What a row found, how it is shown and how it is kept. Hides the table and the shape of `build/bench.json`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from bench.measure import Series

UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))


@dataclass
class Figure:
    """One variant's line in the table; times already written with their units."""

    name: str
    middle: str
    spread: str = ""
    p99: str = ""
    ratio: str = ""


@dataclass
class Result:
    """One goal of the performance page, measured."""

    row: int
    name: str
    goal: str
    ratio: float | None = None
    p99_ratio: float | None = None
    rounds: int = 0
    met: bool | None = None
    """None: not measured, `note` says why."""
    figures: list[Figure] = field(default_factory=list)
    note: str = ""


class Kept(msgspec.Struct, frozen=True):
    """A result as it stands in `build/bench.json`."""

    row: int
    name: str
    ratio: float | None
    p99_ratio: float | None
    goal: str
    rounds: int
    met: bool | None


def unit_of(nanoseconds: float) -> str:
    """A time with three digits and its unit: "94.5 µs"."""
    for name, size in UNITS:
        if nanoseconds >= size:
            return (
                f"{nanoseconds / size:.3g} {name}" if nanoseconds < 1000 * size else f"{nanoseconds / size:.0f} {name}"
            )
    return f"{nanoseconds:.0f} ns"


def figure(name: str, series: Series, limit: Series | None = None) -> Figure:
    """One variant: median, the rounds' smallest and largest median, p99, and the ratio to the limit."""
    middles = series.p50s()
    ratio = (
        "" if limit is None or limit is series else f"{series.ratio(limit):.2f}x  p99 {series.p99_ratio(limit):.2f}x"
    )
    spread = f"{unit_of(min(middles))} .. {unit_of(max(middles))}"
    return Figure(name, unit_of(series.p50), spread, unit_of(series.p99), "1" if limit is series else ratio)


def figures(found: dict[str, Series], limit: str) -> list[Figure]:
    """All variants of one measurement against the one that is the limit."""
    return [figure(name, series, found[limit]) for name, series in found.items()]


def show(results: Iterable[Result], console: Console) -> None:
    """The table: under each goal the variants that were measured for it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    for heading in ("row", "what", "p50", "rounds min .. max", "p99", "ratio", "goal", ""):
        table.add_column(heading, justify="right" if heading in ("row", "p50", "p99") else "left", overflow="fold")
    for result in results:
        verdict = {True: "[green]met[/]", False: "[red]not met[/]", None: "[yellow]not measured[/]"}[result.met]
        ratio = "" if result.ratio is None else f"{result.ratio:.2f}x"
        if result.p99_ratio is not None:
            ratio += f"  p99 {result.p99_ratio:.2f}x"
        table.add_row(
            f"[bold]{result.row}[/]", f"[bold]{result.name}[/]", "", f"[dim]{result.note}[/]", "", f"[bold]{ratio}[/]",
            result.goal, verdict,
        )  # fmt: skip
        for each in result.figures:
            table.add_row("", f"  {each.name}", each.middle, each.spread, each.p99, each.ratio, "", "")
    console.print(table)


def kept(results: Iterable[Result]) -> bytes:
    """The list of `build/bench.json`, one object a line."""
    rows = [
        msgspec.json.encode(
            Kept(r.row, r.name, _rounded(r.ratio), _rounded(r.p99_ratio), r.goal, r.rounds, r.met)
        ).decode()
        for r in results
    ]
    return ("[\n" + ",\n".join(rows) + "\n]\n").encode()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def keep(results: Iterable[Result], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(kept(results))
