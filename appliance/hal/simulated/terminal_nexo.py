"""The far side of nexo: a terminal that answers real messages over real HTTPS, and can be told to fail.

`NexoTerminal.converse` is the terminal; `NexoServer` is its network: sockets, certificates, resets. The certificates
are made when the server starts: a test root of its own and a terminal with the right common name.
"""

import asyncio
import base64
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from appliance.clock import Clock
from appliance.hal.simulated.terminal import CARD_NUMBER, Asked, Decision, Ended, Fault, Play, SimulatedTerminal
from appliance.hal.terminal import nexo
from appliance.hal.terminal.channel import PATH
from appliance.hal.terminal.nexo_crypto import Passphrase

if TYPE_CHECKING:
    from aiohttp import web

POIID = "S1F2L-000158213301234"
_LINGER = struct.pack("ii", 1, 0)
_DRIP_BYTES = 64
_REFUSALS = {
    Decision.DECLINE: ("Refusal", "REFUSED"),
    Decision.INSUFFICIENT: ("Refusal", "NOT_ENOUGH_BALANCE"),
    Decision.EXPIRED: ("Refusal", "CARD_EXPIRED"),
    Decision.WRONG_PIN: ("WrongPIN", "INVALID_PIN"),
    Decision.BLOCKED: ("Refusal", "CARD_BLOCKED"),
    Decision.CANCEL: ("Cancel", "SHOPPER_CANCELLED"),
    Decision.NO_CARD: ("Cancel", "CARD_PRESENT_TIMEOUT"),
    Decision.NO_LINE: ("UnreachableHost", "HOST_UNREACHABLE"),
}
Cut = Callable[[], None]


class Reply(msgspec.Struct, frozen=True):
    """What goes back, and what happens to it on the way."""

    body: bytes | None
    """None: nothing."""
    fault: Fault = Fault.NONE


