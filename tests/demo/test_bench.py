"""Aim: everything the bench page can do reaches the device's own wire, and nonsense is refused with a sentence.

Way: the real server on a free port, the real drivers of the till on the other end of the wires.
"""

import asyncio
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from appliance.clock import SystemClock
from appliance.demo.bench.refusal import sentences
from appliance.demo.bench.server import Bench, open_bench
from appliance.demo.bench.shelf import fill_shelf
from appliance.demo.devices import open_devices
from appliance.demo.scanners import ROLES
from appliance.demo.shop import load_demo_shop
from appliance.hal.address import DevicesConfig
from appliance.hal.device import (
    Cut,
    Devices,
    DeviceState,
    DrawerChanged,
    DrawerPosition,
    FaultReason,
    Health,
    Opened,
    Paper,
    PaymentKind,
    PaymentRequest,
    PrintOutcome,
    Scan,
    ScanDamaged,
    Text,
    Weight,
    WeightState,
)
from appliance.hal.registry import open_devices as open_drivers

JAM = "7610807072341"


class Page:
    """A visitor's browser, and the till's drivers at the far end."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http
        self.drivers: Devices
        self.events: asyncio.Queue = asyncio.Queue()

    async def get(self, path: str):
        async with self.http.get(self.url + path) as response:
            assert response.status == 200
            return await response.json()

    async def post(self, path: str, body: object = None, status: int = 200):
        async with self.http.post(self.url + path, json=body or {}) as response:
            answer = await response.json()
            assert response.status == status, answer
            return answer

    async def refused(self, path: str, body: object, status: int, code: str) -> None:
        answer = await self.post(path, body, status)
        assert answer["code"] == code
        assert answer["message"] and "{" not in answer["message"]

    async def event(self, kind: type, wanted=lambda event: True):
        while True:
            event = await self.events.get()
            if isinstance(event, kind) and wanted(event):
                return event

    async def all_ready(self) -> None:
        while any(health.state is not DeviceState.READY for health in self.drivers.health()):
            await self.events.get()


@asynccontextmanager
async def open_page(folder: Path, *, has_trigger: bool = False):
    async with (
        open_devices(folder, SystemClock(), printer_port=0, has_trigger=has_trigger) as devices,
        open_bench(Bench(fill_shelf(load_demo_shop()), devices, [], None, has_kiosk=False), "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as http,
    ):
        page = Page(url, http)
        async with open_drivers(DevicesConfig(devices.addresses), SystemClock(), page.events.put_nowait) as drivers:
            page.drivers = drivers
            await page.all_ready()
            yield page


@pytest.mark.parametrize("scanner", ["serial", "twin", "hid", "wedge"])
def test_a_code_is_scanned(run, tmp_path, scanner):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post("/api/scan", {"code": JAM, "scanner": scanner})
            assert (await page.event(Scan)).text == JAM

    run(story())


def test_a_scanner_programmed_for_another_keyboard_gives_the_wrong_characters(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post("/api/scan", {"code": JAM, "scanner": "wedge", "layout": "fr"})
            assert (await page.event(Scan)).text != JAM

    run(story())


@pytest.mark.parametrize("scanner", ["serial", "twin", "hid", "wedge"])
def test_the_setup_label_is_scanned_and_the_scanner_keeps_its_role(run, tmp_path, scanner):
    async def story():
        async with open_page(tmp_path) as page, asyncio.TaskGroup() as group:
            listening = asyncio.Event()
            search = page.drivers.learn("scanner.new", lambda learning: listening.set())
            searching = group.create_task(search, name="search")
            await listening.wait()
            await page.post("/api/scan/setup", {"scanner": scanner})
            await searching
            role = ROLES[scanner]
            await page.event(Health, lambda health: health.role == role and health.state is DeviceState.READY)
            await page.post("/api/scan", {"code": JAM, "scanner": scanner})
            read = await page.event(Scan, lambda scan: scan.text == JAM)
            assert read.source == role

    run(story())


@pytest.mark.parametrize("scanner", ["serial", "twin", "hid", "wedge"])
def test_a_label_without_an_end_is_a_damaged_read(run, tmp_path, scanner):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post(f"/api/scanner/{scanner}/cut")
            assert (await page.event(ScanDamaged)).source == ROLES[scanner]

    run(story())


def test_a_stuck_drawer_is_seen_and_loosened(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post("/api/drawer/stick")
            assert (await page.drivers.drawer().open()).opened is Opened.NO
            await page.post("/api/drawer/loosen")
            assert (await page.drivers.drawer().open()).opened is Opened.YES

    run(story())


def test_a_pulled_cable_is_seen_and_refused_until_it_is_back(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            for scanner in ("serial", "twin", "hid", "wedge"):
                await page.post(f"/api/scanner/{scanner}/unplug")
                await page.event(Health, lambda health: health.fault is FaultReason.UNPLUGGED)
                await page.refused("/api/scan", {"code": JAM, "scanner": scanner}, 409, "bench.scanner.unplugged")
                await page.post(f"/api/scanner/{scanner}/plug")
                await page.event(Health, lambda health: health.state is DeviceState.READY)

    run(story())


def test_random_products_are_scanned_one_after_the_other(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            answer = await page.post("/api/scan/random", {"count": 3})
            assert [(await page.event(Scan)).text for _ in range(3)] == answer["codes"]

    run(story())


def test_paper_comes_out_as_a_picture(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            result = await page.drivers.printer().print(Paper((Text("Merci de votre visite"), Cut())), 1)
            assert result.outcome is PrintOutcome.CONFIRMED
            (paper,) = await page.get("/api/paper")
            assert paper["number"] == 1
            assert "Merci de votre visite" in paper["lines"]
            for number in (0, 1):
                async with page.http.get(f"{page.url}/api/paper/{number}.png") as response:
                    assert Image.open(BytesIO(await response.read())).width == 576 + 2 * 32
            async with page.http.get(f"{page.url}/api/paper/2.png") as response:
                assert (response.status, (await response.json())["code"]) == (404, "bench.paper.unknown")

    run(story())


@pytest.mark.parametrize(
    ("cause", "mend", "fault"),
    [
        ("paper-low", "paper-new", FaultReason.PAPER_LOW),
        ("paper-out", "paper-new", FaultReason.PAPER_OUT),
        ("cover-open", "cover-close", FaultReason.COVER_OPEN),
        ("jam", "unjam", FaultReason.CUTTER_JAM),
        ("offline", "online", FaultReason.OFFLINE),
        ("power-off", "power-on", FaultReason.UNREACHABLE),
        ("cable-out", "cable-in", FaultReason.UNREACHABLE),
    ],
)
def test_printer_faults_are_seen_by_the_till_and_mended(run, tmp_path, cause, mend, fault):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post(f"/api/printer/{cause}")
            await page.event(Health, lambda health: health.role == "printer.receipt" and health.fault is fault)
            await page.post(f"/api/printer/{mend}")
            page.drivers.retry("printer.receipt")
            await page.event(
                Health, lambda health: health.role == "printer.receipt" and health.state is DeviceState.READY
            )

    run(story())


def test_the_drawer_is_opened_with_the_key_and_closed(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post("/api/drawer/open")
            opened = await page.event(DrawerChanged, lambda event: event.position is DrawerPosition.OPEN)
            assert not opened.commanded
            assert (await page.get("/api/state"))["drawer"] == {"is_open": True, "pulses": 0, "stuck": False}
            await page.post("/api/drawer/close")
            await page.event(DrawerChanged, lambda event: event.position is DrawerPosition.CLOSED)

    run(story())


def test_what_lies_on_the_scale_is_weighed(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            page.drivers.scale().watch(True)
            await page.post("/api/scale", {"milli": 345, "moving": True})
            await page.event(Weight, lambda weight: weight.state is WeightState.MOVING)
            await page.post("/api/scale", {"milli": 345})
            await page.event(Weight, lambda weight: weight.quantity_milli == 345)
            await page.post("/api/scale/tare")
            await page.event(Weight, lambda weight: (weight.quantity_milli, weight.is_net) == (0, True))
            for action in ("silence", "speak", "unplug"):
                await page.post(f"/api/scale/{action}")
            await page.event(
                Health, lambda health: (health.role, health.state) == ("scale.counter", DeviceState.ABSENT)
            )
            assert (await page.get("/api/state"))["scale"]["plugged"] is False

    run(story())


def test_the_customer_reads_what_the_till_shows(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page, page.http.ws_connect(page.url + "/live") as line:
            page.drivers.display().show("Croissant       1.60", "Total           1.60")
            while (await line.receive_json())["display"]["lines"] != ["Croissant       1.60", "Total           1.60"]:
                pass
            await page.post("/api/display/unplug")
            assert (await page.get("/api/state"))["display"]["plugged"] is False

    run(story())


def test_a_drawer_with_its_own_trigger(run, tmp_path):
    async def story():
        async with open_page(tmp_path, has_trigger=True) as page:
            while page.drivers.drawer().position is not DrawerPosition.CLOSED:
                await page.events.get()
            assert (await page.drivers.drawer().open()).pulse_sent
            assert (await page.get("/api/state"))["drawer"] == {"is_open": True, "pulses": 1, "stuck": False}

    run(story())


def test_nonsense_is_refused_with_a_sentence(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            for path, body, status, code in (
                ("/api/scan", {"code": ""}, 400, "bench.scan.code"),
                ("/api/scan", {"code": "a\nb"}, 400, "bench.scan.code"),
                ("/api/scan", {"code": "9" * 513}, 400, "bench.scan.code"),
                ("/api/scan", {"code": 1}, 400, "bench.body"),
                ("/api/scan", {"kode": "1"}, 400, "bench.body"),
                ("/api/scan", {"code": JAM, "scanner": "laser"}, 400, "bench.scanner.unknown"),
                ("/api/scan", {"code": JAM, "scanner": "wedge", "layout": "xx"}, 400, "bench.scanner.layout"),
                ("/api/scan", {"code": "漢", "scanner": "wedge"}, 400, "bench.scanner.characters"),
                ("/api/scan/random", {"count": 0}, 400, "bench.scan.count"),
                ("/api/scan", {"code": "9" * 20_000}, 413, "bench.too_large"),
                ("/api/scanner/laser/plug", {}, 400, "bench.scanner.unknown"),
                ("/api/scanner/serial/burn", {}, 404, "bench.action"),
                ("/api/printer/burn", {}, 404, "bench.action"),
                ("/api/drawer/burn", {}, 404, "bench.action"),
                ("/api/scale/burn", {}, 404, "bench.action"),
                ("/api/display/burn", {}, 404, "bench.action"),
                ("/api/scale", {"milli": 16_001}, 400, "bench.scale.weight"),
                ("/api/scale", {"milli": -1}, 400, "bench.scale.weight"),
                ("/api/process/daemon/kill", {}, 404, "bench.process.unknown"),
                ("/api/touch", {"x": 1, "y": 1}, 409, "bench.screen.none"),
                ("/api/nothing", {}, 404, "bench.unknown"),
                ("/api/state", {}, 405, "bench.method"),
            ):
                await page.refused(path, body, status, code)
            stranger = {"Origin": "http://elsewhere.example"}
            async with page.http.post(page.url + "/api/drawer/open", headers=stranger) as response:
                assert (response.status, (await response.json())["code"]) == (403, "bench.origin")
            assert not (await page.get("/api/state"))["drawer"]["is_open"]

    run(story())


def test_the_open_line_tells_the_state_and_every_change(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page, page.http.ws_connect(page.url + "/live") as line:
            assert (await line.receive_json())["drawer"]["is_open"] is False
            await page.post("/api/drawer/open")
            assert (await line.receive_json())["drawer"]["is_open"] is True
            await line.send_str("{")
            assert (await line.receive_json())["refused"]["code"] == "bench.body"
            await line.send_json({"touch": "down", "x": 1, "y": 1})
            assert (await line.receive_json())["refused"]["code"] == "bench.screen.none"

    run(story())


def test_products_are_found_without_accents(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            assert len(await page.get("/api/products")) >= 120
            found = await page.get("/api/products?q=EPICERIE abricots")
            assert any(tile["code"] == JAM for tile in found)
            assert await page.get("/api/products?q=zzz") == []
            assert len(await page.get("/api/badges")) == 6

    run(story())


def test_the_page_and_its_files_are_there(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            for path in ("/", "/page/bench.css", "/page/bench.js", "/fonts/CaisseSans-600.otf"):
                async with page.http.get(page.url + path) as response:
                    assert response.status == 200, path

    run(story())


def test_every_sentence_ends_as_one():
    for code, sentence in sentences().items():
        assert code.startswith("bench.")
        assert sentence[-1] in ".}", code


def test_every_product_of_the_demo_can_be_scanned():
    for tile in fill_shelf(load_demo_shop()).tiles:
        assert tile.code.isascii()


def test_a_visitor_pays_by_card(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            await page.refused("/api/terminal/pay", {}, 409, "bench.terminal.idle")
            await page.refused("/api/terminal/dance", {}, 404, "bench.action")
            terminal = page.drivers.terminal()
            for number, (action, outcome) in enumerate(
                {"pay": "accepted", "lose": "accepted", "insufficient": "refused", "cancel": "aborted"}.items()
            ):
                request = PaymentRequest(f"r-{number}", PaymentKind.DEBIT, 1230, "CHF", "T-0427")
                async with asyncio.TaskGroup() as group:
                    paying = group.create_task(terminal.pay(request), name="pay")
                    while (await page.get("/api/state"))["terminal"]["amount_minor"] != 1230:
                        pass
                    await page.post(f"/api/terminal/{action}")
                assert paying.result().outcome == outcome
            state = (await page.get("/api/state"))["terminal"]
            assert (state["debits"], state["display"]) == (2, "cancel")

    run(story())


def test_a_visitor_shows_a_code_to_the_terminal(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            await page.refused("/api/terminal/scan", {"code": "2990000000017"}, 409, "bench.terminal.reader_off")
            async with asyncio.TaskGroup() as group:
                scanning = group.create_task(page.drivers.terminal().scan_once(10), name="scan")
                while (await page.get("/api/state"))["terminal"]["display"] != "scan":
                    pass
                await page.post("/api/terminal/scan", {"code": "2990000000017"})
            assert scanning.result().text == "2990000000017"

    run(story())


def test_the_terminals_cable(run, tmp_path):
    async def story():
        async with open_page(tmp_path) as page:
            await page.post("/api/terminal/unplug")
            request = PaymentRequest("r-1", PaymentKind.DEBIT, 1230, "CHF", "T-0427")
            assert (await page.drivers.terminal().pay(request)).outcome == "not_started"
            await page.post("/api/terminal/plug")
            await page.event(Health, lambda health: health.role == "terminal.main" and health.state == "ready")

    run(story())
