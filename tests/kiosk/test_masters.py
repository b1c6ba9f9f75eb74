"""Mes Données on a real kiosk: each touch of screen 24 and its editors, and the order it becomes."""

from contextlib import contextmanager

import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record_masters as r
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.test_touch import said, time_passes, wait_until_steady

LIGHT = TOKENS["color"]["light"]
HANDLE_X, NAME_X, SWITCH_X = 456, 620, 1212
ROWS = {"cash": 184, "card": 264, "twint": 344, "wallet": 424, "gift-voucher": 504}
SECTIONS = {"modes": (270, 98), "groups": (270, 164)}
CASH = {
    "after": ((532, 337), cmd.FillTenderMode("place", "2")),
    "before": ((296, 337), cmd.FillTenderMode("place", "0")),
    "drawer": ((300, 409), cmd.FillTenderMode("opens_drawer", "")),
    "quick": ((860, 409), cmd.FillTenderMode("quick_key", "")),
    "customer": ((300, 469), cmd.FillTenderMode("needs_customer", "1")),
    "funds": ((680, 469), cmd.FillTenderMode("funds_wallet", "")),
    "rounding": ((624, 563), cmd.FillTenderMode("rounding_minor", "10")),
    "cancel": ((704, 641), cmd.CloseSheet()),
    "save": ((906, 641), cmd.SaveTenderMode()),
}
GROUP = {
    "category": ((410, 403), cmd.FillGroup("pick", row=0)),
    "remove": ((988, 467), cmd.FillGroup("remove", row=1)),
    "add": ((380, 545), cmd.FillGroup("add")),
    "delete": ((344, 619), cmd.DeleteGroup("g-vip")),
    "cancel": ((704, 619), cmd.CloseSheet()),
    "save": ((906, 619), cmd.SaveGroup()),
}
NAME, RATE, DATE_TO = (440, 243), (620, 403), (886, 403)
OFF = {"no": (488, 480), "yes": (790, 480)}
ADD, TAB_CLIENTS, LOCK, TAKE_BACK = (1196, 102), (63, 318), (63, 756), (1198, 756)


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


@contextmanager
def showing(daemon_end, kiosk, content, **changes):
    """The kiosk with Mes Données on it, once somebody could have seen it."""
    end = daemon_end(r.shown(content, **changes))
    with kiosk() as panel:
        panel.wait_for(8, 380, LIGHT["primary"])
        wait_until_steady(panel)
        time_passes()
        yield end, panel


def over(end, panel, content, sheet):
    """A sheet over Mes Données, drawn."""
    time_passes()  # what was typed before has been drawn
    before = panel.picture().tobytes()
    end.push(r.shown(content, sheet=sheet))
    until(panel, lambda picture: picture != before)
    wait_until_steady(panel)
    time_passes()


def types(hands, panel, spot, text):
    """A touch that opens the keyboard, the text, and Enter, which shuts it."""
    before = panel.picture().tobytes()
    hands.tap(*spot)
    until(panel, lambda picture: picture != before)
    wait_until_steady(panel)
    for key in (*["Backspace"] * 12, *text, "Enter"):
        hands.type(key)
    until(panel, lambda picture: picture == before)


def until(panel, holds):
    for _ in range(400):
        if holds(panel.picture().tobytes()):
            return
    pytest.fail("the picture did not come")


def test_the_switch_the_row_the_sections_and_the_tabs(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.masters(), undo=r.DONE) as (end, _panel):
        hands.tap(SWITCH_X, ROWS["wallet"])
        hands.tap(NAME_X, ROWS["wallet"])
        for spot in (SECTIONS["groups"], ADD, TAKE_BACK, TAB_CLIENTS, LOCK):
            hands.tap(*spot)
        assert said(end, 7) == [
            cmd.SwitchTenderMode("wallet", on=False), cmd.EditTenderMode("wallet"), cmd.ShowSection("groups"),
            cmd.EditTenderMode(), cmd.Undo(5), cmd.ShowTab("clients"), cmd.Lock(),
        ]  # fmt: skip


def test_a_row_is_dragged_by_its_handle_and_told_once(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.masters()) as (end, panel):
        hands.touch("down", HANDLE_X, ROWS["twint"])
        panel.wait_for(800, ROWS["twint"] - 30, LIGHT["primary-soft"])
        for y in range(ROWS["twint"], ROWS["cash"] - 1, -8):
            hands.touch("move", HANDLE_X, y)
        panel.wait_for(800, ROWS["cash"] - 30, LIGHT["primary-soft"])
        end.push(r.shown(r.masters()))
        wait_until_steady(panel)
        assert panel.picture().getpixel((800, ROWS["cash"] - 30))[:3] != (255, 255, 255), "a view took the row away"
        hands.touch("up", HANDLE_X, ROWS["cash"])
        assert said(end, 1) == [cmd.MoveTenderMode("twint", 0)]


def test_a_row_that_is_let_go_where_it_was_is_not_told(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.masters()) as (end, _panel):
        hands.tap(HANDLE_X, ROWS["card"])
        assert said(end) == []


def test_the_editor_of_cash(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.masters()) as (end, panel):
        over(end, panel, r.masters(), r.cash_sheet(place=2))
        for spot, _ in CASH.values():
            hands.tap(*spot)
        assert said(end, len(CASH)) == [command for _, command in CASH.values()]
        types(hands, panel, NAME, "Cash")
        assert said(end, 1) == [cmd.FillTenderMode("name", "Cash")]


def test_switching_off_with_balances_is_asked(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.masters()) as (end, panel):
        over(end, panel, r.masters(), v.ModeOffSheet("wallet", "Cagnotte client", 12, 104_320))
        hands.tap(*OFF["no"])
        hands.tap(*OFF["yes"])
        assert said(end, 2) == [cmd.CloseSheet(), cmd.SwitchTenderMode("wallet", on=False, confirmed=True)]


def test_groups_and_their_editor(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.groups()) as (end, panel):
        hands.tap(NAME_X, 264)
        hands.tap(*ADD)
        assert said(end, 2) == [cmd.EditGroup("g-pro"), cmd.EditGroup()]
        over(end, panel, r.groups(), r.group_sheet())
        for spot, _ in GROUP.values():
            hands.tap(*spot)
        assert said(end, len(GROUP)) == [command for _, command in GROUP.values()]
        types(hands, panel, RATE, "7.5")
        types(hands, panel, DATE_TO, "31.12.26")
        assert said(end, 2) == [cmd.FillGroup("rate", "7.5"), cmd.FillGroup("to", "31.12.26")]
        over(end, panel, r.groups(), r.group_sheet(picking=1, categories=r.CATEGORIES))
        hands.tap(830, 242)
        assert said(end, 1) == [cmd.FillGroup("category", "1", 1)]


def test_a_group_goes_away_with_one_touch_on_where_its_customers_go(daemon_end, kiosk, hands):
    with showing(daemon_end, kiosk, r.groups()) as (end, panel):
        over(end, panel, r.groups(), v.GroupDeleteSheet("g-vip", "VIP", 12, (v.ClientGroupKey("g-pro", "Pro", 500),)))
        hands.tap(460, 450)
        hands.tap(820, 450)
        assert said(end, 2) == [cmd.DeleteGroup("g-vip", "g-pro"), cmd.DeleteGroup("g-vip", "")]
