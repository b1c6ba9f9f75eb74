"""Head office as the kiosk draws it: the lights, Synchronisation, and a wallet that is partly elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from appliance.i18n import has_sentence
from appliance.protocol import view as v

if TYPE_CHECKING:
    from appliance.domain.journal import Entry
    from appliance.service.office import Office
    from appliance.service.till import Till
    from appliance.store.cursor import SetAside

CLOCK_OFF_MS: Final = 60_000
"""A clock that is further off is spoken of."""
SPANS_MAX: Final = 12


def lights(office: Office, others: tuple[v.DeviceLight, ...]) -> tuple[v.DeviceLight, ...]:
    """The strip with what is true of the network and of what waits."""
    network = v.DeviceLight("network") if office.is_online else v.DeviceLight("network", "warn", "status.offline")
    sync = v.DeviceLight("sync")
    if office.refused:
        sync = v.DeviceLight("sync", "error", "status.sync_stopped")
    elif office.aside:
        sync = v.DeviceLight("sync", "error", "status.refused", len(office.aside))
    elif not office.is_online and office.waiting:
        sync = v.DeviceLight("sync", "warn", "status.waiting", office.waiting)
    own = {"network": network, "sync": sync}
    return tuple(own.get(light.device, light) for light in others)


def sync_view(till: Till) -> v.SyncView:
    """Screen 37."""
    office = till.office
    if office is None:
        return v.SyncView()
    waiting = office.waiting
    return v.SyncView(
        is_member=True,
        is_online=office.is_online,
        since=till.local_time(office.since),
        hours_away=office.hours_away(),
        round_trip_ms=office.round_trip_ms,
        clock_off_minutes=office.offset_ms // 60_000 if abs(office.offset_ms) > CLOCK_OFF_MS else 0,
        waiting=waiting,
        first=office.cursor.document + 1 if waiting else 0,
        last=till.state.next_document - 1 if waiting else 0,
        refused=tuple(_refused(till, office, row) for row in office.aside),
        stopped=f"sync.reason.{office.refused}" if office.refused else "",
        spans=_spans(till, office),
        heard_at=till.local_time(office.heard_at) if office.heard_at else "",
        numbers=_numbers(till, office),
    )


def _spans(till: Till, office: Office) -> tuple[v.LinkSpan, ...]:
    today = till.local().date().isoformat()
    rows = [v.LinkSpan(till.local_time(at), is_online) for at, is_online in office.strip]
    before = [row for row in rows if row.begins[:10] < today]
    kept = [*before[-1:], *(row for row in rows if row.begins[:10] >= today)]
    return tuple(kept[-SPANS_MAX:])


def _numbers(till: Till, office: Office) -> tuple[v.NumbersRow, ...]:
    applied, heads = office.feeds_applied, office.heads
    settings = till.settings.adoption
    here = 0 if settings.current is None else settings.current.version
    return (
        v.NumbersRow("sales", till.state.next_document - 1, office.cursor.document),
        v.NumbersRow("customers", applied.get("customer", 0), heads.get("customer", applied.get("customer", 0))),
        v.NumbersRow("catalogue", applied.get("product", 0), heads.get("product", applied.get("product", 0))),
        v.NumbersRow("settings", here, max(here, office.config_there)),
    )


class _Sealed(msgspec.Struct):
    """What a screen says of an entry, whatever its kind."""

    ticket: int = 0
    document: int = 0
    total_minor: int | None = None
    part: Any = None


def _refused(till: Till, office: Office, row: SetAside) -> v.RefusedRow:
    entry: Entry | None = office.refused_entries.get(row.seq)
    reason = f"sync.reason.{row.code}" if has_sentence(f"sync.reason.{row.code}") else "sync.reason.unknown"
    made = v.RefusedRow(row.seq, row.kind, at=till.local_time(row.at), reason=reason)
    if entry is None:
        return made
    said = msgspec.json.decode(entry.body, type=_Sealed)
    return replace(
        made, at=till.local_time(entry.at), number=said.ticket or said.document, amount_minor=said.total_minor
    )


def shared(till: Till, sheet: v.WalletShortSheet, customer: str) -> v.WalletShortSheet:
    """What is elsewhere of a wallet that does not suffice here (mock-up 39)."""
    office = till.office
    if office is None:
        return sheet
    known = office.known(customer)
    asked_at = till.local_time(office.asked_at) if office.asked_at else ""
    sheet = replace(
        sheet, is_shared=True, is_asking=office.is_asking(customer), is_offline=not office.is_online, asked_at=asked_at
    )
    if known is None:
        return sheet
    return replace(
        sheet,
        elsewhere_minor=known.elsewhere_minor,
        elsewhere=known.elsewhere,
        away_since=till.local_time(known.since) if known.since else "",
        known_minor=known.known_minor,
        known_at=till.local_time(known.at) if known.at else "",
    )
