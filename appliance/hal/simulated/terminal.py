"""A card terminal without its wire: the customer, the bank, and a ledger of what money really moved.

Two servers stand in front of it, `terminal_nexo` and `terminal_caisse_ap`, and speak the real bytes. What happens to
the next request is said by a `Play`; without one a person decides (`decide`), as on the bench page, or `otherwise`.
The ledger is the truth that tests count: whatever the till was told, here stands what the customer's bank saw.
"""

import asyncio
from collections import deque
from enum import StrEnum

from msgspec import Struct

CARD_NUMBER = "4111111111111111"
"""The card every simulated customer has. It must never be seen outside this package."""


class Decision(StrEnum):
    """What customer and bank do."""

    APPROVE = "approve"
    DECLINE = "decline"
    INSUFFICIENT = "insufficient_funds"
    EXPIRED = "card_expired"
    WRONG_PIN = "wrong_pin"
    BLOCKED = "card_blocked"
    CANCEL = "cancel"
    NO_CARD = "no_card"
    NO_LINE = "bank_unreachable"


class Fault(StrEnum):
    """What goes wrong on the way. Each server does those it can."""

    NONE = ""
    RESET_ON_CONNECT = "reset_on_connect"
    RESET_IN_REQUEST = "reset_in_request"
    """The request is thrown away and the connection reset."""
    LATE_REQUEST = "late_request"
    """The connection is reset, and the request arrives all the same, `seconds` later."""
    CUT_WORKING = "cut_working"
    """The connection is reset while the customer is at it; he goes on."""
    LOST_ANSWER = "lost_answer"
    HALF_ANSWER = "half_answer"
    SILENCE = "silence"
    """It is all done, and the answer never comes."""
    DRIP = "drip"
    DOUBLED = "doubled"
    GARBAGE = "garbage"
    NOT_HTTP_200 = "status_500"
    BAD_HMAC = "bad_hmac"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_REQUEST = "wrong_request"
    WRONG_TICKET = "wrong_ticket"
    PREVIOUS = "previous"
    """The answer of the request before (P-08)."""


class Play(Struct, frozen=True):
    """How one request goes."""

    decision: Decision = Decision.APPROVE
    fault: Fault = Fault.NONE
    seconds: float = 0.0
    """How long the customer takes."""


class Asked(Struct, frozen=True):
    """A request as the terminal understood it."""

    key: str
    """The till's name for it: ServiceID, or CF."""
    ticket: str
    kind: str
    """`debit` or `refund`."""
    amount_minor: int
    currency: str
    original: str | None = None


class Ended(Struct, frozen=True):
    asked: Asked
    decision: Decision
    by_till: bool = False
    number: int = 0
    """The terminal's own count of what it did."""


class ScanPlay(Struct, frozen=True):
    """What the next scan brings: a code, or nothing."""

    text: str = ""
    symbology: str = "EAN13"
    cancelled: bool = False


class SimulatedTerminal:
    """State of one terminal; survives its servers."""

    def __init__(self, otherwise: Play | None = None, patience_s: float = 60.0) -> None:
        """`otherwise`: how requests go that no play was written for; None: a person decides within `patience_s`."""
        self.plays: deque[Play] = deque()
        self.otherwise = otherwise
        self.patience_s = patience_s
        self.ledger: list[Asked] = []
        self.ended: dict[str, Ended] = {}
        self.seen: list[str] = []
        """Every request that was understood, in order, repeats too."""
        self.working: Asked | None = None
        self.scan_plays: deque[ScanPlay] = deque()
        self.scan_session: int | None = None
        self.has_reader = True
        self.last: Ended | None = None
        self._deciding: asyncio.Future[tuple[Decision, bool]] | None = None
        self._scanned: asyncio.Future[ScanPlay | None] | None = None
        self.lose_next_answer = False
        self._unplugged = asyncio.Event()
        self._news = asyncio.Event()

    async def shows(self, display: str) -> None:
        """Wait until its screen says so."""
        while self.display != display:
            self._news.clear()
            await self._news.wait()

    async def keep_silent(self) -> None:
        """Until the cable is pulled."""
        await self._unplugged.wait()

    def unplug(self) -> None:
        """The servers tell it: whoever kept silent may go."""
        self._unplugged.set()
        self._unplugged = asyncio.Event()

    @property
    def display(self) -> str:
        """One word for what its screen shows: idle, debit, refund, scan, or how the last request ended."""
        if self.working is not None:
            return self.working.kind
        if self.scan_session is not None:
            return "scan"
        return "idle" if self.last is None else ("aborted" if self.last.by_till else self.last.decision.value)

    def moved(self, key: str) -> int:
        """How often money moved for a request."""
        return sum(entry.key == key for entry in self.ledger)

    def next_play(self) -> Play:
        return self.plays.popleft() if self.plays else self.otherwise or Play()

    @property
    def is_attended(self) -> bool:
        """A person decides."""
        return not self.plays and self.otherwise is None

    def decide(self, decision: Decision, lose_answer: bool = False) -> bool:
        """The customer does something now. False when nobody asked him."""
        if self._deciding is None or self._deciding.done():
            return False
        self.lose_next_answer = lose_answer
        self._deciding.set_result((decision, False))
        return True

    def abort(self, key: str) -> bool:
        """The till wants to stop a request that is at work. False when it is not, or too late."""
        if self.working is None or self.working.key != key or self._deciding is None or self._deciding.done():
            return False
        self._deciding.set_result((Decision.CANCEL, True))
        return True

    async def perform(self, asked: Asked, play: Play, attended: bool) -> Ended:
        """Customer and bank, from the first card shown to the booking."""
        self.working = asked
        self._news.set()
        self._deciding = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.patience_s if attended else play.seconds):
                decision, by_till = await self._deciding
        except TimeoutError:
            decision, by_till = (Decision.NO_CARD if attended else play.decision), False
        finally:
            self.working = self._deciding = None
        return self._book(asked, decision, by_till)

    def _book(self, asked: Asked, decision: Decision, by_till: bool) -> Ended:
        if decision is Decision.APPROVE:
            self.ledger.append(asked)
        ended = Ended(asked, decision, by_till, number=len(self.ended) + 1)
        self.ended[asked.key] = self.last = ended
        self._news.set()
        return ended

    # ------------------------------------------------------------ codes

    def show_code(self, text: str, symbology: str = "EAN13") -> bool:
        """A code is held before the reader. False when the reader is off."""
        return self._end_scan(ScanPlay(text, symbology))

    def end_scan(self, session: int) -> bool:
        """The till wants the reader off."""
        return session == self.scan_session and self._end_scan(ScanPlay(cancelled=True))

    async def scan(self, session: int, timeout_s: float) -> ScanPlay | None:
        """One code; None when the time is over."""
        if self.scan_plays:
            play = self.scan_plays.popleft()
            return play if play.text or play.cancelled else None
        self.scan_session = session
        self._news.set()
        self._scanned = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                return await self._scanned
        except TimeoutError:
            return None
        finally:
            self.scan_session = self._scanned = None
            self._news.set()

    def _end_scan(self, play: ScanPlay) -> bool:
        if self._scanned is None or self._scanned.done():
            return False
        self._scanned.set_result(play)
        return True
