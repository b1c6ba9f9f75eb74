"""nexo messages: what they say, and what is not believed."""

import base64
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import PaymentKind, PaymentOutcome, PaymentReason, PaymentRequest, ScanMissed
from appliance.hal.terminal import nexo
from appliance.hal.terminal.machine import Doubtful, NotFound, NotOurs, Settled, Working
from appliance.hal.terminal.nexo import BadMessage, Ends, Read, decode_answer, decode_request, encode_request
from tests.hal.terminal.conftest import SECRET

ENDS = Ends("Caisse-1", "S1F2L-000158213301234")
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
REQUEST = PaymentRequest("0427-1", PaymentKind.DEBIT, 1230, "CHF", "T-0427")
SERVICE_ID = nexo.service_id_of(REQUEST.id)
HEADER = ENDS.header("Payment", SERVICE_ID)


def an_answer(result="Success", condition=None, amount=12.30, currency="CHF", ticket="T-0427", **header) -> dict:
    fields = {
        "MessageClass": "Service", "MessageCategory": "Payment", "MessageType": "Response", "SaleID": "Caisse-1",
        "POIID": ENDS.poiid, "ServiceID": SERVICE_ID, "ProtocolVersion": "3.0",
    }  # fmt: skip
    body = {
        "Response": {"Result": result},
        "SaleData": {"SaleTransactionID": {"TransactionID": ticket, "TimeStamp": "2026-11-21T09:30:00.000Z"}},
        "POIData": {"POITransactionID": {"TransactionID": "BV0q001.X", "TimeStamp": "2026-11-21T09:30:05.000Z"}},
    }
    if condition:
        body["Response"]["ErrorCondition"] = condition
    if amount is not None:
        body["PaymentResult"] = {
            "AmountsResp": {"Currency": currency, "AuthorizedAmount": amount},
            "PaymentInstrumentData": {"CardData": {"MaskedPan": "541333 **** 9999", "PaymentBrand": "mc"}},
            "PaymentAcquirerData": {"ApprovalCode": "123456"},
        }
    return {"SaleToPOIResponse": {"MessageHeader": fields | header, "PaymentResponse": body}}


def verdict(answer: dict, request=REQUEST):
    return nexo.verdict_of(decode_answer(msgspec.json.encode(answer), None, HEADER), request)


def test_a_payment_as_it_stands_on_the_wire():
    message = msgspec.json.decode(encode_request(nexo.payment(ENDS, REQUEST, AT), None))
    assert message == {
        "SaleToPOIRequest": {
            "MessageHeader": {
                "MessageCategory": "Payment", "MessageType": "Request", "SaleID": "Caisse-1", "POIID": ENDS.poiid,
                "ServiceID": SERVICE_ID, "MessageClass": "Service", "ProtocolVersion": "3.0",
            },
            "PaymentRequest": {
                "SaleData": {
                    "SaleTransactionID": {"TransactionID": "T-0427", "TimeStamp": "2026-11-21T09:30:00.000Z"}
                },
                "PaymentTransaction": {"AmountsReq": {"Currency": "CHF", "RequestedAmount": 12.3}},
            },
        }
    }  # fmt: skip
    assert b'"RequestedAmount":12.30' in encode_request(nexo.payment(ENDS, REQUEST, AT), None)


def test_a_question_names_the_lost_request():
    message = msgspec.json.decode(encode_request(nexo.status(ENDS, "ABC", REQUEST), None))["SaleToPOIRequest"]
    assert message["TransactionStatusRequest"] == {
        "MessageReference": {
            "MessageCategory": "Payment", "ServiceID": SERVICE_ID, "SaleID": "Caisse-1", "POIID": ENDS.poiid
        },
        "ReceiptReprintFlag": False,
    }  # fmt: skip


def test_a_scan_is_an_admin_request():
    message = msgspec.json.decode(encode_request(nexo.scan(ENDS, "ABC", 7, 30_000), None))["SaleToPOIRequest"]
    order = msgspec.json.decode(base64.b64decode(message["AdminRequest"]["ServiceIdentification"]))
    operation = [{"Type": "ScanBarcode", "TimeoutMs": 30_000}]
    assert order == {"Session": {"Id": 7, "Type": "Once"}, "Operation": operation}


