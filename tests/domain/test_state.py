"""`apply` is the only code that changes the state, and it leaves the facts as they were written."""

import ast
from pathlib import Path
from typing import Any

import msgspec

import appliance
from appliance.domain import journal as j
from appliance.domain.closing import Totals
from appliance.domain.state import Session, TillState, apply
from appliance.domain.ticket import Line, Ticket
from appliance.protocol import command as c
from tests.support.till import a_till

AT = "2026-11-21T07:42:00.000Z"
ROOT = Path(appliance.__file__).parent


def test_only_the_journals_users_apply_facts():
    """The ledger as it decides, the store as it reads back and proves, and the import of customers into a till at
    rest: nobody else changes the state."""
    users = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "appliance.domain.state":
                users |= {str(path.relative_to(ROOT)) for alias in node.names if alias.name == "apply"}
    assert users == {"service/ledger.py", "store/journal.py", "store/wallet_proof.py", "cli_customers.py"}


def test_a_fact_that_carries_a_ticket_is_not_changed_by_what_happens_to_it_later():
    state = TillState(session=Session(1, 1, "2026-11-21", AT, "Camille", Totals()))
    restored = j.TicketRestored(Ticket(7, "take-away", AT, "camille", lines=[Line(1, "x", 100, 260)]))
    written = j.canonical(restored)
    apply(state, restored, AT, "camille")
    apply(state, j.LineAdded(7, Line(2, "y", 100, 260)), AT, "camille")
    apply(state, j.LineRemoved(7, 1, -1000, -100), AT, "camille")
    assert j.canonical(restored) == written
    assert [line.id for line in state.tickets[7].lines] == [2]


def test_a_report_holds_the_totals_of_its_moment(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 coffee | card")
            await till.scan("2900000000025")
            await till.do(c.ReadX())
            shown: Any = till.till.desk.report
            before = j.canonical(shown)
            await till.sells("5 coffee | card")
            assert j.canonical(shown) == before

    run(day())


def test_the_state_is_the_same_after_it_was_kept_and_read_back(run, tmp_path):
    async def day():
        async with a_till(tmp_path) as till:
            await till.sells("1 coffee, 3 candles | card 2.00, cash")
            await till.do(c.NewTicket())
            await till.adds("2 croissant")
            await till.do(c.DiscountTicket(rate_bp=500), c.AddTender("card", 100))
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(till.state), type=TillState) == till.state

    run(day())


def test_papers_declined_in_old_entries_are_the_newest_ones():
    """Entries from before the fact said which paper; of a document that the session does not know, nothing is made
    up."""
    state = TillState()
    for copy in (0, 1):
        apply(state, j.CopyIssued(1, copy, copy + 1), AT, "camille")
    apply(state, j.ReceiptDeclined(1), AT, "camille")
    apply(state, j.ReceiptDeclined(2), AT, "camille")
    assert state.copies == {1: 1}


def test_copies_of_an_x_and_a_z_are_none_of_the_ticket_with_their_number():
    state = TillState()
    apply(state, j.SessionOpened(1, 1, "2026-11-21", 0, 0), AT, "camille")
    for fact in (j.CopyIssued(1, 0, 1, paper="x"), j.CopyIssued(1, 1, 2, paper="x"), j.CopyIssued(1, 1, 3, paper="z")):
        apply(state, fact, AT, "camille")
    assert (state.copies, state.last_copies, state.next_copy) == ({}, 0, 4)
    assert (state.papers_of_report("x", 1), state.papers_of_report("z", 1)) == (2, 2)
    assert state.session is not None and state.session.totals.copies == 2
    apply(state, j.SessionOpened(2, 1, "2026-11-22", 0, 0), AT, "camille")
    assert state.report_copies == {}
