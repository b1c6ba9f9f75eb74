"""Settings said at four levels become one sealed document a till, which a real till takes; and the way back."""

import asyncio

import msgspec
import pytest

from appliance.domain.configuration import Identity
from appliance.domain.errors import Refusal
from appliance.protocol.envelope import SealingKey
from headoffice import configuration
from tests.support.books import CHAIN, WHEN, a_shop, books
from tests.support.till import a_till

KEY = SealingKey.from_bytes(b"\5" * 32)
BY = ("nadia", WHEN)


def on(url, scenario):
    async def run():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": KEY.public, "caisse-2": KEY.public})
            async with database.transaction() as tx:
                await scenario(tx)

    asyncio.run(run())


async def pushed(tx, till="caisse-1"):
    return await configuration.push(tx, till, KEY, "nadia", "", WHEN)


async def document(tx, till, version):
    sql = "SELECT sealed FROM config WHERE till = $1 AND version = $2"
    return bytes(await tx.value(sql, till, version))


def test_a_real_till_takes_what_is_pushed_and_what_is_rolled_back(url, tmp_path):
    async def scenario(tx):
        await configuration.say(tx, "chain", CHAIN, "theme", "dark", *BY)
        await configuration.say(tx, "establishment", "vevey", "theme", "light", *BY)
        await configuration.say(tx, "till", "caisse-1", "theme", "dark", *BY)
        await configuration.lock(tx, "till", "caisse-1", "theme", True, *BY)
        assert (await pushed(tx)).version == 1
        assert (await pushed(tx)).version == 0
        await configuration.say(tx, "till", "caisse-1", "theme", None, *BY)
        assert (await pushed(tx)).version == 2
        assert await configuration.roll_back(tx, "caisse-1", 1, KEY, *BY) == 3
        folder = tmp_path / "till"
        folder.mkdir()
        async with a_till(folder) as till:
            settings = till.till.settings
            settings.pin(Identity(CHAIN, ("caisse-1",), (KEY.public.hex,)))
            for version, theme in ((1, "dark"), (2, "light"), (3, "dark")):
                adoption = settings.receive(await document(tx, "caisse-1", version))
                assert adoption.reason == "", adoption
                assert (settings.resolved["theme"].value, adoption.version) == (theme, version)
            other = settings.receive(await document(tx, "caisse-1", 1))
            assert other.reason == "settings.older"

    on(url, scenario)


def test_what_cannot_hold_is_refused_before_anything_is_pushed(url):
    async def scenario(tx):
        with pytest.raises(Refusal, match=r"settings\.value"):
            await configuration.say(tx, "chain", CHAIN, "theme", "purple", *BY)
        with pytest.raises(Refusal, match=r"settings\.unknown_key"):
            await configuration.say(tx, "chain", CHAIN, "colour", "1", *BY)
        with pytest.raises(Refusal, match=r"headoffice\.unknown"):
            await configuration.say(tx, "till", "caisse-9", "theme", "dark", *BY)
        await configuration.say(tx, "chain", CHAIN, "free_price_min_minor", "500", *BY)
        await configuration.say(tx, "till", "caisse-1", "free_price_max_minor", "100", *BY)
        with pytest.raises(Refusal, match=r"settings\.together"):
            await pushed(tx)
        assert (await pushed(tx, "caisse-2")).version == 1

    on(url, scenario)


def test_a_change_that_is_to_come_and_the_history(url):
    async def scenario(tx):
        await configuration.say(tx, "chain", CHAIN, "theme", "dark", *BY, valid_from="2026-12-01T00:00")
        assert await configuration.preview(tx, "caisse-1") == []
        (row,) = await configuration.preview(tx, "caisse-1", "2026-12-01T00:00")
        assert (row[0].key, row[0].value, row[1]) == ("theme", "dark", "light")
        await pushed(tx)
        await configuration.say(tx, "chain", CHAIN, "blind_count", "true", *BY)
        await pushed(tx)
        history = await configuration.history(tx, "caisse-1")
        assert [row["version"] for row in history] == [1, 2]
        assert history[1]["changed"] == {"blind_count": [False, True]}
        assert msgspec.json.encode(history)

    on(url, scenario)
