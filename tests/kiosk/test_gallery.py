"""The gallery draws every recorded view with the real kiosk, in the tokens' colours."""

import json
import os
import subprocess
import sys

import msgspec
from PIL import Image

from appliance.kiosk.gallery.__main__ import recorded
from appliance.kiosk.theme import TOKENS, colours, profile_for
from appliance.protocol.view import TillView


def test_every_recorded_view_reads_as_the_protocol_has_it():
    for name, item in recorded():
        view = msgspec.json.decode(item.view, type=TillView)
        assert view.shop.currency == "CHF", name
        assert item.panel in ((1280, 800), (1024, 600), (1920, 1080)), name


def test_a_picture_has_the_places_and_colours_of_the_mock_up(tmp_path, display):
    command = [sys.executable, "-m", "appliance.kiosk.gallery", "--only", "05-", "--out", str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, "DISPLAY": display, "HOME": str(tmp_path)})
    with Image.open(tmp_path / "05-vente.png") as file:
        picture = file.convert("RGB")
    light, hues = TOKENS["color"]["light"], TOKENS["category"]["light"]
    for spot, colour in (
        ((640, 50), light["bar"]),
        ((1030, 725), light["pay"]),
        ((900, 725), light["primary"]),
        ((900, 690), light["pay-soft"]),
        ((168, 180), hues["viennoiserie"]["band"]),
        ((300, 190), hues["viennoiserie"]["tint"]),
        ((884, 350), light["primary"]),
        ((1275, 350), light["primary-soft"]),
        ((881, 300), light["line"]),
    ):
        x, y = spot
        assert "#" + picture.crop((x, y, x + 1, y + 1)).tobytes().hex().upper() == colour, spot


def test_both_themes_have_the_same_roles():
    assert colours("light").keys() == colours("dark").keys()
    assert json.dumps(TOKENS)


def test_the_window_decides_the_profile():
    assert [profile_for(*size) for size in ((1024, 600), (1280, 800), (1920, 1080))] == ["compact", "base", "large"]
