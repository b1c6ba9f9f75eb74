"""A till that belongs to a head office: rights to wallets that come, go back, and end; decided here, moved by `wallet`.

Every number that comes from head office is a sum since the till's epoch began, so a message that is repeated, late or
out of order decides nothing. What an open ticket has reserved never goes back.
"""

from __future__ import annotations

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.errors import Refusal
from appliance.domain.settlement import Moment, Outcome
from appliance.domain.state import TillState
from appliance.domain.wallet import Holding, Purse, grant, recall


def take_grant(state: TillState, intent: i.TakeGrant, moment: Moment) -> Outcome:
    """Nothing when it is known already, or when this epoch is over."""
    if state.fenced:
        return Outcome([])
    wallet = state.wallets.get(intent.customer)
    before = Holding() if wallet is None else wallet.holding
    gifted_before = 0 if wallet is None else wallet.gifted_granted_minor
    rights = grant(before.rights, intent.granted_minor, intent.float_minor)
    if rights == before.rights:
        return Outcome([])
    more = rights.granted_minor - before.rights.granted_minor
    gifted = min(more, max(0, intent.gifted_minor - gifted_before))
    part = Purse(more - gifted, gifted)
    return Outcome([j.RightsGranted(intent.customer, part, Holding(rights, before.purse + part))])


def return_rights(state: TillState, intent: i.ReturnRights, moment: Moment) -> Outcome:
    """As much as is free: given credit first, as it is spent first."""
    if state.fenced:
        return Outcome([])
    before, free = state.holding(intent.customer), state.available(intent.customer)
    reserved_minor = before.balance_minor - free.total_minor
    rights = recall(before.rights, intent.returned_minor, reserved_minor)
    back = rights.returned_minor - before.rights.returned_minor
    if not back:
        return Outcome([])
    part = free.take(back)
    return Outcome([j.RightsReturned(intent.customer, part, Holding(rights, before.purse - part))])


def fence_wallets(state: TillState, intent: i.FenceWallets, moment: Moment) -> Outcome:
    """Once. What open tickets have reserved is taken off them first. Refusal `wallet.reserved` while some has."""
    if state.fenced:
        return Outcome([])
    reserved = sum(state.reserved(customer).total_minor for customer in state.wallets)
    if reserved:
        raise Refusal("wallet.reserved", amount_minor=reserved)
    return Outcome([j.WalletsFenced(intent.code, {name: wallet.holding for name, wallet in state.wallets.items()})])


def note_enrolment(state: TillState, intent: i.NoteEnrolment, moment: Moment) -> Outcome:
    return Outcome([j.TillEnrolled(intent.chain, intent.till, intent.office)])
