"""Plays a day: the daemon's own core and store on a clock that the day moves; hides the event loop, lives and faults.

Nothing is replaced but the world outside: the clock stands still until the day moves it, and what would reach the
drawer and the printer is counted. The loop's timers follow the day's clock, so "Annuler" is over after six seconds of
the day however fast it is played. Acts take no time; only hours, `wait` and `fault` do.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import GeneratorType
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from appliance.clock import Clock, ManualClock
from appliance.config import Config
from appliance.daemon.alone import alone
from appliance.daemon.lifecycle import Daemon
from appliance.domain import effect as e
from appliance.domain.catalog import Product
from appliance.domain.errors import BrokenJournal
from appliance.domain.journal import SessionClosed, SessionOpened
from appliance.domain.state import TillState
from appliance.domain.ticket import price
from appliance.play import customers as customers  # registers its forms
from appliance.play import expects
from appliance.play import totals as t
from appliance.play.acts import NOTATION
from appliance.play.notation import Act, DayFault, Unfit
from appliance.play.steps import Kill, RefuseWrites, Scan, SendAgain, SetClock, StartDate, Step, Terminal, Wait
from appliance.play.terminal import REASONS, DayTerminal, OnlyTerminal
from appliance.protocol.message import Answer, Order
from appliance.service.ledger import PROBE_S, StoreFault
from appliance.service.till import Till
from appliance.store import journal as store

PLUG_DELAY: Final = timedelta(milliseconds=100)
"""A basket's changes are on the disk within this time; `fault kill` waits for it, `fault kill now` does not."""
MEMORY_BYTES_MIN: Final = 256 * 1024 * 1024
TURNS_MAX: Final = 200
"""Turns of the loop in which a conversation with the terminal comes as far as it goes."""
STORE_FAULTS: Final = {"disk-full": "database or disk is full", "read-only": "attempt to write a readonly database"}


