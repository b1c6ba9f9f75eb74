"""The road of a paper: ordered with the facts that ask for it, printed once, and honest about what is not known.

A job is a row before its first byte leaves (`store.spool`), and the row holds the very bytes. Queued jobs wait for
their printer, however long, or go to the one that stands in for it; a job whose end is unknown is never sent again as
an original. One job at a time and in order for each role. The row that says `sending` must be on the disk first; a disk
that is read-only cannot take it, so a paper that leaves meanwhile says that it is provisional.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, assert_never

import msgspec

from appliance.domain import effect as e
from appliance.domain.customer import Customer
from appliance.domain.journal import SessionClosed, TicketClosed
from appliance.hal.device import Devices, FaultReason, Health, Paper, Printer, PrintOutcome, PrintResult, Rendered
from appliance.service import wallet_text
from appliance.service.defect import contained
from appliance.service.ledger import Companion, Ledger, fault_code
from appliance.service.receipt_text import (
    Letterhead,
    as_copy,
    provisional,
    receipt,
    redirected,
    report,
    setup_page,
    trial_page,
)
from appliance.store import movements, spool
from appliance.store.database import DatabaseError

ROLE = "printer.receipt"
RETRY_S = 2.0
"""How long to wait before a disk that refused is asked again."""
FIRST_PAUSE_S = 0.25
PAUSE_S_MAX = 10.0
"""How long papers rest that met a defect of ours: the first time, and at most."""
SENT_AFTER_S = 0.5
"""A printer that takes longer than this to say "printed" has its row say `sent` meanwhile."""
SHORT_BYTES = 20_000
"""A paper longer than this is not begun while the roll is near its end."""

log = logging.getLogger(__name__)


class Trial(msgspec.Struct, frozen=True):
    """What became of the newest test page of a printer (feature H-24)."""

    state: spool.JobState
    at: str
    """When it was ordered or sent, UTC."""
    device: str
    """Maker, model and serial number of the printer that it was sent to; "" before."""


class Printing:
    """The queues of all printers."""

    def __init__(
        self,
        ledger: Ledger,
        head: Letterhead,
        fallback: Mapping[str, str] | None = None,
        fallback_after_s: float = 10.0,
    ) -> None:
        """`fallback`: role to the role that prints instead when the first was not ready for `fallback_after_s`."""
        self._ledger = ledger
        self._head = self.head = head
        self._fallback = fallback or {}
        self.fallback_after_s = fallback_after_s
        """Seconds, see `fallback`."""
        self._wake = asyncio.Event()
        self._states: dict[tuple[str, int], str] = {}
        self._recovered = False
        self._unwritten: dict[int, tuple[spool.Job, spool.JobState, spool.Proof]] = {}
        self._writing = asyncio.Lock()
        self._queued: dict[int, list[int]] = {}
        """Copies that wait by document, also those whose row is not on the disk yet; see `_look_up`."""
        self._looked_up = -1
        self._in_hand: dict[int, spool.Job] = {}
        """Jobs whose row is being claimed: too late to drop them."""
        self._dropping: dict[object, int] = {}
        """Drops that are decided and in no transaction yet, with `Ledger.reloads` of then."""
        self._trials: dict[str, Trial | None] = {}
        self._working: dict[str, asyncio.Task[None]] = {}
        self._defects: dict[str, int] = {}
        """Defects in a row, by role; under "" those of looking what waits."""
        self._retry: asyncio.TimerHandle | None = None
        self._is_behind = False
        """The disk does not know yet what became of papers, and somebody was told."""
        self._waiting: list[spool.Job] = []
        self.doubts: list[spool.Job] = []
        """Papers of which nobody knows whether they came out, oldest first."""
        self.balance_of: Callable[[TicketClosed], int | None] = lambda closed: None
        """What the client's wallet has left, for the receipt of a sale; None where it is not to stand there."""
        self.kept_of: Callable[[TicketClosed], int] = lambda closed: 0
        """Change of a sale that was put on the client's wallet."""
        self.on_change: Callable[[], None] = lambda: None
        self.on_doubt: Callable[[], Awaitable[None]] = _nobody
        """Awaited when `doubts` grew."""

    def know_customers(self, customer_of: Callable[[str], Customer | None]) -> None:
        """Whose name an id is, for papers that bear one."""
        self._head.customer_of = customer_of

    @property
    def waiting(self) -> int:
        """Jobs that have not left yet."""
        return len(self._waiting)

    # --- ordering -----------------------------------------------------------------------------------------------

    def prepare(self, effect: e.Effect) -> Companion | None:
        """The write that orders this effect's paper, for the transaction of its facts; None for other effects."""
        if isinstance(effect, e.PrintTicket):
            now = self._ledger.moment().at
            closed, by = effect.closed, self._ledger.state.seller
            left = self.balance_of(closed)
            kept = self.kept_of(closed)
            paper = receipt(self._head, closed, effect.closed_at, effect.copy, now, by, left, kept)
            return self._job("ticket", closed.document, effect.copy, now, paper, customer=closed.customer)
        if isinstance(effect, e.PrintReport):
            paper = report(self._head, effect.report, effect.opened_at, effect.at)
            purpose = "z" if isinstance(effect.report, SessionClosed) else "x"
            return self._job(purpose, effect.report.number, 0, effect.at, paper)
        if isinstance(effect, e.PrintWallet):
            return self._wallet(effect)
        if isinstance(effect, e.PrintStatement):
            return self._statement(effect.customer)
        if isinstance(effect, e.PrintCopy):
            return self._copy(effect.purpose, effect.subject, effect.copy)
        if isinstance(effect, e.PrintTest):
            now = self._ledger.moment().at
            page = setup_page(self._head, effect.code) if effect.code else trial_page(self._head, effect.role, now)
            self._trials[effect.role] = Trial("queued", now, "")
            return self._job("test", 0, 0, now, page, effect.role)
        if isinstance(effect, e.KickDrawer | e.Authorize):
            return None
        assert_never(effect)  # a paper that is booked is printed

    def _wallet(self, effect: e.PrintWallet) -> Companion:
        moved, now = effect.paper, self._ledger.moment().at
        paper = wallet_text.wallet_receipt(self._head, moved, effect.at, effect.copy, now, self._ledger.state.seller)
        if effect.shop_papers:
            theirs = wallet_text.wallet_receipt(self._head, moved, effect.at, 0, now, for_shop=True)
            paper = Paper((*paper.blocks, *theirs.blocks * effect.shop_papers))
        return self._job("ticket", moved.document, effect.copy, now, paper, customer=moved.customer)

    def _statement(self, customer: str) -> Companion:
        now = self._ledger.moment().at
        rows = self._ledger.read_now(lambda conn: movements.movements(conn, customer, wallet_text.MOVES_MAX))
        balance = self._ledger.state.holding(customer).balance_minor
        paper = wallet_text.statement(self._head, customer, rows[::-1], balance, now)
        return self._job("statement", 0, 0, now, paper, customer=customer)

    def _copy(self, purpose: str, subject: int, copy: int) -> Companion:
        now, by = self._ledger.moment().at, self._ledger.state.seller

        def order(conn: Any) -> None:
            last = spool.last_job(conn, purpose, subject)
            if last is not None:
                paper = msgspec.json.decode(last.paper, type=Paper)
                body = msgspec.json.encode(as_copy(self._head, paper, last.copy, copy, now, by))
                spool.add_job(conn, last.role, purpose, subject, copy, now, body)

        self._order(purpose, subject, copy)
        return order

    def _job(
        self, purpose: str, subject: int, copy: int, at: str, paper: Paper, role: str = ROLE, customer: str = ""
    ) -> Companion:
        """`customer` is the id of whose name may be on the paper: erasing the customer strikes it out."""
        body = msgspec.json.encode(paper)
        self._order(purpose, subject, copy)
        return lambda conn: spool.add_job(conn, role, purpose, subject, copy, at, body, customer)

    def _order(self, purpose: str, subject: int, copy: int) -> None:
        self._look_up()
        self._states[purpose, subject] = "queued"
        if purpose == "ticket":
            self._queued.setdefault(subject, []).append(copy)

    def _look_up(self) -> None:
        """What waits, from the disk: at the start, and after a commit that failed took its orders and drops along."""
        if self._looked_up == self._ledger.reloads:
            return
        self._looked_up = self._ledger.reloads
        self._queued = {}
        for job in self._ledger.read_now(spool.waiting_jobs):
            if job.id not in self._unwritten:
                self._requeue(job)

    def _requeue(self, job: spool.Job) -> None:
        if job.purpose == "ticket":
            self._queued.setdefault(job.subject, []).append(job.copy)

    def _dequeue(self, document: int, copies: Sequence[int]) -> None:
        left = self._queued.get(document, [])
        for copy in copies:
            if copy in left:
                left.remove(copy)
        if not left:
            self._queued.pop(document, None)

    def wake(self) -> None:
        """Something was ordered, or the printer is back."""
        self._wake.set()

    @property
    def stand_ins(self) -> frozenset[str]:
        """Printers that print for another, and those."""
        return frozenset(self._fallback) | frozenset(self._fallback.values())

    def waiting_for(self, role: str) -> int:
        """Jobs that this printer has not been sent yet."""
        return sum(job.role == role for job in self._waiting)

    def trial_of(self, role: str) -> Trial | None:
        """The newest test page of a printer, of an earlier start too; None when there never was one."""
        if role not in self._trials:
            job = self._ledger.read_now(partial(spool.last_test, role=role))
            self._trials[role] = None if job is None else Trial(job.state, job.sent_at, job.device)
        return self._trials[role]

    def state_of(self, purpose: str, subject: int) -> str:
        """How far the newest paper of a document got: "" or a `spool.JobState`."""
        return self._states.get((purpose, subject), "")

    def waiting_copies(self, document: int) -> tuple[int, ...]:
        """Papers of a receipt that still wait: 0 is the original, n the n-th DUPLICATA."""
        self._look_up()
        waiting = list(self._queued.get(document, ()))
        for job in self._in_hand.values():
            if (job.purpose, job.subject) == ("ticket", document) and job.copy in waiting:
                waiting.remove(job.copy)
        return tuple(waiting)

    def drop(self, document: int, copies: tuple[int, ...]) -> Companion:
        """ "Sans reçu": the write that takes these of `waiting_copies` out of the queue."""
        self._dequeue(document, copies)
        self._states["ticket", document] = "dropped"
        self._count([job for job in self._waiting if not _is_paper(job, document, copies) or job.id in self._in_hand])
        kept, this = frozenset(self._in_hand), object()
        self._dropping[this] = self._ledger.reloads

        def drop(conn: Any) -> None:
            self._dropping.pop(this, None)
            spool.drop_waiting(conn, document, copies, kept)

        return drop

    @property
    def given_up_with_all(self) -> int:
        """Papers that "Tout abandonner" takes out of the queue: all but a Z that was never on paper."""
        return sum(not _is_first_z(job) for job in self._waiting)

    def drop_others(self) -> Companion:
        """ "Tout abandonner": the write that takes what is of no sale out of the queue."""
        gone = [
            job
            for job in self._waiting
            if job.purpose != "ticket" and not _is_first_z(job) and job.id not in self._in_hand
        ]
        ids, this = [job.id for job in gone], object()
        for job in gone:
            self._states[job.purpose, job.subject] = "dropped"
            if job.purpose == "test":
                self._trials[job.role] = Trial("dropped", job.sent_at, job.device)
        self._count([job for job in self._waiting if job.id not in ids])
        self._dropping[this] = self._ledger.reloads

        def drop(conn: Any) -> None:
            self._dropping.pop(this, None)
            spool.drop_queued(conn, ids)

        return drop

    def _is_dropping(self) -> bool:
        """A row that waits on the disk may be one that was given up: nothing is claimed until that is written."""
        return any(reloads == self._ledger.reloads for reloads in self._dropping.values())

    def confirm(self, job: spool.Job) -> None:
        """A person saw the paper."""
        self.doubts = [doubt for doubt in self.doubts if doubt.id != job.id]
        self._note(job, "confirmed")
        self._unwritten[job.id] = (job, "confirmed", "person")
        self.wake()

    def give_up(self, job: spool.Job) -> Companion:
        """The write that a copy is made of a doubtful paper, for the transaction that orders the copy."""
        self.doubts = [doubt for doubt in self.doubts if doubt.id != job.id]
        return partial(_set_state, job_id=job.id, state="uncertain", proof="copied")

    def waiting_documents(self) -> list[int]:
        """Documents whose receipts wait, oldest first."""
        self._look_up()
        return [document for document in self._queued if self.waiting_copies(document)]

    # --- printing -----------------------------------------------------------------------------------------------

    async def run(self, devices: Devices) -> None:
        """Print what waits, for ever. The outermost loop of papers: a defect of ours costs them a pause."""
        self._wake.set()
        try:
            async with asyncio.TaskGroup() as group:
                await self._look_for_ever(group, devices)
        finally:
            if self._retry is not None:
                self._retry.cancel()
                self._retry = None

    async def _look_for_ever(self, group: asyncio.TaskGroup, devices: Devices) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._begin(group, devices)
                self._defects.pop("", None)
            except DatabaseError as error:
                self._try_later(error)
            except Exception:
                log.exception("looking for papers that wait met a defect")
                await self._pause("")
                self.wake()

    async def _begin(self, group: asyncio.TaskGroup, devices: Devices) -> None:
        for role, jobs in (await self._waiting_jobs()).items():
            if role not in self._working:
                self._working[role] = group.create_task(self._work(role, devices, jobs), name=f"print {role}")

    def _try_later(self, error: BaseException) -> None:
        if not self._is_behind:
            log.error("the disk does not take how far a paper got: %s", error)
        self._is_behind = True
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.wake()

    async def _pause(self, what: str) -> None:
        """After a defect: 0.25, 0.5, ... seconds."""
        count = self._defects[what] = self._defects.get(what, 0) + 1
        await asyncio.sleep(min(PAUSE_S_MAX, FIRST_PAUSE_S * 2.0 ** min(count - 1, 10)))

    async def _work(self, role: str, devices: Devices, jobs: Sequence[spool.Job]) -> None:
        """One role's jobs; whatever was ordered meanwhile is looked at after."""
        try:
            if await self._print_waiting(devices, jobs):
                self._defects.pop(role, None)
            else:
                await self._pause(role)
            self.wake()
        except DatabaseError as error:
            self._try_later(error)
        finally:
            del self._working[role]

    async def _waiting_jobs(self) -> dict[str, list[spool.Job]]:
        """Everything that waits, by role. Raises DatabaseError."""
        await self._catch_up()
        rows: list[spool.Job] = await self._ledger.briefly(spool.waiting_jobs)
        rows = [job for job in rows if job.id not in self._unwritten]
        self._count(rows)
        by_role: dict[str, list[spool.Job]] = {}
        for job in rows:
            by_role.setdefault(job.role, []).append(job)
        return by_role

    async def _catch_up(self) -> None:
        """What became of papers, on the disk; later when it is read-only. Raises DatabaseError for any other reason."""
        try:
            await self._write_states()  # first: what is known now is no doubt of the last start
            if not self._recovered:
                await self._recover()
            self._is_behind = False
        except DatabaseError as error:
            if not self._is_read_only(error):
                raise
            self._try_later(error)

    def _is_read_only(self, error: Exception) -> bool:
        return "store.read_only" in (fault_code(error), self._ledger.disk_fault())

    async def _recover(self) -> None:
        uncertain = await self._ledger.read(spool.recover_jobs)
        self._recovered = True
        if uncertain:
            log.warning("%d papers were being printed at the stop; nobody knows whether they came out", uncertain)
        self.doubts = await self._ledger.read(spool.doubtful_jobs)
        for job in self.doubts:
            self._states.setdefault((job.purpose, job.subject), "uncertain")
        if self.doubts:
            with contained("asking about papers"):
                await self.on_doubt()

    async def _write_states(self) -> None:
        """What became of papers, on the disk; kept in memory until the disk takes it. One after the other, whoever
        asks: a paper that goes back to the queue is counted once."""
        async with self._writing:
            while self._unwritten:
                job_id, (job, state, proof) = next(iter(self._unwritten.items()))
                looked_up = self._looked_up
                await self._ledger.briefly(partial(_set_state, job_id=job_id, state=state, proof=proof))
                if state == "queued" and looked_up == self._looked_up:
                    self._requeue(job)
                if self._unwritten.get(job_id) == (job, state, proof):
                    del self._unwritten[job_id]

    async def _print_waiting(self, devices: Devices, jobs: Sequence[spool.Job]) -> bool:
        """False when a paper met a defect: it goes on waiting, and those behind it need not."""
        is_well = True
        for job in jobs:
            try:
                if not await self._print(devices, job):
                    break
            except DatabaseError:
                raise
            except Exception:
                log.exception("job %d (%s %d) met a defect; it waits", job.id, job.purpose, job.subject)
                is_well = False
        return is_well

    async def _print(self, devices: Devices, job: spool.Job) -> bool:
        """One job; False when nothing was sent and the queue must be looked at again."""
        role, printer = await self._printer_for(devices, job.role)
        paper = msgspec.json.decode(job.paper, type=Paper)
        rendered = await printer.render(paper if role == job.role else redirected(self._head, paper, job.role))
        if len(rendered.body) > SHORT_BYTES and printer.health.fault is FaultReason.PAPER_LOW:
            await asyncio.sleep(RETRY_S)
            return False
        if self._is_dropping():
            return False
        job = msgspec.structs.replace(job, sent_at=self._ledger.moment().at, device=_name_of(printer.health))
        claim = partial(
            spool.claim_job, job_id=job.id, at=job.sent_at, sent_to=role, device=job.device,
            profile=rendered.profile, body=rendered.body,
        )  # fmt: skip
        try:
            if not self._recovered:  # its row cannot be marked before those of the last start are
                return await self._print_provisional(printer, job, paper)
            if not await self._claim(job, claim):
                return True
        except DatabaseError as error:
            if not self._is_read_only(error):
                raise
            return await self._print_provisional(printer, job, paper)
        self._note(job, "sending")
        result = await self._send(printer, rendered, job)
        return await self._settle(job, result)

    async def _print_provisional(self, printer: Printer, job: spool.Job, paper: Paper) -> bool:
        """The disk is read-only: the paper says that its row does not know of it yet.

        Should the power fail before the disk is well again, the paper comes once more as it was ordered.
        """
        if job.id in self._unwritten:
            return True
        log.warning("job %d (%s %d) is printed and cannot be marked yet", job.id, job.purpose, job.subject)
        rendered = await printer.render(provisional(self._head, paper))
        self._in_hand[job.id] = job
        try:
            self._note(job, "sending")
            result = await self._send(printer, rendered, job)
            if result.outcome is PrintOutcome.NOTHING_SENT:
                self._note(job, "queued")
                return False
            if job.purpose == "ticket":
                self._dequeue(job.subject, (job.copy,))
            return await self._settle(job, result)
        finally:
            del self._in_hand[job.id]

    async def _claim(self, job: spool.Job, claim: Callable[[Any], bool]) -> bool:
        """Take the job out of the queue for good; False when somebody gave it up meanwhile."""
        self._look_up()
        self._in_hand[job.id] = job  # from here on "Sans reçu" comes too late
        try:
            is_ours = bool(await self._ledger.briefly(claim))
            if is_ours and job.purpose == "ticket":
                self._dequeue(job.subject, (job.copy,))
            return is_ours
        finally:
            del self._in_hand[job.id]

    async def _printer_for(self, devices: Devices, role: str) -> tuple[str, Printer]:
        """The role's printer when it is ready; after a while the one that stands in for it (feature H-10)."""
        other = self._fallback.get(role, "")
        if not other:
            return role, await _ready(devices, role)
        try:
            async with asyncio.timeout(self.fallback_after_s):
                return role, await _ready(devices, role)
        except TimeoutError:
            log.warning("%s is not ready; its papers go to %s", role, other)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(_ready(devices, role), name=f"wait for {role}")
            second = group.create_task(_ready(devices, other), name=f"wait for {other}")
            await asyncio.wait((first, second), return_when=asyncio.FIRST_COMPLETED)
            is_back = first.done()
            first.cancel()
            second.cancel()
        return (role, first.result()) if is_back else (other, second.result())

    async def _send(self, printer: Printer, rendered: Rendered, job: spool.Job) -> PrintResult:
        """Print, and let the row say `sent` when the printer takes its time to say more."""
        loop = asyncio.get_running_loop()
        timers: list[asyncio.TimerHandle] = []
        try:
            return await printer.print(
                rendered, job.id, lambda: timers.append(loop.call_later(SENT_AFTER_S, self._say_sent, job))
            )
        except Exception:  # a byte may have left: it is never sent again as an original
            log.exception("job %d: the driver met a defect", job.id)
            return PrintResult(PrintOutcome.UNCERTAIN, FaultReason.CRASHED)
        finally:
            for timer in timers:
                timer.cancel()

    def _say_sent(self, job: spool.Job) -> None:
        self._note(job, "sent")
        self._unwritten[job.id] = (job, "sent", "")
        self.wake()

    async def _settle(self, job: spool.Job, result: PrintResult) -> bool:
        """What the printer said, on the disk; False when nothing was sent."""
        state, proof = _STATES[result.outcome]
        self._note(job, state)
        self._unwritten[job.id] = (job, state, proof)
        if state == "uncertain":
            log.warning(
                "job %d (%s %d): unknown whether it came out: %s", job.id, job.purpose, job.subject, result.fault
            )
            self.doubts.append(msgspec.structs.replace(job, state="uncertain"))
        await self._catch_up()
        if state == "uncertain":
            with contained("asking about a paper"):
                await self.on_doubt()
        if state == "queued":
            return False
        self._count([waiting for waiting in self._waiting if waiting.id != job.id])
        return True

    def _note(self, job: spool.Job, state: spool.JobState) -> None:
        self._states[job.purpose, job.subject] = state
        if job.purpose == "test":
            self._trials[job.role] = Trial(state, job.sent_at, job.device)
        self._tell()

    def _count(self, waiting: list[spool.Job]) -> None:
        before, self._waiting = self._waiting, waiting
        if len(waiting) != len(before):
            self._tell()

    def _tell(self) -> None:
        """Papers go on, whatever happens to those who watch them."""
        with contained("showing how far a paper is"):
            self.on_change()


