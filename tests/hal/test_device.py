"""The types that services import: cheap to import, bounded, and fit to be kept."""

import subprocess
import sys

import msgspec
import pytest

from appliance.hal.device import PAPER_BLOCKS_MAX, PRINT_BLOCKING, Barcode, Columns, Cut, FaultReason, Paper, Qr, Text

HEAVY = ("asyncio", "serial", "pyudev", "evdev", "escpos", "PIL", "appliance.hal.registry")


def test_import_loads_no_driver_and_no_loop():
    code = f"import sys, appliance.hal.device; print([name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_registry_loads_late_what_a_till_may_never_need():
    code = f"import sys, appliance.hal.registry; print([name for name in {HEAVY[1:-1]!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_paper_survives_being_stored():
    paper = Paper((Text("Épicerie", bold=True), Columns("a", "1.00"), Barcode("7610000000011"), Qr("x"), Cut()))
    assert msgspec.json.decode(msgspec.json.encode(paper), type=Paper) == paper


def test_paper_has_a_limit():
    with pytest.raises(ValueError, match="at most"):
        Paper((Cut(),) * (PAPER_BLOCKS_MAX + 1))


def test_low_paper_prints_and_no_paper_does_not():
    assert FaultReason.PAPER_LOW not in PRINT_BLOCKING
    assert FaultReason.PAPER_OUT in PRINT_BLOCKING
