"""Since when a role's terminal is this very one, under this very name of the till: a few bytes on the disk.

A terminal knows only what was sent to *it*. When the one behind a role is replaced, or the till gets another name, "I
do not know this request" about a request from before proves nothing: the old terminal may have debited it. A file that
is missing or damaged makes the till careful, never bold: then the terminal has been there since now.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from appliance.hal.bindings import write_whole

log = logging.getLogger(__name__)

FILE = "terminals.json"
_FILE_BYTES_MAX = 65_536


class _Place(Struct, frozen=True):
    identity: str
    since: Annotated[datetime, Meta(tz=True)]
    """With its time zone: it is compared with the moments of requests."""
    proven_at: str = ""
    """Host and port where it has answered as a terminal does; of one that cannot be asked who it is."""


class Tenure:
    """One role's terminal."""

    def __init__(self, folder: Path | None, role: str, identity: str, now: datetime) -> None:
        """Reads the file; None keeps nothing, and then nothing is known. `identity`: protocol, terminal and till."""
        self._path = folder / FILE if folder is not None else None
        self._role = role
        self._place = _Place(identity, now)
        self.is_new = False
        if self._path is not None:
            known = _load(self._path).get(role)
            self.is_new = known is None or known.identity != identity
            self._place = known if known is not None and not self.is_new else self._place

    @property
    def since(self) -> datetime | None:
        return self._place.since if self._path is not None else None

    def is_proven_at(self, where: str) -> bool:
        """Whether it once answered a payment at this host and port."""
        return self._place.proven_at == where

    def prove(self, where: str) -> None:
        """It has; `keep` writes it down."""
        if not self.is_proven_at(where):
            self._place = msgspec.structs.replace(self._place, proven_at=where)
            self.is_new = True

    def keep(self) -> None:
        """Write it down, when it is new. Blocks for a disk; a full one is logged and makes the next start careful."""
        if self._path is None or not self.is_new:
            return
        try:
            page = _load(self._path) | {self._role: self._place}
            write_whole(self._path, msgspec.json.format(msgspec.json.encode(page), indent=2) + b"\n")
            self.is_new = False
        except OSError as error:
            log.error("since when %s is this terminal could not be kept: %s", self._role, error)


def _load(path: Path) -> dict[str, _Place]:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_FILE_BYTES_MAX), type=dict[str, _Place])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        log.error("%s cannot be read, terminals count as new: %s", path.name, error)
        return {}
