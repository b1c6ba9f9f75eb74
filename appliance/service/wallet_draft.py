"""What is being typed about a wallet: a credit or its cancellation, and one of the rarer deeds. Nothing of it is in the
books, so nothing of it outlives the sheet."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from appliance.domain.intent import Payment

BLOCKS: Final = ("lost", "stolen", "dispute", "other")
"""Reasons to block a wallet; their words are below `screen.wallet.reason`."""
ADJUSTS: Final = ("goodwill", "mistake", "opening", "other")
"""Reasons to correct a balance."""


class CreditDraft(msgspec.Struct, frozen=True):
    """Créditer la cagnotte; with quantity -1, Annuler un crédit."""

    customer: str
    quantity: Literal[1, -1] = 1
    field: Literal["amount", "received"] = "amount"
    amount_minor: int = 0
    received_minor: int = 0
    """By the chosen means; 0 is all that remains."""
    mode: str = ""
    is_mode_chosen: bool = False
    """By a person; until then it is the till's proposal."""
    payments: tuple[Payment, ...] = ()
    """Parts that are in hand already; in the books only with the last one."""
    document: int = 0
    """Cancellation: the credit that is given back."""
    asks_amount: bool = False
    ticket: int = 0
    """Number of the ticket that is taken on the wallet afterwards; 0 for none."""
    back: str = "sale"
    """Screen that a card payment comes back to."""

    @property
    def is_untouched(self) -> bool:
        """Nothing was typed: another customer's card may take its place."""
        return not (self.amount_minor or self.received_minor or self.payments) and self.quantity == 1


class HandOut(msgspec.Struct, frozen=True):
    """Coins that are the customer's now that money moved on the wallet; on the screen until somebody does something
    else."""

    kind: Literal["credited", "cancelled", "refunded"]
    customer: str
    document: int
    moved_minor: int
    """What went on the wallet, or off it."""
    out_minor: int
    """What is to be given out of the drawer."""
    received_minor: int = 0
    """In coins and notes."""
    sale: int = 0
    """Document of the sale that was taken on the wallet at once; 0 for none."""


class Deed(msgspec.Struct, frozen=True):
    """One of the rarer deeds on a customer's wallet; the list of them while `action` is ""."""

    customer: str
    action: str = ""
    scanned: str = ""
    """The new card."""
