"""The dialogue's rules, one by one, without a wire."""

import itertools

import pytest

from appliance.hal.device import PaymentOutcome, PaymentReason, PaymentResult
from appliance.hal.terminal.machine import (
    Ask,
    Dialogue,
    Done,
    Doubtful,
    Limits,
    NotFound,
    NotOurs,
    Send,
    Settled,
    Working,
)

LIMITS = Limits()
ACCEPTED = PaymentResult("a", PaymentOutcome.ACCEPTED, amount_minor=100)
BUSY = PaymentResult("a", PaymentOutcome.NOT_STARTED, PaymentReason.BUSY)
HEARD = (Settled(ACCEPTED), Working(), NotFound(), Doubtful(BUSY), NotOurs("another"), None)


def a_dialogue(is_old=False):
    dialogue = Dialogue("a", LIMITS, is_old)
    assert dialogue.begin() == Send()
    return dialogue


def outcome(step):
    return (step.result.outcome, step.result.reason) if isinstance(step, Done) else step


def test_it_sends_once():
    with pytest.raises(AssertionError):
        a_dialogue().begin()
    resumed = Dialogue("a", LIMITS)
    assert resumed.resume() == Ask(0)
    with pytest.raises(AssertionError):
        resumed.begin()


def test_no_byte_left_is_not_started():
    step = a_dialogue().not_sent(PaymentReason.UNREACHABLE)
    assert outcome(step) == (PaymentOutcome.NOT_STARTED, PaymentReason.UNREACHABLE)


def test_a_lost_answer_is_asked_for_at_once():
    assert a_dialogue().lost() == Ask(0)


def test_not_found_must_be_said_twice():
    dialogue = a_dialogue()
    dialogue.lost()
    assert dialogue.told(NotFound()) == Ask(LIMITS.ask_every_s)
    assert outcome(dialogue.told(NotFound())) == (PaymentOutcome.NOT_STARTED, PaymentReason.NEVER_ARRIVED)


def test_silence_between_two_not_founds_begins_anew():
    dialogue = a_dialogue()
    dialogue.lost()
    dialogue.told(NotFound())
    dialogue.silent()
    assert dialogue.told(NotFound()) == Ask(LIMITS.ask_every_s)


def test_what_was_at_work_and_is_not_found_any_more_is_unknown():
    dialogue = a_dialogue()
    dialogue.lost()
    dialogue.told(Working())
    steps = [dialogue.told(NotFound()) for _ in range(LIMITS.silent_max)]
    assert outcome(steps[-1])[0] is PaymentOutcome.UNKNOWN


def test_a_request_of_yesterday_may_be_forgotten():
    dialogue = a_dialogue(is_old=True)
    dialogue.lost()
    steps = [dialogue.told(NotFound()) for _ in range(LIMITS.silent_max)]
    assert outcome(steps[-1]) == (PaymentOutcome.UNKNOWN, PaymentReason.NO_ANSWER)


def test_turned_down_holds_once_the_terminal_does_not_know_it():
    dialogue = a_dialogue()
    assert dialogue.answered(Doubtful(BUSY)) == Ask(0)
    assert dialogue.told(NotFound()) == Done(BUSY)


def test_turned_down_because_it_has_it_already():
    dialogue = a_dialogue()
    dialogue.answered(Doubtful(BUSY))
    assert dialogue.told(Working()) == Ask(LIMITS.ask_every_s)
    assert dialogue.told(Settled(ACCEPTED)) == Done(ACCEPTED)


def test_work_does_not_go_on_for_ever():
    dialogue = a_dialogue()
    dialogue.lost()
    steps = [dialogue.told(Working()) for _ in range(LIMITS.working_max)]
    assert outcome(steps[-1])[0] is PaymentOutcome.UNKNOWN
    assert all(isinstance(step, Ask) for step in steps[:-1])


def test_no_sequence_without_proof_settles_anything():
    """Every way through six questions: accepted only after the terminal said so, "never arrived" only after it said
    twice in a row that it does not know the request and never that it is at work."""
    for heard in itertools.product(HEARD, repeat=6):
        dialogue = a_dialogue()
        step = dialogue.lost()
        said: list = []
        for verdict in heard:
            if isinstance(step, Done):
                break
            said.append(verdict)
            step = dialogue.silent() if verdict is None else dialogue.told(verdict)
        if not isinstance(step, Done):
            continue
        match step.result.outcome:
            case PaymentOutcome.ACCEPTED:
                assert said[-1] == Settled(ACCEPTED)
            case PaymentOutcome.NOT_STARTED:
                assert said[-2:] == [NotFound(), NotFound()]
                assert Working() not in said
            case other:
                assert other is PaymentOutcome.UNKNOWN
                assert Settled(ACCEPTED) not in said
