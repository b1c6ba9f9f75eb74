"""Périphériques in words: what fits on a card, what a fault says, the search and the tested scan."""

import msgspec
import pytest

from appliance.demo.shop import load_demo_shop
from appliance.domain.meaning import Words, explain
from appliance.hal.device import FaultReason
from appliance.i18n import t
from appliance.kiosk.gallery import record_devices as rec
from appliance.kiosk.viewmodel.devices import ROW_CHARS_MAX, devices_bar, devices_model
from appliance.protocol import view as v
from appliance.service import scanning

DEMO = load_demo_shop()
STATE_CHARS_MAX = 22
WORDS = Words(DEMO.shop, DEMO.catalog(), "2025-11-21")


def box(*cards, at=0, **changes):
    return devices_model(rec.view(*cards, **changes)).cards[at]


def test_a_card_that_is_well_has_five_facts_and_its_tests():
    card = box(*rec.CARDS, at=1)
    assert (card.name, card.state, card.led, card.edge, card.message) == ("Imprimante", "Prête", "pay", "none", "")
    assert card.facts == (
        ("Modèle", "EPSON TM-T88VI"),
        ("Reçus en attente", "0"),
        ("Papier", "Présent"),
        ("N° de série", "X2TF014735"),
        ("Dernier test", "08:12 · Imprimé"),
    )
    assert [(test.test, test.text) for test in card.tests] == [("print", "Imprimer un test")]
    assert box(rec.DRAWER).facts[0] == ("Relié à", "Imprimante")
    assert box(rec.SCANNER).facts[2] == ("Lu à", "08:41:52")


def test_a_fault_has_a_red_border_its_sentence_and_fewer_facts():
    card = box(rec.NO_PAPER)
    assert (card.led, card.edge, card.tone, card.filled) == ("danger", "danger", "danger", True)
    assert card.message == "Plus de papier. Changez le rouleau, le reçu sortira seul."
    assert len(card.facts) == 2
    assert [test.test for test in card.tests] == ["print", "retry"]
    assert (box(rec.LOW_PAPER).edge, box(rec.LOW_PAPER).message) == ("warn", "")
    assert box(rec.but(rec.DRAWER, is_looked_at=True)).edge == "primary"


def test_no_scanner_is_no_alarm():
    card = box(rec.NO_SCANNER)
    assert card.message == "Aucun lecteur. Branchez-le en USB\N{NO-BREAK SPACE}: il est reconnu seul."
    assert (card.led, card.edge, card.tone, card.state) == ("line-strong", "none", "ink-2", "Aucun")


def test_long_names_are_cut_where_they_say_least():
    facts = dict(box(rec.LONG).facts)
    assert facts["Modèle"] == "Seiko Epson Corporation…"
    assert facts["N° de série"] == "…4:1.0-event-printer"


@pytest.mark.parametrize("card", [*rec.CARDS, rec.NO_PAPER, rec.LOW_PAPER, rec.LOST_SCANNER, rec.LONG])
def test_no_row_is_wider_than_its_card(card):
    assert all(len(label) + len(fact) <= ROW_CHARS_MAX for label, fact in box(card).facts)


def test_no_state_is_wider_than_its_card():
    assert max(len(t(f"devices.fault.{fault}")) for fault in FaultReason) <= STATE_CHARS_MAX


def test_what_is_not_known_is_a_dash():
    assert box(rec.but(rec.SCANNER, facts=rec.facts(last_code=""))).facts == (("Dernier code", "–"),)


def test_seven_cards_have_room_for_two_facts_or_a_sentence():
    view = rec.view(rec.LOST_SCANNER, *rec.CARDS)
    cards = devices_model(view).cards
    assert [len(card.facts) for card in cards] == [0, 2, 2, 2, 2, 2, 2]
    assert all(card.is_small for card in cards)
    assert [len(card.facts) for card in devices_model(view, 600).cards] == [0, 1, 1, 1, 1, 1, 1]


def test_two_of_a_kind_are_told_apart_by_their_roles():
    kitchen = rec.but(rec.PRINTER, role="printer.kitchen-of-the-restaurant")
    names = [card.name for card in devices_model(rec.view(*rec.CARDS, kitchen)).cards]
    assert names == [
        "Lecteur", "Imprimante", "Tiroir-caisse", "Terminal", "Balance", "Afficheur client",
        "Imprimante kitchen…",
    ]  # fmt: skip


def test_what_is_only_worth_a_look_is_not_red():
    card = box(rec.but(rec.TERMINAL, level="warn", state="devices.fault.unverified", message="device.unverified"))
    assert (card.edge, card.tone, card.state) == ("warn", "ink", "Non vérifié")


