"""Renders every recorded view to build/gallery/NN-name[-profile].png under the mock-ups' names.

Hides the window: without a display it starts a virtual one of the size each picture needs. One process draws one panel
size, because a window cannot be resized without a window manager.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
SIZES = {"": (1280, 800), "compact": (1024, 600), "large": (1920, 1080)}


class Recorded(msgspec.Struct, frozen=True):
    """One picture: the view as JSON, and the panel it is drawn on."""

    view: msgspec.Raw
    panel: tuple[int, int] = (1280, 800)
    typed: str = ""
    """Keys typed on the kiosk's own keypad or field before the picture is taken."""


def recorded(only: str = "") -> list[tuple[str, Recorded]]:
    """Name and content of the recorded views whose name starts with `only`."""
    files = sorted(HERE.glob("*.json"))
    return [
        (file.stem, msgspec.json.decode(file.read_bytes(), type=Recorded))
        for file in files
        if file.stem.startswith(only)
    ]


def draw(panel: tuple[int, int], out: Path, only: str) -> None:
    """Draws the pictures of one panel size in this process."""
    from appliance.kiosk.gallery.draw import draw_all

    draw_all([(name, item) for name, item in recorded(only) if item.panel == panel], panel, out)


def spawn(panel: tuple[int, int], out: Path, only: str) -> int:
    """Draws the pictures of one panel size in a new process, on a virtual display."""
    command = [sys.executable, "-m", "appliance.kiosk.gallery", "--out", str(out), "--only", only]
    command += ["--panel", f"{panel[0]}x{panel[1]}"]
    if shutil.which("xvfb-run"):
        command = ["xvfb-run", "-a", "-s", f"-screen 0 {panel[0]}x{panel[1]}x24", *command]
    return subprocess.run(command, check=False, env={**os.environ, "KIVY_NO_ARGS": "1"}).returncode


def main() -> int:
    """Entry point of `make gallery`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names that start so, for example 05")
    parser.add_argument("--out", type=Path, default=Path("build/gallery"))
    parser.add_argument("--panel", default="", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.panel:
        width, height = args.panel.split("x")
        draw((int(width), int(height)), args.out, args.only)
        return 0
    panels = sorted({item.panel for _name, item in recorded(args.only)})
    return max((spawn(panel, args.out, args.only) for panel in panels), default=0)


if __name__ == "__main__":
    sys.exit(main())
