"""Which device serves which role, as assigned at run time: one small file, written whole or not at all.

It goes before the table `[devices]` of the settings: a role in it has its address from it, and null means that nobody
serves the role although the settings name a device. A file that cannot be read is set aside and named in the log: a
till sells with the devices of its settings rather than not at all.

Beside it, for udev, stands the list of the keyboard scanners (see `70-tillbox.rules`): their keys are kept away from
the screen even before the till has taken them, and no other keyboard's are.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from appliance.hal.address import BadAddress, kind_of, parse_address

log = logging.getLogger(__name__)

_FILE_BYTES_MAX = 1_000_000


class _Page(Struct):
    version: int
    roles: dict[str, str | None]


class Bindings:
    """The assignments, in memory and, with a path, on the disk."""

    def __init__(self, path: str = "") -> None:
        """Reads the file; one that is not there is empty."""
        self._path = Path(path) if path else None
        self._roles: dict[str, str | None] = {}
        self.is_kept = True
        """False while the disk does not hold what is in memory."""
        if self._path is not None:
            self._roles = _load(self._path)

    @property
    def known(self) -> frozenset[str]:
        """Roles that were assigned or freed at run time."""
        return frozenset(self._roles)

    def over(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Role to address: the settings with what was assigned since."""
        roles: dict[str, str | None] = {**settings, **self._roles}
        return {role: url for role, url in roles.items() if url is not None}

    async def keep(self, changes: Mapping[str, str | None], settings: Mapping[str, str]) -> None:
        """Remember these roles (None: nobody's) and return when they are on the disk. A disk that is full or read-only
        costs the memory over the next start, not the device: it is logged, and `is_kept` is false until a further
        call, with changes or without, finds room."""
        roles = {**self._roles, **changes}
        roles = {role: url for role, url in roles.items() if url != settings.get(role)}
        self._roles = roles
        if self._path is not None:
            page = msgspec.json.format(msgspec.json.encode(_Page(1, roles)), indent=2) + b"\n"
            scanners = ignored_keyboards(self.over(settings)).encode()
            try:
                await asyncio.to_thread(_write_both, self._path, page, scanners)
            except OSError as error:
                log.log(logging.ERROR if self.is_kept else logging.INFO, "roles could not be kept: %s", error)
                self.is_kept = False
            else:
                if not self.is_kept:
                    log.info("the devices' roles are kept now")
                self.is_kept = True


def ignored_keyboards(roles: Mapping[str, str]) -> str:
    """One line `serial|port|interface` for each keyboard scanner that has a role; `*` for what its rule leaves open."""
    lines = set()
    for role, url in roles.items():
        try:
            address = parse_address(url, kind_of(role))
        except BadAddress:
            continue
        if address.scheme == "udev" and address.path == "evdev":
            names = ("ID_SERIAL", "ID_PATH", "ID_USB_INTERFACE_NUM")
            lines.add("|".join(address.match.get(name, "*") for name in names) + "\n")
    return "".join(sorted(lines))


def _load(path: Path) -> dict[str, str | None]:
    try:
        with path.open("rb") as file:
            page = msgspec.json.decode(file.read(_FILE_BYTES_MAX), type=_Page)
        if page.version != 1:
            raise ValueError(f"written by a newer release, version {page.version}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        log.error("%s is set aside: %s", path.name, error)
        try:
            path.replace(path.with_suffix(".bad"))
        except OSError:
            log.error("%s cannot even be renamed", path.name)
        return {}
    return page.roles


def _write_both(path: Path, page: bytes, scanners: bytes) -> None:
    write_whole(path, page)
    write_whole(path.with_name("scanners.list"), scanners)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that after a power cut the old or the new one stands there, and never a part. Raises OSError, and
    leaves nothing beside the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
