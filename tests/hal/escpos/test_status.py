"""What a printer says: four kinds of answers in one stream, cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.escpos.star import StarParser
from appliance.hal.escpos.status import (
    Changed,
    Counted,
    Done,
    InOrder,
    Keys,
    Name,
    RealTime,
    Status,
    StatusParser,
    status_of,
)

ASB = {
    b"\x10\x00\x00\x00": Status(pin_high=False),
    b"\x14\x00\x03\x00": Status(pin_high=True, paper_low=True),
    b"\x1c\x00\x0f\x00": Status(pin_high=True, offline=True, paper_low=True, paper_out=True),
    b"\x38\x00\x00\x00": Status(pin_high=False, offline=True, cover_open=True),
    b"\x18\x08\x00\x00": Status(pin_high=False, offline=True, cutter=True),
    b"\x18\x20\x00\x00": Status(pin_high=False, offline=True, broken=True),
    b"\x18\x40\x00\x00": Status(pin_high=False, offline=True, recovering=True),
}
ANSWERS = st.one_of(
    st.sampled_from(sorted(ASB)).map(lambda raw: (raw, Changed(ASB[raw]))),
    st.sampled_from([0x12, 0x16, 0x1A, 0x1E, 0x72]).map(lambda byte: (bytes((byte,)), RealTime(byte))),
    st.sampled_from([0x00, 0x03, 0x0C, 0x0F]).map(lambda byte: (bytes((byte,)), InOrder(byte))),
    st.text("ABCDEFGHIJ0123456789", min_size=4, max_size=4).map(
        lambda token: (b"\x37\x22" + token.encode() + b"\x00", Done(token.encode()))
    ),
    st.just((b"_EPSON\x00", Name("EPSON"))),
)


@pytest.mark.parametrize("raw", ASB)
def test_automatic_status(raw):
    assert StatusParser().feed(raw) == [Changed(ASB[raw])]


@given(st.lists(ANSWERS, max_size=30), st.lists(st.integers(1, 5), max_size=40))
def test_a_mixed_stream_cut_anywhere(answers, sizes):
    stream, parser, found, at = b"".join(raw for raw, _ in answers), StatusParser(), [], 0
    for size in sizes:
        found += parser.feed(stream[at : at + size])
        at += size
    assert found + parser.feed(stream[at:]) == [answer for _, answer in answers]


def test_a_heartbeat_answer_may_stand_inside_another_answer():
    assert StatusParser().feed(b"\x14\x00\x12\x03\x00") == [
        RealTime(0x12),
        Changed(Status(pin_high=True, paper_low=True)),
    ]
    assert StatusParser().feed(b"_EP\x16SON\x00") == [RealTime(0x16), Name("EPSON")]


def test_a_cut_answer_does_not_swallow_the_next():
    assert StatusParser().feed(b"\x10\x00" + b"\x38\x00\x00\x00") == [Changed(ASB[b"\x38\x00\x00\x00"])]
    assert StatusParser().feed(b"_EPS" + b"\x10\x00\x00\x00") == [Changed(ASB[b"\x10\x00\x00\x00"])]


@given(st.binary(max_size=2_000))
def test_garbage_never_raises_and_the_parser_stays_small(garbage):
    parser = StatusParser()
    parser.feed(garbage)
    assert len(parser._asb) < 4
    assert len(parser._header) <= 80


def test_polled_answers_make_the_same_status():
    assert status_of({1: 0x12, 2: 0x12, 3: 0x12, 4: 0x12}) == Status(pin_high=False)
    assert status_of({1: 0x1E, 2: 0x32, 3: 0x12, 4: 0x7E}) == Status(
        offline=True, pin_high=True, paper_low=True, paper_out=True
    )
    assert status_of({1: 0x1A, 2: 0x16, 3: 0x1A}).cover_open
    assert status_of({3: 0x1A}) == Status(cutter=True)


@given(st.binary(max_size=200))
def test_garbage_never_raises(noise):
    StatusParser().feed(noise)
    StarParser().feed(noise)


STAR = {
    b"\x23\x86\x00\x00\x00\x00\x00\x00\x00": (Status(pin_high=False), 0),
    b"\x23\x86\x04\x00\x00\x04\x00\x02\x00": (Status(pin_high=True, paper_low=True), 1),
    b"\x23\x86\x08\x00\x00\x0c\x00\x2e\x00": (Status(pin_high=False, offline=True, paper_low=True, paper_out=True), 15),
    b"\x23\x86\x28\x00\x00\x00\x00\x6e\x00": (Status(pin_high=False, offline=True, cover_open=True), 31),
    b"\x23\x86\x08\x08\x00\x00\x00\x40\x00": (Status(pin_high=False, offline=True, cutter=True), 16),
    b"\x23\x86\x08\x20\x00\x00\x00\x00\x00": (Status(pin_high=False, offline=True, broken=True), 0),
    b"\x23\x86\x08\x40\x00\x00\x00\x00\x00": (Status(pin_high=False, offline=True, recovering=True), 0),
}
"""Nine bytes; the count of ETB is spread over bits 1 to 3 and 5 to 6 of the eighth."""


@given(st.lists(st.sampled_from(sorted(STAR)), max_size=12), st.lists(st.integers(1, 5), max_size=40))
def test_stars_status_cut_anywhere(blocks, sizes):
    stream, parser, found, at = b"".join(blocks), StarParser(), [], 0
    for size in sizes:
        found += parser.feed(stream[at : at + size])
        at += size
    meant = [answer for raw in blocks for answer in (Changed(STAR[raw][0]), Counted(STAR[raw][1]))]
    assert found + parser.feed(stream[at:]) == meant


def test_keys_of_the_pictures_a_printer_keeps():
    assert StatusParser().feed(b"\x37\x72\x40ABQZ\x00") == [Keys((b"AB", b"QZ"), False)]
    assert StatusParser().feed(b"\x37\x72\x41AB\x00\x37\x72\x40\x00") == [Keys((b"AB",), True), Keys((), False)]
