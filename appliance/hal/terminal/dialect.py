"""The two protocols behind one face: send a request, ask about it, stop it, read a code.

Every method says a `Verdict`, or raises what `channel` raises. Nothing here waits for more than one answer, and
nothing here decides: that is `machine`'s.
"""

import logging
import secrets
import string
from collections.abc import Callable
from typing import Protocol

from appliance.clock import Clock
from appliance.hal.device import FaultReason, PaymentReason, PaymentRequest, ScanMissed, TerminalAbilities
from appliance.hal.terminal import caisse_ap, nexo
from appliance.hal.terminal.channel import AnswerLost, Channel, FieldChannel
from appliance.hal.terminal.machine import Limits, NotOurs, Verdict
from appliance.hal.terminal.nexo import Read
from appliance.hal.terminal.nexo_crypto import Passphrase

log = logging.getLogger(__name__)

_ALPHABET = string.ascii_uppercase + string.digits


class Dialect(Protocol):
    abilities: TerminalAbilities
    model: str | None
    identity: str
    """Terminal and till, by the names under which the terminal remembers requests."""
    is_verified: bool
    """Whoever answered the newest probe, or any message since start, is proven to be such a terminal."""

    def objection(self, request: PaymentRequest) -> PaymentReason | None:
        """Why such a request cannot even be said; None when it can."""
        ...

    async def send(self, request: PaymentRequest, on_sent: Callable[[], None]) -> Verdict: ...

    async def ask(self, request: PaymentRequest) -> Verdict: ...

    async def abort(self, request: PaymentRequest) -> None: ...

    async def probe(self) -> None:
        """Is it there, and is it ours? Moves no money."""
        ...

    async def look(self) -> None:
        """Is its port open? Says not a word to it."""
        ...

    async def scan(self, session: int, timeout_ms: int) -> Read | ScanMissed: ...

    async def end_scan(self, session: int) -> None: ...

    async def close(self) -> None: ...


def _nothing() -> None:
    return None


class NexoDialect:
    """nexo JSON, one HTTP exchange for each message."""

    def __init__(
        self, ends: nexo.Ends, secret: Passphrase | None, channel: Channel, clock: Clock, limits: Limits
    ) -> None:
        self.abilities = TerminalAbilities(can_refund=True, can_scan=True, can_query=True, can_abort=True)
        self.model: str | None = ends.poiid
        self.identity = f"nexo {ends.poiid} {ends.sale_id}"
        self.is_verified = True  # a probe is a question that only such a terminal answers
        self._rejected = ""
        self._ends = ends
        self._secret = secret
        self._channel = channel
        self._clock = clock
        self._limits = limits

    def objection(self, request: PaymentRequest) -> PaymentReason | None:
        if request.original is not None and "|" not in request.original:
            return PaymentReason.ORIGINAL_NOT_FOUND
        return None

    async def send(self, request: PaymentRequest, on_sent: Callable[[], None]) -> Verdict:
        message = nexo.payment(self._ends, request, self._clock.now())
        answer = await self._exchange(message, self._limits.answer_s, on_sent)
        return answer if isinstance(answer, NotOurs) else nexo.verdict_of(answer, request)

    async def ask(self, request: PaymentRequest) -> Verdict:
        message = nexo.status(self._ends, _fresh_id(), request)
        answer = await self._exchange(message, self._limits.ask_answer_s)
        return answer if isinstance(answer, NotOurs) else nexo.verdict_of_status(answer, request, self._ends)

    async def abort(self, request: PaymentRequest) -> None:
        target = self._ends.header(nexo.category_of(request), nexo.service_id_of(request.id))
        message = nexo.encode_request(nexo.abort(self._ends, _fresh_id(), target), self._secret)
        await self._channel.exchange(message, self._limits.ask_answer_s, _nothing)

    async def probe(self) -> None:
        answer = await self._exchange(nexo.diagnosis(self._ends, _fresh_id()), self._limits.ask_answer_s)
        if isinstance(answer, NotOurs):
            fault = FaultReason.WRONG_KEY if answer.is_about_key else FaultReason.NO_ANSWER
            part = "" if not answer.is_about_key else "key: none is set, " if self._secret is None else "key: "
            raise AnswerLost(part + answer.detail, fault)

    async def look(self) -> None:
        await self._channel.reach(self._limits.look_s)

    async def scan(self, session: int, timeout_ms: int) -> Read | ScanMissed:
        message = nexo.scan(self._ends, _fresh_id(), session, timeout_ms)
        answer = await self._exchange(message, timeout_ms / 1_000 + self._limits.scan_grace_s)
        return ScanMissed.NO_ANSWER if isinstance(answer, NotOurs) else nexo.scan_of(answer)

    async def end_scan(self, session: int) -> None:
        message = nexo.encode_request(nexo.scan_end(self._ends, _fresh_id(), session), self._secret)
        await self._channel.exchange(message, self._limits.ask_answer_s, _nothing)

    async def close(self) -> None:
        await self._channel.close()

    async def _exchange(
        self, request: nexo.Request, limit_s: float, on_sent: Callable[[], None] = _nothing
    ) -> nexo.Answer | NotOurs:
        body = await self._channel.exchange(nexo.encode_request(request, self._secret), limit_s, on_sent)
        try:
            answer = nexo.decode_answer(body, self._secret, request.message_header)
        except nexo.BadMessage as error:
            category, service_id = request.message_header.message_category, request.message_header.service_id
            if category != "Diagnosis" or self._rejected != str(error):  # a probe that fails the same way says nothing
                log.warning("terminal: %s %s, answer of %d bytes rejected: %s", category, service_id, len(body), error)
            self._rejected = str(error)
            return NotOurs(str(error), isinstance(error, nexo.WrongKey))
        self._rejected = ""
        return answer


