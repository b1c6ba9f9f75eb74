"""The journal of a till that belongs to a head office, as far as its wallets go: facts with true images, chained.

till = WalletTill("caisse-1")
till.credits("c-anne", 5000)
till.spends("c-anne", 1200)
till.batch()                     # what is new since the last one
"""

from __future__ import annotations

from typing import Any

from appliance.domain import journal as j
from appliance.domain import wallet as core
from appliance.domain.journal import GENESIS, Entry, chain
from appliance.domain.ticket import Tender
from appliance.domain.wallet import Holding, Purse, Rights
from appliance.protocol import wire

AT = "2026-11-21T09:00:00.000Z"


class WalletTill:
    def __init__(self, name: str, epoch: str = "e1") -> None:
        self.name, self.epoch = name, epoch
        self.entries: list[Entry] = []
        self.sent = 0
        self.held: dict[str, Holding] = {}
        self.documents = 0
        self._gifted: dict[str, int] = {}
        self.writes(j.RegisterCreated(name, "CHF", "CH", "test"))

    def writes(self, *facts: Any) -> None:
        last = self.entries[-1] if self.entries else None
        self.entries += chain(
            list(facts), seq=last.seq if last else 0, prev_hash=last.hash if last else GENESIS, epoch=self.epoch,
            at=AT, actor="camille",
        )  # fmt: skip

    def holding(self, wallet: str) -> Holding:
        return self.held.get(wallet, Holding())

    def free(self, wallet: str) -> int:
        return self.holding(wallet).rights.free_minor

    def credits(self, wallet: str, paid: int, gifted: int = 0) -> None:
        before, part = self.holding(wallet), Purse(paid, gifted)
        self.held[wallet] = after = before.plus(part)
        self.documents += 1
        cash = (Tender(1, "cash", "Espèces", "cash", paid),)
        self.writes(j.WalletCredited(self.documents, 1, wallet, part, cash, before.balance_minor, after))

    def spends(self, wallet: str, amount: int) -> None:
        """A sale of that much, paid by the wallet. Refusal when it is not there."""
        before = self.holding(wallet)
        part = before.purse.take(amount)
        self.held[wallet] = after = before.minus(part)
        self.documents += 1
        tender = Tender(1, "wallet", "Cagnotte", "wallet", amount, wallet=wallet, gifted_minor=part.gifted_minor)
        self.writes(
            j.TicketClosed(
                self.documents, self.documents, 1, "take-away", "camille", (), (), (), (tender,), amount, amount,
                customer=wallet, wallet=after,
            )
        )  # fmt: skip

    def target(self, wallet: str, amount: int) -> int:
        return core.need(self.holding(wallet).rights, amount)

    def question(self, wallet: str, amount: int, name: str = "q1") -> wire.Need:
        return wire.Need(name, self.epoch, wallet, self.target(wallet, amount), self.holding(wallet), len(self.entries))

    def takes(self, grant: wire.Grant) -> None:
        before = self.holding(grant.wallet)
        more = max(0, grant.granted_minor - before.rights.granted_minor)
        gifted = min(more, max(0, grant.gifted_minor - self._gifted.get(grant.wallet, 0)))
        self._gifted[grant.wallet] = max(grant.gifted_minor, self._gifted.get(grant.wallet, 0))
        part = Purse(more - gifted, gifted)
        rights = core.grant(before.rights, grant.granted_minor, grant.float_minor)
        self.held[grant.wallet] = after = Holding(rights, before.purse + part)
        self.writes(j.RightsGranted(grant.wallet, part, after))

    def gives_back(self, recall: wire.Recall) -> None:
        before = self.holding(recall.wallet)
        rights = core.recall(before.rights, recall.returned_minor)
        part = before.purse.take(rights.returned_minor - before.rights.returned_minor)
        self.held[recall.wallet] = after = Holding(rights, before.purse - part)
        self.writes(j.RightsReturned(recall.wallet, part, after))

    def is_fenced(self, code: str) -> None:
        self.writes(j.WalletsFenced(code, dict(self.held)))
        self.held = {}

    def forged(self, wallet: str, rights: Rights, purse: Purse) -> None:
        """An image that no honest till writes."""
        self.writes(j.RightsGranted(wallet, Purse(), Holding(rights, purse)))

    def batch(self) -> wire.Batch:
        fresh = self.entries[self.sent :]
        self.sent = len(self.entries)
        return wire.pack(fresh)
