"""nexo messages in the form of Adyen's Terminal API 3.0: bytes to meaning and back. Pure.

One JSON object each way, `SaleToPOIRequest` and `SaleToPOIResponse`: a header and one body by category (Payment,
Reversal, Abort, TransactionStatus, Admin, Diagnosis). With a passphrase both travel sealed (`nexo_crypto`). The
structs serve driver and simulator alike; fields nobody needs are not listed and are skipped when read.

    BadMessage     not to be believed or understood; the text never holds a value of the message
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl

import msgspec
from msgspec import Struct, field

from appliance.hal.device import (
    SCAN_CHARS_MAX,
    PaymentKind,
    PaymentOutcome,
    PaymentReason,
    PaymentRequest,
    PaymentResult,
    ScanMissed,
)
from appliance.hal.terminal.card import last_digits_of, plain, receipt_lines
from appliance.hal.terminal.machine import Doubtful, NotFound, NotOurs, Settled, Verdict, Working
from appliance.hal.terminal.nexo_crypto import Passphrase, Trailer, Unprotected, seal, unseal

BODY_BYTES_MAX = 262_144
_AMOUNT_DIGITS_MAX = 14
"""Before the decimal point."""
_AMOUNT_PLACES_MAX = 12
"""After it; together fewer than the 28 digits that `decimal` computes with."""
_DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "XOF": 0, "XAF": 0, "XPF": 0} | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3
)
"""Decimals of a currency's main unit (ISO 4217) where they are not two."""
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_AIM = {
    "EAN13": "E0", "EAN8": "E4", "CODE128": "C0", "EAN128": "C1", "GS1128": "C1", "CODE39": "A0", "ITF": "I0",
    "QRCODE": "Q1", "QR": "Q1", "DATAMATRIX": "d1",
}  # fmt: skip
"""The terminal's names of symbologies as AIM identifiers; others are handed on as unknown."""
_BRANDS = {
    "visa": "Visa", "mc": "Mastercard", "amex": "American Express", "maestro": "Maestro", "cup": "UnionPay",
    "diners": "Diners", "discover": "Discover", "jcb": "JCB", "vpay": "V PAY", "electron": "Visa Electron",
}  # fmt: skip


class BadMessage(ValueError):
    """A message that is not to be believed or understood."""


class WrongKey(BadMessage):
    """One end cannot read what the other sealed, or only one of them seals."""


def _check_amount(amount: Decimal) -> None:
    """Raises ValueError, which makes a message a bad one, for what is no amount of money: not a number, beyond all
    reason, or with more places than arithmetic keeps. What is left can be compared and scaled without a surprise."""
    if amount.is_finite() and amount.adjusted() < _AMOUNT_DIGITS_MAX:
        exponent = amount.as_tuple().exponent
        if isinstance(exponent, int) and -_AMOUNT_PLACES_MAX <= exponent < _AMOUNT_DIGITS_MAX:
            return
    raise ValueError("no amount of money")


class _Part(Struct, frozen=True, rename="pascal", omit_defaults=True):
    pass


class Header(_Part, frozen=True, omit_defaults=False):
    message_category: str
    message_type: str
    sale_id: str = field(name="SaleID")
    poiid: str = field(name="POIID")
    service_id: str = field(default="", name="ServiceID")
    message_class: str = field(default="Service", name="MessageClass")
    protocol_version: str = field(default="3.0", name="ProtocolVersion")


class Transaction(_Part, frozen=True):
    transaction_id: str = field(name="TransactionID")
    time_stamp: str


class SaleData(_Part, frozen=True):
    sale_transaction: Transaction = field(name="SaleTransactionID")
    sale_to_acquirer_data: str | None = None


class AmountsReq(_Part, frozen=True):
    currency: str
    requested_amount: Decimal

    def __post_init__(self) -> None:
        _check_amount(self.requested_amount)


