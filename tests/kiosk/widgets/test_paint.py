"""Where lines of text break and where they stand; the dashed border."""

import pytest

from appliance.kiosk.widgets.paint import dashes, rise, text_width, wrap


def test_every_digit_is_as_wide_as_another():
    widths = {text_width(digit * 10, 40, weight) for digit in "0123456789" for weight in (500, 600, 700)}
    assert len(widths) <= 3


def test_a_line_breaks_at_spaces_and_never_within_a_word():
    assert wrap("Croissant au beurre", 18, 600, 144) == ["Croissant au", "beurre"]
    assert wrap("Incompressible", 18, 600, 10) == ["Incompressible"]


def test_a_no_break_space_holds_number_and_unit_together():
    assert wrap("Pain au levain 750\u00a0g", 18, 600, 144) == ["Pain au levain", "750\u00a0g"]


def test_a_hyphen_stays_and_a_soft_hyphen_shows_only_where_it_breaks():
    assert wrap("Jambon-beurre", 16, 600, 90) == ["Jambon-", "beurre"]
    assert wrap("Frühstücks\u00adgebäck", 17, 600, 120) == ["Frühstücks-", "gebäck"]
    assert wrap("Frühstücks\u00adgebäck", 17, 600, 400) == ["Frühstücksgebäck"]


def test_a_line_never_begins_with_a_word_that_leans_on_the_one_before():
    sentence = "Videz la balance et mettez-la à zéro."
    assert wrap(sentence, 20, 600, text_width("Videz la balance et mettez-", 20, 600) + 4) == [
        "Videz la balance et",
        "mettez-la à zéro.",
    ]


def test_a_dashed_border_stays_inside_its_rectangle():
    vertices, indices = dashes(10, 20, 250, 230)
    xs, ys = vertices[0::4], vertices[1::4]
    assert (min(xs), max(xs), min(ys), max(ys)) == pytest.approx((10, 260, 20, 250))
    assert max(indices) == len(xs) - 1
    assert len(indices) == len(xs) // 4 * 6


def test_lines_beyond_the_limit_are_left_out():
    assert len(wrap("a b c d e f", 18, 600, 5, max_lines=2)) == 2


def test_what_is_left_out_is_told_by_an_ellipsis():
    words = "Personne physique · cliente depuis décembre 2024"
    (line,) = wrap(words, 18, 500, 300, max_lines=1)
    assert line.startswith("Personne physique · cliente") and line.endswith("…")
    assert text_width(line, 18, 500) <= 300
    assert wrap(words, 18, 500, 900, max_lines=1) == [words]
    (word,) = wrap("Boulangerie-Épicerie\u00a0SARL", 18, 500, 120, max_lines=1)
    assert word.endswith("…") and text_width(word, 18, 500) <= 120


@pytest.mark.parametrize(("px", "line"), [(14, 18), (18, 22), (22, 24), (44, 52)])
def test_text_stands_within_its_line(px: int, line: int):
    assert -4 <= rise(px, line, 600) <= line - px + 2
