"""The till's device layer inside the guest, as user `till`: orders on standard input, events on standard output.

Both are lines of JSON on a serial port. Orders: {"open": {role: address}} serves these roles instead of the former
ones, {"print": text, "job": n} prints and tells the result (with "patient": true once the printer is ready),
{"learn": role} waits for the setup code, {"health": true} tells every role's health, {"holdings": true} tells what
this process holds open, {"end": true} leaves.
"""

import asyncio
import logging
import os
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec

from appliance.clock import SystemClock
from appliance.hal.address import DevicesConfig
from appliance.hal.device import Cut, DeviceEvent, Devices, Paper, Text
from appliance.hal.registry import open_devices

STDIN, STDOUT = sys.stdin.fileno(), sys.stdout.fileno()


def tell(kind: str, /, **facts: Any) -> None:
    line = msgspec.json.encode({"event": kind, **facts}) + b"\n"
    while line:
        line = line[os.write(STDOUT, line) :]


def emit(event: DeviceEvent) -> None:
    tell(type(event).__name__, **msgspec.to_builtins(event))


class Tell(logging.Handler):
    """The till's log, as events."""

    def emit(self, record: logging.LogRecord) -> None:
        tell("Log", level=record.levelname, text=record.getMessage())


async def orders(group: asyncio.TaskGroup) -> None:
    """Obey until told to end. Devices are served by the innermost `AsyncExitStack`, one set of roles at a time."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    devices: Devices | None = None
    async with AsyncExitStack() as served:
        tell("Ready", uid=os.getuid(), groups=os.getgroups())
        while True:
            order = msgspec.json.decode(await reader.readline())
            if "open" in order:
                await served.aclose()
                config = DevicesConfig(order["open"], 1_000)
                devices = await served.enter_async_context(open_devices(config, SystemClock(), emit))
                tell("Opened")
            elif "print" in order:
                assert devices is not None
                patient = order.get("patient", False)
                group.create_task(print_text(devices, order["print"], order["job"], patient), name="print")
            elif "health" in order:
                assert devices is not None
                tell("Roles", roles=[msgspec.to_builtins(health) for health in devices.health()])
            elif "learn" in order:
                assert devices is not None
                group.create_task(learn(devices, order["learn"]), name="learn")
            elif "holdings" in order:
                tell("Holdings", fds=held_files(), tasks=len(asyncio.all_tasks()))
            else:
                return


async def learn(devices: Devices, role: str) -> None:
    address = await devices.learn(role, lambda learning: tell("Learning", **msgspec.to_builtins(learning)))
    tell("Learned", role=role, address=address)


def held_files() -> list[str]:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the folder's own handle
            found.append(os.readlink(link))
    return sorted(found)


async def print_text(devices: Devices, text: str, job: int, patient: bool) -> None:
    if patient:
        await devices.printer().ready()
    paper = Paper((*(Text(line) for line in text.split("\n")), Cut()))
    result = await devices.printer().print(paper, job)
    tell("Printed", job=job, **msgspec.to_builtins(result))


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        await orders(group)


logging.basicConfig(level=logging.INFO, handlers=[Tell()])
asyncio.run(main())
