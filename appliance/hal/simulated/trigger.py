"""A drawer on a serial trigger (Glancetron 8005) behind a pty: every byte that is no question opens it."""

from pathlib import Path

from appliance.hal.simulated.printer import SimulatedDrawer
from appliance.hal.simulated.pty import PtyCable

_ESC, _ASK = 0x1B, 0x3A


class SimulatedTrigger:
    """Everything it may be told by hand is a public method or attribute."""

    def __init__(self, path: Path, *, has_sensor: bool = True, is_inverted: bool = False) -> None:
        """`is_inverted`: the drawer's switch is wired the other way round."""
        self._cable = PtyCable(path, self._receive)
        self.drawer = SimulatedDrawer()
        self.has_sensor = has_sensor
        """False: questions stay without an answer."""
        self.is_inverted = is_inverted
        self.question_count = 0
        self._is_escaped = False

    @property
    def url(self) -> str:
        return f"serial://{self._cable.path}?trigger=glancetron"

    @property
    def is_plugged(self) -> bool:
        return self._cable.is_plugged

    def plug(self) -> None:
        self._cable.plug()

    def unplug(self) -> None:
        self._cable.unplug()

    def send(self, raw: bytes) -> None:
        """Any bytes at all."""
        self._cable.send(raw)

    def _receive(self, received: bytes) -> None:
        for byte in received:
            if self._is_escaped and byte == _ASK:
                self._is_escaped = False
                self._answer()
            elif byte == _ESC:
                self._is_escaped = True
            else:
                self._is_escaped = False
                self.drawer.pulse()

    def _answer(self) -> None:
        self.question_count += 1
        if self.has_sensor:
            self._cable.send(b"\x1b4B" if self.drawer.is_open != self.is_inverted else b"\x1b4A")
