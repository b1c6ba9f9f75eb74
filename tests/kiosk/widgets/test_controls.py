"""A button's word fits its button."""

from appliance.kiosk.widgets.controls import PushButton
from appliance.kiosk.widgets.paint import text_width

WORD = "Autre mode de règlement"


def test_a_word_that_fits_keeps_its_size():
    assert PushButton(text=WORD, px=20, width=400).shown_px == 20


def test_a_word_too_wide_steps_down_until_it_fits():
    button = PushButton(text=WORD, px=20, width=text_width(WORD, 17, 600) + 12)
    assert button.shown_px == 17


def test_no_word_is_smaller_than_a_caption():
    assert PushButton(text=WORD, px=20, width=40).shown_px == 14


def test_a_button_that_takes_the_width_of_its_word_never_steps_down():
    assert PushButton(text=WORD, px=20, width=40, fit="w").shown_px == 20
