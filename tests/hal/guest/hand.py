"""The hand in the guest, as root: plugs USB devices made of the kernel's own gadget drivers, and works them.

Orders and answers are lines of JSON on a serial port; every order is answered by {"done": order's n, ...}.

    make NAME KIND SERIAL         kind acm, hidpos or printer; made once
    plug NAME SOCKET              the cable, into one of the sockets 0 to 5
    unplug NAME, unplug all
    send NAME HEX                 a scanner says these bytes: part of a line, or one HID report
    receipts NAME                 what came out of the printer so far
    paper NAME out|short|in       the roll; short: three lines are left
    nodes PROPERTY VALUE          group, mode and properties of the nodes that udev knows by this property
    stop, go on                   the till's process
    storm PROPERTY VALUE N        N change events of the device that udev knows by this property; waits for udev
    mode NODE OCTAL               its access rights
    echo                          nothing
    grab NODE                     try to grab an input node, as anybody may: 0 or the error's number
"""

import asyncio
import errno
import fcntl
import grp
import logging
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pyudev

from appliance.hal.simulated.printer import PrinterMachine

log = logging.getLogger(__name__)

GADGETS = Path("/sys/kernel/config/usb_gadget")
EVIOCGRAB = 0x40044590
OPEN_AGAIN_S = 0.02
HIDPOS_REPORT_BYTES = 64
HIDPOS_DESCRIPTOR = bytes.fromhex(
    "058C0902A1010912A1028502150026FF00750895010501093B81029501"
    "058C09FB09FC09FD95038102953809FE820201"
    "95020666FF090409008102058C7501950109FF8102750795018103C0C0"
)
KINDS = {
    "acm": ("acm", "0x0104", "CDC Scanner"),
    "hidpos": ("hid", "0x0105", "POS Scanner"),
    "printer": ("printer", "0x0106", "Receipt Printer"),
}
"""Our word: the gadget driver, a product number and a product name."""


def write(folder: Path, **attributes: str) -> None:
    for name, value in attributes.items():
        (folder / name).write_text(value)


class Gadget:
    """One USB device that can be plugged into one dummy port."""

    def __init__(self, name: str, kind: str, serial: str) -> None:
        self.kind = kind
        self._folder = GADGETS / name
        self._printer = PrinterMachine()
        self._fd = -1
        function = self._write_folder(kind, serial)
        if kind == "hidpos":
            _, minor = (function / "dev").read_text().strip().split(":")
            self._node = f"/dev/hidg{minor}"
        elif kind == "acm":
            self._node = f"/dev/ttyGS{(function / 'port_num').read_text().strip()}"
        else:
            self._node = "/dev/g_printer0"

    def _write_folder(self, kind: str, serial: str) -> Path:
        folder = self._folder
        folder.mkdir()
        driver, product_id, product = KINDS[kind]
        write(folder, idVendor="0x1d6b", idProduct=product_id)
        strings, configuration = folder / "strings/0x409", folder / "configs/c.1"
        strings.mkdir()
        write(strings, serialnumber=serial, manufacturer="Tillbox", product=product)
        configuration.mkdir()
        function = folder / f"functions/{driver}.{folder.name}"
        function.mkdir()
        if kind == "hidpos":
            write(function, protocol="0", subclass="0", report_length=str(HIDPOS_REPORT_BYTES))
            (function / "report_desc").write_bytes(HIDPOS_DESCRIPTOR)
        elif kind == "printer":
            write(function, pnp_string="MFG:Tillbox;MDL:Gadget;CLS:PRINTER;CMD:ESC/POS;")
        (configuration / function.name).symlink_to(function)
        return function

    def plug(self, number: str) -> None:
        (self._folder / "UDC").write_text(f"dummy_udc.{number}")
        self._open()

    def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._fd = os.open(self._node, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise
            loop.call_later(OPEN_AGAIN_S, self._open)  # a printer gadget opens once the other side has configured it
            return
        if self.kind == "printer":
            self._printer.send = self._send
            loop.add_reader(self._fd, self._on_bytes)

    def unplug(self) -> None:
        if self._fd < 0:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._fd)
        (self._folder / "UDC").write_text("\n")
        os.close(self._fd)
        self._fd = -1
        self._printer.forget()

    def send(self, payload: bytes) -> None:
        os.write(self._fd, payload)

    def receipts(self) -> list[list[str]]:
        return [list(strip.lines) for strip in self._printer.receipts]

    def paper(self, state: str) -> None:
        match state:
            case "out":
                self._printer.run_out_of_paper()
            case "short":
                self._printer.run_out_after(3)
            case _:
                self._printer.load_paper()

    def _send(self, payload: bytes) -> None:
        try:
            os.write(self._fd, payload)
        except OSError as error:
            log.warning("printer gadget: answer lost, %s", error)

    def _on_bytes(self) -> None:
        try:
            self._printer.receive(os.read(self._fd, 4_096))
        except OSError as error:
            log.warning("printer gadget: %s", error)


