"""A till is enrolled: one claim, once, a quarter of an hour, five tries; over HTTPS, by the till's own keys."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
import msgspec
import pytest

from appliance.clock import ManualClock
from appliance.protocol import wire
from appliance.protocol.envelope import SealingKey
from headoffice import broker, keys
from headoffice.ingest.certificates import Certificates
from headoffice.ingest.enrolment import PATH, Door, make_claim, serve_enrolment
from headoffice.settings import Enrolment, Office, Settings
from tests.support.books import CHAIN, a_shop, books

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SEAL = SealingKey.from_bytes(b"\4" * 32).public.hex


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("keys")
    keys.development(made, CHAIN, ["caisse-9"], NOW)
    return made


class Enrolling:
    def __init__(self, folder, database, listen=""):
        self.clock = ManualClock(NOW)
        self.database = database
        self.certificates = Certificates(keys.Authority(folder))
        brokers = ("broker.example:8883",)
        self.settings = Settings(Office(CHAIN, keys=str(folder)), Enrolment(listen=listen, brokers=brokers))
        self.door = Door(self.settings, database, self.certificates, self.clock)

    async def claim(self, till="caisse-1"):
        async with self.database.transaction() as tx:
            return await make_claim(tx, till, "nadia", self.clock)

    def ask(self, claim, epoch="e1"):
        request = keys.request("caisse-1", keys.new_key())
        return wire.Enrol(claim, request, SEAL, epoch, currency="CHF")

    async def asks(self, claim, **fields):
        return await self.door.enrol(msgspec.structs.replace(self.ask(claim), **fields))


def on(url, folder, scenario):
    async def run():
        async with books(url) as database:
            await a_shop(database, {"caisse-1": SealingKey.from_bytes(b"\1" * 32).public})
            await scenario(Enrolling(folder, database))

    asyncio.run(run())


def test_a_claim_counts_once(url, folder):
    async def scenario(office):
        claim = await office.claim()
        told = await office.asks(f"{claim[:5].lower()}-{claim[5:]}")
        assert isinstance(told, wire.Enrolled)
        assert (told.till, told.brokers, told.names["till"]) == ("caisse-1", ("broker.example:8883",), "caisse-1")
        assert "BEGIN CERTIFICATE" in told.certificate
        async with office.database.transaction() as tx:
            assert await tx.value("SELECT seal FROM till WHERE id = 'caisse-1'") == SEAL
        assert isinstance(await office.asks(claim), wire.EnrolDenied)

    on(url, folder, scenario)


def test_after_five_tries_or_a_quarter_of_an_hour_it_is_void(url, folder):
    async def scenario(office):
        claim = await office.claim()
        codes = [await office.asks("WRONGWRONG") for _ in range(5)]
        assert [told.tries_left for told in codes] == [4, 3, 2, 1, 0]
        assert (await office.asks(claim)).code == "claim.tries"
        claim = await office.claim()
        office.clock.advance(timedelta(minutes=16))
        assert (await office.asks(claim)).code == "claim.expired"

    on(url, folder, scenario)


def test_a_bad_request_or_another_currency_uses_nothing_up(url, folder):
    async def scenario(office):
        claim = await office.claim()
        assert (await office.asks(claim, request="nonsense")).code == "request"
        assert (await office.asks(claim, key="00")).code == "request"
        assert (await office.asks(claim, currency="EUR")).code == "epoch"
        assert isinstance(await office.asks(claim), wire.Enrolled)

    on(url, folder, scenario)


def test_over_https_with_the_pinned_authority(tmp_path, folder):
    async def run():
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database:
            await a_shop(database, {"caisse-1": SealingKey.from_bytes(b"\1" * 32).public})
            port = broker.free_port()
            office = Enrolling(folder, database, f"127.0.0.1:{port}")
            claim = await office.claim()
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(
                    serve_enrolment(office.settings, database, office.certificates, office.clock), name="door"
                )
                told = await posted(port, msgspec.json.encode(office.ask(claim)), folder)
                assert msgspec.json.decode(told, type=wire.Enrolled).till == "caisse-1"
                for body in (b"", b"{", b"\xff" * 100, b"[" * 5000, b"x" * 100_000):
                    assert (
                        msgspec.json.decode(await posted(port, body, folder), type=wire.EnrolDenied).code == "request"
                    )
                serving.cancel()

    asyncio.run(run())


async def posted(port, body, folder):
    """The answer; asked again while the door is not open yet."""
    context = ssl.create_default_context(cafile=str(folder / "authority.pem"))
    async with aiohttp.ClientSession() as session, asyncio.timeout(10):
        while True:
            try:
                async with session.post(f"https://127.0.0.1:{port}{PATH}", data=body, ssl=context) as answer:
                    return await answer.read()
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0)
