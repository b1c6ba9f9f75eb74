"""The bench's HTTP interface; hides nothing but aiohttp: each address does one thing to one device.

    GET  /                             the page
    GET  /live                         WebSocket, see live.py
    GET  /api/state                    everything about devices and programs
    GET  /api/products?q=              demo products; every word of q must be in name, category or code
    GET  /api/screen.png               the kiosk now                     (virtual display only, as the next two)
    POST /api/touch                    {"x": 640, "y": 400}
    POST /api/key                      {"text": "1234"} or {"key": "Enter"}
    POST /api/scan                     {"code": "7610...", "scanner": "serial" | "twin" | "hid" | "wedge",
                                        "layout": "us"}
    POST /api/scan/random              {"count": 10, "scanner": "serial"}
    POST /api/scan/setup               {"scanner": "hid"}: the label of « Scannez ce code »
    POST /api/scanner/{id}/{action}    plug | unplug | cut
    GET  /api/paper                    papers that came out, newest first, with their text
    GET  /api/paper/{n}.png            one as a picture; 0 is what hangs out of the printer uncut
    POST /api/printer/{action}         paper-low paper-out paper-new cover-open cover-close jam unjam offline online
                                       power-off power-on cable-out cable-in tear-off
    POST /api/drawer/{action}          open | close | stick | loosen
    POST /api/scale                    {"milli": 345, "moving": false}: so much lies on the scale
    POST /api/scale/{action}           plug | unplug | tare | silence | speak
    POST /api/display/{action}         plug | unplug
    POST /api/terminal/{action}        pay | lose | decline | insufficient | cancel | plug | unplug
    POST /api/terminal/scan            {"code": "2990..."}: a code held before the terminal's reader
    POST /api/process/{name}/kill      daemon | kiosk

A refusal is {"code", "message"} with a French sentence and a 4xx status; all else answers {"ok": true} or what was
asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from appliance.demo.bench.live import Screen, serve_line
from appliance.demo.bench.refusal import answer, order, refuse
from appliance.demo.bench.shelf import Shelf, Tile
from appliance.demo.child import Child, ChildState
from appliance.demo.counter import WEIGHT_MILLI_MAX, DisplayState, ScaleState
from appliance.demo.devices import Devices, DrawerState, PrinterState
from appliance.demo.display import png_bytes
from appliance.demo.fault import DemoFailed
from appliance.demo.scanners import ROLES, WEDGE_LAYOUT, ScannerState, layout_names
from appliance.demo.terminal import NobodyAsked, TerminalState
from appliance.domain.catalog import fold
from appliance.domain.errors import Refusal
from appliance.hal.device import SETUP_CODE

PAGE: Final = Path(__file__).parent / "page"
FONTS: Final = Path(__file__).parents[2] / "kiosk" / "assets" / "fonts"
BODY_BYTES_MAX: Final = 16_384
CODE_CHARS_MAX: Final = 512
SCANS_MAX: Final = 100
SCAN_GAP_S: Final = 0.15
GROUP_SEPARATOR: Final = "\x1d"
_OK: Final = {"ok": True}


class ScanOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    scanner: str = "serial"
    layout: str = WEDGE_LAYOUT


class CodeOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str


class RandomOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: int = 10
    scanner: str = "serial"


class SetupOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scanner: str = "serial"


class TouchOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    x: int
    y: int


class KeyOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(max_length=200)] = ""
    key: Annotated[str, Meta(max_length=16)] = ""


class WeightOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    milli: int
    moving: bool = False


class ScreenState(msgspec.Struct, frozen=True):
    kind: Literal["virtual", "real", "none"]
    width: int = 0
    height: int = 0


class BenchState(msgspec.Struct, frozen=True):
    shop: str
    screen: ScreenState
    printer: PrinterState
    drawer: DrawerState
    scanners: tuple[ScannerState, ...]
    terminal: TerminalState
    scale: ScaleState
    display: DisplayState
    layouts: tuple[str, ...]
    processes: tuple[ChildState, ...]


class PaperText(msgspec.Struct, frozen=True):
    number: int
    lines: tuple[str, ...]


class Bench:
    """The handlers, over the demo's parts."""

    def __init__(
        self, shelf: Shelf, devices: Devices, children: Sequence[Child], screen: Screen | None, has_kiosk: bool
    ) -> None:
        self._shelf = shelf
        self._devices = devices
        self._children = {child.name: child for child in children}
        self._screen = screen
        self._no_screen: Literal["real", "none"] = "real" if has_kiosk else "none"

    def state(self) -> BenchState:
        screen = ScreenState(self._no_screen)
        if self._screen is not None:
            screen = ScreenState("virtual", self._screen.display.width, self._screen.display.height)
        return BenchState(
            shop=self._shelf.shop,
            screen=screen,
            printer=self._devices.printer,
            drawer=self._devices.drawer,
            scanners=self._devices.scanners,
            terminal=self._devices.terminal.state,
            scale=self._devices.counter.scale,
            display=self._devices.counter.display,
            layouts=layout_names(),
            processes=tuple(child.state for child in self._children.values()),
        )

    def app(self) -> web.Application:
        app = web.Application(middlewares=[refuse], client_max_size=BODY_BYTES_MAX)
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/live", self.live),
                web.get("/api/state", self.get_state),
                web.get("/api/products", self.products),
                web.get("/api/badges", self.badges),
                web.get("/api/screen.png", self.screenshot),
                web.post("/api/touch", self.touch),
                web.post("/api/key", self.key),
                web.post("/api/scan", self.scan),
                web.post("/api/scan/random", self.scan_random),
                web.post("/api/scan/setup", self.scan_setup),
                web.post("/api/scanner/{scanner}/{action}", self.handle_scanner),
                web.get("/api/paper", self.papers),
                web.get(r"/api/paper/{number:\d{1,6}}.png", self.paper_png),
                web.post("/api/printer/{action}", self.handle_printer),
                web.post("/api/drawer/{action}", self.handle_drawer),
                web.post("/api/scale", self.weigh),
                web.post("/api/scale/{action}", self.handle_scale),
                web.post("/api/display/{action}", self.handle_display),
                web.post("/api/terminal/scan", self.show_code),
                web.post("/api/terminal/{action}", self.handle_terminal),
                web.post("/api/process/{name}/kill", self.kill),
                web.static("/page", PAGE),
                web.static("/fonts", FONTS),
            ]
        )
        return app

    async def page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    async def live(self, request: web.Request) -> web.StreamResponse:
        return await serve_line(request, self._screen, self.state)

    async def get_state(self, request: web.Request) -> web.Response:
        return answer(self.state())

    async def products(self, request: web.Request) -> web.Response:
        words = fold(request.query.get("q", "")[:100]).split()
        return answer([tile for tile in self._shelf.tiles if all(word in _words_of(tile) for word in words)])

    async def badges(self, request: web.Request) -> web.Response:
        return answer(self._shelf.badges)

    async def screenshot(self, request: web.Request) -> web.Response:
        display = self._virtual().display
        picture = await asyncio.to_thread(lambda: png_bytes(display.picture(display.frame())))
        return _png(picture)

    async def touch(self, request: web.Request) -> web.Response:
        spot = await order(request, TouchOrder)
        self._virtual().tap(spot.x, spot.y)
        return answer(_OK)

    async def key(self, request: web.Request) -> web.Response:
        keys = await order(request, KeyOrder)
        self._virtual().type([*keys.text, *([keys.key] if keys.key else [])])
        return answer(_OK)

    async def scan(self, request: web.Request) -> web.Response:
        wanted = await order(request, ScanOrder)
        self._scan(wanted.scanner, wanted.code, wanted.layout)
        return answer(_OK)

    async def scan_random(self, request: web.Request) -> web.Response:
        wanted = await order(request, RandomOrder)
        if not 1 <= wanted.count <= SCANS_MAX:
            raise Refusal("bench.scan.count")
        codes = self._shelf.random_codes(wanted.count)
        for code in codes:
            self._scan(wanted.scanner, code, WEDGE_LAYOUT)
            await asyncio.sleep(SCAN_GAP_S)
        return answer({"ok": True, "codes": codes})

    async def scan_setup(self, request: web.Request) -> web.Response:
        wanted = await order(request, SetupOrder)
        self._scan(wanted.scanner, SETUP_CODE, WEDGE_LAYOUT)
        return answer(_OK)

    async def handle_scanner(self, request: web.Request) -> web.Response:
        scanner, action = request.match_info["scanner"], request.match_info["action"]
        self._known(scanner)
        try:
            await self._devices.handle_scanner(scanner, action)
        except KeyError as error:
            raise Refusal("bench.action", action=action[:40]) from error
        return answer(_OK)

    async def papers(self, request: web.Request) -> web.Response:
        numbers = self._devices.printer.papers
        found = [(number, self._devices.paper(number)) for number in numbers]
        return answer([PaperText(number, paper.lines) for number, paper in found if paper is not None])

    async def paper_png(self, request: web.Request) -> web.Response:
        paper = self._devices.paper(int(request.match_info["number"]))
        if paper is None:
            raise Refusal("bench.paper.unknown")
        return _png(await asyncio.to_thread(paper.png))

    async def handle_printer(self, request: web.Request) -> web.Response:
        action = request.match_info["action"]
        try:
            await self._devices.handle_printer(action)
        except KeyError as error:
            raise Refusal("bench.action", action=action[:40]) from error
        return answer(_OK)

    async def handle_drawer(self, request: web.Request) -> web.Response:
        action = request.match_info["action"]
        try:
            self._devices.handle_drawer(action)
        except KeyError as error:
            raise Refusal("bench.action", action=action[:40]) from error
        return answer(_OK)

    async def handle_terminal(self, request: web.Request) -> web.Response:
        action = request.match_info["action"]
        try:
            await self._devices.terminal.handle(action)
        except KeyError as error:
            raise Refusal("bench.action", action=action[:40]) from error
        except NobodyAsked as error:
            raise Refusal("bench.terminal.idle") from error
        return answer(_OK)

    async def show_code(self, request: web.Request) -> web.Response:
        code = (await order(request, CodeOrder)).code
        if not (1 <= len(code) <= CODE_CHARS_MAX and code.isprintable()):
            raise Refusal("bench.scan.code")
        try:
            self._devices.terminal.show_code(code)
        except NobodyAsked as error:
            raise Refusal("bench.terminal.reader_off") from error
        return answer(_OK)

    async def weigh(self, request: web.Request) -> web.Response:
        wanted = await order(request, WeightOrder)
        try:
            self._devices.counter.weigh(wanted.milli, wanted.moving)
        except ValueError as error:
            raise Refusal("bench.scale.weight", limit=WEIGHT_MILLI_MAX // 1000) from error
        return answer(_OK)

    async def handle_scale(self, request: web.Request) -> web.Response:
        return self._handle(self._devices.counter.handle_scale, request)

    async def handle_display(self, request: web.Request) -> web.Response:
        return self._handle(self._devices.counter.handle_display, request)

    def _handle(self, act: Callable[[str], None], request: web.Request) -> web.Response:
        action = request.match_info["action"]
        try:
            act(action)
        except KeyError as error:
            raise Refusal("bench.action", action=action[:40]) from error
        return answer(_OK)

    async def kill(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        child = self._children.get(name)
        if child is None:
            raise Refusal("bench.process.unknown", name=name[:40])
        if not child.kill():
            raise Refusal("bench.process.away")
        return answer(_OK)

    def _virtual(self) -> Screen:
        if self._screen is None:
            raise Refusal(f"bench.screen.{self._no_screen}")
        return self._screen

    def _known(self, scanner: str) -> None:
        if scanner not in ROLES:
            raise Refusal("bench.scanner.unknown", scanner=scanner[:40], known=", ".join(ROLES))

    def _scan(self, scanner: str, code: str, layout: str) -> None:
        self._known(scanner)
        if not (1 <= len(code) <= CODE_CHARS_MAX and code.replace(GROUP_SEPARATOR, "").isprintable()):
            raise Refusal("bench.scan.code")
        if layout not in layout_names():
            raise Refusal("bench.scanner.layout", layout=layout[:40])
        if not self._devices.is_plugged(scanner):
            raise Refusal("bench.scanner.unplugged")
        try:
            self._devices.scan(scanner, code, layout)
        except ValueError as error:
            raise Refusal("bench.scanner.characters") from error


@asynccontextmanager
async def open_bench(bench: Bench, host: str, port: int) -> AsyncIterator[str]:
    """Serve the bench and give its address; port 0 takes a free one. DemoFailed when the port is taken."""
    runner = web.AppRunner(bench.app(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise DemoFailed(f"port {port} of {host} is taken; choose another one: --port N") from error
        yield f"http://{'localhost' if host == '127.0.0.1' else host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@lru_cache(maxsize=1_000)
def _words_of(tile: Tile) -> str:
    return fold(f"{tile.name} {tile.category} {tile.code} {tile.pack}")


def _png(picture: bytes) -> web.Response:
    return web.Response(body=picture, content_type="image/png", headers={"Cache-Control": "no-store"})
