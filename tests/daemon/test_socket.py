"""What clients may do to the kiosk's socket: the daemon lives, says why, and everybody else sells on."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.demo.shop import FOLDER as SHOP
from appliance.protocol import command as c
from appliance.protocol.message import MAX_LINE, VERSION, Answer, Fault, Hello, Order, Shown, Welcome, encode
from appliance.protocol.message import read_from_daemon as read

ROOT = Path(__file__).parents[2]
ANSWER_S = 5.0
NOBODY = 65_534


class Line:
    """A blocking connection."""

    def __init__(self, path: Path, *, views: bool = False, greet: bool = True, receive_bytes: int = 0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        if receive_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(ANSWER_S)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rb")
        self._number = 0
        if greet:
            self.send(encode(Hello(VERSION, "test", views)))
            assert isinstance(self.take(), Welcome)

    def send(self, payload: bytes) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(payload)

    def fill(self, payload: bytes) -> int:
        """Send again and again until the other side takes no more; how many went."""
        self._socket.settimeout(0.2)
        sent = 0
        try:
            while sent < 20_000:
                self._socket.sendall(payload)
                sent += 1
        except TimeoutError:
            pass
        return sent

    def take(self) -> Any:
        """The next message; None at the end."""
        try:
            line = self._file.readline()
        except ConnectionResetError:
            return None
        return read(line) if line.endswith(b"\n") else None

    def fault(self) -> str:
        """The code of the fault that ends this connection; "" when it ended without one."""
        code = ""
        while (message := self.take()) is not None:
            code = message.code if isinstance(message, Fault) else code
        return code

    def order(self, command: c.AnyCommand) -> Answer:
        self._number += 1
        sent = Order(f"{id(self):x}-{self._number}", command)
        self.send(encode(sent))
        while not (isinstance(message := self.take(), Answer) and message.id == sent.id):
            assert message is not None, "the connection ended"
        return message

    def close(self) -> None:
        self._file.close()
        self._socket.close()


class Daemon:
    """The running daemon and one client that must never notice anything."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "s"
        settings_file = folder / "till.toml"
        rows = {"data_dir": str(folder / "data"), "socket": str(self.path), "shop": str(SHOP), "hot_plug": False}
        settings_file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items()))
        command = [sys.executable, "-m", "appliance.daemon", "--config", str(settings_file)]
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n", self.log.read_text()
        self.witness = Line(self.path)
        self.order = self.witness.order

    def lives(self) -> None:
        assert self.order(c.GoBack()).id
        assert self.process.poll() is None

    def resident_kb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def end(self) -> None:
        self.witness.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(10) == 0, self.log.read_text()[-2000:]
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert "Traceback" not in self.log.read_text(), self.log.read_text()[-3000:]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    running = Daemon(tmp_path_factory.mktemp("till"))
    assert running.order(c.SignIn("camille", "1234")).ok
    assert running.order(c.KeepFloat()).ok and running.order(c.OpenSession()).ok
    yield running
    running.end()


def refused(daemon: Daemon, payload: bytes, greet: bool = True) -> str:
    """Send and see the connection end; the fault's code."""
    line = Line(daemon.path, greet=greet)
    line.send(payload)
    code = line.fault()
    line.close()
    daemon.lives()
    return code


WORDS = st.sampled_from([b'"is"', b'"Order"', b'"Hello"', b'"id"', b'"command"', b'"do"', b'"AddProduct"', b"{", b"}",
                         b"[", b"]", b":", b",", b"1", b"-1e999", b"null", b'"\\ud800"', b"\x00", b"\xff"])  # fmt: skip
GARBAGE = st.binary(min_size=1, max_size=300) | st.lists(WORDS, min_size=1, max_size=20).map(b"".join)


@given(GARBAGE.map(lambda line: line.replace(b"\n", b"") + b"x"))
def test_garbage(daemon: Daemon, line: bytes) -> None:
    assert refused(daemon, line + b"\n") == "frame.unreadable"


@given(st.integers(1, 200_000), st.booleans())
@settings(max_examples=15)
def test_lines_that_are_too_long(daemon: Daemon, more: int, ended: bool) -> None:
    assert refused(daemon, b"x" * (MAX_LINE + more) + b"\n" * ended) == "frame.too_long"


@pytest.mark.parametrize("opening", [b"[", b'{"is":', b'{"is":"Order","id":"1","command":{"do":'])
def test_deep_nesting(daemon: Daemon, opening: bytes) -> None:
    assert refused(daemon, (opening * MAX_LINE)[: MAX_LINE - 1] + b"\n") == "frame.unreadable"


def test_another_version_and_no_greeting(daemon: Daemon) -> None:
    assert refused(daemon, encode(Hello(VERSION + 1)), greet=False) == "frame.version"
    assert refused(daemon, encode(Order("1", c.GoHome())), greet=False) == "frame.unreadable"


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
@settings(max_examples=15)
def test_a_line_in_pieces(daemon: Daemon, sizes: list[int]) -> None:
    line, order = Line(daemon.path), encode(Order("piece" + "-".join(map(str, sizes)), c.GoBack()))
    for size in sizes:
        line.send(order[:size])
        order = order[size:]
    line.send(order)
    assert isinstance(line.take(), Answer)
    line.close()
    daemon.lives()


def test_a_connection_that_ends_in_the_middle_of_a_line(daemon: Daemon) -> None:
    line = Line(daemon.path)
    line.send(encode(Order("half", c.GoBack()))[:20])
    line.close()
    daemon.lives()


