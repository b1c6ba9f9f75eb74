"""The single writer: facts go into the journal and the state through here, and through nothing else.

`do` decides and applies in memory at once; `settle` returns when everything decided so far is on the disk. Whoever
moves money, paper or the drawer settles first (durable before visible). Changes of a basket settle by themselves within
`BASKET_DELAY_S`. Several waiting orders share one transaction.

A transaction that raised is unknown: the database is opened again and asked. If the entries are there, all is well; if
not, the state is read back from the disk, the order is refused, and nothing was printed, opened or shown.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.clock import Clock
from appliance.domain import intent as i
from appliance.domain.errors import BrokenJournal, Refusal
from appliance.domain.errors import StoreLost as StoreLost
from appliance.domain.journal import DURABLE, ClockCorrected, Entry, canonical, chain
from appliance.domain.state import TillState, apply
from appliance.domain.till import Moment, Outcome, step
from appliance.store import journal as store
from appliance.store.database import Database, DatabaseError, OldSqlite, is_damaged

BASKET_DELAY_S: Final = 0.05
CROWD_NS: Final = 300_000
"""Orders that follow a commit within this time are let gather, so that they share the next one."""
SNAPSHOT_EVERY: Final = 500
RESERVE_BYTES: Final = 4 * 1024 * 1024
FREE_BYTES_MIN: Final = 1024 * 1024
REOPEN_ATTEMPTS: Final = 3
ROOM_NS: Final = 5_000_000_000
"""How long a disk that had room is taken to have it still, where a look now would keep a customer waiting."""
PROBE_S: Final = 2.0
"""How often a disk that refused is asked again."""

Companion = Callable[[Any], None]
"""A further write in the same transaction, given the connection."""

log = logging.getLogger(__name__)


class Rehearsal(msgspec.Struct, frozen=True, gc=False):
    """What one order would decide, if nothing else comes before it."""

    after: bytes
    """Hash of the newest entry then: it stands for everything that the decision rests on."""
    intent: i.Intent
    outcome: Outcome
    bodies: list[bytes]
    """The outcome's facts as they will be hashed and stored."""


class StoreFault(Refusal):
    """The disk refused: `store.full`, `store.read_only` or `store.failed`. The state is what the disk holds."""


