"""All our papers on somebody else's printer: the text it reads, the codes its picture holds, its paper running out.

What must stand on the paper is read from the `Paper` the service made; the bytes between are nobody's business here.
"""

import asyncio
import re
import unicodedata
from pathlib import Path

import msgspec
import pytest

from appliance.hal.device import (
    Barcode,
    BarcodeKind,
    Columns,
    Cut,
    DeviceState,
    FaultReason,
    Paper,
    PrintOutcome,
    Qr,
    Row,
    Text,
)
from appliance.protocol import command as c
from appliance.service.receipt_text import redirected, trial_page
from tests.hal.oracle.conftest import Oracle
from tests.support.till import NADIA, a_till

PRINTERS = {
    "epson-80": ("wide", "cp1252"),
    "epson-58": ("narrow", "cp1252"),
    "pc858-80": ("wide", "cp858"),
    "pc858-58": ("narrow", "cp858"),
    "clone-80": ("wide", "cp858"),
    "clone-58": ("narrow", "cp858"),
    "epson-t88": ("wide", "cp858"),
}
"""Our profile: the judge's printer, and the code page that is pinned there."""
PLAIN_SIGNS = {"’": "'", "–": "-", "−": "-", "…": "..."}
"""What stands for typography that a code page lacks; nothing stands for a letter."""
TEMPLATES = ("receipt", "copy", "redirected", "x", "z", "trial", "euros")
EUROS = Paper((
    Text("Crème brûlée, goût Noël : 3,50 €", bold=True, tall=True),
    Columns("Gâteau à l’ananas", "12,00 €"),
    Row(("À payer", "15,50 €"), bold=True),
    Qr("https://till.example/r?n=1&t=42"),
    Barcode("7610807072341"),
    Barcode("TBtill-1-000042", BarcodeKind.CODE128),
    Cut(),
))  # fmt: skip
"""What every code page of ours can say, so all of it is spelt."""
MERCI = Paper((Text("Œuf à l’échalote 3,50 €"), Text("Merci"), Cut()))


async def a_day(folder: Path) -> dict[str, Paper]:
    async with a_till(folder) as till:
        await till.do(c.NewTicket())
        await till.adds("2 croissant, 1 candles, 1 deposit")
        await till.do(c.CommentLine(1, "bien cuits, à l’œil"), c.DiscountLine(2, rate_bp=1000))
        await till.pays("card 3.00, cash 10.00")
        await till.do(c.PrintReceipt(), c.PrintReceipt(), c.Lock())
        await till.scan(NADIA)
        await till.do(c.ReadX(), c.PrintReport(), c.GoBack())
        await till.closes_the_day(difference_minor=-100)
        rows = await till.books(lambda conn: conn.execute("SELECT purpose, copy, paper FROM print_job").fetchall())
        papers = {("copy" if copy else purpose): msgspec.json.decode(raw, type=Paper) for purpose, copy, raw in rows}
        head = till.daemon.printing._head
        papers["receipt"] = papers.pop("ticket")
        papers["redirected"] = redirected(head, papers["receipt"], "printer.kitchen")
        papers["trial"] = trial_page(head, "printer.receipt", "2026-11-21T07:42:00Z")
        papers["euros"] = EUROS
        return papers


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Paper]:
    return asyncio.run(a_day(tmp_path_factory.mktemp("till")))


def words_of(paper: Paper, page: str) -> list[tuple[str, bool]]:
    """Every word that must be printed, in order, and whether it must be spelt: a line with a letter that the code page
    cannot say is drawn, and what it holds besides may be drawn with it."""
    words = []
    for block in paper.blocks:
        match block:
            case Text():
                line = block.line
            case Columns():
                line = f"{block.left} {block.right}"
            case Row():
                line = " ".join(block.cells)
            case _:
                continue
        line = re.sub("[\xa0\u202f]", " ", unicodedata.normalize("NFC", line))
        for sign, plain in PLAIN_SIGNS.items():
            line = line if sign.encode(page, "ignore") else line.replace(sign, plain)
        is_spelt = line.encode(page, "ignore").decode(page) == line
        words += [(word, is_spelt) for word in line.split()]
    return words


def first_difference(read: list[str], meant: list[tuple[str, bool]]) -> str:
    """Empty when all that must be spelt was read, in order, and nothing else."""
    at = 0
    for word, is_spelt in meant:
        if at < len(read) and read[at] == word:
            at += 1
        elif is_spelt:
            return f"{word!r} was meant, {' '.join(read[at : at + 5])!r} was read"
    return " ".join(read[at:])


def codes_of(paper: Paper) -> set[tuple[str, str]]:
    kinds = {BarcodeKind.EAN13: "EAN-13", BarcodeKind.CODE128: "CODE-128"}
    bars = {(kinds[block.kind], block.text) for block in paper.blocks if isinstance(block, Barcode)}
    return bars | {("QR-Code", block.text) for block in paper.blocks if isinstance(block, Qr)}


