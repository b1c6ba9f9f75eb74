"""Scanner driver: a link, a codec and the silence between keys."""

import logging
from typing import Protocol
from urllib.parse import unquote_to_bytes

from appliance.clock import Clock
from appliance.hal.address import Address, BadAddress
from appliance.hal.device import DeviceState, Scan, ScanDamaged
from appliance.hal.scanner.framing import Damaged, Read, SerialFraming
from appliance.hal.supervisor import Slot
from appliance.hal.transport import LinkLost, Transport

log = logging.getLogger(__name__)


class Codec(Protocol):
    @property
    def pending(self) -> bool: ...
    def feed(self, received: bytes) -> list[Read | Damaged]: ...
    def expire(self, reason: str = "timeout") -> list[Read | Damaged]: ...


class ScannerDriver:
    """Reads one scanner until its link is lost."""

    def __init__(self, address: Address, clock: Clock, slot: Slot) -> None:
        """Raises BadAddress when the options make no sense."""
        self._timeout_s = address.number("timeout_ms", 300, 50, 5_000) / 1_000
        self._address = address
        self._clock = clock
        self._slot = slot
        self._new_codec()  # an option that makes no sense is found now, not at the first plug

    async def run(self, link: Transport) -> None:
        codec = self._new_codec()
        self._slot.report(DeviceState.READY)
        try:
            while True:
                received = await link.read(self._timeout_s if codec.pending else None)
                self._deliver(codec.feed(received) if received else codec.expire())
        except LinkLost:
            self._deliver(codec.expire("unplugged"))
            raise

    def _new_codec(self) -> Codec:
        options = self._address.options
        strip_aim = self._address.number("aim", 1, 0, 1) == 1
        if self._address.scheme == "evstream" or "evdev" in (self._address.scheme, self._address.path):
            from appliance.hal.scanner.wedge import WedgeCodec  # late: four layouts that a serial scanner never needs

            try:
                return WedgeCodec(options.get("layout", "us"), strip_aim, int(self._timeout_s * 1_000))
            except KeyError as error:
                raise BadAddress(f"no keyboard layout {error}") from None
        prefix, suffix = options.get("prefix", ""), options.get("suffix", "\r\n")
        if not suffix or len(suffix) > 4 or len(prefix) > 16:
            raise BadAddress("a suffix of 1 to 4 and a prefix of up to 16 characters")
        return SerialFraming(unquote_to_bytes(prefix), unquote_to_bytes(suffix), strip_aim)

    def _deliver(self, found: list[Read | Damaged]) -> None:
        for read in found:
            if isinstance(read, Read):
                self._slot.count("scans")
                self._slot.emit(Scan(read.text, read.symbology, self._slot.role, self._clock.monotonic_ns()))
            else:
                self._slot.count("damaged")
                log.warning("%s: scan refused, %s", self._slot.role, read.reason)
                self._slot.emit(ScanDamaged(self._slot.role, read.reason))