class PaymentTransaction(_Part, frozen=True):
    amounts_req: AmountsReq


class PaymentData(_Part, frozen=True):
    payment_type: str


class PaymentBody(_Part, frozen=True):
    sale_data: SaleData
    payment_transaction: PaymentTransaction
    payment_data: PaymentData | None = None


class OriginalTransaction(_Part, frozen=True):
    poi_transaction: Transaction = field(name="POITransactionID")


class ReversalBody(_Part, frozen=True):
    original: OriginalTransaction = field(name="OriginalPOITransaction")
    reversal_reason: str
    reversed_amount: Decimal
    sale_data: SaleData

    def __post_init__(self) -> None:
        _check_amount(self.reversed_amount)


class MessageReference(_Part, frozen=True):
    message_category: str
    service_id: str = field(name="ServiceID")
    sale_id: str | None = field(default=None, name="SaleID")
    poiid: str | None = field(default=None, name="POIID")


class AbortBody(_Part, frozen=True):
    message_reference: MessageReference
    abort_reason: str


class StatusBody(_Part, frozen=True):
    message_reference: MessageReference
    receipt_reprint_flag: bool


class AdminBody(_Part, frozen=True):
    service_identification: str


class DiagnosisBody(_Part, frozen=True):
    host_diagnosis_flag: bool


class Request(_Part, frozen=True):
    message_header: Header
    payment_request: PaymentBody | None = None
    reversal_request: ReversalBody | None = None
    abort_request: AbortBody | None = None
    transaction_status_request: StatusBody | None = None
    admin_request: AdminBody | None = None
    diagnosis_request: DiagnosisBody | None = None
    nexo_blob: str | None = None
    security_trailer: Trailer | None = None


class Response(_Part, frozen=True):
    result: str
    error_condition: str | None = None
    additional_response: str | None = None


class POIData(_Part, frozen=True):
    poi_transaction: Transaction | None = field(default=None, name="POITransactionID")


class AmountsResp(_Part, frozen=True):
    authorized_amount: Decimal
    currency: str | None = None

    def __post_init__(self) -> None:
        _check_amount(self.authorized_amount)


class CardData(_Part, frozen=True):
    payment_brand: str | None = None
    masked_pan: str | None = None


class Instrument(_Part, frozen=True):
    card_data: CardData | None = None


class AcquirerData(_Part, frozen=True):
    approval_code: str | None = None


class Result(_Part, frozen=True):
    amounts_resp: AmountsResp | None = None
    payment_instrument_data: Instrument | None = None
    payment_acquirer_data: AcquirerData | None = None


class OutputText(_Part, frozen=True):
    text: str = ""


class OutputContent(_Part, frozen=True):
    output_text: list[OutputText] = []


class Receipt(_Part, frozen=True):
    document_qualifier: str
    output_content: OutputContent | None = None


class PaymentAnswer(_Part, frozen=True):
    response: Response
    sale_data: SaleData | None = None
    poi_data: POIData | None = field(default=None, name="POIData")
    payment_result: Result | None = None
    payment_receipt: list[Receipt] = []


class ReversalAnswer(_Part, frozen=True):
    response: Response
    poi_data: POIData | None = field(default=None, name="POIData")
    reversed_amount: Decimal | None = None
    payment_receipt: list[Receipt] = []

    def __post_init__(self) -> None:
        if self.reversed_amount is not None:
            _check_amount(self.reversed_amount)


class RepeatedBody(_Part, frozen=True):
    payment_response: PaymentAnswer | None = None
    reversal_response: ReversalAnswer | None = None


class Repeated(_Part, frozen=True):
    message_header: Header
    body: RepeatedBody = field(name="RepeatedResponseMessageBody")


class StatusAnswer(_Part, frozen=True):
    response: Response
    message_reference: MessageReference | None = None
    repeated: Repeated | None = field(default=None, name="RepeatedMessageResponse")


