"""The view of Périphériques (screens.md 25): one card a role, with what is known and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.hal.device import SETUP_CODE, DeviceKind, DeviceState, DrawerPosition, FaultReason, Health
from appliance.protocol import view as v
from appliance.service.equipment import PRINTER_SENTENCES, role_meant

if TYPE_CHECKING:
    from appliance.service.equipment import Equipment
    from appliance.service.printing import Printing
    from appliance.service.till import Till

WORDS: Final[dict[DeviceKind, v.DeviceWord]] = {
    DeviceKind.SCANNER: "scanner",
    DeviceKind.PRINTER: "printer",
    DeviceKind.DRAWER: "drawer",
    DeviceKind.TERMINAL: "terminal",
    DeviceKind.SCALE: "scale",
    DeviceKind.DISPLAY: "display",
}
TESTS: Final[dict[DeviceKind, tuple[str, ...]]] = {
    DeviceKind.PRINTER: ("print",),
    DeviceKind.DRAWER: ("open", "calibrate"),
    DeviceKind.TERMINAL: ("check",),
    DeviceKind.SCALE: ("check",),
    DeviceKind.DISPLAY: ("check",),
}
NEED_A_DEVICE: Final = ("check", "calibrate")
"""Tests that make no sense while it is not there; a page waits for its printer."""
STILL_TESTED: Final = (FaultReason.DRAWER_STUCK, FaultReason.UNVERIFIED, FaultReason.WRONG_DECIMALS)
"""What looking again does not change: its own tests say more."""
WARNINGS: Final = (FaultReason.PAPER_LOW, FaultReason.BLIND, FaultReason.UNVERIFIED)
NO_SCANNER: Final = v.DeviceCard("", "scanner", "off", "devices.state.none", "devices.no_scanner", tests=("learn",))
FACTS: Final = 5
"""Lines of a card."""
NONE: Final = FaultReason.NOT_CONFIGURED


def devices_view(till: Till, equipment: Equipment, printing: Printing) -> v.DevicesView:
    """One card for the scanners, one for each other role, then what is plugged in and serves nobody."""
    devices = till.devices
    health = devices.health() if devices is not None else ()
    scanners = [row for row in health if row.kind is DeviceKind.SCANNER and not equipment.is_missed_by_nobody(row)]
    cards = [_scanners(till, equipment, scanners) if scanners else NO_SCANNER]
    cards += [_card(till, printing, row) for row in health if row.kind is not DeviceKind.SCANNER]
    plugged = devices.plugged() if devices is not None else ()
    search = till.search
    return v.DevicesView(
        cards=tuple(sorted(cards, key=lambda card: list(WORDS.values()).index(card.device))),
        unused=tuple(v.UnusedDevice(row.label, row.identity) for row in plugged if row.role is None),
        setup_code=SETUP_CODE if search.is_going_on else "",
        setup_role=search.role if search.is_going_on else "",
        listening=len(search.now.listening) if search.now is not None else 0,
    )


def _scanners(till: Till, equipment: Equipment, rows: list[Health]) -> v.DeviceCard:
    """One card for all of them: the till can be served while one of them is well."""
    ready = [row for row in rows if row.state is DeviceState.READY]
    row = (ready or rows)[0]
    away = [each.role.partition(".")[2] for each in rows if each.state is not DeviceState.READY]
    reads = [read for role, read in equipment.last_reads.items() if role in {each.role for each in rows}]
    last = max(reads, key=lambda read: read.at, default=None)
    damaged = sum(each.counters.get("damaged", 0) for each in rows)
    missing = (v.DeviceFact("devices.fact.away", text=", ".join(away)),) if away and len(rows) > 1 else ()
    facts = (
        v.DeviceFact("devices.fact.scanners", text=f"{len(ready)} / {len(rows)}"),
        *missing,
        v.DeviceFact("devices.fact.last_code", text=last.text if last is not None else ""),
        v.DeviceFact("devices.fact.read_at", at=last.at if last is not None else ""),
        v.DeviceFact("devices.fact.reads", count=sum(each.counters.get("scans", 0) for each in rows)),
        v.DeviceFact("devices.fact.faults", count=damaged),
    )
    return v.DeviceCard(
        role=row.role,
        device="scanner",
        level=("warn" if away else "ok") if ready else _level(row),
        state=_state(till, row),
        message="" if ready else _message(row),
        facts=facts[:FACTS],
        tests=("learn",) if ready else ("learn", "retry"),
        is_looked_at=till.desk.looked_at == "scanner",
    )


def _card(till: Till, printing: Printing, row: Health) -> v.DeviceCard:
    word = WORDS[row.kind]
    own: tuple[v.DeviceFact, ...] = ()
    if row.kind is DeviceKind.PRINTER:
        own = _printer_facts(till, printing, row)
    elif row.kind is DeviceKind.DRAWER:
        own = _drawer_facts(till, row)
    elif row.kind is DeviceKind.TERMINAL:
        own = (
            v.DeviceFact("devices.fact.requests", count=row.counters.get("requests", 0)),
            v.DeviceFact("devices.fact.answers_lost", count=row.counters.get("answers_lost", 0)),
        )
    is_usable = row.state is DeviceState.READY or row.fault in STILL_TESTED
    skipped = 1 if row.model and _level(row) == "error" else 0  # where it should be says more then than what it is
    is_for_nobody = bool(role_meant(row.role, printing.stand_ins))
    helps = TESTS[row.kind]
    return v.DeviceCard(
        role=row.role,
        device=word,
        level="warn" if is_for_nobody and _level(row) == "ok" else _level(row),
        state=_state(till, row),
        message=_message(row) or ("device.for_nobody" if is_for_nobody else ""),
        facts=(*_common(till, row)[skipped:][: FACTS - len(own)], *own),
        tests=helps if is_usable else (*(test for test in helps if test not in NEED_A_DEVICE), "retry"),
        is_looked_at=till.desk.looked_at == word,
    )


def _level(row: Health) -> v.CardLevel:
    if row.state in (DeviceState.READY, DeviceState.STARTING):
        return "ok"
    if row.fault is NONE:
        return "off"
    return "warn" if row.fault in WARNINGS else "error"


def _state(till: Till, row: Health) -> str:
    if row.kind is DeviceKind.DRAWER and row.state is DeviceState.READY and till.devices is not None:
        position = till.devices.drawer(row.role).position
        if position is not DrawerPosition.UNKNOWN:
            return f"devices.state.{position}"
    if row.fault is not None and row.state in (DeviceState.DEGRADED, DeviceState.FAULT):
        return f"devices.fault.{row.fault}"
    return f"devices.state.{row.state}"


def _message(row: Health) -> str:
    """The sentence of screens.md 21, or the one of its kind; "" when nobody has to do anything."""
    if row.state in (DeviceState.READY, DeviceState.STARTING) or row.fault in (None, FaultReason.BLIND):
        return ""
    if row.kind is DeviceKind.PRINTER and row.fault in PRINTER_SENTENCES:
        return PRINTER_SENTENCES[row.fault][0]
    if row.fault is FaultReason.PAPER_LOW:
        return ""
    if row.fault is FaultReason.DRAWER_STUCK:
        return "drawer.stuck_here"
    if row.kind is DeviceKind.SCANNER and row.fault is FaultReason.UNPLUGGED:
        return "scanner.lost"
    if row.kind is DeviceKind.SCALE and row.fault is FaultReason.NO_ANSWER:
        return "device.scale_no_answer"
    return f"device.{row.fault}"


def _common(till: Till, row: Health) -> tuple[v.DeviceFact, ...]:
    """What every device has: model, place, since when it is so, how often it came back, what it did wrong."""
    lost = sum(row.counters.get(name, 0) for name in ("damaged", "uncertain"))
    model = (v.DeviceFact("devices.fact.model", text=row.model),) if row.model else ()
    place = (v.DeviceFact("devices.fact.place", text=_place(row)),) if row.port else ()
    return (
        *model,
        *place,
        v.DeviceFact("devices.fact.since", at=till.local_time(row.since.isoformat())),
        v.DeviceFact("devices.fact.reconnects", count=max(0, row.counters.get("connects", 1) - 1)),
        v.DeviceFact("devices.fact.faults", count=lost),
    )


def _place(row: Health) -> str:
    port = row.port or ""
    place = port.partition(":")[2] or port
    return place.rsplit("/", 1)[-1] if place.startswith("/") else place


def _printer_facts(till: Till, printing: Printing, row: Health) -> tuple[v.DeviceFact, ...]:
    """Which printer it is, what became of its test page (feature H-24), and what waits."""
    fault = row.fault if row.fault in (FaultReason.PAPER_LOW, FaultReason.PAPER_OUT) else None
    paper = f"devices.fault.{fault}" if fault is not None else "devices.paper_there"
    known = row.fault is not FaultReason.BLIND and row.state in (DeviceState.READY, DeviceState.DEGRADED)
    doubts = sum(doubt.role == row.role for doubt in printing.doubts)
    return (
        v.DeviceFact("devices.fact.waiting", count=printing.waiting_for(row.role)),
        v.DeviceFact("devices.fact.doubts", count=doubts) if doubts
        else v.DeviceFact("devices.fact.paper", word=paper if known else "devices.unknown"),
        *((v.DeviceFact("devices.fact.serial", text=row.serial),) if row.serial else ()),
        _trial_fact(till, printing, row.role),
    )  # fmt: skip


def _trial_fact(till: Till, printing: Printing, role: str) -> v.DeviceFact:
    trial = printing.trial_of(role)
    if trial is None:
        return v.DeviceFact("devices.fact.trial", word="devices.state.none")
    at = till.local_time(trial.at) if trial.at else ""
    return v.DeviceFact("devices.fact.trial", at=at, word=f"devices.trial.{trial.state}")


def _drawer_facts(till: Till, row: Health) -> tuple[v.DeviceFact, ...]:
    session = till.state.session
    without_sale = session.totals.drawer_openings if session is not None else 0
    level = till.devices.drawer(row.role).level if till.devices is not None else None
    place = v.DeviceFact("devices.fact.place", text=_place(row))
    if row.port is None:
        place = v.DeviceFact("devices.fact.place", word="devices.at_printer")
    return (
        place,
        v.DeviceFact("devices.fact.since", at=till.local_time(row.since.isoformat())),
        v.DeviceFact("devices.fact.openings", count=row.counters.get("openings", 0)),
        v.DeviceFact("devices.fact.without_sale", count=without_sale),
        v.DeviceFact("devices.fact.sensor", word="devices.no" if level is None else "devices.yes"),
    )
