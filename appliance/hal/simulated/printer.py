"""A receipt printer with paper, cover, knife, drawer and a mind of its own.

`PrinterMachine` is the printer without a cable: bytes in, bytes out, paper. `OnNetwork` hangs a machine on TCP, which
makes the `SimulatedPrinter` (and `simulated.star` another), `SerialSimulatedPrinter` on a pty. All faults are methods,
so a test, the demo's web page and a trainer pull the same paper.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path

from appliance.hal.simulated.escpos import Command, CommandParser, RealTimeScanner
from appliance.hal.simulated.paper import Bars, Element, Gap, Line, QrCode, Raster, Run, Strip
from appliance.hal.simulated.pty import PtyCable

_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 19: "cp858"}
_BARCODES = {67: "ean13", 73: "code128"}
_RECEIPTS_KEPT = 200


class SimulatedDrawer:
    """A cash drawer on the printer's socket."""

    def __init__(self) -> None:
        self.is_open = False
        self.pulse_count = 0
        self.is_stuck = False
        self.on_change: Callable[[], None] = lambda: None

    def pulse(self) -> None:
        self.pulse_count += 1
        if not self.is_stuck:
            self.open_with_key()

    def open_with_key(self) -> None:
        """Open without being asked."""
        self._set(True)

    def close(self) -> None:
        self._set(False)

    def _set(self, is_open: bool) -> None:
        if is_open != self.is_open:
            self.is_open = is_open
            self.on_change()


