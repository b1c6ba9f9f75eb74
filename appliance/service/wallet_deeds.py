"""The rarer deeds on a wallet: blocked, given another card, moved to another customer, refunded, corrected.

The list shows what makes sense now, each needs a manager's right, and one sheet serves them all. A card that stands for
the wallet is read here while its sheet is open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from appliance.domain import intent as i
from appliance.domain.customer import Customer, CustomerCode, code_key
from appliance.domain.errors import Refusal
from appliance.domain.meaning import may_be_card
from appliance.i18n import t
from appliance.protocol import command as c
from appliance.service import card, clients, people, scanning, wallets
from appliance.service.wallet_draft import ADJUSTS, BLOCKS, Deed

if TYPE_CHECKING:
    from appliance.service.till import Till

RIGHT_OF: Final = {
    "block": "block_wallet",
    "unblock": "block_wallet",
    "replace_card": "block_wallet",
    "transfer": "transfer_wallet",
    "refund": "refund_balance",
    "adjust": "adjust_wallet",
}


def possible(till: Till, customer: Customer) -> tuple[str, ...]:
    """Deeds that make sense on this wallet now."""
    wallet, held = till.state.wallets.get(customer.id), till.state.holding(customer.id).balance_minor
    is_blocked = wallet is not None and bool(wallet.blocked)
    if not wallets.rules_of(till).enabled:  # kept, and given back by right
        return ("unblock",) if is_blocked and held else ("refund",) if held else ()
    found = ["unblock" if is_blocked else "block", "replace_card"]
    if held:
        found.append("transfer")
    if not is_blocked:
        found += ["refund", "adjust"] if held else ["adjust"]
    return tuple(found)


def reasons_of(till: Till, action: str) -> tuple[tuple[str, str], ...]:
    """(id, words) of the reasons of a deed."""
    known = {"block": BLOCKS, "adjust": ADJUSTS}.get(action, ())
    return tuple((each, t(f"screen.wallet.reason.{each}", till.config.language)) for each in known)


def _open_action(till: Till, command: c.OpenWalletAction) -> None:
    people.require_session(till)
    customer = wallets.owner_of(till, command.customer)
    if command.action is not None and command.action not in possible(till, customer):
        raise Refusal("wallet.not_now")
    desk = till.desk
    desk.close_sheet()
    desk.sheet, desk.deed = wallets.ACTION, Deed(customer.id, command.action or "")
    if command.action == "transfer":
        clients.show_all(till)


def _do_action(till: Till, command: c.DoWalletAction) -> None:
    """A manager's deed. Only the fields of the open one count."""
    desk, deed = till.desk, till.desk.deed
    if deed is None or not deed.action or (desk.sheet != wallets.ACTION and not till.approved):
        raise Refusal("wallet.left")
    desk.sheet = wallets.ACTION
    reason = _words(till, deed.action, command.reason)
    if deed.action in ("block", "adjust") and not reason:
        raise Refusal("wallet.reason")
    if deed.action == "replace_card" and not (command.code or deed.scanned):
        raise Refusal("wallet.scan_card")
    if till.require(RIGHT_OF[deed.action], command):
        till.check_room()
        _DEEDS[deed.action](till, deed, command, reason)


def _words(till: Till, action: str, reason: str) -> str:
    """Of a reason that the deed offers; a deed without reasons has none. What is written of it outlives the customer,
    so nobody types it. Raises Refusal."""
    offered = dict(reasons_of(till, action))
    if offered and reason and reason not in offered:
        raise Refusal("wallet.reason")
    return offered.get(reason, "")


def _end(till: Till, code: str, /, **params: Any) -> None:
    till.desk.close_sheet()
    till.desk.deed = None
    till.desk.sound("scan_ok")
    till.desk.say(code, source="wallet", **params)
    till.fold_messages()


def _block(till: Till, deed: Deed, command: c.DoWalletAction, reason: str) -> None:
    till.do(i.BlockWallet(deed.customer, reason))
    _end(till, "wallet.is_blocked", reason=reason)


def _unblock(till: Till, deed: Deed, command: c.DoWalletAction, reason: str) -> None:
    till.do(i.UnblockWallet(deed.customer, reason))
    _end(till, "wallet.is_unblocked")


def _transfer(till: Till, deed: Deed, command: c.DoWalletAction, reason: str) -> None:
    target = wallets.owner_of(till, command.customer)
    amount = till.state.available(deed.customer).total_minor
    till.do(i.TransferWallet(deed.customer, target.id, reason, rules=wallets.rules_of(till)))
    _end(till, "wallet.transferred", amount_minor=amount, name=target.name)


def _refund(till: Till, deed: Deed, command: c.DoWalletAction, reason: str) -> None:
    mode = wallets.funding_mode(till, command.mode)
    by_hand = card.by_terminal(till, mode)  # the terminal gives back payments, not balances
    wallets.credited(till, till.do(i.RefundBalance(deed.customer, mode, reason, by_hand)))


def _adjust(till: Till, deed: Deed, command: c.DoWalletAction, reason: str) -> None:
    by = till.desk.approver if till.approved else till.state.seller
    till.do(i.AdjustWallet(deed.customer, command.amount_minor, reason, by, rules=wallets.rules_of(till)))
    balance = till.state.holding(deed.customer).balance_minor
    _end(till, "wallet.adjusted", amount_minor=command.amount_minor, balance_minor=balance)


def _replace_card(till: Till, deed: Deed, command: c.DoWalletAction, reason: str) -> None:
    """The old cards identify nobody any more; the balance stays (feature W-22)."""
    customer, code = wallets.owner_of(till, deed.customer), command.code or deed.scanned
    _check_card(till, customer, code)
    now = clients.now(till)
    old = tuple(
        replace(row, state="replaced", since=now) if row.state == "active" else row
        for row in customer.codes
        if code_key(row.code) != code_key(code)
    )
    clients.write(till, replace(customer, codes=(*old, CustomerCode(code, since=now))), customer)
    clients.list_again(till, customer.id)
    wallet = till.state.wallets.get(customer.id)
    is_blocked = wallet is not None and bool(wallet.blocked)
    _end(till, "wallet.card_replaced_blocked" if is_blocked else "wallet.card_replaced", code=code)


def _check_card(till: Till, customer: Customer, code: str) -> None:
    holder = till.directory.holder_of(code)
    if holder is not None and holder.customer != customer.id:
        other = till.directory.get(holder.customer)
        raise Refusal("client.code_taken", holder=other.name if other is not None else "")
    if not may_be_card(scanning.words_of(till), code):
        raise Refusal("client.is_article")


_DEEDS: Final[dict[str, Callable[[Any, Deed, Any, str], None]]] = {
    "block": _block,
    "unblock": _unblock,
    "transfer": _transfer,
    "refund": _refund,
    "adjust": _adjust,
    "replace_card": _replace_card,
}


def reads_card(till: Till) -> bool:
    """Whether the next code is the customer's new card."""
    deed = till.desk.deed
    return till.desk.sheet == wallets.ACTION and deed is not None and deed.action == "replace_card"


def read_card(till: Till, code: str) -> None:
    deed = till.desk.deed
    assert deed is not None
    _check_card(till, wallets.owner_of(till, deed.customer), code)
    till.desk.deed = replace(deed, scanned=code)
    till.desk.sound("scan_ok")


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.OpenWalletAction: _open_action,
    c.DoWalletAction: _do_action,
}
