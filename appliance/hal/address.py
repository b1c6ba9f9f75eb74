"""Where a device is found, as one line of configuration. Pure: parses and refuses, opens nothing.

tcp://192.168.1.50:9100?profile=epson-80     network printer
serial:///dev/ttyUSB0?baud=115200            printer or scanner on a serial line, USB-CDC or pty
usblp:///dev/usb/lp0?profile=epson-80        USB printer by node
hidraw:///dev/hidraw0                        HID-POS scanner by node
hidstream:///run/tillbox/hid                 the same reports over a Unix socket or a FIFO
evdev:///dev/input/event4?layout=fr          keyboard-wedge scanner by node
evstream:///run/tillbox/wedge?layout=us      the same events over a Unix socket or a FIFO
udev:serial?ID_VENDOR_ID=0c2e&baud=9600      whatever udev shows with these properties (CAPITALS match)
auto:                                        any USB printer, any HID-POS or USB serial scanner; never a keyboard
via:printer.receipt?pin=2&open=high          a drawer behind a printer
serial:///dev/ttyUSB3?trigger=glancetron     a drawer with a trigger of its own
serial:///dev/ttyS0?baud=9600                a customer display or a scale
nexo://192.168.1.60:8443?poiid=S1F2L-…       a card terminal (see hal/terminal/opening.py)
caisse-ap://192.168.1.61:8888?register=01    a card terminal in France

Drawers, displays and scales are named by a node or a property and never looked for: to find out what stands at the end
of a line one would have to write to it, and any byte opens some drawers.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from msgspec import Struct, field

from appliance.hal.device import BadAddress as BadAddress
from appliance.hal.device import DeviceKind

_SCANNER = frozenset({"baud", "layout", "prefix", "suffix", "aim", "timeout_ms", "end", "caps"})
_PRINTER = frozenset({"baud", "profile"})
_DRAWER = frozenset({"pin", "on_ms", "open", "trigger", "baud"})
_DISPLAY = frozenset({"baud", "profile"})
_SCALE = frozenset({"baud", "decimals", "parity"})
_TERMINAL = frozenset({"poiid", "saleid", "tls", "root", "key", "register", "integrator", "look"})
OPTIONS = {
    DeviceKind.SCANNER: _SCANNER,
    DeviceKind.PRINTER: _PRINTER,
    DeviceKind.DRAWER: _DRAWER,
    DeviceKind.DISPLAY: _DISPLAY,
    DeviceKind.SCALE: _SCALE,
    DeviceKind.TERMINAL: _TERMINAL,
}
SCHEMES = {
    DeviceKind.SCANNER: frozenset({"serial", "hidraw", "hidstream", "evdev", "evstream", "udev", "auto"}),
    DeviceKind.PRINTER: frozenset({"tcp", "serial", "usblp", "udev", "auto"}),
    DeviceKind.DRAWER: frozenset({"via", "tcp", "serial", "udev"}),
    DeviceKind.DISPLAY: frozenset({"tcp", "serial", "udev"}),
    DeviceKind.SCALE: frozenset({"tcp", "serial", "udev"}),
    DeviceKind.TERMINAL: frozenset({"nexo", "caisse-ap"}),
}
_UDEV_CLASSES = {
    DeviceKind.SCANNER: ("hidraw,serial", "hidraw", "serial", "evdev"),
    DeviceKind.PRINTER: ("usblp", "serial"),
    DeviceKind.DRAWER: ("serial",),
    DeviceKind.DISPLAY: ("serial",),
    DeviceKind.SCALE: ("serial",),
    DeviceKind.TERMINAL: (),
}
BAUDS = tuple(
    "1200 2400 4800 9600 19200 38400 57600 115200 230400 460800 500000 576000 921600 1000000".split()
)  # fmt: skip
"""Speeds that serial lines have; a UART takes the nearest of any other number, and reads rubbish."""
_TERMINAL_PORTS = {"nexo": 8443, "caisse-ap": 8888}
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:[0-9]+(\?.*)?")
_NEVER_FOUND = frozenset({DeviceKind.DRAWER, DeviceKind.DISPLAY, DeviceKind.SCALE})


class NoPrinter(BadAddress):
    """A drawer behind a printer that nobody serves, or not yet."""


class DevicesConfig(Struct, frozen=True):
    """Roles and where they are. A role's first word is its kind: `scanner.front`, `printer.receipt`, `drawer.main`."""

    roles: dict[str, str] = field(default_factory=dict)
    backoff_ms_max: int = 10_000
    """Longest pause between two attempts to reach a device."""
    bindings: str = ""
    """File that keeps what was assigned at run time; it goes before `roles`. Empty: kept until the end only."""
    logo: str = ""
    """File of the picture at the head of every paper; "" for none."""
    hot_plug: bool = True
    """Ask udev for the devices that are named by their properties; False: such a role stays absent."""


