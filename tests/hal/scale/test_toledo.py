"""The 8217 bytes: a weight is a weight only when every character of its frame is right."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import WeightState
from appliance.hal.scale.toledo import FRAME_BYTES_MAX, UNKNOWN, Listener, Reading, with_parity
from appliance.hal.simulated.scale import Platter

STABLE, MOVING = WeightState.STABLE, WeightState.MOVING


@pytest.mark.parametrize(
    ("frame", "reading"),
    [
        (b"\x0200.345\r", Reading(STABLE, 345)),
        (b"\x02 1.250\r", Reading(STABLE, 1250)),
        (b"\x0200.000\r", Reading(STABLE, 0)),
        (b"\x0200.345N\r", Reading(STABLE, 345, is_net=True)),
        (b"\x02?\x01\r", Reading(MOVING)),
        (b"\x02?\x02\r", Reading(WeightState.OVER_CAPACITY)),  # the status looks like STX
        (b"\x02?\x0d\r", Reading(WeightState.UNDER_ZERO)),  # and here like CR
        (b"\x02?\x44\r", Reading(WeightState.UNDER_ZERO)),
        (b"\x02?\x40\r", UNKNOWN),
        (b"\x02?\x08\r", UNKNOWN),
        (b"\x0200.34\r", Reading(WeightState.UNKNOWN, other_decimals=2)),  # pounds
        (b"\x02-0.345\r", UNKNOWN),
        (b"\x0200345\r", UNKNOWN),
        (b"\x02\r", UNKNOWN),
        (b"\x0200.3450000000000000", UNKNOWN),
    ],
)
def test_an_answer_is_read(frame, reading):
    assert Listener().feed(frame) == [reading]


def test_echo_is_no_answer():
    assert Listener().feed(b"\x02E\rhello\x02F\r") == []


def test_a_frame_that_broke_off_does_not_hide_the_next():
    assert Listener().feed(b"\x0200.\x0200.345\r") == [Reading(STABLE, 345)]


def test_a_byte_that_the_line_spoilt_makes_no_weight():
    frame = with_parity(b"\x0200.345\r")
    assert Listener().feed(frame) == [Reading(STABLE, 345)]
    for place in range(1, len(frame) - 1):
        for bit in range(8):
            spoilt = frame[:place] + bytes((frame[place] ^ 1 << bit,)) + frame[place + 1 :]
            assert Listener().feed(spoilt) == [UNKNOWN]


@given(st.binary(max_size=80), st.lists(st.integers(0, 80)))
def test_bytes_may_break_anywhere(stream, cuts):
    whole, parts = Listener().feed(stream), []
    listener = Listener()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for begin, end in pairwise(edges):
        parts += listener.feed(stream[begin:end])
    assert parts == whole


@given(
    st.lists(st.sampled_from([b"\x02", b"\r", b"0", b"1", b"9", b".", b"N", b"?", b" ", b"\x00", b"E"]), max_size=40)
)
def test_what_is_sold_stood_in_the_stream(pieces):
    """No garbage makes a weight: each one read stands there, framed, in its characters."""
    stream = b"".join(pieces)
    for reading in Listener().feed(stream):
        assert (reading.quantity_milli is not None) == (reading.state is STABLE)
        if reading.quantity_milli is not None:
            kilos, grams = divmod(reading.quantity_milli, 1000)
            assert re.search(rb"\x02 *0*%d\.%03dN?\r" % (kilos, grams), stream)


@given(st.integers(-500, 16_000), st.integers(0, 999), st.booleans())
def test_the_simulated_scale_is_understood(gross, tare, moving):
    platter = Platter()
    platter.gross_milli, platter.tare_milli, platter.is_moving = gross, tare, moving
    (reading,) = Listener().feed(platter.answer(b"W"))
    if gross > 15_000:
        assert reading.state is WeightState.OVER_CAPACITY
    elif moving:
        assert reading.state is MOVING
    elif gross < tare:
        assert reading.state is WeightState.UNDER_ZERO
    else:
        assert reading == Reading(STABLE, gross - tare, bool(tare))


def test_a_flood_is_bounded():
    listener = Listener()
    assert listener.feed(b"\x02" + b"9" * 10_000) == [UNKNOWN]
    assert len(listener._rest) < FRAME_BYTES_MAX
