"""Customers as CSV: every fault by its line, all or nothing, and what goes out comes in again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.demo.shop import FOLDER, put_customers
from appliance.domain.customer import Address, Consent, CustomerCode, Group
from appliance.store import customers as store
from appliance.store.customer_files import (
    COLUMNS,
    Opening,
    export_customers,
    import_customers,
    inert,
    read_customers,
    taken_back,
)
from appliance.store.database import connect, migrate
from tests.support.customers import save, town_of

AT = "2026-11-22T08:00:00.000Z"
HEAD = "last_name;first_name;phone;cards\n"


@pytest.fixture
def conn(tmp_path):
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    yield connection
    connection.close()


def faults(conn, text):
    return [(fault.line, fault.code) for fault in read_customers(conn, text.encode(), AT).faults]


def a_file(count):
    rows = (
        ";".join((one.last_name, one.first_name, one.phones[0], one.codes[0].code))
        for one in town_of(count * 2)
        if one.kind == "person"
    )
    return [HEAD.strip(), *(row for row, _ in zip(rows, range(count), strict=False))]


def test_5000_rows_with_3_bad_write_nothing_and_name_the_lines(conn):
    lines = a_file(5000)
    assert len(lines) == 5001
    lines[416] = "Favre;;079 555 20 12;2100 0311"
    lines[2718] = "Favre;Élodie;0;2100 0311"
    lines[4999] = lines[4998]
    body = ("\n".join(lines) + "\n").encode()
    steps = []
    report = import_customers(conn, body, AT, dry_run=True, progress=lambda done, total: steps.append((done, total)))
    assert [(fault.line, fault.code, fault.params.get("column")) for fault in report.faults] == [
        (417, "customer.first_name_missing", "first_name"),
        (2719, "customer.phone_form", "phone"),
        (5000, "csv.code_twice", None),
    ]
    assert report.faults[2].params["line"] == "4999"
    assert (report.rows, report.written, store.count(conn)) == (4997, False, 0)
    assert steps[-1] == (5000, 5000)
    assert len(steps) > 40
    assert import_customers(conn, body, AT).written is False
    assert store.count(conn) == 0
    for at in (416, 2718, 4999):
        lines[at] = ""
    report = import_customers(conn, "\n".join(lines).encode(), AT)
    assert (len(report.created), report.changed, report.written) == (4997, (), True)
    assert store.count(conn) == 4997


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(0, "csv.empty")]),
        ("first_name\nAnne\n", [(1, "csv.column_missing")]),
        ("last_name;size\n", [(1, "csv.column_unknown")]),
        ("last_name;Nom\n", [(1, "csv.column_twice")]),
        (HEAD + "a;b;079 555 01 42;1;9\n", [(2, "csv.too_many_cells")]),
        (HEAD + "a;b;079 555 01 42;1|1\n", [(2, "customer.code_twice")]),
        ("last_name;first_name;group\na;b;VIP\n", [(2, "customer.group_unknown")]),
        ("last_name;first_name;civility\na;b;Dr\n", [(2, "csv.value_unknown")]),
        ("kind;company\nclub;b\n", [(2, "csv.value_unknown")]),
        ("last_name;first_name;marketing\na;b;maybe\n", [(2, "csv.value_unknown")]),
        ("last_name;first_name;balance_paid\na;b;-5\n", [(2, "csv.price_form")]),
        ("last_name;first_name;balance_paid;balance_date\na;b;5;1.2.26\n", [(2, "csv.value_unknown")]),
        ("last_name;first_name;street\na;b;Rue 1\n", [(2, "customer.address_incomplete")]),
        ("id;last_name;first_name\nanne;a;b\n", [(2, "csv.value_unknown")]),
        ("company;uid\nGarage;CHE-123.456.789\n", [(2, "customer.uid_form")]),
        ('last_name;first_name\n"a\nb";c\nd;\n', [(4, "customer.first_name_missing")]),
    ],
)
def test_a_fault_has_line_and_code(conn, text, found):
    assert faults(conn, text) == found


def test_a_merchant_s_own_list_is_read(conn):
    group = store.save_group(conn, Group("", "Fidèle"))
    text = (
        "Civilité,Nom,Prénom,Téléphone,Référence,Groupe,Rue,NPA,Localité,Solde,marketing\r\n"
        "Mme,Tâche,Jeannine,021 555 80 26,2100 0203,fidele,Rue du Nord 2,1800,Vevey,12.5,2024-05-08\r\n"
    )
    report = import_customers(conn, text.encode("cp1252"), AT)
    (made,) = (store.get(conn, customer) for customer in report.created)
    assert (made.civility, made.name, made.group) == ("madam", "Jeannine Tâche", group.id)
    assert made.addresses == (Address("Rue du Nord 2", "1800", "Vevey", is_default=True),)
    assert made.consents.marketing == Consent(True, "2024-05-08T00:00:00.000Z")
    assert report.openings == (Opening(2, made.id, 1250, 0, ""),)


def test_a_row_changes_whom_its_id_or_card_names_and_keeps_what_it_does_not_say(conn):
    put_customers(conn, AT)
    anne = store.by_code(conn, "2100 0042").customer
    report = import_customers(conn, b"Carte;Nom;Prenom\n2100 0042;Rochat-Blanc;Anne\n", AT)
    assert (report.created, report.changed) == ((), (anne.id,))
    now = store.get(conn, anne.id)
    assert (now.last_name, now.phones, now.addresses, now.group) == (
        "Rochat-Blanc", anne.phones, anne.addresses, anne.group,
    )  # fmt: skip
    assert faults(conn, f"id;last_name;first_name;cards\n{anne.id};Rochat;Anne;2100 0107\n") == [
        (2, "customer.code_taken")
    ]


def test_somebody_who_may_be_there_is_a_warning(conn):
    put_customers(conn, AT)
    report = import_customers(conn, (HEAD + "Martin;Zoé;079 555 13 13;\n").encode(), AT, dry_run=True)
    (warning,) = report.warnings
    assert (warning.line, warning.code, warning.params) == (
        2, "customer.same_phone", {"name": "Martin Zoé"},
    )  # fmt: skip
    assert report.faults == ()


def test_a_card_that_is_somebody_elses_is_a_warning_and_columns_have_the_files_own_words(conn):
    put_customers(conn, AT)
    text = "Nom;Prénom;Carte\nNoir;Luc;2100 0042\nBlanc;;\n"
    report = import_customers(conn, text.encode(), AT, dry_run=True)
    assert [(row.line, row.code) for row in report.warnings] == [(2, "customer.renamed")]
    assert [(row.line, row.code, row.params["column"]) for row in report.faults] == [
        (3, "customer.first_name_missing", "Prénom")
    ]


def test_what_goes_out_comes_in_again(conn, tmp_path):
    report = put_customers(conn, AT)
    anne = store.by_code(conn, "2100 0042").customer
    blocked = (CustomerCode("2100 0042", "blocked", AT), CustomerCode("2100 0043", since=AT))
    save(conn, replace(anne, codes=blocked), AT)
    balances = {opening.customer: (opening.paid_minor, opening.gifted_minor) for opening in report.openings}
    out = "".join(export_customers(conn, lambda customer: balances.get(customer, (0, 0))))
    assert out.startswith(";".join(COLUMNS))
    other = connect(tmp_path / "other.db")
    migrate(other)
    for group in store.groups(conn):
        store.save_group(other, group)
    again = import_customers(other, out.encode(), AT)
    assert again.faults == ()
    assert list(store.read_all(other)) == list(store.read_all(conn))
    assert {opening.customer: (opening.paid_minor, opening.gifted_minor) for opening in again.openings} == balances
    other.close()


def test_the_demo_s_file_is_right(conn):
    report = put_customers(conn, AT)
    assert (len(report.created), report.warnings) == (48, ())
    assert sum(opening.paid_minor + opening.gifted_minor for opening in report.openings) == 807_38
    assert (FOLDER / "customers.csv").read_text(encoding="utf-8").count("\n") == 49


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    connection = connect(tmp_path_factory.mktemp("town") / "till.db")
    migrate(connection)
    put_customers(connection, AT)
    yield connection
    connection.close()


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="'=+-@1aZ |", max_size=8).map(str.strip))
def test_no_cell_of_an_export_is_a_formula_and_all_are_read_back(text):
    written = inert(text)
    assert taken_back(written) == text
    assert not written.startswith(("=", "@"))
    assert not written.startswith(("+", "-")) or not any(char.isalpha() for char in written)


CELLS = st.text(alphabet="aé09 ;,\t\n\"'|!~+-.@\0\x1b\u00a0\u0301Rochat", max_size=20)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=34), max_size=4), raw=st.binary(max_size=60))
def test_whatever_a_file_holds_it_is_read(town, rows, raw):
    body = (";".join(COLUMNS) + "\n" + "\n".join(";".join(row) for row in rows)).encode() + raw
    reading = read_customers(town, body, AT)
    assert all(fault.code for fault in reading.faults)
    for made in reading.customers:
        assert store.check(town, made) == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_whatever_is_typed_the_search_answers(town, text):
    found = store.search(town, text)
    assert found.total >= len(found.rows)
    store.by_code(town, text)
    store.place_of(town, text)
