"""The moves of `appliance.domain.wallet` as one object that the proofs call. Hides which of them was broken on purpose.

The methods are the core's own functions, unchanged. A mutant overrides exactly one of them, so that what the proofs
say of it is said of that one line. Two habits that the core leaves to its callers stand here as well, because two of
the known mistakes are made there: what is on the disk when the power fails, and that a message leaves after it.
"""

from __future__ import annotations

from typing import Literal

from appliance.domain import wallet
from appliance.domain.wallet import Pool, Rights

TillMove = Literal["top up", "debit", "claim", "grant", "recall", "fence"]


class Rules:
    """The core as it is."""

    def top_up(self, rights: Rights, amount: int) -> Rights:
        return wallet.top_up(rights, amount)

    def debit(self, rights: Rights, amount: int, reserved: int = 0) -> Rights:
        return wallet.debit(rights, amount, reserved)

    def claim(self, rights: Rights, amount: int) -> Rights:
        return wallet.claim(rights, amount)

    def grant(self, rights: Rights, granted: int, float_minor: int) -> Rights:
        return wallet.grant(rights, granted, float_minor)

    def recall(self, rights: Rights, target: int, reserved: int = 0) -> Rights:
        return wallet.recall(rights, target, reserved)

    def fence(self, rights: Rights) -> tuple[Rights, Rights]:
        return wallet.fence(rights)

    def need(self, rights: Rights, amount: int, reserved: int = 0) -> int:
        return wallet.need(rights, amount, reserved)

    def credit_pool(self, pool: Pool, amount: int) -> Pool:
        return wallet.credit_pool(pool, amount)

    def answer_need(self, pool: Pool, epoch: str, target: int, float_minor: int) -> Pool:
        return wallet.answer_need(pool, epoch, target, float_minor)

    def report(self, pool: Pool, epoch: str, rights: Rights) -> Pool:
        return wallet.report(pool, epoch, rights)

    def write_off(self, pool: Pool, epoch: str) -> Pool:
        return wallet.write_off(pool, epoch)

    def close_epoch(self, pool: Pool, epoch: str, closing: Rights) -> Pool:
        return wallet.close_epoch(pool, epoch, closing)

    def close_as_known(self, pool: Pool, epoch: str) -> Pool:
        return wallet.close_as_known(pool, epoch)

    def kept(self, move: TillMove, before: Rights, after: Rights) -> Rights:
        """What the till reads from its disk after a power cut that follows this move and all its messages.

        `before` is what it would have read before the move. A sound till commits first and speaks afterwards.
        """
        return after
