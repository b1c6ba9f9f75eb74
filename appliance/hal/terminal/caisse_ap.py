"""Caisse-AP (Concert over IP), the French protocol between till and terminal: bytes to meaning and back. Pure.

A message is a row of fields: two letters, three digits of length, the value. `CZ`, the protocol's version, comes
first; the order of the others is free. There is no end mark, no check sum and no cipher: keep it on a private line.

    question   CZ 0320  CJ integrator  CA till  CB cents  CD action  CE currency  BA 0  CF our reference
    answer     the same fields back, AE 10 done | 01 not done | 11 taken into account, AF reason, AA masked number,
               AC authorisation, CC means of payment, CI how it was read

There is no way to ask what became of a request. Action 3 gives the last ticket again: when its CF and amount are ours,
it is proof; anything else proves nothing. Source: public descriptions of the protocol 3.x; without real hardware.
"""

import re

from msgspec import Struct

from appliance.hal.device import PaymentKind, PaymentOutcome, PaymentReason, PaymentRequest, PaymentResult
from appliance.hal.terminal.card import last_digits_of, plain
from appliance.hal.terminal.machine import Doubtful, NotOurs, Settled, Verdict, Working

MESSAGE_BYTES_MAX = 16_384
_FIELDS_MAX = 64
_VERSION = "0320"
DEBIT, CREDIT, CANCEL, DUPLICATE = "0", "1", "2", "3"
DONE, NOT_DONE, TAKEN = "10", "01", "11"
CURRENCIES = {"EUR": "978", "CHF": "756", "GBP": "826", "USD": "840", "XPF": "953", "XOF": "952", "MAD": "504"}
"""ISO 4217, letters to number."""
_HEAD = re.compile(rb"([A-Z]{2})([0-9]{3})")
_MEANS = {
    "001": "CB", "002": "American Express", "003": "American Express", "004": "Diners", "00B": "Visa",
    "00C": "Chèque", "00D": "CB",
}  # fmt: skip
_REFUSED = {
    "04": PaymentReason.DECLINED,
    "05": PaymentReason.NOT_POSSIBLE,
    "09": PaymentReason.NOT_POSSIBLE,
}
_ABORTED = {"08": PaymentReason.CARD_WAIT_OVER, "11": PaymentReason.BY_CUSTOMER}
_BUSY = frozenset({"06", "07"})


class BadMessage(ValueError):
    """Bytes that are no message; the text never holds a value."""


class Register(Struct, frozen=True):
    """How the till is called."""

    number: str = "01"
    """CA, two digits."""
    integrator: str = "000000000000"
    """CJ, twelve digits, given by the Association du Paiement."""


def encode(fields: dict[str, str]) -> bytes:
    """Raises ValueError for a field that cannot be said: a tag is two capitals, a value 1 to 999 ASCII characters."""
    message = bytearray()
    for tag, value in fields.items():
        if not re.fullmatch("[A-Z]{2}", tag) or not 1 <= len(value) <= 999 or not value.isascii():
            raise ValueError(f"field {tag[:2]} cannot be said")
        message += f"{tag}{len(value):03d}{value}".encode("ascii")
    return bytes(message)


