"""Encaissement, the split note and Accueil."""

from msgspec.structs import replace

from appliance.kiosk.gallery import record as r
from appliance.kiosk.gallery import record_day as day
from appliance.kiosk.viewmodel.home import accueil_bar, home_model
from appliance.kiosk.viewmodel.payment import DiscountModel, payment_bar, payment_model
from appliance.kiosk.viewmodel.split import HintModel, split_bar, split_model
from appliance.protocol import view as v


def paying(payment=None, **changes):
    ticket = r.ticket(**{"lines": r.unselected(), "remaining_minor": 566, "cash_due_minor": 565, **changes})
    return day.view("payment", ticket=ticket, payment=payment or day.payment())


def test_what_remains_stands_beside_what_is_due_in_cash():
    shown = payment_model(paying(cash_rounding_minor=-1))
    assert (shown.due, shown.cash_due, shown.rounding) == ("5.66", "5.65", "Arrondi −0.01")
    assert payment_model(paying(cash_rounding_minor=0)).rounding == ""


def test_tenders_come_in_the_shops_order_with_their_second_line():
    shown = payment_model(paying())
    assert [tender.text for tender in shown.tenders][:4] == ["Espèces", "Carte", "TWINT", "Cagnotte client"]
    assert (shown.tenders[3].detail, shown.tenders[3].enabled) == ("Solde 0.00", False)


def test_the_cash_column_takes_its_notes_and_exactly_what_remains():
    shown = payment_model(paying())
    assert shown.money == ("10.–", "20.–", "50.–", "Juste")
    assert (shown.money_amounts, shown.cash_mode) == ((1000, 2000, 5000, None), "cash")


def test_a_tender_that_was_taken_is_subtracted_and_may_be_fixed():
    taken = (v.TenderView(1, "Carte", "credit-card", "card", 1540, is_removable=False),)
    paid = payment_model(paying(tenders=taken)).paid[0]
    assert (paid.amount, paid.removable, paid.fill) == ("−15.40", False, "primary-soft")


def test_lines_are_only_read_and_the_ticket_discount_follows_them():
    rows = payment_model(paying(lines=(r.JAM,))).rows
    assert [row.kind for row in rows] == ["line", "discount"]
    assert isinstance(rows[1], DiscountModel)
    assert (rows[1].text.replace("\u202f", " "), rows[1].amount) == ("Remise VIP 10 %", "−2.34")


def test_encaisser_is_live_only_when_the_daemon_says_so():
    assert not payment_model(paying()).can_close
    assert payment_model(paying(day.payment(can_close=True), remaining_minor=0)).can_close


def test_the_bar_names_the_part_of_a_split_note():
    assert payment_bar(paying(day.payment(part=2))).subtitle.endswith("Part 2")


def splitting(**changes):
    part = r.ticket(number=428, client=None, discount_minor=0)
    parts = (v.SplitPart(1, 1260, is_open=True), v.SplitPart(2, 0))
    split = v.SplitView(428, "Table 4", day.REST, 2770, parts, 1, 4030, 0, 3, (924, 923, 923))
    return day.view("split", ticket=part, split=replace(split, **changes))


def test_a_split_shows_the_whole_the_others_and_the_rest():
    shown = split_model(splitting())
    assert [amount for _label, amount in shown.ticket.sums] == ["40.30", "0.00", "27.70"]
    assert (shown.ticket.total_label, shown.next_part, shown.shares) == ("Part 1", 3, ("9.24", "9.23", "9.23"))
    assert split_bar(splitting()).subtitle.endswith("Table 4")


def test_the_last_moved_line_is_marked_and_a_paid_part_cannot_give_back():
    assert [row.kind for row in split_model(splitting()).part_rows][-2:] == ["moved", "hint"]
    paid = split_model(splitting(parts=(v.SplitPart(1, 1260, is_paid=True, is_open=True),)))
    assert "moved" not in [row.kind for row in paid.part_rows]
    assert paid.part_rows[-1] == HintModel("hint", "hint", "Cette part est payée.")


def test_accueil_reads_as_on_the_mock_up():
    shown = home_model(day.view("home", home=day.home(), session=day.SESSION))
    assert [tab.badge for tab in shown.tabs] == ["", "3", "", ""]
    assert shown.notes[0].contents == "2 Renversés, 2 Croissants au beurre"
    assert [mode.detail.replace("\u202f", " ").replace("\u00a0", " ") for mode in shown.modes] == [
        "TVA 8.1 %", "Par défaut · TVA 2.6 %", "TVA 2.6 %", "Commande prête",
    ]  # fmt: skip
    assert shown.last is not None and shown.last.how.replace("\u00a0", " ") == "08:38 · Carte"


def test_accueil_leaves_out_what_the_till_has_not():
    shown = home_model(day.view("home", home=v.HomeView(("sale",)), allowed=()))
    assert (len(shown.tabs), shown.last, shown.close_day, shown.page) == (1, None, "", "")
    assert accueil_bar(day.view("home", home=v.HomeView(("sale",)))).right_icon == ""
