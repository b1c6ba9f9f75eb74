"""`tillbox devices`: what is plugged in, what it does, and what helps; hides whether the till runs meanwhile.

The running daemon answers over its socket. Where none runs, `list`, `assign` and `unassign` open the devices
themselves, as long as it takes; `watch` and `test` need the till.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from appliance.domain.errors import Refusal
from appliance.i18n import explain, quantity, t
from appliance.protocol import message as m

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.hal.device import Devices

CONNECT_S: Final = 3.0
ANSWER_S: Final = 30.0
AGAIN_S: Final = 0.5
"""How often `watch` looks whether the till is back."""
LOOK_S: Final = 2.0
"""Without the till: how long the devices may take to say how they are."""
STARTING: Final = "technician.starting"
STARTS_MAX: Final = 3
ANSWERS_NO: Final = frozenset(
    {STARTING, "technician.not_running", "technician.not_ready", "technician.no_right",
     "technician.no_read", "technician.not_kept", "technician.test_waits", "technician.unverified",
     "technician.stuck"}
)  # fmt: skip
"""Refusals of what was understood: exit status 1. All others are 2."""
NO_WEIGHT: Final = "technician.no_weight."
Settled = Callable[[], Awaitable[None]]
Work = Callable[["Devices", Settled], Awaitable[Any]]
"""What is done with devices opened in the till's place; the second argument waits until they have said how they are."""
COLUMNS: Final = ("role", "device", "link", "place", "state", "remedy", "identity")


class Line:
    """A connection to the running daemon."""

    def __init__(self, line: socket.socket) -> None:
        self._socket = line
        self._answers = line.makefile("rb")
        self._number = 0

    def ask(self, work: Any, role: str = "", address: str = "", after: int = 0) -> Any:
        """The answer: a DeviceList for "list", else the Answer's parameters. Raises Refusal for a no, and when the
        till ends meanwhile."""
        refusal = Refusal(STARTING)
        for _ in range(STARTS_MAX):
            answer = self._ask(m.AskDevices(self._name(), work, role, address, after))
            if not isinstance(answer, m.Answer):
                return answer
            if answer.ok:
                return answer.params
            refusal = Refusal(answer.code, **answer.params)
            if answer.code != STARTING:
                break
        raise refusal

    def wait(self, seconds: float | None) -> None:
        """How long an answer may take; None: as long as it pleases."""
        self._socket.settimeout(seconds)

    def close(self) -> None:
        self._answers.close()

    def _name(self) -> str:
        self._number += 1
        return f"devices-{self._number}"

    def _ask(self, question: m.AskDevices) -> m.Answer | m.DeviceList:
        try:
            self._socket.sendall(m.encode(question))
            for line in self._answers:
                said = m.read_from_daemon(line)
                if isinstance(said, m.Answer | m.DeviceList) and said.id == question.id:
                    return said
                if isinstance(said, m.Fault):
                    raise Refusal("technician.other_version", detail=said.detail)
        except msgspec.DecodeError as error:
            raise Refusal("technician.other_version", detail=str(error)) from None
        except OSError:
            pass
        raise Refusal("technician.not_running")


