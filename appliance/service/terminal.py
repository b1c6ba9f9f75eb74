"""The conversation with the card terminal: one request at a time, asked again until its outcome is certain.

Hides when the terminal is spoken to and how often. What is open is read from the state, never from memory: a request
that this life has not sent itself is asked about, never sent. `service.card` says what a person may do meanwhile.

    authorize(effect)   after its commit: the request goes to the terminal, once
    ask_now()           "Redemander au terminal"; happens by itself every `ASK_S` too
    abort(till, ...)    "Annuler sur le terminal": a wish, the outcome comes all the same
    is_at_work(id)      the terminal said, when last asked, that it has this request in hand
    start_scan(till)    the terminal reads one code for the till
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, get_args

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.card import CardDoubt, CardOutcome, CardRequest, OpenCard
from appliance.domain.errors import Refusal
from appliance.domain.terminal import stands_before
from appliance.hal.device import (
    Devices,
    DeviceState,
    PaymentKind,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    PaymentResult,
    PaymentStep,
    Scan,
    ScanMissed,
    Terminal,
)
from appliance.i18n import t
from appliance.service.defect import contained

if TYPE_CHECKING:
    from appliance.service.till import Till

ROLE: Final = "terminal.main"
ASK_S: Final = 10.0
"""How often the terminal is asked by itself what became of a payment (screen 35)."""
WORKING_S: Final = 3.0
"""How often it is asked while it says that it is at work, for us or for a request that a person gave up."""
COMMIT_S: Final = 30.0
"""For so long a request whose commit has begun is waited for; then it is asked about."""
TICK_S: Final = 1.0
"""How often the seconds on that screen change."""
TRUST_ABSENCE: Final = timedelta(seconds=10)
"""A terminal that does not know a request younger than this is asked again: it may still be on its way."""
SCAN_S: Final = 30.0
TILL_CHARS_MAX: Final = 20
ANSWERS: Final[tuple[str, ...]] = get_args(CardOutcome)

log = logging.getLogger(__name__)


class CardTerminal:
    """The till's card terminal, when it has one: roles are given and taken away while the till runs."""

    def __init__(self, roles: Collection[str] = ()) -> None:
        """`roles`: those that will be served, with what was assigned since the settings were written."""
        self._is_expected = ROLE in roles
        self._devices: Devices | None = None
        self.ask_s = ASK_S
        self.steps: dict[PaymentStep, str] = {}
        """How far the request of the moment is, and when it got there (local time)."""
        self.asking = False
        """The terminal is being asked what became of a payment."""
        self.aborting = False
        """Somebody wants it to give up; said again each time it answers that it is still at work."""
        self._working: set[str] = set()
        """Requests of which it said, when last asked, that it is at them."""
        self.reading = False
        """It is reading a bar code for us."""
        self._terminal: Terminal | None = None
        self._group: asyncio.TaskGroup | None = None
        self._fresh: set[str] = set()
        self._coming: dict[str, float] = {}
        """Requests that are being committed, since when on the loop's clock."""
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self._asks_at = 0.0
        self._said = ("", "", "")
        """The newest answer in the log."""
        self.at_rest = False
        """Nothing is being said; it waits for somebody, or for the time to ask again."""

    # --- what others ask ----------------------------------------------------------------------------------------

    @property
    def is_configured(self) -> bool:
        """Whether cards are paid through it: it has an address, whether or not it answers there."""
        if self._devices is None:
            return self._is_expected
        return any(health.role == ROLE for health in self._devices.health())

    def expect(self) -> None:
        """One stands beside the till, and is about to be served."""
        self._is_expected = True

    @property
    def _served(self) -> Terminal | None:
        """The one that has the role now; before the devices are met, none."""
        return None if self._devices is None else self._devices.terminal(ROLE)

    @property
    def is_ready(self) -> bool:
        terminal = self._served
        return terminal is not None and terminal.health.state in (DeviceState.READY, DeviceState.DEGRADED)

    @property
    def is_away(self) -> bool:
        """Known not to answer; before the devices are met nothing is known."""
        terminal = self._served
        return terminal is not None and terminal.health.state not in (
            DeviceState.READY,
            DeviceState.DEGRADED,
            DeviceState.STARTING,
        )

    @property
    def can_scan(self) -> bool:
        terminal = self._served
        return self.is_ready and terminal is not None and terminal.abilities.can_scan

    @property
    def can_tell(self) -> bool:
        """It can be asked what became of a payment."""
        return self._terminal is not None and self._terminal.abilities.can_query

    @property
    def can_abort(self) -> bool:
        return self._terminal is not None and self._terminal.abilities.can_abort

    @property
    def asks_in_s(self) -> int:
        """Seconds until the terminal is asked again by itself."""
        return max(0, round(self._asks_at - asyncio.get_running_loop().time()))

    def announce(self, effects: Iterable[e.Effect]) -> None:
        """These follow once they are durable: a request among them is sent then. Whatever wakes the conversation on a
        slow disk meanwhile, it is not asked about, which would be to give it up."""
        for effect in effects:
            if isinstance(effect, e.Authorize):
                self._coming[effect.request.id] = asyncio.get_running_loop().time()

    def _is_coming(self, request: str) -> bool:
        announced = self._coming.get(request)
        return announced is not None and asyncio.get_running_loop().time() - announced < COMMIT_S

    def authorize(self, effect: e.Authorize) -> None:
        """The request is durable: send it."""
        self.at_rest = False
        self._coming.pop(effect.request.id, None)
        self._fresh.add(effect.request.id)
        self.steps, self.aborting = {}, False
        self._wake.set()
        self._hurry.set()

    def ask_now(self) -> None:
        """Something changed: what is open is asked about at once."""
        self.at_rest = False
        self._wake.set()

    def is_at_work(self, request: str) -> bool:
        """Whether the terminal said, when last asked, that the customer is still at it."""
        return request in self._working

    def abort(self, till: Till, request: CardRequest, at: str) -> None:
        """Wish that the terminal gives up a request, and hear soon what came of it. `at`: when it was put on record."""
        if self._terminal is not None and self._group is not None:
            self.aborting = till.state.card is not None
            self._aside(self._group, self._stop(self._terminal, payment(till, request, at)), "terminal abort")

    async def _stop(self, terminal: Terminal, request: PaymentRequest) -> None:
        await terminal.abort(request)
        self.ask_now()

    def start_scan(self, till: Till) -> None:
        if self._terminal is None or self._group is None or not self.can_scan:
            raise Refusal("code.terminal_unable")
        if self.reading:
            return
        self._terminal = self._served or self._terminal
        self.reading = True
        self._aside(self._group, self._scan(till, self._terminal), "terminal scan")

    def stop_scan(self) -> None:
        if self.reading and self._terminal is not None and self._group is not None:
            self._aside(self._group, self._terminal.stop(), "terminal scan stop")

    def _aside(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, None], name: str) -> None:
        """Beside the conversation, which a defect of this work does not end."""

        async def run() -> None:
            with contained(name):
                await work

        group.create_task(run(), name=name)

    # --- the conversation ---------------------------------------------------------------------------------------

    async def run(self, till: Till, devices: Devices) -> None:
        """Speak with the terminal, for ever: a defect, ours or the driver's, costs one turn, and a person is asked."""
        self._devices = devices
        try:
            async with asyncio.TaskGroup() as self._group:
                while True:
                    self._terminal = devices.terminal(ROLE)  # each time: the role may have got another address
                    await self._turn_or_give_up(till, self._terminal)
                    await self._rest(till)
        finally:
            self._is_expected = self.is_configured
            self._terminal = self._group = self._devices = None
            self.reading = False
            self._working.clear()

    async def _turn_or_give_up(self, till: Till, terminal: Terminal) -> None:
        """The outermost loop of card money: what a defect stops, a person is asked about."""
        card = till.state.card
        try:
            await self._turn(till, terminal)
        except Exception:
            log.exception("the conversation with the terminal met a defect")
            if card is not None:
                with contained("asking a person about the payment"):
                    await self._give_up(till, card)

    async def _turn(self, till: Till, terminal: Terminal) -> None:
        self.at_rest = False
        self._wake.clear()
        self._hurry.clear()
        card = till.state.card
        if card is None:
            self._fresh.clear()
            self._coming.clear()
            self.aborting = False
            self._working &= till.state.doubts.keys()
            await self._verify(till, terminal)
            return
        request = card.request
        if self._is_coming(request.id):
            return
        if request.id not in self._fresh:
            result = await self._ask_open(till, terminal, request, card.at)
        elif await self._may_send(till, terminal, request):
            deed = terminal.pay if request.kind == "debit" else terminal.refund
            result = await deed(payment(till, request, card.at), lambda step: self._progress(till, step))
        else:
            return
        self._fresh.discard(request.id)
        self.aborting = self.aborting and result.outcome is PaymentOutcome.IN_PROGRESS
        if self.aborting:  # the wish got lost, or is not taken yet
            await terminal.abort(payment(till, request, card.at))
        await self._take(till, request.id, card.at, result)

    async def _give_up(self, till: Till, card: OpenCard) -> None:
        """Nothing is known of this request: it may have left, and is never sent again."""
        self._fresh.discard(card.request.id)
        self.aborting = False
        nothing = PaymentResult(card.request.id, PaymentOutcome.UNKNOWN, PaymentReason.NO_ANSWER)
        await self._take(till, card.request.id, card.at, nothing)

    async def _ask_open(self, till: Till, terminal: Terminal, request: CardRequest, at: str) -> PaymentResult:
        self.asking = True
        till.changed()
        try:
            return await terminal.ask(payment(till, request, at))
        finally:
            self.asking = False

    def _progress(self, till: Till, step: PaymentStep) -> None:
        self.steps[step] = till.local().isoformat(timespec="seconds")[11:19]
        till.changed()

    async def _take(self, till: Till, request: str, at: str, result: PaymentResult) -> None:
        """Let an answer become true. One to another request than asked is none (feature P-08)."""
        if result.request_id != request:
            log.error("asked about %s, the terminal answered about %s", request, result.request_id)
            result = PaymentResult(request, PaymentOutcome.UNKNOWN, PaymentReason.WRONG_ANSWER)
        said = (request, result.outcome, result.reason or "")
        if said != self._said:  # it is asked for as long as nobody knows
            self._said = said
            log.info("card request %s: %s %s", *said)
        self._note_work(result)
        if result.outcome is PaymentOutcome.IN_PROGRESS:
            till.changed()
        elif _is_certain(till, at, result):
            await till.happen(lambda: card.answered(till, request, result))
        else:
            await till.happen(lambda: card.lost(till, request, result))

    def _note_work(self, result: PaymentResult) -> None:
        if result.outcome is PaymentOutcome.IN_PROGRESS:
            self._working.add(result.request_id)
        else:
            self._working.discard(result.request_id)

    # --- what a person had said ---------------------------------------------------------------------------------

    async def _may_send(self, till: Till, terminal: Terminal, request: CardRequest) -> bool:
        """What a person told is asked about first: nobody is debited, or paid back, twice."""
        for doubt in [row for row in till.state.doubts.values() if stands_before(till.state, row, request)]:
            if not doubt.says and not await self._is_settled(till, terminal, doubt):
                is_busy = self.is_at_work(doubt.request.id)
                reason = PaymentReason.BUSY if is_busy else PaymentReason.UNREACHABLE
                stopped = PaymentResult(request.id, PaymentOutcome.NOT_STARTED, reason)
                await self._withdraw(till, request, partial(card.answered, till, request.id, stopped))
                return False
            if doubt.says:
                await self._withdraw(till, request, partial(card.withdrawn, till, request, doubt))
                return False
        return True

    async def _is_settled(self, till: Till, terminal: Terminal, doubt: CardDoubt) -> bool:
        """Ask about it; one that never tells is not waited for, and the person who looked at it is believed."""
        result = await terminal.ask(payment(till, doubt.request, doubt.at))
        await self._stop_denied(till, terminal, doubt, result)
        if not _is_certain(till, doubt.at, result):
            return not terminal.abilities.can_query and result.outcome is PaymentOutcome.UNKNOWN
        await self._take(till, doubt.request.id, doubt.at, result)
        return True

    async def _withdraw(self, till: Till, request: CardRequest, tell: Callable[[], None]) -> None:
        """Nothing of this request has left, and nothing will."""
        self._fresh.discard(request.id)
        await till.happen(tell)

    async def _verify(self, till: Till, terminal: Terminal) -> None:
        """Ask about what a person has answered for the terminal; a payment that comes interrupts it."""
        if not self.is_ready or not terminal.abilities.can_query:
            return
        for doubt in [row for row in till.state.doubts.values() if not row.says]:
            result = await self._ask_idly(terminal, payment(till, doubt.request, doubt.at))
            if result is None:
                return
            await self._stop_denied(till, terminal, doubt, result)
            if _is_certain(till, doubt.at, result):
                await self._take(till, doubt.request.id, doubt.at, result)

    async def _stop_denied(self, till: Till, terminal: Terminal, doubt: CardDoubt, result: PaymentResult) -> None:
        """A person said that no money moved: a terminal that still waits for the card is made to give up."""
        self._note_work(result)
        if self.is_at_work(doubt.request.id) and not doubt.accepted:
            await terminal.abort(payment(till, doubt.request, doubt.at))

    async def _ask_idly(self, terminal: Terminal, request: PaymentRequest) -> PaymentResult | None:
        """The answer, or None when somebody wants to pay."""
        loop = asyncio.get_running_loop()
        asking = loop.create_task(terminal.ask(request), name="terminal ask")
        hurry = loop.create_task(self._hurry.wait(), name="terminal hurry")
        try:
            await asyncio.wait({asking, hurry}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            for task in (asking, hurry):
                task.cancel()
            await asyncio.wait({asking, hurry})

    async def _rest(self, till: Till) -> None:
        """Until somebody wants something, or it is time to ask again."""
        loop = asyncio.get_running_loop()
        self._asks_at = loop.time() + (min(self.ask_s, WORKING_S) if self._working else self.ask_s)
        self.at_rest = True
        while not self._wake.is_set():
            shows_seconds = till.state.card is not None
            if not shows_seconds and not any(not doubt.says for doubt in till.state.doubts.values()):
                await self._wake.wait()
                return
            left = self._asks_at - loop.time()
            if left <= 0:
                return
            try:
                async with asyncio.timeout(min(left, TICK_S) if shows_seconds else left):
                    await self._wake.wait()
            except TimeoutError:
                if shows_seconds:
                    till.changed()

    # --- reading codes ------------------------------------------------------------------------------------------

    async def _scan(self, till: Till, terminal: Terminal) -> None:
        prompt = t("screen.code.terminal.reading", till.config.language)
        found: Any = ScanMissed.NO_ANSWER
        try:
            with contained("reading a code at the terminal"):
                found = await terminal.scan_once(SCAN_S, prompt)
        finally:
            self.reading = False
        if isinstance(found, Scan):
            till.desk.code_note = ""
            await till.take_scan(found.text, found.symbology)
            return
        notes = {ScanMissed.CANCELLED: "", ScanMissed.NOT_ABLE: "code.terminal_unable", ScanMissed.BUSY: "code.busy"}
        till.desk.code_note = "code.terminal_away" if self.is_away else notes.get(found, "code.not_read")
        till.changed()


def _is_certain(till: Till, at: str, result: PaymentResult) -> bool:
    """Whether this outcome will not change: what the terminal does not know may still be on its way to it."""
    if result.outcome.value not in ANSWERS:
        return False
    if result.reason is not PaymentReason.NEVER_ARRIVED:
        return True
    age = datetime.fromisoformat(till.ledger.moment().at) - datetime.fromisoformat(at)
    return age >= TRUST_ABSENCE


def payment(till: Till, request: CardRequest, at: str) -> PaymentRequest:
    """The request in the terminal's terms; the same after any restart."""
    return PaymentRequest(
        id=request.id,
        kind=PaymentKind.DEBIT if request.kind == "debit" else PaymentKind.REFUND,
        amount_minor=request.amount_minor,
        currency=till.state.currency,
        ticket=f"{till.state.till[:TILL_CHARS_MAX]}-{request.ticket}",
        original=request.original or None,
        at=datetime.fromisoformat(at),
    )


def answer_of(request: str, result: PaymentResult) -> i.AnswerCard:
    """A certain outcome as the core takes it."""
    outcome: Any = result.outcome.value
    return i.AnswerCard(
        request=request,
        outcome=outcome,
        reason=result.reason.value if result.reason is not None else "",
        authorisation=result.authorisation or "",
        card=result.card or "",
        reference=result.reference or "",
        slip=result.receipt,
    )


from appliance.service import card  # noqa: E402  (what an answer does to the screen needs the conversation)
