"""Long lives of a shop's tills around a few wallets, by seed: `python -m proof.fleet [--operations N] [--seed N]`.

Tills and head office run the real rules on a simulated clock. The network loses, repeats, delays and reorders what is
said and is cut for a while; the power fails before a commit; tills are lost, given up, and appear again or never. Money
moves and messages leave only once they are on the disk. Whatever happened, `proof.truth` must find nothing wrong on
the way, and after everything was mended each balance must be the one that the world's own record of payments gives.

Hides the network, the disks and the clock. A life is a list of `Step`s and the seed of its network, so Hypothesis can
shorten one that went wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

from appliance.domain.errors import Refusal
from appliance.domain.wallet import Pool, Rights
from proof.nodes import LEASE_MS, Mail, OfficeNode, Plan, Step, TillNode
from proof.rules import Rules, TillMove
from proof.truth import each_epoch, wrong
from proof.world import epoch_name

MARGIN_MS = 60_000
ASKING_MS = 1_500
"""The longest wait at the counter for an answer about rights."""
WAITING_MS = 5_000
"""How long head office remembers that somebody asked."""
STEPS = 400
"""Of one life."""
ROUNDS = 30
"""After which everything must have come home."""


class Wrong(AssertionError):
    """A life went wrong; says what, and when."""


WEIGHTS = {
    "top up": 12,
    "pay": 45,
    "ticket": 10,
    "cancel": 4,
    "sync": 8,
    "recall": 6,
    "credit": 1,
    "cut": 3,
    "join": 5,
    "power": 3,
    "office power": 1,
    "lose": 1,
    "find": 2,
    "destroy": 0.1,
    "give up": 1,
    "close": 1,
}
KINDS = tuple(WEIGHTS)


class Fleet:
    """A life. `play` its steps, then `settle`; `Wrong` is raised where it stops being true."""

    def __init__(self, plan: Plan, seed: int, rules: Rules | None = None) -> None:
        self.plan, self.rules, self._chance = plan, rules or Rules(), Random(seed)
        self.now = 0
        self.counts: Counter[str] = Counter()
        self._played = 0
        self._order = 0
        self._events: list[tuple[int, int, Callable[..., None], tuple[object, ...]]] = []
        self._is_mended = False
        self.tills = [TillNode(index, plan.wallets) for index in range(plan.tills)]
        self.office = OfficeNode.of(plan, self.rules)
        self._plays: dict[str, Callable[[TillNode, Step], None]] = {
            "top up": self._top_up,
            "pay": self._pay,
            "ticket": self._ticket,
            "cancel": self._cancel,
            "sync": lambda till, step: self._sync(till),
            "recall": self._recall_from,
            "credit": self._credit,
            "cut": lambda till, step: setattr(till, "is_cut", True),
            "join": lambda till, step: setattr(till, "is_cut", False),
            "power": self._power,
            "office power": lambda till, step: setattr(self.office, "is_failing", True),
            "lose": self._lose,
            "find": self._find,
            "destroy": self._destroy,
            "give up": self._give_up,
            "close": self._close,
        }

    def play(self, step: Step) -> None:
        self._pass_time(step.wait_ms)
        self._plays[step.kind](self.tills[step.till % self.plan.tills], step)
        self._played += 1
        if self._played % self.plan.check_every == 0:
            self.check(step.wallet % self.plan.wallets)

    def check(self, wallet: int) -> None:
        why = wrong([till.seen(wallet) for till in self.tills], self.office.seen(wallet))
        if why:
            raise Wrong(f"wallet {wallet}, after {self._played} steps: {why}")

    # --- clock and network

    def _pass_time(self, wait_ms: int) -> None:
        until = self.now + wait_ms
        while self._events and self._events[0][0] <= until:
            self.now, _, handler, what = heappop(self._events)
            handler(*what)
        self.now = until

    def _later(self, wait_ms: int, handler: Callable[..., None], *what: object) -> None:
        self._order += 1
        heappush(self._events, (self.now + wait_ms, self._order, handler, what))

    def _send(self, mail: Mail, arrives: Callable[[Mail], None]) -> None:
        """Lost, repeated, late: by chance, and not at all once everything was mended."""
        if self._is_mended:
            self._later(1, arrives, mail)
            return
        draw = self._chance.random
        till = self.tills[mail.till]
        if draw() * 100 < self.plan.loss_percent or (till.is_cut and draw() < 0.7):
            self.counts["messages lost"] += 1
            return
        copies = 2 if draw() * 100 < self.plan.repeat_percent else 1
        self.counts["messages repeated"] += copies - 1
        for _ in range(copies):
            is_slow = till.is_cut or draw() < 0.05
            self._later(int(draw() * (120_000 if is_slow else 300)) + 1, arrives, mail)

    def _to_office(self, mail: Mail) -> None:
        self._send(mail, self._office_reads)

    # --- a till

    def _moved(self, till: TillNode, move: TillMove, wallet: int, after: Rights) -> None:
        """In memory; it has happened once it is committed."""
        if after == till.rights[wallet]:
            return
        till.rights[wallet] = after
        till.dirty.append((move, wallet, after))
        if not till.is_committing:
            till.is_committing = True
            self._later(self._chance.randrange(4), self._till_commits, till, till.boot)

    def _till_commits(self, till: TillNode, boot: int) -> None:
        if boot != till.boot:
            return
        if till.is_failing:
            self._power_off(till)
            return
        till.is_committing = False
        dirty, till.dirty = till.dirty, []
        for move, wallet, after in dirty:
            before = till.committed[wallet]
            till.disk[wallet] = self.rules.kept(move, till.disk[wallet], after)
            till.committed[wallet] = after
            till.paid_in[wallet] += after.topped_up_minor - before.topped_up_minor
            till.paid_out[wallet] += after.spent_minor - before.spent_minor
            till.claimed[wallet] += after.claims_minor - before.claims_minor
            self.counts[move] += 1
            if move != "grant":
                self._to_office(Mail("report", till.index, till.epoch, wallet, rights=after))

    def _sells(self, till: TillNode) -> bool:
        return till.is_on and self.now < till.lease_until

    def _top_up(self, till: TillNode, step: Step) -> None:
        if till.is_on:
            wallet = step.wallet % self.plan.wallets
            self._moved(till, "top up", wallet, self.rules.top_up(till.rights[wallet], step.amount))

    def _pay(self, till: TillNode, step: Step) -> None:
        """The customer is identified: rights are asked for when they are not here. A moment later the till decides."""
        if not self._sells(till):
            return
        wallet = step.wallet % self.plan.wallets
        rights, reserved = till.rights[wallet], till.reserved[wallet]
        target = self.rules.need(rights, step.amount, reserved)
        if target == rights.granted_minor:
            self._decides(till, wallet, step.amount, till.boot)
            return
        self._to_office(Mail("need", till.index, till.epoch, wallet, target))
        self._later(ASKING_MS, self._decides, till, wallet, step.amount, till.boot)

    def _decides(self, till: TillNode, wallet: int, amount: int, boot: int) -> None:
        if boot != till.boot or not self._sells(till):
            return
        try:
            after = self.rules.debit(till.rights[wallet], amount, till.reserved[wallet])
            self._moved(till, "debit", wallet, after)
        except Refusal:
            try:
                self._moved(till, "claim", wallet, self.rules.claim(till.rights[wallet], amount))
            except Refusal:
                self.counts["refused"] += 1

    def _ticket(self, till: TillNode, step: Step) -> None:
        """Rights are reserved while the ticket is open; it is paid, or left."""
        wallet = step.wallet % self.plan.wallets
        if self._sells(till) and till.rights[wallet].free_minor - till.reserved[wallet] >= step.amount:
            till.reserved[wallet] += step.amount
            wait_ms = 1_000 + step.wait_ms * 10
            self._later(wait_ms, self._ticket_ends, till, wallet, step.amount, till.boot, step.amount % 4 != 0)

    def _ticket_ends(self, till: TillNode, wallet: int, amount: int, boot: int, is_paid: bool) -> None:
        if boot != till.boot:
            return
        till.reserved[wallet] -= amount
        if is_paid and self._sells(till):
            after = self.rules.debit(till.rights[wallet], amount, till.reserved[wallet])
            self._moved(till, "debit", wallet, after)

    def _cancel(self, till: TillNode, step: Step) -> None:
        """A top-up made here is paid out again, as far as it is still there."""
        wallet = step.wallet % self.plan.wallets
        rights = till.rights[wallet]
        amount = min(step.amount, rights.topped_up_minor, rights.free_minor - till.reserved[wallet])
        if self._sells(till) and amount > 0:
            self._moved(till, "debit", wallet, self.rules.debit(rights, amount, till.reserved[wallet]))
            self.counts["top-ups cancelled"] += 1

    def _sync(self, till: TillNode) -> None:
        """The outbox again: what is committed, and closing reports."""
        if not till.is_on:
            return
        for wallet, rights in enumerate(till.committed):
            self._to_office(Mail("report", till.index, till.epoch, wallet, rights=rights))
        for mail in till.closings:
            self._to_office(mail)

    def _till_reads(self, mail: Mail) -> None:
        till = self.tills[mail.till]
        if not till.is_on or mail.epoch != till.epoch:
            return
        wallet, rights = mail.wallet, till.rights[mail.wallet]
        if mail.kind == "grant":
            granted = self.rules.grant(rights, mail.rights.granted_minor, mail.rights.float_minor)
            self._moved(till, "grant", wallet, granted)
        elif mail.kind == "recall":
            self._moved(till, "recall", wallet, self.rules.recall(rights, mail.number, till.reserved[wallet]))
        elif mail.kind == "lease":
            till.lease_until = max(till.lease_until, mail.number)
        elif mail.kind == "fence":
            self._fenced(till)

    def _fenced(self, till: TillNode) -> None:
        """What was decided before the fence is committed with it; open tickets do not survive it."""
        till.is_failing = False
        self._till_commits(till, till.boot)
        for wallet in range(self.plan.wallets):
            till.ended[wallet] = (*till.ended[wallet], till.committed[wallet])
            closing, fresh = self.rules.fence(till.rights[wallet])
            till.closings.append(Mail("closing", till.index, till.epoch, wallet, rights=closing))
            till.rights[wallet] = till.committed[wallet] = till.disk[wallet] = fresh
            till.reserved[wallet] = 0
        till.epoch += 1
        till.boot += 1
        till.is_committing = False
        till.lease_until = self.now + LEASE_MS
        self.counts["fences read"] += 1
        self._sync(till)

    def _power(self, till: TillNode, step: Step) -> None:
        """Off and on again: now, or just before the next commit."""
        if till.is_on and step.amount % 2:
            till.is_failing = True
        elif till.is_on:
            self._power_off(till)

    def _power_off(self, till: TillNode) -> None:
        """What was not committed has never happened."""
        self.counts["moves lost with the power"] += len(till.dirty)
        till.boot += 1
        till.is_committing = till.is_failing = False
        till.dirty = []
        till.rights, till.committed = list(till.disk), list(till.disk)
        till.reserved = [0] * self.plan.wallets

    def _lose(self, till: TillNode, step: Step) -> None:
        if till.is_on:
            self._power_off(till)
        till.is_on = False

    def _find(self, till: TillNode, step: Step) -> None:
        """Lost tills come back, and now and then one that everybody thought was destroyed."""
        if till.is_destroyed and step.amount % 4:
            return
        if till.is_destroyed:
            self.counts["destroyed tills that came back"] += 1
        if not till.is_on:
            till.is_on, till.is_cut, till.is_destroyed = True, False, False
            self._sync(till)

    def _destroy(self, till: TillNode, step: Step) -> None:
        if sum(other.is_destroyed for other in self.tills) < self.plan.tills - 2:
            self._lose(till, step)
            till.is_destroyed = True
            self.counts["tills destroyed"] += 1

    # --- head office

    def _office_moved(self, wallet: int, after: Pool, *mails: Mail) -> None:
        """In memory; its answers leave when it is committed."""
        office = self.office
        office.pools[wallet] = after
        office.leaving.extend(mails)
        if not office.is_committing:
            office.is_committing = True
            self._later(self._chance.randrange(4), self._office_commits, office.boot)

    def _office_commits(self, boot: int) -> None:
        office = self.office
        if boot != office.boot:
            return
        if office.is_failing:
            self._office_power()
            return
        office.is_committing = False
        office.disk = list(office.pools)
        leaving, office.leaving = office.leaving, []
        for mail in leaving:
            self._send(mail, self._till_reads)

    def _office_settles(self) -> None:
        """A person's decision is one commit of its own, on top of what is committed."""
        self.office.is_failing = False
        self._office_commits(self.office.boot)

    def _office_power(self) -> None:
        """What was not committed has never happened, and nobody was told."""
        office = self.office
        self.counts["answers lost with head office's power"] += len(office.leaving)
        office.boot += 1
        office.is_committing = office.is_failing = False
        office.pools, office.leaving, office.wanted = list(office.disk), [], {}

    def _office_reads(self, mail: Mail) -> None:
        office, wallet = self.office, mail.wallet
        name = epoch_name(mail.till, mail.epoch)
        pool = office.pools[wallet]
        if mail.kind == "closing":
            self._office_moved(wallet, self.rules.close_epoch(pool, name, mail.rights))
        elif mail.kind == "report":
            answer = self._hears(mail)
            self._office_moved(wallet, self.rules.report(pool, name, mail.rights), answer)
        elif pool.epoch(name).is_fenced:
            self._office_moved(wallet, pool, Mail("fence", mail.till, mail.epoch, wallet))
        else:
            office.wanted[mail.till, mail.epoch, wallet] = (mail.number, self.now + WAITING_MS)
        self._grants(wallet)

    def _hears(self, mail: Mail) -> Mail:
        """A till that is listened to keeps its lease; one that was given up is told so."""
        office = self.office
        if mail.epoch < office.epochs[mail.till]:
            return Mail("fence", mail.till, mail.epoch, mail.wallet)
        until = office.leases[mail.till] = max(office.leases[mail.till], self.now + LEASE_MS)
        return Mail("lease", mail.till, mail.epoch, mail.wallet, until)

    def _grants(self, wallet: int) -> None:
        """Answers what waits for this wallet; what the pool lacks is recalled from who holds most."""
        office = self.office
        for key in [key for key in office.wanted if key[2] == wallet]:
            till, epoch, _ = key
            name = epoch_name(till, epoch)
            target, until = office.wanted.pop(key)
            if self.now > until:
                continue
            pool = self.rules.answer_need(office.pools[wallet], name, target, self.plan.float_minor)
            seen = pool.epoch(name).seen
            if pool.epoch(name).is_fenced:
                continue
            granted = Rights(granted_minor=seen.granted_minor, float_minor=seen.float_minor)
            self._office_moved(wallet, pool, Mail("grant", till, epoch, wallet, rights=granted))
            if seen.granted_minor < target:
                office.wanted[key] = target, until
                self._recalls(wallet, target - seen.granted_minor, till)

    def _recalls(self, wallet: int, amount: int, asking: int) -> None:
        free = {
            till: self.office.pools[wallet].epoch(epoch_name(till, epoch)).seen
            for till, epoch in enumerate(self.office.epochs)
            if till != asking
        }
        richest = max(free, key=lambda till: free[till].free_minor)
        amount = min(amount, free[richest].free_minor)
        if amount > 0:
            self._asks_back(richest, self.office.epochs[richest], wallet, free[richest], amount)

    def _recall_from(self, till: TillNode, step: Step) -> None:
        """Idle rights come back."""
        wallet = step.wallet % self.plan.wallets
        epoch = self.office.epochs[till.index]
        seen = self.office.pools[wallet].epoch(epoch_name(till.index, epoch)).seen
        self._asks_back(till.index, epoch, wallet, seen, step.amount)

    def _asks_back(self, till: int, epoch: int, wallet: int, seen: Rights, amount: int) -> None:
        """The last grant is said again with it: one that was lost is rights that nobody could spend or return."""
        granted = Rights(granted_minor=seen.granted_minor, float_minor=seen.float_minor)
        self._office_moved(
            wallet,
            self.office.pools[wallet],
            Mail("grant", till, epoch, wallet, rights=granted),
            Mail("recall", till, epoch, wallet, seen.returned_minor + amount),
        )

    def _credit(self, till: TillNode, step: Step) -> None:
        wallet = step.wallet % self.plan.wallets
        self._office_moved(wallet, self.rules.credit_pool(self.office.pools[wallet], step.amount))
        self._grants(wallet)

    def _give_up(self, till: TillNode, step: Step) -> None:
        """A person's decision, after the lease that head office gave last, or at once for a till that is destroyed."""
        if till.is_destroyed:
            if self.office.epochs[till.index] == till.epoch:
                self._writes_off(till.index)
        elif self.now > self.office.leases[till.index] + MARGIN_MS:
            self._writes_off(till.index)

    def _writes_off(self, till: int) -> None:
        office = self.office
        self._office_settles()
        name = epoch_name(till, office.epochs[till])
        if office.pools[0].epoch(name).is_fenced:
            return
        for wallet in range(self.plan.wallets):
            spent = office.pools[wallet].epoch(name).seen.spent_minor
            pool = self.rules.write_off(office.pools[wallet], name)
            office.pools[wallet] = pool
            office.decided[wallet].append((name, pool.epoch(name).written_off_minor, spent))
        self._send(Mail("fence", till, office.epochs[till], 0), self._till_reads)
        office.epochs[till] += 1
        office.leases[till] = self.now + LEASE_MS
        self._office_settles()
        self.counts["written off"] += 1

    def _close(self, till: TillNode, step: Step) -> None:
        """A second decision, about a till that will never come back: its last epoch ends with what is known."""
        office = self.office
        if not till.is_destroyed:
            return
        self._office_settles()
        for number in range(office.epochs[till.index]):
            name = epoch_name(till.index, number)
            if all(pool.epoch(name).is_closed or pool.epoch(name).is_closed_as_known for pool in office.pools):
                continue
            for wallet, pool in enumerate(office.pools):
                office.pools[wallet] = self.rules.close_as_known(pool, name)
            self.counts["closed with what was known"] += 1
        self._office_settles()

    # --- the end

    def settle(self) -> None:
        """Mends everything, calls all rights home, and compares each balance with what happened at the counters."""
        self._is_mended = True
        self._drain()
        for till in self.tills:
            till.is_on, till.is_cut = not till.is_destroyed, False
        for _ in range(ROUNDS):
            self._calls_home()
            if all(self._is_home(wallet) for wallet in range(self.plan.wallets)):
                break
        for wallet in range(self.plan.wallets):
            self.check(wallet)
            if not self._is_home(wallet):
                raise Wrong(f"wallet {wallet}: rights did not come home in {ROUNDS} rounds")
            pool, expected = self.office.pools[wallet], self._expected(wallet)
            if pool.pool_minor and pool.claims_minor:
                raise Wrong(f"wallet {wallet}: claims of {pool.claims_minor} are open beside {pool.pool_minor}")
            if pool.pool_minor - pool.claims_minor != expected:
                raise Wrong(f"wallet {wallet}: {pool.pool_minor - pool.claims_minor} is left, not {expected}")

    def _calls_home(self) -> None:
        step = Step("close", 0, 0, 0, 0)
        for till in self.tills:
            if till.is_destroyed:
                self._give_up(till, step)
                self._close(till, step)
            self._sync(till)
        self._drain()
        for till in self.tills:
            for wallet in range(self.plan.wallets):
                seen = self.office.pools[wallet].epoch(epoch_name(till.index, till.epoch)).seen
                self._asks_back(till.index, till.epoch, wallet, seen, seen.free_minor)
        self._drain()

    def _drain(self) -> None:
        while self._events:
            self._pass_time(self._events[0][0] - self.now)

    def _is_home(self, wallet: int) -> bool:
        """No rights are at a till, head office knows every till's last word, and all that was given up is closed."""
        pool = self.office.pools[wallet]
        for till in self.tills:
            names = [epoch_name(till.index, number) for number in range(till.epoch + 1)]
            now = pool.epoch(names[-1])
            if till.is_destroyed:
                continue
            if till.rights[wallet].free_minor or now.seen != till.rights[wallet] or now.is_fenced:
                return False
            if not all(pool.epoch(name).is_closed for name in names[:-1]):
                return False
        given_up = (epoch for epoch in pool.epochs.values() if epoch.is_fenced)
        return all(epoch.is_closed or epoch.is_closed_as_known for epoch in given_up)

    def _expected(self, wallet: int) -> int:
        """Pool less open claims, from what happened; of epochs closed with what was known, from what was known."""
        pool = self.office.pools[wallet]
        expected = pool.credited_minor + pool.loss_minor
        expected += sum(till.paid_in[wallet] - till.paid_out[wallet] - till.claimed[wallet] for till in self.tills)
        for name, rights in each_epoch([till.seen(wallet) for till in self.tills]):
            epoch, seen = pool.epoch(name), pool.epoch(name).seen
            if epoch.is_closed_as_known and not epoch.is_closed:
                expected -= rights.topped_up_minor - seen.topped_up_minor
                expected += rights.spent_minor - seen.spent_minor + rights.claims_minor - seen.claims_minor
        return expected


