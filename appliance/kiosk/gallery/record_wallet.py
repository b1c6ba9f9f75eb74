"""Recorded views of the wallet's sheets: mock-ups 14, 15 and 17, and the states between them.

Run `python -m appliance.kiosk.gallery.record_wallet` after a change of the protocol or to add a state.
"""

from typing import Any

from msgspec.structs import replace

from appliance.kiosk.gallery import record as r
from appliance.kiosk.gallery import record_clients as rc
from appliance.kiosk.gallery import record_day as rd
from appliance.protocol import view as v

NAME = "Mme Anne Rochat"
MODES = (
    v.TenderKey("cash", "Espèces", "money", "cash"),
    v.TenderKey("card", "Carte", "credit-card", "card"),
    v.TenderKey("twint", "TWINT", "device-mobile", "other"),
)
MANY_MODES = (
    *MODES,
    v.TenderKey("voucher", "Bon cadeau", "gift", "voucher"),
    v.TenderKey("avoir", "Avoir", "receipt-x", "credit_note"),
    v.TenderKey("cheque", "Chèque", "file-text", "other"),
    v.TenderKey("other", "Autre", "dots-three-circle", "other"),
)
CREDITS = (
    v.CreditRow(512, "2025-11-21T08:39:00", "Espèces", 5000, 5000),
    v.CreditRow(498, "2025-11-15T09:04:00", "Espèces", 5000, 5000),
)
REASONS = (
    v.ReasonKey("lost", "Carte perdue"),
    v.ReasonKey("stolen", "Carte volée"),
    v.ReasonKey("dispute", "Litige"),
    v.ReasonKey("other", "Autre"),
)
ACTIONS = ("block", "replace_card", "transfer", "refund", "adjust")


def credit(**changes: Any) -> v.WalletCreditSheet:
    """Mock-up 14: 50.00 in cash."""
    usual: dict[str, Any] = {
        "customer": "c-anne", "name": NAME, "presets": (2000, 5000, 10000, 20000), "modes": MODES, "mode": "cash",
        "balance_minor": 1540, "amount_minor": 5000, "new_balance_minor": 6540, "remaining_minor": 5000,
    }  # fmt: skip
    return v.WalletCreditSheet(**{**usual, **changes})


def in_parts() -> v.WalletCreditSheet:
    """30.00 were paid by card, 20.00 remain; the ticket waits for the wallet."""
    card = v.TenderView(1, "Carte", "credit-card", "card", 3000)
    return credit(payments=(card,), remaining_minor=2000, modes=MANY_MODES, for_ticket_minor=2106)


def cancel(**changes: Any) -> v.WalletCreditSheet:
    """Mock-up 15: the credit of a moment ago is given back."""
    usual: dict[str, Any] = {
        "quantity": -1, "credits": CREDITS, "credit": 512, "balance_minor": 6540, "new_balance_minor": 1540,
    }  # fmt: skip
    minor = changes.get("amount_minor", 5000)
    usual |= {"coins_minor": minor, "repaid_minor": minor}
    return credit(**{**usual, **changes})


def short(**changes: Any) -> v.WalletShortSheet:
    """Mock-up 17."""
    usual: dict[str, Any] = {
        "total_minor": 2106, "balance_minor": 1540, "missing_minor": 566, "presets": (1000, 2000, 5000, 10000),
    }  # fmt: skip
    return v.WalletShortSheet(**{**usual, **changes})


def action(**changes: Any) -> v.WalletActionSheet:
    """The list of the rarer deeds."""
    usual: dict[str, Any] = {
        "customer": "c-anne", "name": NAME, "actions": ACTIONS, "balance_minor": 1540, "paid_minor": 1040,
        "gifted_minor": 500,
    }  # fmt: skip
    return v.WalletActionSheet(**{**usual, **changes})


def over_clients(sheet: Any, **changes: Any) -> v.TillView:
    """A sheet over the tab Clients."""
    return r.view(
        **{"screen": "clients", "grid": None, "ticket": None, "clients": rc.clients(), "sheet": sheet, **changes}
    )


def paying(**changes: Any) -> v.TillView:
    """Encaissement of ticket 0427 before anything was paid."""
    usual: dict[str, Any] = {
        "screen": "payment", "ticket": rc.vip(), "grid": None, "payment": rd.payment(quick_notes=(2500, 3000, 5000)),
    }  # fmt: skip
    return r.view(**{**usual, **changes})


