"""kill -9 of the running daemon at every step of what moves a wallet, as a cashier does it: before or after, once.

A deed is a handful of touches of which the last one moves money. Killed after any of them, or a moment after the last
was sent, the deed is done again from its beginning under the same order ids; it happens once.
"""

import random
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from appliance.demo.shop import FOLDER
from appliance.domain.customer import Customer
from appliance.hal.simulated.terminal import Decision, SimulatedTerminal
from appliance.protocol import command as c
from appliance.protocol.message import Order, encode
from appliance.store import wallet_proof
from appliance.store.database import connect, migrate
from tests.faults.box import Box, Client, box, now_ms, tell, until
from tests.faults.test_card_kill import a_shop, terminal_is_there
from tests.support.customers import left_on, save

ANNE, CLAIRE = "c-anne00000001", "c-claire000002"
AT = "2026-11-01T08:00:00.000Z"
LOAF, BAGUETTE = 103, 101


class Deed:
    """Touches, and what both wallets hold once the last one is durable."""

    def __init__(self, name: str, after: tuple[int, int], *touches: c.AnyCommand) -> None:
        self.name, self.after, self.touches = name, after, touches


CARD = Deed("card", (3000, 0), c.OpenCredit(ANNE), c.TypeCredit(3000), c.ChooseCreditMode("card"), c.CollectCredit())
CANCEL = Deed("cancel", (2000, 0), c.OpenCredit(ANNE), c.SetCreditQuantity(-1), c.TypeCredit(1000), c.CollectCredit())
DEEDS = (
    Deed("credit", (5000, 0), c.OpenCredit(ANNE), c.TypeCredit(5000), c.ChooseCreditMode("cash"), c.CollectCredit()),
    Deed("ring", (5000, 0), c.NewTicket(), c.AddProduct(LOAF), c.AttachCustomer(ANNE), c.StartPayment()),
    Deed("reserve", (5000, 0), c.AddTender("wallet", 100)),
    Deed("spend", (4900, 0), c.AddTender("cash", 500)),
    Deed("correct", (5000, 0), c.CorrectPayment()),
    Deed("spend-again", (4640, 0), c.AddTender("wallet")),
    Deed("second-sale", (4640, 0), c.NewTicket(), c.AddProduct(LOAF), c.AttachCustomer(ANNE), c.TakeCash(500)),
    Deed("change", (4780, 0), c.PutChangeOnWallet()),
    Deed(
        "transfer", (0, 4780), c.OpenWalletAction(ANNE, "transfer"), c.DoWalletAction("carte perdue", customer=CLAIRE)
    ),
    Deed("refund", (0, 0), c.OpenWalletAction(CLAIRE, "refund"), c.DoWalletAction(mode="cash")),
    CARD,
    CANCEL,
)


def a_folder(folder: Path) -> Path:
    """A shop whose wallets are on, and two customers in the till's database; the shop's folder."""
    shop, data = folder / "shop", folder / "data"
    shutil.copytree(FOLDER, shop)
    text = (shop / "shop.toml").read_text(encoding="utf-8")
    head, _, tail = text.partition('id = "wallet"')
    (shop / "shop.toml").write_text(head + 'id = "wallet"' + tail.replace("enabled = false", "enabled = true", 1))
    data.mkdir()
    conn = connect(data / "till.db")
    migrate(conn)
    for id_, last, first in ((ANNE, "Rochat", "Anne"), (CLAIRE, "Rochaix", "Claire")):
        save(conn, Customer(id_, last_name=last, first_name=first), AT)
    conn.close()
    return shop


async def begins(client: Client) -> None:
    await client.ok(c.SignIn("nadia", "4321"))
    await client.ok(c.KeepFloat())
    await client.ok(c.OpenSession())


async def does(client: Client, deed: Deed, upto: int | None = None) -> None:
    for place, touch in enumerate(deed.touches[:upto]):
        await client.ok(touch, f"{deed.name}-{place}")


def last_of(deed: Deed) -> str:
    """The order id of the touch that moves money."""
    return f"{deed.name}-{len(deed.touches) - 1}"


def is_kept(till: Box, order: str) -> bool:
    """Whether what this order did is on the disk."""
    with closing(connect(till.data / "till.db")) as conn:
        return conn.execute("SELECT 1 FROM journal WHERE origin = ?", (order,)).fetchone() is not None


