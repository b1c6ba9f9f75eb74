"""Mes Données as the kiosk draws it: means of payment, groups of customers, and their editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.domain.catalog import FAVOURITES, TenderMode
from appliance.domain.customer import Group, GroupRate
from appliance.domain.tendering import NEW_KINDS, ROUNDINGS_MINOR, questions_of
from appliance.protocol import view as v
from appliance.service import display_clients, masters
from appliance.service.masters_draft import RATES_MAX

if TYPE_CHECKING:
    from appliance.service.masters_draft import GroupDraft, ModeDraft
    from appliance.service.till import Till

DOES_OVERPAID: Final = {"change": "masters.does.change", "keep": "masters.does.keep", "refuse": "masters.does.exact"}


def masters_view(till: Till) -> v.MastersView:
    """Tab Mes Données."""
    desk = till.desk
    on_modes = desk.masters_section == "modes"
    return v.MastersView(
        tabs=display_clients.tabs(till),
        sections=masters.SECTIONS,
        section=desk.masters_section,
        modes=tuple(_mode_row(till, mode) for mode in masters.modes(till)) if on_modes else (),
        groups=() if on_modes else tuple(_group_row(till, group) for group in till.directory.groups()),
    )


# --- means of payment -----------------------------------------------------------------------------------------------


def _mode_row(till: Till, mode: TenderMode) -> v.TenderModeRow:
    does, params = _does(till, mode)
    return v.TenderModeRow(
        mode.id, mode.name, mode.icon, mode.kind, does, params, mode.enabled, mode.opens_drawer, mode.quick_key,
        mode.needs_customer,
    )  # fmt: skip


def _does(till: Till, mode: TenderMode) -> tuple[str, dict[str, str | int]]:
    if mode.kind == "cash":
        if mode.rounding_minor > 1:
            return "masters.does.rounded", {"step_minor": mode.rounding_minor}
        return "masters.does.change", {}
    if mode.kind == "card":
        return ("masters.does.terminal" if till.terminal.is_configured else "masters.does.by_hand"), {}
    if mode.kind == "wallet":
        count, kept = (0, 0) if mode.enabled else masters.balances(till)
        return ("masters.does.wallet_kept", {"count": count, "amount_minor": kept}) if count else (
            "masters.does.wallet", {},
        )  # fmt: skip
    return mode.note or DOES_OVERPAID[mode.overpayment], {}


def mode_sheet(till: Till) -> v.TenderModeSheet | None:
    """The editor of a means of payment."""
    draft: ModeDraft | None = till.desk.mode_draft
    if draft is None:
        return None
    mode = draft.mode
    asked = questions_of(mode.kind)
    return v.TenderModeSheet(
        serial=draft.serial,
        mode=mode.id,
        name=mode.name,
        kind=mode.kind,
        place=draft.place + 1,
        places=draft.places,
        kinds=() if mode.id else NEW_KINDS,
        opens_drawer=mode.opens_drawer if "opens_drawer" in asked else None,
        quick_key=mode.quick_key if "quick_key" in asked else None,
        overpayment=mode.overpayment if "overpayment" in asked else None,
        rounding_minor=mode.rounding_minor if "rounding_minor" in asked else None,
        roundings_minor=ROUNDINGS_MINOR if "rounding_minor" in asked else (),
        needs_customer=mode.needs_customer if "needs_customer" in asked else None,
        funds_wallet=mode.funds_wallet if "funds_wallet" in asked else None,
        account=mode.account,
        errors=draft.errors,
    )


def mode_off_sheet(till: Till) -> v.ModeOffSheet | None:
    """The question before wallets with balances are switched off."""
    mode = next((mode for mode in masters.modes(till) if mode.id == till.desk.mode_off), None)
    if mode is None:
        return None
    count, amount_minor = masters.balances(till)
    return v.ModeOffSheet(mode.id, mode.name, count, amount_minor)


# --- groups ---------------------------------------------------------------------------------------------------------


def _group_row(till: Till, group: Group) -> v.GroupRow:
    rates = tuple(_rate_row(till, rate) for rate in group.rates)
    return v.GroupRow(group.id, group.label, till.desk.group_members.get(group.id, 0), rates)


def _rate_row(till: Till, rate: GroupRate, error: str = "") -> v.GroupRateRow:
    names = {category.id: category.name for category in till.catalog.categories}
    name = "" if rate.category is None else names.get(rate.category, str(rate.category))
    return v.GroupRateRow(rate.rate_bp, name, rate.effective_from, rate.effective_to, error)


def group_sheet(till: Till) -> v.GroupSheet | None:
    """The editor of a group."""
    draft: GroupDraft | None = till.desk.group_draft
    if draft is None:
        return None
    group = draft.group
    return v.GroupSheet(
        serial=draft.serial,
        group=group.id,
        label=group.label,
        rates=tuple(_rate_row(till, rate, draft.errors.get(f"rates.{at}", "")) for at, rate in enumerate(group.rates)),
        customers=till.desk.group_members.get(group.id, 0),
        error=draft.errors.get("label", ""),
        picking=draft.picking,
        categories=()
        if draft.picking is None
        else tuple(v.CategoryKey(c.id, c.name, c.hue) for c in till.catalog.categories if c.id != FAVOURITES),
        can_add=len(group.rates) < RATES_MAX,
    )


def group_delete_sheet(till: Till) -> v.GroupDeleteSheet | None:
    """Where the customers of a group go that is deleted."""
    group = till.directory.group(till.desk.group_leaving)
    if group is None:
        return None
    day = till.business_date()
    others = tuple(
        v.ClientGroupKey(other.id, other.label, other.default_rate_bp(day))
        for other in till.directory.groups()
        if other.id != group.id
    )
    return v.GroupDeleteSheet(group.id, group.label, till.desk.group_members.get(group.id, 0), others)
