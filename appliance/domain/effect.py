"""What must be done in the world after the commit: data, performed by `service` alone.

Each effect belongs to facts that are durable by then. An effect that moves paper or money is done at most once without
a person's word.
"""

from __future__ import annotations

import msgspec

from appliance.domain.card import CardRequest
from appliance.domain.journal import SessionClosed, TicketClosed, WalletPaper, XRead


class KickDrawer(msgspec.Struct, frozen=True, tag=True):
    """One pulse; `ticket` 0 when no sale asked for it."""

    reason: str
    ticket: int = 0


class PrintTicket(msgspec.Struct, frozen=True, tag=True):
    """The receipt of a sealed ticket; `copy` 0 is the original, n the n-th DUPLICATA."""

    closed: TicketClosed
    closed_at: str
    copy: int


class PrintWallet(msgspec.Struct, frozen=True, tag=True):
    """The receipt of a sealed movement of a wallet; `copy` 0 is the original, n the n-th DUPLICATA."""

    paper: WalletPaper
    at: str
    copy: int
    shop_papers: int = 0
    """Papers for the shop that come out with the original, and say so."""


class PrintStatement(msgspec.Struct, frozen=True, tag=True):
    """The movements of a customer's wallet."""

    customer: str


class PrintCopy(msgspec.Struct, frozen=True, tag=True):
    """What was printed for a document or a report before, with DUPLICATA n on it."""

    subject: int
    copy: int
    purpose: str = "ticket"


class PrintTest(msgspec.Struct, frozen=True, tag=True):
    """A test page on one printer: no fact, it is no part of the day (feature H-24)."""

    role: str
    code: str = ""
    """Print the label of « Scannez ce code » instead, which says this."""


class PrintReport(msgspec.Struct, frozen=True, tag=True):
    """The paper of an X or a Z."""

    report: XRead | SessionClosed
    opened_at: str
    at: str


class Authorize(msgspec.Struct, frozen=True, tag=True):
    """The terminal is asked to move money, once."""

    request: CardRequest


Effect = KickDrawer | PrintTicket | PrintWallet | PrintStatement | PrintCopy | PrintTest | PrintReport | Authorize
