"""Money that a card terminal moves: the rules alone, in any order that answers, people and late news may come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.catalog import TenderMode
from appliance.domain.errors import Refusal
from appliance.domain.state import TillState, apply
from appliance.domain.terminal import can_reopen
from appliance.domain.till import Moment, Outcome, step

NOW = Moment("2026-11-21T07:42:00.000Z", "2026-11-21T08:42:00", "camille")
CARD = TenderMode("card", "Carte", "credit-card", "card", 2)
CASH = TenderMode("cash", "Espèces", "money", "cash", 1, rounding_minor=5, overpayment="change", opens_drawer=True)


class Core:
    """A state and the facts that made it."""

    def __init__(self) -> None:
        self.state = TillState()
        self.facts: list[j.AnyFact] = []
        self.do(i.CreateRegister("till-1", "CHF", "CH", "0"))
        self.do(i.SignIn("camille", "Camille"))
        self.do(i.OpenSession("2026-11-21", 20_000, 20_000))

    def do(self, intent: i.Intent) -> Outcome:
        outcome = step(self.state, intent, NOW)
        for fact in outcome.facts:
            apply(self.state, fact, NOW.at, NOW.actor)
            self.facts.append(fact)
        return outcome

    def rings(self, price_minor: int = 2106) -> None:
        self.do(i.OpenTicket("take-away"))
        self.do(i.AddGoods(None, "Divers", 1000, price_minor, "food", 260))

    def rebuilt(self) -> TillState:
        """The state again, from the facts as they are written."""
        state = TillState()
        for entry in j.chain(self.facts, seq=0, prev_hash=j.GENESIS, epoch="e", at=NOW.at, actor=NOW.actor):
            apply(state, entry.fact, NOW.at, NOW.actor)
        return state


@pytest.fixture
def core() -> Core:
    return Core()


def test_a_request_moves_nothing_and_asks_the_terminal_once(core):
    core.rings()
    outcome = core.do(i.RequestCard("r1", CARD))
    assert [type(fact) for fact in outcome.facts] == [j.CardRequested]
    assert [type(effect) for effect in outcome.effects] == [e.Authorize]
    assert core.state.card is not None
    assert core.state.ticket is not None
    assert not core.state.ticket.tenders
    assert {j.CardRequested, j.CardUnknown, j.CardAnswered, j.CardVerified, j.CardDoubtEnded} <= j.DURABLE


def test_while_it_is_open_nothing_else_is_taken(core):
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    for intent in (i.Tend(CASH), i.RequestCard("r2", CARD), i.HoldTicket(), i.PutAside(), i.VoidTicket("x"),
                   i.OpenTicket("take-away"), i.RemoveLine(1), i.CorrectPayment(), i.OpenDrawer("change")):  # fmt: skip
        with pytest.raises(Refusal, match=r"card\.in_progress"):
            core.do(intent)
    core.do(i.LoseCard("r1", "no_answer"))
    with pytest.raises(Refusal, match=r"card\.to_check"):
        core.do(i.Tend(CASH))
    with pytest.raises(Refusal, match=r"closing\.card_open") as refused:
        core.do(i.CloseDay(0, {}, 0))
    assert refused.value.params == {"number": 1, "amount_minor": 2106}


def test_the_same_answer_twice_and_one_to_another_request_change_nothing(core):
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    assert not core.do(i.AnswerCard("other", "accepted")).facts
    core.do(i.AnswerCard("r1", "accepted", reference="poi-1"))
    assert core.state.last_closed is not None
    assert core.state.last_closed.tenders[0].reference == "poi-1"
    assert not core.do(i.AnswerCard("r1", "accepted")).facts
    assert not core.do(i.LoseCard("r1", "no_answer")).facts


def test_a_person_is_only_asked_when_the_answer_is_lost(core):
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    with pytest.raises(Refusal, match=r"card\.in_progress"):
        core.do(i.AnswerCard("r1", "accepted", by="person"))


def test_only_a_tender_of_the_terminal_goes_back_through_it(core):
    core.rings()
    core.do(i.Tend(CARD, by_hand=True))
    closed = core.state.last_closed
    assert closed is not None
    assert closed.tenders[0].by_hand
    with pytest.raises(Refusal, match=r"tender\.gone"):
        core.do(i.RequestRefund("r1", 1, closed.document))


def test_a_doubt_counts_as_unsure_until_the_terminal_agrees(core):
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "accepted", by="person"))
    totals = core.state.session.totals
    assert (totals.unsure.count, totals.unsure.amount_minor) == (1, 2106)
    core.do(i.AnswerCard("r1", "accepted"))
    assert (totals.unsure.count, totals.unsure.amount_minor) == (0, 0)
    assert not core.state.doubts


def test_a_contradiction_that_nobody_put_right_stands_in_the_z(core):
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "refused", by="person"))
    core.do(i.Tend(CASH))
    core.do(i.AnswerCard("r1", "accepted"))
    closed = core.do(i.CloseDay(22_105, {}, 20_000)).facts[-1]
    assert isinstance(closed, j.SessionClosed)
    assert closed.totals.unsure.count == 1
    assert not core.state.doubts


def test_a_doubt_of_yesterday_that_turns_out_wrong_is_counted_today(core):
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    core.do(i.LoseCard("r1", "no_answer"))
    core.do(i.AnswerCard("r1", "refused", by="person"))
    core.do(i.Tend(CASH))
    core.do(i.CloseDay(22_105, {}, 20_000))
    core.do(i.AnswerCard("r1", "accepted"))
    core.do(i.SignIn("camille", "Camille"))
    core.do(i.OpenSession("2026-11-22", 20_000, 20_000))
    assert core.state.session.totals.unsure.count == 1
    assert not can_reopen(core.state, core.state.doubts["r1"])
    core.do(i.ReturnDebit("r2", "r1"))
    core.do(i.AnswerCard("r2", "accepted"))
    assert core.state.session.totals.unsure.count == 0


def called_refused(core, request="r1"):
    core.do(i.RequestCard(request, CARD))
    core.do(i.LoseCard(request, "no_answer"))
    core.do(i.AnswerCard(request, "refused", by="person"))


def test_a_contradiction_lives_through_the_z_as_long_as_its_note_waits(core):
    core.rings()
    called_refused(core)
    core.do(i.AnswerCard("r1", "accepted"))
    core.do(i.HoldTicket())
    core.do(i.CloseDay(20_000, {}, 20_000))
    core.do(i.SignIn("camille", "Camille"))
    core.do(i.OpenSession("2026-11-22", 20_000, 20_000))
    assert core.state.session.totals.unsure.count == 1
    core.do(i.RecallTicket(1))
    for intent in (i.RequestCard("r2", CARD), i.Tend(CARD), i.Tend(CARD, by_hand=True)):
        with pytest.raises(Refusal, match=r"card\.says_accepted"):
            core.do(intent)
    core.do(i.ReopenCard("r1"))
    assert core.state.last_closed.tenders[0].request == "r1"
    assert core.state.session.totals.unsure.count == 0
    assert core.rebuilt() == core.state


def test_a_refund_that_was_called_done_stands_before_the_next_debit(core):
    """The card was not given its money back: to debit it again would be the second time."""
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    core.do(i.AnswerCard("r1", "accepted"))
    core.do(i.RequestRefund("r2", 1, core.state.last_closed.document))
    core.do(i.LoseCard("r2", "no_answer"))
    core.do(i.AnswerCard("r2", "accepted", by="person"))
    core.do(i.AnswerCard("r2", "refused"))
    assert core.state.ticket.corrects
    with pytest.raises(Refusal, match=r"card\.says_accepted"):
        core.do(i.RequestCard("r3", CARD))
    core.do(i.ReturnDebit("r4", "r2"))
    core.do(i.AnswerCard("r4", "accepted"))
    core.do(i.RequestCard("r5", CARD))
    assert core.rebuilt() == core.state


def test_two_refunds_told_wrongly_are_right_together(core):
    """The first was called refused and came through, the second, never sent, was called accepted."""
    core.rings()
    core.do(i.RequestCard("r1", CARD))
    core.do(i.AnswerCard("r1", "accepted"))
    for request in ("r2", "r3"):
        core.do(i.RequestRefund(request, 1, 1))
        core.do(i.LoseCard(request, "restart"))
        core.do(i.AnswerCard(request, "refused" if request == "r2" else "accepted", by="person"))
    core.do(i.AnswerCard("r2", "accepted"))
    assert not can_reopen(core.state, core.state.doubts["r2"])
    core.do(i.AnswerCard("r3", "not_started"))
    assert can_reopen(core.state, core.state.doubts["r2"])
    core.do(i.ReopenCard("r3"))
    assert not core.state.doubts
    assert core.state.session.totals.unsure.count == 0
    assert core.state.session.totals.tickets == 0


NAMES = (
    "ring", "ring", "card", "card", "part", "accept", "accept", "refuse", "lose", "lose", "yes", "no", "late yes",
    "late no", "cash", "refund", "refund", "take back", "reopen", "return", "close",
)  # fmt: skip
ACTS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 5)), min_size=5, max_size=60)


@given(ACTS)
def test_in_any_order_the_books_follow_the_terminal_and_the_facts_rebuild_the_state(acts):
    """Whatever people do: money that the terminal moved stands in the books, or is marked as in question."""
    core = Core()
    moved: dict[str, int] = {}
    asked: list[str] = []
    for number, (name, which) in enumerate(acts):
        try:
            _act(core, name, which, f"r{number}", moved, asked)
        except Refusal:
            continue
    state = core.state
    for request, doubt in list(state.doubts.items()):
        core.do(i.AnswerCard(request, "accepted" if moved.get(request) else "refused"))
        assert request not in state.doubts or doubt.says != ""
    assert state.session is not None
    open_ = sum(row.amount_minor for ticket in state.tickets.values() for row in ticket.tenders if row.request)
    sealed = sum(row.amount_minor for row in state.session.totals.tenders.values() if row.kind == "card")
    contested = 0
    for request, doubt in state.doubts.items():
        sign = 1 if doubt.request.kind == "debit" else -1
        contested += sign * doubt.request.amount_minor * (1 if moved.get(request) else -1)
    pending = moved.get(state.card.request.id, 0) if state.card is not None else 0
    assert open_ + sealed + contested + pending == sum(moved.values())
    assert core.rebuilt() == state


def _act(core, name, which, request, moved, asked):
    state = core.state
    card = state.card
    ticket = state.ticket
    match name:
        case "ring":
            core.rings(1000 + 100 * which)
        case "card" | "part":
            core.do(i.RequestCard(request, CARD, 300 if name == "part" else None))
            asked.append(request)
        case "cash":
            core.do(i.Tend(CASH))
        case "close":
            core.do(i.CloseTicket())
        case "accept" | "refuse" if card is not None:
            _terminal(core, card.request, name == "accept", moved)
        case "lose" if card is not None:
            core.do(i.LoseCard(card.request.id, "no_answer"))
            if which % 2:
                _moves(card.request, moved)
        case "yes" | "no" if card is not None:
            core.do(i.AnswerCard(card.request.id, "accepted" if name == "yes" else "refused", by="person"))
        case "late yes" | "late no" if asked:
            late = asked[which % len(asked)]
            core.do(i.AnswerCard(late, "accepted" if moved.get(late) else "refused"))
        case "refund" if state.last_closed is not None:
            rows = [row for row in state.last_closed.tenders if row.request and row.request not in state.doubts]
            if rows:
                core.do(i.RequestRefund(request, rows[0].id, state.last_closed.document))
                asked.append(request)
        case "take back" if ticket is not None:
            rows = [row for row in ticket.tenders if row.request and row.request not in state.doubts]
            if rows:
                core.do(i.RequestRefund(request, rows[0].id))
                asked.append(request)
        case "reopen" | "return" if state.doubts:
            doubt = list(state.doubts)[which % len(state.doubts)]
            if name == "reopen":
                core.do(i.ReopenCard(doubt))
            else:
                core.do(i.ReturnDebit(request, doubt))
                asked.append(request)


def _terminal(core, request, accepts, moved):
    """The terminal's own word is what it did: one that has moved money says so."""
    if accepts:
        _moves(request, moved)
    core.do(i.AnswerCard(request.id, "accepted" if moved.get(request.id) else "refused"))


def _moves(request, moved):
    moved[request.id] = request.amount_minor * (-1 if request.kind == "refund" else 1)
