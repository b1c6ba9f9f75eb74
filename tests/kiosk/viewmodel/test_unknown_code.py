"""The code that nobody knows in words: mock-up 34, the list of articles, the form."""

import pytest

from appliance.kiosk.gallery import record, record_clients, record_unknown
from appliance.kiosk.viewmodel import bar
from appliance.kiosk.viewmodel.client import picker_model as clients_model
from appliance.kiosk.viewmodel.unknown_code import (
    choice_model,
    form_bar,
    form_model,
    picker_model,
    unknown_model,
)
from appliance.protocol import view as v

NB = "\N{NO-BREAK SPACE}"


def shown(**changes):
    return unknown_model(record.view(), record_unknown.sheet(**changes))


def test_the_words_of_the_mock_up():
    model = shown()
    assert (model.title, model.detail) == (
        f"Code inconnu{NB}: 7612345678900", "Lu à 08:42. Rien n’a été ajouté, le ticket est intact.",
    )  # fmt: skip
    assert (model.question, model.form) == (f"Que faire de ce code{NB}?", "Forme d’un code d’article suisse")
    assert [(choice.title, choice.lock, choice.is_main) for choice in model.choices] == [
        ("Créer un article", "Responsable", True), ("Associer à un article existant", "Responsable", False),
        ("Créer un client", "", False), ("Associer à un client", "", False),
    ]  # fmt: skip
    assert (model.ignore, model.free_price) == ("Ignorer", "Vendre à prix libre")


def test_a_manager_sees_no_lock_and_a_misread_code_makes_no_article():
    model = shown(needs_manager=False, form="misread", suggested=None, can_be_product=False)
    assert [choice.lock for choice in model.choices] == [""] * 4
    assert [choice.enabled for choice in model.choices] == [False, False, True, True]
    assert not any(choice.is_main for choice in model.choices)


@pytest.mark.parametrize("form", ["swiss_article", "article", "press", "in_store", "card", "misread", "other"])
def test_every_form_has_its_words(form):
    assert shown(form=form).form


def test_the_list_of_articles():
    model = picker_model(record.view(), record_unknown.picker())
    assert [(row.detail, row.price) for row in model.rows][2:] == [
        (f"Frais{NB}· 2112", "26.50 / kg"), ("Viennoiseries", "1.60"), ("", "prix demandé"),
    ]  # fmt: skip
    assert model.count == "1’284 articles sur 1’284"
    nothing = picker_model(record.view(), record_unknown.picker(rows=(), search="xyz", hits=0))
    assert nothing.empty == f"Aucun article «{NB}xyz{NB}»."
    one = picker_model(record.view(), record_unknown.picker(rows=record_unknown.ROWS[:1], search="c", hits=1))
    assert one.count == "1 article sur 1’284"


def test_the_form_and_what_is_wrong_in_it():
    lines = (v.FormLine("name", "", 0, "unknown_code.name_missing"), v.FormLine("price", "7.90"))
    view = record.view(product_form=record_unknown.form(lines=lines, unit="kg", category=""))
    model = form_model(view)
    assert [(field.label, field.text, field.error, field.is_choice) for field in model.fields] == [
        ("Nom", "", "Le nom manque.", False), ("Prix TTC par kg", "7.90", "", False),
        ("Groupe de TVA", model.fields[2].text, "", True),
        ("Rubrique", "Sans rubrique", "", True),
    ]  # fmt: skip
    assert model.fields[2].text.startswith("Alimentation")
    assert (form_bar(view).title, form_bar(view).subtitle) == ("Créer un article", "Ticket 0427")
    assert form_model(record.view()).fields == ()


def test_the_lists_of_the_form():
    keys = (v.ProductChoiceKey("3", "Pains", hue="pain"),)
    rubriques = choice_model(record.view(), v.ProductChoiceSheet("category", keys, "3"))
    assert [(item.title, item.chosen) for item in rubriques.items] == [("Sans rubrique", False), ("Pains", True)]
    taxes = (v.ProductChoiceKey("food", "Alimentation", 260),)
    assert [item.id for item in choice_model(record.view(), v.ProductChoiceSheet("tax", taxes, "")).items] == ["food"]


def test_whose_card_the_code_is():
    sheet = record_clients.picker(purpose="link", code=record_unknown.CARD)
    assert clients_model(record.view(), sheet).hint == f"Touchez le client qui reçoit la carte 2100{NB}9988."


def test_the_sentence_of_the_bar_leads_on_without_a_third_button():
    said = v.Message("scan.unknown", {"code": "1"}, "warn", ("free_price", "search", "unknown_code"))
    model = bar.message(record.view(message=said))
    assert model is not None
    assert ([action.action for action in model.actions], model.touch) == (["free_price", "search"], "unknown_code")
    plain = bar.message(record.view(message=v.Message("ticket.recovered", {"number": 1})))
    assert plain is not None and plain.touch == ""
