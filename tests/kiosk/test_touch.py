"""Where a touch goes on a real kiosk: never below a sheet, never to a screen that nobody has seen yet."""

import queue
import threading
from contextlib import closing

import msgspec
import pytest
from Xlib import X
from Xlib.display import Display

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record, record_day
from appliance.protocol import command as cmd
from appliance.protocol import view as v
from tests.kiosk.conftest import PATIENCE_S

PAY = "#0C7A41"
ON_PAY_KEY = (1030, 725)  # inside Facturer, beside its words
INK, PAGE = "#13212B", "#F3F1EC"
ON_TOAST = (604, 571)
ON_PRINT_KEY = (985, 500)
ON_COUNTER, ON_LIGHT, ON_FREE_BAR = (842, 28), (980, 28), (700, 28)
SEEN_S = 1.0
BELOW = (cmd.AddProduct, cmd.ShowCategory, cmd.Arm, cmd.Search, cmd.TakeCash, cmd.CloseSheet)
"""What touches would become on the sale screen, and the closing of the sheet itself."""


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


def time_passes():
    """The time a person needs to see what has come."""
    threading.Event().wait(SEEN_S)


def wait_until_steady(panel):
    """Until two pictures in a row are the same: the sheet stands there."""
    before = panel.picture().tobytes()
    while (now := panel.picture().tobytes()) != before:
        before = now


def said(end, count=0):
    """What was ordered until now, but for the profile: so many are waited for, and then a second of silence."""
    orders: list[cmd.Command] = []
    while True:
        try:
            order = end.orders.get(timeout=1.0 if len(orders) >= count else PATIENCE_S).command
        except queue.Empty:
            return orders
        if not isinstance(order, cmd.SetProfile):
            orders.append(order)


def show_sheet(end, panel, sheet):
    """The sale screen with a sheet over it, drawn."""
    panel.wait_for(*ON_PAY_KEY, PAY)
    before = panel.picture().tobytes()
    end.push(record.view(sheet=sheet))
    for _ in range(400):
        if panel.picture().tobytes() != before:
            break
    wait_until_steady(panel)
    time_passes()


def test_a_touch_in_the_moment_that_the_window_gets_the_keyboard_counts(daemon_end, kiosk, hands, display):
    end = daemon_end(record.view())
    with kiosk() as panel, closing(Display(display)) as server:
        panel.wait_for(*ON_PAY_KEY, PAY)
        (window,) = (each for each in server.screen().root.query_tree().children if each.get_geometry().width == 1280)
        for _ in range(3):
            server.set_input_focus(X.NONE, X.RevertToNone, X.CurrentTime)
            server.sync()
            time_passes()
            server.set_input_focus(window, X.RevertToParent, X.CurrentTime)
            server.sync()
            hands.tap(*ON_PAY_KEY)
            assert said(end, 1) == [cmd.StartPayment()]


def test_every_digit_of_a_managers_code_stays_on_its_sheet(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, v.ApprovalSheet("price_change"))
        for spot in ((500, 360), (640, 360), (780, 360), (500, 450)):
            hands.tap(*spot)
        assert said(end, 1) == [cmd.Approve("1234")]


def test_between_the_keys_of_a_sheet_nothing_happens_and_beside_it_closes(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, v.ApprovalSheet("price_change"))
        hands.tap(600, 96)
        assert said(end) == []
        hands.tap(200, 400)
        assert said(end, 1) == [cmd.CloseSheet()]


@pytest.mark.parametrize(
    "sheet",
    [
        v.LineEditorSheet(4, "quantity", value=1000),
        v.FreePriceSheet((v.FreePriceGroup("food", "Nourriture", "carrot", 260),), ("Divers",), 5, 100_000),
        v.NotesSheet((), 0),
    ],
    ids=["line editor", "free price", "notes"],
)
def test_a_pane_swallows_every_touch_within_it(daemon_end, kiosk, hands, sheet):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, sheet)
        for x in range(20, 860, 120):
            for y in range(70, 795, 60):
                hands.tap(x, y)
        assert [order for order in said(end) if isinstance(order, BELOW[:-1])] == []


