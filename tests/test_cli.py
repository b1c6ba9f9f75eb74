"""The command line: what a person reads, what a program reads, and the exit status."""

import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from appliance.cli import CANNOT, NO, OK, main, protocol_sources
from appliance.demo.shop import FOLDER
from appliance.domain import meaning
from appliance.i18n import has_sentence, t
from appliance.play.player import play_day
from appliance.protocol import command, message, view
from appliance.protocol.describe import describe, messages
from appliance.store import journal as store
from appliance.store.database import connect

ROOT = Path(__file__).parents[1]
DAY = ROOT / "tests/data/days/plain.day"
OPENED = "day 2025-11-21\n08:00 sign in camille 1234\nopen float 200.00\n"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played")
    play_day(DAY.read_text(encoding="utf-8"), data_dir=folder)
    return folder / "till.db"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "till.toml"
    path.write_text('data_dir = "data"\n', encoding="utf-8")
    return path


def plain(text):
    """With ordinary spaces, as they are typed here."""
    return text.replace("\u00a0", " ")


def said(capsys):
    return json.loads(capsys.readouterr().out)


# --- play -----------------------------------------------------------------------------------------------------------


def test_play_prints_the_totals(capsys):
    assert main(["play", str(DAY)]) == OK
    totals = said(capsys)
    assert totals["tickets"] == 3
    assert totals["journal"]["verified"] is True
    assert totals["rates"].keys() == {"2.6", "8.1"}


def test_play_names_file_line_and_code(tmp_path, capsys):
    path = tmp_path / "wrong.day"
    path.write_text("day 2025-11-21\ncash 7.5\n", encoding="utf-8")
    assert main(["play", str(path)]) == CANNOT
    assert f"{path}:2: day.amount:" in capsys.readouterr().err
    assert main(["play", str(path), "--json"]) == CANNOT
    assert said(capsys)["code"] == "day.amount"


def test_play_says_what_was_expected(tmp_path, capsys):
    path = tmp_path / "other.day"
    path.write_text(OPENED + "touch Café\nexpect total 4.00\n", encoding="utf-8")
    assert main(["play", str(path)]) == NO
    assert capsys.readouterr().err == f"{path}:5: total: expected 4.00, found 4.20\n"
    assert main(["play", str(path), "--json"]) == NO
    assert said(capsys)["found"] == "4.20"


def test_play_tells_refusals_nobody_expected(tmp_path, capsys):
    path = tmp_path / "refused.day"
    path.write_text(OPENED + "card\n", encoding="utf-8")
    assert main(["play", str(path)]) == OK
    assert capsys.readouterr().err == f"{path}:4: refused: ticket.none\n"


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", None, b"#" * (8 * 1024 * 1024 + 1)])
def test_play_refuses_files_it_cannot_read(tmp_path, body, capsys):
    path = tmp_path / "a.day"
    if body is not None:
        path.write_bytes(body)
    assert main(["play", str(path)]) == CANNOT
    assert "day." in capsys.readouterr().err


def test_play_refuses_a_folder_that_is_no_shop(tmp_path, capsys):
    assert main(["play", str(DAY), "--shop", str(tmp_path)]) == CANNOT
    assert "shop.unreadable" in capsys.readouterr().err


# --- verify and journal ---------------------------------------------------------------------------------------------


def test_verify_holds_beside_another_connection(played, capsys):
    other = connect(played)
    try:
        assert main(["verify", str(played), "--json"]) == OK
    finally:
        other.close()
    assert said(capsys)["ok"] is True


def spoil(played, folder, sql):
    copy = folder / "spoiled.db"
    shutil.copyfile(played, copy)
    conn = connect(copy)
    for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        conn.execute(f"DROP TRIGGER {name}")
    conn.execute(sql)
    conn.close()
    return str(copy)


