"""What a till may know of its devices: plain types, no drivers, no I/O.

This is the only module of `hal` that `service` imports. It hides which printer or scanner is plugged in, where, and
what bytes it speaks.

    events     Scan, ScanDamaged, Health, DrawerChanged, Weight    handed to `emit`, in order of arrival, on the loop
    commands   Printer.print(Paper), Drawer.open()         awaited; they answer what is known, never a guess
               LineDisplay.show(), Scale.watch()           return at once; a display shows the newest lines only
               Terminal.pay(PaymentRequest), .scan_once()
    paper      Paper(Text, Columns, Row, Rule, ...)        what to print, before anybody thinks of bytes

Devices come and go. Never keep a link: ask `Devices` for the role each time. A role that is not configured answers
too, as a device that is ABSENT.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from msgspec import Struct, field

SCAN_CHARS_MAX = 512
SETUP_CODE = "TILL+]:/@_-AZQWM09"
"""What the label of « Scannez ce code » says, as Code 128 or QR. Its letters and signs stand on other keys on every
keyboard, so that only the scanner's own layout reads it; it begins with no `]`, so that an AIM identifier before it
can be told from it; and nothing that is sold, and no card, reads `TILL+]:/`."""
PAPER_BLOCKS_MAX = 4_000
TEXT_CHARS_MAX = 1_000


class DeviceKind(StrEnum):
    SCANNER = "scanner"
    PRINTER = "printer"
    DRAWER = "drawer"
    DISPLAY = "display"
    """The customer's two lines."""
    SCALE = "scale"
    TERMINAL = "terminal"


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
    UNVERIFIED = "unverified"
    """Something listens at the terminal's address, and that it is one shows only when it answers a payment."""
    WRONG_KEY = "wrong_key"
    """The terminal and we have not the same key: it cannot read us, or we cannot believe it."""
    WRONG_ROOT = "wrong_root"
    """Whoever answers shows a certificate that the configured root did not sign."""
    WRONG_POIID = "wrong_poiid"
    """The certificate is another terminal's."""
    KEY_FILE = "key_file"
    """The file of the terminal's key is gone, or holds none."""
    ROOT_FILE = "root_file"
    """The file of the root certificate is gone, or is none."""
    WRONG_DECIMALS = "wrong_decimals"
    """The scale weighs with other decimals than the settings say: none of its weights is believed."""
    WRONG_PROFILE = "wrong_profile"
    """The link is open and the printer answers nothing that its profile asks: it is off, or of another make."""
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
    BLIND = "blind"
    """The printer never sends a byte: whether it has paper, and whether it printed, nobody can say."""
    DRAWER_STUCK = "drawer_stuck"
    PRINTER_AWAY = "printer_away"
    """The drawer hangs on a printer that is not there, or that has no address: look at that one."""
    CRASHED = "crashed"
    """A bug of ours."""


class BadAddress(ValueError):
    """A device address that cannot be meant. The text says for the log which part; `code` and `params` say it for a
    person: a message id below `technician.reason`."""

    def __init__(self, text: str, code: str = "form", **params: str | int) -> None:
        super().__init__(text)
        self.code = code
        self.params = params


PRINT_BLOCKING = frozenset(FaultReason) - {
    FaultReason.PAPER_LOW, FaultReason.DRAWER_STUCK, FaultReason.PRINTER_AWAY, FaultReason.BLIND,
}  # fmt: skip
"""Faults under which no new receipt is started; PAPER_LOW and BLIND only warn."""


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
    """`too_long`, `control_character`, `timeout`, `truncated`, `lost_events`, `unplugged`."""


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
    serial: str | None = None
    """Serial number that the device tells; None when it does not."""


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


class WeightState(StrEnum):
    STABLE = "stable"
    """The only state in which anything may be sold by it."""
    MOVING = "moving"
    OVER_CAPACITY = "over_capacity"
    UNDER_ZERO = "under_zero"
    """Less than nothing lies on it: it was switched on loaded, or a container that was tared is gone."""
    UNKNOWN = "unknown"
    """Nobody there to ask, no answer, or one that cannot be meant. Never shown as zero."""


class Weight(Struct, frozen=True):
    """What a scale says now; sent on every change while somebody watches."""

    role: str
    state: WeightState
    quantity_milli: int | None = None
    """Thousandths of a kilogram, 0 and more; None unless STABLE."""
    is_net: bool = False
    """The scale itself has a container's weight taken off already."""


