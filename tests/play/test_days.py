"""The shop days of tests/data/days and of docs/day.md, each played to its end, and what they came to."""

import json
import re
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from appliance.play.acts import NOTATION
from appliance.play.player import play_day
from appliance.play.totals import DayTotals
from appliance.store.database import connect_reader
from tests.support.auditor import Auditor

ROOT = Path(__file__).parents[2]
DAYS = sorted((ROOT / "tests/data/days").glob("*.day"))
PAGE = (ROOT / "docs/day.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```day\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def check_sums(totals: DayTotals) -> None:
    """What holds on every day: the journal is whole, and every breakdown sums to the turnover."""
    assert totals.journal.verified and totals.journal.rebuilt
    assert [refused for refused in totals.refused if not refused.is_expected] == []
    turnover = totals.turnover_minor
    assert sum(rate.gross_minor for rate in totals.rates.values()) == turnover
    assert sum(row.amount_minor for row in totals.sellers.values()) == turnover
    assert sum(row.amount_minor for row in totals.modes.values()) == turnover
    assert sum(session.turnover_minor for session in totals.sessions) == turnover == totals.perpetual_minor
    for session in totals.sessions:
        drawer = session.drawer
        assert drawer.expected_minor == drawer.float_minor + drawer.cash_sales_minor + drawer.wallet_cash_minor
    moved = totals.wallets
    owed = moved.credited.amount_minor + moved.gifted.amount_minor + moved.adjusted.amount_minor
    owed -= moved.cancelled.amount_minor + moved.refunded.amount_minor + moved.spent.amount_minor
    assert totals.liability_minor == moved.movement_minor == owed - moved.taken_back_minor


@pytest.mark.parametrize("path", DAYS, ids=lambda path: path.stem)
def test_a_shop_day_plays_to_its_end(path):
    check_sums(play_day(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.splitlines()[-1])
def test_every_example_of_the_page_is_true(text):
    check_sums(play_day(text))


def test_the_page_names_every_form():
    cells = " ".join(line for line in PAGE.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`([^`]+)`", cells))
    assert {form.pattern for form in NOTATION.forms} <= named
    assert len(EXAMPLES) >= 6 and len(DAYS) >= 8


def test_the_figures_on_the_page_are_those_of_its_first_example():
    figures = re.search(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert figures is not None
    shown = json.loads(figures[1])
    real = json.loads(msgspec.json.encode(play_day(EXAMPLES[0])))
    assert shown.keys() == real.keys()
    for key in shown.keys() - {"sessions"}:
        assert real[key] == shown[key], key


def test_two_services_are_two_sessions_of_one_day():
    totals = play_day((ROOT / "tests/data/days/two-services.day").read_text(encoding="utf-8"))
    sessions = [(row.session, row.service, row.business_date, row.is_closed) for row in totals.sessions]
    assert sessions == [(1, 1, "2025-11-21", True), (2, 2, "2025-11-21", True), (3, 1, "2025-11-22", True)]
    assert [row.drawer.difference_minor for row in totals.sessions] == [-5, 0, 0]
    assert [row.drawer.float_minor for row in totals.sessions] == [20000, 20000, 16000]


def test_kept_till_goes_on_the_next_day(tmp_path):
    first = "day 2025-11-21\n08:00 sign in nadia 4321\nopen float 200.00\ntouch Café\ncash\ncount 204.20\nclose day\n"
    play_day(first, data_dir=tmp_path)
    totals = play_day(
        "day 2025-11-22\n08:00 sign in nadia 4321\nopen\ntouch Café\ncard\nexpect perpetual 8.40\n", data_dir=tmp_path
    )
    assert (totals.session, totals.turnover_minor, totals.perpetual_minor) == (2, 420, 840)
    assert [row.session for row in totals.sessions] == [2]


def test_the_clock_set_back_leaves_the_order_of_the_journal(tmp_path):
    totals = play_day(
        "day 2025-11-21\n08:00 sign in nadia 4321\nopen float 200.00\nset clock 07:30\ntouch Café\ncash\n"
        "07:45 touch Café\ncash\n"
    )
    assert totals.tickets == 2
    assert totals.journal.verified


WALLET_DAYS = sorted((ROOT / "tests/data/days").glob("*cagnotte*.day"))


@pytest.mark.parametrize("path", WALLET_DAYS, ids=lambda path: path.stem)
def test_wallets_of_a_day_are_right_to_the_cent(path, tmp_path):
    totals = play_day(path.read_text(encoding="utf-8"), data_dir=tmp_path)
    auditor = audited(tmp_path)
    assert sum(account.balance for account in auditor.wallets.accounts.values()) == totals.liability_minor
    assert len(auditor.sessions) == len(totals.sessions)


def audited(folder: Path) -> Auditor:
    """The journal of a played till, read and added up by the auditor."""
    auditor = Auditor()
    with closing(connect_reader(folder / "till.db")) as conn:
        for kind, body in conn.execute("SELECT kind, body FROM journal ORDER BY seq"):
            auditor.read(kind, json.loads(body))
    return auditor
