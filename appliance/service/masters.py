"""Mes Données: means of payment and groups of customers, as a manager sets them up.

A visit needs the right once; until the screen is left, what is changed there is that manager's. Each change is a fact
and the new set-up in one transaction, and holds from the next order
on: nothing is read from the set-up before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec.structs import replace

from appliance.domain import customer as people
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain import tendering
from appliance.domain.catalog import FAVOURITES, TenderMode, fold
from appliance.domain.customer import Group
from appliance.domain.errors import Refusal
from appliance.protocol import command as c
from appliance.service import clients
from appliance.service.masters_draft import GroupDraft, ModeDraft, fill_group, fill_mode
from appliance.service.people import land, require_session
from appliance.store import customers as store

if TYPE_CHECKING:
    from appliance.service.till import Till

RIGHT: Final = "masters"
SECTIONS: Final[tuple[Literal["modes", "groups"], ...]] = ("modes", "groups")


# --- the visit ------------------------------------------------------------------------------------------------------


def open_tab(till: Till, command: c.ShowTab) -> None:
    """Mes Données; who has no right to it is asked for a manager's code first."""
    require_session(till)
    if not till.require(RIGHT, command):
        return
    desk, seller = till.desk, till.state.seller
    desk.close_sheet()
    desk.screen, desk.shows_result = "masters", False
    _open_section(till, command.section or SECTIONS[0])
    desk.masters_seller = seller
    desk.masters_by = seller if till.operators.may(seller, RIGHT) else desk.approver
    till.forget_undo()


def look_away(till: Till) -> None:
    """The screen was left, or somebody else is at the till: the visit is over, and nothing of it can be taken back
    without the right."""
    desk = till.desk
    if desk.screen == "masters":
        if till.state.seller == desk.masters_seller:
            return
        desk.close_sheet()
        land(till)
    desk.masters_by, desk.mode_draft, desk.group_draft = "", None, None
    if desk.undo is not None and isinstance(desk.undo.intent, c.SwitchTenderMode | c.MoveTenderMode):
        till.forget_undo()


def _visited(till: Till) -> None:
    if till.desk.screen != "masters":
        raise Refusal("masters.closed")


def _show_section(till: Till, command: c.ShowSection) -> None:
    _visited(till)
    till.desk.close_sheet()
    _open_section(till, command.section)


def _open_section(till: Till, section: Literal["modes", "groups"]) -> None:
    till.desk.masters_section = section
    if section == "groups":
        till.desk.group_members = till.ledger.read_now(store.member_counts)


# --- means of payment -----------------------------------------------------------------------------------------------


def modes(till: Till) -> tuple[TenderMode, ...]:
    """All means of payment in their order, *Cagnotte client* also where the shop never had it."""
    return tendering.with_wallet(till.shop.tenders)


def _mode(till: Till, mode_id: str) -> TenderMode:
    found = next((mode for mode in modes(till) if mode.id == mode_id), None)
    if found is None:
        raise Refusal("tender.unknown")
    return found


def _keep(till: Till, made: TenderMode, place: int | None = None) -> None:
    """This is the means of payment from now on, and its place where one is given."""
    known = {mode.id: mode for mode in till.shop.tenders}
    before, by = known.get(made.id), till.desk.masters_by
    if made != before:
        till.do(i.NoteShop(j.TenderModeChanged(made, before, by)))
    known[made.id] = made
    tenders = tendering.ordered(known.values())
    if place is not None and tenders.index(made) != place:
        tenders = tendering.placed(tenders, made.id, place)
        till.do(i.NoteShop(j.TenderModesOrdered(tuple(mode.id for mode in tenders), by)))
    till.take_shop(replace(till.shop, tenders=tenders))


def balances(till: Till) -> tuple[int, int]:
    """(customers whose wallet is not empty, what is on all of them)."""
    held = [wallet.holding.balance_minor for wallet in till.state.wallets.values()]
    return sum(balance > 0 for balance in held), sum(held)


def _switch(till: Till, command: c.SwitchTenderMode) -> None:
    _visited(till)
    mode, desk = _mode(till, command.mode), till.desk
    desk.close_sheet()
    if mode.enabled == command.on:
        return
    if mode.kind == "wallet" and not command.on and not command.confirmed and balances(till)[0]:
        desk.sheet, desk.mode_off = "mode_off", mode.id
        return
    _keep(till, replace(mode, enabled=command.on))
    word = ("wallet" if mode.kind == "wallet" else "mode") + ("_on" if command.on else "_off")
    till.offer_undo(f"undo.{word}", c.SwitchTenderMode(mode.id, not command.on, confirmed=True), name=mode.name)


def _move(till: Till, command: c.MoveTenderMode) -> None:
    _visited(till)
    listed = modes(till)
    mode = _mode(till, command.mode)
    place = listed.index(mode)
    if min(command.place, len(listed) - 1) == place:
        return
    _keep(till, mode, command.place)
    till.offer_undo("undo.modes_ordered", c.MoveTenderMode(mode.id, place))


