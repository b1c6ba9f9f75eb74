"""Peser on a real kiosk: grey while something moves, and what is on the screen is what is sent."""

import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.test_touch import said, show_sheet, time_passes

WEIGH, TARE, FOUR = (660, 736), (230, 740), (98, 465)
BESIDE_ITS_WORD = (520, 736)


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


def test_the_key_waits_until_nothing_moves(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, v.WeighSheet("Tomates grappe", 590, "moving"))
        hands.tap(*WEIGH)
        hands.tap(*TARE)
        assert said(end) == []
        end.push(record.view(sheet=v.WeighSheet("Tomates grappe", 590, "stable", 845, 499, can_tare=True)))
        panel.wait_for(*BESIDE_ITS_WORD, TOKENS["color"]["light"]["primary"])
        time_passes()
        hands.tap(*WEIGH)
        assert said(end, 1) == [cmd.Weigh(845)]
        hands.tap(*TARE)
        assert said(end, 1) == [cmd.Tare()]


def test_when_the_scale_goes_the_keys_have_their_size(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, v.WeighSheet("Tomates grappe", 590, "empty"))
        end.push(record.view(sheet=v.WeighSheet("Tomates grappe", 590, "by_hand")))
        panel.wait_for(50, 700, TOKENS["color"]["light"]["sunken"])  # beside the point of the lowest row
        time_passes()
        hands.tap(*FOUR)
        panel.wait_for(*BESIDE_ITS_WORD, TOKENS["color"]["light"]["primary"])


def test_without_a_scale_the_weight_is_typed(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, v.WeighSheet("Tomates grappe", 590, "by_hand"))
        hands.tap(*WEIGH)
        assert said(end) == []
        hands.tap(*FOUR)
        panel.wait_for(*BESIDE_ITS_WORD, TOKENS["color"]["light"]["primary"])
        hands.tap(*WEIGH)
        assert said(end, 1) == [cmd.TypeWeight(4_000)]