DeviceEvent: TypeAlias = Scan | ScanDamaged | Health | DrawerChanged | Weight
Emit: TypeAlias = Callable[[DeviceEvent], None]
"""Called on the loop. It must return at once and must not raise: put the event into a queue."""
Room: TypeAlias = Callable[[], Awaitable[None]]
"""Returns once enough of the events before were taken in, so that more may be read."""


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
    indent: int = 0
    """Columns by which the lines after the first are set in, at most 8."""


class Columns(Struct, frozen=True, tag="columns"):
    """Left text and right text on one line; a long left text wraps, the right one stands on its last line."""

    left: str
    right: str
    bold: bool = False
    tall: bool = False
    wide: bool = False
    indent: int = 0
    """Columns by which the following lines of a wrapped left text are set in, at most 8."""


class Row(Struct, frozen=True, tag="row"):
    """A table row: the first cell left, all others right-aligned. Cells too long for their share move their
    neighbours, and take a line of their own when that is not enough: a figure is never cut."""

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


class Logo(Struct, frozen=True, tag="logo"):
    """The shop's picture from the settings, centred; nothing where there is none."""


Block: TypeAlias = Text | Columns | Row | Rule | Barcode | Qr | Feed | Cut | Logo


class Paper(Struct, frozen=True):
    """What to print, independent of any printer. Encodes to JSON with msgspec, so a spooler can keep it."""

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        if len(self.blocks) > PAPER_BLOCKS_MAX:
            raise ValueError(f"paper of {len(self.blocks)} blocks; at most {PAPER_BLOCKS_MAX}")


class Rendered(Struct, frozen=True):
    """A paper as the bytes of one kind of printer: what is kept is what was printed."""

    body: bytes
    profile: str
    """For which kind of printer; another kind must render again."""


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
        """Wait until a job may be started, or until another object serves the role: ask `Devices` again. Returns at
        once when either is so. May wait for ever: cancel it."""
        ...

    async def render(self, paper: Paper) -> Rendered:
        """The bytes that `print` would send to this printer now. What must be drawn is drawn in a thread."""
        ...

    async def print(
        self, paper: Paper | Rendered, job_id: int, on_sent: Callable[[], None] = lambda: None
    ) -> PrintResult:
        """Print once and say what is known; `on_sent` is called when the last byte has left.

        Does not wait for an absent or blocked printer: that is NOTHING_SENT. When the paper runs out in the middle
        and the link is alive, it waits until the printer has finished by itself, however long that takes. `job_id`
        comes back in logs and as the printer's process id (GS ( H). Cancelling it leaves the job UNCERTAIN. Raises
        nothing else.
        """
        ...


class Drawer(Protocol):
    """One cash drawer, by role. The pulse does not wait behind a receipt that is stuck."""

    @property
    def health(self) -> Health: ...

    @property
    def position(self) -> DrawerPosition: ...

    @property
    def level(self) -> bool | None:
        """The sensor's level as it is wired, high or low, also where it is set up to have none; None when nobody can
        tell. Which one is open depends on the drawer: see `Devices.calibrate_drawer`."""
        ...

    async def open(self) -> DrawerResult:
        """Send one pulse, and one more when the sensor does not move. Answers within 1.5 s. Raises nothing."""
        ...


REQUEST_ID_CHARS_MAX = 36
"""A UUID with its dashes fits."""
TICKET_CHARS_MAX = 36
RECEIPT_LINES_MAX = 200
_REQUEST_ID = re.compile(rf"[A-Za-z0-9_-]{{1,{REQUEST_ID_CHARS_MAX}}}", re.ASCII)
_TICKET = re.compile(rf"[!-~]{{1,{TICKET_CHARS_MAX}}}", re.ASCII)
_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)


class PaymentKind(StrEnum):
    DEBIT = "debit"
    REFUND = "refund"


class PaymentRequest(Struct, frozen=True):
    """One attempt to move money on the terminal. Made and stored durably *before* `pay` or `refund` is called; the
    same value, read back after a power cut, is what `ask` wants. An attempt that moved nothing is repeated under a
    new id and the same ticket. Raises ValueError for a request that cannot be meant."""

    id: str
    """Ours, unique for ever, 1 to 36 of A-Z a-z 0-9 _ -. Never used for a second call of `pay` or `refund`."""
    kind: PaymentKind
    amount_minor: int
    """Above zero, for a refund too."""
    currency: str
    """ISO 4217, such as `CHF`."""
    ticket: str
    """What people know the sale by, 1 to 36 visible ASCII characters; the same for every attempt of one sale."""
    original: str | None = None
    """For a refund of a known payment: `PaymentResult.reference` of it. None: a refund on whatever card is shown."""
    at: datetime | None = None
    """When it was made. A terminal forgets: that it does not know a request proves nothing once that is a day old."""

    def __post_init__(self) -> None:
        if not _REQUEST_ID.fullmatch(self.id):
            raise ValueError("a request id is 1 to 36 letters, digits, _ and -")
        if not 0 < self.amount_minor < 10**10:
            raise ValueError("the amount must be above zero and below 100 millions")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("the currency is three capital letters")
        if not _TICKET.fullmatch(self.ticket):
            raise ValueError("the ticket reference is 1 to 36 visible ASCII characters")
        if self.original is not None and self.kind is not PaymentKind.REFUND:
            raise ValueError("only a refund has an original")


