"""A card at the terminal, in words."""

from msgspec.structs import replace

from appliance.kiosk.gallery import record as r
from appliance.kiosk.gallery import record_card as rec
from appliance.kiosk.viewmodel.card import card_bar, card_model
from appliance.kiosk.viewmodel.choice import code_entry_model
from appliance.protocol import view as v

WAITING = rec.card("waiting", rec.SENT, v.CardStep("paying", "now"), v.CardStep("bank", "todo"), can_abort=True)
UNKNOWN = rec.card("unknown", rec.SENT, rec.READ, v.CardStep("no_answer", "lost"), unknown_s=14, asks_in_s=6)
REFUSED = rec.card("refused", rec.SENT, rec.READ, v.CardStep("refused", "failed"), reason="insufficient_funds")
AWAY = rec.card("away", v.CardStep("away", "failed"), can_by_hand=True)


def shown(card):
    return card_model(rec.view(card))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_under_way_the_steps_are_sentences_and_nothing_leads_back():
    model = shown(WAITING)
    assert model.title == "Présentez la carte sur le terminal"
    assert [step.text for step in model.steps] == [
        "Montant envoyé au terminal", "Le client paie…", "Confirmation de la banque",
    ]  # fmt: skip
    assert (model.abort, model.can_abort, model.can_leave) == ("Annuler sur le terminal", True, False)
    assert (model.side.main, model.side.can_close) == ("En cours…", False)
    assert card_bar(rec.view(WAITING)).left_dim
    assert shown(replace(WAITING, is_aborting=True, can_abort=False)).abort == "Annulation demandée…"


def test_a_refusal_says_who_refused_and_why():
    model = shown(REFUSED)
    assert model.title == "Paiement refusé par la banque"
    assert plain(model.steps[-1].text) == "Refusé : solde insuffisant. Rien n’a été débité."
    assert (model.other, model.retry) == ("Autre mode de règlement", "Réessayer par carte")
    assert not card_bar(rec.view(REFUSED)).left_dim
    assert shown(replace(REFUSED, reason="busy")).title == "Paiement refusé"
    assert "refus du terminal" in shown(replace(REFUSED, reason="never heard of")).steps[-1].text


def test_the_question_tells_what_is_known_and_when():
    model = shown(UNKNOWN)
    assert plain(model.question) == "Regardez le terminal : le paiement est-il accepté ?"
    assert [step.right for step in model.steps] == ["08:42:03", "08:42:11", "depuis 14 s"]
    assert model.note == "Dans le doute, redemandez. La caisse redemande seule dans 6 s."
    assert (model.side.main, model.can_leave) == ("En attente", False)
    assert shown(replace(UNKNOWN, is_asking=True)).note == "La caisse redemande au terminal…"
    assert shown(replace(UNKNOWN, unknown_s=600)).steps[-1].right == "depuis 10 min"
    assert "autre montant" in shown(replace(UNKNOWN, reason="wrong_amount")).steps[-1].text


def test_by_hand_it_says_what_to_do_and_waits_for_a_word():
    by_hand = shown(replace(AWAY, is_by_hand=True))
    assert plain(by_hand.question) == "Faites payer 21.06 sur le terminal, puis confirmez."
    assert (by_hand.retry, by_hand.main_kind, by_hand.other, by_hand.by_hand) == ("Payé par carte", "pay", "Retour", "")
    refund = shown(replace(AWAY, is_by_hand=True, purpose="refund"))
    assert plain(refund.question) == "Remboursez 21.06 sur le terminal, puis confirmez."
    assert refund.retry == "Remboursé"


def test_a_terminal_that_is_away_offers_the_hand_only_where_it_may():
    assert shown(AWAY).by_hand == "Encaisser à la main"
    assert plain(shown(AWAY).question) == "Réessayer, ou encaisser à la main ?"
    assert shown(replace(AWAY, can_by_hand=False)).by_hand == ""
    assert plain(shown(replace(AWAY, can_by_hand=False)).question) == "Réessayer, ou un autre mode de règlement ?"


def test_a_refund_has_its_own_words():
    model = shown(replace(WAITING, purpose="refund"))
    assert plain(model.title) == "Remboursement : présentez la carte"
    assert model.side.rest_label == "Remboursement"
    refused = shown(replace(REFUSED, purpose="refund"))
    assert refused.steps[-1].text.endswith("Rien n’a été remboursé.")
    assert refused.other == "Laisser le règlement"
    assert "remboursement" in shown(replace(UNKNOWN, purpose="refund")).question
    assert shown(replace(AWAY, purpose="refund")).by_hand == "Rembourser à la main"


def test_without_a_card_there_is_nothing_to_show():
    assert card_model(r.view()).steps == ()


def test_scan_by_the_terminal_says_what_to_do_and_what_went_wrong():
    def sheet(terminal, note=None):
        found = v.CodeEntrySheet(terminal, note=note, has_terminal=True)
        return code_entry_model(r.view(sheet=found), found)

    assert sheet("ready").scan_detail == "avec le terminal de paiement"
    assert (sheet("reading").scan_detail, sheet("reading").stop) == ("Présentez le code au terminal…", "Arrêter")
    assert not sheet("reading").can_scan
    missed = sheet("ready", v.Message("code.not_read", {}, "warn"))
    assert missed.scan_detail == "Le terminal n’a pas lu de code. Réessayez."
    assert sheet("unable").scan_detail.startswith("Le terminal ne sait pas lire")
    assert sheet("away").scan_detail.startswith("Terminal débranché ou éteint.") and not sheet("away").can_scan
