"""`tillbox customers`: a file in, a file out, one erased; the journal says so and its chain holds."""

import json
import shutil

import pytest

from appliance.cli import CANNOT, NO, OK, main
from appliance.daemon.alone import alone
from appliance.play.player import play_day
from appliance.store import journal
from appliance.store.database import connect_reader
from tests.test_cli import DAY

ROWS = """Nom;Prénom;Téléphone;Carte;NPA;Localité;Solde;Date du solde
Rochat;Anne;079 555 01 42;2100 0042;1800;Vevey;15.40;2026-11-20
Rochaix;Clairexq;;2100 0107;1071;Chexbres;;
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played")
    play_day(DAY.read_text(encoding="utf-8"), data_dir=folder)
    return folder


@pytest.fixture
def till(tmp_path, played):
    shutil.copytree(played, tmp_path / "data")
    (tmp_path / "till.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    (tmp_path / "in.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def ask(till, capsys):
    def asked(*arguments):
        status = main(["customers", *map(str, arguments), "--config", str(till / "till.toml")])
        return status, capsys.readouterr()

    return asked


def answer(said):
    return json.loads(said.out)


def holds(till):
    conn = connect_reader(till / "data" / "till.db")
    count, same = journal.verify(conn), journal.rebuild_state(conn) == journal.load_state(conn)
    conn.close()
    return count > 0 and same


def facts(till):
    conn = connect_reader(till / "data" / "till.db")
    kinds = [entry.kind for entry in journal.read_entries(conn)]
    conn.close()
    return [kind for kind in kinds if kind.startswith(("Customer", "Wallet"))]


def test_import_leaves_customers_balances_and_facts(ask, till):
    status, said = ask("import", till / "in.csv", "--json")
    told = answer(said)
    assert (status, told["ok"], told["written"], len(told["created"])) == (OK, True, True, 2)
    assert facts(till) == ["CustomerCreated", "CustomerCreated", "WalletAdjusted"]
    assert holds(till)
    _, said = ask("show", "2100 0042", "--json")
    assert answer(said)["wallet"] == {"paid_minor": 1540, "gifted_minor": 0}
    status, said = ask("import", till / "in.csv", "--json")
    assert (answer(said)["openings"], len(answer(said)["changed"])) == ([], 2)
    assert facts(till)[3:] == ["CustomerChanged", "CustomerChanged"]


def test_a_dry_run_writes_nothing_and_faults_have_lines(ask, till):
    status, said = ask("import", till / "in.csv", "--dry-run")
    assert (status, said.out.replace("\u00a0", " ")) == (
        OK,
        "Clients à créer : 2, à changer : 0, soldes d’ouverture : 1. Rien n’est enregistré (essai).\n",
    )
    assert facts(till) == []
    (till / "in.csv").write_text(ROWS + "Pittet;;;;;;;\n", encoding="utf-8")
    status, said = ask("import", till / "in.csv")
    assert status == NO
    assert f"{till / 'in.csv'}:4: Prénom : Le prénom est nécessaire." in said.out.replace("\u00a0", " ")
    assert "Rien n’est enregistré : une erreur." in said.out.replace("\u00a0", " ")
    assert facts(till) == []
    _, said = ask("list", "--json")
    assert answer(said)["customers"] == []


def test_a_code_that_an_article_or_a_badge_has_is_no_card_of_a_file(ask, till):
    rows = "Nom;Prénom;Carte\nRochat;Anne;7610 8070 72341\nFavre;Zoé;2900000000018\nMartin;Ugo;!7610807072341\n"
    (till / "in.csv").write_text(rows, encoding="utf-8")
    status, said = ask("import", till / "in.csv", "--json")
    told = answer(said)
    assert (status, told["written"]) == (NO, False)
    assert [(fault["line"], fault["code"]) for fault in told["faults"]] == [
        (2, "csv.not_for_card"), (3, "csv.not_for_card"),
    ]  # fmt: skip


def test_list_show_and_export(ask, till):
    ask("import", till / "in.csv")
    _, said = ask("list", "rochat")
    assert said.out.split("\t")[1:4] == ["Rochat Anne", "079 555 01 42", "2100 0042"]
    _, said = ask("list", "--kind", "company", "--json")
    assert answer(said)["total"] == 0
    _, said = ask("show", "2100 0107")
    assert "name            Rochaix Clairexq" in said.out
    status, said = ask("show", "nobody")
    assert (status, said.err) == (NO, "tillbox: customer.unknown: Ce client n’existe pas.\n")
    status, said = ask("export", till / "out.csv", "--json")
    assert answer(said)["customers"] == 2
    assert "15.40" in (till / "out.csv").read_text(encoding="utf-8")
    _, said = ask("export", "--customer", "2100 0042")
    told = answer(said)
    assert [row["what"] for row in told["records"]] == ["CustomerCreated", "WalletAdjusted"]
    assert told["wallet"] == {"paid_minor": 1540, "gifted_minor": 0}


def test_erase_leaves_no_name_and_a_whole_chain(ask, till):
    ask("import", till / "in.csv")
    status, said = ask("erase", "2100 0042")
    assert (status, "wallet.not_empty" in said.err) == (NO, True)
    status, said = ask("erase", "2100 0107", "--json")
    assert (status, answer(said)["file_clean"]) == (OK, True)
    left = b"".join(path.read_bytes() for path in (till / "data").iterdir() if path.is_file())
    assert b"clairexq" not in left.lower()
    assert b"Rochaix" not in left
    assert b"Rochat" in left
    assert facts(till)[-1] == "CustomerErased"
    assert holds(till)


def test_a_running_till_is_not_written_beside(ask, till):
    with alone(till / "data"):
        status, said = ask("import", till / "in.csv")
        assert (status, "daemon.twice" in said.err) == (CANNOT, True)
        status, _ = ask("list")
        assert status == OK


def test_a_file_that_is_not_there(ask, till):
    status, said = ask("import", till / "no.csv")
    assert (status, "csv.unreadable" in said.err) == (CANNOT, True)
