"""What a technician asks of the running till's devices from a terminal: `tillbox devices` (feature H-24).

Hides where the list comes from and when it moved. A test from here is an order like any other: a page waits its turn
behind the receipts, and a drawer opens only in the name of somebody signed in who may open it (feature H-11).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from appliance.domain.errors import Refusal
from appliance.hal.device import (
    BadAddress,
    DeviceKind,
    Devices,
    DeviceState,
    FaultReason,
    Health,
    PluggedDevice,
    Remedy,
)
from appliance.protocol.message import Answer, AskDevices, DeviceList, DeviceRow
from appliance.service.drawer import ROLE as DRAWER
from appliance.service.equipment import role_meant
from appliance.service.trial import CHECK_EVERY_S, THERE, Found, Trial, begin, health_of, not_well

if TYPE_CHECKING:
    from appliance.service.equipment import Equipment
    from appliance.service.till import Till

FOUND_S: Final = 2.0
"""How long a device that was just given a role may take to be found."""
START_S: Final = 5.0
"""Who asks before the devices are served waits this long."""

log = logging.getLogger(__name__)


class Technician:
    """Answers `AskDevices`."""

    def __init__(self, till: Till, equipment: Equipment) -> None:
        self.till = till
        self.equipment = equipment
        self._number = 1
        self._moved = asyncio.Event()
        self._served = asyncio.Event()

    async def run(self, devices: Devices) -> None:
        """Follow what is plugged in and pulled out, as long as devices are served."""
        self._served.set()
        self.moved()
        for health in devices.health():
            if meant := role_meant(health.role, self.printers):
                log.warning("%s: nothing asks for this role; the till asks for %s", health.role, meant)
        try:
            while True:
                await devices.change()
                self.moved()
        finally:
            self._served.clear()

    async def next_move(self) -> None:
        """Wait for the next `moved`."""
        await self._moved.wait()

    def moved(self) -> None:
        """A device told how it is, or what it weighs: the list may be another one now."""
        self._number += 1
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def answer(self, ask: AskDevices) -> DeviceList | Answer:
        """Do what is asked; a refusal is an answer too. Raises nothing on what a client may send."""
        try:
            devices = await self._devices()
            if ask.work == "list":
                return await self._list(ask, devices)
            log.info("technician: %s %r %r", ask.work, ask.role, ask.address)
            params = await _WORKS[ask.work](self, devices, ask)
        except Refusal as refusal:
            return Answer(ask.id, False, self.till.rev, refusal.code, dict(refusal.params))
        return Answer(ask.id, True, self.till.rev, params=params)

    async def _devices(self) -> Devices:
        try:
            async with asyncio.timeout(START_S):
                await self._served.wait()
        except TimeoutError:
            raise Refusal("technician.starting") from None
        devices = self.till.devices
        if devices is None:
            raise Refusal("technician.starting")
        return devices

    async def _list(self, ask: AskDevices, devices: Devices) -> DeviceList:
        while ask.after == self._number:  # any other number is of a daemon that ended since
            await self.next_move()
        return DeviceList(ask.id, self._number, tuple(row_of(row, self.printers) for row in devices.plugged()))

    @property
    def printers(self) -> Collection[str]:
        """Printers that stand in for each other."""
        return self.till.printing.stand_ins


def row_of(device: PluggedDevice, printers: Collection[str] = ()) -> DeviceRow:
    """The same in the words of the protocol: "" for what is not known. `printers` as for `role_meant`."""
    is_for_nobody = bool(role_meant(device.role or "", printers))
    return DeviceRow(
        identity=device.identity,
        node=device.node,
        link=device.link,
        label=device.label,
        role=device.role or "",
        kind=device.kind or "",
        state=device.state or "",
        fault=device.fault or "",
        remedy="rename" if is_for_nobody and device.remedy is Remedy.NONE else device.remedy,
        rule=device.rule,
    )


def address_of(wanted: str, role: str, plugged: Sequence[PluggedDevice]) -> str:
    """The address that `wanted` means for a role: the identity or the node of something plugged in, else itself.

    Raises Refusal for what serves another role already, by whatever name of its node, and for an identity that is not
    plugged in."""
    node = _node_of(wanted)
    for device in plugged:
        is_there = node and node in (_node_of(device.node), _node_of(device.rule))
        if is_there or (wanted and wanted == device.identity):
            if device.role not in (None, role):
                raise Refusal("technician.taken", label=device.label, role=device.role)
            return wanted if "://" in wanted else device.rule
    if "|" in wanted:
        raise Refusal("technician.not_plugged", identity=wanted)
    return wanted


def _node_of(address: str) -> str:
    """The node that an address or a path leads to at last; "" when it names none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = unquote(parts.path)
    if parts.netloc or not path.startswith("/") or "\0" in path:
        return ""
    return os.path.realpath(path)


