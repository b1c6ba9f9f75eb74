"""How this till is, told to head office: newest value only, retained, never about money, and its will.

`conn` counts the connections of this till on its disk, the same in birth and will: a will that comes late, of an older
connection, says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from appliance.protocol import wire
from appliance.sync.session import Connection, Letter

EVERY_S: Final = 60.0
SOON_S: Final = 1.0
"""What changes is told within that, all of it at once."""


class Telemetry:
    """`report` gives the state as it is now, without `conn` and `online`."""

    def __init__(
        self, report: Callable[[], wire.TillState], count: Callable[[], int], seal: Callable[[wire.Message], bytes],
        topic: str,
    ) -> None:  # fmt: skip
        self._report = report
        self._count = count
        self._seal = seal
        self._topic = topic
        self._conn = 0
        self._changed = asyncio.Event()

    def will(self) -> Letter:
        """The letter that the broker publishes when we are lost; a new connection has a new number."""
        self._conn = self._count()
        return self._letter(wire.TillState(self._conn, False))

    def changed(self) -> None:
        """Something in the report is another than before."""
        self._changed.set()

    async def run(self, connection: Connection) -> None:
        """Tell the state at once, when it changes, and now and then."""
        while True:
            self._changed.clear()
            await connection.publish(self._letter(replace(self._report(), conn=self._conn, online=True)))
            await asyncio.sleep(SOON_S)
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _letter(self, state: wire.TillState) -> Letter:
        return Letter(self._topic, self._seal(state), retain=True)
