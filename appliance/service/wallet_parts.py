"""Parts of a credit that are in hand before its last one: in no book yet, and the customer's money all the same.

What is owed so is kept on the disk before the sheet shows it, until the credit is booked or somebody has closed the
message that says to give it back. A till that starts again with it says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.store import credit_parts as store
from appliance.store.credit_parts import Parts

if TYPE_CHECKING:
    from appliance.service.till import Till

SOURCE: Final = "wallet parts"
"""Of the message that says what is to be given back."""


def keep(till: Till) -> None:
    """After every order: what is in hand now, in the transaction of what was decided."""
    desk, owed = till.desk, _owed(till)
    if owed == desk.parts:
        return
    desk.parts = owed
    till.ledger.also(lambda conn: store.keep(conn, owed), urgent=True)


def _owed(till: Till) -> Parts | None:
    desk, running = till.desk, till.state.card
    if desk.credit is not None and desk.credit.payments:
        return Parts(desk.credit.customer, sum(payment.amount_minor or 0 for payment in desk.credit.payments))
    asks_terminal = running is not None and running.request.credit is not None
    is_said = any(notice.source == SOURCE for notice in desk.notices)
    return desk.parts if asks_terminal or is_said else None


def remember(till: Till) -> None:
    """At a start: what was in hand when the till stopped. A card payment that is still open knows of it itself."""
    desk, running = till.desk, till.state.card
    desk.parts = till.ledger.read_now(store.read)
    if desk.parts is None or (running is not None and running.request.credit is not None):
        return
    customer = till.directory.get(desk.parts.customer)
    name = customer.name if customer is not None else desk.parts.customer
    desk.say("wallet.were_received", "warn", source=SOURCE, amount_minor=desk.parts.amount_minor, name=name)
    desk.notices[0].sticky = True


def give_back(till: Till, amount_minor: int) -> None:
    """The sheet was left: said until it is closed."""
    till.desk.say("wallet.give_back", "warn", source=SOURCE, amount_minor=amount_minor)
    till.desk.notices[0].sticky = True


def booked(till: Till, customer: str) -> None:
    """The customer's credit is true: what was said of its parts is over."""
    if till.desk.parts is not None and till.desk.parts.customer == customer:
        till.desk.hush(SOURCE)
