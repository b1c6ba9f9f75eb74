"""A whole machine for the till's devices: QEMU without a screen, its USB sockets, and two lines to talk over.

`till` is the product's own device layer inside (till.py, as user till), `hand` plugs gadgets inside (hand.py, as root),
`qmp` plugs QEMU's own devices from outside. Emulated (TCG): hardware help hangs on nested machines, and 20 s of boot
are enough. What it printed is in build/guest/console, what the till told in build/guest/events.
"""

import json
import select
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from appliance.clock import SystemClock

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = REPOSITORY / "build/guest"
BOOT_S = 240.0
PATIENCE_S = 30.0  # an event takes a tenth of that on a busy machine
HAND_PAUSE_S = 0.3  # from the plug to the first code; keys that come at once are taken for the end of a code
KEY_PACE_S = 0.03  # and an echo: QEMU's keyboard drops keys beyond 16 events that the guest has not fetched
SERIAL_PORTS = ("ft1", "ft2")
SIGNS = {
    "+": ("shift", "equal"), "]": ("bracket_right",), ":": ("shift", "semicolon"), "/": ("slash",),
    "@": ("shift", "2"), "_": ("shift", "minus"), "-": ("minus",),
}  # fmt: skip

clock = SystemClock()


class GuestSilent(AssertionError):
    """What was waited for did not come."""


