"""Movements of wallets as a statement lists them: which facts move money on a wallet, and what each of them moves.

Hides where a fact keeps its wallet, its parts and its image. A fact has no movement, one, or two (a transfer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from appliance.domain import journal as j
from appliance.domain.ticket import Tender
from appliance.domain.wallet import Holding, Purse

Kind = Literal[
    "credit", "change", "credit_cancelled", "purchase", "given_back", "refund", "adjustment",
    "transfer_in", "transfer_out", "granted", "returned", "fenced",
]  # fmt: skip


class Movement(msgspec.Struct, frozen=True, gc=False):
    """Money that came to one wallet, or left it."""

    wallet: str
    kind: Kind
    part: Purse
    """Signed: what was spent, cancelled or paid out is negative, in both parts."""
    after: Purse
    document: int = 0
    """Number of the sealed document; 0 for one that has none (an adjustment, a transfer)."""
    of_document: int = 0
    """Document that this one takes back, or whose change this is; 0 otherwise."""
    ticket: int = 0
    """Ticket that the wallet paid; of a credit the ticket that was in hand."""
    seller: str = ""
    modes: str = ""
    """Means by which the money came or went, as they are called at the till."""
    other: str = ""
    """The other wallet of a transfer."""
    reason: str = ""


def movements(fact: Any) -> tuple[Movement, ...]:
    """What a fact moved, in the order of the book; nothing for most facts."""
    found = _MOVES.get(type(fact))
    return () if found is None else tuple(found(fact))


def _names(tenders: tuple[Tender, ...]) -> str:
    return ", ".join(tender.name for tender in tenders)


def _credited(fact: j.WalletCredited) -> Iterator[Movement]:
    kind: Kind = "change" if fact.change_of else "credit"
    yield Movement(
        fact.customer, kind, fact.part, fact.after.purse, fact.document, fact.change_of, fact.ticket, fact.seller,
        _names(fact.tenders),
    )  # fmt: skip


def _cancelled(fact: j.WalletCreditCancelled) -> Iterator[Movement]:
    yield Movement(
        fact.customer, "credit_cancelled", -fact.part, fact.after.purse, fact.document, fact.of, fact.ticket,
        fact.seller, _names(fact.tenders), reason=fact.reason,
    )  # fmt: skip


def _refunded(fact: j.WalletRefunded) -> Iterator[Movement]:
    yield Movement(
        fact.customer, "refund", -fact.part, fact.after.purse, fact.document, 0, fact.ticket, fact.seller,
        _names(fact.tenders), reason=fact.reason,
    )  # fmt: skip


def _adjusted(fact: j.WalletAdjusted) -> Iterator[Movement]:
    yield Movement(fact.customer, "adjustment", fact.part, fact.after.purse, seller=fact.by, reason=fact.reason)


def _transferred(fact: j.WalletTransferred) -> Iterator[Movement]:
    out, into = fact.source_after.purse, fact.target_after.purse
    yield Movement(fact.source, "transfer_out", -fact.part, out, other=fact.target, reason=fact.reason)
    yield Movement(fact.target, "transfer_in", fact.part, into, other=fact.source, reason=fact.reason)


def _granted(fact: j.RightsGranted) -> Iterator[Movement]:
    if fact.part.total_minor:
        yield Movement(fact.customer, "granted", fact.part, fact.after.purse)


def _returned(fact: j.RightsReturned) -> Iterator[Movement]:
    yield Movement(fact.customer, "returned", -fact.part, fact.after.purse)


def _fenced(fact: j.WalletsFenced) -> Iterator[Movement]:
    for customer, holding in fact.wallets.items():
        if holding.balance_minor:
            yield Movement(customer, "fenced", -holding.purse, Purse(), reason=fact.code)


def _spent(closed: j.TicketClosed) -> Purse:
    return sum((row.purse for row in closed.tenders if row.wallet), Purse())


def _sold(fact: j.TicketClosed) -> Iterator[Movement]:
    after: Holding | None = fact.wallet
    if after is not None:
        yield Movement(
            fact.customer, "purchase", -_spent(fact), after.purse, fact.document, 0, fact.ticket, fact.seller
        )


def _reversed(fact: j.SettlementReversed) -> Iterator[Movement]:
    after, of = fact.wallet, fact.of
    if after is not None:
        yield Movement(of.customer, "given_back", _spent(of), after.purse, fact.document, of.document, of.ticket)


_MOVES: dict[type, Callable[[Any], Iterator[Movement]]] = {
    j.WalletCredited: _credited,
    j.WalletCreditCancelled: _cancelled,
    j.WalletRefunded: _refunded,
    j.WalletAdjusted: _adjusted,
    j.WalletTransferred: _transferred,
    j.RightsGranted: _granted,
    j.RightsReturned: _returned,
    j.WalletsFenced: _fenced,
    j.TicketClosed: _sold,
    j.SettlementReversed: _reversed,
}