class PrinterMachine:
    """The printer itself. Everything it may be told by hand is a public method."""

    serial = "SIM0001"

    def __init__(
        self,
        columns: int = 48,
        knows_ids: bool = True,
        answers: bool = True,
        pushes: bool = True,
        *,
        keeps_logos: bool = True,
        makes_qr: bool = True,
    ) -> None:
        """`knows_ids`: GS ( H works; `answers` False: a clone that never sends a byte; `pushes` False: no ASB;
        `keeps_logos`: GS ( L works; `makes_qr`: GS ( k works."""
        self.columns = columns
        self.width = columns * 12
        self.keeps_logos = keeps_logos
        self.makes_qr = makes_qr
        self.logos: dict[bytes, Raster] = {}
        """Pictures in the printer's own memory, by key; they outlive the power."""
        self.logo_write_count = 0
        self.knows_ids = knows_ids
        self.answers = answers
        self.pushes = pushes
        self.drawer = SimulatedDrawer()
        self.drawer.on_change = self._changed
        self.send: Callable[[bytes], None] = lambda payload: None
        """Where answers go while a cable is in."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when paper, receipts, faults or the drawer change: for a web page."""
        self.receipts: deque[Strip] = deque(maxlen=_RECEIPTS_KEPT)
        self.cut_count = 0
        self.received_count = 0
        self.is_paper_out = self.is_paper_low = self.is_cover_open = self.is_cutter_jammed = False
        self.is_offline = False
        self._lines_left: int | None = None
        self._strip: list[Element] = []
        self._swallow: tuple[int, int] | None = None
        self._make_parser()
        self._start_up()

    @property
    def paper(self) -> Strip:
        """What is printed and not cut off yet."""
        return Strip(tuple(self._strip), self.width)

    @property
    def is_blocked(self) -> bool:
        return self.is_paper_out or self.is_cover_open or self.is_cutter_jammed or self.is_offline

    @property
    def held_count(self) -> int:
        """Bytes that wait for paper."""
        return len(self._parser)

    def run_out_of_paper(self) -> None:
        self.is_paper_out = True
        self._changed()

    def run_out_after(self, lines: int) -> None:
        """Let the roll end after so many more lines."""
        self._lines_left = lines

    def run_low(self) -> None:
        self.is_paper_low = True
        self._changed()

    def load_paper(self) -> None:
        """A new roll: what was held goes on."""
        self.is_paper_out = self.is_paper_low = False
        self._lines_left = None
        self._changed()

    def open_cover(self) -> None:
        self.is_cover_open = True
        self._changed()

    def close_cover(self) -> None:
        self.is_cover_open = False
        self._changed()

    def jam_cutter(self) -> None:
        self.is_cutter_jammed = True
        self._changed()

    def clear_jam(self) -> None:
        self.is_cutter_jammed = False
        self._changed()

    def set_offline(self, offline: bool) -> None:
        """As when the feed button is held."""
        self.is_offline = offline
        self._changed()

    def forget(self) -> None:
        """Power was cut: what it held and what it was told is gone; the paper stays in the printer."""
        self._start_up()
        self._changed()

    def swallow_after(self, byte_count: int, lost: int) -> None:
        """A bad line: after so many more bytes, `lost` bytes never arrive."""
        at = self.received_count + byte_count
        self._swallow = (at, at + lost)

    def say(self, noise: bytes) -> None:
        """Send the till bytes that answer nothing."""
        self.send(noise)

    def tear_off(self) -> None:
        """Take the uncut paper out by hand."""
        if self._strip:
            self.receipts.append(self.paper)
            self._strip.clear()
            self.on_change()

    def receive(self, received: bytes) -> None:
        """Bytes from the till. Real-time commands act at once, all others in their turn and only with paper."""
        received = self._arrived(received)
        for command in self._scanner.feed(received):
            self._act_now(command)
        self._parser.feed(received)
        self._go_on()

    def _arrived(self, received: bytes) -> bytes:
        """Count them, and lose what a bad line loses."""
        begin = self.received_count
        self.received_count += len(received)
        if self._swallow is None:
            return received
        first, last = (max(0, at - begin) for at in self._swallow)
        if self.received_count >= self._swallow[1]:
            self._swallow = None
        return received[:first] + received[last:]

    def status_bytes(self) -> bytes:
        """The four bytes of automatic status back (GS a)."""
        first = 0x10 | 0x04 * self.drawer.is_open | 0x08 * self.is_blocked | 0x20 * self.is_cover_open
        third = 0x03 * (self.is_paper_low or self.is_paper_out) | 0x0C * self.is_paper_out
        return bytes((first, 0x08 * self.is_cutter_jammed, third, 0))

    def _make_parser(self) -> None:
        self._parser = CommandParser()

    def _start_up(self) -> None:
        self._parser.clear()
        self._scanner = RealTimeScanner()
        self._reports = False
        self._reported = b""
        self._initialise()

    def _initialise(self) -> None:
        self._codec = "cp437"
        self._style = Run("")
        self._align = 0
        self._runs: list[Run] = []
        self._bar_height, self._bar_dot = 162, 3
        self._qr_dot, self._qr_text = 3, b""

    def _answer(self, payload: bytes) -> None:
        if self.answers:
            self.send(payload)

    def _changed(self) -> None:
        self._report()
        self._go_on()
        self.on_change()

    def _report(self) -> None:
        status = self.status_bytes()
        if self._reports and status != self._reported:
            self._reported = status
            self._answer(status)

    def _act_now(self, command: bytes) -> None:
        if command[1] == 0x04:
            self._answer(bytes((self._status_now(command[2]),)))
        elif command[1] == 0x14:
            self.drawer.pulse()

    def _status_now(self, number: int) -> int:
        if number == 1:
            return 0x12 | 0x04 * self.drawer.is_open | 0x08 * self.is_blocked
        if number == 2:
            faulty = self.is_cutter_jammed
            return 0x12 | 0x04 * self.is_cover_open | 0x20 * self.is_paper_out | 0x40 * faulty
        if number == 3:
            return 0x12 | 0x08 * self.is_cutter_jammed
        return 0x12 | 0x0C * (self.is_paper_low or self.is_paper_out) | 0x60 * self.is_paper_out

    def _go_on(self) -> None:
        commands = self._parser.commands()
        while not self.is_blocked and (command := next(commands, None)) is not None:
            self._act(command)

    def _act(self, command: Command) -> None:
        args = command.args
        match command.name:
            case "text":
                self._type(args.decode(self._codec, "replace"))
            case "LF":
                self._end_line()
            case "ESC @":
                self._initialise()
            case "ESC !":
                self._style = Run("", bool(args[0] & 8), bool(args[0] & 16), bool(args[0] & 32))
            case "ESC E":
                self._style = Run("", bool(args[0] & 1), self._style.tall, self._style.wide)
            case "GS !":
                self._style = Run("", self._style.bold, bool(args[0] & 7), bool(args[0] & 0x70))
            case "ESC a":
                self._align = min(2, args[0] & 3)
            case "ESC t":
                self._codec = _PAGES.get(args[0], "ascii")
            case "ESC d":
                self._end_line_if_any()
                self._print(Gap(args[0] * 30))
            case "ESC J":
                self._end_line_if_any()
                self._print(Gap(args[0]))
            case "ESC p":
                self.drawer.pulse()
            case "GS V":
                self._cut()
            case _:
                self._act_rarely(command.name, args)

    def _act_rarely(self, name: str, args: bytes) -> None:
        match name:
            case "GS h":
                self._bar_height = args[0]
            case "GS w":
                self._bar_dot = args[0]
            case "GS k":
                self._print_bars(args)
            case "GS ( k" if self.makes_qr:
                self._qr(args)
            case "GS ( L" if self.keeps_logos:
                self._graphics(args)
            case "GS v":
                width = int.from_bytes(args[1:3], "little") * 8
                if width and len(args) > 5:
                    self._print(Raster(width, args[5:], self._align))
            case "GS a":
                self._reports = self.pushes and args[0] != 0
                self._reported = b""
                self._report()
            case "GS r":
                low = 0x03 * self.is_paper_low
                self._answer(bytes((low if args[0] in (1, 0x31) else 0x01 * self.drawer.is_open,)))
            case "GS I":
                model = b"SIM-80" if self.columns > 40 else b"SIM-58"
                names = {66: b"TILLBOX", 67: model, 68: self.serial.encode("ascii")}
                if args[0] in names:
                    self._answer(b"\x5f" + names[args[0]] + b"\x00")
            case "GS ( H":
                if self.knows_ids and args[:2] == b"00" and len(args) == 6:
                    self._answer(b"\x37\x22" + args[2:] + b"\x00")

    def _type(self, text: str) -> None:
        wide = 2 if self._style.wide else 1
        for char in text:
            if sum(len(run.text) * (2 if run.wide else 1) for run in self._runs) + wide > self.columns:
                self._end_line()
            style = self._style
            if self._runs and self._runs[-1] == Run(self._runs[-1].text, style.bold, style.tall, style.wide):
                self._runs[-1] = Run(self._runs[-1].text + char, style.bold, style.tall, style.wide)
            else:
                self._runs.append(Run(char, style.bold, style.tall, style.wide))

    def _end_line_if_any(self) -> None:
        if self._runs:
            self._end_line()

    def _end_line(self) -> None:
        line = Line(tuple(self._runs), self._align)
        self._runs = []
        self._print(line)

    def _print(self, element: Element) -> None:
        self._strip.append(element)
        if self._lines_left is not None:
            self._lines_left -= 1
            if self._lines_left <= 0:
                self._lines_left = None
                self.is_paper_out = True
                self._report()
        self.on_change()

    def _print_bars(self, args: bytes) -> None:
        kind, text = _BARCODES.get(args[0]), args[1:].decode("latin-1")
        if kind == "code128":
            head, _, pairs = text.partition("{C")
            if not head.isprintable() or any(ord(pair) > 99 for pair in pairs):
                return  # no such symbol in the code set
            text = head.removeprefix("{B").replace("{{", "{") + "".join(f"{ord(pair):02d}" for pair in pairs)
        if kind is not None and text:
            self._print(Bars(kind, text, self._bar_dot, self._bar_height, self._align))

    def _qr(self, args: bytes) -> None:
        if args[:2] == b"1C" and len(args) == 3:
            self._qr_dot = args[2]
        elif args[:3] == b"1P0":
            self._qr_text = args[3:]
        elif args[:3] == b"1Q0" and self._qr_text:
            self._print(QrCode(self._qr_text.decode("utf-8", "replace"), self._qr_dot, self._align))

    def _graphics(self, args: bytes) -> None:
        """GS ( L: functions 64 (list keys), 66 (delete), 67 (store) and 69 (print)."""
        function, rest = args[1:2], args[2:]
        if function == b"@" and rest == b"KC":
            self._answer(b"\x37\x72\x40" + b"".join(self.logos) + b"\x00")
        elif function == b"B" and len(rest) == 2:
            self.logos.pop(rest, None)
        elif function == b"C" and rest[:1] == b"0" and len(rest) > 9:
            self.logos[rest[1:3]] = Raster(int.from_bytes(rest[4:6], "little"), rest[9:], 0)
            self.logo_write_count += 1
        elif function == b"E" and (found := self.logos.get(rest[:2])) is not None:
            self._print(Raster(found.width, found.rows, self._align))

    def _cut(self) -> None:
        self._end_line_if_any()
        self.cut_count += 1
        self.receipts.append(self.paper)
        self._strip.clear()
        self.on_change()


