"""Writes the recorded views of the gallery: the states of the mock-ups, in the protocol's own messages.

Run `python -m appliance.kiosk.gallery.record` after a change of the protocol or to add a state.
"""

from pathlib import Path
from typing import Any

import msgspec

from appliance.protocol import view as v

HERE = Path(__file__).parent
NB = "\N{NO-BREAK SPACE}"
PANELS = {"": (1280, 800), "compact": (1024, 600), "large": (1920, 1080)}
ALLOWED = (
    "TakeCash", "TakeCard", "StartPayment", "HoldTicket", "PrintReceipt", "CancelReceipt", "CorrectPayment",
    "NewTicket",
    "RecallTicket", "AddProduct", "EditLine", "RemoveLine", "Undo", "OpenSheet", "EnterCode", "AddFreePrice",
    "OfferLine",
)  # fmt: skip

SHOP = v.Shop(name="Boulangerie-Épicerie du Bourg", till_name="Caisse 1")
CAMILLE = v.SellerChip("camille", "Camille", "CR", "Vendeuse")
TAKE_AWAY = v.SaleModeKey("take_away", "À emporter", "bag", 260, is_default=True)
EAT_IN = v.SaleModeKey("eat_in", "Sur place", "fork-knife", 810)
DEVICES = ("scanner", "printer", "drawer", "terminal", "network", "sync")
CATEGORIES = (
    ("Favoris", ""), ("Pains", "pain"), ("Viennoiseries", "viennoiserie"), ("Pâtisseries", "patisserie"),
    ("Salé", "sale"),
    ("Boissons chaudes", "chaud"), ("Boissons froides", "froid"), ("Épicerie", "epicerie"), ("Frais", "frais"),
)  # fmt: skip
TILES = (
    ("Croissant au beurre", 160, "viennoiserie"), ("Pain au chocolat", 220, "viennoiserie"),
    ("Croissant noisettes", 260, "viennoiserie"), ("Escargot aux raisins", 320, "viennoiserie"),
    ("Petit pain au lait", 130, "pain"), ("Ballon", 110, "pain"), (f"Pain mi-blanc 500{NB}g", 360, "pain"),
    (f"Pain au levain 750{NB}g", 680, "pain"), ("Baguette tradition", 320, "pain"),
    (f"Tresse au beurre 500{NB}g", 650, "pain"), ("Ramequin au fromage", 460, "sale"),
    ("Taillé aux greubons", 340, "sale"),
    ("Sandwich jambon-beurre", 690, "sale"), ("Sandwich thon", 720, "sale"), ("Carac", 420, "patisserie"),
    ("Tarte aux pruneaux", 480, "patisserie"), ("Mille-feuille", 540, "patisserie"),
    ("Éclair au café", 460, "patisserie"),
    ("Café", 420, "chaud"), ("Renversé", 480, "chaud"), ("Thé", 450, "chaud"), (f"Eau gazeuse 50{NB}cl", 320, "froid"),
    (f"Jus de pomme 33{NB}cl", 360, "froid"), ("Bircher maison", 590, "frais"), (f"Lait entier 1{NB}l", 195, "frais"),
    (f"Œufs, 6{NB}pièces", 540, "frais"), (f"Gruyère AOP 200{NB}g", 580, "frais"),
    (f"Miel de fleurs 500{NB}g", 1450, "epicerie"), ("Chocolat chaud", 520, "chaud"),
)  # fmt: skip
BADGES = {"Croissant au beurre": 4, "Petit pain au lait": 1, f"Pain au levain 750{NB}g": 1}


def status(**bad: tuple[str, str]) -> tuple[v.DeviceLight, ...]:
    """The status strip; `printer=("error", "status.paper_out")`."""
    return tuple(v.DeviceLight(name, *bad.get(name, ("ok", ""))) for name in DEVICES)  # type: ignore[arg-type]


def grid(slots: int = 24, badges: dict[str, int] | None = None, out: str = "", short: bool = False) -> v.GridView:
    """The favourites page."""
    tiles = []
    for i, (name, price, hue) in enumerate(TILES[: slots - 1]):
        label = name.replace("Sandwich jambon", "Jambon") if short else name
        count = (badges or {}).get(name, 0) * 1000
        tiles.append(v.TileView(100 + i, (label,), price, hue, count, name == out))
    keys = tuple(v.CategoryKey(i, name, hue) for i, (name, hue) in enumerate(CATEGORIES))
    return v.GridView(keys, 0, tuple(tiles), page=1, pages=2)


