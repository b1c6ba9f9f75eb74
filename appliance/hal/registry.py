"""Opens the configured devices and keeps them: the only way in for the composition root.

async with open_devices(DevicesConfig(roles), clock, emit) as devices:
    await devices.printer().print(paper, job_id)
"""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from appliance.clock import Clock
from appliance.hal.address import Address, BadAddress, DevicesConfig, NoPrinter, kind_of, parse_address, write_address
from appliance.hal.bindings import Bindings
from appliance.hal.device import (
    DeviceKind,
    Devices,
    DeviceState,
    Drawer,
    DrawerPosition,
    DrawerResult,
    Emit,
    FaultReason,
    Health,
    Learning,
    LineDisplay,
    Opened,
    Paper,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    PaymentResult,
    PluggedDevice,
    Printer,
    PrintOutcome,
    PrintResult,
    Progress,
    Rendered,
    Room,
    Scale,
    Scan,
    ScanMissed,
    Terminal,
    TerminalAbilities,
    Weight,
    WeightState,
)
from appliance.hal.display.driver import LineDisplayDriver
from appliance.hal.drawer.box import open_level_of
from appliance.hal.drawer.driver import PrinterDrawer, pulse_of
from appliance.hal.drawer.trigger import TriggerDrawer
from appliance.hal.escpos.driver import EscposPrinter
from appliance.hal.hotplug import Ports
from appliance.hal.inventory import list_devices
from appliance.hal.scale.driver import ScaleDriver
from appliance.hal.scanner.driver import ScannerDriver
from appliance.hal.supervisor import Driver, Slot

if TYPE_CHECKING:
    from appliance.hal.learning import Learned
    from appliance.hal.terminal.driver import TerminalDriver

__all__ = ["DevicesConfig", "Registry", "open_devices"]

log = logging.getLogger(__name__)

T = TypeVar("T")
_ROLE = re.compile(r"[a-z]+\.[A-Za-z0-9_-]{1,40}")
_ROLES_MAX = 200
_THIS_MACHINE = frozenset({"localhost", "::1"})
_FILES = {"key": FaultReason.KEY_FILE, "key_file": FaultReason.KEY_FILE, "root_file": FaultReason.ROOT_FILE}
"""By BadAddress.code: the address is well, a file that it names is not."""


class AbsentDevice:
    """Stands where no device is: a role that is not configured, or not as it can be meant."""

    def __init__(self, health: Health, changed: asyncio.Event) -> None:
        """`changed`: set when a role changed hands."""
        self._health = health
        self._changed = changed

    @property
    def health(self) -> Health:
        return self._health

    @property
    def columns(self) -> int:
        return 48

    @property
    def position(self) -> DrawerPosition:
        return DrawerPosition.UNKNOWN

    @property
    def level(self) -> bool | None:
        return None

    @property
    def weight(self) -> Weight:
        return Weight(self._health.role, WeightState.UNKNOWN)

    def show(self, upper: str, lower: str) -> None:
        return None

    def watch(self, wanted: bool) -> None:
        return None

    async def ready(self) -> None:
        await self._changed.wait()

    async def render(self, paper: Paper) -> Rendered:
        return Rendered(b"", "")

    async def print(
        self, paper: Paper | Rendered, job_id: int, on_sent: Callable[[], None] = lambda: None
    ) -> PrintResult:
        return PrintResult(PrintOutcome.NOTHING_SENT, self._health.fault)

    async def open(self) -> DrawerResult:
        return DrawerResult(False, Opened.UNKNOWN, self._health.fault)


