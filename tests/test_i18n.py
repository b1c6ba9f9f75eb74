"""Words and figures at the edges, and that no code of the till is without its French sentence."""

import ast
import re
import string
import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import i18n

APPLIANCE = Path(i18n.__file__).parent
SOURCES = sorted(path for path in APPLIANCE.rglob("*.py") if "gallery" not in path.parts)
FR = i18n.catalogue("fr")
ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
SUBJECTS = {message_id.split(".")[0] for message_id in FR}
OTHER_NAMES = re.compile(
    r"printer\.receipt|drawer\.main|scanner\.\w+|.*\.(toml|db|sock|log|json|csv|py|sql|html|css|js|png|otf|ttf|wav|kv)"
)
"""Dotted names that are no message ids: device roles and files."""
SAYS = {"Refusal", "StoreFault", "say", "offer_undo", "t", "words", "sentence", "FaultyInput"}
"""Functions whose first argument is a message id and whose keywords fill its sentence."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def literals(node: ast.AST) -> list[str]:
    """Message ids that an argument can be: a literal, or either side of a conditional."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return []


def said() -> list[tuple[str, str, set[str] | None]]:
    """(where, message id, the names of its parameters or None when they come as a table)."""
    found: list[tuple[str, str, set[str] | None]] = []
    for path in SOURCES:
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Call) or name_of(node.func) not in SAYS or not node.args:
                continue
            names: set[str] | None = {k.arg for k in node.keywords if k.arg is not None}
            if any(keyword.arg is None for keyword in node.keywords) or len(node.args) > 2:
                names = None
            position = 0 if literals(node.args[0]) or len(node.args) == 1 else 1
            for code in literals(node.args[position]):
                if ID.fullmatch(code):
                    found.append((f"{path.relative_to(APPLIANCE)}:{node.lineno}", code, names))
    return found


def mentioned() -> list[tuple[str, str, bool]]:
    """(where, text, whether an id only begins so) of every literal that looks like an id of a known subject."""
    found: list[tuple[str, str, bool]] = []
    for path in SOURCES:
        if path.name == "cli.py":  # a technician's terminal: codes with English words of their own
            continue
        begun = {part for node in ast.walk(tree(path)) if isinstance(node, ast.JoinedStr) for part in node.values[:1]}
        tasks = {
            k.value
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call)
            for k in node.keywords
            if k.arg == "name"
        }
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in tasks:
                continue
            is_id = ID.fullmatch(node.value) and not OTHER_NAMES.fullmatch(node.value)
            if is_id and node.value.split(".")[0] in SUBJECTS:
                found.append((f"{path.relative_to(APPLIANCE)}:{node.lineno}", node.value, node in begun))
    for path in sorted(APPLIANCE.rglob("*.kv")):
        for call in re.finditer(r"\bt\(\s*['\"]([a-z0-9_.]+)['\"]", path.read_text(encoding="utf-8")):
            found.append((str(path.relative_to(APPLIANCE)), call[1], False))
    return found


def has(code: str, *, only_begins: bool = False) -> bool:
    """The id has its sentence, is a table of them, or, where the code puts ids together, begins some."""
    if only_begins:
        return any(key.startswith(code) for key in FR)
    return code in FR or f"{code}_one" in FR or any(key.startswith(f"{code}.") for key in FR)


