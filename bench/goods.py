"""A catalogue of any size, the same on every run: names of two to five words out of about 11,500, real check digits."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from appliance.demo.shop import FOLDER
from appliance.domain.catalog import Product, check_digit, wrap_label
from appliance.store.catalog import import_catalog, save_shop
from appliance.store.database import connect, migrate
from appliance.store.shop_files import read_shop_files

WORDS = 11_500
SYLLABLES = "ba bre ca chou cre da de do fé fi fro ga gru la le li lo ma mé mi mo na ne no pa pé pi po ra ri ro sa se si so ta te ti to va ve vi".split()  # noqa: E501


@cache
def vocabulary() -> tuple[str, ...]:
    """Pronounceable words, some with accents."""
    chance = random.Random(11)
    words: set[str] = set()
    while len(words) < WORDS:
        words.add("".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))))
    return tuple(sorted(words))


def products(count: int) -> list[Product]:
    """Products with one EAN-13 each, spread over the demo shop's categories; a few words are in very many names."""
    chance = random.Random(7)
    words = vocabulary()
    weights = [1 / (rank + 20) for rank in range(len(words))]
    order = chance.sample(words, len(words))
    picked = chance.choices(order, weights, k=count * 4)
    rows = []
    for number in range(1, count + 1):
        name = " ".join(picked[number * 4 - 4 : number * 4 - 4 + chance.randint(2, 4)]).capitalize()
        body = f"76100{number:07d}"
        rows.append(
            Product(
                id=number, name=name, key_label=wrap_label(name), category=2 + number % 6,
                codes=(body + check_digit(body),),
                price_minor=chance.randint(20, 20_000), tax_class="food", popularity=chance.randint(0, 500),
            )
        )  # fmt: skip
    return rows


def fill_shop(database: Path, count: int) -> list[Product]:
    """A new database with the demo shop's set-up and that many products; the products."""
    files = read_shop_files(FOLDER)
    found = products(count)
    conn = connect(database)
    try:
        migrate(conn)
        save_shop(conn, files.shop)
        import_catalog(conn, found, files.categories, ())
    finally:
        conn.close()
    return found
