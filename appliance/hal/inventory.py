"""The list of what is plugged in and what is not: ports and roles joined, and what a person can do about each."""

import os
from collections.abc import Iterable, Mapping

from appliance.hal.address import Address, write_address
from appliance.hal.device import DeviceKind, DeviceState, FaultReason, Health, PluggedDevice, Remedy
from appliance.hal.hotplug import Port, Ports, class_of, rule_of
from appliance.hal.supervisor import Slot

_REMEDIES = {
    FaultReason.NOT_CONFIGURED: Remedy.ASSIGN,
    FaultReason.UNPLUGGED: Remedy.PLUG_IN,
    FaultReason.UNREACHABLE: Remedy.CHECK_NETWORK,
    FaultReason.NO_PERMISSION: Remedy.SET_RIGHTS,
    FaultReason.BUSY: Remedy.FREE_IT,
    FaultReason.MISCONFIGURED: Remedy.CORRECT_ADDRESS,
    FaultReason.UNVERIFIED: Remedy.PAY_ONCE,
    FaultReason.WRONG_KEY: Remedy.CHECK_KEY,
    FaultReason.KEY_FILE: Remedy.CHECK_KEY,
    FaultReason.WRONG_ROOT: Remedy.CHECK_ROOT,
    FaultReason.ROOT_FILE: Remedy.CHECK_ROOT,
    FaultReason.WRONG_POIID: Remedy.CHECK_POIID,
    FaultReason.WRONG_DECIMALS: Remedy.CHECK_DECIMALS,
    FaultReason.WRONG_PROFILE: Remedy.CHECK_PROFILE,
    FaultReason.OVERHEATED: Remedy.WAIT,
    FaultReason.OFFLINE: Remedy.CHECK_KEYS,
    FaultReason.PAPER_LOW: Remedy.NEW_ROLL,
    FaultReason.PAPER_OUT: Remedy.NEW_ROLL,
    FaultReason.COVER_OPEN: Remedy.CLOSE_COVER,
    FaultReason.CUTTER_JAM: Remedy.FREE_KNIFE,
    FaultReason.DRAWER_STUCK: Remedy.USE_KEY,
    FaultReason.PRINTER_AWAY: Remedy.SEE_PRINTER,
    FaultReason.BROKEN: Remedy.SWITCH_OFF_AND_ON,
    FaultReason.NO_ANSWER: Remedy.SWITCH_OFF_AND_ON,
    FaultReason.CRASHED: Remedy.RETRY,
}


def remedy_for(health: Health) -> Remedy:
    """What helps against this."""
    state, fault = health.state, health.fault
    if fault is FaultReason.NO_ANSWER and health.kind is DeviceKind.SCALE:
        return Remedy.CHECK_LINE  # mostly its switch, `parity`, `baud` or its menu
    if fault is not None:
        return _REMEDIES.get(fault, Remedy.NONE)
    return Remedy.WAIT if state is DeviceState.STARTING else Remedy.NONE


def list_devices(
    ports: Ports, slots: Mapping[str, Slot], healths: Iterable[Health], urls: Mapping[str, str]
) -> tuple[PluggedDevice, ...]:
    """Every port, in the order of its place, then every role that holds none."""
    listed, shown = [], set()
    for port in ports.plugged():
        holder = ports.holder(port)
        slot = holder if isinstance(holder, Slot) else None
        if slot is None:
            listed.append(_unused(port, ports))
        else:
            shown.add(slot.role)
            listed.append(_used(port, slot.health, urls.get(slot.role, "")))
    missing = [health for health in healths if health.role not in shown]
    return tuple(listed + [_elsewhere(health, urls.get(health.role, "")) for health in missing])


def _used(port: Port, health: Health, rule: str) -> PluggedDevice:
    label, link = health.model or port.label, class_of(port) or ""
    remedy = remedy_for(health)
    return PluggedDevice(
        port.identity, port.node, link, label, health.role, health.kind, health.state, health.fault, remedy, rule
    )


def _unused(port: Port, ports: Ports) -> PluggedDevice:
    link = class_of(port) or ""
    others = [other for other in ports.plugged() if other.device_path != port.device_path]
    rule = write_address(Address("udev", path=link, match=rule_of(port, others)))
    wanted = os.R_OK if link in ("evdev", "hidraw") else os.R_OK | os.W_OK
    fault = None if os.access(port.node, wanted) else FaultReason.NO_PERMISSION
    remedy = Remedy.SET_RIGHTS if fault else Remedy.ASSIGN
    return PluggedDevice(port.identity, port.node, link, port.label, None, None, None, fault, remedy, rule)


def _elsewhere(health: Health, rule: str) -> PluggedDevice:
    link, node = rule.partition(":")[0], ""
    if health.state not in (DeviceState.ABSENT, DeviceState.STARTING) and health.port:
        node = health.port.partition(":")[2]
    label = health.model or node or rule.partition("?")[0]
    remedy = remedy_for(health)
    return PluggedDevice("", node, link, label, health.role, health.kind, health.state, health.fault, remedy, rule)
