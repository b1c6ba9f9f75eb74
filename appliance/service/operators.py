"""Who stands at the till and what they may do; hides how a PIN is checked.

A PIN is stored as argon2id only. Checking one takes tens of milliseconds on purpose, so it runs off the loop. After
five wrong PINs of one seller the next try waits a minute; a badge still opens (features U-02, U-03).
"""

from __future__ import annotations

import asyncio
from typing import Final

from appliance.clock import Clock
from appliance.domain.catalog import Seller, Shop
from appliance.domain.errors import Refusal

TRIES: Final = 5
LOCKED_S: Final = 60

RIGHTS: Final = frozenset(
    {
        "price_change", "discount_over_limit", "void_ticket", "open_drawer", "correct_payment", "close_day", "read_x",
        "settings", "masters", "catalog", "cancel_credit", "refund_balance", "adjust_wallet", "transfer_wallet",
        "block_wallet",
    }
)  # fmt: skip
"""Rights a manager has and a seller has not (screens.md, section 2, "Rights")."""


class Operators:
    """The sellers of this till."""

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self._shop = shop
        self._clock = clock
        self._wrong: dict[str, int] = {}
        self._locked_until_ns: dict[str, int] = {}

    def take_shop(self, shop: Shop) -> None:
        """These are the sellers from now on."""
        self._shop = shop

    @property
    def is_open_to_all(self) -> bool:
        """No sellers are set up: nobody signs in and everybody may do everything (feature U-01)."""
        return not self._shop.sellers

    def seller(self, seller_id: str) -> Seller | None:
        return next((seller for seller in self._shop.sellers if seller.id == seller_id), None)

    def name_of(self, seller_id: str) -> str:
        seller = self.seller(seller_id)
        return seller.name if seller is not None else seller_id

    def may(self, seller_id: str, right: str) -> bool:
        """Whether a seller has a right by themselves."""
        if self.is_open_to_all or right not in RIGHTS:
            return True
        seller = self.seller(seller_id)
        return seller is not None and seller.role == "manager"

    def tries_left(self, who: str) -> int:
        return TRIES - self._wrong.get(who, 0)

    def locked_seconds(self, who: str) -> int:
        """Seconds until the next PIN of this seller is looked at; 0 when it is at once."""
        left_ns = self._locked_until_ns.get(who, 0) - self._clock.monotonic_ns()
        return max(0, -(-left_ns // 1_000_000_000))

    async def check_pin(self, seller_id: str, pin: str) -> Seller:
        """The seller whose PIN this is. Raises Refusal: pin.locked, pin.wrong, pin.unknown_seller."""
        seller = self.seller(seller_id)
        if seller is None:
            raise Refusal("pin.unknown_seller")
        return await self._check(seller_id, (seller,), pin)

    async def check_manager_pin(self, pin: str) -> Seller:
        """The manager whose PIN this is; wrong ones count against the approval sheet as a whole."""
        managers = tuple(seller for seller in self._shop.sellers if seller.role == "manager")
        return await self._check("approval", managers, pin)

    async def _check(self, who: str, candidates: tuple[Seller, ...], pin: str) -> Seller:
        if seconds := self.locked_seconds(who):
            raise Refusal("pin.locked", seconds=seconds)
        if self.tries_left(who) <= 0:
            raise Refusal("pin.locked", seconds=LOCKED_S)
        self._wrong[who] = self._wrong.get(who, 0) + 1  # counted before it is looked at: tries at once are five too
        if (found := await asyncio.to_thread(_match, candidates, pin)) is not None:
            self._wrong.pop(who, None)
            return found
        left = self.tries_left(who)
        if left <= 0:
            self._locked_until_ns[who] = self._clock.monotonic_ns() + LOCKED_S * 1_000_000_000
            self._wrong.pop(who, None)
            raise Refusal("pin.locked", seconds=LOCKED_S)
        raise Refusal("pin.wrong", count=left)


def _match(candidates: tuple[Seller, ...], pin: str) -> Seller | None:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    hasher = PasswordHasher()
    for seller in candidates:
        try:
            if hasher.verify(seller.pin_hash, pin):
                return seller
        except (VerificationError, InvalidHashError):
            continue
    return None
