"""`tillbox customers`: list, show, import, export, erase. What only reads may read beside a running till.

What is written goes through the core like everything else: each customer leaves an audit fact in the journal, opening
balances are entries of the wallets, and an erasure is refused where the core refuses it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from appliance.cli_files import fault_line, fault_row
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain import meaning
from appliance.domain.crediting import check_erasable
from appliance.domain.customer import Customer
from appliance.domain.errors import Refusal
from appliance.domain.state import TillState, apply
from appliance.domain.till import Moment, step
from appliance.i18n import t
from appliance.store import customer_files, customers
from appliance.store import journal as store
from appliance.store.catalog import load_catalog, load_shop

if TYPE_CHECKING:
    import argparse

    from appliance.clock import Clock
    from appliance.config import Config

OPENING: Final = "Solde de reprise"
"""Reason of an opening balance in the journal and on statements, before its date."""
LISTED: Final = 100


def run(arguments: argparse.Namespace, conn: Any, config: Config, clock: Clock) -> bool:
    """Do what was asked and say it; whether the answer is yes. Raises Refusal."""
    work: Callable[[argparse.Namespace, Any, Books], bool] = {
        "list": _list,
        "show": _show,
        "export": _export,
        "import": _import,
        "erase": _erase,
    }[arguments.work]
    return work(arguments, conn, Books(conn, config, clock))


class Books:
    """The journal of a till that does not run: decides like the till, keeps entries in the caller's transaction."""

    def __init__(self, conn: Any, config: Config, clock: Clock) -> None:
        self._conn = conn
        now = clock.now()
        self.at = now.astimezone(UTC).isoformat("T", "milliseconds")[:-6] + "Z"
        local = now.astimezone(ZoneInfo(config.timezone))
        self._local, self.today = local.isoformat("T", "seconds"), local.date().isoformat()
        self._state: TillState | None = None

    @property
    def state(self) -> TillState:
        if self._state is None:
            self._state = store.load_state(self._conn)
        return self._state

    def do(self, intents: list[i.Intent]) -> None:
        """Decide and append. A till that was never started has no journal yet: there nothing is put on record."""
        if not self.state.till:
            return
        head = store.read_head(self._conn, "")
        at = max(self.at, head.at)
        entries: list[j.Entry] = []
        seq, link = head.seq, head.hash
        for intent in intents:
            facts = step(self.state, intent, Moment(at, self._local, "")).facts
            entries += j.chain(facts, seq=seq, prev_hash=link, epoch=head.epoch, at=at, actor="")
            for fact in facts:
                apply(self.state, fact, at, "")
            seq, link = entries[-1].seq, entries[-1].hash
        store.insert(self._conn, entries)

    def wallet(self, customer_id: str) -> tuple[int, int]:
        """Paid and given credit."""
        purse = self.state.holding(customer_id).purse
        return purse.paid_minor, purse.gifted_minor


@contextmanager
def _transaction(conn: Any) -> Iterator[None]:
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


# --- reading --------------------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace, conn: Any, books: Books) -> bool:
    found = customers.search(conn, arguments.text or "", arguments.kind, arguments.limit)
    if arguments.json:
        told = [{**msgspec.to_builtins(row), "wallet_minor": sum(books.wallet(row.id))} for row in found.rows]
        _say_json({"ok": True, "total": found.total, "is_exact": found.is_exact, "customers": told})
        return True
    labels = {group.id: group.label for group in customers.groups(conn)}
    rows = [
        (row.id, row.listed_name, row.phone, row.code, row.place, labels.get(row.group, ""), _money(books, row.id))
        for row in found.rows
    ]
    _table(("id", "name", "phone", "card", "place", "group", "wallet"), rows)
    more = "" if found.is_exact else " or more"
    sys.stdout.write(f"{len(rows)} of {found.total}{more} shown\n")
    return True