class CaisseApDialect:
    """Caisse-AP: payment, refund, and the last ticket as the only memory."""

    def __init__(self, register: caisse_ap.Register, channel: FieldChannel, limits: Limits) -> None:
        self.abilities = TerminalAbilities(can_refund=True)
        self.model: str | None = None
        self.identity = f"caisse-ap {register.number}"
        self.is_verified = False  # any open port passes the probe: the protocol has no question that moves nothing
        self._register = register
        self._channel = channel
        self._limits = limits

    def objection(self, request: PaymentRequest) -> PaymentReason | None:
        return None if caisse_ap.can_say(request) else PaymentReason.NOT_POSSIBLE

    async def send(self, request: PaymentRequest, on_sent: Callable[[], None]) -> Verdict:
        fields = await self._exchange(caisse_ap.payment(request, self._register), self._limits.answer_s, on_sent)
        return caisse_ap.verdict_of(fields, request) if isinstance(fields, dict) else fields

    async def ask(self, request: PaymentRequest) -> Verdict:
        if not caisse_ap.can_say(request):
            return NotOurs("the protocol has no words for it")
        question = caisse_ap.duplicate(request, self._register)
        fields = await self._exchange(question, self._limits.ask_answer_s, _nothing)
        return caisse_ap.verdict_of_duplicate(fields, request) if isinstance(fields, dict) else fields

    async def abort(self, request: PaymentRequest) -> None:
        return None

    async def probe(self) -> None:
        await self._channel.reach(self._limits.connect_s)

    async def look(self) -> None:
        await self._channel.reach(self._limits.look_s)

    async def scan(self, session: int, timeout_ms: int) -> Read | ScanMissed:
        return ScanMissed.NOT_ABLE

    async def end_scan(self, session: int) -> None:
        return None

    async def close(self) -> None:
        await self._channel.close()

    async def _exchange(
        self, question: dict[str, str], limit_s: float, on_sent: Callable[[], None]
    ) -> dict[str, str] | NotOurs:
        body = await self._channel.exchange(caisse_ap.encode(question), limit_s, on_sent)
        try:
            fields = caisse_ap.decode(body)
        except caisse_ap.BadMessage as error:
            log.warning("terminal: answer of %d bytes rejected: %s", len(body), error)
            return NotOurs(str(error))
        self.is_verified = self.is_verified or "AE" in fields
        return fields


def _fresh_id() -> str:
    """For messages that move nothing and are never asked about."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))
