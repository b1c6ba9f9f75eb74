"""`tillbox wallet`: verify, rebuild, statement, liability, list, adjust. What only reads may run beside the till.

A balance is a sum of entries of the journal. These commands show the sum, prove it, and put what follows from the
journal right again; an adjustment is one more entry, decided by the core like any other (docs/wallets.md).
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from appliance.cli_customers import Books, _one, _transaction
from appliance.domain import intent as i
from appliance.domain.catalog import fold
from appliance.domain.errors import Refusal
from appliance.domain.wallet import Purse
from appliance.i18n import amount, t
from appliance.store import customers, movements, wallet_proof
from appliance.store import journal as store
from appliance.store.catalog import load_shop
from appliance.store.customer_files import inert
from appliance.store.movements import WalletEntry
from appliance.store.wallet_proof import WalletFault

if TYPE_CHECKING:
    import argparse

    from appliance.clock import Clock
    from appliance.config import Config
    from appliance.domain.catalog import Shop

ROWS: Final = (
    ("credits", ("credit",)), ("changes", ("change",)), ("cancelled", ("credit_cancelled",)),
    ("adjustments", ("adjustment",)), ("spent", ("purchase",)), ("given_back", ("given_back",)),
    ("refunds", ("refund",)), ("transfers", ("transfer_in", "transfer_out")),
    ("office", ("granted", "returned", "fenced")),
)  # fmt: skip
"""Rows of the liability report, and the movements in each."""
AMOUNT: Final = re.compile(r"([+-]?)(\d{1,6})(?:[.,](\d{2}))?")


class Asked(msgspec.Struct):
    """One command: its arguments, the store, and the shop's clock."""

    arguments: Any
    conn: Any
    config: Any
    clock: Any

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.timezone)


def run(arguments: argparse.Namespace, conn: Any, config: Config, clock: Clock) -> bool:
    """Do what was asked and say it; whether the answer is yes. Raises Refusal."""
    work: dict[str, Callable[[Asked], bool]] = {
        "verify": _verify,
        "rebuild": _rebuild,
        "statement": _statement,
        "liability": _liability,
        "list": _list,
        "adjust": _adjust,
    }
    return work[arguments.work](Asked(arguments, conn, config, clock))


# --- proving --------------------------------------------------------------------------------------------------------


def _verify(asked: Asked) -> bool:
    try:
        proof = wallet_proof.verify(asked.conn)
    except WalletFault as fault:
        told: dict[str, object] = {"ok": False, "code": f"wallet.{fault.code}", "broken_at": fault.seq, **fault.params}
        _say(asked, told, sentence_of(fault))
        return False
    total = amount(proof.paid_minor + proof.gifted_minor)
    words = t(
        "technician.wallet.sound", entries=proof.entries, movements=proof.movements, wallets=proof.wallets,
        total=total, gifted=amount(proof.gifted_minor),
    )  # fmt: skip
    _say(asked, {"ok": True, **msgspec.to_builtins(proof)}, words)
    return True


def sentence_of(fault: WalletFault) -> str:
    """What is wrong, and where, as a technician reads it."""
    params: dict[str, Any] = {"seq": fault.seq, **fault.params}
    return t(f"technician.wallet.{fault.code}", **params)


def _rebuild(asked: Asked) -> bool:
    rows, changed = wallet_proof.rebuild(asked.conn)
    dropped = wallet_proof.drop_wrong_snapshot(asked.conn)
    words = t("technician.wallet.rebuilt", rows=rows, changed=changed)
    if dropped:
        words += "\n" + t("technician.wallet.snapshot_dropped")
    _say(asked, {"ok": True, "rows": rows, "changed": changed, "snapshot_dropped": dropped}, words)
    return True


# --- statement ------------------------------------------------------------------------------------------------------


def _statement(asked: Asked) -> bool:
    wallet = _wallet(asked)
    rows = list(movements.statement(asked.conn, wallet))
    summed = sum((row.part for row in rows), Purse())
    kept = rows[-1].after if rows else Purse()
    is_right = summed == kept
    if asked.arguments.json:
        told = [{**msgspec.to_builtins(row), "balance_minor": row.balance_minor} for row in rows]
        sums = {"balance_minor": kept.total_minor, "gifted_minor": kept.gifted_minor, "sum_minor": summed.total_minor}
        _say_json({"ok": is_right, "wallet": wallet, **sums, "movements": told})
    elif asked.arguments.csv:
        _write_csv(asked, rows)
    else:
        _table([_head(name) for name in _STATEMENT], [_cells(asked, row) for row in rows], {2, 3, 4})
        words = t("technician.wallet.statement_end", count=len(rows), balance=amount(kept.total_minor),
                  gifted=amount(kept.gifted_minor))  # fmt: skip
        sys.stdout.write(words + "\n")
    if not is_right:
        off = t("technician.wallet.statement_off", sum=amount(summed.total_minor), balance=amount(kept.total_minor))
        sys.stderr.write(off + "\n")
    return is_right


