"""The road of a paper: ordered with its facts, printed once, honest about what is not known (features H-15, N-02)."""

import asyncio
import re
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from appliance.domain.journal import CopyIssued, ReceiptDeclined
from appliance.hal.device import (
    Barcode,
    DeviceKind,
    DeviceState,
    FaultReason,
    Health,
    Paper,
    PrintOutcome,
    PrintResult,
    Rendered,
)
from appliance.protocol import command as c
from appliance.protocol.message import Answer
from appliance.service import papers
from appliance.store import journal as store
from appliance.store import spool
from tests.support.till import a_till


class ScriptedPrinter:
    """Does what the test says with each job, and keeps what came."""

    def __init__(self, *outcomes: PrintOutcome) -> None:
        self.outcomes = list(outcomes)
        self.papers: list[Paper] = []
        self.rendered: list[Paper] = []
        self.health = Health(
            "printer.receipt", DeviceKind.PRINTER, DeviceState.READY, None, datetime(2026, 11, 21, tzinfo=UTC)
        )
        self.may_print = asyncio.Event()
        self.may_print.set()
        self.idle = asyncio.Event()

    def printer(self, role: str = "printer.receipt") -> "ScriptedPrinter":
        return self

    async def ready(self) -> None:
        await self.may_print.wait()

    async def render(self, paper: Paper) -> Rendered:
        self.rendered.append(paper)
        return Rendered(msgspec.json.encode(paper), "scripted")

    async def print(self, paper: Rendered, job_id: int, on_sent: Callable[[], None]) -> PrintResult:
        self.papers.append(msgspec.json.decode(paper.body, type=Paper))
        outcome = self.outcomes.pop(0) if self.outcomes else PrintOutcome.CONFIRMED
        if not self.outcomes:
            self.idle.set()
        return PrintResult(outcome, None if outcome is PrintOutcome.CONFIRMED else FaultReason.PAPER_OUT)


@asynccontextmanager
async def printing(till, printer):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(till.daemon.printing.run(printer))
        yield
        task.cancel()


async def states(till):
    return await till.books(lambda conn: [row[0] for row in conn.execute("SELECT state FROM print_job ORDER BY id")])


async def until(till, wanted):
    """Each turn of the loop lets the printing task go on; a thousand turns are enough for any of these."""
    for _ in range(1000):
        if await states(till) == wanted:
            return
    assert await states(till) == wanted


