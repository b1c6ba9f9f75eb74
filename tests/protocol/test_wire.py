"""Topics, messages and batches: what a till wrote is what head office reads, byte for byte, also years later.

Way: one golden file of every kind and version is read by today's code and written again; runs of real journal entries
go through a batch and come back as the same rows.
"""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.journal import GENESIS, AnyFact, Entry, SellerLocked, SellerSignedIn, TicketNamed, chain
from appliance.domain.wallet import Holding, Purse, Rights
from appliance.protocol import wire
from appliance.protocol.describe import describe_wire
from appliance.protocol.wire import KINDS, BrokenBatch, Topics, cut, office_reads, pack, till_of, unpack

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
AT = "2026-03-02T07:15:00.000Z"
HELD = Holding(Rights(granted_minor=5_000, topped_up_minor=2_000, spent_minor=1_500), Purse(5_500))

SAMPLES: dict[str, wire.Message] = {
    "Ack": wire.Ack("e1", 42, AT, "ab" * 32, config=7, lease_s=604_800),
    "Gap": wire.Gap("e1", 40, AT),
    "Refused": wire.Refused("e1", "fork", 41, AT),
    "SetAside": wire.SetAside("e1", 41, "impossible", "TicketClosed"),
    "Need": wire.Need("q1", "e1", "c-abc", 6_000, HELD, 41),
    "Grant": wire.Grant("e1", "c-abc", 6_000, 500, 100, "q1", 8_000, 1_000, "caisse-3", AT),
    "Deny": wire.Deny("q1", "e1", "c-abc", "wallet.blocked", 8_000, 8_000, "caisse-3", AT),
    "Recall": wire.Recall("e1", "c-abc", 1_000, "r1"),
    "Fence": wire.Fence("e1", "replaced", AT),
    "Closing": wire.Closing("e1", 99, {"c-abc": HELD}, 1, 2),
    "FeedAsk": wire.FeedAsk("q2", "product", 120, 500),
    "FeedPage": wire.FeedPage(
        "q2", "product", 120, 122, 130,
        (wire.FeedRow(121, "4711", msgspec.Raw(b'{"label":"Pain"}'), valid_from=AT), wire.FeedRow(122, "9", gone=True)),
    ),
    "FeedMoved": wire.FeedMoved({"config": 9}),
    "TillState": wire.TillState(
        12, True, "e1", "b1", AT, "0.5", 42, 40, 2, {"product": 122}, 7, 8, "rolled_back", "crashed", 900, -12, 18,
        {"printer": "ready"}, {"disk.slow": 2}, AT,
    ),
    "OfficeState": wire.OfficeState(3, True, AT, {"product": 130}, "ho"),
    "ConfigDocument": wire.ConfigDocument("caisse-1", 7, msgspec.Raw(b'{"a":1}'), AT, AT, ("printer",)),
    "ConfigOffer": wire.ConfigOffer(7, b"\x00\x01sealed"),
    "Command": wire.Command("k1", "resync", AT, {"table": "product"}),
    "CommandDone": wire.CommandDone("k1", False, "expired", "Trop tard"),
    "LogPart": wire.LogPart("k1", 1, 3, b"\x78\x9c"),
    "TimeAsk": wire.TimeAsk("q3", AT),
    "TimeTold": wire.TimeTold("q3", AT),
    "Renew": wire.Renew("q4", "-----BEGIN CERTIFICATE REQUEST-----", "00" * 32),
    "Renewed": wire.Renewed("q4", "-----BEGIN CERTIFICATE-----"),
    "KeyChange": wire.KeyChange("config", "11" * 32, "0123456789abcdef"),
    "Enrol": wire.Enrol("7KQ2", "-----BEGIN CERTIFICATE REQUEST-----", "22" * 32, "e1", 4_100, "0.5", "CHF"),
    "Enrolled": wire.Enrolled(
        "fournil", "caisse-1", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----", ("mqtt.example:8883",),
        ("33" * 32,), ("44" * 32, "55" * 32), 3, {"till": "Caisse 1"},
    ),
    "EnrolDenied": wire.EnrolDenied("claim.wrong", 4),
    "Busy": wire.Busy("q5", "later"),
}  # fmt: skip


def journal(*names):
    """A chain of small facts."""
    entries: list[Entry] = []
    for name in names:
        seq, prev = (entries[-1].seq, entries[-1].hash) if entries else (0, GENESIS)
        facts: list[AnyFact] = [SellerSignedIn(seller="camille", name=name), SellerLocked(seller="camille")]
        entries += chain(facts, seq=seq, prev_hash=prev, epoch="e1", at=AT, actor="camille", origin=f"o-{len(entries)}")
    return entries


BATCH = SAMPLES["Batch"] = pack(journal("Camille", "Zoé \u00ab\u00a0ü\u00a0\u00bb")[1:])


