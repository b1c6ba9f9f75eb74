"""The wallet's sheets in words."""

import pytest
from msgspec.structs import replace

from appliance.kiosk.gallery import record, record_wallet
from appliance.kiosk.viewmodel import wallet as vm
from appliance.kiosk.viewmodel.card import card_model
from appliance.kiosk.viewmodel.client import clients_model
from appliance.kiosk.viewmodel.payment import payment_model
from appliance.kiosk.viewmodel.result import result_model
from appliance.kiosk.viewmodel.wallet_given import given_model
from appliance.protocol import view as v

VIEW = record.view()


def plain(text):
    """Without the difference between spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def credit(**changes):
    return vm.credit_model(VIEW, record_wallet.credit(**changes))


def cancel(**changes):
    return vm.credit_model(VIEW, record_wallet.cancel(**changes))


def test_a_credit_says_what_the_mock_up_says():
    model = credit()
    assert plain(model.title) == "Créditer la cagnotte · Mme Anne Rochat"
    assert (model.currency, model.amount, model.main, model.main_amount) == ("CHF", "50.00", "Encaisser", "50.00")
    assert [preset.text for preset in model.presets if preset.chosen] == ["50.–"]
    assert [mode.title for mode in model.modes if mode.chosen] == ["Espèces"]
    assert (model.change, model.new_balance[1]) == (("Crédit", "+50.00"), "65.40")
    assert plain(model.note) == "Un reçu s’imprime à la fin, pour le client."
    assert model.can_collect and not model.cancels and len(model.quantities) == 2


def test_without_an_amount_the_main_key_waits_and_says_why_when_touched():
    nothing = {"amount_minor": 0, "new_balance_minor": 1540, "remaining_minor": 0, "error": "wallet.choose_amount"}
    assert (credit(**nothing).can_collect, credit(**nothing).note_tone) == (False, "ink-2")
    asked = credit(asks_amount=True, **nothing)
    assert (asked.note, asked.note_tone, asked.amount, asked.main_amount) == (
        "Choisissez un montant.",
        "danger",
        "",
        "",
    )


def test_what_the_till_refuses_stands_beside_the_keypad():
    model = credit(error="tender.too_much", params={"amount_minor": 5000})
    assert model.note_tone == "danger" and "50.00" in model.note and not model.can_collect
    refused = credit(error="tender.too_much", params={"amount_minor": 5000}, received_minor=10_000, change_minor=5000)
    assert refused.gives_back == ("", "")


def test_what_was_received_has_its_own_figure_and_gives_change():
    model = credit(field="received", received_minor=10000, change_minor=5000)
    assert (model.received_label, model.received, model.in_amount) == ("Reçu", "100.00", False)
    assert model.gives_back == ("À rendre", "50.00")
    assert model.main_amount == "50.00"
    assert [preset.text for preset in model.presets if preset.chosen] == ["100.–"]
    assert credit().received_label == ""


def test_the_keys_say_what_they_set():
    assert credit().presets_label == ""
    assert credit(field="received", received_minor=10000).presets_label == "Reçu"
    assert credit(field="amount", received_minor=10000).presets_label == "À créditer"


def test_what_cannot_be_given_back_is_not_reckoned_with():
    refused = cancel(amount_minor=2000, error="wallet.spent_already", params={"amount_minor": 420})
    assert (refused.new_balance[1], refused.says_fault, refused.can_collect) == ("–", True, False)
    assert cancel().new_balance[1] == "15.40" and not cancel().says_fault


def test_coins_to_hand_over_are_said_before_and_after():
    model = cancel(amount_minor=418, coins_minor=415, repaid_minor=415)
    assert (model.gives_back, model.main_amount) == (("À rendre en espèces", "4.15"), "4.15")
    coins = (v.CoinCount(5000, 1), v.CoinCount(1000, 3))
    sheet = v.WalletGivenSheet("credited", record_wallet.NAME, 512, 2000, 8000, coins, 10_000, 3540, "waiting")
    given = given_model(VIEW, sheet)
    assert (given.title, given.label, given.out) == ("Cagnotte créditée", "À rendre", "80.00")
    assert given.sums == (("Crédit", "+20.00"), ("Reçu en espèces", "100.00"), ("Nouveau solde", "35.40"))
    assert (given.paper, given.can_print) == ("Reçu en attente", False)
    assert given_model(VIEW, replace(sheet, kind="cancelled")).sums[0] == ("Crédit annulé", "−20.00")


def test_a_part_leaves_a_rest():
    part = v.TenderView(1, "Carte", "credit-card", "card", 3000)
    model = credit(payments=(part,), remaining_minor=2000, for_ticket_minor=2106)
    assert (model.gives_back, model.main_amount) == (("Reste à payer", "20.00"), "20.00")
    assert model.paid[0].text == "Carte"
    assert plain(model.note) == "Ensuite, les 21.06 du ticket sont pris sur la cagnotte."
    assert credit(field="received", received_minor=2000).main_amount == "20.00"


def test_giving_back_is_red_and_in_the_mode_of_the_credit():
    model = cancel()
    assert plain(model.title) == "Annuler un crédit de cagnotte · Mme Anne Rochat"
    assert (model.amount, model.change, model.main) == ("−50.00", ("Annulation", "−50.00"), "Rembourser")
    assert plain(model.note) == "Le remboursement se fait dans le mode d’origine : espèces. Un reçu est imprimé."
    assert [plain(row.detail) for row in model.credits] == ["aujourd’hui 08:39 · Espèces", "15.11.2025 09:04 · Espèces"]
    assert [row.chosen for row in model.credits] == [True, False]
    assert (model.modes, model.presets) == ((), ())


def test_a_credit_partly_spent_says_what_is_left():
    row = replace(record_wallet.CREDITS[0], left_minor=1540, modes="TWINT")
    model = cancel(credits=(row,))
    assert plain(model.credits[0].title) == "Crédit de 50.00 · reste 15.40"
    assert "TWINT" in model.note


def test_nothing_to_give_back_is_said():
    none = {"credits": (), "credit": 0, "amount_minor": 0, "error": "wallet.nothing_to_cancel"}
    assert cancel(**none).note == "Aucun crédit ne peut plus être annulé."
    assert cancel(credit=0, amount_minor=0).note == "Choisissez le crédit à annuler."
    assert not cancel(credit=0).can_collect


@pytest.mark.parametrize(
    ("sheet", "field", "minor", "shown"),
    [
        (record_wallet.credit(), "amount", 2000, ("20.00", "35.40", "20.00")),
        (record_wallet.credit(), "amount", 0, ("", "15.40", "")),
        (record_wallet.cancel(), "amount", 1000, ("−10.00", "55.40", "10.00")),
        (record_wallet.credit(field="received"), "received", 3000, ("50.00", "65.40", "30.00")),
    ],
)
def test_digits_are_shown_before_the_till_has_heard_of_them(sheet, field, minor, shown):
    model = vm.credit_model(VIEW, vm.typed_into(sheet, field, minor))
    assert (model.amount, model.new_balance[1], model.main_amount) == shown


def test_the_change_is_shown_before_the_till_has_heard_of_the_note():
    typed = vm.typed_into(record_wallet.credit(field="received"), "received", 10000)
    assert vm.credit_model(VIEW, typed).gives_back == ("À rendre", "50.00")


def test_a_wallet_that_is_short():
    model = vm.short_model(VIEW, record_wallet.short())
    assert (model.total[1], model.balance[1], model.missing[1]) == ("21.06", "15.40", "5.66")
    assert (model.use, model.use_detail) == ("Utiliser 15.40 de la cagnotte", "et régler les 5.66 restants autrement")
    assert [preset.text for preset in model.presets] == ["10.–", "20.–", "50.–", "100.–"]
    assert vm.short_model(VIEW, record_wallet.short(balance_minor=0)).use == ""
    assert vm.short_model(VIEW, record_wallet.short(can_recharge=False)).recharge == ""


def deed(action, deed=None, **changes):
    return vm.action_model(VIEW, record_wallet.action(action=action, **changes), deed or vm.Deed())


def test_the_list_of_the_rarer_deeds_has_only_what_is_possible():
    model = deed("", actions=("unblock", "adjust"))
    assert [item.id for item in model.items] == ["unblock", "adjust"]
    assert plain(model.title) == "Cagnotte · Mme Anne Rochat"


def test_each_deed_waits_for_what_it_needs():
    reasons, modes = record_wallet.REASONS, record_wallet.MODES
    assert not deed("block", reasons=reasons).can_do
    assert deed("block", vm.Deed(choice="lost"), reasons=reasons).can_do
    assert deed("unblock").can_do
    assert not deed("replace_card").can_do
    assert deed("replace_card", scanned="21000388").can_do
    assert not deed("transfer").can_do
    assert deed("transfer", vm.Deed(customer="c-michel")).main_amount == "15.40"
    assert not deed("refund", modes=modes).can_do
    assert deed("refund", vm.Deed(choice="cash"), modes=modes).main_amount == "10.40"


def test_an_adjustment_adds_or_takes_but_never_below_zero():
    reasons = record_wallet.REASONS
    given = deed("adjust", vm.Deed(500, choice="lost"), reasons=reasons)
    assert (given.amount, given.sums[-1][1], given.can_do) == ("+5.00", "20.40", True)
    taken = deed("adjust", vm.Deed(500, takes=True, choice="lost"), reasons=reasons)
    assert (taken.amount, taken.sums[-1][1], taken.can_do) == ("−5.00", "10.40", True)
    assert not deed("adjust", vm.Deed(1541, takes=True, choice="lost"), reasons=reasons).can_do
    assert not deed("adjust", vm.Deed(500), reasons=reasons).can_do
    sheet = record_wallet.action(action="adjust")
    assert vm.moved_minor(sheet, vm.Deed(500, takes=True)) == -500


def test_the_change_of_a_sale_may_go_on_the_wallet():
    assert result_model(record.view(result=record.result())).put_change == ""
    offered = record.view(result=record.result(wallet_change_minor=895))
    assert result_model(offered).put_change == "Mettre le reste sur la cagnotte"


def test_the_card_has_the_rarer_deeds_while_wallets_are_on():
    card = clients_model(record_wallet.over_clients(None)).card
    assert card is not None and card.more


def test_a_card_that_pays_a_credit_shows_whose_wallet_it_is_for():
    asked = v.CardView("waiting", "debit", 0, 5000, client=record.ROCHAT)
    side = card_model(record.view(card=asked)).side
    assert (side.client.text, side.rest_label, side.due) == ("Mme Anne Rochat", "Crédit", "50.00")
    assert side.rows == ()
    refund = v.CardView("waiting", "refund", 0, 5000, client=record.ROCHAT)
    assert card_model(record.view(card=refund)).side.client.present


def test_the_discount_of_the_group_follows_the_lines_at_encaissement():
    rows = payment_model(record_wallet.paying()).rows
    assert (plain(rows[-1].text), rows[-1].amount) == ("Remise VIP 10 %", "−2.34")