class OnNetwork(PrinterMachine):
    """A machine as a network printer: one session at a time on a TCP port."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        columns: int = 48,
        knows_ids: bool = True,
        answers: bool = True,
        pushes: bool = True,
        keeps_logos: bool = True,
        makes_qr: bool = True,
        buffer_bytes: int = 4_096,
        profile: str = "",
    ) -> None:
        """Port 0 takes a free one at `plug`, and keeps it. `profile`: the till's name for such a printer."""
        super().__init__(columns, knows_ids, answers, pushes, keeps_logos=keeps_logos, makes_qr=makes_qr)
        self._host = host
        self._port = port
        self._profile = profile
        self._buffer_bytes = buffer_bytes
        self._server: asyncio.Server | None = None
        self._session: _Session | None = None
        self._cut_at: int | None = None
        self.is_mute = False
        """Takes bytes and neither obeys nor answers, as a printer that hangs."""

    @property
    def url(self) -> str:
        brand = "epson" if self.answers else "silent"
        profile = self._profile or f"{brand}-{80 if self.columns > 40 else 58}"
        return f"tcp://{self._host}:{self._port}?profile={profile}"

    @property
    def is_plugged(self) -> bool:
        return self._server is not None

    async def plug(self) -> None:
        """Connect the network cable."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _Session(self), self._host, self._port)
            self._port = self._server.sockets[0].getsockname()[1]
            self.on_change()

    def unplug(self) -> None:
        """Pull the network cable: the session ends, connecting is refused; the printer keeps what it holds."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut_link()
        self.on_change()

    def power_off(self) -> None:
        self.unplug()
        self.forget()

    async def power_on(self) -> None:
        await self.plug()

    async def power_cycle(self) -> None:
        """Off and on: what it held is gone, and so is the session."""
        self.power_off()
        await self.power_on()

    def cut_link(self) -> None:
        """End the session at once; the till may connect again."""
        if self._session is not None:
            self._session.transport.abort()

    def cut_link_after(self, byte_count: int) -> None:
        """End the session when so many more bytes have come in; the next byte is never seen."""
        self._cut_at = self.received_count + byte_count

    def receive(self, received: bytes) -> None:
        if self.is_mute:
            return
        cut_at = self._cut_at
        if cut_at is not None and self.received_count + len(received) >= cut_at:
            received = received[: cut_at - self.received_count]
            self._cut_at = None
        else:
            cut_at = None
        super().receive(received)
        if cut_at is not None:
            self.cut_link()

    def _go_on(self) -> None:
        super()._go_on()
        session = getattr(self, "_session", None)  # the base class starts up before there is one
        if session is not None:
            session.hold(self.held_count > self._buffer_bytes)

    def accept(self, session: "_Session") -> bool:
        """Take the session, or refuse it while another lasts."""
        if self._session is not None:
            return False
        self._session = session
        self._reports = False
        self.send = session.transport.write
        return True

    def part(self, session: "_Session") -> None:
        if session is self._session:
            self._session = None
            self.send = lambda payload: None


class SimulatedPrinter(OnNetwork):
    """An ESC/POS printer on the network."""


class _Session(asyncio.Protocol):
    def __init__(self, printer: OnNetwork) -> None:
        self._printer = printer
        self._held = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if not self._printer.accept(self):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        self._printer.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._printer.part(self)

    def hold(self, held: bool) -> None:
        """A full buffer closes the TCP window."""
        if held != self._held and not self.transport.is_closing():
            self._held = held
            self.transport.pause_reading() if held else self.transport.resume_reading()


class SerialSimulatedPrinter(PrinterMachine):
    """The printer on a serial line (a pty behind a stable path)."""

    def __init__(self, path: Path, *, columns: int = 48, knows_ids: bool = True) -> None:
        super().__init__(columns, knows_ids)
        self.cable = PtyCable(path, self.receive)
        self.send = self.cable.send

    @property
    def url(self) -> str:
        return f"serial://{self.cable.path}?baud=115200&profile=epson-{80 if self.columns > 40 else 58}"

    async def plug(self) -> None:
        self.cable.plug()

    def unplug(self) -> None:
        self.cable.unplug()
