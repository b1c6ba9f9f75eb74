"""What a code stands for in one shop: the order of the router, and what goes on the ticket. Features S-11, S-12."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.demo.shop import load_demo_shop
from appliance.domain.catalog import PackCode, Product, build_catalog
from appliance.domain.code import GS
from appliance.domain.gtin import check_digit
from appliance.domain.meaning import (
    Holder,
    Words,
    explain,
    interpret,
    is_receipt_code,
    may_be_card,
    receipt_code,
    shelf_minor,
)
from appliance.domain.ticket import Lot

DEMO = load_demo_shop()
GRUYERE, PLATE, JAM_ID, CAMILLE = 12345, 12350, 701, "2900000000018"
JAM = "7610807072341"
FREE = Product(900, "Fleurs", "Fleurs", None, ("12360",), None, "food", price_kind="free", free_max_minor=9000)
CARTON = Product(
    901, "Lait", "Lait", None, ("7610900001118",), 195, "food", packs=(PackCode("17610900001115", 12, None),)
)
WORDS = Words(
    DEMO.shop,
    build_catalog(
        [*(row for row in DEMO.products if row.id != 802), FREE, CARTON],
        DEMO.categories,
    ),
    "2025-11-21",
)


def label(prefix: int, article: int, value: int) -> str:
    body = f"{prefix}{article:05d}{value:05d}"
    return body + check_digit(body)


def meaning(text, symbology=None, words=WORDS):
    return interpret(words, text, symbology)


def test_a_badge_comes_before_everything_else():
    clash = msgspec.structs.replace(
        WORDS, catalog=build_catalog([msgspec.structs.replace(FREE, codes=(CAMILLE,), price_minor=100)])
    )
    for text, aim in ((CAMILLE, None), (CAMILLE, "C0"), (f"]E0{CAMILLE}", None)):
        found = meaning(text, aim, clash)
        assert (found.kind, found.seller.name) == ("badge", "Camille")


@given(st.text("abcXYZ0123456789-_.", min_size=1, max_size=12), st.integers(1, 10**7))
def test_a_receipt_is_known_by_its_form_whose_ever_it_is(till, document):
    code = receipt_code(till, document)
    assert is_receipt_code(code) and meaning(code).kind == "receipt"


@pytest.mark.parametrize(
    "text", ["TB", "TBS-100", "TB-000001", "TBtill-1-00001x", "TBtill-1-000001 ", "tbtill-1-000001"]
)
def test_what_only_looks_like_a_receipt_is_none(text):
    assert is_receipt_code(text) is False


def test_the_catalogue_comes_before_the_rules():
    taken = label(21, 12345, 1234)
    words = msgspec.structs.replace(
        WORDS, catalog=build_catalog([msgspec.structs.replace(FREE, codes=(taken,), price_kind="fixed", price_minor=5)])
    )
    assert meaning(taken, words=words).product.name == "Fleurs"
    assert not meaning(taken, words=words).reading.rule


@given(st.integers(1, 99_999))
def test_s11_a_weight_is_grams_of_the_article_at_its_price(grams):
    found = meaning(label(21, GRUYERE, grams))
    assert (found.kind, found.product.name) == ("article", "Gruyère AOP à la coupe")
    assert (found.goods.quantity_milli, found.goods.unit, found.goods.lot) == (grams, "kg", None)


@given(st.integers(1, 99_999))
def test_a_price_label_asks_what_it_says_and_the_shelf_is_kept_beside_it(price_minor):
    found = meaning(label(22, PLATE, price_minor))
    assert found.goods.lot == Lot(1000, price_minor, is_label=True)
    assert shelf_minor(found.goods.lot, 1850) == (None if price_minor == 1850 else 1850)


def test_a_price_on_goods_sold_by_weight_is_one_piece_at_that_price():
    found = meaning(label(22, GRUYERE, 1234))
    assert (found.goods.quantity_milli, found.goods.unit, found.goods.price_minor) == (1000, "piece", 1234)
    assert found.goods.lot is None


def test_a_price_on_goods_without_one_needs_no_pad():
    found = meaning(label(22, 12360, 1500))
    assert (found.product.name, found.goods.price_minor, found.goods.lot) == ("Fleurs", 1500, None)


def test_a_weight_on_goods_by_the_piece_and_a_count_on_goods_by_weight_are_refused():
    assert meaning(label(21, PLATE, 500)).fault == "scan.not_by_weight"
    assert meaning(label(24, GRUYERE, 3)).fault == "scan.not_by_piece"
    assert meaning(label(24, PLATE, 3)).goods.quantity_milli == 3000


def test_weight_and_price_together_are_a_lot():
    gtin = "9" + JAM[:12]
    cheese = msgspec.structs.replace(FREE, codes=(JAM,), price_kind="fixed", price_minor=2400, unit="kg")
    words = msgspec.structs.replace(WORDS, catalog=build_catalog([cheese]))
    found = meaning(f"01{gtin}{check_digit(gtin)}31030005143922001250", "d2", words)
    assert found.goods.lot == Lot(514, 1250, is_label=True)
    assert (found.goods.quantity_milli, found.goods.unit) == (514, "kg")
    assert shelf_minor(found.goods.lot, 2400) == 1234


def test_a_weight_that_only_informs_leaves_a_piece_a_piece():
    found = meaning(f"010{JAM}3103000370", "d2")
    assert (found.goods.quantity_milli, found.goods.unit) == (1000, "piece")


def test_past_its_last_day_an_article_is_not_sold_and_on_it_still_is():
    assert meaning(f"010{JAM}17251121").kind == "article"
    found = meaning(f"010{JAM}17251120")
    assert (found.kind, found.fault) == ("refused", "scan.expired")
    assert found.params == {"name": "Confiture d’abricots 370\N{NO-BREAK SPACE}g", "date": "2025-11-20"}


def test_a_price_in_another_currency_is_refused():
    assert meaning(f"010{JAM}39327560350").kind == "article"
    assert meaning(f"010{JAM}39329780350").fault == "scan.currency"


def test_s12_packs():
    three = meaning("7610807072990")
    assert (three.goods.quantity_milli, three.goods.lot) == (3000, Lot(3000, 2500))
    for code, aim in (("17610900001115", "I1"), ("17610900001115", None), ("0117610900001115", "C1")):
        carton = meaning(code, aim)
        assert (carton.product.name, carton.goods.quantity_milli, carton.goods.lot) == ("Lait", 12_000, None)


def test_the_code_on_the_ticket_can_be_printed():
    for text in (f"010{JAM}10A{GS}17251130", f"https://id.gs1.org/01/0{JAM}", JAM, label(21, GRUYERE, 5)):
        assert meaning(text).goods.code.isprintable() and len(meaning(text).goods.code) <= 14


def test_an_explanation_says_the_same_and_names_the_rule():
    found = explain(WORDS, label(21, GRUYERE, 1234))
    assert msgspec.structs.replace(found, steps=()) == meaning(label(21, GRUYERE, 1234))
    assert found.steps[-2:] == (("rule", "Balance fromage, poids"), ("key", "12345 = 826"))
    assert explain(WORDS, CAMILLE).steps == (("aim", ""), ("badge", "camille"))


@pytest.mark.parametrize(
    ("code", "symbology"),
    [
        (JAM, None), ("7610 8070 72341", None), (f"0{JAM}", None), (CAMILLE, None), ("2900 0000 0001 8", None),
        (receipt_code("caisse-1", 42), None), (label(21, GRUYERE, 500), None), (f"010{JAM}17251120", "d2"),
    ],
)  # fmt: skip
def test_what_an_article_a_badge_or_a_receipt_has_never_becomes_a_card(code, symbology):
    assert not may_be_card(WORDS, code, symbology)


def test_a_card_that_begins_like_a_scales_label_is_a_card_once_somebody_has_it():
    code = label(21, GRUYERE, 500)
    assert may_be_card(WORDS, "2100 0042")
    assert may_be_card(msgspec.structs.replace(WORDS, holder_of=lambda card: Holder("c-anne00000001", "Anne")), code)


@given(st.text(max_size=600), st.sampled_from([None, "E0", "C1", "d2", "Q1"]))
def test_nothing_breaks_the_router(text, aim):
    found = meaning(text, aim)
    assert found.kind in ("article", "badge", "receipt", "unknown", "refused")
    assert (found.kind == "refused") == bool(found.fault)
    assert (found.kind == "article") == (found.goods is not None)
    assert found == msgspec.structs.replace(explain(WORDS, text, aim), steps=())


def test_a_gs1_symbol_is_not_looked_up_as_a_bare_number():
    """96385074 is an EAN-8 of the shop; in a GS1 DataMatrix it is AI 96 and names no article."""
    words = msgspec.structs.replace(
        WORDS, catalog=build_catalog([msgspec.structs.replace(FREE, codes=("96385074",), price_minor=5)])
    )
    assert meaning("96385074", words=words).kind == meaning("96385074", "E4", words).kind == "article"
    assert meaning("96385074", "d2", words).fault == "scan.gs1_no_article"
