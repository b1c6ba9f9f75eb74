"""What proves the wallets: sums on random ledgers at random moments, and every bit that somebody may turn."""

import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.domain import journal as j
from appliance.domain import state
from appliance.domain.wallet import Purse
from appliance.store import journal as store
from appliance.store import movements as book
from appliance.store import wallet_proof as proof
from appliance.store.database import Connection, DatabaseError, connect, migrate
from appliance.store.wallet_proof import WalletFault
from tests.store.test_movements import a_year, keep
from tests.support.auditor import Auditor
from tests.support.core import LEFEVRE, ROCHAT
from tests.support.customers import left_on
from tests.support.wallet_world import PEOPLE, World

WHEN = datetime(2026, 11, 21, 7, 42, tzinfo=UTC)
TEXTS = ("wallet", "at", "kind", "till", "seller", "modes", "other", "reason")
NUMBERS = tuple(name for name in book.WalletEntry.__struct_fields__ if name not in TEXTS)
MONEY = ["credit", "sell", "sell", "cancel", "adjust", "correct", "sell_for_change", "transfer", "refund", "unblock"]


# --- random ledgers -------------------------------------------------------------------------------------------------


def a_ledger(conn: Connection, chance: random.Random, moves: int) -> list[tuple[str, str, dict[str, Any]]]:
    """A random life of some wallets, kept; (at, kind, fact) of each entry."""
    world = World()
    names = sorted(world.plays) + MONEY * 4
    head, told, taken = store.read_head(conn, "e"), [], 0
    for step in range(moves):
        world.play(chance.choice(names), chance.randrange(1 << 16), chance.randrange(1 << 16), chance.randrange(4))
        facts = [j.Entry(0, "", kind, "", "", "", body, b"", b"").fact for kind, body in world.bodies[taken:]]
        taken = len(world.bodies)
        at = stamp(step)
        entries = j.chain(facts, seq=head.seq, prev_hash=head.hash, epoch="e", at=at, actor="camille")
        if entries:
            store.append(conn, entries)
            head = store.Head("e", entries[-1].seq, entries[-1].hash, at)
        told += [(at, entry.kind, json.loads(entry.body)) for entry in entries]
    return told


def stamp(step: int) -> str:
    return (WHEN + timedelta(hours=7 * step)).isoformat("T", "milliseconds")[:-6] + "Z"


def owed(told: list[tuple[str, str, dict[str, Any]]], until: str) -> Purse:
    """What all wallets hold, read fact by fact by the auditor."""
    auditor = Auditor()
    for at, kind, fact in told:
        if at <= until:
            auditor.read(kind, dict(fact))
    accounts = auditor.wallets.accounts.values()
    return Purse(sum(account.paid for account in accounts), sum(account.given for account in accounts))


def moved(told: list[tuple[str, str, dict[str, Any]]], after: str, until: str) -> Counter[str]:
    """What came and went in a time, by what the facts are called."""
    sums: Counter[str] = Counter()
    for at, kind, fact in told:
        if not after < at <= until:
            continue
        if kind in ("TicketClosed", "SettlementReversed"):
            sale: dict[str, Any] = fact if kind == "TicketClosed" else fact["of"]
            sums[kind] += sum(row["amount_minor"] for row in sale["tenders"] if row["kind"] == "wallet")
        elif kind in ("WalletCredited", "WalletCreditCancelled", "WalletRefunded", "WalletAdjusted"):
            name = "change" if fact.get("change_of") else kind
            sums[name] += sum(fact["part"].get(part, 0) for part in ("paid_minor", "gifted_minor"))
    return sums


