"""What a till may know of its devices: plain types, no drivers, no I/O.

This is the only module of `hal` that `service` imports. It hides which printer or scanner is plugged in, where, and
what bytes it speaks.

    events     Scan, ScanDamaged, Health, DrawerChanged    handed to `emit`, in order of arrival, on the loop
    commands   Printer.print(Paper), Drawer.open()         awaited; they answer what is known, never a guess
    paper      Paper(Text, Columns, Row, Rule, ...)        what to print, before anybody thinks of bytes

Devices come and go. Never keep a link: ask `Devices` for the role each time. A role that is not configured answers
too, as a device that is ABSENT.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from msgspec import Struct, field

SCAN_CHARS_MAX = 512
PAPER_BLOCKS_MAX = 4_000
TEXT_CHARS_MAX = 1_000


class DeviceKind(StrEnum):
    SCANNER = "scanner"
    PRINTER = "printer"
    DRAWER = "drawer"


class DeviceState(StrEnum):
    ABSENT = "absent"
    """Nothing there: unplugged, switched off, unreachable or not configured. Looked for again and again."""
    STARTING = "starting"
    """Found; being opened and asked who it is."""
    READY = "ready"
    """Works."""
    DEGRADED = "degraded"
    """The link is alive and a person can help: see `Health.fault` (no paper, cover open, ...)."""
    FAULT = "fault"
    """There, but cannot be used until somebody changes something (permission, busy, broken)."""
    QUARANTINED = "quarantined"
    """Our driver crashed three times in a minute and is left alone until an operator asks again."""


class FaultReason(StrEnum):
    NOT_CONFIGURED = "not_configured"
    UNPLUGGED = "unplugged"
    UNREACHABLE = "unreachable"
    NO_PERMISSION = "no_permission"
    BUSY = "busy"
    """Another program or another till holds the device."""
    MISCONFIGURED = "misconfigured"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER_JAM = "cutter_jam"
    OVERHEATED = "overheated"
    """The printer stopped by itself and will go on by itself."""
    OFFLINE = "offline"
    """The printer says it is offline and gives no better reason (feed button held, waiting)."""
    BROKEN = "broken"
    """The printer reports an unrecoverable error."""
    NO_ANSWER = "no_answer"
    """The link is open and the device does not answer."""
    DRAWER_STUCK = "drawer_stuck"
    CRASHED = "crashed"
    """A bug of ours."""


PRINT_BLOCKING = frozenset(FaultReason) - {FaultReason.PAPER_LOW, FaultReason.DRAWER_STUCK}
"""Faults under which no new receipt is started; PAPER_LOW only warns."""


class Scan(Struct, frozen=True):
    """One code that was read, complete."""

    text: str
    """What the code says, 1 to 512 printable characters; GS (0x1D) may stand inside (GS1 field separator)."""
    symbology: str | None
    """AIM identifier without `]`, such as `E0` (EAN-13) or `Q3`; None when the scanner does not send it."""
    source: str
    """Role of the scanner, such as `scanner.front`."""
    at_ns: int
    """`Clock.monotonic_ns()` when its last character arrived."""


class ScanDamaged(Struct, frozen=True):
    """A read that could not be delivered: the cashier hears the refused sound and scans again."""

    source: str
    reason: str
    """`too_long`, `control_character`, `timeout`, `lost_events`, `not_text`, `unplugged`."""


class Health(Struct, frozen=True):
    """How a device is, sent whole on every change."""

    role: str
    kind: DeviceKind
    state: DeviceState
    fault: FaultReason | None
    """Why the state is not READY; None when it is."""
    since: datetime
    """Wall clock when `state` or `fault` last changed."""
    model: str | None = None
    """What the device says it is, such as `EPSON TM-T88VI`; None when it does not tell."""
    port: str | None = None
    """Where it is plugged in or its address; for the technician."""
    counters: dict[str, int] = field(default_factory=dict)
    """Since start: scans, damaged, jobs, uncertain, cuts, openings, reconnects, ..."""


class DrawerPosition(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    """No sensor, or nobody there to ask."""


class DrawerChanged(Struct, frozen=True):
    """The drawer's sensor moved."""

    role: str
    position: DrawerPosition
    commanded: bool
    """False when it opened without a pulse of ours in the last two seconds (key or force)."""


DeviceEvent: TypeAlias = Scan | ScanDamaged | Health | DrawerChanged
Emit: TypeAlias = Callable[[DeviceEvent], None]
"""Called on the loop. It must return at once and must not raise: put the event into a bounded queue."""


class Align(StrEnum):
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Text(Struct, frozen=True, tag="text"):
    """A paragraph: wrapped at words to the paper's width. Anything that is not printable is dropped."""

    line: str
    bold: bool = False
    tall: bool = False
    """Double height."""
    wide: bool = False
    """Double width: each character takes two columns."""
    align: Align = Align.LEFT


