"""The road of a paper: ordered with the facts that ask for it, printed once, and honest about what is not known.

A job is a row before its first byte leaves (`store.spool`). Queued jobs wait for the printer, however long; a job
whose end is unknown becomes uncertain and is never sent again as an original. One job at a time, in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from appliance.domain import effect as e
from appliance.domain.journal import SessionClosed
from appliance.hal.device import Devices, Paper, PrintOutcome
from appliance.service.ledger import Companion, Ledger
from appliance.service.receipt_text import Letterhead, receipt, report
from appliance.store import spool
from appliance.store.database import DatabaseError

ROLE = "printer.receipt"
RETRY_S = 2.0
"""How long to wait before a disk that refused is asked again."""

log = logging.getLogger(__name__)


class Printing:
    """The receipt printer's queue."""

    def __init__(self, ledger: Ledger, head: Letterhead) -> None:
        self._ledger = ledger
        self._head = head
        self._wake = asyncio.Event()
        self._states: dict[tuple[str, int], str] = {}
        self._recovered = False
        self._unwritten: dict[int, spool.JobState] = {}
        self.waiting = 0
        """Jobs that have not left yet."""
        self.busy = False
        self.on_change: Callable[[], None] = lambda: None

    # --- ordering -----------------------------------------------------------------------------------------------

    def prepare(self, effect: e.Effect) -> Companion | None:
        """The write that orders this effect's paper, for the transaction of its facts; None for other effects."""
        if isinstance(effect, e.PrintTicket):
            now = self._ledger.moment().at
            paper = receipt(self._head, effect.closed, effect.closed_at, effect.copy, now)
            return self._job("ticket", effect.closed.document, effect.copy, now, paper)
        if isinstance(effect, e.PrintReport):
            paper = report(self._head, effect.report, effect.opened_at, effect.at)
            purpose = "z" if isinstance(effect.report, SessionClosed) else "x"
            return self._job(purpose, effect.report.number, 0, effect.at, paper)
        return None

    def _job(self, purpose: str, subject: int, copy: int, at: str, paper: Paper) -> Companion:
        body = msgspec.json.encode(paper)
        self._states[purpose, subject] = "queued"
        return lambda conn: spool.add_job(conn, ROLE, purpose, subject, copy, at, body)

    def wake(self) -> None:
        """Something was ordered, or the printer is back."""
        self._wake.set()

    def state_of(self, purpose: str, subject: int) -> str:
        """How far the newest paper of a document got: "", queued, sending, printed, uncertain, dropped."""
        return self._states.get((purpose, subject), "")

    def drop(self, document: int) -> Companion:
        """ "Sans reçu": the write that takes the waiting receipts of a document out of the queue."""
        self._states["ticket", document] = "dropped"

        def drop(conn: Any) -> None:
            spool.drop_waiting(conn, document)

        return drop

    # --- printing -----------------------------------------------------------------------------------------------

    async def run(self, devices: Devices) -> None:
        """Print what waits, for ever."""
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._print_waiting(devices)
            except DatabaseError as error:
                log.error("the disk does not take how far a paper got: %s", error)
                self.busy = False
                asyncio.get_running_loop().call_later(RETRY_S, self.wake)

    async def _print_waiting(self, devices: Devices) -> None:
        """Everything that waits. Raises DatabaseError; no paper leaves whose row could not be marked first."""
        if not self._recovered:
            uncertain = await self._ledger.read(spool.recover_jobs)
            self._recovered = True
            if uncertain:
                log.warning("%d papers were being printed at the stop; nobody knows whether they came out", uncertain)
        await self._write_states()
        jobs: list[spool.Job] = await self._ledger.briefly(spool.waiting_jobs)
        self._count(len(jobs))
        for job in jobs:
            if not await self._print(devices, job):
                break

    async def _write_states(self) -> None:
        """What became of papers, on the disk; kept in memory until the disk takes it."""
        while self._unwritten:
            job_id, state = next(iter(self._unwritten.items()))
            await self._ledger.briefly(partial(spool.set_state, job_id=job_id, state=state))
            del self._unwritten[job_id]

    async def _print(self, devices: Devices, job: spool.Job) -> bool:
        """One job; False when nothing was sent and the queue must be looked at again."""
        printer = devices.printer(job.role)
        await printer.ready()
        if self.state_of(job.purpose, job.subject) == "dropped":
            return True
        self._states[job.purpose, job.subject] = "sending"  # from here on "Sans reçu" comes too late
        if not await self._claim(job):
            return True
        self.busy = True
        self._note(job, "sending")
        result = await printer.print(msgspec.json.decode(job.paper, type=Paper), job.id)
        self.busy = False
        state: spool.JobState
        if result.outcome in (PrintOutcome.CONFIRMED, PrintOutcome.ASSUMED):
            state = "printed"
        elif result.outcome is PrintOutcome.NOTHING_SENT:
            state = "queued"
        else:
            state = "uncertain"
            log.warning(
                "job %d (%s %d): unknown whether it came out: %s", job.id, job.purpose, job.subject, result.fault
            )
        self._note(job, state)
        self._unwritten[job.id] = state
        await self._write_states()
        if state == "queued":
            self._wake.set()
            return False
        self._count(self.waiting - 1)
        return True

    async def _claim(self, job: spool.Job) -> bool:
        """Sending, durable before the first byte; False when somebody took the job out of the queue meanwhile."""

        def claim(conn: Any) -> bool:
            cursor = conn.execute("UPDATE print_job SET state = 'sending' WHERE id = ? AND state = 'queued'", (job.id,))
            return bool(cursor.rowcount)

        claimed: bool = await self._ledger.briefly(claim)
        return claimed

    def _note(self, job: spool.Job, state: str) -> None:
        self._states[job.purpose, job.subject] = state
        self.on_change()

    def _count(self, waiting: int) -> None:
        if waiting != self.waiting:
            self.waiting = waiting
            self.on_change()
