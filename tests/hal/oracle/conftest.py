"""emupos, a printer simulator by other people, as judge of our bytes: it draws them, and zbar reads the drawing."""

import json
import re
import select
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.clock import SystemClock

REPOSITORY = Path(__file__).resolve().parents[3]
START_S = 30.0
# As emupos's own epson-tm-t20iii, on the narrow roll; it has none of its own.
NARROW = """\
type: printer
name: Epson TM-m30II, 58 mm
dpi: 203
width_dots: 384
font_a: { width: 12, height: 24 }
font_b: { width: 9, height: 17 }
code_pages: { 0: PC437, 2: PC850, 16: WPC1252, 19: PC858 }
default_code_page: 0
drawer_sensor_open_level: high
printer_id: { model: 0x63, autocutter: true, maker: EPSON, name: TM-m30II }
"""


class Oracle:
    """Its printers by name, what they printed, and their faults."""

    def __init__(self, folder: Path, ports: dict[str, int], api: int) -> None:
        self._folder = folder
        self.ports = ports
        self._api = f"http://127.0.0.1:{api}/api/v1"

    def address(self, printer: str, profile: str) -> str:
        return f"tcp://127.0.0.1:{self.ports[printer]}?profile={profile}"

    def ask(self, path: str, method: str = "GET") -> bytes:
        with urllib.request.urlopen(urllib.request.Request(self._api + path, method=method), timeout=20) as answer:
            return bytes(answer.read())

    def set_fault(self, printer: str, fault: str, active: bool) -> None:
        self.ask(f"/devices/{printer}/faults/{fault}", "PUT" if active else "DELETE")

    def receipts(self, printer: str) -> list[str]:
        """Ids, oldest first."""
        listed = json.loads(self.ask(f"/devices/{printer}/receipts"))
        return [receipt["id"] for receipt in sorted(listed, key=lambda receipt: receipt["completed_at"])]

    def text(self, printer: str, receipt: str = "latest") -> str:
        return self.ask(f"/devices/{printer}/receipts/{receipt}/text").decode()

    def codes(self, printer: str, receipt: str = "latest") -> set[tuple[str, str]]:
        """Bar codes and QR codes that zbar finds in the picture: kind and text."""
        picture = self._folder / "receipt.png"
        picture.write_bytes(self.ask(f"/devices/{printer}/receipts/{receipt}/image"))
        read = subprocess.run(["zbarimg", "-q", picture], capture_output=True, text=True, check=False)
        return set(re.findall(r"^([\w-]+):(.*)$", read.stdout, re.MULTILINE))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    made = subprocess.run([REPOSITORY / "scripts/proof", "oracle"], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(made.stderr.strip().splitlines()[-1])
    folder = tmp_path_factory.mktemp("oracle")
    ports = {name: free_port() for name in ("wide", "narrow")}
    api = free_port()
    (folder / "narrow.yaml").write_text(NARROW)
    devices = [
        {"id": name, "type": "printer", "profile": profile, "connections": [{"tcp": {"port": ports[name]}}]}
        for name, profile in (("wide", "epson-tm-t20iii"), ("narrow", "./narrow.yaml"))
    ]
    # JSON is YAML
    (folder / "emupos.yaml").write_text(json.dumps({"schema": 1, "api": {"port": api}, "devices": devices}))
    with (folder / "log").open("wb") as log, subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", REPOSITORY / "build/oracle/bin/emupos", "run"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    ) as emupos:  # fmt: skip
        try:
            judge = Oracle(folder, ports, api)
            wait_for(judge, emupos, folder / "log")
            yield judge
        finally:
            emupos.kill()


def wait_for(judge: Oracle, emupos: subprocess.Popen[bytes], log: Path) -> None:
    clock = SystemClock()
    limit_ns = clock.monotonic_ns() + int(START_S * 1e9)
    while emupos.poll() is None and clock.monotonic_ns() < limit_ns:
        try:
            judge.ask("/health")
            return
        except (urllib.error.URLError, ConnectionError):
            select.select([], [], [], 0.1)
    pytest.fail("emupos did not start: " + log.read_text())