class Address(Struct, frozen=True):
    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    """Node, socket or, for `via`, the printer's role; for `udev` the classes: hidraw, serial, evdev, usblp."""
    options: dict[str, str] = field(default_factory=dict)
    match: dict[str, str] = field(default_factory=dict)
    """udev properties that must all be equal."""

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole-number option within bounds; raises BadAddress."""
        text = self.options.get(name)
        if text is None:
            return default
        if not text.isdecimal() or not low <= int(text) <= high:
            raise BadAddress(f"{name} must be {low} to {high}", "number", name=name, low=low, high=high)
        return int(text)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.host}:{self.port}" if self.host else f"{self.scheme}:{self.path}"


def kind_of(role: str) -> DeviceKind:
    """The kind a role's name begins with; raises BadAddress."""
    try:
        return DeviceKind(role.partition(".")[0])
    except ValueError:
        kinds = ", ".join(DeviceKind)
        raise BadAddress(f"role {role[:40]!r} must begin with {kinds} and a dot", "kind", kinds=kinds) from None


def parse_address(url: str, kind: DeviceKind) -> Address:
    """Read one address for a device of this kind; raises BadAddress for anything that cannot be meant."""
    if len(url) > 500:
        raise BadAddress("address too long", "too_long")
    try:
        parts = urlsplit(url)
        port = parts.port or 0
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), max_num_fields=20)
    except ValueError as error:
        raise BadAddress(str(error)) from None
    if parts.scheme not in SCHEMES[kind]:
        raise _unreachable(url, parts.scheme, kind)
    match = {name: value for name, value in pairs if name.isupper()}
    options = {name: value for name, value in pairs if not name.isupper()}
    if unknown := set(options) - OPTIONS[kind]:
        raise BadAddress(f"unknown option {min(unknown)[:40]!r}", "option", name=min(unknown)[:40])
    address = Address(parts.scheme, parts.hostname or "", port, unquote(parts.path), options, match)
    return _checked(address, kind)


def one_of(name: str, choices: Iterable[str], what: str = "") -> BadAddress:
    """An option that has another value than these."""
    known = ", ".join(choices)
    return BadAddress(f"{what or name} must be one of {known}", "choice", name=name, known=known)


def _unreachable(url: str, scheme: str, kind: DeviceKind) -> BadAddress:
    """What an address should begin with."""
    if url.startswith("/"):
        meant = f"serial://{url[:100]}"
        return BadAddress(f"how the {kind} is reached is missing, such as {meant}", "scheme_missing", meant=meant)
    if _HOST_AND_PORT.fullmatch(url) and "tcp" in SCHEMES[kind]:
        meant = f"tcp://{url[:100]}"
        return BadAddress(f"tcp:// is missing: {meant}", "scheme_missing", meant=meant)
    known = ", ".join(sorted(SCHEMES[kind]))
    if not scheme:
        text = f"{url[:40]!r} is no address of a {kind}; it begins with one of {known} and a colon"
        return BadAddress(text, "no_scheme", given=url[:40], known=known)
    text = f"a {kind} cannot be reached by {scheme[:40]!r}, only by {known}"
    return BadAddress(text, "scheme", scheme=scheme[:40], known=known)


def _checked(address: Address, kind: DeviceKind) -> Address:
    try:
        address.host.encode("idna")  # as whoever opens a connection does
    except UnicodeError:
        raise BadAddress("no host can have this name", "host") from None
    match address.scheme:
        case "tcp":
            if not address.host or not address.port:
                raise BadAddress("tcp needs a host and a port", "tcp")
        case "nexo" | "caisse-ap":
            if not address.host or address.path not in ("", "/"):
                raise BadAddress(f"{address.scheme} needs a host and no path", "host_only")
            port = address.port or _TERMINAL_PORTS[address.scheme]
            return Address(address.scheme, address.host, port, "", address.options)
        case "serial" | "usblp" | "hidraw" | "hidstream" | "evdev" | "evstream":
            if not address.path.startswith("/") or "\0" in address.path:
                raise BadAddress("a device file needs an absolute path", "path")
        case "auto":
            return Address("udev", path=_UDEV_CLASSES[kind][0], options=address.options, match=address.match)
        case "udev":
            if address.path not in _UDEV_CLASSES[kind]:
                raise one_of("udev", _UDEV_CLASSES[kind], f"udev class of a {kind}")
            if address.path == "evdev" and not address.match:
                raise BadAddress("a keyboard scanner must be named by a property: never take any keyboard", "keyboard")
            is_written_to = kind in _NEVER_FOUND or (kind is DeviceKind.PRINTER and "serial" in address.path)
            if is_written_to and not address.match:
                raise BadAddress(
                    f"a {kind} must be named by a property: never write to a port to see what it is", "property"
                )
    if address.match and address.scheme != "udev":
        raise BadAddress("only udev addresses match properties", "match")
    if address.options.get("baud", "9600") not in BAUDS:
        raise one_of("baud", BAUDS)
    return address


def write_address(address: Address) -> str:
    """The line of configuration that `parse_address` reads as this address."""
    query = urlencode(sorted((address.match | address.options).items()), quote_via=quote)
    place = f"//{address.host}:{address.port}{quote(address.path)}" if address.scheme == "tcp" else address.path
    if address.scheme not in ("tcp", "udev", "via"):
        place = f"//{quote(address.path)}"
    return f"{address.scheme}:{place}" + (f"?{query}" if query else "")
