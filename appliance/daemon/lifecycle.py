"""Builds the till's parts, in the order in which a cashier needs them, and takes them down again.

The socket answers first, then the state is read, then the catalogue; devices come last and late, so that nothing heavy
is imported before the till is ready (performance.md, row 13).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from appliance import __version__
from appliance.clock import Clock
from appliance.config import Config
from appliance.daemon import late, office
from appliance.daemon.alone import alone as alone
from appliance.daemon.server import Server
from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.catalog import Catalog, Shop
from appliance.domain.errors import Refusal
from appliance.service import card, clients, technician, unknown_code, wallet_parts
from appliance.service.defect import contained
from appliance.service.display import Display
from appliance.service.drawer import ROLE as DRAWER
from appliance.service.equipment import Equipment
from appliance.service.ledger import Ledger, StoreLost
from appliance.service.operators import Operators
from appliance.service.papers import doubt, speak_of_waiting
from appliance.service.people import land, start_opening
from appliance.service.printing import Printing
from appliance.service.receipt_text import Letterhead
from appliance.service.terminal import CardTerminal
from appliance.service.till import Till
from appliance.store import customers, settings
from appliance.store.catalog import displaced, load_catalog, load_shop
from appliance.store.database import Database, DatabaseError
from appliance.store.erasure import is_erasure_pending

DRAWER_WAIT_S: Final = 3.0
"""A drawer wanted just after the start, while its printer is still being reached, opens within this time."""
EVENTS_MAX: Final = 64
"""Events that wait while more is read from scanners."""
SCANS_MAX: Final = 4_096
"""Codes that may wait in all: what a scanner sends in one piece. Beyond it a code is refused aloud."""

log = logging.getLogger(__name__)


class NoShop(Exception):
    """The store holds no shop: `tillbox shop import FOLDER` puts one there."""


class Daemon:
    """One till, from its settings to its devices."""

    def __init__(self, config: Config, clock: Clock, server: Server | None = None) -> None:
        """`server` may already listen: whoever connects meanwhile is welcomed and waits."""
        self.config = config
        self.clock = clock
        data_dir = Path(config.data_dir)
        data_dir.mkdir(parents=True, exist_ok=True)
        self.server = server or Server(Path(config.socket), config.till)
        self._database = Database(data_dir / "till.db", clock)
        self.ledger = Ledger(self._database, clock, self._local)
        self._bindings = str(data_dir / "devices.json")
        self._is_lost = False
        self._zone: tzinfo | None = None
        self._early: list[e.KickDrawer] = []
        self._drawer_met = False
        self._devices: Any = None
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._scans_refused = 0
        self._stopping = asyncio.Event()
        self._till: Till

    def stop(self) -> None:
        self._stopping.set()

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until stopped; the caller holds `alone`.

        Raises BrokenJournal, NewerDatabase, NoShop when the till must not sell.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, self.stop)
        try:
            await self._serve_till(ready)
        except BaseException:
            await self.ledger.abandon()
            raise
        await self.ledger.close()
        if self._is_lost:
            raise StoreLost("ended; a new start reads what the disk holds")

    async def _serve_till(self, ready: Callable[[], None]) -> None:
        async with asyncio.TaskGroup() as group:
            await self.server.open(group)
            till = await self.start()
            ready()
            serving = group.create_task(self._serve(till), name="daemon.devices")
            await self._load_rest(till)
            linking = office.begin(till, self.clock, group)
            await self._stopping.wait()
            serving.cancel()
            await office.end(till, linking)
            await self.server.close()
            if "settings" in vars(till):
                till.settings.end()
            till.close()

    async def _load_rest(self, till: Till) -> None:
        """What no first view needs, while the devices are being met."""
        for _ in till.catalog.hasten():
            await asyncio.sleep(0)
        await late.load()

    async def start(self) -> Till:
        """State, shop and catalogue; from here on orders are carried out. Raises Refusal, BrokenJournal, NewerDatabase,
        NoShop."""
        try:
            origins = await self.ledger.open(secrets.token_hex(8))
            self._finish_erasure()
            shop = self.ledger.read_now(load_shop) or self._first_shop()
        except DatabaseError as error:
            raise self._unusable(error) from error
        catalog: Catalog = self.ledger.read_now(load_catalog)
        till = self._till = self.build(shop, catalog)
        till.remember(origins)
        if self.ledger.read_now(settings.is_any):
            till.settings.begin()
        if not self.ledger.state.till:
            till.do(i.CreateRegister(self.config.till, shop.currency, self.config.profile, __version__))
            await self.ledger.settle()
        elif self.ledger.state.till != self.config.till:
            raise Refusal(
                "daemon.other_till",
                given=self.config.till,
                till=self.ledger.state.till,
                database=str(Path(self.config.data_dir) / "till.db"),
            )
        self.ledger.on_fault = lambda code: self._store_fault(till, code)
        self.ledger.on_lost = self._lost
        if self.ledger.state.card is not None:
            till.do(i.LoseCard(self.ledger.state.card.request.id, "restart"))
            await self.ledger.settle()
        self._come_back(till)
        if self.ledger.read_now(displaced):
            unknown_code.say_displaced(till)
        wallet_parts.remember(till)
        display = Display(till, self.equipment, self.printing)
        till.on_change = self.server.changed
        self.printing.on_change = lambda: self._paper_moved(till)
        self.printing.on_doubt = lambda: till.happen(lambda: doubt(till))
        self.server.may_show = lambda: not self.ledger.is_urgent
        self.server.ready(till.begin, display.view)
        return till

    def _finish_erasure(self) -> None:
        """What was erased before a power cut goes now; a disk that refuses keeps it until it is well."""
        try:
            if self.ledger.read_now(is_erasure_pending):
                self.ledger.read_now(customers.finish_erasure)
        except DatabaseError as error:
            log.error("what was erased stays in the file for now: %s", error)

    def _unusable(self, error: Exception) -> Refusal:
        """Why no till starts on this disk, in a word that a technician can act on."""
        codes = {"store.full": "daemon.disk_full", "store.read_only": "daemon.disk_read_only"}
        code = codes.get(self.ledger.disk_fault(), "daemon.no_database")
        return Refusal(code, path=self.config.data_dir, reason=str(error))

    def _first_shop(self) -> Shop:
        """An empty store takes the shop from the folder that the settings name. Raises NoShop, Refusal."""
        if not self.config.shop:
            raise NoShop
        from appliance.store.shop_files import import_shop, read_shop_files

        files = read_shop_files(Path(self.config.shop))
        count = self.ledger.read_now(lambda conn: import_shop(conn, files))
        log.info("imported %s with %d products", files.shop.name, count)
        return files.shop

    def build(self, shop: Shop, catalog: Catalog) -> Till:
        from appliance.hal.bindings import Bindings

        config = self.config
        operators = Operators(shop, self.clock)
        self.equipment = Equipment()
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(config.timezone)
        head = Letterhead(shop, operators, zone, config.locale, config.language, config.till)
        head.client = config.receipt_client
        self.printing = Printing(self.ledger, head, config.printer_fallback, config.printer_fallback_after_s)
        self.terminal = CardTerminal(Bindings(self._bindings).over(config.devices))
        return Till(
            self.ledger, shop, catalog, config, self.clock, operators, self.printing, self.terminal,
            self._perform, self._retry_devices,
        )  # fmt: skip

    def _local(self, now: datetime) -> str:
        if self._zone is None:
            from zoneinfo import ZoneInfo

            self._zone = ZoneInfo(self.config.timezone)
        return now.astimezone(self._zone).replace(tzinfo=None).isoformat(timespec="seconds")

    def _come_back(self, till: Till) -> None:
        """After a restart: the same ticket, the same tenders, the seller still signed in."""
        state = till.state
        if not state.seller and not till.operators.is_open_to_all:
            till.desk.screen = "lock"
        elif state.session is None:
            start_opening(till)
        else:
            land(till)
            ticket = till.ticket
            if ticket is not None and ticket.lines:
                till.desk.say("ticket.recovered", source="recovery", number=ticket.number)
                till.fold_messages()
            if till.state.doubts:
                card.ask_again(till)

    def _store_fault(self, till: Till, code: str) -> None:
        """The disk refused and the state is the disk's again, or the disk is well."""
        if "settings" in vars(till):
            with suppress(Refusal):
                till.settings.read_back()
        if code:
            self._come_back(till)
            till.desk.say(code, "error", source="store")
            till.desk.sound("needs_you")
        else:
            till.desk.hush("store")
        till.changed()

    def _lost(self) -> None:
        """The database cannot be read any more: end, and start again on what the disk holds."""
        self._is_lost = True
        self.stop()

    # --- devices ------------------------------------------------------------------------------------------------

    def _perform(self, effect: e.Effect) -> None:
        if isinstance(effect, e.KickDrawer):
            self._kick(effect)
        elif isinstance(effect, e.Authorize):
            self.terminal.authorize(effect)
        else:
            self.printing.wake()

    def _kick(self, effect: e.KickDrawer) -> None:
        if not self._drawer_met:
            self._early.append(effect)  # the till sells before its devices are there
            return
        drawer = self._devices.drawer(DRAWER)
        self._till.drawer.ordered(effect)
        self._drawers.create_task(self._open_drawer(drawer, effect), name="drawer")

    async def _open_drawer(self, drawer: Any, effect: e.KickDrawer) -> None:
        with contained(f"opening the drawer for {effect.reason}"):
            result = await drawer.open()
            log.info("drawer for %s ticket %d: %s", effect.reason, effect.ticket, result.opened)
            self._till.drawer.answered(effect, result)

    def _keep_drawer_level(self, open_level: bool | None) -> None:
        self._drawers.create_task(self._calibrate(open_level), name="drawer level")

    async def _calibrate(self, open_level: bool | None) -> None:
        with contained("what the drawer's sensor means"):
            await self._devices.calibrate_drawer(DRAWER, open_level)
            if not self._devices.is_kept:
                self._till.desk.say("device.not_kept", "warn", source="calibration")
                self._till.fold_messages()
                self._till.changed()

    def _follow(self, till: Till) -> Callable[[], None]:
        """Let the customer display and the scale follow what is on the screen; returns what ends it."""
        from appliance.service.customer_display import CustomerDisplay

        customer = CustomerDisplay(till, self._devices.display)
        shown, is_weighing = till.on_change, False

        def changed() -> None:
            nonlocal is_weighing
            shown()
            customer.changed()
            was_weighing, is_weighing = is_weighing, till.desk.sheet == "weigh"
            if is_weighing or was_weighing:
                self._devices.scale().watch(is_weighing)

        def end() -> None:
            till.on_change = shown
            customer.close()

        till.on_change = changed
        changed()
        return end

    def _meet_drawer(self) -> None:
        """The drawer is reached, or is not waited for any longer: what was wanted meanwhile is done."""
        self._drawer_met = True
        early, self._early = self._early, []
        for effect in early:
            self._kick(effect)

    def _paper_moved(self, till: Till) -> None:
        speak_of_waiting(till, self.equipment.printer_is_well())
        till.changed()

    def _retry_devices(self) -> None:
        if self._devices is not None:
            for health in self._devices.health():
                self._devices.retry(health.role)
        self.printing.wake()

    def _emit(self, event: Any) -> None:
        """From any driver: into the inbox. Scanners wait for room in it; a code too many is told, and nothing of a
        drawer or of a device's state is ever left out for it."""
        from appliance.hal.device import Scan

        if isinstance(event, Scan) and self._events.qsize() >= SCANS_MAX:
            self._scans_refused += 1
            return
        self._events.put_nowait(event)
        if self._events.qsize() >= EVENTS_MAX:
            self._has_room.clear()

    async def _room(self) -> None:
        await self._has_room.wait()

    def _made_room(self, till: Till) -> None:
        """An event was taken in."""
        if self._events.qsize() < EVENTS_MAX:
            self._has_room.set()
        if self._scans_refused and self._events.empty():
            refused, self._scans_refused = self._scans_refused, 0
            log.error("%d codes came at once and were refused", refused)  # not what they say: one may be a badge
            till.desk.say("scan.too_many", "error", source="scan.too_many", count=refused)
            till.desk.sound("scan_refused")
            till.changed()

    async def _serve(self, till: Till) -> None:
        """Devices, their events, the printer's queue, and the small chores of an idle till."""
        from appliance.hal.registry import DevicesConfig, open_devices

        self.technician = technician.Technician(till, self.equipment)
        self.server.technician = self.technician.answer
        config = DevicesConfig(
            self.config.devices, bindings=self._bindings, logo=self.config.logo, hot_plug=self.config.hot_plug
        )
        async with (
            asyncio.TaskGroup() as self._drawers,
            open_devices(config, self.clock, self._emit, self._room) as self._devices,
            AsyncExitStack() as still_waiting,
        ):
            till.devices = self._devices
            till.keep_drawer_level = self._keep_drawer_level
            still_waiting.callback(self._follow(till))
            self._drawers.create_task(self.technician.run(self._devices), name="technician")
            self._drawers.create_task(self.printing.run(self._devices), name="printing")
            self._drawers.create_task(self._minute(till), name="minute")
            self._drawers.create_task(self.terminal.run(till, self._devices), name="card terminal")
            self.ledger.keep_reserve()
            self._drawers.create_task(self.ledger.write_ahead(), name="write ahead")
            waited = asyncio.get_running_loop().call_later(DRAWER_WAIT_S, self._meet_drawer)
            still_waiting.callback(waited.cancel)
            while True:
                event = await self._events.get()
                with contained(f"a {type(event).__name__} of a device"):
                    await self._take_in(till, event)
                self._made_room(till)

    async def _take_in(self, till: Till, event: Any) -> None:
        """One event of a device, as far as it goes."""
        from appliance.hal.device import DeviceState, Health, Scan

        if isinstance(event, Scan):
            if not till.beam.is_repeat(event.source, event.text, event.at_ns):
                self.equipment.notice(till, event)
                await till.take_scan(event.text, event.symbology)
            return
        if isinstance(event, Health):
            till.beam.met(event.role, event.port)
            if (event.role, event.state) == (DRAWER, DeviceState.READY):
                self._meet_drawer()
        self.technician.moved()
        with contained("what a device's event means"):
            self.equipment.notice(till, event)
        self._paper_moved(till)
        self.printing.wake()

    async def _minute(self, till: Till) -> None:
        """The clock on the screen, and a snapshot now and then: one wake-up a minute."""
        while True:
            now = till.local()
            await asyncio.sleep(60.0 - now.second - now.microsecond / 1e6)
            with contained("the chores of a minute"):
                till.changed()
                await self._tidy(till)

    async def _tidy(self, till: Till) -> None:
        """What an idle till does now and then."""
        till.settings.look()
        if till.office is not None:
            till.office.look()
        await self.ledger.tidy()
        await clients.finish_erasure(till)
        await self._devices.keep()
        if till.state.session is not None:
            self.ledger.keep_reserve()
