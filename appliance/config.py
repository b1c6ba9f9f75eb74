"""Settings of one box: where its data lies, which devices it has. Read once, by the composition roots alone.

A TOML file. What is wrong in it is said with its line, the key at fault and what is allowed (`config.unreadable`,
`config.value`); the daemon does not start on settings that it had to guess. What a shop sets up (modes, tenders,
sellers) is not here but in the store.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from appliance.domain.errors import Refusal

if TYPE_CHECKING:
    from appliance.toml_file import Fault

FOUND_BY_ITSELF = {"scanner.any": "auto:"}
"""The devices of settings that name none."""
SOCKET_BYTES_MAX = 107
"""Unix takes no longer path of a socket."""


class OfficeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The head office of this box, where it was not enrolled on its screen: for development and the demo."""

    chain: Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?\Z")]
    brokers: Annotated[tuple[str, ...], Meta(min_length=1)]
    """`host:port` of each."""
    office_keys: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Public keys that head office seals with, 64 hexadecimal digits each."""
    config_keys: tuple[str, ...] = ()
    """Those that seal settings: the one in use, then the recovery key."""
    till: str = ""
    """Id of this box there; "" the box's own."""
    partition: Annotated[int, Meta(ge=0, le=999)] = 0
    keys: str = ""
    """Folder of the box's keys and certificates, relative to the settings file; "" is `office` in `data_dir`."""
    plain: bool = False
    """Without certificates, to a broker on the same machine."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Everything the daemon and the kiosk must be told from outside."""

    till: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9._-]+\Z")] = "till-1"
    """Identity of this box in its journal; never changes."""
    data_dir: str = "var"
    """Folder of the database and the logs; relative to the settings file."""
    socket: str = "till.sock"
    """Unix socket of the kiosk, relative to `data_dir`. Unix limits the whole path to 107 bytes."""
    profile: Literal["CH"] = "CH"
    """Rules of the country the till sells in, fixed at the first opening."""
    timezone: str = "Europe/Zurich"
    locale: str = "fr-CH"
    language: Literal["fr"] = "fr"
    shop: str = ""
    """Folder of shop files imported when the store holds no shop yet; relative to the settings file."""
    devices: dict[str, str] = {}
    """Role to address, e.g. `"printer.receipt" = "tcp://192.168.1.20:9100?profile=epson-80"`. Settings without this
    table take any HID-POS or USB serial scanner that is plugged in (`FOUND_BY_ITSELF`)."""
    hot_plug: bool = True
    """Listen to udev for devices that come and go."""
    scan_repeat_ms: dict[str, Annotated[int, Meta(ge=0, le=10_000)]] = {}
    """By role of a scanner: how soon the same code counts again; 0 at once."""
    receipt_policy: Literal["always", "on_demand", "never"] = "on_demand"
    receipt_client: Literal["no", "name", "address"] = "name"
    """What of the client on the ticket stands on its receipt."""
    doubtful_papers: Literal["ask", "reprint"] = "ask"
    """A receipt whose end nobody knows: ask the cashier, or print a DUPLICATA at once."""
    printer_fallback: dict[str, str] = {}
    """Role of a printer to the role that prints in its place, e.g. `"printer.kitchen" = "printer.receipt"`."""
    printer_fallback_after_s: Annotated[int, Meta(ge=1, le=3_600)] = 10
    """How long a paper waits for its own printer before it goes to that one."""
    logo: str = ""
    """Picture at the head of every paper (PNG); relative to the settings file."""
    unknown_code: Literal["message", "sheet"] = "message"
    """*Code inconnu*: a sentence on the bar that leads to the choices, or the choices at once (*Feuille de choix*)."""
    cumulate: bool = True
    """*Cumul des produits*: the same article counts up on one line."""
    discount_limit_bp: Annotated[int, Meta(ge=0, le=10_000)] = 2_000
    """Highest discount a seller gives without a manager."""
    float_tolerance_minor: Annotated[int, Meta(ge=0)] = 0
    lock_after_s: Annotated[int, Meta(ge=0, le=3_600)] = 180
    """Idle time until the till locks; 0 never."""
    drawer_open_s: Annotated[int, Meta(ge=0, le=3_600)] = 30
    """Seconds a drawer with a sensor may stand open before somebody is told; 0 never."""
    display_text: Annotated[str, Meta(max_length=40)] = "Bienvenue"
    """*Message par défaut de l'afficheur*: what the customer display shows between two customers."""
    blind_count: bool = False
    """*Comptage à l'aveugle*: the expected amount stays hidden until the drawer was counted."""
    card_by_hand: bool = True
    """While the card terminal does not answer, a card may be typed into it by hand; such payments are marked."""
    theme: Literal["light", "dark"] = "light"
    left_handed: bool = False
    screen_size: Literal["auto", "compact", "base", "large"] = "auto"
    """Sizes of keys and letters; by the panel's own size when `auto`."""
    sounds: Literal["all", "important", "off"] = "all"
    """`important`: only what was refused or needs somebody."""
    tile_columns: Literal[0, 3, 4, 5, 6] = 0
    tile_rows: Literal[0, 3, 4, 5, 6] = 0
    """Keys of articles across and down; 0 as many as the panel's size asks for."""
    notes_order: Literal["time", "table", "amount"] = "time"
    """Order of the notes that wait."""
    office: OfficeConfig | None = None
    """Its head office; None for a till of its own, or one that was enrolled on its screen."""