_STATEMENT: Final = ("at", "what", "amount", "gifted", "balance", "modes", "reason")


def _cells(asked: Asked, row: WalletEntry) -> tuple[str, ...]:
    what = t(f"screen.clients.movement.{row.kind}", number=row.ticket)
    at = _local(asked, row.at)[:16].replace("T", " ")
    sums = amount(row.amount_minor), amount(row.gifted_minor) if row.gifted_minor else "", amount(row.balance_minor)
    return (at, what, *sums, row.modes or row.till, row.reason)


def _write_csv(asked: Asked, rows: list[WalletEntry]) -> None:
    """Amounts with a point and two decimals, times of the shop, kinds as programs know them."""
    writer = csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
    writer.writerow((
        "at", "kind", "amount", "paid", "gifted", "balance", "document", "of_document", "ticket", "till", "seller",
        "modes", "other", "reason",
    ))  # fmt: skip
    for row in rows:
        sums = (row.amount_minor, row.paid_minor, row.gifted_minor, row.balance_minor)
        writer.writerow((
            _local(asked, row.at), row.kind, *map(_decimal, sums), row.document or "", row.of_document or "",
            row.ticket or "", row.till, row.seller, *map(inert, (row.modes, row.other, row.reason)),
        ))  # fmt: skip


def _decimal(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02}"


# --- liability ------------------------------------------------------------------------------------------------------


def _liability(asked: Asked) -> bool:
    """What is owed at the end of a day of the calendar, and what led there since the beginning of another."""
    today = asked.clock.now().astimezone(asked.zone).date()
    last = _date(asked.arguments.at) or today
    first = _date(asked.arguments.since) or last
    if first > last:
        raise Refusal("technician.wallet.dates")
    end = _end_of(asked, last)
    ahead, ahead_at = wallet_proof.ahead(asked.conn, _end_of(asked, max(last, today)))
    if ahead and last == today:  # what is owed now is owed, whatever the clock said when it was booked
        end = ahead_at
    found = wallet_proof.liability(asked.conn, _end_of(asked, first - timedelta(days=1)), end)
    rows = _liability_rows(found)
    if asked.arguments.json:
        told = {name: {"count": count, **_parts(part)} for name, count, part in rows}
        _say_json({
            "ok": found.adds_up, "from": first.isoformat(), "at": last.isoformat(), "wallets": found.wallets,
            "ahead": ahead, **told,
        })  # fmt: skip
    else:
        sys.stdout.write(t("technician.wallet.liability_of", first=first.isoformat(), last=last.isoformat()) + "\n")
        cells = [
            (t(f"technician.wallet.row.{name}"), str(count or ""), amount(part.paid_minor), amount(part.gifted_minor),
             amount(part.total_minor))
            for name, count, part in rows
        ]  # fmt: skip
        _table([_head(name) for name in ("row", "count", "paid", "gifted", "total")], cells, {1, 2, 3, 4})
    if ahead:
        code = "technician.wallet.ahead" if last == today else "technician.wallet.ahead_left_out"
        sys.stderr.write(t(code, count=ahead, at=_local(asked, ahead_at)[:16].replace("T", " ")) + "\n")
    if not found.adds_up:
        sys.stderr.write(t("technician.wallet.liability_off") + "\n")
    return found.adds_up


def _liability_rows(found: wallet_proof.Liability) -> list[tuple[str, int, Purse]]:
    """(row, movements in it, amount); movements that leave are negative."""
    moved = [
        (
            name,
            sum(found.counts.get(kind, 0) for kind in kinds),
            sum((found.moved.get(kind, Purse()) for kind in kinds), Purse()),
        )
        for name, kinds in ROWS
    ]
    return [("opening", 0, found.opening), *moved, ("closing", found.wallets, found.closing)]


def _parts(part: Purse) -> dict[str, int]:
    return {"paid_minor": part.paid_minor, "gifted_minor": part.gifted_minor}


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refusal("technician.wallet.dates") from None


def _end_of(asked: Asked, day: date) -> str:
    """The last millisecond of a day of the shop's calendar, UTC."""
    midnight = datetime.combine(day + timedelta(days=1), day_time(), asked.zone)
    return (midnight.astimezone(UTC) - timedelta(milliseconds=1)).isoformat("T", "milliseconds")[:-6] + "Z"


