"""Names and sentences step down before a word is lost."""

from appliance.kiosk.widgets.tile import name_px
from appliance.kiosk.widgets.topbar import MessageBar


def test_a_name_that_fits_on_two_lines_keeps_its_size():
    assert name_px("Croissant au beurre", 144, 18) == 18


def test_a_name_that_would_lose_a_word_steps_down():
    assert 14 <= name_px("Sandwich jambon-beurre", 106, 16) < 16


def test_a_name_never_steps_down_more_than_twice():
    assert name_px("Incompressiblement long", 30, 16) == 14


def test_a_sentence_of_the_bar_is_whole_on_a_narrow_panel():
    sentence = "Code inconnu\u00a0: 7612345678900. Rien n’a été ajouté."
    assert MessageBar.text_px(sentence, 500) == 17
    assert MessageBar.text_px(sentence, 250) < 17
    assert MessageBar.text_px(sentence, 10) == 14