class PaymentOutcome(StrEnum):
    ACCEPTED = "accepted"
    """The money moved: `amount_minor` equals the request's. Proven by an answer to this very request."""
    REFUSED = "refused"
    """The terminal or the bank said no. Nothing moved."""
    ABORTED = "aborted"
    """Given up by the customer or by us before anything moved."""
    NOT_STARTED = "not_started"
    """The terminal never began with it: nothing moved, trying again under a new id is safe."""
    IN_PROGRESS = "in_progress"
    """Only from `ask`: the customer is still at it. Ask again."""
    UNKNOWN = "unknown"
    """Money may have moved and no trustworthy answer came. Never tried again by the till alone; `ask` may tell later,
    else a person reads the terminal."""


SETTLED = frozenset(PaymentOutcome) - {PaymentOutcome.IN_PROGRESS, PaymentOutcome.UNKNOWN}
"""Outcomes that will not change."""


class PaymentReason(StrEnum):
    """Why the outcome is not ACCEPTED."""

    # refused
    DECLINED = "declined"
    """The bank gave no better reason."""
    INSUFFICIENT_FUNDS = "insufficient_funds"
    CARD_EXPIRED = "card_expired"
    WRONG_PIN = "wrong_pin"
    CARD_BLOCKED = "card_blocked"
    CARD_NOT_ACCEPTED = "card_not_accepted"
    AMOUNT_NOT_ALLOWED = "amount_not_allowed"
    BANK_UNREACHABLE = "bank_unreachable"
    """The terminal has no line to the bank: it said no by itself."""
    ORIGINAL_NOT_FOUND = "original_not_found"
    """A refund whose payment the terminal does not know."""
    NOT_POSSIBLE = "not_possible"
    """The terminal cannot do such a thing: refunds, this currency, this request."""
    # aborted
    BY_CUSTOMER = "by_customer"
    BY_TILL = "by_till"
    CARD_WAIT_OVER = "card_wait_over"
    """Nobody showed a card in the terminal's own time."""
    # not started
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    """Whoever answers at that address cannot prove to be our terminal (certificate, key)."""
    BUSY = "busy"
    """It serves somebody else, or another request of ours."""
    NOT_CONFIGURED = "not_configured"
    NEVER_ARRIVED = "never_arrived"
    """The request got lost and the terminal says that it does not know it."""
    # unknown
    NO_ANSWER = "no_answer"
    WRONG_ANSWER = "wrong_answer"
    """Answers came, none of them to this request: a stale one, or a forged one."""
    WRONG_AMOUNT = "wrong_amount"
    """The answer is to this request and says another amount or currency: see `amount_minor`."""


class PaymentResult(Struct, frozen=True):
    """What is known of one request. Holds no card number: at most its last four digits."""

    request_id: str
    outcome: PaymentOutcome
    reason: PaymentReason | None = None
    """None when accepted or in progress."""
    amount_minor: int | None = None
    """What the terminal says it moved; None when it did not say."""
    currency: str | None = None
    authorisation: str | None = None
    """The bank's authorisation code."""
    card: str | None = None
    """Kind of card to print, such as `Visa`."""
    last_digits: str | None = None
    """At most the last four digits, and only when the terminal gave a masked number."""
    reference: str | None = None
    """The terminal's own name for the transaction; opaque, stored to refund it later (`PaymentRequest.original`)."""
    receipt: tuple[str, ...] = ()
    """The customer's card receipt as the terminal wants it printed, at most 200 lines."""


class PaymentStep(StrEnum):
    """How far a payment is, for the screen; told in this order, and only those the terminal lets us know."""

    SENT = "sent"
    """The amount is on its way to the terminal: from here on the outcome may become UNKNOWN."""
    CUSTOMER = "customer"
    """The terminal has it: the customer shows a card."""
    BANK = "bank"
    """The bank is asked."""
    ASKING = "asking"
    """The answer got lost; the terminal is asked what became of it."""


Progress: TypeAlias = Callable[[PaymentStep], None]
"""Called on the loop; must return at once and must not raise."""


