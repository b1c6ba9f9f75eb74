"""Products are found by every spelling of their code, by word as it is typed, and keep their tiles."""

import time
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.demo.shop import DemoShop, load_demo_shop
from appliance.domain.catalog import (
    FAVOURITES,
    HUES,
    KEY_LABEL_LINES,
    KEY_LABEL_WIDTH,
    Catalog,
    PackCode,
    Product,
    build_catalog,
    build_words,
    canonical_code,
    check_digit,
    fold,
    is_gtin,
    page_tiles,
    words_of,
    wrap_label,
)


def product(number: int, name: str, *codes: str, popularity: int = 0, packs: tuple[PackCode, ...] = ()) -> Product:
    return Product(number, name, wrap_label(name), 1, codes, 100, "food", popularity=popularity, packs=packs)


SHELF = build_catalog(
    [
        product(1, "Croissant au beurre", "0036000291452", popularity=90),
        product(2, "Café crème", "12", popularity=80),
        product(3, "Café en grains 500 g", "7610807072341", popularity=10),
        product(4, "Œufs, 6 pièces", "96385074", packs=(PackCode("17610807072348", 6, 540),)),
        product(5, "Beurre extra 200 g"),
    ]
)


def names(query: str, catalog: Catalog = SHELF) -> list[str]:
    return [row.name for row in catalog.search(query)]


@pytest.mark.parametrize("code", ["0036000291452", "036000291452", "00036000291452"])
def test_a_code_is_found_in_every_length_of_its_number(code: str) -> None:
    found = SHELF.product_by_code(code)
    assert found is not None
    assert found[0].id == 1
    assert found[1] == 1


def test_an_ean8_is_found_as_printed_and_padded_but_not_cut() -> None:
    assert SHELF.product_by_code("96385074") is not None
    assert SHELF.product_by_code("0000096385074") is not None
    assert SHELF.product_by_code("6385074") is None


def test_a_pack_gives_product_and_units() -> None:
    found = SHELF.product_by_code("17610807072348")
    assert found is not None
    assert (found[0].id, found[1]) == (4, 6)
    assert SHELF.pack_price_minor("17610807072348") == 540
    assert SHELF.pack_price_minor("96385074") is None


def test_unknown_codes_are_none() -> None:
    assert [SHELF.product_by_code(code) for code in ("", "7612345678900", "\x00", "é" * 99)] == [None] * 4


def test_a_short_code_of_the_shop_is_not_a_gtin() -> None:
    assert canonical_code("0101") == "0101"
    assert canonical_code("01234565") != canonical_code("1234565")


def test_two_products_cannot_share_a_code() -> None:
    with pytest.raises(ValueError, match="two products"):
        build_catalog([product(1, "a", "036000291452"), product(2, "b", "0036000291452")])


@given(st.text("0123456789", min_size=7, max_size=13))
def test_check_digits_close_the_weighted_sum(body: str) -> None:
    """The sum with weights 1, 3 from the right, check digit included, is a multiple of ten."""
    code = body + check_digit(body)
    assert sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(reversed(code))) % 10 == 0


def test_known_codes() -> None:
    assert is_gtin("7610807072341")
    assert is_gtin("3017620422003")
    assert not is_gtin("7610807072342")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("cafe", "Café crème"),
        ("CAFÉ gr", "Café en grains 500 g"),
        ("gr caf", "Café en grains 500 g"),
        ("oeuf", "Œufs, 6 pièces"),
        ("Œu", "Œufs, 6 pièces"),
        ("beurre cr", "Croissant au beurre"),
        ("761080", "Café en grains 500 g"),
        ("12", "Café crème"),
        ("croisant", "Croissant au beurre"),
        ("corissant", "Croissant au beurre"),
        ("crosan", "Croissant au beurre"),
        ("vroissant", "Croissant au beurre"),
        ("cafe grainz", "Café en grains 500 g"),
    ],
)
def test_search_finds_what_was_meant(query: str, first: str) -> None:
    assert names(query)[0] == first


@pytest.mark.parametrize("query", ["", "   ", "zzzz", "cafe zzzz", "'", "\x00"])
def test_search_may_find_nothing(query: str) -> None:
    assert names(query) == []


def test_results_follow_popularity_then_name_and_the_limit() -> None:
    assert names("b") == ["Beurre extra 200 g", "Croissant au beurre"]
    assert [row.id for row in SHELF.search("c")] == [1, 2, 3]
    assert [row.id for row in SHELF.search("c", limit=2)] == [1, 2]


