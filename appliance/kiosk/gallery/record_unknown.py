"""Recorded views of the code that nobody knows: mock-up 34, the article's form, the list of articles."""

from typing import Any

from appliance.kiosk.gallery import record as r
from appliance.kiosk.gallery import record_clients as clients
from appliance.protocol import view as v

CODE, CARD = "7612345678900", "21009988"
FORM = {"screen": "product_form", "grid": None}
ROWS = (
    v.ProductRow(1, f"Confiture d’abricots 370{r.NB}g", 890, "piece", "Épicerie", "7610807072341", "epicerie"),
    v.ProductRow(2, f"Miel de fleurs 500{r.NB}g", 1450, "piece", "Épicerie", "7610807072358", "epicerie"),
    v.ProductRow(3, "Gruyère AOP", 2650, "kg", "Frais", "2112", "frais"),
    v.ProductRow(4, "Croissant au beurre", 160, "piece", "Viennoiseries", "", "viennoiserie"),
    v.ProductRow(5, "Article du jour", None, "piece"),
)


def sheet(**changes: Any) -> v.UnknownCodeSheet:
    """The sheet of mock-up 34."""
    usual: dict[str, Any] = {
        "code": CODE, "read_at": "08:42", "form": "swiss_article", "suggested": "new_product", "needs_manager": True,
    }  # fmt: skip
    return v.UnknownCodeSheet(**{**usual, **changes})


def picker(**changes: Any) -> v.ProductPickerSheet:
    """The list of articles."""
    return v.ProductPickerSheet(**{"code": CODE, "rows": ROWS, "hits": 1284, "total": 1284, **changes})


def form(**changes: Any) -> v.ProductFormView:
    """The form of an article."""
    lines = (v.FormLine("name", "Sirop de sureau"), v.FormLine("price"))
    usual: dict[str, Any] = {
        "serial": 1, "code": CODE, "lines": lines, "tax": "Alimentation", "tax_bp": 260, "category": "Épicerie",
        "ticket": 427,
    }  # fmt: skip
    return v.ProductFormView(**{**usual, **changes})


def choices() -> None:
    """34 and what else it shows."""
    r.write("34-code-inconnu-choix", r.view(ticket=clients.vip(), sheet=sheet()))
    r.write("34-code-inconnu-choix-compact", r.view(ticket=clients.vip(), sheet=sheet()), "compact")
    card = sheet(code=CARD, form="card", suggested="new_customer", needs_manager=False)
    r.write("34b-carte-inconnue-sombre", r.view(ticket=clients.nobody(), sheet=card, theme="dark", left_handed=True))
    misread = sheet(code="7612345678901", form="misread", suggested=None, can_be_product=False)
    r.write("34c-code-mal-lu-grand", r.view(ticket=clients.vip(), sheet=misread), "large")


def articles() -> None:
    """The list of articles and the form of a new one."""
    r.write("34d-associer-article", r.view(ticket=clients.vip(), sheet=picker()))
    found = picker(rows=ROWS[:1], search="confit", hits=1)
    r.write("34d-associer-article-compact", r.view(ticket=clients.vip(), sheet=found), "compact")
    r.write("34e-associer-rien", r.view(ticket=clients.vip(), sheet=picker(rows=(), search="xyz", hits=0)))
    r.write("34f-creer-article", r.view(product_form=form(), ticket=clients.vip(), **FORM))
    wrong = (
        v.FormLine("name", "", 0, "unknown_code.name_missing"),
        v.FormLine("price", "", 0, "unknown_code.price_missing"),
    )
    bad = form(lines=wrong, unit="kg", category="")
    r.write("34f-creer-article-compact", r.view(product_form=bad, ticket=clients.vip(), **FORM), "compact")
    taxes = v.ProductChoiceSheet(
        "tax",
        (v.ProductChoiceKey("food", "Alimentation", 260), v.ProductChoiceKey("standard", "Taux normal", 810)),
        "food",
    )
    r.write("34g-groupe-tva", r.view(product_form=form(), ticket=clients.vip(), sheet=taxes, **FORM))
    hues = [(name, hue) for name, hue in r.CATEGORIES if hue]
    hues += [(f"Saison {n}", "neutre") for n in range(1, 9)]
    keys = tuple(v.ProductChoiceKey(str(i), name, hue=hue) for i, (name, hue) in enumerate(hues, 1))
    rubriques = v.ProductChoiceSheet("category", keys, "7")
    r.write("34h-rubrique", r.view(product_form=form(), ticket=clients.vip(), sheet=rubriques, **FORM), "compact")
    link = clients.picker(search="", chosen="", purpose="link", code=CARD)
    r.write("34i-associer-client", r.view(ticket=clients.nobody(), sheet=link))


if __name__ == "__main__":
    choices()
    articles()