class Line:
    """JSON lines over a Unix socket, both ways."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._rest = b""
        self.seen: list[dict[str, Any]] = []

    def send(self, message: object) -> None:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise GuestSilent(f"the machine stopped: {error}") from None

    def receive(self, timeout_s: float) -> bool:
        """Take what comes within the time into `seen`; False when nothing came."""
        if not select.select([self._socket], [], [], max(0.0, timeout_s))[0]:
            return False
        try:
            received = self._socket.recv(65_536)
        except ConnectionError:
            received = b""
        if not received:
            raise GuestSilent("the machine stopped")
        *lines, self._rest = (self._rest + received).split(b"\n")
        self.seen += [json.loads(line) for line in lines if line.strip()]
        return True

    def until(
        self, found: Callable[[dict[str, Any]], bool], start: int = 0, timeout_s: float = PATIENCE_S
    ) -> dict[str, Any]:
        """The first message from `start` on of which `found` is true."""
        limit_ns = clock.monotonic_ns() + int(timeout_s * 1e9)
        looked = start
        while True:
            while looked < len(self.seen):
                looked += 1
                if found(self.seen[looked - 1]):
                    return self.seen[looked - 1]
            if not self.receive((limit_ns - clock.monotonic_ns()) / 1e9):
                raise GuestSilent(f"not within {timeout_s:.0f} s; since then: {self.seen[start:]}")

    def close(self) -> None:
        self._socket.close()


class Guest:
    """The running machine."""

    def __init__(self, folder: Path) -> None:
        self._qmp = Line(folder / "qmp")
        self._till = Line(folder / "till")
        self._hand = Line(folder / "hand")
        self._orders = 0
        self._plugged: list[str] = []
        self.serial = {}
        for name in SERIAL_PORTS:
            self.serial[name] = socket.socket(socket.AF_UNIX)
            self.serial[name].connect(str(folder / name))
        self._qmp.until(lambda message: "QMP" in message)
        self.qmp("qmp_capabilities")
        self.boot_s = 0.0
        self.mark = 0

    @property
    def told(self) -> list[dict[str, Any]]:
        """All that the till has told."""
        while self._till.receive(0):
            pass
        return self._till.seen

    # -------------------------------------------------------- from outside

    def qmp(self, execute: str, **arguments: object) -> Any:
        start = len(self._qmp.seen)
        self._qmp.send({"execute": execute, "arguments": arguments})
        answer = self._qmp.until(lambda message: "return" in message or "error" in message, start)
        assert "error" not in answer, answer
        return answer["return"]

    def plug_keyboard(self, name: str, serial: str, port: int) -> None:
        """A keyboard, or a scanner that poses as one, into a socket of the machine (1 to 8)."""
        self._plugged.append(name)
        self.qmp("device_add", driver="usb-kbd", id=name, bus="xhci.0", port=str(port), serial=serial)

    def plug_serial(self, name: str, line: str, serial: str, port: int) -> None:
        """A scanner behind an FTDI chip; its bytes come from `self.serial[line]`. Unplug it only when what was sent has
        arrived: QEMU 7.2 falls over bytes for an adapter that is on its way out (usb_wakeup without a bus)."""
        self._plugged.append(name)
        self.qmp(
            "device_add",
            driver="usb-serial",
            id=name,
            bus="xhci.0",
            port=str(port),
            chardev=line,
            serial=serial,
            **{"always-plugged": True},
        )

    def unplug(self, name: str) -> None:
        self._plugged.remove(name)
        start = len(self._qmp.seen)
        self.qmp("device_del", id=name)
        self._qmp.until(lambda m: m.get("event") == "DEVICE_DELETED" and m["data"].get("device") == name, start)

    def unplug_all(self) -> None:
        """All that was plugged in since power on."""
        for name in tuple(self._plugged):
            self.unplug(name)
        self.hand("unplug", "all")

    def type(self, text: str, enter: bool = True) -> None:
        """Keys of a US keyboard on the one that was plugged last; letters, digits and SIGNS only."""
        select.select([], [], [], HAND_PAUSE_S)
        for char in text:
            self.key(*SIGNS.get(char, ("shift", char.lower()) if char.isupper() else (char,)))
        if enter:
            self.key("ret")

    def type_until(self, event: str, **facts: object) -> None:
        """Type a long code, whose end comes a few keys after the till has told this."""
        for digit in range(1_000):
            self._strike(str(digit % 10))
            if any(facts.items() <= told.items() for told in self.events(event)):
                break
        self.key("7")
        self.key("7")
        self.key("ret")

    def key(self, *names: str) -> None:
        self._strike(*names)
        self.hand("echo")  # a starved guest answers late

    def _strike(self, *names: str) -> None:
        strokes = [(name, True) for name in names] + [(name, False) for name in reversed(names)]
        self.qmp(
            "input-send-event",
            events=[
                {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}
                for name, down in strokes
            ],
        )
        select.select([], [], [], KEY_PACE_S)

    def half(self, text: str) -> None:
        """The beginning of a code, without its end."""
        self.type(text, enter=False)

    # -------------------------------------------------------- from inside

    def hand(self, *order: str) -> Any:
        """One order to hand.py; its answer."""
        self._orders += 1
        number = self._orders
        self._hand.send([number, *order])
        answer = self._hand.until(lambda message: message.get("done") == number, timeout_s=BOOT_S)
        assert "error" not in answer, answer
        return answer["answer"]

    def order(self, **order: object) -> None:
        """One order to till.py; what it tells from here on is looked at by `until`."""
        self.mark = len(self._till.seen)
        self._till.send(order)

    def until(
        self, event: str, /, timeout_s: float = PATIENCE_S, start: int | None = None, **facts: object
    ) -> dict[str, Any]:
        """The first event of this kind with these facts since `mark`."""
        return self._till.until(
            lambda told: told["event"] == event and all(told.get(key) == value for key, value in facts.items()),
            self.mark if start is None else start,
            timeout_s,
        )

    def send(self, gadget: str, payload: bytes) -> None:
        """Let a gadget scanner say these bytes."""
        self.hand("send", gadget, payload.hex())

    def now(self) -> None:
        """Look only at what comes from here on."""
        self.mark = len(self.told)

    def events(self, event: str) -> list[dict[str, Any]]:
        return [told for told in self.told[self.mark :] if told["event"] == event]

    def serve(self, **roles: str) -> None:
        """Serve these roles from now on; dots in their names are written as underscores."""
        self.order(open={role.replace("_", "."): address for role, address in roles.items()})
        opened = self.until("Opened")
        self.mark = self._till.seen.index(opened, self.mark)  # before it, the former roles speak

    def ask(self, what: str, answer: str) -> dict[str, Any]:
        start = len(self._till.seen)
        self._till.send({what: True})
        return self.until(answer, start=start)

    def state(self, role: str) -> str:
        roles = self.ask("health", "Roles")["roles"]
        return str(next(health["state"] for health in roles if health["role"] == role))

    def close(self) -> None:
        (BUILD / "events").write_text("".join(f"{event}\n" for event in self._till.seen))
        for line in (self._qmp, self._till, self._hand):
            line.close()
        for serial in self.serial.values():
            serial.close()


def command(folder: Path, python: Path, rules: bool, cold: list[str]) -> list[str]:
    words = f"console=ttyS0 quiet panic=-1 loglevel=3 tillbox.repository={REPOSITORY} tillbox.python={python}"
    chardevs = ["qmp", "till", "hand", *SERIAL_PORTS]
    return [
        "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64",
        "-M", "q35", "-accel", "tcg,tb-size=256", "-cpu", "max", "-m", "1024", "-smp", "1",
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-kernel", str(BUILD / "kernel/vmlinuz"), "-initrd", str(BUILD / "initrd"),
        "-append", words + ("" if rules else " tillbox.rules=none"),
        "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
        *(word for name in chardevs
          for word in ("-chardev", f"socket,id={name},path={folder}/{name},server=on,wait=off")),
        "-mon", "chardev=qmp,mode=control",
        "-serial", f"file:{BUILD}/console", "-serial", "chardev:till", "-serial", "chardev:hand",
        "-device", "qemu-xhci,id=xhci,p2=8,p3=8",
        *(word for device in cold for word in ("-device", device)),
    ]  # fmt: skip


@contextmanager
def running(folder: Path, python: Path, *, rules: bool = True, cold: list[str] | None = None) -> Iterator[Guest]:
    """Boot, wait until the till is ready, and end the machine whatever happens. `cold` is plugged before it starts."""
    started_ns = clock.monotonic_ns()
    with (
        (folder / "qemu").open("wb") as log,
        subprocess.Popen(
            command(folder, python, rules, cold or []), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        ) as qemu,
    ):
        try:
            guest = connected(folder, qemu)
            try:
                guest.until("Ready", BOOT_S)
                guest.boot_s = (clock.monotonic_ns() - started_ns) / 1e9
                yield guest
            finally:
                guest.close()
        finally:
            qemu.kill()


def connected(folder: Path, qemu: subprocess.Popen[bytes]) -> Guest:
    limit_ns = clock.monotonic_ns() + int(10e9)
    while not all((folder / name).exists() for name in ("qmp", "till", "hand", *SERIAL_PORTS)):
        if qemu.poll() is not None or clock.monotonic_ns() > limit_ns:
            raise GuestSilent((folder / "qemu").read_text())
        select.select([], [], [], 0.05)
    return Guest(folder)
