"""Receipt printer driver: one job at a time over whatever link, with what the printer says about it.

Theory of operation. `run` pumps one link: it greets the printer (reset, code page, status reports, name), then turns
answers into health. `print` is called by others meanwhile: look before the first byte, send, wait for the completion
barrier. The barrier is the process id (GS ( H) where the greeting's probe was answered, else GS r 1 behind the cut;
Star's is the count of ETB. The first job waits for the end of the greeting: what an older session's bytes are still
answered with must not be taken for this one's. Between the first byte and the barrier a lost link means UNCERTAIN. Out
of paper in the middle is no error: the printer keeps the bytes and finishes by itself when the roll is changed, so the
job waits with it.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from appliance.clock import Clock
from appliance.hal.address import Address, one_of
from appliance.hal.device import (
    PRINT_BLOCKING,
    DeviceState,
    FaultReason,
    Health,
    Paper,
    PrintOutcome,
    PrintResult,
    Rendered,
)
from appliance.hal.escpos.encoder import Encoder, KeptLogo, MustDraw
from appliance.hal.escpos.epson import Epson, token_of
from appliance.hal.escpos.picture import draw_logo
from appliance.hal.escpos.profile import PROFILES
from appliance.hal.escpos.status import (
    Changed,
    Counted,
    Done,
    InOrder,
    Keys,
    Name,
    RealTime,
    Status,
    status_of,
)
from appliance.hal.supervisor import Slot
from appliance.hal.transport import LinkLost, Transport

log = logging.getLogger(__name__)

_GREETING_TIMEOUT_S = 1.0
_HEARTBEAT_S = 5.0
_POLL_S = 1.0
_MISSED_MAX = 2
_FRESH_NS = 1_000_000_000
_ANSWER_TIMEOUT_S = 0.5
_BARRIER_TIMEOUT_S = 20.0
_SLOWEST_BYTES_S = 800
"""A serial line of 9,600 baud: a drawn receipt takes its time."""
_SILENT_WAIT_S = 3.0
_FENCE_TIMEOUT_S = 1.0
_FENCE_TIMEOUT_KNOWN_S = 10.0
"""How long the first job waits for the greeting's last answer from a printer that is well: one that may have no name,
and one that told it before and may just be printing what an older session left."""
_COUNTS = 32
_DEBT_BYTES_MAX = 20_000
"""No command is longer: a picture's band of 255 rows."""
_DEBT_BYTES_UNKNOWN = 4_096


def fault_in(status: Status) -> FaultReason | None:
    """The one thing to tell a person first."""
    if status.broken:
        return FaultReason.BROKEN
    if status.cover_open:
        return FaultReason.COVER_OPEN
    if status.cutter:
        return FaultReason.CUTTER_JAM
    if status.paper_out:
        return FaultReason.PAPER_OUT
    if status.recovering:
        return FaultReason.OVERHEATED
    if status.offline:
        return FaultReason.OFFLINE
    return FaultReason.PAPER_LOW if status.paper_low else None


