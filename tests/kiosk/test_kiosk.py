"""The whole kiosk as a person meets it: a real process on a virtual display, a stand-in at the daemon's end."""

import os
import signal
import threading

import msgspec
import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record
from appliance.protocol import command as cmd
from appliance.protocol import view as v

PAY, DISABLED, PAGE = "#0C7A41", "#DEDAD1", "#F3F1EC"
ON_PAY_KEY = (1030, 725)  # inside Facturer, beside its words
ON_PAGE = (160, 400)  # between rail and tiles


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


def test_it_draws_the_view_and_says_how_many_tiles_it_has(daemon_end, kiosk):
    end = daemon_end(record.view())
    with kiosk() as panel:
        assert end.wait_for(cmd.SetProfile).command == cmd.SetProfile(4, 6)
        panel.wait_for(*ON_PAY_KEY, PAY)
        assert panel.colour(*ON_PAGE) == PAGE
        end.push(record.view(ticket=record.empty_ticket(), grid=record.grid()))
        panel.wait_for(*ON_PAY_KEY, DISABLED)


def test_touches_and_keys_become_commands(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        for spot, command in (
            ((250, 180), cmd.AddProduct(100)),
            ((782, 740), cmd.ShowPage(2)),
            ((80, 190), cmd.ShowCategory(1)),
            ((460, 96), cmd.Arm(3)),
            ((1040, 680), cmd.TakeCash(2500, 2106)),
            ((984, 400), cmd.ChangeQuantity(4, 1)),
            ((1240, 400), cmd.RemoveLine(4)),
            ((1050, 220), cmd.SelectLine(2)),
            ((1250, 28), cmd.OpenSheet("menu")),
        ):
            hands.tap(*spot)
            assert end.wait_for(type(command)).command == command
        hands.type("F1")
        hands.type("Escape")
        hands.type("c")
        assert end.wait_for(cmd.Search).command == cmd.Search("c")
        hands.type("a")
        assert end.wait_for(cmd.Search).command == cmd.Search("ca")
        assert panel.process.poll() is None


def test_a_second_touch_after_a_cash_key_is_ignored(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        hands.tap(1040, 680)
        hands.tap(1140, 680)
        hands.tap(80, 190)
        end.wait_for(cmd.ShowCategory)
        taken = [order for order in list(end.orders.queue) if isinstance(order.command, cmd.TakeCash)]
        assert taken == []


def dearer(**changes):
    """The sale screen with a ticket that became dearer, and other notes on its cash keys."""
    before = record.view()
    assert before.ticket is not None
    keys = tuple(v.CashKey(value, value == 3205) for value in (3205, 3500, 4000, 5000))
    ticket = msgspec.structs.replace(before.ticket, total_minor=3206, cash_keys=keys)
    return msgspec.structs.replace(before, ticket=ticket, **changes)


def test_a_finger_on_its_way_means_what_it_saw_before_the_scan(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        end.push(dearer(cue=v.Cue(1, "scan_ok")))
        hands.tap(1040, 680)
        assert end.wait_for(cmd.TakeCash).command == cmd.TakeCash(2500, 2106)
        threading.Event().wait(0.5)
        hands.tap(950, 750)
        assert end.wait_for(cmd.TakeCard).command == cmd.TakeCard(3206)


def test_after_a_touch_of_its_own_the_finger_may_follow_at_once(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        before = panel.picture().tobytes()
        end.push(dearer())
        while panel.picture().tobytes() == before:
            assert panel.process.poll() is None
        hands.tap(1040, 680)
        assert end.wait_for(cmd.TakeCash).command == cmd.TakeCash(3500, 3206)


def test_it_waits_calmly_for_a_daemon_that_went_away(daemon_end, kiosk):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        end.close()
        panel.wait_for(*ON_PAY_KEY, PAGE)
        daemon_end(record.view())
        panel.wait_for(*ON_PAY_KEY, PAY)


def test_it_comes_back_on_the_same_ticket_after_a_kill(daemon_end, kiosk):
    daemon_end(record.view())
    for _ in range(2):
        with kiosk() as panel:
            panel.wait_for(*ON_PAY_KEY, PAY)
            os.kill(panel.process.pid, signal.SIGKILL)


def test_an_unanswered_order_is_sent_again_under_its_own_id(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        end.answers = False
        hands.tap(250, 180)
        first = end.wait_for(cmd.AddProduct)
        end.close()
        again = daemon_end(record.view())
        assert again.wait_for(cmd.AddProduct) == first


def test_the_panel_decides_the_profile(daemon_end, kiosk):
    end = daemon_end(record.view())
    with kiosk(size=(1024, 600)):
        assert end.wait_for(cmd.SetProfile).command == cmd.SetProfile(4, 5)
    with kiosk(size=(1920, 1080)):
        assert end.wait_for(cmd.SetProfile).command == cmd.SetProfile(5, 6)