def judge(till: Box, *allowed: tuple[int, int]) -> tuple[int, int]:
    """The disk as the kill left it: everything proven, both wallets as before or as after."""
    till.books().check()
    copy = till.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(till.data, copy)
    conn = connect(copy / "till.db")
    try:
        wallet_proof.verify(conn)
        found = tuple(left_on(conn, name).total_minor for name in (ANNE, CLAIRE))
    finally:
        conn.close()
    assert found in allowed
    return found[0], found[1]


def test_after_every_touch(run: Any, tmp_path: Path) -> None:
    async def day() -> None:
        shop, kills = a_folder(tmp_path), 0
        async with box(tmp_path, shop=str(shop)) as till:
            client = await till.start()
            await begins(client)
            before = (0, 0)
            for deed in DEEDS:
                for upto in range(1, len(deed.touches) + 1):
                    await does(client, deed, upto)
                    done = upto == len(deed.touches)
                    till.kill_now()
                    await till.gone()
                    kills += 1
                    judge(till, deed.after if done else before)
                    client = await till.start()
                if before == deed.after:  # the youngest touches of a basket may be lost
                    await does(client, deed)
                await client.ok(deed.touches[-1], last_of(deed))  # the first answer, and nothing done
                assert judge(till, deed.after) == deed.after
                before = deed.after
        tell(f"{kills} kills in {len(DEEDS)} deeds; back in at most {max(till.restart_s):.2f} s")

    run(day(), 120)


def test_a_moment_after_the_last_touch(run: Any, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Sent twice, as a finger does that is in a hurry; nobody waits for the answer."""
    chance = random.Random(16)
    days = 20 if pytestconfig.getoption("--full") else 1

    async def day(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        shop, both = a_folder(folder), [0, 0]
        async with box(folder, shop=str(shop)) as till:
            client = await till.start()
            await begins(client)
            before = (0, 0)
            for deed in DEEDS:
                await does(client, deed, len(deed.touches) - 1)
                for _ in range(2):
                    client.send(encode(Order(last_of(deed), deed.touches[-1])))
                ends = now_ms() + chance.random() * 12
                await until(lambda ends=ends: now_ms() >= ends)  # type: ignore[misc]
                till.kill_now()
                await till.gone()
                found = judge(till, before, deed.after)
                both[found == deed.after] += 1
                client = await till.start()
                if found != deed.after or before == deed.after:
                    await does(client, deed)
                await client.ok(deed.touches[-1], last_of(deed))
                if deed.name == "ring":  # a basket is answered before it is kept, and the next touch kills
                    await until(lambda: is_kept(till, "ring-2"))
                judge(till, deed.after)
                before = deed.after
        tell(f"{len(DEEDS)} kills: {both[0]} times before, {both[1]} times after")

    for number in range(days):
        run(day(number), 120)


@pytest.mark.parametrize("moment", ["at the terminal", "just moved", "booked"])
def test_a_credit_by_card_and_its_giving_back(run: Any, tmp_path: Path, moment: str) -> None:
    """Killed at each step of both: the card is debited and refunded once, and the wallet follows it."""

    async def killed(till: Box, client: Client, terminal: SimulatedTerminal, moved: int, after: int) -> Client:
        await until(lambda: terminal.is_attended and terminal.working is not None)
        if moment == "at the terminal":
            till.kill_now()
            await till.gone()
            terminal.decide(Decision.APPROVE)
        else:
            terminal.decide(Decision.APPROVE)
            await until(lambda: len(terminal.ledger) == moved)
            if moment == "booked":
                await client.until(lambda view: view.screen != "card")
            till.kill_now()
            await till.gone()
        client = await till.start()
        await client.until(lambda view: view.screen != "card")
        assert judge(till, (after, 0)) == (after, 0)
        assert len(terminal.ledger) == moved
        return client

    async def day() -> None:
        shop, terminal = a_folder(tmp_path), SimulatedTerminal(None)
        async with a_shop(tmp_path, terminal, shop=str(shop)) as till:
            client = await till.start()
            await begins(client)
            await terminal_is_there(client)
            await does(client, CARD)
            client = await killed(till, client, terminal, 1, 3000)
            await terminal_is_there(client)
            await does(client, CANCEL)
            await killed(till, client, terminal, 2, 2000)

    run(day(), 60)