class TerminalAbilities(Struct, frozen=True):
    can_refund: bool = False
    can_scan: bool = False
    can_query: bool = False
    """It can be asked what became of a request. False: an answer that got lost mostly stays UNKNOWN."""
    can_abort: bool = False


class PaymentTerminal(Protocol):
    """One card terminal, by role. One thing at a time: a second request is NOT_STARTED(BUSY), never queued."""

    @property
    def health(self) -> Health: ...

    @property
    def abilities(self) -> TerminalAbilities: ...

    async def pay(self, request: PaymentRequest, progress: Progress = ...) -> PaymentResult:
        """Debit once and say what is known; asks by itself after a lost answer, for a while. Takes as long as the
        customer: minutes. A scan that is going on is stopped first. Never IN_PROGRESS. A request id that was seen
        before since start is not sent again: it is asked about. Cancelling it leaves the outcome UNKNOWN and the
        terminal at work: prefer `abort`. Raises ValueError for a request of another kind, nothing else."""
        ...

    async def refund(self, request: PaymentRequest, progress: Progress = ...) -> PaymentResult:
        """Give money back once; everything else as `pay`."""
        ...

    async def abort(self, request: PaymentRequest) -> None:
        """Ask the terminal to give up, whoever sent the request: also after a restart or a line that was cut. Only a
        wish: the outcome comes from `pay` or `ask`, and may be ACCEPTED. Returns when the wish was sent (at most five
        seconds); a request that is not going on is ignored. Raises nothing."""
        ...

    async def ask(self, request: PaymentRequest) -> PaymentResult:
        """What became of a request, however long ago it was sent, across restarts; debits nothing. While `pay` works
        on it: IN_PROGRESS. UNKNOWN when the terminal cannot be reached or does not tell. Takes up to some twenty
        seconds. Raises nothing."""
        ...


class ScanMissed(StrEnum):
    """Why a terminal read no code."""

    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    """By `stop`, on the terminal, or because a payment came."""
    BUSY = "busy"
    """A payment or another scan is going on: a normal answer."""
    NOT_ABLE = "not_able"
    """This terminal has no reader."""
    NO_ANSWER = "no_answer"
    """Not reachable, or it failed."""


class BarcodeReader(Protocol):
    """A reader that must be asked for each code: a payment terminal, later a camera."""

    async def scan_once(self, timeout_s: float, prompt: str | None = None) -> Scan | ScanMissed:
        """Read one code; 1 to 30 s. `prompt` is shown on the terminal when it can. The code is *not* emitted as an
        event: who asked gets it. Raises nothing; cancelling it stops the reader too."""
        ...

    async def stop(self) -> None:
        """End a scan that is going on; it answers CANCELLED. Nothing to stop is fine. Returns when the reader is
        off, at most five seconds."""
        ...


class Terminal(PaymentTerminal, BarcodeReader, Protocol):
    """Both faces of one device, which never work at the same time."""


class LineDisplay(Protocol):
    """One customer display of two lines, by role. Write-only: its health is its link's."""

    @property
    def health(self) -> Health: ...

    @property
    def columns(self) -> int:
        """Characters on a line, 20."""
        ...

    def show(self, upper: str, lower: str) -> None:
        """Show these two lines as soon as the display takes them, at most ten times a second; lines that were not shown
        yet are forgotten. Returns at once, raises nothing. A line too long is cut, a character it lacks replaced."""
        ...


class Scale(Protocol):
    """One scale, by role. Read-only: the till never sets it to zero and never tares it."""

    @property
    def health(self) -> Health: ...

    @property
    def weight(self) -> Weight:
        """The newest answer, at most half a second old while watched; UNKNOWN when there is none."""
        ...

    def watch(self, wanted: bool) -> None:
        """True while somebody looks at the weight: it is asked for several times a second, and changes are emitted."""
        ...


