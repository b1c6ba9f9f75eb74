"""The demo's four scanners, each on its own wire: two of the same make, one HID-POS, one that types like a keyboard."""

from pathlib import Path
from typing import Final

import msgspec

from appliance.clock import Clock
from appliance.hal.scanner.layouts import LAYOUTS
from appliance.hal.simulated.scanner import (
    SimulatedHidScanner,
    SimulatedSerialScanner,
    SimulatedWedgeScanner,
)

WEDGE_LAYOUT: Final = "ch"
"""Keyboard the wedge scanner is set to in the till."""
ROLES: Final = {
    "serial": "scanner.counter", "twin": "scanner.counter-2", "hid": "scanner.window", "wedge": "scanner.wedge",
}  # fmt: skip
"""Each scanner's name on the bench page, and its role in the till."""

Scanner = SimulatedSerialScanner | SimulatedHidScanner | SimulatedWedgeScanner


class ScannerState(msgspec.Struct, frozen=True):
    id: str
    """`serial`, `twin`, `hid` or `wedge`."""
    plugged: bool
    layout: str | None
    """Keyboard the till expects of it; None for a scanner that is no keyboard."""
    scans: int


class Scanners:
    """All of them, by name; KeyError for a name that is none."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """`folder` holds the pty links and the sockets; its name must be short."""
        self._wedge = SimulatedWedgeScanner(folder / "wedge", layout=WEDGE_LAYOUT, clock=clock)
        self._all: dict[str, Scanner] = {
            "serial": SimulatedSerialScanner(folder / "scanner"),
            "twin": SimulatedSerialScanner(folder / "scanner-2"),
            "hid": SimulatedHidScanner(folder / "hid"),
            "wedge": self._wedge,
        }
        self._scans = dict.fromkeys(self._all, 0)

    @property
    def addresses(self) -> dict[str, str]:
        return {ROLES[name]: scanner.url for name, scanner in self._all.items()}

    @property
    def states(self) -> tuple[ScannerState, ...]:
        return tuple(
            ScannerState(name, scanner.is_plugged, WEDGE_LAYOUT if name == "wedge" else None, self._scans[name])
            for name, scanner in self._all.items()
        )

    async def plug_in(self) -> None:
        for scanner in self._all.values():
            await scanner.plug()

    def unplug_all(self) -> None:
        for scanner in self._all.values():
            scanner.unplug()

    def is_plugged(self, name: str) -> bool:
        return self._all[name].is_plugged

    async def handle(self, name: str, action: str) -> None:
        """`plug` or `unplug` the cable, or `cut`: read a label whose end never comes. KeyError for anything else."""
        scanner = self._all[name]
        if action == "plug":
            await scanner.plug()
        elif action == "unplug":
            scanner.unplug()
        elif action == "cut":
            scanner.scan_cut("7610807")
        else:
            raise KeyError(action)

    def scan(self, name: str, code: str, layout: str = WEDGE_LAYOUT) -> None:
        """Read one label. `layout`: the keyboard the wedge is programmed for; another than the till expects gives the
        famous wrong characters. KeyError for an unknown layout too, ValueError for what no keyboard types."""
        scanner = self._all[name]
        if scanner is self._wedge:
            self._wedge.program(layout)
        scanner.scan(code)
        self._scans[name] += 1


def layout_names() -> tuple[str, ...]:
    """Keyboards a wedge scanner can be programmed for."""
    return tuple(LAYOUTS)
