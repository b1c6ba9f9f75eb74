"""HID-POS: the descriptor says where the code stands; reports become one code, or damage, and never a part of one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.scanner.framing import Damaged, Read
from appliance.hal.scanner.hidpos import (
    Descriptor,
    HidPosCodec,
    Layout,
    card,
    is_scanner,
    layouts_of,
    parse_descriptor,
    record,
)
from appliance.hal.simulated.scanner import HID_DESCRIPTOR, hid_reports

CARD = card(0x0C2E, 0x0B61, HID_DESCRIPTOR)
KEYBOARD = bytes.fromhex("05010906a101050719e029e71500250175019508810295017508810195067508150025650507190029658100c0")
MICROSCAN = bytes.fromhex("058c0902a101850175089 53f0600ff09018102c0".replace(" ", ""))  # vendor usages only
UNNUMBERED = bytes.fromhex("058c0902a101150026ff00750805010 93b9501810 2058c09fe953e8102c0".replace(" ", ""))


def codec(first=CARD):
    made = HidPosCodec()
    assert made.feed(first) == []
    return made


def stream(code, symbology="E0"):
    return b"".join(record(report) for report in hid_reports(code, symbology))


def feed_in_pieces(made, raw, sizes):
    found, at = [], 0
    for size in sizes:
        found += made.feed(raw[at : at + size])
        at += size
    return found + made.feed(raw[at:])


def test_the_descriptor_tells_where_everything_stands():
    assert is_scanner(HID_DESCRIPTOR)
    assert layouts_of(parse_descriptor(HID_DESCRIPTOR)) == {2: Layout(5, 56, 1, 2, 63)}
    assert not is_scanner(KEYBOARD)


@pytest.mark.parametrize("usage", [3, 4, 5])
def test_bases_and_cradles_are_scanners_too(usage):
    assert is_scanner(bytes((0x05, 0x8C, 0x09, usage, 0xA1, 0x01, 0xC0)))
    assert is_scanner(bytes((0x06, 0x8C, 0x00, 0x0A, usage, 0x00, 0xA1, 0x01, 0xC0)))  # the same in long words
    assert is_scanner(bytes((0x0B, usage, 0x00, 0x8C, 0x00, 0xA1, 0x01, 0xC0)))  # page and usage in one


def test_a_short_code_is_one_report_and_keeps_its_symbology():
    assert codec().feed(stream(b"7610000000019")) == [Read("7610000000019", "E0")]


def test_a_long_code_is_put_together_again():
    text = "https://id.gs1.org/01/07610000000019/10/AB?é=" + "x" * 300
    assert codec().feed(stream(text.encode(), "Q3")) == [Read(text, "Q3")]


def test_an_identifier_beside_the_data_leaves_the_data_alone():
    assert codec().feed(stream(b"]E07610", "Q1")) == [Read("]E07610", "Q1")]
    assert codec().feed(stream(b"]E07610", None)) == [Read("7610", "E0")]


def test_a_suffix_that_was_programmed_is_taken_off():
    assert codec().feed(stream(b"7610\r\n")) == [Read("7610", "E0")]


def test_a_code_that_goes_on_and_never_ends_is_dropped():
    made = codec()
    assert made.feed(record(hid_reports(b"a" * 60, "Q1")[0])) == []
    assert made.pending
    assert made.expire() == [Damaged("timeout")]
    assert made.expire() == []
    assert made.feed(stream(b"42")) == [Read("42", "E0")]


def test_the_next_code_does_not_begin_with_the_rest_of_the_last():
    """Its identifier is another one, so it is another label."""
    made = codec()
    assert made.feed(record(hid_reports(b"a" * 60, "Q1")[0])) == []
    assert made.feed(stream(b"42", "E0")) == [Damaged("truncated"), Read("42", "E0")]


def test_a_report_cut_short_damages_its_code_once():
    first, second, third = hid_reports(b"a" * 150, "Q1")
    made = codec()
    assert made.feed(record(first) + record(second[:20]) + record(third)) == [Damaged("truncated")]
    assert made.feed(stream(b"42")) == [Read("42", "E0")]
    cut = codec()
    assert cut.feed(record(hid_reports(b"a" * 56, "Q1")[0][:-1])) == [Damaged("truncated")]  # full, and the bit gone
    assert cut.feed(record(hid_reports(b"rest", "Q1")[0])) == []
    assert cut.feed(stream(b"42", "Q1")) == [Read("42", "Q1")]
    assert codec().feed(record(hid_reports(b"ab", None)[0][:-1])) == [Read("ab", None)]


def test_a_length_that_cannot_be_is_damage():
    report = bytearray(hid_reports(b"7610", "E0")[0])
    report[1] = 200
    assert codec().feed(record(bytes(report))) == [Damaged("truncated")]


def test_too_long_and_control_characters_are_refused():
    assert codec().feed(stream(b"x" * 512)) == [Read("x" * 512, "E0")]
    assert codec().feed(stream(b"x" * 513)) == [Damaged("too_long")]
    assert codec().feed(stream(b"x" * 100_000)) == [Damaged("too_long")]
    assert codec().feed(stream(b"12\x1b@34")) == [Damaged("control_character")]
    assert codec().feed(stream(b"0107610\x1d10A", "C1")) == [Read("0107610\x1d10A", "C1")]


def test_other_reports_are_no_codes():
    battery = record(b"\x09\x64" + bytes(62))
    assert codec().feed(battery + record(b"") + stream(b"42")) == [Read("42", "E0")]


def test_a_silent_descriptor_is_helped_by_the_table_and_then_by_habit():
    assert layouts_of(Descriptor((), ()), 0x0DB5, 0x0136) == {2: Layout(5, 56, 1, 2, 63)}
    made = codec(card(0xFFFF, 1, MICROSCAN))
    assert made.feed(record(b"\x01\x04" + b"7610".ljust(62, b"\0"))) == [Read("7610", None)]


def test_a_scanner_that_numbers_no_reports():
    made = codec(card(0, 0, UNNUMBERED))
    assert made.feed(record(b"\x04" + b"7610".ljust(62, b"\0"))) == [Read("7610", None)]


CODES = st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200), max_size=6)
SIZES = st.lists(st.integers(1, 90), max_size=60)


@given(CODES, SIZES)
def test_split_anywhere_gives_the_same(codes, sizes):
    raw = CARD + b"".join(stream(code.encode(), "Q1") for code in codes)
    assert feed_in_pieces(HidPosCodec(), raw, sizes) == [Read(code, "Q1") for code in codes]


@given(st.lists(st.binary(max_size=80), max_size=30), st.binary(max_size=120), SIZES)
def test_noise_never_raises_and_reads_are_bounded_and_printable(reports, descriptor, sizes):
    raw = card(0, 0, descriptor) + b"".join(record(report) for report in reports)
    for found in feed_in_pieces(HidPosCodec(), raw, sizes):
        if isinstance(found, Read):
            assert 1 <= len(found.text) <= 512
            assert found.text.replace("\x1d", "").isprintable()


@given(st.binary(max_size=400))
def test_any_descriptor_is_read_without_a_fault(raw):
    for layout in layouts_of(parse_descriptor(raw)).values():
        assert layout.data_size > 0


@given(st.lists(st.sampled_from([b"\x02\x03]E0abc".ljust(63, b"\0") + b"\1", b"\x02\x03]E0xyz".ljust(64, b"\0")])))
def test_a_code_is_delivered_only_when_its_last_report_came(reports):
    made = codec()
    found = [read for report in reports for read in made.feed(record(report))]
    assert all(read.text.endswith("xyz") for read in found)
    assert sum(len(read.text) // 3 for read in found) == len(reports) - (
        next((i for i, report in enumerate(reversed(reports)) if not report[63]), len(reports))
    )
