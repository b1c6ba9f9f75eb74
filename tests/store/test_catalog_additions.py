"""One article or one code more, without an import: seen at once, after a restart, and after the next import.

Way: a small catalogue and its image in a real file; every lookup is asked of the catalogue that was built in memory and
of the one that is read anew.
"""

import msgspec
import pytest

from appliance.domain.catalog import Catalog, Category, Grid, PackCode, Product
from appliance.store import catalog as store
from appliance.store.database import DatabaseError, connect, migrate

MADE, HONEY_CODE, CARTON = "7612345678900", "7610807072341", "7613100037741"
PAINS, MIEL = Category(1, "Pains", "pain", 1), Category(2, "Épicerie", "epicerie", 2)
ROWS = [
    Product(1, "Pain au levain", "Pain", 1, ("2001",), 680, "food", popularity=9),
    Product(2, "Miel de fleurs 500 g", "Miel", 2, (HONEY_CODE,), 1450, "food", packs=(PackCode(CARTON, 6),)),
]
TEA = Product(store.FIRST_OWN_ID, "Thé de montagne", "Thé", 2, (MADE,), 890, "food")
GRIDS = [Grid(2, (2, None))]


@pytest.fixture
def conn(tmp_path):
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    store.import_catalog(connection, ROWS, [PAINS, MIEL], GRIDS)
    yield connection
    connection.close()


def adds(conn, *products, codes=()):
    conn.execute("BEGIN IMMEDIATE")
    for product in products:
        store.add_product(conn, product)
    for product_id, code in codes:
        store.add_code(conn, product_id, code)
    conn.execute("COMMIT")


def both(conn, products=(), codes=()) -> list[Catalog]:
    """The catalogue as the running till makes it, and as a restart reads it; with the image and without."""
    live = store.load_catalog(conn).with_added(products, [(code, product_id) for product_id, code in codes])
    adds(conn, *products, codes=codes)
    read = store.load_catalog(conn)
    image = conn.execute("SELECT part, number, body FROM catalog_image").fetchall()
    conn.execute("DELETE FROM catalog_image")
    slow = store.load_catalog(conn)
    conn.executemany("INSERT INTO catalog_image VALUES (?, ?, ?)", image)
    return [live, read, slow]


def sold_by(catalog: Catalog, code: str) -> Product:
    found = catalog.product_by_code(code)
    assert found is not None, code
    return found[0]


def ids(products):
    return [product.id for product in products]


def test_a_created_article_is_found_by_code_by_id_by_word_and_in_its_rubrique(conn):
    for catalog in both(conn, [TEA]):
        assert catalog.product_by_code(MADE) == (TEA, 1)
        assert catalog.product_by_code("0" + MADE) == (TEA, 1)
        assert catalog.product(TEA.id) == TEA
        assert len(catalog) == 3
        assert ids(catalog.products_in(2)) == [2, TEA.id]
        assert ids(catalog.search("thé mont")) == [TEA.id]
        assert ids(catalog.search("THE")) == [TEA.id]
        assert ids(catalog.search(MADE)) == [TEA.id]
        assert ids(catalog.search(MADE[:6])) == [TEA.id]


def test_it_stands_after_the_fixed_tiles_and_the_others_stay_where_they_were(conn):
    live, read, _slow = both(conn, [TEA])
    assert live.grid(2).slots == read.grid(2).slots == (2, None, TEA.id)
    assert live.grid(1).slots == (1,)


def test_a_linked_code_sells_the_article_and_the_old_codes_go_on(conn):
    for catalog in both(conn, codes=[(2, MADE)]):
        honey = catalog.product(2)
        assert honey.codes == (HONEY_CODE, MADE)
        assert catalog.product_by_code(MADE) == (honey, 1)
        assert catalog.product_by_code(HONEY_CODE) == (honey, 1)
        assert catalog.product_by_code(CARTON) == (honey, 6)
        assert ids(catalog.search(MADE[:7])) == [2]
        assert ids(catalog.search("miel")) == [2]
        assert ids(catalog.products_in(2)) == [2]
        assert len(catalog) == 2


def test_a_created_article_takes_a_second_code(conn):
    for catalog in both(conn, [TEA], [(TEA.id, "2002")]):
        assert catalog.product(TEA.id).codes == (MADE, "2002")
        assert sold_by(catalog, "2002").id == TEA.id


def test_a_mistyped_word_still_finds_what_the_till_added_first(conn):
    catalog = store.load_catalog(conn).with_added([msgspec.structs.replace(TEA, name="Pains d’épices")])
    assert ids(catalog.search("pain")) == [1, TEA.id]
    assert ids(catalog.search("pains")) == [TEA.id, 1]


