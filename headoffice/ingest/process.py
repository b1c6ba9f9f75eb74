"""A worker as a process: books, keys, link, and the end in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from pathlib import Path

from appliance.clock import Clock
from appliance.protocol.wire import OFFICE
from headoffice.database import open_database
from headoffice.ingest.certificates import Certificates
from headoffice.ingest.enrolment import serve_enrolment
from headoffice.ingest.worker import Worker
from headoffice.keys import Authority, sealing_key
from headoffice.settings import Settings

log = logging.getLogger(__name__)


async def ingest(settings: Settings, clock: Clock) -> None:
    """Until SIGTERM or SIGINT. Raises DatabaseTrouble, KeyFault or OSError when it cannot start."""
    office = settings.office
    folder = Path(office.keys)
    authority = Authority(folder)
    seal = sealing_key(folder / f"{OFFICE}.seal")
    database = await open_database(office.database)
    try:
        certificates = Certificates(authority)
        worker = Worker(settings, database, seal, clock, tls=authority.files(office.name), certificates=certificates)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(worker.run(), name="office worker")
            enrolling = group.create_task(
                serve_enrolment(settings, database, certificates, clock), name="office enrolment"
            )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, running.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await running
            enrolling.cancel()
    finally:
        await database.close()
