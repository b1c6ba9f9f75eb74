"""`tillbox modes`: listed, set, and on record."""

import json
import shutil

import pytest

from appliance.cli import CANNOT, OK, main
from appliance.demo.shop import FOLDER
from appliance.store import journal
from appliance.store.database import connect_reader
from tests.test_cli_customers import holds, played  # noqa: F401  a fixture


@pytest.fixture
def till(tmp_path, played):  # noqa: F811
    shutil.copytree(played, tmp_path / "data")
    (tmp_path / "till.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    assert main(["shop", "import", str(FOLDER), "--config", str(tmp_path / "till.toml")]) == OK
    return tmp_path


@pytest.fixture
def ask(till, capsys):
    capsys.readouterr()

    def asked(*arguments):
        status = main(["modes", *arguments, "--config", str(till / "till.toml")])
        return status, capsys.readouterr()

    return asked


def facts(till):
    conn = connect_reader(till / "data" / "till.db")
    found = [entry.fact for entry in journal.read_entries(conn) if entry.kind.startswith("TenderMode")]
    conn.close()
    return found


def test_a_mode_is_set_with_its_fact_in_the_journal(till, ask):
    status, said = ask("set", "wallet", "--switch", "on", "--place", "1", "--account", "2099", "--json")
    assert status == OK
    first = json.loads(said.out)["modes"][0]
    assert (first["id"], first["enabled"], first["account"]) == ("wallet", True, "2099")
    changed, placed = facts(till)
    assert (changed.mode.enabled, changed.by, placed.modes[0]) == (True, "technician", "wallet")
    assert holds(till)
    assert ask("list")[1].out.splitlines()[0].split()[:3] == ["1", "on", "wallet"]


def test_what_changes_nothing_leaves_nothing(till, ask):
    assert ask("set", "twint", "--switch", "on")[0] == OK
    assert facts(till) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nothing",), "tender.unknown"), (("card", "--name", "espèces"), "tender.name_taken")],
)
def test_what_is_refused_is_said_and_changes_nothing(till, ask, arguments, code):
    status, said = ask("set", *arguments)
    assert (status, code in said.err) == (CANNOT, True)
    assert facts(till) == []
