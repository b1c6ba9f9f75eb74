"""The dialogue about one payment or refund, as a machine without hands: what was heard goes in, what to do comes out.

Rules, and every one of them lives here:

    1  The request is sent at most once. Nothing in here can ask for it a second time.
    2  No byte left: NOT_STARTED. A byte may have left and no answer proves anything: ask; nobody knows: UNKNOWN.
    3  An answer counts only when it is ours (request, sale, amount, currency): the codec says so in its `Verdict`.
    4  "I do not know this request" counts when it is said twice with a pause between, since the first time the request
       may still be on its way. After an answer to the request itself, once is enough.
    5  Terminals forget, and are replaced: for a request made more than a day ago, or before this terminal had its role,
       "I do not know it" proves nothing.
    6  While the terminal says that it is at work, ask again; not for ever.

    begin() -> Send        lost() / answered() -> Ask | Done        Ask -> told() / silent() -> Ask | Done

Times are only named here; who carries out the steps waits.
"""

from typing import TypeAlias

from msgspec import Struct

from appliance.hal.device import SETTLED, PaymentOutcome, PaymentReason, PaymentResult


class Limits(Struct, frozen=True):
    """How long a terminal is waited for. Seconds."""

    answer_s: float = 120.0
    """From the request to its answer on the local link (Terminal API: 120 s local, 150 s cloud)."""
    ask_every_s: float = 5.0
    """Between two questions while the terminal is at work."""
    ask_again_s: float = 2.0
    """After a question that nobody answered."""
    ask_answer_s: float = 5.0
    """For one question, an abort, a diagnosis."""
    silent_max: int = 3
    """Questions without a usable answer before nobody knows."""
    working_max: int = 120
    """Questions answered with "at work": ten minutes."""
    memory_s: float = 86_400.0
    """How long a terminal surely remembers a request (ServiceIDs are kept for 48 hours)."""
    connect_s: float = 4.0
    probe_every_s: float = 30.0
    """Between two questions whether it is there and ours, while nobody pays."""
    look_every_s: float = 0.5
    """Between two looks whether its port is open, while nobody pays: who is pulled out is missed within two seconds
    (feature H-23). 0: only `probe_every_s` counts."""
    look_again_s: float = 0.2
    """After a look or a question without success: the second one in a row counts."""
    look_s: float = 0.4
    """How long an open port may take to say so."""
    scan_grace_s: float = 5.0
    """What a scan may take longer than the terminal was told."""


class Settled(Struct, frozen=True):
    """The terminal said what became of this very request."""

    result: PaymentResult


class Working(Struct, frozen=True):
    """It is at it."""


class NotFound(Struct, frozen=True):
    """It does not know the request."""


class Doubtful(Struct, frozen=True):
    """It turned the request down without having looked at a card, perhaps because it has it already: ask first."""

    result: PaymentResult
    """What holds if it does not know the request."""


class NotOurs(Struct, frozen=True):
    """An answer to something else, damaged, or forged. Proves nothing."""

    detail: str
    """For the log: never anything of a card."""
    is_about_key: bool = False
    """One end cannot read what the other sealed."""


Verdict: TypeAlias = Settled | Working | NotFound | Doubtful | NotOurs


class Send(Struct, frozen=True):
    """Send the request, once, and wait for its answer."""


class Ask(Struct, frozen=True):
    """Wait, then ask what became of it."""

    after_s: float


class Done(Struct, frozen=True):
    result: PaymentResult


Step: TypeAlias = Send | Ask | Done


class Dialogue:
    """One request, from its first byte or, after a restart, from the first question."""

    def __init__(self, request_id: str, limits: Limits, is_old: bool = False) -> None:
        self._id = request_id
        self._is_old = is_old
        self._limits = limits
        self._sent = False
        self._silent = 0
        self._working = 0
        self._not_found = 0
        self._if_not_found: PaymentResult | None = None
        self._reason = PaymentReason.NO_ANSWER

    def begin(self) -> Step:
        if self._sent:
            raise AssertionError("a request is sent once")
        self._sent = True
        return Send()

    def resume(self) -> Step:
        """Only ask: the request was sent before, perhaps."""
        self._sent = True
        return Ask(0)

    def not_sent(self, reason: PaymentReason) -> Step:
        """Proven: no byte of the request left."""
        return Done(PaymentResult(self._id, PaymentOutcome.NOT_STARTED, reason))

    def lost(self) -> Step:
        """The link or the time ended after a byte may have left."""
        return Ask(0)

    def answered(self, verdict: Verdict) -> Step:
        """To the request itself."""
        match verdict:
            case Settled(result):
                return Done(result)
            case Doubtful(result):
                self._if_not_found = result
                return Ask(0)
            case NotOurs():
                self._reason = PaymentReason.WRONG_ANSWER
        return Ask(0)

    def told(self, verdict: Verdict) -> Step:
        """To a question."""
        match verdict:
            case Settled(result):
                return Done(result)
            case Working():
                return self._at_work()
            case NotFound():
                return self._unknown_there()
            case Doubtful():
                return self.silent()
            case NotOurs():
                self._reason = PaymentReason.WRONG_ANSWER
                return self.silent()

    def silent(self) -> Step:
        """A question got no usable answer."""
        self._silent += 1
        self._not_found = 0
        if self._silent >= self._limits.silent_max:
            return Done(self._nobody_knows())
        return Ask(self._limits.ask_again_s)

    def _at_work(self) -> Step:
        self._silent = self._not_found = 0
        self._if_not_found = None
        self._working += 1
        if self._working >= self._limits.working_max:
            return Done(self._nobody_knows())
        return Ask(self._limits.ask_every_s)

    def _unknown_there(self) -> Step:
        self._not_found += 1
        if self._if_not_found is not None:
            return Done(self._if_not_found)
        if self._working or self._is_old:  # it had it and forgot, or may have: that is no proof of anything
            return self.silent()
        if self._not_found >= 2:
            return Done(PaymentResult(self._id, PaymentOutcome.NOT_STARTED, PaymentReason.NEVER_ARRIVED))
        return Ask(self._limits.ask_every_s)

    def _nobody_knows(self) -> PaymentResult:
        return PaymentResult(self._id, PaymentOutcome.UNKNOWN, self._reason)


def is_settled(result: PaymentResult) -> bool:
    return result.outcome in SETTLED
