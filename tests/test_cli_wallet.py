"""`tillbox wallet`: what it proves, what it lists and what it puts right; its exit status says yes or no."""

import csv
import io
import json
from itertools import islice

import msgspec
import pytest

from appliance.cli import CANNOT, NO, OK, main
from appliance.daemon.alone import alone
from appliance.demo.shop import FOLDER
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.customer import CustomerCode
from appliance.store import journal as store
from appliance.store.database import connect, migrate
from appliance.store.shop_files import import_shop, read_shop_files
from tests.store.test_movements import a_year, keep
from tests.support.core import ROCHAT, Core
from tests.support.customers import save, town_of

AT = "2026-11-21T07:42:00.000Z"


@pytest.fixture
def till(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "till.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    conn = connect(tmp_path / "data" / "till.db")
    migrate(conn)
    keep(conn, a_year().facts)
    import_shop(conn, read_shop_files(FOLDER))
    conn.close()
    return tmp_path


@pytest.fixture
def ask(till, capsys):
    def asked(*arguments):
        status = main(["wallet", *map(str, arguments), "--config", str(till / "till.toml")])
        return status, capsys.readouterr()

    return asked


def damage(till, *statements):
    conn = connect(till / "data" / "till.db")
    for statement in statements:
        conn.execute(statement)
    conn.close()


def answer(said):
    return json.loads(said.out)


def test_sound_books_are_said_in_one_line(ask):
    status, said = ask("verify")
    assert status == OK
    assert said.out == (
        "27 écritures, 10 mouvements, 2 cagnottes\u00a0: tout se suit. Encours 24.60, dont 0.00 offerts.\n"
    )
    status, said = ask("verify", "--json")
    assert answer(said) == {
        "ok": True, "entries": 27, "movements": 10, "wallets": 2, "paid_minor": 2460, "gifted_minor": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "code", "seq"),
    [
        (["DROP TRIGGER journal_is_append_only_update", "UPDATE journal SET at = '2020' WHERE seq = 9"], "chain", 9),
        (["UPDATE wallet_entry SET paid_after_minor = paid_after_minor + 1 WHERE seq = 8"], "row_differs", 8),
        (["DELETE FROM wallet_entry WHERE kind = 'purchase'"], "row_missing", 13),
        (["UPDATE wallet_entry SET wallet = 'c-somebodyelse' WHERE kind = 'credit'"], "row_missing", 4),
        (["INSERT INTO snapshot VALUES (9, x'00')"], "snapshot", 9),
    ],
)
def test_the_first_bad_entry_is_named_with_a_sentence_of_its_own(ask, till, statements, code, seq):
    conn = connect(till / "data" / "till.db")
    seqs = {row[0]: row[1] for row in conn.execute("SELECT kind, MIN(seq) FROM wallet_entry GROUP BY kind")}
    conn.close()
    seq = {"row_missing": seqs["purchase"] if "purchase" in statements[0] else seqs["credit"],
           "row_differs": seqs["credit"]}.get(code, seq)  # fmt: skip
    damage(till, *(statement.replace("seq = 8", f"seq = {seqs['credit']}") for statement in statements))
    status, said = ask("verify", "--json")
    assert (status, answer(said)["code"], answer(said)["broken_at"]) == (NO, f"wallet.{code}", seq)
    status, said = ask("verify")
    assert status == NO and str(seq) in said.out and said.out.count("\n") == 1


def test_rebuilt_the_table_and_the_snapshot_are_the_journals(ask, till):
    conn = connect(till / "data" / "till.db")
    state = store.load_state(conn)
    state.wallets[ROCHAT].blocked = "by hand"
    store.save_snapshot(conn, 27, store.encode_state(state))
    conn.close()
    damage(till, "UPDATE wallet_entry SET reason = 'x' WHERE kind = 'refund'", "DELETE FROM wallet_entry WHERE seq < 9")
    assert ask("verify")[0] == NO
    status, said = ask("rebuild", "--json")
    assert (status, answer(said)["rows"], answer(said)["snapshot_dropped"]) == (OK, 10, True)
    assert ask("verify")[0] == OK
    status, said = ask("rebuild", "--json")
    assert (answer(said)["changed"], answer(said)["snapshot_dropped"]) == (0, False)