def load_config(path: Path) -> Config:
    """The settings in a file, paths made absolute. Raises Refusal with the first key at fault."""
    text, table = _read(path)
    try:
        config = msgspec.convert(table, Config)
    except msgspec.ValidationError as error:
        from appliance.toml_file import faults_of  # late: of use to what is wrong only

        faults = faults_of(text, table, Config)
        raise Refusal("config.value", **faults[0].placed(str(path))) from error
    if "devices" not in table:
        config = msgspec.structs.replace(config, devices=dict(FOUND_BY_ITSELF))
    if (code := _zone_fault(config.timezone)) is not None:
        raise _value(path, text, "timezone", code, value=config.timezone)
    config = _absolute(config, path.resolve().parent)
    length = len(config.socket.encode())
    if length > SOCKET_BYTES_MAX:
        raise _value(path, text, "socket", "config.socket", bytes=length, most=SOCKET_BYTES_MAX)
    return config


def faults_in(path: Path) -> list[Fault]:
    """Everything for which `load_config` would refuse a file; nothing when it would not."""
    from appliance.toml_file import Fault, faults_of

    try:
        text, table = _read(path)
        if faults := faults_of(text, table, Config):
            return faults
        load_config(path)
    except Refusal as refusal:
        params = dict(refusal.params)
        return [Fault(int(params["line"]), str(params["reason"]), params)]
    return []


def _read(path: Path) -> tuple[str, dict[str, object]]:
    """A file as text and as a table. Raises Refusal `config.unreadable`."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        from appliance.toml_file import unreadable

        raise Refusal("config.unreadable", **unreadable(path, error).placed(str(path))) from error


def _absolute(config: Config, base: Path) -> Config:
    """Paths as they are meant from the folder of the settings."""
    data_dir = base / config.data_dir
    shop = str(base / config.shop) if config.shop else ""
    logo = str(base / config.logo) if config.logo else ""
    office = config.office
    if office is not None:
        keys = base / office.keys if office.keys else data_dir / "office"
        office = msgspec.structs.replace(office, keys=str(keys), till=office.till or config.till)
    return msgspec.structs.replace(
        config, data_dir=str(data_dir), socket=str(data_dir / config.socket), shop=shop, logo=logo, office=office
    )


def _value(path: Path, text: str, key: str, code: str, **params: str | int) -> Refusal:
    from appliance.toml_file import Fault, line_of

    return Refusal("config.value", **Fault(line_of(text, (key,)), code, {"key": key, **params}).placed(str(path)))


def _zone_fault(name: str) -> str | None:
    """The day's date hangs on it, so a zone that this machine does not know is refused at once."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "config.timezone"
    return None
