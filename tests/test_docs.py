"""The pages say what is so: links lead somewhere, settings stand there with their defaults, sentences are the screen's.

Way: the Markdown is read as text and compared with the settings' own type, the catalogue and the command line's parser.
"""

import re
from pathlib import Path

import msgspec
import pytest

from appliance.cli import _parser
from appliance.config import Config
from appliance.hal.address import OPTIONS, SCHEMES
from appliance.hal.device import FaultReason
from appliance.hal.escpos.profile import PROFILES
from appliance.i18n import catalogue

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
SCREEN_ONLY = {FaultReason.NOT_CONFIGURED}
"""Faults that the technician meets nowhere: nothing is set up, so nothing is shown."""


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(page):
    """GitHub's names of the page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    lost = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


def test_every_setting_is_listed_with_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.+?)` \|", text("docs/settings.md"), re.MULTILINE))
    fields = {field.name: field for field in msgspec.structs.fields(Config)}
    assert list(rows) == list(fields)
    for name, shown in rows.items():
        field = fields[name]
        default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
        assert shown == msgspec.json.encode(default).decode(), name


def test_the_example_settings_are_ones_the_till_would_take():
    import tomllib

    (example,) = re.findall(r"```toml\n(.+?)```", text("docs/settings.md"), re.DOTALL)
    config = msgspec.convert(tomllib.loads(example), Config)
    assert config.devices


def test_devices_page_knows_every_fault_option_scheme_and_profile():
    page = text("docs/devices.md")
    words = {fault.value for fault in FaultReason if fault not in SCREEN_ONLY}
    words |= set().union(*OPTIONS.values()) | set(PROFILES)
    assert not [word for word in sorted(words) if f"`{word}`" not in page]
    schemes = set().union(*SCHEMES.values())
    assert not [scheme for scheme in sorted(schemes) if f"`{scheme}:" not in page]


def test_sentences_of_the_devices_page_are_the_screens():
    said = list(catalogue("fr").values())
    quoted = re.findall(r"^\| \*(.+?)\* \|", text("docs/devices.md"), re.MULTILINE)
    assert quoted
    assert not [sentence for sentence in quoted if not any(s.startswith(sentence.removesuffix(" …")) for s in said)]


def test_every_decision_is_in_the_index():
    index = text("docs/adr/README.md")
    decisions = [path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md")]
    assert not [name for name in decisions if f"({name})" not in index]


def test_commands_of_the_readme_are_ones_the_terminal_knows():
    readme, makefile = text("README.md"), text("Makefile")
    verbs = set(re.findall(r"`?make ([a-z]+)`?", readme)) - {"room"}
    assert {"run", "test"} <= verbs
    assert not [verb for verb in sorted(verbs) if not re.search(rf"^{verb}:", makefile, re.MULTILINE)]
    known = next(action for action in _parser()._actions if action.dest != "help").choices
    assert not set(re.findall(r"tillbox (play|verify|journal|status|shop)", readme)) - set(known or ())


def test_the_build_runs_the_readmes_test_command():
    assert "```sh\nmake test\n```" in text("README.md")
    assert "\nmake test\n" in text(".ci/run")
