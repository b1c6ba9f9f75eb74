"""The wallet's sheets on a real kiosk: each touch of mock-ups 14, 15 and 17 and the order it becomes."""

from contextlib import contextmanager

import pytest

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record, record_clients, record_wallet
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.test_touch import said, time_passes, wait_until_steady

LIGHT = TOKENS["color"]["light"]
PRESET_20, PRESET_100 = (234, 272), (532, 272)
KEY_2, KEY_0, KEY_00, KEY_BACK = (458, 523), (458, 606), (260, 606), (655, 606)
MODE_CARD, COLLECT, MINUS_ONE, CLOSE = (946, 281), (900, 694), (490, 696), (1104, 84)
AMOUNT_FIELD = (230, 182)
IN_COLLECT = (790, 720)
SECOND_CREDIT, PLUS_ONE, REFUND, CANCEL_KEY_1 = (934, 294), (313, 684), (900, 682), (255, 489)
PART_AWAY = (1088, 428)
USE, RECHARGE_20, OTHER, CLOSE_SHORT = (500, 380), (464, 546), (940, 546), (1044, 166)
DEEDS: dict[cmd.WalletAction, tuple[int, int]] = {"block": (459, 297), "refund": (821, 393), "adjust": (459, 489)}
REASON_2, BLOCK = (446, 409), (914, 582)
MEANS_2, REPAY = (446, 469), (914, 522)
CHOICE_2, DO, TRANSFER_2, TAKE, ADJUST_5, ADJUST_00 = (
    (914, 299),
    (830, 662),
    (446, 385),
    (580, 356),
    (446, 509),
    (268, 665),
)
MORE_KEY = (1011, 756)
GIVEN_PAPER, GIVEN_DONE = (508, 575), (769, 575)
PUT_CHANGE, IN_PUT_CHANGE = (1080, 629), (900, 640)


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


@contextmanager
def showing(end, kiosk, spot, colour):
    """The kiosk, once this pixel has this colour and somebody could have seen it."""
    with kiosk() as panel:
        panel.wait_for(*spot, LIGHT[colour])
        wait_until_steady(panel)
        time_passes()
        yield panel


def drawn(panel, end, view):
    """A new view is on the panel, and seen."""
    before = panel.picture().tobytes()
    end.push(view)
    for _ in range(400):
        if panel.picture().tobytes() != before:
            break
    wait_until_steady(panel)
    time_passes()


def test_a_credit_by_preset_digits_means_and_the_main_key(daemon_end, kiosk, hands):
    end = daemon_end(record_wallet.over_clients(record_wallet.credit()))
    with showing(end, kiosk, IN_COLLECT, "pay"):
        for spot in (PRESET_20, KEY_2, KEY_0, KEY_00, KEY_BACK, MODE_CARD, COLLECT, MINUS_ONE, CLOSE):
            hands.tap(*spot)
        assert said(end, 9) == [
            cmd.TypeCredit(2000), cmd.TypeCredit(2), cmd.TypeCredit(20), cmd.TypeCredit(2000), cmd.TypeCredit(200),
            cmd.ChooseCreditMode("card"), cmd.CollectCredit(), cmd.SetCreditQuantity(-1), cmd.CloseSheet(),
        ]  # fmt: skip


def test_a_figure_typed_is_on_the_screen_before_the_till_answers_and_falls_back_when_it_says_otherwise(
    daemon_end, kiosk, hands
):
    end = daemon_end(record_wallet.over_clients(record_wallet.credit()))
    with showing(end, kiosk, IN_COLLECT, "pay") as panel:
        before = panel.picture().crop((540, 150, 750, 215)).tobytes()
        hands.tap(*PRESET_100)
        for _ in range(400):
            if panel.picture().crop((540, 150, 750, 215)).tobytes() != before:
                break
        assert panel.picture().crop((540, 150, 750, 215)).tobytes() != before
        assert said(end, 1) == [cmd.TypeCredit(10000)]
        time_passes()
        wait_until_steady(panel)
        assert panel.picture().crop((540, 150, 750, 215)).tobytes() == before


def test_two_quick_touches_on_encaisser_are_one(daemon_end, kiosk, hands):
    end = daemon_end(record_wallet.over_clients(record_wallet.credit()))
    with showing(end, kiosk, IN_COLLECT, "pay"):
        hands.tap(*COLLECT)
        hands.tap(*COLLECT)
        assert said(end, 1) == [cmd.CollectCredit()]


