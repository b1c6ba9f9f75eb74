"""One guest for all tests of this folder; booting it takes longer than they do."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hal.guest.machine import REPOSITORY, Guest, running

PLUGGED_AT_POWER_ON = [
    "usb-kbd,id=plain,bus=xhci.0,port=8,serial=PLAIN",
    "usb-kbd,id=cold-wedge,bus=xhci.0,port=1,serial=COLD-1",
    "usb-serial,id=cold-serial,bus=xhci.0,port=2,serial=FT-COLD,chardev=ft1,always-plugged=true",
]


@pytest.fixture(scope="module")
def guest() -> Iterator[Guest]:
    made = subprocess.run([REPOSITORY / "scripts/proof", "guest"], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(made.stderr.strip().splitlines()[-1])
    with (
        tempfile.TemporaryDirectory(prefix="guest-") as folder,
        running(Path(folder), Path(sys.executable), cold=PLUGGED_AT_POWER_ON) as machine,
    ):
        yield machine


@pytest.fixture(autouse=True)
def unplugged_at_the_end(guest: Guest) -> Iterator[None]:
    yield
    guest.unplug_all()
