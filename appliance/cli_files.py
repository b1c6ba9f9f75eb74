"""Files that a merchant or a technician wrote, and what is wrong with them: one form for imports and settings.

    prices.csv:12: price : Prix illisible : « 3.- ».

Hides how a fault becomes a sentence. Programs ask for `--json` and get code, parameters and sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from appliance.i18n import explain, t

if TYPE_CHECKING:
    import argparse

    from appliance.clock import Clock
    from appliance.toml_file import Fault

SHOWN_MAX: Final = 100
"""A file with a wrong separator has as many faults as lines; a person needs the first ones."""


def say_faults(arguments: argparse.Namespace, faults: Sequence[Any], **known: Any) -> None:
    """Nothing was written, and why. `faults` have a line, a code and params; `known` goes into the JSON."""
    if arguments.json:
        rows = [fault_row(fault) for fault in faults]
        answer = {"ok": False, **known, "written": False, "faults": rows}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
        return
    for fault in faults[:SHOWN_MAX]:
        sys.stdout.write(fault_line(arguments.source, fault) + "\n")
    if len(faults) > SHOWN_MAX:
        sys.stdout.write(t("files.more", count=len(faults) - SHOWN_MAX) + "\n")
    sys.stdout.write(t("files.nothing_written", count=len(faults)) + "\n")


def check_settings(path: Path, clock: Clock) -> list[Fault]:
    """Everything that a till would refuse in its settings, or take without effect, by its line."""
    from appliance.config import faults_in, load_config
    from appliance.hal.settings_check import address_doubts, role_doubts
    from appliance.toml_file import Fault, line_of

    if faults := faults_in(path):
        return faults
    config, text = load_config(path), path.read_text(encoding="utf-8")
    doubts = [*role_doubts(config), *address_doubts(config, clock)]
    found = [Fault(line_of(text, doubt.key), doubt.code, doubt.params) for doubt in doubts]
    return sorted(found, key=lambda fault: fault.line)


def say_settings(arguments: argparse.Namespace, faults: Sequence[Any]) -> None:
    """What the check of settings found."""
    if arguments.json:
        answer = {"ok": not faults, "faults": [fault_row(fault) for fault in faults]}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
        return
    for fault in faults:
        sys.stdout.write(fault_line(arguments.config, fault) + "\n")
    if not faults:
        sys.stdout.write(t("config.in_order", file=arguments.config) + "\n")


def fault_row(fault: Any) -> dict[str, Any]:
    """A fault as a program gets it."""
    return {"line": fault.line, "code": fault.code, "params": fault.params, "text": sentence_of(fault)}


def fault_line(source: object, fault: Any) -> str:
    """File, line, column and sentence on one line."""
    return t("files.fault", file=source, line=fault.line, reason=sentence_of(fault))


def sentence_of(fault: Any) -> str:
    """What is wrong, the column in front where a table has one."""
    said = explain(fault.code, fault.params)
    column = str(fault.params.get("column", ""))
    if column and column not in said:
        said = t("files.column", column=column, reason=said)
    return "".join(letter if letter.isprintable() or letter in "\u00a0\u202f" else "\ufffd" for letter in said)