def _money(books: Books, customer_id: str) -> str:
    from appliance.i18n import amount

    total = sum(books.wallet(customer_id))
    return amount(total) if total else ""


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Columns on a terminal; tab-separated for a program."""
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join(row) + "\n")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(highlight=False).print(table)


def _one(conn: Any, name: str) -> Customer:
    """By id or by card. Raises Refusal `customer.unknown`."""
    found = customers.get(conn, name) if name.startswith("c-") else None
    if found is None and (hit := customers.by_code(conn, name)) is not None:
        found = hit.customer
    if found is None:
        raise Refusal("customer.unknown")
    return found


def _show(arguments: argparse.Namespace, conn: Any, books: Books) -> bool:
    found = _one(conn, arguments.customer)
    paid, gifted = books.wallet(found.id)
    if arguments.json:
        _say_json({"ok": True, "customer": found, "wallet": {"paid_minor": paid, "gifted_minor": gifted}})
        return True
    if found.is_erased:
        sys.stdout.write(f"{found.id}\nerased {found.erased_at[:10]}\n")
        return True
    for line in _lines(found, conn, paid, gifted):
        sys.stdout.write(line + "\n")
    return True


def _lines(found: Customer, conn: Any, paid_minor: int, gifted_minor: int) -> Iterator[str]:
    from appliance.i18n import amount

    group = customers.group(conn, found.group) if found.group else None
    facts = [
        ("id", found.id), ("name", found.listed_name), ("kind", found.kind), ("phone", ", ".join(found.phones)),
        ("e-mail", found.email), ("cards", ", ".join(_card(code) for code in found.codes)),
        ("account", found.account), ("group", group.label if group else ""),
        *(("address", f"{a.street}, {a.postcode} {a.place} ({a.country})".lstrip(", ")) for a in found.addresses),
        ("VAT", found.vat_number), ("IDE", found.uid), ("SIREN", found.siren), ("SIRET", found.siret),
        *((name.replace("_", " "), _consent(getattr(found.consents, name))) for name in _CONSENTS),
        ("wallet", f"{amount(paid_minor)} paid, {amount(gifted_minor)} given" if paid_minor or gifted_minor else ""),
        ("since", found.created_at[:10]), ("changed", found.changed_at[:10]), ("notes", found.notes),
    ]  # fmt: skip
    return (f"{name:<16}{text}" for name, text in facts if text)


_CONSENTS: Final = ("receipt_mail", "marketing", "wallet_notices")


def _card(code: Any) -> str:
    return str(code.code) if code.state == "active" else f"{code.code} ({code.state})"


def _consent(consent: Any) -> str:
    return f"{'yes' if consent.given else 'no'}, {consent.at[:10]}" if consent.at else ""


def _export(arguments: argparse.Namespace, conn: Any, books: Books) -> bool:
    """Everybody as CSV, or everything about one as JSON."""
    if arguments.customer:
        found = _one(conn, arguments.customer)
        wallet = dict(zip(("paid_minor", "gifted_minor"), books.wallet(found.id), strict=True))
        body = customers.export_person(conn, found.id, {"wallet": wallet, **_records(conn, found.id)}).decode() + "\n"
        count = 1
        lines: Iterator[str] = iter((body,))
    else:
        count = customers.count(conn)
        lines = customer_files.export_customers(conn, books.wallet)
    if arguments.target is None:
        sys.stdout.writelines(lines)
        return True
    with arguments.target.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    if arguments.json:
        _say_json({"ok": True, "customers": count, "file": str(arguments.target)})
    else:
        sys.stdout.write(f"{count} written to {arguments.target}\n")
    return True


def _records(conn: Any, customer_id: str) -> dict[str, object]:
    """What the journal says about one customer: sales, and everything else under the customer's id."""
    sales: list[object] = []
    records: list[object] = []
    for entry in store.read_entries(conn):
        if customer_id.encode() not in entry.body:
            continue
        row = {"at": entry.at, "what": entry.kind, "fact": msgspec.Raw(entry.body)}
        (sales if entry.kind in ("TicketClosed", "SettlementReversed") else records).append(row)
    return {"sales": sales, "records": records}


# --- writing --------------------------------------------------------------------------------------------------------