@given(st.text(max_size=100))
def test_search_takes_any_text(query: str) -> None:
    assert len(SHELF.search(query, 3)) <= 3


@given(st.text(max_size=60))
def test_folded_words_are_plain(text: str) -> None:
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in words_of(text))


@given(st.lists(st.text("abc ", max_size=12), max_size=30), st.text("abcd", min_size=1, max_size=3))
def test_the_index_agrees_with_a_plain_scan(texts: list[str], prefix: str) -> None:
    index = build_words(texts)
    plain = {rank for rank, text in enumerate(texts) if any(word.startswith(prefix) for word in words_of(text))}
    assert index.hits(prefix) == plain


def test_wide_prefixes_agree_with_narrow_ones() -> None:
    """Way: more products than one set may hold share a letter; every fifth also carries a second word."""
    rows = [product(n, f"pomme{n} {'verte' if n % 5 == 0 else 'rouge'}") for n in range(1, 4001)]
    shelf = build_catalog(rows)
    assert "p" in shelf.words.wide
    assert "verte" not in shelf.words.wide
    by_hand = sorted((row for row in rows if "verte" in row.name), key=lambda row: fold(row.name))[:24]
    assert shelf.search("p verte") == by_hand
    assert len(shelf.search("p r p", limit=50)) == 50
    assert shelf.search("pome1")[0].name.startswith("pomme1")


@given(st.lists(st.one_of(st.none(), st.integers(1, 999)), max_size=200), st.sampled_from([20, 24, 30]))
def test_tiles_keep_their_order_over_pages(slots: list[int | None], per_page: int) -> None:
    pages = page_tiles(slots, per_page)
    flat = [slot for page in pages for slot in page]
    assert flat[: len(slots)] == slots
    assert not any(flat[len(slots) :])
    if len(pages) == 1:
        assert len(pages[0]) == per_page
    else:
        assert {len(page) for page in pages} == {per_page - 1}


def test_a_full_page_needs_no_page_key() -> None:
    assert [len(page_tiles(range(1, count + 1), 24)) for count in (0, 24, 25, 46, 47)] == [1, 1, 2, 2, 3]


@given(st.text(max_size=60))
def test_labels_fit_their_key(name: str) -> None:
    lines = wrap_label(name).split("\n")
    assert len(lines) <= KEY_LABEL_LINES
    assert all(len(line) <= KEY_LABEL_WIDTH for line in lines)


def test_typing_stays_quick_with_many_products() -> None:
    """Aim: no order of magnitude is lost; `make bench` measures the goals. Way: 20,000 products, median of five."""
    words = [a + b + c for a in ("pa", "cro", "fro", "bi") for b in ("ri", "lo", "ma", "tu") for c in ("sel", "nade")]
    rows = [product(n, f"{words[n % 32]} {words[n * 7 % 31]} {n}", f"{n:05d}") for n in range(1, 20_001)]
    shelf = build_catalog(rows)
    for query in ("p", "paris", "cro fro", "crolomde", "007"):
        took = []
        for _ in range(5):
            start = time.perf_counter()
            shelf.search(query)
            took.append(time.perf_counter() - start)
        assert median(took) < 0.025, query


@pytest.fixture(scope="module")
def demo() -> DemoShop:
    return load_demo_shop()


def test_demo_codes_are_unique_and_right(demo: DemoShop) -> None:
    codes = [code for row in demo.products for code in (*row.codes, *(pack.code for pack in row.packs))]
    badges = [seller.badge for seller in demo.shop.sellers]
    assert len({canonical_code(code) for code in codes + badges}) == len(codes) + len(badges)
    printed = [code for code in codes if len(code) >= 8] + badges
    assert len(printed) > 90
    assert [code for code in printed if not is_gtin(code)] == []


def test_demo_products_fit_the_till(demo: DemoShop) -> None:
    categories = {category.id for category in demo.categories}
    assert len(demo.products) >= 150
    for row in demo.products:
        lines = row.key_label.split("\n")
        assert len(lines) <= KEY_LABEL_LINES
        assert all(0 < len(line) <= KEY_LABEL_WIDTH for line in lines), row.name
        assert row.category in categories
        assert row.codes
        assert row.price_minor is None or row.price_minor % 5 == 0
    assert {category.hue for category in demo.categories} == set(HUES)


