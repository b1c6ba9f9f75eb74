"""Périphériques on a real kiosk: nothing sticks out of a card, and each key orders its test."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.demo.hands import Hands
from appliance.hal.device import SETUP_CODE
from appliance.kiosk.gallery import record_devices as rec
from appliance.kiosk.theme import TOKENS
from appliance.protocol import command as cmd
from tests.kiosk.test_touch import said, time_passes

ROOT = Path(__file__).resolve().parents[2]
GALLERY = Path(rec.__file__).parent
COLOURS = TOKENS["color"]["light"]
TEST_ALL, PRINT, RETRY, OPEN, STOP = (1180, 102), (710, 416), (870, 416), (1030, 416), (1107, 258)


@pytest.fixture
def hands(display):
    pair = Hands(display)
    yield pair
    pair.close()


def edges(display, *words):
    command = [sys.executable, "-m", "tests.support.card_edges", *words]
    environment = {**os.environ, "DISPLAY": display, "KIVY_NO_ARGS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("panel", [("1280", "800"), ("1024", "600"), ("1920", "1080")], ids="x".join)
def test_nothing_sticks_out_of_its_card(display, panel):
    found = edges(display, *panel)
    assert found["cards"] >= 24
    assert found["outside"] == []


def test_a_word_that_is_too_long_is_found_out(display):
    assert edges(display, "1280", "800", "long")["outside"]


@pytest.mark.skipif(shutil.which("zbarimg") is None, reason="zbar-tools reads the code: requirements/apt-proof.txt")
@pytest.mark.parametrize(
    "name", ["25c-scannez-ce-code", "25c-scannez-ce-code-compact", "25g-scannez-sept-cartes-large"]
)
def test_the_setup_code_is_read_off_the_screen(display, tmp_path, name):
    """A picture of each panel, read by a program that is not ours."""
    panel = json.loads((GALLERY / f"{name}.json").read_text(encoding="utf-8"))["panel"]
    command = [sys.executable, "-m", "appliance.kiosk.gallery", "--only", name, "--out", str(tmp_path)]
    command += ["--panel", "x".join(map(str, panel))]
    environment = {**os.environ, "DISPLAY": display, "KIVY_NO_ARGS": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=True)
    read = subprocess.run(["zbarimg", "-q", tmp_path / f"{name}.png"], capture_output=True, text=True, check=False)
    assert read.stdout == f"CODE-128:{SETUP_CODE}\n"


def test_each_key_orders_its_test(daemon_end, kiosk, hands):
    end = daemon_end(rec.view(rec.SCANNER, rec.NO_PAPER, *rec.CARDS[2:]))
    with kiosk() as panel:
        panel.wait_for(900, 147, COLOURS["danger"])
        time_passes()
        for spot in (TEST_ALL, PRINT, RETRY, OPEN):
            hands.tap(*spot)
        assert said(end, 4) == [
            cmd.TestDevice("all"),
            cmd.TestDevice("print", "printer.receipt"),
            cmd.TestDevice("retry", "printer.receipt"),
            cmd.TestDevice("open", "drawer.main"),
        ]


def test_esc_ends_the_search_first_and_then_goes_back(daemon_end, kiosk, hands):
    end = daemon_end(rec.view(*rec.CARDS, setup=2))
    with kiosk() as panel:
        panel.wait_for(800, 160, COLOURS["primary-soft"])
        time_passes()
        hands.tap(*STOP)
        hands.type("Escape")
        assert said(end, 2) == [cmd.TestDevice("stop_learning"), cmd.TestDevice("stop_learning")]
        end.push(rec.view(*rec.CARDS))
        panel.wait_for(800, 160, COLOURS["surface"])
        time_passes()
        hands.type("Escape")
        assert said(end, 1) == [cmd.GoBack()]
