"""Every setting that a shop may change: one typed document, and which of its four levels decides.

Hides how a value is found: the most precise level that says something wins (chain, establishment, point of sale, till,
then what was changed on the till itself), unless head office locked the setting at a wider one. Below all levels lie
what the box was installed with and the profile's default. Nothing here reads a clock, a disk or the shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from appliance.domain.errors import Refusal

Value = bool | int | str | tuple[int, ...]
"""What a setting can hold, as JSON has it."""
Office = Literal["chain", "establishment", "point_of_sale", "till"]
Origin = Literal["default", "box", "chain", "establishment", "point_of_sale", "till", "local"]
OFFICE: Final[tuple[Office, ...]] = ("chain", "establishment", "point_of_sale", "till")
"""Head office's levels, from the widest to the most precise."""
Group = Literal["general", "notes", "payment", "wallet", "printing", "devices", "screen", "users"]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)
Kind = Literal["switch", "choice", "mode", "amount", "rate", "number", "text", "amounts"]

Amount = Annotated[int, Meta(ge=0, le=99_999_999)]
Seconds = Annotated[int, Meta(ge=0, le=3_600)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The defaults of the profile CH; `PROFILES` says what the law of another country differs in."""

    # general: the day
    language: Literal["fr"] = "fr"
    float_minor: Amount = 20_000
    """Float left in the drawer overnight."""
    float_tolerance_minor: Amount = 0
    """Difference of the drawer that needs no reason."""
    blind_count: bool = False
    # notes: how a ticket is written
    cumulate: bool = True
    unknown_code: Literal["message", "sheet"] = "message"
    notes_order: Literal["time", "table", "amount"] = "time"
    start_mode: Annotated[str, Meta(max_length=32)] = ""
    """Id of the sale mode that a scan at Accueil starts; "" is the shop's own."""
    discount_limit_bp: Annotated[int, Meta(ge=0, le=10_000)] = 2_000
    free_price_min_minor: Annotated[int, Meta(ge=1, le=99_999_999)] = 5
    free_price_max_minor: Annotated[int, Meta(ge=1, le=99_999_999)] = 20_000
    # payment
    card_by_hand: bool = True
    cash_rounding_minor: Literal[1, 5, 10, 50] = 5
    """Smallest coin given back: what is due in cash is rounded to it."""
    # wallets; a limit of 0 is none
    wallet_presets_minor: Annotated[tuple[int, ...], Meta(min_length=1, max_length=8)] = (2_000, 5_000, 10_000, 20_000)
    wallet_min_minor: Amount = 0
    wallet_max_credit_minor: Amount = 0
    wallet_max_adjust_minor: Amount = 0
    """0 is the most of a credit."""
    wallet_max_balance_minor: Amount = 0
    wallet_max_day_minor: Amount = 0
    wallet_cash_ceiling_minor: Amount = 0
    wallet_spend_first: Literal["gifted", "paid"] = "gifted"
    wallet_card_days: Annotated[int, Meta(ge=0, le=3_650)] = 30
    # printing
    receipt_policy: Literal["always", "on_demand", "never"] = "on_demand"
    receipt_client: Literal["no", "name", "address"] = "name"
    doubtful_papers: Literal["ask", "reprint"] = "ask"
    printer_fallback_after_s: Annotated[int, Meta(ge=1, le=3_600)] = 10
    wallet_receipt: Literal["auto", "on_demand"] = "auto"
    wallet_copies: Annotated[int, Meta(ge=1, le=3)] = 1
    wallet_balance: Literal["always", "wallet", "never"] = "wallet"
    # devices
    scan_repeat_ms: Annotated[int, Meta(ge=0, le=10_000)] = 300
    drawer_open_s: Seconds = 30
    display_text: Annotated[str, Meta(max_length=40)] = "Bienvenue"
    # screen
    theme: Literal["light", "dark"] = "light"
    left_handed: bool = False
    screen_size: Literal["auto", "compact", "base", "large"] = "auto"
    tile_columns: Literal[0, 3, 4, 5, 6] = 0
    tile_rows: Literal[0, 3, 4, 5, 6] = 0
    """0: as many as the panel's size asks for."""
    sounds: Literal["all", "important", "off"] = "all"
    # users
    lock_after_s: Seconds = 180


KEYS: Final[tuple[str, ...]] = Settings.__struct_fields__
DEFAULTS: Final = Settings()
PROFILES: Final[Mapping[str, Settings]] = {
    "CH": DEFAULTS,
    # Cash limit of 1000.00 in France: CMF art. L112-6 and D112-3; no paper unasked: C. env. art. L541-15-10.
    "FR": Settings(cash_rounding_minor=1, wallet_cash_ceiling_minor=100_000, wallet_receipt="on_demand"),
    "neutral": Settings(cash_rounding_minor=1),
}
GROUP_OF: Final[Mapping[str, Group]] = {
    **dict.fromkeys(("language", "float_minor", "float_tolerance_minor", "blind_count"), "general"),
    **dict.fromkeys(
        (
            "cumulate", "unknown_code", "notes_order", "start_mode", "discount_limit_bp", "free_price_min_minor",
            "free_price_max_minor",
        ),
        "notes",
    ),
    **dict.fromkeys(("card_by_hand", "cash_rounding_minor"), "payment"),
    **dict.fromkeys(
        (
            "wallet_presets_minor", "wallet_min_minor", "wallet_max_credit_minor", "wallet_max_adjust_minor",
            "wallet_max_balance_minor", "wallet_max_day_minor", "wallet_cash_ceiling_minor", "wallet_spend_first",
            "wallet_card_days",
        ),
        "wallet",
    ),
    **dict.fromkeys(
        (
            "receipt_policy", "receipt_client", "doubtful_papers", "printer_fallback_after_s", "wallet_receipt",
            "wallet_copies", "wallet_balance",
        ),
        "printing",
    ),
    **dict.fromkeys(("scan_repeat_ms", "drawer_open_s", "display_text"), "devices"),
    **dict.fromkeys(("theme", "left_handed", "screen_size", "tile_columns", "tile_rows", "sounds"), "screen"),
    **dict.fromkeys(("lock_after_s",), "users"),
}  # fmt: skip
"""Section of Paramètres that shows a setting."""
REBOOT: Final[frozenset[str]] = frozenset()
"""Settings that hold only after a new start, planned at night (feature R-05). There is none."""


# --- one value ------------------------------------------------------------------------------------------------------


@cache
def _types() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


@cache
def _bare(key: str) -> tuple[Any, Meta]:
    """(type, bounds) of a setting."""
    hint = _types()[key]
    if get_origin(hint) is Annotated:
        bare, *metas = get_args(hint)
        return bare, metas[0]
    return hint, Meta()


def kind_of(key: str) -> Kind:
    """How a person sets it."""
    bare, _ = _bare(key)
    if key == "start_mode":
        return "mode"
    if bare is bool:
        return "switch"
    if get_origin(bare) is Literal:
        return "choice"
    if bare is str:
        return "text"
    if get_origin(bare) is tuple:
        return "amounts"
    return "amount" if key.endswith("_minor") else "rate" if key.endswith("_bp") else "number"


def unit_of(key: str) -> str:
    """ "s", "ms", "d" or ""."""
    return {"_s": "s", "_ms": "ms", "_days": "d"}.get("_" + key.rpartition("_")[2], "")


def choices_of(key: str) -> tuple[Value, ...]:
    """What a choice can be; () for any other kind."""
    bare, _ = _bare(key)
    return get_args(bare) if get_origin(bare) is Literal else ()


def bounds_of(key: str) -> tuple[int, int]:
    """(least, most) of a number, or of a text's length; (0, 0) where nothing bounds it."""
    _, meta = _bare(key)
    low = meta.ge if meta.ge is not None else meta.min_length or 0
    high = meta.le if meta.le is not None else meta.max_length or 0
    return int(low), int(high)


def checked(key: str, value: object) -> Value:
    """The value as this setting holds it. Raises Refusal: settings.unknown_key, settings.value, settings.bounds."""
    if key not in GROUP_OF:
        raise Refusal("settings.unknown_key", key=key[:60])
    try:
        found: Value = msgspec.convert(value, _types()[key], strict=True)
    except msgspec.ValidationError as error:
        low, high = bounds_of(key)
        if high and isinstance(value, int) and not isinstance(value, bool):
            raise _out_of_bounds(key, low, high) from error
        raise Refusal("settings.value", key=key) from error
    if isinstance(found, tuple) and not (
        all(0 < item <= 99_999_999 for item in found) and list(found) == sorted(set(found))
    ):
        raise Refusal("settings.value", key=key)
    if isinstance(found, str) and not (found.isprintable() or not found):
        raise Refusal("settings.value", key=key)
    return found


def _out_of_bounds(key: str, low: int, high: int) -> Refusal:
    kind = kind_of(key)
    if kind == "amount":
        return Refusal("settings.bounds_amount", key=key, low_minor=low, high_minor=high)
    if kind == "rate":
        return Refusal("settings.bounds_rate", key=key, low_bp=low, high_bp=high)
    return Refusal("settings.bounds", key=key, low=low, high=high)


def default_of(key: str, profile: str) -> Value:
    """What holds where nobody said anything."""
    value: Value = getattr(PROFILES.get(profile, DEFAULTS), key)
    return value


# --- levels ---------------------------------------------------------------------------------------------------------


class Change(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one level says from a time on, in the shop's local time (feature R-09)."""

    at: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d\Z")]
    values: dict[str, Any]


class Level(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What head office says for one level."""

    values: dict[str, Any] = {}
    locked: tuple[str, ...] = ()
    """Settings that no level more precise than this one may change."""
    later: Annotated[tuple[Change, ...], Meta(max_length=100)] = ()


class Levels(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The body of a document: all four levels as they concern one till."""

    chain: Level = Level()
    establishment: Level = Level()
    point_of_sale: Level = Level()
    till: Level = Level()

    def of(self, name: Office) -> Level:
        level: Level = getattr(self, name)
        return level


NOTHING: Final = Levels()


class Setting(msgspec.Struct, frozen=True, gc=False):
    """One setting as it holds now."""

    key: str
    value: Value
    origin: Origin
    default: Value
    inherited: Value
    """What would hold without the change made on this till."""
    inherited_from: Origin
    locked_by: Office | None = None


def check_levels(levels: Levels, profile: str) -> None:
    """Whether everything said in a document can hold, at any time. Raises Refusal, the first key at fault named."""
    times = {""}
    for name in OFFICE:
        level = levels.of(name)
        for said in (level.values, *(change.values for change in level.later)):
            for key, value in said.items():
                checked(key, value)
        for key in level.locked:
            if key not in GROUP_OF:
                raise Refusal("settings.unknown_key", key=key[:60])
        for change in level.later:
            try:
                datetime.fromisoformat(change.at)
            except ValueError as error:
                raise Refusal("settings.value", key="at") from error
            times.add(change.at)
    for at in times:
        check_together(settings_of(resolve(levels, {}, {}, profile, at).values()))


def check_together(held: Settings) -> None:
    """Rules between settings. Raises Refusal `settings.together` with both keys."""
    pairs = [("free_price_min_minor", "free_price_max_minor")]
    for least, most in (
        ("wallet_min_minor", "wallet_max_credit_minor"),
        ("wallet_min_minor", "wallet_max_balance_minor"),
        ("wallet_min_minor", "wallet_max_day_minor"),
    ):
        if getattr(held, most):
            pairs.append((least, most))
    for least, most in pairs:
        if getattr(held, least) > getattr(held, most):
            raise Refusal("settings.together", key=least, other=most)


def resolve(
    levels: Levels, local: Mapping[str, Value], box: Mapping[str, Value], profile: str, local_time: str
) -> dict[str, Setting]:
    """Every setting as it holds at a local time (ISO 8601 to the minute, "" before all that is to come)."""
    said = [(name, _now(levels.of(name), local_time), levels.of(name).locked) for name in OFFICE]
    found: dict[str, Setting] = {}
    for key in KEYS:
        default = default_of(key, profile)
        value, origin = box.get(key, default), "default"
        if value != default:
            origin = "box"
        locked_by: Office | None = None
        for name, values, locked in said:
            if key in values:
                value, origin = checked(key, values[key]), name
            if key in locked:
                locked_by = name
                break
        inherited, inherited_from = value, origin
        if locked_by is None and key in local:
            value, origin = local[key], "local"
        found[key] = Setting(key, value, origin, default, inherited, inherited_from, locked_by)  # type: ignore[arg-type]
    return found


def _now(level: Level, local_time: str) -> dict[str, Any]:
    """What a level says at a time: what came since covers what it said before."""
    values = dict(level.values)
    for change in sorted(level.later, key=lambda change: change.at):
        if change.at <= local_time:
            values.update(change.values)
    return values


def to_come(levels: Levels, local_time: str) -> list[tuple[str, tuple[str, ...]]]:
    """(local time, settings) of the changes that are still to come, the next one first."""
    found: dict[str, list[str]] = {}
    for name in OFFICE:
        for change in levels.of(name).later:
            if change.at > local_time:
                found.setdefault(change.at, []).extend(change.values)
    return [(at, tuple(keys)) for at, keys in sorted(found.items())]


def settings_of(resolved: Iterable[Setting]) -> Settings:
    """The document that holds."""
    return Settings(**{setting.key: setting.value for setting in resolved})  # type: ignore[arg-type]
