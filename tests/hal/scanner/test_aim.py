"""AIM identifiers are taken off once, and only when they are some."""

import pytest

from appliance.hal.scanner.aim import name_of, split_aim


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("]E07610000000019", ("E0", "7610000000019")),
        ("]C10107610", ("C1", "0107610")),
        ("]d2010761", ("d2", "010761")),
        ("]E0]E01", ("E0", "]E01")),
        ("]:/@", (None, "]:/@")),
        ("]y0abc", (None, "]y0abc")),
        ("7610", (None, "7610")),
        ("]E", (None, "]E")),
        ("", (None, "")),
    ],
)
def test_split(text, expected):
    assert split_aim(text) == expected


def test_names():
    assert [name_of(found) for found in ("E0", "E4", "Q3", "Q1", "I1", "y1", None)] == [
        "EAN-13", "EAN-8", "GS1 QR", "QR", "ITF", None, None
    ]  # fmt: skip