def line(number: int, quantity: int, name: str, each: int, **more: Any) -> v.LineView:
    """One line of the basket; `amount_minor` in `more` when it is discounted."""
    full = quantity * each
    amount = more.pop("amount_minor", full)
    return v.LineView(number, name, quantity * 1000, "piece", each, amount, full, **more)


CROISSANTS = line(1, 4, "Croissant au beurre", 160)
LEVAIN = line(2, 1, f"Pain au levain 750{NB}g", 680)
LAIT = line(3, 1, "Petit pain au lait", 130)
JAM = line(4, 1, f"Confiture d’abricots 370{NB}g", 890, code="7610807072341", is_scanned=True, is_selected=True)
ROCHAT = v.ClientChip("Mme Anne Rochat", "AR", 1540, "VIP", 1000)


def keys(exact: int, *notes: int) -> tuple[v.CashKey, ...]:
    """The four cash keys."""
    return (v.CashKey(exact, True), *(v.CashKey(note * 100) for note in notes))


def ticket(**changes: Any) -> v.TicketView:
    """Ticket 0427 of the mock-ups."""
    usual: dict[str, Any] = {
        "number": 427, "mode": TAKE_AWAY, "lines": (CROISSANTS, LEVAIN, LAIT, JAM), "client": ROCHAT,
        "clients_enabled": True, "article_count": 7, "subtotal_minor": 2340, "discount_minor": -234,
        "discount_bp": 1000,
        "discount_label": "VIP", "total_minor": 2106, "vat": (v.VatNote(260, 53),), "cash_keys": keys(2105, 25, 30, 50),
        "cash_due_minor": 2105, "cash_rounding_minor": -1, "remaining_minor": 2106,
    }  # fmt: skip
    return v.TicketView(**{**usual, **changes})


def empty_ticket() -> v.TicketView:
    """A ticket without lines."""
    return ticket(
        lines=(), client=None, article_count=0, subtotal_minor=0, discount_minor=0, total_minor=0, vat=(), cash_keys=()
    )


def view(**changes: Any) -> v.TillView:
    """The sale screen of mock-up 05 with changes."""
    usual: dict[str, Any] = {
        "rev": 1, "at": "2025-11-21T08:42:10", "shop": SHOP, "screen": "sale", "status": status(), "seller": CAMILLE,
        "ticket": ticket(), "grid": grid(badges=BADGES), "allowed": ALLOWED,
    }  # fmt: skip
    return v.TillView(**{**usual, **changes})


def write(name: str, content: v.TillView, panel: str = "", typed: str = "") -> None:
    """Records one picture."""
    whole = {"panel": PANELS[panel], "typed": typed, "view": msgspec.to_builtins(content)}
    text = msgspec.json.format(msgspec.json.encode(whole), indent=1)
    (HERE / f"{name}.json").write_bytes(text + b"\n")


def unselected() -> tuple[v.LineView, ...]:
    """The four lines without a selected one."""
    return (CROISSANTS, LEVAIN, LAIT, msgspec.structs.replace(JAM, is_selected=False))


def note(
    number: int, name: str, since: str, mode: v.SaleModeKey, total: int, *contents: tuple[int, str], **more: Any
) -> v.NoteCard:
    """A held note."""
    items = tuple((count * 1000, product) for count, product in contents)
    return v.NoteCard(number, name, since, more.pop("is_late", False), items, mode, total, **more)


NOTES = (
    note(418, "Table 6", "07:55", EAT_IN, 1280, (2, "Renversé"), (2, "Croissant au beurre"), is_late=True),
    note(421, "Table 3", "08:12", EAT_IN, 1390, (1, "Renversé"), (1, "Thé"), (1, "Ramequin au fromage")),
    note(424, "M. Bolomey", "08:31", TAKE_AWAY, 1920, (3, "Baguette tradition"), (2, "Tarte aux pruneaux")),
    note(425, "Table 1", "08:35", EAT_IN, 900, (1, "Café"), (1, "Renversé")),
    note(426, "", "08:40", TAKE_AWAY, 650, (1, f"Tresse au beurre 500{NB}g")),
)


def result(**changes: Any) -> v.ResultView:
    """The result of mock-up 20."""
    usual: dict[str, Any] = {
        "number": 427, "document": "", "total_minor": 2106, "change_minor": 895, "rounding_minor": -1,
        "received_minor": 3000, "tenders": (v.TenderView(1, "Espèces", "money", "cash", 3000),), "can_correct": True,
        "can_email": True, "mode": TAKE_AWAY,
        "coins": tuple(v.CoinCount(*c) for c in ((500, 1), (200, 1), (100, 1), (50, 1), (20, 2), (5, 1))),
    }  # fmt: skip
    return v.ResultView(**{**usual, **changes})


