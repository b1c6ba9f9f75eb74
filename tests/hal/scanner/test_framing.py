"""Serial framing: the same reads however the bytes are cut, and nothing a device sends can raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.scanner.framing import Damaged, Read, SerialFraming, accept

CHUNKS = st.lists(st.integers(1, 7), min_size=1, max_size=60)


def feed_in_pieces(framing, stream, sizes):
    found, at = [], 0
    for size in sizes:
        found += framing.feed(stream[at : at + size])
        at += size
    return found + framing.feed(stream[at:])


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"7610000000019\r", [Read("7610000000019", None)]),
        (b"7610000000019\n", [Read("7610000000019", None)]),
        (b"\r\n1\r\n2\r\n", [Read("1", None), Read("2", None)]),
        (b"]E07610000000019\r", [Read("7610000000019", "E0")]),
        (b"]E0]E01\r", [Read("]E01", "E0")]),
        (b"]\r", [Read("]", None)]),
        ("café €\r".encode(), [Read("café €", None)]),
        ("café\r".encode("latin-1"), [Read("café", None)]),
        (b"]C10107610000000019\x1d10AB\r", [Read("0107610000000019\x1d10AB", "C1")]),
        (b"12\x0034\r56\r", [Damaged("control_character"), Read("56", None)]),
        (b"\x1b@\r", [Damaged("control_character")]),
        (b"x" * 512 + b"\r", [Read("x" * 512, None)]),
        (b"x" * 513 + b"\r", [Damaged("too_long")]),
        (b"x" * 100_000 + b"\rok\r", [Damaged("too_long"), Read("ok", None)]),
    ],
)
def test_frames(stream, expected):
    assert SerialFraming().feed(stream) == expected


def test_prefix_and_suffix_of_a_configured_scanner():
    framing = SerialFraming(prefix=b"\x02", ends=b"\x03")
    assert framing.feed(b"\x02123\x03456\x03") == [Read("123", None), Read("456", None)]


def test_a_partial_is_dropped_never_delivered():
    framing = SerialFraming()
    assert framing.feed(b"7610") == []
    assert framing.pending
    assert framing.expire() == [Damaged("timeout")]
    assert framing.expire() == []
    assert framing.feed(b"42\r") == [Read("42", None)]


def test_a_scanner_must_end_its_codes():
    with pytest.raises(ValueError, match="end"):
        SerialFraming(ends=b"")


@given(st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)), CHUNKS)
def test_split_anywhere_gives_the_same(codes, sizes):
    stream = "".join(code + "\r\n" for code in codes).encode()
    assert feed_in_pieces(SerialFraming(), stream, sizes) == SerialFraming().feed(stream)


@given(st.binary(max_size=3_000), CHUNKS)
def test_noise_never_raises_and_reads_are_bounded_and_printable(noise, sizes):
    for found in feed_in_pieces(SerialFraming(), noise + b"\r", sizes):
        if isinstance(found, Read):
            assert 1 <= len(found.text) <= 512
            assert found.text.replace("\x1d", "").isprintable()


@given(st.text(max_size=600))
def test_accepted_text_is_clean(text):
    judged = accept(text)
    if isinstance(judged, Read):
        assert 1 <= len(judged.text) <= 512
        assert not any(ord(char) < 0x20 and char != "\x1d" for char in judged.text)
