"""`tillbox modes`: the means of payment, listed beside a running till, set in the store of one that does not run.

What is set leaves the same fact in the journal as a change in Mes Données.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from appliance.cli_customers import Books
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain import tendering
from appliance.domain.catalog import Shop, TenderMode
from appliance.domain.errors import Refusal
from appliance.store.catalog import load_shop, save_shop

if TYPE_CHECKING:
    import argparse

    from appliance.clock import Clock
    from appliance.config import Config

BY = "technician"
"""Who allowed it, on record."""


def run(arguments: argparse.Namespace, conn: Any, config: Config, clock: Clock) -> None:
    """Do what was asked and say it. Raises Refusal."""
    shop = load_shop(conn)
    if shop is None:
        raise Refusal("shop.missing")
    if arguments.work == "set":
        shop = _set(arguments, conn, shop, Books(conn, config, clock))
    modes = tendering.with_wallet(shop.tenders)
    if arguments.json:
        answer = {"ok": True, "modes": modes}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
        return
    for mode in modes:
        sys.stdout.write(
            f"{mode.order:>3}  {'on ' if mode.enabled else 'off'}  {mode.id:<16}{mode.kind:<9}{mode.name}\n"
        )


def _set(arguments: argparse.Namespace, conn: Any, shop: Shop, books: Books) -> Shop:
    modes = tendering.with_wallet(shop.tenders)
    before = next((mode for mode in modes if mode.id == arguments.mode), None)
    if before is None:
        raise Refusal("tender.unknown")
    made = tendering.tidy(_changed(before, arguments))
    faults = tendering.faults(made, modes)
    if faults:
        raise Refusal(next(iter(faults.values())))
    tenders = tuple(made if mode.id == made.id else mode for mode in modes)
    intents: list[i.Intent] = []
    if made not in shop.tenders:
        known = next((mode for mode in shop.tenders if mode.id == made.id), None)
        intents.append(i.NoteShop(j.TenderModeChanged(made, known, BY)))
    if arguments.place:
        tenders = tendering.placed(tenders, made.id, arguments.place - 1)
        intents.append(i.NoteShop(j.TenderModesOrdered(tuple(mode.id for mode in tenders), BY)))
    shop = replace(shop, tenders=tenders)
    if intents:
        conn.execute("BEGIN IMMEDIATE")
        try:
            books.do(intents)
            save_shop(conn, shop)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
    return shop


def _changed(mode: TenderMode, arguments: argparse.Namespace) -> TenderMode:
    enabled = mode.enabled if arguments.switch is None else arguments.switch == "on"
    name = mode.name if arguments.name is None else arguments.name
    account = mode.account if arguments.account is None else arguments.account
    return replace(mode, enabled=enabled, name=name, account=account)
