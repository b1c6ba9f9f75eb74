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
from appliance.domain.errors import Refusal
from appliance.hal.device import (
    SETUP_CODE,
    DeviceKind,
    DeviceState,
    FaultReason,
    Health,
    Learning,
)
from appliance.protocol import command as c
from appliance.protocol import view as v
from appliance.service.printing import ROLE as RECEIPT_PRINTER
from appliance.service.trial import CHECK_EVERY_S, THERE, Found, Trial, begin, order_page, order_pulse

if TYPE_CHECKING:
    from appliance.service.till import Till

CLOSED_ON: Final = ("lock", "starting", "card", "closing")
"""Screens that the devices do not take the place of."""
TICK_S: Final = 1.0
"""How often the screen is told anew while somebody looks at it."""
FIRST_SCANNER: Final = "scanner.front"
CHECKED: Final = (DeviceKind.TERMINAL, DeviceKind.SCALE, DeviceKind.DISPLAY)
SAID: Final = {
    "shown": "device.display_tested", "weight": "device.scale_tested", "answers": "device.terminal_tested"
}  # fmt: skip
log = logging.getLogger(__name__)


class ScannerSearch:
    """« Scannez ce code »: at most one search, which ends with the first device that reads the label."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._task: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()
        """Searches that were stopped and still close their lines."""
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
            self._ending.add(self._task)
            self._task.add_done_callback(self._ending.discard)
            self._task = self.now = None

    async def _run(self) -> None:
        till, devices = self._till, self._till.devices
        assert devices is not None
        this, before = asyncio.current_task(), set(self._ending)
        try:
            if before:
                await asyncio.wait(before)
            address = await devices.learn(self.role, self._tell)
        except ValueError as error:
            log.error("no search for %s: %s", self.role, error)
            till.desk.say("scanner.no_search", "warn", source="scanner search")
            till.fold_messages()
            till.changed()
            return
        finally:
            if self._task is this:
                self._task = self.now = None
        log.info("%s is %s", self.role, address)
        if devices.is_kept:
            till.desk.say("scanner.learned", source="scanner search", role=self.role)
        else:
            till.desk.say("device.not_kept", "warn", source="scanner search")
        till.desk.sound("scan_ok")
        till.fold_messages()
        till.changed()

    def _tell(self, learning: Learning) -> None:
        self.now = learning
        self.role = learning.role or self.role
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
    if desk.screen != "devices":
        desk.devices_back = "settings" if desk.screen == "settings" else ""
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


def _known(till: Till, role: str, *kinds: DeviceKind) -> Health:
    """How the device of a role is. Raises Refusal for a role of nobody, or of no such kind."""
    if till.devices is None:
        raise Refusal("device.not_configured")
    for row in till.devices.health():
        if row.role == role and (row.kind in kinds or not kinds):
            return row
    raise Refusal("device.unknown_role", role=role)


def _print(till: Till, command: c.TestDevice) -> None:
    role = _known(till, command.role or RECEIPT_PRINTER, DeviceKind.PRINTER).role
    assert till.devices is not None
    _say_found(till, order_page(till, till.devices, role))


def _open(till: Till, command: c.TestDevice) -> None:
    if till.require("open_drawer", command):
        order_pulse(till)


def _calibrate(till: Till, command: c.TestDevice) -> None:
    till.drawer.calibrate(c.CalibrateDrawer("start"))


def _retry(till: Till, command: c.TestDevice) -> None:
    role = _known(till, command.role).role
    assert till.devices is not None
    till.devices.retry(role)


def _check(till: Till, command: c.TestDevice) -> None:
    """ "Tester" of a device that neither prints nor opens: what came of it is said on the bar."""
    row = _known(till, command.role, *CHECKED)
    if row.state not in THERE:
        raise Refusal(f"device.{row.fault or FaultReason.NO_ANSWER}")
    assert till.devices is not None
    _go_on(till, begin(till, till.devices, row))


def _go_on(till: Till, trial: Trial) -> None:
    """One look more, or what was found."""
    try:
        next(trial)
    except StopIteration as end:
        _say_found(till, end.value)
    except Refusal as refusal:  # its role was taken away meanwhile
        _told(till, refusal.code, "warn", **refusal.params)
    else:
        till.later("check", CHECK_EVERY_S, lambda: _go_on(till, trial))


def _say_found(till: Till, found: Found) -> None:
    match found.word:
        case "ordered":
            _told(till, "device.test_behind" if found.params["waiting"] else "device.test_ordered")
        case "waits":
            _told(till, "device.test_waits", "warn")
        case "no_weight":
            _told(till, f"device.scale_{found.state}", "warn")
        case "not_well" if found.fault is FaultReason.NO_ANSWER and _is_scale(till, found.role):
            _told(till, "device.scale_no_answer", "warn")
        case "not_well":
            _told(till, f"device.{found.fault or FaultReason.NO_ANSWER}", "warn")
        case word:
            _told(till, SAID[word], **found.params)


def _is_scale(till: Till, role: str) -> bool:
    return _known(till, role).kind is DeviceKind.SCALE


def _told(till: Till, code: str, level: v.Level = "info", **params: Any) -> None:
    till.desk.say(code, level, source="test", **params)
    till.fold_messages()


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
    if (devices := till.devices) is None:
        return
    printers = [row.role for row in devices.health() if row.kind is DeviceKind.PRINTER]
    waiting = [order_page(till, devices, role).params["waiting"] for role in printers]
    if waiting:
        _told(till, "device.test_behind" if any(waiting) else "device.test_ordered")


_TESTS: Final[dict[str, Callable[[Any, c.TestDevice], None]]] = {
    "print": _print,
    "open": _open,
    "calibrate": _calibrate,
    "check": _check,
    "retry": _retry,
    "learn": _learn,
    "stop_learning": _stop_learning,
    "print_setup": _print_setup,
    "all": _all,
}

HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {c.ShowDevices: _show, c.TestDevice: _test}