def sales() -> None:
    """04, 05, 09, 20, 21, 27, 28, 29."""
    write("04-vente-vide", view(ticket=msgspec.structs.replace(empty_ticket(), held_count=5), grid=grid()))
    write("05-vente", view())
    unknown = v.Message("scan.unknown", {"code": "7612345678900"}, "warn", ("free_price", "search", "unknown_code"))
    write("09-code-inconnu", view(message=unknown))
    write("20-rendu-monnaie", view(grid=grid(), result=result()))
    paper = v.Message("printer.paper_out", {}, "error", ("print_help", "retry_print"))
    lights = status(printer=("error", "status.paper_out"))
    write(
        "21-imprimante-papier", view(grid=grid(), result=result(receipt="waiting_paper"), message=paper, status=lights)
    )
    offline = v.Message("offline.since", {"since": "08:12", "count": 14}, "warn", ("details",))
    lines = (line(1, 2, "Renversé", 480), line(2, 6, "Croissant au beurre", 160, is_selected=True))
    dark = ticket(
        lines=lines, ghost=v.GhostLine(1, 2000, "Ballon", 7), client=None, article_count=8, subtotal_minor=1920,
        discount_minor=0, total_minor=1920, vat=(v.VatNote(260, 49),), cash_keys=keys(1920, 20, 50, 100),
    )  # fmt: skip
    away = status(network=("warn", "status.offline"), sync=("warn", "status.waiting"))
    tiles = grid(badges={"Croissant au beurre": 6, "Renversé": 2}, out="Mille-feuille")
    write("27-hors-ligne-sombre", view(theme="dark", message=offline, ticket=dark, grid=tiles, status=away))
    small = ticket(
        lines=(CROISSANTS, LEVAIN, JAM), subtotal_minor=2210, discount_minor=-221, total_minor=1989,
        cash_keys=keys(1990, 20, 50, 100),
    )  # fmt: skip
    write("28-vente-1024x600", view(ticket=small, grid=grid(20, BADGES, short=True)), "compact")
    write("29-vente-1920x1080", view(grid=grid(30, BADGES)), "large")


def more_sales() -> None:
    """States of the sale without a mock-up of their own."""
    found = msgspec.structs.replace(grid(), search="cro", hits=3, pages=1)
    hits = tuple(tile for tile in found.tiles if tile and "Cro" in tile.label[0])
    write("05b-recherche", view(grid=msgspec.structs.replace(found, tiles=hits)))
    write("05c-recherche-vide", view(grid=msgspec.structs.replace(found, search="xyz", tiles=(), hits=0)))
    many = tuple(line(i, 1 + i % 3, TILES[i % 23][0], TILES[i % 23][1], is_selected=i == 39) for i in range(40))
    write("05d-quarante-lignes", view(ticket=ticket(lines=many, client=None, article_count=80)))
    armed = msgspec.structs.replace(grid(badges=BADGES), armed=3)
    write("05e-quantite-armee", view(grid=armed))
    write("05f-gaucher", view(left_handed=True))
    write("05g-sombre", view(theme="dark"))
    paid = result(
        change_minor=0,
        received_minor=0,
        rounding_minor=0,
        coins=(),
        tenders=(v.TenderView(1, "Carte", "credit-card", "card", 2106),),
    )
    write("20b-paye-par-carte", view(grid=grid(), result=paid))
    write("20c-rendu-1024x600", view(grid=grid(20, short=True), result=result()), "compact")
    write("01b-demarrage", view(screen="starting", ticket=None, grid=None))


REASONS = (
    ("gesture", "Geste commercial"), ("mistake", "Erreur de commande"), ("damaged", "Produit abîmé"),
    ("evening", "Fin de journée"), ("tasting", "Dégustation"), ("staff", "Personnel"),
)  # fmt: skip
VAT_GROUPS = (
    v.FreePriceGroup("food", "Alimentation", "bread", 260),
    v.FreePriceGroup("other", "Non alimentaire", "package", 810, "Sacs, bougies, vaisselle"),
    v.FreePriceGroup("alcohol", "Alcool", "wine", 810, "Demande l’âge", asks_age=True),
    v.FreePriceGroup("press", "Presse, livres", "newspaper", 260, "Journaux, magazines"),
    v.FreePriceGroup("none", "Hors TVA", "recycle", 0, "Consignes, timbres"),
)  # fmt: skip


