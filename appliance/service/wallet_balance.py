"""The balance of a client's wallet on the receipts of sales, where the shop wants it (feature W-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain.journal import TicketClosed

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
