"""The devices' own screen: what its keys do, and the search for a scanner that reads the setup code.

Hides that a test is an order like any other: a page waits its turn behind the receipts, an opened drawer is on record
with the word "test", and nobody's sale waits for either (screens.md 25).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.errors import Refusal
from appliance.hal.device import SETUP_CODE, DeviceKind, DeviceState, Health, Learning
from appliance.protocol import command as c
from appliance.service.printing import ROLE as RECEIPT_PRINTER

if TYPE_CHECKING:
    from appliance.service.till import Till

CLOSED_ON: Final = ("lock", "starting", "card", "closing")
"""Screens that the devices do not take the place of."""
TICK_S: Final = 1.0
"""How often the screen is told anew while somebody looks at it."""
FIRST_SCANNER: Final = "scanner.front"

log = logging.getLogger(__name__)


class ScannerSearch:
    """« Scannez ce code »: at most one search, which ends with the first device that reads the label."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._task: asyncio.Task[None] | None = None
        self.role = ""
        self.now: Learning | None = None

    @property
    def is_going_on(self) -> bool:
        return self._task is not None

    def start(self) -> None:
        """Listen. Raises Refusal while no devices are served."""
        devices = self._till.devices
        if devices is None:
            raise Refusal("device.not_configured")
        if self._task is None:
            self.role = free_role(devices.health())
            self._task = asyncio.get_running_loop().create_task(self._run(), name="scanner search")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        till, devices = self._till, self._till.devices
        assert devices is not None
        try:
            address = await devices.learn(self.role, self._tell)
        except ValueError as error:
            log.error("no search for %s: %s", self.role, error)
            return
        finally:
            self._task = self.now = None
        log.info("%s is %s", self.role, address)
        if devices.is_kept:
            till.desk.say("scanner.learned", source="scanner search")
        else:
            till.desk.say("device.not_kept", "warn", source="scanner search")
        till.desk.sound("scan_ok")
        till.fold_messages()
        till.changed()

    def _tell(self, learning: Learning) -> None:
        self.now = learning
        if learning.heard is not None:
            self._till.desk.say("scanner.not_the_label", "warn", source="scanner search")
            self._till.desk.sound("scan_refused")
        self._till.changed()


def free_role(health: tuple[Health, ...]) -> str:
    """The role that a new scanner takes: the first that nobody serves now, else one more."""
    scanners = [row for row in health if row.kind is DeviceKind.SCANNER]
    waiting = [row.role for row in scanners if row.state is not DeviceState.READY]
    if waiting or not scanners:
        return waiting[0] if waiting else FIRST_SCANNER
    taken = {row.role for row in scanners}
    return next(role for number in range(2, len(taken) + 3) if (role := f"scanner.{number}") not in taken)


def _show(till: Till, command: c.ShowDevices) -> None:
    desk = till.desk
    if desk.screen in CLOSED_ON:
        raise Refusal("device.not_now")
    desk.close_sheet()
    desk.screen = desk.test_on = "devices"
    desk.tested = None
    desk.looked_at = command.device
    _look_for_terminals(till)
    _tick(till)


def _look_for_terminals(till: Till) -> None:
    """That its port is open is known; whether it is well is asked when somebody wants to see it."""
    if till.devices is None:
        return
    for row in till.devices.health():
        if row.kind is DeviceKind.TERMINAL:
            till.devices.retry(row.role)


def _tick(till: Till) -> None:
    """The view anew each second, as long as somebody looks at it."""
    if till.desk.screen == "devices":
        till.later("devices", TICK_S, lambda: _tick(till))


def _test(till: Till, command: c.TestDevice) -> None:
    if till.desk.screen != "devices":
        raise Refusal("device.not_now")
    _TESTS[command.test](till, command)


def _print(till: Till, command: c.TestDevice) -> None:
    till.effect(e.PrintTest(command.role or RECEIPT_PRINTER))
    till.desk.say("device.test_ordered", source="test")
    till.fold_messages()


def _open(till: Till, command: c.TestDevice) -> None:
    if till.require("open_drawer", command):
        till.do(i.OpenDrawer("test"))


def _calibrate(till: Till, command: c.TestDevice) -> None:
    till.drawer.calibrate(c.CalibrateDrawer("start"))


def _retry(till: Till, command: c.TestDevice) -> None:
    if till.devices is None:
        raise Refusal("device.not_configured")
    till.devices.retry(command.role)


def _learn(till: Till, command: c.TestDevice) -> None:
    if till.require("settings", command):
        till.search.start()


def _stop_learning(till: Till, command: c.TestDevice) -> None:
    till.search.stop()


def _print_setup(till: Till, command: c.TestDevice) -> None:
    till.effect(e.PrintTest(RECEIPT_PRINTER, SETUP_CODE))


def _all(till: Till, command: c.TestDevice) -> None:
    """ "Tout tester": look for everything again, and a page from every printer. No drawer opens by that."""
    till.retry_devices()
    if till.devices is not None:
        for row in till.devices.health():
            if row.kind is DeviceKind.PRINTER:
                till.effect(e.PrintTest(row.role))
    till.desk.say("device.test_ordered", source="test")
    till.fold_messages()


_TESTS: Final[dict[str, Callable[[Any, c.TestDevice], None]]] = {
    "print": _print,
    "open": _open,
    "calibrate": _calibrate,
    "retry": _retry,
    "learn": _learn,
    "stop_learning": _stop_learning,
    "print_setup": _print_setup,
    "all": _all,
}

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {c.ShowDevices: _show, c.TestDevice: _test}
