"""Under umockdev (see test_udev.py): one test bed for all, and Debian's Python face of it.

Elsewhere this file does nothing: no other test may see Debian's packages.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

UNDER_UMOCKDEV = "umockdev" in os.environ.get("LD_PRELOAD", "")

if UNDER_UMOCKDEV:
    sys.path.append("/usr/lib/python3/dist-packages")


class UsbBus:
    """Scanners with serial lines on a USB bus of the test bed. Every node is used once: the bed forgets none."""

    def __init__(self, testbed: Any) -> None:
        self._testbed = testbed
        self._nodes = 0
        self._plugged: list[Scanner] = []

    @property
    def next_node(self) -> str:
        """What the next one will be called."""
        return f"/dev/ttyACM{self._nodes}"

    def unplug_all(self) -> None:
        for scanner in self._plugged:
            scanner.unplug()
        self._plugged.clear()

    def plug(self, serial: str, port: int) -> "Scanner":
        node, self._nodes = self.next_node.removeprefix("/dev/"), self._nodes + 1
        place = f"/devices/pci0000:00/usb1/1-{port}/1-{port}:1.0/tty/{node}"
        lines = [
            f"P: {place}",
            f"N: {node}",
            f"A: dev=166:{node.removeprefix('ttyACM')}",
            f"E: DEVNAME=/dev/{node}",
            "E: SUBSYSTEM=tty",
            "E: ID_BUS=usb",
            f"E: ID_SERIAL=Datalogic_Scanner_{serial}",
            f"E: ID_SERIAL_SHORT={serial}",
            f"E: ID_PATH=pci-0000:00:14.0-usb-0:{port}:1.0",
            "E: ID_USB_INTERFACE_NUM=00",
            "E: TAGS=:till:",
        ]
        scanner = Scanner(self._testbed, f"/sys{place}", f"/dev/{node}")
        self._plugged.append(scanner)
        assert self._testbed.add_from_string("\n".join(lines) + "\n")
        return scanner


class Scanner:
    def __init__(self, testbed: Any, place: str, node: str) -> None:
        self._testbed = testbed
        self._place = place
        self.node = node
        self._is_plugged = True

    def read(self, line: bytes) -> None:
        """The scanner says this."""
        os.write(self._testbed.get_dev_fd(self.node), line)

    def unplug(self, *, silently: bool = False) -> None:
        """`silently`: nobody hears of it."""
        if not self._is_plugged:
            return
        self._is_plugged = False
        if not silently:
            self._testbed.uevent(self._place, "remove")
        self._testbed.remove_device(self._place)


@pytest.fixture(scope="session")
def testbed() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # the binding's importer is of an old kind
        import gi

        gi.require_version("UMockdev", "1.0")
        from gi.repository import UMockdev

    yield UMockdev.Testbed.new()


@pytest.fixture(scope="session")
def whole_bus(testbed: Any) -> UsbBus:
    return UsbBus(testbed)


@pytest.fixture
def bus(whole_bus: UsbBus) -> Iterator[UsbBus]:
    """Nothing is left plugged in for the next test."""
    yield whole_bus
    whole_bus.unplug_all()
