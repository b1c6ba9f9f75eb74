"""A real mosquitto for each module of tests, with a plain door and one that asks for certificates."""

from collections.abc import Iterator

import msgspec
import pytest

from appliance.clock import SystemClock
from appliance.sync.session import Line
from headoffice import broker, keys

CHAIN = "fournil"
TILLS = ("caisse-1", "caisse-2")
NOW = SystemClock().now()
"""Certificates are judged by the machine's own clock."""


class Fixture(msgspec.Struct, frozen=True):
    """The broker that runs, and how to reach it."""

    broker: broker.Broker
    keys: keys.Development
    plain_port: int
    tls_port: int

    def plain(self, name, **patience):
        return quick_line(self.plain_port, name, **patience)

    def safe(self, name, files=None, **patience):
        """With the certificate of that name, or with others."""
        return quick_line(self.tls_port, name, tls=files or self.keys.authority.files(name), **patience)


def quick_line(port, name, **patience):
    patient = {"heartbeat_s": 0.2, "answer_s": 2.0, "pause_min_s": 0.01, "pause_max_s": 0.1, "will_delay_s": 0}
    return Line(brokers=(("127.0.0.1", port),), name=name, **(patient | patience))


def need_mosquitto():
    try:
        broker.find()
    except broker.NoBroker as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def development(tmp_path_factory) -> keys.Development:
    return keys.development(tmp_path_factory.mktemp("keys"), CHAIN, TILLS, NOW)


@pytest.fixture(scope="module")
def wire(tmp_path_factory, development) -> Iterator[Fixture]:
    need_mosquitto()
    plain, safe = broker.free_port(), broker.free_port()
    listeners = [
        broker.Listener(plain),
        broker.Listener(safe, development.broker, development.authority.revoked_path),
    ]
    with broker.Broker(tmp_path_factory.mktemp("broker"), CHAIN, listeners) as running:
        yield Fixture(running, development, plain, safe)


@pytest.fixture
def own_broker(tmp_path) -> Iterator[tuple[broker.Broker, int]]:
    """A plain one that the test may kill and freeze, and its port."""
    need_mosquitto()
    port = broker.free_port()
    with broker.Broker(tmp_path / "broker", CHAIN, [broker.Listener(port)]) as running:
        yield running, port