_STATES: dict[PrintOutcome, tuple[spool.JobState, spool.Proof]] = {
    PrintOutcome.CONFIRMED: ("confirmed", "printer"),
    PrintOutcome.ASSUMED: ("confirmed", "assumed"),
    PrintOutcome.NOTHING_SENT: ("queued", ""),
    PrintOutcome.UNCERTAIN: ("uncertain", ""),
}


def _is_first_z(job: spool.Job) -> bool:
    """The Z itself, not a DUPLICATA: it is kept until it is on paper."""
    return job.purpose == "z" and job.copy == 0


def _is_paper(job: spool.Job, document: int, copies: Sequence[int]) -> bool:
    return (job.purpose, job.subject) == ("ticket", document) and job.copy in copies


def _set_state(conn: Any, job_id: int, state: spool.JobState, proof: spool.Proof) -> None:
    spool.set_state(conn, job_id, state, proof)


async def _ready(devices: Devices, role: str) -> Printer:
    """The role's printer when it may start a job, whichever it is by then: roles change hands while papers wait."""
    while True:
        printer = devices.printer(role)
        await printer.ready()
        if devices.printer(role) is printer:
            return printer


async def _nobody() -> None:
    """Nobody listens yet."""


def _name_of(health: Health) -> str:
    return " ".join(word for word in (health.model, health.serial) if word)