def test_demo_has_every_special_case(demo: DemoShop) -> None:
    rows = demo.products
    assert any(row.price_kind == "free" for row in rows)
    assert any(row.sold_out for row in rows)
    assert any(row.age_limit == 16 for row in rows)
    assert any(row.age_limit == 18 for row in rows)
    assert any(row.packs for row in rows)
    assert [row.name for row in rows if row.price_minor is None and row.price_kind == "fixed"] == ["Gâteau du jour"]


def test_demo_tiles_are_those_of_the_design(demo: DemoShop) -> None:
    catalog = demo.catalog()
    slots = catalog.grid(FAVOURITES).slots
    rows = [catalog.product(slot) for slot in slots if slot is not None]
    labels = [(row.name, row.price_minor) for row in rows if row is not None]
    assert labels[:4] == [
        ("Croissant au beurre", 160),
        ("Pain au chocolat", 220),
        ("Croissant noisettes", 260),
        ("Escargot aux raisins", 320),
    ]
    assert labels[20:23] == [
        ("Thé", 450),
        ("Eau gazeuse 50\N{NO-BREAK SPACE}cl", 320),
        ("Jus de pomme 33\N{NO-BREAK SPACE}cl", 360),
    ]
    assert len(page_tiles(slots, 24)) == 2
    jam = catalog.product_by_code("7610807072341")
    assert jam is not None
    assert (jam[0].name, jam[0].price_minor) == ("Confiture d’abricots 370\N{NO-BREAK SPACE}g", 890)


def test_demo_notes_add_up_to_the_design(demo: DemoShop) -> None:
    catalog = demo.catalog()
    totals = []
    for note in demo.notes:
        demo.shop.sale_mode(note.sale_mode)
        prices = [(catalog.product(line.product), line.quantity_milli) for line in note.lines]
        totals.append(sum((row.price_minor or 0) * milli // 1000 for row, milli in prices if row is not None))
    assert totals == [1280, 1390, 1920, 900, 650]


def test_swiss_rates_follow_mode_and_day(demo: DemoShop) -> None:
    """Food: 2.6 % to take away, 8.1 % on the premises; 2.5 % and 7.7 % until the end of 2023 (art. 25 LTVA)."""
    eat_in, take_away = demo.shop.sale_mode("eat-in"), demo.shop.default_sale_mode()
    assert take_away.id == "take-away"
    assert (eat_in.rate_bp("food", "2026-11-21"), take_away.rate_bp("food", "2026-11-21")) == (810, 260)
    assert (eat_in.rate_bp("food", "2023-12-31"), take_away.rate_bp("food", "2023-12-31")) == (770, 250)
    assert take_away.rate_bp("food", "2024-01-01") == 260
    assert {mode.rate_bp("alcohol", "2026-11-21") for mode in demo.shop.sale_modes} == {810}
    with pytest.raises(KeyError):
        take_away.rate_bp("food", "2017-12-31")
    for mode in demo.shop.sale_modes:
        for tax_class in demo.shop.tax_classes:
            assert demo.shop.rate_letter(mode.rate_bp(tax_class.id, "2026-11-21"))
    assert {row.tax_class for row in demo.products} <= {tax_class.id for tax_class in demo.shop.tax_classes}


def test_demo_sellers_sign_in_with_their_pin(demo: DemoShop) -> None:
    from argon2 import PasswordHasher

    pins = {"camille": "1234", "nadia": "4321", "luca": "2345", "joelle": "3456", "stephane": "4567", "ines": "5678"}
    assert [seller.id for seller in demo.shop.sellers] == list(pins)
    for seller in demo.shop.sellers:
        assert PasswordHasher().verify(seller.pin_hash, pins[seller.id])
        assert demo.shop.seller_by_badge(seller.badge) == seller
    assert demo.shop.seller("nadia").role == "manager"
    assert demo.shop.seller_by_badge("") is None


def test_demo_tenders_and_reasons(demo: DemoShop) -> None:
    cash = demo.shop.tender("cash")
    assert (cash.opens_drawer, cash.rounding_minor, cash.overpayment) == (True, 5, "change")
    assert list(cash.face_values_minor) == sorted(cash.face_values_minor)
    assert [tender.order for tender in demo.shop.tenders] == sorted(tender.order for tender in demo.shop.tenders)
    assert len(demo.shop.reasons_for("offer")) == 6
    assert all(demo.shop.reasons_for(kind) for kind in ("discount", "void", "drawer", "float"))
    assert len({reason.id for reason in demo.shop.reasons}) == len(demo.shop.reasons)
    with pytest.raises(KeyError):
        demo.shop.tender("gold")
