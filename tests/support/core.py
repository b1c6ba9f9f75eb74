"""The till's core without a till: intents in, facts kept, the books added up by somebody who does not trust them.

core = Core()
core.credits(5000, gifted=500)
core.sells(3333, "wallet")
assert core.balance() == (1667, 500)
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.errors import Refusal
from appliance.domain.state import TillState, apply
from appliance.domain.till import Moment, Outcome, step
from appliance.domain.wallet import Purse

NOW = Moment("2026-11-21T07:42:00.000Z", "2026-11-21T08:42:00", "camille")
CASH = TenderMode("cash", "Espèces", "money", "cash", 1, rounding_minor=5, overpayment="change", opens_drawer=True)
CARD = TenderMode("card", "Carte", "credit-card", "card", 2)
MEAL = TenderMode("meal", "Ticket restaurant", "ticket", "voucher", 3, overpayment="keep", funds_wallet=False)
WALLET = TenderMode("wallet", "Cagnotte client", "wallet", "wallet", 4, needs_customer=True)
MODES = {mode.id: mode for mode in (CASH, CARD, MEAL, WALLET)}
ROCHAT, LEFEVRE = "c-rochatrochat", "c-lefevrelefev"
FREE = WalletRules()


class Core:
    """A state, the facts that made it, and hands."""

    def __init__(self, profile: str = "CH") -> None:
        self.state: Any = TillState()
        self.facts: list[j.AnyFact] = []
        self.effects: list[Any] = []
        self.do(i.CreateRegister("till-1", "CHF", profile, "0"))
        self.do(i.SignIn("camille", "Camille"))
        self.opens()

    def do(self, intent: i.Intent) -> Outcome:
        outcome = step(self.state, intent, NOW)
        for fact in outcome.facts:
            apply(self.state, fact, NOW.at, NOW.actor)
            self.facts.append(fact)
        self.effects.extend(outcome.effects)
        return outcome

    def refused(self, intent: i.Intent) -> Refusal:
        """It must be refused, with nothing changed: why."""
        before = msgspec.msgpack.encode(self.state)
        with pytest.raises(Refusal) as refusal:
            step(self.state, intent, NOW)
        assert msgspec.msgpack.encode(self.state) == before
        return refusal.value

    # --- hands ------------------------------------------------------------------------------------------------------

    def opens(self, day: str = "2026-11-21") -> None:
        self.do(i.OpenSession(day, 20_000, 20_000, {1000: 20}))

    def closes(self) -> j.SessionClosed:
        expected = self.state.session.totals.expected_minor
        closed = self.do(i.CloseDay(expected, {5: expected // 5, 1: expected % 5}, min(expected, 20_000))).facts[-1]
        assert isinstance(closed, j.SessionClosed)
        return closed

    def rings(self, *prices: int, customer: str = ROCHAT, group_bp: int = 0) -> None:
        """A ticket with one line for each price, of this customer."""
        self.do(i.OpenTicket("take-away"))
        if customer:
            self.do(i.AttachCustomer(customer, "VIP" if group_bp else ""))
        for price in prices:
            self.do(i.AddGoods(None, "Divers", 1000, price, "food", 260, group_bp=group_bp))

    def pays(self, mode: str, amount: int | None = None) -> Outcome:
        return self.do(i.Tend(MODES[mode], amount))

    def sells(self, price: int, mode: str = "wallet", amount: int | None = None, customer: str = ROCHAT) -> Any:
        self.rings(price, customer=customer)
        self.pays(mode, amount)
        return self.state.last_closed

    def credits(
        self, amount: int, *payments: tuple[str, int | None], gifted: int = 0, customer: str = ROCHAT,
        rules: WalletRules = FREE,
    ) -> Any:  # fmt: skip
        self.do(credit(amount, *payments, gifted=gifted, customer=customer, rules=rules))
        return self.facts[-1]

    # --- the books --------------------------------------------------------------------------------------------------

    def balance(self, customer: str = ROCHAT) -> tuple[int, int]:
        """(paid, given), as the state says and as the facts add up to."""
        purse = self.state.holding(customer).purse
        assert purse == self.audited(customer), "the state is not the sum of the journal"
        return purse.paid_minor, purse.gifted_minor

    def audited(self, customer: str) -> Purse:
        """The sum of what the facts say, one by one, without any rule of the core."""
        total = Purse()
        for fact in self.facts:
            total = total + moved(fact, customer)
        return total

    def expected(self) -> int:
        """What should lie in the drawer."""
        value: int = self.state.session.totals.expected_minor
        return value

    def rebuilt(self) -> TillState:
        """The state again, from the facts as they are written."""
        state = TillState()
        for entry in j.chain(self.facts, seq=0, prev_hash=j.GENESIS, epoch="e", at=NOW.at, actor=NOW.actor):
            apply(state, entry.fact, NOW.at, NOW.actor)
        return state


def credit(
    amount: int, *payments: tuple[str, int | None], gifted: int = 0, customer: str = ROCHAT,
    rules: WalletRules = FREE,
) -> i.CreditWallet:  # fmt: skip
    """A credit by these means; by cash when none is named."""
    paid = tuple(i.Payment(MODES[mode], part) for mode, part in payments or (("cash", None),))
    return i.CreditWallet(customer, amount, paid, rules, gifted)


def moved(fact: j.AnyFact, customer: str) -> Purse:
    """What one fact adds to a customer's wallet."""
    if isinstance(fact, j.WalletCredited | j.WalletAdjusted) and fact.customer == customer:
        return fact.part
    if isinstance(fact, j.WalletCreditCancelled | j.WalletRefunded) and fact.customer == customer:
        return -fact.part
    if isinstance(fact, j.WalletTransferred):
        return {fact.source: -fact.part, fact.target: fact.part}.get(customer, Purse())
    if isinstance(fact, j.TicketClosed):
        return -_spent(fact, customer)
    if isinstance(fact, j.SettlementReversed):
        return _spent(fact.of, customer)
    return Purse()


def _spent(closed: j.TicketClosed, customer: str) -> Purse:
    return sum((row.purse for row in closed.tenders if row.wallet == customer), Purse())
