"""A sale of the past on the screen: found by the code on its receipt, shown, printed again, and never changed.

The last sale of the session is the state's; older ones are read from the journal. A paper of another session is never
printed as an original: whether one left the shop that day, only a person could say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from appliance.domain.errors import Refusal
from appliance.domain.journal import SettlementReversed, TicketClosed, WalletPaper
from appliance.domain.meaning import receipt_code
from appliance.store import journal

if TYPE_CHECKING:
    from appliance.service.till import Till


class PastSale(msgspec.Struct, frozen=True):
    """A sealed ticket that is not the last one."""

    closed: TicketClosed
    at: str
    """UTC, when it was closed."""
    printed: int
    """Papers that were ordered of it before it was opened here; `TillState.papers_of` has the last word."""
    next_document: int
    """Of the till when it was opened: a sale that is closed meanwhile is the result to show."""


def find(till: Till, code: str) -> PastSale | WalletPaper:
    """The sale behind a receipt's code, or the movement of a wallet. Raises Refusal: another till's, unknown, or
    corrected since."""
    number = int(code.rpartition("-")[2])
    if code != receipt_code(till.state.till, number) or not 0 < number < till.state.next_document:
        raise Refusal("scan.receipt_elsewhere", code=code)
    entry = till.ledger.read_now(lambda conn: journal.find_document(conn, number))
    if entry is not None and isinstance(entry.fact, WalletPaper):
        return entry.fact
    if entry is None or not isinstance(entry.fact, TicketClosed):
        raise Refusal("scan.receipt_elsewhere", code=code)
    if _is_reversed(till, number):
        raise Refusal("scan.receipt_corrected", number=f"{number:06d}")
    return PastSale(entry.fact, entry.at, _printed(till, entry.fact), till.state.next_document)


def _is_reversed(till: Till, number: int) -> bool:
    """Between a sale and its reversal there is nothing but movements of wallets."""

    def look(conn: Any) -> bool:
        following = journal.find_document(conn, number + 1)
        while following is not None and isinstance(following.fact, WalletPaper):
            following = journal.find_document(conn, following.fact.document + 1)
        return following is not None and isinstance(following.fact, SettlementReversed)

    return bool(till.ledger.read_now(look))


def _printed(till: Till, closed: TicketClosed) -> int:
    session = till.state.session
    if session is not None and session.number == closed.session:
        return till.state.copies.get(closed.document, 0)
    return int(till.ledger.read_now(lambda conn: journal.papers_issued(conn, closed.document)))


def opened(till: Till) -> PastSale | None:
    """The sale of the past that is on the screen now."""
    past = till.desk.past
    is_newest = past is not None and past.next_document == till.state.next_document
    return past if is_newest and till.desk.shows_result else None


def shown(till: Till) -> tuple[TicketClosed, str, int] | None:
    """The sale whose result is asked about, when it was closed, and its papers: the one on the screen, or the last."""
    state, past = till.state, opened(till)
    if past is not None:
        return past.closed, past.at, state.papers_of(past.closed, past.printed)
    if state.last_closed is None:
        return None
    return state.last_closed, state.last_closed_at, state.last_copies
