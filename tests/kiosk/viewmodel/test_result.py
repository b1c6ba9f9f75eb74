"""The result panel."""

from appliance.kiosk.gallery import record
from appliance.kiosk.viewmodel.result import result_model
from appliance.protocol import view as v

NNB = "\u202f"


def model(**changes):
    return result_model(record.view(result=record.result(**changes)))


def test_change_and_coins_read_as_on_the_mock_up():
    shown = model()
    assert (shown.title, shown.change_label, shown.change) == ("Encaissé · ticket 0427", "À rendre", "8.95")
    assert shown.coins == ("5.–", "2.–", "1.–", "0.50", f"2{NNB}×{NNB}0.20", "0.05")
    assert shown.sums == (("Total", "21.06"), ("Arrondi espèces", "−0.01"), ("Reçu en espèces", "30.00"))


def test_without_change_it_says_what_was_paid_and_how():
    card = (v.TenderView(1, "Carte", "credit-card", "card", 2106),)
    shown = model(change_minor=0, received_minor=0, rounding_minor=0, coins=(), tenders=card)
    assert (shown.change_label, shown.change, shown.paid) == ("Payé", "21.06", "par carte")


def test_each_way_of_paying_has_its_own_words():
    card = v.TenderView(1, "Carte", "credit-card", "card", 2000, is_by_hand=True)
    cash = v.TenderView(2, "Espèces", "money", "cash", 106)
    twint = v.TenderView(3, "TWINT", "qr-code", "other", 106)
    parts = {"change_minor": 0, "received_minor": 0, "rounding_minor": 0, "coins": ()}
    assert model(**parts, tenders=(card,)).paid == "par carte, à la main"
    assert model(**parts, tenders=(cash, card)).paid == "en espèces et par carte, à la main"
    assert model(**parts, tenders=(twint, cash)).paid == "par TWINT et en espèces"
    assert ("Carte, à la main", "20.00") in model(**parts, tenders=(cash, card)).sums


def test_exact_cash_gives_nothing_back():
    shown = model(change_minor=0, coins=(), received_minor=2105)
    assert (shown.change_label, shown.change, shown.paid) == ("Payé", "21.06", "en espèces")


def test_a_sale_of_the_past_says_its_day():
    shown = model(change_minor=0, coins=(), received_minor=0, past_at="2025-11-20T18:05:12", can_correct=False)
    assert (shown.title, shown.can_correct) == ("Ticket 0427 du 20.11 18:05", False)
    assert model(past_at="2024-11-20T18:05:12").title == "Ticket 0427 du 20.11.2024 18:05"


def test_a_receipt_that_waits_can_be_left_out():
    shown = model(receipt="waiting_paper")
    assert (shown.receipt_tag, shown.receipt_kind) == ("En attente de papier", "d")
    assert (shown.first_text, shown.first_action) == ("Sans reçu", "cancel")
    assert shown.hint == "Vous pouvez continuer à vendre."


def test_what_was_printed_once_is_printed_again_as_a_duplicata():
    assert (model(receipt="on_demand").first_text, model(receipt="printed", copies=1).first_text) == (
        "Imprimer", "Duplicata",
    )  # fmt: skip
    assert model(receipt="queued", copies=1).first_text == "Sans reçu"


def test_every_state_of_the_receipt_has_its_words():
    for state in (
        "on_demand",
        "queued",
        "printing",
        "printed",
        "waiting_paper",
        "waiting_printer",
        "uncertain",
        "none",
    ):
        assert not model(receipt=state).receipt_tag.startswith("screen.")
