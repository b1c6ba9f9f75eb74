"""Real tills behind a real broker and a real worker of head office, in one loop; hides settings, keys and line.

async with an_office(database, port) as worker, linked_till(folder, "caisse-1", port) as till:
    await till.sells("1 croissant | cash 5.00")
    await till.until(lambda: not till.office.waiting)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from appliance.clock import ManualClock, SystemClock
from appliance.config import Config, OfficeConfig
from appliance.daemon import office as daemon_office
from appliance.demo.shop import FOLDER
from appliance.protocol.envelope import SealingKey
from appliance.protocol.wire import OFFICE
from appliance.sync import enrolment
from headoffice.ingest.worker import Worker
from headoffice.settings import Office, Settings
from tests.support.books import CHAIN
from tests.support.till import MORNING, RealTill
from tests.sync.conftest import quick_line

OFFICE_KEY = SealingKey.from_bytes(b"o" * 32)
KEYS = {f"caisse-{n}": SealingKey.from_bytes(bytes([n]) * 32) for n in range(1, 9)}
PUBLIC = {name: key.public for name, key in KEYS.items()}
ARRIVES_S = 20.0


@asynccontextmanager
async def an_office(database: Any, port: int, name: str = OFFICE) -> AsyncIterator[Worker]:
    settings = Settings(Office(CHAIN, name=name, plain=True))
    worker = Worker(settings, database, OFFICE_KEY, SystemClock(), line=quick_line(port, name))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(worker.run(), name=name)
        try:
            yield worker
        finally:
            task.cancel()


class LinkedTill(RealTill):
    """A till that belongs to head office; `link` and `unlink` are its network plug."""

    def __init__(self, config: Config, port: int) -> None:
        super().__init__(config, ManualClock(MORNING))
        self._port = port
        self._linking: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def office(self) -> Any:
        return self.till.office

    async def link(self) -> None:
        """Plug it in."""
        if self.till.office is None:
            daemon_office.join(self.till)
        before = self.till.on_change

        def changed() -> None:
            before()
            self._changed.set()

        self.till.on_change = changed
        self._linking = asyncio.get_running_loop().create_task(daemon_office.serve(self.till, self.clock), name="link")

    async def unlink(self) -> None:
        linking, self._linking = self._linking, None
        await daemon_office.end(self.till, linking)

    async def pull_the_plug(self) -> None:
        """The power goes, with the link; it comes back with both."""
        linking, self._linking = self._linking, None
        if linking is not None:
            linking.cancel()
            await asyncio.wait({linking})
        await super().pull_the_plug()
        await self.link()

    async def until(self, is_so: Callable[[], object], seconds: float = ARRIVES_S) -> None:
        """Wait for something that the link brings about."""
        async with asyncio.timeout(seconds):
            while not is_so():
                self._changed.clear()
                try:
                    async with asyncio.timeout(0.05):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    async def lets(self, seconds: float) -> None:
        """Let the network have its way for a while."""
        with suppress(TimeoutError):
            await self.until(lambda: False, seconds)

    async def sent(self) -> None:
        """Everything that was decided is at head office."""
        await self.till.ledger.settle()
        await self.until(lambda: self.office.cursor.seq >= self.till.ledger.durable_seq)


def quick(membership: Any, tls: Any) -> Any:
    host, _, port = membership.brokers[0].partition(":")
    assert host == "127.0.0.1"
    return quick_line(int(port), membership.till)


@asynccontextmanager
async def linked_till(
    folder: Path, name: str, port: int, *, monkeypatch: Any = None, **settings: Any
) -> AsyncIterator[LinkedTill]:
    keys = folder / "keys"
    enrolment.write_secret(keys / enrolment.SEAL, KEYS[name].to_bytes().hex().encode())
    office = OfficeConfig(
        CHAIN, (f"127.0.0.1:{port}",), (OFFICE_KEY.public.hex,), till=name, keys=str(keys), plain=True
    )
    config = Config(
        till=name, data_dir=str(folder / "data"), socket=str(folder / "s"), shop=str(FOLDER), office=office, **settings
    )
    till = LinkedTill(config, port)
    await till.start()
    await till.link()
    try:
        yield till
    finally:
        if till._linking is not None:
            await till.unlink()
        await till.stop()