def sheets() -> None:
    """06, 07, 08, 32, 33."""
    first = line(1, 4, "Croissant au beurre", 160, amount_minor=512, discount_bp=2000, is_selected=True)
    edited = ticket(
        lines=(first, *unselected()[1:]), client=None, line_discounts_minor=-128, discount_minor=0, total_minor=2212,
        vat=(v.VatNote(260, 56),), cash_keys=keys(2210, 25, 30, 50),
    )  # fmt: skip
    offers = tuple(v.ReasonKey(*reason) for reason in REASONS)
    editor = v.LineEditorSheet(1, "discount_rate", "line", offers, 2000)
    write("06-vente-ligne", view(ticket=edited, sheet=editor))
    items = ("code_entry", "notes", "reprint", "open_drawer", "split", "change_mode", "void")
    write("07-menu", view(sheet=v.MenuSheet(items, 5, 423, 1240)))
    write("08-code-barre", view(sheet=v.CodeEntrySheet("ready")), typed="76108070")
    write("08c-code-terminal-lit", view(sheet=v.CodeEntrySheet("reading", has_terminal=True)))
    missed = v.Message("code.not_read", {}, "warn")
    write("08d-code-non-lu", view(sheet=v.CodeEntrySheet("ready", note=missed, has_terminal=True)))
    free = v.FreePriceSheet(VAT_GROUPS, ("Divers", "Emballage", "Commande", "Port"), 5, 20000)
    write("32-prix-libre", view(ticket=ticket(lines=unselected()), sheet=free), typed="750")
    cards = (*NOTES[:3], msgspec.structs.replace(NOTES[3], open_elsewhere="caisse 2"), NOTES[4])
    write("33-notes-en-attente", view(ticket=ticket(lines=unselected()), sheet=v.NotesSheet(cards, 5)))


def more_sheets() -> None:
    """Sheets without a mock-up of their own."""
    reasons = tuple(v.ReasonKey(*reason) for reason in REASONS[:4])
    modes = (EAT_IN, TAKE_AWAY, v.SaleModeKey("delivery", "Livraison", "moped", 260))
    write("07b-modes", view(sheet=v.ModeSheet(modes)))
    write("07c-annuler", view(sheet=v.ReasonSheet("void", reasons)))
    write("07d-responsable", view(sheet=v.ApprovalSheet("price_change", 4)), typed="12")
    write("07e-age", view(sheet=v.AgeSheet("Vin rouge 75 cl", 18)))
    write("07f-aide-papier", view(sheet=v.PrintHelpSheet()))
    write("06b-editeur-1024x600", view(sheet=v.LineEditorSheet(4, "quantity", "line", reasons)), "compact", typed="12")
    write("32b-prix-manquant", view(sheet=v.FreePriceSheet((), (), 5, 20000, 118, "Gâteau du jour")), typed="450")
    weigh = v.WeighSheet("Tomates grappe", 590, "stable", 845, 499, can_tare=True)
    write("05h-peser", view(ticket=ticket(lines=unselected()), sheet=weigh))
    moving = v.WeighSheet("Gruyère AOP à la coupe", 2400, "moving", tare_milli=12, can_tare=True)
    write("05i-peser-bouge", view(ticket=ticket(lines=unselected()), sheet=moving))
    tomatoes = v.LineView(5, "Tomates grappe", 845, "kg", 590, 499, 499, is_selected=True)
    cheese = v.LineView(6, "Gruyère AOP à la coupe", 12_345, "kg", 2400, 29628, 29628)
    write("05l-au-poids", view(ticket=ticket(lines=(CROISSANTS, cheese, tomatoes))))
    by_hand = v.WeighSheet("Tomates grappe", 590, "by_hand")
    write("05j-peser-main", view(ticket=ticket(lines=unselected()), sheet=by_hand), typed="0.845")
    under = v.WeighSheet("Tomates grappe", 590, "under_zero", tare_milli=120, can_tare=True)
    write("05k-peser-1024x600", view(ticket=ticket(lines=unselected()), sheet=under, theme="dark"), "compact")
    write("33b-notes-vides", view(ticket=empty_ticket(), sheet=v.NotesSheet((), 0)))


if __name__ == "__main__":
    sales()
    more_sales()
    sheets()
    more_sheets()
