""" "Tester un scan": what was read and what the router makes of it, in words; drawn on Périphériques."""

from dataclasses import dataclass
from datetime import date

from appliance.i18n import amount, quantity, short_date, t
from appliance.kiosk.viewmodel.words import sentence
from appliance.protocol.view import TestedCode, TillView

TONES = {"article": "g", "badge": "g", "receipt": "g", "unknown": "w", "refused": "d"}


@dataclass(frozen=True)
class TestedModel:
    """The newest code of a test; empty while nothing was scanned."""

    __test__ = False  # pytest: the name is the screen's

    is_on: bool = False
    prompt: str = ""
    """What to do: scan, while the test runs."""
    code: str = ""
    """As it was read."""
    title: str = ""
    """What it is, or why it is not sold."""
    tone: str = ""
    """Colour of the tag: g, w or d."""
    rows: tuple[tuple[str, str], ...] = ()
    """Label and value, in the order in which a technician asks."""


def tested_model(view: TillView) -> TestedModel:
    """The test of a view."""
    tested, lang = view.tested, view.language
    prompt = t("screen.tested.prompt", lang) if view.is_testing else ""
    if tested is None:
        return TestedModel(view.is_testing, prompt)
    title = t(f"screen.tested.kind.{tested.kind}", lang)
    if tested.kind == "refused":
        title = sentence(tested.fault, tested.params, view)
    return TestedModel(view.is_testing, prompt, tested.text, title, TONES[tested.kind], _rows(view, tested))


def _rows(view: TillView, tested: TestedCode) -> tuple[tuple[str, str], ...]:
    lang, locale = view.language, view.shop.locale
    form = tested.symbology_name or tested.symbology or t(f"screen.tested.form.{tested.form}", lang)
    rule = t("screen.tested.unproved", lang, rule=tested.rule) if tested.is_rule_unproved else tested.rule
    unit = t(f"screen.tested.unit.{tested.unit}", lang, quantity=quantity(tested.quantity_milli, locale))
    each = tested.unit_price_minor
    found = (
        ("type", form),
        ("rule", rule),
        ("name", tested.name),
        ("quantity", unit if tested.quantity_milli else ""),
        ("price", "" if each is None else t(f"screen.line.unit_{tested.unit}", lang, price=amount(each, locale))),
        ("amount", "" if tested.amount_minor is None else amount(tested.amount_minor, locale)),
        ("shelf", "" if tested.shelf_minor is None else amount(tested.shelf_minor, locale)),
        ("batch", tested.batch),
        ("expires", short_date(date.fromisoformat(tested.expires), locale) if tested.expires else ""),
    )
    rows = [(t(f"screen.tested.row.{word}", lang), value) for word, value in found if value]
    return (*rows, *((t("screen.tested.field", lang, ai=ai), value) for ai, value in tested.elements))
