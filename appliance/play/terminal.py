"""The card terminal of a day: it stands outside the till, does what the day says and forgets nothing.

It debits a request once, however often it hears of it. A power cut of the till leaves it at work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from appliance.hal.device import (
    DeviceKind,
    DeviceState,
    FaultReason,
    Health,
    PaymentKind,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    PaymentResult,
    PaymentStep,
    Scan,
    ScanMissed,
    TerminalAbilities,
)

REASONS = {reason.value.replace("_", "-"): reason for reason in PaymentReason}
"""Words of a day for why a card is refused."""


class DayTerminal:
    """A `hal.device.Terminal`. `plan` is what it does with the next card; "accept" when nothing was said."""

    def __init__(self, role: str = "terminal.main") -> None:
        self._role = role
        self._known: dict[str, PaymentResult] = {}
        self._at_work: dict[str, asyncio.Event] = {}
        self._requests: dict[str, PaymentRequest] = {}
        self.plan = "accept"
        self.reason = PaymentReason.DECLINED
        self.is_away = False
        self.debits: list[int] = []
        """Every debit, refunds with a minus, in order."""
        self.code = ""
        """What it reads when it is asked for a code; "" is nothing."""

    @property
    def health(self) -> Health:
        state = DeviceState.ABSENT if self.is_away else DeviceState.READY
        fault = FaultReason.UNREACHABLE if self.is_away else None
        return Health(self._role, DeviceKind.TERMINAL, state, fault, datetime.fromtimestamp(0, UTC))

    @property
    def abilities(self) -> TerminalAbilities:
        return TerminalAbilities(can_refund=True, can_scan=True, can_query=True, can_abort=True)

    async def pay(
        self, request: PaymentRequest, progress: Callable[[PaymentStep], None] = lambda step: None
    ) -> PaymentResult:
        if self.is_away:
            return PaymentResult(request.id, PaymentOutcome.NOT_STARTED, PaymentReason.UNREACHABLE)
        progress(PaymentStep.SENT)
        plan, self.plan = self.plan, "accept"
        if plan == "lose request":
            return PaymentResult(request.id, PaymentOutcome.UNKNOWN, PaymentReason.NO_ANSWER)
        self._requests[request.id] = request
        progress(PaymentStep.CUSTOMER)
        if plan == "wait":
            self._at_work[request.id] = asyncio.Event()
            await self._at_work[request.id].wait()
        else:
            self._decide(request, "accept" if plan == "lose answer" else plan)
        if plan == "lose answer":
            return PaymentResult(request.id, PaymentOutcome.UNKNOWN, PaymentReason.NO_ANSWER)
        return self._known[request.id]

    refund = pay

    def _decide(self, request: PaymentRequest, plan: str) -> None:
        if request.id in self._known:
            return
        outcome, reason = {
            "refuse": (PaymentOutcome.REFUSED, self.reason),
            "abort": (PaymentOutcome.ABORTED, PaymentReason.BY_CUSTOMER),
        }.get(plan, (PaymentOutcome.ACCEPTED, None))
        moved = outcome is PaymentOutcome.ACCEPTED
        if moved:
            sign = -1 if request.kind is PaymentKind.REFUND else 1
            self.debits.append(sign * request.amount_minor)
        self._known[request.id] = PaymentResult(
            request.id, outcome, reason, request.amount_minor if moved else None, request.currency,
            authorisation="123456" if moved else None, card="Visa" if moved else None,
            reference=f"poi-{len(self._known) + 1}" if moved else None,
        )  # fmt: skip

    def settle_waiting(self) -> bool:
        """The customer who was at it is done, as `plan` says; False when nobody was."""
        waiting = [key for key in self._at_work if key not in self._known]
        for key in waiting:
            self._decide(self._requests[key], self.plan)
            self._at_work[key].set()
        if waiting:
            self.plan = "accept"
        return bool(waiting)

    async def abort(self, request: PaymentRequest) -> None:
        if not self.is_away and request.id in self._at_work and request.id not in self._known:
            self.plan = "abort"
            self.settle_waiting()

    async def ask(self, request: PaymentRequest) -> PaymentResult:
        if self.is_away:
            return PaymentResult(request.id, PaymentOutcome.UNKNOWN, PaymentReason.NO_ANSWER)
        if request.id in self._known:
            return self._known[request.id]
        if request.id in self._at_work:
            return PaymentResult(request.id, PaymentOutcome.IN_PROGRESS)
        return PaymentResult(request.id, PaymentOutcome.NOT_STARTED, PaymentReason.NEVER_ARRIVED)

    async def scan_once(self, timeout_s: float, prompt: str | None = None) -> Scan | ScanMissed:
        if self.is_away:
            return ScanMissed.NO_ANSWER
        return Scan(self.code, None, self._role, 0) if self.code else ScanMissed.TIMEOUT

    async def stop(self) -> None:
        """Nothing is ever going on."""


class OnlyTerminal:
    """A `hal.device.Devices` of one card terminal and nothing else."""

    def __init__(self, terminal: DayTerminal) -> None:
        self._terminal = terminal

    def terminal(self, role: str) -> DayTerminal:
        return self._terminal

    def health(self) -> tuple[Health, ...]:
        return (self._terminal.health,)
