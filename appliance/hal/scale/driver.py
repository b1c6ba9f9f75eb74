"""Counter scale by the 8217 protocol: greeted once, then asked, quickly while somebody watches.

Read-only. It says what the scale says: a scale that is silent, moving, overloaded or unclear has no weight here.
"""

import asyncio
import logging
from typing import Final

from appliance.hal.address import Address, one_of
from appliance.hal.device import DeviceState, FaultReason, Health, Weight, WeightState
from appliance.hal.scale import toledo
from appliance.hal.supervisor import Slot
from appliance.hal.transport import DeviceFault, Transport

log = logging.getLogger(__name__)

_HELLO_S: Final = 1.0
_ANSWER_S: Final = 0.5
_WATCHED_S: Final = 0.12
_IDLE_S: Final = 0.4
"""Often enough for a silent scale to be missed within two seconds (feature H-23), also while nobody weighs."""
_SILENCES_MAX: Final = 2
_SILENCES_LOST: Final = 6


class ScaleDriver:
    """One scale role. Implements `device.Scale` and `supervisor.Driver`."""

    def __init__(self, address: Address, slot: Slot) -> None:
        """Raises BadAddress when the options make no sense."""
        self._decimals = address.number("decimals", 3, 1, 4)
        parity = address.options.get("parity", "none" if address.scheme == "tcp" else "even")
        if parity not in ("even", "none"):
            raise one_of("parity", ("even", "none"))
        self._encode = toledo.with_parity if parity == "even" else bytes
        self._slot = slot
        self._weight = Weight(slot.role, WeightState.UNKNOWN)
        self._watched = asyncio.Event()

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def weight(self) -> Weight:
        return self._weight

    def watch(self, wanted: bool) -> None:
        if wanted and not self._watched.is_set():
            if self._weight.state is WeightState.STABLE:  # up to two seconds old: wait for the next answer
                self._weight = Weight(self._slot.role, WeightState.MOVING)
            self._watched.set()
        elif not wanted:
            self._watched.clear()

    async def run(self, link: Transport) -> None:
        try:
            await self._greet(link)
            self._slot.report(DeviceState.READY)
            await self._ask_on(link)
        finally:
            self._is(toledo.UNKNOWN)

    async def _greet(self, link: Transport) -> None:
        """Echo: proves that a scale of this protocol answers, with the right speed and parity."""
        await link.write(self._encode(toledo.HELLO))
        heard = b""
        try:
            async with asyncio.timeout(_HELLO_S):
                while toledo.HELLO_ANSWER not in heard:
                    heard = (heard + bytes([byte & 0x7F for byte in await link.read()]))[-64:]
        except TimeoutError:
            raise DeviceFault(FaultReason.NO_ANSWER, f"no 8217 scale, heard {heard[:20]!r}") from None
        await link.write(self._encode(toledo.END_HELLO))

    async def _ask_on(self, link: Transport) -> None:
        listener, silences = toledo.Listener(self._decimals), 0
        while True:
            readings = await self._ask(link, listener)
            silences = 0 if readings else silences + 1
            if silences >= _SILENCES_LOST:
                raise DeviceFault(FaultReason.NO_ANSWER, "fell silent")
            if readings:
                self._is(readings[-1])
                self._say_how(readings[-1])
            elif silences >= _SILENCES_MAX:
                self._is(toledo.UNKNOWN)
                self._slot.report(DeviceState.DEGRADED, FaultReason.NO_ANSWER)
            await self._pause(is_in_doubt=0 < silences < _SILENCES_MAX)

    def _say_how(self, reading: toledo.Reading) -> None:
        """Well, or a scale whose weights have not the decimals that the settings say: none of them is believed."""
        is_wrong = self._slot.health.fault is FaultReason.WRONG_DECIMALS
        if not reading.other_decimals:
            if reading.state is WeightState.STABLE or not is_wrong:
                self._slot.report(DeviceState.READY)
        elif not is_wrong:
            log.error(
                "%s: it weighs with %d decimals, the settings say %d (decimals)",
                self._slot.role, reading.other_decimals, self._decimals,
            )  # fmt: skip
            self._slot.report(DeviceState.DEGRADED, FaultReason.WRONG_DECIMALS)

    async def _ask(self, link: Transport, listener: toledo.Listener) -> list[toledo.Reading]:
        while await link.read(0):  # an answer that came too late is not this one's
            pass
        listener.forget()
        await link.write(self._encode(toledo.ASK))
        readings: list[toledo.Reading] = []
        try:
            async with asyncio.timeout(_ANSWER_S):
                while not readings:
                    readings = listener.feed(await link.read())
        except TimeoutError:
            pass
        return readings

    async def _pause(self, is_in_doubt: bool) -> None:
        if is_in_doubt or self._watched.is_set():
            await asyncio.sleep(_WATCHED_S)
            return
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._watched.wait()
        except TimeoutError:
            pass

    def _is(self, reading: toledo.Reading) -> None:
        weight = Weight(self._slot.role, reading.state, reading.quantity_milli, reading.is_net)
        if weight != self._weight:
            self._weight = weight
            if self._watched.is_set():
                self._slot.emit(weight)
