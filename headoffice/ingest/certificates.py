"""Certificates of tills as they are given out, renewed and revoked; hides the authority and its list."""

from __future__ import annotations

from datetime import datetime

from appliance.protocol.envelope import PublicKey
from appliance.protocol.wire import Renew, Renewed
from headoffice import moment
from headoffice.database import Transaction
from headoffice.keys import Authority, KeyFault


class Certificates:
    """The authority with the book of what it signed."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority

    async def certify(self, tx: Transaction, till: str, request: str, now: datetime) -> str:
        """A certificate, PEM. Raises KeyFault."""
        pem = self.authority.certify(request, till, "till", now)
        number = int(await tx.value("SELECT COUNT(*) FROM certificate WHERE till = $1", till)) + 1
        await tx.insert("certificate", [(till, number, pem, moment.stamp(now), 0)])
        return pem

    async def renew(self, tx: Transaction, till: str, ask: Renew, now: datetime) -> Renewed:
        """For a till in good standing only; with another sealing key when it names one."""
        state = await tx.value("SELECT state FROM till WHERE id = $1", till)
        if state != "active":
            return Renewed(ask.id, code="forbidden")
        try:
            if ask.key:
                PublicKey.from_hex(ask.key)
            pem = await self.certify(tx, till, ask.request, now)
        except (KeyFault, ValueError):
            return Renewed(ask.id, code="request")
        if ask.key:
            await tx.run("UPDATE till SET seal = $1 WHERE id = $2", ask.key, till)
        return Renewed(ask.id, pem)

    async def revoke(self, tx: Transaction, till: str, now: datetime) -> int:
        """Every certificate of a till; how many. The broker refuses them from its next reload on."""
        rows = await tx.rows("SELECT number, pem FROM certificate WHERE till = $1 AND revoked = 0", till)
        for number, pem in rows:
            self.authority.revoke(pem, now)
            await tx.run("UPDATE certificate SET revoked = 1 WHERE till = $1 AND number = $2", till, number)
        return len(rows)