def test_what_is_asked_for_is_printed_once(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till, printing(till, printer := ScriptedPrinter()):
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            await until(till, ["confirmed"])
            assert till.view.result.receipt == "printed"
            await till.do(c.PrintReceipt())
            await until(till, ["confirmed", "confirmed"])
            assert len(printer.papers) == 2
            texts = [getattr(block, "line", "") for block in printer.papers[1].blocks]
            assert any("DUPLICATA" in text for text in texts)

    run(day())


async def eventually(till, wanted):
    """As `until`, where the till pauses meanwhile."""
    async with asyncio.timeout(10):
        while await states(till) != wanted:
            pass


KNOWN: dict[str, None] = {}


class BrokenPrinter(ScriptedPrinter):
    """Its driver has a defect: in `render` or in `print`, in papers that hold `word`, as often as `times`."""

    def __init__(self, where, word="", times=1):
        super().__init__()
        self.where, self.word, self.times = where, word, times

    def _may_break(self, where, body):
        if where == self.where and self.times and self.word in body:
            self.times -= 1
            raise KeyError("a defect of the driver")

    async def render(self, paper):
        self._may_break("render", msgspec.json.encode(paper).decode())
        return await super().render(paper)

    async def print(self, paper, job_id, on_sent):
        self._may_break("print", paper.body.decode())
        return await super().print(paper, job_id, on_sent)


def test_a_defect_before_the_paper_left_costs_it_a_pause(run, tmp_path, caplog):
    async def day():
        async with a_till(tmp_path) as till, printing(till, printer := BrokenPrinter("render", times=2)):
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            await eventually(till, ["confirmed"])
            assert len(printer.papers) == 1
            while till.daemon.printing._defects:
                await till.books(lambda conn: None)

    run(day())
    assert caplog.text.count("met a defect; it waits") == 2


def test_a_paper_that_can_never_be_made_stops_none_of_those_behind_it(run, tmp_path, caplog):
    async def day():
        async with a_till(tmp_path) as till:
            for sale in ("2 croissant | cash", "1 coffee | cash"):
                await till.sells(sale)
                await till.do(c.PrintReceipt())
            async with printing(till, BrokenPrinter("render", "roissant", times=-1)):
                await until(till, ["queued", "confirmed"])

    run(day())


def test_a_defect_after_the_first_byte_may_have_left_is_a_doubt(run, tmp_path, caplog):
    """Never again as an original: what the driver did before its defect is not known."""

    async def day():
        async with a_till(tmp_path) as till, printing(till, printer := BrokenPrinter("print")):
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            await until(till, ["uncertain"])
            await till.sells("1 coffee | cash")
            await till.do(c.PrintReceipt())
            await until(till, ["uncertain", "confirmed"])
            assert len(printer.papers) == 1

    run(day())


def test_a_defect_in_looking_what_waits_costs_a_pause(run, tmp_path, caplog):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            broken: Any = None
            till.daemon.printing._unwritten[1] = broken
            async with printing(till, printer := ScriptedPrinter()):
                while not till.daemon.printing._defects:
                    await till.books(lambda conn: None)
                del till.daemon.printing._unwritten[1]
                await eventually(till, ["confirmed"])
            assert len(printer.papers) == 1

    run(day())


def test_whoever_watches_the_papers_cannot_stop_them(run, tmp_path, caplog):
    async def day():
        async with a_till(tmp_path) as till, printing(till, ScriptedPrinter()):
            till.daemon.printing.on_change = lambda: KNOWN["nothing"]
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            await until(till, ["confirmed"])

    run(day())
    assert "showing how far a paper is met a defect" in caplog.text


async def prints_and_waits(till, printer):
    """One receipt is out, as an original; its first DUPLICATA waits for the printer."""
    await till.sells("2 croissant | cash")
    await till.do(c.PrintReceipt())
    await until(till, ["confirmed"])
    printer.may_print.clear()
    await till.do(c.PrintReceipt())
    await until(till, ["confirmed", "queued"])


async def next_day(till, restarts):
    await till.closes_the_day()
    await till.waits(timedelta(days=1))
    if restarts:
        await till.pull_the_plug()
    await till.opens()


def drop_all(till):
    papers.drop_all(till.till)
    return till.till.show()


GIVE_UP = {"cancel": lambda till: till.do(c.CancelReceipt()), "drop all": drop_all}


@pytest.mark.parametrize("gives_up", GIVE_UP.values(), ids=GIVE_UP)
def test_h15_a_declined_copy_leaves_the_original_counted(run, tmp_path, gives_up):
    async def day():
        async with a_till(tmp_path) as till, printing(till, printer := ScriptedPrinter()):
            await prints_and_waits(till, printer)
            await gives_up(till)
            assert [fact.copy for fact in await till.facts(ReceiptDeclined)] == [1]
            await till.do(c.PrintReceipt())
            assert [fact.copy for fact in await till.facts(CopyIssued)] == [0, 1, 1]

    run(day())


@pytest.mark.parametrize("days", [1, 3])
@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("gives_up", GIVE_UP.values(), ids=GIVE_UP)
def test_an_original_is_printed_once_for_ever(run, tmp_path, gives_up, restarts, days):
    """Way: the copy of a printed receipt is given up days later, and a paper of it asked for again, over and over."""

    async def day():
        printer = ScriptedPrinter()
        async with a_till(tmp_path) as till:
            async with printing(till, printer):
                await prints_and_waits(till, printer)
            for _ in range(days):
                await next_day(till, restarts)
                await till.scan("TBtill-1-000001")
                await gives_up(till)
                assert till.view.result.copies == 1
                await till.do(c.PrintReceipt(), c.PrintReceipt())
            copies = [fact.copy for fact in await till.facts(CopyIssued)]
            assert copies.count(0) == 1 and copies[2:4] == [1, 2], copies
            assert await till.books(store.rebuild_state) == till.state
            printer.may_print.set()
            async with printing(till, printer):
                await until_all_printed(till)
        assert [copy for _, copy in words_of(printer, "TBtill-1-000001")].count(0) == 1

    run(day())


def test_an_original_that_never_left_is_a_copy_the_next_day(run, tmp_path):
    """Nobody can say the next day whether one did: two originals are worse than a DUPLICATA too many."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt())
            await next_day(till, False)
            await till.scan("TBtill-1-000001")
            await till.do(c.CancelReceipt(), c.PrintReceipt())
            assert [fact.copy for fact in await till.facts(CopyIssued)] == [0, 1]

    run(day())


def test_declined_while_its_row_is_claimed_only_the_others_are(run, tmp_path, monkeypatch):
    """Way: "Sans reçu" at the very moment in which the original's row is being claimed on a slow disk."""

    async def day():
        printer = ScriptedPrinter()
        printer.may_print.clear()
        async with a_till(tmp_path) as till, printing(till, printer):
            await till.sells("2 croissant | cash")
            await till.do(c.PrintReceipt(), c.PrintReceipt())
            ledger = till.daemon.ledger
            said: list[Answer] = []
            at_once = ledger.briefly

            async def slowly(job):
                if getattr(job, "func", None) is spool.claim_job and not said:
                    said.append(await till.order(c.CancelReceipt()))
                return await at_once(job)

            monkeypatch.setattr(ledger, "briefly", slowly)
            printer.may_print.set()
            await until(till, ["confirmed", "dropped"])
            assert said[0].ok and [fact.copy for fact in await till.facts(ReceiptDeclined)] == [1]
            await till.do(c.PrintReceipt())
            await until(till, ["confirmed", "dropped", "confirmed"])
            assert [copy for _, copy in words_of(printer, "TBtill-1-000001")] == [0, 1]

    run(day())


def words_of(printer, code):
    """(code, number of its DUPLICATA) of each paper that came."""
    found = []
    for paper in printer.papers:
        if any(isinstance(block, Barcode) and block.text == code for block in paper.blocks):
            text = " ".join(getattr(block, "line", "") for block in paper.blocks)
            duplicate = re.search(r"DUPLICATA (\d+)", text)
            found.append((code, int(duplicate[1]) if duplicate else 0))
    return found


async def until_all_printed(till):
    for _ in range(1000):
        if set(await states(till)) <= {"confirmed", "dropped"}:
            return
    raise AssertionError(await states(till))


def test_papers_wait_for_the_printer_and_keep_their_order(run, tmp_path):
    async def day():
        printer = ScriptedPrinter()
        printer.may_print.clear()
        async with a_till(tmp_path) as till, printing(till, printer):
            for _ in range(3):
                await till.sells("1 croissant | cash")
                await till.do(c.PrintReceipt())
            assert await states(till) == ["queued"] * 3 and printer.papers == []
            printer.may_print.set()
            await until(till, ["confirmed"] * 3)
            codes = [block.text for paper in printer.papers for block in paper.blocks if isinstance(block, Barcode)]
            assert codes == ["TBtill-1-000001", "TBtill-1-000002", "TBtill-1-000003"]

    run(day())


def test_a_job_of_which_nothing_was_sent_is_tried_again(run, tmp_path):
    async def day():
        printer = ScriptedPrinter(PrintOutcome.NOTHING_SENT, PrintOutcome.CONFIRMED)
        async with a_till(tmp_path) as till, printing(till, printer):
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await until(till, ["confirmed"])
            assert len(printer.papers) == 2

    run(day())


def test_a_job_whose_end_is_unknown_is_never_sent_again(run, tmp_path):
    async def day():
        printer = ScriptedPrinter(PrintOutcome.UNCERTAIN)
        async with a_till(tmp_path) as till, printing(till, printer):
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await until(till, ["uncertain"])
            till.daemon.printing.wake()
            await asyncio.sleep(0)
            assert len(printer.papers) == 1
            assert till.view.result.receipt == "uncertain"

    run(day())


def test_a_paper_ordered_before_the_plug_was_pulled_is_printed_after(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await till.pull_the_plug()
            async with printing(till, printer := ScriptedPrinter()):
                await until(till, ["confirmed"])
                assert len(printer.papers) == 1

    run(day())


def test_a_paper_that_was_being_printed_when_the_plug_was_pulled_is_left_to_a_person(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await till.books(lambda conn: spool.set_state(conn, 1, "sending"))
            await till.pull_the_plug()
            async with printing(till, printer := ScriptedPrinter()):
                await until(till, ["uncertain"])
                assert printer.papers == []

    run(day())


@pytest.mark.parametrize("goods", ["1 croissant", "3 croissant, 2 candles, 1 deposit, 1 paper"])
def test_the_paper_is_ordered_in_the_transaction_of_its_facts(run, tmp_path, goods):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells(f"{goods} | card")
            await till.do(c.PrintReceipt())
            await till.pull_the_plug()
            job = await till.books(lambda conn: spool.last_job(conn, "ticket", 1))
            assert (job.copy, job.state) == (0, "queued")

    run(day())


async def can_write(till, can):
    """What a disk that turns read-only does to every write."""
    await till.books(lambda conn: conn.execute(f"PRAGMA query_only={int(not can)}"))


def said(paper):
    return " ".join(getattr(block, "line", "") for block in paper.blocks)


@pytest.mark.parametrize("outcome", [PrintOutcome.CONFIRMED, PrintOutcome.UNCERTAIN])
def test_papers_leave_a_read_only_disk_as_provisional_and_once(run, tmp_path, outcome):
    """Way: two receipts wait when the disk stops taking writes; both come, say so, and are noted when it is well."""

    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await till.sells("1 croissant | cash")
            await till.do(c.PrintReceipt())
            await can_write(till, False)
            printer = ScriptedPrinter(PrintOutcome.NOTHING_SENT, outcome, outcome)
            async with printing(till, printer):
                await printer.idle.wait()
                for _ in range(100):
                    till.daemon.printing.wake()
                    await asyncio.sleep(0)
                assert [said(paper).startswith("EXEMPLAIRE PROVISOIRE") for paper in printer.papers] == [True] * 3
                assert await states(till) == ["queued", "queued"]
                assert till.daemon.printing.waiting_copies(1) == till.daemon.printing.waiting_copies(2) == ()
                assert till.daemon.printing.waiting == 0
                await can_write(till, True)
                till.daemon.printing.wake()
                wanted = "confirmed" if outcome is PrintOutcome.CONFIRMED else "uncertain"
                await until(till, [wanted, wanted])
                assert len(till.daemon.printing.doubts) == 2 * (outcome is PrintOutcome.UNCERTAIN)
                assert len(printer.papers) == 3
                await till.do(c.PrintReceipt())
                await until(till, [wanted, wanted, "confirmed"])
                assert "EXEMPLAIRE" not in said(printer.papers[3]) and "DUPLICATA 1" in said(printer.papers[3])

    run(day())


def test_after_a_start_on_a_read_only_disk_papers_leave_and_doubts_are_asked_later(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            for _ in range(2):
                await till.sells("1 croissant | cash")
                await till.do(c.PrintReceipt())
            await till.books(lambda conn: spool.set_state(conn, 1, "sending"))
            await till.pull_the_plug()
            await can_write(till, False)
            printer = ScriptedPrinter()
            printer.outcomes = [PrintOutcome.CONFIRMED]
            async with printing(till, printer):
                await printer.idle.wait()
                assert await states(till) == ["sending", "queued"]
                assert said(printer.papers[0]).startswith("EXEMPLAIRE PROVISOIRE")
                await can_write(till, True)
                till.daemon.printing.wake()
                await until(till, ["uncertain", "confirmed"])
                await until(till, ["uncertain", "confirmed"])  # the disk knows it a turn before the till
                assert [job.subject for job in till.daemon.printing.doubts] == [1]
                assert len(printer.papers) == 1

    run(day())
