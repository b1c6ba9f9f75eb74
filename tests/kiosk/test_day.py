"""The day's other screens touched by a person: a real kiosk on a virtual display, a stand-in at the daemon's end."""

import pytest
from msgspec.structs import replace

from appliance.demo.hands import Hands
from appliance.kiosk.gallery import record as r
from appliance.kiosk.gallery import record_day as day
from appliance.protocol import command as cmd
from appliance.protocol import view as v

BAR, SURFACE = "#13212B", "#FFFFFF"


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


def do(end, hands, steps):
    """Each touch (x, y) or keys to type, and the command it must become."""
    for action, command in steps:
        if isinstance(action, str):
            for key in action.split():
                hands.type(key)
        else:
            hands.tap(*action)
        assert end.wait_for(type(command)).command == command, action


def test_the_fourth_digit_signs_in_and_a_wrong_code_can_be_typed_again(daemon_end, kiosk, hands):
    end = daemon_end(day.view("lock", seller=None, lock=day.lock()))
    with kiosk() as panel:
        panel.wait_for(60, 460, "#0B5A73")
        do(end, hands, [((420, 400), cmd.SelectSeller("nadia")), ("1 2 3 4", cmd.SignIn("camille", "1234"))])
        end.push(day.view("lock", rev=2, seller=None, lock=day.lock(is_wrong=True, tries_left=4)))
        panel.wait_for(957, 206, "#B42318")  # the first dot's ring
        for x, y in ((905, 305), (1040, 305), (1160, 305), (1160, 530)):
            hands.tap(x, y)
        assert end.wait_for(cmd.SignIn).command == cmd.SignIn("camille", "1239")


def test_the_drawer_is_counted_by_touch_and_by_keypad(daemon_end, kiosk, hands):
    end = daemon_end(day.view("opening", opening=day.opening()))
    with kiosk() as panel:
        panel.wait_for(1264, 300, SURFACE)
        do(
            end, hands,
            [
                ((292, 408), cmd.SetCount(5000, 2)), ((224, 490), cmd.FocusCount(2000)), ("7", cmd.SetCount(20, 7)),
                ("Enter", cmd.FocusCount(10)), ((220, 738), cmd.KeepFloat()), ((1080, 745), cmd.OpenSession()),
                ((28, 28), cmd.GoBack()),
            ],
        )  # fmt: skip


def test_accueil_starts_recalls_prints_and_closes(daemon_end, kiosk, hands):
    end = daemon_end(day.view("home", home=day.home(pages=2), session=day.SESSION))
    with kiosk() as panel:
        panel.wait_for(250, 670, BAR)
        do(
            end, hands,
            [
                ((250, 720), cmd.NewTicket("eat_in")), ((230, 280), cmd.RecallTicket(418)),
                ((1030, 565), cmd.PrintReceipt()),
                ((1180, 565), cmd.CorrectPayment()), ((1100, 250), cmd.StartClosing()), ((64, 760), cmd.Lock()),
                ((890, 96), cmd.ShowPage(2)), ("Enter", cmd.NewTicket()),
            ],
        )  # fmt: skip


def test_encaissement_takes_all_or_the_typed_amount(daemon_end, kiosk, hands):
    taken = (v.TenderView(7, "TWINT", "device-mobile", "other", 1540),)
    ticket = r.ticket(lines=r.unselected(), tenders=taken, remaining_minor=566, cash_due_minor=565)
    view = day.view("payment", ticket=ticket, payment=day.payment())
    end = daemon_end(view)
    with kiosk() as panel:
        panel.wait_for(700, 90, "#D8F0E1")
        do(
            end, hands,
            [
                ((340, 300), cmd.AddTender("card")), ((820, 500), cmd.AddTender("cash", 2000)),
                ((820, 730), cmd.AddTender("cash")), ((1244, 610), cmd.RemoveTender(7)),
                ((100, 754), cmd.StartSplit()), ((330, 754), cmd.OpenSheet("open_drawer")),
            ],
        )  # fmt: skip
        for key in "250":
            hands.type(key)
        do(
            end,
            hands,
            [((340, 300), cmd.AddTender("card", 250)), ("Enter", cmd.CloseTicket()), ("Escape", cmd.GoBack())],
        )
        end.push(replace(view, rev=2, ticket=replace(ticket, tenders=(), remaining_minor=2106)))
        panel.wait_for(1244, 610, SURFACE)
        do(end, hands, [((340, 300), cmd.AddTender("card"))])


