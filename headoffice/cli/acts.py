"""One act for each word of the command line: from arguments to an answer, within one transaction."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from appliance.clock import Clock
from appliance.domain.errors import Refusal
from appliance.i18n import amount, explain, t
from appliance.protocol.wire import Command
from headoffice import adjusting, audit, configuration, liability, lists, masters, moment, places, requests
from headoffice.cli.answer import Answer
from headoffice.database import Transaction
from headoffice.ingest import down
from headoffice.ingest.certificates import Certificates
from headoffice.ingest.enrolment import make_claim
from headoffice.keys import CONFIG_KEY, Authority, sealing_key
from headoffice.masters import Imported
from headoffice.settings import Settings

AMOUNT: Final = re.compile(r"([+-]?)(\d{1,8})(?:[.,](\d\d))?")
COMMAND_LIFE: Final = timedelta(hours=24)


class Asked(msgspec.Struct):
    """A command with all it needs."""

    arguments: argparse.Namespace
    settings: Settings
    tx: Transaction
    clock: Clock
    at: str
    by: str

    def __getattr__(self, name: str) -> Any:
        """What was typed."""
        return getattr(self.arguments, name)


def done(code: str, **told: Any) -> Answer:
    return Answer(text=t(f"headoffice.done.{code}", **told), told=told)


def minor(text: str) -> int:
    """ "12.30" is 1230. Refusal `office.amount`."""
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise Refusal("headoffice.amount", value=text[:40])
    sign, whole, cents = found.groups()
    return (int(whole) * 100 + int(cents or 0)) * (-1 if sign == "-" else 1)


# --- places -----------------------------------------------------------------------------------------------------------


async def chain_create(asked: Asked) -> Answer:
    chain = asked.settings.office.chain
    await places.create_chain(asked.tx, chain, asked.name, asked.currency, asked.profile, asked.zone)
    return done("chain", id=chain)


async def chain_show(asked: Asked) -> Answer:
    return await _rows(asked, "SELECT id, name, currency, profile, zone FROM chain", "id name currency profile zone")


async def establishment_add(asked: Asked) -> Answer:
    await places.add_establishment(asked.tx, asked.id, asked.name)
    return done("added", id=asked.id)


async def establishment_list(asked: Asked) -> Answer:
    return await _rows(asked, "SELECT id, name FROM establishment ORDER BY id", "id name")


async def point_add(asked: Asked) -> Answer:
    await places.add_point(asked.tx, asked.id, asked.establishment, asked.name)
    return done("added", id=asked.id)


async def point_list(asked: Asked) -> Answer:
    return await _rows(asked, "SELECT id, establishment, name FROM point_of_sale ORDER BY id", "id establishment name")


async def _rows(asked: Asked, sql: str, names: str) -> Answer:
    found = await asked.tx.rows(sql)
    return Answer([dict(zip(names.split(), row, strict=True)) for row in found])


# --- tills ------------------------------------------------------------------------------------------------------------


async def till_add(asked: Asked) -> Answer:
    await places.add_till(asked.tx, asked.id, asked.point, asked.name, asked.partition, asked.at)
    return done("added", id=asked.id)


async def till_list(asked: Asked) -> Answer:
    columns = ("till", "name", "point", "establishment", "partition", "state", "epoch", "taken", "journal")
    return Answer(await places.tills(asked.tx), columns=columns)


async def till_enrol(asked: Asked) -> Answer:
    await places.known(asked.tx, "till", asked.id)
    claim = await make_claim(asked.tx, asked.id, asked.by, asked.clock)
    return done("claim", id=asked.id, claim=f"{claim[:5]}-{claim[5:]}")


async def till_revoke(asked: Asked) -> Answer:
    await places.known(asked.tx, "till", asked.id)
    certificates = Certificates(Authority(Path(asked.settings.office.keys)))
    count = await certificates.revoke(asked.tx, asked.id, asked.clock.now())
    await asked.tx.run("UPDATE till SET state = 'revoked' WHERE id = $1", asked.id)
    return done("revoked", id=asked.id, count=count)


async def till_fence(asked: Asked) -> Answer:
    epochs = await places.fence(asked.tx, asked.id, asked.code)
    return done("fenced", id=asked.id, count=len(epochs))


async def till_replace(asked: Asked) -> Answer:
    await places.replace(asked.tx, asked.id, asked.new, asked.at)
    return done("replaced", id=asked.id, new=asked.new)


async def till_accept(asked: Asked) -> Answer:
    await places.accept(asked.tx, asked.id, asked.epoch, asked.by, asked.reason, asked.at)
    return done("accepted", id=asked.id, epoch=asked.epoch)


async def till_float(asked: Asked) -> Answer:
    numbers = {"total_minor": abs(minor(asked.total)), "wallet_minor": abs(minor(asked.wallet))}
    return await _request(asked, "float", asked.id, **numbers)


async def till_command(asked: Asked) -> Answer:
    await places.known(asked.tx, "till", asked.id)
    ends = moment.now(asked.clock, COMMAND_LIFE)
    number = await down.post(asked.tx, asked.id, "Command", b"", asked.at, ends)
    try:
        message = msgspec.convert({"id": str(number), "name": asked.name, "expires": ends}, Command)
    except msgspec.ValidationError as error:
        raise Refusal("headoffice.command", name=asked.name[:40]) from error
    await asked.tx.run("UPDATE letter SET body = $1 WHERE number = $2", msgspec.json.encode(message), number)
    return done("posted", id=asked.id, number=number)


# --- masters ----------------------------------------------------------------------------------------------------------


async def import_products(asked: Asked) -> Answer:
    found = await masters.import_products(asked.tx, asked.file.read_bytes(), dry_run=asked.dry_run)
    return _imported(asked, found)


async def import_customers(asked: Asked) -> Answer:
    with _progress(asked) as progress:
        found = await masters.import_customers(
            asked.tx, asked.file.read_bytes(), asked.at, dry_run=asked.dry_run, progress=progress
        )
    return _imported(asked, found)


@contextmanager
def _progress(asked: Asked) -> Iterator[masters.Progress]:
    if asked.arguments.json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(asked.file.name)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _imported(asked: Asked, found: Imported) -> Answer:
    told = msgspec.to_builtins(found)
    faults = [
        {"line": fault.line, "fault": explain(fault.code, fault.params)} for fault in (*found.faults, *found.warnings)
    ]
    code = "imported" if found.written else "would_import" if not found.faults else "not_imported"
    numbers: dict[str, Any] = {
        "rows": found.rows,
        "changed": found.changed,
        "gone": found.gone,
        "faults": len(found.faults),
    }
    text = t(f"headoffice.done.{code}", **numbers)
    return Answer(faults or None, text, {**told, "rows": None, "imported": numbers}, status=1 if found.faults else 0)


async def import_shop(asked: Asked) -> Answer:
    changed = await masters.import_shop(asked.tx, asked.folder)
    return Answer([{"table": name, "changed": count} for name, count in changed.items()])


async def message(asked: Asked) -> Answer:
    await masters.put_message(asked.tx, asked.id, asked.text, asked.until)
    return done("message", id=asked.id)


async def feed_heads(asked: Asked) -> Answer:
    rows = await asked.tx.rows(
        "SELECT name, COUNT(*) - SUM(gone), SUM(gone), MAX(rev) FROM feed GROUP BY name ORDER BY name"
    )
    names = ("table", "count", "gone", "rev")
    return Answer([dict(zip(names, (row[0], *map(int, row[1:])), strict=True)) for row in rows])


# --- configuration ----------------------------------------------------------------------------------------------------


async def config_set(asked: Asked) -> Answer:
    made = await configuration.say(
        asked.tx, asked.level, asked.target, asked.key, asked.value, asked.by, asked.at, valid_from=asked.valid_from
    )
    return _level(asked, made)


async def config_unset(asked: Asked) -> Answer:
    made = await configuration.say(
        asked.tx, asked.level, asked.target, asked.key, None, asked.by, asked.at, valid_from=asked.valid_from
    )
    return _level(asked, made)


async def config_lock(asked: Asked) -> Answer:
    made = await configuration.lock(asked.tx, asked.level, asked.target, asked.key, True, asked.by, asked.at)
    return _level(asked, made)


async def config_unlock(asked: Asked) -> Answer:
    made = await configuration.lock(asked.tx, asked.level, asked.target, asked.key, False, asked.by, asked.at)
    return _level(asked, made)


def _level(asked: Asked, made: Any) -> Answer:
    words = t("headoffice.done.said", level=asked.level, target=asked.target)
    return Answer(text=words, told={"level": asked.level, "target": asked.target, "said": msgspec.to_builtins(made)})


async def config_preview(asked: Asked) -> Answer:
    rows = [
        {"key": setting.key, "before": before, "after": setting.value, "origin": setting.origin,
         "locked_by": setting.locked_by or ""}
        for setting, before in await configuration.preview(asked.tx, asked.till)
    ]  # fmt: skip
    return Answer(rows, "" if rows else t("headoffice.done.no_change"))


async def config_push(asked: Asked) -> Answer:
    key = sealing_key(Path(asked.settings.office.keys) / f"{CONFIG_KEY}.seal")
    tills = asked.till or [row["till"] for row in await places.tills(asked.tx) if row["state"] != "replaced"]
    rows = [
        msgspec.to_builtins(await configuration.push(asked.tx, till, key, asked.by, asked.reason, asked.at))
        for till in tills
    ]
    return Answer(rows)


async def config_rollback(asked: Asked) -> Answer:
    key = sealing_key(Path(asked.settings.office.keys) / f"{CONFIG_KEY}.seal")
    version = await configuration.roll_back(asked.tx, asked.till, asked.version, key, asked.by, asked.at)
    return done("rolled_back", id=asked.till, old=asked.version, version=version)


async def config_history(asked: Asked) -> Answer:
    return Answer(await configuration.history(asked.tx, asked.till))


# --- wallets ----------------------------------------------------------------------------------------------------------


async def wallet_list(asked: Asked) -> Answer:
    found = await liability.standings(asked.tx, asked.wallet)
    return Answer([msgspec.to_builtins(wallet) for wallet in found])


async def wallet_adjust(asked: Asked) -> Answer:
    adjusted = await adjusting.adjust(
        asked.tx, asked.wallet, minor(asked.amount), asked.reason, asked.by, asked.at, as_paid=asked.as_paid
    )
    if isinstance(adjusted, adjusting.CalledBack):
        told = {"missing_minor": adjusted.missing_minor, "tills": list(adjusted.tills)}
        words = t("headoffice.done.called_back", amount=amount(adjusted.missing_minor), tills=", ".join(adjusted.tills))
        return Answer(text=words, told=told, status=3)
    told = {"wallet": asked.wallet, "balance_minor": adjusted}
    return Answer(text=t("headoffice.done.adjusted", wallet=asked.wallet, balance=amount(adjusted)), told=told)


async def wallet_block(asked: Asked) -> Answer:
    await adjusting.block(asked.tx, asked.wallet, asked.reason, asked.at)
    return done("blocked", id=asked.wallet)


async def wallet_unblock(asked: Asked) -> Answer:
    await adjusting.block(asked.tx, asked.wallet, "", asked.at)
    return done("unblocked", id=asked.wallet)


async def write_off(asked: Asked) -> Answer:
    return await _request(asked, "write_off", asked.till)


async def close_as_known(asked: Asked) -> Answer:
    return await _request(asked, "close_as_known", asked.till)


async def _request(asked: Asked, kind: str, till: str, **numbers: int) -> Answer:
    number, would = await requests.ask(asked.tx, kind, till, asked.by, asked.reason, asked.at, **numbers)
    return Answer(text=t("headoffice.done.asked", number=number), told={"number": number, **would}, rows=[would])


async def confirm(asked: Asked) -> Answer:
    told = await requests.confirm(asked.tx, asked.number, asked.by, asked.at)
    return Answer([told], t("headoffice.done.confirmed", number=asked.number), told)


async def refuse(asked: Asked) -> Answer:
    await requests.refuse(asked.tx, asked.number, asked.by, asked.at)
    return done("refused", number=asked.number)


async def requests_list(asked: Asked) -> Answer:
    return Answer(await requests.listed(asked.tx))


async def liability_at(asked: Asked) -> Answer:
    until = "9999"
    if asked.date:
        zone = await asked.tx.value("SELECT zone FROM chain")
        try:
            until = liability.end_of(date.fromisoformat(asked.date), zone or "UTC")
        except ValueError as error:
            raise Refusal("headoffice.date", value=asked.date[:20]) from error
    owed = await liability.at(asked.tx, until)
    rows = [
        {"kind": kind, "count": count, "paid_minor": paid, "gifted_minor": gifted, "total_minor": paid + gifted}
        for kind, count, paid, gifted in await liability.by_kind(asked.tx, until)
    ]
    told = {"paid_minor": owed.paid_minor, "gifted_minor": owed.gifted_minor, "total_minor": owed.total_minor}
    text = t("headoffice.done.liability", amount=amount(owed.total_minor))
    if not asked.date:
        held = await liability.now(asked.tx)
        told["held_minor"] = held.total_minor
        told["agrees"] = held.total_minor == owed.total_minor
        if not told["agrees"]:
            text += "\n" + t("headoffice.done.differs", amount=amount(held.total_minor))
    return Answer(rows, text, told)


# --- lists ------------------------------------------------------------------------------------------------------------


async def list_health(asked: Asked) -> Answer:
    columns = (
        "till", "state", "online", "since", "last", "taken", "backlog", "config", "config_wanted", "config_state",
        "disk_free_mb", "clock_offset_ms", "version",
    )  # fmt: skip
    return Answer(await lists.health(asked.tx, asked.clock.now()), columns=columns)


async def list_gaps(asked: Asked) -> Answer:
    return Answer(await lists.gaps(asked.tx))


async def list_forks(asked: Asked) -> Answer:
    columns = ("till", "epoch", "seq", "code", "at", "last_at", "times", "state", "reason")
    return Answer(await lists.forks(asked.tx), columns=columns)


async def list_quarantine(asked: Asked) -> Answer:
    return Answer(await lists.quarantine(asked.tx))


async def list_unopened(asked: Asked) -> Answer:
    return Answer(await lists.unopened(asked.tx))


async def verify(asked: Asked) -> Answer:
    found = await audit.audit(asked.tx)
    text = t("headoffice.done.verified") if not found else t("headoffice.done.differences", count=len(found))
    return Answer([msgspec.to_builtins(each) for each in found], text, status=1 if found else 0)


async def quarantine_retry(asked: Asked) -> Answer:
    if not await lists.read_again(asked.tx, asked.till, asked.seq, asked.at):
        raise Refusal("headoffice.still_wrong", name=asked.till, seq=asked.seq)
    return done("read", id=asked.till, seq=asked.seq)


async def quarantine_clear(asked: Asked) -> Answer:
    await lists.clear(asked.tx, asked.till, asked.seq, asked.by, asked.reason, asked.at)
    return done("cleared", id=asked.till, seq=asked.seq)


ACTS: Final[dict[str, Callable[[Asked], Awaitable[Answer]]]] = {
    "chain create": chain_create, "chain show": chain_show,
    "establishment add": establishment_add, "establishment list": establishment_list,
    "point add": point_add, "point list": point_list,
    "till add": till_add, "till list": till_list, "till enrol": till_enrol, "till revoke": till_revoke,
    "till fence": till_fence, "till replace": till_replace, "till accept": till_accept, "till float": till_float,
    "till command": till_command,
    "import products": import_products, "import customers": import_customers, "import shop": import_shop,
    "message": message, "feed": feed_heads,
    "config set": config_set, "config unset": config_unset, "config lock": config_lock,
    "config unlock": config_unlock, "config preview": config_preview, "config push": config_push,
    "config rollback": config_rollback, "config history": config_history,
    "wallet list": wallet_list, "wallet adjust": wallet_adjust, "wallet block": wallet_block,
    "wallet unblock": wallet_unblock, "write-off": write_off, "close-as-known": close_as_known,
    "confirm": confirm, "refuse": refuse, "requests": requests_list, "liability": liability_at,
    "list health": list_health, "list gaps": list_gaps, "list forks": list_forks,
    "list quarantine": list_quarantine, "list unopened": list_unopened,
    "verify": verify,
    "quarantine retry": quarantine_retry, "quarantine clear": quarantine_clear,
}  # fmt: skip