def test_the_code_sheet_says_each_digit_and_keeps_them_until_the_ticket_took_the_code(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        show_sheet(end, panel, v.CodeEntrySheet())
        hands.type("7")
        hands.type("6")
        hands.type("Enter")
        hands.type("1")
        assert said(end, 4) == [cmd.TypeCode("7"), cmd.TypeCode("76"), cmd.EnterCode("76"), cmd.TypeCode("761")]
        hands.type("Enter")
        end.wait_for(cmd.EnterCode)
        end.push(record.view(sheet=v.CodeEntrySheet(), ticket=record.empty_ticket()))
        assert end.wait_for(cmd.TypeCode).command == cmd.TypeCode("")


def test_an_impatient_second_touch_does_not_take_the_receipt_back(daemon_end, kiosk, hands):
    end = daemon_end(record.view(result=record.result()))
    with kiosk() as panel:
        panel.wait_for(1060, 100, PAY)
        hands.tap(*ON_PRINT_KEY)
        end.wait_for(cmd.PrintReceipt)
        end.push(record.view(result=record.result(receipt="queued", copies=1)))
        hands.tap(*ON_PRINT_KEY)
        assert said(end) == []
        time_passes()
        hands.tap(*ON_PRINT_KEY)
        assert said(end, 1) == [cmd.CancelReceipt()]


def test_after_a_part_the_main_key_goes_on_with_the_next_one(daemon_end, kiosk, hands):
    end = daemon_end(record.view(result=record.result(part=1, rest_minor=1000)))
    with kiosk() as panel:
        panel.wait_for(1060, 100, PAY)
        hands.tap(1060, 750)
        assert said(end, 1) == [cmd.ShowPart(0)]


def test_the_sale_mode_is_a_key_while_there_is_a_ticket_to_change(daemon_end, kiosk, hands):
    end = daemon_end(msgspec.structs.replace(record.view(result=record.result()), ticket=None))
    with kiosk() as panel:
        panel.wait_for(1060, 100, PAY)
        hands.tap(130, 28)
        hands.tap(1060, 750)
        assert [type(order) for order in said(end, 1)] == [cmd.NewTicket]
        end.push(record.view())
        panel.wait_for(*ON_PAY_KEY, PAY)
        wait_until_steady(panel)
        time_passes()
        hands.tap(130, 28)
        assert said(end, 1) == [cmd.OpenSheet("modes")]


def test_what_was_done_can_be_taken_back_on_accueil_and_while_selling(daemon_end, kiosk, hands):
    undo = v.UndoOffer(7, "undo.voided", {"number": 427})
    home = record_day.view("home", home=record_day.home(cards=(), note_count=0))
    end = daemon_end(msgspec.structs.replace(home, undo=undo))
    with kiosk() as panel:
        panel.wait_for(*ON_TOAST, INK)
        wait_until_steady(panel)
        time_passes()
        hands.tap(875, 571)
        assert said(end, 1) == [cmd.Undo(7)]
        end.push(home)
        panel.wait_for(*ON_TOAST, PAGE)
        end.push(record.view(undo=undo))
        panel.wait_for(*ON_PAY_KEY, PAY)
        wait_until_steady(panel)
        time_passes()
        hands.tap(785, 28)
        assert said(end, 1) == [cmd.Undo(7)]


def test_the_counter_of_a_message_leads_to_the_next_one(daemon_end, kiosk, hands):
    message = v.Message("drawer.stuck", {}, "error", (), 1, 2)
    end = daemon_end(record.view(message=message))
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        wait_until_steady(panel)
        time_passes()
        hands.tap(*ON_COUNTER)
        assert said(end, 1) == [cmd.NextMessage()]


def test_where_a_message_has_just_gone_the_lights_lead_nowhere(daemon_end, kiosk, hands):
    end = daemon_end(record.view(message=v.Message("scan.unknown", {"code": "1"}, "warn")))
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        wait_until_steady(panel)
        end.push(record.view())
        panel.wait_for(*ON_FREE_BAR, INK)
        hands.tap(*ON_LIGHT)
        assert said(end) == []
        time_passes()
        hands.tap(*ON_LIGHT)
        assert [type(order) for order in said(end, 1)] == [cmd.ShowDevices]


def test_a_touch_meant_for_the_screen_before_is_dropped(daemon_end, kiosk, hands):
    end = daemon_end(record.view())
    with kiosk() as panel:
        panel.wait_for(*ON_PAY_KEY, PAY)
        time_passes()
        end.push(record_day.view("home", home=record_day.home()))
        for _ in range(100):
            hands.tap(640, 730)
            if panel.colour(*ON_PAY_KEY) != PAY:
                break
        assert [order for order in said(end) if isinstance(order, cmd.NewTicket)] == []
        hands.tap(640, 730)
        assert isinstance(end.wait_for(cmd.NewTicket).command, cmd.NewTicket)
