"""Paramètres in words."""

from appliance.kiosk.gallery import record_settings as r
from appliance.kiosk.viewmodel import settings as m
from appliance.kiosk.viewmodel.words import DOT
from appliance.protocol import view as v


def shown(**changes):
    return m.settings_model(r.shown(r.settings(**changes)))


def test_prise_de_note_as_the_mock_up_has_it():
    model = shown()
    assert (model.title, model.filters) == ("Prise de note", ("Tous 7", "Changés ici 2", "Verrouillés 1"))
    assert [section.text for section in model.sections if section.chosen] == ["Prise de note"]
    assert model.foot == "Réglages version 41, reçus le 21.11.2026 à 06:30, signés par le siège."
    assert model.coming == "1 changement prévu le 22.11 à 00:00"
    rows = {row.key: row for row in model.rows}
    cumulate = rows["cumulate"]
    assert (cumulate.label, cumulate.help, cumulate.value) == ("Cumul des produits", "Verrouillé par le siège", "Oui")
    assert (cumulate.origin, cumulate.is_locked, cumulate.is_on) == ("Chaîne", True, True)
    assert [rows[key].origin for key in ("unknown_code", "start_mode", "notes_order", "free_price_min_minor")] == [
        "Établissement", "Point de vente", "Cette caisse", "Par défaut",
    ]  # fmt: skip
    assert (rows["start_mode"].value, rows["start_mode"].default) == ("À emporter", "Sur place")
    assert (rows["free_price_max_minor"].value, rows["free_price_max_minor"].default) == ("150.00", "200.00")
    assert rows["discount_limit_bp"].value == "15\N{NARROW NO-BREAK SPACE}%"
    assert [row.last for row in model.rows] == [False] * 6 + [True]


def test_a_search_says_the_section_of_each_hit():
    model = shown(search="reçu", rows=r.FOUND, counts=(4, 0, 0))
    assert model.title == "Recherche" and not any(section.chosen for section in model.sections)
    assert model.rows[0].help == f"Impression{DOT}Imprimé après la vente"
    assert model.rows[3].value == "10 s"


def test_an_empty_table_says_why():
    nothing = {"rows": (), "counts": (0, 0, 0)}
    space = "\N{NO-BREAK SPACE}"
    found = shown(search="coupn", hint="reçu", **nothing)
    assert found.empty == f"Aucun réglage «{space}coupn{space}». Essayez «{space}reçu{space}»."
    assert shown(only="here", rows=(), counts=(7, 0, 0)).empty == "Aucun réglage changé sur cette caisse."
    assert shown(only="locked", rows=(), counts=(7, 0, 0)).empty == "Aucun réglage verrouillé."


def test_the_foot_says_what_holds():
    alone = {"version": 0, "next_at": "", "next_count": 0}
    assert shown(**alone).foot == "Réglages de cette caisse. Aucun ne vient du siège."
    assert shown(**alone, is_waiting=True).foot == "Nouveaux réglages reçus, appliqués entre deux tickets."
    assert shown(fault="settings.seal").is_ill
    assert shown(next_count=3).coming == "3 changements prévus le 22.11 à 00:00"


def test_every_kind_of_value_has_its_words():
    view = r.shown(r.settings())
    presets = v.SettingRow("wallet_presets_minor", "amounts", "wallet", "20.00 1000.00", "20.00", "default")
    assert m.shown_value(presets, presets.value, view) == f"20.00{DOT}1’000.00"
    days = v.SettingRow("wallet_card_days", "number", "wallet", "30", "30", "default", unit="d")
    assert m.shown_value(days, days.value, view) == "30 jours"
    step = v.SettingRow("cash_rounding_minor", "choice", "payment", "5", "5", "default")
    assert [m.shown_value(step, value, view) for value in ("1", "5")] == ["Aucun", "0.05"]


def test_the_choices_of_a_setting_are_the_shops_words_or_ours():
    view = r.shown(r.settings())
    modes = m.choices_model(view, v.SettingSheet("start_mode", "take-away", tuple(r.MODES), r.MODES))
    assert [(item.title, item.chosen) for item in modes.items][:2] == [("Sur place", False), ("À emporter", True)]
    theme = m.choices_model(view, v.SettingSheet("theme", "dark", ("light", "dark")))
    assert (theme.title, [item.title for item in theme.items]) == ("Thème", ["Clair", "Sombre"])


def test_the_bar_leads_back():
    bar = m.settings_bar(r.shown(r.settings()))
    assert (bar.left_icon, bar.title, bar.subtitle) == (
        "arrow-left", "Paramètres", f"Caisse 1{DOT}Boulangerie-Épicerie du Bourg",
    )  # fmt: skip
