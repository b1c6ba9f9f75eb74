"""Whatever stands at the terminal's address and says anything at all: the till stays up, says UNKNOWN, and ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hal.device import PaymentKind, PaymentOutcome, PaymentRequest, ScanMissed
from appliance.hal.simulated.terminal_nexo import make_certificates
from appliance.hal.terminal.machine import Limits
from appliance.hal.terminal.nexo import BODY_BYTES_MAX
from tests.hal.terminal.conftest import a_driver

REQUEST = PaymentRequest("req-1", PaymentKind.DEBIT, 1230, "CHF", "T-0427")
LIMITS = Limits(answer_s=5.0, ask_every_s=0.0, ask_again_s=0.0, ask_answer_s=5.0, connect_s=5.0, scan_grace_s=0.1)
HASTY = Limits(answer_s=0.2, ask_every_s=0.0, ask_again_s=0.0, ask_answer_s=0.1, connect_s=1.0, scan_grace_s=0.1)
OK = b"HTTP/1.1 200 OK\r\n"
SCHEMES = {"nexo": "?poiid=S1F2L-1&tls=off", "caisse-ap": ""}


@asynccontextmanager
async def a_stranger(says: bytes, hangs: bool = False) -> AsyncIterator[int]:
    """Answers every connection with the same bytes, whatever it is asked."""
    writers: list[asyncio.StreamWriter] = []
    serving: list[asyncio.Task] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        try:
            await reader.read(65_536)
            writer.write(says)
            await writer.drain()
            if hangs:
                await reader.read()
        except OSError:
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        if serving:
            await asyncio.wait(serving)


async def paid_to(scheme: str, says: bytes, hangs: bool = False) -> PaymentOutcome:
    async with a_stranger(says, hangs) as port:
        driver, _ = a_driver(f"{scheme}://127.0.0.1:{port}{SCHEMES[scheme]}", HASTY if hangs else LIMITS, [])
        try:
            outcome = (await driver.pay(REQUEST)).outcome
            assert (await driver.ask(REQUEST)).outcome is outcome
            if not hangs:
                assert await driver.scan_once(1) in (ScanMissed.NO_ANSWER, ScanMissed.NOT_ABLE)
            await driver.abort(REQUEST)
            return outcome
        finally:
            await driver.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@given(says=st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: OK + b"\r\n" + rest))
def test_any_bytes_leave_unknown(scheme, says):
    assert asyncio.run(paid_to(scheme, says)) is PaymentOutcome.UNKNOWN


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x0a",  # a TLS alert
        OK,
        OK + b"Content-Length: 5\r\n\r\n{}",
        OK + b"Content-Length: -1\r\n\r\n{}",
        OK + b"Content-Length: 999999999999\r\n\r\n{",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n{  }",
        OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
        OK + b"\r\n" + b" " * (BODY_BYTES_MAX + 1),
        OK + b"Content-Type: application/json; charset=\xff\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/9.9 200\r\n\r\n",
    ],
)
def test_strangers_of_every_kind(run, says):
    assert run(paid_to("nexo", says)) is PaymentOutcome.UNKNOWN


@pytest.mark.parametrize("says", [b"", OK, OK + b"Content-Length: 999999999999\r\n\r\n{", OK + b"\r\n{}"])
def test_strangers_who_say_no_more(run, says):
    assert run(paid_to("nexo", says, hangs=True)) is PaymentOutcome.UNKNOWN


def test_a_stranger_without_tls_gets_not_one_byte(run, tmp_path):
    async def sale():
        make_certificates(tmp_path, "whoever")
        async with a_stranger(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
            url = f"nexo://127.0.0.1:{port}?poiid=S1F2L-1&root={tmp_path}/terminal-root.pem"
            driver, _ = a_driver(url, LIMITS, [])
            assert (await driver.pay(REQUEST)).outcome is PaymentOutcome.NOT_STARTED
            await driver.close()

    run(sale())


AP = b"CZ0040320"


@pytest.mark.parametrize("says", [b"CZ", AP, AP + b"AE00210", AP + b"AE00211" * 9, b"A" * 20_000])
def test_strangers_at_the_caisse_ap_port(run, says):
    assert run(paid_to("caisse-ap", says, hangs=True)) is PaymentOutcome.UNKNOWN
