"""What stands on the demo's counter beside the till: a scale, and the customer's two lines."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.hal.simulated.display import SimulatedDisplay
from appliance.hal.simulated.scale import CAPACITY_MILLI, SimulatedScale

WEIGHT_MILLI_MAX = CAPACITY_MILLI + 1_000
"""One kilogram more than the scale can bear."""


class ScaleState(msgspec.Struct, frozen=True):
    plugged: bool
    gross_milli: int
    """What lies on it, in thousandths of a kilogram."""
    tare_milli: int
    moving: bool
    silent: bool


class DisplayState(msgspec.Struct, frozen=True):
    plugged: bool
    lines: tuple[str, str]
    """What the customer reads; dark while unplugged."""


class Counter:
    """A scale and a customer display on cables of their own."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets their ptys."""
        self._scale = SimulatedScale(folder / "scale")
        self._display = SimulatedDisplay(folder / "display")

    @property
    def addresses(self) -> dict[str, str]:
        return {"scale.counter": self._scale.url, "display.customer": self._display.url}

    @property
    def scale(self) -> ScaleState:
        platter = self._scale.platter
        return ScaleState(
            self._scale.is_plugged, platter.gross_milli, platter.tare_milli, platter.is_moving, platter.is_silent
        )

    @property
    def display(self) -> DisplayState:
        return DisplayState(self._display.is_plugged, self._display.panel.lines)

    def plug_in(self) -> None:
        self._scale.plug()
        self._display.plug()

    def unplug_all(self) -> None:
        self._scale.unplug()
        self._display.unplug()

    def weigh(self, milli: int, moving: bool) -> None:
        """Lay this much on the scale, still swinging or at rest. ValueError for what nobody can lay there."""
        if not 0 <= milli <= WEIGHT_MILLI_MAX:
            raise ValueError(milli)
        self._scale.platter.put(milli)
        if moving:
            self._scale.platter.shake()

    def handle_scale(self, action: str) -> None:
        """`plug`, `unplug`, its own `tare` key, `silence` or `speak`; KeyError for anything else."""
        platter = self._scale.platter
        actions: dict[str, Callable[[], None]] = {
            "plug": self._scale.plug,
            "unplug": self._scale.unplug,
            "tare": platter.tare,
            "silence": lambda: setattr(platter, "is_silent", True),
            "speak": lambda: setattr(platter, "is_silent", False),
        }
        actions[action]()

    def handle_display(self, action: str) -> None:
        """`plug` or `unplug`; KeyError for anything else."""
        {"plug": self._display.plug, "unplug": self._display.unplug}[action]()
