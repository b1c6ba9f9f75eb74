"""A shop as a folder of files: read whole or refused with the place at fault, and nothing is written."""

import shutil

import pytest

from appliance.demo.shop import FOLDER
from appliance.domain.errors import Refusal
from appliance.i18n import has_sentence
from appliance.store.catalog import load_catalog, load_shop
from appliance.store.database import connect, migrate
from appliance.store.shop_files import import_shop, read_shop_files


@pytest.fixture
def folder(tmp_path):
    target = tmp_path / "shop"
    target.mkdir()
    for name in ("shop.toml", "categories.toml", "products.csv", "codes.toml"):
        shutil.copy(FOLDER / name, target / name)
    return target


@pytest.fixture
def conn(tmp_path):
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    yield connection
    connection.close()


def test_the_demo_shop_goes_through_the_store_unchanged(folder, conn):
    files = read_shop_files(folder)
    assert import_shop(conn, files) == len(files.products) >= 120
    assert load_shop(conn) == files.shop
    assert load_catalog(conn).product(201) is not None


def damage(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("shop.toml", 'currency = "CHF"', "currency = ", "shop.unreadable"),
        ("shop.toml", 'currency = "CHF"', "currency = 12", "shop.value"),
        ("categories.toml", 'hue = "pain"', 'hue = "purple"', "shop.value"),
        ("categories.toml", "[[categories]]", "[[shelves]]", "shop.value"),
        ("products.csv", ";1.10;", ";1.1x;", "shop.product"),
        ("products.csv", ";Pains;food;", ";Nowhere;food;", "shop.product"),
        ("products.csv", ";Pains;food;", ";Pains;gold;", "shop.product"),
        ("products.csv", "id;name", "id;nom", "shop.product"),
    ],
)
def test_a_fault_is_named_and_nothing_is_written(folder, conn, name, old, new, code):
    damage(folder, name, old, new)
    with pytest.raises(Refusal) as refusal:
        import_shop(conn, read_shop_files(folder))
    assert refusal.value.code == code and has_sentence(code)
    if code == "shop.product":
        assert isinstance(refusal.value.params["line"], int)
        assert has_sentence(str(refusal.value.params["reason"]))
    assert load_shop(conn) is None


@pytest.mark.parametrize("name", ["shop.toml", "categories.toml", "products.csv"])
def test_a_file_that_is_missing_or_not_text_is_named(folder, name):
    (folder / name).write_bytes(b"\xff\xfe\x00garbage\x80")
    with pytest.raises(Refusal):
        read_shop_files(folder)
    (folder / name).unlink()
    with pytest.raises(Refusal) as refusal:
        read_shop_files(folder)
    assert refusal.value.code == "shop.unreadable"


def test_an_import_that_fails_half_way_leaves_the_old_shop(folder, conn):
    files = read_shop_files(folder)
    import_shop(conn, files)
    conn.execute("CREATE TRIGGER stop BEFORE INSERT ON product BEGIN SELECT RAISE(ABORT, 'stop'); END")
    with pytest.raises(Exception, match="stop"):
        import_shop(conn, files)
    assert not conn.in_transaction
    assert load_shop(conn) == files.shop


def test_the_table_of_codes_is_read_with_its_preset(folder):
    (folder / "codes.toml").write_text(
        'preset = "DE"\n[[rules]]\nname = "Käse"\npattern = "21.....{NNDDD}"\nkind = "weight"\n', encoding="utf-8"
    )
    rules = read_shop_files(folder).shop.code_rules
    assert [rule.name for rule in rules[:2]] == ["Käse", "DE 22, Preis"] and len(rules) == 7
    (folder / "codes.toml").unlink()
    assert read_shop_files(folder).shop.code_rules == ()


def test_a_table_of_codes_comes_back_from_the_store_as_it_was(folder, conn):
    files = read_shop_files(folder)
    assert files.shop.code_rules
    import_shop(conn, files)
    assert load_shop(conn) == files.shop


@pytest.mark.parametrize(
    "text",
    [
        'preset = "XX"',
        "rules = 1",
        '[[rules]]\nname = "x"\npattern = "21....."\nkind = "weight"',
        '[[rules]]\nname = "x"\npattern = "21.....{NNDDD}"\nkind = "mass"',
        '[[rules]]\nname = ""\npattern = "21.....{NNDDD}"\nkind = "weight"',
        '[[rules]]\nname = "x"\npattern = "21.....{NNDDD}"\nkind = "weight"\ncolour = 1',
        2 * '[[rules]]\nname = "x"\npattern = "21.....{NNDDD}"\nkind = "weight"\n',
    ],
)
def test_a_rule_that_is_wrong_is_refused_before_anything_is_written(folder, text):
    (folder / "codes.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_shop_files(folder)
    assert refusal.value.code == "shop.value"
    assert has_sentence(str(refusal.value.params["reason"]))


@pytest.mark.parametrize("name", ["shop.toml", "categories.toml", "codes.toml"])
def test_a_file_nested_beyond_reason_is_refused(folder, name):
    (folder / name).write_text("x = " + "[" * 3_000 + "]" * 3_000)
    with pytest.raises(Refusal) as refused:
        read_shop_files(folder)
    assert (refused.value.code, refused.value.params["file"]) == ("shop.unreadable", name)
