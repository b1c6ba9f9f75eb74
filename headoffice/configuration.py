"""Settings of tills at head office: said at four levels, looked at before, pushed as one sealed document a till.

What is set is a draft until it is pushed. A push makes of the four levels, as they concern a till, a document with the
next version, sealed by the configuration key; the worker offers it when the till is there. Going back is a push of an
older document under a new version: versions only grow (feature R-13).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from appliance.domain import settings as s
from appliance.domain.errors import Refusal
from appliance.domain.settings import Change, Level, Levels
from appliance.protocol.envelope import Address, SealingKey, sealed
from appliance.protocol.wire import OFFICE, ConfigDocument
from headoffice import places
from headoffice.database import Transaction

TABLES: Final = {"chain": "chain", "establishment": "establishment", "point_of_sale": "point_of_sale", "till": "till"}


class Pushed(msgspec.Struct, frozen=True):
    till: str
    version: int
    """0: it has this already."""
    changed: tuple[str, ...] = ()


async def level(tx: Transaction, name: str, target: str) -> Level:
    """What is said at one level; nothing where nothing was said. Refusal for a place that is not there."""
    if name not in TABLES:
        raise Refusal("headoffice.level", name=name)
    await places.known(tx, TABLES[name], target)
    body = await tx.value("SELECT body FROM level WHERE level = $1 AND target = $2", name, target)
    return Level() if body is None else msgspec.json.decode(bytes(body), type=Level)


async def say(
    tx: Transaction, name: str, target: str, key: str, text: str | None, by: str, at: str, *, valid_from: str = ""
) -> Level:
    """Set one value, or with None take it back; `valid_from` in the shop's local time. Raises Refusal."""
    held = await level(tx, name, target)
    if key not in s.GROUP_OF:
        raise Refusal("settings.unknown_key", key=key[:60])
    value = None if text is None else s.checked(key, _value(key, text))
    if valid_from:
        made = _later(held, key, value, valid_from)
    else:
        values = {other: kept for other, kept in held.values.items() if other != key}
        made = replace(held, values=values if value is None else {**values, key: value})
    return await _store(tx, name, target, made, by, at)


def _later(held: Level, key: str, value: Any, at: str) -> Level:
    """A change that is to come."""
    by_time = {change.at: dict(change.values) for change in held.later}
    values = by_time.setdefault(at, {})
    values.pop(key, None)
    if value is not None:
        values[key] = value
    try:
        later = tuple(
            msgspec.convert({"at": when, "values": said}, Change) for when, said in sorted(by_time.items()) if said
        )
    except msgspec.ValidationError as error:
        raise Refusal("settings.value", key="at") from error
    return replace(held, later=later)


async def lock(tx: Transaction, name: str, target: str, key: str, locked: bool, by: str, at: str) -> Level:
    """No level more precise than this one may change a setting, or may again."""
    held = await level(tx, name, target)
    if key not in s.GROUP_OF:
        raise Refusal("settings.unknown_key", key=key[:60])
    others = tuple(other for other in held.locked if other != key)
    return await _store(tx, name, target, replace(held, locked=(*others, key) if locked else others), by, at)


async def _store(tx: Transaction, name: str, target: str, made: Level, by: str, at: str) -> Level:
    await tx.run(
        "INSERT INTO level VALUES ($1, $2, $3, $4, $5) ON CONFLICT (level, target) DO UPDATE SET"
        " body = $3, at = $4, by_name = $5",
        name, target, msgspec.json.encode(made), at, by,
    )  # fmt: skip
    return made


def _value(key: str, text: str) -> Any:
    """What somebody typed, as the setting's kind wants it."""
    kind = s.kind_of(key)
    if kind == "switch":
        return {"true": True, "false": False, "1": True, "0": False, "oui": True, "non": False}.get(text.lower(), text)
    try:
        found = msgspec.json.decode(text.encode())
    except msgspec.DecodeError:
        return text
    return tuple(found) if isinstance(found, list) else found if isinstance(found, int | str) else text