def test_lines_move_between_the_note_and_the_open_part(daemon_end, kiosk, hands):
    part = r.ticket(number=428, client=None, discount_minor=0, cash_keys=r.keys(1260, 15, 20, 50))
    parts = (v.SplitPart(1, 1260, is_open=True), v.SplitPart(2, 0))
    split = v.SplitView(428, "Table 4", day.REST, 2770, parts, 1, 4030, 0, 3, (924, 923, 923))
    end = daemon_end(day.view("split", ticket=part, split=split))
    with kiosk() as panel:
        panel.wait_for(1000, 80, "#0B5A73")
        do(
            end, hands,
            [
                ((300, 185), cmd.MoveToPart(11, 1000)), ((720, 430), cmd.MoveToPart(14, 3000)),
                ((812, 430), cmd.MoveToPart(14, 1000)), ((1060, 160), cmd.MoveBack(1)), ((1128, 96), cmd.ShowPart(2)),
                ((1240, 96), cmd.ShowPart(3)), ((224, 740), cmd.SetPersons(4)), ((730, 740), cmd.SplitEqually()),
                ((1140, 750), cmd.StartPayment()),
            ],
        )  # fmt: skip


def test_the_x_prints_and_leads_to_the_closing(daemon_end, kiosk, hands):
    end = daemon_end(day.view("x_report", report=day.report()))
    with kiosk() as panel:
        panel.wait_for(1100, 715, "#0B5A73")
        do(end, hands, [((1140, 745), cmd.PrintReport()), ((955, 745), cmd.StartClosing()), ("Escape", cmd.GoBack())])


def test_the_closing_counts_checks_and_closes(daemon_end, kiosk, hands):
    end = daemon_end(day.view("closing", closing=day.closing()))
    with kiosk() as panel:
        panel.wait_for(1240, 720, "#0B5A73")
        do(end, hands, [((955, 745), cmd.ReadX()), ((224, 410), cmd.FocusCount(5000))])
        panel.wait_for(910, 215, "#E7E3DB")  # the keypad has come
        hands.tap(1080, 745)  # Terminé
        panel.wait_for(910, 215, SURFACE)
        hands.tap(390, 694)  # the pencil: 150.00 to leave
        panel.wait_for(910, 215, "#E7E3DB")
        for key in "15000":
            hands.type(key)
        do(end, hands, [("Enter", cmd.SetLeave(15000)), ((1140, 745), cmd.SetStep("check"))])
        reasons = (v.ReasonKey("change", "Erreur de rendu"), v.ReasonKey("count", "Erreur de comptage"))
        check = day.closing(step="check", reasons=reasons, reason="count", held=r.NOTES[:1], difference_minor=-500)
        end.push(day.view("closing", rev=2, closing=check))
        panel.wait_for(340, 336, "#0B5A73")
        do(
            end, hands,
            [
                ((120, 350), cmd.SetStep("check", "change")), ((800, 276), cmd.VoidHeld(418)),
                ((1140, 745), cmd.SetStep("confirm", "count")), ((955, 745), cmd.SetStep("count")),
            ],
        )  # fmt: skip
        end.push(day.view("closing", rev=3, closing=day.closing(step="confirm", report=day.report(kind="Z"))))
        do(end, hands, [((1140, 745), cmd.CloseDay())])
