"""What a worker of head office is told before it starts: one TOML file. Hides defaults and what must not be.

[office]
chain = "fournil"
database = "sqlite:office.db"          # or postgresql://office@db/office
keys = "keys"                          # folder of keys.py
brokers = ["broker.fournil.example:8883"]
name = "ho"                            # further workers: ho-2, ho-3
partitions = [0, 1]                    # none named: all
plain = false                          # without certificates: on the loopback only
lease_s = 604800                       # how long a till spends rights without hearing from here
[enrolment]
listen = "0.0.0.0:8443"                # "" where this worker enrols nobody
broker = "broker.fournil.example:8883" # what tills are told
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from appliance.protocol.wire import OFFICE, Id

DEFAULT: Final = Path("office.toml")


class SettingsFault(ValueError):
    """The file is missing, or says something that cannot be."""


class Office(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chain: Id
    database: str = "sqlite:office.db"
    keys: str = "keys"
    brokers: tuple[str, ...] = ("127.0.0.1:8883",)
    name: Id = OFFICE
    partitions: tuple[Annotated[int, Meta(ge=0, le=999)], ...] = ()
    plain: bool = False
    lease_s: Annotated[int, Meta(ge=0, le=400 * 86_400)] = 7 * 86_400


class Enrolment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    listen: str = ""
    brokers: tuple[str, ...] = ()
    """As tills are to reach them; () for those of the office."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    office: Office
    enrolment: Enrolment = Enrolment()

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        return tuple(address(broker) for broker in self.office.brokers)


def address(text: str) -> tuple[str, int]:
    """ "host:port". Raises SettingsFault."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) <= 65_535:
        raise SettingsFault(f"{text!r}: host:port is wanted")
    return host, int(port)


def read(path: Path) -> Settings:
    """Paths in the file are relative to it. Raises SettingsFault."""
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SettingsFault(f"{path}: {error}") from error
    for broker in (*settings.office.brokers, *settings.enrolment.brokers):
        address(broker)
    if settings.enrolment.listen:
        address(settings.enrolment.listen)
    office = settings.office
    database = office.database
    if database.startswith("sqlite:"):
        file = database.removeprefix("sqlite:").removeprefix("//")
        database = f"sqlite:{path.parent / file}"
    office = msgspec.structs.replace(office, database=database, keys=str(path.parent / office.keys))
    return msgspec.structs.replace(settings, office=office)
