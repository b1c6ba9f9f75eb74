"""A customer of a selling till is erased: on its disk, in its papers and in its log there is no name left."""

import asyncio
import logging

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.customer import Address, Customer, CustomerCode
from appliance.protocol import command as c
from appliance.store import customers as store
from appliance.store import journal, spool
from tests.support.customers import save
from tests.support.till import a_till

ZOE = Customer(
    "", last_name="Zwyssigxq", first_name="Philomène", phones=("079 987 65 43",), codes=(CustomerCode("9876 5432"),),
    email="zwyssigxq@exemple.ch", addresses=(Address("Sentierxq 4", "1800", "Vevey"),),
)  # fmt: skip
TRACES = ("zwyssigxq", "sentierxq", "philomène", "philomene", "079 987 65 43", "0799876543", "9876 5432", "98765432")


def left_on(folder):
    body = b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()).decode("latin-1")
    found = body.lower().encode("latin-1")
    return [trace for trace in TRACES if trace.encode() in found]


def test_a_customer_of_a_selling_till_is_erased(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)

    async def day():
        async with a_till(tmp_path) as till:
            ledger = till.till.ledger
            zoe = await ledger.read(lambda conn: save(conn, ZOE, ledger.moment().at))
            till.till.do(i.NoteCustomer(j.CustomerCreated(zoe.id)))
            await till.do(c.NewTicket())
            till.till.do(i.AttachCustomer(zoe.id))
            await till.adds("2 croissant")
            await till.pays("cash 10.00")
            document = till.state.last_closed.document
            assert till.state.last_closed.customer == zoe.id
            await ledger.read(lambda conn: put_name_on_paper(conn, document, zoe))
            assert len(left_on(tmp_path)) > 4
            till.till.do(i.NoteCustomer(j.CustomerErased(zoe.id)))
            ledger.also(lambda conn: store.erase(conn, zoe.id, ledger.moment().at))
            await ledger.settle()
            assert await ledger.read(store.finish_erasure)
            assert left_on(tmp_path) == []
            await till.sells("1 coffee | cash 5.00")
            assert await ledger.read(journal.verify) == till.till.ledger.seq
            return zoe.id, document

    zoe_id, document = asyncio.run(day())
    assert left_on(tmp_path) == []
    assert not [trace for trace in TRACES if trace in caplog.text.lower()]

    async def next_day():
        async with a_till(tmp_path) as till:
            assert till.till.ledger.read_now(lambda conn: store.get(conn, zoe_id)).is_erased
            return till.till.ledger.read_now(lambda conn: spool.papers_of(conn, zoe_id))

    assert [paper["document"] for paper in asyncio.run(next_day())] == [document]


def put_name_on_paper(conn, document, customer):
    """As the switch *Nom du client sur le reçu* does."""
    paper = b'{"blocks":[]}'
    spool.add_job(conn, "printer.receipt", "ticket", document, 0, "", paper, customer.id)
    job = spool.last_job(conn, "ticket", document)
    named = f'{{"blocks":[{{"type":"Text","text":"Mme {customer.name}"}}]}}'.encode()
    conn.execute("UPDATE print_job SET paper = ? WHERE id = ?", (named, job.id))
    spool.claim_job(conn, job.id, "", "printer.receipt", "", "", named)
    spool.set_state(conn, job.id, "confirmed", "printer")