class Columns(Struct, frozen=True, tag="columns"):
    """Left text and right text on one line; a long left text wraps, the right one stands on its last line."""

    left: str
    right: str
    bold: bool = False
    tall: bool = False
    wide: bool = False


class Row(Struct, frozen=True, tag="row"):
    """A table row: the first cell left, all others right-aligned; cells too long are cut."""

    cells: tuple[str, ...]
    shares: tuple[int, ...] = ()
    """Relative widths, as many as cells; empty means all alike."""
    bold: bool = False


class Rule(Struct, frozen=True, tag="rule"):
    """A line across the paper made of one character."""

    char: str = "-"


class BarcodeKind(StrEnum):
    EAN13 = "ean13"
    CODE128 = "code128"


class Barcode(Struct, frozen=True, tag="barcode"):
    """A bar code with its text below. EAN-13 needs a right check digit, CODE128 1 to 40 ASCII characters;
    what breaks this is printed as plain text instead, so that no receipt is lost for a bad code."""

    text: str
    kind: BarcodeKind = BarcodeKind.EAN13


class Qr(Struct, frozen=True, tag="qr"):
    """A QR code, 1 to 1,000 bytes of UTF-8, centred."""

    text: str
    dot: int = 6
    """Printer dots per module, 1 to 16."""


class Feed(Struct, frozen=True, tag="feed"):
    lines: int = 1


class Cut(Struct, frozen=True, tag="cut"):
    """Feed to the knife and cut partially."""


Block: TypeAlias = Text | Columns | Row | Rule | Barcode | Qr | Feed | Cut


class Paper(Struct, frozen=True):
    """What to print, independent of any printer. Encodes to JSON with msgspec, so a spooler can keep it."""

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        if len(self.blocks) > PAPER_BLOCKS_MAX:
            raise ValueError(f"paper of {len(self.blocks)} blocks; at most {PAPER_BLOCKS_MAX}")


class PrintOutcome(StrEnum):
    CONFIRMED = "confirmed"
    """The printer itself said that it is on paper."""
    ASSUMED = "assumed"
    """All bytes left, no fault was seen, and this printer never answers (profile `confirm: none`)."""
    NOTHING_SENT = "nothing_sent"
    """No byte of the job left: nothing can be on paper, trying again is safe. `fault` says why."""
    UNCERTAIN = "uncertain"
    """Some bytes left and the end is unknown: only a person can tell. Never send it again as an original."""


class PrintResult(Struct, frozen=True):
    outcome: PrintOutcome
    fault: FaultReason | None = None
    byte_count: int = 0
    duration_ms: int = 0
    """From the call to the answer."""


class Opened(StrEnum):
    YES = "yes"
    """The sensor moved within a second, or the drawer was open already."""
    NO = "no"
    """The pulse was sent twice and the sensor says closed: stuck."""
    UNKNOWN = "unknown"
    """The pulse was sent and there is no sensor."""


class DrawerResult(Struct, frozen=True):
    pulse_sent: bool
    opened: Opened
    fault: FaultReason | None = None
    """Set when no pulse could be sent (the printer's fault) or DRAWER_STUCK."""
    duration_ms: int = 0


class Printer(Protocol):
    """One receipt printer, by role. Jobs are done one at a time in order of the calls."""

    @property
    def health(self) -> Health: ...

    @property
    def columns(self) -> int:
        """Characters on a line in the normal font: 48 (80 mm) or 32 (58 mm)."""
        ...

    async def ready(self) -> None:
        """Wait until a job may be started; returns at once when it may. May wait for ever: cancel it."""
        ...

    async def print(self, paper: Paper, job_id: int) -> PrintResult:
        """Print once and say what is known. Does not wait for an absent or blocked printer: that is NOTHING_SENT.

        When the paper runs out in the middle and the link is alive, it waits until the printer has finished by
        itself, however long that takes. `job_id` comes back in logs and as the printer's process id (GS ( H).
        Cancelling it leaves the job UNCERTAIN. Raises nothing else.
        """
        ...


class Drawer(Protocol):
    """One cash drawer, by role. The pulse does not wait behind a receipt that is stuck."""

    @property
    def health(self) -> Health: ...

    @property
    def position(self) -> DrawerPosition: ...

    async def open(self) -> DrawerResult:
        """Send one pulse, and one more when the sensor does not move. Answers within 1.5 s. Raises nothing."""
        ...


class Devices(Protocol):
    """All devices of the till; made by `hal.registry.open_devices(config, clock, emit)`."""

    def printer(self, role: str = "printer.receipt") -> Printer: ...

    def drawer(self, role: str = "drawer.main") -> Drawer: ...

    def health(self) -> tuple[Health, ...]:
        """Every configured role, in the order of the configuration."""
        ...

    def retry(self, role: str) -> None:
        """Look for the device again now: ends the back-off and the quarantine. Unknown roles are ignored."""
        ...
