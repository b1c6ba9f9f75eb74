"""Scanner driver: a link, a codec and the silence between keys."""

import logging
from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote_to_bytes

from appliance.clock import Clock
from appliance.hal.address import Address, BadAddress, one_of
from appliance.hal.device import DeviceState, Room, Scan, ScanDamaged
from appliance.hal.scanner.aim import name_of
from appliance.hal.scanner.framing import Damaged, Read, SerialFraming
from appliance.hal.supervisor import Slot
from appliance.hal.transport import LinkLost, Transport

log = logging.getLogger(__name__)

_TIMEOUT_MS = {"hidraw": 500, "hidstream": 500}
"""Longest silence inside a code; two reports of a HID-POS scanner may be further apart than two keys."""
_USUAL_TIMEOUT_MS = 300
_SILENCE_MS = 50
"""Where silence ends a code (`end=silence`)."""


class Codec(Protocol):
    @property
    def pending(self) -> bool: ...
    def feed(self, received: bytes) -> list[Read | Damaged]: ...
    def expire(self, reason: str = "timeout") -> list[Read | Damaged]: ...


async def _at_once() -> None:
    return None


class ScannerDriver:
    """Reads one scanner until its link is lost."""

    def __init__(self, address: Address, clock: Clock, slot: Slot, room: Room = _at_once) -> None:
        """`room`: awaited before each read, so that a crowd of codes waits in the scanner and its line, not here.
        Raises BadAddress when the options make no sense."""
        self._room = room
        self._address = address
        self._clock = clock
        self._slot = slot
        self.tap: Callable[[Address, bytes, list[Read | Damaged]], None] | None = None
        """While set, what is read goes here and nowhere else: the setup code is looked for. Empty bytes: silence."""
        for scheme in address.path.split(",") if address.scheme == "udev" else (address.scheme,):
            self._codec_for(scheme)  # an option that makes no sense is found now, not at the first plug

    async def run(self, link: Transport) -> None:
        scheme = link.address.scheme or self._address.scheme
        codec = self._codec_for(scheme, self._clock.monotonic_ns() // 1_000)
        timeout_s = self._timeout_ms(scheme) / 1_000
        heard = False
        self._slot.report(DeviceState.READY)
        try:
            while True:
                await self._room()
                listened = heard and self.tap is not None
                received = await link.read(timeout_s if codec.pending or listened else None)
                found = codec.feed(received) if received else codec.expire()
                if self.tap is None:
                    self._deliver(found)
                else:
                    heard = bool(received)
                    self.tap(link.address, received, found)
        except LinkLost:
            self._deliver(codec.expire("unplugged"))
            raise

    def _timeout_ms(self, scheme: str) -> int:
        usual = _SILENCE_MS if self._silence_ends() else _TIMEOUT_MS.get(scheme, _USUAL_TIMEOUT_MS)
        return self._address.number("timeout_ms", usual, 50, 5_000)

    def _silence_ends(self) -> bool:
        end = self._address.options.get("end", "suffix")
        if end not in ("suffix", "silence"):
            raise one_of("end", ("suffix", "silence"))
        return end == "silence"

    def _codec_for(self, scheme: str, now_us: int = 0) -> Codec:
        options = self._address.options
        strip_aim = self._address.number("aim", 1, 0, 1) == 1
        timeout_ms, silence_ends = self._timeout_ms(scheme), self._silence_ends()
        prefix, ends = options.get("prefix", ""), unquote_to_bytes(options.get("suffix", "\r\n"))
        if not 0 < len(ends) <= 4 or len(unquote_to_bytes(prefix)) > 16:
            raise BadAddress("a suffix of 1 to 4 and a prefix of up to 16 characters", "affixes")
        if scheme in ("hidraw", "hidstream"):
            from appliance.hal.scanner.hidpos import HidPosCodec

            return HidPosCodec(strip_aim, prefix)
        if scheme in ("evdev", "evstream"):
            from appliance.hal.scanner.layouts import LAYOUTS  # late: five layouts that others never need
            from appliance.hal.scanner.wedge import WedgeCodec

            try:
                return WedgeCodec(
                    options.get("layout", "us"),
                    strip_aim,
                    timeout_ms,
                    prefix=prefix,
                    silence_ends=silence_ends,
                    caps=self._address.number("caps", 0, 0, 1) == 1,
                    opened_us=now_us if scheme == "evdev" else None,
                )
            except KeyError as error:
                raise one_of("layout", LAYOUTS, f"keyboard layout {error}") from None
        return SerialFraming(unquote_to_bytes(prefix), ends, strip_aim, silence_ends)

    def _deliver(self, found: list[Read | Damaged]) -> None:
        for read in found:
            if isinstance(read, Read):
                self._slot.count("scans")
                log.debug("%s: read a code of %s", self._slot.role, name_of(read.symbology) or "some kind")
                self._slot.emit(Scan(read.text, read.symbology, self._slot.role, self._clock.monotonic_ns()))
            else:
                self._slot.count("damaged")
                log.warning("%s: scan refused, %s", self._slot.role, read.reason)
                self._slot.emit(ScanDamaged(self._slot.role, read.reason))
