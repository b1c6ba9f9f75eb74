"""The far side of Caisse-AP: a TCP server that takes one row of fields and answers with another, and can fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from appliance.hal.simulated.terminal import CARD_NUMBER, Asked, Decision, Ended, Fault, Play, SimulatedTerminal
from appliance.hal.simulated.terminal_nexo import reset_connection
from appliance.hal.terminal import caisse_ap

_REASONS = {
    Decision.CANCEL: "11",
    Decision.NO_CARD: "08",
    Decision.NO_LINE: "05",
}
_LETTERS = {number: letters for letters, number in caisse_ap.CURRENCIES.items()}


class CaisseApServer:
    """A terminal on a port of its own; state and ledger are the `SimulatedTerminal`'s."""

    def __init__(self, terminal: SimulatedTerminal, port: int = 0) -> None:
        self.terminal = terminal
        self._port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._ticket: dict[str, str] | None = None
        self._previous: dict[str, str] | None = None
        self.echoes = True
        """False: a terminal that does not send CF back."""

    @property
    def url(self) -> str:
        return f"caisse-ap://127.0.0.1:{self._port}"

    async def plug(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self.serve, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            self.terminal.unplug()
            for writer in list(self._writers):
                reset_connection(writer.transport)
            await server.wait_closed()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its question to its end."""
        self._writers.add(writer)
        try:
            await self._converse(reader, writer)
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plays = self.terminal.plays
        if plays and plays[0].fault is Fault.RESET_ON_CONNECT:
            plays.popleft()
            reset_connection(writer.transport)
            return
        fields = await _question(reader)
        if fields is None:
            return
        if fields.get("CD") == caisse_ap.DUPLICATE:
            last = self._ticket or fields | {"AE": caisse_ap.NOT_DONE, "AF": "09"}
            writer.write(caisse_ap.encode(last))
            await writer.drain()
            return
        attended, play = self.terminal.is_attended, self.terminal.next_play()
        await self._move(fields, play, attended, writer)

    async def _move(self, fields: dict[str, str], play: Play, attended: bool, writer: asyncio.StreamWriter) -> None:
        terminal = self.terminal
        if play.fault is Fault.RESET_IN_REQUEST:
            reset_connection(writer.transport)
            return
        if play.fault is Fault.LATE_REQUEST:
            reset_connection(writer.transport)
            await asyncio.sleep(play.seconds)
        kind = "refund" if fields["CD"] == caisse_ap.CREDIT else "debit"
        reference = fields.get("CF", "")
        asked = Asked(reference, reference, kind, int(fields["CB"]), _LETTERS.get(fields["CE"], ""))
        terminal.seen.append(asked.key)
        if terminal.working is not None:
            writer.write(caisse_ap.encode(fields | {"AE": caisse_ap.NOT_DONE, "AF": "06"}))
            return
        if play.fault is Fault.CUT_WORKING:
            reset_connection(writer.transport)
        answer = self._answer(fields, await terminal.perform(asked, play, attended))
        previous, self._previous = self._previous, answer
        if terminal.lose_next_answer:
            terminal.lose_next_answer = False
            play = Play(fault=Fault.LOST_ANSWER)
        await self._reply(answer, previous, play.fault, writer)

    def _answer(self, fields: dict[str, str], ended: Ended) -> dict[str, str]:
        kept = fields if self.echoes else {tag: value for tag, value in fields.items() if tag != "CF"}
        if ended.decision is not Decision.APPROVE:
            return kept | {"AE": caisse_ap.NOT_DONE, "AF": _REASONS.get(ended.decision, "04")}
        card = {"AA": f"############{CARD_NUMBER[-4:]}", "AC": f"{ended.number:06d}", "CC": "00B", "CI": "2"}
        self._ticket = kept | {"AE": caisse_ap.DONE} | card
        return self._ticket

    async def _reply(
        self, answer: dict[str, str], previous: dict[str, str] | None, fault: Fault, writer: asyncio.StreamWriter
    ) -> None:
        message = caisse_ap.encode(_altered(answer, previous, fault))
        match fault:
            case Fault.LOST_ANSWER | Fault.CUT_WORKING | Fault.LATE_REQUEST:
                reset_connection(writer.transport)
            case Fault.HALF_ANSWER:
                writer.write(message[: len(message) // 2])
                await writer.drain()
            case Fault.SILENCE:
                await self.terminal.keep_silent()
            case Fault.GARBAGE:
                writer.write(b"CZ004\xff\xff\xff\xff" + message)
            case Fault.DRIP:
                for byte in message:
                    writer.write(bytes((byte,)))
                    await writer.drain()
                    await asyncio.sleep(0)
            case Fault.DOUBLED:
                writer.write(message * 2)
            case _:
                writer.write(message)


def _altered(answer: dict[str, str], previous: dict[str, str] | None, fault: Fault) -> dict[str, str]:
    match fault:
        case Fault.WRONG_AMOUNT:
            return answer | {"CB": str(int(answer["CB"]) + 100)}
        case Fault.WRONG_CURRENCY:
            return answer | {"CE": "840"}
        case Fault.WRONG_REQUEST | Fault.WRONG_TICKET:
            return answer | {"CF": "another"}
        case Fault.PREVIOUS if previous is not None:
            return previous
    return answer


async def _question(reader: asyncio.StreamReader) -> dict[str, str] | None:
    """All fields of a question; a till that only looks whether somebody is there sends none. There is no end mark:
    the question is whole when CZ, CB, CD, CE and CF are there."""
    fields = caisse_ap.Reader()
    while True:
        received = await reader.read(4_096)
        if not received:
            return None
        try:
            fields.feed(received)
        except caisse_ap.BadMessage:
            return None
        if fields.is_whole and {"CZ", "CB", "CD", "CE", "CF"} <= fields.fields.keys():
            return fields.fields


@asynccontextmanager
async def serve_caisse_ap(terminal: SimulatedTerminal) -> AsyncIterator[CaisseApServer]:
    server = CaisseApServer(terminal)
    await server.plug()
    try:
        yield server
    finally:
        await server.unplug()
