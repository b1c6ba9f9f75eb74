"""`tillbox`: what a person asks of a till from a terminal: play a day, check a journal, read it, fill a shop.

Exit status: 0 done; 1 done, and the answer is no (an expectation failed, a journal is broken, a file has faults, the
till is not running); 2 could not be done (wrong arguments, files or settings). Everything heavy is imported by its
command.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

OK: Final = 0
NO: Final = 1
CANNOT: Final = 2
STATUS_TIMEOUT_S: Final = 3.0


class Trouble(Exception):
    """The command cannot be done: code and words, and where in which file."""

    def __init__(self, code: str, detail: str, place: str = "tillbox") -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.place = code, detail, place


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except Trouble as trouble:
        return _sorry(arguments, trouble)
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tillbox",
        description="A till appliance: play shop days, check and read journals, fill a shop.",
        epilog="exit status: 0 done, 1 done and the answer is no, 2 could not be done",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[Any], int], text: str, group: Any = commands) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="answer as JSON")
        return made

    play = command("play", _play, "play a day written as plain text (docs/day.md) and print its totals")
    play.add_argument("file", type=Path, metavar="FILE", help="the day; - reads it from standard input")
    play.add_argument("--shop", type=Path, metavar="FOLDER", help="shop files; the demo shop when not given")
    play.add_argument(
        "--data", type=Path, metavar="DIR", help="keep the till's store there; thrown away when not given"
    )

    verify = command("verify", _verify, "check a journal from its first entry, and the state that it gives")
    verify.add_argument("database", type=Path, metavar="DB")

    journal = command("journal", _journal, "list the entries of a journal")
    journal.add_argument("database", type=Path, metavar="DB")
    journal.add_argument("--from", dest="first", type=int, default=1, metavar="N", help="begin with entry N")
    journal.add_argument("--kind", metavar="K", help="only this kind, such as TicketClosed")

    status = command("status", _status, "ask the running till what is on its screen")
    status.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")

    check = command("check", _check, "check the settings of a till: what it would refuse, or take without effect")
    check.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")

    command("protocol", _protocol, "print the messages between kiosk and daemon")
    _add_imports(commands, command)
    _add_codes(commands, command)
    _add_devices(commands, command)
    _add_customers(commands, command)
    _add_modes(commands, command)
    _add_wallets(commands, command)
    return parser


def _add_imports(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    for name, run, text, what in (
        ("shop", _import_shop, "put a folder of shop files into the store", "FOLDER"),
        ("products", _import_products, "replace the products by those of a CSV file", "CSV"),
    ):
        group = commands.add_parser(name, help=text).add_subparsers(required=True, metavar="COMMAND")
        made = command("import", run, text, group)
        made.add_argument("source", type=Path, metavar=what)
        made.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")
        made.add_argument("--dry-run", action="store_true", help="check only, write nothing")


def _add_codes(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    text = "in-store codes: what a scan means, and the table that says so (docs/codes.md)"
    group = commands.add_parser("codes", help=text, description=text).add_subparsers(required=True, metavar="COMMAND")
    test = command("test", _test_code, "say what a code means here, and which rule won", group)
    test.add_argument("code", metavar="CODE", help="as it was read; <GS> stands for the separator of GS1 fields")
    test.add_argument("--symbology", default="", metavar="ID", help="AIM identifier without ], such as E0 or C1")
    table = command("list", _list_codes, "show the table of in-store codes", group)
    for made in (test, table):
        where = made.add_mutually_exclusive_group()
        where.add_argument("--shop", type=Path, metavar="FOLDER", help="shop files; the demo shop when not given")
        where.add_argument("--config", type=Path, metavar="FILE", help="the till's settings: the shop in its store")
    change = command("import", _import_codes, "replace the table of a till's store by a codes.toml", group)
    change.add_argument("source", type=Path, metavar="FILE")
    change.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")
    change.add_argument("--dry-run", action="store_true", help="check only, write nothing")


def _add_devices(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    text = "devices: what is plugged in, its role, how it is and what helps (docs/devices.md)"
    group = commands.add_parser("devices", help=text, description=text).add_subparsers(required=True, metavar="COMMAND")
    for name, what in (
        ("list", "list everything that is plugged in, and the roles whose device is not there"),
        ("watch", "one line for each change, until interrupted"),
        ("test", "test the device of a role"),
        ("assign", "give a role to a device, now and after a restart"),
        ("unassign", "serve a role no more"),
    ):
        made = command(name, _devices, what, group)
        made.set_defaults(work=name)
        made.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")
        if name in ("test", "assign", "unassign"):
            made.add_argument("role", metavar="ROLE", help="such as scanner.front or printer.receipt")
        if name == "assign":
            what = "an address as in the settings, or the identity or node that `list` shows"
            made.add_argument("address", metavar="ADDRESS", help=what)


def _add_customers(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    text = "customers: find, read and write files of them, erase one (docs/customers.md)"
    group = commands.add_parser("customers", help=text, description=text)
    group = group.add_subparsers(required=True, metavar="COMMAND")
    for name, what in (
        ("list", "list customers, or those that some words find"),
        ("show", "show one"),
        ("import", "create and change the customers of a CSV file, all or none"),
        ("export", "write everybody as CSV, or everything that is kept about one as JSON"),
        ("erase", "erase one for good: name, numbers, addresses, papers"),
    ):
        made = command(name, _customers, what, group)
        made.set_defaults(work=name)
        made.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")
        if name in ("show", "erase"):
            made.add_argument("customer", metavar="CUSTOMER", help="an id or a card")
        if name == "list":
            made.add_argument("text", nargs="?", metavar="TEXT", help="name, phone, card, company or place")
            made.add_argument("--kind", choices=("person", "company"), help="only these")
            made.add_argument("--limit", type=int, default=100, metavar="N", help="at most so many (100)")
        if name == "import":
            made.add_argument("source", type=Path, metavar="CSV")
            made.add_argument("--dry-run", action="store_true", help="check only, write nothing")
        if name == "export":
            made.add_argument("target", nargs="?", type=Path, metavar="FILE", help="standard output when not given")
            made.add_argument("--customer", metavar="CUSTOMER", help="everything about this one, by id or card")


def _add_modes(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    text = "means of payment: list them, set one"
    group = commands.add_parser("modes", help=text, description=text)
    group = group.add_subparsers(required=True, metavar="COMMAND")
    for name, what in (
        ("list", "list them in their order"),
        ("set", "change one, in the store of a till that does not run"),
    ):
        made = command(name, _modes, what, group)
        made.set_defaults(work=name)
        made.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")
        if name == "set":
            made.add_argument("mode", metavar="MODE", help="its id")
            made.add_argument("--switch", choices=("on", "off"))
            made.add_argument("--name", metavar="TEXT", help="its label")
            made.add_argument("--account", metavar="NUMBER", help="for the accounts")
            made.add_argument("--place", type=int, metavar="N", help="its place at Encaissement, 1 being the first")


def _add_wallets(commands: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    text = "wallets: what they rest on, proven; statements, what is owed to customers (docs/wallets.md)"
    group = commands.add_parser("wallet", help=text, description=text)
    group = group.add_subparsers(required=True, metavar="COMMAND")
    for name, what in (
        ("verify", "check chain, images, snapshot and movements; names the first entry that is not right"),
        ("rebuild", "write the movements anew from the journal; drop a snapshot that is not what it gives"),
        ("statement", "list the movements of one wallet"),
        ("liability", "what the shop owes its customers at the end of a day, and how it came to that"),
        ("list", "list every wallet that ever moved"),
        ("adjust", "put right what is on a wallet, by right and with a reason"),
    ):
        made = command(name, _wallet, what, group)
        made.set_defaults(work=name)
        made.add_argument("--config", type=Path, required=True, metavar="FILE", help="the till's settings")
        if name in ("statement", "adjust"):
            made.add_argument("customer", metavar="CUSTOMER", help="an id or a card")
        if name == "statement":
            made.add_argument("--csv", action="store_true", help="as a table for a spreadsheet")
        if name == "liability":
            made.add_argument("--at", metavar="DATE", help="end of this day, such as 2026-11-21; today when not given")
            made.add_argument(
                "--from", dest="since", metavar="DATE", help="since the beginning of this day; --at's own"
            )
        if name == "adjust":
            made.add_argument("amount", metavar="AMOUNT", help="such as 5.00 or -3.50")
            made.add_argument("--reason", required=True, help="stands on the statement")
            made.add_argument("--by", required=True, metavar="SELLER", help="who decided it: one of the shop's sellers")
            made.add_argument("--as-paid", action="store_true", help="what is added was paid elsewhere, not given")


# --- saying ---------------------------------------------------------------------------------------------------------


def _say_json(answer: object) -> None:
    import msgspec

    body = msgspec.json.format(msgspec.json.encode(answer), indent=2)
    sys.stdout.write(body.decode() + "\n")


def _sorry(arguments: argparse.Namespace, trouble: Trouble) -> int:
    if arguments.json:
        _say_json({"ok": False, "code": trouble.code, "detail": trouble.detail, "place": trouble.place})
    sys.stderr.write(f"{trouble.place}: {trouble.code}: {trouble.detail}\n")
    return CANNOT


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def _money(minor: int) -> str:
    from appliance.i18n import amount

    return amount(minor)


def _words(refusal: Any) -> str:
    """A refusal as a technician reads it."""
    from appliance.i18n import explain

    return explain(refusal.code, refusal.params)


def _unopened(code: str, path: object, error: OSError) -> Trouble:
    from appliance.i18n import explain
    from appliance.toml_file import unopened

    fault = unopened(error)
    return Trouble(code, f"{path}: {explain(fault.code, fault.params)}")


# --- opening --------------------------------------------------------------------------------------------------------


def _config(path: Path) -> Any:
    from appliance.config import load_config
    from appliance.domain.errors import Refusal

    try:
        return load_config(path)
    except Refusal as refusal:
        raise Trouble(refusal.code, _words(refusal)) from None


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """A connection that only reads, all within one transaction: a running daemon may go on writing."""
    from appliance.store.database import DatabaseError, NewerDatabase, OldSqlite, connect_reader

    try:
        conn = connect_reader(path)
    except FileNotFoundError:
        raise Trouble("store.missing", f"there is no database {path}") from None
    except OldSqlite as error:
        raise Trouble("store.sqlite_old", f"{error}; stop the till first") from None
    except NewerDatabase as error:
        raise Trouble("store.newer", str(error)) from None
    except DatabaseError as error:
        raise Trouble("store.unreadable", f"{path}: {error}") from None
    try:
        conn.execute("BEGIN")
        yield conn
    except DatabaseError as error:
        raise Trouble("store.unreadable", f"{path}: {error}") from None
    finally:
        conn.close()


@contextmanager
def _writing(config: Any) -> Iterator[Any]:
    """The till's store, ours alone; made when it is missing."""
    from appliance.daemon.alone import alone
    from appliance.domain.errors import Refusal
    from appliance.store.database import DatabaseError, NewerDatabase, connect, migrate

    folder = Path(config.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            conn = connect(folder / "till.db")
            try:
                migrate(conn)
                yield conn
            finally:
                conn.close()
    except Refusal as refusal:
        stop_first = Refusal("daemon.stop_first", **refusal.params) if refusal.code == "daemon.twice" else refusal
        raise Trouble(refusal.code, _words(stop_first)) from None
    except NewerDatabase as error:
        raise Trouble("store.newer", str(error)) from None
    except (OSError, *DatabaseError) as error:
        raise Trouble("store.failed", str(error)) from None


# --- a day ----------------------------------------------------------------------------------------------------------


def _play(arguments: argparse.Namespace) -> int:
    from appliance.domain.errors import BrokenJournal, Refusal
    from appliance.play.expects import ExpectFailed
    from appliance.play.notation import DayFault
    from appliance.play.player import play_day

    text = _read_day(arguments.file)
    name = "standard input" if str(arguments.file) == "-" else str(arguments.file)
    try:
        totals = play_day(text, shop=arguments.shop, data_dir=arguments.data)
    except DayFault as fault:
        raise Trouble(fault.code, fault.detail, f"{name}:{fault.line}") from None
    except ExpectFailed as failed:
        return _unexpected(arguments, name, failed)
    except Refusal as refusal:
        raise Trouble(refusal.code, _words(refusal)) from None
    except BrokenJournal as broken:
        raise Trouble("journal.broken", str(broken)) from None
    for refused in totals.refused:
        if not refused.is_expected:
            sys.stderr.write(f"{name}:{refused.line}: refused: {refused.code}\n")
    _say_json(totals)
    return OK


def _read_day(path: Path) -> str:
    from appliance.play.notation import FILE_BYTES_MAX

    try:
        if str(path) == "-":
            body = sys.stdin.buffer.read(FILE_BYTES_MAX + 1)
        else:
            with path.open("rb") as file:
                body = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise _unopened("day.unreadable", path, error) from None
    if len(body) > FILE_BYTES_MAX:
        raise Trouble("day.too_long", f"{path}: more than {FILE_BYTES_MAX} bytes")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Trouble("day.unreadable", f"{path}: not UTF-8 at byte {error.start}") from None


def _unexpected(arguments: argparse.Namespace, name: str, failed: Any) -> int:
    if arguments.json:
        answer = {"line": failed.line, "subject": failed.subject, "expected": failed.expected, "found": failed.found}
        _say_json({"ok": False, "code": "day.unexpected", **answer})
    sys.stderr.write(f"{name}:{failed.line}: {failed.subject}: expected {failed.expected}, found {failed.found}\n")
    return NO


# --- the journal ----------------------------------------------------------------------------------------------------


def _verify(arguments: argparse.Namespace) -> int:
    from appliance.domain.errors import BrokenJournal
    from appliance.store import journal

    with _reading(arguments.database) as conn:
        try:
            entries = journal.verify(conn)
            state = journal.rebuild_state(conn)
            journal.check_end(conn, state)
            same = journal.is_snapshot_right(conn) and journal.load_state(conn) == state
        except BrokenJournal as broken:
            answer: dict[str, object] = {"ok": False, "broken_at": broken.seq, "reason": broken.reason}
            words = f"broken at entry {broken.seq}: {broken.reason}"
        else:
            answer = {"ok": same, "entries": entries, "perpetual_minor": state.perpetual_minor}
            words = f"{entries} entries, the chain holds, turnover since the beginning {_money(state.perpetual_minor)}"
            if not same:
                answer["reason"] = words = "the state that the till keeps is not the one its entries give"
    if arguments.json:
        _say_json(answer)
    else:
        _console().print(words)
    return OK if answer["ok"] else NO


def _journal(arguments: argparse.Namespace) -> int:
    from appliance.domain.journal import KINDS
    from appliance.store import journal

    if arguments.first < 1:
        raise Trouble("journal.number", "entries are numbered from 1")
    if arguments.kind and arguments.kind not in KINDS:
        raise Trouble("journal.kind", _no_such_kind(arguments.kind, KINDS))
    with _reading(arguments.database) as conn:
        found = (
            entry
            for entry in journal.read_entries(conn, arguments.first - 1)
            if not arguments.kind or entry.kind == arguments.kind
        )
        if arguments.json:
            _list_json(found)
        else:
            _list_table(found)
    return OK


def _no_such_kind(wanted: str, kinds: Collection[str]) -> str:
    """With the kinds that somebody may have meant, or all of them."""
    from difflib import get_close_matches

    from appliance.i18n import t

    meant = get_close_matches(wanted, kinds, n=4, cutoff=0.5) or sorted(kinds)
    return t("technician.journal_kind", kind=wanted, known=", ".join(meant))


def _list_json(entries: Iterator[Any]) -> None:
    """One object a line: a journal may be long."""
    import msgspec

    for entry in entries:
        row = {
            "seq": entry.seq,
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor,
            "origin": entry.origin,
            "fact": msgspec.Raw(entry.body),
            "hash": entry.hash.hex(),
        }
        sys.stdout.write(msgspec.json.encode(row).decode() + "\n")


def _list_table(entries: Iterator[Any]) -> None:
    """A table on a terminal; elsewhere one line an entry, as it is read."""
    rows = (
        (str(entry.seq), entry.at[:19].replace("T", " "), entry.kind, entry.actor, _summary(entry.body))
        for entry in entries
    )
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("  ".join(cell or "-" for cell in row) + "\n")
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("no", "at (UTC)", "kind", "by", "what", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    _console().print(table)


def _summary(body: bytes) -> str:
    """What a fact says, on one line: amounts as money, parts by their name or number."""
    import msgspec

    said: list[str] = []
    for key, value in msgspec.json.decode(body).items():
        if key == "kind" or value in ("", None, [], {}):
            continue
        if key.endswith("_minor") and isinstance(value, int):
            said.append(f"{key.removesuffix('_minor').replace('_', ' ')} {_money(value)}")
        elif isinstance(value, dict):
            said.append(f"{key} {value.get('name') or value.get('ticket') or value.get('number') or '…'}")
        elif isinstance(value, list):
            said.append(f"{len(value)} {key}")
        else:
            said.append(f"{key.replace('_', ' ')} {value}")
    return ", ".join(said)


# --- shop and products ----------------------------------------------------------------------------------------------


def _import_shop(arguments: argparse.Namespace) -> int:
    from appliance.domain.errors import Refusal
    from appliance.store.shop_files import import_shop, read_shop_files

    config = _config(arguments.config)
    try:
        files = read_shop_files(arguments.source)
    except Refusal as refusal:
        raise Trouble(refusal.code, _words(refusal)) from None
    count = len(files.products)
    if not arguments.dry_run:
        with _writing(config) as conn:
            count = import_shop(conn, files)
    return _imported(arguments, files.shop.name, count)


def _imported(arguments: argparse.Namespace, name: str, count: int) -> int:
    from appliance.i18n import t

    if arguments.json:
        _say_json({"ok": True, "shop": name, "products": count, "written": not arguments.dry_run, "faults": []})
    else:
        code = "files.products_checked" if arguments.dry_run else "files.products"
        sys.stdout.write(t(code, shop=name, count=count) + "\n")
    return OK


def _import_products(arguments: argparse.Namespace) -> int:
    from appliance.cli_files import say_faults
    from appliance.store.catalog import import_csv, load_shop

    config = _config(arguments.config)
    try:
        body = arguments.source.read_bytes()
    except OSError as error:
        raise _unopened("csv.unreadable", arguments.source, error) from None
    opened = _reading(Path(config.data_dir) / "till.db") if arguments.dry_run else _writing(config)
    with opened as conn:
        shop = load_shop(conn)
        if shop is None:
            raise Trouble("shop.missing", "the store holds no shop: tillbox shop import FOLDER")
        report = import_csv(conn, body, [row.id for row in shop.tax_classes], dry_run=arguments.dry_run)
    if not report.faults:
        return _imported(arguments, shop.name, report.accepted)
    say_faults(arguments, report.faults, shop=shop.name, products=report.accepted)
    return NO


# --- customers ------------------------------------------------------------------------------------------------------


def _customers(arguments: argparse.Namespace) -> int:
    from appliance import cli_customers
    from appliance.clock import SystemClock
    from appliance.domain.errors import Refusal

    config = _config(arguments.config)
    reads = arguments.work in ("list", "show", "export") or getattr(arguments, "dry_run", False)
    opened = _reading(Path(config.data_dir) / "till.db") if reads else _writing(config)
    with opened as conn:
        try:
            return OK if cli_customers.run(arguments, conn, config, SystemClock()) else NO
        except Refusal as refusal:
            if arguments.json:
                _say_json({"ok": False, "code": refusal.code, "detail": _words(refusal)})
            sys.stderr.write(f"tillbox: {refusal.code}: {_words(refusal)}\n")
            return NO
        except OSError as error:
            raise _unopened("csv.unreadable", error.filename, error) from None


def _modes(arguments: argparse.Namespace) -> int:
    from appliance import cli_modes
    from appliance.clock import SystemClock
    from appliance.domain.errors import Refusal

    config = _config(arguments.config)
    opened = _writing(config) if arguments.work == "set" else _reading(Path(config.data_dir) / "till.db")
    with opened as conn:
        try:
            cli_modes.run(arguments, conn, config, SystemClock())
        except Refusal as refusal:
            raise Trouble(refusal.code, _words(refusal)) from None
    return OK


def _wallet(arguments: argparse.Namespace) -> int:
    from appliance import cli_wallet
    from appliance.clock import SystemClock
    from appliance.domain.errors import BrokenJournal, Refusal

    config = _config(arguments.config)
    writes = arguments.work in ("rebuild", "adjust")
    opened = _writing(config) if writes else _reading(Path(config.data_dir) / "till.db")
    with opened as conn:
        try:
            return OK if cli_wallet.run(arguments, conn, config, SystemClock()) else NO
        except Refusal as refusal:
            code, words = refusal.code, _words(refusal)
        except BrokenJournal as broken:
            code, words = "journal.broken", str(broken)
    if arguments.json:
        _say_json({"ok": False, "code": code, "detail": words})
    sys.stderr.write(f"tillbox: {code}: {words}\n")
    return NO


# --- codes ----------------------------------------------------------------------------------------------------------


def _shop_and_catalog(arguments: argparse.Namespace) -> Any:
    """(shop, catalogue) of a till's store, or of a folder of shop files."""
    from appliance.domain.catalog import build_catalog
    from appliance.domain.errors import Refusal
    from appliance.store.catalog import load_catalog, load_shop
    from appliance.store.shop_files import read_shop_files

    if arguments.config is not None:
        config = _config(arguments.config)
        with _reading(Path(config.data_dir) / "till.db") as conn:
            shop, catalog = load_shop(conn), load_catalog(conn)
        if shop is None:
            raise Trouble("shop.missing", "the store holds no shop: tillbox shop import FOLDER")
        return shop, catalog
    from appliance.demo.shop import FOLDER

    try:
        files = read_shop_files(arguments.shop or FOLDER)
    except Refusal as refusal:
        raise Trouble(refusal.code, _words(refusal)) from None
    return files.shop, build_catalog(files.products, files.categories, files.grids)


def _test_code(arguments: argparse.Namespace) -> int:
    from datetime import date

    from appliance.cli_words import code_rows, say_rows
    from appliance.clock import SystemClock
    from appliance.domain.meaning import Words, explain
    from appliance.service.scanning import tested_view

    shop, catalog = _shop_and_catalog(arguments)
    today: date = SystemClock().now().astimezone().date()
    code = arguments.code.replace("<GS>", "\x1d")
    meaning = explain(Words(shop, catalog, today.isoformat()), code, arguments.symbology or None)
    tested = tested_view(meaning, shop.default_sale_mode().price_list)
    if arguments.json:
        _say_json(tested)
    else:
        say_rows(code_rows(tested))
    return OK if tested.kind in ("article", "badge", "receipt") else NO


def _list_codes(arguments: argparse.Namespace) -> int:
    shop, _ = _shop_and_catalog(arguments)
    if arguments.json:
        _say_json(shop.code_rules)
        return OK
    for rule in shop.code_rules:
        verify = "  to be compared with the scale's labels" if rule.verify else ""
        sys.stdout.write(f"{rule.pattern:<18}{rule.kind:<9}{rule.name}{verify}\n")
    return OK


def _import_codes(arguments: argparse.Namespace) -> int:
    """Into the store of a till that does not run."""
    import msgspec

    from appliance.cli_files import say_faults
    from appliance.domain.errors import Refusal
    from appliance.i18n import t
    from appliance.store.catalog import load_shop, save_shop
    from appliance.store.shop_files import read_codes

    config = _config(arguments.config)
    try:
        reading = read_codes(arguments.source)
    except Refusal as refusal:
        raise Trouble(refusal.code, _words(refusal)) from None
    if reading.faults:
        say_faults(arguments, reading.faults, rules=0)
        return NO
    opened = _reading(Path(config.data_dir) / "till.db") if arguments.dry_run else _writing(config)
    with opened as conn:
        shop = load_shop(conn)
        if shop is None:
            raise Trouble("shop.missing", "the store holds no shop: tillbox shop import FOLDER")
        if not arguments.dry_run:
            save_shop(conn, msgspec.structs.replace(shop, code_rules=reading.rules))
    count = len(reading.rules)
    if arguments.json:
        _say_json({"ok": True, "rules": count, "written": not arguments.dry_run, "faults": []})
    else:
        sys.stdout.write(t("files.rules_checked" if arguments.dry_run else "files.rules", count=count) + "\n")
    return OK


# --- settings -------------------------------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> int:
    import logging

    from appliance.cli_files import check_settings, say_settings
    from appliance.clock import SystemClock

    logging.getLogger("appliance").addHandler(logging.NullHandler())  # the lines say it all
    faults = check_settings(arguments.config, SystemClock())
    say_settings(arguments, faults)
    return NO if faults else OK


# --- the running till -----------------------------------------------------------------------------------------------


def _status(arguments: argparse.Namespace) -> int:
    from appliance.cli_words import say_rows, status_rows
    from appliance.i18n import t

    config = _config(arguments.config)
    view = _ask_view(config.socket)
    answer = {"ok": view is not None, "till": config.till, **({} if view is None else _status_of(view))}
    if arguments.json:
        _say_json(answer)
    elif view is None:
        sys.stdout.write(t("technician.status.not_running", till=config.till) + "\n")
    else:
        say_rows(status_rows(config.till, view))
    return OK if view is not None else NO


def _ask_view(path: str) -> Any:
    """The view that the daemon shows now; None when none answers in time."""
    import socket

    import msgspec

    from appliance.protocol import message

    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(STATUS_TIMEOUT_S)
            line.connect(path)
            line.sendall(message.encode(message.Hello(message.VERSION, "status")))
            with line.makefile("rb") as answers:
                for answer in answers:
                    said = message.read_from_daemon(answer)
                    if isinstance(said, message.Shown):
                        return said.view
    except (FileNotFoundError, ConnectionError, TimeoutError):
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise Trouble("till.unreadable", f"{path}: {error}") from None
    return None


def _status_of(view: Any) -> dict[str, object]:
    session, ticket = view.session, view.ticket
    return {
        "shop": view.shop.name,
        "at": view.at,
        "screen": view.screen,
        "seller": view.seller.name if view.seller else None,
        "session": session.number if session else None,
        "business_date": session.business_date if session else None,
        "ticket": ticket.number if ticket else None,
        "ticket_minor": ticket.total_minor if ticket else None,
        "devices": {light.device: light.code or light.level for light in view.status},
        "message": view.message.code if view.message else None,
    }


def _devices(arguments: argparse.Namespace) -> int:
    from appliance import cli_devices
    from appliance.domain.errors import Refusal

    config = _config(arguments.config)
    try:
        cli_devices.run(arguments, config)
    except Refusal as refusal:
        sentence = cli_devices.sentence_of(refusal)
        if arguments.json:
            _say_json({"ok": False, "code": refusal.code, "detail": sentence})
        sys.stderr.write(f"{sentence}\n")
        return cli_devices.status_of(refusal)
    return OK


def _protocol(arguments: argparse.Namespace) -> int:
    from appliance.protocol.describe import describe, messages

    if arguments.json:
        _say_json(messages(protocol_sources()))
    else:
        sys.stdout.write(describe(protocol_sources()))
    return OK


def protocol_sources() -> dict[str, str]:
    """The source of the messages, for `appliance.protocol.describe`."""
    from importlib.resources import files

    from appliance.protocol.describe import MODULES

    return {name: (files("appliance.protocol") / f"{name}.py").read_text(encoding="utf-8") for name in MODULES}


if __name__ == "__main__":
    sys.exit(main())