def test_a_code_is_never_two_articles(conn):
    catalog = store.load_catalog(conn)
    for taken in (HONEY_CODE, "0" + HONEY_CODE, CARTON):
        with pytest.raises(ValueError, match="belongs to another"):
            catalog.with_added([msgspec.structs.replace(TEA, codes=(taken,))])
        with pytest.raises(ValueError, match="belongs to another"):
            catalog.with_added([], [(taken, 1)])
    with pytest.raises(DatabaseError, match="UNIQUE"):
        adds(conn, codes=[(1, HONEY_CODE)])
    conn.execute("ROLLBACK")
    assert sold_by(store.load_catalog(conn), HONEY_CODE).id == 2


def test_the_catalogue_before_is_left_as_it_was(conn):
    before = store.load_catalog(conn)
    before.with_added([TEA], [(MADE + "1", 1)])
    assert before.product(TEA.id) is None
    assert before.product_by_code(MADE) is None
    assert len(before) == 2


def test_numbers_of_its_own_never_meet_an_imported_list_and_are_never_used_twice(conn):
    assert store.next_own_id(conn) == store.FIRST_OWN_ID
    adds(conn, TEA)
    assert store.next_own_id(conn) == store.FIRST_OWN_ID + 1
    store.import_catalog(conn, [msgspec.structs.replace(ROWS[0], codes=(MADE,))], [PAINS], [])
    assert store.load_catalog(conn).product(TEA.id) is None
    assert store.next_own_id(conn) == store.FIRST_OWN_ID + 1


# --- the next import ------------------------------------------------------------------------------------------------


def test_an_import_takes_in_what_was_added_again_and_again(conn):
    adds(conn, TEA, codes=[(1, "2002")])
    for _ in range(2):
        store.import_catalog(conn, ROWS, [PAINS, MIEL], GRIDS)
        assert conn.execute("SELECT DISTINCT state FROM catalog_addition").fetchall() == [("folded",)]
        catalog = store.load_catalog(conn)
        assert catalog.product_by_code(MADE) == (TEA, 1)
        assert sold_by(catalog, "2002").codes == ("2001", "2002")
        assert catalog.grid(2).slots == (2, None, TEA.id)
        assert ids(catalog.search("montagne")) == [TEA.id]
    assert store.displaced(conn) == []


def test_an_import_that_gave_the_code_to_another_article_wins_and_it_is_remembered(conn):
    adds(conn, TEA, codes=[(1, "2002")])
    other = Product(3, "Tisane", "Tisane", 2, (MADE,), 700, "food")
    store.import_catalog(conn, [*ROWS, other], [PAINS, MIEL], GRIDS)
    catalog = store.load_catalog(conn)
    assert sold_by(catalog, MADE).id == 3
    assert catalog.product(TEA.id) is None
    assert sold_by(catalog, "2002").id == 1
    assert store.displaced(conn) == [MADE]
    store.forget_displaced(conn, MADE)
    assert store.displaced(conn) == []


def test_an_import_that_knows_the_addition_ends_it(conn):
    adds(conn, TEA, codes=[(1, "2002")])
    rows = [msgspec.structs.replace(ROWS[0], codes=("2001", "2002")), ROWS[1], TEA]
    store.import_catalog(conn, rows, [PAINS, MIEL], GRIDS)
    assert conn.execute("SELECT count(*) FROM catalog_addition").fetchone() == (0,)
    assert store.load_catalog(conn).product_by_code(MADE) == (TEA, 1)


def test_a_code_of_an_article_that_is_not_sold_any_more_goes_and_a_rubrique_that_is_gone_is_left(conn):
    adds(conn, TEA, codes=[(1, "2002")])
    store.import_catalog(conn, [msgspec.structs.replace(ROWS[1], category=1)], [PAINS], [])
    catalog = store.load_catalog(conn)
    assert catalog.product_by_code("2002") is None
    assert catalog.product(TEA.id).category is None


def test_an_import_that_fails_leaves_the_additions_as_they_were(conn):
    adds(conn, TEA)
    bad = [*ROWS, msgspec.structs.replace(ROWS[0], id=9)]
    with pytest.raises(ValueError, match="belongs to two"):
        store.import_catalog(conn, bad, [PAINS, MIEL], GRIDS)
    assert conn.execute("SELECT state FROM catalog_addition").fetchall() == [("added",)]
    assert store.load_catalog(conn).product(TEA.id) == TEA


def test_a_csv_that_names_the_code_keeps_the_articles_number(conn):
    adds(conn, TEA)
    body = f"name;price;category;tax;code\nThé de montagne bio;9.50;Épicerie;food;{MADE}\n".encode()
    report = store.import_csv(conn, body, ["food"])
    assert report.written, report.faults
    found = sold_by(store.load_catalog(conn), MADE)
    assert (found.id, found.name) == (TEA.id, "Thé de montagne bio")
    assert store.displaced(conn) == []
