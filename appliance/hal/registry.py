"""Opens the configured devices and keeps them: the only way in for the composition root.

async with open_devices(DevicesConfig(roles), clock, emit) as devices:
    await devices.printer().print(paper, job_id)
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from appliance.clock import Clock
from appliance.hal.address import Address, BadAddress, DevicesConfig, kind_of, parse_address
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
    LineDisplay,
    Opened,
    Paper,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    PaymentResult,
    Printer,
    PrintOutcome,
    PrintResult,
    Progress,
    Scale,
    Scan,
    ScanMissed,
    Terminal,
    TerminalAbilities,
    Weight,
    WeightState,
)
from appliance.hal.display.driver import LineDisplayDriver
from appliance.hal.drawer.driver import PrinterDrawer
from appliance.hal.drawer.trigger import TriggerDrawer
from appliance.hal.escpos.driver import EscposPrinter
from appliance.hal.hotplug import Ports
from appliance.hal.scale.driver import ScaleDriver
from appliance.hal.scanner.driver import ScannerDriver
from appliance.hal.supervisor import Driver, Slot

__all__ = ["DevicesConfig", "Registry", "open_devices"]

log = logging.getLogger(__name__)


class AbsentDevice:
    """Stands where no device is: a role that is not configured, or not as it can be meant."""

    def __init__(self, health: Health) -> None:
        self._health = health

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

    def calibrate(self, open_level: bool | None) -> None:
        return None

    def show(self, upper: str, lower: str) -> None:
        return None

    def watch(self, wanted: bool) -> None:
        return None

    async def ready(self) -> None:
        await asyncio.Event().wait()

    async def print(self, paper: Paper, job_id: int) -> PrintResult:
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

    async def abort(self, request_id: str) -> None:
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

    def __init__(self, config: DevicesConfig, clock: Clock, emit: Emit) -> None:
        self._clock = clock
        self._emit = emit
        self._pause_ms_max = max(250, config.backoff_ms_max)
        self.ports = Ports()
        self._slots: dict[str, Slot] = {}
        self._broken: dict[str, Health] = {}
        self._order = tuple(config.roles)
        self._hot_plug = config.hot_plug
        self.served: list[tuple[Slot, Address, Driver]] = []
        self._printers: dict[str, EscposPrinter] = {}
        self._drawers: dict[str, PrinterDrawer | TriggerDrawer] = {}
        self._displays: dict[str, LineDisplayDriver] = {}
        self._scales: dict[str, ScaleDriver] = {}
        for role in sorted(config.roles, key=lambda role: role.startswith("drawer.")):  # printers before drawers
            try:
                self._add(role, config.roles[role])
            except BadAddress as error:
                self._refuse(role, error)

    @property
    def needs_udev(self) -> bool:
        return self._hot_plug and any(address.scheme == "udev" for _, address, _ in self.served)

    def printer(self, role: str = "printer.receipt") -> Printer:
        return self._printers.get(role) or AbsentDevice(self._absent(role, DeviceKind.PRINTER))

    def drawer(self, role: str = "drawer.main") -> Drawer:
        return self._drawers.get(role) or AbsentDevice(self._absent(role, DeviceKind.DRAWER))

    def display(self, role: str = "display.customer") -> LineDisplay:
        return self._displays.get(role) or AbsentDevice(self._absent(role, DeviceKind.DISPLAY))

    def scale(self, role: str = "scale.counter") -> Scale:
        return self._scales.get(role) or AbsentDevice(self._absent(role, DeviceKind.SCALE))

    def terminal(self, role: str = "terminal.main") -> Terminal:
        return AbsentTerminal(self._absent(role, DeviceKind.TERMINAL))

    def health(self) -> tuple[Health, ...]:
        return tuple(self._slots[role].health if role in self._slots else self._broken[role] for role in self._order)

    def retry(self, role: str) -> None:
        if role in self._slots:
            self._slots[role].nudge()

    def announce(self) -> None:
        """Tell of the roles that can never work as configured: nobody else will."""
        for health in self._broken.values():
            self._emit(health)

    def _add(self, role: str, url: str) -> None:
        kind = kind_of(role)
        address = parse_address(url, kind)
        slot = Slot(role, kind, self._clock, self._emit, self._pause_ms_max)
        if kind is DeviceKind.SCANNER:
            self.served.append((slot, address, ScannerDriver(address, self._clock, slot)))
        elif kind is DeviceKind.PRINTER:
            printer = self._printers[role] = EscposPrinter(address, self._clock, slot)
            self.served.append((slot, address, printer))
        elif kind is DeviceKind.DISPLAY:
            display = self._displays[role] = LineDisplayDriver(address, slot)
            self.served.append((slot, address, display))
        elif kind is DeviceKind.SCALE:
            scale = self._scales[role] = ScaleDriver(address, slot)
            self.served.append((slot, address, scale))
        elif kind is DeviceKind.DRAWER and address.scheme != "via":
            trigger = self._drawers[role] = TriggerDrawer(address, self._clock, slot)
            self.served.append((slot, address, trigger))
        else:
            if (behind := self._printers.get(address.path)) is None:
                raise BadAddress(f"no printer {address.path[:40]!r} for the drawer")
            self._drawers[role] = PrinterDrawer(address, behind, self._clock, slot)
        self._slots[role] = slot

    def _refuse(self, role: str, error: BadAddress) -> None:
        log.error("%s: configuration refused, %s", role[:40], error)
        try:
            kind = kind_of(role)
        except BadAddress:
            kind = DeviceKind.SCANNER  # a name of no kind; it is shown, and never served
        self._broken[role] = Health(role, kind, DeviceState.FAULT, FaultReason.MISCONFIGURED, self._clock.now())

    def _absent(self, role: str, kind: DeviceKind) -> Health:
        known = self._broken.get(role)
        return known or Health(role, kind, DeviceState.ABSENT, FaultReason.NOT_CONFIGURED, self._clock.now())


@asynccontextmanager
async def open_devices(config: DevicesConfig, clock: Clock, emit: Emit) -> AsyncIterator[Devices]:
    """Serve the configured roles until the block is left. Never fails for a device or a line of configuration: a role
    that cannot be meant is FAULT(MISCONFIGURED), one that is not there ABSENT, and all are told through `emit`. What
    the caller's own block raises leaves as an ExceptionGroup, as from any TaskGroup."""
    registry = Registry(config, clock, emit)
    registry.announce()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(slot.run(address, driver, registry.ports), name=f"device {slot.role}")
            for slot, address, driver in registry.served
        ]
        if registry.needs_udev:
            tasks.append(group.create_task(registry.ports.run(), name="device hotplug"))
        try:
            yield registry
        finally:
            for task in tasks:  # a slot ends only by being cancelled
                task.cancel()
