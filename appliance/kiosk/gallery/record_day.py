"""Writes the recorded views of the day's other screens: lock, opening, Accueil, Encaissement, split, X, closing.

Run `python -m appliance.kiosk.gallery.record_day` after a change of the protocol or to add a state.
"""

from typing import Any

from msgspec.structs import replace

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

SELLERS = (
    r.CAMILLE,
    v.SellerChip("nadia", "Nadia", "NB", "Responsable", is_manager=True),
    v.SellerChip("luca", "Luca", "LM", "Vendeur"),
    v.SellerChip("joelle", "Joëlle", "JT", "Vendeuse"),
    v.SellerChip("stephane", "Stéphane", "SG", "Boulanger"),
    v.SellerChip("ines", "Inès", "ID", "Apprentie"),
)
MORE = tuple(
    v.SellerChip(f"s{i}", name, name[:2].upper(), "Vendeuse")
    for i, name in enumerate(("Rose", "Marc", "Aline", "Théo", "Lina", "Paul"))
)
DELIVERY = v.SaleModeKey("delivery", "Livraison", "moped", 260)
PICKUP = v.SaleModeKey("pickup", "Retrait", "calendar-check", note="mode.note.ready_order")
ALLOWED = (*r.ALLOWED, "StartClosing", "CloseTicket", "PrintReport", "GoBack", "Lock")
REASONS = (
    v.ReasonKey("count", "Erreur de comptage hier"),
    v.ReasonKey("change", "Monnaie ajoutée"),
    v.ReasonKey("other", "Autre"),
)


def view(screen: Any, **changes: Any) -> v.TillView:
    """A screen of the shop without a ticket, with changes."""
    usual: dict[str, Any] = {"screen": screen, "ticket": None, "grid": None, "allowed": ALLOWED}
    return r.view(**{**usual, **changes})


def lock(**changes: Any) -> v.LockView:
    """Mock-up 01."""
    return v.LockView(
        **{"sellers": SELLERS, "selected": "camille", "open_since": "06:32", "date": "2025-11-21", **changes}
    )


def locks() -> None:
    """01 and its states."""
    r.write("01-verrouillage", view("lock", seller=None, lock=lock()), typed="12")
    wrong = lock(is_wrong=True, tries_left=4)
    r.write("01-verrouillage-faux", view("lock", seller=None, lock=wrong))
    shut = lock(is_wrong=True, tries_left=0, locked_seconds=60)
    r.write("01-verrouillage-bloque", view("lock", seller=None, lock=shut))
    many = lock(sellers=SELLERS + MORE, selected=None, open_since="", page=1, pages=2)
    r.write("01-verrouillage-douze", view("lock", seller=None, lock=many))
    r.write("01-verrouillage-compact", view("lock", seller=None, lock=lock()), "compact", typed="12")


NOTES_OPEN = ((20000, 0), (10000, 0), (5000, 1), (2000, 3), (1000, 5))
COINS_OPEN = ((500, 4), (200, 5), (100, 5), (50, 6), (20, 5), (10, 5), (5, 10))
NOTES_CLOSE = ((20000, 0), (10000, 2), (5000, 3), (2000, 8), (1000, 6))
COINS_CLOSE = ((500, 10), (200, 12), (100, 9), (50, 10), (20, 15), (10, 9), (5, 8))


def counts(rows: tuple[tuple[int, int], ...]) -> tuple[v.CountRow, ...]:
    """Rows of (value, count)."""
    return tuple(v.CountRow(value, count) for value, count in rows)


def opening(**changes: Any) -> v.OpeningView:
    """Mock-up 02."""
    usual: dict[str, Any] = {
        "notes": counts(NOTES_OPEN),
        "coins": counts(COINS_OPEN),
        "notes_minor": 16000,
        "coins_minor": 4000,
        "counted_minor": 20000,
        "expected_minor": 20000,
        "left_by": "Nadia",
        "left_minor": 20000,
        "session": 318,
        "focus_minor": 20,
    }
    return v.OpeningView(**{**usual, **changes})