@given(st.text("ABCDEFabcdef0123456789-_", min_size=1, max_size=36))
def test_a_service_id_is_ten_alphanumerics_and_stays(request_id):
    assert nexo.service_id_of(request_id) == nexo.service_id_of(request_id)
    assert len(nexo.service_id_of(request_id)) == 10
    assert nexo.service_id_of(request_id).isalnum()


def test_service_ids_differ():
    assert len({nexo.service_id_of(f"till-1-{number}") for number in range(20_000)}) == 20_000


@given(st.integers(0, 10**10 - 1), st.sampled_from(["CHF", "EUR", "JPY", "KWD"]))
def test_amounts_survive_exactly(amount_minor, currency):
    amount = nexo.amount_of(amount_minor, currency)
    again = msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(amount), type=Decimal)
    assert nexo.minor_of(again, currency) == amount_minor


@pytest.mark.parametrize("amount", ["0.005", "12.301", "1E+400", "1E-400", "99999999999999999999"])
def test_amounts_nobody_can_pay(amount):
    assert nexo.minor_of(Decimal(amount), "CHF") is None


def test_what_an_accepted_payment_tells():
    result = verdict(an_answer()).result
    assert (result.outcome, result.amount_minor, result.currency) == (PaymentOutcome.ACCEPTED, 1230, "CHF")
    assert (result.card, result.last_digits, result.authorisation) == ("Mastercard", "9999", "123456")
    assert result.reference == "BV0q001.X|2026-11-21T09:30:05.000Z"


@pytest.mark.parametrize(
    "header",
    [
        {"ServiceID": "ANOTHER"},
        {"SaleID": "Caisse-2"},
        {"POIID": "S1F2L-1"},
        {"MessageCategory": "Reversal"},
        {"MessageType": "Request"},
    ],
)
def test_an_answer_to_another_message_is_refused(header):
    with pytest.raises(BadMessage):
        verdict(an_answer(**header))


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(amount=12.31),
        an_answer(amount=1230),
        an_answer(currency="EUR"),
        an_answer("Partial", amount=10),
        an_answer(amount=None),
        an_answer("Whatever"),
    ],
)
def test_another_amount_is_unknown(answer):
    result = verdict(answer).result
    assert (result.outcome, result.reason) == (PaymentOutcome.UNKNOWN, PaymentReason.WRONG_AMOUNT)


ODD = ["sNaN", "-sNaN123", "NaN", "Infinity", "-Infinity", "1E+400", "1E+99999999999", "0E-999999999999999999",
    "12.3" + "0" * 100_000, "9" * 100_000, "1E-13", "1E+9999999999999999999999"]  # fmt: skip


@pytest.mark.parametrize("amount", ODD)
def test_what_is_no_amount_makes_a_bad_message(amount):
    with pytest.raises(BadMessage):
        verdict(an_answer(amount=amount))
    with pytest.raises(BadMessage):
        status_answer("Success", repeated=an_answer(amount=amount))
    refund = msgspec.structs.replace(REQUEST, kind=PaymentKind.REFUND, original="BV0q001.X|2026-11-21T09:30:05.000Z")
    message = an_answer(MessageCategory="Reversal")
    inside = message["SaleToPOIResponse"]
    inside["ReversalResponse"] = inside.pop("PaymentResponse") | {"ReversedAmount": amount}
    with pytest.raises(BadMessage):
        decode_answer(msgspec.json.encode(message), None, ENDS.header("Reversal", SERVICE_ID))
    inside["ReversalResponse"]["ReversedAmount"] = "12.300"
    answer = decode_answer(msgspec.json.encode(message), None, ENDS.header("Reversal", SERVICE_ID))
    assert nexo.verdict_of(answer, refund).result.outcome is PaymentOutcome.ACCEPTED


NUMBERS = st.decimals(allow_nan=True, allow_infinity=True).map(str) | st.text("0123456789.eE+-sNaInfty", max_size=30)