async def levels_of(tx: Transaction, till: str) -> Levels:
    """The four levels as they concern a till."""
    row = await tx.row(
        "SELECT p.id, p.establishment FROM till t JOIN point_of_sale p ON p.id = t.point_of_sale WHERE t.id = $1", till
    )
    if row is None:
        raise Refusal("headoffice.unknown", name=till)
    chain = await tx.value("SELECT id FROM chain")
    return Levels(
        await level(tx, "chain", chain),
        await level(tx, "establishment", row[1]),
        await level(tx, "point_of_sale", row[0]),
        await level(tx, "till", till),
    )


async def preview(tx: Transaction, till: str, local_time: str = "") -> list[tuple[s.Setting, Any]]:
    """Every setting that would hold another value than what was pushed last, with that. Raises Refusal when it cannot
    hold together."""
    profile = await tx.value("SELECT profile FROM chain")
    new = await levels_of(tx, till)
    s.check_levels(new, profile)
    pushed = await _newest(tx, till)
    old = s.NOTHING if pushed is None else pushed[1]
    before = s.resolve(old, {}, {}, profile, local_time)
    after = s.resolve(new, {}, {}, profile, local_time)
    return [
        (setting, before[key].value)
        for key, setting in after.items()
        if (setting.value, setting.locked_by) != (before[key].value, before[key].locked_by)
    ]


async def _newest(tx: Transaction, till: str) -> tuple[int, Levels] | None:
    row = await tx.row("SELECT version, body FROM config WHERE till = $1 ORDER BY version DESC LIMIT 1", till)
    return None if row is None else (row[0], msgspec.json.decode(bytes(row[1]), type=Levels))


async def push(tx: Transaction, till: str, key: SealingKey, by: str, reason: str, at: str) -> Pushed:
    """Make the next document of a till, unless nothing has changed. Raises Refusal: nothing is pushed then."""
    changed = tuple(setting.key for setting, _ in await preview(tx, till))
    new, newest = await levels_of(tx, till), await _newest(tx, till)
    if newest is not None and newest[1] == new:
        return Pushed(till, 0)
    version = await _seal(tx, till, new, key, by, reason, at)
    return Pushed(till, version, changed)


async def roll_back(tx: Transaction, till: str, version: int, key: SealingKey, by: str, at: str) -> int:
    """An older document of a till again, as the next version; its number."""
    body = await tx.value("SELECT body FROM config WHERE till = $1 AND version = $2", till, version)
    if body is None:
        raise Refusal("headoffice.version_unknown", name=till, version=version)
    levels = msgspec.json.decode(bytes(body), type=Levels)
    return await _seal(tx, till, levels, key, by, f"= {version}", at)


async def _seal(tx: Transaction, till: str, levels: Levels, key: SealingKey, by: str, reason: str, at: str) -> int:
    chain = await tx.value("SELECT id FROM chain")
    version = int(await tx.value("SELECT COALESCE(MAX(version), 0) + 1 FROM config WHERE till = $1", till))
    said = msgspec.to_builtins(levels)
    body = msgspec.Raw(msgspec.json.encode({**said, "author": by[:80]}))
    document = sealed(key, Address(chain, OFFICE, till), ConfigDocument(till, version, body))
    await tx.insert("config", [(till, version, msgspec.json.encode(levels), document, at, by, reason)])
    return version


async def history(tx: Transaction, till: str) -> list[dict[str, Any]]:
    """Every version with what it changed."""
    profile = await tx.value("SELECT profile FROM chain")
    rows = await tx.rows("SELECT version, body, at, author, reason FROM config WHERE till = $1 ORDER BY version", till)
    found: list[dict[str, Any]] = []
    before = s.resolve(s.NOTHING, {}, {}, profile, "")
    for version, body, at, author, reason in rows:
        after = s.resolve(msgspec.json.decode(bytes(body), type=Levels), {}, {}, profile, "")
        changed = {
            key: [before[key].value, held.value] for key, held in after.items() if held.value != before[key].value
        }
        found.append({"version": version, "at": at, "author": author, "reason": reason, "changed": changed})
        before = after
    return found
