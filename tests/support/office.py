"""Head office's signing desk: documents of settings as a till gets them. Hides envelope, keys and form."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.domain.configuration import Identity
from appliance.protocol import envelope, wire
from appliance.protocol.envelope import SealingKey

CHAIN = "bourg"


class Office:
    """A chain with its two configuration keys."""

    def __init__(self, till: str = "till-1") -> None:
        self.till = till
        self.key, self.recovery = SealingKey.from_bytes(b"k" * 32), SealingKey.from_bytes(b"r" * 32)
        self.stranger = SealingKey.from_bytes(b"s" * 32)

    @property
    def identity(self) -> Identity:
        """What a till is told when it is enrolled."""
        return Identity(CHAIN, (self.till, wire.EVERYBODY), (self.key.public.hex, self.recovery.public.hex))

    def document(
        self,
        version: int,
        body: dict[str, Any],
        *,
        key: SealingKey | None = None,
        chain: str = CHAIN,
        to: str = "",
        target: str = "",
        **fields: Any,
    ) -> bytes:
        """A sealed document: `office.document(2, {"chain": {"values": {"theme": "dark"}}})`."""
        raw = msgspec.Raw(msgspec.json.encode(body))
        message = wire.ConfigDocument(target or self.till, version, raw, **fields)
        return envelope.sealed(key or self.key, envelope.Address(chain, wire.OFFICE, to or self.till), message)

    def says(self, version: int, **values: Any) -> bytes:
        """A document with these values at the level of the till."""
        return self.document(version, {"till": {"values": values}})
