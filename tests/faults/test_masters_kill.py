"""kill -9 while a manager sets the shop up: the fact and the set-up are both on the disk, or neither is."""

import asyncio
import random

from appliance.protocol import command as c
from appliance.protocol.message import Order, encode
from appliance.store.catalog import load_shop
from appliance.store.database import connect_reader
from tests.faults.box import Refused, box

KILLS = 12


async def visit(client):
    """Nadia opens Mes Données."""
    await client.ok(c.SignIn("nadia", "4321"))
    if client.view.session is None:
        await client.ok(c.KeepFloat())
        await client.ok(c.OpenSession())
    await client.ok(c.ShowTab("masters"))


def on_disk(till):
    """(what the newest fact says of the wallet, what the set-up says)."""
    facts = till.books().facts("TenderModeChanged")
    conn = connect_reader(till.data / "till.db")
    shop = load_shop(conn)
    conn.close()
    return facts[-1]["mode"] if facts else None, shop.wallet_mode()


async def until_it_dies(client, order, answered):
    client.send(encode(order))
    try:
        while True:
            answer = await client.take()
            answered |= getattr(answer, "id", "") == order.id
    except Refused:
        return answered


def test_kill_at_any_moment_of_a_switch(tmp_path):
    dice = random.Random(24)

    async def run():
        async with box(tmp_path) as till:
            client = await till.start()
            await visit(client)
            is_on = False
            for n in range(KILLS):
                order = Order(f"switch-{n}", c.SwitchTenderMode("wallet", not is_on, confirmed=True))
                asyncio.get_running_loop().call_later(dice.uniform(0, 0.012), till.kill_now)
                answered = await until_it_dies(client, order, False)
                await till.gone()
                client = await till.start()
                fact, mode = on_disk(till)
                assert (fact or {"enabled": False})["enabled"] == mode.enabled
                assert mode.enabled == (not is_on) or not answered, "an answer was given and is lost"
                is_on = mode.enabled
                await visit(client)
                shown = next(row for row in client.view.masters.modes if row.id == "wallet")
                assert shown.is_on == is_on
                till.books().check()

    asyncio.run(run())
