"""How the daemon starts: quickly and light, alone, and not at all on settings or books that it cannot trust."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appliance.daemon import late
from appliance.demo.shop import FOLDER as SHOP
from appliance.store import database

ROOT = Path(__file__).parents[2]
sqlite: Any = vars(database)["sqlite"]
END_S = 20
HEAVY = {
    "escpos",
    "PIL",
    "yaml",
    "aiomqtt",
    "pyudev",
    "aiosqlite",
    "serial",
    "evdev",
    "kivy",
    "argon2",
    "aiohttp",
    "paho",
}
"""None of these may cost the cashier a start (performance.md, row 13)."""
PROBE = """
import sys
from appliance.daemon import __main__ as program
from appliance.daemon import late
say = program._say_ready
def say_and_name():
    sys.stdout.write("loaded " + " ".join(sorted({name.split(".")[0] for name in sys.modules})) + "\\n")
    sys.stdout.write("early " + " ".join(name for name in late.LATE if not late.is_put_off(name)) + "\\n")
    say()
program._say_ready = say_and_name
sys.exit(program.main(sys.argv[1:]))
"""
AFTERWARDS = """
import sys
from appliance.daemon import __main__ as program
from appliance.daemon import late
load = late.load
async def load_and_name():
    await load()
    sys.stdout.write(" ".join(["left", *(name for name in late.LATE if late.is_put_off(name))]) + "\\n")
    sys.stdout.flush()
late.load = load_and_name
sys.exit(program.main(sys.argv[1:]))
"""


def settings(folder: Path, extra: str = "") -> Path:
    rows = {"data_dir": "data", "socket": str(folder / "s"), "shop": str(SHOP), "hot_plug": False}
    path = folder / "till.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items()) + extra)
    return path


def test_a_name_that_no_module_has_is_not_put_off(monkeypatch):
    monkeypatch.setattr(late, "LATE", ("appliance.service.no_such_room",))
    with pytest.raises(ModuleNotFoundError, match="no_such_room"):
        late.put_off()


def start(path: Path, *program: str) -> subprocess.Popen[str]:
    command = [sys.executable, *(program or ("-m", "appliance.daemon")), "--config", str(path)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start_and_stop(path: Path, *program: str) -> list[str]:
    """What it says until it is ready; then it is told to stop and must end with 0."""
    with start(path, *program) as daemon:
        assert daemon.stdout is not None and daemon.stderr is not None
        said = []
        for line in daemon.stdout:
            said.append(line.strip())
            if line == "ready\n":
                break
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(END_S) == 0, daemon.stderr.read()
    assert said and said[-1] == "ready"
    return said


def refuses(path: Path) -> str:
    """What it says on standard error as it ends with 2; it never says that it is ready."""
    with start(path) as daemon:
        said, complaint = daemon.communicate(timeout=END_S)
    assert daemon.returncode == 2, complaint
    assert "ready" not in said and "Traceback" not in complaint, complaint
    return complaint


@pytest.fixture
def sold(tmp_path: Path) -> Path:
    """A till that ran before; its settings."""
    path = settings(tmp_path)
    start_and_stop(path)
    return path


def damage(path: Path, *statements: str) -> None:
    """Change the books behind the daemon's back."""
    conn = sqlite.connect(str(path.parent / "data" / "till.db"))
    for statement in (
        "DROP TRIGGER IF EXISTS journal_is_append_only_update",
        "DROP TRIGGER IF EXISTS journal_is_append_only_delete",
        *statements,
    ):
        conn.execute(statement)
    conn.commit()
    conn.close()


OFFICE = f'[office]\nchain = "bourg"\nbrokers = ["127.0.0.1:9"]\noffice_keys = ["{"00" * 32}"]\nplain = true\n'
"""A head office that nobody answers for."""


@pytest.mark.parametrize(
    "devices", ["", '[devices]\n"printer.receipt" = "tcp://127.0.0.1:9?profile=epson-80"\n', OFFICE]
)
def test_nothing_heavy_is_loaded_before_the_till_is_ready(sold: Path, devices: str) -> None:
    settings(sold.parent, devices)
    loaded, early, _ = start_and_stop(sold, "-c", PROBE)
    assert "msgspec" in loaded.split(), "the probe sees modules"
    assert not set(loaded.split()) & HEAVY
    assert early == "early", "only what the first view needs"