KINDS = {
    "WalletCredited": ("credit", 1), "change": ("change", 1), "WalletCreditCancelled": ("credit_cancelled", -1),
    "WalletRefunded": ("refund", -1), "WalletAdjusted": ("adjustment", 1), "TicketClosed": ("purchase", -1),
    "SettlementReversed": ("given_back", 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def empty() -> Iterator[Connection]:
    template = connect(Path(":memory:"))
    migrate(template)
    yield template
    template.close()


def test_on_any_ledger_at_any_moment_statement_and_liability_are_the_replay(empty, pytestconfig):
    """W-13 and W-29. Way: random ledgers; each report against the auditor, who reads the facts up to that moment."""
    ledgers = 10_000 if pytestconfig.getoption("--full") else 60
    chance = random.Random(29)
    rows = 0
    for _ in range(ledgers):
        conn = connect(Path(":memory:"))
        empty.backup(conn)
        steps = chance.randrange(1, 90)
        told = a_ledger(conn, chance, steps)
        after, until = sorted((stamp(chance.randrange(-1, steps + 1)), stamp(chance.randrange(-1, steps + 1))))
        found = proof.liability(conn, after, until)
        assert (found.opening, found.closing) == (owed(told, after), owed(told, until))
        assert found.adds_up
        sums = moved(told, after, until)
        for name, (kind, sign) in KINDS.items():
            assert found.moved.get(kind, Purse()).total_minor == sign * sums[name], name
        out, into = (found.moved.get(f"transfer_{way}", Purse()) for way in ("out", "in"))
        assert out + into == Purse()
        for name in PEOPLE:
            lines = list(book.statement(conn, name))
            rows += len(lines)
            assert sum((line.part for line in lines), Purse()) == left_on(conn, name)
        assert sum((row.after for row in proof.balances(conn)), Purse()) == owed(told, "9")
        assert (proof.verify(conn).entries, proof.rebuild(conn)[1]) == (len(told), 0)
        conn.close()
    sys.stdout.write(f"{ledgers} ledgers, {rows} movements\n")
    assert rows > ledgers


# --- turned bits ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small life of two wallets, with a snapshot in its middle, all in one file."""
    path = tmp_path_factory.mktemp("sound") / "till.db"
    conn = connect(path)
    migrate(conn)
    keep(conn, a_year().facts)
    store.save_snapshot(conn, 20, store.encode_state(store.rebuild_state(conn, 20)))
    conn.execute("DROP TRIGGER journal_is_append_only_update")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    return path


@pytest.fixture
def conn(sound: Path, tmp_path: Path) -> Iterator[Connection]:
    shutil.copy(sound, tmp_path / "till.db")
    connection = connect(tmp_path / "till.db")
    yield connection
    connection.close()


def fault(conn: Connection) -> WalletFault:
    with pytest.raises(WalletFault) as found:
        proof.verify(conn)
    return found.value


def turned(value: Any, bit: int) -> Any:
    if isinstance(value, int):
        return value ^ (1 << bit % 31)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    if not raw:
        raw = bytearray(b" ")
    else:
        raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    return bytes(raw)


def undone(conn: Connection, statement: str, values: tuple[Any, ...]) -> WalletFault:
    """The fault that one change makes, which is taken back."""
    conn.execute("BEGIN")
    try:
        conn.execute(statement, values)
        return fault(conn)
    finally:
        conn.execute("ROLLBACK")


@pytest.mark.parametrize("column", book.WalletEntry.__struct_fields__)
def test_a_bit_of_a_movement_is_found_at_its_entry(conn, column):
    chance = random.Random(column)
    new = "CAST(? AS TEXT)" if column in TEXTS else "?"
    for wallet in (ROCHAT, LEFEVRE):
        for row in list(book.statement(conn, wallet)):
            value = turned(getattr(row, column), chance.randrange(400))
            change = f"UPDATE wallet_entry SET {column} = {new} WHERE wallet = ? AND seq = ?"
            found = undone(conn, change, (value, row.wallet, row.seq))
            first = min(row.seq, value) if column == "seq" else row.seq
            assert found.code.startswith("row_") and found.seq == first, (row, value)
    assert proof.verify(conn).movements == 10


@pytest.mark.parametrize("column", ["seq", "epoch", "kind", "at", "actor", "origin", "body", "prev_hash", "hash"])
def test_a_bit_of_the_journal_is_found_at_its_entry(conn, column):
    chance = random.Random(column)
    for entry in list(store.read_entries(conn)):
        value = turned(getattr(entry, column), chance.randrange(8 * 256))
        new = "CAST(? AS TEXT)" if column in ("epoch", "kind", "at", "actor", "origin") else "?"
        if column == "seq":
            value = entry.seq + 1000
        found = undone(conn, f"UPDATE journal SET {column} = {new} WHERE seq = ?", (value, entry.seq))
        assert found.code == "chain"
        assert found.seq == (entry.seq if column != "seq" else entry.seq + (1 if entry.seq < 27 else 1000))


def test_a_bit_of_the_snapshot_is_found_unless_it_means_nothing(conn):
    seq, state = conn.execute("SELECT seq, state FROM snapshot").fetchone()
    assert undone(conn, "UPDATE snapshot SET seq = ?", (seq ^ 1,)).code == "snapshot"
    assert undone(conn, "UPDATE snapshot SET seq = ?", (seq + 1000,)).code == "snapshot"
    meant, kept = store.decode_state(state), 0
    tried = range(0, 8 * len(state), 13)
    for bit in tried:
        value = turned(state, bit)
        try:
            means_nothing = store.decode_state(value) == meant
        except msgspec.DecodeError:
            means_nothing = False
        if means_nothing:
            kept += 1
            continue
        found = undone(conn, "UPDATE snapshot SET state = ?", (value,))
        assert (found.code, found.seq) == ("snapshot", seq)
    assert kept < len(tried) // 6, "only names of fields that hold nothing"


def forge(conn: Connection) -> int:
    """One centime more on a credit, under a chain that holds again; the entry."""
    facts = [entry.fact for entry in store.read_entries(conn)]
    place = next(n for n, fact in enumerate(facts) if isinstance(fact, j.WalletCredited))
    credited = facts[place]
    assert isinstance(credited, j.WalletCredited)
    facts[place] = msgspec.structs.replace(credited, part=credited.part + Purse(0, 1))
    conn.execute("DROP TRIGGER journal_is_append_only_delete")
    for table in ("journal", "wallet_entry", "snapshot"):
        conn.execute(f"DELETE FROM {table}")
    keep(conn, facts)
    return place + 1


def test_a_forged_chain_is_found_by_what_it_says_of_the_wallet(conn):
    """Who can write the file can also make a new chain: the images of entries still say what was before."""
    place = forge(conn)
    found = fault(conn)
    assert (found.code, found.seq, found.params) == ("image", place, {"kind": "WalletCredited"})


def test_movements_are_added_up_also_without_the_rules_of_the_state(conn, monkeypatch):
    """Way: the state's own comparison is switched off."""
    place = forge(conn)
    monkeypatch.setattr(state, "_same", lambda is_same: None)
    found = fault(conn)
    assert (found.code, found.seq, found.params) == ("balance", place, {"wallet": ROCHAT})


def test_a_bit_of_the_file_is_found_or_changes_nothing(sound, tmp_path, pytestconfig):
    """Way: the file itself, one bit at a time; what verify lets pass reads as it was."""
    whole, path = sound.read_bytes(), tmp_path / "till.db"
    chance = random.Random(4)
    found: Counter[str] = Counter()

    def content(conn: Connection) -> list[Any]:
        tables = ("journal", "wallet_entry", "snapshot")
        return [conn.execute(f"SELECT * FROM {name} ORDER BY seq").fetchall() for name in tables]

    conn = connect(sound)
    meant = content(conn)
    conn.close()
    for _ in range(5_000 if pytestconfig.getoption("--full") else 250):
        bit = chance.randrange(8 * len(whole))
        raw = bytearray(whole)
        raw[bit // 8] ^= 1 << bit % 8
        path.write_bytes(raw)
        Path(f"{path}-wal").unlink(missing_ok=True)
        Path(f"{path}-shm").unlink(missing_ok=True)
        try:
            conn = connect(path)
        except DatabaseError:
            found["no database any more"] += 1
            continue
        try:
            proof.verify(conn)
            assert content(conn) == meant or store.load_state(conn) == store.rebuild_state(conn), f"bit {bit}"
            found["nothing changed"] += 1
        except (WalletFault, *DatabaseError) as error:
            found[error.code if isinstance(error, WalletFault) else "unreadable"] += 1
        finally:
            conn.close()
    sys.stdout.write(f"{dict(found)}\n")
    assert found["chain"] and found["nothing changed"]