class NexoTerminal:
    """Understands requests and answers them. Knows no socket."""

    def __init__(
        self, terminal: SimulatedTerminal, clock: Clock, poiid: str = POIID, secret: Passphrase | None = None
    ) -> None:
        self.terminal = terminal
        self.poiid = poiid
        self.secret = secret
        self._clock = clock
        self._answers: dict[str, nexo.Answer] = {}
        self._previous: nexo.Answer | None = None

    async def converse(self, body: bytes, cut: Cut) -> Reply:
        """Answer one message. `cut` ends the connection, while the work may go on."""
        try:
            request = nexo.decode_request(body, self.secret)
        except nexo.BadMessage as error:
            event = {"SaleToPOIRequest": {"EventNotification": {"EventDetails": str(error)}}}
            return Reply(msgspec.json.encode(event))
        if request.message_header.poiid != self.poiid:
            return self._reply(self._failure(request, "MessageFormat", "POIID"))
        if request.payment_request is not None or request.reversal_request is not None:
            return await self._move(request, cut)
        if request.abort_request is not None:
            self.terminal.abort(request.abort_request.message_reference.service_id)
            return Reply(b"")
        if request.transaction_status_request is not None:
            return self._reply(self._status(request, request.transaction_status_request.message_reference))
        if request.admin_request is not None:
            return self._reply(await self._admin(request, request.admin_request))
        if request.diagnosis_request is not None:
            return self._reply(nexo.Answer(_back(request), diagnosis_response=_plain(nexo.Response("Success"))))
        return self._reply(self._failure(request, "NotAllowed", "not known"))

    def _reply(self, answer: nexo.Answer, fault: Fault = Fault.NONE) -> Reply:
        return Reply(self._encoded(answer), fault)

    def _encoded(self, answer: nexo.Answer) -> bytes:
        return nexo.encode_answer(answer, self.secret)

    # ------------------------------------------------------------ money

    async def _move(self, request: nexo.Request, cut: Cut) -> Reply:
        terminal = self.terminal
        attended, play = terminal.is_attended, terminal.next_play()
        if play.fault is Fault.RESET_IN_REQUEST:
            cut()
            return Reply(None)
        if play.fault is Fault.LATE_REQUEST:
            cut()
            await asyncio.sleep(play.seconds)
        asked = _asked(request)
        terminal.seen.append(asked.key)
        if (answer := self._refusal(request, asked)) is not None:
            return self._reply(answer)
        if play.fault is Fault.CUT_WORKING:
            cut()
        ended = await terminal.perform(asked, play, attended)
        answer = self._answers[asked.key] = self._answer(request, ended)
        previous, self._previous = self._previous, answer
        fault = Fault.LOST_ANSWER if terminal.lose_next_answer else play.fault
        terminal.lose_next_answer = False
        if fault is Fault.LOST_ANSWER:
            cut()
            return Reply(None)
        if fault is Fault.SILENCE:
            await terminal.keep_silent()
            return Reply(None)
        return Reply(self._falsified(answer, previous, fault), fault)

    def _refusal(self, request: nexo.Request, asked: Asked) -> nexo.Answer | None:
        """Why it is not even begun."""
        terminal = self.terminal
        if asked.key in terminal.ended or (terminal.working and terminal.working.key == asked.key):
            return self._failure(request, "MessageFormat", "duplicate ServiceID")
        if terminal.working is not None or terminal.scan_session is not None:
            return self._failure(request, "Busy", "in progress")
        if asked.original is not None and not self._knows(asked.original):
            terminal.ended[asked.key] = Ended(asked, Decision.DECLINE)
            answer = self._answers[asked.key] = self._failure(request, "NotFound", "original")
            return answer
        return None

    def _falsified(self, answer: nexo.Answer, previous: nexo.Answer | None, fault: Fault) -> bytes:
        match fault:
            case Fault.GARBAGE:
                return b'{"SaleToPOIResponse": {"MessageHeader": {"\xff'
            case Fault.BAD_HMAC if self.secret is not None:
                return _with_bad_hmac(self._encoded(answer))
            case Fault.PREVIOUS if previous is not None:
                return self._encoded(previous)
            case Fault.WRONG_REQUEST:
                header = msgspec.structs.replace(answer.message_header, service_id="0000000000")
                return self._encoded(msgspec.structs.replace(answer, message_header=header))
            case Fault.WRONG_AMOUNT | Fault.WRONG_CURRENCY | Fault.WRONG_TICKET:
                return self._encoded(_altered(answer, fault))
            case Fault.DOUBLED:
                return self._encoded(answer) * 2
        return self._encoded(answer)

    def _knows(self, original: str) -> bool:
        return any(_transaction_id(ended) == original for ended in self.terminal.ended.values())

    def _status(self, request: nexo.Request, reference: nexo.MessageReference) -> nexo.Answer:
        key, working = reference.service_id, self.terminal.working
        repeated = None
        if working is not None and working.key == key:
            response = nexo.Response("Failure", "InProgress")
        elif key not in self._answers:
            response = nexo.Response("Failure", "NotFound")
        else:
            response, told = nexo.Response("Success"), self._answers[key]
            repeated = nexo.Repeated(
                told.message_header, nexo.RepeatedBody(told.payment_response, told.reversal_response)
            )
        said = nexo.StatusAnswer(response, reference, repeated)
        return nexo.Answer(_back(request), transaction_status_response=said)

    def _answer(self, request: nexo.Request, ended: Ended) -> nexo.Answer:
        if ended.decision is not Decision.APPROVE:
            condition, message = ("Aborted", "ABORTED") if ended.by_till else _REFUSALS[ended.decision]
            return self._failure(request, condition, message)
        done = nexo.Response("Success", None, "tid=47069832&transactionType=GOODS_SERVICES")
        asked = ended.asked
        mine = nexo.POIData(nexo.Transaction(_transaction_id(ended), _stamp(self._clock.now())))
        receipt = [nexo.Receipt("CustomerReceipt", nexo.OutputContent(_receipt(asked)))]
        amount = nexo.amount_of(asked.amount_minor, asked.currency)
        if request.reversal_request is not None:
            return nexo.Answer(_back(request), reversal_response=nexo.ReversalAnswer(done, mine, amount, receipt))
        assert request.payment_request is not None
        result = nexo.Result(
            nexo.AmountsResp(amount, asked.currency),
            nexo.Instrument(nexo.CardData("visa", f"{CARD_NUMBER[:6]} **** {CARD_NUMBER[-4:]}")),
            nexo.AcquirerData(f"{ended.number:06d}"),
        )
        paid = nexo.PaymentAnswer(done, request.payment_request.sale_data, mine, result, receipt)
        return nexo.Answer(_back(request), payment_response=paid)

    def _failure(self, request: nexo.Request, condition: str, message: str) -> nexo.Answer:
        words = base64.b64encode(msgspec.json.encode({"message": message, "refusalReason": message})).decode()
        response = nexo.Response("Failure", condition, words)
        if request.reversal_request is not None:
            return nexo.Answer(_back(request), reversal_response=nexo.ReversalAnswer(response))
        if request.payment_request is not None:
            said = nexo.PaymentAnswer(response, request.payment_request.sale_data)
            return nexo.Answer(_back(request), payment_response=said)
        return nexo.Answer(_back(request), admin_response=_plain(response))

    # ------------------------------------------------------------ codes

    async def _admin(self, request: nexo.Request, body: nexo.AdminBody) -> nexo.Answer:
        terminal = self.terminal
        order = nexo.additional(body.service_identification)
        session = order.get("Session", {})
        if session.get("Type") == "End":
            if not terminal.end_scan(session.get("Id", -1)):
                return self._failure(request, "NotFound", "session")
            return nexo.Answer(_back(request), admin_response=_plain(nexo.Response("Success")))
        if not terminal.has_reader:
            return self._failure(request, "NotAllowed", "no scanner")
        if terminal.working is not None or terminal.scan_session is not None:
            return self._failure(request, "Busy", "in progress")
        read = await terminal.scan(session["Id"], order["Operation"][0]["TimeoutMs"] / 1_000)
        if read is None:
            return self._failure(request, "DeviceOut", "Scan timeout")
        if read.cancelled:
            return self._failure(request, "Aborted", "Scan cancelled")
        barcode = {"Barcode": {"Data": read.text, "Symbology": read.symbology}, "Session": session}
        words = base64.b64encode(msgspec.json.encode({"additionalData": barcode})).decode()
        return nexo.Answer(_back(request), admin_response=_plain(nexo.Response("Success", None, words)))