def read_words(text: str) -> list[str]:
    """What the judge spelt, without rules and without its notes on codes and pictures."""
    lines = [line for line in text.splitlines() if not re.fullmatch(r"-+|\[.*\]", line.strip())]
    return " ".join(lines).split()


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("profile", PRINTERS)
def test_another_makers_printer_reads_what_we_meant(run, bench, oracle: Oracle, papers, profile, template):
    printer, page = PRINTERS[profile]
    paper = papers[template]

    async def main():
        async with bench({"printer.receipt": oracle.address(printer, profile)}) as table:
            ours = table.devices.printer()
            await ours.ready()
            assert (await ours.print(paper, 1)).outcome is PrintOutcome.CONFIRMED
        return await asyncio.to_thread(lambda: (oracle.text(printer), oracle.codes(printer)))

    text, codes = run(main())
    assert not first_difference(read_words(text), words_of(paper, page)), text
    assert codes == codes_of(paper)


def test_the_trial_page_asks_the_hard_questions(papers):
    """Euro, ligatures, the typographic apostrophe, a QR code, an EAN: a judge that is asked nothing finds nothing."""
    assert {kind for kind, _ in codes_of(papers["trial"])} == {"QR-Code", "EAN-13"}
    spelt = {word for word, is_spelt in words_of(papers["trial"], "cp1252") if is_spelt}
    assert {"Œuf", "l’échalote", "3,50", "€", "œ"} <= spelt


class SlowCable:
    """Between till and judge: lets so many bytes through, then waits until it is told to go on."""

    def __init__(self, port: int, passing: int) -> None:
        self._port = port
        self._passing = passing
        self._go_on = asyncio.Event()
        self.held = asyncio.Event()

    async def __aenter__(self) -> "SlowCable":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}?profile=epson-80"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()

    def go_on(self) -> None:
        self._go_on.set()

    async def _serve(self, till: asyncio.StreamReader, to_till: asyncio.StreamWriter) -> None:
        judge, to_judge = await asyncio.open_connection("127.0.0.1", self._port)

        async def answers() -> None:
            while received := await judge.read(4_096):
                to_till.write(received)

        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answers(), name="answers")
            while received := await till.read(256):
                self._passing -= len(received)
                if self._passing < 0 and not self._go_on.is_set():
                    self.held.set()
                    await self._go_on.wait()
                to_judge.write(received)
            answering.cancel()
        to_judge.close()
        to_till.close()


def test_a_receipt_is_held_without_paper_and_comes_out_once(run, bench, oracle: Oracle):
    lines = [f"ligne {number}" for number in range(200)]
    long = Paper((*(Text(line) for line in lines), Cut()))

    async def main():
        before = len(await asyncio.to_thread(oracle.receipts, "wide"))
        async with SlowCable(oracle.ports["wide"], 1_000) as cable, bench({"printer.receipt": cable.address}) as table:
            ours = table.devices.printer()
            await ours.ready()
            async with asyncio.TaskGroup() as group:
                printing = group.create_task(ours.print(long, 2), name="print")
                await cable.held.wait()
                await asyncio.to_thread(oracle.set_fault, "wide", "paper-out", True)
                health = await table.state("printer.receipt", DeviceState.DEGRADED)
                assert health.fault is FaultReason.PAPER_OUT
                cable.go_on()
                await asyncio.to_thread(oracle.ask, "/health")
                assert len(await asyncio.to_thread(oracle.receipts, "wide")) == before
                assert not printing.done()
                await asyncio.to_thread(oracle.set_fault, "wide", "paper-out", False)
                assert (await printing).outcome is PrintOutcome.CONFIRMED
        assert len(await asyncio.to_thread(oracle.receipts, "wide")) == before + 1
        text = await asyncio.to_thread(oracle.text, "wide")
        assert [line for line in text.splitlines() if line.startswith("ligne")] == lines

    run(main())


def test_nothing_is_sent_to_a_printer_without_paper(run, bench, oracle: Oracle):
    async def main():
        async with bench({"printer.receipt": oracle.address("narrow", "epson-58")}) as table:
            ours, before = table.devices.printer(), len(await asyncio.to_thread(oracle.receipts, "narrow"))
            await ours.ready()
            await asyncio.to_thread(oracle.set_fault, "narrow", "paper-out", True)
            await table.state("printer.receipt", DeviceState.DEGRADED)
            refused = await ours.print(MERCI, 3)
            assert (refused.outcome, refused.fault) == (PrintOutcome.NOTHING_SENT, FaultReason.PAPER_OUT)
            await asyncio.to_thread(oracle.set_fault, "narrow", "paper-out", False)
            await ours.ready()
            assert (await ours.print(MERCI, 4)).outcome is PrintOutcome.CONFIRMED
            assert len(await asyncio.to_thread(oracle.receipts, "narrow")) == before + 1
            assert await asyncio.to_thread(oracle.text, "narrow") == "Œuf à l’échalote 3,50 €\nMerci\n"

    run(main())
