"""The rows by their number on the performance page. A row whose tools are missing says so; it is never guessed."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from bench.plan import Plan
from bench.result import Result

ROWS: dict[int, tuple[str, str, str]] = {
    1: ("sale durable, in process", "commit", "durable_sale"),
    2: ("sale durable, over the socket", "commit", "sale_over_socket"),
    3: ("64 waiting", "commit", "crowd"),
    4: ("commit into a full journal", "growth", "growth"),
    5: ("bytes dirtied", "growth", "wear"),
    6: ("chain verified", "growth", "chain"),
    7: ("bar code look-up", "lookup", "bar_code"),
    8: ("search as typed", "lookup", "search"),
    9: ("socket round trip", "wire", "round_trip"),
    10: ("scan to the pixel", "screen", "road_to_pixel"),
    11: ("redraw", "screen", "redraw"),
    12: ("kiosk memory and start", "screen", "memory_and_start"),
    13: ("daemon start", "start", "start"),
    14: ("daemon memory and idle", "start", "memory"),
    15: ("receipt bytes", "paper", "receipt_bytes"),
    16: ("receipt rendering", "paper", "rendering"),
    17: ("first byte at the printer", "paper", "first_byte"),
    18: ("scans without loss", "sale", "scans"),
    19: ("whole sale", "sale", "whole_sale"),
    21: ("head office takes in", "office", "ingest"),
    22: ("wallet question", "office", "question"),
}
"""Number to (name, module of bench.rows, function)."""


class Unmeasured(Exception):
    """Something that the row needs is not on this machine; the text says what."""


def run_row(number: int, plan: Plan) -> list[Result]:
    """Measure one row."""
    name, module, function = ROWS[number]
    measure: Callable[[Plan], list[Result]] = getattr(import_module(f"bench.rows.{module}"), function)
    try:
        return measure(plan)
    except Unmeasured as missing:
        return [Result(number, name, "", note=str(missing))]