def _plain(response: nexo.Response) -> nexo.PlainAnswer:
    return nexo.PlainAnswer(response)


def _back(request: nexo.Request) -> nexo.Header:
    return msgspec.structs.replace(request.message_header, message_type="Response")


def _asked(request: nexo.Request) -> Asked:
    key = request.message_header.service_id
    if (back := request.reversal_request) is not None:
        data, amount = back.sale_data, back.reversed_amount
        currency = (data.sale_to_acquirer_data or "").removeprefix("currency=")
        original = back.original.poi_transaction.transaction_id
        minor = nexo.minor_of(amount, currency) or 0
        return Asked(key, data.sale_transaction.transaction_id, "refund", minor, currency, original)
    assert request.payment_request is not None
    body = request.payment_request
    amounts = body.payment_transaction.amounts_req
    kind = "refund" if body.payment_data is not None and body.payment_data.payment_type == "Refund" else "debit"
    minor = nexo.minor_of(amounts.requested_amount, amounts.currency) or 0
    return Asked(key, body.sale_data.sale_transaction.transaction_id, kind, minor, amounts.currency)


def _transaction_id(ended: Ended) -> str:
    return f"SIM{ended.number:012d}.{ended.asked.key}"


def _receipt(asked: Asked) -> list[nexo.OutputText]:
    lines = [
        "name=CARTE&value=VISA&key=cardType",
        f"name=NUMERO&value=************{CARD_NUMBER[-4:]}&key=pan",
        f"name=TOTAL&value={asked.currency} {asked.amount_minor / 100:.2f}&key=totalAmount",
    ]
    return [nexo.OutputText(line) for line in lines]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _altered(answer: nexo.Answer, fault: Fault) -> nexo.Answer:
    paid = answer.payment_response
    if paid is None or paid.payment_result is None or paid.payment_result.amounts_resp is None:
        return answer
    replace = msgspec.structs.replace
    amounts = paid.payment_result.amounts_resp
    if fault is Fault.WRONG_TICKET:
        assert paid.sale_data is not None
        sale = replace(paid.sale_data.sale_transaction, transaction_id="ANOTHER")
        return replace(answer, payment_response=replace(paid, sale_data=replace(paid.sale_data, sale_transaction=sale)))
    if fault is Fault.WRONG_CURRENCY:
        amounts = replace(amounts, currency="JPY")
    else:
        amounts = replace(amounts, authorized_amount=amounts.authorized_amount + 1)
    return replace(
        answer, payment_response=replace(paid, payment_result=replace(paid.payment_result, amounts_resp=amounts))
    )


def _with_bad_hmac(body: bytes) -> bytes:
    message = msgspec.json.decode(body)
    trailer = message["SaleToPOIResponse"]["SecurityTrailer"]
    mac = bytearray(base64.b64decode(trailer["Hmac"]))
    mac[0] ^= 1
    trailer["Hmac"] = base64.b64encode(mac).decode()
    return msgspec.json.encode(message)


# ---------------------------------------------------------------- network


