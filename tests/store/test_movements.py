"""The table of the wallets' movements: written with the journal, found again by pages, made anew from the journal."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.wallet import Purse
from appliance.store import database
from appliance.store import journal as store
from appliance.store import movements as book
from appliance.store import wallet_proof as proof
from appliance.store.database import Connection, connect, migrate
from tests.support.core import CASH, FREE, LEFEVRE, NOW, ROCHAT, Core


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    connection = connect(tmp_path / "till.db")
    migrate(connection)
    yield connection
    connection.close()


def keep(conn: Connection, facts: list[j.AnyFact], each: int = 1) -> list[j.Entry]:
    entries = j.chain(facts, seq=0, prev_hash=j.GENESIS, epoch="e", at=NOW.at, actor=NOW.actor)
    store.read_head(conn, "e")
    for n in range(0, len(entries), each):
        store.append(conn, entries[n : n + each])
    return entries


def test_a_customers_sales_are_found_by_index_whatever_came_since(conn: Connection) -> None:
    core = Core()
    core.credits(5000)
    for _ in range(3):
        core.sells(500, "cash", 500)
    core.do(i.CorrectPayment())
    core.pays("wallet")
    last = core.state.last_closed
    for _ in range(50):
        core.sells(300, "cash", 300, LEFEVRE)
    keep(conn, core.facts)
    found = store.sales_of(conn, ROCHAT, 10)
    assert found[0][1] == last
    assert [fact.tenders[0].kind for _, fact in found] == ["wallet", "cash", "cash"]
    assert len(store.sales_of(conn, ROCHAT, 2)) == 2
    assert store.sales_of(conn, "c-nobodynobody", 10) == []
    plan = conn.execute(
        "EXPLAIN QUERY PLAN SELECT seq FROM journal WHERE kind IN ('TicketClosed', 'SettlementReversed')"
        f" AND {store._BUYER} = ? ORDER BY seq DESC",
        (ROCHAT,),
    ).fetchall()
    assert "sale_of_customer" in plan[0][-1]
    assert "TEMP B-TREE" not in str(plan)


def a_year() -> Core:
    """Every kind of movement once, and sales that move nothing."""
    core = Core()
    core.credits(5000, gifted=500)
    core.sells(1234, "cash", 2000)
    core.sells(2000, "wallet")
    core.do(i.CorrectPayment())
    core.pays("wallet")
    core.rings(1740)
    core.pays("cash", 2000)
    core.do(i.CreditChange(CASH, FREE))
    core.do(i.CancelCredit(ROCHAT, core.state.wallets[ROCHAT].credits[0].document, 1000, 5))
    core.do(i.AdjustWallet(LEFEVRE, 700, "Geste commercial", "nadia"))
    core.do(i.TransferWallet(ROCHAT, LEFEVRE, amount_minor=300))
    core.do(i.RefundBalance(LEFEVRE, CASH))
    core.sells(100, "cash", 100)
    return core


def rows(conn: Connection) -> list[book.WalletEntry]:
    return [row for name in (ROCHAT, LEFEVRE) for row in book.statement(conn, name)]


@pytest.mark.parametrize("each", [1, 3, 1000])
def test_every_movement_is_a_row_whose_balance_is_the_wallets(conn, each):
    core = a_year()
    keep(conn, core.facts, each)
    kinds = [row.kind for row in book.statement(conn, ROCHAT)]
    assert kinds == ["credit", "purchase", "given_back", "purchase", "change", "credit_cancelled", "transfer_out"]
    assert [row.kind for row in book.statement(conn, LEFEVRE)] == ["adjustment", "transfer_in", "refund"]
    for name in (ROCHAT, LEFEVRE):
        total = Purse()
        for row in book.statement(conn, name):
            total = total + row.part
            assert row.after == total
        assert total == core.state.holding(name).purse
    assert {row.till for row in rows(conn)} == {"till-1"}
    proven = proof.verify(conn)
    assert (proven.movements, proven.wallets, proven.entries) == (10, 2, len(core.facts))


def test_a_row_says_what_it_belongs_to(conn):
    core = a_year()
    keep(conn, core.facts)
    sold, back = list(book.statement(conn, ROCHAT))[1:3]
    assert (sold.amount_minor, sold.document, sold.ticket, sold.seller) == (-2000, 3, 2, "camille")
    assert (back.amount_minor, back.of_document, back.ticket, back.seller) == (2000, 3, 2, "camille")
    credit = next(book.statement(conn, ROCHAT))
    assert (credit.modes, credit.part, credit.balance_minor) == ("Espèces", Purse(5000, 500), 5500)
    out, into = book.movements(conn, ROCHAT, 1)[0], book.movements(conn, LEFEVRE)[1]
    assert (out.other, into.other, out.seq) == (LEFEVRE, ROCHAT, into.seq)
    assert next(book.statement(conn, LEFEVRE)).reason == "Geste commercial"


def test_pages_of_a_statement_are_the_whole_statement_from_its_end(conn):
    core = Core()
    for n in range(1, 8):
        core.credits(100 * n)
    keep(conn, core.facts)
    first = book.movements(conn, ROCHAT, 3)
    second = book.movements(conn, ROCHAT, 3, before=first[-1].seq)
    third = book.movements(conn, ROCHAT, 3, before=second[-1].seq)
    assert [row.amount_minor for row in first + second + third] == [700, 600, 500, 400, 300, 200, 100]
    assert book.movements(conn, "c-nobodynobody") == []


def test_only_entries_that_move_a_wallet_are_looked_at(conn):
    entries = keep(conn, a_year().facts)
    assert sum(book.moves(entry) for entry in entries) == 9  # the transfer is two rows
    odd = j.TicketVoided(1, '"wallet":{', 0, 0)
    assert not book.moves(j.chain([odd], seq=0, prev_hash=j.GENESIS, epoch="e", at=NOW.at, actor="")[0])


def test_a_movement_and_its_entry_are_kept_together_or_not_at_all(conn):
    entries = keep(conn, a_year().facts)
    conn.execute("CREATE TRIGGER broken BEFORE INSERT ON wallet_entry BEGIN SELECT RAISE(ABORT, 'broken'); END")
    credit = Core().credits(100)
    more = j.chain([credit], seq=len(entries), prev_hash=entries[-1].hash, epoch="e", at=NOW.at, actor="")
    with pytest.raises(Exception, match="broken"):
        store.append(conn, more)
    assert store.read_head(conn, "e").seq == len(entries)


def test_a_row_that_should_not_be_there_keeps_no_money_from_being_booked(conn):
    facts = a_year().facts
    entries = keep(conn, facts[:-1])
    conn.execute("UPDATE wallet_entry SET seq = ? WHERE kind = 'credit'", (len(facts) + 1,))
    core = Core()
    core.credits(100)
    last = [facts[-1], core.facts[-1]]
    store.append(conn, j.chain(last, seq=len(entries), prev_hash=entries[-1].hash, epoch="e", at=NOW.at, actor=""))
    assert book.movements(conn, ROCHAT, 1)[0].kind == "credit"


def test_rebuilt_it_is_the_same_and_says_what_was_wrong(conn):
    keep(conn, a_year().facts)
    before = rows(conn)
    assert proof.rebuild(conn) == (10, 0)
    conn.execute("UPDATE wallet_entry SET paid_minor = 1 WHERE kind = 'credit'")
    conn.execute("DELETE FROM wallet_entry WHERE kind = 'refund'")
    assert proof.rebuild(conn) == (10, 2)
    assert rows(conn) == before


def test_a_till_from_before_the_table_takes_its_movements_from_its_journal(tmp_path, monkeypatch):
    steps, shipped = tmp_path / "migrations", database.MIGRATIONS
    steps.mkdir()
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    for step in sorted(shipped.glob("*.sql"))[:6]:
        shutil.copy(step, steps)
    conn = connect(tmp_path / "till.db")
    migrate(conn)
    keep(conn, a_year().facts)
    before = rows(conn)
    conn.execute("DROP TABLE wallet_entry")
    conn.execute("PRAGMA user_version=5")
    migrate(conn)
    assert rows(conn) == before
    proof.verify(conn)
    conn.close()
