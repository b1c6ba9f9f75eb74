"""Paramètres: what holds on this till, changed here or by head office, always between two tickets.

Hides where a setting lies (the settings file, the shop's set-up, an object that was made at the start) and how another
value gets there without a restart. `receive` takes head office's documents; what becomes of one is decided by
`domain/configuration.py` and lives in the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from appliance.config import Config
from appliance.domain import configuration as rules
from appliance.domain import intent as i
from appliance.domain import journal as j
from appliance.domain import settings as s
from appliance.domain.catalog import Shop
from appliance.domain.errors import Refusal
from appliance.i18n import t
from appliance.protocol import command as c
from appliance.service import people, settings_rehearsal, settings_typing
from appliance.service.defect import how_many
from appliance.store import settings as store
from appliance.store.database import DatabaseError

if TYPE_CHECKING:
    from appliance.service.till import Till

RIGHT: Final = "settings"
BUSY_SCREENS: Final = frozenset({"payment", "card", "split", "closing", "opening"})
"""Where something is being counted or paid: nothing changes under it."""
OF_CONFIG: Final = frozenset(Config.__struct_fields__) & frozenset(s.KEYS) - {"scan_repeat_ms"}
"""Settings whose place is the settings file."""
OF_SHOP: Final[tuple[str, ...]] = ("float_minor", "free_price_min_minor", "free_price_max_minor")
OF_WALLET: Final[Mapping[str, str]] = {
    "wallet_presets_minor": "presets_minor", "wallet_min_minor": "min_minor",
    "wallet_max_credit_minor": "max_credit_minor", "wallet_max_adjust_minor": "max_adjust_minor",
    "wallet_max_balance_minor": "max_balance_minor",
    "wallet_max_day_minor": "max_day_minor", "wallet_cash_ceiling_minor": "cash_ceiling_minor",
    "wallet_spend_first": "spend_first", "wallet_card_days": "card_days", "wallet_receipt": "receipt",
    "wallet_copies": "copies", "wallet_balance": "balance",
}  # fmt: skip

log = logging.getLogger(__name__)


class TillSettings:
    """The settings of one till as they hold now."""

    def __init__(self, till: Till) -> None:
        """Reads what the store has; nothing is changed yet. Raises StoreFault."""
        self._till = till
        self._defects = how_many()
        self.on_report: Callable[[], None] = lambda: None
        """Called after every change that head office should hear of."""
        self._read()

    def _read(self) -> None:
        ledger = self._till.ledger
        self._reloads = ledger.reloads
        self.adoption: rules.Adoption = ledger.read_now(store.load_adoption)
        self.here: dict[str, s.Value] = ledger.read_now(store.load_here)
        self.resolved = self._sound()

    # --- what holds ---------------------------------------------------------------------------------------------

    def _resolve(self, adoption: rules.Adoption, here: Mapping[str, s.Value]) -> dict[str, s.Setting]:
        till = self._till
        local = adoption.moment or self._minute()
        return s.resolve(rules.levels_of(adoption), here, box_of(till), till.config.profile, local)

    def _minute(self) -> str:
        return self._till.local().replace(tzinfo=None).isoformat(timespec="minutes")

    def _now(self) -> str:
        return self._till.clock.now().isoformat(timespec="milliseconds")

    def read_back(self) -> None:
        """A commit failed, and the state was read back from the disk: so are the settings."""
        self._read()
        self._hold(self.resolved)

    def refresh(self) -> None:
        """What the box itself says may have changed (the shop's set-up): see anew what holds."""
        if self._reloads != self._till.ledger.reloads:
            self._read()
        else:
            self.resolved = self._sound()

    def begin(self) -> None:
        """The till starts: count it as a crash or not, then let everything hold. Never raises for what was received."""
        before = self.adoption
        self.adoption = rules.started(before, self._now())
        if self.adoption is not before:
            self._keep_at_once()
        self._hold(self._sound())
        if self.adoption.state == "rolled_back" and before.state != "rolled_back":
            self._note(j.SettingsRolledBack(before.version, _version(self.adoption), self.adoption.reason))
        self.look()

    def _sound(self) -> dict[str, s.Setting]:
        """The best that can hold: the last good document, else only what the box was installed with."""
        last_good = replace(self.adoption, current=self.adoption.previous)
        for adoption, here in (
            (self.adoption, self.here), (last_good, self.here), (rules.Adoption(), self.here), (rules.Adoption(), {}),
        ):  # fmt: skip
            try:
                resolved = self._resolve(adoption, here)
                s.check_together(s.settings_of(resolved.values()))
                return resolved
            except Refusal as error:
                log.error("settings left out: %s", error)
        return s.resolve(s.NOTHING, {}, {}, self._till.config.profile, "")

    def _keep_at_once(self) -> None:
        adoption = self.adoption
        try:
            self._till.ledger.read_now(lambda conn: store.keep_adoption(conn, adoption))
        except DatabaseError as error:
            log.error("the start could not be counted: %s", error)

    def _hold(self, resolved: dict[str, s.Setting]) -> None:
        """From here on these are the till's settings."""
        till = self._till
        before, self.resolved = self.resolved, resolved
        till.config = config_with(till.own_config, resolved)
        till.shop = shop_with(till.own_shop, resolved)
        till.is_overlaid = any(one.origin not in ("default", "box") for one in resolved.values())
        printing = till.printing
        printing.head.client = till.config.receipt_client
        printing.fallback_after_s = till.config.printer_fallback_after_s
        repeat = resolved["scan_repeat_ms"].value
        till.beam.default_ms = repeat if isinstance(repeat, int) else 300
        till.desk.notes_order = till.config.notes_order
        lock = resolved["lock_after_s"].value
        if lock != before["lock_after_s"].value and till.state.seller:
            people.idle_again(till)

    # --- changed here -------------------------------------------------------------------------------------------

    def put(self, key: str, value: s.Value | None, by: str) -> None:
        """This till's own value from now on; None: what it inherits. Raises Refusal."""
        held = self.resolved.get(key)
        if held is None:
            raise Refusal("settings.unknown_key", key=key)
        if held.locked_by is not None:
            raise Refusal("settings.locked")
        here = {name: kept for name, kept in self.here.items() if name != key}
        if value is not None:
            here[key] = value = s.checked(key, value)
        if here == self.here:
            return
        resolved = self._resolve(self.adoption, here)
        self._check(resolved)
        before = self.here.get(key)
        self._till.do(i.NoteShop(j.SettingChanged(key, value, before, by)))
        at = self._now()
        self._till.ledger.also(lambda conn: _keep_here(conn, key, value, at, by))
        self.here = here
        self._hold(resolved)

    def prefer(self, key: str, value: s.Value) -> None:
        """What somebody chose while selling stays chosen, also after a restart; where it is locked only for now."""
        if self.resolved[key].locked_by is None:
            self.put(key, value, "")

    def _check(self, resolved: dict[str, s.Setting]) -> None:
        """Whether the till would still sell. Raises Refusal."""
        till = self._till
        s.check_together(s.settings_of(resolved.values()))
        mode = resolved["start_mode"].value
        if mode and mode not in {each.id for each in till.shop.sale_modes}:
            raise Refusal("settings.mode", mode=str(mode))
        config, shop = config_with(till.own_config, resolved), shop_with(till.own_shop, resolved)
        settings_rehearsal.rehearse(till, config, shop)

    # --- from head office ---------------------------------------------------------------------------------------

    def pin(self, identity: rules.Identity) -> None:
        """The till belongs to a chain, or to none: whose documents it takes. May be told again at every start."""
        moved = identity.chain != self.adoption.identity.chain
        adoption = rules.joined(self.adoption, identity)
        if moved:
            self._till.ledger.also(_forget_adoption)
        self._put_by(adoption)
        if moved:
            self._hold(self._sound())

    def receive(self, payload: bytes) -> rules.Adoption:
        """A sealed `ConfigDocument` came. Never raises; what it came to is in the answer's state and reason."""
        version = 0
        try:
            document = self._opened(payload)
            version = document.version
            now = self._now()
            rules.admit(self.adoption, document, now)
            rules.validate(document, self._till.config.profile)
            candidate = rules.stage(self.adoption, document, now)
            self._check(self._resolve(replace(candidate, current=document), self.here))
        except Refusal as refusal:
            log.warning("settings refused: %s %s", refusal.code, refusal.params)
            candidate = rules.refuse(self.adoption, refusal, version)
            if refusal.code == "settings.replayed" and self.adoption.version == version:
                candidate = self.adoption  # sent twice: what became of it stands
        self._put_by(candidate)
        self.look()
        return self.adoption

    def _opened(self, payload: bytes) -> rules.Document:
        """The document of a payload. Raises Refusal."""
        import msgspec

        from appliance.protocol import envelope, wire

        identity = self.adoption.identity
        if not identity.chain or not identity.keys or not identity.targets:
            raise Refusal("settings.not_enrolled")
        address = envelope.Address(identity.chain, wire.OFFICE, identity.targets[0])
        try:
            keys = [envelope.PublicKey.from_hex(key) for key in identity.keys]
            message = envelope.opened(keys, payload, address).message
        except envelope.BadSeal as error:
            raise Refusal("settings.seal") from error
        except envelope.Misdirected as error:
            raise Refusal("settings.foreign", version=0) from error
        except (envelope.EnvelopeError, ValueError) as error:
            raise Refusal("settings.unreadable") from error
        if not isinstance(message, wire.ConfigDocument):
            raise Refusal("settings.form", version=0)
        try:
            body = msgspec.json.decode(message.body, type=rules.Body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refusal("settings.body", reason=str(error)[:200]) from error
        levels = body.levels()
        if message.locked:
            levels = replace(levels, till=replace(levels.till, locked=(*levels.till.locked, *message.locked)))
        return rules.Document(
            rules.VERSION, identity.chain, message.target, message.version, message.not_before, message.expires,
            levels, body.keys, body.author,
        )  # fmt: skip

    def _put_by(self, adoption: rules.Adoption) -> None:
        """Kept with what follows, and told to head office."""
        if adoption == self.adoption:
            return
        self.adoption = adoption
        self._till.ledger.also(lambda conn: _keep_adoption(conn, adoption))
        self._till.ledger.settle_soon()
        self.on_report()

    def _note(self, fact: j.SettingsAdopted | j.SettingsRolledBack) -> None:
        adoption = self.adoption
        self._till.do(i.NoteShop(fact))
        self._till.ledger.also(lambda conn: _keep_adoption(conn, adoption))
        self._till.ledger.settle_soon()
        self.on_report()

    # --- between two tickets ------------------------------------------------------------------------------------

    def look(self) -> None:
        """Each minute, and after each order while something waits: take over what may be taken over now."""
        till, now = self._till, self._now()
        till.between_tickets = None
        if till.ledger.fault:
            return
        self._put_by(rules.expire(self.adoption, now))
        wanted = self._wanted(now)
        if wanted is None:
            return
        if is_between_tickets(till):
            wanted()
        else:
            till.between_tickets = self.look

    def _wanted(self, now: str) -> Callable[[], None] | None:
        """What there is to do once nobody is in the middle of a ticket."""
        if self.adoption.is_watched and how_many() > self._defects:
            return lambda: self._roll_back("defect")
        if rules.is_over(self.adoption, now):
            self._put_by(rules.settle(self.adoption))
        if rules.is_due(self.adoption, now):
            return self._adopt
        come = s.to_come(rules.levels_of(self.adoption), self.adoption.moment) if self.adoption.moment else []
        return self._move_on if come and come[0][0] <= self._minute() else None

    def _adopt(self) -> None:
        """The document that waits holds from here on, and is watched."""
        applied = rules.apply(self.adoption, self._now(), self._minute())
        self._take_over(applied, applied.version, _version(self.adoption))

    def _move_on(self) -> None:
        """The time of a change in the current document has come."""
        version = _version(self.adoption)
        self._take_over(replace(self.adoption, moment=self._minute()), version, version)

    def _take_over(self, adoption: rules.Adoption, version: int, before: int) -> None:
        was = self.resolved
        try:
            resolved = self._resolve(adoption, self.here)
            self._check(resolved)
        except Refusal as refusal:  # the shop has changed since it was staged
            log.warning("settings refused when their time came: %s", refusal.code)
            self._put_by(replace(rules.refuse(self.adoption, refusal, version), staged=None))
            return
        self._defects = how_many()
        self.adoption = adoption
        changed = tuple(key for key in s.KEYS if resolved[key].value != was[key].value)
        author = adoption.current.author if adoption.current is not None else ""
        self._note(j.SettingsAdopted(version, before, changed, author))
        self._hold(resolved)
        self._till.changed()

    def _roll_back(self, reason: str) -> None:
        """The last good document holds again."""
        failed = _version(self.adoption)
        self.adoption = rules.roll_back(self.adoption, reason)
        self._defects = how_many()
        self._note(j.SettingsRolledBack(failed, _version(self.adoption), reason))
        self._hold(self._sound())
        self._till.changed()

    def end(self) -> None:
        """The till ends in good order: no crash."""
        if rules.ended(self.adoption) is not self.adoption:
            self.adoption = rules.ended(self.adoption)
            self._keep_at_once()


def _version(adoption: rules.Adoption) -> int:
    return 0 if adoption.current is None else adoption.current.version


def _keep_here(conn: Any, key: str, value: s.Value | None, at: str, by: str) -> None:
    store.keep_here(conn, key, value, at, by)


def _forget_adoption(conn: Any) -> None:
    store.forget_adoption(conn)


def _keep_adoption(conn: Any, adoption: rules.Adoption) -> None:
    store.keep_adoption(conn, adoption)


def is_between_tickets(till: Till) -> bool:
    """No ticket in hand, nothing being paid or counted, the drawer shut. Notes that wait keep their own prices."""
    ticket, desk = till.ticket, till.desk
    if ticket is not None and (ticket.lines or ticket.tenders or ticket.customer):
        return False
    if till.state.card is not None or desk.credit is not None or desk.deed is not None:
        return False
    return desk.screen not in BUSY_SCREENS and not till.drawer.is_open


# --- where settings lie -------------------------------------------------------------------------------------------


def box_of(till: Till) -> dict[str, s.Value]:
    """What this box was installed with: its settings file and its shop."""
    config, shop = till.own_config, till.own_shop
    wallet = shop.wallet_rules_in(config.profile)
    cash = next((mode for mode in shop.tenders if mode.kind == "cash"), None)
    found: dict[str, s.Value] = {key: getattr(config, key) for key in OF_CONFIG}
    found |= {key: getattr(shop, key) for key in OF_SHOP}
    found |= {key: getattr(wallet, name) for key, name in OF_WALLET.items()}
    if cash is not None:
        found["cash_rounding_minor"] = max(1, cash.rounding_minor)
    return found


def _set_above(resolved: Mapping[str, s.Setting]) -> dict[str, Any]:
    """What somebody set above the box, by key."""
    return {key: held.value for key, held in resolved.items() if held.origin not in ("default", "box")}


def config_with(config: Config, resolved: Mapping[str, s.Setting]) -> Config:
    """The settings file as it would be."""
    said = {key: value for key, value in _set_above(resolved).items() if key in OF_CONFIG}
    return replace(config, **said) if said else config


def shop_with(shop: Shop, resolved: Mapping[str, s.Setting]) -> Shop:
    """The shop as it would be set up."""
    said = _set_above(resolved)
    fields: dict[str, Any] = {key: said[key] for key in OF_SHOP if key in said}
    wallet = {name: said[key] for key, name in OF_WALLET.items() if key in said}
    if wallet:
        fields["wallet"] = replace(shop.wallet, **wallet)
    step = said.get("cash_rounding_minor")
    if step is not None:
        fields["tenders"] = tuple(
            replace(mode, rounding_minor=step) if mode.kind == "cash" else mode for mode in shop.tenders
        )
    start = said.get("start_mode")
    if start and any(mode.id == start for mode in shop.sale_modes):
        fields["sale_modes"] = tuple(replace(mode, is_default=mode.id == start) for mode in shop.sale_modes)
    return replace(shop, **fields) if fields else shop


def shop_without(till: Till, shop: Shop) -> Shop:
    """What of a changed shop is its own: a value that lies over it as a setting stays out of its set-up; one that
    somebody has just set up otherwise is kept for the day on which the setting goes."""
    own, over, said = till.own_shop, till.shop, _set_above(till.settings.resolved)
    touched = [key for key in OF_SHOP if key in said]
    touched += ["wallet"] * any(key in said for key in OF_WALLET) + ["sale_modes"] * ("start_mode" in said)
    fields: dict[str, Any] = {
        name: getattr(own, name) for name in touched if getattr(shop, name) == getattr(over, name)
    }
    if "cash_rounding_minor" in said:
        steps = {mode.id: mode.rounding_minor for mode in own.tenders}
        fields["tenders"] = tuple(
            replace(mode, rounding_minor=steps.get(mode.id, mode.rounding_minor))
            if mode.kind == "cash" and mode.rounding_minor == said["cash_rounding_minor"]
            else mode
            for mode in shop.tenders
        )
    return replace(shop, **fields) if fields else shop


# --- the screen -----------------------------------------------------------------------------------------------------


def look_away(till: Till) -> None:
    """The screen was left, or somebody else is at the till: the visit is over, and nothing of it can be taken back
    without the right."""
    desk = till.desk
    if desk.screen == "settings" and till.state.seller == desk.settings_seller:
        return
    if not desk.settings_seller:
        return
    if desk.screen == "settings":
        people.land(till)
    desk.settings_by = desk.settings_seller = ""
    if desk.undo is not None and isinstance(desk.undo.intent, c.ChangeSetting | c.ResetSetting):
        till.forget_undo()


def _show(till: Till, command: c.ShowSettings) -> None:
    """Paramètres: everybody may read them."""
    desk = till.desk
    if desk.screen != "settings":
        people.require_session(till)
        if till.ticket is not None and not is_between_tickets(till):
            raise Refusal("settings.not_now")
        desk.settings_by, desk.settings_seller = "", till.state.seller or "-"
        till.forget_undo()
    desk.close_sheet()
    desk.screen, desk.shows_result = "settings", False
    desk.settings_search = command.search
    if command.section:
        desk.settings_section = command.section
    if command.only != "":
        desk.settings_only = command.only
    till.settings.refresh()


def _visited(till: Till) -> None:
    if till.desk.screen != "settings":
        raise Refusal("settings.closed")


def _open(till: Till, command: c.OpenSetting) -> None:
    """The choices of a setting."""
    _visited(till)
    if _held(till, command.key).locked_by is not None:
        raise Refusal("settings.locked")
    till.desk.sheet, till.desk.setting = "setting", command.key


def _held(till: Till, key: str) -> s.Setting:
    held = till.settings.resolved.get(key)
    if held is None:
        raise Refusal("settings.unknown_key", key=key)
    return held


def _change(till: Till, command: c.ChangeSetting) -> None:
    _visited(till)
    held = _held(till, command.key)
    if held.locked_by is not None:
        raise Refusal("settings.locked")
    value = settings_typing.read(command.key, command.value)
    _put(till, command, held, value)


def _reset(till: Till, command: c.ResetSetting) -> None:
    _visited(till)
    held = _held(till, command.key)
    if held.origin == "local":
        _put(till, command, held, None)


def _put(till: Till, command: c.ChangeSetting | c.ResetSetting, held: s.Setting, value: s.Value | None) -> None:
    """By right: who has it not is asked for a manager's code, once a visit."""
    desk = till.desk
    if not desk.settings_by:
        if not till.require(RIGHT, command):
            return
        seller = till.state.seller
        desk.settings_by = (seller if till.operators.may(seller, RIGHT) else desk.approver) or "-"
    desk.close_sheet()
    before = till.settings.here.get(held.key)
    if value == held.value:
        return
    till.settings.put(held.key, value, "" if desk.settings_by == "-" else desk.settings_by)
    back: c.ChangeSetting | c.ResetSetting = c.ResetSetting(held.key)
    if before is not None:
        back = c.ChangeSetting(held.key, settings_typing.write(held.key, before))
    till.offer_undo("undo.setting", back, name=t(f"screen.setting.{held.key}.label", till.config.language))


HANDLERS: Final[dict[type, Callable[[Any, Any], None]]] = {
    c.ShowSettings: _show,
    c.OpenSetting: _open,
    c.ChangeSetting: _change,
    c.ResetSetting: _reset,
}
