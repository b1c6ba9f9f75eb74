"""Customers in words: rows, counts, the card, the form."""

import msgspec
import pytest

from appliance.kiosk.gallery import record, record_clients
from appliance.kiosk.viewmodel import client as vm
from appliance.kiosk.viewmodel.ticket import ticket_model
from appliance.protocol import view as v

NB = "\N{NO-BREAK SPACE}"


def plain(text):
    """Without the difference between spaces."""
    return text.replace(NB, " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def the(**changes):
    return record.view(**changes)


def test_a_row_says_phone_and_card_else_the_place():
    view = the()
    assert plain(vm.row_detail(view, record_clients.ANNE)) == "079 555 01 42 · carte 2100 0042"
    assert vm.row_detail(view, record_clients.MICHEL) == "Chexbres"
    assert plain(vm.row_detail(view, record_clients.ANNE, with_group=True)) == "VIP · carte 2100 0042"


@pytest.mark.parametrize(
    ("balance", "shown", "has"), [(None, "\N{EN DASH}", False), (0, "0.00", True), (1540, "15.40", True)]
)
def test_a_wallet_that_never_moved_is_a_dash(balance, shown, has):
    row = msgspec.structs.replace(record_clients.ANNE, wallet_minor=balance)
    model = vm.row_model(the(), row, False, False)
    assert (model.wallet, model.has_wallet) == (shown, has)


@pytest.mark.parametrize(
    ("code", "shown"), [("21000042", "2100 0042"), ("7610807072341", "7610807072341"), ("AB12", "AB12")]
)
def test_digits_of_a_card_stand_in_fours(code, shown):
    assert plain(vm.card_number(code)) == shown


@pytest.mark.parametrize(
    ("hits", "has_more", "line"),
    [
        (1, False, "1 client sur 1’284"),
        (5, False, "5 clients sur 1’284"),
        (1000, True, "Plus de 1’000 clients sur 1’284"),
    ],
)
def test_how_many_were_found(hits, has_more, line):
    sheet = record_clients.picker(hits=hits, has_more=has_more)
    assert plain(vm.picker_model(the(), sheet).count) == line


def test_nobody_found_asks_whether_to_create():
    model = vm.picker_model(the(), record_clients.picker(rows=(), search="rochz", hits=0))
    assert plain(model.empty) == "Aucun client « rochz ». Créer ce client ?"
    assert vm.picker_model(the(), record_clients.picker(rows=(), search="", hits=0)).empty == ""


def test_the_menu_names_the_discount_that_goes_and_hides_a_wallet_that_is_off():
    model = vm.menu_model(the(), v.ClientMenuSheet(record_clients.ANNE, True, "Anne Rochat"))
    assert (model.credit, model.balance) == ("Créditer cagnotte", "Solde 15.40")
    assert [item.title for item in model.items] == ["Fiche client", "Changer de client", "Retirer du ticket"]
    assert model.items[-1].detail == "La remise VIP s’enlève aussi"
    assert vm.menu_model(the(), v.ClientMenuSheet(record_clients.CLAIRE, False)).credit == ""


def test_the_card_is_the_one_of_the_mock_up():
    card = vm.clients_model(the(clients=record_clients.clients())).card
    assert plain(card.what) == "Personne physique · cliente depuis mars 2023"
    assert plain(card.last_credit) == "Dernier crédit : 50.00 le 15.11"
    assert [plain(value) for _word, value in card.facts] == ["079 555 01 42", "2100 0042", "VIP −10 %", "1100.042"]
    first = card.moves[0]
    assert (first.at, plain(first.what), first.amount, first.balance) == (
        "19.11.2025 07:58", "Achat · ticket 0388", "−9.60", "15.40",
    )  # fmt: skip
    assert card.moves[2].amount == "+50.00"


def test_a_card_without_movements_says_how_to_begin():
    empty = msgspec.structs.replace(record_clients.CARD, movements=())
    card = vm.clients_model(the(clients=record_clients.clients(client=empty))).card
    assert card.moves_empty == "Aucun mouvement. Créditez la cagnotte pour commencer."


def test_client_comptoir_is_neither_changed_nor_credited():
    counter = v.ClientCard("c-000000000000", "", "", is_counter=True)
    card = vm.clients_model(the(clients=record_clients.clients(client=counter))).card
    assert (card.edit, card.delete, card.credit) == ("", "", "")


def test_the_form_marks_what_is_needed_and_says_what_is_wrong():
    wrong = (v.FormLine("code", "21000107", error="client.code_taken", params={"holder": "Claire Rochaix"}),)
    model = vm.form_model(the(client_form=record_clients.form(lines=wrong)))
    assert [field.label for field in model.fields[:3]] == ["Nom *", "Prénom *", "Téléphone"]
    assert (
        next(field.error for field in model.fields if field.field == "code") == "Cette carte est déjà à Claire Rochaix."
    )
    assert plain(model.note) == "Carte 2100 0388 lue : elle identifiera ce client au prochain scan."
    assert model.save == "Créer et ajouter au ticket"
    company = vm.form_model(the(client_form=record_clients.form(kind="company", ticket=0)))
    assert (company.columns, company.fields[0].label, company.titles_label) == (
        4,
        "Raison sociale *",
        "Civilité",
    )
    assert company.save == "Créer le client"


def test_a_twin_is_named_with_the_end_of_the_phone_number():
    note = v.FormNote(
        "client.twin_phone", {"name": "Élodie Favre", "start": "079", "ending": "12"}, "warn", "choose", "c"
    )
    model = vm.form_model(the(client_form=record_clients.form(note=note)))
    assert plain(model.note) == "Élodie Favre existe déjà (079 …12). Choisir ce client ?"
    assert model.note_action == "Choisir"


def test_the_groups_discount_has_a_row_of_its_own_above_the_tickets():
    both = msgspec.structs.replace(record_clients.vip(), discount_minor=-100)
    rows = [(plain(label), value) for label, value in ticket_model(the(ticket=both)).sums]
    assert rows == [("Sous-total", "23.40"), ("Remise VIP 10 %", "−2.34"), ("Remise", "−1.00")]


def test_a_blocked_wallet_is_told_first_and_unblocked_at_once():
    blocked = msgspec.structs.replace(record_clients.CARD, is_blocked=True, blocked_for="Carte perdue")
    shown = vm.card_model(record.view(), blocked, record_clients.clients(client=blocked))
    assert (shown.balance_label, shown.last_credit) == ("Cagnotte bloquée", "Carte perdue")
    assert (shown.credit, shown.unblock) == ("", "Débloquer")
    chip = v.ClientChip("Mme Anne Rochat", "AR", 5505, "VIP", 1000, is_blocked=True)
    view = record.view(ticket=record.ticket(client=chip))
    assert (ticket_model(view).client.caption, ticket_model(view).client.warns) == ("Cagnotte bloquée", True)
