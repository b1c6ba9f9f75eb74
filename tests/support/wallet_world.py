"""A shop whose wallets are moved at random, by the till's core, and added up by somebody else after every move.

world = World()
world.play("credit", 1234, 77, 0)
world.check()

An operation is a name and three numbers, so that a machine of Hypothesis can shrink what it found and a seeded chance
can play a million. What the core refuses must leave nothing behind; whatever it decides goes through JSON to the
auditor (`tests.support.auditor`), which shares no code with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Final

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.card import CardOutcome
from appliance.domain.catalog import TenderMode, WalletRules
from appliance.domain.errors import Refusal
from appliance.domain.state import TillState, apply
from appliance.domain.till import Moment, step
from appliance.domain.wallet import Purse
from appliance.store.journal import decode_state, encode_state
from tests.support.auditor import Auditor
from tests.support.core import CARD, CASH, FREE, MEAL, WALLET

PEOPLE: Final = ("c-rochatrochat", "c-lefevrelefev", "c-favrefavrefa", "c-zbindenzbind")
TWINT: Final = TenderMode("twint", "TWINT", "phone", "other", 5)
CHEQUE: Final = TenderMode("cheque", "Bon d’achat", "ticket", "voucher", 6, overpayment="keep")
MEANS: Final = (CASH, CARD, TWINT, CHEQUE)
CAPPED: Final = WalletRules(
    max_credit_minor=15_000, max_balance_minor=40_000, max_day_minor=60_000, cash_ceiling_minor=25_000, min_minor=100
)
RULES: Final = (FREE, FREE, FREE, CAPPED)
OUTCOMES: Final[tuple[CardOutcome, ...]] = ("accepted", "accepted", "refused", "aborted", "not_started")
WHEN: Final = "2026-11-21T07:42:00.000Z"
NOW: Final = Moment(WHEN, "2026-11-21T08:42:00", "camille")
Play = Callable[[int, int, str], None]


class World:
    """The state, its last snapshot, the facts since, and the auditor's books."""

    def __init__(self) -> None:
        self.state = TillState()
        self.auditor = Auditor()
        self.bodies: list[tuple[str, bytes]] = []
        self.kept = (encode_state(self.state), 0)
        self.counts: Counter[str] = Counter()
        self.blocked: set[str] = set()
        self.cards = 0
        self.day = 0
        self.do(i.CreateRegister("till-1", "CHF", "CH", "0"))
        self.do(i.SignIn("camille", "Camille"))
        self._open_day()
        plays = {name.removeprefix("_play_"): getattr(self, name) for name in dir(self) if name.startswith("_play_")}
        self.plays: dict[str, Play] = plays

    # --- one operation ----------------------------------------------------------------------------------------------

    def play(self, name: str, a: int, b: int, who: int) -> None:
        """Do it if the core lets us. A terminal that is at work is answered first, most of the time."""
        self.counts[name] += 1
        try:
            if self.state.card is not None and not name.startswith("card") and a % 4:
                self._play_card_answer(b, a, "")
            self.plays[name](a, b, PEOPLE[who % len(PEOPLE)])
        except Refusal as refusal:
            self.counts["refused " + refusal.code] += 1

    def do(self, intent: i.Intent) -> None:
        """Decide, apply, write as JSON, let the auditor read. Raises Refusal, with nothing changed."""
        state = self.state
        self.counts["intents"] += 1
        before = encode_state(state) if self.counts["intents"] % 64 == 0 else b""
        try:
            facts = step(state, intent, NOW).facts
        except Refusal:
            assert not before or encode_state(state) == before, f"a refusal of {intent} changed something"
            raise
        for fact in facts:
            apply(state, fact, WHEN, "camille")
            kind, body = type(fact).__name__, j.canonical(fact)
            self.bodies.append((kind, body))
            self._read(kind, body)
        self.counts["facts"] += len(facts)

    def _read(self, kind: str, body: bytes) -> None:
        fact = json.loads(body)
        if kind == "WalletBlocked":
            self.blocked.add(fact["customer"])
        elif kind == "WalletUnblocked":
            self.blocked.discard(fact["customer"])
        elif kind == "TicketClosed" and fact.get("wallet"):
            assert fact["customer"] not in self.blocked, "a blocked wallet paid"
        self.auditor.read(kind, fact)

    # --- what must hold ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Each wallet is what the auditor added up, nothing is below zero, nothing is promised twice."""
        state, accounts = self.state, self.auditor.wallets.accounts
        for name in PEOPLE:
            account, holding = accounts[name], state.holding(name)
            rights, purse = holding.rights, holding.purse
            ours = (account.paid, account.given, account.topped_up, account.spent)
            found = (purse.paid_minor, purse.gifted_minor, rights.topped_up_minor, rights.spent_minor)
            assert found == ours, f"{name}: {found} at the till, {ours} by the auditor"
            wallet = state.wallets.get(name)
            if wallet is None:
                continue
            assert rights.free_minor == purse.total_minor >= 0
            free = state.available(name)
            assert free.paid_minor >= 0 and free.gifted_minor >= 0, f"{name}: more reserved than there is"
            left = sum((row.left for row in wallet.credits), Purse())
            assert left.paid_minor <= purse.paid_minor and left.gifted_minor <= purse.gifted_minor
            assert bool(wallet.blocked) == (name in self.blocked)

    def restart(self) -> None:
        """The snapshot and the facts since, read back from their bytes, are the live state."""
        encoded, upto = self.kept
        state = decode_state(encoded)
        for kind, body in self.bodies[upto:]:
            fact = j.Entry(0, "", kind, WHEN, "", "", body, b"", b"").fact
            apply(state, fact, WHEN, "camille")
        assert state == self.state, "the state after a restart is another one"
        self.state = state

    def end(self) -> None:
        """All over again from the first fact; the open day is closed and its figures are the auditor's."""
        self.kept = (encode_state(TillState()), 0)
        self.restart()
        self._answer_all()
        self._play_night(0, 0, "")
        self.check()

    # --- the day ----------------------------------------------------------------------------------------------------

    def _open_day(self, left_minor: int = 20_000) -> None:
        self.day += 1
        date = f"{2026 + self.day // 336}-{self.day // 28 % 12 + 1:02d}-{self.day % 28 + 1:02d}"
        reason = "" if left_minor == 20_000 else "coins from the safe"
        self.do(i.OpenSession(date, 20_000, left_minor, {1000: 20}, reason))

    def _play_night(self, a: int, b: int, who: str) -> None:
        """The day is closed with whatever can wait; the next one begins."""
        self._play_release(a, b, who)
        for ticket in [row for row in self.state.tickets.values() if row.corrects and row.lines]:
            self.do(i.RecallTicket(ticket.number))
            self.do(i.Tend(CASH))
        expected = self.state.session.totals.expected_minor if self.state.session else 0
        counted, reason = max(0, expected), "" if expected >= 0 else "coins from the safe"
        left = min(counted, 20_000)
        self.do(i.CloseDay(counted, {5: counted // 5, 1: counted % 5}, left, reason))
        self.do(i.SignIn("camille", "Camille"))
        self._open_day(left)

    def _play_snapshot(self, a: int, b: int, who: str) -> None:
        self.kept = (encode_state(self.state), len(self.bodies))

    def _play_restart(self, a: int, b: int, who: str) -> None:
        self.restart()

    def _play_report(self, a: int, b: int, who: str) -> None:
        self.do(i.ReadX())

    # --- tickets ----------------------------------------------------------------------------------------------------

    def _ring(self, a: int, b: int, who: str) -> None:
        ticket = self.state.ticket
        if ticket is None or ticket.tenders or ticket.is_divided:
            if ticket is not None:
                self.do(i.HoldTicket())
            self.do(i.OpenTicket("take-away" if a % 3 else "eat-in"))
        group_bp = (0, 0, 500, 1000)[b % 4]
        if who and self.state.ticket is not None and self.state.ticket.customer != who:
            self.do(i.AttachCustomer(who, "VIP" if group_bp else ""))
        quantity = 1000 * (1 + a % 3) if b % 3 else 1 + a % 2500
        price, rate = 1 + a % 4000, (260, 810)[b % 2]
        self.do(i.AddGoods(None, "Divers", quantity, price, "food", rate, unit="piece" if b % 3 else "kg",
                           group_bp=group_bp))  # fmt: skip

    def _play_ring(self, a: int, b: int, who: str) -> None:
        self._ring(a, b, who)

    def _play_sell(self, a: int, b: int, who: str) -> None:
        """By the wallet as far as it goes, then by something else."""
        self._ring(a, b, who)
        if b % 8 == 0:
            self.do(i.DiscountTicket(rate_bp=100 * (a % 30)))
        self._play_pay_wallet(a, b, who)
        self._play_pay_rest(a, b, who)

    def _play_pay_wallet(self, a: int, b: int, who: str) -> None:
        ticket = self.state.ticket
        if ticket is None or not ticket.lines:
            raise Refusal("ticket.none")
        there = self.state.available(ticket.customer or who).total_minor
        amount = None if b % 3 == 0 else 1 + b % max(1, min(there, 5000))
        try:
            self.do(i.Tend(WALLET, amount, spend_first="paid" if a % 4 == 0 else "gifted"))
        except Refusal as refusal:
            self.counts["refused " + refusal.code] += 1

    def _play_pay_rest(self, a: int, b: int, who: str) -> None:
        ticket = self.state.ticket
        if ticket is None:
            return
        mode = (CASH, CASH, CARD, TWINT, CHEQUE, MEAL)[a % 6]
        amount = (None, None, 5 * (1 + b % 4000), 5 * (a % 400) + 5)[b % 4]
        self.do(i.Tend(mode, amount))
        if self.state.ticket is ticket and b % 2:
            self.do(i.Tend(CASH))

    def _play_correct(self, a: int, b: int, who: str) -> None:
        self.do(i.CorrectPayment())

    def _play_hold(self, a: int, b: int, who: str) -> None:
        self.do(i.HoldTicket())

    def _play_recall(self, a: int, b: int, who: str) -> None:
        if self.state.tickets:
            self.do(i.RecallTicket(sorted(self.state.tickets)[a % len(self.state.tickets)]))

    def _play_void(self, a: int, b: int, who: str) -> None:
        self._play_recall(a, b, who)
        self.do(i.VoidTicket("mistake"))

    def _play_untender(self, a: int, b: int, who: str) -> None:
        ticket = self.state.ticket
        if ticket is not None and ticket.tenders:
            self.do(i.RemoveTender(ticket.tenders[a % len(ticket.tenders)].id))

    def _play_detach(self, a: int, b: int, who: str) -> None:
        self.do(i.DetachCustomer())

    def _play_attach(self, a: int, b: int, who: str) -> None:
        self.do(i.AttachCustomer(who))

    def _play_release(self, a: int, b: int, who: str) -> None:
        """What open tickets have of wallets and of cash is taken back."""
        for ticket in [row for row in self.state.tickets.values() if row.tenders]:
            self.do(i.RecallTicket(ticket.number))
            for tender in list(self.state.tickets[ticket.number].tenders):
                self.do(i.RemoveTender(tender.id))

    # --- notes that are divided -------------------------------------------------------------------------------------

    def _play_split(self, a: int, b: int, who: str) -> None:
        """A part with a unit of the first line in hand, the rest waits."""
        self._ring(3 * a + 1, 1, who)
        self._ring(3 * b + 2, 1, who)
        note = self.state.current
        self.do(i.StartSplit())
        self.do(i.OpenPart(note, 1))
        line = self.state.tickets[note].lines[0]
        self.do(i.MoveUnits(note, line.id, min(1000, line.quantity_milli), self.state.current))
        if b % 2:
            self.do(i.AttachCustomer(who))
        self._play_pay_wallet(a, b, who)

    def _play_divide(self, a: int, b: int, who: str) -> None:
        """Equal shares; the first one in hand is somebody's."""
        self._ring(a, 1, "")
        note = self.state.current
        self.do(i.StartSplit())
        self.do(i.DivideNote(note, 2 + a % 4))
        self.do(i.AttachCustomer(who))
        self._play_pay_wallet(a, b, who)

    def _play_leave_split(self, a: int, b: int, who: str) -> None:
        notes = [ticket.part_of or ticket.number for ticket in self.state.tickets.values() if ticket.is_divided]
        if notes:
            self.do(i.LeaveSplit(notes[a % len(notes)]))

    # --- credits ----------------------------------------------------------------------------------------------------

    def _credit(self, a: int, b: int, who: str) -> i.CreditWallet:
        amount = 5 * (1 + a % 4000)
        first = MEANS[b % len(MEANS)]
        payments: tuple[i.Payment, ...]
        if b % 3 or amount < 10:
            payments = (i.Payment(first, amount + 5 * (b % 5) if first is CASH else None),)
        else:
            payments = (i.Payment(first, 5 * (1 + b % (amount // 5 - 1))), i.Payment(MEANS[a % 3]))
        gifted = (0, 0, amount // 10, b % 700)[a % 4]
        return i.CreditWallet(who, amount, payments, RULES[b // 4 % 4], gifted)

    def _play_credit(self, a: int, b: int, who: str) -> None:
        order = self._credit(a, b, who)
        self.do(order)
        balance = self.state.holding(who).balance_minor
        if order.rules is CAPPED:
            assert order.amount_minor <= 15_000 and balance <= 40_000, "above what the shop allows"

    def _play_change(self, a: int, b: int, who: str) -> None:
        closed = self.state.last_closed
        if closed is None:
            raise Refusal("wallet.no_change")
        by_voucher = any(tender.kept_minor for tender in closed.tenders)
        amount = b % 300 if b % 4 == 0 else None
        self.do(i.CreditChange(CHEQUE if by_voucher else CASH, FREE, who if a % 2 else "", amount))

    def _play_sell_for_change(self, a: int, b: int, who: str) -> None:
        """A note that is too large, or a voucher; the rest goes on the wallet."""
        self._ring(a, b, who)
        self.do(i.Tend(CHEQUE if b % 3 == 0 else CASH, 5 * (1600 + b % 2000)))
        self._play_change(a, b, who)

    def _document(self, a: int, who: str) -> int:
        wallet = self.state.wallets.get(who)
        return wallet.credits[a % len(wallet.credits)].document if wallet is not None and wallet.credits else 0

    def _play_cancel(self, a: int, b: int, who: str) -> None:
        self.do(i.CancelCredit(who, self._document(a, who), 1 + b % 6000, 5 if a % 5 else 0, "asked for"))

    def _play_refund(self, a: int, b: int, who: str) -> None:
        self.do(i.RefundBalance(who, (CASH, CARD, TWINT, WALLET)[a % 4], "closed", by_hand=bool(b % 2)))

    def _play_adjust(self, a: int, b: int, who: str) -> None:
        reason = "Geste commercial" if a % 9 else ""
        self.do(i.AdjustWallet(who, a % 2000 - b % 2000, reason, "nadia", as_paid=b % 5 == 0))

    def _play_transfer(self, a: int, b: int, who: str) -> None:
        self.do(i.TransferWallet(who, PEOPLE[a % 4], "new card", None if b % 3 == 0 else 1 + b % 4000))

    def _play_block(self, a: int, b: int, who: str) -> None:
        self.do(i.BlockWallet(who, "lost" if a % 3 else "stolen"))

    def _play_unblock(self, a: int, b: int, who: str) -> None:
        self.do(i.UnblockWallet(who))

    # --- cards ------------------------------------------------------------------------------------------------------

    def _new_card(self) -> str:
        self.cards += 1
        return f"r{self.cards}"

    def _play_card_credit(self, a: int, b: int, who: str) -> None:
        amount = 5 * (2 + a % 4000)
        first = (i.Payment(CASH, 5 * (1 + b % (amount // 5 - 1))),) if b % 3 == 0 else ()
        order = i.CreditWallet(who, amount, (*first, i.Payment(CARD)), FREE, a % 300 if b % 2 else 0)
        self.do(i.RequestCardCredit(self._new_card(), order))

    def _play_card_cancel(self, a: int, b: int, who: str) -> None:
        cancel = i.CancelCredit(who, self._document(a, who), 1 + b % 6000, 5, "asked for")
        self.do(i.RequestCardCancel(self._new_card(), cancel))

    def _play_card_pay(self, a: int, b: int, who: str) -> None:
        if self.state.ticket is None:
            self._ring(a, b, who)
        self.do(i.RequestCard(self._new_card(), CARD, None if b % 3 else 1 + b % 900))

    def _play_card_refund(self, a: int, b: int, who: str) -> None:
        closed = self.state.last_closed
        if closed is not None:
            tender = closed.tenders[a % len(closed.tenders)]
            self.do(i.RequestRefund(self._new_card(), tender.id, closed.document))

    def _play_card_answer(self, a: int, b: int, who: str) -> None:
        """The terminal answers, or nobody does and a person says something."""
        card = self.state.card
        if card is None:
            return
        name, outcome = card.request.id, OUTCOMES[a % 5]
        if b % 3 == 0:
            self.do(i.LoseCard(name, "no_answer"))
            said: CardOutcome = "accepted" if outcome == "accepted" else "refused"
            self.do(i.AnswerCard(name, said, by="person", reference=f"poi-{name}"))
        else:
            self.do(i.AnswerCard(name, outcome, reference=f"poi-{name}"))

    def _play_card_late(self, a: int, b: int, who: str) -> None:
        """The terminal answers after all, as the person had said or not."""
        waiting = [name for name, doubt in self.state.doubts.items() if not doubt.says]
        if waiting:
            name = waiting[a % len(waiting)]
            self.do(i.AnswerCard(name, "accepted" if b % 2 else "refused", reference=f"poi-{name}"))

    def _play_card_reopen(self, a: int, b: int, who: str) -> None:
        said = [name for name, doubt in self.state.doubts.items() if doubt.says]
        if said:
            name = said[a % len(said)]
            self.do(i.ReopenCard(name) if b % 3 else i.ReturnDebit(self._new_card(), name))

    def _answer_all(self) -> None:
        while self.state.card is not None:
            self._play_card_answer(2, 1, "")