class AbsentTerminal:
    """A card terminal that is not there: nothing was ever sent to it by this program."""

    abilities = TerminalAbilities()

    def __init__(self, health: Health) -> None:
        self.health = health

    async def pay(self, request: PaymentRequest, progress: Progress = lambda step: None) -> PaymentResult:
        return PaymentResult(request.id, PaymentOutcome.NOT_STARTED, PaymentReason.NOT_CONFIGURED)

    async def refund(self, request: PaymentRequest, progress: Progress = lambda step: None) -> PaymentResult:
        return PaymentResult(request.id, PaymentOutcome.NOT_STARTED, PaymentReason.NOT_CONFIGURED)

    async def abort(self, request: PaymentRequest) -> None:
        return None

    async def ask(self, request: PaymentRequest) -> PaymentResult:
        # Before a restart, with other settings, it may have been sent all the same.
        return PaymentResult(request.id, PaymentOutcome.UNKNOWN, PaymentReason.NOT_CONFIGURED)

    async def scan_once(self, timeout_s: float, prompt: str | None = None) -> Scan | ScanMissed:
        return ScanMissed.NOT_ABLE

    async def stop(self) -> None:
        return None


class Registry:
    """Implements `device.Devices`."""

    def __init__(self, config: DevicesConfig, clock: Clock, emit: Emit, room: Room | None = None) -> None:
        self._clock = clock
        self._emit = emit
        self._room = room or _at_once
        self._pause_ms_max = max(250, config.backoff_ms_max)
        self.ports = Ports()
        self._slots: dict[str, Slot] = {}
        self._broken: dict[str, Health] = {}
        self.refused: dict[str, BadAddress] = {}
        """Roles that can never work as they are configured, and why."""
        self._settings = config.roles
        self._bindings = Bindings(config.bindings)
        self._folder = Path(config.bindings).parent if config.bindings else None
        self._urls = self._bindings.over(config.roles)
        self._hot_plug = config.hot_plug
        self._logo = config.logo
        if config.logo and not os.path.isfile(config.logo):
            log.error("logo: there is no file %s; papers go without", config.logo)
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()
        self._changed = asyncio.Event()
        """Set, and made anew, when roles changed hands."""
        self._learns = False
        self._stopped = False
        self.served: list[tuple[Slot, Address, Driver]] = []
        self._printers: dict[str, EscposPrinter] = {}
        self._drawers: dict[str, PrinterDrawer | TriggerDrawer] = {}
        self._displays: dict[str, LineDisplayDriver] = {}
        self._scales: dict[str, ScaleDriver] = {}
        self._terminals: dict[str, TerminalDriver] = {}
        for role in sorted(self._urls, key=lambda role: role.startswith("drawer.")):  # printers before drawers
            self._install(role)

    def printer(self, role: str = "printer.receipt") -> Printer:
        return self._printers.get(role) or AbsentDevice(self._absent(role, DeviceKind.PRINTER), self._changed)

    def drawer(self, role: str = "drawer.main") -> Drawer:
        return self._drawers.get(role) or AbsentDevice(self._absent(role, DeviceKind.DRAWER), self._changed)

    def display(self, role: str = "display.customer") -> LineDisplay:
        return self._displays.get(role) or AbsentDevice(self._absent(role, DeviceKind.DISPLAY), self._changed)

    def scale(self, role: str = "scale.counter") -> Scale:
        return self._scales.get(role) or AbsentDevice(self._absent(role, DeviceKind.SCALE), self._changed)

    def terminal(self, role: str = "terminal.main") -> Terminal:
        return self._terminals.get(role) or AbsentTerminal(self._absent(role, DeviceKind.TERMINAL))

    def health(self) -> tuple[Health, ...]:
        return tuple(self._health_of(role) for role in self._urls)

    def _health_of(self, role: str) -> Health:
        """A role that is changing hands at this moment is nobody's."""
        slot = self._slots.get(role)
        return slot.health if slot is not None else self._absent(role, _kind_or_any(role))

    def retry(self, role: str) -> None:
        if role in self._slots:
            self._slots[role].nudge()
        elif role in self._broken and self._group is not None and not self._stopped:
            self._group.create_task(self._try_again(role), name=f"device {role} again")

    async def _try_again(self, role: str) -> None:
        """What its address names may be there now: a file, a printer."""
        async with self._changing:
            if self._broken.pop(role, None) is not None and role in self._urls:
                self._install(role)
                self._start(role)
                changed, self._changed = self._changed, asyncio.Event()
                changed.set()

    def plugged(self) -> tuple[PluggedDevice, ...]:
        return list_devices(self.ports, self._slots, self.health(), self._urls)

    async def change(self) -> None:
        await self.ports.change()

    @property
    def is_kept(self) -> bool:
        return self._bindings.is_kept

    async def keep(self) -> None:
        if not self.is_kept:
            await self._whole(self._bindings.keep({}, self._settings))

    async def assign(self, role: str, address: str) -> None:
        self._try(role, address)
        await self._whole(self._replace({role: address}))

    async def calibrate_drawer(self, role: str, open_level: bool | None) -> None:
        if role not in self._drawers:
            return
        address = parse_address(self._urls[role], DeviceKind.DRAWER)
        options = address.options | {"open": "none" if open_level is None else "high" if open_level else "low"}
        await self.assign(role, write_address(msgspec.structs.replace(address, options=options)))

    async def unassign(self, role: str) -> None:
        if role in self._urls:
            await self._whole(self._replace({role: None}))

    async def learn(self, role: str, tell: Callable[[Learning], None] = lambda learning: None) -> str:
        if kind_of(role) is not DeviceKind.SCANNER:
            raise BadAddress(f"{role[:40]!r} is no scanner's role", "scanner")
        if self._learns:
            raise BadAddress("another scanner is being looked for", "searching")
        from appliance.hal.learning import Search  # late: keyboards of five countries

        self._learns = True
        scanners = {slot.role: driver for slot, _, driver in self.served if isinstance(driver, ScannerDriver)}
        try:
            learned = await Search(self.ports, scanners, self._names_node, tell).run()
        finally:
            self._learns = False
        if learned.role is not None and self._is_named(learned.role):
            role = learned.role
        address = await self._whole(self._become(role, learned))
        tell(Learning((), role=role))
        return address

    def _is_named(self, role: str) -> bool:
        """Its address means one device, not any that is plugged in."""
        return any(
            slot.role == role and (address.scheme != "udev" or bool(address.match)) for slot, address, _ in self.served
        )

    async def _whole(self, change: Coroutine[None, None, T]) -> T:
        """One change after the other, and each to its end, even when whoever asked for it goes away. A defect in it is
        the asker's, and costs no other device."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def in_turn() -> None:
            try:
                async with self._changing:
                    done.set_result(await change)
            except Exception as error:  # the outermost loop of a change: its task stands beside those that serve
                log.exception("a change of devices met a defect")
                done.set_exception(error)

        assert self._group is not None
        self._group.create_task(in_turn(), name="device change").add_done_callback(lambda _: done.cancel())
        return await asyncio.shield(done)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Serve all roles, and tell of those that can never work as configured: nobody else will."""
        self._group = group
        for role in self._urls:
            self._start(role)
        self._warn_of_shared()
        if self._hot_plug:
            self._tasks[""] = group.create_task(self.ports.run(), name="device hotplug")

    def _warn_of_shared(self) -> None:
        """Two roles of the settings at one place: only one of them will be served well."""
        first: dict[str, str] = {}
        for role, url in self._urls.items():
            place = place_of(url, role)
            if place and first.setdefault(place, role) != role:
                log.warning("%s: %s has the same address, %s", role, first[place], place)

    def stop(self) -> None:
        self._stopped = True
        for task in self._tasks.values():  # a slot ends only by being cancelled
            task.cancel()

    def _start(self, role: str) -> None:
        if role in self._broken:
            self._emit(self._broken[role])
        for slot, address, driver in self.served:
            if slot.role == role and self._group is not None and not self._stopped:
                if address.scheme == "udev":
                    self.ports.expect(role, address, slot.plugged)
                run = slot.run(address, driver, self.ports)
                self._tasks[role] = self._group.create_task(run, name=f"device {role}")

    def _try(self, role: str, url: str) -> None:
        """Raise BadAddress for what could not be served; changes nothing."""
        if not _ROLE.fullmatch(role) or not url.isprintable():
            raise BadAddress("a role is a kind, a dot and a name of letters, digits, _ and -", "role")
        if role not in self._urls and len(self._urls) >= _ROLES_MAX:
            raise BadAddress(f"more than {_ROLES_MAX} roles", "roles", limit=_ROLES_MAX)
        self._check_free(role, url)
        behind = url.partition(":")[2].partition("?")[0]
        printers = {behind: self._urls[behind]} if behind in self._urls else {}
        scratch = Registry(DevicesConfig(printers), self._clock, lambda event: None)
        scratch._add(role, url)

    def _check_free(self, role: str, url: str) -> None:
        """Raises BadAddress for the host and port, or the node, of another role; what it has already it may keep."""
        place = place_of(url, role)
        if place == place_of(self._urls.get(role, ""), role):
            return
        for other, other_url in self._urls.items():
            if other != role and place and place_of(other_url, other) == place:
                raise BadAddress(f"{other} has this address", "address_taken", other=other)

    async def _replace(self, changes: dict[str, str | None]) -> None:
        """Serve these roles from these addresses, and keep that. Drawers go along with their printer."""
        via = {f"via:{role}" for role in changes}
        along = [role for role, url in self._urls.items() if url.partition("?")[0] in via and role not in changes]
        for role in (*along, *changes):
            await self._remove(role)
        for role, url in changes.items():
            self._urls.pop(role, None) if url is None else self._urls.update({role: url})
        for role in (*changes, *along):
            if role in self._urls:
                self._install(role)
                self._start(role)
                if role in self._slots:
                    self._emit(self._slots[role].health)
            else:
                self._emit(self._absent(role, _kind_or_any(role)))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        await self._bindings.keep(changes, self._settings)

    async def _remove(self, role: str) -> None:
        if (slot := self._slots.pop(role, None)) is not None:
            slot.retire()
        printer = self._printers.get(role)
        for table in (self._printers, self._drawers, self._displays, self._scales, self._terminals):
            table.pop(role, None)
        if (task := self._tasks.pop(role, None)) is not None:
            task.cancel()
            await asyncio.wait((task,))
        if printer is not None:
            printer.retire()  # after its link has ended: that would make it unready again
        self.ports.expect_no_more(role)
        self._broken.pop(role, None)
        self.served = [entry for entry in self.served if entry[0].role != role]

    async def _become(self, role: str, learned: "Learned") -> str:
        """Give the role to the scanner that was found."""
        from appliance.hal.learning import address_for

        slot, old = None, Address("")
        for served, address_before, _ in self.served:
            if served.role == learned.role:
                slot, old = served, address_before
        port = learned.port or (self.ports.held_by(slot) if slot is not None else None)
        address = write_address(address_for(learned, port, self.ports.plugged(), old))
        await self._replace({role: address})
        if slot is not None and slot.role != role:  # it served as any scanner does
            slot.unplugged()  # it lets go, and finds this one reserved
        log.info("%s: the setup code was read, now %s", role, address)
        return address

    def _names_node(self, node: str) -> bool:
        """True when some role names this node by its path."""
        paths = [address.path for _, address, _ in self.served if address.path.startswith("/")]
        return any(os.path.realpath(path) == os.path.realpath(node) for path in paths)

    def _install(self, role: str) -> None:
        try:
            self._add(role, self._urls[role])
        except BadAddress as error:
            self._refuse(role, error)

    def _add(self, role: str, url: str) -> None:
        kind = kind_of(role)
        address = parse_address(url, kind)
        if kind is DeviceKind.TERMINAL:
            self._add_terminal(role, address)
            return
        slot = Slot(role, kind, self._clock, self._emit, self._pause_ms_max)
        if kind is DeviceKind.SCANNER:
            self.served.append((slot, address, ScannerDriver(address, self._clock, slot, self._room)))
        elif kind is DeviceKind.PRINTER:
            printer = self._printers[role] = EscposPrinter(address, self._clock, slot, self._logo)
            self.served.append((slot, address, printer))
        elif kind is DeviceKind.DISPLAY:
            display = self._displays[role] = LineDisplayDriver(address, slot)
            self.served.append((slot, address, display))
        elif kind is DeviceKind.SCALE:
            scale = self._scales[role] = ScaleDriver(address, slot)
            self.served.append((slot, address, scale))
        elif address.scheme != "via":
            trigger = self._drawers[role] = TriggerDrawer(address, self._clock, slot)
            self.served.append((slot, address, trigger))
        else:
            if (behind := self._printers.get(address.path)) is None:
                pulse_of(address)  # what is wrong with itself comes first
                open_level_of(address)
                name = address.path[:40]
                raise NoPrinter(f"no printer {name!r} for the drawer", "printer", printer=name)
            self._drawers[role] = PrinterDrawer(address, behind, self._clock, slot)
        self._slots[role] = slot

    def _add_terminal(self, role: str, address: Address) -> None:
        from appliance.hal.terminal.driver import TerminalSlot  # late: protocols that only tills with one need
        from appliance.hal.terminal.opening import open_terminal

        slot = TerminalSlot(role, DeviceKind.TERMINAL, self._clock, self._emit, self._pause_ms_max)
        terminal = self._terminals[role] = open_terminal(address, self._clock, slot, folder=self._folder)
        self.served.append((slot, address, terminal))
        self._slots[role] = slot

    def _refuse(self, role: str, error: BadAddress) -> None:
        state, fault = DeviceState.FAULT, FaultReason.MISCONFIGURED
        if isinstance(error, NoPrinter):
            state, fault = DeviceState.ABSENT, FaultReason.PRINTER_AWAY
            log.warning("%s: %s", role[:40], error)
        else:
            fault = _FILES.get(error.code, fault)
            log.error("%s: configuration refused, %s", role[:40], error)
        self.refused[role] = error
        self._broken[role] = Health(role, _kind_or_any(role), state, fault, self._clock.now())

    def _absent(self, role: str, kind: DeviceKind) -> Health:
        known = self._broken.get(role)
        return known or Health(role, kind, DeviceState.ABSENT, FaultReason.NOT_CONFIGURED, self._clock.now())


