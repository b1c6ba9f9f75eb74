"""What becomes of a document: taken, waiting, watched, back to the last good one. Times are handed in."""

import pytest
from msgspec.structs import replace

from appliance.domain import configuration as c
from appliance.domain.errors import Refusal
from appliance.domain.settings import Level, Levels

NOW, LOCAL = "2026-11-22T07:00:00.000+00:00", "2026-11-22T08:00"
TILL = c.Adoption(identity=c.Identity("bourg", ("till-1", "all"), ("aa" * 32,)))


def document(version=1, **changes):
    usual = {"v": 1, "chain": "bourg", "target": "till-1", "version": version, "body": dark(version)}
    return c.Document(**{**usual, **changes})


def dark(version):
    return Levels(till=Level({"lock_after_s": version}))


def after(seconds):
    minutes, seconds = divmod(seconds, 60)
    return f"2026-11-22T07:{minutes:02d}:{seconds:02d}.000+00:00"


def code_of(adoption, found, now=NOW):
    with pytest.raises(Refusal) as caught:
        c.admit(adoption, found, now)
    return caught.value.code


def adopted(adoption, found, now=NOW):
    c.admit(adoption, found, now)
    c.validate(found, "CH")
    return c.apply(c.stage(adoption, found, now), now, LOCAL)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"v": 2}, "settings.form"),
        ({"chain": "lac"}, "settings.foreign"),
        ({"target": "till-2"}, "settings.foreign"),
        ({"expires": "2026-11-22T06:59:59.999+00:00"}, "settings.expired"),
        ({"expires": NOW}, "settings.expired"),
        ({"expires": "soon"}, "settings.value"),
        ({"not_before": "2026-11-22T07:00:00"}, "settings.value"),
        ({"not_before": "0001-01-01T00:00:00+14:00"}, "settings.value"),
        ({"keys": ("zz" * 32,)}, "settings.value"),
        ({"version": 4}, "settings.replayed"),
        ({"version": 3}, "settings.older"),
    ],
)
def test_what_is_not_for_this_till_and_this_time_is_refused(changes, code):
    assert code_of(replace(TILL, highest=4), replace(document(9), **changes)) == code


def test_a_document_waits_for_its_time_and_a_newer_one_replaces_it():
    waiting = c.stage(TILL, document(1, not_before=after(600)), NOW)
    assert not c.is_due(waiting, NOW) and not c.is_due(waiting, after(599)) and c.is_due(waiting, after(600))
    newer = c.stage(waiting, document(2), NOW)
    assert (newer.staged.version, newer.highest, newer.state) == (2, 2, "staged")


def test_a_document_that_expires_while_it_waits_is_gone():
    waiting = c.stage(TILL, document(1, expires=after(60)), NOW)
    assert c.expire(waiting, after(59)) is waiting
    gone = c.expire(waiting, after(60))
    assert (gone.staged, gone.state, gone.reason, gone.version) == (None, "refused", "settings.expired", 1)


def test_a_healthy_one_becomes_the_one_to_fall_back_on():
    first = adopted(TILL, document(1))
    assert first.state == "applied" and not c.is_over(first, after(119)) and c.is_over(first, after(120))
    first = c.settle(first)
    assert (first.state, first.version, first.is_watched) == ("current", 1, False)
    second = adopted(first, document(2))
    assert second.previous.version == 1
    back = c.roll_back(second, "defect")
    assert (back.current.version, back.state, back.version, back.reason) == (1, "rolled_back", 2, "defect")
    assert code_of(back, document(2)) == "settings.replayed"


def test_one_that_was_still_watched_is_never_fallen_back_on():
    second = adopted(adopted(TILL, document(1)), document(2))
    assert second.previous is None
    assert c.roll_back(second, "defect").current is None


def test_the_third_crash_within_five_minutes_starts_with_the_document_before():
    second = adopted(c.settle(adopted(TILL, document(1))), document(2))
    for seconds in (20, 150):
        second = c.started(second, after(seconds))
        assert second.current.version == 2
    back = c.started(second, after(299))
    assert (back.current.version, back.reason) == (1, "crashes")
    late = c.started(second, after(300))
    assert late.current.version == 2


def test_a_clock_that_went_back_counts_as_within_the_window():
    second = adopted(c.settle(adopted(TILL, document(1))), document(2), after(100))
    for _ in range(3):
        second = c.started(second, NOW)
    assert second.current.version == 1


def test_an_orderly_end_is_no_crash():
    applied = adopted(TILL, document(1))
    for _ in range(5):
        applied = c.ended(c.started(applied, after(30)))
    assert applied.current.version == 1


def test_keys_come_with_a_document_that_a_pinned_key_has_signed():
    staged = c.stage(TILL, document(1, keys=("bb" * 32, "cc" * 32)), NOW)
    assert staged.identity.keys == ("bb" * 32, "cc" * 32)
    assert c.stage(staged, document(2), NOW).identity.keys == ("bb" * 32, "cc" * 32)


def test_a_refusal_leaves_what_waits_and_what_holds():
    waiting = c.stage(adopted(TILL, document(1)), document(2, not_before=after(600)), NOW)
    refused = c.refuse(waiting, Refusal("settings.seal"))
    assert (refused.staged, refused.current) == (waiting.staged, waiting.current)
    assert (refused.state, refused.reason) == ("refused", "settings.seal")


def test_told_again_whose_it_is_a_till_keeps_the_keys_that_came_since():
    told = c.Identity("bourg", ("till-1", "all"), ("aa" * 32,))
    joined = c.joined(c.Adoption(), told)
    assert joined.identity == told
    rotated = c.stage(joined, document(1, keys=("bb" * 32,)), NOW)
    assert c.joined(rotated, told) == rotated
    assert c.joined(rotated, replace(told, keys=("cc" * 32,))).identity.keys == ("cc" * 32,)
    moved = c.joined(rotated, replace(told, chain="lac"))
    assert (moved.highest, moved.staged, moved.identity.chain) == (0, None, "lac")
