"""Mes Données in words."""

from appliance.kiosk.gallery import record_masters as r
from appliance.kiosk.viewmodel import masters as m
from appliance.protocol import view as v

NB = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def test_modes_as_the_mock_up_has_them():
    model = m.masters_model(r.shown(r.masters(), undo=r.DONE))
    assert [tab.text for tab in model.tabs][-1] == "Mes Données"
    assert [section.text for section in model.sections] == ["Modes de règlement", "Groupes de clients"]
    cash, card, _, wallet = model.modes[:4]
    assert (cash.does, cash.tags) == ("Arrondi à 0.05, rendu calculé", ("Ouvre le tiroir", "Touche rapide"))
    assert (card.does, wallet.tags) == ("Terminal relié, montant envoyé", ("Client obligatoire",))
    assert (wallet.does, wallet.is_wallet) == ("Le client paie avec l’argent versé d’avance", True)
    assert (model.undo.text, model.undo.action) == ("Cagnotte client activée", "Annuler")
    assert [row.last for row in model.modes] == [False] * 6 + [True]


def test_the_question_before_balances_are_out_of_reach():
    view = r.shown(r.masters())
    many = m.off_model(view, v.ModeOffSheet("wallet", "Cagnotte client", 12, 104_320))
    assert many.text == (
        "12 clients ont un solde (1’043.20). La cagnotte ne pourra plus être utilisée, les soldes sont gardés."
    )
    assert m.off_model(view, v.ModeOffSheet("wallet", "Cagnotte client", 1, 500)).text.startswith("1 client a un solde")


def test_the_editor_asks_what_the_kind_leaves_open():
    view = r.shown(r.masters())
    cash = m.editor_model(view, r.cash_sheet())
    assert cash.choices == ("Au centime", "0.05", "0.10", "0.20", "0.50", "1.00")
    assert (cash.choice, cash.place, cash.place_before, cash.place_after) == (1, "1 sur 7", -1, 1)
    new = m.editor_model(view, r.new_sheet())
    assert (new.title, new.kinds[new.kind]) == ("Nouveau mode de règlement", "Bon")
    assert new.choices == ("Rendre la monnaie", "Refuser", "Garder le reste")
    assert (new.place_before, new.place_after) == (6, -1)


def test_discounts_of_groups_in_words():
    vip, pro, staff = m.masters_model(r.shown(r.groups())).groups
    assert vip.detail == f"10{THIN}% partout{NB}· 0{THIN}% Boissons froides"
    assert (pro.detail, pro.members) == (f"5{THIN}% partout du 01.12.2025 au 31.12.2025", "1 client")
    assert (staff.detail, staff.members) == ("Sans remise", "Aucun client")
    view = r.shown(r.groups())
    assert m.discount(view, v.GroupRateRow(250, "Pains", effective_to="2026-01-31")).endswith("jusqu’au 31.01.2026")


def test_a_group_without_customers_is_only_asked_about():
    view = r.shown(r.groups())
    alone = m.delete_model(view, v.GroupDeleteSheet("g-vip", "VIP", 0, (v.ClientGroupKey("g-pro", "Pro", 500),)))
    assert [item.title for item in alone.items] == ["Supprimer le groupe"]
    full = m.delete_model(view, v.GroupDeleteSheet("g-vip", "VIP", 12, (v.ClientGroupKey("g-pro", "Pro", 500),)))
    assert [item.title for item in full.items] == ["Pro", "Aucun groupe"]
    assert full.hint == "12 clients sont dans ce groupe. Déplacer vers…"
