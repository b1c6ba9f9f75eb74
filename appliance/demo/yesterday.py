"""The day before the demo's first: sold, counted and closed by Nadia, with notes left for the morning.

Played through the real till with a clock of its own, so the first thing a visitor does is what a shop does every
morning: sign in, take over the float, find the notes. Hides how long ago yesterday was.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from appliance.clock import Clock, ManualClock
from appliance.config import Config
from appliance.daemon.lifecycle import Daemon
from appliance.demo.shop import WaitingNote, load_demo_shop, put_customers
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.protocol import command as c
from appliance.protocol.message import Order
from appliance.service.till import Till

MANAGER = "nadia"
OPENING = "Solde de reprise"
"""Reason of a balance from before this till."""
OPENS, CLOSES = time(6, 32), time(18, 30)
SALES: tuple[tuple[tuple[int, ...], str], ...] = (
    ((201, 201, 501), "cash"),
    ((104, 202), "card"),
    ((105, 401, 303), "twint"),
    ((201, 502, 502), "cash"),
)


def is_new(config: Config) -> bool:
    """Whether this folder has never been a till."""
    return not (Path(config.data_dir) / "till.db").exists()


async def play_yesterday(config: Config, clock: Clock) -> None:
    """Fill an empty store with yesterday's day. RuntimeError when the till refuses a step."""
    zone = ZoneInfo(config.timezone)
    day = (clock.now().astimezone(zone) - timedelta(days=1)).date()
    then = ManualClock(datetime.combine(day, OPENS, zone))
    by_hand = msgspec.structs.replace(config, devices={})  # nobody pays at a terminal any more: the day is over
    daemon = Daemon(by_hand, then)
    till = await daemon.start()
    await _welcome(till)
    badge = till.shop.seller(MANAGER).badge
    await till.scan(badge)
    await _sell(till, then)
    for note in sorted(load_demo_shop().notes, key=lambda note: -note.age_minutes):
        _move_to(then, datetime.combine(day, CLOSES, zone) - timedelta(minutes=note.age_minutes))
        await _leave(till, note)
    _move_to(then, datetime.combine(day, CLOSES, zone))
    await _close(till)
    till.close()
    await daemon.ledger.close()


def _move_to(clock: ManualClock, moment: datetime) -> None:
    clock.advance(max(moment - clock.now(), timedelta()))


async def _do(till: Till, command: c.AnyCommand) -> None:
    """One order; `ledger.seq` names it, as nothing else runs here."""
    answer = await till.submit(Order(f"yesterday-{till.rev}", command))
    if not answer.ok:
        raise RuntimeError(f"yesterday could not be played: {type(command).__name__}: {answer.code} {answer.params}")


async def _welcome(till: Till) -> None:
    """The shop's customers, with what was on their wallets before this till."""
    at = till.ledger.moment().at
    report = await till.ledger.read(lambda conn: put_customers(conn, at))
    for customer in report.created:
        till.do(i.NoteCustomer(j.CustomerCreated(customer)))
    for opening in report.openings:
        for amount_minor, as_paid in ((opening.paid_minor, True), (opening.gifted_minor, False)):
            if amount_minor:
                till.do(i.AdjustWallet(opening.customer, amount_minor, OPENING, "import", as_paid))
    await till.ledger.settle()


async def _sell(till: Till, clock: ManualClock) -> None:
    await _do(till, c.KeepFloat())
    await _do(till, c.OpenSession())
    for products, tender in SALES:
        clock.advance(timedelta(minutes=40))
        await _do(till, c.NewTicket())
        for product in products:
            await _do(till, c.AddProduct(product))
        await _do(till, c.AddTender(tender))


async def _leave(till: Till, note: WaitingNote) -> None:
    await _do(till, c.NewTicket(note.sale_mode))
    for line in note.lines:
        await _do(till, c.AddProduct(line.product))
        ticket = till.ticket
        assert ticket is not None
        await _do(till, c.SetQuantity(ticket.lines[-1].id, line.quantity_milli))
    assert till.ticket is not None
    await _do(till, c.NameTicket(till.ticket.number, note.name))
    await _do(till, c.HoldTicket())


async def _close(till: Till) -> None:
    """Counted right, 200.00 left for the morning."""
    from appliance.service.day import greedy_counts

    session = till.state.session
    assert session is not None
    await _do(till, c.StartClosing())
    for value, count in greedy_counts(session.totals.expected_minor, till.state.currency).items():
        await _do(till, c.SetCount(value, count))
    await _do(till, c.SetStep("confirm"))
    await _do(till, c.CloseDay(confirmed=True))
