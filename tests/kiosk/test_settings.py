"""Paramètres on a real kiosk: each touch of screen 36, and the order it becomes."""

from contextlib import contextmanager

import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record_settings as r
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.test_touch import said, time_passes, wait_until_steady

LIGHT = TOKENS["color"]["light"]
ROWS = {"cumulate": 280, "unknown_code": 352, "start_mode": 496, "free_price_max_minor": 712}
VALUE_X, RESET_X = 700, 1228
SEARCH, BACK, SECTION_SCREEN, HERE, CHOICE = (1000, 100), (28, 28), (130, 494), (440, 164), (460, 405)


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


@contextmanager
def showing(daemon_end, kiosk, **changes):
    """The kiosk with Paramètres on it, once somebody could have seen it."""
    end = daemon_end(r.shown(r.settings(), **changes))
    with kiosk() as panel:
        panel.wait_for(16, 164, LIGHT["primary"])
        wait_until_steady(panel)
        time_passes()
        yield end, panel


def test_each_part_of_the_screen_asks_for_its_order(daemon_end, kiosk, hands):
    touches = [
        ((VALUE_X, ROWS["unknown_code"]), cmd.OpenSetting("unknown_code")),
        ((VALUE_X, ROWS["cumulate"]), cmd.ChangeSetting("cumulate", "0")),
        ((RESET_X, ROWS["free_price_max_minor"]), cmd.ResetSetting("free_price_max_minor")),
        (SECTION_SCREEN, cmd.ShowSettings("screen")),
        (HERE, cmd.ShowSettings(only="here")),
        (BACK, cmd.GoBack()),
    ]
    with showing(daemon_end, kiosk) as (end, _):
        for place, order in touches:
            hands.tap(*place)
            assert said(end, 1) == [order]
            time_passes()


def test_letters_go_to_the_search_and_enter_opens_the_first_hit(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk) as (end, panel):
        hands.type("r")
        assert said(end, 1) == [cmd.ShowSettings(search="r")]
        end.push(r.shown(r.settings(search="r", rows=r.FOUND)))
        wait_until_steady(panel)
        hands.type("Enter")
        assert said(end, 1) == [cmd.OpenSetting("receipt_policy")]


def test_a_choice_is_one_touch(daemon_end, kiosk, hands):
    sheet = v.SettingSheet("start_mode", "take-away", tuple(r.MODES), r.MODES)
    with showing(daemon_end, kiosk) as (end, panel):
        end.push(r.shown(r.settings(), sheet=sheet))
        wait_until_steady(panel)
        time_passes()
        hands.tap(*CHOICE)
        assert said(end, 1) == [cmd.ChangeSetting("start_mode", "eat-in")]
