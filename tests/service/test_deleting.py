"""A customer who is being deleted: gone for everybody at once, erased whatever happens meanwhile, and nobody waits."""

import asyncio
import threading
from datetime import timedelta

from appliance.clock import ManualClock
from appliance.domain import intent as i
from appliance.domain.customer import Customer, CustomerCode, Group
from appliance.protocol import command as c
from appliance.protocol.message import Order
from appliance.service import clients
from appliance.store import customers as store
from appliance.store import database
from appliance.store.erasure import is_erasure_pending
from tests.support.customers import save
from tests.support.till import MORNING, RealTill, a_till, settings

ZOE = Customer("", last_name="Zwyssig", first_name="Zoé", codes=(CustomerCode("9876 5432"),))


async def deleting(till):
    """Zoé, deleted on the screen a moment ago."""
    ledger = till.till.ledger
    zoe = await ledger.read(lambda conn: save(conn, ZOE, ledger.moment().at))
    await till.do(c.ShowTab("clients"), c.ShowCustomer(zoe.id), c.DeleteCustomer(zoe.id, confirmed=True))
    return zoe


async def chores(till):
    while till.till._chores:
        await asyncio.wait(till.till._chores)


def on_disk(till, customer):
    return till.till.ledger.read_now(lambda conn: store.get(conn, customer.id))


def test_who_is_being_deleted_is_found_by_no_card_and_has_no_form(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            zoe = await deleting(till)
            assert await till.scan("98765432") == "client.gone"
            for command in (c.EditCustomer(zoe.id), c.ShowCustomer(zoe.id), c.AttachCustomer(zoe.id)):
                assert await till.refused(command) == "client.gone"
            await till.do(c.RestoreCustomer(zoe.id))
            assert till.till.desk.client == zoe.id

    run(main())


def test_a_form_of_somebody_who_was_erased_is_refused_and_the_disk_stays_well(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            zoe = await deleting(till)
            await till.do(c.RestoreCustomer(zoe.id), c.EditCustomer(zoe.id))
            till.till.desk.client_leaving = zoe.id
            clients.erase_now(till.till)
            await chores(till)
            assert on_disk(till, zoe).is_erased
            await till.do(c.FillCustomer("first_name", "Philo"))
            assert await till.refused(c.SaveCustomer()) == "client.gone"
            assert till.till.ledger.fault == ""

    run(main())


def test_two_groups_of_one_name_waiting_for_one_commit_are_not_a_broken_disk(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            group = Group("g-abcdefghijkl", "Fidèle")
            till.till.directory.put_group(group)
            till.till.ledger.also(lambda conn: store.write_group(conn, group))
            till.till.ledger.also(lambda conn: store.write_group(conn, group))
            till.till.ledger.also(lambda conn: store.drop_group(conn, "g-nobody", ""))
            await till.till.ledger.settle()
            assert till.till.ledger.fault == "" and [each.label for each in await till.books(store.groups)] == [
                "Fidèle"
            ]

    run(main())


def test_an_open_card_payment_puts_the_erasure_off(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            zoe = await deleting(till)
            await till.do(c.NewTicket(), c.AddProduct(201))
            mode = next(mode for mode in till.till.shop.tenders if mode.kind == "card")
            till.till.do(i.RequestCard("r1", mode, None))
            till.till._effects.clear()
            clients.erase_now(till.till)
            await chores(till)
            assert not on_disk(till, zoe).is_erased and till.till.desk.client_leaving == zoe.id
            assert "erase" in till.till._timers
            till.till.do(i.LoseCard("r1", "restart"))
            till.till.state.card = None
            clients.erase_now(till.till)
            await chores(till)
            assert on_disk(till, zoe).is_erased and till.till.desk.client_leaving == ""

    run(main())


def test_an_orderly_stop_within_the_six_seconds_erases(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            zoe = await deleting(till)
        async with a_till(tmp_path, opened=False) as till:
            assert on_disk(till, zoe).is_erased
            assert not till.till.ledger.read_now(is_erasure_pending)

    run(main())


def test_a_till_starts_on_a_read_only_disk_with_an_erasure_to_finish(run, tmp_path, monkeypatch):
    connect = database.connect

    def read_only(path):
        conn = connect(path)
        conn.execute("PRAGMA query_only=ON")
        return conn

    async def main():
        async with a_till(tmp_path) as till:
            zoe = await till.till.ledger.read(lambda conn: save(conn, ZOE, "2026"))
            await till.till.ledger.read(lambda conn: store.erase(conn, zoe.id, "2026"))
        till = RealTill(settings(tmp_path), ManualClock(MORNING))
        with monkeypatch.context() as patch:
            patch.setattr(database, "connect", read_only)
            await till.start()
            assert till.screen == "home" and till.till.ledger.read_now(is_erasure_pending)
            till.till.close()
            await till.daemon.ledger.abandon()

    run(main())


def test_the_file_forgets_once_nobody_works_at_the_till(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            await deleting(till)
            clients.erase_now(till.till)
            await chores(till)
            await clients.finish_erasure(till.till)
            assert till.till.ledger.read_now(is_erasure_pending)  # somebody works
            await till.do(c.Lock())
            await till.till.ledger.settle()
            await till.waits(timedelta(seconds=31))
            await clients.finish_erasure(till.till)
            assert not till.till.ledger.read_now(is_erasure_pending)

    run(main())


def test_nobody_vanishes_and_nothing_waits_while_the_tables_are_written_anew(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            ledger = till.till.ledger
            zoe = await ledger.read(lambda conn: save(conn, ZOE, "2026"))
            emptied, go_on = threading.Event(), threading.Event()

            def halfway(conn):
                conn.execute("BEGIN IMMEDIATE")
                conn.execute("DELETE FROM customer_code")
                conn.execute("DELETE FROM customer_address")
                conn.execute("DELETE FROM customer_word")
                conn.execute("DELETE FROM customer")
                emptied.set()
                go_on.wait(10)
                conn.execute("ROLLBACK")

            async with asyncio.TaskGroup() as group:
                group.create_task(ledger.rewrite(halfway), name="rewriting")
                await asyncio.to_thread(emptied.wait, 10)
                till.till.directory.forget_all()
                assert till.till.directory.get(zoe.id).name == "Zoé Zwyssig"
                assert till.till.directory.holder_of("98765432").customer == zoe.id
                go_on.set()

    run(main())


def test_a_card_is_read_while_the_database_is_opened_again(run, tmp_path):
    async def main():
        async with a_till(tmp_path) as till:
            ledger = till.till.ledger
            zoe = await ledger.read(lambda conn: save(conn, ZOE, "2026"))  # from now on there is a thread to end
            ledger.fault = "store.failed"
            ledger._start_probe()
            for _ in range(200):
                await asyncio.sleep(0)
                till.till.directory.forget_all()
                assert till.till.directory.holder_of("98765432").customer == zoe.id
                if ledger._database._conn is None:
                    break
            else:
                raise AssertionError("the database was never closed")
            assert (await till.till.submit(Order("meanwhile", c.AttachCustomer(zoe.id)))).code in ("", None)

    run(main())