def test_what_was_put_off_is_loaded_once_the_till_is_shown(sold: Path) -> None:
    with start(sold, "-c", AFTERWARDS) as daemon:
        assert daemon.stdout is not None
        assert [daemon.stdout.readline() for _ in range(2)] == ["ready\n", "left\n"]
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(END_S) == 0


def test_a_second_start_finds_the_first_ones_books(sold: Path) -> None:
    assert start_and_stop(sold) == ["ready"]


def test_only_one_daemon_at_a_time(sold: Path) -> None:
    """The second one must neither sell nor take the first one's socket away."""
    with start(sold) as first:
        assert first.stdout is not None and first.stdout.readline() == "ready\n"
        inode = (sold.parent / "s").stat().st_ino
        assert "daemon.twice" in refuses(sold)
        assert (sold.parent / "s").stat().st_ino == inode
        first.send_signal(signal.SIGTERM)
        assert first.wait(END_S) == 0


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ("lock_after_s = 'soon'\n", "lock_after_s"),
        ("discount_limit_bp = 20000\n", "discount_limit_bp"),
        ("language = 'rm'\n", "language"),
        ("lock_afterwards_s = 3\n", "lock_afterwards_s"),
        ("timezone = \n", "ligne"),
        ("devices = 3\n", "devices"),
    ],
)
def test_settings_that_must_be_guessed(tmp_path: Path, extra: str, named: str) -> None:
    assert named in refuses(settings(tmp_path, extra))


def test_the_books_of_another_till_are_left_alone(sold: Path) -> None:
    path = settings(sold.parent, 'till = "other-2"\n')
    told = refuses(path)
    assert "daemon.other_till" in told
    assert "« other-2 »" in told.replace("\u00a0", " ")
    assert "till-1" in told
    path = settings(sold.parent)
    assert start_and_stop(path) == ["ready"]


def test_a_line_without_effect_is_told_by_a_till_that_sells(tmp_path: Path) -> None:
    path = settings(tmp_path, '[devices]\n[scan_repeat_ms]\n"scanner.x" = 5\n')
    with start(path) as daemon:
        assert daemon.stderr is not None
        told = next(line for line in daemon.stderr if f"{path}:7: scan_repeat_ms" in line)
        daemon.terminate()
        assert daemon.wait(END_S) == 0
    assert "aucun appareil n’a le rôle scanner.x" in told


def test_settings_that_are_not_there_or_not_text(tmp_path: Path) -> None:
    assert "config.unreadable" in refuses(tmp_path / "none.toml")
    path = settings(tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    assert "config.unreadable" in refuses(path)


def test_a_shop_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "till.toml"
    path.write_text('socket = "s"\n')
    assert "shop" in refuses(path)
    path.write_text('socket = "s"\nshop = "nowhere"\n')
    assert "shop.unreadable" in refuses(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), 'till-1', 'till-2') AS BLOB) WHERE seq = 1",
        "UPDATE journal SET hash = zeroblob(32) WHERE seq = 1",
        "UPDATE journal SET seq = 7 WHERE seq = 1",
        "DELETE FROM journal",
    ],
)
def test_a_broken_journal_does_not_sell(sold: Path, change: str) -> None:
    damage(sold, "DELETE FROM snapshot" if "DELETE" not in change else "SELECT 1", change)
    assert "journal" in refuses(sold)


def test_a_damaged_file_does_not_sell(sold: Path) -> None:
    file = sold.parent / "data" / "till.db"
    file.write_bytes(b"\x00" * 100 + os.urandom(8_000))
    refuses(sold)


def test_a_newer_database_does_not_sell(sold: Path) -> None:
    damage(sold, "PRAGMA user_version = 9999")
    assert "9999" in refuses(sold)


def test_a_damaged_snapshot_costs_only_time(sold: Path) -> None:
    damage(sold, "UPDATE snapshot SET state = x'c1'")
    assert start_and_stop(sold) == ["ready"]