@pytest.mark.parametrize(
    ("sql", "seq", "reason"),
    [
        ("UPDATE journal SET body = CAST(replace(body, 'amille', 'arilla') AS BLOB) WHERE seq = 4", 4, "hash"),
        ("UPDATE journal SET at = '2025-11-21T00:00:00.000Z' WHERE seq = 5", 5, "hash"),
        ("DELETE FROM journal WHERE seq = 4", 5, "gap"),
        ("DELETE FROM journal WHERE seq = 1", 2, "gap"),
    ],
)
def test_verify_names_the_first_bad_entry(played, tmp_path, sql, seq, reason, capsys):
    path = spoil(played, tmp_path, sql)
    assert main(["verify", path, "--json"]) == NO
    answer = said(capsys)
    assert (answer["ok"], answer["broken_at"], answer["reason"]) == (False, seq, reason)
    assert main(["verify", path]) == NO
    assert f"broken at entry {seq}: {reason}" in capsys.readouterr().out


def test_verify_finds_a_state_that_is_not_its_entries(played, tmp_path, capsys):
    path = spoil(played, tmp_path, "SELECT 1")
    conn = connect(Path(path))
    state, seq = store.load_state(conn), store.verify(conn)
    state.perpetual_minor += 1
    store.save_snapshot(conn, seq, store.encode_state(state))
    conn.close()
    assert main(["verify", path, "--json"]) == NO
    assert "state" in said(capsys)["reason"]


def test_verify_of_what_is_no_database(tmp_path, capsys):
    path = tmp_path / "till.db"
    assert main(["verify", str(path)]) == CANNOT
    path.write_bytes(b"not a database at all" * 100)
    assert main(["verify", str(path)]) == CANNOT
    err = capsys.readouterr().err
    assert "store.missing" in err and "store.unreadable" in err