class NexoServer:
    """HTTP or HTTPS in front of a `NexoTerminal`."""

    def __init__(self, nexo_terminal: NexoTerminal, folder: Path | None, port: int = 0) -> None:
        """`folder`: where the test root `terminal-root.pem` and a key file are written; None speaks clear HTTP."""
        self._terminal = nexo_terminal
        self._folder = folder
        self._port = port
        self._context: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        self._web: web.Server | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def is_plugged(self) -> bool:
        return self._server is not None

    @property
    def url(self) -> str:
        """The address for the till's settings."""
        options = [f"poiid={self._terminal.poiid}"]
        if self._folder is None:
            options.append("tls=off")
        else:
            options.append(f"root={self._folder / 'terminal-root.pem'}")
        if self._terminal.secret is not None and self._folder is not None:
            options.append(f"key={self._folder / 'terminal.key'}")
        return f"nexo://127.0.0.1:{self._port}?{'&'.join(options)}"

    def use(self, context: ssl.SSLContext) -> None:
        """Show another certificate from the next plug on."""
        self._context = context

    async def plug(self) -> None:
        """Listen; the port stays the same from the first time on."""
        if self._server is not None:
            return
        from aiohttp import web

        if self._folder is not None and self._context is None:
            self._context = await asyncio.to_thread(self._prepare, self._folder)
        self._web = web.Server(self._handle, access_log=None)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._door, "127.0.0.1", self._port, ssl=self._context, reuse_address=True
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """The cable is out: no new connection, and those that were are gone."""
        server, self._server = self._server, None
        if server is not None and self._web is not None:
            server.close()
            self._terminal.terminal.unplug()
            for connection in list(self._web.connections):
                if connection.transport is not None:
                    reset_connection(connection.transport)
            await self._web.shutdown(0.1)

    def _prepare(self, folder: Path) -> ssl.SSLContext:
        secret = self._terminal.secret
        if secret is not None:
            lines = f'identifier = "{secret.identifier}"\nversion = {secret.version}\n'
            (folder / "terminal.key").touch(0o600)
            (folder / "terminal.key").write_text(f'{lines}passphrase = "{secret.passphrase}"\n')
        return make_certificates(folder, f"{self._terminal.poiid}.test.terminal.adyen.com")

    def _door(self) -> asyncio.Protocol:
        assert self._web is not None
        plays = self._terminal.terminal.plays
        if plays and plays[0].fault is Fault.RESET_ON_CONNECT:
            plays.popleft()
            return _Slammed()
        door: asyncio.Protocol = self._web()
        return door

    async def _handle(self, request: "web.BaseRequest") -> "web.StreamResponse":
        from aiohttp import web

        def cut() -> None:
            if request.transport is not None:
                reset_connection(request.transport)

        body = await request.read()
        if request.method != "POST" or request.path != PATH:
            return web.Response(status=404)
        reply = await self._terminal.converse(body, cut)
        if reply.body is None or request.transport is None or reply.fault is Fault.NOT_HTTP_200:
            return web.Response(status=500)
        if reply.fault in (Fault.HALF_ANSWER, Fault.DRIP):
            return await self._in_pieces(request, reply.body, reply.fault, cut)
        return web.Response(body=reply.body, content_type="application/json")

    async def _in_pieces(
        self, request: "web.BaseRequest", answer: bytes, fault: Fault, cut: Cut
    ) -> "web.StreamResponse":
        from aiohttp import web

        response = web.StreamResponse()
        response.content_length = len(answer)
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
            for place in range(0, len(answer), _DRIP_BYTES):
                if fault is Fault.HALF_ANSWER and place > len(answer) // 2:
                    cut()
                    break
                await response.write(answer[place : place + _DRIP_BYTES])
                await asyncio.sleep(0)
        return response


class _Slammed(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        reset_connection(transport)


def reset_connection(transport: Any) -> None:
    """End a TCP connection with RST, as a device does that loses its power."""
    sock = None if transport.is_closing() else transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    transport.abort()


def make_certificates(folder: Path, name: str, root_name: str = "terminal-root.pem") -> ssl.SSLContext:
    """A test root of our own, written to the folder, and a server's context with a certificate for `name`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    begins, lasts = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=36_500)

    def certificate(subject: str, key: ec.EllipticCurvePrivateKey, is_root: bool) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            named("Test root of simulated terminals"), named(subject), key.public_key(), x509.random_serial_number(),
            begins, begins + lasts,
        )  # fmt: skip
        builder = builder.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        return builder.sign(root_key, hashes.SHA256())

    pem = serialization.Encoding.PEM
    root = certificate("Test root of simulated terminals", root_key, is_root=True)
    (folder / root_name).write_bytes(root.public_bytes(pem))
    leaf = folder / "terminal-leaf.pem"
    secret = leaf_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    leaf.touch(0o600)
    leaf.write_bytes(certificate(name, leaf_key, is_root=False).public_bytes(pem) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    return context


def a_play(decision: str = "approve", fault: str = "", seconds: float = 0.0) -> Play:
    """From words, as a page or a test says them; raises ValueError."""
    return Play(Decision(decision), Fault(fault), seconds)
