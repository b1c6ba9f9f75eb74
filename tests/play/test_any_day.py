"""Days that nobody would write: any acts in any order keep the journal whole and every sum right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.play.notation import DayFault
from appliance.play.player import play_day
from appliance.play.totals import DayTotals

OPENED = "day 2025-11-21\n08:00 sign in nadia 4321\nopen float 200.00\n"
GOODS = [
    "scan 7610807072341",
    "scan 7610807072341 x 3",
    "scan 0000000000000",
    'touch "Croissant au beurre" x 2',
    "touch Café",
    'touch "Baguette tradition"',
    "free 3.33 food Divers",
    "free 7.77 standard Divers",
    "free 2.05 exempt Divers",
    "ticket eat-in",
    "ticket",
]
CHANGES = [
    "quantity last 7",
    "price last 1.95",
    "discount last 33%",
    "discount last 0.35",
    "discount last none",
    "discount ticket 10%",
    "discount ticket 1.11",
    "discount ticket none",
    "offer last goodwill",
    "charge last",
    "remove last",
    "undo",
    "mode eat-in",
    "mode take-away",
    "hold",
    "recall 1",
    "recall 2",
    "void typing-error",
    "home",
    "back",
]
MONEY = [
    "cash",
    "cash 20.00",
    "cash 100.00",
    "card",
    "pay cash 2.00",
    "pay twint 1.07",
    "pay gift-voucher 50.00",
    "pay card",
    "pay cheque 3.00",
    "take back",
    "close",
    "correct",
    "split",
    "move last",
    "move 1 x 2",
    "move back last",
    "next part",
    "part 2",
    "divide 3",
    "receipt",
    "no receipt",
    "drawer change",
    "x",
    "wait 7s",
    "lock",
    "badge 2900000000025",
    "badge 2900000000018",
    "manager 4321",
    "fault kill",
    "fault kill now",
    "again",
    "count 200.00",
    "reason other",
    "leave 100.00",
    "close day",
    "open",
]
ACTS = st.lists(st.one_of(st.sampled_from(GOODS), st.sampled_from(CHANGES), st.sampled_from(MONEY)), max_size=40)


def play_what_can_be_played(acts: list[str]) -> DayTotals:
    """An act that means nothing here (a line that is not there) is left out."""
    acts = list(acts)
    while True:
        try:
            return play_day(OPENED + "\n".join(acts))
        except DayFault as fault:
            assert fault.code in ("day.no_line", "day.no_note", "day.no_reason", "day.number"), fault
            del acts[fault.line - 4]


@settings(max_examples=25)
@given(ACTS)
def test_any_day_leaves_a_whole_journal_and_right_sums(acts):
    totals = play_what_can_be_played(acts)
    assert totals.journal.verified
    assert totals.journal.rebuilt
    for session in totals.sessions:
        turnover = session.turnover_minor
        assert sum(rate.gross_minor for rate in session.rates.values()) == turnover
        assert sum(row.amount_minor for row in session.sellers.values()) == turnover
        assert sum(row.amount_minor for row in session.modes.values()) == turnover
        drawer = session.drawer
        assert drawer.expected_minor == drawer.float_minor + drawer.cash_sales_minor
    assert totals.perpetual_minor == sum(session.turnover_minor for session in totals.sessions)
