"""The till's five sounds, made once as tones; silent where the machine has no audio.

Hides the player: `aplay` in the background, so that a missing or busy sound card never holds the screen up.
"""

import io
import math
import shutil
import struct
import subprocess
import threading
import wave
from functools import lru_cache

from appliance.protocol.view import Cue

RATE = 22_050
TONES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "scan_ok": ((1800, 0.06, 0.0),),
    "scan_refused": ((400, 0.12, 0.06), (400, 0.12, 0.0)),
    "sale_closed": ((1200, 0.09, 0.0),),
    "needs_you": ((900, 0.09, 0.06), (900, 0.09, 0.06), (900, 0.09, 0.0)),
}
"""Design system, section 8: (frequency Hz, length s, silence after s)."""


@lru_cache(maxsize=8)
def tone(sound: str) -> bytes:
    """A sound as a WAV file."""
    samples: list[int] = []
    for frequency, length, silence in TONES[sound]:
        count = int(length * RATE)
        for i in range(count):
            fade = min(1.0, i / 110, (count - i) / 220)
            samples.append(round(9000 * fade * math.sin(2 * math.pi * frequency * i / RATE)))
        samples += [0] * int(silence * RATE)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return buffer.getvalue()


class Sounds:
    """Plays each cue once."""

    def __init__(self) -> None:
        self._player = shutil.which("aplay")
        self._heard: int | None = None

    def hear(self, cue: Cue | None) -> None:
        """Plays a cue that is new; the first one seen after a start belongs to the past."""
        serial = cue.serial if cue is not None else 0
        is_new = self._heard is not None and serial != self._heard
        self._heard = serial
        if cue is not None and is_new and self._player and cue.sound in TONES:
            self._play(tone(cue.sound))

    def _play(self, sound: bytes) -> None:
        assert self._player is not None
        process = subprocess.Popen(
            [self._player, "-q", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=process.communicate, args=(sound,), name="kiosk-sound", daemon=True).start()
