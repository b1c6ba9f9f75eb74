"""The change feed: `rev` from one sequence, tombstones, pages that can be resumed; on both databases."""

import asyncio

import msgspec

from appliance.protocol import wire
from headoffice.ingest import feed
from headoffice.ingest.feed import Change
from tests.support.books import books


def on(url, scenario):
    async def run():
        async with books(url) as database, database.transaction() as tx:
            await scenario(tx)

    asyncio.run(run())


def rows(count, price=100):
    return [Change(str(number), b'{"id":%d,"price":%d}' % (number, price)) for number in range(count)]


async def mirror(tx, table, since=0, limit=wire.FEED_LIMIT):
    """What a till has after asking until there is no more; and how many pages that took."""
    held, pages = {}, 0
    while True:
        page = await feed.page(tx, wire.FeedAsk("q", table, since, limit))
        pages += 1
        assert [row.rev for row in page.rows] == sorted(row.rev for row in page.rows)
        for row in page.rows:
            held[row.key] = None if row.gone else bytes(row.body)
        since = page.next
        if page.next >= page.head:
            return held, pages, since


def test_the_first_load_and_a_delta(url):
    async def scenario(tx):
        assert await feed.replace_all(tx, "product", rows(4500)) == (4500, 0)
        held, pages, since = await mirror(tx, "product")
        assert (len(held), pages) == (4500, 3)
        assert await feed.replace_all(tx, "product", [*rows(10, 200), *rows(4400)[10:]]) == (10, 100)
        delta, pages, _ = await mirror(tx, "product", since)
        assert (len(delta), pages) == (110, 1)
        assert sum(body is None for body in delta.values()) == 100
        assert delta["3"] == b'{"id":3,"price":200}'

    on(url, scenario)


def test_what_did_not_change_is_not_sent_again(url):
    async def scenario(tx):
        await feed.replace_all(tx, "product", rows(20))
        heads = await feed.heads(tx)
        assert await feed.replace_all(tx, "product", rows(20)) == (0, 0)
        assert await feed.put(tx, "product", rows(20)) == 0
        assert await feed.heads(tx) == heads

    on(url, scenario)


def test_a_row_that_went_and_came_back(url):
    async def scenario(tx):
        await feed.put(tx, "customer", [Change("c-1", b'{"id":"c-1"}')])
        await feed.put(tx, "customer", [Change("c-1", gone=True)])
        assert (await mirror(tx, "customer"))[0] == {"c-1": None}
        await feed.put(tx, "customer", [Change("c-1", b'{"id":"c-1"}')])
        assert (await mirror(tx, "customer"))[0] == {"c-1": b'{"id":"c-1"}'}

    on(url, scenario)


def test_a_table_that_nobody_wrote_is_empty_and_big_rows_end_a_page(url):
    async def scenario(tx):
        assert (await mirror(tx, "reason"))[:2] == ({}, 1)
        big = [Change(str(number), msgspec.json.encode({"text": "x" * 400_000})) for number in range(9)]
        await feed.put(tx, "message", big)
        held, pages, _ = await mirror(tx, "message")
        assert (len(held), pages) == (9, 9)

    on(url, scenario)


def test_tables_share_one_sequence(url):
    async def scenario(tx):
        await feed.put(tx, "product", rows(3))
        await feed.put(tx, "reason", rows(2))
        await feed.put(tx, "product", rows(1, 300))
        assert await feed.heads(tx) == {"product": 6, "reason": 5}

    on(url, scenario)
