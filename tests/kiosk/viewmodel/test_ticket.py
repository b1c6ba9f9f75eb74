"""The ticket panel, from the recorded views of the mock-ups."""

import msgspec

from appliance.kiosk.gallery import record
from appliance.kiosk.viewmodel.ticket import LineModel, ticket_model
from appliance.protocol import view as v

NB, NNB = "\u00a0", "\u202f"


def model(**changes):
    return ticket_model(record.view(ticket=record.ticket(**changes)))


def test_totals_read_as_on_the_mock_up():
    shown = model()
    assert shown.total == "21.06"
    assert shown.sums == (("Sous-total", "23.40"), (f"Remise VIP 10{NNB}%", "−2.34"))
    assert shown.note == f"7 articles{NB}· dont TVA 2.6{NNB}% 0.53"
    assert [key.text for key in shown.cash_keys] == ["21.05", "25.–", "30.–", "50.–"]
    assert shown.cash_keys[0].small == "Juste"


def test_the_unit_price_shows_when_there_are_several():
    first, second = model().rows[:2]
    assert first.detail == "1.60 / pièce"
    assert second.detail == ""


def test_a_scanned_line_shows_its_code_while_it_is_selected():
    assert model().rows[3].detail == "Code 7610807072341"
    assert model(lines=record.unselected()).rows[3].detail == ""


def test_a_discount_and_an_offer_are_named_and_the_old_amount_struck():
    discounted = record.line(1, 4, "Croissant", 160, amount_minor=512, discount_bp=2000)
    offered = record.line(2, 1, "Café", 420, amount_minor=0, offered="Geste commercial")
    rows = model(lines=(discounted, offered)).rows
    assert isinstance(rows[0], LineModel) and isinstance(rows[1], LineModel)
    assert (rows[0].detail, rows[0].struck, rows[0].amount) == (f"1.60 / pièce{NB}· remise 20{NNB}%", "6.40", "5.12")
    assert (rows[1].detail, rows[1].struck, rows[1].amount) == ("Offert · geste commercial", "4.20", "0.00")


def test_weights_packs_and_labels_say_what_one_costs():
    weighed = v.LineView(1, "Gruyère", 1234, "kg", 2400, 2962, 2962)
    pack = record.line(2, 6, "Eau gazeuse", 320, amount_minor=1740, lot_milli=6000, lot_minor=1740)
    label = record.line(3, 2, "Plateau", 1850, amount_minor=3700, lot_milli=1000, lot_minor=1850)
    other = record.line(4, 1, "Plateau", 1850, amount_minor=1995, lot_milli=1000, lot_minor=1995, shelf_minor=1850)
    rows = model(lines=(weighed, pack, label, other)).rows
    assert [row.detail for row in rows if isinstance(row, LineModel)] == [
        "24.00 / kg", "6 pour 17.40", "18.50 / pièce", "Étiquette, rayon 18.50",
    ]  # fmt: skip


def test_a_removed_line_leaves_its_ghost_at_its_place():
    rows = model(ghost=v.GhostLine(1, 2000, "Ballon", 7)).rows
    assert [row.kind for row in rows] == ["line", "ghost", "line", "line", "selected"]
    assert rows[1].text == "2 Ballons retirés"
    assert model(ghost=v.GhostLine(9, 1000, "Ballon", 7)).rows[-1].text == "Ballon retiré"


def test_an_empty_ticket_has_dashes_and_the_notes():
    empty = msgspec.structs.replace(record.empty_ticket(), held_count=5)
    shown = ticket_model(record.view(ticket=empty))
    assert shown.is_empty and not shown.can_cash and not shown.can_pay
    assert shown.hold_text == "Notes 5"
    assert [key.text for key in shown.cash_keys] == ["–"] * 4
    assert shown.note == "Aucun article"


def test_commands_that_are_not_allowed_are_drawn_disabled():
    shown = ticket_model(record.view(allowed=("TakeCash",)))
    assert shown.can_cash and not shown.can_card and not shown.can_pay


def test_the_amount_leaves_the_main_key_when_it_does_not_fit():
    assert model(total_minor=99_999).pay_amount == "999.99"
    assert model(total_minor=100_000).pay_amount == ""


def test_a_small_panel_leaves_out_what_the_design_says():
    shown = ticket_model(record.view(), compact=True)
    assert shown.client.caption == "Cagnotte 15.40"
    assert [label for label, _amount in shown.sums] == [f"Remise VIP 10{NNB}%"]
    assert shown.note == "" and shown.cash_caption == ""


def test_equal_views_give_equal_models():
    again = msgspec.json.decode(msgspec.json.encode(record.view()), type=v.TillView)
    assert ticket_model(record.view()) == ticket_model(again)


def test_a_till_without_customers_offers_the_name_of_the_note():
    shown = model(client=None, clients_enabled=False, name="Table 4")
    assert (shown.client.text, shown.client.icon) == ("Table 4", "pencil-simple")