def openings() -> None:
    """02 and its states."""
    early = "2025-11-21T06:28:00"
    r.write("02-fond-de-caisse", view("opening", at=early, opening=opening()))
    less = opening(coins=counts((*COINS_OPEN[1:],)), coins_minor=3500, counted_minor=19500)
    less = replace(less, coins=counts(((500, 3), *COINS_OPEN[1:])))
    r.write("02-fond-de-caisse-ecart", view("opening", at=early, opening=less))
    why = v.ReasonSheet("float_difference", REASONS)
    r.write("02-fond-de-caisse-motif", view("opening", at=early, opening=less, sheet=why))
    r.write("02-fond-de-caisse-sans-fond", view("opening", at=early, opening=v.OpeningView((), ())))
    r.write("02-fond-de-caisse-compact", view("opening", at=early, opening=opening()), "compact")


LAST = v.LastTicket(
    423,
    "08:38",
    "Carte",
    1240,
    (("Baguette tradition", 320), ("Ramequin au fromage", 460), ("Éclair au café", 460)),
    True,
)
SESSION = v.SessionCard(318, "06:32", "Camille", 20000, "2025-11-21")


def home(**changes: Any) -> v.HomeView:
    """Mock-up 03."""
    usual: dict[str, Any] = {
        "tabs": ("sale", "orders", "clients", "masters"),
        "cards": r.NOTES,
        "note_count": 5,
        "modes": (r.EAT_IN, r.TAKE_AWAY, DELIVERY, PICKUP),
        "last": LAST,
        "has_settings": True,
        "orders_waiting": 3,
    }
    return v.HomeView(**{**usual, **changes})


def homes() -> None:
    """03, empty, paged, and on the other panels."""
    r.write("03-accueil", view("home", home=home(), session=SESSION))
    first = home(
        tabs=("sale",),
        cards=(),
        note_count=0,
        modes=(r.EAT_IN, r.TAKE_AWAY),
        last=None,
        has_settings=False,
        orders_waiting=0,
    )
    r.write("03-accueil-vide", view("home", home=first, session=SESSION))
    full = home(cards=(*r.NOTES, replace(r.NOTES[2], number=429)), note_count=8, pages=2)
    r.write("03-accueil-pages", view("home", home=full, session=SESSION))
    r.write("03-accueil-gaucher-sombre", view("home", home=home(), session=SESSION, left_handed=True, theme="dark"))
    r.write("03-accueil-compact", view("home", home=home(), session=SESSION), "compact")
    r.write("03-accueil-large", view("home", home=home(), session=SESSION), "large")


TENDERS = (
    v.TenderKey("cash", "Espèces", "money", "cash", "tender.detail.rounding"),
    v.TenderKey("card", "Carte", "credit-card", "card", "tender.detail.terminal_ready"),
    v.TenderKey("twint", "TWINT", "device-mobile", "other"),
    v.TenderKey(
        "wallet", "Cagnotte client", "wallet", "wallet", "tender.detail.balance", is_enabled=False, detail_minor=0
    ),
    v.TenderKey("gift", "Bon cadeau", "gift", "voucher", "tender.detail.scan_voucher"),
    v.TenderKey("credit", "Avoir", "receipt-x", "voucher"),
    v.TenderKey("invoice", "Facture", "file-text", "other", "tender.detail.account"),
    v.TenderKey("other", "Autre", "dots-three-circle", "other"),
)
SPENT = replace(r.ROCHAT, wallet_minor=0)


def payment(**changes: Any) -> v.PaymentView:
    """Mock-up 16."""
    usual: dict[str, Any] = {
        "tenders": TENDERS,
        "quick_notes": (1000, 2000, 5000),
        "can_split": True,
        "can_open_drawer": True,
    }
    return v.PaymentView(**{**usual, **changes})