def test_encaisser_without_an_amount_still_asks_the_till(daemon_end, kiosk, hands):
    nothing = record_wallet.credit(amount_minor=0, new_balance_minor=1540, error="wallet.choose_amount")
    end = daemon_end(record_wallet.over_clients(nothing))
    with showing(end, kiosk, IN_COLLECT, "disabled"):
        hands.tap(*COLLECT)
        assert said(end, 1) == [cmd.CollectCredit()]


def test_what_was_received_and_the_amount_each_get_their_digits(daemon_end, kiosk, hands):
    sheet = record_wallet.credit(field="received", received_minor=10000, change_minor=5000)
    end = daemon_end(record.view(ticket=record_clients.vip(), sheet=sheet))
    with showing(end, kiosk, IN_COLLECT, "pay"):
        hands.tap(*AMOUNT_FIELD)
        hands.tap(*KEY_2)
        assert said(end, 2) == [cmd.FocusCredit("amount"), cmd.TypeCredit(2)]


def test_a_part_can_be_taken_away(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip(), sheet=record_wallet.in_parts()))
    with showing(end, kiosk, IN_COLLECT, "pay"):
        hands.tap(*PART_AWAY)
        assert said(end, 1) == [cmd.RemoveCreditPayment(1)]


def test_a_credit_is_given_back(daemon_end, kiosk, hands):
    end = daemon_end(record.view(ticket=record_clients.vip(), sheet=record_wallet.cancel()))
    with showing(end, kiosk, (770, 710), "danger"):
        for spot in (SECOND_CREDIT, CANCEL_KEY_1, REFUND, PLUS_ONE):
            hands.tap(*spot)
        assert said(end, 4) == [
            cmd.ChooseCredit(498), cmd.TypeCredit(1), cmd.CollectCredit(), cmd.SetCreditQuantity(1),
        ]  # fmt: skip


def test_encaisser_is_at_the_bottom_right_of_the_sheet(daemon_end, kiosk):
    """Feature W-03: the button's place is what the shop was taught."""
    end = daemon_end(record_wallet.over_clients(record_wallet.credit()))
    with showing(end, kiosk, IN_COLLECT, "pay") as panel:
        picture = panel.picture()
        pay = tuple(int(LIGHT["pay"][i : i + 2], 16) for i in (1, 3, 5))
        spots = [(x, y) for x in range(0, 1280, 4) for y in range(0, 800, 4) if picture.getpixel((x, y)) == pay]
        big = [spot for spot in spots if spot[1] > 600]
        assert len(big) > 500 and all(x > 640 for x, _y in big)


def test_the_physical_keyboard_types_and_collects(daemon_end, kiosk, hands):
    end = daemon_end(record_wallet.over_clients(record_wallet.credit()))
    with showing(end, kiosk, IN_COLLECT, "pay"):
        hands.type("5")
        hands.type("0")
        assert said(end, 2) == [cmd.TypeCredit(5), cmd.TypeCredit(50)]


def test_a_wallet_that_is_short_is_used_or_recharged(daemon_end, kiosk, hands):
    end = daemon_end(record_wallet.paying(sheet=record_wallet.short()))
    with showing(end, kiosk, (240, 420), "wallet"):
        for spot in (USE, RECHARGE_20, OTHER, CLOSE_SHORT):
            hands.tap(*spot)
        assert said(end, 4) == [cmd.UseWallet(), cmd.RechargeWallet(2000), cmd.RechargeWallet(0), cmd.CloseSheet()]


def test_the_picker_stands_over_encaissement_beside_the_ticket(daemon_end, kiosk, hands):
    picker = record_clients.picker(search="", chosen="", purpose="wallet")
    end = daemon_end(record_wallet.paying(sheet=picker))
    with showing(end, kiosk, (740, 730), "primary"):
        hands.tap(400, 452)
        assert said(end, 1) == [cmd.AttachCustomer("c-claire")]


