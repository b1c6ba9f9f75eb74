"""Tables of in-store codes to begin with, by country.

Germany's forms are published. For Switzerland and France no public table gives the digits: theirs are the forms that
scales are mostly delivered with, and every rule says so (`verify`) until somebody has compared it with labels of the
shop's own scale.
"""

from __future__ import annotations

from typing import Final

from appliance.domain.code_rule import CodeRule, RuleKind


def _rule(name: str, pattern: str, kind: RuleKind, verify: bool = True) -> CodeRule:
    return CodeRule(name, pattern, kind, verify)


PRESETS: Final[dict[str, tuple[CodeRule, ...]]] = {
    # GS1 Germany, "Globale Artikelnummer GTIN in der Anwendung": four digits of the article, check digit of the value.
    "DE": (
        _rule("DE 22, Preis", "22....C{NNNDD}", "price", verify=False),
        _rule("DE 23, Preis", "23....C{NNNDD}", "price", verify=False),
        _rule("DE 25, Stück", "25....C{NNNNN}", "count", verify=False),
        _rule("DE 26, Stück", "26....C{NNNNN}", "count", verify=False),
        _rule("DE 28, Gewicht", "28....C{NNDDD}", "weight", verify=False),
        _rule("DE 29, Gewicht", "29....C{NNDDD}", "weight", verify=False),
    ),
    "CH": (
        _rule("CH 21, poids", "21.....{NNDDD}", "weight"),
        _rule("CH 22, prix", "22.....{NNNDD}", "price"),
        _rule("CH 24, pièces", "24.....{NNNNN}", "count"),
    ),
    "FR": (
        _rule("FR 21, prix", "21.....{NNNDD}", "price"),
        _rule("FR 26, poids", "26.....{NNDDD}", "weight"),
        _rule("FR 02, prix", "02.....{NNNDD}", "price"),
    ),
}
