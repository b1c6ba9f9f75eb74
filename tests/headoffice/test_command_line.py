"""`tillbox-office` as a person and a script use it: exit status, JSON, two persons, imports."""

import json

import pytest

from headoffice import keys
from headoffice.cli.main import main
from tests.headoffice.test_enrolment import NOW
from tests.support.books import CHAIN

ANNE = "c-rldxqerzw4q7"
"""She has 15.40 from before in the demo's file."""


@pytest.fixture
def office(tmp_path, capsys, url):
    (tmp_path / "office.toml").write_text(f'[office]\nchain = "{CHAIN}"\ndatabase = "{url}"\nplain = true\n')
    keys.development(tmp_path / "keys", CHAIN, [], NOW)

    def say(*words, by="nadia", status=0):
        assert main(["--config", str(tmp_path / "office.toml"), "--json", "--by", by, *words]) == status, words
        return json.loads(capsys.readouterr().out)

    say("chain", "create", "Au Fournil")
    say("establishment", "add", "vevey", "Vevey")
    say("point", "add", "vevey-1", "vevey", "Comptoir")
    say("till", "add", "caisse-1", "vevey-1", "Caisse 1")
    return say


def test_places_and_what_is_refused(office):
    assert office("till", "list")["rows"][0]["state"] == "new"
    assert office("till", "add", "caisse-1", "vevey-1", "x", status=1)["code"] == "headoffice.there"
    assert office("till", "add", "ho", "vevey-1", "x", status=1)["code"] == "headoffice.id"
    assert office("till", "add", "Caisse", "vevey-1", "x", status=1)["code"] == "headoffice.id"
    assert office("till", "add", "caisse-2", "genf", "x", status=1)["code"] == "headoffice.unknown"
    assert office("chain", "create", "Other", status=1)["code"] == "headoffice.chain_there"
    assert len(office("till", "enrol", "caisse-1")["claim"]) == 11
    office("till", "replace", "caisse-1", "caisse-1b")
    assert [row["state"] for row in office("till", "list")["rows"]] == ["replaced", "new"]


def test_masters_with_a_dry_run(office, tmp_path):
    assert {row["table"] for row in office("import", "shop", "appliance/demo/shop")["rows"]} >= {"product", "group"}
    products, customers = "appliance/demo/shop/products.csv", "appliance/demo/shop/customers.csv"
    assert office("import", "products", products)["imported"]["changed"] == 0
    assert office("import", "customers", customers, "--dry-run")["imported"] == {
        "rows": 48, "changed": 48, "gone": 0, "faults": 0,
    }  # fmt: skip
    assert not [row for row in office("feed")["rows"] if row["table"] == "customer"]
    office("import", "customers", customers)
    assert office("import", "customers", customers)["imported"]["changed"] <= 48
    bad = tmp_path / "bad.csv"
    bad.write_text("name;price;tax\nPain;x;food\n")
    told = office("import", "products", str(bad), status=1)
    assert [row["line"] for row in told["rows"]] == [1]
    assert told["imported"]["faults"] == 1


def test_an_adjustment_and_what_is_owed(office):
    office("import", "shop", "appliance/demo/shop")
    office("import", "customers", "appliance/demo/shop/customers.csv")
    assert (
        office("wallet", "adjust", "c-nobody", "5.00", "--reason", "x", status=1)["code"] == "headoffice.wallet_unknown"
    )
    opened = office("liability")
    assert opened["agrees"]
    assert opened["total_minor"] > 0
    assert office("wallet", "adjust", ANNE, "5.00", "--reason", "Geste commercial")["balance_minor"] == 2040
    assert office("wallet", "adjust", ANNE, "-2.00", "--reason", "Erreur")["balance_minor"] == 1840
    assert office("wallet", "adjust", ANNE, "-90.00", "--reason", "Erreur", status=1)["code"] == "wallet.insufficient"
    owed = office("liability")
    assert (owed["total_minor"] - opened["total_minor"], owed["agrees"]) == (300, True)
    assert office("liability", "--date", "2020-01-01")["total_minor"] == 0
    (row,) = office("wallet", "list", ANNE)["rows"]
    assert (row["balance_minor"], row["pool_minor"], row["gifted_minor"]) == (1840, 1840, 300)
    office("import", "customers", "appliance/demo/shop/customers.csv")
    assert office("liability")["total_minor"] == owed["total_minor"]


def test_two_persons(office):
    told = office("till", "float", "caisse-1", "200.00", "50.00", "--reason", "marché")
    number = str(told["number"])
    assert office("confirm", number, status=1)["code"] == "headoffice.second_person"
    assert office("confirm", number, by="Luca")["total_minor"] == 20_000
    assert office("confirm", number, by="Luca", status=1)["code"] == "headoffice.request_done"
    assert office("write-off", "caisse-1", "--reason", "volée", status=1)["code"] == "headoffice.nothing_held"
    assert [row["state"] for row in office("requests")["rows"]] == ["done"]


def test_configuration(office):
    office("config", "set", "chain", CHAIN, "theme", "dark")
    assert office("config", "preview", "caisse-1")["rows"][0]["after"] == "dark"
    assert office("config", "push")["rows"] == [{"till": "caisse-1", "version": 1, "changed": ["theme"]}]
    assert office("config", "push")["rows"][0]["version"] == 0
    office("config", "unset", "chain", CHAIN, "theme")
    assert office("config", "push", "caisse-1", "--reason", "trop sombre")["rows"][0]["version"] == 2
    assert office("config", "rollback", "caisse-1", "1")["version"] == 3
    assert [row["version"] for row in office("config", "history", "caisse-1")["rows"]] == [1, 2, 3]
    assert office("config", "set", "chain", CHAIN, "theme", "purple", status=1)["code"] == "settings.value"


def test_lists_are_there_and_empty(office):
    for name in ("gaps", "forks", "quarantine", "unopened"):
        assert office("list", name)["rows"] == []
    (row,) = office("list", "health")["rows"]
    assert (row["till"], row["online"]) == ("caisse-1", False)


def test_without_books_or_settings(tmp_path, capsys):
    assert main(["--config", str(tmp_path / "none.toml"), "till", "list"]) == 2
    (tmp_path / "office.toml").write_text('[office]\nchain = "Not An Id"\n')
    assert main(["--config", str(tmp_path / "office.toml"), "till", "list"]) == 2
    assert "chain" in capsys.readouterr().err


def test_a_table_for_a_person(office, capsys, tmp_path):
    assert main(["--config", str(tmp_path / "office.toml"), "till", "list"]) == 0
    assert "caisse-1\tCaisse 1\tComptoir\tVevey\t0\tà associer" in capsys.readouterr().out
