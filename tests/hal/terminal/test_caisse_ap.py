"""Caisse-AP's fields: split anywhere, damaged anyhow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import PaymentKind, PaymentOutcome, PaymentReason, PaymentRequest
from appliance.hal.terminal import caisse_ap
from appliance.hal.terminal.caisse_ap import BadMessage, Reader, Register
from appliance.hal.terminal.machine import NotOurs, Settled

REQUEST = PaymentRequest("req-1", PaymentKind.DEBIT, 1230, "EUR", "T-0427")
REFUND = PaymentRequest("req-2", PaymentKind.REFUND, 5, "CHF", "T-0427")
ANSWER = caisse_ap.payment(REQUEST, Register()) | {"AE": "10", "AA": "############1111", "AC": "004711"}

values = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
tags = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
messages = st.dictionaries(tags, values, max_size=20).map(lambda rest: {"CZ": "0320"} | rest)


def cuts_of(message: bytes):
    return st.lists(st.integers(0, len(message)), max_size=12).map(
        lambda places: [
            message[start:end] for start, end in zip([0, *sorted(places)], [*sorted(places), len(message)], strict=True)
        ]
    )


def test_a_question_byte_for_byte():
    assert caisse_ap.encode(caisse_ap.payment(REQUEST, Register("02", "123456789012"))) == (
        b"CZ0040320CJ012123456789012CA00202CB0041230CD0010CE003978BA0010CF005req-1"
    )
    assert caisse_ap.payment(REFUND, Register())["CB"] == "05"  # 2 to 12 digits


@given(messages, st.data())
def test_split_anywhere_it_reads_the_same(fields, data):
    message = caisse_ap.encode(fields)
    reader = Reader()
    for piece in data.draw(cuts_of(message)):
        reader.feed(piece)
    assert reader.fields == fields == caisse_ap.decode(message)
    assert reader.is_whole


@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused_or_harmless(received):
    try:
        fields = caisse_ap.decode(received)
    except BadMessage:
        return
    assert isinstance(caisse_ap.verdict_of(fields, REQUEST), NotOurs)


@given(st.data())
def test_one_changed_byte_never_makes_another_amount_accepted(data):
    message = bytearray(caisse_ap.encode(ANSWER))
    place = data.draw(st.integers(0, len(message) - 1))
    message[place] = data.draw(st.integers(0, 255))
    try:
        verdict = caisse_ap.verdict_of(caisse_ap.decode(bytes(message)), REQUEST)
    except BadMessage:
        return
    if isinstance(verdict, Settled) and verdict.result.outcome is PaymentOutcome.ACCEPTED:
        assert (verdict.result.amount_minor, verdict.result.currency) == (1230, "EUR")


def test_a_second_answer_behind_the_first_is_not_mixed_with_it():
    second = ANSWER | {"CF": "other", "CB": "9900"}
    assert caisse_ap.decode(caisse_ap.encode(ANSWER) + caisse_ap.encode(second)) == ANSWER


@pytest.mark.parametrize(
    "message", [b"", b"CZ", b"CZ0040320CB0", b"CB0041230CZ0040320", b"CZ0040320CZ0040320", b"CZ000", b"cz0040320"]
)
def test_what_is_no_message(message):
    with pytest.raises(BadMessage):
        caisse_ap.decode(message)


def test_an_endless_answer_is_cut():
    reader = Reader()
    with pytest.raises(BadMessage, match="too"):
        for number in range(100):
            reader.feed(caisse_ap.encode({"CZ" if number == 0 else f"A{chr(65 + number % 26)}": "x" * 999}))


@pytest.mark.parametrize(
    ("changed", "outcome", "reason"),
    [
        ({}, PaymentOutcome.ACCEPTED, None),
        ({"CB": "1231"}, PaymentOutcome.UNKNOWN, PaymentReason.WRONG_AMOUNT),
        ({"CB": "x"}, PaymentOutcome.UNKNOWN, PaymentReason.WRONG_AMOUNT),
        ({"CE": "756"}, PaymentOutcome.UNKNOWN, PaymentReason.WRONG_AMOUNT),
        ({"AE": "01", "AF": "04"}, PaymentOutcome.REFUSED, PaymentReason.DECLINED),
        ({"AE": "01", "AF": "11"}, PaymentOutcome.ABORTED, PaymentReason.BY_CUSTOMER),
        ({"AE": "01", "AF": "08"}, PaymentOutcome.ABORTED, PaymentReason.CARD_WAIT_OVER),
        ({"AE": "01", "AF": "09"}, PaymentOutcome.REFUSED, PaymentReason.NOT_POSSIBLE),
    ],
)
def test_what_answers_mean(changed, outcome, reason):
    verdict = caisse_ap.verdict_of(ANSWER | changed, REQUEST)
    assert (verdict.result.outcome, verdict.result.reason) == (outcome, reason)


@pytest.mark.parametrize("changed", [{"CF": "req-0"}, {"CD": "1"}, {"AE": "99"}])
def test_what_is_not_ours(changed):
    assert isinstance(caisse_ap.verdict_of(ANSWER | changed, REQUEST), NotOurs)


def test_the_last_ticket_proves_only_what_bears_our_reference():
    question = caisse_ap.duplicate(REQUEST, Register())
    assert REQUEST.id not in question.values()
    assert question["CB"] == "00"
    echoed = question | {"AE": "10"}
    assert isinstance(caisse_ap.verdict_of_duplicate(echoed, REQUEST), NotOurs)
    assert isinstance(caisse_ap.verdict_of_duplicate(ANSWER | {"AE": "01", "AF": "04"}, REQUEST), NotOurs)
    assert caisse_ap.verdict_of_duplicate(ANSWER, REQUEST).result.outcome is PaymentOutcome.ACCEPTED


def test_what_the_protocol_cannot_say():
    assert not caisse_ap.can_say(PaymentRequest("a", PaymentKind.DEBIT, 100, "JPY", "T"))
    assert not caisse_ap.can_say(PaymentRequest("a", PaymentKind.REFUND, 100, "EUR", "T", "original|x"))
    with pytest.raises(ValueError, match="cannot be said"):
        caisse_ap.encode({"CZ": ""})
