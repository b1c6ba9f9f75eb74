"""`make run`: the demo shop on one machine. The composition root of the demo.

Sets up the data folder, the simulated devices, a display where there is none, the daemon, the kiosk and the device
bench; ends them in the opposite order on Ctrl-C or SIGTERM. The shop's day is kept in the folder between runs.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final

import msgspec

from appliance.clock import Clock, SystemClock
from appliance.demo.bench.live import Screen
from appliance.demo.bench.server import Bench, open_bench
from appliance.demo.bench.shelf import fill_shelf
from appliance.demo.child import Child, supervised
from appliance.demo.devices import Devices, free_port, open_devices
from appliance.demo.display import VirtualDisplay, has_screen, open_display
from appliance.demo.fault import DemoFailed
from appliance.demo.hands import Hands
from appliance.demo.progress import Progress
from appliance.demo.settings import demo_folder, read_settings, write_settings
from appliance.demo.shop import load_demo_shop
from appliance.demo.yesterday import is_new, play_yesterday

PORT: Final = 8080
DAEMON_START_S: Final = 60.0
KIOSK_ENV: Final = {"KIVY_NO_ARGS": "1", "SDL_NO_SIGNAL_HANDLERS": "1", "TERM": "dumb"}
"""SDL would turn SIGTERM into a window event, which a kiosk ignores; Kivy would colour its log."""
MEMORY: Final = Path("/dev/shm")


class Options(msgspec.Struct, frozen=True):
    """The command line, read."""

    folder: Path
    host: str
    port: int | None
    """None: 8080, or any free port when that is taken."""
    has_trigger: bool
    headless: bool
    kiosk: bool
    as_json: bool
    width: int
    height: int

    @property
    def virtual(self) -> bool:
        """True when the kiosk needs a display of its own."""
        return self.kiosk and (self.headless or not has_screen(os.environ))


class Demo:
    """The parts that are there so far, each ended in the opposite order by the stacks."""

    def __init__(self, options: Options, progress: Progress, clock: Clock, files: ExitStack) -> None:
        self._options = options
        self._progress = progress
        self._clock = clock
        self._folder = files.enter_context(demo_folder(options.folder))
        in_memory = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
        self._fleeting = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="tillbox-", dir=in_memory)))

    async def set_up(self, stack: AsyncExitStack) -> None:
        """Bring everything up, and say where to look."""
        progress, options = self._progress, self._options
        with progress.step("shop", "Reading the demo shop") as step:
            shelf = fill_shelf(load_demo_shop())
            step.detail = f"{shelf.shop}, {len(shelf.tiles)} products with a code"
        with progress.step("devices", "Plugging in the simulated devices") as step:
            opening = open_devices(self._fleeting, self._clock, has_trigger=options.has_trigger)
            devices = await stack.enter_async_context(opening)
            step.detail = ", ".join(devices.addresses)
        display = await self._open_display(stack) if options.virtual else None
        children = [await self._start_daemon(stack, devices)]
        if options.kiosk:
            children.append(await self._start_kiosk(stack, display))
        screen = self._give_hands(stack, display) if display is not None else None
        with progress.step("bench", "Opening the device bench"):
            bench = Bench(shelf, devices, children, screen, options.kiosk)
            port = options.port if options.port is not None else free_port(PORT, options.host)
            url = await stack.enter_async_context(open_bench(bench, options.host, port))
        progress.opened(url, pids={child.name: child.state.pid for child in children}, folder=str(self._folder))

    async def _open_display(self, stack: AsyncExitStack) -> VirtualDisplay:
        options = self._options
        with self._progress.step("display", "Opening a virtual screen") as step:
            log = self._log("display")
            opened = open_display(self._fleeting, log, options.width, options.height)
            display = await stack.enter_async_context(opened)
            step.detail = f"{display.width} × {display.height}, shown on the bench page"
        return display

    def _give_hands(self, stack: AsyncExitStack, display: VirtualDisplay) -> Screen:
        hands = Hands(display.name)
        stack.callback(hands.close)
        return Screen(display, hands)

    async def _start_daemon(self, stack: AsyncExitStack, devices: Devices) -> Child:
        settings = write_settings(self._folder, self._fleeting, devices.addresses)
        config = read_settings(settings)
        if is_new(config):
            with self._progress.step("yesterday", "Playing the day before") as step:
                await play_yesterday(config, self._clock)
                step.detail = "sold, counted and closed; some notes wait"
        argv = [sys.executable, "-m", "appliance.daemon", "--config", str(settings)]
        daemon = Child("daemon", argv, self._log("daemon"), self._clock, env={}, says_ready=True)
        with self._progress.step("daemon", "Starting the till") as step:
            await stack.enter_async_context(supervised(daemon))
            await daemon.ready(DAEMON_START_S)
            step.detail = f"data in {self._folder}"
        return daemon

    async def _start_kiosk(self, stack: AsyncExitStack, display: VirtualDisplay | None) -> Child:
        socket = read_settings(self._folder / "till.toml").socket
        env = KIOSK_ENV | ({"DISPLAY": display.name, "WAYLAND_DISPLAY": ""} if display else {})
        argv = [sys.executable, "-O", "-m", "appliance.kiosk", "--socket", socket]
        kiosk = Child("kiosk", argv, self._log("kiosk"), self._clock, env=env, says_ready=False)
        with self._progress.step("kiosk", "Opening the kiosk") as step:
            await stack.enter_async_context(supervised(kiosk))
            step.detail = "on the virtual display" if display else "on this screen"
        return kiosk

    def _log(self, name: str) -> Path:
        return self._folder / "log" / f"{name}.log"


async def run_demo(options: Options, progress: Progress) -> None:
    """Everything, until SIGINT or SIGTERM. DemoFailed when it cannot be set up."""
    task = asyncio.current_task()
    assert task is not None
    stopped = asyncio.Event()

    def stop() -> None:  # once: a second Ctrl-C must not cut the ending short
        if not stopped.is_set():
            stopped.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        with ExitStack() as files:
            demo = Demo(options, progress, SystemClock(), files)
            async with AsyncExitStack() as stack:
                await demo.set_up(stack)
                await asyncio.Event().wait()
    except asyncio.CancelledError:
        if not stopped.is_set():
            raise
        task.uncancel()
    progress.say("end", "Everything has ended; the day is kept.")


def read_options(arguments: list[str]) -> Options:
    """The command line; argparse ends the program for a wrong one."""
    parser = argparse.ArgumentParser(prog="python -m appliance.demo", description="The demo shop on this machine.")
    parser.add_argument("--data", type=Path, default=Path("var/demo"), metavar="DIR", help="where the day is kept")
    parser.add_argument("--host", default="127.0.0.1", help="address of the device bench (default: this machine only)")
    parser.add_argument("--port", type=_port, help=f"port of the device bench (default {PORT} or a free one; 0: free)")
    parser.add_argument("--drawer", choices=("printer", "trigger"), default="printer", help="what the drawer hangs on")
    parser.add_argument("--headless", action="store_true", help="kiosk on a virtual display even if there is a screen")
    parser.add_argument("--no-kiosk", action="store_true", help="daemon, devices and bench only")
    parser.add_argument("--size", type=_size, default=(1280, 800), metavar="WxH", help="size of the virtual display")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of progress")
    given = parser.parse_args(arguments)
    return Options(
        folder=given.data,
        host=given.host,
        port=given.port,
        has_trigger=given.drawer == "trigger",
        headless=given.headless,
        kiosk=not given.no_kiosk,
        as_json=given.json,
        width=given.size[0],
        height=given.size[1],
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError("a size is like 1280x800")
    if not (640 <= int(width) <= 3_840 and 480 <= int(height) <= 2_160):
        raise argparse.ArgumentTypeError("a size is 640x480 to 3840x2160")
    return int(width), int(height)


def main() -> int:
    """Exit status: 0 ended by a person, 1 could not start, 2 wrong command line."""
    options = read_options(sys.argv[1:])
    progress = Progress(options.as_json)
    failures: list[str] = []
    try:
        asyncio.run(run_demo(options, progress))
    except* DemoFailed as group:
        failures = [str(failure) for failure in _leaves(group)]
    for failure in failures:
        progress.failed(failure)
    return 1 if failures else 0


def _leaves(group: BaseExceptionGroup[DemoFailed]) -> list[DemoFailed]:
    found: list[DemoFailed] = []
    for inner in group.exceptions:
        found += _leaves(inner) if isinstance(inner, BaseExceptionGroup) else [inner]
    return found


if __name__ == "__main__":
    sys.exit(main())