def test_the_rarer_deeds_are_a_list_and_each_waits_for_what_it_needs(daemon_end, kiosk, hands):
    end = daemon_end(record_wallet.over_clients(None))
    with showing(end, kiosk, (1025, 190), "wallet") as panel:
        hands.tap(*MORE_KEY)
        assert said(end, 1) == [cmd.OpenWalletAction("c-anne")]
        drawn(panel, end, record_wallet.over_clients(record_wallet.action()))
        for spot in DEEDS.values():
            hands.tap(*spot)
        assert said(end, 3) == [cmd.OpenWalletAction("c-anne", name) for name in DEEDS]
        block = record_wallet.action(action="block", reasons=record_wallet.REASONS)
        drawn(panel, end, record_wallet.over_clients(block))
        hands.tap(*BLOCK)
        hands.tap(*REASON_2)
        hands.tap(*BLOCK)
        assert said(end, 1) == [cmd.DoWalletAction(reason="stolen")]
        moved = record_wallet.action(action="transfer", rows=record_clients.FOUND[1:], search="roch")
        drawn(panel, end, record_wallet.over_clients(moved))
        hands.tap(*TRANSFER_2)
        hands.tap(*DO)
        assert said(end, 1) == [cmd.DoWalletAction(amount_minor=1540, customer="c-claire")]


def test_an_adjustment_takes_away_with_its_reason(daemon_end, kiosk, hands):
    sheet = record_wallet.action(action="adjust", reasons=record_wallet.REASONS)
    end = daemon_end(record_wallet.over_clients(sheet))
    with showing(end, kiosk, (740, 690), "disabled"):
        for spot in (ADJUST_5, ADJUST_00, TAKE, CHOICE_2, DO):
            hands.tap(*spot)
        assert said(end, 1) == [cmd.DoWalletAction(reason="stolen", amount_minor=-500)]


def test_a_refund_goes_out_by_the_chosen_means(daemon_end, kiosk, hands):
    sheet = record_wallet.action(action="refund", modes=record_wallet.MODES[:2])
    end = daemon_end(record_wallet.over_clients(sheet))
    with showing(end, kiosk, (740, 550), "disabled"):
        hands.tap(*MEANS_2)
        hands.tap(*REPAY)
        assert said(end, 1) == [cmd.DoWalletAction(amount_minor=1040, mode="card")]


def test_the_change_goes_on_the_wallet(daemon_end, kiosk, hands):
    result = record.result(wallet_change_minor=895, client=record_wallet.NAME)
    end = daemon_end(record.view(grid=record.grid(), result=result))
    with showing(end, kiosk, IN_PUT_CHANGE, "wallet"):
        hands.tap(*PUT_CHANGE)
        assert said(end, 1) == [cmd.PutChangeOnWallet()]


def test_what_is_to_be_given_is_printed_again_and_ended(daemon_end, kiosk, hands):
    out = v.WalletGivenSheet("credited", record_wallet.NAME, 512, 2000, 8000, balance_minor=3540)
    end = daemon_end(record_wallet.over_clients(out))
    with showing(end, kiosk, (850, 320), "pay"):
        hands.tap(*GIVEN_PAPER)
        hands.tap(*GIVEN_DONE)
        assert said(end, 2) == [cmd.PrintMovement(512), cmd.CloseSheet()]


def test_a_refusal_that_stands_on_the_sheet_is_not_asked_for_again(daemon_end, kiosk, hands):
    refused = record_wallet.cancel(error="wallet.spent_already", params={"amount_minor": 420})
    end = daemon_end(record.view(ticket=record_clients.vip(), sheet=refused))
    with showing(end, kiosk, (770, 710), "disabled"):
        hands.tap(*REFUND)
        hands.tap(*PLUS_ONE)
        assert said(end, 1) == [cmd.SetCreditQuantity(1)]


def test_a_figure_that_the_next_digit_may_mend_is_not_refused_while_it_is_typed(daemon_end, kiosk, hands):
    end = daemon_end(record_wallet.over_clients(record_wallet.credit()))
    with showing(end, kiosk, IN_COLLECT, "pay") as panel:
        hands.tap(*KEY_2)
        assert said(end, 1) == [cmd.TypeCredit(2)]
        end.push(
            record_wallet.over_clients(
                record_wallet.credit(amount_minor=2, error="tender.no_such_coin", params={"step_minor": 5})
            )
        )
        panel.wait_for(*IN_COLLECT, LIGHT["disabled"])
