"""Runs plugging.py under umockdev, in a process of its own: the rest of the suite keeps its own system calls."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).with_name("plugging.py")
NAMES = re.findall(r"^def (test_\w+)", SCENARIOS.read_text(), re.MULTILINE)
BINDING = Path("/usr/lib/python3/dist-packages/gi")
ABI = "_gi.cpython-{}{}-*.so".format(*sys.version_info)
TIMEOUT_S = 120


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each scenario: empty when it passed, its report when it did not."""
    if shutil.which("umockdev-wrapper") is None or not any(BINDING.glob(ABI)):
        pytest.skip("no udev tier: umockdev or its face for this Python is missing (requirements/apt-proof.txt)")
    report = tmp_path_factory.mktemp("udev") / "report.xml"
    words = ["umockdev-wrapper", sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*words, f"--junitxml={report}", str(SCENARIOS)],
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if not report.exists():
        pytest.fail(done.stdout + done.stderr)
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        found[case.get("name", "")] = "\n".join(part.text or "" for part in case if part.tag in ("failure", "error"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_under_umockdev(name: str, verdicts: dict[str, str]):
    report = verdicts.get(name, "did not run")
    assert not report, report
