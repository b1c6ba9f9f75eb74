"""The till as its users meet it: one inbox, one order at a time, one view.

`submit` takes an order from any client, `scan` a code from any scanner. Both run their handler at once on the loop (no
await inside), then wait for the commit of what it decided, then let the effects happen (paper, drawer), then show the
view. A repeated order id gets the first answer and does nothing more, also across restarts.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from appliance.clock import Clock
from appliance.config import Config
from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.catalog import Catalog, SaleMode, Shop
from appliance.domain.errors import Refusal
from appliance.domain.state import TillState
from appliance.domain.ticket import Ticket, price
from appliance.domain.till import Outcome
from appliance.hal.device import Devices
from appliance.protocol import command as c
from appliance.protocol.message import Answer, Order
from appliance.protocol.view import Level
from appliance.service.defect import contained
from appliance.service.desk import UNDO_S, Desk
from appliance.service.directory import Directory
from appliance.service.drawer import DrawerWatch
from appliance.service.ledger import Ledger, StoreFault
from appliance.service.operators import Operators
from appliance.service.printing import Printing
from appliance.service.terminal import CardTerminal
from appliance.store.catalog import load_catalog, load_shop, save_shop

ANSWERS_KEPT: Final = 5_000
ANNOUNCE_S: Final = 10.0

ASKING: Final = (c.SignIn, c.Approve)
"""Orders that ask somebody else before they decide."""

ASIDE: Final = (
    i.NoteApproval, i.IssueCopy, i.CopyPaper, i.DeclineReceipt, i.OpenDrawer, i.NoteDrawer, i.ReadX, i.PrintX,
)  # fmt: skip
"""Decisions that leave every ticket and whoever stands at the till as they are. Any other one ends an offered undo: it
is for the state in which it was offered."""

log = logging.getLogger(__name__)

Perform = Callable[[e.Effect], None]
"""Carries out one effect after its commit; returns at once."""


class Till:
    """Everything a handler may use. Handlers live in `selling`, `paying`, `dividing`, `day` and `scanning`."""

    def __init__(
        self,
        ledger: Ledger,
        shop: Shop,
        catalog: Catalog,
        config: Config,
        clock: Clock,
        operators: Operators,
        printing: Printing,
        terminal: CardTerminal,
        perform: Perform,
        retry_devices: Callable[[], None] = lambda: None,
    ) -> None:
        self.ledger = ledger
        self.shop = self.own_shop = shop
        """As it holds, and as it is set up: settings may lie over it."""
        self.catalog = catalog
        self.config = self.own_config = config
        """As it holds, and as the settings file has it."""
        self.is_overlaid = False
        """Settings lie over the shop or the settings file."""
        self.between_tickets: Callable[[], None] | None = None
        """What waits for the end of a ticket."""
        self.clock = clock
        self.operators = operators
        self.printing = printing
        self.terminal = terminal
        self.desk = Desk(notes_order=config.notes_order)
        self.directory = Directory(ledger)
        """Customers, as the store has them."""
        self.directory.is_leaving = lambda customer: customer == self.desk.client_leaving
        printing.know_customers(self.directory.get)
        printing.balance_of = lambda closed: wallet_balance.after(self, closed)
        printing.kept_of = lambda closed: wallet_balance.kept_minor(self, closed)
        printing.head.ticket_of = lambda document: wallet_balance.ticket_of(self, document)
        self._chores: set[asyncio.Task[None]] = set()
        self.touched_ns = clock.monotonic_ns()
        """When somebody last touched or scanned something, on the monotonic clock."""
        self.zone = ZoneInfo(config.timezone)
        self.approved = False
        """The running command was allowed by a manager."""
        self._perform = perform
        self.retry_devices = retry_devices
        """Ends every device's back-off: somebody just plugged, filled or switched something on."""
        self._effects: list[e.Effect] = []
        self._origin = ""
        self._answers: OrderedDict[str, Answer | asyncio.Task[Answer]] = OrderedDict()
        self._undurable: list[tuple[int, int, Desk]] = []
        """The screen before each order whose facts may still be lost, oldest first; before it how often the state had
        been read back, and the last of those facts."""
        self._undone = ledger.reloads
        """How often the state had been read back when the screen last went back with it."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.devices: Devices | None = None
        """All devices, while they are served; a till sells before and without them."""
        self.office: office.Office | None = None
        """The head office that this till belongs to; None for a till of its own."""
        self.drawer = DrawerWatch(self)
        self.keep_drawer_level: Callable[[bool | None], None] = lambda level: None
        """Which level of the drawer's sensor means open, from now on; None: it has none."""
        self._shop_reloads = ledger.reloads
        self._catalog_reloads: int | None = None
        """How often the state had been read back when the shelves were last changed; None: they never were."""
        self.rev = 0
        self.on_change: Callable[[], None] = lambda: None
        """Called after every change that a view shows."""
        ledger.on_idle = lambda: paying.get_ready(self)

    # --- what handlers use --------------------------------------------------------------------------------------

    @cached_property
    def beam(self) -> scanning.Beam:
        """Which reads of a scanner are the label of just before."""
        return scanning.Beam(self.config.scan_repeat_ms)

    @cached_property
    def settings(self) -> settings.TillSettings:
        """What this till, and head office, changed of what it was installed with."""
        return settings.TillSettings(self)

    @cached_property
    def search(self) -> devices.ScannerSearch:
        """« Scannez ce code »."""
        return devices.ScannerSearch(self)

    @property
    def state(self) -> TillState:
        return self.ledger.state

    @property
    def ticket(self) -> Ticket | None:
        state = self.ledger.state
        return state.tickets.get(state.current)

    def do(self, intent: i.Intent) -> Outcome:
        """Let the core decide; its effects happen after the commit."""
        if self.office is not None:
            self.office.check(intent)
        outcome = self.ledger.do(intent, self._origin)
        if self.desk.undo is not None and outcome.facts and not isinstance(intent, ASIDE):
            self.forget_undo()
        for effect in outcome.effects:
            self.effect(effect)
        return outcome

    def effect(self, effect: e.Effect) -> None:
        """One more thing to do after the commit."""
        companion = self.printing.prepare(effect)
        if companion is not None:
            self.ledger.also(companion)
        self._effects.append(effect)

    def local(self) -> datetime:
        """The shop's wall clock."""
        return self.clock.now().astimezone(self.zone)

    def business_date(self) -> str:
        """Today, ISO 8601; never before the newest business date, whatever a clock says that lost its time."""
        session, last = self.state.session, self.state.last_day
        known = session.business_date if session is not None else "" if last is None else last.business_date
        return max(self.local().date().isoformat(), known)

    def local_time(self, at: str) -> str:
        """A time of the journal on the shop's wall clock, ISO 8601 to the second."""
        return datetime.fromisoformat(at).astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds")

    def minutes_since(self, local: str) -> int:
        """Whole minutes since a local time."""
        then = datetime.fromisoformat(local).replace(tzinfo=self.zone)
        return int((self.local() - then).total_seconds() // 60)

    def held_tickets(self) -> list[Ticket]:
        """Notes that wait, oldest first: every open ticket with lines that is not in hand."""
        state = self.state
        found = [t for t in state.tickets.values() if t.number != state.current and (t.lines or t.tenders)]
        return sorted(found, key=lambda ticket: (ticket.held_at or self.local_time(ticket.opened_at), ticket.number))

    def held_minor(self) -> int:
        """What the waiting notes come to."""
        return sum(price(ticket).total_minor for ticket in self.held_tickets())

    def reason_label(self, reason_id: str) -> str:
        return next((reason.label for reason in self.shop.reasons if reason.id == reason_id), reason_id)

    def mode(self, mode_id: str) -> SaleMode:
        try:
            return self.shop.sale_mode(mode_id)
        except KeyError:
            raise Refusal("mode.unknown", mode=mode_id) from None

    def rate_bp(self, mode_id: str, tax_class: str) -> int:
        """VAT rate of a class in a sale mode today. Raises Refusal when none is in force."""
        try:
            return self.mode(mode_id).rate_bp(tax_class, self.business_date())
        except KeyError:
            raise Refusal("tax.no_rate", tax_class=tax_class) from None

    def take_shop(self, shop: Shop) -> None:
        """The shop's set-up from the next order on; kept in the transaction of what was just decided."""
        own = settings.shop_without(self, shop) if self.is_overlaid else shop
        self.shop = settings.shop_with(own, self.settings.resolved) if self.is_overlaid else shop
        self.own_shop, self._shop_reloads = own, self.ledger.reloads
        self.operators.take_shop(shop)
        self.ledger.also(lambda conn: save_shop(conn, own))

    def take_catalog(self, catalog: Catalog) -> None:
        """The shelves from the next order on; whoever calls this writes the change along with its fact."""
        self.catalog, self._catalog_reloads = catalog, self.ledger.reloads

    def _keep_shop(self) -> None:
        """A commit failed, and the state was read back from the disk: so is the set-up."""
        if self._catalog_reloads not in (None, self.ledger.reloads):
            self._catalog_reloads = self.ledger.reloads
            self.catalog = self.ledger.read_now(load_catalog)
        if self._shop_reloads != self.ledger.reloads:
            self._shop_reloads = self.ledger.reloads
            self.own_shop = self.ledger.read_now(load_shop) or self.own_shop
            self.shop = self.own_shop
            self.operators.take_shop(self.shop)
            if "settings" in self.__dict__:
                self.settings.read_back()

    def check_room(self, *, lately: bool = False) -> None:
        """Before any money: can the disk take a sale? Raises StoreFault."""
        self.ledger.check_room(lately=lately)
        self.desk.hush("store")

    def require(self, right: str, command: c.Command) -> bool:
        """Whether the seller may go on; otherwise asks for a manager and keeps the command to run it again."""
        if self.approved or self.operators.may(self.state.seller, right):
            return True
        self.desk.close_sheet()
        self.desk.sheet = "approval"
        self.desk.approval_right = right
        self.desk.approval_command = command  # type: ignore[assignment]
        return False

    def later(self, name: str, seconds: float, what: Callable[[], None]) -> None:
        """Do something in a while, unless asked again under the same name before."""
        self.cancel(name)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return

        def run() -> None:
            self._timers.pop(name, None)
            with contained(f"timer {name}"):
                what()
            self.changed()

        self._timers[name] = loop.call_later(seconds, run)

    def chore(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that nobody waits for; a defect in it ends with it."""
        task = asyncio.get_running_loop().create_task(_contain(work), name="chore")
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """Before the ledger's end: nothing is asked of this till any more."""
        clients.erase_at_the_end(self)
        for name in list(self._timers):
            self.cancel(name)

    def changed(self) -> None:
        self.rev += 1
        if self.between_tickets is not None and settings.is_between_tickets(self):
            self.later("settings", 0.0, self.between_tickets)
            self.between_tickets = None
        self.on_change()

    # --- orders -------------------------------------------------------------------------------------------------

    def remember(self, origins: list[str]) -> None:
        """Orders that were done before the restart: sent again, they are answered, not done again."""
        for origin in origins[-ANSWERS_KEPT:]:
            self._answers[origin] = Answer(origin, True, 0)

    async def submit(self, order: Order) -> Answer:
        """Carry out an order; the answer comes after its commit. Never raises on what a client may send."""
        begun = self.begin(order)
        return begun if isinstance(begun, Answer) else await asyncio.shield(begun)

    def begin(self, order: Order) -> Answer | asyncio.Task[Answer]:
        """Carry out an order: its answer when that took no waiting, else the task that ends with it.

        On a quick disk a sale is durable before this returns: no task, no second turn of the loop
        (docs/adr/0003-commit-in-place.md). Nobody's leaving stops an order half-way: facts without their drawer.
        """
        known = self._answers.get(order.id)
        if known is not None:
            return known
        rest: Coroutine[Any, Any, Answer]
        if isinstance(order.command, ASKING) or clients.looks_first(order.command):
            rest = self._ask_first(order, self.desk.approval_command)
        else:
            begun = self._at_once(order)
            if isinstance(begun, Answer):
                self._remember(begun)
                return begun
            rest = begun
        work = asyncio.get_running_loop().create_task(self._complete(rest), name=f"order {order.id}")
        work.add_done_callback(lambda done: self._forget_failed(order.id, done))
        self._answers[order.id] = work
        return work

    async def _complete(self, rest: Coroutine[Any, Any, Answer]) -> Answer:
        answer = await rest
        self._remember(answer)
        return answer

    def _remember(self, answer: Answer) -> None:
        self._answers[answer.id] = answer
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)

    def _forget_failed(self, order_id: str, done: asyncio.Task[Answer]) -> None:
        """An order that ended in a defect may be sent again."""
        if self._answers.get(order_id) is done:
            del self._answers[order_id]

    def _at_once(self, order: Order) -> Answer | Coroutine[Any, Any, Answer]:
        """Decide, and commit in place where the disk is quick; else what is left to wait for."""
        reloads = self.ledger.reloads
        before = self.desk.copy()
        try:
            self._decide(order.command, order.id)
            effects = self._take_effects()
            if not effects and not self.ledger.is_urgent:
                self.ledger.settle_soon()
                self._may_be_lost(before)
            elif not self.ledger.settle_at_once():
                self._may_be_lost(before)
                return self._after_commit(order, effects, reloads, before)
        except Refusal as refusal:
            return self._refused(order, refusal, before, reloads)
        return self._done(order, effects)

    async def _after_commit(self, order: Order, effects: list[e.Effect], reloads: int, before: Desk) -> Answer:
        try:
            await self.ledger.settle(reloads)
        except StoreFault as fault:
            return self._refused(order, fault, before, reloads)
        return self._done(order, effects)

    async def _ask_first(self, order: Order, waiting: c.AnyCommand | None) -> Answer:
        """A PIN is hashed on another thread before anything is decided; `waiting` is what it was typed for."""
        command: c.AnyCommand = order.command
        before, reloads = self.desk.copy(), self.ledger.reloads
        try:
            if isinstance(command, c.SignIn):
                await people.sign_in(self, command)
            elif isinstance(command, c.Approve):
                command = await people.approve(self, command, waiting)
            elif clients.looks_first(command):
                await clients.look_up(self, command)
            before, reloads = self.desk.copy(), self.ledger.reloads
            self._decide(command, order.id)
            self._may_be_lost(before)
            await self._settle()
        except Refusal as refusal:
            return self._refused(order, refusal, before, reloads)
        return Answer(order.id, True, self.rev)

    def _decide(self, command: c.AnyCommand, origin: str) -> None:
        """The handler's part: an approval and the order's name hold for this command and not one await longer."""
        self._origin = origin
        screen, said = self.desk.screen, self.desk.notices
        try:
            self._handle(command)
        finally:
            self.approved = False
            self._origin = ""
            self._look_away()
        if self.desk.screen not in (screen, self.desk.test_on):
            self.desk.test_on = ""
        if not self.desk.shows_result:
            self.desk.past = None
        if said and not isinstance(command, c.SetProfile):
            self.desk.drop_stale(said, moved=self.desk.screen != screen)

    def _done(self, order: Order, effects: list[e.Effect]) -> Answer:
        for effect in effects:
            self._perform(effect)
        self.changed()
        return Answer(order.id, True, self.rev)

    def _may_be_lost(self, before: Desk) -> None:
        """The screen goes back to `before` should what was just decided not reach the disk."""
        durable, seq, reloads = self.ledger.durable_seq, self.ledger.seq, self.ledger.reloads
        self._undurable = [kept for kept in self._undurable if kept[0] == reloads and kept[1] > durable]
        if seq > durable and (not self._undurable or seq > self._undurable[-1][1]):
            self._undurable.append((reloads, seq, before))

    def _refused(self, order: Order, refusal: Refusal, before: Desk, reloads: int) -> Answer:
        """Tell it; an order that the disk refused leaves the screen as it was, with what was counted on it."""
        if isinstance(refusal, StoreFault):
            if reloads == self.ledger.reloads:  # refused before anything was decided
                self._go_back(before)
            elif self._undone != self.ledger.reloads:
                self._go_back(self._before_lost(before, reloads))
        self._refuse(refusal)
        return Answer(order.id, False, self.rev, refusal.code, dict(refusal.params))

    def _before_lost(self, before: Desk, reloads: int) -> Desk:
        """Orders that wait for one commit are lost together: the screen from before the first of them, `before` when
        none of them wrote an entry."""
        self._undone = self.ledger.reloads
        durable = self.ledger.durable_seq
        lost = [desk for since, seq, desk in self._undurable if since == reloads and seq > durable]
        self._undurable.clear()
        return lost[0] if lost else before

    def _go_back(self, before: Desk) -> None:
        """The screen as it was; what the disk has to say and who is being deleted stay."""
        now, self.desk = self.desk, before
        self.forget_undo()
        self.desk.cue, self.desk.client_leaving = now.cue, now.client_leaving
        self.desk.notices = [notice for notice in now.notices if notice.source == "store"] + before.notices
        self.desk.close_sheet()

    def run(self, command: c.AnyCommand) -> None:
        """A command that another one stands for, within the same order."""
        self._handle(command)

    def _handle(self, command: c.AnyCommand) -> None:
        """Let the command's handler act. Nobody signed in: only what signing in needs is done."""
        kind = type(command)
        if not self.ledger.state.seller and kind not in people.BEFORE_SIGN_IN and not self.operators.is_open_to_all:
            raise Refusal("scan.sign_in_first")
        self.touched_ns = self.clock.monotonic_ns()
        if self.desk.approval_command is not None and kind not in people.DURING_APPROVAL:
            self.desk.close_sheet()  # a manager approves what stands on the screen, not what it became since
        if self.ledger.state.card is not None:
            card.check_idle(self, kind)
        handlers()[kind](self, command)

    def _look_away(self) -> None:
        """What nobody looks at any more is over: reading for the Code Barre sheet, a card that came to nothing."""
        if self.terminal.reading and self.desk.sheet != "code_entry":
            self.terminal.stop_scan()
        if self.search.is_going_on and self.desk.screen != "devices":
            self.search.stop()
        card.look_away(self)
        masters.look_away(self)
        if self.desk.settings_seller:
            settings.look_away(self)
        wallets.look_away(self)

    def _take_effects(self) -> list[e.Effect]:
        """What follows from what was decided, and what had to wait for the end of a card payment."""
        if self.printing.doubts:
            papers.copy_doubtful(self)
        effects, self._effects = self._effects, []
        self.terminal.announce(effects)
        return effects

    async def _settle(self) -> None:
        """Durable, then effects, then the view. Basket changes settle by themselves."""
        effects = self._take_effects()
        if effects or self.ledger.is_urgent:
            await self.ledger.settle()
            for effect in effects:
                self._perform(effect)
        else:
            self.ledger.settle_soon()
        self.changed()

    def _lost(self) -> None:
        """The disk refused, and the state was read back from it: so is what is kept beside the state."""
        self.directory.forget_all()
        self._keep_shop()

    def _refuse(self, refusal: Refusal) -> None:
        """Tell it. The log has its code and numbers: a word may be a customer's name."""
        self._effects.clear()
        if isinstance(refusal, StoreFault):
            self._lost()
        level: Level = "error" if isinstance(refusal, StoreFault) else "warn"
        params: dict[str, Any] = dict(refusal.params)
        if refusal.code.startswith("pin."):
            self.desk.wrong_pin = True
        else:
            source = "store" if level == "error" else "refusal"
            self.desk.say(refusal.code, level, actions=refusal.ways_out, source=source, **params)
            self.fold_messages()
        log.info("refused %s %s", refusal.code, {name: each for name, each in params.items() if isinstance(each, int)})
        self.ledger.settle_soon()
        self.changed()

    async def take_scan(self, text: str, symbology: str | None = None) -> None:
        """A scan from a device, at the outermost loop: a defect of ours costs one scan, not the till."""
        try:
            await self.scan(text, symbology)
        except Exception:
            log.exception("a scan met a defect")
            self.desk.sound("scan_refused")
            self.changed()

    async def scan(self, text: str, symbology: str | None = None) -> None:
        """A code was read; it goes where screens.md section 3 says. Never raises on any code."""
        screen, said = self.desk.screen, self.desk.notices
        try:
            scanning.route(self, text, symbology)
            self._look_away()
            self.desk.drop_stale(said, moved=self.desk.screen != screen)
            await self._settle()
        except Refusal as refusal:
            self.desk.sound("scan_refused")
            self._refuse(refusal)

    async def happen(self, what: Callable[[], None]) -> None:
        """Somebody outside decided (the card terminal): it becomes true like an order. Never raises on a refusal."""
        try:
            what()
            self._look_away()
            await self._settle()
        except Refusal as refusal:
            self._refuse(refusal)

    async def show(self) -> None:
        """Something outside changed (a device, the clock): settle and draw again."""
        await self._settle()

    def fold_messages(self) -> None:
        """Warnings leave the bar after ten seconds; errors stay until solved or closed."""
        self.later("announce", ANNOUNCE_S, self._fold)

    def _fold(self) -> None:
        self.desk.notices = [notice for notice in self.desk.notices if notice.sticky]

    def offer_undo(self, code: str, intent: i.Intent | c.AnyCommand, /, **params: str | int) -> Any:
        """ "Annuler" for six seconds."""
        undo = self.desk.offer_undo(code, intent, **params)
        self.later("undo", UNDO_S, self.forget_undo)
        return undo

    def forget_undo(self) -> None:
        self.cancel("undo")
        self.desk.undo = None


async def _contain(work: Coroutine[Any, Any, None]) -> None:
    with contained("a chore"):
        await work


from appliance.service import (  # noqa: E402  (handlers need Till)
    card,
    clients,
    day,
    devices,
    dividing,
    masters,
    office,
    papers,
    paying,
    people,
    scanning,
    selling,
    settings,
    unknown_code,
    wallet_balance,
    wallet_deeds,
    wallets,
    weighing,
)


@cache
def handlers() -> dict[type, Callable[[Any, Any], None]]:
    """Of every command. Made with the first order, since most of these modules are loaded late."""
    rooms: tuple[Any, ...] = (
        people, selling, clients, masters, settings, weighing, paying, card, dividing, day, devices, scanning,
        unknown_code, wallets, wallet_deeds, office,
    )  # fmt: skip
    return {kind: handle for room in rooms for kind, handle in room.HANDLERS.items()}
