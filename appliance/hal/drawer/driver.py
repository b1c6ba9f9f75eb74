"""Cash drawer behind a receipt printer (RJ12): pulse out, sensor on pin 3 back. Lives as long as its printer's link."""

from appliance.clock import Clock
from appliance.hal.address import Address, one_of
from appliance.hal.device import DeviceState, DrawerPosition, DrawerResult, FaultReason, Health
from appliance.hal.drawer.box import Box, open_level_of
from appliance.hal.escpos.driver import EscposPrinter
from appliance.hal.supervisor import Slot

_AWAY = FaultReason.PRINTER_AWAY
"""Nobody has to look for the drawer's own cable while its printer is not there."""


def pulse_of(address: Address) -> tuple[int, int]:
    """The pulse's pin and its length in milliseconds; raises BadAddress."""
    pin = address.number("pin", 2, 2, 5)
    if pin not in (2, 5):
        raise one_of("pin", ("2", "5"))
    return pin, address.number("on_ms", 100, 20, 500)


class PrinterDrawer:
    """One drawer role. Implements `device.Drawer`."""

    def __init__(self, address: Address, printer: EscposPrinter, clock: Clock, slot: Slot) -> None:
        """Raises BadAddress when the options make no sense."""
        pin, on_ms = pulse_of(address)
        self._box = Box(open_level_of(address), clock, slot, lambda: printer.pulse(pin, on_ms), _AWAY)
        self._slot = slot
        self._printer = printer
        printer.follow_pin(slot.role, self._pin_is)
        if printer.pin_high is not None or printer.is_blind:  # assigned while its printer serves: no status may come
            self._pin_is(printer.pin_high)

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def position(self) -> DrawerPosition:
        return self._box.position

    @property
    def level(self) -> bool | None:
        return self._box.level

    async def open(self) -> DrawerResult:
        return await self._box.open()

    def _pin_is(self, high: bool | None) -> None:
        """From the printer: the pin's level, or None when nobody can tell any more. Behind a printer that never tells
        anything it opens all the same, as a drawer without a sensor."""
        if high is None and not self._printer.is_blind:
            self._box.lost()
            self._slot.report(DeviceState.ABSENT, _AWAY)
        else:
            self._box.level_is(high)
