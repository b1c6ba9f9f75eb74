"""Starts the link to head office beside a till that sells already; a till that belongs to none has none of it.

Everything heavy (the MQTT library, certificates) is imported here and not before. Whatever goes wrong costs the link:
it is told in the log, tried again, and the till sells on.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance.config import Config
from appliance.domain import intent as i
from appliance.service.defect import contained
from appliance.store import cursor

if TYPE_CHECKING:
    from appliance.clock import Clock
    from appliance.service.till import Till
    from appliance.sync.enrolment import Keys, Membership

AGAIN_S: Final = 5.0
JOINED: Final = "joined"

log = logging.getLogger(__name__)


def folder_of(config: Config) -> Path:
    """Where the keys of this box are."""
    return Path(config.office.keys) if config.office is not None else Path(config.data_dir) / "office"


def is_member(config: Config) -> bool:
    """Whether this till belongs to a head office; without loading anything."""
    if config.office is not None:
        return True
    return (folder_of(config) / "membership.json").exists()


def begin(till: Till, clock: Clock, group: asyncio.TaskGroup) -> asyncio.Task[None] | None:
    """The link, as a task of the daemon's; None for a till of its own."""
    if not is_member(till.own_config):
        return None
    join(till)
    return group.create_task(serve(till, clock), name="daemon.office")


async def end(till: Till, linking: asyncio.Task[None] | None) -> None:
    """Before the till closes: nothing more comes in, and what was acknowledged is kept."""
    if linking is None:
        return
    linking.cancel()
    await asyncio.wait({linking})
    if till.office is not None:
        await till.office.end()


def join(till: Till) -> None:
    """The till knows its head office from here on, linked or not: rights are its own as far as it holds them."""
    from appliance.service.office import Office
    from appliance.sync.enrolment import Keys

    keys = Keys(folder_of(till.own_config))
    member = _membership(till.own_config, keys)
    till.office = Office(till, member.chain, member.till)
    till.office.boot = secrets.token_hex(4)


async def serve(till: Till, clock: Clock) -> None:
    """Keep the link up for as long as the till runs."""
    from appliance.sync.enrolment import Keys, line
    from appliance.sync.link import Link

    office = till.office
    assert office is not None
    keys = Keys(folder_of(till.own_config))
    await office.begin()
    while True:
        with contained("the link to head office"):
            member = _membership(till.own_config, keys)
            await _note(till, member)
            ends = keys.certificate_ends()
            office.certificate_ends = "" if ends is None else ends.isoformat()
            tls = None if member.plain else keys.tls()
            own = None if member.plain else keys
            link = Link(member, line(member, tls), keys.seal(), office, clock, office.cursor, keys=own)
            office.line = Asking(link)
            await link.run()
        office.line = None
        await asyncio.sleep(AGAIN_S)


class Asking:
    """The link as the till asks through it."""

    def __init__(self, link: object) -> None:
        from appliance.sync.link import Link

        assert isinstance(link, Link)
        self.need = link.rights.need
        self.ask_time = link.ask_time
        self.more = link.uplink.more
        self.changed = link.telemetry.changed
        self.hurry = link.hurry
        self.resend = link.uplink.resend


async def _note(till: Till, member: Membership) -> None:
    """Once: from which entry on this journal belongs to a chain; whose settings it takes."""
    from appliance.domain.configuration import Identity

    if member.config_keys:
        till.settings.pin(Identity(member.chain, (member.till, "all"), member.config_keys))
    name = f"{member.chain}/{member.till}"
    if till.ledger.read_now(lambda conn: cursor.note(conn, JOINED)) == name:
        return
    till.do(i.NoteEnrolment(member.chain, member.till, _key_id(member.office_keys[0])))
    till.ledger.also(lambda conn: cursor.keep_note(conn, JOINED, name))
    await till.ledger.settle()


def _key_id(public: str) -> str:
    from appliance.protocol.envelope import PublicKey

    return PublicKey.from_hex(public).id


def _membership(config: Config, keys: Keys) -> Membership:
    from appliance.sync.enrolment import Membership

    office = config.office
    if office is not None:
        return Membership(
            office.chain, office.till, office.brokers, office.office_keys, office.config_keys, office.partition,
            office.plain,
        )  # fmt: skip
    found = keys.membership()
    if found is None:
        raise ValueError("this till belongs to no head office")
    return found
