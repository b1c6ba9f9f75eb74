"""What is painted over the last frame is what a whole repaint shows."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def compare(display: str, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.support.repainting", *words]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "DISPLAY": display}, capture_output=True, timeout=120, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_painting_over_the_last_frame_equals_painting_the_window(display: str, request: Any):
    count = "900" if request.config.getoption("--full", default=False) else "90"
    found = compare(display, "7", count)
    assert found["differing"] == []
    assert found["unseen"] == []
    assert found["painted_over"] >= found["compared"] / 4


def test_a_painter_that_misses_regions_is_found_out(display: str):
    assert compare(display, "7", "30", "blind")["differing"]


def test_what_never_reaches_the_screen_is_found_out(display: str):
    assert compare(display, "7", "12", "still")["unseen"]