class EscposPrinter:
    """One printer role. Implements `device.Printer` and `supervisor.Driver`."""

    def __init__(self, address: Address, clock: Clock, slot: Slot, logo: str = "") -> None:
        """`logo`: file of the shop's picture, "" for none. Raises BadAddress for an unknown profile."""
        name = address.options.get("profile", "epson-80")
        if name not in PROFILES:
            raise one_of("profile", PROFILES, f"printer profile {name[:40]!r}")
        self._profile = PROFILES[name]
        self._encoder = Encoder(self._profile)
        self._language = self._encoder.language
        self._logo_file = logo
        self._clock = clock
        self._slot = slot
        self._turn = asyncio.Lock()
        self._startable = asyncio.Event()
        self._is_replaced = False
        self._tells_names = False
        """The last greeting was answered to its end."""
        self._has_answered = False
        """It speaks the profile's language: it did so once since start."""
        self._debt = 0
        """Bytes that a command may still be waiting for, which a lost link cut short: the next link pays them in
        zeros, or it would take the next receipt for them."""
        self._barrier_timeout: asyncio.Timeout | None = None
        self._barrier_s = _BARRIER_TIMEOUT_S
        self._is_pulse_taken: bool = True
        """Something was heard since the newest pulse."""
        self.pin_high: bool | None = None
        """The drawer pin in the newest status; None while the printer is away."""
        self._followers: dict[str, Callable[[bool | None], None]] = {}
        """By drawer: called with its pin on every status, with None when the link ends or `is_blind` begins."""
        self._begin(None)

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def columns(self) -> int:
        return self._profile.columns

    def follow_pin(self, drawer: str, told: Callable[[bool | None], None]) -> None:
        """This drawer hangs behind the printer, perhaps one of two: its pin's level on every status, None with the
        end of the link."""
        self._followers[drawer] = told

    @property
    def is_blind(self) -> bool:
        """It can be written to, and will never say where the drawer's pin is."""
        return self._link is not None and self._fenced and not self._profile.answers

    async def ready(self) -> None:
        if not self._is_replaced:
            await self._startable.wait()

    def retire(self) -> None:
        """The role is another's from now on: nobody waits for this one any longer."""
        self._is_replaced = True
        self._startable.set()

    async def render(self, paper: Paper) -> Rendered:
        try:
            body = self._encoder.encode(paper, may_draw=False)
        except MustDraw:
            body = await asyncio.to_thread(self._encoder.encode, paper)
        return Rendered(body, self._profile.name)

    async def print(
        self, paper: Paper | Rendered, job_id: int, on_sent: Callable[[], None] = lambda: None
    ) -> PrintResult:
        started_ns = self._clock.monotonic_ns()
        rendered = await self.render(paper) if isinstance(paper, Paper) else paper
        async with self._turn:
            fault = await self._look()
            if fault is None and rendered.profile != self._profile.name:
                fault = FaultReason.MISCONFIGURED  # the bytes are another kind of printer's
            if fault is not None:
                outcome, sent = PrintOutcome.NOTHING_SENT, 0
            else:
                self._slot.count("jobs")
                outcome, fault = await self._send(rendered.body, job_id, on_sent)
                sent = len(rendered.body)
                self._slot.count("bytes", sent)
                self._slot.count("cuts", rendered.body.count(self._language.cut()))
        duration_ms = (self._clock.monotonic_ns() - started_ns) // 1_000_000
        if outcome is PrintOutcome.UNCERTAIN:
            self._debt = min(_DEBT_BYTES_MAX, len(rendered.body))
            self._slot.count("uncertain")
            log.warning("%s: job %d is uncertain after %d ms, %s", self._slot.role, job_id, duration_ms, fault)
        return PrintResult(outcome, fault, sent, duration_ms)

    async def pulse(self, pin: int, on_ms: int) -> FaultReason | None:
        """Send one drawer pulse; past the receipt when that is stuck. Returns why it could not be sent: a pulse that
        waits behind a receipt would open the drawer minutes later, so it leaves only for a printer that reads."""
        link = self._link
        if link is None or link.lost:
            return self._slot.health.fault or FaultReason.UNPLUGGED
        stuck = self._turn.locked() or not self._startable.is_set()
        if (stuck or not self._is_pulse_taken) and not await self._reads(link):
            return self._fault or FaultReason.NO_ANSWER
        self._is_pulse_taken = False
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await link.write(self._language.pulse_now(pin, on_ms) if stuck else self._language.pulse(pin, on_ms))
        except LinkLost as lost:
            return lost.reason
        except TimeoutError:
            return FaultReason.NO_ANSWER
        return None

    async def _reads(self, link: Transport) -> bool:
        """Whether the printer takes what we send it: it answers a question put now, or nothing of ours is in its way
        where it has no answers."""
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await link.emptied()
                if not self._profile.answers:
                    return not link.lost
                if self._asked <= 1:  # an older one may have got lost
                    await self._ask(link, 1)
                while self._asked and not link.lost:
                    self._heard.clear()
                    await self._heard.wait()
        except (LinkLost, TimeoutError):
            return False
        return not link.lost

    async def run(self, link: Transport) -> None:
        self._begin(link)
        self._slot.report(DeviceState.STARTING)
        try:
            await self._draw_logo()
            if self._profile.answers:
                await self._greet(link)
                await self._listen(link)
            else:
                await link.write(self._language.flush(self._debt) + self._language.initialise())
                self._debt = 0
                self._fenced = True
                self._tell(DeviceState.DEGRADED, FaultReason.BLIND)
                self._tell_pin(None)
                while True:
                    await link.read()
        except LinkLost as lost:
            self._end(lost)
            raise
        finally:
            self._end(LinkLost(FaultReason.CRASHED))

    async def _draw_logo(self) -> None:
        """Once per profile and process; a file that is no picture costs the logo, not the receipts."""
        if not self._logo_file or self._encoder.logo is not None:
            return
        try:
            picture = await asyncio.to_thread(draw_logo, Path(self._logo_file), self._profile.dots)
        except (OSError, ValueError) as error:
            log.error("%s: the logo cannot be used, %s", self._slot.role, error)
            self._logo_file = ""
            return
        digest = hashlib.sha256(picture.rows).digest()
        self._encoder.logo = KeptLogo(picture, bytes(0x41 + byte % 26 for byte in digest[:2]))

    async def _keep_logo(self, keys: tuple[bytes, ...]) -> None:
        """Put the logo into the printer's own memory when it is not there already: that memory wears out."""
        logo, link = self._encoder.logo, self._link
        if logo is None or link is None or not isinstance(self._language, Epson):
            return
        if logo.key not in keys:
            async with self._turn:
                await link.write(self._language.store_logo(logo.key, logo.picture))
            log.info("%s: the logo is kept in the printer from now on", self._slot.role)
        self._encoder.logo = replace(logo, is_kept=True)

    def _begin(self, link: Transport | None) -> None:
        """Forget the last link: what it said holds no longer."""
        self._link = link
        self._parser = self._language.parser()
        self._heard = asyncio.Event()
        self._heard_at_ns = 0
        self._pushes = False  # sends ASB
        self._knows_ids = False
        self._fenced = False  # the greeting's last question is answered: no older answer can follow
        self._count = self._base = random.randrange(1, _COUNTS)  # ETB sent so far
        self._keys: tuple[bytes, ...] = ()
        self._wants_logo_kept = False
        if self._encoder.logo is not None:
            self._encoder.logo = replace(self._encoder.logo, is_kept=False)  # it may be another printer
        self._polled: dict[int, int] = {}
        self._asked = 0  # the DLE EOT that is not answered yet
        self._is_sweeping = False  # asking all four: told when they are complete
        self._is_writing = False
        self._is_pulse_taken = True
        self._names: list[str] = []
        self._fault: FaultReason | None = None
        self._told = False  # something is known of this link's printer
        self._barrier: asyncio.Future[None] | None = None
        self._awaited = b""
        self._orphans = 0  # barriers of cancelled jobs that will still be answered

    def _end(self, lost: LinkLost) -> None:
        self._link = None
        self._heard.set()
        self._startable.clear()
        if self._barrier is not None and not self._barrier.done():
            self._barrier.set_exception(lost)
            self._barrier.exception()  # looked at: the job may have been cancelled
        self.pin_high = None
        self._tell_pin(None)

    async def _greet(self, link: Transport) -> None:
        words = self._language
        hello = words.flush(self._debt) + words.initialise() + words.report_changes()
        if self._encoder.logo is not None and self._profile.logo == "nv" and isinstance(words, Epson):
            hello += words.ask_logos
        if self._profile.confirm in ("id", "count"):
            hello += words.probe(self._base)
        await link.write(hello + words.ask_names())
        try:
            async with asyncio.timeout(_GREETING_TIMEOUT_S):
                while not self._pushes:
                    self._digest(await link.read())
        except TimeoutError:
            await self._ask_all(link)
            if not self._heard.is_set():
                self._debt = max(self._debt, _DEBT_BYTES_UNKNOWN)
                reason = FaultReason.NO_ANSWER if self._has_answered else FaultReason.WRONG_PROFILE
                raise LinkLost(reason, "no status; a silent printer needs a silent profile") from None
        self._has_answered = True
        self._debt = 0

    async def _listen(self, link: Transport) -> None:
        missed, unfenced_s = 0, 0.0
        while True:
            if self._wants_logo_kept:
                self._wants_logo_kept = False
                await self._keep_logo(self._keys)
            pause_s = _HEARTBEAT_S if self._pushes else _POLL_S
            if not self._fenced:
                pause_s = _FENCE_TIMEOUT_S
            received = await link.read(pause_s)
            if not received and not self._fenced and self._fault not in PRINT_BLOCKING:
                unfenced_s += pause_s
                if unfenced_s >= (_FENCE_TIMEOUT_KNOWN_S if self._tells_names else _FENCE_TIMEOUT_S):
                    self._pass_fence(answered=False)
                    continue
            if received:
                missed = 0
                self._digest(received)
            elif not self._is_writing and not (self._pushes and self._turn.locked()):
                # While a job's bytes wait to leave, a question would wait behind them: the barrier watches then.
                if missed >= _MISSED_MAX:
                    raise LinkLost(FaultReason.NO_ANSWER, "heartbeat")
                missed += 1
                if self._pushes:
                    await self._ask(link, 1)
                    if self._startable.is_set():  # one that was switched off behind a print server has forgotten it
                        await link.write(self._language.report_changes())
                elif await self._ask_all(link):
                    missed = 0

    async def _ask(self, link: Transport, number: int) -> None:
        """DLE EOT n; only one may be on its way, since answers do not say which they answer."""
        self._asked = number
        await link.write(self._language.ask_now(number))

    async def _ask_all(self, link: Transport) -> bool:
        """The four statuses one by one, for printers without ASB. True when it answered."""
        answered, self._is_sweeping = False, True
        for number in self._language.questions:
            await self._ask(link, number)
            while self._asked and (received := await link.read(_ANSWER_TIMEOUT_S)):
                self._digest(received)
                answered = True
        self._is_sweeping = False
        if self._polled:
            self._apply(status_of(self._polled))
        return answered

    def _digest(self, received: bytes) -> None:
        if not received:
            return
        self._heard_at_ns = self._clock.monotonic_ns()
        self._heard.set()
        self._is_pulse_taken = True
        for answer in self._parser.feed(received):
            match answer:
                case Changed(status):
                    self._pushes = True
                    if not isinstance(self._language, Epson):
                        self._asked = 0  # the answer has the same form
                    self._apply(status)
                case RealTime(byte):
                    self._polled[self._asked] = byte
                    self._asked = 0
                    if not self._pushes and not self._is_sweeping:
                        self._apply(status_of(self._polled))
                case InOrder():
                    self._in_order()
                case Done(token):
                    self._knows_ids = True
                    if token == self._awaited:
                        self._confirm()
                case Counted(count):
                    if not self._fenced and count == self._base:
                        self._pass_fence()
                    elif self._fenced and count == self._count:
                        self._confirm()
                case Keys(keys):
                    self._keys, self._wants_logo_kept = keys, True
                case Name(text):
                    self._take_name(text)

    def _take_name(self, text: str) -> None:
        """Maker, model and serial number, in the order of the questions; after the last nothing old can come."""
        self._names.append(text)
        if len(self._names) == 3:
            self._slot.serial = text or None
            self._pass_fence()
        elif len(self._names) < 3:
            self._slot.report(self._slot.health.state, self._slot.health.fault, " ".join(self._names))

    def _pass_fence(self, answered: bool = True) -> None:
        self._fenced, self._tells_names = True, answered
        self._set_startable()

    def _in_order(self) -> None:
        if self._orphans:
            self._orphans -= 1
        elif self._awaited == b"" and self._fenced:
            self._confirm()

    def _confirm(self) -> None:
        if self._barrier is not None and not self._barrier.done():
            self._barrier.set_result(None)

    def _apply(self, status: Status) -> None:
        fault = fault_in(status)
        if fault is FaultReason.BROKEN:
            self._tell(DeviceState.FAULT, fault)
        else:
            self._tell(DeviceState.READY if fault is None else DeviceState.DEGRADED, fault)
        if status.pin_high is not None:
            self.pin_high = status.pin_high
            self._tell_pin(status.pin_high)

    def _tell(self, state: DeviceState, fault: FaultReason | None) -> None:
        self._fault, self._told = fault, True
        self._set_startable()
        self._set_patience()
        self._slot.report(state, fault)

    def _tell_pin(self, high: bool | None) -> None:
        for told in tuple(self._followers.values()):
            told(high)

    def _set_startable(self) -> None:
        if self._fault in PRINT_BLOCKING or not self._fenced or not self._told:
            self._startable.clear()
        else:
            self._startable.set()

    def _set_patience(self) -> None:
        """A known fault stops the barrier's clock; when it is mended the clock starts anew."""
        limit, link = self._barrier_timeout, self._link
        if limit is None or link is None or limit.expired():
            return
        held = self._fault in PRINT_BLOCKING
        link.be_patient(held)
        limit.reschedule(None if held else asyncio.get_running_loop().time() + self._barrier_s)

    def _can_start(self) -> bool:
        return self._link is not None and not self._link.lost and self._startable.is_set()

    async def _look(self) -> FaultReason | None:
        """Before the first byte: is somebody there, with paper? An answer younger than a second is believed."""
        link = self._link
        if link is None or not self._can_start():
            return self._fault or self._slot.health.fault or FaultReason.UNPLUGGED
        if not self._profile.answers or self._clock.monotonic_ns() - self._heard_at_ns < _FRESH_NS:
            return None
        self._heard.clear()
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                if not self._asked:
                    await self._ask(link, 1)
                await self._heard.wait()
        except LinkLost as lost:
            return lost.reason
        except TimeoutError:
            link.abort()
            return FaultReason.NO_ANSWER
        return None if self._can_start() else self._fault or FaultReason.UNPLUGGED

    async def _send(
        self, payload: bytes, job_id: int, on_sent: Callable[[], None]
    ) -> tuple[PrintOutcome, FaultReason | None]:
        link = self._link
        assert link is not None  # `_look` saw it, and nothing was awaited since
        by_id = self._knows_ids and self._profile.confirm == "id"
        self._awaited = token_of(job_id) if by_id else b""
        self._count = (self._count + 1) % _COUNTS
        self._barrier = asyncio.get_running_loop().create_future()
        try:
            if not self._profile.answers:
                return await self._send_blindly(link, payload, self._barrier, on_sent)
            self._barrier_s = _BARRIER_TIMEOUT_S + len(payload) / _SLOWEST_BYTES_S
            async with asyncio.timeout(self._barrier_s) as self._barrier_timeout:
                self._is_writing = True
                await link.write(payload + self._language.barrier(self._awaited))
                self._is_writing = False
                on_sent()
                await self._barrier
            return PrintOutcome.CONFIRMED, None
        except LinkLost as lost:
            return PrintOutcome.UNCERTAIN, lost.reason
        except TimeoutError:
            link.abort()  # whatever it does later must not be taken for the next job's answer
            return PrintOutcome.UNCERTAIN, FaultReason.NO_ANSWER
        except asyncio.CancelledError:
            self._orphans += not by_id and self._profile.confirm != "count"
            raise
        finally:
            self._is_writing = False
            self._barrier_timeout = None
            self._barrier = None
            self._awaited = b""
            link.be_patient(False)

    async def _send_blindly(
        self, link: Transport, payload: bytes, ended: asyncio.Future[None], on_sent: Callable[[], None]
    ) -> tuple[PrintOutcome, FaultReason | None]:
        """No answer will come: all bytes gone and a quiet link for three seconds count as printed."""
        async with asyncio.timeout(_BARRIER_TIMEOUT_S + len(payload) / _SLOWEST_BYTES_S):
            await link.write(payload)
        on_sent()
        await asyncio.wait((ended,), timeout=_SILENT_WAIT_S)
        if ended.done():
            return PrintOutcome.UNCERTAIN, FaultReason.UNPLUGGED
        return PrintOutcome.ASSUMED, None
