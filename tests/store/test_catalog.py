"""The catalogue survives the disk unchanged, and no file a merchant brings can harm it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.demo.shop import FOLDER, DemoShop, load_demo_shop
from appliance.domain.catalog import Catalog, Category, PackCode, Product, wrap_label
from appliance.store import catalog as store
from appliance.store.catalog import import_catalog, import_csv, load_catalog, load_shop, read_csv, save_shop
from appliance.store.database import Connection, DatabaseError, connect, migrate

TAX = ("food", "standard")
PLACES = {"Pains": 1, "Épicerie": 2}
HEADER = "id;name;code;price;category;tax;unit;price_kind;free_min;free_max;favourite;slot;packs;key_label;age_limit\n"


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def demo() -> DemoShop:
    return load_demo_shop()


def put(conn: Connection, demo: DemoShop) -> Catalog:
    import_catalog(conn, demo.products, demo.categories, demo.grids)
    return load_catalog(conn)


def same(one: Catalog, other: Catalog, demo: DemoShop) -> None:
    assert one.categories == other.categories
    assert len(one) == len(other)
    for category in one.categories:
        assert one.grid(category.id) == other.grid(category.id)
        assert one.products_in(category.id) == other.products_in(category.id)
    for row in demo.products:
        assert one.product(row.id) == other.product(row.id) == row
        codes = [*row.codes, *(pack.code for pack in row.packs)]
        assert [one.product_by_code(code) for code in codes] == [other.product_by_code(code) for code in codes]
    for query in ("cafe", "croisant", "p", "tarte pr", "7610", "zzz"):
        assert one.search(query) == other.search(query)
    assert one.product(999_999) is None


def test_what_was_imported_is_loaded(conn: Connection, demo: DemoShop) -> None:
    same(put(conn, demo), demo.catalog(), demo)


def test_an_image_of_another_version_is_not_used(conn: Connection, demo: DemoShop) -> None:
    put(conn, demo)
    for head in (b"\xff\x00", msgspec.msgpack.encode({"format": 0, "byte_order": "little", "count": 0})):
        conn.execute("UPDATE catalog_image SET body = ? WHERE part = 'head'", (head,))
        same(load_catalog(conn), demo.catalog(), demo)
    conn.execute("DELETE FROM catalog_image")
    same(load_catalog(conn), demo.catalog(), demo)


def test_an_empty_store_is_an_empty_catalogue(conn: Connection) -> None:
    catalog = load_catalog(conn)
    assert len(catalog) == 0
    assert catalog.search("pain") == []
    import_catalog(conn, [], [], [])
    assert load_catalog(conn).product_by_code("1") is None


def test_more_products_than_one_chunk(conn: Connection) -> None:
    rows = [Product(n, f"Article {n}", f"Article {n}", None, (f"c{n}",), n, "food") for n in range(1, 3001)]
    import_catalog(conn, rows, [], [])
    catalog = load_catalog(conn)
    assert [catalog.product(n) for n in range(1, 3001)] == rows
    assert len(catalog.products_in(None, limit=5000)) == 3000
    assert catalog.product(0) is None


def test_a_failed_import_leaves_the_old_catalogue(conn: Connection, demo: DemoShop) -> None:
    put(conn, demo)
    bad = Product(1, "x", "x", 99, ("1",), 1, "food", unit="ton")  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="constraint failed"):
        import_catalog(conn, [bad], [], [])
    assert not conn.in_transaction
    same(load_catalog(conn), demo.catalog(), demo)


@pytest.mark.parametrize("codes", [("a\nb",), ("",)])
def test_a_code_that_cannot_be_printed_is_refused(conn: Connection, codes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="printed"):
        import_catalog(conn, [Product(1, "x", "x", None, codes, 1, "food")], [], [])


def test_a_pack_cannot_take_the_code_of_a_piece(conn: Connection) -> None:
    piece = Product(1, "a", "a", None, ("12345670",), 1, "food")
    pack = Product(2, "b", "b", None, (), 1, "food", packs=(PackCode("0000012345670", 6),))
    with pytest.raises(ValueError, match="twice"):
        import_catalog(conn, [piece, pack], [], [])


def test_the_shop_is_kept(conn: Connection, demo: DemoShop) -> None:
    assert load_shop(conn) is None
    save_shop(conn, demo.shop)
    save_shop(conn, demo.shop)
    assert load_shop(conn) == demo.shop


# CSV ------------------------------------------------------------------------------------------------------------


def read(rows: str) -> store.CsvReading:
    return read_csv((HEADER + rows).encode(), PLACES, TAX)


def test_a_row_becomes_a_product() -> None:
    reading = read(
        "7;Miel de fleurs 500 g;7610807072341;1'014,5;épicerie;food;;;;;3;1;7613337001218*6@80;Miel|fleurs;\n"
    )
    assert reading.faults == ()
    (row,) = reading.products
    assert (row.id, row.price_minor, row.category, row.favourite) == (7, 101450, 2, 3)
    assert row.key_label == "Miel\nfleurs"
    assert row.packs == (PackCode("7613337001218", 6, 8000),)
    assert reading.slots == ((2, 1, 7),)
    assert [grid.slots for grid in store.csv_grids(reading)] == [(None, None, None, 7), (None, 7)]


def test_missing_price_and_category_are_no_faults() -> None:
    reading = read(";Gâteau du jour;;;;food;;;;;;;;;\n\n")
    assert reading.faults == ()
    assert (reading.products[0].price_minor, reading.products[0].category) == (None, None)
    assert reading.products[0].key_label == wrap_label("Gâteau du jour")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (";;;1;Pains;food;;;;;;;;;", "csv.name_missing"),
        (f";{'x' * 81};;1;Pains;food;;;;;;;;;", "csv.name_form"),
        (";a\x1bb;;1;Pains;food;;;;;;;;;", "csv.name_form"),
        (";a;;-1;Pains;food;;;;;;;;;", "csv.price_form"),
        (";a;;1.234;Pains;food;;;;;;;;;", "csv.price_form"),
        (";a;;٣;Pains;food;;;;;;;;;", "csv.price_form"),
        (";a;;1;Nulle part;food;;;;;;;;;", "csv.category_unknown"),
        (";a;;1;Pains;;;;;;;;;;", "csv.value_unknown"),
        (";a;;1;Pains;food;pound;;;;;;;;", "csv.value_unknown"),
        (";a;7610807072342;1;Pains;food;;;;;;;;;", "csv.check_digit"),
        (";a;a\u00e9;1;Pains;food;;;;;;;;;", "csv.code_form"),
        (";a;;1;Pains;food;;free;5;1;;;;;", "csv.free_bounds"),
        (";a;;1;Pains;food;;;;;;;12*0;;", "csv.pack_form"),
        (";a;;1;Pains;food;;;;;;;;ein sehr langes Etikett;", "csv.label_form"),
        (";a;;1;Pains;food;;;;;;;;;120", "csv.number_form"),
        ("0;a;;1;Pains;food;;;;;;;;;", "csv.number_form"),
        (";a;;1;Pains;food;;;;;;;;;;extra", "csv.too_many_cells"),
    ],
)
def test_a_bad_row_is_reported_with_its_line(row: str, code: str) -> None:
    good = ";ok;;1;Pains;food;;;;;;;;;\n"
    reading = read(good + row + "\n" + good)
    assert [(fault.line, fault.code) for fault in reading.faults] == [(3, code)]
    assert len(reading.products) == 2


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (";a;11;1;Pains;food;;;;;;;;;\n;b;11;1;Pains;food;;;;;;;;;", "csv.code_twice"),
        ("5;a;;1;Pains;food;;;;;;;;;\n5;b;;1;Pains;food;;;;;;;;;", "csv.id_twice"),
        (";a;;1;Pains;food;;;;;2;;;;\n;b;;1;Pains;food;;;;;2;;;;", "csv.slot_twice"),
        (";a;;1;Pains;food;;;;;;2;;;\n;b;;1;Pains;food;;;;;;2;;;", "csv.slot_twice"),
    ],
)
def test_what_is_given_twice_is_a_fault_of_the_second_row(rows: str, code: str) -> None:
    reading = read(rows)
    assert [(fault.line, fault.code) for fault in reading.faults] == [(3, code)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "csv.empty"),
        (b"name;price;tax\n", "csv.column_missing"),
        (b"name;price;category;tax;colour\n", "csv.column_unknown"),
        (b"name;name;price;category;tax\n", "csv.column_twice"),
        (b"name;price;category;tax\n" + b"x" * 200_000, "csv.unreadable"),
    ],
)
def test_a_file_of_the_wrong_form_is_refused(body: bytes, code: str) -> None:
    reading = read_csv(body, PLACES, TAX)
    assert code in {fault.code for fault in reading.faults}
    assert reading.products == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_files_of_common_spreadsheets(encoding: str, separator: str) -> None:
    lines = [["name", "price", "category", "tax"], ["Crème brûlée", "4.50", "Épicerie", "food"]]
    text = "\r\n".join(separator.join(cells) for cells in lines)
    reading = read_csv(text.encode(encoding), PLACES, TAX)
    assert reading.faults == ()
    assert (reading.products[0].name, reading.products[0].price_minor) == ("Crème brûlée", 450)


def test_dry_run_and_bad_files_write_nothing(conn: Connection, demo: DemoShop) -> None:
    put(conn, demo)
    before = conn.total_changes
    tax = [tax_class.id for tax_class in demo.shop.tax_classes]
    body = (FOLDER / "products.csv").read_bytes()
    report = import_csv(conn, body, tax, dry_run=True)
    assert (report.accepted, report.faults, report.written) == (len(demo.products), (), False)
    bad = import_csv(conn, body + b"1;;;;;;;;;;;;;;;;\n", tax)
    assert not bad.written
    assert bad.faults[0].line == len(demo.products) + 2
    assert conn.total_changes == before


def test_a_file_is_imported_and_ids_stay_with_their_codes(conn: Connection) -> None:
    import_catalog(
        conn, [Product(42, "Ancien nom", "Ancien", 1, ("1101",), 100, "food")], [Category(1, "Pains", "pain", 1)], []
    )
    report = import_csv(
        conn, (HEADER + ";Ballon;1101;1.10;Pains;food;;;;;;;;;\n;Bretzel;;2;Pains;food;;;;;;;;;\n").encode(), TAX
    )
    assert (report.accepted, report.written) == (2, True)
    catalog = load_catalog(conn)
    found = catalog.product_by_code("1101")
    assert found is not None
    assert (found[0].id, found[0].name) == (42, "Ballon")
    assert [row.id for row in catalog.search("bretzel")] == [1]


cell = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"[0-9]{1,14}", fullmatch=True),
    st.sampled_from(["food", "Pains", "1.60", "free", "kg", "12*6"]),
)


@given(st.lists(st.lists(cell, max_size=18), max_size=8))
def test_any_garbage_row_is_reported_and_never_raises(rows: list[list[str]]) -> None:
    reading = read("".join(";".join(cells) + "\n" for cells in rows))
    assert all(fault.code.startswith("csv.") and fault.line >= 0 for fault in reading.faults)
    assert all(row.name and (row.price_minor is None or row.price_minor >= 0) for row in reading.products)


@given(st.lists(st.lists(cell, min_size=15, max_size=15), min_size=1, max_size=4))
def test_what_was_read_can_be_stored(rows: list[list[str]]) -> None:
    """Aim: whatever passes the checks of a row passes those of the disk. Way: an empty store in memory per example."""
    reading = read("".join(";".join(cells) + "\n" for cells in rows))
    conn = connect(Path(":memory:"))
    try:
        migrate(conn)
        categories = [Category(1, "Pains", "pain", 1), Category(2, "Épicerie", "epicerie", 2)]
        assert import_catalog(conn, reading.products, categories, store.csv_grids(reading)) == len(reading.products)
    finally:
        conn.close()


@given(st.binary(max_size=300))
def test_any_bytes_are_read(body: bytes) -> None:
    read_csv(body, PLACES, TAX)
    read_csv(HEADER.encode() + body, PLACES, TAX)
