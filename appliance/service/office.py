"""The till towards its head office: what it has to send, what it was told, and the wallets that it shares.

The link itself is `sync/`, which this module knows only as a `Line` to ask through; what arrives there is handed in
here (`linked`, `acked`, `granted`, ...). Nothing here waits for the network: a question is asked, and whoever is still
interested when the answer comes goes on. A till that belongs to no head office has none of it (`Till.office` is None).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from appliance import __version__
from appliance.domain import intent as i
from appliance.domain.errors import Refusal
from appliance.domain.journal import Entry, WalletsFenced
from appliance.domain.wallet import Holding
from appliance.domain.wallet import need as target_of
from appliance.protocol import command as c
from appliance.protocol import wire
from appliance.service import office_feed, wallets
from appliance.service.ledger import stamp
from appliance.store import cursor as store
from appliance.store import journal
from appliance.store.cursor import Cursor, KnownWallet, SetAside

if TYPE_CHECKING:
    from appliance.service.till import Till

GRACE_S: Final = 1.0
"""A link that is back within that was never lost for whoever sells."""
QUIET_S: Final = 120.0
"""Linked, and no word from head office for so long: it is not there."""
LONG_S: Final = 24 * 3600
KEEP_NS: Final = 1_000_000_000
"""The cursor is put on the disk so often; one that is behind costs time only."""
WANTED_MINOR: Final = 100_000
"""Rights that are asked for when a customer is identified: what a purchase may come to."""
ANSWER_S: Final = 1.5
IDLE_S: Final = 0.005
SHOWN_S: Final = 0.2
SPENDING: Final = (i.CancelCredit, i.RequestCardCancel, i.RefundBalance, i.AdjustWallet, i.TransferWallet)
"""Decisions that take money off a wallet, beside its tender."""
STRIP_MAX: Final = 200
CONNECTIONS: Final = 1_000_000
"""Numbers of connections that one start takes for itself."""

log = logging.getLogger(__name__)


class Line(Protocol):
    """The link, as far as the till asks something of it."""

    async def need(self, customer: str, target_minor: int, held: Holding, seq: int) -> bool: ...

    async def ask_time(self) -> None: ...

    def more(self) -> None: ...

    def changed(self) -> None: ...

    def hurry(self) -> None: ...

    async def resend(self, seq: int) -> bool: ...


class Question(msgspec.Struct):
    """A wallet does not suffice here: head office was asked, and somebody may be waiting."""

    customer: str
    ticket: int
    amount_minor: int | None
    """What the wallet was to pay; None: all that remains."""
    is_open: bool = True
    """No answer yet, and not long enough to go without one."""
    free_before_minor: int = 0


class Office:
    """What the till knows of its head office, and does with what it says."""

    def __init__(self, till: Till, chain: str, member: str) -> None:
        self._till = till
        self.chain = chain
        self.member = member
        """Id of this till there."""
        self.line: Line | None = None
        self.is_online = False
        self.reason = ""
        self.since = stamp(till.clock.now())
        """UTC, of the newest change."""
        self.heard_at = ""
        self._heard_ns: int | None = None
        self._is_linked = False
        self._is_due = False
        self.refused = ""
        self.strip: list[tuple[str, bool]] = []
        """(UTC, online) of each change since the start."""
        self.round_trip_ms = self.offset_ms = 0
        self.sent_while_away = 0
        self.question: Question | None = None
        self.asked_at = ""
        self.warnings: dict[str, int] = {}
        self.boot = ""
        self._connection = 0
        self.config_there = 0
        """Newest version of the settings that head office wants here."""
        self.certificate_ends = ""
        read = till.ledger.read_now
        self.cursor: Cursor = read(store.taken)
        self.aside: list[SetAside] = read(store.set_aside)
        self.feeds_applied: dict[str, int] = read(store.feeds)
        self.heads: dict[str, int] = {}
        self._lease_until = read(lambda conn: store.note(conn, "lease.until"))
        self._lease_seen = read(lambda conn: store.note(conn, "lease.seen"))
        self._lease_ends_ns: int | None = None
        self._known: dict[str, KnownWallet | None] = {}
        self._kept_ns = 0
        self.refused_entries: dict[int, Entry] = {}
        """What was set aside, as the journal has it; read for the screen."""
        till.ledger.on_durable = self._more

    # --- the journal --------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> str:
        return self._till.ledger.epoch

    @property
    def durable_seq(self) -> int:
        return self._till.ledger.durable_seq

    @property
    def waiting(self) -> int:
        """Sales and movements of wallets that head office does not have yet."""
        return max(0, self._till.state.next_document - 1 - self.cursor.document)

    async def entries(self, after: int, limit: int) -> list[Entry]:
        """The next entries, once nobody at the till waits for the disk."""
        ledger, upto = self._till.ledger, min(after + limit, self.durable_seq)
        while ledger.is_urgent:  # noqa: ASYNC110  nothing says so, and nothing here is in a hurry
            await asyncio.sleep(IDLE_S)
        found: list[Entry] = await ledger.read(lambda conn: list(journal.read_entries(conn, after, upto)))
        return found

    async def link(self, seq: int) -> str:
        found = await self._till.ledger.read(lambda conn: store.link(conn, seq))
        return str(found)

    async def document_upto(self, seq: int) -> int:
        found = await self._till.ledger.read(lambda conn: store.last_document(conn, seq))
        return int(found)

    def _more(self) -> None:
        if self.line is not None:
            self.line.more()

    def acked(self, cursor: Cursor) -> None:
        """Head office has everything up to there."""
        self.cursor = cursor
        now_ns = self._till.clock.monotonic_ns()
        if now_ns - self._kept_ns > KEEP_NS:
            self._kept_ns = now_ns
            self._till.later("office cursor", KEEP_NS / 1e9, self._keep)
        if not self.waiting and self.sent_while_away:
            count, self.sent_while_away = self.sent_while_away, 0
            self._till.desk.hush("office")
            self._till.desk.say("offline.sent", source="office", count=count)
            self._till.fold_messages()
        self._show_soon()

    def _keep(self) -> None:
        cursor, until, seen = self.cursor, self._lease_until, self._lease_seen
        self._till.chore(self._write(lambda conn: _keep_all(conn, cursor, until, seen)))

    async def end(self) -> None:
        """The till stops: what was acknowledged is kept, so that little is sent twice."""
        self.line = None
        self._till.ledger.on_durable = None
        cursor, until, seen = self.cursor, self._lease_until, self._lease_seen
        await self._write(lambda conn: _keep_all(conn, cursor, until, seen))

    async def _write(self, job: Callable[[Any], None]) -> None:
        """Something small of our own; a disk that refuses costs it, and it is made up for later."""
        if self._till.ledger.fault:
            return
        await self._till.ledger.read(lambda conn: _in_transaction(conn, job))

    def stopped(self, code: str) -> None:
        """Head office takes nothing more of this journal."""
        self.refused = code
        self._till.desk.say("sync.stopped", "error", source="office.stopped", reason=f"sync.reason.{code}")
        self._till.changed()

    async def set_aside(self, message: wire.SetAside) -> None:
        if message.epoch != self.epoch:
            return
        if message.cleared:
            await self._write(lambda conn: store.clear_aside(conn, message.seq))
        else:
            row = SetAside(message.seq, message.code, message.kind, stamp(self._till.clock.now()))
            await self._write(lambda conn: store.put_aside(conn, row))
        self.aside = await self._till.ledger.read(store.set_aside)
        if self.aside:
            self._till.desk.say(
                "sync.refused", "warn", actions=("details",), source="office.aside", count=len(self.aside)
            )
        else:
            self._till.desk.hush("office.aside")
        await self.read_refused()

    async def read_refused(self) -> None:
        """For the screen: what those entries are."""
        seqs = [row.seq for row in self.aside]
        found = await self._till.ledger.read(lambda conn: [each for seq in seqs for each in _one(conn, seq)])
        self.refused_entries = {entry.seq: entry for entry in found}
        self._till.changed()

    # --- being there --------------------------------------------------------------------------------------------

    def linked(self, is_linked: bool, reason: str) -> None:
        """There is a link to the broker, or none any more."""
        self._is_linked = is_linked
        if is_linked:
            self._till.cancel("office away")
        else:
            self._till.later("office away", GRACE_S, lambda: self._go_away(reason))

    def office(self, is_there: bool) -> None:
        """Head office is behind the broker, or not."""
        if is_there:
            self.heard()
        else:
            self._go_away("office")

    def heard(self) -> None:
        """It said something just now."""
        self._heard_ns = self._till.clock.monotonic_ns()
        self.heard_at = stamp(self._till.clock.now())
        if not self.is_online:
            self._come_back()

    def timed(self, offset_ms: int, round_trip_ms: int) -> None:
        self.offset_ms, self.round_trip_ms = offset_ms, round_trip_ms
        self._show_soon()

    def look(self) -> None:
        """Once a minute: is it still there, and since when not."""
        now_ns = self._till.clock.monotonic_ns()
        if self.is_online and self._heard_ns is not None and now_ns - self._heard_ns > QUIET_S * 1e9:
            self._go_away("silent")
        hours = self.hours_away()
        if hours >= 24:
            self._till.desk.say("offline.long", "warn", actions=("details",), source="office", hours=hours)

    def hours_away(self) -> int:
        return 0 if self.is_online else self._till.minutes_since(self._till.local_time(self.since)) // 60

    def _come_back(self) -> None:
        self._turn(True, "")
        self.sent_while_away = self.waiting
        self._till.desk.hush("office")
        self._till.changed()

    def _go_away(self, reason: str) -> None:
        self.reason = reason
        if not self.is_online and self.strip:
            self._show_soon()
            return
        self._turn(False, reason)
        self._till.desk.say(
            "offline.since", "warn", actions=("details",), source="office",
            since=self._till.local_time(self.since)[11:16], count=self.waiting,
        )  # fmt: skip
        self._till.fold_messages()
        self._till.changed()

    def _turn(self, is_online: bool, reason: str) -> None:
        self.is_online, self.reason, self.since = is_online, reason, stamp(self._till.clock.now())
        self.strip = [*self.strip[-STRIP_MAX:], (self.since, is_online)]
        if self.line is not None:
            self.line.changed()

    def _show_soon(self) -> None:
        """Figures that move many times a second are drawn a few times a second."""
        if not self._is_due:
            self._is_due = True
            self._till.later("office shown", SHOWN_S, self._shown)

    def _shown(self) -> None:
        self._is_due = False

    # --- wallets ------------------------------------------------------------------------------------------------

    def wanted_config(self, version: int) -> None:
        """That version of the settings is meant for this till."""
        self.config_there = version

    def lease(self, lease_s: int) -> None:
        """Rights may be spent for so long from now on; 0: without end. Counted on the boot clock, and on the disk so
        that a restart without contact counts on; a clock that was lost gives no lease."""
        now = self._till.clock.now()
        self._lease_seen = stamp(now)
        if lease_s:
            self._lease_ends_ns = self._till.clock.monotonic_ns() + lease_s * 1_000_000_000
            self._lease_until = _later(self._lease_seen, lease_s)
        else:
            self._lease_ends_ns, self._lease_until = None, ""

    def is_leased(self) -> bool:
        """Whether rights may be spent now."""
        if self._lease_ends_ns is not None:
            return self._till.clock.monotonic_ns() < self._lease_ends_ns
        now = stamp(self._till.clock.now())
        return not self._lease_until or self._lease_seen <= now < self._lease_until

    def check(self, intent: i.Intent) -> None:
        """Before money comes off a wallet. Refusal `wallet.suspended`."""
        spends = isinstance(intent, SPENDING) or (isinstance(intent, i.Tend) and intent.mode.kind == "wallet")
        if spends and not self.is_leased():
            raise Refusal("wallet.suspended", count=max(1, self.hours_away() // 24))

    def known(self, customer: str) -> KnownWallet | None:
        """What head office said last of this wallet."""
        if customer not in self._known:
            self._known[customer] = self._till.ledger.read_now(lambda conn: store.known_wallet(conn, customer))
        return self._known[customer]

    def identified(self, customer: str) -> None:
        """Somebody is there: what is theirs is asked for before it is needed."""
        if customer and self.is_online:
            self._till.chore(self._ask(customer, WANTED_MINOR))

    def question_for(self, customer: str, ticket: int, amount_minor: int | None, wanted_minor: int) -> None:
        """The wallet does not suffice here: head office is asked, for `ANSWER_S` at most."""
        free = self._till.state.available(customer).total_minor
        self.question = Question(customer, ticket, amount_minor, self.is_online, free_before_minor=free)
        self.asked_at = stamp(self._till.clock.now())
        if self.is_online:
            self._till.chore(self._ask(customer, max(wanted_minor, WANTED_MINOR)))
            self._till.later("wallet question", ANSWER_S, self._give_up)

    def is_asking(self, customer: str) -> bool:
        return self.question is not None and self.question.is_open and self.question.customer == customer

    def _give_up(self) -> None:
        if self.question is not None:
            self.question.is_open = False

    async def _ask(self, customer: str, wanted_minor: int) -> None:
        """What the till holds as its disk says, and how much it wants in all."""
        if self.line is None:
            return
        await self._till.ledger.settle()
        held = self._till.state.holding(customer)
        reserved_minor = self._till.state.reserved(customer).total_minor
        target_minor = target_of(held.rights, wanted_minor, reserved_minor)
        await self.line.need(customer, target_minor, held, self.durable_seq)

    async def granted(self, grant: wire.Grant) -> None:
        """Rights came; what waited for them goes on."""
        known = KnownWallet(grant.known_minor, grant.elsewhere_minor, grant.elsewhere, grant.since, self.heard_at)
        intent = i.TakeGrant(grant.wallet, grant.granted_minor, grant.gifted_minor, grant.float_minor)
        await self._till.happen(lambda: self._book(grant.wallet, intent, known))
        self._answered(grant.wallet, is_all=not grant.elsewhere_minor or bool(grant.since))
        self._till.changed()

    def _book(self, customer: str, intent: i.Intent, known: KnownWallet | None) -> None:
        self._till.do(intent)
        if known is not None:
            self._known[customer] = known
            self._till.ledger.also(lambda conn: store.keep_wallet(conn, customer, known))

    async def denied(self, deny: wire.Deny) -> None:
        known = KnownWallet(deny.known_minor, deny.elsewhere_minor, deny.elsewhere, deny.since, self.heard_at)
        self._known[deny.wallet] = known
        await self._write(lambda conn: store.keep_wallet(conn, deny.wallet, known))
        self._answered(deny.wallet, is_all=True)
        self._till.changed()

    def _answered(self, customer: str, *, is_all: bool) -> None:
        """`is_all`: nothing more is on its way from another till."""
        question = self.question
        if question is None or question.customer != customer:
            return
        suffices = wallets.go_on(self._till, question)
        if is_all or suffices:
            question.is_open = False

    async def recalled(self, recall: wire.Recall) -> None:
        """Give back; the fact, once it is on the disk, is the answer."""
        await self._till.happen(
            lambda: self._book(recall.wallet, i.ReturnRights(recall.wallet, recall.returned_minor), None)
        )

    async def fenced(self, code: str) -> tuple[int, dict[str, Holding]] | None:
        """This epoch is over: rights are gone, once no open ticket has reserved any."""
        till = self._till
        if not till.state.fenced and not any(till.state.reserved(each).total_minor for each in till.state.wallets):
            await till.happen(lambda: self._fence(code))
        if not till.state.fenced:
            return None
        await till.ledger.settle()
        found: tuple[int, bytes] | None = await till.ledger.read(store.fence)
        if found is None:
            return None
        fact = msgspec.json.decode(found[1], type=WalletsFenced)
        return found[0], fact.wallets

    def _fence(self, code: str) -> None:
        self._till.do(i.FenceWallets(code))
        self.refused = "fenced"
        self._till.desk.say("sync.stopped", "error", source="office.stopped", reason="sync.reason.fenced")

    # --- telemetry ----------------------------------------------------------------------------------------------

    def report(self) -> wire.TillState:
        """How this till is."""
        till = self._till
        adoption = till.settings.adoption if "settings" in till.__dict__ else None
        return wire.TillState(
            conn=0, online=True, epoch=self.epoch, boot=self.boot, at=stamp(till.clock.now()), version=__version__,
            journal=till.ledger.seq, acked=self.cursor.seq, backlog=max(0, self.durable_seq - self.cursor.seq),
            feeds=dict(self.feeds_applied),
            config=0 if adoption is None or adoption.current is None else adoption.current.version,
            config_next=0 if adoption is None or adoption.staged is None else adoption.staged.version,
            config_state="" if adoption is None or adoption.state == "none" else adoption.state,
            config_reason="" if adoption is None else adoption.reason,
            disk_free_mb=till.ledger.free_mb(), clock_offset_ms=self.offset_ms, round_trip_ms=self.round_trip_ms,
            devices=self._devices(), warnings=dict(self.warnings), certificate_ends=self.certificate_ends,
        )  # fmt: skip

    def _devices(self) -> dict[str, str]:
        if self._till.devices is None:
            return {}
        return {
            each.role: (each.fault.value if each.fault else each.state.value) for each in self._till.devices.health()
        }

    async def begin(self) -> None:
        """Before the link: numbers of connections that no start before had, nor one after will have."""
        least = int(self._till.clock.now().timestamp()) * 1000  # a till that was installed anew is not an older one
        found = await self._till.ledger.read(lambda conn: store.reserve_connections(conn, CONNECTIONS, least))
        self._connection = int(found)

    def count_connection(self) -> int:
        self._connection += 1
        return self._connection

    def warned(self, code: str) -> None:
        self.warnings[code] = self.warnings.get(code, 0) + 1

    # --- down ---------------------------------------------------------------------------------------------------

    async def config(self, document: bytes) -> None:
        """A sealed document of settings."""
        self._till.settings.receive(document)
        if self.line is not None:
            self.line.changed()

    async def feeds(self) -> dict[str, int]:
        found: dict[str, int] = await self._till.ledger.read(store.feeds)
        self.feeds_applied = found
        await office_feed.finish(self._till)
        return found

    async def apply(self, page: wire.FeedPage) -> None:
        self.heads[page.table] = page.head
        await office_feed.apply(self._till, page)
        self.feeds_applied[page.table] = page.next

    async def complete(self, table: str) -> None:
        await office_feed.complete(self._till, table)
        if self.line is not None:
            self.line.changed()

    async def command(self, command: wire.Command) -> wire.CommandDone:
        """One of a closed list, once, never after its end. What this till cannot do yet is answered so."""
        now = stamp(self._till.clock.now())
        done = await self._till.ledger.read(lambda conn: store.command_done(conn, command.id))
        if done is not None:
            return wire.CommandDone(command.id, *done)
        if command.expires and command.expires < now:
            return wire.CommandDone(command.id, False, "expired")
        ok, code = self._carry_out(command)
        await self._write(lambda conn: store.keep_command(conn, command.id, now, ok, code))
        return wire.CommandDone(command.id, ok, code)

    def _carry_out(self, command: wire.Command) -> tuple[bool, str]:
        if command.name == "resync":
            self.feeds_applied = {}
            self._till.chore(self._write(store.forget_feeds))
            return True, ""
        if command.name == "apply_config":
            self._till.settings.look()
            return True, ""
        return False, "unsupported"


def _later(at: str, seconds: int) -> str:
    from datetime import datetime, timedelta

    return stamp(datetime.fromisoformat(at) + timedelta(seconds=seconds))


def _one(conn: Any, seq: int) -> list[Entry]:
    return list(journal.read_entries(conn, seq - 1, seq))


def _keep_all(conn: Any, cursor: Cursor, until: str, seen: str) -> None:
    store.keep_taken(conn, cursor)
    store.keep_note(conn, "lease.until", until)
    store.keep_note(conn, "lease.seen", seen)


def _in_transaction(conn: Any, job: Callable[[Any], None]) -> None:
    conn.execute("BEGIN IMMEDIATE")
    try:
        job(conn)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise


def _office(till: Till) -> Office:
    if till.office is None:
        raise Refusal("sync.none")
    return till.office


def _show(till: Till, command: c.ShowSync) -> None:
    """Synchronisation; a ticket in hand stays as it is."""
    desk = till.desk
    desk.close_sheet()
    desk.screen, desk.shows_result = "sync", False
    for source in ("office", "office.aside"):
        desk.hush(source)
    if till.office is not None:
        till.chore(till.office.read_refused())


def _sync_now(till: Till, command: c.SyncNow) -> None:
    """Synchroniser maintenant, Tester la liaison."""
    office = _office(till)
    if office.line is not None:
        office.line.hurry()
        till.chore(office.line.ask_time())
    if not office.is_online:
        till.desk.say("sync.trying", source="office")
        till.fold_messages()


def _resend(till: Till, command: c.ResendRefused) -> None:
    office = _office(till)
    if command.entry not in {row.seq for row in office.aside}:
        raise Refusal("sync.gone")
    if not office.is_online or office.line is None:
        raise Refusal("sync.no_answer")
    till.chore(_resent(till, office.line, command.entry))


async def _resent(till: Till, line: Line, entry: int) -> None:
    if await line.resend(entry):
        till.desk.say("sync.resent", source="office.resent")
        till.fold_messages()
        till.changed()


def _export(till: Till, command: c.ExportRefused) -> None:
    """Entries as a file, one JSON object a line, as they were hashed."""
    till.chore(_exported(till, _office(till), command.entry))


async def _exported(till: Till, office: Office, entry: int) -> None:
    ledger, after = till.ledger, entry - 1 if entry else office.cursor.seq
    upto = entry or ledger.durable_seq
    name = f"export-{after + 1:08d}-{upto:08d}.jsonl"
    path = Path(till.own_config.data_dir) / name
    try:
        count = await ledger.read(lambda conn: _write_export(path, journal.read_entries(conn, after, upto)))
    except OSError as error:
        log.error("nothing was exported: %s", error)
        till.desk.say("sync.not_exported", "error", source="office.export")
    else:
        till.desk.say("sync.exported", source="office.export", count=count, file=name)
    till.fold_messages()
    till.changed()


def _write_export(path: Path, entries: Iterator[Entry]) -> int:
    count = 0
    with path.open("wb") as file:
        for entry in entries:
            file.write(msgspec.json.encode(entry) + b"\n")
            count += 1
    return count


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.ShowSync: _show,
    c.SyncNow: _sync_now,
    c.ResendRefused: _resend,
    c.ExportRefused: _export,
}
