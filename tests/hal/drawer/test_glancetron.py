"""The trigger's bytes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.drawer.glancetron import ASK, OPEN, Listener


def test_the_two_answers():
    assert Listener().feed(b"\x1b4A\x1b4B") == [False, True]


def test_nothing_else_is_an_answer():
    assert Listener().feed(b"\x1b4C4A\x1b5A\x1b\x1b4B") == [True]


def test_an_order_is_no_question():
    assert ASK not in OPEN
    assert len(OPEN) == 1


@given(st.lists(st.sampled_from([b"\x1b4A", b"\x1b4B", b"\x1b", b"4", b"A", b"B", b"\x00"]), max_size=20), st.data())
def test_bytes_may_break_anywhere(pieces, draw):
    stream = b"".join(pieces)
    cuts = sorted({0, len(stream), *draw.draw(st.lists(st.integers(0, len(stream))))})
    listener, found = Listener(), []
    for begin, end in pairwise(cuts):
        found += listener.feed(stream[begin:end])
    assert found == Listener().feed(stream)
    assert found == [
        stream[at + 2] == ord("B") for at in range(len(stream)) if stream[at : at + 3] in (b"\x1b4A", b"\x1b4B")
    ]
