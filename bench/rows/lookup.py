"""Rows 7 and 8: finding a product by its bar code, and by what a person types."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from appliance.domain.catalog import Catalog, Product, fold, words_of
from appliance.store.catalog import load_catalog
from appliance.store.database import connect
from bench.goods import fill_shop
from bench.measure import Series, in_turn, now_ns, percentile
from bench.plan import Plan
from bench.result import Result, figures, unit_of
from bench.shop import folder

P99_MAX_NS = 5_000_000
WANTED = 24


def asked(ask: Callable[[str], object], queries: Sequence[str]) -> list[int]:
    """Nanoseconds of each question."""
    taken = []
    for query in queries:
        began = now_ns()
        ask(query)
        taken.append(now_ns() - began)
    return taken


def bar_code(plan: Plan) -> list[Result]:
    """Row 7: a random code out of all, in the till's catalogue as read from disk, beside a dict of ready objects."""
    with folder() as where:
        rows = fill_shop(where / "till.db", plan.products)
        catalog = _read(where / "till.db")
        ready = {row.codes[0]: row for row in rows}
        conn = sqlite3.connect(where / "till.db")
        chance = random.Random(3)
        codes = [chance.choice(rows).codes[0] for _ in range(plan.count(5_000))]
        sql = "SELECT * FROM product JOIN product_code ON product.id = product_code.product WHERE code = ?"
        found = in_turn(
            {
                "dict of ready objects": lambda: asked(ready.get, codes),
                "the till's catalogue": lambda: asked(catalog.product_by_code, codes),
                "SQLite, in the thread": lambda: asked(lambda code: conn.execute(sql, (code,)).fetchone(), codes),
            },
            plan.rounds,
        )
        conn.close()
    mine, limit = found["the till's catalogue"], found["dict of ready objects"]
    ratio = mine.ratio(limit)
    name = f"bar code in {plan.products:,} products"
    shown = figures(found, "dict of ready objects")
    return [Result(7, name, "≤ 5x", ratio, mine.p99_ratio(limit), plan.rounds, ratio <= 5, shown)]


def _read(database: Any) -> Catalog:
    conn = connect(database)
    try:
        catalog = load_catalog(conn)
        for _ in catalog.hasten():  # as the daemon does once its first view is shown
            pass
        return catalog
    finally:
        conn.close()


def search(plan: Plan) -> list[Result]:
    """Row 8: what is on the screen while a person types, ordered; and words typed wrong."""
    with folder() as where:
        rows = fill_shop(where / "till.db", plan.products)
        catalog = _read(where / "till.db")
        conn = _full_text(rows)
        typed, wrong = _queries(rows, plan.count(300))
        found = in_turn(
            {
                "FTS5 prefix, no order": lambda: asked(lambda query: _fts(conn, query), typed),
                "search, best first": lambda: asked(lambda query: catalog.search(query, WANTED), typed),
                "search, one letter wrong": lambda: asked(lambda query: catalog.search(query, WANTED), wrong),
            },
            plan.rounds,
        )
        conn.close()
    limit = found["FTS5 prefix, no order"]
    shown = figures(found, "FTS5 prefix, no order")
    return [
        _search_result("search as typed", found["search, best first"], limit, plan, shown),
        _search_result("search, typing error", found["search, one letter wrong"], limit, plan, []),
    ]


def _search_result(name: str, mine: Series, limit: Series, plan: Plan, shown: Any) -> Result:
    p99 = percentile([each for block in mine.rounds for each in block], 0.99)
    note = f"p99 of all {unit_of(p99)}"
    name = f"{name}, {plan.products:,} products"
    met = p99 <= P99_MAX_NS
    return Result(8, name, "p99 ≤ 5 ms", mine.ratio(limit), mine.p99_ratio(limit), plan.rounds, met, shown, note)


def _full_text(rows: Sequence[Product]) -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE text USING fts5(name, prefix='2 3')")
    conn.executemany("INSERT INTO text(rowid, name) VALUES (?, ?)", [(row.id, fold(row.name)) for row in rows])
    return conn


def _fts(conn: sqlite3.Connection, query: str) -> list[Any]:
    words = " ".join(f'"{word}"*' for word in words_of(query))
    return conn.execute("SELECT rowid FROM text WHERE text MATCH ? LIMIT 24", (words,)).fetchall()


def _queries(rows: Sequence[Product], count: int) -> tuple[list[str], list[str]]:
    """What is typed: one word's first letters, then two words; and a whole word with two letters swapped."""
    chance = random.Random(5)
    typed, wrong = [], []
    for _ in range(count):
        words = words_of(chance.choice(rows).name)
        first = words[0][: chance.randint(1, 5)]
        typed.append(first if chance.random() < 0.6 else f"{words[0]} {words[1][: chance.randint(1, 3)]}")
        long = max(words, key=len)
        at = chance.randrange(len(long) - 1)
        wrong.append(long[:at] + long[at + 1] + long[at] + long[at + 2 :])
    return typed, wrong