@given(NUMBERS)
def test_no_number_is_a_surprise(number):
    try:
        said = verdict(an_answer(amount=number))
    except BadMessage:
        return
    is_ours = Decimal(number) == Decimal("12.30")
    assert (said.result.outcome is PaymentOutcome.ACCEPTED) == is_ours


def test_an_answer_about_another_sale_proves_nothing():
    assert isinstance(verdict(an_answer(ticket="T-0426")), NotOurs)


@pytest.mark.parametrize("condition", ["Busy", "NotAllowed", "MessageFormat", "LoggedOut", "UnavailableDevice"])
def test_turned_down_before_a_card_is_doubtful(condition):
    assert isinstance(verdict(an_answer("Failure", condition, amount=None)), Doubtful)


def test_a_failure_without_a_reason_is_a_refusal():
    result = verdict(an_answer("Failure", amount=None)).result
    assert (result.outcome, result.reason) == (PaymentOutcome.REFUSED, PaymentReason.DECLINED)


def status_answer(result, condition=None, repeated=None):
    header = an_answer()["SaleToPOIResponse"]["MessageHeader"]
    said = {"Response": {"Result": result, "ErrorCondition": condition}}
    if repeated is not None:
        inside = repeated["SaleToPOIResponse"]
        body = {"PaymentResponse": inside["PaymentResponse"]}
        said["RepeatedMessageResponse"] = {
            "MessageHeader": inside["MessageHeader"], "RepeatedResponseMessageBody": body
        }  # fmt: skip
    message = {
        "SaleToPOIResponse": {
            "MessageHeader": header | {"MessageCategory": "TransactionStatus", "ServiceID": "Q"},
            "TransactionStatusResponse": said,
        }
    }
    answer = decode_answer(msgspec.json.encode(message), None, ENDS.header("TransactionStatus", "Q"))
    return nexo.verdict_of_status(answer, REQUEST, ENDS)


def test_what_a_question_brings():
    assert status_answer("Failure", "InProgress") == Working()
    assert status_answer("Failure", "NotFound") == NotFound()
    assert status_answer("Success", repeated=an_answer()).result.outcome is PaymentOutcome.ACCEPTED
    assert isinstance(status_answer("Success", repeated=an_answer(ServiceID="OTHER")), NotOurs)
    assert isinstance(status_answer("Success"), NotOurs)
    assert isinstance(status_answer("Failure", "Busy"), NotOurs)
    busy = status_answer("Success", repeated=an_answer("Failure", "Busy", amount=None))
    assert isinstance(busy, Settled)


@given(st.binary(max_size=400))
def test_hostile_bytes_are_refused(body):
    for secret in (None, SECRET):
        with pytest.raises(BadMessage):
            decode_answer(body, secret, HEADER)
        with pytest.raises(BadMessage):
            decode_request(body, secret)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"SaleToPOIResponse":' + b'{"a":' * 50_000,
        b" " * (nexo.BODY_BYTES_MAX + 1),
        b'{"SaleToPOIResponse": null}',
        b'{"SaleToPOIResponse": {"MessageHeader": 1}}',
    ],
)
def test_nothing_deep_or_endless_is_read(body):
    with pytest.raises(BadMessage):
        decode_answer(body, None, HEADER)


@given(st.data())
def test_a_changed_byte_never_makes_another_amount_accepted(data):
    body = bytearray(msgspec.json.encode(an_answer()))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        said = nexo.verdict_of(decode_answer(bytes(body), None, HEADER), REQUEST)
    except BadMessage:
        return
    if isinstance(said, Settled) and said.result.outcome is PaymentOutcome.ACCEPTED:
        assert (said.result.amount_minor, said.result.currency) == (1230, "CHF")


def test_sealed_and_clear_do_not_mix():
    sealed = encode_request(nexo.payment(ENDS, REQUEST, AT), SECRET)
    assert b"AmountsReq" not in sealed
    assert decode_request(sealed, SECRET) == nexo.payment(ENDS, REQUEST, AT)
    with pytest.raises(BadMessage, match="no key"):
        decode_request(sealed, None)
    with pytest.raises(BadMessage, match="not sealed"):
        decode_request(encode_request(nexo.payment(ENDS, REQUEST, AT), None), SECRET)


