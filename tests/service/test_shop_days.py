"""Random days against an auditor who reads the journal only; and what holds after every one of them."""

import asyncio
import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings

from appliance.store import journal as store
from tests.support.auditor import audit, check_totals
from tests.support.days import days, play
from tests.support.till import RAM, RealTill, a_till


def on_a_new_till(act, **changes):
    """Run `act(till)` on a till that Nadia opened."""

    async def within_time():
        with tempfile.TemporaryDirectory(dir=RAM) as folder:
            async with asyncio.timeout(60), a_till(Path(folder), **changes) as till:
                await act(till)

    asyncio.run(within_time())


def rows(conn):
    return [(kind, bytes(body)) for kind, body in conn.execute("SELECT kind, body FROM journal ORDER BY seq")]


async def check_everything(till: RealTill) -> None:
    """The books agree with the auditor, the replay with the live state, and the chain holds."""
    sessions = audit(await till.books(rows))
    if till.state.session is not None:
        totals = msgspec.to_builtins(till.state.session.totals, str_keys=True)
        check_totals(sessions[-1], totals)
    assert await till.books(store.rebuild_state) == till.state
    assert await till.books(store.verify) == till.daemon.ledger.seq
    encoded, seq = store.encode_state(till.state), till.daemon.ledger.seq
    await till.books(lambda conn: store.save_snapshot(conn, seq, encoded))
    assert await till.books(store.load_state) == till.state
    check_reachable(till)


def check_reachable(till: RealTill) -> None:
    """Each open ticket, or the split note it belongs to, is in hand or has goods: else nobody could ever see it."""
    seen = {
        ticket.part_of or ticket.number
        for ticket in till.state.tickets.values()
        if ticket.lines or ticket.number == till.state.current
    }
    lost = [ticket.number for ticket in till.state.tickets.values() if (ticket.part_of or ticket.number) not in seen]
    assert not lost, f"tickets {lost} are open and can never be seen again"


@given(days)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_random_day_agrees_with_the_auditor(day):
    async def act(till: RealTill) -> None:
        await play(till, day)
        await check_everything(till)

    on_a_new_till(act)


def test_the_auditor_notices_a_wrong_figure():
    """The auditor is worth something: each figure of a Z that is changed is found."""

    async def act(till: RealTill) -> None:
        await till.sells("3 croissant, 1 candles | card 1.00, cash 10.00")
        await till.closes_the_day()
        good = await till.books(rows)
        audit(good)
        z = msgspec.json.decode(good[-1][1])
        for name in ("turnover_minor", "cash_minor", "tickets", "last_document"):
            bad = {**z, "totals": {**z["totals"], name: z["totals"].get(name, 0) + 1}}
            try:
                audit([*good[:-1], (good[-1][0], msgspec.json.encode(bad))])
            except AssertionError as error:
                assert str(error).startswith(f"entry {len(good)} SessionClosed")
            else:
                raise AssertionError(f"a wrong {name} went unnoticed")

    on_a_new_till(act)
