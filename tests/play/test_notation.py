"""How a day is read, and how it is refused: always with a line and a code, whatever was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.play.acts import NOTATION
from appliance.play.expects import ExpectFailed
from appliance.play.notation import LINE_CHARS_MAX, LINES_MAX, DayFault, amount
from appliance.play.player import play_day

OPENED = "day 2025-11-21\n08:00 sign in camille 1234\nopen float 200.00\n"


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("", 1, "day.no_date"),
        ("# only a remark\n\n08:00 scan 1", 3, "day.no_date"),
        ("day 2025-11-31", 1, "day.date"),
        ("day tomorrow", 1, "day.date"),
        ("day 2025-11-21\nfrobnicate", 2, "day.unknown_act"),
        ("day 2025-11-21\n25:00 lock", 2, "day.unknown_act"),
        ('day 2025-11-21\n"scan" 123', 2, "day.unknown_act"),
        ("day 2025-11-21\nscan", 2, "day.form"),
        ("day 2025-11-21\nscan 1 x 100", 2, "day.number"),
        ("day 2025-11-21\nscan 1 x 0", 2, "day.number"),
        ("day 2025-11-21\ncash 7.5", 2, "day.amount"),
        ("day 2025-11-21\ncash -7.50", 2, "day.amount"),
        ("day 2025-11-21\ncash 9999999.00", 2, "day.amount"),
        ("day 2025-11-21\ncash ٧.٥٠", 2, "day.amount"),
        ("day 2025-11-21\nquantity last 0", 2, "day.quantity"),
        ("day 2025-11-21\nquantity last 1.2345", 2, "day.quantity"),
        ("day 2025-11-21\ndiscount last 101%", 2, "day.rate"),
        ("day 2025-11-21\nexpect vat 200 1.00", 2, "day.rate"),
        ("day 2025-11-21\nsign in camille secret", 2, "day.pin"),
        ("day 2025-11-21\nwait 5", 2, "day.span"),
        ("day 2025-11-21\nset clock 8h", 2, "day.time"),
        ("day 2025-11-21\nfault disk-full maybe", 2, "day.switch"),
        ("day 2025-11-21\ncount 2x100.00 many", 2, "day.coins"),
        ('day 2025-11-21\ntouch "Café', 2, "day.quote"),
        ("day 2025-11-21\n# " + "x" * LINE_CHARS_MAX, 2, "day.too_long"),
        ("\n" * (LINES_MAX + 1), LINES_MAX, "day.too_long"),
    ],
)
def test_a_day_that_is_written_wrongly_is_refused_before_it_is_played(text, line, code):
    with pytest.raises(DayFault) as caught:
        NOTATION.read(text)
    assert (caught.value.line, caught.value.code) == (line, code)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("07:59 lock", "day.time_back"),
        ("day 2025-11-21", "day.time_back"),
        ('touch "Pain perdu"', "day.no_product"),
        ("touch 999999", "day.no_product"),
        ("ticket moon", "day.no_mode"),
        ("pay shells", "day.no_tender"),
        ("sign in nobody 1234", "day.no_seller"),
        ("void whim", "day.no_reason"),
        ("free 1.00 moon", "day.no_group"),
        ('recall "Table 9"', "day.no_note"),
        ("touch Café\nremove 2", "day.no_line"),
        ("touch Café\nremove Thé", "day.no_line"),
        ("divide 21", "day.number"),
        ("count 0.01", "day.amount"),
    ],
)
def test_what_the_shop_does_not_have_is_refused_with_its_line(text, code):
    with pytest.raises(DayFault) as caught:
        play_day(OPENED + text)
    assert (caught.value.line, caught.value.code) == (3 + len(text.splitlines()), code)


def test_an_expectation_that_fails_says_what_was_found():
    with pytest.raises(ExpectFailed) as caught:
        play_day(OPENED + "touch Café\n\nexpect total 4.00\n")
    failed = caught.value
    assert (failed.line, failed.subject, failed.expected, failed.found) == (6, "total", "4.00", "4.20")


@pytest.mark.parametrize(
    "text",
    [
        "expect change 1.00",
        "expect difference 0.00",
        "expect refused ticket.none",
        "expect screen sale",
        "expect asks approval",
        "expect document 1",
        "expect tickets 1",
    ],
)
def test_expecting_what_is_not_there_fails(text):
    with pytest.raises(ExpectFailed):
        play_day(OPENED + text)


def test_refusals_are_listed_with_their_lines():
    totals = play_day(
        OPENED + "scan 0000000000000\nexpect refused scan.unknown\nclose\ncard\nexpect refused ticket.empty\n"
    )
    assert [(row.line, row.code, row.is_expected) for row in totals.refused] == [
        (4, "scan.unknown", True),
        (6, "ticket.empty", False),
        (7, "ticket.empty", True),
    ]


def test_amounts_are_exact():
    assert [amount(text) for text in ("0", "7.50", "20", "1'200.05", "1’200.05")] == [0, 750, 2000, 120005, 120005]


@given(st.text(max_size=200))
def test_no_text_is_read_in_any_other_way_than_as_acts_or_a_fault(text):
    try:
        NOTATION.read("day 2025-11-21\n" + text)
    except DayFault as fault:
        assert fault.line >= 1 and fault.code.startswith("day.")


FIXED = sorted({word for form in NOTATION.forms for word in form.parts if word.islower()})
VALUES = ["camille", "1234", "7.50", "3", "last", "20%", "on", "5s", "08:00", '"Table 4"', "#", "x", "2x1.00"]
WORDS = st.sampled_from([*FIXED, *VALUES])


@given(st.lists(WORDS, max_size=6))
def test_any_words_in_any_order_are_acts_or_a_fault(words):
    try:
        acts = NOTATION.read("day 2025-11-21\n" + " ".join(words))
    except DayFault as fault:
        assert fault.line == 2
    else:
        assert len(acts) <= 2
