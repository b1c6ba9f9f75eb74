"""Head office's masters on a till: page by page, between two tickets, resumed where the disk says."""

import msgspec
import pytest

from appliance.domain.customer import Customer, CustomerCode
from appliance.protocol import command as c
from appliance.protocol import feed as rows
from headoffice.ingest import feed
from tests.support.books import a_shop, books
from tests.support.office_till import PUBLIC, an_office, linked_till, quick
from tests.support.till import JAM

CARD = "2100 0042"


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr("appliance.sync.enrolment.line", quick)
    monkeypatch.setattr("appliance.sync.downlink.RETRY_S", 0.2)
    monkeypatch.setattr("appliance.sync.link.JITTER_S", 0.01)
    monkeypatch.setattr("appliance.sync.downlink.JITTER_S", 0.01)


@pytest.fixture
def port(own_broker):
    return own_broker[1]


async def puts(database, table, *made):
    async with database.transaction() as tx:
        await feed.put(tx, table, [feed.Change(str(row.id), bytes(rows.body(row))) for row in made])


def product(number, **changes):
    known = {"name": f"Article {number}", "tax_class": "food", "price_minor": 100 + number, "category": 1}
    return rows.ProductRow(id=number, **(known | changes))


def test_customers_groups_users_and_articles_come_down(run, tmp_path, port):
    async def main():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, PUBLIC)
            anne = Customer("c-anne00000001", last_name="Rochat", first_name="Anne", codes=(CustomerCode(CARD),))
            async with an_office(database, port), linked_till(tmp_path, "caisse-1", port) as till:
                await till.opens()
                known = till.till.catalog.product(501)
                assert known is not None
                await puts(database, "customer", anne)
                await puts(database, "product", rows.ProductRow.of(known), product(90_001, codes=("7612345678900",)))
                seller = msgspec.structs.replace(
                    till.till.shop.sellers[0], id="new", name="Nouvelle", badge="2900000000094"
                )
                await puts(database, "user", seller)
                await till.until(lambda: till.till.directory.get(anne.id) is not None)
                await till.until(lambda: till.till.catalog.product(90_001) is not None)
                await till.until(lambda: till.till.operators.seller("new") is not None)
                await till.scan("7612345678900")
                assert till.ticket.lines[-1].name == "Article 90001"
                assert till.till.catalog.product(102) is None, "the mirror is the whole catalogue"

    run(main())


def test_a_page_waits_for_the_end_of_the_ticket(run, tmp_path, port):
    async def main():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, PUBLIC)
            async with an_office(database, port), linked_till(tmp_path, "caisse-1", port) as till:
                await till.opens()
                await till.scan(JAM)
                price = till.ticket.lines[0].unit_price_minor
                jam = next(row for row in till.till.catalog._rows if JAM in row.codes)
                dearer = msgspec.structs.replace(rows.ProductRow.of(jam), price_minor=price + 500)
                await puts(database, "product", dearer)
                await till.until(lambda: till.office.line is not None and till.till.office.is_online)
                await till.do(c.StartPayment())
                assert till.till.catalog.product(jam.id).price_minor == price
                await till.do(c.AddTender("cash", None))
                await till.until(lambda: till.till.catalog.product(jam.id).price_minor == price + 500)

    run(main())


def test_a_load_that_is_cut_goes_on_where_it_was(run, tmp_path, port):
    async def main():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, PUBLIC)
            await puts(database, "product", *(product(number) for number in range(1, 5_001)))
            async with linked_till(tmp_path, "caisse-1", port) as till:
                await till.opens()
                async with an_office(database, port):
                    await till.until(lambda: till.office.feeds_applied.get("product", 0) >= 2_000)
                first = till.office.feeds_applied["product"]
                await till.pull_the_plug()
                assert till.office.feeds_applied["product"] >= first
                async with an_office(database, port):
                    await till.until(lambda: till.till.catalog.product(5_000) is not None)

    run(main())
