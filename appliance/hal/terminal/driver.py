"""One card terminal: payments and scans, one at a time, and its health.

Theory of operation. The slot opens a `Presence`, which is no wire but the knowledge that somebody answered a question;
`run` looks every moment whether the port is open, and asks now and then, while nothing else is going on. `pay`,
`refund` and `ask` carry out what the `machine` says, each exchange over a connection of its own, whether the slot
believes in the terminal or not: a payment finds out for itself. Money goes before codes: a scan is stopped, and its end
awaited, before a request is sent.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.hal.address import Address
from appliance.hal.device import (
    DeviceState,
    FaultReason,
    Health,
    PaymentKind,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    PaymentResult,
    PaymentStep,
    Progress,
    Scan,
    ScanMissed,
    TerminalAbilities,
)
from appliance.hal.hotplug import Ports
from appliance.hal.supervisor import Driver, Slot
from appliance.hal.terminal.channel import AnswerLost, NotSent
from appliance.hal.terminal.dialect import Dialect
from appliance.hal.terminal.machine import Ask, Dialogue, Done, Limits, Send, Step, Verdict, Working, is_settled
from appliance.hal.terminal.tenure import Tenure
from appliance.hal.transport import DeviceFault, LinkLost, Transport

log = logging.getLogger(__name__)

_REMEMBERED_MAX = 1_000
_MISSED_MAX = 2
_SCAN_S_MAX = 30.0
_SESSIONS = 10**9
_WRONG = frozenset(
    {FaultReason.WRONG_KEY, FaultReason.WRONG_ROOT, FaultReason.WRONG_POIID, FaultReason.ROOT_FILE}
)  # fmt: skip
"""Somebody is there, and not as the settings say."""


def _silent(step: PaymentStep) -> None:
    return None


class Presence(Transport):
    """A link without a wire: it is open while the terminal answers."""

    gone = FaultReason.UNREACHABLE

    def abort(self) -> None:
        self._lose("given up")

    def look(self) -> None:
        """End the pause between two looks."""
        self._take(b"?")

    def lose(self, reason: FaultReason) -> None:
        self.gone = reason
        self._lose("no answer")


class TerminalSlot(Slot):
    """A slot whose link is opened by a question instead of a file."""

    def serve_with(self, driver: "TerminalDriver", tenure: Tenure) -> None:
        self._driver = driver
        self._tenure = tenure

    def keep_tenure(self) -> None:
        """Write down since when it is this terminal. Blocks for a disk."""
        self._tenure.keep()

    async def prove(self, where: str) -> None:
        """It answered at this host and port: so it is known after a restart."""
        self._tenure.prove(where)
        await asyncio.to_thread(self.keep_tenure)

    def nudge(self) -> None:
        super().nudge()
        self._driver.look()

    async def _open(self, address: Address) -> Transport:
        return await self._driver.reach()

    async def run(self, address: Address, driver: Driver, ports: Ports) -> None:
        try:
            await asyncio.to_thread(self.keep_tenure)
            await super().run(address, driver, ports)
        finally:
            await self._driver.close()


class _Money:
    """The request that is going on."""

    def __init__(self, request: PaymentRequest) -> None:
        self.request = request
        self.ended = asyncio.Event()
        self.result: PaymentResult | None = None


class _Scanning:
    """The scan that is going on."""

    def __init__(self, session: int) -> None:
        self.session = session
        self.is_stopped = False
        self.ended = asyncio.Event()
        self.limit: asyncio.Timeout | None = None


class TerminalDriver:
    """Implements `device.Terminal` and `supervisor.Driver`."""

    def __init__(
        self,
        dialect: Dialect,
        clock: Clock,
        slot: Slot,
        limits: Limits,
        since: datetime | None = None,
        prove: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`since`: from when on this very terminal has the role; what it does not know from before proves nothing.
        `prove` keeps that it answered as a terminal; None when that is known."""
        self._since = since
        self._prove = prove
        self._dialect = dialect
        self._clock = clock
        self._slot = slot
        self.limits = limits
        self._link: Presence | None = None
        self._money: _Money | None = None
        self._scanning: _Scanning | None = None
        self._has_reader = True
        self._missed_for = FaultReason.UNREACHABLE
        self._door = asyncio.Lock()
        """Held while a look stands in the terminal's door."""
        self._known: OrderedDict[str, PaymentResult | None] = OrderedDict()
        """Requests sent since start, the settled ones with their result."""
        self._told: OrderedDict[str, set[str]] = OrderedDict()
        """What the log has of requests that nobody settles."""

    @property
    def health(self) -> Health:
        return self._slot.health

    @property
    def abilities(self) -> TerminalAbilities:
        can = self._dialect.abilities
        return TerminalAbilities(can.can_refund, can.can_scan and self._has_reader, can.can_query, can.can_abort)

    # ------------------------------------------------------------ life

    async def reach(self) -> Transport:
        """Somebody there, and is it our terminal? Raises DeviceFault."""
        try:
            await self._dialect.probe()
        except NotSent as error:
            raise DeviceFault(error.fault, str(error)) from None
        except AnswerLost as error:
            raise DeviceFault(error.fault, str(error)) from None
        return Presence()

    async def run(self, link: Transport) -> None:
        assert isinstance(link, Presence)
        self._link = link
        self._has_reader = True
        self._say_how()
        try:
            await self._keep_looking(link)
        finally:
            self._link = None

    def _say_how(self) -> None:
        """Well; or only an open port, until whoever is behind it has answered as a terminal does."""
        if self._link is None:
            return
        if self._dialect.is_verified:
            self._slot.report(DeviceState.READY, model=self._dialect.model)
        else:
            self._slot.report(DeviceState.DEGRADED, FaultReason.UNVERIFIED)

    async def _keep_looking(self, link: Presence) -> None:
        """Until it is gone. A look costs it a connection without a byte, the question that proves who it is much
        more: that one is put when somebody wants to know, and every `probe_every_s`."""
        limits, now = self.limits, asyncio.get_running_loop().time
        due, missed = now() + limits.probe_every_s, 0
        while True:
            pause_s = limits.look_again_s if missed else limits.look_every_s or limits.probe_every_s
            if await link.read(pause_s):
                due = now()
            if self._money is not None or self._scanning is not None:
                continue
            if self._dialect.is_verified and (prove := self._prove) is not None:
                self._prove = None
                await prove()
            is_question = due <= now()  # and stays one until it is answered
            if await self._answers(is_question):
                missed = 0
                due = now() + limits.probe_every_s if is_question else due
            elif (missed := missed + 1) >= _MISSED_MAX:
                raise LinkLost(self._missed_for, "nobody answers")

    def look(self) -> None:
        """Somebody wants to know now whether it is still there."""
        if self._link is not None:
            self._link.look()

    async def close(self) -> None:
        await self._dialect.close()

    async def _answers(self, is_question: bool) -> bool:
        try:
            if self.limits.look_every_s:
                async with self._door:
                    await self._dialect.look()
            if is_question:
                await self._dialect.probe()
                self._slot.count("answers")
        except (NotSent, AnswerLost) as error:
            self._missed_for = error.fault if error.fault in _WRONG else FaultReason.UNREACHABLE
            return False
        return True

    # ------------------------------------------------------------ money

    async def pay(self, request: PaymentRequest, progress: Progress = _silent) -> PaymentResult:
        if request.kind is not PaymentKind.DEBIT:
            raise ValueError("not a debit")
        return await self._move(request, progress)

    async def refund(self, request: PaymentRequest, progress: Progress = _silent) -> PaymentResult:
        if request.kind is not PaymentKind.REFUND:
            raise ValueError("not a refund")
        return await self._move(request, progress)

    async def ask(self, request: PaymentRequest) -> PaymentResult:
        going_on = self._money
        if going_on is not None and going_on.request.id == request.id:
            return PaymentResult(request.id, PaymentOutcome.IN_PROGRESS)
        if (known := self._known.get(request.id)) is not None:
            return known
        dialogue = Dialogue(request.id, self.limits, self._is_old(request))
        result = await self._follow(dialogue, dialogue.resume(), request, _silent, until_working=True)
        return self._remember(result)

    async def abort(self, request: PaymentRequest) -> None:
        """The terminal knows what goes on there, and ignores the rest: we may have been restarted, or cut off."""
        if self._known.get(request.id) is not None:
            return
        self._slot.count("aborts")
        try:
            async with asyncio.timeout(self.limits.ask_answer_s):
                await self._dialect.abort(request)
        except (NotSent, AnswerLost, TimeoutError) as error:
            log.info("%s: %s, abort got no answer: %s", self._slot.role, request.id, error)

    async def _move(self, request: PaymentRequest, progress: Progress) -> PaymentResult:
        if (going_on := self._money) is not None:
            if going_on.request.id != request.id:
                return PaymentResult(request.id, PaymentOutcome.NOT_STARTED, PaymentReason.BUSY)
            await going_on.ended.wait()
            return going_on.result or PaymentResult(request.id, PaymentOutcome.UNKNOWN, PaymentReason.NO_ANSWER)
        if (reason := self._dialect.objection(request)) is not None:
            return PaymentResult(request.id, PaymentOutcome.NOT_STARTED, reason)
        self._money = money = _Money(request)
        try:
            money.result = await self._settle(request, progress)
            return money.result
        finally:
            self._money = None
            money.ended.set()

    async def _settle(self, request: PaymentRequest, progress: Progress) -> PaymentResult:
        """Send it, unless it was sent before; then only ask."""
        await self.stop()
        async with self._door:
            pass  # whoever looks has left: a Caisse-AP terminal serves one connection at a time
        dialogue = Dialogue(request.id, self.limits, self._is_old(request))
        if request.id in self._known:
            if (known := self._known[request.id]) is not None:
                return known
            step = dialogue.resume()
        else:
            step = dialogue.begin()
            self._slot.count("requests")
        return self._remember(await self._follow(dialogue, step, request, progress))

    async def _follow(
        self,
        dialogue: Dialogue,
        step: Step,
        request: PaymentRequest,
        progress: Progress,
        until_working: bool = False,
    ) -> PaymentResult:
        """Carry out the machine's steps. `until_working`: say IN_PROGRESS instead of waiting for the customer."""
        is_asking = False
        while True:
            match step:
                case Done(result):
                    return result
                case Send():
                    progress(PaymentStep.SENT)
                    step = await self._send(dialogue, request, progress)
                case Ask(after_s):
                    if not is_asking:
                        is_asking = True
                        progress(PaymentStep.ASKING)
                    await asyncio.sleep(after_s)
                    verdict = await self._question(request)
                    if until_working and isinstance(verdict, Working):
                        return PaymentResult(request.id, PaymentOutcome.IN_PROGRESS)
                    step = dialogue.silent() if verdict is None else dialogue.told(verdict)

    async def _send(self, dialogue: Dialogue, request: PaymentRequest, progress: Progress) -> Step:
        self._note(request.id, None)  # before the first byte: whatever happens now, it is not sent again
        try:
            verdict = await self._dialect.send(request, lambda: progress(PaymentStep.CUSTOMER))
        except NotSent as error:
            log.warning("%s: %s, not sent: %s", self._slot.role, request.id, error)
            del self._known[request.id]
            self._seen_away(error.fault)
            return dialogue.not_sent(error.reason)
        except AnswerLost as error:
            log.warning("%s: %s, answer lost: %s", self._slot.role, request.id, error)
            self._slot.count("answers_lost")
            return dialogue.lost()
        self._say_how()
        return dialogue.answered(verdict)

    async def _question(self, request: PaymentRequest) -> Verdict | None:
        self._slot.count("questions")
        try:
            verdict = await self._dialect.ask(request)
        except (NotSent, AnswerLost) as error:
            self._note_once(request.id, f"nobody answers: {error}")
            return None
        self._say_how()
        return verdict

    def _remember(self, result: PaymentResult) -> PaymentResult:
        if is_settled(result) and result.reason is not PaymentReason.NEVER_ARRIVED:  # that may be asked again, later
            self._note(result.request_id, result)
        if result.outcome is PaymentOutcome.UNKNOWN:
            self._slot.count("unknown")
        self._note_once(result.request_id, f"{result.outcome} {result.reason or result.reference or ''}")
        return result

    def _note_once(self, request_id: str, said: str) -> None:
        """For the log: a request that is asked about for days says only what is new."""
        told = self._told.setdefault(request_id, set())
        if said in told:
            return
        if len(self._told) > _REMEMBERED_MAX:
            self._told.popitem(last=False)
        if said.startswith(("unknown", "nobody")):
            told.add(said)
        else:
            told.clear()
        log.info("%s: %s %s", self._slot.role, request_id, said)

    def _note(self, request_id: str, result: PaymentResult | None) -> None:
        self._known[request_id] = result
        self._known.move_to_end(request_id)
        if len(self._known) > _REMEMBERED_MAX:
            self._known.popitem(last=False)

    def _is_old(self, request: PaymentRequest) -> bool:
        """Too old, or from before this terminal: that it does not know the request proves nothing."""
        if request.at is None:
            return False
        if self._since is not None and request.at < self._since:
            return True
        return self._clock.now() - request.at > timedelta(seconds=self.limits.memory_s)

    def _seen_away(self, fault: FaultReason) -> None:
        if self._link is not None:
            self._link.lose(fault)

    # ------------------------------------------------------------ codes

    async def scan_once(self, timeout_s: float, prompt: str | None = None) -> Scan | ScanMissed:
        if not self.abilities.can_scan:
            return ScanMissed.NOT_ABLE
        if self._money is not None or self._scanning is not None:
            return ScanMissed.BUSY
        timeout_s = min(max(timeout_s, 1.0), _SCAN_S_MAX)
        scanning = self._scanning = _Scanning(self._clock.monotonic_ns() // 1_000_000 % _SESSIONS + 1)
        try:
            return await self._scan(scanning, timeout_s)
        except asyncio.CancelledError:
            await self._end_scan(scanning)
            raise
        finally:
            self._scanning = None
            scanning.ended.set()

    async def stop(self) -> None:
        if (scanning := self._scanning) is None:
            return
        scanning.is_stopped = True
        await self._end_scan(scanning)
        try:
            async with asyncio.timeout(self.limits.scan_grace_s):
                await scanning.ended.wait()
        except TimeoutError:  # the terminal does not take the hint: leave it alone with its reader
            if scanning.limit is not None:
                scanning.limit.reschedule(0)
            await scanning.ended.wait()

    async def _scan(self, scanning: _Scanning, timeout_s: float) -> Scan | ScanMissed:
        try:
            async with asyncio.timeout(timeout_s + 2 * self.limits.scan_grace_s) as scanning.limit:
                got = await self._dialect.scan(scanning.session, int(timeout_s * 1_000))
        except (NotSent, AnswerLost, TimeoutError) as error:
            log.info("%s: no code: %s", self._slot.role, error)
            return ScanMissed.CANCELLED if scanning.is_stopped else ScanMissed.NO_ANSWER
        finally:
            scanning.limit = None
        if isinstance(got, ScanMissed):
            self._has_reader = self._has_reader and got is not ScanMissed.NOT_ABLE
            return ScanMissed.CANCELLED if scanning.is_stopped else got
        self._slot.count("scans")
        return Scan(got.text, got.symbology, self._slot.role, self._clock.monotonic_ns())

    async def _end_scan(self, scanning: _Scanning) -> None:
        try:
            async with asyncio.timeout(self.limits.ask_answer_s):
                await self._dialect.end_scan(scanning.session)
        except (NotSent, AnswerLost, TimeoutError) as error:
            log.info("%s: the reader was not switched off: %s", self._slot.role, error)
