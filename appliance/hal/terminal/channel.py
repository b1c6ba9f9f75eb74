"""One question and one answer over the network, and the only thing that matters when it fails: did a byte leave?

Every exchange has a connection of its own, so that no answer can be taken for another's, and a question or an abort
goes past a payment that waits for its customer.

    NotSent       no byte of the message left
    AnswerLost    a byte may have left, and no answer came

HTTPS: the certificate must chain to the configured root, and its common name must be the terminal's (Terminal API:
`MODEL-SERIAL.test|live.terminal.adyen.com`); the host name is an address on a shop's network and says nothing. All of
it is checked inside the handshake, before the first byte of ours.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from appliance.hal.device import FaultReason, PaymentReason
from appliance.hal.terminal import caisse_ap
from appliance.hal.terminal.machine import Limits
from appliance.hal.terminal.nexo import BODY_BYTES_MAX
from appliance.hal.terminal.plain_file import check_file

if TYPE_CHECKING:
    import aiohttp

PATH = "/nexo/"
_ROOT_BYTES_MAX = 1_000_000
_QUIET_S = 0.2
_QUIET_UNSURE_S = 1.5
"""How long to wait for more of an answer that has no end mark."""


class NotSent(Exception):
    """No byte of the message left."""

    def __init__(self, reason: PaymentReason, detail: str = "", fault: FaultReason = FaultReason.UNREACHABLE) -> None:
        """`fault`: what that says of the device."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.fault = fault


class AnswerLost(Exception):
    """The message may have arrived; its answer has not. The text never holds a byte of it."""

    def __init__(self, detail: str, fault: FaultReason = FaultReason.NO_ANSWER) -> None:
        """`fault`: what that says of the device."""
        super().__init__(detail)
        self.fault = fault


class OtherTerminal(ssl.SSLCertVerificationError):
    """A certificate that the root signed, of another terminal."""


class Channel(Protocol):
    async def exchange(self, message: bytes, limit_s: float, on_sent: Callable[[], None]) -> bytes:
        """Send and wait for the whole answer. `on_sent` is called when all of it was handed over. Raises NotSent or
        AnswerLost; cancelled, it leaves the terminal at work."""
        ...

    async def reach(self, limit_s: float) -> None:
        """Open a connection, say nothing, and close it again. Raises NotSent."""
        ...

    async def close(self) -> None: ...


def context_for(root: str, poiid: str) -> ssl.SSLContext:
    """TLS towards the terminal `poiid` alone. Blocking: reads the file `root`. Raises OSError, also for what is no
    certificate."""
    check_file(root, _ROOT_BYTES_MAX)
    name = re.compile(rf"{re.escape(poiid)}\.(?:test|live)\.terminal\.adyen\.com", re.ASCII)

    class ToOurTerminal(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            names = _common_names(self.getpeercert())
            if len(names) != 1 or not name.fullmatch(names[0]):
                raise OtherTerminal("the certificate is not this terminal's")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile=root)
    context.sslobject_class = ToOurTerminal
    return context


def _common_names(certificate: Any) -> list[str]:
    subject = (certificate or {}).get("subject", ())
    return [value for part in subject for key, value in part if key == "commonName"]


class HttpChannel:
    """HTTP or HTTPS to one terminal."""

    def __init__(self, host: str, port: int, root: str | None, poiid: str, limits: Limits) -> None:
        """`root`: file of the root certificate; None speaks HTTP in the clear."""
        shown = f"[{host}]" if ":" in host else host
        self._url = f"{'http' if root is None else 'https'}://{shown}:{port}{PATH}"
        self._host, self._port = host, port
        self._root = root
        self._poiid = poiid
        self._connect_s = limits.connect_s
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self._opening = asyncio.Lock()

    async def exchange(self, message: bytes, limit_s: float, on_sent: Callable[[], None]) -> bytes:
        import aiohttp

        session = await self._opened()
        state = SimpleNamespace(is_connected=False, on_sent=on_sent)
        try:
            async with asyncio.timeout(limit_s):
                return await self._post(session, message, state)
        except TimeoutError:
            if state.is_connected:
                raise AnswerLost("time") from None
            raise NotSent(PaymentReason.UNREACHABLE, "connecting took too long") from None
        except aiohttp.ClientError as error:
            if state.is_connected:
                raise AnswerLost(type(error).__name__) from None
            raise _not_connected(error) from None
        finally:
            if self._is_closed:  # a payment that outlives its role still asks what became of it
                await self.close()

    async def _post(self, session: "aiohttp.ClientSession", message: bytes, state: SimpleNamespace) -> bytes:
        headers = {"Content-Type": "application/json"}
        async with session.post(
            self._url, data=message, headers=headers, allow_redirects=False, trace_request_ctx=state
        ) as response:
            if response.status != 200:
                raise AnswerLost(f"status {response.status}")
            body = bytearray()
            async for piece in response.content.iter_chunked(16_384):
                body += piece
                if len(body) > BODY_BYTES_MAX:
                    raise AnswerLost("too long")
            return bytes(body)

    async def reach(self, limit_s: float) -> None:
        _, writer = await _connect(self._host, self._port, limit_s)
        writer.transport.abort()

    async def close(self) -> None:
        self._is_closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _context(self, root: str) -> ssl.SSLContext:
        try:
            return await asyncio.to_thread(context_for, root, self._poiid)
        except OSError as error:
            detail = f"root: the file is no certificate, or gone ({type(error).__name__})"
            raise NotSent(PaymentReason.UNTRUSTED, detail, FaultReason.ROOT_FILE) from None

    async def _opened(self) -> "aiohttp.ClientSession":
        async with self._opening:
            if self._session is None:
                self._session = await self._open()
            return self._session

    async def _open(self) -> "aiohttp.ClientSession":
        library = await asyncio.to_thread(_aiohttp)
        context = False if self._root is None else await self._context(self._root)
        connector = library.TCPConnector(force_close=True, limit=8, use_dns_cache=False, ssl=context)
        trace = library.TraceConfig(_state_of)
        trace.on_connection_create_end.append(_on_connected)
        trace.on_request_chunk_sent.append(_on_sent)
        session: aiohttp.ClientSession = library.ClientSession(
            connector=connector,
            timeout=library.ClientTimeout(total=None, connect=self._connect_s),
            cookie_jar=library.DummyCookieJar(),
            trace_configs=[trace],
            auto_decompress=False,
            trust_env=False,
        )
        return session