class DayLoop(asyncio.SelectorEventLoop):
    """An event loop whose timers follow the day's clock."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        super().__init__()

    def time(self) -> float:
        return self._clock.monotonic_ns() / 1e9

    def timers(self) -> list[asyncio.TimerHandle]:
        """What still waits for its time."""
        return [timer for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]

    def next_timer(self) -> timedelta | None:
        """How long until the next timer; None when there is none."""
        timers = self.timers()
        if not timers:
            return None
        left = min(timer.when() for timer in timers) - self.time()
        return timedelta(microseconds=max(0, int(left * 1e6) + 1))

    def forget_timers(self) -> None:
        for timer in self.timers():
            timer.cancel()


class Deeds(msgspec.Struct):
    """What was done in the world, after its commit."""

    drawer_pulses: int = 0
    receipts: int = 0
    reports: int = 0


class Life(Daemon):
    """The daemon without its socket and devices, from a start to the plug or the end of the day."""

    def __init__(self, config: Config, clock: Clock, deeds: Deeds) -> None:
        super().__init__(config, clock)
        self._deeds = deeds
        self._talking: asyncio.Task[None] | None = None

    def meet(self, till: Till, terminal: DayTerminal) -> None:
        """A card terminal stands beside the till from now on."""
        self.terminal.expect()
        devices: Any = OnlyTerminal(terminal)
        self._talking = asyncio.get_running_loop().create_task(self.terminal.run(till, devices), name="card terminal")

    async def hear(self) -> None:
        """What the terminal has to say was said, as far as it goes by itself."""
        for _ in range(TURNS_MAX):
            await asyncio.sleep(0)
            if self._talking is None or self.terminal.at_rest:
                return
            if self._talking.done():
                self._talking.result()

    async def hang_up(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.gather(self._talking, return_exceptions=True)
            self._talking = None

    def _perform(self, effect: e.Effect) -> None:
        if isinstance(effect, e.KickDrawer):
            self._deeds.drawer_pulses += effect.reason != "count"
        elif isinstance(effect, e.Authorize):
            self.terminal.authorize(effect)
        elif isinstance(effect, e.PrintTicket | e.PrintWallet):
            self._deeds.receipts += 1
        else:
            self._deeds.reports += 1


class Player:
    """The state of a day being played. Acts and expectations read it; `play` writes it."""

    def __init__(self, config: Config, loop: DayLoop, clock: ManualClock) -> None:
        self._config, self._loop, self._clock = config, loop, clock
        self._zone = ZoneInfo(config.timezone)
        self._life: Life | None = None
        self._date = date.min
        self._first_seq = 0
        self._orders = 0
        self._order: Order | None = None
        self._waiting: Iterator[Step] | None = None
        self._refusals: list[t.Refused] = []
        self._kills = 0
        self.deeds = Deeds()
        self.terminal: DayTerminal | None = None
        """The card terminal that the day has put beside the till."""
        self.products: dict[str, Product] = {}
        self.line = 0
        self.refused = ""
        """Code of the newest act's refusal; "" when it was done."""
        self.last_z: SessionClosed | None = None

    @property
    def till(self) -> Till:
        return self._till

    async def play(self, acts: tuple[Act, ...]) -> t.DayTotals:
        """Every act in its turn. Raises DayFault and ExpectFailed."""
        try:
            for act in acts:
                self.line = act.line
                try:
                    await self._act(act)
                except Unfit as unfit:
                    raise DayFault(act.line, unfit.code, unfit.detail) from None
            return await self._add_up(len(acts))
        finally:
            await self._end()

    async def _act(self, act: Act) -> None:
        if act.at is not None:
            await self._move_to(datetime.combine(self._date, act.at, self._zone))
        if act.handler is None:
            return
        done = act.handler(self, **act.arguments)
        if isinstance(done, GeneratorType):
            before = self._waiting
            await self._drive(done)
            if self._waiting is before and not self.refused:
                self._waiting = None
            report = self.till.desk.report
            self.last_z = report if isinstance(report, SessionClosed) else self.last_z
        elif act.handler is expects.refused:
            self._refusals[-1].is_expected = True

    # --- steps --------------------------------------------------------------------------------------------------

    async def _drive(self, steps: Iterator[Step]) -> None:
        """An act's steps until one is refused or waits for a manager."""
        self.refused = ""
        for step in steps:
            self.refused = await self._step(step)
            if self.refused:
                self._refusals.append(t.Refused(self.line, self.refused))
                return
            if self.till.desk.sheet == "approval":
                self._waiting = steps
                return

    def approved(self) -> Iterator[Step]:
        """What is left of the act that waited for a manager."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            yield from waiting

    async def _step(self, step: Step) -> str:
        """Carry out one step; the code of its refusal, or ""."""
        match step:
            case Scan(code):
                return await self._watched(self.till.scan(code))
            case StartDate(day):
                await self._start_date(day)
            case Wait(span):
                await self._pass(span)
            case SetClock(at):
                self._clock.set_wall(datetime.combine(self._date, at, self._zone))
            case Kill(at_once):
                await self._kill(at_once)
            case RefuseWrites(why, on):
                await self._refuse_writes(why, on)
            case Terminal(what, reason):
                await self._set_terminal(what, reason)
            case SendAgain():
                return await self._watched(self.till.submit(self._order)) if self._order else ""
            case _:
                self._orders += 1
                self._order = Order(f"play-{self._first_seq}-{self._orders}", step)
                return await self._watched(self.till.submit(self._order))
        return ""

    async def _watched(self, doing: Any) -> str:
        """Await a deed; a refusal is its answer's code, or that of a warning it left on the bar."""
        before = self.till.desk.notices
        answer: Answer | None = await doing
        await self._life_now.hear()
        if answer is not None and not answer.ok:
            return answer.code
        for notice in self.till.desk.notices[:1]:
            if notice.level != "info" and not any(notice is old for old in before):
                return notice.code
        return ""

    async def _set_terminal(self, what: str, reason: str) -> None:
        """The terminal is put there, goes away, comes back, or is told what to do with the next card."""
        terminal = self.terminal
        if terminal is None:
            terminal = self.terminal = DayTerminal()
            self._life_now.meet(self.till, terminal)
        if what in ("away", "ready"):
            terminal.is_away = what == "away"
            self._life_now.terminal.ask_now()
        else:
            terminal.plan = what
            if reason:
                terminal.reason = REASONS[reason]
            if what in ("accept", "refuse", "abort"):
                terminal.settle_waiting()
        await self._life_now.hear()

    # --- time ---------------------------------------------------------------------------------------------------

    async def _start_date(self, day: date) -> None:
        if day <= self._date:
            raise Unfit("day.time_back", f"{day} does not follow {self._date}")
        self._date = day
        midnight = datetime.combine(day, time(), self._zone)
        if self._life is None:
            self._clock.set_wall(midnight)
            await self._be_born()
            self._first_seq = self._life_now.ledger.seq
        else:
            await self._move_to(midnight)

    async def _move_to(self, moment: datetime) -> None:
        step = moment.astimezone(UTC) - self._clock.now()
        if self._life is None:
            raise Unfit("day.no_date", "the date comes before the first hour")
        if step < timedelta(0):
            now = self._clock.now().astimezone(self._zone)
            raise Unfit("day.time_back", f"it is {now:%Y-%m-%d %H:%M:%S} already")
        if step:
            await self._pass(step)

    async def _pass(self, span: timedelta) -> None:
        """Time goes by; every timer runs when its time has come."""
        while (due := self._loop.next_timer()) is not None and due <= span:
            self._clock.advance(due)
            span -= due
            await self._come_to_rest()
        self._clock.advance(span)

    async def _come_to_rest(self) -> None:
        """Timers that are due have run, and what they began to write is on the disk."""
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await self._life_now.hear()
        ledger = self._life_now.ledger
        while not ledger.is_settled:
            try:
                await ledger.settle()
            except StoreFault:
                return
            await asyncio.sleep(0)

    # --- lives and faults ---------------------------------------------------------------------------------------

    @property
    def _life_now(self) -> Life:
        assert self._life is not None
        return self._life

    async def _be_born(self) -> None:
        life = Life(self._config, self._clock, self.deeds)
        try:
            self._till = await life.start()
        except BaseException:
            await life.ledger.abandon()
            raise
        self._life = life
        if self.terminal is not None:
            life.meet(self._till, self.terminal)
            await life.hear()

    async def _kill(self, at_once: bool) -> None:
        """What is on the disk at this moment is all that the next life finds: file and write-ahead log, bytewise."""
        if not at_once:
            await self._pass(PLUG_DELAY)
        await self._life_now.hang_up()
        self._loop.forget_timers()
        folder = Path(self._config.data_dir)
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            for name in ("till.db", "till.db-wal"):
                if (folder / name).exists():
                    shutil.copyfile(folder / name, Path(aside) / name)
            await self._life_now.ledger.abandon()
            for name in ("till.db", "till.db-wal", "till.db-shm"):
                (folder / name).unlink(missing_ok=True)
            for kept in Path(aside).iterdir():
                shutil.move(kept, folder / kept.name)
        self._kills += 1
        self._waiting = None
        await self._be_born()

    async def _refuse_writes(self, why: str, on: bool) -> None:
        """A fault begins, or ends and is given the time in which the till notices."""
        await self._pass(PLUG_DELAY)

        ledger = self._life_now.ledger
        ledger.read_now(lambda conn: refuse_writes(conn, STORE_FAULTS[why] if on else ""))
        if not on and ledger.fault:
            await self._pass(timedelta(seconds=PROBE_S + 1))

    async def _end(self) -> None:
        """The till goes down as it does on SIGTERM."""
        if self._life is None:
            return
        self._till.close()
        await self._life.hang_up()
        await self._refuse_writes("disk-full", False)
        await self._life.ledger.close()
        self._loop.forget_timers()

    # --- adding up ----------------------------------------------------------------------------------------------

    async def _add_up(self, acts: int) -> t.DayTotals:
        if self._life is None:
            raise DayFault(self.line, "day.no_date", "the first act says the date")
        await self._refuse_writes("disk-full", False)
        ledger, state = self._life.ledger, self.till.state
        await ledger.settle()
        sessions, parts = self._sessions(state)
        held = self.till.held_tickets()
        return t.DayTotals(
            **t.sums(parts),
            session=sessions[-1].session if sessions else 0,
            business_date=sessions[-1].business_date if sessions else self._date.isoformat(),
            currency=state.currency,
            sessions=tuple(sessions),
            drawer=sessions[-1].drawer if sessions else None,
            drawer_pulses=self.deeds.drawer_pulses,
            receipts=self.deeds.receipts,
            reports=self.deeds.reports,
            held=t.Counted(len(held), sum(price(ticket).total_minor for ticket in held)),
            acts=acts,
            kills=self._kills,
            refused=tuple(self._refusals),
            journal=ledger.read_now(lambda conn: check_journal(conn, state)),
            liability_minor=sum(wallet.holding.balance_minor for wallet in state.wallets.values()),
            perpetual_minor=state.perpetual_minor,
            perpetual_absolute_minor=state.perpetual_absolute_minor,
        )

    def _sessions(self, state: TillState) -> tuple[list[t.SessionSums], list[Any]]:
        """The sessions that were open at any time of the day, as their Z says or as they stand."""
        services: dict[int, int] = {}
        closings: list[SessionClosed] = []

        def job(conn: Any) -> None:
            for entry in store.read_entries(conn):
                if entry.kind == "SessionOpened":
                    opened = entry.fact
                    assert isinstance(opened, SessionOpened)
                    services[opened.session] = opened.service
                elif entry.kind == "SessionClosed" and entry.seq > self._first_seq:
                    closed = entry.fact
                    assert isinstance(closed, SessionClosed)
                    closings.append(closed)

        self._life_now.ledger.read_now(job)
        sessions = [t.closed_session(closed, services[closed.session]) for closed in closings]
        parts = [closed.totals for closed in closings]
        if state.session is not None:
            sessions.append(t.open_session(state))
            parts.append(state.session.totals)
        return sessions, parts


