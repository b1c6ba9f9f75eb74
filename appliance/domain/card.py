"""Card payments whose outcome somebody else decides: what was asked of the terminal, and what is not proven yet.

    CardRequest    one request to move money, on record before its first byte leaves
    OpenCard       the request that waits for its outcome; the till does nothing else with money meanwhile
    CardDoubt      a request that a person answered for the terminal, until the terminal has said so itself

A request moves money at most once. An attempt that moved nothing is repeated as a new request.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.domain.ticket import Tender
from appliance.domain.wallet import Purse

CardOutcome = Literal["accepted", "refused", "aborted", "not_started"]
"""Outcomes that do not change: only the first one moved money."""


class CreditOrder(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Why a card moves money without a ticket: for a credit of a wallet, or for one that is cancelled."""

    customer: str
    part: Purse
    """What is credited; of a cancellation, the paid part that goes back."""
    tenders: tuple[Tender, ...]
    """All that is paid or given back, the card's among them, as it will be booked."""
    of: int = 0
    """Cancellation: document of the credit."""
    reason: str = ""

    def with_card(self, tender: Tender) -> tuple[Tender, ...]:
        """The tenders once the card's outcome is known."""
        return tuple(tender if row.id == tender.id else row for row in self.tenders)


class CardRequest(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A debit, or a refund: of a ticket, or of a credit of a wallet."""

    id: str
    """Never used again, on any terminal."""
    kind: Literal["debit", "refund"]
    ticket: int
    """Number of the ticket as people know it; the same for every attempt of one sale. 0 for a wallet's credit."""
    tender: Tender
    """What becomes of it once it is accepted; of a refund, the tender that is given back."""
    document: int = 0
    """Refund of a sealed sale: its document; 0 for a tender of a ticket that is still open."""
    original: str = ""
    """Refund: the terminal's name for the payment; "" when it never told one."""
    doubt: str = ""
    """Refund of a debit that belongs to no sale: id of that request."""
    credit: CreditOrder | None = None
    """What is booked instead of a tender of a ticket."""

    @property
    def amount_minor(self) -> int:
        """What the terminal is asked to move, above zero."""
        return charged_minor(self.tender)


def charged_minor(tender: Tender) -> int:
    """What the customer's card is charged for a tender."""
    return tender.received_minor or tender.amount_minor + tender.rounding_minor


class OpenCard(msgspec.Struct):
    request: CardRequest
    at: str
    """When it was put on record, UTC."""
    unknown_at: str = ""
    """Since when its answer is lost; "" while the terminal is at work."""
    reason: str = ""
    """Why the answer is not known."""


class CardDoubt(msgspec.Struct):
    request: CardRequest
    accepted: bool
    """What the person said."""
    session: int
    at: str
    """When it was put on record, UTC."""
    says: Literal["", "accepted", "refused"] = ""
    """What the terminal said later, when that is the contrary."""
    reference: str = ""
    """The terminal's own name for the payment, once it has told."""
    family: int = 0
    """The family of tickets it speaks of, wherever the basket has gone since (`Ticket.family`)."""

    @property
    def is_owed(self) -> bool:
        """Whether the shop holds a customer's money without a sale, if the person was wrong."""
        return self.accepted != (self.request.kind == "debit")
