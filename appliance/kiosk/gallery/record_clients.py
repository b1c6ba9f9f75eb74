"""Recorded views of customers: mock-ups 10 to 13 and their other states."""

from typing import Any

import msgspec

from appliance.kiosk.gallery import record as r
from appliance.protocol import view as v

VIP: dict[str, Any] = {"group": "VIP", "group_bp": 1000}
ANNE = v.ClientRow("c-anne", "Rochat Anne", "AR", "079 555 01 42", "21000042", **VIP, wallet_minor=1540)
MICHEL = v.ClientRow("c-michel", "Rochat Michel", "RM", place="Chexbres", wallet_minor=0)
CLAIRE = v.ClientRow("c-claire", "Rochaix Claire", "RC", code="21000107", wallet_minor=6200)
OLIVIER = v.ClientRow("c-olivier", "Rochon Olivier", "RO", "021 555 03 18", group="Pro", group_bp=500)
INES = v.ClientRow("c-ines", "Rocha da Silva Inês", "RS", code="21000219", wallet_minor=875)
FOUND = (ANNE, MICHEL, CLAIRE, OLIVIER, INES)
ALLOWED = (*r.ALLOWED, "OpenCredit")
TABS = ("sale", "orders", "clients", "masters")


def picker(**changes: Any) -> v.ClientPickerSheet:
    """The picker of mock-up 10."""
    usual: dict[str, Any] = {"rows": FOUND, "search": "roch", "hits": 5, "total": 1284, "chosen": "c-anne"}
    return v.ClientPickerSheet(**{**usual, **changes})


def nobody() -> v.TicketView:
    """The ticket of the mock-ups before its client is chosen."""
    return r.ticket(
        lines=r.unselected(), client=None, discount_minor=0, discount_label="", discount_bp=0, total_minor=2340,
        vat=(v.VatNote(260, 59),), cash_keys=r.keys(2340, 25, 30, 50),
    )  # fmt: skip


def vip() -> v.TicketView:
    """The same with Anne Rochat and the discount of her group."""
    return r.ticket(
        lines=r.unselected(), discount_minor=0, discount_label="", discount_bp=0,
        group_minor=-234, group_bp=1000, group_label="VIP",
    )  # fmt: skip


LIST = (
    v.ClientRow("c-bernard", "Pittet Bernard", "PB", code="21000012", wallet_minor=3120),
    v.ClientRow("c-lise", "Quartier Lise", "QL", "021 555 07 70"),
    ANNE,
    msgspec.structs.replace(MICHEL, wallet_minor=None),
    CLAIRE,
    v.ClientRow("c-benoit", "Savary Benoît", "SB", "079 555 09 31", wallet_minor=410),
    v.ClientRow("c-martine", "Thévoz Martine", "TM", code="21000265", wallet_minor=12000),
)


def pickers() -> None:
    """10 and what else the picker shows."""
    r.write("10-client-choix", r.view(ticket=nobody(), sheet=picker()))
    r.write("10b-client-aucun", r.view(ticket=nobody(), sheet=picker(rows=(), search="rochz", hits=0, chosen="")))
    everybody = picker(search="", hits=1284, chosen="", rows=(*FOUND, *LIST[-2:], *LIST[:2]))
    r.write("10c-client-compact", r.view(ticket=nobody(), sheet=everybody), "compact")
    firms = (
        v.ClientRow("c-garage", "Garage du Simplon SA", "GS", "024 555 11 00", group="Pro", group_bp=500,
                    is_company=True),
        v.ClientRow("c-hotel", "Hôtel des Trois Couronnes", "HT", place="Vevey", is_company=True, wallet_minor=12400),
    )  # fmt: skip
    company = picker(rows=firms, kind="company", search="", hits=2, total=2, chosen="", purpose="wallet")
    r.write("10d-client-societes-sombre", r.view(ticket=nobody(), sheet=company, theme="dark", left_handed=True))
    r.write("12-client-menu", r.view(ticket=vip(), sheet=v.ClientMenuSheet(ANNE, True, "Anne Rochat")))
    plain = msgspec.structs.replace(MICHEL, wallet_minor=None)
    r.write(
        "12b-client-menu-sans-cagnotte",
        r.view(ticket=vip(), sheet=v.ClientMenuSheet(plain, False, "Michel Rochat")), "compact",
    )  # fmt: skip


def form(**changes: Any) -> v.ClientFormView:
    """The form of mock-up 11."""
    lines = (v.FormLine("name", "Favre"), v.FormLine("first_name", "Élo"), v.FormLine("code", "21000388", 1))
    read = v.FormNote("client.card_read", {"code": "21000388"})
    usual: dict[str, Any] = {
        "serial": 1, "kind": "person", "title": "madam", "lines": lines, "ticket": 427, "note": read,
    }  # fmt: skip
    return v.ClientFormView(**{**usual, **changes})