def payments() -> None:
    """16 and its states."""
    taken = (v.TenderView(1, "Cagnotte client", "wallet", "wallet", 1540),)
    part = r.ticket(
        lines=r.unselected(),
        client=SPENT,
        tenders=taken,
        remaining_minor=566,
        cash_due_minor=565,
        cash_rounding_minor=-1,
    )
    r.write("16-encaissement", view("payment", ticket=part, payment=payment()))
    whole = r.ticket(
        lines=r.unselected(),
        client=None,
        discount_minor=0,
        discount_bp=0,
        discount_label="",
        total_minor=2340,
        remaining_minor=2340,
        cash_due_minor=2340,
        cash_rounding_minor=0,
    )
    plain = payment(tenders=TENDERS[:3], quick_notes=(2500, 3000, 5000))
    r.write("16-encaissement-rien", view("payment", ticket=whole, payment=plain), typed="2000")
    several = (
        v.TenderView(1, "Carte", "credit-card", "card", 1000, is_removable=False),
        v.TenderView(2, "TWINT", "device-mobile", "other", 1000),
    )
    most = r.ticket(
        lines=r.unselected(), tenders=several, remaining_minor=106, cash_due_minor=105, cash_rounding_minor=-1
    )
    above = v.Message("tender.too_much", {"amount_minor": 106}, "warn")
    r.write("16-encaissement-partiel", view("payment", ticket=most, payment=payment(), message=above))
    free = r.ticket(
        lines=r.unselected(),
        total_minor=0,
        discount_minor=-2340,
        discount_bp=10000,
        remaining_minor=0,
        cash_due_minor=0,
        cash_rounding_minor=0,
    )
    r.write("16-encaissement-zero", view("payment", ticket=free, payment=payment(can_close=True)))
    r.write(
        "16-encaissement-gaucher-sombre",
        view("payment", ticket=part, payment=payment(), left_handed=True, theme="dark"),
    )
    r.write("16-encaissement-compact", view("payment", ticket=part, payment=payment()), "compact")
    r.write("16-encaissement-large", view("payment", ticket=part, payment=payment()), "large")


CAFE = r.line(11, 1, "Renversé", 480)
REST = (
    CAFE,
    r.line(12, 1, "Thé", 450),
    r.line(13, 1, "Café", 420),
    r.line(14, 3, "Croissant au beurre", 160),
    r.line(15, 1, "Ramequin au fromage", 460),
    r.line(16, 1, "Tarte aux pruneaux", 480),
)


def splits() -> None:
    """31, a part still empty."""
    lines = (
        r.line(21, 1, "Renversé", 480),
        r.line(22, 2, "Croissant au beurre", 160),
        r.line(23, 1, "Ramequin au fromage", 460, is_selected=True),
    )
    part = r.ticket(
        number=428,
        mode=r.EAT_IN,
        lines=lines,
        client=None,
        article_count=4,
        discount_minor=0,
        discount_bp=0,
        discount_label="",
        subtotal_minor=1260,
        total_minor=1260,
        remaining_minor=1260,
        vat=(v.VatNote(810, 94),),
        cash_keys=r.keys(1260, 15, 20, 50),
    )
    parts = (v.SplitPart(1, 1260, is_open=True), v.SplitPart(2, 0))
    split = v.SplitView(428, "Table 4", REST, 2770, parts, 1, 4030, 0, 3, (924, 923, 923))
    at = "2025-11-21T08:51:00"
    r.write("31-separer-la-note", view("split", at=at, ticket=part, split=split))
    later = replace(
        split,
        parts=(v.SplitPart(1, 1260, is_paid=True), v.SplitPart(2, 0, is_open=True)),
        open_part=2,
        others_minor=1260,
    )
    nothing = replace(r.empty_ticket(), number=428, mode=r.EAT_IN)
    r.write("31-separer-la-note-part-2", view("split", at=at, ticket=nothing, split=later))
    r.write("31-separer-la-note-compact", view("split", at=at, ticket=part, split=split), "compact")


def report(**changes: Any) -> v.ReportView:
    """Mock-up 40."""
    usual: dict[str, Any] = {
        "kind": "X",
        "number": 42,
        "session": 318,
        "opened_at": "06:32",
        "at": "14:05",
        "business_date": "2025-11-21",
        "tickets": 124,
        "turnover_minor": 148356,
        "rates": (v.VatNote(260, 2667, 105236, 102569), v.VatNote(810, 3231, 43120, 39889)),
        "tenders": tuple(
            v.TenderTotal(*row)
            for row in (
                ("Espèces", 41, 28615, "cash"),
                ("Carte", 61, 90270, "card"),
                ("TWINT", 13, 14830),
                ("Cagnotte client", 11, 9645),
                ("Bon cadeau", 1, 5000),
            )
        ),
        "sellers": (
            v.SellerTotal("Camille", 62, 74218),
            v.SellerTotal("Luca", 38, 45510),
            v.SellerTotal("Joëlle", 24, 28628),
        ),
        "cash": v.CashBook(20000, 28615, wallet_credits_minor=5000, expected_minor=53615),
        "collected_minor": 148360,
        "rounding_minor": 4,
        "discounts": v.ReasonTotal("", 9, -3840),
        "offers": v.ReasonTotal("", 4, -1260),
        "voids": v.ReasonTotal("", 1, -690),
        "drawer_openings": 1,
        "held": v.ReasonTotal("", 2, 2670),
        "seller": "Camille",
        "wallet_rows": (
            ("credited", 3, 15000),
            ("credited_cash", 0, 5000),
            ("credited_card", 0, 10000),
            ("cancelled", 0, 0),
            ("used", 11, -9645),
            ("balance", 0, 5355),
        ),
    }
    return v.ReportView(**{**usual, **changes})


