"""A claim makes a till a member: over HTTPS with a pinned authority, then with its own certificate to the broker."""

import asyncio
import stat

import pytest

from appliance.clock import SystemClock
from appliance.config import Config
from appliance.daemon import office as daemon_office
from appliance.demo.shop import FOLDER
from appliance.protocol.envelope import SealingKey
from appliance.protocol.wire import OFFICE
from appliance.sync import enrolment
from headoffice import broker, keys
from headoffice.ingest.certificates import Certificates
from headoffice.ingest.enrolment import PATH, make_claim, serve_enrolment
from headoffice.ingest.worker import Worker
from headoffice.settings import Enrolment, Office, Settings
from tests.support.books import CHAIN, a_shop, books
from tests.support.office_till import LinkedTill
from tests.sync.conftest import NOW, need_mosquitto, quick_line
from tests.sync.test_till_office import is_there


@pytest.fixture
def quickly(monkeypatch):
    def patient(membership, tls):
        return quick_line(int(membership.brokers[0].rpartition(":")[2]), membership.till, tls=tls)

    monkeypatch.setattr("appliance.sync.enrolment.line", patient)


async def asks(asking, own):
    """Asked again while the door is not open yet."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await enrolment.ask_in(asking, own)
            except enrolment.NotEnrolled as denied:
                if denied.code != "unreachable":
                    raise
                await asyncio.sleep(0)


def test_a_claim_makes_a_till_a_member(run, tmp_path, quickly):
    need_mosquitto()
    made = keys.development(tmp_path / "keys", CHAIN, [], NOW)
    port, door = broker.free_port(), broker.free_port()
    settings = Settings(
        Office(CHAIN, keys=str(tmp_path / "keys"), brokers=(f"127.0.0.1:{port}",)), Enrolment(f"127.0.0.1:{door}")
    )
    listeners = [broker.Listener(port, made.broker, made.authority.revoked_path)]
    config = Config(data_dir=str(tmp_path / "data"), socket=str(tmp_path / "s"), shop=str(FOLDER))

    async def main():
        clock = SystemClock()
        certificates = Certificates(made.authority)
        async with books(f"sqlite:{tmp_path / 'office.db'}") as database, asyncio.TaskGroup() as group:
            await a_shop(database, {"caisse-1": SealingKey.generate().public})
            async with database.transaction() as tx:
                claim = await make_claim(tx, "caisse-1", "nadia", clock)
            line = quick_line(port, OFFICE, tls=made.office)
            worker = Worker(settings, database, made.office_key, clock, certificates=certificates, line=line)
            tasks = [
                group.create_task(serve_enrolment(settings, database, certificates, clock), name="door"),
                group.create_task(worker.run(), name="worker"),
            ]
            till = LinkedTill(config, port)
            await till.start()
            await till.opens()
            await till.sells("1 croissant | cash 5.00")
            own = enrolment.Keys(daemon_office.folder_of(config))
            address = f"https://127.0.0.1:{door}{PATH}"
            asking = enrolment.Asking(address, made.authority.path, "WRONG23456", till.till.ledger.epoch, 1, "CHF", "0")
            with pytest.raises(enrolment.NotEnrolled, match=r"claim\.wrong"):
                await asks(asking, own)
            assert not daemon_office.is_member(config)
            right = enrolment.Asking(address, made.authority.path, claim, till.till.ledger.epoch, 1, "CHF", "0")
            told = await asks(right, own)
            assert (told.chain, told.till) == (CHAIN, "caisse-1")
            assert daemon_office.is_member(config)
            secret = daemon_office.folder_of(config) / enrolment.KEY
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
            await till.link()
            await till.sells("1 coffee | cash 5.00")
            await till.sent()
            till.config = Config(till="caisse-1")
            assert await is_there(database, till)
            await till.unlink()
            await till.stop()
            for task in tasks:
                task.cancel()

    with broker.Broker(tmp_path / "broker", CHAIN, listeners):
        run(main())
