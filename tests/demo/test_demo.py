"""Aim: what a stranger does: start, sign in, sell ten things with the bench's scanner, pull the till's plug in the
middle, find everything in place, take the money, see the receipt, end with Ctrl-C, come back to the same day.

Way: the real command, from outside: its standard output, its web interface and the kiosk's socket.
"""

import asyncio
import json
import os
import signal
import sys
import tomllib
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from appliance.demo.display import VirtualDisplay
from appliance.protocol.command import AddTender, KeepFloat, OpenSession, PrintReceipt, TakeCash
from appliance.protocol.message import VERSION, Answer, Hello, Order, Shown, encode, read_from_daemon
from appliance.protocol.view import ResultView, TillView

CAMILLE_BADGE = "2900000000018"
BREAD = ("1101", "1102", "1103")
CAMILLE_KEY = {"x": 150, "y": 400}
"""Her key on the lock screen of 1280 x 800 (mock-up 01)."""
BACKGROUND, KEY = (0xF3, 0xF1, 0xEC), (0xFF, 0xFF, 0xFF)
"""Tokens bg and surface of the light theme."""
LINES_DURABLE_S = 0.1
VIEW_BYTES_MAX = 4_000_000


class Till:
    """A second kiosk on the daemon's socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._count = 0
        self.view: TillView

    async def _next(self):
        message = read_from_daemon(await self._reader.readline())
        if isinstance(message, Shown):
            self.view = message.view
        return message

    async def until(self, wanted) -> TillView:
        while not wanted(self.view):
            await self._next()
        return self.view

    async def ask(self, command) -> None:
        self._count += 1
        order = f"test-{os.getpid()}-{id(self)}-{self._count}"
        self._writer.write(encode(Order(order, command)))
        while not (isinstance(answer := await self._next(), Answer) and answer.id == order):
            continue
        assert answer.ok, answer


@asynccontextmanager
async def open_till(folder: Path):
    socket = tomllib.loads((folder / "till.toml").read_text())["socket"]
    reader, writer = await asyncio.open_unix_connection(folder / socket, limit=VIEW_BYTES_MAX)
    writer.write(encode(Hello(VERSION, "test")))
    till = Till(reader, writer)
    while not isinstance(await till._next(), Shown):
        continue
    try:
        yield till
    finally:
        writer.close()
        await writer.wait_closed()


class Demo:
    """The running demo, seen from outside."""

    def __init__(self, process: asyncio.subprocess.Process, opened: dict, http: aiohttp.ClientSession) -> None:
        self.process = process
        self.url: str = opened["url"]
        self.pids: dict[str, int] = opened["pids"]
        self.http = http

    async def post(self, path: str, body: object = None) -> dict:
        async with self.http.post(self.url + path, json=body or {}) as response:
            answer: dict = await response.json()
            assert response.status == 200, answer
            return answer

    async def until(self, wanted) -> dict:
        """Wait for a state of the bench."""
        async with self.http.ws_connect(self.url + "/live", max_msg_size=0) as line:
            async for message in line:
                if message.type is aiohttp.WSMsgType.TEXT:
                    state: dict = json.loads(message.data)
                    if wanted(state):
                        return state
        raise AssertionError("the bench closed its line")

    async def until_picture(self, wanted) -> None:
        """Wait until the kiosk's picture is so."""
        canvas = Image.new("RGB", (1280, 800))
        async with self.http.ws_connect(self.url + "/live", max_msg_size=0) as line:
            async for message in line:
                if message.type is aiohttp.WSMsgType.BINARY:
                    x, y = (int.from_bytes(message.data[at : at + 2]) for at in (0, 2))
                    canvas.paste(Image.open(BytesIO(message.data[VirtualDisplay.PATCH_BYTES :])), (x, y))
                    if wanted(canvas):
                        return


@asynccontextmanager
async def open_demo(folder: Path, *options: str):
    command = [sys.executable, "-m", "appliance.demo", "--data", str(folder), "--port", "0", "--json", *options]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        opened: dict = {}
        while opened.get("step") != "open":
            line = await process.stdout.readline()
            assert line, (await process.stderr.read()).decode()
            opened = json.loads(line)
            assert opened["step"] != "failed", opened["detail"]
        async with aiohttp.ClientSession() as http:
            yield Demo(process, opened, http)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        rest, errors = await process.communicate()
    assert process.returncode == 0, rest.decode() + errors.decode()
    assert errors == b""
    for pid in opened["pids"].values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def process_of(state: dict, name: str):
    return next(process for process in state["processes"] if process["name"] == name)


def is_scanner_ready(view: TillView) -> bool:
    """The first view is shown before the devices are met."""
    return any(light.device == "scanner" and light.level == "ok" for light in view.status)


async def open_day(demo: Demo, till: Till) -> None:
    await till.until(lambda view: view.screen == "lock" and is_scanner_ready(view))
    await demo.post("/api/scan", {"code": CAMILLE_BADGE})
    await till.until(lambda view: view.screen == "opening")
    await till.ask(KeepFloat())
    await till.ask(OpenSession())
    await till.until(lambda view: view.screen in ("home", "sale"))


