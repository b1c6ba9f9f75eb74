"""Recorded views of Mes Données: mock-up 24, its editor and questions, and the groups of customers."""

from typing import Any

import msgspec

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

TABS = ("sale", "orders", "clients", "masters")
SECTIONS = ("modes", "groups")
MODES = (
    v.TenderModeRow("cash", "Espèces", "money", "cash", "masters.does.rounded", {"step_minor": 5}, True, True, True),
    v.TenderModeRow("card", "Carte", "credit-card", "card", "masters.does.terminal", quick_key=True),
    v.TenderModeRow("twint", "TWINT", "device-mobile", "other", "masters.does.exact"),
    v.TenderModeRow("wallet", "Cagnotte client", "wallet", "wallet", "masters.does.wallet", needs_customer=True),
    v.TenderModeRow("gift-voucher", "Bon cadeau", "gift", "voucher", "masters.does.keep"),
    v.TenderModeRow("credit-note", "Avoir", "receipt-x", "voucher", "masters.does.exact"),
    v.TenderModeRow("invoice", "Facture", "file-text", "other", "masters.does.exact", is_on=False, needs_customer=True),
)
ALL_MODES = (
    *MODES[:6],
    v.TenderModeRow("cheque", "Chèque", "file-text", "cheque", "masters.does.exact", opens_drawer=True),
    MODES[6],
    v.TenderModeRow("other", "Autre", "dots-three-circle", "other", "masters.does.exact"),
)
OFF = tuple(msgspec.structs.replace(row, is_on=row.is_on and row.kind != "wallet") for row in ALL_MODES)
GROUPS = (
    v.GroupRow("g-vip", "VIP", 12, (v.GroupRateRow(1000), v.GroupRateRow(0, "Boissons froides"))),
    v.GroupRow("g-pro", "Pro", 1, (v.GroupRateRow(500, "", "2025-12-01", "2025-12-31"),)),
    v.GroupRow("g-staff", "Personnel", 0),
)
DONE = v.UndoOffer(5, "undo.wallet_on", {"name": "Cagnotte client"})
CATEGORIES = tuple(
    v.CategoryKey(at, name, hue) for at, (name, hue) in enumerate(r.CATEGORIES) if hue
)  # fmt: skip


def masters(**changes: Any) -> v.MastersView:
    """Modes de règlement as in mock-up 24."""
    usual: dict[str, Any] = {
        "tabs": TABS, "sections": SECTIONS, "section": "modes", "modes": MODES, "orders_waiting": 3,
    }  # fmt: skip
    return v.MastersView(**{**usual, **changes})


def groups(**changes: Any) -> v.MastersView:
    """Groupes de clients."""
    return masters(**{"section": "groups", "modes": (), "groups": GROUPS, **changes})


def shown(content: v.MastersView, **changes: Any) -> v.TillView:
    """A whole view."""
    return r.view(**{"screen": "masters", "grid": None, "ticket": None, "masters": content, **changes})


def cash_sheet(**changes: Any) -> v.TenderModeSheet:
    """The editor of cash."""
    usual: dict[str, Any] = {
        "serial": 1, "mode": "cash", "name": "Espèces", "kind": "cash", "place": 1, "places": 7, "opens_drawer": True,
        "quick_key": True, "rounding_minor": 5, "roundings_minor": (0, 5, 10, 20, 50, 100), "needs_customer": False,
        "funds_wallet": True, "account": "1000",
    }  # fmt: skip
    return v.TenderModeSheet(**{**usual, **changes})


def new_sheet(**changes: Any) -> v.TenderModeSheet:
    """« Ajouter »."""
    usual: dict[str, Any] = {
        "serial": 2, "mode": "", "name": "Chèque Reka", "kind": "voucher", "place": 8, "places": 8,
        "kinds": ("other", "voucher", "cheque", "card"), "opens_drawer": True, "overpayment": "refuse",
        "needs_customer": False, "funds_wallet": False,
    }  # fmt: skip
    return v.TenderModeSheet(**{**usual, **changes})


def group_sheet(**changes: Any) -> v.GroupSheet:
    """The editor of a group."""
    usual: dict[str, Any] = {
        "serial": 3, "group": "g-vip", "label": "VIP", "customers": 12,
        "rates": (v.GroupRateRow(1000), v.GroupRateRow(0, "Boissons froides", "2025-12-01", "2025-12-31")),
    }  # fmt: skip
    return v.GroupSheet(**{**usual, **changes})


def modes() -> None:
    """24 and its other states."""
    r.write("24-modes-reglement", shown(masters(), undo=DONE))
    r.write(
        "24-modes-reglement-compact", shown(masters(modes=ALL_MODES, tabs=("sale", "clients", "masters"))), "compact"
    )
    r.write("24-modes-reglement-large", shown(masters(modes=ALL_MODES), undo=DONE), "large")
    r.write("24b-sans-cagnotte-gaucher-sombre", shown(masters(modes=OFF), theme="dark", left_handed=True))
    r.write("24c-mode-especes", shown(masters(), sheet=cash_sheet()))
    r.write("24c-mode-especes-compact", shown(masters(), sheet=cash_sheet()), "compact")
    wallet = cash_sheet(
        mode="wallet", name="Cagnotte client", kind="wallet", place=4, opens_drawer=None, quick_key=None,
        rounding_minor=None, roundings_minor=(), needs_customer=None, funds_wallet=None, account="2032",
    )  # fmt: skip
    r.write("24d-mode-cagnotte", shown(masters(), sheet=wallet))
    errors = {"name": "tender.name_taken", "account": "tender.account_form"}
    wrong = new_sheet(name="Espèces", account="10 20", errors=errors)
    r.write("24e-mode-nouveau", shown(masters(), sheet=new_sheet()))
    r.write("24e-mode-nouveau-compact", shown(masters(), sheet=wrong), "compact")
    off = v.ModeOffSheet("wallet", "Cagnotte client", 12, 104_320)
    r.write("24f-soldes", shown(masters(), sheet=off))


def all_groups() -> None:
    """Groupes de clients and their editor."""
    r.write("24g-groupes", shown(groups()))
    r.write("24g-groupes-vide-compact", shown(groups(groups=())), "compact")
    r.write("24h-groupe", shown(groups(), sheet=group_sheet()))
    wrong = group_sheet(
        rates=(*group_sheet().rates, v.GroupRateRow(500, "Pains", error="group.date_form")), error="group.label_taken"
    )
    r.write("24h-groupe-compact", shown(groups(), sheet=wrong), "compact")
    r.write("24h-groupe-nouveau-sombre", shown(groups(), sheet=group_sheet(group="", label="", rates=()), theme="dark"))
    r.write("24i-groupe-rubrique", shown(groups(), sheet=group_sheet(picking=1, categories=CATEGORIES)))
    others = (v.ClientGroupKey("g-pro", "Pro", 500), v.ClientGroupKey("g-staff", "Personnel"))
    r.write("24j-groupe-supprimer", shown(groups(), sheet=v.GroupDeleteSheet("g-vip", "VIP", 12, others)))


if __name__ == "__main__":
    modes()
    all_groups()