class PlainAnswer(_Part, frozen=True):
    """Of an Admin or Diagnosis request."""

    response: Response


class Answer(_Part, frozen=True):
    message_header: Header
    payment_response: PaymentAnswer | None = None
    reversal_response: ReversalAnswer | None = None
    transaction_status_response: StatusAnswer | None = None
    admin_response: PlainAnswer | None = None
    diagnosis_response: PlainAnswer | None = None
    nexo_blob: str | None = None
    security_trailer: Trailer | None = None


class RequestMessage(Struct, frozen=True):
    request: Request = field(name="SaleToPOIRequest")


class EventNotification(_Part, frozen=True):
    """What a terminal says of a message that it could not read."""

    event_details: str = ""


class Event(_Part, frozen=True):
    event_notification: EventNotification


class EventMessage(Struct, frozen=True):
    event: Event = field(name="SaleToPOIRequest")


class AnswerMessage(Struct, frozen=True):
    answer: Answer = field(name="SaleToPOIResponse")


class Ends(Struct, frozen=True):
    """Who talks to whom."""

    sale_id: str
    poiid: str

    def header(self, category: str, service_id: str) -> Header:
        return Header(category, "Request", self.sale_id, self.poiid, service_id)


_M = TypeVar("_M")

_encoder = msgspec.json.Encoder(decimal_format="number")
_requests = msgspec.json.Decoder(RequestMessage)
_answers = msgspec.json.Decoder(AnswerMessage)
_events = msgspec.json.Decoder(EventMessage)


# ---------------------------------------------------------------- names and amounts