# --- by seed ----------------------------------------------------------------------------------------------------------


def life(seed: int, rules: Rules | None = None, steps: int = STEPS, check_every: int = 1) -> Counter[str]:
    """A whole life, and what happened in it. `Wrong` when it goes wrong: the same seed goes wrong the same way."""
    chance = Random(seed)
    plan = Plan(
        tills=chance.randint(5, 20),
        wallets=chance.randint(1, 4),
        credit=chance.choice((1, 500, 20_000)),
        float_minor=chance.choice((0, 500, 3_000)),
        loss_percent=chance.choice((0, 10, 40)),
        repeat_percent=chance.choice((0, 10, 40)),
        check_every=check_every,
    )
    fleet = Fleet(plan, seed, rules)
    kinds = chance.choices(KINDS, tuple(WEIGHTS.values()), k=steps)
    for kind in kinds:
        wait_ms = chance.randrange(3_000) if chance.random() < 0.97 else chance.randrange(400_000)
        amount = chance.randint(1, chance.choice((50, 2_000)))
        fleet.play(Step(kind, chance.randrange(20), chance.randrange(4), amount, wait_ms))
    fleet.settle()
    return fleet.counts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.fleet", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--operations", type=int, default=20_000, help="in all, 400 in each life (1000000 is the proof)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first life; the others follow")
    options = parser.parse_args(arguments)
    began, counts = time.perf_counter(), Counter[str]()
    lives = -(-options.operations // STEPS)
    for seed in range(options.seed, options.seed + lives):
        try:
            counts.update(life(seed))
        except Wrong as why:
            print(f"seed {seed}: {why}")
            return 1
    seconds = time.perf_counter() - began
    print(f"seeds {options.seed} to {seed}: {lives * STEPS} operations in {seconds:.1f} s, none wrong")
    for what, count in sorted(counts.items()):
        print(f"    {count:>10}  {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