def fields(sentence: str) -> set[str]:
    return {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


def bench_sentences() -> dict[str, str]:
    """The device bench keeps its own, as its page is no part of the till."""
    return tomllib.loads((APPLIANCE / "demo" / "bench" / "sentences.toml").read_text(encoding="utf-8"))


def test_every_refusal_message_and_undo_has_its_sentence():
    missing = sorted({(where, code) for where, code, _ in said() if not has(code) and code not in bench_sentences()})
    assert not missing


def test_every_message_id_that_the_sources_mention_has_its_sentence():
    assert not [(where, text) for where, text, begins in mentioned() if not has(text, only_begins=begins)]


def test_every_parameter_of_a_sentence_is_given():
    """A sentence's {amount} is filled by `amount` or by `amount_minor`; what comes as a table cannot be seen here."""
    wrong: list[tuple[str, str, set[str]]] = []
    for where, code, names in said():
        if names is None or code not in FR:
            continue
        given_names = {name.removesuffix(end) for name in names for end in ("", "_minor", "_bp", "_milli")}
        lacking = (fields(FR[code]) | fields(FR.get(f"{code}_one", ""))) - given_names
        if lacking:
            wrong.append((where, code, lacking))
    assert not wrong


def test_every_right_that_may_be_asked_for_and_every_fault_of_a_file_has_its_words():
    from appliance.service.equipment import PRINTER_SENTENCES

    assert not [code for code, _ in PRINTER_SENTENCES.values() if not has(code)]


def test_every_sentence_reads():
    """Braces are closed, nothing is empty, and a singular has the parameters of its plural."""
    for key, sentence in FR.items():
        assert sentence.strip(), key
        names = fields(sentence)
        if key.endswith("_one") and key.removesuffix("_one") in FR:
            assert names <= fields(FR[key.removesuffix("_one")]), key
        assert sentence.format_map(dict.fromkeys(names, "x"))


def test_sentences_are_french_typography():
    """The apostrophe is ’, and a space before : ; ! ? is one that does not break."""
    for key, sentence in FR.items():
        assert "'" not in sentence, key
        assert not re.search(r"\w[!?;](\s|$)", re.sub(r"https?://\S+", "", sentence)), key


def test_an_unknown_id_is_shown_as_itself():
    assert i18n.t("no.such_id", number=3) == "no.such_id"
    assert not i18n.has_sentence("no.such_id")
    with pytest.raises(FileNotFoundError):
        i18n.catalogue("xx")


def test_an_id_given_twice_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "yy"
    folder.mkdir()
    (folder / "a.toml").write_text('[x]\ny = "1"')
    (folder / "b.toml").write_text('[x]\ny = "2"')
    monkeypatch.setattr(i18n, "_LOCALE_DIR", tmp_path)
    with pytest.raises(ValueError, match=r"x\.y"):
        i18n.catalogue("yy")


# --- figures: design system, section 11 ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "listed", "with_currency", "currency"),
    [
        ("fr-CH", "1’234.50", "CHF\xa01’234.50", "CHF"),
        ("de-CH", "1’234.50", "CHF\xa01’234.50", "CHF"),
        ("fr-FR", "1\u202f234,50", "1\u202f234,50\xa0€", "EUR"),
        ("de-DE", "1.234,50", "1.234,50\xa0€", "EUR"),
    ],
)
def test_amounts_as_the_shops_country_writes_them(locale, listed, with_currency, currency):
    assert i18n.amount(123_450, locale) == listed
    assert i18n.money(123_450, currency, locale) == with_currency


def test_signs_notes_rates_and_quantities():
    assert i18n.amount(-1) == "−0.01"
    assert i18n.signed(500) == "+5.00" and i18n.signed(0) == "0.00"
    assert i18n.round_amount(2000) == "20.–" and i18n.round_amount(50) == "0.50"
    assert i18n.rate(810) == "8.1\u202f%" and i18n.rate(260, "fr-FR") == "2,6\u202f%"
    assert i18n.quantity(3000) == "3" and i18n.quantity(1234) == "1.234"


def test_dates():
    day = date(2025, 11, 21)
    assert i18n.long_date(day) == "vendredi 21 novembre"
    assert i18n.short_date(day) == "21.11.2025"
    assert i18n.short_date(day, "fr-FR") == "21/11/2025"


@given(st.integers(-(10**11), 10**11), st.sampled_from(["fr-CH", "fr-FR", "de-DE", "en"]))
def test_an_amount_says_every_centime(minor, locale):
    text = i18n.amount(minor, locale)
    digits = "".join(char for char in text if char.isdigit())
    assert int(digits) == abs(minor)
    assert text.startswith("−") == (minor < 0)