@contextmanager
def running_till(path: str) -> Iterator[Line | None]:
    """The till that runs; None when none does."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(CONNECT_S)
        try:
            line.connect(path)
            line.sendall(m.encode(m.Hello(m.VERSION, "devices", views=False)))
        except (FileNotFoundError, ConnectionError, TimeoutError):
            yield None
            return
        except OSError as error:
            raise Refusal("technician.no_socket", reason=error.strerror or str(error)) from None
        line.settimeout(ANSWER_S)
        asked = Line(line)
        try:
            yield asked
        finally:
            asked.close()


def run(arguments: Any, config: Config) -> None:
    """Carry out one command and say what came of it on standard output. Raises Refusal."""
    with running_till(config.socket) as line:
        _WORKS[arguments.work](arguments, config, line)


def status_of(refusal: Refusal) -> int:
    """Exit status: 1 when the answer is no, 2 when it could not be done."""
    return 1 if refusal.code in ANSWERS_NO or refusal.code.startswith(NO_WEIGHT) else 2


# --- the commands ---------------------------------------------------------------------------------------------------


def _list(arguments: Any, config: Config, line: Line | None) -> None:
    rows = line.ask("list").devices if line is not None else _directly(config, _look(config))
    if arguments.json:
        _say_json(rows)
    else:
        say_table(rows)


def _watch(arguments: Any, config: Config, line: Line | None) -> None:
    """A line for each change, also of the till itself: it may be stopped and started meanwhile."""
    if line is None:
        raise Refusal("technician.not_running")
    say = Watch(arguments.json, config.timezone)
    say.follow(line)
    while True:
        say.till("stopped")
        while not _follow_again(config, say):
            threading.Event().wait(AGAIN_S)


def _follow_again(config: Config, say: Watch) -> bool:
    """Whether the till runs again; then it was followed until it ended."""
    with running_till(config.socket) as line:
        return line is not None and say.follow(line)


class Watch:
    """What was seen of the devices so far; says what is otherwise."""

    def __init__(self, is_json: bool, timezone: str) -> None:
        from appliance.clock import SystemClock

        self._is_json = is_json
        self._clock, self._zone = SystemClock(), ZoneInfo(timezone)
        self._known: dict[str, m.DeviceRow] = {}
        self._has_stopped = False

    def follow(self, line: Line) -> bool:
        """Until the till ends; False when it has not told anything yet. Raises Refusal for another version."""
        number = 0
        line.wait(None)
        while True:
            try:
                listed = line.ask("list", after=number)
            except Refusal as refusal:
                if refusal.code not in (STARTING, "technician.not_running"):
                    raise
                return number > 0
            if self._has_stopped:
                self.till("back")
            number = listed.number
            rows = {_key(row): row for row in listed.devices}
            for mark, row in changes(self._known, rows):
                self._say(mark, row)
            self._known = rows

    def till(self, word: str) -> None:
        """The till itself was `stopped`, or is `back`."""
        self._has_stopped = word == "stopped"
        if self._is_json:
            self._write({"at": self._now().isoformat(timespec="seconds"), "change": word})
        else:
            sys.stdout.write(f"{self._now():%H:%M:%S} = {t(f'technician.watch.{word}')}\n")
        sys.stdout.flush()

    def _say(self, mark: str, row: m.DeviceRow) -> None:
        if self._is_json:
            self._write({"at": self._now().isoformat(timespec="seconds"), "change": mark, "device": row})
        else:
            sys.stdout.write(f"{self._now():%H:%M:%S} {mark} " + "  ".join(cell for cell in cells(row) if cell) + "\n")
        sys.stdout.flush()

    def _write(self, answer: object) -> None:
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")

    def _now(self) -> datetime:
        return self._clock.now().astimezone(self._zone)


def changes(before: dict[str, m.DeviceRow], after: dict[str, m.DeviceRow]) -> Iterator[tuple[str, m.DeviceRow]]:
    """`-` what is gone, `+` what came, `~` what is otherwise."""
    for key in before:
        if key not in after:
            yield "-", before[key]
    for key, row in after.items():
        if key not in before:
            yield "+", row
        elif before[key] != row:
            yield "~", row


def _key(row: m.DeviceRow) -> str:
    return row.role or row.identity or row.node


def _test(arguments: Any, config: Config, line: Line | None) -> None:
    if line is None:
        raise Refusal("technician.not_running")
    answer = line.ask("test", arguments.role)
    if "quantity_milli" in answer:
        answer["quantity"] = quantity(answer["quantity_milli"])
    how = "_now" if answer.get("waiting") == 0 else "_seen" if answer.get("is_seen") else ""
    code = f"technician.tested.{answer['kind']}{how}"
    _said(arguments, code, {"role": arguments.role, **answer})


def _assign(arguments: Any, config: Config, line: Line | None) -> None:
    role, wanted = arguments.role, arguments.address
    answer = line.ask("assign", role, wanted) if line is not None else _directly(config, _give(config, role, wanted))
    _said(arguments, "technician.assigned", answer)
    if arguments.json:
        return
    if answer["meant"]:
        sys.stdout.write(t("technician.for_nobody", **answer) + "\n")
    if why := answer["why"]:
        sys.stdout.write(t("technician.not_there", role=role, why=t(why)) + "\n")


def _give(config: Config, role: str, wanted: str) -> Work:
    from appliance.service.equipment import role_meant
    from appliance.service.technician import assign, why_not_there
    from appliance.service.trial import health_of

    async def give(devices: Devices, settled: Settled) -> dict[str, Any]:
        address = await assign(devices, role, wanted)
        await settled()
        why = why_not_there(health_of(devices, role))
        return {"role": role, "address": address, "meant": role_meant(role, _stand_ins(config)), "why": why}

    return give


def _unassign(arguments: Any, config: Config, line: Line | None) -> None:
    if line is not None:
        line.ask("unassign", arguments.role)
    else:
        from appliance.service.technician import unassign

        _directly(config, lambda devices, settled: unassign(devices, arguments.role))
    _said(arguments, "technician.unassigned", {"role": arguments.role})


_WORKS: Final[dict[str, Callable[[Any, Any, Line | None], None]]] = {
    "list": _list,
    "watch": _watch,
    "test": _test,
    "assign": _assign,
    "unassign": _unassign,
}


# --- without the till -----------------------------------------------------------------------------------------------


def _directly(config: Config, work: Work) -> Any:
    """Open the devices in the till's place. Raises Refusal while a till is starting or ending."""
    from appliance.daemon.alone import alone

    logging.getLogger("appliance").addHandler(logging.NullHandler())  # the table says it all
    folder = Path(config.data_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            return asyncio.run(_opened(config, work))
    except OSError as error:
        raise Refusal("technician.no_folder", path=str(folder), reason=error.strerror or str(error)) from None


async def _opened(config: Config, work: Work) -> Any:
    from appliance.clock import SystemClock
    from appliance.hal.registry import DevicesConfig, open_devices

    settings = DevicesConfig(
        config.devices, bindings=str(Path(config.data_dir) / "devices.json"), hot_plug=config.hot_plug
    )
    refusal: Refusal | None = None
    answer: Any = None
    told = asyncio.Event()
    async with open_devices(settings, SystemClock(), lambda event: told.set()) as devices:
        await _settled(devices, told)
        try:
            answer = await work(devices, lambda: _settled(devices, told))
        except Refusal as error:  # past the block it would come out as a group
            refusal = error
    if refusal is not None:
        raise refusal
    return answer


async def _settled(devices: Devices, told: asyncio.Event) -> None:
    """Until every role has found its device, or for LOOK_S."""
    try:
        async with asyncio.timeout(LOOK_S):
            while not (rows := devices.health()) or any(row.state in ("absent", "starting") for row in rows):
                await told.wait()
                told.clear()
    except TimeoutError:
        return


def _look(config: Config) -> Work:
    from appliance.service.technician import row_of

    async def look(devices: Devices, settled: Settled) -> tuple[m.DeviceRow, ...]:
        return tuple(row_of(device, _stand_ins(config)) for device in devices.plugged())

    return look


def _stand_ins(config: Config) -> frozenset[str]:
    return frozenset(config.printer_fallback) | frozenset(config.printer_fallback.values())


# --- words ----------------------------------------------------------------------------------------------------------


def cells(row: m.DeviceRow) -> tuple[str, ...]:
    """A device in words, in the order of COLUMNS."""
    state = f"devices.fault.{row.fault}" if row.fault else f"devices.state.{row.state}" if row.state else ""
    return (
        row.role or t("technician.unused"),
        row.label,
        row.link,
        row.node,
        t(state) if state else "",
        t(f"technician.remedy.{row.remedy}") if row.remedy not in ("", "none") else "",
        row.identity or row.rule,
    )


def say_table(rows: tuple[m.DeviceRow, ...]) -> None:
    """A table under its headings: drawn on a terminal, in columns elsewhere."""
    if not rows:
        sys.stdout.write(t("technician.nothing") + "\n")
        return
    heads = tuple(t(f"technician.column.{name}") for name in COLUMNS)
    if not sys.stdout.isatty():
        lines = [heads, *(tuple(cell or "–" for cell in cells(row)) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
            sys.stdout.write("\n")
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, cells(row)))
    Console(highlight=False).print(table)


def sentence_of(refusal: Refusal) -> str:
    """A refusal in French; a parameter that names a word is said by that word."""
    return explain(refusal.code, refusal.params)


def _said(arguments: Any, code: str, params: dict[str, Any]) -> None:
    if arguments.json:
        _say_json({"ok": True, **params})
    else:
        sys.stdout.write(t(code, **params) + "\n")


def _say_json(answer: object) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")
