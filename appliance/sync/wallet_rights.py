"""Rights to wallets: the till's questions to head office, and what head office says unasked.

Every number is a sum of this till's epoch, so a message that is lost, repeated or late is harmless. A question has an
id only so that whoever waits is told; an answer that comes later still counts. What is given back is told by the
journal alone: `returned` writes the fact, and the batch that carries it is sent after its commit.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from appliance.domain.wallet import Holding
from appliance.protocol import wire
from appliance.protocol.envelope import TooBig

CLOSING_WALLETS: Final = 1_000

log = logging.getLogger(__name__)


class Wallets(Protocol):
    """What the till does with an answer."""

    @property
    def epoch(self) -> str: ...

    async def granted(self, grant: wire.Grant) -> None: ...

    async def denied(self, deny: wire.Deny) -> None: ...

    async def recalled(self, recall: wire.Recall) -> None: ...

    async def fenced(self, code: str) -> tuple[int, dict[str, Holding]] | None:
        """End the epoch; (last entry, every wallet as it stood) when that is on the disk, None while it cannot be."""
        ...


class WalletRights:
    """`send_rpc` and `send_up` publish one message; they return False where there is no link."""

    def __init__(
        self,
        wallets: Wallets,
        send_rpc: Callable[[wire.Message], Awaitable[bool]],
        send_up: Callable[[wire.Message], Awaitable[bool]],
    ) -> None:
        self._wallets = wallets
        self._send_rpc = send_rpc
        self._send_up = send_up
        self._fence: wire.Fence | None = None
        """One that could not be obeyed yet: an open ticket holds a part of a wallet."""

    async def need(self, customer: str, target_minor: int, held: Holding, seq: int) -> bool:
        """Ask for rights; whether the question left. The answer comes through `take`."""
        question = wire.Need(secrets.token_hex(8), self._wallets.epoch, customer, target_minor, held, seq)
        return await self._send_rpc(question)

    async def take(self, message: wire.AnyMessage) -> None:
        """A grant, a refusal, a recall, a fence. Those of another epoch are passed over."""
        if not isinstance(message, wire.Grant | wire.Deny | wire.Recall | wire.Fence):
            return
        if message.epoch != self._wallets.epoch:
            log.info("%s of another epoch passed over", type(message).__name__)
            return
        if isinstance(message, wire.Grant):
            await self._wallets.granted(message)
        elif isinstance(message, wire.Deny):
            await self._wallets.denied(message)
        elif isinstance(message, wire.Recall):
            await self._wallets.recalled(message)
        else:
            await self._close(message)

    async def look(self) -> None:
        """Now and then: what could not be done yet."""
        if self._fence is not None:
            await self._close(self._fence)

    async def _close(self, fence: wire.Fence) -> None:
        """The closing report, as often as head office asks."""
        closed = await self._wallets.fenced(fence.code)
        self._fence = fence if closed is None else None
        if closed is None:
            return
        seq, holdings = closed
        names = sorted(holdings)
        pieces = [names[at : at + CLOSING_WALLETS] for at in range(0, len(names), CLOSING_WALLETS)] or [[]]
        for part, piece in enumerate(pieces, 1):
            report = wire.Closing(fence.epoch, seq, {name: holdings[name] for name in piece}, part, len(pieces))
            try:
                await self._send_up(report)
            except TooBig as error:
                log.error("closing report not sent: %s", error)