def test_a_flood_of_orders_that_must_wait(daemon: Daemon) -> None:
    flood = b"".join(encode(Order(f"flood-{i}", c.SignIn("leo", "0000"))) for i in range(700))
    assert refused(daemon, flood) == "frame.flood"


def test_a_reader_that_never_reads(daemon: Daemon) -> None:
    """Neither views nor answers pile up in the daemon's memory, and nobody waits for the sleeper."""
    sleepers = [Line(daemon.path, views=True, receive_bytes=4_096) for _ in range(3)]
    before_kb = daemon.resident_kb()
    for i, sleeper in enumerate(sleepers):
        assert sleeper.fill(encode(Order(f"sleep-{i}", c.ShowPage(1)))) < 20_000, "the daemon stops reading"
        daemon.lives()
    for _ in range(200):
        daemon.lives()
    assert daemon.resident_kb() - before_kb < 16_384
    for sleeper in sleepers:
        sleeper.close()
    daemon.lives()


def test_two_clients_see_the_same_till(daemon: Daemon) -> None:
    watcher = Line(daemon.path, views=True)
    assert daemon.order(c.NewTicket()).ok and daemon.order(c.AddProduct(103)).ok
    products: list[str] = []
    while not any(name.startswith("Pain mi-blanc") for name in products):
        message = watcher.take()
        assert message is not None
        if isinstance(message, Shown) and message.view.ticket is not None:
            products = [line.name for line in message.view.ticket.lines]
    watcher.close()


def test_more_clients_than_there_is_room_for(daemon: Daemon) -> None:
    lines = [Line(daemon.path) for _ in range(15)]  # and the witness
    one_too_many = Line(daemon.path, greet=False)
    assert one_too_many.take() is None
    daemon.lives()
    lines.pop().close()
    daemon.lives()
    lines.append(Line(daemon.path))
    for line in [*lines, one_too_many]:
        line.close()
    daemon.lives()


def test_a_process_of_another_user_is_turned_away(daemon: Daemon, tmp_path: Path) -> None:
    """Even where the file's mode would let it in."""
    if os.geteuid():
        pytest.skip("needs root, to become another user")
    program = (
        "import os, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX, fileno=int(sys.argv[1]))\n"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "os.fchdir(int(sys.argv[2])); s.connect('s')\n"
        'try:\n s.sendall(b\'{"is":"Hello","version":1}\\n\'); print(s.recv(100))\n'
        "except OSError as error: print(error)\n"
    )
    folder, mode = os.open(daemon.path.parent, os.O_RDONLY | os.O_DIRECTORY), daemon.path.parent.stat().st_mode
    with socket.socket(socket.AF_UNIX) as unconnected:
        daemon.path.parent.chmod(0o777)
        daemon.path.chmod(0o666)
        command = [sys.executable, "-c", program, str(unconnected.fileno()), str(folder)]
        done = subprocess.run(command, pass_fds=[unconnected.fileno(), folder], capture_output=True, text=True)
    daemon.path.chmod(0o660)
    daemon.path.parent.chmod(mode)
    os.close(folder)
    assert done.stdout.strip() in ("b''", "[Errno 104] Connection reset by peer", "[Errno 32] Broken pipe"), done
    daemon.lives()


def test_the_socket_is_for_its_user_and_group_alone(daemon: Daemon) -> None:
    assert daemon.path.stat().st_mode & 0o777 == 0o660


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value that the protocol lets through."""
    meta = next((item for item in getattr(kind, "__metadata__", ()) if isinstance(item, msgspec.Meta)), msgspec.Meta())
    bare = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    if get_origin(bare) is Literal:
        return st.sampled_from(get_args(bare))
    if bare is bool:
        return st.booleans()
    if bare is int:
        low, high = int(meta.ge or 0), int(meta.le or 2**53)
        return st.integers(low, min(high, low + 300)) | st.integers(low, high)
    if bare is str:
        if meta.pattern is not None:
            return st.text("0123456789", max_size=meta.max_length)
        known = st.sampled_from(["", "cash", "card", "eat-in", "7610807072341", "camille", "tray"])
        return known | st.text(min_size=meta.min_length or 0, max_size=meta.max_length or 64)
    return st.one_of([st.none() if part is type(None) else values(part) for part in get_args(bare)])


def commands() -> st.SearchStrategy[Any]:
    kinds = [kind for kind in get_args(c.AnyCommand) if kind not in (c.SignIn, c.Approve)]  # these take their time
    return st.one_of([
        st.builds(kind, **{
            name: values(hint) for name, hint in get_type_hints(kind, include_extras=True).items()
            if not name.startswith("__")
        })
        for kind in kinds
    ])  # fmt: skip


@given(st.lists(commands(), min_size=1, max_size=30))
def test_any_commands_in_any_order(daemon: Daemon, orders: list[Any]) -> None:
    """Done or refused with a code; never a defect."""
    for command in orders:
        answer = daemon.order(command)
        assert answer.ok or (answer.code and answer.code != "defect"), (command, answer, daemon.log.read_text()[-2000:])
    if not daemon.order(c.NewTicket()).ok:  # somebody locked the till or closed the day
        daemon.order(c.SignIn("camille", "1234"))
        daemon.order(c.KeepFloat())
        daemon.order(c.OpenSession())