def read(kind, content):
    return msgspec.json.decode(content, type=KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_its_golden_file_and_writes_it_again(kind):
    golden = (GOLDEN / f"{kind}.1.json").read_bytes().strip()
    assert read(kind, golden) == SAMPLES[kind]
    assert msgspec.json.encode(SAMPLES[kind]) == golden


def test_a_golden_file_is_there_for_every_kind_and_version_and_no_other():
    there = {path.name for path in GOLDEN.glob("*.json")}
    assert there == {f"{name}.{v}.json" for name, kind in KINDS.items() for v in range(1, kind.v + 1)}


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_a_later_writer_are_passed_over(kind):
    golden = json.loads((GOLDEN / f"{kind}.1.json").read_bytes())
    later = json.dumps({**golden, "invented_later": [1, {"a": None}]}, ensure_ascii=False, separators=(",", ":"))
    assert read(kind, later.encode()) == SAMPLES[kind]


def test_a_batch_carries_the_stored_bytes_and_its_chain():
    entries = journal("Camille", "Zoé \u00ab\u00a0ü\u00a0\u00bb", 'a"b\\c\n')
    batch = read("Batch", msgspec.json.encode(pack(entries[2:])))
    assert (batch.first, batch.upto) == (3, 6)
    assert unpack(batch) == entries[2:]


@pytest.mark.parametrize("changed", [
    {"first": 2}, {"prev": "00" * 32}, {"last": "00" * 32}, {"epoch": "e2"},
])  # fmt: skip
def test_a_batch_that_says_otherwise_does_not_unpack(changed):
    batch = pack(journal("Camille", "Zoé")[2:])
    with pytest.raises(BrokenBatch):
        unpack(msgspec.structs.replace(batch, **changed))


@pytest.mark.parametrize("field", ["kind", "at", "actor", "origin"])
def test_an_entry_that_was_changed_does_not_unpack(field):
    batch = pack(journal("Camille"))
    other = msgspec.structs.replace(batch.entries[0], **{field: "x"})
    with pytest.raises(BrokenBatch):
        unpack(msgspec.structs.replace(batch, entries=(other, *batch.entries[1:])))


def test_a_column_cannot_be_moved_over_its_separator():
    """`actor` "a" and `origin` "b" must not be read as `actor` "a␟b"."""
    batch = pack(journal("Camille"))
    other = msgspec.structs.replace(batch.entries[0], kind="SellerSignedIn\x1f" + AT, at="camille")
    with pytest.raises(BrokenBatch, match="separator"):
        unpack(msgspec.structs.replace(batch, entries=(other, *batch.entries[1:])))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40), st.integers(1, 7), st.integers(50, 900))
def test_runs_are_in_order_within_bounds_and_lose_nothing(sizes, most, most_bytes):
    facts: list[AnyFact] = [TicketNamed(ticket=1, name="x" * size) for size in sizes]
    entries = chain(facts, seq=0, prev_hash=GENESIS, epoch="e1", at=AT, actor="")
    runs = list(cut(entries, most, most_bytes))
    assert [entry for run in runs for entry in run] == entries
    assert all(len(run) <= most for run in runs)
    assert all(len(run) == 1 or sum(len(entry.body) for entry in run) <= most_bytes for run in runs)


def test_topics_name_their_till():
    topics = Topics("fournil", "caisse-1", 3)
    assert topics.up == "fournil/p/3/t/caisse-1/up"
    for topic in (topics.up, topics.ack, topics.rpc, topics.res, topics.down, topics.state):
        assert till_of(topic) == "caisse-1"
    for topic in ("", "fournil", "fournil/ho/state", "fournil/p/3/t/caisse-1", "fournil/t/caisse-1", "a/t/b/c/d"):
        assert till_of(topic) == ""


def test_a_worker_reads_its_partitions_and_every_question():
    assert office_reads("f") == ("f/p/+/t/+/up", "f/t/+/rpc", "f/t/+/state")
    assert office_reads("f", (1, 4))[:2] == ("f/p/1/t/+/up", "f/p/4/t/+/up")


@pytest.mark.parametrize("name", ["a/b", "+", "#", "A", "a b", "", "-a", "a-", "a\n", "%u", "é", "a" * 49])
def test_names_that_topics_and_access_rules_cannot_carry_are_refused(name):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, wire.Id)


def test_the_page_of_the_messages_is_that_of_the_code():
    source = (ROOT / "appliance/protocol/wire.py").read_text(encoding="utf-8")
    page = (ROOT / "docs/wire-messages.md").read_text(encoding="utf-8")
    assert page == describe_wire(source), "run scripts/protocol"
    assert not [kind for kind in KINDS if f"#### {kind}\n" not in page]
