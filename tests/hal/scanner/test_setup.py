"""« Scannez ce code »: the setup code tells the layout, the prefix and the end, and nothing else is mistaken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import SETUP_CODE
from appliance.hal.scanner.framing import Read
from appliance.hal.scanner.layouts import LAYOUTS
from appliance.hal.scanner.setup import GAP_MS, LineEar, ReadEar, WedgeEar, ear_for
from appliance.hal.scanner.wedge import KEY_CAPSLOCK, KEY_ENTER, KEY_TAB, WedgeCodec
from appliance.hal.simulated.scanner import events_of, keys_of, strokes_of


def strokes(text, layout, alt=False):
    keys = {} if alt else keys_of(layout)
    return [stroke for char in text for stroke in strokes_of(char, keys)]


def keys(text, layout="us", end=KEY_ENTER, alt=False):
    return events_of(strokes(text, layout, alt) + ([(end, 1), (end, 0)] if end else []), 1_000_000)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("end", [KEY_ENTER, KEY_TAB])
def test_each_layout_is_found_and_no_other(layout, end):
    assert WedgeEar().hear(keys(SETUP_CODE, layout, end), []) == {"layout": layout}


def test_no_two_layouts_read_the_label_alike():
    for typed in LAYOUTS:
        readers = [name for name in LAYOUTS if Read(SETUP_CODE, None) in WedgeCodec(name).feed(keys(SETUP_CODE, typed))]
        assert readers == [typed]


def test_alt_mode_needs_no_layout():
    assert WedgeEar().hear(keys(SETUP_CODE, alt=True), []) == {"layout": "us"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_scanner_that_ends_with_silence(layout):
    ear = WedgeEar()
    assert ear.hear(keys(SETUP_CODE, layout, end=None), []) is None
    assert ear.silence() == {"layout": layout, "end": "silence"}


def test_a_scanner_that_counts_on_capslock():
    swapped = SETUP_CODE.swapcase()
    assert WedgeEar().hear(keys(swapped, "de"), []) == {"layout": "de", "caps": "1"}
    toggled = events_of([(KEY_CAPSLOCK, 1), (KEY_CAPSLOCK, 0), *strokes(swapped, "us"), (KEY_ENTER, 1)], 1_000_000)
    assert WedgeEar().hear(toggled, []) == {"layout": "us"}


def test_prefix_and_identifier():
    assert WedgeEar().hear(keys("#A" + SETUP_CODE, "fr"), []) == {"layout": "fr", "prefix": "#A"}
    assert WedgeEar().hear(keys("#A]C0" + SETUP_CODE, "fr"), []) == {"layout": "fr", "prefix": "#A"}
    assert WedgeEar().hear(keys("]C0" + SETUP_CODE, "be"), []) == {"layout": "be"}


def test_a_person_is_not_a_scanner():
    """The exact code, typed by hand with pauses that a hand makes."""
    at_us, raw = 1_000_000, b""
    for char in SETUP_CODE:
        raw += events_of(strokes(char, "us"), at_us)
        at_us += (GAP_MS + 20) * 1_000
    ear = WedgeEar()
    assert ear.hear(raw + events_of([(KEY_ENTER, 1), (KEY_ENTER, 0)], at_us), []) is None
    assert ear.other


@pytest.mark.parametrize("text", ["7610000000019", SETUP_CODE[1:], SETUP_CODE + "x", SETUP_CODE.replace("L", "l")])
def test_something_else_is_heard_as_something_else(text):
    for ear, raw in ((WedgeEar(), keys(text)), (LineEar(), text.encode() + b"\r")):
        assert ear.hear(raw, []) is None
        assert ear.silence() is None
        assert ear.other


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f"{SETUP_CODE}\r".encode(), {}),
        (f"{SETUP_CODE}\r\n".encode(), {}),
        (f"]C0{SETUP_CODE}\n".encode(), {}),
        (SETUP_CODE.encode(), {"end": "silence"}),
        (f"\x02{SETUP_CODE}\x03".encode(), {"prefix": "%02", "suffix": "%03"}),
        (f"4711\r#]C0{SETUP_CODE}\r".encode(), {"prefix": "%23"}),
        (b"\xff" * 5_000, None),
        (b"y" * 17 + f"{SETUP_CODE}\r".encode(), None),
    ],
)
def test_a_serial_line(raw, expected):
    ear = LineEar()
    assert ear.hear(raw[:3], []) is None
    assert ear.hear(raw[3:], []) is None
    assert ear.silence() == expected


def test_a_hid_scanner():
    ear = ReadEar()
    assert ear.hear(b"", [Read("7610", "E0")]) is None
    assert ear.other
    assert ear.hear(b"", [Read(SETUP_CODE, "C0")]) == {}
    assert ear.hear(b"", [Read("#" + SETUP_CODE, "C0")]) == {"prefix": "#"}


@given(st.sampled_from(["evdev", "serial", "hidraw"]), st.lists(st.binary(max_size=200), max_size=20))
def test_noise_is_never_the_setup_code(scheme, pieces):
    ear = ear_for(scheme)
    for piece in pieces:
        assert ear.hear(piece, []) is None
        assert ear.silence() is None


@given(st.sampled_from(sorted(LAYOUTS)), st.lists(st.integers(1, 300), max_size=30))
def test_split_anywhere_gives_the_same(layout, sizes):
    raw, ear, at, learned = keys(SETUP_CODE, layout), WedgeEar(), 0, None
    for size in sizes:
        learned = learned or ear.hear(raw[at : at + size], [])
        at += size
    assert (learned or ear.hear(raw[at:], [])) == {"layout": layout}