def place_of(url: str, role: str) -> str:
    """Host and port, or node, by one name; "" for what names no single place, or cannot be meant."""
    try:
        address = parse_address(url, kind_of(role))
    except BadAddress:
        return ""
    if address.host:
        host = address.host.lower().rstrip(".")
        return f"{'127.0.0.1' if host in _THIS_MACHINE else host}:{address.port}"
    return os.path.realpath(address.path) if address.path.startswith("/") else ""


def _kind_or_any(role: str) -> DeviceKind:
    try:
        return kind_of(role)
    except BadAddress:
        return DeviceKind.SCANNER  # a name of no kind; it is shown, and never served


async def _at_once() -> None:
    return None


@asynccontextmanager
async def open_devices(
    config: DevicesConfig, clock: Clock, emit: Emit, room: Room | None = None
) -> AsyncIterator[Devices]:
    """Serve the configured roles until the block is left. Never fails for a device or a line of configuration: a role
    that cannot be meant is FAULT(MISCONFIGURED), one that is not there ABSENT, and all are told through `emit`. `room`
    is awaited before more is read from a scanner. What the caller's own block raises leaves as an ExceptionGroup, as
    from any TaskGroup."""
    registry = Registry(config, clock, emit, room)
    async with asyncio.TaskGroup() as group:
        registry.start(group)
        try:
            yield registry
        finally:
            registry.stop()