def test_the_readable_header_must_be_the_sealed_one():
    message = msgspec.json.decode(encode_request(nexo.payment(ENDS, REQUEST, AT), SECRET))
    message["SaleToPOIRequest"]["MessageHeader"]["SaleID"] = "Caisse-9"
    with pytest.raises(BadMessage, match="another header"):
        decode_request(msgspec.json.encode(message), SECRET)


def scanned(response: dict) -> Read | ScanMissed:
    header = an_answer()["SaleToPOIResponse"]["MessageHeader"] | {"MessageCategory": "Admin"}
    message = {"SaleToPOIResponse": {"MessageHeader": header, "AdminResponse": {"Response": response}}}
    return nexo.scan_of(decode_answer(msgspec.json.encode(message), None, ENDS.header("Admin", SERVICE_ID)))


def words(found: dict) -> str:
    return base64.b64encode(msgspec.json.encode(found)).decode()


@pytest.mark.parametrize(
    "additional",
    [
        words({"additionalData": {"Barcode": {"Data": "7612345678900", "Symbology": "EAN13"}}}),
        words({"Barcode": {"Data": "7612345678900", "Symbology": "EAN-13"}}),
        words({"additionalData": {"Barcode.Data": "7612345678900", "Barcode.Symbology": "ean13"}}),
        '{"additionalData": {"Barcode": {"Data": "7612345678900", "Symbology": "EAN13"}}}',
        "Barcode.Data=7612345678900&Barcode.Symbology=EAN13",
    ],
)
def test_a_code_in_any_of_its_wrappings(additional):
    assert scanned({"Result": "Success", "AdditionalResponse": additional}) == Read("7612345678900", "E0")


def test_a_symbology_nobody_knows_is_left_open():
    additional = words({"additionalData": {"Barcode": {"Data": "ABC", "Symbology": "UNKNOWN"}}})
    assert scanned({"Result": "Success", "AdditionalResponse": additional}) == Read("ABC", None)


@pytest.mark.parametrize(
    ("response", "missed"),
    [
        ({"Result": "Failure", "ErrorCondition": "Busy"}, ScanMissed.BUSY),
        ({"Result": "Failure", "ErrorCondition": "Aborted"}, ScanMissed.CANCELLED),
        ({"Result": "Failure", "ErrorCondition": "NotAllowed"}, ScanMissed.NOT_ABLE),
        (
            {"Result": "Failure", "ErrorCondition": "Aborted", "AdditionalResponse": words({"message": "Timeout"})},
            ScanMissed.TIMEOUT,
        ),
        ({"Result": "Failure"}, ScanMissed.NO_ANSWER),
        ({"Result": "Success"}, ScanMissed.NO_ANSWER),
        (
            {"Result": "Success", "AdditionalResponse": words({"Barcode": {"Data": "a\x1b[2J"}})},
            ScanMissed.NO_ANSWER,
        ),
    ],
)
def test_what_brings_no_code(response, missed):
    assert scanned(response) is missed


@given(st.text(max_size=300))
def test_hostile_additional_words_are_harmless(text):
    assert isinstance(nexo.additional(text), dict)


def test_the_customers_receipt_and_no_card_number():
    answer = an_answer()
    lines = ["name=CARTE&value=4111111111111111&key=pan", "plain", "key=filler", "name=TOTAL&value=12.30"]
    texts = [{"Text": line, "EndOfLineFlag": True} for line in lines]
    answer["SaleToPOIResponse"]["PaymentResponse"]["PaymentReceipt"] = [
        {"DocumentQualifier": "CashierReceipt", "OutputContent": {"OutputText": [{"Text": "no"}]}},
        {"DocumentQualifier": "CustomerReceipt", "OutputContent": {"OutputFormat": "Text", "OutputText": texts}},
    ]
    assert verdict(answer).result.receipt == ("CARTE  ************1111", "plain", "", "TOTAL  12.30")
