"""A virtual display for the kiosk where there is no screen: Xvfb; hides how its picture is read.

Xvfb keeps its frame buffer in a memory-mapped file in XWD format (`-fbdir`): a picture costs one copy of memory and no
request to the X server. The file format is X11/XWDFile.h, version 7: a header of 32-bit numbers, most significant byte
first, then the colour map (12 bytes each), then the rows.
"""

import asyncio
import mmap
import re
import shutil
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

from appliance.demo.child import ended_with_us
from appliance.demo.fault import DemoFailed

START_S: Final = 15.0
_HEADER: Final = struct.Struct(">25I")
_XWD_VERSION: Final = 7
_COLOUR_BYTES: Final = 12
_LOCAL_DISPLAY: Final = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")
_PATCH: Final = struct.Struct(">HHHH")


class VirtualDisplay:
    """A running Xvfb: its name and its picture."""

    PATCH_BYTES: Final = _PATCH.size
    """Bytes before the PNG of a patch."""

    def __init__(self, name: str, buffer: mmap.mmap) -> None:
        self.name = name
        """Value of DISPLAY, such as `:1`."""
        header = _HEADER.unpack_from(buffer)
        if header[1] != _XWD_VERSION or header[11] != 32:
            raise DemoFailed(f"Xvfb wrote a frame buffer of an unknown kind: {header[:12]}")
        self.width, self.height = header[4], header[5]
        self._row_bytes = header[12]
        self._start = header[0] + header[19] * _COLOUR_BYTES
        self._end = self._start + self._row_bytes * self.height
        self._buffer = buffer

    def frame(self) -> bytes:
        """The picture now, as the raw rows of the frame buffer; equal bytes are an equal picture."""
        return self._buffer[self._start : self._end]

    def picture(self, frame: bytes) -> Image.Image:
        """The picture in a frame."""
        size = (self.width, self.height)
        return Image.frombuffer("RGB", size, frame, "raw", "BGRX", self._row_bytes, 1)

    def patch(self, before: bytes | None, frame: bytes) -> bytes:
        """What changed since `before` (None: everything): x, y, width, height as 16-bit numbers, then a PNG."""
        image = self.picture(frame)
        box: tuple[int, int, int, int] | None = (0, 0, self.width, self.height)
        if before is not None:
            box = ImageChops.difference(image, self.picture(before)).getbbox()
        box = box or (0, 0, 1, 1)
        png = png_bytes(image.crop(box))
        return _PATCH.pack(box[0], box[1], box[2] - box[0], box[3] - box[1]) + png


def has_screen(environment: Mapping[str, str]) -> bool:
    """True when a window can be opened: a Wayland session, or an X display. A DISPLAY of this machine may be stale, so
    its server is called (X(7): `:0` is the socket /tmp/.X11-unix/X0)."""
    name = environment.get("DISPLAY", "")
    if environment.get("WAYLAND_DISPLAY"):
        return True
    local = _LOCAL_DISPLAY.fullmatch(name)
    if local is None:
        return bool(name)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"/tmp/.X11-unix/X{local[1]}")
        except OSError:
            return False
    return True


def png_bytes(image: Image.Image) -> bytes:
    """A quick PNG: the receiver is on the same machine."""
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


@asynccontextmanager
async def open_display(folder: Path, log: Path, width: int = 1280, height: int = 800) -> AsyncIterator[VirtualDisplay]:
    """Start Xvfb on a free display number; it ends with the block. DemoFailed when it is missing or does not start."""
    if shutil.which("Xvfb") is None:
        raise DemoFailed("no screen and no Xvfb: run `make setup`, or as root `apt-get install xvfb`")
    arguments = ["-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-fbdir", str(folder)]
    arguments += ["-nolisten", "tcp", "-nocursor", "-s", "0"]
    with log.open("ab") as errors:
        server = await asyncio.create_subprocess_exec(
            *ended_with_us(), "Xvfb", *arguments, stdout=asyncio.subprocess.PIPE, stderr=errors, start_new_session=True
        )
    try:
        assert server.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                number = (await server.stdout.readline()).decode().strip()
        except TimeoutError:
            number = ""
        if not number:
            raise DemoFailed(f"Xvfb does not start: see {log}")
        with (folder / "Xvfb_screen0").open("rb") as file:
            buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        with buffer:
            yield VirtualDisplay(f":{number}", buffer)
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()