def credits() -> None:
    """14 and its states."""
    r.write("14-cagnotte-crediter", over_clients(credit()))
    r.write("14-cagnotte-crediter-compact", over_clients(credit()), "compact")
    r.write("14-cagnotte-crediter-large", over_clients(credit()), "large")
    empty = credit(amount_minor=0, new_balance_minor=1540, remaining_minor=0, error="")
    r.write("14b-cagnotte-vide-sombre", over_clients(replace(empty, asks_amount=True), theme="dark"))
    out = v.WalletGivenSheet(
        "credited", NAME, 512, 2000, 8000, (v.CoinCount(5000, 1), v.CoinCount(2000, 1), v.CoinCount(1000, 1)),
        10_000, 3540,
    )  # fmt: skip
    r.write("14h-cagnotte-a-rendre", over_clients(out))
    r.write("14h-cagnotte-a-rendre-compact", over_clients(out), "compact")
    note = credit(field="received", received_minor=10000, change_minor=5000)
    r.write("14c-cagnotte-recu", r.view(ticket=rc.vip(), sheet=note))
    parts = in_parts()
    r.write("14d-cagnotte-en-deux", r.view(ticket=rc.vip(), sheet=parts))
    r.write("14d-cagnotte-en-deux-compact", r.view(ticket=rc.vip(), sheet=parts), "compact")
    many = credit(field="received", received_minor=10000, change_minor=5000, modes=MANY_MODES)
    r.write("14e-cagnotte-sept-modes", r.view(ticket=rc.vip(), sheet=many))
    r.write("14e-cagnotte-sept-modes-compact", r.view(ticket=rc.vip(), sheet=many), "compact")
    twice = (
        v.TenderView(1, "Carte", "credit-card", "card", 3000),
        v.TenderView(2, "TWINT", "device-mobile", "other", 1000),
    )
    thrice = (*twice, v.TenderView(3, "TWINT", "device-mobile", "other", 500))
    last = credit(payments=thrice, remaining_minor=500, modes=MANY_MODES)
    r.write("14g-cagnotte-en-quatre-compact", r.view(ticket=rc.vip(), sheet=last), "compact")
    rest = credit(payments=twice, remaining_minor=1000, modes=MANY_MODES, field="received")
    r.write("14f-cagnotte-en-trois-compact", r.view(ticket=rc.vip(), sheet=rest, theme="dark"), "compact")


def cancellings() -> None:
    """15 and its states."""
    chip = replace(r.ROCHAT, wallet_minor=6540)
    on_ticket = replace(rc.vip(), client=chip)
    r.write("15-cagnotte-annuler", r.view(ticket=on_ticket, sheet=cancel()))
    r.write("15-cagnotte-annuler-compact", r.view(ticket=on_ticket, sheet=cancel()), "compact")
    spent = (replace(CREDITS[0], left_minor=1540), *CREDITS[1:], *(replace(CREDITS[1], document=i) for i in (3, 4)))
    partly = cancel(credits=spent, amount_minor=1540, new_balance_minor=0, balance_minor=1540)
    r.write("15b-cagnotte-annuler-reste-sombre", over_clients(partly, theme="dark", left_handed=True))
    three = (*CREDITS, replace(CREDITS[1], document=3))
    r.write("15d-cagnotte-annuler-vieux-credit", r.view(ticket=on_ticket, sheet=cancel(credits=three, too_old_days=30)))
    none = cancel(credits=(), credit=0, amount_minor=0, balance_minor=1540, new_balance_minor=1540)
    r.write("15c-cagnotte-rien-a-annuler", over_clients(none))
    aged = (v.CreditRow(301, "2025-10-02T09:04:00", "Carte", 5000, 5000), *CREDITS[:1])
    old = cancel(credits=aged, credit=301, mode="card", too_old_days=30)
    r.write("15d-cagnotte-carte-trop-ancienne", over_clients(old))
    r.write("15d-cagnotte-carte-trop-ancienne-compact", over_clients(old), "compact")
    r.write("15e-cagnotte-tiroir-bas", over_clients(cancel(drawer_minor=3200)))


