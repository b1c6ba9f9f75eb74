"""What is left on credits, beside what is in the purse: money that goes back to head office uses no credit up."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.account import Credit, Wallet
from appliance.domain.crediting import cancellable_minor
from appliance.domain.errors import Refusal
from appliance.domain.wallet import Purse
from tests.support.core import ROCHAT, Core

AMOUNTS = st.integers(1, 40).map(lambda francs: francs * 100)
STEPS = st.lists(st.tuples(st.sampled_from(("credit", "sell", "cancel", "grant", "return")), AMOUNTS))


class Lent:
    """A till of a head office, one wallet, and what went back."""

    def __init__(self) -> None:
        self.core = Core()
        self.granted = self.wanted_back = 0
        self.went_back = Purse()

    def play(self, what: str, amount: int) -> None:
        core, state = self.core, self.core.state
        wallet = state.wallets.get(ROCHAT, Wallet())
        if what == "credit":
            core.credits(amount, gifted=amount // 5)
        elif what == "sell" and state.available(ROCHAT).total_minor:
            core.sells(min(amount, state.available(ROCHAT).total_minor))
        elif what == "cancel" and wallet.credits:
            row: Credit = wallet.credits[amount % len(wallet.credits)]
            core.do(i.CancelCredit(ROCHAT, row.document, min(amount, cancellable_minor(state, ROCHAT, row)), 5))
        elif what == "grant":
            self.granted += amount
            core.do(i.TakeGrant(ROCHAT, self.granted, self.granted // 3))
        elif what == "return":
            self.wanted_back += amount
            for fact in core.do(i.ReturnRights(ROCHAT, self.wanted_back)).facts:
                assert isinstance(fact, j.RightsReturned)
                self.went_back = self.went_back + fact.part


def check(lent: Lent) -> None:
    wallet = lent.core.state.wallets.get(ROCHAT, Wallet())
    left, most = sum((row.left for row in wallet.credits), Purse()), wallet.purse + lent.went_back
    assert left.paid_minor <= most.paid_minor and left.gifted_minor <= most.gifted_minor
    for row in wallet.credits:
        assert cancellable_minor(lent.core.state, ROCHAT, row) <= min(row.left.paid_minor, wallet.purse.paid_minor)


@given(STEPS)
def test_left_on_credits_is_in_the_purse_or_went_back(steps):
    lent = Lent()
    for what, amount in steps:
        with suppress(Refusal):  # a credit of which nothing is left
            lent.play(what, amount)
        check(lent)


def test_a_credit_that_went_back_is_still_there_and_cannot_be_cancelled():
    lent = Lent()
    lent.play("credit", 1000)
    lent.play("return", 1200)
    (row,) = lent.core.state.wallets[ROCHAT].credits
    assert (row.left.paid_minor, lent.went_back, cancellable_minor(lent.core.state, ROCHAT, row)) == (
        1000, Purse(1000, 200), 0,
    )  # fmt: skip