def _import(arguments: argparse.Namespace, conn: Any, books: Books) -> bool:
    body = arguments.source.read_bytes()
    may_be_card = _cards(conn, books)
    with _progress(arguments) as progress:
        openings: list[customer_files.Opening] = []
        if arguments.dry_run:
            report = customer_files.import_customers(
                conn, body, books.at, dry_run=True, progress=progress, may_be_card=may_be_card
            )
            openings = _openings(report, books)
        else:
            with _transaction(conn):
                report = customer_files.import_customers(
                    conn, body, books.at, progress=progress, may_be_card=may_be_card
                )
                if report.written:
                    openings = _openings(report, books)
                    books.do(_records_of(report, openings))
    report = msgspec.structs.replace(report, openings=tuple(openings))
    if arguments.json:
        rows = {name: [fault_row(fault) for fault in getattr(report, name)] for name in ("faults", "warnings")}
        _say_json({"ok": not report.faults, **msgspec.to_builtins(report), **rows})
    else:
        _say_report(arguments, report)
    return not report.faults


def _cards(conn: Any, books: Books) -> Callable[[str], bool]:
    """Whether a code may be a card's, in the shop that this till has."""
    shop = load_shop(conn)
    if shop is None:  # nothing is sold yet, and nobody has a badge
        return lambda code: True

    def holder_of(code: str) -> meaning.Holder | None:
        hit = customers.by_code(conn, code)
        return None if hit is None else meaning.Holder(hit.customer.id, hit.customer.name, hit.code.state)

    words = meaning.Words(shop, load_catalog(conn), books.today, holder_of)
    return lambda code: meaning.may_be_card(words, code)


def _openings(report: customer_files.ImportReport, books: Books) -> list[customer_files.Opening]:
    """Opening balances of wallets that have no entry yet: a file that is read twice, or was exported, credits nobody
    again. Raises Refusal `customer.no_till` where no wallet can be kept yet."""
    if report.openings and not books.state.till:
        raise Refusal("customer.no_till")
    return [opening for opening in report.openings if opening.customer not in books.state.wallets]


def _records_of(report: customer_files.ImportReport, openings: list[customer_files.Opening]) -> list[i.Intent]:
    made: list[i.Intent] = [i.NoteCustomer(j.CustomerCreated(customer)) for customer in report.created]
    made += [i.NoteCustomer(j.CustomerChanged(customer)) for customer in report.changed]
    for opening in openings:
        reason = f"{OPENING} {opening.date}".rstrip()
        for amount_minor, as_paid in ((opening.paid_minor, True), (opening.gifted_minor, False)):
            if amount_minor:
                made.append(i.AdjustWallet(opening.customer, amount_minor, reason, "import", as_paid))
    return made


def _say_report(arguments: argparse.Namespace, report: customer_files.ImportReport) -> None:
    for fault in sorted((*report.warnings, *report.faults), key=lambda each: each.line):
        sys.stdout.write(fault_line(arguments.source, fault) + "\n")
    if report.faults:
        sys.stdout.write(t("files.nothing_written", count=len(report.faults)) + "\n")
        return
    code = "files.customers" if report.written else "files.customers_checked"
    created, changed, openings = map(len, (report.created, report.changed, report.openings))
    sys.stdout.write(t(code, created=created, changed=changed, openings=openings) + "\n")


@contextmanager
def _progress(arguments: argparse.Namespace) -> Iterator[customer_files.Progress]:
    """A bar on a terminal, nothing elsewhere."""
    if arguments.json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _erase(arguments: argparse.Namespace, conn: Any, books: Books) -> bool:
    found = _one(conn, arguments.customer)
    check_erasable(books.state, found.id)  # also of who is erased already: money may have come back since
    if not found.is_erased:
        with _transaction(conn):
            books.do([i.NoteCustomer(j.CustomerErased(found.id))])
            customers.erase(conn, found.id, books.at)
    done = customers.finish_erasure(conn)
    if arguments.json:
        _say_json({"ok": True, "customer": found.id, "file_clean": done})
    else:
        sys.stdout.write(f"{found.id} erased{'' if done else '; the log is still read by somebody: ask again'}\n")
    return True


def _say_json(answer: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