async def assign(devices: Devices, role: str, wanted: str) -> str:
    """Give a role to a device and return its address. Raises Refusal, and changes nothing, where that cannot be; and
    Refusal `technician.not_kept` when it serves from now on and the disk did not take it."""
    address = address_of(wanted, role, devices.plugged())
    try:
        await devices.assign(role, address)
    except BadAddress as error:
        raise Refusal("technician.bad_address", reason=f"technician.reason.{error.code}", **error.params) from None
    _check_kept(devices, role)
    return address


def why_not_there(health: Health) -> str:
    """The message id of what keeps a device from serving, "" when nothing does: an address may name what is plugged in
    tomorrow, so this is no refusal."""
    if health.state in (DeviceState.READY, DeviceState.DEGRADED):
        return ""
    return f"devices.fault.{health.fault}" if health.fault else f"devices.state.{health.state}"


async def unassign(devices: Devices, role: str) -> None:
    """Serve a role no more. Raises Refusal for one that nobody has, and `technician.not_kept` as `assign`."""
    health_of(devices, role)
    await devices.unassign(role)
    _check_kept(devices, role)


def _check_kept(devices: Devices, role: str) -> None:
    if not devices.is_kept:
        raise Refusal("technician.not_kept", role=role)


async def _assign(asked: Technician, devices: Devices, ask: AskDevices) -> dict[str, Any]:
    address = await assign(devices, ask.role, ask.address)
    meant = role_meant(ask.role, asked.printers)
    health = await _started(asked, devices, ask.role, (DeviceState.STARTING, DeviceState.ABSENT), FOUND_S)
    return {"role": ask.role, "address": address, "meant": meant, "why": why_not_there(health)}


async def _unassign(asked: Technician, devices: Devices, ask: AskDevices) -> dict[str, Any]:
    await unassign(devices, ask.role)
    return {"role": ask.role}


async def _test(asked: Technician, devices: Devices, ask: AskDevices) -> dict[str, Any]:
    health = await _started(asked, devices, ask.role)
    if health.state not in THERE:
        devices.retry(ask.role)
        raise _refusal(not_well(health))
    if health.kind is DeviceKind.SCANNER:
        return {"kind": health.kind, **_last_read(asked, ask.role)}
    if health.kind is DeviceKind.DRAWER:
        _check_right(asked.till, ask.role)
    return {"kind": health.kind, **await _tried(asked.till, begin(asked.till, devices, health))}


async def _started(
    asked: Technician,
    devices: Devices,
    role: str,
    unknown: Collection[DeviceState] = (DeviceState.STARTING,),
    within_s: float = START_S,
) -> Health:
    """How it is, once it has left these states. Raises Refusal for a role of nobody."""
    try:
        async with asyncio.timeout(within_s):
            while health_of(devices, role).state in unknown:
                await asked.next_move()
    except TimeoutError:
        pass
    return health_of(devices, role)


def _last_read(asked: Technician, role: str) -> dict[str, Any]:
    """What it read last: a label that is scanned for a test sells on the sale screen as any other."""
    read = asked.equipment.last_reads.get(role)
    if read is None:
        raise Refusal("technician.no_read")
    return {"text": read.text, "at": read.at[11:19]}


def _check_right(till: Till, role: str) -> None:
    if role != DRAWER or not till.operators.may(till.state.seller, "open_drawer"):
        raise Refusal("technician.no_right")


async def _tried(till: Till, trial: Trial) -> dict[str, Any]:
    """Step on until something is found; what is not well is a Refusal."""
    try:
        while True:
            next(trial)
            await till.show()
            await asyncio.sleep(CHECK_EVERY_S)
    except StopIteration as end:
        found: Found = end.value
    finally:
        trial.close()
    await till.show()
    if found.word in ("waits", "stuck", "no_weight", "not_well"):
        raise _refusal(found)
    return found.params


def _refusal(found: Found) -> Refusal:
    """What was found, as a no."""
    why = f"devices.fault.{found.fault}" if found.fault else f"devices.state.{found.state}"
    match found.word:
        case "stuck":
            return Refusal("technician.stuck", role=found.role)
        case "no_weight":
            return Refusal(f"technician.no_weight.{found.state}")
        case "waits":
            return Refusal("technician.test_waits", role=found.role, why=why)
        case _ if found.fault is FaultReason.UNVERIFIED:
            return Refusal("technician.unverified", role=found.role)
    return Refusal("technician.not_ready", role=found.role, why=why)


_WORKS: Final[dict[str, Callable[[Any, Any, AskDevices], Awaitable[dict[str, Any]]]]] = {
    "assign": _assign,
    "unassign": _unassign,
    "test": _test,
}