# --- list and adjust ------------------------------------------------------------------------------------------------


def _list(asked: Asked) -> bool:
    state = store.load_state(asked.conn)
    rows = wallet_proof.balances(asked.conn)
    blocked = {name: wallet.blocked for name, wallet in state.wallets.items() if wallet.blocked}
    total = sum((row.after for row in rows), Purse())
    if asked.arguments.json:
        told = [
            {"wallet": row.wallet, "name": _name(asked, row.wallet), **_parts(row.after), "last_at": row.at,
             "blocked": blocked.get(row.wallet, "")}
            for row in rows
        ]  # fmt: skip
        _say_json({"ok": True, **_parts(total), "wallets": told})
        return True
    cells = [
        (row.wallet, _name(asked, row.wallet), amount(row.paid_after_minor),
         amount(row.gifted_after_minor), amount(row.balance_minor), _local(asked, row.at)[:16].replace("T", " "),
         t("technician.wallet.blocked", reason=blocked[row.wallet]) if row.wallet in blocked else "")
        for row in rows
    ]  # fmt: skip
    cells.append(("", "", amount(total.paid_minor), amount(total.gifted_minor), amount(total.total_minor), "", ""))
    heads = [_head(name) for name in ("wallet", "name", "paid", "gifted", "balance", "last", "state")]
    _table(heads, cells, {2, 3, 4})
    return True


def _name(asked: Asked, wallet: str) -> str:
    found = customers.get(asked.conn, wallet)
    return found.listed_name if found is not None and not found.is_erased else ""


def _adjust(asked: Asked) -> bool:
    """One entry more, by right and with a reason (feature W-31)."""
    wallet = _one(asked.conn, asked.arguments.customer).id
    matched = AMOUNT.fullmatch(asked.arguments.amount)
    if matched is None:
        raise Refusal("technician.wallet.no_amount")
    sign, whole, cents = matched.groups()
    minor = (int(whole) * 100 + int(cents or 0)) * (-1 if sign == "-" else 1)
    books = Books(asked.conn, asked.config, asked.clock)
    if not books.state.till:
        raise Refusal("customer.no_till")
    reason, as_paid, shop = asked.arguments.reason.strip(), asked.arguments.as_paid, load_shop(asked.conn)
    rules = None if as_paid or shop is None else shop.wallet_rules_in(books.state.profile)  # what was paid elsewhere is
    order = i.AdjustWallet(wallet, minor, reason, _seller(asked, shop), as_paid, rules)
    with _transaction(asked.conn):
        books.do([order])
    balance = sum(books.wallet(wallet))
    words = t("technician.wallet.adjusted", wallet=wallet, amount=amount(minor), balance=amount(balance))
    _say(asked, {"ok": True, "wallet": wallet, "amount_minor": minor, "balance_minor": balance}, words)
    return True


def _seller(asked: Asked, shop: Shop | None) -> str:
    """Who decided it: one of the shop's sellers, by id or name. Raises Refusal."""
    by = asked.arguments.by.strip()
    sellers = () if shop is None else shop.sellers
    for seller in sellers:
        if by and fold(by) in (fold(seller.id), fold(seller.name)):
            return seller.id
    raise Refusal("technician.wallet.no_seller", by=by, known=", ".join(seller.id for seller in sellers))


# --- shared ---------------------------------------------------------------------------------------------------------


def _wallet(asked: Asked) -> str:
    """A wallet by the customer's id, erased or not, or by a card. Raises Refusal `customer.unknown`."""
    name: str = asked.arguments.customer
    return name if movements.movements(asked.conn, name, 1) else _one(asked.conn, name).id


def _local(asked: Asked, at: str) -> str:
    return datetime.fromisoformat(at).astimezone(asked.zone).isoformat("T", "seconds")[:19]


def _head(name: str) -> str:
    return t(f"technician.wallet.head.{name}")


def _table(heads: Sequence[str], rows: Sequence[tuple[str, ...]], right: set[int]) -> None:
    """Columns on a terminal; tab-separated for a program."""
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join(row) + "\n")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place in right else "left", no_wrap=not place or place in right)
    for row in rows:
        table.add_row(*map(escape, row))
    Console(highlight=False).print(table)


def _say(asked: Asked, told: dict[str, object], words: str) -> None:
    if asked.arguments.json:
        _say_json(told)
    else:
        sys.stdout.write(words + "\n")


def _say_json(answer: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