class Hand:
    def __init__(self) -> None:
        self._gadgets: dict[str, Gadget] = {}

    def obey(self, verb: str, *words: str) -> Any:
        match verb, words:
            case "make", (name, kind, serial):
                if name not in self._gadgets:
                    self._gadgets[name] = Gadget(name, kind, serial)
            case "plug", (name, number):
                self._gadgets[name].plug(number)
            case "unplug", ("all",):
                for gadget in self._gadgets.values():
                    gadget.unplug()
            case "unplug", (name,):
                self._gadgets[name].unplug()
            case "send", (name, payload):
                self._gadgets[name].send(bytes.fromhex(payload))
            case "receipts", (name,):
                return self._gadgets[name].receipts()
            case "paper", (name, state):
                self._gadgets[name].paper(state)
            case "nodes", (key, value):
                return [
                    node_facts(device) for device in pyudev.Context().list_devices(**{key: value}) if device.device_node
                ]
            case "stop", ():
                os.kill(till_process(), signal.SIGSTOP)
            case "go on", ():
                os.kill(till_process(), signal.SIGCONT)
            case "storm", (key, value, count):
                storm(key, value, int(count))
            case "mode", (node, mode):
                os.chmod(node, int(mode, 8))
            case "echo", ():
                return None
            case "grab", (node,):
                return try_grab(node)
            case _:
                raise ValueError(f"no order {verb} {words}")
        return None


def node_facts(device: Any) -> dict[str, Any]:
    status = os.stat(device.device_node)
    group, mode = grp.getgrgid(status.st_gid).gr_name, f"{stat.S_IMODE(status.st_mode):o}"
    known = {name: device.properties.get(name) for name in ("ID_PATH", "ID_SERIAL", "TILL_HAL")}
    return {"node": device.device_node, "group": group, "mode": mode, **known}


def till_process() -> int:
    programs = ((folder, folder / "cmdline") for folder in Path("/proc").glob("[0-9]*"))
    return next(int(folder.name) for folder, words in programs if b"guest/till.py" in words.read_bytes())


def storm(key: str, value: str, count: int) -> None:
    device = next(device for device in pyudev.Context().list_devices(**{key: value}) if device.subsystem == "tty")
    for _ in range(count):
        (Path(device.sys_path) / "uevent").write_text("change")
    subprocess.run(["udevadm", "settle", "--timeout=100"], check=True)


def try_grab(node: str) -> int:
    """0, or the error's number: EBUSY (16) when somebody holds the grab."""
    fd = os.open(node, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, EVIOCGRAB, 1)
        return 0
    except OSError as error:
        return error.errno or -1
    finally:
        os.close(fd)


async def main() -> None:
    hand, reader = Hand(), asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        number, verb, *words = msgspec.json.decode(line)
        try:
            answer = {"done": number, "answer": hand.obey(verb, *words)}
        except (OSError, ValueError, KeyError) as error:
            answer = {"done": number, "error": f"{type(error).__name__}: {error}"}
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


asyncio.run(main())
