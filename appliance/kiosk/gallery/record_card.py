"""Recorded views of a card at the terminal: mock-ups 18, 19 and 35, and the states between them."""

from typing import Any

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

ALLOWED = ("AbortCard", "AskCard", "ConfirmCard", "RetryCard", "CardByHand", "GoBack")
SENT = v.CardStep("sent", "done", "08:42:03")
READ = v.CardStep("read", "done", "08:42:11")


def view(card: v.CardView, **changes: Any) -> v.TillView:
    """The card screen beside ticket 0427."""
    usual: dict[str, Any] = {
        "screen": "card", "card": card, "ticket": r.ticket(lines=r.unselected()), "grid": None, "allowed": ALLOWED,
    }  # fmt: skip
    return r.view(**{**usual, **changes})


def card(phase: Any, *steps: v.CardStep, **more: Any) -> v.CardView:
    """21.06 of ticket 0427."""
    return v.CardView(
        **{"phase": phase, "purpose": "debit", "number": 427, "amount_minor": 2106, "steps": steps, **more}
    )


def record_cards() -> None:
    """Writes them all."""
    waiting = card("waiting", SENT, v.CardStep("paying", "now"), v.CardStep("bank", "todo"), can_abort=True)
    r.write("18-carte-en-cours", view(waiting))
    r.write("18-carte-en-cours-compact", view(waiting), "compact")
    r.write("18-carte-en-cours-large", view(waiting), "large")
    bank = card("waiting", SENT, READ, v.CardStep("bank", "now"), can_abort=False, is_aborting=True)
    r.write("18b-carte-banque-sombre", view(bank, theme="dark"))
    back = card(
        "waiting", SENT, v.CardStep("paying", "now"), v.CardStep("bank", "todo"), purpose="refund", can_abort=True
    )
    r.write("18c-carte-remboursement", view(back))
    refused = card("refused", SENT, READ, v.CardStep("refused", "failed"), reason="insufficient_funds")
    r.write("19-carte-refusee", view(refused))
    r.write("19-carte-refusee-compact", view(refused), "compact")
    away = card("away", v.CardStep("away", "failed"), can_by_hand=True)
    lights = r.status(terminal=("warn", "status.terminal_absent"))
    r.write("19b-terminal-injoignable", view(away, status=lights))
    by_hand = card("away", v.CardStep("away", "failed"), can_by_hand=True, is_by_hand=True)
    r.write("19c-carte-a-la-main", view(by_hand, status=lights))
    r.write("19c-carte-a-la-main-compact", view(by_hand, status=lights), "compact")
    silent = r.status(terminal=("warn", "status.terminal_no_answer"))
    unknown = card("unknown", SENT, READ, v.CardStep("no_answer", "lost"), unknown_s=14, asks_in_s=6)
    r.write("35-carte-inconnu", view(unknown, status=silent))
    r.write("35-carte-inconnu-compact", view(unknown, status=silent), "compact")
    r.write("35b-carte-inconnu-gaucher-sombre", view(unknown, status=silent, theme="dark", left_handed=True))
    says = v.Message("card.debit_says_accepted", {"number": 427, "amount_minor": 2106}, "error", ("reopen",))
    r.write("35c-le-terminal-dit-accepte", r.view(message=says))


if __name__ == "__main__":
    record_cards()