async def scan_ten(demo: Demo, till: Till) -> TillView:
    for index in range(10):
        scanner = ("serial", "wedge")[index % 2]
        await demo.post("/api/scan", {"code": BREAD[index % 3], "scanner": scanner})
        count = index + 1
        await till.until(lambda view, count=count: view.ticket is not None and view.ticket.article_count == count)
    await asyncio.sleep(LINES_DURABLE_S)  # the promise is a time: a line is on the disk this much after it was seen
    return till.view


def test_ten_things_are_sold_and_the_plug_is_pulled_in_the_middle(run, tmp_path):
    def on_it(ticket):  # which line is selected is the desk's, and may be lost with the process
        return ticket.number, ticket.total_minor, [(line.id, line.name, line.quantity_milli) for line in ticket.lines]

    async def sell(demo: Demo) -> ResultView:
        async with open_till(tmp_path) as till:
            await open_day(demo, till)
            before = await scan_ten(demo, till)
        await demo.post("/api/process/daemon/kill")
        await demo.until(lambda state: process_of(state, "daemon")["restarts"] and process_of(state, "daemon")["ready"])
        async with open_till(tmp_path) as till:
            after = await till.until(lambda view: view.ticket is not None)
            assert on_it(after.ticket) == on_it(before.ticket)
            await till.ask(TakeCash(after.ticket.cash_due_minor))
            sold: ResultView | None = (await till.until(lambda view: view.result is not None)).result
            assert sold is not None
            await till.ask(PrintReceipt())
        return sold

    async def story():
        async with open_demo(tmp_path, "--no-kiosk") as demo:
            sold = await sell(demo)
            state = await demo.until(lambda state: state["printer"]["papers"] and state["drawer"]["pulses"] > 1)
            assert state["drawer"] == {"is_open": True, "pulses": 2, "stuck": False}
            number = state["printer"]["papers"][0]
            async with demo.http.get(f"{demo.url}/api/paper/{number}.png") as response:
                assert Image.open(BytesIO(await response.read())).height > 200
            async with demo.http.get(f"{demo.url}/api/paper") as response:
                text = "\n".join((await response.json())[0]["lines"])
            assert "Petit pain au lait" in text
            assert str(sold.number) in text
        async with open_demo(tmp_path, "--no-kiosk") as demo, open_till(tmp_path) as till:
            assert till.view.session is not None or till.view.screen == "lock"
            await demo.post("/api/scan", {"code": CAMILLE_BADGE})
            await till.until(lambda view: view.screen in ("home", "sale"))

    run(story(), timeout_s=60)


def test_a_card_is_debited_once_when_the_plug_is_pulled_while_the_customer_pays(run, tmp_path):
    """P-07, with everything real but the card: the till dies, the customer pays meanwhile, the till comes back."""

    async def asked(demo: Demo) -> dict:
        terminal: dict = (await demo.until(lambda state: state["terminal"]["amount_minor"]))["terminal"]
        return terminal

    async def story():
        async with open_demo(tmp_path, "--no-kiosk") as demo:
            async with open_till(tmp_path) as till:
                await open_day(demo, till)
                await demo.post("/api/scan", {"code": "1101"})
                await till.until(lambda view: view.ticket is not None and view.ticket.article_count == 1)
                due = till.view.ticket.total_minor
                await till.ask(AddTender("card"))
                assert (await asked(demo))["amount_minor"] == due  # never retyped (P-06)
            await demo.post("/api/process/daemon/kill")
            await demo.post("/api/terminal/pay")
            await demo.until(
                lambda state: process_of(state, "daemon")["restarts"] and process_of(state, "daemon")["ready"]
            )
            async with open_till(tmp_path) as till:
                sold = (await till.until(lambda view: view.result is not None)).result
                assert sold.total_minor == due
            state = await demo.until(lambda state: state["terminal"]["debits"])
            assert state["terminal"]["debits"] == 1

    run(story(), timeout_s=60)


def test_the_kiosk_is_seen_comes_back_after_a_kill_and_feels_touches(run, tmp_path):
    def is_blank(picture: Image.Image) -> bool:
        return picture.getcolors(maxcolors=1) is not None

    def is_lock_screen(picture: Image.Image) -> bool:
        return picture.getpixel((20, 320)) == BACKGROUND and picture.getpixel((220, 400)) == KEY

    async def story():
        async with open_demo(tmp_path, "--headless") as demo:
            await demo.until_picture(is_lock_screen)
            await demo.post("/api/process/kiosk/kill")
            await demo.until_picture(is_blank)
            await demo.until_picture(is_lock_screen)
            async with open_till(tmp_path) as till:
                await demo.post("/api/touch", CAMILLE_KEY)
                await till.until(lambda view: view.lock is not None and view.lock.selected == "camille")
            async with demo.http.get(f"{demo.url}/api/screen.png") as response:
                assert Image.open(BytesIO(await response.read())).size == (1280, 800)

    run(story(), timeout_s=60)


def test_a_second_demo_on_the_same_day_is_refused(run, tmp_path):
    async def story():
        async with open_demo(tmp_path, "--no-kiosk"):
            second = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "appliance.demo", "--data", str(tmp_path), "--no-kiosk"),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            _, errors = await second.communicate()
            assert second.returncode == 1
            assert "already runs" in errors.decode()
            assert "Traceback" not in errors.decode()

    run(story(), timeout_s=60)
