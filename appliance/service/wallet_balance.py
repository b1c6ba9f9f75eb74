"""What a sale did to its client's wallet, for its receipt and its result: the balance (feature W-12), and the change
that was put there (feature W-26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from appliance.domain.journal import TicketClosed, WalletCredited, WalletPaper
from appliance.store import journal

if TYPE_CHECKING:
    from appliance.service.till import Till


def after(till: Till, closed: TicketClosed) -> int | None:
    """What the wallet had left after this sale, or has now where it paid nothing of it; None: not on this receipt."""
    rules = till.shop.wallet_rules_in(till.config.profile)
    if rules.balance == "never" or not rules.enabled or not closed.customer:
        return None
    if closed.wallet is not None:
        return closed.wallet.balance_minor
    if rules.balance == "wallet" or closed.customer not in till.state.wallets:
        return None
    return till.state.holding(closed.customer).balance_minor


def now(till: Till, closed: TicketClosed) -> int | None:
    """What the wallet that paid this sale, or took its change, holds now; None: it has no part in it."""
    has_part = closed.wallet is not None or kept_minor(till, closed) > 0
    return till.state.available(closed.customer).total_minor if has_part and closed.customer else None


def kept_minor(till: Till, closed: TicketClosed) -> int:
    """Change of this sale that was put on the wallet and not handed out."""
    if not any(tender.change_minor or tender.kept_minor for tender in closed.tenders):
        return 0
    state = till.state
    if state.last_closed is not None and state.last_closed.document == closed.document:
        if state.change_credit is None:
            return 0
        customer, document = state.change_credit
        wallet = state.wallets.get(customer)
        credit = None if wallet is None else wallet.credit(document)
        if credit is not None:
            return credit.part.total_minor
    return int(till.ledger.read_now(lambda conn: _kept_in(conn, closed.document)))


def _kept_in(conn: Any, document: int) -> int:
    """From the journal: between a sale and where its change went there are only movements of wallets."""
    following = journal.find_document(conn, document + 1)
    while following is not None and isinstance(following.fact, WalletPaper):
        fact = following.fact
        if isinstance(fact, WalletCredited) and fact.change_of == document:
            return fact.part.total_minor
        following = journal.find_document(conn, fact.document + 1)
    return 0


def ticket_of(till: Till, document: int) -> int:
    """Number of the ticket that this document sealed; 0 when it is none."""
    closed = till.state.last_closed
    if closed is not None and closed.document == document:
        return closed.ticket
    entry = till.ledger.read_now(lambda conn: journal.find_document(conn, document))
    return entry.fact.ticket if entry is not None and isinstance(entry.fact, TicketClosed) else 0
