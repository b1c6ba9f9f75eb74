"""Papers on a real printer at the far end of a cable that breaks: asked about, copied, redirected, never doubled.

Everything is the product's own, from the order to the paper; only the printer is simulated, behind TCP.
"""

import asyncio
import random
import re
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.journal import CopyIssued
from appliance.hal.device import FaultReason
from appliance.hal.simulated.printer import SimulatedPrinter
from appliance.hal.simulated.star import SimulatedStarPrinter
from appliance.protocol import command as c
from appliance.store import spool
from tests.support.till import NADIA, RAM, a_till

ROLE = "printer.receipt"


class KeepingPrinter(SimulatedPrinter):
    """Keeps every byte that came."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()

    def receive(self, received: bytes) -> None:
        self.sent += received
        super().receive(received)


@asynccontextmanager
async def a_shop(folder, printer, **settings):
    """A till whose printers are plugged in; ends with them."""
    others = settings.pop("others", {})
    async with AsyncExitStack() as stack:
        for one in (printer, *others.values()):
            await one.plug()
            stack.callback(one.unplug)
        devices = {ROLE: printer.url, **{role: one.url for role, one in others.items()}}
        till = await stack.enter_async_context(a_till(folder, devices=devices, **settings))
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(till.daemon._serve(till.till), name="devices")
            try:
                await until(lambda: till.daemon.equipment.printer_is_well() and light(till) == "ok")
                yield till
            finally:
                serving.cancel()


def light(till):
    return next(one.level for one in till.view.status if one.device == "printer")


async def until(condition, timeout_s=10.0):
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  the printer tells nobody
            await asyncio.sleep(0)


async def jobs(till, document=None):
    def read(conn):
        which = "" if document is None else f"WHERE purpose = 'ticket' AND subject = {document}"
        return conn.execute(
            f"SELECT purpose, subject, copy, state, proof FROM print_job {which} ORDER BY id"
        ).fetchall()

    return [tuple(row) for row in await till.books(read)]


async def until_jobs(till, wanted, timeout_s=10.0):
    found = []
    try:
        async with asyncio.timeout(timeout_s):
            while (found := await jobs(till)) != wanted:  # noqa: ASYNC110  nor does the disk
                await asyncio.sleep(0)
    except TimeoutError:
        raise AssertionError(f"{found} instead of {wanted}") from None


async def cuts_a_receipt_off(till, printer, after=300):
    """One sale whose receipt is cut off in the middle."""
    await till.sells("1 croissant | cash")
    printer.cut_link_after(after)
    await till.do(c.PrintReceipt())
    await until(lambda: till.message.startswith("printer.uncertain"))
    printer.forget()
    printer.tear_off()


def test_a_doubtful_receipt_is_asked_about_and_a_yes_confirms_it(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            await cuts_a_receipt_off(till, printer)
            assert till.message == "printer.uncertain_ticket"
            assert till.view.result.receipt == "uncertain"
            await till.do(c.ActOnMessage("paper_came"))
            await until_jobs(till, [("ticket", 1, 0, "confirmed", "person")])
            assert till.view.result.receipt == "printed"
            assert not till.daemon.printing.doubts

    run(day())


def test_a_no_prints_a_duplicata_that_the_journal_knows(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            await cuts_a_receipt_off(till, printer)
            await till.do(c.ActOnMessage("paper_missing"), c.RetryPrinting())
            await until_jobs(till, [("ticket", 1, 0, "uncertain", "copied"), ("ticket", 1, 1, "confirmed", "printer")])
            assert "DUPLICATA 1" in printer.receipts[-1].text and "par Camille" in printer.receipts[-1].text
            copies = [fact for fact in await till.facts() if isinstance(fact, CopyIssued)]
            assert [(fact.of_document, fact.copy) for fact in copies] == [(1, 0), (1, 1)]
            await till.do(c.PrintReceipt())
            await until(lambda: "DUPLICATA 2" in printer.receipts[-1].text)

    run(day())


def test_a_receipt_asked_for_again_answers_the_question(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            await cuts_a_receipt_off(till, printer)
            await till.do(c.PrintReceipt(), c.RetryPrinting())
            await until_jobs(till, [("ticket", 1, 0, "uncertain", "copied"), ("ticket", 1, 1, "confirmed", "printer")])
            assert not till.daemon.printing.doubts

    run(day())


def test_a_till_that_nobody_watches_prints_the_duplicata_at_once(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer, doubtful_papers="reprint") as till:
            await till.sells("1 croissant | cash")
            printer.cut_link_after(300)
            await till.do(c.PrintReceipt())
            await until_jobs(till, [("ticket", 1, 0, "uncertain", "copied"), ("ticket", 1, 1, "confirmed", "printer")])
            assert "DUPLICATA 1" in printer.receipts[-1].text

    run(day())


def test_the_question_comes_back_after_a_restart(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await till.books(lambda conn: spool.set_state(conn, 1, "sent"))
            await till.pull_the_plug()
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(till.daemon._serve(till.till), name="devices")
                await until(lambda: till.message == "printer.uncertain_ticket")
                serving.cancel()
            assert [job.subject for job in till.daemon.printing.doubts] == [1]

    run(day())


async def restarts_in_doubt(till, job):
    """The power is cut while this job was being printed, and the till is asked about it again."""
    await till.books(lambda conn: spool.set_state(conn, job, "sent"))
    await till.pull_the_plug()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(till.daemon._serve(till.till), name="devices")
        await until(lambda: till.message.startswith("printer.uncertain"))
        serving.cancel()
    return till.message


async def copies_of(till, paper):
    return [(fact.of_document, fact.copy) for fact in await till.facts(CopyIssued) if fact.paper == paper]


def test_h15_the_count_of_a_duplicata_goes_on_the_next_day(run, tmp_path):
    """Way: nobody knows of the original; two copies are out; the answer comes when the next day is open."""

    async def days():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt(), c.PrintReceipt(), c.PrintReceipt())
            for job in (2, 3):
                await till.books(lambda conn, job=job: spool.set_state(conn, job, "confirmed", "printer"))
            await till.closes_the_day()
            await till.waits(timedelta(days=1))
            await till.opens()
            assert await restarts_in_doubt(till, 1) == "printer.uncertain_ticket"
            await till.do(c.ActOnMessage("paper_missing"))
            assert await copies_of(till, "ticket") == [(1, 0), (1, 1), (1, 2), (1, 3)]
            await till.scan("TBtill-1-000001")
            assert till.view.result.copies == 4

    run(days())


def test_z12_copies_of_a_z_are_facts_with_a_count(run, tmp_path):
    async def days():
        async with a_till(tmp_path) as till:
            await till.closes_the_day()
            for copy in (1, 2):
                (newest,) = await till.books(
                    lambda conn: conn.execute("SELECT max(id) FROM print_job WHERE purpose = 'z'").fetchone()
                )
                assert await restarts_in_doubt(till, newest) == "printer.uncertain_z"
                await till.scan(NADIA)
                await till.do(c.ActOnMessage("paper_missing"))
                assert await copies_of(till, "z") == [(1, count) for count in range(1, copy + 1)]
            rows = await jobs(till)
            assert [row[:3] for row in rows] == [("z", 1, 0), ("z", 1, 1), ("z", 1, 2)]
            newest_paper = await till.books(lambda conn: spool.last_job(conn, "z", 1))
            assert b"DUPLICATA 2" in newest_paper.paper and b"DUPLICATA 1" not in newest_paper.paper

    run(days())


def test_h15_an_x_that_is_printed_again_says_so(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.scan(NADIA)
            await till.do(c.ReadX(), c.PrintReport(), c.PrintReport(), c.PrintReport(), c.GoBack())
            await till.do(c.ReadX(), c.PrintReport(), c.GoBack())
            assert await copies_of(till, "x") == [(1, 0), (1, 1), (1, 2), (2, 0)]
            papers = await till.books(lambda conn: conn.execute("SELECT paper FROM print_job ORDER BY id").fetchall())
            said = [re.findall(rb"DUPLICATA \d", paper) for (paper,) in papers]
            assert said == [[], [b"DUPLICATA 1"], [b"DUPLICATA 2"], []]
            assert till.state.session.totals.copies == 2

    run(day())


def test_what_was_sent_is_kept_with_its_hash(run, tmp_path):
    async def day():
        printer = KeepingPrinter()
        async with a_shop(tmp_path, printer) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await until_jobs(till, [("ticket", 1, 0, "confirmed", "printer")])
            job = await till.books(lambda conn: spool.last_job(conn, "ticket", 1))
            body = await till.books(lambda conn: spool.body_of(conn, 1))
            assert body in bytes(printer.sent) and len(body) > 300
            assert len(job.digest) == 32
            assert (job.attempts, job.sent_to, job.device, job.profile) == (
                1, ROLE, "TILLBOX SIM-80 SIM0001", "epson-80",
            )  # fmt: skip

    run(day())


def test_a_receipt_that_waits_for_its_printer_to_finish_is_sent(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            await till.sells("1 croissant | cash")
            printer.run_out_after(3)
            await till.do(c.PrintReceipt())
            await until_jobs(till, [("ticket", 1, 0, "sent", "")])
            assert till.view.result.receipt == "printing" and till.message == "printer.paper_out"
            printer.load_paper()
            await until_jobs(till, [("ticket", 1, 0, "confirmed", "printer")])
            assert len(printer.receipts) == 1

    run(day())


def test_a_dead_kitchen_printer_hands_its_papers_to_the_receipt_printer(run, tmp_path):
    async def day():
        front, kitchen = SimulatedPrinter(), SimulatedPrinter()
        settings = {"printer_fallback": {"printer.kitchen": ROLE}, "printer_fallback_after_s": 1}
        async with a_shop(tmp_path, front, others={"printer.kitchen": kitchen}, **settings) as till:
            await until(lambda: kitchen.received_count > 0)
            kitchen.power_off()
            till.till.effect(e.PrintTest("printer.kitchen"))
            await till.till.show()
            await until(lambda: len(front.receipts) == 1)
            text = front.receipts[0].text
            first, why = (line.strip() for line in text.splitlines()[:2])
            assert (first, why) == ("REDIRIGÉ", "L’imprimante « kitchen » n’imprime pas.")
            await until_jobs(till, [("test", 0, 0, "confirmed", "printer")])
            job = await till.books(lambda conn: spool.last_test(conn, "printer.kitchen"))
            assert job.sent_to == ROLE
            assert not kitchen.receipts

    run(day())


def test_one_touch_prints_the_test_page_and_keeps_the_result(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            till.till.effect(e.PrintTest(ROLE))
            await till.till.show()
            await until(lambda: len(printer.receipts) == 1)
            text = printer.receipts[0].text
            assert (
                "€ é è ê ë ç" in text and "Œuf à l’échalote" in text and "https://" in text and printer.cut_count == 1
            )
            await until_jobs(till, [("test", 0, 0, "confirmed", "printer")])
            result = await till.books(lambda conn: spool.last_test(conn, ROLE))
            assert (result.state, result.device) == ("confirmed", "TILLBOX SIM-80 SIM0001")
            assert result.sent_at.startswith("2026-11-21T07:42")

    run(day())


def test_tests_alone_are_given_up_on_the_disk_too(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            printer.run_out_of_paper()
            await until(lambda: light(till) == "error")
            await till.do(c.ShowDevices())
            for _ in range(5):
                await till.do(c.TestDevice("print"))
            await until(lambda: till.daemon.printing.waiting == 5 and till.message == "printer.backlog")
            await till.do(c.ActOnMessage("drop_all"))
            await until(lambda: not till.daemon.printing._dropping)
            assert await till.books(spool.waiting_jobs) == []
            printer.load_paper()
            await until(lambda: light(till) == "ok")
            await till.do(c.TestDevice("print"))
            await until(lambda: len(printer.receipts) == 1)

    run(day())


def test_all_that_is_given_up_is_gone_also_tests_and_copies_but_no_z(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            printer.run_out_of_paper()
            await until(lambda: light(till) == "error")
            await till.scan(NADIA)
            await till.do(c.ReadX(), c.PrintReport(), c.GoBack())
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt(), c.ShowDevices())
            for _ in range(3):
                await till.do(c.TestDevice("print"))
            await until(lambda: till.daemon.printing.waiting == 5 and till.message == "printer.backlog")
            assert till.till.desk.notices[0].params == {"count": 5}
            await till.do(c.ActOnMessage("drop_all"))
            await until(lambda: till.daemon.printing.waiting == 0 and till.message != "printer.backlog")
            assert till.daemon.printing.trial_of("printer.receipt").state == "dropped"
            printer.load_paper()
            await until(lambda: light(till) == "ok")
            await till.do(c.TestDevice("print"))
            await until(lambda: len(printer.receipts) == 1)
            await until(lambda: till.daemon.printing.waiting == 0)

    run(day())


def test_a_z_that_waits_for_paper_is_told_until_it_is_out(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            printer.run_out_of_paper()
            await until(lambda: light(till) == "error")
            await till.closes_the_day()
            await until(lambda: "printer.z_waits" in [notice.code for notice in till.till.desk.notices])
            printer.load_paper()
            await until(lambda: len(printer.receipts) == 1)
            await until(lambda: "printer.z_waits" not in [notice.code for notice in till.till.desk.notices])

    run(day())


def test_more_than_three_waiting_receipts_may_all_be_dropped(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            printer.run_out_of_paper()
            await until(lambda: light(till) == "error")
            for _ in range(4):
                await till.sells("1 croissant | cash")
                await till.do(c.PrintReceipt())
            await until(lambda: till.message == "printer.backlog")
            assert till.till.desk.notices[0].params == {"count": 4}
            await till.do(c.ActOnMessage("drop_all"))
            await until(lambda: till.daemon.printing.waiting == 0 and till.message != "printer.backlog")
            printer.load_paper()
            await until(lambda: light(till) == "ok")
            await till.do(c.PrintReceipt())
            await until(lambda: len(printer.receipts) == 1)
            assert "DUPLICATA" not in printer.receipts[0].text  # it is the original still

    run(day())


@pytest.mark.parametrize(
    ("fault", "mend", "code"),
    [
        ("run_out_of_paper", "load_paper", "printer.paper_out"),
        ("open_cover", "close_cover", "printer.cover_open"),
        ("jam_cutter", "clear_jam", "printer.cutter_jam"),
        ("unplug", "", "printer.unreachable"),
    ],
)
@pytest.mark.parametrize("kind", ["epson", "star", "polled"])
def test_each_state_is_said_within_two_seconds_and_the_sale_goes_on(run, tmp_path, kind, fault, mend, code):
    async def day():
        printer = {
            "epson": lambda: SimulatedPrinter(),
            "star": lambda: SimulatedStarPrinter(),
            "polled": lambda: SimulatedPrinter(pushes=False, knows_ids=False, profile="clone-80"),
        }[kind]()
        async with a_shop(tmp_path, printer) as till:
            getattr(printer, fault)()
            await until(lambda: till.message == code, 2.0)
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            if mend:
                getattr(printer, mend)()
            else:
                await printer.plug()
                await till.do(c.RetryPrinting())
            await until_jobs(till, [("ticket", 1, 0, "confirmed", "printer")])
            assert len(printer.receipts) == 1 and till.message != code

    run(day())


def test_low_paper_is_a_word_on_the_strip_within_two_seconds(run, tmp_path):
    async def day():
        printer = SimulatedPrinter()
        async with a_shop(tmp_path, printer) as till:
            printer.run_low()
            await until(lambda: light(till) == "warn", 2.0)
            health = next(h for h in till.daemon._devices.health() if h.role == ROLE)
            assert health.fault is FaultReason.PAPER_LOW

    run(day())


# --- the two laws: never two silent originals, never a lost job -----------------------------------------------------


class Slips:
    """The papers of one shop, counted by what they say."""

    def __init__(self, printer):
        self.printer = printer
        self.whole: dict[tuple[int, int], int] = {}

    def collect(self):
        """A receipt is whole when its bar code came out; what the next one is printed behind is none."""
        for strip in (*self.printer.receipts, self.printer.paper):
            copy = 0
            for line in strip.lines:
                if "DUPLICATA" in line:
                    copy = int(line.split()[-1])
                elif re.fullmatch(r"TBtill-1-\d{6}", line):
                    key = (int(line[-6:]), copy)
                    self.whole[key] = self.whole.get(key, 0) + 1
                    copy = 0
        self.printer.tear_off()
        self.printer.receipts.clear()


OPEN = "state IN ('queued', 'sending', 'sent', 'uncertain') AND proof = ''"


async def settled(till):
    """Every paper is out, or a copy of it was ordered and is out."""
    await till.do(c.RetryPrinting())
    async with asyncio.timeout(60):
        wanted = f"SELECT 1 FROM print_job WHERE {OPEN}"
        while await till.books(lambda conn: conn.execute(wanted).fetchone()):  # noqa: ASYNC110  the disk tells nobody
            await asyncio.sleep(0)


RECEIPTS = ("1 croissant | cash", "2 croissant, 1 candles, 1 deposit | card 3.00, cash 10.00", "1 loaf, 1 bag | card")
STRIDE = 61
TAIL = 40
"""The last bytes of a job: bar code, cut and barrier, where a receipt may be out and the till not know it."""


@pytest.mark.parametrize("make", [SimulatedPrinter, SimulatedStarPrinter])
def test_the_link_cut_at_every_byte(run, request, make):
    """Way: three receipts, each cut after 1, 2, 3 ... bytes to its end and a bit more (every 61st byte and each of the
    last ones without --full); the till reprints doubtful ones by itself, so at the end each document is on paper, as
    an original or as a copy, and no two papers say the same."""
    full = request.config.getoption("--full")

    async def day(folder):
        printer = make()
        slips = Slips(printer)
        async with a_shop(folder, printer, doubtful_papers="reprint") as till:
            document = 0
            for sale in RECEIPTS:
                points = [10_000]  # whole: how long is it?
                while points:
                    await till.sells(sale)
                    document += 1
                    await settled(till)
                    before = printer.received_count
                    printer.cut_link_after(cut_at := points.pop())
                    await till.do(c.PrintReceipt())
                    await settled(till)
                    printer._cut_at = None
                    slips.collect()
                    states = await jobs(till, document)
                    assert states[-1][3] == "confirmed" and len(states) <= 2, states
                    assert states[0][3] == "confirmed" or states[0][4] == "copied"
                    if cut_at == 10_000:
                        size = printer.received_count - before
                        every = range(1, size + TAIL)
                        points = [at for at in every if full or at % STRIDE == 0 or at > size - TAIL]
        assert all(count == 1 for count in slips.whole.values()), slips.whole
        assert {number for number, _ in slips.whole} == set(range(1, document + 1)), "a job was lost"
        return document

    with tempfile.TemporaryDirectory(dir=RAM) as folder:
        assert run(day(Path(folder)), 3_000) > 3 * TAIL


POWER_CYCLES, POWER_CYCLES_FULL = 20, 500


def test_power_cycles_leave_the_queue_intact(run, tmp_path, request):
    """Feature H-09: the power is cut at any moment, 500 times with --full; each time what the printer held is lost."""
    cycles = POWER_CYCLES_FULL if request.config.getoption("--full") else POWER_CYCLES
    chance = random.Random(9)

    async def day():
        printer = SimulatedPrinter()
        slips = Slips(printer)
        async with a_shop(tmp_path, printer, doubtful_papers="reprint") as till:
            for _ in range(cycles):
                await till.sells("1 croissant | cash")
                await till.do(c.PrintReceipt())
                at = printer.received_count + chance.randrange(0, 1_500)
                await until(lambda at=at: printer.received_count >= at or till.daemon.printing.waiting == 0)
                slips.collect()
                printer.power_off()
                slips.collect()
                await printer.power_on()
                await till.do(c.RetryPrinting())
            await settled(till)
            slips.collect()
            assert [job[1] for job in await jobs(till) if job[2] == 0] == list(range(1, cycles + 1))
        assert all(count == 1 for count in slips.whole.values()), slips.whole
        assert {document for document, _ in slips.whole} == set(range(1, cycles + 1))

    run(day(), 900)


def test_the_copy_of_a_doubtful_paper_waits_for_the_end_of_a_card_payment(run, tmp_path):
    async def main():
        async with a_till(tmp_path, doubtful_papers="reprint", receipt_policy="always") as till:
            await till.sells("2 croissant | cash 10.00")
            await till.do(c.NewTicket())
            await till.adds("1 coffee")
            mode = next(mode for mode in till.till.shop.tenders if mode.kind == "card")
            till.till.do(i.RequestCard("asked", mode))
            await till.till.show()

            def cut_off(conn):
                job = spool.waiting_jobs(conn)[0]
                spool.claim_job(conn, job.id, "x", "printer.receipt", "", "", b"x")
                spool.set_state(conn, job.id, "uncertain")
                return spool.doubtful_jobs(conn)

            printing = till.daemon.printing
            printing.doubts = await till.books(cut_off)
            await printing.on_doubt()
            assert len(printing.doubts) == 1
            assert till.message == ""
            assert await jobs(till) == [("ticket", 1, 0, "uncertain", "")]
            till.till.do(i.LoseCard("asked", "no_answer"))
            till.till.do(i.AnswerCard("asked", "refused", by="person"))
            await till.till.show()
            assert printing.doubts == []
            assert [(fact.of_document, fact.copy) for fact in await till.facts(CopyIssued)] == [(1, 0), (1, 1)]
            assert await jobs(till) == [
                ("ticket", 1, 0, "uncertain", "copied"),
                ("ticket", 1, 1, "queued", ""),
            ]

    run(main())
