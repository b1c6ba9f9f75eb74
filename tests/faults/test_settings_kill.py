"""kill -9 while a manager changes settings: the fact and the value are both on the disk, or neither is; and a disk that
takes nothing leaves what held."""

import asyncio
import random

from appliance.clock import SystemClock
from appliance.domain import configuration as conf
from appliance.domain.settings import Level, Levels
from appliance.protocol import command as c
from appliance.protocol.message import Order, encode
from appliance.store.database import connect, connect_reader
from appliance.store.settings import keep_adoption, load_here
from tests.faults.box import Refused, box
from tests.faults.disks import mend, remount

KILLS = 12
clock = SystemClock()
THEMES = ("light", "dark")


async def visit(client):
    """Nadia opens Paramètres."""
    await client.ok(c.SignIn("nadia", "4321"))
    if client.view.session is None:
        await client.ok(c.KeepFloat())
        await client.ok(c.OpenSession())
    await client.ok(c.ShowSettings("screen"))


def on_disk(till):
    """(what the newest fact says of the theme, what the table says)."""
    facts = till.books().facts("SettingChanged")
    conn = connect_reader(till.data / "till.db")
    here = load_here(conn)
    conn.close()
    return facts[-1]["value"] if facts else None, here.get("theme")


async def until_it_dies(client, order):
    """Whether the order was answered."""
    answered = False
    client.send(encode(order))
    try:
        while True:
            answer = await client.take()
            answered |= getattr(answer, "id", "") == order.id
    except Refused:
        return answered


def test_kill_at_any_moment_of_a_change(tmp_path):
    dice = random.Random(36)

    async def run():
        async with box(tmp_path) as till:
            client = await till.start()
            await visit(client)
            theme = "light"
            for n in range(KILLS):
                wanted = THEMES[theme == "light"]
                order = Order(f"theme-{n}", c.ChangeSetting("theme", wanted))
                asyncio.get_running_loop().call_later(dice.uniform(0, 0.012), till.kill_now)
                answered = await until_it_dies(client, order)
                await till.gone()
                client = await till.start()
                fact, here = on_disk(till)
                assert fact == here
                assert (here or "light") == wanted or not answered, "an answer was given and is lost"
                theme = here or "light"
                await visit(client)
                assert client.view.theme == theme
                till.books().check()

    asyncio.run(run())


def applied(version, theme):
    return conf.Document(1, "bourg", "till-1", version, body=Levels(till=Level({"theme": theme})))


def test_a_document_under_which_the_process_dies_three_times_goes_back(tmp_path):
    """The real process, killed as a crash kills it."""

    async def run():
        async with box(tmp_path) as till:
            client = await till.start()
            await visit(client)
            await till.kill()
            now = clock.now().isoformat(timespec="milliseconds")
            conn = connect(till.data / "till.db")
            keep_adoption(conn, conf.Adoption(
                highest=2, current=applied(2, "dark"), previous=applied(1, "light"), state="applied", version=2,
                applied_at=now, moment=now[:16], is_watched=True,
            ))  # fmt: skip
            conn.close()
            for theme in ("dark", "dark", "light"):
                client = await till.start()
                assert client.view.theme == theme
                await till.kill()
            (fact,) = till.books().facts("SettingsRolledBack")
            assert (fact["version"], fact["to"], fact["reason"]) == (2, 1, "crashes")

    asyncio.run(run())


def test_a_disk_that_takes_nothing_leaves_what_held(run, tmp_path, disk):
    async def main():
        async with box(tmp_path, data_dir=disk / "data") as till:
            client = await till.start()
            await visit(client)
            await client.ok(c.ChangeSetting("theme", "dark"))
            remount(disk, "abort")
            answer = await client.order(c.ChangeSetting("theme", "light"))
            assert not answer.ok and answer.code.startswith("store."), answer
            await client.until(lambda view: view.theme == "dark")
            await till.kill()
            mend(disk)
            client = await till.start()
            await visit(client)
            assert client.view.theme == "dark"
            await client.ok(c.ChangeSetting("theme", "light"))
            await client.until(lambda view: view.theme == "light")

    run(main())