def _edit(till: Till, command: c.EditTenderMode) -> None:
    _visited(till)
    listed, desk = modes(till), till.desk
    desk.close_sheet()
    if command.mode:
        mode, places = _mode(till, command.mode), len(listed)
        place = listed.index(mode)
    else:
        mode = TenderMode("", "", tendering.ICONS["other"], "other", 0)
        place, places = len(listed), len(listed) + 1
    desk.mode_draft = ModeDraft(desk.next_form, mode, place, places)
    desk.next_form += 1
    desk.sheet = "tender_mode"


def _fill(till: Till, command: c.FillTenderMode) -> None:
    draft = till.desk.mode_draft
    if draft is not None and till.desk.sheet == "tender_mode":
        till.desk.mode_draft = fill_mode(draft, command)


def _save(till: Till, command: c.SaveTenderMode) -> None:
    _visited(till)
    draft, desk, listed = till.desk.mode_draft, till.desk, modes(till)
    if draft is None or desk.sheet != "tender_mode":
        return
    made = tendering.tidy(draft.mode)
    errors = tendering.faults(made, listed)
    if errors:
        desk.mode_draft = replace(draft, errors=errors)
        desk.sound("scan_refused")
        return
    if not made.id:
        made = replace(made, id=tendering.new_id(made.name, listed), order=listed[-1].order + 1)
    desk.close_sheet()
    _keep(till, made, draft.place)
    desk.mode_draft = None


# --- groups of customers --------------------------------------------------------------------------------------------


def _group(till: Till, group_id: str) -> Group:
    found = till.directory.group(group_id)
    if found is None:
        raise Refusal("group.unknown")
    return found


def _edit_group(till: Till, command: c.EditGroup) -> None:
    _visited(till)
    desk = till.desk
    group = _group(till, command.group) if command.group else Group("", "", order=len(till.directory.groups()) + 1)
    desk.close_sheet()
    desk.group_draft = GroupDraft(desk.next_form, group)
    desk.next_form += 1
    desk.sheet = "group_form"


def _fill_group(till: Till, command: c.FillGroup) -> None:
    desk = till.desk
    if desk.group_draft is not None and desk.sheet == "group_form":
        categories = frozenset(row.id for row in till.catalog.categories if row.id != FAVOURITES)
        desk.group_draft = fill_group(desk.group_draft, command, categories)


def _save_group(till: Till, command: c.SaveGroup) -> None:
    _visited(till)
    draft, desk = till.desk.group_draft, till.desk
    if draft is None or desk.sheet != "group_form":
        return
    made = replace(draft.group, label=" ".join(draft.group.label.split()))
    errors = {fault.field: fault.code for fault in till.ledger.read_now(lambda conn: store.check_group(conn, made))}
    errors |= {field: code for field, code in draft.errors.items() if field.startswith("rates.")}
    if any(other.id != made.id and fold(other.label) == fold(made.label) for other in till.directory.groups()):
        errors.setdefault("label", "group.label_taken")  # also of a group that is being written
    if errors:
        desk.group_draft = replace(draft, errors=errors, picking=None)
        desk.sound("scan_refused")
        return
    before = till.directory.group(made.id)
    desk.close_sheet()
    desk.group_draft = None
    if made == before:
        return
    if before is None:
        made = replace(made, id=people.make_id("g-", secrets.token_bytes(people.ID_BYTES)))
    waiting = clients.tickets_of_group(till, made.id)
    till.do(i.NoteShop(j.GroupChanged(made, before, desk.masters_by)))
    till.ledger.also(lambda conn: _store_group(conn, made))
    till.directory.put_group(made)
    clients.rate_tickets(till, waiting)


def _store_group(conn: Any, made: Group) -> None:
    store.write_group(conn, made)


def _delete_group(till: Till, command: c.DeleteGroup) -> None:
    """Asks where its customers go; with the answer they go there and the group is gone, in one step."""
    _visited(till)
    desk, group, target = till.desk, _group(till, command.group), command.move_to
    desk.close_sheet()
    if target is None:
        desk.sheet, desk.group_leaving = "group_delete", group.id
        return
    if target and (target == group.id or till.directory.group(target) is None):
        raise Refusal("group.unknown")
    count = till.ledger.read_now(lambda conn: store.member_count(conn, group.id))
    waiting = clients.tickets_of_group(till, group.id)
    till.do(i.NoteShop(j.GroupDeleted(group, target, count, desk.masters_by)))
    till.ledger.also(lambda conn: _drop_group(conn, group.id, target))
    till.directory.drop_group(group.id, target)
    desk.group_members = {**desk.group_members, target: desk.group_members.get(target, 0) + count}
    desk.group_draft = None
    clients.rate_tickets(till, waiting)
    desk.say("group.deleted", source="group", label=group.label)
    till.fold_messages()


def _drop_group(conn: Any, group_id: str, target: str) -> None:
    store.drop_group(conn, group_id, target)


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.ShowSection: _show_section,
    c.SwitchTenderMode: _switch,
    c.MoveTenderMode: _move,
    c.EditTenderMode: _edit,
    c.FillTenderMode: _fill,
    c.SaveTenderMode: _save,
    c.EditGroup: _edit_group,
    c.FillGroup: _fill_group,
    c.SaveGroup: _save_group,
    c.DeleteGroup: _delete_group,
}