class Remedy(StrEnum):
    """What a person can do about a device."""

    NONE = "none"
    WAIT = "wait"
    ASSIGN = "assign"
    """It is plugged in and nobody uses it: give it a role."""
    PLUG_IN = "plug_in"
    CHECK_NETWORK = "check_network"
    SET_RIGHTS = "set_rights"
    """Install the udev rules; put the daemon's user into the group `till`."""
    FREE_IT = "free_it"
    """Close the other program, or the other till, that holds it."""
    CORRECT_ADDRESS = "correct_address"
    CHECK_LINE = "check_line"
    """It is silent on a line of its own: cable, speed, parity and protocol must be what the device is set to."""
    NEW_ROLL = "new_roll"
    CLOSE_COVER = "close_cover"
    FREE_KNIFE = "free_knife"
    CHECK_KEYS = "check_keys"
    """The printer waits: a key of its own is held, or it was set offline."""
    USE_KEY = "use_key"
    """The drawer stays shut: open it with its key, and see what holds it."""
    PAY_ONCE = "pay_once"
    """Nothing but a payment shows whether it is a terminal: make one, and correct it."""
    CHECK_KEY = "check_key"
    """Identifier, version and passphrase must be those of the provider's portal, and the terminal must have them."""
    CHECK_ROOT = "check_root"
    CHECK_POIID = "check_poiid"
    CHECK_DECIMALS = "check_decimals"
    CHECK_PROFILE = "check_profile"
    SEE_PRINTER = "see_printer"
    """It hangs on the printer: what helps that one helps it too."""
    SWITCH_OFF_AND_ON = "switch_off_and_on"
    RETRY = "retry"
    """Touch *Réessayer*; send the log to the makers."""


class PluggedDevice(Struct, frozen=True):
    """One line of the list of devices: a port with or without a role, or a role with or without a port."""

    identity: str
    """`serial|port|interface`, the same at every plug; empty for what is not on USB or not there."""
    node: str
    """Where it is now, `/dev/hidraw0` or `192.168.1.20:9100`; empty when not there."""
    link: str
    """`hidraw`, `serial`, `evdev`, `usblp`, `tcp`, `via`, ...: how it is reached."""
    label: str
    """Maker and model as the device tells, or the node."""
    role: str | None
    """None: nobody uses it."""
    kind: DeviceKind | None
    """Which driver serves it; None without a role."""
    state: DeviceState | None
    fault: FaultReason | None
    remedy: Remedy
    rule: str
    """The role's address in the settings; without a role the address that would name exactly this device."""


class Learning(Struct, frozen=True):
    """How the search for the scanner that reads the setup code stands."""

    listening: tuple[str, ...]
    """Labels of the devices that are listened to."""
    refused: tuple[str, ...] = ()
    """Labels of the devices that may not be opened: rights are missing, or another program holds them."""
    heard: str | None = None
    """The device that just sent something else than the setup code."""
    role: str | None = None
    """It is found, and serves this role from now on."""


class Devices(Protocol):
    """All devices of the till; made by `hal.registry.open_devices(config, clock, emit)`."""

    def printer(self, role: str = "printer.receipt") -> Printer:
        """As all of these: who serves the role now. A role that changes hands is served by another object from then
        on: do not keep it for longer than one thing takes."""
        ...

    def drawer(self, role: str = "drawer.main") -> Drawer: ...

    async def calibrate_drawer(self, role: str, open_level: bool | None) -> None:
        """Take this level of the drawer's sensor as open, None: it has no sensor. Kept over a restart, as `assign`."""
        ...

    def display(self, role: str = "display.customer") -> LineDisplay: ...

    def scale(self, role: str = "scale.counter") -> Scale: ...

    def terminal(self, role: str = "terminal.main") -> Terminal: ...

    def health(self) -> tuple[Health, ...]:
        """Every configured role, in the order of the configuration."""
        ...

    def retry(self, role: str) -> None:
        """Look for the device again now: ends the back-off and the quarantine. Unknown roles are ignored."""
        ...

    def plugged(self) -> tuple[PluggedDevice, ...]:
        """Everything that is plugged in, used or not, then the roles whose device is not there."""
        ...

    async def change(self) -> None:
        """Wait until something is plugged in or pulled out, taken or given back: `plugged` may then tell otherwise.
        What a device says of itself comes as `Health`."""
        ...

    @property
    def is_kept(self) -> bool:
        """False while the disk does not hold what was assigned: it serves now, and is forgotten at the next start.
        Each further change and `keep` try again."""
        ...

    async def keep(self) -> None:
        """Write what was assigned, where the disk refused it before; see `is_kept`. Raises nothing."""
        ...

    async def assign(self, role: str, address: str) -> None:
        """Serve the role from this address from now on, and after a restart. Raises ValueError, and changes nothing,
        for an address that cannot be meant."""
        ...

    async def unassign(self, role: str) -> None:
        """Serve the role no more, neither after a restart. Unknown roles are ignored."""
        ...

    async def learn(self, role: str, tell: Callable[[Learning], None] = lambda learning: None) -> str:
        """Wait until some scanner reads `SETUP_CODE`, give it the role with the layout that decoded it, and return its
        address. One that serves a role by its own name keeps that one: see `Learning.role`. May wait for ever: cancel
        it. Keyboards are listened to and not taken; no scanner sells meanwhile. `tell` is called on every change.
        Raises ValueError for a role that is no scanner's, or while another learns."""
        ...
