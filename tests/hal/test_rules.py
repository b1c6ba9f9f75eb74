"""The udev rules ask `grep` two questions; here they are asked as udev asks them, and the till's own code must agree.

Way: the command lines are taken out of the rules file, udev's substitutions made, and run.
"""

import re
import shlex
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from appliance.hal.bindings import ignored_keyboards
from appliance.hal.scanner.hidpos import is_scanner
from appliance.hal.simulated.scanner import HID_DESCRIPTOR

RULES = Path(__file__).parents[2] / "systemd/70-tillbox.rules"
PROGRAMS = re.findall(r'PROGRAM=="([^"]+)"', RULES.read_text(encoding="utf-8"))
KEYBOARD = bytes.fromhex("05010906a101050719e029e71500250175019508810295017508810195067508150025650507190029658100c0")
MOUSE = bytes.fromhex(
    "05010902a1010901a100050919012903150025019503750181029501750581010501093009311581257f750895028106c0c0"
)


def udev_asks(command, place="", **properties):
    command = command.replace("%S%p", place)
    command = re.sub(r"\$env\{(\w+)\}", lambda found: properties.get(found[1], ""), command)
    return subprocess.run(shlex.split(command), check=False).returncode == 0


@pytest.mark.parametrize(
    "descriptor",
    [
        HID_DESCRIPTOR,
        bytes.fromhex("058c0905a101c0"),
        bytes.fromhex("068c000902a101c0"),
        KEYBOARD,
        MOUSE,
        b"",
        b"\x8c\x09\x02",
    ],
)
def test_hidraw_rights_are_for_scanners_only(tmp_path, descriptor):
    (tmp_path / "device").mkdir()
    (tmp_path / "device" / "report_descriptor").write_bytes(descriptor)
    assert udev_asks(PROGRAMS[0], str(tmp_path)) == is_scanner(descriptor)


@pytest.mark.parametrize(
    ("keys", "is_taken"),
    [
        ("10000ffc", True),  # digits and Enter, no more
        ("1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe", True),  # a whole keyboard
        ("2000000 3878d801d001 1e000000000000 0", False),  # volume, media and mail keys of a headset
        ("10000 0 0 0", False),  # a mouse's button
        ("1f0000 0 0 0 0", False),  # five of them
        ("8000 10000000000000 0", False),  # power and sleep
        ("ffc", False),  # digits without Enter
        ("0", False),
    ],
)
def test_of_nodes_with_keys_only_those_that_can_type_a_code_are_taken(keys, is_taken):
    """The pattern is the shell's, as udev matches an attribute."""
    (pattern,) = re.findall(r'ATTRS\{capabilities/key\}=="([^"]+)"', RULES.read_text(encoding="utf-8"))
    assert fnmatchcase(keys, pattern) == is_taken
    bits = int("".join(word.zfill(16) for word in keys.split()), 16)
    wanted = sum(1 << bit for bit in (*range(2, 12), 28))
    assert (bits & wanted == wanted) == is_taken


def test_modems_are_left_before_serial_lines_are_taken():
    rules = RULES.read_text(encoding="utf-8")
    assert rules.index('DRIVERS=="option|qcserial') < rules.index('ENV{TILL_HAL}="serial"') < rules.index("usbmisc")
    assert rules.count('LABEL="till_tty_end"') == 1


@pytest.mark.parametrize(
    ("rule", "ignored"),
    [
        ("udev:evdev?ID_SERIAL=Z_1", True),
        ("udev:evdev?ID_SERIAL=Z_1&ID_USB_INTERFACE_NUM=00", True),
        ("udev:evdev?ID_SERIAL=Z_1&ID_PATH=port-2", True),
        ("udev:evdev?ID_PATH=port-2&ID_USB_INTERFACE_NUM=00&ID_SERIAL=Z_1", True),
        ("udev:evdev?ID_PATH=port-2", True),
        ("udev:evdev?ID_PATH=port-2&ID_USB_INTERFACE_NUM=00", True),
        ("udev:evdev?ID_SERIAL=Z_1&ID_USB_INTERFACE_NUM=01", False),
        ("udev:evdev?ID_SERIAL=Z_1&ID_PATH=port-3", False),
        ("udev:evdev?ID_SERIAL=Z_.", False),
        ("udev:serial?ID_SERIAL=Z_1", False),
    ],
)
def test_the_screen_ignores_exactly_the_keyboards_that_are_scanners(tmp_path, rule, ignored):
    listed = tmp_path / "scanners.list"
    listed.write_text(ignored_keyboards({"scanner.front": rule}))
    keyboard = {"ID_SERIAL": "Z_1", "ID_PATH": "port-2", "ID_USB_INTERFACE_NUM": "00", "TILLBOX_DATA": str(tmp_path)}
    assert udev_asks(PROGRAMS[1], **keyboard) == ignored


def test_another_data_folder_is_named_in_one_place():
    """Its default first, then the file that may name another, then the question that looks there."""
    rules = RULES.read_text(encoding="utf-8")
    steps = (
        'ENV{TILLBOX_DATA}="/var/lib/tillbox"\n',
        'IMPORT{file}="/etc/tillbox/udev.env"\n',
        'TEST!="$env{TILLBOX_DATA}/scanners.list"',
    )
    places = [rules.index(step) for step in steps]
    assert places == sorted(places)
    assert rules.count("/var/lib/tillbox") == 1