def forms() -> None:
    """11 and what can be wrong in it."""
    first = (v.FormLine("name", "Favre"), v.FormLine("code", "21000388", 1))
    shown = {"screen": "client_form", "grid": None, "ticket": nobody()}
    r.write("11-client-creation", r.view(client_form=form(lines=first), **shown), typed="Élo")
    wrong = (
        v.FormLine("name", "", error="customer.last_name_missing"),
        v.FormLine("first_name", "Élodie"),
        v.FormLine("code", "21000107", error="customer.code_taken", params={"holder": "Claire Rochaix"}),
        v.FormLine("email", "elodie.favre-de-la-grande-maison@exemple-tres-long.ch"),
        v.FormLine("place", "1800", error="customer.address_incomplete"),
    )
    taken = v.FormNote("client.code_taken", {"holder": "Claire Rochaix"}, "error", "open", "c-claire")
    r.write("11b-client-erreurs", r.view(client_form=form(lines=wrong, note=taken), **shown))
    twin = v.FormNote("client.twin", {"name": "Élodie Favre", "ending": "12"}, "warn", "choose", "c-elodie")
    lines = (v.FormLine("name", "Favre"), v.FormLine("first_name", "Élodie"), v.FormLine("phone", "079 555 44 12"))
    r.write("11c-client-doublon-compact", r.view(client_form=form(lines=lines, note=twin), **shown), "compact")
    firm = form(
        kind="company", title="", ticket=0, customer="c-garage", note=None, group="Pro", group_bp=500,
        lines=(v.FormLine("company", "Garage du Simplon SA"), v.FormLine("business", "CHE-123.456.788")),
    )  # fmt: skip
    r.write("11d-client-societe-sombre", r.view(client_form=firm, theme="dark", **shown))
    groups = v.ClientGroupsSheet((v.ClientGroupKey("g-vip", "VIP", 1000), v.ClientGroupKey("g-pro", "Pro", 500)))
    r.write("11e-client-groupe", r.view(client_form=form(), sheet=groups, **shown))
    agreed = v.ClientConsentsSheet((
        v.ConsentRow("receipt_mail", True, "2025-11-15", True), v.ConsentRow("marketing", is_asked=True),
        v.ConsentRow("wallet_notices"),
    ))  # fmt: skip
    r.write("11f-client-accords", r.view(client_form=form(consents=1), sheet=agreed, **shown))
    r.write("11g-client-compact", r.view(client_form=form(consents=1), **shown), "compact")


MOVEMENTS = (
    v.WalletMovement("2025-11-19T07:58:00", "purchase", -960, 1540, 388, "Caisse 1"),
    v.WalletMovement("2025-11-17T16:21:00", "purchase", -2500, 2500, 352, "Caisse 1"),
    v.WalletMovement("2025-11-15T09:04:00", "credit", 5000, 5000, 0, "Espèces"),
    v.WalletMovement("2025-10-28T11:37:00", "purchase", -1835, 0, 118, "Caisse 1"),
)
CARD = v.ClientCard(
    "c-anne", "Mme Anne Rochat", "AR", is_feminine=True, since="2023-03-14", phone="079 555 01 42",
    codes=("21000042",), group="VIP", group_bp=1000, account="1100.042", wallet_minor=1540,
    last_credit_minor=5000, last_credit_at="2025-11-15T09:04:00", movements=MOVEMENTS,
)  # fmt: skip


def clients(**changes: Any) -> v.ClientsView:
    """The tab of mock-up 13."""
    usual: dict[str, Any] = {
        "tabs": TABS, "rows": LIST, "hits": 7, "total": 7, "client": CARD, "has_wallets": True, "has_statement": True,
        "orders_waiting": 3,
    }  # fmt: skip
    return v.ClientsView(**{**usual, **changes})


def tab() -> None:
    """13 and its other states."""
    shown = {"screen": "clients", "grid": None, "ticket": None}
    r.write("13-client-fiche", r.view(clients=clients(), **shown))
    blocked = msgspec.structs.replace(CARD, is_blocked=True, blocked_for="Carte perdue", since="2024-12-02")
    r.write("13s-cagnotte-bloquee", r.view(clients=clients(client=blocked), **shown))
    r.write("13s-cagnotte-bloquee-compact", r.view(clients=clients(client=blocked), **shown), "compact")
    chip = v.ClientChip("Mme Anne Rochat", "AR", 5505, "VIP", 1000, is_blocked=True)
    r.write("13s-cagnotte-bloquee-vente", r.view(ticket=r.ticket(client=chip)))
    r.write("13b-client-fiche-compact", r.view(clients=clients(), **shown), "compact")
    r.write("13c-clients-aucun-choisi", r.view(clients=clients(client=None, hits=1284, total=1284), **shown))
    plain = msgspec.structs.replace(
        CARD, id="c-michel", name="Michel Rochat", initials="RM", is_feminine=False, group="", group_bp=0, codes=(),
        account="", phone="", email="michel@exemple.ch", address=("Rue du Bourg 2", "1071 Chexbres"),
        sales=(v.ClientSale("2025-11-19T07:58:00", 388, "000412", 3, "Espèces", 960),),
    )  # fmt: skip
    gone = v.UndoOffer(4, "undo.client_deleted", {"name": "Lise Quartier"})
    r.write(
        "13d-client-sans-cagnotte-sombre",
        r.view(clients=clients(client=plain, has_wallets=False), undo=gone, theme="dark", left_handed=True, **shown),
    )
    asked = v.ClientDeleteSheet("c-anne", "Mme Anne Rochat")
    r.write("13l-client-supprimer", r.view(clients=clients(), sheet=asked, **shown))
    r.write(
        "13m-clients-aucun-trouve-compact",
        r.view(clients=clients(rows=(), search="rochz", hits=0, client=None), **shown), "compact",
    )  # fmt: skip
    empty = msgspec.structs.replace(CARD, movements=(), wallet_minor=0, last_credit_minor=0)
    r.write("13e-client-grand-ecran", r.view(clients=clients(client=empty), **shown), "large")


if __name__ == "__main__":
    pickers()
    forms()
    tab()
