"""Receipts as bytes: nothing that a shop calls its products can command the printer.

The scanner below walks the bytes on its own knowledge of ESC/POS, accepts the few commands a receipt needs and
refuses everything else, so a smuggled command fails it.
"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import Align, Barcode, BarcodeKind, Columns, Cut, Feed, Paper, Qr, Row, Rule, Text
from appliance.hal.escpos import encoder
from appliance.hal.escpos.profile import PROFILES

EPSON = PROFILES["epson-80"]
HOSTILE = st.text(
    st.one_of(
        st.characters(max_codepoint=0x2FF),
        st.sampled_from("\x1b\x1d\x10\x04\x14\x00\n\r\u202e\u2066\u200b\ufeff\u0085\u009b€’Œ漢😀\u0301"),
    ),
    max_size=120,
)


def walk(data):
    """Command names and printed lines; AssertionError at the first byte that should not be there."""
    at, names, lines, line = 0, [], [], b""
    while at < len(data):
        byte, rest = data[at], data[at:]
        if byte >= 0x20 and byte != 0x7F:
            line, size = line + rest[:1], 1
        elif byte == 0x0A:
            lines.append(line)
            line, size = b"", 1
        elif rest[:2] in (b"\x1b!", b"\x1ba", b"\x1bt", b"\x1bd", b"\x1dh", b"\x1dw", b"\x1dH"):
            size = 3
            limit = {b"\x1b!": 0x38, b"\x1ba": 2, b"\x1bt": 19, b"\x1dw": 3, b"\x1dH": 2}.get(rest[:2], 255)
            assert rest[2] <= limit
            names.append(rest[:2])
        elif rest[:4] == b"\x1dVB\x00":
            size = 4
            names.append(b"\x1dV")
        elif rest[:2] == b"\x1dk":
            assert rest[2] in (67, 73)
            size = 4 + rest[3]
            assert len(rest) >= size
            assert all(0x20 <= char < 0x7F for char in rest[4:size])
            names.append(b"\x1dk")
        elif rest[:3] == b"\x1d(k":
            size = 5 + int.from_bytes(rest[3:5], "little")
            assert rest[5] == 0x31 and len(rest) >= size
            assert rest[4] < 4, "a length must not read as DLE EOT"
            if rest[6] == 0x50:
                assert all(char >= 0x20 and char != 0x7F for char in rest[7:size])
            names.append(b"\x1d(k")
        else:
            raise AssertionError(f"byte {byte:#04x} at {at} in {rest[:12]!r}")
        at += size
    assert line == b"", "the last line was not ended"
    return names, lines


def lines_of(*blocks, profile=EPSON):
    return [line.decode(profile.codec) for line in walk(encoder.Encoder(profile).encode(Paper(blocks)))[1]]


BLOCKS = st.one_of(
    st.builds(Text, HOSTILE, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(Align)),
    st.builds(Columns, HOSTILE, HOSTILE, st.booleans(), st.booleans(), st.booleans()),
    st.builds(
        Row,
        st.lists(HOSTILE, max_size=6).map(tuple),
        st.lists(st.integers(-1, 9), max_size=6).map(tuple),
        st.booleans(),
    ),
    st.builds(Rule, HOSTILE),
    st.builds(Barcode, st.one_of(HOSTILE, st.from_regex(r"\d{13}", fullmatch=True)), st.sampled_from(BarcodeKind)),
    st.builds(Qr, HOSTILE, st.integers(-5, 30)),
    st.builds(Feed, st.integers(-3, 400)),
    st.just(Cut()),
)


@given(st.lists(BLOCKS, max_size=12), st.sampled_from(sorted(PROFILES)))
def test_no_text_ever_carries_a_command_and_no_line_is_too_long(blocks, name):
    profile = PROFILES[name]
    _, lines = walk(encoder.Encoder(profile).encode(Paper(tuple(blocks))))
    assert all(len(line) <= profile.columns for line in lines)


@given(HOSTILE, st.sampled_from(["cp1252", "cp858"]))
def test_page_bytes_are_printable_and_of_one_column(text, codec):
    encoded = encoder.to_page(text, codec)
    assert all(byte >= 0x20 and byte != 0x7F for byte in encoded)
    shown = encoded.decode(codec)
    assert all(unicodedata.category(char)[0] != "C" and not unicodedata.combining(char) for char in shown)


def test_accents_euro_and_typography_on_both_pages():
    text = "Crème à l’ancienne 4,50 € œuf Œ — « ça » …"
    assert encoder.to_page(text, "cp1252").decode("cp1252") == text
    assert encoder.to_page(text, "cp858").decode("cp858") == "Crème à l'ancienne 4,50 € oeuf OE - « ça » ..."


def test_what_the_page_lacks_gets_its_nearest_letters():
    assert encoder.to_page("Łódź Dvořák e\u0301 1\u202f000\u00a0CHF Ａ 漢", "cp1252").decode("cp1252") == (
        "Lódz Dvorák é 1 000 CHF A ?"
    )


def test_long_names_are_cut_at_a_limit():
    assert len(encoder.to_page("x" * 100_000, "cp1252")) == 1_000
    assert len(encoder.to_page("é漢" * 100_000, "cp1252")) <= 1_000


def test_columns_wrap_left_and_keep_right_at_the_edge():
    left = "2 x Croissant au beurre de la vallée et du plateau, très long"
    first, second = lines_of(Columns(left, "3.60"))
    assert first == "2 x Croissant au beurre de la vallée et du"
    assert second == "plateau, très long" + " " * 26 + "3.60"
    assert lines_of(Columns("TOTAL", "13.30", wide=True)) == ["TOTAL" + " " * 14 + "13.30"]
    assert lines_of(Columns("a", "b" * 60)) == ["a", "b" * 48]


def test_rows_share_the_width():
    assert lines_of(Row(("TVA", "HT", "TTC"))) == ["TVA" + " " * 27 + "HT" + " " * 13 + "TTC"]
    assert lines_of(Row(("2.6 %", "12.96"), (3, 1)), profile=PROFILES["epson-58"]) == ["2.6 %" + " " * 22 + "12.96"]
    assert lines_of(Row(("x" * 99, "y" * 99))) == ["x" * 23 + " " + "y" * 24]


def test_text_wraps_at_words_and_cuts_endless_ones():
    assert lines_of(Text("un deux " * 8)) == [("un deux " * 6).strip(), "un deux un deux "]
    assert lines_of(Text("x" * 50)) == ["x" * 48, "xx"]
    assert lines_of(Text("")) == [""]


def test_styles_are_sent_only_when_they_change():
    names, _ = walk(encoder.Encoder(EPSON).encode(Paper((Text("a", bold=True), Text("b", bold=True), Text("c")))))
    assert names.count(b"\x1b!") == 3  # preamble, bold, plain


def test_a_job_ends_as_it_began():
    job = encoder.Encoder(EPSON).encode(Paper((Text("a", wide=True, align=Align.RIGHT),)))
    assert job.endswith(b"\x1b!\x00\x1ba\x00")


@pytest.mark.parametrize("code", ["7610000000018", "761000000001", "76100000000x9", "²610000000019", ""])
def test_a_wrong_check_digit_is_printed_as_text(code):
    names, lines = walk(encoder.Encoder(EPSON).encode(Paper((Barcode(code),))))
    assert b"\x1dk" not in names
    assert lines == [encoder.to_page(code, "cp1252")]


def test_ean13_with_the_right_digit_is_a_bar_code():
    job = encoder.Encoder(EPSON).encode(Paper((Barcode("7610000000011"),)))
    assert b"\x1dk\x43\x0d7610000000011" in job


def test_code128_escapes_its_braces_and_falls_back_when_too_wide():
    job = encoder.Encoder(EPSON).encode(Paper((Barcode("T-{42}", BarcodeKind.CODE128),)))
    assert b"\x1dk\x49\x09{BT-{{42}" in job
    assert lines_of(Barcode("x" * 30, BarcodeKind.CODE128)) == ["x" * 30]


def test_real_time_and_drawer_commands():
    assert encoder.pulse(2, 100) == b"\x1bp\x00\x32\x64"
    assert encoder.pulse(5, 500) == b"\x1bp\x01\xfa\xff"
    assert encoder.pulse_now(2, 100) == b"\x10\x14\x01\x00\x01"
    assert encoder.process_id(encoder.token_of(36**3)) == b"\x1d(H\x06\x00001000"
    with pytest.raises(ValueError, match="four"):
        encoder.process_id(b"\x10\x04\x01\x00")


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_neighbouring_jobs_have_different_tokens(first, second):
    if 0 < abs(first - second) < 36**4:
        assert encoder.token_of(first) != encoder.token_of(second)
