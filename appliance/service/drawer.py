"""The cash drawer as the shop sees it: what it was opened for, for how long, and what it did by itself.

Hides how a pulse, a sensor and a clock become facts (features H-11, H-12):

    ordered, opened, shut        the sale's or the order's own fact, then DrawerShut with its time open
    ordered, not opened          DrawerFailed, a banner and a sound: no pulse could be sent, or the sensor says closed
                                 after two
    opened later, with the key   the opening that had failed, for some minutes
    opened, not ordered          DrawerForced, a banner and a sound
    open for long                DrawerLeftOpen once, a banner, and a sound again and again until it is shut

Without a sensor only orders and pulses that could not be sent are known. While the till's money is being counted the
drawer may stand open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain.effect import KickDrawer
from appliance.domain.errors import Refusal
from appliance.hal.device import DeviceKind, DrawerChanged, DrawerPosition, DrawerResult, FaultReason, Opened
from appliance.protocol import command as c
from appliance.service.equipment import ROLES

if TYPE_CHECKING:
    from appliance.service.till import Till

ROLE: Final = ROLES[DeviceKind.DRAWER]
ORDERED_NS: Final = 10_000_000_000
"""An opening belongs to the newest order for this long: the first pulse may have met a drawer that stuck."""
KEY_NS: Final = 300_000_000_000
"""For this long after a failure an opening is the one that the till told somebody to do with the key."""
HANDS_NS: Final = 500_000_000
"""Nobody shuts a drawer so soon after it was told to open: its sensor says the contrary of what is."""
LEARNING_NS: Final = 60_000_000_000
"""A step of the calibration that nobody takes in this time is forgotten."""
FOUND: Final = "found"
FORCED: Final = "forced"
COUNTING: Final = ("opening", "closing")
TIMER: Final = "drawer open"


class DrawerWatch:
    """What is known of the drawer. Writes its facts through the till, and they settle by themselves."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._order: KickDrawer | None = None
        self._ordered_ns = 0
        self._failed: KickDrawer | None = None
        self._failed_ns = 0
        self._opened_ns: int | None = None
        self._reason, self._ticket = "", 0
        self._is_told = False
        self._open_level: bool | None = None
        self._looks_reversed = False
        self._learning_until_ns = 0

    @property
    def is_open(self) -> bool:
        """Its sensor says so; without a sensor nobody knows, and it counts as shut."""
        return self._opened_ns is not None

    def ordered(self, effect: KickDrawer) -> None:
        """A pulse is about to be sent for this."""
        self._order, self._ordered_ns = effect, self._till.clock.monotonic_ns()

    def answered(self, effect: KickDrawer, result: DrawerResult) -> None:
        """What became of the pulse. A shop without a drawer has nothing that could fail."""
        if result.fault is FaultReason.NOT_CONFIGURED:
            return
        desk = self._till.desk
        if result.pulse_sent and result.opened is not Opened.NO:
            desk.hush(ROLE)
            return
        self._failed, self._failed_ns = effect, self._till.clock.monotonic_ns()
        self._note(j.DrawerFailed(effect.reason, effect.ticket, result.pulse_sent))
        desk.say("drawer.stuck", "error", source=ROLE)
        desk.sound("needs_you")
        self._till.changed()

    def moved(self, event: DrawerChanged) -> None:
        """The sensor said so. What it says while its meaning is being learnt is not believed."""
        if event.role != ROLE or self._till.clock.monotonic_ns() < self._learning_until_ns:
            return
        if event.position is DrawerPosition.OPEN:
            self._opened(event.commanded)
        elif event.position is DrawerPosition.CLOSED:
            self._shut()

    def _opened(self, commanded: bool) -> None:
        till, now_ns = self._till, self._till.clock.monotonic_ns()
        self._opened_ns, self._is_told = now_ns, False
        self._reason, self._ticket = FOUND, 0
        till.desk.hush(ROLE)
        if not commanded and self._failed is not None and now_ns - self._failed_ns <= KEY_NS:
            self._reason, self._ticket = self._failed.reason, self._failed.ticket
        elif not commanded:
            self._reason = FORCED
            self._note(j.DrawerForced())
            code = "drawer.reversed" if self._looks_reversed else "drawer.opened_by_itself"
            till.desk.say(code, "error", source=f"{ROLE}.forced")
            till.desk.sound("needs_you")
        elif self._order is not None and now_ns - self._ordered_ns <= ORDERED_NS:
            self._reason, self._ticket = self._order.reason, self._order.ticket
        self._order = self._failed = None
        self._wait()

    def _shut(self) -> None:
        till = self._till
        since_order_ns = till.clock.monotonic_ns() - self._ordered_ns
        self._looks_reversed = self._order is not None and since_order_ns <= HANDS_NS
        till.cancel(TIMER)
        till.desk.hush(TIMER)
        if self._opened_ns is not None:
            open_ms = (till.clock.monotonic_ns() - self._opened_ns) // 1_000_000
            self._note(j.DrawerShut(self._reason, open_ms, self._ticket))
        self._opened_ns = None

    def _wait(self) -> None:
        if self._till.config.drawer_open_s:
            self._till.later(TIMER, self._till.config.drawer_open_s, self._stands_open)

    def _stands_open(self) -> None:
        till = self._till
        self._wait()
        devices = till.devices
        stands_open = devices is not None and devices.drawer(ROLE).position is DrawerPosition.OPEN
        if self._opened_ns is None or till.desk.screen in COUNTING or not stands_open:
            return
        seconds = (till.clock.monotonic_ns() - self._opened_ns) // 1_000_000_000
        if not self._is_told:
            self._note(j.DrawerLeftOpen(self._reason, seconds, self._ticket))
            self._is_told = True
        till.desk.say("drawer.left_open", "error", source=TIMER, seconds=seconds)
        till.desk.sound("needs_you")

    def _note(self, fact: j.DrawerFailed | j.DrawerForced | j.DrawerLeftOpen | j.DrawerShut) -> None:
        self._till.do(i.NoteDrawer(fact))
        self._till.ledger.settle_soon()

    # --- which level means open ---------------------------------------------------------------------------------

    def calibrate(self, command: c.CalibrateDrawer) -> None:
        """ "Ouvrez-le… fermez-le": two levels, read at two moments. The same level twice: there is no sensor.

        It begins with a pulse, so that the opening is on record as any other. Raises Refusal when nobody can be asked.
        """
        now_ns = self._till.clock.monotonic_ns()
        if command.step == "start":
            if self._till.require("open_drawer", command):
                self._learning_until_ns, self._open_level = now_ns + LEARNING_NS, None
                self._till.do(i.OpenDrawer("calibration"))
                self._ask("drawer.calibrate_open", "drawer_is_open", "open")
            return
        devices = self._till.devices
        level = devices.drawer(ROLE).level if devices is not None else None
        if now_ns >= self._learning_until_ns:
            raise Refusal("drawer.calibrate_first")
        if level is None:
            raise Refusal("drawer.no_sensor")
        self._learning_until_ns = now_ns + LEARNING_NS
        if command.step == "open":
            self._open_level = level
            self._ask("drawer.calibrate_shut", "drawer_is_shut", "shut")
        else:
            self._end(level)

    def _ask(self, code: str, action: str, step: c.CalibrationStep) -> None:
        desk = self._till.desk
        desk.close_sheet()
        desk.say(code, "warn", actions=(action,), source="calibration")
        desk.notices[0].sticky = True
        desk.notices[0].retry = c.CalibrateDrawer(step)

    def _end(self, shut_level: bool) -> None:
        if self._open_level is None:
            raise Refusal("drawer.calibrate_first")
        has_sensor = shut_level != self._open_level
        self._till.keep_drawer_level(self._open_level if has_sensor else None)
        self._open_level = None
        self._looks_reversed = False
        self._learning_until_ns = 0
        self._till.cancel(TIMER)
        self._opened_ns = None
        code = "drawer.calibrated" if has_sensor else "drawer.calibrated_without"
        self._till.desk.say(code, "info" if has_sensor else "warn", source="calibration")
        self._till.fold_messages()
