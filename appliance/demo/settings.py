"""The demo's folder: its settings file, logs, and the lock against two demos on one day. Hides TOML and paths."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from appliance.config import Config, load_config
from appliance.demo.fault import DemoFailed
from appliance.demo.shop import FOLDER as SHOP_FOLDER
from appliance.domain.errors import Refusal

SETTINGS: Final = "till.toml"
SOCKET: Final = "till.sock"
SOCKET_BYTES_MAX: Final = 107
"""Longest path of a Unix socket (unix(7): sun_path is 108 bytes with its NUL)."""
_HEAD: Final = "# Written by the demo at every start (ports and device files change); edits are lost.\n"


def write_settings(folder: Path, fleeting: Path, devices: Mapping[str, str]) -> Path:
    """Write `till.toml` and give its path. `fleeting` is a short-named folder for the socket should `folder`'s own
    name be too long for one. DemoFailed when the daemon would refuse what was written."""
    socket = folder / SOCKET
    if len(str(socket).encode()) > SOCKET_BYTES_MAX:
        socket = fleeting / SOCKET
    rows: dict[str, object] = {
        "till": "demo",
        "data_dir": str(folder),
        "socket": str(socket),
        "shop": str(SHOP_FOLDER),
        "hot_plug": False,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in rows.items()]
    lines += ["", "[devices]", *(f"{_toml(role)} = {_toml(url)}" for role, url in devices.items())]
    (folder / "devices.json").unlink(missing_ok=True)  # roles assigned last time: their ports are gone
    path = folder / SETTINGS
    path.write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    read_settings(path)
    return path


def read_settings(path: Path) -> Config:
    """The settings as the daemon will read them; DemoFailed when it would refuse them."""
    try:
        return load_config(path)
    except Refusal as refusal:
        raise DemoFailed(f"the daemon would refuse {path}: {refusal.params}") from refusal


@contextmanager
def demo_folder(path: Path) -> Iterator[Path]:
    """The folder, made if need be and ours alone while the block lasts; DemoFailed when another demo has it."""
    folder = path.resolve()
    try:
        (folder / "log").mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w", encoding="ascii")
    except OSError as error:
        raise DemoFailed(f"cannot write into {folder}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoFailed(f"a demo already runs on {folder}; end it, or give another folder: --data DIR") from error
        yield folder


def _toml(value: object) -> str:
    """A TOML value; strings and booleans are written as JSON writes them (TOML 1.0, basic strings)."""
    return json.dumps(value, ensure_ascii=False)
