"""The closing in its steps, and the figures of an X."""

from appliance.kiosk.gallery import record as r
from appliance.kiosk.gallery import record_day as day
from appliance.kiosk.viewmodel.closing import closing_bar, closing_model
from appliance.kiosk.viewmodel.x_report import report_bar, report_model
from appliance.protocol import view as v


def closing(**changes):
    return closing_model(day.view("closing", closing=day.closing(**changes)))


def reading(**changes):
    return report_model(day.view("x_report", report=day.report(**changes)))


def test_counting_shows_expected_counted_and_the_difference():
    shown = closing()
    assert (shown.expected, shown.counted, shown.difference, shown.difference_fill) == (
        "662.35",
        "662.30",
        "−0.05",
        "warn-soft",
    )
    assert [amount for _label, amount in shown.cash] == ["200.00", "+412.35", "+50.00", "0.00"]
    assert closing_bar(day.view("closing", closing=day.closing())).subtitle.endswith("ouverte à 06:32")


def test_a_blind_count_tells_neither():
    shown = closing(difference_minor=None, cash=v.CashBook(20000, 41235))
    assert (shown.expected, shown.difference_label) == ("", "")


def test_an_even_drawer_is_green_and_asks_nothing():
    shown = closing(difference_minor=0, step="check")
    assert (shown.difference_label, shown.difference_fill, shown.can_go_on) == ("Aucun écart", "pay-soft", True)


def test_above_the_tolerance_the_reason_comes_first():
    reasons = (v.ReasonKey("count", "Erreur de comptage"),)
    assert not closing(step="check", reasons=reasons).can_go_on
    chosen = closing(step="check", reasons=reasons, reason="count")
    assert chosen.can_go_on and chosen.reasons[0].chosen


def test_what_came_by_hand_stands_below_the_card():
    by_hand = v.ReasonTotal("", 2, 1250)
    tenders = (v.TenderTotal("Carte", 3, 3000, "card"), v.TenderTotal("TWINT", 1, 500, "other"))
    report = day.report(tenders=tenders, by_hand=by_hand)
    rows = report_model(day.view("x_report", report=report)).tenders.table.rows
    assert rows[:3] == (("Carte", "3", "30.00"), ("   dont à la main", "2", "12.50"), ("TWINT", "1", "5.00"))
    assert rows[-1][1] == "4", "it is part of the card's"


def test_held_notes_are_listed_with_their_way_out():
    held = closing(step="check", held=r.NOTES[:1]).held[0]
    assert (held.number, held.name, held.amount, held.cancel) == (418, "Table 6", "12.80", "Annuler")


def test_the_last_step_shows_the_figures_of_the_z_to_come():
    shown = closing(step="confirm", report=day.report(kind="Z"), waiting_receipts=1)
    assert (shown.turnover, shown.waiting, shown.main) == (
        "1’483.56",
        "1 reçu attend l’imprimante.",
        "Clôturer la journée",
    )
    assert [step.is_done for step in shown.steps] == [True, True, False]


def test_the_last_step_says_what_cagnottes_did_and_leaves_out_what_did_not_happen():
    shown = closing(step="confirm", report=day.report(kind="Z", voids=v.ReasonTotal("", 0, 0)))
    assert (shown.wallets_title, shown.wallets) == (
        "Cagnottes",
        (("Créditées, 3", "+150.00"), ("Utilisées, 11", "\N{MINUS SIGN}96.45")),
    )
    assert [label for label, _ in shown.watch if label.startswith("Tickets annulés")] == []
    bare = closing(step="confirm", report=day.report(kind="Z", wallet_rows=()))
    assert (bare.wallets_title, bare.wallets) == ("", ())


def test_what_the_terminal_took_for_cagnottes_stands_below_the_card():
    assert closing().others[:2] == (("Carte", "87", "1’286.40"), ("   dont cagnottes", "", "100.00"))


def test_coins_that_do_not_pay_a_cancelled_credit_exactly_are_named():
    rows = (("credited", 1, 418), ("cancelled", 1, -418), ("used", 0, 0), ("balance", 0, 0))
    shown = reading(wallet_rows=rows, wallet_rounding_minor=-2)
    assert shown.wallets.table.note == ("Arrondis espèces", "\N{MINUS SIGN}0.02")


def test_a_reading_totals_what_it_lists():
    shown = reading()
    assert shown.vat.table.rows[-1] == ("Total", "1’424.58", "58.98", "1’483.56")
    assert shown.tenders.table.rows[-1] == ("Total encaissé", "127", "1’483.60")
    assert shown.tenders.table.note[1] == "+0.04"
    assert (shown.sellers.note, shown.expected) == ("panier 11.96", "536.15")
    assert report_bar(day.view("x_report", report=day.report())).title == "Lecture X"


def test_where_cagnottes_are_off_their_card_and_their_rows_are_absent():
    shown = reading(wallet_rows=())
    assert shown.wallets.is_empty
    assert len(shown.drawer) == len(reading().drawer) - 2


def test_a_blind_reading_hides_the_drawer_and_an_empty_one_is_all_zeros():
    assert reading(cash=v.CashBook(20000, 0)).drawer == ()
    nothing = reading(
        tickets=0, turnover_minor=0, rates=(), tenders=(), sellers=(), collected_minor=0, rounding_minor=0
    )
    assert nothing.sellers.note == "panier 0.00"
    assert nothing.tenders.table.rows == (("Total encaissé", "0", "0.00"),)
