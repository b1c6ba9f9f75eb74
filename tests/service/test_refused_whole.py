"""An order that is refused half-way has written nothing at all, and what comes late counts once or not at all."""

import asyncio
from functools import partial

from appliance.domain.customer import Customer, Group, GroupRate
from appliance.hal.device import FaultReason, PrintOutcome, PrintResult
from appliance.protocol import command as c
from appliance.service import clients
from appliance.store import customers as store
from appliance.store import spool
from tests.support.customers import save
from tests.support.till import PINS, a_till


def test_a_new_client_that_the_ticket_cannot_take_is_not_created(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            vip = Group("", "VIPX", (GroupRate(1000),))
            vip = await till.till.ledger.read(lambda conn: store.save_group(conn, vip))
            till.till.directory.forget_all()
            before = await till.books(store.count)
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.StartPayment(), c.AddTender("cash", 100))
            await till.do(c.OpenSheet("client_picker"), c.NewCustomer())
            await till.do(c.FillCustomer("name", "Rochat"), c.FillCustomer("first_name", "Anne"))
            await till.do(c.FillCustomer("group", vip.id))
            await till.do(c.SaveCustomer())  # a group is a manager's to give
            seq = till.till.ledger.seq
            assert (await till.order(c.Approve(PINS["nadia"]))).code == "ticket.being_paid"
            assert [entry.kind for entry in await till.entries(after=seq)] == ["ActionApproved"]
            assert till.screen.startswith("client_form") and await till.books(store.count) == before

    run(main())


def test_a_paper_that_goes_back_to_the_queue_is_counted_once(run, tmp_path):
    async def main():
        async with a_till(tmp_path, receipt_policy="always") as till:
            ledger, printing = till.till.ledger, till.daemon.printing
            await till.sells("1 coffee | cash 5.00")
            await ledger.settle()
            document = till.state.last_closed.document
            ledger._database._slow_left = 10_000
            (job,) = await ledger.read(spool.waiting_jobs)
            claim = partial(
                spool.claim_job, job_id=job.id, at="", sent_to="printer.receipt", device="", profile="", body=b"x"
            )
            assert await printing._claim(job, claim)
            printing._recovered = True
            back = PrintResult(PrintOutcome.NOTHING_SENT, FaultReason.COVER_OPEN)
            await asyncio.gather(printing._settle(job, back), printing._waiting_jobs())
            assert printing.waiting_copies(document) == (0,)

    run(main())


def found_of(till):
    """The kind of what the list shows, "" while it shows nothing."""
    found = till.till.desk.client_found
    return "" if found is None else found.kind


def test_an_older_answer_does_not_fill_the_list_of_another_kind(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            company = Customer("", "company", company="Garage du Bourg")
            await till.till.ledger.read(lambda conn: save(conn, company, "2026"))
            await till.do(c.NewTicket(), c.OpenSheet("client_picker"))
            till.till.desk.client_found = None
            await clients._fill_list(till.till, "company")  # asked for before the picker showed persons
            assert not found_of(till)
            await clients._fill_list(till.till, "person")
            assert found_of(till) == "person"

    run(main())