def test_journal_lists_entries(played, capsys):
    assert main(["journal", str(played), "--kind", "TicketClosed"]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "TicketClosed" in lines[0] and "total 15.30" in lines[0] and "camille" in lines[0]
    assert main(["journal", str(played), "--json", "--from", "2"]) == OK
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["seq"] == 2
    assert all(row["fact"]["kind"] == row["kind"] for row in rows)


def test_journal_from_nothing(played, capsys):
    assert main(["journal", str(played), "--from", "0"]) == CANNOT
    assert "journal.number" in capsys.readouterr().err


def test_a_kind_that_no_journal_has_is_refused_with_those_that_were_meant(played, capsys):
    assert main(["journal", str(played), "--kind", "TicketClose"]) == CANNOT
    said = capsys.readouterr().err
    assert "journal.kind" in said
    assert "« TicketClose »" in said and "TicketClosed" in said
    assert main(["journal", str(played), "--kind", "Foo"]) == CANNOT
    assert "XRead" in capsys.readouterr().err


# --- shop, products, status -----------------------------------------------------------------------------------------


def test_shop_import_writes_what_it_says(config, capsys):
    assert main(["shop", "import", str(FOLDER), "--config", str(config), "--dry-run", "--json"]) == OK
    assert said(capsys)["written"] is False
    assert not (config.parent / "data").exists()
    assert main(["shop", "import", str(FOLDER), "--config", str(config), "--json"]) == OK
    count = said(capsys)["products"]
    assert count > 120
    arguments = ["products", "import", str(FOLDER / "products.csv"), "--config", str(config), "--json"]
    assert main([*arguments, "--dry-run"]) == OK
    assert said(capsys)["products"] == count
    assert main(arguments) == OK


def test_products_import_names_each_bad_row(config, tmp_path, capsys):
    path = tmp_path / "bad.csv"
    path.write_text("id;name;price\n1;x;y\n", encoding="utf-8")
    arguments = ["products", "import", str(path), "--config", str(config)]
    assert main([*arguments, "--dry-run"]) == CANNOT
    assert "store.missing" in capsys.readouterr().err
    assert main(["shop", "import", str(FOLDER), "--config", str(config)]) == OK
    assert main([*arguments, "--json"]) == NO
    faults = json.loads(capsys.readouterr().out.partition("\n")[2])["faults"]
    assert {fault["code"] for fault in faults} == {"csv.column_missing"}
    assert all("manque" in fault["text"] for fault in faults)
    path.write_text("id;name;price;category;tax\n1;;y;Pains;food\n2;Pain;y;Pains;food\n", encoding="utf-8")
    assert main(arguments) == NO
    assert plain(capsys.readouterr().out) == (
        f"{path}:2: Le nom manque.\n{path}:3: price : Prix illisible : « y ».\nRien n’est enregistré : 2 erreurs.\n"
    )
    path.write_text("id;name;price;category;tax\n1;Pain;2.50;Pains;food\n", encoding="utf-8")
    assert main([*arguments, "--dry-run"]) == OK
    assert plain(capsys.readouterr().out).endswith(" : un article en ordre, rien n’est enregistré (essai).\n")


def test_a_shop_that_is_wrong_is_said_with_file_and_line(config, tmp_path, capsys):
    folder = tmp_path / "shop"
    shutil.copytree(FOLDER, folder)
    lines = (folder / "products.csv").read_text(encoding="utf-8").splitlines()
    (folder / "products.csv").write_text(
        "\n".join([*lines[:2], lines[2].replace(";food;", ";gold;")]), encoding="utf-8"
    )
    assert main(["shop", "import", str(folder), "--config", str(config)]) == CANNOT
    assert "products.csv, ligne 3 : Valeur « gold » inconnue." in plain(capsys.readouterr().err)
    shop = (folder / "shop.toml").read_text(encoding="utf-8")
    (folder / "shop.toml").write_text(shop.replace('currency = "CHF"', "currency = 12"), encoding="utf-8")
    assert main(["shop", "import", str(folder), "--config", str(config)]) == CANNOT
    line = shop.splitlines().index('currency = "CHF"') + 1
    assert f"shop.toml, ligne {line} : currency = 12 n’est pas permis." in plain(capsys.readouterr().err)


def test_settings_that_cannot_be_read(tmp_path, capsys):
    assert main(["status", "--config", str(tmp_path / "none.toml")]) == CANNOT
    assert "config.unreadable" in capsys.readouterr().err


def test_status_of_a_till_that_does_not_run(config, capsys):
    assert main(["status", "--config", str(config), "--json"]) == NO
    assert said(capsys)["ok"] is False
    assert main(["status", "--config", str(config)]) == NO
    assert "n’est pas en marche" in capsys.readouterr().out


def test_status_import_and_verify_while_the_till_runs(config, capsys):
    config.write_text(f'data_dir = "data"\nshop = {json.dumps(str(FOLDER))}\nhot_plug = false\n', encoding="utf-8")
    command_line = [sys.executable, "-m", "appliance.daemon", "--config", str(config)]
    with subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        try:
            assert daemon.stdout is not None
            assert daemon.stdout.readline() == "ready\n"
            assert main(["status", "--config", str(config), "--json"]) == OK
            status = said(capsys)
            assert (status["screen"], status["session"], status["seller"]) == ("lock", None, None)
            assert main(["status", "--config", str(config)]) == OK
            page = capsys.readouterr().out
            assert "Écran                Verrouillé" in page
            assert "Imprimante           Non réglé" in page
            assert main(["verify", str(config.parent / "data/till.db"), "--json"]) == OK
            assert said(capsys)["entries"] >= 1
            assert main(["shop", "import", str(FOLDER), "--config", str(config)]) == CANNOT
            assert "daemon.twice" in capsys.readouterr().err
            assert main(["codes", "import", str(FOLDER / "codes.toml"), "--config", str(config)]) == CANNOT
            assert "Arrêtez-la d’abord" in capsys.readouterr().err
            assert main(["play", str(DAY), "--data", str(config.parent / "data")]) == CANNOT
            assert "daemon.twice" in capsys.readouterr().err
        finally:
            daemon.terminate()
        assert daemon.wait(10) == 0


# --- the protocol's page --------------------------------------------------------------------------------------------


def test_the_protocol_page_is_that_of_the_messages(capsys):
    page = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
    assert page == describe(protocol_sources()), "run scripts/protocol"
    assert main(["protocol"]) == OK
    assert capsys.readouterr().out == page
    assert main(["protocol", "--json"]) == OK
    assert {part["name"] for part in said(capsys)} == {"message", "command", "view"}


def test_the_protocol_page_leaves_nothing_out():
    described = {
        row.name: [field.name for field in row.fields] for page in messages(protocol_sources()) for row in page.messages
    }
    for module in (message, command, view):
        for name, struct in vars(module).items():
            fields = getattr(struct, "__struct_fields__", None)
            if fields is not None and struct.__module__ == module.__name__:
                assert list(fields) == described.get(name, []), name


# --- codes ----------------------------------------------------------------------------------------------------------


def test_s11_codes_test_says_which_rule_won(capsys):
    assert main(["codes", "test", "2112345012346", "--json"]) == OK
    tested = said(capsys)
    assert (tested["rule"], tested["quantity_milli"], tested["amount_minor"]) == ("Balance fromage, poids", 1234, 2962)
    assert main(["codes", "test", "2112345012346"]) == OK
    page = capsys.readouterr().out
    assert "Article Gruyère AOP à la coupe" in page and "1.234 kg" in page and "29.62" in page


def test_a_technician_reads_no_code_that_has_a_word():
    asked = re.findall(r'_note\(steps, "(\w+)"', inspect.getsource(meaning))
    for table, names in (
        ("screen", get_args(view.Screen)), ("code_kind", get_args(meaning.Kind)), ("step", asked),
        ("status", get_args(view.DeviceWord)), ("light", ("ok", "off", "warn", "error")),
    ):  # fmt: skip
        assert names
        assert [name for name in names if not has_sentence(f"technician.{table}.{name}")] == []


def test_a_refused_code_says_why_in_a_sentence(capsys):
    assert main(["codes", "test", "]C1010761080707234117200101<GS>10A"]) == NO
    page = capsys.readouterr().out
    assert "Refusé" in page
    assert "Pas vendu" in page
    assert "scan." not in page


@pytest.mark.parametrize(
    ("arguments", "kind", "status"),
    [
        (["2900000000018"], "badge", OK),
        (["TBtill-1-000001"], "receipt", OK),
        (["]C1010761080707234117200101<GS>10A"], "refused", NO),
        (["010761080707234117200101", "--symbology", "d2"], "refused", NO),
        (["7612345678900"], "unknown", NO),
        ([""], "refused", NO),
    ],
)
def test_codes_test_knows_every_kind(capsys, arguments, kind, status):
    assert main(["codes", "test", *arguments, "--json"]) == status
    assert said(capsys)["kind"] == kind
    assert main(["codes", "test", *arguments]) == status
    assert t(f"technician.code_kind.{kind}") in capsys.readouterr().out


def test_what_a_code_carries_is_shown_and_not_obeyed(capsys):
    assert main(["codes", "test", "\x1b]0;x\x07\x1b[2J"]) == NO
    assert "\x1b" not in capsys.readouterr().out
    assert main(["codes", "test", "2112345012347"]) == NO
    assert "incorrecte\u00a0:" in capsys.readouterr().out


@pytest.mark.parametrize("source", ["/dev/zero", "huge"])
def test_a_table_without_end_is_not_read(tmp_path, config, capsys, source):
    huge = tmp_path / "huge"
    huge.write_bytes(b"#" * 1_000_001)
    path = str(huge) if source == "huge" else source
    assert main(["codes", "import", path, "--config", str(config)]) == CANNOT
    assert "1000000" in capsys.readouterr().err


def test_codes_of_a_till_are_listed_and_replaced(tmp_path, config, capsys):
    assert main(["shop", "import", str(FOLDER), "--config", str(config)]) == OK
    capsys.readouterr()
    assert main(["codes", "list", "--config", str(config), "--json"]) == OK
    assert [rule["kind"] for rule in said(capsys)] == ["weight", "price", "count"]
    table = tmp_path / "codes.toml"
    table.write_text('preset = "DE"\n', encoding="utf-8")
    assert main(["codes", "import", str(table), "--config", str(config), "--dry-run", "--json"]) == OK
    assert said(capsys) == {"ok": True, "rules": 6, "written": False, "faults": []}
    assert main(["codes", "import", str(table), "--config", str(config)]) == OK
    capsys.readouterr()
    assert main(["codes", "list", "--config", str(config)]) == OK
    assert capsys.readouterr().out.startswith("22....C{NNNDD}    price    DE 22, Preis")
    assert main(["codes", "test", "2112345012346", "--config", str(config)]) == NO
    table.write_text('preset = "XX"\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["codes", "import", str(table), "--config", str(config)]) == NO
    assert plain(capsys.readouterr().out) == (
        f'{table}:1: preset = "XX" n’est pas permis. Permis : "", "CH", "DE", "FR"\n'
        "Rien n’est enregistré : une erreur.\n"
    )
    table.write_text('[[rules]]\nname = "one"\npattern = "21.....{NNDDD}"\nkind = "weight"\n', encoding="utf-8")
    assert main(["codes", "import", str(table), "--config", str(config)]) == OK
    assert capsys.readouterr().out == "Une règle enregistrée.\n"


def table_of(folder, *rules):
    """A codes.toml, four lines a rule."""
    path = folder / "codes.toml"
    lines = [f'[[rules]]\nname = "{name}"\npattern = "{pattern}"\nkind = "{kind}"\n' for name, pattern, kind in rules]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("pattern", "kind", "why"),
    [
        ("21.....{NNDD}", "weight", "a 11 chiffres : une étiquette 02, 04 ou 20 à 29 en a 12"),
        ("76.....{NNDDD}", "weight", "Un code du magasin commence par 02, 04 ou 20 à 29"),
        ("............", "article", "Un code du magasin commence par 02, 04 ou 20 à 29"),
        ("......", "article", "prendrait tous les codes de 6 chiffres"),
        ("7......", "article", "commence par 0 ou 2"),
        ("21............", "article", "codes de cartons, qui ont 14 chiffres"),
        ("21.....", "price", "une règle price a une valeur, comme {NNDDD}"),
        ("21.....{NNDDD}", "article", "n’a pas de valeur entre accolades"),
        ("24.....{NNDDD}", "count", "écrivez {NNNNN}"),
        ("21.....{NNDDD", "weight", "permis sont les chiffres, le point"),
        ("21.....{NNDDD}", "mass", 'kind = "mass" n’est pas permis. Permis : "article", "count", "price", "weight"'),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_its_line_and_what_is_allowed(
    tmp_path, config, capsys, pattern, kind, why
):
    table = table_of(tmp_path, ("good", "22.....{NNNDD}", "price"), ("bad", pattern, kind))
    assert main(["codes", "import", str(table), "--config", str(config)]) == NO
    told = plain(capsys.readouterr().out).splitlines()
    assert told[0].startswith(f"{table}:{8 if kind == 'mass' else 7}: ")
    assert why in told[0]
    assert told[1:] == ["Rien n’est enregistré : une erreur."]


def test_every_rule_that_is_wrong_is_told_and_the_table_stays(tmp_path, config, capsys):
    assert main(["shop", "import", str(FOLDER), "--config", str(config)]) == OK
    good = ("good", "21.....{NNDDD}", "weight")
    table = table_of(tmp_path, good, ("never", "2112...{NNDDD}", "weight"), good, ("six", "......", "article"))
    capsys.readouterr()
    assert main(["codes", "import", str(table), "--config", str(config), "--json"]) == NO
    faults = said(capsys)["faults"]
    assert [(fault["line"], fault["code"]) for fault in faults] == [
        (7, "code_rule.never"), (11, "code_rule.never"), (15, "code_rule.takes_all")
    ]  # fmt: skip
    assert (
        plain(faults[0]["text"]) == "la règle « never » ne servirait jamais : « good », plus haut, prend tous ses codes"
    )
    table.write_text("[[rules]\n", encoding="utf-8")
    assert main(["codes", "import", str(table), "--config", str(config)]) == CANNOT
    assert "codes.toml, ligne 1 : « [[rules] » ne se lit pas" in plain(capsys.readouterr().err)
    assert main(["codes", "list", "--config", str(config), "--json"]) == OK
    assert [rule["kind"] for rule in said(capsys)] == ["weight", "price", "count"]


# --- the command itself ---------------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy():
    code = """
import sys
from appliance.cli import main
try:
    main(["--help"])
except SystemExit as end:
    assert not end.code
heavy = {"msgspec", "rich", "aiosqlite", "asyncio", "babel", "kivy"} & set(sys.modules)
assert not heavy, heavy
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "play" in ended.stdout


@pytest.mark.parametrize("argv", [[], ["frob"], ["play"], ["status"], ["journal", "x", "--from", "y"]])
def test_wrong_arguments_end_with_2(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == CANNOT
    assert "usage: tillbox" in capsys.readouterr().err
