"""Keyboard wedge: what a scanner types comes out as it was on the label, or as damaged, and never in part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.scanner.framing import Damaged, Read
from appliance.hal.scanner.layouts import LAYOUTS
from appliance.hal.scanner.wedge import EV_KEY, EV_SYN, EVENT, KEY_ENTER, KEY_KPENTER, KEY_TAB, SYN_DROPPED, WedgeCodec
from appliance.hal.simulated.scanner import events_of, keys_of, strokes_of

LABEL = "]E07610000000019https://ex.ch/AZ-9_qw@1"
SHIFT, CAPS, CTRL, ALT, ALTGR, NUM = 42, 58, 29, 56, 100, 69
ENTER = [(KEY_ENTER, 1), (KEY_ENTER, 0)]


def typed(text, layout="us", end=ENTER, at_us=1_000_000):
    keys = keys_of(layout)
    return events_of([stroke for char in text for stroke in strokes_of(char, keys)] + list(end), at_us)


def press(*codes):
    return [(code, value) for code in codes for value in (1, 0)]


def events(strokes, at_us=1_000_000):
    return events_of(list(strokes), at_us)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_its_own_label(layout):
    assert WedgeCodec(layout).feed(typed(LABEL, layout)) == [Read(LABEL[3:], "E0")]


def test_a_wrong_layout_is_visible_on_the_test_label():
    """French keys read as US: digits turn into signs, so a set-up test label tells the layouts apart."""
    (read,) = WedgeCodec("fr", strip_aim=False).feed(typed("7610", "us"))
    assert read == Read("è-&à", None)


@pytest.mark.parametrize("end", [KEY_ENTER, KEY_KPENTER, KEY_TAB])
def test_ends(end):
    assert WedgeCodec().feed(typed("42", end=press(end))) == [Read("42", None)]


def test_both_shifts_capslock_and_autorepeat():
    codec = WedgeCodec()
    assert codec.feed(events([(54, 1), *press(30), (54, 0), *press(30), *ENTER])) == [Read("Aa", None)]
    assert codec.feed(events([*press(CAPS), *press(30, 2), (SHIFT, 1), *press(30), (SHIFT, 0), *ENTER])) == [
        Read("A1a", None)
    ]
    assert WedgeCodec().feed(events([(30, 1), (30, 2), (30, 2), (30, 0), *press(NUM), *ENTER])) == [Read("a", None)]


def test_alt_digits_need_no_layout():
    for layout in LAYOUTS:
        strokes = [(ALT, 1), *press(82, 79, 73, 80), (ALT, 0)]  # Alt + 0192
        assert WedgeCodec(layout).feed(events([*strokes, *ENTER])) == [Read("À", None)]
    old = [(ALT, 1), *press(79, 77, 77), (ALT, 0)]  # Alt + 133, CP850
    assert WedgeCodec().feed(events([(ALT, 1), *press(79, 81, 81), (ALT, 0), *ENTER])) == [Read("à", None)]
    assert WedgeCodec().feed(events([*old, *ENTER]))[0] != Damaged("timeout")


def test_dead_keys_compose():
    circumflex, space, e, a = 26, 57, 18, 16  # on the French keyboard
    codec = WedgeCodec("fr")
    assert codec.feed(events([*press(circumflex, e), *press(circumflex, space), *press(circumflex, 30), *ENTER])) == [
        Read("ê^^q", None)
    ]
    assert codec.feed(events([*press(a), *press(circumflex), *ENTER])) == [Read("a^", None)]


def test_group_separator_is_kept():
    assert WedgeCodec().feed(typed("01076\x1d10A")) == [Read("01076\x1d10A", None)]
    assert WedgeCodec("fr").feed(typed("01076\x1d10A", "fr")) == [Read("01076\x1d10A", None)]


@pytest.mark.parametrize("keys", [[(CTRL, 1), *press(30), (CTRL, 0)], press(59), press(1), press(103), press(125)])
def test_a_label_that_types_commands_is_damaged(keys):
    """Ctrl+A, F1, Escape, arrows and Meta never reach anybody ("BadBarcode")."""
    codec = WedgeCodec()
    assert codec.feed(typed("12", end=()) + events(keys)) == [Damaged("control_character")]
    assert codec.feed(typed("34")) == []  # the rest of the same label
    assert codec.feed(typed("56")) == [Read("56", None)]


def test_lost_events_damage_the_whole_label():
    codec = WedgeCodec()
    dropped = EVENT.pack(1, 0, EV_SYN, SYN_DROPPED, 0)
    assert codec.feed(typed("761", end=()) + dropped + typed("0019")) == [Damaged("lost_events")]
    assert codec.feed(typed("42")) == [Read("42", None)]


def test_silence_inside_a_label_is_damaged_by_the_events_own_time():
    codec = WedgeCodec()
    late = typed("0019", at_us=2_000_000)
    assert codec.feed(typed("761", end=()) + late) == [Damaged("timeout"), Read("0019", None)]


def test_the_driver_may_end_the_wait():
    codec = WedgeCodec()
    codec.feed(typed("761", end=()))
    assert codec.pending
    assert codec.expire() == [Damaged("timeout")]
    assert not codec.pending


def test_too_long_is_damaged_once():
    codec = WedgeCodec()
    assert codec.feed(typed("x" * 600 + "y" * 600)) == [Damaged("too_long")]
    assert codec.feed(typed("z" * 512)) == [Read("z" * 512, None)]


TYPABLE = st.text(st.sampled_from([char for char in keys_of("us") if char != " "]), min_size=1, max_size=40)


@given(st.sampled_from(sorted(LAYOUTS)), TYPABLE, st.lists(st.integers(1, 50), max_size=40))
def test_what_is_typed_is_read_however_it_is_cut(layout, text, sizes):
    stream, codec, found, at = typed(text, layout), WedgeCodec(layout, strip_aim=False), [], 0
    for size in sizes:
        found += codec.feed(stream[at : at + size])
        at += size
    assert found + codec.feed(stream[at:]) == [Read(text, None)]


@given(st.binary(max_size=2_000), st.sampled_from(sorted(LAYOUTS)))
def test_garbage_never_raises(garbage, layout):
    WedgeCodec(layout).feed(garbage)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 260), st.integers(-1, 3)), max_size=200),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_any_keys_give_bounded_printable_reads(keys, layout):
    codec = WedgeCodec(layout)
    records = b"".join(EVENT.pack(1, 0, kind, code, value) for kind, code, value in keys)
    for found in codec.feed(records + EVENT.pack(1, 0, EV_KEY, KEY_ENTER, 1)):
        if isinstance(found, Read):
            assert 1 <= len(found.text) <= 512
            assert found.text.replace("\x1d", "").isprintable()


def test_silence_ends_a_code_only_where_it_is_meant_to():
    codec = WedgeCodec(timeout_ms=50, silence_ends=True)
    assert codec.feed(typed("761", end=())) == []
    assert codec.expire() == [Read("761", None)]
    late = typed("42", end=(), at_us=2_000_000)
    assert codec.feed(typed("761", end=()) + late) == [Read("761", None)]
    assert codec.expire("unplugged") == [Damaged("unplugged")]
    assert codec.expire() == []


def test_a_prefix_is_taken_off_before_the_identifier():
    assert WedgeCodec(prefix="#").feed(typed("#]E07610")) == [Read("7610", "E0")]
    assert WedgeCodec(prefix="#").feed(typed("7610")) == [Read("7610", None)]


def test_a_scanner_that_counts_on_capslock():
    assert WedgeCodec(caps=True).feed(typed("AZ-9")) == [Read("az-9", None)]


def test_what_was_held_when_a_code_broke_off_does_not_reach_the_next():
    """A lost release of Shift or Alt, a CapsLock that was never taken back, a dead key that waits: one code each."""
    for broken in ([(SHIFT, 1), *press(2)], [(ALT, 1), *press(79)], [*press(CAPS), *press(30)], press(26)):
        codec = WedgeCodec("fr")
        codec.feed(events(broken))
        codec.expire()
        assert codec.feed(typed("az", "fr")) == [Read("az", None)]
        codec = WedgeCodec("fr")
        codec.feed(events(broken))
        assert codec.feed(typed("az", "fr", at_us=9_000_000))[-1] == Read("az", None)


def test_autorepeat_does_not_keep_a_broken_code_alive():
    codec = WedgeCodec()
    repeats = b"".join(EVENT.pack(1 + n // 10, n % 10 * 100_000, EV_KEY, 2, 2) for n in range(1, 50))
    assert codec.feed(typed("761", end=()) + repeats + typed("42", at_us=6_000_000)) == [
        Damaged("timeout"),
        Read("42", None),
    ]


def test_keypad_digits_do_not_depend_on_numlock():
    codec = WedgeCodec()
    assert codec.feed(events([*press(79, 80), *press(NUM), *press(79, 80), *ENTER])) == [Read("1212", None)]


@given(st.sampled_from(sorted(LAYOUTS)), st.integers(0, 12), st.booleans())
def test_a_truncated_code_never_prefixes_the_next(layout, kept, by_clock):
    """Way: part of a code, then silence (told by the driver, or by the events' own time), then a whole one."""
    codec = WedgeCodec(layout)
    found = codec.feed(typed("7610000000019"[:kept], layout, end=()))
    if not by_clock:
        found += codec.expire()
    found += codec.feed(typed("42", layout, at_us=9_000_000))
    assert found == ([Damaged("timeout")] if kept else []) + [Read("42", None)]


def test_who_joins_in_the_middle_of_a_code_does_not_read_its_end():
    """The node was opened while the scanner typed: what is left of that label looks like a label."""
    codec = WedgeCodec(opened_us=1_000_000)
    assert codec.feed(typed("0019", at_us=1_030_000)) == [Damaged("lost_events")]
    assert codec.feed(typed("42", at_us=2_000_000)) == [Read("42", None)]
    assert WedgeCodec(opened_us=1_000_000).feed(typed("0019", at_us=1_200_000)) == [Read("0019", None)]
    grabbed_before = WedgeCodec(opened_us=1_000_000)
    assert grabbed_before.feed(typed("0019", at_us=900_000)) == [Damaged("lost_events")]
