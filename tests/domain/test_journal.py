"""Facts as they are written: one way only, chained, and read back as they were."""

import re
from itertools import pairwise
from typing import Any, get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import journal as j
from appliance.domain.closing import RateTotal, Totals
from appliance.domain.state import _APPLY
from appliance.domain.ticket import Line

texts = st.text(max_size=20)
sums = st.integers(-(10**8), 10**8)
lines = st.builds(Line, st.integers(1, 500), texts, sums, st.sampled_from([0, 260]), comment=texts, code=texts)
facts = st.one_of(
    st.builds(j.LineAdded, st.integers(1, 10**6), lines),
    st.builds(j.QuantityChanged, st.integers(1, 9), st.integers(1, 9), sums),
    st.builds(j.TicketNamed, st.integers(1, 9), texts),
    st.builds(j.ModeChanged, st.integers(1, 9), texts, st.dictionaries(st.integers(1, 500), st.integers(0, 9999))),
    st.builds(j.SplitStarted, st.integers(1, 9), st.dictionaries(st.integers(1, 500), sums)),
)


@given(st.lists(facts, min_size=1, max_size=8))
def test_a_fact_comes_back_as_it_was_and_equal_facts_have_equal_bytes(written):
    entries = j.chain(
        written, seq=0, prev_hash=j.GENESIS, epoch="e", at="2026-11-21T07:42:00.000Z", actor="a", origin="o"
    )
    assert [entry.fact for entry in entries] == written
    assert [j.canonical(fact) for fact in written] == [entry.body for entry in entries]
    assert [entry.origin for entry in entries] == [""] * (len(written) - 1) + ["o"]
    assert all(b.prev_hash == a.hash for a, b in pairwise(entries))
    assert all(re.match(rb'\{.*"kind":"%s"' % entry.kind.encode(), entry.body) for entry in entries)


def test_a_table_keyed_by_numbers_is_written_in_one_order():
    one = j.ModeChanged(1, "m", {2: 260, 10: 810})
    other = j.ModeChanged(1, "m", {10: 810, 2: 260})
    assert j.canonical(one) == j.canonical(other)
    assert msgspec.json.decode(j.canonical(one), type=j.ModeChanged) == one


def test_totals_in_a_report_are_read_back_with_their_numbers():
    read = j.XRead(1, 1, Totals(rates={260: RateTotal(100, 3)}, turnover_minor=100), 20_000)
    assert msgspec.json.decode(j.canonical(read), type=j.XRead) == read


def test_every_kind_of_fact_is_applied_by_a_rule_of_its_own_and_tagged_by_its_name():
    kinds = set(get_args(j.AnyFact))
    assert set(_APPLY) == kinds
    assert {kind.__name__ for kind in kinds} == {kind.__struct_config__.tag for kind in kinds}
    assert set(j.DURABLE) <= kinds


@given(st.sampled_from(["seq", "epoch", "kind", "at", "actor", "origin", "body", "prev"]))
def test_the_hash_covers_every_column(column):
    parts: dict[str, Any] = {
        "prev": bytes(32), "seq": 7, "epoch": "e", "kind": "K", "at": "t", "actor": "a", "origin": "o", "body": b"{}"
    }  # fmt: skip
    other = {**parts, column: {"seq": 8, "body": b"{ }", "prev": b"\x01" * 32}.get(column, "z")}
    assert j.entry_hash(*parts.values()) != j.entry_hash(*other.values())
