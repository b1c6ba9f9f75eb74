"""`tillbox-office`: which words there are and which act each of them is; hides argparse.

Exit status: 0 done; 1 refused, with its reason; 2 head office cannot be reached or the words make no sense; 3 tills
were asked to give back first.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.clock import SystemClock
from appliance.domain.errors import Refusal
from appliance.i18n import explain
from headoffice import moment
from headoffice.cli import acts
from headoffice.cli.acts import Asked
from headoffice.cli.answer import Answer, say
from headoffice.database import BadRow, DatabaseTrouble, NewerSchema, open_database
from headoffice.keys import KeyFault
from headoffice.settings import DEFAULT, SettingsFault, read

REFUSED: Final = 1
CANNOT: Final = 2

Act = Callable[[Asked], Awaitable[Answer]]


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    arguments = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    try:
        settings = read(arguments.config)
        if arguments.act == "ingest":
            return _ingest(settings)
        return asyncio.run(_run(arguments, settings))
    except Refusal as refusal:
        return _sorry(arguments, refusal.code, explain(refusal.code, refusal.params), REFUSED)
    except (SettingsFault, DatabaseTrouble, NewerSchema, KeyFault, OSError, ValueError) as error:
        return _sorry(arguments, type(error).__name__, str(error), CANNOT)
    except BadRow as error:
        return _sorry(arguments, "row", str(error), REFUSED)


def _ingest(settings: Any) -> int:
    from headoffice.ingest.process import ingest

    asyncio.run(ingest(settings, SystemClock()))
    return 0


async def _run(arguments: argparse.Namespace, settings: Any) -> int:
    clock = SystemClock()
    database = await open_database(settings.office.database)
    try:
        async with database.transaction() as tx:
            asked = Asked(arguments, settings, tx, clock, moment.now(clock), arguments.by or _user())
            answer = await acts.ACTS[arguments.act](asked)
            # A refusal takes everything back; an answer is said only after its commit.
        return say(answer, arguments.json)
    finally:
        await database.close()


def _user() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return ""


def _sorry(arguments: argparse.Namespace, code: str, words: str, status: int) -> int:
    if arguments.json:
        told = {"ok": False, "code": code, "detail": words}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    sys.stderr.write(f"{words}\n")
    return status


# --- words ------------------------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="tillbox-office", description="head office of a chain of tills")
    made.add_argument("--config", type=Path, default=DEFAULT, help="settings of the office (office.toml)")
    made.add_argument("--json", action="store_true", help="for a script")
    made.add_argument("--by", default="", help="who does it (the user of this machine)")
    words = made.add_subparsers(required=True, metavar="COMMAND")
    _word(words, "ingest", "take in what tills send, until stopped")
    _places(words)
    _tills(words)
    _masters(words)
    _config(words)
    _wallets(words)
    _lists(words)
    return made


def _word(words: Any, name: str, help_text: str, act: str = "") -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = words.add_parser(name, help=help_text, description=help_text)
    made.set_defaults(act=act or name)
    return made


def _group(words: Any, name: str, help_text: str) -> Any:
    made = words.add_parser(name, help=help_text, description=help_text)
    return made.add_subparsers(required=True, metavar="WORD")


def _places(words: Any) -> None:
    chain = _group(words, "chain", "the chain")
    create = _word(chain, "create", "begin the books of a chain", "chain create")
    create.add_argument("name")
    create.add_argument("--currency", default="CHF")
    create.add_argument("--profile", default="CH", choices=("CH", "FR", "neutral"))
    create.add_argument("--zone", default="Europe/Zurich")
    _word(chain, "show", "what there is", "chain show")
    establishment = _group(words, "establishment", "establishments")
    add = _word(establishment, "add", "one more", "establishment add")
    add.add_argument("id")
    add.add_argument("name")
    _word(establishment, "list", "all of them", "establishment list")
    point = _group(words, "point", "points of sale")
    add = _word(point, "add", "one more", "point add")
    add.add_argument("id")
    add.add_argument("establishment")
    add.add_argument("name")
    _word(point, "list", "all of them", "point list")


def _tills(words: Any) -> None:
    till = _group(words, "till", "tills")
    add = _word(till, "add", "one more, to be enrolled", "till add")
    add.add_argument("id")
    add.add_argument("point")
    add.add_argument("name")
    add.add_argument("--partition", type=int, default=0)
    _word(till, "list", "all of them", "till list")
    for name, help_text in (("enrol", "a claim for it: once, 15 minutes, 5 tries"), ("revoke", "its certificates")):
        _word(till, name, help_text, f"till {name}").add_argument("id")
    fence = _word(till, "fence", "end its epoch", "till fence")
    fence.add_argument("id")
    fence.add_argument("--code", default="lost", choices=("lost", "replaced", "fork", "restored"))
    replaced = _word(till, "replace", "another box takes its place", "till replace")
    replaced.add_argument("id")
    replaced.add_argument("new")
    accept = _word(till, "accept", "go on with one epoch after a fork", "till accept")
    accept.add_argument("id")
    accept.add_argument("epoch")
    accept.add_argument("--reason", required=True)
    flow = _word(till, "float", "ask for a float (two persons)", "till float")
    flow.add_argument("id")
    flow.add_argument("total", help="in all, such as 200.00")
    flow.add_argument("wallet", help="for one wallet")
    flow.add_argument("--reason", required=True)
    command = _word(till, "command", "have it do something", "till command")
    command.add_argument("id")
    command.add_argument("name")


def _masters(words: Any) -> None:
    imports = _group(words, "import", "masters from files")
    for name, help_text in (("products", "the catalogue (CSV)"), ("customers", "customers (CSV)")):
        made = _word(imports, name, help_text, f"import {name}")
        made.add_argument("file", type=Path)
        made.add_argument("--dry-run", action="store_true")
    _word(imports, "shop", "a shop's folder", "import shop").add_argument("folder", type=Path)
    message = _word(words, "message", "a sentence for the tills; an empty one takes it back")
    message.add_argument("id")
    message.add_argument("text")
    message.add_argument("--until", default="")
    _word(words, "feed", "how far each table goes")


def _config(words: Any) -> None:
    config = _group(words, "config", "settings of tills")
    for name, help_text in (("set", "say a value at a level"), ("unset", "take it back")):
        made = _word(config, name, help_text, f"config {name}")
        made.add_argument("level", choices=("chain", "establishment", "point_of_sale", "till"))
        made.add_argument("target")
        made.add_argument("key")
        if name == "set":
            made.add_argument("value")
        made.add_argument("--from", dest="valid_from", default="", help="local time, 2026-12-01T00:00")
    for name, help_text in (("lock", "nobody below may change it"), ("unlock", "they may again")):
        made = _word(config, name, help_text, f"config {name}")
        made.add_argument("level", choices=("chain", "establishment", "point_of_sale", "till"))
        made.add_argument("target")
        made.add_argument("key")
    _word(config, "preview", "what a push would change", "config preview").add_argument("till")
    push = _word(config, "push", "make and offer the next document", "config push")
    push.add_argument("till", nargs="*", help="none: every till")
    push.add_argument("--reason", default="")
    back = _word(config, "rollback", "an older document again", "config rollback")
    back.add_argument("till")
    back.add_argument("version", type=int)
    _word(config, "history", "every version", "config history").add_argument("till")


def _wallets(words: Any) -> None:
    wallet = _group(words, "wallet", "wallets of customers")
    made = _word(wallet, "list", "where money is", "wallet list")
    made.add_argument("wallet", nargs="?", default="")
    adjust = _word(wallet, "adjust", "add or take off", "wallet adjust")
    adjust.add_argument("wallet")
    adjust.add_argument("amount", help="such as 5.00 or -5.00")
    adjust.add_argument("--reason", required=True)
    adjust.add_argument("--as-paid", action="store_true", help="it was paid for, not given")
    block = _word(wallet, "block", "nothing is spent", "wallet block")
    block.add_argument("wallet")
    block.add_argument("--reason", required=True)
    _word(wallet, "unblock", "it is spent again", "wallet unblock").add_argument("wallet")
    for name, help_text in (("write-off", "a lost till"), ("close-as-known", "a till that never reports")):
        made = _word(words, name, f"{help_text} (two persons)", name)
        made.add_argument("till")
        made.add_argument("--reason", required=True)
    _word(words, "confirm", "the second person says yes").add_argument("number", type=int)
    _word(words, "refuse", "somebody says no").add_argument("number", type=int)
    _word(words, "requests", "what waits for a second person")
    made = _word(words, "liability", "what is owed to holders of wallets")
    made.add_argument("--date", default="", help="end of that day (now)")


def _lists(words: Any) -> None:
    _word(words, "verify", "make links, rows and wallets again from the entries alone")
    listed = _group(words, "list", "what is to be looked at")
    for name in ("health", "gaps", "forks", "quarantine", "unopened"):
        _word(listed, name, name, f"list {name}")
    aside = _group(words, "quarantine", "entries that were set aside")
    for name, help_text in (("retry", "read it again"), ("clear", "it was looked at")):
        made = _word(aside, name, help_text, f"quarantine {name}")
        made.add_argument("till")
        made.add_argument("seq", type=int)
        if name == "clear":
            made.add_argument("--reason", required=True)