def test_a_statement_sums_to_its_balance(ask, till):
    status, said = ask("statement", ROCHAT)
    lines = said.out.splitlines()
    assert (status, len(lines)) == (OK, 8)
    assert lines[0] == "2026-11-21 08:42\tCrédit\t55.00\t5.00\t55.00\tEspèces\t"
    assert lines[-1] == "7 mouvements, solde 24.60, dont 0.00 offerts."
    _, said = ask("statement", ROCHAT, "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out), delimiter=";"))
    assert (rows[0]["at"], rows[0]["kind"], rows[-1]["balance"]) == ("2026-11-21T08:42:00", "credit", "24.60")
    assert sum(round(float(row["amount"]) * 100) for row in rows) == 2460
    _, said = ask("statement", ROCHAT, "--json")
    assert answer(said)["balance_minor"] == answer(said)["sum_minor"] == 2460
    assert answer(said)["movements"][0]["balance_minor"] == 5500
    damage(till, "UPDATE wallet_entry SET paid_minor = 1 WHERE kind = 'credit'")
    status, said = ask("statement", ROCHAT)
    assert status == NO and "tillbox wallet verify" in said.err


def test_a_statement_of_nobody_is_refused(ask):
    status, said = ask("statement", "c-nobodynobody", "--json")
    assert (status, answer(said)["code"]) == (NO, "customer.unknown")


def test_what_is_owed_adds_up_on_any_day(ask):
    status, said = ask("liability", "--at", "2026-11-21", "--json")
    told = answer(said)
    assert (status, told["ok"], told["from"], told["wallets"]) == (OK, True, "2026-11-21", 1)
    assert told["opening"]["paid_minor"] == 0 and told["closing"]["paid_minor"] == 2460
    assert told["credits"] == {"count": 1, "paid_minor": 5000, "gifted_minor": 500}
    _, said = ask("liability", "--at", "2026-11-20", "--json")
    assert answer(said)["closing"]["paid_minor"] == 0
    _, said = ask("liability", "--at", "2026-12-31", "--from", "2026-11-22", "--json")
    told = answer(said)
    assert told["opening"]["paid_minor"] == told["closing"]["paid_minor"] == 2460 and not told["credits"]["count"]
    status, said = ask("liability", "--at", "2026-11-20", "--from", "2026-11-21")
    assert status == NO and "2026-11-21" in said.err
    assert ask("liability", "--at", "yesterday")[0] == NO
    assert ask("liability")[0] == OK


def test_what_a_clock_that_was_ahead_booked_is_owed_now(ask, till):
    damage(till, "UPDATE wallet_entry SET at = '2996-01-01T00:00:00.000Z' WHERE kind = 'purchase'")
    _, said = ask("liability", "--from", "2026-11-20", "--json")
    told = answer(said)
    assert (told["closing"]["paid_minor"], told["ahead"]) == (2460, 2)
    assert "2996-01-01" in said.err
    _, said = ask("liability", "--at", "2026-11-21", "--json")
    assert "ne les contient pas" in said.err


def test_an_adjustment_is_one_more_entry(ask, till):
    conn = connect(till / "data" / "till.db")
    customer = save(conn, next(iter(town_of(1))), "2026-11-21T07:42:00.000Z")
    conn.close()
    known = customer if isinstance(customer, str) else customer.id
    order = ("adjust", known, "5.00", "--reason", "Geste commercial", "--by", "nadia")
    status, said = ask(*order, "--json")
    assert (status, answer(said)["balance_minor"]) == (OK, 500)
    assert ask("adjust", known, "-1.50", "--reason", "Erreur", "--by", "nadia")[0] == OK
    status, said = ask("adjust", known, "-9.00", "--reason", "Erreur", "--by", "nadia", "--json")
    assert (status, answer(said)["code"]) == (NO, "wallet.insufficient")
    assert ask("adjust", known, "five", "--reason", "x", "--by", "nadia")[0] == NO
    status, said = ask("adjust", known, "1.00", "--reason", "x", "--by", "somebody", "--json")
    assert (status, answer(said)["code"]) == (NO, "technician.wallet.no_seller")
    status, said = ask("adjust", known, "1.00", "--reason", " ", "--by", "nadia", "--json")
    assert (status, answer(said)["code"]) == (NO, "wallet.reason")
    _, said = ask("statement", known, "--json")
    told = answer(said)
    assert [(row["kind"], row["gifted_minor"], row["seller"], row["reason"]) for row in told["movements"]] == [
        ("adjustment", 500, "nadia", "Geste commercial"), ("adjustment", -150, "nadia", "Erreur")
    ]  # fmt: skip
    assert ask("verify")[0] == OK
    _, said = ask("list", "--json")
    assert {row["wallet"]: row["gifted_minor"] for row in answer(said)["wallets"]}[known] == 350


def test_a_blocked_wallet_is_listed_so(ask, till):
    conn = connect(till / "data" / "till.db")
    core = Core()
    core.state = store.load_state(conn)
    core.facts = []
    core.do(i.BlockWallet(ROCHAT, "perdue"))
    head = store.read_head(conn, "e")
    from appliance.domain.journal import chain

    store.append(conn, chain(core.facts, seq=head.seq, prev_hash=head.hash, epoch="e", at=head.at, actor="camille"))
    conn.close()
    status, said = ask("list")
    lines = said.out.splitlines()
    assert status == OK and len(lines) == 3
    assert lines[0].split("\t") == [ROCHAT, "", "24.60", "0.00", "24.60", "2026-11-21 08:42", "bloquée\u00a0: perdue"]


def test_nothing_is_written_beside_a_running_till(ask, till):
    with alone(till / "data"):
        assert ask("rebuild")[0] == CANNOT
        assert ask("verify")[0] == OK


def test_without_a_database_nothing_can_be_said(tmp_path, capsys):
    (tmp_path / "till.toml").write_text('data_dir = "data"\n', encoding="utf-8")
    assert main(["wallet", "verify", "--config", str(tmp_path / "till.toml")]) == CANNOT
    assert "store.missing" in capsys.readouterr().err


def test_a_card_that_was_moved_by_hand_is_told_by_its_entry(ask, till):
    conn = connect(till / "data" / "till.db")
    anne, claire = (save(conn, made, AT) for made in islice(town_of(2), 2))
    anne = save(conn, msgspec.structs.replace(anne, codes=(CustomerCode("2100 7777"),)), AT)
    head = store.read_head(conn, "e")
    linked = j.CardLinked(anne.id, "7777")
    store.append(conn, j.chain([linked], seq=head.seq, prev_hash=head.hash, epoch="e", at=head.at, actor=""))
    conn.close()
    assert ask("verify")[0] == OK
    moved = f"UPDATE customer_code SET customer = (SELECT number FROM customer WHERE id = '{claire.id}')"
    damage(till, f"{moved} WHERE key LIKE '%7777'")
    status, said = ask("verify", "--json")
    told = answer(said)
    assert (status, told["code"], told["broken_at"]) == (NO, "wallet.card", head.seq + 1)
    assert (told["wallet"], told["other"]) == (anne.id, claire.id)
