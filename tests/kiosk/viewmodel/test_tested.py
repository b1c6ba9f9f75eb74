""" "Tester un scan", in words."""

from appliance.demo.shop import load_demo_shop
from appliance.domain.meaning import Words, explain
from appliance.kiosk.gallery import record
from appliance.kiosk.viewmodel import tested as words
from appliance.service import scanning

DEMO = load_demo_shop()
WORDS = Words(DEMO.shop, DEMO.catalog(), "2025-11-21")


def model(code: str) -> words.TestedModel:
    tested = scanning.tested_view(explain(WORDS, code), "base")
    shown = words.tested_model(record.view(tested=tested, is_testing=True))
    assert shown.is_on and shown.prompt
    return shown


def test_s11_a_weight_says_its_rule_and_its_price():
    shown = model("2112345012346")
    assert (shown.title, shown.tone, shown.code) == ("Article", "g", "2112345012346")
    assert shown.rows == (
        ("Type", "Étiquette de la boutique"), ("Règle", "Balance fromage, poids"), ("Nom", "Gruyère AOP à la coupe"),
        ("Quantité", "1.234\xa0kg"), ("Prix", "24.00 / kg"), ("Montant", "29.62"),
    )  # fmt: skip


def test_what_is_refused_says_why_with_its_day():
    shown = model("]C101076108070723411725112010A1")
    assert (shown.title, shown.tone) == (
        "«\xa0Confiture d’abricots 370\xa0g\xa0»\xa0: date limite dépassée (20.11.2025). Ne le vendez pas.", "d",
    )  # fmt: skip
    assert ("Date limite", "20.11.2025") in shown.rows and ("AI 17", "251120") in shown.rows


def test_every_kind_of_code_has_its_words():
    for code in ("2900000000018", "TBtill-1-000001", "7612345678900", "https://id.gs1.org/01/07610807072341", "", "x"):
        assert model(code).title


def test_nothing_is_shown_before_the_first_scan():
    assert words.tested_model(record.view()) == words.TestedModel()
    assert words.tested_model(record.view(is_testing=True)).code == ""
