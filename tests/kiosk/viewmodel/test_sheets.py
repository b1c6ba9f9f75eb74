"""Line editor, free price, notes, menu and the questions."""

import msgspec

from appliance.kiosk.gallery import record
from appliance.kiosk.viewmodel import choice
from appliance.kiosk.viewmodel.entry import Entry
from appliance.kiosk.viewmodel.free_price import free_price_model
from appliance.kiosk.viewmodel.line_editor import command_for, line_editor_model
from appliance.kiosk.viewmodel.note import note_model, notes_model
from appliance.protocol import command as cmd
from appliance.protocol import view as v

NNB = "\u202f"
EDITOR = v.LineEditorSheet(1, "discount_rate", "line", (), 2000)


def test_the_editor_shows_the_value_now_until_something_is_typed():
    assert line_editor_model(record.view(), EDITOR, Entry("rate")).value == f"20{NNB}%"
    assert line_editor_model(record.view(), EDITOR, Entry("rate", "7.5")).value == f"7.5{NNB}%"


def test_the_preset_that_applies_is_marked():
    model = line_editor_model(record.view(), EDITOR, Entry("rate"))
    assert [preset.value for preset in model.presets if preset.chosen] == [2000]


def test_only_discounts_have_a_scope():
    price = v.LineEditorSheet(1, "price")
    assert line_editor_model(record.view(), EDITOR, Entry("rate")).has_scope
    assert not line_editor_model(record.view(), price, Entry("money")).has_scope


def test_what_is_typed_asks_for_the_field_it_was_typed_in():
    assert command_for(v.LineEditorSheet(1, "quantity"), 3000) == cmd.SetQuantity(1, 3000)
    assert command_for(v.LineEditorSheet(1, "quantity"), 0) is None
    assert command_for(v.LineEditorSheet(1, "price"), 250) == cmd.SetPrice(1, 250)
    assert command_for(EDITOR, 1000) == cmd.DiscountLine(1, rate_bp=1000)
    assert command_for(EDITOR, 99_999) == cmd.DiscountLine(1, rate_bp=10_000)
    whole = v.LineEditorSheet(1, "discount_amount", "ticket")
    assert command_for(whole, 500) == cmd.DiscountTicket(amount_minor=500)


def test_an_editor_whose_line_is_gone_is_empty():
    assert line_editor_model(record.view(), v.LineEditorSheet(99, "price"), Entry()).title == ""


def test_free_price_names_its_limits_and_the_last_group():
    sheet = v.FreePriceSheet(record.VAT_GROUPS, ("Divers",), 5, 20000)
    model = free_price_model(record.view(), sheet, Entry("money", "750"))
    assert model.amount == "7.50"
    assert model.detail == "Pour ce qui n’a ni touche ni code. De 0.05 à 200.00."
    assert [group.last_used for group in model.groups] == [True, False, False, False, False]
    assert model.groups[0].detail == "Dernier groupe utilisé"


def test_a_product_without_price_asks_for_the_amount_only():
    sheet = v.FreePriceSheet(record.VAT_GROUPS, ("Divers",), 5, 20000, 118, "Gâteau du jour")
    model = free_price_model(record.view(), sheet, Entry())
    assert (model.title, model.only_amount, model.groups) == ("Gâteau du jour", True, ())


def test_the_code_sheet_says_what_was_added():
    message = v.Message("scan.added", {"name": "Confiture"}, "info")
    view = msgspec.structs.replace(record.view(), message=message)
    model = choice.code_entry_model(view, v.CodeEntrySheet())
    assert (model.ready, model.note) == ("«\u00a0Confiture\u00a0» ajouté.", "")


def test_a_note_of_another_day_says_so():
    for days, words in ((0, "07:55"), (1, "hier"), (3, "3 jours")):
        card = msgspec.structs.replace(record.NOTES[0], days=days)
        assert note_model(record.view(), card).time == words


def test_notes_read_as_on_the_mock_up():
    model = notes_model(record.view(), v.NotesSheet(record.NOTES, 5))
    assert model.cards[0].contents == "2 Renversés, 2 Croissants au beurre"
    assert model.cards[4].name == "Sans nom"
    assert model.cards[4].contents == "0426\u00a0· Tresse au beurre 500\u00a0g"
    assert model.new == "Mettre 0427 en attente, ouvrir un ticket vide"


def test_a_note_open_elsewhere_cannot_be_renamed():
    away = msgspec.structs.replace(record.NOTES[0], open_elsewhere="caisse 2")
    card = notes_model(record.view(), v.NotesSheet((away,), 1)).cards[0]
    assert (card.elsewhere, card.can_rename) == ("Ouverte sur caisse 2", False)


def test_the_menu_shows_only_what_the_seller_may():
    model = choice.menu_model(record.view(), v.MenuSheet(("code_entry", "reprint"), 0, 423, 1240))
    assert [item.id for item in model.items] == ["code_entry", "reprint"]
    fresh = v.MenuSheet(("reprint",), 0, 423, 1240, is_last_printed=False)
    titles = [choice.menu_model(record.view(), sheet).items[-1].title for sheet in (v.MenuSheet(("reprint",)), fresh)]
    assert titles == ["Réimprimer le dernier ticket", "Imprimer le dernier ticket"]
    assert model.items[1].detail == "0423\u00a0· 12.40"


def test_every_question_has_its_words():
    view = record.view()
    sheets = [
        v.ReasonSheet("void", ()),
        v.ReasonSheet("open_drawer", ()),
        v.ReasonSheet("float_difference", ()),
        v.ReasonSheet("closing_difference", ()),
    ]
    titles = [choice.reasons_model(view, sheet).title for sheet in sheets]
    titles += [choice.age_model(view, v.AgeSheet("Vin", 18)).text, choice.help_model(view).text]
    titles += [choice.close_model(view, v.ConfirmCloseSheet(318)).text, choice.modes_model(view, v.ModeSheet(())).title]
    assert not [title for title in titles if title.startswith("screen.") or "{" in title]


def test_a_wrong_code_says_how_many_tries_are_left():
    assert choice.approval_model(record.view(), v.ApprovalSheet("price_change")).error == ""
    assert choice.approval_model(record.view(), v.ApprovalSheet("price_change", 1)).error.endswith("1 essai.")
    assert not choice.approval_model(record.view(), v.ApprovalSheet("price_change", 0, 60)).can_type