def shorts() -> None:
    """17 over Encaissement."""
    r.write("17-cagnotte-insuffisante", paying(sheet=short()))
    r.write("17-cagnotte-insuffisante-compact", paying(sheet=short()), "compact")
    r.write("17-cagnotte-insuffisante-large", paying(sheet=short(presets=(2000, 5000))), "large")
    r.write("17b-cagnotte-vide-sombre", paying(sheet=short(balance_minor=0, missing_minor=2106), theme="dark"))


def deeds() -> None:
    """The rarer deeds on the customer's card."""
    r.write("13f-cagnotte-actions", over_clients(action()))
    r.write("13g-cagnotte-bloquer", over_clients(action(action="block", reasons=REASONS)))
    r.write("13h-cagnotte-nouvelle-carte", over_clients(action(action="replace_card", cards=("21000042",))))
    moved = action(action="transfer", rows=rc.FOUND[1:], search="roch")
    r.write("13i-cagnotte-transfert", over_clients(moved))
    r.write("13i-cagnotte-transfert-compact", over_clients(moved), "compact")
    r.write("13j-cagnotte-rembourser-sombre", over_clients(action(action="refund", modes=MODES[:2]), theme="dark"))
    low = action(action="refund", modes=MODES[:1], drawer_minor=800)
    r.write("13j-cagnotte-rembourser-tiroir-bas-compact", over_clients(low), "compact")
    adjust = action(action="adjust", reasons=(v.ReasonKey("gift", "Geste commercial"), v.ReasonKey("fix", "Erreur")))
    r.write("13k-cagnotte-ajuster", over_clients(adjust), typed="500")
    r.write("13k-cagnotte-ajuster-compact", over_clients(adjust), "compact", typed="500")


def kept() -> None:
    """A client's balance while cagnottes are off; a credit in a country without paper by itself."""
    card = replace(rc.CARD, wallet_minor=0, kept_minor=1540)
    r.write("13p-client-solde-garde", over_clients(None, clients=rc.clients(client=card, has_wallets=False)))
    words: dict[str, str | int] = {"amount_minor": 5000, "balance_minor": 6540}
    said = v.Message("wallet.credited", words, actions=("print_movement",))
    move = v.WalletMovement("2025-11-15T09:04:00", "credit", 5000, 5000, 0, "Espèces", 512)
    r.write("13r-mouvement", over_clients(v.WalletMovementSheet(move, "c-anne", True)))
    r.write("13q-credite-a-la-demande", over_clients(None, message=said))
    r.write("13q-credite-a-la-demande-compact", over_clients(None, message=said), "compact")


def cards() -> None:
    """18 without a ticket: the card pays a credit."""
    steps = (v.CardStep("sent", "done", "08:42:03"), v.CardStep("paying", "now"), v.CardStep("bank", "todo"))
    asked = v.CardView("waiting", "debit", 0, 5000, client=r.ROCHAT, steps=steps, can_abort=True)
    part = replace(asked, amount_minor=3000, credit_minor=5000, credit_paid=(
        v.TenderView(1, "Espèces", "money", "cash", 2000, False),
    ))  # fmt: skip
    r.write("18e-carte-part-de-cagnotte", r.view(screen="card", card=part, ticket=None, grid=None))
    r.write("18e-carte-part-de-cagnotte-compact", r.view(screen="card", card=part, ticket=None, grid=None), "compact")
    r.write("18d-carte-cagnotte", r.view(screen="card", card=asked, ticket=None, grid=None))


def changes() -> None:
    """20 with a client whose wallet may take the change."""
    more = r.result(wallet_change_minor=895, client=NAME)
    r.write("20d-reste-sur-la-cagnotte", r.view(grid=r.grid(), result=more))
    r.write("20d-reste-sur-la-cagnotte-compact", r.view(grid=r.grid(), result=more), "compact")
    wallet = (v.TenderView(1, "Cagnotte client", "wallet", "wallet", 2080),)
    out = r.result(
        total_minor=2080, change_minor=8000, coins=(v.CoinCount(5000, 1), v.CoinCount(2000, 1), v.CoinCount(1000, 1)),
        received_minor=10_000, tenders=wallet, wallet_credited_minor=2000, wallet_balance_minor=425, rounding_minor=0,
    )  # fmt: skip
    r.write("20e-recharge-a-rendre", r.view(grid=r.grid(), result=out))
    r.write("20e-recharge-a-rendre-compact", r.view(grid=r.grid(), result=out), "compact")


if __name__ == "__main__":
    credits()
    cancellings()
    shorts()
    deeds()
    kept()
    cards()
    changes()