class Reader:
    """Takes bytes as they come, split anywhere. Whole fields with an AE among them *may* be all."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._size = 0
        self._ended = False
        self.fields: dict[str, str] = {}

    def feed(self, received: bytes) -> None:
        """Raises BadMessage; then nothing that follows can be believed either."""
        self._size += len(received)
        self._pending += received
        if self._size > MESSAGE_BYTES_MAX:
            raise BadMessage("too long")
        while len(self._pending) >= 5:
            head = _HEAD.match(self._pending)
            if head is None or (length := int(head[2])) == 0:
                raise BadMessage("no field where one should begin")
            if len(self._pending) < 5 + length:
                return
            if head[1] == b"CZ" and "AE" in self.fields:  # the next answer begins: the first one is whole
                self._ended = True
            if not self._ended:
                self._add(head[1].decode(), bytes(self._pending[5 : 5 + length]))
            del self._pending[: 5 + length]

    def _add(self, tag: str, value: bytes) -> None:
        if not self.fields and tag != "CZ":
            raise BadMessage("does not begin with CZ")
        if tag in self.fields:
            raise BadMessage("a field twice")  # never guess which of the two is meant
        if len(self.fields) >= _FIELDS_MAX:
            raise BadMessage("too many fields")
        self.fields[tag] = value.decode("latin-1")

    @property
    def is_whole(self) -> bool:
        """At the end of a field."""
        return bool(self.fields) and (self._ended or not self._pending)

    @property
    def may_be_all(self) -> bool:
        return self._ended or (not self._pending and "AE" in self.fields)

    @property
    def has_key(self) -> bool:
        """Nothing that we need can still come."""
        return self.may_be_all and {"CB", "CF"} <= self.fields.keys()


def decode(message: bytes) -> dict[str, str]:
    """A whole message; raises BadMessage."""
    reader = Reader()
    reader.feed(message)
    if not reader.is_whole:
        raise BadMessage("not whole")
    return reader.fields


def can_say(request: PaymentRequest) -> bool:
    """Whether the protocol has words for it: a known currency, and no refund of a named payment."""
    return request.currency in CURRENCIES and request.original is None and len(str(request.amount_minor)) <= 12


def payment(request: PaymentRequest, register: Register) -> dict[str, str]:
    action = CREDIT if request.kind is PaymentKind.REFUND else DEBIT
    return _question(register, action, f"{request.amount_minor:02d}", CURRENCIES[request.currency], request.id)


def duplicate(request: PaymentRequest, register: Register) -> dict[str, str]:
    """The last ticket once more. Moves nothing. Names neither our reference nor our amount: a terminal that sends the
    question's fields back must not be taken for one that knows the payment."""
    return _question(register, DUPLICATE, "00", CURRENCIES[request.currency], "DUPLICATA")


def _question(register: Register, action: str, amount: str, currency: str, reference: str) -> dict[str, str]:
    return {
        "CZ": _VERSION,
        "CJ": register.integrator,
        "CA": register.number,
        "CB": amount,
        "CD": action,
        "CE": currency,
        "BA": "0",
        "CF": reference,
    }


def verdict_of(fields: dict[str, str], request: PaymentRequest) -> Verdict:
    """What the answer to a payment or refund says about it."""
    action = CREDIT if request.kind is PaymentKind.REFUND else DEBIT
    if fields.get("CF") != request.id:
        return NotOurs("another reference, or none")
    if fields.get("CD", action) != action:
        return NotOurs("another action")
    return _verdict(fields, request)


def verdict_of_duplicate(fields: dict[str, str], request: PaymentRequest) -> Verdict:
    """What the last ticket says. Only a ticket that was done and bears our reference is proof: the reference did not
    stand in the question."""
    if fields.get("CF") != request.id or fields.get("AE") != DONE:
        return NotOurs("the last ticket is not this one")
    return _verdict(fields, request)


def _verdict(fields: dict[str, str], request: PaymentRequest) -> Verdict:
    match fields.get("AE"):
        case "10":
            return Settled(_done(fields, request))
        case "01":
            return _not_done(fields.get("AF", ""), request)
        case "11":
            return Working()
    return NotOurs("does not say how it ended")


def _done(fields: dict[str, str], request: PaymentRequest) -> PaymentResult:
    amount = fields.get("CB", "")
    said = int(amount) if amount.isdecimal() and amount.isascii() and len(amount) <= 12 else None
    currency = next((letters for letters, number in CURRENCIES.items() if number == fields.get("CE")), None)
    right = (said, currency) == (request.amount_minor, request.currency)
    return PaymentResult(
        request.id,
        PaymentOutcome.ACCEPTED if right else PaymentOutcome.UNKNOWN,
        None if right else PaymentReason.WRONG_AMOUNT,
        amount_minor=said,
        currency=currency,
        authorisation=plain(fields.get("AC")),
        card=_MEANS.get(fields.get("CC", "")),
        last_digits=last_digits_of(fields.get("AA")),
    )


def _not_done(reason: str, request: PaymentRequest) -> Verdict:
    if reason in _BUSY:
        return Doubtful(PaymentResult(request.id, PaymentOutcome.NOT_STARTED, PaymentReason.BUSY))
    if reason in _ABORTED:
        return Settled(PaymentResult(request.id, PaymentOutcome.ABORTED, _ABORTED[reason]))
    return Settled(PaymentResult(request.id, PaymentOutcome.REFUSED, _REFUSED.get(reason, PaymentReason.DECLINED)))