class Ledger:
    """State, journal and the road between them. Use from one task at a time; `settle` may be awaited by many."""

    def __init__(self, database: Database, clock: Clock, local_now: Callable[[datetime], str]) -> None:
        self._database = database
        self._clock = clock
        self._local_now = local_now
        self._local_second = ("", "")
        self._folder = str(database.path.parent)
        self._reserve = str(database.path.parent / "reserve")
        self.state = TillState()
        self._head = store.Head("", 0, b"", "")
        self._pending: list[Entry] = []
        self._companions: list[Companion] = []
        self._presses = False
        """A companion is urgent."""
        self._urgent_seq = 0
        self._durable_seq = 0
        self._ahead = timedelta()
        """How far the books are ahead of a clock that went back."""
        self._flushing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last_flush_ns = 0
        self._since_snapshot = 0
        self._commits = 0
        self._reloads = 0
        self._probe: asyncio.TimerHandle | None = None
        self._rehearsal: Rehearsal | None = None
        self._idle_due = False
        self._room_seen_ns: int | None = None
        """When the disk was last seen to have room; None when it had none, or was not looked at."""
        self.on_idle: Callable[[], None] = lambda: None
        """A ticket is in hand, on the disk, and nobody waits for an answer: what comes next may be made ready."""
        self.on_durable: Callable[[], None] | None = None
        """Entries reached the disk: for who sends them on."""
        self.fault = ""
        """Code of the store fault that selling waits for; "" when the disk is well."""
        self.on_fault: Callable[[str], None] = lambda code: None
        self.on_lost: Callable[[], None] = lambda: None
        """The database cannot be read any more: the process must end and start again."""

    async def open(self, new_epoch: str) -> list[str]:
        """Read the state; returns the ids of recent orders. Raises BrokenJournal when the chain does not hold.

        A database needs some room even to be read: on a full disk it takes the reserve, and no money is taken then.
        """
        try:
            try:
                await self._database.open()
            except DatabaseError as error:
                if self.disk_fault() != "store.full" or not self.reserve().exists():
                    raise
                log.warning("the disk is full, the start takes the room set aside for the closing: %s", error)
                self.release_reserve()
                await self._database.open()
            return self._database.ask(lambda conn: self._load(conn, new_epoch))
        except DatabaseError as error:
            if is_damaged(error):
                raise BrokenJournal(0, str(error)) from error
            raise

    def _load(self, conn: Any, new_epoch: str) -> list[str]:
        self._head = store.read_head(conn, new_epoch)
        self.state = store.load_state(conn)
        self._durable_seq = self._head.seq
        self._urgent_seq = 0
        return store.recent_origins(conn)

    async def close(self) -> None:
        """Settle what is pending, keep a snapshot, close. A disk that refuses now is not asked twice."""
        try:
            await self.settle()
            await self._snapshot()
        except (StoreFault, StoreLost, *DatabaseError) as error:
            log.error("nothing more could be kept at the end: %s", error)
        finally:
            self._stop_probing()
            await self._database.close()

    async def abandon(self) -> None:
        """Close without writing: the process ends because something else failed."""
        self._stop_probing()
        self._take()
        with suppress(*DatabaseError):
            await self._database.close()

    @property
    def seq(self) -> int:
        """Number of the newest entry, durable or not."""
        return self._head.seq

    @property
    def durable_seq(self) -> int:
        """Number of the newest entry that is on the disk."""
        return self._durable_seq

    @property
    def epoch(self) -> str:
        return self._head.epoch

    @property
    def is_settled(self) -> bool:
        return self._durable_seq >= self._head.seq and self._flushing is None

    @property
    def is_urgent(self) -> bool:
        """Something that must be durable before it is seen waits for its commit."""
        return self._presses or self._urgent_seq > self._durable_seq

    # --- deciding -----------------------------------------------------------------------------------------------

    def moment(self) -> Moment:
        """Now, and who stands at the till."""
        now = self._now()
        at = stamp(now)
        if at[:19] != self._local_second[0]:
            self._local_second = (at[:19], self._local_now(now))
        return Moment(at, self._local_second[1], self.state.seller)

    def _now(self) -> datetime:
        """A clock that went back behind the newest entry is followed at its own pace from there, until it has caught
        up."""
        now = self._clock.now()
        if self._ahead:
            if stamp(now) >= self._head.at:
                self._ahead = timedelta()
            now += self._ahead
        return now

    def rehearse(self, intent: i.Intent) -> None:
        """Decide ahead what will most likely be asked next, changing nothing; `do` then only has to link it.

        For intents whose facts do not say when they were decided. What is refused now is decided when it is asked.
        """
        if self._knows(intent) is not None:
            return
        try:
            outcome = step(self.state, intent, self.moment())
        except Refusal:
            return
        self._rehearsal = Rehearsal(self._head.hash, intent, outcome, [canonical(fact) for fact in outcome.facts])

    def _knows(self, intent: i.Intent) -> Rehearsal | None:
        known = self._rehearsal
        return known if known is not None and known.after == self._head.hash and known.intent == intent else None

    def check(self, intent: i.Intent) -> None:
        """Raises Refusal when `do` would, changing nothing: for an order of several decisions, before the first."""
        step(self.state, intent, self.moment())

    def do(self, intent: i.Intent, origin: str = "", moment: Moment | None = None) -> Outcome:
        """Decide and apply. Raises Refusal with nothing changed. Not durable before `settle`."""
        known = self._knows(intent)
        if known is not None:
            outcome, bodies = known.outcome, known.bodies
            at, actor = (stamp(self._now()), self.state.seller) if moment is None else (moment.at, moment.actor)
        else:
            moment = moment or self.moment()
            outcome, bodies = step(self.state, intent, moment), None
            at, actor = moment.at, moment.actor
        facts, head = outcome.facts, self._head
        if not facts:
            return outcome
        if at < head.at:
            facts, bodies = [ClockCorrected(_seconds(at, head.at)), *facts], None
            self._ahead += datetime.fromisoformat(head.at) - datetime.fromisoformat(at)
            at = head.at
        entries = chain(
            facts, seq=head.seq, prev_hash=head.hash, epoch=head.epoch, at=at, actor=actor, origin=origin, bodies=bodies
        )
        state = self.state
        for entry, fact in zip(entries, facts, strict=True):
            apply(state, fact, at, actor)
            if type(fact) in DURABLE:
                self._urgent_seq = entry.seq
        last = entries[-1]
        self._head = store.Head(head.epoch, last.seq, last.hash, at)
        self._pending += entries
        return outcome

    def also(self, companion: Companion, *, urgent: bool = False) -> None:
        """Write this too, in the transaction of what was just decided. `urgent`: before it is seen, also alone."""
        self._companions.append(companion)
        self._presses = self._presses or urgent

    # --- settling -----------------------------------------------------------------------------------------------

    def settle_soon(self) -> None:
        """Let the basket's changes become durable by themselves."""
        if (self._pending or self._companions) and self._timer is None and self._flushing is None:
            self._timer = asyncio.get_running_loop().call_later(BASKET_DELAY_S, self._start_flush)

    @property
    def reloads(self) -> int:
        """How often a failed commit made the state be read back from the disk."""
        return self._reloads

    def settle_at_once(self) -> bool:
        """Make everything decided so far durable without waiting, where the disk is quick; False: `settle` must wait.

        Orders that follow a commit closely are let gather instead, so that they share the next one.
        """
        if self._durable_seq >= self._head.seq and not self._companions:
            return True
        return self._clock.monotonic_ns() - self._last_flush_ns >= CROWD_NS and self._commit_in_place()

    def _commit_in_place(self) -> bool:
        if self._flushing is not None or not self._database.may_run_in_place:
            return False
        entries, companions = self._take()
        try:
            self._database.run_in_place(lambda conn: write(conn, entries, companions))
        except DatabaseError as error:
            self._watch(self._recover(entries, error))
            return False
        except Exception as error:  # whoever writes along has a defect: its facts may not vanish in silence
            log.exception("a defect in what is written with entries %s", _range(entries))
            self._watch(self._recover(entries, error))
            return False
        self._flushed(entries)
        return True

    async def settle(self, reloads: int | None = None) -> None:
        """Return when everything decided so far is durable. Raises StoreFault when the disk refused it.

        `reloads` as it was when the caller decided: a commit that failed since took its facts along.
        """
        reloads = self._reloads if reloads is None else reloads
        target, companions = self._head.seq, self._companions
        without_entries = bool(companions) and self._durable_seq >= target
        if not self.is_settled:
            await asyncio.sleep(0)  # what is decided in the same turn of the loop shares the commit
        self._check_still_there(reloads)
        while self._durable_seq < target or (companions and companions is self._companions):
            if self._commit_in_place():
                return
            if self._flushing is None:
                self._start_flush()
            if self._flushing is None:
                raise StoreLost("what was decided can neither be written nor looked up")
            if self._flushing.done():  # `_end_flush` has its turn next; to wait for what is done gives nobody a turn
                await asyncio.sleep(0)
            else:
                await asyncio.shield(self._flushing)
            self._check_still_there(reloads)
        if without_entries and self._flushing is not None:
            await asyncio.shield(self._flushing)
            self._check_still_there(reloads)

    def _check_still_there(self, reloads: int) -> None:
        if self._reloads != reloads:
            raise StoreFault(self.fault or "store.failed")

    def _take(self) -> tuple[list[Entry], list[Companion]]:
        taken = self._pending, self._companions
        self._pending, self._companions, self._presses = [], [], False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return taken

    def _start_flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (self._pending or self._companions) and self._flushing is None:
            self._watch(self._flush(*self._take()))

    def _watch(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        """Run the one flush of the moment as a task; it ends even when nobody waits for it any more."""
        task = asyncio.get_running_loop().create_task(work, name="ledger.flush")
        self._flushing = task
        task.add_done_callback(self._end_flush)
        return task

    def _end_flush(self, task: asyncio.Task[None]) -> None:
        self._flushing = None
        if task.cancelled() or task.exception() is not None:
            return
        self.settle_soon()

    async def _flush(self, entries: list[Entry], companions: list[Companion]) -> None:
        try:
            await self._database.run(lambda conn: write(conn, entries, companions))
        except DatabaseError as error:
            await self._recover(entries, error)
        except Exception as error:
            log.exception("a defect in what is written with entries %s", _range(entries))
            await self._recover(entries, error)
        else:
            self._flushed(entries)

    def _flushed(self, entries: list[Entry]) -> None:
        self._last_flush_ns = self._clock.monotonic_ns()
        self._since_snapshot += len(entries)
        self._commits += 1
        if entries:
            self._durable_seq = max(self._durable_seq, entries[-1].seq)
            if self.on_durable is not None:
                self.on_durable()
        if self.fault:
            self._well_again()
        if self.state.current and not self._idle_due:
            self._idle_due = True
            asyncio.get_running_loop().call_soon(self._idle)

    def _idle(self) -> None:
        self._idle_due = False
        if self._durable_seq >= self._head.seq and not self.fault:
            self.on_idle()

    # --- faults -------------------------------------------------------------------------------------------------

    async def _recover(self, entries: list[Entry], error: Exception) -> None:
        """The commit is unknown: open again and look. Raises StoreFault when the entries are not there.

        What was decided meanwhile stands on those entries: it stays when they are there and goes when they are not.
        """
        code = fault_code(error)
        log.error("commit of entries %s failed: %s; opening the database again", _range(entries), error)
        await self._reopen()
        if entries and await self._holds(entries[-1]):
            log.warning("entries %s are there after all", _range(entries))
            self._flushed(entries)
            return
        self._take()
        self._room_seen_ns = None
        self._reloads += 1
        try:
            self._database.ask(lambda conn: self._load(conn, self._head.epoch))
        except (BrokenJournal, *DatabaseError) as worse:
            raise self._lost(worse) from worse
        code = self.fault = self._named(code)
        self._probe_later()
        self.on_fault(code)
        raise StoreFault(code)

    async def _holds(self, entry: Entry) -> bool:
        """Whether an entry is on the disk, not only in the system's memory: a sync that failed once may claim success
        the next time (Rebello et al., ATC 2020), so the pages are written anew. Raises StoreLost."""
        try:
            found = self._database.ask(lambda conn: store.holds(conn, entry))
            if found:
                self._database.ask(store.write_through)
        except DatabaseError as error:
            raise self._lost(error) from error
        return found

    def _named(self, code: str) -> str:
        """What the disk has, asked once more: a write to a read-only disk may end in a mere I/O error."""
        if code != "store.failed":
            return code
        try:
            self._database.ask(store.try_write)
        except DatabaseError as error:
            return fault_code(error)
        return code

    async def _reopen(self) -> None:
        """Raises StoreLost when the file cannot even be read: then nothing is known, and the process must end."""
        for attempt in range(REOPEN_ATTEMPTS):
            try:
                with suppress(*DatabaseError):
                    await self._database.close()
                await self._database.open()
                return
            except DatabaseError as error:
                if attempt + 1 == REOPEN_ATTEMPTS:
                    raise self._lost(error) from error

    def _lost(self, error: Exception) -> StoreLost:
        log.critical("the database cannot be opened again: %s", error)
        self.on_lost()
        return StoreLost(str(error))

    def _probe_later(self) -> None:
        """Look every few seconds whether the disk is well again; selling then goes on by itself."""
        self._stop_probing()
        self._probe = asyncio.get_running_loop().call_later(PROBE_S, self._start_probe)

    def _stop_probing(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None

    def _start_probe(self) -> None:
        self._probe = None
        if self._flushing is None:
            self._watch(self._try_disk())
        else:
            self._probe_later()

    async def _try_disk(self) -> None:
        """One write that changes nothing; a file that was opened while the disk was read-only is opened again."""
        if not self.fault:
            return
        try:
            self._check_disk()
            await self._reopen()
            self._database.ask(store.try_write)
        except (StoreFault, StoreLost, *DatabaseError) as error:
            log.info("the disk still refuses: %s", error)
            self._probe_later()
        else:
            self._well_again()

    def _well_again(self) -> None:
        self._stop_probing()
        self.fault = ""
        self.on_fault("")

    async def tidy(self) -> None:
        """What an idle till does once a minute: the log goes home, and the state is kept now and then."""
        if not self._commits or not self.is_settled or self.fault:
            return
        self._commits = 0
        try:
            await self._database.bring_home()
        except DatabaseError as error:
            log.error("the log stays where it is: %s", error)
        await self.snapshot_if_due()

    async def write_ahead(self) -> None:
        """Make room for the commits to come; see `Database.write_ahead`."""
        try:
            await self._database.write_ahead()
        except DatabaseError as error:
            log.error("the log is not written ahead, sales take a little longer: %s", error)

    async def snapshot_if_due(self) -> None:
        """Keep the state from time to time so that a start has little to replay; call it when the till is idle."""
        if self._since_snapshot < SNAPSHOT_EVERY or not self.is_settled or self.fault:
            return
        try:
            await self._snapshot()
        except DatabaseError as error:
            log.error("no snapshot kept, a start will take longer: %s", error)

    async def _snapshot(self) -> None:
        if self.fault:
            return
        self._since_snapshot = 0
        state, seq = store.encode_state(self.state), self._head.seq
        await self._database.run(lambda conn: store.save_snapshot(conn, seq, state))

    def check_room(self, *, lately: bool = False) -> None:
        """Refuse before the money when the disk cannot take a sale. Raises StoreFault.

        `lately`: having seen room within `ROOM_S` is enough. A disk that has filled since refuses the commit itself.
        """
        if self.fault:
            raise StoreFault(self.fault)
        seen_ns = self._room_seen_ns
        if not lately or seen_ns is None or self._clock.monotonic_ns() - seen_ns > ROOM_NS:
            self._check_disk()

    def disk_fault(self) -> str:
        """What keeps the disk from taking a sale, "" for nothing."""
        try:
            self._check_disk()
        except StoreFault as fault:
            return fault.code
        return ""

    def free_mb(self) -> int:
        """Room on the disk."""
        usage = os.statvfs(self._folder)
        return usage.f_bavail * usage.f_frsize // 1_000_000

    def look_at_disk(self) -> None:
        """For an idle till: look ahead of the next `check_room`."""
        with suppress(StoreFault):
            self._check_disk()

    def _check_disk(self) -> None:
        self._room_seen_ns = None
        usage = os.statvfs(self._folder)
        if usage.f_flag & os.ST_RDONLY:
            raise StoreFault("store.read_only")
        free = usage.f_bavail * usage.f_frsize
        if free < FREE_BYTES_MIN or (free < FREE_BYTES_MIN + RESERVE_BYTES and not os.path.exists(self._reserve)):
            raise StoreFault("store.full")
        self._room_seen_ns = self._clock.monotonic_ns()

    def reserve(self) -> Path:
        return Path(self._reserve)

    def keep_reserve(self) -> None:
        """Set room aside that only the closing of the day may use."""
        path = self.reserve()
        if path.exists() or shutil.disk_usage(path.parent).free < 2 * RESERVE_BYTES:
            return
        try:
            with path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError as error:
            log.error("no room set aside for the closing: %s", error)
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def make_room(self) -> None:
        """The day is about to be closed: on a full disk this takes the reserve, from the manager's approval on."""
        try:
            self.check_room()
        except StoreFault:
            self.release_reserve()

    def release_reserve(self) -> None:
        """The day is being closed: its reserve is for this."""
        try:
            self.reserve().unlink(missing_ok=True)
        except OSError as error:
            log.error("the room set aside for the closing stays taken: %s", error)

    async def read(self, job: Callable[[Any], Any]) -> Any:
        """Ask the database something on its thread."""
        return await self._database.run(job)

    async def briefly(self, job: Callable[[Any], Any]) -> Any:
        """A short question or transaction: at once on a quick disk, else on the database's thread."""
        if self._flushing is None and self._database.may_run_in_place:
            return self._database.run_in_place(job)
        return await self._database.run(job)

    def read_now(self, job: Callable[[Any], Any]) -> Any:
        """Ask the database something small at once. Raises StoreFault while it is opened again and cannot be read."""
        try:
            return self._database.ask(job)
        except (FileNotFoundError, OldSqlite) as error:
            raise StoreFault(self.fault or "store.failed") from error

    async def rewrite(self, job: Callable[[Any], Any]) -> Any:
        """A long transaction that changes nothing one reads: for an idle till, while its disk is well."""
        self.check_room()
        return await self._database.rewrite(job)


def write(conn: Any, entries: list[Entry], companions: list[Companion]) -> None:
    """Entries and their companions in one transaction."""
    if not companions:
        store.append(conn, entries)
        return
    conn.execute("BEGIN IMMEDIATE")
    try:
        for companion in companions:
            companion(conn)
        store.insert(conn, entries)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def fault_code(error: Exception) -> str:
    """What a database error means for the person at the till."""
    text = str(error).lower()
    if "full" in text:
        return "store.full"
    if "readonly" in text or "read-only" in text:
        return "store.read_only"
    return "store.failed"


def stamp(now: datetime) -> str:
    """UTC with milliseconds, sortable as text."""
    utc = now if now.tzinfo is UTC else now.astimezone(UTC)
    return utc.isoformat("T", "milliseconds")[:-6] + "Z"


def _seconds(earlier: str, later: str) -> int:
    return int((datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds())


def _range(entries: list[Entry]) -> str:
    return f"{entries[0].seq}..{entries[-1].seq}" if entries else "none"
