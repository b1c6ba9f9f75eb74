"""The demo's devices on the counter and behind it; hides which simulated class stands behind a name.

All of them are on the far side of real wires (TCP, pty, Unix socket), so the daemon that is killed and started again
finds them as it left them.
"""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from appliance.clock import Clock
from appliance.demo.counter import Counter
from appliance.demo.scanners import WEDGE_LAYOUT, Scanners, ScannerState
from appliance.demo.terminal import CardTerminal
from appliance.hal.simulated.paper import Strip
from appliance.hal.simulated.printer import SimulatedPrinter
from appliance.hal.simulated.trigger import SimulatedTrigger

PRINTER_PORT: Final = 9100
"""What network printers listen on; another free port is taken when it is busy."""
PAPERS_MAX: Final = 200


class PrinterState(msgspec.Struct, frozen=True):
    power: bool
    cable: bool
    paper: str
    """`ok`, `low` or `out`."""
    cover_open: bool
    jammed: bool
    offline: bool
    cuts: int
    papers: tuple[int, ...]
    """Numbers of the papers that came out, newest first."""
    uncut: int
    """Lines that are printed and not cut off yet."""


class DrawerState(msgspec.Struct, frozen=True):
    is_open: bool
    pulses: int
    stuck: bool


class Devices:
    """The demo's devices, once plugged in. Everything a visitor may do to them is a method."""

    def __init__(self, folder: Path, clock: Clock, printer_port: int, *, has_trigger: bool = False) -> None:
        """`folder` holds the pty links and the wedge's socket; its name must be short. `has_trigger`: the drawer hangs
        on a serial trigger of its own and not behind the printer."""
        self._clock = clock
        self._printer = SimulatedPrinter(port=printer_port)
        self._trigger = SimulatedTrigger(folder / "drawer") if has_trigger else None
        self._drawer = self._printer.drawer if self._trigger is None else self._trigger.drawer
        self.counter = Counter(folder)
        self._printer.on_change = self._collect
        self._scanners = Scanners(folder, clock)
        self.terminal = CardTerminal(folder, clock)
        self._powered = self._cabled = True
        self._papers: dict[int, Strip] = {}
        self._last: Strip | None = None

    @property
    def addresses(self) -> dict[str, str]:
        """Role to address, for the daemon's settings."""
        return {
            "printer.receipt": self._printer.url,
            "drawer.main": "via:printer.receipt?open=high" if self._trigger is None else self._trigger.url,
            **self._scanners.addresses,
            "terminal.main": self.terminal.url,
            **self.counter.addresses,
        }

    @property
    def printer(self) -> PrinterState:
        printer = self._printer
        paper = "out" if printer.is_paper_out else "low" if printer.is_paper_low else "ok"
        return PrinterState(
            power=self._powered,
            cable=self._cabled,
            paper=paper,
            cover_open=printer.is_cover_open,
            jammed=printer.is_cutter_jammed,
            offline=printer.is_offline,
            cuts=printer.cut_count,
            papers=tuple(reversed(self._papers)),
            uncut=len(printer.paper.elements),
        )

    @property
    def drawer(self) -> DrawerState:
        return DrawerState(self._drawer.is_open, self._drawer.pulse_count, self._drawer.is_stuck)

    @property
    def scanners(self) -> tuple[ScannerState, ...]:
        return self._scanners.states

    def paper(self, number: int) -> Strip | None:
        """A paper that came out; 0 is what hangs out of the printer uncut. None: no such paper (any more)."""
        return self._printer.paper if number == 0 else self._papers.get(number)

    async def plug_in(self) -> None:
        await self._printer.plug()
        await self._scanners.plug_in()
        await self.terminal.plug()
        self.counter.plug_in()
        if self._trigger is not None:
            self._trigger.plug()

    def unplug_all(self) -> None:
        self.counter.unplug_all()
        if self._trigger is not None:
            self._trigger.unplug()
        self._printer.unplug()
        self._scanners.unplug_all()

    async def handle_printer(self, action: str) -> None:
        """Do by hand what `action` says; KeyError for an unknown one."""
        actions: dict[str, Callable[[], None]] = {
            "paper-low": self._printer.run_low,
            "paper-out": self._printer.run_out_of_paper,
            "paper-new": self._printer.load_paper,
            "cover-open": self._printer.open_cover,
            "cover-close": self._printer.close_cover,
            "jam": self._printer.jam_cutter,
            "unjam": self._printer.clear_jam,
            "offline": lambda: self._printer.set_offline(True),
            "online": lambda: self._printer.set_offline(False),
            "tear-off": self._printer.tear_off,
            "power-off": lambda: self._set_power(False),
            "power-on": lambda: self._set_power(True),
            "cable-out": lambda: self._set_cable(False),
            "cable-in": lambda: self._set_cable(True),
        }
        actions[action]()
        if self._powered and self._cabled:
            await self._printer.plug()

    def handle_drawer(self, action: str) -> None:
        """`open` with the key, `close`, `stick` or `loosen`; KeyError for anything else."""
        drawer = self._drawer
        actions: dict[str, Callable[[], None]] = {
            "open": drawer.open_with_key,
            "close": drawer.close,
            "stick": lambda: setattr(drawer, "is_stuck", True),
            "loosen": lambda: setattr(drawer, "is_stuck", False),
        }
        actions[action]()

    async def handle_scanner(self, scanner: str, action: str) -> None:
        """`plug`, `unplug` or `cut`, see `Scanners.handle`."""
        await self._scanners.handle(scanner, action)

    def is_plugged(self, scanner: str) -> bool:
        return self._scanners.is_plugged(scanner)

    def scan(self, scanner: str, code: str, layout: str = WEDGE_LAYOUT) -> None:
        """Read one label, see `Scanners.scan`."""
        self._scanners.scan(scanner, code, layout)

    def _set_power(self, powered: bool) -> None:
        self._powered = powered
        if not powered:
            self._printer.power_off()

    def _set_cable(self, cabled: bool) -> None:
        self._cabled = cabled
        if not cabled:
            self._printer.unplug()

    def _collect(self) -> None:
        """Number each paper as it comes out."""
        receipts = self._printer.receipts
        if receipts and receipts[-1] is not self._last:
            self._last = receipts[-1]
            self._papers[max(self._papers, default=0) + 1] = self._last
            if len(self._papers) > PAPERS_MAX:
                del self._papers[min(self._papers)]


@asynccontextmanager
async def open_devices(
    folder: Path, clock: Clock, printer_port: int = PRINTER_PORT, *, has_trigger: bool = False
) -> AsyncIterator[Devices]:
    """Plug everything in; pulled out when the block ends. The printer takes another port when its own is busy."""
    devices = Devices(folder, clock, free_port(printer_port), has_trigger=has_trigger)
    try:
        await devices.plug_in()
        yield devices
    finally:
        devices.unplug_all()
        await devices.terminal.unplug()
        await asyncio.sleep(0)  # aborted sessions say goodbye on the next turn of the loop


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """`wanted` when it is free on this machine, otherwise 0: any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            return 0
    return wanted