def test_seven_cards_beside_the_search_have_no_keys():
    """Three rows and the search leave no height for them; one that is cut off is touched in vain."""
    cards = (rec.LOST_SCANNER, *rec.CARDS)
    assert not any(card.tests for card in devices_model(rec.view(*cards, setup=2)).cards)
    assert all(card.tests for card in devices_model(rec.view(*cards)).cards)
    assert all(card.tests for card in devices_model(rec.view(*rec.CARDS, setup=2)).cards)


def test_the_last_test_is_told_with_its_time_or_its_day():
    assert box(rec.PRINTER).facts[-1] == ("Dernier test", "08:12 · Imprimé")
    assert box(rec.LONG).facts[-1] == ("Dernier test", "02.10 · À vérifier")


def test_the_search_shows_its_code_and_who_is_listened_to():
    model = devices_model(rec.view(*rec.CARDS, setup=2, unused=("Cherry KC 1000",)))
    assert model.setup is not None
    assert model.setup.bars.startswith("11010010000") and model.setup.bars.endswith("1100011101011")  # start B, stop
    assert len(model.setup.bars) % 11 == 2
    assert (model.setup.code, model.setup.listening) == ("TILL+]:/@_-AZQWM09", "2 appareils écoutés")
    assert model.unused == "Branché, sans rôle\N{NO-BREAK SPACE}: Cherry KC 1000"
    assert all(len(card.facts) <= 3 for card in model.cards)
    nobody = devices_model(rec.view(*rec.CARDS, setup=0)).setup
    assert nobody is not None
    assert nobody.listening == "Aucun appareil à écouter. Branchez le lecteur."
    assert devices_model(rec.view(*rec.CARDS)).setup is None


def test_a_tested_scan_says_the_code_and_what_it_means():
    tested = v.TestedCode(
        text="2101234003503", form="in_store", kind="article", name="Gruyère", symbology_name="EAN-13",
        rule="Balance", amount_minor=1015,
    )  # fmt: skip
    model = devices_model(rec.view(*rec.CARDS, tested=tested))
    assert model.is_tested
    assert model.title == "Scan test\N{NO-BREAK SPACE}: 2101234003503"
    assert model.subtitle == "Article\N{NO-BREAK SPACE}: Gruyère · 10.15 · EAN-13 · Règle\N{NO-BREAK SPACE}: Balance"
    unknown = msgspec.structs.replace(tested, kind="unknown", amount_minor=None, rule="", symbology_name="")
    assert devices_model(rec.view(*rec.CARDS, tested=unknown)).subtitle == "Code inconnu"
    refused = msgspec.structs.replace(unknown, kind="refused", fault="product.sold_out", params={"name": "Gruyère"})
    assert "Gruyère" in devices_model(rec.view(*rec.CARDS, tested=refused)).subtitle


def line(code):
    """What the screen says of a code that the real router read in the demo shop."""
    tested = scanning.tested_view(explain(WORDS, code), "base")
    model = devices_model(rec.view(*rec.CARDS, tested=tested))
    assert model.is_tested
    return model.subtitle.replace("\N{NO-BREAK SPACE}", " ")


def test_a_tested_label_says_its_weight_its_price_and_its_rule():
    assert (
        line("2112345012346") == "Article : Gruyère AOP à la coupe · 1.234 kg · 29.62 · Règle : Balance fromage, poids"
    )


def test_a_tested_rule_that_no_scale_has_proved_says_so():
    tested = scanning.tested_view(explain(WORDS, "2112345012346"), "base")
    model = devices_model(rec.view(*rec.CARDS, tested=msgspec.structs.replace(tested, is_rule_unproved=True)))
    assert model.subtitle.endswith("Balance fromage, poids, à comparer avec la balance")


def test_what_is_refused_says_why_with_its_day():
    assert line("]C101076108070723411725112010A1").startswith(
        "« Confiture d’abricots 370 g » : date limite dépassée (20.11.2025). Ne le vendez pas."
    )


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("2900000000018", "Badge : Camille"), ("TBtill-1-000001", "Reçu de caisse"), ("7612345678900", "Code inconnu"),
        ("https://id.gs1.org/01/07610807072341", "Article : Confiture"), ("", ""), ("x", "Code inconnu"),
    ],
)  # fmt: skip
def test_every_kind_of_code_has_its_words(code, means):
    said = line(code)
    assert said and said.startswith(means)


def test_another_screen_has_no_model_and_the_bar_goes_back():
    assert devices_model(msgspec.structs.replace(rec.view(), devices=None)).cards == ()
    assert devices_bar(rec.view()).title == "Paramètres"
