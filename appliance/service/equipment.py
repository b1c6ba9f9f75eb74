"""What the devices' health means for the person at the till: lights of the status strip, sentences, sounds."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from appliance.config import FOUND_BY_ITSELF
from appliance.domain.meaning import HIDDEN, badge_owner
from appliance.hal.device import (
    DeviceEvent,
    DeviceKind,
    DeviceState,
    DrawerChanged,
    FaultReason,
    Health,
    Scan,
    ScanDamaged,
    Weight,
)
from appliance.protocol import view as v

if TYPE_CHECKING:
    from appliance.service.till import Till

PRINTER_SENTENCES: Final = {
    FaultReason.PAPER_OUT: ("printer.paper_out", ("print_help", "retry_print")),
    FaultReason.COVER_OPEN: ("printer.cover_open", ()),
    FaultReason.CUTTER_JAM: ("printer.cutter_jam", ("print_help",)),
    FaultReason.UNREACHABLE: ("printer.unreachable", ("retry_print",)),
    FaultReason.UNPLUGGED: ("printer.unplugged", ("retry_print",)),
    FaultReason.OVERHEATED: ("printer.overheated", ()),
    FaultReason.OFFLINE: ("printer.offline", ("retry_print",)),
    FaultReason.BROKEN: ("printer.broken", ("retry_print",)),
    FaultReason.NO_ANSWER: ("printer.no_answer", ("retry_print",)),
    FaultReason.NO_PERMISSION: ("device.no_permission", ("retry_print",)),
    FaultReason.BUSY: ("device.busy", ("retry_print",)),
    FaultReason.MISCONFIGURED: ("device.misconfigured", ()),
    FaultReason.WRONG_PROFILE: ("printer.wrong_profile", ("retry_print",)),
    FaultReason.CRASHED: ("device.crashed", ("retry_print",)),
}
HELPER_SENTENCES: Final = frozenset(
    {FaultReason.NO_PERMISSION, FaultReason.BUSY, FaultReason.MISCONFIGURED, FaultReason.WRONG_DECIMALS}
)
"""What somebody must change before a scale or a customer display can work."""


NOT_PULLED: Final = frozenset({FaultReason.NO_ANSWER, FaultReason.CRASHED})
"""The line of such a device is there."""
ROLES: Final = {
    DeviceKind.PRINTER: "printer.receipt",
    DeviceKind.DRAWER: "drawer.main",
    DeviceKind.TERMINAL: "terminal.main",
    DeviceKind.DISPLAY: "display.customer",
    DeviceKind.SCALE: "scale.counter",
}
"""The role of each kind that the till itself asks for; scanners may have any name."""
READ_SHOWN_MAX: Final = 24


def role_meant(role: str, printers: Collection[str] = ()) -> str:
    """The role that the till asks for in the place of this one, which serves nobody (a misspelt one, a second
    terminal); "" for one that is asked for. `printers`: those that stand in for each other by the settings."""
    kind = role.partition(".")[0]
    used = ROLES.get(DeviceKind(kind), "") if kind in set(DeviceKind) else ""
    return "" if role == used or role in printers else used


class LastRead(Struct, frozen=True):
    """The newest code of a scanner."""

    text: str
    """What may be shown of it: never a badge."""
    at: str
    """Local time, ISO 8601."""


class Equipment:
    """Newest health of every role."""

    def __init__(self) -> None:
        self.last_reads: dict[str, LastRead] = {}
        self._health: dict[str, Health] = {}
        self._seen_ready: set[str] = set()

    def notice(self, till: Till, event: DeviceEvent) -> None:
        """Take a device event in: lights, and a sentence when something changed for the cashier. Scans go elsewhere."""
        if isinstance(event, Health):
            self._changed(till, event)
        elif isinstance(event, ScanDamaged):
            till.desk.sound("scan_refused")
            till.desk.say("scan.damaged", "warn", source="scan")
            till.fold_messages()
        elif isinstance(event, DrawerChanged):
            till.drawer.moved(event)
        elif isinstance(event, Scan):
            at = till.local().replace(tzinfo=None).isoformat(timespec="seconds")
            is_badge = badge_owner(till.shop, event.text, event.symbology) is not None
            self.last_reads[event.source] = LastRead(HIDDEN if is_badge else event.text[:READ_SHOWN_MAX], at)
        else:
            assert isinstance(event, Weight)

    def _changed(self, till: Till, health: Health) -> None:
        before = self._health.get(health.role)
        self._health[health.role] = health
        if before is not None and (before.state, before.fault) == (health.state, health.fault):
            return
        say = {
            DeviceKind.PRINTER: self._printer_changed,
            DeviceKind.SCANNER: self._scanner_changed,
            DeviceKind.DRAWER: self._drawer_changed,
            DeviceKind.TERMINAL: self._terminal_changed,
            DeviceKind.SCALE: self._helper_changed,
            DeviceKind.DISPLAY: self._helper_changed,
        }.get(health.kind)
        if say is not None:
            say(till, health)
        if health.state is DeviceState.READY or health.fault is FaultReason.UNVERIFIED:
            self._seen_ready.add(health.role)

    def _printer_changed(self, till: Till, health: Health) -> None:
        source = health.role
        if health.state in (DeviceState.READY, DeviceState.STARTING) or health.fault in (
            None, FaultReason.PAPER_LOW, FaultReason.BLIND,
        ):  # fmt: skip
            till.desk.hush(source)
            return
        if health.fault is FaultReason.NOT_CONFIGURED:
            return
        code, actions = PRINTER_SENTENCES.get(health.fault, ("printer.unplugged", ("retry_print",)))
        till.desk.say(code, "error", actions=actions, source=source)
        till.desk.sound("needs_you")

    def _scanner_changed(self, till: Till, health: Health) -> None:
        if health.fault is FaultReason.NOT_CONFIGURED:  # somebody took the role away from it: nothing is lost
            self._seen_ready.discard(health.role)
        elif health.state is DeviceState.READY and health.role in self._seen_ready:
            self._say_scanner(till, "ready", "info", health.role)
            till.fold_messages()
        elif health.state is DeviceState.ABSENT and health.role in self._seen_ready:
            self._say_scanner(till, "lost", "warn", health.role)
            till.fold_messages()
        elif health.state is DeviceState.FAULT and health.fault is not None:
            till.desk.say(f"device.{health.fault.value}", "warn", source=health.role)
            till.fold_messages()

    def _say_scanner(self, till: Till, what: str, level: v.Level, role: str) -> None:
        """By its name where there are several."""
        several = sum(health.kind is DeviceKind.SCANNER for health in self._health.values()) > 1
        if several:
            till.desk.say(f"scanner.{what}_named", level, source=role, name=role.partition(".")[2])
        else:
            till.desk.say(f"scanner.{what}", level, source=role)

    def _drawer_changed(self, till: Till, health: Health) -> None:
        if health.fault is FaultReason.DRAWER_STUCK:
            till.desk.say("drawer.stuck", "error", source=health.role)
            till.desk.sound("needs_you")
        else:
            till.desk.hush(health.role)

    def _terminal_changed(self, till: Till, health: Health) -> None:
        till.terminal.ask_now()  # back or gone: what is open is asked about, or waits
        if health.state is DeviceState.READY or health.fault is FaultReason.UNVERIFIED:
            till.desk.hush(health.role)
        elif health.state is DeviceState.ABSENT and health.role in self._seen_ready:
            till.desk.say("card.terminal_lost", "warn", source=health.role)
            till.fold_messages()
        elif health.state in (DeviceState.FAULT, DeviceState.QUARANTINED) and health.fault is not None:
            till.desk.say(f"device.{health.fault.value}", "warn", source=health.role)
            till.fold_messages()

    def _helper_changed(self, till: Till, health: Health) -> None:
        """A scale or a customer display: selling goes on without, so it is said once and folds away."""
        if health.state is DeviceState.READY:
            till.desk.hush(health.role)
        elif health.fault in HELPER_SENTENCES and health.state is not DeviceState.ABSENT:
            till.desk.say(f"device.{health.fault}", "warn", source=health.role)
            till.fold_messages()
        elif health.role in self._seen_ready and health.kind is DeviceKind.SCALE and health.fault in NOT_PULLED:
            till.desk.say("device.scale_silent", "warn", source=health.role)
            till.fold_messages()
        elif health.role in self._seen_ready:
            till.desk.say(f"device.{health.kind}_lost", "warn", source=health.role)
            till.fold_messages()

    def printer_is_well(self) -> bool:
        """False while a person could help the receipts out."""
        return self._light("printer", DeviceKind.PRINTER).level != "error"

    def lights(self) -> tuple[v.DeviceLight, ...]:
        """The status strip, in the order of the design."""
        return (
            self._light("scanner", DeviceKind.SCANNER),
            self._light("printer", DeviceKind.PRINTER),
            self._light("drawer", DeviceKind.DRAWER),
            self._light("terminal", DeviceKind.TERMINAL),
            v.DeviceLight("network", "off"),
            v.DeviceLight("sync", "off"),
            *self._helpers(),
        )

    def _helpers(self) -> tuple[v.DeviceLight, ...]:
        """Scale and customer display have a light while something is wrong with them."""
        lights = (self._light("scale", DeviceKind.SCALE), self._light("display", DeviceKind.DISPLAY))
        return tuple(light for light in lights if light.level not in ("ok", "off"))

    def is_missed_by_nobody(self, health: Health) -> bool:
        """No role of this till, or the place kept for any scanner, where none was ever plugged in."""
        is_awaited = health.state is DeviceState.ABSENT and health.role in FOUND_BY_ITSELF
        return health.fault is FaultReason.NOT_CONFIGURED or (is_awaited and health.role not in self._seen_ready)

    def _light(self, word: v.DeviceWord, kind: DeviceKind) -> v.DeviceLight:
        """The best of the scanners, the worst of the rest."""
        of_kind = [health for health in self._health.values() if health.kind is kind]
        known = [health for health in of_kind if not self.is_missed_by_nobody(health)]
        if not known:
            return v.DeviceLight(word, "off")
        if any(health.state is DeviceState.READY for health in known):
            return v.DeviceLight(word)
        health = known[0]
        if health.state is DeviceState.STARTING or health.fault is FaultReason.UNVERIFIED:
            return v.DeviceLight(word)  # a cashier can do nothing about the latter but sell: it is on the card
        if health.fault is FaultReason.PAPER_LOW:
            return v.DeviceLight(word, "warn", "status.paper_low")
        if health.fault is FaultReason.BLIND:
            return v.DeviceLight(word, "warn", "status.printer_blind")
        return v.DeviceLight(word, "error" if kind is DeviceKind.PRINTER else "warn", f"status.{word}_{_word(health)}")


def _word(health: Health) -> str:
    if health.fault is FaultReason.PAPER_OUT and health.kind is DeviceKind.PRINTER:
        return "paper_out"
    return "absent" if health.state is DeviceState.ABSENT else "fault"
