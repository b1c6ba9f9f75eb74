"""The broker: what mosquitto is told, who may read and write what, and running one; hides mosquitto's own words.

It keeps nothing: wiping it, killing it or putting another one in its place loses no ticket. Each machine is known by
its certificate's name and by nothing else, so the rules below hold whatever a till sends. The plain form, for one
machine and its developer, believes the name that a client gives, and listens on the loopback only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from appliance.protocol.wire import OFFICE, Id
from appliance.sync.session import Tls
from headoffice.keys import check_name

MAX_PACKET: Final = 262_144
QUEUED: Final = 20_000
"""Messages kept for a client that reads slowly; a till never has more than its window under way."""
START_S: Final = 10.0


class NoBroker(RuntimeError):
    """mosquitto is not installed, or did not start."""


class Listener(msgspec.Struct, frozen=True):
    """Where the broker listens: with certificates on every address, without on the loopback only."""

    port: int
    tls: Tls | None = None
    revoked: Path | None = None


def access_rules(chain: str, workers: Sequence[str] = (OFFICE,)) -> str:
    """Who may read and write what. `%u` is the name in the client's certificate."""
    msgspec.convert(chain, Id)
    rules = [f"pattern write {chain}/p/+/t/%u/up"]
    rules += [f"pattern write {chain}/t/%u/{topic}" for topic in ("rpc", "state")]
    rules += [f"pattern read {chain}/t/%u/{topic}" for topic in ("ack", "res", "down")]
    rules += [f"pattern read {chain}/{OFFICE}/state"]  # `topic` without a user would mean nameless clients only
    for worker in workers:
        rules += [f"user {check_name(worker, 'office')}", f"topic readwrite {chain}/#"]
    return "\n".join(rules) + "\n"


def configuration(listeners: Sequence[Listener], rules: Path) -> str:
    """mosquitto.conf. Every line is there for a reason: docs/wire.md."""
    lines = [
        "persistence false",
        "per_listener_settings true",
        "set_tcp_nodelay true",
        "max_inflight_messages 200",
        f"max_queued_messages {QUEUED}",
        f"max_packet_size {MAX_PACKET}",
        "max_keepalive 120",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "connection_messages true",
        f"user {pwd.getpwuid(os.geteuid()).pw_name}",
    ]
    for listener in listeners:
        lines += _listening(listener, rules)
    return "\n".join(lines) + "\n"


def _listening(listener: Listener, rules: Path) -> list[str]:
    common = [f"acl_file {rules}", "use_username_as_clientid true"]  # nobody can push another one off by its id
    if listener.tls is None:
        return [f"listener {listener.port} 127.0.0.1", "allow_anonymous true", *common]
    lines = [
        f"listener {listener.port}",
        f"cafile {listener.tls.authority}",
        f"certfile {listener.tls.certificate}",
        f"keyfile {listener.tls.key}",
        "tls_version tlsv1.2",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
        *common,
    ]
    return lines if listener.revoked is None else [*lines, f"crlfile {listener.revoked}"]


def write(folder: Path, chain: str, listeners: Sequence[Listener], workers: Sequence[str] = (OFFICE,)) -> Path:
    """mosquitto.conf and its rules in a folder; the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    rules, conf = folder.absolute() / "access-rules", folder.absolute() / "mosquitto.conf"
    rules.write_text(access_rules(chain, workers))
    rules.chmod(0o600)
    conf.write_text(configuration(listeners, rules))
    return conf


def find() -> str:
    """The path of mosquitto. Raises NoBroker."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise NoBroker("mosquitto is not installed (requirements/apt.txt)")
    return found


def _dying_with_us() -> tuple[str, ...]:
    """The kernel ends it when we are killed; nothing where util-linux is missing."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """A mosquitto of ours: for the demo and the tests, which kill and freeze it."""

    def __init__(self, folder: Path, chain: str, listeners: Sequence[Listener], workers: Sequence[str] = (OFFICE,)):
        self._conf = write(folder, chain, listeners, workers)
        self._ports = [listener.port for listener in listeners]
        self.log_path = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process; 0 when none runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def start(self) -> None:
        """Returns when it listens; does nothing when it runs. Raises NoBroker."""
        if self.pid:
            return
        with self.log_path.open("ab") as told:
            self._process = subprocess.Popen(
                [*_dying_with_us(), find(), "-c", str(self._conf)], stdin=subprocess.DEVNULL, stdout=told, stderr=told
            )
        for port in self._ports:
            self._await(port, self._process)

    def _await(self, port: int, process: subprocess.Popen[bytes]) -> None:
        pause = threading.Event()
        for _ in range(int(START_S / 0.01)):
            if process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), START_S):
                return
            pause.wait(0.01)
        self.kill()
        raise NoBroker(f"mosquitto did not start: {self.log_path.read_text(errors='replace')[-500:]}")

    def kill(self) -> None:
        """As when the power goes. It has nothing to lose."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """In order; a frozen one too."""
        self.thaw()
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Connections stay open and nothing moves."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def reload(self) -> None:
        """Read certificates, the list of revoked ones and the rules again. Who is connected stays."""
        self._signal(signal.SIGHUP)

    def _signal(self, which: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(which)

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
