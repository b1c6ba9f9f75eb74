"""The simulated printer understands bytes that our encoder did not write."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from appliance.hal.device import Align, Barcode, BarcodeKind, Columns, Cut, Paper, Qr, Text
from appliance.hal.escpos.encoder import Encoder
from appliance.hal.escpos.profile import PROFILES
from appliance.hal.simulated.escpos import CommandParser, RealTimeScanner
from appliance.hal.simulated.paper import Raster
from appliance.hal.simulated.printer import PrinterMachine
from appliance.hal.simulated.star import StarMachine


def machine(**options):
    printer = PrinterMachine(**options)
    sent = bytearray()
    printer.send = sent.extend
    return printer, sent


def test_prints_what_python_escpos_writes():
    """An encoder that is not ours, with its own habits: code page per text, ESC E, GS !."""
    from escpos.printer import Dummy

    dummy = Dummy(profile="TM-T88V")
    dummy.set(bold=True, double_width=True, double_height=True, align="center")
    dummy.text("Total 4.50\n")
    dummy.set()
    dummy.text("suite\n")
    dummy.qr("https://ex.ch", native=True)
    dummy.cut()
    dummy.cashdraw(2)
    printer, _ = machine()
    printer.receive(dummy.output)
    (receipt,) = printer.receipts
    assert [line for line in receipt.lines if line] == ["Total 4.50", "suite", "https://ex.ch"]
    assert receipt.elements[0].runs[0].wide and receipt.elements[0].align == 1
    assert printer.drawer.is_open


def test_status_as_tabled_by_the_command_reference():
    printer, sent = machine()
    printer.receive(b"\x10\x04\x01\x10\x04\x02\x10\x04\x04")
    assert bytes(sent) == b"\x12\x12\x12"
    sent.clear()
    printer.receive(b"\x1da\xff")
    assert bytes(sent) == b"\x10\x00\x00\x00"
    sent.clear()
    printer.run_out_of_paper()
    assert bytes(sent) == b"\x18\x00\x0f\x00"
    sent.clear()
    printer.receive(b"\x10\x04\x01\x10\x04\x04\x1dr\x01")
    assert bytes(sent) == b"\x1a\x7e"  # GS r waits in its turn
    sent.clear()
    printer.load_paper()
    assert bytes(sent) == b"\x10\x00\x00\x00" + b"\x00"


def test_an_id_comes_back_when_it_is_printed_and_never_after_a_power_cut():
    printer, sent = machine()
    job = b"abc\n\x1d(H\x06\x0000A1B2"
    printer.receive(job)
    assert bytes(sent) == b"\x37\x22A1B2\x00"
    sent.clear()
    printer.open_cover()
    printer.receive(job)
    printer.forget()
    printer.close_cover()
    assert bytes(sent) == b""
    assert printer.paper.lines == ("abc",)


def test_the_strip_wraps_at_the_width():
    printer, _ = machine(columns=32)
    printer.receive(b"x" * 40 + b"\n")
    assert printer.paper.lines == ("x" * 32, "x" * 8)


@given(st.binary(max_size=600), st.lists(st.integers(1, 9), max_size=50))
def test_garbage_never_raises(garbage, sizes):
    printer, _ = machine()
    at = 0
    for size in sizes:
        printer.receive(garbage[at : at + size])
        at += size
    printer.receive(garbage[at:])


@given(st.binary(max_size=80), st.lists(st.integers(1, 5), max_size=30))
def test_real_time_commands_are_seen_however_they_are_cut(noise, sizes):
    stream = noise.replace(b"\x10", b".") + b"\x10\x14\x01\x00\x01" + b"\x10\x04\x01"
    scanner, found, at = RealTimeScanner(), [], 0
    for size in sizes:
        found += scanner.feed(stream[at : at + size])
        at += size
    assert found + scanner.feed(stream[at:]) == [b"\x10\x14\x01\x00\x01", b"\x10\x04\x01"]


def test_commands_wait_until_they_are_whole():
    parser = CommandParser()
    parser.feed(b"ab\x1d(H\x06\x00")
    assert [command.name for command in parser.commands()] == ["text"]
    parser.feed(b"00ABCD\n")
    assert [command.name for command in parser.commands()] == ["GS ( H", "LF"]


@pytest.mark.parametrize("columns", [48, 32])
def test_the_picture_is_as_wide_as_the_paper(columns):
    blocks = (
        Text("Épicerie", bold=True, tall=True, wide=True, align=Align.CENTER),
        Columns("Crème brûlée à l’œuf", "4,50 €"),
        Barcode("7610000000011"),
        Barcode("T-1", BarcodeKind.CODE128),
        Qr("https://ex.ch"),
        Cut(),
    )
    printer, _ = machine(columns=columns)
    printer.receive(Encoder(PROFILES["epson-80" if columns == 48 else "epson-58"]).encode(Paper(blocks)))
    picture = Image.open(io.BytesIO(printer.receipts[0].png()))
    assert picture.width == columns * 12 + 2 * 32
    assert picture.height > 400
    assert picture.getextrema() == (0, 255)


WHOLE = Paper((
    Text("Épicerie", bold=True, tall=True, align=Align.CENTER), Columns("Crème brûlée", "4,50 €"),
    Columns("Żurek śląski", "4.80"), Barcode("7610000000011"), Barcode("T-%1", BarcodeKind.CODE128),
    Qr("https://ex.ch"), Text("Merci", wide=True), Cut(),
))  # fmt: skip


@given(st.sampled_from(["epson-80", "clone-58", "star-80", "starline-80"]), st.lists(st.integers(1, 400), max_size=20))
def test_a_paper_is_the_same_however_its_bytes_arrive(name, sizes):
    profile = PROFILES[name]
    body = Encoder(profile).encode(WHOLE)
    strips = []
    for pieces in ([len(body)], sizes):
        make = PrinterMachine if profile.dialect == "escpos" else StarMachine
        printer, at = make(columns=profile.columns), 0
        for size in pieces:
            printer.receive(body[at : at + size])
            at += size
        printer.receive(body[at:])
        printer.tear_off()
        strips.append(printer.receipts[-1])
    assert strips[0] == strips[1]
    lines = strips[0].lines
    assert "Crème brûlée" in strips[0].text and lines[-1] == "Merci"
    assert sum(isinstance(element, Raster) for element in strips[0].elements) >= 1


def test_a_star_drawer_opens_past_a_receipt_that_is_stuck():
    printer = StarMachine()
    printer.run_out_of_paper()
    printer.receive(b"Caf\xe9\n\x07")
    assert printer.drawer.pulse_count == 0
    printer.receive(b"\x1c")
    assert (printer.drawer.pulse_count, printer.held_count > 0) == (1, True)


def test_a_bad_line_loses_bytes():
    printer, _ = machine()
    printer.swallow_after(2, 3)
    printer.receive(b"abc")
    printer.receive(b"defg\n\x1dVB\x00")
    assert printer.receipts[0].lines == ("abfg",)
