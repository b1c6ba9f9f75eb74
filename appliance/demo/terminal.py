"""The demo's card terminal: what a visitor sees on its screen and may do to it.

It keeps running when the daemon is killed: what the customer's bank booked stays booked.
"""

import secrets
from pathlib import Path
from typing import Final

import msgspec

from appliance.clock import Clock
from appliance.hal.simulated.terminal import Decision, SimulatedTerminal
from appliance.hal.simulated.terminal_nexo import NexoServer, NexoTerminal
from appliance.hal.terminal.nexo_crypto import Passphrase

DECISIONS: Final = {
    "pay": Decision.APPROVE,
    "lose": Decision.APPROVE,
    "decline": Decision.DECLINE,
    "insufficient": Decision.INSUFFICIENT,
    "cancel": Decision.CANCEL,
}
PATIENCE_S: Final = 90.0


class NobodyAsked(Exception):
    """The terminal's screen does not ask for what was done to it."""


class TerminalState(msgspec.Struct, frozen=True):
    plugged: bool
    display: str
    """idle, debit, refund, scan, or how the last request ended: approve, decline, cancel, no_card, aborted, ..."""
    amount_minor: int | None
    """What it asks for now."""
    currency: str
    debits: int
    """How often money really moved since the demo began."""
    refunds: int


class CardTerminal:
    """A nexo terminal on HTTPS with sealed messages, as a shop would have it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """`folder` gets the root certificate and the key file."""
        self._terminal = SimulatedTerminal(patience_s=PATIENCE_S)
        secret = Passphrase("demo", 1, secrets.token_urlsafe(24))
        self._server = NexoServer(NexoTerminal(self._terminal, clock, secret=secret), folder)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def state(self) -> TerminalState:
        terminal = self._terminal
        kinds = [entry.kind for entry in terminal.ledger]
        asked = terminal.working
        return TerminalState(
            plugged=self._server.is_plugged,
            display=terminal.display,
            amount_minor=asked.amount_minor if asked else None,
            currency=asked.currency if asked else "",
            debits=kinds.count("debit"),
            refunds=kinds.count("refund"),
        )

    async def plug(self) -> None:
        await self._server.plug()

    async def unplug(self) -> None:
        await self._server.unplug()

    async def handle(self, action: str) -> None:
        """`plug`, `unplug`, or what the customer does; KeyError for anything else, NobodyAsked out of turn."""
        if action == "plug":
            await self.plug()
        elif action == "unplug":
            await self.unplug()
        elif not self._terminal.decide(DECISIONS[action], lose_answer=action == "lose"):
            raise NobodyAsked

    def show_code(self, code: str) -> None:
        """Hold a code before its reader; NobodyAsked while the reader is off."""
        if not self._terminal.show_code(code, "EAN13" if code.isdecimal() and len(code) == 13 else "CODE128"):
            raise NobodyAsked