def _not_connected(error: "aiohttp.ClientError") -> NotSent:
    """Why there is no connection, by what the handshake could not believe."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        if isinstance(error.certificate_error, OtherTerminal):
            said = "poiid: the certificate is another terminal's"
            return NotSent(PaymentReason.UNTRUSTED, said, FaultReason.WRONG_POIID)
        said = "root: it did not sign the terminal's certificate"
        return NotSent(PaymentReason.UNTRUSTED, said, FaultReason.WRONG_ROOT)
    if isinstance(error, aiohttp.ClientSSLError):
        said = "tls: whoever answers there speaks no TLS with us"
        return NotSent(PaymentReason.UNTRUSTED, said, FaultReason.MISCONFIGURED)
    return NotSent(PaymentReason.UNREACHABLE, type(error).__name__)


def _aiohttp() -> Any:
    import aiohttp  # late, and in a thread: a quarter of a second the loop can spend better

    return aiohttp


def _state_of(trace_request_ctx: SimpleNamespace) -> SimpleNamespace:
    return trace_request_ctx


async def _on_connected(session: Any, state: SimpleNamespace, params: Any) -> None:
    state.is_connected = True


async def _on_sent(session: Any, state: SimpleNamespace, params: Any) -> None:
    state.on_sent()


class FieldChannel:
    """Caisse-AP: a TCP connection for each question; the answer ends when its fields are whole and nothing follows."""

    def __init__(self, host: str, port: int, connect_s: float) -> None:
        self._host = host
        self._port = port
        self._connect_s = connect_s

    async def exchange(self, message: bytes, limit_s: float, on_sent: Callable[[], None]) -> bytes:
        reader, writer = await self._connect(self._connect_s)
        try:
            async with asyncio.timeout(limit_s):
                writer.write(message)
                await writer.drain()
                on_sent()
                return await self._read(reader)
        except TimeoutError:
            raise AnswerLost("time") from None
        except OSError as error:
            raise AnswerLost(type(error).__name__) from None
        finally:
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        answer, fields = bytearray(), caisse_ap.Reader()
        while True:
            quiet_s = None
            if fields.may_be_all:
                quiet_s = _QUIET_S if fields.has_key else _QUIET_UNSURE_S
            try:
                async with asyncio.timeout(quiet_s):
                    received = await reader.read(4_096)
            except TimeoutError:
                return bytes(answer)
            if not received:
                if fields.may_be_all:
                    return bytes(answer)
                raise AnswerLost("closed")
            answer += received
            try:
                fields.feed(received)
            except caisse_ap.BadMessage as error:
                raise AnswerLost(str(error)) from None

    async def reach(self, limit_s: float) -> None:
        _, writer = await self._connect(limit_s)
        writer.transport.abort()

    async def close(self) -> None:
        return None

    async def _connect(self, limit_s: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await _connect(self._host, self._port, limit_s)


async def _connect(host: str, port: int, limit_s: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(limit_s):
            return await asyncio.open_connection(host, port)
    except TimeoutError:
        raise NotSent(PaymentReason.UNREACHABLE, "connecting took too long") from None
    except (OSError, UnicodeError) as error:  # UnicodeError: no name that a host can have
        raise NotSent(PaymentReason.UNREACHABLE, type(error).__name__) from None