def reports() -> None:
    """40, and where cagnottes are off and the drawer is counted blind."""
    at = "2025-11-21T14:05:00"
    r.write("40-lecture-x", view("x_report", at=at, report=report()))
    blind = report(wallet_rows=(), tenders=report().tenders[:3], cash=v.CashBook(20000, 28615))
    r.write("40-lecture-x-aveugle", view("x_report", at=at, report=blind))
    r.write("40-lecture-x-compact", view("x_report", at=at, report=report(wallet_rows=())), "compact")


def closing(**changes: Any) -> v.ClosingView:
    """Mock-up 23."""
    usual: dict[str, Any] = {
        "step": "count",
        "session": 318,
        "opened_at": "06:32",
        "notes": counts(NOTES_CLOSE),
        "coins": counts(COINS_CLOSE),
        "notes_minor": 57000,
        "coins_minor": 9230,
        "counted_minor": 66230,
        "leave_minor": 20000,
        "safe_minor": 46230,
        "cash": v.CashBook(20000, 41235, wallet_credits_minor=5000, expected_minor=66235),
        "difference_minor": -5,
        "tenders": tuple(
            v.TenderTotal(*row)
            for row in (
                ("Carte", 87, 128640, "card", 10000),
                ("TWINT", 19, 21470),
                ("Cagnotte client", 16, 14825),
                ("Bon cadeau", 1, 5000),
            )
        ),
        "held_count": 2,
        "focus_minor": 5,
    }
    return v.ClosingView(**{**usual, **changes})


def closings() -> None:
    """23 in its three steps, and the question."""
    at = "2025-11-21T18:34:00"
    r.write("23-cloture", view("closing", at=at, closing=closing()))
    blind = closing(difference_minor=None, cash=v.CashBook(20000, 41235, wallet_credits_minor=5000))
    r.write("23-cloture-aveugle", view("closing", at=at, closing=blind))
    big = closing(
        notes=counts(((100_000, 3), *NOTES_CLOSE)), notes_minor=357_000, counted_minor=366_230, safe_minor=346_230,
        cash=v.CashBook(20000, 341_235, wallet_credits_minor=5000, expected_minor=366_235),
    )  # fmt: skip
    r.write("23-cloture-mille", view("closing", at=at, closing=big))
    r.write("23-cloture-mille-compact", view("closing", at=at, closing=big), "compact")
    reasons = (
        v.ReasonKey("change", "Erreur de rendu"),
        v.ReasonKey("count", "Erreur de comptage"),
        v.ReasonKey("out", "Sortie non notée"),
        v.ReasonKey("other", "Autre"),
    )
    check = closing(
        step="check",
        counted_minor=65735,
        difference_minor=-500,
        reasons=reasons,
        reason="change",
        held=r.NOTES[:2],
        focus_minor=0,
    )
    r.write("23-cloture-2-controler", view("closing", at=at, closing=check))
    day = report(kind="Z", at="18:34")
    last = closing(step="confirm", report=day, waiting_receipts=3, focus_minor=0)
    r.write("23-cloture-3-cloturer", view("closing", at=at, closing=last))
    r.write("23-cloture-3-question", view("closing", at=at, closing=last, sheet=v.ConfirmCloseSheet(318)))
    r.write("23-cloture-compact", view("closing", at=at, closing=closing()), "compact")
    r.write("23-cloture-2-compact", view("closing", at=at, closing=check), "compact")
    r.write("23-cloture-3-compact", view("closing", at=at, closing=last), "compact")


def record_day() -> None:
    """Writes them all."""
    for part in (locks, openings, homes, payments, splits, reports, closings):
        part()


if __name__ == "__main__":
    record_day()