def refuse_writes(conn: Any, message: str) -> None:
    """SQLite refuses every new entry in its own words for such a disk, also after it was opened again; "" ends it."""
    for table, guard in (("journal", "1"), ("meta", "NEW.key = 'probe'")):
        conn.execute(f"DROP TRIGGER IF EXISTS played_fault_{table}")
        if message:
            conn.execute(
                f"CREATE TRIGGER played_fault_{table} BEFORE INSERT ON {table} WHEN {guard} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )


def check_journal(conn: Any, state: TillState) -> t.JournalCheck:
    """The chain from its first entry, and the state rebuilt from there against the one the till has."""
    try:
        entries = store.verify(conn)
        return t.JournalCheck(entries, True, store.rebuild_state(conn) == state)
    except BrokenJournal as broken:
        return t.JournalCheck(0, False, False, broken.seq)


def play_day(text: str, *, shop: Path | None = None, data_dir: Path | None = None) -> t.DayTotals:
    """Play a day written as docs/day.md says; its totals.

    `shop` is a folder of shop files, the demo shop when None. `data_dir` keeps the till's store and goes on with the
    one that is there; None is a fresh till that is thrown away. Raises DayFault (the day is written wrongly),
    ExpectFailed (the till says otherwise), Refusal (the shop's files), BrokenJournal. Not for use inside a running
    event loop.
    """
    acts = NOTATION.read(text)
    if shop is None:
        from appliance.demo.shop import FOLDER as shop
    with _folder(data_dir) as folder:
        config = Config(till="play", data_dir=folder, socket=f"{folder}/till.sock", shop=str(shop), lock_after_s=0)
        clock = ManualClock(datetime(1970, 1, 1, tzinfo=UTC))
        loop = DayLoop(clock)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(Player(config, loop, clock).play(acts))


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[str]:
    """The folder given, ours alone, or one that is thrown away: in memory where there is room for it."""
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        with alone(data_dir):
            yield str(data_dir)
        return
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES_MIN
    with tempfile.TemporaryDirectory(prefix="tillbox-day-", dir=memory if has_room else None) as folder:
        yield folder
