"""The envelope of the kiosk socket: one JSON object a line, both ways.

Client to daemon: `Hello` first, then `Order`s, and a technician's `AskDevices`. Daemon to client: `Welcome`, then
`Shown` whenever the view changed, one `Answer` for each order, and a `DeviceList` to whoever asked for it. An order
carries an id made by the client: the same id again gets the first answer and does nothing more. A line longer than
`MAX_LINE` bytes, or one that does not read, gets a `Fault` and the daemon closes the connection; it never stops the
daemon.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from appliance.protocol.command import AnyCommand

if TYPE_CHECKING:
    from appliance.protocol.view import TillView

VERSION = 1
MAX_LINE = 65_536
"""Bytes of the longest line a client may send; views to the client may be longer."""


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="Hello"):
    version: int
    client: Annotated[str, Meta(max_length=32)] = "kiosk"
    views: bool = True
    """False: the client wants answers only."""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="Order"):
    id: Annotated[str, Meta(min_length=1, max_length=64)]
    """Printable ASCII without spaces: it is written into the journal and hashed with it."""
    command: AnyCommand


class AskDevices(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is", tag="AskDevices"):
    """A technician's question about the devices (`tillbox devices`); it touches nothing on the screen."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    work: Literal["list", "test", "assign", "unassign"] = "list"
    """"list" gets a `DeviceList`, the others an `Answer`."""
    role: Annotated[str, Meta(max_length=60)] = ""
    address: Annotated[str, Meta(max_length=1_000)] = ""
    """"assign": an address as in the settings, or the identity or node of something plugged in."""
    after: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """"list": the number of the list that is known; the answer comes when there is another one."""


class Welcome(msgspec.Struct, frozen=True, tag_field="is", tag="Welcome"):
    version: int
    till: str


class Shown(msgspec.Struct, frozen=True, tag_field="is", tag="Shown"):
    view: TillView


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="is", tag="Answer"):
    """What became of an order, sent after its commit."""

    id: str
    ok: bool
    rev: int
    """Revision of the first view that shows the outcome."""
    code: str = ""
    """Refusal code when not ok ("tender.too_much"); its sentence is in the catalogue."""
    params: dict[str, Any] = {}


class DeviceRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A port with or without a role, or a role with or without a port; "" where nothing is known."""

    identity: str = ""
    """`serial|port|interface`, the same at every plug."""
    node: str = ""
    """Where it is now: `/dev/hidraw0`, `192.168.1.20:9100`."""
    link: str = ""
    """How it is reached: `hidraw`, `serial`, `tcp`, ..."""
    label: str = ""
    """Maker and model."""
    role: str = ""
    kind: str = ""
    state: str = ""
    fault: str = ""
    remedy: str = ""
    """What a person can do about it."""
    rule: str = ""
    """The role's address in the settings, or the one that would name exactly this device."""


class DeviceList(msgspec.Struct, frozen=True, tag_field="is", tag="DeviceList"):
    """What is plugged in, used or not, then the roles whose device is not there."""

    id: str
    number: int
    """Counts the changes since the start."""
    devices: tuple[DeviceRow, ...]


class Fault(msgspec.Struct, frozen=True, tag_field="is", tag="Fault"):
    """The line could not be read."""

    code: Literal["frame.too_long", "frame.unreadable", "frame.version", "frame.flood"]
    detail: str


FromClient = Hello | Order | AskDevices
FromDaemon = Welcome | Shown | Answer | DeviceList | Fault

_encoder = msgspec.json.Encoder()
_from_client = msgspec.json.Decoder(FromClient)


@cache
def _from_daemon() -> msgspec.json.Decoder[FromDaemon]:
    """Made at its first use: the daemon, which never reads a view, answers before it has even loaded what a view is."""
    from appliance.protocol import view

    globals().update(TillView=view.TillView)  # what the annotation of `Shown` stands for
    return msgspec.json.Decoder(FromDaemon)


def encode(message: FromClient | FromDaemon) -> bytes:
    """The message as one line, newline included."""
    return _encoder.encode(message) + b"\n"


def read_from_client(line: bytes) -> FromClient:
    """Raises `msgspec.DecodeError` (its subclass `ValidationError` when well-formed but not allowed)."""
    message: FromClient = _from_client.decode(line)
    if not isinstance(message, Hello):
        name = message.id
        if not (name.isascii() and name.isprintable()) or " " in name:  # a pattern would take as long as all the rest
            raise msgspec.ValidationError("Expected printable ASCII without spaces - at `$.id`")
    return message


def read_from_daemon(line: bytes) -> FromDaemon:
    """Raises `msgspec.DecodeError`."""
    message: FromDaemon = _from_daemon().decode(line)
    return message
