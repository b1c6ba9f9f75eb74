"""A wallet is blocked after it was reserved for a sale: what the terminal took for the rest is booked."""

import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.state import apply
from tests.support.core import CARD, NOW, ROCHAT, Core


@pytest.mark.parametrize("by", ["terminal", "person"])
def test_an_accepted_card_is_booked_whatever_became_of_the_wallet(by):
    core = Core()
    core.credits(5000)
    core.rings(8000)
    core.pays("wallet", 3000)
    core.do(i.RequestCard("r1", CARD, None))
    apply(core.state, j.WalletBlocked(ROCHAT, "lost card"), NOW.at, NOW.actor)  # as an older till may have it
    if by == "person":
        core.do(i.LoseCard("r1", ""))
    core.do(i.AnswerCard("r1", "accepted", by=by))
    closed = core.state.last_closed
    assert [tender.amount_minor for tender in closed.tenders] == [3000, 5000]
    assert core.state.holding(ROCHAT).balance_minor == 2000 and core.state.wallets[ROCHAT].blocked


def test_no_card_is_asked_for_beside_a_wallet_that_was_blocked():
    core = Core()
    core.credits(5000)
    core.rings(8000)
    core.pays("wallet", 3000)
    core.do(i.BlockWallet(ROCHAT, "lost card"))
    assert core.refused(i.RequestCard("r1", CARD, None)).code == "wallet.blocked"
