"""The escrow core: whatever a hostile network does with reports and grants, no wallet is ever overdrawn."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import astuple

from appliance.domain import wallet as w
from appliance.domain.errors import Refusal

AMOUNT = st.integers(1, 500)
TILLS = ("till-1", "till-2")


def test_a_till_alone_is_its_own_pool():
    rights = w.top_up(w.Rights(), 5000)
    rights = w.debit(rights, 3333)
    assert (rights.topped_up_minor, rights.spent_minor, rights.free_minor) == (5000, 3333, 1667)
    with pytest.raises(Refusal, match=r"wallet\.insufficient") as refused:
        w.debit(rights, 1668)
    assert refused.value.params == {"amount_minor": 1667}


def test_what_an_open_ticket_reserved_is_neither_spent_nor_given_back():
    rights = w.top_up(w.Rights(), 1000)
    with pytest.raises(Refusal):
        w.debit(rights, 300, reserved_minor=800)
    assert w.recall(rights, 1000, reserved_minor=800).returned_minor == 200


def test_a_till_that_comes_back_after_it_was_closed_with_what_was_known_is_netted_all_the_same():
    """The shortest story that goes wrong otherwise: 3.00 paid in there, given up, closed, and it comes back."""
    pool = w.answer_need(w.credit_pool(w.Pool(), 1000), "a", 600)
    till = w.top_up(w.debit(w.grant(w.Rights(), 600), 500), 300)
    pool = w.close_as_known(w.write_off(pool, "a"), "a")
    assert (pool.pool_minor, pool.suspense_minor, pool.loss_minor) == (1000, 0, 0)
    assert w.close_as_known(pool, "a") == pool
    pool = w.close_epoch(pool, "a", till)
    assert (pool.pool_minor, pool.suspense_minor, pool.loss_minor) == (800, 0, 0)
    assert w.close_epoch(pool, "a", till) == pool
    assert w.close_as_known(pool, "a") == pool


def test_only_what_was_given_up_is_closed_with_what_is_known():
    pool = w.credit_pool(w.Pool(), 1000)
    assert w.close_as_known(pool, "a") == pool


@pytest.mark.parametrize("move", [w.top_up, w.debit, w.claim])
@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_moves_by_nothing_or_backwards(move, amount):
    with pytest.raises(Refusal, match=r"tender\.amount"):
        move(w.Rights(topped_up_minor=100, float_minor=100), amount)


def test_a_claim_stays_within_the_float():
    rights = w.grant(w.Rights(), 0, 500)
    rights = w.claim(rights, 400)
    with pytest.raises(Refusal, match=r"wallet\.insufficient") as refused:
        w.claim(rights, 101)
    assert refused.value.params == {"amount_minor": 100}


def test_claims_are_covered_first_from_the_next_credit():
    pool = w.report(w.Pool(), "a", w.Rights(claims_minor=400, float_minor=500))
    assert (pool.pool_minor, pool.claims_minor) == (0, 400)
    pool = w.credit_pool(pool, 1000)
    assert (pool.pool_minor, pool.claims_minor, pool.covered_minor) == (600, 0, 400)


def test_a_written_off_till_that_comes_back_loses_at_most_what_was_written_off():
    pool = w.answer_need(w.credit_pool(w.Pool(), 1000), "a", 600)
    till = w.debit(w.grant(w.Rights(), 600), 500)
    pool = w.write_off(pool, "a")
    assert (pool.pool_minor, pool.suspense_minor) == (1000, 600)
    pool = w.answer_need(pool, "b", 1000)
    assert w.report(pool, "a", till) == pool, "a fenced epoch is no longer listened to"
    closing, new = w.fence(till)
    pool = w.close_epoch(pool, "a", closing)
    assert (pool.pool_minor, pool.loss_minor, pool.suspense_minor, new) == (0, 500, 0, w.Rights())
    assert w.close_epoch(pool, "a", closing) == pool


def test_what_is_asked_for_is_an_absolute_number():
    rights = w.grant(w.Rights(), 300)
    assert w.need(rights, 200) == 300
    assert w.need(rights, 450) == 450
    pool = w.answer_need(w.credit_pool(w.Pool(), 1000), "a", 450)
    assert w.answer_need(pool, "a", 450) == pool


@given(st.integers(0, 5000), st.integers(0, 5000), st.data(), st.sampled_from(["gifted", "paid"]))
def test_money_that_comes_back_in_parts_is_what_was_taken(paid, gifted, data, first):
    purse = w.Purse(paid, gifted)
    spent = purse.take(data.draw(st.integers(0, purse.total_minor)), first)
    left = purse - spent
    assert min(left.paid_minor, left.gifted_minor, spent.paid_minor, spent.gifted_minor) >= 0
    some = spent.give_back(data.draw(st.integers(0, spent.total_minor)), first)
    rest = spent - some
    assert min(some.paid_minor, some.gifted_minor, rest.paid_minor, rest.gifted_minor) >= 0
    assert left + some + rest == purse


def test_w17_half_of_a_sale_comes_back_in_reverse_order_of_use():
    spent = w.Purse(5000, 500).take(2000)
    assert spent == w.Purse(1500, 500)
    assert spent.give_back(1000) == w.Purse(1000, 0)
    assert spent.give_back(1800) == w.Purse(1500, 300)
    assert w.Purse(5000, 500).take(5200, "paid") == w.Purse(5000, 200)


def test_a_holding_never_gives_a_part_that_it_has_not():
    holding = w.Holding().plus(w.Purse(1000, 200))
    with pytest.raises(Refusal, match=r"wallet\.insufficient"):
        holding.minus(w.Purse(900, 201))
    assert holding.minus(w.Purse(1000, 200)).balance_minor == 0
    assert holding.plus(w.Purse()) == holding == holding.minus(w.Purse())


def test_a_recall_that_comes_twice_returns_once():
    rights = w.top_up(w.Rights(), 1000)
    once = w.recall(rights, 300)
    assert (once.returned_minor, once.free_minor) == (300, 700)
    assert w.recall(once, 300) == once
    assert w.recall(once, 450).returned_minor == 450


class HostileNetwork(RuleBasedStateMachine):
    """Two tills and a head office: every message may come late, twice, out of order, or never."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = w.Pool()
        self.tills = dict.fromkeys(TILLS, w.Rights())
        self.up: list[tuple[str, w.Rights]] = []
        self.needs: list[tuple[str, int]] = []
        self.down: list[tuple[str, int, int]] = []
        self.recalls: list[tuple[str, int]] = []
        self.closed: set[str] = set()

    def says(self, till: str, rights: w.Rights) -> None:
        self.tills[till] = rights
        self.up.append((till, rights))

    @rule(amount=AMOUNT)
    def credit_at_head_office(self, amount: int) -> None:
        self.pool = w.credit_pool(self.pool, amount)

    @rule(till=st.sampled_from(TILLS), amount=AMOUNT)
    def top_up(self, till: str, amount: int) -> None:
        if till not in self.closed:
            self.says(till, w.top_up(self.tills[till], amount))

    @rule(till=st.sampled_from(TILLS), amount=AMOUNT, kind=st.sampled_from([w.debit, w.claim]))
    def spend(self, till: str, amount: int, kind) -> None:
        if till in self.closed:
            return
        try:
            self.says(till, kind(self.tills[till], amount))
        except Refusal:
            self.needs.append((till, w.need(self.tills[till], amount)))

    @precondition(lambda self: self.needs)
    @rule(data=st.data(), allowed=st.integers(0, 300))
    def head_office_hears_a_need(self, data, allowed: int) -> None:
        till, target = data.draw(st.sampled_from(self.needs))
        self.pool = w.answer_need(self.pool, till, target, allowed)
        seen = self.pool.epoch(till).seen
        self.down.append((till, seen.granted_minor, seen.float_minor))

    @precondition(lambda self: self.down)
    @rule(data=st.data())
    def till_hears_a_grant(self, data) -> None:
        till, granted, allowed = data.draw(st.sampled_from(self.down))
        if till not in self.closed:
            self.says(till, w.grant(self.tills[till], granted, allowed))

    @precondition(lambda self: self.up)
    @rule(data=st.data())
    def head_office_hears_a_report(self, data) -> None:
        till, rights = data.draw(st.sampled_from(self.up))
        self.pool = w.report(self.pool, till, rights)

    @rule(till=st.sampled_from(TILLS), wanted=st.integers(0, 2000))
    def recall(self, till: str, wanted: int) -> None:
        if till not in self.closed:
            self.says(till, w.recall(self.tills[till], wanted))

    @rule(till=st.sampled_from(TILLS))
    def write_off(self, till: str) -> None:
        self.pool = w.write_off(self.pool, till)

    @rule(till=st.sampled_from(TILLS))
    def come_back(self, till: str) -> None:
        """The fence reaches the till: its closing report is the last thing of its epoch."""
        if self.pool.epoch(till).is_fenced and till not in self.closed:
            closing, _ = w.fence(self.tills[till])
            self.pool = w.close_epoch(self.pool, till, closing)
            self.closed.add(till)

    @invariant()
    def nothing_is_negative(self) -> None:
        assert self.pool.pool_minor >= 0
        assert self.pool.claims_minor >= 0
        for rights in self.tills.values():
            assert min(astuple(rights)) >= 0 <= rights.free_minor
            assert rights.claims_minor <= rights.float_minor

    @invariant()
    def loss_is_bounded(self) -> None:
        written = [self.pool.epoch(till) for till in TILLS]
        assert self.pool.loss_minor <= sum(row.written_off_minor for row in written if row.is_closed)
        assert self.pool.suspense_minor == sum(row.written_off_minor for row in written if not row.is_closed)

    @invariant()
    def never_overdrawn(self) -> None:
        spent = sum(rights.spent_minor for rights in self.tills.values())
        topped = sum(rights.topped_up_minor for rights in self.tills.values())
        lent = self.pool.loss_minor + self.pool.suspense_minor
        assert spent + self.pool.covered_minor <= self.pool.credited_minor + topped + lent

    @invariant()
    def value_is_conserved_once_everything_is_heard(self) -> None:
        pool = self.pool
        for till in TILLS:
            if till not in self.closed:
                pool = w.report(pool, till, self.tills[till])
        if any(pool.epoch(till).is_fenced and till not in self.closed for till in TILLS):
            return
        held = sum(pool.epoch(till).seen.free_minor for till in TILLS if till not in self.closed)
        spent = sum(rights.spent_minor for rights in self.tills.values())
        topped = sum(rights.topped_up_minor for rights in self.tills.values())
        assert pool.pool_minor + held + spent + pool.covered_minor == pool.credited_minor + topped + pool.loss_minor


HostileNetwork.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestHostileNetwork = HostileNetwork.TestCase
