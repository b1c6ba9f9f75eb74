"""A Star printer: StarPRNT and Star Line Mode, their status blocks and the ETB counter.

Written from the *StarPRNT* and *Star Line Mode command manuals*, not from our encoder. Paper, faults and drawer are the
machine's; here are its language and its answers.
"""

from collections import deque

from appliance.hal.simulated.escpos import Command
from appliance.hal.simulated.paper import Bars, Gap, QrCode, Raster, Run
from appliance.hal.simulated.printer import OnNetwork, PrinterMachine

ESC, GS, RS = 0x1B, 0x1D, 0x1E
_PAGES = {1: "cp437", 4: "cp858", 32: "cp1252"}
_ESC_ARGS = {0x40: 0, 0x45: 0, 0x46: 0, 0x69: 2, 0x64: 1, 0x61: 1, 0x7A: 1, 0x30: 0, 0x07: 2, 0x06: 1, 0x2D: 1}
_NOW = frozenset(("ESC 06", "FS", "EM"))


class StarParser:
    """Bytes to commands as they arrive; a command's data are never taken for another command."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, received: bytes) -> list[Command]:
        self._rest += received
        found = []
        while (taken := _parse(self._rest)) is not None:
            command, size = taken
            del self._rest[:size]
            found.append(command)
        return found

    def clear(self) -> None:
        self._rest.clear()


def _parse(data: bytearray) -> tuple[Command, int] | None:
    if not data:
        return None
    first = data[0]
    if first >= 0x20 and first != 0x7F:
        size = next((i for i, byte in enumerate(data) if byte < 0x20 or byte == 0x7F), len(data))
        return Command("text", bytes(data[:size])), size
    if first != ESC:
        names = {0x0A: "LF", 0x17: "ETB", 0x07: "BEL", 0x1A: "SUB", 0x1C: "FS", 0x19: "EM"}
        return Command(names.get(first, "control"), bytes(data[:1])), 1
    if len(data) < 2:
        return None
    second = data[1]
    if second == GS:
        return _parse_gs(data)
    if second == RS:
        return _sized("ESC RS ", data, 2, 1)
    if second == 0x62:  # ESC b ... RS
        end = data.find(RS, 6)
        return (Command("ESC b", bytes(data[2:end])), end + 1) if end >= 0 else None
    if second == 0x6B:  # ESC k n1 n2 data
        size = 4 + 24 * int.from_bytes(data[2:4], "little")
        return (Command("ESC k", bytes(data[2:size])), size) if len(data) >= max(4, size) else None
    return _sized("ESC ", data, 1, _ESC_ARGS.get(second, 0))


def _sized(prefix: str, data: bytearray, at: int, count: int) -> tuple[Command, int] | None:
    size = at + 1 + count
    if len(data) < size:
        return None
    letter = chr(data[at]) if 0x20 < data[at] < 0x7F else f"{data[at]:02X}"
    return Command(prefix + letter, bytes(data[at + 1 : size])), size


def _parse_gs(data: bytearray) -> tuple[Command, int] | None:
    if len(data) < 3:
        return None
    letter = data[2]
    if letter == 0x53:  # S m xL xH yL yH n data
        size = 9 + int.from_bytes(data[4:6], "little") * int.from_bytes(data[6:8], "little")
        return (Command("ESC GS S", bytes(data[3:size])), size) if len(data) >= max(9, size) else None
    if letter == 0x79:  # y S fn n | y D 1 m nL nH data | y P
        if len(data) < 4:
            return None
        if data[3] == 0x44:
            size = 8 + int.from_bytes(data[6:8], "little")
            return (Command("ESC GS y", bytes(data[3:size])), size) if len(data) >= max(8, size) else None
        return _sized("ESC GS ", data, 2, 1 if data[3] == 0x50 else 3)
    return _sized("ESC GS ", data, 2, 1)


class StarMachine(PrinterMachine):
    """The Star printer without a cable."""

    def _make_parser(self) -> None:
        self._star = StarParser()
        self._waiting: deque[Command] = deque()
        self._count = 0
        super()._make_parser()

    @property
    def held_count(self) -> int:
        return sum(len(command.args) for command in self._waiting)

    def receive(self, received: bytes) -> None:
        for command in self._star.feed(self._arrived(received)):
            if command.name == "ESC 06":
                self._answer(self.status_bytes())
            elif command.name in _NOW:
                self.drawer.pulse()
            else:
                self._waiting.append(command)
                self._go_on()

    def status_bytes(self) -> bytes:
        """Nine bytes: header, version, printer, errors, others, paper, slip, ETB count, presenter."""
        printer = 0x04 * self.drawer.is_open | 0x08 * self.is_blocked | 0x20 * self.is_cover_open
        errors = 0x08 * self.is_cutter_jammed
        paper = 0x04 * (self.is_paper_low or self.is_paper_out) | 0x08 * self.is_paper_out
        count = (self._count & 0x18) << 2 | (self._count & 0x07) << 1
        return bytes((0x23, 0x86, printer, errors, 0, paper, 0, count, 0))

    def _start_up(self) -> None:
        self._star.clear()
        self._waiting.clear()
        self._slice: Raster | None = None
        self._pitch = 32
        self._count = 0
        super()._start_up()

    def _go_on(self) -> None:
        while not self.is_blocked and self._waiting:
            self._act(self._waiting.popleft())

    def _act(self, command: Command) -> None:
        args, style = command.args, self._style
        match command.name:
            case "text":
                self._type(args.decode(self._codec, "replace"))
            case "LF":
                self._end_line()
            case "ESC @":
                self._initialise()
            case "ESC E" | "ESC F":
                self._style = Run("", command.name == "ESC E", style.tall, style.wide)
            case "ESC i":
                self._style = Run("", style.bold, args[0] > 0, args[1] > 0)
            case "ESC GS a":
                self._align = min(2, args[0])
            case "ESC GS t":
                self._codec = _PAGES.get(args[0], "ascii")
            case "ESC a":
                self._end_line_if_any()
                self._print(Gap(args[0] * 32))
            case "ESC d":
                self._cut()
            case "BEL" | "SUB":
                self.drawer.pulse()
            case _:
                self._act_rarely(command.name, args)

    def _act_rarely(self, name: str, args: bytes) -> None:
        match name:
            case "ETB":
                self._set_count((self._count + 1) % 32)
            case "ESC RS E":
                self._set_count(0)
            case "ESC RS a":
                self._reports = self.pushes and args[0] != 0
                self._reported = self.status_bytes()
            case "ESC b":
                kind = {0x33: "ean13", 0x36: "code128"}.get(args[0])
                text = args[4:].decode("ascii", "replace").replace("%0", "%")
                if kind is not None:
                    self._print(Bars(kind, text, 3 if args[2] == 0x32 else 2, args[3], self._align))
            case "ESC GS y":
                self._make_qr(args)
            case "ESC 0" | "ESC z":
                self._pitch = 24 if name == "ESC 0" or args[0] & 1 == 0 else 32
            case "ESC GS S":
                self._print(Raster(int.from_bytes(args[1:3], "little") * 8, args[6:], self._align))
            case "ESC k":
                self._slice = Raster(int.from_bytes(args[:2], "little") * 8, args[2:], self._align)

    def _make_qr(self, args: bytes) -> None:
        if not self.makes_qr:
            return
        if args[:2] == b"S2":
            self._qr_dot = args[2]
        elif args[:1] == b"D":
            self._qr_text = args[5:]
        elif args[:1] == b"P" and self._qr_text:
            self._print(QrCode(self._qr_text.decode("utf-8", "replace"), self._qr_dot, self._align))

    def _set_count(self, count: int) -> None:
        self._count = count
        self._report()

    def _end_line(self) -> None:
        if self._slice is None:
            super()._end_line()
        else:  # a slice of a picture stands in the line
            picture, self._slice = self._slice, None
            self._print(picture)
            if self._pitch > 24:
                self._print(Gap(self._pitch - 24))


class SimulatedStarPrinter(OnNetwork, StarMachine):
    """A Star printer on the network."""

    @property
    def url(self) -> str:
        profile = self._profile or ("star-80" if self.columns > 40 else "star-58")
        return f"tcp://{self._host}:{self._port}?profile={profile}"