def service_id_of(request_id: str) -> str:
    """The message's name for a request of ours: ten characters that stay the same across restarts, since the terminal
    takes no longer ones (ServiceID: 1 to 10 alphanumerics, unique for 48 hours)."""
    number = int.from_bytes(hashlib.blake2b(request_id.encode(), digest_size=8, person=b"nexo").digest())
    return "".join(_BASE36[number // 36**place % 36] for place in range(10))


def amount_of(amount_minor: int, currency: str) -> Decimal:
    return Decimal(amount_minor).scaleb(-_DIGITS.get(currency, 2))


def minor_of(amount: Decimal, currency: str) -> int | None:
    """None when it is no whole number of the currency's smallest unit, or beyond all reason."""
    if amount.is_zero():
        return 0
    if not amount.is_finite() or not -8 < amount.adjusted() < _AMOUNT_DIGITS_MAX:
        return None
    minor = amount.scaleb(_DIGITS.get(currency, 2))
    return int(minor) if minor == minor.to_integral_value() else None


# ---------------------------------------------------------------- requests


def category_of(request: PaymentRequest) -> str:
    return "Payment" if request.original is None else "Reversal"


def payment(ends: Ends, request: PaymentRequest, at: datetime) -> Request:
    """The request that moves money. A refund of a known payment is a Reversal, any other a Payment of type Refund.
    Raises ValueError when `original` is not a reference of ours."""
    header = ends.header(category_of(request), service_id_of(request.id))
    sale = Transaction(request.ticket, _stamp(at))
    amount = amount_of(request.amount_minor, request.currency)
    if request.original is None:
        kind = PaymentData("Refund") if request.kind is PaymentKind.REFUND else None
        amounts = PaymentTransaction(AmountsReq(request.currency, amount))
        return Request(header, payment_request=PaymentBody(SaleData(sale), amounts, kind))
    number, found, stamp = request.original.rpartition("|")
    if not found:
        raise ValueError("not a reference of this terminal")
    original = OriginalTransaction(Transaction(number, stamp))
    data = SaleData(sale, f"currency={request.currency}")
    return Request(header, reversal_request=ReversalBody(original, "MerchantCancel", amount, data))


def abort(ends: Ends, service_id: str, target: Header) -> Request:
    reference = MessageReference(target.message_category, target.service_id, target.sale_id, target.poiid)
    return Request(ends.header("Abort", service_id), abort_request=AbortBody(reference, "MerchantAbort"))


def status(ends: Ends, service_id: str, request: PaymentRequest) -> Request:
    reference = MessageReference(category_of(request), service_id_of(request.id), ends.sale_id, ends.poiid)
    body = StatusBody(reference, receipt_reprint_flag=False)
    return Request(ends.header("TransactionStatus", service_id), transaction_status_request=body)


def scan(ends: Ends, service_id: str, session: int, timeout_ms: int) -> Request:
    """Read one bar code (Admin, "single session")."""
    operation = [{"Type": "ScanBarcode", "TimeoutMs": timeout_ms}]
    return _admin(ends, service_id, {"Session": {"Id": session, "Type": "Once"}, "Operation": operation})


def scan_end(ends: Ends, service_id: str, session: int) -> Request:
    """Switch the reader off again."""
    return _admin(ends, service_id, {"Session": {"Id": session, "Type": "End"}, "Operation": [{"Type": "ScanBarcode"}]})


def _admin(ends: Ends, service_id: str, order: dict[str, Any]) -> Request:
    text = base64.b64encode(msgspec.json.encode(order)).decode()
    return Request(ends.header("Admin", service_id), admin_request=AdminBody(text))


def diagnosis(ends: Ends, service_id: str) -> Request:
    """How are you? Touches neither bank nor card."""
    return Request(ends.header("Diagnosis", service_id), diagnosis_request=DiagnosisBody(False))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ---------------------------------------------------------------- on the wire


def encode_request(request: Request, secret: Passphrase | None) -> bytes:
    message = _encoder.encode(RequestMessage(request))
    if secret is None:
        return message
    blob, trailer = seal(message, secret)
    return _encoder.encode(RequestMessage(Request(request.message_header, nexo_blob=blob, security_trailer=trailer)))


def encode_answer(answer: Answer, secret: Passphrase | None) -> bytes:
    message = _encoder.encode(AnswerMessage(answer))
    if secret is None:
        return message
    blob, trailer = seal(message, secret)
    return _encoder.encode(AnswerMessage(Answer(answer.message_header, nexo_blob=blob, security_trailer=trailer)))


def decode_request(body: bytes, secret: Passphrase | None) -> Request:
    """For the terminal's side; raises BadMessage."""
    outer = _decoded(_requests, body).request
    if secret is None:
        if outer.nexo_blob is not None:
            raise WrongKey("sealed, and we have no key")
        return outer
    inner = _decoded(_requests, _unsealed(outer, secret)).request
    if inner.message_header != outer.message_header:
        raise BadMessage("another header inside")
    return inner


def decode_answer(body: bytes, secret: Passphrase | None, to: Header) -> Answer:
    """The answer to the message with the header `to`; raises BadMessage for anything else, however well made."""
    if _is_thrown_out(body):
        raise WrongKey("the terminal cannot read our messages")
    answer = _decoded(_answers, body).answer
    if secret is not None:
        try:
            inner = _decoded(_answers, _unsealed(answer, secret)).answer
        except BadMessage as error:
            raise WrongKey(str(error)) from None
        if inner.message_header != answer.message_header:
            raise BadMessage("another header inside")
        answer = inner
    elif answer.nexo_blob is not None:
        raise BadMessage("sealed, and we have no key")
    _check_header(answer.message_header, to)
    return answer


def _is_thrown_out(body: bytes) -> bool:
    """The event by which a terminal tells that a message of ours made no sense to it."""
    try:
        _decoded(_events, body)
    except BadMessage:
        return False
    return True


def _decoded(decoder: msgspec.json.Decoder[_M], body: bytes) -> _M:
    if len(body) > BODY_BYTES_MAX:
        raise BadMessage("too long")
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # the error's text may quote the message
        raise BadMessage("not such a message") from None


def _unsealed(message: Request | Answer, secret: Passphrase) -> bytes:
    if message.nexo_blob is None or message.security_trailer is None:
        raise BadMessage("not sealed")
    try:
        return unseal(message.nexo_blob, message.security_trailer, secret)
    except Unprotected as error:
        raise BadMessage(str(error)) from None


def _check_header(header: Header, to: Header) -> None:
    if header.message_type != "Response":
        raise BadMessage("not a response")
    for name in ("service_id", "message_category", "sale_id", "poiid"):
        if getattr(header, name) != getattr(to, name):
            raise BadMessage(f"answer with another {name}")


# ---------------------------------------------------------------- what an answer says


def verdict_of(answer: Answer, request: PaymentRequest) -> Verdict:
    """What the answer to a payment, refund or reversal says about it. The header was checked by `decode_answer`."""
    return _verdict(answer.payment_response, answer.reversal_response, request)


def verdict_of_status(answer: Answer, request: PaymentRequest, ends: Ends) -> Verdict:
    """What the answer to a status question says about the request it asked for."""
    if (said := answer.transaction_status_response) is None:
        return NotOurs("no status inside")
    if said.response.result == "Failure":
        match said.response.error_condition:
            case "InProgress":
                return Working()
            case "NotFound":
                return NotFound()
        return NotOurs("status refused")
    if (repeated := said.repeated) is None:
        return NotOurs("no repeated answer inside")
    try:
        _check_header(repeated.message_header, ends.header(category_of(request), service_id_of(request.id)))
    except BadMessage as error:
        return NotOurs(f"repeated {error}")
    verdict = _verdict(repeated.body.payment_response, repeated.body.reversal_response, request)
    return Settled(verdict.result) if isinstance(verdict, Doubtful) else verdict


def _verdict(paid: PaymentAnswer | None, reversed_: ReversalAnswer | None, request: PaymentRequest) -> Verdict:
    if request.original is not None:
        return NotOurs("no reversal inside") if reversed_ is None else _of_reversal(reversed_, request)
    if paid is None:
        return NotOurs("no payment inside")
    sale = paid.sale_data.sale_transaction.transaction_id if paid.sale_data else None
    if sale is not None and sale != request.ticket:
        return NotOurs("another sale")
    if paid.response.result == "Failure":
        return _of_failure(paid.response, request)
    if sale is None:
        return NotOurs("no sale inside")
    return _of_success(paid, request)


def _of_success(paid: PaymentAnswer, request: PaymentRequest) -> Verdict:
    amounts = paid.payment_result.amounts_resp if paid.payment_result else None
    details = _details(paid, request)
    if amounts is None or paid.response.result != "Success" or details["currency"] != request.currency:
        return Settled(_wrong_amount(request, details))
    if amounts.authorized_amount != amount_of(request.amount_minor, request.currency):
        return Settled(_wrong_amount(request, details))
    return Settled(PaymentResult(request.id, PaymentOutcome.ACCEPTED, **details))


def _wrong_amount(request: PaymentRequest, details: dict[str, Any]) -> PaymentResult:
    """Something moved, but not what we asked for: a person must look."""
    return PaymentResult(request.id, PaymentOutcome.UNKNOWN, PaymentReason.WRONG_AMOUNT, **details)


def _details(paid: PaymentAnswer, request: PaymentRequest) -> dict[str, Any]:
    result = paid.payment_result or Result()
    card = (result.payment_instrument_data or Instrument()).card_data or CardData()
    amounts = result.amounts_resp
    currency = (amounts.currency or request.currency) if amounts else None
    return {
        "amount_minor": minor_of(amounts.authorized_amount, currency) if amounts and currency else None,
        "currency": plain(currency, 3),
        "authorisation": plain((result.payment_acquirer_data or AcquirerData()).approval_code),
        "card": _brand(card.payment_brand),
        "last_digits": last_digits_of(card.masked_pan),
        "reference": _reference(paid.poi_data),
        "receipt": _receipt(paid.payment_receipt),
    }


def _brand(code: str | None) -> str | None:
    return _BRANDS.get((code or "").lower()) or plain(code)


def _of_reversal(answer: ReversalAnswer, request: PaymentRequest) -> Verdict:
    if answer.response.result == "Failure":
        return _of_failure(answer.response, request)
    amount = answer.reversed_amount
    said = request.amount_minor if amount is None else minor_of(amount, request.currency)
    details: dict[str, Any] = {
        "amount_minor": said,
        "currency": request.currency,
        "reference": _reference(answer.poi_data),
        "receipt": _receipt(answer.payment_receipt),
    }
    if said != request.amount_minor or answer.response.result != "Success":
        return Settled(_wrong_amount(request, details))
    return Settled(PaymentResult(request.id, PaymentOutcome.ACCEPTED, **details))


_REFUSALS = {
    "WrongPIN": PaymentReason.WRONG_PIN,
    "InvalidCard": PaymentReason.CARD_NOT_ACCEPTED,
    "PaymentRestriction": PaymentReason.CARD_NOT_ACCEPTED,
    "UnreachableHost": PaymentReason.BANK_UNREACHABLE,
    "NotFound": PaymentReason.ORIGINAL_NOT_FOUND,
}
_TURNED_DOWN = {
    "Busy": (PaymentOutcome.NOT_STARTED, PaymentReason.BUSY),
    "LoggedOut": (PaymentOutcome.NOT_STARTED, PaymentReason.BUSY),
    "UnavailableDevice": (PaymentOutcome.NOT_STARTED, PaymentReason.BUSY),
    "UnavailableService": (PaymentOutcome.REFUSED, PaymentReason.NOT_POSSIBLE),
    "NotAllowed": (PaymentOutcome.REFUSED, PaymentReason.NOT_POSSIBLE),
    "MessageFormat": (PaymentOutcome.REFUSED, PaymentReason.NOT_POSSIBLE),
}
"""Said before a card was looked at, and perhaps because the request had come before: these are asked about first."""
_WORDS = (
    ("ENOUGH_BALANCE", PaymentReason.INSUFFICIENT_FUNDS),
    ("INSUFFICIENT", PaymentReason.INSUFFICIENT_FUNDS),
    ("EXPIRED", PaymentReason.CARD_EXPIRED),
    ("BLOCKED", PaymentReason.CARD_BLOCKED),
    ("PIN", PaymentReason.WRONG_PIN),
    ("AMOUNT", PaymentReason.AMOUNT_NOT_ALLOWED),
    ("NOT_PERMITTED", PaymentReason.CARD_NOT_ACCEPTED),
)


def _of_failure(response: Response, request: PaymentRequest) -> Verdict:
    condition = response.error_condition or ""
    if condition == "InProgress":
        return Working()
    words = "_".join(_words_of(response.additional_response).upper().split())
    if condition in _TURNED_DOWN:
        return Doubtful(PaymentResult(request.id, *_TURNED_DOWN[condition]))
    if condition in ("Cancel", "Aborted", "InsertedCard"):
        over = "TIMEOUT" in words or "TIMED_OUT" in words
        by = PaymentReason.BY_CUSTOMER if condition == "Cancel" else PaymentReason.BY_TILL
        reason = PaymentReason.CARD_WAIT_OVER if over else by
        return Settled(PaymentResult(request.id, PaymentOutcome.ABORTED, reason))
    reason = _REFUSALS.get(condition) or next((r for word, r in _WORDS if word in words), PaymentReason.DECLINED)
    return Settled(PaymentResult(request.id, PaymentOutcome.REFUSED, reason))


def additional(text: str | None) -> dict[str, Any]:
    """`AdditionalResponse`, which comes as base64 of JSON, as JSON, or as a form; empty when it is none of these."""
    if not text:
        return {}
    candidates = [text.encode()]
    try:
        candidates.insert(0, base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        pass
    for candidate in candidates:
        try:
            found = msgspec.json.decode(candidate)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    try:
        return dict(parse_qsl(text, max_num_fields=200))
    except ValueError:
        return {}


def _words_of(text: str | None) -> str:
    """What the terminal says of a refusal. Only for choosing a sentence: what holds is the error condition."""
    found = additional(text)
    inside = found.get("additionalData")
    words = [found.get("message"), found.get("refusalReason")]
    words += [inside.get("message"), inside.get("refusalReason")] if isinstance(inside, dict) else []
    return " ".join(word for word in words if isinstance(word, str))[:500]


def _reference(data: POIData | None) -> str | None:
    """The transaction's name and moment, which a later refund must name."""
    transaction = data.poi_transaction if data else None
    if transaction is None or len(transaction.transaction_id) > 128 or len(transaction.time_stamp) > 40:
        return None
    text = f"{transaction.transaction_id}|{transaction.time_stamp}"
    return text if text.isprintable() else None


def _receipt(receipts: list[Receipt]) -> tuple[str, ...]:
    for receipt in receipts[:10]:
        if receipt.document_qualifier == "CustomerReceipt" and receipt.output_content is not None:
            return receipt_lines([_line(text.text) for text in receipt.output_content.output_text])
    return ()


def _line(text: str) -> str:
    """A line comes as `name=Card&value=Visa&key=...`, or plain."""
    try:
        fields = parse_qs(text, max_num_fields=10) if "=" in text else {}
    except ValueError:
        return text
    if not fields.keys() & {"name", "value"}:
        return text if "key" not in fields else ""
    return "  ".join(part for name in ("name", "value") for part in fields.get(name, [])[:1])


# ---------------------------------------------------------------- what was scanned


class Read(Struct, frozen=True):
    text: str
    symbology: str | None
    """AIM identifier, None when the terminal did not say or says another name."""


def scan_of(answer: Answer) -> Read | ScanMissed:
    """What a scan request brought."""
    if (said := answer.admin_response) is None:
        return ScanMissed.NO_ANSWER
    response = said.response
    found = additional(response.additional_response)
    if response.result != "Success":
        return _missed(response.error_condition or "", found)
    data = found.get("additionalData", found)
    barcode = data.get("Barcode", data) if isinstance(data, dict) else {}
    if not isinstance(barcode, dict):
        return ScanMissed.NO_ANSWER
    text = barcode.get("Data", barcode.get("Barcode.Data"))
    if not isinstance(text, str) or not 0 < len(text) <= SCAN_CHARS_MAX:
        return ScanMissed.NO_ANSWER
    if not all(character.isprintable() or character == "\x1d" for character in text):
        return ScanMissed.NO_ANSWER
    name = barcode.get("Symbology", barcode.get("Barcode.Symbology"))
    return Read(text, _AIM.get(name.upper().replace("-", "").replace("_", "")) if isinstance(name, str) else None)


def _missed(condition: str, found: dict[str, Any]) -> ScanMissed:
    data = found.get("additionalData")
    words = str(found.get("message", "")) + str(data.get("message", "") if isinstance(data, dict) else "")
    if "time" in words.lower():
        return ScanMissed.TIMEOUT
    return {
        "Cancel": ScanMissed.CANCELLED,
        "Aborted": ScanMissed.CANCELLED,
        "Busy": ScanMissed.BUSY,
        "DeviceOut": ScanMissed.TIMEOUT,
        "NotAllowed": ScanMissed.NOT_ABLE,
        "MessageFormat": ScanMissed.NOT_ABLE,
        "UnavailableDevice": ScanMissed.NOT_ABLE,
        "UnavailableService": ScanMissed.NOT_ABLE,
    }.get(condition, ScanMissed.NO_ANSWER)
